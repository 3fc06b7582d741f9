//! What stands between a file and its readers: fields are freed of what spreadsheets put around them, several columns
//! become one, and rows that are no data are set aside.

use super::HistoryError;
use super::column::{Batch, Column};
use super::how::Joined;
use super::keys::{Strings, small};
use super::layout;
use super::open::Place;
use super::table::TableFile;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A file whose columns are ready to be read.
pub(super) struct Prepared<'a> {
    file: TableFile<'a>,
    /// The columns of the file, then those that are joined of them.
    header: Vec<String>,
    joined: Vec<(&'a Joined, Vec<usize>)>,
    /// The column whose blanks have the value of the row above, with what is above each batch.
    continues: Option<(usize, BTreeMap<u64, String>)>,
    /// Columns in which words that say nothing are not counted: nobody has asked for these columns.
    uncounted: Vec<usize>,
}

impl<'a> Prepared<'a> {
    /// Opens a file.
    pub fn open(place: &'a Place, encoding: Option<&str>) -> Result<Self, HistoryError> {
        let mut prepared = Self::without_above(place, encoding)?;
        if let Some(column) = &place.how.continues {
            let field = layout::locate(place, &prepared.header, column)?;
            let field = field.ok_or_else(|| layout::missing_renamed(place, &prepared.header, column, "id"))?;
            let above = Self::without_above(place, encoding)?.above(field)?;
            prepared.continues = Some((field, above));
        }
        Ok(prepared)
    }

    fn without_above(place: &'a Place, encoding: Option<&str>) -> Result<Self, HistoryError> {
        let file = TableFile::open(place, encoding)?;
        let mut header = file.header().to_vec();
        let mut joined = Vec::new();
        for join in &place.how.joined {
            let field = |part: &String| {
                let field = layout::locate(place, file.header(), part)?;
                field.ok_or_else(|| layout::missing_renamed(place, file.header(), part, &join.of))
            };
            joined.push((join, join.parts.iter().map(field).collect::<Result<Vec<_>, _>>()?));
            header.push(join.name.clone());
        }
        Ok(Self { file, header, joined, continues: None, uncounted: Vec::new() })
    }

