//! Which changes of a JSON Schema break the consumers of what it describes.
//!
//! We write events, others read them. So a value that the current schema allows must be one that the released schema
//! allowed: whoever wrote a consumer for the released one must be able to read it. Members may be added, and promises
//! may become stricter; nothing may be removed, left out that was always there, or take values that it never took.

use serde_json::{Map, Value};

/// Keywords that say nothing about values.
const WORDS: [&str; 5] = ["title", "description", "examples", "$comment", "deprecated"];

type Schema = Map<String, Value>;

/// Everything in `current` that breaks a consumer written for `released`: a JSON Pointer and what is wrong there.
pub fn breaks(released: &Value, current: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", released, current, &mut found);
    found
}

fn compare(at: &str, released: &Value, current: &Value, found: &mut Vec<String>) {
    let (Some(released), Some(current)) = (released.as_object(), current.as_object()) else {
        if released != current {
            found.push(format!("{at}: was {released}, is {current}"));
        }
        return;
    };
    for (keyword, was) in released {
        let keyword = keyword.as_str();
        if WORDS.contains(&keyword) {
            continue;
        }
        let at = format!("{at}/{keyword}");
        match (keyword, current.get(keyword)) {
            ("enum", now) => compare_values(&at, was, now.or(current.get("const")), found),
            (_, None) => found.push(format!("{at}: was removed")),
            ("properties" | "$defs", Some(now)) => compare_members(&at, was, now, found),
            ("required", Some(now)) => compare_required(&at, was, now, found),
            ("type", Some(now)) => compare_types(&at, was, now, found),
            ("allOf", Some(now)) => compare_parts(&at, was, now, found),
            ("then" | "else" | "items" | "additionalProperties", Some(now)) => {
                compare(&at, was, now, found);
            }
            ("minimum" | "minLength" | "minItems" | "minProperties", Some(now)) => {
                compare_bounds(&at, was, now, |was, now| now >= was, found);
            }
            ("maximum" | "maxLength" | "maxItems" | "maxProperties", Some(now)) => {
                compare_bounds(&at, was, now, |was, now| now <= was, found);
            }
            // `const`, `format`, `pattern`, `$ref`, `if` and all that is not known here: a change needs a new version.
            (_, Some(now)) if was != now => found.push(format!("{at}: was {was}, is {now}")),
            _ => {}
        }
    }
    compare_openness(at, released, current, found);
}

/// Members may be added, none may go.
fn compare_members(at: &str, was: &Value, now: &Value, found: &mut Vec<String>) {
    for (name, was) in was.as_object().into_iter().flatten() {
        match now.get(name) {
            Some(now) => compare(&format!("{at}/{name}"), was, now, found),
            None => found.push(format!("{at}/{name}: was removed")),
        }
    }
}

/// What was always there must stay so.
fn compare_required(at: &str, was: &Value, now: &Value, found: &mut Vec<String>) {
    for name in listed(was).filter(|name| !listed(now).any(|other| other == *name)) {
        found.push(format!(
            "{at}: {name} was always there and may now be left out"
        ));
    }
}

/// A value may lose types, and get none that it did not have.
fn compare_types(at: &str, was: &Value, now: &Value, found: &mut Vec<String>) {
    let had = |new: &Value| {
        let is_number = |old: &Value| new == "integer" && old == "number";
        listed(was).any(|old| old == new || is_number(old))
    };
    if !listed(now).all(had) {
        found.push(format!("{at}: was {was}, is {now}"));
    }
}

/// A value may lose some of its possibilities, and get no new ones.
fn compare_values(at: &str, was: &Value, now: Option<&Value>, found: &mut Vec<String>) {
    let Some(now) = now else {
        found.push(format!("{at}: was removed"));
        return;
    };
    for new in listed(now).filter(|new| !listed(was).any(|old| old == *new)) {
        found.push(format!("{at}: {new} was added"));
    }
}

/// Parts of `allOf` may be added at the end: one more is one more promise.
fn compare_parts(at: &str, was: &Value, now: &Value, found: &mut Vec<String>) {
    for (index, was) in listed(was).enumerate() {
        match now.get(index) {
            Some(now) => compare(&format!("{at}/{index}"), was, now, found),
            None => found.push(format!("{at}/{index}: was removed")),
        }
    }
}

fn compare_bounds(
    at: &str,
    was: &Value,
    now: &Value,
    keeps: impl Fn(f64, f64) -> bool,
    found: &mut Vec<String>,
) {
    let kept = was
        .as_f64()
        .zip(now.as_f64())
        .is_some_and(|(was, now)| keeps(was, now));
    if !kept {
        found.push(format!("{at}: was {was}, is {now}"));
    }
}

/// A consumer that validates with the published schema must be able to read what a later version adds, so an open
/// object stays open; and a member that gets a description must be what was said about members without one.
fn compare_openness(at: &str, released: &Schema, current: &Schema, found: &mut Vec<String>) {
    for keyword in ["additionalProperties", "unevaluatedProperties"] {
        if !released.contains_key(keyword) && current.get(keyword) == Some(&Value::Bool(false)) {
            found.push(format!(
                "{at}/{keyword}: closes what was open for additions"
            ));
        }
    }
    let others = released
        .get("additionalProperties")
        .filter(|schema| schema.is_object());
    let members = current.get("properties").and_then(Value::as_object);
    if let (Some(others), Some(members)) = (others, members) {
        let known = released.get("properties").and_then(Value::as_object);
        for (name, now) in members {
            if known.is_none_or(|known| !known.contains_key(name)) {
                compare(&format!("{at}/properties/{name}"), others, now, found);
            }
        }
    }
}

/// The items of an array, or the value itself.
fn listed(value: &Value) -> std::slice::Iter<'_, Value> {
    match value {
        Value::Array(items) => items.iter(),
        other => std::slice::from_ref(other).iter(),
    }
}
