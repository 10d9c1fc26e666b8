//! A message broker for one test: a virtual host of its own, or a whole node that may crash.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use lapin::options::QueueDeclareOptions;
use lapin::protocol::{AMQPErrorKind, AMQPSoftError};
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties, ErrorKind};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;
use uuid::Uuid;

use crate::management::Management;

/// The environment variable that names the broker for tests, as
/// `amqp://user:password@host:port/%2f`. `scripts/with-rabbitmq` sets it.
pub const BROKER_VARIABLE: &str = "TEST_RABBITMQ_URL";

/// The environment variable that names the same broker's management API, as
/// `http://user:password@host:port`. The user must be an administrator.
pub const API_VARIABLE: &str = "TEST_RABBITMQ_API";

/// A virtual host that belongs to one test and disappears with this value.
///
/// It is empty, and has a user of its own who may do everything in it and nothing elsewhere.
#[derive(Debug)]
pub struct TestBroker {
    url: String,
    management: Management,
}

impl TestBroker {
    /// Makes the virtual host `test_<uuid>` on the broker named by [`BROKER_VARIABLE`].
    ///
    /// # Panics
    /// When a variable is missing or the broker cannot be reached: a test without its broker has failed, it is never
    /// skipped.
    #[track_caller]
    #[must_use]
    pub fn create() -> Self {
        let made = broker_urls(
            std::env::var(BROKER_VARIABLE).ok(),
            std::env::var(API_VARIABLE).ok(),
        )
        .and_then(|(broker, api)| Self::create_on(broker, api));
        match made {
            Ok(broker) => broker,
            Err(reason) => panic!("{reason}"),
        }
    }

    fn create_on(mut url: Url, api: Url) -> Result<Self, String> {
        let name = format!("test_{}", Uuid::new_v4().simple());
        let password = Uuid::new_v4().simple().to_string();
        let management = Management {
            api,
            vhost: name.clone(),
            user: name.clone(),
        };
        url.set_path(&name);
        url.set_username(&name)
            .and_then(|()| url.set_password(Some(&password)))
            .map_err(|()| format!("{BROKER_VARIABLE} takes no user"))?;
        management.create(&password)?;
        Ok(Self {
            url: url.into(),
            management,
        })
    }

    /// Where to connect: `amqp://user:password@host:port/vhost`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How many messages wait in a queue, without those that consumers hold; `None` if there is no such queue.
    ///
    /// The queue itself is asked: the figures of the management API are seconds old.
    ///
    /// # Panics
    /// When the broker does not answer.
    #[must_use]
    pub fn queue_length(&self, name: &str) -> Option<u32> {
        queue_length(&self.url, name)
    }

    /// The broker's description of a queue, as `GET /api/queues/vhost/name` has it. Figures in it are seconds old.
    ///
    /// # Panics
    /// When the broker does not answer.
    #[must_use]
    pub fn find_queue(&self, name: &str) -> Option<Value> {
        self.management.find_queue(name).unwrap()
    }

    /// Binds a queue of a consumer team's own to the exchange `signup.events`, for all routing keys that fit. The
    /// exchange is declared if it is missing.
    ///
    /// # Panics
    /// When the broker refuses or does not answer.
    pub fn bind(&self, queue: &str, routing_key: &str) {
        const EXCHANGE: &str = "signup.events";
        let vhost = self.vhost();
        let exchange = json!({ "type": "topic", "durable": true });
        self.manage(Method::PUT, &["exchanges", vhost, EXCHANGE], Some(exchange));
        let durable = json!({ "durable": true });
        self.manage(Method::PUT, &["queues", vhost, queue], Some(durable));
        let path = ["bindings", vhost, "e", EXCHANGE, "q", queue];
        let binding = json!({ "routing_key": routing_key });
        self.manage(Method::POST, &path, Some(binding));
    }

    /// Takes up to 1000 messages out of a queue, as the management API shows them: `payload` is the body as a text,
    /// `properties` holds `message_id`.
    ///
    /// # Panics
    /// When there is no such queue, or the broker does not answer.
    #[must_use]
    pub fn take(&self, queue: &str) -> Vec<Value> {
        let how = json!({ "count": 1000, "ackmode": "ack_requeue_false", "encoding": "auto" });
        let path = ["queues", self.vhost(), queue, "get"];
        let taken = self.manage(Method::POST, &path, Some(how));
        taken.unwrap().as_array().unwrap().clone()
    }

