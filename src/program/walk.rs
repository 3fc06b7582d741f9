//! Looking through lowered tests.

use super::{Expr, Fact, ItemFilter, Program, SegmentId, Window};

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
        Expr::Choose { rows, otherwise } => {
            for (test, value) in rows {
                each(test, visit);
                each(value, visit);
            }
            if let Some(otherwise) = otherwise {
                each(otherwise, visit);
            }
        }
        Expr::QuantityOf(filter) | Expr::AmountOf(filter) | Expr::NetAmountOf(filter) | Expr::BasketHas(filter) => {
            each_in_filter(filter, visit)
        }
        _ => {}
    }
}

/// Every part of the conditions of an item filter.
pub(crate) fn each_in_filter<'e>(filter: &'e ItemFilter, visit: &mut impl FnMut(&'e Expr)) {
    match filter {
        ItemFilter::If(condition) => each(condition, visit),
        ItemFilter::NotReduced => {}
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

impl Program {
    /// Whether the passing of time alone can make a test hold: it asks for the date, or for a window that moves.
    #[must_use]
    pub(crate) fn changes_with_time(&self, expr: &Expr) -> bool {
        let mut found = false;
        each(expr, &mut |part| {
            found |= match part {
                Expr::Fact(fact) => {
                    matches!(
                        fact,
                        Fact::TimeOfDay | Fact::Weekday | Fact::Date | Fact::Age | Fact::DaysSinceJoining | Fact::DaysSinceLastPurchase
                    )
                }
                Expr::Measure(id) => {
                    let window = self.measures.get(id.index()).map(|measure| measure.window);
                    matches!(window, Some(Window::Last(_) | Window::In(_) | Window::Previous(_)))
                }
                Expr::InSegment(id) => self.segments.get(id.index()).is_some_and(|segment| self.changes_with_time(&segment.condition)),
                _ => false,
            };
        });
        found
    }
}
