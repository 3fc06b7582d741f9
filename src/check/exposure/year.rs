//! The bound of a customer and year: twelve months in a row, from any day.

use super::capped::room;
use super::clauses::by_purchase;
use super::curve::{Curve, Line, ONE, ZERO};
use super::given::given;
use super::parts::{Kind, Part};
use super::worth::Worths;
use super::{Occasion, Often, is_felt, purchase};
use crate::check::held::{Over, how_often, touched};
use crate::check::never::all_rules;
use crate::program::{CivilSpan, Effect, LimitPeriod, LimitWhat, MeasureId, Period, Program, Rule, Trigger, WalletId, Window};
use crate::span::Span;
use crate::value::{Checked, Exact};

/// Twelve months in a row.
pub(super) const YEAR: Over = Over::Span(CivilSpan::Months(12), None);

/// What a year's purchases and occasions give.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// By what is spent in the year.
    pub curve: Option<Curve>,
    /// The sentences without a bound, and what each gives at a time where that is known.
    pub without: Vec<(Span, Option<Exact>)>,
}

pub(super) fn bound(program: &Program, worths: &Worths, parts: &[Part], occasions: &[Occasion]) -> Checked<Found> {
    let mut found = Found::default();
    let mut sum = Curve::nothing();
    let mut free = Vec::new();
    let mut all_shares = true;
    // What occasions give.
    let mut beside = ZERO;
    for (at, part) in parts.iter().enumerate() {
        match part.kind {
            // It multiplies what the earning rules give; they carry it.
            Kind::Multiply(..) => free.push(at),
            _ => match of_part(program, worths, part)? {
                Own::Share => free.push(at),
                Own::Sum(curve, share) => {
                    all_shares &= share;
                    let factor = if let Kind::Earn(wallet) = part.kind { factor(parts, wallet)? } else { ONE };
                    sum = sum.plus(&curve.times(factor)?)?;
                }
                Own::None => {
                    let each = if is_felt(program, part.slack)? { Some(part.slack) } else { part.curve.most()? };
                    let most = each.filter(|most| *most > ZERO);
                    if !found.without.iter().any(|(span, _)| span.range() == part.rule.span.range()) {
                        found.without.push((part.rule.span, most));
                    }
                }
            },
        }
    }
    let mut bought: Vec<WalletId> = Vec::new();
    for occasion in occasions {
        // However much is given of a wallet, its uses let only so much of it through.
        if occasion.often == Often::NoBound
            && let Some(wallet) = occasion.only
            && let Some(most) = used(program, worths, wallet)?
        {
            if !bought.contains(&wallet) {
                bought.push(wallet);
                beside = beside.plus(most)?;
            }
            continue;
        }
        match (&occasion.often, occasion.value) {
            (Often::AtMost(times), Some(value)) => {
                beside = beside.plus(value.times(Exact::whole(i128::from(*times)))?)?;
            }
            (_, value) => found.without.push((occasion.span, value)),
        }
    }
    if !found.without.is_empty() {
        return Ok(found);
    }
    let shares = purchase::bound(program, worths, parts, &free)?;
    let Some(rate) = shares.curve.largest_share()? else { return Ok(found) };
    let mut curve = Curve::of(Line { rate, fixed: beside }).plus(&sum)?;
    if all_shares {
        // What is capped is a share of every purchase too.
        let every: Vec<usize> = (0..parts.len()).collect();
        if let Some(rate) = purchase::bound(program, worths, parts, &every)?.curve.largest_share()? {
            curve = curve.min(&Curve::of(Line { rate, fixed: beside }))?;
        }
    }
    found.curve = Some(curve);
    Ok(found)
}

/// By how much multipliers raise what a wallet earns.
fn factor(parts: &[Part], wallet: WalletId) -> Checked<Exact> {
    let mut factor = ONE;
    for part in parts {
        if let Kind::Multiply(of, more) = part.kind
            && of == wallet
        {
            factor = factor.plus(more)?;
        }
    }
    Ok(factor)
}

enum Own {
    /// A share of every purchase, however many there are.
    Share,
    /// By what is spent; whether a share of every purchase bounds it too.
    Sum(Curve, bool),
    None,
}

