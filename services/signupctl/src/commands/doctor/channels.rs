//! Who sends messages to people.

use std::collections::BTreeSet;

use notify_worker::channel::ChannelSettings;
use signup_app::settings::Settings;
use signup_core::application::Rules;
use signup_core::code::Channel;
use signup_core::messages::MessageKind;
use signup_store::{ApplicationRecord, Declarations};

use super::Finding;

/// Whether each channel has a provider. Where messages are shown on the terminal none is needed.
pub(super) fn check(settings: &Settings, channels: &ChannelSettings) -> Vec<Finding> {
    if settings.shows_messages() {
        return Vec::new();
    }
    [Channel::Email, Channel::Sms]
        .into_iter()
        .map(|channel| check_channel(channel, channels))
        .collect()
}

fn check_channel(channel: Channel, channels: &ChannelSettings) -> Finding {
    let name = channel.as_str();
    let providers: Vec<String> = channels
        .providers_of(channel)
        .iter()
        .map(|provider| {
            let kind = channels.find_kind(provider).unwrap_or_default();
            format!("{provider} ({kind})")
        })
        .collect();
    let check = format!("channel {name}");
    if providers.is_empty() {
        return Finding::warn(
            check,
            format!("worker.{name} names no provider, so messages by {name} become dead letters"),
            "describe one in [channel.NAME] and name it there",
        );
    }
    Finding::ok(check, providers.join(", then "))
}

/// Whether the providers that applications have registered templates with are described.
pub(super) fn check_templates(channels: &ChannelSettings, stored: &Declarations) -> Vec<Finding> {
    stored
        .applications
        .iter()
        .filter_map(|application| {
            let unknown: Vec<String> = providers_named_by(application)
                .into_iter()
                .filter(|provider| channels.find_kind(provider).is_none())
                .collect();
            if unknown.is_empty() {
                return None;
            }
            Some(Finding::warn(
                format!("templates of {}/{}", application.provider, application.id),
                format!(
                    "sms_template names {}, which the settings do not describe",
                    unknown.join(", ")
                ),
                "is the name right? The provider's section is [channel.NAME]",
            ))
        })
        .collect()
}

fn providers_named_by(application: &ApplicationRecord) -> BTreeSet<String> {
    // Rules that cannot be read have a finding of their own.
    let Ok(rules) = serde_json::from_value::<Rules>(application.rules.clone()) else {
        return BTreeSet::new();
    };
    rules
        .messages
        .templates
        .values()
        .flat_map(|locale| {
            MessageKind::ALL
                .into_iter()
                .filter_map(|kind| locale.get(kind))
        })
        .flat_map(|template| template.sms_template.keys().cloned())
        .collect()
}
