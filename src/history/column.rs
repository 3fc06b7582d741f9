//! A stretch of a file as columns, however the file keeps them, and their conversion to values.

use super::convert::{self, Clock, Converted, Style};
use super::keys::{Keys, NONE, Strings, small};
use super::model::{NO_TEXT, TextCode};
use super::reason;
use super::rejects::Tally;
use super::rows::Dict;
use super::values::{Numbers, Times};
use crate::value::{DateTime, Decimal};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, TimeUnit};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Some rows of a file.
#[derive(Debug, Default)]
pub(super) struct Batch<'a> {
    /// The number of the first row, counted from 1 with the header line.
    pub first_row: u64,
    pub rows: usize,
    pub columns: Vec<Column<'a>>,
    /// Rows whose fields do not fit the header.
    pub ragged: Vec<u32>,
    /// Lines without anything: they have a number, but are not rows.
    pub blank: Vec<u32>,
    /// Rows that are no data: headers that come again, rules.
    pub beside: Vec<u32>,
    /// Words that stand where nothing is known, and how often.
    pub unknown: BTreeMap<&'static str, u64>,
}

impl Batch<'_> {
    /// Whether a row is one of data: not blank, no rule, and with as many fields as the header.
    pub fn is_data(&self, row: usize) -> bool {
        let row = small(row);
        self.ragged.binary_search(&row).is_err() && self.blank.binary_search(&row).is_err() && !self.beside.contains(&row)
    }
}

/// A column of a batch.
#[derive(Debug)]
pub(super) enum Column<'a> {
    /// Texts of a CSV file.
    Spans { bytes: &'a [u8], spans: Vec<(u32, u32)> },
    /// Values of a Parquet file.
    Array(ArrayRef),
    /// Texts of a workbook, a database or JSON, and which of them somebody wrote; the others are exact as a machine has
    /// them.
    Cells { texts: Strings, written: Vec<bool> },
}

/// Rows that cannot be used; each is counted once, for the first thing that is wrong with it.
#[derive(Debug)]
pub(super) struct Screen {
    gone: Vec<bool>,
    any: bool,
    first_row: u64,
    /// Rows that are counted, and why; their money is not known yet.
    counted: Vec<(u32, &'static str)>,
    pub tally: Tally,
}

impl Screen {
    pub fn new(batch: &Batch<'_>) -> Self {
        let mut screen = Self { gone: Vec::new(), any: false, first_row: batch.first_row, counted: Vec::new(), tally: Tally::default() };
        screen.tally.read =
            u64::try_from(batch.rows.saturating_sub(batch.blank.len()).saturating_sub(batch.beside.len())).unwrap_or(u64::MAX);
        for row in batch.blank.iter().chain(&batch.beside) {
            screen.drop_row(super::keys::ix(*row));
        }
        screen.tally.beside = u64::try_from(batch.beside.len()).unwrap_or(u64::MAX);
        screen.tally.unknown.clone_from(&batch.unknown);
        for row in &batch.ragged {
            screen.reject(super::keys::ix(*row), reason::RAGGED, "", "");
        }
        screen
    }

    pub fn reject(&mut self, row: usize, reason: &'static str, column: &str, value: &str) {
        if self.gone(row) {
            return;
        }
        self.tally.reject(reason, self.row(row), column, value);
        self.counted.push((small(row), reason));
        self.drop_row(row);
    }

    /// Leaves a row out because the mapping says so.
    pub fn leave(&mut self, row: usize, reason: &'static str, column: &str, value: &str) {
        if self.gone(row) {
            return;
        }
        self.tally.leave(reason, self.row(row), column, value);
        self.counted.push((small(row), reason));
        self.drop_row(row);
    }

    /// Adds the money of the rows that are not used.
    pub fn settle(&mut self, money: impl Fn(usize) -> Option<i64>) {
        for (row, reason) in std::mem::take(&mut self.counted) {
            if let Some(amount) = money(super::keys::ix(row)).filter(|amount| *amount != NONE && *amount != 0) {
                self.tally.money(reason, amount);
            }
        }
    }

