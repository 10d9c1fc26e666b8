//! One suite, run on both databases: what the store promises does not depend on which one it is.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod batches;
mod codes;
mod connection;
mod data_subject;
mod decisions;
mod declarations;
mod deliveries;
mod events;
mod fixture;
mod funnel;
mod housekeeping;
mod idempotency;
mod limits;
mod lookups;
mod migrations;
mod operators;
mod outages;
mod outbox;
mod rolling_update;
mod users;
mod webhooks;

/// Makes two tests, one for each database, of an async function that takes a fixture.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(crate::fixture::Fixture::new(signup_testkit::TestDatabase::sqlite()).await).await;
            })+
        }
        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                super::$name(crate::fixture::Fixture::new(signup_testkit::TestDatabase::postgres()).await).await;
            })+
        }
    };
}
pub(crate) use on_both;
