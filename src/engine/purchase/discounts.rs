//! Discounts of one purchase and how they combine.

use crate::engine::purchase::earning::{add_units, table_amount};
use crate::engine::purchase::lines;
use crate::engine::purchase::reward::{self, Base, Currency, Reward};
use crate::engine::purchase::{Award, Given, Outcome, Share, Stage};
use crate::program::{Combine, Effect, GroupPolicy, Rate, Rates, Rule};
use crate::value::{Checked, Decimal, Exact, Overflow};

/// A discount that may act on this purchase.
struct Candidate {
    rule: usize,
    effect: usize,
    /// Lines it looks at, fewer where a group chose another.
    lines: Vec<usize>,
    /// A share of the price, and not a fixed sum.
    is_rate: bool,
    /// What it gives alone on all its lines.
    alone: Reward,
    /// Per minor unit of price, and the most it can give in all.
    rate: Exact,
    room: Option<i64>,
}

/// Stages 1 and 2: takes every discount off the lines and writes down what each took where.
pub(in crate::engine) fn apply(stage: &Stage<'_>, out: &mut Outcome) -> Checked<()> {
    let mut acting = std::mem::take(&mut out.scratch);
    acting.clear();
    for &rule_index in &stage.bound.discount_rules {
        if stage.acts(rule_index, &out.lines, out.amount)? {
            acting.push(rule_index);
        }
    }
    let vouchers = stage.facts.vouchers.iter().any(|voucher| voucher.face == 0);
    let done = match acting.as_slice() {
        all if vouchers => combine(stage, out, all),
        [] => Ok(()),
        // Most purchases meet one discount at most; nothing has to be compared then.
        [only] if stage.bound.rules[*only].effects.iter().filter(|e| matches!(e, Effect::Discount(_))).count() == 1 => {
            let mut lines = std::mem::take(&mut out.indices);
            stage.scope(stage.bound.rules[*only].scope.as_ref(), &out.lines, &mut lines)?;
            lines.retain(|at| out.lines[*at].cost > 0);
            let done = single(stage, out, *only, &lines);
            out.indices = lines;
            done
        }
        all => combine(stage, out, all),
    };
    out.scratch = acting;
    done
}

/// The only discount of a purchase, on lines that still cost something.
pub(in crate::engine) fn single(stage: &Stage<'_>, out: &mut Outcome, rule_index: usize, lines: &[usize]) -> Checked<()> {
    let rule = &stage.bound.rules[rule_index];
    for (effect, kind) in rule.effects.iter().enumerate() {
        if let Effect::Discount(rates) = kind
            && !lines.is_empty()
        {
            let base = cost(out, lines)?;
            let quick = stage.bound.quick[rule_index][effect].and_then(|quick| quick.give(base));
            let reward = match quick {
                Some(amount) => Reward::plain(amount, base),
                None => give(stage, out, rule_index, rates, lines)?,
            };
            if reward.wanted > 0 || reward.granted > 0 {
                take(out, rule_index, effect, reward, lines)?;
            }
        }
    }
    Ok(())
}

fn combine(stage: &Stage<'_>, out: &mut Outcome, rules: &[usize]) -> Checked<()> {
    let mut candidates = Vec::new();
    for &rule_index in rules {
        collect(stage, out, rule_index, &mut candidates)?;
    }
    collect_vouchers(stage, out, &mut candidates)?;
    if candidates.is_empty() {
        return Ok(());
    }
    choose_in_groups(stage, out, &mut candidates)?;
    match stage.bound.program.combine {
        Combine::Best => best(stage, out, &candidates),
        Combine::Adding => adding(stage, out, &candidates),
        Combine::Compounding => compounding(stage, out, &candidates),
    }
}

