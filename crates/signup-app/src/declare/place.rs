//! Which key a part of a declaration file belongs to.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// The key whose value, or an item of it, is at this place of the text. Below an application it is written as the reference
/// writes it: `rules.password.min_length`.
pub fn key_at(text: &str, span: &Range<usize>) -> Option<String> {
    let file = DeTable::parse(text).ok()?;
    let key = find(file.get_ref(), span)?;
    let below = key.strip_prefix("application.").map(str::to_owned);
    Some(below.unwrap_or(key))
}

fn find(table: &DeTable<'_>, span: &Range<usize>) -> Option<String> {
    table.iter().find_map(|(key, value)| {
        let name: &str = key.get_ref().as_ref();
        if value.span() == *span {
            return Some(name.to_owned());
        }
        let below = match value.get_ref() {
            DeValue::Table(below) => find(below, span)?,
            DeValue::Array(items) => {
                if items.iter().any(|item| item.span() == *span) {
                    return Some(name.to_owned());
                }
                items.iter().find_map(|item| match item.get_ref() {
                    DeValue::Table(below) => find(below, span),
                    _ => None,
                })?
            }
            _ => return None,
        };
        Some(format!("{name}.{below}"))
    })
}
