//! What waits to be written, and for how long that will take.

use std::collections::{HashSet, VecDeque};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::Write;
use crate::error::StoreError;

/// Most writes in one batch: enough to make a commit cheap for each, few enough that the next ones are being prepared
/// meanwhile. Were all that wait taken at once, requests and database would wait for each other in turn.
const BATCH: usize = 64;

/// Most writes that wait, some MiB. With more than that in front of it a write would come too late anyway.
const CAPACITY: usize = 64 * BATCH;

/// A write, and who wants to know what becomes of it.
pub(super) struct Waiting<W: Write> {
    pub write: W,
    pub claims: Vec<u64>,
    /// When it came.
    pub since: Instant,
    pub deadline: Instant,
    pub reply: oneshot::Sender<Result<W::Outcome, StoreError>>,
}

/// Writes to be written now.
pub(super) struct Batch<W: Write> {
    pub writes: Vec<W>,
    /// When each came.
    pub since: Vec<Instant>,
    /// After which each is not begun.
    pub deadlines: Vec<Instant>,
    pub replies: Vec<oneshot::Sender<Result<W::Outcome, StoreError>>>,
}

pub(super) struct Queue<W: Write> {
    waiting: VecDeque<Waiting<W>>,
    /// Somebody is at work and will take what waits.
    is_busy: bool,
    /// Moving average of how long a batch takes.
    batch_time: Duration,
}

impl<W: Write> Default for Queue<W> {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            is_busy: false,
            batch_time: Duration::ZERO,
        }
    }
}

impl<W: Write> Queue<W> {
    /// Takes a write that can be done in time; true when the caller has to see to it that somebody works.
    pub fn push(&mut self, waiting: Waiting<W>, now: Instant) -> Result<bool, StoreError> {
        if self.waiting.len() >= CAPACITY || now + self.wait() >= waiting.deadline {
            return Err(StoreError::Overloaded);
        }
        self.waiting.push_back(waiting);
        Ok(!std::mem::replace(&mut self.is_busy, true))
    }

    /// The next writes that somebody still waits for, of those that share a claim only the first. None when nothing
    /// waits; then the caller is not at work any more.
    pub fn next(&mut self, now: Instant) -> Option<Batch<W>> {
        let mut batch = Batch {
            writes: Vec::new(),
            since: Vec::new(),
            deadlines: Vec::new(),
            replies: Vec::new(),
        };
        let mut claimed = HashSet::<u64>::new();
        let mut later = VecDeque::new();
        while batch.writes.len() < BATCH
            && let Some(waiting) = self.waiting.pop_front()
        {
            if waiting.reply.is_closed() {
                continue;
            }
            if waiting.deadline <= now {
                let _ = waiting.reply.send(Err(StoreError::Overloaded));
            } else if waiting.claims.iter().any(|claim| claimed.contains(claim)) {
                // What comes behind it must not overtake it.
                claimed.extend(&waiting.claims);
                later.push_back(waiting);
            } else {
                claimed.extend(&waiting.claims);
                batch.writes.push(waiting.write);
                batch.since.push(waiting.since);
                batch.deadlines.push(waiting.deadline);
                batch.replies.push(waiting.reply);
            }
        }
        later.append(&mut self.waiting);
        self.waiting = later;
        self.is_busy = !batch.writes.is_empty();
        self.is_busy.then_some(batch)
    }

    /// A batch has taken this long.
    pub fn finished(&mut self, took: Duration) {
        // A stall is forgotten soon: half of the average is what the last batch took.
        self.batch_time = (self.batch_time + took) / 2;
    }

    /// Lets go of everything; those who wait learn it by their replies being dropped.
    pub fn abandon(&mut self) {
        self.waiting.clear();
        self.is_busy = false;
    }

