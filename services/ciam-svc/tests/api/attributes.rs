//! Ordinary attributes, built in and the tenant's own.

use serde_json::{Value, json};

use crate::portal::Portal;

async fn with(portal: &Portal, username: &str, id: &str, value: &Value) -> crate::portal::Answer {
    let body = json!({"username": username, id: value});
    portal.sign_up("names", &body).await
}

#[tokio::test]
async fn good_values_are_kept_as_they_were_sent() {
    let portal = Portal::start().await;
    let longest = "木".repeat(1_024);
    let good = [
        ("name", json!(" 王 小明 ")),
        ("nickname", json!(longest)),
        ("nickname", json!("")),
        ("zoneinfo", json!("Asia/Shanghai")),
        ("zoneinfo", json!("Europe/Paris")),
        ("locale", json!("zh-CN")),
        ("locale", json!("en-US")),
        ("badge", json!("AB1234")),
        ("motto", json!("任意文字")),
        ("age", json!(36)),
        ("age", json!(-1.5)),
        ("subscribed", json!(false)),
        ("birthday", json!("2024-02-29")),
        ("level", json!("银卡")),
    ];
    for (number, (id, value)) in good.iter().enumerate() {
        let answer = with(&portal, &format!("u{number}"), id, value).await;
        answer.sub();
        let event = &portal.0.events_of("signup.user.created.v1").await[0];
        assert_eq!(event["data"]["profile"][id], *value, "{id}");
    }
}

#[tokio::test]
async fn a_value_of_the_wrong_type_or_form_is_illegal() {
    let portal = Portal::start().await;
    let too_long = "x".repeat(1_025);
    for (id, value) in [
        ("name", json!("two\nlines")),
        ("name", json!("nul\0")),
        ("name", json!(["Ann"])),
        ("nickname", json!(too_long)),
        ("nickname", json!(1)),
        ("zoneinfo", json!("Asia/Atlantis")),
        ("zoneinfo", json!("")),
        ("zoneinfo", json!(8)),
        ("locale", json!("zh_CN")),
        ("locale", json!(true)),
        ("motto", json!(1)),
        ("motto", json!("tab\t")),
        ("age", json!("36")),
        ("subscribed", json!("true")),
        ("subscribed", json!(0)),
        ("birthday", json!("2023-02-29")),
        ("birthday", json!("20240229")),
        ("birthday", json!(20240229)),
        ("level", json!("GOLD")),
        ("level", json!({})),
    ] {
        let expected = format!(
            r#"{{"error":"illegal_parameter_value","error_description":"Illegal value of attribute {id}."}}"#
        );
        with(&portal, "ann", id, &value)
            .await
            .refuses(400, &expected);
    }
    assert_eq!(portal.0.user_count().await, 0);
}

#[tokio::test]
async fn the_operators_own_words_explain_a_value_that_breaks_the_pattern() {
    let portal = Portal::start().await;
    for value in [
        json!("ab1234"),
        json!("AB12345"),
        json!("xAB1234"),
        json!(1),
    ] {
        with(&portal, "ann", "badge", &value).await.refuses(
            400,
            r#"{"error":"illegal_parameter_value","error_description":"工号格式不正确"}"#,
        );
    }
}
