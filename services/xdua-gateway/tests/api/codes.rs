//! What codes prove.

use crate::gateway::{Answer, Gateway, at_will, sign_up, with};

const PHONE: &str = "+86-15810419011";
const WRONG: (&str, &str) = ("invalid_vfcode", "验证码错误或已失效");

/// Another code of the same form.
fn other(code: &str) -> String {
    let first = (code.as_bytes()[0] - b'0' + 1) % 10;
    format!("{first}{}", &code[1..])
}

async fn tried(gateway: &Gateway, phone: &str, code: &str) -> Answer {
    gateway
        .user(&with(&sign_up(phone), &[("vfcode", code)]))
        .await
}

#[tokio::test]
async fn a_wrong_code_signs_nobody_up_and_the_right_one_still_does() {
    let gateway = Gateway::start().await;
    let wrong: [fn(&str) -> String; 6] = [
        other,
        |_| "FFFFFF".to_owned(),
        |_| "INVITE".to_owned(),
        |_| "您的短信验证码".to_owned(),
        |_| "1".to_owned(),
        |code| format!("{code}0"),
    ];
    // A number for each of them: five wrong tries would end a code.
    for (last, wrong) in wrong.into_iter().enumerate() {
        let phone = format!("+86-1581041901{last}");
        let code = gateway.phone_code(&phone).await;
        let reply = tried(&gateway, &phone, &wrong(&code)).await;
        reply.fails(WRONG.0, WRONG.1);
        tried(&gateway, &phone, &code).await.id();
    }
}

#[tokio::test]
async fn five_wrong_tries_kill_a_code() {
    let gateway = Gateway::start().await;
    let code = gateway.phone_code(PHONE).await;
    for _ in 0..5 {
        tried(&gateway, PHONE, &other(&code))
            .await
            .is_code("invalid_vfcode");
    }
    tried(&gateway, PHONE, &code).await.fails(WRONG.0, WRONG.1);
    assert_eq!(gateway.service.user_count().await, 0);
}

#[tokio::test]
async fn a_mistake_elsewhere_costs_no_try() {
    let gateway = Gateway::start().await;
    let code = gateway.phone_code(PHONE).await;
    let wrong = other(&code);
    for _ in 0..6 {
        let fields = with(&sign_up(PHONE), &[("vfcode", &wrong), ("sex", "X")]);
        gateway.user(&fields).await.is_code("invalid_parameter");
    }
    tried(&gateway, PHONE, &code).await.id();
}

#[tokio::test]
async fn a_code_is_good_for_10_minutes() {
    let gateway = Gateway::start().await;
    let code = gateway.phone_code(PHONE).await;
    let late = gateway.phone_code("+86-15810419012").await;
    gateway.advance(599);
    tried(&gateway, PHONE, &code).await.id();
    gateway.advance(1);
    tried(&gateway, "+86-15810419012", &late)
        .await
        .fails(WRONG.0, WRONG.1);
}

#[tokio::test]
async fn a_used_code_is_dead_even_for_its_owner() {
    let gateway = Gateway::start().await;
    let code = gateway.phone_code(PHONE).await;
    tried(&gateway, PHONE, &code).await.id();
    tried(&gateway, PHONE, &code).await.fails(WRONG.0, WRONG.1);
}

#[tokio::test]
async fn a_newer_code_takes_the_place_of_the_older_one() {
    let gateway = Gateway::start().await;
    let first = gateway.phone_code(PHONE).await;
    gateway.advance(31);
    let mut second = gateway.phone_code(PHONE).await;
    // One in a million: the same digits again.
    if second == first {
        gateway.advance(31);
        second = gateway.phone_code(PHONE).await;
    }
    tried(&gateway, PHONE, &first).await.fails(WRONG.0, WRONG.1);
    tried(&gateway, PHONE, &second).await.id();
}

#[tokio::test]
async fn a_code_is_bound_to_its_address_and_its_shop() {
    let gateway = Gateway::start().await;
    let code = gateway.phone_code(PHONE).await;
    tried(&gateway, "+86-15810419012", &code)
        .await
        .fails(WRONG.0, WRONG.1);
    let fields = with(&at_will(PHONE), &[("vfcode", &code)]);
    let reply = gateway
        .user_as(&gateway.app_token("MultApp1"), &fields)
        .await;
    reply.fails(WRONG.0, WRONG.1);
}

#[tokio::test]
async fn a_code_asked_for_without_a_shop_is_good_at_every_shop_of_the_app() {
    let gateway = Gateway::start().await;
    let token = gateway.app_token("MultApp1");
    gateway
        .vfc_as(&token, &[("vfaddr", PHONE), ("tmpl", "SMS_25335288")])
        .await
        .id();
    let code = gateway.sms_code(PHONE).await;
    let fields = with(&at_will(PHONE), &[("shop", "OptShop2"), ("vfcode", &code)]);
    gateway.user_as(&token, &fields).await.id();
    let user = gateway.newest_user().await;
    assert_eq!(user["identifiers"]["phone"]["verified"], true);

    let asked = [
        ("vfaddr", "+86-15810419012"),
        ("tmpl", "SMS_25335288"),
        ("shop", "OptShop2"),
    ];
    gateway.vfc_as(&token, &asked).await.id();
    let code = gateway.sms_code("+86-15810419012").await;
    let fields = with(&at_will("+86-15810419012"), &[("vfcode", &code)]);
    gateway
        .user_as(&token, &fields)
        .await
        .fails(WRONG.0, WRONG.1);
}

#[tokio::test]
async fn where_codes_are_optional_they_are_still_checked() {
    let gateway = Gateway::start().await;
    let token = gateway.app_token("MultApp1");
    let fields = with(&at_will(PHONE), &[("vfcode", "123456")]);
    gateway
        .user_as(&token, &fields)
        .await
        .fails(WRONG.0, WRONG.1);
    gateway.user_as(&token, &at_will(PHONE)).await.id();
    assert_eq!(
        gateway.newest_user().await["identifiers"]["phone"]["verified"],
        false
    );
}

#[tokio::test]
async fn where_codes_are_required_nobody_signs_up_without() {
    let gateway = Gateway::start().await;
    gateway
        .user(&sign_up(PHONE))
        .await
        .fails("vfcode_required", "请填写验证码");
}

#[tokio::test]
async fn only_who_holds_the_code_learns_that_a_number_is_taken() {
    let gateway = Gateway::start().await;
    gateway.sign_up(PHONE).await;
    tried(&gateway, PHONE, "123456")
        .await
        .fails(WRONG.0, WRONG.1);
    gateway
        .user(&sign_up(PHONE))
        .await
        .fails("vfcode_required", "请填写验证码");
}
