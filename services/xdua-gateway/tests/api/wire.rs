//! Where fields stand, and how they are written.

use serde_json::json;

use crate::gateway::{Gateway, PWD, answer, at_will, sign_up, with, without};

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn the_bodys_field_counts_but_the_querys_action() {
    let gateway = Gateway::start().await;
    let token = gateway.app_token("MultApp1");
    let form = with(
        &at_will("+86-15810419011"),
        &[("action", "adduser"), ("name", "body")],
    );
    let request = gateway
        .post_as(&token, "/user")
        .query(&[("action", "signup"), ("name", "query"), ("sex", "F")])
        .form(&form);
    answer(request).await.id();
    let user = gateway.newest_user().await;
    assert_eq!(user["profile"]["name"], "body");
    assert_eq!(user["profile"]["sex"], "F");
}

#[tokio::test]
async fn an_empty_text_means_not_given() {
    let gateway = Gateway::start().await;
    let token = gateway.app_token("MultApp1");
    let optional = [
        "vfcode", "role", "tel", "mail", "name", "sex", "bday", "avatar", "extra",
    ];
    let empty: Vec<_> = optional.iter().map(|name| (*name, "")).collect();
    let fields = with(&at_will("+86-15810419011"), &empty);
    gateway.user_as(&token, &fields).await.id();
    assert_eq!(
        gateway.newest_user().await["profile"],
        json!({"role": "none", "tabx": "DefaultX", "tel": "+86-15810419011", "name": "OptShop1/+86-15810419011"})
    );
    let request = gateway
        .post_as(&token, "/user")
        .query(&at_will("+86-15810419012"))
        .json(&json!({"ustr": "", "name": null, "shop": ""}));
    answer(request).await.id();
}

#[tokio::test]
async fn a_lost_plus_sign_and_a_missing_country_code_are_put_back() {
    let gateway = Gateway::start().await;
    let token = gateway.app_token("MultApp1");
    for (ustr, number) in [
        ("+86-15810419011", "+8615810419011"),
        ("%2B86-15810419012", "+8615810419012"),
        ("15810419013", "+8615810419013"),
        ("+85261234567", "+85261234567"),
    ] {
        let rest: String = without(&at_will(""), &["ustr"])
            .iter()
            .map(|(name, value)| format!("&{name}={value}"))
            .collect();
        let request = gateway.post_as(&token, &format!("/user?ustr={ustr}{rest}"));
        answer(request).await.id();
        let user = gateway.newest_user().await;
        assert_eq!(user["identifiers"]["phone"]["value"], number, "{ustr}");
    }
}

#[tokio::test]
async fn numbers_in_json_are_their_digits_and_unknown_fields_are_ignored() {
    let gateway = Gateway::start().await;
    let body = json!({
        "action": "signup", "by": "tel", "ustr": 15_810_419_011_u64, "pwd": PWD, "ugrp": "OptShop1",
        "tabx": "DefaultX", "bday": 19_860_823, "incode": "INVITE", "whatever": {"a": [1]}, "extra": "{\"a\":1}",
    });
    answer(
        gateway
            .post_as(&gateway.app_token("MultApp1"), "/user")
            .json(&body),
    )
    .await
    .id();
    let profile = gateway.newest_user().await["profile"].clone();
    assert_eq!(profile["bday"], "19860823");
    assert_eq!(profile["extra"], json!({"a": 1}));
    assert_eq!(profile.get("incode"), None);
}

#[tokio::test]
async fn the_last_of_two_fields_in_one_place_counts() {
    let gateway = Gateway::start().await;
    let mut fields = at_will("+86-15810419011");
    fields.extend([("sex", "F"), ("sex", "M")]);
    gateway
        .user_as(&gateway.app_token("MultApp1"), &fields)
        .await
        .id();
    assert_eq!(gateway.newest_user().await["profile"]["sex"], "M");
}

