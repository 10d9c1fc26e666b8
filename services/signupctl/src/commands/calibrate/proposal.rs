//! From a few measured times to a cost, and what to say about it.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::milliseconds;

/// What hashing with one cost takes.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) cost: u32,
    /// The time of a hash while nothing else is hashed.
    pub(super) alone: Duration,
    /// The time of a hash while all threads hash.
    pub(super) busy: Duration,
    /// Hashes per second of all threads.
    pub(super) per_second: f64,
    /// Whether it was measured; or else it follows from the dearest one that was.
    pub(super) measured: bool,
}

/// What was found out, and what it is to be compared with.
pub(super) struct Proposal {
    /// By cost, the lowest permitted first; at least one.
    pub(super) rows: Vec<Row>,
    pub(super) target: Duration,
    pub(super) threads: usize,
    /// Cores that this process may use.
    pub(super) cores: usize,
    pub(super) configured_cost: u32,
    pub(super) queue: usize,
    pub(super) request_deadline: Duration,
}

/// The rows of all permitted costs. Those not measured double with each step from the last one that was, as bcrypt's work
/// does.
pub(super) fn rows(
    measured: &[(u32, Duration, Duration)],
    threads: usize,
    permitted: &RangeInclusive<u32>,
) -> Vec<Row> {
    let row = |cost: u32| {
        let &(from, alone, busy) = measured.iter().rfind(|(known, ..)| *known <= cost)?;
        let factor = 2_u32.checked_pow(cost - from)?;
        let (alone, busy) = (alone * factor, busy * factor);
        Some(Row {
            cost,
            alone,
            busy,
            per_second: threads as f64 / busy.as_secs_f64(),
            measured: cost == from,
        })
    };
    permitted.clone().filter_map(row).collect()
}

impl Proposal {
    /// The dearest cost that keeps to the target, or else the lowest permitted one.
    pub(super) fn proposed(&self) -> &Row {
        let first = &self.rows[0];
        self.rows
            .iter()
            .rfind(|row| row.busy <= self.target)
            .unwrap_or(first)
    }

    pub(super) fn is_within_target(&self) -> bool {
        self.proposed().busy <= self.target
    }

    /// What to do, one sentence or two on each line.
    pub(super) fn advice(&self) -> Vec<String> {
        let Row { cost, busy, .. } = self.proposed();
        let (takes, target) = (milliseconds(*busy), milliseconds(self.target));
        let mut lines = Vec::new();
        if !self.is_steady() {
            lines.push(
                "The measured times do not double from cost to cost: something else was busy here. Measure again when it is \
                 done."
                    .to_owned(),
            );
        }
        if self.is_within_target() {
            lines.push(format!(
                "Proposed: cost {cost}, {takes} of the {target} aimed at."
            ));
        } else {
            lines.push(format!(
                "Even the lowest permitted cost, {cost}, takes {takes}, more than the {target} aimed at. A weaker one is not \
                 accepted: aim at more time, or use a faster machine."
            ));
        }
        if self.rows.last().is_some_and(|last| last.cost == *cost) {
            lines.push(format!("Cost {cost} is the highest permitted one."));
        }
        if *cost == self.configured_cost {
            lines.push(format!("hash.cost is {cost} already."));
        } else {
            lines.push(format!(
                "hash.cost is {} now; set hash.cost = {cost} in the settings file, or SIGNUP__HASH__COST={cost}.",
                self.configured_cost
            ));
        }
        lines.push(
            "Applications with a rules.password.bcrypt_cost of their own keep it; users who have signed up keep their hash."
                .to_owned(),
        );
        if self.threads > self.cores {
            let cores = match self.cores {
                1 => "1 core".to_owned(),
                cores => format!("{cores} cores"),
            };
            lines.push(format!(
                "{} threads share {cores}: each hash takes longer, and no more are done.",
                self.threads
            ));
        }
        lines.push(self.deadline(*busy));
        lines
    }

    /// Whether each measured cost took about twice as long as the one before, as it does on a quiet machine.
    fn is_steady(&self) -> bool {
        const ABOUT_TWICE: RangeInclusive<f64> = 1.6..=2.5;
        let doubles = |shorter: Duration, longer: Duration| {
            ABOUT_TWICE.contains(&(longer.as_secs_f64() / shorter.as_secs_f64()))
        };
        self.rows.windows(2).all(|pair| {
            doubles(pair[0].alone, pair[1].alone) && doubles(pair[0].busy, pair[1].busy)
        })
    }

    /// Who can be hashed in time. A quarter of a request's time is the database's.
    fn deadline(&self, busy: Duration) -> String {
        let deadline = milliseconds(self.request_deadline);
        let for_hashing = self.request_deadline * 3 / 4;
        let left = for_hashing.saturating_sub(busy).as_nanos();
        // The pool wants a quarter more time for a wait than it expects.
        let waiting = left * 4 / 5 * self.threads as u128 / busy.as_nanos().max(1);
        if busy > for_hashing {
            return format!(
                "A hash takes longer than a request may (http.request_deadline, {deadline}): while all threads are busy, no \
                 sign-up with a password succeeds. Raise the deadline or lower the target."
            );
        }
        let mut line = format!(
            "Within http.request_deadline ({deadline}), {waiting} sign-ups can wait for a thread; who comes then is told to \
             come back."
        );
        if busy > for_hashing / 4 {
            line.push_str(
                " That is little: a hash takes a large part of the deadline. Raise the deadline or lower the target.",
            );
        } else if waiting > self.queue as u128 {
            line.push_str(&format!(
                " hash.queue stops at {} before; raise it to use that time.",
                self.queue
            ));
        }
        line
    }
}

#[cfg(test)]
mod tests;
