use std::fs;
use std::path::Path;

use reqwest::StatusCode;
use serde_json::json;

use crate::desk::{Browser, Desk, Page, set};

type Form = Vec<(String, String)>;

const NEW: &str = "/new-application";
const SHOP: &str = "/applications/ciam/shop";
const SETTINGS: &str = "/applications/ciam/shop/settings";
const DECLARATION: &str = "/applications/ciam/shop/declaration";

/// Sends a form for a preview, and saves what was previewed.
async fn save(browser: &Browser<'_>, path: &str, mut form: Form) -> Page {
    set(&mut form, "do", "preview");
    let mut previewed = browser.post(path, &form).await.form(path);
    set(&mut previewed, "do", "save");
    browser.post(path, &previewed).await
}

async fn min_length(desk: &Desk) -> serde_json::Value {
    let stored = desk.service.app.store.declarations().await.unwrap();
    stored.applications[0].rules["password"]["min_length"].clone()
}

#[tokio::test]
async fn settings_are_previewed_saved_and_remembered_with_who_and_when() {
    let desk = Desk::open().await;
    let ana = desk.signed_in("ana").await;
    let mut form = ana.get(SETTINGS).await.form(SETTINGS);
    set(&mut form, "value.rules.password.min_length", "10");
    set(&mut form, "do", "preview");
    let preview = ana.post(SETTINGS, &form).await;
    assert_eq!(preview.status, StatusCode::OK, "{}", preview.body);
    preview.shows("rules.password.min_length: 8 -&gt; 10");
    assert_eq!(
        min_length(&desk).await,
        json!(8),
        "a preview writes nothing"
    );

    let mut form = preview.form(SETTINGS);
    set(&mut form, "do", "save");
    let saved = ana.post(SETTINGS, &form).await;
    assert_eq!(saved.header("location"), SHOP, "{}", saved.body);
    assert_eq!(min_length(&desk).await, json!(10));

    let page = ana.get(SHOP).await;
    page.shows("ana (console)");
    page.shows("<del><code>8</code></del> → <ins><code>10</code></ins>");
    page.shows("min_length = 10");
    let audit = desk.audit().await;
    let entry = audit.last().unwrap();
    assert_eq!(entry.action, "application_changed");
    assert_eq!(entry.object.as_deref(), Some("ciam/shop"));
    assert_eq!(
        entry.details["changed"],
        json!(["rules.password.min_length"])
    );
}

/// The demos, and the examples with more keys in them.
fn declarations() -> Vec<String> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/examples");
    let files = fs::read_dir(examples).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let examples = files.filter(|path| path.extension().is_some_and(|ending| ending == "toml"));
    let examples = examples.map(|path| fs::read_to_string(path).unwrap());
    let demos = signup_providers::ALL.iter();
    demos
        .map(|entry| entry.demo.to_owned())
        .chain(examples)
        .collect()
}

#[tokio::test]
async fn an_untouched_form_changes_nothing() {
    let desk = Desk::open().await;
    for file in declarations() {
        desk.service.apply(&file).await;
    }
    let store = &desk.service.app.store;
    let before = store.declarations().await.unwrap();
    assert!(before.applications.len() > 8);
    let ana = desk.signed_in("ana").await;
    for application in &before.applications {
        let path = format!(
            "/applications/{}/{}/settings",
            application.provider, application.id
        );
        let page = ana.get(&path).await;
        let mut form = page.form(&path);
        assert!(form.len() > 20, "{path}: {form:?}");
        assert!(!page.body.contains("Other keys"), "{path}");
        set(&mut form, "do", "save");
        ana.post(&path, &form).await.shows("Nothing would change.");
    }
    let after = store.declarations().await.unwrap();
    assert_eq!(after.revision, before.revision);
}

