//! `signupctl doctor`: what keeps the services from working, or will.

mod applications;
mod broker;
mod channels;
mod database;
mod operators;
mod settings;
mod webhooks;

use std::path::Path;

use notify_worker::channel::ChannelSettings;
use serde::Serialize;
use signup_store::Store;

use crate::failure::AlreadyReported;
use crate::output::Output;
use crate::workplace::{self, Workplace};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Ok,
    Warn,
    Fail,
}

/// The result of one check.
#[derive(Debug, Serialize)]
struct Finding {
    level: Level,
    /// What was looked at.
    check: String,
    /// What was found.
    found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

impl Finding {
    fn ok(check: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            level: Level::Ok,
            check: check.into(),
            found: found.into(),
            advice: None,
        }
    }

    fn warn(check: impl Into<String>, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            level: Level::Warn,
            check: check.into(),
            found: found.into(),
            advice: Some(advice.into()),
        }
    }

    fn fail(check: impl Into<String>, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            level: Level::Fail,
            check: check.into(),
            found: found.into(),
            advice: Some(advice.into()),
        }
    }
}

/// Runs every check that can be run, and reports all of them at once.
pub async fn run(file: Option<&Path>, output: Output) -> anyhow::Result<()> {
    let mut findings = Vec::new();
    match workplace::settings_with_channels(file) {
        Ok((settings, channels)) => {
            findings.extend(settings::check(&settings));
            findings.extend(channels::check(&settings, &channels));
            let store = Store::open(&signup_app::store_options(&settings.database))?;
            let place = Workplace::new(settings, store, None);
            findings.extend(broker::check(&place).await);
            check_data(&place, &channels, &mut findings).await;
        }
        Err(error) => findings.push(Finding::fail(
            "settings",
            error.to_string(),
            "correct each where it comes from",
        )),
    }
    output.show(&findings, || as_text(&findings, output))?;
    if findings.iter().any(|finding| finding.level == Level::Fail) {
        return Err(AlreadyReported.into());
    }
    Ok(())
}

async fn check_data(place: &Workplace, channels: &ChannelSettings, findings: &mut Vec<Finding>) {
    if !database::check(place, findings).await {
        return;
    }
    match place.store.declarations().await {
        Ok(stored) => {
            findings.extend(applications::check(place, &stored));
            findings.extend(channels::check_templates(channels, &stored));
        }
        Err(error) => findings.push(Finding::fail(
            "declarations",
            error.to_string(),
            "was this database written by a newer version? Update this one",
        )),
    }
    findings.extend(webhooks::check(place).await);
    findings.push(operators::check(place).await);
}

fn as_text(findings: &[Finding], output: Output) -> String {
    let mut text = String::new();
    for finding in findings {
        let level = match finding.level {
            Level::Ok => output.coloured("32", "ok  "),
            Level::Warn => output.coloured("33", "warn"),
            Level::Fail => output.coloured("31", "fail"),
        };
        let found = finding.found.replace('\n', "\n      ");
        text.push_str(&format!("{level}  {}: {found}\n", finding.check));
        if let Some(advice) = &finding.advice {
            text.push_str(&format!("      -> {advice}\n"));
        }
    }
    let count = |level| {
        findings
            .iter()
            .filter(|finding| finding.level == level)
            .count()
    };
    text.push_str(&format!(
        "\n{} checks passed, {} warnings, {} failures\n",
        count(Level::Ok),
        count(Level::Warn),
        count(Level::Fail)
    ));
    text
}
