//! `signupctl config reference`

use std::collections::BTreeMap;

use notify_worker::channel::{self, ChannelSettings};
use serde_json::{Value, json};
use signup_app::settings::{Reference, SectionReference, SettingReference, reference};

use crate::output::Output;
use crate::providers;

/// Describes every setting.
pub fn show(output: Output) -> anyhow::Result<()> {
    let reference = reference(ChannelSettings::read)?;
    let overrides = overrides()?;
    output.show(&as_json(&reference, &overrides), || {
        as_markdown(&reference, &overrides)
    })
}

/// By key: the programs that are compiled with another value, and that value.
type Overrides = BTreeMap<String, Vec<(&'static str, String)>>;

fn overrides() -> anyhow::Result<Overrides> {
    let services = providers::ALL
        .iter()
        .map(|entry| (entry.binary, entry.service_defaults));
    let others = [&notify_worker::PROCESS, &signup_console::PROCESS];
    let others = others.map(|process| (process.binary, process.defaults));
    let mut overrides = Overrides::new();
    for (program, defaults) in services.chain(others) {
        let sections: toml::Table = defaults.parse()?;
        for (section, keys) in &sections {
            for (key, value) in keys.as_table().into_iter().flatten() {
                let own = (program, value.to_string());
                let key = format!("{section}.{key}");
                overrides.entry(key).or_default().push(own);
            }
        }
    }
    Ok(overrides)
}

fn as_json(reference: &Reference, overrides: &Overrides) -> Value {
    let settings = reference.sections.iter().flat_map(|section| {
        section.settings.iter().map(|setting| {
            let own = overrides.get(&setting.key).into_iter().flatten();
            let own: BTreeMap<_, _> = own.map(|(program, value)| (program, value)).collect();
            json!({
                "key": setting.key,
                "variable": setting.variable,
                "default": setting.default,
                "default_of": own,
                "accepted": setting.accepted,
                "description": setting.description,
                "read_by": section.read_by,
            })
        })
    });
    json!({
        "introduction": reference.introduction,
        "settings": settings.collect::<Vec<_>>(),
        "channels": channel::EXAMPLE,
    })
}

fn as_markdown(reference: &Reference, overrides: &Overrides) -> String {
    let mut text = format!(
        "<!-- Made by `make docs` from the code. Change it there. -->\n\n\
         # Settings\n\n\
         {}\n\n\
         Unknown keys and bad values stop the start, all of them named at once. `signupctl config show` prints what is in \
         force and where each value comes from.\n",
        reference.introduction
    );
    for section in &reference.sections {
        text.push_str(&section_text(section, overrides));
    }
    text.push_str(&format!(
        "\n## `[channel.NAME]`\n\n\
         Read by: notify-worker, signupctl doctor. One section for each provider of messages, with a name of your choice \
         that `worker.email` and `worker.sms` mention. `SIGNUP__CHANNEL__NAME__KEY` sets a key. These are all kinds with all \
         of their keys:\n\n\
         ```toml\n{}```\n",
        channel::EXAMPLE
    ));
    text
}

fn section_text(section: &SectionReference, overrides: &Overrides) -> String {
    let mut text = format!(
        "\n## `[{}]`\n\nRead by: {}.\n",
        section.name, section.read_by
    );
    for note in &section.notes {
        text.push_str(&format!("\n{note}\n"));
    }
    text.push_str(
        "\n| setting, variable | default | accepted | what it is for |\n|---|---|---|---|\n",
    );
    for setting in &section.settings {
        text.push_str(&row(setting, overrides));
    }
    text
}

fn row(setting: &SettingReference, overrides: &Overrides) -> String {
    let mut default = format!("`{}`", setting.default);
    for (program, value) in overrides.get(&setting.key).into_iter().flatten() {
        default.push_str(&format!("<br>{program}: `{value}`"));
    }
    format!(
        "| `{}`<br>`{}` | {} | {} | {} |\n",
        setting.key,
        setting.variable,
        cell(&default),
        cell(&setting.accepted),
        cell(&setting.description)
    )
}

/// A bar would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
