use std::io::{BufRead as _, BufReader};

use crate::on_both;
use crate::operator::{Done, Operator};

on_both!(
    five_processes_at_once_migrate_an_empty_database_once,
    who_waits_goes_on_when_somebody_else_has_migrated,
);

fn who_waits_goes_on_when_somebody_else_has_migrated(operator: &Operator) {
    let mut waiting = operator.spawn(["migrate", "--wait"]);
    let mut told = BufReader::new(waiting.stderr.take().unwrap()).lines();
    let first = told.next().unwrap().unwrap();
    assert!(first.contains("waits: missing: 0001_initial"), "{first}");
    assert_eq!(waiting.try_wait().unwrap(), None);

    operator.run(["migrate"]);

    let done = Done::from(waiting.wait_with_output().unwrap());
    assert_eq!(done.status, 0, "{done:?}");
    assert!(done.stdout.contains("is up to date"), "{done:?}");
    assert_eq!(operator.json(["migrate", "--wait"])["up_to_date"], true);
}

fn five_processes_at_once_migrate_an_empty_database_once(operator: &Operator) {
    let starts: Vec<_> = (0..5)
        .map(|_| operator.spawn(["migrate", "--json"]))
        .collect();
    let mut migrated = 0;
    for start in starts {
        let done = Done::from(start.wait_with_output().unwrap());
        assert_eq!(done.status, 0, "{done:?}");
        let report: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
        migrated += report["migrations"].as_array().unwrap().len();
    }
    assert_eq!(migrated, migrations().len());
}

/// The names of all migrations, in their order.
fn migrations() -> Vec<String> {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../crates/signup-store/migrations/sqlite"
    );
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names[0], "0001_initial");
    names
}

fn one_line_each(what: &str) -> String {
    migrations()
        .iter()
        .map(|name| format!("{name} {what}\n"))
        .collect()
}

#[test]
fn a_dry_run_names_what_is_missing_and_makes_no_file() {
    let operator = Operator::on_sqlite();

    let done = operator.run(["migrate", "--dry-run"]);

    assert_eq!(
        (done.status, done.stdout.as_str()),
        (0, one_line_each("is missing").as_str())
    );
    assert!(!operator.database_file().exists());
    assert_eq!(
        operator.run(["migrate"]).stdout,
        one_line_each("was applied")
    );
    assert!(
        operator
            .run(["migrate", "--dry-run"])
            .stdout
            .contains("is up to date")
    );
}

#[test]
fn other_commands_say_when_the_database_is_not_migrated() {
    let operator = Operator::on_sqlite();
    for command in [
        &["app", "list"][..],
        &["key", "list"],
        &["user", "show", "u1"],
    ] {
        operator
            .run(command)
            .refused(1, &["0001_initial", "signupctl migrate"]);
    }
}
