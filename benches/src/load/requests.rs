//! Requests that are serialised before the load begins, in a file: each behind its length, four bytes, little-endian.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};

/// Writes a file of requests.
pub struct RequestWriter {
    file: BufWriter<File>,
    count: u64,
}

impl RequestWriter {
    /// Begins a new file.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn create(path: &Path) -> anyhow::Result<Self> {
        let file =
            File::create(path).with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(Self {
            file: BufWriter::with_capacity(1 << 20, file),
            count: 0,
        })
    }

    /// Appends a request.
    ///
    /// # Errors
    /// The disk is full.
    pub fn push(&mut self, request: &[u8]) -> anyhow::Result<()> {
        let length = u32::try_from(request.len()).context("a request is too long")?;
        self.file.write_all(&length.to_le_bytes())?;
        self.file.write_all(request)?;
        self.count += 1;
        Ok(())
    }

    /// Ends the file; tells how many requests it has.
    ///
    /// # Errors
    /// The disk is full.
    pub fn finish(mut self) -> anyhow::Result<u64> {
        self.file.flush()?;
        Ok(self.count)
    }
}

/// Writes requests to a file that is removed with the value.
///
/// # Errors
/// The disk is full, or a request could not be made.
pub fn write_all(
    requests: impl Iterator<Item = anyhow::Result<Vec<u8>>>,
) -> anyhow::Result<tempfile::NamedTempFile> {
    let file = tempfile::NamedTempFile::new()?;
    let mut writer = RequestWriter::create(file.path())?;
    for request in requests {
        writer.push(&request?)?;
    }
    writer.finish()?;
    Ok(file)
}

/// The requests of a file, each once, in their order; or in a circle.
pub struct Requests {
    bytes: Vec<u8>,
    at: usize,
    repeat: bool,
}

impl Requests {
    /// Reads a file. With `repeat` the first request comes again after the last.
    ///
    /// # Errors
    /// It cannot be read, or is no file of requests.
    pub fn read(path: &Path, repeat: bool) -> anyhow::Result<Self> {
        let bytes =
            std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
        Self::from_bytes(bytes, repeat)
    }

    fn from_bytes(bytes: Vec<u8>, repeat: bool) -> anyhow::Result<Self> {
        let mut at = 0;
        while at < bytes.len() {
            at = end_of(&bytes, at).context("the file of requests is cut off")?;
        }
        if at == 0 {
            bail!("the file of requests is empty");
        }
        Ok(Self {
            bytes,
            at: 0,
            repeat,
        })
    }

    /// The next request; none after the last.
    pub fn take(&mut self) -> Option<&[u8]> {
        if self.repeat && self.at == self.bytes.len() {
            self.at = 0;
        }
        let end = end_of(&self.bytes, self.at)?;
        let request = self.bytes.get(self.at + 4..end);
        self.at = end;
        request
    }
}

/// Where the request at this place ends.
fn end_of(bytes: &[u8], at: usize) -> Option<usize> {
    let length = bytes.get(at..at + 4)?.try_into().ok()?;
    let end = at + 4 + u32::from_le_bytes(length) as usize;
    (end <= bytes.len()).then_some(end)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn written(requests: &[&str]) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("requests");
        let mut writer = RequestWriter::create(&path).unwrap();
        for request in requests {
            writer.push(request.as_bytes()).unwrap();
        }
        assert_eq!(writer.finish().unwrap(), requests.len() as u64);
        std::fs::read(path).unwrap()
    }

    #[test]
    fn requests_come_out_as_they_went_in_and_then_no_more() {
        let mut requests = Requests::from_bytes(written(&["GET /", "", "POST /x"]), false).unwrap();
        let all = std::iter::from_fn(|| requests.take().map(<[u8]>::to_vec)).take(9);
        assert_eq!(
            all.collect::<Vec<_>>(),
            [b"GET /".to_vec(), vec![], b"POST /x".to_vec()]
        );
    }

    #[test]
    fn a_circle_has_no_end() {
        let mut requests = Requests::from_bytes(written(&["a", "b"]), true).unwrap();
        let five: Vec<_> = (0..5)
            .filter_map(|_| requests.take().map(|one| one[0]))
            .collect();
        assert_eq!(five, b"ababa");
    }

    #[test]
    fn a_file_that_is_cut_off_is_refused() {
        let bytes = written(&["GET /", "POST /"]);
        assert!(Requests::from_bytes(bytes[..bytes.len() - 1].to_vec(), false).is_err());
        assert!(Requests::from_bytes(Vec::new(), true).is_err());
    }
}