    /// The last value above each batch.
    fn above(mut self, field: usize) -> Result<BTreeMap<u64, String>, HistoryError> {
        let last = |batch: Batch<'_>| {
            let value = batch.columns.first().and_then(|column| (0..batch.rows).rev().find_map(|row| column.text(row)));
            Ok((batch.first_row, value.map(Cow::into_owned)))
        };
        let mut above = BTreeMap::new();
        let mut known = String::new();
        for (first_row, value) in self.read(&[field], &last)? {
            above.insert(first_row, known.clone());
            known = value.unwrap_or(known);
        }
        Ok(above)
    }

    /// Names of the columns.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// Names of the file's own columns.
    pub fn own_header(&self) -> &[String] {
        self.file.header()
    }

    /// Whether a first look at some rows costs little beside reading all of them.
    pub fn is_quick_to_open(&self) -> bool {
        matches!(self.file, TableFile::Csv(_) | TableFile::Parquet(_) | TableFile::Arrow(_))
    }

    /// Reads these columns without counting the words in them that say nothing.
    pub fn leave_uncounted(&mut self, fields: Vec<usize>) {
        self.uncounted = fields;
    }

    /// Looks at the first rows only.
    pub fn start(mut self, pick: &[usize], look: &mut (impl FnMut(Batch<'_>) + Send)) -> Result<(), HistoryError> {
        let look = std::sync::Mutex::new(look);
        let seen = std::sync::atomic::AtomicBool::new(false);
        let work = |batch: Batch<'_>| -> Result<(), HistoryError> {
            if let Ok(mut look) = look.lock() {
                look(batch);
            }
            seen.store(true, std::sync::atomic::Ordering::Relaxed);
            // Reading stops at an error.
            Err(HistoryError { file: String::new(), row: None, message: String::new() })
        };
        match self.read(pick, &work) {
            Err(_) if seen.load(std::sync::atomic::Ordering::Relaxed) => Ok(()),
            other => other.map(drop),
        }
    }

    /// How the file was understood, in sentences.
    pub fn notes(&self) -> Vec<String> {
        self.file.notes()
    }

    /// Lists of objects in its records.
    pub fn lists(&self) -> Vec<String> {
        self.file.lists()
    }

    /// Those of the given columns that hold binary floats, by name.
    pub fn floats(&self, pick: &[usize]) -> Vec<String> {
        self.file.floats(pick)
    }

    /// Whether its numbers are those of a program, such as come from an interface.
    pub fn is_json(&self) -> bool {
        matches!(self.file, TableFile::Json(_))
    }

    /// Hands the rows to `work` in batches, several at a time; what comes back is in the order of the file.
    pub fn read<T: Send>(
        &mut self,
        pick: &[usize],
        work: &(impl Fn(Batch<'_>) -> Result<T, HistoryError> + Sync),
    ) -> Result<Vec<T>, HistoryError> {
        let mut fields: Vec<usize> = Vec::new();
        let mut place = |field: usize| {
            fields.iter().position(|known| *known == field).unwrap_or_else(|| {
                fields.push(field);
                fields.len() - 1
            })
        };
        let own = self.file.header().len();
        let wanted: Vec<Wanted<'_>> = pick
            .iter()
            .map(|field| match field.checked_sub(own).and_then(|at| self.joined.get(at)) {
                None => Wanted::Field(place(*field)),
                Some((join, parts)) => Wanted::Joined(join, parts.iter().map(|part| place(*part)).collect()),
            })
            .collect();
        let names: Vec<String> = fields.iter().map(|field| self.header.get(*field).cloned().unwrap_or_default()).collect();
        let counted: Vec<bool> = fields.iter().map(|field| !self.uncounted.contains(field)).collect();
        let continues = self.continues.as_ref();
        let continues = continues.and_then(|(field, above)| Some((pick.iter().position(|known| known == field)?, above)));
        self.file.read(&fields, &|mut batch: Batch<'_>| {
            let mut unknown = BTreeMap::new();
            let mut nothing = BTreeMap::new();
            let columns = batch.columns.into_iter().zip(&counted);
            batch.columns =
                columns.map(|(column, counted)| cleaned(column, batch.rows, if *counted { &mut unknown } else { &mut nothing })).collect();
            batch.unknown = unknown;
            set_aside(&mut batch, &names);
            let joined: Vec<Option<Column<'_>>> = wanted
                .iter()
                .map(|wanted| match wanted {
                    Wanted::Field(_) => None,
                    Wanted::Joined(join, parts) => Some(join_columns(&batch, join, parts)),
                })
                .collect();
            let mut fields: Vec<Option<Column<'_>>> = batch.columns.into_iter().map(Some).collect();
            let columns = wanted.iter().zip(joined).map(|(wanted, joined)| match wanted {
                Wanted::Field(at) => fields.get_mut(*at).and_then(Option::take).unwrap_or_default(),
                Wanted::Joined(..) => joined.unwrap_or_default(),
            });
            batch.columns = columns.collect();
            if let Some((at, above)) = continues
                && let Some(column) = batch.columns.get_mut(at)
            {
                *column = continued(column, batch.rows, above.get(&batch.first_row).map_or("", String::as_str), &batch.beside);
            }
            work(batch)
        })
    }
}

/// A column that is asked for, by its places among those that are read.
enum Wanted<'a> {
    Field(usize),
    Joined(&'a Joined, Vec<usize>),
}

/// Words that stand where nothing is known.
const UNKNOWN: [&str; 6] = ["\\N", "NULL", "n/a", "-", "—", "#N/A"];

/// The word, if a text is one that stands where nothing is known.
fn unknown(text: &[u8]) -> Option<&'static str> {
    UNKNOWN.iter().find(|word| word.as_bytes().eq_ignore_ascii_case(text)).copied()
}

