//! `[secrets]`: the key ring that protects one-time codes and stored vendor keys.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use signup_core::keys::{KeyRing, KeyRingError};
use zeroize::Zeroizing;

use super::database::DatabaseUrl;
use super::reader::Reader;

const ALLOWED: &str = "must be ID:BASE64[,ID:BASE64...], the current key first; \
     make a key with: openssl rand -base64 32";

const READABLE_FILE: &str = "must be the name of a readable file";

/// Where the key ring comes from. It is taken with [`key_ring`](Self::key_ring).
#[derive(Clone, Debug)]
pub struct SecretSettings {
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    Given(KeyRing),
    /// SQLite without configured keys: kept in this file, made at the first start.
    Kept(PathBuf),
}

/// Why the key file beside a SQLite database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// Reading or writing failed.
    #[error("the key file {} cannot be used: {source}", path.display())]
    Io {
        /// The key file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file holds something else than keys.
    #[error("the key file {}: {source}", path.display())]
    Malformed {
        /// The key file.
        path: PathBuf,
        /// What is wrong with the text.
        source: KeyRingError,
    },
    /// The system has no random numbers.
    #[error("the system gives no random numbers for a new key")]
    NoRandomness,
}

impl SecretSettings {
    pub(super) fn read(reader: &mut Reader, database: &DatabaseUrl) -> Self {
        reader.allows("secrets.keys", ALLOWED);
        reader.allows("secrets.keys_file", READABLE_FILE);
        let inline = Zeroizing::new(reader.text("secrets.keys"));
        let file = reader.text("secrets.keys_file");
        let given = match (inline.as_str(), file.as_str()) {
            ("", "") => {
                if database.sqlite_path().is_none() {
                    reader.fault(
                        "secrets.keys",
                        "is empty, and processes that share PostgreSQL must share the keys",
                        format!("{ALLOWED}; or name a file with them in secrets.keys_file"),
                    );
                }
                None
            }
            (text, "") => parse(reader, "secrets.keys", text),
            ("", path) => read_configured_file(reader, Path::new(path)),
            _ => {
                reader.fault(
                    "secrets.keys_file",
                    "is set together with secrets.keys",
                    "set one of the two",
                );
                None
            }
        };
        let beside = database.sqlite_path().unwrap_or(Path::new(""));
        Self {
            source: given.map_or_else(|| Source::Kept(kept_beside(beside)), Source::Given),
        }
    }

    /// The keys; the first one is for new work. On SQLite without configured keys this reads the
    /// file beside the database, or makes it (mode 0600) together with its folder.
    ///
    /// # Errors
    /// Only for that file: configured keys were checked when the settings were loaded.
    pub fn key_ring(&self) -> Result<KeyRing, SecretsError> {
        match &self.source {
            Source::Given(ring) => Ok(ring.clone()),
            Source::Kept(path) => read_or_create(path),
        }
    }
}

fn parse(reader: &mut Reader, key: &str, text: &str) -> Option<KeyRing> {
    KeyRing::parse(text)
        .map_err(|error| reader.fault(key, format!("holds no key ring: {error}"), ALLOWED))
        .ok()
}

fn read_configured_file(reader: &mut Reader, path: &Path) -> Option<KeyRing> {
    const KEY: &str = "secrets.keys_file";
    match std::fs::read_to_string(path).map(Zeroizing::new) {
        Ok(text) => parse(reader, KEY, &text),
        Err(error) => {
            let problem = format!("names {}, which cannot be read: {error}", path.display());
            reader.fault(KEY, problem, READABLE_FILE);
            None
        }
    }
}

/// `signup.db` → `signup.db.keys`
fn kept_beside(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(".keys");
    PathBuf::from(path)
}

fn read_or_create(path: &Path) -> Result<KeyRing, SecretsError> {
    let io = |source| SecretsError::Io {
        path: path.to_owned(),
        source,
    };
    if !path.try_exists().map_err(io)? {
        let text = format!(
            "k1:{}\n",
            *Zeroizing::new(STANDARD.encode(*random::<32>()?))
        );
        let suffix = u64::from_ne_bytes(*random()?);
        create(path, suffix, &Zeroizing::new(text)).map_err(io)?;
    }
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(io)?);
    KeyRing::parse(&text).map_err(|source| SecretsError::Malformed {
        path: path.to_owned(),
        source,
    })
}

fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, SecretsError> {
    let mut bytes = Zeroizing::new([0; N]);
    aws_lc_rs::rand::fill(bytes.as_mut_slice()).map_err(|_| SecretsError::NoRandomness)?;
    Ok(bytes)
}

/// Of several processes that start at once exactly one file wins: it is written under another name
/// and then linked, which fails when the name is taken, so nobody ever reads half a key.
fn create(path: &Path, suffix: u64, text: &str) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder)?;
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{suffix:016x}"));
    let draft = PathBuf::from(draft);

    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    let linked = file
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::hard_link(&draft, path));
    std::fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        result => result,
    }
}
