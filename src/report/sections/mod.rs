//! The questions that a report answers, one module each.

pub(super) mod clv;
mod customers;

pub(super) use clv::estimates;

use super::metrics::Inputs;
use super::model::Section;

/// All sections, in the order of reports.
pub(super) fn all(inputs: &Inputs) -> Vec<Section> {
    vec![customers::section(inputs), clv::section(inputs)]
}
