//! A declaration as fields of a form: one for each key that it may have, whether it is set or not.

use serde_json::{Map, Value, json};
use signup_core::described::{Choice, Group, Key, Kind, Words};
use signup_providers::{Entry, at};

use crate::form::Form;
use crate::texts::ApplicationsTexts;

/// A field.
pub struct Field {
    /// Where the value is: `rules`, `password`, `min_length`.
    pub place: Vec<String>,
    /// The title of the group that it stands in; none for keys that nobody described.
    pub group: Option<Words>,
    /// The key's description.
    pub key: Option<&'static Key>,
    /// What the value is.
    pub kind: FieldKind,
    /// The present value; none when the key is left out.
    pub before: Option<Value>,
    /// What the reader takes when the key is left out, if that is a value.
    pub default: Option<Value>,
    /// What the field shows: the present value, or what was typed.
    pub text: String,
    /// What is wrong with it.
    pub problem: Option<String>,
    /// What the field showed before anybody typed.
    shown: String,
}

/// What a field looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// A box to tick.
    Flag,
    /// A box to tick: the table is there.
    Presence,
    /// A whole number in this range.
    Number(i64, i64),
    /// A text.
    Text,
    /// One of these.
    Choice(&'static [Choice]),
    /// Some of these, one box each; the text has one name per line.
    Several(&'static [Choice]),
    /// A list of texts, one per line.
    Lines,
    /// What stands in a table, TOML.
    Table,
    /// Anything else, as TOML writes it on the right of `=`.
    Toml,
}

impl From<Kind> for FieldKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Flag => Self::Flag,
            Kind::Number(least, most) => Self::Number(least, most),
            Kind::Text(_) => Self::Text,
            Kind::Choice(choices) | Kind::ChoicePer(_, choices) => Self::Choice(choices),
            Kind::Several(choices) => Self::Several(choices),
            Kind::Lines(_) => Self::Lines,
            Kind::Presence => Self::Presence,
            Kind::Table(_) => Self::Table,
            Kind::Toml(_) => Self::Toml,
        }
    }
}

impl FieldKind {
    /// Whether a field of this kind can show the value.
    fn fits(self, value: &Value) -> bool {
        match self {
            Self::Flag => value.is_boolean(),
            Self::Number(..) => value.is_i64() || value.is_u64(),
            Self::Text | Self::Choice(_) => value.is_string(),
            Self::Several(_) | Self::Lines => value
                .as_array()
                .is_some_and(|items| items.iter().all(is_line)),
            Self::Presence | Self::Table => value.is_object(),
            Self::Toml => true,
        }
    }

    /// A value as the field shows it.
    fn text(self, value: &Value) -> String {
        let lines = |value: &Value| -> Vec<String> {
            let items = value.as_array().into_iter().flatten();
            items.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let text = match (self, value) {
            (Self::Presence, _) => "true".to_owned(),
            (Self::Several(choices), value) => chosen(choices, &lines(value)),
            (Self::Lines, value) => lines(value).join("\n"),
            (Self::Table, value) => {
                let value = signup_app::declaration::without_nulls(value.clone());
                toml::to_string(&value).unwrap_or_default()
            }
            (Self::Toml, value) => inline(value),
            (_, Value::String(text)) => text.clone(),
            (_, value) => value.to_string(),
        };
        // Browsers send every end of a line as CR LF.
        text.replace("\r\n", "\n").replace('\r', "\n")
    }
}

/// The names that are chosen, in the order of the choices.
fn chosen(choices: &[Choice], names: &[String]) -> String {
    let names: Vec<&str> = choices
        .iter()
        .map(|choice| choice.name)
        .filter(|name| names.iter().any(|chosen| chosen == name))
        .collect();
    names.join("\n")
}

fn is_line(item: &Value) -> bool {
    item.as_str().is_some_and(|text| !text.contains('\n'))
}

/// A value as TOML writes it on the right of `=`.
fn inline(value: &Value) -> String {
    let value = signup_app::declaration::without_nulls(value.clone());
    toml::Value::try_from(value).map_or_else(|_| String::new(), |value| value.to_string())
}

impl Field {
    fn of(group: Words, key: &'static Key, place: &str, stored: &Value, defaults: &Value) -> Self {
        let default = at(defaults, key.place).cloned();
        Self {
            group: Some(group),
            key: Some(key),
            ..Self::new(place, key.kind.into(), at(stored, place), default)
        }
    }

