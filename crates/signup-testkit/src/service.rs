//! A provider's service as its clients meet it: real HTTP on a free port, a real database, and a worker in the same
//! process, unless the settings say otherwise.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use signup_app::declare::{DeclarationError, Declared};
use signup_app::settings::Settings;
use signup_app::shutdown::Shutdown;
use signup_app::{App, apply, background};
use signup_core::code::Channel;
use signup_core::credential::CredentialKind;
use signup_core::time::{Clock, SystemClock};
use signup_http::{Provider, Stop};
use signup_notify::{Inbox, Message};
use tokio::sync::oneshot;

use crate::{TestClock, TestDatabase, contract, eventually};

/// How long a test waits for the worker or a server before it fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// A provider's reader of declaration files.
pub type ReadDeclarations = fn(&Path, &str) -> Result<Declared, DeclarationError>;

/// What is to be started.
#[derive(Clone)]
pub struct TestServiceBuilder {
    provider: &'static Provider,
    read: ReadDeclarations,
    settings: HashMap<String, String>,
    shared: Shared,
}

/// What servers beside each other have in common.
#[derive(Clone)]
struct Shared {
    database: Arc<TestDatabase>,
    clock: Arc<TestClock>,
    secrets: Arc<Mutex<HashMap<(CredentialKind, String), String>>>,
    inboxes: Arc<Mutex<Vec<Inbox>>>,
}

/// A running service. It stops when this value is dropped.
pub struct TestService {
    /// What the service itself works with, for looking behind the curtain.
    pub app: Arc<App>,
    /// A client without redirects and with a bounded wait.
    pub http: reqwest::Client,
    /// The service's clock.
    pub clock: Arc<TestClock>,
    base: String,
    metrics: String,
    builder: TestServiceBuilder,
    shutdown: Shutdown,
    thread: Option<JoinHandle<()>>,
}

impl TestService {
    /// Starts a service on a fresh SQLite database with these declarations.
    pub async fn start(
        provider: &'static Provider,
        read: ReadDeclarations,
        declarations: &str,
    ) -> Self {
        Self::start_on(TestDatabase::sqlite(), provider, read, declarations).await
    }

    /// Starts a service on this database with these declarations.
    pub async fn start_on(
        database: TestDatabase,
        provider: &'static Provider,
        read: ReadDeclarations,
        declarations: &str,
    ) -> Self {
        Self::builder(database, provider, read)
            .start(declarations)
            .await
    }

    /// A service that is to be started with other settings.
    pub fn builder(
        database: TestDatabase,
        provider: &'static Provider,
        read: ReadDeclarations,
    ) -> TestServiceBuilder {
        TestServiceBuilder {
            provider,
            read,
            settings: HashMap::new(),
            shared: Shared {
                database: Arc::new(database),
                clock: Arc::default(),
                secrets: Arc::default(),
                inboxes: Arc::default(),
            },
        }
    }

