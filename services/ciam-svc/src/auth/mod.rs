//! Who calls: the application that a request's HTTP Basic credentials prove.

mod basic;
mod host;

use std::sync::Arc;

use actix_web::HttpRequest;
use serde::de::DeserializeOwned;
use signup_app::App;
use signup_core::application::{Application, ProviderSettings};
use signup_core::context::RequestContext;
use signup_core::credential::CredentialKind;
use signup_http::Fault;

use crate::NAME;
use crate::error::ApiError;
use crate::settings::{ApplicationKind, ApplicationSettings, DirectorySettings};
use basic::BasicCredentials;

/// A client that has proven itself.
pub(crate) struct Client {
    pub(crate) application: Arc<Application>,
    pub(crate) settings: Arc<ApplicationSettings>,
    pub(crate) directory: Arc<DirectorySettings>,
}

impl Client {
    /// Finds out who calls, and whether this sort of application may call here so often.
    ///
    /// # Errors
    /// `invalid_client`, `unauthorized_client`, or the caller's address has used up its attempts.
    pub(crate) fn admit(
        app: &App,
        context: &RequestContext,
        request: &HttpRequest,
        may_call: fn(ApplicationKind) -> bool,
    ) -> Result<Self, ApiError> {
        let client = Self::authenticate(app, request)?;
        if !may_call(client.settings.kind) {
            return Err(ApiError::UnauthorizedClient);
        }
        app.count_attempt(&client.application, context)
            .map_err(|retry_after| ApiError::Fault(Fault::RateLimited { retry_after }))?;
        Ok(client)
    }

    fn authenticate(app: &App, request: &HttpRequest) -> Result<Self, ApiError> {
        let credentials = BasicCredentials::of(request).ok_or(ApiError::InvalidClient)?;
        let application = app
            .catalog
            .application(NAME, &credentials.client_id)
            .filter(|application| proves(app, application, &credentials))
            // A disabled application is no client any more, and only who has its secret gets this far.
            .filter(|application| application.enabled)
            .ok_or(ApiError::InvalidClient)?;
        let client = Self {
            settings: read(&application.settings)?,
            directory: read(&application.directory.settings)?,
            application,
        };
        match host::of(request) {
            Some(host) if client.is_foreign(app, host) => Err(ApiError::InvalidClient),
            _ => Ok(client),
        }
    }

    /// Whether the host is another tenant's. A host that is nobody's says nothing: the client id decides (our choice,
    /// for use without DNS).
    fn is_foreign(&self, app: &App, host: &str) -> bool {
        !self.directory.has_host(host)
            && app.catalog.applications(NAME).iter().any(|other| {
                other
                    .directory
                    .settings
                    .read::<DirectorySettings>()
                    .is_ok_and(|directory| directory.has_host(host))
            })
    }
}

/// Whether the secret is that of one of the application's valid credentials.
fn proves(app: &App, application: &Application, credentials: &BasicCredentials) -> bool {
    app.catalog
        .credentials_of(application, CredentialKind::ClientSecret, app.clock.now())
        .iter()
        .any(|credential| credential.matches(credentials.client_secret.expose()))
}

fn read<T: DeserializeOwned + Send + Sync + 'static>(
    settings: &ProviderSettings,
) -> Result<Arc<T>, ApiError> {
    settings.read().map_err(|problem| {
        log::error!(event = "settings.unreadable"; "declared settings cannot be read: {problem}");
        ApiError::Fault(Fault::Internal)
    })
}
