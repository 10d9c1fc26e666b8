//! `[worker]`

use super::reader::Reader;

/// How the worker takes events.
#[derive(Clone, Copy, Debug)]
pub struct WorkerSettings {
    /// Messages of one lane that are taken, and sent, at a time.
    pub prefetch: u16,
    /// Attempts after which a message is given up.
    pub attempts: u32,
}

impl WorkerSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            prefetch: reader.integer("worker.prefetch", 1..=1000),
            attempts: reader.integer("worker.attempts", 1..=1000),
        }
    }
}
