//! Whether tests can hold together. Only what is certain is called a conflict.

use super::walk;
use crate::program::{Calendar, CmpOp, Expr, Fact, ItemFilter, LadderId, MeasureKind, Program, TextId, TierId, Type, When, fact_info};
use crate::span::Span;
use crate::value::{Date, Exact};

/// A bound of a range and whether it is itself outside.
pub(crate) type Bound = Option<(Exact, bool)>;

/// What one test says about one thing.
enum Claim<'e> {
    Range {
        of: &'e Expr,
        low: Bound,
        high: Bound,
    },
    Within {
        of: &'e Expr,
        set: &'e [TextId],
    },
    Without {
        of: &'e Expr,
        set: &'e [TextId],
    },
    Rungs {
        ladder: LadderId,
        held: Vec<bool>,
    },
    /// Days of the week, bit 0 for Monday.
    Days(u8),
    Holds(&'e Expr),
    Fails(&'e Expr),
    Never,
}

/// Two tests that rule each other out, or one that rules itself out (the same place twice).
pub(crate) fn conflict(program: &Program, tests: &[(&Expr, Span)]) -> Option<(Span, Span)> {
    let mut claims: Vec<(Claim<'_>, Span)> = Vec::new();
    for (expr, span) in tests {
        collect(program, expr, false, *span, &mut claims, 0);
    }
    for (at, (claim, span)) in claims.iter().enumerate() {
        if impossible(claim) {
            return Some((*span, *span));
        }
        let earlier = claims.iter().take(at).find(|(other, _)| excludes(other, claim));
        if let Some((_, first)) = earlier {
            return Some((*first, *span));
        }
    }
    rungs_left(&claims)
}

/// The bounds that tests set to single values, those of segments as deep as asked for.
pub(crate) fn bounds<'e>(program: &'e Program, tests: &[(&'e Expr, Span)], depth: u8) -> Vec<(&'e Expr, Bound, Bound, Span)> {
    let mut claims: Vec<(Claim<'_>, Span)> = Vec::new();
    for (expr, span) in tests {
        collect(program, expr, false, *span, &mut claims, depth);
    }
    let ranges = claims.into_iter().filter_map(|(claim, span)| match claim {
        Claim::Range { of, low, high } => Some((of, low, high, span)),
        _ => None,
    });
    ranges.collect()
}

/// Whether no item can pass all filters.
pub(crate) fn no_item(program: &Program, filters: &[&ItemFilter]) -> bool {
    let tests: Vec<Expr> = filters.iter().map(|filter| as_test(filter)).collect();
    let tests: Vec<(&Expr, Span)> = tests.iter().map(|test| (test, Span::default())).collect();
    conflict(program, &tests).is_some()
}

pub(crate) fn as_test(filter: &ItemFilter) -> Expr {
    let is = |fact, set: &Vec<TextId>| super::infer::compare(Expr::Fact(fact), CmpOp::Is, Expr::Texts(set.clone()));
    match filter {
        ItemFilter::Category(set) => is(Fact::Category, set),
        ItemFilter::Brand(set) => is(Fact::Brand, set),
        ItemFilter::Product(set) => is(Fact::Product, set),
        ItemFilter::If(condition) => (**condition).clone(),
        // A test like no other.
        ItemFilter::NotReduced => Expr::BasketHas(ItemFilter::NotReduced),
        ItemFilter::Not(inner) => Expr::Not(Box::new(as_test(inner))),
        ItemFilter::All(list) => Expr::And(list.iter().map(as_test).collect()),
    }
}

fn collect<'e>(program: &'e Program, expr: &'e Expr, negated: bool, span: Span, claims: &mut Vec<(Claim<'e>, Span)>, depth: u8) {
    if let Some((ladder, held)) = rungs(program, expr) {
        let held = held.into_iter().map(|yes| yes != negated).collect();
        claims.push((Claim::Rungs { ladder, held }, span));
        return;
    }
    match (expr, negated) {
        (Expr::And(list), false) | (Expr::Or(list), true) => {
            for part in list {
                collect(program, part, negated, span, claims, depth);
            }
        }
        (Expr::Not(inner), _) => collect(program, inner, !negated, span, claims, depth),
        (Expr::YesNo(yes), _) if *yes == negated => claims.push((Claim::Never, span)),
        (Expr::Compare { left, op, right }, _) => compared(left, *op, right, negated, span, claims),
        (Expr::InSegment(id), _) => {
            claims.push((if negated { Claim::Fails(expr) } else { Claim::Holds(expr) }, span));
            let segment = program.segments.get(id.index());
            if let Some(segment) = segment.filter(|_| depth < 8) {
                collect(program, &segment.condition, negated, span, claims, depth.saturating_add(1));
            }
        }
        (Expr::Fact(_) | Expr::BasketHas(_) | Expr::Attribute { .. }, _) => {
            claims.push((if negated { Claim::Fails(expr) } else { Claim::Holds(expr) }, span));
        }
        _ => {}
    }
}

fn compared<'e>(left: &'e Expr, op: CmpOp, right: &'e Expr, negated: bool, span: Span, claims: &mut Vec<(Claim<'e>, Span)>) {
    if let Expr::Texts(set) = right {
        let within = (op == CmpOp::Is) != negated;
        claims.push((if within { Claim::Within { of: left, set } } else { Claim::Without { of: left, set } }, span));
        return;
    }
    if let (Expr::Fact(Fact::Weekday), Expr::Weekday(day), CmpOp::Is | CmpOp::IsNot) = (left, right, op) {
        let only = 1_u8.checked_shl(u32::from(*day)).unwrap_or(0);
        claims.push((Claim::Days(if (op == CmpOp::Is) != negated { only } else { !only & 0x7f }), span));
        return;
    }
    // A missing value passes a negated test, so only facts that are always there may be turned around.
    if negated && !always_there(left) {
        return;
    }
    let op = if negated { opposite(op) } else { op };
    let Some(value) = constant(right) else { return };
    if let Some(left) = constant(left) {
        let order = left.cmp(&value);
        let holds = match op {
            CmpOp::Is => order.is_eq(),
            CmpOp::IsNot => order.is_ne(),
            CmpOp::Over => order.is_gt(),
            CmpOp::Under => order.is_lt(),
            CmpOp::AtLeast => order.is_ge(),
            CmpOp::AtMost => order.is_le(),
        };
        if !holds {
            claims.push((Claim::Never, span));
        }
        return;
    }
    let (low, high) = match op {
        CmpOp::Is => (Some((value, false)), Some((value, false))),
        CmpOp::IsNot => return,
        CmpOp::Over => (Some((value, true)), None),
        CmpOp::AtLeast => (Some((value, false)), None),
        CmpOp::Under => (None, Some((value, true))),
        CmpOp::AtMost => (None, Some((value, false))),
    };
    // Discounts only take away: what is left of an amount is never more than it was.
    if matches!(left, Expr::Fact(Fact::NetAmount)) && low.is_some() {
        claims.push((Claim::Range { of: &Expr::Fact(Fact::Amount), low, high: None }, span));
    }
    claims.push((Claim::Range { of: left, low, high }, span));
}

