//! Publishing with confirms over one connection that is opened when it is first needed, and again after any loss.

use std::collections::HashSet;
use std::future::poll_fn;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::task::Poll;

use futures_util::future::maybe_done;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{Channel, Confirmation, PublisherConfirm};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

use super::connection::{BrokerConnection, BrokerOptions};
use super::error::{self, BrokerError};
use super::message::Outgoing;
use super::topology;
use crate::{PUBLISHING, PublishError};

/// Publishes messages. Shared by any number of tasks; each batch has a channel of its own while it is under way.
pub(super) struct Publisher {
    options: BrokerOptions,
    role: &'static str,
    session: Mutex<Option<Arc<Session>>>,
    connects: AtomicU64,
}

/// What is lost together with the connection.
struct Session {
    connection: BrokerConnection,
    /// Channels in confirm mode that no batch is using.
    idle: Lock<Vec<Channel>>,
}

impl Publisher {
    pub fn new(options: BrokerOptions, role: &'static str) -> Self {
        Self {
            options,
            role,
            session: Mutex::default(),
            connects: AtomicU64::new(0),
        }
    }

    /// Connects, unless it is connected.
    pub async fn connect(&self) -> Result<(), BrokerError> {
        self.session().await.map(|_| ())
    }

    /// Publishes a batch in its order and tells for each message whether the broker has it safely. Returns within
    /// bounds, whatever the broker does.
    pub async fn publish(&self, messages: &[Outgoing]) -> Vec<Result<(), PublishError>> {
        if messages.is_empty() {
            return Vec::new();
        }
        let all_failed = |error: BrokerError| {
            let error = Err(PublishError::Unavailable(error.to_string()));
            vec![error; messages.len()]
        };
        let session = match self.session().await {
            Ok(session) => session,
            Err(error) => return all_failed(error),
        };
        let channel = match session.channel().await {
            Ok(channel) => channel,
            Err(error) => {
                self.forget(&session).await;
                return all_failed(error);
            }
        };
        let batch = publish_on(&channel, messages).await;
        if batch.lost {
            // Nothing is known of the channel any more, and little of its connection.
            self.forget(&session).await;
        } else {
            session.give_back(channel);
        }
        batch.results
    }

    /// How often the connection was opened again after it had been lost.
    pub fn reconnects(&self) -> u64 {
        self.connects.load(Ordering::Relaxed).saturating_sub(1)
    }

    /// Ends the connection in good order; a later batch opens it again.
    pub async fn close(&self) {
        if let Some(session) = self.session.lock().await.take() {
            session.connection.close().await;
        }
    }

    /// The connection, opened and with everything declared. Whoever needs it meanwhile waits for the one that opens it.
    async fn session(&self) -> Result<Arc<Session>, BrokerError> {
        let mut current = self.session.lock().await;
        if let Some(session) = current.as_ref()
            && session.connection.is_open()
        {
            return Ok(Arc::clone(session));
        }
        *current = None;
        let connection = BrokerConnection::open(&self.options, self.role).await?;
        topology::declare(&connection).await?;
        self.connects.fetch_add(1, Ordering::Relaxed);
        let session = Arc::new(Session {
            connection,
            idle: Lock::default(),
        });
        *current = Some(Arc::clone(&session));
        Ok(session)
    }

    /// The next batch opens a new connection. Batches that still use this one end with it.
    async fn forget(&self, lost: &Arc<Session>) {
        let mut current = self.session.lock().await;
        if current.as_ref().is_some_and(|it| Arc::ptr_eq(it, lost)) {
            *current = None;
        }
    }
}

impl Session {
    /// A channel of one's own. Batches must not share one: an unroutable message is handed over with whatever
    /// confirmation comes next on its channel.
    async fn channel(&self) -> Result<Channel, BrokerError> {
        let idle = self.lock_idle().pop();
        if let Some(channel) = idle
            && channel.status().connected()
        {
            return Ok(channel);
        }
        let channel = self.connection.channel().await?;
        let confirms = channel.confirm_select(ConfirmSelectOptions::default());
        self.connection.answer(confirms).await?;
        Ok(channel)
    }

