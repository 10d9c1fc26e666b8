use std::time::Duration;

use reqwest::StatusCode;
use signup_core::operator::Role;
use signup_store::OperatorChange;
use signup_testkit::author;

use crate::desk::{Desk, PASSWORD};

#[tokio::test]
async fn an_operator_signs_in_and_out() {
    let desk = Desk::open().await;
    let mut browser = desk.browser();
    let asked = browser.get("/applications").await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER);
    assert_eq!(asked.header("location"), "/sign-in?next=%2Fapplications");

    let answer = browser.sign_in("Ana ", PASSWORD).await;
    assert_eq!(answer.header("location"), "/");
    let cookie = answer.header("set-cookie");
    for attribute in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(
        cookie.starts_with("__Host-") && !cookie.contains("Domain"),
        "{cookie}"
    );
    browser.get("/").await.shows("ana");

    let left = browser.submit("/sign-out", &[]).await;
    assert!(left.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(browser.get("/").await.header("location"), "/sign-in");
    assert_eq!(desk.actions().await, ["sign_in", "sign_out"]);
}

#[tokio::test]
async fn unknown_disabled_and_wrong_look_alike() {
    let desk = Desk::open().await;
    desk.hire("gone", Role::Admin).await;
    let store = &desk.service.app.store;
    store
        .change_operator("gone", OperatorChange::Disable, &author(desk.now()))
        .await
        .unwrap();
    let mut pages = Vec::new();
    for (name, password) in [
        ("nobody", PASSWORD),
        ("gone", PASSWORD),
        ("ana", "wrong horse battery"),
        ("ana", ""),
        ("ana", &"x".repeat(100)),
    ] {
        let page = desk.browser().sign_in(name, password).await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED);
        assert_eq!(page.header("set-cookie"), "");
        pages.push(page.body.replace(name, "NAME"));
    }
    assert!(pages.iter().all(|page| *page == pages[0]));
    let audit = desk.audit().await;
    assert!(audit.iter().all(|entry| entry.action == "sign_in_refused"));
    // Who types a password into the wrong field does not find it in the log.
    assert_eq!(audit[0].operator, "n***");
    assert_eq!(audit[0].client.as_deref(), Some("127.0.0.0/24"));
}

#[tokio::test]
async fn the_eleventh_wrong_password_for_a_name_from_a_client_is_not_looked_at() {
    let desk = Desk::open().await;
    for _ in 0..10 {
        let page = desk.browser().sign_in("ana", "wrong horse battery").await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    }
    let page = desk.browser().sign_in("ana", PASSWORD).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(page.header("retry-after").parse::<u64>().unwrap() > 0);

    desk.signed_in("rita").await;
    desk.service.clock.advance(Duration::from_secs(15 * 60));
    desk.signed_in("ana").await;
}

#[tokio::test]
async fn who_guesses_keeps_nobody_out_elsewhere_unless_from_many_networks() {
    let desk = Desk::open_with(|builder| {
        let builder = builder.setting("http.trusted_proxies", "127.0.0.1/32");
        let builder = builder.setting("console.sign_ins_per_name", "2");
        builder.setting("console.sign_ins_per_name_everywhere", "5")
    })
    .await;
    let attempt = async |client, password| {
        let mut browser = desk.browser();
        browser.client = Some(client);
        browser.sign_in("ana", password).await.status
    };
    let guess = async |client| attempt(client, "wrong horse battery").await;
    for client in ["192.0.2.1", "192.0.2.1", "198.51.100.1", "198.51.100.1"] {
        assert_eq!(guess(client).await, StatusCode::UNAUTHORIZED, "{client}");
    }
    assert_eq!(guess("192.0.2.1").await, StatusCode::TOO_MANY_REQUESTS);
    let elsewhere = "203.0.113.1";
    assert_eq!(attempt(elsewhere, PASSWORD).await, StatusCode::SEE_OTHER);

    assert_eq!(guess("203.0.113.2").await, StatusCode::UNAUTHORIZED);
    assert_eq!(
        attempt(elsewhere, PASSWORD).await,
        StatusCode::TOO_MANY_REQUESTS
    );
}

