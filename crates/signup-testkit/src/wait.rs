//! Waiting for something that happens on its own, without guessing how long it takes.

use std::fmt::Display;
use std::panic::Location;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

/// Time between two looks: short beside what tests wait for, long beside one look.
const PAUSE: Duration = Duration::from_millis(10);

/// Looks again and again until `condition` is `Ok`, and returns its value.
///
/// `Err` says what is still missing, in words that make a good failure message:
///
/// ```
/// # use std::time::Duration;
/// # use signup_testkit::eventually;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// # async fn delivered() -> usize { 3 }
/// let messages = eventually(Duration::from_secs(5), || async {
///     match delivered().await {
///         3 => Ok(3),
///         n => Err(format!("{n} of 3 messages delivered")),
///     }
/// })
/// .await;
/// # assert_eq!(messages, 3);
/// # }
/// ```
///
/// Wait for a level that stays once it is reached, not for an edge that may be over
/// before the next look.
///
/// # Panics
/// After `limit`, with the last `Err` and the place of the call. A condition that hangs
/// is cut off at the limit as well.
#[track_caller]
pub fn eventually<T, Missing, Look>(
    limit: Duration,
    condition: impl FnMut() -> Look,
) -> impl Future<Output = T>
where
    Missing: Display,
    Look: Future<Output = Result<T, Missing>>,
{
    let place = Location::caller();
    async move {
        poll(limit, condition)
            .await
            .unwrap_or_else(|missing| panic!("{place}: still after {limit:?}: {missing}"))
    }
}

async fn poll<T, Missing, Look>(
    limit: Duration,
    mut condition: impl FnMut() -> Look,
) -> Result<T, String>
where
    Missing: Display,
    Look: Future<Output = Result<T, Missing>>,
{
    let deadline = Instant::now() + limit;
    let mut missing = None;
    loop {
        match timeout_at(deadline, condition()).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(still)) => missing = Some(still.to_string()),
            Err(_) => return Err(missing.unwrap_or("no answer from the condition".into())),
        }
        if Instant::now() + PAUSE > deadline {
            return Err(missing.unwrap_or_default());
        }
        sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(30);
    const SHORT: Duration = Duration::from_millis(30);

    #[tokio::test]
    async fn it_looks_until_the_condition_holds() {
        let mut looks = 0;
        let value = eventually(LONG, || {
            looks += 1;
            let seen = looks;
            async move {
                if seen == 3 {
                    Ok(seen)
                } else {
                    Err("too early")
                }
            }
        })
        .await;
        assert_eq!(value, 3);
    }

    #[tokio::test]
    async fn the_last_reason_is_reported_at_the_limit() {
        let mut looks = 0;
        let reason = poll(SHORT, || {
            looks += 1;
            let seen = looks;
            async move { Err::<(), _>(format!("look {seen}")) }
        })
        .await
        .unwrap_err();
        assert_eq!(reason, format!("look {looks}"));
    }

    #[tokio::test]
    async fn a_condition_that_hangs_is_cut_off() {
        let reason = poll(SHORT, std::future::pending::<Result<(), &str>>)
            .await
            .unwrap_err();
        assert_eq!(reason, "no answer from the condition");
    }

    #[tokio::test]
    #[should_panic(expected = "src/wait.rs")]
    async fn the_panic_names_the_place_of_the_call() {
        eventually(SHORT, || async { Err::<(), _>("nothing yet") }).await;
    }
}