fn collect(stage: &Stage<'_>, out: &Outcome, rule_index: usize, candidates: &mut Vec<Candidate>) -> Checked<()> {
    let rule = &stage.bound.rules[rule_index];
    let mut lines = Vec::new();
    stage.scope(rule.scope.as_ref(), &out.lines, &mut lines)?;
    lines.retain(|at| out.lines[*at].cost > 0);
    if lines.is_empty() {
        return Ok(());
    }
    for (effect, kind) in rule.effects.iter().enumerate() {
        let Effect::Discount(rates) = kind else { continue };
        let alone = give(stage, out, rule_index, rates, &lines)?;
        if alone.wanted <= 0 && alone.granted <= 0 {
            continue;
        }
        let base = cost(out, &lines)?;
        let is_rate = is_rate(rates);
        let cut = alone.capped && alone.granted < alone.wanted;
        let rate = match rates {
            Rates::One(Rate::Percent(percent)) if !alone.capped || cut && alone.granted == alone.counts => Exact::try_from(*percent)?,
            _ => Exact::ratio(i128::from(if cut { alone.granted } else { alone.wanted }), i128::from(base.max(1)))?,
        };
        let room = cut.then_some(alone.granted);
        candidates.push(Candidate { rule: rule_index, effect, lines: lines.clone(), is_rate, alone, rate, room });
    }
    Ok(())
}

/// Percentage vouchers handed over are basket discounts; of several of one kind one acts.
fn collect_vouchers(stage: &Stage<'_>, out: &Outcome, candidates: &mut Vec<Candidate>) -> Checked<()> {
    for presented in &stage.facts.vouchers {
        let lines = crate::engine::account::vouchers::payable(stage, out, presented, out.amount)?;
        if presented.face > 0 {
            if stage.facts.one_voucher && !lines.is_empty() {
                // The one that is handed over is worth a sum; it pays at its stage.
                break;
            }
            continue;
        }
        let known = candidates.iter().any(|c| (c.rule, c.effect) == (presented.rule, presented.effect));
        let Some(Rates::One(Rate::Percent(percent))) = &stage.bound.voucher_rates[presented.rule][presented.effect] else { continue };
        if lines.is_empty() || known || !crate::engine::world::pots::is_open(stage.bound, &stage.facts.rooms, presented.rule) {
            continue;
        }
        let rate = Exact::try_from(*percent)?;
        let alone = voucher_value(stage, out, rate, &lines)?;
        candidates.push(Candidate { rule: presented.rule, effect: presented.effect, lines, is_rate: true, alone, rate, room: None });
        if stage.facts.one_voucher {
            break;
        }
    }
    Ok(())
}

/// What a percentage voucher takes off; the limits of the rule that granted it were for the grant.
fn voucher_value(stage: &Stage<'_>, out: &Outcome, rate: Exact, lines: &[usize]) -> Checked<Reward> {
    let base = cost(out, lines)?;
    let value = reward::round_reward(stage.bound.program, Currency::Money, rate.times(Exact::whole(i128::from(base)))?)?;
    Ok(Reward::plain(value, base))
}

fn is_rate(rates: &Rates) -> bool {
    let percent = |rate: &Rate| matches!(rate, Rate::Percent(_) | Rate::Nothing);
    match rates {
        Rates::One(rate) => percent(rate),
        Rates::Table(table) => table.rows.iter().all(|row| percent(&row.rate)),
    }
}

fn cost(out: &Outcome, lines: &[usize]) -> Checked<i64> {
    lines.iter().try_fold(0_i64, |sum, at| sum.checked_add(out.lines[*at].cost)).ok_or(Overflow)
}

/// What a rule's rates take off some lines at what they cost now.
fn give(stage: &Stage<'_>, out: &Outcome, rule_index: usize, rates: &Rates, lines: &[usize]) -> Checked<Reward> {
    let rule: &Rule = stage.bound.rules[rule_index];
    let is_voucher = !rule.effects.iter().any(|effect| matches!(effect, Effect::Discount(own) if std::ptr::eq(own, rates)));
    if let (true, Rates::One(Rate::Percent(percent))) = (is_voucher, rates) {
        return voucher_value(stage, out, Exact::try_from(*percent)?, lines);
    }
    let mut units = Decimal::whole(0);
    for &at in lines.iter().filter(|at| stage.bound.per_item[rule_index] && !out.lines[**at].shipping) {
        units = add_units(units, out.lines[at].quantity)?;
    }
    let base = Base { money: cost(out, lines)?, units, amount: table_amount(rule, out) };
    let scene = stage.scene(&out.lines, out.net);
    reward::reward(&scene, rule, rates, Currency::Money, base, stage.bound.rule_limits[rule_index])
}

