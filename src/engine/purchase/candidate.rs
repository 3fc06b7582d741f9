//! A discount that may act on a purchase: what it is worth on which lines, and how it is taken off.

use crate::engine::award::{Award, Reward};
use crate::engine::facts::Scene;
use crate::engine::lines;
use crate::engine::lines::Line;
use crate::engine::purchase::outcome::{Outcome, Share};
use crate::engine::purchase::reward;
use crate::engine::purchase::reward::{Base, Chosen, Currency};
use crate::engine::purchase::stage::{Stage, table_amount};
use crate::plan::Given;
use crate::plan::effects::Gives;
use crate::program::{Rate, Rates, Scope};
use crate::value::{Checked, Exact, Overflow};

/// A discount that may act on this purchase.
pub(in crate::engine) struct Candidate {
    pub rule: usize,
    pub effect: usize,
    /// Lines it looks at, fewer where a group chose another.
    pub lines: Vec<usize>,
    pub takes: Takes,
    /// What it gives alone on all its lines.
    pub alone: Reward,
    /// The most it can give in all, where less than its rate says.
    pub room: Option<i64>,
    /// Lines that another one keeps to itself.
    pub barred: Vec<usize>,
}

/// How a discount takes off: rates compete item by item, a sum as a whole.
#[derive(Clone, Copy)]
pub(in crate::engine) enum Takes {
    /// Of every minor unit.
    Share(Exact),
    /// Off every unit, at most its price.
    Each(Exact),
    Sum,
}

impl Candidate {
    pub fn is_rate(&self) -> bool {
        !matches!(self.takes, Takes::Sum)
    }

    /// What a rate takes off a line, its limits apart; nothing for a sum.
    pub fn on_line(&self, line: &Line) -> Checked<Exact> {
        let cost = Exact::whole(i128::from(line.cost));
        let most = Exact::whole(i128::from(line.bears()));
        match self.takes {
            Takes::Share(share) => Ok(share.times(cost)?.min(most)),
            Takes::Each(sum) => Ok(sum.times(Exact::whole(i128::from(line.units()?)))?.min(most)),
            Takes::Sum => Ok(Exact::whole(0)),
        }
    }
}

/// The lines that a rule's discounts look at: goods, and shipping only where the rule says so.
pub(in crate::engine) fn reach(stage: &Stage<'_>, rule_index: usize, lines: &[Line], found: &mut Vec<usize>) -> Checked<()> {
    let rule = stage.plan.rules[rule_index];
    stage.scope(rule.scope.as_ref(), lines, found)?;
    let with_shipping = rule.including_shipping || rule.scope == Some(Scope::Shipping);
    found.retain(|at| lines[*at].cost > 0 && (with_shipping || !lines[*at].shipping));
    Ok(())
}

/// How a rule's rates take off some lines, of which they take `alone` by themselves.
pub(super) fn takes(stage: &Stage<'_>, out: &Outcome, rule_index: usize, rates: &Rates, lines: &[usize], alone: Reward) -> Checked<Takes> {
    let base = base(stage, out, rule_index, rates, lines, &costs(out))?;
    let of_all = |amount: i64| Ok(Takes::Share(Exact::ratio(i128::from(amount), i128::from(base.money.max(1)))?));
    match reward::choose(&stage.scene(&out.lines, out.net), rates, base)? {
        Chosen::One(Rate::Fixed(_)) => Ok(Takes::Sum),
        Chosen::One(Rate::PerQuantity { .. }) if matches!(stage.plan.rules[rule_index].scope, Some(Scope::Groups(..))) => Ok(Takes::Sum),
        Chosen::One(Rate::PerItem { amount }) => Ok(Takes::Each(Exact::try_from(amount)?)),
        // By what lies beyond a limit, or by slices: its share of the whole.
        _ if alone.capped && alone.granted != alone.counts => of_all(alone.granted),
        Chosen::One(Rate::Percent(percent)) => Ok(Takes::Share(Exact::try_from(percent)?)),
        _ => of_all(alone.wanted),
    }
}

pub(super) fn at_most(reward: Reward, most: i64) -> Reward {
    Reward { granted: reward.granted.min(most), counts: reward.counts.min(most), ..reward }
}

