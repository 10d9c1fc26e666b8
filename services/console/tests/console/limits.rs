use signup_core::code::{Channel, LimitMode};
use signup_store::LimitHit;

use crate::desk::Desk;

#[tokio::test]
async fn what_limits_refused_and_would_have_refused_is_shown() {
    let desk = Desk::open().await;
    let rita = desk.signed_in("rita").await;
    rita.get("/limits").await.shows("No limit was reached in this time.");

    let hit = |scope, country, mode| {
        LimitHit::at(desk.now(), "ciam", "shop", scope, Channel::Sms, country, mode)
    };
    let hits = vec![
        (hit("client", None, LimitMode::Enforce), 4321),
        (hit("country", Some("86"), LimitMode::Observe), 8765),
    ];
    desk.service.app.store.count_limit_hits(hits).await.unwrap();

    let page = rita.get("/limits?since=week").await;
    for text in [
        "<td>4321</td><td>0</td>",
        "<td>0</td><td>8765</td>",
        "client, hour",
        "+86: country, day",
        "rules.sending.per_ip_per_hour",
        "href=\"/applications/ciam/shop\"",
    ] {
        page.shows(text);
    }
}

#[tokio::test]
async fn limits_that_are_only_observed_say_so() {
    let desk = Desk::open_with(|builder| builder.setting("limits.mode", "observe")).await;
    let mut rita = desk.signed_in("rita").await;
    rita.get("/limits").await.shows("nothing is refused");
    rita.language = Some("zh-CN");
    rita.get("/limits").await.shows("目前仅观察限制");
}
