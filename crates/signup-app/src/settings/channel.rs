//! `[channel.NAME]`: sections whose names an operator chooses. What they hold depends on their `kind` and is the
//! worker's business; every other process, which shares the file, only sees to it that they look like such sections.

use ::config::{Value, ValueKind};

use super::fault::Fault;

/// What keys of these sections start with.
pub(super) const SECTION: &str = "channel.";

/// Longest name; it ends up in metrics and in records of deliveries.
const MAX_NAME: usize = 32;

/// Whether a channel provider can have this name: 1 to 32 lower-case letters, digits or `_`, no two `_` in a row,
/// because `__` separates the parts of an environment variable.
pub fn is_channel_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len())
        && !name.contains("__")
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Whether `below`, what follows `channel.` in `key`, is `NAME.KEY`; if not, with a fault.
pub(super) fn is_known(key: &str, below: &str, value: &Value, faults: &mut Vec<Fault>) -> bool {
    let (name, rest) = match below.split_once('.') {
        Some((name, rest)) => (name, Some(rest)),
        None => (below, None),
    };
    let is_header = rest.is_none() && matches!(value.kind, ValueKind::Table(_));
    let is_key = rest.is_some_and(|rest| !rest.is_empty() && !rest.contains('.'));
    let problem = if !is_channel_name(name) {
        "is not below a name of a channel provider"
    } else if is_key {
        return true;
    } else if is_header {
        return false;
    } else {
        "is not a key of a channel provider"
    };
    faults.push(Fault {
        key: key.to_owned(),
        origin: value.origin().map(str::to_owned),
        problem: problem.to_owned(),
        allowed: format!(
            "must be channel.NAME.KEY; a NAME has 1 to {MAX_NAME} lower-case letters, digits and single '_'"
        ),
    });
    false
}
