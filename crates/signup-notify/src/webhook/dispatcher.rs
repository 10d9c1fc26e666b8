//! Sends what is due.

use std::sync::Arc;
use std::time::Duration;

use signup_app::settings::WebhookSettings;
use signup_app::shutdown::Shutdown;
use signup_app::{App, logging};
use signup_core::keys::KeyRing;
use signup_core::time::Clock;
use signup_store::{AttemptEnd, AttemptReport, ClaimedWebhookDelivery, Store, StoreError, Webhook};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;

use super::attempt::judge;
use super::caller::{Call, Caller};
use super::metrics::WebhookMetrics;
use super::notice::Notices;
use super::secret::open_secrets;
use super::under_way::UnderWay;
use crate::envelope;
use crate::sender::Sender;

/// How often it looks for what is due when nobody woke it.
const POLL: Duration = Duration::from_secs(1);
/// How often the backlog is measured.
const MEASURING: Duration = Duration::from_secs(10);
/// How long attempts and a notice under way may go on after the stop.
const LAST_ATTEMPTS: Duration = Duration::from_secs(5);
/// When a delivery that could not be sent for a reason on our side is due again.
const UNSENT_PAUSE: Duration = Duration::from_secs(60);

/// The dispatcher of one process. Any number of them work side by side.
pub struct Dispatcher {
    name: String,
    store: Store,
    keys: KeyRing,
    clock: Arc<dyn Clock>,
    settings: WebhookSettings,
    caller: Caller,
    notices: Arc<Notices>,
    metrics: WebhookMetrics,
    wake: Arc<Notify>,
}

impl Dispatcher {
    /// A dispatcher with the process's database, keys, clock and settings.
    pub fn new(
        app: &App,
        caller: Caller,
        sender: Arc<dyn Sender>,
        metrics: WebhookMetrics,
    ) -> Self {
        let notices = Notices::new(app.store.clone(), sender, Arc::clone(&app.clock));
        Self {
            name: format!("webhooks-{}", Uuid::now_v7()),
            store: app.store.clone(),
            keys: app.keys.clone(),
            clock: Arc::clone(&app.clock),
            settings: app.settings.webhooks.clone(),
            caller,
            notices: Arc::new(notices),
            metrics,
            wake: Arc::clone(&app.webhook_wake),
        }
    }

