//! Whose turn it is: self-clocked fair queuing (S. J. Golestani, INFOCOM 1994).
//!
//! Every application has a queue of its own. The first job of each has a finish tag: the virtual time at which it became
//! the first, plus its work. The job with the smallest tag is served next, and its tag is the virtual time from then on.
//! So applications that wait are served work for work, however many jobs one of them has and however dear they are; an
//! application that was idle has saved nothing up and owes nothing, which is why it needs no entry once its last job is
//! gone.
//!
//! Adding, taking and withdrawing a job take logarithmic time. Only [`FairQueue::work_before`] and
//! [`FairQueue::displace_for`] look at all applications that wait, though never at their jobs.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Jobs of many applications.
pub(super) struct FairQueue<T> {
    /// The applications that wait; none of them is empty.
    queues: HashMap<Arc<str>, Queue<T>>,
    /// The first job of each.
    turns: BTreeMap<Turn, Arc<str>>,
    virtual_time: u64,
    /// The number of the next job that comes.
    next_number: u64,
    len: usize,
    work: u64,
}

/// Finish tag and number of a job: the earlier one goes first when tags are equal.
type Turn = (u64, u64);

/// The jobs of one application, oldest first.
struct Queue<T> {
    jobs: BTreeMap<u64, Waiting<T>>,
    work: u64,
    /// The virtual time at which the first job became the first.
    since: u64,
}

struct Waiting<T> {
    work: u64,
    job: T,
}

/// Names a job, whether it still waits or not.
#[derive(Clone, Debug)]
pub(super) struct Ticket {
    application: Arc<str>,
    number: u64,
}

impl Ticket {
    /// Whose job it is.
    pub(super) fn application(&self) -> &str {
        &self.application
    }
}

impl<T> FairQueue<T> {
    pub(super) fn new() -> Self {
        Self {
            queues: HashMap::new(),
            turns: BTreeMap::new(),
            virtual_time: 0,
            next_number: 0,
            len: 0,
            work: 0,
        }
    }

    /// How many jobs wait.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The work of all jobs that wait.
    pub(super) fn work(&self) -> u64 {
        self.work
    }

    /// Adds a job behind the others of its application.
    pub(super) fn push(&mut self, application: &str, work: u64, job: T) -> Ticket {
        let application = match self.queues.get_key_value(application) {
            Some((known, _)) => Arc::clone(known),
            None => Arc::from(application),
        };
        let number = self.next_number;
        self.next_number += 1;
        self.len += 1;
        self.work += work;
        let queue = self
            .queues
            .entry(Arc::clone(&application))
            .or_insert_with(|| Queue::since(self.virtual_time));
        queue.work += work;
        queue.jobs.insert(number, Waiting { work, job });
        if queue.jobs.len() == 1 {
            self.turns
                .insert((queue.since + work, number), Arc::clone(&application));
        }
        Ticket {
            application,
            number,
        }
    }

    /// The job that [`pop`](Self::pop) would take.
    pub(super) fn first(&self) -> Option<(Ticket, &T)> {
        let ((_, number), application) = self.turns.first_key_value()?;
        let waiting = self.queues.get(application)?.jobs.get(number)?;
        let ticket = Ticket {
            application: Arc::clone(application),
            number: *number,
        };
        Some((ticket, &waiting.job))
    }

    /// Takes the job whose turn it is.
    pub(super) fn pop(&mut self) -> Option<T> {
        let ((finish, number), application) = self.turns.first_key_value()?;
        let ticket = Ticket {
            application: Arc::clone(application),
            number: *number,
        };
        // A tag may lie in the past: where a dear job was withdrawn and a cheap one became the first.
        self.virtual_time = self.virtual_time.max(*finish);
        self.remove(&ticket, Some(self.virtual_time))
    }

    /// Takes a job out that is not wanted any more, if it still waits. Its application is not charged for it.
    pub(super) fn withdraw(&mut self, ticket: &Ticket) -> Option<T> {
        self.remove(ticket, None)
    }

    /// For an application that has less than its share of the places, of which all are taken: the newest job of the
    /// application that has most, and whose it is. `None` when it has its share, which is the same for all that wait.
    pub(super) fn displace_for(&mut self, application: &str) -> Option<(Arc<str>, T)> {
        let own = self
            .queues
            .get(application)
            .map_or(0, |queue| queue.jobs.len());
        let applications = self.queues.len() + usize::from(own == 0);
        if own >= self.len / applications {
            return None;
        }
        let (application, queue) = self
            .queues
            .iter()
            .max_by_key(|(_, queue)| queue.jobs.len())?;
        let (&number, _) = queue.jobs.last_key_value()?;
        let ticket = Ticket {
            application: Arc::clone(application),
            number,
        };
        let job = self.withdraw(&ticket)?;
        Some((ticket.application, job))
    }

    /// The waiting work that would be served before a job that this application added now: all of its own, and of every
    /// other application what bears a smaller tag, at most what it has waiting.
    pub(super) fn work_before(&self, application: &str, work: u64) -> u64 {
        let (own, since) = self
            .queues
            .get(application)
            .map_or((0, self.virtual_time), |queue| (queue.work, queue.since));
        let finish = since + own + work;
        let others = self
            .queues
            .iter()
            .filter(|(other, _)| other.as_ref() != application)
            .map(|(_, queue)| queue.work.min(finish.saturating_sub(queue.since)));
        own + others.sum::<u64>()
    }

    /// Drops all jobs.
    pub(super) fn clear(&mut self) {
        self.queues.clear();
        self.turns.clear();
        self.len = 0;
        self.work = 0;
    }

    /// Takes a job out. If it was the first of its application, the next one is first since `since`, or else since the
    /// same time as this one.
    fn remove(&mut self, ticket: &Ticket, since: Option<u64>) -> Option<T> {
        let queue = self.queues.get_mut(&ticket.application)?;
        let turn = queue.turn();
        let Waiting { work, job } = queue.jobs.remove(&ticket.number)?;
        queue.work -= work;
        self.work -= work;
        self.len -= 1;
        if let Some(turn) = turn.filter(|(_, first)| *first == ticket.number) {
            self.turns.remove(&turn);
            queue.since = since.unwrap_or(queue.since);
            match queue.turn() {
                Some(next) => {
                    self.turns.insert(next, Arc::clone(&ticket.application));
                }
                None => {
                    self.queues.remove(&ticket.application);
                }
            }
        }
        Some(job)
    }
}

impl<T> Queue<T> {
    fn since(since: u64) -> Self {
        Self {
            jobs: BTreeMap::new(),
            work: 0,
            since,
        }
    }

    fn turn(&self) -> Option<Turn> {
        let (&number, first) = self.jobs.first_key_value()?;
        Some((self.since + first.work, number))
    }
}

#[cfg(test)]
mod tests;
