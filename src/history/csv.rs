//! CSV: cut into blocks at the ends of records, and the blocks into fields, several at a time.
//!
//! A quote opens a quoted field only at the beginning of a field; elsewhere it is a letter like any other.

use super::HistoryError;
use super::column::{Batch, Column};
use super::csv_header;
use super::keys::small;
use super::open::{self, Place};
use memchr::{memchr, memchr_iter, memchr2, memrchr};
use rayon::prelude::*;
use std::io::Read;

/// Bytes cut at a time.
const BLOCK: usize = 4 << 20;
/// A field longer than this has lost its closing quote.
const LONGEST_FIELD: usize = 64 << 10;

/// A file being cut into blocks.
pub(super) struct Csv<'a> {
    place: &'a Place,
    source: Box<dyn Read + Send>,
    rest: Vec<u8>,
    ended: bool,
    delimiter: u8,
    /// Names of the columns.
    pub header: Vec<String>,
    next_row: u64,
    /// What stood above the header.
    above: Vec<String>,
}

/// Says which rows above a header were passed over.
pub(super) fn above(rows: &[String]) -> Option<String> {
    let shown: Vec<String> =
        rows.iter().filter(|row| !row.is_empty()).take(3).map(|row| format!("\"{}\"", super::rejects::printable(row))).collect();
    let what = if shown.is_empty() { String::new() } else { format!(": {}", shown.join(", ")) };
    (!rows.is_empty()).then(|| format!("the header is row {}; what stands above it is not read{what}.", rows.len() + 1))
}

/// Whole records.
struct Block {
    bytes: Vec<u8>,
    first_row: u64,
}

impl<'a> Csv<'a> {
    /// Opens a file and reads its header.
    pub fn open(place: &'a Place, encoding: Option<&str>) -> Result<Self, HistoryError> {
        let source = decoded(place, encoding)?;
        let (rest, header) = (Vec::new(), Vec::new());
        let mut csv = Self { place, source, rest, ended: false, delimiter: b',', header, next_row: 1, above: Vec::new() };
        csv.read_header()?;
        Ok(csv)
    }

    fn read_header(&mut self) -> Result<(), HistoryError> {
        self.fill(64 << 10)?;
        if self.rest.starts_with(b"\xef\xbb\xbf") {
            self.rest.drain(..3);
        }
        if self.rest.is_empty() {
            return Err(self.place.error("the file is empty"));
        }
        let found = csv_header::find(&self.rest, self.ended, &self.place.how, record_end_with);
        let Some(found) = found else {
            return Err(match self.place.how.header_row {
                Some(row) => self.place.error(format!("the file has no row {row} that could be its header")),
                None => self.place.error_at(1, "the first line is too long to be a header"),
            });
        };
        let mut line = self.rest.get(found.from..found.to).unwrap_or_default().to_vec();
        self.rest.drain(..found.to);
        if memchr(b'\r', &line).is_some_and(|at| at + 2 < line.len() && line.get(at + 1) != Some(&b'\n')) {
            return Err(self.place.error("lines end in carriage returns only; save the file with line feeds"));
        }
        self.delimiter = found.delimiter;
        let row = 1 + u64::from(found.said) + u64::try_from(found.above.len()).unwrap_or(0);
        self.next_row = row + 1;
        check_bytes(self.place, &line, row)?;
        let columns = Fields { delimiter: self.delimiter, place: self.place };
        let mut spans = Vec::new();
        columns.record(&mut line, 0, row, &mut |_, from, to| spans.push((from, to)))?;
        let name = |(from, to): &(usize, usize)| String::from_utf8_lossy(line.get(*from..*to).unwrap_or_default()).trim().to_owned();
        self.header = spans.iter().map(name).collect();
        self.above = found.above;
        Ok(())
    }

    /// How the file was understood.
    pub fn notes(&self) -> Vec<String> {
        let divided = match self.delimiter {
            b',' => None,
            b'\t' => Some("fields are divided by tabs.".to_owned()),
            other => Some(format!("fields are divided by \"{}\".", char::from(other))),
        };
        divided.into_iter().chain(above(&self.above)).collect()
    }

