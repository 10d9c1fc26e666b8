//! `signupctl app reference`

use serde_json::{Value, json};
use signup_app::declare::GENERAL;
use signup_core::application::RULES;
use signup_core::context::Language;
use signup_core::described::{Group, Key, Kind};
use signup_providers::{Entry, at};

use crate::output::Output;
use crate::providers::ALL;

/// What the page begins with.
const INTRODUCTION: &str = "<!-- Made by `make docs` from the code. Change it there. -->

# Declarations

Every key that the declaration of an application may have: in a file for `signupctl apply`, and in the form of the
[console](console.md), which shows them under the same names. [`deploy/examples`](../deploy/examples) has a whole file for each
provider. A key that is left out gets its default; a key that nobody knows is refused.

应用声明中可以使用的所有键：用于 `signupctl apply` 的文件，也用于[控制台](console.md)的表单。未写的键取默认值，未知的键会被拒绝。

A file declares applications of one provider. An application without `directory` has a directory of its own, with its id; a
directory is the scope in which user names and addresses are unique, so an application that has users stays in its own.
Credentials are made when they are first applied.

```toml
provider = \"PROVIDER\"

[[directory]]
id = \"acme\"

[[application]]
id = \"acme-web\"
directory = \"acme\"

[[application.credential]]
kind = \"KIND\"
id = \"acme-web\"
```

Keys that begin with `directory` stand below `[directory.settings]`, all others below `[[application]]`:
`rules.password.min_length` is `min_length` in `[application.rules.password]`.
";

/// Describes every key of a declaration.
pub fn show(output: Output) -> anyhow::Result<()> {
    let value: Vec<Value> = ALL.iter().flat_map(as_json).collect();
    output.show(&value, as_markdown)
}

fn as_json(entry: &'static Entry) -> impl Iterator<Item = Value> {
    let defaults = entry.defaults();
    entry.described().map(move |key| {
        json!({
            "provider": entry.name,
            "key": key.place,
            "label": key.label.english,
            "description": key.help.english,
            "accepted": accepted(key.kind),
            "default": at(&defaults, key.place),
        })
    })
}

fn as_markdown() -> String {
    let mut text = INTRODUCTION.to_owned();
    let defaults = ALL.first().map(Entry::defaults).unwrap_or_default();
    text.push_str("\n## Every provider 所有提供方\n");
    for group in GENERAL.iter().chain(RULES) {
        text.push_str(&section(group, &defaults));
    }
    for entry in ALL {
        let kinds: Vec<String> = entry
            .credentials
            .iter()
            .map(|kind| format!("`{kind}`"))
            .collect();
        text.push_str(&format!(
            "\n## {}\n\nKinds of credentials 凭证类型: {}.\n",
            entry.name,
            kinds.join(", ")
        ));
        let defaults = entry.defaults();
        for group in entry.keys {
            text.push_str(&section(group, &defaults));
        }
    }
    text
}

fn section(group: &Group, defaults: &Value) -> String {
    let title = group.title;
    let mut text = format!(
        "\n### {} {}\n\n| key | what it is for | accepted | default |\n|---|---|---|---|\n",
        title.english, title.chinese
    );
    for key in group.keys {
        text.push_str(&format!(
            "| `{}` | {} | {} | {} |\n",
            key.place,
            about(key),
            accepted(key.kind),
            default(key, defaults)
        ));
    }
    let examples: Vec<String> = group.keys.iter().filter_map(example).collect();
    if !examples.is_empty() {
        text.push_str(&format!("\n```toml\n{}```\n", examples.join("\n")));
    }
    text
}

fn about(key: &Key) -> String {
    let in_language = |language| (key.label.of(language), key.help.of(language));
    let (label, help) = in_language(Language::English);
    let (label_zh, help_zh) = in_language(Language::Chinese);
    format!("**{label}.** {help}<br>**{label_zh}。** {help_zh}")
}

fn accepted(kind: Kind) -> String {
    let accepted = kind.accepted();
    match kind {
        Kind::Table(_) | Kind::Toml(_) => format!("{accepted}, see below"),
        _ => accepted,
    }
}

fn default(key: &Key, defaults: &Value) -> String {
    match (key.otherwise, at(defaults, key.place)) {
        (Some(words), _) => format!("{}<br>{}", words.english, words.chinese),
        (None, _) if key.kind == Kind::Presence => "not there<br>没有".to_owned(),
        (None, Some(Value::Object(table))) if table.is_empty() => "`{}`".to_owned(),
        (None, Some(value)) => format!("`{value}`"),
        (None, None) => String::new(),
    }
}

/// The key's example as it stands in a file.
fn example(key: &Key) -> Option<String> {
    let value: toml::Value = match key.kind {
        Kind::Table(example) => toml::Value::Table(example.parse().ok()?),
        Kind::Toml(example) => {
            let table: toml::Table = format!("value = {example}").parse().ok()?;
            table.get("value")?.clone()
        }
        _ => return None,
    };
    let (list, place) = match key.place.strip_prefix("directory.") {
        Some(below) => ("directory", format!("settings.{below}")),
        None => ("application", key.place.to_owned()),
    };
    let table = place.rsplit('.').fold(value, |value, name| {
        toml::Table::from_iter([(name.to_owned(), value)]).into()
    });
    let file = toml::Table::from_iter([(list.to_owned(), table)]);
    toml::to_string(&file).ok()
}