fn opposite(op: CmpOp) -> CmpOp {
    match op {
        CmpOp::Is => CmpOp::IsNot,
        CmpOp::IsNot => CmpOp::Is,
        CmpOp::Over => CmpOp::AtMost,
        CmpOp::AtMost => CmpOp::Over,
        CmpOp::Under => CmpOp::AtLeast,
        CmpOp::AtLeast => CmpOp::Under,
    }
}

fn always_there(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Fact(Fact::Amount | Fact::NetAmount | Fact::Goods | Fact::NetGoods | Fact::ItemCount | Fact::PurchaseNumber)
            | Expr::Measure(_)
    )
}

fn constant(expr: &Expr) -> Option<Exact> {
    match expr {
        Expr::Date(date) => Some(Exact::whole(i128::from(date.0))),
        Expr::Time(time) => Some(Exact::whole(i128::from(time.0))),
        Expr::Weekday(day) => Some(Exact::whole(i128::from(*day))),
        other => super::types::fold(other),
    }
}

/// Amounts and counts are never below zero.
fn never_negative(expr: &Expr) -> bool {
    match expr {
        Expr::Fact(fact) => fact_info(*fact).is_some_and(|info| matches!(info.kind, Type::Money | Type::Number | Type::Days)),
        other => matches!(other, Expr::AmountOf(_) | Expr::NetAmountOf(_) | Expr::QuantityOf(_)),
    }
}

fn impossible(claim: &Claim<'_>) -> bool {
    match claim {
        Claim::Never => true,
        Claim::Range { of, high: Some((high, outside)), .. } if never_negative(of) => {
            *high < Exact::whole(0) || *high == Exact::whole(0) && *outside
        }
        Claim::Rungs { held, .. } => !held.contains(&true),
        _ => false,
    }
}

fn excludes(a: &Claim<'_>, b: &Claim<'_>) -> bool {
    match (a, b) {
        (Claim::Range { of: a, low: low_a, high: high_a }, Claim::Range { of: b, low: low_b, high: high_b }) => {
            a == b && (apart(*low_a, *high_b) || apart(*low_b, *high_a))
        }
        (Claim::Within { of: a, set: one }, Claim::Within { of: b, set: other }) => a == b && !one.iter().any(|text| other.contains(text)),
        (Claim::Within { of: a, set: one }, Claim::Without { of: b, set: other })
        | (Claim::Without { of: b, set: other }, Claim::Within { of: a, set: one }) => {
            a == b && one.iter().all(|text| other.contains(text))
        }
        (Claim::Days(a), Claim::Days(b)) => a & b == 0,
        (Claim::Holds(a), Claim::Fails(b)) | (Claim::Fails(a), Claim::Holds(b)) => a == b,
        _ => false,
    }
}

