//! The broker, and what the worker gave up.

use signup_bus::rabbitmq::{BrokerOptions, DeadLetters};

use super::Finding;
use crate::workplace::Workplace;

/// Checks the broker, if the settings name one. Declares what the services would declare, so that a permission that is
/// missing shows here first.
pub(super) async fn check(place: &Workplace) -> Vec<Finding> {
    match place.settings.bus.broker("signupctl doctor") {
        Some(broker) => look(broker).await,
        None => Vec::new(),
    }
}

async fn look(broker: BrokerOptions) -> Vec<Finding> {
    let url = broker.url.clone();
    let letters = match DeadLetters::open(broker).await {
        Ok(letters) => letters,
        Err(error) => {
            return vec![Finding::fail(
                "broker",
                format!("{url}: {error}"),
                "sign-ups go on without it; events and codes wait in the outbox until it is back",
            )];
        }
    };
    let count = letters.count().await;
    letters.close().await;
    let dead = match count {
        Ok(0) => Finding::ok("dead letters", "the worker has given up nothing"),
        Ok(count) => Finding::warn(
            "dead letters",
            format!("the worker has given up {count} messages"),
            "see why with: signupctl dead list",
        ),
        Err(error) => Finding::fail("dead letters", error.to_string(), "is the broker healthy?"),
    };
    vec![
        Finding::ok(
            "broker",
            format!("{url} answers, and everything is declared"),
        ),
        dead,
    ]
}
