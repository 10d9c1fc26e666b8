//! `signupctl funnel`

use std::time::Duration;

use serde_json::{Value, json};
use signup_app::funnel::{self, Funnel, FunnelLine, FunnelQuestion, FunnelSpan};
use signup_core::funnel::{Counts, Step};
use signup_store::FunnelGroup;

use crate::cli::{FunnelArgs, FunnelPart};
use crate::commands::app;
use crate::moment::end_of_window;
use crate::output::{Output, table};
use crate::workplace::Workplace;

/// Shows the funnel: span by span, or one line for each part.
pub async fn run(place: &Workplace, arguments: &FunnelArgs, output: Output) -> anyhow::Result<()> {
    place.must_be_migrated().await?;
    let application = match &arguments.application {
        Some(name) => {
            let stored = place.declarations().await?;
            let found = app::find(&stored, name)?;
            Some((found.provider.clone(), found.id.clone()))
        }
        None => None,
    };
    let question = FunnelQuestion {
        since: arguments.since,
        until: end_of_window(arguments.since, arguments.until)?,
        application,
        channel: arguments.channel,
        country: arguments.country.clone(),
        by: match arguments.by {
            None => FunnelGroup::Everything,
            Some(FunnelPart::Application) => FunnelGroup::Application,
            Some(FunnelPart::Channel) => FunnelGroup::Channel,
            Some(FunnelPart::Country) => FunnelGroup::Country,
        },
    };
    let funnel = funnel::read(&place.store, &question).await?;
    output.show(&as_json(&funnel), || match arguments.by {
        None => spans(&funnel),
        Some(part) => parts(&funnel, part),
    })
}

fn as_json(funnel: &Funnel) -> Value {
    let span = |span: &FunnelSpan| {
        let mut value = counts(&span.counts);
        value["start"] = json!(span.start.to_string());
        value["drops"] = span.drops.iter().map(|step| step.as_str()).collect();
        value
    };
    let line = |line: &FunnelLine| {
        json!({
            "group": line.group,
            "total": counts(&line.total),
            "spans": line.spans.iter().map(span).collect::<Vec<_>>(),
        })
    };
    json!({
        "span_seconds": funnel.width.as_secs(),
        "lines": funnel.lines.iter().map(line).collect::<Vec<_>>(),
    })
}

fn counts(counts: &Counts) -> Value {
    json!({
        "requested": counts.requested,
        "sent": counts.sent,
        "verified": counts.verified,
        "created": counts.created,
        "created_without_code": counts.without_code,
        "conversion": counts.conversion(),
    })
}

const NOTHING: &str = "nobody asked for a code or signed up in this time";

fn spans(funnel: &Funnel) -> String {
    let rows: Vec<_> = funnel
        .lines
        .iter()
        .flat_map(|line| &line.spans)
        .map(|span| {
            let [requested, sent, verified, created, conversion, without] = cells(&span.counts);
            [
                span.start.to_string(),
                requested,
                sent,
                verified,
                created,
                conversion,
                without,
                drops(&span.drops),
            ]
        })
        .collect();
    let headings = [
        "FROM", "ASKED", "SENT", "ENTERED", "CREATED", "OF ASKED", "NO CODE", "DROP",
    ];
    let mut text = table(headings, &rows, NOTHING);
    if let Some(line) = funnel.lines.first() {
        let [requested, sent, verified, created, conversion, without] = cells(&line.total);
        text.push_str(&format!(
            "\n\n{requested} codes asked for, {sent} sent, {verified} entered, {created} users ({conversion}); {without} users \
             without a code; in spans of {}",
            length(funnel.width)
        ));
    }
    text
}

fn parts(funnel: &Funnel, part: FunnelPart) -> String {
    let rows: Vec<_> = funnel
        .lines
        .iter()
        .map(|line| {
            let [requested, sent, verified, created, conversion, without] = cells(&line.total);
            let name = match (part, line.group.as_str()) {
                (_, "") => "none".to_owned(),
                (FunnelPart::Country, code) => format!("+{code}"),
                (_, name) => name.to_owned(),
            };
            let dropped = line.spans.iter().filter(|span| !span.drops.is_empty());
            let dropped: Vec<String> = dropped
                .map(|span| format!("{} {}", span.start, drops(&span.drops)))
                .collect();
            let dropped = match dropped.as_slice() {
                [] => String::new(),
                [one] => one.clone(),
                [.., last] => format!("{}, last {last}", dropped.len()),
            };
            [
                name, requested, sent, verified, created, conversion, without, dropped,
            ]
        })
        .collect();
    let heading = match part {
        FunnelPart::Application => "APPLICATION",
        FunnelPart::Channel => "CHANNEL",
        FunnelPart::Country => "COUNTRY",
    };
    let headings = [
        heading, "ASKED", "SENT", "ENTERED", "CREATED", "OF ASKED", "NO CODE", "DROPS",
    ];
    table(headings, &rows, NOTHING)
}

fn cells(counts: &Counts) -> [String; 6] {
    [
        counts.requested.to_string(),
        counts.sent.to_string(),
        counts.verified.to_string(),
        counts.created.to_string(),
        counts
            .conversion()
            .map_or_else(String::new, |share| format!("{:.1} %", share * 100.0)),
        counts.without_code.to_string(),
    ]
}

fn drops(steps: &[Step]) -> String {
    let names: Vec<&str> = steps.iter().map(|step| step.as_str()).collect();
    names.join(", ")
}

fn length(width: Duration) -> &'static str {
    match width.as_secs() {
        600 => "ten minutes",
        3_600 => "an hour",
        _ => "a day",
    }
}
