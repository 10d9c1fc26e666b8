use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use signup_core::time::{Clock as _, SystemClock};
use signup_store::{AttemptEnd, AttemptReport};
use signup_testkit::contract;
use standardwebhooks::Webhook;

use crate::on_both;
use crate::operator::{Done, Operator, program};
use crate::stack::{PATIENCE, Stack, dev, shell};

on_both!(
    a_webhook_is_made_listed_paused_resumed_and_deleted,
    a_rotated_secret_signs_beside_the_old_one_until_the_overlap_is_over,
);

const URL: &str = "https://crm.example.com/hooks";

fn create(operator: &Operator, more: &[&str]) -> Value {
    let arguments = ["webhook", "create", URL];
    operator.json(arguments.iter().chain(more))
}

fn a_webhook_is_made_listed_paused_resumed_and_deleted(operator: &Operator) {
    operator.declare();
    let made = create(
        operator,
        &["--application", "ciam/web", "--contact", "crm@example.com"],
    );
    let (id, secret) = (
        made["id"].as_str().unwrap(),
        made["secret"].as_str().unwrap(),
    );
    assert!(Webhook::new(secret).is_ok() && secret.starts_with("whsec_"));

    let list = operator.run(["webhook", "list"]);
    let show = operator.run(["webhook", "show", id]);
    for done in [&list, &show] {
        assert!(
            done.stdout.contains(URL) && done.stdout.contains("ciam/web"),
            "{done:?}"
        );
        assert!(
            !done.stdout.contains(secret) && !done.stdout.contains("crm@"),
            "{done:?}"
        );
    }

    for (command, state) in [
        ("pause", "paused"),
        ("pause", "paused"),
        ("resume", "active"),
    ] {
        assert_eq!(operator.json(["webhook", command, id])["state"], state);
        assert_eq!(operator.json(["webhook", "list"])[0]["state"], state);
    }
    assert_eq!(
        operator.json(["webhook", "resume", id])["missed_since"],
        Value::Null
    );
    assert_eq!(
        operator.json(["webhook", "deliveries", id]),
        Value::Array(Vec::new())
    );
    let replayed = operator.json(["webhook", "replay", id, "--since", "7d"]);
    assert_eq!(replayed["replayed"], 0);
    operator
        .run(["webhook", "replay", id, "--event-id", "nope"])
        .refused(2, &["`nope`", "outbox"]);
    let long = format!("https://example.com/{}", "x".repeat(2048));
    operator
        .run(["webhook", "create", &long])
        .refused(2, &["more than 2048 characters"]);

    assert_eq!(operator.json(["webhook", "delete", id])["deleted"], true);
    let entries = operator.store();
    let entries = entries.audit_entries(signup_store::AuditFilter::default(), 5);
    let entries = tokio::runtime::Runtime::new().unwrap().block_on(entries);
    let entries = entries.unwrap().into_iter();
    let actions: Vec<_> = entries.map(|(_, entry)| entry.action).collect();
    assert_eq!(
        actions,
        [
            "webhook_deleted",
            "webhook_paused",
            "webhook_resumed",
            "webhook_paused",
            "webhook_created"
        ]
    );
    for command in [
        "show",
        "delete",
        "pause",
        "resume",
        "rotate",
        "test",
        "deliveries",
    ] {
        let gone = operator.run(["webhook", command, id]);
        gone.refused(2, &[id, "signupctl webhook list"]);
    }
}

fn a_rotated_secret_signs_beside_the_old_one_until_the_overlap_is_over(operator: &Operator) {
    operator.declare();
    let made = create(operator, &[]);
    let id = made["id"].as_str().unwrap();
    let rotated = operator.json(["webhook", "rotate", id, "--overlap", "2h"]);
    assert_ne!(rotated["secret"], made["secret"]);
    let until = rotated["previous_secret_until"].as_str().unwrap();
    let soon = SystemClock.now().after(Duration::from_secs(2 * 3600 + 1));
    assert!(until <= soon.to_string().as_str(), "{until}");
    let shown = operator.json(["webhook", "show", id]);
    assert_eq!(shown["previous_secret_until"], until);
    assert_eq!(shown["secret"], Value::Null);
}

#[test]
fn what_cannot_be_called_is_refused_with_the_setting_that_allows_it() {
    let operator = Operator::with_applications();
    for (url, named) in [
        ("http://crm.example.com", "webhooks.allow_http"),
        ("https://127.0.0.1/hook", "webhooks.allow_networks"),
        ("https://[::ffff:10.0.0.1]/hook", "webhooks.allow_networks"),
        ("https://169.254.169.254/latest", "webhooks.allow_networks"),
        ("https://user:hush@crm.example.com", "password"),
        ("crm.example.com", "https://"),
    ] {
        let done = operator.run(["webhook", "create", url]);
        done.refused(2, &[named]);
        assert!(!done.stderr.contains("hush"), "{done:?}");
    }
    let refused = |more: &[&str], named: &[&str]| {
        let arguments = ["webhook", "create", URL];
        operator.run(arguments.iter().chain(more)).refused(2, named);
    };
    refused(&["--application", "ciam/nope"], &["`ciam/nope`"]);
    refused(&["--provider", "acme"], &["acme"]);
    refused(
        &["--event", "signup.otp.requested.v1"],
        &["signup.user.created.v1"],
    );
    refused(&["--contact", "nobody"], &["--contact"]);
}

