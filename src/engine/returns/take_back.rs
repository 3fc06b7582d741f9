//! Returns: what was granted is taken back.

use crate::engine::Recorder;
use crate::engine::account::Account;
use crate::engine::account::lots::{Lot, LotState};
use crate::engine::ledger::{Entry, Kind, Source, Unit};
use crate::engine::purchase::{Award, Given};
use crate::engine::world::pots;
use crate::program::{Shortfall, WalletId};
use crate::value::{Checked, Overflow};

impl<'a, R: Recorder> Account<'a, R> {
    /// Takes back part of an award.
    pub fn take_back_award(&mut self, award: &Award, less: i64, entry: u32, lot: Option<u32>, purchase: Option<u32>) -> Checked<()> {
        if less == 0 {
            return Ok(());
        }
        let origin = self.bound.origin(award.rule);
        self.refill_pots(award, less, purchase)?;
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
                self.reverse(origin.source, kind, purchase, -less, Unit::Money, None, entry);
            }
            Given::Earn(wallet) | Given::Multiply(wallet) | Given::Grant(wallet) => {
                self.rule_totals(origin.source).wallets[wallet.index()] -= i128::from(less);
                let mut pieces = Vec::new();
                let pending = self.s.wallets[wallet.index()].pending;
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
                    self.reverse(origin.source, Kind::TakeBack, purchase, -units, Unit::Wallet(wallet), lot, entry);
                }
                let was_pending = pending - self.s.wallets[wallet.index()].pending;
                self.note_balance_without(wallet, less - was_pending, purchase);
                for &measure in &self.bound.earned_measures[wallet.index()] {
                    let (window, periods, local) = (self.bound.program.measures[measure].window, self.periods(), self.local);
                    let at = purchase
                        .and_then(|p| self.s.records.iter().find(|r| r.purchase == p))
                        .map_or(self.s.granted_at.unwrap_or(local), |r| self.bound.program.zone.local(r.moment));
                    self.s.measures[measure].take_back(window, at, local, periods, less);
                    self.s.measures[measure].take_off(at, purchase, -less);
                }
            }
            Given::Gift(gift) => {
                let cost = self.bound.program.gifts[gift.index()].costs;
                self.totals.gifts[gift.index()] -= less;
                let totals = self.rule_totals(origin.source);
                totals.gifts -= less;
                totals.cost -= i128::from(cost) * i128::from(less);
                self.reverse(origin.source, Kind::Gift(gift), purchase, -less, Unit::Count, None, entry);
            }
            Given::Voucher => {
                self.totals.vouchers -= 1;
                self.rule_totals(origin.source).vouchers -= 1;
                let is_sum = self.cancel_voucher(lot);
                let unit = if is_sum { Unit::Money } else { Unit::Count };
                self.reverse(origin.source, Kind::Voucher, purchase, -less, unit, None, entry);
            }
            Given::Entries(draw) => {
                *self.shared.entries[draw.index()].entry(self.shared.account).or_default() -= less;
                self.reverse(origin.source, Kind::Entries(draw), purchase, -less, Unit::Count, None, entry);
            }
            Given::Access(access) => {
                self.reverse(origin.source, Kind::Access(access), purchase, -less, Unit::Count, None, entry);
            }
            // What was sent or given away stays sent; a tier moved by invitation is found as at a review.
            Given::Message | Given::Donation | Given::MoveTo(_) => {}
        }
        Ok(())
    }

    /// What is taken back returns to the pots it came from, in the period of its purchase.
    pub fn refill_pots(&mut self, award: &Award, less: i64, purchase: Option<u32>) -> Checked<()> {
        let periods = self.periods();
        let record = purchase.and_then(|purchase| self.s.records.iter().find(|record| record.purchase == purchase));
        let without = self.s.granted_at.unwrap_or(self.local);
        let date = record.map_or(without, |record| self.bound.program.zone.local(record.moment)).date();
        let Some(pots) = self.bound.rule_pots.get(award.rule) else { return Ok(()) };
        for &index in pots {
            let pot = &self.bound.pots[index];
            let drawn = pots::draw(self.bound.program, pot, award, less)?;
            self.shared.pots[index].take(pot, date, periods, -drawn);
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "the columns of an entry that reverses another")]
    pub fn reverse(
        &mut self,
        source: Source,
        kind: Kind,
        purchase: Option<u32>,
        granted: i64,
        unit: Unit,
        lot: Option<u32>,
        reverses: u32,
    ) {
        self.s.seq += 1;
        if R::ON {
            self.recorder.entry(Entry {
                seq: self.s.seq,
                at: self.now,
                purchase,
                source,
                kind,
                wanted: granted,
                granted,
                unit,
                lot,
                expires: None,
                reverses: Some(reverses),
                because: None,
            });
        }
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
        if self.bound.paid_rules.contains(&rule) {
            let piece = missing.min(self.s.unpaid[rule][index]);
            self.s.unpaid[rule][index] -= piece;
            self.s.wallets[index].pending -= piece;
            missing -= piece;
            pieces.push((None, piece));
        }
        // What had paid for something that came back is still of its lot, though it lies in one of its own.
        let purse = &mut self.s.wallets[index];
        let is_own = |state: &&mut Lot| lot.is_some() && (lot == Some(state.id) || lot == state.came_from);
        for state in purse.lots.iter_mut().filter(is_own) {
            let piece = missing.min(state.left);
            state.left -= piece;
            missing -= piece;
            *(if state.state == LotState::Active { &mut purse.balance } else { &mut purse.pending }) -= piece;
            pieces.push((Some(state.id), piece));
        }
        for state in purse.lots.iter_mut().filter(is_own) {
            let forgiven = missing.min(state.lapsed);
            state.lapsed -= forgiven;
            missing -= forgiven;
        }
        // A multiplier below one may have taken it from the purchase's other lots instead, pending as they are.
        let purse = &mut self.s.wallets[index];
        for state in purse.lots.iter_mut().filter(|state| purchase.is_some() && state.purchase == purchase) {
            let piece = missing.min(state.left);
            state.left -= piece;
            missing -= piece;
            *(if state.state == LotState::Active { &mut purse.balance } else { &mut purse.pending }) -= piece;
            pieces.push((Some(state.id), piece));
        }
        if missing > 0 {
            let order = self.bound.program.wallets[index].spend;
            let mut others = Vec::new();
            missing -= self.s.wallets[index].take(missing, order, &mut others);
            pieces.extend(others.iter().map(|piece| (Some(piece.lot), piece.units)));
        }
        if missing > 0 && self.bound.program.returns.shortfall == Shortfall::MayGoNegative {
            let purse = &mut self.s.wallets[index];
            purse.debt = purse.debt.checked_add(missing).ok_or(Overflow)?;
            purse.balance -= missing;
            pieces.push((None, missing));
            missing = 0;
        }
        if missing > 0 && self.bound.program.returns.shortfall == Shortfall::DeductFromRefund {
            let worth =
                crate::engine::purchase::reward::to_money(self.bound.program, wallet, missing)?.round(self.bound.program.round_money)?;
            self.s.short = self.s.short.checked_add(i64::try_from(worth).map_err(|_| Overflow)?).ok_or(Overflow)?;
        }
        pieces.retain(|(_, units)| *units > 0);
        let taken: i64 = pieces.iter().map(|(_, units)| units).sum();
        self.totals.wallets[index].taken_back += i128::from(taken);
        Ok(())
    }

    /// For `paid at …`: the lot made of what a purchase earned, at the end of its period or later.
    pub fn paid_lot(&self, wallet: WalletId, rule: usize, purchase: Option<u32>) -> Option<u32> {
        if !self.bound.paid_rules.contains(&rule) {
            return None;
        }
        let record = self.s.records.iter().find(|r| Some(r.purchase) == purchase)?;
        let bought = self.bound.program.zone.local(record.moment).date();
        let lots = self.s.wallets[wallet.index()].lots.iter();
        lots.filter(|lot| lot.rule == Some(rule) && lot.purchase.is_none() && lot.earned >= bought).map(|lot| lot.id).next()
    }

    /// What a multiplier below one took from the purchase's own lots goes back to them.
    pub fn give_back(&mut self, wallet: WalletId, units: i64, purchase: Option<u32>, pieces: &mut Vec<(Option<u32>, i64)>) {
        let index = wallet.index();
        self.totals.wallets[index].taken_back -= i128::from(units);
        let mut missing = units;
        let purse = &mut self.s.wallets[index];
        for lot in purse.lots.iter_mut().filter(|lot| lot.purchase == purchase) {
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
            match self.bound.paid_rules.first() {
                Some(&rule) => {
                    self.s.unpaid[rule][index] += missing;
                    purse.pending += missing;
                }
                None => {
                    purse.debt -= missing;
                    purse.balance += missing;
                }
            }
            pieces.push((None, -missing));
        }
    }
}
