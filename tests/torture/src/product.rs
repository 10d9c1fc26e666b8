//! The programs under test: which there are, and how they are configured.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde_json::Value;
use tokio::process::Command;

/// A program of which several processes run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Program {
    /// BytePower's service.
    Bytepower,
    /// XDUA's gateway.
    Xdua,
    /// CIAM's service.
    Ciam,
    /// The worker.
    Worker,
}

impl Program {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Bytepower, Self::Xdua, Self::Ciam, Self::Worker];

    /// The executable's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bytepower => "bytepower-svc",
            Self::Xdua => "xdua-gateway",
            Self::Ciam => "ciam-svc",
            Self::Worker => "notify-worker",
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The path of an executable of this workspace: beside this one.
///
/// # Errors
/// It was not built.
pub fn executable(name: &str) -> anyhow::Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(name);
    if !path.is_file() {
        bail!(
            "{} is missing: run `make torture`, which builds it",
            path.display()
        );
    }
    Ok(path)
}

/// Settings as environment variables, by name.
pub type Environment = BTreeMap<String, OsString>;

/// What all processes are started with. Everything that matters for safety stands as it is by default; passwords are
/// hashed cheaply, because hashing is not what is tried here.
pub fn environment(database: &str, broker: &str, mail_port: u16) -> Environment {
    let mail_port = mail_port.to_string();
    let mut environment: Environment = [
        ("database.url", database),
        ("database.pool_size", "6"),
        ("bus.url", broker),
        (
            "secrets.keys",
            "torture:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        ),
        ("hash.allow_test_cost", "true"),
        ("hash.cost", "4"),
        ("hash.threads", "1"),
        ("http.workers", "1"),
        // A request that died keeps its key for this long instead of a minute, or the run would mostly wait.
        ("idempotency.lease", "10s"),
        ("worker.email", "mail"),
        ("channel.mail.kind", "smtp"),
        ("channel.mail.host", "127.0.0.1"),
        ("channel.mail.port", &mail_port),
        ("channel.mail.tls", "none"),
        ("channel.mail.from", "no-reply@torture.example"),
        ("log.format", "text"),
    ]
    .map(|(key, value)| (variable(key), value.into()))
    .into();
    // The rest of the surroundings stays out: somebody's own settings must not count here.
    for name in ["PATH", "HOME", "TMPDIR", "LANG", "LD_LIBRARY_PATH"] {
        if let Some(value) = std::env::var_os(name) {
            environment.insert(name.to_owned(), value);
        }
    }
    environment.insert("RUST_BACKTRACE".to_owned(), "1".into());
    environment
}

/// The environment variable of a setting.
pub fn variable(key: &str) -> String {
    format!("SIGNUP__{}", key.to_uppercase().replace('.', "__"))
}

/// What clients prove themselves with.
#[derive(Clone, Debug)]
pub struct Access {
    /// Secrets of credentials by `PROVIDER/KIND/ID`.
    secrets: BTreeMap<String, String>,
    /// The token of XDUA's app.
    pub xdua_token: String,
}

impl Access {
    /// A declared credential's secret.
    pub fn secret(&self, name: &str) -> &str {
        self.secrets.get(name).map_or("", String::as_str)
    }
}

/// Declares the applications that people sign up with.
///
/// # Errors
/// `signupctl` fails; with what it said.
pub async fn declare(environment: &Environment) -> anyhow::Result<Access> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("declarations");
    let applied = signupctl(
        environment,
        &["apply", "--json", "-f", &folder.to_string_lossy()],
    )
    .await?;
    let secrets = applied["secrets"]
        .as_array()
        .context("signupctl apply names no secrets")?
        .iter()
        .filter_map(|secret| {
            let text = |name: &str| secret[name].as_str().map(str::to_owned);
            Some((text("credential")?, text("secret")?))
        })
        .collect();
    let key = ["key", "create", "xdua", "--kind", "signing-key", "--json"];
    signupctl(environment, &key).await?;
    let token = ["token", "create", "app", "--app", "TortApp1", "--json"];
    let token = signupctl(environment, &token).await?;
    let token = token["token"]
        .as_str()
        .context("signupctl prints no token")?;
    Ok(Access {
        secrets,
        xdua_token: token.to_owned(),
    })
}

/// Runs `signupctl` and reads what it prints as JSON.
///
/// # Errors
/// It fails; with what it said.
pub async fn signupctl(environment: &Environment, arguments: &[&str]) -> anyhow::Result<Value> {
    let output = Command::new(executable("signupctl")?)
        .args(arguments)
        .env_clear()
        .envs(environment)
        .output()
        .await?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("signupctl {}: {}", arguments.join(" "), said.trim());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
