//! From a history file to a draft: which tables there are, and in which files.

use super::conditions::{Condition, Values};
use super::convert::{self, Style};
use super::document::{Document, LARGEST, Section, TABLES, Table};
use super::evidence::{self, Styles};
use super::how::{self, How};
use super::model::History;
use super::open::{self, Place};
use super::prepare::Prepared;
use super::rejects::printable;
use super::rows::{Control, Draft};
use super::small_tables;
use super::values::{Numbers, Times};
use super::watch::Watched;
use super::{HistoryError, Options, Read, inline, partition, purchase_tables, say};
use crate::value::{Date, Zone, zone_names};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How the files of a mapping are to be read.
pub(super) struct Reading<'a> {
    pub options: &'a Options<'a>,
    /// Of times that carry none.
    pub zone: &'a Zone,
    pub encoding: Option<String>,
    pub styles: Styles,
    pub negative_are_returns: bool,
    /// Whether tax is on top of what lines cost.
    pub tax_on_top: bool,
    /// Which rows are returns.
    pub returned_where: Vec<Condition>,
    /// Ids that stand for nobody, and columns that change nothing.
    pub nobody: Vec<String>,
    /// Columns that the mapping speaks of anywhere, in small letters.
    pub mapped: BTreeSet<String>,
    /// The column with what came back of a purchase, where no table of returns says it.
    pub refunded: Option<String>,
    pub has_returns: bool,
    /// Days beyond which no row is meant.
    pub period: Option<(Date, Date)>,
    /// Decode every column.
    pub everything: bool,
    /// Whether customers are pooled, so that rows can be dealt only when all customers are known.
    pub pooled: bool,
}

impl Reading<'_> {
    /// How a column of a table is written.
    pub fn style(&self, table: &str, column: &str) -> Style<'_> {
        self.styles.of(table, column, self.options.currency)
    }

    /// Whether the program looks at an attribute.
    pub fn wants_attribute(&self, owner: u8, name: &str) -> bool {
        let pools = || owner == 0 && self.options.account_by.is_some_and(|by| by.to_lowercase() == name);
        self.everything || self.options.needs.attributes.contains(&(owner, name.to_owned())) || pools()
    }

    /// Whether the mapping or the program speaks of a column of the file, or it is that of a standard table.
    pub fn knows(&self, column: &str, owner: u8) -> bool {
        let name = column.to_lowercase();
        let last = name.rsplit('.').next().unwrap_or_default();
        let mapped = self.mapped.contains(&name) || self.mapped.contains(last);
        mapped || self.options.needs.attributes.contains(&(owner, name.clone()))
    }

    /// Whether the program looks at a standard column.
    pub fn wants_column(&self, name: &str) -> bool {
        self.everything || self.options.needs.columns.contains(name)
    }
}

/// A table and its files.
#[derive(Clone, Debug, Default)]
pub(super) struct Files {
    pub places: Vec<Place>,
    pub columns: BTreeMap<String, String>,
    /// Columns that another table of the same files has.
    pub taken: Vec<String>,
    /// Whether the files are those of the purchases: what their rows say, they may say on every line of a receipt.
    pub of_orders: bool,
    /// Which rows are used, and what was never bought.
    pub use_only: Vec<Condition>,
    pub cancelled: Vec<Condition>,
}

/// Reads a history, whatever kind of file it is.
pub(super) fn read(path: &Path, options: &Options<'_>) -> Result<Read, HistoryError> {
    let mut files = vec![named(path).path];
    let history = document(path, options, &mut files)?;
    Ok(Read { history, files })
}

fn document(path: &Path, options: &Options<'_>, files: &mut Vec<PathBuf>) -> Result<History, HistoryError> {
    let place = match open::standard_input(path) {
        Some(place) => place?,
        None => named(path),
    };
    let document = if place.held.is_none() && place.path.is_file() && open::is_mapping(&place.path) {
        parse(&open::text(&place, LARGEST)?, &place)?
    } else {
        let section = Section::default();
        Document { tables: BTreeMap::from([("purchases".to_owned(), Table::Mapped(section))]), ..Document::default() }
    };
    read_document(document, &place, options, files)
}

/// A file or a server. Of a server the place never has the password in its name.
fn named(path: &Path) -> Place {
    let name = path.to_string_lossy();
    if super::server::is_address(&name) { super::server::place(&name) } else { Place::new(name.into_owned(), path.to_path_buf()) }
}

fn parse(text: &str, place: &Place) -> Result<Document, HistoryError> {
    Document::parse(text).map_err(|(row, message)| HistoryError { file: place.name.clone(), row, message })
}

