//! Settings and files of the development stack.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use signup_app::logging;
use signup_app::settings::{HttpSettings, LogFormat, LogSettings, Settings, process_environment};

use crate::failure::Misuse;

const DATABASE: &str = "signup.db";
const DEMO_ENV: &str = "demo.env";
const LOG: &str = "dev.log";
const LOCK: &str = "dev.lock";

/// The files in the directory of the development stack.
pub struct Files {
    directory: PathBuf,
}

impl Files {
    /// The files in this directory, which need not be there yet.
    pub fn in_directory(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
        }
    }

    /// The demo's credentials.
    pub fn demo_env(&self) -> PathBuf {
        self.directory.join(DEMO_ENV)
    }

    /// The log of the present run.
    pub fn log(&self) -> PathBuf {
        self.directory.join(LOG)
    }

    /// What says that somebody works here.
    pub fn lock(&self) -> PathBuf {
        self.directory.join(LOCK)
    }

    /// The database, unless the settings name another one.
    fn database(&self) -> PathBuf {
        self.directory.join(DATABASE)
    }

    /// Makes the directory. Users' data is in it, so nobody else may look.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn make_directory(&self) -> anyhow::Result<()> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&self.directory)
            .with_context(|| format!("--dir {}: cannot be made", self.directory.display()))
    }

    /// Deletes what earlier runs left, and nothing else: the directory may hold other files.
    ///
    /// # Errors
    /// A file cannot be deleted, or the data is somewhere else.
    pub fn reset(&self, settings: &Settings) -> anyhow::Result<()> {
        if settings.database.url.sqlite_path() != Some(&self.database()) {
            return Err(Misuse(format!(
                "--reset deletes {} only, but database.url names {:?}; empty that database yourself",
                self.database().display(),
                settings.database.url,
            ))
            .into());
        }
        let beside = ["", "-wal", "-shm", ".lock", ".keys"].map(|end| format!("{DATABASE}{end}"));
        for name in beside.iter().map(String::as_str).chain([DEMO_ENV, LOG]) {
            let path = self.directory.join(name);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(error)
                        .with_context(|| format!("{} cannot be deleted", path.display()));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The settings: what suits one machine, then the file, then the environment.
///
/// Hash threads are as good as others: beside a compiler, ones that come last would hash nothing in time.
///
/// # Errors
/// Every fault in them.
pub fn settings(files: &Files, file: Option<&Path>) -> anyhow::Result<Settings> {
    let url = format!("sqlite://{}", files.database().display());
    let defaults = format!(
        "[database]\nurl = {}\n[http]\nworkers = 2\nshutdown_grace = \"3s\"\n\
         [hash]\nnice = 0\n\
         [webhooks]\nallow_http = true\nallow_networks = [\"127.0.0.0/8\", \"::1\"]\n",
        toml::Value::String(url)
    );
    Ok(Settings::load(&defaults, file, process_environment())?)
}

/// What the console's server does otherwise than those of the APIs: its own defaults, then the file, then the environment.
///
/// # Errors
/// Every fault in the settings.
pub fn console_http(apis: &HttpSettings, file: Option<&Path>) -> anyhow::Result<HttpSettings> {
    let defaults = signup_console::PROCESS.defaults;
    let console = Settings::load(defaults, file, process_environment())?;
    Ok(HttpSettings {
        shutdown_grace: apis.shutdown_grace,
        ..console.http
    })
}

/// Logs to a file; only what needs attention is shown on the terminal, between the messages and events.
///
/// # Errors
/// The file cannot be written.
pub fn start_logging(files: &Files, settings: &LogSettings) -> anyhow::Result<()> {
    let path = files.log();
    let log =
        create_private(&path).with_context(|| format!("{} cannot be written", path.display()))?;
    let to_file = LogSettings {
        format: match settings.format {
            LogFormat::Auto => LogFormat::Text,
            chosen => chosen,
        },
        ..settings.clone()
    };
    let to_terminal = LogSettings {
        // The demo's weak passwords are on purpose.
        level: "warn,signup_app::catalog=error".to_owned(),
        format: LogFormat::Text,
    };
    logging::init_to([
        (to_file, Box::new(log) as _),
        (to_terminal, Box::new(io::stderr()) as _),
    ])
    .context("logging cannot start")
}

fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
