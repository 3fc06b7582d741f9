//! Standard output and standard error, and the words for what cannot be read or written.

use super::exit::{Done, Stop};
use crate::diagnostic::render;
use std::io::{BufWriter, ErrorKind, Write};
use std::path::Path;

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

/// A file that cannot be written, in words.
pub(super) fn cannot_write(path: &Path, error: &std::io::Error) -> Stop {
    Stop::Data(format!("{} cannot be written: {}.", shown(path), reason(error)))
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

/// A path that can be shown: nothing in it acts on the terminal.
pub(super) fn shown(path: &Path) -> String {
    render::visible(&crate::history::shown(path))
}
