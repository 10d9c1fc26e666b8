//! The generic HTTP hook.

use serde_json::json;
use signup_core::code::Channel;
use signup_core::time::Clock;
use standardwebhooks::Webhook;

use crate::fixture::{CODE, EMAIL, Opened, PHONE, VALID_FOR, open, refused, unavailable};
use crate::vendor::{Seen, Vendor};

const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn hook(vendor: &Vendor) -> Opened {
    open(&format!(
        "worker.sms = [\"hook\"]\nworker.email = [\"hook\"]\n\
         [channel.hook]\nkind = \"http\"\nurl = \"{}/send?key=1\"\nsecret = \"{SECRET}\"\n",
        vendor.url()
    ))
}

/// As the reference library of Standard Webhooks sees it.
fn verify(seen: &Seen) -> Result<(), standardwebhooks::WebhookError> {
    let mut headers = reqwest::header::HeaderMap::new();
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        headers.insert(name, seen.header(name).parse().unwrap());
    }
    Webhook::new(SECRET).unwrap().verify(&seen.body, &headers)
}

#[tokio::test]
async fn a_hook_gets_everything_signed_for_both_channels() {
    let vendor = Vendor::start(202, "");
    let opened = hook(&vendor);
    let message = opened.code(Channel::Sms);

    let sent = opened.send(&message).await.unwrap();
    opened.send(&opened.welcome(Channel::Email)).await.unwrap();

    assert_eq!((sent.by.as_str(), sent.detail), ("hook", None));
    let [sms, email] = vendor.seen().try_into().unwrap();
    assert_eq!((sms.path.as_str(), sms.query.as_str()), ("/send", "key=1"));
    assert_eq!(
        sms.json(),
        json!({
            "channel": "sms",
            "address": PHONE,
            "text": format!("您的验证码：{CODE}"),
            "subject": null,
            "code": CODE,
            "template": "sign-up-code",
            "locale": "zh-CN",
            "provider": "acme",
            "application": "shop",
            "application_name": "Corner Shop",
            "event_id": message.event_id,
            "expires_at": opened.clock.now().after(VALID_FOR).to_string(),
        })
    );
    for seen in [&sms, &email] {
        assert_eq!(seen.header("idempotency-key"), message.event_id);
        assert_eq!(seen.header("webhook-id"), message.event_id);
        verify(seen).unwrap();
        let mut forged = seen.clone();
        forged.body.push(b' ');
        assert!(verify(&forged).is_err());
    }
    let email = email.json();
    assert_eq!(
        (&email["channel"], &email["address"], &email["code"]),
        (&json!("email"), &json!(EMAIL), &json!(null))
    );
}

#[tokio::test]
async fn a_hook_says_by_its_status_whether_others_are_asked() {
    let vendor = Vendor::start(200, "");
    let opened = hook(&vendor);
    for (status, is_refused) in [
        (422, true),
        (400, false),
        (404, false),
        (429, false),
        (500, false),
    ] {
        vendor.answer(status, &format!("{PHONE} {CODE}"));
        let result = opened.send(&opened.code(Channel::Sms)).await;
        let text = if is_refused {
            refused(result)
        } else {
            unavailable(result)
        };
        assert!(text.contains(&format!("HTTP {status}")), "{text}");
    }
}
