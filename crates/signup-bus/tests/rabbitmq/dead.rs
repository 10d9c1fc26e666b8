use signup_bus::Outcome;
use signup_bus::rabbitmq::{DEAD_QUEUE, DeadLetters};
use signup_core::event::EventMessage;
use signup_store::Lane;
use signup_testkit::TestBroker;

use super::{Worker, event, options, publish, until_length};

/// Letters of these events, in this order.
async fn letters_of(broker: &TestBroker, events: &[EventMessage]) -> DeadLetters {
    publish(broker.url(), events).await;
    let mut worker = Worker::start(broker.url(), 1, 5);
    for event in events {
        let delivery = worker.next().await;
        assert_eq!(delivery.event.id, event.id);
        delivery.settle(Outcome::Never(format!("cannot send {}", event.id)));
    }
    worker.stop().await;
    DeadLetters::open(options(broker.url())).await.unwrap()
}

fn ids(events: &[EventMessage]) -> Vec<&str> {
    events.iter().map(|event| event.id.as_str()).collect()
}

async fn listed(letters: &DeadLetters) -> Vec<String> {
    let list = letters.list(usize::MAX).await.unwrap();
    list.into_iter().map(|letter| letter.event.id).collect()
}

#[tokio::test]
async fn letters_tell_what_happened_and_stay_however_often_they_are_looked_at() {
    let broker = TestBroker::create();
    let events = [event(), event(), event()];
    let letters = letters_of(&broker, &events).await;

    for _ in 0..25 {
        assert_eq!(listed(&letters).await, ids(&events));
    }

    assert_eq!(letters.list(2).await.unwrap().len(), 2);
    assert_eq!(letters.count().await.unwrap(), 3);
    let letter = letters.find(&events[1].id).await.unwrap().unwrap();
    assert_eq!(letter.event, events[1]);
    assert_eq!(letter.problem, format!("cannot send {}", events[1].id));
    assert_eq!((letter.attempts, letter.lane), (1, Lane::Others));
    assert!(letter.first_failure.is_some() && letter.died >= letter.first_failure);
    assert_eq!(letters.find("no such id").await.unwrap(), None);
    letters.close().await;
}

#[tokio::test]
async fn a_redriven_letter_comes_again_with_the_same_id_and_as_if_for_the_first_time() {
    let broker = TestBroker::create();
    let events = [event(), event(), event()];
    let letters = letters_of(&broker, &events).await;

    let wanted = &events[1].id;
    let moved = letters.redrive(|letter| &letter.event.id == wanted).await;
    assert_eq!(moved, Ok(1));

    assert_eq!(listed(&letters).await, [&*events[0].id, &*events[2].id]);
    let mut worker = Worker::start(broker.url(), 1, 5);
    let delivery = worker.next().await;
    assert_eq!((&delivery.event, delivery.attempt), (&events[1], 1));
    delivery.ack();
    worker.stop().await;
    letters.close().await;
}

#[tokio::test]
async fn all_letters_can_be_redriven_in_their_order() {
    let broker = TestBroker::create();
    let events: Vec<_> = (0..250).map(|_| event()).collect();
    let letters = letters_of(&broker, &events).await;

    assert_eq!(letters.redrive(|_| true).await, Ok(250));

    until_length(&broker, DEAD_QUEUE, 0).await;
    let mut worker = Worker::start(broker.url(), 10, 5);
    for event in &events {
        let delivery = worker.next().await;
        assert_eq!(delivery.event.id, event.id);
        delivery.ack();
    }
    worker.stop().await;
    letters.close().await;
}

#[tokio::test]
async fn discarded_letters_are_gone_and_the_others_stay() {
    let broker = TestBroker::create();
    let events = [event(), event(), event()];
    let letters = letters_of(&broker, &events).await;
    let unwanted = &events[0].id;
    let removed = letters.discard(|letter| &letter.event.id == unwanted).await;
    assert_eq!(removed, Ok(1));
    assert_eq!(listed(&letters).await, ids(&events[1..]));
    letters.close().await;
}
