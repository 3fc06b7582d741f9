//! Opening files. Only regular files are read, and only here.

use super::HistoryError;
use super::formats::{self, Format, LOOKED_AT};
use super::how::How;
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use parquet::file::reader::{ChunkReader, Length};
use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// The name that stands for standard input.
const STDIN: &str = "-";

/// A file, and how people call it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// As named by the person or the mapping.
    pub name: String,
    pub path: PathBuf,
    /// What it holds, where that had to be unpacked or came through a pipe.
    pub held: Option<Bytes>,
    pub how: Arc<How>,
    /// Of a server, until it has answered.
    pub address: Option<super::server::Address>,
}

/// Something that can be read from any place in it.
pub(super) trait Seekable: Read + Seek + Send {}

impl<T: Read + Seek + Send> Seekable for T {}

impl Place {
    pub fn new(name: String, path: PathBuf) -> Self {
        Self { name, path, ..Self::default() }
    }

    pub fn error(&self, message: impl Into<String>) -> HistoryError {
        HistoryError { file: self.name.clone(), row: None, message: message.into() }
    }

    pub fn error_at(&self, row: u64, message: impl Into<String>) -> HistoryError {
        HistoryError { file: self.name.clone(), row: Some(row), message: message.into() }
    }
}

/// Opens a regular file.
fn file(place: &Place) -> Result<File, HistoryError> {
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

/// Opens a place for reading here and there.
pub(super) fn seekable(place: &Place) -> Result<Box<dyn Seekable>, HistoryError> {
    Ok(match &place.held {
        Some(bytes) => Box::new(Cursor::new(bytes.clone())),
        None => Box::new(BufReader::new(file(place)?)),
    })
}

/// A place as the Parquet reader wants it.
pub(super) enum Chunks {
    File(File),
    Held(Bytes),
}

/// Opens a place for the Parquet reader.
pub(super) fn chunks(place: &Place) -> Result<Chunks, HistoryError> {
    Ok(match &place.held {
        Some(bytes) => Chunks::Held(bytes.clone()),
        None => Chunks::File(file(place)?),
    })
}

impl Length for Chunks {
    fn len(&self) -> u64 {
        match self {
            Self::File(file) => file.len(),
            Self::Held(bytes) => Length::len(bytes),
        }
    }
}

impl ChunkReader for Chunks {
    type T = Box<dyn Read + Send>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        Ok(match self {
            Self::File(file) => Box::new(file.get_read(start)?),
            Self::Held(bytes) => Box::new(bytes.get_read(start)?),
        })
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        match self {
            Self::File(file) => file.get_bytes(start, length),
            Self::Held(bytes) => bytes.get_bytes(start, length),
        }
    }
}

fn start_of(place: &Place, source: impl Read) -> Result<Vec<u8>, HistoryError> {
    let mut start = Vec::new();
    source.take(LOOKED_AT).read_to_end(&mut start).map_err(|error| place.error(broken(&error)))?;
    Ok(start)
}

/// What a place holds; a packed one is gzip, zstd or zip.
pub(super) fn format(place: &Place) -> Result<Format, HistoryError> {
    match formats::of(&start_of(place, seekable(place)?)?) {
        Format::Zip => formats::inside_zip(seekable(place)?).map_err(|message| place.error(message)),
        format => Ok(format),
    }
}

/// Makes a place ready to be read: packed data that must be read here and there are unpacked and held, and what is not
/// read at all is called by its name. Packed texts stay as they are, for they are unpacked while they are read.
pub(super) fn resolve(place: Place) -> Result<Place, HistoryError> {
    let mut place = super::server::fetched(place)?;
    let mut format = format(&place)?;
    if format == Format::Zip {
        place.held = Some(only_file(&place)?);
        format = self::format(&place)?;
        if matches!(format, Format::Zip | Format::Gzip | Format::Zstd) {
            return Err(place.error("what the zip holds is packed once more; unpack it and name the file inside"));
        }
    }
    if matches!(format, Format::Gzip | Format::Zstd) {
        let inside = formats::of(&start_of(&place, bytes(&place)?)?);
        if !matches!(inside, Format::Text | Format::Json) {
            let mut all = Vec::new();
            bytes(&place)?.read_to_end(&mut all).map_err(|error| place.error(broken(&error)))?;
            place.held = Some(all.into());
        }
        format = if inside == Format::Zip { self::format(&place)? } else { inside };
        if matches!(format, Format::Zip | Format::Gzip | Format::Zstd) {
            return Err(place.error("this is packed twice; unpack it once and name the file inside"));
        }
    }
    match format {
        Format::Foreign(what) => Err(place.error(formats::not_read(what))),
        _ => Ok(place),
    }
}

/// What a place holds once it is unpacked.
pub(super) fn content(place: &Place) -> Result<Format, HistoryError> {
    match format(place)? {
        Format::Gzip | Format::Zstd => Ok(formats::of(&start_of(place, bytes(place)?)?)),
        format => Ok(format),
    }
}