#[tokio::test]
async fn a_body_is_a_form_or_json_in_utf_8() {
    let gateway = Gateway::start().await;
    for content_type in [
        FORM,
        "application/x-www-form-urlencoded;charset=UTF-8",
        "APPLICATION/X-WWW-FORM-URLENCODED; charset=\"utf-8\"",
        "application/json",
        "application/json; charset=utf-8; version=1",
    ] {
        let body = if content_type.contains("json") {
            "{\"action\":\"x\"}"
        } else {
            "action=x"
        };
        let request = gateway
            .post("/user")
            .header("content-type", content_type)
            .body(body);
        let reply = answer(request).await;
        reply.fails("invalid_parameter", "参数 shop 不能为空");
    }
    let reason = "请求体必须是 UTF-8 的 application/x-www-form-urlencoded 或 application/json";
    for content_type in [
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/json; charset=gbk",
        "",
        "\u{fe}",
    ] {
        let request = gateway
            .post("/user")
            .header("content-type", content_type.as_bytes())
            .body("action=x");
        answer(request)
            .await
            .refused(415, "unsupported_media_type", reason);
    }
    answer(gateway.post("/vfc").body("vfaddr=x")).await.refused(
        415,
        "unsupported_media_type",
        reason,
    );
}

#[tokio::test]
async fn an_empty_body_needs_no_content_type_and_may_have_any() {
    let gateway = Gateway::start().await;
    let reason = "参数 shop 不能为空";
    answer(gateway.post("/user"))
        .await
        .fails("invalid_parameter", reason);
    let request = gateway.post("/user").header("content-type", "text/plain");
    answer(request).await.fails("invalid_parameter", reason);
}

#[tokio::test]
async fn json_that_cannot_be_read_is_a_wrong_parameter() {
    let gateway = Gateway::start().await;
    let deep = "{\"a\":".repeat(20_000) + "1" + &"}".repeat(20_000);
    for body in [
        "{",
        "[]",
        "\"text\"",
        "1",
        "null",
        " ",
        "{} x",
        "\u{feff}{}",
        deep.as_str(),
    ] {
        for path in ["/user", "/vfc"] {
            let request = gateway
                .post(path)
                .header("content-type", "application/json");
            let reply = answer(request.body(body.to_owned())).await;
            if deep.len() > 65_536 && body == deep {
                reply.is_code("payload_too_large");
            } else {
                reply.fails("invalid_parameter", "请求体无法解析");
            }
        }
    }
    let request = gateway
        .post("/user")
        .header("content-type", "application/json");
    let deep = "[".repeat(60_000);
    answer(request.body(deep))
        .await
        .fails("invalid_parameter", "请求体无法解析");
    let request = gateway
        .post("/user")
        .header("content-type", "application/json");
    answer(request.body(vec![b'{', 0xff, b'}']))
        .await
        .fails("invalid_parameter", "请求体无法解析");
}

#[tokio::test]
async fn another_major_version_is_refused() {
    let gateway = Gateway::start().await;
    for (version, is_known) in [
        ("1.0.0", true),
        ("1", true),
        ("1.7", true),
        ("", true),
        ("2.0.0", false),
        ("10.0", false),
        ("1.0.0.0", false),
        ("1.x", false),
        ("v1", false),
        ("1.", false),
    ] {
        let reply = answer(gateway.post("/user").header("apiv", version)).await;
        let reason = if is_known {
            "参数 shop 不能为空"
        } else {
            "参数 apiv 不支持该版本，当前版本为 1.0.0"
        };
        reply.fails("invalid_parameter", reason);
    }
}

#[tokio::test]
async fn reasons_are_english_for_those_who_ask() {
    let gateway = Gateway::start().await;
    for (language, reason) in [
        ("en", "shop must not be empty"),
        ("en-GB,zh;q=0.5", "shop must not be empty"),
        ("zh-CN,en;q=0.5", "参数 shop 不能为空"),
        ("fr", "参数 shop 不能为空"),
    ] {
        let reply = answer(gateway.post("/user").header("accept-language", language)).await;
        reply.fails("invalid_parameter", reason);
    }
}

