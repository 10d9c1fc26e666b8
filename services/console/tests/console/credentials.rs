use reqwest::StatusCode;

use crate::desk::Desk;

const SHOP: &str = "/applications/ciam/shop";
const CREDENTIALS: &str = "/applications/ciam/shop/credentials";
const REVOKE: &str = "/applications/ciam/shop/credentials/revoke";

#[tokio::test]
async fn a_secret_is_shown_once_and_in_no_other_place() {
    let desk = Desk::open().await;
    let ana = desk.signed_in("ana").await;
    let fields = [("kind", "client-secret"), ("id", "second")];
    let page = ana.submit(CREDENTIALS, &fields).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert_eq!(page.header("cache-control"), "no-store");
    let (_, after) = page.body.split_once("<dd class=\"secret\">").unwrap();
    let secret = after.split('<').next().unwrap();
    assert!(secret.len() > 30);
    for path in [
        SHOP,
        "/audit",
        "/applications",
        "/applications/ciam/shop/declaration",
    ] {
        assert!(!ana.get(path).await.body.contains(secret), "{path}");
    }
    let stored = desk.service.app.store.declarations().await.unwrap();
    assert!(!format!("{stored:?}").contains(secret));
    ana.get(SHOP).await.shows("client-secret/second");
    assert_eq!(desk.actions().await, ["sign_in", "credential_created"]);
}

#[tokio::test]
async fn the_kinds_are_those_that_the_provider_has_with_what_they_are_for() {
    let desk = Desk::open().await;
    let mut ana = desk.signed_in("ana").await;
    let page = ana.get(SHOP).await;
    page.shows("client-secret: secret that a client sends along");
    assert_eq!(page.body.matches("<option").count(), 1);
    ana.language = Some("zh-CN");
    ana.get(SHOP)
        .await
        .shows("client-secret: 客户端随请求发送的密钥");
}

#[tokio::test]
async fn a_credential_that_does_not_fit_is_refused() {
    let desk = Desk::open().await;
    let ana = desk.signed_in("ana").await;
    for (kind, id, told) in [
        ("server-key", "x", "unknown kind of credential"),
        ("client-secret", "a b", "an id has 1 to 64 letters"),
        (
            "client-secret",
            "shop",
            "A credential of this kind and id exists.",
        ),
        ("master-key", "x", "Choose a kind of credential."),
    ] {
        let page = ana.submit(CREDENTIALS, &[("kind", kind), ("id", id)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
        page.shows(told);
    }
    let stored = desk.service.app.store.declarations().await.unwrap();
    assert_eq!(stored.credentials.len(), 1);
}

#[tokio::test]
async fn a_revoked_credential_ends_at_once() {
    let desk = Desk::open().await;
    let ana = desk.signed_in("ana").await;
    let mut fields = vec![("kind", "client-secret"), ("id", "shop")];
    let page = ana.submit(REVOKE, &fields).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    fields.push(("sure", "on"));
    let page = ana.submit(REVOKE, &fields).await;
    assert_eq!(page.header("location"), SHOP);
    let stored = desk.service.app.store.declarations().await.unwrap();
    assert_eq!(
        stored.credentials[0].expires_at,
        Some(desk.now().as_millis())
    );
    let page = ana.get(SHOP).await;
    page.shows("(ended)");
    page.shows("ana (console)");
    assert!(!page.body.contains("Revoke"));

    ana.submit(REVOKE, &fields).await;
    let noted = desk.audit().await;
    assert_eq!(desk.actions().await, ["sign_in", "credential_revoked"]);
    assert_eq!(noted[1].details["application"], "shop");
}
