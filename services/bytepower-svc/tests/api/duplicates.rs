//! Names and addresses that are taken.

use signup_testkit::TestDatabase;

use crate::bytepower::{Bytepower, by_email, by_name, with_code};

#[tokio::test]
async fn a_name_is_taken_in_every_spelling() {
    let service = Bytepower::start().await;
    service.sign_up("shop", &by_name("HappyMúmu")).await.user();
    for name in [
        "HappyMúmu",
        "happymúmu",
        "HAPPYMÚMU",
        "Ｈａｐｐｙmúmu",
        "HappyMu\u{301}mu",
    ] {
        service
            .sign_up("shop", &by_name(name))
            .await
            .is_name_exists();
    }
    service.sign_up("shop", &by_name("HappyMumu")).await.user();
    assert_eq!(service.user_count().await, 2);
}

#[tokio::test]
async fn an_address_is_taken_in_every_spelling() {
    let service = Bytepower::start().await;
    service
        .sign_up("shop", &by_email("Bob@Bücher.example"))
        .await
        .user();
    for email in [
        "bob@bücher.example",
        "BOB@BÜCHER.EXAMPLE",
        "bob@xn--bcher-kva.example",
    ] {
        service
            .sign_up("shop", &by_email(email))
            .await
            .is_email_exists();
    }
    assert_eq!(service.user_count().await, 1);
}

#[tokio::test]
async fn another_application_has_names_and_addresses_of_its_own() {
    let service = Bytepower::start().await;
    service.sign_up("shop", &by_name("ann")).await.user();
    service.sign_up("verified", &by_name("ann")).await.user();
    service
        .sign_up("shop", &by_email("ann@example.com"))
        .await
        .user();
    let code = service.new_code("verified", "ann@example.com").await;
    let body = with_code("ann@example.com", &code);
    service.sign_up("verified", &body).await.user();
    assert_eq!(service.user_count().await, 4);
}

#[tokio::test]
async fn a_name_that_looks_like_an_address_takes_no_address() {
    let service = Bytepower::start().await;
    service
        .sign_up("shop", &by_name("ann@example.com"))
        .await
        .user();
    service
        .sign_up("shop", &by_email("ann@example.com"))
        .await
        .user();
}

#[tokio::test]
async fn of_100_identical_sign_ups_in_two_processes_one_wins_on_sqlite() {
    one_of_100_wins(TestDatabase::sqlite()).await;
}

#[tokio::test]
async fn of_100_identical_sign_ups_in_two_processes_one_wins_on_postgresql() {
    one_of_100_wins(TestDatabase::postgres()).await;
}

async fn one_of_100_wins(database: TestDatabase) {
    let first = Bytepower::start_on(database).await;
    let second = Bytepower::start_beside(&first).await;
    for (body, taken) in [
        (by_name("happymumu"), "name_exists"),
        (by_email("happymumu@example.com"), "email_exists"),
    ] {
        let users = first.user_count().await;
        let sign_ups = (0..100).map(|number| {
            let service = if number % 2 == 0 { &first } else { &second };
            service.sign_up("shop", &body)
        });
        let answers = futures_util::future::join_all(sign_ups).await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
        assert_eq!(won.len(), 1);
        assert_eq!(lost.len(), 99);
        for answer in lost {
            match taken {
                "name_exists" => answer.is_name_exists(),
                _ => answer.is_email_exists(),
            }
        }
        assert_eq!(first.user_count().await, users + 1);
    }
    assert_eq!(first.events_of("signup.user.created.v1").await.len(), 2);
}
