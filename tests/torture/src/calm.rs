//! The end of the work: nothing waits anywhere.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::Value;
use signup_testkit::PrivateBroker;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::consumer::Consumer;
use crate::ground::Ground;
use crate::tables;

/// Longest wait. A delivery whose worker died counts as under way for two minutes, and a message whose handling failed
/// four times, for want of a database say, comes again after two minutes.
const LIMIT: Duration = Duration::from_secs(360);

const PAUSE: Duration = Duration::from_millis(200);

/// Who watches is told this often what still waits.
const TELL: Duration = Duration::from_secs(15);

/// The queue whose messages stay.
const DEAD: &str = "signup.notify.dead";

/// Waits until every event is published and consumed and all queues are empty. Returns what still waits when the time
/// is over.
pub async fn wait(ground: &Ground, consumer: &Consumer) -> Option<String> {
    wait_until(async || look(ground, consumer).await).await
}

/// Waits until every event is published. Returns what still waits when the time is over.
pub async fn wait_for_outbox(ground: &Ground) -> Option<String> {
    wait_until(async || {
        let url = ground.database.clone();
        let waiting = spawn_blocking(move || tables::count_waiting(&url)).await??;
        Ok((waiting > 0).then(|| format!("{waiting} events wait in the outbox")))
    })
    .await
}

/// `look` tells what is still missing.
async fn wait_until(look: impl AsyncFn() -> anyhow::Result<Option<String>>) -> Option<String> {
    let end = Instant::now() + LIMIT;
    let mut tell = Instant::now() + TELL;
    loop {
        let missing = match look().await {
            Ok(None) => return None,
            Ok(Some(missing)) => missing,
            Err(error) => format!("{error:#}"),
        };
        if Instant::now() > end {
            return Some(missing);
        }
        if Instant::now() > tell {
            eprintln!("torture: still waiting: {missing}");
            tell += TELL;
        }
        sleep(PAUSE).await;
    }
}

async fn look(ground: &Ground, consumer: &Consumer) -> anyhow::Result<Option<String>> {
    let url = ground.database.clone();
    let (waiting, undelivered, users) = spawn_blocking(move || {
        anyhow::Ok((
            tables::count_waiting(&url)?,
            tables::count_undelivered(&url)?,
            tables::count_users(&url)?,
        ))
    })
    .await??;
    let seen = consumer.seen();
    let distinct = seen
        .iter()
        .map(|arrival| &arrival.id)
        .collect::<BTreeSet<_>>()
        .len();
    if waiting > 0 || undelivered > 0 || i64::try_from(distinct)? < users {
        return Ok(Some(format!(
            "{waiting} events wait in the outbox, {undelivered} codes are not dealt with, \
             {distinct} events about {users} users arrived"
        )));
    }
    let full = ground.with_broker(|broker| full_queues(broker)).await?;
    Ok((!full.is_empty()).then(|| format!("in queues: {}", full.join(", "))))
}

/// Queues with messages. Each is asked itself: the management API's figures are seconds old.
fn full_queues(broker: &PrivateBroker) -> Vec<String> {
    let queues = broker
        .manage(Method::GET, &["queues", "/"], None)
        .unwrap_or(Value::Null);
    let names = queues
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|queue| queue["name"].as_str());
    names
        .filter(|name| *name != DEAD)
        .filter_map(|name| {
            let length = broker.queue_length(name).unwrap_or(0);
            (length > 0).then(|| format!("{name} {length}"))
        })
        .collect()
}
