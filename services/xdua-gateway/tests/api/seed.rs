//! The example of seed 001, read as it stands in the document, in each of the three ways that clients send it.

use serde_json::{Map, Value, json};

use crate::gateway::{Answer, Gateway, answer, with};

const PHONE: &str = "+86-18017050142";

/// The object literal of the document as fields of a request: the SDK turns `api_action` into `action`, and the
/// placeholder stands for the code.
fn example(code: &str) -> Map<String, Value> {
    let mut json = String::new();
    for line in include_str!("seed/sign_up.txt").lines() {
        let line = line.split(" //").next().unwrap().trim();
        match line.split_once(':') {
            Some((name, value)) => json += &format!("\"{}\":{value}", name.trim()),
            None => json += line,
        }
    }
    let json = json.replace(",}", "}").replace("您的短信验证码", code);
    let mut fields: Map<String, Value> = serde_json::from_str(&json).unwrap();
    let action = fields.remove("api_action").unwrap();
    fields.insert("action".to_owned(), action);
    fields
}

/// The same as texts, `extra` as JSON text.
fn as_texts(fields: &Map<String, Value>) -> Vec<(String, String)> {
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    fields
        .iter()
        .map(|(name, value)| (name.clone(), text(value)))
        .collect()
}

async fn signs_up(gateway: &Gateway, reply: Answer) {
    let id = reply.id();
    let user = gateway.newest_user().await;
    assert_eq!(user["user"]["id"], id);
    assert_eq!(
        user["profile"],
        json!({
            "role": "none", "tabx": "A3bdXNT3", "name": "你的名字", "sex": "F", "bday": "19860823",
            "avatar": "default.jpg", "tel": PHONE, "mail": "jiaoshuai@ict.ac.cn",
            "extra": {"nickname": "我的昵称", "target": 8000, "height": 120, "weight": 56},
        })
    );
    assert_eq!(
        user["identifiers"],
        json!({"phone": {"value": "+8618017050142", "verified": true}})
    );
}

#[tokio::test]
async fn the_browser_sdk_sends_the_example_in_the_query_with_an_empty_body() {
    let gateway = Gateway::start().await;
    let fields = as_texts(&example(&gateway.phone_code(PHONE).await));
    let request = gateway
        .post("/user")
        .query(&fields)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-ca-key", "23456789")
        .header("x-ca-nonce", "c9f1bb4e-2a1e-4c1a-9a9f-0d3c5e1f7a11")
        .header("x-ca-stage", "RELEASE")
        .header("x-ca-timestamp", "1571548646000")
        .header("x-ca-version", "1")
        .header("x-ca-signature", "nobody looks at it")
        .header("x-ca-signature-headers", "x-ca-key,x-ca-stage");
    signs_up(&gateway, answer(request).await).await;
}

#[tokio::test]
async fn the_php_sdk_sends_the_example_as_a_form() {
    let gateway = Gateway::start().await;
    let fields = as_texts(&example(&gateway.phone_code(PHONE).await));
    signs_up(&gateway, answer(gateway.post("/user").form(&fields)).await).await;
}

#[tokio::test]
async fn apps_send_the_example_as_json() {
    let gateway = Gateway::start().await;
    let fields = example(&gateway.phone_code(PHONE).await);
    signs_up(&gateway, answer(gateway.post("/user").json(&fields)).await).await;
}

#[tokio::test]
async fn somebody_signs_up_by_mail() {
    let gateway = Gateway::start().await;
    let code = gateway.mail_code("jiaoshuai@ict.ac.cn").await;
    let fields = crate::gateway::sign_up("jiaoshuai@ict.ac.cn");
    let fields = with(
        &fields,
        &[
            ("by", "mail"),
            ("vfcode", &code),
            ("mail", "other@example.com"),
            ("tel", " 86-10"),
        ],
    );
    gateway.user(&fields).await.id();
    let user = gateway.newest_user().await;
    assert_eq!(user["profile"]["mail"], "jiaoshuai@ict.ac.cn");
    assert_eq!(user["profile"]["tel"], "+86-10");
    assert_eq!(
        user["identifiers"],
        json!({"email": {"value": "jiaoshuai@ict.ac.cn", "verified": true}})
    );
}

#[tokio::test]
async fn a_failure_has_the_shape_of_the_document() {
    let gateway = Gateway::start().await;
    let reply = gateway
        .user(&[("action", "signup"), ("shop", "A3bdXNT3")])
        .await;
    reply.fails("invalid_parameter", "参数 by 不能为空");
}
