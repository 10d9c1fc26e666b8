//! Events exactly as consumers receive them.

#![allow(clippy::unwrap_used)]

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use signup_core::application::{Application, Directory, ProviderSettings, Rules};
use signup_core::code::{Binding, Challenge, Channel, SIGN_UP};
use signup_core::context::RequestContext;
use signup_core::event::{Event, OtpMessage, OtpRequested};
use signup_core::identifier::{EmailAddress, PhoneNumber, Username, UsernameRule};
use signup_core::keys::KeyRing;
use signup_core::time::Timestamp;
use signup_core::user::{NewUser, PasswordHash, TakenIdentifier};
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_millis(1_726_658_461_000);
const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn context() -> RequestContext {
    RequestContext {
        request_id: "request-1".into(),
        trace_parent: Some(TRACE.into()),
        client_ip: Ipv4Addr::LOCALHOST.into(),
        language: None,
        deadline: std::time::Instant::now() + Duration::from_secs(60),
    }
}

fn user() -> NewUser {
    let taken = |identifier, verified| TakenIdentifier {
        identifier,
        verified,
    };
    NewUser {
        id: Uuid::from_u128(1),
        public_id: "u12345".into(),
        provider: "acme".into(),
        directory: "people".into(),
        application: "shop".into(),
        identifiers: vec![
            taken(
                Username::parse("Bob", UsernameRule::Open).unwrap().into(),
                false,
            ),
            taken(EmailAddress::parse("Bob@Example.com").unwrap().into(), true),
            taken(
                PhoneNumber::parse_international("+86-13612345678")
                    .unwrap()
                    .into(),
                true,
            ),
        ],
        password_hash: Some(PasswordHash::new("$2b$12$secret".into())),
        profile: Map::from_iter([("platform".into(), json!("ios"))]),
        created_at: NOW,
    }
}

#[test]
fn a_new_user_is_announced_as_the_contract_says() {
    let event = Event::user_created(&user(), &context());
    let envelope: Value = serde_json::from_str(&event.envelope).unwrap();
    assert_eq!(
        envelope,
        json!({
            "specversion": "1.0",
            "id": event.id,
            "source": "/acme/people/shop",
            "type": "signup.user.created.v1",
            "subject": "u12345",
            "time": "2024-09-18T11:21:01.000Z",
            "datacontenttype": "application/json",
            "dataschema": "urn:signup:schema:user.created:v1",
            "requestid": "request-1",
            "traceparent": TRACE,
            "data": {
                "user": {
                    "id": "u12345",
                    "provider": "acme",
                    "directory": "people",
                    "application": "shop",
                },
                "identifiers": {
                    "username": {"value": "Bob", "verified": false},
                    "email": {"value": "Bob@Example.com", "verified": true},
                    "phone": {"value": "+8613612345678", "verified": true},
                },
                "profile": {"platform": "ios"},
                "created_at": "2024-09-18T11:21:01.000Z",
            },
        })
    );
    assert_eq!(event.routing_key, "user.created.acme");
    assert_eq!(event.id.get_version_num(), 7);
    assert!(!event.envelope.contains("secret"));
}

#[test]
fn a_code_request_carries_all_but_the_code() {
    let settings = ProviderSettings::new(json!({}));
    let application = Application {
        provider: "acme".into(),
        id: "shop".into(),
        directory: Arc::new(Directory {
            provider: "acme".into(),
            id: "people".into(),
            settings: settings.clone(),
        }),
        name: "The Shop".into(),
        enabled: true,
        rules: Rules::default(),
        settings,
    };
    let keys = KeyRing::parse("k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
    let challenge = Challenge {
        id: Uuid::from_u128(7),
        binding: Binding {
            provider: "acme".into(),
            application: "shop".into(),
            purpose: SIGN_UP.into(),
            channel: Channel::Sms,
            address: "+8613612345678".into(),
        },
        key_id: "k1".into(),
        digits: 6,
        created_at: NOW,
        expires_at: NOW.after(Duration::from_secs(60)),
    };
    let message = OtpMessage {
        recipient: "+8613612345678".into(),
        template: "sign-up-code".into(),
        locale: "zh-CN".into(),
    };
    let event = Event::otp_requested(&application, &challenge, &message, &context());
    assert_eq!(event.routing_key, "otp.requested.sms");
    assert_eq!(event.subject, challenge.id.to_string());
    let envelope: Value = serde_json::from_str(&event.envelope).unwrap();
    let data: OtpRequested = serde_json::from_value(envelope["data"].clone()).unwrap();
    assert_eq!(data.challenge, challenge.id);
    assert_eq!(data.key_id, "k1");
    assert_eq!(data.address, "+8613612345678");
    assert_eq!(data.mailbox, None);
    assert_eq!(data.expires_at, challenge.expires_at);
    assert_eq!(envelope["data"]["expires_at"], "2024-09-18T11:22:01.000Z");
    let code = challenge.code(&keys).unwrap();
    assert!(!event.envelope.contains(code.expose()));
}
