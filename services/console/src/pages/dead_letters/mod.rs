//! What the worker has given up.

mod change;
mod list;
mod show;

pub use change::{discard, redrive};
pub use list::list;
pub use show::{reveal, show};

use maud::html;
use signup_bus::rabbitmq::{BrokerError, DeadLetters};
use signup_core::reply::Reply;

use crate::parts::{Tone, notice};
use crate::visit::Visit;

/// How connections of the console are called at the broker.
const PROGRAM: &str = "console";

/// The dead letters, or the page that says why there are none to be seen.
async fn open(visit: &Visit) -> Result<DeadLetters, Reply> {
    let words = &visit.texts.dead_letters;
    let Some(broker) = visit.app.settings.bus.broker(PROGRAM) else {
        let content = notice(Tone::Plain, html! { p { (words.in_process) } });
        return Err(visit.page(words.title, content));
    };
    DeadLetters::open(broker)
        .await
        .map_err(|error| unavailable(visit, &error))
}

fn unavailable(visit: &Visit, error: &BrokerError) -> Reply {
    log::warn!(event = "console.no_broker"; "dead letters cannot be shown: {error}");
    let words = &visit.texts.dead_letters;
    let content = notice(Tone::Bad, html! { p { (words.unavailable) } });
    visit.page_with(503, words.title, content)
}

/// Whether a letter can have this id. Whoever publishes makes it; AMQP 0-9-1 has room for 255 bytes.
fn is_id(id: &str) -> bool {
    (1..=255).contains(&id.len()) && !id.contains(char::is_control)
}

/// Where a letter's page is. Ids are made by whoever publishes, so they are encoded.
fn path_of(id: &str) -> String {
    let encoded: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    format!("/dead-letters/{}", encoded.replace('+', "%20"))
}
