//! Telling the relays of this process that an event was committed.

use signup_bus::{HandOver, Place};
use signup_core::event::{Event, EventMessage, Hold};
use signup_core::time::Timestamp;
use signup_store::Lane;
use tokio::sync::watch;

/// Brings events to the relays: by hand right after the commit, or by waking them to look into the outbox.
#[derive(Debug, Default)]
pub struct Announcer {
    wake: watch::Sender<()>,
    codes: HandOver,
    others: HandOver,
}

impl Announcer {
    /// Prepares to announce an event that is about to be written at `now`. It has to be the first of its subject, as
    /// those of a new user and of a new challenge are: handed over, it overtakes all that waits.
    pub fn prepare(&self, event: &Event, now: Timestamp) -> Announcement<'_> {
        let place = self.hand_over(Lane::of(event)).reserve(now);
        Announcement {
            wake: &self.wake,
            ready: place.map(|place| (place, EventMessage::from(event))),
        }
    }

    /// Where a lane's relay is handed events.
    pub fn hand_over(&self, lane: Lane) -> &HandOver {
        match lane {
            Lane::Codes => &self.codes,
            Lane::Others => &self.others,
        }
    }

    /// Changes when an event was committed that is free to be claimed.
    pub fn wake(&self) -> watch::Receiver<()> {
        self.wake.subscribe()
    }
}

/// An event on its way into the database. Dropped, nobody hears of it: if it was written nevertheless, relays find it by
/// themselves, after the end of its hold.
#[must_use]
pub struct Announcement<'a> {
    wake: &'a watch::Sender<()>,
    ready: Option<(Place, EventMessage)>,
}

impl Announcement<'_> {
    /// Who holds the event, as it is to be written.
    pub fn hold(&self) -> Option<Hold> {
        self.ready.as_ref().map(|(place, _)| place.hold().clone())
    }

    /// The event was committed, with this [`hold`](Self::hold).
    pub fn committed(self) {
        match self.ready {
            Some((place, event)) => place.hand_over(event),
            None => {
                self.wake.send_replace(());
            }
        }
    }
}
