//! How columns write numbers and times, decided from all values of all files of a table before any row is used. Evidence
//! merges in any order; what leaves a doubt is asked about.

use super::HistoryError;
use super::convert::Style;
use super::open::Place;
use super::rejects::printable;
use super::rows::Draft;
use super::values::{self, Divides, Numbers, Order, Says, Times, Unit};
use crate::value::DateTime;
use std::collections::{BTreeMap, BTreeSet};

/// A value that says something, the first of its file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Seen {
    file: String,
    row: u64,
    text: String,
}

/// What a value can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Hint {
    Point,
    Comma,
    EitherNumber,
    DayFirst,
    MonthFirst,
    EitherDay,
    PointsDay,
    Epoch(Unit),
    Serial,
    Day,
}

/// What the values of the columns of one file say.
#[derive(Clone, Debug, Default)]
pub(super) struct Evidence {
    columns: BTreeMap<String, BTreeMap<Hint, (u64, String)>>,
}

impl Evidence {
    fn see(&mut self, column: &str, hint: Hint, row: u64, text: &str) {
        let hints = match self.columns.get_mut(column) {
            Some(hints) => hints,
            None => self.columns.entry(column.to_owned()).or_default(),
        };
        if hints.get(&hint).is_none_or(|(known, _)| row < *known) {
            hints.insert(hint, (row, printable(text)));
        }
    }

    /// Looks at a written number.
    pub fn number(&mut self, column: &str, row: u64, text: &str) {
        let hint = match values::divides(text) {
            Divides::Point => Hint::Point,
            Divides::Comma => Hint::Comma,
            Divides::Either => Hint::EitherNumber,
            Divides::Nothing | Divides::NotANumber => return,
        };
        self.see(column, hint, row, text);
    }

    /// Looks at a written time.
    pub fn time(&mut self, column: &str, row: u64, text: &str) {
        let hint = match values::says(text) {
            Says::Order(Order::DayFirst) => Hint::DayFirst,
            Says::Order(Order::MonthFirst) => Hint::MonthFirst,
            Says::Either => Hint::EitherDay,
            Says::Points => Hint::PointsDay,
            Says::Epoch(unit) => Hint::Epoch(unit),
            Says::Serial => Hint::Serial,
            Says::Nothing => Hint::Day,
            Says::NotATime => return,
        };
        self.see(column, hint, row, text);
    }

    pub fn merge(&mut self, other: Self) {
        for (column, hints) in other.columns {
            for (hint, (row, text)) in hints {
                self.see(&column, hint, row, &text);
            }
        }
    }
}

/// How the columns of all tables are written.
#[derive(Clone, Debug, Default)]
pub(super) struct Styles {
    /// What the mapping says of all columns.
    pub said_numbers: Option<Numbers>,
    pub said_times: Option<Times>,
    /// Whether values are only looked at.
    pub looking: bool,
    /// Tables whose amounts are counted in the smallest unit.
    pub cents: BTreeSet<&'static str>,
    /// Whether all values were looked at.
    settled: bool,
    decided: BTreeMap<(String, String), (Option<Numbers>, Option<Times>)>,
}

impl Styles {
    /// What the mapping says.
    pub fn said(numbers: Option<Numbers>, times: Option<Times>, cents: BTreeSet<&'static str>) -> Self {
        Self { said_numbers: numbers, said_times: times, cents, ..Self::default() }
    }

    /// The style of a column of a table.
    pub fn of<'a>(&self, table: &str, column: &str, currency: &'a str) -> Style<'a> {
        let (numbers, times) = if self.decided.is_empty() {
            (None, None)
        } else {
            self.decided.get(&(table.to_owned(), column.to_owned())).copied().unwrap_or_default()
        };
        let (looked_numbers, looked_times) = match (self.looking, self.settled) {
            (true, _) => (Numbers::Look, Times::Look),
            (_, true) => (Numbers::Point, Times::Days(None)),
            _ => Default::default(),
        };
        Style {
            numbers: self.said_numbers.or(numbers).unwrap_or(looked_numbers),
            times: self.said_times.or(times).unwrap_or(looked_times),
            currency,
            cents: self.cents.contains(table),
        }
    }
}

