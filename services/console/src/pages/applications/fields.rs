//! A declaration as fields of a form: one for each value, named by its place.

use maud::{Markup, html};
use serde_json::{Map, Value};

use crate::form::Form;
use crate::texts::ApplicationsTexts;

/// A field.
pub struct Field {
    /// Where the value is: `rules`, `password`, `min_length`.
    pub place: Vec<String>,
    kind: Kind,
    /// What the field shows: the present value, or what was typed.
    pub text: String,
    /// What is wrong with it.
    pub problem: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Flag,
    Number,
    Text,
    /// A list of texts, one per line.
    Lines,
    /// Anything else, as TOML writes it; empty when it is not set.
    Toml,
}

impl Field {
    /// The field's name in the form.
    pub fn name(&self) -> String {
        format!("value.{}", self.place.join("."))
    }

    /// The key in a declaration file.
    pub fn key(&self) -> String {
        self.place.join(".")
    }

    /// Takes what was typed.
    pub fn take(&mut self, form: &Form) {
        let name = self.name();
        self.text = match self.kind {
            // A box that is not ticked is not sent.
            Kind::Flag => form.is_ticked(&name).to_string(),
            _ => form.get(&name).replace("\r\n", "\n"),
        };
    }

    /// The value, or none for a key that is left out.
    ///
    /// # Errors
    /// What was typed is no TOML.
    fn value(&self, words: &ApplicationsTexts) -> Result<Option<Value>, String> {
        let text = self.text.trim();
        Ok(match self.kind {
            Kind::Flag => Some(Value::Bool(text == "true")),
            // What is no number goes on as a text: the provider's reader says what it expects.
            Kind::Number => Some(
                text.parse::<i64>()
                    .map(Value::from)
                    .or_else(|_| text.parse::<f64>().map(Value::from))
                    .unwrap_or_else(|_| Value::from(text)),
            ),
            Kind::Text => Some(Value::from(self.text.clone())),
            Kind::Lines => Some(
                text.lines()
                    .map(str::trim)
                    .filter(|line| !line.is_empty())
                    .map(Value::from)
                    .collect(),
            ),
            Kind::Toml if text.is_empty() => None,
            Kind::Toml => {
                let table: toml::Table = toml::from_str(&format!("value = {text}"))
                    .map_err(|_| words.no_toml.to_owned())?;
                serde_json::to_value(&table["value"]).ok()
            }
        })
    }

    /// The field as HTML.
    pub fn show(&self, words: &ApplicationsTexts) -> Markup {
        let name = self.name();
        let fault = format!("{name}.fault");
        let described = self.problem.as_ref().map(|_| fault.as_str());
        let is_invalid = self.problem.as_ref().map(|_| "true");
        let rows = self.text.lines().count().clamp(2, 12);
        html! {
            div class="field" {
                @if self.kind == Kind::Flag {
                    label { input type="checkbox" name=(name) checked[self.text == "true"]; " " code { (self.key()) } }
                } @else {
                    label for=(name) { code { (self.key()) } }
                    @match self.kind {
                        Kind::Lines => textarea id=(name) name=(name) rows=(rows) aria-invalid=[is_invalid] aria-describedby=[described] { "\n" (self.text) },
                        Kind::Text if self.text.contains('\n') => textarea id=(name) name=(name) rows=(rows) aria-invalid=[is_invalid] aria-describedby=[described] { "\n" (self.text) },
                        Kind::Toml if self.text.contains('\n') => textarea class="code" id=(name) name=(name) rows=(rows) aria-invalid=[is_invalid] aria-describedby=[described] { "\n" (self.text) },
                        Kind::Number => input type="text" inputmode="numeric" id=(name) name=(name) value=(self.text) aria-invalid=[is_invalid] aria-describedby=[described];,
                        Kind::Text | Kind::Toml | Kind::Flag => input type="text" id=(name) name=(name) value=(self.text) aria-invalid=[is_invalid] aria-describedby=[described];,
                    }
                    @match self.kind {
                        Kind::Lines => p class="hint" { (words.hint_lines) },
                        Kind::Toml => p class="hint" { (words.hint_toml) },
                        _ => {},
                    }
                }
                @if let Some(problem) = &self.problem { p class="fault" id=(fault) { (problem) } }
            }
        }
    }
}

/// The fields of a value below a place.
pub fn fields(place: &[&str], value: &Value) -> Vec<Field> {
    let mut found = Vec::new();
    let place = place.iter().map(|name| (*name).to_owned()).collect();
    collect(place, value, &mut found);
    found
}

fn collect(place: Vec<String>, value: &Value, found: &mut Vec<Field>) {
    let (kind, text) = match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                let mut below = place.clone();
                below.push(name.clone());
                collect(below, member, found);
            }
            return;
        }
        Value::Bool(flag) => (Kind::Flag, flag.to_string()),
        Value::Number(number) => (Kind::Number, number.to_string()),
        Value::String(text) => (Kind::Text, text.clone()),
        Value::Array(items) if !items.is_empty() && items.iter().all(is_line) => {
            let lines: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            (Kind::Lines, lines.join("\n"))
        }
        Value::Null => (Kind::Toml, String::new()),
        other => (Kind::Toml, inline(other)),
    };
    found.push(Field {
        place,
        kind,
        text,
        problem: None,
    });
}

fn is_line(item: &Value) -> bool {
    item.as_str().is_some_and(|text| !text.contains('\n'))
}

/// A value as TOML writes it on the right of `=`.
fn inline(value: &Value) -> String {
    let value = signup_app::declaration::without_nulls(value.clone());
    toml::Value::try_from(value).map_or_else(|_| String::new(), |value| value.to_string())
}

