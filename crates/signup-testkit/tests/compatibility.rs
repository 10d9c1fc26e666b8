//! The rules by which a schema's change breaks consumers, on made-up schemas.

#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};
use signup_testkit::compatibility::breaks;

fn released() -> Value {
    json!({
        "$id": "urn:made-up:v1",
        "type": "object",
        "required": ["id", "kind"],
        "properties": {
            "id": {"description": "The id.", "type": "string", "format": "uuid", "maxLength": 36},
            "kind": {"enum": ["a", "b"]},
            "size": {"type": ["integer", "null"], "minimum": 1},
            "owner": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
            "extra": {"type": "object", "additionalProperties": {"type": "string"}},
        },
        "allOf": [{"if": {"required": ["size"]}, "then": {"properties": {"owner": {"$ref": "#/$defs/big"}}}}],
        "$defs": {"big": {"required": ["rank"], "properties": {"rank": {"type": "number"}}}},
    })
}

/// The released schema with another value at a JSON Pointer; `null` removes what is there.
fn changed(pointer: &str, value: Value) -> Value {
    let mut schema = released();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match schema.pointer_mut(parent).unwrap() {
        Value::Array(items) => items[name.parse::<usize>().unwrap()] = value,
        Value::Object(members) if value.is_null() => drop(members.remove(name).unwrap()),
        Value::Object(members) => drop(members.insert(name.to_owned(), value)),
        other => unreachable!("{other} has no members"),
    }
    schema
}

fn breaks_with(pointer: &str, value: Value) -> Vec<String> {
    breaks(&released(), &changed(pointer, value))
}

#[test]
fn a_schema_that_stayed_the_same_breaks_nobody() {
    assert_eq!(breaks(&released(), &released()), Vec::<String>::new());
}

#[test]
fn additions_words_and_stricter_promises_break_nobody() {
    for (pointer, value) in [
        ("/properties/colour", json!({"type": "string"})),
        (
            "/properties/owner/properties/mail",
            json!({"type": "string"}),
        ),
        (
            "/properties/extra/properties",
            json!({"note": {"type": "string"}}),
        ),
        ("/$defs/small", json!({"type": "string"})),
        ("/required", json!(["id", "kind", "size"])),
        ("/properties/id/description", json!("Another one.")),
        ("/properties/id/description", Value::Null),
        ("/properties/id/maxLength", json!(30)),
        ("/properties/id/pattern", json!("^0")),
        ("/properties/kind/enum", json!(["b"])),
        ("/properties/size/type", json!("integer")),
        ("/properties/size/minimum", json!(2)),
        ("/$defs/big/properties/rank/type", json!("integer")),
    ] {
        let found = breaks_with(pointer, value.clone());
        assert!(found.is_empty(), "{pointer} {value}: {found:?}");
    }
    let mut schema = released();
    let parts = schema["allOf"].as_array_mut().unwrap();
    parts.push(json!({"required": ["owner"]}));
    assert!(breaks(&released(), &schema).is_empty());
}

#[test]
fn every_breaking_change_is_found_where_it_is() {
    for (pointer, value, expected) in [
        (
            "/properties/size",
            Value::Null,
            "/properties/size: was removed",
        ),
        (
            "/properties/owner/properties/name",
            Value::Null,
            "/properties/owner/properties/name: was removed",
        ),
        ("/$defs/big", Value::Null, "/$defs/big: was removed"),
        (
            "/required",
            json!(["id"]),
            r#"/required: "kind" was always there and may now be left out"#,
        ),
        (
            "/properties/owner/required",
            json!([]),
            r#"/properties/owner/required: "name" was always there and may now be left out"#,
        ),
        (
            "/$defs/big/required",
            Value::Null,
            "/$defs/big/required: was removed",
        ),
        (
            "/properties/id/type",
            json!("integer"),
            r#"/properties/id/type: was "string", is "integer""#,
        ),
        (
            "/properties/id/type",
            json!(["string", "null"]),
            r#"/properties/id/type: was "string", is ["string","null"]"#,
        ),
        (
            "/properties/size/type",
            json!("number"),
            r#"/properties/size/type: was ["integer","null"], is "number""#,
        ),
        (
            "/properties/id/type",
            Value::Null,
            "/properties/id/type: was removed",
        ),
        (
            "/properties/kind/enum",
            json!(["a", "b", "c"]),
            r#"/properties/kind/enum: "c" was added"#,
        ),
        (
            "/properties/kind/enum",
            Value::Null,
            "/properties/kind/enum: was removed",
        ),
        (
            "/properties/kind",
            json!({"const": "c"}),
            r#"/properties/kind/enum: "c" was added"#,
        ),
        (
            "/properties/id/format",
            json!("uri"),
            r#"/properties/id/format: was "uuid", is "uri""#,
        ),
        (
            "/properties/id/maxLength",
            json!(40),
            "/properties/id/maxLength: was 36, is 40",
        ),
        (
            "/properties/size/minimum",
            json!(0),
            "/properties/size/minimum: was 1, is 0",
        ),
        (
            "/properties/extra/additionalProperties",
            json!({"type": "number"}),
            r#"/properties/extra/additionalProperties/type: was "string", is "number""#,
        ),
        (
            "/properties/extra/properties",
            json!({"note": {"type": "number"}}),
            r#"/properties/extra/properties/note/type: was "string", is "number""#,
        ),
        (
            "/additionalProperties",
            json!(false),
            "/additionalProperties: closes what was open for additions",
        ),
        (
            "/properties/owner/unevaluatedProperties",
            json!(false),
            "/properties/owner/unevaluatedProperties: closes what was open for additions",
        ),
        ("/allOf", json!([]), "/allOf/0: was removed"),
        (
            "/allOf/0/then/properties/owner/$ref",
            json!("#/$defs/small"),
            r##"/allOf/0/then/properties/owner/$ref: was "#/$defs/big", is "#/$defs/small""##,
        ),
        (
            "/$id",
            json!("urn:made-up:v2"),
            r#"/$id: was "urn:made-up:v1", is "urn:made-up:v2""#,
        ),
        (
            "/properties/owner",
            json!(true),
            r#"/properties/owner: was {"properties":{"name":{"type":"string"}},"required":["name"],"type":"object"}, is true"#,
        ),
    ] {
        assert_eq!(breaks_with(pointer, value), [expected]);
    }
}