/// What one part gives in a year.
fn of_part(program: &Program, worths: &Worths, part: &Part) -> Checked<Own> {
    // A sum without a minimum may be the whole of a small purchase, again and again.
    let share = part.curve.largest_share()?.filter(|share| *share < ONE || part.share.is_some());
    // Nor is a rounding that is felt a share of anything: it comes with every purchase, however small.
    let rounds = is_felt(program, part.slack)?;
    let share = share.filter(|_| !rounds);
    let mut bounds: Vec<Line> = Vec::new();
    let each = part.curve.most()?.map(|most| if rounds { most.plus(part.slack) } else { Ok(most) }).transpose()?;
    for limit in &part.rule.limits {
        let Some(periods) = touched(program, limit.per, YEAR) else { continue };
        let periods = Exact::whole(i128::from(periods));
        let effect = part.rule.effects.iter().find(|effect| fits(part.kind, effect));
        let most = match limit.what {
            LimitWhat::Times(times) if limit.then.is_none() => match each {
                Some(each) => Some(Line::fixed(each.times(Exact::whole(i128::from(times)))?.times(periods)?)),
                None => None,
            },
            LimitWhat::First(_) if rounds => None,
            LimitWhat::First(money) => {
                let steepest = part.share.as_ref().map(|share| share.pair()).transpose()?;
                let then = part.curve.stretches().last().map_or(ZERO, |stretch| stretch.line.rate);
                match steepest {
                    Some(line) => {
                        let base = Exact::whole(i128::from(money)).times(periods)?;
                        Some(Line { rate: then, fixed: line.rate.minus(then)?.max(ZERO).times(base)? })
                    }
                    None => None,
                }
            }
            _ => match effect.map(|effect| room(program, worths, limit, effect)).transpose()?.flatten() {
                Some(most) => {
                    let then =
                        if limit.then.is_some() { part.curve.stretches().last().map_or(ZERO, |stretch| stretch.line.rate) } else { ZERO };
                    Some(Line { rate: then, fixed: most.times(periods)? })
                }
                None => None,
            },
        };
        bounds.extend(most);
    }
    if let Some(times) = part.often
        && let Some(each) = each
    {
        bounds.push(Line::fixed(each.times(Exact::whole(i128::from(times)))?));
    }
    bounds.extend(by_purchases(program, part)?);
    if bounds.is_empty() {
        return Ok(if share.is_some() { Own::Share } else { Own::None });
    }
    let mut curve = share.map(|share| Curve::of(Line::rate(share)));
    for line in bounds {
        let own = Curve::of(line);
        curve = Some(match curve {
            Some(known) => known.min(&own)?,
            None => own,
        });
    }
    Ok(curve.map_or(Own::None, |curve| Own::Sum(curve, share.is_some())))
}

fn fits(kind: Kind, effect: &Effect) -> bool {
    match (kind, effect) {
        (Kind::Discount, Effect::Discount(_)) => true,
        (Kind::Earn(wallet), Effect::Earn { wallet: of, .. }) => wallet == *of,
        (Kind::Given, other) => !other.is_modifier(),
        _ => false,
    }
}

/// What counts purchases or spending before it gives: a rate, and what had been begun.
fn by_purchases(program: &Program, part: &Part) -> Checked<Option<Line>> {
    let rolling = |counter: MeasureId| {
        let window = program.measures.get(counter.index()).map(|measure| measure.window);
        matches!(window, Some(Window::Last(_)))
    };
    match &part.rule.trigger {
        Trigger::Spending { every: true, measure, .. } if !rolling(*measure) => Ok(part.by_steps),
        Trigger::EveryNth { n, counter, .. } if part.kind == Kind::Given && !rolling(*counter) => {
            let least = program
                .measures
                .get(counter.index())
                .and_then(|measure| measure.filter.over.iter().map(|over| over.amount.saturating_add(i64::from(!over.inclusive))).max());
            let Some((each, least)) = part.curve.most()?.zip(least.filter(|least| *least > 0)) else { return Ok(None) };
            let spent = i128::from(least).saturating_mul(i128::from(*n));
            Ok(Some(Line { rate: each.divided_by(Exact::whole(spent))?, fixed: each }))
        }
        _ => Ok(None),
    }
}

