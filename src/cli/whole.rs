//! Files that appear whole or not at all.

use super::exit::{Done, Stop};
use super::output::cannot_write;
use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use tempfile::NamedTempFile;

/// How temporary files are called: a later run removes those of a run that was killed.
const PREFIX: &str = ".loyalty-dsl-";
/// Links that lead to links are followed so far, as systems do.
const LINKS: usize = 40;

/// The temporary files of this run, for when it is interrupted.
static TEMPORARY: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A file under a temporary name beside its place until [`Whole::finish`]; or a pipe or device, which is written to as it is.
pub(super) struct Whole {
    out: BufWriter<Out>,
    /// As named by the person.
    path: PathBuf,
}

enum Out {
    Beside { file: NamedTempFile, place: PathBuf, permissions: Option<Permissions> },
    Through(File),
}

/// What stands where an output is to go.
enum Place {
    /// Nothing, or a file that may be replaced and hands on its permissions; where links lead.
    File(PathBuf, Option<Permissions>),
    /// A pipe or a device: to replace it would take it from whoever holds its other end.
    Stream,
}

/// Writes a file whole.
pub(super) fn write(path: &Path, text: &str) -> Done<()> {
    let mut file = Whole::begin(path)?;
    file.write_all(text.as_bytes()).map_err(|error| cannot_write(path, &error))?;
    file.finish()
}

impl Whole {
    /// Begins a file. What stands under the name stays until the end, and links stay links: the file they lead to is replaced.
    pub(super) fn begin(path: &Path) -> Done<Self> {
        let failed = |error: io::Error| cannot_write(path, &error);
        let out = match place(path)? {
            Place::Stream => Out::Through(OpenOptions::new().write(true).open(path).map_err(failed)?),
            Place::File(place, kept) => {
                let folder = folder(&place);
                sweep(folder);
                let permissions = kept.or_else(|| usual(folder));
                Out::Beside { file: temporary(folder).map_err(failed)?, place, permissions }
            }
        };
        Ok(Self { out: BufWriter::new(out), path: path.to_owned() })
    }

    /// Puts the file in its place, safe on disk.
    pub(super) fn finish(self) -> Done<()> {
        let path = self.path;
        let out = self.out.into_inner().map_err(|error| cannot_write(&path, error.error()))?;
        let Out::Beside { file, place, permissions } = out else { return Ok(()) };
        settle(file, &place, permissions).map_err(|error| cannot_write(&path, &error))
    }
}

impl Write for Whole {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Beside { file, .. } => file.write(bytes),
            Self::Through(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Beside { file, .. } => file.flush(),
            Self::Through(file) => file.flush(),
        }
    }
}

/// A file without a name, for what is written and read again.
pub(super) fn scratch(path: &Path) -> Done<File> {
    let made = match place(path)? {
        Place::File(place, _) => tempfile::tempfile_in(folder(&place)),
        Place::Stream => tempfile::tempfile(),
    };
    made.map_err(|error| cannot_write(path, &error))
}

/// Removes what this run has begun and not finished.
pub(super) fn abandon() {
    for path in TEMPORARY.lock().map(|mut known| std::mem::take(&mut *known)).unwrap_or_default() {
        let _ = fs::remove_file(path);
    }
}

fn place(path: &Path) -> Done<Place> {
    let refused = |why: &str| Err(Stop::Data(format!("{} cannot be written: {why}.", super::output::shown(path))));
    let about = match fs::metadata(path) {
        Ok(about) => about,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Place::File(led_to(path), None)),
        Err(error) => return Err(cannot_write(path, &error)),
    };
    if about.is_dir() {
        return refused("it is a folder");
    }
    if is_stream(&about) {
        return Ok(Place::Stream);
    }
    if !about.is_file() {
        return refused("it is neither a file nor a pipe");
    }
    // Replacing a file asks nothing of the file itself, only of its folder: so the file is asked here.
    if about.permissions().readonly() || OpenOptions::new().write(true).open(path).is_err() {
        return refused("it may not be changed");
    }
    let place = fs::canonicalize(path).map_err(|error| cannot_write(path, &error))?;
    Ok(Place::File(place, Some(about.permissions())))
}

#[cfg(unix)]
fn is_stream(about: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    about.file_type().is_fifo() || about.file_type().is_char_device()
}

#[cfg(not(unix))]
fn is_stream(_: &Metadata) -> bool {
    false
}

/// Where a name leads under which there is no file: a link may lead to a place that is still empty.
fn led_to(path: &Path) -> PathBuf {
    let mut place = path.to_owned();
    for _ in 0..LINKS {
        let Ok(next) = fs::read_link(&place) else { break };
        place = folder(&place).join(next);
    }
    place
}

pub(super) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A new file that only its owner can read, marked as in use.
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    loop {
        let file = tempfile::Builder::new().prefix(PREFIX).tempfile_in(folder)?;
        let taken = matches!(file.as_file().try_lock(), Err(fs::TryLockError::WouldBlock));
        // Another run may have taken it for abandoned before it was marked.
        if !taken && file.path().exists() {
            if let Ok(mut known) = TEMPORARY.lock() {
                known.push(file.path().to_owned());
            }
            return Ok(file);
        }
    }
}

/// Removes the temporary files of runs that are no more. Those of others that still run are marked as in use.
fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX) && entry.file_type().is_ok_and(|kind| kind.is_file());
        let free = || File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok());
        if ours && free() {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// As readable as any other new file, which only the system knows: a file is made to see.
#[cfg(unix)]
fn usual(folder: &Path) -> Option<Permissions> {
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    let probe = tempfile::Builder::new().prefix(PREFIX).permissions(mode).tempfile_in(folder).ok()?;
    probe.as_file().metadata().ok().map(|about| about.permissions())
}

#[cfg(not(unix))]
fn usual(_: &Path) -> Option<Permissions> {
    None
}

fn settle(file: NamedTempFile, place: &Path, permissions: Option<Permissions>) -> io::Result<()> {
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    file.as_file().sync_all()?;
    let temporary = file.path().to_owned();
    file.persist(place).map_err(|error| error.error)?;
    if let Ok(mut known) = TEMPORARY.lock() {
        known.retain(|path| *path != temporary);
    }
    // The new name is safe once its folder is; where folders cannot be opened there is nothing to do.
    let _ = File::open(folder(place)).and_then(|folder| folder.sync_all());
    Ok(())
}
