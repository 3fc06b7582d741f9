//! How the program ends.

use std::process::ExitCode;

/// The codes of the interface. An interrupted run ends by its signal, which shells show as 130.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exit {
    /// All is well.
    Fine = 0,
    /// A program has errors, or an example or an expectation failed.
    Failed = 1,
    /// The arguments make no sense.
    Usage = 2,
    /// Data or files cannot be read or written.
    Data = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Fine => Self::from(0),
            Exit::Failed => Self::from(1),
            Exit::Usage => Self::from(2),
            Exit::Data => Self::from(3),
        }
    }
}

/// Why a command cannot go on.
#[derive(Debug)]
pub(super) enum Stop {
    /// Nobody reads standard output any more: not our failure.
    Pipe,
    /// With what to type instead.
    Usage(String),
    /// With the file and the reason.
    Data(String),
}

/// What a command gives.
pub(super) type Done<T = Exit> = Result<T, Stop>;
