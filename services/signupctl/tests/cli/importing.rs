//! `signupctl import`: users who signed up elsewhere.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use signup_core::credential::CredentialKind;
use signup_testkit::{TestDatabase, TestService, eventually};

use crate::on_both;
use crate::operator::{BYTEPOWER, Done, Operator, program};

/// Another program's hash of `abc123xyz`, which is not even of the version that ours makes.
const HASH: &str = "$2a$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW";

on_both!(
    a_faulty_line_stops_nobody_else_and_is_told_with_its_number,
    who_is_there_already_is_counted_and_who_differs_is_refused,
    a_dry_run_tells_the_same_and_writes_nothing,
    only_an_import_that_announces_leaves_events,
);

fn import(operator: &Operator, arguments: &[&str]) -> (Done, Value) {
    let mut command = operator.command(["import", "--json"]);
    let done: Done = command.args(arguments).output().unwrap().into();
    let report = serde_json::from_str(&done.stdout).unwrap_or_else(|_| panic!("{done:?}"));
    (done, report)
}

fn jsonl(users: &[Value]) -> String {
    users.iter().map(|user| format!("{user}\n")).collect()
}

fn counts(report: &Value) -> [u64; 3] {
    ["imported", "already_there", "refused"].map(|count| report[count].as_u64().unwrap())
}

