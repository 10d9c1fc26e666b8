//! Connections to a mail server: kept for the next message, and telling how far a message got.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lettre::address::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailCommand, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use lettre::transport::smtp::response::Code;
use tokio::time::timeout;

use super::provider::NotSent;

/// Most connections that wait for the next message.
const MAX_IDLE: usize = 8;

/// A connection that waited longer is not used any more; mail servers close idle ones after minutes.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a server may take to say goodbye.
const QUIT_TIMEOUT: Duration = Duration::from_secs(1);

/// How a server is reached.
#[derive(Clone, Debug)]
pub(super) struct ConnectionSettings {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: TlsMode,
    pub(super) credentials: Option<Credentials>,
    pub(super) hello_name: ClientId,
}

/// When TLS begins.
#[derive(Clone)]
pub(super) enum TlsMode {
    /// With the connection (RFC 8314).
    Implicit(TlsParameters),
    /// After STARTTLS (RFC 3207). A server that does not offer it gets nothing.
    StartTls(TlsParameters),
    /// Never.
    None,
}

impl fmt::Debug for TlsMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Implicit(_) => "Implicit",
            Self::StartTls(_) => "StartTls",
            Self::None => "None",
        })
    }
}

/// A message as a mail server takes it.
pub(super) struct Mail {
    pub(super) from: Address,
    pub(super) to: Address,
    /// Headers and body, ASCII.
    pub(super) content: Vec<u8>,
}

/// How far a message got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Connecting,
    Sender,
    Recipient,
    /// DATA is asked for.
    Data,
    /// The content is on its way, or the answer to its end is awaited: the server may have taken it.
    Content,
}

impl Stage {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Sender => "MAIL FROM",
            Self::Recipient => "RCPT TO",
            Self::Data => "DATA",
            Self::Content => "the end of the message",
        }
    }
}

/// The idle connections to one server. lettre's own pool does not tell where a message failed, and from that depends
/// whether another server may be asked.
pub(super) struct Connections {
    settings: ConnectionSettings,
    idle: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

impl Connections {
    pub(super) fn new(settings: ConnectionSettings) -> Self {
        Self {
            settings,
            idle: Mutex::default(),
        }
    }

    /// Hands a message over, from connecting to the server's answer within `limit`.
    pub(super) async fn send(&self, mail: &Mail, limit: Duration) -> Result<(), NotSent> {
        let mut stage = Stage::Connecting;
        match timeout(limit, self.attempt(mail, &mut stage)).await {
            Ok(result) => result,
            Err(_) => {
                let text = format!("no answer to {} within {limit:.1?}", stage.as_str());
                Err(match stage {
                    Stage::Content => NotSent::Unanswered(text),
                    Stage::Connecting | Stage::Sender | Stage::Recipient | Stage::Data => {
                        NotSent::Unavailable(text)
                    }
                })
            }
        }
    }

    async fn attempt(&self, mail: &Mail, stage: &mut Stage) -> Result<(), NotSent> {
        let mut connection = self
            .connection()
            .await
            .map_err(|error| meaning(Stage::Connecting, &error))?;
        match transact(&mut connection, mail, stage).await {
            Ok(()) => {
                self.keep(connection);
                Ok(())
            }
            Err(not_sent) => {
                // What state the server is in is anybody's guess.
                let _ = timeout(QUIT_TIMEOUT, connection.abort()).await;
                Err(not_sent)
            }
        }
    }

    async fn connection(&self) -> Result<AsyncSmtpConnection, Error> {
        while let Some((mut connection, since)) = self.take() {
            if since.elapsed() < IDLE_TIMEOUT && connection.test_connected().await {
                return Ok(connection);
            }
        }
        self.connect().await
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let settings = &self.settings;
        let implicit = match &settings.tls {
            TlsMode::Implicit(parameters) => Some(parameters.clone()),
            TlsMode::StartTls(_) | TlsMode::None => None,
        };
        let mut connection = AsyncSmtpConnection::connect_tokio1(
            (settings.host.as_str(), settings.port),
            None,
            &settings.hello_name,
            implicit,
            None,
        )
        .await?;
        if let TlsMode::StartTls(parameters) = &settings.tls {
            connection
                .starttls(parameters.clone(), &settings.hello_name)
                .await?;
        }
        if let Some(credentials) = &settings.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }

    fn take(&self) -> Option<(AsyncSmtpConnection, Instant)> {
        self.lock().pop()
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.lock();
        if idle.len() < MAX_IDLE {
            idle.push((connection, Instant::now()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(AsyncSmtpConnection, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn transact(
    connection: &mut AsyncSmtpConnection,
    mail: &Mail,
    stage: &mut Stage,
) -> Result<(), NotSent> {
    let mut parameters = Vec::new();
    // RFC 6531: an address beyond ASCII needs a server that knows such addresses.
    if !mail.to.to_string().is_ascii() {
        if !connection
            .server_info()
            .supports_feature(Extension::SmtpUtfEight)
        {
            return Err(NotSent::Unsuitable(
                "the server takes no addresses beyond ASCII".to_owned(),
            ));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    *stage = Stage::Sender;
    let sender = MailCommand::new(Some(mail.from.clone()), parameters);
    command(connection, sender, *stage).await?;
    *stage = Stage::Recipient;
    command(connection, Rcpt::new(mail.to.clone(), Vec::new()), *stage).await?;
    *stage = Stage::Data;
    command(connection, Data, *stage).await?;
    *stage = Stage::Content;
    match connection.message(&mail.content).await {
        Ok(_) => Ok(()),
        Err(error) => Err(meaning(*stage, &error)),
    }
}

async fn command(
    connection: &mut AsyncSmtpConnection,
    command: impl fmt::Display,
    stage: Stage,
) -> Result<(), NotSent> {
    match connection.command(command).await {
        Ok(_) => Ok(()),
        Err(error) => Err(meaning(stage, &error)),
    }
}

/// What a failure at this stage means. Replies quote addresses, so only their codes are passed on.
fn meaning(stage: Stage, error: &Error) -> NotSent {
    let Some(code) = error.status() else {
        return without_reply(stage, error);
    };
    let enhanced = enhanced_code(error);
    let text = match &enhanced {
        Some(enhanced) => format!("{code} {enhanced} at {}", stage.as_str()),
        None => format!("{code} at {}", stage.as_str()),
    };
    let is_permanent = error.is_permanent();
    // RFC 3463: 5.7.x is about who we are, 5.3.x about the server, and neither about the address.
    let is_about_us = enhanced
        .is_some_and(|enhanced| enhanced.starts_with("5.7.") || enhanced.starts_with("5.3."));
    match stage {
        Stage::Recipient | Stage::Content if is_permanent && !is_about_us => NotSent::Refused(text),
        // One address or one text that it does not take now says little about others.
        Stage::Recipient if !is_closing(code) => NotSent::Unsuitable(text),
        Stage::Content if is_permanent => NotSent::Unsuitable(text),
        Stage::Connecting if code.to_string() == "535" => {
            NotSent::Unavailable(format!("{text}: check username and password"))
        }
        Stage::Connecting | Stage::Sender | Stage::Recipient | Stage::Data | Stage::Content => {
            NotSent::Unavailable(text)
        }
    }
}

/// 421: the server is about to close the connection, whatever was asked.
fn is_closing(code: Code) -> bool {
    code.to_string() == "421"
}

fn without_reply(stage: Stage, error: &Error) -> NotSent {
    let what = if error.is_tls() {
        "TLS failed"
    } else if error.is_client() {
        "the server does not offer what is needed, such as STARTTLS or a way to log in"
    } else if error.is_response() {
        "the connection ended, or the reply is not SMTP"
    } else {
        "the connection failed"
    };
    let text = format!("{what} at {}", stage.as_str());
    match stage {
        Stage::Content => NotSent::Unanswered(text),
        Stage::Connecting | Stage::Sender | Stage::Recipient | Stage::Data => {
            NotSent::Unavailable(text)
        }
    }
}

/// The enhanced status code (RFC 2034) at the beginning of a reply: `5.1.1`.
fn enhanced_code(error: &Error) -> Option<String> {
    let reply = std::error::Error::source(error)?.to_string();
    let first = reply.split_whitespace().next()?;
    let parts: Vec<&str> = first.split('.').collect();
    let is_code = parts.len() == 3
        && parts.iter().all(|part| {
            (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        });
    is_code.then(|| first.to_owned())
}
