//! Which parts can act on one purchase, and which on one item.

use super::parts::{Kind, Part};
use crate::check::conflict::{as_test, conflict, never_together, no_item};
use crate::check::meet::numbers_apart;
use crate::check::never::trigger_day;
use crate::program::{Expr, GroupPolicy, ItemFilter, Program, Scope, Trigger, When};
use crate::span::Span;
use crate::value::Date;

/// Whether two parts can act on one purchase. In doubt they can.
pub(super) fn on_one_purchase(program: &Program, a: &Part, b: &Part) -> bool {
    let same_sentence = a.place == b.place;
    // A firing draws one of them; where a purchase makes several, each may draw another.
    let fires_once = matches!(a.rule.trigger, Trigger::EachPurchase { .. } | Trigger::Nth { .. } | Trigger::EveryNth { .. });
    if same_sentence && a.drawn && b.drawn && fires_once && a.rule.repeat.is_none() {
        return false;
    }
    if !same_sentence && (a.rule.not_with.contains(&b.rule.id) || b.rule.not_with.contains(&a.rule.id)) {
        return false;
    }
    // A group sets what its rates give together against each of its sums.
    if !same_sentence && one_of_group(program, a, b) && (a.share.is_none() || b.share.is_none()) {
        return false;
    }
    if numbers_apart(&a.rule.trigger, &b.rule.trigger) || days_apart(program, a, b) {
        return false;
    }
    let tests: Vec<(&Expr, Span)> = a.rule.tests.iter().chain(&b.rule.tests).map(|test| (&test.expr, test.span)).collect();
    conflict(program, &tests).is_none() && !denied(&tests.iter().map(|(expr, _)| *expr).collect::<Vec<_>>())
}

/// More ways to fulfil a set of tests than this are not gone through.
const WAYS: usize = 64;

/// Whether every way to fulfil all tests asks for something and for its opposite.
fn denied(tests: &[&Expr]) -> bool {
    let mut ways: Vec<Vec<(&Expr, bool)>> = vec![Vec::new()];
    for test in tests {
        let mut next = Vec::new();
        for own in fulfilled(test, false, 0) {
            for way in &ways {
                let mut way = way.clone();
                way.extend(own.iter().copied());
                let clash = |(one, holds): &(&Expr, bool)| way.iter().any(|(other, also)| one == other && holds != also);
                if !way.iter().any(clash) {
                    next.push(way);
                }
            }
        }
        if next.len() > WAYS {
            return false;
        }
        ways = next;
    }
    ways.is_empty()
}

/// The ways to fulfil a test: what must hold, and what must not, in each.
fn fulfilled(expr: &Expr, negated: bool, depth: u8) -> Vec<Vec<(&Expr, bool)>> {
    match expr {
        Expr::Not(inner) => fulfilled(inner, !negated, depth),
        Expr::And(list) | Expr::Or(list) if depth < 8 && list.len() <= 8 => {
            let all = matches!(expr, Expr::And(_)) != negated;
            let parts = list.iter().map(|part| fulfilled(part, negated, depth.saturating_add(1)));
            if !all {
                return parts.flatten().take(WAYS).collect();
            }
            let mut ways: Vec<Vec<(&Expr, bool)>> = vec![Vec::new()];
            for part in parts {
                if ways.len().saturating_mul(part.len()) > WAYS {
                    return vec![vec![(expr, !negated)]];
                }
                ways = ways.iter().flat_map(|way| part.iter().map(move |own| [way.as_slice(), own.as_slice()].concat())).collect();
            }
            ways
        }
        _ => vec![vec![(expr, !negated)]],
    }
}

/// Whether no item passes all filters.
fn no_such_item(program: &Program, filters: &[&ItemFilter]) -> bool {
    if no_item(program, filters) {
        return true;
    }
    let tests: Vec<Expr> = filters.iter().map(|filter| as_test(filter)).collect();
    denied(&tests.iter().collect::<Vec<_>>())
}

