//! Events become messages, each at most once.

use std::sync::Arc;
use std::time::Duration;

use signup_app::{App, FunnelCounter, logging};
use signup_bus::{Delivery, Outcome, Subscription};
use signup_core::code::Channel;
use signup_core::event::{EventMessage, EventType};
use signup_core::funnel::Stage;
use signup_core::keys::KeyRing;
use signup_core::messages::MessageKind;
use signup_core::time::Clock;
use signup_store::{DeliveryStart, DeliveryState, Store};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::applications::Applications;
use crate::envelope;
use crate::message::Message;
use crate::metrics::DeliveryMetrics;
use crate::plan::{Plan, Undone};
use crate::sender::{SendError, Sender, send_in_time};
use crate::webhook::EVENT_TYPES as WEBHOOK_EVENT_TYPES;

/// A message that somebody began to send so long ago was lost with its process: longer than sending may take
/// ([`send_in_time`]), by more than the clocks of two machines are apart.
const LOST_AFTER: Duration = Duration::from_secs(120);

/// Turns events into messages and hands them to a [`Sender`].
pub struct Worker {
    pub(crate) store: Store,
    pub(crate) keys: KeyRing,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) applications: Applications,
    pub(crate) webhook_wake: Arc<Notify>,
    sender: Arc<dyn Sender>,
    metrics: DeliveryMetrics,
    funnel: FunnelCounter,
    /// Most events of one subscription that are dealt with at a time.
    concurrency: usize,
}

impl Worker {
    /// A worker with the process's database, keys, clock and settings.
    pub fn new(app: &App, sender: Arc<dyn Sender>, metrics: DeliveryMetrics) -> Self {
        Self {
            store: app.store.clone(),
            keys: app.keys.clone(),
            clock: Arc::clone(&app.clock),
            applications: Applications::new(app.store.clone()),
            webhook_wake: Arc::clone(&app.webhook_wake),
            sender,
            metrics,
            funnel: app.funnel.clone(),
            // As many as a broker hands out: more would wait here while other workers are idle.
            concurrency: app.settings.worker.prefetch.into(),
        }
    }

    /// Handles the events of a subscription until the bus is gone, `worker.prefetch` at a time.
    pub async fn run(self: Arc<Self>, mut subscription: Subscription) {
        let mut under_way = JoinSet::new();
        while let Some(delivery) = subscription.next().await {
            under_way.spawn(Arc::clone(&self).deal_with(delivery));
            while under_way.len() >= self.concurrency {
                under_way.join_next().await;
            }
            // Forgets the finished ones. One that panicked has logged that, and its event comes again.
            while under_way.try_join_next().is_some() {}
        }
        while under_way.join_next().await.is_some() {}
    }

    async fn deal_with(self: Arc<Self>, delivery: Delivery) {
        let origin = envelope::origin(&delivery.event.envelope);
        let outcome = logging::in_request(origin, self.handle(&delivery.event)).await;
        delivery.settle(outcome);
    }

    /// Sends what an event asks for, unless that was done before or must not be done any more. The texts of the outcome
    /// hold no personal data.
    pub async fn handle(&self, event: &EventMessage) -> Outcome {
        match self.try_handle(event).await {
            Ok(()) => Outcome::Done,
            Err(undone) => undone.into(),
        }
    }

