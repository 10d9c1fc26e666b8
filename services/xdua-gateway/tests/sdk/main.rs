//! The browser SDK in `sdk/xdua/`, in a real browser and across origins, against the gateway.

#![allow(clippy::unwrap_used, clippy::panic)]

mod browser;
mod site;

use serde_json::json;
use site::Site;

/// A call with every field of seed 001's example, and a code that was really sent.
const SEEDS_CALL: &str = r#"
    const dua = await lovearth({ APP_TOKEN: "APP_TOKEN_VALUE" });
    const sent = await dua.addVfcodeByTel("+86-18017050142");
    if (sent.error !== 0) return sent;
    return dua.addUser({
        api_action: "signup", by: "tel", ustr: "+86-18017050142", pwd: "a906449d5769fa7361d7ecc6aa3f6d28",
        vfcode: await codeSentTo("+8618017050142"), shop: "A3bdXNT3", role: "none", name: "小安", sex: "F",
        bday: "19860823", mail: "an@example.com", avatar: "default.jpg",
        extra: { nickname: "安 & 安", target: 8000, height: 120, weight: 56 }, tabx: "A3bdXNT3",
    });
"#;

/// Signs up the user of the other tests, with what may differ between them.
fn sign_up(fields: &str) -> String {
    format!(
        r#"
    const dua = await lovearth({{ APP_TOKEN: "APP_TOKEN_VALUE" }});
    await dua.addVfcodeByTel("+86-15810419011");
    const user = {{
        api_action: "signup", by: "tel", ustr: "+86-15810419011", shop: "A3bdXNT3", tabx: "DefaultX",
        pwd: "a906449d5769fa7361d7ecc6aa3f6d28", vfcode: await codeSentTo("+8615810419011"), {fields}
    }};
    "#
    )
}

#[tokio::test]
async fn the_seeds_call_signs_up_a_user() {
    let mut site = Site::start().await;
    let reply = site.run(SEEDS_CALL).await;
    let user = site.user("+8618017050142").await;
    assert_eq!(
        reply,
        json!({
            "apid": reply["apid"], "error": 0, "reason": "success",
            "result": { "id": user["id"] }, "debug": [],
        })
    );
    assert_eq!(reply["apid"].as_str().unwrap().len(), 36);
    assert_eq!(user["password"], true);
    let profile = &user["profile"];
    assert_eq!(profile["name"], "小安");
    assert_eq!(profile["tel"], "+86-18017050142");
    assert_eq!(
        profile["extra"],
        json!({ "nickname": "安 & 安", "target": 8000, "height": 120, "weight": 56 })
    );
}

#[tokio::test]
async fn a_wrong_code_is_an_error_with_a_reason_in_the_browsers_language() {
    let mut site = Site::start().await;
    let script = sign_up("") + r#"return dua.addUser({ ...user, vfcode: "FFFFFF" })"#;
    for (language, reason) in [
        ("zh-CN", "验证码错误或已失效"),
        ("en-GB", "the verification code is wrong or no longer valid"),
    ] {
        let reply = site.run_at("127.0.0.1", language, &script).await;
        assert_eq!(reply["error"], 1, "{reply}");
        assert_eq!(reply["code"], "invalid_vfcode");
        assert_eq!(reply["reason"], reason);
    }
    assert_eq!(site.service.user_count().await, 0);
}

#[tokio::test]
async fn a_page_of_an_origin_that_is_not_allowed_gets_no_reply() {
    let mut site = Site::start().await;
    let script = r#"
        const dua = await lovearth({ APP_TOKEN: "APP_TOKEN_VALUE" });
        return dua.addVfcodeByTel("+86-15810419011");
    "#;
    let expected = |reason: &str| {
        json!({
            "apid": "", "error": 2, "code": "network_error", "reason": reason,
            "result": {}, "debug": [],
        })
    };
    assert_eq!(
        site.run_at("localhost", "zh-CN", script).await,
        expected("无法连接服务器，请检查网络后重试")
    );
    assert_eq!(
        site.run_at("localhost", "en-GB", script).await,
        expected("The server cannot be reached. Please check your connection and try again.")
    );
    assert!(site.service.messages().is_empty());
}

