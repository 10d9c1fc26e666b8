//! `signupctl token create`

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use signup_app::App;
use signup_core::application::Application;
use signup_core::credential::{Credential, CredentialKind, Material};
use signup_core::time::Timestamp;
use xdua_gateway::ApplicationSettings;
use xdua_gateway::tokens::{self, ANONYMOUS};

use crate::cli::{TokenArgs, TokenKind};
use crate::failure::Misuse;
use crate::output::Output;
use crate::workplace::Workplace;

/// The provider whose tokens these are.
pub const PROVIDER: &str = xdua_gateway::PROVIDER.name;

/// A token that is to be made.
pub struct NewToken<'a> {
    /// The app.
    pub app: &'a str,
    /// The user, or nobody in particular.
    pub subject: &'a str,
    /// How long it is to be accepted.
    pub lifetime: Duration,
}

/// Makes a token and prints it.
pub async fn run(place: &Workplace, kind: &TokenKind, output: Output) -> anyhow::Result<()> {
    let (arguments, subject, valid): (&TokenArgs, &str, Duration) = match kind {
        TokenKind::App { token, valid } => (token, ANONYMOUS, *valid),
        TokenKind::User { token, user, valid } => {
            must_be_user(place, user).await?;
            (token, user, *valid)
        }
    };
    place.must_be_migrated().await?;
    let app = App::start(place.settings.clone(), &[PROVIDER]).await?;
    let token = NewToken {
        app: &arguments.app,
        subject,
        lifetime: valid,
    };
    let signed = sign(&app, &token, arguments.kid.as_deref())?;
    let expires_at = Timestamp::from_millis(app.clock.now().after(valid).as_secs() * 1000);
    let value = json!({"token": signed, "expires_at": expires_at.to_string()});
    let lost = "the token was not shown; make another with the same command";
    output.show_once(&value, || signed.clone(), lost)
}

/// Signs a token with this key, or with the newest one that the app's shops accept.
///
/// # Errors
/// No shop has such an app, or there is no such key.
pub fn sign(app: &App, token: &NewToken<'_>, kid: Option<&str>) -> anyhow::Result<String> {
    let shops = shops_of(app, token.app)?;
    let keys = app
        .catalog
        .credentials(PROVIDER, CredentialKind::SigningKey, app.clock.now());
    let fits = |key: &&Arc<Credential>| {
        key.application
            .as_ref()
            .is_none_or(|id| shops.iter().any(|(shop, _)| shop.id == *id))
    };
    let key = match kid {
        Some(kid) => keys.iter().filter(fits).find(|key| key.id == kid),
        None => keys.iter().filter(fits).find(|key| is_ours(key)),
    };
    let key = key.ok_or_else(|| {
        Misuse(match kid {
            Some(kid) => format!("there is no signing key `{kid}` for app `{}`; list them with: signupctl key list {PROVIDER}", token.app),
            None => format!("there is no signing key; make one with: signupctl key create {PROVIDER} --kind signing-key"),
        })
    })?;
    // All shops of an app expect the same issuer, or its tokens would be of no use at some of them.
    let issuer = shops
        .first()
        .map_or("", |(_, settings)| settings.issuer.as_str());
    let token = tokens::NewToken {
        issuer,
        app: token.app,
        subject: token.subject,
        lifetime: token.lifetime,
    };
    Ok(tokens::issue(key, &token, app.clock.now())?)
}

/// Whether we can sign with it: of some keys the operator keeps the private half.
fn is_ours(key: &Credential) -> bool {
    matches!(
        &key.material,
        Material::KeyPair {
            private_pem: Some(_),
            ..
        }
    )
}

type Shop = (Arc<Application>, Arc<ApplicationSettings>);

fn shops_of(app: &App, id: &str) -> Result<Vec<Shop>, Misuse> {
    let shops: Vec<Shop> = app
        .catalog
        .applications(PROVIDER)
        .into_iter()
        .filter_map(|shop| {
            let settings = shop.settings.read::<ApplicationSettings>().ok()?;
            Some((shop, settings))
        })
        .collect();
    let known = shops
        .iter()
        .flat_map(|(_, settings)| &settings.apps)
        .map(|app| app.id.as_str());
    let known: std::collections::BTreeSet<&str> = known.collect();
    if !known.contains(id) {
        let known: Vec<&str> = known.into_iter().collect();
        return Err(Misuse(format!(
            "no shop lists app `{id}` under [[application.settings.apps]]; the apps are: {}",
            if known.is_empty() {
                "none yet".to_owned()
            } else {
                known.join(", ")
            }
        )));
    }
    let lists = |(_, settings): &Shop| settings.apps.iter().any(|app| app.id == id);
    Ok(shops.into_iter().filter(lists).collect())
}

async fn must_be_user(place: &Workplace, id: &str) -> anyhow::Result<()> {
    place.must_be_migrated().await?;
    if place.store.find_user(PROVIDER, id).await?.is_some() {
        return Ok(());
    }
    Err(Misuse(format!(
        "{PROVIDER} has no user `{id}`; look one up with: signupctl user show"
    ))
    .into())
}
