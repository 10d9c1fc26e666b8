use std::time::Duration;

use serde_json::json;
use signup_core::code::{Limit, LimitScope};
use signup_core::operator::Role;
use signup_core::user::PasswordHash;
use signup_store::{
    ApplicationRecord, AuditEntry, AuditFilter, Change, ChangeAuthor, CredentialRecord, Operator,
    OperatorChange, OperatorSession, Retention,
};

use crate::fixture::{Fixture, NOW};
use crate::on_both;

on_both!(
    a_name_belongs_to_one_operator,
    a_session_ends_in_time_or_with_what_its_operator_loses,
    no_session_begins_with_a_password_of_the_past,
    a_password_of_ones_own_choice_undoes_no_reset,
    an_ended_session_is_swept_away,
    the_audit_log_is_read_backwards,
    changes_are_remembered_with_who_made_them,
    declarations_are_audited_with_what_became_of_them,
    operators_are_audited_with_what_became_of_them,
    a_change_that_comes_too_late_is_none,
    limits_hold_for_what_is_taken_and_not_given_back,
);

const IDLE: Duration = Duration::from_secs(1800);
const LIFETIME: Duration = Duration::from_secs(12 * 3600);

fn operator(name: &str) -> Operator {
    Operator {
        name: name.into(),
        password_hash: PasswordHash::new(format!("hash of {name}")),
        role: Role::Support,
        disabled: false,
        created_at: NOW,
        password_changed_at: NOW,
    }
}

fn session(token: &str) -> OperatorSession {
    OperatorSession {
        token_hash: token.into(),
        operator: "ana".into(),
        created_at: NOW,
        ends_at: NOW.after(LIFETIME),
    }
}

async fn begin(fixture: &Fixture, token: &str) -> bool {
    let ana = fixture.store.find_operator("ana").await.unwrap().unwrap();
    fixture
        .store
        .insert_operator_session(&session(token), &ana.password_hash, None, &author())
        .await
        .unwrap()
}

async fn is_open(fixture: &Fixture, token: &str, after: Duration) -> bool {
    let store = &fixture.store;
    let found = store
        .find_operator_session(token, NOW.after(after), IDLE, true)
        .await
        .unwrap();
    found.is_some_and(|(operator, found)| operator.name == "ana" && found == session(token))
}

async fn a_name_belongs_to_one_operator(fixture: Fixture) {
    let store = &fixture.store;
    assert!(
        store
            .insert_operator(&operator("ana"), &author())
            .await
            .unwrap()
    );
    let other = Operator {
        role: Role::Admin,
        ..operator("ana")
    };
    assert!(!store.insert_operator(&other, &author()).await.unwrap());
    store
        .insert_operator(&operator("Ana"), &author())
        .await
        .unwrap();
    let names = store.operators().await.unwrap();
    let names: Vec<_> = names.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["Ana", "ana"]);
    assert_eq!(
        store.find_operator("ana").await.unwrap(),
        Some(operator("ana"))
    );
    assert!(
        !store
            .change_operator("nobody", OperatorChange::Enable, &author())
            .await
            .unwrap()
    );
}

async fn a_session_ends_in_time_or_with_what_its_operator_loses(fixture: Fixture) {
    let store = &fixture.store;
    store
        .insert_operator(&operator("ana"), &author())
        .await
        .unwrap();
    assert!(begin(&fixture, "one").await && begin(&fixture, "two").await);
    assert!(is_open(&fixture, "one", IDLE - Duration::from_secs(1)).await);
    assert!(
        is_open(&fixture, "one", IDLE * 2 - Duration::from_secs(2)).await,
        "it was used"
    );
    assert!(!is_open(&fixture, "two", IDLE).await);
    assert!(!is_open(&fixture, "one", LIFETIME).await);
    store
        .delete_operator_session("one", &author())
        .await
        .unwrap();
    assert!(!is_open(&fixture, "one", Duration::ZERO).await);

    for change in [
        OperatorChange::Disable,
        OperatorChange::Password(PasswordHash::new("new".into()), NOW),
    ] {
        store
            .change_operator("ana", OperatorChange::Enable, &author())
            .await
            .unwrap();
        assert!(begin(&fixture, "three").await);
        store
            .change_operator("ana", change, &author())
            .await
            .unwrap();
        store
            .change_operator("ana", OperatorChange::Enable, &author())
            .await
            .unwrap();
        assert!(!is_open(&fixture, "three", Duration::ZERO).await);
    }
    assert!(begin(&fixture, "four").await && begin(&fixture, "five").await);
    assert_eq!(
        store
            .delete_operator_sessions("ana", &author())
            .await
            .unwrap(),
        2
    );
}

