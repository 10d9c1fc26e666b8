//! One-time codes: derived, never stored.
//!
//! A code is `truncate(HMAC-SHA256(key, challenge id ‖ application ‖ purpose ‖ channel ‖ address))`. The database holds
//! the challenge, the event carries its id, and only a process with the key ring can tell the code.

mod challenge;
mod country_budgets;
mod limits;
mod sending;
mod token;

pub use challenge::{Binding, Challenge, Channel, MAX_WRONG_TRIES, OtpCode, SIGN_UP};
pub use country_budgets::{CountryBudgets, OTHER_COUNTRIES};
pub use limits::{Limit, LimitMode, LimitScope};
pub use sending::{SendLimits, address_keys};
pub use token::{ChallengeToken, TokenError};
