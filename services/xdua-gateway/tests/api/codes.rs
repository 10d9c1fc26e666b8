//! Codes: asking for them, and what they prove.

use serde_json::json;
use signup_core::code::Channel;

use crate::gateway::{Gateway, answer, at_will, sign_up, with};

const PHONE: &str = "+86-15810419011";
const WRONG: (&str, &str) = ("invalid_vfcode", "验证码错误或已失效");

/// Another code of the same form.
fn other(code: &str) -> String {
    let first = (code.as_bytes()[0] - b'0' + 1) % 10;
    format!("{first}{}", &code[1..])
}

async fn tried(gateway: &Gateway, phone: &str, code: &str) -> crate::gateway::Answer {
    gateway
        .user(&with(&sign_up(phone), &[("vfcode", code)]))
        .await
}

#[tokio::test]
async fn a_code_has_6_digits_and_the_reply_an_id_of_8_characters() {
    let gateway = Gateway::start().await;
    let id = gateway.vfc(PHONE, "SMS_25335288").await.id();
    let code = gateway.sms_code(PHONE).await;
    assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()));
    assert_ne!(
        gateway.vfc("+86-15810419012", "SMS_25335288").await.id(),
        id
    );
    let events = gateway.service.events_of("signup.otp.requested.v1").await;
    assert!(
        !events
            .iter()
            .any(|event| event.to_string().contains(&format!("\"{code}\"")))
    );
}

#[tokio::test]
async fn codes_are_asked_for_in_each_of_the_three_ways() {
    let gateway = Gateway::start().await;
    let fields = |phone| [("vfaddr", phone), ("tmpl", "SMS_25335288")];
    answer(gateway.post("/vfc").query(&fields("15810419011")))
        .await
        .id();
    answer(gateway.post("/vfc").form(&fields("+86-15810419012")))
        .await
        .id();
    let json = json!({"vfaddr": "+86-15810419013", "tmpl": "SMS_25335288"});
    answer(gateway.post("/vfc").json(&json)).await.id();
    let unescaped = gateway.post("/vfc?vfaddr=+86-15810419014&tmpl=SMS_25335288");
    answer(unescaped).await.id();
    gateway.service.drained().await;
    let mut sent: Vec<_> = gateway
        .service
        .messages()
        .into_iter()
        .map(|message| message.address)
        .collect();
    sent.sort();
    assert_eq!(
        sent,
        [
            "+8615810419011",
            "+8615810419012",
            "+8615810419013",
            "+8615810419014"
        ]
    );
}

#[tokio::test]
async fn address_and_template_must_fit() {
    let gateway = Gateway::start().await;
    let phone = "参数 vfaddr 不是有效的手机号，格式如 +86-15810419011";
    let template = "参数 tmpl 不是该店铺可用的模板";
    for (vfaddr, tmpl, reason) in [
        ("", "SMS_25335288", "参数 vfaddr 不能为空"),
        (PHONE, "", "参数 tmpl 不能为空"),
        (PHONE, "SMS_EXTRA", template),
        (PHONE, "sms_25335288", template),
        ("bob@example.com", "SMS_25335288", phone),
        ("1581041901", "SMS_25335288", phone),
        (PHONE, "DMS_VFC4USEREG", "参数 vfaddr 不是有效的邮箱地址"),
    ] {
        gateway
            .vfc(vfaddr, tmpl)
            .await
            .fails("invalid_parameter", reason);
    }
    let token = gateway.app_token("MailApp1");
    let fields = [("vfaddr", PHONE), ("tmpl", "SMS_25335288")];
    gateway
        .vfc_as(&token, &fields)
        .await
        .fails("invalid_parameter", template);
    let fields = [
        ("vfaddr", "x"),
        ("tmpl", "SMS_25335288"),
        ("shop", "NoShop00"),
    ];
    gateway
        .vfc_as(&token, &fields)
        .await
        .fails("unknown_shop", "店铺不存在");
}

#[tokio::test]
async fn a_shop_may_declare_further_templates() {
    let gateway = Gateway::start().await;
    let token = gateway.app_token("MultApp1");
    gateway
        .vfc_as(&token, &[("vfaddr", PHONE), ("tmpl", "SMS_EXTRA")])
        .await
        .id();
    gateway
        .vfc_as(
            &token,
            &[("vfaddr", "bob@example.com"), ("tmpl", "MAIL_EXTRA")],
        )
        .await
        .id();
    gateway.sms_code(PHONE).await;
    gateway
        .service
        .code(Channel::Email, "bob@example.com")
        .await;
}

#[tokio::test]
async fn only_app_tokens_ask_for_codes() {
    let gateway = Gateway::start().await;
    let token = gateway.user_token("EIxcPdpT", "5QqitXe5");
    let reply = gateway
        .vfc_as(&token, &[("vfaddr", PHONE), ("tmpl", "SMS_25335288")])
        .await;
    reply.fails("action_not_allowed", "该令牌无权执行此操作");
}

