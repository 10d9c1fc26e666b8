//! JSON Lines: one object per line, UTF-8; empty lines count and are passed over.

use std::io::{self, BufRead, BufReader, Read};

use serde_json::{Map, Value};

use super::unrepeated::Unrepeated;
use super::{Line, MAX_LINE};

/// Reads to the end, or until `send` wants no more.
///
/// # Errors
/// The file cannot be read.
pub fn read(from: impl Read, send: &mut dyn FnMut(Line) -> bool) -> io::Result<()> {
    let mut from = BufReader::with_capacity(256 * 1024, from);
    let (mut number, mut end) = (0, 0);
    let mut line = Vec::new();
    loop {
        let length = read_line(&mut from, &mut line)?;
        if length == 0 {
            return Ok(());
        }
        number += 1;
        end += length;
        let mut text = line.as_slice();
        if number == 1 {
            // Some programs begin a file with a byte order mark.
            text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
        }
        let text = text.trim_ascii();
        if text.is_empty() {
            continue;
        }
        let fields = if line.len() > MAX_LINE {
            Err(format!("the line is longer than {MAX_LINE} bytes"))
        } else {
            fields(text)
        };
        if !send(Line {
            number,
            end,
            fields,
        }) {
            return Ok(());
        }
    }
}

fn fields(text: &[u8]) -> Result<Map<String, Value>, String> {
    let fields = match serde_json::from_slice(text) {
        Ok(Value::Object(fields)) => fields,
        Ok(_) => return Err("the line is no JSON object".to_owned()),
        Err(error) => {
            let column = error.column();
            return Err(format!("the line is no valid JSON at column {column}"));
        }
    };
    match serde_json::from_slice::<Unrepeated>(text) {
        Ok(Unrepeated) => Ok(fields),
        Err(error) => {
            let column = error.column();
            Err(format!("a field is given twice, again at column {column}"))
        }
    }
}

/// Reads a line with its end, of one that is too long only a little more than [`MAX_LINE`]; returns how many bytes it has
/// in the file, 0 at the end of the file.
fn read_line(from: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<u64> {
    line.clear();
    let mut length = 0;
    loop {
        let available = from.fill_buf()?;
        let newline = available.iter().position(|byte| *byte == b'\n');
        let used = newline.map_or(available.len(), |at| at + 1);
        if line.len() <= MAX_LINE {
            line.extend_from_slice(&available[..used]);
        }
        from.consume(used);
        length += used as u64;
        if used == 0 || newline.is_some() {
            return Ok(length);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn lines(text: &[u8]) -> Vec<(u64, u64, Result<Value, String>)> {
        let mut lines = Vec::new();
        let mut keep = |line: Line| {
            lines.push((line.number, line.end, line.fields.map(Value::Object)));
            true
        };
        read(text, &mut keep).unwrap();
        lines
    }

    #[test]
    fn lines_are_numbered_as_an_editor_numbers_them() {
        let read = lines(b"\xef\xbb\xbf{\"a\":1}\r\n\n  \n{\"b\":2}");
        let object = |text: &str| Ok(serde_json::from_str(text).unwrap());
        assert_eq!(
            read,
            [(1, 12, object("{\"a\":1}")), (4, 23, object("{\"b\":2}"))]
        );
    }

    #[test]
    fn a_field_that_is_given_twice_is_told_wherever_it_stands() {
        let twice: [&[u8]; 3] = [
            br#"{"phone":"1","phone":"2"}"#,
            br#"{"phone":"1","ph\u006fne":"1"}"#,
            br#"{"a":null,"profile":{"x":[{"b":1,"b":1.5}]}}"#,
        ];
        for line in twice {
            let refused = fields(line).unwrap_err();
            assert!(refused.contains("twice"), "{refused}");
        }
        let once = br#"{"a":{"b":[true,-1,2,3.5,null,"c",{}]},"b":{"a":1}}"#;
        assert_eq!(fields(once).unwrap().len(), 2);
    }

    #[test]
    fn a_line_that_is_no_object_stops_none_of_the_others() {
        let mut text = b"{\"a\":\n[1]\n\xff\n".to_vec();
        text.extend(vec![b'x'; 3 * MAX_LINE]);
        text.extend(b"\n{}\n");
        let problems: Vec<_> = lines(&text)
            .into_iter()
            .map(|(number, _, read)| (number, read.err()))
            .collect();
        assert_eq!(problems.len(), 5);
        assert!(
            problems[..4].iter().all(|(_, problem)| problem.is_some()),
            "{problems:?}"
        );
        assert_eq!(problems[4], (5, None));
    }
}
