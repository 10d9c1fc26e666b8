//! Log output of a process: `env_logger` behind the `log` macros and their key-value pairs.
//!
//! Field names are fixed, so that one query finds a request in every service; `docs/logging.md` has them all, and a test
//! compares it with the code. The most common:
//!
//! | field | meaning |
//! |---|---|
//! | `request_id` | `X-Request-Id`, taken over or made at the edge; in every line that a request causes |
//! | `trace_id` | the caller's trace, from its `traceparent`; where there is one, in the same lines as `request_id` |
//! | `provider` | whose protocol was spoken |
//! | `application` | id of the application |
//! | `route` | route pattern, never the path that was asked for |
//! | `status` | HTTP status of the reply |
//! | `duration_ms` | time spent, milliseconds |
//! | `event` | what happened, `noun.verb` |
//!
//! Never logged, at any level: passwords and their hashes, one-time codes, tokens, keys, signatures,
//! request and reply bodies, query strings, whole e-mail addresses, phone numbers or user names
//! (masked forms only). Values of such types mask themselves in `Debug`; do not work around that.
//!
//! Lines go to standard error. `RUST_LOG` is not read: `log.level` is the only switch.

use std::io::{self, IsTerminal, Write};

use env_logger::{Logger, Target};
use log::kv::{Key, Value, VisitSource};
use log::{LevelFilter, Log, Metadata, Record, SetLoggerError};

use signup_core::context::{RequestContext, trace_id};

use crate::settings::{LogFormat, LogSettings};

/// Libraries that would log what must not be logged (frames of a broker's log-in, for example) or what helps nobody,
/// whatever `log.level` says.
const QUIET: [(&str, LevelFilter); 7] = [
    ("lapin", LevelFilter::Error),
    // Prints what a broker returned, with the personal data in it.
    ("lapin::returned_messages", LevelFilter::Off),
    ("amq_protocol", LevelFilter::Warn),
    ("async_rs", LevelFilter::Warn),
    ("tracing", LevelFilter::Off),
    // Tells in seven lines, without a name, what our own say: that it listens, and that it was told to stop.
    ("actix_server", LevelFilter::Warn),
    // Calls it an error when somebody sends what is not HTTP, and the answer is 400 anyway.
    ("actix_http::h1::dispatcher", LevelFilter::Off),
];

tokio::task_local! {
    static ORIGIN: Origin;
}

/// The request that some work is done for, in its own process or, told by an event, in another one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The request's id.
    pub request_id: String,
    /// The trace that the request belongs to (W3C Trace Context), 32 hexadecimal digits; `None` if the caller named none.
    pub trace_id: Option<String>,
}

impl From<&RequestContext> for Origin {
    fn from(context: &RequestContext) -> Self {
        Self {
            request_id: context.request_id.clone(),
            trace_id: context
                .trace_parent
                .as_deref()
                .and_then(trace_id)
                .map(str::to_owned),
        }
    }
}

/// Does the work of a request: every line that is logged meanwhile tells its origin.
pub async fn in_request<T>(origin: Origin, work: impl Future<Output = T>) -> T {
    ORIGIN.scope(origin, work).await
}

/// Installs the logger and a panic hook that logs a panic as one line.
///
/// # Errors
/// When a logger is installed already.
pub fn init(settings: &LogSettings) -> Result<(), SetLoggerError> {
    install(vec![logger(settings, Target::Stderr)])
}

/// Like [`init`], but to other places than standard error, each with settings of its own.
///
/// # Errors
/// When a logger is installed already.
pub fn init_to(
    outputs: impl IntoIterator<Item = (LogSettings, Box<dyn Write + Send>)>,
) -> Result<(), SetLoggerError> {
    let loggers = outputs
        .into_iter()
        .map(|(settings, out)| logger(&settings, Target::Pipe(out)))
        .collect();
    install(loggers)
}

fn logger(settings: &LogSettings, target: Target) -> Logger {
    let json = match settings.format {
        LogFormat::Text => false,
        LogFormat::Json => true,
        LogFormat::Auto => !io::stderr().is_terminal(),
    };
    let mut builder = env_logger::Builder::new();
    builder.parse_filters(&settings.level);
    for (library, most) in QUIET {
        builder.filter_module(library, most);
    }
    builder
        .target(target)
        .format(move |out, record| {
            let time = out.timestamp_millis().to_string();
            if json {
                write_json(out, &time, record)
            } else {
                write_text(out, &time, record)
            }
        })
        .build()
}

fn install(loggers: Vec<Logger>) -> Result<(), SetLoggerError> {
    let most = loggers.iter().map(Logger::filter).max();
    log::set_boxed_logger(Box::new(Outputs(loggers)))?;
    log::set_max_level(most.unwrap_or(LevelFilter::Off));
    log_panics();
    Ok(())
}

/// Each output picks the records that its own level lets through.
struct Outputs(Vec<Logger>);

impl Log for Outputs {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.0.iter().any(|output| output.enabled(metadata))
    }

    fn log(&self, record: &Record<'_>) {
        for output in &self.0 {
            output.log(record);
        }
    }

    fn flush(&self) {
        for output in &self.0 {
            output.flush();
        }
    }
}

fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let thread = std::thread::current();
        let place = panic.location().map(ToString::to_string);
        let payload = panic.payload();
        let message = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        log::error!(
            target: "panic",
            event = "process.panic",
            thread = thread.name().unwrap_or("unnamed"),
            place = place.as_deref().unwrap_or("unknown");
            "{}",
            message.unwrap_or("no message")
        );
    }));
}

