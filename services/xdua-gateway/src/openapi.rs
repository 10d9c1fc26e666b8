//! The description of the API.

use serde::Serialize;
use utoipa::{IntoParams, OpenApi, ToSchema};

/// The fields of `POST /user`.
#[derive(Serialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct UserFields {
    /// `signup` or `adduser`.
    action: Option<String>,
}

/// The fields of `POST /vfc`.
#[derive(Serialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CodeFields {
    /// The address.
    vfaddr: Option<String>,
}

#[derive(OpenApi)]
#[openapi(paths(crate::api::user::post, crate::api::vfc::post, crate::api::jwks::get))]
struct Document;

/// The document.
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}
