//! What a message carries of its failed attempts, in headers.
//!
//! | header | type | meaning |
//! |---|---|---|
//! | `signup-routing-key` | text | the routing key it was first published with |
//! | `signup-attempts` | number | attempts that failed |
//! | `signup-problem` | text | why the last one failed |
//! | `signup-first-failure` | time | when the first one failed |
//! | `signup-lane` | text | the queue it was given up from |
//! | `signup-died` | time | when it was given up |

use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable};

pub(super) const ROUTING_KEY: &str = "signup-routing-key";
pub(super) const ATTEMPTS: &str = "signup-attempts";
pub(super) const PROBLEM: &str = "signup-problem";
pub(super) const FIRST_FAILURE: &str = "signup-first-failure";
pub(super) const LANE: &str = "signup-lane";
pub(super) const DIED: &str = "signup-died";

/// Longest problem that a header keeps, in characters: headers have to fit into one frame.
const LONGEST_PROBLEM: usize = 1000;

/// Failed attempts so far.
pub(super) fn failures(properties: &BasicProperties) -> u32 {
    header(properties, ATTEMPTS)
        .and_then(number)
        .and_then(|count| u32::try_from(count).ok())
        .unwrap_or(0)
}

/// The headers after one more failure. Keeps headers of others, except the broker's own record of moves, which would be
/// taken for something that happened to the new message.
pub(super) fn after_failure(
    properties: &BasicProperties,
    routing_key: &str,
    problem: &str,
    now: u64,
) -> FieldTable {
    let mut headers = without_trail(properties, routing_key);
    let failures = failures(properties).saturating_add(1);
    let first = time(properties, FIRST_FAILURE).unwrap_or(now);
    let problem: String = problem.chars().take(LONGEST_PROBLEM).collect();
    headers.insert(ATTEMPTS.into(), AMQPValue::LongLongInt(failures.into()));
    headers.insert(PROBLEM.into(), text(&problem));
    headers.insert(FIRST_FAILURE.into(), AMQPValue::Timestamp(first));
    headers
}

/// The headers of a message that begins anew: only its routing key, and headers of others.
pub(super) fn without_trail(properties: &BasicProperties, routing_key: &str) -> FieldTable {
    let mut headers = FieldTable::default();
    for (name, value) in properties.headers().iter().flat_map(|table| table.inner()) {
        let ours = [ATTEMPTS, PROBLEM, FIRST_FAILURE, LANE, DIED].contains(&name.as_str());
        if !ours && !is_brokers(name.as_str()) {
            headers.insert(name.clone(), value.clone());
        }
    }
    headers.insert(ROUTING_KEY.into(), text(routing_key));
    headers
}

fn is_brokers(name: &str) -> bool {
    name == "x-delivery-count"
        || ["x-death", "x-first-death-", "x-last-death-"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

/// A text header.
pub(super) fn header_text(properties: &BasicProperties, name: &str) -> Option<String> {
    header(properties, name).and_then(as_text)
}

/// A header that holds a time, in seconds since the Unix epoch.
pub(super) fn time(properties: &BasicProperties, name: &str) -> Option<u64> {
    header(properties, name).and_then(as_time)
}

/// A header.
pub(super) fn header<'a>(properties: &'a BasicProperties, name: &str) -> Option<&'a AMQPValue> {
    properties.headers().as_ref()?.inner().get(name)
}

pub(super) fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

pub(super) fn as_text(value: &AMQPValue) -> Option<String> {
    match value {
        AMQPValue::LongString(text) => Some(text.to_string()),
        AMQPValue::ShortString(text) => Some(text.to_string()),
        _ => None,
    }
}

pub(super) fn as_time(value: &AMQPValue) -> Option<u64> {
    match value {
        AMQPValue::Timestamp(seconds) => Some(*seconds),
        _ => None,
    }
}

/// A whole number, of whatever width: each client library has its own habits.
pub(super) fn number(value: &AMQPValue) -> Option<i64> {
    match *value {
        AMQPValue::ShortShortInt(n) => Some(n.into()),
        AMQPValue::ShortShortUInt(n) => Some(n.into()),
        AMQPValue::ShortInt(n) => Some(n.into()),
        AMQPValue::ShortUInt(n) => Some(n.into()),
        AMQPValue::LongInt(n) => Some(n.into()),
        AMQPValue::LongUInt(n) => Some(n.into()),
        AMQPValue::LongLongInt(n) => Some(n),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(headers: FieldTable) -> BasicProperties {
        BasicProperties::default().with_headers(headers)
    }

    #[test]
    fn failures_are_counted_and_the_first_one_is_remembered() {
        let fresh = BasicProperties::default();
        assert_eq!(failures(&fresh), 0);
        let once = with(after_failure(&fresh, "user.created.acme", "refused", 100));
        let twice = with(after_failure(&once, "user.created.acme", "timed out", 200));
        assert_eq!(failures(&twice), 2);
        assert_eq!(time(&twice, FIRST_FAILURE), Some(100));
        assert_eq!(header_text(&twice, PROBLEM).unwrap(), "timed out");
        assert_eq!(
            header_text(&twice, ROUTING_KEY).unwrap(),
            "user.created.acme"
        );
    }

    #[test]
    fn a_new_beginning_forgets_failures_and_moves_and_keeps_other_headers() {
        let mut headers = FieldTable::default();
        for name in [
            "x-death",
            "x-first-death-queue",
            "x-last-death-reason",
            "x-delivery-count",
            "theirs",
        ] {
            headers.insert(name.into(), text("1"));
        }
        let failed = with(after_failure(&with(headers), "k", "refused", 100));
        let anew = without_trail(&failed, "k");
        let names: Vec<_> = anew.inner().keys().map(|name| name.as_str()).collect();
        assert_eq!(names, [ROUTING_KEY, "theirs"]);
    }

    #[test]
    fn a_long_problem_is_cut() {
        let headers = after_failure(&BasicProperties::default(), "k", &"é".repeat(200_000), 1);
        let kept = header_text(&with(headers), PROBLEM).unwrap();
        assert_eq!(kept.chars().count(), LONGEST_PROBLEM);
    }
}