    /// Leaves a row out that is counted elsewhere.
    pub fn drop_row(&mut self, row: usize) {
        if self.gone.len() <= row {
            self.gone.resize(row + 1, false);
        }
        if let Some(gone) = self.gone.get_mut(row) {
            *gone = true;
        }
        self.any = true;
    }

    pub fn gone(&self, row: usize) -> bool {
        self.gone.get(row).copied().unwrap_or(false)
    }

    /// The file's number of a row.
    pub fn row(&self, row: usize) -> u64 {
        self.first_row.saturating_add(u64::try_from(row).unwrap_or(u64::MAX))
    }

    /// Looks at a written number, before it is known how to read it.
    pub fn look_at_number(&mut self, row: usize, column: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.tally.evidence.number(column, self.first_row.saturating_add(u64::try_from(row).unwrap_or(u64::MAX)), text);
        }
    }

    /// Looks at a written time.
    pub fn look_at_time(&mut self, row: usize, column: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.tally.evidence.time(column, self.first_row.saturating_add(u64::try_from(row).unwrap_or(u64::MAX)), text);
        }
    }

    /// The rows that stay, unless all do.
    pub fn staying(&self, rows: usize) -> Option<Vec<u32>> {
        self.any.then(|| (0..small(rows)).filter(|row| !self.gone(super::keys::ix(*row))).collect())
    }
}

/// Whether values of a type can be read.
pub(super) fn readable(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, values) => readable(values),
        kind => {
            kind.is_integer()
                || matches!(
                    kind,
                    DataType::Utf8
                        | DataType::LargeUtf8
                        | DataType::Utf8View
                        | DataType::Boolean
                        | DataType::Float32
                        | DataType::Float64
                        | DataType::Decimal128(_, _)
                        | DataType::Date32
                        | DataType::Date64
                        | DataType::Timestamp(_, _)
                        | DataType::Time32(_)
                        | DataType::Time64(_)
                        | DataType::Decimal256(_, _)
                        | DataType::Binary
                        | DataType::LargeBinary
                        | DataType::BinaryView
                        | DataType::Null
                )
        }
    }
}

/// Whether values of a type are texts that someone wrote.
fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, values) => is_text(values),
        // Old writers say of texts only that they are bytes.
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => true,
        kind => matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View),
    }
}

/// Whether values of a type are binary floats.
pub(super) fn is_float(kind: &DataType) -> bool {
    matches!(kind, DataType::Float32 | DataType::Float64)
}

impl Default for Column<'_> {
    fn default() -> Self {
        Self::Cells { texts: Strings::default(), written: Vec::new() }
    }
}

