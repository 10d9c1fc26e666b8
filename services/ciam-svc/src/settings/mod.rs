//! What is declared for tenants (directories) and applications, in the provider's own part of a declaration file.

mod application;
mod attribute;
mod block_list;
mod cross_check;
mod directory;
mod flow;
mod keys;

pub use application::{ApplicationKind, ApplicationSettings, LoginFlow};
pub use attribute::{Attribute, AttributeType, CustomAttribute};
pub use block_list::{BlockListError, EmailBlockList};
pub use directory::DirectorySettings;
pub use flow::{AuthenticationAttribute, OtpSource, Presence, SignUpFlow};
pub use keys::KEYS;

pub(crate) use cross_check::refuse_unknown_attributes;
