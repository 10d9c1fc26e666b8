//! The bus of the embedded default: queues in this process.
//!
//! An event counts as published when every consumer that is bound to its routing key has handled it. So nothing is lost
//! when the process dies in between: the event is still in the outbox, and the next start publishes it again.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use signup_core::event::EventMessage;
use tokio::sync::{mpsc, oneshot};

use crate::{Bus, Delivery, Outcome, PublishError, Subscription};

/// Events that may wait in front of one consumer before the relay has to wait.
const QUEUE_LENGTH: usize = 64;

/// Queues in this process.
#[derive(Default)]
pub struct InProcessBus {
    queues: Mutex<Vec<Queue>>,
}

struct Queue {
    bindings: Vec<String>,
    deliveries: mpsc::Sender<Delivery>,
}

impl InProcessBus {
    /// A bus without consumers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a queue that gets every event whose routing key matches one of the bindings: words separated by dots, `*`
    /// for one word, `#` for any number of words (AMQP 0-9-1, topic exchanges).
    pub fn subscribe(&self, bindings: &[&str]) -> Subscription {
        let (sender, deliveries) = mpsc::channel(QUEUE_LENGTH);
        self.lock().push(Queue {
            bindings: bindings.iter().map(ToString::to_string).collect(),
            deliveries: sender,
        });
        Subscription::new(deliveries)
    }

    /// The queues that an event goes to; the ones whose consumer is gone are forgotten.
    fn route(&self, routing_key: &str) -> Vec<mpsc::Sender<Delivery>> {
        let mut queues = self.lock();
        queues.retain(|queue| !queue.deliveries.is_closed());
        queues
            .iter()
            .filter(|queue| {
                queue
                    .bindings
                    .iter()
                    .any(|binding| matches(binding, routing_key))
            })
            .map(|queue| queue.deliveries.clone())
            .collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Queue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Bus for InProcessBus {
    async fn publish(&self, events: &[EventMessage]) -> Vec<Result<(), PublishError>> {
        let mut waiting = Vec::with_capacity(events.len());
        for event in events {
            waiting.push(enqueue(self.route(&event.routing_key), event).await);
        }
        let mut results = Vec::with_capacity(events.len());
        for handled in waiting {
            results.push(outcome(handled).await);
        }
        results
    }
}

type Settled = oneshot::Receiver<Outcome>;

async fn enqueue(
    queues: Vec<mpsc::Sender<Delivery>>,
    event: &EventMessage,
) -> Result<Vec<Settled>, PublishError> {
    if queues.is_empty() {
        return Err(PublishError::Unroutable(event.routing_key.clone()));
    }
    let mut waiting = Vec::with_capacity(queues.len());
    for queue in queues {
        // The outbox counts the attempts.
        let (delivery, settled) = Delivery::new(event.clone(), 1);
        if queue.send(delivery).await.is_err() {
            return Err(PublishError::Unavailable("the consumer is gone".to_owned()));
        }
        waiting.push(settled);
    }
    Ok(waiting)
}

async fn outcome(settled: Result<Vec<Settled>, PublishError>) -> Result<(), PublishError> {
    for wait in settled? {
        match wait.await {
            // There is nowhere to keep an event that nobody can deal with; its consumer has logged it.
            Ok(Outcome::Done | Outcome::Never(_)) => {}
            Ok(Outcome::Later(problem)) => return Err(PublishError::Refused(problem)),
            Err(_) => {
                return Err(PublishError::Refused(
                    "the consumer dropped it unsettled".to_owned(),
                ));
            }
        }
    }
    Ok(())
}

fn matches(binding: &str, routing_key: &str) -> bool {
    fn words_match(binding: &[&str], key: &[&str]) -> bool {
        match (binding.split_first(), key.split_first()) {
            (None, None) => true,
            (Some((&"#", rest)), _) => {
                words_match(rest, key) || (!key.is_empty() && words_match(binding, &key[1..]))
            }
            (Some((&"*", rest)), Some((_, key))) => words_match(rest, key),
            (Some((word, rest)), Some((key_word, key))) => {
                word == key_word && words_match(rest, key)
            }
            _ => false,
        }
    }
    let binding: Vec<&str> = binding.split('.').collect();
    let key: Vec<&str> = routing_key.split('.').collect();
    words_match(&binding, &key)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn bindings_match_as_topic_exchanges_do() {
        for (binding, key, expected) in [
            ("user.created.*", "user.created.acme", true),
            ("user.created.*", "user.created", false),
            ("user.created.*", "user.created.acme.x", false),
            ("user.#", "user", true),
            ("user.#", "user.created.acme", true),
            ("#.acme", "user.created.acme", true),
            ("#", "otp.requested.sms", true),
            ("otp.requested.sms", "otp.requested.email", false),
        ] {
            assert_eq!(matches(binding, key), expected, "{binding} {key}");
        }
    }
}