    /// How long a write that comes now will take. Nobody waits when nobody is at work, whatever the last batch took.
    fn wait(&self) -> Duration {
        if !self.is_busy {
            return Duration::ZERO;
        }
        // The batch under way, those that fill up before, and its own.
        let batches = 2 + self.waiting.len() / BATCH;
        self.batch_time
            .saturating_mul(u32::try_from(batches).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::connection::AnyConnection;

    const LATER: Duration = Duration::from_secs(10);

    /// A write that claims one thing and is told apart by a number.
    #[derive(Debug, PartialEq)]
    struct Numbered(u32);

    impl Write for Numbered {
        type Outcome = ();

        fn claims(&self) -> Vec<u64> {
            Vec::new()
        }

        fn write_batch(_: &mut AnyConnection, batch: &[Self]) -> Result<Vec<()>, StoreError> {
            Ok(batch.iter().map(|_| ()).collect())
        }

        fn write_alone(&self, _: &mut AnyConnection) -> Result<(), StoreError> {
            Ok(())
        }
    }

    type Answer = oneshot::Receiver<Result<(), StoreError>>;

    struct Desk {
        queue: Queue<Numbered>,
        now: Instant,
    }

    impl Desk {
        fn new() -> Self {
            let queue = Queue::default();
            let now = Instant::now();
            Self { queue, now }
        }

        fn push(
            &mut self,
            number: u32,
            claims: &[u64],
            within: Duration,
        ) -> Result<(bool, Answer), StoreError> {
            let (reply, answer) = oneshot::channel();
            let waiting = Waiting {
                write: Numbered(number),
                claims: claims.to_vec(),
                since: self.now,
                deadline: self.now + within,
                reply,
            };
            let is_first = self.queue.push(waiting, self.now)?;
            Ok((is_first, answer))
        }

        fn next(&mut self) -> Option<Vec<u32>> {
            let batch = self.queue.next(self.now)?;
            Some(batch.writes.iter().map(|write| write.0).collect())
        }
    }

    #[test]
    fn the_first_of_many_has_to_find_somebody_who_works() {
        let mut desk = Desk::new();
        let (is_first, _one) = desk.push(1, &[], LATER).unwrap();
        assert!(is_first);
        let (is_first, _two) = desk.push(2, &[], LATER).unwrap();
        assert!(!is_first);
        assert_eq!(desk.next(), Some(vec![1, 2]));
        let (is_first, _three) = desk.push(3, &[], LATER).unwrap();
        assert!(!is_first, "the one at work takes it");
        assert_eq!(desk.next(), Some(vec![3]));
        assert_eq!(desk.next(), None);
        let (is_first, _four) = desk.push(4, &[], LATER).unwrap();
        assert!(is_first);
    }

    #[test]
    fn of_those_that_share_a_claim_each_gets_a_batch_of_its_own_in_their_order() {
        let mut desk = Desk::new();
        let mut answers = Vec::new();
        for (number, claims) in [
            (1, [7, 8].as_slice()),
            (2, &[8, 9]),
            (3, &[9]),
            (4, &[5]),
            (5, &[7]),
        ] {
            answers.push(desk.push(number, claims, LATER).unwrap());
        }
        assert_eq!(desk.next(), Some(vec![1, 4]));
        assert_eq!(desk.next(), Some(vec![2, 5]));
        assert_eq!(desk.next(), Some(vec![3]));
        assert_eq!(desk.next(), None);
    }

    #[test]
    fn what_nobody_waits_for_any_more_is_not_written() {
        let mut desk = Desk::new();
        let (_, gone) = desk.push(1, &[], LATER).unwrap();
        let (_, mut late) = desk.push(2, &[], Duration::from_millis(1)).unwrap();
        let (_, _stays) = desk.push(3, &[], LATER).unwrap();
        drop(gone);
        desk.now += Duration::from_millis(1);
        assert_eq!(desk.next(), Some(vec![3]));
        let answer = late.try_recv().unwrap();
        assert!(matches!(answer, Err(StoreError::Overloaded)), "{answer:?}");
    }

    #[test]
    fn a_write_that_cannot_be_done_in_time_is_refused_at_once() {
        let mut desk = Desk::new();
        let (_, _one) = desk.push(1, &[], LATER).unwrap();
        assert_eq!(desk.next(), Some(vec![1]));
        // An average of two seconds, for the batch under way and its own.
        desk.queue.finished(Duration::from_secs(4));
        let refused = desk.push(2, &[], Duration::from_secs(4)).unwrap_err();
        assert!(matches!(refused, StoreError::Overloaded), "{refused:?}");
        assert!(desk.push(3, &[], Duration::from_secs(5)).is_ok());
    }

    #[test]
    fn an_idle_writer_takes_everything_however_slow_it_was() {
        let mut desk = Desk::new();
        desk.queue.finished(Duration::from_secs(60));
        assert!(desk.push(1, &[], Duration::from_millis(1)).is_ok());
    }

    #[test]
    fn there_is_room_for_so_many_and_no_more() {
        let mut desk = Desk::new();
        let answers: Vec<_> = (0..)
            .map_while(|number| desk.push(number, &[], LATER).ok())
            .collect();
        assert_eq!(answers.len(), CAPACITY);
        assert_eq!(desk.next().map(|batch| batch.len()), Some(BATCH));
        assert!(desk.push(0, &[], LATER).is_ok());
    }
}
