//! The YAML file of a history: small tables inline, or the files and columns of large ones. Scalars stay texts as they
//! are written, so that no amount passes through a float.

use super::conditions::{Condition, Test};
use super::how::{How, Joined, KEYS};
use super::model::Scale;
use super::openings;
use super::receipts::Rest;
use super::scalars::{Fields, Scalar, Texts, once};
use super::values::{Numbers, Order, Times};
use crate::value::Date;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Larger files are data and belong into CSV or Parquet.
pub(super) const LARGEST: u64 = 64 << 20;

/// Tables of a history.
pub(super) const TABLES: [&str; 7] = ["purchases", "items", "products", "customers", "returns", "events", "surveys"];
const SETTINGS: [&str; 14] = [
    "timezone",
    "opening",
    "encoding",
    "decimal",
    "dates",
    "amounts in",
    "negative amounts",
    "returned where",
    "the rest is",
    "no customer",
    "not used",
    "period",
    "control totals",
    "scale",
];
/// What a table says beside its files, its columns and how they are laid out.
const OF_TABLES: [&str; 10] =
    ["files", "columns", "scale", "use only", "cancelled where", "blank id", "amounts in", "no customer", "not used", "currency"];

/// The whole file.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub tables: BTreeMap<String, Table>,
    pub timezone: Option<String>,
    pub encoding: Option<String>,
    /// How all columns are written, where the mapping says so.
    pub decimal: Option<Numbers>,
    pub dates: Option<Times>,
    /// Whether the mapping says what a blank id is.
    pub blank_id_said: bool,
    /// Whether the mapping says what amounts count.
    pub amounts_said: bool,
    /// Tables whose amounts are counted in the smallest unit.
    pub cents: BTreeSet<&'static str>,
    pub negative_are_returns: bool,
    /// Which rows are returns: those of which one of these holds.
    pub returned_where: Vec<Condition>,
    /// Ids that stand for nobody.
    pub nobody: Vec<String>,
    /// Columns that change nothing, though they look as if they did.
    pub not_used: Vec<String>,
    /// Days beyond which no row is meant.
    pub period: Option<(Date, Date)>,
    /// What all rows come to, as another system says, in the words of the mapping.
    pub control: Vec<(String, String)>,
    /// What recorded amounts have that their lines have not.
    pub rest: Option<Rest>,
    /// Of the answers to surveys.
    pub scale: Scale,
    /// What members hold when the books are opened.
    pub opening: Option<Opening>,
}

/// Opening balances.
#[derive(Debug)]
pub(super) struct Opening {
    /// They stand at the beginning of this day.
    pub at: Date,
    pub tables: BTreeMap<&'static str, Table>,
}

/// A table: its records, or where they are.
#[expect(clippy::large_enum_variant, reason = "a mapping has a handful of tables")]
#[derive(Debug)]
pub(super) enum Table {
    Inline(Vec<Record>),
    Mapped(Section),
}

/// Files and renamed columns.
#[derive(Debug, Default)]
pub(super) struct Section {
    pub files: Vec<String>,
    /// Standard name or attribute, lower case, to the files' name.
    pub columns: BTreeMap<String, String>,
    /// How the rows are found in the files.
    pub how: How,
    /// Of answers to a survey.
    pub scale: Option<Scale>,
    /// Which rows are used: those of which all of these hold.
    pub use_only: Vec<Condition>,
    /// What was never bought: that of which one of these holds.
    pub cancelled: Vec<Condition>,
    pub nobody: Vec<String>,
    pub not_used: Vec<String>,
    /// Whether amounts are counted in the smallest unit.
    pub cents: Option<bool>,
    /// Whether a row without an id belongs to the row above.
    pub continues: Option<bool>,
}

/// An inline record.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// By name, lower case, as written.
    pub fields: BTreeMap<String, String>,
    pub attributes: Vec<(String, String)>,
    pub lists: BTreeMap<String, Vec<Record>>,
}

impl Section {
    /// Which column, or which columns together, a name stands for.
    fn column(&mut self, name: String, mut parts: Vec<String>) -> Result<(), String> {
        match (parts.len(), name.as_str()) {
            (0, _) => return Err(format!("\"{name}\" needs the name of a column")),
            (1, _) => {
                self.columns.insert(name, parts.remove(0));
            }
            (2 | 3, "at" | "refunded at" | "joined" | "born") | (_, "id" | "purchase" | "of" | "customer") => {
                let joined = Joined::new(&name, parts);
                self.columns.insert(name, joined.name.clone());
                self.how.joined.push(joined);
            }
            (_, "at" | "refunded at") => {
                return Err(format!("\"{name}\" takes a day, a time and a zone, such as {name}: [Date, Time, Time Zone]"));
            }
            _ => return Err(format!("\"{name}\" is one column, not several")),
        }
        Ok(())
    }
}

