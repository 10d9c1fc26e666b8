//! Publishing, consuming and dead letters on a real RabbitMQ.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod connect;
mod consume;
mod dead;
mod losses;
mod publish;
mod tls;
mod topology;

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use signup_bus::rabbitmq::{
    BrokerOptions, BrokerUrl, ConsumerSettings, ConsumerTotals, RabbitBus, consume,
};
use signup_bus::{Bus as _, Delivery, Subscription};
use signup_core::event::EventMessage;
use signup_store::Lane;
use signup_testkit::{TestBroker, eventually};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use uuid::Uuid;

/// Nothing in here takes as long, unless it is broken.
const LIMIT: Duration = Duration::from_secs(60);

fn options(url: &str) -> BrokerOptions {
    BrokerOptions {
        url: BrokerUrl::parse(url).unwrap(),
        ca_file: None,
        name: "bus-test".into(),
    }
}

/// An event of a user.
fn event() -> EventMessage {
    event_with_key("user.created.acme")
}

fn event_with_key(routing_key: &str) -> EventMessage {
    let id = Uuid::now_v7().to_string();
    let envelope = json!({
        "specversion": "1.0",
        "id": id,
        "source": "/acme/people/shop",
        "type": "signup.user.created.v1",
        "subject": "user-1",
        "data": {"user": {"id": "user-1"}},
    });
    EventMessage {
        id,
        event_type: "signup.user.created.v1".into(),
        subject: "user-1".into(),
        routing_key: routing_key.into(),
        envelope: envelope.to_string(),
    }
}

async fn publish(url: &str, events: &[EventMessage]) {
    let bus = RabbitBus::new(options(url));
    for result in bus.publish(events).await {
        result.unwrap();
    }
    bus.close().await;
}

/// Waits until so many messages wait in a queue: what was given back is counted a moment later.
async fn until_length(broker: &TestBroker, queue: &str, length: u32) {
    eventually(LIMIT, || async {
        match broker.queue_length(queue) {
            Some(found) if found == length => Ok(()),
            found => Err(format!("{found:?} of {length} messages in {queue}")),
        }
    })
    .await;
}

/// A worker's end of the queue for users.
struct Worker {
    subscription: Subscription,
    totals: Arc<ConsumerTotals>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Worker {
    fn start(url: &str, prefetch: u16, attempts: u32) -> Self {
        let (stop, stopped) = oneshot::channel();
        let totals = Arc::<ConsumerTotals>::default();
        let settings = ConsumerSettings {
            lane: Lane::Others,
            prefetch,
            attempts,
        };
        let (subscription, task) = consume(options(url), settings, Arc::clone(&totals), async {
            let _ = stopped.await;
        });
        Self {
            subscription,
            totals,
            stop: Some(stop),
            task,
        }
    }

    async fn next(&mut self) -> Delivery {
        timeout(LIMIT, self.subscription.next())
            .await
            .expect("a message in time")
            .expect("the subscription goes on")
    }

    fn tell_to_stop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
    }

    async fn stop(mut self) {
        self.tell_to_stop();
        timeout(LIMIT, &mut self.task).await.unwrap().unwrap();
    }
}
