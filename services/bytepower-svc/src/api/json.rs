//! A JSON object as it was sent, so that every fault can be told by the name of its field and without its value.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::error::Error;

/// An object with all its members in their order, repeated ones included. Members that nobody asks for are ignored.
pub(crate) struct Object {
    /// The names of the objects around it, with a dot after each.
    path: String,
    members: Vec<(String, Member)>,
}

enum Member {
    Null,
    Text(String),
    Object(Object),
    /// A number, a truth value or an array: no field of ours is one.
    Other,
}

impl Object {
    /// Reads a body. Objects nested more than about 120 deep are no valid JSON here.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Error> {
        match serde_json::from_slice(body) {
            Ok(Member::Object(object)) => Ok(object),
            Ok(_) => Err(Error::invalid("body", "must be a JSON object")),
            Err(error) => Err(Error::invalid(
                "body",
                format!(
                    "is not valid JSON at line {}, column {}",
                    error.line(),
                    error.column()
                ),
            )),
        }
    }

    /// The text of a field; none if the field is missing or `null`.
    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>, Error> {
        match self.take(name)? {
            Member::Null => Ok(None),
            Member::Text(text) => Ok(Some(text)),
            Member::Object(_) | Member::Other => Err(self.fault(name, "must be a string")),
        }
    }

    /// The text of a field that must be there.
    pub(crate) fn required_text(&mut self, name: &str) -> Result<String, Error> {
        self.text(name)?
            .ok_or_else(|| self.fault(name, "is required"))
    }

    /// The object in a field; none if the field is missing or `null`.
    pub(crate) fn object(&mut self, name: &str) -> Result<Option<Self>, Error> {
        match self.take(name)? {
            Member::Null => Ok(None),
            Member::Object(object) => Ok(Some(Self {
                path: format!("{}{name}.", self.path),
                ..object
            })),
            Member::Text(_) | Member::Other => Err(self.fault(name, "must be an object")),
        }
    }

    /// A fault of a field of this object.
    pub(crate) fn fault(&self, name: &str, problem: impl ToString) -> Error {
        Error::invalid(format!("{}{name}", self.path), problem)
    }

    /// Takes a member out. Of a repeated one nobody could say which was meant, and programs differ in which they take.
    fn take(&mut self, name: &str) -> Result<Member, Error> {
        let mut found = Member::Null;
        let mut count = 0;
        for (_, member) in self.members.iter_mut().filter(|(key, _)| key == name) {
            count += 1;
            found = std::mem::replace(member, Member::Null);
        }
        if count > 1 {
            return Err(self.fault(name, "must not occur twice"));
        }
        Ok(found)
    }
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MemberVisitor)
    }
}

struct MemberVisitor;

impl<'de> Visitor<'de> for MemberVisitor {
    type Value = Member;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Member, E> {
        Ok(Member::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_str<E>(self, text: &str) -> Result<Member, E> {
        Ok(Member::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Member, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Member::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Member, A::Error> {
        let mut members = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            members.push(entry);
        }
        Ok(Member::Object(Object {
            path: String::new(),
            members,
        }))
    }
}
