//! Puts a report together.

use super::deep::Deep;
use super::expect::expectations;
use super::metrics::behaviour::Behaviour;
use super::metrics::{Days, Entry, From, Inputs, On, catalogue, cost_parts};
use super::model::{AboutHistory, AboutProgram, Cell, Figure, Label, Report, Rows, Tables};
use super::observed::Observed;
use super::{notes, tables};
use crate::assumptions::{Assumptions, End};
use crate::engine::totals::Totals;
use crate::program::Program;
use crate::source::Sources;
use crate::value::{Checked, Exact};

/// All that a report is made from.
#[derive(Debug)]
pub struct About<'a> {
    pub program: &'a Program,
    /// Its text, to name lines; `None` where there is none.
    pub sources: Option<&'a Sources>,
    /// The program's main file as named by the user, and the SHA-256 of its bytes.
    pub file: &'a str,
    pub sha256: &'a str,
    /// What was seen in the history.
    pub observed: &'a Observed,
    /// The history's file as named by the user.
    pub history_file: &'a str,
    /// What a file says; `None` without one.
    pub assumptions: Option<&'a Assumptions>,
    /// The sums of one run; of two, where nothing says when members redeem.
    pub runs: Runs<'a>,
    /// Whether everything is told: models are fitted too.
    pub full: bool,
    /// What was kept of accounts, months and single ends of ranges, where everything is told.
    pub deep: Option<&'a Deep>,
    /// What further purchases came to in each run, in the order of [`Runs::all`]; empty where no response is assumed.
    pub further_sales: Vec<i128>,
    /// Sentences about the run itself that a reader should know first: other parameters, another start.
    pub remarks: &'a [String],
}

/// The runs behind a report.
#[derive(Clone, Copy, Debug)]
pub enum Runs<'a> {
    /// By the assumptions, or without any need of one.
    One(&'a Totals),
    /// Nobody redeems, and everybody as soon as possible.
    Envelope { never: &'a Totals, soon: &'a Totals },
    /// At the ends and in the middle of the ranges that are assumed.
    Ranges { low: &'a Totals, base: &'a Totals, high: &'a Totals },
}

impl<'a> Runs<'a> {
    /// All runs.
    #[must_use]
    pub fn all(self) -> Vec<&'a Totals> {
        match self {
            Self::One(totals) => vec![totals],
            Self::Envelope { never, soon } => vec![never, soon],
            Self::Ranges { low, base, high } => vec![low, base, high],
        }
    }
}

/// Why a figure has two ends.
const NO_REDEMPTION: &str = "depends on when members redeem: say so under `redemption` in an assumptions file (--assume)";

/// Makes the report.
///
/// # Errors
/// [`crate::value::Overflow`] if the history's sums of money do not fit.
pub fn build(about: &About) -> Checked<Report> {
    let program = about.program;
    let Observed { whole, behaviour, answers } = about.observed;
    let discount = about.assumptions.and_then(|assumptions| assumptions.discount_rate);
    let estimates = about.full.then(|| super::sections::estimates(behaviour, program.currency.decimals, discount.map(|rate| rate.base)));
    let inputs = Inputs {
        program,
        behaviour,
        answers: *answers,
        assumptions: about.assumptions,
        estimates: estimates.as_ref(),
        further_sales: None,
        margin_end: End::Base,
        cost_end: End::Base,
    };
    let runs = about.runs.all();
    let metrics = catalogue(program).iter().filter(|entry| !entry.is_silent(&runs)).map(|entry| metric(entry, &inputs, about)).collect();
    let accounting = &whole.accounting;
    let mut report = Report {
        program: AboutProgram {
            name: program.name.clone(),
            file: about.file.to_owned(),
            sha256: about.sha256.to_owned(),
            currency: program.currency.clone(),
            worst_case: None,
        },
        history: AboutHistory {
            file: about.history_file.to_owned(),
            digest: behaviour.digest,
            days: behaviour.days,
            life: behaviour.life.days,
            rows: Rows::of(accounting, &program.currency),
            rejected: notes::rejected(accounting, &program.currency),
            notes: whole.notes.clone(),
        },
        assumptions: about.assumptions.map(|assumptions| notes::assumed(assumptions, program)).unwrap_or_default(),
        assumptions_sha256: None,
        metrics,
        tables: Tables {
            tiers: tables::tiers(program, &runs),
            rules: tables::rules(&inputs, about.sources, &runs)?,
            cohorts: tables::cohorts(&behaviour.months),
            months: tables::months(&behaviour.months),
        },
        sections: super::sections::all(&inputs, about),
        expectations: Vec::new(),
        ends: ends(about),
        notes: Vec::new(),
    };
    report.notes = notes::worth_knowing(&inputs, &report, about)?;
    report.expectations = expectations(program, &report);
    Ok(report)
}

