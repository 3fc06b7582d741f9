//! Looking through lowered tests.

use crate::program::{Expr, Fact, ItemFilter, SegmentId};

/// Every part of a calculation, outermost first, the conditions of item filters included.
pub(crate) fn each<'e>(expr: &'e Expr, visit: &mut impl FnMut(&'e Expr)) {
    visit(expr);
    match expr {
        Expr::Not(inner) | Expr::Negate(inner) | Expr::Round { value: inner, .. } => each(inner, visit),
        Expr::And(list) | Expr::Or(list) | Expr::Min(list) | Expr::Max(list) => {
            for part in list {
                each(part, visit);
            }
        }
        Expr::Compare { left, right, .. }
        | Expr::Add(left, right)
        | Expr::Subtract(left, right)
        | Expr::Multiply(left, right)
        | Expr::Divide(left, right) => {
            each(left, visit);
            each(right, visit);
        }
        Expr::QuantityOf(filter) | Expr::AmountOf(filter) | Expr::BasketHas(filter) => each_in_filter(filter, visit),
        _ => {}
    }
}

/// Every part of the conditions of an item filter.
pub(crate) fn each_in_filter<'e>(filter: &'e ItemFilter, visit: &mut impl FnMut(&'e Expr)) {
    match filter {
        ItemFilter::If(condition) => each(condition, visit),
        ItemFilter::Not(inner) => each_in_filter(inner, visit),
        ItemFilter::All(list) => {
            for part in list {
                each_in_filter(part, visit);
            }
        }
        ItemFilter::Category(_) | ItemFilter::Brand(_) | ItemFilter::Product(_) => {}
    }
}

/// The segments that a test names.
pub(crate) fn segments(expr: &Expr) -> Vec<SegmentId> {
    let mut found = Vec::new();
    each(expr, &mut |part| {
        if let Expr::InSegment(id) = part {
            found.push(*id);
        }
    });
    found
}

/// Whether a test asks for a fact.
pub(crate) fn asks_for(expr: &Expr, fact: Fact) -> bool {
    let mut found = false;
    each(expr, &mut |part| found |= matches!(part, Expr::Fact(other) if *other == fact));
    found
}
