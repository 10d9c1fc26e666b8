//! `signupctl key create`

use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use signup_app::credentials::{
    CredentialOwner, Issued, import_public_key, import_secret, issue, random_id,
};
use signup_app::declaration;
use signup_core::credential::CredentialKind;
use signup_core::mask::Secret;
use signup_store::{Change, Declarations};

use super::{issued_json, issued_text, made, show_made};
use crate::cli::KeyCreateArgs;
use crate::commands::{app, token};
use crate::failure::Misuse;
use crate::output::Output;
use crate::providers;
use crate::workplace::{Workplace, now};

/// Secrets and keys are small; more is the wrong file.
const LARGEST_FILE: u64 = 64 * 1024;

/// Makes a credential, or takes one over.
pub async fn run(
    place: &Workplace,
    arguments: &KeyCreateArgs,
    output: Output,
) -> anyhow::Result<()> {
    let stored = place.declarations().await?;
    let (provider, application) = owner(&stored, &arguments.owner)?;
    let id = match &arguments.id {
        Some(id) => id.clone(),
        None => random_id()?,
    };
    let owner = CredentialOwner {
        provider,
        application,
        kind: arguments.kind,
        id: &id,
    };
    must_fit(&stored, &owner)?;
    must_be_new(&stored, &owner)?;
    let issued = make(place, arguments, &owner)?;
    let change = Change::AddCredential(issued.record.clone());
    place.change_declarations(vec![change]).await?;
    let made: Vec<String> = made(&issued).into_iter().collect();
    show_made(
        output,
        &issued_json(&issued),
        || issued_text(&issued),
        &made,
    )
}

fn make(
    place: &Workplace,
    arguments: &KeyCreateArgs,
    owner: &CredentialOwner<'_>,
) -> anyhow::Result<Issued> {
    Ok(match (&arguments.public_key, &arguments.secret_file) {
        (Some(_), _) if owner.kind != CredentialKind::SigningKey => {
            return Err(Misuse(format!(
                "--public-key is for signing-key, not for {}",
                owner.kind
            ))
            .into());
        }
        (Some(path), _) => import_public_key(owner, &read(path)?, now())?,
        (None, Some(path)) => Issued {
            record: import_secret(&place.keys()?, owner, &read_secret(path)?, now())?,
            secret: None,
        },
        (None, None) => issue(&place.keys()?, owner, now())?,
    })
}

fn owner<'a>(
    stored: &'a Declarations,
    name: &'a str,
) -> anyhow::Result<(&'a str, Option<&'a str>)> {
    if name.contains('/') {
        let application = app::find(stored, name)?;
        return Ok((&application.provider, Some(&application.id)));
    }
    Ok((providers::find(name)?.name, None))
}

/// Only signing keys can be for all applications of a provider. Which kinds an application can have is its provider's
/// affair, so the provider is asked whether it would read the application's file with this credential in it.
fn must_fit(stored: &Declarations, owner: &CredentialOwner<'_>) -> anyhow::Result<()> {
    let &CredentialOwner {
        provider,
        application,
        kind,
        id,
    } = owner;
    let Some(application) = application else {
        if kind == CredentialKind::SigningKey && provider == token::PROVIDER {
            xdua_gateway::check_key_id(id).map_err(|problem| Misuse(format!("--id: {problem}")))?;
            return Ok(());
        }
        let problem = format!(
            "a {kind} of {provider} belongs to one application; write {provider}/APPLICATION"
        );
        return Err(Misuse(problem).into());
    };
    let application = app::find(stored, &format!("{provider}/{application}"))?;
    let file = declaration::with_credential(declaration::of(stored, application)?, kind, id);
    (providers::find(provider)?.declarations)(Path::new(""), &file)
        .map_err(|error| Misuse(error.problem))?;
    Ok(())
}

fn must_be_new(stored: &Declarations, owner: &CredentialOwner<'_>) -> Result<(), Misuse> {
    let &CredentialOwner {
        provider, kind, id, ..
    } = owner;
    let taken = stored
        .credentials
        .iter()
        .any(|other| other.provider == provider && other.kind == kind.as_str() && other.id == id);
    if taken {
        return Err(Misuse(format!(
            "{kind} `{id}` exists; choose another --id, or run: signupctl key rotate {provider} {kind}/{id}"
        )));
    }
    Ok(())
}

/// The secret on the only line of a file, or of standard input (`-`).
///
/// # Errors
/// It cannot be read.
pub fn read_secret(path: &Path) -> anyhow::Result<Secret<String>> {
    let text = read(path)?;
    Ok(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

fn read(path: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let result = if path == Path::new("-") {
        std::io::stdin()
            .lock()
            .take(LARGEST_FILE)
            .read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(LARGEST_FILE).read_to_string(&mut text))
    };
    result.with_context(|| format!("{} cannot be read", path.display()))?;
    Ok(text)
}
