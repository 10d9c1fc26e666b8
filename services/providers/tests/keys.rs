//! The tables that describe keys of declarations, held against the readers: neither knows a key or a value that the other
//! does not.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::path::Path;

use signup_core::context::Language;
use signup_core::described::{Choice, Key, Kind};
use signup_providers::{ALL, Entry, at};
use toml::{Table, Value};

/// A declaration in which every key can have each of its values: what a value needs beside it is there.
const GROUND: &str = "
[[directory]]
id = 'Example1'
[directory.settings]

[[application]]
id = 'Example1'
directory = 'Example1'
[application.rules.password]
min_length = 1
[application.settings]
";

/// The same for what only one provider has.
const GROUNDS: [(&str, &str); 3] = [
    ("bytepower", ""),
    ("xdua", "roles = ['none', 'manager']"),
    ("ciam", "flow = { sms_source = {}, email_source = {} }"),
];

fn ground(entry: &Entry) -> Table {
    let name = entry.name;
    let (_, own) = GROUNDS.iter().find(|(other, _)| *other == name).unwrap();
    toml::from_str(&format!("provider = '{name}'{GROUND}{own}")).unwrap()
}

/// Puts a value at a place, in the directory or the application.
fn put(file: &mut Table, place: &str, value: Value) {
    let (list, place) = match place.strip_prefix("directory.") {
        Some(below) => ("directory", format!("settings.{below}")),
        None => ("application", place.to_owned()),
    };
    let mut table = file[list][0].as_table_mut().unwrap();
    let (above, last) = place.rsplit_once('.').unwrap_or(("", &place));
    for name in above.split('.').filter(|name| !name.is_empty()) {
        let below = table.entry(name).or_insert_with(|| Table::new().into());
        table = below.as_table_mut().unwrap();
    }
    table.insert(last.to_owned(), value);
}

fn read(entry: &Entry, file: &Table) -> Result<(), String> {
    let text = toml::to_string(file).unwrap();
    (entry.declarations)(Path::new(""), &text)
        .map(drop)
        .map_err(|error| error.problem)
}

/// What the reader says to these values of a key, one after the other.
fn tried(entry: &Entry, key: &Key, values: Vec<Value>) -> Vec<Result<(), String>> {
    let values = values.into_iter();
    let tried = values.map(|value| {
        let mut file = ground(entry);
        if let Kind::ChoicePer(names, _) = key.kind {
            let attribute = "example = { type = 'string' }".parse::<Table>().unwrap();
            put(&mut file, names, attribute.into());
        }
        put(&mut file, &key.place.replace('*', "example"), value);
        read(entry, &file)
    });
    tried.collect()
}

fn named(choices: &[Choice]) -> impl Iterator<Item = Value> {
    choices.iter().map(|choice| Value::from(choice.name))
}

/// Values that a key of this kind can have: all where they can be counted, the ends where there is a range.
fn values(kind: Kind) -> Vec<Value> {
    match kind {
        Kind::Flag => vec![true.into(), false.into()],
        Kind::Number(least, most) => vec![least.into(), most.into()],
        Kind::Text(example) => vec![example.into()],
        Kind::Choice(choices) | Kind::ChoicePer(_, choices) => named(choices).collect(),
        Kind::Several(choices) => {
            let all = Value::Array(named(choices).collect());
            let single = named(choices).map(|one| Value::Array(vec![one]));
            single.chain([all]).collect()
        }
        Kind::Lines(example) => vec![Value::Array(vec![example.into()])],
        Kind::Presence => vec![Table::new().into()],
        Kind::Table(example) => vec![example.parse::<Table>().unwrap().into()],
        Kind::Toml(example) => {
            let table: Table = format!("value = {example}").parse().unwrap();
            vec![table["value"].clone()]
        }
    }
}

#[test]
fn every_described_key_is_accepted_with_each_of_its_values() {
    for entry in ALL {
        read(entry, &ground(entry)).unwrap();
        for key in entry.described() {
            for (value, answer) in values(key.kind)
                .iter()
                .zip(tried(entry, key, values(key.kind)))
            {
                assert_eq!(answer, Ok(()), "{} = {value}", key.place);
            }
        }
    }
}

#[test]
fn what_is_not_described_is_refused() {
    for entry in ALL {
        for key in entry.described() {
            let wrong: Vec<Value> = match key.kind {
                Kind::Number(least, most) => [least.checked_sub(1), most.checked_add(1)]
                    .into_iter()
                    .flatten()
                    .map(Value::from)
                    .collect(),
                Kind::Choice(_) | Kind::ChoicePer(..) => vec!["neither".into()],
                Kind::Several(_) => vec![Value::Array(vec!["neither".into()])],
                Kind::Flag => vec!["yes".into()],
                _ => vec![1.into()],
            };
            for (value, answer) in wrong.clone().iter().zip(tried(entry, key, wrong)) {
                assert!(answer.is_err(), "{} = {value} is accepted", key.place);
            }
        }
    }
}

#[test]
fn every_key_that_a_reader_accepts_is_described() {
    for entry in ALL {
        let keys: Vec<&Key> = entry.described().collect();
        let mut found = BTreeSet::new();
        for place in ["rules", "settings", "directory"] {
            undescribed(entry, &keys, place, &mut found);
        }
        assert!(found.is_empty(), "{}: {found:?}", entry.name);
    }
}

/// Asks the reader which keys it knows at a place: it lists them when it gets another one.
fn undescribed(entry: &Entry, keys: &[&Key], place: &str, found: &mut BTreeSet<String>) {
    const UNKNOWN: &str = "nobody_knows_this";
    let mut file = ground(entry);
    put(&mut file, &format!("{place}.{UNKNOWN}"), true.into());
    let refusal = read(entry, &file).unwrap_err();
    let (about, known) = refusal
        .split_once(", ")
        .unwrap_or_else(|| panic!("{place}: {refusal}"));
    assert!(about.contains(UNKNOWN), "{place}: {refusal}");
    for name in known.split('`').skip(1).step_by(2) {
        let below = format!("{place}.{name}");
        let inside = format!("{below}.");
        let has_keys = keys.iter().any(|key| key.place.starts_with(&inside));
        let is_map = keys.iter().any(|key| key.place == format!("{inside}*"));
        if has_keys && !is_map {
            undescribed(entry, keys, &below, found);
        }
        if !has_keys && !keys.iter().any(|key| key.is_at(&below)) {
            found.insert(below);
        }
    }
}

#[test]
fn of_every_key_it_is_known_what_holds_without_it() {
    for entry in ALL {
        let defaults = entry.defaults();
        for key in entry.described() {
            let is_known = key.otherwise.is_some()
                || key.kind == Kind::Presence
                || at(&defaults, key.place).is_some();
            assert!(is_known, "{}: {defaults:#}", key.place);
        }
    }
}

#[test]
fn every_text_is_there_in_both_languages() {
    for entry in ALL {
        for group in entry.groups() {
            let keys = group.keys.iter();
            let words = keys.flat_map(|key| {
                let choices = match key.kind {
                    Kind::Choice(all) | Kind::Several(all) | Kind::ChoicePer(_, all) => all,
                    _ => &[],
                };
                let choices = choices.iter().map(|choice| choice.label);
                choices.chain([key.label, key.help]).chain(key.otherwise)
            });
            for words in words.chain([group.title]) {
                assert!(!words.of(Language::English).is_empty(), "{words:?}");
                assert!(!words.of(Language::Chinese).is_empty(), "{words:?}");
                assert!(words.english.is_ascii(), "{words:?}");
            }
        }
    }
}
