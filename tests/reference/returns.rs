//! Returns of whole purchases: "buying and returning everything leaves wallets, counters and tiers as if neither had
//! happened, except for time and what was already used".

use super::account::{Account, Entry, Kind, What};
use super::calendar::Moment;
use super::lots::Lot;
use super::number::Ratio;
use super::reading::key;
use super::{Happening, Outside, Read, Slip, Story};
use loyalty_dsl::syntax::ast::{MeasureKind, Trigger};

impl Account<'_> {
    /// All of a purchase comes back.
    pub fn take_back(&mut self, at: Moment, of: &str) -> Read<()> {
        let number = self.bought.iter().position(|bought| bought.id == of).ok_or(Outside("a return of nothing"))?;
        if self.bought[number].returned || at.instant < self.bought[number].at.instant {
            return Err(Outside("a return of nothing"));
        }
        self.bought[number].returned = true;
        let net = self.bought[number].net();
        let refund = self.write(at, Kind::Refund, None, What::Money, net);
        refund.purchase = Some(number);
        if !self.bought[number].counts {
            return Ok(());
        }
        let given = self.entries.iter().filter(|entry| entry.purchase == Some(number) && entry.rule.is_some());
        for entry in given.cloned().collect::<Vec<Entry>>() {
            self.reverse(at, &entry)?;
        }
        // "Entitlements it gave end."
        self.fired.iter_mut().filter(|fired| fired.purchase == Some(number)).for_each(|fired| fired.undone = true);
        self.restore(at, number)?;
        self.fall(at, number)
    }

    /// Posts the opposite of an entry, "in the period of the event that granted it".
    fn reverse(&mut self, at: Moment, entry: &Entry) -> Read<()> {
        let (kind, back) = match &entry.what {
            What::Wallet(name) => {
                let wallet = self.program.wallets.iter().position(|wallet| wallet.name == *name).expect("a wallet");
                (Kind::TakeBack, self.debit(at, wallet, entry)?)
            }
            _ => (entry.kind, entry.granted),
        };
        let keeps_room = self.program.slip == Slip::ReturnsKeepRoom;
        let posted = self.write(at, kind, entry.rule, entry.what.clone(), -back);
        (posted.purchase, posted.firing, posted.made) = (entry.purchase, entry.firing, entry.made);
        posted.earned = -entry.granted;
        posted.counts = if keeps_room { Ratio::ZERO } else { -entry.counts };
        posted.base = if keeps_room { Ratio::ZERO } else { -entry.base };
        Ok(())
    }

    /// "A take-back falls first on what is still pending …, then on the lot made from it, then on others in spending order;
    /// what had expired unused is not owed. If the balance does not suffice … the default lets it go negative."
    fn debit(&mut self, at: Moment, wallet: usize, entry: &Entry) -> Read<Ratio> {
        let own = self.lots.iter_mut().find(|lot| lot.firing == entry.firing && lot.wallet == wallet && entry.granted.positive());
        let Some(own) = own else { return Ok(Ratio::ZERO) };
        if own.restored.positive() && own.expired.positive() {
            return Err(Outside("points that came back and then expired"));
        }
        let owed = entry.granted - own.expired;
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
    fn fall(&mut self, at: Moment, number: usize) -> Read<()> {
        let happened = self.told.iter().copied().filter(|one| !matches!(one.what, Happening::Return(_))).cloned();
        let story = Story { joined: self.story.joined, happened: happened.collect(), until: at.local.date() };
        let days = |ladder: &super::reading::Ladder| ladder.measure.kind == MeasureKind::DaysWithPurchase;
        let day = self.bought[number].at.local.date();
        let beside = self.bought.iter().filter(|bought| bought.counts && bought.at.local.date() == day).count() > 1;
        if beside && self.program.ladders.iter().any(days) {
            return Err(Outside("a return of one of a day's purchases"));
        }
        let bought = self.bought.clone();
        let mut without = Account::new(self.program, &story);
        without.as_bought = Some(&bought);
        without.as_given = self.entries.clone();
        without.live()?;
        let ups = |entries: &[Entry]| -> Vec<(usize, usize, Moment)> {
            let ups = entries.iter().filter(|entry| entry.kind == Kind::TierUp);
            ups.filter_map(|entry| if let What::Tier(ladder, rung) = entry.what { Some((ladder, rung, entry.at)) } else { None }).collect()
        };
        let mut reached = ups(&self.entries);
        reached.retain(|up| !self.unreached.contains(up));
        let then = ups(&without.entries);
        for ladder in 0..self.standings.len() {
            if self.standings[ladder].grace != without.standings[ladder].grace {
                return Err(Outside("a return that moves a grace"));
            }
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
            let last = reached.iter().rev().find(|up| (up.0, up.1) == (ladder, rung)).is_some_and(|up| up.2 == when);
            if self.standings[ladder].held >= rung && last {
                self.standings[ladder].held = rung - 1;
                self.write(at, Kind::TierDown, None, What::Tier(ladder, rung), -Ratio::whole(1));
            }
            let name = self.program.ladders[ladder].rows[rung].name.clone();
            let program = self.program;
            let of_tier = |rule: usize| matches!(program.rules[rule].trigger, Some(Trigger::Reaching(tier)) if key(&tier.node) == name);
            let given = self.entries.iter().filter(|entry| entry.made == when && entry.rule.is_some_and(of_tier));
            let given: Vec<Entry> = given.cloned().collect();
            if !given.is_empty() && matches!(self.program.ladders[ladder].measure.kind, MeasureKind::Earned(_)) {
                return Err(Outside("a tier whose own grant had counted towards it"));
            }
            for entry in given {
                self.reverse(at, &entry)?;
            }
            self.fired.iter_mut().filter(|fired| fired.at == when && of_tier(fired.rule)).for_each(|fired| fired.undone = true);
        }
        Ok(())
    }
}