#[tokio::test]
async fn the_request_id_is_the_callers_where_it_is_a_uuid() {
    let gateway = Gateway::start().await;
    let id = "9cdc73ee-2304-40b4-b419-4864204f92e8";
    let reply = answer(gateway.post("/user").header("x-request-id", id)).await;
    assert_eq!(reply.body["apid"], "9CDC73EE-2304-40B4-B419-4864204F92E8");
    assert_eq!(reply.header("x-request-id"), Some(id));
}

#[tokio::test]
async fn a_body_has_at_most_65_536_bytes() {
    let gateway = Gateway::start().await;
    for (bytes, fits) in [(65_536, true), (65_537, false)] {
        let body = format!("name={}", "x".repeat(bytes - 5));
        let request = gateway
            .post("/user")
            .header("content-type", FORM)
            .body(body);
        let reply = answer(request).await;
        if fits {
            reply.fails("invalid_parameter", "参数 shop 不能为空");
        } else {
            reply.refused(413, "payload_too_large", "请求体过大");
        }
    }
}

#[tokio::test]
async fn unknown_routes_and_methods_are_refused() {
    let gateway = Gateway::start().await;
    for path in ["/", "/users", "/user/", "/user/x"] {
        answer(gateway.post(path))
            .await
            .refused(404, "not_found", "接口不存在");
    }
    for path in ["/user", "/vfc"] {
        for method in [
            reqwest::Method::GET,
            reqwest::Method::PUT,
            reqwest::Method::DELETE,
        ] {
            let reply = answer(gateway.request(method, path)).await;
            reply.refused(405, "method_not_allowed", "不支持该请求方法");
            assert_eq!(reply.header("allow"), Some("POST, OPTIONS"));
        }
    }
}

#[tokio::test]
async fn a_text_field_that_is_an_object_is_refused() {
    let gateway = Gateway::start().await;
    for value in [json!({}), json!([]), json!(true)] {
        let fields = without(&sign_up("+86-15810419011"), &["ustr"]);
        let request = gateway
            .post("/user")
            .query(&fields)
            .json(&json!({"ustr": value}));
        answer(request)
            .await
            .fails("invalid_parameter", "参数 ustr 必须是字符串");
    }
}

#[tokio::test]
async fn a_field_that_is_not_utf_8_is_refused_by_name() {
    let gateway = Gateway::start().await;
    let fields = at_will("+86-15810419011");
    let form = |more: &str| {
        let pairs = fields
            .iter()
            .map(|(name, value)| format!("{name}={}&", value.replace('+', "%2B")));
        pairs.collect::<String>() + more
    };
    let token = gateway.app_token("MultApp1");
    let post = |path: &str, body: String| {
        let request = gateway.post_as(&token, path);
        answer(request.header("content-type", FORM).body(body))
    };
    for field in ["name", "avatar", "extra", "vfcode", "pwd"] {
        let reason = format!("参数 {field} 必须使用 UTF-8 编码");
        let broken = format!("{field}=a%ff%fe");
        let reply = post("/user", form(&broken)).await;
        reply.fails("invalid_parameter", &reason);
        let in_query = gateway.post_as(&token, &format!("/user?{}", form(&broken)));
        answer(in_query).await.fails("invalid_parameter", &reason);
    }
    let raw = [form("name=").as_bytes(), b"\xc3("].concat();
    let request = gateway
        .post_as(&token, "/user")
        .header("content-type", FORM);
    answer(request.body(raw))
        .await
        .fails("invalid_parameter", "参数 name 必须使用 UTF-8 编码");
    let reply = post("/vfc", "vfaddr=%ff&tmpl=SMS_25335288".to_owned()).await;
    reply.fails("invalid_parameter", "参数 vfaddr 必须使用 UTF-8 编码");
    // What is typed as U+FFFD is text like any other, and unknown fields may hold anything.
    let replacement = form("name=%EF%BF%BD%e6%9C%a8%2&incode=%ff&%ff=1&sex");
    post("/user", replacement).await.id();
    assert_eq!(
        gateway.newest_user().await["profile"]["name"],
        "\u{fffd}木%2"
    );
}
