//! What operators change while services run.

use std::path::Path;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use signup_testkit::eventually;

use crate::operator::{Done, program};
use crate::stack::{Stack, dev, environment};

const PATIENCE: Duration = Duration::from_secs(30);

/// Runs a command on the database that `signupctl dev` keeps in this folder, and reads its JSON.
fn operate(folder: &Path, arguments: &[&str]) -> Value {
    let done = Done::from(
        program(folder)
            .args(arguments)
            .arg("--json")
            .output()
            .unwrap(),
    );
    assert_eq!(done.status, 0, "{done:?}");
    serde_json::from_str(&done.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_secret_is_followed_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::start(dev(folder.path()));
    let variables = environment(folder.path());
    let url = format!("{}/signup", variables["CIAM_URL"]);
    let sign_up = async |secret: &str, username: &str| {
        let request = reqwest::Client::new().post(&url);
        let request = request.basic_auth(&variables["CIAM_USERNAME_CLIENT_ID"], Some(secret));
        let body = json!({"username": username, "password": "a long password"});
        request.json(&body).send().await.unwrap().status()
    };
    let old = &variables["CIAM_USERNAME_CLIENT_SECRET"];

    let rotated = operate(
        folder.path(),
        &["key", "rotate", "ciam", "client-secret/demo-username"],
    );
    let new = rotated[0]["new"]["secret"].as_str().unwrap();
    eventually(PATIENCE, async || match sign_up(new, "new_secret").await {
        StatusCode::OK => Ok(()),
        status => Err(status),
    })
    .await;
    assert_eq!(
        sign_up(old, "old_secret").await,
        StatusCode::OK,
        "the overlap is not over"
    );

    let old_id = "client-secret/demo-username";
    operate(
        folder.path(),
        &["key", "rotate", "ciam", old_id, "--overlap", "0s"],
    );
    eventually(PATIENCE, async || match sign_up(old, "no_name!").await {
        StatusCode::UNAUTHORIZED => Ok(()),
        status => Err(status),
    })
    .await;
    assert_eq!(sign_up(new, "still_new").await, StatusCode::OK);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_made_at_the_command_line_are_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::start(dev(folder.path()));
    let url = &environment(folder.path())["XDUA_URL"];
    let call = async |path: &str, token: &Value| {
        let request = reqwest::Client::new().post(format!("{url}{path}"));
        let request = request.header("authorization", token["token"].as_str().unwrap());
        request.send().await.unwrap()
    };

    let key = operate(
        folder.path(),
        &["key", "create", "xdua", "--kind", "signing-key"],
    );
    let kid = key["id"].as_str().unwrap();
    let app = operate(
        folder.path(),
        &["token", "create", "app", "--app", "EIxcPdpT", "--kid", kid],
    );
    let path = "/vfc?vfaddr=%2B86-13800138000&tmpl=SMS_25335288";
    eventually(PATIENCE, async || match call(path, &app).await.status() {
        StatusCode::OK => Ok(()),
        // The key is new, the gateway may not have seen it yet.
        status => Err(status),
    })
    .await;

    let code = {
        let inbox = &environment(folder.path())["INBOX_URL"];
        eventually(PATIENCE, async || {
            let messages: Value = reqwest::get(inbox).await.unwrap().json().await.unwrap();
            let code = messages[0]["code"].as_str().map(str::to_owned);
            code.ok_or("no message yet")
        })
        .await
    };
    let fields = "by=tel&pwd=5d41402abc4b2a76b9719d911017c592&shop=A3bdXNT3&tabx=A3bdXNT3";
    let sign_up = format!("/user?action=signup&ustr=%2B86-13800138000&vfcode={code}&{fields}");
    let created: Value = call(&sign_up, &app).await.json().await.unwrap();
    let id = created["result"]["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{created}"));

    let user = operate(
        folder.path(),
        &["token", "create", "user", "--app", "EIxcPdpT", "--user", id],
    );
    let add = format!("/user?action=adduser&ustr=%2B86-13900139000&{fields}");
    let refused: Value = call(&add, &user).await.json().await.unwrap();
    assert_eq!(
        refused["code"], "action_not_allowed",
        "a user without a role, but a good token: {refused}"
    );
    stack.stop().await;
}
