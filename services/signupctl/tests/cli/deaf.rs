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
