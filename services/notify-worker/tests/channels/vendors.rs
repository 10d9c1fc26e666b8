//! The SMS vendors: requests whose signatures are computed again here, and what their answers mean.

use std::time::Duration;

use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use signup_core::code::Channel;
use signup_core::time::Clock;
use url::form_urlencoded;

use crate::fixture::{CODE, Opened, PHONE, open, refused, unanswered, unavailable};
use crate::vendor::{Reply, Seen, Vendor};

const TENCENT_OK: &str = r#"{"Response": {"SendStatusSet": [{"SerialNo": "5000:104571", "PhoneNumber": "+8613800138000",
    "Fee": 1, "Code": "Ok", "Message": "send success"}], "RequestId": "r"}}"#;
const ALIYUN_OK: &str =
    r#"{"Code": "OK", "Message": "OK", "BizId": "900619746936498440^0", "RequestId": "r"}"#;
const TWILIO_OK: &str = r#"{"sid": "SM0123456789abcdef", "status": "queued", "error_code": null}"#;

fn tencent(vendor: &Vendor) -> Opened {
    tencent_within(vendor, "10s")
}

fn tencent_within(vendor: &Vendor, timeout: &str) -> Opened {
    open(&format!(
        r#"
        worker.sms = ["main"]
        [channel.main]
        kind = "tencent"
        secret_id = "AKIDtest"
        secret_key = "hush"
        app_id = "1400006666"
        sign_name = "铺子"
        templates = ["sign-up-code/zh-CN=1110", "welcome/zh=1112"]
        endpoint = "{}"
        timeout = "{timeout}"
        "#,
        vendor.url()
    ))
}

fn aliyun(vendor: &Vendor) -> Opened {
    aliyun_within(vendor, "10s")
}

fn aliyun_within(vendor: &Vendor, timeout: &str) -> Opened {
    open(&format!(
        r#"
        worker.sms = ["main"]
        [channel.main]
        kind = "aliyun"
        access_key_id = "LTAItest"
        access_key_secret = "hush"
        sign_name = "铺子"
        templates = ["sign-up-code/zh=SMS_1", "welcome/zh=SMS_2"]
        parameters = ["code", "time=minutes"]
        endpoint = "{}"
        timeout = "{timeout}"
        "#,
        vendor.url()
    ))
}

fn twilio(vendor: &Vendor) -> Opened {
    twilio_within(vendor, "10s")
}

fn twilio_within(vendor: &Vendor, timeout: &str) -> Opened {
    open(&format!(
        r#"
        worker.sms = ["main"]
        [channel.main]
        kind = "twilio"
        account_sid = "AC1"
        auth_token = "hush"
        from = "+15005550006"
        endpoint = "{}"
        timeout = "{timeout}"
        "#,
        vendor.url()
    ))
}

fn sha256(data: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, data))
}

fn hmac(key: &[u8], data: &str) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign(&key, data.as_bytes()).as_ref().to_vec()
}

fn tencent_authorization(vendor: &Vendor, seen: &Seen, day: &str) -> String {
    let request = format!(
        "POST\n/\n\ncontent-type:{}\nhost:{}\nx-tc-action:sendsms\n\ncontent-type;host;x-tc-action\n{}",
        seen.header("content-type"),
        vendor.host(),
        sha256(&seen.body)
    );
    let scope = format!("{day}/sms/tc3_request");
    let text = format!(
        "TC3-HMAC-SHA256\n{}\n{scope}\n{}",
        seen.header("x-tc-timestamp"),
        sha256(request.as_bytes())
    );
    let key = hmac(&hmac(&hmac(b"TC3hush", day), "sms"), "tc3_request");
    format!(
        "TC3-HMAC-SHA256 Credential=AKIDtest/{scope}, SignedHeaders=content-type;host;x-tc-action, Signature={}",
        hex::encode(hmac(&key, &text))
    )
}

