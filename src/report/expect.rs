//! Goals: `expect redemption rate at least 40%`.

use super::metrics::{Named, resolve_metric};
use super::model::{Amount, Cell, Expected, Report, Unit};
use crate::diagnostic::{Diagnostic, Problems};
use crate::program::{CmpOp, Expectation, Program, Type};
use crate::value::{Checked, Exact, Overflow};
use std::cmp::Ordering;

/// Goals whose metric nobody knows, or whose value is of another kind than the metric.
#[must_use]
pub fn check_expectations(program: &Program) -> Problems {
    let mut problems = Problems::default();
    for goal in &program.expectations {
        match resolve_metric(&goal.metric, program) {
            Err(unknown) => problems.push(unknown_metric(goal, unknown.suggestion.as_deref())),
            Ok(named) if !fits(goal, &named) => problems.push(other_kind(goal, &named, program)),
            Ok(named) => problems.0.extend(impossible(goal, &named)),
        }
    }
    problems
}

/// A goal that no figure can meet, or that every figure meets: a share is never above the whole, nor below nothing.
fn impossible(goal: &Expectation, named: &Named) -> Option<Diagnostic> {
    // These compare with something else than their whole.
    let others = ["program.cost_rate", "break_even_uplift", "repeat.ticket", "repeat.ticket.same", "repeat.ticket.own", "program.roi"];
    let shares = named.unit == Unit::Rate && !others.contains(&named.id.as_str());
    let (one, nothing) = (Exact::whole(1), Exact::whole(0));
    let above = match goal.cmp {
        CmpOp::AtLeast | CmpOp::Is => shares && goal.value > one,
        CmpOp::Over => shares && goal.value >= one,
        _ => false,
    };
    let below = match goal.cmp {
        CmpOp::Under => shares && goal.value <= nothing,
        _ => false,
    };
    let why = if above { "is never above 100%" } else { "is never below 0%" };
    (above || below).then(|| {
        let message = format!("This goal can never be met: \"{}\" {why}.", goal.metric);
        let share = if above { "40%" } else { "5%" };
        Diagnostic::error("LOY0330", message, goal.span, why).help(format!("Write a share between 0% and 100%, such as {share}."))
    })
}

fn unknown_metric(goal: &Expectation, suggestion: Option<&str>) -> Diagnostic {
    let words = goal.metric.strip_suffix(" of revenue").or_else(|| goal.metric.strip_suffix(" of sales")).unwrap_or(&goal.metric);
    let message = format!("There is no metric called \"{words}\".");
    let diagnostic = Diagnostic::error("LOY0951", message, goal.metric_span, "");
    match suggestion {
        Some(near) if near.contains('.') || near.contains('_') => diagnostic.help(format!("Write: expect \"{near}\" …")),
        Some(near) => diagnostic.help(format!("Write: expect {near} …")),
        None => diagnostic.note("The report lists every metric with its id: expect \"rcr.order\" at least 40%"),
    }
}

fn other_kind(goal: &Expectation, named: &Named, program: &Program) -> Diagnostic {
    let code = &program.currency.code;
    let kind = match &named.unit {
        Unit::Money => format!("an amount of money, such as 1000 {code}"),
        Unit::Rate => "a percentage, such as 40%".to_owned(),
        Unit::Count | Unit::Number | Unit::Days => "a number, such as 100".to_owned(),
        Unit::Units { name, .. } => format!("an amount of {name}, such as 100 {name}"),
    };
    Diagnostic::error("LOY0952", format!("\"{}\" cannot be compared with this value.", goal.metric), goal.span, format!("it is {kind}"))
}

/// Whether the value is of the metric's kind. Money in percent is a share of sales.
fn fits(goal: &Expectation, named: &Named) -> bool {
    match (&named.unit, goal.kind) {
        (Unit::Money, Type::Percent) => true,
        _ if named.of_sales => false,
        (Unit::Money, Type::Money) | (Unit::Rate, Type::Percent | Type::Number) => true,
        // A number with a word behind it is units of a wallet.
        (Unit::Count | Unit::Number | Unit::Days | Unit::Units { .. }, Type::Number) | (Unit::Units { .. }, Type::Points(_)) => true,
        _ => false,
    }
}

/// Compares all goals with the figures of a report that has its metrics.
pub(super) fn expectations(program: &Program, report: &Report) -> Vec<Expected> {
    program.expectations.iter().map(|goal| one(goal, program, report)).collect()
}

fn one(goal: &Expectation, program: &Program, report: &Report) -> Expected {
    let found = resolve_metric(&goal.metric, program).ok().filter(|named| fits(goal, named));
    let found = found.and_then(|named| figure(goal, &named, report));
    let Some((metric, unit, cell)) = found else {
        // `check_expectations` has refused the program before.
        let cell = Cell::missing("no metric of this kind");
        return Expected { text: goal.text.clone(), held: false, held_at: None, metric: goal.metric.clone(), unit: Unit::Number, cell };
    };
    // With an end that cannot be known, the goal is not shown to hold.
    let known = cell.value.is_some() || cell.low.is_some() && cell.high.is_some();
    let holds = |value: Exact| compared(value, &unit, goal, program).unwrap_or(false);
    let held = known && cell.ends().into_iter().all(holds);
    let held_at = cell.runs.map(|(never, soon)| (never.is_some_and(holds), soon.is_some_and(holds)));
    Expected { text: goal.text.clone(), held, held_at, metric, unit, cell }
}

/// What a goal is about: the metric's id, unit and figure; of money in percent, its share of sales.
fn figure(goal: &Expectation, named: &Named, report: &Report) -> Option<(String, Unit, Cell)> {
    let of_sales = named.unit == Unit::Money && goal.kind == Type::Percent;
    let id = if of_sales && named.id == "program.cost" { "program.cost_rate" } else { &named.id };
    let metric = report.metric(id)?;
    if !of_sales || metric.unit == Unit::Rate {
        return Some((metric.id.clone(), metric.unit.clone(), metric.cell.clone()));
    }
    let Some(Amount::Money(sales)) = report.metric("program.cost_rate")?.cell.denominator else { return None };
    let share = |value: Exact| value.divided_by(Exact::whole(sales)).ok();
    let cell = &metric.cell;
    let cell = Cell {
        value: cell.value.and_then(share),
        low: cell.low.and_then(share),
        high: cell.high.and_then(share),
        runs: cell.runs.map(|(never, soon)| (never.and_then(share), soon.and_then(share))),
        reason: cell.reason.clone(),
        ..Cell::default()
    };
    Some((format!("{} / (revenue − refunds) while the program runs", metric.id), Unit::Rate, cell))
}

fn compared(value: Exact, unit: &Unit, goal: &Expectation, program: &Program) -> Checked<bool> {
    let decimals = match unit {
        Unit::Money => program.currency.decimals,
        Unit::Units { scale, .. } => *scale,
        Unit::Rate | Unit::Count | Unit::Number | Unit::Days => 0,
    };
    let full = value.divided_by(Exact::whole(10_i128.checked_pow(u32::from(decimals)).ok_or(Overflow)?))?;
    let order = full.cmp(&goal.value);
    Ok(match goal.cmp {
        CmpOp::Is => order == Ordering::Equal,
        CmpOp::IsNot => order != Ordering::Equal,
        CmpOp::Over => order == Ordering::Greater,
        CmpOp::Under => order == Ordering::Less,
        CmpOp::AtLeast => order != Ordering::Less,
        CmpOp::AtMost => order != Ordering::Greater,
    })
}
