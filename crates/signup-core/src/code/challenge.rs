//! A challenge: the right to prove, for a short time, that an address is one's own.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::keys::{KeyRing, KeyUse};
use crate::mask::{mask_email, mask_phone};
use crate::time::Timestamp;

/// The purpose of a code that signs somebody up.
pub const SIGN_UP: &str = "sign-up";

/// After this many wrong tries a code is dead (ASVS 6.6.3; our choice of the number).
pub const MAX_WRONG_TRIES: i32 = 5;

/// How a code reaches its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// Text message to a phone number.
    Sms,
    /// E-mail.
    Email,
}

impl Channel {
    /// The channel's name in tables, events and routing keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Email => "email",
        }
    }

    /// The channel of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Sms, Self::Email]
            .into_iter()
            .find(|channel| channel.as_str() == name)
    }

    /// An address of this channel, fit for logs.
    pub fn mask(self, address: &str) -> String {
        match self {
            Self::Sms => mask_phone(address),
            Self::Email => mask_email(address),
        }
    }
}

/// What a code is good for: nothing else accepts it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Binding {
    /// The application's provider.
    pub provider: String,
    /// The application that asked for the code.
    pub application: String,
    /// What the code is for, such as [`SIGN_UP`].
    pub purpose: String,
    /// How it was sent.
    pub channel: Channel,
    /// The normalised address it was sent to.
    pub address: String,
}

impl Binding {
    /// The parts that a code or token is computed over, each behind its length, so that no two bindings look alike.
    pub(crate) fn write_to(&self, message: &mut Vec<u8>) {
        let parts = [
            self.provider.as_str(),
            &self.application,
            &self.purpose,
            self.channel.as_str(),
            &self.address,
        ];
        for part in parts {
            message.extend_from_slice(&(part.len() as u64).to_be_bytes());
            message.extend_from_slice(part.as_bytes());
        }
    }
}

impl fmt::Debug for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}/{} {} by {} to {}",
            self.provider,
            self.application,
            self.purpose,
            self.channel.as_str(),
            self.channel.mask(&self.address)
        )
    }
}

/// A code that was asked for. The code itself is not in here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// UUIDv7.
    pub id: Uuid,
    /// What the code is good for.
    pub binding: Binding,
    /// The key that the code is derived with.
    pub key_id: String,
    /// Length of the code in decimal digits.
    pub digits: u8,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// From then on the code is refused.
    pub expires_at: Timestamp,
}

impl Challenge {
    /// This challenge's code; none when the key that it was made with has left the ring.
    pub fn code(&self, keys: &KeyRing) -> Option<OtpCode> {
        let key = keys.key(&self.key_id, KeyUse::Code)?;
        let mut message = self.id.as_bytes().to_vec();
        self.binding.write_to(&mut message);
        // Decimal digits by rejection: a byte of 250 or more would make the digits 0 to 5 likelier than the others.
        let mut code = String::with_capacity(self.digits.into());
        for block in 0_u32.. {
            let mut block_message = message.clone();
            block_message.extend_from_slice(&block.to_be_bytes());
            for byte in key.sign(&block_message) {
                if code.len() == usize::from(self.digits) {
                    return Some(OtpCode(code));
                }
                if byte < 250 {
                    code.push(char::from(b'0' + byte % 10));
                }
            }
        }
        None
    }
}

/// A one-time code.
#[derive(Clone, PartialEq, Eq)]
pub struct OtpCode(String);

impl OtpCode {
    /// The digits, for the message to its owner only.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether this is what the caller sent; compared in constant time.
    pub fn matches(&self, attempt: &str) -> bool {
        verify_slices_are_equal(self.0.as_bytes(), attempt.as_bytes()).is_ok()
    }
}

impl fmt::Debug for OtpCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OtpCode(…)")
    }
}
