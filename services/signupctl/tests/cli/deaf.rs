//! Results and notes that nobody can take: a full disk, a reader that has left.

use std::fs::File;
use std::process::Stdio;

use crate::operator::{Done, Operator};

/// A file to which nothing can be written.
fn full() -> Stdio {
    File::options()
        .write(true)
        .open("/dev/full")
        .unwrap()
        .into()
}

#[test]
fn a_note_that_nobody_reads_stops_no_work() {
    let operator = Operator::with_applications();
    let run = |arguments: &[&str]| -> Done {
        let mut command = operator.command(arguments);
        command.stderr(full()).output().unwrap().into()
    };
    assert_eq!(run(&["user", "show", "nobody"]).status, 1);
    assert_eq!(run(&["app", "show", "noslash"]).status, 2);
    operator.write(
        "users.jsonl",
        "[]\n{\"username\":\"two words\"}\n{\"username\":\"alice\"}\n",
    );
    let arguments = ["import", "users.jsonl", "--application", "bytepower/game"];
    let done = run(&arguments);
    assert_eq!(done.status, 1, "{done:?}");
    assert!(done.stdout.contains("1 imported"), "{done:?}");
}

#[test]
fn results_that_cannot_be_written_name_standard_output() {
    let operator = Operator::with_applications();
    let mut command = operator.command(["app", "list"]);
    let done = Done::from(command.stdout(full()).output().unwrap());
    done.refused(1, &["standard output: No space left on device"]);
}
