//! Ordinary attributes: what a user says about himself and nobody proves.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use signup_core::attribute::{
    Pattern, is_language_tag, is_zone_name, parse_iso_date, text_attribute,
};

/// Members of requests, replies and events that no custom attribute may be called.
const RESERVED: [&str; 14] = [
    "username",
    "password",
    "phone_number",
    "phone_number_otp_token",
    "phone_number_otp",
    "email",
    "email_otp_token",
    "email_otp",
    "name",
    "nickname",
    "zoneinfo",
    "locale",
    "sub",
    "user_group",
];

/// An ordinary attribute.
#[derive(Clone, Copy, Debug)]
pub enum Attribute<'a> {
    /// `name` or `nickname`: any text.
    Text,
    /// `zoneinfo`: a name of the IANA time zone database.
    ZoneName,
    /// `locale`: a BCP 47 tag.
    LanguageTag,
    /// Declared for the tenant.
    Custom(&'a CustomAttribute),
}

/// A custom attribute of a tenant.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomAttribute {
    /// What a value is.
    #[serde(rename = "type")]
    pub value_type: AttributeType,
    /// What the whole of a string value must match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<Pattern>,
    /// The values of an enum.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// What the client is told about a value that does not fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_text: Option<String>,
}

/// The type of a custom attribute's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttributeType {
    /// Text of at most 1,024 characters without control characters.
    String,
    /// A JSON number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A day, `YYYY-MM-DD`.
    Date,
    /// One of the declared values.
    Enum,
}

impl Attribute<'_> {
    /// The built-in attribute of this id.
    pub fn built_in(id: &str) -> Option<Self> {
        match id {
            "name" | "nickname" => Some(Self::Text),
            "zoneinfo" => Some(Self::ZoneName),
            "locale" => Some(Self::LanguageTag),
            _ => None,
        }
    }

    /// Whether `value` has the attribute's type and form.
    pub fn accepts(self, value: &Value) -> bool {
        match self {
            Self::Text => value
                .as_str()
                .is_some_and(|text| text_attribute(text).is_ok()),
            Self::ZoneName => value.as_str().is_some_and(is_zone_name),
            Self::LanguageTag => value.as_str().is_some_and(is_language_tag),
            Self::Custom(custom) => custom.accepts(value),
        }
    }

    /// The operator's words for a value that does not fit.
    pub fn error_text(&self) -> Option<&str> {
        match self {
            Self::Text | Self::ZoneName | Self::LanguageTag => None,
            Self::Custom(custom) => custom.error_text.as_deref(),
        }
    }
}

impl CustomAttribute {
    fn accepts(&self, value: &Value) -> bool {
        match (self.value_type, value) {
            (AttributeType::String, Value::String(text)) => {
                text_attribute(text).is_ok()
                    && self
                        .pattern
                        .as_ref()
                        .is_none_or(|pattern| pattern.matches(text))
            }
            (AttributeType::Date, Value::String(text)) => parse_iso_date(text).is_ok(),
            (AttributeType::Enum, Value::String(text)) => self.values.contains(text),
            (AttributeType::Number, value) => value.is_number(),
            (AttributeType::Boolean, value) => value.is_boolean(),
            (AttributeType::String | AttributeType::Date | AttributeType::Enum, _) => false,
        }
    }

    pub(super) fn validate(&self) -> Result<(), String> {
        if self.pattern.is_some() && self.value_type != AttributeType::String {
            return Err("`pattern` is for type = \"string\" only".to_owned());
        }
        match (self.value_type, self.values.is_empty()) {
            (AttributeType::Enum, true) => {
                Err("`values` is empty; an enum needs at least one value".to_owned())
            }
            (AttributeType::Enum, false) => Ok(()),
            (_, false) => Err("`values` is for type = \"enum\" only".to_owned()),
            (_, true) => Ok(()),
        }
    }
}

/// Refuses ids that are not plain or mean something else.
pub(super) fn check_id(id: &str) -> Result<(), String> {
    if RESERVED.contains(&id) {
        return Err("this name is taken by the API; choose another id".to_owned());
    }
    let plain = id.len() <= 64
        && id.starts_with(|first: char| first.is_ascii_alphabetic())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if plain {
        Ok(())
    } else {
        Err(
            "an attribute's id is a letter, then letters, digits or '_', at most 64 characters"
                .to_owned(),
        )
    }
}