fn apart(low: Bound, high: Bound) -> bool {
    let (Some((low, low_outside)), Some((high, high_outside))) = (low, high) else { return false };
    low > high || low == high && (low_outside || high_outside)
}

/// The tiers of a ladder for which a test about nothing else holds.
fn rungs(program: &Program, expr: &Expr) -> Option<(LadderId, Vec<bool>)> {
    let mut ladder = None;
    let mut only_tiers = true;
    walk::each(expr, &mut |part| match part {
        Expr::TierOf(id) => {
            only_tiers &= ladder.is_none_or(|known| known == *id);
            ladder = Some(*id);
        }
        Expr::Compare { .. } | Expr::And(_) | Expr::Or(_) | Expr::Not(_) | Expr::Tier(_) => {}
        _ => only_tiers = false,
    });
    let ladder = ladder.filter(|_| only_tiers)?;
    let count = program.ladders.get(ladder.index())?.rungs.len();
    let held = (0..count).map(|rung| holds_at(expr, u8::try_from(rung).unwrap_or(u8::MAX)));
    Some((ladder, held.collect::<Option<Vec<bool>>>()?))
}

fn holds_at(expr: &Expr, rung: u8) -> Option<bool> {
    match expr {
        Expr::And(list) => list.iter().try_fold(true, |all, part| Some(holds_at(part, rung)? && all)),
        Expr::Or(list) => list.iter().try_fold(false, |any, part| Some(holds_at(part, rung)? || any)),
        Expr::Not(inner) => holds_at(inner, rung).map(|holds| !holds),
        Expr::Compare { left, op, right } => {
            let (Expr::TierOf(_), Expr::Tier(TierId { rung: wanted, .. })) = (&**left, &**right) else { return None };
            Some(match op {
                CmpOp::Is => rung == *wanted,
                CmpOp::IsNot => rung != *wanted,
                CmpOp::Over => rung > *wanted,
                CmpOp::Under => rung < *wanted,
                CmpOp::AtLeast => rung >= *wanted,
                CmpOp::AtMost => rung <= *wanted,
            })
        }
        _ => None,
    }
}

