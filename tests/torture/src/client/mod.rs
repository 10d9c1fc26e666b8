//! Clients as they exist: they prove themselves, repeat what was not answered, and read only their provider's envelope.

mod bytepower;
mod ciam;
mod insist;
mod journey;
mod xdua;

use std::fmt;

use reqwest::{RequestBuilder, Response};
use serde_json::Value;

pub use insist::Services;
pub use journey::{Client, ask_for_code, sign_up_by_name};

use crate::product::{Access, Program};

/// A way to sign up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flow {
    /// BytePower, name and password.
    BytepowerName,
    /// BytePower, e-mail address with `verify_code`.
    BytepowerMail,
    /// XDUA, e-mail address with `vfcode`.
    XduaMail,
    /// CIAM, user name and password.
    CiamName,
    /// CIAM, e-mail address with `otp_token` and code.
    CiamMail,
}

impl Flow {
    /// Who is asked.
    pub const fn service(self) -> Program {
        match self {
            Self::BytepowerName | Self::BytepowerMail => Program::Bytepower,
            Self::XduaMail => Program::Xdua,
            Self::CiamName | Self::CiamMail => Program::Ciam,
        }
    }

    /// Whether a code is needed.
    pub const fn by_mail(self) -> bool {
        match self {
            Self::BytepowerMail | Self::XduaMail | Self::CiamMail => true,
            Self::BytepowerName | Self::CiamName => false,
        }
    }

    /// The kind of identifier in the database, and the application's id.
    pub const fn place(self) -> (&'static str, &'static str) {
        match self {
            Self::BytepowerName | Self::CiamName => ("username", "torture-names"),
            Self::BytepowerMail | Self::CiamMail => ("email", "torture-mails"),
            Self::XduaMail => ("email", "Torture1"),
        }
    }

    /// The request for a code; none where none is needed.
    fn code_request(
        self,
        http: &reqwest::Client,
        base: &str,
        access: &Access,
        address: &str,
    ) -> Option<RequestBuilder> {
        match self {
            Self::BytepowerMail => Some(bytepower::ask_for_code(http, base, access, address)),
            Self::XduaMail => Some(xdua::ask_for_code(http, base, access, address)),
            Self::CiamMail => Some(ciam::ask_for_code(http, base, access, address)),
            Self::BytepowerName | Self::CiamName => None,
        }
    }

    /// The request to sign up.
    fn sign_up_request(
        self,
        http: &reqwest::Client,
        base: &str,
        access: &Access,
        proof: &Proof<'_>,
    ) -> RequestBuilder {
        match self {
            Self::BytepowerName => bytepower::sign_up_by_name(http, base, access, proof),
            Self::BytepowerMail => bytepower::sign_up_by_mail(http, base, access, proof),
            Self::XduaMail => xdua::sign_up(http, base, access, proof),
            Self::CiamName => ciam::sign_up_by_name(http, base, access, proof),
            Self::CiamMail => ciam::sign_up_by_mail(http, base, access, proof),
        }
    }

    /// Reads a reply to one of the two.
    fn read(self, question: Question, answer: &Answer) -> Result<Word, String> {
        match self.service() {
            Program::Bytepower => bytepower::read(question, answer),
            Program::Xdua => xdua::read(answer),
            Program::Ciam => ciam::read(question, answer),
            Program::Worker => Err("nobody signs up at the worker".to_owned()),
        }
    }
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, _) = self.place();
        write!(f, "{} by {kind}", self.service())
    }
}

/// What a client sends to sign up.
struct Proof<'a> {
    /// The user name or address.
    identifier: &'a str,
    /// CIAM's token for the code.
    token: &'a str,
    /// The code.
    code: &'a str,
}

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    Code,
    SignUp,
}

/// What a reply means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// Done. The new user's id, or CIAM's token for a code.
    Done(String),
    /// Not now: the same request may fare better.
    Later,
    /// The code counts no more.
    WrongCode,
    /// No, for good; the provider's word for it.
    No(String),
}

/// A reply as it came.
#[derive(Clone, Debug)]
struct Answer {
    status: u16,
    content_type: String,
    /// XDUA's id of the request in the header.
    request_id: String,
    body: String,
}

impl Answer {
    async fn of(response: Response) -> reqwest::Result<Self> {
        let header = |name: &str| {
            let value = response.headers().get(name);
            value
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned()
        };
        Ok(Self {
            status: response.status().as_u16(),
            content_type: header("content-type"),
            request_id: header("x-ca-request-id"),
            body: response.text().await?,
        })
    }

    fn json(&self) -> Result<Value, String> {
        if !self.content_type.starts_with("application/json") {
            return Err(self.complain("is not application/json"));
        }
        serde_json::from_str(&self.body).map_err(|_| self.complain("is not JSON"))
    }

    fn complain(&self, what: &str) -> String {
        let body: String = self.body.chars().take(200).collect();
        format!("{} {:?} {what}: {body:?}", self.status, self.content_type)
    }
}

/// The names of an object's members, in the order of the alphabet.
fn members(value: &Value) -> Vec<&str> {
    let mut names: Vec<_> = value
        .as_object()
        .map(|object| object.keys().map(String::as_str).collect())
        .unwrap_or_default();
    names.sort_unstable();
    names
}

/// Whether this is a text that is not empty.
fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}
