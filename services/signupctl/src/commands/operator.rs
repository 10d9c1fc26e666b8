//! `signupctl operator`

use std::path::Path;

use serde_json::{Value, json};
use signup_app::{hash_pool, operators};
use signup_core::mask::Secret;
use signup_core::operator::is_operator_name;
use signup_core::user::PasswordHash;
use signup_store::{Operator, OperatorChange};

use super::key::create::read_secret;
use crate::cli::{OperatorCommand, OperatorCreateArgs};
use crate::failure::Misuse;
use crate::output::{Output, table};
use crate::workplace::{Workplace, now};

/// Does what is asked for, and notes it in the audit log.
pub async fn run(
    place: &Workplace,
    command: &OperatorCommand,
    output: Output,
) -> anyhow::Result<()> {
    place.must_be_migrated().await?;
    match command {
        OperatorCommand::Create(arguments) => create(place, arguments, output).await,
        OperatorCommand::List => list(place, output).await,
        OperatorCommand::Disable { name } => {
            let done = "is kept out; the sessions have ended";
            change(place, name, OperatorChange::Disable, done, output).await
        }
        OperatorCommand::Enable { name } => {
            let done = "may sign in again";
            change(place, name, OperatorChange::Enable, done, output).await
        }
        OperatorCommand::SetRole { name, role } => {
            let done = format!("has the role {role}");
            change(place, name, OperatorChange::Role(*role), &done, output).await
        }
        OperatorCommand::SetPassword {
            name,
            password_file,
        } => set_password(place, name, password_file.as_deref(), output).await,
    }
}

async fn create(
    place: &Workplace,
    arguments: &OperatorCreateArgs,
    output: Output,
) -> anyhow::Result<()> {
    let name = &arguments.name;
    if !is_operator_name(name) {
        let problem = "a name has 1 to 64 lower-case letters, digits, '-', '_', '.' or '@'";
        return Err(Misuse(problem.to_owned()).into());
    }
    let chosen = Chosen::read(place, name, arguments.password_file.as_deref())?;
    let operator = Operator {
        name: name.clone(),
        password_hash: chosen.hash.clone(),
        role: arguments.role,
        disabled: false,
        created_at: now(),
        password_changed_at: now(),
    };
    let author = place.author();
    if !place.store.insert_operator(&operator, &author).await? {
        return Err(Misuse(format!(
            "operator `{name}` exists; change it with: signupctl operator set-role, set-password or enable"
        ))
        .into());
    }
    chosen.show(&operator, "was made", output)
}

async fn list(place: &Workplace, output: Output) -> anyhow::Result<()> {
    let operators = place.store.operators().await?;
    let value: Vec<Value> = operators.iter().map(as_json).collect();
    output.show(&value, || {
        let rows: Vec<_> = operators
            .iter()
            .map(|operator| {
                [
                    operator.name.clone(),
                    operator.role.to_string(),
                    if operator.disabled { "disabled" } else { "enabled" }.to_owned(),
                    operator.created_at.to_string(),
                    operator.password_changed_at.to_string(),
                ]
            })
            .collect();
        table(
            ["OPERATOR", "ROLE", "STATE", "MADE", "PASSWORD SET"],
            &rows,
            "nobody may use the console yet; make somebody with: signupctl operator create NAME --role admin",
        )
    })
}

async fn change(
    place: &Workplace,
    name: &str,
    change: OperatorChange,
    done: &str,
    output: Output,
) -> anyhow::Result<()> {
    let author = place.author();
    if !place.store.change_operator(name, change, &author).await? {
        return Err(unknown(name).into());
    }
    let operator = find(place, name).await?;
    output.show(&as_json(&operator), || format!("operator {name} {done}"))
}

async fn set_password(
    place: &Workplace,
    name: &str,
    file: Option<&Path>,
    output: Output,
) -> anyhow::Result<()> {
    find(place, name).await?;
    let chosen = Chosen::read(place, name, file)?;
    let change = OperatorChange::Password(chosen.hash.clone(), now());
    let author = place.author();
    if !place.store.change_operator(name, change, &author).await? {
        return Err(unknown(name).into());
    }
    let operator = find(place, name).await?;
    chosen.show(
        &operator,
        "has a new password; the sessions have ended",
        output,
    )
}

/// A password, and itself if it was made here.
struct Chosen {
    hash: PasswordHash,
    made: Option<Secret<String>>,
}

impl Chosen {
    fn read(place: &Workplace, name: &str, file: Option<&Path>) -> anyhow::Result<Self> {
        let given = file.map(read_secret).transpose()?;
        let is_made = given.is_none();
        let text = match given {
            Some(given) => given,
            None => Secret::new(
                operators::random_password()
                    .ok_or_else(|| anyhow::anyhow!("the system gives no random numbers"))?,
            ),
        };
        let password = operators::check_password(text.expose(), name)
            .map_err(|problem| Misuse(format!("the password {problem}")))?;
        Ok(Self {
            hash: hash_pool::hash(&password, place.settings.hash.cost)?,
            made: is_made.then_some(text),
        })
    }

    fn show(&self, operator: &Operator, done: &str, output: Output) -> anyhow::Result<()> {
        let mut value = as_json(operator);
        let told = format!("operator {} {done}", operator.name);
        let Some(password) = &self.made else {
            return output.show(&value, || told);
        };
        value["password"] = json!(password.expose());
        let text = || {
            format!(
                "{told}\nPass the password on now: it is not shown again.\n\n{:<10} {}\n",
                "password",
                password.expose()
            )
        };
        let lost = format!(
            "{told}, but the password was not shown; make another with: signupctl operator set-password {}",
            operator.name
        );
        output.show_once(&value, text, &lost)
    }
}

async fn find(place: &Workplace, name: &str) -> anyhow::Result<Operator> {
    let found = place.store.find_operator(name).await?;
    Ok(found.ok_or_else(|| unknown(name))?)
}

fn unknown(name: &str) -> Misuse {
    Misuse(format!(
        "there is no operator `{name}`; list them with: signupctl operator list"
    ))
}

fn as_json(operator: &Operator) -> Value {
    json!({
        "name": operator.name,
        "role": operator.role.as_str(),
        "disabled": operator.disabled,
        "created_at": operator.created_at.to_string(),
        "password_changed_at": operator.password_changed_at.to_string(),
    })
}