/// Decides, and says what was decided.
pub(super) fn decide(looked: &Draft, said: &Styles, place: &Place, notes: &mut BTreeSet<String>) -> Result<Styles, HistoryError> {
    let mut all: BTreeMap<(String, String), BTreeMap<Hint, Seen>> = BTreeMap::new();
    for source in &looked.sources {
        for (column, hints) in &source.tally.evidence.columns {
            let known = all.entry((source.table.clone(), column.clone())).or_default();
            for (hint, (row, text)) in hints {
                let seen = Seen { file: source.file.clone(), row: *row, text: text.clone() };
                match known.get_mut(hint) {
                    Some(first) if *first <= seen => {}
                    _ => {
                        known.insert(*hint, seen);
                    }
                }
            }
        }
    }
    let mut styles = Styles { looking: false, settled: true, ..said.clone() };
    for ((table, column), hints) in all {
        let ask = |message: String| place.error(format!("{}: {message}", printable(&column)));
        let numbers = if said.said_numbers.is_some() { None } else { numbers(&hints).map_err(ask)? };
        let times = if said.said_times.is_some() { None } else { times(&hints).map_err(ask)? };
        let shown = printable(&column);
        if said.said_numbers.is_none() && numbers == Some(Numbers::Comma) {
            notes.insert(format!("The comma divides whole and part in \"{shown}\" ({table})."));
        } else if said.said_numbers.is_none() && hints.contains_key(&Hint::EitherNumber) {
            notes.insert(format!("The point divides whole and part in \"{shown}\" ({table})."));
        }
        notes.extend(match times {
            Some(Times::Days(Some(Order::DayFirst))) => Some(format!("Dates in \"{shown}\" ({table}) are read as day, month, year.")),
            Some(Times::Days(Some(Order::MonthFirst))) => Some(format!("Dates in \"{shown}\" ({table}) are read as month, day, year.")),
            Some(Times::Epoch(unit)) => Some(format!("Times in \"{shown}\" ({table}) are read as {} since 1970.", unit.words())),
            _ => None,
        });
        styles.decided.insert((table, column), (numbers, times));
    }
    Ok(styles)
}

/// `"01/02/2025" (sales.csv, row 2)`
fn shown(seen: &Seen) -> String {
    let name = seen.file.rsplit(['/', '\\']).next().unwrap_or(&seen.file);
    format!("\"{}\" ({name}, row {})", seen.text, seen.row)
}

fn numbers(hints: &BTreeMap<Hint, Seen>) -> Result<Option<Numbers>, String> {
    match (hints.get(&Hint::Point), hints.get(&Hint::Comma), hints.get(&Hint::EitherNumber)) {
        (Some(point), Some(comma), _) => Err(format!(
            "{} has a point before the decimals and {} a comma. One column needs one of them; write the rows of one kind into a file of their own",
            shown(point),
            shown(comma)
        )),
        (Some(_), None, _) => Ok(Some(Numbers::Point)),
        (None, Some(_), _) => Ok(Some(Numbers::Comma)),
        (None, None, Some(either)) => Err(format!(
            "{} may be thousands or have three decimals, and no other value tells. Write in the mapping: decimal: point (1,234.50) or decimal: comma (1.234,50)",
            shown(either)
        )),
        (None, None, None) => Ok(Some(Numbers::Point)),
    }
}

fn times(hints: &BTreeMap<Hint, Seen>) -> Result<Option<Times>, String> {
    if let Some(serial) = hints.get(&Hint::Serial) {
        let day = values::serial(&serial.text).map(|micros| DateTime(micros).date().to_string()).unwrap_or_default();
        return Err(format!(
            "{} may count days as spreadsheets do, and would be {day}. Write in the mapping: dates: Excel numbers; or format the column as a date in the spreadsheet and export it again",
            shown(serial)
        ));
    }
    let epochs: Vec<(Unit, &Seen)> =
        hints.iter().filter_map(|(hint, seen)| if let Hint::Epoch(unit) = hint { Some((*unit, seen)) } else { None }).collect();
    let get = |hint: Hint| hints.get(&hint);
    let day = [Hint::Day, Hint::DayFirst, Hint::MonthFirst, Hint::EitherDay, Hint::PointsDay].into_iter().find_map(get);
    match epochs.as_slice() {
        [(a, first), (b, second), ..] => {
            return Err(format!(
                "{} counts {} and {} counts {} since 1970. One column needs one unit",
                shown(first),
                a.words(),
                shown(second),
                b.words()
            ));
        }
        [(unit, first)] => {
            return match day {
                Some(day) => Err(format!(
                    "{} counts {} since 1970 and {} is a date. One column needs one of them",
                    shown(first),
                    unit.words(),
                    shown(day)
                )),
                None => Ok(Some(Times::Epoch(*unit))),
            };
        }
        [] => {}
    }
    match (get(Hint::DayFirst), get(Hint::MonthFirst), get(Hint::EitherDay), get(Hint::PointsDay)) {
        (Some(day), Some(month), _, _) => Err(format!(
            "{} can only be day, month, year and {} only month, day, year. One column needs one order; write the rows of one kind into a file of their own",
            shown(day),
            shown(month)
        )),
        (Some(_), None, _, _) => Ok(Some(Times::Days(Some(Order::DayFirst)))),
        (None, Some(_), _, _) => Ok(Some(Times::Days(Some(Order::MonthFirst)))),
        (None, None, Some(either), _) => Err(format!(
            "{} may begin with the day or with the month, and no other value tells. Write in the mapping: dates: day/month/year or dates: month/day/year (dates: year-month-day where the year comes first)",
            shown(either)
        )),
        (None, None, None, Some(_)) => Ok(Some(Times::Days(Some(Order::DayFirst)))),
        (None, None, None, None) => Ok(day.map(|_| Times::Days(None))),
    }
}
