//! `signupctl key rotate`

use serde_json::json;
use signup_app::credentials::{CredentialOwner, Issued, issue, random_id};
use signup_core::credential::CredentialKind;
use signup_core::time::Timestamp;
use signup_store::{Change, CredentialRecord, Declarations};

use super::{issued_json, issued_text, made, show_made};
use crate::cli::KeyRotateArgs;
use crate::failure::Misuse;
use crate::output::Output;
use crate::providers;
use crate::workplace::{Workplace, now};

/// A credential and the one that takes its place.
struct Rotation {
    old: CredentialRecord,
    new: Issued,
}

/// Makes successors and lets the old credentials end after the overlap, all or none.
///
/// A credential has one secret, so a successor is a credential of its own, with an id of its own. Callers that send the
/// id (`key_name`, `kid`) change it together with the secret; callers that send their application's id (`client_id`)
/// change the secret alone. Until then the old one works.
pub async fn run(
    place: &Workplace,
    arguments: &KeyRotateArgs,
    output: Output,
) -> anyhow::Result<()> {
    let provider = providers::find(&arguments.provider)?.name;
    let stored = place.declarations().await?;
    let keys = place.keys()?;
    let end = now().after(arguments.overlap);
    let mut rotations: Vec<Rotation> = Vec::new();
    for name in &arguments.credentials {
        let (kind, old) = find(&stored, provider, name)?;
        let taken = |id: &str| {
            let same = |record: &CredentialRecord| record.kind == old.kind && record.id == id;
            stored
                .credentials
                .iter()
                .any(|other| other.provider == provider && same(other))
                || rotations.iter().any(|other| same(&other.new.record))
        };
        let owner = CredentialOwner {
            provider,
            application: old.application_id.as_deref(),
            kind,
            id: &successor_id(kind, &old.id, taken)?,
        };
        let new = issue(&keys, &owner, now())?;
        let mut old = old.clone();
        // A credential that is on its way out already does not live longer because it is rotated again.
        old.expires_at = Some(
            old.expires_at
                .map_or(end.as_millis(), |set| set.min(end.as_millis())),
        );
        rotations.push(Rotation { old, new });
    }
    let changes = rotations.iter().flat_map(|rotation| {
        [
            Change::AddCredential(rotation.new.record.clone()),
            Change::PutCredential(rotation.old.clone()),
        ]
    });
    place.change_declarations(changes.collect()).await?;
    let value: Vec<_> = rotations
        .iter()
        .map(|rotation| json!({"old": super::credential_json(&rotation.old), "new": issued_json(&rotation.new)}))
        .collect();
    let text = || {
        let texts: Vec<_> = rotations.iter().map(as_text).collect();
        texts.join("\n")
    };
    let made: Vec<String> = rotations.iter().filter_map(|one| made(&one.new)).collect();
    show_made(output, &value, text, &made)
}

fn find<'a>(
    stored: &'a Declarations,
    provider: &str,
    name: &str,
) -> anyhow::Result<(CredentialKind, &'a CredentialRecord)> {
    let (kind, id) = name.split_once('/').ok_or_else(|| {
        Misuse(format!(
            "`{name}` names no credential; write KIND/ID, for example server-key/game"
        ))
    })?;
    let kind: CredentialKind = kind.parse().map_err(Misuse)?;
    let record = stored.credentials.iter().find(|record| {
        record.provider == provider && record.kind == kind.as_str() && record.id == id
    });
    let record = record.ok_or_else(|| {
        Misuse(format!(
            "{provider} has no {kind} `{id}`; list them with: signupctl key list {provider}"
        ))
    })?;
    Ok((kind, record))
}

/// Key ids are read by machines only, so signing keys get random ones; elsewhere `game` is followed by `game-2`.
fn successor_id(
    kind: CredentialKind,
    id: &str,
    taken: impl Fn(&str) -> bool,
) -> anyhow::Result<String> {
    if kind == CredentialKind::SigningKey {
        return Ok(random_id()?);
    }
    let (stem, number) = id
        .rsplit_once('-')
        .and_then(|(stem, number)| Some((stem, number.parse::<u32>().ok()?)))
        .unwrap_or((id, 1));
    // Leaves room for the number within the 64 characters that an id may have.
    let stem: String = stem.chars().take(53).collect();
    (number..)
        .skip(1)
        .map(|number| format!("{stem}-{number}"))
        .find(|candidate| !taken(candidate))
        .ok_or_else(|| Misuse(format!("there is no free id after `{id}`")).into())
}

fn as_text(rotation: &Rotation) -> String {
    let mut text = issued_text(&rotation.new);
    let old = &rotation.old;
    let end = old
        .expires_at
        .map_or_else(String::new, |end| Timestamp::from_millis(end).to_string());
    text.push_str(&format!("\n{}/{} works until {end}\n", old.kind, old.id));
    if old.kind == CredentialKind::SigningKey.as_str() {
        text.push_str("Tokens signed by it end then; make new ones with: signupctl token create\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn successors_are_numbered() {
        let next = |id: &str, taken: &[&str]| {
            successor_id(CredentialKind::ServerKey, id, |id| taken.contains(&id)).unwrap()
        };
        assert_eq!(next("game", &[]), "game-2");
        assert_eq!(next("game", &["game-2"]), "game-3");
        assert_eq!(next("game-9", &[]), "game-10");
        assert_eq!(next(&"x".repeat(64), &[]).len(), 55);
    }
}
