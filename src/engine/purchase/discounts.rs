//! Discounts of one purchase: which act on what, and how they are taken off.

use crate::engine::award::Reward;
use crate::engine::purchase::candidate::{Candidate, Takes, at_most, beaten, cost, costs, give, reach, take, takes, voucher_value, worth};
use crate::engine::purchase::groups::choose_in_groups;
use crate::engine::purchase::outcome::Outcome;
use crate::engine::purchase::stage::Stage;
use crate::engine::purchase::{best, stack};
use crate::engine::shared::is_open;
use crate::plan::effects::{At, Does};
use crate::program::{Combine, Rate, Scope};
use crate::value::{Checked, Exact};

/// Stages 1 and 2: takes every discount off the lines and writes down what each took where.
pub(in crate::engine) fn apply(stage: &Stage<'_>, out: &mut Outcome) -> Checked<()> {
    let mut acting = std::mem::take(&mut out.scratch);
    acting.clear();
    let mut places = std::mem::take(&mut out.places);
    stage.concerned(At::Discounts, &out.lines, out.amount, &mut places)?;
    for rule_index in places.iter().map(|place| stage.plan.discount_rules[*place]) {
        if stage.acts(rule_index, &out.lines, out.amount)? {
            acting.push(rule_index);
        }
    }
    out.places = places;
    let vouchers = stage.facts.vouchers.iter().any(|voucher| voucher.face == 0);
    let done = match acting.as_slice() {
        all if vouchers || stage.ceilings.is_some() => combine(stage, out, all),
        [] => Ok(()),
        // Most purchases meet one discount at most; nothing has to be compared then.
        [only] if is_plain(stage, *only) => {
            let mut lines = std::mem::take(&mut out.indices);
            let done = reach(stage, *only, &out.lines, &mut lines).and_then(|()| single(stage, out, *only, &lines));
            out.indices = lines;
            done
        }
        all => combine(stage, out, all),
    };
    out.scratch = acting;
    done
}

/// Notes the items on which item discounts took something off.
pub(in crate::engine) fn mark_reduced(stage: &Stage<'_>, out: &mut Outcome) {
    let of_items = |award: usize| out.awards.get(award).is_some_and(|award| stage.plan.rules[award.rule].scope.is_some());
    let reduced: Vec<usize> = out.shares.iter().filter(|share| of_items(share.award)).map(|share| share.line).collect();
    for line in reduced {
        out.lines[line].reduced = true;
    }
}

/// Whether a rule holds one discount, and none off every unit.
fn is_plain(stage: &Stage<'_>, rule_index: usize) -> bool {
    stage.plan.effects[rule_index].at(At::Discounts).count() == 1 && !stage.plan.per_item[rule_index]
}

