//! Which column of a file is what.

use super::HistoryError;
use super::open::Place;
use crate::diagnostic::nearest;
use std::collections::BTreeMap;

/// Words behind `paid` that are no wallets.
const WHEN: [&str; 14] =
    ["at", "on", "by", "date", "time", "via", "with", "status", "amount", "total", "out", "in full", "currency", "method"];

/// The columns of one file.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    /// Fields of the file to decode, each once.
    pub pick: Vec<usize>,
    /// Standard names, with their place in `pick`.
    standard: BTreeMap<&'static str, (usize, String)>,
    /// Wallets of `paid WALLET`, lower case.
    pub wallets: Vec<(String, usize)>,
    /// Other columns, lower case.
    pub attributes: Vec<(String, usize)>,
    /// Whether a column was left out because the program does not need it.
    pub partial: bool,
}

/// What a table may and must have.
pub(super) struct Shape<'a> {
    pub table: &'a str,
    pub standard: &'a [&'static str],
    pub required: &'a [&'static str],
    /// Whether columns `paid WALLET` belong to it.
    pub paid: bool,
    /// Which of the standard columns and attributes (lower case) are needed.
    pub wanted: &'a dyn Fn(&str) -> bool,
    /// Columns of the file that another table of it has claimed by name.
    pub taken: &'a [String],
    /// Names that another table of the same file has.
    pub elsewhere: &'a dyn Fn(&str) -> bool,
    /// Names that mean a standard one.
    pub aliases: &'a [(&'static str, &'static str)],
}

impl Layout {
    /// Finds the columns of a file. `renamed` maps standard names and attributes to the file's names.
    pub fn find(
        place: &Place,
        header: &[String],
        renamed: &BTreeMap<String, String>,
        shape: &Shape<'_>,
        pick: Vec<usize>,
    ) -> Result<Self, HistoryError> {
        let mut layout = Self { pick, ..Self::default() };
        let mut claimed: Vec<usize> = Vec::new();
        for column in shape.taken {
            claimed.extend(locate(place, header, column)?);
        }
        for name in renamed.keys() {
            mistyped(place, name, renamed, shape)?;
        }
        for (name, column) in renamed {
            let field = locate(place, header, column)?.ok_or_else(|| missing_renamed(place, header, column, name))?;
            claimed.push(field);
            layout.claim(shape, name, field, column);
        }
        for (field, column) in header.iter().enumerate() {
            let name = column.to_lowercase();
            let joined = place.how.joined.iter().any(|join| join.name == *column);
            if joined || claimed.contains(&field) || renamed.contains_key(&name) || column.is_empty() {
                continue;
            }
            let known = shape.standard.contains(&name.as_str()) || shape.aliases.iter().any(|(alias, _)| *alias == name);
            if known && header.iter().filter(|other| other.to_lowercase() == name).count() > 1 {
                return Err(place.error(format!("there are two columns called \"{column}\"")));
            }
            layout.claim(shape, &name, field, column);
        }
        for name in shape.required {
            if layout.place(name).is_none() {
                return Err(missing(place, header, name, shape.table));
            }
        }
        Ok(layout)
    }

    fn claim(&mut self, shape: &Shape<'_>, name: &str, field: usize, column: &str) {
        let alias = shape.aliases.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, standard)| standard);
        let standard = shape.standard.iter().find(|known| **known == alias);
        if let Some(standard) = standard {
            if !(shape.wanted)(standard) {
                self.partial = true;
                return;
            }
            let at = self.place_of(field);
            self.standard.entry(standard).or_insert((at, column.to_owned()));
            return;
        }
        // `Paid at` says when, and not with what; a mapping may say otherwise.
        let when = |wallet: &str| {
            let first = wallet.split(' ').next().unwrap_or_default();
            WHEN.contains(&wallet) || matches!(first, "at" | "on" | "by" | "via" | "with" | "to" | "in" | "from" | "date" | "time")
        };
        let wallet = name.strip_prefix("paid ").filter(|wallet| shape.paid && (name != column.to_lowercase() || !when(wallet)));
        if wallet.is_none() && !(shape.wanted)(name) {
            self.partial = true;
            return;
        }
        let at = self.place_of(field);
        let list = if wallet.is_some() { &mut self.wallets } else { &mut self.attributes };
        let name = wallet.unwrap_or(name);
        if !list.iter().any(|(known, _)| known == name) {
            list.push((name.to_owned(), at));
        }
    }

    /// The place of a column that is needed beside the standard ones.
    pub fn also(&mut self, place: &Place, header: &[String], column: &str, key: &str) -> Result<usize, HistoryError> {
        let field = locate(place, header, column)?.ok_or_else(|| missing_renamed(place, header, column, key))?;
        Ok(self.place_of(field))
    }

    /// The place of a field, which is read from now on.
    pub fn place_of(&mut self, field: usize) -> usize {
        if let Some(at) = self.pick.iter().position(|known| *known == field) {
            return at;
        }
        self.pick.push(field);
        self.pick.len() - 1
    }

    /// The place of a standard column in a batch.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.standard.get(name).map(|(at, _)| *at)
    }

    /// The file's name of a standard column.
    pub fn column<'a>(&'a self, name: &'a str) -> &'a str {
        self.standard.get(name).map_or(name, |(_, column)| column)
    }
}