#[tokio::test]
async fn a_client_that_tries_many_names_is_held_up() {
    let desk = Desk::open_with(|builder| builder.setting("console.sign_ins_per_client", "3")).await;
    for name in ["one", "two", "three"] {
        let page = desk.browser().sign_in(name, PASSWORD).await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    }
    let page = desk.browser().sign_in("ana", PASSWORD).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn signing_in_uses_up_no_attempt() {
    let desk = Desk::open_with(|builder| {
        let builder = builder.setting("console.sign_ins_per_client", "2");
        builder.setting("console.sign_ins_per_name", "2")
    })
    .await;
    for _ in 0..5 {
        desk.signed_in("ana").await;
    }
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_and_when_it_is_old() {
    let desk = Desk::open().await;
    let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
    let browser = desk.signed_in("ana").await;
    desk.service.clock.advance(minutes(31));
    assert_eq!(browser.get("/").await.status, StatusCode::SEE_OTHER);

    let browser = desk.signed_in("ana").await;
    for _ in 0..28 {
        desk.service.clock.advance(minutes(25));
        assert_eq!(browser.get("/").await.status, StatusCode::OK);
    }
    desk.service.clock.advance(minutes(25));
    assert_eq!(
        browser.get("/").await.status,
        StatusCode::SEE_OTHER,
        "after 12 hours"
    );
}

#[tokio::test]
async fn a_page_that_loads_itself_again_keeps_no_session_alive() {
    let desk = Desk::open().await;
    let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
    let browser = desk.signed_in("ana").await;
    for _ in 0..2 {
        desk.service.clock.advance(minutes(14));
        let page = browser.get_by_itself("/events").await;
        assert_eq!(page.status, StatusCode::OK);
    }
    desk.service.clock.advance(minutes(3));
    let page = browser.get_by_itself("/events").await;
    assert_eq!(page.header("location"), "/sign-in?next=%2Fevents");
    assert_eq!(browser.get("/").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_new_sign_in_has_a_new_token_and_ends_the_old_session() {
    let desk = Desk::open().await;
    let mut browser = desk.signed_in("ana").await;
    let old = browser.token.clone();
    browser.sign_in("ana", PASSWORD).await;
    assert_ne!(browser.token, old);
    browser.token = old;
    assert_eq!(browser.get("/").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn another_password_ends_all_sessions() {
    let desk = Desk::open().await;
    let (here, elsewhere) = (desk.signed_in("ana").await, desk.signed_in("ana").await);
    let new = "a much better password";
    for (present, again, told) in [
        ("wrong horse battery", new, "The present password is wrong."),
        (
            PASSWORD,
            "another one entirely",
            "The two new passwords differ.",
        ),
        (PASSWORD, new, ""),
    ] {
        let fields = [("present", present), ("new", new), ("again", again)];
        let page = here.submit("/account/password", &fields).await;
        page.shows(told);
        assert_eq!(page.status.is_redirection(), told.is_empty());
    }
    for browser in [here, elsewhere] {
        assert_eq!(browser.get("/").await.status, StatusCode::SEE_OTHER);
    }
    let mut browser = desk.browser();
    assert_eq!(
        browser.sign_in("ana", PASSWORD).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        browser.sign_in("ana", new).await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn who_is_disabled_is_signed_out_at_once() {
    let desk = Desk::open().await;
    let browser = desk.signed_in("ana").await;
    let store = &desk.service.app.store;
    store
        .change_operator("ana", OperatorChange::Disable, &author(desk.now()))
        .await
        .unwrap();
    assert_eq!(browser.get("/").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn signing_in_never_leads_to_another_host() {
    let desk = Desk::open().await;
    for next in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/\t/evil.example",
        "evil",
    ] {
        let form = [("name", "ana"), ("password", PASSWORD), ("next", next)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let page = desk.browser().post("/sign-in", &form).await;
        assert_eq!(page.header("location"), "/", "{next}");
    }
}

#[tokio::test]
async fn a_session_gives_no_more_guesses_at_the_password_than_the_door() {
    let desk = Desk::open().await;
    let ana = desk.signed_in("ana").await;
    let fields = [
        ("present", "wrong horse battery"),
        ("new", "a much better password"),
        ("again", "a much better password"),
    ];
    for _ in 0..10 {
        let page = ana.submit("/account/password", &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let page = ana.submit("/account/password", &fields).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_nul_is_answered_without_asking_the_database() {
    let desk = Desk::open().await;
    let form = [("name", "a\0b"), ("password", PASSWORD)]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let page = desk.browser().post("/sign-in", &form).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);

    let ana = desk.signed_in("ana").await;
    for path in ["/users/ciam/%00", "/audit?operator=%00"] {
        assert_eq!(ana.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}
