//! The development inbox.

use std::collections::VecDeque;

use tokio::sync::watch;

use crate::message::Message;

/// The newest messages, at most [`Inbox::CAPACITY`], in memory. Clones show the same messages.
#[derive(Clone, Debug, Default)]
pub struct Inbox {
    messages: watch::Sender<VecDeque<Message>>,
}

impl Inbox {
    /// How many messages are kept.
    pub const CAPACITY: usize = 500;

    /// An empty inbox.
    pub fn new() -> Self {
        Self::default()
    }

    /// All messages, the newest first.
    pub fn newest_first(&self) -> Vec<Message> {
        self.messages.borrow().iter().cloned().collect()
    }

    /// The newest message that fits, as soon as there is one; at once if it came before. Waits without a limit.
    pub async fn wait_for(&self, fits: impl Fn(&Message) -> bool + Send) -> Message {
        let mut messages = self.messages.subscribe();
        loop {
            let found = messages
                .borrow_and_update()
                .iter()
                .find(|message| fits(message))
                .cloned();
            if let Some(message) = found {
                return message;
            }
            // Cannot fail: the sending half lives in `self`.
            let _ = messages.changed().await;
        }
    }

    pub(crate) fn put(&self, message: Message) {
        self.messages.send_modify(|messages| {
            messages.push_front(message);
            messages.truncate(Self::CAPACITY);
        });
    }
}
