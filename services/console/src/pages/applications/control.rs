//! A field as HTML: what to fill in, its help, what holds without it, and what is wrong.

use maud::{Markup, html};
use serde_json::Value;
use signup_core::context::Language;
use signup_core::described::{ANY_COUNT, Choice, Kind};

use super::fields::{Field, FieldKind};
use crate::texts::{ApplicationsTexts, Texts};

impl Field {
    /// The field as HTML.
    pub fn show(&self, language: Language) -> Markup {
        let control = Control {
            field: self,
            language,
            words: &Texts::of(language).applications,
            name: self.name(),
        };
        control.show()
    }

    /// What the key is called.
    pub fn label(&self, language: Language) -> String {
        let Some(key) = self.key else {
            return self.key();
        };
        let label = key.label.of(language);
        match (key.kind, self.place.last()) {
            (Kind::ChoicePer(..), Some(name)) => format!("{label}: {name}"),
            _ => label.to_owned(),
        }
    }
}

struct Control<'a> {
    field: &'a Field,
    language: Language,
    words: &'static ApplicationsTexts,
    name: String,
}

impl Control<'_> {
    fn show(&self) -> Markup {
        let label = self.field.label(self.language);
        let key = html! { code class="key" { (self.field.key()) } };
        // What has several boxes is a group with a name; what has one control, a label.
        let is_group = matches!(self.field.kind, FieldKind::Several(_));
        let name_id = format!("{}.name", self.name);
        html! {
            div class="setting" id=[is_group.then_some(&self.name)] role=[is_group.then_some("group")] aria-labelledby=[is_group.then_some(&name_id)]
                aria-describedby=[is_group.then(|| self.described())] {
                div {
                    @if is_group { span class="name" id=(name_id) { (label) } } @else { label class="name" for=(self.name) { (label) } }
                    (key)
                }
                div {
                    (self.control())
                    @if let Some(problem) = &self.field.problem { p class="fault" id=(self.fault_id()) { (problem) } }
                    (self.below())
                }
            }
        }
    }

    fn help_id(&self) -> String {
        format!("{}.help", self.name)
    }

    fn fault_id(&self) -> String {
        format!("{}.fault", self.name)
    }

    /// The ids of what a screen reader says after the label.
    fn described(&self) -> String {
        match self.field.problem {
            Some(_) => format!("{} {}", self.fault_id(), self.help_id()),
            None => self.help_id(),
        }
    }

    fn is_invalid(&self) -> Option<&'static str> {
        self.field.problem.as_ref().map(|_| "true")
    }

    fn control(&self) -> Markup {
        let (name, text) = (&self.name, &self.field.text);
        let (described, invalid) = (self.described(), self.is_invalid());
        let rows = text.lines().count().clamp(2, 14);
        let text_area = |class: Option<&str>| {
            html! {
                textarea class=[class] id=(name) name=(name) rows=(rows) spellcheck="false" aria-invalid=[invalid] aria-describedby=(described) {
                    "\n" (text)
                }
            }
        };
        match self.field.kind {
            FieldKind::Flag | FieldKind::Presence => html! {
                input type="checkbox" id=(name) name=(name) value="on" checked[text == "true"] aria-invalid=[invalid] aria-describedby=(described);
            },
            FieldKind::Several(choices) => html! {
                @for choice in choices {
                    label class="box" {
                        input type="checkbox" name=(name) value=(choice.name) checked[text.lines().any(|name| name == choice.name)]
                            aria-invalid=[invalid];
                        " " (choice.label.of(self.language))
                    }
                }
            },
            FieldKind::Number(least, most) => html! {
                input type="number" step="1" min=(least) max=[(most < ANY_COUNT).then_some(most)] id=(name) name=(name) value=(text)
                    aria-invalid=[invalid] aria-describedby=(described);
            },
            FieldKind::Choice(choices) => self.select(choices),
            FieldKind::Lines => text_area(None),
            FieldKind::Table => text_area(Some("code")),
            FieldKind::Toml | FieldKind::Text if text.contains('\n') => text_area(Some("code")),
            _ => html! {
                input type="text" id=(name) name=(name) value=(text) aria-invalid=[invalid] aria-describedby=(described);
            },
        }
    }

    fn select(&self, choices: &[Choice]) -> Markup {
        let (name, text) = (&self.name, self.field.text.as_str());
        let is_unknown = !text.is_empty() && choices.iter().all(|choice| choice.name != text);
        html! {
            select id=(name) name=(name) aria-invalid=[self.is_invalid()] aria-describedby=(self.described()) {
                option value="" selected[text.is_empty()] {
                    (self.words.not_set) @if let Some(default) = self.default() { " (" (self.words.default) (default) ")" }
                }
                @for choice in choices {
                    option value=(choice.name) selected[choice.name == text] { (choice.label.of(self.language)) }
                }
                @if is_unknown { option value=(text) selected { (text) } }
            }
        }
    }

    /// Help, range and default; an example where a value has a form of its own.
    fn below(&self) -> Markup {
        let Field {
            key, kind, before, ..
        } = self.field;
        let words = self.words;
        html! {
            p class="hint" id=(self.help_id()) {
                @if let Some(key) = key { (key.help.of(self.language)) " " }
                @match kind {
                    FieldKind::Number(least, most) if *most < ANY_COUNT => { (words.allowed) (least) "–" (most) (words.stop) },
                    FieldKind::Lines => { (words.hint_lines) " " },
                    FieldKind::Table | FieldKind::Toml => { (words.hint_toml) " " },
                    _ => {},
                }
                @if before.is_none() && !matches!(kind, FieldKind::Presence) { (words.not_set) (words.stop) }
                @if let Some(default) = self.default() { (words.default) (default) (words.stop) }
            }
            @if let Some(example) = self.example() {
                details { summary { (words.example) } pre { (example) } }
            }
        }
    }

    fn example(&self) -> Option<&'static str> {
        match self.field.key?.kind {
            Kind::Table(example) | Kind::Toml(example) => Some(example),
            _ => None,
        }
    }

    /// What holds when the key is left out.
    fn default(&self) -> Option<String> {
        if let Some(otherwise) = self.field.key.and_then(|key| key.otherwise) {
            return Some(otherwise.of(self.language).to_owned());
        }
        let words = self.words;
        let name = |name: &str| match self.field.kind {
            FieldKind::Choice(choices) | FieldKind::Several(choices) => choices
                .iter()
                .find(|choice| choice.name == name)
                .map_or(name, |choice| choice.label.of(self.language))
                .to_owned(),
            _ => name.to_owned(),
        };
        match (self.field.default.as_ref()?, self.field.kind) {
            (_, FieldKind::Presence) => None,
            (Value::Bool(true), _) => Some(words.on.to_owned()),
            (Value::Bool(false), _) => Some(words.off.to_owned()),
            (Value::Number(number), _) => Some(number.to_string()),
            (Value::String(text), _) => Some(name(text)),
            (Value::Array(items), _) if !items.is_empty() => {
                let items: Vec<String> = items.iter().filter_map(Value::as_str).map(name).collect();
                Some(items.join(", "))
            }
            _ => Some(words.nothing.to_owned()),
        }
    }
}
