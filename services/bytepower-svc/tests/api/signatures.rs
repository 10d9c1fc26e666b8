//! `X-BytePower-Sign`.

use std::time::Duration;

use aws_lc_rs::hmac;
use signup_core::credential::CredentialKind;

use crate::bytepower::{
    Answer, Bytepower, CLIENT_SEND_CODE, CLIENT_SIGN_UP, SIGN, answer, by_name, code_body,
};

fn body() -> String {
    by_name("ann").to_string()
}

/// Signs up with this signature.
async fn sign_up_with(service: &Bytepower, sign: &str) -> Answer {
    answer(service.post(CLIENT_SIGN_UP, body()).header(SIGN, sign)).await
}

#[tokio::test]
async fn an_app_signs_up_with_a_signed_request() {
    let service = Bytepower::start().await;
    let user = answer(service.client_request(CLIENT_SIGN_UP, "shop", &body())).await;
    assert_eq!(user.user()["name"], "ann");
}

#[tokio::test]
async fn the_signature_is_hex_in_either_case() {
    let service = Bytepower::start().await;
    let sign = service.sign("shop", service.now_millis(), &body());
    let (hex, rest) = sign.split_once(',').unwrap();
    let sign = format!("{},{rest}", hex.to_uppercase());
    sign_up_with(&service, &sign).await.user();
}

#[tokio::test]
async fn the_signature_covers_every_byte_of_the_body() {
    let service = Bytepower::start().await;
    let sign = service.sign("shop", service.now_millis(), &body());
    for sent in [body().replace("ann", "bob"), body() + " ", String::new()] {
        let request = service.post(CLIENT_SIGN_UP, sent).header(SIGN, &sign);
        answer(request).await.is_unauthorized();
    }
    sign_up_with(&service, &sign).await.user();
}

#[tokio::test]
async fn the_signature_covers_the_time_and_the_application() {
    let service = Bytepower::start().await;
    let now = service.now_millis();
    let sign = service.sign("shop", now, &body());
    let later = sign.replace(&now.to_string(), &(now + 1).to_string());
    sign_up_with(&service, &later).await.is_unauthorized();

    let secret = service.secret(CredentialKind::ClientKey, "shop-client");
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let mac = hmac::sign(&key, format!("other{now}{}", body()).as_bytes());
    let sign = format!("{},{now},shop-client", hex::encode(mac.as_ref()));
    sign_up_with(&service, &sign).await.is_unauthorized();
}

#[tokio::test]
async fn a_signature_is_good_for_five_minutes_either_side_of_now() {
    let service = Bytepower::start().await;
    let now = service.now_millis();
    for at in [now - 300_001, now + 300_001, now / 1000, 0] {
        let sign = service.sign("shop", at, &body());
        sign_up_with(&service, &sign).await.is_unauthorized();
    }
    let sign = service.sign("shop", now - 300_000, &body());
    sign_up_with(&service, &sign).await.user();
}

#[tokio::test]
async fn an_application_may_shorten_the_time() {
    let service = Bytepower::start().await;
    let sign = service.sign("impatient", service.now_millis(), &body());
    service.clock.advance(Duration::from_millis(10_001));
    sign_up_with(&service, &sign).await.is_unauthorized();
}

#[tokio::test]
async fn a_header_that_is_no_signature_is_refused() {
    let service = Bytepower::start().await;
    let now = service.now_millis();
    let good = service.sign("shop", now, &body());
    let (hex, rest) = good.split_once(',').unwrap();
    for sign in [
        String::new(),
        hex.to_owned(),
        format!("{hex},{now}"),
        format!("{hex},{now},"),
        format!("{hex},,shop-client"),
        format!("{hex},+{now},shop-client"),
        format!("{hex},99999999999999999999999,shop-client"),
        format!("{hex},{now},shop-server"),
        format!("{hex},{now},nobody"),
        format!("{hex},{now},shop-client,more"),
        format!("{},{rest}", &hex[..62]),
        format!("{}zz,{rest}", &hex[..62]),
        format!(",{rest}"),
    ] {
        sign_up_with(&service, &sign).await.is_unauthorized();
    }
    answer(service.post(CLIENT_SIGN_UP, body()))
        .await
        .is_unauthorized();
    let twice = service.post(CLIENT_SIGN_UP, body()).header(SIGN, &good);
    answer(twice.header(SIGN, &good)).await.is_unauthorized();
}

#[tokio::test]
async fn a_key_opens_its_own_application_only() {
    let service = Bytepower::start().await;
    let request = service.client_request(CLIENT_SIGN_UP, "shop", &body());
    let request = request.header("X-BytePower-Application-Id", "other");
    answer(request).await.is_unauthorized();
}

#[tokio::test]
async fn a_token_does_not_open_the_clients_door_nor_a_signature_the_servers() {
    let service = Bytepower::start().await;
    let code = code_body("ann@example.com").to_string();
    answer(service.server_request(CLIENT_SIGN_UP, "shop", &body()))
        .await
        .is_unauthorized();
    answer(service.server_request(CLIENT_SEND_CODE, "shop", &code))
        .await
        .is_unauthorized();
    answer(service.client_request("/bp/server/user/signup", "shop", &body()))
        .await
        .is_unauthorized();
    answer(service.client_request("/bp/server/user/send_email_verify_code", "shop", &code))
        .await
        .is_unauthorized();
}