    /// Reads until `size` bytes wait, or the file ends.
    fn fill(&mut self, size: usize) -> Result<(), HistoryError> {
        if self.ended || self.rest.len() >= size {
            return Ok(());
        }
        let missing = size - self.rest.len();
        self.rest.reserve(missing);
        let limit = u64::try_from(missing).unwrap_or(u64::MAX);
        let read = self.source.by_ref().take(limit).read_to_end(&mut self.rest);
        let read = read.map_err(|error| self.place.error(open::broken(&error)))?;
        self.ended = read < missing;
        Ok(())
    }

    fn block(&mut self) -> Result<Option<Block>, HistoryError> {
        self.fill(BLOCK)?;
        if self.rest.is_empty() {
            return Ok(None);
        }
        let (end, rows) = self.last_end()?;
        let bytes = if end == self.rest.len() {
            std::mem::take(&mut self.rest)
        } else {
            let after = self.rest.get(end..).unwrap_or_default().to_vec();
            self.rest.truncate(end);
            std::mem::replace(&mut self.rest, after)
        };
        let first_row = self.next_row;
        self.next_row += rows;
        Ok(Some(Block { bytes, first_row }))
    }

    /// Where the last whole record ends, and how many rows there are until there.
    fn last_end(&self) -> Result<(usize, u64), HistoryError> {
        let bytes = self.rest.as_slice();
        let rows = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        if memchr(b'"', bytes).is_none() {
            let end = if self.ended { bytes.len() } else { memrchr(b'\n', bytes).map_or(0, |at| at + 1) };
            if end == 0 {
                return Err(self.place.error_at(self.next_row, "a line is longer than 4 MiB"));
            }
            return Ok((end, rows(memchr_iter(b'\n', bytes.get(..end).unwrap_or_default()).count())));
        }
        let (mut end, mut count) = (0, 0_u64);
        while end < bytes.len() {
            match self.next_end(bytes, end) {
                Some(next) => {
                    end = next;
                    count += 1;
                }
                None => break,
            }
        }
        if end == bytes.len() {
            return Ok((end, count));
        }
        let tail = bytes.get(end..).unwrap_or_default();
        let open = record_end_with(tail, 0, self.delimiter).is_none() && unclosed(tail, self.delimiter);
        let row = self.next_row + count;
        if open && (self.ended || tail.len() > LONGEST_FIELD + (1 << 20)) {
            return Err(self.place.error_at(row, "a quoted text begins here and never ends: its closing quote is missing"));
        }
        if self.ended {
            return Ok((bytes.len(), count + 1));
        }
        if end == 0 {
            return Err(self.place.error_at(row, "a record is longer than 4 MiB"));
        }
        Ok((end, count))
    }

    fn next_end(&self, bytes: &[u8], from: usize) -> Option<usize> {
        record_end_with(bytes, from, self.delimiter)
    }

