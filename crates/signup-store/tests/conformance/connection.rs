use std::time::Duration;

use signup_store::{Store, StoreOptions};

/// What a failed connection tells.
async fn complaint(url: &str) -> String {
    let options = StoreOptions {
        url: url.to_owned(),
        pool_size: 1,
        pool_wait: Duration::from_millis(500),
        statement_timeout: Duration::from_secs(2),
    };
    let store = Store::open(&options).unwrap();
    let mut text = format!("{options:?}");
    // Through the pool, and beside it.
    text.push_str(&store.ping().await.unwrap_err().to_string());
    text.push_str(&store.migrate().await.unwrap_err().to_string());
    text
}

#[tokio::test]
async fn a_connection_that_fails_tells_no_password() {
    for url in [
        // Nobody listens there.
        "postgres://signup:hunter2@127.0.0.1:1/signup",
        "postgres://signup@127.0.0.1:1/signup?password=hunter2",
        // Not encoded as it should be.
        "postgres://signup:hunter2%ss@127.0.0.1:1/signup",
        "postgres://signup:hunter2/more@127.0.0.1:1/signup",
        "postgres://signup:more@hunter2@127.0.0.1:1/signup",
    ] {
        let text = complaint(url).await;
        assert!(!text.contains("hunter2"), "{text}");
    }
}