fn a_faulty_line_stops_nobody_else_and_is_told_with_its_number(operator: &Operator) {
    operator.run(["migrate"]);
    operator.declare();
    let game = |more: Value| {
        let mut user = json!({"provider": "bytepower", "application": "game"});
        user.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        user
    };
    let faulty = [
        (
            game(json!({"username": "two words"})),
            "username must not contain white space",
        ),
        (
            game(json!({})),
            "one of username, phone and email is required",
        ),
        (
            game(json!({"username": "a", "public_id": "12"})),
            "public_id must be u and",
        ),
        (
            game(json!({"username": "b", "password_hash": "5f4dcc3b5aa765d61d8327deb882cf99"})),
            "bcrypt",
        ),
        (
            game(json!({"username": "c", "password_hash": HASH.replace("12", "09")})),
            "cost 9",
        ),
        (
            game(json!({"username": "d", "profile": {"favourite": "tea"}})),
            "profile.favourite",
        ),
        (
            game(json!({"username": "e", "profile": {"platform": "windows"}})),
            "profile.platform",
        ),
        (
            game(json!({"email": "nobody"})),
            "email is not an e-mail address",
        ),
        (
            json!({"provider": "acme", "application": "game", "username": "f"}),
            "unknown provider `acme`",
        ),
        (
            json!({"provider": "bytepower", "application": "none", "username": "f"}),
            "the provider has no such application",
        ),
        (
            json!({"provider": "bytepower", "application": "game", "directory": "none", "username": "f"}),
            "no such application in this directory",
        ),
        (json!({"username": "g"}), "provider is missing"),
        (
            json!({"provider": "xdua", "directory": "Bakery01", "username": "h"}),
            "phone numbers and e-mail addresses only",
        ),
        (
            json!({"provider": "xdua", "directory": "Bakery01", "phone": "+8613812345670", "profile": {"role": "king"}}),
            "profile.role",
        ),
        (
            json!({"provider": "xdua", "directory": "Bakery01", "phone": "+8613812345670", "profile": {"extra": "none"}}),
            "profile.extra",
        ),
        (
            json!({"provider": "ciam", "application": "web"}),
            "username is missing",
        ),
        (
            json!({"provider": "ciam", "application": "web", "username": "i", "profile": {"nickname": "I"}}),
            "profile.nickname is not part",
        ),
        (
            json!({"provider": "ciam", "application": "web", "username": "9lives"}),
            "must start with a letter",
        ),
        (
            json!({"provider": "ciam", "application": "web", "username": "j", "email": "j@example.com", "email_verified": true}),
            "email is not an authentication attribute",
        ),
    ];
    let good = [
        game(
            json!({"username": "alice", "email": "Alice@Example.com", "email_verified": true, "phone": "+86-13812345678"}),
        ),
        json!({"provider": "xdua", "directory": "Bakery01", "phone": "13812345678", "email": "bob@example.com"}),
        json!({"provider": "ciam", "application": "web", "username": "carol", "password_hash": HASH}),
    ];
    let mut text = jsonl(&good[..1]);
    text.push_str("no json\n[]\n{\"username\":\"one\",\"username\":\"two\"}\n");
    let users: Vec<Value> = faulty.iter().map(|(user, _)| user.clone()).collect();
    text.push_str(&jsonl(&users));
    text.push_str(&jsonl(&good[1..]));
    operator.write("users.jsonl", &text);

    let (done, report) = import(operator, &["users.jsonl", "--rejects", "refused.jsonl"]);

    assert_eq!(done.status, 1, "{done:?}");
    assert_eq!(counts(&report), [3, 0, 3 + faulty.len() as u64], "{done:?}");
    assert_eq!(report["complete"], true);
    let refused = fs::read_to_string(operator.folder.path().join("refused.jsonl")).unwrap();
    let refused: BTreeMap<u64, String> = refused
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|one| {
            (
                one["line"].as_u64().unwrap(),
                one["reason"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    assert!(refused[&2].contains("no valid JSON") && refused[&3].contains("no JSON object"));
    assert!(refused[&4].contains("given twice"), "{}", refused[&4]);
    for (line, (_, reason)) in (5..).zip(&faulty) {
        assert!(
            refused[&line].contains(reason),
            "line {line}: {}",
            refused[&line]
        );
    }
    for (needle, provider) in [
        ("alice@example.com", "bytepower"),
        ("bob@example.com", "xdua"),
        ("carol", "ciam"),
    ] {
        let found = operator.json(["user", "show", needle]);
        assert_eq!(found[0]["provider"], provider, "{needle}");
    }
}

fn who_is_there_already_is_counted_and_who_differs_is_refused(operator: &Operator) {
    operator.run(["migrate"]);
    operator.declare();
    let csv = |password: &str, cuid: &str| {
        let header =
            "public_id,username,email,email_verified,password_hash,profile.cuid,created_at";
        format!(
            "{header}\nu12345,Mumu,mumu@example.com,true,{password},{cuid},2024-09-18T11:21:01Z\n\
             ,Second,,,,,\n"
        )
    };
    let arguments = ["users.csv", "--application", "bytepower/game"];
    operator.write("users.csv", &csv(HASH, "one"));
    let (first, report) = import(operator, &arguments);
    assert_eq!((first.status, counts(&report)), (0, [2, 0, 0]), "{first:?}");
    let (again, report) = import(operator, &arguments);
    assert_eq!((again.status, counts(&report)), (0, [0, 2, 0]), "{again:?}");

    for (text, field) in [
        (csv(HASH, "two"), "profile"),
        (csv(&HASH.replace("$2a", "$2b"), "one"), "password_hash"),
        (csv(HASH, "one").replace(",true,", ",false,"), "email"),
        (csv(HASH, "one").replace("u12345", "u54321"), "public_id"),
        (csv(HASH, "one").replace("2024", "2023"), "created_at"),
        (csv(HASH, "one").replace("Mumu,", ","), "username"),
        (
            csv(HASH, "one")
                .replace(",Second,", "u12345,Second,")
                .replace("u12345,Mumu", "u777,Mumu"),
            "different users",
        ),
    ] {
        operator.write("users.csv", &text);
        let (differing, report) = import(operator, &arguments);
        assert_eq!(differing.status, 1, "{field}: {differing:?}");
        assert!(
            counts(&report)[2] >= 1 && counts(&report)[0] == 0,
            "{field}: {report}"
        );
        assert!(differing.stderr.contains(field), "{field}: {differing:?}");
        assert!(!differing.stderr.contains("mumu@"), "{differing:?}");
    }
    let user = &operator.json(["user", "show", "u12345", "--reveal"])[0];
    assert_eq!(user["profile"]["cuid"], "one", "nobody was changed");
    assert_eq!(user["created_at"], "2024-09-18T11:21:01.000Z");
    assert_eq!(user["request_id"], "import users.csv:2");
    let explained = operator.run(["explain", "u12345"]).stdout;
    assert!(
        explained.contains("was imported (users.csv:2)"),
        "{explained}"
    );
}

fn a_dry_run_tells_the_same_and_writes_nothing(operator: &Operator) {
    operator.run(["migrate"]);
    operator.declare();
    let users = |count: usize| -> String {
        let users = (0..count).map(|n| format!("{{\"username\":\"user{n}\"}}\n"));
        users.collect()
    };
    let arguments = ["users.jsonl", "--application", "bytepower/game"];
    operator.write("users.jsonl", &users(2));
    import(operator, &arguments);
    operator.write("users.jsonl", &(users(5) + "{\"username\":\"\"}\n"));
    for _ in 0..2 {
        let (done, report) = import(operator, &[&arguments[..], &["--dry-run"]].concat());
        assert_eq!(done.status, 1);
        assert_eq!(report["dry_run"], true);
        assert_eq!(counts(&report), [3, 2, 1]);
    }
    let (_, report) = import(operator, &arguments);
    assert_eq!(counts(&report), [3, 2, 1]);
}

fn only_an_import_that_announces_leaves_events(operator: &Operator) {
    operator.run(["migrate"]);
    operator.declare();
    let events = || operator.json(["events", "list", "--since", "1h", "--reveal"]);
    operator.write(
        "a.jsonl",
        "{\"username\":\"silent\",\"created_at\":\"2020-01-01T00:00:00Z\"}\n",
    );
    operator.write(
        "b.jsonl",
        "{\"username\":\"loud\",\"created_at\":\"2020-01-01T00:00:00Z\"}\n",
    );
    let to = ["--application", "bytepower/game"];
    import(operator, &[&["a.jsonl"], &to[..]].concat());
    assert_eq!(events(), json!([]));
    for _ in 0..2 {
        import(operator, &[&["b.jsonl", "--announce"], &to[..]].concat());
    }
    let events = events();
    assert_eq!(events.as_array().unwrap().len(), 1, "{events}");
    let envelope = &events[0]["envelope"];
    signup_testkit::contract::assert_keeps(envelope);
    assert_eq!(envelope["type"], "signup.user.created.v1");
    assert_eq!(envelope["data"]["identifiers"]["username"]["value"], "loud");
    assert_eq!(envelope["data"]["created_at"], "2020-01-01T00:00:00.000Z");
    assert!(
        envelope["time"].as_str().unwrap() > "2025",
        "it became known now"
    );
}

#[test]
fn what_cannot_begin_ends_with_2() {
    let operator = Operator::with_applications();
    operator.write("users.csv", "username,emial\na,b\n");
    operator.write("empty.csv", "");
    for (arguments, named) in [
        (&["none.jsonl"][..], "none.jsonl"),
        (&["."], "is a directory"),
        (&["empty.csv"], "no header"),
        (&["users.csv"], "emial"),
        (
            &["users.csv", "--application", "bytepower/none"],
            "bytepower/none",
        ),
        (&["users.csv", "--min-cost", "3"], "4..=15"),
        (&["users.jsonl", "--rejects", "no/folder"], "no/folder"),
    ] {
        operator.write("users.jsonl", "");
        let command = ["import"].iter().chain(arguments);
        operator.run(command).refused(2, &[named]);
    }
}

#[test]
fn what_was_refused_never_replaces_the_file_that_is_imported() {
    let operator = Operator::with_applications();
    let users = "{\"username\":\"two words\"}\n";
    operator.write("users.jsonl", users);
    let folder = operator.folder.path();
    fs::hard_link(folder.join("users.jsonl"), folder.join("hard.jsonl")).unwrap();
    std::os::unix::fs::symlink("users.jsonl", folder.join("soft.jsonl")).unwrap();
    for rejects in ["users.jsonl", "./users.jsonl", "hard.jsonl", "soft.jsonl"] {
        for more in [&["--json"][..], &["--dry-run"]] {
            let command = [&["import", "users.jsonl", "--rejects", rejects], more].concat();
            operator.run(command).refused(2, &["--rejects"]);
        }
        let mut piped = operator.command(["import", "-", "--rejects", rejects]);
        piped.stdin(fs::File::open(folder.join("users.jsonl")).unwrap());
        Done::from(piped.output().unwrap()).refused(2, &["--rejects"]);
    }
    let kept = fs::read_to_string(folder.join("users.jsonl")).unwrap();
    assert_eq!(kept, users);
}

#[test]
fn cheap_hashes_are_accepted_when_the_operator_says_so() {
    let operator = Operator::with_applications();
    let user = json!({"username": "old", "password_hash": HASH.replace("12", "08")});
    operator.write("users.jsonl", &jsonl(&[user]));
    let to = ["users.jsonl", "--application", "bytepower/game"];
    assert_eq!(counts(&import(&operator, &to).1), [0, 0, 1]);
    let (_, report) = import(&operator, &[&to[..], &["--min-cost", "8"]].concat());
    assert_eq!(counts(&report), [1, 0, 0]);
}

/// Killed again and again at whatever moment, it goes on; in the end everybody is there once.
async fn an_import_that_was_killed_goes_on(database: TestDatabase) {
    const USERS: usize = 6_000;
    let operator = Operator::on(database);
    operator.run(["migrate"]);
    operator.declare();
    let users: String = (0..USERS)
        .map(|n| format!("{{\"username\":\"user{n}\",\"email\":\"u{n}@example.com\",\"password_hash\":\"{HASH}\"}}\n"))
        .collect();
    operator.write("users.jsonl", &users);
    let store = operator.store();
    let arguments = ["import", "users.jsonl", "--application", "bytepower/game"];
    for part in 1..=3_i64 {
        let mut running = operator.spawn(arguments);
        let wanted = part * 1000;
        eventually(Duration::from_secs(60), || async {
            let count = store.count_users().await.unwrap();
            (count >= wanted)
                .then_some(())
                .ok_or(format!("{count} users"))
        })
        .await;
        running.kill().unwrap();
        running.wait().unwrap();
    }
    let (done, report) = import(&operator, &arguments[1..]);

    assert_eq!(done.status, 0, "{done:?}");
    let [imported, there, refused] = counts(&report);
    assert_eq!((imported + there, refused), (USERS as u64, 0));
    assert!(there >= 3000, "{report}");
    assert_eq!(store.count_users().await.unwrap(), USERS as i64);
    let (_, again) = import(&operator, &arguments[1..]);
    assert_eq!(counts(&again), [0, USERS as u64, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_was_killed_goes_on_on_sqlite() {
    an_import_that_was_killed_goes_on(TestDatabase::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_was_killed_goes_on_on_postgres() {
    an_import_that_was_killed_goes_on(TestDatabase::postgres()).await;
}

/// The program on the database of a running service.
fn beside(folder: &Path, environment: &HashMap<String, String>, arguments: &[&str]) -> Done {
    let mut command = program(folder);
    command.args(arguments).envs(environment);
    command.output().unwrap().into()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_imported_user_has_is_taken_for_sign_ups_and_the_hash_is_as_it_was() {
    let service = TestService::start(
        &bytepower_svc::PROVIDER,
        bytepower_svc::declarations,
        BYTEPOWER,
    )
    .await;
    let folder = tempfile::tempdir().unwrap();
    let user = json!({"username": "Mumu", "email": "mumu@example.com", "password_hash": HASH});
    fs::write(folder.path().join("users.jsonl"), format!("{user}\n")).unwrap();
    let done = beside(
        folder.path(),
        &service.environment(),
        &["import", "users.jsonl", "--application", "bytepower/game"],
    );
    assert_eq!(done.status, 0, "{done:?}");

    let secret = service.secret(CredentialKind::ServerKey, "game-server");
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
    let now = signup_core::time::Clock::now(&*service.clock).as_millis();
    let claims = json!({"iat": now, "key_name": "game-server"});
    let key = jsonwebtoken::EncodingKey::from_secret(secret.as_bytes());
    let token = jsonwebtoken::encode(&header, &claims, &key).unwrap();
    for (form, error) in [
        (
            json!({"name_password": {"name": "ｍｕｍｕ", "password": "correct horse"}}),
            "name_exists",
        ),
        (
            json!({"email_password": {"email": "MUMU@example.com", "password": "correct horse"}}),
            "email_exists",
        ),
    ] {
        let request = service
            .http
            .post(service.url("/bp/server/user/signup"))
            .header("X-BytePower-Auth-Token", &token)
            .json(&form);
        let reply: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(reply["error"]["error_type"], error, "{reply}");
    }
    let path = service.environment()["SIGNUP__DATABASE__URL"].clone();
    let path = path.trim_start_matches("sqlite://").to_owned();
    let kept = [path.clone(), format!("{path}-wal")]
        .iter()
        .filter_map(|path| fs::read(path).ok())
        .any(|bytes| {
            bytes
                .windows(HASH.len())
                .any(|window| window == HASH.as_bytes())
        });
    assert!(kept, "the hash is in the table, byte for byte");
    let shown = beside(
        folder.path(),
        &service.environment(),
        &["user", "show", "mumu"],
    );
    assert!(shown.stdout.contains("password     set"), "{shown:?}");
    assert!(!shown.stdout.contains("$2a$"), "{shown:?}");
}

#[test]
fn the_examples_can_be_imported_where_the_examples_are_declared() {
    let operator = Operator::on_sqlite();
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/examples");
    operator.run(["migrate"]);
    operator.json(["apply", "-f", examples]);
    let (done, report) = import(&operator, &[&format!("{examples}/import/users.jsonl")]);
    assert_eq!((done.status, counts(&report)), (0, [3, 0, 0]), "{done:?}");
    let to = ["--application", "bytepower/puzzle-game"];
    let csv = format!("{examples}/import/users.csv");
    let (done, report) = import(&operator, &[&[csv.as_str()], &to[..]].concat());
    assert_eq!((done.status, counts(&report)), (0, [2, 0, 0]), "{done:?}");
}
