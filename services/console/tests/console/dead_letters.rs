use std::time::Duration;

use reqwest::StatusCode;
use signup_bus::rabbitmq::{
    BrokerOptions, BrokerUrl, DEAD_QUEUE, DeadLetters, RabbitBus, lane_queue,
};
use signup_core::event::EventMessage;
use signup_store::Lane;
use signup_testkit::{TestBroker, eventually};

use crate::desk::Desk;

const PATIENCE: Duration = Duration::from_secs(20);

async fn desk_on(broker: &str) -> Desk {
    Desk::open_with(|builder| builder.setting("bus.url", broker)).await
}

/// Puts events where the worker puts those that it gives up.
async fn give_up(broker: &TestBroker, ids: &[&str]) {
    let options = || BrokerOptions {
        url: BrokerUrl::parse(broker.url()).unwrap(),
        ca_file: None,
        name: "test".to_owned(),
    };
    // Declares the queues.
    DeadLetters::open(options()).await.unwrap().close().await;
    let events: Vec<EventMessage> = ids
        .iter()
        .map(|id| EventMessage {
            id: (*id).to_owned(),
            event_type: "signup.user.created.v1".to_owned(),
            subject: "ciam/42".to_owned(),
            routing_key: "user.created.ciam.shop".to_owned(),
            envelope: format!(r#"{{"id":"{id}","data":{{"email":"ann@example.com"}}}}"#),
        })
        .collect();
    let bus = RabbitBus::new(options());
    for result in bus.publish_to_queue(DEAD_QUEUE, &events).await {
        result.unwrap();
    }
    bus.close().await;
    until_length(broker, DEAD_QUEUE, u32::try_from(ids.len()).unwrap()).await;
}

async fn until_length(broker: &TestBroker, queue: &str, length: u32) {
    eventually(PATIENCE, || async {
        let found = broker.queue_length(queue);
        (found == Some(length))
            .then_some(())
            .ok_or(format!("{queue}: {found:?}"))
    })
    .await;
}

#[tokio::test]
async fn dead_letters_are_read_given_back_and_removed() {
    let broker = TestBroker::create();
    give_up(&broker, &["one", "two", "three"]).await;
    let desk = desk_on(broker.url()).await;
    let sam = desk.signed_in("sam").await;

    let page = sam.get("/dead-letters").await;
    for text in [
        "/dead-letters/one",
        "/dead-letters/two",
        "put here by somebody else",
        "3 shown of 3",
    ] {
        page.shows(text);
    }
    let page = sam.get("/dead-letters/one").await;
    page.shows("signup.user.created.v1");
    assert!(!page.body.contains("ann@example.com"));
    sam.submit("/dead-letters/one", &[])
        .await
        .shows("ann@example.com");

    let answer = sam.submit("/dead-letters/redrive", &[("id", "two")]).await;
    assert_eq!(
        answer.header("location"),
        "/dead-letters?redriven=1",
        "{}",
        answer.body
    );
    until_length(&broker, lane_queue(Lane::Others), 1).await;
    sam.get("/dead-letters?redriven=1")
        .await
        .shows("1 were given back");

    let discard = "/dead-letters/three/discard";
    let page = sam.submit(discard, &[("sure", "on")]).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let ana = desk.signed_in("ana").await;
    let page = ana.submit(discard, &[]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.shows("Tick the box to confirm.");
    let answer = ana.submit(discard, &[("sure", "on")]).await;
    assert_eq!(answer.header("location"), "/dead-letters?discarded=1");
    until_length(&broker, DEAD_QUEUE, 1).await;
    assert_eq!(
        ana.get("/dead-letters/three").await.status,
        StatusCode::NOT_FOUND
    );

    let answer = sam.submit("/dead-letters/redrive", &[]).await;
    assert_eq!(answer.header("location"), "/dead-letters?redriven=1");
    sam.get("/dead-letters")
        .await
        .shows("The worker has given up nothing.");
    let actions = desk.actions().await;
    let noted = actions
        .iter()
        .filter(|action| action.starts_with("dead_letter"));
    assert_eq!(
        noted.collect::<Vec<_>>(),
        [
            "dead_letter_revealed",
            "dead_letters_redrive_begun",
            "dead_letters_redriven",
            "dead_letter_discard_begun",
            "dead_letter_discarded",
            "dead_letters_redrive_begun",
            "dead_letters_redriven"
        ]
    );
    let newest = desk.audit().await.pop().unwrap();
    assert_eq!(newest.object.as_deref(), Some("all"));
    assert_eq!(newest.details["letters"], 1);
}

#[tokio::test]
async fn what_did_not_happen_to_a_dead_letter_is_not_noted() {
    let broker = TestBroker::create();
    give_up(&broker, &["one"]).await;
    let desk = desk_on(broker.url()).await;
    let ana = desk.signed_in("ana").await;
    let long = "x".repeat(300);
    for (path, id) in [
        ("/dead-letters/redrive", "two"),
        ("/dead-letters/two", ""),
        ("/dead-letters/two/discard", ""),
        ("/dead-letters/redrive", &long),
        (&format!("/dead-letters/{long}"), ""),
        (&format!("/dead-letters/{long}/discard"), ""),
        ("/dead-letters/redrive", "a\u{1b}b"),
    ] {
        let page = ana.submit(path, &[("id", id), ("sure", "on")]).await;
        let is_nothing =
            page.status == StatusCode::NOT_FOUND || page.header("location").ends_with("=0");
        assert!(is_nothing, "{path}: {}", page.body);
    }
    until_length(&broker, DEAD_QUEUE, 1).await;
    assert_eq!(desk.actions().await, ["sign_in"]);
}

#[tokio::test]
async fn readers_see_dead_letters_and_change_nothing() {
    let broker = TestBroker::create();
    give_up(&broker, &["one"]).await;
    let desk = desk_on(broker.url()).await;
    let mut rita = desk.signed_in("rita").await;
    rita.language = Some("zh-CN");
    let page = rita.get("/dead-letters").await;
    page.shows("<h1>死信</h1>");
    assert!(!page.body.contains("交还处理</button>") && !page.body.contains("全部交还"));
    for path in [
        "/dead-letters/redrive",
        "/dead-letters/one",
        "/dead-letters/one/discard",
    ] {
        let page = rita.submit(path, &[("id", "one"), ("sure", "on")]).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
    }
    until_length(&broker, DEAD_QUEUE, 1).await;
}

#[tokio::test]
async fn without_a_broker_the_page_says_why_there_is_nothing() {
    let desk = Desk::open().await;
    let rita = desk.signed_in("rita").await;
    rita.get("/dead-letters")
        .await
        .shows("bus.url is in-process");
}

#[tokio::test]
async fn a_broker_that_does_not_answer_is_told() {
    let desk = desk_on("amqp://guest:guest@127.0.0.1:1/%2f").await;
    let rita = desk.signed_in("rita").await;
    let page = rita.get("/dead-letters").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    page.shows("The broker does not answer.");
}
