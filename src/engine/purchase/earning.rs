//! Stage 4: what a purchase earns, and what it adds to measures.

use crate::engine::purchase::discounts;
use crate::engine::purchase::lines::Line;
use crate::engine::purchase::reward::{self, Base, Currency, Reward};
use crate::engine::purchase::{Award, Given, Outcome, Stage};
use crate::program::{Effect, GroupPolicy, MeasureKind, Rule};
use crate::value::{Checked, Decimal, Exact, Overflow};

/// An earning rule that acts on the purchase, and the lines it earns on.
pub(in crate::engine) struct Earner {
    rule: usize,
    lines: Vec<usize>,
}

/// Stage 4: earning in proportion to the purchase.
pub(in crate::engine) fn earn(stage: &Stage<'_>, out: &mut Outcome) -> Checked<()> {
    let mut earners = Vec::new();
    for &rule in &stage.bound.earn_rules {
        if !stage.acts(rule, &out.lines, out.net)? {
            continue;
        }
        let mut lines = std::mem::take(&mut out.indices);
        stage.scope(stage.bound.rules[rule].scope.as_ref(), &out.lines, &mut lines)?;
        if earners.is_empty() && stage.bound.rules[rule].group.is_none() {
            earn_on(stage, out, rule, &lines)?;
        } else {
            // Behind a group's first rule all wait, to keep their order.
            earners.push(Earner { rule, lines: lines.clone() });
        }
        out.indices = lines;
    }
    choose_earners(stage, out, &mut earners)?;
    for earner in earners {
        earn_on(stage, out, earner.rule, &earner.lines)?;
    }
    Ok(())
}

/// What one rule earns on some lines.
pub(in crate::engine) fn earn_on(stage: &Stage<'_>, out: &mut Outcome, rule_index: usize, lines: &[usize]) -> Checked<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let rule = &stage.bound.rules[rule_index];
    let base = base_of(stage, &out.lines, lines, table_amount(rule, out), stage.bound.per_item[rule_index])?;
    for (effect, kind) in rule.effects.iter().enumerate() {
        let (given, reward) = match kind {
            Effect::Earn { wallet, rates } => {
                let quick = stage.bound.quick[rule_index][effect].and_then(|quick| quick.give(base.money));
                let reward = match quick {
                    Some(units) => Reward::plain(units, base.money),
                    None => {
                        let scene = stage.scene(&out.lines, out.net);
                        let limits = stage.bound.rule_limits[rule_index];
                        reward::reward(&scene, rule, rates, Currency::Wallet(*wallet), base, limits)?
                    }
                };
                (Given::Earn(*wallet), reward)
            }
            Effect::EarnEntries { draw, count, per } => {
                let entries = base.money.checked_div(*per).unwrap_or(0).saturating_mul(i64::from(*count));
                (Given::Entries(*draw), Reward { wanted: entries, granted: entries, counts: entries, ..Reward::default() })
            }
            _ => continue,
        };
        if reward.wanted > 0 || reward.granted > 0 {
            out.awards.push(Award { rule: rule_index, effect, given, reward, base: base.money });
        }
    }
    Ok(())
}

/// What of a line earning and `spend` count.
pub(in crate::engine) fn earning_base(stage: &Stage<'_>, line: &Line) -> Checked<i64> {
    let program = stage.bound.program;
    let on = program.earn_on;
    if line.shipping && on.excluding_shipping {
        return Ok(0);
    }
    let mut base = if on.after_discounts { line.cost } else { line.recorded };
    if on.excluding_tax {
        let tax = if on.after_discounts { line.tax_left(program.round_money)? } else { line.tax };
        base -= tax;
    }
    if !on.including_redeemed {
        base -= line.paid;
    }
    Ok(base.max(0))
}

pub(in crate::engine) fn base_of(stage: &Stage<'_>, lines: &[Line], indices: &[usize], amount: i64, count_units: bool) -> Checked<Base> {
    let mut money = 0_i64;
    let mut units = Decimal::whole(0);
    for &at in indices {
        let line = &lines[at];
        money = money.checked_add(earning_base(stage, line)?).ok_or(Overflow)?;
        if count_units && !line.shipping {
            units = add_units(units, line.quantity)?;
        }
    }
    Ok(Base { money, units, amount })
}

