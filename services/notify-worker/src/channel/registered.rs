//! Texts that are registered with an SMS vendor: it sends its own text and gets nothing but the template's id and what
//! fills it.

use signup_core::messages::{MessageKind, language};
use signup_notify::Message;

use super::provider::NotSent;
use super::section::Section;

/// The registered texts of one provider.
#[derive(Clone, Debug, Default)]
pub(crate) struct RegisteredTexts {
    templates: Vec<RegisteredTemplate>,
    parameters: Vec<Parameter>,
}

#[derive(Clone, Debug)]
struct RegisteredTemplate {
    kind: MessageKind,
    locale: String,
    id: String,
}

/// A parameter of a template.
#[derive(Clone, Debug)]
struct Parameter {
    /// What the template calls it.
    name: String,
    field: Field,
}

#[derive(Clone, Copy, Debug)]
enum Field {
    Code,
    Minutes,
    Application,
}

/// How a vendor's templates tell their parameters apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ParameterStyle {
    /// By their order.
    Ordered,
    /// By their names.
    Named,
}

impl RegisteredTexts {
    /// Reads `templates` and `parameters`.
    pub(super) fn read(section: &mut Section<'_>, style: ParameterStyle) -> Self {
        let parameters_allowed = match style {
            ParameterStyle::Ordered => "must be of code, minutes and application",
            ParameterStyle::Named => {
                "must be code, minutes or application, or NAME=code and so on for a parameter that the template calls NAME"
            }
        };
        Self {
            templates: section.list(
                "templates",
                "",
                "must be PURPOSE/LOCALE=ID, such as sign-up-code/zh-CN=1110; \
                 the purposes are sign-up-code, account-exists and welcome",
                RegisteredTemplate::parse,
            ),
            parameters: section.list("parameters", "code,minutes", parameters_allowed, |text| {
                Parameter::parse(text, style)
            }),
        }
    }

    /// The template for a message through the provider called `provider`: the application's, else ours for the very
    /// locale, else ours for the language.
    ///
    /// # Errors
    /// There is none, which is no fault of the provider's.
    pub(crate) fn template<'a>(
        &'a self,
        provider: &str,
        message: &'a Message,
    ) -> Result<&'a str, NotSent> {
        if let Some(id) = message.registered.templates.get(provider) {
            return Ok(id);
        }
        let of_kind = || self.templates.iter().filter(|one| one.kind == message.kind);
        of_kind()
            .find(|one| one.locale.eq_ignore_ascii_case(&message.locale))
            .or_else(|| {
                of_kind().find(|one| {
                    language(&one.locale).eq_ignore_ascii_case(language(&message.locale))
                })
            })
            .map(|one| one.id.as_str())
            .ok_or_else(|| {
                NotSent::Unsuitable(format!(
                    "no template is registered for {}/{}; add it to templates",
                    message.kind.template(),
                    message.locale
                ))
            })
    }

    /// The parameters with their values. Of a message without a code those that it has none for are left out.
    pub(crate) fn values<'a>(&'a self, message: &'a Message) -> Vec<(&'a str, String)> {
        self.parameters
            .iter()
            .filter_map(|parameter| {
                let value = match parameter.field {
                    Field::Code => message.code.clone()?,
                    Field::Minutes => {
                        message.code.as_ref()?;
                        minutes(message)?.to_string()
                    }
                    Field::Application => message.application_name.clone(),
                };
                Some((parameter.name.as_str(), value))
            })
            .collect()
    }
}

/// For how many minutes from its writing on a code is good. The message is on its way for a moment: 4:58 is still five
/// minutes. Never less than one.
fn minutes(message: &Message) -> Option<u64> {
    let left = message.expires_at?.since(message.time).as_secs();
    Some(((left + 10) / 60).max(1))
}

impl RegisteredTemplate {
    fn parse(text: &str) -> Option<Self> {
        let (what, id) = text.split_once('=')?;
        let (purpose, locale) = what.trim().split_once('/')?;
        let (locale, id) = (locale.trim(), id.trim());
        let is_good = signup_core::attribute::is_language_tag(locale)
            && !id.is_empty()
            && id.bytes().all(|byte| byte.is_ascii_graphic());
        let kind = MessageKind::find_by_template(purpose.trim())?;
        is_good.then(|| Self {
            kind,
            locale: locale.to_owned(),
            id: id.to_owned(),
        })
    }
}

impl Parameter {
    fn parse(text: &str, style: ParameterStyle) -> Option<Self> {
        let (name, field) = match text.split_once('=') {
            Some((name, field)) if style == ParameterStyle::Named => (name.trim(), field.trim()),
            Some(_) => return None,
            None => (text, text),
        };
        let field = match field {
            "code" => Field::Code,
            "minutes" => Field::Minutes,
            "application" => Field::Application,
            _ => return None,
        };
        (!name.is_empty()).then(|| Self {
            name: name.to_owned(),
            field,
        })
    }
}
