//! Returns of parts: "a return re-evaluates its purchase without the returned units, with the rules, facts, tier and room in caps
//! and budgets of its own moment; no rule's reward may rise; … the difference is posted".

use super::account::{Account, Entry, Kind, What};
use super::calendar::Moment;
use super::number::{Mode, Ratio, shares};
use super::purchase::{Bought, Line};
use super::{Outside, Part, Read};
use loyalty_dsl::syntax::ast::Trigger;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

impl<'a> Account<'a> {
    pub fn take_back_part(&mut self, at: Moment, number: usize, part: &Part) -> Read<()> {
        let lines = less(&self.bought[number], part)?;
        if lines.iter().all(|line| line.shipping || line.gone()) {
            // "With no goods left a purchase counts as wholly returned."
            return self.take_back_all(at, number);
        }
        if !self.bought[number].counts {
            return Err(Outside("a part of what does not count"));
        }
        if self.payments.iter().any(|payment| payment.purchase == number)
            || self.vouchers.iter().any(|voucher| voucher.used == Some(number))
        {
            return Err(Outside("a part of what points or vouchers paid"));
        }
        let snapshot = self.snapshots.get(&number).cloned().ok_or(Outside("a part without a snapshot"))?;
        let pots = RefCell::new(snapshot.1.clone());
        let before = self.bought[number].net();
        // What the rules gave so far, with the parts of the first time.
        // "Its whole return takes both grants back": a part leaves what a referral gave.
        let program = self.program;
        let of_referral = |rule: usize| matches!(program.rules[rule].trigger, Some(Trigger::Referral(_)));
        let mine = self.originals(&|entry| entry.purchase == Some(number) && entry.rule.is_some_and(|rule| !of_referral(rule)));
        let gave: Vec<Entry> = mine
            .iter()
            .map(|entry| {
                let (granted, counts, base) = self.standing(*entry);
                Entry { granted, counts, base, ..self.entries[*entry].clone() }
            })
            .collect();
        let mut again: Account<'_> = snapshot.0.clone();
        again.pots = &pots;
        again.again = Some(Rc::new(gave.clone()));
        let (made, fired) = (again.entries.len(), again.fired.len());
        let was = &self.bought[number];
        let fresh = Bought { lines: lines.clone(), ..was.clone() };
        again.decide(Bought { returned: false, back: false, ..fresh })?;
        let given: Vec<Entry> = again.entries[made..].iter().filter(|entry| entry.rule.is_some()).cloned().collect();
        let decided = again.bought[number].lines.clone();
        let stand: Vec<_> = again.fired[fired..].iter().map(|one| (one.rule, one.period, one.step)).collect();
        drop(again);
        self.bought[number].lines = decided;
        self.bought[number].rest = lines;
        let refund = before - self.bought[number].net();
        if refund < Ratio::ZERO {
            return Err(Outside("a rest that costs more than all did"));
        }
        self.write(at, Kind::Refund, None, What::Money, refund.max(Ratio::ZERO)).purchase = Some(number);
        self.post_difference(at, &mine, &gave, &given)?;
        for one in self.fired.iter_mut().filter(|one| one.purchase == Some(number)) {
            one.undone |= !stand.contains(&(one.rule, one.period, one.step));
        }
        self.fall(at, number)
    }

    /// By rule, effect and thing: what is given now and was not before is not given; what was and is not is taken back.
    fn post_difference(&mut self, at: Moment, mine: &[usize], gave: &[Entry], given: &[Entry]) -> Read<()> {
        type Key = (usize, usize, Kind, What);
        let key = |entry: &Entry| -> Key { (entry.rule.expect("a rule"), entry.place, entry.kind, entry.what.clone()) };
        let mut now: BTreeMap<Key, (Ratio, Ratio, Ratio)> = BTreeMap::new();
        for entry in given {
            let sum = now.entry(key(entry)).or_default();
            *sum = (sum.0 + entry.earned, sum.1 + entry.counts, sum.2 + entry.base);
        }
        for (entry, old) in mine.iter().zip(gave) {
            if old.kind == Kind::VoucherUsed {
                continue;
            }
            if gave.iter().filter(|other| key(other) == key(old)).count() > 1 {
                return Err(Outside("a part of what fired several times"));
            }
            let new = now.get(&key(old)).copied().unwrap_or_default();
            let less = old.granted - new.0;
            if less.positive() {
                if old.kind == Kind::Voucher {
                    self.cancel_vouchers(old)?;
                }
                self.lessen(at, *entry, less, (old.counts - new.1).max(Ratio::ZERO), (old.base - new.2).max(Ratio::ZERO))?;
            }
        }
        Ok(())
    }

    /// What a rule gave on this purchase so far, where the purchase is looked at again.
    pub fn gave(&self, rule: usize, kind: Kind) -> Option<Gave> {
        let found = self.again.as_ref()?.iter().find(|entry| entry.rule == Some(rule) && entry.kind == kind);
        let gave = |entry: &Entry| Gave { granted: entry.granted, counts: entry.counts, parts: entry.parts.clone(), cut: entry.cut };
        Some(found.map(gave).unwrap_or_default())
    }
}

/// What a rule gave: how much, what of it counts towards limits, what lies on which line, and whether a limit cut it.
#[derive(Clone, Debug, Default)]
pub struct Gave {
    pub granted: Ratio,
    pub counts: Ratio,
    pub parts: Vec<(usize, Ratio)>,
    pub cut: bool,
}

/// What is left of the lines of a purchase.
fn less(bought: &Bought, part: &Part) -> Read<Vec<Line>> {
    let mut lines = bought.rest.clone();
    match part {
        Part::Rest => lines.iter_mut().for_each(|line| line.amount = Ratio::ZERO),
        Part::Amount(cents) => {
            let back = Ratio::whole((*cents).into());
            let amounts: Vec<Ratio> = lines.iter().map(|line| line.amount).collect();
            if back > amounts.iter().copied().sum() {
                return Err(Outside("more comes back than is left"));
            }
            for (line, back) in lines.iter_mut().zip(shares(back, &amounts)) {
                line.amount -= back;
                line.by_amount = true;
            }
        }
        Part::Units(product, units) => {
            let mut of_product = lines.iter_mut().filter(|line| line.product == *product && !product.is_empty());
            let line = of_product.next().ok_or(Outside("a return of what was not bought"))?;
            if of_product.next().is_some() {
                return Err(Outside("a return of one of two lines"));
            }
            let units = Ratio::whole((*units).into());
            if units > line.units || line.by_amount {
                return Err(Outside("more comes back than is left"));
            }
            line.amount = (line.amount * (line.units - units) / line.units).rounded(Mode::HalfUp, Ratio::whole(1));
            line.units -= units;
        }
    }
    lines.iter_mut().for_each(|line| (line.left, line.paid) = (line.amount, Ratio::ZERO));
    Ok(lines)
}
