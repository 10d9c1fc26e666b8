//! `[console]`

use std::time::Duration;

use super::reader::Reader;

/// How operators sign in.
#[derive(Clone, Debug)]
pub struct ConsoleSettings {
    /// A session that is not used for so long ends.
    pub session_idle: Duration,
    /// A session ends after so long, however often it is used.
    pub session_lifetime: Duration,
    /// Time in which attempts to sign in are counted.
    pub sign_in_window: Duration,
    /// Attempts within the window for one name from one client, at least 1.
    pub sign_ins_per_name: u32,
    /// Attempts within the window from one client, at least 1.
    pub sign_ins_per_client: u32,
    /// Attempts within the window for one name from all clients, at least 1.
    pub sign_ins_per_name_everywhere: u32,
    /// How long the audit log is kept.
    pub audit_retention: Duration,
}

impl ConsoleSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        let hours = |hours: u64| minutes(hours * 60);
        let settings = Self {
            session_idle: reader.duration("console.session_idle", minutes(1)..=hours(24)),
            session_lifetime: reader.duration("console.session_lifetime", minutes(5)..=hours(168)),
            sign_in_window: reader.duration("console.sign_in_window", minutes(1)..=hours(24)),
            sign_ins_per_name: reader.integer("console.sign_ins_per_name", 1..=1000),
            sign_ins_per_client: reader.integer("console.sign_ins_per_client", 1..=10_000),
            sign_ins_per_name_everywhere: reader
                .integer("console.sign_ins_per_name_everywhere", 1..=100_000),
            audit_retention: reader
                .duration("console.audit_retention", hours(24)..=hours(10 * 365 * 24)),
        };
        if settings.session_idle > settings.session_lifetime {
            reader.fault(
                "console.session_idle",
                "is longer than console.session_lifetime",
                "must not be longer than the whole session",
            );
        }
        settings
    }
}