#[tokio::test]
async fn a_wrong_code_signs_nobody_up_and_the_right_one_still_does() {
    let gateway = Gateway::start().await;
    let code = gateway.phone_code(PHONE).await;
    for wrong in [
        &other(&code),
        "FFFFFF",
        "INVITE",
        "您的短信验证码",
        "1",
        &format!("{code}0"),
    ]
    .into_iter()
    .take(4)
    {
        tried(&gateway, PHONE, wrong).await.fails(WRONG.0, WRONG.1);
    }
    tried(&gateway, PHONE, &code).await.id();
}

#[tokio::test]
async fn five_wrong_tries_kill_a_code() {
    let gateway = Gateway::start().await;
    let code = gateway.phone_code(PHONE).await;
    for _ in 0..5 {
        tried(&gateway, PHONE, &other(&code))
            .await
            .is_code("invalid_vfcode");
    }
    tried(&gateway, PHONE, &code).await.fails(WRONG.0, WRONG.1);
    assert_eq!(gateway.service.user_count().await, 0);
}

#[tokio::test]
async fn a_mistake_elsewhere_costs_no_try() {
    let gateway = Gateway::start().await;
    let code = gateway.phone_code(PHONE).await;
    let wrong = other(&code);
    for _ in 0..6 {
        let fields = with(&sign_up(PHONE), &[("vfcode", &wrong), ("sex", "X")]);
        gateway.user(&fields).await.is_code("invalid_parameter");
    }
    tried(&gateway, PHONE, &code).await.id();
}

#[tokio::test]
async fn a_code_is_good_for_10_minutes() {
    let gateway = Gateway::start().await;
    let code = gateway.phone_code(PHONE).await;
    let late = gateway.phone_code("+86-15810419012").await;
    gateway.advance(599);
    tried(&gateway, PHONE, &code).await.id();
    gateway.advance(1);
    tried(&gateway, "+86-15810419012", &late)
        .await
        .fails(WRONG.0, WRONG.1);
}

#[tokio::test]
async fn a_used_code_is_dead_even_for_its_owner() {
    let gateway = Gateway::start().await;
    let code = gateway.phone_code(PHONE).await;
    tried(&gateway, PHONE, &code).await.id();
    tried(&gateway, PHONE, &code).await.fails(WRONG.0, WRONG.1);
}

#[tokio::test]
async fn a_newer_code_takes_the_place_of_the_older_one() {
    let gateway = Gateway::start().await;
    let first = gateway.phone_code(PHONE).await;
    gateway.advance(31);
    let mut second = gateway.phone_code(PHONE).await;
    // One in a million: the same digits again.
    if second == first {
        gateway.advance(31);
        second = gateway.phone_code(PHONE).await;
    }
    tried(&gateway, PHONE, &first).await.fails(WRONG.0, WRONG.1);
    tried(&gateway, PHONE, &second).await.id();
}

#[tokio::test]
async fn a_code_is_bound_to_its_address_and_its_shop() {
    let gateway = Gateway::start().await;
    let code = gateway.phone_code(PHONE).await;
    tried(&gateway, "+86-15810419012", &code)
        .await
        .fails(WRONG.0, WRONG.1);
    let fields = with(&at_will(PHONE), &[("vfcode", &code)]);
    let reply = gateway
        .user_as(&gateway.app_token("MultApp1"), &fields)
        .await;
    reply.fails(WRONG.0, WRONG.1);
}

#[tokio::test]
async fn a_code_asked_for_without_a_shop_is_good_at_every_shop_of_the_app() {
    let gateway = Gateway::start().await;
    let token = gateway.app_token("MultApp1");
    gateway
        .vfc_as(&token, &[("vfaddr", PHONE), ("tmpl", "SMS_25335288")])
        .await
        .id();
    let code = gateway.sms_code(PHONE).await;
    let fields = with(&at_will(PHONE), &[("shop", "OptShop2"), ("vfcode", &code)]);
    gateway.user_as(&token, &fields).await.id();
    let user = gateway.newest_user().await;
    assert_eq!(user["identifiers"]["phone"]["verified"], true);

    let asked = [
        ("vfaddr", "+86-15810419012"),
        ("tmpl", "SMS_25335288"),
        ("shop", "OptShop2"),
    ];
    gateway.vfc_as(&token, &asked).await.id();
    let code = gateway.sms_code("+86-15810419012").await;
    let fields = with(&at_will("+86-15810419012"), &[("vfcode", &code)]);
    gateway
        .user_as(&token, &fields)
        .await
        .fails(WRONG.0, WRONG.1);
}

