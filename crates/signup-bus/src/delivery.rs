//! An event in a consumer's hands, whatever bus it came from.

use signup_core::event::EventMessage;
use tokio::sync::{mpsc, oneshot};

/// A consumer's end of a queue.
pub struct Subscription {
    deliveries: mpsc::Receiver<Delivery>,
}

impl Subscription {
    pub(crate) fn new(deliveries: mpsc::Receiver<Delivery>) -> Self {
        Self { deliveries }
    }

    /// The next event; none when the bus is gone.
    pub async fn next(&mut self) -> Option<Delivery> {
        self.deliveries.recv().await
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
    outcome: oneshot::Sender<Outcome>,
}

impl Delivery {
    /// A delivery, and what its consumer will make of it; an error there means that it was dropped unsettled.
    pub(crate) fn new(event: EventMessage) -> (Self, oneshot::Receiver<Outcome>) {
        let (outcome, settled) = oneshot::channel();
        (Self { event, outcome }, settled)
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
