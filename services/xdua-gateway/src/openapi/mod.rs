//! The API's description, OpenAPI 3.1. Successes are described where they are handled, fields in [`fields`]; errors come
//! from the table in [`refusals`], worded by the code that answers them.

pub(crate) mod fields;
mod headers;
mod refusals;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use utoipa::openapi::example::{Example, ExampleBuilder};
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi as Description, Ref, RefOr, ResponseBuilder};
use utoipa::{Modify, OpenApi};

use crate::api;
use crate::envelope::Answer;
use refusals::{Endpoint, Refusal};

/// Where the token stands; the introduction tells what is in it.
const TOKEN: &str = "\
The bare token, a JSON Web Token signed with RS256 and no other algorithm (vendor); `Bearer ` before it is tolerated \
(our choice). 请求头直接携带 JWT，无需 Bearer 前缀。

Header: `alg`, `kid` (32 hexadecimal digits). Claims: `iss` (`xdua.com`, or as the shop says), `aud` (the app, 8 letters \
or digits), `sub` (`AnoNymuS` in app tokens, else the user's id), `exp` (10 years for apps, about 15 minutes for users), \
`nbf`, and, checked by nobody, `iat`, `jti`, `own`, `cip`, `cua`, `dev` (vendor). `iss`, `aud`, `sub` and `exp` must be \
there; clocks may be 30 s apart; a token with `crit` is refused (our choice).";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Sign-up for XDUA clients 用户注册",
        description = include_str!("introduction.md"),
    ),
    paths(api::user::post, api::vfc::post, api::jwks::get),
    components(schemas(Answer)),
    tags(
        (name = "Sign-up", description = "Signing up and adding users. 注册与添加用户"),
        (name = "Codes", description = "Codes that prove phone numbers and e-mail addresses. 验证码"),
        (name = "Keys", description = "The keys that sign tokens. 令牌公钥"),
    ),
    modifiers(&Token, &Examples, &Refusals)
)]
struct Document;

/// The OpenAPI document.
pub(crate) fn document() -> Description {
    Document::openapi()
}

struct Token;

impl Modify for Token {
    fn modify(&self, document: &mut Description) {
        let key = ApiKeyValue::with_description("Authorization", TOKEN);
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("token", SecurityScheme::ApiKey(ApiKey::Header(key)));
    }
}

/// Whole bodies, as clients send them.
struct Examples;

impl Modify for Examples {
    fn modify(&self, document: &mut Description) {
        let user = json!({
            "action": "signup", "by": "tel", "ustr": "+86-18017050142", "vfcode": "479711",
            "pwd": "a906449d5769fa7361d7ecc6aa3f6d28", "shop": "A3bdXNT3", "role": "none", "tabx": "A3bdXNT3",
            "name": "你的名字", "sex": "F", "bday": "19860823", "avatar": "default.jpg",
            "mail": "jiaoshuai@ict.ac.cn", "extra": {"nickname": "我的昵称", "target": 8000},
        });
        let code = json!({"vfaddr": "+86-18017050142", "tmpl": "SMS_25335288"});
        for (path, json) in [("/user", user), ("/vfc", code)] {
            let body =
                operation(document, path).and_then(|operation| operation.request_body.as_mut());
            let Some(RefOr::T(body)) = body else { continue };
            for (media_type, content) in &mut body.content {
                let RefOr::T(content) = content else { continue };
                let example = match media_type.as_str() {
                    "application/json" => json.clone(),
                    _ => Value::String(as_form(&json)),
                };
                content.example = Some(example);
            }
        }
    }
}

/// The same as a form; an object becomes JSON text.
fn as_form(fields: &Value) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields.as_object().into_iter().flatten() {
        match value {
            Value::String(text) => form.append_pair(name, text),
            other => form.append_pair(name, &other.to_string()),
        };
    }
    form.finish()
}

struct Refusals;

impl Modify for Refusals {
    fn modify(&self, document: &mut Description) {
        for (path, endpoint) in [("/user", Endpoint::User), ("/vfc", Endpoint::Vfc)] {
            if let Some(operation) = operation(document, path) {
                headers::add(operation);
                add(operation, &refusals::of(endpoint));
            }
        }
    }
}

fn operation<'a>(document: &'a mut Description, path: &str) -> Option<&'a mut Operation> {
    document.paths.paths.get_mut(path)?.post.as_mut()
}

/// One response for each status, with an example for each refusal. Business failures are examples beside the success.
fn add(operation: &mut Operation, refusals: &[Refusal]) {
    let mut by_status: BTreeMap<u16, Vec<(String, Example)>> = BTreeMap::new();
    for refusal in refusals {
        by_status
            .entry(refusal.error.status())
            .or_default()
            .push((refusal.error.code().to_owned(), refusal.example()));
    }
    for (status, examples) in by_status {
        let (description, schema, examples) = if status == 200 {
            let success = ExampleBuilder::new()
                .summary("It is done (seed 001)")
                .value(Some(json!({
                    "apid": refusals::APID, "error": 0, "reason": "success",
                    "result": {"id": "5QqitXe5"}, "debug": [],
                })));
            let mut all = vec![("success".to_owned(), success.build())];
            all.extend(examples);
            (
                "`error` 0: it is done. 1: a business failure, see `code` (seed 001; `code`: our choice).",
                "Reply",
                all,
            )
        } else {
            (refusals::heading(status), "Failure", examples)
        };
        let content = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name(schema)))
            .examples_from_iter(examples)
            .build();
        let response = ResponseBuilder::new()
            .description(description)
            .content("application/json", content);
        let response = headers::of_response(response, status).build();
        operation
            .responses
            .responses
            .insert(status.to_string(), RefOr::T(response));
    }
}