impl Column<'_> {
    fn span(&self, row: usize) -> &[u8] {
        match self {
            Self::Spans { bytes, spans } => {
                let (from, to) = spans.get(row).copied().unwrap_or_default();
                bytes.get(super::keys::ix(from)..super::keys::ix(to)).unwrap_or_default()
            }
            Self::Array(_) | Self::Cells { .. } => &[],
        }
    }

    /// The value as the text that a CSV file would hold; nothing where it is missing.
    pub fn text(&self, row: usize) -> Option<Cow<'_, str>> {
        let text = match self {
            Self::Spans { .. } => Cow::Borrowed(std::str::from_utf8(self.span(row)).unwrap_or_default()),
            Self::Array(array) => array_text(array.as_ref(), row)?,
            Self::Cells { texts, .. } => Cow::Borrowed(std::str::from_utf8(texts.get(row)).unwrap_or_default()),
        };
        (!text.is_empty()).then_some(text)
    }

    /// Whether its values have a type of their own: none of them is a text that somebody wrote, or a float that may be
    /// no number.
    pub fn is_typed(&self) -> bool {
        matches!(self, Self::Array(array) if !is_text(array.data_type()) && !is_float(array.data_type()))
    }

    /// The texts of which a dictionary column is made.
    pub fn words(&self) -> Option<impl Iterator<Item = Cow<'_, str>>> {
        let Self::Array(array) = self else { return None };
        let values = array.as_any_dictionary_opt()?.values();
        Some((0..values.len()).filter_map(|at| array_text(values.as_ref(), at)))
    }

    /// Whether a typed column has a value in a row.
    pub fn is_valid(&self, row: usize) -> bool {
        matches!(self, Self::Array(array) if array.is_valid(row))
    }

    /// Whether someone wrote a value as a text.
    pub fn is_written(&self, row: usize) -> bool {
        match self {
            Self::Spans { .. } => true,
            Self::Array(array) => is_text(array.data_type()),
            Self::Cells { written, .. } => written.get(row).copied().unwrap_or(false),
        }
    }

    pub fn own_text(&self, row: usize) -> String {
        self.text(row).map(Cow::into_owned).unwrap_or_default()
    }

    /// Ids.
    pub fn keys(&self, rows: usize) -> Keys {
        match self {
            Self::Spans { .. } => Keys::from_texts((0..rows).map(|row| whole_id(self.span(row)))),
            Self::Cells { texts, .. } => Keys::from_texts((0..rows).map(|row| whole_id(texts.get(row)))),
            Self::Array(array) => {
                let ints = match array.data_type() {
                    DataType::Int64 if array.null_count() == 0 => {
                        let values = array.as_primitive::<Int64Type>().values();
                        (!values.contains(&NONE)).then(|| values.to_vec())
                    }
                    DataType::Int64 => ints(array.as_primitive::<Int64Type>().iter()),
                    DataType::Int32 => ints(array.as_primitive::<Int32Type>().iter().map(|n| n.map(i64::from))),
                    _ => None,
                };
                if let Some(ints) = ints {
                    return Keys::Ints(ints);
                }
                let texts: Vec<Option<Cow<'_, str>>> = (0..rows).map(|row| self.text(row)).collect();
                Keys::from_texts(texts.iter().map(|text| whole_id(text.as_deref().unwrap_or_default().as_bytes())))
            }
        }
    }

    /// Instants; missing ones reject their rows, or are [`NONE`] where they may be left out.
    pub fn instants(
        &self,
        rows: usize,
        name: &str,
        style: Style<'_>,
        optional: bool,
        clock: &mut Clock<'_>,
        screen: &mut Screen,
    ) -> Vec<i64> {
        if let Self::Array(array) = self
            && let DataType::Timestamp(unit, zone) = array.data_type()
            && array.null_count() == 0
        {
            let values: &[i64] = match unit {
                TimeUnit::Second => array.as_primitive::<TimestampSecondType>().values(),
                TimeUnit::Millisecond => array.as_primitive::<TimestampMillisecondType>().values(),
                TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().values(),
                TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().values(),
            };
            let local = zone.is_none();
            let mut one = |(row, value): (usize, &i64)| match micros(*value, *unit) {
                Ok(micros) => {
                    if local {
                        clock.instant(micros)
                    } else {
                        micros
                    }
                }
                Err(reason) => {
                    screen.reject(row, reason, name, &self.own_text(row));
                    0
                }
            };
            return values.iter().enumerate().map(&mut one).collect();
        }
        if style.times == Times::Look {
            (0..rows).for_each(|row| screen.look_at_time(row, name, self.text(row).as_deref()));
            return vec![NONE; rows];
        }
        let mut one = |row: usize| {
            let converted = match self {
                Self::Spans { .. } if style.times == Times::Plain => {
                    let text = self.span(row);
                    if text.is_empty() { Err(reason::NO_TIME) } else { convert::instant(text, clock) }
                }
                _ => match self.text(row) {
                    None => Err(reason::NO_TIME),
                    Some(text) if style.times != Times::Plain => style.instant(&text, clock),
                    Some(text) => convert::instant(text.as_bytes(), clock),
                },
            };
            converted.unwrap_or_else(|reason| {
                if optional && reason == reason::NO_TIME {
                    return NONE;
                }
                screen.tally.unplain |= reason == reason::NOT_A_TIME && style.times == Times::Plain;
                screen.reject(row, reason, name, &self.own_text(row));
                0
            })
        };
        (0..rows).map(&mut one).collect()
    }

    /// Exact amounts in minor units, [`NONE`] where missing.
    pub fn money(&self, rows: usize, name: &str, decimals: u8, style: Style<'_>, screen: &mut Screen) -> Vec<i64> {
        let decimals = if style.cents { 0 } else { decimals };
        if style.numbers == Numbers::Look {
            self.look_at_numbers(rows, name, screen);
            return vec![NONE; rows];
        }
        let mut failed = |row: usize, reason: &'static str| {
            let unclear = matches!(reason, reason::NOT_A_NUMBER | reason::DECIMALS);
            screen.tally.unplain |= unclear && style.numbers == Numbers::Plain && self.is_written(row);
            screen.reject(row, reason, name, &self.own_text(row));
            0
        };
        match self {
            Self::Array(array) if array.null_count() == 0 && matches!(array.data_type(), DataType::Decimal128(_, _)) => {
                let DataType::Decimal128(_, scale) = array.data_type() else { return Vec::new() };
                let scale = u8::try_from(*scale).ok();
                let values = array.as_primitive::<Decimal128Type>().values();
                let one = |(row, value): (usize, &i128)| match (scale == Some(decimals)).then(|| i64::try_from(*value)) {
                    Some(Ok(minor)) if minor != NONE => minor,
                    _ => {
                        let exact = scale.ok_or(reason::TOO_LARGE).map(|scale| Decimal::new(*value, scale));
                        let exact = exact.and_then(|value| convert::exact_money(value, decimals));
                        exact.unwrap_or_else(|reason| failed(row, reason))
                    }
                };
                values.iter().enumerate().map(one).collect()
            }
            Self::Spans { .. } if style.numbers == Numbers::Plain && decimals < 3 => (0..rows)
                .map(|row| {
                    let text = self.span(row);
                    if text.is_empty() {
                        return NONE;
                    }
                    convert::money(text, decimals).unwrap_or_else(|reason| failed(row, reason))
                })
                .collect(),
            _ => {
                let mut noise = 0;
                let mut one = |row: usize| {
                    let Some(text) = self.text(row) else { return NONE };
                    let money = style.money(&text, decimals, self.is_written(row), &mut noise);
                    money.unwrap_or_else(|reason| failed(row, reason))
                };
                let list = (0..rows).map(&mut one).collect();
                screen.tally.noise += noise;
                list
            }
        }
    }

    /// Looks at what is written, before it is known how to read it.
    fn look_at_numbers(&self, rows: usize, name: &str, screen: &mut Screen) {
        for row in (0..rows).filter(|row| self.is_written(*row)) {
            screen.look_at_number(row, name, self.text(row).as_deref());
        }
    }

    /// Exact numbers.
    pub fn decimals(&self, rows: usize, name: &str, style: Style<'_>, screen: &mut Screen) -> Vec<Option<Decimal>> {
        if let Self::Array(array) = self
            && *array.data_type() == DataType::Int64
        {
            return array.as_primitive::<Int64Type>().iter().map(|n| n.map(Decimal::whole)).collect();
        }
        if style.numbers == Numbers::Look {
            self.look_at_numbers(rows, name, screen);
            return vec![None; rows];
        }
        let plain = style.numbers == Numbers::Plain;
        let one = |row: usize| {
            let text = self.text(row)?;
            let written = self.is_written(row);
            screen.tally.unplain |= plain && written && convert::has_three_behind(&text);
            match style.decimal(&text, written) {
                Ok(value) => Some(value),
                Err(reason) => {
                    screen.tally.unplain |= plain && written && reason == reason::NOT_A_NUMBER;
                    screen.reject(row, reason, name, &text);
                    None
                }
            }
        };
        (0..rows).map(one).collect()
    }

    /// Texts as codes of a dictionary.
    pub fn codes(&self, rows: usize, dict: &mut Dict) -> Vec<TextCode> {
        match self {
            Self::Spans { .. } => {
                let mut last: (&[u8], TextCode) = (&[], NO_TEXT);
                (0..rows)
                    .map(|row| {
                        let text = self.span(row);
                        if text != last.0 {
                            last = (text, dict.code(std::str::from_utf8(text).unwrap_or_default()));
                        }
                        last.1
                    })
                    .collect()
            }
            Self::Array(array) => {
                if let Some(dictionary) = array.as_any_dictionary_opt() {
                    let values = dictionary.values();
                    let codes: Vec<TextCode> =
                        (0..values.len()).map(|at| array_text(values.as_ref(), at).map_or(NO_TEXT, |text| dict.code(&text))).collect();
                    if values.is_empty() {
                        return vec![NO_TEXT; rows];
                    }
                    let keys = dictionary.normalized_keys();
                    if dictionary.null_count() == 0 {
                        return keys.iter().map(|key| codes.get(*key).copied().unwrap_or(NO_TEXT)).collect();
                    }
                    let valid = |row: usize| dictionary.is_valid(row);
                    let code = |(row, key): (usize, &usize)| {
                        if valid(row) { codes.get(*key).copied().unwrap_or(NO_TEXT) } else { NO_TEXT }
                    };
                    return keys.iter().enumerate().map(code).collect();
                }
                (0..rows).map(|row| self.text(row).map_or(NO_TEXT, |text| dict.code(&text))).collect()
            }
            Self::Cells { .. } => (0..rows).map(|row| self.text(row).map_or(NO_TEXT, |text| dict.code(&text))).collect(),
        }
    }
}

