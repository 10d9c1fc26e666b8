//! Every text that people read, in both languages. One file per page, each with one struct and two values of it, so that a
//! text that is missing in one language does not compile.

mod account;
mod applications;
mod audit;
mod dead_letters;
mod errors;
mod events;
mod frame;
mod funnel;
mod limits;
mod overview;
mod roles;
mod sign_in;
mod steps;
mod users;
mod webhooks;

use signup_core::context::Language;

pub use account::AccountTexts;
pub use applications::ApplicationsTexts;
pub use audit::AuditTexts;
pub use dead_letters::DeadLettersTexts;
pub use errors::ErrorTexts;
pub use events::EventsTexts;
pub use frame::FrameTexts;
pub use funnel::FunnelTexts;
pub use limits::LimitsTexts;
pub use overview::OverviewTexts;
pub use roles::RoleTexts;
pub use sign_in::SignInTexts;
pub use steps::StepTexts;
pub use users::UsersTexts;
pub use webhooks::WebhooksTexts;

/// The texts of one language.
pub struct Texts {
    /// Around every page.
    pub frame: FrameTexts,
    /// Why a page is not shown.
    pub errors: ErrorTexts,
    /// What roles are called.
    pub roles: RoleTexts,
    /// Signing in.
    pub sign_in: SignInTexts,
    /// One's own account.
    pub account: AccountTexts,
    /// The start page.
    pub overview: OverviewTexts,
    /// Applications.
    pub applications: ApplicationsTexts,
    /// Webhooks.
    pub webhooks: WebhooksTexts,
    /// Dead letters.
    pub dead_letters: DeadLettersTexts,
    /// Limits.
    pub limits: LimitsTexts,
    /// The audit log.
    pub audit: AuditTexts,
    /// The sign-up funnel.
    pub funnel: FunnelTexts,
    /// The newest events.
    pub events: EventsTexts,
    /// Users.
    pub users: UsersTexts,
    /// The steps of a time line.
    pub steps: StepTexts,
}

static ENGLISH: Texts = Texts {
    frame: frame::ENGLISH,
    errors: errors::ENGLISH,
    roles: roles::ENGLISH,
    sign_in: sign_in::ENGLISH,
    account: account::ENGLISH,
    overview: overview::ENGLISH,
    applications: applications::ENGLISH,
    webhooks: webhooks::ENGLISH,
    dead_letters: dead_letters::ENGLISH,
    limits: limits::ENGLISH,
    audit: audit::ENGLISH,
    funnel: funnel::ENGLISH,
    events: events::ENGLISH,
    users: users::ENGLISH,
    steps: steps::ENGLISH,
};

static CHINESE: Texts = Texts {
    frame: frame::CHINESE,
    errors: errors::CHINESE,
    roles: roles::CHINESE,
    sign_in: sign_in::CHINESE,
    account: account::CHINESE,
    overview: overview::CHINESE,
    applications: applications::CHINESE,
    webhooks: webhooks::CHINESE,
    dead_letters: dead_letters::CHINESE,
    limits: limits::CHINESE,
    audit: audit::CHINESE,
    funnel: funnel::CHINESE,
    events: events::CHINESE,
    users: users::CHINESE,
    steps: steps::CHINESE,
};

impl Texts {
    /// The texts in this language.
    pub fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::Chinese => &CHINESE,
        }
    }
}

/// Declares a page's struct of texts and its two values from one table: `name: "English", "中文";`.
macro_rules! texts {
    ($(#[$about:meta])* $type:ident { $($name:ident: $english:literal, $chinese:literal;)+ }) => {
        $(#[$about])*
        #[allow(missing_docs)]
        pub struct $type { $(pub $name: &'static str,)+ }
        pub(super) const ENGLISH: $type = $type { $($name: $english,)+ };
        pub(super) const CHINESE: $type = $type { $($name: $chinese,)+ };
    };
}
use texts;
