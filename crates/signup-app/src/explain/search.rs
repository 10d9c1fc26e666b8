//! Following leads from one record to the next. Every look-up is answered from an index.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::Deserialize;
use signup_core::decision::Decision;
use signup_core::event::EventType;
use signup_core::mask::{mask_email, mask_phone};
use signup_store::{
    ChallengeRecord, DecisionKey, DeliveryRecord, Store, StoreError, StoredEvent, UserRecord,
    WebhookDelivery,
};
use uuid::Uuid;

use crate::people::spellings;

/// Decisions that one lead brings in, at the most: the newest.
const MOST: u32 = 200;

/// Leads that are followed, and decisions that are collected, at the most: a masked address can be that of many people.
const MOST_FOLLOWED: usize = 1_000;

/// Everything that was found, each once.
#[derive(Default)]
pub struct Search {
    /// Requests and what was decided about them.
    pub decisions: Vec<Decision>,
    /// Codes, by their challenges' ids.
    pub challenges: BTreeMap<Uuid, ChallengeRecord>,
    /// Users, by our own ids.
    pub users: BTreeMap<String, UserRecord>,
    /// Events, by their ids.
    pub events: BTreeMap<String, StoredEvent>,
    /// Messages, by their events' ids.
    pub deliveries: BTreeMap<String, DeliveryRecord>,
    /// Deliveries to webhooks, with the webhooks' ids.
    pub webhooks: Vec<(String, WebhookDelivery)>,
    /// Whether a masked address was looked for: others can have the same mask.
    pub by_mask: bool,
    /// Whether there was more than was followed.
    pub more: bool,
    leads: VecDeque<Lead>,
}

/// What is still to be followed.
enum Lead {
    Decisions(DecisionKey),
    Challenge(Uuid),
    UsersCodes(String),
    /// The event about a subject, made right after the user or challenge of this id.
    EventOf(Uuid, String),
    Event(String),
    /// A user by the provider and the public id.
    User(String, String),
    /// A user by our own id.
    OwnUser(String),
    Delivery(String),
}

impl Search {
    /// Finds what an id or an address leads to.
    ///
    /// # Errors
    /// The database is out of reach, or holds what this version cannot read.
    pub async fn of(store: &Store, needle: &str) -> Result<Self, StoreError> {
        let mut search = Self::default();
        let needle = needle.trim();
        if needle.contains("***") {
            search.masked(needle.to_owned());
        } else {
            search.named(store, needle).await?;
        }
        let mut followed = 0;
        while let Some(lead) = search.leads.pop_front() {
            if followed == MOST_FOLLOWED || search.decisions.len() > MOST_FOLLOWED {
                search.more = true;
                break;
            }
            followed += 1;
            search.follow(store, lead).await?;
        }
        search.decisions.sort_by_key(|decision| decision.time);
        Ok(search)
    }

    async fn named(&mut self, store: &Store, needle: &str) -> Result<(), StoreError> {
        for spelling in spellings(needle) {
            for user in store.find_users(&spelling).await? {
                self.user(user);
            }
            if spelling.starts_with('+') {
                self.masked(mask_phone(&spelling));
            } else if spelling.contains('@') {
                self.masked(mask_email(&spelling));
            }
        }
        let mut ids = BTreeSet::from([needle.to_owned()]);
        if let Ok(id) = Uuid::parse_str(needle) {
            self.leads.push_back(Lead::Challenge(id));
            // Some APIs show it in upper case. It is kept as we write it, or as a caller sent it.
            ids.insert(id.to_string());
        }
        for id in ids {
            self.leads.extend([
                Lead::Decisions(DecisionKey::Request(id.clone())),
                Lead::Decisions(DecisionKey::Subject(id.clone())),
                Lead::Event(id),
            ]);
        }
        Ok(())
    }

    fn masked(&mut self, mask: String) {
        self.by_mask = true;
        self.leads
            .push_back(Lead::Decisions(DecisionKey::MaskedAddress(mask)));
    }

