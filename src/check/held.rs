//! What a wallet can hold or be given at most, as far as the text bounds it.

use super::lints::granted_units;
use super::never::all_rules;
use crate::program::{
    CivilSpan, Effect, EndOf, Exchange, ExpireAfter, ExpireAt, Expiry, Limit, LimitPeriod, LimitWhat, MeasureId, Period, Program, Rate,
    Rates, Redeem, Restore, Rule, Trigger, WalletId, WalletKind, Window,
};
use crate::span::Span;

/// A time over which something adds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    /// As long as the program runs.
    Always,
    /// A span up to any moment, and the rest of a period behind it.
    Span(CivilSpan, Option<Period>),
    /// So many calendar periods in a row.
    Periods(i64, Period),
}

/// The most that can come together, in smallest units.
#[derive(Clone, Debug)]
pub(crate) struct Most {
    pub units: i64,
    /// The words that bound most of it, and how much they let through.
    pub by: Span,
    pub of_that: i64,
    /// How long it stays together; `None` for good.
    pub lives: Option<Over>,
    /// An exchange takes it away before there is more.
    pub emptied: bool,
}

/// The most that a balance can be.
pub(crate) fn balance(program: &Program, wallet: WalletId) -> Option<Most> {
    let emptied = program.exchanges.iter().filter(|exchange| exchange.wallet == wallet && always_made(program, exchange));
    let needed = |exchange: &&Exchange| exchange.at_least.max(exchange.price);
    let least = emptied.min_by_key(needed).and_then(|exchange| {
        let step = program.wallets.get(wallet.index())?.step;
        let units = needed(&exchange).checked_sub(step)?;
        Some(Most { units, by: exchange.rule.span, of_that: units, lives: None, emptied: true })
    });
    [least, before_exchanges(program, wallet), held(program, wallet)].into_iter().flatten().min_by_key(|most| most.units)
}

/// What `hold at most` lets lie in a wallet; what returns give back may pass it, so that no payment may be within reach.
fn held(program: &Program, wallet: WalletId) -> Option<Most> {
    let of = program.wallets.get(wallet.index())?;
    let units = of.hold?;
    let least = |redeem: &Redeem| redeem.at_least.into_iter().chain(redeem.step.map(|(step, _)| step)).max().unwrap_or(1);
    let pays = program.redeems.iter().any(|redeem| redeem.wallet == wallet && least(redeem) <= units);
    let restored = pays && program.returns.restore != Restore::No;
    (!restored).then_some(Most { units, by: of.span, of_that: units, lives: None, emptied: false })
}

/// The same before automatic exchanges have had their turn, which is what they see.
pub(crate) fn before_exchanges(program: &Program, wallet: WalletId) -> Option<Most> {
    let given = lives(program, wallet).and_then(|over| added(program, wallet, over));
    [given, held(program, wallet)].into_iter().flatten().min_by_key(|most| most.units)
}

/// The most that can be given in a window.
pub(crate) fn given(program: &Program, wallet: WalletId, window: Window) -> Option<Most> {
    let over = match window {
        Window::Unsaid | Window::SinceJoining | Window::SinceReaching(_) | Window::Ever => Over::Always,
        Window::Last(span) => Over::Span(span, None),
        Window::In(period) | Window::Previous(period) => Over::Periods(1, period),
    };
    added(program, wallet, over)
}

/// How long what lies in a wallet lives; `None` where no bound is certain.
fn lives(program: &Program, wallet: WalletId) -> Option<Over> {
    let of = program.wallets.get(wallet.index())?;
    if program.returns.restore == Restore::NewExpiry {
        return None;
    }
    if !of.never_expire_for.is_empty() {
        return Some(Over::Always);
    }
    Some(match of.expiry {
        Expiry::After { span, after: ExpireAfter::Earning, at: None } => Over::Span(span, None),
        Expiry::After { span, after: ExpireAfter::Earning, at: Some(ExpireAt::End(EndOf::Period(period))) } => {
            Over::Span(span, Some(period))
        }
        Expiry::AtEnd { next, end: EndOf::Period(period), plus: None } => Over::Periods(if next { 2 } else { 1 }, period),
        Expiry::Never | Expiry::After { .. } | Expiry::AtEnd { .. } => Over::Always,
    })
}

