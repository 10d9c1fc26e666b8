//! The published description of the API.

use std::path::Path;

use serde_json::Value;
use xdua_gateway::PROVIDER;

const PUBLISHED: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../schemas/openapi/xdua-gateway.json"
);

fn document() -> Value {
    serde_json::to_value((PROVIDER.openapi)()).unwrap()
}

/// Regenerate with `UPDATE_SCHEMAS=1 cargo test -p xdua-gateway`.
#[test]
fn the_published_description_is_the_one_of_this_code() {
    let generated = serde_json::to_string_pretty(&document()).unwrap() + "\n";
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        std::fs::create_dir_all(Path::new(PUBLISHED).parent().unwrap()).unwrap();
        std::fs::write(PUBLISHED, &generated).unwrap();
    }
    let published = std::fs::read_to_string(PUBLISHED).unwrap_or_default();
    assert!(
        published == generated,
        "schemas/openapi/xdua-gateway.json is out of date; run UPDATE_SCHEMAS=1 cargo test -p xdua-gateway"
    );
}

#[test]
fn every_header_field_reply_and_error_has_a_description_and_an_example() {
    let document = document();
    for path in ["/user", "/vfc"] {
        let operation = &document["paths"][path]["post"];
        assert!(operation["security"].is_array(), "{path}");
        for parameter in operation["parameters"].as_array().unwrap() {
            let name = format!("{path} {}", parameter["name"]);
            assert!(parameter["description"].is_string(), "{name}");
            assert!(!parameter["example"].is_null(), "{name}");
        }
        for content in operation["requestBody"]["content"]
            .as_object()
            .unwrap()
            .values()
        {
            assert!(!content["example"].is_null(), "{path}");
        }
        for (status, response) in operation["responses"].as_object().unwrap() {
            let place = format!("{path} {status}");
            assert!(response["description"].is_string(), "{place}");
            assert!(
                response["headers"]["x-ca-request-id"]["example"].is_string(),
                "{place}"
            );
            let examples = response["content"]["application/json"]["examples"]
                .as_object()
                .unwrap();
            for (name, example) in examples {
                assert!(
                    example["summary"].as_str().unwrap().contains("(seed 001)")
                        || example["summary"]
                            .as_str()
                            .unwrap()
                            .contains("(our choice)")
                        || example["summary"].as_str().unwrap().contains("(vendor"),
                    "{place} {name}"
                );
            }
        }
    }
    for schema in [
        "UserFields",
        "CodeFields",
        "Success",
        "Failure",
        "Created",
        "PublicKey",
    ] {
        for (name, property) in document["components"]["schemas"][schema]["properties"]
            .as_object()
            .unwrap()
        {
            let sourced = property["description"].is_string()
                || property["oneOf"].is_array()
                || property["$ref"].is_string();
            assert!(sourced, "{schema}.{name}: {property}");
        }
    }
}
