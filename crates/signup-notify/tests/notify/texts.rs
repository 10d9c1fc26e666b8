//! An application's own words.

use serde_json::json;
use signup_app::CodeMessage;
use signup_core::code::Channel;

use crate::fixture::{EMAIL, PHONE, Shop, request_code};

async fn newest(shop: &Shop, to: (Channel, &str), locale: &str) -> signup_notify::Message {
    request_code(&shop.app, to, CodeMessage::Code, locale).await;
    shop.worker.handle(&shop.event().await).await;
    shop.sent().remove(0)
}

#[tokio::test]
async fn an_applications_own_words_come_before_the_shipped_ones() {
    let shop = Shop::with_messages(json!({"locale": "fr", "templates": {
        "fr": {"sign-up-code": {"sms": "{application} : code {code}, {validity}"}},
        "en-GB": {"sign-up-code": {"subject": "Code {code}", "email": "Cheers,\n{code}"}},
    }}))
    .await;

    // The application's locale, with the unit's symbol in a language that we ship no texts in.
    let own = newest(&shop, (Channel::Sms, PHONE), "ja").await;
    assert_eq!(own.locale, "fr");
    assert!(own.text.starts_with("Corner Shop : code ") && own.text.ends_with(", 5 min"));
    // Another locale of the same language.
    let own = newest(&shop, (Channel::Email, EMAIL), "en-US").await;
    assert_eq!(
        (own.locale.as_str(), own.text.starts_with("Cheers,")),
        ("en-GB", true)
    );
    assert_eq!(own.subject, own.code.map(|code| format!("Code {code}")));
}

#[tokio::test]
async fn a_language_without_own_words_is_answered_in_the_shipped_ones() {
    let shop = Shop::with_messages(json!({"locale": "zh-CN", "templates": {
        "zh-CN": {"sign-up-code": {"sms": "本店：{code}"}},
        "en": {"welcome": {"sms": "Hello"}},
    }}))
    .await;

    let shipped = newest(&shop, (Channel::Sms, PHONE), "en").await;
    assert_eq!(shipped.locale, "en");
    assert!(shipped.text.contains("is your sign-up code"));
    let own = newest(&shop, (Channel::Sms, PHONE), "fr").await;
    assert!(own.text.starts_with("本店："), "{}", own.text);
}

#[tokio::test]
async fn what_is_registered_with_sms_vendors_goes_with_the_message() {
    let shop = Shop::with_messages(json!({"locale": "zh-CN", "templates": {
        "zh-CN": {"sign-up-code": {"sms_template": {"main": "1110"}, "sms_sign": "本店"}},
        "en": {"sign-up-code": {"sms_template": {"main": "1111"}}},
    }}))
    .await;

    let english = newest(&shop, (Channel::Sms, PHONE), "en").await;
    assert_eq!(english.registered.templates["main"], "1111");
    assert_eq!(english.registered.sign.as_deref(), Some("本店"));
    let chinese = newest(&shop, (Channel::Sms, PHONE), "zh-TW").await;
    assert_eq!(chinese.registered.templates["main"], "1110");
}