    async fn try_handle(&self, event: &EventMessage) -> Result<(), Undone> {
        let event_type = event.event_type.as_str();
        let plan = if event_type == EventType::OtpRequested.as_str() {
            self.plan_code(event).await?
        } else if event_type == EventType::UserCreated.as_str() {
            // First, because what becomes of a message is no affair of the webhooks.
            self.queue_for_webhooks(event).await?;
            self.plan_welcome(event).await?
        } else if WEBHOOK_EVENT_TYPES
            .iter()
            .any(|known| known.as_str() == event_type)
        {
            self.queue_for_webhooks(event).await?;
            Plan::Ignore
        } else {
            Plan::Ignore
        };
        let channel = match &plan {
            Plan::Send(message) => message.channel,
            Plan::Drop { channel, .. } => *channel,
            Plan::Ignore => return Ok(()),
        };
        // From here to the record of the outcome a crash leaves the delivery unknown, so everything was looked up before.
        let now = self.clock.now();
        match self.store.start_delivery(&event.id, now).await? {
            DeliveryStart::Send => self.carry_out(event, plan).await,
            DeliveryStart::UnderWay(since) if now.since(since) < LOST_AFTER => Err(Undone::Later(
                "a worker is sending it, or ended while it did".to_owned(),
            )),
            DeliveryStart::UnderWay(_) => {
                log::warn!(
                    event = "delivery.unknown", event_id = event.id.as_str();
                    "a process ended before it recorded what became of this message; it is not sent again"
                );
                let report = Report::of(DeliveryState::Unknown, "a process ended while sending");
                self.record(event, channel, report).await
            }
            DeliveryStart::Done(_) => Ok(()),
        }
    }

    async fn carry_out(&self, event: &EventMessage, plan: Plan) -> Result<(), Undone> {
        match plan {
            Plan::Send(message) => self.send(event, &message).await,
            Plan::Drop { channel, reason } => {
                log::info!(
                    event = "delivery.dropped", event_id = event.id.as_str();
                    "a message was not sent: {reason}"
                );
                let report = Report::of(DeliveryState::Dropped, reason);
                self.record(event, channel, report).await
            }
            Plan::Ignore => Ok(()),
        }
    }

    async fn send(&self, event: &EventMessage, message: &Message) -> Result<(), Undone> {
        let sent = send_in_time(self.sender.as_ref(), message).await;
        let report = match &sent {
            Ok(sent) => Report {
                state: DeliveryState::Delivered,
                sender: Some(sent.by.clone()),
                detail: sent.detail.clone(),
            },
            Err(error @ (SendError::Unavailable(_) | SendError::Refused(_))) => {
                Report::of(DeliveryState::Failed, error)
            }
            Err(error @ SendError::Unanswered(_)) => Report::of(DeliveryState::Unknown, error),
        };
        let detail = report.detail.as_deref().map(|detail| format!(": {detail}"));
        let level = match sent {
            Ok(_) => log::Level::Info,
            Err(_) => log::Level::Warn,
        };
        log::log!(
            level, event = "delivery.attempted", event_id = event.id.as_str(),
            provider = message.provider.as_str(), application = message.application.as_str(),
            kind = message.kind.as_str(), channel = message.channel.as_str();
            "{} to {}{}", report.state.as_str(), message.masked_address(), detail.unwrap_or_default()
        );
        if sent.is_ok() && message.kind == MessageKind::Code {
            let (now, code) = (self.clock.now(), Some((message.channel, &*message.address)));
            let (provider, application) = (&message.provider, &message.application);
            self.funnel
                .count(now, provider, application, code, Stage::Sent);
        }
        self.record(event, message.channel, report).await?;
        match sent {
            Err(error @ SendError::Unavailable(_)) => Err(Undone::Later(error.to_string())),
            Ok(_) | Err(SendError::Refused(_) | SendError::Unanswered(_)) => Ok(()),
        }
    }

    async fn record(
        &self,
        event: &EventMessage,
        channel: Channel,
        report: Report,
    ) -> Result<(), Undone> {
        let Report {
            state,
            sender,
            detail,
        } = report;
        self.metrics.count(&event.event_type, channel, state);
        self.store
            .finish_delivery(&event.id, state, sender, detail, self.clock.now())
            .await?;
        Ok(())
    }
}

/// What became of a delivery, as it is recorded.
struct Report {
    state: DeliveryState,
    sender: Option<String>,
    detail: Option<String>,
}

impl Report {
    fn of(state: DeliveryState, detail: impl ToString) -> Self {
        Self {
            state,
            sender: None,
            detail: Some(detail.to_string()),
        }
    }
}
