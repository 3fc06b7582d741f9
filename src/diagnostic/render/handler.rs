//! Draws a diagnostic the way this program speaks.

use super::escape::visible;
use super::snippet::{self, Line};
use miette::{Diagnostic, LabeledSpan, ReportHandler, Severity, SourceCode};
use std::fmt::{self, Write};

/// Lines further apart than this are both named in the line that says the place.
const NEAR: usize = 3;

/// The handler. It draws any [`miette::Diagnostic`]: related ones with a text are further places, related ones without
/// are notes.
#[derive(Clone, Copy, Debug)]
pub struct Handler {
    colour: bool,
}

impl Handler {
    /// A handler with or without colours.
    #[must_use]
    pub fn new(colour: bool) -> Self {
        Self { colour }
    }

    fn write(self, diagnostic: &dyn Diagnostic, out: &mut dyn Write) -> fmt::Result {
        let warning = diagnostic.severity() == Some(Severity::Warning);
        let paint = Paint { colour: self.colour, warning };
        if let Some(code) = diagnostic.code() {
            write!(out, "{}  ", paint.strong(&visible(&code.to_string())))?;
        }
        let suffix = if warning { "  (warning)" } else { "" };
        writeln!(out, "{}{suffix}", visible(&diagnostic.to_string()))?;
        place(diagnostic, paint, out)?;
        for related in diagnostic.related().into_iter().flatten() {
            place(related, paint, out)?;
            paragraph(&related.to_string(), |text| text.to_owned(), out)?;
        }
        if let Some(help) = diagnostic.help() {
            paragraph(&help.to_string(), |text| paint.help(text), out)?;
        }
        Ok(())
    }
}

impl ReportHandler for Handler {
    fn debug(&self, diagnostic: &dyn Diagnostic, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(diagnostic, f)
    }
}

fn paragraph(text: &str, paint: impl Fn(&str) -> String, out: &mut dyn Write) -> fmt::Result {
    text.lines().filter(|line| !line.is_empty()).try_for_each(|line| writeln!(out, "  {}", paint(&visible(line))))
}

/// The name of the file, the numbers of the lines, and the lines.
fn place(diagnostic: &dyn Diagnostic, paint: Paint, out: &mut dyn Write) -> fmt::Result {
    let (Some(text), Some(labels)) = (diagnostic.source_code(), diagnostic.labels()) else { return Ok(()) };
    let mut lines = Vec::new();
    let mut named: Vec<usize> = Vec::new();
    let mut name = String::new();
    for label in labels {
        let Some((number, file)) = add(&mut lines, text, &label) else { continue };
        if named.iter().all(|line| line.abs_diff(number) > NEAR) {
            named.push(number);
        }
        name = file;
    }
    if lines.is_empty() {
        return Ok(());
    }
    named.sort_unstable();
    let numbers: Vec<String> = named.iter().map(usize::to_string).collect();
    let word = if numbers.len() > 1 { "lines" } else { "line" };
    writeln!(out, "  {}", paint.dim(&format!("{}, {word} {}", visible(&name), and(&numbers))))?;
    snippet::draw(&lines, paint, out)
}

/// Adds a label to the lines; its first line and the name of its file.
fn add(lines: &mut Vec<Line>, text: &dyn SourceCode, label: &LabeledSpan) -> Option<(usize, String)> {
    let contents = text.read_span(label.inner(), 0, 0).ok()?;
    let first = contents.line().saturating_add(1);
    let shown = String::from_utf8_lossy(contents.data());
    let from = label.offset().saturating_sub(contents.span().offset()).min(shown.len());
    let to = from.saturating_add(label.len()).min(shown.len());
    snippet::add(lines, first, &shown, from, to, &visible(label.label().unwrap_or_default()));
    Some((first, contents.name().unwrap_or_default().to_owned()))
}

/// `12 and 17`, `3, 12 and 17`
fn and(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// Colours, or none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint {
    colour: bool,
    warning: bool,
}

impl Paint {
    fn with(self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn strong(self, text: &str) -> String {
        self.with(if self.warning { "1;33" } else { "1;31" }, text)
    }

    /// An underline and what is said behind it.
    pub(super) fn mark(self, text: &str) -> String {
        self.with(if self.warning { "33" } else { "31" }, text)
    }

    /// Line numbers and places.
    pub(super) fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    fn help(self, text: &str) -> String {
        self.with("36", text)
    }
}
