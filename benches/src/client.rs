//! Clients of the three providers that sign people up with a password.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;

use crate::load::Shape;
use crate::requests::{basic, post, post_json};
use crate::service::{Settings, signupctl};
use crate::stand::declare;

/// Everybody's password. The salt makes each hash differ.
pub const PASSWORD: &str = "tr0ub4dor-and-3";

/// What clients of XDUA send instead: the MD5 of no common password.
const PWD: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// The application of BytePower and CIAM in `declarations`, and the id of its key.
const APPLICATION: &str = "bench-name";

/// Whose protocol is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// BytePower: an app's server, by user name.
    Bytepower,
    /// XDUA: an app with its token, by e-mail address.
    Xdua,
    /// CIAM: a web application, by user name.
    Ciam,
}

impl Provider {
    /// Its name in declarations.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bytepower => "bytepower",
            Self::Xdua => "xdua",
            Self::Ciam => "ciam",
        }
    }

    /// Its service's program.
    pub fn program(self) -> &'static str {
        match self {
            Self::Bytepower => "bytepower-svc",
            Self::Xdua => "xdua-gateway",
            Self::Ciam => "ciam-svc",
        }
    }
}

/// A client, and what it proves itself with.
pub enum Client {
    /// With the secret of its server key, which signs each request's token.
    Bytepower(EncodingKey),
    /// With the app's token.
    Xdua(String),
    /// With the `Authorization` header.
    Ciam(String),
}

impl Client {
    /// Declares the provider's applications in the database of these settings.
    ///
    /// # Errors
    /// `signupctl` fails.
    pub fn declare(provider: Provider, settings: &Settings) -> anyhow::Result<Self> {
        let secrets = declare(settings, provider.name())?;
        match provider {
            Provider::Bytepower => {
                let secret = secret(&secrets)?;
                Ok(Self::Bytepower(EncodingKey::from_secret(secret.as_bytes())))
            }
            Provider::Xdua => {
                signupctl(
                    settings,
                    &["key", "create", "xdua", "--kind", "signing-key"],
                )?;
                let made = signupctl(settings, &["token", "create", "app", "--app", "BenchAp1"])?;
                let token = made["token"]
                    .as_str()
                    .context("signupctl prints no token")?;
                Ok(Self::Xdua(token.to_owned()))
            }
            Provider::Ciam => Self::of_portal(&secrets),
        }
    }

    /// CIAM's client, whose secret is among these.
    ///
    /// # Errors
    /// It is not.
    pub fn of_portal(secrets: &BTreeMap<String, String>) -> anyhow::Result<Self> {
        Ok(Self::Ciam(basic(APPLICATION, secret(secrets)?)))
    }

    /// The request that signs a person up.
    ///
    /// # Errors
    /// A token cannot be signed.
    pub fn sign_up(&self, person: u64) -> anyhow::Result<Vec<u8>> {
        Ok(match self {
            Self::Bytepower(key) => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() as u64;
                let claims = json!({"iat": now, "key_name": APPLICATION});
                let token = encode(&Header::new(Algorithm::HS256), &claims, key)?;
                let body = json!({
                    "name_password": {"name": format!("bench-{person}"), "password": PASSWORD},
                    "platform": "ios",
                });
                let headers = [
                    ("Accept", "application/vnd.bytepower.v1+json"),
                    ("X-BytePower-Auth-Token", &token),
                ];
                post_json("/bp/server/user/signup", &headers, &body.to_string())
            }
            Self::Xdua(token) => {
                let form = format!(
                    "action=signup&by=mail&ustr=bench-{person}%40example.com&pwd={PWD}&shop=BenchSh1&tabx=BenchSh1"
                );
                let content_type = "application/x-www-form-urlencoded";
                post("/user", content_type, &[("Authorization", token)], &form)
            }
            Self::Ciam(authorization) => {
                let body = json!({"username": format!("bench_{person}"), "password": PASSWORD});
                let headers = [("Authorization", authorization.as_str())];
                post_json("/signup", &headers, &body.to_string())
            }
        })
    }

    /// What the replies look like.
    pub fn shape(&self) -> Shape {
        match self {
            Self::Bytepower(_) => Shape::BytepowerUser,
            Self::Xdua(_) => Shape::XduaUser,
            Self::Ciam(_) => Shape::CiamUser,
        }
    }
}

fn secret(secrets: &BTreeMap<String, String>) -> anyhow::Result<&str> {
    let secret = secrets.get(APPLICATION);
    Ok(secret.context("the application has no secret")?)
}
