use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use lapin::options::BasicPublishOptions;
use lapin::{BasicProperties, Connection, ConnectionProperties};
use signup_bus::Outcome;
use signup_bus::rabbitmq::{DEAD_QUEUE, DeadLetters};
use signup_testkit::TestBroker;
use tokio::time::timeout;

use super::{LIMIT, Worker, event, options, publish, until_length};

const QUEUE: &str = "signup.notify.users";

async fn dead_ids(broker: &TestBroker) -> Vec<String> {
    let letters = DeadLetters::open(options(broker.url())).await.unwrap();
    let ids = letters.list(100).await.unwrap();
    letters.close().await;
    ids.into_iter().map(|letter| letter.event.id).collect()
}

#[tokio::test]
async fn what_fails_comes_again_later_with_its_attempts_counted() {
    let broker = TestBroker::create();
    let event = event();
    publish(broker.url(), std::slice::from_ref(&event)).await;
    let mut worker = Worker::start(broker.url(), 1, 5);
    let begin = Instant::now();

    for (attempt, at_least, at_most) in [(1, 0, 2_000), (2, 800, 4_000), (3, 4_800, 15_000)] {
        let delivery = worker.next().await;
        assert_eq!((&delivery.event, delivery.attempt), (&event, attempt));
        let waited = begin.elapsed().as_millis();
        assert!(
            (at_least..at_most).contains(&waited),
            "attempt {attempt} after {waited} ms"
        );
        delivery.settle(if attempt < 3 {
            Outcome::Later("the mail server is away".into())
        } else {
            Outcome::Done
        });
    }

    let totals = Arc::clone(&worker.totals);
    worker.stop().await;
    assert_eq!(totals.retried.load(Ordering::Relaxed), 2);
    until_length(&broker, QUEUE, 0).await;
    until_length(&broker, DEAD_QUEUE, 0).await;
}

#[tokio::test]
async fn a_poison_message_dies_after_its_attempts_and_the_others_go_on() {
    let broker = TestBroker::create();
    let events: Vec<_> = (0..20).map(|_| event()).collect();
    let poison = &events[3].id;
    publish(broker.url(), &events).await;
    let mut worker = Worker::start(broker.url(), 5, 2);

    let mut done = 0;
    let mut attempts = Vec::new();
    while done < 19 || attempts.len() < 2 {
        let delivery = worker.next().await;
        if &delivery.event.id == poison {
            attempts.push(delivery.attempt);
            delivery.settle(Outcome::Later("poison".into()));
        } else {
            done += 1;
            delivery.ack();
        }
    }
    assert_eq!(attempts, [1, 2]);
    let totals = Arc::clone(&worker.totals);
    worker.stop().await;
    // The broker has a message before it is counted, so count after the stop.
    assert_eq!(totals.dead.load(Ordering::Relaxed), 1);
    until_length(&broker, DEAD_QUEUE, 1).await;

    assert_eq!(dead_ids(&broker).await, [poison.as_str()]);
    until_length(&broker, QUEUE, 0).await;
}

#[tokio::test]
async fn what_can_never_be_dealt_with_dies_at_once() {
    let broker = TestBroker::create();
    let event = event();
    publish(broker.url(), std::slice::from_ref(&event)).await;
    let mut worker = Worker::start(broker.url(), 1, 10);
    worker
        .next()
        .await
        .settle(Outcome::Never("no such template".into()));
    until_length(&broker, DEAD_QUEUE, 1).await;
    worker.stop().await;
    assert_eq!(dead_ids(&broker).await, [event.id]);
}

#[tokio::test]
async fn a_message_whose_worker_always_ends_dies_at_the_delivery_limit() {
    let broker = TestBroker::create();
    let event = event();
    publish(broker.url(), std::slice::from_ref(&event)).await;
    let mut worker = Worker::start(broker.url(), 1, 10);
    let mut dropped = 0;
    while broker.queue_length(DEAD_QUEUE) == Some(0) {
        match timeout(Duration::from_millis(500), worker.subscription.next()).await {
            Ok(delivery) => {
                drop(delivery.unwrap());
                dropped += 1;
            }
            Err(_) => continue,
        }
    }
    worker.stop().await;

    assert_eq!(dropped, 21);
    let letters = DeadLetters::open(options(broker.url())).await.unwrap();
    let letter = letters.find(&event.id).await.unwrap().unwrap();
    letters.close().await;
    assert_eq!(
        letter.problem,
        "the worker ended 21 times while it handled this"
    );
    assert_eq!(letter.event, event);
    assert_eq!(letter.attempts, 0);
    assert!(letter.died.is_some());
}

#[tokio::test]
async fn a_body_that_is_no_event_dies_at_once_and_shows_why() {
    let broker = TestBroker::create();
    publish(broker.url(), &[event()]).await;
    let connection = Connection::connect(broker.url(), ConnectionProperties::default())
        .await
        .unwrap();
    let channel = connection.create_channel().await.unwrap();
    channel
        .basic_publish(
            "signup.events".into(),
            "user.created.acme".into(),
            BasicPublishOptions::default(),
            b"not an event",
            BasicProperties::default().with_message_id("m1".into()),
        )
        .await
        .unwrap()
        .await
        .unwrap();

    let mut worker = Worker::start(broker.url(), 10, 10);
    worker.next().await.ack();
    until_length(&broker, DEAD_QUEUE, 1).await;
    worker.stop().await;

    let letters = DeadLetters::open(options(broker.url())).await.unwrap();
    let letter = letters.list(10).await.unwrap().remove(0);
    letters.close().await;
    assert_eq!(letter.event.id, "m1");
    assert_eq!(letter.event.envelope, "not an event");
    assert!(letter.problem.contains("no CloudEvents JSON"), "{letter:?}");
}

#[tokio::test]
async fn a_stop_hands_back_what_was_not_begun_and_waits_for_what_was() {
    let broker = TestBroker::create();
    let events: Vec<_> = (0..8).map(|_| event()).collect();
    publish(broker.url(), &events).await;
    let mut worker = Worker::start(broker.url(), 5, 3);
    let begun = worker.next().await;
    until_length(&broker, QUEUE, 3).await;

    worker.tell_to_stop();
    // What it still hands out before it knows is not begun either.
    while timeout(LIMIT, worker.subscription.next())
        .await
        .unwrap()
        .is_some()
    {}
    until_length(&broker, QUEUE, 7).await;
    assert!(!worker.task.is_finished());
    begun.ack();
    timeout(LIMIT, worker.task).await.unwrap().unwrap();

    let mut other = Worker::start(broker.url(), 5, 3);
    for event in &events[1..] {
        let delivery = other.next().await;
        assert_eq!(&delivery.event.id, &event.id);
        delivery.ack();
    }
    other.stop().await;
    until_length(&broker, QUEUE, 0).await;
}

#[tokio::test]
async fn a_worker_that_drops_its_subscription_gives_everything_back() {
    let broker = TestBroker::create();
    publish(broker.url(), &[event(), event()]).await;
    let mut worker = Worker::start(broker.url(), 2, 3);
    drop(worker.next().await);
    drop(worker.subscription);
    timeout(LIMIT, worker.task).await.unwrap().unwrap();
    until_length(&broker, QUEUE, 2).await;
}
