//! A client of BytePower: an app's own server.

use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::{Answer, Proof, Question, Word, is_text, members};
use crate::product::Access;

const PASSWORD: &str = "tr0ub4dor-and-3";

/// Statuses of 500 and above with the `error_type` that each must have. 500 itself is not among them: it stands for a
/// fault of the service, and whatever is killed around it, there must be none.
const OUTAGES: [(u16, &str); 2] = [(502, "gateway"), (503, "service_busy")];

pub(super) fn ask_for_code(
    http: &reqwest::Client,
    base: &str,
    access: &Access,
    address: &str,
) -> RequestBuilder {
    let body = json!({"email": address, "platform": "website", "type": "sign_up_email"});
    let url = format!("{base}/bp/server/user/send_email_verify_code");
    request(http, &url, access, "torture-mails", &body)
}

pub(super) fn sign_up_by_name(
    http: &reqwest::Client,
    base: &str,
    access: &Access,
    proof: &Proof<'_>,
) -> RequestBuilder {
    let body = json!({"name_password": {"name": proof.identifier, "password": PASSWORD}, "platform": "ios"});
    request(
        http,
        &format!("{base}/bp/server/user/signup"),
        access,
        "torture-names",
        &body,
    )
}

pub(super) fn sign_up_by_mail(
    http: &reqwest::Client,
    base: &str,
    access: &Access,
    proof: &Proof<'_>,
) -> RequestBuilder {
    let form = json!({"email": proof.identifier, "password": PASSWORD, "verify_code": proof.code});
    let body = json!({"email_password": form});
    request(
        http,
        &format!("{base}/bp/server/user/signup"),
        access,
        "torture-mails",
        &body,
    )
}

fn request(
    http: &reqwest::Client,
    url: &str,
    access: &Access,
    key: &str,
    body: &Value,
) -> RequestBuilder {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let claims = json!({"iat": now.as_millis() as u64, "key_name": key});
    let secret = access.secret(&format!("bytepower/server-key/{key}"));
    let secret = EncodingKey::from_secret(secret.as_bytes());
    // Without a token the service refuses, and the run says so.
    let token = encode(&Header::new(Algorithm::HS256), &claims, &secret).unwrap_or_default();
    http.post(url)
        .header("accept", "application/vnd.bytepower.v1+json")
        .header("x-bytepower-auth-token", token)
        .json(body)
}

pub(super) fn read(question: Question, answer: &Answer) -> Result<Word, String> {
    if answer.status == 200 && question == Question::Code {
        return match answer.body.as_str() {
            "" => Ok(Word::Done(String::new())),
            _ => Err(answer.complain("should be empty")),
        };
    }
    let body = answer.json()?;
    if answer.status == 200 {
        return match (members(&body)[..] == ["user"], body["user"]["uid"].as_str()) {
            (true, Some(uid)) if body["user"]["social_accounts"].is_array() => {
                Ok(Word::Done(uid.to_owned()))
            }
            _ => Err(answer.complain("is no user")),
        };
    }
    let error = &body["error"];
    let fits = members(&body) == ["error"] && members(error) == ["error_type", "message"];
    let word = error["error_type"].as_str().unwrap_or_default();
    if !fits || word.is_empty() || !is_text(&error["message"]) {
        return Err(answer.complain("is not the envelope of errors"));
    }
    match (answer.status, word) {
        (400, "invalid_verify_code") => Ok(Word::WrongCode),
        (409, "in_progress") | (429, "api_rate_limit") => Ok(Word::Later),
        (400..=499, word) => Ok(Word::No(word.to_owned())),
        outage if OUTAGES.contains(&outage) => Ok(Word::Later),
        _ => Err(answer.complain("is no documented error")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(question: Question, status: u16, body: &str) -> Result<Word, String> {
        read(
            question,
            &Answer {
                status,
                content_type: "application/json".to_owned(),
                request_id: String::new(),
                body: body.to_owned(),
            },
        )
    }

    #[test]
    fn documented_replies_are_understood() {
        let user = r#"{"user":{"uid":"u1","social_accounts":[]}}"#;
        assert_eq!(
            told(Question::SignUp, 200, user),
            Ok(Word::Done("u1".to_owned()))
        );
        assert_eq!(told(Question::Code, 200, ""), Ok(Word::Done(String::new())));
        let outage = r#"{"error":{"error_type":"gateway","message":"m"}}"#;
        assert_eq!(told(Question::SignUp, 502, outage), Ok(Word::Later));
    }

    #[test]
    fn anything_else_is_strange() {
        let fault = r#"{"error":{"error_type":"internal_error","message":"m"}}"#;
        for (status, body) in [
            (200, "{}"),
            (502, ""),
            (502, "<html>"),
            (500, fault),
            (503, r#"{"error":"x"}"#),
        ] {
            assert!(
                told(Question::SignUp, status, body).is_err(),
                "{status} {body}"
            );
        }
    }
}
