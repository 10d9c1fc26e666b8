//! From an answer to what is recorded.

use signup_core::time::Timestamp;
use signup_store::{AttemptEnd, AttemptReport, ClaimedWebhookDelivery};

use super::caller::Answer;
use super::retry::{retry_after, retry_delay};

/// An attempt's outcome in metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// 2xx.
    Delivered,
    /// Another status.
    Refused,
    /// No answer.
    Unanswered,
    /// The address must not be called.
    NotPermitted,
}

impl Outcome {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Refused => "refused",
            Self::Unanswered => "unanswered",
            Self::NotPermitted => "not_permitted",
        }
    }
}

/// What an answer means (Standard Webhooks 1.0, "Delivery success and failure"): 2xx is a success and nothing else is;
/// 410 ends the webhook; on 429 and 503 the endpoint may say when it wants to be called again. `chance` is a random
/// number from 0 to 1, for the jitter.
pub(super) fn judge(
    webhook: &str,
    delivery: &ClaimedWebhookDelivery,
    answer: Answer,
    now: Timestamp,
    chance: f64,
) -> (Outcome, AttemptReport) {
    let mut report = AttemptReport {
        webhook: webhook.to_owned(),
        event_id: delivery.event_id.clone(),
        attempt: delivery.attempt,
        end: AttemptEnd::Failed,
        status: None,
        problem: None,
        held_until: None,
        disable: None,
    };
    let mut asked = None;
    let outcome = match answer {
        Answer::Status {
            status,
            retry_after: header,
        } => {
            report.status = Some(status);
            match status {
                200..=299 => {
                    report.end = AttemptEnd::Delivered;
                    return (Outcome::Delivered, report);
                }
                300..=399 => {
                    report.problem = Some(format!("answered {status}; redirects are not followed"));
                }
                410 => {
                    report.problem = Some("answered 410 Gone".to_owned());
                    report.disable = Some("its endpoint answered 410 Gone".to_owned());
                    return (Outcome::Refused, report);
                }
                _ => report.problem = Some(format!("answered {status}")),
            }
            if matches!(status, 429 | 503) {
                asked = header.and_then(|header| retry_after(&header, now));
            }
            Outcome::Refused
        }
        Answer::NotPermitted(problem) => {
            report.problem = Some(problem);
            Outcome::NotPermitted
        }
        Answer::None(problem) => {
            report.problem = Some(problem);
            Outcome::Unanswered
        }
    };
    report.held_until = asked.map(|asked| now.after(asked));
    let attempts = u32::try_from(delivery.attempt).unwrap_or(u32::MAX);
    if let Some(pause) = retry_delay(attempts, chance) {
        let pause = asked.map_or(pause, |asked| pause.max(asked));
        report.end = AttemptEnd::Retry(now.after(pause));
    }
    (outcome, report)
}
