//! Where the table begins in a CSV file: what divides its fields, and which row names its columns.

use super::how::How;
use super::names;

/// Rows that are looked at.
const ROWS: usize = 50;
/// What may divide fields; in doubt the first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The beginning of a table.
#[derive(Debug)]
pub(super) struct Found {
    pub delimiter: u8,
    /// Where the header begins and ends.
    pub from: usize,
    pub to: usize,
    /// Rows above the header.
    pub above: Vec<String>,
    /// A line that says what divides fields.
    pub said: bool,
}

/// A row of the beginning.
struct Row {
    from: usize,
    to: usize,
    cells: Vec<String>,
}

impl Row {
    fn filled(&self) -> usize {
        self.cells.iter().filter(|cell| !cell.trim().is_empty()).count()
    }

    fn text(&self) -> String {
        self.cells.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

/// Finds the beginning of a table in the first bytes of a file; the end of a row is told by `end` for a delimiter.
/// Nothing if the header row that was said is not among them.
pub(super) fn find(bytes: &[u8], whole: bool, how: &How, end: impl Fn(&[u8], usize, u8) -> Option<usize>) -> Option<Found> {
    let said = declared(bytes);
    let start = said.map_or(0, |(_, after)| after);
    let candidates = said.map_or_else(|| DELIMITERS.to_vec(), |(delimiter, _)| vec![delimiter]);
    let mut best: Option<((usize, usize, usize), u8, Vec<Row>)> = None;
    for delimiter in candidates {
        let rows = rows(bytes, start, whole, delimiter, how.header_row, &end);
        let score = score(&rows, how);
        if best.as_ref().is_none_or(|(known, _, _)| score > *known) {
            best = Some((score, delimiter, rows));
        }
    }
    let (_, delimiter, rows) = best?;
    let skipped = u64::from(said.is_some());
    let header = match how.header_row {
        Some(row) => usize::try_from(row.checked_sub(1 + skipped)?).ok()?,
        None => header(&rows, how),
    };
    let row = rows.get(header)?;
    let above = rows.iter().take(header).map(Row::text).collect();
    Some(Found { delimiter, from: row.from, to: row.to, above, said: said.is_some() })
}

/// `sep=;`, as spreadsheets write and read it.
fn declared(bytes: &[u8]) -> Option<(u8, usize)> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let line = bytes.get(..end)?.trim_ascii_end();
    let line = if bytes.get(..end)?.ends_with(b"\t") && line.len() == 4 { bytes.get(..5)? } else { line };
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    match line {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter] => Some((*delimiter, end + 1)),
        _ => None,
    }
}

fn rows(
    bytes: &[u8],
    start: usize,
    whole: bool,
    delimiter: u8,
    header: Option<u64>,
    end: impl Fn(&[u8], usize, u8) -> Option<usize>,
) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut from = start;
    let wanted = header.and_then(|row| usize::try_from(row).ok()).unwrap_or(0).max(ROWS);
    while rows.len() < wanted && from < bytes.len() {
        let to = match end(bytes, from, delimiter) {
            Some(to) => to,
            None if whole => bytes.len(),
            None => break,
        };
        rows.push(Row { from, to, cells: cells(bytes.get(from..to).unwrap_or_default(), delimiter) });
        from = to;
    }
    rows
}

/// The fields of a row, roughly: what they hold is looked at, and nothing computed from it.
fn cells(line: &[u8], delimiter: u8) -> Vec<String> {
    let text = String::from_utf8_lossy(line);
    let mut cells = vec![String::new()];
    let mut inside = false;
    for letter in text.trim_end_matches(['\n', '\r']).chars() {
        if letter == '"' {
            inside = !inside;
        } else if letter == char::from(delimiter) && !inside {
            cells.push(String::new());
        } else if let Some(cell) = cells.last_mut() {
            cell.push(letter);
        }
    }
    cells
}

/// The width that most rows with anything in them have, and how many have it.
fn usual_width(rows: &[Row]) -> (usize, usize) {
    let mut widths: Vec<usize> = rows.iter().filter(|row| row.filled() > 0).map(|row| row.cells.len()).collect();
    widths.sort_unstable();
    let mut best = (1, 0);
    for chunk in widths.chunk_by(|a, b| a == b) {
        if let Some(width) = chunk.first()
            && chunk.len() >= best.1
        {
            best = (*width, chunk.len());
        }
    }
    best
}

/// How well a delimiter explains the rows: names that are known in one of them, then how many rows are equally wide.
fn score(rows: &[Row], how: &How) -> (usize, usize, usize) {
    let names = rows.iter().map(|row| matches(row, how)).max().unwrap_or(0);
    let (width, count) = usual_width(rows);
    if width < 2 {
        return (names.min(1), 0, 0);
    }
    // The header's own width decides between delimiters that fit equally many rows.
    let first = rows.iter().find(|row| row.filled() > 0).map_or(0, |row| row.cells.len());
    (names, count, first)
}

fn matches(row: &Row, how: &How) -> usize {
    let named = |cell: &str| {
        let lower = cell.trim().to_lowercase();
        how.names.contains(&lower) || names::known(&lower)
    };
    row.cells.iter().filter(|cell| named(cell)).count()
}

/// Which row names the columns: the one that has all columns of the mapping; else the first with most of the names that
/// columns have; else the first that is as wide as the table.
pub(super) fn header_of(cells: &[Vec<String>], how: &How) -> usize {
    let rows: Vec<Row> = cells.iter().map(|cells| Row { from: 0, to: 0, cells: cells.clone() }).collect();
    header(&rows, how)
}

fn header(rows: &[Row], how: &How) -> usize {
    let has_all = |row: &Row| {
        let cells: Vec<String> = row.cells.iter().map(|cell| cell.trim().to_lowercase()).collect();
        how.names.iter().all(|name| cells.contains(name))
    };
    if !how.names.is_empty()
        && let Some(at) = rows.iter().position(has_all)
    {
        return at;
    }
    let counts: Vec<usize> = rows.iter().map(|row| matches(row, how)).collect();
    let most = counts.iter().copied().max().unwrap_or(0);
    if most >= 2
        && let Some(at) = counts.iter().position(|count| *count == most)
    {
        return at;
    }
    let (width, _) = usual_width(rows);
    // A title stands alone in its row.
    let title = |row: &Row| row.filled() < 2 && width > 2;
    rows.iter().position(|row| !title(row)).unwrap_or(0)
}
