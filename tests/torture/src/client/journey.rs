//! From the wish to sign up to its end.

use std::sync::Arc;
use std::time::Duration;

use super::{Flow, Proof, Question, Services, Word};
use crate::ledger::{Fate, Ledger};
use crate::mailbox::Mailbox;
use crate::product::Access;

/// Longest time for one request with all its repetitions.
const INSIST: Duration = Duration::from_secs(90);

/// How long somebody looks for the mail before asking for another code. An event that a killed relay had claimed waits
/// for the end of its lease (`bus.lease`, 30 seconds).
const LOOK: Duration = Duration::from_secs(45);

/// How often somebody asks for a code.
const ASKS: usize = 5;

/// Everything that a client needs.
#[derive(Clone)]
pub struct Client {
    /// Where the services are.
    pub services: Services,
    /// What it proves itself with.
    pub access: Arc<Access>,
    /// Where its codes arrive.
    pub mailbox: Arc<Mailbox>,
}

impl Client {
    fn ledger(&self) -> &Ledger {
        &self.services.ledger
    }

    /// Signs somebody up and writes down what came of it.
    pub async fn sign_up(&self, flow: Flow, identifier: &str) {
        let person = self.ledger().begin(flow, identifier);
        let fate = if flow.by_mail() {
            self.by_mail(flow, identifier, person).await
        } else {
            sign_up_by_name(self, flow, identifier, person).await
        };
        self.ledger().settle(person, fate);
    }

    async fn by_mail(&self, flow: Flow, address: &str, person: usize) -> Fate {
        let mut newest = String::new();
        for _ in 0..ASKS {
            let token = match ask_for_code(self, flow, address).await {
                Some(Word::Done(token)) => token,
                Some(Word::No(word)) => return Fate::Refused(word),
                Some(Word::WrongCode | Word::Later) | None => return Fate::NoCode,
            };
            // An older code's mail may come first.
            while let Some((event, code)) = self.mailbox.wait_for_code(address, &newest, LOOK).await
            {
                newest = event;
                let proof = Proof {
                    identifier: address,
                    token: &token,
                    code: &code,
                };
                self.ledger().settle(person, Fate::Unanswered);
                match self.send_sign_up(flow, &proof).await {
                    Some(Word::Done(id)) => return Fate::Accepted(id),
                    Some(Word::No(word)) => return Fate::Refused(word),
                    Some(Word::WrongCode) => self.ledger().settle(person, Fate::UnderWay),
                    Some(Word::Later) | None => return Fate::Unanswered,
                }
            }
        }
        Fate::NoCode
    }

    async fn send_sign_up(&self, flow: Flow, proof: &Proof<'_>) -> Option<Word> {
        let request =
            |base: &str| Some(flow.sign_up_request(&self.services.http, base, &self.access, proof));
        self.services
            .insist(flow, Question::SignUp, INSIST, request)
            .await
    }
}

/// Asks for a code, once or until the answer counts.
pub async fn ask_for_code(client: &Client, flow: Flow, address: &str) -> Option<Word> {
    let request =
        |base: &str| flow.code_request(&client.services.http, base, &client.access, address);
    client
        .services
        .insist(flow, Question::Code, INSIST, request)
        .await
}

/// Signs somebody up who needs no code.
pub async fn sign_up_by_name(client: &Client, flow: Flow, name: &str, person: usize) -> Fate {
    let proof = Proof {
        identifier: name,
        token: "",
        code: "",
    };
    client.ledger().settle(person, Fate::Unanswered);
    match client.send_sign_up(flow, &proof).await {
        Some(Word::Done(id)) => Fate::Accepted(id),
        Some(Word::No(word)) => Fate::Refused(word),
        // Nobody asked for a code.
        Some(Word::WrongCode) => Fate::Refused("wrong code".to_owned()),
        Some(Word::Later) | None => Fate::Unanswered,
    }
}
