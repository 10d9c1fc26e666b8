//! Webhooks beside a mail server that takes connections and never says a word.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use actix_web::{App, HttpResponse, HttpServer, web};
use signup_notify::webhook::SigningSecret;
use signup_store::{Webhook, WebhookState};
use signup_testkit::{author, eventually};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::stage::{PATIENCE, Stage, start_worker};

/// Receivers of webhooks: one is gone, one counts its calls. They end with the test.
fn start_receivers() -> (String, Arc<AtomicUsize>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let calls = Arc::<AtomicUsize>::default();
    let counter = web::Data::from(Arc::clone(&calls));
    let server = HttpServer::new(move || {
        App::new()
            .app_data(counter.clone())
            .route("/gone", web::post().to(HttpResponse::Gone))
            .route("/good", web::post().to(count))
    });
    let server = server.workers(1).disable_signals().listen(listener);
    tokio::spawn(server.unwrap().run());
    (url, calls)
}

async fn count(calls: web::Data<AtomicUsize>) -> HttpResponse {
    calls.fetch_add(1, Ordering::SeqCst);
    HttpResponse::Ok().finish()
}

async fn subscribe(stage: &Stage, url: String) {
    let app = &stage.service.app;
    let now = app.clock.now();
    let id = uuid::Uuid::now_v7().to_string();
    let secret = SigningSecret::generate().unwrap();
    let webhook = Webhook {
        url,
        event_types: Vec::new(),
        provider: None,
        application: None,
        state: WebhookState::Active,
        state_since: now,
        disabled_reason: None,
        sealed_secret: secret.seal(&app.keys, &id).unwrap(),
        previous_secret: None,
        contact: Some("ops@example.com".to_owned()),
        created_at: now,
        failing_since: None,
        held_until: None,
        id,
    };
    app.store
        .insert_webhook(&webhook, &author(now))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_hangs_holds_up_neither_webhooks_nor_the_end() {
    let stage = Stage::with(&[("bus.local_messages", "off")]).await;
    let (receivers, calls) = start_receivers();
    subscribe(&stage, format!("{receivers}/gone")).await;
    subscribe(&stage, format!("{receivers}/good")).await;
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port().to_string();
    let mut environment = stage.environment();
    for (key, value) in [
        ("SIGNUP__CHANNEL__MAIL__PORT", port.as_str()),
        ("SIGNUP__CHANNEL__MAIL__TIMEOUT", "120s"),
        ("SIGNUP__WEBHOOKS__ALLOW_HTTP", "true"),
        ("SIGNUP__WEBHOOKS__ALLOW_NETWORKS", "127.0.0.1"),
    ] {
        environment.insert(key.to_owned(), value.to_owned());
    }
    // The notice is due before the worker begins: one that had no way to send it was there first.
    let mut without_mail = environment.clone();
    without_mail.remove("SIGNUP__WORKER__EMAIL");
    let first = start_worker(&without_mail).await;
    stage.sign_up_as("ann").await;
    first.logged("webhook.notice").await;
    first.terminate();
    assert_eq!(first.ended().await, Some(0));
    let (store, now) = (&stage.service.app.store, stage.service.app.clock.now());
    let claimed = store.claim_webhook_notice(now.after(Duration::from_secs(3600)), now);
    claimed.await.unwrap().unwrap();

    let worker = start_worker(&environment).await;
    let _notice = timeout(PATIENCE, silent.accept()).await.unwrap().unwrap();
    stage.sign_up_as("bob").await;
    eventually(PATIENCE, || async {
        match calls.load(Ordering::SeqCst) {
            2 => Ok(()),
            count => Err(format!("{count} of 2 events have arrived")),
        }
    })
    .await;

    let begin = Instant::now();
    worker.terminate();
    assert_eq!(worker.ended().await, Some(0));
    let took = begin.elapsed();
    assert!(took < Duration::from_secs(15), "{took:?}");
    worker.logged("webhook.cut_off").await;
}
