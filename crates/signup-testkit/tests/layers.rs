//! The arrows of the house: which crate may use which, and who may know a provider.
//!
//! services → signup-http → signup-notify → signup-app → signup-bus → signup-store →
//! signup-core, never back; steps may be left out. No service uses another one, with three exceptions: the list of
//! providers knows them all, the console uses that list, and the operator's command line runs everything in one
//! process.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// From the bottom to the top.
const LAYERS: [&str; 6] = [
    "signup-core",
    "signup-store",
    "signup-bus",
    "signup-app",
    "signup-notify",
    "signup-http",
];
const TESTKIT: &str = "signup-testkit";
const PROVIDER_LIST: &str = "signup-providers";
const CONSOLE: &str = "signup-console";
const COMPOSER: &str = "signupctl";

/// Put together here, so that this file passes its own check.
const PROVIDERS: [&str; 4] = [
    concat!("byte", "power"),
    concat!("xd", "ua"),
    concat!("ci", "am"),
    concat!("ten", "cent"),
];

/// A place in the house; an arrow may only point to a lower one.
#[derive(Debug, PartialEq, PartialOrd)]
enum Place {
    /// A consumer for other teams: may use nothing of the house, for they have nothing of it either.
    Example,
    Layer(usize),
    Service,
    /// Names every provider's service.
    ProviderList,
    /// A service for all providers.
    Console,
    Composer,
    /// Test kit and benchmarks: may use everything below `Service`, and nobody uses them.
    Tool,
    /// A program that tries the finished ones, with the test kit.
    Trial,
}

/// One member of the workspace and what it uses outside of its tests.
struct Member {
    folder: String,
    uses: Vec<String>,
}

type Members = BTreeMap<String, Member>;

fn place(name: &str, folder: &str) -> Result<Place, String> {
    let layer = LAYERS.iter().position(|layer| *layer == name);
    match (layer, folder) {
        (Some(layer), "crates") => Ok(Place::Layer(layer)),
        (None, "crates") if name == TESTKIT => Ok(Place::Tool),
        (None, "services") if name == PROVIDER_LIST => Ok(Place::ProviderList),
        (None, "services") if name == CONSOLE => Ok(Place::Console),
        (None, "services") if name == COMPOSER => Ok(Place::Composer),
        (None, "services") => Ok(Place::Service),
        (None, "benches") => Ok(Place::Tool),
        (None, "examples") => Ok(Place::Example),
        (None, "tests") => Ok(Place::Trial),
        _ => Err(format!("{name} in {folder}/ has no place in the layers")),
    }
}

/// Everything that is wrong with the arrows, one sentence each.
fn faults(members: &Members) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, member) in members {
        let from = match place(name, &member.folder) {
            Ok(place) => place,
            Err(fault) => {
                faults.push(fault);
                continue;
            }
        };
        for used in &member.uses {
            // What is no member comes from a registry.
            let Some(target) = members.get(used) else {
                continue;
            };
            if place(used, &target.folder).is_ok_and(|to| to >= from) {
                faults.push(format!("{name} must not use {used}"));
            }
        }
    }
    faults
}

fn workspace() -> Value {
    let cargo = std::env::var("CARGO").unwrap_or("cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo metadata: {errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn members(metadata: &Value) -> Members {
    let root = Path::new(metadata["workspace_root"].as_str().unwrap());
    let packages = metadata["packages"].as_array().unwrap();
    packages
        .iter()
        .map(|package| member(root, package))
        .collect()
}

fn member(root: &Path, package: &Value) -> (String, Member) {
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    let folder = manifest.strip_prefix(root).unwrap().iter().next().unwrap();
    let dependencies = package["dependencies"].as_array().unwrap();
    let uses = dependencies
        .iter()
        .filter(|dependency| dependency["kind"] != "dev")
        .map(|dependency| dependency["name"].as_str().unwrap().to_owned());
    let member = Member {
        folder: folder.to_string_lossy().into_owned(),
        uses: uses.collect(),
    };
    (package["name"].as_str().unwrap().to_owned(), member)
}

/// The first provider's name in a text, whatever its case.
fn provider_in(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    PROVIDERS.into_iter().find(|name| text.contains(name))
}

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, files);
        } else {
            files.push(path);
        }
    }
}

#[test]
fn crates_depend_in_one_direction_only() {
    let members = members(&workspace());
    assert!(members.contains_key(TESTKIT), "cargo metadata was misread");
    let faults = faults(&members);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_crate_knows_a_provider() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    files_below(crates, &mut files);
    assert!(files.iter().any(|file| file.ends_with("tests/layers.rs")));
    for file in files {
        let path = file.strip_prefix(crates).unwrap().display().to_string();
        let content = std::fs::read(&file).unwrap();
        let text = format!("{path}\n{}", String::from_utf8_lossy(&content));
        if let Some(name) = provider_in(&text) {
            panic!("crates/{path} names the provider {name}: that belongs to services/");
        }
    }
}

