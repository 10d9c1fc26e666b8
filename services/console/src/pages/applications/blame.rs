//! Which field a problem is about.

use std::cmp::Reverse;

use super::fields::Field;

/// Notes a problem at the field that it is about, and tells whether there is one: the key that stands in that line of the
/// file, or the one that the problem names.
pub fn blame(fields: &mut [Field], file: &str, line: Option<usize>, problem: &str) -> bool {
    let at_line = line.and_then(|line| key_at(file, line));
    let named = named(problem);
    let score = |field: &Field| {
        let key = field.key();
        let is_in = |line: &str| {
            line.strip_prefix(&key)
                .is_some_and(|below| below.is_empty() || below.starts_with('.'))
        };
        if at_line.as_deref().is_some_and(is_in) {
            return Some((usize::MAX, Reverse(0)));
        }
        let last = field.place.last()?;
        let first_named = named.iter().position(|name| name == last)?;
        // Of keys with the same name, the one whose tables are named as well; of several keys, the first.
        let parts = field.place.iter();
        let known = parts.filter(|part| named.contains(&part.as_str())).count();
        Some((known, Reverse(first_named)))
    };
    let scored = fields
        .iter_mut()
        .filter_map(|field| Some((score(field)?, field)));
    match scored.max_by_key(|(score, _)| *score) {
        Some((_, field)) => {
            field.problem = Some(problem.to_owned());
            true
        }
        None => false,
    }
}

/// The names of keys in a problem: words in backticks and words before a colon, with the parts of dotted ones.
fn named(problem: &str) -> Vec<&str> {
    problem
        .split(' ')
        .filter(|word| word.starts_with('`') || word.ends_with(':'))
        .map(|word| word.trim_matches(['`', ':', ';', ',', '.']))
        .flat_map(|word| word.split('.'))
        .collect()
}

/// The key in a line of a file that we made ourselves, below the application or directory.
fn key_at(file: &str, line: usize) -> Option<String> {
    let lines: Vec<&str> = file.lines().take(line).collect();
    let (key, _) = lines.last()?.split_once(" = ")?;
    let table = lines.iter().rev().find(|line| line.starts_with('['))?;
    let table = table.trim_matches(['[', ']']);
    let below = match table.split_once('.') {
        Some(("application", below)) => format!("{below}."),
        Some(("directory", "settings")) => "directory.".to_owned(),
        Some(("directory", below)) => {
            format!(
                "directory.{}.",
                below.strip_prefix("settings.").unwrap_or(below)
            )
        }
        _ => String::new(),
    };
    Some(format!("{below}{key}").replace('"', ""))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;
    use signup_providers::ALL;

    use super::super::fields::fields;
    use super::*;

    const FILE: &str = "[[directory]]\nid = \"shop\"\n[directory.settings.made_up]\nnew = 1\n\n[[application]]\nid = \"shop\"\n\n[application.rules.password]\nmax_length = \"x\"\n";

    fn blamed(line: Option<usize>, problem: &str) -> Option<String> {
        let mut fields = fields(&ALL[0], &json!({"directory": {"made_up": {"new": 1}}}));
        let is_blamed = blame(&mut fields, FILE, line, problem);
        let mut blamed = fields.iter().filter(|field| field.problem.is_some());
        let first = blamed.next().map(Field::key);
        assert_eq!((is_blamed, blamed.count()), (first.is_some(), 0));
        first
    }

    #[test]
    fn a_problem_is_told_at_the_field_that_it_names() {
        for (line, problem, key) in [
            (
                Some(7),
                "`shop`: rules.password: `min_length` is 0; it must be 1",
                "rules.password.min_length",
            ),
            (
                Some(10),
                "invalid type: string",
                "rules.password.max_length",
            ),
            (Some(4), "invalid type: integer", "directory"),
            (
                None,
                "`shop`: rules.sending.sms_per_day: too small",
                "rules.sending.sms_per_day",
            ),
            (
                None,
                "`shop`: `enabled` needs one thing; give it a name, or close `name`",
                "enabled",
            ),
        ] {
            assert_eq!(blamed(line, problem).as_deref(), Some(key), "{problem}");
        }
        assert_eq!(blamed(Some(7), "something else about the name"), None);
    }
}
