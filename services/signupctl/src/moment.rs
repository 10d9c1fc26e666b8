//! Points in time on the command line.

use signup_core::time::Timestamp;

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
}