    async fn follow(&mut self, store: &Store, lead: Lead) -> Result<(), StoreError> {
        match lead {
            Lead::Decisions(key) => {
                let decisions = store.find_decisions(key, MOST).await?;
                self.more |= decisions.len() >= MOST as usize;
                decisions.into_iter().for_each(|one| self.decision(one));
            }
            Lead::Challenge(id) if self.challenges.contains_key(&id) => {}
            Lead::Challenge(id) => {
                let found = store.find_challenge_record(id).await?;
                found.into_iter().for_each(|one| self.challenge(one));
            }
            Lead::UsersCodes(id) => {
                let found = store.find_challenges_of_user(&id).await?;
                found.into_iter().for_each(|one| self.challenge(one));
            }
            Lead::EventOf(after, subject) => {
                let found = store.find_first_event(after, &subject).await?;
                found.into_iter().for_each(|one| self.event(one));
            }
            Lead::Event(id) => {
                let found = store.find_event(&id).await?;
                found.into_iter().for_each(|one| self.event(one));
            }
            Lead::User(provider, id) => {
                let found = store.find_user(&provider, &id).await?;
                found.into_iter().for_each(|one| self.user(one));
            }
            Lead::OwnUser(id) if self.users.contains_key(&id) => {}
            Lead::OwnUser(id) => {
                let found = store.find_users(&id).await?;
                found.into_iter().for_each(|one| self.user(one));
            }
            Lead::Delivery(event) => {
                let found = store.find_delivery_record(&event).await?;
                let called = store.find_webhook_deliveries(&event).await?;
                self.webhooks.extend(called);
                self.deliveries.extend(found.map(|one| (event, one)));
            }
        }
        Ok(())
    }

    fn decision(&mut self, decision: Decision) {
        if self.decisions.contains(&decision) {
            return;
        }
        if let Some(subject) = &decision.subject {
            if decision.outcome == "created" {
                let user = Lead::User(decision.provider.clone(), subject.clone());
                self.leads.push_back(user);
            } else if let Ok(id) = Uuid::parse_str(subject) {
                self.leads.push_back(Lead::Challenge(id));
            }
        }
        self.decisions.push(decision);
    }

    fn challenge(&mut self, record: ChallengeRecord) {
        let id = record.challenge.id;
        if self.challenges.contains_key(&id) {
            return;
        }
        self.leads.extend([
            Lead::Decisions(DecisionKey::Subject(id.to_string())),
            Lead::EventOf(id, id.to_string()),
        ]);
        self.leads
            .extend(record.consumed_by.clone().map(Lead::OwnUser));
        self.challenges.insert(id, record);
    }

    fn user(&mut self, user: UserRecord) {
        if self.users.contains_key(&user.id) {
            return;
        }
        self.leads.extend([
            Lead::Decisions(DecisionKey::Request(user.request_id.clone())),
            Lead::Decisions(DecisionKey::Subject(user.public_id.clone())),
            Lead::UsersCodes(user.id.clone()),
        ]);
        if let Ok(id) = Uuid::parse_str(&user.id) {
            self.leads
                .push_back(Lead::EventOf(id, user.public_id.clone()));
        }
        self.users.insert(user.id.clone(), user);
    }

    fn event(&mut self, stored: StoredEvent) {
        if self.events.contains_key(&stored.event.id) {
            return;
        }
        let origin: Origin = serde_json::from_str(&stored.event.envelope).unwrap_or_default();
        self.leads
            .push_back(Lead::Delivery(stored.event.id.clone()));
        if stored.event.event_type == EventType::UserCreated.as_str() {
            let provider = origin.source.split('/').nth(1).unwrap_or_default();
            let user = Lead::User(provider.to_owned(), stored.event.subject.clone());
            self.leads.push_back(user);
        } else if let Ok(id) = Uuid::parse_str(&stored.event.subject) {
            self.leads.push_back(Lead::Challenge(id));
        }
        self.leads.extend(
            (!origin.requestid.is_empty())
                .then_some(Lead::Decisions(DecisionKey::Request(origin.requestid))),
        );
        self.events.insert(stored.event.id.clone(), stored);
    }
}

/// Where an event comes from, by its envelope.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Origin {
    source: String,
    requestid: String,
}
