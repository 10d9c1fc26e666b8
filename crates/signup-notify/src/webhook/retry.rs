//! When to try again.

use std::time::{Duration, SystemTime};

use signup_core::time::Timestamp;

/// Pauses after the first, the second … failed attempt, in seconds: together a little less than a day. Short at first,
/// for endpoints that are being restarted; long at the end, for people who sleep.
const SCHEDULE: [u64; 10] = [
    5,
    30,
    2 * 60,
    10 * 60,
    30 * 60,
    3_600,
    2 * 3_600,
    4 * 3_600,
    8 * 3_600,
    8 * 3_600,
];

/// The pauses grow by up to this part of themselves, so that what failed together does not come back together.
const JITTER: f64 = 0.2;

/// The longest that an endpoint may ask for. With it, all attempts end before the outbox forgets the event (at least
/// 48 hours).
const LONGEST_ASKED: Duration = Duration::from_secs(3_600);

/// The pause after this many failed attempts; none when it was the last. `chance` is a random number from 0 to 1.
pub(super) fn retry_delay(attempts: u32, chance: f64) -> Option<Duration> {
    let index = usize::try_from(attempts.checked_sub(1)?).ok()?;
    let pause = Duration::from_secs(*SCHEDULE.get(index)?);
    Some(pause.mul_f64(1.0 + JITTER * chance.clamp(0.0, 1.0)))
}

/// How long a `Retry-After` header asks to wait (RFC 9110, 10.2.3: seconds, or an HTTP date), an hour at the most.
pub(super) fn retry_after(header: &str, now: Timestamp) -> Option<Duration> {
    let header = header.trim();
    let asked = match header.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let date = httpdate::parse_http_date(header).ok()?;
            let since_epoch = date.duration_since(SystemTime::UNIX_EPOCH).ok()?;
            Timestamp::from_millis(0).after(since_epoch).since(now)
        }
    };
    Some(asked.min(LONGEST_ASKED))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600;

    #[test]
    fn the_schedule_begins_with_seconds_and_lasts_about_a_day() {
        let pauses: Vec<u64> = (1..)
            .map_while(|attempts| retry_delay(attempts, 0.0))
            .map(|pause| pause.as_secs())
            .collect();
        assert_eq!(pauses[..4], [5, 30, 120, 600]);
        assert!(pauses.is_sorted());
        let total = pauses.iter().sum::<u64>();
        assert!((23 * HOUR..25 * HOUR).contains(&total), "{total}");
        assert_eq!(retry_delay(11, 0.0), None);
        assert_eq!(retry_delay(u32::MAX, 0.0), None);
        assert_eq!(retry_delay(0, 0.0), None);
    }

    #[test]
    fn jitter_adds_up_to_a_fifth() {
        for (chance, seconds) in [(0.0, 600.0), (0.5, 660.0), (1.0, 720.0), (9.0, 720.0)] {
            let pause = retry_delay(4, chance).unwrap_or_default();
            assert!(
                (pause.as_secs_f64() - seconds).abs() < 0.01,
                "{chance}: {pause:?}"
            );
        }
    }

    #[test]
    fn the_last_attempt_is_made_before_the_outbox_may_forget_the_event() {
        let longest = |attempts| retry_delay(attempts, 1.0).map(|pause| pause.max(LONGEST_ASKED));
        let total: Duration = (1..).map_while(longest).sum();
        assert!(total < Duration::from_secs(48 * HOUR), "{total:?}");
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_no_more_than_an_hour() {
        // 1994-11-06 08:49:37 UTC
        let now = Timestamp::from_millis(784_111_777_000);
        for (header, seconds) in [
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("86400", Some(3_600)),
            ("Sun, 06 Nov 1994 08:51:37 GMT", Some(120)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("Sat, 06 Nov 2094 08:00:00 GMT", Some(3_600)),
            ("soon", None),
            ("-5", None),
            ("", None),
        ] {
            let expected = seconds.map(Duration::from_secs);
            assert_eq!(retry_after(header, now), expected, "{header}");
        }
    }
}
