//! Returns: what was granted is taken back.

use crate::engine::account::wallets::LotState;
use crate::engine::award::Award;
use crate::engine::evaluator::Account;
use crate::engine::ledger::{Entry, Kind, Source, Unit};
use crate::engine::listener::Listener;
use crate::engine::state::kept::TakenRight;
use crate::engine::work;
use crate::plan::Given;
use crate::program::{MeasureKind, Restore, Shortfall, WalletId};
use crate::value::{Checked, DateTime, Overflow};

impl<'a, R: Listener> Account<'a, R> {
    /// Takes back part of an award.
    pub fn take_back_award(&mut self, award: &Award, less: i64, entry: u32, lot: Option<u32>, purchase: Option<u32>) -> Checked<()> {
        if less == 0 || award.given.stays() {
            return Ok(());
        }
        let origin = self.plan.origin(award.rule);
        if let Given::Gift(gift) = award.given
            && let Some(taken) = self.take_back_right(lot)
        {
            if taken == TakenRight::Waiting {
                self.take_back_drawn(award, less, purchase)?;
            }
            self.write_reversal(origin.source, Kind::Gift(gift), purchase, -less, Unit::Count, lot, entry);
            return Ok(());
        }
        self.take_back_drawn(award, less, purchase)?;
        match award.given {
            Given::Discount | Given::Price | Given::FreeShipping => {
                let kind = match award.given {
                    Given::FreeShipping => {
                        self.totals.free_shipping -= i128::from(less);
                        Kind::FreeShipping
                    }
                    other => {
                        self.totals.discounts -= i128::from(less);
                        if other == Given::Price { Kind::Price } else { Kind::Discount }
                    }
                };
                self.rule_totals(origin.source).discount -= i128::from(less);
                self.write_reversal(origin.source, kind, purchase, -less, Unit::Money, None, entry);
            }
            Given::Earn(wallet) | Given::Multiply(wallet) | Given::Grant(wallet) => {
                self.rule_totals(origin.source).wallets[wallet.index()] -= i128::from(less);
                let mut pieces = Vec::new();
                let pending = self.s.wallets[wallet.index()].pending;
                if let Some(place) = lot.and_then(|id| self.s.wallets[wallet.index()].place(id)) {
                    self.s.wallets[wallet.index()].lots[place].taken += less;
                }
                if less > 0 {
                    let lot = lot.or_else(|| self.paid_lot(wallet, award.rule, purchase));
                    self.take_back_units(wallet, less, lot, award.rule, purchase, &mut pieces)?;
                } else {
                    self.give_back(wallet, -less, purchase, &mut pieces);
                }
                if pieces.is_empty() {
                    pieces.push((lot, 0));
                }
                for (lot, units) in pieces {
                    self.write_reversal(origin.source, Kind::TakeBack, purchase, -units, Unit::Wallet(wallet), lot, entry);
                }
                let was_pending = pending - self.s.wallets[wallet.index()].pending;
                self.take_back_confirmed(wallet, less - was_pending, lot, purchase);
                let at = self.place_of(purchase);
                self.lower_balance(wallet, at, purchase, less - was_pending);
                let earned = less - self.never_earned_of(wallet, lot, less);
                for &measure in &self.plan.earned_measures[wallet.index()] {
                    self.lower_measure(measure, at, purchase, earned);
                }
            }
            Given::Gift(gift) => {
                let cost = self.plan.program.gifts[gift.index()].costs;
                self.totals.gifts[gift.index()] -= less;
                let totals = self.rule_totals(origin.source);
                totals.gifts -= less;
                totals.cost -= i128::from(cost) * i128::from(less);
                self.write_reversal(origin.source, Kind::Gift(gift), purchase, -less, Unit::Count, None, entry);
            }
            Given::Voucher => {
                self.totals.vouchers -= 1;
                self.rule_totals(origin.source).vouchers -= 1;
                let (is_sum, used) = self.take_back_voucher(lot);
                let unit = if is_sum { Unit::Money } else { Unit::Count };
                self.s.undone = -used;
                self.write_reversal(origin.source, Kind::Voucher, purchase, -less, unit, None, entry);
            }
            Given::Entries(draw) => {
                *self.shared.entries[draw.index()].entry(self.shared.account).or_default() -= less;
                self.write_reversal(origin.source, Kind::Entries(draw), purchase, -less, Unit::Count, None, entry);
            }
            Given::Access(access) => {
                self.write_reversal(origin.source, Kind::Access(access), purchase, -less, Unit::Count, None, entry);
            }
            Given::Set(wallet) => {
                let change = self.s.set_by.iter().find(|(by, _)| *by == entry).map_or(0, |(_, change)| *change);
                self.adjust(origin.source, wallet, -change, purchase, Some(entry))?;
            }
            Given::MoveTo(tier) => {
                if let Some(number) = lot {
                    self.s.ladders[tier.ladder.index()].climb.take_back_hand(number);
                }
            }
            Given::Charge => {
                self.totals.fees -= i128::from(less);
                self.write_reversal(origin.source, Kind::Fee, purchase, -less, Unit::Money, None, entry);
            }
            // What was paid out stays so; what the balance lacks for it is owed.
            Given::Message | Given::Donation | Given::PayOut(_) => {}
        }
        Ok(())
    }

