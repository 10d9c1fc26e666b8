//! `docs/logging.md` names every event and every field that the code logs, and no others.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The macros of `log`.
const MACROS: [&str; 6] = ["log", "error", "warn", "info", "debug", "trace"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(fs::read_to_string(path).unwrap());
        }
    }
}

/// The source code of everything that runs in production.
fn code() -> Vec<String> {
    let mut found = Vec::new();
    for part in ["crates", "services"] {
        for member in fs::read_dir(root().join(part)).unwrap() {
            let member = member.unwrap();
            if member.file_name() != "signup-testkit" {
                sources(&member.path().join("src"), &mut found);
            }
        }
    }
    assert!(found.len() > 100);
    found
}

/// What stands before the message in each call of a logging macro, without white space: `level,event="a.b",name=value`.
fn fields_in(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for name in MACROS {
        for call in source.split(&format!("log::{name}!(")).skip(1) {
            let mut text = false;
            let end = call.find(|letter| {
                text ^= letter == '"';
                letter == ';' && !text
            });
            let fields = &call[..end.unwrap()];
            found.push(fields.split_whitespace().collect());
        }
    }
    found
}

/// The names before the values, at the top level.
fn names_in(fields: &str) -> BTreeSet<String> {
    let mut depth = 0;
    let parts = fields.split(|letter| {
        depth += match letter {
            '(' | '[' | '{' => 1,
            ')' | ']' | '}' => -1,
            _ => 0,
        };
        letter == ',' && depth == 0
    });
    parts
        .filter_map(|part| Some(part.split_once('=')?.0.to_owned()))
        .collect()
}

/// The words in code font in the first column of the table under this heading.
fn documented(heading: &str) -> BTreeSet<String> {
    let page = fs::read_to_string(root().join("docs/logging.md")).unwrap();
    let table = page.split(heading).nth(1).unwrap();
    table
        .lines()
        .take_while(|line| line.starts_with('|'))
        .filter_map(|row| row.split('|').nth(1))
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_event_that_is_logged_is_documented() {
    let mut logged = BTreeSet::new();
    for source in code() {
        for before in ["event = \"", "log_fault(\""] {
            let names = source.split(before).skip(1);
            logged.extend(names.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
        }
    }

    for event in &logged {
        assert!(event.contains('.'), "{event}: an event is noun.verb");
    }
    assert_eq!(logged, documented("| event | when |\n|---|---|\n"));
}

#[test]
fn every_field_that_is_logged_is_documented() {
    let mut logged = BTreeSet::from(["request_id".to_owned(), "trace_id".to_owned()]);
    for source in code() {
        for fields in fields_in(&source) {
            let names = names_in(&fields);
            let has_event = names.contains("event") || fields.starts_with("event,");
            assert!(has_event, "a line without an event: {fields}");
            logged.extend(names);
        }
    }

    assert_eq!(logged, documented("| field | meaning |\n|---|---|\n"));
}
