//! Looks at the files of an unknown layout: what their columns are called, and what stands in them.

use super::HistoryError;
use super::column::{Batch, Column};
use super::formats::Format;
use super::how::How;
use super::json;
use super::open::{self, Place};
use super::prepare::Prepared;
use super::totals::says_total;
use super::values::{self, Divides, Says};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// Different values of a column that are kept.
const KEPT: usize = 12;

/// A file as far as it was looked at.
#[derive(Default)]
pub(super) struct Seen {
    pub place: Place,
    pub rows: u64,
    pub columns: Vec<Facts>,
    pub notes: Vec<String>,
    /// Lists of objects in the records of a JSON file.
    pub lists: Vec<String>,
    /// Whether its numbers are those of a program.
    pub json: bool,
}

/// What stands in a column.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub name: String,
    pub filled: u64,
    /// Some values, the least of them.
    pub values: BTreeSet<String>,
    pub more_values: bool,
    pub numbers: u64,
    pub dates: u64,
    pub clocks: u64,
    /// Values that leave no doubt, with an example.
    pub comma: Evidence,
    pub point: Evidence,
    pub day_first: Evidence,
    pub month_first: Evidence,
    /// Values that could be read both ways.
    pub either_number: Evidence,
    pub either_date: Evidence,
    pub year_first: Evidence,
    /// What divides day, month and year.
    pub divider: Option<char>,
    pub negative: u64,
    /// Numbers that are not whole, and those that are days without signs: `20250104`.
    pub fractions: u64,
    pub compact: u64,
    /// Whether a value stands in two rows one after the other.
    pub repeats: bool,
}

/// How many values say something, and the least of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Evidence {
    pub count: u64,
    pub example: String,
}

impl Evidence {
    fn add(&mut self, value: &str) {
        self.count += 1;
        if self.example.is_empty() || value < self.example.as_str() {
            value.clone_into(&mut self.example);
        }
    }

    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        if self.example.is_empty() || !other.example.is_empty() && other.example < self.example {
            self.example.clone_from(&other.example);
        }
    }
}

/// Looks at a file or the files of a folder, all of their rows.
pub(super) fn file(path: &Path, encoding: Option<&str>) -> Result<Vec<Seen>, HistoryError> {
    let found = match open::standard_input(path) {
        Some(place) => vec![place?],
        None => {
            let name = path.to_string_lossy().into_owned();
            open::find(&name, Path::new(""), true).map_err(|message| Place::new(name.clone(), path.to_path_buf()).error(message))?
        }
    };
    let mut all = Vec::new();
    for place in found {
        for place in tables(open::resolve(place)?)? {
            all.push(unwrapped(place, encoding)?);
        }
    }
    Ok(all)
}

/// A place for each table of a database.
fn tables(place: Place) -> Result<Vec<Place>, HistoryError> {
    #[cfg(feature = "sqlite")]
    if open::content(&place)? == Format::Sqlite && place.held.is_none() {
        let tables = super::sqlite::tables(&place)?;
        let one = |table: String| Place { how: Arc::new(How { table: Some(table), ..How::default() }), ..place.clone() };
        if tables.len() > 1 {
            return Ok(tables.into_iter().map(one).collect());
        }
    }
    Ok(vec![place])
}

/// Lists in a record that hold its lines: the only one, or that whose name says so.
fn lines_of(lists: &[String]) -> Option<&String> {
    const LINES: [&str; 14] = [
        "lineitems",
        "items",
        "lines",
        "positions",
        "positionen",
        "products",
        "orderitems",
        "orderlines",
        "goods",
        "details",
        "articles",
        "позиции",
        "товары",
        "商品",
    ];
    let last = |list: &&String| LINES.contains(&super::names::plain(list.rsplit('.').next().unwrap_or_default()).as_str());
    match lists {
        [only] => Some(only),
        several => several.iter().find(last),
    }
}

/// Looks at a file; the records in the only list of a JSON object, and the lines in the only list of its records.
fn unwrapped(mut place: Place, encoding: Option<&str>) -> Result<Seen, HistoryError> {
    if open::content(&place)? == Format::Json {
        let records = json::only_list(&place);
        // One order with its lines is a record, not a wrapping.
        if records.is_some() {
            place.how = Arc::new(How { records, ..How::default() });
        }
    }
    let seen = one(place, encoding)?;
    let Some(lines) = lines_of(&seen.lists) else { return Ok(seen) };
    let how = How { lines: Some(lines.clone()), ..(*seen.place.how).clone() };
    let others = seen.lists.iter().filter(|list| *list != lines).cloned().collect();
    Ok(Seen { lists: others, ..one(Place { how: Arc::new(how), ..seen.place }, encoding)? })
}

