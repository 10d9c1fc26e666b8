//! A running gateway, the tokens for it, and what it answers.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use signup_app::credentials::{CredentialOwner, issue};
use signup_core::code::Channel;
use signup_core::credential::{Credential, CredentialKind};
use signup_core::keys::KeyRing;
use signup_core::time::{Clock as _, SystemClock, Timestamp};
use signup_store::{Change, CredentialRecord};
use signup_testkit::{TestDatabase, TestService};
use xdua_gateway::tokens::{self, Claims};
use xdua_gateway::{PROVIDER, declarations};

pub const SHOP: &str = "A3bdXNT3";
pub const APP: &str = "EIxcPdpT";
/// The key that signs for all shops.
pub const KEY: &str = "b50b1effdc035e2869b6c45f63bdf5d7";
/// A key that signs for the shop `A3bdXNT3` alone.
pub const SHOP_KEY: &str = "00000000000000000000000000a3bd00";
/// The MD5 of no common password.
pub const PWD: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// Making an RSA key takes a while, and the ring that seals them is the same in all tests.
static KEYS: LazyLock<[CredentialRecord; 2]> = LazyLock::new(|| {
    let ring = KeyRing::parse("test:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=").unwrap();
    [(KEY, None), (SHOP_KEY, Some(SHOP))].map(|(id, application)| {
        let owner = CredentialOwner {
            provider: "xdua",
            application,
            kind: CredentialKind::SigningKey,
            id,
        };
        issue(&ring, &owner, SystemClock.now()).unwrap().record
    })
});

pub struct Gateway {
    pub service: TestService,
}

impl Gateway {
    pub async fn start() -> Self {
        Self::start_with(TestDatabase::sqlite(), &[]).await
    }

    pub async fn start_with(database: TestDatabase, settings: &[(&str, &str)]) -> Self {
        let builder = TestService::builder(database, &PROVIDER, declarations);
        let service = settings
            .iter()
            .fold(builder, |builder, (key, value)| builder.setting(key, value))
            .start(include_str!("declarations.toml"))
            .await;
        let changes = KEYS.iter().cloned().map(Change::PutCredential).collect();
        let app = &service.app;
        app.store.change_declarations(changes).await.unwrap();
        app.catalog.refresh(&app.store, &app.keys).await.unwrap();
        Self { service }
    }

    /// A second process on the same database.
    pub async fn start_beside(other: &Self) -> Self {
        let service = TestService::start_beside(&other.service).await;
        Self { service }
    }

    pub fn now(&self) -> Timestamp {
        self.service.clock.now()
    }

    pub fn key(&self, id: &str) -> Arc<Credential> {
        let catalog = &self.service.app.catalog;
        let kind = CredentialKind::SigningKey;
        catalog.credential("xdua", kind, id, self.now()).unwrap()
    }

    /// The claims of a good app token.
    pub fn claims(&self, app: &str) -> Claims {
        let token = tokens::issue_app_token(&self.key(KEY), "xdua.com", app, self.now()).unwrap();
        read_claims(&token)
    }

    pub fn sign(&self, claims: &Claims) -> String {
        tokens::sign(&self.key(KEY), claims).unwrap()
    }

    pub fn app_token(&self, app: &str) -> String {
        tokens::issue_app_token(&self.key(KEY), "xdua.com", app, self.now()).unwrap()
    }

    pub fn user_token(&self, app: &str, user: &str) -> String {
        tokens::issue_user_token(&self.key(KEY), "xdua.com", app, user, self.now()).unwrap()
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.service.http.request(method, self.service.url(path))
    }

    /// `POST` with the token of the seed's app.
    pub fn post(&self, path: &str) -> RequestBuilder {
        self.post_as(&self.app_token(APP), path)
    }

    pub fn post_as(&self, token: &str, path: &str) -> RequestBuilder {
        self.request(Method::POST, path)
            .header("authorization", token)
    }

    /// `POST /user` with a form.
    pub async fn user(&self, fields: &[(&str, &str)]) -> Answer {
        answer(self.post("/user").form(fields)).await
    }

    pub async fn user_as(&self, token: &str, fields: &[(&str, &str)]) -> Answer {
        answer(self.post_as(token, "/user").form(fields)).await
    }

    /// `POST /vfc` with a form, with the token of the seed's app.
    pub async fn vfc(&self, vfaddr: &str, tmpl: &str) -> Answer {
        self.vfc_as(&self.app_token(APP), &[("vfaddr", vfaddr), ("tmpl", tmpl)])
            .await
    }

    pub async fn vfc_as(&self, token: &str, fields: &[(&str, &str)]) -> Answer {
        answer(self.post_as(token, "/vfc").form(fields)).await
    }

