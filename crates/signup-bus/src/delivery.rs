//! An event in a consumer's hands, whatever bus it came from.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signup_core::event::EventMessage;
use tokio::sync::{mpsc, oneshot};

/// A consumer's end of a queue.
pub struct Subscription {
    deliveries: mpsc::Receiver<Delivery>,
    withdrawn: Arc<AtomicBool>,
}

impl Subscription {
    pub(crate) fn new(deliveries: mpsc::Receiver<Delivery>) -> Self {
        Self::withdrawable(deliveries, Arc::default())
    }

    /// A subscription that hands out nothing more once `withdrawn` is set; what waits in it goes back then.
    pub(crate) fn withdrawable(
        deliveries: mpsc::Receiver<Delivery>,
        withdrawn: Arc<AtomicBool>,
    ) -> Self {
        Self {
            deliveries,
            withdrawn,
        }
    }

    /// The next event; none when the bus is gone or the subscription was ended.
    pub async fn next(&mut self) -> Option<Delivery> {
        while let Some(delivery) = self.deliveries.recv().await {
            // Nobody waits for its outcome when it came over a connection that was lost: the event comes again.
            if !self.withdrawn.load(Ordering::Acquire) && !delivery.outcome.is_closed() {
                return Some(delivery);
            }
        }
        None
    }
}

/// What a consumer made of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is dealt with and must not come again.
    Done,
    /// It could not be dealt with now, for this reason; it is to come again.
    Later(String),
    /// It can never be dealt with, for this reason.
    Never(String),
}

/// An event in a consumer's hands. Dropping it unsettled gives it back.
pub struct Delivery {
    /// The event.
    pub event: EventMessage,
    /// Which attempt this is, from 1. A worker that ended while it held the event counts for none.
    pub attempt: u32,
    outcome: oneshot::Sender<Outcome>,
}

impl Delivery {
    /// A delivery, and what its consumer will make of it; an error there means that it was dropped unsettled.
    pub(crate) fn new(event: EventMessage, attempt: u32) -> (Self, oneshot::Receiver<Outcome>) {
        let (outcome, settled) = oneshot::channel();
        let delivery = Self {
            event,
            attempt,
            outcome,
        };
        (delivery, settled)
    }

    /// Tells the bus what became of it.
    pub fn settle(self, outcome: Outcome) {
        // A bus that stopped waiting delivers the event again; the consumer recognises it by its id.
        let _ = self.outcome.send(outcome);
    }

    /// The event was dealt with.
    pub fn ack(self) {
        self.settle(Outcome::Done);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str) -> EventMessage {
        EventMessage {
            id: id.into(),
            event_type: String::new(),
            subject: String::new(),
            routing_key: String::new(),
            envelope: String::new(),
        }
    }

    #[tokio::test]
    async fn a_delivery_whose_outcome_nobody_waits_for_is_not_handed_out() {
        let (sender, deliveries) = mpsc::channel(2);
        let mut subscription = Subscription::new(deliveries);
        let (stale, lost) = Delivery::new(event("stale"), 1);
        let (fresh, _settled) = Delivery::new(event("fresh"), 1);
        sender.try_send(stale).ok().unwrap();
        sender.try_send(fresh).ok().unwrap();
        drop(lost);
        assert_eq!(subscription.next().await.unwrap().event.id, "fresh");
    }

    #[tokio::test]
    async fn a_withdrawn_subscription_gives_back_what_waits_in_it() {
        let (sender, deliveries) = mpsc::channel(2);
        let withdrawn = Arc::<AtomicBool>::default();
        let mut subscription = Subscription::withdrawable(deliveries, Arc::clone(&withdrawn));
        let (waiting, settled) = Delivery::new(event("waiting"), 1);
        sender.try_send(waiting).ok().unwrap();
        withdrawn.store(true, Ordering::Release);
        drop(sender);
        assert!(subscription.next().await.is_none());
        assert!(settled.await.is_err());
    }
}