/// What a field holds without what spreadsheets write so that a text stays one. Blanks around other texts stay.
#[derive(Clone, Copy)]
enum Held {
    As(usize, usize),
    Unknown(&'static str),
}

fn held(text: &[u8]) -> Held {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let from = text.iter().position(|byte| !blank(byte)).unwrap_or(text.len());
    let to = text.iter().rposition(|byte| !blank(byte)).map_or(from, |last| last + 1);
    let inner = text.get(from..to).unwrap_or_default();
    match inner {
        [b'=', b'"', middle @ .., b'"'] if !middle.contains(&b'"') => Held::As(from + 2, to - 1),
        // Payment services of China put one before every field.
        [b'`', ..] => Held::As(from + 1, to),
        [b'\'', rest @ ..] if !rest.is_empty() && rest.iter().all(u8::is_ascii_digit) => Held::As(from + 1, to),
        [b'\\' | b'n' | b'N' | b'-' | b'#' | 0xe2, ..] if inner.len() <= 4 => unknown(inner).map_or(Held::As(0, text.len()), Held::Unknown),
        [] => Held::As(0, 0),
        _ => Held::As(0, text.len()),
    }
}

/// Whether a field may be anything but what it looks like.
fn suspicious(text: &[u8]) -> bool {
    match (text.first(), text.last()) {
        (Some(first), Some(last)) => {
            matches!(first, b' ' | b'\t' | b'=' | b'\'' | b'`' | b'\\' | b'n' | b'N' | b'-' | b'#' | 0xe2) || matches!(last, b' ' | b'\t')
        }
        _ => false,
    }
}

/// A column with every field as it is meant.
fn cleaned<'b>(mut column: Column<'b>, rows: usize, words: &mut BTreeMap<&'static str, u64>) -> Column<'b> {
    if column.is_typed() {
        return column;
    }
    match &mut column {
        Column::Spans { bytes, spans } => {
            for (from, to) in spans {
                let start = super::keys::ix(*from);
                let text = bytes.get(start..super::keys::ix(*to)).unwrap_or_default();
                if !suspicious(text) {
                    continue;
                }
                match held(text) {
                    Held::As(a, b) => (*from, *to) = (small(start + a), small(start + b)),
                    Held::Unknown(word) => {
                        *words.entry(word).or_default() += 1;
                        (*from, *to) = (0, 0);
                    }
                }
            }
            column
        }
        Column::Cells { .. } | Column::Array(_) => {
            let needs = |row: &usize| column.is_written(*row) && column.text(*row).is_some_and(|text| suspicious(text.as_bytes()));
            let any = match column.words() {
                Some(mut words) => words.any(|text| suspicious(text.as_bytes())),
                None => (0..rows).any(|row| needs(&row)),
            };
            if !any {
                return column;
            }
            let mut texts = Strings::default();
            let mut written = Vec::with_capacity(rows);
            for row in 0..rows {
                let text = column.text(row).unwrap_or_default();
                let text = text.as_bytes();
                written.push(column.is_written(row));
                match if column.is_written(row) { held(text) } else { Held::As(0, text.len()) } {
                    Held::As(a, b) => texts.push(text.get(a..b).unwrap_or_default()),
                    Held::Unknown(word) => {
                        *words.entry(word).or_default() += 1;
                        texts.push(b"");
                    }
                }
            }
            Column::Cells { texts, written }
        }
    }
}

/// Sets rows aside that repeat the header or rule a line.
fn set_aside(batch: &mut Batch<'_>, names: &[String]) {
    // A typed value is neither a name nor a rule.
    let Some(first) = batch.columns.first().filter(|first| !first.is_typed()) else { return };
    let name = names.first().map_or("", String::as_str);
    let rule = |text: &str| text.len() > 1 && text.bytes().all(|byte| matches!(byte, b'-' | b'=' | b'_' | b'*'));
    let mut beside = Vec::new();
    for row in 0..batch.rows {
        let Some(text) = first.text(row) else { continue };
        let fields = || batch.columns.iter().map(move |column| column.text(row));
        let header = || fields().zip(names).all(|(text, name)| text.is_none_or(|text| text.trim().eq_ignore_ascii_case(name)));
        let repeats = text.trim().eq_ignore_ascii_case(name) && header() && (names.len() == 1 || fields().flatten().count() > 1);
        let known = || batch.beside.contains(&small(row)) || batch.ragged.contains(&small(row));
        if (repeats || rule(&text) && fields().flatten().all(|text| rule(&text))) && !known() {
            beside.push(small(row));
        }
    }
    batch.beside.extend(beside);
}

/// Several fields as one; nothing where all are blank.
fn join_columns(batch: &Batch<'_>, join: &Joined, parts: &[usize]) -> Column<'static> {
    let mut texts = Strings::default();
    for row in 0..batch.rows {
        let fields: Vec<Cow<'_, str>> =
            parts.iter().map(|at| batch.columns.get(*at).and_then(|column| column.text(row)).unwrap_or_default()).collect();
        texts.push(if join.moment { moment(&fields) } else { id(&fields) }.as_bytes());
    }
    Column::Cells { texts, written: vec![true; batch.rows] }
}

fn id(fields: &[Cow<'_, str>]) -> String {
    if fields.iter().all(|field| field.is_empty()) {
        return String::new();
    }
    let parts: Vec<&str> =
        fields.iter().map(|field| std::str::from_utf8(super::column::whole_id(field.as_bytes())).unwrap_or(field)).collect();
    parts.join("/")
}

/// A day, its time and its zone. Workbooks give a day a midnight, and a time the first of all days.
fn moment(fields: &[Cow<'_, str>]) -> String {
    let [day, rest @ ..] = fields else { return String::new() };
    if day.is_empty() {
        return String::new();
    }
    let clock = rest.first().is_some_and(|clock| !clock.is_empty());
    let day = ["T00:00:00", " 00:00:00", "T00:00", " 00:00"]
        .iter()
        .find_map(|midnight| day.strip_suffix(midnight).filter(|_| clock))
        .unwrap_or(day);
    let mut text = day.to_owned();
    for (at, field) in rest.iter().enumerate() {
        let field = if at == 0 { field.rsplit_once('T').map_or(field.as_ref(), |(_, clock)| clock) } else { field.as_ref() };
        if !field.is_empty() {
            text.push(' ');
            text.push_str(field);
        }
    }
    text
}

/// Blanks have the value of the row above.
fn continued(column: &Column<'_>, rows: usize, above: &str, beside: &[u32]) -> Column<'static> {
    let mut texts = Strings::default();
    let mut written = Vec::with_capacity(rows);
    let (mut known, mut is_written) = (above.to_owned(), true);
    for row in 0..rows {
        if let Some(text) = column.text(row).filter(|_| !beside.contains(&small(row))) {
            (known, is_written) = (text.into_owned(), column.is_written(row));
        }
        texts.push(known.as_bytes());
        written.push(is_written);
    }
    Column::Cells { texts, written }
}
