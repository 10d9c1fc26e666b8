//! The one shape of every reply: `{"apid","error","reason","result","debug"}` (seed 001).

use serde::Serialize;
use signup_core::context::RequestContext;
use signup_core::reply::Reply;
use utoipa::ToSchema;

/// The header that repeats `apid` (vendor).
pub(crate) const REQUEST_ID: &str = "x-ca-request-id";

/// A reply to a request that was carried out.
#[derive(Serialize, ToSchema)]
pub(crate) struct Success {
    /// The request's id, an upper-case UUID (seed 001); the same as `x-ca-request-id` (vendor).
    #[schema(example = "9CDC73EE-2304-40B4-B419-4864204F92E8")]
    apid: String,
    /// 0 (seed 001).
    #[schema(example = 0)]
    error: u8,
    /// `success` (seed 001).
    #[schema(example = "success")]
    reason: &'static str,
    /// What came of it.
    result: Created,
    /// Always empty (seed 001).
    #[schema(value_type = Vec<String>, max_items = 0)]
    debug: [(); 0],
}

/// What a request has made.
#[derive(Serialize, ToSchema)]
pub(crate) struct Created {
    /// 8 letters or digits, random (seed 001). Of a user: never given to anybody else. Of a code: for the log only, as
    /// nothing has to be sent back but the code (our choice).
    #[schema(example = "5QqitXe5", pattern = "^[0-9A-Za-z]{8}$")]
    id: String,
}

/// A reply to a request that was refused.
#[derive(Serialize, ToSchema)]
pub(crate) struct Failure {
    /// The request's id, an upper-case UUID (seed 001); the same as `x-ca-request-id` (vendor).
    #[schema(example = "9CDC73EE-2304-40B4-B419-4864204F92E8")]
    apid: String,
    /// 1 (seed 001).
    #[schema(example = 1)]
    error: u8,
    /// The actual reason, for people (seed 001): Chinese, or English for `Accept-Language: en` (our choice).
    #[schema(example = "验证码错误或已失效")]
    reason: String,
    /// The same for programs (our choice).
    #[schema(example = "invalid_vfcode")]
    code: &'static str,
    /// Always empty (seed 001).
    #[schema(value_type = Object)]
    result: Empty,
    /// Always empty (seed 001).
    #[schema(value_type = Vec<String>, max_items = 0)]
    debug: [(); 0],
}

#[derive(Serialize)]
struct Empty {}

/// Either of the two; `error` tells which. Only described: each is sent as itself.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = Reply)]
#[expect(dead_code, reason = "a description")]
pub(crate) enum Answer {
    #[schema(title = "Success")]
    Success(Success),
    #[schema(title = "Failure")]
    Failure(Failure),
}

/// The id of a request as this provider writes it.
pub(crate) fn apid(context: &RequestContext) -> String {
    context.request_uuid().to_string().to_uppercase()
}

/// Tells that something with this id was made.
pub(crate) fn success(context: &RequestContext, id: &str) -> Reply {
    let apid = apid(context);
    let body = Success {
        apid: apid.clone(),
        error: 0,
        reason: "success",
        result: Created { id: id.to_owned() },
        debug: [],
    };
    Reply::json(200, &body).with_header(REQUEST_ID, apid)
}

/// Tells that nothing was done.
pub(crate) fn failure(
    context: &RequestContext,
    status: u16,
    code: &'static str,
    reason: String,
) -> Reply {
    let apid = apid(context);
    let body = Failure {
        apid: apid.clone(),
        error: 1,
        reason,
        code,
        result: Empty {},
        debug: [],
    };
    Reply::json(status, &body).with_header(REQUEST_ID, apid)
}
