//! How often something may happen.

use std::time::Duration;

/// At most this many within a window that opens with the first one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What is counted: whose limit it is. Limits with the same key share one count.
    pub key: String,
    /// Whose limit it is, for people.
    pub scope: LimitScope,
    /// How many fit into one window; 0 lets nothing through.
    pub allowed: u32,
    /// How long a window stays open.
    pub window: Duration,
}

/// What a limit on sending codes is counted for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LimitScope {
    /// An address in its directory: too soon after its last code.
    AddressInterval,
    /// An address in its directory: too many codes within a day.
    AddressDay,
    /// The client that asks, in the directory.
    Client,
    /// The application's own budget for the channel.
    Application,
    /// The application's SMS budget for the countries of one entry of
    /// [`CountryBudgets`](crate::code::CountryBudgets), such as `86` or `*`.
    Country(String),
}

impl LimitScope {
    /// The scope's name in tables, metrics and output.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::AddressInterval => "address_interval",
            Self::AddressDay => "address_day",
            Self::Client => "client",
            Self::Application => "application",
            Self::Country(_) => "country",
        }
    }

    /// The calling code, or `*`, of a country budget.
    pub fn country(&self) -> Option<&str> {
        match self {
            Self::Country(code) => Some(code),
            Self::AddressInterval | Self::AddressDay | Self::Client | Self::Application => None,
        }
    }
}

/// What happens beyond a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LimitMode {
    /// It is refused.
    #[default]
    Enforce,
    /// It is let through, and noted that it would have been refused.
    Observe,
}

impl LimitMode {
    /// The word in settings and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Observe => "observe",
        }
    }

    /// The mode of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Enforce, Self::Observe]
            .into_iter()
            .find(|mode| mode.as_str() == name)
    }
}
