//! Terms as plain data: writers lay them out.

use super::language::Lang;
use crate::span::Span;

/// The terms of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub lang: Lang,
    pub title: String,
    pub sections: Vec<Section>,
}

/// One of the twelve parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    pub heading: String,
    pub clauses: Vec<Clause>,
}

/// What one sentence of the program says, numbered within its section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clause {
    /// The program's name for it.
    pub title: Option<String>,
    pub lead: Sentence,
    /// What narrows or completes it.
    pub details: Vec<Sentence>,
    pub table: Option<Table>,
}

/// A sentence and the place of the program it comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sentence {
    pub text: String,
    pub from: Option<Span>,
}

/// A table; the first row is its head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub head: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Clause {
    /// A clause of one sentence.
    pub(super) fn new(text: String, from: Option<Span>) -> Self {
        Self { lead: Sentence { text, from }, ..Self::default() }
    }

    /// With one more sentence.
    pub(super) fn add(&mut self, text: String, from: Option<Span>) {
        self.details.push(Sentence { text, from });
    }
}

impl Document {
    /// Every sentence, in order.
    pub fn sentences(&self) -> impl Iterator<Item = &Sentence> {
        self.sections.iter().flat_map(|section| &section.clauses).flat_map(|clause| std::iter::once(&clause.lead).chain(&clause.details))
    }
}