/// What all sentences together give at most; `None` if one of them has no bound, or none gives anything.
fn added(program: &Program, wallet: WalletId, over: Over) -> Option<Most> {
    let (mut total, mut largest): (i64, Option<(i64, Span)>) = (0, None);
    for rule in all_rules(program) {
        for effect in &rule.effects {
            let (units, by) = match effect {
                Effect::Multiply { wallet: to, .. } if *to == wallet => return None,
                Effect::Earn { wallet: to, .. } | Effect::Grant { wallet: to, .. } | Effect::GrantFriend { wallet: to, .. }
                    if *to == wallet =>
                {
                    bounded(program, rule, effect, over)?
                }
                _ => continue,
            };
            total = total.checked_add(units)?;
            if largest.is_none_or(|(most, _)| units > most) {
                largest = Some((units, by));
            }
        }
    }
    let (of_that, by) = largest?;
    Some(Most { units: total, by, of_that, lives: (over != Over::Always).then_some(over), emptied: false })
}

/// What one effect of a rule gives at most, and the words that bound it.
fn bounded(program: &Program, rule: &Rule, effect: &Effect, over: Over) -> Option<(i64, Span)> {
    let over = match rule.life.expiring_after {
        Some(span) if over != Over::Always => longer(over, span),
        _ => over,
    };
    let fixed = match effect {
        Effect::Grant { wallet, amount, .. } | Effect::GrantFriend { wallet, amount, .. } => granted_units(program, *wallet, amount),
        Effect::Earn { rates: Rates::One(Rate::Fixed(units)), .. } => Some(*units),
        _ => None,
    };
    let paid_later = i64::from(rule.life.paid_at.is_some());
    let times = |count: i64, units: i64| count.checked_add(paid_later)?.checked_mul(units);
    let by_limit = rule.limits.iter().filter(|limit| limit.then.is_none()).filter_map(|limit| {
        let each = each(program, limit, effect, fixed)?;
        Some((times(touched(program, limit.per, over)?, each)?, limit.span))
    });
    let by_series = rule.only.and_then(|only| Some((i64::try_from(only).ok()?.checked_mul(fixed?)?, rule.span)));
    let by_trigger = how_often(program, rule, over).and_then(|often| Some((times(often, fixed?)?, rule.span)));
    by_limit.chain(by_series).chain(by_trigger).min_by_key(|(units, _)| *units)
}

/// What a limit lets through of an effect in each of its periods.
fn each(program: &Program, limit: &Limit, effect: &Effect, fixed: Option<i64>) -> Option<i64> {
    let (Effect::Earn { wallet, .. } | Effect::Grant { wallet, .. } | Effect::GrantFriend { wallet, .. }) = effect else { return None };
    match limit.what {
        LimitWhat::Units(of, units) if of == *wallet => Some(units),
        LimitWhat::Money(units) if program.wallets.get(wallet.index()).is_some_and(|w| w.kind == WalletKind::Money) => Some(units),
        LimitWhat::Times(times) => fixed?.checked_mul(i64::from(times)),
        _ => None,
    }
}

/// How often a trigger can come in a time; `None` if nothing bounds it.
pub(crate) fn how_often(program: &Program, rule: &Rule, over: Over) -> Option<i64> {
    // Several customers of one account have a birthday each.
    if program.account_by.is_some() {
        return None;
    }
    let per = |period| touched(program, LimitPeriod::Calendar(period), over);
    match &rule.trigger {
        Trigger::Birthday | Trigger::Anniversary | Trigger::YearDay(..) => per(Period::Year),
        Trigger::DayOfMonth(_) => per(Period::Month),
        Trigger::AtEnd(period) | Trigger::AtStart(period) => per(*period),
        Trigger::Date(_) | Trigger::Signup => Some(1),
        Trigger::Nth { counter, .. } => once_in(program, *counter, over),
        Trigger::Range { from, to, counter } => {
            once_in(program, *counter, over)?.checked_mul(i64::from(to.saturating_sub(*from)).saturating_add(1))
        }
        Trigger::Spending { every: false, measure, .. } => once_in(program, *measure, over),
        _ => None,
    }
}

/// How often a count can pass one number.
fn once_in(program: &Program, counter: MeasureId, over: Over) -> Option<i64> {
    match program.measures.get(counter.index())?.window {
        Window::Unsaid | Window::SinceJoining | Window::Ever => Some(1),
        Window::In(period) | Window::Previous(period) => touched(program, LimitPeriod::Calendar(period), over),
        Window::Last(_) | Window::SinceReaching(_) => None,
    }
}

/// The longer of a time and a span.
fn longer(over: Over, span: CivilSpan) -> Over {
    match days(over) {
        Some(days) if days >= most_days(span) => over,
        _ => Over::Span(span, None),
    }
}

