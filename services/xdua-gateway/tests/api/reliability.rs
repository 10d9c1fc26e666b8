//! Repeats, crowds, and what is missing.

use std::collections::HashSet;

use futures_util::future::join_all;
use serde_json::json;
use signup_testkit::TestDatabase;

use crate::gateway::{Gateway, answer, at_will, sign_up, with};

const PHONE: &str = "+86-15810419011";

async fn one_of_a_hundred_wins(database: TestDatabase) {
    let first = Gateway::start_with(database, &[]).await;
    let second = Gateway::start_beside(&first).await;
    let token = first.app_token("MultApp1");
    let fields = at_will(PHONE);
    let crowd = (0..100).map(|n| {
        let gateway = if n % 2 == 0 { &first } else { &second };
        gateway.user_as(&token, &fields)
    });
    let replies = join_all(crowd).await;
    let (made, others): (Vec<_>, Vec<_>) =
        replies.iter().partition(|reply| reply.body["error"] == 0);
    assert_eq!(made.len(), 1);
    for reply in others {
        reply.fails("ustr_exists", "该手机号或邮箱已注册");
    }
    assert_eq!(first.service.user_count().await, 1);
    let events = first.service.events_of("signup.user.created.v1").await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["subject"], made[0].id());
}

#[tokio::test]
async fn of_a_hundred_identical_sign_ups_one_wins_on_sqlite() {
    one_of_a_hundred_wins(TestDatabase::sqlite()).await;
}

#[tokio::test]
async fn of_a_hundred_identical_sign_ups_one_wins_on_postgresql() {
    one_of_a_hundred_wins(TestDatabase::postgres()).await;
}

#[tokio::test]
async fn of_many_sign_ups_with_one_code_one_wins() {
    let gateway = Gateway::start().await;
    let code = gateway.phone_code(PHONE).await;
    let fields = with(&sign_up(PHONE), &[("vfcode", &code)]);
    let replies = join_all((0..20).map(|_| gateway.user(&fields))).await;
    let made = replies
        .iter()
        .filter(|reply| reply.body["error"] == 0)
        .count();
    assert_eq!(made, 1);
    let others: HashSet<_> = replies
        .iter()
        .filter(|reply| reply.body["error"] == 1)
        .map(|reply| reply.body["code"].to_string())
        .collect();
    assert_eq!(others, HashSet::from(["\"invalid_vfcode\"".to_owned()]));
}

#[tokio::test]
async fn a_repeated_request_gets_the_first_reply_again() {
    let gateway = Gateway::start().await;
    let token = gateway.app_token("MultApp1");
    let send = async |fields: &[(&str, &str)]| {
        answer(
            gateway
                .post_as(&token, "/user")
                .header("idempotency-key", "k1")
                .form(fields),
        )
        .await
    };
    let first = send(&at_will(PHONE)).await;
    let id = first.id();
    let second = send(&at_will(PHONE)).await;
    assert_eq!(second.id(), id);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(second.body, first.body);
    let other = send(&at_will("+86-15810419012")).await;
    other.refused(
        422,
        "idempotency_mismatch",
        "该 Idempotency-Key 已用于其他请求",
    );
    assert_eq!(gateway.service.user_count().await, 1);
}

#[tokio::test]
async fn an_unusable_idempotency_key_is_refused() {
    let gateway = Gateway::start().await;
    let request = gateway
        .post_as(&gateway.app_token("MultApp1"), "/user")
        .form(&at_will(PHONE));
    let reply = answer(request.header("idempotency-key", "a b")).await;
    reply.refused(400, "invalid_idempotency_key", "Idempotency-Key 无效");
}

#[tokio::test]
async fn parallel_requests_with_one_key_make_one_user() {
    let gateway = Gateway::start_with(TestDatabase::sqlite(), &[("hash.cost", "10")]).await;
    let token = gateway.app_token("MultApp1");
    let fields = at_will(PHONE);
    let replies = join_all((0..10).map(|_| {
        answer(
            gateway
                .post_as(&token, "/user")
                .header("idempotency-key", "k1")
                .form(&fields),
        )
    }))
    .await;
    let mut ids = HashSet::new();
    for reply in &replies {
        if reply.status == 200 {
            ids.insert(reply.id());
        } else {
            reply.refused(409, "in_progress", "相同 Idempotency-Key 的请求正在处理");
        }
    }
    assert_eq!(ids.len(), 1);
    assert!(replies.iter().any(|reply| reply.status == 409));
}

#[tokio::test]
async fn a_client_has_only_so_many_tries_a_minute() {
    let gateway = Gateway::start().await;
    let token = gateway.app_token("TghtApp1");
    let fields = with(&at_will(PHONE), &[("shop", "Tight001"), ("sex", "X")]);
    for _ in 0..2 {
        gateway
            .user_as(&token, &fields)
            .await
            .is_code("invalid_parameter");
    }
    let reply = gateway.user_as(&token, &fields).await;
    reply.refused(429, "rate_limited", "请求过于频繁，请稍后再试");
    assert!(reply.header("retry-after").unwrap().parse::<u32>().unwrap() >= 1);
}

#[tokio::test]
async fn more_passwords_than_can_be_hashed_are_refused_at_once() {
    let settings = [
        ("hash.cost", "12"),
        ("hash.threads", "1"),
        ("hash.queue", "1"),
    ];
    let gateway = Gateway::start_with(TestDatabase::sqlite(), &settings).await;
    let token = gateway.app_token("MultApp1");
    let phones: Vec<_> = (10..40).map(|n| format!("+86-158104190{n}")).collect();
    let requests: Vec<_> = phones.iter().map(|phone| at_will(phone)).collect();
    let replies = join_all(
        requests
            .iter()
            .map(|fields| gateway.user_as(&token, fields)),
    )
    .await;
    let refused: Vec<_> = replies.iter().filter(|reply| reply.status != 200).collect();
    assert!(!refused.is_empty());
    for reply in refused {
        reply.refused(503, "busy", "系统繁忙，请稍后再试");
        assert!(reply.header("retry-after").unwrap().parse::<u32>().unwrap() >= 1);
    }
}

