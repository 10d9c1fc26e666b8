//! What requests leave to be kept: decisions, and counts of what was beyond a limit.
//!
//! It is collected in memory and written many rows at a time, so that no request waits for it. Memory is bounded; what
//! has no room is dropped and counted.

use std::collections::HashMap;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use signup_core::decision::Decision;
use signup_store::{LimitHit, StoreError};

use crate::app::App;
use crate::settings::KeptDecisions;

/// Decisions that wait to be written, at the most: some MiB.
const CAPACITY: usize = 20_000;

/// Decisions that one statement writes. On SQLite sign-ups wait for the statement, some milliseconds.
const BATCH: usize = 200;

/// What waits to be written.
#[derive(Default)]
pub(crate) struct Records {
    decisions: Mutex<Vec<Decision>>,
    /// Bounded by itself: applications, scopes and declared countries of an hour or two.
    hits: Mutex<HashMap<LimitHit, u64>>,
}

impl Records {
    pub(crate) fn count_hit(&self, hit: LimitHit) {
        *lock(&self.hits).entry(hit).or_default() += 1;
    }

    /// Takes rows in, the oldest first, as far as there is room; how many there was no room for.
    fn put(&self, mut rows: Vec<Decision>) -> usize {
        let mut waiting = lock(&self.decisions);
        rows.append(&mut waiting);
        let dropped = rows.len().saturating_sub(CAPACITY);
        rows.truncate(CAPACITY);
        *waiting = rows;
        dropped
    }
}

impl App {
    /// Keeps a decision, if the settings want it kept. It is written later: this neither waits nor fails.
    pub fn keep_decision(&self, decision: Decision) {
        let is_wanted = match self.settings.trace.decisions {
            KeptDecisions::All => true,
            KeptDecisions::Refused => decision.is_refusal(),
            KeptDecisions::Off => false,
        };
        if !is_wanted {
            return;
        }
        let mut waiting = lock(&self.records.decisions);
        if waiting.len() < CAPACITY {
            waiting.push(decision);
        } else {
            self.metrics.decisions_dropped.inc();
        }
    }

    /// Writes what waits to be kept. Background work does so every second; a server does it once more when its last
    /// request is answered. What the database does not take waits for the next time.
    pub async fn write_records(&self) {
        if let Err(error) = self.write_hits().await {
            log::warn!(event = "records.fault"; "what was beyond limits is counted later: {error}");
        }
        if let Err(error) = self.funnel.write(&self.store).await {
            log::warn!(event = "records.fault"; "how far people come is counted later: {error}");
        }
        if let Err(error) = self.write_decisions().await {
            log::warn!(event = "records.fault"; "decisions are kept in memory for now: {error}");
        }
    }

    async fn write_hits(&self) -> Result<(), StoreError> {
        let hits = mem::take(&mut *lock(&self.records.hits));
        if hits.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> = hits.into_iter().collect();
        let written = self.store.count_limit_hits(rows.clone()).await;
        if written.is_err() {
            let mut waiting = lock(&self.records.hits);
            for (hit, count) in rows {
                *waiting.entry(hit).or_default() += count;
            }
        }
        written
    }

    async fn write_decisions(&self) -> Result<(), StoreError> {
        let mut rows = mem::take(&mut *lock(&self.records.decisions));
        while !rows.is_empty() {
            let later = rows.split_off(rows.len().min(BATCH));
            if let Err(error) = self.store.insert_decisions(&rows).await {
                rows.extend(later);
                let dropped = self.records.put(rows);
                self.metrics
                    .decisions_dropped
                    .inc_by(u64::try_from(dropped).unwrap_or(u64::MAX));
                return Err(error);
            }
            rows = later;
        }
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
