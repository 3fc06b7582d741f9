//! The questions that a report answers, one module each.

mod alone;
pub(super) mod clv;
mod customers;
mod expiry;
mod over_time;
mod owed;
mod passed;
mod rfm;
mod sure;
mod who;

pub(super) use clv::estimates;
pub(super) use rfm::{Score, scores};

use super::build::{About, Runs};
use super::metrics::Inputs;
use super::model::{Label, Section};
use crate::engine::totals::Totals;

/// The run that is told where figures are of one: the base of ranges, and of an envelope everybody redeeming as soon as possible,
/// which is the one of the ledger.
fn told<'a>(about: &About<'a>) -> (&'a Totals, usize) {
    match about.runs {
        Runs::One(totals) => (totals, 0),
        Runs::Envelope { soon, .. } => (soon, 1),
        Runs::Ranges { base, .. } => (base, 1),
    }
}

/// All sections, in the order of reports.
pub(super) fn all(inputs: &Inputs, about: &About) -> Vec<Section> {
    let (totals, at) = told(about);
    let label = match about.runs {
        Runs::Envelope { .. } => Label::Mechanical,
        _ if about.assumptions.is_some_and(|assumptions| !assumptions.redemption.is_empty() || !assumptions.response.is_empty()) => {
            Label::Assumed
        }
        _ => Label::Mechanical,
    };
    let deep = about.deep;
    let varied = deep.map_or(&[][..], |deep| &deep.varied);
    vec![
        customers::section(inputs),
        clv::section(inputs),
        over_time::section(inputs, deep, label),
        owed::section(inputs, totals, deep, label),
        passed::section(inputs, deep, label),
        alone::section(inputs, totals, deep.map_or(&[][..], |deep| &deep.left_out), label),
        who::section(inputs, deep.map(|deep| deep.accounts.as_slice()), label),
        sure::section(inputs, totals, about.further_sales.get(at).copied(), varied),
    ]
}
