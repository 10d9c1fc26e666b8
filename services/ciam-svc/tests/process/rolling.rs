//! A rolling update, as Kubernetes does it: new processes come, old ones are told to stop, people sign up all the time.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use signup_core::credential::CredentialKind;
use signup_testkit::{TestProcess, TestService, eventually};

use crate::haproxy::Haproxy;
use crate::start_beside;

/// Processes at a time.
const REPLICAS: usize = 2;

/// People at a time.
const PEOPLE: usize = 8;

/// Sign-ups between two changes, so that each finds connections in use.
const BETWEEN: usize = 100;

/// People who sign up over a kept connection, one after the other, until they are told to stop.
#[derive(Clone, Default)]
struct Crowd {
    is_over: Arc<AtomicBool>,
    done: Arc<AtomicUsize>,
    failed: Arc<Mutex<Vec<String>>>,
}

impl Crowd {
    async fn sign_up(self, url: String, secret: String, number: usize) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        for turn in 0.. {
            if self.is_over.load(Ordering::Relaxed) {
                return;
            }
            let name = format!("person_{number}_{turn}");
            let request = client
                .post(&url)
                .basic_auth("names", Some(&secret))
                // Each comes from somewhere else: nobody tries too often.
                .header(
                    "x-forwarded-for",
                    format!("10.{number}.{}.{}", turn / 256, turn % 256),
                )
                .json(&json!({ "username": name }));
            match request.send().await {
                Ok(reply) if reply.status() == 200 => {
                    self.done.fetch_add(1, Ordering::Relaxed);
                }
                Ok(reply) => self.fail(format!("{name}: {}", reply.status())),
                Err(error) => self.fail(format!("{name}: {error:?}")),
            }
        }
    }

    fn fail(&self, problem: String) {
        self.failed.lock().unwrap().push(problem);
    }

    async fn wait_for_more(&self) {
        let before = self.done.load(Ordering::Relaxed);
        eventually(Duration::from_secs(30), || async {
            let more = self.done.load(Ordering::Relaxed) - before;
            let failed = self.failed.lock().unwrap();
            (more >= BETWEEN || !failed.is_empty())
                .then_some(())
                .ok_or_else(|| format!("only {more} signed up"))
        })
        .await;
    }
}

async fn start(beside: &TestService) -> TestProcess {
    let mut environment = beside.environment();
    for (name, value) in [("SHUTDOWN_DELAY", "1s"), ("TRUSTED_PROXIES", "127.0.0.1")] {
        environment.insert(format!("SIGNUP__HTTP__{name}"), value.to_owned());
    }
    TestProcess::start(env!("CARGO_BIN_EXE_ciam-svc"), &environment).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_update_fails_no_request() {
    let beside = start_beside().await;
    let secret = beside.secret(CredentialKind::ClientSecret, "names");
    let proxy = Haproxy::start(REPLICAS * 2).await;
    let mut old = Vec::new();
    for place in 1..=REPLICAS {
        let process = start(&beside).await;
        proxy.add(place, &process.url("")).await;
        old.push(process);
    }
    let crowd = Crowd::default();
    let people: Vec<_> = (0..PEOPLE)
        .map(|number| {
            let url = proxy.url("/signup");
            tokio::spawn(crowd.clone().sign_up(url, secret.clone(), number))
        })
        .collect();

    let mut new = Vec::new();
    for (place, process) in old.iter().enumerate() {
        crowd.wait_for_more().await;
        let next = start(&beside).await;
        proxy.add(REPLICAS + 1 + place, &next.url("")).await;
        process.terminate();
        assert_eq!(process.ended().await, Some(0));
        new.push(next);
    }
    crowd.wait_for_more().await;
    crowd.is_over.store(true, Ordering::Relaxed);
    for person in people {
        person.await.unwrap();
    }

    let failed = crowd.failed.lock().unwrap().clone();
    let first = &failed[..failed.len().min(5)];
    assert!(failed.is_empty(), "{} failed: {first:#?}", failed.len());
    let done = crowd.done.load(Ordering::Relaxed);
    assert_eq!(beside.user_count().await, i64::try_from(done).unwrap());
    for process in &new {
        assert!(
            process.log().contains("\"event\":\"sign_up.ended\""),
            "it had nothing to do"
        );
    }
}
