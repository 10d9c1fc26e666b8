use serde_json::json;
use signup_store::{Change, CredentialRecord, Resealed, StoreError};

use crate::fixture::Fixture;
use crate::on_both;

on_both!(
    of_credentials_added_at_once_under_one_id_one_is_kept,
    a_credential_that_exists_holds_up_every_change_that_came_with_it,
    a_credential_that_is_put_takes_the_place_of_the_old_one,
    a_sealed_text_is_replaced_where_it_still_is,
);

fn credential(secret_hash: &str) -> CredentialRecord {
    CredentialRecord {
        provider: "acme".into(),
        kind: "server-key".into(),
        id: "game".into(),
        application_id: Some("shop".into()),
        secret_hash: Some(secret_hash.into()),
        sealed: None,
        public_pem: None,
        created_at: 0,
        expires_at: None,
    }
}

async fn stored(fixture: &Fixture) -> Vec<CredentialRecord> {
    fixture.store.declarations().await.unwrap().credentials
}

async fn of_credentials_added_at_once_under_one_id_one_is_kept(fixture: Fixture) {
    let processes = [fixture.store.clone(), fixture.another_process()];
    let tasks: Vec<_> = (0..8)
        .map(|number| {
            let store = processes[number % 2].clone();
            let credential = credential(&format!("secret {number}"));
            tokio::spawn(async move {
                let change = Change::AddCredential(credential.clone());
                store
                    .change_declarations(vec![change])
                    .await
                    .map(|()| credential)
            })
        })
        .collect();
    let mut added = Vec::new();
    for task in tasks {
        match task.await.unwrap() {
            Ok(credential) => added.push(credential),
            Err(error) => assert!(
                error.to_string().contains("acme/server-key/game exists"),
                "{error}"
            ),
        }
    }
    assert_eq!(added.len(), 1);
    assert_eq!(stored(&fixture).await, added);
}

async fn a_credential_that_exists_holds_up_every_change_that_came_with_it(fixture: Fixture) {
    let store = &fixture.store;
    let first = vec![Change::AddCredential(credential("one"))];
    store.change_declarations(first).await.unwrap();
    let revision = store.declaration_revision().await.unwrap();

    let second = vec![
        Change::PutDirectory("acme".into(), "staff".into(), json!({})),
        Change::AddCredential(credential("two")),
    ];
    let refused = store.change_declarations(second).await.unwrap_err();

    assert!(matches!(refused, StoreError::Statement(_)), "{refused}");
    let stored = store.declarations().await.unwrap();
    assert_eq!(stored.revision, revision);
    assert_eq!(stored.directories.len(), 1);
    assert_eq!(stored.credentials, [credential("one")]);
}

async fn a_credential_that_is_put_takes_the_place_of_the_old_one(fixture: Fixture) {
    for secret in ["one", "two"] {
        let change = Change::PutCredential(credential(secret));
        fixture
            .store
            .change_declarations(vec![change])
            .await
            .unwrap();
        assert_eq!(stored(&fixture).await, [credential(secret)]);
    }
}

async fn a_sealed_text_is_replaced_where_it_still_is(fixture: Fixture) {
    let store = &fixture.store;
    let mut sealed = credential("hash");
    sealed.sealed = Some("old:AAAA".into());
    store
        .change_declarations(vec![Change::PutCredential(sealed)])
        .await
        .unwrap();
    let before = store.declaration_revision().await.unwrap();
    let reseal = |from: &str, to: &str| Resealed {
        from: from.into(),
        to: to.into(),
    };

    let texts = vec![
        reseal("old:AAAA", "new:BBBB"),
        reseal("old:GONE", "new:CCCC"),
    ];
    assert_eq!(store.replace_sealed(texts).await.unwrap(), 1);

    assert_eq!(
        stored(&fixture).await[0].sealed.as_deref(),
        Some("new:BBBB")
    );
    // Services that run read it again.
    assert!(store.declaration_revision().await.unwrap() > before);
}
