//! Who signed up is a user, who was refused is none, and nobody is there twice.

use std::collections::BTreeMap;

use super::{Counts, Evidence};
use crate::ledger::{Fate, Person};
use crate::tables::User;

pub(super) fn check(evidence: &Evidence, counts: &mut Counts, faults: &mut Vec<String>) {
    let people = &evidence.pages.people;
    let users = &evidence.tables.users;
    counts.people = people.len();
    counts.users = users.len();
    let mut by_place: BTreeMap<_, Vec<&User>> = BTreeMap::new();
    for user in users {
        by_place.entry(place_of(user)).or_default().push(user);
    }
    for person in people {
        let found = by_place.remove(&place(person)).unwrap_or_default();
        if found.len() > 1 {
            faults.push(format!("{} is a user {} times", told(person), found.len()));
        }
        judge(person, found.first().copied(), counts, faults);
    }
    for (provider, application, _, identifier) in by_place.into_keys() {
        faults.push(format!(
            "{provider}/{application}: the user {identifier} never signed up"
        ));
    }
}

fn judge(person: &Person, user: Option<&User>, counts: &mut Counts, faults: &mut Vec<String>) {
    let told = told(person);
    match (&person.fate, user) {
        (Fate::Accepted(id), found) => {
            counts.accepted += 1;
            match found {
                Some(user) if user.public_id == *id => {}
                Some(user) => faults.push(format!(
                    "{told} was accepted as {id} and is the user {}",
                    user.public_id
                )),
                None => faults.push(format!("{told} was accepted as {id} and is no user: LOST")),
            }
        }
        (Fate::Refused(word), found) => {
            *counts.refused.entry(word.clone()).or_default() += 1;
            // Everybody signs up under a name that nobody else has, so no refusal is right.
            let is_user = if found.is_some() {
                " and is a user"
            } else {
                ""
            };
            faults.push(format!("{told} was refused ({word}){is_user}"));
        }
        (Fate::NoCode, found) => {
            counts.without_code += 1;
            if let Some(user) = found {
                faults.push(format!(
                    "{told} never sent a sign-up and is the user {}",
                    user.public_id
                ));
            }
        }
        (Fate::Unanswered | Fate::UnderWay, found) => {
            counts.unanswered += 1;
            if let Some(user) = found {
                counts
                    .unanswered_users
                    .push(format!("{told}, user {}", user.public_id));
            }
        }
    }
}

/// Provider, application, kind, identifier.
type Place = (String, String, String, String);

fn place(person: &Person) -> Place {
    let (kind, application) = person.flow.place();
    (
        provider(person).to_owned(),
        application.to_owned(),
        kind.to_owned(),
        person.identifier.clone(),
    )
}

fn place_of(user: &User) -> Place {
    (
        user.provider.clone(),
        user.application_id.clone(),
        user.kind.clone(),
        user.display.clone(),
    )
}

/// The provider's name is the first word of its service's.
fn provider(person: &Person) -> &'static str {
    let service = person.flow.service().as_str();
    service.split('-').next().unwrap_or(service)
}

fn told(person: &Person) -> String {
    format!("{} {}", person.flow, person.identifier)
}
