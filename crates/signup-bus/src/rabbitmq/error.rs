//! What can go wrong between us and the broker, in words that say what to do.

use std::io;
use std::time::Duration;

use lapin::ErrorKind;

use super::BrokerUrl;
use crate::PublishError;

/// Why the broker could not be used. Never holds the password; `broker` is its address without user and password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BrokerError {
    /// There is no connection.
    #[error("cannot connect to {broker}: {problem}")]
    Connect {
        /// Which one.
        broker: String,
        /// What happened, and what to do.
        problem: String,
    },
    /// A queue, an exchange or a binding could not be declared or used.
    #[error("cannot declare {object} on {broker}: {problem}")]
    Declare {
        /// Which one.
        broker: String,
        /// What, with its name.
        object: String,
        /// What happened, and what to do.
        problem: String,
    },
    /// The connection ended, or nothing was heard any more.
    #[error("lost the connection to {broker}: {problem}")]
    Lost {
        /// Which one.
        broker: String,
        /// What happened.
        problem: String,
    },
    /// A message could not be published.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

/// What the broker refused to declare.
pub(super) struct Refusal<'a> {
    /// In words, with its name.
    pub object: String,
    /// Its name alone.
    pub name: &'a str,
}

pub(super) fn connect(url: &BrokerUrl, problem: impl Into<String>) -> BrokerError {
    BrokerError::Connect {
        broker: url.to_string(),
        problem: problem.into(),
    }
}

pub(super) fn lost(url: &BrokerUrl, error: &lapin::Error) -> BrokerError {
    BrokerError::Lost {
        broker: url.to_string(),
        problem: said(error),
    }
}

pub(super) fn silent(url: &BrokerUrl, waited: Duration) -> BrokerError {
    BrokerError::Lost {
        broker: url.to_string(),
        problem: format!("no answer within {} s", waited.as_secs()),
    }
}

pub(super) fn queue_gone(url: &BrokerUrl) -> BrokerError {
    BrokerError::Lost {
        broker: url.to_string(),
        problem: "the queue was deleted, or lost its leader".to_owned(),
    }
}

pub(super) fn refused(url: &BrokerUrl, refusal: Refusal<'_>, error: &lapin::Error) -> BrokerError {
    let said = said(error);
    let Refusal { object, name } = refusal;
    let problem = match code(error) {
        Some(PRECONDITION_FAILED) => format!(
            "{said}. It exists with other settings than this version needs. Move its messages away, delete it, and \
             start again; it is declared anew then"
        ),
        Some(ACCESS_REFUSED) => format!(
            "{said}. Grant the user configure, write and read permission on `{name}`, such as \
             `rabbitmqctl set_permissions -p VHOST USER '^signup\\.' '^(signup\\.|amq\\.default$)' '^signup\\.'`"
        ),
        // The connection is gone; that says nothing about the object.
        None => return lost(url, error),
        Some(_) => said,
    };
    BrokerError::Declare {
        broker: url.to_string(),
        object,
        problem,
    }
}

/// Why no connection came about, and what to do.
pub(super) fn connect_problem(url: &BrokerUrl, error: &lapin::Error) -> String {
    let user = &url.uri().authority.userinfo.username;
    match (error.kind(), code(error)) {
        (_, Some(ACCESS_REFUSED)) => format!(
            "it does not accept the password of the user `{user}`, or does not know that user ({}). Correct the URL, or \
             ask the broker with `rabbitmqctl authenticate_user {user} PASSWORD`",
            said(error)
        ),
        (_, Some(NOT_ALLOWED)) => format!(
            "the user `{user}` cannot use that vhost ({}). Create it with `rabbitmqctl add_vhost`, grant it with \
             `rabbitmqctl set_permissions -p VHOST {user} …`, or correct what follows the port in the URL",
            said(error)
        ),
        (ErrorKind::IOError(io), _) => format!("{io}. {}", advice(io)),
        _ => said(error),
    }
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            "Nothing listens there: start RabbitMQ, or correct host and port"
        }
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
            "If its certificate was issued by a CA of your own, name that CA's certificate in bus.ca_file"
        }
        io::ErrorKind::ConnectionAborted
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::UnexpectedEof => {
            "Is this an AMQP port (5672 without TLS, amqps:// and 5671 with TLS)?"
        }
        _ => "Check host, port and network",
    }
}

const ACCESS_REFUSED: u16 = 403;
const PRECONDITION_FAILED: u16 = 406;
const NOT_ALLOWED: u16 = 530;

/// The reply code, AMQP 0-9-1 section 1.2, if the broker said one.
fn code(error: &lapin::Error) -> Option<u16> {
    match error.kind() {
        ErrorKind::ProtocolError(error) => Some(error.get_id()),
        _ => None,
    }
}

/// The broker's own words where it said some.
pub(super) fn said(error: &lapin::Error) -> String {
    match error.kind() {
        ErrorKind::ProtocolError(error) => error.get_message().to_string(),
        _ => error.to_string(),
    }
}
