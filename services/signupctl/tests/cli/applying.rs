use std::fs;

use serde_json::Value;

use crate::on_both;
use crate::operator::{BYTEPOWER, Done, Operator};

/// [`BYTEPOWER`] in a directory of another name.
const MOVED: &str = r#"provider = "bytepower"

[[directory]]
id = "other"

[[application]]
id = "game"
name = "Game"
directory = "other"
"#;

on_both!(
    applying_again_changes_nothing,
    a_dry_run_tells_what_would_change_and_writes_nothing,
    no_secret_is_in_the_database_in_clear,
    who_applied_what_is_remembered,
    an_application_with_users_stays_in_its_directory,
    the_same_applied_by_many_at_once_is_made_once,
);

fn applying_again_changes_nothing(operator: &Operator) {
    let first = operator.declare();
    assert_eq!(first["steps"].as_array().unwrap().len(), 8, "{first:#}");
    assert_eq!(first["secrets"].as_array().unwrap().len(), 2);
    let credentials = operator.json(["key", "list"]);

    let second = operator.declare();

    assert!(second["steps"].as_array().unwrap().is_empty(), "{second:#}");
    assert!(second["secrets"].as_array().unwrap().is_empty());
    assert_eq!(operator.json(["key", "list"]), credentials);
}

fn a_dry_run_tells_what_would_change_and_writes_nothing(operator: &Operator) {
    operator.declare();
    let before = operator.json(["app", "show", "bytepower/game"]);
    operator.write(
        "changed.toml",
        &BYTEPOWER.replace("\"Game\"", "\"Better Game\""),
    );

    let done = operator.run(["apply", "-f", "changed.toml", "--dry-run"]);

    assert_eq!(done.status, 0, "{done:?}");
    assert!(
        done.stdout.contains("name: \"Game\" -> \"Better Game\""),
        "{done:?}"
    );
    assert!(done.stdout.contains("nothing was written"), "{done:?}");
    assert_eq!(operator.json(["app", "show", "bytepower/game"]), before);
}

fn no_secret_is_in_the_database_in_clear(operator: &Operator) {
    let applied = operator.declare();
    let created = operator.json(["key", "create", "bytepower/game", "--kind", "client-key"]);
    let stored = tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(async { operator.store().declarations().await.unwrap() });
    let stored = format!("{stored:?}");
    let secrets = applied["secrets"]
        .as_array()
        .unwrap()
        .iter()
        .chain([&created]);
    for secret in secrets.map(|new| new["secret"].as_str().unwrap()) {
        assert!(secret.len() >= 43, "{secret}");
        assert!(!stored.contains(secret), "{stored}");
    }
    assert!(!stored.contains("PRIVATE KEY"));
}

#[test]
fn a_dry_run_on_an_empty_disk_leaves_it_empty() {
    let operator = Operator::on_sqlite();
    operator.write("app.toml", BYTEPOWER);

    let done = operator
        .command(["apply", "--dry-run", "-f", "app.toml"])
        .env_remove("SIGNUP__SECRETS__KEYS")
        .output()
        .unwrap();

    assert!(done.status.success(), "{done:?}");
    let folder = operator.database_file().parent().unwrap();
    assert_eq!(fs::read_dir(folder).unwrap().count(), 0);
}

#[test]
fn sealed_and_hashed_secrets_are_in_no_file_of_the_database() {
    let operator = Operator::on_sqlite();
    let applied = operator.declare();
    for entry in fs::read_dir(operator.database_file().parent().unwrap()).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        for new in applied["secrets"].as_array().unwrap() {
            assert!(!text.contains(new["secret"].as_str().unwrap()));
        }
    }
}

#[test]
fn an_unknown_key_is_refused_with_file_line_and_what_is_allowed() {
    let operator = Operator::on_sqlite();
    operator.write("typo.toml", &BYTEPOWER.replace("name =", "naem ="));

    operator
        .run(["apply", "-f", "typo.toml"])
        .refused(2, &["typo.toml:5:", "`naem`", "`name`", "`enabled`"]);
    assert!(
        !operator.database_file().exists(),
        "a bad file changes nothing"
    );
}

#[test]
fn an_unknown_provider_is_refused_with_the_known_ones() {
    let operator = Operator::on_sqlite();
    operator
        .run_with_input(&["apply", "-f", "-"], "provider = \"acme\"\n")
        .refused(2, &["<stdin>", "`acme`", "bytepower, xdua, ciam"]);
}