    /// Puts a message into a queue, past every exchange of ours, as a faulty program might.
    ///
    /// # Panics
    /// When there is no such queue, or the broker does not answer.
    pub fn put(&self, queue: &str, message_id: &str, body: &str) {
        let path = ["exchanges", self.vhost(), "amq.default", "publish"];
        let message = json!({
            "routing_key": queue,
            "payload": body,
            "payload_encoding": "string",
            "properties": { "message_id": message_id, "delivery_mode": 2 },
        });
        let put = self.manage(Method::POST, &path, Some(message));
        assert_eq!(put.unwrap()["routed"], true, "no queue {queue}");
    }

    /// Closes every connection to this virtual host, as an operator may.
    ///
    /// # Panics
    /// When the broker does not answer.
    pub fn close_connections(&self) {
        self.management.close_connections().unwrap();
    }

    /// Sends a request to `/api/<path>` of the management API; see its documentation at `/api/` of a broker. Returns
    /// the answer's JSON, `None` for 404.
    ///
    /// # Panics
    /// When the broker refuses or does not answer.
    pub fn manage(&self, method: Method, path: &[&str], body: Option<Value>) -> Option<Value> {
        self.management.request(method, path, body).unwrap()
    }

    /// The virtual host's name, for paths of [`Self::manage`].
    #[must_use]
    pub fn vhost(&self) -> &str {
        &self.management.vhost
    }
}

impl Drop for TestBroker {
    fn drop(&mut self) {
        if let Err(reason) = self.management.remove() {
            // A second panic would hide the test's own failure.
            eprintln!("a test's virtual host is left behind: {reason}");
        }
    }
}

/// A node of RabbitMQ that belongs to one test, which may crash it. It ends with this value.
///
/// It takes seconds to start: where a virtual host will do, use [`TestBroker`].
#[derive(Debug)]
pub struct PrivateBroker {
    // The order matters: the node ends before its folder goes.
    node: Option<Node>,
    folder: TempDir,
    url: String,
    management: Management,
}

impl PrivateBroker {
    /// Starts a node with `scripts/rabbitmq-node`.
    ///
    /// # Panics
    /// When RabbitMQ is not installed or the node does not start.
    #[must_use]
    pub fn start() -> Self {
        // Under /tmp whatever TMPDIR says: the node's user must be able to reach it.
        let folder = tempfile::Builder::new()
            .prefix("signup-rabbitmq.")
            .tempdir_in("/tmp")
            .unwrap();
        let node = Node::start(&folder);
        let read = |name| std::fs::read_to_string(folder.path().join(name)).unwrap();
        let api = Url::parse(read("api").trim()).unwrap();
        Self {
            url: read("amqp").trim().to_owned(),
            management: Management {
                user: api.username().to_owned(),
                vhost: "/".to_owned(),
                api,
            },
            node: Some(node),
            folder,
        }
    }

    /// Kills the node with SIGKILL: a crash. What it had written to its files is what is left.
    ///
    /// Seen with RabbitMQ 3.10.8: the quorum queue that was declared last, if that was less than a second before the
    /// crash or even a stop, comes back empty or does not answer; declare one that nobody needs behind it. Older ones
    /// keep even a message published right before the crash. Of some fifty classic queues two were gone after a crash
    /// within a second of the node's start: their entry is written again at each start, that of a quorum queue is not.
    ///
    /// # Panics
    /// When the node is not running.
    pub fn kill(&mut self) {
        let node = self.node.take().expect("a running node");
        let group = std::fs::read_to_string(self.folder.path().join("pid")).unwrap();
        signal("-KILL", &format!("-{}", group.trim()));
        drop(node);
    }

    /// Stops the node in good order, as for maintenance: clients are told.
    ///
    /// # Panics
    /// When the node is not running.
    pub fn stop(&mut self) {
        let mut node = self.node.take().expect("a running node");
        signal("-TERM", &node.0.id().to_string());
        node.0.wait().unwrap();
    }

    /// Starts the node again: the same data, ports, user and password.
    ///
    /// # Panics
    /// When the node is running, or does not start.
    pub fn restart(&mut self) {
        assert!(self.node.is_none(), "the node is running");
        self.node = Some(Node::start(&self.folder));
    }

