//! Arrow IPC and Feather: batches as they stand in the file.

use super::HistoryError;
use super::cells;
use super::column::{Batch, Column, is_float};
use super::formats::Format;
use super::nested::Leaves;
use super::open::{self, Place, Seekable};
use super::parquet::guarded;
use arrow_array::RecordBatch;
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::SchemaRef;

/// A file whose schema is known.
pub(super) struct Arrow<'a> {
    place: &'a Place,
    stream: bool,
    leaves: Leaves,
}

type Batches = Box<dyn Iterator<Item = Result<RecordBatch, arrow_schema::ArrowError>>>;

impl<'a> Arrow<'a> {
    /// Opens a file and reads its schema.
    pub fn open(place: &'a Place, format: Format) -> Result<Self, HistoryError> {
        let stream = format == Format::ArrowStream;
        let (schema, _) = batches(place, stream)?;
        Ok(Self { place, stream, leaves: Leaves::of(schema.fields()) })
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
        let (_, mut batches) = batches(self.place, self.stream)?;
        let mut first_row = 1_u64;
        cells::run(
            || {
                let next = guarded(self.place, "a part", "Arrow", || batches.next().transpose().map_err(|error| error.to_string()))?;
                let Some(batch) = next else { return Ok(None) };
                let columns = pick.iter().map(|leaf| self.leaves.array(*leaf, batch.columns()).map(Column::Array));
                let columns = columns.collect::<Option<_>>().ok_or_else(|| self.place.error("a column is missing within the file"))?;
                let made = Batch { first_row, rows: batch.num_rows(), columns, ..Batch::default() };
                first_row += u64::try_from(batch.num_rows()).unwrap_or(0);
                Ok(Some(made))
            },
            work,
        )
    }
}

fn batches(place: &Place, stream: bool) -> Result<(SchemaRef, Batches), HistoryError> {
    let file: Box<dyn Seekable> = open::seekable(place)?;
    guarded(place, "the description", "Arrow", || {
        Ok(if stream {
            let reader = StreamReader::try_new(file, None).map_err(|error| error.to_string())?;
            let schema = reader.schema();
            let batches: Batches = Box::new(reader);
            (schema, batches)
        } else {
            let reader = FileReader::try_new(file, None).map_err(|error| error.to_string())?;
            let schema = reader.schema();
            let batches: Batches = Box::new(reader);
            (schema, batches)
        })
    })
}
