//! What the worker knows of applications.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use signup_core::application::Rules;
use signup_core::messages::Messages;
use signup_store::{ApplicationRecord, Store, StoreError};

/// An application as its messages need it.
#[derive(Debug)]
pub(crate) struct Sending {
    pub(crate) name: String,
    pub(crate) messages: Messages,
}

/// The applications of all providers: a worker may get events of any of them, whatever its process serves. Read from
/// the database, and again when the declarations have changed.
pub(crate) struct Applications {
    store: Store,
    snapshot: Mutex<Arc<Snapshot>>,
}

#[derive(Default)]
struct Snapshot {
    revision: Option<i64>,
    applications: HashMap<(String, String), Arc<Sending>>,
}

impl Applications {
    pub(crate) fn new(store: Store) -> Self {
        Self {
            store,
            snapshot: Mutex::default(),
        }
    }

    /// The application, if it is declared and enabled.
    pub(crate) async fn find(
        &self,
        provider: &str,
        id: &str,
    ) -> Result<Option<Arc<Sending>>, StoreError> {
        let revision = self.store.declaration_revision().await?;
        let mut snapshot = Arc::clone(&self.lock());
        if snapshot.revision != Some(revision) {
            let declarations = self.store.declarations().await?;
            snapshot = Arc::new(Snapshot {
                revision: Some(declarations.revision),
                applications: declarations
                    .applications
                    .into_iter()
                    .filter(|application| application.enabled)
                    .filter_map(read)
                    .collect(),
            });
            *self.lock() = Arc::clone(&snapshot);
        }
        let key = (provider.to_owned(), id.to_owned());
        Ok(snapshot.applications.get(&key).cloned())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Arc<Snapshot>> {
        self.snapshot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(application: ApplicationRecord) -> Option<((String, String), Arc<Sending>)> {
    let key = (application.provider, application.id);
    match serde_json::from_value::<Rules>(application.rules) {
        Ok(rules) => {
            let sending = Sending {
                name: application.name,
                messages: rules.messages,
            };
            Some((key, Arc::new(sending)))
        }
        Err(problem) => {
            log::error!(
                event = "application.unreadable", provider = key.0, application = key.1;
                "this application sends no messages: {problem}"
            );
            None
        }
    }
}