fn one(place: Place, encoding: Option<&str>) -> Result<Seen, HistoryError> {
    let mut table = Prepared::open(&place, encoding)?;
    let header: Vec<String> = table.header().to_vec();
    let (notes, lists, json) = (table.notes(), table.lists(), table.is_json());
    let all: Vec<usize> = (0..header.len()).collect();
    let work = |batch: Batch<'_>| {
        let total = |row: usize| {
            let first = batch.columns.iter().find_map(|column| column.text(row));
            first.is_some_and(|text| says_total(&text))
        };
        let data: Vec<usize> = (0..batch.rows).filter(|row| batch.is_data(*row) && !total(*row)).collect();
        Ok((data.len(), batch.columns.iter().map(|column| facts(column, &data)).collect::<Vec<_>>()))
    };
    let mut columns: Vec<Facts> = header.iter().map(|name| Facts { name: name.clone(), ..Facts::default() }).collect();
    let mut rows = 0;
    for (more, found) in table.read(&all, &work)? {
        rows += u64::try_from(more).unwrap_or(0);
        for (column, found) in columns.iter_mut().zip(found) {
            column.merge(found);
        }
    }
    drop(table);
    Ok(Seen { place, rows, columns, notes, lists, json })
}

impl Facts {
    pub fn merge(&mut self, other: Self) {
        self.filled += other.filled;
        self.numbers += other.numbers;
        self.dates += other.dates;
        self.clocks += other.clocks;
        self.negative += other.negative;
        self.fractions += other.fractions;
        self.compact += other.compact;
        self.repeats |= other.repeats;
        self.more_values |= other.more_values;
        self.divider = self.divider.or(other.divider);
        for (mine, theirs) in [
            (&mut self.comma, &other.comma),
            (&mut self.point, &other.point),
            (&mut self.day_first, &other.day_first),
            (&mut self.month_first, &other.month_first),
            (&mut self.either_number, &other.either_number),
            (&mut self.either_date, &other.either_date),
            (&mut self.year_first, &other.year_first),
        ] {
            mine.merge(theirs);
        }
        self.values.extend(other.values);
        while self.values.len() > KEPT {
            self.values.pop_last();
            self.more_values = true;
        }
    }

    fn add(&mut self, value: &str, written: bool) {
        self.filled += 1;
        if self.values.len() < KEPT || self.values.last().is_some_and(|last| value < last.as_str()) {
            self.values.insert(value.to_owned());
            if self.values.len() > KEPT {
                self.values.pop_last();
                self.more_values = true;
            }
        } else if !self.values.contains(value) {
            self.more_values = true;
        }
        match number(value) {
            Some(sign) => {
                self.numbers += 1;
                self.fractions += u64::from(value.contains([',', '.']));
                self.compact += u64::from(value.len() == 8 && values::says(value) == Says::Nothing);
                self.negative += u64::from(value.starts_with(['-', '−', '(']) || value.ends_with('-'));
                match sign {
                    _ if !written => {}
                    Mark::Comma => self.comma.add(value),
                    Mark::Point => self.point.add(value),
                    Mark::Either => self.either_number.add(value),
                    Mark::None => {}
                }
            }
            None => self.moment(value),
        }
    }

    fn moment(&mut self, value: &str) {
        if clock(value) {
            self.clocks += 1;
        }
        let Some((first, second, divider)) = date(value) else {
            // Month names, days without signs.
            if !matches!(values::says(value), Says::NotATime | Says::Epoch(_) | Says::Serial) {
                self.dates += 1;
                self.year_first.add(value);
            }
            return;
        };
        self.dates += 1;
        self.divider = self.divider.or(Some(divider));
        match (first, second) {
            (1000.., _) => self.year_first.add(value),
            (13..=31, 1..=12) => self.day_first.add(value),
            (1..=12, 13..=31) => self.month_first.add(value),
            _ => self.either_date.add(value),
        }
    }

    /// Whether nearly all values are of a kind.
    pub fn mostly(&self, count: u64) -> bool {
        self.filled > 0 && count.saturating_mul(10) >= self.filled.saturating_mul(9)
    }

