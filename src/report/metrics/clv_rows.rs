//! Metrics of models of buying.

use super::{Days, From, Inputs, Row};
use crate::engine::totals::Totals;
use crate::report::model::{Cell, Unit};
use crate::report::sections::clv::{cell, of_margin};
use crate::value::Checked;

const fn row(
    id: &'static str,
    words: &'static [&'static str],
    unit: Unit,
    definition: &'static str,
    compute: fn(&Inputs, &Totals) -> Checked<Cell>,
) -> Row {
    Row { id, words, unit, from: From::History, days: Days::Whole, on: &[], definition, compute }
}

/// The rows, in the order of reports.
pub(super) const ROWS: &[Row] = &[
    row(
        "clv.alive",
        &["customers still there"],
        Unit::Rate,
        "mean P(alive) of all customers at the window's end, by the likeliest model that is not refused",
        |inputs, _| cell(inputs, |estimates| estimates.alive),
    ),
    row(
        "clv.expected",
        &["further purchases in a year"],
        Unit::Number,
        "further purchases (days with one) of a customer in the 52 weeks after the window, on average, by the same model",
        |inputs, _| cell(inputs, |estimates| estimates.further),
    ),
    row(
        "clv.next_year",
        &["customer value of the next year"],
        Unit::Money,
        "margin × what these purchases come to, each customer's at the value that Gamma–Gamma expects; on average, not discounted",
        |inputs, _| of_margin(inputs, |estimates| estimates.next_year),
    ),
    row(
        "clv.residual",
        &["residual customer lifetime value"],
        Unit::Money,
        "margin × all further purchases of a customer at that value, each discounted by the assumed rate, by Pareto/NBD; on average; what \
         was bought so far is not in it",
        |inputs, _| of_margin(inputs, |estimates| estimates.residual),
    ),
    row(
        "clv.held_out",
        &["repeat purchases of the second half"],
        Unit::Count,
        "repeat purchases in the second half of the window of customers whose first lies in the first half; what the models foretold for \
         it stands in the table clv_models",
        |inputs, _| cell(inputs, |estimates| estimates.held_out),
    ),
];
