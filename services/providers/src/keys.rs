//! What a declaration of a provider may say: the keys of all applications, then its own.

use std::path::Path;

use serde_json::{Value, json};
use signup_app::declare::GENERAL;
use signup_core::application::RULES;
use signup_core::described::{Group, Key, Kind};

use crate::Entry;

impl Entry {
    /// Every group of keys, in the order in which people read them.
    pub fn groups(&self) -> impl Iterator<Item = &'static Group> + use<> {
        GENERAL.iter().chain(RULES).chain(self.keys)
    }

    /// Every key.
    pub fn described(&self) -> impl Iterator<Item = &'static Key> + use<> {
        self.groups().flat_map(|group| group.keys)
    }

    /// What the provider's reader makes of a declaration that says nothing: every key that has a default of its own, at its
    /// place. Tables that are there or not are there, so that the defaults of their keys are known.
    pub fn defaults(&self) -> Value {
        let mut file = format!(
            "provider = {:?}\n[[application]]\nid = \"Example1\"\n",
            self.name
        );
        for key in self.described().filter(|key| key.kind == Kind::Presence) {
            file.push_str(&format!("[application.{}]\n", key.place));
        }
        let Ok(declared) = (self.declarations)(Path::new(""), &file) else {
            return Value::Null;
        };
        let application = declared.applications.into_iter().next();
        let directory = declared.directories.into_iter().next();
        application.map_or(Value::Null, |application| {
            json!({
                "enabled": application.enabled,
                "rules": application.rules,
                "settings": application.settings,
                "directory": directory.map(|(_, settings)| settings),
            })
        })
    }
}

/// The value at a place, `rules.password.min_length`.
pub fn at<'a>(value: &'a Value, place: &str) -> Option<&'a Value> {
    place
        .split('.')
        .try_fold(value, |value, name| value.get(name))
}
