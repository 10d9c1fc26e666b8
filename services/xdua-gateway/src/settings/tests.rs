#![allow(clippy::unwrap_used)]

use serde_json::json;

use super::*;

fn problem(settings: Value) -> String {
    serde_json::from_value::<ApplicationSettings>(settings)
        .unwrap()
        .validate()
        .unwrap_err()
}

#[test]
fn the_defaults_are_sound_and_let_nobody_in() {
    let settings: ApplicationSettings = serde_json::from_value(json!({})).unwrap();
    assert_eq!(settings, ApplicationSettings::default());
    assert_eq!(settings.validate(), Ok(()));
    assert_eq!(settings.vfcode, CodePolicy::Required);
    assert_eq!(settings.app("EIxcPdpT"), None);
}

#[test]
fn settings_read_back_as_they_were_written() {
    let settings: ApplicationSettings = serde_json::from_value(json!({
        "apps": [{"id": "EIxcPdpT", "origins": ["*"]}],
        "vfcode": "optional",
        "tables": {"Any": {}, "Members": {"fields": [{"name": "a", "type": "array", "default": []}]}},
        "templates": {"SMS_1": "sms"},
    }))
    .unwrap();
    let written = serde_json::to_value(&settings).unwrap();
    assert_eq!(
        serde_json::from_value::<ApplicationSettings>(written).unwrap(),
        settings
    );
}

#[test]
fn what_cannot_work_is_refused_naming_the_key() {
    let app = |id: &str, origin: &str| json!({"apps": [{"id": id, "origins": [origin]}]});
    for (settings, text) in [
        (app("short", "*"), "`apps`: `short`"),
        (
            json!({"apps": [{"id": "EIxcPdpT"}, {"id": "EIxcPdpT"}]}),
            "listed twice",
        ),
        (json!({"roles": ["a b"]}), "`roles`: `a b`"),
        (
            json!({"self_service_roles": ["admin"]}),
            "`self_service_roles`: `admin` is not one of `roles`, which is empty",
        ),
        (
            json!({"roles": ["a"], "add_user_roles": ["b"]}),
            "`add_user_roles`: `b`",
        ),
        (json!({"tables": {"a b": {}}}), "`tables`: `a b`"),
        (json!({"templates": {"": "sms"}}), "`templates`"),
        (json!({"issuer": ""}), "`issuer`"),
    ] {
        let problem = problem(settings);
        assert!(problem.contains(text), "{problem}");
    }
    for origin in [
        "shop.example",
        "https://shop.example/",
        "https://Shop.example",
        "https://shop.example:443",
        "null",
        "",
    ] {
        assert!(
            problem(app("EIxcPdpT", origin)).contains("`apps.origins`"),
            "{origin}"
        );
    }
    let table = |fields: Value| json!({"tables": {"T": {"fields": fields}}});
    let field = |default: Value| json!({"name": "a", "type": "number", "default": default});
    assert!(problem(table(json!([field(json!("1"))]))).contains("`tables.T`"));
    assert!(problem(table(json!([field(json!(1)), field(json!(2))]))).contains("declared twice"));
}

#[test]
fn unknown_keys_are_refused() {
    for settings in [
        json!({"app": []}),
        json!({"apps": [{"id": "EIxcPdpT", "origin": "*"}]}),
        json!({"vfcode": "off"}),
        json!({"tables": {"T": {"fields": [{"name": "a", "type": "text"}]}}}),
    ] {
        assert!(serde_json::from_value::<ApplicationSettings>(settings).is_err());
    }
}