#[tokio::test]
async fn every_key_can_be_set_and_left_out_again_by_who_never_saw_a_file() {
    let desk = Desk::open().await;
    let ana = desk.signed_in("ana").await;
    let save = async |changes: &[(&str, &str)]| {
        let mut form = ana.get(SETTINGS).await.form(SETTINGS);
        for (key, value) in changes {
            set(&mut form, &format!("value.{key}"), value);
        }
        set(&mut form, "do", "preview");
        let mut form = ana.post(SETTINGS, &form).await.form(SETTINGS);
        set(&mut form, "do", "save");
        let saved = ana.post(SETTINGS, &form).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
        let stored = desk.service.app.store.declarations().await.unwrap();
        let application = stored.applications.into_iter().next().unwrap();
        (application.rules, application.settings)
    };
    let page = ana.get(SETTINGS).await;
    page.shows("Cost of hashing (bcrypt)");
    page.shows("Not set. Default: the service's own, hash.cost.");
    page.shows("Allowed: 10–15.");
    page.shows("<option value=\"\" selected>Not set (Default: not asked for)</option>");

    let (rules, settings) = save(&[
        ("rules.password.bcrypt_cost", "11"),
        ("rules.password.require", "digit"),
        ("settings.kind", "m2m"),
        ("settings.flow.authentication", "phone_number"),
        ("settings.flow.sms_source", "on"),
        ("settings.flow.ordinary.nickname", "required"),
        (
            "rules.sending.sms_per_country_per_day",
            "86 = 100\r\n\"*\" = 0",
        ),
    ])
    .await;
    assert_eq!(rules["password"]["bcrypt_cost"], 11);
    assert_eq!(rules["password"]["require"], json!(["digit"]));
    let budgets = &rules["sending"]["sms_per_country_per_day"];
    assert_eq!(*budgets, json!({"86": 100, "*": 0}));
    assert_eq!(settings["kind"], "m2m");
    let flow = &settings["flow"];
    assert_eq!(flow["authentication"], json!(["phone_number"]));
    assert_eq!(
        flow["sms_source"],
        json!({"code_length": 6, "valid_seconds": 60})
    );
    assert_eq!(flow["ordinary"], json!({"nickname": "required"}));

    let (rules, settings) = save(&[
        ("rules.password.bcrypt_cost", ""),
        ("rules.sending.sms_per_country_per_day", ""),
        ("settings.kind", ""),
        ("settings.flow.ordinary.nickname", ""),
    ])
    .await;
    assert_eq!(rules["password"].get("bcrypt_cost"), None);
    assert_eq!(rules["sending"].get("sms_per_country_per_day"), None);
    assert_eq!(settings["kind"], "web");
    assert_eq!(settings["flow"]["ordinary"], json!({}));
}

#[tokio::test]
async fn the_form_is_there_in_chinese() {
    let desk = Desk::open().await;
    let mut ana = desk.signed_in("ana").await;
    ana.language = Some("zh-CN");
    let page = ana.get(SETTINGS).await;
    page.shows("密码最短长度（字符）");
    page.shows("未设置。默认：服务自身的设置 hash.cost。");
    page.shows("<legend>注册流程</legend>");
}

#[tokio::test]
async fn what_apply_would_refuse_is_told_at_its_field_and_kept() {
    let desk = Desk::open().await;
    let ana = desk.signed_in("ana").await;
    for (field, typed, told) in [
        ("value.rules.password.min_length", "0", "`min_length` is 0"),
        ("value.rules.password.min_length", "many", "invalid type"),
        ("value.settings.kind", "pigeon", "unknown variant `pigeon`"),
        (
            "value.settings.flow.authentication",
            "pigeon",
            "`authentication` is empty",
        ),
        (
            "value.rules.messages.templates",
            "[en",
            "This is no table as TOML writes it",
        ),
        (
            "value.settings.flow.authentication",
            "phone_number",
            "sms_source",
        ),
    ] {
        let mut form = ana.get(SETTINGS).await.form(SETTINGS);
        set(&mut form, field, typed);
        set(&mut form, "value.name", "typed before");
        set(&mut form, "do", "save");
        let page = ana.post(SETTINGS, &form).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        page.shows(told);
        page.shows("typed before");
        page.shows(&format!("aria-describedby=\"{field}.fault {field}.help\""));
    }
    assert_eq!(min_length(&desk).await, json!(8));
}

#[tokio::test]
async fn of_two_operators_the_later_one_looks_again_and_loses_nothing() {
    let desk = Desk::open().await;
    let (ana, other) = (desk.signed_in("ana").await, desk.signed_in("ana").await);
    let mut first = ana.get(SETTINGS).await.form(SETTINGS);
    let mut second = other.get(SETTINGS).await.form(SETTINGS);
    for (form, length) in [(&mut first, "10"), (&mut second, "12")] {
        set(form, "value.rules.password.min_length", length);
    }
    set(&mut second, "do", "preview");
    let mut second = other.post(SETTINGS, &second).await.form(SETTINGS);
    set(&mut second, "do", "save");
    let saved = save(&ana, SETTINGS, first).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER);

    let late = other.post(SETTINGS, &second).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    late.shows("The application was changed since you opened this form.");
    late.shows("rules.password.min_length: 10 -&gt; 12");
    assert_eq!(min_length(&desk).await, json!(10));

    let mut form = late.form(SETTINGS);
    set(&mut form, "do", "save");
    assert_eq!(
        other.post(SETTINGS, &form).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(min_length(&desk).await, json!(12));
}

