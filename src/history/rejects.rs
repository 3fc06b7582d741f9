//! What became of every row: nothing is dropped silently.

use super::conditions::Values;
use super::evidence::Evidence;
use super::reason::id;
use super::watch::Watched;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Rows of each reason that are kept to be shown.
const SHOWN: usize = 5;
/// Letters of a value that are shown.
const SHOWN_LETTERS: usize = 60;

/// Every row of every file, by what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accounting {
    /// One entry for each file and table, by file name, then table.
    pub files: Vec<FileRows>,
}

/// The rows of one file as one table (or two, where purchases and items come from the same rows).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRows {
    /// As named by the person or the mapping file.
    pub file: String,
    /// `purchases`, `items`, `customers` …
    pub table: String,
    /// `read = used + duplicate + rejected + left_out`.
    #[serde(flatten)]
    pub rows: RowCounts,
    /// Why rows were rejected; the counts add up to `rejected`.
    pub reasons: BTreeMap<String, Reason>,
    /// Rows that the mapping leaves out, by its words; the counts add up to `left_out`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub left_out: BTreeMap<String, Reason>,
}

/// Counted rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowCounts {
    /// All of them.
    pub read: u64,
    /// Those that became part of the history, lines folded into a receipt included.
    pub used: u64,
    /// Repetitions of a record with the same id and content.
    pub duplicate: u64,
    /// Those that could not be used.
    pub rejected: u64,
    /// Those that the mapping leaves out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands fields over so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A reason for rejecting rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// A word for programs.
    #[serde(default)]
    pub id: String,
    /// How many rows.
    pub count: u64,
    /// Their money in minor units, of those that have any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub money: Option<i64>,
    /// The first few of them.
    pub first: Vec<Sample>,
}

/// A rejected row, for people to look up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sample {
    /// Counted from 1, a header line included.
    pub row: u64,
    /// The file's own name of the column.
    pub column: String,
    /// What stood there: printable, cut where it is long.
    pub value: String,
}

impl Reason {
    fn add(&mut self, row: u64, column: &str, value: &str) {
        self.count = self.count.saturating_add(1);
        let beyond = self.first.len() >= SHOWN && self.first.last().is_some_and(|last| last.row < row);
        if !beyond {
            self.first.push(Sample { row, column: printable(column), value: printable(value) });
            self.first.sort();
            self.first.truncate(SHOWN);
        }
    }

    fn merge(&mut self, more: Self) {
        self.count = self.count.saturating_add(more.count);
        self.money = match (self.money, more.money) {
            (Some(mine), Some(more)) => Some(mine.saturating_add(more)),
            (mine, more) => mine.or(more),
        };
        self.first.extend(more.first);
        self.first.sort();
        self.first.truncate(SHOWN);
    }
}

impl Accounting {
    /// The rows of all files together.
    #[must_use]
    pub fn total(&self) -> RowCounts {
        self.files.iter().fold(RowCounts::default(), |sum, file| RowCounts {
            read: sum.read.saturating_add(file.rows.read),
            used: sum.used.saturating_add(file.rows.used),
            duplicate: sum.duplicate.saturating_add(file.rows.duplicate),
            rejected: sum.rejected.saturating_add(file.rows.rejected),
            left_out: sum.left_out.saturating_add(file.rows.left_out),
        })
    }

    /// The reasons of all files together, with their counts.
    #[must_use]
    pub fn reasons(&self) -> BTreeMap<&str, u64> {
        let mut all: BTreeMap<&str, u64> = BTreeMap::new();
        for (text, reason) in self.files.iter().flat_map(|file| &file.reasons) {
            let count = all.entry(text).or_default();
            *count = count.saturating_add(reason.count);
        }
        all
    }

    /// Rejected rows other than returns that match no purchase of the history: those are common where a history begins
    /// in the middle of things, and `--strict` lets them pass.
    #[must_use]
    pub fn faults(&self) -> u64 {
        let unmatched = self.reasons().get(super::reason::UNMATCHED).copied().unwrap_or(0);
        self.total().rejected.saturating_sub(unmatched)
    }
}

