//! The attempts that are under way, and whose they are.

use std::collections::HashMap;

use tokio::task::{Id, JoinSet};

/// Tasks, each of one webhook. A task that panicked gives its slot back like any other.
#[derive(Default)]
pub(super) struct UnderWay {
    tasks: JoinSet<()>,
    webhooks: HashMap<Id, String>,
}

impl UnderWay {
    pub(super) fn len(&self) -> usize {
        self.tasks.len()
    }

    /// How many are a webhook's.
    pub(super) fn of(&self, webhook: &str) -> usize {
        self.webhooks
            .values()
            .filter(|other| *other == webhook)
            .count()
    }

    pub(super) fn spawn(
        &mut self,
        webhook: &str,
        attempt: impl Future<Output = ()> + Send + 'static,
    ) {
        let id = self.tasks.spawn(attempt).id();
        self.webhooks.insert(id, webhook.to_owned());
    }

    /// Waits until one has finished; forever when none is under way.
    pub(super) async fn finished(&mut self) {
        match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => self.webhooks.remove(&id),
            Some(Err(error)) => self.webhooks.remove(&error.id()),
            None => std::future::pending().await,
        };
    }

    /// Waits for all.
    pub(super) async fn all_finished(&mut self) {
        while self.len() > 0 {
            self.finished().await;
        }
    }
}
