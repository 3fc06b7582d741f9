//! What time does to lots: they become usable, lapse and expire.

use crate::engine::account::wallets::LotState;
use crate::engine::evaluator::Account;
use crate::engine::evaluator::due::ends_at;
use crate::engine::ledger::{Entry, Kind, Source, Unit};
use crate::engine::listener::Listener;
use crate::engine::{calendar, work};
use crate::program::{Pending, WalletId};
use crate::value::{Checked, Date, name_key};

impl<R: Listener> Account<'_, R> {
    /// Unconfirmed lots whose time is over are taken back.
    pub fn lapse(&mut self, date: Date) -> Checked<()> {
        for index in 0..self.s.wallets.len() {
            if self.s.wallets[index].due.is_none_or(|due| due > date) {
                continue;
            }
            for lot in self.s.wallets[index].live..self.s.wallets[index].lots.len() {
                let LotState::Unconfirmed(Some(end)) = self.s.wallets[index].lots[lot].state else { continue };
                let left = self.s.wallets[index].lots[lot].left;
                if end > date || left == 0 {
                    continue;
                }
                self.s.wallets[index].lots[lot].left = 0;
                self.s.wallets[index].lots[lot].lapsed += left;
                self.s.wallets[index].lots[lot].unconfirmed += left;
                self.s.wallets[index].pending -= left;
                self.totals.wallets[index].taken_back += i128::from(left);
                self.write_lot(index, lot, Kind::TakeBack, -left);
                self.never_earned(index, lot, left);
            }
        }
        Ok(())
    }

    /// What was never confirmed was never earned: the period in which it was counted has less.
    fn never_earned(&mut self, wallet: usize, lot: usize, units: i64) {
        let lot = &self.s.wallets[wallet].lots[lot];
        let (at, now, periods) = (lot.at, self.local, self.periods());
        for &measure in &self.plan.earned_measures[wallet] {
            let window = self.plan.program.measures[measure].window;
            self.s.measures[measure].take_back(window, at, now, periods, units);
        }
    }

    pub fn activate(&mut self, date: Date) -> Checked<()> {
        for index in 0..self.s.wallets.len() {
            if self.s.wallets[index].due.is_none_or(|due| due > date) {
                continue;
            }
            for lot in self.s.wallets[index].live..self.s.wallets[index].lots.len() {
                if matches!(self.s.wallets[index].lots[lot].state, LotState::PendingUntil(from) if from <= date) {
                    self.activate_lot(index, lot)?;
                }
            }
        }
        Ok(())
    }

    fn activate_lot(&mut self, wallet: usize, lot: usize) -> Checked<()> {
        let holds = self.s.wallets[wallet].lots[lot].left > 0;
        if self.counts_from_usable(wallet) && !self.s.wallets[wallet].lots[lot].own_terms {
            let expiry = self.plan.program.wallets[wallet].expiry;
            let end = calendar::expiry_last_day(expiry, self.today, self.periods()).map(|last| last.plus_days(1));
            let purse = &mut self.s.wallets[wallet];
            purse.lots[lot].expires = end;
            purse.lower_due(end);
            self.lower_due(end);
        }
        let left = self.s.wallets[wallet].lots[lot].left;
        self.s.wallets[wallet].lots[lot].usable = self.local;
        self.s.wallets[wallet].activate(lot)?;
        if holds {
            self.count_confirmed(wallet, left)?;
            self.write_lot(wallet, lot, Kind::Activate, 0);
        }
        Ok(())
    }

    /// What is over, or becomes usable, at an hour: booked before the first event from then on, or at the next midnight.
    pub fn end_hours(&mut self) -> Checked<()> {
        let now = self.now;
        for index in 0..self.s.wallets.len() {
            for lot in self.s.wallets[index].live..self.s.wallets[index].lots.len() {
                let state = &self.s.wallets[index].lots[lot];
                if matches!(state.state, LotState::PendingForHours(until) if until <= now) {
                    self.activate_lot(index, lot)?;
                }
                let state = &self.s.wallets[index].lots[lot];
                if state.left > 0 && state.until.is_some_and(|until| until <= now) {
                    self.expire_lot(index, lot);
                }
            }
        }
        self.expire_vouchers_by_hour();
        self.expire_rights(self.today)
    }

    /// A custom event confirms pending lots: those of the purchase it names, else all that wait for it.
    pub fn confirm(&mut self, name: &str, of: Option<u32>) -> Checked<()> {
        let key = name_key(name);
        for index in 0..self.s.wallets.len() {
            for lot in self.s.wallets[index].live..self.s.wallets[index].lots.len() {
                let state = &self.s.wallets[index].lots[lot];
                if !matches!(state.state, LotState::Unconfirmed(_)) || of.is_some() && state.purchase != of {
                    continue;
                }
                let own = state.rule.and_then(|rule| self.plan.rules[rule].life.pending.as_ref());
                let pending = own.unwrap_or(&self.plan.program.wallets[index].pending);
                if matches!(pending, Pending::Until { event, .. } if name_key(event) == key) {
                    self.activate_lot(index, lot)?;
                }
            }
        }
        Ok(())
    }

    pub fn expire(&mut self, date: Date) -> Checked<()> {
        for index in 0..self.s.wallets.len() {
            if self.s.wallets[index].due.is_none_or(|due| due > date) {
                continue;
            }
            self.s.wallets[index].skip_spent();
            let protected = self.is_protected(index);
            for lot in self.s.wallets[index].live..self.s.wallets[index].lots.len() {
                work::count(1);
                let mixed = self.s.wallets[index].mixed;
                let state = &mut self.s.wallets[index].lots[lot];
                if state.left == 0 || state.expires.is_none_or(|end| end > date) {
                    if !mixed && state.left > 0 {
                        // Those behind it end later still.
                        break;
                    }
                    continue;
                }
                if protected && !state.own_terms {
                    // Asked when it falls due; it stays until the tier is lost.
                    (state.expires, state.kept) = (None, true);
                    self.s.wallets[index].mixed = true;
                    continue;
                }
                self.expire_lot(index, lot);
            }
            if !R::ON && !self.journal {
                self.s.wallets[index].tidy();
            }
            let wallet = &mut self.s.wallets[index];
            wallet.skip_spent();
            if !wallet.mixed {
                // The first that holds something is the first to end.
                wallet.due = wallet.lots.iter().skip(wallet.live).find(|lot| lot.left > 0).and_then(|lot| lot.expires);
                continue;
            }
            let lots = wallet.lots.iter().filter(|lot| lot.left > 0);
            wallet.due = lots
                .filter_map(|lot| {
                    let state = match lot.state {
                        LotState::Active | LotState::PendingForHours(_) => None,
                        LotState::PendingUntil(from) => Some(from),
                        LotState::Unconfirmed(lapse) => lapse,
                    };
                    [lot.expires, state].into_iter().flatten().min()
                })
                .min();
        }
        Ok(())
    }

    /// `carry at most … into every year`: at the midnight that begins it the rest of the balance lapses, in spending order.
    pub fn carry_over(&mut self, date: Date) {
        for index in 0..self.s.wallets.len() {
            let wallet = &self.plan.program.wallets[index];
            let Some((most, _)) = wallet.carry.filter(|(_, period)| self.s.member && ends_at(self.periods(), *period, date)) else {
                continue;
            };
            let mut pieces = Vec::new();
            let excess = self.s.wallets[index].balance - most;
            self.s.wallets[index].take(excess.max(0), wallet.spend, &mut pieces);
            for piece in pieces {
                if let Ok(lot) = self.s.wallets[index].lots.binary_search_by_key(&piece.lot, |lot| lot.id) {
                    self.s.wallets[index].lots[lot].lapsed += piece.units;
                    self.totals.wallets[index].expired += i128::from(piece.units);
                    self.write_lot(index, lot, Kind::Expire, -piece.units);
                }
            }
        }
    }

    /// What is left of a lot expires.
    fn expire_lot(&mut self, wallet: usize, lot: usize) {
        let purse = &mut self.s.wallets[wallet];
        let state = &mut purse.lots[lot];
        let left = std::mem::take(&mut state.left);
        state.lapsed += left;
        *(if state.state == LotState::Active { &mut purse.balance } else { &mut purse.pending }) -= left;
        self.totals.wallets[wallet].expired += i128::from(left);
        self.write_lot(wallet, lot, Kind::Expire, -left);
    }

    /// An entry about one lot.
    fn write_lot(&mut self, wallet: usize, lot: usize, kind: Kind, granted: i64) {
        let state = &self.s.wallets[wallet].lots[lot];
        let id = WalletId(u16::try_from(wallet).unwrap_or(u16::MAX));
        let reverses = (kind == Kind::TakeBack).then_some(state.entry);
        let (purchase, lot, expires) = (state.purchase, Some(state.id), state.expires.map(|end| end.plus_days(-1)));
        let entry = Entry::new(Source::Wallet(id), kind, granted, Unit::Wallet(id));
        self.write_entry(Entry { purchase, lot, expires, reverses, ..entry });
    }
}
