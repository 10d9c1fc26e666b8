use std::fs;
use std::path::Path;

use crate::operator::Operator;

fn examples() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/examples")
}

#[test]
fn every_example_can_be_applied() {
    let operator = Operator::on_sqlite();
    let plan = operator.json([
        "apply".as_ref(),
        "--dry-run".as_ref(),
        "-f".as_ref(),
        examples().as_os_str(),
    ]);
    let steps = plan["steps"].as_array().unwrap();
    for provider in ["bytepower/", "xdua/", "ciam/"] {
        let is_application = |step: &&serde_json::Value| {
            step["what"] == "application" && step["name"].as_str().unwrap().starts_with(provider)
        };
        assert!(
            steps.iter().any(|step| is_application(&step)),
            "{provider}: {plan:#}"
        );
    }
}

#[test]
fn what_examples_call_defaults_are_the_defaults() {
    let operator = Operator::on_sqlite();
    let both = [false, true].map(|set| {
        for entry in fs::read_dir(examples()).unwrap() {
            let path = entry.unwrap().path();
            // Users to import lie in a folder beside the declarations.
            if path.is_dir() {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let text = if set { with_defaults_set(&text) } else { text };
            operator.write(path.file_name().unwrap().to_str().unwrap(), &text);
        }
        operator.json(["apply", "-f", "."])["steps"].clone()
    });
    assert!(!both[0].as_array().unwrap().is_empty());
    assert!(both[1].as_array().unwrap().is_empty(), "{:#}", both[1]);
}

/// Takes the '#' away in front of keys whose default the file shows.
fn with_defaults_set(text: &str) -> String {
    // Where the default is not one value.
    const SPECIAL: [&str; 2] = ["bcrypt_cost", "mainland_segments"];
    let set = |line: &str| {
        let key = line.strip_prefix("# ")?;
        let (name, _) = key.split_once(" = ")?;
        let plain = name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        (plain && !SPECIAL.contains(&name)).then(|| key.to_owned())
    };
    let lines: Vec<String> = text
        .lines()
        .map(|line| set(line).unwrap_or_else(|| line.to_owned()))
        .collect();
    lines.join("\n")
}
