//! A purchase of one line, by a plan made once per run: most purchases of most histories are of this kind.
//!
//! It gives what [`crate::engine::purchase::compute`] gives and leaves out what the program never asks for. Debug builds
//! evaluate every such purchase both ways and compare.

use crate::engine::award::{Award, Reward};
use crate::engine::purchase::earning::{earning_base, without_tax};
use crate::engine::purchase::outcome::Outcome;
use crate::engine::purchase::redemption::Paying;
use crate::engine::purchase::stage::Stage;
use crate::engine::purchase::{candidate, discounts, pots, redemption};
use crate::plan::effects::At;
use crate::plan::one_line::{Feeds, Gate, OneLine, Step};
use crate::plan::rates::Quick;
use crate::plan::triggers::Numbers;
use crate::program::ItemFilter;
use crate::value::Checked;

/// The only line of such a purchase.
const LINE: &[usize] = &[0];

impl OneLine<'_> {
    /// Evaluates a purchase whose line stands in `out.lines` as recorded; false, with nothing done, if it is of another kind.
    pub(in crate::engine) fn compute(&self, stage: &Stage<'_>, paying: &Paying<'_>, out: &mut Outcome) -> Checked<bool> {
        let [line] = out.lines.as_slice() else { return Ok(false) };
        let amount = line.recorded;
        if line.shipping || amount <= 0 || !stage.facts.member || !stage.facts.vouchers.is_empty() || stage.decided.is_some() {
            return Ok(false);
        }
        let mut acting = std::mem::take(&mut out.scratch);
        acting.clear();
        let mut places = std::mem::take(&mut out.places);
        stage.concerned(At::Discounts, &out.lines, amount, &mut places)?;
        for (at, step) in places.iter().filter_map(|place| Some((*place, self.discounts.get(*place)?))) {
            if step.acts(stage, out, amount)? && step.looks_at_line(stage, out)? {
                acting.push(at);
            }
        }
        out.places = places;
        let recorded = stage.plan.has_pots.then(|| out.lines[0].clone());
        stage.begin(out, amount);
        let done = self.discount(stage, out, &acting);
        out.scratch = acting;
        if !done? {
            return Ok(false);
        }
        pots::charge(stage, out, 0)?;
        out.discounted = out.awards.len();
        out.net = out.lines[0].cost;
        out.row_net = out.net;
        redemption::pay(stage, paying, out)?;
        out.paid_with = crate::engine::purchase::paid_with(stage, out);
        let stage = &Stage { paid_with: out.paid_with, ..*stage };
        let mut places = std::mem::take(&mut out.places);
        stage.concerned(At::Earning, &out.lines, out.net, &mut places)?;
        for step in places.iter().filter_map(|place| self.earns.get(*place)) {
            if step.acts(stage, out, out.net)? && step.looks_at_line(stage, out)? {
                step.earn(stage, out)?;
            }
        }
        pots::charge(stage, out, out.discounted)?;
        let earned = out.awards.len();
        stage.concerned(At::Multiplying, &out.lines, out.net, &mut places)?;
        for step in places.iter().filter_map(|place| self.multiplies.get(*place)) {
            if step.acts(stage, out, out.net)? && step.looks_at_line(stage, out)? {
                crate::engine::purchase::earning::multiply_by(stage, out, step.rule, earned, LINE)?;
            }
        }
        out.places = places;
        pots::charge(stage, out, earned)?;
        out.earned = out.awards.len();
        for &(measure, feeds) in &self.fed {
            let add = match feeds {
                Feeds::Base => without_tax(stage, earning_base(stage, &out.lines[0]))?,
                Feeds::Amount => amount,
                Feeds::One => 1,
                Feeds::Asks => {
                    crate::engine::purchase::earning::feed(stage, out, measure)?;
                    continue;
                }
            };
            out.adds[measure] = (add, true);
        }
        let fits = |all: &Vec<Numbers>| all.iter().any(|numbers| numbers.contain(stage.facts.measures[numbers.counter.index()] + 1));
        if self.numbers.as_ref().is_none_or(fits) {
            crate::engine::purchase::completion::complete(stage, out)?;
            pots::charge(stage, out, out.earned)?;
        }
        if let Some(line) = recorded.filter(|_| out.again) {
            // A pot denied late what had been given early: that is for the general way.
            out.lines[0] = line;
            return Ok(false);
        }
        Ok(true)
    }
}

