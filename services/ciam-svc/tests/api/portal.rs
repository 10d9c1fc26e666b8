//! A running service, and clients that call it.

use std::time::Duration;

use ciam_svc::{PROVIDER, declarations};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use signup_core::code::Channel;
use signup_core::credential::CredentialKind;
use signup_testkit::{TestDatabase, TestService};

pub const DECLARATIONS: &str = include_str!("declarations.toml");

/// What phones and mailboxes of this test are called.
pub const PHONE: &str = "13612345678";
pub const EMAIL: &str = "ann@example.com";

/// The service with the declarations of the tests.
pub struct Portal(pub TestService);

impl Portal {
    pub async fn start() -> Self {
        Self::start_on(TestDatabase::sqlite()).await
    }

    pub async fn start_on(database: TestDatabase) -> Self {
        Self::with_settings(database, &[]).await
    }

    pub async fn with_settings(database: TestDatabase, settings: &[(&str, &str)]) -> Self {
        let builder = TestService::builder(database, &PROVIDER, declarations);
        let builder = settings
            .iter()
            .fold(builder, |builder, (key, value)| builder.setting(key, value));
        Self(builder.start(DECLARATIONS).await)
    }

    /// The secret of the credential that has its application's name.
    pub fn secret(&self, client: &str) -> String {
        self.0.secret(CredentialKind::ClientSecret, client)
    }

    /// A request of this client, without a body yet.
    pub fn request(&self, client: &str, path: &str) -> RequestBuilder {
        self.0
            .http
            .post(self.0.url(path))
            .header(AUTHORIZATION, basic(client, &self.secret(client)))
            .header(CONTENT_TYPE, "application/json")
    }

    pub async fn post(&self, client: &str, path: &str, body: &Value) -> Answer {
        send(self.request(client, path).body(body.to_string())).await
    }

    pub async fn sign_up(&self, client: &str, body: &Value) -> Answer {
        self.post(client, "/signup", body).await
    }

    pub async fn send_code(&self, client: &str, channel: Channel, address: &str) -> Answer {
        let body = json!({"usage": "signup", member(channel): address});
        self.post(client, "/otp/send", &body).await
    }

    /// Lets the time pass until an address may get its next code, from whichever application of the tenant.
    pub fn wait_for_next_code(&self) {
        self.0.clock.advance(Duration::from_secs(30));
    }

    /// Has a code sent and returns the token and the code.
    pub async fn code(&self, client: &str, channel: Channel, address: &str) -> (String, String) {
        let answer = self.send_code(client, channel, address).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let token = answer.json()["otp_token"].as_str().unwrap().to_owned();
        let code = self.0.code(channel, &key(channel, address)).await;
        (token, code)
    }

    /// The members that prove an address with a code that was just sent.
    pub async fn proof(&self, client: &str, channel: Channel, address: &str) -> Value {
        let (token, code) = self.code(client, channel, address).await;
        proof(channel, address, &token, &code)
    }
}

/// The members that prove an address.
pub fn proof(channel: Channel, address: &str, token: &str, code: &str) -> Value {
    let name = member(channel);
    json!({name: address, format!("{name}_otp_token"): token, format!("{name}_otp"): code})
}

/// The members of all of these objects.
pub fn merged<const N: usize>(objects: [Value; N]) -> Value {
    let members = objects.into_iter().flat_map(|object| match object {
        Value::Object(members) => members,
        other => panic!("no object: {other}"),
    });
    Value::Object(members.collect())
}

/// The object without one member.
pub fn without(mut object: Value, name: &str) -> Value {
    object.as_object_mut().unwrap().remove(name).unwrap();
    object
}

fn member(channel: Channel) -> &'static str {
    match channel {
        Channel::Sms => "phone_number",
        Channel::Email => "email",
    }
}

/// The normalised address.
pub fn key(channel: Channel, address: &str) -> String {
    match channel {
        Channel::Sms => format!("+86{address}"),
        Channel::Email => {
            let (local, domain) = address.rsplit_once('@').unwrap();
            format!("{local}@{}", domain.to_lowercase())
        }
    }
}

pub fn basic(id: &str, secret: &str) -> String {
    use base64::Engine as _;
    let joined = base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}"));
    format!("Basic {joined}")
}

/// A response that was read to its end.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

pub async fn send(request: RequestBuilder) -> Answer {
    Answer::read(request.send().await.unwrap()).await
}

impl Answer {
    pub async fn read(response: Response) -> Self {
        Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.text().await.unwrap(),
        }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The new user's id, out of a reply that holds exactly that.
    #[track_caller]
    pub fn sub(&self) -> String {
        assert_eq!(self.status, 200, "{}", self.body);
        assert_eq!(self.header("content-type"), Some("application/json"));
        let sub = self.json()["sub"].as_str().unwrap().to_owned();
        assert_eq!(self.body, format!(r#"{{"sub":"{sub}"}}"#));
        assert_eq!(sub.len(), 32);
        assert!(sub.bytes().all(|byte| byte.is_ascii_hexdigit()), "{sub}");
        sub
    }

    /// Asserts that this is exactly this error.
    #[track_caller]
    pub fn refuses(&self, status: u16, body: &str) {
        assert_eq!((self.status, self.body.as_str()), (status, body));
        assert_eq!(
            self.header("content-type"),
            Some("application/json;charset=UTF-8")
        );
    }
}