    /// Some values, to be shown.
    pub fn shown(&self) -> String {
        let some: Vec<String> = self.values.iter().take(3).map(|value| super::rejects::printable(value)).collect();
        some.join(", ")
    }
}

fn facts(column: &Column<'_>, rows: &[usize]) -> Facts {
    let mut facts = Facts::default();
    let mut before = String::new();
    for row in rows.iter().copied() {
        let Some(value) = column.text(row) else { continue };
        let value = value.trim();
        if value.is_empty() {
            continue;
        }
        facts.repeats |= value == before;
        value.clone_into(&mut before);
        facts.add(value, column.is_written(row));
    }
    facts
}

/// What divides the decimals of a number.
enum Mark {
    Comma,
    Point,
    /// Three digits behind a lone sign: thousands or decimals.
    Either,
    None,
}

/// Whether a text is an amount or a number, and what divides its decimals.
fn number(text: &str) -> Option<Mark> {
    if !values::is_number(text) {
        return None;
    }
    match values::divides(text) {
        Divides::Comma => Some(Mark::Comma),
        Divides::Point => Some(Mark::Point),
        Divides::Either => Some(Mark::Either),
        Divides::Nothing => Some(Mark::None),
        Divides::NotANumber => None,
    }
}

/// Whether a text is a number.
pub(super) fn is_number(text: &str) -> bool {
    number(text).is_some()
}

fn clock(text: &str) -> bool {
    let text = text.trim_start_matches(['上', '下', '午']);
    let text = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic() || letter == ' ');
    let parts: Vec<&str> = text.split(':').collect();
    (2..=3).contains(&parts.len())
        && parts.iter().all(|part| !part.is_empty() && part.len() <= 6 && part.chars().all(|l| l.is_ascii_digit() || l == '.'))
}

/// The first two numbers of a date, and what divides them.
fn date(text: &str) -> Option<(u32, u32, char)> {
    let day = text.split(['T', ' ']).next()?;
    let divider = day.chars().find(|letter| !letter.is_ascii_digit())?;
    let (divider, day) = match divider {
        '-' | '/' | '.' => (divider, day.trim_end_matches('.').to_owned()),
        '年' => ('-', day.replace(['年', '月'], "-").trim_end_matches('日').to_owned()),
        _ => return None,
    };
    let parts: Vec<u32> = day.split(divider).map(|part| part.parse().ok()).collect::<Option<_>>()?;
    match parts.as_slice() {
        [first, second, third] if *first >= 1000 && *second <= 12 && *third <= 31 => Some((*first, *second, divider)),
        [first, second, third] if *first <= 31 && *second <= 31 && (*third >= 1000 || *third < 100) => Some((*first, *second, divider)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_numbers() {
        let mark = |text: &str| match number(text) {
            None => "none",
            Some(Mark::Comma) => ",",
            Some(Mark::Point) => ".",
            Some(Mark::Either) => "?",
            Some(Mark::None) => "whole",
        };
        for (text, wanted) in [
            ("12,50", ","),
            ("1.234,50 €", ","),
            ("1 234,50", ","),
            ("$1,234.50", "."),
            ("(10.00)", "."),
            ("1,234", "?"),
            ("1.234", "?"),
            ("0,125", ","),
            ("1.234.567", ","),
            ("1,234,567", "."),
            ("24.12.2024", "none"),
            ("2024-12-24", "none"),
            ("4711", "whole"),
            ("12.50 USD", "."),
            ("1.200,00-", ","),
            ("1,23,456.50", "."),
            ("12,34,567", "."),
            ("Rs. 12.50", "."),
            ("R$ 12,50", ","),
            ("−12,50", ","),
            ("TEA-9", "none"),
            ("12-50", "none"),
            ("L1", "none"),
            ("", "none"),
        ] {
            assert_eq!(mark(text), wanted, "{text}");
        }
    }

    #[test]
    fn dates_and_clocks() {
        assert_eq!(date("24.12.2024 14:30"), Some((24, 12, '.')));
        assert_eq!(date("12/31/2024"), Some((12, 31, '/')));
        assert_eq!(date("2025-01-05T10:00:00Z"), Some((2025, 1, '-')));
        assert_eq!(date("2025年1月5日"), Some((2025, 1, '-')));
        assert_eq!(date("12.50"), None);
        assert!(clock("14:03:11") && clock("9:05 AM") && !clock("2025-01-05") && !clock("14"));
    }
}
