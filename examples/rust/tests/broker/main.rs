//! The consumers of `examples/` against a real broker: run as processes, fed with the published samples, killed.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod consumer;
mod samples;

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use signup_bus::rabbitmq::EVENTS_EXCHANGE;
use signup_testkit::{TestBroker, contract, eventually};
use url::Url;

use crate::consumer::{Consumer, Kind};
use crate::samples::{message, new_users, publish, samples};

const PATIENCE: Duration = Duration::from_secs(60);

/// Makes two tests, one for each consumer, of a function that takes a kind of consumer.
macro_rules! with_both {
    ($($name:ident),+ $(,)?) => {
        mod rust {
            $(#[tokio::test]
            async fn $name() {
                super::$name(crate::consumer::Kind::Rust).await;
            })+
        }
        mod python {
            $(#[tokio::test]
            async fn $name() {
                super::$name(crate::consumer::Kind::Python).await;
            })+
        }
    };
}

with_both!(
    events_are_taken_exactly_once_however_often_they_come_and_the_consumer_is_killed,
    what_cannot_be_read_is_put_aside_and_the_rest_goes_on,
    a_lost_connection_is_replaced,
    the_documented_permissions_are_enough,
);

async fn events_are_taken_exactly_once_however_often_they_come_and_the_consumer_is_killed(
    kind: Kind,
) {
    let broker = TestBroker::create();
    let folder = tempfile::tempdir().unwrap();
    // Ready once, so that its queue is there.
    let first = Consumer::start(kind, broker.url(), folder.path(), &[]).await;
    let samples = samples();
    let bulk: Vec<_> = (0..200).flat_map(|_| new_users(&samples)).collect();
    let expected = bulk.len()
        + samples
            .iter()
            .filter(|sample| sample.routing_key.starts_with("user.created."))
            .count();
    publish(&broker, &bulk).await;
    publish(&broker, &samples).await;
    // Again, but for those that come first, while it is killed: a loss must not be made good by a repeat.
    publish(&broker, &samples).await;
    publish(&broker, &bulk[bulk.len() / 2..]).await;

    // A line is printed between commit and acknowledgement: that is where it is killed.
    let mut printed = first.read_lines(20).await;
    first.kill();
    for _ in 0..8 {
        let next = Consumer::start(kind, broker.url(), folder.path(), &[]).await;
        printed.extend(next.read_lines(20).await);
        next.kill();
    }
    let last = Consumer::start(kind, broker.url(), folder.path(), &[]).await;
    eventually(PATIENCE, async || {
        let (taken, waiting) = (last.taken().len(), broker.queue_length(kind.queue()));
        if taken == expected && waiting == Some(0) {
            Ok(())
        } else {
            Err(format!(
                "{taken} of {expected} events are taken, {waiting:?} messages wait"
            ))
        }
    })
    .await;

    let taken = last.taken();
    let mut ids: Vec<_> = bulk
        .iter()
        .chain(&samples)
        .filter(|event| event.routing_key.starts_with("user.created."))
        .map(|event| event.id.clone())
        .collect();
    ids.sort();
    assert_eq!(taken, ids);
    printed.sort();
    let repeated = printed.windows(2).find(|pair| pair[0] == pair[1]);
    assert_eq!(repeated, None, "an event's effect was seen twice");
    last.terminate().await;
}

async fn what_cannot_be_read_is_put_aside_and_the_rest_goes_on(kind: Kind) {
    let broker = TestBroker::create();
    let folder = tempfile::tempdir().unwrap();
    let consumer = Consumer::start(
        kind,
        broker.url(),
        folder.path(),
        &["--once", "1", "--binding", "#"],
    )
    .await;
    let samples = samples();
    let good = samples
        .iter()
        .find(|sample| sample.routing_key.starts_with("user.created."))
        .unwrap();
    let code = samples
        .iter()
        .find(|sample| sample.routing_key.starts_with("otp."))
        .unwrap();
    let mut unreadable = Vec::new();
    for envelope in [
        "not JSON".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        good.envelope.replace("\"1.0\"", "\"2.0\""),
        good.envelope.replace("\"user\"", "\"nobody\""),
        // The id of another event.
        code.envelope.clone(),
    ] {
        unreadable.push(message(good, good.id.clone(), envelope));
    }
    publish(&broker, &unreadable).await;
    // Another type of event, which is none of its business.
    publish(&broker, &[code.clone(), good.clone()]).await;

    consumer.ends().await;
    assert_eq!(consumer.taken(), std::slice::from_ref(&good.id));
    let dead = format!("{}.dead", kind.queue());
    eventually(PATIENCE, async || {
        match (
            broker.queue_length(kind.queue()),
            broker.queue_length(&dead),
        ) {
            (Some(0), Some(6)) => Ok(()),
            lengths => Err(format!("queue and dead letters: {lengths:?}")),
        }
    })
    .await;
    // It says what happened, and nothing of what stood in the messages.
    let errors = consumer.errors();
    assert_eq!(errors.matches(&dead).count(), 6, "{errors}");
    assert!(!errors.contains("example.com"), "{errors}");
}

async fn a_lost_connection_is_replaced(kind: Kind) {
    let broker = TestBroker::create();
    let folder = tempfile::tempdir().unwrap();
    let consumer = Consumer::start(kind, broker.url(), folder.path(), &[]).await;
    // The broker learns of a connection a moment after the client does.
    eventually(PATIENCE, async || {
        broker.close_connections();
        consumer
            .errors()
            .contains("trying again")
            .then_some(())
            .ok_or("it has not noticed yet")
    })
    .await;
    let samples = samples();
    publish(&broker, &samples).await;
    consumer.read_lines(new_users(&samples).len()).await;
    consumer.terminate().await;
}

async fn the_documented_permissions_are_enough(kind: Kind) {
    let documentation = include_str!("../../../../docs/events.md");
    let (_, command) = documentation.split_once("set_permissions crm ").unwrap();
    let patterns: Vec<_> = command
        .lines()
        .next()
        .unwrap()
        .split('\'')
        .skip(1)
        .step_by(2)
        .collect();
    let [configure, write, read] = patterns[..] else {
        panic!("not three patterns: {patterns:?}");
    };

    let broker = TestBroker::create();
    // Declared by the services.
    publish(&broker, &samples()).await;
    let (user, vhost) = (format!("{}_crm", broker.vhost()), broker.vhost());
    let account = json!({"password": "crm-password", "tags": ""});
    let permissions = json!({"configure": configure, "write": write, "read": read});
    broker.manage(Method::PUT, &["users", &user], Some(account));
    broker.manage(
        Method::PUT,
        &["permissions", vhost, &user],
        Some(permissions),
    );
    let mut url = Url::parse(broker.url()).unwrap();
    url.set_username(&user).unwrap();
    url.set_password(Some("crm-password")).unwrap();

    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--queue", "crm.sign-ups", "--once", "1"];
    let consumer = Consumer::start(kind, url.as_str(), folder.path(), &arguments).await;
    publish(&broker, &samples()).await;
    consumer.ends().await;
    broker.manage(Method::DELETE, &["users", &user], None);
}

#[test]
fn the_consumers_name_the_exchange_as_the_services_do() {
    for kind in [Kind::Rust, Kind::Python] {
        assert!(kind.source().contains(&format!("\"{EVENTS_EXCHANGE}\"")));
    }
    let channels = contract::channels(&contract::asyncapi());
    for channel in channels.as_object().unwrap().values() {
        assert_eq!(channel["exchange"]["name"], EVENTS_EXCHANGE);
    }
}
