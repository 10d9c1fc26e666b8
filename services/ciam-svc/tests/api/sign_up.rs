//! `/signup`: what signs up, what is refused with which words, and in which order faults are found.

use serde_json::{Value, json};
use signup_core::code::Channel::{Email, Sms};

use crate::portal::{EMAIL, PHONE, Portal, merged, without};

const MISSING: &str =
    r#"{"error":"invalid_request","error_description":"Missing required sign-up attribute(s)."}"#;
const UNCONFIGURED: &str =
    r#"{"error":"invalid_request","error_description":"Unconfigured sign-up attribute(s) found."}"#;
const UNKNOWN: &str =
    r#"{"error":"invalid_request","error_description":"Unknown attribute(s) found."}"#;
const FLOW_OFF: &str = r#"{"error":"misconfigured","error_description":"Sign up flow of the application is not enabled."}"#;
const NO_PASSWORD_SOURCE: &str = r#"{"error":"misconfigured","error_description":"No password auth source is associated with the application."}"#;
const NOT_AN_OBJECT: &str =
    r#"{"error":"invalid_request","error_description":"The request body must be a JSON object."}"#;

/// A good request for the application `all`.
async fn everything(portal: &Portal) -> Value {
    merged([
        json!({"username": "ann", "nickname": "Ann", "password": "correct horse"}),
        portal.proof("all", Sms, PHONE).await,
        portal.proof("all", Email, EMAIL).await,
    ])
}

#[tokio::test]
async fn a_user_name_alone_signs_up() {
    let portal = Portal::start().await;
    let answer = portal.sign_up("names", &json!({"username": "ann"})).await;
    answer.sub();
    assert_eq!(portal.0.user_count().await, 1);
}

#[tokio::test]
async fn a_user_with_everything_is_announced_with_everything_but_secrets() {
    let portal = Portal::start().await;
    let sub = portal
        .sign_up("all", &everything(&portal).await)
        .await
        .sub();
    let events = portal.0.events_of("signup.user.created.v1").await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["subject"], sub);
    assert_eq!(events[0]["source"], "/ciam/tenant/all");
    let data = &events[0]["data"];
    assert_eq!(
        data["identifiers"],
        json!({
            "username": {"value": "ann", "verified": false},
            "phone": {"value": "+8613612345678", "verified": true},
            "email": {"value": EMAIL, "verified": true},
        })
    );
    assert_eq!(
        data["profile"],
        json!({"nickname": "Ann", "user_group": "default"})
    );
    assert!(!events[0].to_string().contains("correct horse"));
}

#[tokio::test]
async fn users_join_the_flows_group_and_cannot_choose_one() {
    let portal = Portal::start().await;
    let chosen = json!({"username": "ann", "user_group": "admins"});
    portal.sign_up("names", &chosen).await.refuses(400, UNKNOWN);
    portal
        .sign_up("names", &json!({"username": "ann"}))
        .await
        .sub();
    let event = &portal.0.events_of("signup.user.created.v1").await[0];
    assert_eq!(event["data"]["profile"], json!({"user_group": "staff"}));
}

