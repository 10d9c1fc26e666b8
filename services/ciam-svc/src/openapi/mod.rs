//! The API's description, OpenAPI 3.1. Requests and successes are described where they are handled; errors come from
//! the table in [`refusals`], worded by the code that answers them.

mod refusals;

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Object, OpenApi as Description, Ref, ResponseBuilder, Type};
use utoipa::{Modify, OpenApi};

use crate::api;
use crate::error::{ERROR_CONTENT_TYPE, ErrorBody};
use refusals::Refusal;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Sign-up for CIAM clients 用户注册",
        description = "Sign-up for applications that speak the Tencent Cloud CIAM API.\n\n\
            A tenant is called by its host name, an application by its client id. A host name that is no tenant's says \
            nothing, then the client id alone decides (our choice).\n\n\
            Every rule names its source: *seed document* and *vendor* are what the vendor has published, *our choice* \
            is what it leaves open. Unknown paths are answered with 404 `{\"error\":\"not_found\"}`, other methods with \
            405 `{\"error\":\"method_not_allowed\"}` and `Allow` (our choice).\n\n\
            应用按租户域名与 client_id 区分;每条规则都注明出处。"
    ),
    paths(api::sign_up::sign_up, api::send_code::send_code),
    components(schemas(ErrorBody<'_>)),
    tags((name = "sign-up", description = "Signing up, and the codes for it. 注册与验证码。")),
    modifiers(&Credentials, &Errors)
)]
struct Document;

/// The OpenAPI document.
pub(crate) fn document() -> Description {
    Document::openapi()
}

struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut Description) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Basic)
            .description(Some(
                "base64(url_encode(client_id) + \":\" + url_encode(client_secret)) (seed document). 客户端凭证。",
            ))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("client", SecurityScheme::Http(scheme));
    }
}

struct Errors;

impl Modify for Errors {
    fn modify(&self, document: &mut Description) {
        for (path, refusals) in [
            ("/signup", refusals::of_sign_up()),
            ("/otp/send", refusals::of_send_code()),
        ] {
            let operation = document
                .paths
                .paths
                .get_mut(path)
                .and_then(|item| item.post.as_mut());
            if let Some(operation) = operation {
                add(operation, &refusals);
            }
        }
    }
}

/// Adds one response for each status, with an example for each error.
fn add(operation: &mut Operation, refusals: &[Refusal]) {
    let mut by_status: BTreeMap<u16, Vec<&Refusal>> = BTreeMap::new();
    for refusal in refusals {
        let status = refusal.error.reply().status;
        by_status.entry(status).or_default().push(refusal);
    }
    for (status, refusals) in by_status {
        let examples = refusals.iter().enumerate().map(|(index, refusal)| {
            let reply = refusal.error.reply();
            let body: Value = serde_json::from_str(&reply.body).unwrap_or_default();
            let example = ExampleBuilder::new()
                .summary(format!("{} ({})", refusal.when, refusal.source))
                .value(Some(body))
                .build();
            // Numbered, because some errors differ in their descriptions only.
            (
                format!("{:02}_{}", index + 1, refusal.error.code()),
                example,
            )
        });
        let content = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name("ErrorBody")))
            .examples_from_iter(examples)
            .build();
        let mut response = ResponseBuilder::new()
            .description(refusals::heading(status))
            .content(ERROR_CONTENT_TYPE, content);
        if let Some((name, description, example)) = refusals::header(status) {
            let header = HeaderBuilder::new()
                .schema(Some(Object::with_type(Type::String)))
                .description(Some(description))
                .example(Some(example.into()))
                .build();
            response = response.header(name, header);
        }
        let responses = &mut operation.responses.responses;
        responses.insert(status.to_string(), response.build().into());
    }
}