#[tokio::test]
async fn where_codes_are_optional_they_are_still_checked() {
    let gateway = Gateway::start().await;
    let token = gateway.app_token("MultApp1");
    let fields = with(&at_will(PHONE), &[("vfcode", "123456")]);
    gateway
        .user_as(&token, &fields)
        .await
        .fails(WRONG.0, WRONG.1);
    gateway.user_as(&token, &at_will(PHONE)).await.id();
    assert_eq!(
        gateway.newest_user().await["identifiers"]["phone"]["verified"],
        false
    );
}

#[tokio::test]
async fn where_codes_are_required_nobody_signs_up_without() {
    let gateway = Gateway::start().await;
    gateway
        .user(&sign_up(PHONE))
        .await
        .fails("vfcode_required", "请填写验证码");
}

#[tokio::test]
async fn only_who_holds_the_code_learns_that_a_number_is_taken() {
    let gateway = Gateway::start().await;
    gateway.sign_up(PHONE).await;
    tried(&gateway, PHONE, "123456")
        .await
        .fails(WRONG.0, WRONG.1);
    gateway
        .user(&sign_up(PHONE))
        .await
        .fails("vfcode_required", "请填写验证码");
}

#[tokio::test]
async fn a_number_that_is_registered_gets_a_note_and_the_caller_the_same_reply() {
    let gateway = Gateway::start().await;
    gateway.sign_up(PHONE).await;
    gateway.advance(31);
    gateway.vfc(PHONE, "SMS_25335288").await.id();
    let message = gateway
        .service
        .message(Channel::Sms, "+8615810419011")
        .await;
    assert_eq!(message.kind.as_str(), "account-exists");
    assert_eq!(message.code, None);
}

#[tokio::test]
async fn one_code_in_30_seconds_and_50_a_day_for_one_address() {
    let gateway = Gateway::start().await;
    gateway.vfc(PHONE, "SMS_25335288").await.id();
    let reply = gateway.vfc(PHONE, "SMS_25335288").await;
    reply.fails("rate_limited", "验证码发送过于频繁，请 30 秒后再试");
    assert_eq!(reply.header("retry-after"), Some("30"));
    for _ in 1..50 {
        gateway.advance(30);
        gateway.vfc(PHONE, "SMS_25335288").await.id();
    }
    gateway.advance(30);
    gateway
        .vfc(PHONE, "SMS_25335288")
        .await
        .is_code("rate_limited");
    gateway.vfc("+86-15810419012", "SMS_25335288").await.id();
}

#[tokio::test]
async fn a_client_and_a_shop_have_limits_too() {
    let gateway = Gateway::start().await;
    let token = gateway.app_token("TghtApp1");
    let ask = async |vfaddr, tmpl| {
        gateway
            .vfc_as(&token, &[("vfaddr", vfaddr), ("tmpl", tmpl)])
            .await
    };
    ask("+86-15810419011", "SMS_25335288").await.id();
    ask("+86-15810419012", "SMS_25335288").await.id();
    ask("+86-15810419013", "SMS_25335288")
        .await
        .is_code("rate_limited");
    ask("bob@example.com", "DMS_VFC4USEREG").await.id();
    let reply = ask("eve@example.com", "DMS_VFC4USEREG").await;
    reply.refused(429, "rate_limited", "请求过于频繁，请稍后再试");
    assert!(reply.header("retry-after").is_some());
}

#[tokio::test]
async fn messages_come_in_the_language_that_was_asked_for_else_in_the_shops() {
    let gateway = Gateway::start().await;
    let token = gateway.app_token("MailApp1");
    for (mail, language, locale) in [
        ("a@example.com", "", "en"),
        ("b@example.com", "zh-CN", "zh-CN"),
        ("c@example.com", "en", "en"),
    ] {
        let fields = [("vfaddr", mail), ("tmpl", "DMS_VFC4USEREG")];
        let request = gateway
            .post_as(&token, "/vfc")
            .header("accept-language", language)
            .form(&fields);
        answer(request).await.id();
        assert_eq!(
            gateway.service.message(Channel::Email, mail).await.locale,
            locale
        );
    }
}

#[tokio::test]
async fn a_repeated_request_for_a_code_sends_one_code() {
    let gateway = Gateway::start().await;
    let ask = async |key: &str| {
        let fields = [("vfaddr", PHONE), ("tmpl", "SMS_25335288")];
        answer(
            gateway
                .post("/vfc")
                .header("idempotency-key", key)
                .form(&fields),
        )
        .await
    };
    let id = ask("k1").await.id();
    assert_eq!(ask("k1").await.id(), id);
    ask("k2").await.is_code("rate_limited");
    // A limit passes, so the reply about it is not repeated for ever.
    gateway.advance(31);
    assert_ne!(ask("k2").await.id(), id);
    gateway.service.drained().await;
    assert_eq!(gateway.service.messages().len(), 2);
}