/// Puts the fields' values where they belong; notes at each field what cannot be read, and tells whether all could.
pub fn compose(fields: &mut [Field], words: &ApplicationsTexts) -> Option<Value> {
    let mut root = Map::new();
    let mut is_whole = true;
    for field in fields {
        match field.value(words) {
            Ok(Some(value)) => put(&mut root, &field.place, value),
            // A table that lost its last key is still a table.
            Ok(None) => put_table(&mut root, &field.place),
            Err(problem) => {
                field.problem = Some(problem);
                is_whole = false;
            }
        }
    }
    is_whole.then_some(Value::Object(root))
}

fn put(table: &mut Map<String, Value>, place: &[String], value: Value) {
    match place {
        [] => {}
        [name] => {
            table.insert(name.clone(), value);
        }
        [name, below @ ..] => {
            let entry = table
                .entry(name.clone())
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(table) = entry {
                put(table, below, value);
            }
        }
    }
}

fn put_table(table: &mut Map<String, Value>, place: &[String]) {
    if let [name, below @ ..] = place
        && !below.is_empty()
        && let Value::Object(table) = table
            .entry(name.clone())
            .or_insert_with(|| Value::Object(Map::new()))
    {
        put_table(table, below);
    }
}

/// Notes a problem at the field that it is about, and tells whether there is one: the key that stands in that line of the
/// file, or the one that the problem names.
pub fn blame(fields: &mut [Field], file: &str, line: Option<usize>, problem: &str) -> bool {
    let at_line = line.and_then(|line| key_at(file, line));
    let named = quoted(problem);
    let score = |field: &Field| {
        let key = field.key();
        if at_line.as_deref() == Some(&key) {
            return usize::MAX;
        }
        let last = field.place.last().map(String::as_str).unwrap_or_default();
        if !named.contains(&last) {
            return 0;
        }
        // Of keys with the same name, the one whose tables are named as well.
        1 + field
            .place
            .iter()
            .filter(|part| problem.contains(part.as_str()))
            .count()
    };
    let best = fields
        .iter_mut()
        .map(|field| (score(field), field))
        .max_by_key(|(score, _)| *score);
    match best {
        Some((score, field)) if score > 0 => {
            field.problem = Some(problem.to_owned());
            true
        }
        _ => false,
    }
}

/// The words in backticks, and the last part of each.
fn quoted(problem: &str) -> Vec<&str> {
    let inside = problem.split('`').skip(1).step_by(2);
    inside
        .chain(problem.split([' ', ':', ';']))
        .flat_map(|word| [word, word.rsplit('.').next().unwrap_or(word)])
        .filter(|word| !word.is_empty())
        .collect()
}

/// The key in a line of a file that we made ourselves, below the application or directory.
fn key_at(file: &str, line: usize) -> Option<String> {
    let lines: Vec<&str> = file.lines().take(line).collect();
    let (key, _) = lines.last()?.split_once(" = ")?;
    let table = lines.iter().rev().find(|line| line.starts_with('['))?;
    let table = table.trim_matches(['[', ']']);
    let below = match table.split_once('.') {
        Some(("application", below)) => format!("{below}."),
        Some(("directory", below)) => format!("directory.{below}."),
        _ => String::new(),
    };
    Some(format!("{below}{key}").replace('"', ""))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;
    use crate::texts::Texts;

    fn words() -> &'static ApplicationsTexts {
        &Texts::of(signup_core::context::Language::English).applications
    }

    #[test]
    fn a_value_comes_back_from_its_fields() {
        let value = json!({
            "name": "Ann's \"shop\"",
            "enabled": false,
            "rules": {"password": {"min_length": 8, "require": ["digit", "letter"], "bcrypt_cost": null}},
            "settings": {"sources": [{"length": 6}], "empty": [], "ratio": 0.5, "note": "two\nlines"},
        });
        let mut fields = fields(&[], &value);
        let mut expected = value;
        expected["rules"]["password"]
            .as_object_mut()
            .unwrap()
            .remove("bcrypt_cost");
        assert_eq!(compose(&mut fields, words()).unwrap(), expected);
    }

    #[test]
    fn what_is_no_toml_is_told_at_its_field() {
        let mut fields = fields(&[], &json!({"a": null, "b": 1}));
        fields[0].text = "[1,".to_owned();
        assert!(compose(&mut fields, words()).is_none());
        assert!(fields[0].problem.is_some() && fields[1].problem.is_none());
    }

    #[test]
    fn a_problem_is_told_at_the_field_that_it_names() {
        let value = json!({"rules": {"password": {"min_length": 0, "max_length": 72}, "sending": {"min_length": 1}}});
        for (line, problem, key) in [
            (
                Some(2),
                "`shop`: rules.password: `min_length` is 0",
                "rules.password.min_length",
            ),
            (Some(5), "invalid type: string", "rules.password.max_length"),
            (
                None,
                "rules.sending.min_length: too small",
                "rules.sending.min_length",
            ),
        ] {
            let file = "[[application]]\nid = \"shop\"\n\n[application.rules.password]\nmax_length = \"x\"\n";
            let mut fields = fields(&[], &value);
            assert!(blame(&mut fields, file, line, problem), "{problem}");
            let blamed: Vec<_> = fields
                .iter()
                .filter(|field| field.problem.is_some())
                .collect();
            assert_eq!(blamed.len(), 1);
            assert_eq!(blamed[0].key(), key);
        }
        let mut fields = fields(&[], &value);
        assert!(!blame(&mut fields, "", None, "something else"));
    }
}