    /// Starts another server on the same database, as a second process would.
    pub async fn start_beside(other: &Self) -> Self {
        other.builder.clone().start("").await
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// The database, for looking at what no API shows.
    pub fn database(&self) -> &TestDatabase {
        &self.builder.shared.database
    }

    /// What `/metrics` shows.
    pub async fn metrics(&self) -> String {
        let response = self.http.get(&self.metrics).send().await.unwrap();
        response.text().await.unwrap()
    }

    /// The settings that this service was started with, as the environment of a process that works beside it: the same
    /// database, keys and bus.
    pub fn environment(&self) -> HashMap<String, String> {
        self.builder.environment().collect()
    }

    /// The secret that was made for a declared credential.
    pub fn secret(&self, kind: CredentialKind, id: &str) -> String {
        let secrets = self.builder.shared.secrets.lock().unwrap();
        secrets
            .get(&(kind, id.to_owned()))
            .unwrap_or_else(|| panic!("no {kind} `{id}` is declared"))
            .clone()
    }

    /// Applies further declarations and waits until the service works with them.
    pub async fn apply(&self, declarations: &str) {
        self.builder.apply(&self.app, declarations).await;
    }

    /// Every message that the workers have sent, the newest first.
    pub fn messages(&self) -> Vec<Message> {
        let inboxes = self.builder.shared.inboxes.lock().unwrap();
        let mut messages: Vec<_> = inboxes.iter().flat_map(Inbox::newest_first).collect();
        messages.sort_by(|a, b| b.event_id.cmp(&a.event_id));
        messages
    }

    /// Waits for the newest message to an address and returns it. Everything that was asked for before is out by then.
    pub async fn message(&self, channel: Channel, address: &str) -> Message {
        self.drained().await;
        self.messages()
            .into_iter()
            .find(|message| message.channel == channel && message.address == address)
            .unwrap_or_else(|| panic!("no message to {address}: {:?}", self.messages()))
    }

    /// The code in the newest message to an address.
    pub async fn code(&self, channel: Channel, address: &str) -> String {
        let message = self.message(channel, address).await;
        message.code.expect("a message with a code")
    }

    /// Waits until every event in the outbox was published, that is, handled by the worker.
    pub async fn drained(&self) {
        eventually(PATIENCE, || async {
            match self.app.store.backlog().await {
                Ok(backlog) if backlog.waiting == 0 => Ok(()),
                Ok(backlog) => Err(format!("{} events wait in the outbox", backlog.waiting)),
                Err(error) => Err(error.to_string()),
            }
        })
        .await;
    }

    /// How many users there are.
    pub async fn user_count(&self) -> i64 {
        self.app.store.count_users().await.unwrap()
    }

    /// Envelopes of all events, the newest first. Each of them keeps to the published schemas.
    pub async fn events(&self) -> Vec<Value> {
        let envelopes = self.app.store.recent_envelopes(10_000).await.unwrap();
        let events: Vec<Value> = envelopes
            .iter()
            .map(|envelope| serde_json::from_str(envelope).unwrap())
            .collect();
        events.iter().for_each(contract::assert_keeps);
        events
    }

    /// Envelopes of this type, the newest first.
    pub async fn events_of(&self, event_type: &str) -> Vec<Value> {
        let mut events = self.events().await;
        events.retain(|event| event["type"] == event_type);
        events
    }

    /// Takes the database away: PostgreSQL refuses every connection, SQLite every write.
    pub fn break_database(&self) -> BrokenDatabase {
        BrokenDatabase(self.builder.shared.database.deny())
    }
}

/// The database stays out of reach as long as this value lives.
pub struct BrokenDatabase(
    #[expect(dead_code, reason = "held for its Drop")] crate::postgres::Denied,
);

impl Drop for TestService {
    fn drop(&mut self) {
        self.shutdown.trigger();
        if let Some(thread) = self.thread.take() {
            // A panic in the service's thread has been printed; a second one here would hide the test's own.
            let _ = thread.join();
        }
    }
}

impl TestServiceBuilder {
    /// Sets `section.key` of the service's settings.
    #[must_use]
    pub fn setting(mut self, key: &str, value: &str) -> Self {
        self.settings.insert(key.to_owned(), value.to_owned());
        self
    }

    /// Lets the service's clock go on by itself, as those of real workers beside it do.
    #[must_use]
    pub fn with_running_clock(mut self) -> Self {
        self.shared.clock = Arc::new(TestClock::running());
        self
    }

    /// Starts the service with these declarations; an empty text declares nothing.
    pub async fn start(self, declarations: &str) -> TestService {
        let shutdown = Shutdown::new();
        let (started, ready) = oneshot::channel();
        let thread = std::thread::spawn({
            let (builder, shutdown) = (self.clone(), shutdown.clone());
            move || builder.run(shutdown, started)
        });
        let (app, base, metrics) = ready.await.expect("the service starts");
        if !declarations.is_empty() {
            self.apply(&app, declarations).await;
        }
        TestService {
            app,
            http: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .timeout(PATIENCE)
                .build()
                .unwrap(),
            clock: Arc::clone(&self.shared.clock),
            base,
            metrics,
            builder: self,
            shutdown,
            thread: Some(thread),
        }
    }