#[tokio::test]
async fn nobody_signs_up_while_the_flow_is_off() {
    let portal = Portal::start().await;
    let answer = portal
        .sign_up("flow-off", &json!({"username": "ann"}))
        .await;
    answer.refuses(400, FLOW_OFF);
    // Found before the body is looked at.
    portal
        .sign_up("flow-off", &json!([]))
        .await
        .refuses(400, FLOW_OFF);
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused() {
    let portal = Portal::start().await;
    let deep = format!(
        r#"{{"username":{}1{}}}"#,
        "[".repeat(5_000),
        "]".repeat(5_000)
    );
    for body in ["null", "[]", r#"["ann"]"#, r#""ann""#] {
        let request = portal.request("names", "/signup").body(body);
        crate::portal::send(request)
            .await
            .refuses(400, NOT_AN_OBJECT);
    }
    let unreadable: [(&[u8], &str); 9] = [
        (b"", "is empty"),
        (b"{", "is not valid JSON at line 1, column 1"),
        (b"\xef\xbb\xbf{}", "is not valid JSON at line 1, column 1"),
        (br#"{"username":"ann"}x"#, "is not valid JSON at line"),
        (
            br#"{"username":"ann","username":"bob"}"#,
            "must not have username twice",
        ),
        (br#"{"username":1e999}"#, "has a text that is not valid"),
        (br#"{"username":"\ud800"}"#, "has a text that is not valid"),
        (b"{\"username\":\"\xff\"}", "has a text that is not valid"),
        (deep.as_bytes(), "has a text that is not valid"),
    ];
    for (body, problem) in unreadable {
        let request = portal.request("names", "/signup").body(body.to_vec());
        let answer = crate::portal::send(request).await;
        let refusal = format!(
            r#"{{"error":"invalid_request","error_description":"The request body {problem}"#
        );
        assert!(answer.body.starts_with(&refusal), "{}", answer.body);
        assert_eq!(answer.status, 400);
    }
}

#[tokio::test]
async fn an_attribute_that_nobody_declared_is_unknown() {
    let portal = Portal::start().await;
    let body = json!({"username": "ann", "shoe_size": 38});
    portal.sign_up("names", &body).await.refuses(400, UNKNOWN);
}

#[tokio::test]
async fn an_attribute_outside_the_flow_is_unconfigured() {
    let portal = Portal::start().await;
    for (name, value) in [
        ("phone_number", PHONE),
        ("phone_number_otp_token", "token"),
        ("phone_number_otp", "123456"),
        ("email", EMAIL),
        ("email_otp_token", "token"),
        ("email_otp", "123456"),
        ("unused", "declared for the tenant"),
    ] {
        let body = json!({"username": "ann", name: value});
        let answer = portal.sign_up("names", &body).await;
        answer.refuses(400, UNCONFIGURED);
    }
    let phones = json!({"phone_number": PHONE, "username": "ann"});
    portal
        .sign_up("phones", &phones)
        .await
        .refuses(400, UNCONFIGURED);
    let phones = json!({"phone_number": PHONE, "nickname": "Ann"});
    portal
        .sign_up("phones", &phones)
        .await
        .refuses(400, UNCONFIGURED);
}

#[tokio::test]
async fn every_required_attribute_must_be_there() {
    let portal = Portal::start().await;
    let good = everything(&portal).await;
    for name in ["username", "phone_number", "email", "nickname"] {
        let body = without(good.clone(), name);
        portal.sign_up("all", &body).await.refuses(400, MISSING);
        let mut body = good.clone();
        body[name] = Value::Null;
        portal.sign_up("all", &body).await.refuses(400, MISSING);
    }
    let mut empty = good.clone();
    empty["nickname"] = json!("");
    portal.sign_up("all", &empty).await.refuses(400, MISSING);
    portal.sign_up("all", &good).await.sub();
}

#[tokio::test]
async fn a_member_that_is_null_counts_as_left_out() {
    let portal = Portal::start().await;
    let body = json!({
        "username": "ann", "password": null, "email": null, "email_otp": null, "nickname": null, "shoe_size": null,
    });
    portal.sign_up("names", &body).await.sub();
}

#[tokio::test]
async fn a_user_name_keeps_to_the_documents_rule() {
    let portal = Portal::start().await;
    let longest = "a".repeat(32);
    for name in ["a", "A1_", &longest] {
        portal
            .sign_up("names", &json!({"username": name}))
            .await
            .sub();
    }
    let too_long = "b".repeat(33);
    for name in [
        "", "1ann", "_ann", "a-b", "a b", "änn", "安", "ann\n", "ａnn", &too_long,
    ] {
        let answer = portal.sign_up("names", &json!({"username": name})).await;
        answer.refuses(400, r#"{"error":"invalid_username"}"#);
    }
}

#[tokio::test]
async fn a_phone_number_has_11_digits_of_a_mainland_carrier() {
    let portal = Portal::start().await;
    for number in [
        "",
        "1361234567",
        "136123456789",
        "+8613612345678",
        "12345678901",
        "19212345678",
        "１3612345678",
    ] {
        let answer = portal
            .sign_up("phones", &json!({"phone_number": number}))
            .await;
        answer.refuses(400, r#"{"error":"malformed_phone_number"}"#);
    }
}

#[tokio::test]
async fn number_segments_are_the_tenants_own_data() {
    let portal = Portal::start().await;
    let refused = portal
        .sign_up("foreign", &json!({"phone_number": PHONE}))
        .await;
    refused.refuses(400, r#"{"error":"malformed_phone_number"}"#);
    let body = portal.proof("foreign", Sms, "13812345678").await;
    portal.sign_up("foreign", &body).await.sub();
}

#[tokio::test]
async fn an_email_address_must_be_one() {
    let portal = Portal::start().await;
    let too_long = format!("{}@example.com", "a".repeat(243));
    for address in [
        "",
        "ann",
        "ann@",
        "@example.com",
        "a b@example.com",
        "Ann <ann@example.com>",
        &too_long,
    ] {
        let answer = portal.sign_up("emails", &json!({"email": address})).await;
        answer.refuses(400, r#"{"error":"malformed_email"}"#);
    }
}

#[tokio::test]
async fn a_member_of_the_wrong_type_is_illegal() {
    let portal = Portal::start().await;
    let good = everything(&portal).await;
    for name in [
        "username",
        "phone_number",
        "phone_number_otp_token",
        "phone_number_otp",
        "email",
        "email_otp_token",
        "email_otp",
        "nickname",
        "password",
    ] {
        for value in [json!(1), json!(true), json!(["x"]), json!({"x": 1})] {
            let mut body = good.clone();
            body[name] = value;
            let expected = format!(
                r#"{{"error":"illegal_parameter_value","error_description":"Illegal value of attribute {name}."}}"#
            );
            portal.sign_up("all", &body).await.refuses(400, &expected);
        }
    }
    portal.sign_up("all", &good).await.sub();
}

#[tokio::test]
async fn a_password_needs_a_password_source() {
    let portal = Portal::start().await;
    let body = merged([
        portal.proof("phones", Sms, PHONE).await,
        json!({"password": "correct horse"}),
    ]);
    portal
        .sign_up("phones", &body)
        .await
        .refuses(400, NO_PASSWORD_SOURCE);
    let body = without(body, "password");
    portal.sign_up("phones", &body).await.sub();
}

#[tokio::test]
async fn identifiers_are_taken_for_the_whole_tenant_in_every_spelling() {
    let portal = Portal::start().await;
    portal
        .sign_up("all", &everything(&portal).await)
        .await
        .sub();
    for name in ["ann", "ANN", "Ann"] {
        let answer = portal.sign_up("names", &json!({"username": name})).await;
        answer.refuses(400, r#"{"error":"duplicate_username"}"#);
    }
    // Another tenant knows nothing of it, and its users take nothing away.
    let elsewhere = portal.proof("foreign", Sms, "13812345678").await;
    portal.sign_up("foreign", &elsewhere).await.sub();
    let here = portal.proof("phones", Sms, "13812345678").await;
    portal.sign_up("phones", &here).await.sub();
}

#[tokio::test]
async fn an_owner_learns_that_the_address_is_taken() {
    let portal = Portal::start().await;
    // Both ask for codes while nobody is registered.
    let phone_first = portal.proof("phones", Sms, PHONE).await;
    portal.wait_for_next_code();
    let phone_second = portal.proof("discreet", Sms, PHONE).await;
    let email_second = portal.proof("discreet", Email, EMAIL).await;
    portal.sign_up("phones", &phone_first).await.sub();
    let body = merged([phone_second, email_second]);
    let answer = portal.sign_up("discreet", &body).await;
    // The e-mail code of this application is good for a second only, by the clock that stands still.
    answer.refuses(400, r#"{"error":"duplicate_phone_number"}"#);

    portal.wait_for_next_code();
    let email_first = portal.proof("emails", Email, EMAIL).await;
    portal.wait_for_next_code();
    let other_phone = portal.proof("all", Sms, "13700000000").await;
    let email_other = portal.proof("all", Email, "Ann@Example.COM").await;
    portal.sign_up("emails", &email_first).await.sub();
    let body = merged([
        json!({"username": "ann", "nickname": "A"}),
        other_phone,
        email_other,
    ]);
    let answer = portal.sign_up("all", &body).await;
    answer.refuses(400, r#"{"error":"duplicate_email"}"#);
}
