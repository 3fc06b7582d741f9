//! Parquet: row groups in parallel, only the columns that are needed.

use super::HistoryError;
use super::column::{Batch, Column, is_float};
use super::nested::Leaves;
use super::open::{self, Place};
use arrow_array::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use rayon::prelude::*;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Rows decoded at a time: columns of so many stay in the processor's cache.
const ROWS: usize = 1 << 16;

/// A file whose schema is known.
pub(super) struct Parquet<'a> {
    place: &'a Place,
    metadata: ArrowReaderMetadata,
    leaves: Leaves,
}

/// Rows of a row group that one task decodes.
struct Task {
    group: usize,
    /// Rows before it in the group, and how many of its own.
    skip: usize,
    take: usize,
    first_row: u64,
}

impl<'a> Parquet<'a> {
    /// Opens a file and reads its schema.
    pub fn open(place: &'a Place) -> Result<Self, HistoryError> {
        let file = open::chunks(place)?;
        let metadata = guarded(place, "the description at its end", "Parquet", || {
            ArrowReaderMetadata::load(&file, ArrowReaderOptions::default()).map_err(|error| error.to_string())
        })?;
        let leaves = Leaves::of(metadata.schema().fields());
        Ok(Self { place, metadata, leaves })
    }

    /// Names of the columns.
    pub fn header(&self) -> &[String] {
        &self.leaves.names
    }

    /// Whether a column holds binary floats.
    pub fn is_float(&self, column: usize) -> bool {
        is_float(self.leaves.kind(column))
    }

    /// Hands the rows to `work`, several batches at a time; what comes back is in the order of the file.
    pub fn read<T: Send>(
        &self,
        pick: &[usize],
        work: &(impl Fn(Batch<'_>) -> Result<T, HistoryError> + Sync),
    ) -> Result<Vec<T>, HistoryError> {
        self.leaves.check(self.place, pick)?;
        let tasks = self.tasks()?;
        let done: Vec<Result<Vec<T>, HistoryError>> = if tasks.len() == 1 {
            tasks.iter().map(|task| self.run(task, pick, work)).collect()
        } else {
            tasks.par_iter().map(|task| self.run(task, pick, work)).collect()
        };
        let mut all = Vec::new();
        for result in done {
            all.extend(result?);
        }
        Ok(all)
    }

    fn tasks(&self) -> Result<Vec<Task>, HistoryError> {
        let mut tasks = Vec::new();
        let mut first_row = 1_u64;
        let groups = self.metadata.metadata().row_groups();
        for (group, info) in groups.iter().enumerate() {
            let rows = usize::try_from(info.num_rows()).map_err(|_| self.place.error("the file says that it has fewer than no rows"))?;
            tasks.push(Task { group, skip: 0, take: rows, first_row });
            first_row += u64::try_from(rows).unwrap_or(0);
        }
        Ok(tasks)
    }

    fn run<T>(&self, task: &Task, pick: &[usize], work: &impl Fn(Batch<'_>) -> Result<T, HistoryError>) -> Result<Vec<T>, HistoryError> {
        let what = format!("row group {}", task.group);
        let file = open::chunks(self.place)?;
        let mut reader = guarded(self.place, &what, "Parquet", || {
            let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
            let mask = ProjectionMask::roots(builder.parquet_schema(), pick.iter().map(|leaf| self.leaves.root(*leaf)));
            let builder = builder.with_projection(mask).with_row_groups(vec![task.group]).with_batch_size(ROWS);
            builder.with_offset(task.skip).with_limit(task.take).build().map_err(|error| error.to_string())
        })?;
        let mut all = Vec::new();
        let mut rows = 0_usize;
        loop {
            let next = guarded(self.place, &what, "Parquet", || reader.next().transpose().map_err(|error| error.to_string()))?;
            let Some(batch) = next else { break };
            let first_row = task.first_row + u64::try_from(rows).unwrap_or(0);
            rows += batch.num_rows();
            all.push(work(self.batch(&batch, first_row, pick)?)?);
        }
        if rows != task.take {
            let message = format!("{what} has {rows} rows where the file says {}: the file is damaged", task.take);
            return Err(self.place.error(message));
        }
        Ok(all)
    }

    /// The columns in the order asked for; a column may be asked for twice.
    fn batch(&self, batch: &RecordBatch, first_row: u64, pick: &[usize]) -> Result<Batch<'static>, HistoryError> {
        let mut present: Vec<usize> = pick.iter().map(|leaf| self.leaves.root(*leaf)).collect();
        present.sort_unstable();
        present.dedup();
        let column = |wanted: &usize| {
            let at = present.binary_search(&self.leaves.root(*wanted)).ok();
            let array = at.and_then(|at| batch.columns().get(at)).and_then(|root| self.leaves.array_in(*wanted, root));
            array.map(Column::Array).ok_or_else(|| self.place.error("a column is missing within the file"))
        };
        let columns = pick.iter().map(column).collect::<Result<_, _>>()?;
        Ok(Batch { first_row, rows: batch.num_rows(), columns, ..Batch::default() })
    }
}

thread_local! {
    static DECODING: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is decoding a file, so that a panic is caught and said in our own words.
pub(super) fn decoding() -> bool {
    DECODING.get()
}

/// Runs a decoder of a library, whose panic is an error of the file.
pub(super) fn caught<T>(decode: impl FnOnce() -> T) -> std::thread::Result<T> {
    DECODING.set(true);
    let decoded = catch_unwind(AssertUnwindSafe(decode));
    DECODING.set(false);
    decoded
}

/// Runs the decoder, which damaged files can make panic.
pub(super) fn guarded<T>(place: &Place, what: &str, format: &str, decode: impl FnOnce() -> Result<T, String>) -> Result<T, HistoryError> {
    match caught(decode) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => {
            let reason: String = error.chars().take(200).collect();
            Err(place.error(format!("{what} of this {format} file cannot be read: the file is damaged or was cut off ({reason})")))
        }
        Err(_) => Err(place.error(format!("{what} of this {format} file cannot be read: the file is damaged"))),
    }
}