    /// The service's whole life, on a thread and a runtime of its own, as in its own process.
    fn run(self, shutdown: Shutdown, started: oneshot::Sender<(Arc<App>, String, String)>) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let providers = vec![self.provider.name].leak();
            let clock: Arc<dyn Clock> = self.shared.clock.clone();
            let app = App::start_at(self.load_settings(), providers, clock)
                .await
                .unwrap();
            let stop = self.start_events(&app);
            let tasks = background::start(&app, &shutdown);
            let [listener, metrics] =
                [0, 0].map(|port| signup_http::bind(([127, 0, 0, 1], port).into()).unwrap());
            let [base, metrics_url] = [(&listener, ""), (&metrics, "/metrics")]
                .map(|(on, path)| format!("http://{}{path}", on.local_addr().unwrap()));
            let _ = started.send((Arc::clone(&app), base, metrics_url));
            signup_http::serve(app, self.provider, listener, Some(metrics), shutdown)
                .await
                .unwrap();
            stop.await;
            for task in tasks {
                task.await.unwrap();
            }
        });
    }

    /// What the service's own `main` would start; messages that it would show are kept for the test.
    fn start_events(&self, app: &Arc<App>) -> Stop {
        if !app.settings.shows_messages() {
            return signup_http::start_events(app, self.provider.binary);
        }
        let embedded = signup_notify::start_embedded(app, false);
        let mut inboxes = self.shared.inboxes.lock().unwrap();
        inboxes.push(embedded.inbox.clone());
        Box::pin(embedded.stop())
    }

    fn load_settings(&self) -> Settings {
        Settings::load(self.provider.defaults, None, self.environment())
            .unwrap_or_else(|error| panic!("{error}"))
    }

    fn environment(&self) -> impl Iterator<Item = (String, String)> {
        let mut settings: HashMap<String, String> = [
            ("database.url", self.shared.database.url()),
            ("database.pool_size", "4"),
            (
                "secrets.keys",
                "test:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
            ),
            ("hash.allow_test_cost", "true"),
            ("hash.cost", "4"),
            ("hash.threads", "2"),
            // Tests leave no core idle, and hashes would come last.
            ("hash.nice", "0"),
            ("http.workers", "1"),
            ("http.shutdown_grace", "5s"),
            ("bus.local_messages", "on"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
        settings.extend(self.settings.clone());
        settings.into_iter().map(|(key, value)| {
            let name = key.to_uppercase().replace('.', "__");
            (format!("SIGNUP__{name}"), value)
        })
    }

    fn keep(&self, secrets: Vec<apply::NewSecret>) {
        let mut kept = self.shared.secrets.lock().unwrap();
        for new in secrets {
            let mut name = new.name.splitn(3, '/').skip(1);
            let kind = name.next().unwrap().parse().unwrap();
            let id = name.next().unwrap().to_owned();
            kept.insert((kind, id), new.secret.expose().clone());
        }
    }

    async fn apply(&self, app: &App, declarations: &str) {
        let declared = (self.read)(Path::new("test.toml"), declarations)
            .unwrap_or_else(|error| panic!("{error}"));
        let stored = app.store.declarations().await.unwrap();
        let now = SystemClock.now();
        let plan = apply::plan(&app.store, &stored, &[declared], &app.keys, now)
            .await
            .unwrap();
        app.store.change_declarations(plan.changes).await.unwrap();
        self.keep(plan.secrets);
        app.catalog.refresh(&app.store, &app.keys).await.unwrap();
    }
}
