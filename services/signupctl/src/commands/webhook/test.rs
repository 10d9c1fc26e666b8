//! `signupctl webhook test`

use std::sync::Arc;
use std::time::Instant;

use serde_json::json;
use signup_notify::webhook::{Answer, Call, Caller, SystemLookup, open_secrets, test_event};

use super::find;
use crate::failure::AlreadyReported;
use crate::output::Output;
use crate::workplace::{Workplace, now};

/// Posts a test event, whatever the webhook's state. What comes of it is not recorded.
pub async fn run(place: &Workplace, id: &str, output: Output) -> anyhow::Result<()> {
    let webhook = find(place, id).await?;
    let time = now();
    let secrets = open_secrets(&place.keys()?, &webhook, time)?;
    let caller = Caller::new(&place.settings.webhooks, Arc::new(SystemLookup))?;
    let (event_id, body) = test_event(id, time);
    let began = Instant::now();
    let answer = caller
        .call(Call {
            url: &webhook.url,
            id: &event_id,
            secrets: &secrets,
            body: &body,
            time,
        })
        .await;
    let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (status, problem) = match answer {
        Answer::Status { status, .. } => (Some(status), None),
        Answer::NotPermitted(problem) | Answer::None(problem) => (None, Some(problem)),
    };
    let delivered = matches!(status, Some(200..=299));
    let value = json!({
        "id": id,
        "event_id": event_id,
        "delivered": delivered,
        "status": status,
        "problem": problem,
        "millis": millis,
    });
    output.show(&value, || match (status, &problem) {
        (Some(status), _) if delivered => format!("delivered: {status} after {millis} ms\n"),
        (Some(status), _) => format!(
            "not delivered: answered {status} after {millis} ms; only 2xx counts, and redirects are not followed\n"
        ),
        (None, problem) => format!(
            "not delivered after {millis} ms: {}\n",
            problem.as_deref().unwrap_or("no answer")
        ),
    })?;
    if delivered {
        Ok(())
    } else {
        Err(AlreadyReported.into())
    }
}