/// The id that a spreadsheet writes as `4711.0` is 4711.
pub(super) fn whole_id(text: &[u8]) -> &[u8] {
    match text.strip_suffix(b".0") {
        Some(whole) if !whole.is_empty() && whole.iter().all(u8::is_ascii_digit) => whole,
        _ => text,
    }
}

/// Whole numbers, unless one of them is the sign for a missing one.
fn ints(values: impl Iterator<Item = Option<i64>>) -> Option<Vec<i64>> {
    values.map(|n| if n == Some(NONE) { None } else { Some(n.unwrap_or(NONE)) }).collect()
}

/// Microseconds within the years that data may hold.
fn micros(value: i64, unit: TimeUnit) -> Converted<i64> {
    let micros = match unit {
        TimeUnit::Second => value.checked_mul(1_000_000),
        TimeUnit::Millisecond => value.checked_mul(1_000),
        TimeUnit::Microsecond => Some(value),
        TimeUnit::Nanosecond if value % 1_000 != 0 => return Err(reason::FINE_TIME),
        TimeUnit::Nanosecond => Some(value / 1_000),
    };
    let first = crate::value::Date::MIN.midnight().0;
    let last = crate::value::Date::MAX.midnight().0 + 86_400_000_000;
    micros.filter(|micros| (first..last).contains(micros)).ok_or(reason::NOT_A_TIME)
}

