//! What a mapping says about the way a file is laid out, beside the names of its columns.

use super::open::Place;
use std::collections::BTreeMap;

/// Keys of a table beside `files` and `columns`.
pub(super) const KEYS: [&str; 6] = ["header row", "sheet", "table", "query", "records", "lines"];

/// How the rows of a file are found.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct How {
    /// The row that names the columns, counted from 1.
    pub header_row: Option<u64>,
    /// Of a workbook.
    pub sheet: Option<String>,
    /// Of a database.
    pub table: Option<String>,
    pub query: Option<String>,
    /// The list of records inside a JSON object, by its dotted name.
    pub records: Option<String>,
    /// The list of lines inside a record.
    pub lines: Option<String>,
    /// Columns that the mapping names: the header is the row that has them.
    pub names: Vec<String>,
    /// Columns that are made of several.
    pub joined: Vec<Joined>,
    /// The column whose blanks have the value of the row above.
    pub continues: Option<String>,
}

/// A column that is made of several of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Joined {
    /// The standard name that it is mapped to.
    pub of: String,
    /// What it is called.
    pub name: String,
    pub parts: Vec<String>,
    /// Whether it is a day, a time and a zone.
    pub moment: bool,
}

impl Joined {
    pub fn new(of: &str, parts: Vec<String>) -> Self {
        let moment = matches!(of, "at" | "refunded at");
        Self { of: of.to_owned(), name: parts.join(" + "), parts, moment }
    }
}

impl How {
    /// Takes a key of the mapping.
    pub fn set(&mut self, key: &str, value: Option<String>) -> Result<(), String> {
        let value = value.filter(|value| !value.trim().is_empty()).ok_or_else(|| format!("\"{key}\" needs a value"))?;
        match key {
            "header row" => {
                let row = value.trim().parse().ok().filter(|row| (1..=1000).contains(row));
                self.header_row = Some(row.ok_or_else(|| format!("header row is the number of a row, such as 4, not \"{value}\""))?);
            }
            "sheet" => self.sheet = Some(value),
            "table" => self.table = Some(value),
            "query" => self.query = Some(value),
            "records" => self.records = Some(value),
            _ => self.lines = Some(value),
        }
        if self.table.is_some() && self.query.is_some() {
            return Err("a table or a query is read, not both".to_owned());
        }
        Ok(())
    }

    /// Which part of the file is meant: two tables that read the same part read the same rows.
    fn part(&self) -> [Option<&String>; 4] {
        [self.sheet.as_ref(), self.table.as_ref(), self.query.as_ref(), self.records.as_ref()]
    }
}

/// Whether two tables read the same rows of the same files.
pub(super) fn same_rows(a: &[Place], b: &[Place]) -> bool {
    let part = |place: &Place| (place.path.clone(), place.how.part().map(Option::<&String>::cloned));
    a.iter().map(part).eq(b.iter().map(part))
}

/// The columns that a mapping names.
pub(super) fn names(columns: &BTreeMap<String, String>, joined: &[Joined]) -> Vec<String> {
    let parts = |column: &String| match joined.iter().find(|join| join.name == *column) {
        Some(join) => join.parts.clone(),
        None => vec![column.clone()],
    };
    columns.values().flat_map(parts).map(|column| column.to_lowercase()).collect()
}

/// What is said of receipts and of their lines holds for the rows that both are read from.
pub(super) fn share(receipts: &mut [Place], lines: &mut [Place]) {
    if !same_rows(receipts, lines) {
        return;
    }
    for (receipt, line) in receipts.iter_mut().zip(lines) {
        let mut how = (*receipt.how).clone();
        how.header_row = how.header_row.or(line.how.header_row);
        how.lines = how.lines.take().or_else(|| line.how.lines.clone());
        how.names.extend(line.how.names.iter().cloned());
        how.joined.extend(line.how.joined.iter().cloned());
        how.joined.sort();
        how.joined.dedup_by(|a, b| a.name == b.name);
        how.continues = how.continues.take().or_else(|| line.how.continues.clone());
        receipt.how = how.into();
        line.how = receipt.how.clone();
    }
}