/// The only discount of a purchase, on lines that still cost something.
pub(in crate::engine) fn single(stage: &Stage<'_>, out: &mut Outcome, rule_index: usize, lines: &[usize]) -> Checked<()> {
    for (effect, does) in stage.plan.effects[rule_index].at(At::Discounts) {
        if let Some(rates) = does.rates()
            && !lines.is_empty()
        {
            let base = cost(out, lines)?;
            let quick = stage.plan.quick[rule_index][effect].and_then(|quick| quick.give(base));
            let reward = match quick {
                Some(amount) => Reward::plain(amount, base),
                None => give(stage, out, rule_index, rates, lines, &costs(out))?,
            };
            if reward.wanted > 0 || reward.granted > 0 {
                let weights: Vec<i64> = lines.iter().map(|at| out.lines[*at].cost).collect();
                let is_sum = quick.is_none() && matches!(takes(stage, out, rule_index, rates, lines, reward)?, Takes::Sum);
                take(out, (rule_index, effect), reward, lines, &weights, is_sum)?;
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
    keep_exclusive(stage, out, &mut candidates)?;
    only_unreduced(stage, out, &mut candidates)?;
    match stage.plan.program.combine {
        Combine::Best => best::best(stage, out, &candidates),
        Combine::Adding => stack::adding(stage, out, &candidates),
        Combine::Compounding => stack::compounding(stage, out, &candidates),
    }
}

fn collect(stage: &Stage<'_>, out: &Outcome, rule_index: usize, candidates: &mut Vec<Candidate>) -> Checked<()> {
    let mut lines = Vec::new();
    reach(stage, rule_index, &out.lines, &mut lines)?;
    if lines.is_empty() {
        return Ok(());
    }
    let prices = costs(out);
    for (effect, does) in stage.plan.effects[rule_index].at(At::Discounts) {
        let Some(rates) = does.rates() else { continue };
        let alone = give(stage, out, rule_index, rates, &lines, &prices)?;
        if alone.wanted <= 0 && alone.granted <= 0 {
            continue;
        }
        let takes = takes(stage, out, rule_index, rates, &lines, alone)?;
        let room = (alone.capped && alone.granted < alone.wanted).then_some(alone.granted);
        push(stage, candidates, Candidate { rule: rule_index, effect, lines: lines.clone(), takes, alone, room, barred: Vec::new() });
    }
    Ok(())
}

/// An exclusive discount keeps its lines to itself, whatever it is worth: of several the one of highest priority, then the earlier.
fn keep_exclusive(stage: &Stage<'_>, out: &mut Outcome, candidates: &mut Vec<Candidate>) -> Checked<()> {
    let rule = |candidate: &Candidate| stage.plan.rules[candidate.rule];
    if !candidates.iter().any(|candidate| rule(candidate).exclusive) {
        return Ok(());
    }
    for line in 0..out.lines.len() {
        let keeps = |(_, candidate): &(usize, &Candidate)| {
            rule(candidate).exclusive && candidate.lines.contains(&line) && candidate.alone.granted > 0
        };
        let order = |(_, candidate): &(usize, &Candidate)| (std::cmp::Reverse(rule(candidate).priority), candidate.rule, candidate.effect);
        let Some((keeper, _)) = candidates.iter().enumerate().filter(keeps).min_by_key(order) else { continue };
        for (_, candidate) in candidates.iter_mut().enumerate().filter(|(at, _)| *at != keeper) {
            candidate.lines.retain(|other| *other != line);
            candidate.barred.push(line);
        }
    }
    weigh_anew(stage, out, candidates)
}

/// Discounts of what is not yet reduced pass over items on which an item discount before them gives something.
fn only_unreduced(stage: &Stage<'_>, out: &mut Outcome, candidates: &mut Vec<Candidate>) -> Checked<()> {
    if !stage.plan.asks_reduced {
        return Ok(());
    }
    for at in 0..candidates.len() {
        if !stage.plan.rules[candidates[at].rule].scope.as_ref().is_some_and(Scope::asks_reduced) {
            continue;
        }
        let reduces = |other: &&Candidate| stage.plan.rules[other.rule].scope.is_some() && other.alone.granted > 0;
        let reduced: Vec<usize> = candidates[..at].iter().filter(reduces).flat_map(|other| other.lines.iter().copied()).collect();
        candidates[at].lines.retain(|line| !reduced.contains(line));
        candidates[at].barred.extend(reduced);
    }
    weigh_anew(stage, out, candidates)
}

/// What candidates that lost lines are worth on those that are left; without any they are beaten.
fn weigh_anew(stage: &Stage<'_>, out: &mut Outcome, candidates: &mut Vec<Candidate>) -> Checked<()> {
    let mut left = Vec::with_capacity(candidates.len());
    for candidate in std::mem::take(candidates) {
        if candidate.barred.is_empty() {
            left.push(candidate);
            continue;
        }
        if candidate.lines.is_empty() {
            beaten(out, (candidate.rule, candidate.effect), candidate.alone);
            continue;
        }
        let alone = worth(stage, out, &candidate, &candidate.lines, &costs(out))?;
        let takes = match stage.plan.effect(candidate.rule, candidate.effect).and_then(Does::rates) {
            Some(rates) => takes(stage, out, candidate.rule, rates, &candidate.lines, alone)?,
            None => candidate.takes,
        };
        let room = (alone.capped && alone.granted < alone.wanted).then_some(alone.granted);
        let room = if stage.ceilings.is_some() { Some(alone.granted) } else { room };
        left.push(Candidate { takes, alone, room, ..candidate });
    }
    *candidates = left;
    Ok(())
}

/// Adds a candidate; after a return only what gave something before, and as at most that.
fn push(stage: &Stage<'_>, candidates: &mut Vec<Candidate>, mut candidate: Candidate) {
    if let Some(ceilings) = stage.ceilings {
        let most = ceilings.most_on(candidate.rule, candidate.effect, &candidate.lines);
        if most <= 0 {
            return;
        }
        candidate.alone = at_most(candidate.alone, most);
        candidate.room = Some(candidate.room.map_or(most, |room| room.min(most)));
    }
    candidates.push(candidate);
}

/// Percentage vouchers handed over are basket discounts; of several of one kind one acts.
fn collect_vouchers(stage: &Stage<'_>, out: &Outcome, candidates: &mut Vec<Candidate>) -> Checked<()> {
    if stage.facts.one_voucher && !out.vouchers.is_empty() {
        return Ok(());
    }
    for presented in &stage.facts.vouchers {
        let mut lines = crate::engine::purchase::vouchers::payable(stage, out, presented, out.amount)?;
        if presented.face > 0 {
            if stage.facts.one_voucher && !lines.is_empty() {
                // The one that is handed over is worth a sum; it pays at its stage.
                break;
            }
            continue;
        }
        lines.retain(|at| !out.lines[*at].shipping || stage.plan.rules[presented.rule].including_shipping);
        let known = candidates.iter().any(|c| (c.rule, c.effect) == (presented.rule, presented.effect));
        let Some((Rate::Percent(percent), _)) = stage.plan.effect(presented.rule, presented.effect).and_then(Does::voucher) else {
            continue;
        };
        if lines.is_empty() || known || !is_open(stage.plan, &stage.facts.rooms, presented.rule) {
            continue;
        }
        let takes = Takes::Share(Exact::try_from(percent)?);
        let alone = voucher_value(stage, Exact::try_from(percent)?, cost(out, &lines)?)?;
        push(
            stage,
            candidates,
            Candidate { rule: presented.rule, effect: presented.effect, lines, takes, alone, room: None, barred: Vec::new() },
        );
        if stage.facts.one_voucher {
            break;
        }
    }
    Ok(())
}
