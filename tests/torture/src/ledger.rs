//! What clients saw.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::client::Flow;
use crate::product::Program;

/// What came of somebody's wish to sign up, as the client knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// No end yet.
    UnderWay,
    /// The service said so, and told this id.
    Accepted(String),
    /// The service said no for good; its word for it.
    Refused(String),
    /// A sign-up was sent, and no answer to it counts.
    Unanswered,
    /// No sign-up was ever sent, because no code came.
    NoCode,
}

/// Somebody who wants to sign up, once.
#[derive(Clone, Debug)]
pub struct Person {
    /// How.
    pub flow: Flow,
    /// The user name or e-mail address; nobody else's.
    pub identifier: String,
    /// What came of it.
    pub fate: Fate,
}

/// Everything that clients saw.
#[derive(Clone, Debug, Default)]
pub struct Pages {
    /// Everybody.
    pub people: Vec<Person>,
    /// Replies by service and status.
    pub replies: BTreeMap<(Program, u16), u64>,
    /// Requests without a reply by service: refused or lost connections, and patience at its end.
    pub silences: BTreeMap<Program, u64>,
    /// Replies outside of the provider's envelope, each in one line.
    pub strange: Vec<String>,
}

/// Where clients write what they saw.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<Pages>);

impl Ledger {
    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A copy.
    pub fn read(&self) -> Pages {
        self.pages().clone()
    }

    /// Somebody begins; the number is theirs.
    pub fn begin(&self, flow: Flow, identifier: &str) -> usize {
        let mut pages = self.pages();
        pages.people.push(Person {
            flow,
            identifier: identifier.to_owned(),
            fate: Fate::UnderWay,
        });
        pages.people.len() - 1
    }

    /// What came of it. A sign-up that was sent counts as unanswered from then on until it is answered.
    pub fn settle(&self, person: usize, fate: Fate) {
        if let Some(person) = self.pages().people.get_mut(person) {
            person.fate = fate;
        }
    }

    /// Accepted people, and those under way.
    pub fn count(&self) -> (usize, usize) {
        let pages = self.pages();
        let accepted = |person: &&Person| matches!(person.fate, Fate::Accepted(_));
        let waiting = |person: &&Person| matches!(person.fate, Fate::UnderWay | Fate::Unanswered);
        let people = &pages.people;
        (
            people.iter().filter(accepted).count(),
            people.iter().filter(waiting).count(),
        )
    }

    /// A reply came.
    pub fn reply(&self, service: Program, status: u16) {
        *self.pages().replies.entry((service, status)).or_default() += 1;
    }

    /// None came.
    pub fn silence(&self, service: Program) {
        *self.pages().silences.entry(service).or_default() += 1;
    }

    /// A reply that its provider's clients could not read.
    pub fn strange(&self, service: Program, what: &str) {
        self.pages().strange.push(format!("{service}: {what}"));
    }
}