pub(in crate::engine) fn add_units(a: Decimal, b: Decimal) -> Checked<Decimal> {
    if a.scale == b.scale {
        return Ok(Decimal::new(a.mantissa.checked_add(b.mantissa).ok_or(Overflow)?, a.scale));
    }
    let scale = a.scale.max(b.scale);
    let widen = |d: Decimal| d.mantissa.checked_mul(10_i128.checked_pow(u32::from(scale - d.scale))?);
    let sum = widen(a).zip(widen(b)).and_then(|(a, b)| a.checked_add(b)).ok_or(Overflow)?;
    Ok(Decimal::new(sum, scale))
}

/// Which amount a table `by amount` looks at in this rule.
pub(in crate::engine) fn table_amount(rule: &Rule, out: &Outcome) -> i64 {
    let holds_discount = rule.effects.iter().any(|e| matches!(e, Effect::Discount(_)));
    if holds_discount { out.row_amount } else { out.row_net }
}

/// A group chooses per item between its earning rules, by what they give there after caps.
pub(in crate::engine) fn choose_earners(stage: &Stage<'_>, out: &mut Outcome, earners: &mut [Earner]) -> Checked<()> {
    let program = stage.bound.program;
    for (index, group) in program.groups.iter().enumerate() {
        let inside = |earner: &Earner| program.rules[earner.rule].group.is_some_and(|g| g.index() == index);
        if group.policy == GroupPolicy::All || earners.iter().filter(|e| inside(e)).count() < 2 {
            continue;
        }
        // By earner: what a minor unit of its base is worth.
        let mut rates = Vec::new();
        for earner in earners.iter() {
            let first = out.awards.len();
            if inside(earner) {
                earn_on(stage, out, earner.rule, &earner.lines)?;
            }
            let mut value = Exact::whole(0);
            for award in &out.awards[first..] {
                value = value.plus(award_value(stage, award)?)?;
            }
            let base = out.awards.get(first).map_or(0, |award| award.base);
            out.awards.truncate(first);
            rates.push(value.divided_by(Exact::whole(i128::from(base.max(1))))?);
        }
        for line in 0..out.lines.len() {
            let base = Exact::whole(i128::from(earning_base(stage, &out.lines[line])?));
            let mut values = Vec::new();
            for (at, _) in earners.iter().enumerate().filter(|(_, e)| inside(e) && e.lines.contains(&line)) {
                let value = rates[at].times(base)?;
                if value > Exact::whole(0) {
                    values.push((at, value));
                }
            }
            let Some((chosen, _)) = discounts::pick(group.policy, &values) else { continue };
            for (at, earner) in earners.iter_mut().enumerate() {
                if at != chosen && inside(earner) {
                    earner.lines.retain(|l| *l != line);
                }
            }
        }
    }
    Ok(())
}

/// What an award is worth to the customer; units count as themselves where a wallet has no worth.
pub(in crate::engine) fn award_value(stage: &Stage<'_>, award: &Award) -> Checked<Exact> {
    let program = stage.bound.program;
    match award.given {
        Given::Earn(wallet) | Given::Grant(wallet) | Given::Multiply(wallet) => {
            let worth = reward::to_money(program, wallet, award.reward.granted)?;
            Ok(if worth == Exact::whole(0) { Exact::whole(i128::from(award.reward.granted)) } else { worth })
        }
        Given::Gift(gift) => Ok(Exact::whole(i128::from(program.gifts[gift.index()].worth))),
        _ => Ok(Exact::whole(i128::from(award.reward.granted))),
    }
}

/// Stage 4, second half: multipliers add to what earning rules of their wallet gave.
pub(in crate::engine) fn multiply(stage: &Stage<'_>, out: &mut Outcome) -> Checked<()> {
    let earned = out.awards.len();
    for &rule_index in &stage.bound.multiply_rules {
        if stage.acts(rule_index, &out.lines, out.net)? {
            let mut own = std::mem::take(&mut out.indices);
            stage.scope(stage.bound.rules[rule_index].scope.as_ref(), &out.lines, &mut own)?;
            multiply_by(stage, out, rule_index, earned, &own)?;
            out.indices = own;
        }
    }
    Ok(())
}

