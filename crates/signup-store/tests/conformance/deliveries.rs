use signup_store::{DeliveryStart, DeliveryState, Store};

use crate::fixture::{Fixture, NOW};
use crate::on_both;

on_both!(
    one_of_many_workers_may_send_a_message,
    a_failed_delivery_may_be_tried_again,
    what_is_known_of_a_delivery_does_not_become_unknown,
);

async fn start(store: &Store) -> DeliveryStart {
    store.start_delivery("event-1", NOW).await.unwrap()
}

async fn finish(store: &Store, state: DeliveryState) {
    store
        .finish_delivery("event-1", state, None, None, NOW)
        .await
        .unwrap();
}

async fn one_of_many_workers_may_send_a_message(fixture: Fixture) {
    let processes = [fixture.store.clone(), fixture.another_process()];
    let tasks: Vec<_> = (0..20)
        .map(|number| {
            let store = processes[number % 2].clone();
            tokio::spawn(async move { start(&store).await })
        })
        .collect();
    let mut sent = 0;
    for task in tasks {
        match task.await.unwrap() {
            DeliveryStart::Send => sent += 1,
            other => assert_eq!(other, DeliveryStart::UnderWay(NOW)),
        }
    }
    assert_eq!(sent, 1);
}

async fn a_failed_delivery_may_be_tried_again(fixture: Fixture) {
    let store = &fixture.store;
    assert_eq!(start(store).await, DeliveryStart::Send);
    finish(store, DeliveryState::Failed).await;
    assert_eq!(start(store).await, DeliveryStart::Send);
    finish(store, DeliveryState::Delivered).await;
    assert_eq!(
        start(store).await,
        DeliveryStart::Done(DeliveryState::Delivered)
    );
}

async fn what_is_known_of_a_delivery_does_not_become_unknown(fixture: Fixture) {
    let store = &fixture.store;
    for (first, second, expected) in [
        (
            DeliveryState::Delivered,
            DeliveryState::Unknown,
            DeliveryState::Delivered,
        ),
        (
            DeliveryState::Unknown,
            DeliveryState::Delivered,
            DeliveryState::Delivered,
        ),
    ] {
        let event = first.as_str();
        store.start_delivery(event, NOW).await.unwrap();
        for state in [first, second] {
            store
                .finish_delivery(event, state, None, None, NOW)
                .await
                .unwrap();
        }
        assert_eq!(
            store.start_delivery(event, NOW).await.unwrap(),
            DeliveryStart::Done(expected)
        );
    }
}