/// Tier tests that leave no tier together.
fn rungs_left(claims: &[(Claim<'_>, Span)]) -> Option<(Span, Span)> {
    let mut left: Vec<(LadderId, Vec<bool>, Span)> = Vec::new();
    for (claim, span) in claims {
        let Claim::Rungs { ladder, held } = claim else { continue };
        match left.iter_mut().find(|(known, ..)| known == ladder) {
            None => left.push((*ladder, held.clone(), *span)),
            Some((_, so_far, first)) => {
                for (one, other) in so_far.iter_mut().zip(held) {
                    *one &= other;
                }
                if !so_far.contains(&true) {
                    return Some((*first, *span));
                }
            }
        }
    }
    None
}

/// Whether clauses about days or hours leave no moment.
pub(crate) fn never_together(program: &Program, whens: &[(&When, Span)]) -> bool {
    no_day(program, whens, program.starts, program.ends)
        || whens.iter().filter(|(when, _)| matches!(when, When::Between(..))).count() > 1
            && no_moment(program, whens, program.starts, program.ends).is_some()
}

/// Two clauses about days or hours that leave no moment; the same place twice if one alone does.
pub(crate) fn no_moment(program: &Program, whens: &[(&When, Span)], from: Option<Date>, to: Option<Date>) -> Option<(Span, Span)> {
    let days: Vec<(&When, Span)> = whens.iter().copied().filter(|(when, _)| !matches!(when, When::Between(..))).collect();
    let found = |some: &[(&When, Span)]| !some.is_empty() && no_day(program, some, from, to);
    if found(&days) {
        return Some(culprits(&days, found));
    }
    let hours: Vec<(&When, Span)> = whens.iter().copied().filter(|(when, _)| matches!(when, When::Between(..))).collect();
    let found = |some: &[(&When, Span)]| some.len() > 1 && (0..1440).all(|minute| !some.iter().all(|(when, _)| at_minute(when, minute)));
    found(&hours).then(|| culprits(&hours, found))
}

fn culprits(whens: &[(&When, Span)], none: impl Fn(&[(&When, Span)]) -> bool) -> (Span, Span) {
    for one in whens {
        if none(&[*one]) {
            return (one.1, one.1);
        }
    }
    for (at, one) in whens.iter().enumerate() {
        for other in whens.iter().take(at) {
            if none(&[*other, *one]) {
                return (other.1, one.1);
            }
        }
    }
    let spans = (whens.first(), whens.last());
    (spans.0.map(|when| when.1).unwrap_or_default(), spans.1.map(|when| when.1).unwrap_or_default())
}

fn at_minute(when: &When, minute: u32) -> bool {
    let When::Between(from, to) = when else { return true };
    let second = minute.saturating_mul(60);
    if from < to { (from.0..to.0).contains(&second) } else { second >= from.0 || second < to.0 }
}

/// Whether no day from `from` to `to` passes all. Days of customers (birthdays) may be any.
fn no_day(program: &Program, whens: &[(&When, Span)], from: Option<Date>, to: Option<Date>) -> bool {
    let mut dates: Vec<Date> = from.into_iter().chain(to).collect();
    for (when, _) in whens {
        anchors(program, when, &mut dates);
    }
    // Weekdays and dates come together again after at most 28 years, 40 around a century.
    let near = Date::from_ymd(2000, 1, 1).unwrap_or_default();
    let first = dates.iter().min().copied().unwrap_or(near).plus_days(-15_000);
    let last = dates.iter().max().copied().unwrap_or(near).plus_days(15_000);
    let (mut first, mut last) = (from.map_or(first, |from| from.max(first)), to.map_or(last, |to| to.min(last)));
    for (when, _) in whens {
        match when {
            When::From(date) => first = first.max(*date),
            When::Until(date) => last = last.min(*date),
            When::OnDate(date) => (first, last) = (first.max(*date), last.min(*date)),
            _ => {}
        }
    }
    !(first.0..=last.0).map(Date).any(|day| whens.iter().all(|(when, _)| on_day(program, when, day)))
}

fn anchors(program: &Program, when: &When, dates: &mut Vec<Date>) {
    match when {
        When::From(date) | When::Until(date) | When::OnDate(date) | When::AroundDate { date, .. } => dates.push(*date),
        When::During(id) => {
            let calendar = program.calendars.get(id.index());
            dates.extend(calendar.into_iter().flat_map(|calendar| calendar.dates.iter().flat_map(|(from, to)| [*from, *to])));
        }
        When::AnyOf(list) => {
            for part in list {
                anchors(program, part, dates);
            }
        }
        _ => {}
    }
}

pub(crate) fn on_day(program: &Program, when: &When, day: Date) -> bool {
    let (year, month, of_month) = day.ymd();
    match when {
        When::Weekdays(bits) => bits & 1_u8.checked_shl(u32::from(day.weekday())).unwrap_or(0) != 0,
        When::From(date) => day >= *date,
        When::Until(date) => day <= *date,
        When::During(id) => program.calendars.get(id.index()).is_some_and(|calendar| in_calendar(calendar, day)),
        When::Months(bits) => bits & 1_u16.checked_shl(u32::from(month)).unwrap_or(0) != 0,
        When::AroundDate { date, from, to } => (date.plus_days(i64::from(*from))..=date.plus_days(i64::from(*to))).contains(&day),
        When::AroundYearDay { month, day: of, from, to } => [-1, 0, 1].iter().any(|step| {
            let middle = Date::from_ymd(year.saturating_add(*step), *month, *of);
            middle.is_some_and(|d| (d.plus_days(i64::from(*from))..=d.plus_days(i64::from(*to))).contains(&day))
        }),
        When::OnDate(date) => day == *date,
        When::OnYearDay(wanted_month, wanted_day) => (month, of_month) == (*wanted_month, *wanted_day),
        When::OnDayOfMonth(wanted) => wanted.in_month(day) == Some(day),
        When::AnyOf(list) => list.iter().any(|part| on_day(program, part, day)),
        When::Between(..)
        | When::BirthdayMonth
        | When::AroundBirthday { .. }
        | When::AroundAnniversary { .. }
        | When::Birthday
        | When::Anniversary => true,
    }
}

fn in_calendar(calendar: &Calendar, day: Date) -> bool {
    let (_, month, of_month) = day.ymd();
    let today = (month, of_month);
    let yearly = |(from, to): &((u8, u8), (u8, u8))| {
        if from <= to { (*from..=*to).contains(&today) } else { today >= *from || today <= *to }
    };
    calendar.dates.iter().any(|(from, to)| (*from..=*to).contains(&day)) || calendar.yearly.iter().any(yearly)
}

/// Whether a measure is about a wallet.
pub(crate) fn measures_wallet(kind: &MeasureKind) -> Option<crate::program::WalletId> {
    match kind {
        MeasureKind::Earned(wallet) | MeasureKind::Confirmed(wallet) | MeasureKind::Spent(wallet) | MeasureKind::Balance(wallet) => {
            Some(*wallet)
        }
        _ => None,
    }
}
