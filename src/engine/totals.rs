//! Sums of a run: integers only, so that the order of merging cannot matter.

use crate::program::Program;
use crate::value::{Checked, Overflow};
use serde::{Deserialize, Serialize};

/// Everything a report needs of a run beside the history itself. Merge with [`Totals::merge`] in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Accounts with or without purchases.
    pub accounts: u64,
    /// Accounts that are members at the end.
    pub members: u64,
    /// Purchases made by members while members, within the program's life.
    pub member_purchases: u64,
    /// Their recorded amounts, minor units.
    pub member_sales: i128,
    /// By wallet.
    pub wallets: Vec<WalletTotals>,
    /// By rule, in the program's order.
    pub rules: Vec<RuleTotals>,
    /// By `exchange`, `reward` and `redeem` sentence.
    pub exchanges: Vec<RuleTotals>,
    pub rewards: Vec<RuleTotals>,
    pub redeems: Vec<RuleTotals>,
    /// By ladder and rung.
    pub tiers: Vec<Vec<TierTotals>>,
    /// Money off by discounts and price lists, less what returns took back, minor units.
    pub discounts: i128,
    /// Money off shipping.
    pub free_shipping: i128,
    /// Gifts by id: pieces less those taken back.
    pub gifts: Vec<i64>,
    /// Vouchers granted less taken back, used, expired.
    pub vouchers: i64,
    pub vouchers_used: i64,
    /// Face value of money vouchers used, at most the purchase, minor units.
    pub vouchers_used_value: i128,
    /// Messages sent and what they cost.
    pub messages: u64,
    pub message_cost: i128,
    pub donations: i128,
    /// What left wallets as money, minor units.
    pub paid_out: i128,
    /// What customers paid the program.
    pub fees: i128,
    /// Money paid back for returns as the program computes it.
    pub refunds: i128,
    /// Purchases that something was redeemed on.
    pub purchases_with_redemption: u64,
    /// Accounts that redeemed at least once.
    pub redeemers: u64,
    /// Claims and recorded payments that were refused or cut.
    pub refused: u64,
    /// Recorded payments cut to what balance and terms allow.
    pub payments_cut: u64,
}

/// Of a wallet, in its smallest units: opening + issued + adjusted = spent + expired + taken back + balance + pending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletTotals {
    /// What members held when the books were opened, less what they owed.
    #[serde(default)]
    pub opening: i128,
    pub issued: i128,
    pub adjusted: i128,
    pub spent: i128,
    pub expired: i128,
    pub taken_back: i128,
    pub balance: i128,
    pub pending: i128,
    /// The sum of balances below zero, as a negative number; part of `balance`.
    pub owed: i128,
    /// What redemption of it took off purchases, minor units.
    pub redeemed_value: i128,
    /// Units issued in lots whose last day lies before the end, and what of them was spent: the matured vintage.
    pub matured_issued: i128,
    pub matured_spent: i128,
}

/// Of a rule or another sentence that gives something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleTotals {
    /// How often it gave something.
    pub fired: u64,
    /// Money off, less what returns took back, minor units.
    pub discount: i128,
    /// Smallest units by wallet, less what returns took back.
    pub wallets: Vec<i128>,
    /// Pieces less those taken back.
    pub gifts: i64,
    /// Vouchers less those taken back.
    pub vouchers: i64,
    /// What its gifts, messages and donations cost, minor units.
    pub cost: i128,
    /// What was cut from what it wanted by caps, budgets and combination: money off, minor units.
    pub cut: i128,
}

/// Of a tier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierTotals {
    /// Members who hold it at the end.
    pub members: u64,
    /// Purchases at which it was held (facts of stage 0) and their recorded amounts.
    pub purchases: u64,
    pub sales: i128,
    /// Times it was reached and lost.
    pub reached: u64,
    pub lost: u64,
}

impl Totals {
    /// What left as money: paid out, or granted to a wallet that counts as money.
    #[must_use]
    pub fn money_given(&self, program: &Program) -> i128 {
        let granted = self.wallets.iter().zip(&program.wallets).filter(|(_, of)| of.as_money);
        granted.fold(self.paid_out, |sum, (wallet, _)| sum.saturating_add(wallet.issued).saturating_sub(wallet.taken_back))
    }

    /// Zeros in the shape of a program.
    #[must_use]
    pub fn new(program: &Program) -> Self {
        let rule = RuleTotals { wallets: vec![0; program.wallets.len()], ..RuleTotals::default() };
        Self {
            wallets: vec![WalletTotals::default(); program.wallets.len()],
            rules: vec![rule.clone(); program.rules.len()],
            exchanges: vec![rule.clone(); program.exchanges.len()],
            rewards: vec![rule.clone(); program.rewards.len()],
            redeems: vec![rule; program.redeems.len()],
            tiers: program.ladders.iter().map(|ladder| vec![TierTotals::default(); ladder.rungs.len()]).collect(),
            gifts: vec![0; program.gifts.len()],
            ..Self::default()
        }
    }

