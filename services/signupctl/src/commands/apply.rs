//! `signupctl apply`

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::{Value, json};
use signup_app::apply::{self, Action, NewSecret, Plan, PlanError};
use signup_app::declare::{Declared, provider_of};
use signup_core::keys::KeyRing;
use signup_store::Declarations;

use super::key::show_made;
use crate::cli::ApplyArgs;
use crate::failure::Misuse;
use crate::output::{Output, note, table};
use crate::providers;
use crate::workplace::{Workplace, now};

/// What goes with new secrets.
const NOTICE: &str = "These secrets are new. Store them now: they are not shown again.";

/// Compares, shows, and writes unless this is a dry run.
pub async fn run(place: &Workplace, arguments: &ApplyArgs, output: Output) -> anyhow::Result<()> {
    let declared = read_all(&arguments.files)?;
    let mut stored = prepare(place, arguments.dry_run).await?;
    let keys = if arguments.dry_run {
        throwaway_keys()?
    } else {
        place.keys()?
    };
    let plan = loop {
        let mut plan = apply::plan(&place.store, &stored, &declared, &keys, now())
            .await
            .map_err(explain)?;
        if arguments.dry_run {
            plan.secrets.clear();
            break plan;
        }
        if plan.is_empty() || write(place, &stored, &mut plan).await? {
            break plan;
        }
        stored = place.declarations().await?;
    };
    let value = as_json(&plan, arguments.dry_run);
    let text = || as_text(&plan, arguments.dry_run);
    let made: Vec<String> = plan.secrets.iter().map(|new| new.name.clone()).collect();
    show_made(output, &value, text, &made)
}

/// Writes, if nothing was declared since `stored` was read. If something was, what is left to do is another matter: of two
/// that apply the same at once, one has nothing to do.
async fn write(place: &Workplace, stored: &Declarations, plan: &mut Plan) -> anyhow::Result<bool> {
    let changes = std::mem::take(&mut plan.changes);
    let written = place
        .store
        .change_declarations_as(place.author(), changes, Some(stored.revision))
        .await?;
    Ok(written)
}

/// A refused file is what the exit status tells.
fn explain(error: PlanError) -> anyhow::Error {
    match error {
        PlanError::Refused(refused) => refused.into(),
        other => other.into(),
    }
}

/// What is stored. A database that the services would migrate at their start is migrated here; a dry run compares with
/// nothing instead.
async fn prepare(place: &Workplace, dry_run: bool) -> anyhow::Result<Declarations> {
    let unmigrated = !place.pending_migrations().await?.is_empty();
    if unmigrated && dry_run {
        note(format_args!(
            "signupctl: {} is not migrated yet, so nothing is stored",
            place.database()
        ));
        return Ok(Declarations::default());
    }
    if unmigrated && place.settings.database.migrate_on_start {
        for migration in place.migrate().await? {
            note(format_args!("signupctl: migration {migration} was applied"));
        }
    }
    place.declarations().await
}

/// A dry run seals new secrets only to throw them away, and must not make the file that keeps real keys.
fn throwaway_keys() -> anyhow::Result<KeyRing> {
    const ZEROS: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    Ok(KeyRing::parse(&format!("dry-run:{ZEROS}"))?)
}

fn read_all(arguments: &[PathBuf]) -> anyhow::Result<Vec<Declared>> {
    let mut declared = Vec::new();
    let is_input = |argument: &&PathBuf| argument.as_path() == Path::new("-");
    if arguments.iter().filter(is_input).count() > 1 {
        return Err(Misuse("standard input (-f -) can be read once only".to_owned()).into());
    }
    for argument in arguments {
        if is_input(&argument) {
            let text =
                io::read_to_string(io::stdin().lock()).context("standard input cannot be read")?;
            declared.push(read(Path::new("<stdin>"), &text)?);
            continue;
        }
        for path in files(argument)? {
            let text = std::fs::read_to_string(&path)
                .map_err(|error| Misuse(format!("{} cannot be read: {error}", path.display())))?;
            declared.push(read(&path, &text)?);
        }
    }
    refuse_repeats(&declared)?;
    Ok(declared)
}

