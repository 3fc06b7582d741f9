//! `discounts combine by best`: on every item the best one.

use crate::engine::award::Reward;
use crate::engine::lines;
use crate::engine::purchase::candidate::{Candidate, beaten, borne, cost, costs, take, weights, worth};
use crate::engine::purchase::outcome::Outcome;
use crate::engine::purchase::stage::Stage;
use crate::value::{Checked, Exact, Overflow};

/// What a candidate holds while they are compared: its lines, and what it takes off each.
struct Won {
    lines: Vec<usize>,
    parts: Vec<i64>,
    reward: Reward,
}

/// On every item the rate worth most on it after caps; then each sum, from the smallest, against what it would displace.
pub(super) fn best(stage: &Stage<'_>, out: &mut Outcome, candidates: &[Candidate]) -> Checked<()> {
    let prices = costs(out);
    let mut holds = Vec::with_capacity(candidates.len());
    for (candidate, lines) in candidates.iter().zip(win_items(stage, out, candidates)?) {
        let reward = worth(stage, out, candidate, &lines, &prices)?;
        let mut parts = Vec::new();
        lines::share(reward.granted, &weights(stage, out, candidate, &lines, &prices)?, &mut parts)?;
        borne(out, &lines, &mut parts);
        holds.push(Won { lines, parts, reward });
    }
    let mut sums: Vec<(i64, usize)> = Vec::new();
    for (index, candidate) in candidates.iter().enumerate().filter(|(_, c)| !c.is_rate()) {
        let mut parts = Vec::new();
        let sum = candidate.alone.granted.min(cost(out, &candidate.lines)?);
        lines::share(sum, &weights(stage, out, candidate, &candidate.lines, &prices)?, &mut parts)?;
        let lost: i64 = sum - parts.iter().sum::<i64>();
        sums.push((borne(out, &candidate.lines, &mut parts) + lost, index));
    }
    // From the smallest; of equal ones the later in the order of rules first.
    sums.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
    for (value, index) in sums {
        let candidate = &candidates[index];
        let (displaced, first) = in_the_way(candidates, &holds, candidate)?;
        if value > displaced || value == displaced && first.is_none_or(|first| index < first) {
            displace(stage, out, candidates, &mut holds, candidate, &prices)?;
            holds[index] = Won { lines: candidate.lines.clone(), parts: vec![value], reward: candidate.alone };
        }
    }
    for (candidate, ceilings) in candidates.iter().zip(&holds) {
        if ceilings.lines.is_empty() {
            beaten(out, (candidate.rule, candidate.effect), candidate.alone);
        } else {
            let weights = weights(stage, out, candidate, &ceilings.lines, &prices)?;
            take(out, (candidate.rule, candidate.effect), ceilings.reward, &ceilings.lines, &weights, !candidate.is_rate())?;
        }
    }
    Ok(())
}

/// By candidate: the lines on which its rate is worth most. Room in limits is used in line order; what a limit cut before a
/// return keeps its part on each line. What a rate gave before a return it gives first where it gave it, and elsewhere the rest.
fn win_items(stage: &Stage<'_>, out: &Outcome, candidates: &[Candidate]) -> Checked<Vec<Vec<usize>>> {
    let held = |candidate: &Candidate, at: usize| stage.ceilings.is_some_and(|c| c.held(candidate.rule, candidate.effect, at));
    let mut room: Vec<Option<Exact>> = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let mut left = candidate.room.map(|room| Exact::whole(i128::from(room)));
        for at in candidate.lines.iter().filter(|at| held(candidate, **at)) {
            let there = candidate.on_line(&out.lines[*at])?;
            left = left.map(|left| Ok(left.minus(there)?.max(Exact::whole(0)))).transpose()?;
        }
        room.push(left);
    }
    let mut won: Vec<Vec<usize>> = vec![Vec::new(); candidates.len()];
    for (at, line) in out.lines.iter().enumerate() {
        let mut winner: Option<(usize, Exact)> = None;
        for (index, candidate) in candidates.iter().enumerate().filter(|(_, c)| c.is_rate() && c.lines.contains(&at)) {
            let value = candidate.on_line(line)?;
            let kept = stage.ceilings.and_then(|ceilings| ceilings.parts(candidate.rule, candidate.effect)).and_then(|parts| parts.get(at));
            let left = kept.map(|part| Exact::whole(i128::from(*part))).or(room[index].filter(|_| !held(candidate, at)));
            let value = left.map_or(value, |left| value.min(left));
            if value > winner.map_or(Exact::whole(0), |(_, known)| known) {
                winner = Some((index, value));
            }
        }
        if let Some((index, value)) = winner {
            won[index].push(at);
            if held(&candidates[index], at) {
                continue;
            }
            room[index] = room[index].map(|left| Ok(left.minus(value)?.max(Exact::whole(0)))).transpose()?;
        }
    }
    Ok(won)
}

/// What a sum would displace: rates on its items, and whole every sum that shares an item with it. Which of them comes first.
fn in_the_way(candidates: &[Candidate], holds: &[Won], sum: &Candidate) -> Checked<(i64, Option<usize>)> {
    let (mut value, mut first) = (0_i64, None);
    for (index, (candidate, ceilings)) in candidates.iter().zip(holds).enumerate() {
        let shared = |line: &usize| sum.lines.contains(line);
        let met = ceilings.lines.iter().any(shared);
        let parts: i64 = if candidate.is_rate() {
            ceilings.lines.iter().zip(&ceilings.parts).filter(|(line, _)| shared(line)).map(|(_, part)| part).sum()
        } else {
            ceilings.parts.iter().filter(|_| met).sum()
        };
        value = value.checked_add(parts).ok_or(Overflow)?;
        if met && first.is_none() {
            first = Some(index);
        }
    }
    Ok((value, first))
}

/// Takes rates off the items of a sum, and other sums away. What a cap had cut does not spread over the items left.
fn displace(stage: &Stage<'_>, out: &Outcome, candidates: &[Candidate], holds: &mut [Won], sum: &Candidate, prices: &[i64]) -> Checked<()> {
    for (candidate, ceilings) in candidates.iter().zip(holds) {
        if !ceilings.lines.iter().any(|line| sum.lines.contains(line)) {
            continue;
        }
        if !candidate.is_rate() {
            *ceilings = Won { lines: Vec::new(), parts: Vec::new(), reward: Reward::default() };
            continue;
        }
        let kept = ceilings.lines.iter().zip(&ceilings.parts).filter(|(line, _)| !sum.lines.contains(line));
        let (lines, parts): (Vec<usize>, Vec<i64>) = kept.map(|(line, part)| (*line, *part)).unzip();
        let mut reward = worth(stage, out, candidate, &lines, prices)?;
        if ceilings.reward.capped {
            reward.capped = true;
            let most = parts.iter().sum();
            (reward.granted, reward.counts) = (reward.granted.min(most), reward.counts.min(most));
        }
        let mut parts = Vec::new();
        lines::share(reward.granted, &weights(stage, out, candidate, &lines, prices)?, &mut parts)?;
        borne(out, &lines, &mut parts);
        *ceilings = Won { lines, parts, reward };
    }
    Ok(())
}
