//! What limits on sending codes let through, seen from several processes on one database.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};
use signup_app::settings::Settings;
use signup_app::{App, CodeMessage, CodeRequest, SendCodeError};
use signup_core::application::{Application, Directory, ProviderSettings, Rules};
use signup_core::code::{Channel, LimitMode, LimitScope};
use signup_core::context::RequestContext;
use signup_core::time::{Clock, Timestamp};
use signup_testkit::{TestClock, TestDatabase};

/// The services of a test: processes on one database, with one clock.
struct Processes {
    apps: [Arc<App>; 2],
    clock: Arc<TestClock>,
}

impl Processes {
    async fn start(database: &TestDatabase, mode: LimitMode) -> Self {
        let clock = Arc::new(TestClock::default());
        let first = app(database, mode, &clock).await;
        let second = app(database, mode, &clock).await;
        Self {
            apps: [first, second],
            clock,
        }
    }

    /// Asks for a code, by one process or the other.
    async fn ask(&self, number: usize, who: &Asking<'_>) -> Result<(), SendCodeError> {
        let request = CodeRequest {
            application: who.application,
            channel: Channel::Sms,
            address: who.address.clone(),
            recipient: who.address.clone(),
            digits: 6,
            valid_for: Duration::from_secs(600),
            message: CodeMessage::Code,
            locale: "en".into(),
        };
        let context = RequestContext {
            request_id: format!("request-{number}"),
            trace_parent: None,
            client_ip: who.client,
            language: None,
            deadline: Instant::now() + Duration::from_secs(60),
        };
        let app = &self.apps[number % self.apps.len()];
        app.send_code(request, &context).await.map(drop)
    }

    /// All of these at once; what became of each.
    async fn ask_all(&self, asking: &[Asking<'_>]) -> Vec<Result<(), SendCodeError>> {
        let mut outcomes = Vec::new();
        // As many at a time as there are connections, so that none waits for one in vain.
        for (index, some) in asking.chunks(8).enumerate() {
            let at_once = some
                .iter()
                .enumerate()
                .map(|(number, who)| self.ask(index * 8 + number, who));
            outcomes.extend(join_all(at_once).await);
        }
        outcomes
    }

    async fn messages(&self) -> i64 {
        self.apps[0].store.backlog().await.unwrap().waiting
    }

    /// What was counted beyond limits: scope, country, how often.
    async fn hits(&self, mode: LimitMode) -> Vec<(String, Option<String>, u64)> {
        for app in &self.apps {
            app.write_records().await;
        }
        let since = Timestamp::from_millis(0);
        let hits = self.apps[0].store.limit_hits(since).await.unwrap();
        hits.into_iter()
            .map(|(hit, count)| {
                assert_eq!(hit.mode, mode);
                (
                    format!("{} {}", hit.application, hit.scope),
                    hit.country,
                    count,
                )
            })
            .collect()
    }
}

/// Somebody who asks for a code.
struct Asking<'a> {
    application: &'a Application,
    address: String,
    client: IpAddr,
}

async fn app(database: &TestDatabase, mode: LimitMode, clock: &Arc<TestClock>) -> Arc<App> {
    let environment = [
        ("SIGNUP__DATABASE__URL", database.url()),
        ("SIGNUP__DATABASE__POOL_WAIT", "30s"),
        ("SIGNUP__DATABASE__STATEMENT_TIMEOUT", "30s"),
        (
            "SIGNUP__SECRETS__KEYS",
            "test:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        ),
        ("SIGNUP__HASH__THREADS", "1"),
        ("SIGNUP__LIMITS__MODE", mode.as_str()),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let settings = Settings::load("", None, environment.into_iter()).unwrap();
    let clock: Arc<dyn Clock> = clock.clone();
    App::start_at(settings, &["acme"], clock).await.unwrap()
}

/// An application of the directory `people`.
fn application(id: &str, sending: &Value) -> Application {
    let settings = ProviderSettings::new(json!({}));
    let rules: Rules = serde_json::from_value(json!({"sending": sending})).unwrap();
    Application {
        provider: "acme".into(),
        id: id.into(),
        directory: Arc::new(Directory {
            provider: "acme".into(),
            id: "people".into(),
            settings: settings.clone(),
        }),
        name: id.into(),
        enabled: true,
        rules,
        settings,
    }
}

fn rules() -> Value {
    json!({
        "interval_seconds": 0,
        "per_address_per_day": 3,
        "per_ip_per_hour": 20,
        "sms_per_day": 26,
        "sms_per_country_per_day": {"86": 12, "1": 0, "*": 5},
    })
}

/// A number of a country, and a network of one's own (IPv4).
fn somebody<'a>(application: &'a Application, country: &str, number: u32) -> Asking<'a> {
    let [_, a, b, c] = number.to_be_bytes();
    Asking {
        application,
        address: format!("+{country}{:08}", 20_000_000 + number),
        client: IpAddr::from([10, a, b, c]),
    }
}

fn granted(outcomes: &[Result<(), SendCodeError>]) -> usize {
    outcomes.iter().filter(|outcome| outcome.is_ok()).count()
}

