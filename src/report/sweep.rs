//! One program with other values of its parameters: a table of chosen figures, the point that meets the goals, and how that point
//! fares on customers who had no part in choosing it.

use super::compare::Findings;
use super::model::{Cell, Claim, Column, Figure, Label, Picture, Report, Section, Table, Unit, Value};
use super::write::format::{count, human, span};
use crate::value::{Currency, Decimal, Exact};

/// A parameter with the values that it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Varied {
    pub name: String,
    /// As they are written in a program.
    pub values: Vec<String>,
}

/// What a point of the grid came to.
#[derive(Clone, Debug)]
pub struct Point {
    /// The value of each parameter, by its place among its values.
    pub at: Vec<usize>,
    /// On all customers.
    pub whole: Report,
    /// On those the choice is made by, and on those held out; `None` where customers cannot be evaluated apart.
    pub apart: Option<(Report, Report)>,
}

/// All that a sweep is made from.
#[derive(Debug)]
pub struct Swept<'a> {
    pub varied: &'a [Varied],
    pub points: Vec<Point>,
    /// The metrics chosen, by id; the first is drawn.
    pub metrics: Vec<String>,
    /// What of the customers is held out, in words; how many of how many.
    pub held: Option<(u64, u64)>,
}

/// Makes the findings; `None` without a point.
#[must_use]
pub fn build(swept: &Swept) -> Option<Findings> {
    let first = &swept.points.first()?.whole;
    let ids: Vec<&str> = swept.metrics.iter().map(String::as_str).filter(|id| first.metric(id).is_some()).collect();
    let mut section = Section::new("sweep", title(swept), label(first, &ids));
    section.tables = vec![table(swept, &ids, first)];
    section.tables.extend(grid(swept, &ids, first));
    Some(Findings {
        currency: first.program.currency.clone(),
        history: first.history.clone(),
        answer: answer(swept, &ids, first),
        assumptions: first.assumptions.clone(),
        notes: notes(swept),
        sections: vec![section],
    })
}

fn title(swept: &Swept) -> String {
    let one = |varied: &Varied| {
        let (first, last) = (varied.values.first().map_or("", String::as_str), varied.values.last().map_or("", String::as_str));
        format!("{} from {first} to {last}", varied.name)
    };
    let many = i128::try_from(swept.points.len()).unwrap_or(0);
    format!("{}: {} points", swept.varied.iter().map(one).collect::<Vec<_>>().join(", "), count(many))
}

fn label(report: &Report, ids: &[&str]) -> Label {
    ids.iter().filter_map(|id| report.metric(id)).map(|figure| figure.label).max().unwrap_or(Label::Mechanical)
}

/// Sentences that hold for every point, once.
fn notes(swept: &Swept) -> Vec<String> {
    let Some((first, others)) = swept.points.split_first() else { return Vec::new() };
    let everywhere = |note: &&String| others.iter().all(|point| point.whole.notes.contains(note));
    first.whole.notes.iter().filter(everywhere).cloned().collect()
}

/// The number of a value such as `1.5%` or `20 EUR`, and what it counts.
fn number(text: &str, currency: &Currency) -> Option<(Exact, Unit)> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let value = Exact::try_from(Decimal::parse(number)?).ok()?;
    match unit.trim() {
        "%" => Some((value.divided_by(Exact::whole(100)).ok()?, Unit::Rate)),
        unit if unit == currency.code => {
            let minor = 10_i128.checked_pow(u32::from(currency.decimals))?;
            Some((value.times(Exact::whole(minor)).ok()?, Unit::Money))
        }
        "" => Some((value, Unit::Number)),
        _ => None,
    }
}

/// The values of a parameter as figures where all of them are of one kind, else as texts.
fn scale(varied: &Varied, currency: &Currency) -> (Unit, Vec<Value>) {
    let numbers: Option<Vec<(Exact, Unit)>> = varied.values.iter().map(|text| number(text, currency)).collect();
    match numbers {
        Some(numbers) if numbers.windows(2).all(|pair| matches!(pair, [a, b] if a.1 == b.1)) => {
            let unit = numbers.first().map_or(Unit::Number, |(_, unit)| unit.clone());
            (unit, numbers.into_iter().map(|(value, _)| Value::Number(value)).collect())
        }
        _ => (Unit::Count, varied.values.iter().cloned().map(Value::Text).collect()),
    }
}

fn value(cell: &Cell) -> Value {
    match (cell.value, cell.runs) {
        (Some(value), _) => Value::Number(value),
        (None, Some((Some(never), Some(soon)))) => Value::Runs(never, soon),
        _ => Value::Missing,
    }
}

/// A row a point.
fn table(swept: &Swept, ids: &[&str], first: &Report) -> Table {
    let currency = &first.program.currency;
    let scales: Vec<(Unit, Vec<Value>)> = swept.varied.iter().map(|varied| scale(varied, currency)).collect();
    let mut columns: Vec<Column> = swept
        .varied
        .iter()
        .zip(&scales)
        .map(|(varied, (unit, _))| Column::new(varied.name.clone(), varied.name.clone(), unit.clone()))
        .collect();
    let figures: Vec<&Figure> = ids.iter().filter_map(|id| first.metric(id)).collect();
    columns.extend(figures.iter().map(|figure| Column::new(figure.id.clone(), figure.words.clone(), figure.unit.clone())));
    let goals = !first.expectations.is_empty();
    if goals {
        columns.push(Column::text("goals", "goals"));
    }
    let row = |point: &Point| {
        let mut row: Vec<Value> =
            point.at.iter().zip(&scales).map(|(at, (_, values))| values.get(*at).cloned().unwrap_or(Value::Missing)).collect();
        row.extend(ids.iter().map(|id| point.whole.metric(id).map_or(Value::Missing, |figure| value(&figure.cell))));
        if goals {
            row.push(Value::Text(if point.whole.goals_met() { "met" } else { "missed" }.to_owned()));
        }
        row
    };
    let drawn = swept.varied.len();
    let names: Vec<String> = figures.iter().map(|figure| figure.words.clone()).collect();
    Table {
        id: "sweep".to_owned(),
        title: format!("{} at each point", capital(&names.join(", "))),
        label: label(first, ids),
        assumes: Vec::new(),
        definition: figures.iter().map(|figure| format!("{}: {}", figure.words, figure.definition)).collect::<Vec<_>>().join("; "),
        window: figures.first().map_or_else(String::new, |figure| figure.window.clone()),
        columns,
        rows: swept.points.iter().map(row).collect(),
        picture: (swept.varied.len() == 1).then(|| Picture::Lines(vec![drawn])),
        reason: None,
    }
}