impl OneLine<'_> {
    /// Takes off what those of the discounts give that act; false, with nothing done, if they have to be compared otherwise
    /// than by their rates.
    fn discount(&self, stage: &Stage<'_>, out: &mut Outcome, acting: &[usize]) -> Checked<bool> {
        let steps = || acting.iter().filter_map(|at| self.discounts.get(*at));
        if let [only] = acting {
            return self.discounts[*only].discount(stage, out).map(|()| true);
        }
        let base = out.lines[0].cost;
        // The first of those that take most.
        let mut best: Option<(i64, i64, usize)> = None;
        for step in steps() {
            let Some((_, Quick::Share { numerator, denominator })) = step.discount.filter(|_| self.best) else { return Ok(false) };
            let Some(amount) = step.give_off(base) else { return Ok(false) };
            let more = |(n, d, _): (i64, i64, usize)| i128::from(numerator) * i128::from(d) > i128::from(n) * i128::from(denominator);
            if amount > 0 && best.is_none_or(more) {
                best = Some((numerator, denominator, step.rule));
            }
        }
        for step in steps() {
            let (Some((effect, _)), Some(amount)) = (step.discount, step.give_off(base).filter(|amount| *amount > 0)) else { continue };
            if best.is_some_and(|(_, _, rule)| rule == step.rule) {
                step.discount(stage, out)?;
            } else {
                candidate::beaten(out, (step.rule, effect), Reward::plain(amount, base));
            }
        }
        Ok(true)
    }
}

impl Step<'_> {
    /// What its discount takes off a price.
    fn give_off(&self, price: i64) -> Option<i64> {
        self.discount.and_then(|(_, rate)| rate.give(price))
    }

    fn acts(&self, stage: &Stage<'_>, out: &Outcome, net: i64) -> Checked<bool> {
        match self.gate {
            Gate::Always => Ok(true),
            Gate::Entitled => Ok(stage.facts.entitled[self.rule]),
            Gate::Rungs { ladder, mask } => Ok(mask >> stage.facts.tiers[ladder] & 1 == 1),
            Gate::Asks => stage.acts(self.rule, &out.lines, net),
        }
    }

    fn looks_at_line(&self, stage: &Stage<'_>, out: &Outcome) -> Checked<bool> {
        let Some((filter, inside)) = self.items else { return Ok(true) };
        let passes = match filter {
            // What is asked of a line alone needs nothing around it.
            ItemFilter::Category(texts) => stage.plan.is_text(out.lines[0].category, texts),
            ItemFilter::Brand(texts) => stage.plan.is_text(out.lines[0].brand, texts),
            ItemFilter::Product(texts) => stage.plan.is_text(out.lines[0].product, texts),
            other => stage.scene(&out.lines, 0).passes(&out.lines[0], other)?,
        };
        Ok(passes == inside)
    }

    fn discount(&self, stage: &Stage<'_>, out: &mut Outcome) -> Checked<()> {
        let base = out.lines[0].cost;
        let Some((effect, amount)) = self.discount.and_then(|(effect, rate)| Some((effect, rate.give(base)?))) else {
            return discounts::single(stage, out, self.rule, LINE);
        };
        if amount > 0 { candidate::take(out, (self.rule, effect), Reward::plain(amount, base), LINE, &[base], false) } else { Ok(()) }
    }

    fn earn(&self, stage: &Stage<'_>, out: &mut Outcome) -> Checked<()> {
        let Some(quick) = &self.quick else { return crate::engine::purchase::earning::earn_on(stage, out, self.rule, LINE) };
        let base = without_tax(stage, earning_base(stage, &out.lines[0]))?;
        let first = out.awards.len();
        for &(effect, given, rate) in quick {
            let Some(units) = rate.give(base) else {
                out.awards.truncate(first);
                return crate::engine::purchase::earning::earn_on(stage, out, self.rule, LINE);
            };
            if units > 0 {
                out.awards.push(Award { rule: self.rule, effect, given, reward: Reward::plain(units, base), base });
            }
        }
        Ok(())
    }
}
