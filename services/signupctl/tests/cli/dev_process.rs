//! How `signupctl dev` starts and stops.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Child;
use std::time::Duration;

use serde_json::Value;
use signup_testkit::{TestDatabase, eventually};

use crate::operator::Done;
use crate::stack::{Stack, dev, dev_with, environment, replies, shell};

#[test]
fn taken_ports_are_told_before_anything_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mut command = dev_with(folder.path(), &port);
    command.args(["--dir", "data"]);

    let done = Done::from(command.output().unwrap());

    let expected = [
        format!("port {port}"),
        "XDUA".into(),
        "--xdua-port".into(),
        "make run XDUA_PORT=".into(),
    ];
    done.refused(1, &expected.each_ref().map(String::as_str));
    assert!(!folder.path().join("data").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_in_use_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::start(dev(folder.path()));
    let process = format!("process {}", stack.id());
    let log = folder.path().join(".signup/dev.log");
    let read = || {
        (
            environment(folder.path()),
            fs::read_to_string(&log).unwrap(),
        )
    };
    let (variables, logged) = read();

    for reset in [None, Some("--reset")] {
        let mut command = dev(folder.path());
        command.args(reset);
        Done::from(command.output().unwrap()).refused(1, &[&process, ".signup", "--dir DIR"]);
    }

    let (variables_after, logged_after) = read();
    assert_eq!(variables_after, variables);
    assert!(!logged.is_empty() && logged_after.starts_with(&logged));
    let call = format!("{}\n{}", stack.source(), stack.calls()[0]);
    assert!(replies(&shell("bash", folder.path(), &call))[0]["user"].is_object());
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_stops_it_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let mut stack = Stack::start(dev(folder.path()));
    stack.signal("TERM");
    assert_eq!(stack.wait().await.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_interrupt_does_not_wait_for_anybody() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = dev(folder.path());
    command.env("SIGNUP__HTTP__SHUTDOWN_GRACE", "10m");
    command.env("SIGNUP__HTTP__BODY_TIMEOUT", "5m");
    let mut stack = Stack::start(command);
    let api = environment(folder.path())["CIAM_URL"].clone();
    let mut slow = TcpStream::connect(api.strip_prefix("http://").unwrap()).unwrap();
    write!(
        slow,
        "POST /signup HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"
    )
    .unwrap();
    // The service reads the body now, and will not get it.
    slow.read_exact(&mut [0; 12]).unwrap();

    stack.signal("INT");
    let log = folder.path().join(".signup/dev.log");
    eventually(Duration::from_secs(30), async || {
        let log = fs::read_to_string(&log).unwrap();
        log.contains("SIGINT received")
            .then_some(())
            .ok_or("not noticed yet")
    })
    .await;
    stack.signal("INT");

    assert_eq!(stack.wait().await.code(), Some(130));
}

/// What it says when it is ready.
fn first_line(child: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    line
}

#[test]
fn scripts_get_the_addresses_as_json() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = dev(folder.path());
    command.arg("--json");
    let mut child = command.spawn().unwrap();
    let line = first_line(&mut child);
    child.kill().unwrap();
    child.wait().unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    assert!(
        ready["apis"]["ciam"]
            .as_str()
            .unwrap()
            .starts_with("http://127.0.0.1:"),
        "{ready}"
    );
    assert_eq!(ready["env_file"], ".signup/demo.env");
}

#[test]
fn a_broker_is_not_used_and_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = dev(folder.path());
    command
        .arg("--json")
        .env("SIGNUP__BUS__URL", "amqp://guest:hush@127.0.0.1:1/%2f");
    let mut child = command.spawn().unwrap();
    let line = first_line(&mut child);
    child.kill().unwrap();
    let errors = String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap();
    assert!(line.starts_with('{'), "{line} {errors}");
    assert!(
        errors.contains("bus.url") && errors.contains("does not use") && !errors.contains("hush"),
        "{errors}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn it_runs_on_postgres_as_well() {
    let (folder, database) = (tempfile::tempdir().unwrap(), TestDatabase::postgres());
    let mut command = dev(folder.path());
    command.env("SIGNUP__DATABASE__URL", database.url()).env(
        "SIGNUP__SECRETS__KEYS",
        "k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    );
    let stack = Stack::start(command);
    for call in stack.calls() {
        replies(&shell(
            "bash",
            folder.path(),
            &format!("{}\n{call}", stack.source()),
        ));
    }
    stack.stop().await;

    let mut command = dev(folder.path());
    command
        .arg("--reset")
        .env("SIGNUP__DATABASE__URL", database.url());
    command.env(
        "SIGNUP__SECRETS__KEYS",
        "k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    );
    Done::from(command.output().unwrap()).refused(2, &["--reset", "postgres://***@"]);
}
