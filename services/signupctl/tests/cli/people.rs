//! What a person may ask for: everything that is kept, and that it is forgotten.

use serde_json::{Value, json};
use signup_core::identifier::PhoneNumber;
use signup_core::user::{NewUser, PasswordHash, TakenIdentifier};
use signup_store::{AuditFilter, Store};
use signup_testkit::fixture::{Fixture, assert_is_published};

use crate::on_both;
use crate::operator::Operator;
use crate::written::{self, alice, publish_all, runtime};

on_both!(
    a_user_is_handed_out_and_erased_and_both_are_announced,
    an_erasure_is_tried_out_before_and_needs_a_yes,
);

const ID: &str = "5QqitXe5";
const HASH: &str = "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW";

async fn sign_up(store: &Store, provider: &str) -> String {
    let phone = PhoneNumber::parse_international("+86-15810419011").unwrap();
    let user = NewUser {
        identifiers: vec![TakenIdentifier {
            identifier: phone.into(),
            verified: true,
        }],
        password_hash: Some(PasswordHash::new(HASH.to_owned())),
        ..alice(provider, ID)
    };
    written::sign_up(store, user).await
}

fn envelope_of(operator: &Operator, event_type: &str) -> Value {
    let listed = operator.json(["events", "list", "--reveal", "--type", event_type]);
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed:#}");
    listed[0]["envelope"].clone()
}

fn a_user_is_handed_out_and_erased_and_both_are_announced(operator: &Operator) {
    operator.declare();
    let store = operator.store();
    runtime().block_on(async {
        sign_up(&store, "xdua").await;
        publish_all(&store).await;
    });

    let exported = operator.run(["user", "export", ID]);
    assert_eq!(exported.status, 0, "{exported:?}");
    assert!(!exported.stdout.contains(HASH), "{exported:?}");
    let kept: Value = serde_json::from_str(&exported.stdout).unwrap();
    assert_eq!(kept["user"]["identifiers"][0]["key"], "+8615810419011");
    assert_eq!(kept["user"]["profile"]["name"], "Alice Liddell");
    assert_eq!(kept["user"]["has_password"], true);
    let created = &kept["events"][0]["envelope"];
    assert_eq!(created["type"], "signup.user.created.v1");
    assert_eq!(created["data"]["profile"]["name"], "Alice Liddell");

    let erased = operator.json(["user", "erase", ID, "--yes", "--as", "mei"]);
    let entries = runtime().block_on(store.audit_entries(AuditFilter::default(), 10));
    let (_, noted) = &entries.unwrap()[0];
    assert_eq!(
        (noted.operator.as_str(), noted.action.as_str()),
        ("mei", "user_erased")
    );
    assert_eq!(noted.object.as_deref(), Some("xdua/5QqitXe5"));
    assert_eq!(erased["identifiers"], 1, "{erased}");
    assert_eq!(erased["events"], 1, "{erased}");
    operator
        .run(["user", "erase", ID, "--yes"])
        .refused(1, &["no user has this id"]);
    operator
        .run(["user", "export", ID])
        .refused(1, &["no user has this id"]);
    let listed = operator
        .run(["events", "list", "--reveal", "--json"])
        .stdout;
    assert!(!listed.contains("Alice"), "{listed}");

    let sample = |number| Fixture {
        name: "on-request",
        number,
        subject: ID,
        package: "signupctl",
    };
    let told = envelope_of(operator, "user.erased");
    assert_eq!(told["id"], erased["event_id"]);
    assert_eq!(told["requestid"], erased["request_id"]);
    assert_is_published(&sample(0x42), &told);
    assert_is_published(&sample(0x41), &envelope_of(operator, "user.exported"));
}

fn an_erasure_is_tried_out_before_and_needs_a_yes(operator: &Operator) {
    operator.declare();
    let store = operator.store();
    let event = runtime().block_on(async {
        let event = sign_up(&store, "xdua").await;
        sign_up(&store, "ciam").await;
        event
    });

    operator
        .run(["user", "erase", ID, "--dry-run"])
        .refused(2, &["xdua/5QqitXe5 or ciam/5QqitXe5"]);
    operator
        .run(["user", "erase", "xdua/5QqitXe5"])
        .refused(2, &["--yes"]);
    let tried = operator.json(["user", "erase", "xdua/5QqitXe5", "--dry-run"]);
    assert_eq!(tried["dry_run"], true);
    assert_eq!(tried["event_id"], Value::Null);
    assert_eq!(tried["events_removed_once_published"], 1, "{tried}");
    let text = operator.run(["user", "erase", "xdua/5QqitXe5", "--dry-run"]);
    assert!(text.stdout.contains("would be erased"), "{text:?}");

    let done = operator.run(["user", "erase", "xdua/5QqitXe5", "--yes"]);
    assert!(
        done.stdout.contains("was erased") && done.stdout.contains("still have to be published"),
        "{done:?}"
    );
    assert!(!done.stdout.contains("15810419011"), "{done:?}");

    // What is not published yet goes first, and is not sent again afterwards.
    runtime().block_on(async {
        // Both users have the same id, so their three events go one after the other.
        for _ in 0..3 {
            publish_all(&store).await;
        }
    });
    let replayed = operator.json(["events", "replay", "--since", "1h"]);
    let again = operator.json(["events", "list", "--waiting"]);
    let again = again.as_array().unwrap();
    assert_eq!(replayed["replayed"], json!(again.len()));
    assert!(again.iter().all(|one| one["id"] != event.as_str()));
    assert!(
        again
            .iter()
            .any(|one| one["type"] == "signup.user.erased.v1")
    );
    assert_eq!(
        operator.run(["user", "show", ID]).status,
        0,
        "the other one"
    );
}
