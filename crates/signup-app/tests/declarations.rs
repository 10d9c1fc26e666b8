//! Declaration files: what is read, what is refused, and what applying them changes.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use serde::{Deserialize, Serialize};
use signup_app::apply::{Action, Plan, PlanError, plan};
use signup_app::declare::{Declarable, DeclarationError, Declared, provider_of, read};
use signup_core::credential::CredentialKind;
use signup_core::keys::KeyRing;
use signup_core::time::Timestamp;
use signup_store::{Store, StoreOptions};
use signup_testkit::TestDatabase;

const NOW: Timestamp = Timestamp::from_millis(1_726_658_461_000);
const KEYS: &str = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Anything {}

impl Declarable for Anything {
    fn validate(&self) -> Result<(), String> {
        Ok(())
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Colours {
    colour: String,
}

impl Declarable for Colours {
    fn validate(&self) -> Result<(), String> {
        match self.colour.as_str() {
            "" | "red" | "blue" => Ok(()),
            _ => Err("colour: must be red or blue".into()),
        }
    }
}

fn parse(text: &str) -> Result<Declared, DeclarationError> {
    read::<Anything, Colours>(Path::new("acme.toml"), text, &[CredentialKind::ServerKey])
}

fn refusal(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

const SHOP: &str = r#"
provider = "acme"

[[application]]
id = "shop"
name = "The Shop"
settings.colour = "red"

[[application.credential]]
kind = "server-key"
id = "shop-server"
"#;

#[test]
fn an_application_without_a_directory_gets_one_of_its_own() {
    let declared = parse(SHOP).unwrap();
    assert_eq!(provider_of(Path::new("acme.toml"), SHOP).unwrap(), "acme");
    assert_eq!(declared.directories[0].0, "shop");
    assert_eq!(declared.applications[0].directory, "shop");
    assert!(declared.applications[0].enabled);
    assert_eq!(declared.credentials[0].id, "shop-server");
}

#[test]
fn an_unknown_key_is_refused_with_file_line_key_and_what_is_allowed() {
    let text = SHOP.replace("settings.colour", "settings.color");
    let refusal = refusal(&text);
    assert!(refusal.starts_with("acme.toml:7: "), "{refusal}");
    assert!(
        refusal.contains("`color`") && refusal.contains("`colour`"),
        "{refusal}"
    );
}

#[test]
fn every_other_mistake_names_its_line_as_well() {
    for (from, to, expected) in [
        (
            "\"red\"",
            "\"green\"",
            "acme.toml:5: `shop`: settings: colour: must be red or blue",
        ),
        (
            "\"red\"",
            "3",
            "acme.toml:7: invalid type: integer `3`, expected a string, in `settings.colour`",
        ),
        (
            "name =",
            "rules.attempts.per_ip_per_minute = -1\nname =",
            "acme.toml:6: invalid value: integer `-1`, expected u32, in `rules.attempts.per_ip_per_minute`; \
             it must be a whole number from 0 to 4294967295",
        ),
        (
            "name =",
            "enabled = \"yes\"\nname =",
            "acme.toml:6: invalid type: string \"yes\", expected a boolean, in `enabled`; it must be `true` or `false`",
        ),
        (
            "provider = \"acme\"",
            "provider = 1",
            "acme.toml:2: invalid type: integer `1`, expected a string, in `provider`",
        ),
        (
            "server-key",
            "magic",
            "acme.toml:10: `magic`: unknown kind of credential, expected one of server-key",
        ),
        (
            "\"shop\"",
            "\"the shop\"",
            "acme.toml:5: `the shop`: an id has 1 to 64",
        ),
        (
            "name =",
            "directory = \"none\"\nname =",
            "acme.toml:6: `none`: this directory is not declared",
        ),
        (
            "name =",
            "rules.password.min_length = 100\nname =",
            "acme.toml:5: `shop`: rules.password",
        ),
    ] {
        let refusal = refusal(&SHOP.replacen(from, to, 1));
        assert!(refusal.starts_with(expected), "{refusal}");
    }
    let twice = format!("{SHOP}\n[[application]]\nid = \"shop\"\n");
    assert!(refusal(&twice).contains("declared twice"));
}

#[test]
fn a_bad_text_of_an_application_is_refused_with_its_own_line_and_key() {
    let texts = r#"
[application.rules.messages.templates.en.sign-up-code]
sms = "{application}: {code}"
subject = "Your code"
email = """
Hello {name},
{code}"""
"#;
    let text = format!("{SHOP}{texts}");
    let refused = refusal(&text);
    assert!(
        refused.starts_with(
            "acme.toml:16: `shop`: rules.messages.templates.en.sign-up-code.email: wants {name}, "
        ) && refused.contains("allowed here: {application}, {code}, {validity}"),
        "{refused}"
    );
    parse(&text.replace("{name}", "{application}")).unwrap();

    // A purpose and a key that nobody knows.
    let purpose = refusal(&text.replace("sign-up-code", "lottery-win"));
    assert!(
        purpose.starts_with("acme.toml:13: ") && purpose.contains("`sign-up-code`"),
        "{purpose}"
    );
    let key = refusal(&text.replace("sms =", "smss ="));
    assert!(
        key.starts_with("acme.toml:14: ") && key.contains("`sms`"),
        "{key}"
    );
    let tag = refusal(
        &text
            .replace("templates.en.", "templates.e!.")
            .replace("e!", "\"e!\""),
    );
    assert!(
        tag.starts_with("acme.toml:13: `shop`: rules.messages.templates.e!: "),
        "{tag}"
    );
}

async fn store(database: &TestDatabase) -> Store {
    let second = std::time::Duration::from_secs(1);
    let store = Store::open(&StoreOptions {
        url: database.url().to_owned(),
        pool_size: 2,
        pool_wait: 10 * second,
        statement_timeout: 10 * second,
    })
    .unwrap();
    store.migrate().await.unwrap();
    store
}

async fn plan_for(store: &Store, text: &str) -> Result<Plan, PlanError> {
    let keys = KeyRing::parse(KEYS).unwrap();
    let stored = store.declarations().await.unwrap();
    plan(store, &stored, &[parse(text).unwrap()], &keys, NOW).await
}

#[tokio::test]
async fn applying_again_changes_nothing_and_applying_a_change_says_what_it_is() {
    let database = TestDatabase::sqlite();
    let store = store(&database).await;

    let first = plan_for(&store, SHOP).await.unwrap();
    let actions: Vec<_> = first
        .steps
        .iter()
        .map(|step| (step.action, step.what))
        .collect();
    assert_eq!(
        actions,
        [
            (Action::Create, "directory"),
            (Action::Create, "application"),
            (Action::Create, "credential"),
        ]
    );
    assert_eq!(first.secrets.len(), 1);
    store.change_declarations(first.changes).await.unwrap();

    let again = plan_for(&store, SHOP).await.unwrap();
    assert!(again.is_empty() && again.steps.is_empty() && again.secrets.is_empty());

    let changed = plan_for(&store, &SHOP.replace("\"red\"", "\"blue\""))
        .await
        .unwrap();
    assert_eq!(changed.steps.len(), 1);
    assert_eq!(
        changed.steps[0].details,
        ["settings.colour: \"red\" -> \"blue\""]
    );
}

#[tokio::test]
async fn what_is_no_longer_declared_is_named_and_left_alone() {
    let database = TestDatabase::sqlite();
    let store = store(&database).await;
    let first = plan_for(&store, SHOP).await.unwrap();
    store.change_declarations(first.changes).await.unwrap();

    let without = plan_for(&store, "provider = \"acme\"\n").await.unwrap();
    assert!(without.is_empty());
    assert_eq!(without.steps[0].action, Action::Undeclared);
    assert_eq!(without.steps[0].name, "acme/shop");
}

#[tokio::test]
async fn the_id_of_another_applications_credential_is_refused() {
    let database = TestDatabase::sqlite();
    let store = store(&database).await;
    let first = plan_for(&store, SHOP).await.unwrap();
    store.change_declarations(first.changes).await.unwrap();

    let thief = SHOP.replace("\"shop\"", "\"thief\"");
    let error = plan_for(&store, &thief).await.unwrap_err().to_string();
    assert!(
        error.starts_with("acme.toml:") && error.contains("belongs to shop"),
        "{error}"
    );
}

#[tokio::test]
async fn the_database_never_holds_a_secret_in_clear() {
    let database = TestDatabase::sqlite();
    let store = store(&database).await;
    let first = plan_for(&store, SHOP).await.unwrap();
    let secret = first.secrets[0].secret.expose().clone();
    store.change_declarations(first.changes).await.unwrap();
    let stored = store.declarations().await.unwrap();
    assert_eq!(stored.credentials.len(), 1);
    assert!(!format!("{stored:?}").contains(&secret));
}

#[test]
fn control_characters_are_refused_with_their_line() {
    for (from, to, told) in [
        (
            "\"The Shop\"",
            "\"a\\u0000b\"",
            "acme.toml:6: `name` holds the control character U+0000; take it out",
        ),
        (
            "\"The Shop\"",
            "\"\"\"a\nb\"\"\"",
            "acme.toml:6: `name` holds the control character U+000A",
        ),
        (
            "settings.colour = \"red\"",
            "settings.colour = \"\\u001b[31m\"",
            "acme.toml:7: ",
        ),
        (
            "settings.colour",
            "rules.messages.templates.\"e\\u0000n\".sign-up-code.sms = \"{code}\"\nsettings.colour",
            "acme.toml:7: `e\\0n` holds the control character U+0000",
        ),
    ] {
        let refusal = refusal(&SHOP.replace(from, to));
        assert!(refusal.starts_with(told), "{refusal}");
    }
}
