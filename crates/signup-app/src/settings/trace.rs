//! `[trace]`

use std::time::Duration;

use super::reader::Reader;

/// What is kept about requests, to explain them later.
#[derive(Clone, Debug)]
pub struct TraceSettings {
    /// Which decisions are kept.
    pub decisions: KeptDecisions,
    /// How long.
    pub retention: Duration,
}

/// Which decisions about requests are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptDecisions {
    /// Every one.
    All,
    /// Those by which the caller did not get what it asked for.
    Refused,
    /// None.
    Off,
}

impl TraceSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let hours = |hours: u64| Duration::from_secs(hours * 60 * 60);
        Self {
            decisions: reader
                .parsed(
                    "trace.decisions",
                    "must be all, refused or off",
                    |text| match text {
                        "all" => Some(KeptDecisions::All),
                        "refused" => Some(KeptDecisions::Refused),
                        "off" => Some(KeptDecisions::Off),
                        _ => None,
                    },
                )
                .unwrap_or(KeptDecisions::All),
            retention: reader.duration("trace.retention", hours(1)..=hours(10 * 365 * 24)),
        }
    }
}
