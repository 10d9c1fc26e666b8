//! A service's `main`.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use signup_app::settings::{BusUrl, Settings, process_environment};
use signup_app::shutdown::Shutdown;
use signup_app::{App, background, logging};
use signup_notify::start_embedded;

use crate::health::LIVE;
use crate::{Provider, bind, serve};

/// Exit status for a faulty command line or configuration; anything else that stops the start is 1.
const EXIT_CONFIGURATION: u8 = 2;

/// How long `--health-check` waits for each step.
const HEALTH_CHECK_TIMEOUT: Duration = Duration::from_secs(3);

/// Runs a service as its command line says, until SIGTERM or Ctrl-C.
///
/// The exit status is 0 after a graceful stop, 1 when the service cannot start or its health check fails, and 2 when
/// the command line or the configuration is faulty. What is wrong is told on standard error.
pub fn run(provider: &'static Provider) -> ExitCode {
    let arguments = command(provider).get_matches();
    let settings = match load_settings(provider, &arguments) {
        Ok(settings) => settings,
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
        check_health(settings.http.address()).context("the service is not healthy")
    } else {
        start(provider, settings)
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
                .env("SIGNUP_CONFIG")
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

fn load_settings(
    provider: &Provider,
    arguments: &ArgMatches,
) -> Result<Settings, signup_app::settings::SettingsError> {
    let file = arguments.get_one::<PathBuf>("config").map(PathBuf::as_path);
    Settings::load(provider.defaults, file, process_environment())
}

fn start(provider: &'static Provider, settings: Settings) -> anyhow::Result<()> {
    logging::init(&settings.log).context("logging cannot start")?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime cannot start")?
        .block_on(start_and_serve(provider, settings))
}

async fn start_and_serve(provider: &'static Provider, settings: Settings) -> anyhow::Result<()> {
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
    let embedded = match app.settings.bus.url {
        BusUrl::InProcess if app.settings.shows_messages() => {
            log::warn!(
                event = "messages.shown";
                "messages and their codes are shown on this terminal and sent to nobody (bus.local_messages)"
            );
            Some(start_embedded(&app, true))
        }
        BusUrl::InProcess => {
            log::warn!(
                event = "messages.waiting";
                "no worker takes events from this process: they, and all codes, wait in the outbox (bus.local_messages)"
            );
            None
        }
        BusUrl::RabbitMq(_) => None,
    };
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
    if let Some(embedded) = embedded {
        embedded.stop().await;
    }
    for task in background {
        // A task that panicked has logged that, and nothing is left to be done.
        let _ = task.await;
    }
    served.context("the server failed")
}

/// Asks a service on this machine for its liveness, for containers that have no shell and no curl.
fn check_health(listens_on: SocketAddr) -> io::Result<()> {
    let ip = match listens_on.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let address = SocketAddr::new(ip, listens_on.port());
    let mut stream = TcpStream::connect_timeout(&address, HEALTH_CHECK_TIMEOUT)?;
    stream.set_read_timeout(Some(HEALTH_CHECK_TIMEOUT))?;
    stream.set_write_timeout(Some(HEALTH_CHECK_TIMEOUT))?;
    write!(
        stream,
        "GET {LIVE} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut status_line = String::new();
    BufReader::new(stream).read_line(&mut status_line)?;
    if status_line.starts_with("HTTP/1.1 200 ") {
        Ok(())
    } else {
        Err(io::Error::other(format!(
            "{address} answered {:?}",
            status_line.trim_end()
        )))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::net::TcpListener;
    use std::thread;

    use super::*;

    fn answering(answer: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            // All of it: closing with something unread would reset the connection.
            let mut lines = BufReader::new(&stream).lines().map(Result::unwrap);
            assert_eq!(lines.next().unwrap(), "GET /health/live HTTP/1.1");
            assert!(lines.any(|line| line.is_empty()));
            stream.write_all(answer.as_bytes()).unwrap();
        });
        address
    }

    #[test]
    fn the_health_check_believes_a_200_only() {
        assert!(check_health(answering("HTTP/1.1 200 OK\r\n\r\n")).is_ok());
        let refused = check_health(answering("HTTP/1.1 503 Service Unavailable\r\n\r\n"));
        assert!(refused.unwrap_err().to_string().contains("503"));
        assert!(check_health(answering("")).is_err());
    }

    #[test]
    fn a_service_that_listens_everywhere_is_asked_on_this_machine() {
        let port = answering("HTTP/1.1 200 OK\r\n\r\n").port();
        assert!(check_health(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port)).is_ok());
    }
}
