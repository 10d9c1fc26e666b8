//! The shell blocks of README and docs, run as they are written, beside a running `signupctl dev`.
//!
//! A block marked `sh` is run, one marked `console` (with prompts) shows something that needs a machine of one's own. It
//! runs in a shell that stops at the first failure, in a folder that looks like the checkout, with the data of the
//! running stack in `.signup/`. Programs are the built ones: `signupctl`, and `cargo run -p signupctl`.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::operator::Done;
use crate::stack::{Stack, dev, environment};

/// Blocks that are not run, by how they begin, and why.
const NOT_RUN: [(&str, &str); 8] = [
    (
        "make run",
        "builds, and runs until Ctrl-C: what this test runs beside",
    ),
    ("make test", "is what runs this test"),
    ("make bench", "measures a release build for minutes"),
    ("make torture", "kills for minutes"),
    ("cargo run -p ciam-svc", "runs until Ctrl-C"),
    (
        "signupctl calibrate",
        "measures for more than a minute in a debug build; has tests of its own",
    ),
    ("signupctl dead", "needs a broker; has tests of its own"),
    (
        "export SIGNUP_CONFIG=",
        "needs PostgreSQL and a broker of one's own",
    ),
];

/// The ports of `make run`, and the variable with the address that stands for each here.
const PORTS: [(&str, &str); 4] = [
    ("http://127.0.0.1:8080/inbox.json", "INBOX_URL"),
    ("http://127.0.0.1:8081", "BYTEPOWER_URL"),
    ("http://127.0.0.1:8082", "XDUA_URL"),
    ("http://127.0.0.1:8083", "CIAM_URL"),
];

/// What belongs to the checkout and not to a clone.
const NOT_CLONED: [&str; 4] = [".git", ".signup", ".test", "target"];

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// The pages in this folder of the checkout, by their paths.
fn pages(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(checkout().join(folder)).unwrap();
    let mut pages: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .collect();
    pages.sort();
    pages
}

/// The blocks of a page that are marked `sh`, each with the number of its first line.
fn blocks(page: &Path) -> Vec<(usize, String)> {
    let (mut blocks, mut open) = (Vec::new(), None);
    for (number, line) in fs::read_to_string(page).unwrap().lines().enumerate() {
        match (&mut open, line) {
            (None, "```sh") => open = Some((number + 2, String::new())),
            (Some(_), "```") => blocks.extend(open.take()),
            (Some((_, text)), line) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, _) => {}
        }
    }
    assert!(open.is_none(), "{}: a block has no end", page.display());
    blocks
}

/// A clone with a running stack.
struct Clone {
    folder: TempDir,
    environment: BTreeMap<String, String>,
    stack: Stack,
}

impl Clone {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(checkout()).unwrap() {
            let (name, path) = entry
                .map(|entry| (entry.file_name(), entry.path()))
                .unwrap();
            if !NOT_CLONED.iter().any(|other| name == *other) {
                symlink(path, folder.path().join(name)).unwrap();
            }
        }
        let programs = folder.path().join(".programs");
        fs::create_dir(&programs).unwrap();
        symlink(env!("CARGO_BIN_EXE_signupctl"), programs.join("signupctl")).unwrap();
        // What is built already need not be built again.
        let cargo = "#!/bin/sh\nset -e\n[ \"$1\" = run ] || exit 64\nshift\n[ \"$1\" != -q ] || shift\n\
                     [ \"$1 $2\" = '-p signupctl' ] || exit 64\nshift 2\n[ \"$1\" != -- ] || shift\n\
                     exec signupctl \"$@\"\n";
        fs::write(programs.join("cargo"), cargo).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(programs.join("cargo"), mode).unwrap();
        let stack = Stack::start(dev(folder.path()));
        Self {
            environment: environment(folder.path()),
            folder,
            stack,
        }
    }

    fn run(&self, block: &str) -> Done {
        let script = PORTS
            .iter()
            .fold(block.to_owned(), |script, (address, name)| {
                script.replace(address, &self.environment[*name])
            });
        let programs = self.folder.path().join(".programs");
        let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
        Command::new("sh")
            .args(["-e", "-c", &script])
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", path)
            .output()
            .unwrap()
            .into()
    }
}

/// Runs all blocks of these pages, and returns for each what it was, and what became of it.
async fn run_all(pages: Vec<PathBuf>) -> Vec<(String, String, Done)> {
    let mut results = Vec::new();
    for page in pages {
        let blocks: Vec<_> = blocks(&page)
            .into_iter()
            .filter(|(_, block)| !NOT_RUN.iter().any(|(begin, _)| block.starts_with(begin)))
            .collect();
        if blocks.is_empty() {
            continue;
        }
        let clone = Clone::start();
        for (line, block) in blocks {
            let done = clone.run(&block);
            let name = format!("{}:{line}", page.display());
            results.push((name, block, done));
        }
        clone.stack.stop().await;
    }
    let failed: Vec<_> = results
        .iter()
        .filter(|(.., done)| done.status != 0)
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
    results
}

/// Whether an API has done what a call asked for: no line that it answered tells an error, as each API does.
fn is_success(answers: &str) -> bool {
    let mut objects = answers
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    objects.all(|answer| answer.get("error").is_none_or(|error| *error == 0))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shell_blocks_of_the_readme_work_as_written() {
    let pages = pages("").into_iter().filter(|page| {
        let name = page.file_name().unwrap().to_str().unwrap();
        name.starts_with("README")
    });

    let results = run_all(pages.collect()).await;

    assert!(!results.is_empty());
    for (name, block, done) in results {
        // Here every call of an API signs somebody up.
        assert!(is_success(&done.stdout), "{name}: {block}\n{done:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shell_blocks_of_the_docs_work_as_written() {
    run_all(pages("docs")).await;
}
