//! What a run writes is nothing that it reads, and no two things that it writes are one.

use super::exit::{Done, Stop};
use super::output::shown;
use super::whole::folder;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

/// What makes a file itself, whatever it is called: its path without links, and where the system has one its number,
/// which tells two names of one file.
#[derive(Debug)]
struct Identity {
    path: PathBuf,
    number: Option<(u64, u64)>,
}

impl Identity {
    fn of(path: &Path) -> Self {
        let number = fs::metadata(path).ok().and_then(|about| number(&about));
        let real = fs::canonicalize(path).or_else(|_| {
            // What is not there yet stands in a folder that is.
            fs::canonicalize(folder(path)).map(|folder| folder.join(path.file_name().unwrap_or_default()))
        });
        Self { path: real.unwrap_or_else(|_| path.to_owned()), number }
    }

    fn is(&self, other: &Self) -> bool {
        self.path == other.path || self.number.is_some() && self.number == other.number
    }
}

#[cfg(unix)]
fn number(about: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((about.dev(), about.ino()))
}

#[cfg(not(unix))]
fn number(_: &Metadata) -> Option<(u64, u64)> {
    None
}

/// Where a standard stream is a file, that file.
#[cfg(unix)]
fn redirected(stream: &impl std::os::fd::AsFd) -> Option<Identity> {
    let file = fs::File::from(stream.as_fd().try_clone_to_owned().ok()?);
    let about = file.metadata().ok().filter(Metadata::is_file)?;
    Some(Identity { path: PathBuf::new(), number: number(&about) })
}

#[cfg(not(unix))]
fn redirected<T>(_: &T) -> Option<Identity> {
    None
}

/// Refuses outputs (each with the option that names it) that are one of the `inputs`, or one another.
pub(super) fn check(outputs: &[(&str, &Path)], inputs: &[PathBuf]) -> Done<()> {
    let refused = |option: &str, path: &Path, why: &str| {
        Err(Stop::Usage(format!("{option} {} {why} Name another file; nothing was written.", shown(path))))
    };
    let read: Vec<(&PathBuf, Identity)> = inputs.iter().map(|path| (path, Identity::of(path))).collect();
    let stdin = redirected(&std::io::stdin());
    let stdout = redirected(&std::io::stdout());
    let mut before: Vec<(&str, Identity)> = Vec::new();
    for (option, path) in outputs {
        let this = Identity::of(path);
        if let Some((input, _)) = read.iter().find(|(_, input)| input.is(&this)) {
            return refused(option, path, &format!("would overwrite {}, which this run reads.", shown(input)));
        }
        if stdin.as_ref().is_some_and(|stdin| stdin.is(&this)) {
            return refused(option, path, "would overwrite the file that standard input comes from.");
        }
        if stdout.as_ref().is_some_and(|stdout| stdout.is(&this)) {
            return refused(option, path, "is the file that the report goes to.");
        }
        if let Some((other, _)) = before.iter().find(|(_, other)| other.is(&this)) {
            return refused(option, path, &format!("is the file that {other} names too."));
        }
        before.push((option, this));
    }
    Ok(())
}
