//! Sign-ups that want the same identifier take turns within a process.
//!
//! Hashing a password is dear. When the same sign-up arrives a hundred times at once, one of them hashes; the others wait
//! for what becomes of it and then find the identifier taken. Uniqueness does not depend on this: the constraint decides.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

/// The identifiers that sign-ups of this process are busy with.
#[derive(Clone, Default)]
pub(crate) struct InFlight {
    turns: Arc<Mutex<HashMap<String, Weak<Turn<()>>>>>,
}

/// One's turn; it ends when this is dropped.
pub(crate) struct Entered {
    in_flight: InFlight,
    keys: Vec<String>,
    held: Vec<OwnedMutexGuard<()>>,
}

impl InFlight {
    /// Waits until nobody else is busy with any of these identifiers; none if it does not come to that by `deadline`.
    pub(crate) async fn enter(&self, mut keys: Vec<String>, deadline: Instant) -> Option<Entered> {
        // One order for everybody, so that two sign-ups that want each other's identifiers cannot block one another.
        keys.sort_unstable();
        let mut entered = Entered {
            in_flight: self.clone(),
            keys: Vec::with_capacity(keys.len()),
            held: Vec::with_capacity(keys.len()),
        };
        for key in keys {
            let turn = self.turn(&key);
            entered.keys.push(key);
            let guard = tokio::time::timeout_at(deadline.into(), turn.lock_owned()).await;
            entered.held.push(guard.ok()?);
        }
        Some(entered)
    }

    fn turn(&self, key: &str) -> Arc<Turn<()>> {
        let mut turns = self.lock();
        if let Some(turn) = turns.get(key).and_then(Weak::upgrade) {
            return turn;
        }
        let turn = Arc::new(Turn::new(()));
        turns.insert(key.to_owned(), Arc::downgrade(&turn));
        turn
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Weak<Turn<()>>>> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.held.clear();
        let mut turns = self.in_flight.lock();
        for key in &self.keys {
            if turns.get(key).is_some_and(|turn| turn.strong_count() == 0) {
                turns.remove(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(30)
    }

    fn keys(keys: &[&str]) -> Vec<String> {
        keys.iter().map(ToString::to_string).collect()
    }

    #[tokio::test]
    async fn the_same_identifier_is_waited_for_and_another_one_is_not() {
        let in_flight = InFlight::default();
        let first = in_flight.enter(keys(&["bob"]), soon()).await.unwrap();
        assert!(in_flight.enter(keys(&["alice"]), soon()).await.is_some());
        let late = Instant::now() + Duration::from_millis(5);
        assert!(
            in_flight
                .enter(keys(&["alice", "bob"]), late)
                .await
                .is_none()
        );
        drop(first);
        assert!(in_flight.enter(keys(&["bob"]), soon()).await.is_some());
    }

    #[tokio::test]
    async fn identifiers_in_any_order_do_not_block_one_another() {
        let in_flight = InFlight::default();
        let tasks: Vec<_> = (0..50)
            .map(|number| {
                let in_flight = in_flight.clone();
                let order: &[&str] = if number % 2 == 0 {
                    &["a", "b"]
                } else {
                    &["b", "a"]
                };
                let keys = keys(order);
                tokio::spawn(async move {
                    let entered = in_flight.enter(keys, soon()).await;
                    tokio::task::yield_now().await;
                    entered.is_some()
                })
            })
            .collect();
        for task in tasks {
            assert!(task.await.unwrap());
        }
        assert!(in_flight.lock().is_empty(), "nothing is remembered");
    }
}
