//! The published description of the API.

use bytepower_svc::PROVIDER;
use serde_json::Value;
use signup_testkit::schema::assert_openapi_is_published;

use crate::bytepower::Bytepower;

fn document() -> Value {
    serde_json::to_value(PROVIDER.openapi.unwrap()()).unwrap()
}

/// Regenerate with `UPDATE_SCHEMAS=1 cargo test -p bytepower-svc`.
#[test]
fn the_published_description_is_the_one_of_this_code() {
    assert_openapi_is_published(&PROVIDER);
}

#[test]
fn every_header_field_reply_and_error_has_a_description_and_an_example() {
    let document = document();
    for (path, item) in document["paths"].as_object().unwrap() {
        let operation = &item["post"];
        for parameter in operation["parameters"].as_array().unwrap() {
            let name = format!("{path} {}", parameter["name"]);
            assert!(parameter["description"].is_string(), "{name}");
            assert!(parameter["example"].is_string(), "{name}");
        }
        assert!(operation["security"].is_array(), "{path}");
        for (status, response) in operation["responses"].as_object().unwrap() {
            let place = format!("{path} {status}");
            assert!(response["description"].is_string(), "{place}");
            let content = &response["content"]["application/json"];
            let is_empty = path.ends_with("code") && status == "200";
            assert_eq!(content["examples"].is_object(), !is_empty, "{place}");
        }
    }
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for name in [
        "Attribution",
        "NamePassword",
        "EmailPassword",
        "CodeBody",
        "User",
    ] {
        for (field, schema) in schemas[name]["properties"].as_object().unwrap() {
            let described = schema.to_string();
            assert!(described.contains("\"description\""), "{name}.{field}");
        }
    }
}

#[tokio::test]
async fn the_service_serves_the_description_and_a_page_made_of_it() {
    let service = Bytepower::start().await;
    let served = service.http.get(service.url("/openapi.json"));
    let served: Value = served.send().await.unwrap().json().await.unwrap();
    assert_eq!(served, document());
    let page = service.http.get(service.url("/docs")).send().await.unwrap();
    let page = page.text().await.unwrap();
    assert!(page.contains("/bp/server/user/signup"));
}
