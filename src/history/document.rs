//! The YAML file of a history: small tables inline, or the files and columns of large ones. Scalars stay texts as they
//! are written, so that no amount passes through a float.

use super::how::{How, Joined, KEYS};
use super::model::Scale;
use super::receipts::Rest;
use super::values::{Numbers, Order, Times};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Larger files are data and belong into CSV or Parquet.
pub(super) const LARGEST: u64 = 64 << 20;

/// Tables of a history.
pub(super) const TABLES: [&str; 7] = ["purchases", "items", "products", "customers", "returns", "events", "surveys"];
const SETTINGS: [&str; 8] = ["timezone", "encoding", "decimal", "dates", "negative amounts", "returned when", "the rest is", "scale"];

/// The whole file.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub tables: BTreeMap<String, Table>,
    pub timezone: Option<String>,
    pub encoding: Option<String>,
    /// How all columns are written, where the mapping says so.
    pub decimal: Option<Numbers>,
    pub dates: Option<Times>,
    /// Tables whose amounts are counted in the smallest unit.
    pub cents: BTreeSet<&'static str>,
    pub negative_are_returns: bool,
    /// A column, and how its value begins where a row is a return.
    pub returned_when: Option<(String, String)>,
    /// What recorded amounts have that their lines have not.
    pub rest: Option<Rest>,
    /// Of the answers to surveys.
    pub scale: Scale,
}

/// A table: its records, or where they are.
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
                m => m.split(" at line ").next().unwrap_or(m).to_owned(),
            };
            (row, message)
        })
    }
}

/// A scalar as it is written; nothing for null.
struct Scalar(Option<String>);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a single value")
            }
            fn visit_none<E: Error>(self) -> Result<Scalar, E> {
                Ok(Scalar(None))
            }
            fn visit_unit<E: Error>(self) -> Result<Scalar, E> {
                Ok(Scalar(None))
            }
            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Scalar, D::Error> {
                deserializer.deserialize_str(self)
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar(Some(text.to_owned()).filter(|text| !text.is_empty())))
            }
        }
        deserializer.deserialize_option(Text)
    }
}

/// A map in the order of the file; the same key twice is an error.
struct Fields<T>(Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Fields<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Map<T> {
            type Value = Fields<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("names with values")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<T>, A::Error> {
                let mut all: Vec<(String, T)> = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    once(all.iter().any(|(known, _)| *known == key), &key)?;
                    all.push((key, map.next_value()?));
                }
                Ok(Fields(all))
            }
        }
        deserializer.deserialize_map(Map(std::marker::PhantomData))
    }
}

fn once<E: Error>(seen: bool, key: &str) -> Result<(), E> {
    if seen { Err(E::custom(format!("\"{key}\" stands here twice"))) } else { Ok(()) }
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

/// One text or several.
struct Texts(Vec<String>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct One;
        impl<'de> Visitor<'de> for One {
            type Value = Texts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a single value or a list of them")
            }
            fn visit_none<E: Error>(self) -> Result<Texts, E> {
                Ok(Texts(Vec::new()))
            }
            fn visit_unit<E: Error>(self) -> Result<Texts, E> {
                Ok(Texts(Vec::new()))
            }
            fn visit_bool<E: Error>(self, value: bool) -> Result<Texts, E> {
                Ok(Texts(vec![value.to_string()]))
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<Texts, E> {
                Ok(Texts(vec![value.to_string()]))
            }
            fn visit_u64<E: Error>(self, value: u64) -> Result<Texts, E> {
                Ok(Texts(vec![value.to_string()]))
            }
            fn visit_f64<E: Error>(self, value: f64) -> Result<Texts, E> {
                Err(E::custom(format!("{value} needs quotes here, so that it is taken as it is written")))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Texts, E> {
                Ok(Texts(vec![text.to_owned()]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Texts, A::Error> {
                let mut all = Vec::new();
                while let Some(Scalar(text)) = seq.next_element::<Scalar>()? {
                    all.extend(text);
                }
                Ok(Texts(all))
            }
        }
        deserializer.deserialize_any(One)
    }
}

/// One file name or several.
struct Files(Vec<String>);

impl<'de> Deserialize<'de> for Files {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct One;
        impl<'de> Visitor<'de> for One {
            type Value = Files;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a file name or a list of them")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Files, E> {
                Ok(Files(vec![text.to_owned()]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Files, A::Error> {
                let mut all = Vec::new();
                while let Some(text) = seq.next_element::<String>()? {
                    all.push(text);
                }
                Ok(Files(all))
            }
        }
        deserializer.deserialize_any(One)
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
                            section.files = map.next_value::<Files>()?.0;
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
                        _ => {
                            let near = crate::diagnostic::nearest(&key, ["files", "columns", "scale"].into_iter().chain(KEYS));
                            let hint = near.map_or_else(String::new, |near| format!("; perhaps \"{near}\" is meant"));
                            return Err(A::Error::custom(format!("a table has files and columns, but nothing called \"{key}\"{hint}")));
                        }
                    }
                }
                if section.files.is_empty() {
                    return Err(A::Error::custom("a table needs files, such as files: sales.csv"));
                }
                Ok(Table::Mapped(section))
            }
        }
        deserializer.deserialize_any(Any)
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
                            document.returned_when = Some(returned_when(all).map_err(A::Error::custom)?);
                        }
                        "scale" => {
                            let words = map.next_value::<Scalar>()?.0.unwrap_or_default();
                            document.scale = scale(&words).map_err(A::Error::custom)?;
                        }
                        table if TABLES.contains(&table) => {
                            let value: Table = map.next_value()?;
                            if let Table::Mapped(Section { scale: Some(scale), .. }) = &value {
                                document.scale = *scale;
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
        _ => Err(format!("dates are day.month.year, day/month/year, month/day/year or year-month-day, not \"{words}\"")),
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

fn returned_when(all: Vec<(String, Scalar)>) -> Result<(String, String), String> {
    let mut column = None;
    let mut starts = None;
    for (key, value) in all {
        match key.to_lowercase().as_str() {
            "column" => column = value.0,
            "starts with" => starts = value.0,
            _ => return Err(format!("returned when has a column and starts with, but nothing called \"{key}\"")),
        }
    }
    column.zip(starts).ok_or_else(|| "write: returned when: { column: InvoiceNo, starts with: \"C\" }".to_owned())
}

fn unknown(key: &str) -> String {
    let known = TABLES.iter().chain(&SETTINGS).copied();
    match crate::diagnostic::nearest(key, known) {
        Some(near) => format!("a history has nothing called \"{key}\"; perhaps \"{near}\" is meant"),
        None => format!("a history has nothing called \"{key}\"; it has {}; and the settings {}", TABLES.join(", "), SETTINGS.join(", ")),
    }
}
