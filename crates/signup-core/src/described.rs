//! Keys of declarations, described for those who fill in a form or read the reference. The tables stand beside the types
//! that read the keys. They refuse nothing: what a value must be like is said by the readers alone, and a test holds the
//! tables against them.

use crate::context::Language;

/// Any number of things that a `u32` counts.
pub const ANY_COUNT: i64 = u32::MAX as i64;

/// A text in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// English.
    pub english: &'static str,
    /// Simplified Chinese.
    pub chinese: &'static str,
}

/// A text in both languages.
pub const fn words(english: &'static str, chinese: &'static str) -> Words {
    Words { english, chinese }
}

impl Words {
    /// The text in this language.
    pub const fn of(self, language: Language) -> &'static str {
        match language {
            Language::English => self.english,
            Language::Chinese => self.chinese,
        }
    }
}

/// Keys that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// What they are about.
    pub title: Words,
    /// The keys, in the order in which people think of them.
    pub keys: &'static [Key],
}

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Where it stands below the application: `rules.password.min_length`. What begins with `directory` stands below the
    /// settings of the application's directory. A last part `*` stands for any name.
    pub place: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// One line, with the unit in parentheses.
    pub label: Words,
    /// A sentence or two.
    pub help: Words,
    /// What holds when it is left out, where the reader's own default does not say it.
    pub otherwise: Option<Words>,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`.
    Flag,
    /// A whole number in this range, both ends included.
    Number(i64, i64),
    /// A text, with an example.
    Text(&'static str),
    /// One of these names.
    Choice(&'static [Choice]),
    /// A list of some of these names.
    Several(&'static [Choice]),
    /// A list of texts, with an example of one.
    Lines(&'static str),
    /// A table that is there or not; the keys below it are described by themselves.
    Presence,
    /// One of these names, for each name that is a key of the table at another place.
    ChoicePer(&'static str, &'static [Choice]),
    /// A table that is nested deeper or has keys of one's own, with an example of what stands in it, TOML.
    Table(&'static str),
    /// A list of tables, with an example as it stands on the right of `=`, TOML.
    Toml(&'static str),
}

impl Kind {
    /// What is accepted, in English.
    pub fn accepted(self) -> String {
        match self {
            Self::Flag => "`true` or `false`".to_owned(),
            Self::Number(least, i64::MAX) => format!("a whole number, at least {least}"),
            Self::Number(least, most) => format!("a whole number from {least} to {most}"),
            Self::Text(example) => format!("a text, such as `{example:?}`"),
            Self::Choice(choices) => format!("one of {}", names(choices)),
            Self::Several(choices) => format!("a list of {}", names(choices)),
            Self::Lines(example) => format!("a list of texts, such as `[{example:?}]`"),
            Self::Presence => "a table; it may be empty".to_owned(),
            Self::ChoicePer(place, choices) => {
                format!("for each name in `{place}`, one of {}", names(choices))
            }
            Self::Table(_) => "a table".to_owned(),
            Self::Toml(_) => "a list of tables".to_owned(),
        }
    }
}

fn names(choices: &[Choice]) -> String {
    let names: Vec<String> = choices
        .iter()
        .map(|choice| format!("`{:?}`", choice.name))
        .collect();
    names.join(", ")
}

/// A name that can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// As it is written in a declaration.
    pub name: &'static str,
    /// What it means.
    pub label: Words,
}

/// A name that can be chosen.
pub const fn choice(name: &'static str, english: &'static str, chinese: &'static str) -> Choice {
    Choice {
        name,
        label: words(english, chinese),
    }
}

impl Key {
    /// A key whose default is the reader's.
    pub const fn new(place: &'static str, kind: Kind, label: Words, help: Words) -> Self {
        Self {
            place,
            kind,
            label,
            help,
            otherwise: None,
        }
    }

    /// The same key, with what holds when it is left out.
    pub const fn otherwise(mut self, english: &'static str, chinese: &'static str) -> Self {
        self.otherwise = Some(words(english, chinese));
        self
    }

    /// Whether the key stands at this place.
    pub fn is_at(&self, place: &str) -> bool {
        match self.place.strip_suffix('*') {
            Some(above) => place
                .strip_prefix(above)
                .is_some_and(|name| !name.is_empty() && !name.contains('.')),
            None => self.place == place,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_one_name() {
        let key = |place| Key::new(place, Kind::Flag, words("", ""), words("", ""));
        assert!(key("a.b").is_at("a.b") && !key("a.b").is_at("a.c"));
        let each = key("a.*");
        assert!(each.is_at("a.b"));
        assert!(!each.is_at("a.") && !each.is_at("a.b.c") && !each.is_at("b.a"));
    }
}
