use reqwest::StatusCode;

use crate::desk::{Desk, set};

const ADMIN_PAGES: [&str; 4] = [
    "/audit",
    "/new-application",
    "/applications/ciam/shop/settings",
    "/applications/ciam/shop/declaration",
];

#[tokio::test]
async fn pages_ask_for_roles() {
    let desk = Desk::open().await;
    for (name, status) in [
        ("rita", StatusCode::FORBIDDEN),
        ("sam", StatusCode::FORBIDDEN),
        ("ana", StatusCode::OK),
    ] {
        let browser = desk.signed_in(name).await;
        for path in ADMIN_PAGES {
            assert_eq!(browser.get(path).await.status, status, "{name} {path}");
        }
        assert_eq!(
            browser.get("/applications/ciam/shop").await.status,
            StatusCode::OK
        );
        let has_item = browser.get("/").await.body.contains("href=\"/audit\"");
        assert_eq!(has_item, status == StatusCode::OK, "{name}");
    }
}

#[tokio::test]
async fn a_reader_cannot_send_what_only_administrators_may() {
    let desk = Desk::open().await;
    let browser = desk.signed_in("rita").await;
    for path in [
        "/applications/ciam/shop/settings",
        "/applications/ciam/shop/declaration",
        "/applications/ciam/shop/credentials",
        "/applications/ciam/shop/credentials/revoke",
        "/new-application",
    ] {
        let page = browser.submit(path, &[("do", "save")]).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(desk.actions().await, ["sign_in"]);
}

#[tokio::test]
async fn a_form_needs_the_token_of_its_session() {
    let desk = Desk::open().await;
    let (ana, other) = (desk.signed_in("ana").await, desk.signed_in("ana").await);
    let foreign = other.get("/account").await.field("token");
    let form = |token: &str| vec![("token".to_owned(), token.to_owned())];
    for token in ["", "0", &foreign] {
        let page = ana.post("/account/sign-out-everywhere", &form(token)).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(ana.get("/").await.status, StatusCode::OK);
    let token = ana.get("/account").await.field("token");
    let page = ana
        .post("/account/sign-out-everywhere", &form(&token))
        .await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert_eq!(other.get("/").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_form_of_another_origin_is_refused_even_with_the_token() {
    let desk = Desk::open().await;
    let ana = desk.signed_in("ana").await;
    let form = vec![("token".to_owned(), ana.get("/account").await.field("token"))];
    for origin in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        let page = ana.post_from("/sign-out", &form, origin).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{origin}");
    }
    let sign_in = [("name", "ana"), ("password", "x")];
    let sign_in = sign_in.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let page = desk
        .browser()
        .post_from("/sign-in", &sign_in, "https://evil.example")
        .await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn every_answer_has_the_headers_that_protect_it() {
    let desk = Desk::open().await;
    let ana = desk.signed_in("ana").await;
    for path in ["/", "/sign-in", "/nonsense", "/applications/ciam/nothing"] {
        for browser in [&ana, &desk.browser()] {
            let page = browser.get(path).await;
            let policy = page.header("content-security-policy");
            assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
            assert!(
                policy.contains("frame-ancestors 'none'"),
                "{path}: {policy}"
            );
            assert!(!policy.contains("unsafe"), "{path}: {policy}");
            assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(page.header("referrer-policy"), "same-origin", "{path}");
            assert_eq!(page.header("cross-origin-opener-policy"), "same-origin");
            assert_eq!(page.header("cache-control"), "no-store", "{path}");
            assert!(
                page.header("strict-transport-security")
                    .starts_with("max-age=")
            );
        }
    }
}

#[tokio::test]
async fn styles_and_scripts_are_kept_and_nothing_is_inline() {
    let desk = Desk::open().await;
    let page = desk.browser().get("/sign-in").await;
    let paths: Vec<_> = page
        .body
        .split('"')
        .filter(|text| text.starts_with("/assets/"))
        .collect();
    assert!(paths.len() >= 3, "{}", page.body);
    for path in paths {
        let asset = desk.browser().get(path).await;
        assert_eq!(asset.status, StatusCode::OK);
        assert!(asset.header("cache-control").contains("immutable"));
    }
    let ana = desk.signed_in("ana").await;
    for path in [
        "/",
        "/applications/ciam/shop",
        "/applications/ciam/shop/settings",
        "/audit",
    ] {
        let body = ana.get(path).await.body;
        assert!(
            !body.contains(" style=") && !body.contains("<style") && !body.contains(" onclick")
        );
        assert!(!body.contains("<script>"), "{path}");
    }
}

#[tokio::test]
async fn control_characters_are_refused_at_every_door() {
    let desk = Desk::open_on_postgres().await;
    let ana = desk.signed_in("ana").await;
    let file = |name: &str| {
        format!("provider = \"ciam\"\n[[application]]\nid = \"new\"\nname = \"{name}\"\n")
    };
    let (nul, escape) = (file("a\\u0000b"), file("a\\u001bb"));
    let settings = "/applications/ciam/shop/settings";
    let mut form = ana.get(settings).await.form(settings);
    set(&mut form, "value.name", "a\u{7}b");
    let page = ana.post(settings, &form).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.shows("holds the control character U+0007; take it out");
    for (path, fields) in [
        ("/new-application", [("file", nul.as_str()), ("do", "save")]),
        ("/new-application", [("file", &escape), ("do", "save")]),
        (
            "/applications/ciam/shop/credentials",
            [("kind", "client-secret"), ("id", "a\u{7}b")],
        ),
        (
            "/new-webhook",
            [("url", "https://example.com"), ("contact", "a\u{7}@b.com")],
        ),
        (
            "/new-webhook",
            [
                ("url", "https://example.com"),
                ("application", "ciam/\u{7}"),
            ],
        ),
    ] {
        let page = ana.submit(path, &fields).await;
        assert_eq!(
            page.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{path} {fields:?}: {}",
            page.body
        );
    }
    let page = ana
        .submit("/new-application", &[("file", &nul), ("do", "save")])
        .await;
    page.shows("Line 4: `name` holds the control character U+0000; take it out");
    assert_eq!(desk.actions().await, ["sign_in"]);
}
