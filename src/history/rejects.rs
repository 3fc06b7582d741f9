//! What became of every row: nothing is dropped silently.

use super::evidence::Evidence;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    /// `read = used + duplicate + rejected`.
    #[serde(flatten)]
    pub rows: RowCounts,
    /// Why rows were rejected; the counts add up to `rejected`.
    pub reasons: BTreeMap<String, Reason>,
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
}

/// A reason for rejecting rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// How many rows.
    pub count: u64,
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

impl Accounting {
    /// The rows of all files together.
    #[must_use]
    pub fn total(&self) -> RowCounts {
        self.files.iter().fold(RowCounts::default(), |sum, file| RowCounts {
            read: sum.read.saturating_add(file.rows.read),
            used: sum.used.saturating_add(file.rows.used),
            duplicate: sum.duplicate.saturating_add(file.rows.duplicate),
            rejected: sum.rejected.saturating_add(file.rows.rejected),
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
        let entry = self.reasons.entry(reason).or_default();
        entry.count = entry.count.saturating_add(1);
        let beyond = entry.first.len() >= SHOWN && entry.first.last().is_some_and(|last| last.row < row);
        if !beyond {
            entry.first.push(Sample { row, column: printable(column), value: printable(value) });
            entry.first.sort();
            entry.first.truncate(SHOWN);
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
        for (reason, more) in other.reasons {
            let entry = self.reasons.entry(reason).or_default();
            entry.count = entry.count.saturating_add(more.count);
            entry.first.extend(more.first);
            entry.first.sort();
            entry.first.truncate(SHOWN);
        }
    }

    /// The finished account of the file.
    pub fn finish(self, file: String, table: String) -> FileRows {
        let rejected = self.reasons.values().fold(0, |sum: u64, reason| sum.saturating_add(reason.count));
        let rows = RowCounts {
            read: self.read,
            used: self.read.saturating_sub(self.duplicate).saturating_sub(rejected),
            duplicate: self.duplicate,
            rejected,
        };
        let reasons = self.reasons.into_iter().map(|(text, reason)| (text.to_owned(), reason)).collect();
        FileRows { file, table, rows, reasons }
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
