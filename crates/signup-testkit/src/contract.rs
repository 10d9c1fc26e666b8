//! What consumers of events rely on: the schemas below `schemas/events/` and the AsyncAPI document.

use std::collections::HashMap;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Map, Value, json};
use yaml_rust2::{Yaml, YamlLoader};

use crate::schema::published;

/// The schema of every event's envelope.
pub const ENVELOPE: &str = "urn:signup:schema:envelope:v1";

/// Validators of the published schemas by `$id`, stricter than those of consumers: members that no schema describes
/// are refused here, so that nothing is announced that is not described.
static STRICT: LazyLock<HashMap<String, Validator>> = LazyLock::new(|| {
    let schemas = schemas().into_iter().map(|(_, schema)| schema);
    schemas
        .map(|mut schema| {
            close(&mut schema);
            let id = schema["$id"].as_str().unwrap().to_owned();
            let validator = jsonschema::options()
                .should_validate_formats(true)
                .build(&schema)
                .unwrap_or_else(|error| panic!("{id}: {error}"));
            (id, validator)
        })
        .collect()
});

/// The published schemas of events, by file name.
pub fn schemas() -> Vec<(String, Value)> {
    json_files("events")
}

/// The JSON files in a folder below `schemas/`, in the order of their names.
pub fn json_files(folder: &str) -> Vec<(String, Value)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(published(folder)).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            let value =
                serde_json::from_str(&text).unwrap_or_else(|fault| panic!("{name}: {fault}"));
            files.push((name, value));
        }
    }
    files.sort_by(|(a, _), (b, _)| a.cmp(b));
    files
}

/// The AsyncAPI document.
pub fn asyncapi() -> Value {
    let text = std::fs::read_to_string(published("asyncapi.yaml")).unwrap();
    from_yaml(YamlLoader::load_from_str(&text).unwrap().remove(0))
}

/// Where consumers find each type of message, out of an AsyncAPI document: its address and everything that bindings say.
pub fn channels(asyncapi: &Value) -> Value {
    let operations = asyncapi["operations"].as_object().unwrap().values();
    let channels = operations.flat_map(|operation| {
        let channel = resolve(asyncapi, &operation["channel"]);
        let messages = channel["messages"].as_object().unwrap().values();
        messages.map(move |message| {
            let message = resolve(asyncapi, message);
            let facts = json!({
                "address": channel["address"],
                "content_type": message["contentType"],
                "exchange": channel["bindings"]["amqp"]["exchange"],
                "delivery_mode": operation["bindings"]["amqp"]["deliveryMode"],
                "mandatory": operation["bindings"]["amqp"]["mandatory"],
            });
            (message["name"].as_str().unwrap().to_owned(), facts)
        })
    });
    Value::Object(channels.collect())
}

/// Asserts that an event is what the published schemas say, and holds nothing that they do not describe.
#[track_caller]
pub fn assert_keeps(event: &Value) {
    let faults = faults(event);
    assert!(faults.is_empty(), "{}\n{event:#}", faults.join("\n"));
}

/// What is wrong with an event by the published schemas, one sentence each.
pub fn faults(event: &Value) -> Vec<String> {
    let about = event["dataschema"].as_str().unwrap_or_default();
    let Some(data) = STRICT.get(about) else {
        return vec![format!("no published schema is called {about:?}")];
    };
    let faults = |validator: &Validator, value: &Value| -> Vec<String> {
        let errors = validator.iter_errors(value);
        errors
            .map(|error| format!("{} {error}", error.instance_path()))
            .collect()
    };
    let mut all = faults(&STRICT[ENVELOPE], event);
    all.extend(faults(data, &event["data"]));
    all
}

/// Follows a `$ref` within a document.
fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => {
            let pointer = reference.strip_prefix('#').unwrap();
            resolve(document, document.pointer(pointer).unwrap())
        }
        None => value,
    }
}

/// Refuses further members wherever members are described and nothing is said about others. Not within `allOf`, whose
/// parts each describe only some of the members.
fn close(schema: &mut Value) {
    let Some(schema) = schema.as_object_mut() else {
        return;
    };
    for keyword in ["properties", "$defs"] {
        if let Some(members) = schema.get_mut(keyword).and_then(Value::as_object_mut) {
            members.values_mut().for_each(close);
        }
    }
    if schema.contains_key("properties") {
        schema
            .entry("additionalProperties")
            .or_insert(Value::Bool(false));
    }
}

fn from_yaml(yaml: Yaml) -> Value {
    match yaml {
        Yaml::Real(number) => json!(number.parse::<f64>().unwrap()),
        Yaml::Integer(number) => json!(number),
        Yaml::String(text) => json!(text),
        Yaml::Boolean(is_true) => json!(is_true),
        Yaml::Array(items) => items.into_iter().map(from_yaml).collect(),
        Yaml::Hash(members) => {
            let members = members.into_iter().map(|(name, value)| {
                let name = name.as_str().expect("names of members are texts");
                (name.to_owned(), from_yaml(value))
            });
            Value::Object(members.collect::<Map<_, _>>())
        }
        Yaml::Null | Yaml::Alias(_) | Yaml::BadValue => Value::Null,
    }
}
