//! Who may use the console.

use signup_core::operator::Role;

use super::Finding;
use crate::workplace::Workplace;

const CHECK: &str = "operators";

/// Whether somebody administers the console. Who does without the console needs nobody.
pub(super) async fn check(place: &Workplace) -> Finding {
    let operators = match place.store.operators().await {
        Ok(operators) => operators,
        Err(error) => return Finding::fail(CHECK, error.to_string(), "start the database"),
    };
    let admins = operators.iter().filter(|one| one.role == Role::Admin);
    let (disabled, enabled): (Vec<_>, Vec<_>) = admins.partition(|operator| operator.disabled);
    if !enabled.is_empty() {
        let found = format!(
            "{} may use the console, {} of them as administrators",
            operators.iter().filter(|one| !one.disabled).count(),
            enabled.len()
        );
        return Finding::ok(CHECK, found);
    }
    let command = match disabled.first() {
        Some(operator) => format!("signupctl operator enable {}", operator.name),
        None => "signupctl operator create NAME --role admin".to_owned(),
    };
    Finding::warn(
        CHECK,
        "nobody is an administrator of the console",
        format!("if the console is used, run: {command}"),
    )
}
