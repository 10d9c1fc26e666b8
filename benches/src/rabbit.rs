//! A RabbitMQ node of the run's own, and queues on it that the benchmark looks into.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, bail};
use base64::Engine as _;
use lapin::options::{
    ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions, QueuePurgeOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, Connection, ConnectionProperties, ExchangeKind};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::service::{exchange, root_file};

/// The exchange of all events: `schemas/asyncapi.yaml`.
const EXCHANGE: &str = "signup.events";

/// What the script sets for the small nodes of tests goes back to RabbitMQ's own defaults: when publishers are blocked,
/// and how much the quorum queues' log collects before it begins a new file.
const SETTINGS: &str = "[{rabbit, [{vm_memory_high_watermark, 0.4}, {disk_free_limit, 50000000}]},
 {ra, [{wal_max_size_bytes, 536870912}]}].\n";

/// The node. It ends with this value, and its data with it.
pub struct Broker {
    // The order matters: our connection ends first, then the node, then its folder.
    connection: Option<Client>,
    script: Child,
    folder: TempDir,
}

/// The benchmark's own connection.
struct Client {
    runtime: Runtime,
    channel: Channel,
    _connection: Connection,
}

impl Broker {
    /// Starts a node with `scripts/rabbitmq-node`; complaints go to a file.
    ///
    /// # Errors
    /// RabbitMQ is missing or does not start; where the reason is.
    pub fn start(log: &Path) -> anyhow::Result<Self> {
        // Where the node's user can reach it.
        let folder = tempfile::Builder::new()
            .prefix("signup-bench-rabbitmq.")
            .tempdir_in("/tmp")?;
        let settings = folder.path().join("defaults.config");
        std::fs::write(&settings, SETTINGS)?;
        let cores = std::thread::available_parallelism()?;
        let script = Command::new(root_file("scripts/rabbitmq-node"))
            .arg("run")
            .arg(folder.path())
            .env("RABBITMQ_ADVANCED_CONFIG_FILE", settings)
            // The script's node has two schedulers; this one may use the whole machine, as RabbitMQ does by default.
            .env("ERL_FLAGS", format!("+S {cores}:{cores}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(log)?)
            .spawn()
            .context("scripts/rabbitmq-node does not start")?;
        let mut broker = Self {
            connection: None,
            script,
            folder,
        };
        let mut line = String::new();
        let output = broker.script.stdout.as_mut();
        BufReader::new(output.context("the node's script has no output")?).read_line(&mut line)?;
        if line.trim() != "ready" {
            bail!("RabbitMQ does not start, see {}", log.display());
        }
        broker.connection = Some(Client::connect(&broker.url()?)?);
        Ok(broker)
    }

    /// As the services' settings take it: `amqp://user:password@127.0.0.1:port/%2f`.
    ///
    /// # Errors
    /// The node has written none.
    pub fn url(&self) -> anyhow::Result<String> {
        self.written("amqp")
    }

    /// RabbitMQ's version, such as `3.10.8`.
    ///
    /// # Errors
    /// The management plugin does not answer.
    pub fn version(&self) -> anyhow::Result<String> {
        let api = self.written("api")?;
        let rest = api.strip_prefix("http://").unwrap_or(&api);
        let (credentials, address) = rest.split_once('@').context("an API without a user")?;
        let address: SocketAddr = address.parse()?;
        let basic = base64::engine::general_purpose::STANDARD.encode(credentials);
        let request = format!(
            "GET /api/overview HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {basic}\r\n\r\n"
        );
        let (_, body) = exchange(address, request.as_bytes())?;
        let overview: serde_json::Value = serde_json::from_str(&body)?;
        let version = overview["rabbitmq_version"].as_str();
        Ok(version.context("the node has no version")?.to_owned())
    }

    /// Binds a quorum queue to the exchange of all events, as a team that wants to know of them does.
    ///
    /// # Errors
    /// The broker refuses.
    pub fn bind(&self, queue: &str, routing_key: &str) -> anyhow::Result<()> {
        let Client {
            runtime, channel, ..
        } = self.client()?;
        let mut quorum = FieldTable::default();
        let kind = AMQPValue::LongString("quorum".into());
        quorum.insert("x-queue-type".into(), kind);
        let durable = ExchangeDeclareOptions {
            durable: true,
            ..ExchangeDeclareOptions::default()
        };
        let (none, topic) = (FieldTable::default(), ExchangeKind::Topic);
        runtime.block_on(async {
            channel
                .exchange_declare(EXCHANGE.into(), topic, durable, none.clone())
                .await?;
            let options = QueueDeclareOptions::durable();
            channel.queue_declare(queue.into(), options, quorum).await?;
            let options = QueueBindOptions::default();
            channel
                .queue_bind(
                    queue.into(),
                    EXCHANGE.into(),
                    routing_key.into(),
                    options,
                    none,
                )
                .await?;
            Ok(())
        })
    }

    /// How many messages a queue holds that nobody has in hand. The queue itself is asked.
    ///
    /// # Errors
    /// There is no such queue.
    pub fn count(&self, queue: &str) -> anyhow::Result<u64> {
        let Client {
            runtime, channel, ..
        } = self.client()?;
        // Passive: only a look (AMQP 0-9-1, queue.declare).
        let look = QueueDeclareOptions {
            passive: true,
            ..QueueDeclareOptions::default()
        };
        let asked = channel.queue_declare(queue.into(), look, FieldTable::default());
        Ok(runtime.block_on(asked)?.message_count().into())
    }

    /// Empties a queue.
    ///
    /// # Errors
    /// There is no such queue.
    pub fn empty(&self, queue: &str) -> anyhow::Result<()> {
        let Client {
            runtime, channel, ..
        } = self.client()?;
        runtime.block_on(channel.queue_purge(queue.into(), QueuePurgeOptions::default()))?;
        Ok(())
    }

    fn client(&self) -> anyhow::Result<&Client> {
        self.connection.as_ref().context("no connection")
    }

    fn written(&self, name: &str) -> anyhow::Result<String> {
        let text = std::fs::read_to_string(self.folder.path().join(name))?;
        Ok(text.trim().to_owned())
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.connection = None;
        // The script kills the node when its input ends, and this is also how it notices that we were killed.
        drop(self.script.stdin.take());
        let _ = self.script.wait();
    }
}

impl Client {
    fn connect(url: &str) -> anyhow::Result<Self> {
        // A thread of its own keeps the connection alive while nobody asks.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let (connection, channel) = runtime.block_on(async {
            let connection = Connection::connect(url, ConnectionProperties::default()).await?;
            let channel = connection.create_channel().await?;
            Ok::<_, lapin::Error>((connection, channel))
        })?;
        Ok(Self {
            runtime,
            channel,
            _connection: connection,
        })
    }
}
