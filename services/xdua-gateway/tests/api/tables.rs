//! Where `extra` goes.

use serde_json::json;

use crate::gateway::{Gateway, answer, at_will, with};

#[tokio::test]
async fn extra_goes_to_a_table_of_the_shop() {
    let gateway = Gateway::start().await;
    let token = gateway.app_token("MultApp1");
    let send = async |phone, tabx, extra| {
        let fields = with(&at_will(phone), &[("tabx", tabx), ("extra", extra)]);
        gateway.user_as(&token, &fields).await
    };
    send("+86-15810419011", "NoTable", "{}")
        .await
        .fails("unknown_table", "用户表不存在");
    let undeclared = send("+86-15810419011", "Members", "{\"weight\":56}").await;
    undeclared.fails("invalid_parameter", "参数 extra.weight 不是该用户表的字段");
    let wrong = send("+86-15810419011", "Members", "{\"target\":\"8000\"}").await;
    wrong.fails("invalid_parameter", "参数 extra.target 类型必须是 number");
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(16 * 1024));
    let too_large = send("+86-15810419011", "DefaultX", &large).await;
    too_large.fails("invalid_parameter", "参数 extra 不能超过 16384 字节");
    let deep = [33, 2000].map(|levels| "{\"a\":".repeat(levels) + "1" + &"}".repeat(levels));
    for deep in &deep {
        let too_deep = send("+86-15810419011", "DefaultX", deep).await;
        too_deep.fails("invalid_parameter", "参数 extra 嵌套不能超过 32 层");
    }

    send("+86-15810419011", "Members", "{\"nickname\":\"木木\"}")
        .await
        .id();
    let filled = json!({"nickname": "木木", "target": 8000, "vip": false, "tags": []});
    assert_eq!(gateway.newest_user().await["profile"]["extra"], filled);
    let large = "x".repeat(20_000);
    for (phone, broken) in [
        ("+86-15810419012", "{nickname:1}"),
        ("+86-15810419013", "[1]"),
        ("+86-15810419014", &large),
        ("+86-15810419015", "{\"a\":1e999}"),
        ("+86-15810419016", "{\"a\":\"\\ud800\"}"),
    ] {
        send(phone, "DefaultX", broken).await.id();
        assert_eq!(gateway.newest_user().await["profile"].get("extra"), None);
    }
}

#[tokio::test]
async fn an_extra_that_cannot_be_read_counts_as_not_given_in_a_json_body_too() {
    let gateway = Gateway::start().await;
    let token = gateway.app_token("MultApp1");
    for (phone, extra) in [
        ("+86-15810419011", "{\"a\":1e999}"),
        ("+86-15810419012", "{\"a\":\"\\ud800\"}"),
    ] {
        let fields: serde_json::Map<_, _> = at_will(phone)
            .into_iter()
            .map(|(name, value)| (name.to_owned(), json!(value)))
            .collect();
        let known = serde_json::Value::Object(fields).to_string();
        let body = known.replacen('{', &format!("{{\"extra\":{extra},"), 1);
        let request = gateway
            .post_as(&token, "/user")
            .header("content-type", "application/json");
        answer(request.body(body)).await.id();
        assert_eq!(gateway.newest_user().await["profile"].get("extra"), None);
    }
}