fn metric(entry: &Entry, inputs: &Inputs, about: &About) -> Figure {
    let compute = |at: usize, totals: &Totals| over_ends(entry, inputs, about.further_sales.get(at).copied(), totals);
    let cell = match (about.runs, entry.from) {
        (Runs::One(totals), _) | (Runs::Envelope { never: totals, .. }, From::History) => compute(0, totals),
        (Runs::Envelope { never, soon }, From::Run) => envelope(compute(0, never), compute(1, soon)),
        (Runs::Ranges { base, .. }, From::History) => compute(1, base),
        (Runs::Ranges { low, base, high }, From::Run) => ranged(compute(1, base), &[compute(0, low), compute(2, high)]),
    };
    let assumes = assumed(entry, about);
    let label = match entry.from {
        From::History if entry.estimated => Label::Estimated,
        From::History => Label::Observed,
        From::Run if assumes.is_empty() => Label::Mechanical,
        From::Run => Label::Assumed,
    };
    Figure {
        id: entry.id.clone(),
        words: entry.words.first().cloned().unwrap_or_else(|| entry.id.clone()),
        unit: entry.unit.clone(),
        label,
        assumes,
        definition: entry.definition.clone(),
        window: window(entry.days, inputs.behaviour),
        cell,
    }
}

/// The assumptions of the file that a figure depends on.
fn assumed(entry: &Entry, about: &About) -> Vec<&'static str> {
    let Some(assumptions) = about.assumptions else { return Vec::new() };
    let one_run = !matches!(about.runs, Runs::Envelope { .. });
    let program = about.program;
    let vouchers = program.grants_vouchers();
    let pays = !program.redeems.is_empty() || !program.rewards.is_empty() || vouchers && !assumptions.vouchers_said;
    let redemption = (one_run && !assumptions.redemption.is_empty() && pays).then_some("redemption");
    let names = |on: &On| match on {
        On::Response => [(!assumptions.response.is_empty()).then_some("response"), None],
        On::Redeeming => [redemption, (vouchers && assumptions.vouchers_said).then_some("vouchers used")],
        On::RewardCost => {
            [(assumptions.reward_cost != crate::assumptions::Range::sure(crate::value::Decimal::whole(1))).then_some("reward cost"), None]
        }
        On::FixedCost => [assumptions.fixed_cost_per_month.map(|_| "fixed cost"), None],
        On::Margin => [assumptions.margin.map(|_| "margin"), None],
    };
    entry.on.iter().flat_map(names).flatten().collect()
}

/// What sets the runs apart.
fn ends(about: &About) -> Option<(&'static str, &'static str)> {
    match about.runs {
        Runs::One(_) | Runs::Ranges { .. } => None,
        Runs::Envelope { .. } if about.program.redeems.is_empty() && !about.program.rewards.is_empty() => {
            Some(("nobody claims a reward", "everybody does as soon as possible"))
        }
        Runs::Envelope { .. } if about.program.redeems.is_empty() && !about.program.grants_vouchers() => {
            Some(("no gift is collected", "all are collected at the next purchase"))
        }
        Runs::Envelope { .. } if about.program.redeems.is_empty() => Some(("no voucher is used", "all are used at the first chance")),
        Runs::Envelope { .. } => Some(("nobody redeems", "everybody does as soon as possible")),
    }
}

