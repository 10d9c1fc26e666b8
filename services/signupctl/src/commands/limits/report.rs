//! `signupctl limits report`

use serde_json::{Value, json};
use signup_app::limit_report::{LimitLine, summarize_limit_hits};
use signup_core::code::LimitMode;

use super::subject;
use crate::cli::LimitsReportArgs;
use crate::commands::app;
use crate::output::{Output, table};
use crate::workplace::Workplace;

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

async fn lines(place: &Workplace, arguments: &LimitsReportArgs) -> anyhow::Result<Vec<LimitLine>> {
    let mut lines = summarize_limit_hits(place.store.limit_hits(arguments.since).await?);
    if let Some(wanted) = &arguments.application {
        lines.retain(|line| application(line) == *wanted);
    }
    Ok(lines)
}

fn application(line: &LimitLine) -> String {
    format!("{}/{}", line.provider, line.application)
}

fn as_json(line: &LimitLine) -> Value {
    json!({
        "application": application(line),
        "scope": line.scope,
        "channel": line.channel,
        "country": line.country,
        "refused": line.refused,
        "would_be_refused": line.let_through,
        "last_hour": line.last_hour.to_string(),
        "key": line.key(),
    })
}

fn row(line: &LimitLine) -> [String; 7] {
    [
        application(line),
        subject(&line.scope, line.country.as_deref()),
        line.channel.as_str().to_owned(),
        line.refused.to_string(),
        line.let_through.to_string(),
        line.last_hour.to_string(),
        line.key(),
    ]
}
