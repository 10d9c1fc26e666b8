use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use signup_notify::webhook::{Answer, Call, Caller, Lookup, SigningSecret, SystemLookup};

use crate::fixture::Shop;
use crate::receiver::{Receiver, Told};
use crate::webhooks::subscribe;

/// Answers with one list after the other, as a name server does that wants to get somewhere.
struct Rebinding(Mutex<VecDeque<Vec<&'static str>>>);

impl Rebinding {
    fn new(answers: impl IntoIterator<Item = Vec<&'static str>>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(answers.into_iter().collect())))
    }
}

#[async_trait]
impl Lookup for Rebinding {
    async fn lookup(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let answer = self.0.lock().unwrap().pop_front().unwrap();
        Ok(answer.into_iter().map(|ip| ip.parse().unwrap()).collect())
    }
}

/// In these tests 127.0.0.1 may be called; the receiver would hear calls to 127.0.0.2 as well.
#[tokio::test]
async fn a_name_that_leads_to_another_address_later_is_not_followed_there() {
    let shop = Shop::open().await;
    let receiver = Receiver::start();
    let url = format!("http://rebinding.example.com:{}/hook", receiver.port);
    let (webhook, _) = subscribe(&shop.app, &url).await;
    receiver.always(Told::Status(500));
    let lookup = Rebinding::new([
        vec!["127.0.0.1"],
        vec!["127.0.0.2"],
        vec!["::1", "10.0.0.1", "169.254.169.254"],
        vec!["127.0.0.2", "127.0.0.1"],
    ]);
    let dispatcher = shop.dispatcher_with(lookup);
    shop.sign_up_one().await;

    for (calls, problem) in [
        (1, "answered 500"),
        (1, "127.0.0.2 is not public"),
        (1, "::1 is not public"),
        // Of several addresses, those that may be called are.
        (2, "answered 500"),
    ] {
        assert_eq!(dispatcher.step().await.unwrap(), 1);
        let delivery = shop.deliveries(&webhook).await.remove(0);
        let found = delivery.last_problem.unwrap();
        assert!(found.contains(problem), "{found}");
        assert_eq!(receiver.received().len(), calls);
        shop.clock.advance(Duration::from_secs(3600));
    }
}

#[tokio::test]
async fn without_a_setting_no_address_of_this_machine_is_called() {
    let shop = Shop::open().await;
    let receiver = Receiver::start();
    let mut settings = shop.app.settings.webhooks.clone();
    settings.allow_networks.clear();
    let caller = Caller::new(&settings, Arc::new(SystemLookup)).unwrap();
    let secrets = [SigningSecret::generate().unwrap()];

    for host in [
        "127.0.0.1",
        "[::1]",
        "2130706433",
        "[::ffff:127.0.0.1]",
        "localhost",
    ] {
        let call = Call {
            url: &format!("http://{host}:{}/hook", receiver.port),
            id: "test",
            secrets: &secrets,
            body: "{}",
            time: shop.app.clock.now(),
        };
        let answer = caller.call(call).await;
        assert!(
            matches!(&answer, Answer::NotPermitted(_)),
            "{host}: {answer:?}"
        );
    }
    assert!(receiver.received().is_empty());
}