/// What a percentage voucher takes off; the limits of the rule that granted it were for the grant.
pub(super) fn voucher_value(stage: &Stage<'_>, rate: Exact, base: i64) -> Checked<Reward> {
    let value = reward::round_reward(stage.plan.program, Currency::Money, rate.times(Exact::whole(i128::from(base)))?)?;
    Ok(Reward::plain(value, base))
}

pub(in crate::engine) fn costs(out: &Outcome) -> Vec<i64> {
    out.lines.iter().map(|line| line.cost).collect()
}

pub(in crate::engine) fn cost(out: &Outcome, lines: &[usize]) -> Checked<i64> {
    lines.iter().try_fold(0_i64, |sum, at| sum.checked_add(out.lines[*at].cost)).ok_or(Overflow)
}

/// What a rule's rates are applied to, with what each line counts as costing.
fn base(stage: &Stage<'_>, out: &Outcome, rule_index: usize, rates: &Rates, lines: &[usize], prices: &[i64]) -> Checked<Base> {
    let money = lines.iter().try_fold(0_i64, |sum, at| sum.checked_add(prices[*at])).ok_or(Overflow)?;
    let amount = table_amount(stage, rule_index, out);
    let shipping: i64 = out.lines.iter().filter(|line| line.shipping).map(|line| line.recorded).sum();
    let sliced = if stage.plan.rules[rule_index].including_shipping { amount } else { amount - shipping };
    let mut base = Base { sliced, ..Base::of(money, amount) };
    if !stage.plan.per_item[rule_index] {
        return Ok(base);
    }
    let each = match reward::choose(&stage.scene(&out.lines, out.net), rates, base)? {
        Chosen::One(Rate::PerItem { amount }) => Some(Exact::try_from(amount)?).filter(|each| *each > Exact::whole(0)),
        _ => None,
    };
    for &at in lines.iter().filter(|at| !out.lines[**at].shipping) {
        let mut count = Exact::whole(i128::from(out.lines[at].units()?));
        if let Some(each) = each {
            // No unit gives more than its price.
            count = count.min(Exact::whole(i128::from(prices[at])).divided_by(each)?);
        }
        base.units = base.units.plus(count)?;
        // What is counted in groups is counted in units.
        let in_groups = matches!(stage.plan.rules[rule_index].scope, Some(Scope::Groups(..)));
        let quantity = if in_groups { Exact::whole(i128::from(out.lines[at].units()?)) } else { Exact::try_from(out.lines[at].quantity)? };
        base.quantity = base.quantity.plus(quantity)?;
    }
    Ok(base)
}

/// What a rule's rates take off some lines that count as costing `prices`.
pub(super) fn give(stage: &Stage<'_>, out: &Outcome, rule_index: usize, rates: &Rates, lines: &[usize], prices: &[i64]) -> Checked<Reward> {
    let base = base(stage, out, rule_index, rates, lines, prices)?;
    let scene = Scene { taken: &out.awards, ..stage.scene(&out.lines, out.net) };
    reward::reward(&scene, stage.plan.rules[rule_index], rates, Currency::Money, base, stage.plan.rule_limits[rule_index])
}

/// What a candidate takes off some of its lines; after a return at most what it gave there before.
pub(in crate::engine) fn worth(
    stage: &Stage<'_>,
    out: &Outcome,
    candidate: &Candidate,
    lines: &[usize],
    prices: &[i64],
) -> Checked<Reward> {
    let reward = match (stage.plan.effect(candidate.rule, candidate.effect).map(|does| does.gives), candidate.takes) {
        _ if lines.is_empty() => Reward::default(),
        (Some(Gives::Rates(rates)), _) => give(stage, out, candidate.rule, rates, lines, prices)?,
        (Some(Gives::Voucher(..)), Takes::Share(rate)) => voucher_value(stage, rate, lines.iter().map(|at| prices[*at]).sum())?,
        _ => Reward::default(),
    };
    Ok(match stage.ceilings {
        Some(ceilings) => at_most(reward, ceilings.most_on(candidate.rule, candidate.effect, lines)),
        None => reward,
    })
}

