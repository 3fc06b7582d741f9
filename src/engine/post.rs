//! Posting: what an evaluation gave becomes lots, entries and sums.

use super::Recorder;
use super::account::{Account, Entitled};
use super::bind::{Bound, counts_times};
use super::calendar;
use super::diary::Counts;
use super::ledger::{Because, Entry, Kind, Source, Unit};
use super::lines::Line;
use super::lots::{Lot, LotState, Piece};
use super::measures;
use super::pots;
use super::purchase::{self, Award, Given, Outcome};
use super::returns::Record;
use super::shared::Message;
use crate::program::{ExpireAfter, Expiry, LimitWhat, MeasureKind, Members, Pending, Period, Rule, RuleId, TierId, Trigger, WalletId};
use crate::value::{Checked, Date, DateTime, Overflow};
use std::ops::Range;

/// What moves the expiry of wallets that follow the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Activity {
    Purchase,
    Event,
    Spending,
    Earning,
}

/// Where an award comes from.
#[derive(Clone, Copy)]
pub(super) struct Origin<'a> {
    pub source: Source,
    pub rule: &'a Rule,
    /// The first of its limits.
    pub limits: usize,
}

impl<'a> Bound<'a> {
    /// A rule, or one inside an exchange or a reward, as the origin of awards.
    pub fn origin(&self, rule: usize) -> Origin<'a> {
        let small = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
        let (rules, exchanges) = (self.program.rules.len(), self.program.exchanges.len());
        let source = match rule.checked_sub(rules) {
            None => Source::Rule(RuleId(small(rule))),
            Some(at) if at < exchanges => Source::Exchange(small(at)),
            Some(at) => Source::Reward(small(at - exchanges)),
        };
        Origin { source, rule: self.rules[rule], limits: self.rule_limits[rule] }
    }
}

impl<'a, R: Recorder> Account<'a, R> {
    /// Posts a purchase: stages 3 to 7 as they change the account.
    pub fn commit(&mut self, index: u32, at: usize, out: &mut Outcome, recorded: Vec<Line>) -> Checked<()> {
        let active = self.s.facts.member;
        let counted = out.amount > 0;
        // Kept only for purchases that come back later.
        let mut record = (!recorded.is_empty()).then(|| Box::new(Record::new(index, at, recorded, &self.s.facts, out)));
        if active {
            self.totals.member_purchases += 1;
            self.totals.member_sales += i128::from(out.amount);
            for (totals, rung) in self.totals.tiers.iter_mut().zip(&self.s.facts.tiers) {
                let tier = &mut totals[usize::from(*rung)];
                tier.purchases += 1;
                tier.sales += i128::from(out.amount);
            }
            self.touch_activity(Activity::Purchase);
        }
        self.post_awards(out, 0..out.discounted, index, &mut record)?;
        let used = self.post_vouchers(out, index);
        if let Some(record) = &mut record {
            record.vouchers = used;
        }
        self.post_payments(out, index, &mut record)?;
        self.post_awards(out, out.discounted..out.earned, index, &mut record)?;
        // Completion.
        let counts = active || self.bound.program.count_earlier || self.opens_door();
        if counts && counted {
            self.count_purchase(out, index)?;
        }
        if active {
            let (periods, today) = (self.periods(), self.today);
            for ((state, pot), (used, closed)) in self.shared.pots.iter_mut().zip(&self.bound.pots).zip(&out.pots) {
                state.take(pot, today, periods, *used);
                if *closed {
                    state.close(pot, today, periods);
                }
            }
            if !out.tops.is_empty() {
                self.note_tops(&out.tops, 1, today)?;
            }
            self.complete(out, index, at, &mut record)?;
            if counted {
                self.refer(index);
            }
        }
        if let Some(mut record) = record {
            record.counted = counts;
            record.keep(out);
            self.s.records.push(*record);
        }
        if active {
            self.test_tiers(Some(index), true)?;
            self.exchange_after_purchase(out, at)?;
        } else if counted {
            self.knock(out)?;
        }
        Ok(())
    }

    /// The first purchase of a referred customer as a member is what the referrer's rules wait for.
    fn refer(&mut self, purchase: u32) {
        if !self.bound.has_referral {
            return;
        }
        let count = self.s.member_purchases.entry(self.s.facts.customer).or_default();
        *count += 1;
        let customer = usize::try_from(self.s.facts.customer).unwrap_or(usize::MAX);
        if *count == 1
            && let Some(referrer) = self.part.customers.referred_by.get(customer).cloned().flatten()
        {
            self.shared.outbox.push(Message::Referral { referrer, friend: self.shared.account, purchase });
        }
    }

    /// Whether purchases before membership are measured because they may open the door.
    fn opens_door(&self) -> bool {
        !self.s.member && matches!(self.bound.program.members, Members::If(_))
    }

