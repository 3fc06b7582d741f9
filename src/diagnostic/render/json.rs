//! Diagnostics for programs.

use crate::diagnostic::{Diagnostic, Label, Problems, Severity};
use crate::source::Sources;
use serde::Serialize;

/// A problem with its places by line and column.
#[derive(Clone, Debug, Serialize)]
pub struct JsonDiagnostic<'a> {
    code: &'a str,
    severity: Severity,
    message: &'a str,
    labels: Vec<JsonLabel<'a>>,
    notes: &'a [String],
    help: Option<&'a str>,
}

/// Lines and columns count from 1, columns in characters; the end is the place behind the last character.
#[derive(Clone, Debug, Serialize)]
struct JsonLabel<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end: JsonEnd,
    text: &'a str,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct JsonEnd {
    line: usize,
    column: usize,
}

/// All problems, in order, to be serialised as one array.
#[must_use]
pub fn json<'a>(problems: &'a Problems, sources: &'a Sources) -> Vec<JsonDiagnostic<'a>> {
    problems.0.iter().map(|diagnostic| one(diagnostic, sources)).collect()
}

fn one<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> JsonDiagnostic<'a> {
    JsonDiagnostic {
        code: diagnostic.code,
        severity: diagnostic.severity,
        message: &diagnostic.message,
        labels: diagnostic.labels.iter().map(|label| place(label, sources)).collect(),
        notes: &diagnostic.notes,
        help: diagnostic.help.as_deref(),
    }
}

fn place<'a>(label: &'a Label, sources: &'a Sources) -> JsonLabel<'a> {
    let start = sources.place(label.span);
    let file = sources.file(label.span.file);
    let end = file.map_or(start, |file| file.line_column(label.span.range().end));
    JsonLabel {
        file: file.map_or("", |file| &file.name),
        line: start.line,
        column: start.column,
        end: JsonEnd { line: end.line, column: end.column },
        text: &label.text,
    }
}
