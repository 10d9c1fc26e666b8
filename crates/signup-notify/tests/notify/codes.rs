use serde_json::json;
use signup_app::CodeMessage;
use signup_bus::Outcome;
use signup_core::code::Channel;
use signup_notify::MessageKind;
use signup_store::DeliveryState;

use crate::fixture::{EMAIL, PHONE, Shop, VALID_FOR, context, declare, request_code};

#[tokio::test]
async fn a_code_goes_to_the_address_it_was_asked_for() {
    let shop = Shop::open().await;
    let challenge = shop.request_code().await;
    let event = shop.event().await;

    assert_eq!(shop.worker.handle(&event).await, Outcome::Done);

    let [message] = shop.sent().try_into().unwrap();
    let code = message.code.clone().unwrap();
    assert!(
        shop.app
            .check_code(&challenge, &code, &context())
            .await
            .is_ok()
    );
    assert_eq!((message.channel, &*message.address), (Channel::Sms, PHONE));
    assert_eq!(message.kind, MessageKind::Code);
    assert_eq!(message.application_name, "Corner Shop");
    assert_eq!((message.locale.as_str(), message.subject), ("en", None));
    assert!(message.text.contains(&code) && message.text.contains("5 minutes"));
    assert_eq!(message.event_id, event.id);
    assert_eq!(shop.recorded(&event).await, Some(DeliveryState::Delivered));
}

#[tokio::test]
async fn an_unknown_language_falls_back_to_the_applications() {
    let shop = Shop::open().await;
    for (locale, expected) in [("fr-CA", "en"), ("zh-TW", "zh-CN"), ("en-GB", "en")] {
        request_code(
            &shop.app,
            (Channel::Email, EMAIL),
            CodeMessage::Code,
            locale,
        )
        .await;
        shop.worker.handle(&shop.event().await).await;
        let newest = shop.sent().remove(0);
        assert_eq!(newest.locale, expected, "{locale}");
        assert!(newest.subject.unwrap().contains("Corner Shop"));
    }
}

#[tokio::test]
async fn the_note_to_a_user_who_has_an_account_carries_no_code() {
    let shop = Shop::open().await;
    let challenge = request_code(
        &shop.app,
        (Channel::Email, EMAIL),
        CodeMessage::AccountExists,
        "en",
    )
    .await;

    shop.worker.handle(&shop.event().await).await;

    let [message] = shop.sent().try_into().unwrap();
    let code = challenge.code(&shop.app.keys).unwrap();
    assert_eq!(
        (message.kind, message.code),
        (MessageKind::AccountExists, None)
    );
    assert!(!message.text.contains(code.expose()));
}

#[tokio::test]
async fn a_replaced_code_is_not_sent() {
    let shop = Shop::open().await;
    shop.request_code().await;
    let newer = shop.request_code().await;
    let [old_event, new_event] = shop.events().await.try_into().unwrap();

    for event in [&old_event, &new_event] {
        assert_eq!(shop.worker.handle(event).await, Outcome::Done);
    }

    let [message] = shop.sent().try_into().unwrap();
    assert!(
        newer
            .code(&shop.app.keys)
            .unwrap()
            .matches(&message.code.unwrap())
    );
    assert_eq!(
        shop.recorded(&old_event).await,
        Some(DeliveryState::Dropped)
    );
}

#[tokio::test]
async fn an_expired_code_is_not_sent_late() {
    let shop = Shop::open().await;
    shop.request_code().await;
    let event = shop.event().await;
    shop.clock.advance(VALID_FOR);

    assert_eq!(shop.worker.handle(&event).await, Outcome::Done);

    assert_eq!(shop.sent(), []);
    assert_eq!(shop.recorded(&event).await, Some(DeliveryState::Dropped));
}

#[tokio::test]
async fn a_code_that_was_guessed_at_too_often_is_not_sent() {
    let shop = Shop::open().await;
    let challenge = shop.request_code().await;
    let event = shop.event().await;
    for _ in 0..5 {
        assert!(
            shop.app
                .check_code(&challenge, "no code", &context())
                .await
                .is_err()
        );
    }

    shop.worker.handle(&event).await;

    assert_eq!(shop.sent(), []);
    assert_eq!(shop.recorded(&event).await, Some(DeliveryState::Dropped));
}

#[tokio::test]
async fn a_disabled_application_sends_no_codes() {
    let shop = Shop::open().await;
    shop.request_code().await;
    shop.worker.handle(&shop.event().await).await;
    shop.request_code().await;
    let event = shop.event().await;
    declare(&shop.app, json!({}), false).await;

    shop.worker.handle(&event).await;

    assert_eq!(shop.sent().len(), 1);
    assert_eq!(shop.recorded(&event).await, Some(DeliveryState::Dropped));
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_given_up_and_can_still_be_dealt_with_later() {
    let shop = Shop::open().await;
    shop.request_code().await;
    let whole = shop.event().await;
    for (id, from, to) in [
        ("e1", "{", "["),
        ("e2", "\"channel\"", "\"chanel\""),
        ("e3", "\"sms\"", "\"pigeon\""),
        ("e4", "sign-up-code", "lottery-win"),
    ] {
        let mut event = whole.clone();
        event.id = id.to_owned();
        event.envelope = whole.envelope.replace(from, to);
        let outcome = shop.worker.handle(&event).await;
        assert!(matches!(outcome, Outcome::Never(_)), "{to}: {outcome:?}");
        // Nothing is recorded, so a version that can read it may send it.
        assert_eq!(shop.recorded(&event).await, None, "{to}");
    }
    assert_eq!(shop.sent(), []);
}

#[tokio::test]
async fn neither_the_address_nor_the_code_is_in_a_messages_debug_output() {
    let shop = Shop::open().await;
    shop.request_code().await;
    shop.worker.handle(&shop.event().await).await;

    let [message] = shop.sent().try_into().unwrap();
    let debug = format!("{message:?}");
    assert!(debug.contains("+86 138****8000"), "{debug}");
    for secret in [PHONE, message.code.as_deref().unwrap()] {
        assert!(!debug.contains(secret), "{debug}");
    }
}