impl Document {
    /// All tables, those of the opening too.
    pub fn all_tables(&self) -> impl Iterator<Item = &Table> {
        self.tables.values().chain(self.opening.iter().flat_map(|opening| opening.tables.values()))
    }

    /// Reads the file's text.
    pub fn parse(text: &str) -> Result<Self, (Option<u64>, String)> {
        crate::yaml::bounded(text).map_err(|message| (None, message))?;
        serde_yaml::from_str(text).map_err(|error| {
            let row = error.location().and_then(|location| u64::try_from(location.line()).ok());
            let message = error.to_string();
            let message = match message.as_str() {
                m if m.contains("repetition limit") || m.contains("recursion limit") => {
                    "the file repeats or nests itself too often; write the records out".to_owned()
                }
                m => in_words(m.split(" at line ").next().unwrap_or(m)),
            };
            (row, message)
        })
    }
}

/// What the reader of YAML says, in words for people.
fn in_words(message: &str) -> String {
    const WORDS: [(&str, &str); 5] = [
        (
            "did not find expected",
            "this cannot be read as names with values: a bracket, a quote or a comma is missing here or above, or a line is indented otherwise than those beside it",
        ),
        (
            "cannot start any token",
            "a tab, or a sign such as @ or %, stands where a word should: indent with blanks, and put names with signs in quotes",
        ),
        (
            "mapping values are not allowed",
            "a colon too many, or too few blanks: write name: value with a blank behind the colon, here and in the line above, and put names with a colon in quotes",
        ),
        ("could not find expected ':'", "a colon is missing here or in the line above: write name: value"),
        ("found unexpected end of stream", "a quote is opened and never closed"),
    ];
    if let Some((_, words)) = WORDS.iter().find(|(said, _)| message.contains(said)) {
        return (*words).to_owned();
    }
    let Some((front, wanted)) = message.split_once(", expected ") else { return message.to_owned() };
    let (before, what) = front.split_once("invalid type: ").unwrap_or((front, ""));
    let what = what.trim_start_matches("string ").replace("sequence", "a list").replace("map", "names with values");
    match wanted {
        "names with values" => format!("{before}names with values should stand here, such as {{ NAME: VALUE }}, and not {what}"),
        _ if front.contains("invalid type") => format!("{before}here should stand {wanted}, and not {what}"),
        _ => message.to_owned(),
    }
}

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map;
        impl<'de> Visitor<'de> for Map {
            type Value = Record;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a record with names and values")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Record, A::Error> {
                let mut record = Record::default();
                while let Some(key) = map.next_key::<String>()? {
                    let name = key.to_lowercase();
                    once(record.fields.contains_key(&name) || record.lists.contains_key(&name), &key)?;
                    match name.as_str() {
                        "purchases" | "items" | "returns" | "events" | "surveys" => {
                            let list: Option<Vec<Record>> = map.next_value()?;
                            record.lists.insert(name, list.unwrap_or_default());
                        }
                        "attributes" => {
                            let Fields::<Scalar>(all) = map.next_value()?;
                            let present = all.into_iter().filter_map(|(name, value)| Some((name, value.0?)));
                            record.attributes.extend(present);
                        }
                        _ => {
                            let Scalar(value) = map.next_value()?;
                            record.fields.insert(name, value.unwrap_or_default());
                        }
                    }
                }
                Ok(record)
            }
        }
        deserializer.deserialize_map(Map)
    }
}