    /// What of a lot had lapsed unconfirmed: measures lost that when it did.
    fn never_earned_of(&mut self, wallet: WalletId, lot: Option<u32>, less: i64) -> i64 {
        let purse = &mut self.s.wallets[wallet.index()];
        let Some(place) = lot.and_then(|lot| purse.place(lot)) else { return 0 };
        let never = purse.lots[place].unconfirmed.clamp(0, less.max(0));
        purse.lots[place].unconfirmed -= never;
        never
    }

    /// What had left pending and is taken back lessens the period in which it did.
    fn take_back_confirmed(&mut self, wallet: WalletId, less: i64, lot: Option<u32>, purchase: Option<u32>) {
        let index = wallet.index();
        let found = lot.and_then(|lot| self.s.wallets[index].place(lot));
        let at = found.map_or_else(|| self.place_of(purchase), |found| self.s.wallets[index].lots[found].usable);
        for place in 0..self.plan.confirmed_measures[index].len() {
            self.lower_measure(self.plan.confirmed_measures[index][place], at, purchase, less);
        }
    }

    /// A measure loses what had been added at `at`, by a purchase if one did, and so does all that looked at it since.
    pub fn lower_measure(&mut self, measure: usize, at: DateTime, purchase: Option<u32>, less: i64) {
        let (window, periods, local) = (self.plan.program.measures[measure].window, self.periods(), self.local);
        self.s.measures[measure].take_back(window, at, local, periods, less);
        self.lower_points(measure, at, purchase, less);
        self.lower_timed(measure, purchase, at, less);
    }

    /// A balance would have been lower from `at` on.
    fn lower_balance(&mut self, wallet: WalletId, at: DateTime, purchase: Option<u32>, less: i64) {
        for measure in 0..self.plan.program.measures.len() {
            if self.plan.program.measures[measure].kind == MeasureKind::Balance(wallet) {
                self.lower_points(measure, at, purchase, less);
                self.lower_timed(measure, purchase, at, less);
            }
        }
        self.lower_timed_balance(wallet.index(), purchase, at, less);
    }

    #[expect(clippy::too_many_arguments, reason = "the columns of an entry that reverses another")]
    pub fn write_reversal(
        &mut self,
        source: Source,
        kind: Kind,
        purchase: Option<u32>,
        granted: i64,
        unit: Unit,
        lot: Option<u32>,
        reverses: u32,
    ) {
        let money = std::mem::take(&mut self.s.undone);
        self.write_entry(Entry { purchase, lot, reverses: Some(reverses), money, ..Entry::new(source, kind, granted, unit) });
    }

