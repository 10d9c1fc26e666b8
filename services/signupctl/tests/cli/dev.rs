use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use signup_testkit::{TestDatabase, eventually};
use tempfile::TempDir;

use crate::operator::Done;
use crate::stack::{Stack, dev, dev_with, shell};

const VARIABLES: [&str; 15] = [
    "BYTEPOWER_KEY_NAME",
    "BYTEPOWER_KEY_SECRET",
    "BYTEPOWER_URL",
    "CIAM_EMAIL_CLIENT_ID",
    "CIAM_EMAIL_CLIENT_SECRET",
    "CIAM_PHONE_CLIENT_ID",
    "CIAM_PHONE_CLIENT_SECRET",
    "CIAM_URL",
    "CIAM_USERNAME_CLIENT_ID",
    "CIAM_USERNAME_CLIENT_SECRET",
    "INBOX_URL",
    "XDUA_APP_TOKEN",
    "XDUA_SHOP",
    "XDUA_TABLE",
    "XDUA_URL",
];

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn environment(folder: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(folder.join(".signup/demo.env")).unwrap();
    text.lines()
        .map(|line| line.split_once('=').unwrap())
        .map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned()))
        .collect()
}

async fn get(url: &str) -> String {
    let answer = reqwest::get(url).await.unwrap();
    assert_eq!(answer.status(), 200, "{url}");
    answer.text().await.unwrap()
}

async fn get_json(url: &str) -> Value {
    serde_json::from_str(&get(url).await).unwrap()
}

fn page(environment: &BTreeMap<String, String>) -> &str {
    environment["INBOX_URL"]
        .strip_suffix("/inbox.json")
        .unwrap()
}