/// One figure where both runs agree; else its ends.
fn envelope(never: Cell, soon: Cell) -> Cell {
    if never.value.is_some() && never.value == soon.value && never.low == soon.low && never.high == soon.high {
        return never;
    }
    let ends: Vec<Exact> = [&never, &soon].iter().flat_map(|cell| [cell.value, cell.low, cell.high]).flatten().collect();
    let unknown = [&never, &soon].into_iter().find_map(|cell| cell.reason.clone());
    let (Some(low), Some(high)) = (ends.iter().min().copied(), ends.iter().max().copied()) else {
        return never;
    };
    let same = |of: fn(&Cell) -> Option<super::model::Amount>| of(&never).filter(|amount| of(&soon) == Some(*amount));
    Cell {
        low: Some(low),
        high: Some(high).filter(|_| unknown.is_none()),
        runs: Some((never.value, soon.value)),
        numerator: same(|cell| cell.numerator),
        denominator: same(|cell| cell.denominator),
        detail: never.detail.clone().filter(|detail| soon.detail.as_ref() == Some(detail)),
        reason: Some(unknown.map_or_else(|| NO_REDEMPTION.to_owned(), |unknown| format!("{unknown}; {NO_REDEMPTION}"))),
        ..Cell::default()
    }
}

/// The figure of one run, with its ends over the ranges of what is assumed beside the run: margin and costs.
fn over_ends(entry: &Entry, inputs: &Inputs, further_sales: Option<i128>, totals: &Totals) -> Cell {
    let at = |margin_end: End, cost_end: End| {
        let inputs = Inputs { further_sales, margin_end, cost_end, ..*inputs };
        entry.metered.compute(&inputs, totals).unwrap_or_else(|_| Cell::missing("its sums are too large to be kept exactly"))
    };
    let assumed = |of: fn(&Assumptions) -> bool| inputs.assumptions.is_some_and(of);
    let margin = entry.on.contains(&On::Margin) && assumed(|a| a.margin.is_some_and(|margin| margin.is_open()));
    let cost = entry.on.iter().any(|on| matches!(on, On::RewardCost | On::FixedCost | On::Margin))
        && assumed(|a| {
            a.reward_cost.is_open() || [a.fixed_cost_per_month, a.acquisition_cost].into_iter().flatten().any(|cost| cost.is_open())
        });
    let ends = |open: bool| if open { vec![End::Low, End::Base, End::High] } else { vec![End::Base] };
    let corners = ends(margin).into_iter().flat_map(|margin| ends(cost).into_iter().map(move |cost| (margin, cost)));
    let others: Vec<Cell> = corners.filter(|corner| *corner != (End::Base, End::Base)).map(|(margin, cost)| at(margin, cost)).collect();
    ranged(at(End::Base, End::Base), &others)
}

/// The figure at the base of the ranges, with its ends over all of them; an end that cannot be known is none.
fn ranged(base: Cell, others: &[Cell]) -> Cell {
    let ends: Vec<Exact> = others.iter().chain([&base]).flat_map(|cell| [cell.value, cell.low, cell.high]).flatten().collect();
    let unknown = others.iter().find(|cell| cell.value.is_none()).and_then(|cell| cell.reason.clone());
    match (ends.iter().min().copied(), ends.iter().max().copied()) {
        (Some(least), Some(most)) if least != most || unknown.is_some() => {
            Cell { low: Some(least), high: Some(most).filter(|_| unknown.is_none()), reason: base.reason.clone().or(unknown), ..base }
        }
        _ => base,
    }
}

pub(super) fn window(days: Days, behaviour: &Behaviour) -> String {
    let Some((from, to)) = behaviour.days else { return "an empty history".to_owned() };
    match days {
        Days::Whole => format!("{from} to {to}"),
        Days::Life => match behaviour.life.days {
            Some((first, last)) => format!("{first} to {last}"),
            None => format!("no day of {from} to {to}"),
        },
        Days::End => format!("at the end of {to}"),
        Days::Last180 => format!("{} to {to}", to.plus_days(-179)),
    }
}

/// What a run cost before fixed cost, minor units.
///
/// # Errors
/// [`crate::value::Overflow`].
pub fn variable_cost(program: &Program, behaviour: &Behaviour, assumed: &Assumptions, end: End, totals: &Totals) -> Checked<i128> {
    let inputs = Inputs {
        program,
        behaviour,
        answers: super::metrics::Answers::default(),
        assumptions: Some(assumed),
        estimates: None,
        further_sales: None,
        margin_end: end,
        cost_end: end,
    };
    cost_parts(&inputs, totals)?.variable()
}
