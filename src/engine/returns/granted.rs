//! What a firing beside a purchase gave, kept where a return may take it back.

use crate::engine::account::diary::Counts;
use crate::engine::account::limits::limit_window;
use crate::engine::award::{Award, Reward};
use crate::engine::evaluator::Account;
use crate::engine::listener::Listener;
use crate::engine::purchase::outcome::firings;
use crate::engine::state::kept::{Granted, Timed};
use crate::engine::windows::is_inside;
use crate::engine::work;
use crate::program::{Limit, LimitWhat};
use crate::value::{Checked, Date, DateTime};
use std::collections::BTreeSet;

impl<R: Listener> Account<'_, R> {
    /// Takes back all that a firing gave, at its place in time.
    pub fn take_back_granted(&mut self, granted: &Granted) -> Checked<()> {
        let awards = || granted.awards.iter().map(|(award, ..)| award);
        let sent: BTreeSet<usize> = awards().filter(|award| award.given.stays()).map(|award| award.rule).collect();
        let mut limits = granted.limits.clone();
        for rule in awards().map(|award| award.rule).filter(|rule| !sent.contains(rule)).collect::<BTreeSet<_>>() {
            self.give_back_times(&mut limits, rule, firings(awards(), rule, Award::is_counted), 0, granted.at);
        }
        for award in awards().filter(|award| !award.given.stays()) {
            self.give_back_room(&mut limits, award, Reward::default(), granted.at);
        }
        for (source, times) in &granted.fired {
            if !sent.iter().any(|rule| self.plan.origin(*rule).source == *source) {
                let totals = self.rule_totals(*source);
                totals.fired = totals.fired.saturating_sub(*times);
            }
        }
        for &(rule, number) in &granted.entitlements {
            self.take_back_entitlement(rule, number);
        }
        let before = self.s.granted_at.replace((granted.at, granted.tick));
        for (award, entry, lot) in &granted.awards {
            self.take_back_award(award, award.reward.granted, *entry, *lot, None)?;
        }
        self.s.granted_at = before;
        Ok(())
    }

    /// Takes back by how much less a firing would have given.
    pub fn lessen(&mut self, granted: &mut Granted, now: &[Award]) -> Checked<()> {
        let before = self.s.granted_at.replace((granted.at, granted.tick));
        let rules: BTreeSet<usize> = granted.awards.iter().map(|(award, ..)| award.rule).collect();
        let times = |granted: &Granted, rule| firings(granted.awards.iter().map(|(award, ..)| award), rule, Award::is_counted);
        let had: Vec<i64> = rules.iter().map(|rule| times(granted, *rule)).collect();
        for (award, entry, lot) in &mut granted.awards {
            let found = now.iter().find(|other| (other.rule, other.effect) == (award.rule, award.effect));
            let kept = found.map(|other| other.reward).unwrap_or_default();
            let less = award.reward.granted - kept.granted;
            if less > 0 && !award.given.stays() {
                self.take_back_award(award, less, *entry, *lot, None)?;
                self.give_back_room(&mut granted.limits, award, kept, granted.at);
                award.reward = Reward { wanted: award.reward.wanted, ..kept };
            }
        }
        for (rule, had) in rules.into_iter().zip(had) {
            let less = had - times(granted, rule);
            self.give_back_times(&mut granted.limits, rule, less, 0, granted.at);
        }
        self.s.granted_at = before;
        Ok(())
    }

    /// A cap has room again for what was taken back, in the period in which it was given.
    pub fn give_back_room(&mut self, limits: &mut [(usize, i64)], old: &Award, kept: Reward, at: DateTime) {
        self.give_back_limits(limits, old.rule, at, |limit| match limit.what {
            LimitWhat::Times(_) | LimitWhat::First(_) | LimitWhat::FirstQuantity(_) => 0,
            _ => old.reward.counts - kept.counts,
        });
    }

    /// A limit in times has room again for firings of which nothing is left, one of the base for what no effect is given on.
    pub fn give_back_times(&mut self, limits: &mut [(usize, i64)], rule: usize, times: i64, first: i64, at: DateTime) {
        self.give_back_limits(limits, rule, at, |limit| match limit.what {
            LimitWhat::Times(_) => times,
            LimitWhat::First(_) | LimitWhat::FirstQuantity(_) => first,
            _ => 0,
        });
    }

    fn give_back_limits(&mut self, limits: &mut [(usize, i64)], rule: usize, at: DateTime, less: impl Fn(&Limit) -> i64) {
        let (plan, periods) = (self.plan, self.periods());
        for (slot, limit) in (plan.rule_limits[rule]..).zip(&plan.rules[rule].limits) {
            let Some(window) = limit_window(limit) else { continue };
            let mut left = less(limit).max(0);
            for (_, used) in limits.iter_mut().filter(|(known, _)| *known == slot) {
                let part = left.min((*used).max(0));
                *used -= part;
                left -= part;
                self.s.limits[slot].take_back(window, at, self.local, periods, part);
            }
        }
    }

    /// Firings by time that had seen something which has fallen since.
    fn timed_after(&mut self, purchase: Option<u32>, at: DateTime) -> impl Iterator<Item = &mut Timed> {
        let timed = &mut self.s.timed;
        let from = match purchase {
            Some(purchase) => timed.partition_point(|known| known.bought <= purchase),
            None => timed.partition_point(|known| known.granted.at <= at),
        };
        timed.iter_mut().skip(from)
    }

    /// A measure fell: what was tested with it is to be tested again.
    pub fn lower_timed(&mut self, measure: usize, purchase: Option<u32>, at: DateTime, less: i64) {
        if self.s.timed.is_empty() {
            return;
        }
        let (window, periods) = (self.plan.program.measures[measure].window, self.periods());
        let anew = window.is_since_reaching().then(|| self.s.measures[measure].clone());
        for known in self.timed_after(purchase, at) {
            work::count(1);
            let seen = anew.as_ref().is_none_or(|sum| sum.sees(at, known.granted.at));
            if seen && is_inside(window, at, known.granted.at, periods) {
                known.facts.measures[measure] -= less;
                known.stale = true;
            }
        }
    }

    /// A balance would have been lower.
    pub fn lower_timed_balance(&mut self, wallet: usize, purchase: Option<u32>, at: DateTime, less: i64) {
        for known in self.timed_after(purchase, at) {
            known.facts.balances[wallet] -= less;
            known.stale = true;
        }
    }

    /// A tier was not held from `from` until `to`.
    pub fn lower_timed_tiers(&mut self, ladder: usize, rung: u8, from: DateTime, to: Option<DateTime>) {
        for known in self.s.timed.iter_mut().filter(|known| known.granted.at >= from && to.is_none_or(|to| known.granted.at < to)) {
            if known.facts.tiers[ladder] >= rung {
                known.facts.tiers[ladder] = rung.saturating_sub(1);
                known.stale = true;
            }
        }
    }

    /// A purchase on `day` never was.
    pub fn take_back_from_timed(&mut self, purchase: u32, day: Date) {
        let s = &mut *self.s;
        let from = s.timed.partition_point(|known| known.bought <= purchase);
        for known in s.timed.iter_mut().skip(from) {
            known.facts.purchases_before -= 1;
            known.stale = true;
            if known.facts.last_purchase == Some(day) {
                let then = known.facts.date;
                known.facts.last_purchase = s.diary.days(Counts::Purchase).find(|day| *day <= then);
            }
        }
    }

    /// Grants at ends of periods, on days and after silences are tested again with what has fallen, and taken back or
    /// lessened to what they would have been. Whether any was.
    pub fn test_timed_again(&mut self) -> Checked<bool> {
        let mut any = false;
        let mut place = 0;
        while place < self.s.timed.len() {
            if !std::mem::take(&mut self.s.timed[place].stale) {
                place += 1;
                continue;
            }
            let mut known = self.s.timed.remove(place);
            std::mem::swap(&mut self.s.facts, &mut *known.facts);
            let now = self.grants_now(known.rule);
            std::mem::swap(&mut self.s.facts, &mut *known.facts);
            match now?.filter(|_| !known.never) {
                None => {
                    self.take_back_granted(&known.granted)?;
                    any = true;
                }
                Some(now) => {
                    let before: i64 = known.granted.awards.iter().map(|(award, ..)| award.reward.granted).sum();
                    self.lessen(&mut known.granted, &now)?;
                    any |= before != known.granted.awards.iter().map(|(award, ..)| award.reward.granted).sum::<i64>();
                    self.s.timed.insert(place, known);
                    place += 1;
                }
            }
        }
        Ok(any)
    }

    /// Who never was a member was granted nothing by time.
    pub fn take_back_timed(&mut self) -> Checked<()> {
        for known in std::mem::take(&mut self.s.timed) {
            self.take_back_granted(&known.granted)?;
        }
        Ok(())
    }

    /// Everything that depends on what has fallen: tiers, what was granted by time, and what these hold in turn.
    pub fn settle_fallen(&mut self, gone: Option<u32>) -> Checked<()> {
        self.take_back_points(gone);
        while self.take_back_tiers()? || self.test_timed_again()? {}
        self.fall_due()
    }

    /// After a return: of periods that are over it takes back its own share. The category that was chosen stays chosen.
    pub fn settle_tops_again(&mut self, at: Date) -> Checked<()> {
        let periods = self.periods();
        let mut settled = std::mem::take(&mut self.s.settled_tops);
        for over in &mut settled {
            let period = self.plan.top_period(over.rule);
            if period.is_none_or(|period| periods.start(at, period) != over.start) {
                continue;
            }
            std::mem::swap(&mut self.s.facts, &mut *over.facts);
            let now = self.top_awards(over.rule, over.chosen.1);
            std::mem::swap(&mut self.s.facts, &mut *over.facts);
            self.lessen(&mut over.granted, &now?)?;
        }
        self.s.settled_tops = settled;
        Ok(())
    }
}
