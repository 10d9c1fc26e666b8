//! `demo.env`: assignments that a shell can source, and that we read back at the next start.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// The variables of an earlier start; none if there was no earlier start.
///
/// # Errors
/// The file is there and cannot be read.
pub fn read(path: &Path) -> io::Result<BTreeMap<String, String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(parse(&text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(error),
    }
}

/// Replaces the file as a whole; only its owner may read it.
///
/// # Errors
/// The directory cannot be written.
pub fn write(path: &Path, variables: &[(&str, String)]) -> io::Result<()> {
    let mut text = String::new();
    for (name, value) in variables {
        text.push_str(&format!("{name}={}\n", quoted(value)));
    }
    let draft = path.with_extension("env.new");
    // An earlier draft that was left behind could be readable by others.
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&draft)?.write_all(text.as_bytes())?;
    fs::rename(&draft, path)
}

/// A word for a POSIX shell, in quotes wherever it could mean something to the shell.
pub fn quoted(word: &str) -> String {
    let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@%+,".contains(&byte);
    if !word.is_empty() && word.bytes().all(harmless) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Reads what [`write`] wrote. Other lines, which somebody may have added, are passed over.
fn parse(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .filter_map(|line| {
            let (name, word) = line.split_once('=')?;
            let quoted = word
                .strip_prefix('\'')
                .and_then(|word| word.strip_suffix('\''));
            let value = quoted.map_or_else(|| word.to_owned(), |word| word.replace(r"'\''", "'"));
            Some((name.to_owned(), value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("demo.env");
        assert!(read(&path).unwrap().is_empty());

        let values = ["http://127.0.0.1:1", "", "it's $HOME `x` \"y\" \\", "a b"];
        let names = ["A", "B", "C", "D"];
        let variables: Vec<_> = names.into_iter().zip(values.map(str::to_owned)).collect();
        write(&path, &variables).unwrap();
        write(&path, &variables).unwrap();

        let read = read(&path).unwrap();
        for (name, value) in variables {
            assert_eq!(read[name], value);
        }
    }
}
