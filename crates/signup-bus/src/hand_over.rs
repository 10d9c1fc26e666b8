//! The short way of an event from its commit to the bus: from memory to memory, without a claim.
//!
//! Whoever is about to commit an event reserves a [`Place`] first, and writes the event held by the relay that the place
//! belongs to (see [`Hold`]). After the commit the event is put into the place. What nobody was told of, because the
//! process died or never learned whether the commit succeeded, is free for every relay when its hold ends.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use signup_core::event::{EventMessage, Hold};
use signup_core::time::Timestamp;
use tokio::sync::mpsc::{self, OwnedPermit};

use crate::PUBLISHING;

/// Events that may be on their way to one relay, about 10 MB. More are written free and claimed when there is time.
const ROOM: usize = 8192;

/// How long an event may wait for its relay, its commit included. Then the claims have it.
const WAIT: Duration = Duration::from_secs(5);

/// How long an event is held. Short, because for so long it waits if its process dies between commit and publishing; but
/// no shorter than both of these together, so that no other relay publishes it at the same time.
const HOLD: Duration = WAIT.saturating_add(PUBLISHING);

/// Where the relay of one lane is handed events. Without a relay, or while that one does not reach the bus, there are no
/// places.
#[derive(Clone, Debug, Default)]
pub struct HandOver(Arc<Mutex<Option<Way>>>);

/// The way to one relay.
#[derive(Clone, Debug)]
struct Way {
    relay: String,
    open: Arc<AtomicBool>,
    room: mpsc::Sender<HandedOver>,
}

impl HandOver {
    /// Nobody takes anything over yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A place for an event that is written at `now`, if its relay could publish it at once. Only for an event that is
    /// the first of its subject: it goes past all that waits, also past earlier events of the subject.
    pub fn reserve(&self, now: Timestamp) -> Option<Place> {
        let way = self.lock().clone()?;
        if !way.open.load(Ordering::Acquire) {
            return None;
        }
        let room = way.room.try_reserve_owned().ok()?;
        let hold = Hold {
            by: way.relay,
            until: now.after(HOLD),
        };
        Some(Place { hold, room })
    }

    /// The end of the relay of this name, closed at first. It takes the place of a relay before it.
    pub(crate) fn connect(&self, relay: &str) -> Handed {
        let (room, events) = mpsc::channel(ROOM);
        let open = Arc::<AtomicBool>::default();
        *self.lock() = Some(Way {
            relay: relay.to_owned(),
            open: Arc::clone(&open),
            room,
        });
        Handed { events, open }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Way>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Room for one event. Dropped unused, it is free for another.
#[derive(Debug)]
pub struct Place {
    hold: Hold,
    room: OwnedPermit<HandedOver>,
}

impl Place {
    /// What the event is to be written with.
    pub fn hold(&self) -> &Hold {
        &self.hold
    }

    /// Hands over the event, which was committed with this place's [`hold`](Self::hold).
    pub fn hand_over(self, event: EventMessage) {
        let until = self.hold.until;
        self.room.send(HandedOver { event, until });
    }
}

/// An event in its relay's hands.
#[derive(Debug)]
pub(crate) struct HandedOver {
    pub event: EventMessage,
    until: Timestamp,
}

impl HandedOver {
    /// Whether it can be published before its hold ends, and so before somebody else may claim it.
    pub fn in_time(&self, now: Timestamp) -> bool {
        now.after(PUBLISHING) <= self.until
    }
}

/// A relay's end.
pub(crate) struct Handed {
    events: mpsc::Receiver<HandedOver>,
    open: Arc<AtomicBool>,
}

impl Handed {
    /// Whether there are places.
    pub fn set_open(&self, open: bool) {
        self.open.store(open, Ordering::Release);
    }

    /// No more places; those that were given out may still be used.
    pub fn close(&mut self) {
        self.events.close();
    }

    /// Waits for events and takes up to `count` of them; none when it was closed and every place is used or dropped.
    pub async fn take(&mut self, count: usize) -> Vec<HandedOver> {
        let mut taken = Vec::new();
        self.events.recv_many(&mut taken, count).await;
        taken
    }

    /// Everything that is there at this moment.
    pub fn take_all(&mut self) -> Vec<HandedOver> {
        std::iter::from_fn(|| self.events.try_recv().ok()).collect()
    }
}
