//! Where a person has left traces to which no key leads, found before anything is locked.

use std::time::Duration;

use diesel::prelude::*;
use signup_core::event::EventType;
use uuid::Uuid;

use super::steps::Steps;
use super::{replies, requests};
use crate::connection::AnyConnection;
use crate::error::StoreError;
use crate::events::{first_id, time_of};
use crate::find_users::UserRecord;
use crate::schema::outbox;
use crate::store::Store;

/// Within this time after a user's own id its event is made: an import may wait for a database that is away.
const ANNOUNCED_WITHIN: Duration = Duration::from_secs(10 * 60);

/// Keys of what is kept about a person.
#[derive(Clone, Debug)]
pub(super) struct Traces {
    /// Events that announced the user.
    pub announced: Vec<String>,
    /// Events that asked for codes to the user's addresses.
    pub requests: Steps,
    /// Keys of kept replies.
    pub replies: Steps,
}

impl Store {
    /// Looks for a user's traces, in steps.
    pub(super) async fn traces_of(&self, user: &UserRecord) -> Result<Traces, StoreError> {
        let known = user.clone();
        Ok(Traces {
            announced: self
                .run(move |connection| Ok(announced(connection, &known)?))
                .await?,
            requests: self.take_steps(user, requests::read_on).await?,
            replies: self.take_steps(user, replies::read_on).await?,
        })
    }
}

impl Traces {
    /// Looks at what came since. Only codes can be asked for anew.
    pub fn catch_up(
        &mut self,
        connection: &mut AnyConnection,
        user: &UserRecord,
    ) -> Result<(), StoreError> {
        requests::catch_up(&mut self.requests, connection, user)
    }

    /// Events that hold something about the user.
    pub fn events(&self) -> Vec<&String> {
        self.announced.iter().chain(&self.requests.found).collect()
    }
}

fn announced(connection: &mut AnyConnection, user: &UserRecord) -> QueryResult<Vec<String>> {
    let Ok(id) = Uuid::parse_str(&user.id) else {
        return Ok(Vec::new());
    };
    let events: Vec<(String, String)> = outbox::table
        .filter(outbox::id.gt(&user.id))
        .filter(outbox::id.lt(first_id(time_of(id).after(ANNOUNCED_WITHIN))))
        .filter(outbox::event_type.eq(EventType::UserCreated.as_str()))
        .filter(outbox::subject.eq(&user.public_id))
        .select((outbox::id, outbox::routing_key))
        .load(connection)?;
    // Another provider's user can have the same id.
    let suffix = format!(".{}", user.provider);
    let own = events.into_iter().filter(|(_, key)| key.ends_with(&suffix));
    Ok(own.map(|(id, _)| id).collect())
}
