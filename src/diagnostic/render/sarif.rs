//! Diagnostics as a log in SARIF 2.1.0, which code hosts and editors read.

use super::{told_at_once, visible};
use crate::diagnostic::{CODES, Diagnostic, Label, Problems, Severity};
use crate::source::Sources;
use serde::Serialize;

/// A log with one run: the codes as its rules, the problems of all programs as its results.
#[derive(Clone, Debug, Serialize)]
pub struct Sarif {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    /// Columns count characters.
    column_kind: &'static str,
    results: Vec<Finding>,
}

#[derive(Clone, Debug, Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Message,
    full_description: Message,
    help: Message,
}

#[derive(Clone, Debug, Serialize)]
struct Message {
    text: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    rule_id: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Message,
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Clone, Debug, Serialize)]
struct ArtifactLocation {
    uri: String,
}

/// From the first character to the place behind the last one.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

/// The problems of several programs as one log.
#[must_use]
pub fn sarif<'a>(programs: impl IntoIterator<Item = (&'a Problems, &'a Sources)>) -> Sarif {
    let results = programs.into_iter().flat_map(|(problems, sources)| problems.0.iter().map(move |problem| finding(problem, sources)));
    let rules = CODES.iter().map(|info| Rule {
        id: info.code,
        short_description: text(info.title),
        full_description: text(info.explanation),
        help: text(info.explanation),
    });
    let driver = Driver { name: env!("CARGO_PKG_NAME"), semantic_version: env!("CARGO_PKG_VERSION"), rules: rules.collect() };
    Sarif {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run { tool: Tool { driver }, column_kind: "unicodeCodePoints", results: results.collect() }],
    }
}

fn finding(problem: &Diagnostic, sources: &Sources) -> Finding {
    let (main, related) = problem.labels.split_at(problem.labels.len().min(1));
    Finding {
        rule_id: problem.code,
        rule_index: CODES.iter().position(|info| info.code == problem.code),
        level: match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        message: text(&told_at_once(problem)),
        locations: main.iter().filter_map(|label| location(label, None, sources)).collect(),
        related_locations: (1..).zip(related).filter_map(|(id, label)| location(label, Some(id), sources)).collect(),
    }
}

fn location(label: &Label, id: Option<usize>, sources: &Sources) -> Option<Location> {
    let file = sources.file(label.span.file)?;
    let range = label.span.range();
    let (start, end) = (file.line_column(range.start), file.line_column(range.end));
    let region = Region { start_line: start.line, start_column: start.column, end_line: end.line, end_column: end.column };
    let artifact_location = ArtifactLocation { uri: uri(&file.name) };
    let message = (!label.text.is_empty()).then(|| text(&visible(&label.text)));
    Some(Location { id, physical_location: PhysicalLocation { artifact_location, region }, message })
}

/// In a message braces would stand for arguments unless they are doubled.
fn text(plain: &str) -> Message {
    Message { text: plain.replace('{', "{{").replace('}', "}}") }
}

/// A path as a reference: relative to where the log is read, unless the path is not.
fn uri(path: &str) -> String {
    let path = if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() };
    let drive = cfg!(windows) && path.as_bytes().get(1) == Some(&b':');
    let mut uri = String::with_capacity(path.len());
    match (path.starts_with('/'), drive) {
        (true, _) => uri.push_str("file://"),
        (false, true) => uri.push_str("file:///"),
        (false, false) => {}
    }
    for byte in path.strip_prefix("./").unwrap_or(&path).bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}
