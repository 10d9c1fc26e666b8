//! `POST /vfc`: asking for codes.

use serde_json::json;
use signup_core::code::Channel;

use crate::gateway::{Gateway, answer};

const PHONE: &str = "+86-15810419011";

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
    let abroad = ask("+1-2025550123", "SMS_25335288").await;
    abroad.is_code("rate_limited");
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
