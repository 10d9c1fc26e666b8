//! An application.

use serde::{Deserialize, Serialize};
use signup_app::declare::Declarable;

use super::{EmailBlockList, SignUpFlow};

/// `[application.settings]`. The password policy and the limits on sending are in `[application.rules]`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ApplicationSettings {
    /// What sort of application it is, which decides what it may call.
    pub kind: ApplicationKind,
    /// The sign-up flow.
    pub flow: SignUpFlow,
    /// The login flow, as far as sign-up depends on it.
    pub login: LoginFlow,
    /// On: asking for a code for a registered address is answered like any other, and the owner gets a note instead of
    /// a code. Off: it is answered with `phone_number_is_used` or `email_is_used`, as the vendor does.
    pub probe_protection: bool,
    /// Addresses that get no codes.
    pub blocked_emails: EmailBlockList,
}

/// The sorts of applications (vendor's documentation).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationKind {
    /// A web application with a server of its own.
    #[default]
    Web,
    /// Runs in a browser alone, so it cannot keep a secret.
    SinglePage,
    /// Runs on its user's device.
    Native,
    /// A mini program.
    MiniProgram,
    /// A server without users in front of it.
    M2m,
}

/// The login flow of an application.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LoginFlow {
    /// Whether people log in with a password. Its policy is `[application.rules.password]`. Off: a sign-up with a
    /// password is answered with `misconfigured`.
    pub password_source: bool,
}

impl Default for LoginFlow {
    fn default() -> Self {
        Self {
            password_source: true,
        }
    }
}

impl ApplicationKind {
    /// Whether it may call `/signup` (seed 002).
    pub const fn may_sign_up(self) -> bool {
        match self {
            Self::Web => true,
            Self::SinglePage | Self::Native | Self::MiniProgram | Self::M2m => false,
        }
    }

    /// Whether it may call `/otp/send` (vendor's documentation).
    pub const fn may_send_codes(self) -> bool {
        match self {
            Self::Web | Self::M2m => true,
            Self::SinglePage | Self::Native | Self::MiniProgram => false,
        }
    }
}

impl Declarable for ApplicationSettings {
    fn validate(&self) -> Result<(), String> {
        self.flow
            .validate()
            .map_err(|problem| format!("flow: {problem}"))
    }
}
