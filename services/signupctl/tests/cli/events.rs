use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use signup_store::Store;

use crate::on_both;
use crate::operator::Operator;
use crate::written::{self, alice, publish_all, runtime};

on_both!(
    events_are_listed_and_sent_out_again,
    a_tail_prints_what_is_written_until_nobody_reads_it,
);

async fn sign_up(store: &Store, public_id: &str) -> String {
    written::sign_up(store, alice("xdua", public_id)).await
}

fn events_are_listed_and_sent_out_again(operator: &Operator) {
    operator.declare();
    let store = operator.store();
    let (first, second) = runtime().block_on(async {
        let first = sign_up(&store, "5QqitXe5").await;
        publish_all(&store).await;
        (first, sign_up(&store, "9QqitXe9").await)
    });

    let all = operator.json(["events", "list"]);
    let ids: Vec<&str> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, [&first, &second]);
    assert_eq!(all[0]["source"], "/xdua/A3bdXNT3/A3bdXNT3");
    assert!(all[0]["published_at"].is_string() && all[1]["published_at"].is_null());
    let waiting = operator.json(["events", "list", "--waiting", "--type", "user.created"]);
    assert_eq!(waiting[0]["id"], second.as_str());
    assert_eq!(
        operator.json(["events", "list", "--provider", "ciam"]),
        json!([])
    );
    assert_eq!(
        operator.json(["events", "list", "--type", "otp.requested"]),
        json!([])
    );
    // Personal data is shown only to whoever asks for it.
    assert!(
        !operator
            .run(["events", "list", "--json"])
            .stdout
            .contains("Alice")
    );
    let revealed = operator.json(["events", "list", "--reveal"]);
    assert_eq!(
        revealed[0]["envelope"]["data"]["profile"]["name"],
        "Alice Liddell"
    );

    let replay =
        |more: &[&str]| operator.json([&["events", "replay", "--since", "1h"], more].concat());
    let dry = replay(&["--dry-run"]);
    assert_eq!(
        dry,
        json!({"replayed": 1, "waiting_anyway": 1, "dry_run": true})
    );
    assert_eq!(replay(&["--subject", "9QqitXe9"])["replayed"], 0);
    assert_eq!(replay(&[])["replayed"], 1);
    let again = operator.json(["events", "list", "--waiting"]);
    assert_eq!(again[0]["id"], first.as_str());
    assert!(again[0]["replayed_at"].is_string());
}

fn a_tail_prints_what_is_written_until_nobody_reads_it(operator: &Operator) {
    operator.declare();
    let line = first_line_of_a_tail(operator, "json", &["--json"]);
    let event: Value = serde_json::from_str(&line).unwrap();
    let subject = event["subject"].as_str().unwrap();
    assert!(subject.starts_with("json"), "{event}");
    let line = first_line_of_a_tail(operator, "text", &[]);
    assert!(line.contains(" text"), "{line}");
}

/// Reads one line of a tail while users sign up whose ids begin with `name`, and waits until the tail has ended.
fn first_line_of_a_tail(operator: &Operator, name: &str, more: &[&str]) -> String {
    let store = operator.store();
    let runtime = runtime();
    runtime.block_on(sign_up(&store, &format!("before-{name}")));
    let mut command = operator.command(["events", "tail"].iter().chain(more));
    let mut tail = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    // It cannot tell when it has begun, so events come until it tells of one.
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let name = name.to_owned();
    let writer = std::thread::spawn(move || {
        let pause = Duration::from_millis(100);
        for number in 0.. {
            runtime.block_on(sign_up(&store, &format!("{name}{number}")));
            if stopped.recv_timeout(pause) != Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                return;
            }
        }
    });

    let line = lines.next().unwrap().unwrap();
    drop(lines);
    let status = tail.wait().unwrap();

    drop(stop);
    writer.join().unwrap();
    assert_eq!(status.code(), Some(0));
    line
}

#[test]
fn a_wrong_type_or_time_names_what_is_allowed() {
    let operator = Operator::on_sqlite();
    operator
        .run(["events", "list", "--type", "user.deleted"])
        .refused(2, &["user.created, otp.requested"]);
    operator
        .run(["events", "replay", "--since", "yesterday"])
        .refused(2, &["2026-03-01T08:00:00Z"]);
}
