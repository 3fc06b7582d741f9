//! The metrics: one row of a table for each definition, and folds that know nothing of programs or files.

pub mod behaviour;
mod catalogue;
mod clv_rows;
mod gap;
mod history_rows;
mod nps;
mod page;
mod profit_rows;
mod program_rows;
mod refunds;
mod repeat_rows;
pub mod repetition;
mod statistics;

pub use catalogue::{Named, Unknown, metric_words, resolve_metric};

pub(super) use catalogue::{Entry, catalogue, rule_id, tiers, unit_of};
pub(super) use program_rows::{CostParts, RuleUnit, cost_parts, face_value, kept, owed_value, rule_unit};

use super::clv::Estimates;
use super::model::{Cell, Unit};
use crate::assumptions::{Assumptions, End};
use crate::engine::totals::Totals;
use crate::program::Program;
use crate::value::{Checked, Decimal};
use behaviour::Behaviour;

/// What metrics are computed from, beside the sums of a run.
#[derive(Clone, Copy)]
pub(super) struct Inputs<'a> {
    pub program: &'a Program,
    pub behaviour: &'a Behaviour,
    pub answers: Answers,
    /// What a file says; `None` without one.
    pub assumptions: Option<&'a Assumptions>,
    /// What models of buying say, where they were asked.
    pub estimates: Option<&'a Estimates>,
    /// What further purchases came to in this run; `None` where no response is assumed.
    pub further_sales: Option<i128>,
    /// The ends of the ranges of the margin, and of what rewards, the program and customers cost, at which figures are computed.
    pub margin_end: End,
    pub cost_end: End,
}

impl Inputs<'_> {
    /// What a unit of reward value costs the firm.
    pub(super) fn reward_cost(&self) -> Decimal {
        self.assumptions.map_or(Decimal::whole(1), |assumptions| assumptions.reward_cost.at(self.cost_end))
    }
}

pub(super) use gap::longest as longest_gap;
pub(super) use history_rows::months;
pub use nps::{Answers, Types};
pub(super) use nps::{answers, types};
pub use page::metrics_page;
pub(super) use refunds::refunded;
pub(super) use statistics::root_of;

/// Whether a figure looks at the history alone or at what the program did with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    History,
    Run,
}

/// The days a figure is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Days {
    Whole,
    /// The part of the window in which the program runs.
    Life,
    End,
    Last180,
}

/// Assumptions that a figure of a run depends on, where a file makes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum On {
    /// When members redeem and how many vouchers they use: nearly everything follows from that, for what is paid with points
    /// earns less and counts less towards tiers.
    Redeeming,
    RewardCost,
    FixedCost,
    Margin,
    /// More purchases.
    Response,
}

/// The definition of a metric.
pub(super) struct Row {
    pub id: &'static str,
    /// How people may write it in `expect`; the first is how reports name it.
    pub words: &'static [&'static str],
    pub unit: Unit,
    pub from: From,
    pub days: Days,
    pub on: &'static [On],
    pub definition: &'static str,
    pub compute: fn(&Inputs, &Totals) -> Checked<Cell>,
}
