//! `apiv`: the version of the API that the client was written for.

use actix_web::HttpRequest;

use crate::error::{Error, Problem};

/// Refuses clients of another major version (our choice); without the header they speak 1.0.0 (seed 001).
pub(super) fn check(request: &HttpRequest) -> Result<(), Error> {
    let Some(version) = request.headers().get("apiv") else {
        return Ok(());
    };
    let known = version.to_str().is_ok_and(|version| {
        let mut numbers = version.trim().split('.');
        let is_number =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // An empty header means that the client has not set it.
        version.trim().is_empty()
            || (numbers.next() == Some("1")
                && numbers.clone().count() <= 2
                && numbers.all(is_number))
    });
    known
        .then_some(())
        .ok_or_else(|| Error::invalid("apiv", Problem::Version))
}
