//! `signupctl limits report`

use std::collections::BTreeMap;

use serde_json::{Value, json};
use signup_core::code::{Channel, LimitMode};
use signup_core::time::Timestamp;

use super::{key, subject};
use crate::cli::LimitsReportArgs;
use crate::commands::app;
use crate::output::{Output, table};
use crate::workplace::Workplace;

/// One line: what was beyond one limit of an application.
struct Line {
    application: String,
    scope: String,
    channel: Channel,
    country: Option<String>,
    refused: u64,
    let_through: u64,
    last_hour: Timestamp,
}

/// Shows what was refused, and what would have been.
pub async fn run(
    place: &Workplace,
    arguments: &LimitsReportArgs,
    output: Output,
) -> anyhow::Result<()> {
    if let Some(name) = &arguments.application {
        app::find(&place.declarations().await?, name)?;
    }
    place.must_be_migrated().await?;
    let lines = lines(place, arguments).await?;
    let value: Vec<Value> = lines.iter().map(as_json).collect();
    output.show(&value, || {
        let rows: Vec<_> = lines.iter().map(row).collect();
        let mut text = table(
            [
                "APPLICATION",
                "LIMIT",
                "BY",
                "REFUSED",
                "WOULD BE REFUSED",
                "LAST HOUR",
                "CHANGED WITH",
            ],
            &rows,
            "no limit was reached in this time",
        );
        if place.settings.limits.mode == LimitMode::Observe {
            text.push_str("\n\nlimits.mode is \"observe\": nothing is refused now.");
        }
        text
    })
}

async fn lines(place: &Workplace, arguments: &LimitsReportArgs) -> anyhow::Result<Vec<Line>> {
    let mut lines = BTreeMap::new();
    for (hit, count) in place.store.limit_hits(arguments.since).await? {
        let application = format!("{}/{}", hit.provider, hit.application);
        if arguments
            .application
            .as_ref()
            .is_some_and(|wanted| *wanted != application)
        {
            continue;
        }
        let last_hour = hit.hour();
        let place = (
            application.clone(),
            hit.scope.clone(),
            hit.channel.as_str(),
            hit.country.clone(),
        );
        let line = lines.entry(place).or_insert(Line {
            application,
            scope: hit.scope,
            channel: hit.channel,
            country: hit.country,
            refused: 0,
            let_through: 0,
            last_hour,
        });
        match hit.mode {
            LimitMode::Enforce => line.refused += count,
            LimitMode::Observe => line.let_through += count,
        }
        line.last_hour = line.last_hour.max(last_hour);
    }
    Ok(lines.into_values().collect())
}

fn as_json(line: &Line) -> Value {
    json!({
        "application": line.application,
        "scope": line.scope,
        "channel": line.channel,
        "country": line.country,
        "refused": line.refused,
        "would_be_refused": line.let_through,
        "last_hour": line.last_hour.to_string(),
        "key": key(&line.scope, line.channel, line.country.as_deref()),
    })
}

fn row(line: &Line) -> [String; 7] {
    [
        line.application.clone(),
        subject(&line.scope, line.country.as_deref()),
        line.channel.as_str().to_owned(),
        line.refused.to_string(),
        line.let_through.to_string(),
        line.last_hour.to_string(),
        key(&line.scope, line.channel, line.country.as_deref()),
    ]
}
