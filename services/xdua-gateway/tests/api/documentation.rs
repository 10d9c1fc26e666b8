//! The published description of the API.

use serde_json::Value;
use signup_testkit::schema::assert_openapi_is_published;
use xdua_gateway::PROVIDER;

fn document() -> Value {
    serde_json::to_value(PROVIDER.openapi.unwrap()()).unwrap()
}

/// Regenerate with `UPDATE_SCHEMAS=1 cargo test -p xdua-gateway`.
#[test]
fn the_published_description_is_the_one_of_this_code() {
    assert_openapi_is_published(&PROVIDER);
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