    /// Hands all records to `work`, block by block, several at a time; what comes back is in the order of the file.
    pub fn read<T: Send>(
        &mut self,
        pick: &[usize],
        work: &(impl Fn(Batch<'_>) -> Result<T, HistoryError> + Sync),
    ) -> Result<Vec<T>, HistoryError> {
        let mut all = Vec::new();
        let together = rayon::current_num_threads().saturating_mul(2).max(1);
        loop {
            let mut blocks = Vec::with_capacity(together);
            while blocks.len() < together
                && let Some(block) = self.block()?
            {
                blocks.push(block);
            }
            if blocks.is_empty() {
                return Ok(all);
            }
            let this = Fields { delimiter: self.delimiter, place: self.place };
            let width = self.header.len();
            let one = |block: Block| this.batch(block, pick, width, work);
            let done: Vec<Result<T, HistoryError>> =
                if blocks.len() == 1 { blocks.into_iter().map(one).collect() } else { blocks.into_par_iter().map(one).collect() };
            for result in done {
                all.push(result?);
            }
        }
    }
}

/// The bytes of a file as UTF-8.
pub(super) fn decoded(place: &Place, encoding: Option<&str>) -> Result<Box<dyn Read + Send>, HistoryError> {
    let mut source = open::bytes(place)?;
    let mut start = Vec::new();
    let read = source.by_ref().take(3).read_to_end(&mut start);
    read.map_err(|error| place.error(open::broken(&error)))?;
    let marked = match start.as_slice() {
        [0xff, 0xfe, ..] => Some(encoding_rs::UTF_16LE),
        [0xfe, 0xff, ..] => Some(encoding_rs::UTF_16BE),
        _ => None,
    };
    let declared = match encoding {
        None => None,
        Some(label) => {
            let unknown = || place.error(format!("\"{label}\" is not an encoding; common ones are utf-8, windows-1251, windows-1252"));
            Some(encoding_rs::Encoding::for_label(label.trim().as_bytes()).ok_or_else(unknown)?)
        }
    };
    let encoding = marked.or(declared).unwrap_or(encoding_rs::UTF_8);
    let whole = std::io::Cursor::new(start).chain(source);
    if encoding == encoding_rs::UTF_8 {
        return Ok(Box::new(whole));
    }
    // Other encodings are decoded whole: such files are small, and nothing may be lost between blocks.
    let mut bytes = Vec::new();
    let mut whole = whole;
    whole.read_to_end(&mut bytes).map_err(|error| place.error(open::broken(&error)))?;
    let text = encoding.decode_without_bom_handling_and_without_replacement(&bytes);
    let name = encoding.name();
    let text = text.ok_or_else(|| place.error(format!("the file is not in the encoding {name}")))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
    Ok(Box::new(std::io::Cursor::new(text.into_bytes())))
}

fn check_bytes(place: &Place, bytes: &[u8], first_row: u64) -> Result<(), HistoryError> {
    let row = |at: usize| first_row + u64::try_from(memchr_iter(b'\n', bytes.get(..at).unwrap_or_default()).count()).unwrap_or(0);
    if let Some(at) = memchr(0, bytes) {
        return Err(place.error_at(row(at), "a zero byte stands here: the file is damaged or not a CSV file"));
    }
    std::str::from_utf8(bytes).map(|_| ()).map_err(|error| {
        let message = "a letter here is not in UTF-8; name the file's encoding in the mapping, such as encoding: windows-1251";
        place.error_at(row(error.valid_up_to()), message)
    })
}

fn record_end_with(bytes: &[u8], from: usize, delimiter: u8) -> Option<usize> {
    find_end(bytes, from, |before| before == delimiter)
}

/// Where the record that begins at `from` ends, its line feed included.
fn find_end(bytes: &[u8], from: usize, opens: impl Fn(u8) -> bool) -> Option<usize> {
    let mut at = from;
    loop {
        let found = at + memchr2(b'"', b'\n', bytes.get(at..)?)?;
        if bytes.get(found) == Some(&b'\n') {
            return Some(found + 1);
        }
        let begins = found == from || found.checked_sub(1).and_then(|before| bytes.get(before)).is_some_and(|b| opens(*b));
        at = if begins { closing(bytes, found + 1)? } else { found + 1 };
    }
}

/// The place after the quote that closes the field begun before `at`.
fn closing(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let quote = at + memchr(b'"', bytes.get(at..)?)?;
        if bytes.get(quote + 1) != Some(&b'"') {
            return Some(quote + 1);
        }
        at = quote + 2;
    }
}

/// Whether a record without end is inside quotes.
fn unclosed(bytes: &[u8], delimiter: u8) -> bool {
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr(b'"', rest)).map(|found| at + found) {
        let before = found.checked_sub(1).and_then(|before| bytes.get(before));
        if found == 0 || before == Some(&delimiter) {
            match closing(bytes, found + 1) {
                Some(next) => at = next,
                None => return true,
            }
        } else {
            at = found + 1;
        }
    }
    false
}

/// Cuts records into fields.
struct Fields<'a> {
    delimiter: u8,
    place: &'a Place,
}