    /// Works until `stop` resolves, then lets what is under way finish for a few seconds. An attempt that is cut off then
    /// is made again when its lease ends, a notice minutes later.
    pub async fn run(self: Arc<Self>, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let mut under_way = UnderWay::default();
        let notices_stop = Shutdown::new();
        // A set, because it ends its tasks when it is dropped.
        let mut notices = JoinSet::new();
        notices.spawn(Arc::clone(&self.notices).run(notices_stop.clone()));
        let mut turn = 0;
        let mut measuring = Instant::now();
        loop {
            if let Err(error) = self.begin(&mut under_way, turn).await {
                log::warn!(event = "webhook.fault"; "deliveries cannot be read: {error}");
            }
            turn += 1;
            if Instant::now() >= measuring {
                measuring = Instant::now() + MEASURING;
                self.measure().await;
            }
            tokio::select! {
                biased;
                () = &mut stop => break,
                () = under_way.finished() => {}
                () = self.wake.notified() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
        notices_stop.trigger();
        let last = async {
            under_way.all_finished().await;
            notices.join_next().await;
        };
        if tokio::time::timeout(LAST_ATTEMPTS, last).await.is_err() {
            log::warn!(
                event = "webhook.cut_off";
                "{} attempts and {} notices were cut off; they are made again", under_way.len(), notices.len()
            );
        }
    }

    /// Makes one round of attempts, waits for them, tells contacts, and returns how many attempts there were.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn step(self: &Arc<Self>) -> Result<usize, StoreError> {
        let mut under_way = UnderWay::default();
        let begun = self.begin(&mut under_way, 0).await;
        under_way.all_finished().await;
        while self.notices.tell_next().await {}
        self.measure().await;
        begun
    }

    /// Claims and begins attempts as far as there are free slots, a fair share for each webhook, beginning with another
    /// one at every turn.
    async fn begin(
        self: &Arc<Self>,
        under_way: &mut UnderWay,
        turn: usize,
    ) -> Result<usize, StoreError> {
        let mut free = self.settings.concurrency.saturating_sub(under_way.len());
        if free == 0 {
            return Ok(0);
        }
        let mut due = self.store.due_webhooks(self.clock.now()).await?;
        if due.is_empty() {
            return Ok(0);
        }
        let share = (free / due.len()).max(1);
        let first = turn % due.len();
        due.rotate_left(first);
        let mut begun = 0;
        for webhook in due {
            let own = self
                .slots(&webhook)
                .saturating_sub(under_way.of(&webhook.id));
            let count = own.min(share).min(free);
            if count == 0 {
                continue;
            }
            let claimed = self.claim(&webhook, count).await?;
            free -= claimed.len();
            begun += claimed.len();
            let webhook = Arc::new(webhook);
            for delivery in claimed {
                let attempt = Arc::clone(self).attempt(Arc::clone(&webhook), delivery);
                under_way.spawn(&webhook.id, attempt);
            }
        }
        Ok(begun)
    }

    /// An endpoint that fails keeps one slot busy, however much waits for it.
    fn slots(&self, webhook: &Webhook) -> usize {
        match webhook.failing_since {
            Some(_) => 1,
            None => self.settings.endpoint_concurrency,
        }
    }

    async fn claim(
        &self,
        webhook: &Webhook,
        count: usize,
    ) -> Result<Vec<ClaimedWebhookDelivery>, StoreError> {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let (now, lease) = (self.clock.now(), self.settings.lease());
        self.store
            .claim_webhook_deliveries(&self.name, &webhook.id, count, now, lease)
            .await
    }

    async fn attempt(self: Arc<Self>, webhook: Arc<Webhook>, delivery: ClaimedWebhookDelivery) {
        let origin = delivery.envelope.as_deref().map(envelope::origin);
        let sent = self.send(&webhook, &delivery);
        let report = logging::in_request(origin.unwrap_or_default(), sent).await;
        let recorded = self
            .store
            .record_webhook_attempt(
                &self.name,
                report,
                self.settings.disable_after,
                self.clock.now(),
            )
            .await;
        match recorded {
            Err(error) => log::warn!(
                event = "webhook.fault", webhook = webhook.id.as_str(), event_id = delivery.event_id.as_str();
                "an attempt was not recorded, and will be made again: {error}"
            ),
            Ok(recorded) => {
                if let Some(reason) = recorded.disabled {
                    log::error!(
                        event = "webhook.disabled", webhook = webhook.id.as_str();
                        "a webhook was switched off, and gets no more events: {reason}; \
                         call it again with: signupctl webhook resume {}", webhook.id
                    );
                    self.notices.wake();
                }
            }
        }
    }

    async fn send(&self, webhook: &Webhook, delivery: &ClaimedWebhookDelivery) -> AttemptReport {
        let unsent = |end, problem: String| AttemptReport {
            webhook: webhook.id.clone(),
            event_id: delivery.event_id.clone(),
            attempt: delivery.attempt,
            end,
            status: None,
            problem: Some(problem),
            held_until: None,
            disable: None,
        };
        let Some(body) = &delivery.envelope else {
            let problem = "the event is not in the outbox any more (bus.retention)";
            return unsent(AttemptEnd::Lost, problem.to_owned());
        };
        let now = self.clock.now();
        let secrets = match open_secrets(&self.keys, webhook, now) {
            Ok(secrets) => secrets,
            Err(error) => {
                log::error!(
                    event = "webhook.secret", webhook = webhook.id.as_str();
                    "a webhook cannot be called: {error}"
                );
                return unsent(
                    AttemptEnd::Unsent(now.after(UNSENT_PAUSE)),
                    error.to_string(),
                );
            }
        };
        let call = Call {
            url: &webhook.url,
            id: &delivery.event_id,
            secrets: &secrets,
            body,
            time: now,
        };
        let began = Instant::now();
        let answer = self.caller.call(call).await;
        let chance = rand::random::<f64>();
        let (outcome, report) = judge(&webhook.id, delivery, answer, self.clock.now(), chance);
        self.metrics.count(outcome);
        let level = match report.end {
            AttemptEnd::Delivered => log::Level::Info,
            _ => log::Level::Warn,
        };
        log::log!(
            level, event = "webhook.attempted", webhook = webhook.id.as_str(),
            event_id = delivery.event_id.as_str(), attempt = delivery.attempt,
            status = report.status.unwrap_or_default(),
            duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            "{} {}", outcome.as_str(), report.problem.as_deref().unwrap_or_default()
        );
        report
    }

    /// What fails here is done the next time.
    async fn measure(&self) {
        match self.store.webhook_backlog().await {
            Ok(backlog) => self.metrics.set(&backlog, self.clock.now()),
            Err(error) => {
                log::warn!(event = "webhook.fault"; "the backlog cannot be measured: {error}");
            }
        }
    }
}
