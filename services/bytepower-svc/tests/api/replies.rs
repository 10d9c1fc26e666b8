//! The reply to a sign-up, in its editions, and what consumers learn.

use serde_json::json;

use crate::bytepower::{Bytepower, by_email, by_name, with_code};

#[tokio::test]
async fn a_field_without_a_value_is_left_out_but_the_list_of_accounts_is_not() {
    let service = Bytepower::start().await;
    let user = service.sign_up("shop", &by_name("HappyMumu")).await.user();
    assert_eq!(
        user,
        json!({"uid": user["uid"], "name": "HappyMumu", "social_accounts": []})
    );
    let user = service.sign_up("shop", &by_email("A.Nn@Example.COM")).await;
    let user = user.user();
    assert_eq!(
        user,
        json!({"uid": user["uid"], "email": "A.Nn@Example.COM", "social_accounts": []})
    );
}

#[tokio::test]
async fn every_user_has_a_uid_of_its_own() {
    let service = Bytepower::start().await;
    let ann = service.sign_up("shop", &by_name("ann")).await.user();
    let bob = service.sign_up("shop", &by_name("bob")).await.user();
    assert_ne!(ann["uid"], bob["uid"]);
    for user in [ann, bob] {
        let uid = user["uid"].as_str().unwrap();
        assert_eq!(uid.len(), 16);
        assert!(
            uid.starts_with('u') && uid[1..].parse::<u64>().is_ok(),
            "{uid}"
        );
    }
}

#[tokio::test]
async fn the_edition_of_2025_tells_whether_the_address_is_verified_and_when_the_user_came() {
    let service = Bytepower::start().await;
    let code = service.new_code("newer", "ann@example.com").await;
    let user = service
        .sign_up("newer", &with_code("ann@example.com", &code))
        .await
        .user();
    assert_eq!(
        user,
        json!({
            "uid": user["uid"],
            "social_accounts": [],
            "email": {"email_address": "ann@example.com", "verified": true},
            "create_time": service.now_millis(),
            "is_new_user": true,
        })
    );
    let user = service.sign_up("newer", &by_name("ann")).await.user();
    assert_eq!(
        user,
        json!({
            "uid": user["uid"],
            "name": "ann",
            "social_accounts": [],
            "create_time": service.now_millis(),
            "is_new_user": true,
        })
    );
}

#[tokio::test]
async fn an_event_carries_the_request_and_the_trace_it_came_from() {
    let service = Bytepower::start().await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let request = service
        .server_request(
            "/bp/server/user/signup",
            "shop",
            &by_name("ann").to_string(),
        )
        .header("x-request-id", "order-17")
        .header("traceparent", trace);
    let answer = crate::bytepower::answer(request).await;
    assert_eq!(answer.header("x-request-id"), "order-17");
    let event = service.user_created().await;
    assert_eq!(event["requestid"], "order-17");
    assert_eq!(event["traceparent"], trace);
    assert_eq!(event["subject"], answer.user()["uid"]);
}
