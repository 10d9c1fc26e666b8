//! When to try again.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(60);

/// The pause after this many failed attempts: doubles from 250 ms up to one minute.
pub fn retry_delay(attempts: u32) -> Duration {
    FIRST
        .saturating_mul(2_u32.saturating_pow(attempts.saturating_sub(1)))
        .min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_up_to_a_minute_and_stays_there() {
        let pauses =
            [1, 2, 3, 8, 9, 40, u32::MAX].map(|attempts| retry_delay(attempts).as_millis());
        assert_eq!(pauses, [250, 500, 1_000, 32_000, 60_000, 60_000, 60_000]);
    }
}
