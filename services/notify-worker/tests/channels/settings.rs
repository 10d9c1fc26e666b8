//! What operators write, and what is wrong with it.

use signup_core::code::Channel;
use tempfile::TempDir;

use crate::fixture::{open, read, read_with};

const EXAMPLE: &str = include_str!("../../config/channels.toml");

#[test]
fn the_published_example_is_valid() {
    let settings = read(EXAMPLE).unwrap();
    assert_eq!(settings.providers_of(Channel::Email), ["mail"]);
    assert_eq!(settings.providers_of(Channel::Sms).len(), 4);
}

#[test]
fn what_the_example_shows_as_left_out_is_what_holds_then() {
    // With every default written out it is still valid, apart from texts that are empty anyway.
    let written: String = EXAMPLE
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(key) if is_setting(key) => format!("{key}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    assert_eq!(
        format!("{:?}", read(&written).unwrap()),
        format!("{:?}", read(EXAMPLE).unwrap())
    );
}

/// `key = value`, and no sentence about one.
fn is_setting(line: &str) -> bool {
    line.split_once(" = ").is_some_and(|(key, _)| {
        key.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    })
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let toml = r#"
[worker]
email = ["mail", "main", "nobody", "mail"]
sms = ["mail", "Odd Name"]
[channel.mail]
kind = "smtp"
hots = "smtp.example.com"
from = "nobody"
tls = "maybe"
port = 70000
username = "shop"
[channel.main]
kind = "tencent"
secret_id = "AKID"
secret_key = "hush"
secret_key_file = "/run/secrets/x"
app_id = "1"
templates = ["sign-up-code=1", "lottery/en=2"]
parameters = ["kode"]
endpoint = "http://sms.example.com"
[channel.second]
kind = "aliyun"
parameters = ["time=hours"]
[channel.third]
kind = "twilio"
account_sid = "SK1"
auth_token_file = "/no/such/file"
[channel.fourth]
kind = "http"
url = "ftp://example.com"
secret = "hush"
timeout = "1h"
[channel.fifth]
kind = "pigeon"
[channel.sixth]
host = "x"
"#;
    let text = read(toml).unwrap_err().to_string();
    for expected in [
        (
            "worker.email",
            "names main, whose kind cannot send email; must be of kind smtp or http",
        ),
        (
            "worker.email",
            "names nobody, which is not described; needs a section [channel.nobody] with a kind",
        ),
        ("worker.email", "names mail twice"),
        (
            "worker.sms",
            "names mail, whose kind cannot send sms; must be of kind tencent, aliyun, twilio or http",
        ),
        ("worker.sms", "\"Odd Name\" is not accepted"),
        (
            "channel.mail.host",
            "is not set; must be the name of a mail server",
        ),
        (
            "channel.mail.hots",
            "is not a known key; allowed here: breaker_failures",
        ),
        (
            "channel.mail.from",
            "\"nobody\" is not accepted; must be an e-mail address",
        ),
        (
            "channel.mail.tls",
            "\"maybe\" is not accepted; must be starttls, implicit or none",
        ),
        (
            "channel.mail.port",
            "\"70000\" is not accepted; must be a whole number from 1 to 65535",
        ),
        ("channel.mail.password", "is not set, and username is"),
        (
            "channel.main.secret_key_file",
            "is set together with secret_key",
        ),
        (
            "channel.main.templates",
            "\"sign-up-code=1\" is not accepted; must be PURPOSE/LOCALE=ID",
        ),
        ("channel.main.templates", "\"lottery/en=2\" is not accepted"),
        (
            "channel.main.parameters",
            "\"kode\" is not accepted; must be of code, minutes and application",
        ),
        ("channel.main.endpoint", "must be https://HOST"),
        ("channel.second.access_key_id", "is not set"),
        (
            "channel.second.access_key_secret",
            "is not set; set it, or name a file that holds it in access_key_secret_file",
        ),
        ("channel.second.sign_name", "is not set"),
        (
            "channel.second.parameters",
            "\"time=hours\" is not accepted",
        ),
        ("channel.third.account_sid", "\"SK1\" is not accepted"),
        (
            "channel.third.auth_token_file",
            "names /no/such/file, which cannot be read",
        ),
        (
            "channel.third.from",
            "is not set; must be a number or sender of yours",
        ),
        (
            "channel.fourth.url",
            "\"ftp://example.com\" is not accepted",
        ),
        (
            "channel.fourth.secret",
            "is no signing secret (not shown, it is secret)",
        ),
        ("channel.fourth.timeout", "\"1h\" is not accepted"),
        (
            "channel.fifth.kind",
            "\"pigeon\" is not accepted; must be smtp, tencent, aliyun, twilio or http",
        ),
        ("channel.sixth.kind", "is not set; must be smtp"),
    ] {
        let (key, problem) = expected;
        assert!(
            text.lines()
                .any(|line| line.starts_with(&format!("- {key}")) && line.contains(problem)),
            "{key}: {problem}\n--- is missing in ---\n{text}"
        );
    }
    assert_eq!(text.lines().count(), 29, "{text}");
    assert!(!text.contains("hush"), "{text}");
}

#[test]
fn a_password_does_not_travel_in_clear() {
    let toml = |host: &str| {
        format!(
            "[channel.mail]\nkind = \"smtp\"\nhost = \"{host}\"\nfrom = \"a@example.com\"\n\
             tls = \"none\"\nusername = \"u\"\npassword = \"hush\"\n"
        )
    };
    let text = read(&toml("smtp.example.com")).unwrap_err().to_string();
    assert!(
        text.contains("channel.mail.tls") && text.contains("in clear"),
        "{text}"
    );
    read(&toml("127.0.0.1")).unwrap();
    read(&toml("localhost")).unwrap();
}

#[test]
fn secrets_come_from_files_and_everything_from_the_environment() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, "hush\n").unwrap();
    let settings = read_with(
        "",
        &[
            ("SIGNUP__WORKER__SMS", "main"),
            ("SIGNUP__CHANNEL__MAIN__KIND", "twilio"),
            ("SIGNUP__CHANNEL__MAIN__ACCOUNT_SID", "AC1"),
            (
                "SIGNUP__CHANNEL__MAIN__AUTH_TOKEN_FILE",
                path.to_str().unwrap(),
            ),
            ("SIGNUP__CHANNEL__MAIN__MESSAGING_SERVICE_SID", "MG1"),
        ],
    )
    .unwrap();
    assert_eq!(settings.providers_of(Channel::Sms), ["main"]);
    assert!(!format!("{settings:?}").contains("hush"));
}

#[tokio::test]
async fn providers_that_are_described_and_not_named_are_not_opened() {
    let opened = open(&EXAMPLE.replace("[\"mail\"]", "[]"));
    assert!(!opened.metrics().contains("sender=\"mail\""));
    assert!(opened.metrics().contains("sender=\"hook\""));
}
