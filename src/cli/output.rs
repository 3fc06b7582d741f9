//! Standard output, standard error, and files that appear whole or not at all.

use super::exit::{Done, Stop};
use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Writes the result.
pub(super) fn result(text: &str) -> Done<()> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Stop::Pipe,
        _ => Stop::Data(format!("The result cannot be written: {error}.")),
    })
}

/// Says something that is not the result. If standard error is closed there is nobody left to tell.
pub(super) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// A file under a temporary name beside its place, until [`Whole::finish`].
pub(super) struct Whole {
    file: BufWriter<tempfile::NamedTempFile>,
    path: PathBuf,
}

impl Whole {
    /// Begins a file. What stands under the name stays until the end.
    pub(super) fn begin(path: &Path) -> Done<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        builder.prefix(".loyalty-dsl-");
        // As readable as any other new file; the process's mask applies.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder.tempfile_in(folder).map_err(|error| cannot_write(path, &error))?;
        Ok(Self { file: BufWriter::new(file), path: path.to_owned() })
    }

    /// Begins a file in place of one that exists, whose permissions it gets.
    pub(super) fn replace(path: &Path) -> Done<Self> {
        let about = std::fs::metadata(path).map_err(|error| cannot_write(path, &error))?;
        // Replacing a file asks nothing of the file itself, only of its folder.
        if about.permissions().readonly() {
            return Err(Stop::Data(format!("{} cannot be written: it may not be changed.", path.display())));
        }
        let whole = Self::begin(path)?;
        whole.file.get_ref().as_file().set_permissions(about.permissions()).map_err(|error| cannot_write(path, &error))?;
        Ok(whole)
    }

    /// Puts the file in its place, safe on disk.
    pub(super) fn finish(self) -> Done<()> {
        let path = self.path;
        let file = self.file.into_inner().map_err(|error| cannot_write(&path, error.error()))?;
        file.as_file().sync_all().map_err(|error| cannot_write(&path, &error))?;
        file.persist(&path).map_err(|error| cannot_write(&path, &error.error))?;
        // The new name is safe once its folder is; where folders cannot be opened there is nothing to do.
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
        Ok(())
    }
}

impl Write for Whole {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// A file that cannot be written, in words.
pub(super) fn cannot_write(path: &Path, error: &std::io::Error) -> Stop {
    Stop::Data(format!("{} cannot be written: {}.", path.display(), reason(error)))
}

/// What the system says, in words where it is a common case.
pub(super) fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        ErrorKind::PermissionDenied => "it may not be opened".to_owned(),
        ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => error.to_string(),
    }
}