    /// A purchase of a non-member: it may fulfil what a closed program asks for.
    fn knock(&mut self, out: &Outcome) -> Checked<()> {
        if self.s.member || !self.in_life(self.today) && !self.bound.program.count_earlier {
            return Ok(());
        }
        self.s.before.0 = self.s.before.0.checked_add(out.amount).ok_or(Overflow)?;
        self.s.before.1 += 1;
        let opens = match &self.bound.program.members {
            Members::AfterSpending(amount) => self.s.before.0 >= *amount,
            Members::AfterPurchases(count) => self.s.before.1 >= *count,
            Members::If(expr) => {
                let customer = self.s.facts.customer;
                self.fill_facts(customer);
                self.scene().holds(expr)?
            }
            Members::Automatically | Members::BySignup => false,
        };
        if opens && self.in_life(self.today) {
            self.join(self.today, true)?;
        }
        Ok(())
    }

    /// Posts the awards of a stage, rule by rule.
    fn post_awards(&mut self, out: &Outcome, stage: Range<usize>, index: u32, record: &mut Option<Box<Record>>) -> Checked<()> {
        let mut from = stage.start;
        for group in out.awards[stage].chunk_by(|a, b| a.rule == b.rule) {
            let rule = group[0].rule;
            let origin = self.bound.origin(rule);
            let mut gave = false;
            self.at_rule = Some(origin.source);
            for (at, award) in (from..).zip(group) {
                gave |= award.reward.granted != 0;
                if self.post_unread(origin.source, award)? {
                    continue;
                }
                let posted = self.post(origin, award, Some(index))?;
                if let Some(record) = record {
                    record.posted(at, posted);
                }
            }
            from += group.len();
            if gave {
                self.rule_totals(origin.source).fired += 1;
                if !origin.rule.limits.is_empty() {
                    self.use_limits(origin, group.iter(), record.as_deref_mut())?;
                }
                self.use_entitlement(rule, record);
            }
        }
        Ok(())
    }

