//! Declaration files: what is refused, naming the place and what is allowed.

use std::path::Path;

use ciam_svc::{DEMO, declarations};

use crate::portal::DECLARATIONS;

const HEAD: &str = "provider = \"ciam\"\n[[directory]]\nid = \"t\"\n";
const APPLICATION: &str = "[[application]]\nid = \"a\"\ndirectory = \"t\"\n";

/// What is wrong with an application of these settings.
fn refusal(settings: &str) -> String {
    refused(&format!("{HEAD}{APPLICATION}{settings}"))
}

/// What is wrong with a directory of these settings.
fn directory_refusal(settings: &str) -> String {
    refused(&format!("{HEAD}{settings}\n{APPLICATION}"))
}

fn refused(text: &str) -> String {
    declarations(Path::new("a.toml"), text)
        .unwrap_err()
        .to_string()
}

#[test]
fn the_demo_declares_one_application_for_each_way_to_sign_up() {
    let demo = declarations(Path::new("demo.toml"), DEMO).unwrap();
    assert_eq!(demo.provider, "ciam");
    let ids: Vec<_> = demo.applications.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["demo-username", "demo-email", "demo-phone"]);
    for (application, credential) in demo.applications.iter().zip(&demo.credentials) {
        assert_eq!(application.directory, "demo");
        assert_eq!(credential.id, application.id);
        assert_eq!(application.rules["attempts"]["per_ip_per_minute"], 2_000);
        assert_eq!(application.rules["sending"]["per_ip_per_hour"], 5_000);
        assert_eq!(application.rules["sending"]["interval_seconds"], 30);
    }
}

#[test]
fn an_application_without_settings_signs_up_with_user_names() {
    assert!(declarations(Path::new("a.toml"), &format!("{HEAD}{APPLICATION}")).is_ok());
    assert!(declarations(Path::new("a.toml"), DECLARATIONS).is_ok());
}

#[test]
fn a_combination_that_nobody_could_sign_up_with_is_refused() {
    for (settings, problem) in [
        (
            "settings.flow.authentication = [\"phone_number\"]",
            "a.toml:5: `a`: settings: flow: `authentication` names phone_number, which needs codes by sms; add the table `sms_source`",
        ),
        (
            "settings.flow.authentication = [\"email\"]",
            "a.toml:5: `a`: settings: flow: `authentication` names email, which needs codes by email; add the table `email_source`",
        ),
        (
            "settings.flow.authentication = []",
            "a.toml:5: `a`: settings: flow: `authentication` is empty; name one or more of username, phone_number, email",
        ),
        (
            "settings.flow.sms_source.code_length = 7",
            "a.toml:5: `a`: settings: flow: sms_source: `code_length` is 7; it must be from 1 to 6",
        ),
        (
            "settings.flow.email_source.code_length = 129",
            "a.toml:5: `a`: settings: flow: email_source: `code_length` is 129; it must be from 1 to 128",
        ),
        (
            "settings.flow.sms_source.valid_seconds = 0",
            "a.toml:5: `a`: settings: flow: sms_source: `valid_seconds` is 0; it must be from 1 to 300",
        ),
        (
            "settings.flow.email_source.valid_seconds = 301",
            "a.toml:5: `a`: settings: flow: email_source: `valid_seconds` is 301; it must be from 1 to 300",
        ),
        (
            "settings.flow.user_group = \"\"",
            "a.toml:5: `a`: settings: flow: `user_group` is empty; name the group that new users join",
        ),
        (
            "settings.flow.ordinary.email = \"optional\"",
            "a.toml:5: `a`: settings: flow: ordinary.email: this name is taken by the API; choose another id",
        ),
        (
            "settings.flow.ordinary.badge = \"optional\"",
            "a.toml:5: `a`: settings: flow: ordinary.badge: directory `t` has no such attribute; declare it there under settings.attributes",
        ),
    ] {
        assert_eq!(refusal(settings), problem);
    }
}

#[test]
fn an_unknown_key_or_word_is_refused_naming_what_is_allowed() {
    let unknown = refusal("settings.flow.sms = {}");
    assert!(
        unknown.starts_with("a.toml:7: unknown field `sms`"),
        "{unknown}"
    );
    assert!(unknown.contains("`sms_source`"), "{unknown}");
    let word = refusal("settings.kind = \"webapp\"");
    assert!(word.contains("`web`") && word.contains("`m2m`"), "{word}");
    let word = refusal("settings.flow.authentication = [\"phone\"]");
    assert!(word.contains("`phone_number`"), "{word}");
    let blocked = refusal("settings.blocked_emails = [\"not a domain\"]");
    assert!(
        blocked.starts_with("a.toml:7: `not a domain` is neither"),
        "{blocked}"
    );
}

#[test]
fn a_directory_that_cannot_be_is_refused() {
    for (settings, problem) in [
        (
            "settings.hosts = [\"https://a.example.com\"]",
            "a.toml:3: `t`: settings: hosts: `https://a.example.com` is no host name; write it like sample.portal.example.com, without scheme, port and path",
        ),
        (
            "settings.attributes.email.type = \"string\"",
            "a.toml:3: `t`: settings: attributes.email: this name is taken by the API; choose another id",
        ),
        (
            "settings.attributes.1st.type = \"string\"",
            "a.toml:3: `t`: settings: attributes.1st: an attribute's id is a letter, then letters, digits or '_', at most 64 characters",
        ),
        (
            "settings.attributes.a = { type = \"number\", pattern = \"[0-9]\" }",
            "a.toml:3: `t`: settings: attributes.a: `pattern` is for type = \"string\" only",
        ),
        (
            "settings.attributes.a = { type = \"enum\" }",
            "a.toml:3: `t`: settings: attributes.a: `values` is empty; an enum needs at least one value",
        ),
        (
            "settings.attributes.a = { type = \"string\", values = [\"x\"] }",
            "a.toml:3: `t`: settings: attributes.a: `values` is for type = \"enum\" only",
        ),
    ] {
        assert_eq!(directory_refusal(settings), problem);
    }
    let pattern =
        directory_refusal("settings.attributes.a = { type = \"string\", pattern = \"(\" }");
    assert!(pattern.contains("the pattern is not usable"), "{pattern}");
    let segments = directory_refusal("settings.mainland_segments = [\"12\"]");
    assert!(segments.contains("`12` is not a segment"), "{segments}");
}