/// Reads the history that a mapping describes.
pub(super) fn read_text(text: &str, folder: &Path, options: &Options<'_>) -> Result<History, HistoryError> {
    let place = Place::new("the mapping".to_owned(), folder.join("mapping.yaml"));
    read_document(parse(text, &place)?, &place, options, &mut Vec::new())
}

fn read_document(document: Document, place: &Place, options: &Options<'_>, files: &mut Vec<PathBuf>) -> Result<History, HistoryError> {
    let own_zone = zone(&document, place)?;
    let zone = own_zone.as_ref().unwrap_or(options.zone);
    let inline = document.all_tables().filter(|table| matches!(table, Table::Inline(_))).count();
    if inline > 0 && (document.decimal == Some(Numbers::Comma) || document.dates.is_some_and(|dates| dates != Times::Days(None))) {
        return Err(place.error("decimal and dates are settings for data files; records written out have 12.50 and 2024-12-24"));
    }
    if inline == document.all_tables().count() {
        if document.tables.is_empty() {
            return Err(place.error("the file has neither customers nor purchases"));
        }
        return inline::read(document, &place.name, zone, options);
    }
    if inline > 0 {
        return Err(place.error("write the records out or name their files, but not both in one file"));
    }
    let history = read_mapped(&document, place, zone, options, files, options.everything)?;
    match history {
        Ok(history) => Ok(history),
        // Records that share an id look equal or not depending on columns that were left out.
        Err(Conflict) => read_mapped(&document, place, zone, options, files, true)?.map_err(|_| place.error("cannot be ordered")),
    }
}

/// Records with one id were found while some columns were not decoded.
struct Conflict;

fn zone(document: &Document, place: &Place) -> Result<Option<Zone>, HistoryError> {
    let Some(name) = &document.timezone else { return Ok(None) };
    if let Some(zone) = Zone::find(name) {
        return Ok(Some(zone));
    }
    let names = zone_names();
    let city =
        || names.iter().map(String::as_str).find(|zone| zone.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(name.trim())));
    let near = city().or_else(|| crate::diagnostic::nearest(name, names.iter().map(String::as_str)));
    let hint = near.map_or_else(String::new, |near| format!("; perhaps {near}"));
    Err(place.error(format!("there is no time zone called \"{name}\"{hint}")))
}

fn read_mapped(
    document: &Document,
    place: &Place,
    zone: &Zone,
    options: &Options<'_>,
    files: &mut Vec<PathBuf>,
    everything: bool,
) -> Result<Result<History, Conflict>, HistoryError> {
    let mut reading = Reading {
        options,
        zone,
        encoding: document.encoding.clone(),
        styles: Styles::said(document.decimal, document.dates, document.cents.clone()),
        negative_are_returns: document.negative_are_returns,
        tax_on_top: document.rest == Some(super::receipts::Rest::Tax),
        returned_where: document.returned_where.clone(),
        nobody: document.nobody.clone(),
        mapped: mapped(document),
        refunded: None,
        has_returns: document.tables.contains_key("returns"),
        period: document.period,
        everything,
        pooled: options.account_by.is_some(),
    };
    let mut tables: BTreeMap<&'static str, Files> = BTreeMap::new();
    let control = control(&document.control, options).map_err(|message| place.error(message))?;
    let mut draft = Draft { rest: document.rest, scale: document.scale, period: document.period, control, ..Draft::default() };
    draft.negative_are_returns = document.negative_are_returns;
    for (name, table) in &document.tables {
        let Table::Mapped(section) = table else { continue };
        let Some(name) = TABLES.iter().find(|known| *known == name) else { continue };
        let places = if section.files.is_empty() { bare(place)? } else { places(section, place, options.outside, &mut draft)? };
        files.extend(places.iter().map(|place| place.path.clone()));
        let (use_only, cancelled) = (section.use_only.clone(), section.cancelled.clone());
        tables.insert(name, Files { places, columns: section.columns.clone(), use_only, cancelled, ..Files::default() });
    }
    for (name, table) in document.opening.iter().flat_map(|opening| &opening.tables) {
        let Table::Mapped(section) = table else { continue };
        let places = places(section, place, options.outside, &mut draft)?;
        files.extend(places.iter().map(|place| place.path.clone()));
        let (use_only, cancelled) = (section.use_only.clone(), section.cancelled.clone());
        tables.insert(name, Files { places, columns: section.columns.clone(), use_only, cancelled, ..Files::default() });
    }
    draft.opening = document.opening.as_ref().map(|opening| opening.at);
    if let Some(mut items) = tables.remove("items") {
        if let Some(purchases) = tables.get_mut("purchases") {
            how::share(&mut purchases.places, &mut items.places);
        }
        tables.insert("items", items);
    }
    reading.refunded = tables.get("purchases").and_then(|purchases| purchases.columns.get("refunded")).cloned();
    refunds(&mut tables);
    let threads = options.threads;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|error| place.error(format!("no threads can be started: {error}")))?;
    pool.install(|| {
        // What is written in the plain way is read at once; else all values are looked at before any is used.
        let start = (draft.notes.clone(), draft.control.clone());
        let (rest, scale, period, opening) = (draft.rest, draft.scale, draft.period, draft.opening);
        let fresh = || Draft {
            opening,
            notes: start.0.clone(),
            control: start.1.clone(),
            rest,
            scale,
            period,
            negative_are_returns: document.negative_are_returns,
            ..Draft::default()
        };
        read_tables(&tables, &reading, &mut draft)?;
        if draft.sources.iter().any(|source| source.tally.unplain) {
            reading.styles.looking = true;
            let mut looked = fresh();
            read_tables(&tables, &reading, &mut looked)?;
            draft = fresh();
            reading.styles = evidence::decide(&looked, &reading.styles, place, &mut draft.notes)?;
            read_tables(&tables, &reading, &mut draft)?;
        }
        draft.notes.extend(say::values(&draft));
        if !document.amounts_said && options.decimals > 0 {
            whole(&draft).map_err(|question| place.error(question))?;
        }
        if !reading.returned_where.is_empty() && !draft.marked {
            let column = reading.returned_where.first().map_or("", |condition| condition.column.as_str());
            return Err(place.error(format!("returned where: no file of purchases or items has a column \"{column}\"")));
        }
        let without: u64 = draft.sources.iter().map(|source| source.tally.without_id).sum();
        if without > 0 && !document.blank_id_said {
            return Err(place.error(format!(
                "{without} lines have no id. If they belong to the row above, write under purchases: blank id: continues the row above; if not: blank id: is an error"
            )));
        }
        watched(&mut draft, options, reading.refunded.is_some() || reading.has_returns).map_err(|question| place.error(question))?;
        let partial = draft.partial;
        let built = partition::build_reporting(draft, options);
        match built.question {
            _ if partial && built.conflicts && !everything => Ok(Err(Conflict)),
            Some(question) => Err(place.error(question)),
            None => Ok(Ok(built.history)),
        }
    })
}

