use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::operator::Operator;

#[test]
fn the_page_about_settings_is_what_the_code_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
    let page = fs::read_to_string(path).unwrap_or_default();
    let made = Operator::on_sqlite().run(["config", "reference"]).stdout;
    assert!(
        page == made,
        "docs/configuration.md is not what the code says; make it anew: make docs"
    );
}

#[test]
fn the_page_about_declarations_is_what_the_code_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/declarations.md");
    let page = fs::read_to_string(path).unwrap_or_default();
    let made = Operator::on_sqlite().run(["app", "reference"]).stdout;
    assert!(
        page == made,
        "docs/declarations.md is not what the code says; make it anew: make docs"
    );
}

#[test]
fn every_setting_in_force_is_described() {
    let operator = Operator::on_sqlite();
    let keys = |value: &Value| -> BTreeSet<String> {
        let settings = value.as_array().unwrap().iter();
        settings
            .map(|one| one["key"].as_str().unwrap().to_owned())
            .collect()
    };
    let reference = operator.json(["config", "reference"]);
    let in_force = operator.json(["config", "show"]);
    assert_eq!(keys(&reference["settings"]), keys(&in_force));
    let mut settings = reference["settings"].as_array().unwrap().iter();
    let port = settings.find(|one| one["key"] == "http.port").unwrap();
    assert_eq!(port["variable"], "SIGNUP__HTTP__PORT");
    assert_eq!(port["default"], "8080");
    assert_eq!(port["default_of"]["xdua-gateway"], "8082");
    assert_eq!(port["accepted"], "a whole number from 0 to 65535");
}
