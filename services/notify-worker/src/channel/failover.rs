//! Several providers of one channel, one after the other while the message is alive.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use prometheus::IntCounterVec;
use signup_core::time::Clock;
use signup_notify::{Message, SendError, Sender, Sent};

use super::breaker::Breaker;
use super::provider::{ChannelProvider, NotSent};

/// One provider with its place in the chain.
pub(crate) struct Route {
    pub(crate) name: String,
    pub(crate) provider: Box<dyn ChannelProvider>,
    pub(crate) breaker: Breaker,
    /// The longest that one attempt may take.
    pub(crate) timeout: Duration,
}

/// The providers of a channel in the order in which they are tried.
pub(crate) struct Failover {
    /// The setting that names the providers, for operators.
    setting: &'static str,
    routes: Vec<Arc<Route>>,
    clock: Arc<dyn Clock>,
    /// `signup_channel_attempts_total{sender,outcome}`
    attempts: IntCounterVec,
}

impl Failover {
    pub(crate) fn new(
        setting: &'static str,
        routes: Vec<Arc<Route>>,
        clock: Arc<dyn Clock>,
        attempts: IntCounterVec,
    ) -> Self {
        Self {
            setting,
            routes,
            clock,
            attempts,
        }
    }

    /// The time that the provider at `index` may take: its own, but leaving those behind it their share of what is left
    /// of the message's life. `None` when nothing is left.
    fn share(&self, index: usize, route: &Route, message: &Message) -> Option<Duration> {
        let Some(expires_at) = message.expires_at else {
            return Some(route.timeout);
        };
        let left = expires_at.since(self.clock.now());
        let behind = u32::try_from(self.routes.len() - index).unwrap_or(u32::MAX);
        let share = (left / behind).min(route.timeout);
        (!share.is_zero()).then_some(share)
    }

    fn count(&self, route: &Route, outcome: &str) {
        self.attempts
            .with_label_values(&[route.name.as_str(), outcome])
            .inc();
    }
}

#[async_trait]
impl Sender for Failover {
    async fn send(&self, message: &Message) -> Result<Sent, SendError> {
        if self.routes.is_empty() {
            return Err(SendError::Unavailable(format!(
                "nobody sends this: {} names no provider",
                self.setting
            )));
        }
        let mut story = Story::default();
        for (index, route) in self.routes.iter().enumerate() {
            let Some(share) = self.share(index, route, message) else {
                return Err(SendError::Refused(story.ending("the message has expired")));
            };
            let Some(permit) = route.breaker.permit() else {
                self.count(route, "skipped");
                story.add(&route.name, "skipped", "it failed too often just now");
                continue;
            };
            let outcome = route.provider.send(message, share).await;
            match &outcome {
                // Who refuses an address works.
                Ok(_) | Err(NotSent::Refused(_)) => permit.succeeded(),
                Err(NotSent::Unavailable(_) | NotSent::Unanswered(_)) => permit.failed(),
                // It may not even have been asked.
                Err(NotSent::Unsuitable(_)) => drop(permit),
            }
            let error = match outcome {
                Ok(reference) => {
                    self.count(route, "taken");
                    if let Some(reference) = reference {
                        story.add(&route.name, "taken", &format!("its id is {reference}"));
                    }
                    return Ok(Sent {
                        by: route.name.clone(),
                        detail: story.told(),
                    });
                }
                Err(error) => error,
            };
            self.count(route, error.as_str());
            story.add(&route.name, error.as_str(), error.text());
            match error {
                NotSent::Unavailable(_) | NotSent::Unsuitable(_) => {}
                NotSent::Refused(_) => return Err(SendError::Refused(story.0)),
                // It may have been sent, so nobody else is asked.
                NotSent::Unanswered(_) => return Err(SendError::Unanswered(story.0)),
            }
        }
        Err(SendError::Unavailable(story.0))
    }
}

/// What each provider said, in order.
#[derive(Default)]
struct Story(String);

impl Story {
    fn add(&mut self, name: &str, outcome: &str, text: &str) {
        if !self.0.is_empty() {
            self.0.push_str("; ");
        }
        self.0.push_str(&format!("{name} {outcome}: {text}"));
    }

    fn ending(mut self, end: &str) -> String {
        if !self.0.is_empty() {
            self.0.push_str("; ");
        }
        self.0.push_str(end);
        self.0
    }

    fn told(self) -> Option<String> {
        (!self.0.is_empty()).then_some(self.0)
    }
}
