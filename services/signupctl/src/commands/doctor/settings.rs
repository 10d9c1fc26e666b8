//! Settings that are accepted and yet not what a service for real people should have.

use signup_app::settings::{BusUrl, Settings};
use signup_core::code::LimitMode;

use super::Finding;

/// The bcrypt cost below which doctor warns: the compiled-in default.
const GOOD_COST: u32 = 12;

pub(super) fn check(settings: &Settings) -> Vec<Finding> {
    let count = settings
        .describe()
        .iter()
        .filter(|one| one.source != "default")
        .count();
    let mut findings = vec![Finding::ok(
        "settings",
        format!("valid, {count} of them not compiled in"),
    )];
    let hash = &settings.hash;
    findings.push(if hash.allow_test_cost {
        Finding::warn(
            "password hashing",
            format!("hash.allow_test_cost is on and hash.cost is {}", hash.cost),
            "remove hash.allow_test_cost wherever real people sign up",
        )
    } else if hash.cost < GOOD_COST {
        Finding::warn(
            "password hashing",
            format!("hash.cost is {}", hash.cost),
            format!("raise it to {GOOD_COST} or more if the machine is fast enough; see signupctl calibrate"),
        )
    } else {
        Finding::ok("password hashing", format!("bcrypt, cost {}", hash.cost))
    });
    findings.push(match &settings.bus.url {
        BusUrl::InProcess => Finding::warn(
            "events, mail and SMS",
            "bus.url is \"in-process\": each service shows messages on its terminal instead of sending them, \
             and other programs get no events",
            "fine for development; nobody receives a code this way",
        ),
        BusUrl::RabbitMq(url) => Finding::ok("events, mail and SMS", format!("through {url}")),
    });
    findings.push(match settings.limits.mode {
        LimitMode::Enforce => Finding::ok("limits", "what is beyond a limit is refused"),
        LimitMode::Observe => Finding::warn(
            "limits",
            "limits.mode is \"observe\": no code is refused, whatever it costs",
            "see `signupctl limits report`, then set limits.mode to \"enforce\"",
        ),
    });
    findings
}
