//! `[log]`

use ::log::LevelFilter;

use super::reader::Reader;

/// What is logged and how it looks.
#[derive(Clone, Debug)]
pub struct LogSettings {
    /// `env_logger` directives: a level, then `target=level` exceptions, comma-separated.
    pub level: String,
    /// How a line looks.
    pub format: LogFormat,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
    /// Text on a terminal, JSON otherwise.
    Auto,
}

impl LogSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            level: reader
                .parsed(
                    "log.level",
                    "must be off, error, warn, info, debug or trace, optionally followed by \
                     exceptions: \"info,signup_store=debug\"",
                    |text| are_directives(text).then(|| text.to_owned()),
                )
                .unwrap_or_default(),
            format: reader
                .parsed(
                    "log.format",
                    "must be text, json or auto",
                    |text| match text {
                        "text" => Some(LogFormat::Text),
                        "json" => Some(LogFormat::Json),
                        "auto" => Some(LogFormat::Auto),
                        _ => None,
                    },
                )
                .unwrap_or(LogFormat::Auto),
        }
    }
}

/// Stricter than `env_logger`, which would take a misspelt level for a module name and log all of it.
fn are_directives(text: &str) -> bool {
    text.split(',').map(str::trim).all(|directive| {
        let level = match directive.split_once('=') {
            Some((target, level)) if !target.trim().is_empty() => level,
            Some(_) => return false,
            None => directive,
        };
        level.trim().parse::<LevelFilter>().is_ok()
    })
}