/// The files that are named without a mapping: one, all of a folder, or those that fit a pattern.
fn bare(place: &Place) -> Result<Vec<Place>, HistoryError> {
    if place.held.is_some() || place.address.is_some() {
        return Ok(vec![open::resolve(place.clone())?]);
    }
    let found = open::find(&place.name, Path::new(""), true).map_err(|message| place.error(message))?;
    found.into_iter().map(open::resolve).collect()
}

/// All columns that the mapping speaks of.
fn mapped(document: &Document) -> BTreeSet<String> {
    let mut all: BTreeSet<String> = document.not_used.iter().map(|name| name.to_lowercase()).collect();
    all.extend(document.returned_where.iter().map(|condition| condition.column.to_lowercase()));
    for table in document.all_tables() {
        let Table::Mapped(section) = table else { continue };
        all.extend(section.columns.values().map(|name| name.to_lowercase()));
        all.extend(section.how.joined.iter().flat_map(|join| &join.parts).map(|name| name.to_lowercase()));
        all.extend(section.use_only.iter().chain(&section.cancelled).map(|condition| condition.column.to_lowercase()));
    }
    all
}

/// Interfaces often count money in cents: whole amounts beside a currency are asked about.
fn whole(draft: &Draft) -> Result<(), String> {
    let mut sources = draft.sources.iter().filter(|source| source.beside_currency);
    let (any, part) = sources.by_ref().fold((false, false), |sum, source| (sum.0 | source.tally.amounts.0, sum.1 | source.tally.amounts.1));
    if any && !part {
        return Err("all amounts are whole numbers and stand beside a currency, as in interfaces that count cents. Write in the mapping: amounts in: cents, or amounts in: whole units".to_owned());
    }
    Ok(())
}

/// Asks about columns that change what was paid and that nothing maps, and about values that no row has.
fn watched(draft: &mut Draft, options: &Options<'_>, refunds_said: bool) -> Result<(), String> {
    let (mut watched, mut values) = (Watched::default(), Values::default());
    for source in &mut draft.sources {
        watched.merge(std::mem::take(&mut source.tally.watched));
        values.merge(std::mem::take(&mut source.tally.values));
    }
    if let Some(question) = values.mistyped() {
        return Err(question);
    }
    let (mut without, mut with) = (BTreeMap::new(), BTreeSet::new());
    for source in &mut draft.sources {
        without.extend(std::mem::take(&mut source.tally.refunds.0));
        with.extend(std::mem::take(&mut source.tally.refunds.1));
    }
    without.retain(|id, _| !with.contains(id));
    if let Some((id, (column, value))) = without.iter().next() {
        let (id, column, value) = (printable(id), printable(column), printable(value));
        return Err(format!(
            "\"{column}\" says {value} for {} purchases ({id} …), and nothing says how much came back. Write under purchases: columns: {{ refunded: COLUMN }}, or leave {value} out of use only",
            without.len()
        ));
    }
    let (question, notes) = watched.conclude(options.currency, refunds_said);
    draft.notes.extend(notes);
    question.map_or(Ok(()), Err)
}

