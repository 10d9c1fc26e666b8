//! What a user tells about himself.

use serde_json::{Map, Value};
use signup_core::attribute::parse_compact_date;
use signup_core::code::Channel;

use super::parameters::Parameters;
use super::ustr::{Address, with_country_code};
use crate::auth::Shop;
use crate::error::{Error, Problem};
use crate::tables;

/// The most characters of `name` (vendor).
const MAX_NAME: usize = 64;
/// The most characters of `avatar` (vendor), and of the contact data that nobody checks further (our choice).
const MAX_TEXT: usize = 255;

/// Reads everything that is kept with the user, by the vendor's own field names.
pub(crate) fn read(
    parameters: &Parameters,
    shop: &Shop,
    address: &Address,
    role: &str,
) -> Result<Map<String, Value>, Error> {
    let ustr = address.identifier.display();
    let (tel, mail) = (text(parameters, "tel")?, text(parameters, "mail")?);
    let tel = tel.map(|tel| with_country_code(&tel).into_owned());
    // What signs the user up is contact data as well, whatever else was given as such (seed 001).
    let (tel, mail) = match address.channel {
        Channel::Sms => (Some(ustr.to_owned()), mail),
        Channel::Email => (tel, Some(ustr.to_owned())),
    };
    let table = parameters.required("tabx")?;
    let extra = tables::read_extra(parameters.value("extra")?)?;
    let extra = tables::fit(&shop.settings, table, extra)?;
    let name = name(parameters)?.unwrap_or_else(|| format!("{}/{ustr}", shop.application.id));
    let texts = [
        ("role", Some(role.to_owned())),
        ("tabx", Some(table.to_owned())),
        ("name", Some(name)),
        ("sex", sex(parameters)?),
        ("bday", bday(parameters)?),
        ("avatar", text(parameters, "avatar")?),
        ("tel", tel),
        ("mail", mail),
    ];
    Ok(texts
        .into_iter()
        .filter_map(|(field, text)| Some((field.to_owned(), Value::String(text?))))
        .chain(extra.map(|extra| ("extra".to_owned(), Value::Object(extra))))
        .collect())
}

fn name(parameters: &Parameters) -> Result<Option<String>, Error> {
    let Some(name) = parameters.text("name")? else {
        return Ok(None);
    };
    if name.chars().nth(MAX_NAME).is_some() {
        return Err(Error::invalid("name", Problem::MoreCharacters(MAX_NAME)));
    }
    if name.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(Error::invalid("name", Problem::WhiteSpace));
    }
    Ok(Some(name.to_owned()))
}

/// `U`, `F` or `M`, in either case; kept in capitals.
fn sex(parameters: &Parameters) -> Result<Option<String>, Error> {
    let Some(sex) = parameters.text("sex")? else {
        return Ok(None);
    };
    let sex = sex.to_ascii_uppercase();
    if matches!(sex.as_str(), "U" | "F" | "M") {
        Ok(Some(sex))
    } else {
        Err(Error::invalid("sex", Problem::NotOneOf(&["U", "F", "M"])))
    }
}

fn bday(parameters: &Parameters) -> Result<Option<String>, Error> {
    let Some(bday) = parameters.text("bday")? else {
        return Ok(None);
    };
    parse_compact_date(bday)
        .map(|_| Some(bday.to_owned()))
        .map_err(|_| Error::invalid("bday", Problem::NotADate))
}

fn text(parameters: &Parameters, field: &'static str) -> Result<Option<String>, Error> {
    let Some(text) = parameters.text(field)? else {
        return Ok(None);
    };
    if text.chars().nth(MAX_TEXT).is_some() {
        return Err(Error::invalid(field, Problem::MoreCharacters(MAX_TEXT)));
    }
    if text.contains(char::is_control) {
        return Err(Error::invalid(field, Problem::ControlCharacters));
    }
    Ok(Some(text.to_owned()))
}
