//! Which part of the funnel is shown.

use std::time::Duration;

use maud::{Markup, html};
use signup_app::funnel::FunnelQuestion;
use signup_core::code::Channel;
use signup_store::{Declarations, FunnelGroup};

use crate::visit::Visit;

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

/// The times that can be chosen: name and seconds. The second is what one sees first.
const RANGES: [(&str, u64); 5] = [
    ("4h", 4 * HOUR),
    ("24h", DAY),
    ("7d", 7 * DAY),
    ("30d", 30 * DAY),
    ("90d", 90 * DAY),
];

/// What was chosen.
pub struct Choice {
    application: Option<(String, String)>,
    channel: Option<Channel>,
    country: String,
    range: (&'static str, u64),
}

impl Choice {
    /// Out of the page's address. What makes no sense is as if it were not there.
    pub fn of(visit: &Visit) -> Self {
        let query = &visit.query;
        let application = query
            .filled("application")
            .and_then(|name| name.split_once('/'));
        let range = RANGES.iter().find(|(name, _)| *name == query.get("range"));
        let country = query.filled("country").unwrap_or_default();
        Self {
            application: application.map(|(provider, id)| (provider.to_owned(), id.to_owned())),
            channel: query.filled("channel").and_then(Channel::from_name),
            country: country.trim_start_matches('+').to_owned(),
            range: *range.unwrap_or(&RANGES[1]),
        }
    }

    /// Whether the calling code is none.
    pub fn is_bad(&self) -> bool {
        self.country.len() > 3 || !self.country.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// As a question to the database.
    pub fn question(&self, visit: &Visit, by: FunnelGroup) -> FunnelQuestion {
        let country = Some(self.country.clone());
        FunnelQuestion {
            since: visit.now().before(Duration::from_secs(self.range.1)),
            until: visit.now(),
            application: self.application.clone(),
            channel: self.channel,
            country: country.filter(|code| !code.is_empty() && !self.is_bad()),
            by,
        }
    }

    /// The form to choose again.
    pub fn form(&self, visit: &Visit, stored: &Declarations) -> Markup {
        let words = &visit.texts.funnel;
        let mut applications: Vec<String> = stored
            .applications
            .iter()
            .map(|one| format!("{}/{}", one.provider, one.id))
            .collect();
        applications.sort();
        let chosen = self
            .application
            .as_ref()
            .map(|(provider, id)| format!("{provider}/{id}"));
        let ranges = [
            words.hours_4,
            words.hours_24,
            words.days_7,
            words.days_30,
            words.days_90,
        ];
        html! {
            form class="filter" method="get" action="/funnel" {
                div {
                    label for="range" { (words.range) } br;
                    select id="range" name="range" {
                        @for ((name, _), label) in RANGES.iter().zip(ranges) {
                            option value=(name) selected[*name == self.range.0] { (label) }
                        }
                    }
                }
                div {
                    label for="application" { (words.application) } br;
                    select id="application" name="application" {
                        option value="" { (words.every) }
                        @for name in &applications {
                            option value=(name) selected[chosen.as_deref() == Some(name)] { (name) }
                        }
                    }
                }
                div {
                    label for="channel" { (words.channel) } br;
                    select id="channel" name="channel" {
                        option value="" { (words.every) }
                        @for (channel, label) in [(Channel::Sms, words.sms), (Channel::Email, words.email)] {
                            option value=(channel.as_str()) selected[self.channel == Some(channel)] { (label) }
                        }
                    }
                }
                div {
                    label for="country" { (words.country) } br;
                    input type="text" id="country" name="country" value=(self.country) inputmode="numeric"
                        aria-describedby=[self.is_bad().then_some("fault")]
                        aria-invalid=[self.is_bad().then_some("true")];
                }
                button { (words.show) }
            }
        }
    }
}