/// What one multiplier adds on its own lines to the first `earned` awards.
pub(in crate::engine) fn multiply_by(stage: &Stage<'_>, out: &mut Outcome, rule_index: usize, earned: usize, own: &[usize]) -> Checked<()> {
    let rule = &stage.bound.rules[rule_index];
    for (effect, kind) in rule.effects.iter().enumerate().filter(|_| !own.is_empty()) {
        let Effect::Multiply { wallet, factor } = kind else { continue };
        let mut base = 0_i64;
        for at in 0..earned {
            let award = out.awards[at];
            if award.given == Given::Earn(*wallet) {
                let on_scope = if own.len() == out.lines.len() { award.reward.granted } else { on_scope(stage, out, &award, own)? };
                base = base.checked_add(on_scope.min(award.reward.granted)).ok_or(Overflow)?;
            }
        }
        let more = Exact::try_from(*factor)?.minus(Exact::whole(1))?;
        let exact = more.times(Exact::whole(i128::from(base)))?;
        let wanted = reward::round_reward(stage.bound.program, Currency::Wallet(*wallet), exact)?;
        if wanted != 0 {
            let scene = stage.scene(&out.lines, out.net);
            let limits = stage.bound.rule_limits[rule_index];
            let reward = if wanted > 0 {
                reward::cap_grant(&scene, rule, Currency::Wallet(*wallet), wanted, limits)?
            } else {
                Reward { wanted, granted: wanted, ..Reward::default() }
            };
            out.awards.push(Award { rule: rule_index, effect, given: Given::Multiply(*wallet), reward, base });
        }
    }
    Ok(())
}

/// What an earning rule would have given on the items of a multiplier's scope alone.
pub(in crate::engine) fn on_scope(stage: &Stage<'_>, out: &mut Outcome, award: &Award, scope: &[usize]) -> Checked<i64> {
    let scene = stage.scene(&out.lines, out.net);
    let rule = &scene.bound.rules[award.rule];
    let Effect::Earn { wallet, rates } = &rule.effects[award.effect] else { return Ok(0) };
    let mut both = Vec::new();
    stage.scope(rule.scope.as_ref(), &out.lines, &mut both)?;
    both.retain(|at| scope.contains(at));
    if both.is_empty() {
        return Ok(0);
    }
    let base = base_of(stage, &out.lines, &both, table_amount(rule, out), stage.bound.per_item[award.rule])?;
    Ok(reward::reward(&scene, rule, rates, Currency::Wallet(*wallet), base, stage.bound.rule_limits[award.rule])?.granted)
}

/// What the purchase adds to a measure.
pub(in crate::engine) fn feed(stage: &Stage<'_>, out: &mut Outcome, index: usize) -> Checked<()> {
    let scene = stage.scene(&out.lines, out.net);
    let measure = &scene.bound.program.measures[index];
    if !scene.purchase_passes(&measure.filter)? {
        return Ok(());
    }
    let mut sum = 0_i64;
    let mut units = Decimal::whole(0);
    for line in &out.lines {
        let inside = match &measure.filter.items {
            Some(filter) => !line.shipping && line.recorded > 0 && scene.passes(line, filter)?,
            None => true,
        };
        if !inside {
            continue;
        }
        let add = match measure.kind {
            MeasureKind::Spend => earning_base(stage, line)?,
            MeasureKind::GrossSpend => line.recorded,
            MeasureKind::Items if !line.shipping => {
                units = add_units(units, line.quantity)?;
                0
            }
            _ => 0,
        };
        sum = sum.checked_add(add).ok_or(Overflow)?;
    }
    let add = match measure.kind {
        MeasureKind::Items => units.rounded_to_scale(0, crate::value::Rounding::Down)?,
        MeasureKind::Purchases | MeasureKind::DaysWithPurchase => 1,
        _ => sum,
    };
    out.adds[index] = (add, true);
    Ok(())
}
