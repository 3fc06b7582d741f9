//! What is wrong with a program, as data: every stage makes [`Diagnostic`]s, only `cli` prints them.

pub mod codes;
pub mod render;
mod suggest;

pub use codes::{CODES, Code, CodeInfo};
pub use suggest::nearest;

use crate::span::Span;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The program cannot run.
    Error,
    /// It runs, but probably not as meant.
    Warning,
}

/// A place and what to say under it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// Said right behind the underline; may be empty.
    pub text: String,
}

/// One problem, complete: what was meant, where, why it cannot stand, what to type instead.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Diagnostic {
    /// Its stable code.
    pub code: Code,
    /// Error or warning.
    pub severity: Severity,
    /// One sentence in plain words.
    pub message: String,
    /// The first is the main place; two where two places disagree.
    pub labels: Vec<Label>,
    /// Further sentences, below the places.
    pub notes: Vec<String>,
    /// What to type, as a sentence: `Write: cashback 2% for tier gold`.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error with its main place.
    #[must_use]
    pub fn error(code: Code, message: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            labels: vec![Label { span, text: label.into() }],
            notes: Vec::new(),
            help: None,
        }
    }

    /// A warning with its main place.
    #[must_use]
    pub fn warning(code: Code, message: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message, span, label) }
    }

    /// Adds a second place.
    #[must_use]
    pub fn and(mut self, span: Span, label: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: label.into() });
        self
    }

    /// Adds a sentence below the places.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Says what to type.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The main place.
    #[must_use]
    pub fn span(&self) -> Span {
        self.labels.first().map(|label| label.span).unwrap_or_default()
    }
}

/// The problems of a stage, in the order found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Diagnostic>);

impl Problems {
    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds all of another stage.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Whether an error is among them.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.errors() > 0
    }

    /// How many are errors.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.0.iter().filter(|d| d.severity == Severity::Error).count()
    }

    /// How many are warnings.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.0.len().saturating_sub(self.errors())
    }

    /// By file and place, so that the reader goes through the text once; the same problem said twice stays once.
    pub fn sort(&mut self) {
        self.0.sort_by_key(|d| (d.span().file, d.span().start, d.code));
        self.0.dedup_by(|a, b| a.code == b.code && a.message == b.message && a.span().range() == b.span().range());
    }
}
