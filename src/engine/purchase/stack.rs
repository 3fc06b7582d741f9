//! `discounts combine by adding` and `by compounding`, and discounts that stand alone.

use crate::engine::purchase::candidate::{Candidate, Takes, beaten, costs, reach, take, weights, worth};
use crate::engine::purchase::outcome::Outcome;
use crate::engine::purchase::stage::Stage;
use crate::program::Scope;
use crate::value::{Checked, Exact};

/// `adding`: rates add up on the price after price lists, then fixed sums follow.
pub(super) fn adding(stage: &Stage<'_>, out: &mut Outcome, candidates: &[Candidate]) -> Checked<()> {
    let prices = costs(out);
    let alone = Alone::find(stage, out, candidates, &prices)?;
    for rates_first in [true, false] {
        for (index, candidate) in candidates.iter().enumerate().filter(|(_, c)| c.is_rate() == rates_first) {
            let mut lines = still(stage, out, candidate, &prices)?;
            lines.retain(|at| alone.allows(index, *at));
            if lines.is_empty() {
                beaten(out, (candidate.rule, candidate.effect), candidate.alone);
                continue;
            }
            let mut reward = worth(stage, out, candidate, &lines, &prices)?;
            let left = if rates_first { prices.clone() } else { costs(out) };
            if !rates_first {
                reward.granted = reward.granted.min(lines.iter().map(|at| left[*at]).sum());
            }
            let weights = weights(stage, out, candidate, &lines, &left)?;
            take(out, (candidate.rule, candidate.effect), reward, &lines, &weights, !rates_first)?;
        }
    }
    Ok(())
}

/// `compounding`: item discounts, then basket discounts, each on what the last one left.
pub(super) fn compounding(stage: &Stage<'_>, out: &mut Outcome, candidates: &[Candidate]) -> Checked<()> {
    let prices = costs(out);
    let alone = Alone::find(stage, out, candidates, &prices)?;
    for items in [true, false] {
        for (index, candidate) in candidates.iter().enumerate() {
            if stage.plan.rules[candidate.rule].scope.is_some() != items {
                continue;
            }
            let left = costs(out);
            let mut lines = still(stage, out, candidate, &left)?;
            lines.retain(|at| left[*at] > 0 && alone.allows(index, *at));
            if lines.is_empty() {
                beaten(out, (candidate.rule, candidate.effect), candidate.alone);
                continue;
            }
            let reward = worth(stage, out, candidate, &lines, &left)?;
            let weights = weights(stage, out, candidate, &lines, &left)?;
            take(out, (candidate.rule, candidate.effect), reward, &lines, &weights, !candidate.is_rate())?;
        }
    }
    Ok(())
}

/// The lines of a candidate at its turn: a unit that it singles out is chosen by `prices`, and what costs nothing any more is
/// passed over.
fn still(stage: &Stage<'_>, out: &Outcome, candidate: &Candidate, prices: &[i64]) -> Checked<Vec<usize>> {
    if !matches!(stage.plan.rules[candidate.rule].scope, Some(Scope::Cheapest(_) | Scope::EveryNth(..) | Scope::Groups(..))) {
        return Ok(candidate.lines.clone());
    }
    let mut lines = out.lines.clone();
    for (line, price) in lines.iter_mut().zip(prices) {
        line.cost = if line.cost > 0 { *price } else { 0 };
    }
    let mut found = Vec::new();
    for at in &candidate.barred {
        lines[*at].cost = 0;
    }
    reach(stage, candidate.rule, &lines, &mut found)?;
    Ok(found)
}

/// By line: the `alone` discount that is worth at least as much there as all others together.
struct Alone {
    won: Vec<Option<usize>>,
    is_alone: Vec<bool>,
}

impl Alone {
    fn find(stage: &Stage<'_>, out: &Outcome, candidates: &[Candidate], prices: &[i64]) -> Checked<Self> {
        let is_alone: Vec<bool> = candidates.iter().map(|c| stage.plan.rules[c.rule].alone).collect();
        let mut won = vec![None; prices.len()];
        if !is_alone.contains(&true) {
            return Ok(Self { won, is_alone });
        }
        for (at, winner) in won.iter_mut().enumerate() {
            let mut values = Vec::new();
            let mut all = Exact::whole(0);
            for (index, candidate) in candidates.iter().enumerate().filter(|(_, c)| c.lines.contains(&at)) {
                let value = value_on(out, candidate, at, prices)?;
                all = all.plus(value)?;
                values.push((index, value));
            }
            for (index, value) in values {
                if is_alone[index] && winner.is_none() && value >= all.minus(value)? {
                    *winner = Some(index);
                }
            }
        }
        Ok(Self { won, is_alone })
    }

    /// Whether a candidate may act on a line: the winner alone, and where none wins all that need not stand alone.
    fn allows(&self, index: usize, line: usize) -> bool {
        self.won[line].map_or(!self.is_alone[index], |winner| winner == index)
    }
}

/// What a candidate by itself is worth on a line, after caps.
fn value_on(out: &Outcome, candidate: &Candidate, at: usize, prices: &[i64]) -> Checked<Exact> {
    if !matches!(candidate.takes, Takes::Sum) && candidate.room.is_none() {
        return candidate.on_line(&out.lines[at]);
    }
    let sum: i64 = candidate.lines.iter().map(|line| prices[*line]).sum();
    let price = Exact::whole(i128::from(prices[at]));
    Exact::whole(i128::from(candidate.alone.granted.min(sum))).times(price)?.divided_by(Exact::whole(i128::from(sum.max(1))))
}
