//! `signupctl dev`: every service, the worker and a page to look at, in one process on one machine.

mod calls;
mod demo;
mod demo_site;
mod env_file;
mod listeners;
mod lock;
mod page;
mod ports;
mod stack;

use std::io;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use futures_util::future::join_all;
use serde_json::{Map, Value, json};
use signup_app::settings::{BusUrl, HttpSettings, Settings};
use signup_app::shutdown::Shutdown;
use signup_app::{App, background};
use tokio::signal::ctrl_c;

use crate::cli::DevArgs;
use crate::output::{Output, note, print};
use crate::providers;
use demo::{Demo, DemoOperator};
use demo_site::DemoSite;
use listeners::Listeners;
use page::Page;
use stack::Files;

/// Exit status after a second Ctrl-C: 128 + SIGINT, as shells count.
const INTERRUPTED: i32 = 130;

/// Runs the stack until Ctrl-C.
///
/// # Errors
/// Whatever keeps it from starting.
pub fn run(arguments: &DevArgs, config: Option<&Path>, output: Output) -> anyhow::Result<()> {
    let files = Files::in_directory(&arguments.dir);
    let mut settings = stack::settings(&files, config)?;
    keep_events_here(&mut settings);
    let console = stack::console_http(&settings.http, config)?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime cannot start")?
        .block_on(start(arguments, &files, settings, console, output))
}

/// Whatever the settings say: events are shown on the terminal, and who has a broker for them means another program.
fn keep_events_here(settings: &mut Settings) {
    if let BusUrl::RabbitMq(url) = &settings.bus.url {
        note(format_args!(
            "signupctl: bus.url names {url}, which signupctl dev does not use: events stay in this process"
        ));
    }
    settings.bus.url = BusUrl::InProcess;
}

async fn start(
    arguments: &DevArgs,
    files: &Files,
    settings: Settings,
    console: HttpSettings,
    output: Output,
) -> anyhow::Result<()> {
    let listeners = Listeners::bind(settings.http.host, arguments)?;
    files.make_directory()?;
    let _lock = lock::take(&files.lock())?;
    if arguments.reset {
        files.reset(&settings)?;
    }
    stack::start_logging(files, &settings.log)?;
    let shutdown = Shutdown::on_signals().context("signals cannot be handled")?;
    tokio::spawn(end_at_second_interrupt());

    let app = App::start(settings, providers::names())
        .await
        .context("cannot start")?;
    demo::declare(&app).await?;
    let demo = demo::write_env(&app, &listeners, &files.demo_env()).await?;
    serve(&app, console, listeners, files, demo, &shutdown, output).await
}

async fn serve(
    app: &Arc<App>,
    console: HttpSettings,
    listeners: Listeners,
    files: &Files,
    demo: Demo,
    shutdown: &Shutdown,
    output: Output,
) -> anyhow::Result<()> {
    let mut worker = signup_notify::start_embedded(app, !output.is_json());
    let background = background::start(app, shutdown);
    announce(&listeners, files, &demo.operator, output)?;
    if !output.is_json() {
        worker.tail();
    }
    let page = Page {
        inbox: worker.inbox.clone(),
        app: Arc::clone(app),
        apis: listeners.api_urls()?,
        demo_env: files.demo_env().display().to_string(),
    };
    let site = DemoSite::new(worker.inbox.clone(), &listeners, demo.xdua_app_token)?;
    let site = demo_site::serve(site, listeners.demo_site, shutdown.clone());
    let console = signup_http::serve_beside(
        Arc::clone(app),
        &signup_console::PROCESS,
        console,
        listeners.console,
        shutdown.clone(),
        page::routes(page),
    );
    let apis = listeners.apis.into_iter().map(|(provider, listener)| {
        let (app, shutdown) = (Arc::clone(app), shutdown.clone());
        together(
            signup_http::serve(app, provider, listener, None, shutdown.clone()),
            shutdown,
        )
    });
    let (console, site, apis) = tokio::join!(
        together(console, shutdown.clone()),
        together(site, shutdown.clone()),
        join_all(apis)
    );
    worker.stop().await;
    for task in background {
        // A task that panicked has logged that, and nothing is left to be done.
        let _ = task.await;
    }
    apis.into_iter()
        .chain([console, site])
        .collect::<io::Result<()>>()
        .context("a server failed")
}

/// A server that ends by itself takes the others with it.
async fn together(
    server: impl Future<Output = io::Result<()>>,
    shutdown: Shutdown,
) -> io::Result<()> {
    let served = server.await;
    shutdown.trigger();
    served
}

fn announce(
    listeners: &Listeners,
    files: &Files,
    operator: &DemoOperator,
    output: Output,
) -> anyhow::Result<()> {
    let console = listeners.console_url()?;
    let demo_site = listeners.demo_site_url()?;
    let apis = listeners.api_urls()?;
    if output.is_json() {
        let urls: Map<String, Value> = apis
            .into_iter()
            .map(|(name, url)| (name.to_owned(), Value::from(url)))
            .collect();
        let ready = json!({
            "console": console,
            "inbox": format!("{console}/inbox.json"),
            "demo_site": demo_site,
            "apis": urls,
            "env_file": files.demo_env(),
            "log_file": files.log(),
        });
        return print(&format!("{ready}\n"));
    }
    print(&calls::text(&console, &demo_site, &apis, files, operator))
}

/// The first Ctrl-C stops in good order; whoever presses it again does not want to wait.
async fn end_at_second_interrupt() {
    if ctrl_c().await.is_ok() && ctrl_c().await.is_ok() {
        std::process::exit(INTERRUPTED);
    }
}