/// By what a discount is shared over lines: what each counts as costing, or gave before a return, or loses to a sum off each unit.
pub(in crate::engine) fn weights(
    stage: &Stage<'_>,
    out: &Outcome,
    candidate: &Candidate,
    lines: &[usize],
    prices: &[i64],
) -> Checked<Vec<i64>> {
    if let Some(parts) = stage.ceilings.and_then(|ceilings| ceilings.parts(candidate.rule, candidate.effect)) {
        return Ok(lines.iter().map(|at| parts[*at]).collect());
    }
    let mut weights: Vec<i64> = lines.iter().map(|at| prices[*at]).collect();
    if let Takes::Each(sum) = candidate.takes {
        for (weight, at) in weights.iter_mut().zip(lines) {
            let count = Exact::whole(i128::from(out.lines[*at].units()?));
            let off = sum.times(count)?.min(Exact::whole(i128::from(*weight)));
            *weight = i64::try_from(off.floor()).map_err(|_| Overflow)?;
        }
    }
    Ok(weights)
}

/// Takes a discount off lines, shared by weights. What a line cannot bear of it is lost; of a sum it falls on the others.
pub(in crate::engine) fn take(
    out: &mut Outcome,
    (rule, effect): (usize, usize),
    reward: Reward,
    indices: &[usize],
    weights: &[i64],
    is_sum: bool,
) -> Checked<()> {
    let award = out.awards.len();
    if is_sum || reward.capped && reward.granted < reward.wanted {
        out.fixed.push(award);
    }
    let left = cost(out, indices)?;
    let base = weights.iter().sum::<i64>().max(left);
    let (mut granted, blocked) = take_parts(out, award, reward.granted.min(left), indices, weights)?;
    // What a lowest price blocks is lost.
    let bearable = reward.granted.min(left) - blocked;
    if is_sum && granted < bearable {
        let costs: Vec<i64> = indices.iter().map(|at| out.lines[*at].cost).collect();
        granted += take_parts(out, award, bearable - granted, indices, &costs)?.0;
    }
    let reward = Reward { granted, counts: reward.counts.min(granted), ..reward };
    out.awards.push(Award { rule, effect, given: Given::Discount, reward, base });
    Ok(())
}

/// What lines bear of a sum that is shared by weights, and what lowest prices block of it.
fn take_parts(out: &mut Outcome, award: usize, sum: i64, indices: &[usize], weights: &[i64]) -> Checked<(i64, i64)> {
    if let ([at], [weight]) = (indices, weights) {
        // Most purchases have one line, which bears all.
        return Ok(take_part(out, award, *at, if *weight > 0 { sum.max(0) } else { 0 }));
    }
    let mut parts = Vec::new();
    lines::share(sum.max(0), weights, &mut parts)?;
    let (mut granted, mut blocked) = (0_i64, 0_i64);
    for (&at, part) in indices.iter().zip(parts) {
        let (taken, lost) = take_part(out, award, at, part);
        granted += taken;
        blocked += lost;
    }
    Ok((granted, blocked))
}

/// Takes a part of a discount off a line, at most what it costs; says also what its lowest price blocks.
fn take_part(out: &mut Outcome, award: usize, at: usize, part: i64) -> (i64, i64) {
    let line = &mut out.lines[at];
    let wanted = part.min(line.cost).max(0);
    let part = wanted.min(line.bears());
    if part > 0 {
        line.cost -= part;
        line.discount += part;
        out.shares.push(Share { award, line: at, amount: part });
    }
    (part, wanted - part)
}

/// What parts of a discount come to on their lines, with what lowest prices block left out.
pub(in crate::engine) fn borne(out: &Outcome, indices: &[usize], parts: &mut [i64]) -> i64 {
    for (part, at) in parts.iter_mut().zip(indices) {
        *part = (*part).min(out.lines[*at].bears());
    }
    parts.iter().sum()
}

/// Writes down a discount that another one beat.
pub(in crate::engine) fn beaten(out: &mut Outcome, (rule, effect): (usize, usize), alone: Reward) {
    let reward = Reward { granted: 0, counts: 0, first: 0, capped: true, ..alone };
    out.awards.push(Award { rule, effect, given: Given::Discount, reward, base: 0 });
}