/// The first metric over two parameters.
fn grid(swept: &Swept, ids: &[&str], first: &Report) -> Option<Table> {
    let [down, across] = swept.varied else { return None };
    let figure = first.metric(ids.first()?)?;
    let mut columns = vec![Column::text("value", &format!("{} / {}", down.name, across.name))];
    columns.extend(across.values.iter().enumerate().map(|(at, value)| Column::new(format!("at_{at}"), value.clone(), figure.unit.clone())));
    let cell = |row: usize, column: usize| {
        let point = swept.points.iter().find(|point| point.at == [row, column])?;
        point.whole.metric(&figure.id).map(|figure| value(&figure.cell))
    };
    let row = |(at, name): (usize, &String)| {
        let cells = (0..across.values.len()).map(|column| cell(at, column).unwrap_or(Value::Missing));
        [Value::Text(name.clone())].into_iter().chain(cells).collect()
    };
    Some(Table {
        id: "sweep.grid".to_owned(),
        title: format!("{} by {} (down) and {} (across)", capital(&figure.words), down.name, across.name),
        label: figure.label,
        assumes: figure.assumes.clone(),
        definition: figure.definition.clone(),
        window: figure.window.clone(),
        columns,
        rows: down.values.iter().enumerate().map(row).collect(),
        picture: Some(Picture::Heat((1..=across.values.len()).collect())),
        reason: None,
    })
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), letters.as_str()))
}

/// `base 2.5%, cap 20 EUR`
fn named(swept: &Swept, point: &Point) -> String {
    let one = |(varied, at): (&Varied, &usize)| format!("{} {}", varied.name, varied.values.get(*at).map_or("", String::as_str));
    swept.varied.iter().zip(&point.at).map(one).collect::<Vec<_>>().join(", ")
}

/// A figure in words.
fn told(report: &Report, id: &str) -> Option<String> {
    let figure = report.metric(id)?;
    let currency = &report.program.currency;
    let ends = figure.cell.ends();
    let (low, high) = (ends.iter().min()?, ends.iter().max()?);
    let value =
        figure.cell.value.map_or_else(|| span(*low, *high, " to ", &figure.unit, currency), |value| human(value, &figure.unit, currency));
    Some(format!("{} {value}", figure.words))
}

fn answer(swept: &Swept, ids: &[&str], first: &Report) -> Vec<Claim> {
    let label = label(first, ids);
    let range = |id: &str| -> Option<Claim> {
        let figure = first.metric(id)?;
        let ends: Vec<Exact> =
            swept.points.iter().filter_map(|point| point.whole.metric(id)).flat_map(|figure| figure.cell.ends()).collect();
        let (low, high) = (ends.iter().min()?, ends.iter().max()?);
        let text = format!(
            "Over these {} points {} lies between {}.",
            count(i128::try_from(swept.points.len()).unwrap_or(0)),
            figure.words,
            span(*low, *high, " and ", &figure.unit, &first.program.currency)
        );
        Some(Claim::new(text, figure.label, &["sweep"]))
    };
    if first.expectations.is_empty() {
        let mut claims: Vec<Claim> = ids.first().and_then(|id| range(id)).into_iter().collect();
        let text = "No goal says which point is wanted: write one with expect in the program, or name it with --goal.";
        claims.push(Claim::new(text, label, &[]));
        return claims;
    }
    let goals: Vec<String> = first.expectations.iter().map(|expected| expected.text.clone()).collect();
    let by = |point: &&Point| point.apart.as_ref().map_or(&point.whole, |(chosen, _)| chosen).goals_met();
    // The last point in order has the largest value of the first parameter.
    let Some(best) = swept.points.iter().rfind(by) else {
        let text = format!("None of these {} points meets the goals: {}.", swept.points.len(), goals.join("; "));
        return vec![Claim::new(text, label, &["sweep"])];
    };
    let figures: Vec<String> = ids.iter().filter_map(|id| told(&best.whole, id)).collect();
    let text =
        format!("Of these, the largest that meets the goals ({}) is {}: {}.", goals.join("; "), named(swept, best), figures.join(", "));
    let mut claims = vec![Claim::new(text, label, &["sweep"])];
    if let (Some((_, held)), Some((out, all))) = (&best.apart, swept.held) {
        let figures: Vec<String> = ids.iter().filter_map(|id| told(held, id)).collect();
        let met = if held.goals_met() { "they are met there too" } else { "they are missed there" };
        let text = format!(
            "It was chosen without {} of {} customers; on these {met}: {}.",
            count(i128::from(out)),
            count(i128::from(all)),
            figures.join(", ")
        );
        claims.push(Claim::new(text, label, &[]));
    }
    claims
}
