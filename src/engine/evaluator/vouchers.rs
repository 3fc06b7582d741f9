//! Vouchers: granted, handed over with a purchase, used whole, expired.

use crate::engine::account::vouchers::Voucher;
use crate::engine::award::Award;
use crate::engine::evaluator::{Account, Origin};
use crate::engine::lasting;
use crate::engine::ledger::{Entry, Kind, Unit};
use crate::engine::listener::Listener;
use crate::engine::purchase::outcome::Outcome;
use crate::plan::Given;
use crate::value::{Date, Decimal, Exact};
use std::collections::BTreeSet;

impl<R: Listener> Account<'_, R> {
    /// Keeps a voucher that was granted.
    pub fn keep_voucher(&mut self, origin: Origin<'_>, award: &Award, purchase: Option<u32>) -> (u32, Option<u32>) {
        let Some(does) = self.plan.effect(award.rule, award.effect) else { return (self.s.seq, None) };
        let (unit, face) = does.face().map_or((Unit::Count, 0), |face| (Unit::Money, face));
        if award.reward.granted == 0 {
            // Its days are over.
            return (self.write(origin, award, Kind::Voucher, purchase, unit, None), None);
        }
        let span = does.valid.and_then(|life| lasting::span(self.plan, life, self.now, self.today, self.periods()));
        let expires = span.map(|span| span.last.plus_days(1));
        self.s.last_lot += 1;
        let id = self.s.last_lot;
        self.totals.vouchers += 1;
        self.rule_totals(origin.source).vouchers += 1;
        let entry = self.write(origin, award, Kind::Voucher, purchase, unit, Some((id, expires)));
        self.s.vouchers.push(Voucher {
            id,
            rule: origin.rule.id.index(),
            effect: award.effect,
            face,
            from: span.map_or(self.today, |span| span.first),
            expires,
            until: span.and_then(|span| span.until),
            open: true,
            canceled: false,
            used: None,
            entry,
        });
        self.lower_due(expires);
        (entry, Some(id))
    }

    /// The vouchers that come with a purchase: one if the history records it, else all by assumption; the earliest to
    /// expire first.
    pub fn present_vouchers(&mut self, at: usize, customer: u32) {
        self.s.facts.vouchers.clear();
        if self.s.vouchers.open.values().all(BTreeSet::is_empty) || !self.s.facts.member {
            return;
        }
        let recorded = self.part.purchases.paid_voucher.get(at).copied().flatten();
        self.s.facts.one_voucher = recorded == Some(true);
        if !recorded.unwrap_or_else(|| self.policies.uses_vouchers(self.part, customer, self.s.drawn_as)) {
            return;
        }
        // What the purchase can cost at most, and what a voucher is worth at least.
        let amount = self.part.purchases.amount.get(at).copied().unwrap_or(0);
        let lines = [at, at + 1].map(|at| self.part.purchases.items_from.get(at).and_then(|line| usize::try_from(*line).ok()));
        let lines = if let [Some(from), Some(to)] = lines { self.part.items.amount.get(from..to).unwrap_or_default() } else { &[] };
        let cover = lines.iter().fold(0_i64, |sum, line| sum.saturating_add(*line)).max(amount);
        let lowered = self.plan.program.voucher_values.iter().map(|raised| raised.times).filter(|times| *times < Decimal::whole(1)).min();
        let least = |face: i64| match lowered {
            None => face,
            Some(times) => {
                let share = Exact::try_from(times).and_then(|times| times.times(Exact::whole(i128::from(face))));
                share.map_or(0, |share| i64::try_from(share.floor()).unwrap_or(0))
            }
        };
        let presented = self.s.vouchers.presentable((self.now, self.today), cover, least);
        self.s.facts.vouchers.extend(presented);
    }

    /// Posts what vouchers did on a purchase: those that paid, and percentages that took something off.
    pub fn post_vouchers(&mut self, out: &Outcome, purchase: u32) -> Vec<u32> {
        let mut used = Vec::new();
        if self.s.facts.vouchers.is_empty() {
            return Vec::new();
        }
        for voucher in &out.vouchers {
            self.totals.vouchers_used_value += i128::from(voucher.value);
            used.push((voucher.id, voucher.value));
        }
        for presented in self.s.facts.vouchers.iter().filter(|voucher| voucher.face == 0) {
            let took = out.awards.iter().filter(|a| (a.rule, a.effect, a.given) == (presented.rule, presented.effect, Given::Discount));
            let value: i64 = took.map(|award| award.reward.granted).sum();
            if value > 0 && !used.iter().any(|(id, _)| *id == presented.id) {
                used.push((presented.id, value));
                // One voucher of a kind acts on a purchase.
                break;
            }
        }
        if used.is_empty() && !self.s.facts.vouchers.is_empty() && self.policies.only_recorded() {
            self.totals.refused += 1;
        }
        for &(id, value) in &used {
            self.close_voucher(id, Kind::VoucherUsed, value, Some(purchase));
            self.totals.vouchers_used += 1;
        }
        used.into_iter().map(|(id, _)| id).collect()
    }

    /// Writes down what became of an open voucher.
    fn close_voucher(&mut self, id: u32, kind: Kind, value: i64, purchase: Option<u32>) {
        let Some(at) = self.s.vouchers.place(id).filter(|at| self.s.vouchers.all[*at].open) else { return };
        let granted = self.s.vouchers.all[at].entry;
        let entry = self.write_voucher(at, kind, value, purchase, granted);
        self.s.vouchers.close(at);
        if kind == Kind::VoucherUsed {
            self.s.vouchers.all[at].used = Some((entry, value));
        }
    }

    /// An entry about a voucher.
    fn write_voucher(&mut self, at: usize, kind: Kind, value: i64, purchase: Option<u32>, reverses: u32) -> u32 {
        let voucher = &self.s.vouchers.all[at];
        let (lot, expires) = (Some(voucher.id), voucher.expires.map(|end| end.plus_days(-1)));
        let source = self.plan.origin(voucher.rule).source;
        // A percentage is a discount, which has an entry of its own.
        let money = if voucher.face > 0 { value } else { 0 };
        self.write_entry(Entry { purchase, lot, expires, reverses: Some(reverses), money, ..Entry::new(source, kind, value, Unit::Money) })
    }

    /// Vouchers whose last day is over.
    pub fn expire_vouchers(&mut self, date: Date) {
        let over = |open: &BTreeSet<(Date, u32)>| open.iter().take_while(|(end, _)| *end <= date).map(|(_, id)| *id).collect::<Vec<_>>();
        let mut ids: Vec<u32> = self.s.vouchers.open.values().flat_map(over).collect();
        ids.sort_unstable();
        for id in ids {
            self.close_voucher(id, Kind::VoucherExpired, 0, None);
        }
    }

    /// Vouchers whose hours are over.
    pub fn expire_vouchers_by_hour(&mut self) {
        let now = self.now;
        let over = |voucher: &&Voucher| voucher.open && voucher.until.is_some_and(|until| until <= now);
        let ids: Vec<u32> = self.s.vouchers.all.iter().filter(over).map(|voucher| voucher.id).collect();
        for id in ids {
            self.close_voucher(id, Kind::VoucherExpired, 0, None);
        }
    }

    /// A voucher comes back when nothing is left of what it paid for, never beyond its expiry. One whose own grant was
    /// taken back meanwhile does not: what it owed for that is owed no longer.
    pub fn take_back_uses(&mut self, ids: &[u32], purchase: u32) {
        for id in ids {
            let Some(at) = self.s.vouchers.place(*id) else { continue };
            let Some((entry, value)) = self.s.vouchers.all[at].used.take() else { continue };
            if self.s.vouchers.all[at].canceled {
                self.s.owed -= value;
                continue;
            }
            self.take_back_use(at, value);
            self.s.vouchers.reopen(at);
            self.write_voucher(at, Kind::VoucherRestored, -value, Some(purchase), entry);
            let by_hour = self.s.vouchers.all[at].until.is_some_and(|until| until <= self.now);
            match self.s.vouchers.all[at].expires {
                Some(end) if end <= self.today || by_hour => self.close_voucher(*id, Kind::VoucherExpired, 0, None),
                expires => self.lower_due(expires),
            }
        }
    }

    /// A voucher counts as not used.
    fn take_back_use(&mut self, at: usize, value: i64) {
        self.totals.vouchers_used -= 1;
        if self.s.vouchers.all[at].face > 0 {
            self.totals.vouchers_used_value -= i128::from(value);
        }
    }

    /// A voucher whose grant is taken back can no longer be used; what it took off, if it was, is owed. Says whether it
    /// is one over a sum, and what a sum had taken off.
    pub fn take_back_voucher(&mut self, id: Option<u32>) -> (bool, i64) {
        let Some(at) = id.and_then(|id| self.s.vouchers.place(id)) else { return (false, 0) };
        self.s.vouchers.close(at);
        self.s.vouchers.all[at].canceled = true;
        let (is_sum, used) = (self.s.vouchers.all[at].face > 0, self.s.vouchers.all[at].used);
        if let Some((_, value)) = used {
            self.s.owed += value;
            self.take_back_use(at, value);
        }
        (is_sum, used.filter(|_| is_sum).map_or(0, |(_, value)| value))
    }

    /// The next midnight at which a voucher expires.
    pub fn voucher_due(&self) -> Option<Date> {
        let firsts = self.s.vouchers.open.values().filter_map(BTreeSet::first);
        firsts.map(|(end, _)| *end).min().filter(|end| *end < Date::LATEST)
    }
}
