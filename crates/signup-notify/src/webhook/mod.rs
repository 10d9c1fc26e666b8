//! Webhooks: events for teams without AMQP, by HTTP, after the Standard Webhooks 1.0 specification.
//!
//! The worker queues an event for each webhook that wants it; a dispatcher sends what is due. Both only write rows, so
//! any number of workers and dispatchers work side by side, in any processes.
//!
//! - **At least once.** An attempt whose outcome was not recorded is made again. `webhook-id` is the event's id on every
//!   attempt, so receivers recognise repeats.
//! - **Signed.** `webhook-signature` holds an HMAC-SHA256 for every secret that is valid: two while one is replaced.
//! - **Public addresses only.** Neither a URL nor an answer of DNS leads a call into our own networks ([`Egress`]).
//! - **Fair.** An endpoint has a few slots of its own, and one when it fails: it cannot hold up another.
//! - **Patient, not forever.** A delivery is attempted for about a day; a webhook without a success for days is switched
//!   off, and its contact is told.

mod attempt;
mod caller;
mod dispatcher;
mod egress;
mod metrics;
mod notice;
mod queue;
mod registration;
mod replay;
mod resolver;
mod retry;
mod secret;
mod test_event;
mod under_way;

use std::sync::Arc;

use signup_app::App;
use signup_app::shutdown::Shutdown;
use tokio::task::JoinHandle;

pub use self::caller::{Answer, Call, Caller, CallerError};
pub use self::dispatcher::Dispatcher;
pub use self::egress::{Egress, UrlProblem};
pub use self::metrics::WebhookMetrics;
pub use self::queue::EVENT_TYPES;
pub use self::registration::{NewWebhook, NewWebhookError};
pub use self::replay::{ReplaySelection, Replayed, replay};
pub use self::resolver::{Lookup, SystemLookup};
pub use self::secret::{SecretError, SigningSecret, open_secrets, reseal};
pub use self::test_event::{TEST_EVENT, test_event};
use crate::sender::Sender;

/// Starts the process's dispatcher, which goes on until `shutdown` and then lets attempts under way finish for a few
/// seconds. `sender` takes the mails that tell contacts of webhooks that were switched off.
///
/// # Panics
/// Outside a Tokio runtime.
pub fn start(app: &App, sender: Arc<dyn Sender>, shutdown: &Shutdown) -> JoinHandle<()> {
    let metrics = WebhookMetrics::register(&app.metrics.registry);
    let caller = Caller::new(&app.settings.webhooks, Arc::new(SystemLookup));
    let dispatcher = caller.map(|caller| Dispatcher::new(app, caller, sender, metrics));
    let stop = shutdown.clone();
    tokio::spawn(async move {
        match dispatcher {
            Ok(dispatcher) => Arc::new(dispatcher).run(stop.wait()).await,
            // Deliveries wait in the database for a process that can make them.
            Err(error) => log::error!(event = "webhook.fault"; "no webhook is called: {error}"),
        }
    })
}