pub(super) fn array_text(array: &dyn Array, row: usize) -> Option<Cow<'_, str>> {
    if row >= array.len() || array.is_null(row) {
        return None;
    }
    macro_rules! number {
        ($kind:ty) => {
            Cow::Owned(array.as_primitive::<$kind>().value(row).to_string())
        };
    }
    Some(match array.data_type() {
        DataType::Utf8 => Cow::Borrowed(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => Cow::Borrowed(array.as_string::<i64>().value(row)),
        DataType::Utf8View => Cow::Borrowed(array.as_string_view().value(row)),
        DataType::Boolean => Cow::Borrowed(if array.as_boolean().value(row) { "true" } else { "false" }),
        DataType::Int8 => number!(Int8Type),
        DataType::Int16 => number!(Int16Type),
        DataType::Int32 => number!(Int32Type),
        DataType::Int64 => number!(Int64Type),
        DataType::UInt8 => number!(UInt8Type),
        DataType::UInt16 => number!(UInt16Type),
        DataType::UInt32 => number!(UInt32Type),
        DataType::UInt64 => number!(UInt64Type),
        // A missing number of a float column is often NaN; else the shortest decimal that reads back as the same float.
        DataType::Float32 if array.as_primitive::<Float32Type>().value(row).is_nan() => return None,
        DataType::Float64 if array.as_primitive::<Float64Type>().value(row).is_nan() => return None,
        DataType::Float32 => number!(Float32Type),
        DataType::Float64 => number!(Float64Type),
        DataType::Decimal128(_, scale) => {
            let mantissa = array.as_primitive::<Decimal128Type>().value(row);
            let text = match u8::try_from(*scale) {
                Ok(scale) => Decimal::new(mantissa, scale).to_string(),
                Err(_) => format!("{mantissa}{}", "0".repeat(usize::from(scale.unsigned_abs()))),
            };
            Cow::Owned(text)
        }
        DataType::Date32 => date_text(i64::from(array.as_primitive::<Date32Type>().value(row))),
        DataType::Date64 => date_text(array.as_primitive::<Date64Type>().value(row).div_euclid(86_400_000)),
        DataType::Timestamp(unit, zone) => {
            let value = match unit {
                TimeUnit::Second => array.as_primitive::<TimestampSecondType>().value(row),
                TimeUnit::Millisecond => array.as_primitive::<TimestampMillisecondType>().value(row),
                TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().value(row),
                TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().value(row),
            };
            timestamp_text(value, *unit, zone.is_some())
        }
        DataType::Binary => bytes_text(array.as_binary::<i32>().value(row)),
        DataType::LargeBinary => bytes_text(array.as_binary::<i64>().value(row)),
        DataType::BinaryView => bytes_text(array.as_binary_view().value(row)),
        DataType::Decimal256(_, _) => Cow::Owned(array.as_primitive::<Decimal256Type>().value_as_string(row)),
        DataType::Time32(TimeUnit::Second) => clock_text(i64::from(array.as_primitive::<Time32SecondType>().value(row)), 1),
        DataType::Time32(_) => clock_text(i64::from(array.as_primitive::<Time32MillisecondType>().value(row)), 1_000),
        DataType::Time64(TimeUnit::Microsecond) => clock_text(array.as_primitive::<Time64MicrosecondType>().value(row), 1_000_000),
        DataType::Time64(_) => clock_text(array.as_primitive::<Time64NanosecondType>().value(row), 1_000_000_000),
        DataType::Dictionary(_, _) => {
            let dictionary = array.as_any_dictionary_opt()?;
            let key = dictionary_key(dictionary.keys(), row)?;
            return array_text(dictionary.values().as_ref(), key).map(|text| Cow::Owned(text.into_owned()));
        }
        _ => return None,
    })
}