/// `TIME LEVEL target: message key=value …`. Line breaks and other control characters are escaped,
/// so that nothing a client sends can forge a line.
fn write_text(out: &mut impl Write, time: &str, record: &Record<'_>) -> io::Result<()> {
    let message = without_controls(&record.args().to_string());
    write!(
        out,
        "{time} {:<5} {}: {message}",
        record.level(),
        record.target()
    )?;
    visit_fields(record, &mut TextFields(out)).map_err(io::Error::other)?;
    writeln!(out)
}

fn without_controls(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            plain.extend(character.escape_default());
        } else {
            plain.push(character);
        }
    }
    plain
}

struct TextFields<'a, W>(&'a mut W);

impl<'kvs, W: Write> VisitSource<'kvs> for TextFields<'_, W> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), log::kv::Error> {
        let value = without_controls(&value.to_string());
        write!(self.0, " {key}={value}").map_err(log::kv::Error::from)
    }
}

/// One object per line: `ts`, `level`, `target`, `msg`, then every key-value pair.
fn write_json(out: &mut impl Write, time: &str, record: &Record<'_>) -> io::Result<()> {
    write!(
        out,
        r#"{{"ts":"{time}","level":"{}","target":"#,
        record.level()
    )?;
    serde_json::to_writer(&mut *out, record.target())?;
    out.write_all(br#","msg":"#)?;
    serde_json::to_writer(&mut *out, &record.args().to_string())?;
    visit_fields(record, &mut JsonFields(out)).map_err(io::Error::other)?;
    out.write_all(b"}\n")
}

/// The record's own fields, and the origin of the work unless the record tells one itself.
fn visit_fields(
    record: &Record<'_>,
    visitor: &mut impl for<'kvs> VisitSource<'kvs>,
) -> Result<(), log::kv::Error> {
    record.key_values().visit(visitor)?;
    let mut add = |name: &'static str, value: &str| {
        let key = Key::from_str(name);
        if value.is_empty() || record.key_values().get(key.clone()).is_some() {
            Ok(())
        } else {
            visitor.visit_pair(key, Value::from(value))
        }
    };
    ORIGIN
        .try_with(|origin| {
            add("request_id", &origin.request_id)?;
            add("trace_id", origin.trace_id.as_deref().unwrap_or_default())
        })
        .unwrap_or(Ok(()))
}

struct JsonFields<'a, W>(&'a mut W);

impl<'kvs, W: Write> VisitSource<'kvs> for JsonFields<'_, W> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), log::kv::Error> {
        let value = value
            .to_bool()
            .map(serde_json::Value::from)
            .or_else(|| value.to_u64().map(serde_json::Value::from))
            .or_else(|| value.to_i64().map(serde_json::Value::from))
            .or_else(|| value.to_f64().map(serde_json::Value::from))
            .unwrap_or_else(|| value.to_string().into());
        self.0.write_all(b",").map_err(log::kv::Error::from)?;
        serde_json::to_writer(&mut *self.0, key.as_str()).map_err(log::kv::Error::boxed)?;
        write!(self.0, ":{value}").map_err(log::kv::Error::from)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::{Arc, Mutex};

    use env_logger::Target;
    use log::{Level, Log as _, Record};

    use super::{LogFormat, LogSettings, logger, write_json, write_text};

    type Writer = fn(&mut Vec<u8>, &str, &Record<'_>) -> std::io::Result<()>;

    fn written(write: Writer, message: std::fmt::Arguments<'_>) -> String {
        let fields = [
            ("request_id", log::kv::Value::from("r-\n1")),
            ("status", log::kv::Value::from(201)),
            ("replayed", log::kv::Value::from(true)),
        ];
        let record = Record::builder()
            .level(Level::Info)
            .target("signup")
            .args(message)
            .key_values(&fields)
            .build();
        let mut out = Vec::new();
        write(&mut out, "2026-01-02T03:04:05.678Z", &record).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_json_line_is_one_object_with_every_field() {
        let line = written(write_json, format_args!("a \"quoted\"\nline"));

        assert_eq!(line.matches('\n').count(), 1);
        let object: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            object,
            serde_json::json!({
                "ts": "2026-01-02T03:04:05.678Z",
                "level": "INFO",
                "target": "signup",
                "msg": "a \"quoted\"\nline",
                "request_id": "r-\n1",
                "status": 201,
                "replayed": true,
            })
        );
    }

    #[test]
    fn a_text_line_cannot_be_broken_by_what_it_holds() {
        let line = written(write_text, format_args!("one\ntwo"));

        assert_eq!(
            line,
            "2026-01-02T03:04:05.678Z INFO  signup: one\\ntwo request_id=r-\\n1 status=201 replayed=true\n"
        );
    }

    #[derive(Clone, Default)]
    struct Output(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Output {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn messages_that_a_broker_returned_are_never_logged() {
        for level in [
            "trace",
            "lapin=trace",
            "trace,lapin::returned_messages=trace",
        ] {
            let settings = LogSettings {
                level: level.to_owned(),
                format: LogFormat::Text,
            };
            let output = Output::default();
            let logger = logger(&settings, Target::Pipe(Box::new(output.clone())));
            for (target, level) in [
                ("lapin::returned_messages", Level::Warn),
                ("lapin::channel", Level::Error),
            ] {
                logger.log(
                    &Record::builder()
                        .level(level)
                        .target(target)
                        .args(format_args!("said by {target}"))
                        .build(),
                );
            }
            let text = String::from_utf8(output.0.lock().unwrap().clone()).unwrap();
            assert!(!text.contains("returned_messages"), "{text}");
            assert!(text.contains("lapin::channel"), "{text}");
        }
    }
}
