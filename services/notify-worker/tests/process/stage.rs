//! Everything that a code passes on its way, and people who ask for one.

use std::collections::HashMap;
use std::time::Duration;

use ciam_svc::{PROVIDER, declarations};
use serde_json::{Value, json};
use signup_core::credential::CredentialKind;
use signup_testkit::deliveries::DeliveryRecord;
use signup_testkit::mail::ReceivedMail;
use signup_testkit::{
    TestBroker, TestDatabase, TestMailServer, TestProcess, TestService, eventually,
};

pub const PATIENCE: Duration = Duration::from_secs(30);
pub const CODES: &str = "signup.notify.codes";
pub const DEAD: &str = "signup.notify.dead";

/// A service on PostgreSQL and a mail server; workers are started by the tests.
pub struct Stage {
    pub service: TestService,
    pub mail: TestMailServer,
}

impl Stage {
    /// A service that relays its events to this broker.
    pub async fn start(broker: &TestBroker) -> Self {
        Self::with(&[("bus.url", broker.url())]).await
    }

    /// A service with these settings.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        let builder = TestService::builder(TestDatabase::postgres(), &PROVIDER, declarations);
        let builder = settings
            .iter()
            .fold(builder, |builder, (key, value)| builder.setting(key, value));
        let service = builder.with_running_clock();
        Self {
            service: service.start(include_str!("declarations.toml")).await,
            mail: TestMailServer::start(),
        }
    }

    /// What a worker needs to know: the service's settings and the mail server.
    pub fn environment(&self) -> HashMap<String, String> {
        let mut environment = self.service.environment();
        let port = self.mail.port().to_string();
        for (key, value) in [
            ("SIGNUP__WORKER__EMAIL", "mail"),
            ("SIGNUP__CHANNEL__MAIL__KIND", "smtp"),
            ("SIGNUP__CHANNEL__MAIL__HOST", "127.0.0.1"),
            ("SIGNUP__CHANNEL__MAIL__PORT", &port),
            ("SIGNUP__CHANNEL__MAIL__TLS", "none"),
            ("SIGNUP__CHANNEL__MAIL__FROM", "no-reply@example.com"),
        ] {
            environment.insert(key.to_owned(), value.to_owned());
        }
        environment
    }

    pub async fn worker(&self) -> TestProcess {
        start_worker(&self.environment()).await
    }

    /// Asks for a code and returns the token that belongs to it.
    pub async fn ask(&self, address: &str) -> String {
        self.ask_with(address, &[]).await
    }

    /// The same in a request with these headers.
    pub async fn ask_with(&self, address: &str, headers: &[(&str, &str)]) -> String {
        let body = json!({"usage": "signup", "email": address});
        let answer = self.post("mails", "/otp/send", &body, headers).await;
        answer["otp_token"].as_str().unwrap().to_owned()
    }

    /// Signs up with a code that came by mail.
    pub async fn sign_up(&self, address: &str, token: &str, code: &str) {
        let body = json!({"email": address, "email_otp_token": token, "email_otp": code});
        self.post("mails", "/signup", &body, &[]).await;
    }

    /// Signs up without a code.
    pub async fn sign_up_as(&self, username: &str) {
        let body = json!({"username": username, "password": "correct horse"});
        self.post("names", "/signup", &body, &[]).await;
    }

    async fn post(
        &self,
        client: &str,
        path: &str,
        body: &Value,
        headers: &[(&str, &str)],
    ) -> Value {
        let secret = self.service.secret(CredentialKind::ClientSecret, client);
        let request = self.service.http.post(self.service.url(path));
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        let response = request
            .basic_auth(client, Some(secret))
            .json(body)
            .send()
            .await
            .unwrap();
        let (status, text) = (response.status(), response.text().await.unwrap());
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Waits for the oldest mail to this address.
    pub async fn mail_to(&self, address: &str) -> ReceivedMail {
        self.mail.wait_for(|mail| is_to(mail, address)).await
    }

    /// How many mails to this address were taken.
    pub fn count_to(&self, address: &str) -> usize {
        let mails = self.mail.messages();
        mails.iter().filter(|mail| is_to(mail, address)).count()
    }

    pub fn deliveries(&self) -> Vec<DeliveryRecord> {
        self.service.database().deliveries()
    }

    /// Waits until so many deliveries are in this state, and returns them.
    pub async fn until_recorded(&self, state: &str, count: usize) -> Vec<DeliveryRecord> {
        eventually(PATIENCE, || async {
            let all = self.deliveries();
            let found: Vec<_> = all
                .iter()
                .filter(|one| one.state == state)
                .cloned()
                .collect();
            if found.len() == count {
                Ok(found)
            } else {
                Err(format!("{} of {count} are {state}: {all:?}", found.len()))
            }
        })
        .await
    }
}

/// Starts the built worker.
pub async fn start_worker(environment: &HashMap<String, String>) -> TestProcess {
    TestProcess::start(env!("CARGO_BIN_EXE_notify-worker"), environment).await
}

fn is_to(mail: &ReceivedMail, address: &str) -> bool {
    mail.envelope.recipients == [address]
}

/// The code in a mail: its first number of six digits.
pub fn code_in(mail: &ReceivedMail) -> String {
    let text = mail.text().unwrap();
    let mut numbers = text.split(|letter: char| !letter.is_ascii_digit());
    numbers
        .find(|number| number.len() == 6)
        .unwrap_or_else(|| panic!("{text}"))
        .to_owned()
}

/// The value of a metric, labels included in its name; 0 if it is not shown.
pub fn value_of(metrics: &str, name: &str) -> f64 {
    let mut lines = metrics.lines();
    lines
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
        .unwrap_or_default()
}

/// Waits until a queue holds so many messages.
pub async fn until_length(broker: &TestBroker, queue: &str, length: u32) {
    eventually(PATIENCE, || async {
        match broker.queue_length(queue) {
            Some(found) if found == length => Ok(()),
            found => Err(format!("{queue} holds {found:?}, not {length}")),
        }
    })
    .await;
}