/// Whether two parts never share an item: other goods, or a group or `alone` that lets only one of them have it.
pub(super) fn never_one_item(program: &Program, a: &Part, b: &Part, one_wins: bool) -> bool {
    if one_wins || a.kind == Kind::Discount && (a.rule.alone || b.rule.alone) || one_of_group(program, a, b) {
        return true;
    }
    match (&a.rule.scope, &b.rule.scope) {
        // Shipping stays in where some goods are left out, but no scope of goods holds it.
        (Some(Scope::Excluding(out)), Some(other)) | (Some(other), Some(Scope::Excluding(out))) => {
            items(other).is_some_and(|other| no_such_item(program, &[&other, &ItemFilter::Not(Box::new(out.clone()))]))
        }
        (Some(one), Some(other)) => {
            let (Some(one), Some(other)) = (items(one), items(other)) else { return shipping_apart(a, b) };
            no_such_item(program, &[&one, &other])
        }
        _ => false,
    }
}

fn shipping_apart(a: &Part, b: &Part) -> bool {
    let shipping = |part: &Part| part.rule.scope == Some(Scope::Shipping);
    let goods = |part: &Part| matches!(part.rule.scope, Some(Scope::Items(_)));
    shipping(a) && goods(b) || goods(a) && shipping(b)
}

fn items(scope: &Scope) -> Option<ItemFilter> {
    match scope {
        Scope::Items(filter)
        | Scope::Cheapest(Some(filter))
        | Scope::EveryNth(_, Some(filter))
        | Scope::Groups(_, Some(filter))
        | Scope::TopCategory(_, Some(filter)) => Some(filter.clone()),
        // Shipping stays in, so that only goods are told apart.
        Scope::Excluding(_) | Scope::Shipping => None,
        Scope::Cheapest(None) | Scope::EveryNth(_, None) | Scope::Groups(_, None) | Scope::TopCategory(_, None) => None,
    }
}

fn one_of_group(program: &Program, a: &Part, b: &Part) -> bool {
    let same_kind = matches!((a.kind, b.kind), (Kind::Discount, Kind::Discount) | (Kind::Earn(_), Kind::Earn(_)));
    let policy = a.rule.group.filter(|group| Some(*group) == b.rule.group).and_then(|id| program.groups.get(id.index()));
    same_kind && a.place != b.place && policy.is_some_and(|group| group.policy != GroupPolicy::All)
}

/// What a part says of days, as far as it is said simply.
struct Days {
    weekdays: u8,
    months: u16,
    from: Date,
    to: Date,
    more: bool,
}

fn days(program: &Program, part: &Part) -> Days {
    let mut days = Days { weekdays: 0x7f, months: u16::MAX, from: Date(i32::MIN), to: Date::LATEST, more: false };
    let day = trigger_day(&part.rule.trigger).filter(|_| !matches!(part.rule.trigger, Trigger::None));
    for when in part.rule.when.iter().map(|(when, _)| when).chain(&day) {
        match when {
            When::Weekdays(bits) => days.weekdays &= bits,
            When::Months(bits) => days.months &= bits,
            When::From(date) => days.from = days.from.max(*date),
            When::Until(date) => days.to = days.to.min(*date),
            When::OnDate(date) => (days.from, days.to) = (days.from.max(*date), days.to.min(*date)),
            When::During(id) => {
                let calendar = program.calendars.get(id.index()).filter(|calendar| calendar.yearly.is_empty());
                let first = calendar.and_then(|calendar| calendar.dates.iter().map(|(from, _)| *from).min());
                let last = calendar.and_then(|calendar| calendar.dates.iter().map(|(_, to)| *to).max());
                match first.zip(last) {
                    Some((first, last)) => (days.from, days.to) = (days.from.max(first), days.to.min(last)),
                    None => days.more = true,
                }
            }
            _ => days.more = true,
        }
    }
    days
}

fn days_apart(program: &Program, a: &Part, b: &Part) -> bool {
    // A night that runs past midnight lends its days to the morning after.
    if a.rule.past_midnight_until.is_some() || b.rule.past_midnight_until.is_some() {
        return false;
    }
    let (one, other) = (days(program, a), days(program, b));
    if one.weekdays & other.weekdays == 0 || one.months & other.months == 0 || one.from.max(other.from) > one.to.min(other.to) {
        return true;
    }
    if !(one.more || other.more) || a.rule.when.is_empty() && trigger_day(&a.rule.trigger).is_none() {
        return false;
    }
    let day = |part: &Part| trigger_day(&part.rule.trigger).map(|day| (day, part.rule.span));
    let own: Vec<(When, Span)> = [day(a), day(b)].into_iter().flatten().collect();
    let whens: Vec<(&When, Span)> = a.rule.when.iter().chain(&b.rule.when).chain(&own).map(|(when, span)| (when, *span)).collect();
    never_together(program, &whens)
}
