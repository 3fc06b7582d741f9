//! A report as plain data.

mod section;

pub use section::{Claim, Column, Picture, Section, Table, Value};

use crate::history::digest::Digest;
use crate::value::{Currency, Date, Exact};
use std::collections::BTreeMap;

/// Everything that a run says.
#[derive(Clone, Debug)]
pub struct Report {
    pub program: AboutProgram,
    pub history: AboutHistory,
    /// What is assumed, one sentence each, and SHA-256 of the file that says it.
    pub assumptions: Vec<String>,
    pub assumptions_sha256: Option<String>,
    pub metrics: Vec<Figure>,
    pub tables: Tables,
    /// The questions that it answers, in order; their tables stand here and nowhere else.
    pub sections: Vec<Section>,
    pub expectations: Vec<Expected>,
    /// What sets two runs apart, as the end of a sentence that begins with "if"; `None` if there is one run.
    pub ends: Option<(&'static str, &'static str)>,
    /// What a reader should know before relying on a figure.
    pub notes: Vec<String>,
}

/// Which program.
#[derive(Clone, Debug)]
pub struct AboutProgram {
    pub name: String,
    pub file: String,
    /// Of the main file's bytes, hexadecimal.
    pub sha256: String,
    pub currency: Currency,
    /// What it gives away at most by its text alone, in a sentence; `None` where nobody reckoned.
    pub worst_case: Option<String>,
}

/// Which history.
#[derive(Clone, Debug)]
pub struct AboutHistory {
    pub file: String,
    /// What tells its contents apart, whatever the order of rows and the file format.
    pub digest: Digest,
    /// The first and the last day of the observed window.
    pub days: Option<(Date, Date)>,
    /// The part of it in which the program runs.
    pub life: Option<(Date, Date)>,
    pub rows: Rows,
    /// Shown in text: the first rows rejected for each reason, already in words.
    pub rejected: Vec<String>,
    /// Sentences of the readers: floats converted, texts that look like one another.
    pub notes: Vec<String>,
}

/// What became of the rows: read = used + duplicate + rejected + left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Rows {
    pub read: u64,
    pub used: u64,
    pub duplicate: u64,
    pub rejected: u64,
    /// Those that the mapping leaves out.
    #[serde(skip_serializing_if = "is_zero")]
    pub left_out: u64,
    pub reasons: BTreeMap<String, u64>,
    /// Why rows are in no figure: a word for programs, and their money.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_used: Vec<NotUsed>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands fields over so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Rows that are in no figure.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct NotUsed {
    pub id: String,
    pub words: String,
    pub rows: u64,
    /// Their money, of those that have any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub money: Option<String>,
}

/// On what a figure rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Label {
    /// Counted in the history.
    Observed,
    /// The program's arithmetic on the history.
    Mechanical,
    /// Depends on an assumption.
    Assumed,
    /// Fitted.
    Estimated,
}

impl Label {
    /// The word in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Observed => "observed",
            Self::Mechanical => "mechanical",
            Self::Assumed => "assumed",
            Self::Estimated => "estimated",
        }
    }
}

/// What a figure counts, which says how it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Minor units of the program's currency; a mean may be a fraction of them.
    Money,
    /// A fraction of one.
    Rate,
    /// Whole things.
    Count,
    /// A plain number.
    Number,
    Days,
    /// Smallest units of a wallet that counts `name` with this many decimals.
    Units {
        name: String,
        scale: u8,
    },
}

/// A whole amount behind a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    Count(i128),
    /// Minor units.
    Money(i128),
    /// Smallest units with this many decimals.
    Units(i128, u8),
}

/// What is known of a figure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    pub value: Option<Exact>,
    /// Between these, where an assumption is missing or has a range.
    pub low: Option<Exact>,
    pub high: Option<Exact>,
    /// The figures of the two runs, where there are two that differ: if nobody redeems, and if everybody does as soon as possible.
    pub runs: Option<(Option<Exact>, Option<Exact>)>,
    pub numerator: Option<Amount>,
    pub denominator: Option<Amount>,
    /// Where a share or score of another sample of customers of this size would lie 95 times of 100.
    pub interval: Option<(Exact, Exact)>,
    /// How the value is put together, in words.
    pub detail: Option<String>,
    /// Why there is no value.
    pub reason: Option<String>,
}

impl Cell {
    /// A known value.
    #[must_use]
    pub fn known(value: Exact) -> Self {
        Self { value: Some(value), ..Self::default() }
    }

    /// A whole number.
    #[must_use]
    pub fn whole(value: i128) -> Self {
        Self::known(Exact::whole(value))
    }