    /// Zeros again, without giving their places back.
    pub fn clear(&mut self) {
        let Self { wallets, rules, exchanges, rewards, redeems, tiers, gifts, .. } = std::mem::take(self);
        *self = Self { wallets, rules, exchanges, rewards, redeems, tiers, gifts, ..Self::default() };
        self.wallets.fill(WalletTotals::default());
        for list in [&mut self.rules, &mut self.exchanges, &mut self.rewards, &mut self.redeems] {
            for rule in list {
                let mut wallets = std::mem::take(&mut rule.wallets);
                wallets.fill(0);
                *rule = RuleTotals { wallets, ..RuleTotals::default() };
            }
        }
        self.tiers.iter_mut().for_each(|ladder| ladder.fill(TierTotals::default()));
        self.gifts.fill(0);
    }

    /// Adds the sums of other accounts under the same program.
    ///
    /// # Errors
    /// [`Overflow`] if a sum does not fit.
    pub fn merge(&mut self, other: &Self) -> Checked<()> {
        self.accounts = plus(self.accounts, other.accounts)?;
        self.members = plus(self.members, other.members)?;
        self.member_purchases = plus(self.member_purchases, other.member_purchases)?;
        add(&mut self.member_sales, other.member_sales)?;
        for (mine, theirs) in self.wallets.iter_mut().zip(&other.wallets) {
            mine.merge(theirs)?;
        }
        for (mine, theirs) in [
            (&mut self.rules, &other.rules),
            (&mut self.exchanges, &other.exchanges),
            (&mut self.rewards, &other.rewards),
            (&mut self.redeems, &other.redeems),
        ] {
            for (mine, theirs) in mine.iter_mut().zip(theirs) {
                mine.merge(theirs)?;
            }
        }
        for (mine, theirs) in self.tiers.iter_mut().flatten().zip(other.tiers.iter().flatten()) {
            mine.merge(theirs)?;
        }
        add(&mut self.discounts, other.discounts)?;
        add(&mut self.free_shipping, other.free_shipping)?;
        for (mine, theirs) in self.gifts.iter_mut().zip(&other.gifts) {
            *mine = mine.checked_add(*theirs).ok_or(Overflow)?;
        }
        self.vouchers = self.vouchers.checked_add(other.vouchers).ok_or(Overflow)?;
        self.vouchers_used = self.vouchers_used.checked_add(other.vouchers_used).ok_or(Overflow)?;
        add(&mut self.vouchers_used_value, other.vouchers_used_value)?;
        self.messages = plus(self.messages, other.messages)?;
        add(&mut self.message_cost, other.message_cost)?;
        add(&mut self.donations, other.donations)?;
        add(&mut self.paid_out, other.paid_out)?;
        add(&mut self.fees, other.fees)?;
        add(&mut self.refunds, other.refunds)?;
        self.purchases_with_redemption = plus(self.purchases_with_redemption, other.purchases_with_redemption)?;
        self.redeemers = plus(self.redeemers, other.redeemers)?;
        self.refused = plus(self.refused, other.refused)?;
        self.payments_cut = plus(self.payments_cut, other.payments_cut)?;
        Ok(())
    }
}

impl WalletTotals {
    fn merge(&mut self, other: &Self) -> Checked<()> {
        for (mine, theirs) in [
            (&mut self.opening, other.opening),
            (&mut self.issued, other.issued),
            (&mut self.adjusted, other.adjusted),
            (&mut self.spent, other.spent),
            (&mut self.expired, other.expired),
            (&mut self.taken_back, other.taken_back),
            (&mut self.balance, other.balance),
            (&mut self.pending, other.pending),
            (&mut self.owed, other.owed),
            (&mut self.redeemed_value, other.redeemed_value),
            (&mut self.matured_issued, other.matured_issued),
            (&mut self.matured_spent, other.matured_spent),
        ] {
            add(mine, theirs)?;
        }
        Ok(())
    }
}

impl RuleTotals {
    fn merge(&mut self, other: &Self) -> Checked<()> {
        self.fired = plus(self.fired, other.fired)?;
        add(&mut self.discount, other.discount)?;
        for (mine, theirs) in self.wallets.iter_mut().zip(&other.wallets) {
            add(mine, *theirs)?;
        }
        self.gifts = self.gifts.checked_add(other.gifts).ok_or(Overflow)?;
        self.vouchers = self.vouchers.checked_add(other.vouchers).ok_or(Overflow)?;
        add(&mut self.cost, other.cost)?;
        add(&mut self.cut, other.cut)
    }
}

impl TierTotals {
    fn merge(&mut self, other: &Self) -> Checked<()> {
        self.members = plus(self.members, other.members)?;
        self.purchases = plus(self.purchases, other.purchases)?;
        add(&mut self.sales, other.sales)?;
        self.reached = plus(self.reached, other.reached)?;
        self.lost = plus(self.lost, other.lost)?;
        Ok(())
    }
}

fn add(sum: &mut i128, more: i128) -> Checked<()> {
    *sum = sum.checked_add(more).ok_or(Overflow)?;
    Ok(())
}

fn plus(sum: u64, more: u64) -> Checked<u64> {
    sum.checked_add(more).ok_or(Overflow)
}
