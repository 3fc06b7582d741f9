//! Metrics as CSV: one row each.

use super::format::{machine, machine_amount};
use crate::report::model::{Amount, Figure, Report};
use std::borrow::Cow;

const HEADER: [&str; 12] =
    ["id", "value", "low", "high", "unit", "label", "numerator", "denominator", "detail", "definition", "window", "reason"];

/// The metrics, one row each. Tables are in JSON and YAML.
#[must_use]
pub fn csv(report: &Report) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let rows = std::iter::once(HEADER.map(str::to_owned)).chain(report.metrics.iter().map(|metric| row(metric, report)));
    for row in rows {
        // Writing to memory does not fail.
        let _ = writer.write_record(&row);
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

fn row(metric: &Figure, report: &Report) -> [String; 12] {
    let currency = &report.program.currency;
    let cell = &metric.cell;
    let value = |value: Option<crate::value::Exact>| value.map(|value| machine(value, &metric.unit, currency)).unwrap_or_default();
    let amount = |amount: Option<Amount>| amount.map(|amount| machine_amount(amount, currency)).unwrap_or_default();
    let text = |text: &str| guarded(text).into_owned();
    [
        text(&metric.id),
        value(cell.value),
        value(cell.low),
        value(cell.high),
        text(&super::json::unit_word(&metric.unit, currency)),
        metric.label.word().to_owned(),
        amount(cell.numerator),
        amount(cell.denominator),
        text(cell.detail.as_deref().unwrap_or_default()),
        text(&metric.definition),
        text(&metric.window),
        text(cell.reason.as_deref().unwrap_or_default()),
    ]
}

/// A text that a spreadsheet will not run as a formula: one that begins like a formula, blanks and marks without width
/// aside, gets an apostrophe in front. The wide forms of the signs count as formulas to spreadsheets set to East Asian
/// languages.
#[must_use]
pub fn guarded(text: &str) -> Cow<'_, str> {
    let blank = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' | '\u{AD}');
    let signs = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '﹦', '﹢', '﹣', '﹫', '−'];
    let formula = text.trim_start_matches(blank).starts_with(signs) || text.starts_with(['\t', '\r', '\n', '\0']);
    if formula { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}