mod the_check_itself {
    use super::*;

    /// A workspace from lines such as `crates/signup-app: signup-store signup-core`.
    fn made_up(lines: &[&str]) -> Members {
        let member = |line: &&str| {
            let (path, uses) = line.split_once(':').unwrap();
            let (folder, name) = path.split_once('/').unwrap();
            let uses = uses.split_whitespace().map(str::to_owned).collect();
            let folder = folder.to_owned();
            (name.to_owned(), Member { folder, uses })
        };
        lines.iter().map(member).collect()
    }

    #[test]
    fn accepts_arrows_that_point_down() {
        let members = made_up(&[
            "crates/signup-core: serde",
            "crates/signup-store: signup-core diesel",
            "crates/signup-http: signup-store signup-core",
            "crates/signup-testkit: signup-http",
            "services/acme-svc: signup-http signup-core",
            "services/signup-providers: acme-svc signup-http",
            "services/signup-console: signup-providers signup-store",
            "services/signupctl: acme-svc signup-providers signup-console signup-store",
            "tests/torture: signup-testkit",
        ]);
        assert_eq!(faults(&members), Vec::<String>::new());
    }

    #[test]
    fn refuses_an_arrow_that_points_up() {
        let members = made_up(&["crates/signup-core: signup-store", "crates/signup-store:"]);
        assert_eq!(faults(&members), ["signup-core must not use signup-store"]);
    }

    #[test]
    fn refuses_a_crate_that_uses_a_service() {
        let members = made_up(&["crates/signup-http: acme-svc", "services/acme-svc:"]);
        assert_eq!(faults(&members), ["signup-http must not use acme-svc"]);
    }

    #[test]
    fn refuses_a_service_that_uses_a_service() {
        let members = made_up(&["services/acme-svc: other-svc", "services/other-svc:"]);
        assert_eq!(faults(&members), ["acme-svc must not use other-svc"]);
    }

    #[test]
    fn refuses_a_service_that_uses_the_command_line() {
        let members = made_up(&["services/acme-svc: signupctl", "services/signupctl:"]);
        assert_eq!(faults(&members), ["acme-svc must not use signupctl"]);
    }

    #[test]
    fn refuses_a_service_that_uses_the_console_or_the_list_of_providers() {
        let members = made_up(&[
            "services/acme-svc: signup-providers",
            "services/signup-providers: signup-console",
            "services/signup-console:",
        ]);
        assert_eq!(
            faults(&members),
            [
                "acme-svc must not use signup-providers",
                "signup-providers must not use signup-console"
            ]
        );
    }

    #[test]
    fn refuses_the_test_kit_outside_of_tests() {
        let members = made_up(&[
            "services/signupctl: signup-testkit",
            "crates/signup-testkit:",
        ]);
        assert_eq!(faults(&members), ["signupctl must not use signup-testkit"]);
    }

    #[test]
    fn refuses_an_example_that_uses_the_house() {
        let members = made_up(&[
            "examples/consumer: lapin signup-core",
            "crates/signup-core:",
        ]);
        assert_eq!(faults(&members), ["consumer must not use signup-core"]);
    }

    #[test]
    fn refuses_a_crate_that_has_no_place() {
        let members = made_up(&["crates/signup-utils:"]);
        assert_eq!(
            faults(&members),
            ["signup-utils in crates/ has no place in the layers"]
        );
    }

    #[test]
    fn reads_normal_dependencies_and_leaves_those_of_tests_out() {
        let metadata = serde_json::json!({
            "workspace_root": "/house",
            "packages": [{
                "name": "signup-core",
                "manifest_path": "/house/crates/signup-core/Cargo.toml",
                "dependencies": [
                    {"name": "serde", "kind": null},
                    {"name": "cc", "kind": "build"},
                    {"name": "signup-testkit", "kind": "dev"},
                ],
            }],
        });
        let members = members(&metadata);
        assert_eq!(members["signup-core"].folder, "crates");
        assert_eq!(members["signup-core"].uses, ["serde", "cc"]);
    }

    #[test]
    fn finds_a_provider_in_any_case() {
        assert_eq!(provider_in("a plain word"), None);
        for name in PROVIDERS {
            let shouted = format!("struct {}Body", name.to_uppercase());
            assert_eq!(provider_in(&shouted), Some(name));
        }
    }
}
