//! E-mail by SMTP (RFC 5321), through a mail server that takes messages from us.

use std::time::{Duration, UNIX_EPOCH};

use async_trait::async_trait;
use lettre::address::Address;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use signup_notify::Message;
use url::Host;

use super::provider::{ChannelProvider, NotSent};
use super::section::{Section, is_loopback};
use super::smtp_connection::{ConnectionSettings, Connections, Mail, TlsMode};

/// What a `[channel.NAME]` of this kind holds.
#[derive(Clone, Debug)]
pub(super) struct SmtpSettings {
    connection: ConnectionSettings,
    from: Address,
    /// `None`: the application's name.
    from_name: Option<String>,
    reply_to: Option<Mailbox>,
}

impl SmtpSettings {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let host = section.required("host", "must be the name of a mail server", |text| {
            Host::parse(text).ok().map(|_| text.to_owned())
        });
        let mode = section
            .optional("tls", "must be starttls, implicit or none", TlsName::parse)
            .unwrap_or(TlsName::StartTls);
        let port = section.integer("port", mode.port(), 1..=u16::MAX);
        let ca = section.text("ca_file");
        let certificates = ca.and_then(|path| read_certificates(section, &path));
        let credentials = read_credentials(section, mode, host.as_deref());
        let hello_name = section.optional("hello_name", "must be a host name", |text| {
            Host::parse(text).ok().map(|_| text.to_owned())
        });
        let from = section.required("from", "must be an e-mail address", |text| {
            text.parse().ok()
        });
        let from_name = section.text("from_name");
        let reply_to = section.optional(
            "reply_to",
            "must be an e-mail address, with or without a name",
            |text| text.parse().ok(),
        );
        let host = host?;
        let tls = mode.with(section, &host, certificates)?;
        Some(Self {
            connection: ConnectionSettings {
                host,
                port,
                tls,
                credentials,
                hello_name: hello_name.map_or_else(ClientId::default, ClientId::Domain),
            },
            from: from?,
            from_name,
            reply_to,
        })
    }
}

/// How TLS is used, as settings name it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TlsName {
    StartTls,
    Implicit,
    None,
}

impl TlsName {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "starttls" => Some(Self::StartTls),
            "implicit" => Some(Self::Implicit),
            "none" => Some(Self::None),
            _ => None,
        }
    }

    /// Submission with STARTTLS (RFC 6409), submissions (RFC 8314), SMTP (RFC 5321).
    const fn port(self) -> u16 {
        match self {
            Self::StartTls => 587,
            Self::Implicit => 465,
            Self::None => 25,
        }
    }

    fn with(
        self,
        section: &mut Section<'_>,
        host: &str,
        certificates: Option<Certificate>,
    ) -> Option<TlsMode> {
        if self == Self::None {
            return Some(TlsMode::None);
        }
        let mut parameters = TlsParameters::builder(host.to_owned());
        if let Some(certificates) = certificates {
            parameters = parameters.add_root_certificate(certificates);
        }
        let parameters = parameters
            .build()
            .map_err(|error| {
                section.fault(
                    "ca_file",
                    format!("TLS cannot be set up: {error}"),
                    "must hold certificates that can be trusted",
                );
            })
            .ok()?;
        Some(match self {
            Self::Implicit => TlsMode::Implicit(parameters),
            Self::StartTls | Self::None => TlsMode::StartTls(parameters),
        })
    }
}

fn read_certificates(section: &mut Section<'_>, path: &str) -> Option<Certificate> {
    let problem = match std::fs::read(path) {
        Ok(pem) => match Certificate::from_pem(&pem) {
            Ok(certificates) => return Some(certificates),
            Err(_) => format!("names {path}, which holds no certificates"),
        },
        Err(error) => format!("names {path}, which cannot be read: {error}"),
    };
    section.fault("ca_file", problem, "must name a readable PEM file");
    None
}

fn read_credentials(
    section: &mut Section<'_>,
    mode: TlsName,
    host: Option<&str>,
) -> Option<Credentials> {
    let user = section.text("username");
    let password = section.secret("password");
    if user.is_none() && (password.is_some() || section.is_set("password_file")) {
        section.fault(
            "username",
            "is not set, and a password is",
            "set both or neither",
        );
    }
    let user = user?;
    if password.is_none() && !section.is_set("password") && !section.is_set("password_file") {
        section.fault(
            "password",
            "is not set, and username is",
            "set it, or name a file that holds it in password_file",
        );
    }
    let is_near = host.is_some_and(|host| {
        Host::parse(host).is_ok_and(|host| {
            is_loopback(Some(match &host {
                Host::Domain(name) => Host::Domain(name.as_str()),
                Host::Ipv4(address) => Host::Ipv4(*address),
                Host::Ipv6(address) => Host::Ipv6(*address),
            }))
        })
    });
    if mode == TlsName::None && host.is_some() && !is_near {
        section.fault(
            "tls",
            "is none, and the password would travel in clear",
            "must be starttls or implicit where username is set, except to this machine",
        );
    }
    Some(Credentials::new(user, password?.expose().clone()))
}

pub(super) struct Smtp {
    settings: SmtpSettings,
    connections: Connections,
}

impl Smtp {
    pub(super) fn new(settings: SmtpSettings) -> Self {
        Self {
            connections: Connections::new(settings.connection.clone()),
            settings,
        }
    }

    fn mail(&self, message: &Message) -> Result<Mail, NotSent> {
        let settings = &self.settings;
        let to: Address = message.address.parse().map_err(|_| {
            NotSent::Refused("this is no address that a mail server would take".to_owned())
        })?;
        let name = settings.from_name.as_ref();
        let name = one_line(name.unwrap_or(&message.application_name));
        let written = u64::try_from(message.time.as_millis()).unwrap_or_default();
        let mut builder = MessageBuilder::new()
            .from(Mailbox::new(Some(name), settings.from.clone()))
            .to(Mailbox::new(None, to.clone()))
            .subject(one_line(message.subject.as_deref().unwrap_or_default()))
            .date(UNIX_EPOCH + Duration::from_millis(written))
            // The same for every attempt, so that receivers can tell a repeated message (RFC 5322, 3.6.4).
            .message_id(Some(format!(
                "<{}@{}>",
                message.event_id,
                settings.from.domain()
            )))
            // RFC 3834, 5: no out-of-office replies, please.
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        if let Some(reply_to) = &settings.reply_to {
            builder = builder.reply_to(reply_to.clone());
        }
        let mail = builder
            .header(ContentType::TEXT_PLAIN)
            .body(message.text.clone())
            .map_err(|_| NotSent::Unsuitable("the message cannot be written".to_owned()))?;
        Ok(Mail {
            from: settings.from.clone(),
            to,
            content: mail.formatted(),
        })
    }
}

/// A header is one line: control characters in an application's name become spaces. lettre panics at them in a name.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

#[async_trait]
impl ChannelProvider for Smtp {
    async fn send(&self, message: &Message, limit: Duration) -> Result<Option<String>, NotSent> {
        let mail = self.mail(message)?;
        self.connections.send(&mail, limit).await?;
        Ok(None)
    }
}
