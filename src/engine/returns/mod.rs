//! Returns: the purchase is evaluated again without what came back, and the difference is posted.

pub(super) mod awards;
pub(super) mod counts;
pub(super) mod granted;
pub(super) mod payments;
pub(super) mod tiers;

use crate::engine::award::Award;
use crate::engine::evaluator::Account;
use crate::engine::facts::Facts;
use crate::engine::ledger::{Entry, Kind, Source, Unit};
use crate::engine::lines::{Line, add_units};
use crate::engine::listener::Listener;
use crate::engine::purchase::ceilings::Ceilings;
use crate::engine::purchase::outcome::{Outcome, first};
use crate::engine::purchase::redemption::{Kept, Paying};
use crate::engine::purchase::reward;
use crate::engine::purchase::stage::Stage;
use crate::engine::state::case::Case;
use crate::engine::{lines, purchase};
use crate::history::model::{ReturnPart, Returned};
use crate::program::{Ladder, MeasureId, Rung, Shortfall, WalletId};
use crate::value::{Checked, Decimal, Exact, Overflow};
use std::collections::BTreeSet;

impl<R: Listener> Account<'_, R> {
    pub fn return_part(&mut self, part: &ReturnPart) -> Checked<()> {
        let Ok(index) = self.s.cases.binary_search_by_key(&part.purchase, |(purchase, _)| *purchase) else { return Ok(()) };
        let Some(mut case) = self.s.cases[index].1.take() else { return Ok(()) };
        let result = self.return_from(&mut case, part);
        self.s.cases[index].1 = Some(case);
        result
    }

    fn return_from(&mut self, case: &mut Case, part: &ReturnPart) -> Checked<()> {
        let old_lines = case.lines.clone();
        self.take_off(case, &part.what)?;
        if case.lines.iter().zip(&old_lines).all(|(new, old)| new.recorded == old.recorded) {
            return Ok(());
        }
        let kept = case.kept_payment();
        let ceilings = case.ceilings(self.plan.program.round_money)?;
        let mut facts = case.facts.clone();
        let decided = self.plan.program.returns.keep_rewards.then_some(&case.outcome);
        if decided.is_none() && !case.tiers_before.is_empty() {
            facts.tiers = self.tiers_of_stage_0(case, &kept, &ceilings)?;
        }
        let mut out = Outcome::default();
        out.lines.clone_from(&case.lines);
        let stage = Stage { decided, ceilings: Some(&ceilings), ..Stage::new(self.plan, self.part, &facts, case.at) };
        purchase::compute(&stage, &Paying::Kept(&kept), Some(&case.outcome), &mut out)?;
        out.keep_sent(&case.outcome);
        out.count_as(&case.outcome);
        let (fell, back) = (kept.fell(out.net), kept.back(out.net));
        case.fallen = case.fallen.checked_add(fell).ok_or(Overflow)?;
        case.paid_back = case.paid_back.checked_add(back).ok_or(Overflow)?;
        self.post_return(case, &out, fell - back)?;
        case.outcome = out;
        Ok(())
    }

    /// The tiers that what is left of the purchase reaches at stage 0: at most those it reached then.
    fn tiers_of_stage_0(&self, case: &Case, kept: &Kept, ceilings: &Ceilings) -> Checked<Vec<u8>> {
        let facts = Facts { tiers: case.tiers_before.clone(), ..(*case.facts).clone() };
        let mut out = Outcome::default();
        out.lines.clone_from(&case.lines);
        let stage = Stage { ceilings: Some(ceilings), ..Stage::new(self.plan, self.part, &facts, case.at) };
        purchase::compute(&stage, &Paying::Kept(kept), Some(&case.outcome), &mut out)?;
        out.count_as(&case.outcome);
        let at = self.plan.program.zone.local(case.moment);
        let value = |id: MeasureId| {
            let (add, counts) = out.adds.get(id.index()).copied().unwrap_or_default();
            let before = match self.s.measures[id.index()].ended_at(at) {
                // The count that this purchase ended.
                Some(sum) => sum - case.outcome.adds.get(id.index()).map_or(0, |(add, _)| *add),
                None => facts.measures[id.index()],
            };
            before + if counts { add } else { 0 }
        };
        let met = |ladder: &Ladder, row: &Rung| {
            row.from.is_some_and(|from| value(ladder.measure) >= from) || row.or.is_some_and(|(id, from)| value(id) >= from)
        };
        let ladders = self.plan.program.ladders.iter().zip(&case.tiers_before).zip(&case.facts.tiers);
        let tiers = ladders.map(|((ladder, before), then)| {
            let highest = ladder.rungs.iter().rposition(|row| met(ladder, row)).unwrap_or(0);
            u8::try_from(highest).unwrap_or(u8::MAX).min(*then).max(*before)
        });
        Ok(tiers.collect())
    }

    /// Takes what came back off the lines of the record.
    fn take_off(&self, case: &mut Case, what: &Returned) -> Checked<()> {
        match what {
            Returned::Rest => {
                case.lines.iter_mut().for_each(clear);
            }
            Returned::Amount(amount) => {
                let weights: Vec<i64> = case.lines.iter().map(|l| l.recorded).collect();
                let mut parts = Vec::new();
                lines::share((*amount).min(weights.iter().sum()), &weights, &mut parts)?;
                for (line, part) in case.lines.iter_mut().zip(parts) {
                    shrink(line, line.recorded - part, self.plan.program.round_money)?;
                    if line.recorded == 0 {
                        line.quantity = Decimal::whole(0);
                    }
                }
            }
            Returned::Items(items) => {
                let from = self.part.purchases.items_from.get(case.at).copied().unwrap_or(0);
                for (item, quantity) in items {
                    let wanted = usize::try_from(from + item).ok();
                    let mut due = *quantity;
                    // Of a line that stands in single units the first come back first.
                    for line in case.lines.iter_mut().filter(|l| l.item.is_some() && l.item == wanted) {
                        due = self.take_units(line, due)?;
                    }
                }
            }
        }
        // Shipping alone is no purchase.
        if case.first.iter().zip(&case.lines).any(|((first, _), l)| *first > 0 && !l.shipping)
            && case.lines.iter().all(|l| l.shipping || l.recorded == 0)
        {
            case.lines.iter_mut().for_each(clear);
        }
        for line in &mut case.lines {
            line.cost = line.recorded;
            line.discount = 0;
            (line.paid, line.as_money) = (0, 0);
        }
        Ok(())
    }

    /// Takes units off a line; what it does not have of them is left.
    fn take_units(&self, line: &mut Line, due: Decimal) -> Checked<Decimal> {
        let left = add_units(line.quantity, Decimal::new(-due.mantissa, due.scale))?;
        if left.mantissa <= 0 {
            clear(line);
            return Ok(Decimal::new(-left.mantissa, left.scale));
        }
        let mode = self.plan.program.round_money;
        let (before, after) = (Exact::try_from(line.quantity)?, Exact::try_from(left)?);
        let unit = line.unit_price(self.part, self.plan.program.currency.decimals)?;
        // Where a part of it came back by amount, its units are worth less.
        let whole = i64::try_from(unit.times(before)?.round(mode)?).map_err(|_| Overflow)?;
        let amount = if line.recorded < whole {
            Exact::whole(i128::from(line.recorded)).times(after)?.divided_by(before)?
        } else {
            unit.times(after)?
        };
        line.quantity = left;
        let amount = i64::try_from(amount.round(mode)?).map_err(|_| Overflow)?;
        shrink(line, amount.min(line.recorded), mode)?;
        Ok(Decimal::whole(0))
    }

    /// Posts the difference; `refund` is what comes back in money.
    fn post_return(&mut self, case: &mut Case, new: &Outcome, refund: i64) -> Checked<()> {
        let old = std::mem::take(&mut case.outcome);
        self.s.short.fill(0);
        let owed = self.s.owed;
        // What had paid is there before anything is taken back.
        if old.amount > 0 && new.amount == 0 {
            self.take_back_uses(&case.vouchers, case.purchase);
        }
        self.take_back_payment(case)?;
        self.take_back_counts(case, &old, new)?;
        self.take_back_totals(&old, new);
        let mut posted = vec![None; new.awards.len()];
        // What multipliers below one had taken comes back first, to be there for what is taken back.
        let (below, above): (Vec<usize>, Vec<usize>) = (0..old.awards.len()).partition(|at| old.awards[*at].reward.granted < 0);
        for index in below.into_iter().chain(above) {
            let award = &old.awards[index];
            let same = |other: &Award| (other.rule, other.effect, other.given) == (award.rule, award.effect, award.given);
            let nth = old.awards[..index].iter().filter(|a| same(a)).count();
            let found = new.awards.iter().enumerate().filter(|(_, a)| same(a)).nth(nth);
            let entry = case.posted.get(index).copied().flatten();
            let left = found.map_or(0, |(_, a)| a.reward.granted);
            if let Some((at, _)) = found {
                posted[at] = entry;
            }
            if let (Some((seq, lot)), true) = (entry, left != award.reward.granted) {
                self.take_back_award(award, award.reward.granted - left, seq, lot, Some(case.purchase))?;
                let at = self.plan.program.zone.local(case.moment);
                self.give_back_room(&mut case.limits, award, found.map(|(_, a)| a.reward).unwrap_or_default(), at);
            }
        }
        let at = self.plan.program.zone.local(case.moment);
        for rule in old.awards.iter().map(|award| award.rule).collect::<BTreeSet<_>>() {
            let times = |out: &Outcome| out.times(self.plan, rule, Award::is_counted);
            let money = first(old.awards.iter(), rule) - first(new.awards.iter(), rule);
            self.give_back_times(&mut case.limits, rule, times(&old) - times(new), money, at);
        }
        case.posted = posted;
        self.take_back_firings(case, &old, new);
        if new.amount == 0 {
            self.take_back_marks(case);
        }
        let at = self.plan.program.zone.local(case.moment).date();
        self.note_tops(&old.tops, -1, at)?;
        self.note_tops(&new.tops, 1, at)?;
        if !old.tops.is_empty() {
            self.settle_tops_again(at)?;
        }
        self.settle_fallen((new.amount == 0).then_some(case.purchase))?;
        if old.amount > 0 && new.amount == 0 {
            self.take_back_membership(case.purchase)?;
        }
        self.pay_refund(case.purchase, refund, owed)
    }

    /// The refund bears what used vouchers owe, then what wallets lack; what it cannot hold stays owed.
    fn pay_refund(&mut self, purchase: u32, refund: i64, owed_before: i64) -> Checked<()> {
        let mut left = refund;
        let borne = self.s.owed.min(left);
        (left, self.s.owed) = (left - borne, self.s.owed - borne);
        if self.plan.program.returns.shortfall == Shortfall::DeductFromRefund {
            for wallet in 0..self.s.wallets.len() {
                left -= self.bear_shortfall(wallet, left, purchase)?;
            }
        }
        if let Some(card) = self.plan.program.refunds_to.filter(|_| left > 0) {
            self.load(card, left, Some(purchase))?;
        }
        self.totals.refunds += i128::from(left);
        self.write_entry(Entry { purchase: Some(purchase), wanted: refund, ..Entry::new(Source::Given, Kind::Refund, left, Unit::Money) });
        let change = owed_before - self.s.owed;
        if change != 0 {
            self.write_entry(Entry { purchase: Some(purchase), ..Entry::new(Source::Given, Kind::Adjust, change, Unit::Money) });
        }
        Ok(())
    }

    /// What the take-backs of this return lacked in a wallet is taken from the refund; says how much of it.
    fn bear_shortfall(&mut self, wallet: usize, refund: i64, purchase: u32) -> Checked<i64> {
        let program = self.plan.program;
        let id = WalletId(u16::try_from(wallet).unwrap_or(u16::MAX));
        // What earning has filled since is owed no longer.
        let short = std::mem::take(&mut self.s.short[wallet]).min(self.s.wallets[wallet].debt);
        let price = |units: i64| -> Checked<i64> {
            i64::try_from(reward::to_money(program, id, units)?.round(program.round_money)?).map_err(|_| Overflow)
        };
        let each = reward::to_money(program, id, 1)?;
        if short <= 0 || each <= Exact::whole(0) {
            return Ok(0);
        }
        let fit = i64::try_from(Exact::whole(i128::from(refund)).divided_by(each)?.floor()).unwrap_or(i64::MAX);
        let borne = if price(short)? <= refund { short } else { fit.min(short) };
        if borne > 0 {
            self.s.wallets[wallet].debt -= borne;
            self.s.wallets[wallet].balance += borne;
            self.totals.wallets[wallet].adjusted += i128::from(borne);
            self.write_entry(Entry { purchase: Some(purchase), ..Entry::new(Source::Wallet(id), Kind::Adjust, borne, Unit::Wallet(id)) });
        }
        Ok(price(borne)?.min(refund))
    }

    /// What came back gave nothing: neither is it counted as given, nor as cut.
    fn take_back_totals(&mut self, old: &Outcome, new: &Outcome) {
        for (outcome, sign) in [(old, -1_i64), (new, 1)] {
            for (rule, times) in self.times_given(outcome) {
                let totals = self.rule_totals(self.plan.origin(rule).source);
                totals.fired = totals.fired.saturating_add_signed(sign * times);
            }
            for award in outcome.awards.iter().filter(|award| award.given.is_money_off()) {
                let cut = award.reward.wanted - award.reward.granted;
                self.rule_totals(self.plan.origin(award.rule).source).cut += i128::from(sign * cut);
            }
        }
    }
}

/// All of a line came back.
fn clear(line: &mut Line) {
    (line.recorded, line.quantity, line.tax) = (0, Decimal::whole(0), 0);
}

/// Sets a line's recorded amount and shrinks its tax in proportion.
fn shrink(line: &mut Line, recorded: i64, mode: crate::value::Rounding) -> Checked<()> {
    if line.recorded > 0 && line.tax > 0 {
        let product = i128::from(line.tax) * i128::from(recorded);
        line.tax = i64::try_from(crate::value::div_round(product, i128::from(line.recorded), mode)?).map_err(|_| Overflow)?;
    }
    line.recorded = recorded;
    Ok(())
}