/// Which word of its dictionary a row has.
fn dictionary_key(keys: &dyn Array, row: usize) -> Option<usize> {
    macro_rules! key {
        ($kind:ty) => {
            usize::try_from(keys.as_primitive::<$kind>().value(row)).ok()
        };
    }
    match keys.data_type() {
        DataType::Int8 => key!(Int8Type),
        DataType::Int16 => key!(Int16Type),
        DataType::Int32 => key!(Int32Type),
        DataType::Int64 => key!(Int64Type),
        DataType::UInt8 => key!(UInt8Type),
        DataType::UInt16 => key!(UInt16Type),
        DataType::UInt32 => key!(UInt32Type),
        DataType::UInt64 => key!(UInt64Type),
        _ => None,
    }
}

fn bytes_text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// A time of day in units of which so many make a second.
fn clock_text<'a>(value: i64, units: i64) -> Cow<'a, str> {
    let seconds = value.div_euclid(units);
    let part = value.rem_euclid(units);
    let text = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    let digits = units.checked_ilog10().map_or(0, super::keys::ix);
    Cow::Owned(if part == 0 { text } else { format!("{text}.{part:0digits$}") })
}

fn date_text<'a>(days: i64) -> Cow<'a, str> {
    match i32::try_from(days).map(crate::value::Date) {
        Ok(date) if date >= crate::value::Date::MIN && date <= crate::value::Date::MAX => Cow::Owned(date.to_string()),
        _ => Cow::Owned(format!("day {days}")),
    }
}

fn timestamp_text<'a>(value: i64, unit: TimeUnit, zoned: bool) -> Cow<'a, str> {
    let suffix = if zoned { "Z" } else { "" };
    match micros(value, unit) {
        Ok(micros) => Cow::Owned(format!("{}{suffix}", DateTime(micros))),
        Err(reason) if reason == reason::FINE_TIME => {
            let whole = DateTime(value.div_euclid(1_000_000_000).saturating_mul(1_000_000));
            Cow::Owned(format!("{whole}.{:09}{suffix}", value.rem_euclid(1_000_000_000)))
        }
        Err(_) => Cow::Owned(format!("timestamp {value}")),
    }
}
