use std::time::Duration;

use reqwest::StatusCode;
use signup_core::code::Channel::{Email, Sms};
use signup_core::funnel::Stage;
use signup_store::FunnelPlace;

use crate::desk::Desk;

const HOUR: u64 = 60 * 60;

/// Nine hours of text messages, most of which were not sent in one of them, and some e-mails.
async fn count(desk: &Desk) {
    let mut counts = Vec::new();
    for hours in 2..11 {
        let time = desk.now().before(Duration::from_secs(hours * HOUR));
        let place = |code, country| FunnelPlace::at(time, "ciam", "shop", Some(code), country);
        let sent = if hours == 3 { 13 } else { 97 };
        counts.push((place(Sms, Some("86")), Stage::Requested, 100));
        for stage in [Stage::Sent, Stage::Verified, Stage::Created] {
            counts.push((place(Sms, Some("86")), stage, sent));
        }
        counts.push((place(Email, None), Stage::Requested, 10));
    }
    desk.service.app.store.count_funnel(counts).await.unwrap();
}

#[tokio::test]
async fn the_funnel_is_drawn_and_told_with_its_drops() {
    let desk = Desk::open().await;
    let rita = desk.signed_in("rita").await;
    rita.get("/funnel").await.shows("Nobody asked for a code");
    count(&desk).await;

    let page = rita.get("/funnel").await;

    page.shows("<dd>990</dd>");
    page.shows("role=\"img\" aria-labelledby=\"plot-title plot-text\"");
    assert_eq!(page.body.matches("<polyline").count(), 4);
    assert_eq!(page.body.matches("<polygon class=\"drop\"").count(), 1);
    page.shows("fewer than before: Sent");
    page.shows("<td>13 (11.8 %)</td>");
    page.shows("ciam/shop");
    page.shows("+86");
    // The content security policy would not let it work.
    assert!(!page.body.contains("style="), "{}", page.body);
}

#[tokio::test]
async fn the_funnel_is_shown_of_the_place_and_time_that_are_chosen() {
    let desk = Desk::open().await;
    count(&desk).await;
    let rita = desk.signed_in("rita").await;
    for (query, total) in [
        ("channel=email", Some(90)),
        ("channel=sms&country=%2B86", Some(900)),
        ("application=ciam/shop&range=7d", Some(990)),
        ("range=4h&channel=sms", Some(300)),
        ("country=852", None),
        ("application=ciam/other", None),
    ] {
        let page = rita.get(&format!("/funnel?{query}")).await;
        match total {
            Some(total) => page.shows(&format!("<dd>{total}</dd>")),
            None => page.shows("Nobody asked for a code"),
        }
    }
    let bad = rita.get("/funnel?country=China").await;
    bad.shows("aria-invalid=\"true\"");
    bad.shows("one to three digits");
    let hostile = rita
        .get("/funnel?country=%22%3E%3Cscript%3E&range=x&channel=fax")
        .await;
    assert_eq!(hostile.status, StatusCode::OK);
    assert!(!hostile.body.contains("\"><script>"));
}

#[tokio::test]
async fn the_funnel_speaks_chinese() {
    let desk = Desk::open().await;
    count(&desk).await;
    let mut rita = desk.signed_in("rita").await;
    rita.language = Some("zh-CN");
    let page = rita.get("/funnel").await;
    page.shows("<h1>注册漏斗</h1>");
    page.shows("低于此前水平： 已发送");
}
