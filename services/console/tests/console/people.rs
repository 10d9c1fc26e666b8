//! Users in the console: who may see what, and what becomes of it.

use reqwest::StatusCode;
use serde_json::{Map, Value, json};
use signup_core::context::RequestContext;
use signup_core::event::Event;
use signup_core::identifier::{EmailAddress, Identifier, Username, UsernameRule};
use signup_core::sign_up::{SignUpOutcome, SignUpRecord};
use signup_core::user::{NewUser, PasswordHash, TakenIdentifier};
use std::time::{Duration, Instant};
use uuid::Uuid;

use crate::desk::{Browser, Desk, Page};

const ID: &str = "3f9d2c7a81b64e0f9a5d6c1b2e4f7081";
const EMAIL: &str = "alice.liddell@example.com";
const MASKED: &str = "a***@example.com";
const NAME: &str = "wonderland";
const HASH: &str = "$2b$04$hash";

async fn sign_up(desk: &Desk) {
    let identifiers: [Identifier; 2] = [
        EmailAddress::parse(EMAIL).unwrap().into(),
        Username::parse(NAME, UsernameRule::Open).unwrap().into(),
    ];
    let declared = desk.service.app.store.declarations().await.unwrap();
    let directory = declared.applications[0].directory.clone();
    let user = NewUser {
        id: Uuid::now_v7(),
        public_id: ID.to_owned(),
        provider: "ciam".to_owned(),
        directory,
        application: "shop".to_owned(),
        identifiers: identifiers
            .into_iter()
            .map(|identifier| TakenIdentifier {
                identifier,
                verified: true,
            })
            .collect(),
        password_hash: Some(PasswordHash::new(HASH.to_owned())),
        profile: Map::from_iter([("nickname".to_owned(), json!("<b>Alice</b>"))]),
        created_at: desk.now(),
    };
    let context = RequestContext {
        request_id: "order-17".to_owned(),
        trace_parent: None,
        client_ip: [127, 0, 0, 1].into(),
        language: None,
        deadline: Instant::now() + Duration::from_secs(60),
    };
    let record = SignUpRecord {
        consumed: Vec::new(),
        events: vec![Event::user_created(&user, &context)],
        request_id: context.request_id.clone(),
        hold: None,
        claim: None,
        user,
    };
    let written = desk
        .service
        .app
        .store
        .sign_up(record, context.deadline)
        .await;
    assert_eq!(written.unwrap(), SignUpOutcome::Created);
}

fn path() -> String {
    format!("/users/ciam/{ID}")
}

async fn find(browser: &Browser<'_>, needle: &str) -> Page {
    browser.submit("/users", &[("needle", needle)]).await
}

#[track_caller]
fn hides(page: &Page) {
    for secret in [EMAIL, NAME, HASH, "Alice"] {
        assert!(!page.body.contains(secret), "{secret}: {}", page.body);
    }
}

#[tokio::test]
async fn who_may_only_look_finds_people_by_their_ids_and_sees_them_masked() {
    let desk = Desk::open().await;
    sign_up(&desk).await;
    let rita = desk.signed_in("rita").await;

    let found = find(&rita, ID).await;
    found.shows(&path());
    found.shows(MASKED);
    found.shows("Time line");
    hides(&found);
    let page = rita.get(&path()).await;
    page.shows(MASKED);
    page.shows("order-17");
    hides(&page);
    assert!(!page.body.contains("/export"), "{}", page.body);

    let refused = find(&rita, EMAIL).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    refused.shows("takes the role support");
    // Whether somebody has this name is not told either.
    for name in [NAME, "nobody-at-all"] {
        let told = find(&rita, name).await;
        assert_eq!(told.status, StatusCode::OK);
        told.shows("Nothing is known under this.");
    }
    for action in ["", "/export", "/erase"] {
        let answer = rita
            .submit(&format!("{}{action}", path()), &[("id", ID)])
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{action}");
    }
    let erase = rita.get(&format!("{}/erase", path())).await;
    assert_eq!(erase.status, StatusCode::FORBIDDEN);
    assert!(desk.service.app.store.has_user("ciam", ID).await.unwrap());
}

