//! Commands that work on a broker.

use std::time::Duration;

use serde_json::{Value, json};
use signup_bus::Outcome;
use signup_bus::rabbitmq::{
    BrokerOptions, BrokerUrl, ConsumerSettings, DEAD_QUEUE, consume, lane_queue,
};
use signup_core::credential::CredentialKind;
use signup_store::Lane;
use signup_testkit::{TestBroker, TestDatabase, TestService, eventually};
use tokio::sync::oneshot;

use crate::operator::{Done, Operator, program};

const PATIENCE: Duration = Duration::from_secs(20);

fn on(operator: &Operator, broker: &str, arguments: &[&str]) -> Done {
    let mut command = operator.command(arguments);
    command.arg("--json").env("SIGNUP__BUS__URL", broker);
    command.output().unwrap().into()
}

/// Runs a command that has to succeed, and reads its JSON.
fn json_on(operator: &Operator, broker: &TestBroker, arguments: &[&str]) -> Value {
    let done = on(operator, broker.url(), arguments);
    assert_eq!(done.status, 0, "{done:?}");
    serde_json::from_str(&done.stdout).unwrap()
}

/// Gives up, as the worker would, the next message of the lane of codes.
async fn give_up_next(broker: &TestBroker, problem: &str) {
    let options = BrokerOptions {
        url: BrokerUrl::parse(broker.url()).unwrap(),
        ca_file: None,
        name: "test".to_owned(),
    };
    let settings = ConsumerSettings {
        lane: Lane::Codes,
        prefetch: 1,
        attempts: 1,
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let (mut subscription, task) = consume(options, settings, Default::default(), async {
        let _ = stopped.await;
    });
    let delivery = subscription.next().await.unwrap();
    delivery.settle(Outcome::Never(problem.to_owned()));
    drop(stop);
    while subscription.next().await.is_some() {}
    task.await.unwrap();
}

async fn until_length(broker: &TestBroker, queue: &str, length: u32) {
    eventually(PATIENCE, || async {
        let found = broker.queue_length(queue);
        let is_so = found == Some(length);
        is_so.then_some(()).ok_or(format!("{queue}: {found:?}"))
    })
    .await;
}

fn event(id: &str, address: &str) -> String {
    json!({
        "specversion": "1.0", "id": id, "source": "/acme/d1/shop", "type": "signup.otp.requested.v1",
        "subject": "c1", "time": "2026-01-15T08:30:00Z", "data": {"address": address},
    })
    .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_listed_shown_redriven_and_dropped() {
    let (operator, broker) = (Operator::on_sqlite(), TestBroker::create());
    // Declares what is missing, and finds nothing.
    assert_eq!(json_on(&operator, &broker, &["dead", "list"]), json!([]));
    let codes = lane_queue(Lane::Codes);
    for (id, problem) in [("e1", "no such template"), ("e2", "no such channel")] {
        broker.put(codes, id, &event(id, "ann@example.com"));
        give_up_next(&broker, problem).await;
    }
    until_length(&broker, DEAD_QUEUE, 2).await;

    let listed = json_on(&operator, &broker, &["dead", "list"]);
    let ids: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["id"])
        .collect();
    assert_eq!(ids, ["e1", "e2"]);
    assert_eq!(listed[0]["problem"], "no such template");
    assert_eq!(listed[0]["queue"], codes);
    // Personal data is shown only to whoever asks for it.
    let shown = json_on(&operator, &broker, &["dead", "show", "e1"]);
    assert!(!shown.to_string().contains("ann@"), "{shown}");
    let revealed = json_on(&operator, &broker, &["dead", "show", "e1", "--reveal"]);
    assert_eq!(revealed["envelope"]["data"]["address"], "ann@example.com");
    let missing = on(&operator, broker.url(), &["dead", "show", "e3"]);
    missing.refused(1, &["e3", "signupctl dead list"]);

    let choice = ["dead", "redrive", "--problem", "no such template"];
    let dry = json_on(&operator, &broker, &[&choice[..], &["--dry-run"]].concat());
    assert_eq!(dry, json!({"event_ids": ["e1"], "dry_run": true}));
    until_length(&broker, DEAD_QUEUE, 2).await;
    let redriven = json_on(&operator, &broker, &choice);
    assert_eq!(redriven, json!({"event_ids": ["e1"], "dry_run": false}));
    until_length(&broker, codes, 1).await;
    assert_eq!(broker.take(codes)[0]["properties"]["message_id"], "e1");

    let dropped = json_on(&operator, &broker, &["dead", "drop", "e2"]);
    assert_eq!(dropped["event_ids"], json!(["e2"]));
    assert_eq!(json_on(&operator, &broker, &["dead", "list"]), json!([]));
    until_length(&broker, codes, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_goes_to_one_queue_or_to_everybody_with_the_same_ids() {
    let broker = TestBroker::create();
    for queue in ["crm", "mailing"] {
        broker.bind(queue, "user.created.*");
    }
    let service = TestService::builder(
        TestDatabase::sqlite(),
        &ciam_svc::PROVIDER,
        ciam_svc::declarations,
    )
    .setting("bus.url", broker.url())
    .with_running_clock()
    .start(ciam_svc::DEMO)
    .await;
    let secret = service.secret(CredentialKind::ClientSecret, "demo-username");
    let request = service.http.post(service.url("/signup"));
    let request = request.basic_auth("demo-username", Some(secret));
    let answer = request
        .json(&json!({"username": "ann", "password": "a long password"}))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    service.drained().await;
    let id = service.events().await[0]["id"].as_str().unwrap().to_owned();
    let take = async |queue: &str| {
        until_length(&broker, queue, 1).await;
        let message = broker.take(queue).remove(0);
        message["properties"]["message_id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    for queue in ["crm", "mailing"] {
        assert_eq!(take(queue).await, id);
    }

    let folder = tempfile::tempdir().unwrap();
    let replay = |more: &[&str]| -> Done {
        let mut command = program(folder.path());
        command.envs(service.environment());
        command
            .args(["events", "replay", "--json", "--since", "1h"])
            .args(more);
        command.output().unwrap().into()
    };
    replayed_one(&replay(&["--queue", "crm"]));
    assert_eq!(take("crm").await, id);
    assert_eq!(broker.queue_length("mailing"), Some(0));

    replayed_one(&replay(&[]));
    for queue in ["crm", "mailing"] {
        assert_eq!(take(queue).await, id);
    }
    replay(&["--queue", "nobodys"]).refused(1, &["nobodys"]);
}

#[track_caller]
fn replayed_one(done: &Done) {
    assert_eq!(done.status, 0, "{done:?}");
    let value: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(value["replayed"], 1, "{value}");
}

#[test]
fn the_doctor_says_what_to_do_about_a_wrong_password_and_does_not_show_it() {
    let (operator, broker) = (Operator::with_applications(), TestBroker::create());
    let sound = on(&operator, broker.url(), &["doctor"]);
    assert_eq!(finding(&sound, "broker")["level"], "ok");
    // With a broker all messages are the worker's, and none of these settings says who sends them.
    assert_eq!(finding(&sound, "channel email")["level"], "warn");

    let (user, rest) = broker.url().rsplit_once('@').unwrap();
    let (user, _) = user.rsplit_once(':').unwrap();
    let done = on(&operator, &format!("{user}:hush-hush@{rest}"), &["doctor"]);

    assert_eq!(done.status, 1, "{done:?}");
    let broker = finding(&done, "broker");
    assert_eq!(broker["level"], "fail");
    let told = broker.to_string();
    assert!(told.contains("does not accept the password"), "{told}");
    assert!(!format!("{done:?}").contains("hush-hush"), "{done:?}");
}

fn finding(done: &Done, check: &str) -> Value {
    let findings: Vec<Value> = serde_json::from_str(&done.stdout).unwrap();
    let found = findings.into_iter().find(|one| one["check"] == check);
    found.unwrap_or_else(|| panic!("{done:?}"))
}
