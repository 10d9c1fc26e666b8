//! E-mail through a real mail server.

use std::time::Duration;

use signup_core::code::Channel;
use signup_testkit::mail::{Answer, Security};
use signup_testkit::{TcpProxy, TestMailServer};
use tempfile::TempDir;

use crate::fixture::{CODE, EMAIL, Opened, open, refused, unanswered, unavailable};

fn mail(port: u16, more: &str) -> Opened {
    open(&format!(
        "worker.email = [\"mail\"]\n[channel.mail]\nkind = \"smtp\"\nhost = \"localhost\"\nport = {port}\n\
         from = \"no-reply@example.com\"\n{more}\n"
    ))
}

fn plain(server: &TestMailServer) -> Opened {
    mail(server.port(), "tls = \"none\"")
}

#[tokio::test]
async fn a_mail_says_what_it_is_and_arrives_as_it_was_written() {
    let server = TestMailServer::start();
    let opened = mail(
        server.port(),
        "tls = \"none\"\nreply_to = \"Help <help@example.com>\"",
    );
    let message = opened.code(Channel::Email);

    let sent = opened.send(&message).await.unwrap();

    assert_eq!((sent.by.as_str(), sent.detail), ("mail", None));
    let [mail] = server.messages().try_into().unwrap();
    assert_eq!(mail.envelope.from, "no-reply@example.com");
    assert_eq!(mail.envelope.recipients, [EMAIL]);
    assert_eq!(mail.header("Subject").unwrap(), format!("验证码：{CODE}"));
    assert_eq!(mail.text().unwrap().trim_end(), message.text);
    let content = String::from_utf8(mail.content).unwrap();
    for line in [
        "From: \"Corner Shop\" <no-reply@example.com>",
        "To: alice@example.com",
        "Reply-To: Help <help@example.com>",
        "Message-ID: <01928f3a-7b1c-7000-8000-000000000001@example.com>",
        "Auto-Submitted: auto-generated",
        "Content-Type: text/plain; charset=utf-8",
    ] {
        assert!(
            content.contains(&format!("{line}\r\n")),
            "{line}\n{content}"
        );
    }
}

#[tokio::test]
async fn a_name_or_subject_cannot_add_a_header() {
    let server = TestMailServer::start();
    let opened = plain(&server);
    let mut message = opened.code(Channel::Email);
    message.application_name = "Shop\r\nBcc: <mallory@example.com>".to_owned();
    message.subject = Some("Hello\r\nBcc: <mallory@example.com>".to_owned());

    opened.send(&message).await.unwrap();

    let [mail] = server.messages().try_into().unwrap();
    assert_eq!(mail.envelope.recipients, [EMAIL]);
    assert_eq!(mail.header("Bcc"), None);
    assert_eq!(
        mail.header("Subject").as_deref(),
        Some("Hello  Bcc: <mallory@example.com>")
    );
}

#[tokio::test]
async fn tls_and_a_login_are_used_as_the_settings_say() {
    let folder = TempDir::new().unwrap();
    for (security, tls) in [
        (Security::StartTls, "starttls"),
        (Security::Tls, "implicit"),
    ] {
        let server = TestMailServer::start_with(security, Some(("shop", "hush")));
        let ca = folder.path().join("authority.pem");
        std::fs::write(&ca, server.authority()).unwrap();
        let settings = format!(
            "tls = \"{tls}\"\nca_file = \"{}\"\nusername = \"shop\"\n",
            ca.display()
        );
        let opened = mail(server.port(), &format!("{settings}password = \"hush\""));

        opened.send(&opened.code(Channel::Email)).await.unwrap();
        let [mail_] = server.messages().try_into().unwrap();
        assert!(mail_.envelope.encrypted);
        assert_eq!(mail_.envelope.user.as_deref(), Some("shop"));

        let wrong = mail(server.port(), &format!("{settings}password = \"rush\""));
        let text = unavailable(wrong.send(&wrong.code(Channel::Email)).await);
        assert!(
            text.contains("535") && text.contains("check username and password"),
            "{text}"
        );

        // An authority that nobody trusts.
        let distrustful = mail(server.port(), &format!("tls = \"{tls}\""));
        unavailable(distrustful.send(&distrustful.code(Channel::Email)).await);
        assert_eq!(server.messages().len(), 1);
    }
}

