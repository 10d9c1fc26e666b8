//! One `signupctl dev` at a time works in a directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::Path;

use anyhow::Context as _;

/// Takes the directory of this file for as long as what is returned lives. The file itself stays: who deletes it lets two
/// others each lock a file of that name.
///
/// # Errors
/// Another process has the directory, or the file cannot be used.
pub fn take(path: &Path) -> anyhow::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let explain = || format!("{} cannot be locked", path.display());
    let mut file = options.open(path).with_context(explain)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(taken(path, file)),
        Err(TryLockError::Error(error)) => return Err(error).with_context(explain),
    }
    file.set_len(0).with_context(explain)?;
    writeln!(file, "{}", std::process::id()).with_context(explain)?;
    Ok(file)
}

fn taken(path: &Path, mut file: File) -> anyhow::Error {
    let mut id = String::new();
    // Where a lock keeps others from reading, too, or at its very start, the other one stays without a number.
    let process = match file.read_to_string(&mut id) {
        Ok(_) if !id.trim().is_empty() => format!(" (process {})", id.trim()),
        _ => String::new(),
    };
    let directory = path.parent().unwrap_or(path).display();
    anyhow::anyhow!(
        "another signupctl dev{process} uses {directory}; stop it, or choose another directory: \
         signupctl dev --dir DIR"
    )
}
