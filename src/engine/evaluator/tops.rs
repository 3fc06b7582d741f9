//! The top categories of periods: counted while they run, settled when they are over.

use crate::engine::award::Award;
use crate::engine::evaluator::Account;
use crate::engine::listener::Listener;
use crate::engine::purchase::outcome::Added;
use crate::engine::purchase::reward;
use crate::engine::purchase::reward::{Base, Currency};
use crate::engine::state::kept::{Categories, Settled};
use crate::history::model::TextCode;
use crate::plan::Given;
use crate::plan::effects::At;
use crate::value::{Checked, Date, Overflow};

/// The largest category with its base; of equal ones that bought first.
fn largest(list: &Categories) -> Option<(TextCode, i64)> {
    list.iter().copied().reduce(|best, next| if next.1 > best.1 { next } else { best })
}

impl<R: Listener> Account<'_, R> {
    /// Notes what a purchase added, or (negative) what a return took off it in the running period.
    pub fn note_tops(&mut self, added: &Added, sign: i64, at: Date) -> Checked<()> {
        let (periods, today) = (self.periods(), self.today);
        for &(rule, category, base) in added {
            let Some(period) = self.plan.top_period(rule) else { continue };
            let start = periods.start(at, period);
            let is_over = start != periods.start(today, period) || !self.in_life(today);
            if is_over {
                let settled = self.s.settled_tops.iter_mut().find(|over| (over.rule, over.start, over.chosen.0) == (rule, start, category));
                if let Some(over) = settled {
                    over.chosen.1 = over.chosen.1.checked_add(base * sign).ok_or(Overflow)?;
                }
                continue;
            }
            let list = &mut self.s.tops[rule];
            match list.iter_mut().find(|(known, _)| *known == category) {
                Some((_, sum)) => *sum = sum.checked_add(base * sign).ok_or(Overflow)?,
                None => list.push((category, base * sign)),
            }
            let due = periods.next(today, period);
            self.lower_due(Some(due));
        }
        Ok(())
    }

    /// What a rule gives on the base of its top category.
    pub fn top_awards(&self, rule_index: usize, money: i64) -> Checked<Vec<Award>> {
        let origin = self.plan.origin(rule_index);
        let mut awards = Vec::new();
        for (effect, does) in self.plan.effects[rule_index].at(At::Earning).filter(|_| money > 0) {
            let (Given::Earn(wallet), Some(rates)) = (does.given, does.rates()) else { continue };
            let base = Base::of(money, money);
            let scene = self.scene();
            let reward = reward::reward(&scene, origin.rule, rates, Currency::Wallet(wallet), base, origin.limits)?;
            awards.push(Award { rule: rule_index, effect, given: does.given, reward, base: money });
        }
        Ok(awards)
    }

    /// At the midnight that begins `date`: periods that ended with the day before are settled.
    pub fn settle_tops(&mut self, date: Date) -> Checked<()> {
        let periods = self.periods();
        for at in 0..self.plan.top_rules.len() {
            let rule_index = self.plan.top_rules[at];
            let origin = self.plan.origin(rule_index);
            let Some(period) = self.plan.top_period(rule_index) else { continue };
            let is_over = periods.start(date, period) == date || self.ends_before(date);
            if !is_over || self.s.tops[rule_index].is_empty() {
                continue;
            }
            let list = std::mem::take(&mut self.s.tops[rule_index]);
            let Some(chosen) = largest(&list) else { continue };
            let mut awards = self.top_awards(rule_index, chosen.1)?;
            self.cut_to_held(&mut awards);
            if awards.is_empty() || !self.charge_pots(rule_index, &awards)? {
                continue;
            }
            let facts = self.journal.then(|| self.s.facts.clone());
            let (_, granted) = self.logged(|account| account.post_all(origin, &awards, None))?;
            if let Some(facts) = facts {
                let start = periods.start(date.plus_days(-1), period);
                self.s.settled_tops.push(Settled { rule: rule_index, start, chosen, facts: Box::new(facts), granted });
            }
        }
        Ok(())
    }
}
