//! A client of CIAM: an application with a secret.

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::{Answer, Proof, Question, Word, is_text, members};
use crate::product::Access;

const PASSWORD: &str = "tr0ub4dor-and-3";

/// Statuses of 500 and above with the `error` that each must have.
const OUTAGES: [(u16, &str); 1] = [(503, "temporarily_unavailable")];

pub(super) fn ask_for_code(
    http: &reqwest::Client,
    base: &str,
    access: &Access,
    address: &str,
) -> RequestBuilder {
    let body = json!({"usage": "signup", "email": address});
    request(
        http,
        &format!("{base}/otp/send"),
        access,
        "torture-mails",
        &body,
    )
}

pub(super) fn sign_up_by_name(
    http: &reqwest::Client,
    base: &str,
    access: &Access,
    proof: &Proof<'_>,
) -> RequestBuilder {
    let body = json!({"username": proof.identifier, "password": PASSWORD});
    request(
        http,
        &format!("{base}/signup"),
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
    let body = json!({
        "email": proof.identifier,
        "email_otp_token": proof.token,
        "email_otp": proof.code,
        "password": PASSWORD,
    });
    request(
        http,
        &format!("{base}/signup"),
        access,
        "torture-mails",
        &body,
    )
}

fn request(
    http: &reqwest::Client,
    url: &str,
    access: &Access,
    client: &str,
    body: &Value,
) -> RequestBuilder {
    let secret = access.secret(&format!("ciam/client-secret/{client}"));
    http.post(url).basic_auth(client, Some(secret)).json(body)
}

pub(super) fn read(question: Question, answer: &Answer) -> Result<Word, String> {
    let body = answer.json()?;
    if answer.status == 200 {
        let name = match question {
            Question::Code => "otp_token",
            Question::SignUp => "sub",
        };
        return match (members(&body)[..] == [name], body[name].as_str()) {
            (true, Some(value)) if !value.is_empty() => Ok(Word::Done(value.to_owned())),
            _ => Err(answer.complain("is not the reply to this request")),
        };
    }
    let names = members(&body);
    let fits = names == ["error"]
        || (names == ["error", "error_description"] && is_text(&body["error_description"]));
    let word = body["error"].as_str().unwrap_or_default();
    if !fits || word.is_empty() {
        return Err(answer.complain("is not the envelope of errors"));
    }
    match (answer.status, word) {
        (400, "bad_email_otp" | "bad_email_otp_token") => Ok(Word::WrongCode),
        (400, "email_rate_limit_exceeded") | (429, _) | (409, "request_in_progress") => {
            Ok(Word::Later)
        }
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
                content_type: "application/json;charset=UTF-8".to_owned(),
                request_id: String::new(),
                body: body.to_owned(),
            },
        )
    }

    #[test]
    fn documented_replies_are_understood() {
        assert_eq!(
            told(Question::SignUp, 200, r#"{"sub":"s"}"#),
            Ok(Word::Done("s".to_owned()))
        );
        assert!(told(Question::Code, 200, r#"{"sub":"s"}"#).is_err());
        let outage = r#"{"error":"temporarily_unavailable","error_description":"d"}"#;
        assert_eq!(told(Question::Code, 503, outage), Ok(Word::Later));
        assert!(told(Question::Code, 500, r#"{"error":"server_error"}"#).is_err());
    }
}