    /// Where to connect: `amqp://user:password@host:port/%2f`. It stays the same.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What the node has written to its log since it was started, warnings and worse.
    ///
    /// # Panics
    /// When the log cannot be read.
    #[must_use]
    pub fn log(&self) -> String {
        let log = std::fs::read(self.folder.path().join("node.log")).unwrap();
        String::from_utf8_lossy(&log).into_owned()
    }

    /// How many messages a queue holds; see [`TestBroker::queue_length`].
    ///
    /// # Panics
    /// When the broker does not answer.
    #[must_use]
    pub fn queue_length(&self, name: &str) -> Option<u32> {
        queue_length(&self.url, name)
    }

    /// Sends a request to the management API; see [`TestBroker::manage`]. The virtual host is `/`.
    ///
    /// # Panics
    /// When the broker refuses or does not answer.
    pub fn manage(&self, method: Method, path: &[&str], body: Option<Value>) -> Option<Value> {
        self.management.request(method, path, body).unwrap()
    }
}

/// `scripts/rabbitmq-node` at work. It kills the node when its standard input ends, so the node ends with this value,
/// and even when the whole test process is killed.
#[derive(Debug)]
struct Node(Child);

impl Node {
    fn start(folder: &TempDir) -> Self {
        let complaints = folder.path().join("complaints");
        let mut script = Command::new(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../scripts/rabbitmq-node"
        ))
        .arg("run")
        .arg(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(File::create(&complaints).unwrap())
        .spawn()
        .unwrap();
        let mut line = String::new();
        BufReader::new(script.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        if line != "ready\n" {
            panic!("{}", std::fs::read_to_string(complaints).unwrap());
        }
        Self(script)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

fn signal(name: &str, process: &str) {
    let status = Command::new("kill")
        .args([name, "--", process])
        .status()
        .unwrap();
    assert!(status.success(), "kill {name} {process}: {status}");
}

fn queue_length(url: &str, name: &str) -> Option<u32> {
    let (url, name) = (url.to_owned(), name.to_owned());
    // On a thread of its own, because tests call this inside and outside of a runtime.
    std::thread::spawn(move || count_waiting(&url, &name))
        .join()
        .unwrap()
        .unwrap()
}

#[tokio::main(flavor = "current_thread")]
async fn count_waiting(url: &str, name: &str) -> lapin::Result<Option<u32>> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    // Passive: only a look (AMQP 0-9-1, queue.declare).
    let look = QueueDeclareOptions {
        passive: true,
        ..QueueDeclareOptions::default()
    };
    let count = match channel
        .queue_declare(name.into(), look, FieldTable::default())
        .await
    {
        Ok(queue) => Some(queue.message_count()),
        Err(error) => match error.kind() {
            ErrorKind::ProtocolError(refusal)
                if *refusal.kind() == AMQPErrorKind::Soft(AMQPSoftError::NOTFOUND) =>
            {
                None
            }
            _ => return Err(error),
        },
    };
    connection.close(200, "done".into()).await?;
    Ok(count)
}

fn broker_urls(broker: Option<String>, api: Option<String>) -> Result<(Url, Url), String> {
    let parse = |name: &str, value: Option<String>| {
        let value = value.filter(|value| !value.is_empty()).ok_or(format!(
            "this test needs RabbitMQ: run `make test` or `scripts/with-rabbitmq cargo test …`, or set \
             {BROKER_VARIABLE}=amqp://user:password@host:port/%2f and {API_VARIABLE}=http://user:password@host:port \
             ({name} is missing)"
        ))?;
        Url::parse(&value).map_err(|error| format!("{name}: {error}"))
    };
    Ok((parse(BROKER_VARIABLE, broker)?, parse(API_VARIABLE, api)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_broker_is_explained() {
        for missing in [None, Some(String::new())] {
            let reason = broker_urls(missing, None).unwrap_err();
            assert!(reason.contains("make test"), "{reason}");
            assert!(reason.contains("TEST_RABBITMQ_URL is missing"), "{reason}");
        }
    }

    #[test]
    fn a_broker_without_its_api_is_explained() {
        let reason = broker_urls(Some("amqp://localhost/%2f".into()), None).unwrap_err();
        assert!(reason.contains("TEST_RABBITMQ_API is missing"), "{reason}");
    }
}
