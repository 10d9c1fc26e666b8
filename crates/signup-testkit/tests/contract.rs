//! The published description of events: sound by itself, in step with the code, and kept over releases.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeSet, HashSet};
use std::net::Ipv4Addr;
use std::time::Instant;

use serde_json::{Map, Value, json};
use signup_core::context::RequestContext;
use signup_core::event::{CONTENT_TYPE, Event, EventType};
use signup_core::identifier::{Identifier, Username, UsernameRule};
use signup_core::time::Timestamp;
use signup_core::user::{NewUser, TakenIdentifier};
use signup_testkit::{compatibility, contract, fixture, schema};
use uuid::Uuid;

const HOW_TO: &str = "Consumers of the released schema would break. Publish a new version of it beside the old one, \
                      with a new type of event, and leave this one as it is.";

/// An event as the code makes it, of a provider that no schema knows.
fn made_up_event() -> Event {
    let name = Username::parse("ann", UsernameRule::Open).unwrap();
    let user = NewUser {
        id: Uuid::now_v7(),
        public_id: "u1".into(),
        provider: "acme".into(),
        directory: "people".into(),
        application: "shop".into(),
        identifiers: vec![TakenIdentifier {
            identifier: Identifier::from(name),
            verified: false,
        }],
        password_hash: None,
        profile: Map::new(),
        created_at: Timestamp::from_millis(1_726_658_461_000),
    };
    let context = RequestContext {
        request_id: "order-17".into(),
        trace_parent: None,
        client_ip: Ipv4Addr::LOCALHOST.into(),
        language: None,
        deadline: Instant::now(),
    };
    Event::user_created(&user, &context)
}

#[test]
fn schemas_keep_what_they_promised_in_their_released_form() {
    let released = contract::json_files("events/released");
    assert!(released.len() > EventType::ALL.len());
    for (name, released) in released {
        let current = match name.as_str() {
            "channels.json" => continue,
            _ => contract::schemas()
                .into_iter()
                .find(|(file, _)| *file == name),
        };
        let Some((_, current)) = current else {
            panic!("schemas/events/{name} is gone. {HOW_TO}");
        };
        let breaks = compatibility::breaks(&released, &current);
        assert!(
            breaks.is_empty(),
            "schemas/events/{name}\n{}\n{HOW_TO}",
            breaks.join("\n")
        );
    }
}

#[test]
fn every_schema_has_a_released_form() {
    let released = contract::json_files("events/released");
    for (name, _) in contract::schemas() {
        assert!(
            released.iter().any(|(file, _)| *file == name),
            "schemas/events/released/{name} is missing: copy schemas/events/{name} there when it is released"
        );
    }
}

#[test]
fn exchange_routing_keys_and_bindings_stay_as_they_were_released() {
    let released = contract::json_files("events/released");
    let (_, released) = released
        .into_iter()
        .find(|(name, _)| name == "channels.json")
        .unwrap();
    let current = contract::channels(&contract::asyncapi());
    for (name, released) in released.as_object().unwrap() {
        assert_eq!(
            &current[name], released,
            "{name}: queues that are bound for it would get nothing any more"
        );
    }
}

#[test]
fn the_asyncapi_document_says_what_the_code_does() {
    let asyncapi = contract::asyncapi();
    let channels = contract::channels(&asyncapi);
    let names: BTreeSet<_> = channels
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(names, EventType::ALL.map(EventType::as_str).into());
    for event_type in EventType::ALL {
        let channel = &channels[event_type.as_str()];
        assert_eq!(channel["content_type"], CONTENT_TYPE);
        let messages = asyncapi["components"]["messages"].as_object().unwrap();
        let message = messages
            .values()
            .find(|message| message["name"] == event_type.as_str());
        let constants = &message.unwrap()["payload"]["allOf"][1]["properties"];
        assert_eq!(constants["type"]["const"], event_type.as_str());
        assert_eq!(constants["dataschema"]["const"], event_type.schema());
    }
    let event = made_up_event();
    let address = channels[event.event_type]["address"].as_str().unwrap();
    assert_eq!(event.routing_key, address.replace("{provider}", "acme"));
    let envelope: Value = serde_json::from_str(&event.envelope).unwrap();
    assert_eq!(event.routing_key, fixture::routing_key(&envelope));
}

#[test]
fn fixtures_keep_to_their_schemas_and_are_unlike_each_other() {
    let fixtures = contract::json_files("fixtures");
    let (mut ids, mut types) = (HashSet::new(), HashSet::new());
    for (name, event) in &fixtures {
        contract::assert_keeps(event);
        assert!(name.starts_with(&fixture::routing_key(event)), "{name}");
        assert!(
            ids.insert(event["id"].as_str().unwrap()),
            "{name}: its id is taken"
        );
        types.insert(event["type"].as_str().unwrap());
    }
    assert_eq!(types, EventType::ALL.map(EventType::as_str).into());
}

#[test]
fn an_event_of_a_provider_that_no_schema_knows_is_fine() {
    let event: Value = serde_json::from_str(&made_up_event().envelope).unwrap();
    contract::assert_keeps(&event);
}

#[test]
fn an_event_that_breaks_its_schema_is_found() {
    let event: Value = serde_json::from_str(&made_up_event().envelope).unwrap();
    for (pointer, value) in [
        ("/id", json!("17")),
        ("/time", json!("yesterday")),
        ("/source", json!("acme")),
        ("/dataschema", json!("urn:signup:schema:unheard-of:v1")),
        ("/data", json!([])),
        ("/data/created_at", json!(1)),
        ("/data/user/id", Value::Null),
        ("/data/identifiers", json!({})),
        ("/data/identifiers/username", json!({"value": "ann"})),
        // What nobody described.
        (
            "/data/identifiers/username",
            json!({"value": "ann", "verified": false, "hash": "$2b$"}),
        ),
        (
            "/data/user",
            json!({"id": "u1", "provider": "acme", "directory": "d", "application": "a", "age": 3}),
        ),
    ] {
        let mut broken = event.clone();
        *broken.pointer_mut(pointer).unwrap() = value.clone();
        assert!(
            !contract::faults(&broken).is_empty(),
            "{pointer} = {value} was accepted"
        );
    }
}

#[test]
fn the_samples_in_the_documentation_are_published_samples() {
    let fixtures = contract::json_files("fixtures");
    for page in ["events.md", "events.zh-CN.md"] {
        let text = std::fs::read_to_string(schema::published("../docs").join(page)).unwrap();
        let blocks = text.split("```json\n").skip(1);
        let samples: Vec<Value> = blocks
            .map(|block| serde_json::from_str(block.split("```").next().unwrap()).unwrap())
            .collect();
        assert_eq!(
            samples.len(),
            EventType::ALL.len(),
            "{page} shows one sample of each type"
        );
        for sample in samples {
            let known = fixtures.iter().any(|(_, fixture)| *fixture == sample);
            assert!(known, "{page}: no file in schemas/fixtures is {sample:#}");
        }
    }
}
