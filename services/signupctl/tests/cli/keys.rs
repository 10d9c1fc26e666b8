use serde_json::Value;
use signup_core::time::{Clock as _, SystemClock, Timestamp};

use crate::operator::{Done, KEYS, Operator};

fn listed(operator: &Operator, id: &str) -> Value {
    let all = operator.json(["key", "list"]);
    let found = all.as_array().unwrap().iter().find(|one| one["id"] == id);
    found
        .unwrap_or_else(|| panic!("no {id} in {all:#}"))
        .clone()
}

#[test]
fn a_new_key_is_shown_with_its_secret_once() {
    let operator = Operator::with_applications();
    let done = operator.run([
        "key",
        "create",
        "bytepower/game",
        "--kind",
        "client-key",
        "--id",
        "ios",
    ]);
    assert!(done.stdout.contains("not shown again"), "{done:?}");
    let list = operator.run(["key", "list", "bytepower"]);
    assert!(list.stdout.contains("client-key/ios"), "{list:?}");
    let secret = done
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix("secret"))
        .unwrap()
        .trim();
    assert!(!list.stdout.contains(secret));

    operator
        .run([
            "key",
            "create",
            "bytepower/game",
            "--kind",
            "client-key",
            "--id",
            "ios",
        ])
        .refused(
            2,
            &[
                "`ios` exists",
                "signupctl key rotate bytepower client-key/ios",
            ],
        );
}

#[test]
fn a_secret_that_clients_have_already_is_taken_over() {
    let operator = Operator::with_applications();
    let arguments = [
        "key",
        "create",
        "ciam/web",
        "--kind",
        "client-secret",
        "--secret-file",
        "-",
        "--json",
    ];
    let done = operator.run_with_input(&arguments, "a secret of many years\n");
    let created: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(created["secret"], Value::Null, "who brought it knows it");
    assert!(created["id"].is_string(), "{created}");

    operator
        .run_with_input(&arguments, "short")
        .refused(1, &["fewer than 16 characters"]);
}

#[test]
fn a_public_key_is_taken_over_and_a_wrong_one_is_refused() {
    let operator = Operator::with_applications();
    let ours = operator.json(["key", "create", "xdua", "--kind", "signing-key"]);
    operator.write("public.pem", ours["public_key"].as_str().unwrap());
    let theirs = operator.json([
        "key",
        "create",
        "xdua",
        "--kind",
        "signing-key",
        "--public-key",
        "public.pem",
    ]);
    assert_eq!(theirs["public_key"], ours["public_key"]);
    assert_eq!(theirs["id"].as_str().unwrap().len(), 32);

    operator.write(
        "wrong.pem",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    );
    operator
        .run([
            "key",
            "create",
            "xdua",
            "--kind",
            "signing-key",
            "--public-key",
            "wrong.pem",
        ])
        .refused(1, &["RSA public key", "2048"]);
}

#[test]
fn a_kind_that_does_not_fit_is_refused_with_those_that_do() {
    let operator = Operator::with_applications();
    let create = |owner, kind| operator.run(["key", "create", owner, "--kind", kind]);
    for id in ["a\u{7}b", "", "vendor-2024"] {
        let create = ["key", "create", "xdua", "--kind", "signing-key", "--id", id];
        operator.run(create).refused(2, &["32 hexadecimal digits"]);
    }
    create("bytepower/game", "client-secret").refused(2, &["server-key, client-key"]);
    create("bytepower", "server-key").refused(2, &["bytepower/APPLICATION"]);
    create("bytepower/nope", "server-key").refused(2, &["`bytepower/nope`", "signupctl app list"]);
    create("bytepower/game", "nonsense").refused(2, &["server-key", "client-secret"]);
}

#[test]
fn a_rotated_key_works_until_the_overlap_is_over() {
    let operator = Operator::with_applications();
    let rotated = operator.json([
        "key",
        "rotate",
        "bytepower",
        "server-key/game-server",
        "--overlap",
        "1h",
    ]);

    let new = &rotated[0]["new"];
    assert_eq!(new["id"], "game-server-2");
    assert_eq!(new["application"], "game");
    assert!(new["secret"].as_str().unwrap().len() >= 43);
    let in_an_hour = SystemClock
        .now()
        .after(std::time::Duration::from_secs(3600));
    let ends = listed(&operator, "game-server")["expires_at"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(ends.as_str() <= in_an_hour.to_string().as_str(), "{ends}");
    assert!(
        ends.as_str()
            > Timestamp::from_millis(in_an_hour.as_millis() - 60_000)
                .to_string()
                .as_str()
    );
    assert_eq!(
        listed(&operator, "game-server-2")["expires_at"],
        Value::Null
    );
}

#[test]
fn several_keys_are_rotated_together_or_not_at_all() {
    let operator = Operator::with_applications();
    operator
        .run([
            "key",
            "rotate",
            "bytepower",
            "server-key/game-server",
            "server-key/nope",
        ])
        .refused(2, &["server-key `nope`", "signupctl key list bytepower"]);
    assert_eq!(listed(&operator, "game-server")["expires_at"], Value::Null);
}

#[test]
fn a_rotated_client_secret_keeps_its_client_id() {
    let operator = Operator::with_applications();
    let done = operator.run([
        "key",
        "rotate",
        "ciam",
        "client-secret/web",
        "--overlap",
        "7d",
    ]);
    assert!(done.stdout.contains("client id  web\n"), "{done:?}");
}

#[test]
fn secrets_that_are_sealed_anew_no_longer_need_the_old_key() {
    let operator = Operator::with_applications();
    operator.json(["webhook", "create", "https://example.com/hook"]);
    let with_keys = |keys: &str, arguments: &[&str]| -> Done {
        let mut command = operator.command(arguments);
        command.env("SIGNUP__SECRETS__KEYS", keys);
        command.output().unwrap().into()
    };
    let new = "new:QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=";
    let both = format!("{new},{KEYS}");

    let without_old = with_keys(new, &["key", "reseal"]);
    assert_eq!(without_old.status, 1, "{without_old:?}");
    for expected in ["bytepower server-key/game-server", "key `test`"] {
        assert!(without_old.stdout.contains(expected), "{without_old:?}");
    }

    let plan = with_keys(&both, &["key", "reseal", "--dry-run", "--json"]);
    let planned = serde_json::from_str::<Value>(&plan.stdout).unwrap()["resealed"].clone();
    assert!(planned.as_u64().unwrap() > 1, "{plan:?}");
    let done = with_keys(&both, &["key", "reseal", "--json"]);
    let resealed = serde_json::from_str::<Value>(&done.stdout).unwrap();
    assert_eq!(
        (done.status, &resealed["resealed"]),
        (0, &planned),
        "{done:?}"
    );

    let after = with_keys(new, &["key", "reseal", "--json"]);
    let nothing = serde_json::from_str::<Value>(&after.stdout).unwrap();
    assert_eq!(
        (after.status, &nothing["resealed"]),
        (0, &Value::from(0)),
        "{after:?}"
    );
}
