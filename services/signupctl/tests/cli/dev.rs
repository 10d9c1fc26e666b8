//! What `signupctl dev` gives to people and scripts.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::stack::{Stack, dev, environment, replies, shell};

const VARIABLES: [&str; 24] = [
    "BYTEPOWER_CLIENT_KEY_ID",
    "BYTEPOWER_CLIENT_KEY_SECRET",
    "BYTEPOWER_KEY_NAME",
    "BYTEPOWER_KEY_SECRET",
    "BYTEPOWER_URL",
    "BYTEPOWER_VERIFIED_CLIENT_KEY_ID",
    "BYTEPOWER_VERIFIED_CLIENT_KEY_SECRET",
    "BYTEPOWER_VERIFIED_KEY_NAME",
    "BYTEPOWER_VERIFIED_KEY_SECRET",
    "CIAM_EMAIL_CLIENT_ID",
    "CIAM_EMAIL_CLIENT_SECRET",
    "CIAM_PHONE_CLIENT_ID",
    "CIAM_PHONE_CLIENT_SECRET",
    "CIAM_URL",
    "CIAM_USERNAME_CLIENT_ID",
    "CIAM_USERNAME_CLIENT_SECRET",
    "CONSOLE_NAME",
    "CONSOLE_PASSWORD",
    "CONSOLE_URL",
    "INBOX_URL",
    "XDUA_APP_TOKEN",
    "XDUA_SHOP",
    "XDUA_TABLE",
    "XDUA_URL",
];

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

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_calls_sign_users_up_and_show_messages_and_events() {
    let folder = tempfile::tempdir().unwrap();
    let mut stack = Stack::start(dev(folder.path()));
    let calls = stack.calls();
    assert_eq!(calls.len(), 3, "{}", stack.announced);

    // Pasted twice, because the second time must work as well; a plain sh knows `source` as a dot only.
    for (name, source) in [
        ("bash", stack.source().to_owned()),
        ("sh", stack.source().replace("source ", ". ./")),
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
    assert!(log.contains("POST /signup"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_where_everything_is() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::start(dev(folder.path()));
    let environment = environment(folder.path());
    let page = page(&environment);

    let index = get(&format!("{page}/dev")).await;
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
async fn the_demo_operator_signs_in_to_the_console_with_the_same_password_every_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut passwords = Vec::new();
    for start in 0..2 {
        let stack = Stack::start(dev(folder.path()));
        let environment = environment(folder.path());
        let (console, password) = (
            &environment["CONSOLE_URL"],
            &environment["CONSOLE_PASSWORD"],
        );
        assert_eq!(stack.announced.contains(password), start == 0, "shown once");
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let answer = client
            .build()
            .unwrap()
            .post(format!("{console}/sign-in"))
            .header("origin", console)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!(
                "name={}&password={password}",
                environment["CONSOLE_NAME"]
            ))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 303);
        assert!(
            get(&format!("{console}/sign-in"))
                .await
                .contains("href=\"/inbox\"")
        );
        passwords.push(password.clone());
        stack.stop().await;
    }
    assert_eq!(passwords[0], passwords[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_takes_forms_as_large_as_in_its_own_process_and_the_apis_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::start(dev(folder.path()));
    let environment = environment(folder.path());
    let send = async |url: &str, path: &str, bytes: usize| {
        let request = reqwest::Client::new().post(format!("{url}{path}"));
        let request = request
            .header("origin", url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("name={}", "x".repeat(bytes)));
        request.send().await.unwrap().status().as_u16()
    };
    let console = &environment["CONSOLE_URL"];
    assert_eq!(send(console, "/sign-in", 1_000_000).await, 401);
    assert_eq!(send(console, "/sign-in", 1_048_576).await, 413);
    let api = &environment["BYTEPOWER_URL"];
    assert_eq!(send(api, "/bp/user/signup", 100_000).await, 413);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_file_has_exactly_the_documented_variables_and_is_private() {
    let folder = tempfile::tempdir().unwrap();
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
    let folder = tempfile::tempdir().unwrap();
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
    let folder = tempfile::tempdir().unwrap();
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
    let folder = tempfile::tempdir().unwrap();
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
