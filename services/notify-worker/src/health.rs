//! What the worker answers: its probes. It has no API.

use serde_json::json;
use signup_core::context::RequestContext;
use signup_core::reply::Reply;
use signup_http::{Fault, Provider};
use utoipa::openapi::path::{HttpMethod, OperationBuilder, PathItem};
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder, PathsBuilder, ResponseBuilder};

/// The process, as data.
pub static PROCESS: Provider = Provider {
    name: "notify",
    binary: "notify-worker",
    defaults: include_str!("../config/default.toml"),
    routes: |_| {},
    openapi: Some(document),
    actions: &[],
    fault,
};

fn fault(fault: &Fault, _: &RequestContext) -> Reply {
    Reply::json(fault.status(), &json!({"error": fault.to_string()}))
}

fn document() -> OpenApi {
    let probe = |operation: &str, ok: &str, not_ok: Option<&str>| {
        let mut builder = OperationBuilder::new()
            .operation_id(Some(operation))
            .response("200", ResponseBuilder::new().description(ok).build());
        if let Some(not_ok) = not_ok {
            builder = builder.response("503", ResponseBuilder::new().description(not_ok).build());
        }
        PathItem::new(HttpMethod::Get, builder.build())
    };
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Sign-up worker")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(
                    "The worker takes events and sends messages; it has no API beside its probes.",
                ))
                .build(),
        )
        .paths(
            PathsBuilder::new()
                .path("/health/live", probe("live", "The process answers.", None))
                .path(
                    "/health/ready",
                    probe(
                        "ready",
                        "The database answers.",
                        Some("The database does not answer, or the process is stopping."),
                    ),
                )
                .build(),
        )
        .build()
}