    /// Takes units back and says from which lots: first what is still pending of the rule's grants, then the lot made from it,
    /// then others in spending order; what expired unused is not owed.
    pub fn take_back_units(
        &mut self,
        wallet: WalletId,
        units: i64,
        lot: Option<u32>,
        rule: usize,
        purchase: Option<u32>,
        pieces: &mut Vec<(Option<u32>, i64)>,
    ) -> Checked<()> {
        let index = wallet.index();
        let mut missing = units;
        if self.plan.paid_rules.contains(&rule) {
            let piece = missing.min(self.s.unpaid[rule][index]);
            self.s.unpaid[rule][index] -= piece;
            self.s.wallets[index].pending -= piece;
            missing -= piece;
            pieces.push((None, piece));
        }
        let bought = self.place_of(purchase).date();
        let purse = &mut self.s.wallets[index];
        let own = purse.lots_of(lot, self.plan.program.returns.restore == Restore::NewExpiry);
        for &place in &own {
            let state = &mut purse.lots[place];
            let piece = missing.min(state.left);
            state.left -= piece;
            missing -= piece;
            *(if state.state == LotState::Active { &mut purse.balance } else { &mut purse.pending }) -= piece;
            pieces.push((Some(state.id), piece));
        }
        for &place in &own {
            let state = &mut purse.lots[place];
            let forgiven = missing.min(state.lapsed);
            state.lapsed -= forgiven;
            missing -= forgiven;
        }
        // A multiplier below one may have taken it from the purchase's other lots instead, pending as they are.
        let purse = &mut self.s.wallets[index];
        let (from, to) = purse.made_on(bought);
        work::count(own.len() + to - from);
        for state in purse.lots[from..to].iter_mut().filter(|state| purchase.is_some() && state.purchase == purchase) {
            let piece = missing.min(state.left);
            state.left -= piece;
            missing -= piece;
            *(if state.state == LotState::Active { &mut purse.balance } else { &mut purse.pending }) -= piece;
            pieces.push((Some(state.id), piece));
        }
        if missing > 0 {
            let order = self.plan.program.wallets[index].spend;
            let mut others = Vec::new();
            missing -= self.s.wallets[index].take(missing, order, &mut others);
            pieces.extend(others.iter().map(|piece| (Some(piece.lot), piece.units)));
        }
        if missing > 0 && self.plan.program.returns.shortfall != Shortfall::StopAtZero {
            // The refund may bear it at the end of the return.
            self.s.short[index] += missing;
            let purse = &mut self.s.wallets[index];
            purse.debt = purse.debt.checked_add(missing).ok_or(Overflow)?;
            purse.balance -= missing;
            pieces.push((None, missing));
        }
        pieces.retain(|(_, units)| *units > 0);
        let taken: i64 = pieces.iter().map(|(_, units)| units).sum();
        self.totals.wallets[index].taken_back += i128::from(taken);
        Ok(())
    }

    /// For `paid at …`: the lot made of what a purchase earned, at the end of its period or later.
    pub fn paid_lot(&self, wallet: WalletId, rule: usize, purchase: Option<u32>) -> Option<u32> {
        if !self.plan.paid_rules.contains(&rule) {
            return None;
        }
        let bought = self.place_of(Some(purchase?)).date();
        let lots = self.s.wallets[wallet.index()].lots.iter();
        lots.filter(|lot| lot.rule == Some(rule) && lot.purchase.is_none() && lot.earned >= bought).map(|lot| lot.id).next()
    }

    /// What a multiplier below one took from the purchase's own lots goes back to them.
    pub fn give_back(&mut self, wallet: WalletId, units: i64, purchase: Option<u32>, pieces: &mut Vec<(Option<u32>, i64)>) {
        let index = wallet.index();
        self.totals.wallets[index].taken_back -= i128::from(units);
        let mut missing = units;
        let bought = self.place_of(purchase).date();
        let purse = &mut self.s.wallets[index];
        let (from, to) = purse.made_on(bought);
        for lot in purse.lots[from..to].iter_mut().filter(|lot| lot.purchase == purchase) {
            let piece = missing.min(lot.granted - lot.left - lot.lapsed).max(0);
            lot.left += piece;
            missing -= piece;
            *(if lot.state == LotState::Active { &mut purse.balance } else { &mut purse.pending }) += piece;
            if piece > 0 {
                pieces.push((Some(lot.id), -piece));
            }
        }
        if missing > 0 {
            // It had been taken from what was not paid yet, or is owed since.
            pieces.push((None, -missing));
            let of_it = |(by, of, ..): &&mut (u32, WalletId, usize, i64)| Some(*by) == purchase && *of == wallet;
            for (_, _, rule, less) in self.s.unpaid_less.iter_mut().filter(of_it) {
                let piece = missing.min(*less);
                (*less, missing) = (*less - piece, missing - piece);
                self.s.unpaid[*rule][index] += piece;
                purse.pending += piece;
            }
            purse.debt -= missing;
            purse.balance += missing;
        }
    }
}