/// The one file with data in a zip.
fn only_file(place: &Place) -> Result<Bytes, HistoryError> {
    let damaged =
        |error: zip::result::ZipError| place.error(format!("this zip cannot be unpacked: it is damaged or was cut off ({error})"));
    let mut zip = zip::ZipArchive::new(seekable(place)?).map_err(damaged)?;
    let hidden =
        |name: &str| name.starts_with("__MACOSX/") || name.ends_with('/') || name.rsplit('/').next().is_some_and(|n| n.starts_with('.'));
    let mut names: Vec<String> =
        zip.file_names().filter_map(Result::ok).map(std::borrow::Cow::into_owned).filter(|name| !hidden(name)).collect();
    names.sort();
    let name = match names.as_slice() {
        [] => return Err(place.error("the zip holds no file")),
        [name] => name,
        several => {
            let shown = several.iter().take(5).map(|name| super::rejects::printable(name)).collect::<Vec<_>>().join(", ");
            return Err(place.error(format!("the zip holds {} files ({shown}); unpack it and name those that are meant", several.len())));
        }
    };
    let mut all = Vec::new();
    let mut inside = match zip.by_name(name) {
        Err(zip::result::ZipError::UnsupportedArchive(why)) if why.contains("assword") => {
            return Err(place.error("the zip is locked with a password; unpack it first"));
        }
        Err(zip::result::ZipError::UnsupportedArchive(why)) => {
            return Err(place.error(format!("the zip is packed in a way that is not read ({why}); unpack it first")));
        }
        inside => inside.map_err(damaged)?,
    };
    inside.read_to_end(&mut all).map_err(|error| place.error(broken(&error)))?;
    Ok(all.into())
}

/// The bytes of a place, unpacked if they are packed with gzip or zstd.
pub(super) fn bytes(place: &Place) -> Result<Box<dyn Read + Send>, HistoryError> {
    let failed = |error: std::io::Error| place.error(format!("cannot be read: {error}"));
    let mut source = seekable(place)?;
    let mut mark = Vec::new();
    source.by_ref().take(4).read_to_end(&mut mark).map_err(failed)?;
    source.seek(SeekFrom::Start(0)).map_err(failed)?;
    let wide = |source| BufReader::with_capacity(1 << 18, source);
    Ok(match formats::of(&mark) {
        Format::Gzip => Box::new(MultiGzDecoder::new(wide(source))),
        Format::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(wide(source)).map_err(failed)?),
        _ => Box::new(source),
    })
}

/// All of standard input: what comes through a pipe can be read once only, and readers look twice.
pub(super) fn standard_input(path: &Path) -> Option<Result<Place, HistoryError>> {
    if path.as_os_str() != STDIN {
        return None;
    }
    let mut place = Place::new("standard input".to_owned(), PathBuf::from(STDIN));
    let read = || {
        let mut all = Vec::new();
        std::io::stdin().lock().read_to_end(&mut all).map(|_| Bytes::from(all)).map_err(|error| format!("cannot be read: {error}"))
    };
    // Two tables of a mapping may stand in what comes.
    static HELD: OnceLock<Result<Bytes, String>> = OnceLock::new();
    Some(match HELD.get_or_init(read) {
        Ok(bytes) => {
            place.held = Some(bytes.clone());
            Ok(place)
        }
        Err(message) => Err(place.error(message.as_str())),
    })
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
        // What zstd finds wrong has no kind of its own.
        std::io::ErrorKind::Other => format!("the packed file is damaged ({error})"),
        _ => format!("cannot be read: {error}"),
    }
}

/// The files that a name or pattern stands for, beside the mapping file; of a folder, all files in it. Unless `outside`,
/// they lie below the mapping's folder.
pub(super) fn find(pattern: &str, beside: &Path, outside: bool) -> Result<Vec<Place>, String> {
    if let Some(place) = standard_input(Path::new(pattern)) {
        return place.map(|place| vec![place]).map_err(|error| error.message);
    }
    if super::server::is_address(pattern) {
        return Ok(vec![super::server::place(pattern)]);
    }
    let whole = beside.join(pattern);
    let foreign = || format!("\"{pattern}\" lies outside the folder of the mapping; start with --allow-outside if that is meant");
    if !outside && !stays(&whole, beside) {
        return Err(foreign());
    }
    let folder = whole.is_dir();
    if !folder && !pattern.contains(['*', '?', '[']) || whole.is_file() {
        return Ok(vec![Place::new(pattern.to_owned(), whole)]);
    }
    let inside = if folder { format!("{}/*", glob::Pattern::escape(pattern.trim_end_matches('/'))) } else { pattern.to_owned() };
    let root = glob::Pattern::escape(&beside.to_string_lossy());
    let wanted = if Path::new(pattern).is_absolute() || root.is_empty() { inside } else { format!("{root}/{inside}") };
    let found = glob::glob(&wanted).map_err(|error| format!("\"{pattern}\" is not a pattern of file names: {}", error.msg))?;
    let mut places = Vec::new();
    for path in found {
        let path = path.map_err(|error| format!("\"{pattern}\": {error}"))?;
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() || folder && (hidden || is_mapping(&path)) {
            continue;
        }
        if !outside && !stays(&path, beside) {
            return Err(foreign());
        }
        let name = path.strip_prefix(beside).unwrap_or(&path).to_string_lossy().into_owned();
        places.push(Place::new(name, path));
    }
    if places.is_empty() {
        return Err(if folder {
            format!("the folder \"{}\" holds no file with data", whole.display())
        } else {
            format!("no file fits \"{pattern}\"")
        });
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

/// Whether a file is a mapping, by its name.
pub(super) fn is_mapping(path: &Path) -> bool {
    let name = path.to_string_lossy().to_lowercase();
    let name = name.trim_end_matches(".gz");
    name.ends_with(".yaml") || name.ends_with(".yml")
}
