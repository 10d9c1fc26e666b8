//! Reading what an event carries.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use signup_app::logging::Origin;
use signup_core::context::trace_id;

#[derive(Deserialize)]
struct Envelope<T> {
    data: T,
}

/// `data` of an event of a known type.
///
/// # Errors
/// Where the envelope does not have the expected form, without its content: that is personal data.
pub(crate) fn data<T: DeserializeOwned>(envelope: &str) -> Result<T, String> {
    serde_json::from_str(envelope)
        .map(|Envelope { data }| data)
        .map_err(|error| {
            format!(
                "the event does not have the expected form at line {}, column {}",
                error.line(),
                error.column()
            )
        })
}

/// The request that caused an event; empty if the envelope does not tell.
pub(crate) fn origin(envelope: &str) -> Origin {
    #[derive(Default, Deserialize)]
    struct Cause {
        #[serde(default)]
        requestid: String,
        #[serde(default)]
        traceparent: String,
    }
    let cause: Cause = serde_json::from_str(envelope).unwrap_or_default();
    Origin {
        trace_id: trace_id(&cause.traceparent).map(str::to_owned),
        request_id: cause.requestid,
    }
}

/// `data` of `signup.user.created.v1`, as far as a welcome needs it.
#[derive(Deserialize)]
pub(crate) struct UserCreated {
    pub(crate) user: User,
    pub(crate) identifiers: HashMap<String, Identifier>,
    pub(crate) created_at: jiff::Timestamp,
}

#[derive(Deserialize)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) provider: String,
    pub(crate) application: String,
}

#[derive(Deserialize)]
pub(crate) struct Identifier {
    pub(crate) value: String,
    pub(crate) verified: bool,
}