#[tokio::test]
async fn a_user_who_may_adds_another_one() {
    let mut site = Site::start().await;
    let admin = site
        .run(&(sign_up(r#"role: "admin""#) + "return dua.addUser(user)"))
        .await;
    let admin = admin["result"]["id"].as_str().unwrap().to_owned();
    let script = r#"
        const options = { APP_TOKEN: "APP_TOKEN_VALUE", USER_TOKEN: "USER_TOKEN_VALUE" };
        const user = {
            api_action: "adduser", by: "mail", ustr: "Ann@example.com", shop: "A3bdXNT3", tabx: "DefaultX",
            pwd: "a906449d5769fa7361d7ecc6aa3f6d28", role: "admin", extra: undefined, bday: "",
        };
        const asApp = await (await lovearth({ ...options, USER_TOKEN: undefined })).addUser(user);
        const asUser = await (await lovearth(options)).addUser(user);
        return [asApp, asUser];
    "#;
    let script = script.replace("USER_TOKEN_VALUE", &site.user_token(&admin));
    let replies = site.run(&script).await;
    assert_eq!(replies[0]["code"], "action_not_allowed", "{replies}");
    assert_eq!(replies[1]["error"], 0, "{replies}");
    let user = site.user("ann@example.com").await;
    assert_eq!(replies[1]["result"]["id"], user["id"]);
}

#[tokio::test]
async fn the_module_and_the_script_do_the_same() {
    let mut site = Site::start().await;
    let script = r#"
        const options = { APP_TOKEN: "APP_TOKEN_VALUE" };
        const module = await import("/dist/lovearth.module.js");
        const { md5 } = await import("/dist/md5.js");
        const word = "密码 password";
        return [
            (await (await lovearth(options)).addVfcodeByMail("ann@example.com")).reason,
            (await (await module.lovearth(options)).addVfcodeByTel("+86-15810419011")).reason,
            module.default === module.lovearth,
            [lovearth.md5(word), module.md5(word), md5(word)].map((digest) => digest === md5("密码 password")),
            md5("abc"),
        ];
    "#;
    assert_eq!(
        site.run(script).await,
        json!([
            "success",
            "success",
            true,
            [true, true, true],
            // RFC 1321, appendix A.5
            "900150983cd24fb0d6963f7d28e17f72"
        ])
    );
}

#[tokio::test]
async fn a_site_that_carries_a_copy_of_the_vendors_sdk_needs_another_address_only() {
    let mut site = Site::start().await;
    // All that the vendor's SDK sends, as seen on the wire.
    let script = r#"
        const query = "vfaddr=%2B86-15810419011&tmpl=SMS_25335288";
        const response = await fetch(`GATEWAY_URL/vfc?${query}`, {
            method: "POST",
            headers: {
                "authorization": "APP_TOKEN_VALUE",
                "content-type": "application/x-www-form-urlencoded",
                "x-ca-key": "any",
                "x-ca-nonce": crypto.randomUUID(),
                "x-ca-stage": "RELEASE",
                "x-ca-timestamp": String(Date.now()),
                "x-ca-version": "1",
                "x-ca-signature": "any",
                "x-ca-signature-headers": "x-ca-key,x-ca-nonce,x-ca-stage,x-ca-timestamp,x-ca-version",
            },
        });
        return { ...await response.json(), header: response.headers.get("x-ca-request-id") };
    "#;
    let reply = site.run(script).await;
    assert_eq!(reply["error"], 0, "{reply}");
    assert_eq!(reply["header"], reply["apid"]);
}

#[tokio::test]
async fn the_example_signs_up_a_user() {
    let mut site = Site::start().await;
    let script = r#"
        const frame = document.createElement("iframe");
        frame.src = "/example.html";
        document.body.append(frame);
        await new Promise((loaded) => { frame.onload = loaded; });

        const { tel, code, password, nickname, send, signUp } = frame.contentDocument.forms[0].elements;
        const output = frame.contentDocument.querySelector("output");
        const click = (button) => new Promise((done) => {
            new MutationObserver(() => done(output.textContent)).observe(output, { childList: true });
            button.click();
        });
        tel.value = "+86-15810419011";
        const sent = await click(send);
        code.value = await codeSentTo("+8615810419011");
        password.value = "correct horse";
        nickname.value = "安";
        return [sent, await click(signUp)];
    "#;
    let shown = site.run(script).await;
    let user = site.user("+8615810419011").await;
    let welcome = format!("注册成功 Welcome, {}", user["id"].as_str().unwrap());
    assert_eq!(
        shown,
        json!(["验证码已发送 The code is on its way", welcome])
    );
    assert_eq!(user["profile"]["extra"], json!({ "nickname": "安" }));
}

#[tokio::test]
async fn a_sign_up_whose_reply_was_lost_gets_it_when_it_is_repeated() {
    let mut site = Site::start().await;
    let script = sign_up("")
        + r#"
        const network = window.fetch;
        window.fetch = async (...request) => {
            window.fetch = network;
            await network(...request);
            throw new TypeError("the connection broke");
        };
        return [await dua.addUser(user), await dua.addUser(user), await dua.addUser(user)];
    "#;
    let replies = site.run(&script).await;
    assert_eq!(replies[0]["code"], "network_error", "{replies}");
    assert_eq!(replies[1]["error"], 0, "{replies}");
    assert_eq!(replies[2]["error"], 1, "{replies}");
    let user = site.user("+8615810419011").await;
    assert_eq!(replies[1]["result"]["id"], user["id"]);
}

#[tokio::test]
async fn the_sdk_waits_for_five_seconds() {
    // Takes connections and never answers.
    let silent = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let mut site = Site::start().await;
    let script = r#"
        const dua = await lovearth({ APP_TOKEN: "any", API_ENDPOINT: "http://SILENT/" });
        const start = performance.now();
        const reply = await dua.addUser({ api_action: "signup" });
        return { reply, seconds: (performance.now() - start) / 1000 };
    "#;
    let script = script.replace("SILENT", &silent.local_addr().unwrap().to_string());
    let result = site.run(&script).await;
    assert_eq!(result["reply"]["code"], "timeout", "{result}");
    let seconds = result["seconds"].as_f64().unwrap();
    assert!((4.9..10.0).contains(&seconds), "{seconds} s");
}
