//! What limits on sending codes have refused, or would have.

use std::time::Duration;

use maud::html;
use signup_app::limit_report::{LimitLine, summarize_limit_hits};
use signup_core::code::LimitMode;
use signup_core::reply::Reply;

use crate::parts::{self, Tone, notice};
use crate::refusal::Refusal;
use crate::texts::LimitsTexts;
use crate::visit::Visit;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// `GET /limits`
pub async fn show(visit: Visit) -> Result<Reply, Refusal> {
    let words = &visit.texts.limits;
    let age = match visit.query.get("since") {
        "week" => 7 * DAY,
        "month" => 30 * DAY,
        _ => DAY,
    };
    let hits = visit.app.store.limit_hits(visit.now().before(age)).await?;
    let lines = summarize_limit_hits(hits);
    let rows = lines.iter().map(|line| {
        [
            html! {
                a href={ "/applications/" (line.provider) "/" (line.application) } { (line.provider) "/" (line.application) }
            },
            html! { (subject(words, line)) },
            html! { (line.channel.as_str()) },
            html! { (line.refused) },
            html! { (line.let_through) },
            parts::time(line.last_hour),
            html! { code { (line.key()) } },
        ]
    });
    let headings = [
        words.application,
        words.limit,
        words.channel,
        words.refused,
        words.let_through,
        words.last_hour,
        words.key,
    ];
    let times = [
        ("day", words.day),
        ("week", words.week),
        ("month", words.month),
    ];
    let content = html! {
        @if visit.app.settings.limits.mode == LimitMode::Observe {
            (notice(Tone::Plain, html! { p { (words.observing) } }))
        }
        form class="filter" method="get" action="/limits" {
            div {
                label for="since" { (words.since) } br;
                select id="since" name="since" {
                    @for (value, label) in times {
                        option value=(value) selected[visit.query.get("since") == value] { (label) }
                    }
                }
            }
            button { (words.show) }
        }
        @if lines.is_empty() { p { (words.none) } } @else { (parts::table(words.caption, &headings, rows)) }
    };
    Ok(visit.page(words.title, content))
}

/// What a limit is counted for.
fn subject(words: &LimitsTexts, line: &LimitLine) -> String {
    match (line.scope.as_str(), line.country.as_deref()) {
        ("address_interval", _) => words.address_interval.to_owned(),
        ("address_day", _) => words.address_day.to_owned(),
        ("client", _) => words.client.to_owned(),
        ("country", Some("*")) => words.other_countries.to_owned(),
        ("country", Some(code)) => format!("+{code}: {}", words.country),
        ("application", _) => words.application_day.to_owned(),
        (unknown, _) => unknown.to_owned(),
    }
}
