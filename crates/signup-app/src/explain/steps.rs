//! The time line: one step for each thing that happened, in words.

use std::time::Duration;

use serde_json::{Value, json};
use signup_core::code::Channel;
use signup_core::context::Language;
use signup_core::decision::{Action, Decision};
use signup_core::time::Timestamp;
use signup_store::{
    ChallengeRecord, ChallengeState, DeliveryRecord, StoredEvent, UserRecord, WebhookDelivery,
    WebhookDeliveryState,
};

use super::search::Search;
use crate::people::masked;

/// Something that happened.
pub struct Step {
    /// When.
    pub time: Timestamp,
    /// What sort of thing: one word for people and scripts.
    pub what: &'static str,
    /// What it was, in words.
    pub text: String,
    /// The same for scripts.
    facts: Value,
}

impl Step {
    fn new(time: Timestamp, what: &'static str, text: String, facts: Value) -> Self {
        Self {
            time,
            what,
            text,
            facts,
        }
    }

    /// The step for scripts: `time`, `step`, `text`, and what is known beside.
    pub fn as_json(&self) -> Value {
        let mut value = json!({
            "time": self.time.to_string(),
            "step": self.what,
            "text": self.text,
        });
        if let (Some(value), Some(facts)) = (value.as_object_mut(), self.facts.as_object()) {
            value.extend(facts.clone());
        }
        value
    }

    /// Of what happens within one millisecond, causes come first.
    fn rank(&self) -> usize {
        const ORDER: [&str; 12] = [
            "request",
            "code",
            "code used",
            "code expired",
            "user",
            "event",
            "decided",
            "published",
            "replayed",
            "sending",
            "message",
            "webhook",
        ];
        ORDER
            .iter()
            .position(|what| *what == self.what)
            .unwrap_or(ORDER.len())
    }
}

/// How steps are told.
pub struct Words {
    /// Whether personal data is shown in full.
    pub reveal: bool,
    /// The present.
    pub now: Timestamp,
    /// The language of the sentences. What was recorded in words of its own, such as a vendor's refusal, stays as it is.
    pub language: Language,
}

/// All steps, the oldest first.
pub fn of(found: &Search, words: &Words) -> Vec<Step> {
    let mut steps = Vec::new();
    for decision in &found.decisions {
        steps.extend(words.decision(decision));
    }
    for record in found.challenges.values() {
        steps.extend(words.challenge(record, found));
    }
    steps.extend(found.users.values().map(|user| words.user(user)));
    for stored in found.events.values() {
        steps.extend(words.event(stored));
    }
    for (event, delivery) in &found.deliveries {
        steps.extend(words.delivery(event, delivery));
    }
    for (webhook, delivery) in &found.webhooks {
        steps.extend(words.webhook(webhook, delivery));
    }
    steps.sort_by_key(|step| (step.time, step.rank()));
    steps
}