async fn mass_sending_costs_a_bounded_number_of_messages(database: TestDatabase) {
    let processes = Processes::start(&database, LimitMode::Enforce).await;
    let [shop, app] = ["shop", "app"].map(|id| application(id, &rules()));
    let both = |number: u32| {
        if number.is_multiple_of(3) {
            &shop
        } else {
            &app
        }
    };
    let mut sent = 0;

    // One number, asked for by many clients of both applications.
    let one_number: Vec<_> = (0..30)
        .map(|number| Asking {
            address: "+85220000001".into(),
            ..somebody(both(number), "852", number)
        })
        .collect();
    let got = granted(&processes.ask_all(&one_number).await);
    assert_eq!(got, 3, "an address gets what one application may send it");
    sent += got;
    processes.clock.advance(Duration::from_secs(24 * 60 * 60));

    // Many numbers, asked for from many addresses of one IPv6 subscriber.
    let one_client: Vec<_> = (0..60)
        .map(|number| Asking {
            client: format!("2001:db8:7:7::{number:x}").parse().unwrap(),
            ..somebody(
                both(number),
                if number % 2 == 0 { "86" } else { "44" },
                number,
            )
        })
        .collect();
    let got = granted(&processes.ask_all(&one_client).await);
    assert_eq!(got, 20, "a subscriber gets what one application may send");
    sent += got;
    processes.clock.advance(Duration::from_secs(24 * 60 * 60));

    // Many numbers and many clients.
    for (country, allowed) in [("1", 0), ("86", 12), ("44", 5), ("49", 0)] {
        let many: Vec<_> = (0..40)
            .map(|number| somebody(&shop, country, number))
            .collect();
        let got = granted(&processes.ask_all(&many).await);
        assert_eq!(got, allowed, "+{country} by one application");
        sent += got;
    }
    // Without country budgets the application's own one is left.
    let mut open = rules();
    open["sms_per_country_per_day"] = json!({});
    let open = application("open", &open);
    let many: Vec<_> = (0..60)
        .map(|number| somebody(&open, "33", number))
        .collect();
    let got = granted(&processes.ask_all(&many).await);
    assert_eq!(got, 26, "an application gets its budget");
    sent += got;

    assert_eq!(processes.messages().await, i64::try_from(sent).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn mass_sending_costs_a_bounded_number_of_messages_on_sqlite() {
    mass_sending_costs_a_bounded_number_of_messages(TestDatabase::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mass_sending_costs_a_bounded_number_of_messages_on_postgres() {
    mass_sending_costs_a_bounded_number_of_messages(TestDatabase::postgres()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_observed_is_what_would_have_been_refused() {
    let rules = json!({
        "interval_seconds": 0,
        "per_address_per_day": 2,
        "per_ip_per_hour": 7,
        "sms_per_day": 30,
        "sms_per_country_per_day": {"86": 4, "1": 0, "*": 12},
    });
    let [shop, app] = ["shop", "app"].map(|id| application(id, &rules));
    let asking: Vec<_> = (0..150_u32)
        .map(|number| {
            let application = if number % 2 == 0 { &shop } else { &app };
            let country = ["86", "1", "44", "49"][number as usize / 2 % 4];
            let mut asking = somebody(application, country, number % 7);
            if number.is_multiple_of(5) {
                asking.client = IpAddr::from([10, 0, 0, 1]);
            }
            asking
        })
        .collect();
    let mut hits = Vec::new();
    for mode in [LimitMode::Enforce, LimitMode::Observe] {
        let database = TestDatabase::sqlite();
        let processes = Processes::start(&database, mode).await;
        let mut refused = 0;
        for (number, who) in asking.iter().enumerate() {
            refused += usize::from(processes.ask(number, who).await.is_err());
        }
        assert_eq!(
            refused == 0,
            mode == LimitMode::Observe,
            "{refused} refused"
        );
        let counted = processes.hits(mode).await;
        if mode == LimitMode::Enforce {
            let sum: u64 = counted.iter().map(|(.., count)| count).sum();
            assert_eq!(sum, refused as u64);
        } else {
            assert_eq!(processes.messages().await, 150);
        }
        hits.push(counted);
    }
    assert_eq!(hits[0], hits[1]);
    for scope in ["client", "address_day", "country"] {
        let is_met = hits[0].iter().any(|(limit, ..)| limit.ends_with(scope));
        assert!(
            is_met,
            "the sequence meets no limit of the {scope}: {hits:?}"
        );
    }
}

#[tokio::test]
async fn a_country_without_a_budget_is_refused_as_such() {
    let database = TestDatabase::sqlite();
    let processes = Processes::start(&database, LimitMode::Enforce).await;
    let shop = application("shop", &rules());
    let refusal = processes
        .ask(0, &somebody(&shop, "1", 7))
        .await
        .unwrap_err();
    let SendCodeError::Limited { scope, .. } = refusal else {
        panic!("{refusal:?}");
    };
    assert_eq!(scope, LimitScope::Country("1".into()));
}
