//! A running service, and calls to it.

use std::ops::Deref;
use std::time::Duration;

use aws_lc_rs::hmac;
use bytepower_svc::{PROVIDER, declarations};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::RequestBuilder;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use signup_core::code::Channel;
use signup_core::credential::CredentialKind;
use signup_core::time::Clock;
use signup_testkit::service::TestServiceBuilder;
use signup_testkit::{TestDatabase, TestService};

pub const SIGN_UP: &str = "/bp/server/user/signup";
pub const CLIENT_SIGN_UP: &str = "/bp/user/signup";
pub const SEND_CODE: &str = "/bp/server/user/send_email_verify_code";
pub const CLIENT_SEND_CODE: &str = "/bp/user/send_email_verify_code";

/// The header fields that prove who calls.
pub const TOKEN: &str = "X-BytePower-Auth-Token";
pub const SIGN: &str = "X-BytePower-Sign";

/// A password that every application of the tests accepts.
pub const PASSWORD: &str = "tr0ub4dor-and-3";

/// The service with the applications of `declarations.toml`.
pub struct Bytepower(TestService);

impl Deref for Bytepower {
    type Target = TestService;

    fn deref(&self) -> &TestService {
        &self.0
    }
}

impl Bytepower {
    pub async fn start() -> Self {
        Self::start_on(TestDatabase::sqlite()).await
    }

    pub async fn start_on(database: TestDatabase) -> Self {
        Self::start_with(database, |builder| builder).await
    }

    /// Starts with other settings than usual.
    pub async fn start_with(
        database: TestDatabase,
        set: impl FnOnce(TestServiceBuilder) -> TestServiceBuilder,
    ) -> Self {
        let builder = set(TestService::builder(database, &PROVIDER, declarations));
        Self(builder.start(include_str!("declarations.toml")).await)
    }

    pub async fn start_beside(other: &Self) -> Self {
        Self(TestService::start_beside(other).await)
    }

    pub fn now_millis(&self) -> i64 {
        self.clock.now().as_millis()
    }

    /// A token of the application's server, made now.
    pub fn token(&self, application: &str) -> String {
        let key_name = format!("{application}-server");
        let claims = json!({"iat": self.now_millis(), "key_name": key_name});
        self.token_with(application, &Header::new(Algorithm::HS256), &claims)
    }

    /// A token of other content, signed with the secret of the application's server key.
    pub fn token_with(&self, application: &str, header: &Header, claims: &Value) -> String {
        let key_name = format!("{application}-server");
        let secret = self.secret(CredentialKind::ServerKey, &key_name);
        encode(header, claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
    }

    /// The signature of the application's client over a body, made at a time (Unix ms).
    pub fn sign(&self, application: &str, at: i64, body: &str) -> String {
        let key_id = format!("{application}-client");
        let secret = self.secret(CredentialKind::ClientKey, &key_id);
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let mac = hmac::sign(&key, format!("{application}{at}{body}").as_bytes());
        format!("{},{at},{key_id}", hex::encode(mac.as_ref()))
    }

    /// A request without any proof.
    pub fn post(&self, path: &str, body: impl Into<String>) -> RequestBuilder {
        self.http
            .post(self.url(path))
            .header("content-type", "application/json")
            .body(body.into())
    }

    /// A request of the application's server.
    pub fn server_request(&self, path: &str, application: &str, body: &str) -> RequestBuilder {
        self.post(path, body).header(TOKEN, self.token(application))
    }

    /// A request of the application itself.
    pub fn client_request(&self, path: &str, application: &str, body: &str) -> RequestBuilder {
        let sign = self.sign(application, self.now_millis(), body);
        self.post(path, body).header(SIGN, sign)
    }

    /// Signs up through the application's server.
    pub async fn sign_up(&self, application: &str, body: &Value) -> Answer {
        answer(self.server_request(SIGN_UP, application, &body.to_string())).await
    }

    /// Asks for a code through the application's server.
    pub async fn ask_for_code(&self, application: &str, email: &str) -> Answer {
        let body = code_body(email).to_string();
        answer(self.server_request(SEND_CODE, application, &body)).await
    }

    /// Asks for a code, which must be sent, and opens the mail.
    pub async fn new_code(&self, application: &str, email: &str) -> String {
        // One address gets a code every 30 seconds at most.
        self.clock.advance(Duration::from_secs(31));
        self.ask_for_code(application, email).await.is_empty_200();
        self.code(Channel::Email, email).await
    }

    /// The one event about a new user.
    pub async fn user_created(&self) -> Value {
        let events = self.events_of("signup.user.created.v1").await;
        let [event] = &events[..] else {
            panic!("not one new user: {events:?}");
        };
        event.clone()
    }
}

/// A sign-up by name.
pub fn by_name(name: &str) -> Value {
    json!({"name_password": {"name": name, "password": PASSWORD}})
}

/// A sign-up by e-mail, without a code.
pub fn by_email(email: &str) -> Value {
    json!({"email_password": {"email": email, "password": PASSWORD}})
}

/// A sign-up by e-mail, with a code.
pub fn with_code(email: &str, code: &str) -> Value {
    json!({"email_password": {"email": email, "password": PASSWORD, "verify_code": code}})
}

/// A request for a code to sign up with.
pub fn code_body(email: &str) -> Value {
    json!({"email": email, "platform": "website", "type": "sign_up_email"})
}

/// A code of the right form that is not `code`.
pub fn another_code(code: &str) -> String {
    let last = if code.ends_with('0') { '1' } else { '0' };
    format!("{}{last}", &code[..code.len() - 1])
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

/// Sends a request.
pub async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: response.text().await.unwrap(),
    }
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    /// The new user, which must be there.
    #[track_caller]
    pub fn user(&self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        assert_eq!(self.header("content-type"), "application/json");
        self.json()["user"].clone()
    }

    #[track_caller]
    pub fn is_empty_200(&self) {
        assert_eq!(self.status, 200, "{self:?}");
        assert_eq!(self.body, "");
    }

    /// Whether this is the refusal, whole and in the provider's envelope.
    #[track_caller]
    pub fn is_error(&self, status: u16, error_type: &str, message: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/json");
        assert!(!self.header("x-request-id").is_empty());
        let body = json!({"error": {"error_type": error_type, "message": message}});
        assert_eq!(self.json(), body);
    }

    #[track_caller]
    pub fn is_invalid(&self, message: &str) {
        self.is_error(400, "invalid_parameter", message);
    }

    #[track_caller]
    pub fn is_unauthorized(&self) {
        let message = "the token or signature is missing or not valid.";
        self.is_error(401, "unauthorized", message);
    }

    #[track_caller]
    pub fn is_wrong_code(&self) {
        let message = "the verification code is missing, wrong or no longer valid.";
        self.is_error(400, "invalid_verify_code", message);
    }

    #[track_caller]
    pub fn is_email_exists(&self) {
        self.is_error(400, "email_exists", "this e-mail address is taken.");
    }

    #[track_caller]
    pub fn is_name_exists(&self) {
        self.is_error(400, "name_exists", "this name is taken.");
    }

    #[track_caller]
    pub fn is_limited(&self) {
        self.is_error(429, "api_rate_limit", "too many requests, try again later.");
        assert!(self.retry_after() >= 1, "{self:?}");
    }

    /// `Retry-After` in seconds.
    #[track_caller]
    pub fn retry_after(&self) -> u64 {
        self.header("retry-after").parse().unwrap()
    }
}
