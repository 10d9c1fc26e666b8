//! What is declared: can this version read it, and is it strong?

use std::path::Path;
use std::time::Duration;

use signup_app::catalog::read_credential;
use signup_app::declaration;
use signup_core::application::Rules;
use signup_core::keys::KeyRing;
use signup_core::time::Timestamp;
use signup_store::{ApplicationRecord, CredentialRecord, Declarations};

use super::Finding;
use crate::providers;
use crate::workplace::{Workplace, now};

/// A credential that ends within this time is worth a look.
const ENDS_SOON: Duration = Duration::from_secs(14 * 24 * 60 * 60);

pub(super) fn check(place: &Workplace, stored: &Declarations) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut sound = 0;
    for application in &stored.applications {
        let found = check_application(stored, application);
        sound += usize::from(found.is_empty());
        findings.extend(found);
    }
    let name = "applications";
    findings.insert(
        0,
        match stored.applications.len() {
            0 => Finding::warn(
                name,
                "none is declared",
                "declare some and run: signupctl apply -f FILE",
            ),
            all => Finding::ok(name, format!("{all} declared, {sound} without a remark")),
        },
    );
    match place.keys() {
        Ok(keys) => findings.extend(check_credentials(&keys, &stored.credentials)),
        Err(error) => findings.push(Finding::fail(
            "keys",
            format!("{error:#}"),
            "set secrets.keys or secrets.keys_file to the keys that the services use",
        )),
    }
    findings
}

fn check_application(stored: &Declarations, application: &ApplicationRecord) -> Vec<Finding> {
    let name = format!("application {}/{}", application.provider, application.id);
    let Ok(entry) = providers::find(&application.provider) else {
        return vec![Finding::warn(
            name,
            "this version does not know its provider",
            "it was declared by another version; use that one for it",
        )];
    };
    // The provider's own reader knows best what its services can read.
    let readable = declaration::of(stored, application)
        .map_err(|error| error.to_string())
        .and_then(|file| (entry.declarations)(Path::new(""), &file).map_err(|error| error.problem));
    if let Err(problem) = readable {
        return vec![Finding::fail(
            name,
            format!("its stored settings cannot be read: {problem}"),
            "apply its declaration file with this version, or update the services",
        )];
    }
    let rules = serde_json::from_value::<Rules>(application.rules.clone());
    if application.enabled && rules.is_ok_and(|rules| rules.password.is_legacy()) {
        return vec![Finding::warn(
            name,
            "accepts weak passwords (rules.password.profile = \"legacy\")",
            "fine for demos and for clients that cannot change; else use \"standard\"",
        )];
    }
    Vec::new()
}

fn check_credentials(keys: &KeyRing, credentials: &[CredentialRecord]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut usable = 0;
    for record in credentials {
        let name = format!(
            "credential {}/{}/{}",
            record.provider, record.kind, record.id
        );
        let end = record.expires_at.map(Timestamp::from_millis);
        if end.is_some_and(|end| end <= now()) {
            continue;
        }
        if let Err(problem) = read_credential(record.clone(), keys) {
            findings.push(Finding::fail(
                name,
                format!("it cannot be used: {problem}"),
                "add the key that it was sealed with to secrets.keys, or rotate the credential",
            ));
            continue;
        }
        usable += 1;
        if let Some(end) = end.filter(|end| end.since(now()) < ENDS_SOON) {
            findings.push(Finding::warn(
                name,
                format!("ends {end}"),
                "make sure that its clients use its successor",
            ));
        }
    }
    findings.insert(
        0,
        Finding::ok(
            "keys",
            format!(
                "the current key is {}; {usable} credentials can be used",
                keys.current_id()
            ),
        ),
    );
    findings
}
