//! The checks find what they are for: evidence that agrees, and one thing wrong with it at a time.

use serde_json::json;

use super::*;
use crate::client::Flow;
use crate::ledger::{Fate, Person};
use crate::product::Program;
use crate::tables::{Challenge, Delivery, Event, OTP_REQUESTED, USER_CREATED, User};

const ADDRESS: &str = "t1@torture.example";

/// One person who asked for a code, got it and signed up.
fn sound() -> Evidence {
    let envelope = json!({
        "id": "e2", "subject": "u1",
        "data": {
            "user": {"id": "u1", "provider": "ciam", "application": "torture-mails"},
            "identifiers": {"email": {"value": ADDRESS, "verified": true}},
        },
    })
    .to_string();
    let mut evidence = Evidence::default();
    evidence.pages.people.push(Person {
        flow: Flow::CiamMail,
        identifier: ADDRESS.to_owned(),
        fate: Fate::Accepted("u1".to_owned()),
    });
    evidence.tables.users.push(User {
        provider: "ciam".to_owned(),
        public_id: "u1".to_owned(),
        application_id: "torture-mails".to_owned(),
        kind: "email".to_owned(),
        display: ADDRESS.to_owned(),
    });
    evidence.tables.events = vec![
        event(1, "e1", OTP_REQUESTED, "c1", "{}"),
        event(2, "e2", USER_CREATED, "u1", &envelope),
    ];
    evidence
        .tables
        .challenges
        .insert("c1".to_owned(), challenge("c1", 1_000));
    evidence
        .tables
        .deliveries
        .insert("e1".to_owned(), delivery("delivered"));
    evidence.mails.push(mail(2_000));
    evidence.arrivals.push(Arrival {
        id: "e2".to_owned(),
        body: envelope,
    });
    evidence
}

fn event(sequence: i64, id: &str, event_type: &str, subject: &str, envelope: &str) -> Event {
    Event {
        sequence,
        id: id.to_owned(),
        event_type: event_type.to_owned(),
        subject: subject.to_owned(),
        envelope: envelope.to_owned(),
        time: 1_000,
        published_at: Some(1_500),
    }
}

fn challenge(id: &str, created_at: i64) -> Challenge {
    Challenge {
        id: id.to_owned(),
        provider: "ciam".to_owned(),
        address: ADDRESS.to_owned(),
        created_at,
        expires_at: created_at + 60_000,
    }
}

fn delivery(state: &str) -> Delivery {
    Delivery {
        event_id: "e1".to_owned(),
        state: state.to_owned(),
        attempts: 1,
    }
}

fn mail(received_at: i64) -> Mail {
    Mail {
        event: "e1".to_owned(),
        received_at,
        code: Some("135790".to_owned()),
    }
}

/// Exactly one fault is found, and it says this.
#[track_caller]
fn finds(spoil: impl FnOnce(&mut Evidence), expected: &str) {
    let mut evidence = sound();
    spoil(&mut evidence);
    let (_, faults) = check(&evidence);
    assert!(
        faults.len() == 1 && faults[0].contains(expected),
        "{expected}: {faults:#?}"
    );
}

#[track_caller]
fn finds_nothing(change: impl FnOnce(&mut Evidence)) -> Counts {
    let mut evidence = sound();
    change(&mut evidence);
    let (counts, faults) = check(&evidence);
    assert_eq!(faults, [""; 0]);
    counts
}

#[test]
fn evidence_that_agrees_is_well() {
    let counts = finds_nothing(|_| {});
    assert_eq!(
        (counts.accepted, counts.users, counts.arrived_events),
        (1, 1, 1)
    );
}

