//! From files to a [`model::History`].
//!
//! Files are decoded into chunks of columns ([`rows`]), dealt by account into buckets, and brought together bucket by
//! bucket ([`partition`]). What comes out does not depend on threads, chunks, or the order of files and rows.

mod arrow;
pub mod builder;
mod cells;
mod checks;
mod column;
mod conditions;
mod convert;
mod copies;
mod csv;
mod csv_header;
pub mod digest;
mod document;
mod evidence;
mod formats;
mod guess;
mod how;
mod inline;
mod json;
mod json_text;
mod keys;
mod layout;
mod line_tables;
mod lines;
mod look;
mod mapping;
pub mod model;
mod names;
mod nested;
mod open;
mod openings;
mod parquet;
mod part;
mod partition;
mod prepare;
mod presets;
mod propose;
mod purchase_tables;
mod reason;
mod receipt_tables;
mod receipts;
mod rejects;
mod relate;
mod returns;
mod rows;
mod say;
mod scalars;
mod server;
mod settle;
#[cfg(feature = "xlsx")]
mod sheet;
mod small_tables;
#[cfg(feature = "sqlite")]
mod sqlite;
mod table;
mod timeline;
mod totals;
mod two_files;
mod values;
mod watch;
mod zones;

pub use builder::{Builder, CustomerRecord, EventRecord, ItemRecord, PurchaseRecord, ReturnRecord};
pub use copies::Fate;
pub use propose::{Proposal, propose};
pub use rejects::{Accounting, FileRows, Reason, RowCounts, Sample};

use crate::value::{Rounding, Zone};
use std::fmt;
use std::path::{Path, PathBuf};

/// What a history is read for.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The program's currency, as an ISO code.
    pub currency: &'a str,
    /// Its decimals.
    pub decimals: u8,
    /// The program's zone: local days are its days, and times without a zone of their own are in it.
    pub zone: &'a Zone,
    /// `round money`, for quantity times price.
    pub round_money: Rounding,
    /// The customer attribute that pools customers into accounts.
    pub account_by: Option<&'a str>,
    /// What the program looks at: of data files no other columns are decoded, unless records with one id force it.
    pub needs: &'a model::Needs,
    /// Decode every column, needed or not.
    pub everything: bool,
    /// Whether a mapping may name files that do not lie below its own folder.
    pub outside: bool,
    /// Threads to use; 0 is as many as the machine has.
    pub threads: usize,
}

/// A history, and every file that was read for it.
#[derive(Clone, Debug)]
pub struct Read {
    pub history: model::History,
    pub files: Vec<PathBuf>,
}

/// Why a history cannot be read at all, in words for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryError {
    /// The file, as the person or the mapping file names it.
    pub file: String,
    /// The row, where one is to blame; counted from 1, a header line included.
    pub row: Option<u64>,
    /// What is wrong and what to do.
    pub message: String,
}

/// Reads a history: a YAML file that holds it or maps data files, or one CSV or Parquet file with standard columns.
///
/// # Errors
/// A [`HistoryError`] where a file is missing, damaged or not what it is said to be. Rows that cannot be used are no
/// error: the history's accounting has them.
pub fn read(path: &Path, options: &Options<'_>) -> Result<Read, HistoryError> {
    mapping::read(path, options)
}

/// Whether this thread is in a decoder whose panics are caught: what they say is for nobody.
#[must_use]
pub fn decoding() -> bool {
    parquet::decoding()
}

/// Reads the history that a mapping describes; its files stand beside `folder`.
///
/// # Errors
/// As [`read`].
pub fn read_mapping(text: &str, folder: &Path, options: &Options<'_>) -> Result<model::History, HistoryError> {
    mapping::read_text(text, folder, options)
}

/// How a file or server is called in outputs: never with a password.
#[must_use]
pub fn shown(path: &Path) -> String {
    let name = path.to_string_lossy();
    if server::is_address(&name) { server::shown(&name) } else { name.into_owned() }
}

/// Whether a file is a mapping or holds records written out, by its name.
#[must_use]
pub fn is_mapping(path: &Path) -> bool {
    open::is_mapping(path)
}

impl fmt::Display for HistoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row {
            Some(row) => write!(f, "{}, row {row}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

impl std::error::Error for HistoryError {}
