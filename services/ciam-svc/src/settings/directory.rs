//! A tenant.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use signup_app::declare::Declarable;
use signup_core::identifier::MainlandSegments;

use super::attribute::{self, Attribute, CustomAttribute};

static ASSIGNED_SEGMENTS: LazyLock<MainlandSegments> = LazyLock::new(MainlandSegments::default);

/// `[directory.settings]`: what all applications of a tenant share.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DirectorySettings {
    /// The host names that clients call this tenant by, without port, such as `sample.portal.example.com`.
    pub hosts: Vec<String>,
    /// Custom attributes by their ids. `name`, `nickname`, `zoneinfo` and `locale` are built in.
    pub attributes: BTreeMap<String, CustomAttribute>,
    /// The first 3 or 4 digits of accepted phone numbers; those of the three mainland carriers when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mainland_segments: Option<MainlandSegments>,
}

impl DirectorySettings {
    /// Whether `host`, without port, is one of this tenant's names.
    pub fn has_host(&self, host: &str) -> bool {
        self.hosts
            .iter()
            .any(|own| own.eq_ignore_ascii_case(host.trim_end_matches('.')))
    }

    /// The phone numbers that this tenant takes.
    pub fn segments(&self) -> &MainlandSegments {
        self.mainland_segments
            .as_ref()
            .unwrap_or(&ASSIGNED_SEGMENTS)
    }

    /// The ordinary attribute of this id, built in or custom.
    pub fn attribute(&self, id: &str) -> Option<Attribute<'_>> {
        Attribute::built_in(id).or_else(|| self.attributes.get(id).map(Attribute::Custom))
    }
}

impl Declarable for DirectorySettings {
    fn validate(&self) -> Result<(), String> {
        for host in &self.hosts {
            if !is_host(host) {
                return Err(format!(
                    "hosts: `{host}` is no host name; write it like sample.portal.example.com, without scheme, port and path"
                ));
            }
        }
        for (id, custom) in &self.attributes {
            attribute::check_id(id)
                .and_then(|()| custom.validate())
                .map_err(|problem| format!("attributes.{id}: {problem}"))?;
        }
        Ok(())
    }
}

fn is_host(text: &str) -> bool {
    (1..=253).contains(&text.len())
        && text.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
}
