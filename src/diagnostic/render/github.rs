//! Diagnostics as workflow commands of GitHub Actions, which shows them beside the lines they are about.

use super::{told_at_once, visible};
use crate::diagnostic::{Diagnostic, Problems, Severity};
use crate::source::Sources;

/// One command each: `::error file=coffee.loy,line=14,col=22,endColumn=25,title=LOY0201::There is no tier called "gld".`
#[must_use]
pub fn github(problems: &Problems, sources: &Sources) -> String {
    problems.0.iter().map(|problem| command(problem, sources)).collect()
}

fn command(problem: &Diagnostic, sources: &Sources) -> String {
    let kind = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let span = problem.span();
    let mut place = String::new();
    if let Some(file) = sources.file(span.file) {
        let (start, end) = (file.line_column(span.range().start), file.line_column(span.range().end));
        place = format!("file={},line={},", property(&visible(&file.name)), start.line);
        // Columns are shown only within one line.
        if start.line == end.line {
            place.push_str(&format!("col={},endColumn={},", start.column, end.column.max(start.column)));
        } else {
            place.push_str(&format!("endLine={},", end.line));
        }
    }
    format!("::{kind} {place}title={}::{}\n", problem.code, data(&told_at_once(problem)))
}

/// The message of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A value in front of the message.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
