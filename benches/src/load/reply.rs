//! Reading replies, and telling the expected ones from all others.

use serde::{Deserialize, Serialize};

/// More header lines than any of the services sends.
const HEADERS: usize = 32;

/// A reply that has come completely.
#[derive(Debug, PartialEq, Eq)]
pub struct Reply<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: &'a [u8],
    /// How many bytes head and body have together.
    pub length: usize,
    /// Whether the connection ends with this reply.
    pub closes: bool,
}

/// Reads the reply at the beginning of what a connection has received; none as long as a part of it is missing.
///
/// # Errors
/// It is no HTTP/1.1 reply, or has no `Content-Length`: the services give one with every reply.
pub fn read(received: &[u8]) -> Result<Option<Reply<'_>>, String> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let parsed = response
        .parse(received)
        .map_err(|error| format!("no HTTP reply: {error}"))?;
    let httparse::Status::Complete(head) = parsed else {
        return Ok(None);
    };
    let header = |name: &str| {
        let found = response
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name));
        found.and_then(|header| std::str::from_utf8(header.value).ok())
    };
    let body_length: usize = header("content-length")
        .and_then(|value| value.trim().parse().ok())
        .ok_or("a reply without Content-Length")?;
    let length = head + body_length;
    let Some(body) = received.get(head..length) else {
        return Ok(None);
    };
    Ok(Some(Reply {
        status: response.code.unwrap_or_default(),
        body,
        length,
        closes: header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close")),
    }))
}

/// What the reply to a request must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// CIAM's new user: `{"sub":"32 hex digits"}`.
    CiamUser,
    /// CIAM's code that is on its way: `{"otp_token":"…"}`.
    CiamCode,
    /// BytePower's new user: `{"user":{…"uid":…}}`.
    BytepowerUser,
    /// XDUA's new user: `"error":0` and an id of 8 characters.
    XduaUser,
    /// better-auth's new user: `{"token":null,"user":{…"id":…}}`.
    BetterAuthUser,
    /// Health: any body.
    Health,
}

/// What a reply means to the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// What was asked for.
    Accepted,
    /// The service is busy: status 503.
    Refused,
    /// Anything else.
    Unexpected,
}

impl Shape {
    /// Judges a reply.
    pub fn judge(self, reply: &Reply<'_>) -> Verdict {
        match reply.status {
            200 if self.fits(reply.body) => Verdict::Accepted,
            503 => Verdict::Refused,
            _ => Verdict::Unexpected,
        }
    }

    /// The new user's public id; none for replies of which nobody needs to know it.
    pub fn public_id<'a>(self, reply: &Reply<'a>) -> Option<&'a [u8]> {
        match self {
            Self::CiamUser => reply.body.strip_prefix(br#"{"sub":""#)?.get(..32),
            _ => None,
        }
    }

    fn fits(self, body: &[u8]) -> bool {
        let between = |start: &[u8], end: &[u8]| {
            let rest = body.strip_prefix(start)?;
            rest.strip_suffix(end)
        };
        match self {
            Self::CiamUser => between(br#"{"sub":""#, br#""}"#)
                .is_some_and(|sub| sub.len() == 32 && sub.iter().all(u8::is_ascii_hexdigit)),
            Self::CiamCode => {
                between(br#"{"otp_token":""#, br#""}"#).is_some_and(|token| token.len() > 40)
            }
            Self::BytepowerUser => {
                body.starts_with(br#"{"user":{"#) && contains(body, br#""uid":""#)
            }
            Self::XduaUser => {
                contains(body, br#""error":0,"#) && contains(body, br#""result":{"id":""#)
            }
            Self::BetterAuthUser => {
                body.starts_with(br#"{"token":null,"user":{"#) && contains(body, br#""id":""#)
            }
            Self::Health => true,
        }
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const SUB: &str = r#"{"sub":"5e3c1a7f0b9d4c62a8f1e07d3b6495ca"}"#;

    fn reply(status: u16, body: &str) -> String {
        let length = body.len();
        format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n\r\n{body}")
    }

    fn judged(shape: Shape, status: u16, body: &str) -> Verdict {
        shape.judge(&read(reply(status, body).as_bytes()).unwrap().unwrap())
    }

    #[test]
    fn a_reply_is_read_when_its_last_byte_is_there() {
        let whole = reply(200, SUB);
        for end in 0..whole.len() {
            assert_eq!(read(&whole.as_bytes()[..end]), Ok(None), "{end} bytes");
        }
        let with_next = format!("{whole}HTTP/1.1 200");
        let read = read(with_next.as_bytes()).unwrap().unwrap();
        assert_eq!((read.status, read.body), (200, SUB.as_bytes()));
        assert_eq!(read.length, whole.len());
        assert!(!read.closes);
    }

    #[test]
    fn what_is_no_reply_with_a_length_is_a_fault() {
        assert!(read(b"SMTP ready\r\n").is_err());
        assert!(read(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").is_err());
    }

    #[test]
    fn the_end_of_a_connection_is_noticed() {
        let last = b"HTTP/1.1 503 Busy\r\nConnection: close\r\ncontent-length: 0\r\n\r\n";
        assert!(read(last).unwrap().unwrap().closes);
    }

    #[test]
    fn only_the_documented_body_counts_as_accepted() {
        assert_eq!(judged(Shape::CiamUser, 200, SUB), Verdict::Accepted);
        assert_eq!(judged(Shape::CiamUser, 503, "{}"), Verdict::Refused);
        for (status, body) in [
            (200, r#"{"sub":"x"}"#),
            (200, r#"{"error":"x"}"#),
            (400, SUB),
            (500, "{}"),
        ] {
            assert_eq!(judged(Shape::CiamUser, status, body), Verdict::Unexpected);
        }
        let user = r#"{"user":{"account_type":"x","uid":"u1"}}"#;
        assert_eq!(judged(Shape::BytepowerUser, 200, user), Verdict::Accepted);
        let user =
            r#"{"apid":"X","error":0,"reason":"success","result":{"id":"5QqitXe5"},"debug":[]}"#;
        assert_eq!(judged(Shape::XduaUser, 200, user), Verdict::Accepted);
        let failure = r#"{"apid":"X","error":1,"reason":"r","result":{},"debug":[]}"#;
        assert_eq!(judged(Shape::XduaUser, 200, failure), Verdict::Unexpected);
    }
}
