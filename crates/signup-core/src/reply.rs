//! A reply as it goes over the wire, so that it can be stored and given again.

use serde::{Deserialize, Serialize};

/// An HTTP reply: what a provider answers, independent of the HTTP framework.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// HTTP status code.
    pub status: u16,
    /// Header fields in the order in which they are sent; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, UTF-8 text; empty for none.
    pub body: String,
    /// Not to be given again to a repeated request, whatever the status says.
    #[serde(skip)]
    passing: bool,
}

impl Reply {
    /// A reply with a JSON body and `content-type: application/json`.
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        Self::json_as("application/json", status, body)
    }

    /// A reply with a JSON body under another spelling of its content type.
    pub fn json_as(content_type: &str, status: u16, body: &impl Serialize) -> Self {
        // Serialising our own reply types cannot fail: they hold no maps with non-text keys.
        let body = serde_json::to_string(body).unwrap_or_default();
        Self::text(content_type, status, body)
    }

    /// A reply with a body of any text format.
    pub fn text(content_type: &str, status: u16, body: String) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body,
            passing: false,
        }
    }

    /// A reply without a body.
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: String::new(),
            passing: false,
        }
    }

    /// The same reply with one more header field.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The same reply, marked as one that passes whatever its status: a limit, or a setting that an operator will mend.
    #[must_use]
    pub fn passing(mut self) -> Self {
        self.passing = true;
        self
    }

    /// Whether the same request would get the same answer again: success or a fault in what the client sent. Limits,
    /// overload and internal faults pass, so their replies are never stored. Some providers answer a limit with a status
    /// of success; then `retry-after` tells.
    pub fn is_final(&self) -> bool {
        let asks_to_wait = self.headers.iter().any(|(name, _)| name == "retry-after");
        (200..500).contains(&self.status) && self.status != 429 && !asks_to_wait && !self.passing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_not_final() {
        for status in [200, 201, 204, 400, 401, 404, 409, 422] {
            assert!(Reply::empty(status).is_final(), "{status}");
        }
        for status in [429, 500, 502, 503] {
            assert!(!Reply::empty(status).is_final(), "{status}");
        }
        let limited = Reply::empty(200).with_header("retry-after", "30");
        assert!(!limited.is_final());
        assert!(!Reply::empty(400).passing().is_final());
    }
}
