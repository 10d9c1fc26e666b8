//! Results and notes that nobody can take: a full disk, a reader that has left.

use std::fs::File;
use std::process::Stdio;

use crate::operator::{Done, Operator};

/// A pipe whose reader has left.
fn broken() -> Stdio {
    let (_reader, writer) = std::io::pipe().unwrap();
    writer.into()
}

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

#[test]
fn a_secret_that_was_not_shown_is_told_with_a_way_to_another() {
    for closed in [full as fn() -> Stdio, broken] {
        let operator = Operator::with_applications();
        operator.json(["key", "create", "xdua", "--kind", "signing-key"]);
        let webhook = operator.json(["webhook", "create", "https://crm.example.com/hooks"]);
        let webhook = webhook["id"].as_str().unwrap();
        operator.write(
            "more.toml",
            &crate::operator::BYTEPOWER.replace("game-server", "second-server"),
        );
        let make = "key create bytepower/game --kind client-key --id ios";
        let make: Vec<&str> = make.split(' ').collect();
        let again = format!("signupctl webhook rotate {webhook}");
        for (arguments, way_out) in [
            (
                &["apply", "-f", "more.toml"][..],
                "signupctl key rotate bytepower server-key/second-server",
            ),
            (
                make.as_slice(),
                "signupctl key rotate bytepower client-key/ios",
            ),
            (
                &["key", "rotate", "bytepower", "client-key/ios"],
                "signupctl key rotate bytepower client-key/ios-2",
            ),
            (
                &["operator", "create", "ana", "--role", "read"],
                "signupctl operator set-password ana",
            ),
            (
                &["operator", "set-password", "ana"],
                "signupctl operator set-password ana",
            ),
            (
                &["token", "create", "app", "--app", "Web0App1"],
                "the same command",
            ),
            (
                &["webhook", "create", "https://crm.example.com/more"],
                "signupctl webhook rotate",
            ),
            (&["webhook", "rotate", webhook], again.as_str()),
        ] {
            let mut command = operator.command(arguments);
            let done = Done::from(command.stdout(closed()).output().unwrap());
            done.refused(1, &["standard output", "not shown", way_out]);
        }
    }
}

#[test]
fn a_result_without_a_secret_may_be_left_unread() {
    let operator = Operator::with_applications();
    let make = ["key", "create", "xdua", "--kind", "signing-key"];
    for arguments in [&["app", "list"][..], &make, &["apply", "-f", "shop.toml"]] {
        let mut command = operator.command(arguments);
        let done = Done::from(command.stdout(broken()).output().unwrap());
        assert_eq!(done.status, 0, "{arguments:?}: {done:?}");
    }
}