/// What the mapping says that all rows come to.
fn control(said: &[(String, String)], options: &Options<'_>) -> Result<Control, String> {
    let mut control = Control::default();
    for (name, text) in said {
        let bad = || format!("control totals: {name} is a number such as 1234, not \"{text}\"");
        let count = || text.replace('_', "").parse::<u64>().map(Some).map_err(|_| bad());
        let money = || {
            let minor = convert::decimal(text).ok().and_then(|value| convert::exact_money(value, options.decimals).ok());
            minor.map(Some).ok_or_else(bad)
        };
        match name.as_str() {
            "rows" => control.rows = count()?,
            "purchases" => control.purchases = count()?,
            "customers" => control.customers = count()?,
            _ => control.revenue = money()?,
        }
    }
    Ok(control)
}

fn read_tables(tables: &BTreeMap<&'static str, Files>, reading: &Reading<'_>, draft: &mut Draft) -> Result<(), HistoryError> {
    small_tables::read(tables, reading, draft)?;
    purchase_tables::read(tables.clone(), reading, draft)
}

/// Returns that stand in the rows of their purchases: a column `refunded`, or a table of returns with the same files.
fn refunds(tables: &mut BTreeMap<&'static str, Files>) {
    let Some(purchases) = tables.get_mut("purchases") else { return };
    let (refunded, at) = (purchases.columns.remove("refunded"), purchases.columns.remove("refunded at"));
    let places = purchases.places.clone();
    let id = purchases.columns.get("id").cloned();
    if let Some(refunded) = refunded {
        let of = |name: &str| purchases.columns.get(name).cloned().unwrap_or_else(|| name.to_owned());
        let day = of("at");
        let columns = [("of", of("id")), ("amount", refunded), ("at", at.unwrap_or_else(|| day.clone())), ("bought", day)];
        let columns = columns.into_iter().map(|(name, column)| (name.to_owned(), column)).collect();
        tables.entry("returns").or_insert(Files { places: places.clone(), columns, ..Files::default() });
    }
    let mapped =
        |table: &str| tables.get(table).filter(|files| how::same_rows(&files.places, &places)).map(|files| files.columns.values().cloned());
    let taken: Vec<String> = ["purchases", "items"].into_iter().filter_map(mapped).flatten().collect();
    if let Some(returns) = tables.get_mut("returns").filter(|returns| how::same_rows(&returns.places, &places)) {
        // Refunds in rows of their own name their purchase in another column.
        returns.of_orders = id.is_none() || returns.columns.get("of") == id.as_ref();
        returns.taken = taken.into_iter().filter(|column| !returns.columns.values().any(|own| own == column)).collect();
    }
}

/// The files of a section, each once, in the order of their names.
fn places(section: &Section, place: &Place, outside: bool, draft: &mut Draft) -> Result<Vec<Place>, HistoryError> {
    let beside = place.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let how = Arc::new(How { names: how::names(&section.columns, &section.how.joined), ..section.how.clone() });
    let mut all: Vec<Place> = Vec::new();
    let mut seen: BTreeSet<PathBuf> = BTreeSet::new();
    for pattern in &section.files {
        for found in open::find(pattern, beside, outside).map_err(|message| place.error(message))? {
            let real = std::fs::canonicalize(&found.path).unwrap_or_else(|_| found.path.clone());
            if seen.insert(real) {
                all.push(found);
            } else {
                draft.notes.insert(format!("{} is listed more than once; it was read once.", found.name));
            }
        }
    }
    all.sort();
    all.into_iter().map(|place| open::resolve(Place { how: how.clone(), ..place })).collect()
}

/// Opens a file of a table.
pub(super) fn open_table<'a>(place: &'a Place, reading: &Reading<'_>) -> Result<Prepared<'a>, HistoryError> {
    Prepared::open(place, reading.encoding.as_deref())
}

/// Notes how a file was understood, and which of its columns hold binary floats.
pub(super) fn note_file(draft: &mut Draft, place: &Place, table: &Prepared<'_>, pick: &[usize]) {
    draft.notes.extend(table.notes().into_iter().map(|note| format!("{}: {note}", place.name)));
    for column in table.floats(pick) {
        draft.notes.insert(format!("{}: the column \"{column}\" holds binary floats; each was read as its shortest decimal.", place.name));
    }
}
