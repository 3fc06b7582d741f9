//! Wallets: what is granted becomes lots, and how long they live.

use crate::engine::account::diary::{Counts, Diary};
use crate::engine::account::wallets::{Lot, LotState};
use crate::engine::award::{Award, Reward};
use crate::engine::evaluator::{Account, Activity, Origin};
use crate::engine::facts::Scene;
use crate::engine::ledger::{Entry, Kind, Source, Unit};
use crate::engine::listener::Listener;
use crate::engine::purchase::outcome::Outcome;
use crate::engine::{calendar, lasting};
use crate::plan::Given;
use crate::plan::effects::Gives;
use crate::program::{CivilSpan, ExpireAfter, Expiry, Lasting, Pending, Rule, TierId, WalletId};
use crate::value::{Checked, Date, Instant, Overflow};

impl<'a, R: Listener> Account<'a, R> {
    /// Makes a lot. An award of nothing, or less, makes none.
    pub fn credit(
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
            let purse = &mut self.s.wallets[index];
            purse.pending = purse.pending.checked_add(granted).ok_or(Overflow)?;
            self.totals.wallets[index].issued += i128::from(granted);
            self.rule_totals(origin.source).wallets[index] += i128::from(granted);
            for &measure in &self.plan.earned_measures[index] {
                self.add_measure(measure, granted)?;
            }
            return Ok((self.write(origin, award, kind, purchase, unit, None), None));
        }
        if granted <= 0 {
            let entry = self.write(origin, award, kind, purchase, unit, None);
            if granted < 0 {
                self.deduct(wallet, -granted, purchase)?;
                self.rule_totals(origin.source).wallets[wallet.index()] += i128::from(granted);
                for &measure in &self.plan.earned_measures[wallet.index()] {
                    self.add_measure(measure, granted)?;
                }
            }
            return Ok((entry, None));
        }
        let earned = self.today;
        if self.plan.expires_with(wallet.index(), ExpireAfter::LastEarning)
            && matches!(origin.source, Source::Rule(_))
            && !self.plan.causes[award.rule].is_by_time()
        {
            self.touch_activity(Activity::Earning, purchase);
        }
        let valid = self.plan.effect(award.rule, award.effect).and_then(|does| does.valid);
        let life = self.lot_life(origin.rule, wallet, valid);
        let LotLife { expires, until, own_terms, .. } = life;
        // What waits for its first day is pending.
        let state = match (self.lot_state(origin.rule, wallet, earned), life.first) {
            (LotState::Active, Some(first)) if first > earned => LotState::PendingUntil(first),
            (LotState::PendingUntil(from), Some(first)) => LotState::PendingUntil(from.max(first)),
            (state, _) => state,
        };
        // Counted from becoming usable, it begins when the lot leaves pending.
        let expires = match state {
            LotState::PendingUntil(from) if self.counts_from_usable(wallet.index()) && !own_terms => {
                self.lot_expiry(origin.rule, wallet, from).0
            }
            LotState::Unconfirmed(_) | LotState::PendingForHours(_) if self.counts_from_usable(wallet.index()) && !own_terms => None,
            _ => expires,
        };
        let latest = self.latest_of(wallet.index(), own_terms, earned);
        self.s.last_lot += 1;
        let id = self.s.last_lot;
        let entry = self.write(origin, award, kind, purchase, unit, Some((id, expires)));
        let index = wallet.index();
        self.totals.wallets[index].issued += i128::from(granted);
        self.rule_totals(origin.source).wallets[index] += i128::from(granted);
        let rule = matches!(origin.source, Source::Rule(_)).then(|| origin.rule.id.index());
        let keeps_lots = R::ON || self.journal;
        let purse = &mut self.s.wallets[index];
        let alike = |lot: &Lot| {
            lot.expires == expires
                && lot.until == until
                && lot.latest == latest
                && lot.own_terms == own_terms
                && lot.state == state
                && lot.state == LotState::Active
                && purse.debt == 0
        };
        if !keeps_lots && purse.lots.last().is_some_and(alike) {
            // Nothing will ask for this lot by itself: it may grow the last one of the same terms.
            if let Some(last) = purse.lots.last_mut() {
                last.purchase = purchase;
                last.grow(granted, self.plan.lives_move(index))?;
                purse.balance = purse.balance.checked_add(granted).ok_or(Overflow)?;
            }
        } else {
            purse.push(Lot { rule, purchase, entry, expires, latest, until, own_terms, state, ..Lot::new(id, granted, self.local) })?;
        }
        let due = purse.due;
        self.lower_due(due);
        for &measure in &self.plan.earned_measures[index] {
            self.add_measure(measure, granted)?;
        }
        if state == LotState::Active {
            self.count_confirmed(index, granted)?;
        }
        Ok((entry, Some(id)))
    }

    /// Counts what has left pending.
    pub fn count_confirmed(&mut self, wallet: usize, units: i64) -> Checked<()> {
        for &measure in &self.plan.confirmed_measures[wallet] {
            self.add_measure(measure, units)?;
        }
        Ok(())
    }

    /// A multiplier below one takes from what the same purchase earned, pending or not; its own entry says so.
    pub fn deduct(&mut self, wallet: WalletId, units: i64, purchase: Option<u32>) -> Checked<()> {
        let index = wallet.index();
        let (mut missing, mut confirmed) = (units, 0);
        let purse = &mut self.s.wallets[index];
        for at in (0..purse.lots.len()).rev().filter(|at| purse.lots[*at].purchase == purchase).collect::<Vec<_>>() {
            let piece = missing.min(purse.lots[at].left);
            purse.shorten(at, piece);
            missing -= piece;
            if purse.lots[at].state == LotState::Active {
                purse.balance -= piece;
                confirmed += piece;
            } else {
                purse.pending -= piece;
            }
        }
        for &rule in &self.plan.paid_rules {
            let piece = missing.min(self.s.unpaid[rule][index]);
            self.s.unpaid[rule][index] -= piece;
            self.s.wallets[index].pending -= piece;
            missing -= piece;
            if let Some(purchase) = purchase.filter(|_| piece > 0 && self.journal) {
                self.s.unpaid_less.push((purchase, wallet, rule, piece));
            }
        }
        // What was earned filled a debt: it is owed again.
        let purse = &mut self.s.wallets[index];
        purse.debt = purse.debt.checked_add(missing).ok_or(Overflow)?;
        purse.balance -= missing;
        self.totals.wallets[index].taken_back += i128::from(units);
        self.count_confirmed(index, -(confirmed + missing))
    }

    /// Adds to a wallet whose lots neither expire nor wait, where no lot is told from another.
    pub fn credit_lasting(&mut self, rule: usize, index: usize, granted: i64) -> Checked<()> {
        self.totals.wallets[index].issued += i128::from(granted);
        self.totals.rules[rule].wallets[index] += i128::from(granted);
        let purse = &mut self.s.wallets[index];
        let fill = purse.debt.min(granted);
        purse.debt -= fill;
        purse.balance = purse.balance.checked_add(granted).ok_or(Overflow)?;
        match purse.lots.last_mut() {
            Some(last) if !last.own_terms && last.expires.is_none() && last.state == LotState::Active => {
                last.granted = last.granted.checked_add(granted).ok_or(Overflow)?;
                last.given = last.given.checked_add(granted).ok_or(Overflow)?;
                last.left = last.left.checked_add(granted - fill).ok_or(Overflow)?;
            }
            _ => {
                self.s.last_lot += 1;
                let before = purse.given;
                purse.lots.push(Lot { left: granted - fill, before, ..Lot::new(self.s.last_lot, granted, self.local) });
            }
        }
        for &measure in &self.plan.earned_measures[index] {
            self.add_measure(measure, granted)?;
        }
        self.count_confirmed(index, granted)
    }

    /// Whether the lives of a wallet's lots begin when they become usable.
    pub fn counts_from_usable(&self, wallet: usize) -> bool {
        matches!(self.plan.program.wallets[wallet].expiry, Expiry::After { after: ExpireAfter::Usable, .. })
    }

    /// How long a lot made now lives: as the grant says, else its rule, else its wallet.
    fn lot_life(&self, rule: &Rule, wallet: WalletId, valid: Option<Lasting>) -> LotLife {
        let said = valid.or(rule.life.expiring_after.map(Lasting::For));
        let span = said.and_then(|lasting| lasting::span(self.plan, lasting, self.now, self.today, self.periods()));
        match span {
            Some(span) => LotLife { first: Some(span.first), expires: Some(span.last.plus_days(1)), until: span.until, own_terms: true },
            None => {
                let (expires, own_terms) = self.lot_expiry(rule, wallet, self.today);
                LotLife { first: None, expires, until: None, own_terms }
            }
        }
    }

    /// The midnight from which a lot cannot be used, and whether its rule said so.
    pub fn lot_expiry(&self, rule: &Rule, wallet: WalletId, earned: Date) -> (Option<Date>, bool) {
        let periods = self.periods();
        if let Some(usable) = rule.life.usable {
            let last = self.usable_days(usable, earned).map(|(_, last)| last.plus_days(1));
            return (last, true);
        }
        let wallet_index = wallet.index();
        let expiry = self.plan.program.wallets[wallet_index].expiry;
        if self.plan.follows_activity(wallet_index) {
            // What it follows may have lapsed: then it lives a span of its own.
            let common = self.s.wallets[wallet_index].common_expiry.filter(|end| *end > earned);
            let end = common.or_else(|| calendar::expiry_last_day(expiry, earned, periods).map(|d| d.plus_days(1)));
            let latest = self.latest_of(wallet_index, false, earned);
            return (end.into_iter().chain(latest).min(), false);
        }
        (calendar::expiry_last_day(expiry, earned, periods).map(|last| last.plus_days(1)), false)
    }

    /// Of two clocks the end of the one that runs from earning; a life said by the grant replaces both.
    fn latest_of(&self, wallet: usize, own_terms: bool, earned: Date) -> Option<Date> {
        if own_terms { None } else { calendar::latest_end(&self.plan.program.wallets[wallet], earned, self.periods()) }
    }

    /// The end of a lot that is made beside the rules, on the terms of its wallet, and of two clocks the later of them.
    pub fn terms_of(&self, wallet: usize, earned: Date) -> (Option<Date>, Option<Date>) {
        let of = &self.plan.program.wallets[wallet];
        let end = calendar::expiry_last_day(of.expiry, earned, self.periods()).map(|last| last.plus_days(1));
        let latest = self.latest_of(wallet, false, earned);
        (end.into_iter().chain(latest).min(), latest)
    }

    pub fn lot_state(&self, rule: &Rule, wallet: WalletId, earned: Date) -> LotState {
        let pending = rule.life.pending.as_ref().unwrap_or(&self.plan.program.wallets[wallet.index()].pending);
        match pending {
            Pending::No => LotState::Active,
            Pending::For(CivilSpan::Hours(hours)) => LotState::PendingForHours(Instant(self.now.0 + i64::from(*hours) * 3_600_000_000)),
            Pending::For(span) => {
                let from = calendar::last_day(earned, *span);
                if from > earned { LotState::PendingUntil(from) } else { LotState::Active }
            }
            Pending::Until { within, .. } => LotState::Unconfirmed(within.map(|span| calendar::last_day(earned, span).plus_days(1))),
        }
    }

    /// Money that a customer pays in, or that comes back to a wallet that counts as money.
    pub fn load(&mut self, wallet: WalletId, units: i64, purchase: Option<u32>) -> Checked<()> {
        let index = wallet.index();
        let (expires, latest) = self.terms_of(index, self.today);
        self.s.last_lot += 1;
        let id = self.s.last_lot;
        let last = expires.map(|end| end.plus_days(-1));
        let entry = Entry::new(Source::Wallet(wallet), Kind::Adjust, units, Unit::Wallet(wallet));
        let entry = self.write_entry(Entry { purchase, lot: Some(id), expires: last, ..entry });
        self.totals.wallets[index].adjusted += i128::from(units);
        self.s.wallets[index].push(Lot { entry, expires, latest, ..Lot::new(id, units, self.local) })?;
        self.lower_due(expires);
        Ok(())
    }

    /// Makes the lot that a worked example's customer holds at first.
    pub fn give_at_first(&mut self, wallet: WalletId, units: i64) -> Checked<()> {
        let index = wallet.index();
        let (expires, latest) = self.terms_of(index, self.today);
        self.s.last_lot += 1;
        let id = self.s.last_lot;
        let entry = self.write_entry(Entry::new(Source::Given, Kind::Grant, units, Unit::Wallet(wallet)));
        self.totals.wallets[index].issued += i128::from(units);
        self.s.wallets[index].push(Lot { entry, expires, latest, ..Lot::new(id, units, self.local) })?;
        for &measure in &self.plan.earned_measures[index] {
            self.add_measure(measure, units)?;
        }
        self.lower_due(expires);
        self.count_confirmed(index, units)
    }

    /// What the wallet of a grant still has room for, if it holds so much at most.
    pub fn room_to_hold(&self, award: &Award) -> Option<i64> {
        let Given::Grant(wallet) = award.given else { return None };
        let purse = &self.s.wallets[wallet.index()];
        let most = self.plan.program.wallets[wallet.index()].hold?;
        Some(most.saturating_sub(purse.balance).saturating_sub(purse.pending).max(0))
    }

    /// `set xp to 0`: the difference to the balance is posted, earned nowhere.
    pub fn set_balance(
        &mut self,
        origin: Origin<'_>,
        award: &Award,
        wallet: WalletId,
        purchase: Option<u32>,
    ) -> Checked<(u32, Option<u32>)> {
        let Some(Gives::Balance(amount)) = self.plan.effect(award.rule, award.effect).map(|does| does.gives) else {
            return Ok((self.s.seq, None));
        };
        let change = amount - self.s.wallets[wallet.index()].balance;
        let entry = self.adjust(origin.source, wallet, change, purchase, None)?;
        self.s.set_by.push((entry, change));
        Ok((entry, None))
    }

    /// Changes a balance by so much, earned nowhere: upwards as a lot on the wallet's terms, downwards in spending order.
    pub fn adjust(&mut self, source: Source, wallet: WalletId, change: i64, purchase: Option<u32>, reverses: Option<u32>) -> Checked<u32> {
        let index = wallet.index();
        self.totals.wallets[index].adjusted += i128::from(change);
        if change > 0 {
            self.s.last_lot += 1;
        }
        let lot = (change > 0).then_some(self.s.last_lot);
        let entry = Entry::new(source, Kind::Adjust, change, Unit::Wallet(wallet));
        let entry = self.write_entry(Entry { purchase, lot, reverses, ..entry });
        if change > 0 {
            let (expires, latest) = self.terms_of(index, self.today);
            self.s.wallets[index].push(Lot { entry, expires, latest, purchase, ..Lot::new(self.s.last_lot, change, self.local) })?;
            self.lower_due(expires);
        } else if change < 0 {
            let order = self.plan.program.wallets[index].spend;
            let mut pieces = Vec::new();
            let missing = -change - self.s.wallets[index].take(-change, order, &mut pieces);
            let purse = &mut self.s.wallets[index];
            purse.debt = purse.debt.checked_add(missing).ok_or(Overflow)?;
            purse.balance -= missing;
        }
        Ok(entry)
    }

    /// Makes one lot of what was pending for a payment; nothing new is issued.
    pub fn pay_lot(&mut self, origin: Origin<'_>, wallet: usize, units: i64) -> Checked<()> {
        let id = WalletId(u16::try_from(wallet).unwrap_or(u16::MAX));
        let LotLife { expires, until, own_terms, .. } = self.lot_life(origin.rule, id, None);
        let latest = self.latest_of(wallet, own_terms, self.today);
        self.s.last_lot += 1;
        let lot = self.s.last_lot;
        let reward = Reward::default();
        let award = Award { rule: origin.rule.id.index(), effect: 0, given: Given::Grant(id), reward, base: units };
        let entry = self.write(origin, &award, Kind::Activate, None, Unit::Wallet(id), Some((lot, expires)));
        let purse = &mut self.s.wallets[wallet];
        purse.pending -= units;
        let rule = Some(origin.rule.id.index());
        purse.push(Lot { rule, entry, expires, latest, until, own_terms, ..Lot::new(lot, units, self.local) })?;
        let due = purse.due;
        self.lower_due(due);
        self.count_confirmed(wallet, units)
    }

    /// Adds to a measure outside completion.
    pub fn add_measure(&mut self, measure: usize, amount: i64) -> Checked<()> {
        let window = self.plan.program.measures[measure].window;
        let (periods, local, member) = (self.periods(), self.local, self.s.member);
        self.s.measures[measure].add(window, local, periods, amount, member)?;
        if self.journal {
            self.s.measures[measure].past.push(local, amount);
        }
        Ok(())
    }

    /// Moves the expiry of lots that follow the customer; `purchase` is what did it, if one did.
    pub fn touch_activity(&mut self, activity: Activity, purchase: Option<u32>) {
        self.touch_where(activity, purchase, &[]);
    }

    /// The same by a purchase, for wallets that it is no activity for by the words of theirs.
    pub fn touch_by_purchase(&mut self, purchase: u32, at: usize, out: &Outcome) -> Checked<()> {
        let mut apart = Vec::new();
        for (index, wallet) in self.plan.program.wallets.iter().enumerate().filter(|(_, wallet)| !wallet.activity.is_all()) {
            let scene = Scene { purchase: Some(at), lines: &out.lines, net_amount: out.net, ..self.scene() };
            if !scene.purchase_passes(&wallet.activity)? {
                apart.push(index);
            }
        }
        self.touch_where(Activity::Purchase, Some(purchase), &apart);
        Ok(())
    }

    fn touch_where(&mut self, activity: Activity, purchase: Option<u32>, apart: &[usize]) {
        if !self.plan.any_follows_activity {
            return;
        }
        let (periods, today) = (self.periods(), self.today);
        for index in 0..self.s.wallets.len() {
            let expiry = self.plan.program.wallets[index].expiry;
            let Expiry::After { after, .. } = expiry else { continue };
            let moves = match after {
                ExpireAfter::Earning | ExpireAfter::Usable => false,
                ExpireAfter::LastActivity => activity != Activity::Earning,
                ExpireAfter::LastPurchase => activity == Activity::Purchase,
                ExpireAfter::LastEarning => activity == Activity::Earning,
            };
            if !moves || apart.contains(&index) {
                continue;
            }
            let end = calendar::expiry_last_day(expiry, today, periods).map(|last| last.plus_days(1));
            if self.journal {
                self.s.diary.note(Counts::Activity(index), today, purchase.unwrap_or(Diary::NOBODY));
            }
            let wallet = &mut self.s.wallets[index];
            wallet.common_expiry = end;
            for lot in &mut wallet.lots {
                if lot.own_terms {
                    wallet.mixed = true;
                } else {
                    lot.follow(end);
                }
            }
            wallet.lower_due(end);
            self.lower_due(end);
        }
    }

    /// A tier was lost: lots that it kept alive start their span anew.
    pub fn lost_protection(&mut self, tier: TierId) -> Checked<()> {
        let (periods, today) = (self.periods(), self.today);
        for index in 0..self.s.wallets.len() {
            let wallet = &self.plan.program.wallets[index];
            let protected = |id: &TierId| *id == tier;
            if !wallet.never_expire_for.iter().any(protected) || self.is_protected(index) {
                continue;
            }
            let end = calendar::expiry_last_day(wallet.expiry, today, periods).map(|last| last.plus_days(1));
            let latest = calendar::latest_end(wallet, today, periods);
            if self.journal && self.plan.follows_activity(index) {
                self.s.diary.note(Counts::Activity(index), today, Diary::NOBODY);
            }
            let purse = &mut self.s.wallets[index];
            for lot in &mut purse.lots {
                if lot.own_terms {
                    purse.mixed = true;
                } else {
                    // Both clocks begin anew.
                    lot.latest = latest;
                    lot.follow(end);
                }
            }
            purse.common_expiry = end;
            purse.lower_due(end);
            self.lower_due(end);
        }
        Ok(())
    }

    /// A tier counts as never reached: what it kept alive beyond its time starts its span anew on the first day without it.
    pub fn never_protected(&mut self, tier: TierId) {
        let (periods, first) = (self.periods(), self.today.plus_days(1));
        for index in 0..self.s.wallets.len() {
            let wallet = &self.plan.program.wallets[index];
            if !wallet.never_expire_for.contains(&tier) || self.is_protected(index) {
                continue;
            }
            let end = calendar::expiry_last_day(wallet.expiry, first, periods).map(|last| last.plus_days(1));
            let latest = calendar::latest_end(wallet, first, periods);
            let purse = &mut self.s.wallets[index];
            purse.mixed = true;
            for lot in purse.lots.iter_mut().filter(|lot| lot.kept) {
                lot.latest = latest;
                (lot.expires, lot.kept) = (lot.earlier(end), false);
            }
            purse.lower_due(end);
            self.lower_due(end);
        }
    }

    /// What had put off a wallet's expiry came back: its lots end as the last activity that is left says.
    pub fn follow_anew(&mut self, index: usize) {
        let (periods, expiry) = (self.periods(), self.plan.program.wallets[index].expiry);
        let last = self.s.diary.last(Counts::Activity(index));
        let after = |day: Date| calendar::expiry_last_day(expiry, day, periods).map(|last| last.plus_days(1));
        let end = last.and_then(after);
        let purse = &mut self.s.wallets[index];
        if end == purse.common_expiry {
            return;
        }
        purse.common_expiry = end;
        purse.mixed = true;
        let mut due = None;
        for lot in purse.lots.iter_mut().filter(|lot| !lot.own_terms && !lot.kept) {
            lot.expires = lot.earlier(end.filter(|end| *end > lot.earned).or_else(|| after(lot.earned)));
            due = due.into_iter().chain(lot.expires.filter(|_| lot.left > 0)).min();
        }
        purse.lower_due(due);
        self.lower_due(due);
    }

    /// Whether a tier held keeps the lots of a wallet alive.
    pub fn is_protected(&self, wallet: usize) -> bool {
        let list = &self.plan.program.wallets[wallet].never_expire_for;
        list.iter().any(|id| self.s.ladders.get(id.ladder.index()).is_some_and(|ladder| ladder.held == id.rung))
    }
}

/// How long a lot lives.
#[derive(Clone, Copy)]
struct LotLife {
    /// Its first day, where that is said.
    first: Option<Date>,
    /// The midnight from which it cannot be used, and the instant where hours count.
    expires: Option<Date>,
    until: Option<Instant>,
    /// Said by the grant or its rule.
    own_terms: bool,
}