fn rates<'a>(stage: &Stage<'a>, candidate: &Candidate) -> Option<&'a Rates> {
    match stage.bound.rules[candidate.rule].effects.get(candidate.effect) {
        Some(Effect::Discount(rates)) => Some(rates),
        Some(Effect::Voucher { .. }) => stage.bound.voucher_rates[candidate.rule][candidate.effect].as_ref(),
        _ => None,
    }
}

/// Takes a discount off lines, in proportion to what each still costs, and never more than they cost.
pub(in crate::engine) fn take(out: &mut Outcome, rule: usize, effect: usize, reward: Reward, lines: &[usize]) -> Checked<()> {
    if let [at] = lines {
        let base = out.lines[*at].cost;
        let granted = reward.granted.min(base);
        if granted > 0 {
            out.lines[*at].cost -= granted;
            out.lines[*at].discount += granted;
            out.shares.push(Share { award: out.awards.len(), line: *at, amount: granted });
        }
        let reward = Reward { granted, counts: reward.counts.min(granted), ..reward };
        out.awards.push(Award { rule, effect, given: Given::Discount, reward, base });
        return Ok(());
    }
    let weights: Vec<i64> = lines.iter().map(|at| out.lines[*at].cost).collect();
    take_by(out, rule, effect, reward, lines, &weights)
}

fn take_by(out: &mut Outcome, rule: usize, effect: usize, reward: Reward, indices: &[usize], weights: &[i64]) -> Checked<()> {
    let left = cost(out, indices)?;
    let wanted_in_all = reward.granted.min(left);
    let mut parts = Vec::new();
    lines::share(wanted_in_all, weights, &mut parts)?;
    let award = out.awards.len();
    let mut granted = 0_i64;
    for (&at, part) in indices.iter().zip(parts) {
        let line = &mut out.lines[at];
        let part = part.min(line.cost);
        if part > 0 {
            line.cost -= part;
            line.discount += part;
            granted += part;
            out.shares.push(Share { award, line: at, amount: part });
        }
    }
    let reward = Reward { granted, counts: reward.counts.min(granted), ..reward };
    let base = weights.iter().sum();
    out.awards.push(Award { rule, effect, given: Given::Discount, reward, base });
    Ok(())
}

/// Writes down a discount that another one beat.
fn beaten(out: &mut Outcome, candidate: &Candidate) {
    let reward = Reward { granted: 0, counts: 0, first: 0, capped: true, ..candidate.alone };
    out.awards.push(Award { rule: candidate.rule, effect: candidate.effect, given: Given::Discount, reward, base: 0 });
}

