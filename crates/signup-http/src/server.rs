//! A provider's server, from listening to the last answer.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::{App as ActixApp, HttpServer, web};
use prometheus::{Registry, TextEncoder};
use signup_app::App;
use signup_app::settings::HttpSettings;
use signup_app::shutdown::Shutdown;
use signup_core::reply::Reply;
use tokio::net::TcpSocket;

use crate::docs::Pages;
use crate::edge::{Edge, edge};
use crate::{Fault, HttpMetrics, Provider, docs, health, resource, to};

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;

/// How long an idle connection is kept. Longer than the 60 s after which common load balancers drop theirs, so that
/// they never send a request into a connection that is just being closed.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// Connections per worker; more wait to be accepted. A connection can make actix buffer 128 KiB of headers, so this
/// bounds what slow clients can make a worker hold to 1 GiB.
const MAX_CONNECTIONS: usize = 8192;

/// Listens on an address. Port 0 lets the system choose one; the listener knows which.
///
/// # Errors
/// The address is in use or not one of this machine's.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A restarted server must not wait until the connections of its predecessor are forgotten.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}

/// Serves a provider's API, health and documentation on `listener`, and metrics on `metrics_listener` if there is one.
///
/// Returns after `shutdown` was triggered, `http.shutdown_delay` is over and every accepted request was answered, or when
/// `http.shutdown_grace` is over too. Runs inside a Tokio runtime.
///
/// # Errors
/// The listeners cannot be used, a server does not start, or another server of this provider shares the application's
/// metrics. It waits for no `shutdown` then.
pub async fn serve(
    app: Arc<App>,
    provider: &'static Provider,
    listener: TcpListener,
    metrics_listener: Option<TcpListener>,
    shutdown: Shutdown,
) -> io::Result<()> {
    let http = app.settings.http.clone();
    let listeners = (listener, metrics_listener);
    serve_routes(app, provider, http, listeners, shutdown, |_| {}).await
}

/// Like [`serve`] without metrics, for a server beside others in one process: with settings of its own, and with further
/// routes, which go before those of the provider.
///
/// # Errors
/// See [`serve`].
pub async fn serve_beside(
    app: Arc<App>,
    provider: &'static Provider,
    http: HttpSettings,
    listener: TcpListener,
    shutdown: Shutdown,
    further: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
) -> io::Result<()> {
    serve_routes(app, provider, http, (listener, None), shutdown, further).await
}

async fn serve_routes(
    app: Arc<App>,
    provider: &'static Provider,
    http: HttpSettings,
    (listener, metrics_listener): (TcpListener, Option<TcpListener>),
    shutdown: Shutdown,
    further: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
) -> io::Result<()> {
    let registry = app.metrics.registry.clone();
    let records_of = Arc::clone(&app);
    let metrics = HttpMetrics::register(&registry, provider.name).map_err(io::Error::other)?;
    let delay = http.shutdown_delay;
    let served = async {
        let api = api_server(
            &app,
            provider,
            http,
            metrics.clone(),
            listener,
            &shutdown,
            further,
        )?;
        let stop = stop_on(shutdown, delay, api.handle());
        match metrics_listener {
            Some(listener) => run(api, metrics_server(registry.clone(), listener)?, stop).await,
            None => run(api, std::future::pending(), stop).await,
        }
    };
    let result = served.await;
    metrics.unregister(&registry);
    // What the last requests have left.
    records_of.write_records().await;
    result
}

/// Runs until the API's server has ended, told by `stop` or by itself. Metrics can be read until the last request is
/// answered; a service that nobody can watch is stopped.
async fn run(
    mut api: Server,
    metrics: impl Future<Output = io::Result<()>>,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    tokio::select! {
        served = &mut api => served,
        ended = metrics => {
            // It stops as the API's server is awaited.
            drop(api.handle().stop(true));
            api.await?;
            ended.map_err(|error| io::Error::new(error.kind(), format!("metrics: {error}")))
        }
        () = stop => api.await,
    }
}

fn api_server(
    app: &Arc<App>,
    provider: &'static Provider,
    http: HttpSettings,
    metrics: HttpMetrics,
    listener: TcpListener,
    shutdown: &Shutdown,
    further: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
) -> io::Result<Server> {
    let (workers, header_timeout) = (http.workers, http.header_timeout);
    // actix counts in whole seconds; half a second must not become none.
    let grace = http.shutdown_grace.as_millis().div_ceil(1000);
    let grace = u64::try_from(grace).unwrap_or(u64::MAX);
    let app = web::Data::from(Arc::clone(app));
    let at_edge = web::Data::new(Edge {
        provider,
        http,
        metrics,
        shutdown: shutdown.clone(),
    });
    let pages = Pages::of(provider).map(web::Data::new);
    let shutdown = web::Data::new(shutdown.clone());
    let server = HttpServer::new(move || {
        ActixApp::new()
            .app_data(app.clone())
            .app_data(at_edge.clone())
            .app_data(shutdown.clone())
            .configure(health::routes)
            .configure(docs::routes(pages.clone()))
            .configure(further.clone())
            .configure(provider.routes)
            .default_service(to(async || Err::<Reply, _>(Fault::NotFound)))
            .wrap(from_fn(edge))
    })
    .workers(workers)
    .max_connections(MAX_CONNECTIONS)
    .keep_alive(KEEP_ALIVE)
    .client_request_timeout(header_timeout)
    .shutdown_timeout(grace)
    .disable_signals()
    .listen(listener)?;
    Ok(server.run())
}

fn metrics_server(registry: Registry, listener: TcpListener) -> io::Result<Server> {
    let registry = web::Data::new(registry);
    let server = HttpServer::new(move || {
        ActixApp::new()
            .app_data(registry.clone())
            .service(resource("/metrics", [(Method::GET, to(metrics))]))
    })
    .workers(1)
    .disable_signals()
    .listen(listener)?;
    Ok(server.run())
}

async fn metrics(registry: web::Data<Registry>) -> Result<Reply, Fault> {
    let text = TextEncoder::new()
        .encode_to_string(&registry.gather())
        .map_err(|_| Fault::Internal)?;
    Ok(Reply::text(prometheus::TEXT_FORMAT, 200, text))
}

/// Readiness is false as soon as `shutdown` is triggered. After `delay` no connection is accepted any more, accepted
/// requests are answered, and idle connections are closed.
async fn stop_on(shutdown: Shutdown, delay: Duration, server: ServerHandle) {
    shutdown.wait().await;
    tokio::time::sleep(delay).await;
    server.stop(true).await;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[tokio::test]
    async fn metrics_that_cannot_be_served_end_the_api() {
        let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let api = HttpServer::new(ActixApp::new).workers(1).disable_signals();
        let api = api.listen(listener).unwrap().run();
        let metrics = async { Err(io::Error::other("no thread")) };

        let running = run(api, metrics, std::future::pending());

        let served = tokio::time::timeout(Duration::from_secs(20), running).await;
        assert_eq!(
            served.unwrap().unwrap_err().to_string(),
            "metrics: no thread"
        );
    }
}
