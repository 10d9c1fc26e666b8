//! `[secrets]`: the keys that protect one-time codes and stored vendor keys.

use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::{Zeroize, Zeroizing};

use super::database::DatabaseUrl;
use super::reader::Reader;

const KEY_BYTES: usize = 32;
const ALLOWED: &str = "must be ID:BASE64[,ID:BASE64...], each key 32 bytes and each id once \
     (1 to 32 letters, digits, '-' or '_'); make a key with: openssl rand -base64 32";

/// One key with its id. `Debug` shows the id only; the bytes are wiped on drop.
#[derive(Clone)]
pub struct SecretKey {
    /// Names the key wherever something protected by it is stored.
    pub id: String,
    bytes: Zeroizing<[u8; KEY_BYTES]>,
}

impl SecretKey {
    /// The key itself.
    #[must_use]
    pub fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.bytes
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({})", self.id)
    }
}

/// Where the keys come from. They are taken with [`keys`](Self::keys).
#[derive(Clone, Debug)]
pub struct SecretSettings {
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    Given(Vec<SecretKey>),
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
    #[error("the key file {} {ALLOWED}", path.display())]
    Malformed {
        /// The key file.
        path: PathBuf,
    },
    /// The system has no random numbers.
    #[error("the system gives no random numbers for a new key")]
    NoRandomness,
}

impl SecretSettings {
    pub(super) fn read(reader: &mut Reader, database: &DatabaseUrl) -> Self {
        let inline = Zeroizing::new(reader.text("secrets.keys"));
        let file = reader.text("secrets.keys_file");
        let source = match (inline.as_str(), file.as_str()) {
            ("", "") => match database.sqlite_path() {
                Some(path) => Source::Kept(kept_beside(path)),
                None => {
                    reader.fault(
                        "secrets.keys",
                        "is empty, and processes that share PostgreSQL must share the keys",
                        format!("{ALLOWED}; or name a file that holds them in secrets.keys_file"),
                    );
                    Source::Given(Vec::new())
                }
            },
            (_, "") => {
                let keys = reader.parsed("secrets.keys", ALLOWED, parse_keys);
                Source::Given(keys.unwrap_or_default())
            }
            ("", path) => Source::Given(read_configured_file(reader, Path::new(path))),
            _ => {
                reader.fault(
                    "secrets.keys_file",
                    "is set together with secrets.keys",
                    "set one of the two",
                );
                Source::Given(Vec::new())
            }
        };
        Self { source }
    }

    /// The keys, never empty; the first one is for new work. On SQLite without configured keys this
    /// reads the file beside the database, or makes it (mode 0600) together with its folder.
    ///
    /// # Errors
    /// Only for that file: configured keys were checked when the settings were loaded.
    pub fn keys(&self) -> Result<Vec<SecretKey>, SecretsError> {
        match &self.source {
            Source::Given(keys) => Ok(keys.clone()),
            Source::Kept(path) => read_or_create(path),
        }
    }
}

fn read_configured_file(reader: &mut Reader, path: &Path) -> Vec<SecretKey> {
    const KEY: &str = "secrets.keys_file";
    match std::fs::read_to_string(path).map(Zeroizing::new) {
        Ok(text) => parse_keys(&text).unwrap_or_else(|| {
            reader.fault(KEY, "names a file that does not hold keys", ALLOWED);
            Vec::new()
        }),
        Err(error) => {
            let problem = format!("names {}, which cannot be read: {error}", path.display());
            reader.fault(KEY, problem, "must name a readable file");
            Vec::new()
        }
    }
}

/// `signup.db` → `signup.db.keys`
fn kept_beside(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(".keys");
    PathBuf::from(path)
}

fn read_or_create(path: &Path) -> Result<Vec<SecretKey>, SecretsError> {
    let io = |source| SecretsError::Io {
        path: path.to_owned(),
        source,
    };
    if !path.try_exists().map_err(io)? {
        let key = new_key_text()?;
        create(path, &key).map_err(io)?;
    }
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(io)?);
    parse_keys(&text).ok_or_else(|| SecretsError::Malformed {
        path: path.to_owned(),
    })
}

fn new_key_text() -> Result<Zeroizing<String>, SecretsError> {
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    aws_lc_rs::rand::fill(bytes.as_mut_slice()).map_err(|_| SecretsError::NoRandomness)?;
    Ok(Zeroizing::new(format!("k1:{}\n", STANDARD.encode(*bytes))))
}

/// Of several processes that start at once exactly one file wins: it is written under another name
/// and then linked, which fails when the name is taken, so nobody ever reads half a key.
fn create(path: &Path, text: &str) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder)?;
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(
        ".{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
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

fn parse_keys(text: &str) -> Option<Vec<SecretKey>> {
    let mut keys: Vec<SecretKey> = Vec::new();
    let entries = text.split([',', '\n']).map(str::trim);
    for entry in entries.filter(|entry| !entry.is_empty()) {
        let key = parse_key(entry)?;
        if keys.iter().any(|known| known.id == key.id) {
            return None;
        }
        keys.push(key);
    }
    (!keys.is_empty()).then_some(keys)
}

fn parse_key(entry: &str) -> Option<SecretKey> {
    let (id, encoded) = entry.split_once(':')?;
    let is_id = (1..=32).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    let mut decoded = STANDARD.decode(encoded).ok()?;
    let bytes = <[u8; KEY_BYTES]>::try_from(decoded.as_slice()).map(Zeroizing::new);
    decoded.zeroize();
    is_id.then_some(SecretKey {
        id: id.to_owned(),
        bytes: bytes.ok()?,
    })
}