impl Fields<'_> {
    fn batch<T>(
        &self,
        block: Block,
        pick: &[usize],
        width: usize,
        work: &impl Fn(Batch<'_>) -> Result<T, HistoryError>,
    ) -> Result<T, HistoryError> {
        let Block { mut bytes, first_row } = block;
        check_bytes(self.place, &bytes, first_row)?;
        // Which columns a field goes to: most go to none or one.
        let mut slot = vec![usize::MAX; width];
        for (column, field) in pick.iter().enumerate() {
            if let Some(slot) = slot.get_mut(*field) {
                *slot = column;
            }
        }
        let room = bytes.len() / 24;
        let mut spans: Vec<Vec<(u32, u32)>> = pick.iter().map(|_| Vec::with_capacity(room)).collect();
        let (mut ragged, mut blanks, mut beside) = (Vec::new(), Vec::new(), Vec::new());
        let mut rows = 0_usize;
        let quoted = memchr(b'"', &bytes).is_some();
        let mut from = 0;
        while from < bytes.len() {
            let row = first_row + u64::try_from(rows).unwrap_or(0);
            let mut fields = 0;
            let mut put = |field: usize, from: usize, to: usize| {
                fields = field + 1;
                if let Some(list) = slot.get(field).and_then(|column| spans.get_mut(*column)) {
                    list.push((small(from), small(to)));
                }
            };
            let next = if quoted { self.record(&mut bytes, from, row, &mut put)? } else { self.plain(&bytes, from, &mut put) };
            // A blank line keeps its number, and nothing else; a rule under a table is no data either.
            let line = bytes.get(from..next).unwrap_or_default();
            let empty = |byte: &u8| *byte == self.delimiter || matches!(byte, b'\n' | b'\r' | b' ' | b'\t');
            let blank = width > 1 && line.first().is_some_and(empty) && line.iter().all(empty);
            if blank {
                blanks.push(small(rows));
            } else if fields != width {
                let rule = |byte: &u8| empty(byte) || matches!(byte, b'-' | b'=' | b'_' | b'*');
                // A line of another width that begins with # says something of the file.
                if width > 1 && (line.iter().all(rule) || line.first() == Some(&b'#')) { &mut beside } else { &mut ragged }
                    .push(small(rows));
            }
            from = next;
            rows += 1;
            if fields != width {
                for list in &mut spans {
                    list.resize(rows, (0, 0));
                }
            }
        }
        let columns = spans.into_iter().map(|spans| Column::Spans { bytes: &bytes, spans }).collect();
        work(Batch { first_row, rows, columns, ragged, blank: blanks, beside, ..Batch::default() })
    }

    /// The fields of a record without quotes; where the next begins.
    fn plain(&self, bytes: &[u8], from: usize, put: &mut impl FnMut(usize, usize, usize)) -> usize {
        let rest = bytes.get(from..).unwrap_or_default();
        let end = memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest.get(..end).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let (mut field, mut start) = (0, from);
        for at in memchr_iter(self.delimiter, line) {
            put(field, start, from + at);
            field += 1;
            start = from + at + 1;
        }
        put(field, start, from + line.len());
        from + end + 1
    }

    /// The fields of a record that may have quotes, doubled ones made single in place; where the next begins.
    fn record(&self, bytes: &mut [u8], from: usize, row: u64, put: &mut impl FnMut(usize, usize, usize)) -> Result<usize, HistoryError> {
        let end = record_end_with(bytes, from, self.delimiter).unwrap_or(bytes.len());
        let mut stop = end;
        for ending in [b'\n', b'\r'] {
            if stop > from && bytes.get(stop - 1) == Some(&ending) {
                stop -= 1;
            }
        }
        let (mut field, mut start) = (0, from);
        loop {
            if start < stop && bytes.get(start) == Some(&b'"') {
                let after = closing(bytes, start + 1).filter(|after| *after <= stop);
                let Some(after) = after else {
                    let message = "a quoted text begins here and never ends: its closing quote is missing";
                    return Err(self.place.error_at(row, message));
                };
                if after < stop && bytes.get(after) != Some(&self.delimiter) {
                    let message = "after a closing quote the field goes on: a quote is missing or stands alone here";
                    return Err(self.place.error_at(row, message));
                }
                if after - start > LONGEST_FIELD {
                    let message = "a quoted text is longer than 64 KiB: probably its closing quote is missing";
                    return Err(self.place.error_at(row, message));
                }
                let to = single_quotes(bytes, start + 1, after - 1);
                put(field, start + 1, to);
                start = after;
            } else {
                let rest = bytes.get(start..stop).unwrap_or_default();
                let to = memchr(self.delimiter, rest).map_or(stop, |at| start + at);
                put(field, start, to);
                start = to;
            }
            if start >= stop {
                return Ok(end);
            }
            field += 1;
            start += 1;
            if start == stop {
                put(field, stop, stop);
                return Ok(end);
            }
        }
    }
}

/// Makes doubled quotes single within `from..to`, and says where the text ends then.
fn single_quotes(bytes: &mut [u8], from: usize, to: usize) -> usize {
    let Some(field) = bytes.get_mut(from..to) else { return to };
    let Some(first) = memchr(b'"', field) else { return to };
    let mut write = first;
    let mut read = first;
    while let Some(byte) = field.get(read).copied() {
        if let Some(slot) = field.get_mut(write) {
            *slot = byte;
        }
        write += 1;
        read += if byte == b'"' { 2 } else { 1 };
    }
    from + write
}
