//! Everybody's mail, as it arrived at the mail server.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use signup_testkit::TestMailServer;
use signup_testkit::mail::ReceivedMail;
use tokio::time::{Instant, sleep};

/// Between two looks at the server.
const PAUSE: Duration = Duration::from_millis(50);

/// A message that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The id of the event that asked for it; empty if the message does not tell.
    pub event: String,
    /// Milliseconds since 1970.
    pub received_at: i64,
    /// The code in it.
    pub code: Option<String>,
}

/// The mail server, looked at again and again.
pub struct Mailbox {
    server: TestMailServer,
    mails: Mutex<Mails>,
}

#[derive(Default)]
struct Mails {
    count: usize,
    by_address: HashMap<String, Vec<Mail>>,
}

impl Mailbox {
    /// Starts a mail server.
    pub fn start() -> Self {
        Self {
            server: TestMailServer::start(),
            mails: Mutex::default(),
        }
    }

    /// The server's port.
    pub fn port(&self) -> u16 {
        self.server.port()
    }

    fn mails(&self) -> MutexGuard<'_, Mails> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what arrived since the last look.
    pub fn look(&self) {
        let mut mails = self.mails();
        let arrived = self.server.messages_after(mails.count);
        mails.count += arrived.len();
        for message in &arrived {
            let mail = read(message);
            for address in &message.envelope.recipients {
                mails
                    .by_address
                    .entry(address.clone())
                    .or_default()
                    .push(mail.clone());
            }
        }
    }

    /// Looks again and again.
    pub async fn watch(&self) {
        loop {
            self.look();
            sleep(PAUSE).await;
        }
    }

    /// The newest code that was sent to an address by a later event than `after`. Ids of events grow with time (UUIDv7).
    pub async fn wait_for_code(
        &self,
        address: &str,
        after: &str,
        limit: Duration,
    ) -> Option<(String, String)> {
        let end = Instant::now() + limit;
        loop {
            if let Some(found) = self.find_code(address, after) {
                return Some(found);
            }
            if Instant::now() > end {
                return None;
            }
            sleep(PAUSE).await;
        }
    }

    fn find_code(&self, address: &str, after: &str) -> Option<(String, String)> {
        let mails = self.mails();
        let newest = mails
            .by_address
            .get(address)?
            .iter()
            .max_by(|a, b| a.event.cmp(&b.event))?;
        let code = newest.code.clone()?;
        (newest.event.as_str() > after).then(|| (newest.event.clone(), code))
    }

    /// Everything that arrived.
    pub fn all(&self) -> Vec<Mail> {
        self.look();
        self.mails()
            .by_address
            .values()
            .flatten()
            .cloned()
            .collect()
    }
}

fn read(message: &ReceivedMail) -> Mail {
    let id = message.header("Message-ID").unwrap_or_default();
    let id = id.trim_matches(['<', '>']);
    let event = id.split_once('@').map_or("", |(event, _)| event);
    Mail {
        event: event.to_owned(),
        received_at: i64::try_from(message.envelope.received_at_ms).unwrap_or(i64::MAX),
        code: message.text().as_deref().and_then(find_code),
    }
}

/// The first word of exactly six digits.
fn find_code(text: &str) -> Option<String> {
    text.split(|character: char| !character.is_ascii_alphanumeric())
        .find(|word| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit()))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_a_word_of_six_digits() {
        assert_eq!(
            find_code("Torture1: 135790, good for 10 minutes"),
            Some("135790".to_owned())
        );
        assert_eq!(find_code("2026 1234567 a123456"), None);
    }
}