#[test]
fn a_directory_of_files_is_applied_as_one() {
    let operator = Operator::on_sqlite();
    fs::create_dir(operator.folder.path().join("declared")).unwrap();
    operator.write("declared/a.toml", BYTEPOWER);
    operator.write("declared/b.toml", &BYTEPOWER.replace("game", "chess"));
    operator.write("declared/notes.txt", "not TOML at all");

    operator.json(["apply", "-f", "declared"]);

    let listed = operator.json(["app", "list"]);
    let ids: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|app| app["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["chess", "game"]);
}

#[test]
fn the_same_application_in_two_files_is_refused() {
    let operator = Operator::on_sqlite();
    operator.write("a.toml", BYTEPOWER);
    operator.write("b.toml", &BYTEPOWER.replace("Game", "Other"));
    operator
        .run(["apply", "-f", "a.toml", "-f", "b.toml"])
        .refused(2, &["application bytepower/game", "twice"]);
}

#[test]
fn the_credential_of_another_application_is_refused_with_file_and_line() {
    let operator = Operator::with_applications();
    let thief = BYTEPOWER.replace("\"game\"", "\"thief\"");
    operator.write("thief.toml", &thief);
    operator
        .run(["apply", "-f", "thief.toml"])
        .refused(2, &["thief.toml:9:", "`game-server` belongs to game"]);
}

#[test]
fn secrets_are_shown_once_with_a_notice() {
    let operator = Operator::on_sqlite();
    operator.write("app.toml", BYTEPOWER);
    let first = operator.run(["apply", "-f", "app.toml"]);
    assert!(first.stdout.contains("not shown again"), "{first:?}");
    assert!(
        first.stdout.contains("bytepower/server-key/game-server"),
        "{first:?}"
    );

    let second = operator.run(["apply", "-f", "app.toml"]);
    assert_eq!(second.stdout, "nothing to change\n");
}

#[test]
fn what_is_declared_nowhere_is_named_and_left_alone() {
    let operator = Operator::with_applications();
    operator.write("other.toml", &BYTEPOWER.replace("game", "chess"));
    let done = operator.run(["apply", "-f", "other.toml"]);
    assert!(
        done.stdout
            .contains("undeclared  application  bytepower/game"),
        "{done:?}"
    );
    assert_eq!(operator.run(["app", "show", "bytepower/game"]).status, 0);
}

#[test]
fn a_shown_application_is_a_file_that_declares_it() {
    let operator = Operator::with_applications();
    for name in ["bytepower/game", "xdua/Bakery01", "ciam/web"] {
        let file = operator.run(["app", "show", name]);
        let applied = operator.run_with_input(&["apply", "-f", "-"], &file.stdout);
        assert!(
            applied.stdout.ends_with("nothing to change\n"),
            "{applied:?}"
        );
    }
}

fn the_same_applied_by_many_at_once_is_made_once(operator: &Operator) {
    operator.run(["migrate"]);
    // A key takes its time to be made, so that all of them have compared before the first one writes.
    operator.write(
        "shop.toml",
        r#"provider = "xdua"

[[application]]
id = "Bakery01"

[[application.credential]]
kind = "signing-key"
id = "0123456789abcdef0123456789abcdef"
"#,
    );
    let applying: Vec<_> = (0..6)
        .map(|_| operator.spawn(["apply", "-f", "shop.toml", "--json"]))
        .collect();

    let mut steps = Vec::new();
    for child in applying {
        let done = Done::from(child.wait_with_output().unwrap());
        assert_eq!(done.status, 0, "{done:?}");
        let applied: Value = serde_json::from_str(&done.stdout).unwrap();
        steps.push(applied["steps"].as_array().unwrap().len());
    }

    steps.sort_unstable();
    assert_eq!(
        steps,
        [0, 0, 0, 0, 0, 3],
        "one made all, the others nothing"
    );
}

fn an_application_with_users_stays_in_its_directory(operator: &Operator) {
    operator.declare();
    operator.write("moved.toml", MOVED);
    let look = operator.run(["apply", "-f", "moved.toml", "--dry-run"]);
    assert_eq!(look.status, 0, "without users: {look:?}");
    let user = r#"{"provider": "bytepower", "application": "game", "username": "ann"}"#;
    operator.write("users.jsonl", user);
    operator.json(["import", "users.jsonl"]);

    for dry_run in [None, Some("--dry-run")] {
        let arguments = ["apply", "-f", "moved.toml"].into_iter().chain(dry_run);
        operator
            .run(arguments)
            .refused(2, &["moved.toml:9:", "`game`: directory: ", "`other`"]);
    }

    assert!(operator.declare()["steps"].as_array().unwrap().is_empty());
}

fn who_applied_what_is_remembered(operator: &Operator) {
    operator.declare();
    let changed = BYTEPOWER.replace("\"Game\"", "\"Better Game\"");
    operator.write("changed.toml", &changed);
    let done = operator.run(["apply", "-f", "changed.toml", "--as", "release-42"]);
    assert_eq!(done.status, 0, "{done:?}");

    let store = operator.store();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let stored = runtime.block_on(store.declarations()).unwrap();
    let game = stored
        .applications
        .iter()
        .find(|one| one.id == "game")
        .unwrap();
    let changes = store.declaration_changes("bytepower", "game", &game.directory, 50);
    let changes = runtime.block_on(changes).unwrap();
    assert_eq!(
        (changes[0].author.as_str(), changes[0].origin.as_str()),
        ("release-42", "signupctl")
    );
    assert_eq!(changes[0].before.as_ref().unwrap()["name"], "Game");
    assert_eq!(changes[0].after.as_ref().unwrap()["name"], "Better Game");
    assert!(changes[1..].iter().all(|one| one.author != "release-42"));
    assert!(changes.iter().any(|one| one.what == "credential"));

    let newest = store.audit_entries(signup_store::AuditFilter::default(), 1);
    let (_, noted) = runtime.block_on(newest).unwrap().remove(0);
    assert_eq!(
        (
            noted.operator.as_str(),
            noted.origin.as_str(),
            noted.action.as_str()
        ),
        ("release-42", "signupctl", "application_changed")
    );
    assert_eq!(noted.object.as_deref(), Some("bytepower/game"));
    assert_eq!(noted.details, serde_json::json!({"changed": ["name"]}));
}