async fn without_the_database(database: TestDatabase) {
    let gateway = Gateway::start_with(database, &[]).await;
    let token = gateway.app_token("MultApp1");
    let code = gateway.phone_code("+86-15810419012").await;
    let broken = gateway.service.break_database();
    let reason = "后端服务暂不可用，请稍后再试";
    gateway
        .user_as(&token, &at_will(PHONE))
        .await
        .refused(502, "store_unavailable", reason);
    let fields = with(&sign_up("+86-15810419012"), &[("vfcode", &code)]);
    gateway
        .user(&fields)
        .await
        .refused(502, "store_unavailable", reason);
    gateway
        .vfc(PHONE, "SMS_25335288")
        .await
        .refused(502, "store_unavailable", reason);
    drop(broken);
    signup_testkit::eventually(std::time::Duration::from_secs(20), || async {
        let reply = gateway.user_as(&token, &at_will(PHONE)).await;
        if reply.body["error"] == 0 {
            Ok(())
        } else {
            Err(reply.body.to_string())
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_signs_up_without_the_database_on_sqlite() {
    without_the_database(TestDatabase::sqlite()).await;
}

#[tokio::test]
async fn nobody_signs_up_without_the_database_on_postgresql() {
    without_the_database(TestDatabase::postgres()).await;
}

#[tokio::test]
async fn a_database_that_hangs_is_not_waited_for_longer_than_the_sdk_waits() {
    use diesel::{Connection as _, RunQueryDsl as _};
    let database = TestDatabase::postgres();
    let mut hold = diesel::PgConnection::establish(database.url()).unwrap();
    // So that it is the service that stops waiting, and not the database.
    let settings = [("database.statement_timeout", "60s")];
    let gateway = Gateway::start_with(database, &settings).await;
    let (locked, is_locked) = tokio::sync::oneshot::channel();
    let (release, released) = std::sync::mpsc::channel();
    let holder = std::thread::spawn(move || {
        hold.transaction(|hold| {
            diesel::sql_query("LOCK TABLE users, identifiers, otp_challenges").execute(hold)?;
            locked.send(()).unwrap();
            released.recv().unwrap();
            diesel::QueryResult::Ok(())
        })
    });
    is_locked.await.unwrap();
    let token = gateway.app_token("MultApp1");
    let started = std::time::Instant::now();
    let fields = with(&at_will(PHONE), &[("vfcode", "123456")]);
    let (without, at_all, vfc) = (
        at_will("+86-15810419012"),
        &fields,
        gateway.vfc(PHONE, "SMS_25335288"),
    );
    let (one, two, three) = tokio::join!(
        gateway.user_as(&token, &without),
        gateway.user_as(&token, at_all),
        vfc
    );
    assert!(started.elapsed().as_secs() < 5);
    release.send(()).unwrap();
    holder.join().unwrap().unwrap();
    for reply in [one, two, three] {
        reply.refused(502, "store_unavailable", "后端服务暂不可用，请稍后再试");
    }
}

#[tokio::test]
async fn a_reply_that_is_not_final_is_not_kept() {
    let gateway = Gateway::start().await;
    let token = gateway.app_token("MultApp1");
    let send = async || {
        answer(
            gateway
                .post_as(&token, "/user")
                .header("idempotency-key", "k1")
                .form(&at_will(PHONE)),
        )
        .await
    };
    let broken = gateway.service.break_database();
    assert_eq!(send().await.status, 502);
    drop(broken);
    signup_testkit::eventually(std::time::Duration::from_secs(20), || async {
        let reply = send().await;
        if reply.body["error"] == 0 {
            Ok(())
        } else {
            Err(json!(reply.body).to_string())
        }
    })
    .await;
}

#[tokio::test]
async fn a_body_that_does_not_arrive_in_time_is_refused() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let settings = [("http.body_timeout", "100ms")];
    let gateway = Gateway::start_with(TestDatabase::sqlite(), &settings).await;
    let url = gateway.service.url("");
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let head =
        "POST /user HTTP/1.1\r\nHost: gateway\r\nContent-Length: 10\r\nConnection: close\r\n\r\na";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    assert!(reply.starts_with("HTTP/1.1 408 "), "{reply}");
    assert!(
        reply.contains("\"code\":\"request_timeout\"") && reply.contains("请求体接收超时"),
        "{reply}"
    );
}

#[tokio::test]
async fn a_shop_whose_settings_cannot_be_read_is_an_internal_error() {
    let gateway = Gateway::start().await;
    let app = &gateway.service.app;
    let mut shops = app.store.declarations().await.unwrap().applications;
    let mut shop = shops.remove(shops.iter().position(|shop| shop.id == "OptShop1").unwrap());
    shop.settings = json!({"from_a_newer_version": true});
    let changes = vec![signup_store::Change::PutApplication(shop)];
    app.store.change_declarations(changes).await.unwrap();
    app.catalog.refresh(&app.store, &app.keys).await.unwrap();
    let reply = gateway
        .user_as(&gateway.app_token("MultApp1"), &at_will(PHONE))
        .await;
    reply.refused(500, "internal_error", "系统内部错误");
}
