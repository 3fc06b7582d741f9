//! A file of any format, read as a table.

use super::HistoryError;
use super::column::Batch;
use super::csv::Csv;
use super::open::{self, Format, Place};
use super::parquet::Parquet;

/// An open file.
pub(super) enum TableFile<'a> {
    Csv(Box<Csv<'a>>),
    Parquet(Box<Parquet<'a>>),
}

impl<'a> TableFile<'a> {
    /// Opens a file; the format is told by its first bytes.
    pub fn open(place: &'a Place, encoding: Option<&str>) -> Result<Self, HistoryError> {
        Ok(match open::format(place)? {
            Format::Parquet => Self::Parquet(Box::new(Parquet::open(place)?)),
            Format::Gzip | Format::Text => Self::Csv(Box::new(Csv::open(place, encoding)?)),
        })
    }

    /// Names of the columns.
    pub fn header(&self) -> &[String] {
        match self {
            Self::Csv(csv) => &csv.header,
            Self::Parquet(parquet) => &parquet.header,
        }
    }

    /// Those of the given columns that hold binary floats, by name.
    pub fn floats(&self, pick: &[usize]) -> Vec<String> {
        match self {
            Self::Csv(_) => Vec::new(),
            Self::Parquet(parquet) => {
                let floats = pick.iter().filter(|column| parquet.is_float(**column));
                floats.filter_map(|column| parquet.header.get(*column).cloned()).collect()
            }
        }
    }

    /// Hands the rows to `work` in batches, several at a time; what comes back is in the order of the file.
    pub fn read<T: Send>(
        &mut self,
        pick: &[usize],
        work: &(impl Fn(Batch<'_>) -> Result<T, HistoryError> + Sync),
    ) -> Result<Vec<T>, HistoryError> {
        match self {
            Self::Csv(csv) => csv.read(pick, work),
            Self::Parquet(parquet) => parquet.read(pick, work),
        }
    }
}