#[tokio::test]
async fn a_server_without_starttls_gets_nothing() {
    let server = TestMailServer::start();
    let opened = mail(server.port(), "tls = \"starttls\"");
    let text = unavailable(opened.send(&opened.code(Channel::Email)).await);
    assert!(text.contains("does not offer"), "{text}");
    assert!(server.messages().is_empty());
}

#[tokio::test]
async fn replies_tell_what_is_to_be_tried_again() {
    let mut server = TestMailServer::start();
    let opened = plain(&server);
    let code = opened.code(Channel::Email);

    server.answer(
        EMAIL,
        &Answer::Recipient("550 5.1.1 <alice@example.com> No such user"),
    );
    assert_eq!(
        refused(opened.send(&code).await),
        "mail refused: 550 5.1.1 at RCPT TO"
    );
    server.answer(
        EMAIL,
        &Answer::Recipient("451 4.7.1 alice@example.com: greylisted"),
    );
    assert_eq!(
        unavailable(opened.send(&code).await),
        "mail unsuitable: 451 4.7.1 at RCPT TO"
    );
    server.answer(
        EMAIL,
        &Answer::Recipient("550 5.7.1 alice@example.com: relaying denied"),
    );
    assert_eq!(
        unavailable(opened.send(&code).await),
        "mail unsuitable: 550 5.7.1 at RCPT TO"
    );
    server.answer(EMAIL, &Answer::Message("451 4.3.0 Try again later"));
    assert_eq!(
        unavailable(opened.send(&code).await),
        "mail unavailable: 451 4.3.0 at the end of the message"
    );
    server.answer(EMAIL, &Answer::Message("554 5.6.0 482913 is no good text"));
    assert_eq!(
        refused(opened.send(&code).await),
        "mail refused: 554 5.6.0 at the end of the message"
    );
    server.accept_all();
    opened.send(&code).await.unwrap();
    assert_eq!(server.messages().len(), 1);
}

#[tokio::test]
async fn a_server_that_hangs_up_after_the_message_may_have_taken_it() {
    let mut server = TestMailServer::start();
    server.answer(EMAIL, &Answer::HangUp);
    let opened = plain(&server);

    let text = unanswered(opened.send(&opened.code(Channel::Email)).await);

    assert!(
        text.contains("the connection ended") && text.ends_with("at the end of the message"),
        "{text}"
    );
    assert_eq!(server.messages().len(), 1);
}

#[tokio::test]
async fn a_slow_server_is_waited_for_as_long_as_the_settings_say() {
    let mut server = TestMailServer::start();
    server.answer(EMAIL, &Answer::Delay(Duration::from_secs(5)));
    let patient = plain(&server);
    patient.send(&patient.code(Channel::Email)).await.unwrap();

    let hasty = mail(server.port(), "tls = \"none\"\ntimeout = \"1s\"");
    let text = unanswered(hasty.send(&hasty.code(Channel::Email)).await);
    assert!(
        text.contains("no answer to the end of the message within 1.0s"),
        "{text}"
    );
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_message_and_replaced_when_it_broke() {
    let server = TestMailServer::start();
    let proxy = TcpProxy::start(&format!("127.0.0.1:{}", server.port()));
    let opened = mail(proxy.address().port(), "tls = \"none\"");
    for _ in 0..3 {
        opened.send(&opened.code(Channel::Email)).await.unwrap();
    }
    assert_eq!(proxy.open_connections(), 1);

    proxy.cut();
    unavailable(opened.send(&opened.code(Channel::Email)).await);
    proxy.restore();
    opened.send(&opened.code(Channel::Email)).await.unwrap();
    assert_eq!(server.messages().len(), 4);
}

#[tokio::test]
async fn a_line_that_swallows_everything_costs_the_timeout_and_is_no_doubt() {
    let server = TestMailServer::start();
    let proxy = TcpProxy::start(&format!("127.0.0.1:{}", server.port()));
    proxy.freeze();
    let opened = mail(
        proxy.address().port(),
        "tls = \"none\"\ntimeout = \"500ms\"",
    );
    let text = unavailable(opened.send(&opened.code(Channel::Email)).await);
    assert!(
        text.contains("no answer to connecting within 500.0ms"),
        "{text}"
    );
}
