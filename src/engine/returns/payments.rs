//! Returns: what paid is given back.

use crate::engine::account::limits::limit_window;
use crate::engine::account::wallets::{Lot, Piece};
use crate::engine::evaluator::Account;
use crate::engine::evaluator::spend::share;
use crate::engine::ledger::{Entry, Kind, Source, Unit};
use crate::engine::listener::Listener;
use crate::engine::purchase::outcome::Payment;
use crate::engine::state::case::Case;
use crate::program::{LimitWhat, MeasureKind, Restore, WalletId};
use crate::value::{Checked, Date, Instant, Overflow};

impl<'a, R: Listener> Account<'a, R> {
    /// Points that paid for what came back: by what of the payment lay on it, at most the refunds so far.
    pub fn take_back_payment(&mut self, case: &mut Case) -> Checked<()> {
        if self.plan.program.returns.restore == Restore::No {
            return Ok(());
        }
        if case.payments.is_empty() {
            return Ok(());
        }
        let values = case.back_by_payment()?;
        // What a rounding gave back earlier stays back, and the others wait for it: together never more than came back.
        let vouched = values.last().copied().unwrap_or(0);
        let mut room = case.paid_back - vouched - case.paid_values.iter().sum::<i64>();
        let mut payments = std::mem::take(&mut case.payments);
        for (((payment, pieces, back), value), known) in payments.iter_mut().zip(values).zip(&mut case.paid_values) {
            let more = (value - *known).min(room).max(0);
            (*known, room) = (*known + more, room - more);
            let due = i128::from(payment.units) * i128::from(*known) / i128::from(payment.value.max(1));
            let due = i64::try_from(due).map_err(|_| Overflow)?;
            let now = due - *back;
            if now > 0 {
                self.give_back_units(payment, pieces, *back, now, case.purchase)?;
                self.take_back_spending(payment, *back, due, case.moment, case.purchase)?;
                self.give_back_redeem_limits(payment, *back, due, case.moment, &mut case.limits);
                *back = due;
            }
        }
        let whole = |(payment, _, back): &(Payment, Vec<Piece>, i64)| payment.units > 0 && *back == payment.units;
        let redeems = |(payment, ..): &(Payment, Vec<Piece>, i64)| !self.plan.program.wallets[payment.wallet.index()].as_money;
        if !case.unredeemed && payments.iter().all(whole) && payments.iter().any(redeems) {
            case.unredeemed = true;
            self.totals.purchases_with_redemption -= 1;
            self.s.redeemed -= 1;
        }
        case.payments = payments;
        Ok(())
    }

    /// Limits of a `redeem` sentence have room again for what came back.
    pub fn give_back_redeem_limits(&mut self, payment: &Payment, before: i64, now: i64, moment: Instant, used: &mut [(usize, i64)]) {
        let (periods, at, first) = (self.periods(), self.plan.program.zone.local(moment), self.plan.redeem_limits[payment.redeem]);
        for (offset, limit) in self.plan.program.redeems[payment.redeem].limits.iter().enumerate() {
            let Some(window) = limit_window(limit) else { continue };
            let Some((slot, left)) = used.iter_mut().find(|(slot, _)| *slot == first + offset) else { continue };
            let value = |units: i64| i128::from(payment.value) * i128::from(units) / i128::from(payment.units.max(1));
            let less = match limit.what {
                LimitWhat::Money(_) => i64::try_from(value(now) - value(before)).unwrap_or(0),
                LimitWhat::Units(..) => now - before,
                LimitWhat::Times(_) => i64::from(now == payment.units),
                LimitWhat::Percent(_) | LimitWhat::First(_) | LimitWhat::FirstQuantity(_) => 0,
            };
            let less = less.clamp(0, *left);
            *left -= less;
            self.s.limits[*slot].take_back(window, at, self.local, periods, less);
        }
    }

    /// What came back was not spent: neither in the sums of the report nor in measures.
    fn take_back_spending(&mut self, payment: &Payment, before: i64, now: i64, moment: Instant, purchase: u32) -> Checked<()> {
        let as_money = self.plan.program.wallets[payment.wallet.index()].as_money;
        let all = if as_money { 0 } else { payment.value };
        let value = |units: i64| i128::from(all) * i128::from(units) / i128::from(payment.units.max(1));
        let (less, units) = (value(now) - value(before), now - before);
        let wallet = &mut self.totals.wallets[payment.wallet.index()];
        wallet.spent -= i128::from(units);
        wallet.redeemed_value -= less;
        let redeem = &mut self.totals.redeems[payment.redeem];
        redeem.discount -= less;
        redeem.fired -= u64::from(now == payment.units);
        let at = self.plan.program.zone.local(moment);
        for &measure in &self.plan.spent_measures[payment.wallet.index()] {
            self.lower_measure(measure, at, Some(purchase), units);
        }
        Ok(())
    }

