//! Returns: "buying and returning everything leaves wallets, counters and tiers as if neither had
//! happened, except for time and what was already used".

use super::account::{Account, Entry, Kind, News, What};
use super::calendar::Moment;
use super::lots::Lot;
use super::number::Ratio;
use super::pots::Pots;
use super::reading::{Role, key};
use super::together::tell;
use super::vouchers::Voucher;
use super::{Happening, Outside, Part, Read, Slip, Story};
use loyalty_dsl::syntax::ast::{MeasureKind, Trigger};
use std::cell::RefCell;

impl Account<'_> {
    /// Something of a purchase comes back.
    pub fn take_back(&mut self, at: Moment, of: &str, part: &Part) -> Read<()> {
        let number = self.bought.iter().position(|bought| bought.id == of).ok_or(Outside("a return of nothing"))?;
        if self.bought[number].returned || at.instant < self.bought[number].at.instant {
            return Err(Outside("a return of nothing"));
        }
        self.bought[number].back = true;
        if (0..self.program.ladders.len()).any(|ladder| self.counts_anew(ladder)) {
            return Err(Outside("a return beside what counts since a tier was reached"));
        }
        match part {
            Part::Rest => self.take_back_all(at, number),
            part => self.take_back_part(at, number, part),
        }
    }

    /// All that is left of a purchase comes back.
    pub fn take_back_all(&mut self, at: Moment, number: usize) -> Read<()> {
        // "The net amount before less that after, less the share of it that had been paid with points."
        let paid: Ratio = self.bought[number].lines.iter().map(|line| line.paid).sum();
        let money = self.bought[number].net() - paid;
        let refund = self.write(at, Kind::Refund, None, What::Money, money);
        refund.purchase = Some(number);
        if !self.bought[number].counts {
            self.bought[number].returned = true;
            return Ok(());
        }
        // What had paid is in the balance before anything is taken back; what the purchase had put off is overdue only then.
        self.restore(at, number)?;
        for entry in self.originals(&|entry| entry.purchase == Some(number) && entry.rule.is_some() && entry.kind != Kind::VoucherUsed) {
            self.reverse(at, entry)?;
        }
        self.bought[number].returned = true;
        if self.vouchers.iter().any(|voucher| voucher.purchase == Some(number) && voucher.used.is_some()) {
            return Err(Outside("a voucher used that came of what came back"));
        }
        self.vouchers.iter_mut().filter(|voucher| voucher.purchase == Some(number)).for_each(|voucher| voucher.open = false);
        for voucher in self.vouchers.iter_mut().filter(|voucher| voucher.used == Some(number)) {
            // "Vouchers when nothing is left", never beyond their old last day.
            (voucher.used, voucher.open) = (None, true);
        }
        let used = self.entries.iter().filter(|entry| entry.kind == Kind::VoucherUsed && entry.purchase == Some(number));
        for (rule, value) in used.map(|entry| (entry.rule, entry.granted)).collect::<Vec<_>>() {
            self.write(at, Kind::VoucherRestored, rule, What::Money, -value).purchase = Some(number);
        }
        self.expire_vouchers(at.local.date(), at);
        self.news.push(News::Undone { purchase: number });
        // "Entitlements it gave end."
        let stay = self.program.slip == Slip::EntitlementsStay;
        self.fired.iter_mut().filter(|fired| fired.purchase == Some(number)).for_each(|fired| fired.undone = !stay);
        self.fall(at, number)?;
        // "Expiries that the purchase had put off … as if neither had happened": what is overdue falls due now.
        self.expire(at.local.date(), at);
        Ok(())
    }

    /// Entries of which something may stand, that take nothing back themselves.
    pub fn originals(&self, wanted: &dyn Fn(&Entry) -> bool) -> Vec<usize> {
        (0..self.entries.len()).filter(|entry| self.entries[*entry].of.is_none() && wanted(&self.entries[*entry])).collect()
    }

    /// What of an entry still stands: granted, what counts towards limits, and the base.
    pub fn standing(&self, entry: usize) -> (Ratio, Ratio, Ratio) {
        let all = self.entries.iter().enumerate().filter(|(place, other)| *place == entry || other.of == Some(entry));
        all.fold((Ratio::ZERO, Ratio::ZERO, Ratio::ZERO), |sum, (_, one)| (sum.0 + one.earned, sum.1 + one.counts, sum.2 + one.base))
    }

    /// Posts the opposite of what stands of an entry.
    pub fn reverse(&mut self, at: Moment, entry: usize) -> Read<()> {
        let (earned, counts, base) = self.standing(entry);
        self.lessen(at, entry, earned, counts, base)
    }

    /// Takes something of an entry back, "in the period of the event that granted it".
    pub fn lessen(&mut self, at: Moment, entry: usize, less: Ratio, counts: Ratio, base: Ratio) -> Read<()> {
        let of = self.entries[entry].clone();
        // "What was sent stays sent."
        if matches!(of.kind, Kind::Message | Kind::Donation) {
            return Ok(());
        }
        let (kind, back) = match &of.what {
            // Nothing was drawn: only that it was counts.
            What::Nothing if of.kind == Kind::Grant => (of.kind, Ratio::ZERO),
            What::Wallet(name) => {
                let wallet = self.program.wallets.iter().position(|wallet| wallet.name == *name).expect("a wallet");
                (Kind::TakeBack, self.debit(at, wallet, &of, less)?)
            }
            // What a voucher of a percentage took off counts nowhere but in its entry.
            _ if of.kind == Kind::Discount && of.earned == Ratio::ZERO => (of.kind, of.granted),
            _ => (of.kind, less),
        };
        self.give_back(&of, less);
        let keeps_room = self.program.slip == Slip::ReturnsKeepRoom;
        let posted = self.write(at, kind, of.rule, of.what.clone(), -back);
        (posted.purchase, posted.firing, posted.made) = (of.purchase, of.firing, of.made);
        (posted.of, posted.place, posted.earned) = (Some(entry), of.place, -less);
        posted.counts = if keeps_room { Ratio::ZERO } else { -counts };
        posted.base = if keeps_room { Ratio::ZERO } else { -base };
        Ok(())
    }

    /// "A take-back falls first on what is still pending …, then on the lot made from it, then on others in spending order;
    /// what had expired unused is not owed. If the balance does not suffice … the default lets it go negative."
    fn debit(&mut self, at: Moment, wallet: usize, entry: &Entry, less: Ratio) -> Read<Ratio> {
        let own = self.lots.iter_mut().find(|lot| lot.firing == entry.firing && lot.wallet == wallet && entry.granted.positive());
        let Some(own) = own else { return Ok(Ratio::ZERO) };
        if own.restored.positive() && own.expired.positive() {
            return Err(Outside("points that came back and then expired"));
        }
        if own.expired.positive() && less != entry.granted {
            return Err(Outside("a part of what expired"));
        }
        let owed = less - own.expired;
        let takes = owed.min(own.left);
        own.left -= takes;
        let mut rest = owed - takes;
        for number in self.spending_order(wallet, at.local.date()) {
            let takes = rest.min(self.lots[number].left).max(Ratio::ZERO);
            self.lots[number].left -= takes;
            rest -= takes;
        }
        if rest.positive() {
            let firing = usize::MAX;
            self.lots.push(Lot {
                wallet,
                left: -rest,
                firing,
                expired: Ratio::ZERO,
                restored: Ratio::ZERO,
                earned: at,
                active: None,
                own: None,
                forever: true,
            });
        }
        Ok(owed)
    }

    /// "Points that paid for it come back …, never beyond their old expiry."
    fn restore(&mut self, at: Moment, number: usize) -> Read<()> {
        let payments: Vec<_> = self.payments.iter().filter(|payment| payment.purchase == number).cloned().collect();
        for payment in payments {
            let owes = |lot: &Lot| lot.left < Ratio::ZERO && lot.wallet == self.program.redeems[payment.redeem].wallet;
            if payment.drawn.len() > 1 && self.lots.iter().any(owes) {
                return Err(Outside("a hole that several lots could fill"));
            }
            for (lot, units) in payment.drawn {
                let name = self.program.wallets[self.lots[lot].wallet].name.clone();
                self.write(at, Kind::Restore, None, What::Wallet(name.clone()), units).purchase = Some(number);
                self.lots[lot].left += units;
                self.lots[lot].restored += units;
                // Holes first; what is left of it and too old is gone at once.
                self.settle(at.local.date());
                let rest = self.lots[lot].left;
                if rest.positive() && self.last_day(&self.lots[lot]).is_some_and(|last| last < at.local.date()) {
                    (self.lots[lot].left, self.lots[lot].expired) = (Ratio::ZERO, self.lots[lot].expired + rest);
                    self.write(at, Kind::Expire, None, What::Wallet(name), -rest);
                }
            }
        }
        Ok(())
    }

    /// "A tier … that would not have been reached without the returned part is taken back at once, with what reaching it
    /// granted, and counts as never reached": the story is told again without what came back, "what other purchases earned
    /// stays".
    pub fn fall(&mut self, at: Moment, number: usize) -> Read<()> {
        let happened = self.told.iter().copied().filter(|one| !matches!(one.what, Happening::Return(..))).cloned();
        if !self.heard.is_empty() {
            return Err(Outside("a return of somebody who referred others"));
        }
        let story = Story { happened: happened.collect(), until: at.local.date(), ..self.story.clone() };
        let pots = RefCell::new(Pots::default());
        let days = |ladder: &super::reading::Ladder| ladder.measure.kind == MeasureKind::DaysWithPurchase;
        let day = self.bought[number].at.local.date();
        let beside = self.bought.iter().filter(|bought| bought.counts && bought.at.local.date() == day).count() > 1;
        if beside && self.program.ladders.iter().any(days) {
            return Err(Outside("a return of one of a day's purchases"));
        }
        let bought = self.bought.clone();
        let mut without = Account::new(self.program, &story, &pots);
        without.as_bought = Some(&bought);
        without.as_given = self.entries.clone();
        tell(std::slice::from_mut(&mut without))?;
        let ups = |entries: &[Entry]| -> Vec<(usize, usize, Moment)> {
            let ups = entries.iter().filter(|entry| entry.kind == Kind::TierUp);
            ups.filter_map(|entry| if let What::Tier(ladder, rung) = entry.what { Some((ladder, rung, entry.at)) } else { None }).collect()
        };
        let mut reached = ups(&self.entries);
        reached.retain(|up| !self.unreached.contains(up));
        let then = ups(&without.entries);
        for ladder in 0..self.standings.len() {
            self.standings[ladder].grace = without.standings[ladder].grace;
            self.standings[ladder].kept = without.standings[ladder].kept.clone();
        }
        if then.iter().any(|up| !reached.contains(up)) {
            return Err(Outside("a tier reached later without the returned part"));
        }
        for (ladder, rung, when) in reached.iter().rev().filter(|up| !then.contains(up)).copied() {
            if self.has_or(ladder) && rung < self.program.ladders[ladder].rows.len() - 1 {
                return Err(Outside("a rung reached by a jump over it"));
            }
            self.unreached.push((ladder, rung, when));
            // When that tier was left, if it was.
            let mut moves = self.entries.iter().filter(|entry| entry.what == What::Tier(ladder, rung));
            let _up = moves.find(|entry| entry.kind == Kind::TierUp && entry.at == when);
            let left = moves.next().filter(|entry| entry.kind == Kind::TierDown).map(|entry| entry.at);
            let last = reached.iter().rev().find(|up| (up.0, up.1) == (ladder, rung)).is_some_and(|up| up.2 == when);
            if self.standings[ladder].held >= rung && last {
                self.standings[ladder].held = rung - 1;
                self.write(at, Kind::TierDown, None, What::Tier(ladder, rung), -Ratio::whole(1));
            }
            let name = self.program.ladders[ladder].rows[rung].name.clone();
            let program = self.program;
            let of_tier = |rule: usize| matches!(program.rules[rule].trigger, Some(Trigger::Reaching(tier)) if key(&tier.node) == name);
            let given = self.originals(&|entry| entry.made == when && entry.rule.is_some_and(of_tier));
            if !given.is_empty() && matches!(self.program.ladders[ladder].measure.kind, MeasureKind::Earned(_)) {
                return Err(Outside("a tier whose own grant had counted towards it"));
            }
            // "What leaving a tier granted goes back with a tier that counts as never reached."
            let of_leaving = |rule: usize| matches!(program.rules[rule].trigger, Some(Trigger::Leaving(tier)) if key(&tier.node) == name);
            let given_later = self.originals(&|entry| Some(entry.made) == left && entry.rule.is_some_and(of_leaving));
            for entry in given.into_iter().chain(given_later) {
                if self.entries[entry].kind == Kind::Voucher {
                    let of = self.entries[entry].clone();
                    self.cancel_vouchers(&of)?;
                }
                self.reverse(at, entry)?;
            }
            let back = |fired: &super::account::Firing| {
                fired.at == when && of_tier(fired.rule) || Some(fired.at) == left && of_leaving(fired.rule)
            };
            self.fired.iter_mut().filter(|fired| back(fired)).for_each(|fired| fired.undone = true);
        }
        self.drop_overdue(at, &without)?;
        self.test_again(at, &without)
    }

    /// Keep periods and windows that "the purchase had put off": a review that would have found less is overdue.
    fn drop_overdue(&mut self, at: Moment, without: &Account) -> Read<()> {
        for ladder in 0..self.standings.len() {
            let (held, then) = (self.standings[ladder].held, without.standings[ladder].held);
            for rung in (then + 1..=held).rev() {
                self.leave(ladder, rung, at)?;
            }
        }
        Ok(())
    }

    /// "A grant at the end of a period, on a day or after a silence, whose tests looked at measures that the return lowers, is
    /// tested again with them and taken back": those that the story does not tell without what came back.
    fn test_again(&mut self, at: Moment, without: &Account) -> Read<()> {
        let by_time = |rule: usize| self.program.rules[rule].role == Role::Rule && self.program.rules[rule].is_by_time();
        for entry in self.originals(&|entry| entry.purchase.is_none() && entry.rule.is_some_and(by_time)) {
            let of = self.entries[entry].clone();
            let same = |other: &&Entry| (other.rule, other.made, other.kind, &other.what) == (of.rule, of.made, of.kind, &of.what);
            if !self.standing(entry).0.positive() || without.entries.iter().any(|other| same(&other)) {
                continue;
            }
            if self.program.ladders.iter().any(|ladder| matches!(ladder.measure.kind, MeasureKind::Earned(_) | MeasureKind::Balance(_))) {
                return Err(Outside("a grant that is tested again beside a ladder of what is earned"));
            }
            if of.kind == Kind::Voucher {
                self.cancel_vouchers(&of)?;
            }
            self.reverse(at, entry)?;
        }
        Ok(())
    }

    /// Vouchers whose grant is taken back can no longer be used.
    pub fn cancel_vouchers(&mut self, of: &Entry) -> Read<()> {
        let mine = |voucher: &&mut Voucher| Some(voucher.rule) == of.rule && voucher.granted == of.made;
        for voucher in self.vouchers.iter_mut().filter(mine) {
            if voucher.used.is_some() {
                return Err(Outside("a voucher used that came of what came back"));
            }
            voucher.open = false;
        }
        Ok(())
    }
}
