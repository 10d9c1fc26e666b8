//! The fields of a request, wherever they stand.
//!
//! The vendor's clients send the same fields in the query with an empty body (browser SDK), in a form (PHP SDK) or as
//! JSON (apps). An empty text means that a field is not given: the SDK sends those that its caller did not set.

use std::collections::HashMap;

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_TYPE;
use percent_encoding::percent_decode;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use signup_http::Fault;

use crate::error::{Error, Problem};

/// The fields that were given. Where one is given twice in one place, the last one counts.
#[derive(Debug)]
pub(crate) struct Parameters(Fields);

/// Each with its value, or with why it has none. A field that nobody asks for may hold anything.
type Fields = HashMap<String, Result<Value, Problem>>;

/// The formats of a body.
enum Format {
    Form,
    Json,
}

impl Parameters {
    /// Reads the query and the body. Of a field in both the body's counts, but of `action` the query's (our choice).
    ///
    /// # Errors
    /// The body is of another type, or not what its type says.
    pub(crate) fn read(request: &HttpRequest, body: &[u8]) -> Result<Self, Error> {
        let mut fields = pairs(request.query_string().as_bytes());
        let action = fields.get("action").cloned();
        if !body.is_empty() {
            fields.extend(match format(request)? {
                Format::Form => pairs(body),
                Format::Json => members(body)?,
            });
        }
        fields.extend(action.map(|action| ("action".to_owned(), action)));
        Ok(Self(fields))
    }

    /// The members of an object, read as those of a body.
    pub(crate) fn of(object: Map<String, Value>) -> Self {
        Self(of_object(object))
    }

    /// A text field.
    ///
    /// # Errors
    /// It is not UTF-8, or a JSON value that stands for no text.
    pub(crate) fn text(&self, field: &'static str) -> Result<Option<&str>, Error> {
        match self.value(field)? {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Error::invalid(field, Problem::NotText)),
        }
    }

    /// A text field that must be there.
    ///
    /// # Errors
    /// It is missing, not UTF-8, or a JSON value that stands for no text.
    pub(crate) fn required(&self, field: &'static str) -> Result<&str, Error> {
        self.text(field)?
            .ok_or_else(|| Error::invalid(field, Problem::Missing))
    }

    /// A field of any JSON type.
    ///
    /// # Errors
    /// It is not UTF-8.
    pub(crate) fn value(&self, field: &'static str) -> Result<Option<&Value>, Error> {
        let value = self.0.get(field).map(Result::as_ref).transpose();
        value.map_err(|problem| Error::invalid(field, *problem))
    }
}

/// The body's format.
fn format(request: &HttpRequest) -> Result<Format, Fault> {
    let content_type = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .ok_or(Fault::UnsupportedMediaType)?;
    let (media_type, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    let is_utf8 = parameters.split(';').all(|parameter| {
        parameter.split_once('=').is_none_or(|(name, charset)| {
            !name.trim().eq_ignore_ascii_case("charset")
                || charset
                    .trim()
                    .trim_matches('"')
                    .eq_ignore_ascii_case("utf-8")
        })
    });
    match media_type.trim().to_ascii_lowercase().as_str() {
        "application/x-www-form-urlencoded" if is_utf8 => Ok(Format::Form),
        "application/json" if is_utf8 => Ok(Format::Json),
        _ => Err(Fault::UnsupportedMediaType),
    }
}

/// The pairs of a query or a form, as browsers write them (URL Standard, section 5.1), but for bytes that are not UTF-8:
/// those are not replaced.
fn pairs(text: &[u8]) -> Fields {
    text.split(|byte| *byte == b'&')
        .filter_map(|pair| {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let (name, value) = (halves.next()?, halves.next()?);
            // No field of ours has a name that is not UTF-8.
            let name = decoded(name).ok()?;
            (!value.is_empty()).then(|| (name, decoded(value).map(Value::String)))
        })
        .collect()
}

fn decoded(text: &[u8]) -> Result<String, Problem> {
    let spaced: Vec<u8> = text
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    let decoded = percent_decode(&spaced).decode_utf8();
    decoded.map_or(Err(Problem::NotUtf8), |text| Ok(text.into_owned()))
}

fn members(body: &[u8]) -> Result<Fields, Fault> {
    let object: HashMap<String, &RawValue> = serde_json::from_slice(body)
        .map_err(|_| Fault::MalformedBody("not a JSON object".to_owned()))?;
    let mut readable = Map::new();
    let mut fields = Fields::new();
    for (name, json) in object {
        match serde_json::from_str(json.get()) {
            Ok(value) => {
                readable.insert(name, value);
            }
            Err(_) => {
                let value = unreadable(&name, json);
                fields.insert(name, value);
            }
        }
    }
    fields.extend(of_object(readable));
    Ok(fields)
}

/// What stands for JSON that only its grammar makes JSON: it has a number beyond all range, half of a surrogate pair, or
/// more levels than anybody reads.
fn unreadable(name: &str, json: &RawValue) -> Result<Value, Problem> {
    match json.get() {
        // It may be sent as text as well, and whoever reads that knows what to do with such a text.
        text if name == "extra" => Ok(Value::String(text.to_owned())),
        text if text.starts_with('"') => Err(Problem::NotUtf8),
        _ => Err(Problem::NotText),
    }
}

fn of_object(object: Map<String, Value>) -> Fields {
    object
        .into_iter()
        .filter(|(_, value)| !value.is_null() && value != "")
        .map(|(name, value)| match value {
            // `bday: 19860823`; a number is what its digits say.
            Value::Number(number) => (name, Ok(Value::String(number.to_string()))),
            other => (name, Ok(other)),
        })
        .collect()
}