/// The tally of one file and table while it is read. Merging tallies in any order gives the same result.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub read: u64,
    pub duplicate: u64,
    pub reasons: BTreeMap<&'static str, Reason>,
    /// Rows that the mapping leaves out.
    pub left_out: BTreeMap<&'static str, Reason>,
    /// Values of columns that are compared with a list.
    pub values: Values,
    /// Columns that nothing maps.
    pub watched: Watched,
    /// Purchases that a state says came back, with that state; and purchases with an amount that did.
    pub refunds: (BTreeMap<String, (String, String)>, BTreeSet<String>),
    /// Lines of a product that belong to no receipt.
    pub without_id: u64,
    /// Whether amounts were seen, and whether one of them has a part of a unit.
    pub amounts: (bool, bool),
    /// Whether a value was not written in the plain way that is read first.
    pub unplain: bool,
    pub evidence: Evidence,
    /// Amounts that were exact but for less than a thousandth of the smallest unit.
    pub noise: u64,
    /// Rows that are no data, and are not counted as read.
    pub beside: u64,
    /// Words that stand where nothing is known.
    pub unknown: BTreeMap<&'static str, u64>,
}

impl Tally {
    /// Counts a row that cannot be used.
    pub fn reject(&mut self, reason: &'static str, row: u64, column: &str, value: &str) {
        self.reasons.entry(reason).or_default().add(row, column, value);
    }

    /// Counts a row that the mapping leaves out.
    pub fn leave(&mut self, reason: &'static str, row: u64, column: &str, value: &str) {
        self.left_out.entry(reason).or_default().add(row, column, value);
    }

    /// Adds the money of a row that was counted.
    pub fn money(&mut self, reason: &'static str, amount: i64) {
        if let Some(entry) = self.reasons.get_mut(reason).or(self.left_out.get_mut(reason)) {
            entry.money = Some(entry.money.unwrap_or(0).saturating_add(amount));
        }
    }

    /// Adds the counts of another part of the same file.
    pub fn merge(&mut self, other: Self) {
        self.read = self.read.saturating_add(other.read);
        self.duplicate = self.duplicate.saturating_add(other.duplicate);
        self.unplain |= other.unplain;
        self.evidence.merge(other.evidence);
        self.noise += other.noise;
        self.beside += other.beside;
        other.unknown.into_iter().for_each(|(word, count)| *self.unknown.entry(word).or_default() += count);
        self.values.merge(other.values);
        self.watched.merge(other.watched);
        self.without_id += other.without_id;
        self.refunds.0.extend(other.refunds.0);
        self.refunds.1.extend(other.refunds.1);
        self.amounts = (self.amounts.0 | other.amounts.0, self.amounts.1 | other.amounts.1);
        other.reasons.into_iter().for_each(|(reason, more)| self.reasons.entry(reason).or_default().merge(more));
        other.left_out.into_iter().for_each(|(reason, more)| self.left_out.entry(reason).or_default().merge(more));
    }

    /// The finished account of the file.
    pub fn finish(self, file: String, table: String) -> FileRows {
        let sum = |reasons: &BTreeMap<&str, Reason>| reasons.values().fold(0, |sum: u64, reason| sum.saturating_add(reason.count));
        let (rejected, left_out) = (sum(&self.reasons), sum(&self.left_out));
        let gone = self.duplicate.saturating_add(rejected).saturating_add(left_out);
        let rows = RowCounts { read: self.read, used: self.read.saturating_sub(gone), duplicate: self.duplicate, rejected, left_out };
        let named = |reasons: BTreeMap<&'static str, Reason>| {
            let named = |(text, reason): (&'static str, Reason)| (text.to_owned(), Reason { id: id(text).to_owned(), ..reason });
            reasons.into_iter().map(named).collect()
        };
        FileRows { file, table, rows, reasons: named(self.reasons), left_out: named(self.left_out) }
    }
}

/// A text safe to print: control characters and those that turn the direction of writing escaped, cut where it is long.
pub(super) fn printable(text: &str) -> String {
    let mut out = String::new();
    for (count, letter) in text.chars().enumerate() {
        if count == SHOWN_LETTERS {
            out.push('…');
            break;
        }
        let turns = matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
        if letter.is_control() || turns {
            out.extend(letter.escape_unicode());
        } else {
            out.push(letter);
        }
    }
    out
}
