//! `signupctl explain`, after people have signed up through a running service.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use signup_testkit::eventually;

use crate::operator::{Done, program};
use crate::stack::{PATIENCE, Stack, dev, environment, replies, shell};

const EMAIL: &str = "quentin.tarantella@example.com";
const MASKED: &str = "q***@example.com";
const STRANGER: &str = "zebedee.unfinished@example.com";

/// Clients of the CIAM API of a running stack.
struct Clients {
    environment: BTreeMap<String, String>,
    http: reqwest::Client,
}

impl Clients {
    async fn post(&self, request: &str, path: &str, body: Value) -> Value {
        let request = self
            .http
            .post(format!("{}{path}", self.environment["CIAM_URL"]))
            .basic_auth(
                &self.environment["CIAM_EMAIL_CLIENT_ID"],
                Some(&self.environment["CIAM_EMAIL_CLIENT_SECRET"]),
            )
            .header("x-request-id", request)
            .json(&body);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// The code that was sent to the address.
    async fn code(&self) -> String {
        eventually(PATIENCE, async || {
            let inbox = reqwest::get(&self.environment["INBOX_URL"]).await.unwrap();
            let messages: Value = serde_json::from_str(&inbox.text().await.unwrap()).unwrap();
            let mine = messages.as_array().unwrap().iter();
            let mine = mine.filter(|one| one["address"] == EMAIL);
            let code = mine.filter_map(|one| one["code"].as_str()).next();
            code.map(str::to_owned).ok_or("no message to the address")
        })
        .await
    }
}

/// Somebody asks for a code, mistypes it, and then signs up; a stranger brings a token that was never given out.
/// Returns the user's id.
async fn sign_up(folder: &Path) -> String {
    let clients = Clients {
        environment: environment(folder),
        http: reqwest::Client::new(),
    };
    let ask = json!({"usage": "signup", "email": EMAIL});
    let sent = clients.post("ask-1", "/otp/send", ask).await;
    let code = clients.code().await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let body = |address: &str, token: &Value, otp: &str| {
        json!({
            "email": address,
            "email_otp_token": token,
            "email_otp": otp,
            "password": "Correct-Horse-77-Battery",
            "nickname": "Quentin",
        })
    };
    let token = &sent["otp_token"];
    clients
        .post("try-1", "/signup", body(EMAIL, token, wrong))
        .await;
    let user = clients
        .post("try-2", "/signup", body(EMAIL, token, &code))
        .await;
    clients
        .post("stranger-1", "/signup", body(STRANGER, &json!("none"), "1"))
        .await;
    user["sub"].as_str().unwrap().to_owned()
}

fn explain(folder: &Path, arguments: &[&str]) -> Done {
    let mut command = program(folder);
    command.arg("explain").args(arguments);
    command.output().unwrap().into()
}

fn steps(folder: &Path, needle: &str) -> Vec<Value> {
    let done = explain(folder, &[needle, "--json"]);
    assert_eq!(done.status, 0, "{needle}: {done:?}");
    assert!(!done.stdout.contains(EMAIL), "{needle}: {done:?}");
    let explained: Value = serde_json::from_str(&done.stdout).unwrap();
    let steps = explained["steps"].as_array().unwrap().clone();
    let times: Vec<&str> = steps
        .iter()
        .map(|one| one["time"].as_str().unwrap())
        .collect();
    assert!(times.is_sorted(), "{times:?}");
    steps
}

fn find<'a>(steps: &'a [Value], step: &str, key: &str, value: &str) -> &'a Value {
    steps
        .iter()
        .find(|one| one["step"] == step && one[key] == value)
        .unwrap_or_else(|| panic!("no {step} with {key} {value}: {steps:#?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_up_is_explained_from_every_side() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let stack = Stack::start(dev(folder));
    let user = sign_up(folder).await;
    stack.stop().await;

    let whole = steps(folder, "try-1");
    let event = find(&whole, "event", "type", "signup.user.created.v1");
    let event = event["event"].as_str().unwrap();
    for needle in [&user, "try-2", MASKED, EMAIL, event] {
        assert_eq!(steps(folder, needle), whole, "{needle}");
    }

    let asked = find(&whole, "decided", "request_id", "ask-1");
    assert_eq!(asked["outcome"], "accepted");
    let refused = find(&whole, "decided", "request_id", "try-1");
    assert_eq!(refused["outcome"], "wrong_code");
    assert_eq!(refused["status"], 400);
    assert_eq!(refused["reply"], "bad_email_otp");
    assert_eq!(refused["subject"], asked["subject"]);
    let created = find(&whole, "decided", "request_id", "try-2");
    assert_eq!(created["outcome"], "created");
    assert_eq!(created["subject"], user.as_str());

    let challenge = asked["subject"].as_str().unwrap();
    let code = find(&whole, "code", "challenge", challenge);
    assert_eq!(
        (&code["address"], &code["state"]),
        (&json!(MASKED), &json!("used"))
    );
    assert_eq!(code["wrong_tries"], 1);
    find(&whole, "code used", "user", &user);
    find(&whole, "user", "user", &user);
    find(&whole, "published", "event", event);
    let message = find(&whole, "message", "state", "delivered");
    assert!(message["sender"].is_string(), "{message}");

    let order: Vec<&str> = ["ask-1", "try-1", "try-2"].into();
    let requests: Vec<_> = whole
        .iter()
        .filter(|one| one["step"] == "request")
        .collect();
    let requests: Vec<_> = requests.iter().map(|one| &one["request_id"]).collect();
    assert_eq!(requests, order);

    let text = explain(folder, &[&user]).stdout;
    assert!(
        text.contains("wrong_code (answered 400, bad_email_otp)"),
        "{text}"
    );
    assert!(text.contains(MASKED) && !text.contains(EMAIL), "{text}");
    let revealed = explain(folder, &[&user, "--reveal"]).stdout;
    assert!(revealed.contains(EMAIL), "{revealed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_found_by_the_id_that_its_reply_shows_in_upper_case() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::start(dev(folder.path()));
    let call = format!("{}\n{}", stack.source(), stack.calls()[1]);
    let signed_up = replies(&shell("bash", folder.path(), &call));
    stack.stop().await;

    let shown = signed_up[1]["apid"].as_str().unwrap();
    assert_ne!(shown, shown.to_lowercase());
    let told = steps(folder.path(), shown);
    let decided = find(&told, "decided", "request_id", &shown.to_lowercase());
    assert_eq!(decided["outcome"], "created");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_only_refused_is_explained_and_stored_nowhere_in_full() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let stack = Stack::start(dev(folder));
    sign_up(folder).await;
    stack.stop().await;

    for needle in ["stranger-1", "z***@example.com", STRANGER] {
        let told = steps(folder, needle);
        assert_eq!(told.len(), 2, "{told:#?}");
        let decided = find(&told, "decided", "request_id", "stranger-1");
        assert_eq!(decided["outcome"], "bad_token");
        assert_eq!(decided["reply"], "bad_email_otp_token");
    }
    let local_part = STRANGER.split('@').next().unwrap();
    let files: Vec<_> = fs::read_dir(folder.join(".signup")).unwrap().collect();
    assert!(files.len() > 1);
    for file in files {
        let path = file.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let held = bytes
            .windows(local_part.len())
            .any(|window| window == local_part.as_bytes());
        assert!(!held, "{} holds the address", path.display());
    }
    explain(folder, &["nobody@example.com"]).refused(1, &["nothing is known", "7 d 0 h"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_decisions_the_rest_is_told_and_what_is_missing_said() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut command = dev(folder);
    command.env("SIGNUP__TRACE__DECISIONS", "off");
    let stack = Stack::start(command);
    let user = sign_up(folder).await;
    stack.stop().await;

    let told = steps(folder, &user);
    assert!(told.iter().all(|one| one["step"] != "request"), "{told:#?}");
    find(&told, "code used", "user", &user);
    find(&told, "message", "state", "delivered");
    let text = explain(folder, &[&user]).stdout;
    assert!(
        text.contains("request try-2") && text.contains("was not kept"),
        "{text}"
    );
}
