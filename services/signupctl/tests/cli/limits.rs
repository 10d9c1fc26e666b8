//! `signupctl limits`, and what is said while limits are only observed.

use serde_json::{Value, json};
use signup_core::code::{Channel, LimitMode};
use signup_core::time::{Clock as _, SystemClock};
use signup_store::LimitHit;

use crate::on_both;
use crate::operator::{Done, Operator};

on_both!(hits_are_reported_with_the_key_that_changes_them);

fn hits_are_reported_with_the_key_that_changes_them(operator: &Operator) {
    operator.declare();
    let now = SystemClock.now();
    let hit = |application, scope, channel, country, mode| {
        LimitHit::at(now, "ciam", application, scope, channel, country, mode)
    };
    let (enforce, observe) = (LimitMode::Enforce, LimitMode::Observe);
    let hits = vec![
        (hit("web", "country", Channel::Sms, Some("86"), enforce), 3),
        (hit("web", "country", Channel::Sms, Some("86"), observe), 4),
        (hit("web", "application", Channel::Email, None, enforce), 1),
        (hit("other", "client", Channel::Sms, None, enforce), 9),
    ];
    tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(operator.store().count_limit_hits(hits))
        .unwrap();

    let report = operator.json(["limits", "report", "--application", "ciam/web"]);
    let lines = report.as_array().unwrap();
    assert_eq!(lines.len(), 2, "{report:#}");
    assert_eq!(lines[0]["key"], "rules.sending.email_per_day");
    assert_eq!(
        lines[1]["key"],
        "rules.sending.sms_per_country_per_day.\"86\""
    );
    assert_eq!(
        (&lines[1]["refused"], &lines[1]["would_be_refused"]),
        (&json!(3), &json!(4))
    );
    let all = operator.json(["limits", "report"]);
    assert_eq!(all.as_array().unwrap().len(), 3);
    let text = operator.run(["limits", "report", "--since", "1h"]).stdout;
    assert!(text.contains("country +86, day"), "{text}");
}

#[test]
fn limits_are_shown_with_their_use() {
    let operator = Operator::with_applications();
    operator.write(
        "client.toml",
        "provider = \"ciam\"\n[[application]]\nid = \"web\"\n[application.rules.sending]\n\
         interval_seconds = 60\nemail_per_day = 0\nsms_per_country_per_day = { \"86\" = 10, \"*\" = 0 }\n",
    );
    operator.json(["apply", "-f", "client.toml"]);
    let shown = operator.json(["limits", "show", "ciam/web"]);
    let limit = |scope: &str, country: Value| {
        let limits = shown["limits"].as_array().unwrap().iter();
        limits
            .filter(|one| one["scope"] == scope && one["country"] == country)
            .map(|one| {
                (
                    one["allowed"].clone(),
                    one["window_seconds"].clone(),
                    one["used"].clone(),
                )
            })
            .collect::<Vec<_>>()
    };
    let day = json!(86_400);
    assert_eq!(
        limit("country", json!("86")),
        [(json!(10), day.clone(), json!(0))]
    );
    assert_eq!(
        limit("country", json!("*")),
        [(json!(0), day.clone(), json!(0))]
    );
    assert_eq!(
        limit("application", json!(null)),
        [(json!(10_000), day, json!(0))]
    );
    assert_eq!(limit("address_interval", json!(null))[0].1, 60);
    let text = operator.run(["limits", "show", "ciam/web"]).stdout;
    assert!(text.contains("other countries, day"), "{text}");
    operator
        .run(["limits", "show", "ciam/none"])
        .refused(2, &["signupctl app list"]);
}

#[test]
fn a_country_budget_under_a_key_that_is_no_calling_code_is_refused() {
    let operator = Operator::on_sqlite();
    operator.write(
        "client.toml",
        "provider = \"ciam\"\n\n[[application]]\nid = \"web\"\n\n[application.rules.sending]\n\
         sms_per_country_per_day = { CN = 10 }\n",
    );
    let named = [
        "client.toml:4",
        "rules.sending.sms_per_country_per_day",
        "\"CN\"",
        "\"86\"",
    ];
    operator
        .run(["apply", "-f", "client.toml"])
        .refused(2, &named);
}

#[test]
fn doctor_warns_while_limits_are_only_observed() {
    let operator = Operator::with_applications();
    let mut command = operator.command(["doctor", "--json"]);
    command.env("SIGNUP__LIMITS__MODE", "observe");
    let done = Done::from(command.output().unwrap());
    let findings: Value = serde_json::from_str(&done.stdout).unwrap();
    let mut findings = findings.as_array().unwrap().iter();
    let limits = findings.find(|one| one["check"] == "limits").unwrap();
    assert_eq!(limits["level"], "warn", "{limits}");
    assert_eq!(done.status, 0, "a warning is no failure");
}