/// Everything that gives beside purchases.
pub(super) fn occasions(program: &Program, worths: &Worths) -> Checked<Vec<Occasion>> {
    let mut out = Vec::new();
    for rule in all_rules(program).take(program.rules.len()).filter(|rule| !by_purchase(&rule.trigger)) {
        let (mut value, mut any) = (Some(ZERO), false);
        for effect in rule.effects.iter().filter(|effect| !effect.is_modifier()) {
            let mut own = match given(program, worths, effect)? {
                Some(curve) => curve.most()?,
                None => None,
            };
            for limit in rule.limits.iter().filter(|limit| limit.then.is_none()) {
                if let Some(most) = room(program, worths, limit, effect)? {
                    own = Some(own.map_or(most, |own| own.min(most)));
                }
            }
            any |= own.is_none_or(|own| own > ZERO);
            value = match (value, own) {
                // One of them is given.
                (Some(most), Some(own)) if !rule.gates.is_empty() => Some(most.max(own)),
                (Some(sum), Some(own)) => Some(sum.plus(own)?),
                _ => None,
            };
        }
        let wallets = rule.effects.iter().filter(|effect| !effect.is_modifier()).map(|effect| match effect {
            Effect::Grant { wallet, .. } => Some(*wallet),
            _ => None,
        });
        let only = wallets.reduce(|a, b| a.filter(|a| Some(*a) == b)).flatten();
        if any {
            out.push(Occasion { span: rule.span, value, often: often(program, rule), only });
        }
    }
    Ok(out)
}

/// Twelve months in a row, the day a year later outside, hold one of every yearly day and twelve of every monthly one.
fn by_time(program: &Program, rule: &Rule, trigger: &Trigger) -> Option<i64> {
    if program.account_by.is_some() || rule.life.usable.is_some() {
        return None;
    }
    let in_a_year = |period: Period| match period {
        Period::Day => 366,
        Period::Week => 53,
        Period::Month => 12,
        Period::Quarter => 4,
        Period::Year | Period::MembershipYear => 1,
    };
    match trigger {
        Trigger::Birthday | Trigger::Anniversary | Trigger::YearDay(..) => Some(1),
        Trigger::DayOfMonth(_) => Some(12),
        Trigger::AtEnd(period) | Trigger::AtStart(period) => Some(in_a_year(*period)),
        _ => None,
    }
}

/// What all uses of a wallet let through in a year; `None` if one of them has no limit.
fn used(program: &Program, worths: &Worths, wallet: WalletId) -> Checked<Option<Exact>> {
    if program.redeems.iter().any(|redeem| redeem.wallet == wallet) || program.is_paid_out(wallet) {
        return Ok(None);
    }
    let exchanges = program.exchanges.iter().filter(|exchange| exchange.wallet == wallet).map(|exchange| &*exchange.rule);
    let rewards = program.rewards.iter().filter(|reward| reward.wallet == wallet).map(|reward| &*reward.rule);
    let mut sum = ZERO;
    for rule in exchanges.chain(rewards) {
        let mut least: Option<Exact> = None;
        for limit in rule.limits.iter().filter(|limit| limit.then.is_none()) {
            let [effect] = rule.effects.as_slice() else { continue };
            let Some(periods) = touched(program, limit.per, YEAR) else { continue };
            let each = match limit.what {
                LimitWhat::Times(times) => match given(program, worths, effect)? {
                    Some(curve) => curve.most()?.map(|most| most.times(Exact::whole(i128::from(times)))).transpose()?,
                    None => None,
                },
                _ => room(program, worths, limit, effect)?,
            };
            if let Some(each) = each {
                let all = each.times(Exact::whole(i128::from(periods)))?;
                least = Some(least.map_or(all, |known| known.min(all)));
            }
        }
        let Some(least) = least else { return Ok(None) };
        sum = sum.plus(least)?;
    }
    Ok(Some(sum))
}

/// How often an occasion comes in a year.
fn often(program: &Program, rule: &Rule) -> Often {
    let by_limits = rule.limits.iter().filter(|limit| limit.then.is_none()).filter_map(|limit| match limit.what {
        LimitWhat::Times(times) => touched(program, limit.per, YEAR)?.checked_mul(i64::from(times)),
        _ => None,
    });
    let by_trigger = match &rule.trigger {
        Trigger::Reaching(tier) | Trigger::Leaving(tier) => program.ladders.get(tier.ladder.index()).and_then(|ladder| {
            let reviews = touched(program, LimitPeriod::Calendar(ladder.review), YEAR)?;
            // Rules that move customers do so at any time.
            let moved = all_rules(program)
                .flat_map(|rule| &rule.effects)
                .any(|effect| matches!(effect, Effect::MoveTo(to) if to.ladder == tier.ladder));
            (!moved).then(|| reviews.saturating_add(1))
        }),
        Trigger::Silence { span, .. } => {
            let days = crate::check::held::least_days(*span).max(1);
            366_i64.checked_div(days).map(|times| times.saturating_add(1))
        }
        trigger => [how_often(program, rule, YEAR), by_time(program, rule, trigger)].into_iter().flatten().min(),
    };
    let series = rule.only.and_then(|only| i64::try_from(only).ok());
    by_limits.chain(by_trigger).chain(series).min().map_or(Often::NoBound, Often::AtMost)
}
