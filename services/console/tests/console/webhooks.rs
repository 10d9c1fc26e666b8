use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use signup_notify::webhook::open_secrets;
use signup_store::{Webhook, WebhookEvent, WebhookState};

use crate::desk::{Browser, Desk, Page};

const URL: &str = "https://crm.example.org/hooks/token-in-the-path";

async fn create(browser: &Browser<'_>, fields: &[(&str, &str)]) -> Page {
    browser.submit("/new-webhook", fields).await
}

async fn only(desk: &Desk) -> Webhook {
    let webhooks = desk.service.app.store.webhooks().await.unwrap();
    let [webhook] = webhooks.as_slice() else {
        panic!("{} webhooks", webhooks.len());
    };
    webhook.clone()
}

/// A webhook of everything, and where its page is.
async fn with_webhook(desk: &Desk) -> String {
    let ana = desk.signed_in("ana").await;
    let page = create(&ana, &[("url", URL), ("contact", "crm@example.com")]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    format!("/webhooks/{}", only(desk).await.id)
}

fn secret(page: &Page) -> &str {
    let (_, after) = page.body.split_once("<dd class=\"secret\">").unwrap();
    after.split('<').next().unwrap()
}

#[tokio::test]
async fn a_webhook_is_made_and_its_secret_shown_once() {
    let desk = Desk::open().await;
    let ana = desk.signed_in("ana").await;
    let fields = [
        ("url", URL),
        ("application", "ciam/shop"),
        ("signup.user.created.v1", "on"),
        ("contact", "crm@example.com"),
    ];
    let page = create(&ana, &fields).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert_eq!(page.header("cache-control"), "no-store");

    let webhook = only(&desk).await;
    assert_eq!(webhook.application.as_deref(), Some("shop"));
    assert_eq!(webhook.event_types, ["signup.user.created.v1"]);
    let app = &desk.service.app;
    let stored = open_secrets(&app.keys, &webhook, desk.now()).unwrap();
    assert_eq!(stored[0].expose().expose(), secret(&page));

    let path = format!("/webhooks/{}", webhook.id);
    for path in ["/webhooks", &path, "/audit"] {
        let shown = ana.get(path).await.body;
        assert!(!shown.contains(secret(&page)), "{path}");
        assert!(!shown.contains("crm@example.com"), "{path}");
    }
    ana.get(&path).await.shows("ciam/shop");
    assert_eq!(desk.actions().await, ["sign_in", "webhook_created"]);
}

#[tokio::test]
async fn a_webhook_that_does_not_fit_is_refused() {
    let desk = Desk::open().await;
    let ana = desk.signed_in("ana").await;
    let long = format!("https://example.com/{}", "x".repeat(2029));
    let longer_as_url = format!("https://example.com/{}", "é".repeat(500));
    for (fields, told) in [
        (
            [("url", long.as_str()), ("contact", "")],
            "it has more than 2,048 characters",
        ),
        (
            [("url", longer_as_url.as_str()), ("contact", "")],
            "it has more than 2,048 characters",
        ),
        (
            [("url", URL), ("contact", "a\u{1b}[31m@example.com")],
            "The contact is no e-mail address.",
        ),
        (
            [("url", "http://10.0.0.1/"), ("contact", "")],
            "The URL cannot be a webhook's:",
        ),
        (
            [("url", "nonsense"), ("contact", "")],
            "The URL cannot be a webhook's:",
        ),
        (
            [("url", URL), ("contact", "nobody")],
            "The contact is no e-mail address.",
        ),
        (
            [("url", URL), ("application", "ciam/none")],
            "There is no such application.",
        ),
        (
            [("url", URL), ("provider", "acme")],
            "There is no such application.",
        ),
    ] {
        let page = create(&ana, &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
        page.shows(told);
        page.shows(&format!("value=\"{}\"", fields[0].1));
    }
    assert!(desk.service.app.store.webhooks().await.unwrap().is_empty());
    assert_eq!(desk.actions().await, ["sign_in"]);
    let page = create(&ana, &[("url", &long[..2048])]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
}

#[tokio::test]
async fn a_token_in_a_url_is_shown_to_administrators_only() {
    let desk = Desk::open().await;
    let path = with_webhook(&desk).await;
    for path in ["/webhooks", &path] {
        desk.signed_in("ana").await.get(path).await.shows(URL);
        for name in ["sam", "rita"] {
            let page = desk.signed_in(name).await.get(path).await;
            assert_eq!(page.status, StatusCode::OK);
            page.shows("https://crm.example.org/…");
            assert!(!page.body.contains("token-in-the-path"), "{name} {path}");
        }
    }
}

#[tokio::test]
async fn each_role_may_do_its_part() {
    let desk = Desk::open().await;
    let path = with_webhook(&desk).await;
    for (action, least) in [
        ("pause", "ana"),
        ("resume", "ana"),
        ("secret", "ana"),
        ("delete", "ana"),
        ("replay", "sam"),
    ] {
        for name in ["rita", "sam"].into_iter().filter(|name| *name != least) {
            let browser = desk.signed_in(name).await;
            let page = browser.submit(&format!("{path}/{action}"), &[]).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{name} {action}");
        }
    }
    let sam = desk.signed_in("sam").await;
    assert_eq!(sam.get("/new-webhook").await.status, StatusCode::FORBIDDEN);
    let page = sam.get(&path).await;
    page.shows("Deliver again");
    assert!(!page.body.contains("Pause"));
    assert_eq!(only(&desk).await.state, WebhookState::Active);
}

#[tokio::test]
async fn a_webhook_is_paused_and_called_again() {
    let desk = Desk::open().await;
    let path = with_webhook(&desk).await;
    let ana = desk.signed_in("ana").await;

    let answer = ana.submit(&format!("{path}/pause"), &[]).await;
    assert_eq!(answer.header("location"), path);
    assert_eq!(only(&desk).await.state, WebhookState::Paused);
    ana.get(&path).await.shows("Call it again");

    // Said once more, nothing happens, and nothing is noted.
    ana.submit(&format!("{path}/pause"), &[]).await;
    for _ in 0..2 {
        ana.submit(&format!("{path}/resume"), &[]).await;
    }
    assert_eq!(only(&desk).await.state, WebhookState::Active);
    let actions = desk.actions().await;
    let changes = actions.iter().filter(|one| one.starts_with("webhook_"));
    assert_eq!(
        changes.collect::<Vec<_>>(),
        ["webhook_created", "webhook_paused", "webhook_resumed"]
    );
}

#[tokio::test]
async fn a_new_secret_signs_beside_the_old_one() {
    let desk = Desk::open().await;
    let path = with_webhook(&desk).await;
    let ana = desk.signed_in("ana").await;
    let page = ana.submit(&format!("{path}/secret"), &[]).await;
    let app = &desk.service.app;
    let stored = open_secrets(&app.keys, &only(&desk).await, desk.now()).unwrap();
    assert_eq!(stored.len(), 2);
    assert_eq!(stored[0].expose().expose(), secret(&page));
    let shown = ana.get(&path).await;
    shown.shows("Old secret signs until");
    assert!(!shown.body.contains(secret(&page)));
}

#[tokio::test]
async fn a_webhook_goes_only_when_somebody_is_sure() {
    let desk = Desk::open().await;
    let path = with_webhook(&desk).await;
    let ana = desk.signed_in("ana").await;
    let delete = format!("{path}/delete");
    let page = ana.submit(&delete, &[]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.shows("Tick the box to confirm.");

    let answer = ana.submit(&delete, &[("sure", "on")]).await;
    assert_eq!(answer.header("location"), "/webhooks");
    assert_eq!(ana.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(desk.actions().await.last().unwrap(), "webhook_deleted");
}

#[tokio::test]
async fn deliveries_are_listed_and_what_the_outbox_has_lost_is_told() {
    let desk = Desk::open().await;
    let path = with_webhook(&desk).await;
    let event = WebhookEvent {
        id: "01997e2a-4d61-7a0e-9c7b-2f4f6d1f6c11",
        event_type: "signup.user.created.v1",
        provider: "ciam",
        application: "shop",
    };
    let store = &desk.service.app.store;
    // Not due, or the service's own worker would find at any moment that the event is lost, and give it up.
    let later = desk.now().after(Duration::from_secs(3600));
    store.insert_webhook_deliveries(event, later).await.unwrap();

    let sam = desk.signed_in("sam").await;
    sam.get(&path).await.shows(event.id);
    let failed = sam.get(&format!("{path}?deliveries=failed")).await;
    assert!(!failed.body.contains(event.id));
    failed.shows("There are no deliveries.");

    let replay = format!("{path}/replay");
    let page = sam.submit(&replay, &[("event", event.id)]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.shows("The event is not in the outbox any more");
    let page = sam.submit(&replay, &[]).await;
    page.shows("Choose which events.");
    let answer = sam.submit(&replay, &[("what", "day")]).await;
    assert_eq!(answer.header("location"), format!("{path}?replayed=0"));
    sam.get(&format!("{path}?replayed=0"))
        .await
        .shows("0 events are due now");
    let newest = desk.audit().await.pop().unwrap();
    assert_eq!(newest.action, "sign_in", "nothing was delivered again");
}

#[tokio::test]
async fn a_replay_is_noted_with_what_it_made_due() {
    let desk = Desk::open().await;
    crate::events::sign_up(&desk, "ann").await;
    // What is handled after the webhook was made is queued for it anyway.
    desk.service.drained().await;
    let path = with_webhook(&desk).await;
    let sam = desk.signed_in("sam").await;
    let replay = format!("{path}/replay");
    for replayed in [2, 0] {
        let answer = sam.submit(&replay, &[("what", "day")]).await;
        let expected = format!("{path}?replayed={replayed}");
        assert_eq!(answer.header("location"), expected);
    }
    let noted = desk.audit().await;
    let replays: Vec<_> = noted
        .iter()
        .filter(|entry| entry.action == "webhook_replayed")
        .collect();
    let [entry] = replays.as_slice() else {
        panic!("{replays:?}");
    };
    assert_eq!(
        (entry.operator.as_str(), entry.origin.as_str()),
        ("sam", "console")
    );
    assert_eq!(entry.details["failed"], json!(false));
    assert_eq!(entry.details["events"], json!(2));
}

#[tokio::test]
async fn what_is_no_id_is_refused_and_not_noted() {
    let desk = Desk::open().await;
    let path = with_webhook(&desk).await;
    let sam = desk.signed_in("sam").await;
    for id in ["x".repeat(100_000).as_str(), "one", "'; DROP TABLE outbox"] {
        let page = sam
            .submit(&format!("{path}/replay"), &[("event", id)])
            .await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        page.shows("The event is not in the outbox any more");
    }
    assert_eq!(desk.actions().await.last().unwrap(), "sign_in");
}

#[tokio::test]
async fn webhooks_speak_chinese() {
    let desk = Desk::open().await;
    let path = with_webhook(&desk).await;
    let mut ana = desk.signed_in("ana").await;
    ana.language = Some("zh-CN");
    ana.get(&path).await.shows("重新投递");
    ana.get("/new-webhook").await.shows("<h1>新建 Webhook</h1>");
    create(&ana, &[("url", "nonsense")])
        .await
        .shows("该 URL 不能用作 Webhook：");
}
