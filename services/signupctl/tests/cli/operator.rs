//! Somebody at a shell: a folder, a database, and the program.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use signup_store::{Store, StoreOptions};
use signup_testkit::TestDatabase;
use tempfile::TempDir;

pub const KEYS: &str = "test:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

pub struct Operator {
    pub folder: TempDir,
    database: TestDatabase,
}

/// What a command left behind.
#[derive(Debug)]
pub struct Done {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Operator {
    pub fn on(database: TestDatabase) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            database,
        }
    }

    pub fn on_sqlite() -> Self {
        Self::on(TestDatabase::sqlite())
    }

    /// On a migrated database where the shop, the app and the client of these tests are declared.
    pub fn with_applications() -> Self {
        let operator = Self::on_sqlite();
        operator.declare();
        operator
    }

    /// Applies the declarations of these tests and returns the result as JSON.
    pub fn declare(&self) -> Value {
        self.write("declared.toml", BYTEPOWER);
        self.write("shop.toml", XDUA);
        self.write("client.toml", CIAM);
        self.json([
            "apply",
            "-f",
            "declared.toml",
            "-f",
            "shop.toml",
            "-f",
            "client.toml",
        ])
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// The program with these arguments, on this operator's database.
    pub fn command<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = program(self.folder.path());
        command
            .args(arguments)
            .env("SIGNUP__DATABASE__URL", self.database.url())
            .env("SIGNUP__SECRETS__KEYS", KEYS);
        command
    }

    pub fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Done {
        self.command(arguments).output().unwrap().into()
    }

    pub fn spawn<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Done {
        let mut command = self.command(arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        child.wait_with_output().unwrap().into()
    }

    /// Runs a command that has to succeed, and reads its JSON.
    pub fn json<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Value {
        let done: Done = self
            .command(arguments)
            .arg("--json")
            .output()
            .unwrap()
            .into();
        assert_eq!(done.status, 0, "{done:?}");
        serde_json::from_str(&done.stdout).unwrap()
    }

    /// The same database, without the program.
    pub fn store(&self) -> Store {
        Store::open(&StoreOptions {
            url: self.database.url().to_owned(),
            pool_size: 1,
            pool_wait: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(5),
        })
        .unwrap()
    }

    /// The SQLite file.
    pub fn database_file(&self) -> &Path {
        Path::new(self.database.url().trim_start_matches("sqlite://"))
    }
}

/// The program in a folder, with nothing of this process's environment but where programs are.
pub fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_signupctl"));
    command
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::null());
    command
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        Self {
            status: output
                .status
                .code()
                .unwrap_or_else(|| panic!("{}: {output:?}", output.status)),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Done {
    /// Asserts the exit status and that standard error names all of these.
    #[track_caller]
    pub fn refused(&self, status: i32, named: &[&str]) {
        assert_eq!(self.status, status, "{self:?}");
        for name in named {
            assert!(self.stderr.contains(name), "{name:?} is missing: {self:?}");
        }
    }
}

pub const BYTEPOWER: &str = r#"provider = "bytepower"

[[application]]
id = "game"
name = "Game"

[[application.credential]]
kind = "server-key"
id = "game-server"
"#;

const XDUA: &str = r#"provider = "xdua"

[[application]]
id = "Bakery01"

[[application.settings.apps]]
id = "Web0App1"
"#;

const CIAM: &str = r#"provider = "ciam"

[[application]]
id = "web"

[[application.credential]]
kind = "client-secret"
id = "web"
"#;
