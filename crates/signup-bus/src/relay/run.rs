//! The relay at work: batches that overlap, so that one is claimed or handed over while another waits for the bus.

use std::future::Future;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::{BoxFuture, OptionFuture};
use futures_util::stream::FuturesUnordered;
use log::Level;
use signup_store::StoreError;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::batch::{Courier, Found};
use crate::hand_over::{Handed, HandedOver};
use crate::retry_delay;

/// Batches under way at a time, of claimed events and of handed over ones: what the second gains over one, a third would
/// not gain over two.
const AHEAD: usize = 2;

/// How long a relay that was told to stop begins new batches.
const LAST_BATCHES: Duration = Duration::from_secs(3);

/// A bus or a database that came back is noticed after this time at the latest.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A look that finds nothing may be dear: between it and the front of the queue are all the events that were published
/// since the database last cleaned up. So the pause after it is at least so many times as long.
const REST: u32 = 10;

/// Works until `stop` resolves; see [`Relay::run`](super::Relay::run).
pub(super) async fn run(
    courier: &Courier,
    mut wake: watch::Receiver<()>,
    mut handed: Handed,
    stop: impl Future<Output = ()>,
) {
    tokio::pin!(stop);
    let most = usize::try_from(courier.settings.batch).unwrap_or(usize::MAX);
    let mut work = Work::new(courier);
    loop {
        work.begin_to_claim();
        if work.is_done() {
            break;
        }
        tokio::select! {
            biased;
            () = &mut stop, if work.end.is_none() => {
                handed.close();
                work.end();
            }
            Some(result) = work.of_handed.next() => work.published(result, &mut handed).await,
            Some(result) = work.of_claimed.next() => work.published(result, &mut handed).await,
            Some(found) = OptionFuture::from(work.claiming.as_mut()), if work.claiming.is_some() => {
                work.claiming = None;
                work.found(found, &mut handed).await;
            }
            events = handed.take(most), if work.takes_over() => work.take_over(events).await,
            // A commit since the last look counts as a change: it wakes at once. Without a sender nothing wakes.
            Ok(()) = wake.changed(), if work.may_claim() && work.faults == 0 => work.look_at = Instant::now(),
            () = sleep_until(work.look_at), if work.may_claim() => {}
            () = sleep_until(work.end.unwrap_or(work.look_at)), if work.end.is_some() && work.may_begin() => {}
            // The end came this very moment.
            else => {}
        }
    }
    let left = handed.take_all();
    courier.give_back(left, "its process was stopped").await;
}

type Published = Result<Option<String>, StoreError>;

/// What is under way.
struct Work<'a> {
    courier: &'a Courier,
    claiming: Option<BoxFuture<'a, Result<Found, StoreError>>>,
    of_claimed: FuturesUnordered<BoxFuture<'a, Published>>,
    of_handed: FuturesUnordered<BoxFuture<'a, Published>>,
    /// When to look into the outbox.
    look_at: Instant,
    /// Faults since something went well.
    faults: u32,
    /// Why the bus cannot be reached, if so.
    no_bus: Option<String>,
    /// When the relay, which was told to stop, begins nothing more.
    end: Option<Instant>,
    /// Whether nothing more will be handed over.
    handed_all: bool,
    /// Whether the last look found nothing, or failed.
    claimed_all: bool,
}

impl<'a> Work<'a> {
    fn new(courier: &'a Courier) -> Self {
        Self {
            courier,
            claiming: None,
            of_claimed: FuturesUnordered::new(),
            of_handed: FuturesUnordered::new(),
            look_at: Instant::now(),
            faults: 0,
            no_bus: None,
            end: None,
            handed_all: false,
            claimed_all: false,
        }
    }

    fn end(&mut self) {
        self.end = Some(Instant::now() + LAST_BATCHES);
        self.look_at = Instant::now();
        self.claimed_all = false;
    }

    fn may_begin(&self) -> bool {
        self.end.is_none_or(|end| Instant::now() < end)
    }

    /// While the bus is away one batch at a time finds out whether it is back.
    fn may_claim(&self) -> bool {
        let ahead = if self.faults == 0 { AHEAD } else { 1 };
        self.claiming.is_none()
            && self.of_claimed.len() < ahead
            && self.may_begin()
            && !(self.end.is_some() && self.claimed_all)
    }

    fn takes_over(&self) -> bool {
        !self.handed_all && self.of_handed.len() < AHEAD && self.may_begin()
    }

    fn is_done(&self) -> bool {
        let idle =
            self.claiming.is_none() && self.of_claimed.is_empty() && self.of_handed.is_empty();
        let all = self.handed_all && self.claimed_all;
        self.end.is_some() && idle && (all || !self.may_begin())
    }

    fn begin_to_claim(&mut self) {
        if self.may_claim() && self.look_at <= Instant::now() {
            self.claiming = Some(Box::pin(self.courier.claim()));
        }
    }

    async fn found(&mut self, found: Result<Found, StoreError>, handed: &mut Handed) {
        match found {
            Ok(Found::Events(batch)) => {
                // Of one subject only one event was claimed: what is behind it may be claimed now.
                self.look_at = Instant::now();
                self.of_claimed.push(Box::pin(self.courier.publish(batch)));
            }
            Ok(Found::Nothing { took }) => {
                let pause = took.saturating_mul(REST).min(LONGEST_PAUSE);
                self.look_at = Instant::now() + self.courier.settings.interval.max(pause);
                self.claimed_all = true;
                self.went_well(handed);
            }
            Ok(Found::NoBus(problem)) => self.lost_bus(problem, handed).await,
            Err(error) => self.fault(&error),
        }
    }

    async fn published(&mut self, result: Published, handed: &mut Handed) {
        match result {
            Ok(None) => self.went_well(handed),
            Ok(Some(problem)) => self.lost_bus(problem, handed).await,
            Err(error) => self.fault(&error),
        }
    }

    async fn take_over(&mut self, events: Vec<HandedOver>) {
        self.handed_all = events.is_empty();
        match &self.no_bus {
            _ if events.is_empty() => {}
            // Its place was given out before that was known.
            Some(problem) => {
                let problem = problem.clone();
                self.courier.give_back(events, &problem).await;
            }
            None => self
                .of_handed
                .push(Box::pin(self.courier.publish_handed(events))),
        }
    }

    fn went_well(&mut self, handed: &mut Handed) {
        if self.faults > 0 {
            log::info!(event = "relay.back"; "events are published again");
        }
        self.faults = 0;
        self.no_bus = None;
        handed.set_open(true);
    }

    async fn lost_bus(&mut self, problem: String, handed: &mut Handed) {
        handed.set_open(false);
        log::log!(self.level(), event = "relay.no_bus"; "events wait in the outbox: {problem}");
        self.pause();
        let waiting = handed.take_all();
        self.courier.give_back(waiting, &problem).await;
        self.no_bus = Some(problem);
    }

    fn fault(&mut self, error: &StoreError) {
        log::log!(self.level(), event = "relay.fault"; "the outbox cannot be read: {error}");
        self.pause();
    }

    /// An outage is told when it begins and when it ends; each attempt in between says nothing new.
    fn level(&self) -> Level {
        if self.faults == 0 {
            Level::Warn
        } else {
            Level::Debug
        }
    }

    /// After a fault. A relay that was told to stop leaves the rest to others.
    fn pause(&mut self) {
        self.faults += 1;
        self.look_at = Instant::now() + retry_delay(self.faults).min(LONGEST_PAUSE);
        if self.end.is_some() {
            self.claimed_all = true;
            self.end = Some(Instant::now());
        }
    }
}
