//! The declared applications and credentials, in memory, so that a request asks the database for none of them.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use signup_core::application::{Application, Directory, ProviderSettings};
use signup_core::credential::{Credential, CredentialKind, Material};
use signup_core::keys::KeyRing;
use signup_core::time::Timestamp;
use signup_store::{ApplicationRecord, CredentialRecord, Declarations, Store, StoreError};

/// What is declared for the providers of this process.
pub struct Catalog {
    providers: &'static [&'static str],
    snapshot: RwLock<Arc<Snapshot>>,
}

#[derive(Default)]
struct Snapshot {
    revision: i64,
    applications: HashMap<(String, String), Arc<Application>>,
    /// The same applications by provider, in the order of their ids.
    in_order: HashMap<String, Vec<Arc<Application>>>,
    credentials: HashMap<(String, CredentialKind, String), Arc<Credential>>,
    /// The same credentials by provider and application, those of all applications left out.
    by_application: HashMap<(String, String), Vec<Arc<Credential>>>,
}

impl Catalog {
    /// Loads what is declared for these providers.
    ///
    /// # Errors
    /// The database is unavailable, or was never migrated.
    pub async fn load(
        providers: &'static [&'static str],
        store: &Store,
        keys: &KeyRing,
    ) -> Result<Self, StoreError> {
        let catalog = Self {
            providers,
            snapshot: RwLock::default(),
        };
        catalog.replace(store.declarations().await?, keys);
        Ok(catalog)
    }

    /// Loads everything again if something changed since; tells whether it did.
    ///
    /// # Errors
    /// The database is unavailable; what was loaded before stays in force.
    pub async fn refresh(&self, store: &Store, keys: &KeyRing) -> Result<bool, StoreError> {
        if store.declaration_revision().await? == self.snapshot().revision {
            return Ok(false);
        }
        self.replace(store.declarations().await?, keys);
        Ok(true)
    }

    /// The application of this id.
    pub fn application(&self, provider: &str, id: &str) -> Option<Arc<Application>> {
        self.snapshot()
            .applications
            .get(&(provider.to_owned(), id.to_owned()))
            .cloned()
    }

    /// All applications of a provider, in the order of their ids.
    pub fn applications(&self, provider: &str) -> Vec<Arc<Application>> {
        self.snapshot()
            .in_order
            .get(provider)
            .cloned()
            .unwrap_or_default()
    }

    /// The credential of this id, if it is valid now.
    pub fn credential(
        &self,
        provider: &str,
        kind: CredentialKind,
        id: &str,
        now: Timestamp,
    ) -> Option<Arc<Credential>> {
        self.snapshot()
            .credentials
            .get(&(provider.to_owned(), kind, id.to_owned()))
            .filter(|credential| credential.is_valid_at(now))
            .cloned()
    }

    /// The credentials of a kind that an application may use now, in no order. Costs no more however many other
    /// applications there are.
    pub fn credentials_of(
        &self,
        application: &Application,
        kind: CredentialKind,
        now: Timestamp,
    ) -> Vec<Arc<Credential>> {
        let owner = (application.provider.clone(), application.id.clone());
        self.snapshot()
            .by_application
            .get(&owner)
            .into_iter()
            .flatten()
            .filter(|credential| credential.kind == kind && credential.is_valid_at(now))
            .cloned()
            .collect()
    }

    /// All credentials of a kind that are valid now, the newest first.
    pub fn credentials(
        &self,
        provider: &str,
        kind: CredentialKind,
        now: Timestamp,
    ) -> Vec<Arc<Credential>> {
        let mut found: Vec<_> = self
            .snapshot()
            .credentials
            .values()
            .filter(|credential| credential.provider == provider && credential.kind == kind)
            .filter(|credential| credential.is_valid_at(now))
            .cloned()
            .collect();
        found.sort_by(|a, b| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
        found
    }

    /// Names every application whose rules are weaker than they should be.
    pub(crate) fn log_weak_settings(&self) {
        for application in self.snapshot().applications.values() {
            if application.rules.password.is_legacy() {
                log::warn!(
                    event = "application.weak", provider = application.provider.as_str(),
                    application = application.id.as_str();
                    "this application accepts weak passwords (rules.password.profile = \"legacy\")"
                );
            }
        }
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, declarations: Declarations, keys: &KeyRing) {
        let snapshot = Arc::new(self.read(declarations, keys));
        *self
            .snapshot
            .write()
            .unwrap_or_else(PoisonError::into_inner) = snapshot;
    }

    /// A record that cannot be used is left out with an error in the log: one broken application must not take the
    /// others with it.
    fn read(&self, declarations: Declarations, keys: &KeyRing) -> Snapshot {
        let ours = |provider: &str| self.providers.contains(&provider);
        let directories: HashMap<_, _> = declarations
            .directories
            .into_iter()
            .filter(|(provider, ..)| ours(provider))
            .map(|(provider, id, settings)| {
                let directory = Arc::new(Directory {
                    provider: provider.clone(),
                    id: id.clone(),
                    settings: ProviderSettings::new(settings),
                });
                ((provider, id), directory)
            })
            .collect();
        let mut snapshot = Snapshot {
            revision: declarations.revision,
            ..Snapshot::default()
        };
        for record in declarations.applications {
            if !ours(&record.provider) {
                continue;
            }
            let key = (record.provider.clone(), record.id.clone());
            let directory = directories.get(&(record.provider.clone(), record.directory.clone()));
            match read_application(record, directory) {
                Ok(application) => {
                    let application = Arc::new(application);
                    let of_provider = snapshot.in_order.entry(key.0.clone()).or_default();
                    of_provider.push(Arc::clone(&application));
                    snapshot.applications.insert(key, application);
                }
                Err(problem) => log::error!(
                    event = "application.unreadable", provider = key.0, application = key.1;
                    "this application is out of service: {problem}"
                ),
            }
        }
        for of_provider in snapshot.in_order.values_mut() {
            of_provider.sort_by(|a, b| a.id.cmp(&b.id));
        }
        for record in declarations.credentials {
            if !ours(&record.provider) {
                continue;
            }
            let name = format!("{}/{}/{}", record.provider, record.kind, record.id);
            match read_credential(record, keys) {
                Ok(credential) => {
                    let key = (
                        credential.provider.clone(),
                        credential.kind,
                        credential.id.clone(),
                    );
                    let credential = Arc::new(credential);
                    if let Some(application) = credential.application.clone() {
                        let owner = (credential.provider.clone(), application);
                        let owned = snapshot.by_application.entry(owner).or_default();
                        owned.push(Arc::clone(&credential));
                    }
                    snapshot.credentials.insert(key, credential);
                }
                Err(problem) => log::error!(
                    event = "credential.unreadable";
                    "credential {name} cannot be used: {problem}"
                ),
            }
        }
        snapshot
    }
}

