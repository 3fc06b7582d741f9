//! Rows of values, as workbooks, databases and JSON have them, made into columns.

use super::HistoryError;
use super::column::{Batch, Column};
use super::keys::{Strings, small};
use rayon::prelude::*;

/// Rows brought together in a batch.
pub(super) const ROWS: usize = 1 << 15;

/// A value of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cell<'a> {
    Missing,
    /// Somebody's text.
    Written(&'a str),
    /// A number or a moment, as a machine writes it: nothing in it is in doubt.
    Exact(&'a str),
}

/// Columns being filled.
#[derive(Debug)]
pub(super) struct Cells {
    columns: Vec<(Strings, Vec<bool>)>,
    pub rows: usize,
    first_row: u64,
    blank: Vec<u32>,
}

impl Cells {
    pub fn new(width: usize, first_row: u64) -> Self {
        Self { columns: (0..width).map(|_| (Strings::default(), Vec::new())).collect(), rows: 0, first_row, blank: Vec::new() }
    }

    /// Adds a row; what it lacks is missing.
    pub fn push<'a>(&mut self, mut cell: impl FnMut(usize) -> Cell<'a>) {
        for (at, (texts, written)) in self.columns.iter_mut().enumerate() {
            let cell = cell(at);
            match cell {
                Cell::Missing => texts.push(b""),
                Cell::Written(text) | Cell::Exact(text) => texts.push(text.as_bytes()),
            }
            written.push(matches!(cell, Cell::Written(_)));
        }
        self.rows += 1;
    }

    /// The row added last has a number, but is none.
    pub fn blank(&mut self) {
        self.blank.push(small(self.rows.saturating_sub(1)));
    }

    /// The columns asked for; one may be asked for twice.
    pub fn batch(&self, pick: &[usize]) -> Batch<'static> {
        let column = |wanted: &usize| {
            let (texts, written) = self.columns.get(*wanted).cloned().unwrap_or_default();
            Column::Cells { texts, written }
        };
        let columns = pick.iter().map(column).collect();
        Batch { first_row: self.first_row, rows: self.rows, columns, blank: self.blank.clone(), ..Batch::default() }
    }

    /// The columns in their order.
    pub fn into_batch(self) -> Batch<'static> {
        let columns = self.columns.into_iter().map(|(texts, written)| Column::Cells { texts, written }).collect();
        Batch { first_row: self.first_row, rows: self.rows, columns, blank: self.blank, ..Batch::default() }
    }
}

/// Hands batches to `work` as they come, several at a time; what comes back is in their order.
pub(super) fn run<T: Send>(
    mut next: impl FnMut() -> Result<Option<Batch<'static>>, HistoryError>,
    work: &(impl Fn(Batch<'_>) -> Result<T, HistoryError> + Sync),
) -> Result<Vec<T>, HistoryError> {
    let mut all = Vec::new();
    let together = rayon::current_num_threads().saturating_mul(2).max(1);
    loop {
        let mut batches = Vec::with_capacity(together);
        while batches.len() < together
            && let Some(batch) = next()?
        {
            batches.push(batch);
        }
        if batches.is_empty() {
            return Ok(all);
        }
        let done: Vec<Result<T, HistoryError>> = batches.into_par_iter().map(work).collect();
        for result in done {
            all.push(result?);
        }
    }
}