    fn give_back(&self, channel: Channel) {
        self.lock_idle().push(channel);
    }

    fn lock_idle(&self) -> std::sync::MutexGuard<'_, Vec<Channel>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Batch {
    results: Vec<Result<(), PublishError>>,
    /// Whether the channel, or the broker's answer, was lost.
    lost: bool,
}

async fn publish_on(channel: &Channel, messages: &[Outgoing]) -> Batch {
    let deadline = Instant::now() + PUBLISHING;
    // All messages first, then all confirms: the broker writes them to disk together. A message is in its place on the
    // channel when its sending was polled once; waiting until it is on the wire, one by one, would wake two threads for
    // each.
    let mut sending: Vec<_> = messages
        .iter()
        .map(|message| Box::pin(maybe_done(send(channel, message))))
        .collect();
    poll_fn(|context| {
        for send in &mut sending {
            let _ = send.as_mut().poll(context);
        }
        Poll::Ready(())
    })
    .await;
    let mut confirms = Vec::with_capacity(messages.len());
    let mut failure = None;
    for mut send in sending {
        let sent = timeout_at(deadline, send.as_mut()).await;
        match sent.map(|()| send.as_mut().take_output()) {
            Ok(Some(Ok(confirm))) => confirms.push(confirm),
            Ok(Some(Err(error))) => failure = Some(error::said(&error)),
            Ok(None) | Err(_) => failure = Some(no_confirm()),
        }
        if failure.is_some() {
            // So did all behind it: the channel is lost.
            break;
        }
    }
    let mut returned = HashSet::new();
    let mut results = Vec::with_capacity(messages.len());
    for confirm in confirms {
        results.push(match timeout_at(deadline, confirm).await {
            Ok(Ok(Confirmation::Ack(message))) => {
                returned.extend(message.map(|message| id(&message.properties)));
                Ok(())
            }
            Ok(Ok(Confirmation::Nack(message))) => {
                returned.extend(message.map(|message| id(&message.properties)));
                let reason = "the broker could not store it; is a queue full, or without a majority of its nodes?";
                Err(PublishError::Refused(reason.to_owned()))
            }
            Ok(Ok(Confirmation::NotRequested)) => {
                lost(&mut failure, || "the channel does not confirm".to_owned())
            }
            Ok(Err(error)) => lost(&mut failure, || error::said(&error)),
            Err(_) => lost(&mut failure, no_confirm),
        });
    }
    // The broker acknowledges an unroutable message too, after it returned it; so only its id tells which one it was.
    for (result, message) in results.iter_mut().zip(messages) {
        if result.is_ok() && returned.contains(&id(&message.properties)) {
            *result = Err(PublishError::Unroutable(message.routing_key.to_string()));
        }
    }
    let missing = messages.len() - results.len();
    if let Some(problem) = &failure {
        let error = Err(PublishError::Unavailable(problem.clone()));
        results.extend(std::iter::repeat_n(error, missing));
    }
    Batch {
        results,
        lost: failure.is_some(),
    }
}

fn send<'a>(
    channel: &'a Channel,
    message: &'a Outgoing,
) -> impl Future<Output = lapin::Result<PublisherConfirm>> + 'a {
    let options = BasicPublishOptions {
        // A message that no queue takes comes back, instead of being dropped without a word.
        mandatory: true,
        ..BasicPublishOptions::default()
    };
    channel.basic_publish(
        message.exchange.clone(),
        message.routing_key.clone(),
        options,
        &message.body,
        message.properties.clone(),
    )
}

fn lost(
    failure: &mut Option<String>,
    problem: impl FnOnce() -> String,
) -> Result<(), PublishError> {
    let problem = failure.get_or_insert_with(problem);
    Err(PublishError::Unavailable(problem.clone()))
}

fn no_confirm() -> String {
    format!(
        "the broker confirmed nothing within {} s",
        PUBLISHING.as_secs()
    )
}

fn id(properties: &lapin::BasicProperties) -> Option<String> {
    properties.message_id().as_ref().map(ToString::to_string)
}
