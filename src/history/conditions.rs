//! What a mapping says of rows: which are used, which were cancelled, which are returns.

use super::HistoryError;
use super::column::Batch;
use super::layout::Layout;
use super::open::Place;
use std::collections::{BTreeMap, BTreeSet};

/// What the value of a column must be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Test {
    /// One of these, in any case.
    OneOf(Vec<String>),
    Filled,
    Blank,
    StartsWith(String),
    Contains(String),
}

/// A column, and what its value must be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Condition {
    pub column: String,
    pub test: Test,
}

impl Condition {
    /// `Status: paid`, `Status: [paid, shipped]`, `Cancelled at: is filled`, `Invoice: starts with C`.
    pub fn parse(column: String, mut values: Vec<String>) -> Result<Self, String> {
        if values.is_empty() {
            return Err(format!("\"{column}\" needs a value, a list of values, \"is filled\" or \"is blank\""));
        }
        let words = values.first().filter(|_| values.len() == 1).map(|text| text.trim().to_lowercase()).unwrap_or_default();
        let behind = |start: &str| {
            let text = values.first()?.trim();
            let rest = text.get(start.len()..).filter(|_| words.starts_with(start))?.trim();
            Some(rest.trim_matches(['"', '\'']).to_owned()).filter(|rest| !rest.is_empty())
        };
        let test = match words.as_str() {
            "is filled" => Test::Filled,
            "is blank" | "is empty" => Test::Blank,
            _ => match (behind("starts with "), behind("contains ")) {
                (Some(start), _) => Test::StartsWith(start),
                (_, Some(part)) => Test::Contains(part),
                _ => {
                    values.iter_mut().for_each(|value| *value = value.trim().to_lowercase());
                    Test::OneOf(values)
                }
            },
        };
        Ok(Self { column, test })
    }

    /// Whether a value passes; nothing where there is none and the condition asks for one.
    pub fn holds(&self, value: Option<&str>) -> Option<bool> {
        match (&self.test, value) {
            (Test::Filled, value) => value.map(|_| true),
            (Test::Blank, value) => value.map(|_| false),
            (_, None) => None,
            (Test::OneOf(list), Some(value)) => {
                let value = value.trim().to_lowercase();
                Some(list.contains(&value))
            }
            (Test::StartsWith(start), Some(value)) => Some(value.starts_with(start.as_str())),
            (Test::Contains(part), Some(value)) => Some(value.to_lowercase().contains(&part.to_lowercase())),
        }
    }
}

/// What a row says of its use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    /// Nothing: another line of its receipt may.
    #[default]
    Unsaid,
    In,
    Out,
    Cancelled,
}

/// What a row says of the use of its receipt, and whether its own line is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub state: State,
    pub line_out: bool,
}

impl State {
    /// What two lines of a receipt say together; nothing where they contradict each other.
    pub fn with(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::In, Self::Out) | (Self::Out, Self::In) => None,
            (a, b) => Some(a.max(b)),
        }
    }
}

/// Conditions on the rows of a file, with the places of their columns.
#[derive(Clone, Debug, Default)]
pub(super) struct Tests {
    use_only: Vec<(Condition, usize)>,
    cancelled: Vec<(Condition, usize)>,
}

impl Tests {
    /// Finds the columns.
    pub fn find(
        place: &Place,
        header: &[String],
        use_only: &[Condition],
        cancelled: &[Condition],
        layout: &mut Layout,
    ) -> Result<Self, HistoryError> {
        let mut all = |conditions: &[Condition], key: &str| {
            let one = |condition: &Condition| Ok((condition.clone(), layout.also(place, header, &condition.column, key)?));
            conditions.iter().map(one).collect::<Result<Vec<_>, HistoryError>>()
        };
        Ok(Self { use_only: all(use_only, "use only")?, cancelled: all(cancelled, "cancelled where")? })
    }

    pub fn is_empty(&self) -> bool {
        self.use_only.is_empty() && self.cancelled.is_empty()
    }

    /// What a row says, before other lines of its receipt are asked.
    pub fn state(&self, batch: &Batch<'_>, row: usize) -> State {
        let value = |place: usize| batch.columns.get(place).and_then(|column| column.text(row));
        if self.cancelled.iter().any(|(condition, place)| condition.holds(value(*place).as_deref()) == Some(true)) {
            return State::Cancelled;
        }
        let mut state = State::In;
        for (condition, place) in &self.use_only {
            match condition.holds(value(*place).as_deref()) {
                Some(false) => return State::Out,
                None => state = State::Unsaid,
                Some(true) => {}
            }
        }
        if self.use_only.is_empty() { State::Unsaid } else { state }
    }

