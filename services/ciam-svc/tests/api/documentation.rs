//! The published description is the one that the code makes.

use ciam_svc::PROVIDER;
use serde_json::Value;
use signup_testkit::schema::assert_openapi_is_published;

use crate::portal::{Answer, Portal};

/// Regenerate with `UPDATE_SCHEMAS=1 cargo test -p ciam-svc`.
#[test]
fn the_published_description_is_up_to_date() {
    assert_openapi_is_published(&PROVIDER);
}

#[test]
fn every_response_and_every_member_has_an_example() {
    let document = serde_json::to_value(PROVIDER.openapi.unwrap()()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (status, response) in item["post"]["responses"].as_object().unwrap() {
            for content in response["content"].as_object().unwrap().values() {
                let has_example = content["examples"].is_object() || status == "200";
                assert!(has_example, "{path} {status}");
            }
        }
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        for (member, schema) in members(schema) {
            assert!(schema["example"].is_string(), "{name}.{member}");
        }
    }
}

/// The members of an object, or of the objects that it is made of.
fn members(schema: &Value) -> Vec<(&String, &Value)> {
    let own = schema["properties"].as_object().into_iter().flatten();
    let parts = schema["allOf"].as_array().into_iter().flatten();
    own.chain(parts.flat_map(members)).collect()
}

#[tokio::test]
async fn the_service_serves_its_description_and_a_page_for_people() {
    let portal = Portal::start().await;
    let get = async |path: &str| {
        let request = portal.0.http.get(portal.0.url(path));
        Answer::read(request.send().await.unwrap()).await
    };
    let description = get("/openapi.json").await;
    assert_eq!(
        description.json(),
        serde_json::to_value(PROVIDER.openapi.unwrap()()).unwrap()
    );
    let page = get("/docs").await;
    assert_eq!(page.status, 200);
    assert!(
        page.body
            .contains("Unconfigured sign-up attribute(s) found.")
    );
}
