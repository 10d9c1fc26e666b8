//! What a sign-up's body may hold.

use serde_json::{Value, json};

use crate::bytepower::{Answer, Bytepower, PASSWORD, SIGN_UP, answer, by_email, by_name};

async fn send(service: &Bytepower, body: &str) -> Answer {
    answer(service.server_request(SIGN_UP, "shop", body)).await
}

/// The sign-up by name with this field beside it.
fn with(field: &str, value: Value) -> Value {
    let mut body = by_name("ann");
    body[field] = value;
    body
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused() {
    let service = Bytepower::start().await;
    for (body, message) in [
        ("", "body: is empty"),
        (" \n", "body: is empty"),
        ("{", "body: is not valid JSON at line 1, column 1"),
        ("{}x", "body: is not valid JSON at line 1, column 3"),
        ("{'a':1}", "body: is not valid JSON at line 1, column 2"),
        ("{\"a\":1,}", "body: is not valid JSON at line 1, column 8"),
        (
            "{\"a\":\n\"\\u12\"}",
            "body: is not valid JSON at line 2, column 7",
        ),
        ("[]", "body: must be a JSON object"),
        ("null", "body: must be a JSON object"),
        ("\"text\"", "body: must be a JSON object"),
        ("17", "body: must be a JSON object"),
    ] {
        send(&service, body).await.is_invalid(message);
    }
    let request = service.server_request(SIGN_UP, "shop", "");
    let not_utf8 = answer(request.body(b"{\"a\":\"\xff\"}".to_vec())).await;
    assert_eq!(not_utf8.status, 400, "{not_utf8:?}");
    assert_eq!(not_utf8.json()["error"]["error_type"], "invalid_parameter");
}

#[tokio::test]
async fn what_nobody_asks_for_may_hold_any_json() {
    let service = Bytepower::start().await;
    let digits = "9".repeat(400);
    let objects = format!("{}1{}", "{\"a\":".repeat(5000), "}".repeat(5000));
    let arrays = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let odd = ["1e999", &digits, "\"\\ud800\"", &objects, &arrays];
    for (number, value) in odd.into_iter().enumerate() {
        let body = format!(
            "{{\"zz\":{value},\"name_password\":{{\"zz\":{value},\"name\":\"n{number}\",\"password\":\"{PASSWORD}\"}}}}"
        );
        send(&service, &body).await.user();
    }
}

#[tokio::test]
async fn odd_json_in_a_field_is_that_fields_fault() {
    let service = Bytepower::start().await;
    let form = by_name("ann")["name_password"].to_string();
    let digits = "9".repeat(400);
    let objects = format!("{}1{}", "{\"a\":".repeat(5000), "}".repeat(5000));
    for (value, problem) in [
        ("1e999", "must be a string"),
        (&digits, "must be a string"),
        (&objects, "must be a string"),
        ("\"\\ud800\"", "must be valid Unicode"),
    ] {
        let body = format!("{{\"name_password\":{form},\"imei\":{value}}}");
        let message = format!("imei: {problem}");
        send(&service, &body).await.is_invalid(&message);
    }
}

#[tokio::test]
async fn a_sign_up_takes_exactly_one_of_the_two_forms() {
    let service = Bytepower::start().await;
    let neither = "name_password: this or email_password is required";
    for body in [
        json!({}),
        json!({"name_password": null}),
        json!({"name": "ann"}),
    ] {
        send(&service, &body.to_string()).await.is_invalid(neither);
    }
    let mut both = by_name("ann");
    both["email_password"] = by_email("ann@example.com")["email_password"].clone();
    let message = "email_password: must not be sent together with name_password";
    send(&service, &both.to_string()).await.is_invalid(message);
    both["email_password"] = Value::Null;
    send(&service, &both.to_string()).await.user();
}

#[tokio::test]
async fn a_form_must_be_complete() {
    let service = Bytepower::start().await;
    for (body, message) in [
        (
            json!({"name_password": {}}),
            "name_password.name: is required",
        ),
        (
            json!({"name_password": {"password": PASSWORD}}),
            "name_password.name: is required",
        ),
        (
            json!({"name_password": {"name": "ann"}}),
            "name_password.password: is required",
        ),
        (
            json!({"name_password": {"name": "ann", "password": null}}),
            "name_password.password: is required",
        ),
        (
            json!({"email_password": {"password": PASSWORD}}),
            "email_password.email: is required",
        ),
        (
            json!({"email_password": {"email": "a@example.com"}}),
            "email_password.password: is required",
        ),
    ] {
        send(&service, &body.to_string()).await.is_invalid(message);
    }
}

#[tokio::test]
async fn a_field_of_another_type_is_refused_by_name_and_not_quoted() {
    let service = Bytepower::start().await;
    for (body, message) in [
        (
            json!({"name_password": "ann"}),
            "name_password: must be an object",
        ),
        (
            json!({"name_password": []}),
            "name_password: must be an object",
        ),
        (
            json!({"email_password": 1}),
            "email_password: must be an object",
        ),
        (
            json!({"name_password": {"name": 17, "password": PASSWORD}}),
            "name_password.name: must be a string",
        ),
        (
            json!({"name_password": {"name": "ann", "password": 123_456}}),
            "name_password.password: must be a string",
        ),
        (
            json!({"email_password": {"email": {}, "password": PASSWORD}}),
            "email_password.email: must be a string",
        ),
        (
            json!({"email_password": {"email": "a@example.com", "password": PASSWORD, "platform": true}}),
            "email_password.platform: must be a string",
        ),
    ] {
        send(&service, &body.to_string()).await.is_invalid(message);
    }
}

#[tokio::test]
async fn a_code_is_looked_at_only_where_sign_ups_are_verified() {
    let service = Bytepower::start().await;
    let mut body = by_email("ann@example.com");
    for code in [json!(123_456), json!({}), json!([1])] {
        body["email_password"]["verify_code"] = code;
        let message = "email_password.verify_code: must be a string";
        let refused = service.sign_up("verified", &body).await;
        refused.is_invalid(message);
    }
    service.sign_up("shop", &body).await.user();
}

const ATTRIBUTES: [&str; 15] = [
    "segment_id",
    "custom_config_id",
    "login_device_id",
    "simple_cuid",
    "cuid_v2",
    "imei",
    "oaid",
    "cuid",
    "platform",
    "idfa",
    "idfv",
    "gaid",
    "appsflyer_id",
    "app_instance_id",
    "uuid",
];

#[tokio::test]
async fn attribution_fields_are_texts() {
    let service = Bytepower::start().await;
    for field in ATTRIBUTES {
        for value in [json!(1), json!(false), json!(["x"]), json!({}), json!(1.5)] {
            let body = with(field, value).to_string();
            let message = format!("{field}: must be a string");
            send(&service, &body).await.is_invalid(&message);
        }
    }
}

#[tokio::test]
async fn attribution_fields_have_at_most_1024_characters_and_no_control_characters() {
    let service = Bytepower::start().await;
    for field in ATTRIBUTES.into_iter().filter(|field| *field != "platform") {
        let body = with(field, json!("木".repeat(1025))).to_string();
        let message = format!("{field}: must be at most 1024 characters long");
        send(&service, &body).await.is_invalid(&message);
        let body = with(field, json!("a\u{7}")).to_string();
        let message = format!("{field}: must not contain control characters");
        send(&service, &body).await.is_invalid(&message);
    }
    let longest = "木".repeat(1024);
    let body = with("cuid", json!(longest)).to_string();
    assert_eq!(send(&service, &body).await.user()["cuid"], longest);
}

#[tokio::test]
async fn platforms_are_ios_android_and_website() {
    let service = Bytepower::start().await;
    for platform in ["iOS", "windows", "", "ios "] {
        let body = with("platform", json!(platform)).to_string();
        let message = "platform: must be ios, android or website";
        send(&service, &body).await.is_invalid(message);
        let mut body = by_email("ann@example.com");
        body["email_password"]["platform"] = json!(platform);
        let message = "email_password.platform: must be ios, android or website";
        send(&service, &body.to_string()).await.is_invalid(message);
    }
    for platform in ["ios", "android", "website"] {
        let mut body = by_name(platform);
        body["platform"] = json!(platform);
        send(&service, &body.to_string()).await.user();
    }
}

#[tokio::test]
async fn null_counts_as_left_out_and_unknown_fields_are_ignored() {
    let service = Bytepower::start().await;
    let body = json!({
        "name_password": {"name": "ann", "password": PASSWORD, "nickname": 7},
        "email_password": null,
        "cuid": null,
        "platform": null,
        "unknown": {"deep": [1, 2, {"x": null}]},
    });
    let user = send(&service, &body.to_string()).await.user();
    assert!(user.get("cuid").is_none(), "{user}");
    assert_eq!(service.user_created().await["data"]["profile"], json!({}));
}

#[tokio::test]
async fn a_field_that_occurs_twice_is_refused() {
    let service = Bytepower::start().await;
    let form = by_name("ann")["name_password"].to_string();
    for (body, message) in [
        (
            format!("{{\"name_password\":{form},\"name_password\":{form}}}"),
            "name_password: must not occur twice",
        ),
        (
            format!("{{\"name_password\":{form},\"name_password\":null}}"),
            "name_password: must not occur twice",
        ),
        (
            format!(
                "{{\"name_password\":{{\"name\":\"ann\",\"name\":\"bob\",\"password\":\"{PASSWORD}\"}}}}"
            ),
            "name_password.name: must not occur twice",
        ),
        (
            format!("{{\"name_password\":{form},\"cuid\":\"a\",\"cuid\":\"a\"}}"),
            "cuid: must not occur twice",
        ),
    ] {
        send(&service, &body).await.is_invalid(message);
    }
    let body = format!("{{\"name_password\":{form},\"unknown\":1,\"unknown\":2}}");
    send(&service, &body).await.user();
}

#[tokio::test]
async fn a_name_has_1_to_64_visible_characters() {
    let service = Bytepower::start().await;
    let blank = "name_password.name: must not contain white space";
    let control = "name_password.name: must not contain control or invisible characters";
    for (name, message) in [
        (String::new(), "name_password.name: must not be empty"),
        (
            "木".repeat(65),
            "name_password.name: must be at most 64 characters long",
        ),
        ("a b".to_owned(), blank),
        ("\u{3000}".to_owned(), blank),
        ("a\0".to_owned(), control),
        ("a\u{200b}".to_owned(), control),
    ] {
        let body = by_name(&name).to_string();
        send(&service, &body).await.is_invalid(message);
    }
    for name in ["x".to_owned(), "木".repeat(64), "Ｈａｐｐｙ😀".to_owned()] {
        let body = by_name(&name).to_string();
        assert_eq!(send(&service, &body).await.user()["name"], name);
    }
}

#[tokio::test]
async fn an_email_address_must_be_one() {
    let service = Bytepower::start().await;
    for (email, problem) in [
        (String::new(), "must not be empty"),
        (
            "ann".to_owned(),
            "is not an e-mail address of the form name@domain",
        ),
        (
            "ann@localhost".to_owned(),
            "the part after the @ is not a complete domain name",
        ),
        (
            format!("{}@example.com", "x".repeat(65)),
            "the part before the @ must be at most 64 bytes long",
        ),
        (
            format!("ann@{}.com", "x.".repeat(130)),
            "an e-mail address must be at most 254 bytes long",
        ),
        (
            "a nn@example.com".to_owned(),
            "must not contain white space",
        ),
    ] {
        let body = by_email(&email).to_string();
        let message = format!("email_password.email: {problem}");
        send(&service, &body).await.is_invalid(&message);
    }
}