    /// What a receipt is of which no line says anything.
    pub fn unsaid(&self) -> State {
        if self.use_only.iter().all(|(condition, _)| condition.test == Test::Blank) { State::In } else { State::Out }
    }

    /// The state of a row that stands for itself.
    pub fn of(&self, batch: &Batch<'_>, row: usize) -> State {
        match self.state(batch, row) {
            State::Unsaid => self.unsaid(),
            state => state,
        }
    }

    /// The column and value that leave a row out.
    pub fn why(&self, batch: &Batch<'_>, row: usize, state: State) -> (String, String) {
        let list = if state == State::Cancelled { &self.cancelled } else { &self.use_only };
        let own = |place: usize| batch.columns.get(place).map(|column| column.own_text(row)).unwrap_or_default();
        let wanted = state == State::Cancelled;
        let found = list
            .iter()
            .find(|(condition, place)| condition.holds(Some(own(*place)).filter(|text| !text.is_empty()).as_deref()) == Some(wanted));
        found.or(list.first()).map(|(condition, place)| (condition.column.clone(), own(*place))).unwrap_or_default()
    }

    /// Notes the values of columns that are compared with a list.
    pub fn see(&self, batch: &Batch<'_>, seen: &mut Values) {
        for (condition, place) in self.use_only.iter().chain(&self.cancelled) {
            let (Test::OneOf(list), Some(column)) = (&condition.test, batch.columns.get(*place)) else { continue };
            let entry = seen.0.entry((condition.column.clone(), list.clone())).or_default();
            let mut last = String::new();
            for row in 0..batch.rows {
                if let Some(text) = column.text(row).filter(|text| *text != last) {
                    last = text.to_lowercase();
                    if entry.len() < MOST_VALUES && !entry.contains(&last) {
                        entry.insert(last.clone());
                    }
                    last = text.into_owned();
                }
            }
        }
    }
}

/// More different values than this make no state.
const MOST_VALUES: usize = 500;

/// The values of columns that are compared with a list.
#[derive(Clone, Debug, Default)]
pub(super) struct Values(BTreeMap<(String, Vec<String>), BTreeSet<String>>);

impl Values {
    pub fn merge(&mut self, other: Self) {
        for (key, values) in other.0 {
            self.0.entry(key).or_default().extend(values);
        }
    }

    /// A value that the mapping lists and no row has, where a row has nearly the same.
    pub fn mistyped(&self) -> Option<String> {
        self.near().or_else(|| self.none())
    }

    /// A list of which no row has anything.
    fn none(&self) -> Option<String> {
        self.0.iter().find_map(|((column, list), values)| {
            let strange = !values.is_empty() && list.iter().all(|listed| !values.contains(listed));
            let found = || values.iter().take(5).map(|value| super::rejects::printable(value)).collect::<Vec<_>>().join(", ");
            let column = super::rejects::printable(column);
            strange.then(|| format!("no row has \"{}\" in \"{column}\": there are {}", list.join(", "), found()))
        })
    }

    /// A value that no row has beside one that is nearly the same.
    fn near(&self) -> Option<String> {
        self.0.iter().find_map(|((column, list), values)| {
            let strange = list.iter().find_map(|listed| {
                let open = values.iter().filter(|value| !list.contains(value)).map(String::as_str);
                (!values.contains(listed)).then(|| crate::diagnostic::nearest(listed, open).map(|near| (listed, near.to_owned())))?
            });
            strange.map(|(listed, near)| {
                let column = super::rejects::printable(column);
                let near = super::rejects::printable(&near);
                format!("no row has \"{listed}\" in \"{column}\". Perhaps: {column}: {near}")
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a condition that can be read holds.
    fn holds(values: &[&str], value: Option<&str>) -> Option<Option<bool>> {
        let read = Condition::parse("Status".to_owned(), values.iter().map(|value| (*value).to_owned()).collect());
        read.ok().map(|condition| condition.holds(value))
    }

    #[test]
    fn words_of_conditions() {
        assert_eq!(holds(&["is filled"], Some("x")), Some(Some(true)));
        assert_eq!(holds(&["is filled"], None), Some(None));
        assert_eq!(holds(&["is blank"], Some("x")), Some(Some(false)));
        assert_eq!(holds(&["Paid", "Shipped"], Some("paid")), Some(Some(true)));
        assert_eq!(holds(&["starts with \"C\""], Some("C12")), Some(Some(true)));
        assert_eq!(holds(&["starts with C"], Some("12")), Some(Some(false)));
        assert_eq!(holds(&["contains gift"], Some("A Gift card")), Some(Some(true)));
        assert!(Condition::parse("Status".to_owned(), Vec::new()).is_err());
    }
}
