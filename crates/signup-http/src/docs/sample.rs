//! Examples: the document's own, or one made from the schema.

use serde_json::{Map, Value, json};

use super::document::{Document, MAX_DEPTH, entries, list};

/// The examples of a media type, each with its name (empty for an only one).
pub(super) fn examples(document: Document<'_>, media: &Value) -> Vec<(String, String)> {
    let named: Vec<(String, String)> = entries(&media["examples"])
        .map(|(name, example)| {
            let example = document.resolve(example);
            let title = example["summary"].as_str().unwrap_or(name);
            (title.to_owned(), shown(&example["value"]))
        })
        .collect();
    if !named.is_empty() {
        return named;
    }
    let example = match media.get("example") {
        Some(example) => example.clone(),
        None => sample(document, &media["schema"], 0),
    };
    if example.is_null() {
        return Vec::new();
    }
    vec![(String::new(), shown(&example))]
}

/// Text as it is, such as a form body; everything else as indented JSON.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    }
}

/// A value that fits the schema as far as a reader needs; `null` where nothing is known.
fn sample(document: Document<'_>, schema: &Value, depth: usize) -> Value {
    if depth > MAX_DEPTH {
        return Value::Null;
    }
    let schema = document.resolve(schema);
    let given = schema
        .get("example")
        .or_else(|| list(&schema["examples"]).next())
        .or_else(|| schema.get("const"))
        .or_else(|| schema.get("default"))
        .or_else(|| list(&schema["enum"]).next());
    if let Some(given) = given {
        return given.clone();
    }
    if let Some(choice) = ["oneOf", "anyOf"]
        .iter()
        .find_map(|part| list(&schema[*part]).find(|choice| choice["type"] != "null"))
    {
        return sample(document, choice, depth + 1);
    }
    let mut object = Map::new();
    for part in list(&schema["allOf"]) {
        if let Value::Object(part) = sample(document, part, depth + 1) {
            object.extend(part);
        }
    }
    for (name, property) in entries(&schema["properties"]) {
        object.insert(name.to_owned(), sample(document, property, depth + 1));
    }
    if !object.is_empty() {
        return Value::Object(object);
    }
    let kind = list(&schema["type"])
        .chain([&schema["type"]])
        .find(|kind| kind.is_string() && **kind != "null");
    match kind.and_then(Value::as_str) {
        Some("string") => json!("string"),
        Some("integer" | "number") => json!(0),
        Some("boolean") => json!(true),
        Some("array") => json!([sample(document, &schema["items"], depth + 1)]),
        Some("object") => json!({}),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_that_refers_to_itself_still_has_a_sample() {
        let document = json!({"components": {"schemas": {"Node": {
            "type": "object",
            "properties": {"id": {"type": ["null", "string"]}, "next": {"$ref": "#/components/schemas/Node"}}
        }}}});
        let media = json!({"schema": {"$ref": "#/components/schemas/Node"}});
        let shown = examples(Document(&document), &media);
        assert_eq!(shown.len(), 1);
        assert!(shown[0].1.starts_with("{\n  \"id\": \"string\""));
    }

    #[test]
    fn the_documents_own_examples_come_first() {
        let media = json!({"examples": {"short": {"value": "a=1"}}, "schema": {"type": "string"}});
        assert_eq!(
            examples(Document(&Value::Null), &media),
            [("short".to_owned(), "a=1".to_owned())]
        );
    }
}
