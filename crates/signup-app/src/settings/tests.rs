#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::{BusUrl, Reader, Settings, SettingsError};

const KEY: &str = "k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

fn environment(pairs: &[(&str, &str)]) -> impl Iterator<Item = (String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect::<Vec<_>>()
        .into_iter()
}

fn load(pairs: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    Settings::load("", None, environment(pairs))
}

fn file(folder: &TempDir, text: &str) -> PathBuf {
    let path = folder.path().join("signup.toml");
    std::fs::write(&path, text).unwrap();
    path
}

fn faults(result: Result<Settings, SettingsError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn the_compiled_in_defaults_are_valid() {
    let settings = load(&[]).unwrap();

    assert_eq!(settings.http.address().to_string(), "127.0.0.1:8080");
    assert_eq!(settings.http.request_deadline, Duration::from_secs(4));
    assert_eq!(settings.hash.cost, 12);
    assert_eq!(settings.bus.url, BusUrl::InProcess);
    assert!(settings.http.workers > 0 && settings.hash.threads > 0);
}

#[test]
fn each_source_overrides_the_one_before() {
    let folder = TempDir::new().unwrap();
    let path = file(
        &folder,
        "[http]\nport = 3\nmetrics_port = 3000\n[hash]\ncost = 11\n",
    );

    let settings = Settings::load(
        "[http]\nport = 2\nbody_limit_bytes = 2048\n",
        Some(&path),
        environment(&[("SIGNUP__HTTP__PORT", "4"), ("SIGNUP_CONFIG", "elsewhere")]),
    )
    .unwrap();

    assert_eq!(settings.http.port, 4);
    assert_eq!(settings.http.metrics_port, 3000);
    assert_eq!(settings.http.body_limit_bytes, 2048);
    assert_eq!(settings.hash.cost, 11);
}

#[test]
fn all_faults_of_all_sources_are_reported_at_once() {
    let folder = TempDir::new().unwrap();
    let path = file(
        &folder,
        "[http]\nprot = 8080\nheader_timeout = 5\n\n[hsah]\ncost = 12\n[hash]\ncost = 9\n",
    );

    let error = Settings::load(
        "",
        Some(&path),
        environment(&[
            ("SIGNUP__HTTP__PORT", "70000"),
            ("SIGNUP__LOG__LEVEL", "inof"),
            ("SIGNUP__DATABASE__MIGRATE", "true"),
            ("SIGNUP__BUS__URL", "kafka://guest:hush@mq"),
        ]),
    )
    .unwrap_err();

    let text = error.to_string();
    assert_eq!(error.faults().len(), 8, "{text}");
    assert_eq!(text.lines().count(), 9, "{text}");
    let path = path.display();
    for expected in [
        format!("http.prot (from {path}:2): is not a known key; did you mean http.port?"),
        format!("http.header_timeout (from {path}:3): \"5\" is not accepted; must be a number with"),
        format!("hsah.cost (from {path}:6): is not a known key; did you mean hash.cost?"),
        format!("hash.cost (from {path}:8): \"9\" is not accepted; must be a whole number from 10 to 15"),
        "http.port (from SIGNUP__HTTP__PORT): \"70000\" is not accepted; must be a whole number from 0 to 65535".to_owned(),
        "log.level (from SIGNUP__LOG__LEVEL): \"inof\"".to_owned(),
        "database.migrate (from SIGNUP__DATABASE__MIGRATE): is not a known key".to_owned(),
        "bus.url (from SIGNUP__BUS__URL): \"kafka://***@mq\" is not accepted; must be \"in-process\"".to_owned(),
    ] {
        assert!(text.contains(&expected), "{expected}\n--- is missing in ---\n{text}");
    }
}

#[test]
fn a_file_that_is_not_toml_is_reported_by_line_without_quoting_it() {
    let folder = TempDir::new().unwrap();
    let path = file(&folder, "[secrets]\nkeys = k1:c2VjcmV0\n");

    let text = faults(Settings::load("", Some(&path), environment(&[])));

    assert!(text.contains("signup.toml:2"), "{text}");
    assert!(!text.contains("c2VjcmV0"), "{text}");
}

#[test]
fn a_missing_file_is_a_fault() {
    let text = faults(Settings::load(
        "",
        Some(Path::new("/no/such/file")),
        environment(&[]),
    ));
    assert!(text.contains("/no/such/file: cannot be read"), "{text}");
}

#[test]
fn a_section_cannot_be_set_as_a_whole() {
    let text = faults(load(&[("SIGNUP__HTTP", "8080")]));
    assert!(
        text.contains("http (from SIGNUP__HTTP): is a section"),
        "{text}"
    );
}

#[test]
fn an_empty_section_header_is_no_fault() {
    let folder = TempDir::new().unwrap();
    let path = file(&folder, "[http]\n[hash]\ncost = 10\n");
    assert!(Settings::load("", Some(&path), environment(&[])).is_ok());
}

#[test]
fn proxies_are_networks_or_addresses_and_each_bad_one_is_named() {
    let settings = load(&[("SIGNUP__HTTP__TRUSTED_PROXIES", "10.0.0.0/8, ::1")]).unwrap();
    let proxies: Vec<String> = settings
        .http
        .trusted_proxies
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(proxies, ["10.0.0.0/8", "::1/128"]);

    let folder = TempDir::new().unwrap();
    let path = file(
        &folder,
        "[http]\ntrusted_proxies = [\"proxy\", \"10.0.0.0/40\"]\n",
    );
    let text = faults(Settings::load("", Some(&path), environment(&[])));
    assert!(
        text.contains("\"proxy\"") && text.contains("\"10.0.0.0/40\""),
        "{text}"
    );
}

#[test]
fn both_listeners_on_one_port_are_refused() {
    let text = faults(load(&[("SIGNUP__HTTP__METRICS_PORT", "8080")]));
    assert!(text.contains("same listener"), "{text}");
    let any_port = [
        ("SIGNUP__HTTP__PORT", "0"),
        ("SIGNUP__HTTP__METRICS_PORT", "0"),
    ];
    assert!(load(&any_port).is_ok());
}

#[test]
fn weak_costs_need_the_test_switch() {
    let weak = ("SIGNUP__HASH__COST", "4");
    assert!(load(&[weak]).is_err());
    let settings = load(&[weak, ("SIGNUP__HASH__ALLOW_TEST_COST", "true")]).unwrap();
    assert_eq!(settings.hash.cost, 4);
}

#[test]
fn a_service_reads_its_own_keys_in_the_same_report() {
    struct Own {
        tolerance: Duration,
        name: String,
    }
    let read = |reader: &mut Reader| Own {
        tolerance: reader.duration(
            "service.token_tolerance",
            Duration::ZERO..=Duration::from_secs(600),
        ),
        name: reader.text("service.name"),
    };
    let defaults = "[service]\ntoken_tolerance = \"5m\"\nname = \"shop\"\n";

    let (_, own) = Settings::load_with(defaults, None, environment(&[]), read).unwrap();
    assert_eq!(own.tolerance, Duration::from_secs(300));
    assert_eq!(own.name, "shop");

    let wrong = [
        ("SIGNUP__SERVICE__TOKEN_TOLERANCE", "1h"),
        ("SIGNUP__SERVICE__NAEM", "x"),
        ("SIGNUP__HASH__COST", "99"),
    ];
    let error = Settings::load_with(defaults, None, environment(&wrong), read)
        .err()
        .unwrap();
    assert_eq!(error.faults().len(), 3, "{error}");
    assert!(
        error.to_string().contains("did you mean service.name?"),
        "{error}"
    );
}

#[test]
fn postgresql_needs_keys_and_says_how_to_make_one() {
    let postgres = ("SIGNUP__DATABASE__URL", "postgres://app:hush@db/signup");

    let text = faults(load(&[postgres]));
    assert!(text.contains("secrets.keys: is empty"), "{text}");
    assert!(text.contains("openssl rand -base64 32"), "{text}");

    let settings = load(&[postgres, ("SIGNUP__SECRETS__KEYS", KEY)]).unwrap();
    assert_eq!(settings.secrets.key_ring().unwrap().current_id(), "k1");
}

#[test]
fn keys_come_from_a_mounted_file() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("keys");
    std::fs::write(&path, format!("new{}\n{KEY}\n", &KEY[2..])).unwrap();
    let mounted = ("SIGNUP__SECRETS__KEYS_FILE", path.to_str().unwrap());

    let settings = load(&[mounted]).unwrap();
    assert_eq!(settings.secrets.key_ring().unwrap().current_id(), "new");

    let text = faults(load(&[mounted, ("SIGNUP__SECRETS__KEYS", KEY)]));
    assert!(text.contains("set one of the two"), "{text}");
}

