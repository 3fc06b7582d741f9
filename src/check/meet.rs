//! Whether two rules can act on one purchase. In doubt they can.

use super::conflict::{conflict, never_together, no_item};
use super::lower_rule::becomes_entitlement;
use super::never::trigger_day;
use crate::program::{Expr, ItemFilter, MeasureId, Program, Rule, Scope, Trigger, When};
use crate::span::Span;

/// Whether two discounts can meet: some purchase, and under item scopes some item, passes the words of both.
pub(crate) fn can_meet(program: &Program, a: &Rule, b: &Rule) -> bool {
    let tests: Vec<(&Expr, Span)> = a.tests.iter().chain(&b.tests).map(|test| (&test.expr, test.span)).collect();
    if conflict(program, &tests).is_some() || numbers_apart(&a.trigger, &b.trigger) {
        return false;
    }
    let days: Vec<(When, Span)> = [a, b].into_iter().filter_map(|rule| Some((trigger_day(&rule.trigger)?, rule.span))).collect();
    let whens: Vec<(&When, Span)> = a.when.iter().chain(&b.when).chain(&days).map(|(when, span)| (when, *span)).collect();
    if !whens.is_empty() && never_together(program, &whens) {
        return false;
    }
    match (&a.scope, &b.scope) {
        (Some(Scope::Items(one)), Some(Scope::Items(other))) => !no_item(program, &[one, other]),
        (Some(Scope::Items(one)), Some(Scope::Excluding(other))) | (Some(Scope::Excluding(other)), Some(Scope::Items(one))) => {
            !no_item(program, &[one, &ItemFilter::Not(Box::new(other.clone()))])
        }
        (Some(Scope::Shipping), Some(Scope::Items(_))) | (Some(Scope::Items(_)), Some(Scope::Shipping)) => false,
        _ => true,
    }
}

/// Whether the trigger `over` lets every purchase pass that `under` does.
pub(crate) fn same_purchases(over: &Trigger, under: &Trigger) -> bool {
    match (over, under) {
        (Trigger::EachPurchase { filter }, _) if filter.is_all() => true,
        _ => over == under && !becomes_entitlement(over),
    }
}

/// Whether two counting triggers never mean one purchase.
pub(crate) fn numbers_apart(a: &Trigger, b: &Trigger) -> bool {
    let (Some(one), Some(other)) = (counter(a), counter(b)) else { return false };
    one == other && !(1..=2000).any(|number| means(a, number) && means(b, number))
}

fn counter(trigger: &Trigger) -> Option<MeasureId> {
    match trigger {
        Trigger::Nth { counter, .. } | Trigger::EveryNth { counter, .. } | Trigger::Range { counter, .. } => Some(*counter),
        _ => None,
    }
}

fn means(trigger: &Trigger, number: u32) -> bool {
    match trigger {
        Trigger::Nth { after: false, n, .. } => number == *n,
        Trigger::Nth { after: true, n, .. } => number > *n,
        Trigger::EveryNth { after: false, n, .. } => number.checked_rem(*n) == Some(0),
        Trigger::Range { from, to, .. } => (*from..=*to).contains(&number),
        _ => true,
    }
}
