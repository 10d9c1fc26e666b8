//! A service's `main`.

mod events;
mod health_check;

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::{Arg, ArgAction, Command, value_parser};
use signup_app::settings::{Reader, Settings, process_environment};
use signup_app::shutdown::Shutdown;
use signup_app::{App, background, logging};

use crate::{Provider, bind, serve};

pub use events::start_events;

/// Exit status for a faulty command line or configuration; anything else that stops the start is 1.
const EXIT_CONFIGURATION: u8 = 2;

/// What ends the work that goes on beside answering requests, and waits until it is over.
pub type Stop = Pin<Box<dyn Future<Output = ()>>>;

/// Runs a provider's service as its command line says, until SIGTERM or Ctrl-C. Its events go to the bus that the
/// settings name.
///
/// The exit status is 0 after a graceful stop, 1 when the service cannot start or its health check fails, and 2 when
/// the command line or the configuration is faulty. What is wrong is told on standard error.
pub fn run(provider: &'static Provider) -> ExitCode {
    run_with(
        provider,
        |_| (),
        async |app, ()| Ok(start_events(app, provider.binary)),
    )
}

/// Like [`run`], for a process with other work than a provider's service: `read` reads the settings that only this
/// process has, `start` begins the work. The work is stopped after the last request was answered.
pub fn run_with<S>(
    provider: &'static Provider,
    read: impl FnOnce(&mut Reader) -> S,
    start: impl AsyncFnOnce(&Arc<App>, S) -> anyhow::Result<Stop>,
) -> ExitCode {
    let arguments = command(provider).get_matches();
    let file = arguments.get_one::<PathBuf>("config").map(PathBuf::as_path);
    let environment = process_environment();
    let (settings, own) = match Settings::load_with(provider.defaults, file, environment, read) {
        Ok(loaded) => loaded,
        Err(error) => {
            eprintln!("{}: {error}", provider.binary);
            return ExitCode::from(EXIT_CONFIGURATION);
        }
    };
    if arguments.get_flag("check-config") {
        let mut out = io::stdout().lock();
        for setting in settings.describe() {
            // A reader that has seen enough, as `head` has, is no fault.
            if writeln!(out, "{setting}").is_err() {
                break;
            }
        }
        return ExitCode::SUCCESS;
    }
    let result = if arguments.get_flag("health-check") {
        health_check::ask(settings.http.address()).context("the service is not healthy")
    } else {
        on_runtime(provider, settings, own, start)
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error:#}", provider.binary);
            ExitCode::FAILURE
        }
    }
}

fn command(provider: &Provider) -> Command {
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .help(help)
            .action(ArgAction::SetTrue)
    };
    Command::new(provider.binary)
        .version(env!("CARGO_PKG_VERSION"))
        .about("Signs people up; a self-hosted service.")
        .after_help(
            "Settings come from compiled-in defaults, then the file, then SIGNUP__SECTION__KEY.",
        )
        .arg(
            Arg::new("config")
                .long("config")
                .value_name("PATH")
                .env(config_variable())
                .help("Settings file, TOML")
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(flag(
            "check-config",
            "Check the settings, print the effective ones without secrets, and exit",
        ))
        .arg(
            flag(
                "health-check",
                "Ask the service running on this machine whether it is alive, and exit",
            )
            .conflicts_with("check-config"),
        )
}

/// Compose files and shells set a variable to nothing when they mean none; clap would take that for an empty path.
fn config_variable() -> Option<&'static str> {
    const NAME: &str = "SIGNUP_CONFIG";
    let is_empty = std::env::var_os(NAME).is_some_and(|value| value.is_empty());
    (!is_empty).then_some(NAME)
}

fn on_runtime<S>(
    provider: &'static Provider,
    settings: Settings,
    own: S,
    start: impl AsyncFnOnce(&Arc<App>, S) -> anyhow::Result<Stop>,
) -> anyhow::Result<()> {
    logging::init(&settings.log).context("logging cannot start")?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime cannot start")?
        .block_on(start_and_serve(provider, settings, own, start))
}

async fn start_and_serve<S>(
    provider: &'static Provider,
    settings: Settings,
    own: S,
    start: impl AsyncFnOnce(&Arc<App>, S) -> anyhow::Result<Stop>,
) -> anyhow::Result<()> {
    let shutdown = Shutdown::on_signals().context("signals cannot be handled")?;
    let http = settings.http.clone();
    let app = App::start(settings, std::slice::from_ref(&provider.name))
        .await
        .context("cannot start")?;
    let listen = |key: &str, address: SocketAddr| {
        let listener =
            bind(address).with_context(|| format!("cannot listen on {address} ({key})"))?;
        log::info!(
            event = "http.listening",
            provider = provider.name;
            "listening on {} ({key})", listener.local_addr()?
        );
        anyhow::Ok(listener)
    };
    let listener = listen("http.port", http.address())?;
    let metrics_listener = listen("http.metrics_port", http.metrics_address())?;
    let background = background::start(&app, &shutdown);
    let stop = start(&app, own).await?;
    let records_of = Arc::clone(&app);
    let served = serve(
        app,
        provider,
        listener,
        Some(metrics_listener),
        shutdown.clone(),
    )
    .await;
    // A server that failed by itself takes the rest of the process with it.
    shutdown.trigger();
    stop.await;
    for task in background {
        // A task that panicked has logged that, and nothing is left to be done.
        let _ = task.await;
    }
    // What a worker has counted until its end.
    records_of.write_records().await;
    served.context("the server failed")
}