#[test]
fn sqlite_makes_a_key_once_and_keeps_it_private() {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}/data/signup.db", folder.path().display());
    let settings = load(&[("SIGNUP__DATABASE__URL", &url)]).unwrap();
    let keys = folder.path().join("data/signup.db.keys");
    assert!(!keys.exists(), "loading settings must not write");

    let contents: Vec<String> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    settings.secrets.key_ring().unwrap();
                    std::fs::read_to_string(&keys).unwrap()
                })
            })
            .collect();
        starts
            .into_iter()
            .map(|start| start.join().unwrap())
            .collect()
    });

    assert!(contents.iter().all(|text| *text == contents[0]));
    assert_eq!(
        std::fs::read_dir(keys.parent().unwrap()).unwrap().count(),
        1
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&keys).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn no_secret_is_shown_in_faults_descriptions_or_debug_output() {
    let secrets = [
        (
            "SIGNUP__DATABASE__URL",
            "postgres://app:hush@db/signup?password=hush",
        ),
        ("SIGNUP__SECRETS__KEYS", KEY),
    ];
    let settings = load(&secrets).unwrap();
    let described: Vec<String> = settings
        .describe()
        .iter()
        .map(ToString::to_string)
        .collect();
    let described = described.join("\n");
    assert!(
        described.contains("secrets.keys = ***  (SIGNUP__SECRETS__KEYS)"),
        "{described}"
    );
    assert!(
        described.contains("http.port = 8080  (default)"),
        "{described}"
    );

    let bad = [
        ("SIGNUP__DATABASE__URL", "mysql://app:hush@db/signup"),
        ("SIGNUP__SECRETS__KEYS", "MDEyMzQ1Njc4"),
        ("SIGNUP__SECRETS__KYES", KEY),
    ];
    for shown in [described, format!("{settings:?}"), faults(load(&bad))] {
        assert!(
            !shown.contains("hush") && !shown.contains("MDEyMzQ1Njc4"),
            "{shown}"
        );
    }
}

