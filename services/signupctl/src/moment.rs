//! Points in time on the command line.

use signup_core::time::Timestamp;

use crate::failure::Misuse;
use crate::span;
use crate::workplace::now;

/// Reads how long ago (`30m`, `24h`, `7d`), or a time in RFC 3339 (`2026-03-01T08:00:00Z`).
pub fn parse(text: &str) -> Result<Timestamp, String> {
    if let Ok(ago) = span::parse(text) {
        return Ok(now().before(ago));
    }
    Timestamp::parse_rfc3339(text).ok_or_else(|| {
        "expected how long ago (30m, 24h, 7d) or a time such as 2026-03-01T08:00:00Z".to_owned()
    })
}

/// The end of a window that begins at `since`: now, unless another is named.
///
/// # Errors
/// It is not later than its beginning.
pub fn end_of_window(since: Timestamp, until: Option<Timestamp>) -> Result<Timestamp, Misuse> {
    let until = until.unwrap_or_else(now);
    if until > since {
        Ok(until)
    } else {
        let problem = format!("nothing is later than --since {since} and before --until {until}");
        Err(Misuse(problem))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_time_is_told_from_now_or_from_the_calendar() {
        let hour_ago = parse("1h").expect("a span");
        let ago = now().since(hour_ago);
        assert!(ago >= Duration::from_secs(3600) && ago < Duration::from_secs(3660));
        assert_eq!(
            parse("2024-09-18T11:21:01Z"),
            Ok(Timestamp::from_millis(1_726_658_461_000))
        );
        assert_eq!(
            parse("2024-09-18T19:21:01+08:00"),
            Ok(Timestamp::from_millis(1_726_658_461_000))
        );
        assert!(parse("yesterday").is_err());
        assert!(parse("2024-09-18").is_err(), "a day alone has no time zone");
    }

    #[test]
    fn a_window_ends_after_it_begins() {
        let at = Timestamp::from_millis;
        assert_eq!(end_of_window(at(1), Some(at(2))).ok(), Some(at(2)));
        assert!(end_of_window(at(1), None).is_ok());
        for since in [2, 3] {
            assert!(end_of_window(at(since), Some(at(2))).is_err());
        }
    }
}