#[tokio::test]
async fn a_declaration_file_is_read_as_apply_reads_it() {
    let desk = Desk::open().await;
    let ana = desk.signed_in("ana").await;
    let form = ana.get(DECLARATION).await.form(DECLARATION);
    let file = &form.iter().find(|(name, _)| name == "file").unwrap().1;
    for (from, to, told) in [
        (
            "min_length = 8",
            "min_lenght = 8",
            "unknown field `min_lenght`",
        ),
        (
            "[[application]]\nid = \"shop\"",
            "[[application]]\nid = \"other\"",
            "The file declares another application.",
        ),
        (
            "provider = \"ciam\"",
            "provider = \"acme\"",
            "does not know the provider",
        ),
    ] {
        let mut form = form.clone();
        set(&mut form, "file", &file.replace(from, to));
        set(&mut form, "do", "save");
        let page = ana.post(DECLARATION, &form).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
        page.shows(told);
    }
    let mut form = form.clone();
    set(
        &mut form,
        "file",
        &file.replace("min_length = 8", "min_length = 9"),
    );
    let saved = save(&ana, DECLARATION, form).await;
    assert_eq!(saved.header("location"), SHOP, "{}", saved.body);
    assert_eq!(min_length(&desk).await, json!(9));
}

#[tokio::test]
async fn a_new_application_is_declared_with_its_first_secret() {
    let desk = Desk::open().await;
    let ana = desk.signed_in("ana").await;
    let file = "provider = \"ciam\"\n[[application]]\nid = \"new\"\n[[application.credential]]\nkind = \"client-secret\"\nid = \"new\"\n";
    let mut form = ana.get(NEW).await.form(NEW);
    set(&mut form, "file", file);
    let page = save(&ana, NEW, form).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    page.shows("Store it now: it is not shown again.");
    ana.get("/applications/ciam/new")
        .await
        .shows("client-secret/new");
    let noted = desk.audit().await;
    let told: Vec<_> = noted[1..]
        .iter()
        .map(|entry| (entry.action.as_str(), entry.object.as_deref().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ("directory_created", "ciam/new"),
            ("application_created", "ciam/new"),
            ("credential_created", "ciam/client-secret/new"),
        ]
    );
    assert_eq!(
        noted[2].details,
        json!({"name": "new", "directory": "new", "enabled": true})
    );
    assert_eq!(noted[2].client.as_deref(), Some("127.0.0.0/24"));
    let again = ana
        .submit("/new-application", &[("file", file), ("do", "save")])
        .await;
    again.shows("There is an application with this id already.");
}

#[tokio::test]
async fn only_what_was_previewed_is_saved() {
    let desk = Desk::open().await;
    let ana = desk.signed_in("ana").await;
    let is_refused = |page: &Page| {
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        page.shows("What you sent is not what you were shown");
    };

    let mut form = ana.get(SETTINGS).await.form(SETTINGS);
    set(&mut form, "value.rules.password.min_length", "10");
    set(&mut form, "do", "save");
    is_refused(&ana.post(SETTINGS, &form).await);
    set(&mut form, "do", "preview");
    let mut form = ana.post(SETTINGS, &form).await.form(SETTINGS);
    set(&mut form, "value.rules.password.min_length", "14");
    set(&mut form, "do", "save");
    let again = ana.post(SETTINGS, &form).await;
    is_refused(&again);
    again.shows("rules.password.min_length: 8 -&gt; 14");
    assert_eq!(min_length(&desk).await, json!(8));
    let mut form = again.form(SETTINGS);
    set(&mut form, "do", "save");
    let saved = ana.post(SETTINGS, &form).await;
    assert_eq!(saved.header("location"), SHOP);
    assert_eq!(min_length(&desk).await, json!(14));

    for (path, from, to) in [
        (DECLARATION, "min_length = 14", "min_length = 9"),
        (NEW, "\"PROVIDER\"", "\"ciam\""),
    ] {
        let mut form = ana.get(path).await.form(path);
        let file = form.iter().find(|(name, _)| name == "file").unwrap();
        let file = file.1.replace(from, to).replace("\"ID\"", "\"new\"");
        set(&mut form, "file", &file);
        set(&mut form, "do", "preview");
        let mut form = ana.post(path, &form).await.form(path);
        let other = file.replace("name = ", "enabled = false\nname = ");
        set(&mut form, "file", &other.replace("enabled = true\n", ""));
        set(&mut form, "do", "save");
        is_refused(&ana.post(path, &form).await);
    }
    let stored = desk.service.app.store.declarations().await.unwrap();
    assert_eq!(stored.applications.len(), 1);
    assert!(stored.applications[0].enabled);
}