    /// Nothing can be known.
    #[must_use]
    pub fn missing(reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..Self::default() }
    }

    /// The values between which the figure lies: one if it is known, the ends if it is not, none if nothing is known.
    #[must_use]
    pub fn ends(&self) -> Vec<Exact> {
        match self.value {
            Some(value) => vec![value],
            None => self.low.into_iter().chain(self.high).collect(),
        }
    }
}

/// A figure with its definition.
#[derive(Clone, Debug)]
pub struct Figure {
    pub id: String,
    /// What it is called.
    pub words: String,
    pub unit: Unit,
    pub label: Label,
    /// The assumptions it depends on, by their names in the file.
    pub assumes: Vec<&'static str>,
    pub definition: String,
    pub window: String,
    pub cell: Cell,
}

/// The tables.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    pub tiers: Vec<TierRow>,
    pub rules: Vec<RuleRow>,
    pub cohorts: Vec<CohortRow>,
    pub months: Vec<MonthRow>,
}

/// A figure of a table that may differ between the two ends of the envelope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    pub low: i128,
    pub high: i128,
}

impl Ends {
    /// The ends in order.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = i128>) -> Self {
        let mut values = values.into_iter();
        let first = values.next().unwrap_or_default();
        values.fold(Self { low: first, high: first }, |ends, value| Self { low: ends.low.min(value), high: ends.high.max(value) })
    }

    /// The value, if both ends agree.
    #[must_use]
    pub fn one(self) -> Option<i128> {
        (self.low == self.high).then_some(self.low)
    }
}

/// A tier.
#[derive(Clone, Debug)]
pub struct TierRow {
    /// `None` for the main ladder.
    pub ladder: Option<String>,
    pub tier: String,
    pub members: Ends,
    pub purchases: Ends,
    /// Minor units.
    pub sales: Ends,
    pub reached: Ends,
    pub lost: Ends,
}

/// A sentence that gives something.
#[derive(Clone, Debug)]
pub struct RuleRow {
    /// Its name, or the number of its statement.
    pub id: String,
    /// The sentence.
    pub text: String,
    /// `line 12`, where the program's text is known.
    pub place: Option<String>,
    /// `rule`, `exchange`, `reward` or `redeem`.
    pub kind: &'static str,
    pub fired: Ends,
    /// Minor units.
    pub discount: Ends,
    /// By wallet: its name and unit, smallest units.
    pub wallets: Vec<(String, Unit, Ends)>,
    pub gifts: Ends,
    pub vouchers: Ends,
    /// Of its gifts, messages and donations, minor units.
    pub cost: Ends,
    /// What caps, budgets and combination took off what it wanted, minor units.
    pub cut: Ends,
    /// Its part of the program's cost before fixed cost, minor units: what it took off, what its gifts cost, and of what
    /// its wallets paid, the part that it issued.
    pub share: Ends,
}

/// The customers whose first purchase fell in a month.
#[derive(Clone, Debug)]
pub struct CohortRow {
    /// `1997-01`
    pub month: String,
    pub customers: u64,
    /// How many of them bought in that month, the next, and so on; `None` for a month that the history does not hold whole.
    pub buyers: Vec<Option<u64>>,
    /// What they spent, minor units.
    pub sales: Vec<Option<i128>>,
}

/// A calendar month.
#[derive(Clone, Debug)]
pub struct MonthRow {
    /// `1997-01`
    pub month: String,
    /// Whether the window holds all its days.
    pub complete: bool,
    pub purchases: u64,
    /// Minor units.
    pub sales: i128,
    pub buyers: u64,
    pub new_customers: u64,
    /// Buyers who had bought in the month before too.
    pub kept: u64,
}

/// A goal.
#[derive(Clone, Debug)]
pub struct Expected {
    pub text: String,
    pub held: bool,
    /// Whether it held in each of the two runs, where there are two that differ.
    pub held_at: Option<(bool, bool)>,
    /// The metric's cell and unit; the metric it was compared with.
    pub metric: String,
    pub unit: Unit,
    pub cell: Cell,
}

impl Report {
    /// The metric of an id.
    #[must_use]
    pub fn metric(&self, id: &str) -> Option<&Figure> {
        self.metrics.iter().find(|metric| metric.id == id)
    }

    /// The table of an id, of whatever section.
    #[must_use]
    pub fn table(&self, id: &str) -> Option<&Table> {
        self.sections.iter().flat_map(|section| &section.tables).find(|table| table.id == id)
    }

    /// Whether all goals are met.
    #[must_use]
    pub fn goals_met(&self) -> bool {
        self.expectations.iter().all(|expected| expected.held)
    }
}
