//! Answering in time.

use std::time::Instant;

use signup_store::StoreError;

/// Waits for the store until `deadline`, and does not begin after it. A statement that is under way then still ends in
/// the database, unheard: the caller could not have been told in time.
///
/// # Errors
/// The store's own, or [`StoreError::Unavailable`] when there is no answer in time.
pub async fn by<T>(
    deadline: Instant,
    answer: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let late = || StoreError::Unavailable("no answer within the request's deadline".to_owned());
    // A future is polled once even when its time is over, and that one poll may be what sends the statement.
    if Instant::now() >= deadline {
        return Err(late());
    }
    tokio::time::timeout_at(deadline.into(), answer)
        .await
        .unwrap_or_else(|_| Err(late()))
}