async fn no_session_begins_with_a_password_of_the_past(fixture: Fixture) {
    let store = &fixture.store;
    let ana = operator("ana");
    store.insert_operator(&ana, &author()).await.unwrap();
    let change = OperatorChange::Password(PasswordHash::new("new".into()), NOW);
    store
        .change_operator("ana", change, &author())
        .await
        .unwrap();
    let begun = store
        .insert_operator_session(&session("one"), &ana.password_hash, None, &author())
        .await;
    assert!(!begun.unwrap());
    store
        .change_operator("ana", OperatorChange::Disable, &author())
        .await
        .unwrap();
    assert!(!begin(&fixture, "two").await);
}

async fn an_ended_session_is_swept_away(fixture: Fixture) {
    let store = &fixture.store;
    store
        .insert_operator(&operator("ana"), &author())
        .await
        .unwrap();
    begin(&fixture, "one").await;
    for (after, rows) in [(Duration::ZERO, 0), (LIFETIME, 1), (LIFETIME, 0)] {
        let swept = store
            .sweep(NOW.after(after), Retention::default())
            .await
            .unwrap();
        assert_eq!(swept.rows, rows);
    }
}

async fn the_audit_log_is_read_backwards(fixture: Fixture) {
    let store = &fixture.store;
    let entry = |operator: &str, action: &str| AuditEntry {
        time: NOW,
        origin: "console".into(),
        operator: operator.into(),
        action: action.into(),
        object: Some("acme/shop".into()),
        details: json!({"a": 1}),
        request_id: Some("request-1".into()),
        client: None,
    };
    let all = [
        entry("ana", "sign_in"),
        entry("bo", "sign_in"),
        entry("ana", "sign_out"),
    ];
    for one in &all {
        store.insert_audit_entry(one).await.unwrap();
    }
    let found = store
        .audit_entries(AuditFilter::default(), 2)
        .await
        .unwrap();
    assert_eq!([&found[0].1, &found[1].1], [&all[2], &all[1]]);
    let older = AuditFilter {
        before: Some(found[1].0),
        ..AuditFilter::default()
    };
    assert_eq!(store.audit_entries(older, 2).await.unwrap()[0].1, all[0]);
    for (operator, action, count) in [
        (Some("ana"), None, 2),
        (None, Some("sign_in"), 2),
        (Some("bo"), Some("sign_out"), 0),
    ] {
        let filter = AuditFilter {
            operator: operator.map(str::to_owned),
            action: action.map(str::to_owned),
            before: None,
        };
        assert_eq!(store.audit_entries(filter, 9).await.unwrap().len(), count);
    }
}

fn author() -> ChangeAuthor {
    ChangeAuthor {
        origin: "console",
        name: "ana".into(),
        request_id: Some("request-1".into()),
        client: None,
        time: NOW,
    }
}

fn shop(name: &str) -> Change {
    Change::PutApplication(ApplicationRecord {
        provider: "acme".into(),
        id: "shop".into(),
        directory: "people".into(),
        name: name.into(),
        enabled: true,
        rules: json!({}),
        settings: json!({}),
    })
}

