//! Everything that is kept about a person, as it is handed out.

use serde_json::{Value, json};
use signup_core::decision::Decision;
use signup_core::time::Timestamp;
use signup_store::{
    ChallengeRecord, ChallengeState, DeliveryRecord, Dossier, StoredEvent, WebhookDelivery,
};

use super::user_json;

/// The whole dossier in full, as JSON: identifiers and profile as the person gave them; masked what is kept masked. It
/// holds no password hash, no secret and no code.
pub fn dossier_json(dossier: &Dossier, exported_at: Timestamp) -> Value {
    json!({
        "format": "signup.user.export.v1",
        "exported_at": exported_at.to_string(),
        "user": user_json(&dossier.user, true),
        "codes": dossier.challenges.iter().map(code).collect::<Vec<_>>(),
        "requests": dossier.decisions.iter().map(request).collect::<Vec<_>>(),
        "events": dossier.events.iter().map(event).collect::<Vec<_>>(),
        "messages": dossier.deliveries.iter().map(message).collect::<Vec<_>>(),
        "webhook_deliveries": dossier
            .webhook_deliveries
            .iter()
            .map(webhook_delivery)
            .collect::<Vec<_>>(),
        "kept_replies": dossier
            .replies
            .iter()
            .map(|kept| {
                json!({
                    "idempotency_key": kept.key,
                    "status": kept.reply.status,
                    "body": kept.reply.body,
                    "kept_until": kept.expires_at.to_string(),
                })
            })
            .collect::<Vec<_>>(),
        "limits": dossier
            .windows
            .iter()
            .map(|window| {
                json!({
                    "counted_for": window.key,
                    "since": window.opened_at.to_string(),
                    "codes": window.used,
                })
            })
            .collect::<Vec<_>>(),
    })
}

fn text(time: Option<Timestamp>) -> Option<String> {
    time.map(|time| time.to_string())
}

fn code(record: &ChallengeRecord) -> Value {
    let challenge = &record.challenge;
    let state = match record.state {
        ChallengeState::Live => "live",
        ChallengeState::Consumed => "used",
        ChallengeState::Replaced => "replaced",
        ChallengeState::Locked => "locked",
    };
    json!({
        "challenge": challenge.id,
        "application": challenge.binding.application,
        "purpose": challenge.binding.purpose,
        "channel": challenge.binding.channel,
        "address": challenge.binding.address,
        "state": state,
        "wrong_tries": record.wrong_tries,
        "created_at": challenge.created_at.to_string(),
        "expires_at": challenge.expires_at.to_string(),
    })
}

fn request(decision: &Decision) -> Value {
    json!({
        "time": decision.time.to_string(),
        "request_id": decision.request_id,
        "application": decision.application,
        "action": decision.action.as_str(),
        "outcome": decision.outcome,
        "reply": decision.reply,
        "status": decision.status,
        "channel": decision.channel,
        "identifiers": decision.identifiers.iter().collect::<Vec<_>>(),
        "subject": decision.subject,
    })
}

fn event(stored: &StoredEvent) -> Value {
    json!({
        "envelope": serde_json::from_str::<Value>(&stored.event.envelope).unwrap_or_default(),
        "published_at": text(stored.published_at),
    })
}

fn message((event_id, delivery): &(String, DeliveryRecord)) -> Value {
    json!({
        "event": event_id,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "sender": delivery.sender,
        "detail": delivery.detail,
        "started_at": delivery.started_at.to_string(),
        "finished_at": text(delivery.finished_at),
    })
}

fn webhook_delivery((webhook, delivery): &(String, WebhookDelivery)) -> Value {
    json!({
        "webhook": webhook,
        "event": delivery.event_id,
        "state": delivery.state.as_str(),
        "attempts": delivery.attempts,
        "last_attempt_at": text(delivery.last_attempt_at),
    })
}