    /// Posts an award that nobody will read or take back as sums alone; false if more depends on it.
    fn post_unread(&mut self, source: Source, award: &Award) -> Checked<bool> {
        let (granted, Source::Rule(rule)) = (award.reward.granted, source) else { return Ok(false) };
        if R::ON || !self.returned.is_empty() || granted <= 0 {
            return Ok(false);
        }
        let rule = rule.index();
        match award.given {
            Given::Discount => {
                self.totals.discounts += i128::from(granted);
                let totals = &mut self.totals.rules[rule];
                totals.discount += i128::from(granted);
                totals.cut += i128::from(award.reward.wanted - granted);
            }
            Given::Earn(wallet) | Given::Multiply(wallet) if self.bound.lasting_rules[rule][wallet.index()] => {
                self.credit_lasting(rule, wallet.index(), granted)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn use_entitlement(&mut self, rule: usize, record: &mut Option<Box<Record>>) {
        let entitled = &mut self.s.entitled[rule];
        if entitled.active
            && let Some(left) = entitled.uses_left.as_mut()
        {
            *left = left.saturating_sub(1);
            if let Some(record) = record {
                record.used_entitlements.push(rule);
            }
        }
    }

    /// Counts what awards of one firing use of their rule's limits.
    pub fn use_limits<'b>(
        &mut self,
        origin: Origin<'_>,
        awards: impl Iterator<Item = &'b Award> + Clone,
        mut record: Option<&mut Record>,
    ) -> Checked<()> {
        let periods = self.periods();
        for (offset, limit) in origin.rule.limits.iter().enumerate() {
            let Some(window) = measures::limit_window(limit) else { continue };
            let used = awards.clone().try_fold(0_i64, |sum, award| {
                let counts = match (limit.what, award.given) {
                    (LimitWhat::Times(_), _) => 0,
                    (LimitWhat::First(_), _) => award.reward.first,
                    (LimitWhat::Units(wallet, _), Given::Earn(w) | Given::Multiply(w) | Given::Grant(w)) if wallet == w => {
                        award.reward.counts
                    }
                    (LimitWhat::Money(_), Given::Discount | Given::Voucher | Given::Donation) => award.reward.counts,
                    (LimitWhat::Money(_) | LimitWhat::Percent(_), Given::Earn(_) | Given::Multiply(_) | Given::Grant(_)) => {
                        award.reward.counts
                    }
                    _ => 0,
                };
                sum.checked_add(counts)
            });
            let mut used = used.ok_or(Overflow)?;
            if counts_times(limit) && awards.clone().any(|a| a.reward.granted != 0 && !a.reward.only_then) {
                used = 1;
            }
            if used != 0 {
                self.s.limits[origin.limits + offset].add(window, self.local, periods, used, true)?;
                if let Some(record) = record.as_deref_mut() {
                    record.limits.push((origin.limits + offset, used));
                } else if self.s.log_grants {
                    self.s.limits_log.push((origin.limits + offset, used));
                }
            }
        }
        Ok(())
    }

    /// Posts one award and says which entry and lot it made.
    pub fn post(&mut self, origin: Origin<'_>, award: &Award, purchase: Option<u32>) -> Checked<(u32, Option<u32>)> {
        self.at_rule = Some(origin.source);
        let granted = award.reward.granted;
        let posted = match award.given {
            Given::Discount | Given::Price | Given::FreeShipping => {
                let (kind, sum) = match award.given {
                    Given::Discount => (Kind::Discount, &mut self.totals.discounts),
                    Given::Price => (Kind::Price, &mut self.totals.discounts),
                    _ => (Kind::FreeShipping, &mut self.totals.free_shipping),
                };
                *sum += i128::from(granted);
                let totals = self.rule_totals(origin.source);
                totals.discount += i128::from(granted);
                totals.cut += i128::from(award.reward.wanted - granted);
                (self.write(origin, award, kind, purchase, Unit::Money, None), None)
            }
            Given::Earn(wallet) => self.credit(origin, award, Kind::Earn, wallet, purchase)?,
            Given::Multiply(wallet) => self.credit(origin, award, Kind::Multiply, wallet, purchase)?,
            Given::Grant(wallet) => self.credit(origin, award, Kind::Grant, wallet, purchase)?,
            Given::Gift(gift) => {
                let cost = self.bound.program.gifts[gift.index()].costs;
                self.totals.gifts[gift.index()] += 1;
                let totals = self.rule_totals(origin.source);
                totals.gifts += 1;
                totals.cost += i128::from(cost);
                (self.write(origin, award, Kind::Gift(gift), purchase, Unit::Count, None), None)
            }
            Given::Message => {
                self.totals.messages += 1;
                self.totals.message_cost += i128::from(granted);
                self.rule_totals(origin.source).cost += i128::from(granted);
                (self.write(origin, award, Kind::Message, purchase, Unit::Money, None), None)
            }
            Given::Donation => {
                self.totals.donations += i128::from(granted);
                self.rule_totals(origin.source).cost += i128::from(granted);
                (self.write(origin, award, Kind::Donation, purchase, Unit::Money, None), None)
            }
            Given::Access(access) => (self.write(origin, award, Kind::Access(access), purchase, Unit::Count, None), None),
            Given::Entries(draw) => {
                // What the day of the draw itself brings comes after it.
                if self.today < self.bound.program.draws[draw.index()].date {
                    *self.shared.entries[draw.index()].entry(self.shared.account).or_default() += granted;
                }
                (self.write(origin, award, Kind::Entries(draw), purchase, Unit::Count, None), None)
            }
            Given::Voucher => self.keep_voucher(origin, award, purchase),
            Given::MoveTo(tier) => {
                self.move_to(tier, origin.rule.entitlement.lasts)?;
                (self.s.seq, None)
            }
        };
        if self.s.log_grants {
            self.s.granted_log.push((*award, posted.0, posted.1));
        }
        Ok(posted)
    }

    pub fn rule_totals(&mut self, source: Source) -> &mut super::totals::RuleTotals {
        let totals = &mut *self.totals;
        match source {
            Source::Exchange(at) => &mut totals.exchanges[usize::from(at)],
            Source::Reward(at) => &mut totals.rewards[usize::from(at)],
            Source::Redeem(at) => &mut totals.redeems[usize::from(at)],
            Source::Rule(id) => &mut totals.rules[id.index()],
            _ => &mut self.s.unowned,
        }
    }

    /// Writes an award's entry.
    pub fn write(
        &mut self,
        origin: Origin<'_>,
        award: &Award,
        kind: Kind,
        purchase: Option<u32>,
        unit: Unit,
        lot: Option<(u32, Option<Date>)>,
    ) -> u32 {
        self.s.seq += 1;
        if R::ON {
            let because = R::WHY.then(|| {
                Box::new(Because {
                    base: (award.base != 0).then_some(award.base),
                    rate: String::new(),
                    cut: (award.reward.granted < award.reward.wanted).then(String::new),
                    facts: Vec::new(),
                })
            });
            let entry = Entry {
                seq: self.s.seq,
                at: self.now,
                purchase,
                source: origin.source,
                kind,
                wanted: award.reward.wanted,
                granted: award.reward.granted,
                unit,
                lot: lot.map(|(id, _)| id),
                expires: lot.and_then(|(_, expires)| expires).map(|end| end.plus_days(-1)),
                reverses: None,
                because,
            };
            self.recorder.entry(entry);
        }
        self.s.seq
    }

    /// Makes a lot. An award of nothing, or less, makes none.
    fn credit(
        &mut self,
        origin: Origin<'_>,
        award: &Award,
        kind: Kind,
        wallet: WalletId,
        purchase: Option<u32>,
    ) -> Checked<(u32, Option<u32>)> {
        let granted = award.reward.granted;
        let unit = Unit::Wallet(wallet);
        if granted > 0 && origin.rule.life.paid_at.is_some() {
            // Until the end of its period it is pending without a lot.
            let index = wallet.index();
            let unpaid = &mut self.s.unpaid[origin.rule.id.index()][index];
            *unpaid = unpaid.checked_add(granted).ok_or(Overflow)?;
            self.s.wallets[index].pending += granted;
            self.totals.wallets[index].issued += i128::from(granted);
            self.rule_totals(origin.source).wallets[index] += i128::from(granted);
            for &measure in &self.bound.earned_measures[index] {
                self.add_measure(measure, granted, purchase)?;
            }
            return Ok((self.write(origin, award, kind, purchase, unit, None), None));
        }
        if granted <= 0 {
            let entry = self.write(origin, award, kind, purchase, unit, None);
            if granted < 0 {
                self.deduct(wallet, -granted, purchase)?;
                self.rule_totals(origin.source).wallets[wallet.index()] += i128::from(granted);
                for &measure in &self.bound.earned_measures[wallet.index()] {
                    self.add_measure(measure, granted, purchase)?;
                }
            }
            return Ok((entry, None));
        }
        let earned = self.today;
        if self.bound.expires_with(wallet.index(), ExpireAfter::LastEarning)
            && matches!(origin.source, Source::Rule(_))
            && !is_scheduled(&origin.rule.trigger)
        {
            self.touch_activity(Activity::Earning);
        }
        let (expires, own_terms) = self.lot_expiry(origin.rule, wallet, earned);
        let state = self.lot_state(origin.rule, wallet, earned);
        self.s.last_lot += 1;
        let id = self.s.last_lot;
        let entry = self.write(origin, award, kind, purchase, unit, Some((id, expires)));
        let matures = expires.is_some_and(|end| end <= self.close);
        let index = wallet.index();
        self.totals.wallets[index].issued += i128::from(granted);
        if matures {
            self.totals.wallets[index].matured_issued += i128::from(granted);
        }
        self.rule_totals(origin.source).wallets[index] += i128::from(granted);
        let rule = matches!(origin.source, Source::Rule(_)).then(|| origin.rule.id.index());
        let keeps_lots = R::ON || !self.returned.is_empty();
        let purse = &mut self.s.wallets[index];
        let alike = |lot: &Lot| {
            lot.expires == expires && lot.own_terms == own_terms && lot.state == state && lot.state == LotState::Active && purse.debt == 0
        };
        if !keeps_lots && purse.lots.last().is_some_and(alike) {
            // Nothing will ask for this lot by itself: it may grow the last one of the same terms.
            if let Some(last) = purse.lots.last_mut() {
                last.purchase = purchase;
                last.granted = last.granted.checked_add(granted).ok_or(Overflow)?;
                last.left = last.left.checked_add(granted).ok_or(Overflow)?;
                purse.balance = purse.balance.checked_add(granted).ok_or(Overflow)?;
            }
        } else {
            purse.push(Lot { id, granted, left: granted, earned, rule, purchase, entry, expires, own_terms, state, lapsed: 0, matures })?;
        }
        let due = purse.due;
        self.lower_due(due);
        for &measure in &self.bound.earned_measures[index] {
            self.add_measure(measure, granted, purchase)?;
        }
        Ok((entry, Some(id)))
    }

    /// A multiplier below one takes from what the same purchase earned, pending or not; its own entry says so.
    fn deduct(&mut self, wallet: WalletId, units: i64, purchase: Option<u32>) -> Checked<()> {
        let index = wallet.index();
        let mut missing = units;
        let purse = &mut self.s.wallets[index];
        for lot in purse.lots.iter_mut().rev().filter(|lot| lot.purchase == purchase) {
            let piece = missing.min(lot.left);
            lot.left -= piece;
            missing -= piece;
            *(if lot.state == LotState::Active { &mut purse.balance } else { &mut purse.pending }) -= piece;
        }
        for &rule in &self.bound.paid_rules {
            let piece = missing.min(self.s.unpaid[rule][index]);
            self.s.unpaid[rule][index] -= piece;
            self.s.wallets[index].pending -= piece;
            missing -= piece;
        }
        // What was earned filled a debt: it is owed again.
        let purse = &mut self.s.wallets[index];
        purse.debt = purse.debt.checked_add(missing).ok_or(Overflow)?;
        purse.balance -= missing;
        self.totals.wallets[index].taken_back += i128::from(units);
        Ok(())
    }

    /// Adds to a wallet whose lots neither expire nor wait, where no lot is told from another.
    fn credit_lasting(&mut self, rule: usize, index: usize, granted: i64) -> Checked<()> {
        self.totals.wallets[index].issued += i128::from(granted);
        self.totals.rules[rule].wallets[index] += i128::from(granted);
        let purse = &mut self.s.wallets[index];
        let fill = purse.debt.min(granted);
        purse.debt -= fill;
        purse.balance = purse.balance.checked_add(granted).ok_or(Overflow)?;
        match purse.lots.last_mut() {
            Some(last) if !last.own_terms && last.expires.is_none() && last.state == LotState::Active => {
                last.granted = last.granted.checked_add(granted).ok_or(Overflow)?;
                last.left = last.left.checked_add(granted - fill).ok_or(Overflow)?;
            }
            _ => {
                self.s.last_lot += 1;
                purse.lots.push(Lot {
                    id: self.s.last_lot,
                    granted,
                    left: granted - fill,
                    earned: self.today,
                    rule: None,
                    purchase: None,
                    entry: 0,
                    expires: None,
                    own_terms: false,
                    state: LotState::Active,
                    lapsed: 0,
                    matures: false,
                });
            }
        }
        for &measure in &self.bound.earned_measures[index] {
            self.add_measure(measure, granted, None)?;
        }
        Ok(())
    }

    /// The midnight from which a lot cannot be used, and whether its rule said so.
    pub fn lot_expiry(&self, rule: &Rule, wallet: WalletId, earned: Date) -> (Option<Date>, bool) {
        let periods = self.periods();
        if let Some(span) = rule.life.expiring_after {
            return (Some(calendar::last_day(earned, span).plus_days(1)), true);
        }
        if let Some(usable) = rule.life.usable {
            let last = self.usable_days(usable, earned).map(|(_, last)| last.plus_days(1));
            return (last, true);
        }
        let wallet_index = wallet.index();
        let expiry = self.bound.program.wallets[wallet_index].expiry;
        if self.bound.follows_activity(wallet_index) {
            // What it follows may have lapsed: then it lives a span of its own.
            let common = self.s.wallets[wallet_index].common_expiry.filter(|end| *end > earned);
            return (common.or_else(|| calendar::expiry_last_day(expiry, earned, periods).map(|d| d.plus_days(1))), false);
        }
        (calendar::expiry_last_day(expiry, earned, periods).map(|last| last.plus_days(1)), false)
    }

    fn lot_state(&self, rule: &Rule, wallet: WalletId, earned: Date) -> LotState {
        let pending = rule.life.pending.as_ref().unwrap_or(&self.bound.program.wallets[wallet.index()].pending);
        match pending {
            Pending::No => LotState::Active,
            Pending::For(span) => {
                let from = calendar::last_day(earned, *span);
                if from > earned { LotState::PendingUntil(from) } else { LotState::Active }
            }
            Pending::Until { within, .. } => LotState::Unconfirmed(within.map(|span| calendar::last_day(earned, span).plus_days(1))),
        }
    }

    /// Makes the lot that a worked example's customer holds at first.
    pub fn hold(&mut self, wallet: WalletId, units: i64) -> Checked<()> {
        let index = wallet.index();
        let (earned, periods) = (self.today, self.periods());
        let expiry = self.bound.program.wallets[index].expiry;
        let expires = calendar::expiry_last_day(expiry, earned, periods).map(|last| last.plus_days(1));
        self.s.last_lot += 1;
        let id = self.s.last_lot;
        let entry = self.record(Source::Given, Kind::Grant, None, units, units, Unit::Wallet(wallet));
        self.totals.wallets[index].issued += i128::from(units);
        self.s.wallets[index].push(Lot {
            id,
            granted: units,
            left: units,
            earned,
            rule: None,
            purchase: None,
            entry,
            expires,
            own_terms: false,
            state: LotState::Active,
            lapsed: 0,
            matures: false,
        })?;
        for &measure in &self.bound.earned_measures[index] {
            self.add_measure(measure, units, None)?;
        }
        self.lower_due(expires);
        Ok(())
    }

    /// Makes one lot of what was pending for a payment; nothing new is issued.
    pub fn pay_lot(&mut self, origin: Origin<'_>, wallet: usize, units: i64) -> Checked<()> {
        let id = WalletId(u16::try_from(wallet).unwrap_or(u16::MAX));
        let earned = self.today;
        let (expires, own_terms) = self.lot_expiry(origin.rule, id, earned);
        self.s.last_lot += 1;
        let lot = self.s.last_lot;
        let reward = super::reward::Reward { wanted: 0, granted: 0, ..super::reward::Reward::default() };
        let award = Award { rule: origin.rule.id.index(), effect: 0, given: Given::Grant(id), reward, base: units };
        let entry = self.write(origin, &award, Kind::Activate, None, Unit::Wallet(id), Some((lot, expires)));
        let matures = expires.is_some_and(|end| end <= self.close);
        if matures {
            self.totals.wallets[wallet].matured_issued += i128::from(units);
        }
        let purse = &mut self.s.wallets[wallet];
        purse.pending -= units;
        purse.push(Lot {
            id: lot,
            granted: units,
            left: units,
            earned,
            rule: Some(origin.rule.id.index()),
            purchase: None,
            entry,
            expires,
            own_terms,
            state: LotState::Active,
            lapsed: 0,
            matures,
        })?;
        let due = purse.due;
        self.lower_due(due);
        Ok(())
    }

    /// Adds to a measure outside completion.
    pub fn add_measure(&mut self, measure: usize, amount: i64, purchase: Option<u32>) -> Checked<()> {
        let window = self.bound.program.measures[measure].window;
        let (periods, local, member) = (self.periods(), self.local, self.s.member);
        self.s.measures[measure].add(window, local, periods, amount, member)?;
        if !self.returned.is_empty() {
            self.s.measures[measure].note(local, purchase, amount);
        }
        Ok(())
    }

    /// Moves the expiry of lots that follow the customer.
    pub fn touch_activity(&mut self, activity: Activity) {
        if !self.bound.any_follows_activity {
            return;
        }
        let (periods, today) = (self.periods(), self.today);
        for index in 0..self.s.wallets.len() {
            let expiry = self.bound.program.wallets[index].expiry;
            let Expiry::After { after, .. } = expiry else { continue };
            let moves = match after {
                ExpireAfter::Earning => false,
                ExpireAfter::LastActivity => activity != Activity::Earning,
                ExpireAfter::LastPurchase => activity == Activity::Purchase,
                ExpireAfter::LastEarning => activity == Activity::Earning,
            };
            if !moves {
                continue;
            }
            let end = calendar::expiry_last_day(expiry, today, periods).map(|last| last.plus_days(1));
            let wallet = &mut self.s.wallets[index];
            wallet.common_expiry = end;
            for lot in wallet.lots.iter_mut().filter(|lot| !lot.own_terms) {
                lot.expires = end;
            }
            wallet.lower_due(end);
            self.lower_due(end);
        }
    }

    fn post_payments(&mut self, out: &Outcome, index: u32, record: &mut Option<Box<Record>>) -> Checked<()> {
        let mut paid = false;
        for payment in &out.payments {
            if payment.units < payment.wanted {
                self.totals.payments_cut += 1;
            }
            if payment.units == 0 {
                self.totals.refused += 1;
                self.record(Source::Wallet(payment.wallet), Kind::Refused, Some(index), payment.wanted, 0, Unit::Wallet(payment.wallet));
                continue;
            }
            paid = true;
            let source = Source::Redeem(u16::try_from(payment.redeem).unwrap_or(u16::MAX));
            self.at_rule = Some(source);
            let mut pieces = Vec::new();
            self.spend(payment.wallet, payment.units, source, Kind::Spend, Some(index), &mut pieces)?;
            self.totals.wallets[payment.wallet.index()].redeemed_value += i128::from(payment.value);
            let totals = &mut self.totals.redeems[payment.redeem];
            totals.fired += 1;
            totals.discount += i128::from(payment.value);
            let limits = &self.bound.program.redeems[payment.redeem].limits;
            for (offset, limit) in limits.iter().enumerate() {
                let Some(window) = measures::limit_window(limit) else { continue };
                let used = match limit.what {
                    LimitWhat::Money(_) => payment.value,
                    LimitWhat::Units(..) => payment.units,
                    LimitWhat::Times(_) => 1,
                    _ => continue,
                };
                let slot = self.bound.redeem_limits[payment.redeem] + offset;
                let periods = self.periods();
                self.s.limits[slot].add(window, self.local, periods, used, true)?;
                if let Some(record) = record {
                    record.limits.push((slot, used));
                }
            }
            if let Some(record) = record {
                record.payments.push((*payment, pieces, 0));
            }
        }
        if paid {
            self.totals.purchases_with_redemption += 1;
            self.s.redeemed = true;
            self.touch_activity(Activity::Spending);
        }
        Ok(())
    }

    /// Takes units from a wallet, with an entry for each lot drawn from.
    pub fn spend(
        &mut self,
        wallet: WalletId,
        units: i64,
        source: Source,
        kind: Kind,
        purchase: Option<u32>,
        pieces: &mut Vec<Piece>,
    ) -> Checked<()> {
        let index = wallet.index();
        let order = self.bound.program.wallets[index].spend;
        self.s.wallets[index].take(units, order, pieces);
        self.totals.wallets[index].spent += i128::from(units);
        for piece in pieces.iter() {
            if piece.matures {
                self.totals.wallets[index].matured_spent += i128::from(piece.units);
            }
            self.s.seq += 1;
            if R::ON {
                self.recorder.entry(Entry {
                    seq: self.s.seq,
                    at: self.now,
                    purchase,
                    source,
                    kind,
                    wanted: -piece.units,
                    granted: -piece.units,
                    unit: Unit::Wallet(wallet),
                    lot: Some(piece.lot),
                    expires: piece.expires.map(|end| end.plus_days(-1)),
                    reverses: None,
                    because: None,
                });
            }
        }
        for &measure in &self.bound.spent_measures[index] {
            self.add_measure(measure, units, purchase)?;
        }
        if !R::ON && self.returned.is_empty() {
            self.s.wallets[index].tidy();
        }
        Ok(())
    }

    /// Counters and windows move.
    fn count_purchase(&mut self, out: &mut Outcome, index: u32) -> Checked<()> {
        let (periods, local, member) = (self.periods(), self.local, self.s.member);
        let today = local.date();
        let returns = !self.returned.is_empty();
        for (measure, ((add, counts), (window, days))) in out.adds.iter_mut().zip(&self.bound.windows).enumerate() {
            if !*counts {
                continue;
            }
            if *days {
                if returns {
                    self.s.diary.note(Counts::Day(measure), today, index);
                }
                if self.s.last_counted_day[measure] == Some(today) {
                    *add = 0;
                    continue;
                }
                self.s.last_counted_day[measure] = Some(today);
            }
            let sum = &mut self.s.measures[measure];
            sum.add(*window, local, periods, *add, member)?;
            if returns {
                sum.note(local, Some(index), *add);
            }
        }
        self.s.counted_purchases += 1;
        self.s.last_purchase = Some(today);
        if returns {
            self.s.diary.note(Counts::Purchase, today, index);
        }
        Ok(())
    }

    /// Triggers fire: entitlements begin, grants are made.
    fn complete(&mut self, out: &Outcome, index: u32, at: usize, record: &mut Option<Box<Record>>) -> Checked<()> {
        for (rule, firing) in out.firings.iter().map(|f| (f.rule, f)) {
            self.note_firing(rule, &firing.steps, index);
            if rule < self.bound.program.rules.len() {
                self.begin_entitlement(rule, Some(index));
            }
        }
        self.note_streaks(out, at, index);
        self.note_silence(at, index, out)?;
        self.post_grants(out, index, record)
    }

    fn post_grants(&mut self, out: &Outcome, index: u32, record: &mut Option<Box<Record>>) -> Checked<()> {
        let mut from = out.earned;
        for group in out.awards[out.earned..].chunk_by(|a, b| a.rule == b.rule) {
            let origin = self.bound.origin(group[0].rule);
            let mut gave = false;
            for (at, award) in (from..).zip(group) {
                let posted = self.post(origin, award, Some(index))?;
                gave |= award.reward.granted != 0;
                if let Some(record) = record {
                    record.posted(at, posted);
                }
            }
            from += group.len();
            if gave {
                let effects = origin.rule.effects.iter().filter(|e| !e.is_modifier()).count().max(1);
                for firing in group.chunks(effects) {
                    self.rule_totals(origin.source).fired += 1;
                    self.use_limits(origin, firing.iter(), record.as_deref_mut())?;
                }
            }
        }
        Ok(())
    }

    fn note_firing(&mut self, rule: usize, steps: &[i64], purchase: u32) {
        match &self.bound.rules[rule].trigger {
            Trigger::Nth { counter, .. } | Trigger::EveryNth { counter, .. } | Trigger::Range { counter, .. }
                if !self.returned.is_empty() =>
            {
                let window = self.bound.program.measures[counter.index()].window;
                let key = match window {
                    crate::program::Window::In(period) => self.periods().start(self.today, period),
                    _ => Date::MIN,
                };
                self.s.ordinals[rule].extend(steps.iter().map(|n| (key, *n, purchase)));
            }
            Trigger::Spending { .. } => {
                let (high, holes) = &mut self.s.steps[rule];
                for step in steps {
                    holes.retain(|hole| hole != step);
                    *high = (*high).max(*step);
                }
            }
            _ => {}
        }
    }

    /// Firing again renews an entitlement, never doubles it.
    pub fn begin_entitlement(&mut self, rule: usize, purchase: Option<u32>) {
        let sentence = &self.bound.rules[rule];
        let becomes = match &sentence.trigger {
            Trigger::Nth { after, .. } | Trigger::EveryNth { after, .. } => *after,
            Trigger::EachPurchase { .. }
            | Trigger::Range { .. }
            | Trigger::Birthday
            | Trigger::Anniversary
            | Trigger::Date(_)
            | Trigger::YearDay(..)
            | Trigger::DayOfMonth(_) => false,
            _ => true,
        };
        if becomes && sentence.effects.iter().any(|effect| effect.is_modifier()) {
            let today = self.today;
            if !self.returned.is_empty() && self.s.entitled[rule].active {
                self.s.renewed.push((rule, self.s.entitled[rule]));
            }
            self.s.entitled[rule] = Entitled {
                active: true,
                last_day: sentence.entitlement.lasts.map(|span| calendar::last_day(today, span)),
                uses_left: sentence.entitlement.uses,
                purchase,
            };
        }
    }

    fn note_streaks(&mut self, out: &Outcome, at: usize, index: u32) {
        if !self.bound.has_steps {
            return;
        }
        for rule in 0..self.bound.rules.len() {
            let Trigger::Streak { period, filter, .. } = &self.bound.rules[rule].trigger else { continue };
            let stage = purchase::Stage { bound: self.bound, part: self.part, facts: &self.s.facts, purchase: at, decided: None };
            if out.amount > 0 && stage.scene(&out.lines, out.net).purchase_passes(filter).unwrap_or(false) {
                let mut next = measures::next_streak(&stage, rule, *period);
                let fires = out.firings.iter().any(|f| f.rule == rule);
                next.fired |= fires;
                self.s.streaks[rule] = next;
                if let Some(period) = next.last_period.filter(|_| !self.returned.is_empty()) {
                    self.s.diary.note(Counts::Streak(rule), period, index);
                    if fires {
                        self.s.diary.note(Counts::Fired(rule), period, index);
                    }
                }
            }
        }
    }

    /// Fires a rule outside a purchase: its entitlement begins, its grants are made.
    pub fn fire(&mut self, rule: usize) -> Checked<()> {
        if let Some(exchange) = rule.checked_sub(self.bound.program.rules.len()) {
            // Exchanges with a trigger are made as often as the balance holds them when it fires.
            while self.exchange(exchange, None)? {}
            return Ok(());
        }
        self.begin_entitlement(rule, None);
        let Some(awards) = self.awards_of(rule)? else { return Ok(()) };
        self.post_all(self.bound.origin(rule), &awards, None)?;
        Ok(())
    }

    /// What a rule grants outside a purchase; `None` if a clause or a pot does not allow it.
    pub fn awards_of(&mut self, rule: usize) -> Checked<Option<Vec<Award>>> {
        let origin = self.bound.origin(rule);
        let scene = self.scene();
        let holds = scene.failed_when(&origin.rule.when, origin.rule.past_midnight_until).is_none()
            && scene.failed_test(&origin.rule.tests)?.is_none();
        if !holds {
            return Ok(None);
        }
        let mut awards = Vec::new();
        purchase::grants(&scene, rule, origin.limits, &mut awards)?;
        Ok(self.charge_pots(rule, &awards)?.then_some(awards))
    }

    /// Takes awards from the pots that their rule draws on: all or nothing. What does not fit closes its pot.
    pub fn charge_pots(&mut self, rule: usize, awards: &[Award]) -> Checked<bool> {
        let (periods, date) = (self.periods(), self.today);
        let Some(pots) = self.bound.rule_pots.get(rule) else { return Ok(true) };
        let mut wanted = Vec::with_capacity(pots.len());
        let mut fits = true;
        for &pot in pots {
            let mut sum = 0_i64;
            for award in awards {
                let drawn = pots::draw(self.bound.program, &self.bound.pots[pot], award, award.reward.granted)?;
                sum = sum.checked_add(drawn).ok_or(Overflow)?;
            }
            let room = self.shared.pots[pot].room(&self.bound.pots[pot], date, periods);
            if room.closed {
                fits = false;
            } else if sum > room.left {
                self.shared.pots[pot].close(&self.bound.pots[pot], date, periods);
                fits = false;
            }
            wanted.push((pot, sum));
        }
        if fits {
            for (pot, sum) in wanted {
                self.shared.pots[pot].take(&self.bound.pots[pot], date, periods, sum);
            }
        }
        Ok(fits)
    }

    /// One more customer whom this one referred.
    pub fn count_referral(&mut self) -> Checked<()> {
        for measure in 0..self.bound.program.measures.len() {
            if self.bound.program.measures[measure].kind == MeasureKind::Referrals {
                self.add_measure(measure, 1, None)?;
            }
        }
        Ok(())
    }

    /// A referral that was counted at `at` never was one.
    pub fn uncount_referral(&mut self, at: DateTime) {
        let (now, periods) = (self.local, self.periods());
        for (measure, sum) in self.bound.program.measures.iter().zip(&mut self.s.measures) {
            if measure.kind == MeasureKind::Referrals {
                sum.take_back(measure.window, at, now, periods, 1);
            }
        }
    }

    /// Posts the awards of one firing.
    pub fn post_all(&mut self, origin: Origin<'_>, awards: &[Award], purchase: Option<u32>) -> Checked<Vec<(u32, Option<u32>)>> {
        let mut posted = Vec::with_capacity(awards.len());
        for award in awards {
            posted.push(self.post(origin, award, purchase)?);
        }
        if awards.iter().any(|a| a.reward.granted != 0) {
            self.rule_totals(origin.source).fired += 1;
            self.use_limits(origin, awards.iter(), None)?;
            // Later rules of the same moment see what is left of shared limits.
            let periods = self.periods();
            for (index, limit) in self.bound.limits.iter().enumerate() {
                if let Some(window) = measures::limit_window(limit) {
                    self.s.facts.used[index] = self.s.limits[index].value(window, self.local, periods);
                }
            }
        }
        Ok(posted)
    }

    /// A tier was lost: lots that it kept alive start their span anew.
    pub fn lost_protection(&mut self, tier: TierId) -> Checked<()> {
        let (periods, today) = (self.periods(), self.today);
        for index in 0..self.s.wallets.len() {
            let wallet = &self.bound.program.wallets[index];
            let protected = |id: &TierId| *id == tier;
            if !wallet.never_expire_for.iter().any(protected) || self.is_protected(index) {
                continue;
            }
            let end = calendar::expiry_last_day(wallet.expiry, today, periods).map(|last| last.plus_days(1));
            let purse = &mut self.s.wallets[index];
            for lot in purse.lots.iter_mut().filter(|lot| !lot.own_terms) {
                lot.expires = end;
            }
            purse.common_expiry = end;
            purse.lower_due(end);
            self.lower_due(end);
        }
        Ok(())
    }

    /// A tier counts as never reached: no span starts anew, and what it kept alive is due.
    pub fn never_protected(&mut self, tier: TierId) {
        let next = Some(self.today.plus_days(1));
        for index in 0..self.s.wallets.len() {
            if self.bound.program.wallets[index].never_expire_for.contains(&tier) {
                self.s.wallets[index].lower_due(next);
                self.lower_due(next);
            }
        }
    }

    /// Whether a tier held keeps the lots of a wallet alive.
    pub fn is_protected(&self, wallet: usize) -> bool {
        let list = &self.bound.program.wallets[wallet].never_expire_for;
        list.iter().any(|id| self.s.ladders.get(id.ladder.index()).is_some_and(|ladder| ladder.held == id.rung))
    }
}

/// Whether time alone sets a trigger off.
fn is_scheduled(trigger: &Trigger) -> bool {
    matches!(
        trigger,
        Trigger::Birthday
            | Trigger::Anniversary
            | Trigger::Date(_)
            | Trigger::YearDay(..)
            | Trigger::DayOfMonth(_)
            | Trigger::Silence { .. }
            | Trigger::AtEnd(_)
            | Trigger::AtStart(_)
    )
}

/// Whether the last day of a period is settled at this midnight.
pub(super) fn ends_at(periods: calendar::Periods, period: Period, midnight: Date) -> bool {
    periods.start(midnight, period) == midnight
}
