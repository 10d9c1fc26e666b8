//! Which tokens count.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use signup_core::credential::Material;
use xdua_gateway::tokens::{self, Claims};

use crate::gateway::{APP, Answer, Gateway, KEY, SHOP_KEY, answer, at_will, sign_up, with};

const MISSING: (&str, &str) = ("token_missing", "缺少令牌");
const INVALID: (&str, &str) = ("token_invalid", "令牌无效");
const EXPIRED: (&str, &str) = ("token_expired", "令牌已过期");
const EARLY: (&str, &str) = ("token_not_yet_valid", "令牌尚未生效");
const NOT_ACCEPTED: (&str, &str) = ("token_not_accepted", "该令牌不能用于此店铺");

#[track_caller]
fn is_refused(reply: &Answer, (code, reason): (&str, &str)) {
    reply.refused(401, code, reason);
    assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
}

/// Sends a token to both endpoints. A good one gets as far as the shop's wish for a code.
async fn send(gateway: &Gateway, token: &str) -> Answer {
    let fields = [("vfaddr", "+86-15810419011"), ("tmpl", "no such template")];
    let vfc = gateway.vfc_as(token, &fields).await;
    let user = gateway.user_as(token, &sign_up("+86-15810419011")).await;
    if user.status != 200 {
        assert_eq!(vfc.body["code"], user.body["code"]);
    }
    user
}