    fn new(place: &str, kind: FieldKind, before: Option<&Value>, default: Option<Value>) -> Self {
        let before = before.filter(|value| !value.is_null()).cloned();
        let kind = match &before {
            Some(value) if !kind.fits(value) => FieldKind::Toml,
            _ => kind,
        };
        let shown = match (&before, kind) {
            (Some(value), kind) => kind.text(value),
            (None, FieldKind::Presence) => false.to_string(),
            (None, FieldKind::Flag) => (default == Some(json!(true))).to_string(),
            (None, _) => String::new(),
        };
        Self {
            place: place.split('.').map(str::to_owned).collect(),
            group: None,
            key: None,
            kind,
            before,
            default,
            text: shown.clone(),
            problem: None,
            shown,
        }
    }

    /// The field's name in the form.
    pub fn name(&self) -> String {
        format!("value.{}", self.key())
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
            FieldKind::Flag | FieldKind::Presence => form.is_ticked(&name).to_string(),
            FieldKind::Several(choices) => {
                let ticked = form.iter().filter(|(sent, _)| *sent == name);
                let names: Vec<String> = ticked.map(|(_, value)| value.to_owned()).collect();
                chosen(choices, &names)
            }
            _ => form.get(&name).replace("\r\n", "\n"),
        };
    }

    /// The value, or none for a key that is left out. Who touched nothing changes nothing, however it would be written now.
    ///
    /// # Errors
    /// What was typed is no TOML.
    fn value(&self, words: &ApplicationsTexts) -> Result<Option<Value>, String> {
        if self.text == self.shown {
            return Ok(self.before.clone());
        }
        let text = self.text.trim();
        let no_toml = || words.no_toml.to_owned();
        Ok(match self.kind {
            FieldKind::Flag => Some(Value::Bool(text == "true")),
            FieldKind::Presence => (text == "true").then(|| json!({})),
            FieldKind::Several(_) | FieldKind::Lines => Some(
                text.lines()
                    .map(str::trim)
                    .filter(|line| !line.is_empty())
                    .map(Value::from)
                    .collect(),
            ),
            _ if text.is_empty() => None,
            // What is no number goes on as a text: the provider's reader says what it expects.
            FieldKind::Number(..) => Some(
                text.parse::<i64>()
                    .map_or_else(|_| Value::from(text), Value::from),
            ),
            FieldKind::Text | FieldKind::Choice(_) => Some(Value::from(self.text.clone())),
            FieldKind::Table => {
                let table: toml::Table =
                    toml::from_str(&self.text).map_err(|_| words.no_table.to_owned())?;
                Some(serde_json::to_value(table).map_err(|_| no_toml())?)
            }
            FieldKind::Toml => {
                let table: toml::Table =
                    toml::from_str(&format!("value = {text}")).map_err(|_| no_toml())?;
                serde_json::to_value(&table["value"]).ok()
            }
        })
    }
}

/// The fields of everything that an application of a provider may declare, with its present values. Keys that nobody
/// described come last.
pub fn fields(entry: &Entry, stored: &Value) -> Vec<Field> {
    let defaults = entry.defaults();
    let mut found = Vec::new();
    for Group { title, keys } in entry.groups() {
        for key in *keys {
            for place in places(entry, key, stored) {
                found.push(Field::of(*title, key, &place, stored, &defaults));
            }
        }
    }
    collect_others(entry, "", stored, &mut found);
    found
}

