//! Probes for whatever starts, stops and balances the service.

use actix_web::http::Method;
use actix_web::web;
use serde_json::json;
use signup_app::App;
use signup_app::shutdown::Shutdown;
use signup_core::reply::Reply;

use crate::{resource, to};

/// The path that `--health-check` asks for.
pub(crate) const LIVE: &str = "/health/live";

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(resource(LIVE, [(Method::GET, to(live))]))
        .service(resource("/health/ready", [(Method::GET, to(ready))]));
}

/// The process answers; nothing else is asked, because a restart would not mend a dependency.
async fn live() -> Reply {
    Reply::json(200, &json!({"status": "ok"}))
}

/// Whether requests should come here. The broker does not count: events wait for it in the outbox.
async fn ready(app: web::Data<App>, shutdown: web::Data<Shutdown>) -> Reply {
    if shutdown.is_triggered() {
        return Reply::json(503, &json!({"status": "stopping"}));
    }
    match app.store.ping().await {
        Ok(()) => Reply::json(200, &json!({"status": "ok", "database": "ok"})),
        Err(error) => {
            log::warn!(event = "health.not_ready"; "the database does not answer: {error}");
            Reply::json(
                503,
                &json!({"status": "unavailable", "database": "unavailable"}),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use actix_web::test::{TestRequest, call_service, init_service};
    use signup_app::settings::Settings;

    use super::*;

    #[tokio::test]
    async fn a_service_that_stops_is_alive_but_not_ready() {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", directory.path().join("db").display());
        let environment = [("SIGNUP__DATABASE__URL".to_owned(), url)];
        let settings = Settings::load("", None, environment.into_iter()).unwrap();
        let app = App::start(settings, &[]).await.unwrap();
        let shutdown = Shutdown::new();
        shutdown.trigger();
        let service = init_service(
            actix_web::App::new()
                .app_data(web::Data::from(app))
                .app_data(web::Data::new(shutdown))
                .configure(routes),
        )
        .await;

        for (path, status) in [(LIVE, 200), ("/health/ready", 503)] {
            let request = TestRequest::get().uri(path).to_request();
            assert_eq!(call_service(&service, request).await.status(), status);
        }
    }
}
