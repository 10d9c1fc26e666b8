//! Nothing fails: what is asked for arrives, once.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::Value;
use signup_testkit::TestBroker;
use signup_testkit::eventually;
use signup_testkit::mail::{ANYBODY, Answer};

use crate::stage::{CODES, DEAD, PATIENCE, Stage, code_in, start_worker, until_length, value_of};

fn delivered(message: &str) -> String {
    format!(
        "signup_deliveries_total{{channel=\"email\",message=\"{message}\",outcome=\"delivered\"}}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_arrives_its_sign_up_succeeds_and_a_welcome_follows() {
    let broker = TestBroker::create();
    let stage = Stage::start(&broker).await;
    let worker = stage.worker().await;

    let token = stage.ask("ann@example.com").await;
    let mail = stage.mail_to("ann@example.com").await;
    stage
        .sign_up("ann@example.com", &token, &code_in(&mail))
        .await;

    let records = stage.until_recorded("delivered", 2).await;
    assert_eq!(stage.count_to("ann@example.com"), 2);
    let welcome = &stage.mail.messages()[1];
    assert!(!welcome.text().unwrap().contains(&code_in(&mail)));
    let mut ids: Vec<String> = Vec::new();
    for event in stage.service.events().await {
        ids.push(event["id"].as_str().unwrap().to_owned());
    }
    ids.sort();
    for (record, id) in records.iter().zip(&ids) {
        assert_eq!(&record.event_id, id);
        assert_eq!(
            (record.attempts, record.sender.as_deref()),
            (1, Some("mail"))
        );
    }
    assert_eq!(stage.service.user_count().await, 1);
    for message in ["code", "welcome"] {
        let metrics = worker.metrics().await;
        assert_eq!(value_of(&metrics, &delivered(message)), 1.0, "{message}");
    }
    let published = "signup_events_published_total";
    assert_eq!(value_of(&stage.service.metrics().await, published), 2.0);
    for secret in ["ann@example.com", &code_in(&mail)] {
        assert!(!worker.log().contains(secret), "{}", worker.log());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_broker_the_worker_takes_its_events_from_the_outbox() {
    let stage = Stage::with(&[("bus.local_messages", "off")]).await;
    let token = stage.ask("ann@example.com").await;
    let _worker = stage.worker().await;
    let mail = stage.mail_to("ann@example.com").await;
    stage
        .sign_up("ann@example.com", &token, &code_in(&mail))
        .await;
    stage.until_recorded("delivered", 2).await;
    stage.service.drained().await;
    assert_eq!(stage.count_to("ann@example.com"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_send_each_of_200_codes_once() {
    let broker = TestBroker::create();
    let stage = Stage::start(&broker).await;
    let workers = [stage.worker().await, stage.worker().await];

    let addresses: Vec<_> = (0..200).map(|n| format!("ann{n}@example.com")).collect();
    for some in addresses.chunks(20) {
        join_all(some.iter().map(|address| stage.ask(address))).await;
    }

    stage.until_recorded("delivered", 200).await;
    for address in &addresses {
        assert_eq!(stage.count_to(address), 1, "{address}");
    }
    let mut by_all = 0.0;
    for worker in &workers {
        let by_one = value_of(&worker.metrics().await, &delivered("code"));
        assert!(by_one > 0.0, "one of two workers did nothing");
        by_all += by_one;
    }
    assert_eq!(by_all, 200.0);
    until_length(&broker, CODES, 0).await;
    until_length(&broker, DEAD, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_mail_server_holds_no_connection_to_the_database() {
    let broker = TestBroker::create();
    let settings = [
        ("bus.url", broker.url()),
        ("database.pool_size", "2"),
        ("database.pool_wait", "500ms"),
    ];
    let mut stage = Stage::with(&settings).await;
    stage
        .mail
        .answer(ANYBODY, &Answer::Delay(Duration::from_secs(10)));
    let _worker = stage.worker().await;
    let addresses: Vec<_> = (0..8).map(|n| format!("ann{n}@example.com")).collect();
    join_all(addresses.iter().map(|address| stage.ask(address))).await;
    eventually(PATIENCE, || async {
        let taken = stage.mail.messages().len();
        (taken == 8)
            .then_some(())
            .ok_or(format!("{taken} of 8 mails are under way"))
    })
    .await;

    let begin = Instant::now();
    for number in 0..10 {
        stage.sign_up_as(&format!("ann_{number}")).await;
    }
    let took = begin.elapsed();

    // The mails were under way all the while, four times as many as each process has connections.
    assert!(stage.deliveries().iter().all(|one| one.state == "started"));
    assert!(took < Duration::from_secs(3), "ten sign-ups took {took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_sends_as_many_messages_at_a_time_as_prefetch_says() {
    let broker = TestBroker::create();
    let mut stage = Stage::start(&broker).await;
    stage
        .mail
        .answer(ANYBODY, &Answer::Delay(Duration::from_secs(60)));
    let addresses: Vec<_> = (0..40).map(|n| format!("ann{n}@example.com")).collect();
    join_all(addresses.iter().map(|address| stage.ask(address))).await;
    let mut environment = stage.environment();
    for (key, value) in [
        ("SIGNUP__WORKER__PREFETCH", "30"),
        ("SIGNUP__CHANNEL__MAIL__TIMEOUT", "60s"),
    ] {
        environment.insert(key.to_owned(), value.to_owned());
    }

    let _worker = start_worker(&environment).await;

    stage.until_recorded("started", 30).await;
    // No reply comes so soon: all of these are with the mail server at the same time.
    eventually(PATIENCE, || async {
        let taken = stage.mail.messages().len();
        (taken == 30)
            .then_some(())
            .ok_or(format!("{taken} of 30 mails are under way"))
    })
    .await;
    assert_eq!(stage.deliveries().len(), 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poison_event_dies_and_the_codes_behind_it_go_on() {
    let broker = TestBroker::create();
    let stage = Stage::start(&broker).await;
    let _worker = stage.worker().await;
    until_length(&broker, CODES, 0).await;
    broker.put(CODES, "poison", r#"{"specversion":"1.0","id":"poison"}"#);

    stage.ask("ann@example.com").await;
    stage.mail_to("ann@example.com").await;

    until_length(&broker, DEAD, 1).await;
    stage.until_recorded("delivered", 1).await;
    until_length(&broker, CODES, 0).await;
    let letter = broker.take(DEAD).remove(0);
    assert_eq!(letter["properties"]["message_id"], "poison");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_event_has_the_same_id_and_sends_no_second_mail() {
    let broker = TestBroker::create();
    broker.bind("crm", "#");
    let stage = Stage::start(&broker).await;
    let _worker = stage.worker().await;
    let token = stage.ask("ann@example.com").await;
    let code = code_in(&stage.mail_to("ann@example.com").await);
    stage.sign_up("ann@example.com", &token, &code).await;
    stage.until_recorded("delivered", 2).await;
    let ids = taken_ids(&broker, 2).await;

    let store = &stage.service.app.store;
    let now = stage.service.app.clock.now();
    assert_eq!(store.replay_events(ids.clone(), now).await.unwrap(), 2);

    assert_eq!(taken_ids(&broker, 2).await, ids);
    for queue in [CODES, "signup.notify.users"] {
        until_length(&broker, queue, 0).await;
    }
    // Behind the repeats in both lanes.
    let token = stage.ask("bob@example.com").await;
    let code = code_in(&stage.mail_to("bob@example.com").await);
    stage.sign_up("bob@example.com", &token, &code).await;
    let records = stage.until_recorded("delivered", 4).await;
    assert!(records.iter().all(|record| record.attempts == 1));
    assert_eq!(stage.count_to("ann@example.com"), 2);
}

/// Takes that many messages out of the consumer's queue, and sorts their ids, which are those of the events in them.
async fn taken_ids(broker: &TestBroker, count: usize) -> Vec<String> {
    let length = u32::try_from(count).unwrap();
    until_length(broker, "crm", length).await;
    let taken = broker.take("crm");
    let mut ids: Vec<_> = taken
        .iter()
        .map(|message| {
            let event: Value = serde_json::from_str(message["payload"].as_str().unwrap()).unwrap();
            assert_eq!(event["id"], message["properties"]["message_id"]);
            event["id"].as_str().unwrap().to_owned()
        })
        .collect();
    ids.sort();
    ids
}
