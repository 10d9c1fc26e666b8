use crate::operator::{Done, Operator};

const COMMANDS: [&[&str]; 36] = [
    &["dev"],
    &["migrate"],
    &["apply"],
    &["app", "list"],
    &["app", "show"],
    &["app", "reference"],
    &["key", "create"],
    &["key", "rotate"],
    &["key", "list"],
    &["token", "create", "app"],
    &["token", "create", "user"],
    &["user", "show"],
    &["user", "export"],
    &["user", "erase"],
    &["funnel"],
    &["webhook", "create"],
    &["webhook", "list"],
    &["webhook", "show"],
    &["webhook", "rotate"],
    &["webhook", "pause"],
    &["webhook", "resume"],
    &["webhook", "delete"],
    &["webhook", "deliveries"],
    &["webhook", "replay"],
    &["webhook", "test"],
    &["limits", "report"],
    &["limits", "show"],
    &["explain"],
    &["doctor"],
    &["calibrate"],
    &["config", "show"],
    &["config", "reference"],
    &["import"],
    &["completions"],
    &["openapi"],
    &["pause"],
];

#[test]
fn every_command_has_help_with_examples() {
    let operator = Operator::on_sqlite();
    for command in COMMANDS {
        for flag in ["-h", "--help"] {
            let done = operator.run(command.iter().chain([&flag]));
            assert_eq!(done.status, 0, "{command:?}");
            assert!(
                done.stdout.contains("EXAMPLES\n"),
                "{command:?}: {}",
                done.stdout
            );
        }
    }
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    let operator = Operator::with_applications();
    for wrong in [
        &["frobnicate"][..],
        &["apply"],
        &["app", "show"],
        &["openapi", "acme"],
        &["app", "show", "noslash"],
    ] {
        assert_eq!(operator.run(wrong).status, 2, "{wrong:?}");
    }
}

/// Nothing can come of them: a slip of the pen, which an empty answer would hide.
#[test]
fn what_can_find_nothing_ends_with_2() {
    let operator = Operator::with_applications();
    for (wrong, named) in [
        ("events list --provider acme", "acme"),
        ("events replay --since 1h --until 2h", "--since"),
        ("events list --since 1h --until 2h", "--since"),
        ("funnel --since 1h --until 2h", "--since"),
        ("token create app --app EIxcPdpT --valid 0s", "longer"),
        (
            "token create app --app EIxcPdpT --valid 1001y",
            "1000 years",
        ),
        ("apply -f - -f -", "once"),
    ] {
        operator.run(wrong.split(' ')).refused(2, &[named]);
    }
}

/// A variable of a script that is not set is no wish for everything.
#[test]
fn an_empty_filter_ends_with_2() {
    let operator = Operator::with_applications();
    for wrong in [
        "dead drop --problem",
        "dead redrive --problem",
        "events list --provider",
        "events tail --subject",
        "events replay --since 1h --queue",
        "funnel --application",
        "limits report --application",
        "webhook replay 01997e2a-4d61-7a0e-9c7b-2f4f6d1f6c11 --event-id",
        "explain",
        "user show",
    ] {
        let arguments = wrong.split(' ').chain([""]);
        let done = operator.run(arguments);
        assert_eq!(done.status, 2, "{wrong}: {done:?}");
        assert!(done.stderr.contains("value is required"), "{done:?}");
    }
}

#[test]
fn wrong_settings_are_all_told_and_end_with_2() {
    let operator = Operator::on_sqlite();
    let output = operator
        .command(["app", "list"])
        .env("SIGNUP__HASH__COST", "99")
        .env("SIGNUP__HTPP__PORT", "1")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("SIGNUP__HASH__COST") && told.contains("SIGNUP__HTPP__PORT"),
        "{told}"
    );
}

#[test]
fn a_variable_that_is_set_to_nothing_is_none() {
    let operator = Operator::with_applications();
    let mut command = operator.command(["app", "list"]);
    command.env("SIGNUP_CONFIG", "").env("SIGNUP_OPERATOR", "");
    let done = Done::from(command.output().unwrap());
    assert_eq!(done.status, 0, "{done:?}");
    operator
        .run(["app", "list", "--config", ""])
        .refused(2, &["--config"]);
}

#[test]
fn the_openapi_documents_are_those_of_the_services() {
    let operator = Operator::on_sqlite();
    for provider in ["bytepower", "xdua", "ciam"] {
        let done = operator.run(["openapi", provider]);
        let document: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
        assert!(
            document["openapi"].as_str().unwrap().starts_with("3.1"),
            "{provider}"
        );
    }
}

#[test]
fn completions_exist_for_common_shells() {
    let operator = Operator::on_sqlite();
    for shell in ["bash", "zsh", "fish"] {
        let done = operator.run(["completions", shell]);
        assert!(
            done.status == 0 && done.stdout.contains("signupctl"),
            "{shell}"
        );
    }
}

#[test]
fn effective_settings_are_shown_with_their_sources_and_without_secrets() {
    let operator = Operator::on_sqlite();
    operator.write("settings.toml", "[hash]\ncost = 13\n");
    let settings = operator.json(["config", "show", "--config", "settings.toml"]);
    let find = |key: &str| {
        settings
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["key"] == key)
            .unwrap()
    };
    assert_eq!(find("hash.cost")["value"], "13");
    assert_eq!(find("hash.cost")["source"], "settings.toml:2");
    assert_eq!(find("secrets.keys")["value"], "***");
    assert_eq!(find("secrets.keys")["source"], "SIGNUP__SECRETS__KEYS");
}

#[test]
fn piped_output_has_no_colours() {
    let operator = Operator::with_applications();
    let done = operator.run(["doctor"]);
    assert!(!done.stdout.contains('\x1b'), "{done:?}");
}
