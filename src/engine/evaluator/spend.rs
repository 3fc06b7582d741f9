//! Payments with a wallet.

use crate::engine::account::limits::limit_window;
use crate::engine::account::wallets::Piece;
use crate::engine::evaluator::{Account, Activity, Origin};
use crate::engine::ledger::{Entry, Kind, Source, Unit};
use crate::engine::listener::Listener;
use crate::engine::purchase::outcome::Outcome;
use crate::engine::purchase::reward;
use crate::engine::state::case::Case;
use crate::program::{LimitWhat, WalletId};
use crate::value::{Checked, Decimal, Exact, Overflow, Rounding};

impl<'a, R: Listener> Account<'a, R> {
    pub fn post_payments(&mut self, out: &Outcome, index: u32, case: &mut Option<Box<Case>>) -> Checked<()> {
        let (mut spent, mut paid) = (false, false);
        for payment in &out.payments {
            if payment.units < payment.wanted {
                self.totals.payments_cut += 1;
            }
            if payment.units == 0 {
                self.totals.refused += 1;
                self.write_entry(Entry {
                    purchase: Some(index),
                    wanted: payment.wanted,
                    ..Entry::new(Source::Wallet(payment.wallet), Kind::Refused, 0, Unit::Wallet(payment.wallet))
                });
                continue;
            }
            // What counts as money is no redemption, and takes nothing off.
            let redeems = !self.plan.program.wallets[payment.wallet.index()].as_money;
            let value = if redeems { payment.value } else { 0 };
            (spent, paid) = (true, paid || redeems);
            let source = Source::Redeem(u16::try_from(payment.redeem).unwrap_or(u16::MAX));
            self.at_rule = Some(source);
            let mut pieces = Vec::new();
            self.draw(payment.wallet, (payment.units, value, payment.share), 1, (source, Kind::Spend), Some(index), &mut pieces)?;
            self.totals.wallets[payment.wallet.index()].redeemed_value += i128::from(value);
            let totals = &mut self.totals.redeems[payment.redeem];
            totals.fired += 1;
            totals.discount += i128::from(value);
            let limits = &self.plan.program.redeems[payment.redeem].limits;
            for (offset, limit) in limits.iter().enumerate() {
                let Some(window) = limit_window(limit) else { continue };
                let used = match limit.what {
                    LimitWhat::Money(_) => payment.value,
                    LimitWhat::Units(..) => payment.units,
                    LimitWhat::Times(_) => 1,
                    _ => continue,
                };
                let slot = self.plan.redeem_limits[payment.redeem] + offset;
                let periods = self.periods();
                self.s.limits[slot].add(window, self.local, periods, used, true)?;
                if let Some(case) = case {
                    case.limits.push((slot, used));
                }
            }
            if let Some(case) = case {
                case.payments.push((payment.clone(), pieces, 0));
                case.paid_values.push(0);
            }
        }
        if paid {
            self.totals.purchases_with_redemption += 1;
            self.s.redeemed += 1;
        }
        if spent {
            self.touch_activity(Activity::Spending, Some(index));
        }
        Ok(())
    }

    /// Takes units from a wallet that pay so much money, with an entry for each lot drawn from; `times` is how many firings it
    /// stands for.
    pub fn spend(
        &mut self,
        wallet: WalletId,
        (units, money): (i64, i64),
        times: i64,
        what: (Source, Kind),
        purchase: Option<u32>,
        pieces: &mut Vec<Piece>,
    ) -> Checked<()> {
        self.draw(wallet, (units, money, self.s.claim_share), times, what, purchase, pieces)
    }

    /// Units leave as money, the fewest that are worth it; what the account owes in money is borne first.
    pub fn pay_out_money(
        &mut self,
        origin: Origin<'_>,
        wallet: WalletId,
        money: i64,
        purchase: Option<u32>,
    ) -> Checked<(u32, Option<u32>)> {
        if money <= 0 {
            return Ok((self.s.seq, None));
        }
        let program = self.plan.program;
        let each = reward::to_money(program, wallet, 1)?;
        let units = Exact::whole(i128::from(money)).divided_by(each)?.round(Rounding::Up)?;
        let units = i64::try_from(units).map_err(|_| Overflow)?;
        let mut pieces = Vec::new();
        self.draw(wallet, (units, money, None), 1, (origin.source, Kind::PayOut), purchase, &mut pieces)?;
        self.totals.paid_out += i128::from(money);
        self.rule_totals(origin.source).cost += i128::from(money);
        let borne = self.s.owed.min(money);
        if borne > 0 {
            self.s.owed -= borne;
            self.write_entry(Entry::new(Source::Given, Kind::Adjust, borne, Unit::Money));
        }
        self.touch_activity(Activity::Spending, purchase);
        Ok((self.s.seq, None))
    }

    /// The same, of every lot a share at most where one is assumed.
    fn draw(
        &mut self,
        wallet: WalletId,
        (units, money, most): (i64, i64, Option<Decimal>),
        times: i64,
        (source, kind): (Source, Kind),
        purchase: Option<u32>,
        pieces: &mut Vec<Piece>,
    ) -> Checked<()> {
        let index = wallet.index();
        let order = self.plan.program.wallets[index].spend;
        match most {
            None => self.s.wallets[index].spend(units, order, pieces),
            Some(most) => self.s.wallets[index].spend_share(units, most, order, pieces)?,
        }
        self.totals.wallets[index].spent += i128::from(units);
        let mut passed = 0;
        for piece in pieces.iter_mut() {
            let before = share(money, passed, units);
            passed += piece.units;
            let money = share(money, passed, units) - before;
            let (lot, expires) = (Some(piece.lot), piece.expires.map(|end| end.plus_days(-1)));
            let entry = Entry::new(source, kind, -piece.units, Unit::Wallet(wallet));
            piece.entry = self.write_entry(Entry { purchase, lot, expires, count: times, money, ..entry });
        }
        for &measure in &self.plan.spent_measures[index] {
            self.add_measure(measure, units)?;
        }
        if !R::ON && !self.journal {
            self.s.wallets[index].tidy();
        }
        Ok(())
    }
}

/// The money that the first `units` of a payment of `all` units stand for.
pub(in crate::engine) fn share(money: i64, units: i64, all: i64) -> i64 {
    i64::try_from(i128::from(money) * i128::from(units) / i128::from(all.max(1))).unwrap_or(money)
}