/// A name in a mapping that is nearly a standard one is hardly meant as a fact of one's own.
fn mistyped(place: &Place, name: &str, renamed: &BTreeMap<String, String>, shape: &Shape<'_>) -> Result<(), HistoryError> {
    let known = |name: &str| shape.standard.contains(&name) || shape.aliases.iter().any(|(alias, _)| *alias == name);
    if known(name) || (shape.elsewhere)(name) {
        return Ok(());
    }
    let open = shape.standard.iter().filter(|standard| !renamed.contains_key(**standard)).copied();
    match nearest(name, open) {
        Some(near) => Err(place.error(format!(
            "{} has nothing called \"{name}\". Perhaps: {near}: {}",
            shape.table,
            renamed.get(name).map_or("COLUMN", String::as_str)
        ))),
        None => Ok(()),
    }
}

pub(super) fn locate(place: &Place, header: &[String], column: &str) -> Result<Option<usize>, HistoryError> {
    let mut exact = header.iter().enumerate().filter(|(_, name)| *name == column).map(|(at, _)| at);
    if let Some(at) = exact.next() {
        if exact.next().is_some() {
            return Err(place.error(format!("there are two columns called \"{column}\"")));
        }
        return Ok(Some(at));
    }
    let lower = column.to_lowercase();
    let only = |fits: &dyn Fn(&str) -> bool| {
        let mut loose = header.iter().enumerate().filter(|(_, name)| fits(&name.to_lowercase())).map(|(at, _)| at);
        let found = loose.next();
        if loose.next().is_some() { None } else { found }
    };
    // Of a list of lines in its records, the name within the line is enough.
    let line = place.how.lines.as_ref().map(|lines| format!("{}.{lower}", lines.to_lowercase()));
    Ok(only(&|name| name == lower).or_else(|| line.and_then(|line| only(&|name| name == line))))
}

fn has(header: &[String]) -> String {
    let shown: Vec<String> = header.iter().take(30).map(|name| super::rejects::printable(name)).collect();
    let more = header.len().saturating_sub(shown.len());
    let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("it has {}{tail}", shown.join(", "))
}

pub(super) fn missing_renamed(place: &Place, header: &[String], column: &str, name: &str) -> HistoryError {
    let near = nearest(column, header.iter().map(String::as_str));
    // Who writes the file's column first has it the other way round.
    let turned = header.iter().find(|column| column.to_lowercase() == name.to_lowercase());
    let hint = match (turned, near) {
        (Some(turned), _) => format!(". The program's word stands first: {column}: {}", super::rejects::printable(turned)),
        (None, Some(near)) => format!(". Perhaps: {name}: {near}"),
        (None, None) => String::new(),
    };
    place.error(format!("there is no column called \"{column}\" for {name}; {}{hint}", has(header)))
}

fn missing(place: &Place, header: &[String], name: &str, table: &str) -> HistoryError {
    let near = nearest(name, header.iter().map(String::as_str));
    let contains = || header.iter().find(|column| column.to_lowercase().contains(name)).map(String::as_str);
    let example = near.or_else(contains).unwrap_or("YOUR_COLUMN");
    let file = place.name.rsplit('/').next().unwrap_or(&place.name);
    place.error(format!(
        "there is no column \"{name}\"; {}. Say in a mapping file which column it is, such as {table}: {{ files: {file}, columns: {{ {name}: {example} }} }}",
        has(header)
    ))
}
