//! A client of XDUA: an app with its token.

use reqwest::RequestBuilder;
use serde_json::json;
use uuid::Uuid;

use super::{Answer, Proof, Word, is_text, members};
use crate::product::Access;

/// The MD5 of no common password.
const PWD: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// Statuses of 500 and above with the `code` that each must have.
const OUTAGES: [(u16, &str); 2] = [(502, "store_unavailable"), (503, "busy")];

pub(super) fn ask_for_code(
    http: &reqwest::Client,
    base: &str,
    access: &Access,
    address: &str,
) -> RequestBuilder {
    http.post(format!("{base}/vfc"))
        .header("authorization", &access.xdua_token)
        .form(&[
            ("vfaddr", address),
            ("tmpl", "DMS_VFC4USEREG"),
            ("shop", "Torture1"),
        ])
}

pub(super) fn sign_up(
    http: &reqwest::Client,
    base: &str,
    access: &Access,
    proof: &Proof<'_>,
) -> RequestBuilder {
    http.post(format!("{base}/user"))
        .header("authorization", &access.xdua_token)
        .form(&[
            ("action", "signup"),
            ("by", "mail"),
            ("ustr", proof.identifier),
            ("vfcode", proof.code),
            ("pwd", PWD),
            ("shop", "Torture1"),
            ("tabx", "Torture1"),
        ])
}

pub(super) fn read(answer: &Answer) -> Result<Word, String> {
    let body = answer.json()?;
    let apid = body["apid"].as_str().unwrap_or_default();
    let is_id = Uuid::parse_str(apid).is_ok_and(|id| id.to_string().to_uppercase() == apid);
    if !is_id
        || apid != answer.request_id
        || body["debug"] != json!([])
        || !is_text(&body["reason"])
    {
        return Err(answer.complain("is not the envelope"));
    }
    if body["error"] == 0 {
        let id = body["result"]["id"].as_str().unwrap_or_default();
        let fits = answer.status == 200
            && body["reason"] == "success"
            && members(&body) == ["apid", "debug", "error", "reason", "result"]
            && members(&body["result"]) == ["id"]
            && id.len() == 8;
        return if fits {
            Ok(Word::Done(id.to_owned()))
        } else {
            Err(answer.complain("is not the envelope of success"))
        };
    }
    let code = body["code"].as_str().unwrap_or_default();
    let fits = body["error"] == 1
        && members(&body) == ["apid", "code", "debug", "error", "reason", "result"]
        && body["result"] == json!({});
    if !fits || code.is_empty() {
        return Err(answer.complain("is not the envelope of failures"));
    }
    match (answer.status, code) {
        (200, "invalid_vfcode") => Ok(Word::WrongCode),
        (200 | 429, "rate_limited") | (409, "in_progress") => Ok(Word::Later),
        (200 | 400..=499, code) => Ok(Word::No(code.to_owned())),
        outage if OUTAGES.contains(&outage) => Ok(Word::Later),
        _ => Err(answer.complain("is no documented failure")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "9CDC73EE-2304-40B4-B419-4864204F92E8";

    fn told(status: u16, body: &str) -> Result<Word, String> {
        read(&Answer {
            status,
            content_type: "application/json".to_owned(),
            request_id: ID.to_owned(),
            body: body.replace("ID", ID),
        })
    }

    #[test]
    fn documented_replies_are_understood() {
        let success =
            r#"{"apid":"ID","error":0,"reason":"success","result":{"id":"5QqitXe5"},"debug":[]}"#;
        assert_eq!(told(200, success), Ok(Word::Done("5QqitXe5".to_owned())));
        let outage = r#"{"apid":"ID","error":1,"reason":"r","code":"store_unavailable","result":{},"debug":[]}"#;
        assert_eq!(told(502, outage), Ok(Word::Later));
        assert!(told(500, outage).is_err());
        assert!(told(502, r#"{"error":1}"#).is_err());
    }
}