impl<'de> Deserialize<'de> for Table {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Table;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of records, or files and columns such as { files: sales.csv }")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Table, E> {
                Ok(Table::Mapped(Section { files: vec![text.to_owned()], ..Section::default() }))
            }
            fn visit_unit<E: Error>(self) -> Result<Table, E> {
                Ok(Table::Inline(Vec::new()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Table, A::Error> {
                let mut all = Vec::new();
                while let Some(record) = seq.next_element::<Record>()? {
                    all.push(record);
                }
                Ok(Table::Inline(all))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Table, A::Error> {
                let mut section = Section::default();
                while let Some(key) = map.next_key::<String>()? {
                    match key.to_lowercase().as_str() {
                        "files" | "file" => {
                            once(!section.files.is_empty(), &key)?;
                            section.files = map.next_value::<Texts>()?.0;
                        }
                        "columns" => {
                            let Fields::<Texts>(all) = map.next_value()?;
                            for (name, column) in all {
                                let name = name.to_lowercase();
                                once(section.columns.contains_key(&name), &name)?;
                                section.column(name, column.0).map_err(A::Error::custom)?;
                            }
                        }
                        name if KEYS.contains(&name) => {
                            let value = map.next_value::<Scalar>()?.0;
                            section.how.set(name, value).map_err(A::Error::custom)?;
                        }
                        "scale" => {
                            let words = map.next_value::<Scalar>()?.0.unwrap_or_default();
                            section.scale = Some(scale(&words).map_err(A::Error::custom)?);
                        }
                        "use only" => section.use_only = conditions(map.next_value()?).map_err(A::Error::custom)?,
                        "cancelled where" => section.cancelled = conditions(map.next_value()?).map_err(A::Error::custom)?,
                        "no customer" => section.nobody = map.next_value::<Texts>()?.0,
                        "not used" => section.not_used = map.next_value::<Texts>()?.0,
                        "amounts in" => {
                            let words = map.next_value::<Scalar>()?.0.unwrap_or_default();
                            section.cents = Some(cents(&words).map_err(A::Error::custom)?);
                        }
                        "blank id" => {
                            let words = map.next_value::<Scalar>()?.0.unwrap_or_default();
                            section.continues = Some(continues(&words).map_err(A::Error::custom)?);
                        }
                        "currency" => {
                            let column = map.next_value::<Texts>()?.0;
                            section.column("currency".to_owned(), column).map_err(A::Error::custom)?;
                        }
                        _ => return Err(A::Error::custom(unknown_in_table(&key))),
                    }
                }
                if section.files.is_empty() {
                    return Err(A::Error::custom("a table needs files, such as files: sales.csv"));
                }
                if section.continues == Some(true) {
                    let id = ["id", "purchase"].iter().find_map(|name| section.columns.get(*name)).cloned();
                    section.how.continues = Some(id.unwrap_or_else(|| "id".to_owned()));
                }
                Ok(Table::Mapped(section))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

impl<'de> Deserialize<'de> for Opening {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map;
        impl<'de> Visitor<'de> for Map {
            type Value = Opening;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the day and what members hold then, such as { at: 2025-01-01, balances: balances.csv }")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Opening, A::Error> {
                let (mut at, mut tables) = (None, BTreeMap::new());
                while let Some(key) = map.next_key::<String>()? {
                    let name = key.to_lowercase();
                    if name == "at" {
                        once(at.is_some(), &key)?;
                        let text = map.next_value::<Scalar>()?.0.unwrap_or_default();
                        let day = Date::parse(&text);
                        at = Some(
                            day.ok_or_else(|| A::Error::custom(format!("an opening is at a day such as 2025-01-01, not \"{text}\"")))?,
                        );
                        continue;
                    }
                    let Some(table) = openings::TABLES.into_iter().find(|table| *table == name) else {
                        let near = crate::diagnostic::nearest(&name, openings::TABLES.into_iter().chain(["at"]));
                        let near = near.map_or_else(String::new, |near| format!("; perhaps \"{near}\" is meant"));
                        let message = format!("an opening has at, balances, tiers and counts, but nothing called \"{key}\"{near}");
                        return Err(A::Error::custom(message));
                    };
                    once(tables.contains_key(table), &key)?;
                    tables.insert(table, map.next_value()?);
                }
                let at = at.ok_or_else(|| A::Error::custom("an opening needs its day, such as at: 2025-01-01"))?;
                Ok(Opening { at, tables })
            }
        }
        deserializer.deserialize_map(Map)
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map;
        impl<'de> Visitor<'de> for Map {
            type Value = Document;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a history: customers with their purchases, or tables with files and columns")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document, A::Error> {
                let mut document = Document::default();
                let mut seen: Vec<String> = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    let name = key.to_lowercase();
                    once(seen.contains(&name), &key)?;
                    match name.as_str() {
                        "timezone" => document.timezone = map.next_value::<Scalar>()?.0,
                        "decimal" => {
                            let words = map.next_value::<Scalar>()?.0.unwrap_or_default();
                            document.decimal = Some(decimal(&words).map_err(A::Error::custom)?);
                        }
                        "dates" => {
                            let words = map.next_value::<Scalar>()?.0.unwrap_or_default();
                            document.dates = Some(dates(&words).map_err(A::Error::custom)?);
                        }
                        "encoding" => document.encoding = map.next_value::<Scalar>()?.0,
                        "negative amounts" => {
                            let words = map.next_value::<Scalar>()?.0.unwrap_or_default();
                            document.negative_are_returns = negative(&words).map_err(A::Error::custom)?;
                        }
                        "the rest is" => {
                            let words = map.next_value::<Scalar>()?.0.unwrap_or_default();
                            document.rest = Some(rest(&words).map_err(A::Error::custom)?);
                        }
                        "returned when" => {
                            let Fields::<Scalar>(all) = map.next_value()?;
                            document.returned_where = vec![returned_when(all).map_err(A::Error::custom)?];
                        }
                        "returned where" => document.returned_where = conditions(map.next_value()?).map_err(A::Error::custom)?,
                        "no customer" => document.nobody = map.next_value::<Texts>()?.0,
                        "not used" => document.not_used = map.next_value::<Texts>()?.0,
                        "amounts in" => {
                            let words = map.next_value::<Scalar>()?.0.unwrap_or_default();
                            document.amounts_said = true;
                            if cents(&words).map_err(A::Error::custom)? {
                                document.cents.extend(TABLES);
                            }
                        }
                        "period" => {
                            let Fields::<Scalar>(all) = map.next_value()?;
                            document.period = Some(period(all).map_err(A::Error::custom)?);
                        }
                        "control totals" => {
                            let Fields::<Scalar>(all) = map.next_value()?;
                            document.control = control(all).map_err(A::Error::custom)?;
                        }
                        "scale" => {
                            let words = map.next_value::<Scalar>()?.0.unwrap_or_default();
                            document.scale = scale(&words).map_err(A::Error::custom)?;
                        }
                        "opening" => document.opening = Some(map.next_value()?),
                        table if openings::TABLES.contains(&table) => {
                            let message = format!("\"{key}\" belongs to an opening: write opening: {{ at: 2025-01-01, {table}: … }}");
                            return Err(A::Error::custom(message));
                        }
                        table if TABLES.contains(&table) => {
                            let value: Table = map.next_value()?;
                            if let Table::Mapped(section) = &value {
                                document.scale = section.scale.unwrap_or(document.scale);
                                document.nobody.extend(section.nobody.iter().cloned());
                                document.not_used.extend(section.not_used.iter().cloned());
                                document.blank_id_said |= section.continues.is_some();
                                document.amounts_said |= section.cents.is_some();
                                document.cents.extend(TABLES.iter().filter(|known| section.cents == Some(true) && **known == table));
                            }
                            document.tables.insert(name.clone(), value);
                        }
                        _ => return Err(A::Error::custom(unknown(&key))),
                    }
                    seen.push(name);
                }
                Ok(document)
            }
        }
        deserializer.deserialize_map(Map)
    }
}

fn decimal(words: &str) -> Result<Numbers, String> {
    match words.trim().to_lowercase().as_str() {
        "comma" => Ok(Numbers::Comma),
        "point" => Ok(Numbers::Point),
        _ => Err(format!("decimal is comma or point, not \"{words}\"")),
    }
}

fn dates(words: &str) -> Result<Times, String> {
    match words.trim().to_lowercase().as_str() {
        "day.month.year" | "day/month/year" | "day-month-year" => Ok(Times::Days(Some(Order::DayFirst))),
        "month/day/year" | "month-day-year" => Ok(Times::Days(Some(Order::MonthFirst))),
        "year-month-day" | "year/month/day" | "year.month.day" => Ok(Times::Days(None)),
        "excel numbers" => Ok(Times::Serial),
        _ => Err(format!("dates are day.month.year, day/month/year, month/day/year, year-month-day or Excel numbers, not \"{words}\"")),
    }
}

fn negative(words: &str) -> Result<bool, String> {
    match words.trim().to_lowercase().as_str() {
        "are returns" => Ok(true),
        "are errors" => Ok(false),
        _ => Err(format!("negative amounts are returns or are errors, not \"{words}\"")),
    }
}

fn scale(words: &str) -> Result<Scale, String> {
    match words.trim().to_lowercase().as_str() {
        "0 to 10" => Ok(Scale::ZeroToTen),
        "1 to 10" => Ok(Scale::OneToTen),
        _ => Err(format!("scale is 0 to 10 or 1 to 10, not \"{words}\"")),
    }
}

fn rest(words: &str) -> Result<Rest, String> {
    match words.trim().to_lowercase().as_str() {
        "shared over lines" => Ok(Rest::Shared),
        "tax" => Ok(Rest::Tax),
        "shipping" => Ok(Rest::Shipping),
        "tips" => Ok(Rest::Tips),
        _ => Err(format!("the rest is shared over lines, tax, shipping or tips, not \"{words}\"")),
    }
}

fn conditions(Fields(all): Fields<Texts>) -> Result<Vec<Condition>, String> {
    if all.is_empty() {
        return Err("write which column must be what, such as { Status: [paid, shipped] }".to_owned());
    }
    all.into_iter().map(|(column, Texts(values))| Condition::parse(column, values)).collect()
}

fn cents(words: &str) -> Result<bool, String> {
    match words.trim().to_lowercase().as_str() {
        "cents" | "minor units" => Ok(true),
        "whole units" | "units" => Ok(false),
        _ => Err(format!("amounts are in cents or in whole units, not in \"{words}\"")),
    }
}

fn continues(words: &str) -> Result<bool, String> {
    match words.trim().to_lowercase().as_str() {
        "continues the row above" => Ok(true),
        "is an error" => Ok(false),
        _ => Err(format!("write: blank id: continues the row above, or: blank id: is an error, not \"{words}\"")),
    }
}

fn period(all: Vec<(String, Scalar)>) -> Result<(Date, Date), String> {
    let (mut from, mut to) = (Date::MIN, Date::MAX);
    for (key, value) in all {
        let text = value.0.unwrap_or_default();
        let day = || Date::parse(&text).ok_or_else(|| format!("a period goes from one day to another, such as 2024-01-01, not \"{text}\""));
        match key.to_lowercase().as_str() {
            "from" => from = day()?,
            "to" | "until" => to = day()?,
            _ => return Err(format!("a period has from and to, but nothing called \"{key}\"")),
        }
    }
    if from > to {
        return Err("the period ends before it begins".to_owned());
    }
    Ok((from, to))
}

fn control(all: Vec<(String, Scalar)>) -> Result<Vec<(String, String)>, String> {
    const KNOWN: [&str; 4] = ["rows", "purchases", "customers", "revenue"];
    let one = |(key, value): (String, Scalar)| {
        let name = key.to_lowercase();
        if !KNOWN.contains(&name.as_str()) {
            let near = crate::diagnostic::nearest(&name, KNOWN).map_or_else(String::new, |near| format!("; perhaps \"{near}\" is meant"));
            return Err(format!("control totals are of {}, but not of \"{key}\"{near}", KNOWN.join(", ")));
        }
        Ok((name, value.0.unwrap_or_default()))
    };
    all.into_iter().map(one).collect()
}

fn returned_when(all: Vec<(String, Scalar)>) -> Result<Condition, String> {
    let mut column = None;
    let mut starts = None;
    for (key, value) in all {
        match key.to_lowercase().as_str() {
            "column" => column = value.0,
            "starts with" => starts = value.0,
            _ => return Err(format!("returned when has a column and starts with, but nothing called \"{key}\"")),
        }
    }
    let both = column.zip(starts).map(|(column, start)| Condition { column, test: Test::StartsWith(start) });
    both.ok_or_else(|| "write: returned where: { InvoiceNo: starts with \"C\" }".to_owned())
}

fn unknown_in_table(key: &str) -> String {
    match crate::diagnostic::nearest(key, OF_TABLES.into_iter().chain(KEYS)) {
        Some(near) => format!("a table has files and columns, but nothing called \"{key}\"; perhaps \"{near}\" is meant"),
        // What holds for all tables stands at the margin.
        None => match crate::diagnostic::nearest(key, SETTINGS) {
            Some(setting) => format!("\"{key}\" holds for all tables: write {setting} at the margin, not inside a table"),
            None => format!("a table has files and columns, but nothing called \"{key}\""),
        },
    }
}

fn unknown(key: &str) -> String {
    if let Some(near) = crate::diagnostic::nearest(key, OF_TABLES).filter(|near| !SETTINGS.contains(near)) {
        return format!("\"{key}\" belongs into a table: write {near} under purchases, returns or another");
    }
    let known = TABLES.iter().chain(&SETTINGS).copied();
    match crate::diagnostic::nearest(key, known) {
        Some(near) => format!("a history has nothing called \"{key}\"; perhaps \"{near}\" is meant"),
        None => format!("a history has nothing called \"{key}\"; it has {}; and the settings {}", TABLES.join(", "), SETTINGS.join(", ")),
    }
}
