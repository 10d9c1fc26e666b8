//! Counting how far people come.
//!
//! Counts are collected in memory and written together, so that no request waits for them. A process that dies takes those
//! of its last second along.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use signup_core::code::Channel;
use signup_core::funnel::Stage;
use signup_core::identifier::calling_code;
use signup_core::time::Timestamp;
use signup_store::{FunnelPlace, Store, StoreError};

/// What waits to be counted. Clones share it. It is bounded by itself: applications, channels and countries of ten minutes
/// or, while the database is away, of as many as that lasts.
#[derive(Clone, Default)]
pub struct FunnelCounter(Arc<Mutex<HashMap<(FunnelPlace, Stage), u64>>>);

impl FunnelCounter {
    /// Counts somebody who came to a stage at `time`, with a code to this normalised address or without one.
    pub fn count(
        &self,
        time: Timestamp,
        provider: &str,
        application: &str,
        code: Option<(Channel, &str)>,
        stage: Stage,
    ) {
        let country = code.and_then(|(_, address)| calling_code(address));
        let channel = code.map(|(channel, _)| channel);
        let place = FunnelPlace::at(time, provider, application, channel, country);
        *self.lock().entry((place, stage)).or_default() += 1;
    }

    /// Writes what waits; what the database does not take waits for the next time.
    pub(crate) async fn write(&self, store: &Store) -> Result<(), StoreError> {
        let counts = mem::take(&mut *self.lock());
        if counts.is_empty() {
            return Ok(());
        }
        let rows = counts
            .iter()
            .map(|((place, stage), count)| (place.clone(), *stage, *count));
        let written = store.count_funnel(rows.collect()).await;
        if written.is_err() {
            let mut waiting = self.lock();
            for (key, count) in counts {
                *waiting.entry(key).or_default() += count;
            }
        }
        written
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(FunnelPlace, Stage), u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
