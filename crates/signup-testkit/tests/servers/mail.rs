use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use lettre::address::Envelope;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls as ClientTls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use signup_testkit::TestMailServer;
use signup_testkit::mail::{ANYBODY, Answer, HOST, Security};

const LETTER: &str = "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\
    Content-Transfer-Encoding: quoted-printable\r\n\
    \r\n\
    Your code is 12=\r\n3456.\r\n";

/// One side of a bare SMTP dialogue.
struct Dialogue(BufReader<TcpStream>);

impl Dialogue {
    fn open(server: &TestMailServer) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        let mut dialogue = Self(BufReader::new(stream));
        assert_eq!(dialogue.read(), "220");
        assert_eq!(dialogue.say("EHLO client.example"), "250");
        dialogue
    }

    /// Sends a line and returns the code of the answer; empty if the server hung up.
    fn say(&mut self, line: &str) -> String {
        write!(self.0.get_mut(), "{line}\r\n").unwrap();
        self.read()
    }

    fn read(&mut self) -> String {
        loop {
            let mut line = String::new();
            // A connection that is reset has been closed as well.
            if self.0.read_line(&mut line).unwrap_or(0) == 0 {
                return String::new();
            }
            if line.as_bytes()[3] != b'-' {
                return line[..3].to_owned();
            }
        }
    }

    /// Sends a letter and returns the code of the first answer that is none of success.
    fn send(&mut self, recipient: &str) -> String {
        assert_eq!(self.say("MAIL FROM:<shop@example.com>"), "250");
        let answer = self.say(&format!("RCPT TO:<{recipient}>"));
        if answer != "250" {
            return answer;
        }
        assert_eq!(self.say("DATA"), "354");
        self.say(&format!("{LETTER}."))
    }
}

#[tokio::test]
async fn a_mail_arrives_with_its_envelope() {
    let server = TestMailServer::start();

    assert_eq!(Dialogue::open(&server).send("ann@example.com"), "250");

    let mail = server
        .wait_for(|mail| mail.envelope.recipients == ["ann@example.com"])
        .await;
    assert_eq!(mail.envelope.from, "shop@example.com");
    assert_eq!(mail.envelope.user, None);
    assert!(!mail.envelope.encrypted);
    assert_eq!(mail.content, LETTER.as_bytes());
    assert_eq!(mail.header("subject").unwrap(), "Grüße");
    assert_eq!(mail.text().unwrap().trim(), "Your code is 123456.");
}

#[test]
fn a_recipient_or_a_message_is_refused_until_further_notice() {
    let mut server = TestMailServer::start();
    server.answer(
        "full@example.com",
        &Answer::Recipient("452 4.2.2 Mailbox full"),
    );
    server.answer(ANYBODY, &Answer::Message("550 5.7.1 Not wanted"));

    assert_eq!(Dialogue::open(&server).send("full@example.com"), "452");
    assert_eq!(Dialogue::open(&server).send("ann@example.com"), "550");
    assert_eq!(server.messages().len(), 0);

    server.accept_all();

    assert_eq!(Dialogue::open(&server).send("full@example.com"), "250");
    assert_eq!(server.messages().len(), 1);
}

#[test]
fn a_server_that_hangs_up_has_kept_the_message() {
    let mut server = TestMailServer::start();
    server.answer("ann@example.com", &Answer::HangUp);

    assert_eq!(Dialogue::open(&server).send("ann@example.com"), "");

    assert_eq!(server.messages().len(), 1);
}

#[test]
fn a_delayed_answer_comes_late() {
    let mut server = TestMailServer::start();
    let delay = Duration::from_millis(300);
    server.answer("ann@example.com", &Answer::Delay(delay));
    let mut dialogue = Dialogue::open(&server);

    let begun = Instant::now();
    assert_eq!(dialogue.send("ann@example.com"), "250");

    assert!(begun.elapsed() >= delay, "{:?}", begun.elapsed());
}

#[test]
fn only_the_right_password_lets_mail_in() {
    let server = TestMailServer::start_with(Security::None, Some(("shop", "secret")));
    let mut dialogue = Dialogue::open(&server);
    assert_eq!(dialogue.say("MAIL FROM:<shop@example.com>"), "530");

    // \0shop\0wrong and \0shop\0secret in base64, RFC 4616.
    assert_eq!(dialogue.say("AUTH PLAIN AHNob3AAd3Jvbmc="), "535");
    assert_eq!(dialogue.say("AUTH PLAIN AHNob3AAc2VjcmV0"), "235");
    assert_eq!(dialogue.send("ann@example.com"), "250");

    let user = server.messages()[0].envelope.user.clone();
    assert_eq!(user.as_deref(), Some("shop"));
}

#[test]
fn a_server_with_starttls_takes_nothing_in_clear() {
    let server = TestMailServer::start_with(Security::StartTls, None);
    let mut dialogue = Dialogue::open(&server);

    assert_eq!(dialogue.say("MAIL FROM:<shop@example.com>"), "530");
    assert_eq!(dialogue.say("STARTTLS"), "220");
}

/// Sends a letter with a client that is not ours either, which checks the certificate.
async fn send_encrypted(server: &TestMailServer, security: Security, tls: TlsParameters) -> bool {
    let tls = match security {
        Security::Tls => ClientTls::Wrapper(tls),
        Security::StartTls | Security::None => ClientTls::Required(tls),
    };
    let client = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(HOST)
        .port(server.port())
        .tls(tls)
        .credentials(Credentials::new("shop".into(), "secret".into()))
        .build();
    let addresses = Envelope::new(
        Some("shop@example.com".parse().unwrap()),
        vec!["ann@example.com".parse().unwrap()],
    );
    client
        .send_raw(&addresses.unwrap(), LETTER.as_bytes())
        .await
        .is_ok()
}

#[tokio::test]
async fn whoever_trusts_the_authority_sends_encrypted_mail() {
    for security in [Security::StartTls, Security::Tls] {
        let server = TestMailServer::start_with(security, Some(("shop", "secret")));
        let authority = Certificate::from_pem(server.authority().as_bytes()).unwrap();
        let trusting = TlsParameters::builder(HOST.into())
            .add_root_certificate(authority)
            .build_rustls()
            .unwrap();
        let stranger = TlsParameters::new_rustls(HOST.into()).unwrap();

        assert!(!send_encrypted(&server, security, stranger).await);
        assert!(send_encrypted(&server, security, trusting).await);

        let messages = server.messages();
        assert_eq!(messages.len(), 1, "{security:?}");
        assert!(messages[0].envelope.encrypted, "{security:?}");
        assert_eq!(messages[0].envelope.user.as_deref(), Some("shop"));
    }
}

#[test]
fn a_server_ends_with_its_value() {
    let server = TestMailServer::start();
    let mut dialogue = Dialogue::open(&server);

    drop(server);

    let mut rest = Vec::new();
    assert_eq!(dialogue.0.read_to_end(&mut rest).unwrap_or(0), 0);
}
