//! HTTP requests to vendors, and what their failures mean.

use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use url::Url;

use super::provider::NotSent;

/// A connection that takes longer is given up, so that there is time left for the next provider.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Idle connections are closed before a vendor's gateway closes them: a request written into one that is just being
/// closed would count as unanswered.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// More of an answer is not read, bytes; the vendors' have a few hundred.
const MAX_ANSWER: usize = 64 * 1024;

/// A client without redirects: none of the APIs has them, and a signed request is for nobody else.
#[derive(Clone, Debug)]
pub(super) struct HttpClient(Client);

/// What a vendor answered.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// `None` if it broke off.
    pub(super) body: Option<Vec<u8>>,
}

impl HttpClient {
    /// # Errors
    /// What the TLS library says.
    pub(super) fn new() -> Result<Self, String> {
        Client::builder()
            .redirect(Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .user_agent(concat!("signup-notify-worker/", env!("CARGO_PKG_VERSION")))
            .build()
            .map(Self)
            .map_err(|error| error.to_string())
    }

    /// Posts and waits for the answer, `limit` altogether.
    ///
    /// # Errors
    /// [`NotSent::Unavailable`] while nothing was written, [`NotSent::Unanswered`] from then on.
    pub(super) async fn post(
        &self,
        url: Url,
        headers: HeaderMap,
        body: Vec<u8>,
        limit: Duration,
    ) -> Result<Answer, NotSent> {
        let request = self.0.post(url).headers(headers).body(body).timeout(limit);
        // Errors of reqwest quote the URL, and that may hold a number and a code: they are told in our own words.
        let mut response = request.send().await.map_err(|error| {
            if error.is_connect() {
                NotSent::Unavailable(unreachable(&error).to_owned())
            } else if error.is_builder() {
                NotSent::Unavailable("the request cannot be made; is the URL right?".to_owned())
            } else if error.is_timeout() {
                NotSent::Unanswered(format!("no answer within {limit:.1?}"))
            } else {
                NotSent::Unanswered("the connection broke before the answer came".to_owned())
            }
        })?;
        let status = response.status();
        let mut body = Some(Vec::new());
        while let Some(read) = &mut body {
            match response.chunk().await {
                Ok(Some(chunk)) if read.len() + chunk.len() <= MAX_ANSWER => {
                    read.extend_from_slice(&chunk);
                }
                Ok(None) => break,
                Ok(Some(_)) | Err(_) => body = None,
            }
        }
        Ok(Answer { status, body })
    }
}

fn unreachable(error: &reqwest::Error) -> &'static str {
    if error.is_dns() {
        "its host name cannot be resolved"
    } else if error.is_timeout() {
        "no connection within 3 s"
    } else {
        "no connection: refused, unreachable, or TLS failed"
    }
}

impl Answer {
    /// The body as JSON of this shape, if it is that.
    pub(super) fn json<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(self.body.as_deref()?).ok()
    }

    /// What an answer means that says nothing but its status.
    pub(super) fn by_status(&self) -> NotSent {
        let status = self.status.as_u16();
        match status {
            200..300 => NotSent::Unanswered("its answer cannot be read".to_owned()),
            // Whoever is behind the gateway may have got the message.
            504 => NotSent::Unanswered(format!("HTTP {status}")),
            429 => NotSent::Unavailable(format!("HTTP {status}: too many requests")),
            401 | 403 => NotSent::Unavailable(format!("HTTP {status}: check the credentials")),
            _ => NotSent::Unavailable(format!("HTTP {status}")),
        }
    }
}

/// The `Host` header that a request to `url` has; signatures include it.
pub(super) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// Headers from names and values.
///
/// # Errors
/// [`NotSent::Unavailable`] if a value cannot be one, which is a matter of the settings.
pub(super) fn headers(pairs: &[(&'static str, &str)]) -> Result<HeaderMap, NotSent> {
    pairs
        .iter()
        .map(|(name, value)| {
            let value = value.parse().map_err(|_| {
                NotSent::Unavailable(format!("the header {name} cannot be made of the settings"))
            })?;
            Ok((reqwest::header::HeaderName::from_static(name), value))
        })
        .collect()
}
