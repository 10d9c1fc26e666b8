//! The worker: turns events into messages to people.
//!
//! A code is sent only while it is alive, and a message is sent once: what became of it is recorded under the event's
//! id, before the [`Sender`] is called and after. A process that dies between the two leaves the delivery unknown, and
//! an unknown delivery is not repeated. Codes have a lane of their own, so no other message is ever in front of one.
//!
//! Events also go out to webhooks, for teams without AMQP ([`webhook`]).
//!
//! On the embedded default ([`start_embedded`]) the worker runs in the service's own process and shows messages on the
//! terminal and in an [`Inbox`] instead of sending them.

mod applications;
mod code;
mod draft;
mod embedded;
mod envelope;
mod in_process;
mod inbox;
mod local;
mod message;
mod metrics;
mod plan;
mod sender;
mod tail;
mod template;
pub mod webhook;
mod welcome;
mod worker;

pub use embedded::{Embedded, start_embedded};
pub use in_process::InProcess;
pub use inbox::Inbox;
pub use local::LocalSender;
pub use message::{Message, Registered};
pub use metrics::DeliveryMetrics;
pub use sender::{SendError, Sender, Sent};
pub use signup_core::messages::MessageKind;
pub use tail::Tail;
pub use worker::Worker;