    /// Units come back to the lots they came from, the last drawn first, so that the longest-lived return first; with a
    /// new expiry to lots of their own.
    fn give_back_units(&mut self, payment: &Payment, pieces: &[Piece], skip: i64, units: i64, purchase: u32) -> Checked<()> {
        let all = if self.plan.program.wallets[payment.wallet.index()].as_money { 0 } else { payment.value };
        let value = |units: i64| share(all, units, payment.units);
        let (mut skip, mut missing, mut back) = (skip, units, skip);
        for piece in pieces.iter().rev() {
            let passed = skip.min(piece.units);
            skip -= passed;
            let now = missing.min(piece.units - passed);
            if now == 0 {
                continue;
            }
            missing -= now;
            back += now;
            let worth = (now, value(back) - value(back - now));
            let index = payment.wallet.index();
            // What comes back was there before: it renews no tier by balance.
            for (measure, before) in self.plan.program.measures.iter().zip(&mut self.s.before_event) {
                if measure.kind == MeasureKind::Balance(payment.wallet) {
                    *before += now;
                }
            }
            let anew = self.plan.program.returns.restore == Restore::NewExpiry;
            match self.s.wallets[index].place(piece.lot).filter(|_| !anew) {
                Some(place) => self.give_back_into(payment, piece, place, worth, purchase)?,
                None => self.give_back_anew(payment, piece, worth, purchase)?,
            }
        }
        Ok(())
    }

    fn give_back_into(&mut self, payment: &Payment, piece: &Piece, place: usize, worth: (i64, i64), purchase: u32) -> Checked<()> {
        let index = payment.wallet.index();
        self.s.wallets[index].refill(place, worth.0)?;
        let (lot, expires) = (self.s.wallets[index].lots[place].id, self.s.wallets[index].lots[place].expires);
        self.write_given_back(payment, piece, (lot, expires), worth, purchase);
        self.lower_due(expires);
        self.expire_now(index, place);
        Ok(())
    }

    fn give_back_anew(&mut self, payment: &Payment, piece: &Piece, worth: (i64, i64), purchase: u32) -> Checked<()> {
        let (units, index) = (worth.0, payment.wallet.index());
        let (expires, latest) = self.terms_of(index, self.today);
        self.s.last_lot += 1;
        let id = self.s.last_lot;
        let entry = self.write_given_back(payment, piece, (id, expires), worth, purchase);
        if let Some(place) = self.s.wallets[index].place(piece.lot) {
            self.s.wallets[index].lots[place].restored += units;
        }
        let came_from = Some(piece.first);
        self.s.wallets[index].push(Lot {
            purchase: Some(purchase),
            entry,
            expires,
            latest,
            came_from,
            ..Lot::new(id, units, self.local)
        })?;
        self.lower_due(expires);
        Ok(())
    }

    /// The entry of units that came back with the money that they had taken off, which names the one that had spent them.
    fn write_given_back(
        &mut self,
        payment: &Payment,
        piece: &Piece,
        lot: (u32, Option<Date>),
        (units, money): (i64, i64),
        purchase: u32,
    ) -> u32 {
        let source = Source::Redeem(u16::try_from(payment.redeem).unwrap_or(u16::MAX));
        let expires = lot.1.map(|end| end.plus_days(-1));
        let entry = Entry::new(source, Kind::Restore, units, Unit::Wallet(payment.wallet));
        self.write_entry(Entry { purchase: Some(purchase), lot: Some(lot.0), expires, reverses: Some(piece.entry), money: -money, ..entry })
    }

    /// Restored points whose old expiry has passed expire at once, unless a tier keeps them.
    fn expire_now(&mut self, wallet: usize, place: usize) {
        let (today, protected) = (self.today, self.is_protected(wallet));
        let lot = &mut self.s.wallets[wallet].lots[place];
        if lot.expires.is_none_or(|end| end > today) || lot.left == 0 || protected && !lot.own_terms {
            return;
        }
        let left = std::mem::take(&mut lot.left);
        lot.lapsed += left;
        let (id, entry) = (lot.id, lot.entry);
        self.s.wallets[wallet].balance -= left;
        self.totals.wallets[wallet].expired += i128::from(left);
        let wallet = WalletId(u16::try_from(wallet).unwrap_or(u16::MAX));
        self.write_reversal(Source::Wallet(wallet), Kind::Expire, None, -left, Unit::Wallet(wallet), Some(id), entry);
    }
}