#[track_caller]
fn is_good(reply: &Answer) {
    reply.fails("vfcode_required", "请填写验证码");
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

#[tokio::test]
async fn a_token_stands_bare_or_behind_bearer() {
    let gateway = Gateway::start().await;
    let token = gateway.app_token(APP);
    for header in [
        token.clone(),
        format!("Bearer {token}"),
        format!("bearer  {token}"),
        format!("  {token}"),
    ] {
        is_good(&send(&gateway, &header).await);
    }
    is_refused(&send(&gateway, &format!("Basic {token}")).await, INVALID);
}

#[tokio::test]
async fn without_a_token_nobody_is_heard() {
    let gateway = Gateway::start().await;
    is_refused(
        &answer(gateway.request(reqwest::Method::POST, "/user")).await,
        MISSING,
    );
    for header in ["", " ", "Bearer", "Bearer "] {
        let reply = send(&gateway, header).await;
        assert_eq!(reply.status, 401, "{header:?}");
    }
    for text in ["x", "a.b.c", "..", "木", "{}"] {
        is_refused(&send(&gateway, text).await, INVALID);
    }
}

#[tokio::test]
async fn of_two_tokens_neither_counts() {
    let gateway = Gateway::start().await;
    let good = gateway.app_token("MultApp1");
    for (first, second) in [(good.as_str(), "bad"), ("bad", &good), (&good, &good)] {
        for path in ["/user", "/vfc"] {
            let request = gateway.post_as(first, path).header("authorization", second);
            let reply = answer(request.form(&at_will("+86-15810419011"))).await;
            is_refused(&reply, INVALID);
        }
    }
}

#[tokio::test]
async fn only_rs256_by_a_known_key_is_believed() {
    let gateway = Gateway::start().await;
    let claims = gateway.claims(APP);
    let key = gateway.key(KEY);
    let Material::KeyPair {
        public_pem,
        private_pem,
    } = &key.material
    else {
        panic!("a signing key is a pair of keys");
    };
    let private =
        EncodingKey::from_rsa_pem(private_pem.as_ref().unwrap().expose().as_bytes()).unwrap();
    let public_as_secret = EncodingKey::from_secret(public_pem.as_bytes());
    let header = |algorithm, kid: Option<&str>| Header {
        kid: kid.map(str::to_owned),
        ..Header::new(algorithm)
    };
    let sign = |header: &Header, key| jsonwebtoken::encode(header, &claims, key).unwrap();

    is_good(
        &send(
            &gateway,
            &sign(&header(Algorithm::RS256, Some(KEY)), &private),
        )
        .await,
    );
    let other_key = "ffffffffffffffffffffffffffffffff";
    for token in [
        sign(&header(Algorithm::HS256, Some(KEY)), &public_as_secret),
        sign(&header(Algorithm::RS384, Some(KEY)), &private),
        sign(&header(Algorithm::PS256, Some(KEY)), &private),
        sign(&header(Algorithm::RS256, None), &private),
        sign(&header(Algorithm::RS256, Some(other_key)), &private),
        sign(&header(Algorithm::RS256, Some(SHOP_KEY)), &private),
        sign(
            &Header {
                crit: Some(vec!["exp".to_owned()]),
                ..header(Algorithm::RS256, Some(KEY))
            },
            &private,
        ),
    ] {
        is_refused(&send(&gateway, &token).await, INVALID);
    }
    for algorithm in ["none", "None", "nOnE", ""] {
        let unsigned = format!(
            "{}.{}.",
            part(&json!({"alg": algorithm, "kid": KEY})),
            part(&json!(claims))
        );
        is_refused(&send(&gateway, &unsigned).await, INVALID);
    }
}

#[tokio::test]
async fn a_token_that_was_changed_is_refused() {
    let gateway = Gateway::start().await;
    let token = gateway.app_token(APP);
    let parts: Vec<&str> = token.split('.').collect();
    let mut others: Claims = gateway.claims(APP);
    others.sub = "AAAAAAAA".to_owned();
    for changed in [
        format!("{}.{}.{}", parts[0], part(&json!(others)), parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}", parts[0], parts[1]),
        format!("{token}A"),
        format!("{token}.x"),
    ] {
        is_refused(&send(&gateway, &changed).await, INVALID);
    }
}

#[tokio::test]
async fn required_claims_are_required() {
    let gateway = Gateway::start().await;
    let key = gateway.key(KEY);
    let Material::KeyPair { private_pem, .. } = &key.material else {
        panic!("a signing key is a pair of keys");
    };
    let private =
        EncodingKey::from_rsa_pem(private_pem.as_ref().unwrap().expose().as_bytes()).unwrap();
    let header = Header {
        kid: Some(KEY.to_owned()),
        ..Header::new(Algorithm::RS256)
    };
    for (claim, is_required) in [
        ("iss", true),
        ("aud", true),
        ("sub", true),
        ("exp", true),
        ("nbf", false),
        ("jti", false),
    ] {
        let mut claims = json!(gateway.claims(APP));
        claims.as_object_mut().unwrap().remove(claim);
        let token = jsonwebtoken::encode(&header, &claims, &private).unwrap();
        let reply = send(&gateway, &token).await;
        if is_required {
            is_refused(&reply, INVALID);
        } else {
            is_good(&reply);
        }
    }
}

#[tokio::test]
async fn a_token_counts_in_its_time_give_or_take_30_seconds() {
    let gateway = Gateway::start().await;
    let now = gateway.now().as_secs();
    for (exp, nbf, refusal) in [
        (now + 1, now, None),
        (now - 29, now - 900, None),
        (now - 30, now - 900, Some(EXPIRED)),
        (now - 900, now - 1800, Some(EXPIRED)),
        (i64::MIN, 0, Some(EXPIRED)),
        (now + 900, now + 30, None),
        (now + 900, now + 31, Some(EARLY)),
        (i64::MAX, i64::MAX, Some(EARLY)),
        (i64::MAX, i64::MIN, None),
    ] {
        let claims = Claims {
            exp,
            nbf,
            ..gateway.claims(APP)
        };
        let reply = send(&gateway, &gateway.sign(&claims)).await;
        match refusal {
            Some(refusal) => is_refused(&reply, refusal),
            None => is_good(&reply),
        }
    }
}

#[tokio::test]
async fn an_app_token_lives_for_ten_years_and_a_user_token_for_15_minutes() {
    let gateway = Gateway::start().await;
    let claims = gateway.claims(APP);
    assert_eq!(
        (claims.sub.as_str(), claims.exp - claims.iat),
        ("AnoNymuS", 315_360_000)
    );
    assert_eq!(
        (claims.jti.len(), claims.aud.as_str(), claims.iss.as_str()),
        (8, APP, "xdua.com")
    );
    let token = gateway.user_token(APP, "5QqitXe5");
    gateway.advance(14 * 60);
    send(&gateway, &token)
        .await
        .fails("action_not_allowed", "该令牌无权执行此操作");
    gateway.advance(2 * 60);
    is_refused(&send(&gateway, &token).await, EXPIRED);
}

#[tokio::test]
async fn the_app_the_issuer_and_the_key_must_be_the_shops() {
    let gateway = Gateway::start().await;
    let stranger = gateway.app_token("Stranger");
    is_refused(&send(&gateway, &stranger).await, NOT_ACCEPTED);
    let claims = Claims {
        iss: "idp.example".to_owned(),
        ..gateway.claims(APP)
    };
    let reply = gateway
        .user_as(&gateway.sign(&claims), &sign_up("+86-15810419011"))
        .await;
    is_refused(&reply, NOT_ACCEPTED);

    let foreign = with(&at_will("+86-15810419011"), &[("shop", "OptShop1")]);
    is_refused(
        &gateway.user_as(&gateway.app_token(APP), &foreign).await,
        NOT_ACCEPTED,
    );
    let fields = [
        ("vfaddr", "+86-15810419011"),
        ("tmpl", "SMS_25335288"),
        ("shop", "OptShop1"),
    ];
    is_refused(
        &gateway.vfc_as(&gateway.app_token(APP), &fields).await,
        NOT_ACCEPTED,
    );

    let issuers_own = with(&at_will("+86-15810419011"), &[("shop", "Issuer01")]);
    gateway
        .user_as(&gateway.sign(&claims), &issuers_own)
        .await
        .id();
    is_refused(
        &gateway.user_as(&gateway.app_token(APP), &issuers_own).await,
        NOT_ACCEPTED,
    );
}

#[tokio::test]
async fn a_key_of_one_shop_signs_for_that_shop_alone() {
    let gateway = Gateway::start().await;
    let key = gateway.key(SHOP_KEY);
    let own = tokens::issue_app_token(&key, "xdua.com", APP, gateway.now()).unwrap();
    is_good(&send(&gateway, &own).await);
    let other = tokens::issue_app_token(&key, "xdua.com", "MultApp1", gateway.now()).unwrap();
    is_refused(
        &gateway.user_as(&other, &at_will("+86-15810419011")).await,
        NOT_ACCEPTED,
    );
}

#[tokio::test]
async fn the_keys_are_published_and_verify_tokens() {
    let gateway = Gateway::start().await;
    let url = gateway.service.url("/.well-known/jwks.json");
    let reply = gateway.service.http.get(url).send().await.unwrap();
    assert_eq!(reply.headers()["content-type"], "application/json");
    assert_eq!(reply.headers()["cache-control"], "public, max-age=300");
    let keys: jsonwebtoken::jwk::JwkSet = reply.json().await.unwrap();
    assert_eq!(keys.keys.len(), 2);
    let key = keys.find(KEY).unwrap();
    assert_eq!(key.common.key_algorithm.unwrap().to_string(), "RS256");
    let key = jsonwebtoken::DecodingKey::from_jwk(key).unwrap();
    let mut validation = jsonwebtoken::Validation::new(Algorithm::RS256);
    validation.set_audience(&[APP]);
    let token = jsonwebtoken::decode::<Claims>(gateway.app_token(APP), &key, &validation).unwrap();
    assert_eq!(token.claims.sub, "AnoNymuS");
}

#[tokio::test]
async fn a_key_that_has_ended_vouches_for_nothing() {
    let gateway = Gateway::start().await;
    let token = gateway.app_token(APP);
    let app = &gateway.service.app;
    let keys = app.store.declarations().await.unwrap().credentials;
    let mut key = keys.into_iter().find(|key| key.id == KEY).unwrap();
    key.expires_at = Some(
        gateway
            .now()
            .after(std::time::Duration::from_secs(60))
            .as_millis(),
    );
    app.store
        .change_declarations(vec![signup_store::Change::PutCredential(key)])
        .await
        .unwrap();
    app.catalog.refresh(&app.store, &app.keys).await.unwrap();
    is_good(&send(&gateway, &token).await);
    gateway.advance(60);
    is_refused(&send(&gateway, &token).await, INVALID);
}