/// `best`: on every item the percentage worth most on it after caps; then each fixed sum alone against all percentages.
fn best(stage: &Stage<'_>, out: &mut Outcome, candidates: &[Candidate]) -> Checked<()> {
    let mut room: Vec<Option<Exact>> = candidates.iter().map(|c| c.room.map(|r| Exact::whole(i128::from(r)))).collect();
    let mut won: Vec<Vec<usize>> = vec![Vec::new(); candidates.len()];
    for at in 0..out.lines.len() {
        let mut winner: Option<(usize, Exact)> = None;
        for (index, candidate) in candidates.iter().enumerate().filter(|(_, c)| c.is_rate && c.lines.contains(&at)) {
            let mut value = candidate.rate.times(Exact::whole(i128::from(out.lines[at].cost)))?;
            if let Some(left) = room[index] {
                value = value.min(left);
            }
            if value > winner.map_or(Exact::whole(0), |(_, known)| known) {
                winner = Some((index, value));
            }
        }
        if let Some((index, value)) = winner {
            won[index].push(at);
            room[index] = room[index].map(|left| left.minus(value)).transpose()?;
        }
    }
    let mut rewards = Vec::with_capacity(candidates.len());
    let mut percentages = 0_i64;
    for (candidate, lines) in candidates.iter().zip(&won) {
        let reward = match rates(stage, candidate) {
            Some(rates) if !lines.is_empty() => give(stage, out, candidate.rule, rates, lines)?,
            _ => Reward::default(),
        };
        percentages = percentages.checked_add(reward.granted).ok_or(Overflow)?;
        rewards.push(reward);
    }
    let first_winner = won.iter().position(|lines| !lines.is_empty());
    let mut fixed: Option<(usize, i64)> = None;
    for (index, candidate) in candidates.iter().enumerate().filter(|(_, c)| !c.is_rate) {
        let value = candidate.alone.granted.min(cost(out, &candidate.lines)?);
        if fixed.is_none_or(|(_, known)| value > known) {
            fixed = Some((index, value));
        }
    }
    let fixed = fixed.filter(|(index, value)| *value > percentages || *value == percentages && Some(*index) < first_winner);
    for (index, candidate) in candidates.iter().enumerate() {
        match fixed {
            Some((chosen, _)) if chosen == index => take(out, candidate.rule, candidate.effect, candidate.alone, &candidate.lines)?,
            None if !won[index].is_empty() => take(out, candidate.rule, candidate.effect, rewards[index], &won[index])?,
            _ => beaten(out, candidate),
        }
    }
    Ok(())
}

/// `adding`: rates add up on the price after price lists, then fixed sums follow.
fn adding(stage: &Stage<'_>, out: &mut Outcome, candidates: &[Candidate]) -> Checked<()> {
    let prices: Vec<i64> = out.lines.iter().map(|line| line.cost).collect();
    let allowed = bar_for_alone(stage, candidates, &prices)?;
    let mut rewards = Vec::with_capacity(candidates.len());
    for (candidate, lines) in candidates.iter().zip(&allowed) {
        rewards.push(match rates(stage, candidate) {
            Some(rates) if !lines.is_empty() => give(stage, out, candidate.rule, rates, lines)?,
            _ => Reward::default(),
        });
    }
    for rate_first in [true, false] {
        for (index, candidate) in candidates.iter().enumerate().filter(|(_, c)| c.is_rate == rate_first) {
            let lines = &allowed[index];
            if lines.is_empty() {
                beaten(out, candidate);
                continue;
            }
            let weights: Vec<i64> = if rate_first {
                lines.iter().map(|at| prices[*at]).collect()
            } else {
                lines.iter().map(|at| out.lines[*at].cost).collect()
            };
            take_by(out, candidate.rule, candidate.effect, rewards[index], lines, &weights)?;
        }
    }
    Ok(())
}

/// `compounding`: item discounts, then basket discounts, each on what the last one left.
fn compounding(stage: &Stage<'_>, out: &mut Outcome, candidates: &[Candidate]) -> Checked<()> {
    let prices: Vec<i64> = out.lines.iter().map(|line| line.cost).collect();
    let allowed = bar_for_alone(stage, candidates, &prices)?;
    for items in [true, false] {
        for (index, candidate) in candidates.iter().enumerate() {
            if stage.bound.rules[candidate.rule].scope.is_some() != items {
                continue;
            }
            let mut lines = allowed[index].clone();
            lines.retain(|at| out.lines[*at].cost > 0);
            match rates(stage, candidate) {
                Some(rates) if !lines.is_empty() => {
                    let reward = give(stage, out, candidate.rule, rates, &lines)?;
                    take(out, candidate.rule, candidate.effect, reward, &lines)?;
                }
                _ => beaten(out, candidate),
            }
        }
    }
    Ok(())
}

