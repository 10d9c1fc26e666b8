//! The demo applications and what callers prove themselves with.
//!
//! The database holds secrets only hashed or sealed, so from one start to the next they live in `demo.env`. A secret
//! that is missing there, or that belongs to a database of the past, is made anew.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use signup_app::credentials::{CredentialOwner, issue, random_id};
use signup_app::{App, apply, hash_pool, operators};
use signup_core::credential::CredentialKind;
use signup_core::mask::Secret;
use signup_core::operator::Role;
use signup_core::password::Password;
use signup_store::{Change, ChangeAuthor, Operator, OperatorChange};
use xdua_gateway::tokens::{ANONYMOUS, APP_TOKEN_LIFETIME};

use super::env_file;
use super::listeners::Listeners;
use crate::commands::token::{self, NewToken};
use crate::providers;
use crate::workplace::ORIGIN;

/// A credential of the demo, and the variables that tell its owner's name and its secret.
struct Wanted {
    provider: &'static str,
    kind: CredentialKind,
    /// The same as the id by which callers name themselves.
    id: &'static str,
    id_variable: &'static str,
    secret_variable: &'static str,
}

const fn wanted(
    (provider, kind): (&'static str, CredentialKind),
    id: &'static str,
    id_variable: &'static str,
    secret_variable: &'static str,
) -> Wanted {
    Wanted {
        provider,
        kind,
        id,
        id_variable,
        secret_variable,
    }
}

const BYTEPOWER: &str = bytepower_svc::PROVIDER.name;
pub const XDUA: &str = xdua_gateway::PROVIDER.name;
const CIAM: &str = ciam_svc::PROVIDER.name;

/// The demo's shop, its user table of the same name, and the app that may act for it.
pub const XDUA_SHOP: &str = "A3bdXNT3";
pub const XDUA_TABLE: &str = "A3bdXNT3";
const XDUA_APP: &str = "EIxcPdpT";

const CONSOLE_PASSWORD: &str = "CONSOLE_PASSWORD";

const URLS: [(&str, &str); 3] = [
    (BYTEPOWER, "BYTEPOWER_URL"),
    (XDUA, "XDUA_URL"),
    (CIAM, "CIAM_URL"),
];

const SERVER: (&str, CredentialKind) = (BYTEPOWER, CredentialKind::ServerKey);
const APP: (&str, CredentialKind) = (BYTEPOWER, CredentialKind::ClientKey);
const CLIENT: (&str, CredentialKind) = (CIAM, CredentialKind::ClientSecret);

/// Two BytePower apps, the second one with sign-up verification, each with a key for its server and one for its clients;
/// and three CIAM applications.
#[rustfmt::skip]
const WANTED: [Wanted; 7] = [
    wanted(SERVER, "demo-server", "BYTEPOWER_KEY_NAME", "BYTEPOWER_KEY_SECRET"),
    wanted(SERVER, "demo-verified-server", "BYTEPOWER_VERIFIED_KEY_NAME", "BYTEPOWER_VERIFIED_KEY_SECRET"),
    wanted(APP, "demo-client", "BYTEPOWER_CLIENT_KEY_ID", "BYTEPOWER_CLIENT_KEY_SECRET"),
    wanted(APP, "demo-verified-client", "BYTEPOWER_VERIFIED_CLIENT_KEY_ID", "BYTEPOWER_VERIFIED_CLIENT_KEY_SECRET"),
    wanted(CLIENT, "demo-username", "CIAM_USERNAME_CLIENT_ID", "CIAM_USERNAME_CLIENT_SECRET"),
    wanted(CLIENT, "demo-email", "CIAM_EMAIL_CLIENT_ID", "CIAM_EMAIL_CLIENT_SECRET"),
    wanted(CLIENT, "demo-phone", "CIAM_PHONE_CLIENT_ID", "CIAM_PHONE_CLIENT_SECRET"),
];

/// Declares the demo applications of all providers.
///
/// # Errors
/// The database is unavailable.
pub async fn declare(app: &App) -> anyhow::Result<()> {
    let mut declared = Vec::new();
    for entry in providers::ALL {
        let name = format!("<demo of {}>", entry.name);
        declared.push((entry.declarations)(Path::new(&name), entry.demo)?);
    }
    let stored = app.store.declarations().await?;
    let now = app.clock.now();
    let plan = apply::plan(&app.store, &stored, &declared, &app.keys, now).await?;
    change(app, plan.changes).await
}

/// Makes sure that `demo.env` holds credentials that work with this database, and the addresses of this run.
///
/// # Errors
/// The database is unavailable, or the file cannot be written.
pub async fn write_env(app: &App, listeners: &Listeners, path: &Path) -> anyhow::Result<Demo> {
    let before =
        env_file::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut variables: BTreeMap<&str, String> = BTreeMap::new();
    for (provider, url) in listeners.api_urls()? {
        if let Some((_, variable)) = URLS.iter().find(|(name, _)| *name == provider) {
            variables.insert(variable, url);
        }
    }
    let console = listeners.console_url()?;
    variables.insert("INBOX_URL", format!("{console}/inbox.json"));
    variables.insert("CONSOLE_URL", console);
    let operator = DemoOperator::make(app, before.get(CONSOLE_PASSWORD)).await?;
    variables.insert("CONSOLE_NAME", DemoOperator::NAME.to_owned());
    let password = operator.new_password.as_ref().map(Secret::expose);
    variables.extend(
        password
            .or(before.get(CONSOLE_PASSWORD))
            .map(|password| (CONSOLE_PASSWORD, password.clone())),
    );
    for wanted in &WANTED {
        let secret = secret(app, wanted, before.get(wanted.secret_variable)).await?;
        variables.insert(wanted.id_variable, wanted.id.to_owned());
        variables.insert(wanted.secret_variable, secret.expose().clone());
    }
    let xdua_app_token = app_token(app, before.get("XDUA_APP_TOKEN")).await?;
    variables.insert("XDUA_APP_TOKEN", xdua_app_token.clone());
    variables.insert("XDUA_SHOP", XDUA_SHOP.to_owned());
    variables.insert("XDUA_TABLE", XDUA_TABLE.to_owned());
    let variables: Vec<(&str, String)> = variables.into_iter().collect();
    env_file::write(path, &variables)
        .with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(Demo {
        operator,
        xdua_app_token,
    })
}

/// What others need of the demo.
pub struct Demo {
    /// Who may sign in to the console.
    pub operator: DemoOperator,
    /// The token of the XDUA app.
    pub xdua_app_token: String,
}

/// The operator who may sign in to the demo's console.
pub struct DemoOperator {
    /// The password, if it is a new one.
    pub new_password: Option<Secret<String>>,
}

impl DemoOperator {
    /// The operator's name.
    pub const NAME: &str = "demo";

    /// Makes sure that the password of an earlier start, or a new one, opens the console.
    async fn make(app: &App, before: Option<&String>) -> anyhow::Result<Self> {
        let known = app.store.find_operator(Self::NAME).await?;
        if let (Some(operator), Some(before)) = (&known, before)
            && !operator.disabled
            && hash_pool::verify(&Password::new(before.clone())?, &operator.password_hash)?
        {
            return Ok(Self { new_password: None });
        }
        let password = operators::random_password().context("no random numbers")?;
        let hash = operators::hash(app, Password::new(password.clone())?).await?;
        let now = app.clock.now();
        let operator = Operator {
            name: Self::NAME.to_owned(),
            password_hash: hash.clone(),
            role: Role::Admin,
            disabled: false,
            created_at: now,
            password_changed_at: now,
        };
        let author = ChangeAuthor {
            origin: ORIGIN,
            name: "signupctl dev".to_owned(),
            request_id: None,
            client: None,
            time: now,
        };
        if !app.store.insert_operator(&operator, &author).await? {
            for change in [OperatorChange::Password(hash, now), OperatorChange::Enable] {
                let store = &app.store;
                store.change_operator(Self::NAME, change, &author).await?;
            }
        }
        Ok(Self {
            new_password: Some(Secret::new(password)),
        })
    }
}

/// The secret of an earlier start if it still works, else a new one under the same id.
async fn secret(
    app: &App,
    wanted: &Wanted,
    before: Option<&String>,
) -> anyhow::Result<Secret<String>> {
    let &Wanted {
        provider, kind, id, ..
    } = wanted;
    let now = app.clock.now();
    let credential = app.catalog.credential(provider, kind, id, now);
    if let (Some(credential), Some(secret)) = (&credential, before)
        && credential.matches(secret)
    {
        return Ok(Secret::new(secret.clone()));
    }
    let application = match &credential {
        Some(credential) => credential.application.clone(),
        // It has ended, or is sealed with a key that is gone.
        None => declared_owner(app, wanted).await?,
    };
    let owner = CredentialOwner {
        provider,
        application: application.as_deref(),
        kind,
        id,
    };
    let issued = issue(&app.keys, &owner, now)?;
    change(app, vec![Change::PutCredential(issued.record)]).await?;
    issued.secret.context("a credential without a secret")
}

async fn declared_owner(app: &App, wanted: &Wanted) -> anyhow::Result<Option<String>> {
    let stored = app.store.declarations().await?;
    let record = stored.credentials.into_iter().find(|record| {
        record.provider == wanted.provider
            && record.kind == wanted.kind.as_str()
            && record.id == wanted.id
    });
    Ok(record.and_then(|record| record.application_id))
}

async fn change(app: &App, changes: Vec<Change>) -> anyhow::Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    app.store.change_declarations(changes).await?;
    app.catalog.refresh(&app.store, &app.keys).await?;
    Ok(())
}

/// The token of an earlier start if its key is still in force, else a new one.
async fn app_token(app: &App, before: Option<&String>) -> anyhow::Result<String> {
    const KIND: CredentialKind = CredentialKind::SigningKey;
    let now = app.clock.now();
    let kid = before.and_then(|token| jsonwebtoken::decode_header(token).ok()?.kid);
    let key = kid.and_then(|kid| app.catalog.credential(XDUA, KIND, &kid, now));
    if let (Some(token), Some(_)) = (before, key) {
        return Ok(token.clone());
    }
    if app.catalog.credentials(XDUA, KIND, now).is_empty() {
        let id = random_id()?;
        let owner = CredentialOwner {
            provider: XDUA,
            application: None,
            kind: KIND,
            id: &id,
        };
        let issued = issue(&app.keys, &owner, now)?;
        change(app, vec![Change::AddCredential(issued.record)]).await?;
    }
    token::sign(
        app,
        &NewToken {
            app: XDUA_APP,
            subject: ANONYMOUS,
            lifetime: APP_TOKEN_LIFETIME,
        },
        None,
    )
}
