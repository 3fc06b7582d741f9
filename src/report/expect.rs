//! Goals: `expect redemption rate at least 40%`.

use super::metrics::{Named, resolve_metric};
use super::model::{Cell, Expected, Report, Unit};
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
            Ok(named) if target(goal, &named).is_none() => problems.push(other_kind(goal, &named, program)),
            Ok(_) => {}
        }
    }
    problems
}

fn unknown_metric(goal: &Expectation, suggestion: Option<&str>) -> Diagnostic {
    let message = format!("There is no metric called \"{}\".", goal.metric);
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
        Unit::Count | Unit::Number => "a number, such as 100".to_owned(),
        Unit::Units { name, .. } => format!("an amount of {name}, such as 100 {name}"),
    };
    Diagnostic::error("LOY0952", format!("\"{}\" cannot be compared with this value.", goal.metric), goal.span, format!("it is {kind}"))
}

/// The id of the metric to compare, if the value is of its kind. A cost in percent is a share of sales.
fn target(goal: &Expectation, named: &Named) -> Option<String> {
    let fits = match (&named.unit, goal.kind) {
        (Unit::Money, Type::Percent) if named.id == "program.cost" => return Some("program.cost_rate".to_owned()),
        (Unit::Money, Type::Money) => true,
        (Unit::Rate, Type::Percent | Type::Number) => true,
        (Unit::Count | Unit::Number | Unit::Units { .. }, Type::Number) => true,
        // A number with a word behind it: units of a wallet.
        (Unit::Units { .. }, Type::Points(_)) => true,
        _ => false,
    };
    fits.then(|| named.id.clone())
}

/// Compares all goals with the figures of a report that has its metrics.
pub(super) fn expectations(program: &Program, report: &Report) -> Vec<Expected> {
    program.expectations.iter().map(|goal| one(goal, program, report)).collect()
}

fn one(goal: &Expectation, program: &Program, report: &Report) -> Expected {
    let id = resolve_metric(&goal.metric, program).ok().and_then(|named| target(goal, &named));
    let found = id.as_deref().and_then(|id| report.metric(id));
    let Some(metric) = found else {
        // `check_expectations` has refused the program before.
        let cell = Cell::missing("no metric of this kind");
        return Expected { text: goal.text.clone(), held: false, metric: goal.metric.clone(), unit: Unit::Number, cell };
    };
    let ends = metric.cell.ends();
    // With an end that cannot be known, the goal is not shown to hold.
    let all = metric.cell.value.is_some() || metric.cell.low.is_some() && metric.cell.high.is_some();
    let holds = |value: Exact| compared(value, &metric.unit, goal, program).unwrap_or(false);
    let held = all && !ends.is_empty() && ends.into_iter().all(holds);
    Expected { text: goal.text.clone(), held, metric: metric.id.clone(), unit: metric.unit.clone(), cell: metric.cell.clone() }
}

fn compared(value: Exact, unit: &Unit, goal: &Expectation, program: &Program) -> Checked<bool> {
    let decimals = match unit {
        Unit::Money => program.currency.decimals,
        Unit::Units { scale, .. } => *scale,
        Unit::Rate | Unit::Count | Unit::Number => 0,
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
