//! A JSON object as it was sent, so that every fault can be told by the name of its field and without its value.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::Error;

/// An object with all its members in their order, repeated ones included.
///
/// A member's value is read when somebody asks for it. Those that nobody asks for need only be JSON by its grammar, so
/// none of them can be too large, too deep or too odd to be ignored.
pub(crate) struct Object<'a> {
    /// The names of the objects around it, with a dot after each.
    path: String,
    members: Members<'a>,
}

struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Object<'a> {
    /// Reads a body.
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, Error> {
        if body.trim_ascii().is_empty() {
            return Err(Error::invalid("body", "is empty"));
        }
        let members = serde_json::from_slice(body).map_err(|error| {
            let problem = if error.is_data() {
                "must be a JSON object".to_owned()
            } else {
                let (line, column) = (error.line(), error.column());
                format!("is not valid JSON at line {line}, column {column}")
            };
            Error::invalid("body", problem)
        })?;
        Ok(Self {
            path: String::new(),
            members,
        })
    }

    /// The text of a field; none if the field is missing or `null`.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, Error> {
        self.read(name, '"', "must be a string")
    }

    /// The text of a field that must be there.
    pub(crate) fn required_text(&self, name: &str) -> Result<String, Error> {
        self.text(name)?
            .ok_or_else(|| self.fault(name, "is required"))
    }

    /// The object in a field; none if the field is missing or `null`.
    pub(crate) fn object(&self, name: &str) -> Result<Option<Self>, Error> {
        let members = self.read(name, '{', "must be an object")?;
        Ok(members.map(|members| Self {
            path: format!("{}{name}.", self.path),
            members,
        }))
    }

    /// A fault of a field of this object.
    pub(crate) fn fault(&self, name: &str, problem: impl ToString) -> Error {
        Error::invalid(format!("{}{name}", self.path), problem)
    }

    /// Reads a field of the JSON type that begins with `first`; none if the field is missing or `null`.
    fn read<T: Deserialize<'a>>(
        &self,
        name: &str,
        first: char,
        other_type: &str,
    ) -> Result<Option<T>, Error> {
        match self.member(name)? {
            None | Some("null") => Ok(None),
            Some(value) if value.starts_with(first) => serde_json::from_str(value)
                .map(Some)
                // By the grammar it is JSON, so this is half of a surrogate pair.
                .map_err(|_| self.fault(name, "must be valid Unicode")),
            Some(_) => Err(self.fault(name, other_type)),
        }
    }

    /// The JSON of a member. Of a repeated one nobody could say which was meant, and programs differ in which they take.
    fn member(&self, name: &str) -> Result<Option<&'a str>, Error> {
        let mut found = self.members.0.iter().filter(|(key, _)| key == name);
        match (found.next(), found.next()) {
            (_, Some(_)) => Err(self.fault(name, "must not occur twice")),
            (member, None) => Ok(member.map(|(_, value)| value.get())),
        }
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            members.push(entry);
        }
        Ok(Members(members))
    }
}
