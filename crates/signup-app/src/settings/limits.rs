//! `[limits]`

use signup_core::code::LimitMode;

use super::reader::Reader;

/// What the limits on sending codes do.
#[derive(Clone, Debug)]
pub struct LimitSettings {
    /// Whether what is beyond a limit is refused.
    pub mode: LimitMode,
}

impl LimitSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            mode: reader
                .parsed(
                    "limits.mode",
                    "must be enforce or observe",
                    LimitMode::from_name,
                )
                .unwrap_or_default(),
        }
    }
}
