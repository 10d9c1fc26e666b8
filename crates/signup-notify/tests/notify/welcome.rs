use std::time::Duration;

use serde_json::json;
use signup_bus::Outcome;
use signup_core::code::Channel;
use signup_core::identifier::EmailAddress;
use signup_core::user::TakenIdentifier;
use signup_notify::MessageKind;
use signup_store::DeliveryState;

use crate::fixture::{EMAIL, PHONE, Shop, email, phone, sign_up};

#[tokio::test]
async fn a_new_user_is_welcomed_at_a_proven_address_e_mail_first() {
    for (identifiers, channel, address) in [
        (vec![phone(true), email(true)], Channel::Email, EMAIL),
        (vec![phone(true), email(false)], Channel::Sms, PHONE),
    ] {
        let shop = Shop::open().await;
        sign_up(&shop.app, identifiers).await;
        let event = shop.event().await;

        for _ in 0..2 {
            assert_eq!(shop.worker.handle(&event).await, Outcome::Done);
        }

        let [message] = shop.sent().try_into().unwrap();
        assert_eq!((message.channel, &*message.address), (channel, address));
        assert_eq!((message.kind, message.code), (MessageKind::Welcome, None));
        assert!(message.text.contains("Corner Shop"));
        assert_eq!(shop.recorded(&event).await, Some(DeliveryState::Delivered));
    }
}

#[tokio::test]
async fn a_welcome_goes_to_the_mailbox_as_typed() {
    let shop = Shop::open().await;
    let typed = EmailAddress::parse("Alice@Bücher.Example").unwrap();
    let taken = TakenIdentifier {
        identifier: typed.into(),
        verified: true,
    };
    sign_up(&shop.app, vec![taken]).await;

    let event = shop.event().await;

    assert_eq!(shop.worker.handle(&event).await, Outcome::Done);

    let [message] = shop.sent().try_into().unwrap();
    assert_eq!(message.address, "Alice@xn--bcher-kva.example");
}

#[tokio::test]
async fn an_address_that_nobody_proved_gets_no_welcome() {
    let shop = Shop::open().await;
    sign_up(&shop.app, vec![phone(false), email(false)]).await;
    let event = shop.event().await;

    assert_eq!(shop.worker.handle(&event).await, Outcome::Done);

    assert_eq!(shop.sent(), []);
    assert_eq!(shop.recorded(&event).await, None);
}

#[tokio::test]
async fn an_application_that_wants_no_welcomes_sends_none() {
    let shop = Shop::with_messages(json!({})).await;
    sign_up(&shop.app, vec![email(true)]).await;
    let event = shop.event().await;

    assert_eq!(shop.worker.handle(&event).await, Outcome::Done);

    assert_eq!(shop.sent(), []);
    assert_eq!(shop.recorded(&event).await, None);
}

#[tokio::test]
async fn nobody_is_welcomed_days_after_the_sign_up() {
    let shop = Shop::open().await;
    sign_up(&shop.app, vec![email(true)]).await;
    let event = shop.event().await;
    shop.clock.advance(Duration::from_secs(48 * 60 * 60));

    assert_eq!(shop.worker.handle(&event).await, Outcome::Done);

    assert_eq!(shop.sent(), []);
    assert_eq!(shop.recorded(&event).await, Some(DeliveryState::Dropped));
}
