//! Several providers of one channel.

use std::time::Duration;

use signup_core::code::Channel;

use crate::fixture::{Opened, VALID_FOR, open, refused, unanswered, unavailable};
use crate::vendor::{Reply, Vendor};

const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn chain(vendors: &[&Vendor], more: &str) -> Opened {
    let names: Vec<String> = (1..=vendors.len())
        .map(|number| format!("\"p{number}\""))
        .collect();
    let mut toml = format!("worker.sms = [{}]\n", names.join(", "));
    for (vendor, number) in vendors.iter().zip(1..) {
        toml.push_str(&format!(
            "[channel.p{number}]\nkind = \"http\"\nurl = \"{}\"\nsecret = \"{SECRET}\"\n{more}\n",
            vendor.url()
        ));
    }
    open(&toml)
}

#[tokio::test]
async fn the_second_provider_takes_over_from_one_that_is_down() {
    let (first, second) = (Vendor::start(503, ""), Vendor::start(200, ""));
    let opened = chain(&[&first, &second], "");

    let sent = opened.send(&opened.code(Channel::Sms)).await.unwrap();

    assert_eq!(sent.by, "p2");
    assert_eq!(sent.detail.as_deref(), Some("p1 unavailable: HTTP 503"));
    let metrics = opened.metrics();
    for line in [
        "signup_channel_attempts_total{outcome=\"unavailable\",sender=\"p1\"} 1",
        "signup_channel_attempts_total{outcome=\"taken\",sender=\"p2\"} 1",
        "signup_channel_breaker_state{sender=\"p1\"} 0",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
}

#[tokio::test]
async fn nobody_else_is_asked_when_the_first_may_have_sent_it_or_the_address_is_bad() {
    let (first, second) = (Vendor::start(200, ""), Vendor::start(200, ""));
    let hasty = chain(&[&first, &second], "timeout = \"500ms\"");
    first.reply(Reply::Late(Duration::from_secs(30)));
    let text = unanswered(hasty.send(&hasty.code(Channel::Sms)).await);
    assert_eq!(text, "p1 unanswered: no answer within 500.0ms");

    let opened = chain(&[&first, &second], "");
    first.answer(422, "");
    refused(opened.send(&opened.code(Channel::Sms)).await);
    assert!(second.seen().is_empty());
}

#[tokio::test]
async fn an_expired_message_is_handed_to_nobody() {
    let vendor = Vendor::start(200, "");
    let opened = chain(&[&vendor], "");
    let code = opened.code(Channel::Sms);
    opened.clock.advance(VALID_FOR);

    assert_eq!(refused(opened.send(&code).await), "the message has expired");
    assert!(vendor.seen().is_empty());
}

#[tokio::test]
async fn those_behind_keep_their_share_of_the_codes_life() {
    let (first, second) = (Vendor::start(200, ""), Vendor::start(200, ""));
    let opened = chain(&[&first, &second], "timeout = \"60s\"");
    let mut code = opened.code(Channel::Sms);
    code.expires_at = Some(code.time.after(Duration::from_secs(2)));
    first.reply(Reply::Late(Duration::from_secs(30)));
    let text = unanswered(opened.send(&code).await);
    // Half of two seconds.
    assert_eq!(text, "p1 unanswered: no answer within 1.0s");
}

#[tokio::test]
async fn when_all_fail_everybodys_reason_is_told() {
    let (first, second) = (Vendor::start(503, ""), Vendor::start(401, ""));
    let opened = chain(&[&first, &second], "");
    assert_eq!(
        unavailable(opened.send(&opened.code(Channel::Sms)).await),
        "p1 unavailable: HTTP 503; p2 unavailable: HTTP 401: check the credentials"
    );
}

#[tokio::test]
async fn a_provider_that_keeps_failing_is_passed_over_and_found_out_again() {
    let (first, second) = (Vendor::start(503, ""), Vendor::start(200, ""));
    let opened = chain(
        &[&first, &second],
        "breaker_failures = 2\nbreaker_pause = \"30s\"",
    );
    let send = || async { opened.send(&opened.code(Channel::Sms)).await.unwrap() };
    for _ in 0..2 {
        send().await;
    }
    let sent = send().await;
    assert_eq!(first.seen().len(), 2);
    assert_eq!(
        (sent.by.as_str(), sent.detail.as_deref()),
        ("p2", Some("p1 skipped: it failed too often just now"))
    );
    assert!(
        opened
            .metrics()
            .contains("signup_channel_breaker_state{sender=\"p1\"} 2")
    );

    opened.clock.advance(Duration::from_secs(30));
    first.answer(200, "");
    assert_eq!(send().await.by, "p1");
    assert!(
        opened
            .metrics()
            .contains("signup_channel_breaker_state{sender=\"p1\"} 0")
    );
}

#[tokio::test]
async fn refusals_of_addresses_do_not_count_against_a_provider() {
    let vendor = Vendor::start(422, "");
    let opened = chain(&[&vendor], "breaker_failures = 1");
    for _ in 0..3 {
        refused(opened.send(&opened.code(Channel::Sms)).await);
    }
    assert_eq!(vendor.seen().len(), 3);
}

#[tokio::test]
async fn a_channel_without_a_provider_names_the_setting() {
    let opened = open("");
    for (channel, setting) in [
        (Channel::Email, "worker.email"),
        (Channel::Sms, "worker.sms"),
    ] {
        let text = unavailable(opened.send(&opened.code(channel)).await);
        assert_eq!(
            text,
            format!("nobody sends this: {setting} names no provider")
        );
    }
}