/// Where a key stands: of one for each name, at every name that is known.
fn places(entry: &Entry, key: &Key, stored: &Value) -> Vec<String> {
    let (Kind::ChoicePer(names, _), Some(above)) = (key.kind, key.place.strip_suffix(".*")) else {
        return vec![key.place.to_owned()];
    };
    let mut places: Vec<String> = [names, above]
        .into_iter()
        .filter_map(|place| at(stored, place)?.as_object())
        .flat_map(Map::keys)
        .map(|name| format!("{above}.{name}"))
        .filter(|place| !entry.described().any(|other| other.place == place))
        .collect();
    places.sort();
    places.dedup();
    places
}

fn collect_others(entry: &Entry, place: &str, value: &Value, found: &mut Vec<Field>) {
    for (name, member) in value.as_object().into_iter().flatten() {
        let below = match place {
            "" => name.clone(),
            place => format!("{place}.{name}"),
        };
        let inside = format!("{below}.");
        if member.is_object() && entry.described().any(|key| key.place.starts_with(&inside)) {
            collect_others(entry, &below, member, found);
        } else if *member != json!({}) && !entry.described().any(|key| key.is_at(&below)) {
            found.push(Field::new(&below, FieldKind::Toml, Some(member), None));
        }
    }
}

/// Puts the fields' values where they belong; notes at each field what cannot be read, and tells whether all could.
pub fn compose(fields: &mut [Field], words: &ApplicationsTexts) -> Option<Value> {
    let mut root = Map::new();
    let mut removed: Vec<Vec<String>> = Vec::new();
    let mut is_whole = true;
    for field in fields {
        // A table that is taken away takes its keys along.
        if removed.iter().any(|table| field.place.starts_with(table)) {
            continue;
        }
        match field.value(words) {
            // What a table holds comes from the fields of its keys.
            Ok(Some(_)) if field.kind == FieldKind::Presence => {
                put(&mut root, &field.place, json!({}));
            }
            Ok(Some(value)) => put(&mut root, &field.place, value),
            Ok(None) if field.kind == FieldKind::Presence && field.before.is_some() => {
                removed.push(field.place.clone());
            }
            Ok(None) => {}
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use signup_core::context::Language;
    use signup_providers::ALL;

    use super::*;
    use crate::texts::Texts;

    fn words() -> &'static ApplicationsTexts {
        &Texts::of(Language::English).applications
    }

    /// The present values, and keys that no table knows.
    fn stored() -> Value {
        json!({
            "name": "Ann's \"shop\"",
            "enabled": false,
            "rules": {
                "password": {
                    "min_length": 8,
                    "max_length": "many",
                    "require": ["symbol", "digit", "new"],
                    "new": {"a": 1, "b": [0.5]},
                },
                "sending": {"sms_per_country_per_day": {"86": 1, "*": 2}},
                "messages": {"locale": "two\r\nlines", "templates": {"en": {"welcome": {"sms": "Hi\nthere"}}}},
            },
            "made_up": [{"length": 6}],
        })
    }

    /// The value after this was typed into some fields.
    fn typed(stored: &Value, texts: &[(&str, &str)]) -> Value {
        let mut fields = fields(&ALL[0], stored);
        for (key, text) in texts {
            let field = fields.iter_mut().find(|field| field.key() == *key);
            (*text).clone_into(&mut field.unwrap().text);
        }
        compose(&mut fields, words()).unwrap()
    }

    #[test]
    fn a_value_comes_back_from_its_fields() {
        assert_eq!(typed(&stored(), &[]), stored());
        assert_eq!(typed(&json!({}), &[]), json!({}));
    }

    #[test]
    fn an_emptied_field_leaves_its_key_out_and_an_emptied_list_is_a_list() {
        let keys = [
            ("name", "/name", Value::Null),
            (
                "rules.password.min_length",
                "/rules/password/min_length",
                Value::Null,
            ),
            (
                "rules.password.require",
                "/rules/password/require",
                json!([]),
            ),
            (
                "rules.messages.templates",
                "/rules/messages/templates",
                Value::Null,
            ),
        ];
        for (key, pointer, expected) in keys {
            let value = typed(&stored(), &[(key, "")]);
            assert_eq!(
                value.pointer(pointer).cloned().unwrap_or_default(),
                expected
            );
        }
    }

    #[test]
    fn what_is_typed_becomes_a_value_of_its_kind() {
        for (key, text, expected) in [
            ("enabled", "false", json!(false)),
            ("rules.messages.welcome", "true", json!(true)),
            ("rules.password.bcrypt_cost", "11", json!(11)),
            ("rules.password.bcrypt_cost", "many", json!("many")),
            ("rules.password.profile", "legacy", json!("legacy")),
            (
                "rules.password.require",
                "lower\ndigit",
                json!(["lower", "digit"]),
            ),
            (
                "rules.sending.sms_per_country_per_day",
                "86 = 5\n\"*\" = 0",
                json!({"86": 5, "*": 0}),
            ),
        ] {
            let value = typed(&json!({}), &[(key, text)]);
            assert_eq!(at(&value, key), Some(&expected), "{key}");
        }
    }

    #[test]
    fn what_is_no_toml_is_told_at_its_field() {
        for (key, text) in [("rules.messages.templates", "[en"), ("made_up", "[1,")] {
            let mut fields = fields(&ALL[0], &stored());
            let field = fields.iter_mut().find(|field| field.key() == key).unwrap();
            text.clone_into(&mut field.text);
            assert_eq!(compose(&mut fields, words()), None);
            let blamed: Vec<_> = fields.iter().filter(|one| one.problem.is_some()).collect();
            assert_eq!((blamed.len(), blamed[0].key().as_str()), (1, key));
        }
    }

    /// A provider that has tables which are there or not, and one of them.
    fn with_tables() -> (&'static Entry, &'static str) {
        let mut all = ALL
            .iter()
            .flat_map(|entry| entry.described().map(move |key| (entry, key)));
        let (entry, key) = all.find(|(_, key)| key.kind == Kind::Presence).unwrap();
        (entry, key.place)
    }

    #[test]
    fn a_table_comes_with_its_box_or_its_keys_and_goes_with_its_box() {
        let (entry, table) = with_tables();
        let after = |stored: &Value, ticked: bool, key: Option<&str>| {
            let mut fields = fields(entry, stored);
            let at = fields
                .iter()
                .position(|field| field.key() == table)
                .unwrap();
            fields[at].text = ticked.to_string();
            key.unwrap_or_default().clone_into(&mut fields[at + 1].text);
            compose(&mut fields, words()).unwrap()
        };
        let absent = json!({});
        assert_eq!(after(&absent, false, None), absent);
        let empty = after(&absent, true, None);
        assert_eq!(at(&empty, table), Some(&json!({})));
        let filled = after(&absent, false, Some("3"));
        assert_eq!(filled, after(&absent, true, Some("3")));
        assert_eq!(filled, after(&filled, true, Some("3")));
        assert_eq!(after(&filled, false, Some("3")), absent);
    }

    #[test]
    fn a_name_of_another_table_has_a_field_of_its_own() {
        let mut all = ALL
            .iter()
            .flat_map(|entry| entry.described().map(move |key| (entry, key)));
        let found = all.find_map(|(entry, key)| match key.kind {
            Kind::ChoicePer(names, _) => Some((entry, key, names)),
            _ => None,
        });
        let (entry, key, names) = found.unwrap();
        let mut stored = Map::new();
        let names: Vec<String> = names.split('.').map(str::to_owned).collect();
        put(&mut stored, &names, json!({"size": {}}));
        let stored = Value::Object(stored);
        let place = key.place.replace('*', "size");
        let is_there = |stored: &Value| {
            let fields = fields(entry, stored);
            fields.iter().any(|field| field.key() == place)
        };
        assert!(is_there(&stored) && !is_there(&json!({})));
    }
}
