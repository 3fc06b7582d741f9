//! Opening files. Only regular files are read, and only here.

use super::HistoryError;
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

/// What a file holds, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Parquet,
    Gzip,
    Text,
}

/// A file, and how people call it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// As named by the person or the mapping.
    pub name: String,
    pub path: PathBuf,
}

impl Place {
    pub fn error(&self, message: impl Into<String>) -> HistoryError {
        HistoryError { file: self.name.clone(), row: None, message: message.into() }
    }

    pub fn error_at(&self, row: u64, message: impl Into<String>) -> HistoryError {
        HistoryError { file: self.name.clone(), row: Some(row), message: message.into() }
    }
}

/// Opens a regular file.
pub(super) fn file(place: &Place) -> Result<File, HistoryError> {
    let about = |error: &std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => place.error("there is no such file"),
        std::io::ErrorKind::PermissionDenied => place.error("this file may not be read"),
        _ => place.error(format!("cannot be opened: {error}")),
    };
    let kind = std::fs::metadata(&place.path).map_err(|error| about(&error))?;
    if !kind.is_file() {
        return Err(place.error("this is not a file with data"));
    }
    File::open(&place.path).map_err(|error| about(&error))
}

/// What a file holds.
pub(super) fn format(place: &Place) -> Result<Format, HistoryError> {
    let mut file = file(place)?;
    let mut start = Vec::new();
    file.by_ref().take(4).read_to_end(&mut start).map_err(|error| place.error(format!("cannot be read: {error}")))?;
    Ok(match start.as_slice() {
        b"PAR1" => Format::Parquet,
        [0x1f, 0x8b, ..] => Format::Gzip,
        _ => Format::Text,
    })
}

/// The bytes of a file, unpacked if they are packed.
pub(super) fn bytes(place: &Place) -> Result<Box<dyn Read + Send>, HistoryError> {
    let packed = format(place)? == Format::Gzip;
    let mut file = file(place)?;
    file.seek(SeekFrom::Start(0)).map_err(|error| place.error(format!("cannot be read: {error}")))?;
    if packed {
        return Ok(Box::new(MultiGzDecoder::new(BufReader::with_capacity(1 << 18, file))));
    }
    Ok(Box::new(file))
}

/// The text of a small file.
pub(super) fn text(place: &Place, largest: u64) -> Result<String, HistoryError> {
    let mut all = Vec::new();
    let read = bytes(place)?.take(largest.saturating_add(1)).read_to_end(&mut all);
    read.map_err(|error| place.error(broken(&error)))?;
    if u64::try_from(all.len()).unwrap_or(u64::MAX) > largest {
        let limit = largest >> 20;
        return Err(place.error(format!("larger than {limit} MiB; keep large histories in CSV or Parquet files")));
    }
    let text = String::from_utf8(all).map_err(|_| place.error("not a text in UTF-8"))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// Why reading stopped.
pub(super) fn broken(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => "the file ends too early: it was cut off or not copied whole".to_owned(),
        std::io::ErrorKind::InvalidInput | std::io::ErrorKind::InvalidData => {
            format!("the packed file is damaged ({error})")
        }
        _ => format!("cannot be read: {error}"),
    }
}

/// The files that a name or pattern stands for, beside the mapping file; unless `outside`, below its folder only.
pub(super) fn find(pattern: &str, beside: &Path, outside: bool) -> Result<Vec<Place>, String> {
    let whole = beside.join(pattern);
    let foreign = || format!("\"{pattern}\" lies outside the folder of the mapping; start with --allow-outside if that is meant");
    if !outside && !stays(&whole, beside) {
        return Err(foreign());
    }
    if !pattern.contains(['*', '?', '[']) {
        return Ok(vec![Place { name: pattern.to_owned(), path: whole }]);
    }
    let folder = glob::Pattern::escape(&beside.to_string_lossy());
    let wanted = if Path::new(pattern).is_absolute() { pattern.to_owned() } else { format!("{folder}/{pattern}") };
    let found = glob::glob(&wanted).map_err(|error| format!("\"{pattern}\" is not a pattern of file names: {}", error.msg))?;
    let mut places = Vec::new();
    for path in found {
        let path = path.map_err(|error| format!("\"{pattern}\": {error}"))?;
        if path.is_dir() {
            continue;
        }
        if !outside && !stays(&path, beside) {
            return Err(foreign());
        }
        let name = path.strip_prefix(beside).unwrap_or(&path).to_string_lossy().into_owned();
        places.push(Place { name, path });
    }
    if places.is_empty() {
        return Err(format!("no file fits \"{pattern}\""));
    }
    places.sort();
    Ok(places)
}

/// Whether a path leads to a place below a folder, whatever links and `..` are in it. What is not there is judged by its
/// name, so that nothing tells whether a file outside exists.
fn stays(path: &Path, folder: &Path) -> bool {
    let Ok(root) = std::fs::canonicalize(folder) else { return false };
    if let Ok(real) = std::fs::canonicalize(path) {
        return real.starts_with(&root);
    }
    let Ok(rest) = path.strip_prefix(folder).or_else(|_| path.strip_prefix(&root)) else { return false };
    let mut depth = 0_usize;
    for part in rest.components() {
        match part {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return false,
        }
    }
    true
}
