use std::time::Duration;

use signup_core::code::Channel;
use signup_core::decision::{Action, Decision, MaskedIdentifiers};
use signup_core::identifier::IdentifierKind;
use signup_store::{DecisionKey, Retention};

use crate::fixture::{Fixture, NOW, email, later, sign_up};
use crate::on_both;

on_both!(
    decisions_are_found_by_request_subject_and_masked_address,
    decisions_are_removed_when_their_time_is_over,
    a_used_code_knows_its_user,
    an_event_is_found_from_what_it_announces,
);

fn decision(request: &str) -> Decision {
    let mut identifiers = MaskedIdentifiers::default();
    identifiers.put(IdentifierKind::Email, "alice@example.com");
    identifiers.put(IdentifierKind::Phone, "+8615810419011");
    Decision {
        time: NOW,
        duration_ms: 34,
        request_id: request.into(),
        provider: "acme".into(),
        application: Some("shop".into()),
        action: Action::SignUp,
        outcome: "wrong_code".into(),
        reply: Some("bad_code: 验证码 \"错误\"".into()),
        status: Some(400),
        channel: Some(Channel::Email),
        identifiers,
        subject: Some(format!("about-{request}")),
    }
}

fn bare(request: &str) -> Decision {
    Decision {
        application: None,
        reply: None,
        status: None,
        channel: None,
        identifiers: MaskedIdentifiers::default(),
        subject: None,
        ..decision(request)
    }
}

async fn decisions_are_found_by_request_subject_and_masked_address(fixture: Fixture) {
    let store = &fixture.store;
    let all = [decision("one"), bare("two"), decision("three")];
    store.insert_decisions(&all).await.unwrap();
    store.insert_decisions(&[]).await.unwrap();

    let find = async |key, most| store.find_decisions(key, most).await.unwrap();
    for found in &all {
        let key = DecisionKey::Request(found.request_id.clone());
        assert_eq!(find(key, 10).await, std::slice::from_ref(found));
    }
    let key = DecisionKey::Subject("about-three".into());
    assert_eq!(find(key, 10).await, [all[2].clone()]);
    for mask in ["a***@example.com", "+86 158****9011"] {
        let key = DecisionKey::MaskedAddress(mask.into());
        assert_eq!(
            find(key.clone(), 10).await,
            [all[0].clone(), all[2].clone()]
        );
        assert_eq!(find(key, 1).await, [all[2].clone()], "the newest");
    }
    let key = DecisionKey::Request("four".into());
    assert_eq!(find(key, 10).await, []);
}

async fn decisions_are_removed_when_their_time_is_over(fixture: Fixture) {
    const HOUR: Duration = Duration::from_secs(3600);
    let store = &fixture.store;
    let newer = Decision {
        time: NOW.after(HOUR),
        ..decision("newer")
    };
    let both = [decision("older"), newer.clone()];
    store.insert_decisions(&both).await.unwrap();
    let retention = Retention {
        decisions: 2 * HOUR,
        ..Retention::default()
    };

    let later = NOW.after(2 * HOUR);
    assert_eq!(store.sweep(later, retention).await.unwrap().rows, 1);

    let key = DecisionKey::MaskedAddress("a***@example.com".into());
    assert_eq!(store.find_decisions(key, 10).await.unwrap(), [newer]);
}

async fn a_used_code_knows_its_user(fixture: Fixture) {
    let store = &fixture.store;
    let challenge = fixture.challenge("alice@example.com").await;
    let record = sign_up(vec![email("alice@example.com")], vec![challenge.id]);
    let user = record.user.id.to_string();
    assert_eq!(store.find_challenges_of_user(&user).await.unwrap(), []);
    store.sign_up(record, later()).await.unwrap();

    let found = store.find_challenges_of_user(&user).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].challenge, challenge);
    assert_eq!(found[0].consumed_by, Some(user));
    let same = store.find_challenge_record(challenge.id).await.unwrap();
    assert_eq!(same.as_ref(), found.first());
}

async fn an_event_is_found_from_what_it_announces(fixture: Fixture) {
    let store = &fixture.store;
    let records: Vec<_> = (0..3)
        .map(|number| sign_up(vec![email(&format!("{number}@example.com"))], Vec::new()))
        .collect();
    for record in &records {
        store.sign_up(record.clone(), later()).await.unwrap();
    }
    for record in records {
        let (id, subject) = (record.user.id, &record.user.public_id);
        let found = store.find_first_event(id, subject).await.unwrap().unwrap();
        assert_eq!(found.event.id, record.events[0].id.to_string());
        assert!(
            store
                .find_first_event(id, "nobody")
                .await
                .unwrap()
                .is_none()
        );
    }
}
