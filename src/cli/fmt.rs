//! `fmt`: programs in their canonical text.

use super::exit::{Done, Exit, Stop};
use super::load::{INPUT, STDIN};
use super::whole::Whole;
use super::{Global, load, output};
use crate::diagnostic::render;
use crate::source::{SourceFile, Sources};
use crate::syntax;
use clap::Args;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Options of `fmt`.
#[derive(Clone, Debug, Args)]
pub(super) struct FmtArgs {
    /// Programs; - reads standard input and writes standard output
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Change nothing, but fail if a file would change, and name it
    #[arg(long)]
    check: bool,
    /// It writes programs and nothing else
    #[arg(long, hide = true, value_name = "FORMAT", hide_possible_values = true)]
    format: Option<super::Format>,
}

/// What became of a file.
enum Outcome {
    /// It was as it should be.
    Same,
    /// It was not.
    Changed,
    /// It has errors.
    Wrong,
}

/// Runs the command.
pub(super) fn run(args: &FmtArgs, global: &Global) -> Done {
    if args.format.or(global.format).is_some() {
        return Err(Stop::Usage("fmt has no --format: it writes programs.".to_owned()));
    }
    let mut exit = Exit::Fine;
    for file in &args.files {
        let done = if file.as_os_str() == STDIN { stream(args.check, global) } else { rewrite(file, args.check, global) };
        let outcome = match done {
            Ok(outcome) => outcome,
            // The other files can still be written.
            Err(Stop::Data(message)) => {
                output::complain(&message);
                exit = Exit::Data;
                continue;
            }
            Err(stop) => return Err(stop),
        };
        let name = if file.as_os_str() == STDIN { INPUT.to_owned() } else { output::shown(file) };
        match outcome {
            Outcome::Same => {}
            Outcome::Changed if args.check => {
                // Whoever asks wants the names, --quiet or not.
                output::complain(&format!("{name} would change."));
                exit = exit.max(Exit::Failed);
            }
            Outcome::Changed => global.say(&format!("{name}: changed")),
            Outcome::Wrong => {
                output::complain(&format!("{name} stays as it is: it has errors."));
                exit = exit.max(Exit::Failed);
            }
        }
    }
    Ok(exit)
}

/// A file, rewritten where it stands unless it is only to be looked at.
fn rewrite(path: &Path, check: bool, global: &Global) -> Done<Outcome> {
    let failed = |why: String| Stop::Data(format!("{}: {why}.", output::shown(path)));
    // A link stays a link: what it leads to is rewritten.
    let real = std::fs::canonicalize(path).map_err(|error| failed(output::reason(&error)))?;
    let text = load::read(&real).map_err(failed)?;
    let Some(formatted) = formatted(&output::shown(path), &text, global) else { return Ok(Outcome::Wrong) };
    if formatted == text {
        return Ok(Outcome::Same);
    }
    if !check {
        let mut whole = Whole::begin(&real)?;
        whole.write_all(formatted.as_bytes()).map_err(|error| output::cannot_write(path, &error))?;
        whole.finish()?;
    }
    Ok(Outcome::Changed)
}

/// Standard input, to standard output unless it is only to be looked at.
fn stream(check: bool, global: &Global) -> Done<Outcome> {
    let text = load::standard_input()?;
    let Some(formatted) = formatted(INPUT, &text, global) else { return Ok(Outcome::Wrong) };
    if check {
        return Ok(if formatted == text { Outcome::Same } else { Outcome::Changed });
    }
    output::result(&formatted)?;
    Ok(Outcome::Same)
}

/// The canonical text; `None` if there are errors, which are shown.
fn formatted(name: &str, text: &str, global: &Global) -> Option<String> {
    let mut sources = Sources::default();
    let file = sources.add(SourceFile::new(name, PathBuf::from(name), text));
    match syntax::format(&sources, file) {
        Ok(formatted) => Some(formatted),
        Err(problems) => {
            let colour = global.colour(&std::io::stderr());
            output::complain(&render::human(&problems, &sources, colour));
            None
        }
    }
}
