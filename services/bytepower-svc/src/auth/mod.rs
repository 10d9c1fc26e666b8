//! Who calls: an app's own server with a token, or a shipped app with a signed request.

mod signature;
mod token;

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use signup_app::App;
use signup_core::application::Application;
use signup_core::credential::{Credential, Material};
use signup_core::time::Timestamp;

use crate::error::Error;
use crate::settings::ApplicationSettings;

pub(crate) use signature::{SIGN, by_signature};
pub(crate) use token::{AUTH_TOKEN, by_token};

/// The header that names the application (our choice, after a public client). Keys belong to one application, so it is
/// optional; when it is sent it must be the key's application.
pub(crate) const APPLICATION_ID: &str = "X-BytePower-Application-Id";

/// Who has proved to hold a key of an application.
pub(crate) struct Caller {
    /// None when the application is stored in a form that cannot be used.
    application: Option<Arc<Application>>,
    /// None when the application's settings are stored in a form that cannot be used.
    settings: Option<Arc<ApplicationSettings>>,
}

/// An application that works, and its settings.
pub(crate) struct InService {
    pub(crate) application: Arc<Application>,
    pub(crate) settings: Arc<ApplicationSettings>,
}

impl Caller {
    /// The caller behind a credential, before its proof is looked at. Refuses credentials without a shared secret or an
    /// application, and callers that name another application.
    fn of<'a>(
        app: &App,
        request: &HttpRequest,
        credential: &'a Credential,
    ) -> Result<(Self, &'a str), Error> {
        let (Some(id), Material::Shared(secret)) = (&credential.application, &credential.material)
        else {
            return Err(Error::Unauthorized);
        };
        if single_header(request, APPLICATION_ID)?.is_some_and(|named| named != id) {
            return Err(Error::Unauthorized);
        }
        let application = app.catalog.application(&credential.provider, id);
        let settings = application
            .as_ref()
            .and_then(|application| read_settings(application));
        let caller = Self {
            application,
            settings,
        };
        Ok((caller, secret.expose()))
    }

    /// Refuses a proof that was made too long before or after now.
    fn check_time(&self, made_at: Timestamp, now: Timestamp) -> Result<(), Error> {
        let distance: Duration = now.since(made_at).max(made_at.since(now));
        if distance <= self.tolerance() {
            Ok(())
        } else {
            Err(Error::Unauthorized)
        }
    }

    /// How far the caller's clock may be from ours.
    fn tolerance(&self) -> Duration {
        self.settings.as_ref().map_or_else(
            || ApplicationSettings::default().token_tolerance(),
            |settings| settings.token_tolerance(),
        )
    }

    /// The application, unless it is disabled or cannot be used as it is stored.
    pub(crate) fn in_service(self) -> Option<InService> {
        Some(InService {
            application: self.application.filter(|application| application.enabled)?,
            settings: self.settings?,
        })
    }
}

fn read_settings(application: &Application) -> Option<Arc<ApplicationSettings>> {
    match application.settings.read() {
        Ok(settings) => Some(settings),
        Err(problem) => {
            log::error!(
                event = "application.unreadable", provider = application.provider.as_str(),
                application = application.id.as_str();
                "this application's settings cannot be used: {problem}"
            );
            None
        }
    }
}

/// The value of a header that proves something, so that it must be there at most once and be text.
fn single_header<'a>(request: &'a HttpRequest, name: &str) -> Result<Option<&'a str>, Error> {
    let mut values = request.headers().get_all(name);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| Error::Unauthorized),
        (Some(_), Some(_)) => Err(Error::Unauthorized),
    }
}