async fn changes_are_remembered_with_who_made_them(fixture: Fixture) {
    let store = &fixture.store;
    let people = Change::PutDirectory("acme".into(), "people".into(), json!({"open": true}));
    for changes in [vec![people], vec![shop("New")], vec![shop("New")]] {
        assert!(
            store
                .change_declarations_as(author(), changes, None)
                .await
                .unwrap()
        );
    }
    store
        .change_declarations(vec![shop("By a program")])
        .await
        .unwrap();

    let changes = store
        .declaration_changes("acme", "shop", "people", 9)
        .await
        .unwrap();
    let told: Vec<_> = changes
        .iter()
        .map(|one| {
            (
                one.what.as_str(),
                one.before.clone().unwrap(),
                one.after.clone().unwrap(),
            )
        })
        .collect();
    assert_eq!(told.len(), 2, "what changes nothing is none: {told:?}");
    assert_eq!(
        (told[0].0, &told[0].1["name"], &told[0].2["name"]),
        ("application", &json!("The Shop"), &json!("New"))
    );
    assert_eq!(told[1], ("directory", json!({}), json!({"open": true})));
    assert_eq!((changes[0].author.as_str(), changes[0].time), ("ana", NOW));
    assert!(
        store
            .declaration_changes("acme", "other", "other", 9)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn declarations_are_audited_with_what_became_of_them(fixture: Fixture) {
    let store = &fixture.store;
    let credential = |expires_at| CredentialRecord {
        provider: "acme".into(),
        kind: "client-secret".into(),
        id: "till".into(),
        application_id: Some("till".into()),
        secret_hash: Some("hash".into()),
        sealed: None,
        public_pem: None,
        created_at: NOW.as_millis(),
        expires_at,
    };
    let till = Change::PutApplication(ApplicationRecord {
        provider: "acme".into(),
        id: "till".into(),
        directory: "people".into(),
        name: "The Till".into(),
        enabled: true,
        rules: json!({}),
        settings: json!({}),
    });
    let revoked = Change::PutCredential(credential(Some(NOW.as_millis())));
    for changes in [
        vec![till, Change::AddCredential(credential(None))],
        vec![shop("New"), shop("New")],
        vec![revoked.clone(), revoked],
    ] {
        let changed = store.change_declarations_as(author(), changes, None);
        assert!(changed.await.unwrap());
    }
    let late = store.change_declarations_as(author(), vec![shop("Late")], Some(0));
    assert!(!late.await.unwrap());
    let refused = Change::AddCredential(credential(None));
    let refused = store.change_declarations_as(author(), vec![shop("Refused"), refused], None);
    refused.await.unwrap_err();

    let entries = store.audit_entries(AuditFilter::default(), 9).await;
    let told: Vec<_> = entries
        .unwrap()
        .into_iter()
        .rev()
        .map(|(_, entry)| (entry.action, entry.object.unwrap(), entry.details))
        .collect();
    let entry = |action: &str, object: &str, details| (action.into(), object.into(), details);
    assert_eq!(
        told,
        [
            entry(
                "application_created",
                "acme/till",
                json!({"name": "The Till", "directory": "people", "enabled": true})
            ),
            entry(
                "credential_created",
                "acme/client-secret/till",
                json!({"application": "till"})
            ),
            entry(
                "application_changed",
                "acme/shop",
                json!({"changed": ["name"]})
            ),
            entry(
                "credential_revoked",
                "acme/client-secret/till",
                json!({"application": "till", "ends": NOW.to_string()})
            ),
        ]
    );
}

async fn operators_are_audited_with_what_became_of_them(fixture: Fixture) {
    let (store, by) = (&fixture.store, &author());
    store.insert_operator(&operator("ana"), by).await.unwrap();
    store.insert_operator(&operator("ana"), by).await.unwrap();
    for change in [
        OperatorChange::Enable,
        OperatorChange::Disable,
        OperatorChange::Disable,
        OperatorChange::Enable,
        OperatorChange::Role(Role::Read),
        OperatorChange::Role(Role::Read),
    ] {
        assert!(store.change_operator("ana", change, by).await.unwrap());
    }
    assert!(begin(&fixture, "one").await && begin(&fixture, "two").await);
    store.delete_operator_session("one", by).await.unwrap();
    store.delete_operator_session("one", by).await.unwrap();

    let entries = store.audit_entries(AuditFilter::default(), 20).await;
    let actions: Vec<_> = entries
        .unwrap()
        .into_iter()
        .rev()
        .map(|(_, entry)| entry.action)
        .collect();
    assert_eq!(
        actions,
        [
            "operator_created",
            "operator_disabled",
            "operator_enabled",
            "operator_role_changed",
            "sign_in",
            "sign_in",
            "sign_out"
        ]
    );
}

async fn a_change_that_comes_too_late_is_none(fixture: Fixture) {
    let store = &fixture.store;
    let seen = store.declaration_revision().await.unwrap();
    let change = |name: &str| store.change_declarations_as(author(), vec![shop(name)], Some(seen));
    assert!(change("first").await.unwrap());
    assert!(!change("second").await.unwrap());
    let stored = store.declarations().await.unwrap();
    assert_eq!(stored.applications[0].name, "first");
    assert_eq!(stored.revision, seen + 1);
}

async fn limits_hold_for_what_is_taken_and_not_given_back(fixture: Fixture) {
    let store = &fixture.store;
    let limits = vec![Limit {
        key: "sign-in".into(),
        scope: LimitScope::Client,
        allowed: 2,
        window: Duration::from_secs(60),
    }];
    let take = || store.take_limits(limits.clone(), NOW);
    assert!(take().await.unwrap().is_ok() && take().await.unwrap().is_ok());
    assert!(take().await.unwrap().is_err());
    store.give_back_limits(limits.clone()).await.unwrap();
    assert!(take().await.unwrap().is_ok());
    assert!(take().await.unwrap().is_err());
}

async fn a_password_of_ones_own_choice_undoes_no_reset(fixture: Fixture) {
    let store = &fixture.store;
    let by = &author();
    let ana = operator("ana");
    store.insert_operator(&ana, by).await.unwrap();
    assert!(begin(&fixture, "one").await);
    let own = |session: &str, present: &PasswordHash| OperatorChange::OwnPassword {
        session: session.into(),
        present: present.clone(),
        hash: PasswordHash::new("own".into()),
        now: NOW,
    };
    let reset = PasswordHash::new("reset".into());
    for change in [
        OperatorChange::Disable,
        OperatorChange::Password(reset.clone(), NOW),
        OperatorChange::Enable,
    ] {
        store.change_operator("ana", change, by).await.unwrap();
        let undone = store.change_operator("ana", own("one", &ana.password_hash), by);
        assert!(!undone.await.unwrap());
    }
    // With the right password, but from a session that has ended.
    let late = store.change_operator("ana", own("one", &reset), by);
    assert!(!late.await.unwrap());
    let kept = store.find_operator("ana").await.unwrap().unwrap();
    assert_eq!(kept.password_hash.as_str(), "reset");

    let begun = store
        .insert_operator_session(&session("two"), &reset, None, by)
        .await;
    assert!(begun.unwrap());
    let changed = store.change_operator("ana", own("two", &reset), by);
    assert!(changed.await.unwrap());
    assert!(!is_open(&fixture, "two", Duration::ZERO).await);
}

#[test]
fn what_comes_from_outside_is_one_line_in_the_audit_log() {
    let typed = ChangeAuthor {
        name: "a\u{1b}[31m\nb".into(),
        ..author()
    };
    let entry = typed.did("sign_in_refused", Some(&"x\n".repeat(500)), json!({}));
    assert_eq!(entry.operator, "a [31m b");
    assert_eq!(entry.object.unwrap(), "x ".repeat(160));
}
