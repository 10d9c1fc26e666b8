use reqwest::StatusCode;

use crate::desk::Desk;

#[tokio::test]
async fn names_are_shown_as_they_are_and_never_run() {
    let desk = Desk::open().await;
    let ana = desk.signed_in("ana").await;
    for path in [
        "/applications",
        "/applications/ciam/shop",
        "/applications/ciam/shop/settings",
    ] {
        let page = ana.get(path).await;
        assert!(!page.body.contains("<script>alert"), "{path}");
        page.shows("&lt;script&gt;alert('shop')&lt;/script&gt; &amp; Söhne");
    }
    let hostile = "/applications?provider=%22%3E%3Cscript%3Ealert(1)%3C/script%3E";
    assert!(!ana.get(hostile).await.body.contains("<script>alert"));
    let page = desk
        .browser()
        .get("/sign-in?next=/%22%3E%3Cscript%3Ealert(1)")
        .await;
    assert!(!page.body.contains("<script>alert"));
}

#[tokio::test]
async fn pages_speak_the_language_that_the_browser_asks_for_until_another_is_chosen() {
    let desk = Desk::open().await;
    let mut ana = desk.signed_in("ana").await;
    ana.get("/").await.shows("<html lang=\"en\">");
    ana.language = Some("zh-CN,zh;q=0.9,en;q=0.5");
    let page = ana.get("/applications").await;
    page.shows("<html lang=\"zh-CN\">");
    page.shows("<h1>应用</h1>");
    ana.get("/nonsense").await.shows("未找到");

    let form = [("language", "en"), ("back", "/applications")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let answer = ana.post("/language", &form).await;
    assert_eq!(answer.header("location"), "/applications");
    let cookie = answer.header("set-cookie").split(';').next().unwrap();
    let url = desk.service.url("/sign-in");
    let request = desk.service.http.get(url).header("cookie", cookie);
    let page = request
        .header("accept-language", "zh-CN")
        .send()
        .await
        .unwrap();
    assert!(page.text().await.unwrap().contains("<html lang=\"en\">"));
}

#[tokio::test]
async fn the_audit_log_shows_who_did_what() {
    let desk = Desk::open().await;
    desk.browser().sign_in("ana", "wrong horse battery").await;
    let ana = desk.signed_in("ana").await;
    let page = ana.get("/audit").await;
    page.shows("sign_in_refused");
    page.shows("ana (console)");
    assert!(
        !ana.get("/audit?action=sign_in")
            .await
            .body
            .contains("sign_in_refused")
    );
    ana.get("/audit?operator=nobody")
        .await
        .shows("Nothing fits.");
}

#[tokio::test]
async fn a_page_that_is_not_there_says_so() {
    let desk = Desk::open().await;
    let ana = desk.signed_in("ana").await;
    for path in [
        "/nonsense",
        "/applications/ciam/none",
        "/applications/acme/shop",
        "/assets/x.css",
    ] {
        let page = ana.get(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        page.shows("Not found");
    }
    let page = ana.get("/nonsense").await;
    for part in ["href=\"/applications\"", "ana (", "action=\"/sign-out\""] {
        page.shows(part);
    }
    let asked = desk.browser().get("/nonsense").await;
    assert_eq!(asked.header("location"), "/sign-in?next=%2Fnonsense");
    let probe = desk.browser().get("/health/ready").await;
    assert_eq!(probe.status, StatusCode::OK);
}