fn aliyun_authorization(seen: &Seen) -> String {
    let names = [
        "host",
        "x-acs-action",
        "x-acs-content-sha256",
        "x-acs-date",
        "x-acs-signature-nonce",
        "x-acs-version",
    ];
    let headers: String = names
        .iter()
        .map(|name| format!("{name}:{}\n", seen.header(name)))
        .collect();
    let names = names.join(";");
    let request = format!(
        "POST\n/\n{}\n{headers}\n{names}\n{}",
        seen.query,
        sha256(&seen.body)
    );
    let text = format!("ACS3-HMAC-SHA256\n{}", sha256(request.as_bytes()));
    format!(
        "ACS3-HMAC-SHA256 Credential=LTAItest,SignedHeaders={names},Signature={}",
        hex::encode(hmac(b"hush", &text))
    )
}

fn form(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[tokio::test]
async fn tencent_cloud_gets_the_registered_template_and_a_signature_that_holds() {
    let vendor = Vendor::start(200, TENCENT_OK);
    let opened = tencent(&vendor);

    let sent = opened.send(&opened.code(Channel::Sms)).await.unwrap();

    assert_eq!(sent.by, "main");
    assert_eq!(
        sent.detail.as_deref(),
        Some("main taken: its id is 5000:104571")
    );
    let [seen] = vendor.seen().try_into().unwrap();
    let now = opened.clock.now();
    assert_eq!(seen.header("x-tc-timestamp"), now.as_secs().to_string());
    assert_eq!(
        (
            seen.header("x-tc-action"),
            seen.header("x-tc-version"),
            seen.header("x-tc-region")
        ),
        ("SendSms", "2021-01-11", "ap-guangzhou")
    );
    let day = now.to_string()[..10].to_owned();
    assert_eq!(
        seen.header("authorization"),
        tencent_authorization(&vendor, &seen, &day)
    );
    assert_eq!(
        seen.json(),
        json!({
            "PhoneNumberSet": [PHONE],
            "SmsSdkAppId": "1400006666",
            "SignName": "铺子",
            "TemplateId": "1110",
            "TemplateParamSet": [CODE, "5"],
            "SessionContext": "01928f3a-7b1c-7000-8000-000000000001",
        })
    );
}

#[tokio::test]
async fn alibaba_cloud_gets_the_registered_template_and_a_signature_that_holds() {
    let vendor = Vendor::start(200, ALIYUN_OK);
    let opened = aliyun(&vendor);

    let sent = opened.send(&opened.code(Channel::Sms)).await.unwrap();

    assert!(sent.detail.unwrap().contains("900619746936498440^0"));
    let [seen] = vendor.seen().try_into().unwrap();
    assert_eq!(seen.header("authorization"), aliyun_authorization(&seen));
    assert_eq!(
        (seen.header("x-acs-action"), seen.header("x-acs-version")),
        ("SendSms", "2017-05-25")
    );
    let now = opened.clock.now().to_string();
    assert_eq!(seen.header("x-acs-date"), format!("{}Z", &now[..19]));
    assert_eq!(
        form(seen.query.as_bytes()),
        [
            pair("OutId", "01928f3a-7b1c-7000-8000-000000000001"),
            pair("PhoneNumbers", "8613800138000"),
            pair("SignName", "铺子"),
            pair("TemplateCode", "SMS_1"),
            pair(
                "TemplateParam",
                &json!({"code": CODE, "time": "5"}).to_string()
            ),
        ]
    );
}

#[tokio::test]
async fn two_requests_to_alibaba_cloud_never_share_a_nonce() {
    let vendor = Vendor::start(200, ALIYUN_OK);
    let opened = aliyun(&vendor);
    for _ in 0..2 {
        opened.send(&opened.code(Channel::Sms)).await.unwrap();
    }
    let [first, second] = vendor.seen().try_into().unwrap();
    let nonce = "x-acs-signature-nonce";
    assert_ne!(first.header(nonce), second.header(nonce));
}

#[tokio::test]
async fn twilio_gets_the_text() {
    let vendor = Vendor::start(201, TWILIO_OK);
    let opened = twilio(&vendor);

    let sent = opened.send(&opened.code(Channel::Sms)).await.unwrap();

    assert!(sent.detail.unwrap().contains("SM0123456789abcdef"));
    let [seen] = vendor.seen().try_into().unwrap();
    assert_eq!(seen.path, "/2010-04-01/Accounts/AC1/Messages.json");
    let credentials = STANDARD.encode("AC1:hush");
    assert_eq!(seen.header("authorization"), format!("Basic {credentials}"));
    assert_eq!(
        form(&seen.body),
        [
            pair("To", PHONE),
            pair("From", "+15005550006"),
            pair("Body", &format!("您的验证码：{CODE}")),
        ]
    );
}

#[tokio::test]
async fn an_application_can_bring_its_own_template_and_signature() {
    let vendor = Vendor::start(200, TENCENT_OK);
    let opened = tencent(&vendor);
    let mut message = opened.code(Channel::Sms);
    message.registered.sign = Some("别家".to_owned());
    let templates = &mut message.registered.templates;
    templates.insert("main".to_owned(), "7777".to_owned());
    templates.insert("other".to_owned(), "8888".to_owned());

    opened.send(&message).await.unwrap();

    let body = vendor.seen()[0].json();
    assert_eq!(
        (&body["TemplateId"], &body["SignName"]),
        (&json!("7777"), &json!("别家"))
    );
}

#[tokio::test]
async fn a_message_without_a_code_leaves_out_what_it_has_no_value_for() {
    let vendor = Vendor::start(200, TENCENT_OK);
    let opened = tencent(&vendor);
    opened.send(&opened.welcome(Channel::Sms)).await.unwrap();
    let body = vendor.seen()[0].json();
    assert_eq!(
        (&body["TemplateId"], &body["TemplateParamSet"]),
        (&json!("1112"), &json!([]))
    );
}

#[tokio::test]
async fn a_message_without_a_registered_template_is_left_to_others() {
    let vendor = Vendor::start(200, TENCENT_OK);
    let opened = tencent(&vendor);
    let mut message = opened.code(Channel::Sms);
    message.locale = "en".to_owned();
    let text = unavailable(opened.send(&message).await);
    assert_eq!(
        text,
        "main unsuitable: no template is registered for sign-up-code/en; add it to templates"
    );
    assert!(vendor.seen().is_empty());
}

fn tencent_status(code: &str) -> String {
    json!({"Response": {"SendStatusSet": [{
        "SerialNo": "", "PhoneNumber": PHONE, "Code": code, "Message": format!("{PHONE}: no {CODE}"),
    }]}})
    .to_string()
}

fn tencent_error(code: &str) -> String {
    json!({"Response": {"Error": {"Code": code, "Message": format!("{PHONE}: no {CODE}")}}})
        .to_string()
}

#[tokio::test]
async fn what_the_number_is_to_blame_for_is_refused_and_the_rest_is_left_to_others() {
    let says = |text: Value| text.to_string();
    let vendor = Vendor::start(200, "");
    let [tencent, aliyun, twilio] = [tencent, aliyun, twilio].map(|open| open(&vendor));
    for (opened, status, body, is_refused, expected) in [
        (
            &tencent,
            200,
            tencent_status("InvalidParameterValue.IncorrectPhoneNumber"),
            true,
            "IncorrectPhoneNumber",
        ),
        (
            &tencent,
            200,
            tencent_status("LimitExceeded.PhoneNumberDailyLimit"),
            false,
            "PhoneNumberDailyLimit",
        ),
        (
            &tencent,
            200,
            tencent_error("AuthFailure.SignatureFailure"),
            false,
            "AuthFailure.SignatureFailure",
        ),
        (&tencent, 502, "<html>".to_owned(), false, "HTTP 502"),
        (
            &aliyun,
            200,
            says(json!({"Code": "isv.MOBILE_NUMBER_ILLEGAL", "Message": PHONE})),
            true,
            "MOBILE_NUMBER_ILLEGAL",
        ),
        (
            &aliyun,
            200,
            says(json!({"Code": "isv.AMOUNT_NOT_ENOUGH", "Message": PHONE})),
            false,
            "AMOUNT_NOT_ENOUGH",
        ),
        (
            &aliyun,
            404,
            says(json!({"Code": "InvalidAccessKeyId.NotFound"})),
            false,
            "InvalidAccessKeyId.NotFound",
        ),
        (&aliyun, 503, String::new(), false, "HTTP 503"),
        (
            &twilio,
            400,
            says(json!({"code": 21211, "message": PHONE, "status": 400})),
            true,
            "error 21211",
        ),
        (
            &twilio,
            401,
            says(json!({"code": 20003, "message": "Authenticate"})),
            false,
            "error 20003",
        ),
        (&twilio, 429, "slow down".to_owned(), false, "HTTP 429"),
    ] {
        vendor.answer(status, &body);
        let result = opened.send(&opened.code(Channel::Sms)).await;
        let text = if is_refused {
            refused(result)
        } else {
            unavailable(result)
        };
        assert!(text.contains(expected), "{text}");
    }
}

#[tokio::test]
async fn who_answers_too_late_or_nonsense_may_have_sent_it() {
    let vendor = Vendor::start(200, "nonsense");
    for opened in [tencent(&vendor), aliyun(&vendor)] {
        let text = unanswered(opened.send(&opened.code(Channel::Sms)).await);
        assert!(text.contains("its answer cannot be read"), "{text}");
    }
    for open in [tencent_within, aliyun_within, twilio_within] {
        let opened = open(&vendor, "1s");
        vendor.reply(Reply::Late(Duration::from_secs(30)));
        let text = unanswered(opened.send(&opened.code(Channel::Sms)).await);
        assert!(text.contains("no answer within 1.0s"), "{text}");
    }
    let opened = twilio(&vendor);
    vendor.answer(504, "");
    unanswered(opened.send(&opened.code(Channel::Sms)).await);
}

#[tokio::test]
async fn nobody_there_is_no_doubt() {
    let free_port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", free_port.local_addr().unwrap());
    drop(free_port);
    let opened = open(&format!(
        "worker.sms = [\"main\"]\n[channel.main]\nkind = \"twilio\"\naccount_sid = \"AC1\"\n\
         auth_token = \"hush\"\nfrom = \"Shop\"\nendpoint = \"{url}\"\n"
    ));
    let text = unavailable(opened.send(&opened.code(Channel::Sms)).await);
    assert!(text.contains("no connection"), "{text}");
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_leaves_it_unanswered() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        use tokio::io::AsyncReadExt as _;
        let (mut stream, _) = listener.accept().await.unwrap();
        // Gone as soon as something was read.
        stream.read(&mut [0; 16]).await.unwrap()
    });
    let opened = open(&format!(
        "worker.sms = [\"main\"]\n[channel.main]\nkind = \"twilio\"\naccount_sid = \"AC1\"\n\
         auth_token = \"hush\"\nfrom = \"Shop\"\nendpoint = \"{url}\"\n"
    ));
    let text = unanswered(opened.send(&opened.code(Channel::Sms)).await);
    assert!(text.contains("broke before the answer"), "{text}");
    server.await.unwrap();
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let vendor = Vendor::start(200, TENCENT_OK);
    let opened = tencent(&vendor);
    vendor.reply(Reply::Redirect);
    let text = unavailable(opened.send(&opened.code(Channel::Sms)).await);
    assert!(text.contains("HTTP 307"), "{text}");
    assert_eq!(vendor.seen().len(), 1);
}