/// The file, or the `*.toml` files of the directory in the order of their names.
fn files(argument: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !argument.is_dir() {
        return Ok(vec![argument.to_owned()]);
    }
    let mut found: Vec<PathBuf> = std::fs::read_dir(argument)
        .and_then(|entries| {
            entries
                .map(|entry| Ok(entry?.path()))
                .collect::<io::Result<_>>()
        })
        .with_context(|| format!("{} cannot be read", argument.display()))?;
    found.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "toml")
    });
    found.sort();
    if found.is_empty() {
        let problem = format!("{} holds no *.toml file", argument.display());
        return Err(Misuse(problem).into());
    }
    Ok(found)
}

fn read(path: &Path, text: &str) -> anyhow::Result<Declared> {
    let provider = provider_of(path, text)?;
    let entry = providers::find(&provider)
        .map_err(|Misuse(problem)| Misuse(format!("{}: {problem}", path.display())))?;
    Ok((entry.declarations)(path, text)?)
}

/// Two files that declare the same thing would take turns at changing it.
fn refuse_repeats(declared: &[Declared]) -> Result<(), Misuse> {
    let mut seen: HashMap<String, &Value> = HashMap::new();
    let once = Value::Null;
    for file in declared {
        let provider = &file.provider;
        let directories = file
            .directories
            .iter()
            .map(|(id, settings)| (format!("directory {provider}/{id}"), settings));
        let applications = file
            .applications
            .iter()
            .map(|application| (format!("application {provider}/{}", application.id), &once));
        let credentials = file.credentials.iter().map(|credential| {
            (
                format!("{} {provider}/{}", credential.kind, credential.id),
                &once,
            )
        });
        for (name, settings) in directories.chain(applications).chain(credentials) {
            // Applications in two files may share a directory, if both describe it alike.
            match seen.insert(name.clone(), settings) {
                Some(before) if before.is_null() || before != settings => {
                    return Err(Misuse(format!("{name} is declared twice; declare it once")));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

fn as_json(plan: &Plan, dry_run: bool) -> Value {
    let secrets: Vec<Value> = plan.secrets.iter().map(secret_json).collect();
    let mut value = json!({"dry_run": dry_run, "steps": plan.steps, "secrets": secrets});
    if !secrets.is_empty() {
        value["notice"] = json!(NOTICE);
    }
    value
}

fn secret_json(new: &NewSecret) -> Value {
    json!({
        "credential": new.name,
        "application": new.application,
        "secret": new.secret.expose(),
    })
}

fn as_text(plan: &Plan, dry_run: bool) -> String {
    let mut text = String::new();
    let mut changes = 0;
    for step in &plan.steps {
        let action = match step.action {
            Action::Create => "create",
            Action::Update => "update",
            Action::Undeclared => "undeclared",
        };
        changes += usize::from(step.action != Action::Undeclared);
        text.push_str(&format!("{action:<10}  {:<11}  {}\n", step.what, step.name));
        for detail in &step.details {
            text.push_str(&format!("{:<25}{detail}\n", ""));
        }
    }
    text.push_str(&match (changes, dry_run) {
        (0, _) => "nothing to change\n".to_owned(),
        (1, true) => "1 change would be made; nothing was written\n".to_owned(),
        (changes, true) => format!("{changes} changes would be made; nothing was written\n"),
        (1, false) => "1 change was made\n".to_owned(),
        (changes, false) => format!("{changes} changes were made\n"),
    });
    if !plan.secrets.is_empty() {
        let rows: Vec<_> = plan
            .secrets
            .iter()
            .map(|new| {
                [
                    new.name.clone(),
                    new.application.clone(),
                    new.secret.expose().clone(),
                ]
            })
            .collect();
        text.push_str(&format!("\n{NOTICE}\n\n"));
        text.push_str(&table(["CREDENTIAL", "APPLICATION", "SECRET"], &rows, ""));
        text.push('\n');
    }
    text
}
