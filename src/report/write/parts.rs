//! Sections as text: in the short report what they claim, in the full one their figures and tables too.

use super::format::{human, percent, span, thousands};
use super::layout::{Align, Page, short};
use super::text::{figure, label};
use crate::diagnostic::render::visible;
use crate::report::model::{Column, Report, Section, Table, Unit, Value};
use crate::value::Currency;

/// Columns of a cell of words.
const CELL: usize = 40;

/// All sections that have something to tell.
pub(super) fn sections(report: &Report, full: bool, page: &mut Page) {
    for section in &report.sections {
        if full && !section.is_empty() || !section.claims.is_empty() && !section.folded {
            one(report, section, full, page);
        }
    }
}

fn one(report: &Report, section: &Section, full: bool, page: &mut Page) {
    page.blank();
    page.heading(&visible(&section.title), section.label.word());
    for claim in &section.claims {
        let own = if claim.label == section.label { "" } else { claim.label.word() };
        page.sentence(&visible(&claim.text), own);
    }
    if !full {
        return;
    }
    figures(report, section, page);
    for each in &section.tables {
        page.blank();
        table(each, &report.program.currency, page);
    }
}

fn figures(report: &Report, section: &Section, page: &mut Page) {
    let rows: Vec<Vec<String>> = section
        .figures
        .iter()
        .filter_map(|id| report.metric(id))
        .map(|metric| {
            let detail = metric.cell.detail.as_deref().map(visible).unwrap_or_default();
            let doubt = metric.cell.interval.map_or_else(String::new, |(low, high)| {
                format!("{} by chance alone", span(low, high, " to ", &metric.unit, &report.program.currency))
            });
            let own = if metric.label == section.label { String::new() } else { label(metric) };
            let told: Vec<String> = [detail, doubt, own].into_iter().filter(|text| !text.is_empty()).collect();
            vec![visible(&metric.words), format!("{}   {}", figure(&metric.cell, &metric.unit, report), told.join(" · "))]
        })
        .collect();
    page.rows(&[Align::Left, Align::Left], &rows);
}

/// A table with its title and the names of its columns.
pub(super) fn table(table: &Table, currency: &Currency, page: &mut Page) {
    page.heading(&format!("  {}", visible(&table.title)), table.label.word());
    if let Some(words) = table.without_rows() {
        page.sentence(&visible(&words), "");
        return;
    }
    // A column that is empty in all rows tells nothing.
    let told = |at: &usize| table.rows.iter().any(|row| row.get(*at).is_some_and(|value| *value != Value::Missing));
    let columns: Vec<usize> = (0..table.columns.len()).filter(told).collect();
    let mut rows = vec![columns.iter().filter_map(|at| table.columns.get(*at)).map(|column| heading(column, currency)).collect::<Vec<_>>()];
    for row in &table.rows {
        let cells = columns.iter().filter_map(|at| Some(cell(row.get(*at)?, &table.columns.get(*at)?.unit, currency)));
        rows.push(cells.collect());
    }
    let words = |at: &usize| table.rows.iter().any(|row| matches!(row.get(*at), Some(Value::Text(_))));
    let aligns: Vec<Align> = columns.iter().map(|at| if words(at) { Align::Left } else { Align::Right }).collect();
    super::grid::grid(&aligns, &rows, page);
}

/// The name of a column, with what all its numbers count.
fn heading(column: &Column, currency: &Currency) -> String {
    let words = visible(&column.words);
    match &column.unit {
        Unit::Money => format!("{words}, {}", currency.code),
        Unit::Units { name, .. } => format!("{words}, {}", visible(name)),
        Unit::Rate | Unit::Count | Unit::Number | Unit::Days => words,
    }
}

/// A value without what its column counts.
fn cell(value: &Value, unit: &Unit, currency: &Currency) -> String {
    let write = |value: crate::value::Exact| match unit {
        Unit::Rate => percent(value),
        Unit::Units { scale, .. } => super::format::units(value, *scale),
        Unit::Money => {
            let full = human(value, unit, currency);
            full.split(' ').next().unwrap_or_default().to_owned()
        }
        Unit::Count | Unit::Number | Unit::Days => thousands(&super::format::plain(value, 2)),
    };
    match value {
        Value::Missing => "·".to_owned(),
        Value::Text(text) => short(text, CELL),
        Value::Number(value) => write(*value),
        Value::Runs(never, soon) => format!("{} / {}", write(*never), write(*soon)),
    }
}
