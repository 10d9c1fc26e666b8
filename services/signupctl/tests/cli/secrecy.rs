//! What must never be in a log, however much is logged, nor in what is kept of requests.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use signup_testkit::{TcpProxy, TestDatabase, eventually};

use crate::operator::{Done, program};
use crate::stack::{PATIENCE, Stack, dev, environment, replies, shell};
use crate::webhooks::{permissive, receiver};

const KEYS: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const EMAIL: &str = "quentin.tarantella@example.com";
const PASSWORD: &str = "Correct-Horse-77-Battery";
const NICKNAME: &str = "Quentinissimo";
/// Part of a webhook's URL, as some teams let callers prove themselves.
const IN_URL: &str = "Token-In-The-Url-9";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// What nobody sends on purpose, and clients with a fault do: secrets where they do not belong, bodies that are none.
const ODD: [&str; 8] = [
    "Odd-Query-1",
    "Odd-Path-2",
    "Odd-Json-3",
    "Odd-Form-4",
    "Odd-Header-5",
    "Odd-Cookie-6",
    "odd-address-7@example.com",
    "13800138077",
];

#[tokio::test(flavor = "multi_thread")]
async fn no_log_at_any_level_holds_a_secret_or_a_whole_identifier() {
    let (folder, database) = (tempfile::tempdir().unwrap(), TestDatabase::postgres());
    let (line, url) = TcpProxy::start_for(database.url());
    let mut command = dev(folder.path());
    command
        .env("SIGNUP__LOG__LEVEL", "trace")
        .env("SIGNUP__LOG__FORMAT", "json")
        .env("SIGNUP__DATABASE__URL", &url)
        .env("SIGNUP__SECRETS__KEYS", format!("k1:{KEYS}"));
    let stack = Stack::start(command);
    let (port, _calls) = receiver();
    let mut create = permissive(program(folder.path()));
    create
        .args(["webhook", "create", "--json"])
        .arg(format!("http://127.0.0.1:{port}/hook?token={IN_URL}"))
        .env("SIGNUP__DATABASE__URL", &url)
        .env("SIGNUP__SECRETS__KEYS", format!("k1:{KEYS}"));
    let made = Done::from(create.output().unwrap());
    let made: Value = serde_json::from_str(&made.stdout).unwrap();
    let webhook_secret = made["secret"].as_str().unwrap();
    for call in stack.calls() {
        let script = format!("{}\n{call}", stack.source());
        replies(&shell("bash", folder.path(), &script));
    }
    let environment = environment(folder.path());
    let email_code = sign_up_by_email(&environment).await;
    send_odd_requests(&environment).await;
    let log_file = folder.path().join(".signup/dev.log");
    until_traced(&log_file).await;
    line.cut();
    let refused = send_odd_requests(&environment).await;
    assert!(refused > 0, "the database is away, and nobody noticed");
    line.restore();
    let inbox = inbox(&environment["INBOX_URL"]).await;
    let decisions = eventually(PATIENCE, async || {
        let rows = database.rows("decisions");
        let is_there = rows.iter().any(|row| row.contains("wrong_code"));
        is_there
            .then_some(rows)
            .ok_or("no decision on a wrong code")
    })
    .await;
    stack.stop().await;

    let log = fs::read_to_string(log_file).unwrap();
    // Not a log that is silent because nothing happened or the level is too low.
    assert!(log.contains("POST /signup") && log.contains("TRACE"));
    assert!(log.contains("store.fault") || log.contains("http.internal") || log.contains("ERROR"));
    for line in log.lines() {
        let parsed: Result<Value, _> = serde_json::from_str(line);
        assert!(parsed.is_ok(), "{parsed:?}: {line}");
    }

    let mut secrets: Vec<String> = [EMAIL, PASSWORD, NICKNAME, "MOCK_PASSWORD", KEYS]
        .iter()
        .chain(&ODD)
        .map(|secret| (*secret).to_owned())
        .collect();
    // MD5 of the password in XDUA's call.
    secrets.push("a long password".into());
    secrets.extend([IN_URL, webhook_secret.trim_start_matches("whsec_")].map(str::to_owned));
    secrets.push("9bfb1b9d0c2bc3f3c912eaae3099ca5a".into());
    for (name, value) in &environment {
        if name.ends_with("_SECRET") || name.ends_with("_TOKEN") {
            secrets.push(value.clone());
        }
    }
    for message in &inbox {
        let address = message["address"].as_str().unwrap();
        secrets.push(address.trim_start_matches("+86").to_owned());
    }
    let mut codes: Vec<&str> = inbox
        .iter()
        .filter_map(|one| one["code"].as_str())
        .collect();
    codes.push(&email_code);
    assert!(codes.len() > 3);
    for (place, text) in [("the log", log), ("a decision", decisions.join("\n"))] {
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "{place} holds {secret}");
        }
        // Six digits can be part of an id by chance; as a word of their own they are a code.
        let mut words = text.split(|letter: char| !letter.is_alphanumeric());
        let found = words.find(|word| codes.contains(word));
        assert_eq!(found, None, "{place} holds a code");
    }
}

