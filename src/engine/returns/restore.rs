//! Returns: what paid is given back.

use crate::engine::Recorder;
use crate::engine::account::Account;
use crate::engine::account::lots::{Lot, LotState, Piece};
use crate::engine::ledger::{Entry, Kind, Source, Unit};
use crate::engine::purchase::redemption::Payment;
use crate::engine::returns::{Record, returned_payment};
use crate::program::{LimitWhat, Restore, WalletId};
use crate::value::{Checked, Date, Instant, Overflow};

impl<'a, R: Recorder> Account<'a, R> {
    /// Points that paid for what came back: by the share of the payment that lay on it, at most the refunds so far.
    pub fn restore_payment(&mut self, record: &mut Record) -> Checked<()> {
        if self.bound.program.returns.restore == Restore::No {
            return Ok(());
        }
        let all: i64 = record.payments.iter().map(|(payment, ..)| payment.value).sum();
        if all <= 0 {
            return Ok(());
        }
        // Vouchers share the lines with points; of what comes back points have their part.
        let paid: i64 = record.paid_first.iter().sum();
        let back_value = i128::from(returned_payment(record)?.min(record.refunded)) * i128::from(all) / i128::from(paid.max(all));
        let back_value = i64::try_from(back_value).map_err(|_| Overflow)?;
        let mut payments = std::mem::take(&mut record.payments);
        for (payment, pieces, back) in &mut payments {
            let due = i128::from(payment.units) * i128::from(back_value) / i128::from(all);
            let due = i64::try_from(due).map_err(|_| Overflow)?;
            let now = due - *back;
            if now > 0 {
                self.restore(payment, pieces, *back, now, record.purchase)?;
                self.give_back_redeem_limits(payment, *back, due, record.moment, &mut record.limits);
                *back = due;
            }
        }
        record.payments = payments;
        Ok(())
    }

    /// Limits of a `redeem` sentence have room again for what came back.
    pub fn give_back_redeem_limits(&mut self, payment: &Payment, before: i64, now: i64, moment: Instant, used: &mut [(usize, i64)]) {
        let (periods, at, first) = (self.periods(), self.bound.program.zone.local(moment), self.bound.redeem_limits[payment.redeem]);
        for (offset, limit) in self.bound.program.redeems[payment.redeem].limits.iter().enumerate() {
            let Some(window) = crate::engine::account::measures::limit_window(limit) else { continue };
            let Some((slot, left)) = used.iter_mut().find(|(slot, _)| *slot == first + offset) else { continue };
            let value = |units: i64| i128::from(payment.value) * i128::from(units) / i128::from(payment.units.max(1));
            let less = match limit.what {
                LimitWhat::Money(_) => i64::try_from(value(now) - value(before)).unwrap_or(0),
                LimitWhat::Units(..) => now - before,
                LimitWhat::Times(_) => i64::from(now == payment.units),
                LimitWhat::Percent(_) | LimitWhat::First(_) => 0,
            };
            let less = less.clamp(0, *left);
            *left -= less;
            self.s.limits[*slot].take_back(window, at, self.local, periods, less);
        }
    }

    pub fn restore(&mut self, payment: &Payment, pieces: &[Piece], skip: i64, units: i64, purchase: u32) -> Checked<()> {
        let index = payment.wallet.index();
        let today = self.today;
        let (mut skip, mut missing) = (skip, units);
        // Units come back to the lots they came from, the last drawn first, so that the longest-lived return first.
        for piece in pieces.iter().rev() {
            let passed = skip.min(piece.units);
            skip -= passed;
            let now = missing.min(piece.units - passed);
            if now == 0 {
                continue;
            }
            missing -= now;
            let anew = self.bound.program.returns.restore == Restore::NewExpiry;
            let expires = if anew {
                let expiry = self.bound.program.wallets[index].expiry;
                crate::engine::day::calendar::expiry_last_day(expiry, today, self.periods()).map(|last| last.plus_days(1))
            } else if self.bound.follows_activity(index) && !piece.own_terms {
                // They would have followed the customer had they not been spent.
                self.s.wallets[index].common_expiry.or(piece.expires)
            } else {
                piece.expires
            };
            self.totals.wallets[index].adjusted += i128::from(now);
            self.s.last_lot += 1;
            let id = self.s.last_lot;
            let source = Source::Redeem(u16::try_from(payment.redeem).unwrap_or(u16::MAX));
            self.s.seq += 1;
            let entry = self.s.seq;
            if R::ON {
                self.recorder.entry(Entry {
                    seq: entry,
                    at: self.now,
                    purchase: Some(purchase),
                    source,
                    kind: Kind::Restore,
                    wanted: now,
                    granted: now,
                    unit: Unit::Wallet(payment.wallet),
                    lot: Some(id),
                    expires: expires.map(|end| end.plus_days(-1)),
                    reverses: None,
                    because: None,
                });
            }
            let lot = Lot {
                id,
                granted: now,
                left: now,
                earned: if anew { today } else { piece.earned },
                rule: None,
                purchase: Some(purchase),
                entry,
                expires,
                own_terms: !anew && piece.own_terms,
                state: LotState::Active,
                lapsed: 0,
                matures: piece.matures,
                came_from: Some(piece.first),
            };
            self.s.wallets[index].push(lot)?;
            self.lower_due(expires);
            let protected = self.is_protected(index) && (anew || !piece.own_terms);
            if expires.is_some_and(|end| end <= today) && !protected {
                self.expire_now(index, today);
            }
        }
        Ok(())
    }

    /// Restored points whose old expiry has passed expire at once.
    pub fn expire_now(&mut self, wallet: usize, today: Date) {
        let Some(lot) = self.s.wallets[wallet].lots.last_mut() else { return };
        if lot.expires.is_none_or(|end| end > today) || lot.left == 0 {
            return;
        }
        let left = std::mem::take(&mut lot.left);
        lot.lapsed += left;
        let (id, entry) = (lot.id, lot.entry);
        self.s.wallets[wallet].balance -= left;
        self.totals.wallets[wallet].expired += i128::from(left);
        let wallet = WalletId(u16::try_from(wallet).unwrap_or(u16::MAX));
        self.reverse(Source::Wallet(wallet), Kind::Expire, None, -left, Unit::Wallet(wallet), Some(id), entry);
    }
}