fn read_application(
    record: ApplicationRecord,
    directory: Option<&Arc<Directory>>,
) -> Result<Application, String> {
    Ok(Application {
        directory: directory.cloned().ok_or("its directory is missing")?,
        rules: serde_json::from_value(record.rules).map_err(|error| error.to_string())?,
        settings: ProviderSettings::new(record.settings),
        provider: record.provider,
        id: record.id,
        name: record.name,
        enabled: record.enabled,
    })
}

/// A stored credential as services use it, opened with these keys.
///
/// # Errors
/// What is wrong with it: its key is not in the ring, or the row was altered.
pub fn read_credential(record: CredentialRecord, keys: &KeyRing) -> Result<Credential, String> {
    let kind: CredentialKind = record.kind.parse()?;
    let owner = seal_owner(&record.provider, kind, &record.id);
    let opened = record
        .sealed
        .map(|sealed| {
            keys.open(&sealed, &owner)
                .map_err(|error| error.to_string())
        })
        .transpose()?;
    let material = match (record.public_pem, record.secret_hash, opened) {
        (Some(public_pem), _, private_pem) => Material::KeyPair {
            public_pem,
            private_pem,
        },
        (None, Some(hash), _) => Material::Hash(read_hash(&hash).ok_or("its hash is damaged")?),
        (None, None, Some(secret)) => Material::Shared(secret),
        (None, None, None) => return Err("it holds neither a secret nor a key".to_owned()),
    };
    Ok(Credential {
        id: record.id,
        provider: record.provider,
        application: record.application_id,
        kind,
        material,
        created_at: Timestamp::from_millis(record.created_at),
        expires_at: record.expires_at.map(Timestamp::from_millis),
    })
}

fn read_hash(hex: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    hex::decode_to_slice(hex, &mut hash).ok()?;
    Some(hash)
}

/// What a sealed secret is bound to, so that it is of no use in another row.
pub(crate) fn seal_owner(provider: &str, kind: CredentialKind, id: &str) -> String {
    format!("{provider}/{kind}/{id}")
}