#[test]
fn a_lost_or_doubled_user_is_found() {
    finds(
        |evidence| {
            evidence.tables.users.clear();
            evidence.tables.events.pop();
            evidence.arrivals.clear();
        },
        "is no user: LOST",
    );
    finds(
        |evidence| evidence.pages.people[0].fate = Fate::Accepted("u2".to_owned()),
        "and is the user u1",
    );
    let mut evidence = sound();
    let second = evidence.tables.users[0].clone();
    evidence.tables.users.push(second);
    let (_, faults) = check(&evidence);
    assert!(
        faults
            .iter()
            .any(|fault| fault.contains("is a user 2 times")),
        "{faults:?}"
    );
}

#[test]
fn a_refusal_of_somebody_who_is_a_user_is_found() {
    let refused = Fate::Refused("duplicate_email".to_owned());
    finds(
        |evidence| evidence.pages.people[0].fate = refused,
        "and is a user",
    );
    finds(
        |evidence| evidence.pages.people[0].fate = Fate::NoCode,
        "never sent a sign-up",
    );
    finds(|evidence| evidence.pages.people.clear(), "never signed up");
}

#[test]
fn a_user_whose_client_got_no_answer_is_explained() {
    let counts = finds_nothing(|evidence| evidence.pages.people[0].fate = Fate::Unanswered);
    assert_eq!((counts.unanswered, counts.unanswered_users.len()), (1, 1));
}

#[test]
fn a_lost_event_is_found() {
    finds(|evidence| evidence.arrivals.clear(), "never arrived: LOST");
    finds(
        |evidence| evidence.tables.events[1].published_at = None,
        "was never published",
    );
    let mut evidence = sound();
    evidence.tables.events.pop();
    let (_, faults) = check(&evidence);
    assert!(
        faults.iter().any(|fault| fault.contains("has 0 events")),
        "{faults:?}"
    );
}

#[test]
fn an_event_that_arrives_twice_is_counted_and_another_text_is_found() {
    let counts = finds_nothing(|evidence| {
        let again = evidence.arrivals[0].clone();
        evidence.arrivals.push(again);
    });
    assert_eq!(counts.repeated_events, 1);
    finds(
        |evidence| evidence.arrivals[0].body.push(' '),
        "with another text",
    );
}

#[test]
fn a_code_may_arrive_twice_but_not_three_times() {
    let counts = finds_nothing(|evidence| evidence.mails.push(mail(2_100)));
    assert_eq!(counts.repeated_mails, 1);
    finds(
        |evidence| evidence.mails.extend([mail(2_100), mail(2_200)]),
        "was sent 3 times",
    );
}

#[test]
fn a_late_code_is_found() {
    finds(
        |evidence| evidence.mails[0] = mail(61_001),
        "1 ms after its end",
    );
    finds(
        |evidence| {
            let next = challenge("c2", 5_000);
            evidence.tables.challenges.insert(next.id.clone(), next);
            evidence.mails[0] = mail(8_000);
        },
        "after another had taken its place",
    );
}

#[test]
fn a_record_that_is_not_what_happened_is_found() {
    finds(
        |evidence| evidence.mails.clear(),
        "recorded as delivered and never arrived",
    );
    for (state, expected) in [
        ("dropped", "dropped and arrived"),
        ("started", "came to no end"),
    ] {
        finds(
            |evidence| {
                evidence
                    .tables
                    .deliveries
                    .insert("e1".to_owned(), delivery(state));
            },
            expected,
        );
    }
    finds(
        |evidence| evidence.tables.deliveries.clear(),
        "came to no end",
    );
    finds(
        |evidence| {
            let mut stray = mail(2_000);
            stray.event.clear();
            evidence.mails.push(stray);
        },
        "nobody asked for",
    );
}

#[test]
fn strange_replies_and_dead_letters_are_found() {
    finds(
        |evidence| {
            evidence
                .pages
                .strange
                .push(format!("{}: 500", Program::Ciam))
        },
        "outside of the envelope",
    );
    finds(
        |evidence| {
            evidence
                .dead
                .push(json!({"id": "e9", "problem": "no provider"}))
        },
        "no provider",
    );
}