    /// Has a code sent to a phone number and reads it there.
    pub async fn phone_code(&self, phone: &str) -> String {
        self.vfc(phone, "SMS_25335288").await.id();
        self.sms_code(phone).await
    }

    pub async fn sms_code(&self, phone: &str) -> String {
        self.service
            .code(Channel::Sms, &phone.replace('-', ""))
            .await
    }

    /// Has a code sent to an e-mail address and reads it there.
    pub async fn mail_code(&self, mail: &str) -> String {
        self.vfc(mail, "DMS_VFC4USEREG").await.id();
        self.service.code(Channel::Email, mail).await
    }

    /// Signs a phone number up with a code, and returns the user's id.
    pub async fn sign_up(&self, phone: &str) -> String {
        let code = self.phone_code(phone).await;
        self.user(&with(&sign_up(phone), &[("vfcode", &code)]))
            .await
            .id()
    }

    /// The newest user's event data.
    pub async fn newest_user(&self) -> Value {
        let events = self.service.events_of("signup.user.created.v1").await;
        events[0]["data"].clone()
    }

    pub fn advance(&self, seconds: u64) {
        self.service.clock.advance(Duration::from_secs(seconds));
    }
}

/// The fields of a sign-up by phone at the seed's shop, but for the code.
pub fn sign_up(phone: &str) -> Vec<(&str, &str)> {
    vec![
        ("action", "signup"),
        ("by", "tel"),
        ("ustr", phone),
        ("pwd", PWD),
        ("shop", SHOP),
        ("tabx", SHOP),
    ]
}

/// The fields of a sign-up at a shop that needs no code, for the app `MultApp1`.
pub fn at_will(phone: &str) -> Vec<(&str, &str)> {
    with(
        &sign_up(phone),
        &[("shop", "OptShop1"), ("tabx", "DefaultX")],
    )
}

/// The fields with others in their places, or beside them.
pub fn with<'a>(
    fields: &[(&'a str, &'a str)],
    others: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let mut all: Vec<_> = without(
        fields,
        &others.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
    );
    all.extend(others);
    all
}

/// The fields but these.
pub fn without<'a>(fields: &[(&'a str, &'a str)], names: &[&str]) -> Vec<(&'a str, &'a str)> {
    let kept = fields.iter().filter(|(name, _)| !names.contains(name));
    kept.copied().collect()
}

fn read_claims(token: &str) -> Claims {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

pub async fn answer(request: RequestBuilder) -> Answer {
    Answer::of(request.send().await.unwrap()).await
}

impl Answer {
    pub async fn of(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status} {text:?}"));
        let answer = Self {
            status,
            headers,
            body,
        };
        answer.has_its_id();
        answer
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    fn has_its_id(&self) {
        let apid = self.body["apid"].as_str().unwrap();
        assert_eq!(self.header("x-ca-request-id"), Some(apid));
        assert_eq!(
            uuid::Uuid::parse_str(apid)
                .unwrap()
                .to_string()
                .to_uppercase(),
            apid
        );
    }

    /// The id of what was made; the rest must be as the seed shows it.
    #[track_caller]
    pub fn id(&self) -> String {
        let id = self.body["result"]["id"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let success = json!({
            "apid": self.body["apid"], "error": 0, "reason": "success", "result": {"id": id}, "debug": [],
        });
        assert_eq!((self.status, &self.body), (200, &success));
        assert_eq!(self.header("content-type"), Some("application/json"));
        assert!(
            id.len() == 8 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()),
            "{id}"
        );
        id
    }

    /// A business failure, whole.
    #[track_caller]
    pub fn fails(&self, code: &str, reason: &str) {
        self.is(200, code, reason);
        assert_eq!(self.header("x-ca-error-code"), None);
    }

    /// A refusal of the gateway, whole.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str, reason: &str) {
        self.is(status, code, reason);
        assert_eq!(self.header("x-ca-error-code"), Some(code));
        assert!(
            self.header("x-ca-error-message")
                .is_some_and(|text| !text.is_empty() && text.is_ascii())
        );
    }

    #[track_caller]
    fn is(&self, status: u16, code: &str, reason: &str) {
        let failure = json!({
            "apid": self.body["apid"], "error": 1, "reason": reason, "code": code, "result": {}, "debug": [],
        });
        assert_eq!((self.status, &self.body), (status, &failure));
        assert_eq!(self.header("content-type"), Some("application/json"));
    }

    #[track_caller]
    pub fn is_code(&self, code: &str) {
        assert_eq!(self.body["code"], code, "{self:?}");
    }
}
