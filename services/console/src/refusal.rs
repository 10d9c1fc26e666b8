//! Why a page was not shown.

use signup_app::credentials::IssueError;
use signup_http::Fault;
use signup_store::StoreError;

use crate::texts::ErrorTexts;

/// Why a page was not shown. `?` makes one of most errors.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// There is no such page, or no such thing.
    NotFound,
    /// The operator's role does not suffice.
    Forbidden,
    /// The form does not come from a page of this session.
    ForeignForm,
    /// The form cannot be read: what is wrong with it, in the operator's language.
    Malformed(String),
    /// What every service may have to refuse.
    Fault(Fault),
}

impl Refusal {
    /// The status code.
    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::Forbidden | Self::ForeignForm => 403,
            Self::Malformed(_) => 400,
            Self::Fault(fault) => fault.status(),
        }
    }

    /// Title and explanation.
    pub fn words(&self, texts: &ErrorTexts) -> (&'static str, String) {
        let (title, text) = match self {
            Self::NotFound | Self::Fault(Fault::NotFound) => {
                (texts.not_found, texts.not_found_text)
            }
            Self::Forbidden => (texts.forbidden, texts.forbidden_text),
            Self::ForeignForm => (texts.foreign_form, texts.foreign_form_text),
            Self::Malformed(problem) => return (texts.malformed, problem.clone()),
            Self::Fault(Fault::StoreUnavailable | Fault::Busy { .. }) => {
                (texts.unavailable, texts.unavailable_text)
            }
            Self::Fault(Fault::Internal) => (texts.internal, texts.internal_text),
            Self::Fault(_) => (texts.malformed, texts.malformed_text),
        };
        (title, text.to_owned())
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<IssueError> for Refusal {
    fn from(error: IssueError) -> Self {
        log::error!(event = "console.credential"; "no credential was made: {error}");
        Self::Fault(Fault::Internal)
    }
}
