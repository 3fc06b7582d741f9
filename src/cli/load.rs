//! Reads program files: the main one and, below its folder only, those it includes.

use super::exit::{Done, Stop};
use super::output::{reason, shown as visible};
use crate::session::Files;
use crate::source::SourceFile;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// The largest program text.
const LIMIT: u64 = 8 << 20;
/// The largest partial result.
const LARGE: u64 = 4 << 30;

/// The name of the file that is standard input.
pub(super) const STDIN: &str = "-";
/// And how messages call it.
pub(super) const INPUT: &str = "standard input";

/// All of standard input, as far as a program may be long.
pub(super) fn standard_input() -> Done<String> {
    let mut text = String::new();
    let limit = u64::try_from(crate::syntax::MAX_FILE).unwrap_or(u64::MAX).saturating_add(1);
    let read = std::io::stdin().lock().take(limit).read_to_string(&mut text);
    read.map_err(|error| Stop::Data(format!("Standard input cannot be read: {}.", reason(&error))))?;
    Ok(text)
}

/// Reads the files of one program.
pub(super) struct Loader {
    /// The folder of the main file, without links in its path.
    root: PathBuf,
    /// Every file read, in the order of their indices in the sources.
    files: Vec<Known>,
    /// Files read beside those: price lists.
    lists: Vec<PathBuf>,
}

/// A file that was read.
struct Known {
    /// The name to show.
    shown: PathBuf,
    real: PathBuf,
    /// The file that includes it.
    from: Option<u16>,
}

impl Loader {
    /// Reads the main file. Its [`SourceFile::path`], as that of all included files, has no links in it.
    pub(super) fn open(path: &Path) -> Done<(Self, SourceFile)> {
        let failed = |why: String| Stop::Data(format!("{}: {why}.", visible(path)));
        let (shown, real, text) = if path.as_os_str() == STDIN {
            // What it includes lies below the folder one stands in.
            let folder = fs::canonicalize(".").map_err(|error| failed(reason(&error)))?;
            (PathBuf::from(INPUT), folder.join(INPUT), standard_input()?)
        } else {
            let real = fs::canonicalize(path).map_err(|error| failed(reason(&error)))?;
            let text = read(&real).map_err(failed)?;
            (path.to_owned(), real, text)
        };
        let root = real.parent().unwrap_or(Path::new("/")).to_owned();
        let file = SourceFile::new(visible(&shown), real.clone(), text);
        Ok((Self { root, files: vec![Known { shown, real, from: None }], lists: Vec::new() }, file))
    }

    fn included(&mut self, name: &str, from: u16) -> Result<SourceFile, String> {
        let (shown, real) = self.locate(name, from)?;
        let text = read(&real)?;
        // A file that includes itself, however far around, gets no index: the reader refuses it.
        if !self.includes(&real, from) {
            self.files.push(Known { shown: shown.clone(), real: real.clone(), from: Some(from) });
        }
        Ok(SourceFile::new(visible(&shown), real, text))
    }

    /// Whether the file with index `from`, or one that leads to it, is the file at `real`.
    fn includes(&self, real: &Path, from: u16) -> bool {
        let known = |index: u16| self.files.get(usize::from(index));
        std::iter::successors(known(from), |file| file.from.and_then(known)).any(|file| file.real == real)
    }

    /// The shown and the real path of a file named in another, which must lie below the main file's folder.
    fn locate(&self, name: &str, from: u16) -> Result<(PathBuf, PathBuf), String> {
        let relative = Path::new(name);
        if name.is_empty() || name.contains("://") || relative.components().any(|c| matches!(c, Component::RootDir | Component::Prefix(_)))
        {
            return Err("a file is named by its path from this file, below the folder of the main file".to_owned());
        }
        let Known { shown, real, .. } = self.files.get(usize::from(from)).ok_or("the including file is not known")?;
        let beside = |path: &Path| path.parent().unwrap_or(Path::new("")).join(relative);
        let target = fs::canonicalize(beside(real)).map_err(|error| reason(&error))?;
        if !target.starts_with(&self.root) {
            return Err("it lies outside the folder of the main file".to_owned());
        }
        Ok((beside(shown), target))
    }

    /// Every file that was read.
    pub(super) fn all(&self) -> impl Iterator<Item = &PathBuf> {
        self.files.iter().map(|file| &file.real).chain(&self.lists)
    }
}

impl Files for Loader {
    fn include(&mut self, name: &str, from: u16) -> Result<SourceFile, String> {
        self.included(name, from)
    }

    fn beside(&mut self, name: &str, from: u16) -> Result<String, String> {
        let (_, real) = self.locate(name, from)?;
        let text = read(&real)?;
        self.lists.push(real);
        Ok(text)
    }
}

/// A text of moderate size from a regular file. Devices and pipes are not opened: that alone can block or act.
pub(super) fn read(path: &Path) -> Result<String, String> {
    read_up_to(path, LIMIT)
}

/// A partial result: it grows with the number of customers.
pub(super) fn read_large(path: &Path) -> Result<String, String> {
    read_up_to(path, LARGE)
}

fn read_up_to(path: &Path, limit: u64) -> Result<String, String> {
    let about = fs::metadata(path).map_err(|error| reason(&error))?;
    if about.is_dir() {
        return Err("it is a folder".to_owned());
    }
    if !about.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| reason(&error))?;
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| reason(&error))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > limit) {
        return Err(format!("it is larger than {} MiB", limit >> 20));
    }
    String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes().iter().take(error.utf8_error().valid_up_to()).filter(|b| **b == b'\n').count().saturating_add(1);
        format!("line {line} is not UTF-8; save the file as UTF-8")
    })
}