/// Waits until each step of the sign-up that brought a trace is in the log, with that trace.
async fn until_traced(log_file: &Path) {
    eventually(PATIENCE, async || {
        let log = fs::read_to_string(log_file).unwrap();
        // The last line may still be being written.
        let lines = log.lines().flat_map(serde_json::from_str::<Value>);
        let traced: Vec<Value> = lines.filter(|line| line["trace_id"] == TRACE).collect();
        let missing = [
            "http.request",
            "sign_up.ended",
            "delivery.attempted",
            "webhook.attempted",
        ]
        .into_iter()
        .find(|event| traced.iter().all(|line| line["event"] != *event));
        missing.map_or(Ok(()), |event| Err(format!("no {event} with the trace")))
    })
    .await;
}

/// Signs up through the CIAM API with an e-mail address and its code, after a wrong try, and returns the code.
async fn sign_up_by_email(environment: &BTreeMap<String, String>) -> String {
    let http = Client::new();
    let post = async |path: &str, body: Value| -> Value {
        let request = http
            .post(format!("{}{path}", environment["CIAM_URL"]))
            .header("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01"))
            .basic_auth(
                &environment["CIAM_EMAIL_CLIENT_ID"],
                Some(&environment["CIAM_EMAIL_CLIENT_SECRET"]),
            )
            .json(&body);
        request.send().await.unwrap().json().await.unwrap()
    };
    let sent = post("/otp/send", json!({"usage": "signup", "email": EMAIL})).await;
    let code = eventually(PATIENCE, async || {
        let messages = inbox(&environment["INBOX_URL"]).await;
        let mine = messages.iter().find(|one| one["address"] == EMAIL);
        mine.and_then(|one| Some(one["code"].as_str()?.to_owned()))
            .ok_or("no message to the address")
    })
    .await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for otp in [wrong, &code] {
        let body = json!({
            "email": EMAIL,
            "email_otp_token": sent["otp_token"],
            "email_otp": otp,
            "password": PASSWORD,
            "nickname": NICKNAME,
        });
        let reply = post("/signup", body).await;
        assert_eq!(reply["sub"].is_string(), otp == code, "{reply}");
    }
    code
}

/// Sends each service requests with secrets in places where they are not expected, and returns how many were answered
/// with a server error.
async fn send_odd_requests(environment: &BTreeMap<String, String>) -> usize {
    let http = Client::new();
    let [query, path, json, form, header, cookie, email, phone] = ODD;
    let mut requests: Vec<RequestBuilder> = Vec::new();
    for (base, known) in [
        ("BYTEPOWER_URL", "/bp/server/user/signup"),
        ("XDUA_URL", "/user"),
        ("CIAM_URL", "/signup"),
    ] {
        let base = &environment[base];
        let url = format!("{base}{known}?pwd={query}&ustr={email}&tel={phone}");
        let whole = json!({"username": phone, "email": email, "password": json, "pwd": json});
        requests.extend([
            http.post(&url),
            http.post(&url).body(format!("{{\"password\":\"{json}\"")),
            http.post(&url).json(&whole),
            http.post(&url)
                .form(&[("pwd", form), ("mail", email), ("tel", phone)]),
            http.post(format!("{base}/{path}/{email}")),
            http.get(&url),
        ]);
    }
    // Callers who are let in.
    requests.push(
        http.post(format!("{}/signup", environment["CIAM_URL"]))
            .basic_auth(
                &environment["CIAM_USERNAME_CLIENT_ID"],
                Some(&environment["CIAM_USERNAME_CLIENT_SECRET"]),
            )
            .json(&json!({"username": "Odd_Name_8", "password": json})),
    );
    requests.push(
        http.post(format!("{}/vfc", environment["XDUA_URL"]))
            .header("authorization", &environment["XDUA_APP_TOKEN"])
            .form(&[("vfaddr", email), ("tmpl", "DMS_VFC4USEREG")]),
    );
    let mut faults = 0;
    for (number, request) in requests.into_iter().enumerate() {
        let mut request = request
            .header("cookie", format!("session={cookie}"))
            .header("idempotency-key", format!("{header}-{number}"));
        if number < 18 {
            request = request
                .header("authorization", format!("Bearer {header}"))
                .header("x-bytepower-auth-token", header)
                .header("x-bytepower-sign", header);
        }
        let answer = request.send().await.unwrap();
        faults += usize::from(answer.status().is_server_error());
    }
    faults
}

async fn inbox(url: &str) -> Vec<Value> {
    let text = reqwest::get(url).await.unwrap().text().await.unwrap();
    serde_json::from_str(&text).unwrap()
}