/// The lines each candidate may act on once `alone` discounts have won theirs or given way.
fn bar_for_alone(stage: &Stage<'_>, candidates: &[Candidate], prices: &[i64]) -> Checked<Vec<Vec<usize>>> {
    let mut allowed: Vec<Vec<usize>> = candidates.iter().map(|c| c.lines.clone()).collect();
    let alone = |c: &Candidate| stage.bound.rules[c.rule].alone;
    if !candidates.iter().any(alone) {
        return Ok(allowed);
    }
    for at in 0..prices.len() {
        let mut values = Vec::new();
        for (index, candidate) in candidates.iter().enumerate().filter(|(_, c)| c.lines.contains(&at)) {
            values.push((index, value_on(candidate, at, prices)?));
        }
        let mut winner = None;
        for &(index, value) in values.iter().filter(|(index, _)| alone(&candidates[*index])) {
            let mut others = Exact::whole(0);
            for (other, more) in &values {
                if *other != index {
                    others = others.plus(*more)?;
                }
            }
            if value >= others {
                winner = Some(index);
                break;
            }
        }
        for (index, _) in values {
            let stays = winner.map_or(!alone(&candidates[index]), |w| w == index);
            if !stays {
                allowed[index].retain(|line| *line != at);
            }
        }
    }
    Ok(allowed)
}

/// What a candidate by itself is worth on a line.
fn value_on(candidate: &Candidate, at: usize, prices: &[i64]) -> Checked<Exact> {
    let price = Exact::whole(i128::from(prices[at]));
    if candidate.is_rate {
        return candidate.rate.times(price);
    }
    let sum: i64 = candidate.lines.iter().map(|line| prices[*line]).sum();
    Exact::whole(i128::from(candidate.alone.granted.min(sum))).times(price)?.divided_by(Exact::whole(i128::from(sum.max(1))))
}

/// A group chooses per item between percentages, and per purchase between fixed sums, by value after caps.
fn choose_in_groups(stage: &Stage<'_>, out: &Outcome, candidates: &mut Vec<Candidate>) -> Checked<()> {
    for (index, group) in stage.bound.program.groups.iter().enumerate() {
        if group.policy == GroupPolicy::All {
            continue;
        }
        let inside: Vec<usize> =
            (0..candidates.len()).filter(|at| stage.bound.rules[candidates[*at].rule].group.is_some_and(|g| g.index() == index)).collect();
        let mut room: Vec<Option<Exact>> = candidates.iter().map(|c| c.room.map(|r| Exact::whole(i128::from(r)))).collect();
        for line in 0..out.lines.len() {
            let mut values = Vec::new();
            for &at in inside.iter().filter(|at| candidates[**at].is_rate && candidates[**at].lines.contains(&line)) {
                let value = candidates[at].rate.times(Exact::whole(i128::from(out.lines[line].cost)))?;
                values.push((at, room[at].map_or(value, |left| value.min(left))));
            }
            let Some((chosen, value)) = pick(group.policy, &values) else { continue };
            room[chosen] = room[chosen].map(|left| left.minus(value)).transpose()?;
            for (at, _) in values.into_iter().filter(|(at, _)| *at != chosen) {
                candidates[at].lines.retain(|l| *l != line);
            }
        }
        let fixed: Vec<(usize, Exact)> = inside
            .iter()
            .filter(|at| !candidates[**at].is_rate)
            .map(|at| (*at, Exact::whole(i128::from(candidates[*at].alone.granted))))
            .collect();
        if let Some((chosen, _)) = pick(group.policy, &fixed) {
            for (at, _) in fixed.into_iter().filter(|(at, _)| *at != chosen) {
                candidates[at].lines.clear();
            }
        }
    }
    candidates.retain(|c| !c.lines.is_empty());
    Ok(())
}

/// The first of the best.
pub(in crate::engine) fn pick(policy: GroupPolicy, values: &[(usize, Exact)]) -> Option<(usize, Exact)> {
    let mut chosen: Option<(usize, Exact)> = None;
    for &(at, value) in values {
        let better = match (chosen, policy) {
            (None, _) => true,
            (Some((_, known)), GroupPolicy::BestForCustomer) => value > known,
            (Some((_, known)), GroupPolicy::BestForStore) => value < known,
            _ => false,
        };
        if better {
            chosen = Some((at, value));
        }
    }
    chosen
}
