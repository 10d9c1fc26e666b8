//! Declaration files of this provider.

use std::path::Path;

use signup_app::declare::{self, DeclarationError, Declared};
use signup_core::credential::CredentialKind;

use crate::settings::{ApplicationSettings, DirectorySettings, is_short_id};

/// A shop needs no secret of its own: its apps hold tokens, and signing keys verify them.
pub const CREDENTIAL_KINDS: &[CredentialKind] = &[CredentialKind::SigningKey];

/// Reads a declaration file of this provider.
///
/// # Errors
/// The first thing that is wrong in the file, with its line.
pub fn declarations(path: &Path, text: &str) -> Result<Declared, DeclarationError> {
    let declared =
        declare::read::<DirectorySettings, ApplicationSettings>(path, text, CREDENTIAL_KINDS)?;
    let refuse = |id: &str, problem: &str| {
        Err(DeclarationError {
            path: path.to_owned(),
            line: line_of(text, id),
            problem: format!("`{id}`: {problem}"),
        })
    };
    for application in &declared.applications {
        if !is_short_id(&application.id) {
            return refuse(&application.id, "a shop's id has 8 letters or digits");
        }
    }
    for credential in &declared.credentials {
        if let Err(problem) = check_key_id(&credential.id) {
            return refuse(&credential.id, problem);
        }
    }
    Ok(declared)
}

/// Whether a signing key can have this id, the `kid` of the vendor's tokens.
///
/// # Errors
/// What an id is made of.
pub fn check_key_id(id: &str) -> Result<(), &'static str> {
    if id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(())
    } else {
        Err("a signing key's id has 32 hexadecimal digits")
    }
}

/// The first line that holds the id in quotes: where it is declared, in all but contrived files.
fn line_of(text: &str, id: &str) -> usize {
    let quoted = [format!("\"{id}\""), format!("'{id}'")];
    let index = text
        .lines()
        .position(|line| quoted.iter().any(|quoted| line.contains(quoted)));
    index.map_or(1, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        declarations(Path::new("shops.toml"), text)
            .expect_err("a refusal")
            .to_string()
    }

    #[test]
    fn the_demo_can_be_declared() {
        assert!(declarations(Path::new("demo.toml"), crate::DEMO).is_ok());
    }

    #[test]
    fn ids_have_the_vendors_forms() {
        assert_eq!(
            refusal("provider = \"xdua\"\n[[application]]\nid = \"my-shop1\""),
            "shops.toml:3: `my-shop1`: a shop's id has 8 letters or digits"
        );
        let key = "[[application.credential]]\nkind = \"signing-key\"\nid = \"k1\"";
        assert_eq!(
            refusal(&format!(
                "provider = \"xdua\"\n[[application]]\nid = \"A3bdXNT3\"\n{key}"
            )),
            "shops.toml:6: `k1`: a signing key's id has 32 hexadecimal digits"
        );
    }
}
