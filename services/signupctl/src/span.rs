//! Lengths of time on the command line.

use std::time::Duration;

/// Reads `15m`, `24h`, `30d` or `10y`: a whole number and a unit of seconds, minutes, hours, days, weeks or years of
/// 365 days.
pub fn parse(text: &str) -> Result<Duration, String> {
    const ALLOWED: &str = "expected a whole number and a unit: 30s, 15m, 24h, 7d, 2w or 10y";
    let number = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let seconds: u64 = match &text[number.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        "y" => 365 * 86_400,
        _ => return Err(ALLOWED.to_owned()),
    };
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ALLOWED.to_owned());
    }
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(seconds))
        // They are enough, and keep sums of times in range.
        .filter(|seconds| *seconds <= 1000 * 365 * 86_400)
        .map(Duration::from_secs)
        .ok_or_else(|| "1000 years are the most".to_owned())
}

/// The same for what must last some time.
pub fn parse_lasting(text: &str) -> Result<Duration, String> {
    match parse(text)? {
        Duration::ZERO => Err("must be longer than nothing".to_owned()),
        lasting => Ok(lasting),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_needs_a_unit() {
        assert_eq!(parse("15m"), Ok(Duration::from_secs(900)));
        assert_eq!(parse("10y"), Ok(Duration::from_secs(315_360_000)));
        for wrong in [
            "",
            "15",
            "m",
            "1.5h",
            "-1h",
            "1 h",
            "1month",
            "99999999999999999999y",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        assert!(parse("0s").is_ok() && parse_lasting("1s").is_ok() && parse_lasting("0s").is_err());
    }
}
