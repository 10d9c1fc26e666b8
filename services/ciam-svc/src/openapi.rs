//! The API's description.

use crate::api;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(paths(api::sign_up::sign_up, api::send_code::send_code))]
struct Document;

/// The OpenAPI document.
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}
