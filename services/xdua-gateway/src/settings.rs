//! What only this provider's applications have. The keys are those of a declaration file.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use signup_app::declare::Declarable;
use signup_core::code::Channel;
use url::Url;

/// The role of users who were given no other one (seed 001).
pub(crate) const NO_ROLE: &str = "none";

/// The table that every shop has (seed 001).
pub(crate) const DEFAULT_TABLE: &str = "DefaultX";

/// The issuer of the vendor's tokens.
const DEFAULT_ISSUER: &str = "xdua.com";

/// Directories have no settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectorySettings {}

impl Declarable for DirectorySettings {
    fn validate(&self) -> Result<(), String> {
        Ok(())
    }
}

/// The settings of a shop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ApplicationSettings {
    /// The apps that may act for this shop. Nobody can sign up as long as there is none.
    pub apps: Vec<AllowedApp>,
    /// Whether `signup` needs a code: `"required"` or `"optional"`. `adduser` never needs one.
    pub vfcode: CodePolicy,
    /// The roles that users of this shop may have; `none` is always among them.
    pub roles: Vec<String>,
    /// The roles that people may give themselves with `signup`.
    pub self_service_roles: Vec<String>,
    /// Users of this shop with one of these roles may call `adduser`; those of another one may not, even if both shops
    /// share a directory. Nobody by default.
    pub add_user_roles: Vec<String>,
    /// The user tables, by name. `DefaultX` is always among them.
    pub tables: BTreeMap<String, Table>,
    /// Further values of `tmpl`, each with the channel that it stands for: `"sms"` or `"email"`.
    pub templates: BTreeMap<String, Channel>,
    /// The `iss` of tokens for this shop.
    pub issuer: String,
}

impl Default for ApplicationSettings {
    fn default() -> Self {
        Self {
            apps: Vec::new(),
            vfcode: CodePolicy::default(),
            roles: Vec::new(),
            self_service_roles: vec![NO_ROLE.to_owned()],
            add_user_roles: Vec::new(),
            tables: BTreeMap::new(),
            templates: BTreeMap::new(),
            issuer: DEFAULT_ISSUER.to_owned(),
        }
    }
}

/// An app that may act for a shop.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowedApp {
    /// The app's id, the `aud` of its tokens: 8 letters or digits.
    pub id: String,
    /// The web origins whose pages may call with this app's tokens, such as `https://shop.example`; `*` for every
    /// one. None by default: then only programs outside of browsers can call.
    #[serde(default)]
    pub origins: Vec<String>,
}

/// Whether a sign-up needs a code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CodePolicy {
    /// Nobody signs up without proving the phone number or e-mail address.
    #[default]
    Required,
    /// A code is checked when there is one; without it the identifier is taken unproven.
    Optional,
}

/// A user table: what may stand in `extra`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// The table's fields. A table without this key takes any object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<Field>>,
}

/// A declared field of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The field's name in `extra`.
    pub name: String,
    /// The type of its values.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// The value of users whose `extra` does not have the field. Without it the field stays away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
}

/// The JSON types that a declared field can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldType {
    /// Text.
    String,
    /// A number, with or without a fraction.
    Number,
    /// `true` or `false`.
    Boolean,
    /// An object of any shape.
    Object,
    /// An array of anything.
    Array,
}

impl FieldType {
    /// The type's name in files and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Object => "object",
            Self::Array => "array",
        }
    }

    /// Whether a value is of this type; `null` is of none.
    pub fn fits(self, value: &Value) -> bool {
        match self {
            Self::String => value.is_string(),
            Self::Number => value.is_number(),
            Self::Boolean => value.is_boolean(),
            Self::Object => value.is_object(),
            Self::Array => value.is_array(),
        }
    }
}

impl ApplicationSettings {
    /// The entry of an app that may act for this shop.
    pub(crate) fn app(&self, id: &str) -> Option<&AllowedApp> {
        self.apps.iter().find(|app| app.id == id)
    }

    /// Whether users of this shop may have a role.
    pub(crate) fn has_role(&self, role: &str) -> bool {
        role == NO_ROLE || self.roles.iter().any(|declared| declared == role)
    }
}

impl AllowedApp {
    /// Whether pages of an origin may call with this app's tokens.
    pub(crate) fn allows_origin(&self, origin: &str) -> bool {
        self.origins
            .iter()
            .any(|allowed| allowed == "*" || allowed == origin)
    }
}

impl Declarable for ApplicationSettings {
    fn validate(&self) -> Result<(), String> {
        let mut ids = HashSet::new();
        for app in &self.apps {
            app.validate()?;
            if !ids.insert(&app.id) {
                return Err(format!("`apps`: `{}` is listed twice", app.id));
            }
        }
        for role in &self.roles {
            is_name(role).then_some(()).ok_or_else(|| {
                format!("`roles`: `{role}` is no role name: 1 to 64 letters, digits, '-' or '_'")
            })?;
        }
        let given = [
            ("self_service_roles", &self.self_service_roles),
            ("add_user_roles", &self.add_user_roles),
        ];
        for (key, roles) in given {
            if let Some(role) = roles.iter().find(|role| !self.has_role(role)) {
                let roles = match self.roles.as_slice() {
                    [] => ", which is empty".to_owned(),
                    roles => format!(": {}", roles.join(", ")),
                };
                return Err(format!("`{key}`: `{role}` is not one of `roles`{roles}"));
            }
        }
        for (name, table) in &self.tables {
            if !is_name(name) {
                return Err(format!(
                    "`tables`: `{name}` is no table name: 1 to 64 letters, digits, '-' or '_'"
                ));
            }
            table
                .validate()
                .map_err(|problem| format!("`tables.{name}`: {problem}"))?;
        }
        if let Some(name) = self.templates.keys().find(|name| !is_name(name)) {
            return Err(format!(
                "`templates`: `{name}` is no template name: 1 to 64 letters, digits, '-' or '_'"
            ));
        }
        if self.issuer.is_empty() {
            return Err("`issuer` is empty; it must be the `iss` of the shop's tokens".to_owned());
        }
        Ok(())
    }
}

impl AllowedApp {
    fn validate(&self) -> Result<(), String> {
        if !is_short_id(&self.id) {
            return Err(format!("`apps`: `{}` has not 8 letters or digits", self.id));
        }
        let bad = self.origins.iter().find(|origin| !is_origin(origin));
        bad.map_or(Ok(()), |origin| {
            Err(format!(
                "`apps.origins`: `{origin}` is no origin as browsers send it, such as \"https://shop.example\" or \
                 \"http://localhost:3000\", and not \"*\""
            ))
        })
    }
}

impl Table {
    fn validate(&self) -> Result<(), String> {
        let mut names = HashSet::new();
        for Field {
            name,
            kind,
            default,
        } in self.fields.iter().flatten()
        {
            if name.is_empty() || !names.insert(name) {
                return Err(format!("field `{name}` is nameless or declared twice"));
            }
            if default.as_ref().is_some_and(|value| !kind.fits(value)) {
                return Err(format!(
                    "the default of `{name}` must be of type {}",
                    kind.as_str()
                ));
            }
        }
        Ok(())
    }
}

/// The form of the ids of shops, apps and users: 8 letters or digits (vendor).
pub(crate) fn is_short_id(id: &str) -> bool {
    id.len() == 8 && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Browsers send scheme, host and port in lower case, without a default port and without a slash at the end.
fn is_origin(origin: &str) -> bool {
    origin == "*"
        || Url::parse(origin).is_ok_and(|url| url.origin().ascii_serialization() == origin)
}

#[cfg(test)]
mod tests;
