//! `extra`, and the user tables that take it.

use std::borrow::Cow;
use std::str::Bytes;

use serde::de::IgnoredAny;
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
/// What is not JSON, or no object, counts as not given (seed 001), however large it is. So does an object that cannot be
/// read although its grammar is right: with a number beyond all range, or half of a surrogate pair.
///
/// # Errors
/// It is an object that is too large or nests too deep.
pub(crate) fn read_extra(given: Option<&Value>) -> Result<Option<Map<String, Value>>, Error> {
    let text = match given {
        None => return Ok(None),
        Some(Value::String(text)) => Cow::Borrowed(text.as_str()),
        Some(value) => Cow::Owned(value.to_string()),
    };
    if !is_object(&text) {
        return Ok(None);
    }
    if text.len() > MAX_BYTES {
        return Err(Error::invalid("extra", Problem::MoreBytes(MAX_BYTES)));
    }
    if levels(&text) > MAX_LEVELS {
        return Err(Error::invalid("extra", Problem::MoreLevels(MAX_LEVELS)));
    }
    Ok(serde_json::from_str(&text).ok())
}

/// Whether a text is an object by the grammar of JSON, whatever it holds.
fn is_object(text: &str) -> bool {
    let starts_as_one = text
        .trim_start_matches([' ', '\t', '\r', '\n'])
        .starts_with('{');
    // Values that are ignored are read without recursion.
    starts_as_one && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// How deep the objects and arrays of a JSON text nest.
fn levels(json: &str) -> usize {
    let (mut level, mut deepest) = (0_usize, 0);
    let mut bytes = json.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'{' | b'[' => level += 1,
            b'}' | b']' => level = level.saturating_sub(1),
            b'"' => skip_string(&mut bytes),
            _ => {}
        }
        deepest = deepest.max(level);
    }
    deepest
}

/// Goes behind the quote that ends a string.
fn skip_string(bytes: &mut Bytes) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => _ = bytes.next(),
            _ => {}
        }
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

    fn as_object(value: Value) -> Option<Map<String, Value>> {
        value.as_object().cloned()
    }

    fn refusal(given: &Value) -> Error {
        read_extra(Some(given)).unwrap_err()
    }

    #[test]
    fn what_is_no_json_object_counts_as_not_given_however_large_it_is() {
        for text in [
            "{",
            "",
            "x",
            "null",
            "[]",
            "\"{}\"",
            "1",
            "{\"a\":1}x",
            "{nickname:1}",
        ] {
            assert_eq!(read_extra(Some(&json!(text))).unwrap(), None, "{text}");
        }
        for text in ["x".repeat(20_000), "{".repeat(20_000), "[".repeat(20_000)] {
            assert_eq!(read_extra(Some(&json!(text))).unwrap(), None);
        }
        for value in [
            json!([]),
            json!(1),
            json!(true),
            json!(["x".repeat(20_000)]),
        ] {
            assert_eq!(read_extra(Some(&value)).unwrap(), None, "{value}");
        }
        let object = json!({"a": 1});
        let read = read_extra(Some(&object)).unwrap();
        assert_eq!(Value::from(read), object);
        let text = json!(" \n{\"a\":1}");
        assert_eq!(read_extra(Some(&text)).unwrap(), as_object(object));
    }

    #[test]
    fn an_object_has_at_most_16_kib() {
        let of_bytes = |bytes: usize| json!(format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8)));
        assert!(read_extra(Some(&of_bytes(MAX_BYTES))).unwrap().is_some());
        let too_large = Error::invalid("extra", Problem::MoreBytes(MAX_BYTES));
        assert_eq!(refusal(&of_bytes(MAX_BYTES + 1)), too_large);
        let as_member = json!({"a": "x".repeat(MAX_BYTES)});
        assert_eq!(refusal(&as_member), too_large);
    }

    #[test]
    fn an_object_has_at_most_32_levels() {
        let of_levels = |levels: usize| (1..levels).fold(json!({}), |inner, _| json!({"a": inner}));
        assert!(read_extra(Some(&of_levels(32))).unwrap().is_some());
        let too_deep = Error::invalid("extra", Problem::MoreLevels(MAX_LEVELS));
        assert_eq!(refusal(&of_levels(33)), too_deep);
        assert_eq!(refusal(&json!(of_levels(33).to_string())), too_deep);
        let deeper_than_readable = "{\"a\":[".repeat(2000) + "1" + &"]}".repeat(2000);
        assert_eq!(refusal(&json!(deeper_than_readable)), too_deep);
        let brackets_in_texts = json!({"a": "{[\"\\".repeat(100)});
        for given in [
            brackets_in_texts.clone(),
            json!(brackets_in_texts.to_string()),
        ] {
            assert_eq!(
                read_extra(Some(&given)).unwrap(),
                as_object(brackets_in_texts.clone())
            );
        }
        let side_by_side = json!({"a": vec![json!([]); 40]});
        assert!(read_extra(Some(&side_by_side)).unwrap().is_some());
    }

    #[test]
    fn an_object_that_cannot_be_read_counts_as_not_given() {
        for text in ["{\"a\":1e999}", "{\"a\":\"\\ud800\"}"] {
            assert_eq!(read_extra(Some(&json!(text))).unwrap(), None, "{text}");
        }
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
