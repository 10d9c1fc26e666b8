//! What others learn when a user is erased or exported. Neither event holds personal data.

use serde_json::json;

use super::{Event, EventType, source};
use crate::context::RequestContext;
use crate::time::Timestamp;

/// A user as events name one who is there already: by ids alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownUser {
    /// The id that the provider's clients see.
    pub public_id: String,
    /// The provider whose API the user signed up through.
    pub provider: String,
    /// The directory that the user is in.
    pub directory: String,
    /// The application that the user signed up through.
    pub application: String,
}

impl Event {
    /// Tells that a user was erased.
    pub fn user_erased(user: &KnownUser, time: Timestamp, context: &RequestContext) -> Self {
        Self::about_user(EventType::UserErased, user, time, context)
    }

    /// Tells that what is kept about a user was handed out.
    pub fn user_exported(user: &KnownUser, time: Timestamp, context: &RequestContext) -> Self {
        Self::about_user(EventType::UserExported, user, time, context)
    }

    fn about_user(
        event_type: EventType,
        user: &KnownUser,
        time: Timestamp,
        context: &RequestContext,
    ) -> Self {
        let what = if event_type == EventType::UserErased {
            "erased"
        } else {
            "exported"
        };
        let mut data = json!({
            "user": {
                "id": user.public_id,
                "provider": user.provider,
                "directory": user.directory,
                "application": user.application,
            },
        });
        data[format!("{what}_at")] = json!(time.to_string());
        Self::new(
            event_type,
            source(&user.provider, &user.directory, &user.application),
            user.public_id.clone(),
            format!("user.{what}.{}", user.provider),
            time,
            data,
            context,
        )
    }
}
