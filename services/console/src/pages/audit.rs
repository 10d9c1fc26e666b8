//! The audit log.

use maud::html;
use signup_core::reply::Reply;
use signup_store::AuditFilter;

use crate::parts;
use crate::refusal::Refusal;
use crate::visit::Visit;

/// Entries on one page.
const MOST: u32 = 100;

/// `GET /audit`
pub async fn show(visit: Visit) -> Result<Reply, Refusal> {
    let words = &visit.texts.audit;
    let wanted = |name: &str| visit.query.filled(name).map(str::to_owned);
    let filter = AuditFilter {
        operator: wanted("operator"),
        action: wanted("action"),
        before: visit.query.get("before").parse().ok(),
    };
    let entries = visit.app.store.audit_entries(filter, MOST).await?;
    let next = entries.last().map(|(number, _)| *number);
    let is_full = entries.len() == usize::try_from(MOST).unwrap_or(usize::MAX);
    let rows = entries.iter().map(|(_, entry)| {
        [
            parts::time(entry.time),
            html! { (entry.operator) " (" (entry.origin) ")" },
            html! { code { (entry.action) } },
            html! { (entry.object.as_deref().unwrap_or_default()) },
            html! { @if entry.details.as_object().is_some_and(|details| !details.is_empty()) { code { (entry.details) } } },
            html! { (entry.client.as_deref().unwrap_or_default()) },
            html! { (entry.request_id.as_deref().unwrap_or_default()) },
        ]
    });
    let headings = [
        words.time,
        words.operator,
        words.action,
        words.object,
        words.details,
        words.client,
        words.request,
    ];
    let content = html! {
        form class="filter" method="get" action="/audit" {
            @for (name, label) in [("operator", words.operator), ("action", words.action)] {
                div { label for=(name) { (label) } br; input type="text" id=(name) name=(name) value=(visit.query.get(name)); }
            }
            button { (words.show) }
        }
        @if entries.is_empty() { p { (words.none) } } @else { (parts::table(words.caption, &headings, rows)) }
        @if let Some(number) = next.filter(|_| is_full) {
            form method="get" action="/audit" {
                @for name in ["operator", "action"] { input type="hidden" name=(name) value=(visit.query.get(name)); }
                input type="hidden" name="before" value=(number);
                button class="plain" { (words.older) }
            }
        }
    };
    Ok(visit.page(words.title, content))
}
