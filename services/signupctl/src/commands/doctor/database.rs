//! The database and the keys.

use std::time::Duration;

use super::Finding;
use crate::workplace::{Workplace, now};

/// Codes and tokens live for a minute and more; clocks that are further apart break them.
const APART_TOO_FAR: Duration = Duration::from_secs(30);
/// Worth a look.
const APART: Duration = Duration::from_secs(2);
/// A relay publishes within a second; events that wait longer have none.
const OUTBOX_AGE: Duration = Duration::from_secs(60);

/// Checks the database and tells whether what it holds can be looked at.
pub(super) async fn check(place: &Workplace, findings: &mut Vec<Finding>) -> bool {
    let name = format!("{} {}", place.store.backend(), place.database());
    let missing = match place.pending_migrations().await {
        Ok(missing) => missing,
        Err(error) => {
            let advice = "start it, or correct database.url";
            findings.push(Finding::fail("database", format!("{error:#}"), advice));
            return false;
        }
    };
    findings.push(Finding::ok("database", format!("{name} answers")));
    if !missing.is_empty() {
        let found = format!("missing: {}", missing.join(", "));
        let advice = if place.settings.database.migrate_on_start {
            "run: signupctl migrate (services do it when they start, because database.migrate_on_start is on)"
        } else {
            "run: signupctl migrate"
        };
        findings.push(Finding::fail("migrations", found, advice));
        return false;
    }
    findings.push(Finding::ok("migrations", "none is missing"));
    findings.push(language(place).await);
    findings.push(clock(place).await);
    findings.push(outbox(place).await);
    true
}

async fn language(place: &Workplace) -> Finding {
    const CHECK: &str = "language";
    match place.store.has_english_messages().await {
        Ok(true) => Finding::ok(CHECK, "the database's messages are in English"),
        Ok(false) => Finding::warn(
            CHECK,
            "the database's messages are not in English, so deadlocks and a full disk are answered like faults of ours",
            "as a superuser run: ALTER ROLE NAME SET lc_messages TO 'C', with the name in database.url; restart the services",
        ),
        Err(error) => Finding::fail(CHECK, error.to_string(), "start the database"),
    }
}

async fn clock(place: &Workplace) -> Finding {
    const CHECK: &str = "clock";
    const ADVICE: &str = "synchronise the clocks of both machines (NTP)";
    let before = now();
    let told = match place.store.server_time().await {
        Ok(told) => told,
        Err(error) => return Finding::fail(CHECK, error.to_string(), "start the database"),
    };
    // The answer belongs to some moment between asking and hearing.
    let apart = before.since(told).max(told.since(now()));
    let found = format!("{} ms apart from the database's", apart.as_millis());
    match apart {
        _ if apart > APART_TOO_FAR => Finding::fail(CHECK, found, ADVICE),
        _ if apart > APART => Finding::warn(CHECK, found, ADVICE),
        _ => Finding::ok(CHECK, found),
    }
}

async fn outbox(place: &Workplace) -> Finding {
    const CHECK: &str = "outbox";
    match place.store.backlog().await {
        Err(error) => Finding::fail(CHECK, error.to_string(), "start the database"),
        Ok(backlog) => {
            let age = backlog
                .oldest
                .map_or(Duration::ZERO, |oldest| now().since(oldest));
            let found = format!("{} events wait to be published", backlog.waiting);
            if age > OUTBOX_AGE {
                let found = format!("{found}, the oldest for {} s", age.as_secs());
                Finding::warn(CHECK, found, "start a service; its relay publishes them")
            } else {
                Finding::ok(CHECK, found)
            }
        }
    }
}
