use jsonwebtoken::dangerous::insecure_decode;
use serde_json::Value;

use crate::operator::Operator;

fn claims(token: &Value) -> (Value, String) {
    let decoded = insecure_decode::<Value>(token["token"].as_str().unwrap()).unwrap();
    (decoded.claims, decoded.header.kid.unwrap())
}

#[test]
fn an_app_token_is_signed_by_the_newest_key() {
    let operator = Operator::with_applications();
    operator.json(["key", "create", "xdua", "--kind", "signing-key"]);
    let newest = operator.json(["key", "create", "xdua", "--kind", "signing-key"]);

    let (claims, kid) = claims(&operator.json(["token", "create", "app", "--app", "Web0App1"]));

    assert_eq!(kid, newest["id"]);
    assert_eq!(claims["aud"], "Web0App1");
    assert_eq!(claims["iss"], "xdua.com");
    assert_eq!(claims["sub"], "AnoNymuS");
    let lifetime = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert_eq!(lifetime, 10 * 365 * 24 * 60 * 60);
}

#[test]
fn a_key_can_be_chosen_and_a_lifetime_set() {
    let operator = Operator::with_applications();
    let older = operator.json(["key", "create", "xdua", "--kind", "signing-key"]);
    operator.json(["key", "create", "xdua", "--kind", "signing-key"]);
    let kid = older["id"].as_str().unwrap();
    let token = operator.json([
        "token", "create", "app", "--app", "Web0App1", "--kid", kid, "--valid", "1h",
    ]);
    let (claims, signed_by) = claims(&token);
    assert_eq!(signed_by, kid);
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        3600
    );
}

#[test]
fn what_is_missing_for_a_token_is_explained() {
    let operator = Operator::with_applications();
    let app = |id| operator.run(["token", "create", "app", "--app", id]);
    app("Web0App1").refused(2, &["signupctl key create xdua --kind signing-key"]);
    app("Unknown1").refused(2, &["`Unknown1`", "Web0App1"]);
    operator
        .run([
            "token", "create", "user", "--app", "Web0App1", "--user", "5QqitXe5",
        ])
        .refused(2, &["no user `5QqitXe5`"]);
    operator
        .run([
            "token", "create", "app", "--app", "Web0App1", "--valid", "soon",
        ])
        .refused(2, &["--valid", "10y"]);
}
