//! A file of any format, read as a table.

use super::HistoryError;
use super::arrow::Arrow;
use super::column::Batch;
use super::csv::Csv;
use super::formats::{self, Format};
use super::json::Json;
use super::open::{self, Place};
use super::parquet::Parquet;
#[cfg(feature = "xlsx")]
use super::sheet::Sheet;
#[cfg(feature = "sqlite")]
use super::sqlite::Sqlite;

/// An open file.
pub(super) enum TableFile<'a> {
    Csv(Box<Csv<'a>>),
    Parquet(Box<Parquet<'a>>),
    Arrow(Box<Arrow<'a>>),
    Json(Box<Json<'a>>),
    #[cfg(feature = "xlsx")]
    Sheet(Box<Sheet>),
    #[cfg(feature = "sqlite")]
    Sqlite(Box<Sqlite<'a>>),
}

impl<'a> TableFile<'a> {
    /// Opens a file; the format is told by its first bytes.
    pub fn open(place: &'a Place, encoding: Option<&str>) -> Result<Self, HistoryError> {
        let format = open::content(place)?;
        Ok(match format {
            Format::Parquet => Self::Parquet(Box::new(Parquet::open(place)?)),
            Format::ArrowFile | Format::ArrowStream => Self::Arrow(Box::new(Arrow::open(place, format)?)),
            Format::Json => Self::Json(Box::new(Json::open(place, encoding)?)),
            #[cfg(feature = "xlsx")]
            Format::Xlsx | Format::Ods => Self::Sheet(Box::new(Sheet::open(place, format)?)),
            #[cfg(feature = "sqlite")]
            Format::Sqlite => Self::Sqlite(Box::new(Sqlite::open(place)?)),
            #[cfg(not(feature = "xlsx"))]
            Format::Xlsx | Format::Ods => return Err(place.error("this build of the program reads no workbooks; save the sheet as CSV")),
            #[cfg(not(feature = "sqlite"))]
            Format::Sqlite => return Err(place.error("this build of the program reads no SQLite; export the table as CSV")),
            Format::Text => Self::Csv(Box::new(Csv::open(place, encoding)?)),
            Format::Foreign(what) => return Err(place.error(formats::not_read(what))),
            Format::Gzip | Format::Zstd | Format::Zip => return Err(place.error("this is packed more than once; unpack it")),
        })
    }

    /// Names of the columns.
    pub fn header(&self) -> &[String] {
        match self {
            Self::Csv(csv) => &csv.header,
            Self::Parquet(parquet) => parquet.header(),
            Self::Arrow(arrow) => arrow.header(),
            Self::Json(json) => &json.header,
            #[cfg(feature = "xlsx")]
            Self::Sheet(sheet) => &sheet.header,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(sqlite) => &sqlite.header,
        }
    }

    /// How the file was understood, in sentences.
    pub fn notes(&self) -> Vec<String> {
        match self {
            Self::Csv(csv) => csv.notes(),
            #[cfg(feature = "xlsx")]
            Self::Sheet(sheet) => sheet.notes.clone(),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(sqlite) => sqlite.notes.clone(),
            Self::Parquet(_) | Self::Arrow(_) | Self::Json(_) => Vec::new(),
        }
    }

    /// Lists of objects in its records.
    pub fn lists(&self) -> Vec<String> {
        if let Self::Json(json) = self { json.lists.clone() } else { Vec::new() }
    }

    /// Those of the given columns that hold binary floats, by name.
    pub fn floats(&self, pick: &[usize]) -> Vec<String> {
        let float = |column: &&usize| match self {
            Self::Parquet(parquet) => parquet.is_float(**column),
            Self::Arrow(arrow) => arrow.is_float(**column),
            _ => false,
        };
        pick.iter().filter(float).filter_map(|column| self.header().get(*column).cloned()).collect()
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
            Self::Arrow(arrow) => arrow.read(pick, work),
            Self::Json(json) => json.read(pick, work),
            #[cfg(feature = "xlsx")]
            Self::Sheet(sheet) => sheet.read(pick, work),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(sqlite) => sqlite.read(pick, work),
        }
    }
}
