//! CSV as RFC 4180 describes it, with a header of field names.

use std::io::{self, Read};

use serde_json::{Map, Value};
use signup_app::import::{FIELDS, PROFILE_PREFIX};

use super::Line;
use crate::failure::Misuse;

/// The rows below a header.
pub struct Rows<R> {
    reader: csv::Reader<R>,
    columns: Vec<String>,
}

impl<R: Read> Rows<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// There is none, or it names a column that is no field.
    pub fn open(from: R) -> Result<Self, Misuse> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(from);
        let header = reader.headers().map_err(|error| {
            Misuse(format!(
                "the header of the CSV file cannot be read: {error}"
            ))
        })?;
        let columns: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
        if columns.is_empty() {
            let problem = "the CSV file has no header; its first line must name the fields";
            return Err(Misuse(format!(
                "{problem}: {}, {PROFILE_PREFIX}NAME",
                FIELDS.join(", ")
            )));
        }
        let is_known = |name: &str| {
            FIELDS.contains(&name)
                || name
                    .strip_prefix(PROFILE_PREFIX)
                    .is_some_and(|rest| !rest.is_empty())
        };
        if let Some(unknown) = columns.iter().find(|name| !is_known(name)) {
            return Err(Misuse(format!(
                "the CSV file's column {unknown:?} is no field; the fields are {}, and {PROFILE_PREFIX}NAME",
                FIELDS.join(", ")
            )));
        }
        for (at, name) in columns.iter().enumerate() {
            if columns[..at].contains(name) {
                return Err(Misuse(format!("the CSV file has two columns {name:?}")));
            }
        }
        Ok(Self { reader, columns })
    }

    /// Reads to the end, or until `send` wants no more.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(&mut self, send: &mut dyn FnMut(Line) -> bool) -> io::Result<()> {
        let mut row = csv::ByteRecord::new();
        loop {
            let number = self.reader.position().line();
            match self.reader.read_byte_record(&mut row) {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(error) => return Err(io::Error::other(error)),
            }
            // The reader counts empty lines before a row to the row; they belong to nobody. So its lines are counted
            // back from its end, which the last row may lack.
            let breaks = row.as_slice().iter().filter(|byte| **byte == b'\n');
            let lines = 1 + u64::try_from(breaks.count()).unwrap_or(0);
            let counted_back = self.reader.position().line().saturating_sub(lines);
            let number = row
                .position()
                .map_or(number, csv::Position::line)
                .max(counted_back);
            let line = Line {
                number,
                end: self.reader.position().byte(),
                fields: self.fields(&row),
            };
            if !send(line) {
                return Ok(());
            }
        }
    }

    fn fields(&self, row: &csv::ByteRecord) -> Result<Map<String, Value>, String> {
        if row.len() != self.columns.len() {
            return Err(format!(
                "the row has {} values, and the header {} columns",
                row.len(),
                self.columns.len()
            ));
        }
        let mut fields = Map::new();
        let mut profile = Map::new();
        for (name, value) in self.columns.iter().zip(row) {
            if value.is_empty() {
                continue;
            }
            let text = std::str::from_utf8(value).map_err(|_| format!("{name} is no UTF-8"))?;
            match name.strip_prefix(PROFILE_PREFIX) {
                Some(name) => profile.insert(name.to_owned(), text.into()),
                None => fields.insert(name.clone(), text.into()),
            };
        }
        if !profile.is_empty() {
            merge(&mut fields, profile)?;
        }
        Ok(fields)
    }
}

/// Adds what stood in columns of its own to the profile that a row may have as JSON.
fn merge(fields: &mut Map<String, Value>, columns: Map<String, Value>) -> Result<(), String> {
    let mut profile: Map<String, Value> = match fields.remove("profile") {
        Some(Value::String(text)) => {
            serde_json::from_str(&text).map_err(|_| "profile must be a JSON object".to_owned())?
        }
        _ => Map::new(),
    };
    for (name, value) in columns {
        if profile.insert(name.clone(), value).is_some() {
            return Err(format!("profile.{name} is given twice"));
        }
    }
    fields.insert("profile".to_owned(), Value::Object(profile));
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    fn rows(text: &str) -> Vec<(u64, Result<Value, String>)> {
        let mut rows = Vec::new();
        Rows::open(text.as_bytes())
            .unwrap()
            .read(&mut |line| {
                rows.push((line.number, line.fields.map(Value::Object)));
                true
            })
            .unwrap();
        rows
    }

    #[test]
    fn a_row_becomes_the_fields_of_its_columns() {
        let read = rows(
            "username,profile.cuid,profile\n\
             木木,c1,\"{\"\"platform\"\":\"\"ios\"\"}\"\n\
             \n\
             \"two\nlines\",,\n\
             three\n",
        );
        assert_eq!(
            read[0],
            (
                2,
                Ok(json!({"username": "木木", "profile": {"cuid": "c1", "platform": "ios"}}))
            )
        );
        assert_eq!(read[1], (4, Ok(json!({"username": "two\nlines"}))));
        assert_eq!(read[2].0, 6);
        assert!(read[2].1.as_ref().unwrap_err().contains("1 values"));
    }

    #[test]
    fn a_header_that_nobody_understands_is_told() {
        for (header, named) in [
            ("username,emial\n", "emial"),
            ("email,email\n", "two columns"),
            ("profile.\n", "profile."),
            ("", "no header"),
            ("\n\n", "no header"),
        ] {
            let refused = Rows::open(header.as_bytes())
                .map(drop)
                .unwrap_err()
                .to_string();
            assert!(refused.contains(named), "{refused}");
        }
    }
}
