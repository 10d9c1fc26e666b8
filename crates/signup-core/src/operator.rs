//! People who operate the services.

use std::fmt;
use std::str::FromStr;

/// What an operator may do. Each role may also do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Look at everything that is masked.
    Read,
    /// Help people: look them up in full, hand out what is kept about them, deliver again what was given up.
    Support,
    /// Change applications, credentials and webhooks; erase people; read the audit log.
    Admin,
}

impl Role {
    /// Every role, the one that may least first.
    pub const ALL: [Self; 3] = [Self::Read, Self::Support, Self::Admin];

    /// The role's name in tables, command lines and output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Support => "support",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == name)
            .ok_or_else(|| "unknown role, expected one of read, support, admin".to_owned())
    }
}

/// The longest name of an operator.
const MAX_NAME: usize = 64;

/// Whether an operator can have this name: 1 to 64 lower-case letters, digits, `-`, `_`, `.` and `@`, so that two names
/// never look the same.
pub fn is_operator_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len())
        && name.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.@".contains(&byte)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_role_may_do_more() {
        assert!(Role::Read < Role::Support && Role::Support < Role::Admin);
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
        }
    }

    #[test]
    fn a_name_has_one_spelling() {
        for name in ["ana", "ana.li@example.com", "ops-2", &"a".repeat(64)] {
            assert!(is_operator_name(name), "{name}");
        }
        for name in ["", "Ana", "a b", "<b>", "分", &"a".repeat(65)] {
            assert!(!is_operator_name(name), "{name}");
        }
    }
}
