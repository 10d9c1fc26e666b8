//! A mail server that is not ours, for one test: real SMTP (RFC 5321) on a port of its own.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mail_parser::MessageParser;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tempfile::TempDir;

use crate::eventually;

/// The environment variable that names a Python interpreter which has aiosmtpd.
/// `scripts/with-mailserver` sets it.
pub const PYTHON_VARIABLE: &str = "TEST_SMTP_PYTHON";

/// The name that the server's certificate is made out to, beside the address `127.0.0.1`.
pub const HOST: &str = "localhost";

/// Stands for every recipient; see [`TestMailServer::answer`].
pub const ANYBODY: &str = "*";

/// How the connection is encrypted.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// It is not.
    None,
    /// With STARTTLS (RFC 3207), which the server demands before it takes mail.
    StartTls,
    /// From the first byte (RFC 8314).
    Tls,
}

/// What the server does with mail to a recipient.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Answers RCPT with this line, such as `550 5.1.1 No such user`.
    Recipient(&'static str),
    /// Reads the message, answers with this line, such as `451 4.3.0 Try again later`, and keeps nothing.
    Message(&'static str),
    /// Keeps the message and closes the connection without an answer, so that the sender cannot know.
    HangUp,
    /// Keeps the message and answers that much later.
    Delay(Duration),
}

/// A mail server that ends with this value.
#[derive(Debug)]
pub struct TestMailServer {
    folder: TempDir,
    process: Child,
    port: u16,
    answers: BTreeMap<String, serde_json::Value>,
}

/// A message that the server took.
#[derive(Clone, Debug)]
pub struct ReceivedMail {
    /// What came with the message.
    pub envelope: Envelope,
    /// The message as it came in, header and body (RFC 5322).
    pub content: Vec<u8>,
}

/// What came with a message (RFC 5321), not what its header claims.
#[derive(Clone, Debug, Deserialize)]
pub struct Envelope {
    /// The address in MAIL FROM; empty for a notification.
    pub from: String,
    /// The addresses in RCPT TO that were not refused, in their order.
    pub recipients: Vec<String>,
    /// Who had logged in.
    pub user: Option<String>,
    /// Whether the connection was encrypted.
    pub encrypted: bool,
    /// When the message had come in, in milliseconds since 1970.
    pub received_at_ms: u64,
}

impl TestMailServer {
    /// Starts a server that takes mail from everybody, unencrypted.
    ///
    /// # Panics
    /// When the server cannot be started: a test without it has failed, it is never skipped.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(Security::None, None)
    }

    /// Starts a server with encryption, and with AUTH (RFC 4954) when a user and a password are given.
    ///
    /// # Panics
    /// When the server cannot be started.
    #[must_use]
    pub fn start_with(security: Security, login: Option<(&str, &str)>) -> Self {
        let python = python(std::env::var(PYTHON_VARIABLE).ok()).unwrap_or_else(|e| panic!("{e}"));
        let folder = tempfile::tempdir().unwrap();
        write_certificates(folder.path());
        let mut process = Command::new(python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/smtp/server.py"))
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let options = json!({
            "security": security,
            "user": login.map(|(user, _)| user),
            "password": login.map(|(_, password)| password),
            "certificate": folder.path().join("server.pem"),
            "key": folder.path().join("server.key"),
        });
        writeln!(process.stdin.as_mut().unwrap(), "{options}").unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        Self {
            port: line
                .trim()
                .parse()
                .expect("the mail server starts and prints its port"),
            folder,
            process,
            answers: BTreeMap::new(),
        }
    }

    /// The port of `127.0.0.1` that the server listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The certificate of the authority that signed the server's, in PEM: what a client must trust.
    ///
    /// # Panics
    /// When its file is gone.
    #[must_use]
    pub fn authority(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("authority.pem")).unwrap()
    }

    /// From now on, treats mail to this address so; [`ANYBODY`] stands for all others. Of several recipients the first
    /// with an answer decides.
    ///
    /// # Panics
    /// When the answer cannot be handed to the server.
    pub fn answer(&mut self, recipient: &str, answer: &Answer) {
        let answer = match answer {
            Answer::Recipient(line) => json!({ "recipient": line }),
            Answer::Message(line) => json!({ "message": line }),
            Answer::HangUp => json!({ "hang_up": true }),
            Answer::Delay(delay) => json!({ "delay_ms": delay.as_millis() }),
        };
        self.answers.insert(recipient.to_owned(), answer);
        self.write_answers();
    }

    /// From now on, takes every message again.
    ///
    /// # Panics
    /// When that cannot be handed to the server.
    pub fn accept_all(&mut self) {
        self.answers.clear();
        self.write_answers();
    }

    fn write_answers(&self) {
        let path = self.folder.path().join("answers.json");
        let unfinished = path.with_extension("unfinished");
        std::fs::write(&unfinished, json!(self.answers).to_string()).unwrap();
        std::fs::rename(unfinished, path).unwrap();
    }

    /// Every message that the server took, the oldest first.
    ///
    /// # Panics
    /// When a message cannot be read.
    #[must_use]
    pub fn messages(&self) -> Vec<ReceivedMail> {
        self.messages_after(0)
    }

    /// The messages that the server took after the first `count`, the oldest first: for somebody who looks often.
    ///
    /// # Panics
    /// When a message cannot be read.
    #[must_use]
    pub fn messages_after(&self, count: usize) -> Vec<ReceivedMail> {
        let file = |number: usize, ending| self.folder.path().join(format!("{number}.{ending}"));
        (count + 1..)
            .map_while(|number| {
                let envelope = std::fs::read(file(number, "json")).ok()?;
                Some(ReceivedMail {
                    envelope: serde_json::from_slice(&envelope).unwrap(),
                    content: std::fs::read(file(number, "eml")).unwrap(),
                })
            })
            .collect()
    }

    /// Waits for a message of this kind and returns the oldest.
    ///
    /// # Panics
    /// After 20 seconds without one.
    pub async fn wait_for(&self, wanted: impl Fn(&ReceivedMail) -> bool) -> ReceivedMail {
        eventually(Duration::from_secs(20), || async {
            let messages = self.messages();
            let count = messages.len();
            messages
                .into_iter()
                .find(|message| wanted(message))
                .ok_or(format!("none of {count} messages is the awaited one"))
        })
        .await
    }
}

