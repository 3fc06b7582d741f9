//! Workbooks: XLSX and ODS. No formula is computed: the values that were stored are read.

use super::HistoryError;
use super::cells::{Cell, Cells, ROWS};
use super::column::Batch;
use super::formats::Format;
use super::how::How;
use super::open::{self, Place, Seekable};
use super::parquet::caught;
use super::{csv, csv_header};
use crate::value::Date;
use calamine::{Data, DataRef, ExcelDateTime, Ods, Reader, Xlsx};
use rayon::prelude::*;

/// Rows looked at for the header.
const LOOKED_AT: usize = 50;
/// Whole numbers from here on have lost digits: a workbook keeps 15.
const EXACT: &str = "1000000000000000";

/// A sheet that was read.
pub(super) struct Sheet {
    /// Names of the columns.
    pub header: Vec<String>,
    chunks: Vec<Cells>,
    pub notes: Vec<String>,
}

/// A value with its place.
struct Value {
    row: u32,
    column: u32,
    text: String,
    written: bool,
    /// A formula whose value was not stored.
    empty_formula: bool,
}

impl Sheet {
    /// Opens a workbook and reads the first sheet, or the one that the mapping names.
    pub fn open(place: &Place, format: Format) -> Result<Self, HistoryError> {
        let file = open::seekable(place)?;
        let read = caught(|| if format == Format::Ods { ods(file, &place.how) } else { xlsx(file, &place.how) });
        let read = read.unwrap_or_else(|_| Err("the workbook is damaged".to_owned()));
        let (name, others, values) = read.map_err(|message| place.error(message))?;
        let mut notes = Vec::new();
        if others > 0 && place.how.sheet.is_none() {
            notes.push(format!("of its {} sheets \"{name}\", the first, is read; another one is named with `sheet:`.", others + 1));
        }
        Self::build(place, values, notes)
    }

    fn build(place: &Place, values: Vec<Value>, mut notes: Vec<String>) -> Result<Self, HistoryError> {
        let mut rows: Vec<(u32, Vec<Value>)> = Vec::new();
        for value in values {
            match rows.last_mut() {
                Some((row, cells)) if *row == value.row => cells.push(value),
                _ => rows.push((value.row, vec![value])),
            }
        }
        rows.sort_by_key(|(row, _)| *row);
        let texts = |cells: &[Value]| {
            let mut all: Vec<String> = Vec::new();
            for cell in cells {
                let at = super::keys::ix(cell.column);
                if all.len() <= at {
                    all.resize(at + 1, String::new());
                }
                if let Some(slot) = all.get_mut(at) {
                    slot.clone_from(&cell.text);
                }
            }
            all
        };
        let first: Vec<Vec<String>> = rows.iter().take(LOOKED_AT).map(|(_, cells)| texts(cells)).collect();
        let header = match place.how.header_row {
            Some(wanted) => rows.iter().position(|(row, _)| u64::from(*row) + 1 == wanted),
            None => Some(csv_header::header_of(&first, &place.how)).filter(|at| *at < rows.len()),
        };
        let Some(header) = header else {
            return Err(place.error(match place.how.header_row {
                Some(row) => format!("row {row} of the sheet is empty, so it names no columns"),
                None => "the sheet is empty".to_owned(),
            }));
        };
        let above: Vec<String> = first.iter().take(header).map(|row| row.join(" ").trim().to_owned()).collect();
        let (header_row, cells) = rows.get(header).map(|(row, cells)| (*row, texts(cells))).unwrap_or_default();
        let titles = u64::from(header_row);
        if titles > 0 {
            let mut shown = above;
            shown.resize(usize::try_from(titles).unwrap_or(0).min(1000), String::new());
            notes.extend(csv::above(&shown));
        }
        let names: Vec<String> = cells.iter().map(|name| name.trim().to_owned()).collect();
        let (chunks, more) = chunks(&names, rows.into_iter().skip(header + 1), header_row);
        notes.extend(more);
        Ok(Self { header: names, chunks, notes })
    }

