//! The parts of a report: sections of claims, figures and tables. A table that can be drawn is a series.

use super::{Label, Unit};
use crate::value::Exact;

/// A part of a report that answers one question.
#[derive(Clone, Debug)]
pub struct Section {
    /// What programs call it.
    pub id: &'static str,
    pub title: String,
    /// On what most of it rests; claims and tables have their own.
    pub label: Label,
    /// Whether the short report leaves its tables out.
    pub folded: bool,
    pub claims: Vec<Claim>,
    /// Ids of metrics of the report that belong here.
    pub figures: Vec<String>,
    pub tables: Vec<Table>,
}

impl Section {
    /// A section without anything yet.
    #[must_use]
    pub fn new(id: &'static str, title: impl Into<String>, label: Label) -> Self {
        Self { id, title: title.into(), label, folded: false, claims: Vec::new(), figures: Vec::new(), tables: Vec::new() }
    }

    /// Whether there is nothing in it to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.claims.is_empty() && self.figures.is_empty() && self.tables.is_empty()
    }
}

/// A sentence that can be defended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub text: String,
    pub label: Label,
    /// Ids of the metrics and tables that it rests on.
    pub rests_on: Vec<String>,
}

impl Claim {
    /// A sentence with the figures behind it.
    #[must_use]
    pub fn new(text: impl Into<String>, label: Label, rests_on: &[&str]) -> Self {
        Self { text: text.into(), label, rests_on: rests_on.iter().map(|id| (*id).to_owned()).collect() }
    }
}

/// Rows of figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Unique among the tables of a report.
    pub id: String,
    /// A sentence that says what it shows.
    pub title: String,
    pub label: Label,
    /// The assumptions it depends on, by their names in the file.
    pub assumes: Vec<&'static str>,
    pub definition: String,
    pub window: String,
    pub columns: Vec<Column>,
    /// As many values as there are columns in each.
    pub rows: Vec<Vec<Value>>,
    /// How it can be drawn.
    pub picture: Option<Picture>,
    /// Why there are no rows.
    pub reason: Option<String>,
}

impl Table {
    /// Why there are no rows, for people: that there is nobody and nothing to tell of is known.
    #[must_use]
    pub fn without_rows(&self) -> Option<String> {
        let reason = self.reason.as_ref()?;
        let known = ["nobody", "nothing", "no ", "there is", "the texts"].iter().any(|words| reason.starts_with(words));
        Some(if known { reason.clone() } else { format!("not known: {reason}") })
    }
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// What programs call it.
    pub id: String,
    /// What it is called above it.
    pub words: String,
    /// What its numbers count; a column of words has [`Unit::Count`].
    pub unit: Unit,
}

impl Column {
    /// A column.
    #[must_use]
    pub fn new(id: impl Into<String>, words: impl Into<String>, unit: Unit) -> Self {
        Self { id: id.into(), words: words.into(), unit }
    }

    /// A column of words.
    #[must_use]
    pub fn text(id: &str, words: &str) -> Self {
        Self::new(id, words, Unit::Count)
    }
}

/// What stands in a place of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Not known, or hidden because it would mislead.
    Missing,
    Text(String),
    Number(Exact),
    /// The figures of the two runs where they differ: nobody redeems, and everybody as soon as possible.
    Runs(Exact, Exact),
}

impl Value {
    /// A whole number.
    #[must_use]
    pub fn whole(n: impl Into<i128>) -> Self {
        Self::Number(Exact::whole(n.into()))
    }

    /// A number if it is known.
    #[must_use]
    pub fn known(value: Option<Exact>) -> Self {
        value.map_or(Self::Missing, Self::Number)
    }
}

/// How a table is drawn: its first column says what each row is, the others are drawn as far as they are listed here (by
/// place, counted from 0).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Picture {
    /// A line for each column over the first as a scale.
    Lines(Vec<usize>),
    /// The same with level steps between the rows.
    Steps(Vec<usize>),
    /// Bars beside one another.
    Bars(Vec<usize>),
    /// Bars on top of one another.
    Stacks(Vec<usize>),
    /// Shades, from the smallest number of these columns to the largest.
    Heat(Vec<usize>),
    /// Bands from the row's name to the columns' names.
    Flow(Vec<usize>),
    /// Bars between two columns: low and high.
    Spans(usize, usize),
}

impl Picture {
    /// The word for programs.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Lines(_) => "lines",
            Self::Steps(_) => "steps",
            Self::Bars(_) => "bars",
            Self::Stacks(_) => "stacks",
            Self::Heat(_) => "heat",
            Self::Flow(_) => "flow",
            Self::Spans(..) => "spans",
        }
    }
}
