//! The lines of an import file, read on a thread of their own.

mod csv_rows;
mod json_lines;
mod unrepeated;

use std::fs::{File, Metadata};
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::task::{Context, Poll};

use serde_json::{Map, Value};
use tokio::sync::mpsc;

use crate::cli::FileFormat;
use crate::failure::Misuse;

/// Lines that were read and not asked for yet.
const AHEAD: usize = 1024;

/// The most bytes of a line. A profile of XDUA can have some 20 KiB.
const MAX_LINE: usize = 1024 * 1024;

/// A user's line.
pub struct Line {
    /// Its number, from 1; of a row of several lines the first.
    pub number: u64,
    /// How far in the file it ends, bytes.
    pub end: u64,
    /// Its fields, or why they cannot be read.
    pub fields: Result<Map<String, Value>, String>,
}

/// What the thread sends: lines, and at last how reading ended.
enum Part {
    Line(Line),
    Ended(io::Result<()>),
}

/// The lines of a file.
pub struct Lines {
    size: Option<u64>,
    /// Which file it is, whatever its names are; a pipe or a device is none.
    file: Option<(u64, u64)>,
    read: mpsc::Receiver<Part>,
    ended: Option<io::Result<()>>,
}

/// The file's name without its folder.
pub fn name_of(path: &Path) -> String {
    if is_standard_input(path) {
        return "stdin".to_owned();
    }
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

impl Lines {
    /// Opens a file and begins to read it.
    ///
    /// # Errors
    /// It cannot be read, or it is CSV without a header or with one that nobody understands.
    pub fn open(path: &Path, format: Option<FileFormat>) -> anyhow::Result<Self> {
        let format = format.unwrap_or_else(|| of_name(path));
        let unreadable = |error| Misuse(format!("{} cannot be read: {error}", path.display()));
        let from = if is_standard_input(path) {
            standard_input()
        } else {
            File::open(path)
        };
        let from = from.map_err(unreadable)?;
        let about = from.metadata().map_err(unreadable)?;
        if about.is_dir() {
            let problem = format!("{} is a directory; name a file in it", path.display());
            return Err(Misuse(problem).into());
        }
        // A pipe has no size, and neither has a device.
        let size = about.is_file().then_some(about.len());
        let file = about.is_file().then(|| identity(&about));
        let (sender, read) = mpsc::channel(AHEAD);
        let send = move |line| sender.blocking_send(line).is_ok();
        match format {
            FileFormat::Jsonl => spawn(send, move |send| json_lines::read(from, send))?,
            FileFormat::Csv => {
                let mut rows = csv_rows::Rows::open(from)?;
                spawn(send, move |send| rows.read(send))?;
            }
        }
        Ok(Self {
            size,
            file,
            read,
            ended: None,
        })
    }

    /// The file's size in bytes, if it has one.
    pub fn size(&self) -> Option<u64> {
        self.size
    }

    /// Whether they are the lines of this file, under whatever name.
    pub fn are_of(&self, path: &Path) -> bool {
        let other = std::fs::metadata(path).map(|about| identity(&about));
        self.file.is_some() && self.file == other.ok()
    }

    /// The next line.
    pub fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Line>> {
        if self.ended.is_some() {
            return Poll::Ready(None);
        }
        self.read.poll_recv(context).map(|read| match read {
            Some(Part::Line(line)) => Some(line),
            Some(Part::Ended(ended)) => {
                self.ended = Some(ended);
                None
            }
            None => None,
        })
    }

    /// Whether every line was read.
    pub fn is_at_end(&self) -> bool {
        matches!(self.ended, Some(Ok(())))
    }

    /// Why reading ended before the file did.
    pub fn failure(&self) -> Option<String> {
        match &self.ended {
            Some(Err(error)) => Some(format!("the file cannot be read any further: {error}")),
            Some(Ok(())) | None => None,
        }
    }
}

/// Reads on a thread. It ends when nobody takes its lines any more.
fn spawn(
    send: impl Fn(Part) -> bool + Send + 'static,
    read: impl FnOnce(&mut dyn FnMut(Line) -> bool) -> io::Result<()> + Send + 'static,
) -> io::Result<()> {
    std::thread::Builder::new()
        .name("import".to_owned())
        .spawn(move || {
            let ended = read(&mut |line| send(Part::Line(line)));
            send(Part::Ended(ended));
        })
        .map(drop)
}

/// Device and inode, which all names of a file share.
fn identity(about: &Metadata) -> (u64, u64) {
    (about.dev(), about.ino())
}

fn standard_input() -> io::Result<File> {
    Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?))
}

fn is_standard_input(path: &Path) -> bool {
    path == Path::new("-")
}

fn of_name(path: &Path) -> FileFormat {
    match path.extension() {
        Some(extension) if extension.eq_ignore_ascii_case("csv") => FileFormat::Csv,
        _ => FileFormat::Jsonl,
    }
}