/// How many periods of a limit a time can touch; `None` where there is no bound.
pub(crate) fn touched(program: &Program, per: LimitPeriod, over: Over) -> Option<i64> {
    let life =
        program.starts.zip(program.ends).map(|(starts, ends)| i64::from(ends.0).saturating_sub(i64::from(starts.0)).saturating_add(1));
    let within_life = life.and_then(|days| Some(CivilSpan::Days(u32::try_from(days).ok()?)));
    let whole = within_life.and_then(|span| periods_in(per, Over::Span(span, None)));
    [periods_in(per, over), whole].into_iter().flatten().min()
}

fn periods_in(per: LimitPeriod, over: Over) -> Option<i64> {
    let per = match per {
        LimitPeriod::Ever => return Some(1),
        LimitPeriod::Purchase => return None,
        LimitPeriod::Rolling(span) => return days(over)?.checked_div(least_days(span).max(1))?.checked_add(1),
        LimitPeriod::Calendar(per) => per,
    };
    let length = months(per);
    match (over, length) {
        (Over::Always, _) => None,
        (Over::Periods(n, whole), _) if whole == per => Some(n),
        (Over::Periods(n, whole), Some(length)) if whole != Period::MembershipYear && per != Period::MembershipYear => {
            let all = months(whole)?.checked_mul(n)?;
            if all.checked_rem(length)? == 0 { all.checked_div(length) } else { all.checked_div(length)?.checked_add(2) }
        }
        (Over::Span(CivilSpan::Months(n), rest), Some(length)) => {
            let all = i64::from(n).checked_add(rest.map_or(Some(0), months).unwrap_or(1))?;
            let whole = all.checked_rem(length)? == 0;
            all.checked_div(length)?.checked_add(if whole { 1 } else { 2 })
        }
        (_, Some(length)) => days(over)?.checked_div(length.checked_mul(28)?)?.checked_add(2),
        (_, None) if per == Period::Week => days(over)?.checked_div(7)?.checked_add(2),
        (_, None) => days(over)?.checked_add(1),
    }
}

/// Months of a period; none for days and weeks.
fn months(period: Period) -> Option<i64> {
    match period {
        Period::Day | Period::Week => None,
        Period::Month => Some(1),
        Period::Quarter => Some(3),
        Period::Year | Period::MembershipYear => Some(12),
    }
}

/// The most days of a time.
fn days(over: Over) -> Option<i64> {
    match over {
        Over::Always => None,
        Over::Span(span, rest) => most_days(span).checked_add(rest.map_or(0, period_days)),
        Over::Periods(n, period) => period_days(period).checked_mul(n),
    }
}

/// The most days that a period has.
pub(crate) fn period_days(period: Period) -> i64 {
    match period {
        Period::Day => 1,
        Period::Week => 7,
        Period::Month => 31,
        Period::Quarter => 92,
        Period::Year | Period::MembershipYear => 366,
    }
}

/// The most days that a span can be.
pub(crate) fn most_days(span: CivilSpan) -> i64 {
    match span {
        CivilSpan::Hours(n) => i64::from(n).saturating_add(23).div_euclid(24),
        CivilSpan::Days(n) => i64::from(n),
        CivilSpan::Months(n) => i64::from(n).saturating_mul(31).min(i64::from(n).div_euclid(12).saturating_add(1).saturating_mul(366)),
    }
}

/// The fewest days that a span can be.
pub(crate) fn least_days(span: CivilSpan) -> i64 {
    match span {
        CivilSpan::Hours(n) => i64::from(n).div_euclid(24),
        CivilSpan::Days(n) => i64::from(n),
        CivilSpan::Months(n) => i64::from(n).saturating_mul(28).max(i64::from(n).div_euclid(12).saturating_mul(365)),
    }
}

/// Whether an exchange is made as soon as the balance allows it, whatever else holds.
pub(crate) fn always_made(program: &Program, exchange: &Exchange) -> bool {
    let rule = &exchange.rule;
    let scarce = |effect: &Effect| match effect {
        Effect::Gift { gift, only, .. } => only.is_some() || program.gifts.get(gift.index()).is_some_and(|gift| gift.only.is_some()),
        Effect::Access { only, .. } => only.is_some(),
        other => other.is_modifier(),
    };
    let pot = program.budgets.iter().any(|budget| budget.for_all_rules);
    rule.trigger == Trigger::None
        && rule.tests.is_empty()
        && rule.when.is_empty()
        && rule.limits.is_empty()
        && rule.budgets.is_empty()
        && rule.only.is_none()
        && !pot
        && !rule.effects.iter().any(scarce)
}
