//! The report as a tree, for JSON and YAML.

use super::format::{machine, machine_amount};
use super::page::{RowTree, SectionTree};
use crate::report::model::{AboutHistory, AboutProgram, Amount, Ends, Expected, Figure, Label, Report, Rows, Unit};
use crate::value::{Currency, Decimal, Exact};
use serde::Serialize;
use std::collections::BTreeMap;

/// The report as JSON.
///
/// # Errors
/// What the writer says; it does not fail on this tree.
pub fn json(report: &Report) -> Result<String, String> {
    let text = serde_json::to_string_pretty(&tree(report)).map_err(|error| error.to_string())?;
    Ok(text + "\n")
}

/// The same on one line, for pages.
pub(super) fn compact(report: &Report) -> Result<String, String> {
    serde_json::to_string(&tree(report)).map_err(|error| error.to_string())
}

/// The same tree as YAML.
///
/// # Errors
/// What the writer says; it does not fail on this tree.
pub fn yaml(report: &Report) -> Result<String, String> {
    serde_yaml::to_string(&tree(report)).map_err(|error| error.to_string())
}

#[derive(Serialize)]
struct Tree<'a> {
    tool: ToolTree,
    program: ProgramTree<'a>,
    history: HistoryTree<'a>,
    assumptions: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    assumptions_sha256: Option<&'a str>,
    metrics: Vec<MetricTree<'a>>,
    tables: TablesTree<'a>,
    sections: Vec<SectionTree<'a>>,
    expectations: Vec<ExpectationTree<'a>>,
    notes: &'a [String],
}

/// What made the report.
#[derive(Serialize)]
pub(super) struct ToolTree {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
pub(super) struct ProgramTree<'a> {
    name: &'a str,
    file: &'a str,
    sha256: &'a str,
    currency: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    worst_case: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct HistoryTree<'a> {
    file: &'a str,
    /// Of its contents: the same for any order of rows and any file format.
    digest: String,
    from: Option<String>,
    to: Option<String>,
    rows: &'a Rows,
}

/// Integers stay integers, exact numbers are texts.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Number {
    Count(i64),
    Text(String),
}

#[derive(Serialize)]
pub(super) struct MetricTree<'a> {
    id: &'a str,
    words: &'a str,
    value: Option<Number>,
    low: Option<Number>,
    high: Option<Number>,
    unit: String,
    label: Label,
    assumes: &'a [&'static str],
    numerator: Option<Number>,
    denominator: Option<Number>,
    interval: Option<IntervalTree>,
    detail: Option<&'a str>,
    definition: &'a str,
    window: &'a str,
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct IntervalTree {
    low: String,
    high: String,
}

#[derive(Serialize)]
struct TablesTree<'a> {
    tiers: Vec<TierTree<'a>>,
    rules: Vec<RuleTree<'a>>,
    cohorts: Vec<CohortTree<'a>>,
    months: Vec<MonthTree<'a>>,
    /// Those of the sections, by their ids.
    #[serde(flatten)]
    more: BTreeMap<&'a str, Vec<RowTree<'a>>>,
}

/// A figure of a table; both ends where they differ.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Shown {
    One(Number),
    Between { low: Number, high: Number },
}

#[derive(Serialize)]
struct TierTree<'a> {
    ladder: Option<&'a str>,
    tier: &'a str,
    members: Shown,
    purchases: Shown,
    sales: Shown,
    reached: Shown,
    lost: Shown,
}

#[derive(Serialize)]
struct RuleTree<'a> {
    id: &'a str,
    kind: &'a str,
    text: &'a str,
    place: Option<&'a str>,
    fired: Shown,
    discount: Shown,
    wallets: BTreeMap<&'a str, Shown>,
    gifts: Shown,
    vouchers: Shown,
    cost: Shown,
    cut: Shown,
    share_of_cost: Shown,
}

#[derive(Serialize)]
struct CohortTree<'a> {
    month: &'a str,
    customers: u64,
    buyers: &'a [Option<u64>],
    sales: Vec<Option<String>>,
}

#[derive(Serialize)]
struct MonthTree<'a> {
    month: &'a str,
    complete: bool,
    purchases: u64,
    sales: String,
    buyers: u64,
    new_customers: u64,
    kept: u64,
}

#[derive(Serialize)]
struct ExpectationTree<'a> {
    text: &'a str,
    held: bool,
    metric: &'a str,
    value: Option<Number>,
    low: Option<Number>,
    high: Option<Number>,
    reason: Option<&'a str>,
}

impl ToolTree {
    pub(super) fn this() -> Self {
        Self { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") }
    }
}

impl<'a> ProgramTree<'a> {
    pub(super) fn of(program: &'a AboutProgram) -> Self {
        Self {
            name: &program.name,
            file: &program.file,
            sha256: &program.sha256,
            currency: &program.currency.code,
            worst_case: program.worst_case.as_deref(),
        }
    }
}

impl<'a> HistoryTree<'a> {
    pub(super) fn of(history: &'a AboutHistory) -> Self {
        let (from, to) = history.days.map_or((None, None), |(from, to)| (Some(from.to_string()), Some(to.to_string())));
        Self { file: &history.file, digest: history.digest.to_string(), from, to, rows: &history.rows }
    }
}

fn tree(report: &Report) -> Tree<'_> {
    Tree {
        tool: ToolTree::this(),
        program: ProgramTree::of(&report.program),
        history: HistoryTree::of(&report.history),
        assumptions: &report.assumptions,
        assumptions_sha256: report.assumptions_sha256.as_deref(),
        metrics: report.metrics.iter().map(|metric| metric_tree(metric, &report.program.currency)).collect(),
        tables: tables(report),
        sections: report.sections.iter().map(|section| SectionTree::of(section, &report.program.currency)).collect(),
        expectations: report.expectations.iter().map(|expected| expectation(expected, &report.program.currency)).collect(),
        notes: &report.notes,
    }
}

