//! Asking until there is an answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use reqwest::RequestBuilder;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{Answer, Flow, Question, Word};
use crate::ledger::Ledger;
use crate::product::Program;

/// Longest wait for one reply. The services give up before (`http.request_deadline`).
const PATIENCE: Duration = Duration::from_secs(6);

/// First and longest pause between two tries.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// Where the services are, and how they are asked.
#[derive(Clone)]
pub struct Services {
    /// A client with connections that it keeps, as a server's has.
    pub http: reqwest::Client,
    /// The replicas of each service: `http://address:port`.
    pub replicas: BTreeMap<Program, Vec<String>>,
    /// Where every reply is written down.
    pub ledger: Arc<Ledger>,
}

impl Services {
    /// The services at these addresses.
    ///
    /// # Errors
    /// No HTTP client can be made.
    pub fn new(
        replicas: BTreeMap<Program, Vec<String>>,
        ledger: Arc<Ledger>,
    ) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()?;
        Ok(Self {
            http,
            replicas,
            ledger,
        })
    }

    /// Sends a request with an `Idempotency-Key` of its own, at one replica after the other, until an answer counts or
    /// the time is over.
    pub(super) async fn insist(
        &self,
        flow: Flow,
        question: Question,
        limit: Duration,
        request: impl Fn(&str) -> Option<RequestBuilder>,
    ) -> Option<Word> {
        let service = flow.service();
        let replicas = self.replicas.get(&service)?;
        let key = Uuid::new_v4().to_string();
        let end = Instant::now() + limit;
        let mut at = rand::random_range(0..replicas.len());
        let mut pause = PAUSES.0;
        while Instant::now() < end {
            let request = request(&replicas[at])?.header("idempotency-key", &key);
            match send(request).await {
                Ok(answer) => {
                    self.ledger.reply(service, answer.status);
                    match flow.read(question, &answer) {
                        Ok(Word::Later) => {}
                        Ok(word) => return Some(word),
                        Err(strange) => self.ledger.strange(service, &strange),
                    }
                }
                Err(_) => {
                    self.ledger.silence(service);
                    at = (at + 1) % replicas.len();
                }
            }
            sleep(pause.mul_f64(rand::random_range(0.5..1.0))).await;
            pause = (pause * 2).min(PAUSES.1);
        }
        None
    }
}

async fn send(request: RequestBuilder) -> reqwest::Result<Answer> {
    Answer::of(request.send().await?).await
}
