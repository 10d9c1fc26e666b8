//! `extra`, and the user tables that take it.

use serde_json::{Map, Value};

use crate::error::{Error, Problem};
use crate::settings::{ApplicationSettings, DEFAULT_TABLE, Field};

/// The most bytes of JSON text (our choice).
const MAX_BYTES: usize = 16 * 1024;

/// The most levels of objects and arrays (our choice). JSON readers give up somewhere, commonly at 128 levels, and
/// consumers of events get `extra` inside an envelope.
const MAX_LEVELS: usize = 32;

/// Reads `extra`: JSON text, or an object where the body is JSON.
///
/// What is not JSON, or no object, counts as not given (seed 001); so does what nests too deep to be read safely.
///
/// # Errors
/// It is too large.
pub(crate) fn read_extra(given: Option<&Value>) -> Result<Option<Map<String, Value>>, Error> {
    let (bytes, extra) = match given {
        None => return Ok(None),
        Some(Value::String(text)) => (text.len(), serde_json::from_str(text).ok()),
        Some(value) => (value.to_string().len(), Some(value.clone())),
    };
    if bytes > MAX_BYTES {
        return Err(Error::invalid("extra", Problem::MoreBytes(MAX_BYTES)));
    }
    Ok(match extra {
        Some(value @ Value::Object(_)) if !nests_deeper(&value, MAX_LEVELS) => as_object(value),
        _ => None,
    })
}

fn as_object(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

fn nests_deeper(value: &Value, levels: usize) -> bool {
    match value {
        Value::Object(object) => {
            levels == 0 || object.values().any(|inner| nests_deeper(inner, levels - 1))
        }
        Value::Array(array) => {
            levels == 0 || array.iter().any(|inner| nests_deeper(inner, levels - 1))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// What the table takes of `extra`: all of it, or, where the table's fields are declared, those fields with their
/// defaults.
///
/// # Errors
/// The shop has no such table; or a field is not declared, or not of its type.
pub(crate) fn fit(
    settings: &ApplicationSettings,
    table: &str,
    extra: Option<Map<String, Value>>,
) -> Result<Option<Map<String, Value>>, Error> {
    let fields = match settings.tables.get(table) {
        Some(table) => table.fields.as_deref(),
        None if table == DEFAULT_TABLE => None,
        None => return Err(Error::UnknownTable),
    };
    let Some(fields) = fields else {
        return Ok(extra);
    };
    let mut extra = extra.unwrap_or_default();
    for (name, value) in &extra {
        let wrong = match fields.iter().find(|field| field.name == *name) {
            None => Some(Problem::NotDeclared),
            Some(field) if !field.kind.fits(value) => Some(Problem::NotOfType(field.kind)),
            Some(_) => None,
        };
        if let Some(problem) = wrong {
            return Err(Error::invalid(
                format!("extra.{}", shortened(name)),
                problem,
            ));
        }
    }
    for Field { name, default, .. } in fields {
        if let Some(default) = default
            && !extra.contains_key(name)
        {
            extra.insert(name.clone(), default.clone());
        }
    }
    Ok(Some(extra).filter(|extra| !extra.is_empty()))
}

/// A client's field name, short enough for a message.
fn shortened(name: &str) -> String {
    name.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    fn settings() -> ApplicationSettings {
        serde_json::from_value(json!({"tables": {
            "Members": {"fields": [
                {"name": "nickname", "type": "string"},
                {"name": "target", "type": "number", "default": 8000},
                {"name": "tags", "type": "array", "default": []},
            ]},
            "Anything": {},
        }}))
        .unwrap()
    }

    fn fitted(table: &str, extra: Value) -> Result<Value, Error> {
        fit(&settings(), table, as_object(extra)).map(Value::from)
    }

    #[test]
    fn what_is_no_json_object_counts_as_not_given() {
        for text in ["{", "", "x", "null", "[]", "\"{}\"", "1", "{\"a\":1}x"] {
            assert_eq!(read_extra(Some(&json!(text))).unwrap(), None, "{text}");
        }
        for value in [json!([]), json!(1), json!(true)] {
            assert_eq!(read_extra(Some(&value)).unwrap(), None, "{value}");
        }
        let object = json!({"a": 1});
        let read = read_extra(Some(&object)).unwrap();
        assert_eq!(Value::from(read), object);
        assert_eq!(
            read_extra(Some(&json!("{\"a\":1}"))).unwrap(),
            as_object(object)
        );
    }

    #[test]
    fn extra_has_at_most_16_kib_and_32_levels() {
        let of_bytes = |bytes: usize| json!(format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8)));
        assert!(read_extra(Some(&of_bytes(MAX_BYTES))).unwrap().is_some());
        assert!(read_extra(Some(&of_bytes(MAX_BYTES + 1))).is_err());
        let of_levels = |levels: usize| (1..levels).fold(json!({}), |inner, _| json!({"a": inner}));
        assert!(read_extra(Some(&of_levels(32))).unwrap().is_some());
        for deep in [of_levels(33), json!(of_levels(33).to_string())] {
            assert_eq!(read_extra(Some(&deep)).unwrap(), None);
        }
        let deeper_than_readable = json!("{\"a\":".repeat(200) + "1" + &"}".repeat(200));
        assert_eq!(read_extra(Some(&deeper_than_readable)).unwrap(), None);
    }

    #[test]
    fn a_declared_table_takes_its_fields_and_fills_in_defaults() {
        assert_eq!(
            fitted("Members", json!({"nickname": "木木", "tags": [1]})),
            Ok(json!({"nickname": "木木", "target": 8000, "tags": [1]}))
        );
        assert_eq!(
            fitted("Members", json!({})),
            Ok(json!({"target": 8000, "tags": []}))
        );
        assert_eq!(
            fitted("Members", json!({"weight": 56})),
            Err(Error::invalid("extra.weight", Problem::NotDeclared))
        );
        for (name, value) in [
            ("nickname", json!(null)),
            ("nickname", json!(1)),
            ("tags", json!({})),
        ] {
            assert!(fitted("Members", json!({name: value})).is_err(), "{name}");
        }
    }

    #[test]
    fn other_tables_take_any_object() {
        for table in ["Anything", "DefaultX"] {
            assert_eq!(fitted(table, json!({"a": [1]})), Ok(json!({"a": [1]})));
        }
        assert_eq!(fitted("Members2", json!({})), Err(Error::UnknownTable));
    }
}
