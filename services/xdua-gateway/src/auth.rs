//! Who calls, and which shop for.

use std::sync::Arc;

use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpMessage, HttpRequest};
use signup_app::App;
use signup_core::application::Application;
use signup_http::Fault;

use crate::cors::TokenApp;
use crate::error::Error;
use crate::settings::ApplicationSettings;
use crate::tokens::{self, ANONYMOUS, TokenError, VerifiedToken};
use crate::{AllowedApp, NAME};

/// A caller whose token is good.
pub(crate) struct Caller {
    token: VerifiedToken,
}

/// A shop that the caller may act for and that is open.
#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) application: Arc<Application>,
    pub(crate) settings: Arc<ApplicationSettings>,
}

/// Reads and verifies the token in `Authorization`: bare (vendor), or behind `Bearer ` (our choice). Of two such headers
/// programs on the way may have looked at either one, so neither counts.
pub(crate) fn authenticate(app: &App, request: &HttpRequest) -> Result<Caller, TokenError> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let header = headers.next().ok_or(TokenError::Missing)?;
    if headers.next().is_some() {
        return Err(TokenError::Invalid);
    }
    let header = header.to_str().map_err(|_| TokenError::Invalid)?.trim();
    let token = match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => header,
    };
    if token.is_empty() {
        return Err(TokenError::Missing);
    }
    let token = tokens::verify(app, token)?;
    request
        .extensions_mut()
        .insert(TokenApp(token.claims.aud.clone()));
    Ok(Caller { token })
}

impl Caller {
    /// The user whom the caller acts for; none for an app token.
    pub(crate) fn user(&self) -> Option<&str> {
        Some(self.token.claims.sub.as_str()).filter(|subject| *subject != ANONYMOUS)
    }

    /// The shop of this id.
    pub(crate) fn shop(&self, app: &App, id: &str) -> Result<Shop, Error> {
        let application = app
            .catalog
            .application(NAME, id)
            .ok_or(Error::UnknownShop)?;
        let shop = read(application)?;
        if !self.may_act_for(&shop) {
            return Err(TokenError::NotAccepted.into());
        }
        shop.open()
    }

    /// The shop that is meant when the caller names none: the only one that its app acts for, or the first in the order
    /// of their ids (our choice: the vendor's clients never name a shop when they ask for a code).
    pub(crate) fn home_shop(&self, app: &App) -> Result<Shop, Error> {
        let mut shops: Vec<Shop> = app
            .catalog
            .applications(NAME)
            .into_iter()
            .filter_map(|application| read(application).ok())
            .filter(|shop| self.may_act_for(shop))
            .collect();
        // A stable sort: open shops come first, still in the order of their ids.
        shops.sort_by_key(|shop| !shop.application.enabled);
        let first = shops.into_iter().next();
        first.ok_or(TokenError::NotAccepted)?.open()
    }

    fn may_act_for(&self, shop: &Shop) -> bool {
        let claims = &self.token.claims;
        let key_fits = self
            .token
            .key_shop
            .as_ref()
            .is_none_or(|id| *id == shop.application.id);
        key_fits && shop.settings.issuer == claims.iss && shop.settings.app(&claims.aud).is_some()
    }
}

impl Shop {
    fn open(self) -> Result<Self, Error> {
        if self.application.enabled {
            Ok(self)
        } else {
            Err(Error::ShopDisabled)
        }
    }
}

/// Whether pages of an origin may read replies: those to the tokens of an app, or, before the app is known, of any app.
pub(crate) fn is_origin_allowed(app: &App, origin: &str, token_app: Option<&str>) -> bool {
    let allows = |entry: &AllowedApp| {
        token_app.is_none_or(|id| id == entry.id) && entry.allows_origin(origin)
    };
    app.catalog
        .applications(NAME)
        .into_iter()
        .filter(|application| application.enabled)
        .filter_map(|application| read(application).ok())
        .any(|shop| shop.settings.apps.iter().any(allows))
}

fn read(application: Arc<Application>) -> Result<Shop, Fault> {
    let settings = application
        .settings
        .read::<ApplicationSettings>()
        .map_err(|error| {
            log::error!(
                event = "application.unreadable", provider = NAME, application = application.id.as_str();
                "the settings of this shop cannot be read: {error}"
            );
            Fault::Internal
        })?;
    Ok(Shop {
        application,
        settings,
    })
}
