//! One HTTP call.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use reqwest::{Client, Response, redirect};
use signup_app::settings::WebhookSettings;
use signup_core::event::CONTENT_TYPE as CLOUD_EVENTS;
use signup_core::time::Timestamp;

use super::egress::Egress;
use super::resolver::{GuardedResolver, Lookup, NotPermitted};
use super::secret::SigningSecret;

/// What of an answer's body is read, so that its connection can be used again. A longer one costs the connection.
const BODY_LIMIT: usize = 16 * 1024;
const IDLE: Duration = Duration::from_secs(30);
/// Characters of a problem that are worth keeping.
const PROBLEM_LENGTH: usize = 200;

/// The client could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client for webhooks cannot be made: {0}")]
pub struct CallerError(reqwest::Error);

/// A call to be made.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Where it goes.
    pub url: &'a str,
    /// `webhook-id`: the event's id.
    pub id: &'a str,
    /// Secrets to sign it with.
    pub secrets: &'a [SigningSecret],
    /// The body, CloudEvents JSON.
    pub body: &'a str,
    /// `webhook-timestamp`: the time of this attempt.
    pub time: Timestamp,
}

/// What came of a call. The texts hold no personal data and nothing of the URL but its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// An answer came.
    Status {
        /// The HTTP status.
        status: u16,
        /// The `Retry-After` header.
        retry_after: Option<String>,
    },
    /// No call was made: the address must not be called.
    NotPermitted(String),
    /// No answer came in time.
    None(String),
}

/// Makes calls: no redirects, no proxy, no more time and no more of an answer than settings and limits say.
#[derive(Clone, Debug)]
pub struct Caller {
    client: Client,
    egress: Arc<Egress>,
}

impl Caller {
    /// A caller that looks names up with `lookup`.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn new(settings: &WebhookSettings, lookup: Arc<dyn Lookup>) -> Result<Self, CallerError> {
        let egress = Arc::new(Egress::new(settings));
        let resolver = GuardedResolver {
            egress: Arc::clone(&egress),
            lookup,
        };
        let client = Client::builder()
            .dns_resolver(Arc::new(resolver))
            .redirect(redirect::Policy::none())
            // A proxy would look names up itself.
            .no_proxy()
            .referer(false)
            .retry(reqwest::retry::never())
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.timeout)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(settings.endpoint_concurrency)
            .build()
            .map_err(CallerError)?;
        Ok(Self { client, egress })
    }

    /// Signs and posts (Standard Webhooks 1.0), and waits for the answer.
    pub async fn call(&self, call: Call<'_>) -> Answer {
        let url = match self.egress.check_url(call.url) {
            Ok(url) => url,
            Err(problem) => return Answer::NotPermitted(problem.to_string()),
        };
        let seconds = call.time.as_secs();
        let signatures: Vec<String> = call
            .secrets
            .iter()
            .map(|secret| secret.sign(call.id, seconds, call.body))
            .collect();
        let request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, CLOUD_EVENTS)
            .header(
                USER_AGENT,
                concat!("signup-webhooks/", env!("CARGO_PKG_VERSION")),
            )
            .header("webhook-id", call.id)
            .header("webhook-timestamp", seconds)
            .header("webhook-signature", signatures.join(" "))
            .body(call.body.to_owned());
        match request.send().await {
            Ok(response) => {
                let answer = Answer::Status {
                    status: response.status().as_u16(),
                    retry_after: retry_after(&response),
                };
                read_a_little(response).await;
                answer
            }
            Err(error) => explain(&error),
        }
    }
}

fn retry_after(response: &Response) -> Option<String> {
    let header = response.headers().get(RETRY_AFTER)?;
    header.to_str().ok().map(str::to_owned)
}

/// The status is the answer; the body is of no interest, and whether it arrives whole changes nothing.
async fn read_a_little(mut response: Response) {
    let mut read = 0;
    while let Ok(Some(chunk)) = response.chunk().await {
        read += chunk.len();
        if read > BODY_LIMIT {
            break;
        }
    }
}

/// The innermost cause says most. The error itself would repeat the URL, which may hold a token.
fn explain(error: &reqwest::Error) -> Answer {
    let mut innermost = String::new();
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(refused) = cause.downcast_ref::<NotPermitted>() {
            return Answer::NotPermitted(refused.to_string());
        }
        innermost = cause.to_string();
        source = cause.source();
    }
    let what = if error.is_timeout() && error.is_connect() {
        "no connection in time"
    } else if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "no answer"
    };
    let problem = match innermost.as_str() {
        _ if error.is_timeout() => what.to_owned(),
        "" => what.to_owned(),
        cause => format!("{what}: {cause}"),
    };
    Answer::None(problem.chars().take(PROBLEM_LENGTH).collect())
}