pub(super) fn number(value: Exact, unit: &Unit, currency: &Currency) -> Number {
    match (unit, i64::try_from(value.numerator())) {
        (Unit::Count, Ok(n)) if value.denominator() == 1 => Number::Count(n),
        _ => Number::Text(machine(value, unit, currency)),
    }
}

fn amount(amount: Amount, currency: &Currency) -> Number {
    match amount {
        Amount::Count(n) => i64::try_from(n).map_or_else(|_| Number::Text(n.to_string()), Number::Count),
        Amount::Money(_) | Amount::Units(..) => Number::Text(machine_amount(amount, currency)),
    }
}

/// `money` is named by its currency, units by their wallet.
pub(super) fn unit_word(unit: &Unit, currency: &Currency) -> String {
    match unit {
        Unit::Money => currency.code.clone(),
        Unit::Rate => "rate".to_owned(),
        Unit::Count => "count".to_owned(),
        Unit::Number => "number".to_owned(),
        Unit::Days => "days".to_owned(),
        Unit::Units { name, .. } => name.clone(),
    }
}

pub(super) fn metric_tree<'a>(metric: &'a Figure, currency: &Currency) -> MetricTree<'a> {
    let cell = &metric.cell;
    let value = |value: Option<Exact>| value.map(|value| number(value, &metric.unit, currency));
    let end = |value: Exact| machine(value, &metric.unit, currency);
    MetricTree {
        id: &metric.id,
        words: &metric.words,
        value: value(cell.value),
        low: value(cell.low),
        high: value(cell.high),
        unit: unit_word(&metric.unit, currency),
        label: metric.label,
        assumes: &metric.assumes,
        numerator: cell.numerator.map(|n| amount(n, currency)),
        denominator: cell.denominator.map(|n| amount(n, currency)),
        interval: cell.interval.map(|(low, high)| IntervalTree { low: end(low), high: end(high) }),
        detail: cell.detail.as_deref(),
        definition: &metric.definition,
        window: &metric.window,
        reason: cell.reason.as_deref(),
    }
}

fn tables(report: &Report) -> TablesTree<'_> {
    let decimals = report.program.currency.decimals;
    let count = |n: i128| i64::try_from(n).map_or_else(|_| Number::Text(n.to_string()), Number::Count);
    let counts = |ends: Ends| figure(ends, count);
    let scaled = |ends: Ends, scale: u8| figure(ends, |n| Number::Text(Decimal::new(n, scale).to_string()));
    let money = |ends: Ends| scaled(ends, decimals);
    let scale = |unit: &Unit| if let Unit::Units { scale, .. } = unit { *scale } else { decimals };
    let major = |minor: i128| Decimal::new(minor, decimals).to_string();
    let tables = &report.tables;
    TablesTree {
        tiers: tables
            .tiers
            .iter()
            .map(|row| TierTree {
                ladder: row.ladder.as_deref(),
                tier: &row.tier,
                members: counts(row.members),
                purchases: counts(row.purchases),
                sales: money(row.sales),
                reached: counts(row.reached),
                lost: counts(row.lost),
            })
            .collect(),
        rules: tables
            .rules
            .iter()
            .map(|row| RuleTree {
                id: &row.id,
                kind: row.kind,
                text: &row.text,
                place: row.place.as_deref(),
                fired: counts(row.fired),
                discount: money(row.discount),
                wallets: row.wallets.iter().map(|(name, unit, units)| (name.as_str(), scaled(*units, scale(unit)))).collect(),
                gifts: counts(row.gifts),
                vouchers: counts(row.vouchers),
                cost: money(row.cost),
                cut: money(row.cut),
                share_of_cost: money(row.share),
            })
            .collect(),
        cohorts: tables
            .cohorts
            .iter()
            .map(|row| CohortTree {
                month: &row.month,
                customers: row.customers,
                buyers: &row.buyers,
                sales: row.sales.iter().map(|sales| sales.map(major)).collect(),
            })
            .collect(),
        months: tables
            .months
            .iter()
            .map(|row| MonthTree {
                month: &row.month,
                complete: row.complete,
                purchases: row.purchases,
                sales: major(row.sales),
                buyers: row.buyers,
                new_customers: row.new_customers,
                kept: row.kept,
            })
            .collect(),
        more: super::page::rows(&report.sections, &report.program.currency),
    }
}

fn figure(ends: Ends, number: impl Fn(i128) -> Number) -> Shown {
    match ends.one() {
        Some(value) => Shown::One(number(value)),
        None => Shown::Between { low: number(ends.low), high: number(ends.high) },
    }
}

fn expectation<'a>(expected: &'a Expected, currency: &Currency) -> ExpectationTree<'a> {
    let value = |value: Option<Exact>| value.map(|value| number(value, &expected.unit, currency));
    ExpectationTree {
        text: &expected.text,
        held: expected.held,
        metric: &expected.metric,
        value: value(expected.cell.value),
        low: value(expected.cell.low),
        high: value(expected.cell.high),
        reason: expected.cell.reason.as_deref(),
    }
}