#[test]
fn sections_of_channel_providers_pass_in_every_process_and_hide_their_secrets() {
    let folder = TempDir::new().unwrap();
    let path = file(
        &folder,
        "[channel.mail]\nkind = \"smtp\"\npassword = \"hush\"\n[channel.empty]\n",
    );
    let settings = Settings::load(
        "",
        Some(&path),
        environment(&[
            ("SIGNUP__CHANNEL__SMS_2__AUTH_TOKEN", "hush"),
            ("SIGNUP__CHANNEL__SMS_2__SECRET_KEY", "hush"),
            ("SIGNUP__WORKER__EMAIL", "mail"),
        ]),
    )
    .unwrap();
    let described: Vec<String> = settings
        .describe()
        .iter()
        .map(ToString::to_string)
        .collect();
    let described = described.join("\n");
    assert!(
        described.contains("channel.mail.kind = smtp"),
        "{described}"
    );
    assert!(
        described.contains("channel.sms_2.auth_token = ***  (SIGNUP__CHANNEL__SMS_2__AUTH_TOKEN)"),
        "{described}"
    );
    assert!(!described.contains("hush"), "{described}");
}

#[test]
fn what_looks_like_no_section_of_a_channel_provider_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = file(
        &folder,
        "[channel.Mail]\nkind = \"smtp\"\n[channel.a.b]\nc = 1\n[channel]\nmail = \"smtp\"\n",
    );
    let text = faults(Settings::load("", Some(&path), environment(&[])));
    for expected in [
        ":2): is not below a name of a channel provider; must be channel.NAME.KEY",
        ":4): is not a key of a channel provider",
        ":6): is not a key of a channel provider",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    let text = faults(load(&[("SIGNUP__CHANNEL", "mail")]));
    assert!(
        text.contains("channel (from SIGNUP__CHANNEL): is a section"),
        "{text}"
    );
}

#[test]
fn webhooks_call_only_public_addresses_over_tls_unless_told_otherwise() {
    let settings = load(&[]).unwrap().webhooks;
    assert!(settings.allow_networks.is_empty() && !settings.allow_http);
    assert!(settings.lease() > settings.timeout);

    let text = faults(load(&[
        ("SIGNUP__WEBHOOKS__ALLOW_NETWORKS", "10.0.0.0/40"),
        ("SIGNUP__WEBHOOKS__CONNECT_TIMEOUT", "21s"),
        ("SIGNUP__WEBHOOKS__CONCURRENCY", "0"),
    ]));
    for key in ["allow_networks", "connect_timeout", "concurrency"] {
        assert!(text.contains(&format!("webhooks.{key}")), "{text}");
    }
}

/// The keys of the compiled-in settings, in their order.
pub(super) fn load_defaults() -> Vec<String> {
    let settings = load(&[]).unwrap();
    let described = settings.describe().iter();
    described.map(|setting| setting.key.clone()).collect()
}
