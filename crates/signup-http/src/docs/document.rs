//! Reading an OpenAPI 3.1 document.

use serde_json::{Map, Value};

/// The document, with what its references point to.
#[derive(Clone, Copy)]
pub(super) struct Document<'a>(pub(super) &'a Value);

/// One operation of the API.
pub(super) struct Operation<'a> {
    pub(super) path: &'a str,
    /// In upper case.
    pub(super) method: String,
    pub(super) value: &'a Value,
    /// Parameters of the operation and of its path.
    pub(super) parameters: Vec<&'a Value>,
}

/// A field of an object.
pub(super) struct Field<'a> {
    /// With the names of the objects around it: `user.name`, `items[].id`.
    pub(super) name: String,
    pub(super) schema: &'a Value,
    pub(super) is_required: bool,
}

/// How deep objects are looked into. Schemas may refer to themselves.
pub(super) const MAX_DEPTH: usize = 6;

impl<'a> Document<'a> {
    /// What `value` refers to, or `value` itself. References to other documents are not followed.
    pub(super) fn resolve(self, value: &'a Value) -> &'a Value {
        let mut value = value;
        for _ in 0..MAX_DEPTH {
            let target = value["$ref"]
                .as_str()
                .and_then(|reference| reference.strip_prefix('#'))
                .and_then(|pointer| self.0.pointer(pointer));
            match target {
                Some(target) => value = target,
                None => break,
            }
        }
        value
    }

    pub(super) fn operations(self) -> Vec<Operation<'a>> {
        const METHODS: [&str; 8] = [
            "get", "post", "put", "patch", "delete", "options", "head", "trace",
        ];
        let mut operations = Vec::new();
        for (path, item) in entries(&self.0["paths"]) {
            for method in METHODS {
                let Some(value) = item.get(method) else {
                    continue;
                };
                let parameters = list(&item["parameters"])
                    .chain(list(&value["parameters"]))
                    .map(|parameter| self.resolve(parameter))
                    .collect();
                operations.push(Operation {
                    path,
                    method: method.to_uppercase(),
                    value,
                    parameters,
                });
            }
        }
        operations
    }

    /// The fields of an object, nested ones after the one that holds them.
    pub(super) fn fields(self, schema: &'a Value) -> Vec<Field<'a>> {
        let mut fields = Vec::new();
        self.collect_fields("", schema, 0, &mut fields);
        fields
    }

    fn collect_fields(
        self,
        prefix: &str,
        schema: &'a Value,
        depth: usize,
        fields: &mut Vec<Field<'a>>,
    ) {
        if depth > MAX_DEPTH {
            return;
        }
        let schema = self.resolve(schema);
        for part in ["allOf", "oneOf", "anyOf"] {
            for schema in list(&schema[part]) {
                self.collect_fields(prefix, schema, depth + 1, fields);
            }
        }
        for (name, property) in entries(&schema["properties"]) {
            let name = format!("{prefix}{name}");
            let property = self.resolve(property);
            if fields.iter().any(|field| field.name == name) {
                continue;
            }
            let own_name = Value::String(name[prefix.len()..].to_owned());
            fields.push(Field {
                name: name.clone(),
                schema: property,
                is_required: list(&schema["required"]).any(|required| *required == own_name),
            });
            self.collect_fields(&format!("{name}."), property, depth + 1, fields);
            self.collect_fields(&format!("{name}[]."), &property["items"], depth + 1, fields);
        }
    }
}

/// The entries of an object; none for anything else.
pub(super) fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value
        .as_object()
        .into_iter()
        .flat_map(Map::iter)
        .map(|(name, value)| (name.as_str(), value))
}

/// The items of an array; none for anything else.
pub(super) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The text, or nothing.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