#[tokio::test]
async fn support_finds_people_by_address_sees_them_in_full_and_hands_out_what_is_kept() {
    let desk = Desk::open().await;
    sign_up(&desk).await;
    let sam = desk.signed_in("sam").await;

    for needle in ["Alice.Liddell@Example.com", NAME, ID] {
        let found = find(&sam, needle).await;
        assert_eq!(found.status, StatusCode::OK);
        found.shows(&format!("href=\"{}\"", path()));
        found.shows(MASKED);
    }
    find(&sam, "nobody@example.com")
        .await
        .shows("Nothing is known");
    let page = sam.submit(&path(), &[]).await;
    page.shows(EMAIL);
    page.shows("&lt;b&gt;Alice&lt;/b&gt;");
    assert!(!page.body.contains(HASH) && !page.body.contains("<b>Alice"));

    let file = sam.submit(&format!("{}/export", path()), &[]).await;
    assert_eq!(file.header("content-type"), "application/json");
    assert_eq!(file.header("cache-control"), "no-store");
    let named = format!("attachment; filename=\"ciam-{ID}.json\"");
    assert_eq!(file.header("content-disposition"), named);
    let kept: Value = serde_json::from_str(&file.body).unwrap();
    assert_eq!(kept["user"]["profile"]["nickname"], "<b>Alice</b>");
    assert!(!file.body.contains(HASH), "{}", file.body);
    let erase = sam.get(&format!("{}/erase", path())).await;
    assert_eq!(erase.status, StatusCode::FORBIDDEN);

    let noted = desk.audit().await;
    let searched: Vec<_> = noted
        .iter()
        .filter(|entry| entry.action == "users_searched")
        .map(|entry| entry.object.as_deref().unwrap())
        .collect();
    assert_eq!(searched, [MASKED, "w***", ID, "n***@example.com"]);
    for action in ["user_revealed", "user_exported"] {
        let entry = noted.iter().find(|entry| entry.action == action).unwrap();
        assert_eq!(entry.operator, "sam");
        assert_eq!(entry.object.as_deref(), Some(format!("ciam/{ID}").as_str()));
    }
    assert!(!format!("{noted:?}").contains("liddell"));
}

#[tokio::test]
async fn an_admin_erases_somebody_after_typing_the_id() {
    let desk = Desk::open().await;
    sign_up(&desk).await;
    let store = &desk.service.app.store;
    let ana = desk.signed_in("ana").await;
    let erase = format!("{}/erase", path());

    ana.get(&path()).await.shows(&erase);
    let asked = ana.get(&erase).await;
    asked.shows("What will be removed");
    hides(&asked);
    for wrong in ["", "3f9d", EMAIL] {
        let refused = ana.submit(&erase, &[("id", wrong)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        refused.shows("Nothing was erased.");
    }
    assert!(store.has_user("ciam", ID).await.unwrap());

    let done = ana.submit(&erase, &[("id", ID)]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    let next = done.header("location").to_owned();
    let told = ana.get(&next).await;
    told.shows("The user was erased.");
    told.shows(&format!("<code>ciam/{ID}</code>"));
    let other = desk.signed_in("ana").await.get(&next).await;
    for page in [
        other,
        ana.get("/users?erased=Call+555-1234&proof=").await,
        ana.get(&next.replace("ciam", "xdua")).await,
    ] {
        assert_eq!(page.status, StatusCode::OK);
        for text in ["The user was erased", "<code>", "555-1234</"] {
            assert!(!page.body.contains(text), "{}", page.body);
        }
    }
    assert!(!store.has_user("ciam", ID).await.unwrap());
    for gone in [
        ana.get(&path()).await,
        ana.submit(&erase, &[("id", ID)]).await,
    ] {
        assert_eq!(gone.status, StatusCode::NOT_FOUND);
    }
    let events = ana.get("/events?type=signup.user.erased.v1").await;
    events.shows(ID);
    let noted = desk.audit().await;
    let erasures: Vec<_> = noted
        .iter()
        .filter(|entry| entry.action == "user_erased")
        .collect();
    assert_eq!(erasures.len(), 1, "{noted:?}");
    assert_eq!(erasures[0].operator, "ana");
}

#[tokio::test]
async fn people_are_shown_in_chinese_too() {
    let desk = Desk::open().await;
    sign_up(&desk).await;
    let mut ana = desk.signed_in("ana").await;
    ana.language = Some("zh-CN");
    ana.get("/users").await.shows("<h1>用户</h1>");
    let page = ana.get(&path()).await;
    page.shows("时间线");
    page.shows("：在 ciam/shop 创建，标识 ");
    page.shows("：signup.user.created.v1 已写入");
    page.shows("未保留：");
    assert!(!page.body.contains("created at"), "{}", page.body);
    let refused = ana
        .submit(&format!("{}/erase", path()), &[("id", "x")])
        .await;
    refused.shows("与用户编号不符");
    find(&ana, "nobody@example.com")
        .await
        .shows("没有找到相关记录");
}

#[tokio::test]
async fn what_nobody_has_is_noted_masked_however_it_is_written() {
    let desk = Desk::open().await;
    let rita = desk.signed_in("rita").await;
    let sam = desk.signed_in("sam").await;
    let written = [
        "138 1234 5678",
        "8613812345678",
        "nobody＠example.com",
        "***jane.doe@example.com",
        "hunter2hunter2",
    ];
    for needle in written {
        find(&rita, needle).await;
        find(&sam, needle).await;
    }
    let log = desk.signed_in("ana").await.get("/audit").await;
    for needle in written {
        assert!(!log.body.contains(needle), "{needle}: {}", log.body);
    }
    log.shows("users_searched");
}