impl Drop for TestMailServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl ReceivedMail {
    /// A header field's text, decoded and unfolded, such as that of `Subject`.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let message = MessageParser::default().parse(&self.content)?;
        let value = message.header_raw(name)?;
        let text = message.header(name).and_then(|value| value.as_text());
        Some(text.unwrap_or(value).trim().to_owned())
    }

    /// The message's plain text, decoded.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        let message = MessageParser::default().parse(&self.content)?;
        message.body_text(0).map(|text| text.into_owned())
    }

    /// The message's HTML, decoded; made from the plain text where there is no other.
    #[must_use]
    pub fn html(&self) -> Option<String> {
        let message = MessageParser::default().parse(&self.content)?;
        message.body_html(0).map(|html| html.into_owned())
    }
}

fn python(variable: Option<String>) -> Result<String, String> {
    variable.filter(|value| !value.is_empty()).ok_or(format!(
        "this test needs a mail server: run `make test` or `scripts/with-mailserver cargo test …`, \
         or set {PYTHON_VARIABLE} to a Python interpreter that has aiosmtpd (Debian: python3-aiosmtpd)"
    ))
}

/// Writes an authority and a server certificate signed by it. Clients tell the two apart: a certificate that is its own
/// authority is refused by many as a server's.
fn write_certificates(folder: &Path) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let authority = params.self_signed(&key).unwrap();
    let issuer = Issuer::new(params, key);

    let names = [HOST.to_owned(), "127.0.0.1".to_owned()];
    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(names)
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    let files = [
        ("authority.pem", authority.pem()),
        ("server.pem", server.pem()),
        ("server.key", key.serialize_pem()),
    ];
    for (name, content) in files {
        std::fs::write(folder.join(name), content).unwrap();
    }
}
