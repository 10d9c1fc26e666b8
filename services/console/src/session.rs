//! Cookies, tokens, and whether a form comes from one of our own pages.

use actix_web::HttpRequest;
use actix_web::http::header::{COOKIE, HOST, HeaderMap, ORIGIN};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use signup_core::context::Language;
use signup_http::Fault;

/// The session's cookie. The prefix binds it to this host, to TLS and to all paths (RFC 6265bis, section 4.1.3.2); browsers
/// count 127.0.0.1 and localhost as safe, so it works there without TLS.
const SESSION: &str = "__Host-signup-console";
const LANGUAGE: &str = "__Host-signup-console-language";

/// For the cookie that only holds a language: a year.
const YEAR: u32 = 365 * 24 * 60 * 60;

/// A token for a new session: 32 random bytes.
///
/// # Errors
/// The system gives no random numbers.
pub fn new_token() -> Result<String, Fault> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Fault::Internal)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What is stored of a token: whoever reads the table cannot sign in with it.
pub fn hash(token: &str) -> String {
    hex::encode(digest(&SHA256, token.as_bytes()))
}

/// What every form of a session holds. Made of the token, so that only pages of this session know it, and of no use as one.
pub fn form_token(token: &str) -> String {
    hash(&format!("form {token}"))
}

/// Proves to a page of the same session that another one of its pages has said this: for texts that travel in an address.
pub fn proof(form_token: &str, said: &str) -> String {
    hash(&format!("said {said} {form_token}"))
}

/// Compares without telling by the time how much was right.
pub fn are_equal(left: &str, right: &str) -> bool {
    verify_slices_are_equal(left.as_bytes(), right.as_bytes()).is_ok()
}

/// `set-cookie` for a new session. It lives as long as the browser; how long the session does is not the browser's affair.
pub fn begin(token: &str) -> String {
    format!("{SESSION}={token}; Path=/; Secure; HttpOnly; SameSite=Strict")
}

/// `set-cookie` that takes the session's cookie away.
pub fn end() -> String {
    format!("{SESSION}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0")
}

/// `set-cookie` that keeps the language.
pub fn speak(language: Language) -> String {
    let tag = tag(language);
    format!("{LANGUAGE}={tag}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={YEAR}")
}

/// The token that the browser sent.
pub fn token(headers: &HeaderMap) -> Option<&str> {
    cookie(headers, SESSION)
}

/// The language that was chosen.
pub fn language(headers: &HeaderMap) -> Option<Language> {
    parse_tag(cookie(headers, LANGUAGE)?)
}

/// The language's tag (RFC 5646), for `<html lang>`.
pub fn tag(language: Language) -> &'static str {
    match language {
        Language::Chinese => "zh-CN",
        Language::English => "en",
    }
}

/// The language of a tag.
pub fn parse_tag(text: &str) -> Option<Language> {
    [Language::Chinese, Language::English]
        .into_iter()
        .find(|language| tag(*language) == text)
}

/// Whether a form was sent by one of our own pages. Browsers say where a form comes from; those that say it in neither way
/// are too old, and everything else is no browser.
pub fn is_own_form(request: &HttpRequest) -> bool {
    let header = |name: &str| request.headers().get(name)?.to_str().ok();
    if let Some(site) = header("sec-fetch-site") {
        return site == "same-origin";
    }
    let (Some(origin), Some(host)) = (header(ORIGIN.as_str()), header(HOST.as_str())) else {
        return false;
    };
    origin
        .split_once("://")
        .is_some_and(|(_, from)| from.eq_ignore_ascii_case(host))
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value)
}
