//! The sender of the embedded default: shows messages instead of sending them.

use std::fmt;
use std::io::{self, IsTerminal, Write};

use async_trait::async_trait;

use crate::inbox::Inbox;
use crate::message::Message;
use crate::sender::{SendError, Sender, Sent};

/// Keeps each message in an inbox and, if wanted, shows it on standard output with its code. For development only.
#[derive(Clone, Debug)]
pub struct LocalSender {
    inbox: Inbox,
    terminal: bool,
}

impl LocalSender {
    /// A sender into `inbox`, and onto standard output if `terminal`.
    pub fn new(inbox: Inbox, terminal: bool) -> Self {
        Self { inbox, terminal }
    }
}

#[async_trait]
impl Sender for LocalSender {
    async fn send(&self, message: &Message) -> Result<Sent, SendError> {
        if self.terminal {
            let shown = Shown {
                message,
                style: Style::of_stdout(),
            };
            // One write for the whole block, so that blocks of two messages do not mix. Nobody may be reading any more;
            // the message is still in the inbox.
            let _ = io::stdout().write_all(shown.to_string().as_bytes());
        }
        self.inbox.put(message.clone());
        Ok(Sent::by("local"))
    }
}

/// ANSI escape sequences, or nothing.
#[derive(Clone, Copy)]
pub(crate) struct Style {
    pub(crate) bold: &'static str,
    pub(crate) faint: &'static str,
    pub(crate) plain: &'static str,
}

impl Style {
    pub(crate) const NONE: Self = Self {
        bold: "",
        faint: "",
        plain: "",
    };
    const ANSI: Self = Self {
        bold: "\x1b[1;36m",
        faint: "\x1b[2m",
        plain: "\x1b[0m",
    };

    /// Colours for people at a terminal who have not declined them (no-color.org).
    pub(crate) fn of_stdout() -> Self {
        let declined = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if io::stdout().is_terminal() && !declined {
            Self::ANSI
        } else {
            Self::NONE
        }
    }
}

struct Shown<'a> {
    message: &'a Message,
    style: Style,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Style { bold, faint, plain } = self.style;
        let message = self.message;
        let (channel, address) = (message.channel.as_str(), &message.address);
        let name = &message.application_name;
        writeln!(
            f,
            "{bold}[{channel}]{plain} to {bold}{address}{plain} {faint}from{plain} {name}"
        )?;
        let lines = message.subject.iter().map(String::as_str);
        for line in lines.chain(message.text.lines()) {
            writeln!(f, "{faint}  |{plain} {line}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use signup_core::code::Channel;
    use signup_core::messages::MessageKind;
    use signup_core::time::Timestamp;

    use super::*;
    use crate::message::Registered;

    #[test]
    fn a_message_is_shown_as_one_block_without_colours_off_a_terminal() {
        let message = Message {
            channel: Channel::Email,
            address: "alice@example.com".to_owned(),
            provider: "acme".to_owned(),
            application: "shop".to_owned(),
            application_name: "Shop".to_owned(),
            kind: MessageKind::Code,
            locale: "en".to_owned(),
            subject: Some("Your code".to_owned()),
            text: "First line\n\nLast line".to_owned(),
            code: Some("123456".to_owned()),
            expires_at: None,
            registered: Registered::default(),
            event_id: "e".to_owned(),
            time: Timestamp::from_millis(0),
        };
        let shown = Shown {
            message: &message,
            style: Style::NONE,
        };
        assert_eq!(
            shown.to_string(),
            "[email] to alice@example.com from Shop\n  | Your code\n  | First line\n  | \n  | Last line\n"
        );
    }
}
