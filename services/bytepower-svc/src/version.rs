//! The API version that a caller asks for in `Accept` (seed 000).

use actix_web::HttpRequest;
use actix_web::http::header::ACCEPT;

use crate::error::Error;

/// The media type of the one version that there is.
pub(crate) const V1: &str = "application/vnd.bytepower.v1+json";

/// Refuses callers that ask for other versions of the API only. Who names no version gets version 1: the vendor's own
/// sample call sends no `Accept` at all.
pub(crate) fn check(request: &HttpRequest) -> Result<(), Error> {
    let mut asks_for_another = false;
    for value in request.headers().get_all(ACCEPT) {
        for range in String::from_utf8_lossy(value.as_bytes()).split(',') {
            let media_type = range.split(';').next().unwrap_or_default().trim();
            if media_type.eq_ignore_ascii_case(V1) {
                return Ok(());
            }
            asks_for_another |= names_a_version(media_type);
        }
    }
    if asks_for_another {
        return Err(Error::InvalidApiVersion);
    }
    Ok(())
}

/// `application/vnd.bytepower.v2+json`, but not `application/vnd.bytepowerful+json`.
fn names_a_version(media_type: &str) -> bool {
    let media_type = media_type.to_ascii_lowercase();
    let subtype = media_type.rsplit('/').next().unwrap_or_default();
    subtype
        .strip_prefix("vnd.bytepower")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '+']))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn check_accept(values: &[&str]) -> Result<(), Error> {
        let request = values.iter().fold(TestRequest::post(), |request, value| {
            request.append_header((ACCEPT, *value))
        });
        check(&request.to_http_request())
    }

    #[test]
    fn version_1_is_what_callers_get_who_name_no_version() {
        for accept in [
            &[][..],
            &["*/*"],
            &["application/json"],
            &["application/json, text/plain, */*"],
            &["text/html"],
            &["application/vnd.bytepowerful.v2+json"],
            &[""],
        ] {
            assert_eq!(check_accept(accept), Ok(()), "{accept:?}");
        }
    }

    #[test]
    fn version_1_may_be_one_of_several_wishes() {
        for accept in [
            &["application/vnd.bytepower.v1+json"][..],
            &["Application/Vnd.BytePower.V1+JSON; charset=utf-8"],
            &["application/vnd.bytepower.v2+json, application/vnd.bytepower.v1+json;q=0.5"],
            &[
                "application/vnd.bytepower.v2+json",
                "application/vnd.bytepower.v1+json",
            ],
        ] {
            assert_eq!(check_accept(accept), Ok(()), "{accept:?}");
        }
    }

    #[test]
    fn another_version_is_refused() {
        for accept in [
            &["application/vnd.bytepower.v2+json"][..],
            &["application/vnd.bytepower.v1"],
            &["application/vnd.bytepower+json"],
            &["APPLICATION/VND.BYTEPOWER.V10+JSON"],
            &["*/*, application/vnd.bytepower.v2+json"],
        ] {
            assert_eq!(
                check_accept(accept),
                Err(Error::InvalidApiVersion),
                "{accept:?}"
            );
        }
    }
}
