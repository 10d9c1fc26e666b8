//! The sign-up funnel over time.

mod choice;
mod plot;

use maud::{Markup, html};
use signup_app::funnel::{self, Funnel, FunnelLine, FunnelSpan};
use signup_core::funnel::{Counts, Step};
use signup_core::reply::Reply;
use signup_store::FunnelGroup;

use crate::parts::{self, Tone, notice};
use crate::refusal::Refusal;
use crate::visit::Visit;

use choice::Choice;

/// `GET /funnel`
pub async fn show(visit: Visit) -> Result<Reply, Refusal> {
    let words = &visit.texts.funnel;
    let stored = visit.app.store.declarations().await?;
    let choice = Choice::of(&visit);
    let store = &visit.app.store;
    let read = async |by| funnel::read(store, &choice.question(&visit, by)).await;
    let all = read(FunnelGroup::Everything).await?;
    let parts = [
        (words.by_application, FunnelGroup::Application),
        (words.by_channel, FunnelGroup::Channel),
        (words.by_country, FunnelGroup::Country),
    ];
    let mut told = Vec::new();
    for (title, by) in parts {
        told.push((title, by, read(by).await?));
    }
    let line = all
        .lines
        .first()
        .filter(|line| line.total != Counts::default());
    let content = html! {
        (choice.form(&visit, &stored))
        @if choice.is_bad() { (notice(Tone::Bad, html! { span id="fault" { (words.bad_country) } })) }
        @if let Some(line) = line {
            (total(&visit, &line.total))
            (plot::draw(&visit, line, all.width))
            (spans(&visit, line))
            p class="hint" { (words.rule) }
            @for (title, by, funnel) in &told {
                h2 { (title) }
                (groups(&visit, title, *by, funnel))
            }
        } @else {
            p { (words.nothing) }
        }
    };
    Ok(visit.page(words.title, content))
}

fn total(visit: &Visit, total: &Counts) -> Markup {
    let words = &visit.texts.funnel;
    html! {
        h2 { (words.total) }
        dl {
            dt { (words.requested) } dd { (total.requested) }
            dt { (words.sent) } dd { (with_share(total, Step::Sent, total.sent)) }
            dt { (words.verified) } dd { (with_share(total, Step::Verified, total.verified)) }
            dt { (words.created) } dd { (with_share(total, Step::Created, total.created)) }
            dt { (words.conversion) } dd { (percent(total.conversion())) }
            dt { (words.without_code) } dd { (total.without_code) }
        }
    }
}

fn spans(visit: &Visit, line: &FunnelLine) -> Markup {
    let words = &visit.texts.funnel;
    let headings = [
        words.from,
        words.requested,
        words.sent,
        words.verified,
        words.created,
        words.conversion,
        words.drop,
    ];
    // The newest first: that is what one comes for.
    let rows = line.spans.iter().rev().map(|span| {
        let counts = &span.counts;
        [
            parts::time(span.start),
            html! { (counts.requested) },
            with_share(counts, Step::Sent, counts.sent),
            with_share(counts, Step::Verified, counts.verified),
            with_share(counts, Step::Created, counts.created),
            html! { (percent(counts.conversion())) },
            drops(visit, span),
        ]
    });
    parts::table(words.caption, &headings, rows)
}

fn groups(visit: &Visit, title: &str, by: FunnelGroup, funnel: &Funnel) -> Markup {
    let words = &visit.texts.funnel;
    let headings = [
        title,
        words.requested,
        words.sent,
        words.verified,
        words.created,
        words.conversion,
        words.without_code,
        words.drops,
    ];
    let rows = funnel.lines.iter().map(|line| {
        let total = &line.total;
        let dropped = line.spans.iter().filter(|span| !span.drops.is_empty());
        let dropped = dropped.count();
        let name = match (by, line.group.as_str()) {
            (_, "") => words.none_of.to_owned(),
            (FunnelGroup::Country, code) => format!("+{code}"),
            (FunnelGroup::Channel, "sms") => words.sms.to_owned(),
            (FunnelGroup::Channel, "email") => words.email.to_owned(),
            (_, name) => name.to_owned(),
        };
        [
            html! { (name) },
            html! { (total.requested) },
            with_share(total, Step::Sent, total.sent),
            with_share(total, Step::Verified, total.verified),
            with_share(total, Step::Created, total.created),
            html! { (percent(total.conversion())) },
            html! { (total.without_code) },
            html! { @if dropped > 0 { strong class="drop" { (dropped) } } @else { "0" } },
        ]
    });
    parts::table(title, &headings, rows)
}

fn with_share(counts: &Counts, step: Step, count: u64) -> Markup {
    html! { (count) @if let Some(share) = counts.share(step) { " (" (percent(Some(share))) ")" } }
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(String::new, |share| format!("{:.1} %", share * 100.0))
}

fn drops(visit: &Visit, span: &FunnelSpan) -> Markup {
    let words = &visit.texts.funnel;
    let names: Vec<&str> = span
        .drops
        .iter()
        .map(|step| match step {
            Step::Sent => words.sent,
            Step::Verified => words.verified,
            Step::Created => words.created,
        })
        .collect();
    html! { @if !names.is_empty() { strong class="drop" { "▼ " (words.drop_of) " " (names.join(", ")) } } }
}
