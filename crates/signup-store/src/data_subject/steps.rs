//! Reading all of a table for what no index leads to, in steps, so that no statement takes long.

use std::collections::BTreeSet;
use std::time::Instant;

use diesel::sql_types::{Bool, Nullable, Text};

use crate::connection::AnyConnection;
use crate::error::StoreError;
use crate::find_users::UserRecord;
use crate::store::Store;

/// Rows that one statement looks at.
pub(super) const STEP: i64 = 20_000;

/// The rows that were found, and how far the table was read.
#[derive(Clone, Debug)]
pub(super) struct Steps {
    /// Keys of the rows that were found.
    pub found: BTreeSet<String>,
    /// The last key that was looked at.
    pub after: String,
    /// When reading began.
    pub began: Instant,
}

/// What one step answers: a row for each key that fits, and one for the last key that was looked at.
#[derive(diesel::QueryableByName)]
pub(super) struct Row {
    #[diesel(sql_type = Nullable<Text>)]
    key: Option<String>,
    #[diesel(sql_type = Bool)]
    is_found: bool,
}

/// Takes one step; false at the end.
type Step = fn(&mut Steps, &mut AnyConnection, &UserRecord) -> Result<bool, StoreError>;

impl Steps {
    /// Takes what a step answered; false at the end.
    pub fn take(&mut self, rows: Vec<Row>) -> bool {
        let mut more = false;
        for row in rows {
            let Some(key) = row.key else { continue };
            if row.is_found {
                self.found.insert(key);
            } else {
                self.after = key;
                more = true;
            }
        }
        more
    }
}

impl Store {
    /// Takes all steps, each by itself, so that others get at the database between them.
    pub(super) async fn take_steps(
        &self,
        user: &UserRecord,
        step: Step,
    ) -> Result<Steps, StoreError> {
        let mut steps = Steps {
            found: BTreeSet::new(),
            after: String::new(),
            began: Instant::now(),
        };
        loop {
            let user = user.clone();
            let (more, taken) = self
                .run(move |connection| {
                    let more = step(&mut steps, connection, &user)?;
                    Ok((more, steps))
                })
                .await?;
            steps = taken;
            if !more {
                return Ok(steps);
            }
        }
    }
}
