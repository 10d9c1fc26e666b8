//! `signupctl limits show`

use std::sync::Arc;

use anyhow::Context as _;
use serde_json::{Value, json};
use signup_app::limit_report::limit_key;
use signup_core::application::{Application, Directory, ProviderSettings, Rules};
use signup_core::code::{Channel, Limit, LimitMode, LimitScope};
use signup_store::ApplicationRecord;

use super::subject;
use crate::commands::app;
use crate::output::{Output, table};
use crate::workplace::{Workplace, now};

/// Stands for any address and client: only the numbers are looked at.
const ANYBODY: &str = "";

/// One limit of the application, and its use if it is the application's own.
struct Line {
    channel: Channel,
    limit: Limit,
    used: Option<u64>,
}

/// Shows the limits in force.
pub async fn run(place: &Workplace, name: &str, output: Output) -> anyhow::Result<()> {
    let stored = place.declarations().await?;
    let application = application(app::find(&stored, name)?)?;
    let mut lines = Vec::new();
    for channel in [Channel::Sms, Channel::Email] {
        for limit in application.send_limits(channel, ANYBODY, ANYBODY) {
            let is_shown = match limit.scope {
                LimitScope::AddressInterval | LimitScope::AddressDay => true,
                // The same count for both channels.
                LimitScope::Client => channel == Channel::Email,
                // Shown below, with what is used of them.
                LimitScope::Application | LimitScope::Country(_) => false,
            };
            lines.extend(is_shown.then_some(Line {
                channel,
                limit,
                used: None,
            }));
        }
    }
    for (channel, limit) in application.send_budgets() {
        let used = place.store.find_usage(&limit, now()).await?;
        lines.push(Line {
            channel,
            used: Some(used),
            limit,
        });
    }
    show(place, name, &application, &lines, output)
}

fn show(
    place: &Workplace,
    name: &str,
    application: &Application,
    lines: &[Line],
    output: Output,
) -> anyhow::Result<()> {
    let mode = place.settings.limits.mode;
    let value = json!({
        "application": name,
        "directory": application.directory.id,
        "mode": mode.as_str(),
        "limits": lines.iter().map(as_json).collect::<Vec<_>>(),
    });
    output.show(&value, || {
        let rows: Vec<_> = lines.iter().map(row).collect();
        let mut text = table(
            ["LIMIT", "BY", "ALLOWED", "PER", "USED", "CHANGED WITH"],
            &rows,
            "this application has no limits on sending codes",
        );
        text.push_str(&format!(
            "\n\nWhat an address or a client gets is counted for all applications of directory {} together.",
            application.directory.id
        ));
        if mode == LimitMode::Observe {
            text.push_str("\nlimits.mode is \"observe\": nothing is refused now.");
        }
        text
    })
}

fn application(record: &ApplicationRecord) -> anyhow::Result<Application> {
    let rules: Rules = serde_json::from_value(record.rules.clone()).with_context(|| {
        format!(
            "the rules of {}/{} cannot be read; see signupctl doctor",
            record.provider, record.id
        )
    })?;
    Ok(Application {
        provider: record.provider.clone(),
        id: record.id.clone(),
        directory: Arc::new(Directory {
            provider: record.provider.clone(),
            id: record.directory.clone(),
            settings: ProviderSettings::new(Value::Null),
        }),
        name: record.name.clone(),
        enabled: record.enabled,
        rules,
        settings: ProviderSettings::new(Value::Null),
    })
}

fn as_json(line: &Line) -> Value {
    let scope = &line.limit.scope;
    json!({
        "scope": scope.as_str(),
        "channel": line.channel,
        "country": scope.country(),
        "allowed": line.limit.allowed,
        "window_seconds": line.limit.window.as_secs(),
        "used": line.used,
        "key": limit_key(scope.as_str(), line.channel, scope.country()),
    })
}

fn row(line: &Line) -> [String; 6] {
    let scope = &line.limit.scope;
    [
        subject(scope.as_str(), scope.country()),
        match scope {
            LimitScope::Client => "any".to_owned(),
            _ => line.channel.as_str().to_owned(),
        },
        line.limit.allowed.to_string(),
        match line.limit.window.as_secs() {
            86_400 => "day".to_owned(),
            3_600 => "hour".to_owned(),
            seconds => format!("{seconds} s"),
        },
        line.used.map_or_else(String::new, |used| used.to_string()),
        limit_key(scope.as_str(), line.channel, scope.country()),
    ]
}
