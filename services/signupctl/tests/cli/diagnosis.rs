use serde_json::Value;

use crate::on_both;
use crate::operator::{BYTEPOWER, Done, Operator};

on_both!(
    a_sound_installation_passes,
    a_console_that_nobody_administers_is_warned_of,
);

fn a_sound_installation_passes(operator: &Operator) {
    operator.declare();
    let findings = operator.json(["doctor"]);
    assert_eq!(
        levels(&findings, "fail"),
        Vec::<&str>::new(),
        "{findings:#}"
    );
    let fine = levels(&findings, "ok");
    for check in [
        "settings",
        "database",
        "migrations",
        "language",
        "clock",
        "outbox",
        "applications",
        "keys",
    ] {
        assert!(fine.contains(&check), "{check}: {findings:#}");
    }
}

fn levels<'a>(findings: &'a Value, level: &str) -> Vec<&'a str> {
    let findings = findings.as_array().unwrap().iter();
    findings
        .filter(|finding| finding["level"] == level)
        .map(|finding| finding["check"].as_str().unwrap())
        .collect()
}

fn failures(done: &Done) -> Vec<String> {
    assert_eq!(done.status, 1, "{done:?}");
    let findings: Value = serde_json::from_str(&done.stdout).unwrap();
    levels(&findings, "fail")
        .into_iter()
        .map(str::to_owned)
        .collect()
}

fn a_console_that_nobody_administers_is_warned_of(operator: &Operator) {
    operator.declare();
    let told = |advice: Option<&str>| {
        let findings = operator.json(["doctor"]);
        let found = findings.as_array().unwrap().iter();
        let mut found = found.filter(|finding| finding["check"] == "operators");
        let level = if advice.is_some() { "warn" } else { "ok" };
        let finding = found.next().unwrap();
        assert_eq!(finding["level"], level, "{finding}");
        let text = finding["advice"].as_str().unwrap_or_default();
        assert!(text.ends_with(advice.unwrap_or_default()), "{finding}");
    };
    let create = Some("run: signupctl operator create NAME --role admin");
    told(create);
    operator.json(["operator", "create", "rita", "--role", "read"]);
    told(create);
    operator.json(["operator", "create", "ana", "--role", "admin"]);
    told(None);
    operator.json(["operator", "disable", "ana"]);
    told(Some("run: signupctl operator enable ana"));
}

#[test]
fn weak_settings_are_warned_of() {
    let operator = Operator::on_sqlite();
    operator.write(
        "weak.toml",
        &BYTEPOWER.replace(
            "[[application.cred",
            "[application.rules.password]\nprofile = \"legacy\"\n\n[[application.cred",
        ),
    );
    operator.json(["apply", "-f", "weak.toml"]);
    let mut command = operator.command(["doctor", "--json"]);
    command
        .env("SIGNUP__HASH__ALLOW_TEST_COST", "true")
        .env("SIGNUP__HASH__COST", "4");
    let done = Done::from(command.output().unwrap());
    assert_eq!(done.status, 0, "warnings are no failures: {done:?}");
    let findings: Value = serde_json::from_str(&done.stdout).unwrap();
    let warned = levels(&findings, "warn");
    assert!(warned.contains(&"password hashing"), "{findings:#}");
    assert!(
        warned.contains(&"application bytepower/game"),
        "{findings:#}"
    );
}

#[test]
fn a_database_that_is_not_migrated_fails() {
    let operator = Operator::on_sqlite();
    assert_eq!(
        failures(&operator.run(["doctor", "--json"])),
        ["migrations"]
    );
}

#[test]
fn a_database_out_of_reach_fails_without_its_password() {
    let operator = Operator::on_sqlite();
    let mut command = operator.command(["doctor", "--json"]);
    command.env(
        "SIGNUP__DATABASE__URL",
        "postgres://me:hush@127.0.0.1:1/none",
    );
    let done = Done::from(command.output().unwrap());
    assert_eq!(failures(&done), ["database"]);
    assert!(!done.stdout.contains("hush"), "{done:?}");
}

#[test]
fn wrong_settings_fail() {
    let operator = Operator::on_sqlite();
    let mut command = operator.command(["doctor", "--json"]);
    command.env("SIGNUP__HASH__COST", "99");
    assert_eq!(failures(&command.output().unwrap().into()), ["settings"]);
}

#[test]
fn lost_keys_fail() {
    let operator = Operator::with_applications();
    let mut command = operator.command(["doctor", "--json"]);
    command.env(
        "SIGNUP__SECRETS__KEYS",
        "other:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=",
    );
    let done = Done::from(command.output().unwrap());
    assert_eq!(
        failures(&done),
        ["credential bytepower/server-key/game-server"]
    );
    assert!(
        done.stdout.contains("`test`"),
        "names the key that is missing: {done:?}"
    );
}

#[test]
fn settings_that_this_version_cannot_read_fail() {
    let operator = Operator::with_applications();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let store = operator.store();
        let stored = store.declarations().await.unwrap();
        let mut web = stored
            .applications
            .iter()
            .find(|one| one.id == "web")
            .unwrap()
            .clone();
        web.settings["from_the_future"] = true.into();
        store
            .change_declarations(vec![signup_store::Change::PutApplication(web)])
            .await
            .unwrap();
    });
    let done = operator.run(["doctor", "--json"]);
    assert_eq!(failures(&done), ["application ciam/web"]);
    assert!(done.stdout.contains("from_the_future"), "{done:?}");
}

#[test]
fn channels_are_read_as_the_worker_reads_them() {
    let operator = Operator::on_sqlite();
    operator.write(
        "shop.toml",
        &BYTEPOWER.replace(
            "[[application.cred",
            "[application.rules.messages.templates.en.sign-up-code]\nsms_template = { elsewhere = \"1110\" }\n\n\
             [[application.cred",
        ),
    );
    operator.json(["apply", "-f", "shop.toml"]);
    operator.write(
        "signup.toml",
        "bus.local_messages = \"off\"\n[worker]\nemail = [\"mail\"]\n[channel.mail]\nkind = \"smtp\"\n\
         host = \"smtp.example.com\"\nfrom = \"no-reply@example.com\"\n",
    );
    let findings = operator.json(["doctor", "--config", "signup.toml"]);
    assert!(
        levels(&findings, "ok").contains(&"channel email"),
        "{findings:#}"
    );
    for warned in ["channel sms", "templates of bytepower/game"] {
        assert!(levels(&findings, "warn").contains(&warned), "{findings:#}");
    }

    operator.write(
        "signup.toml",
        "worker.sms = [\"nobody\"]\n[channel.mail]\nkind = \"smtp\"\nhots = \"x\"\n",
    );
    let done = operator.run(["doctor", "--json", "--config", "signup.toml"]);
    assert_eq!(failures(&done), ["settings"]);
    for fault in [
        "channel.mail.host",
        "channel.mail.hots",
        "channel.mail.from",
        "names nobody",
    ] {
        assert!(done.stdout.contains(fault), "{fault}: {done:?}");
    }
    // What has nothing to do with messages goes on.
    operator.json(["app", "list", "--config", "signup.toml"]);
}
