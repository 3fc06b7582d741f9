//! Writers of diagnostics: for people, one line each, JSON, SARIF, GitHub.
//!
//! For people, a [`Diagnostic`] is told as a [`miette::Diagnostic`] and [`Handler`], a [`miette::ReportHandler`], draws
//! it. The shape is this project's own: miette's built-in handlers panic on labels past the end of a text and print
//! control characters as they are.

mod escape;
mod github;
mod handler;
mod json;
mod sarif;
mod snippet;
mod told;

pub use escape::{columns, visible};
pub use github::github;
pub use handler::Handler;
pub use json::{JsonDiagnostic, json};
pub use sarif::{Sarif, sarif};

use super::{Diagnostic, Problems, Severity};
use crate::source::Sources;
use miette::ReportHandler;
use std::fmt;
use told::Told;

/// All problems as people read them, with an empty line between two.
#[must_use]
pub fn human(problems: &Problems, sources: &Sources, colour: bool) -> String {
    let handler = Handler::new(colour);
    let told: Vec<String> =
        problems.0.iter().map(|diagnostic| Drawn { handler: &handler, told: &Told::new(diagnostic, sources) }.to_string()).collect();
    told.join("\n")
}

/// One line each: `coffee.loy:14:22: error LOY0201: There is no tier called "gld".`
#[must_use]
pub fn short(problems: &Problems, sources: &Sources) -> String {
    let line = |diagnostic: &Diagnostic| {
        let span = diagnostic.span();
        let place = sources.place(span);
        let file = sources.file(span.file).map_or("", |file| &file.name);
        let severity = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let (file, message) = (visible(file), visible(&diagnostic.message));
        format!("{file}:{}:{}: {severity} {}: {message}\n", place.line, place.column, diagnostic.code)
    };
    problems.0.iter().map(line).collect()
}

/// The message with everything said below the places, for readers who see nothing else: one line for each.
fn told_at_once(problem: &Diagnostic) -> String {
    let below = problem.notes.iter().flat_map(|note| note.lines()).chain(problem.help.as_deref());
    let lines: Vec<String> = std::iter::once(problem.message.as_str()).chain(below).map(visible).collect();
    lines.join("\n")
}

/// A diagnostic that displays itself as a handler draws it.
struct Drawn<'a> {
    handler: &'a Handler,
    told: &'a Told<'a>,
}

impl fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.handler.debug(self.told, f)
    }
}