/// The lines that a call printed, as JSON.
fn replies(done: &Done) -> Vec<Value> {
    assert!(done.status == 0 && done.stderr.is_empty(), "{done:?}");
    done.stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_calls_sign_users_up_and_show_messages_and_events() {
    let folder = folder();
    let mut stack = Stack::start(dev(folder.path()));
    let calls = stack.calls();
    assert_eq!(calls.len(), 3, "{}", stack.announced);

    // Pasted twice, because the second time must work as well; dash knows `source` as a dot.
    for (name, source) in [
        ("bash", stack.source().to_owned()),
        ("dash", stack.source().replace("source ", ". ./")),
    ] {
        let paste = |call: &str| replies(&shell(name, folder.path(), &format!("{source}\n{call}")));
        let bytepower = paste(&calls[0]);
        assert!(
            bytepower[0]["user"]["uid"]
                .as_str()
                .unwrap()
                .starts_with('u'),
            "{bytepower:?}"
        );
        let xdua = paste(&calls[1]);
        assert_eq!(
            (xdua.len(), &xdua[1]["error"]),
            (2, &Value::from(0)),
            "{xdua:?}"
        );
        let ciam = paste(&calls[2]);
        assert!(
            ciam.len() == 2 && ciam.iter().all(|reply| reply["sub"].is_string()),
            "{ciam:?}"
        );
    }

    let environment = environment(folder.path());
    let inbox = get_json(&environment["INBOX_URL"]).await;
    let inbox = inbox.as_array().unwrap();
    let applications: Vec<_> = inbox
        .iter()
        .map(|one| one["application"].as_str().unwrap())
        .collect();
    assert_eq!(
        applications,
        ["demo-phone", "A3bdXNT3", "demo-phone", "A3bdXNT3"],
        "newest first"
    );
    for message in inbox {
        assert_eq!(message["channel"], "sms");
        assert!(
            message["address"].as_str().unwrap().starts_with("+86138"),
            "{message}"
        );
        assert_eq!(message["code"].as_str().unwrap().len(), 6, "{message}");
        assert!(
            message["time"].as_str().unwrap().ends_with('Z'),
            "{message}"
        );
    }
    let events = get_json(&format!("{}/events.json", page(&environment))).await;
    let created = events
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["type"] == "signup.user.created.v1");
    assert_eq!(created.count(), 8);

    let code = inbox[0]["code"].as_str().unwrap();
    let shown = stack.read_until(code);
    assert!(
        shown.contains("signup.user.created.v1 /bytepower/"),
        "{shown}"
    );
    stack.stop().await;
    let log = fs::read_to_string(folder.path().join(".signup/dev.log")).unwrap();
    assert!(log.contains("POST /signup") && !log.contains(code), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_where_everything_is() {
    let folder = folder();
    let stack = Stack::start(dev(folder.path()));
    let environment = environment(folder.path());
    let page = page(&environment);

    let index = get(page).await;
    for api in ["BYTEPOWER_URL", "XDUA_URL", "CIAM_URL"] {
        let url = &environment[api];
        assert!(index.contains(&format!("href=\"{url}/docs\"")), "{index}");
        get(&format!("{url}/docs")).await;
        get(&format!("{url}/health/ready")).await;
    }
    let inbox = get(&format!("{page}/inbox")).await;
    assert!(
        inbox.contains("<html lang=en>") && inbox.contains("No messages"),
        "{inbox}"
    );
    assert!(
        !inbox.contains("http"),
        "nothing comes from elsewhere: {inbox}"
    );
    assert_eq!(
        get_json(&format!("{page}/inbox.json")).await,
        serde_json::json!([])
    );
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_file_has_exactly_the_documented_variables_and_is_private() {
    let folder = folder();
    let stack = Stack::start(dev(folder.path()));
    let environment = environment(folder.path());
    let names: Vec<&str> = environment.keys().map(String::as_str).collect();
    assert_eq!(names, VARIABLES);
    assert!(
        environment.values().all(|value| !value.is_empty()),
        "{environment:?}"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(folder.path().join(".signup/demo.env"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_users_and_credentials() {
    let folder = folder();
    let first = Stack::start(dev(folder.path()));
    let call = first.calls()[0]
        .replace("user-", "same-name")
        .replace("$(date +%s)-$$", "");
    let call = format!("{}\n{call}", first.source());
    let created = replies(&shell("bash", folder.path(), &call));
    assert!(created[0]["user"].is_object(), "{created:?}");
    let before = environment(folder.path());
    first.stop().await;

    let second = Stack::start(dev(folder.path()));

    let after = environment(folder.path());
    for (name, value) in before.iter().filter(|(name, _)| !name.ends_with("URL")) {
        assert_eq!(&after[name], value, "{name}");
    }
    let again = replies(&shell("bash", folder.path(), &call));
    assert_eq!(again[0]["error"]["error_type"], "name_exists", "{again:?}");
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_credentials_are_made_anew_and_work() {
    let folder = folder();
    let file = folder.path().join(".signup/demo.env");
    let first = Stack::start(dev(folder.path()));
    let before = environment(folder.path());
    first.stop().await;
    let text = fs::read_to_string(&file).unwrap();
    let kept: Vec<&str> = text
        .lines()
        .filter(|line| !line.contains("KEY_SECRET"))
        .collect();
    fs::write(&file, kept.join("\n")).unwrap();

    let second = Stack::start(dev(folder.path()));

    let after = environment(folder.path());
    assert_ne!(
        before["BYTEPOWER_KEY_SECRET"],
        after["BYTEPOWER_KEY_SECRET"]
    );
    assert_eq!(
        before["CIAM_PHONE_CLIENT_SECRET"],
        after["CIAM_PHONE_CLIENT_SECRET"]
    );
    let call = format!("{}\n{}", second.source(), second.calls()[0]);
    assert!(replies(&shell("bash", folder.path(), &call))[0]["user"].is_object());
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reset_deletes_the_data_of_earlier_runs_and_nothing_else() {
    let folder = folder();
    Stack::start(dev(folder.path())).stop().await;
    let before = environment(folder.path());
    let foreign = folder.path().join(".signup/notes.txt");
    fs::write(&foreign, "mine").unwrap();

    let mut command = dev(folder.path());
    command.arg("--reset");
    Stack::start(command).stop().await;

    assert_ne!(
        environment(folder.path())["XDUA_APP_TOKEN"],
        before["XDUA_APP_TOKEN"]
    );
    assert_eq!(fs::read_to_string(foreign).unwrap(), "mine");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_runs_on_postgres_as_well() {
    let (folder, database) = (folder(), TestDatabase::postgres());
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

#[test]
fn taken_ports_are_told_before_anything_is_done() {
    let folder = folder();
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
async fn sigterm_stops_it_as_well() {
    let folder = folder();
    let mut stack = Stack::start(dev(folder.path()));
    stack.signal("TERM");
    assert_eq!(stack.wait().await.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_interrupt_does_not_wait_for_anybody() {
    let folder = folder();
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

#[test]
fn scripts_get_the_addresses_as_json() {
    let folder = folder();
    let mut command = dev(folder.path());
    command.arg("--json");
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(
        &mut std::io::BufReader::new(child.stdout.take().unwrap()),
        &mut line,
    )
    .unwrap();
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