/// A length of time, rounded to what people want to know: `34 ms`, `3.2 s`, `2 min 5 s`, `4 h 12 min`, `3 d 1 h`.
pub fn length(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 => format!("{} ms", duration.as_millis()),
        1..60 => format!("{:.1} s", duration.as_secs_f64()),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

impl Words {
    /// The one of two texts that is in the language.
    pub(super) fn pick<T>(&self, english: T, chinese: T) -> T {
        match self.language {
            Language::English => english,
            Language::Chinese => chinese,
        }
    }

    fn decision(&self, decision: &Decision) -> [Step; 2] {
        let asked = match (decision.action, decision.channel) {
            (Action::SignUp, _) => self.pick("sign-up", "注册"),
            (Action::SendCode, None) => self.pick("code", "验证码"),
            (Action::SendCode, Some(Channel::Sms)) => self.pick("code by SMS", "短信验证码"),
            (Action::SendCode, Some(Channel::Email)) => self.pick("code by e-mail", "邮件验证码"),
        };
        let application = match &decision.application {
            Some(id) => format!("{}/{id}", decision.provider),
            None => format!(
                "{}{}",
                decision.provider,
                self.pick(", caller not proven", "（调用方未验证）")
            ),
        };
        let people: Vec<&str> = decision.identifiers.iter().collect();
        let people = match people.join(", ") {
            nobody if nobody.is_empty() => nobody,
            people => self.pick(format!(" for {people}"), format!("，对象 {people}")),
        };
        let id = &decision.request_id;
        let request = self.pick(
            format!("{id}: {asked} wanted at {application}{people}"),
            format!("{id}：在 {application} 请求{asked}{people}"),
        );
        let reply = decision.reply.as_ref();
        let reply = reply.map_or_else(String::new, |reply| format!(", {reply}"));
        let answer = match decision.status {
            None => self
                .pick("the client left before the answer", "客户端在响应前离开")
                .to_owned(),
            Some(status) => format!("{} {status}{reply}", self.pick("answered", "响应")),
        };
        let facts = json!({
            "request_id": id,
            "provider": decision.provider,
            "application": decision.application,
            "action": decision.action.as_str(),
            "identifiers": decision.identifiers.iter().collect::<Vec<_>>(),
            "channel": decision.channel,
        });
        let decided = json!({
            "request_id": id,
            "outcome": decision.outcome,
            "reply": decision.reply,
            "status": decision.status,
            "duration_ms": decision.duration_ms,
            "subject": decision.subject,
        });
        let took = Duration::from_millis(decision.duration_ms);
        let outcome = &decision.outcome;
        let text = self.pick(
            format!("{id}: {outcome} ({answer})"),
            format!("{id}：{outcome}（{answer}）"),
        );
        [
            Step::new(decision.time, "request", request, facts),
            Step::new(decision.time.after(took), "decided", text, decided),
        ]
    }

    fn challenge(&self, record: &ChallengeRecord, found: &Search) -> Vec<Step> {
        let challenge = &record.challenge;
        let channel = challenge.binding.channel;
        let address = if self.reveal {
            challenge.binding.address.clone()
        } else {
            channel.mask(&challenge.binding.address)
        };
        let (state, state_chinese) = match record.state {
            ChallengeState::Live => ("not used", "未使用"),
            ChallengeState::Consumed => ("used", "已使用"),
            ChallengeState::Replaced => ("replaced by a newer one", "已被新的替换"),
            ChallengeState::Locked => ("dead after too many wrong tries", "错误次数过多，已失效"),
        };
        let tries = match record.wrong_tries {
            0 => String::new(),
            1 => self.pick(", 1 wrong try", "，错误 1 次").to_owned(),
            tries => self.pick(
                format!(", {tries} wrong tries"),
                format!("，错误 {tries} 次"),
            ),
        };
        let life = length(challenge.expires_at.since(challenge.created_at));
        let by = channel.as_str();
        let facts = json!({
            "challenge": challenge.id,
            "channel": by,
            "address": address,
            "expires_at": challenge.expires_at.to_string(),
            "state": state,
            "wrong_tries": record.wrong_tries,
        });
        let id = challenge.id;
        let text = self.pick(
            format!("{id}: {by} code for {address}, good for {life}; {state}{tries}"),
            format!("{id}：发给 {address} 的 {by} 验证码，有效期 {life}；{state_chinese}{tries}"),
        );
        let mut steps = vec![Step::new(challenge.created_at, "code", text, facts)];
        let user = record
            .consumed_by
            .as_ref()
            .and_then(|id| found.users.get(id));
        if let Some(user) = user {
            let by = &user.public_id;
            let text = self.pick(
                format!("{id}: by user {by}"),
                format!("{id}：由用户 {by} 使用"),
            );
            let facts = json!({"challenge": challenge.id, "user": user.public_id});
            steps.push(Step::new(user.created_at, "code used", text, facts));
        }
        if record.state == ChallengeState::Live && challenge.expires_at <= self.now {
            let text = self.pick(
                format!("{id}: not used in time"),
                format!("{id}：未及时使用"),
            );
            let facts = json!({"challenge": challenge.id});
            steps.push(Step::new(challenge.expires_at, "code expired", text, facts));
        }
        steps
    }

    fn user(&self, user: &UserRecord) -> Step {
        let identifiers: Vec<(String, bool)> = user
            .identifiers
            .iter()
            .map(|(kind, display, _, verified)| {
                let shown = if self.reveal {
                    display.clone()
                } else {
                    masked(kind, display)
                };
                (shown, *verified)
            })
            .collect();
        let identifiers = |verified_word: &str| -> Vec<String> {
            let all = identifiers.iter();
            let all = all.map(|(shown, verified)| {
                format!("{shown}{}", if *verified { verified_word } else { "" })
            });
            all.collect()
        };
        let (id, application) = (
            &user.public_id,
            format!("{}/{}", user.provider, user.application),
        );
        let text = self.pick(
            format!(
                "{id}: created at {application} as {}",
                identifiers(" (verified)").join(", ")
            ),
            format!(
                "{id}：在 {application} 创建，标识 {}",
                identifiers("（已验证）").join("、")
            ),
        );
        let facts = json!({
            "user": user.public_id,
            "id": user.id,
            "provider": user.provider,
            "application": user.application,
            "directory": user.directory,
            "identifiers": identifiers(" (verified)"),
            "request_id": user.request_id,
        });
        Step::new(user.created_at, "user", text, facts)
    }

    fn event(&self, stored: &StoredEvent) -> Vec<Step> {
        let (id, event_type) = (&stored.event.id, &stored.event.event_type);
        let waits = match (stored.published_at, &stored.last_error) {
            (Some(_), _) => String::new(),
            (None, None) => self.pick("; not published yet", "；尚未发布").to_owned(),
            (None, Some(error)) => {
                let attempts = stored.attempts;
                self.pick(
                    format!("; not published yet after {attempts} attempts: {error}"),
                    format!("；尝试 {attempts} 次后仍未发布：{error}"),
                )
            }
        };
        let facts = json!({
            "event": id,
            "type": event_type,
            "subject": stored.event.subject,
            "attempts": stored.attempts,
            "last_error": stored.last_error,
        });
        let text = self.pick(
            format!("{id}: {event_type} written{waits}"),
            format!("{id}：{event_type} 已写入{waits}"),
        );
        let mut steps = vec![Step::new(stored.time, "event", text, facts)];
        if let Some(time) = stored.replayed_at {
            let text = self.pick(
                format!("{id}: sent out again by an operator"),
                format!("{id}：由操作员重新发送"),
            );
            steps.push(Step::new(time, "replayed", text, json!({"event": id})));
        }
        if let Some(time) = stored.published_at {
            let attempt = match stored.attempts {
                0 | 1 => String::new(),
                attempts => self.pick(
                    format!(", attempt {attempts}"),
                    format!("，第 {attempts} 次尝试"),
                ),
            };
            let text = self.pick(
                format!("{id}: taken by the bus{attempt}"),
                format!("{id}：消息总线已接收{attempt}"),
            );
            let facts = json!({"event": id, "attempts": stored.attempts});
            steps.push(Step::new(time, "published", text, facts));
        }
        steps
    }

    /// An event's way to a webhook: the first and the last attempt are known.
    fn webhook(&self, webhook: &str, delivery: &WebhookDelivery) -> Vec<Step> {
        let event = &delivery.event_id;
        let facts = json!({
            "event": event,
            "webhook": webhook,
            "state": delivery.state.as_str(),
            "attempts": delivery.attempts,
            "last_status": delivery.last_status,
            "last_problem": delivery.last_problem,
        });
        let step = |time, text: String| Step::new(time, "webhook", text, facts.clone());
        let mut steps = Vec::new();
        let Some(last) = delivery.last_attempt_at else {
            let text = self.pick(
                format!("{event}: waits for webhook {webhook}"),
                format!("{event}：等待 Webhook {webhook}"),
            );
            return vec![step(delivery.created_at, text)];
        };
        if let Some(first) = delivery.first_attempt_at.filter(|first| *first != last) {
            let text = self.pick(
                format!("{event}: webhook {webhook} called"),
                format!("{event}：已调用 Webhook {webhook}"),
            );
            steps.push(step(first, text));
        }
        let answer = match (delivery.last_status, &delivery.last_problem) {
            (_, Some(problem)) => self.pick(format!(": {problem}"), format!("：{problem}")),
            (Some(status), None) => {
                self.pick(format!(", answered {status}"), format!("，响应 {status}"))
            }
            (None, None) => String::new(),
        };
        let next = match delivery.state {
            WebhookDeliveryState::Pending => {
                let next = delivery.next_attempt_at;
                self.pick(
                    format!("; to be called again at {next}"),
                    format!("；将于 {next} 再次调用"),
                )
            }
            WebhookDeliveryState::Delivered | WebhookDeliveryState::Failed => String::new(),
        };
        let (state, attempts) = (delivery.state.as_str(), delivery.attempts);
        let text = self.pick(
            format!("{event}: webhook {webhook}, attempt {attempts}, {state}{answer}{next}"),
            format!("{event}：Webhook {webhook}，第 {attempts} 次尝试，{state}{answer}{next}"),
        );
        steps.push(step(last, text));
        steps
    }

    /// The message that an event asked for.
    fn delivery(&self, event: &str, delivery: &DeliveryRecord) -> Vec<Step> {
        let DeliveryRecord {
            state,
            attempts,
            sender,
            detail,
            started_at,
            finished_at,
        } = delivery;
        let text = self.pick(
            format!("{event}: message begun, attempt {attempts}"),
            format!("{event}：开始发送消息，第 {attempts} 次尝试"),
        );
        let facts = json!({"event": event, "attempts": attempts});
        let mut steps = vec![Step::new(*started_at, "sending", text, facts)];
        if let Some(time) = *finished_at {
            let by = sender.as_ref().map_or_else(String::new, |sender| {
                self.pick(format!(" by {sender}"), format!("，由 {sender}"))
            });
            let why = detail.as_ref().map_or_else(String::new, |detail| {
                self.pick(format!(": {detail}"), format!("：{detail}"))
            });
            let facts = json!({
                "event": event,
                "state": state,
                "sender": sender,
                "detail": detail,
            });
            let text = self.pick(
                format!("{event}: {state}{by}{why}"),
                format!("{event}：{state}{by}{why}"),
            );
            steps.push(Step::new(time, "message", text, facts));
        }
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_as_exact_as_people_want_them() {
        for (millis, text) in [
            (0, "0 ms"),
            (999, "999 ms"),
            (3_210, "3.2 s"),
            (125_000, "2 min 5 s"),
            (15_120_000, "4 h 12 min"),
            (262_800_000, "3 d 1 h"),
        ] {
            assert_eq!(length(Duration::from_millis(millis)), text);
        }
    }
}