    /// Hands the rows to `work`, several batches at a time; what comes back is in the order of the sheet.
    pub fn read<T: Send>(
        &self,
        pick: &[usize],
        work: &(impl Fn(Batch<'_>) -> Result<T, HistoryError> + Sync),
    ) -> Result<Vec<T>, HistoryError> {
        self.chunks.par_iter().map(|cells| work(cells.batch(pick))).collect::<Vec<_>>().into_iter().collect()
    }
}

/// Brings rows together; says what of their values is in doubt.
fn chunks(names: &[String], rows: impl Iterator<Item = (u32, Vec<Value>)>, header: u32) -> (Vec<Cells>, Vec<String>) {
    let mut chunks: Vec<Cells> = Vec::new();
    let (mut formulas, mut long): (Vec<(String, u64)>, Vec<(String, u64)>) = (Vec::new(), Vec::new());
    let mut next = header + 1;
    let letters = |column: u32| {
        names.get(super::keys::ix(column)).filter(|name| !name.is_empty()).cloned().unwrap_or_else(|| format!("column {}", column + 1))
    };
    let push = |chunks: &mut Vec<Cells>, row: u32, cells: &[Value]| {
        if chunks.last().is_none_or(|chunk| chunk.rows >= ROWS) {
            chunks.push(Cells::new(names.len(), u64::from(row) + 1));
        }
        let Some(chunk) = chunks.last_mut() else { return };
        chunk.push(|column| {
            let cell = cells.iter().find(|cell| super::keys::ix(cell.column) == column);
            cell.map_or(Cell::Missing, |cell| if cell.written { Cell::Written(&cell.text) } else { Cell::Exact(&cell.text) })
        });
    };
    for (row, cells) in rows {
        // Rows without anything keep their number.
        for empty in next..row {
            push(&mut chunks, empty, &[]);
            if let Some(chunk) = chunks.last_mut() {
                chunk.blank();
            }
        }
        next = row + 1;
        for cell in &cells {
            if cell.empty_formula {
                count(&mut formulas, letters(cell.column));
            } else if !cell.written && is_long(&cell.text) {
                count(&mut long, letters(cell.column));
            }
        }
        push(&mut chunks, row, &cells);
    }
    let formulas = formulas.into_iter().map(|(name, count)| {
        format!("{count} formulas in the column \"{name}\" have no stored value, so they are blank; open the workbook and save it once.")
    });
    let long = long.into_iter().map(|(name, count)| {
        format!("{count} numbers in the column \"{name}\" have 16 digits or more, of which a workbook keeps 15; keep such ids as text.")
    });
    (chunks, formulas.chain(long).collect())
}

fn count(list: &mut Vec<(String, u64)>, name: String) {
    match list.iter_mut().find(|(known, _)| *known == name) {
        Some((_, count)) => *count += 1,
        None => list.push((name, 1)),
    }
}

/// Whether a number has more whole digits than a workbook keeps.
fn is_long(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let whole = digits.split('.').next().unwrap_or(digits);
    whole.len() >= EXACT.len() && whole.bytes().all(|byte| byte.is_ascii_digit())
}

/// The name of a sheet, how many others there are, and its values.
type Read = Result<(String, usize, Vec<Value>), String>;

fn choose(names: &[String], how: &How) -> Result<String, String> {
    let shown = || names.iter().map(|name| super::rejects::printable(name)).collect::<Vec<_>>().join(", ");
    match &how.sheet {
        None => names.first().cloned().ok_or_else(|| "the workbook has no sheet".to_owned()),
        Some(wanted) => {
            let same = |name: &&String| name.to_lowercase() == wanted.trim().to_lowercase();
            names.iter().find(same).cloned().ok_or_else(|| format!("the workbook has no sheet \"{wanted}\"; it has {}", shown()))
        }
    }
}

const LOCKED: &str = "the workbook is locked with a password; save it without one";

fn xlsx(file: Box<dyn Seekable>, how: &How) -> Read {
    let damaged = |error: calamine::XlsxError| match error {
        calamine::XlsxError::Password => LOCKED.to_owned(),
        error => format!("the workbook is damaged or was cut off ({error})"),
    };
    let mut book = Xlsx::new(file).map_err(damaged)?;
    let names = book.sheet_names();
    let name = choose(&names, how)?;
    let mut cells = book.worksheet_cells_reader(&name).map_err(damaged)?;
    let mut values = Vec::new();
    while let Some(cell) = cells.next_cell_with_formula().map_err(damaged)? {
        let (row, column) = cell.pos;
        let empty_formula = cell.formula.is_some() && matches!(cell.value, DataRef::Empty);
        match value(&cell.value.into()) {
            Some((text, written)) => values.push(Value { row, column, text, written, empty_formula: false }),
            None if empty_formula => values.push(Value { row, column, text: String::new(), written: false, empty_formula }),
            None => {}
        }
    }
    Ok((name, names.len().saturating_sub(1), values))
}

fn ods(file: Box<dyn Seekable>, how: &How) -> Read {
    let damaged = |error: calamine::OdsError| match error {
        calamine::OdsError::Password => LOCKED.to_owned(),
        error => format!("the workbook is damaged or was cut off ({error})"),
    };
    let mut book = Ods::new(file).map_err(damaged)?;
    let names = book.sheet_names();
    let name = choose(&names, how)?;
    let range = book.worksheet_range(&name).map_err(damaged)?;
    let (top, left) = range.start().unwrap_or_default();
    let mut values = Vec::new();
    for (row, column, data) in range.used_cells() {
        if let Some((text, written)) = value(data) {
            let (row, column) = (super::keys::small(row) + top, super::keys::small(column) + left);
            values.push(Value { row, column, text, written, empty_formula: false });
        }
    }
    Ok((name, names.len().saturating_sub(1), values))
}

/// A value as text, and whether somebody wrote it as one.
fn value(data: &Data) -> Option<(String, bool)> {
    Some(match data {
        Data::Empty => return None,
        Data::String(text) if text.trim().is_empty() => return None,
        Data::String(text) => (text.trim().to_owned(), true),
        Data::Int(number) => (number.to_string(), false),
        // The shortest decimal that reads back as the same float.
        Data::Float(number) => (number.to_string(), false),
        Data::Bool(yes) => (if *yes { "true" } else { "false" }.to_owned(), false),
        Data::DateTime(moment) => (moment_text(moment), false),
        Data::DateTimeIso(text) => (text.clone(), false),
        Data::DurationIso(text) => (duration(text), false),
        Data::Error(error) => (error.to_string(), true),
    })
}

/// `PT14H03M11S` as `14:03:11`.
fn duration(text: &str) -> String {
    let parts: Option<Vec<&str>> = text.strip_prefix("PT").map(|rest| rest.split(['H', 'M', 'S']).collect());
    match parts.as_deref() {
        Some([hours, minutes, seconds, ..]) => {
            format!("{hours:0>2}:{minutes:0>2}:{:0>2}", seconds.split(['.', ',']).next().unwrap_or_default())
        }
        _ => text.to_owned(),
    }
}

/// A date, a time of day, or both. Workbooks count days; the thousandth of a second is their finest unit.
fn moment_text(moment: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
    let days = moment.as_f64();
    let time = format!("{hour:02}:{minute:02}:{second:02}");
    let time = if milli > 0 { format!("{time}.{milli:03}") } else { time };
    if moment.is_duration() || (0.0..1.0).contains(&days) {
        return time;
    }
    let date = Date::from_ymd(i32::from(year), month, day).map_or_else(|| format!("day {days}"), |date| date.to_string());
    if (hour, minute, second, milli) == (0, 0, 0, 0) { date } else { format!("{date}T{time}") }
}
