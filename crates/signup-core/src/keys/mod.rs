//! The service's own keys: one ring of master keys, from which a key for each use is derived.

mod ring;
mod seal;

pub use ring::{KeyRing, KeyRingError, KeyUse, UseKey};
pub use seal::SealError;