#[tokio::test]
async fn the_doctor_tells_of_a_webhook_that_was_switched_off() {
    let operator = Operator::with_applications();
    let made = create(&operator, &[]);
    let id = made["id"].as_str().unwrap();
    let report = AttemptReport {
        webhook: id.to_owned(),
        event_id: "any".to_owned(),
        attempt: 1,
        end: AttemptEnd::Failed,
        status: Some(410),
        problem: None,
        held_until: None,
        disable: Some("its endpoint answered 410 Gone".to_owned()),
    };
    let day = Duration::from_secs(24 * 3600);
    let recorded = operator
        .store()
        .record_webhook_attempt("test", report, day, SystemClock.now())
        .await
        .unwrap();
    assert!(recorded.disabled.is_some());

    let done = operator.run(["doctor"]);
    for expected in [id, "410 Gone", "signupctl webhook resume"] {
        assert!(done.stdout.contains(expected), "{expected}: {done:?}");
    }
    assert!(operator.json(["webhook", "resume", id])["missed_since"].is_string());
}

/// One request, as it came in.
pub struct Request {
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Request {
    fn verifies_with(&self, secret: &str) -> bool {
        let reference = Webhook::new(secret).unwrap();
        reference.verify(&self.body, &self.headers).is_ok()
    }
}

/// A team's server, which takes everything.
pub fn receiver() -> (u16, Receiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, requests) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let mut headers = HeaderMap::new();
            for line in reader.by_ref().lines().map(Result::unwrap).skip(1) {
                let Some((name, value)) = line.split_once(':') else {
                    break;
                };
                let name: HeaderName = name.parse().unwrap();
                headers.insert(name, HeaderValue::from_str(value.trim()).unwrap());
            }
            let length = headers["content-length"].to_str().unwrap().parse().unwrap();
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let mut stream = reader.into_inner();
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
            if sender.send(Request { headers, body }).is_err() {
                return;
            }
        }
    });
    (port, requests)
}

pub fn permissive(mut command: Command) -> Command {
    command
        .env("SIGNUP__WEBHOOKS__ALLOW_HTTP", "true")
        .env("SIGNUP__WEBHOOKS__ALLOW_NETWORKS", "127.0.0.0/8");
    command
}

#[test]
fn a_test_event_is_signed_and_its_outcome_told() {
    let operator = Operator::with_applications();
    let (port, requests) = receiver();
    let url = format!("http://127.0.0.1:{port}/hook");
    let run = |arguments: &[&str]| -> Done {
        let mut command = permissive(operator.command(arguments));
        command.output().unwrap().into()
    };
    let made = run(&["webhook", "create", &url, "--json"]);
    let made: Value = serde_json::from_str(&made.stdout).unwrap();
    let id = made["id"].as_str().unwrap();

    let done = run(&["webhook", "test", id]);
    assert!(
        done.status == 0 && done.stdout.contains("delivered: 204"),
        "{done:?}"
    );
    let request = requests.recv_timeout(PATIENCE).unwrap();
    assert!(request.verifies_with(made["secret"].as_str().unwrap()));
    let event: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(event["type"], "signup.webhook.test.v1");
    contract::assert_keeps(&event);

    let strict = operator.run(["webhook", "test", id]);
    assert_eq!(strict.status, 1);
    assert!(strict.stdout.contains("webhooks.allow_http"), "{strict:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_the_development_stack_a_sign_up_arrives_at_a_webhook_of_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::start(dev(folder.path()));
    let (port, requests) = receiver();
    let url = format!("http://127.0.0.1:{port}/hook");
    let mut create = permissive(program(folder.path()));
    create.args(["webhook", "create", &url, "--json"]);
    let made: Done = create.output().unwrap().into();
    assert_eq!(made.status, 0, "{made:?}");
    let made: Value = serde_json::from_str(&made.stdout).unwrap();

    let script = format!("{}\n{}", stack.source(), stack.calls()[0]);
    let called = shell("bash", folder.path(), &script);
    assert_eq!(called.status, 0, "{called:?}");

    let request = requests.recv_timeout(PATIENCE).unwrap();
    assert!(request.verifies_with(made["secret"].as_str().unwrap()));
    let event: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(event["type"], "signup.user.created.v1");
    assert_eq!(request.headers["webhook-id"], event["id"].as_str().unwrap());
    stack.stop().await;
}
