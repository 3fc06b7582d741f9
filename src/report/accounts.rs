//! What every account bought and got: the rows behind deciles, intervals and the table of customers.

use super::metrics::refunded;
use crate::engine::Each;
use crate::engine::totals::Totals;
use crate::history::model::{Account, Part};
use crate::program::Program;
use crate::value::{Checked, Date, Exact, Instant, Overflow};
use serde::{Deserialize, Serialize};

/// An account at the close of the books. Money in minor units.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRow {
    pub id: String,
    /// Purchase records, and their recorded amounts less returns.
    pub purchases: u64,
    pub spend: i64,
    /// The day of the last purchase.
    pub last: Option<Date>,
    pub member: bool,
    /// The rung held, by ladder; `None` for who is no member.
    pub rungs: Vec<Option<u8>>,
    /// The segments whose condition holds for the member, by their places in the program.
    pub segments: Vec<u16>,
    /// Smallest units, by wallet: what can be spent, and what is pending.
    pub balances: Vec<(i128, i128)>,
    /// The next last day on which anything of a wallet can be used.
    pub next_end: Option<Date>,
    pub got: Got,
}

/// What an account received, by kind, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Got {
    pub discounts: i128,
    pub free_shipping: i128,
    /// What its units paid for.
    pub redeemed: i128,
    pub vouchers: i128,
    /// Gifts and prizes at what they are worth to the customer, and at what they cost the firm.
    pub gifts: i128,
    pub gifts_cost: i128,
    pub messages: i128,
    pub donations: i128,
    /// What left its wallets as money.
    pub paid_out: i128,
}

impl Got {
    /// The value to the customer: discounts, price lists, free shipping, units spent, vouchers used, gifts at worth.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn value(&self) -> Checked<i128> {
        sum(&[self.discounts, self.free_shipping, self.redeemed, self.vouchers, self.gifts, self.paid_out])
    }

    /// What it cost the firm, before fixed cost, with what a unit of reward value costs: exactly, so that accounts add up.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn cost(&self, reward_cost: Exact) -> Checked<Exact> {
        let plain =
            sum(&[self.discounts, self.free_shipping, self.vouchers, self.gifts_cost, self.messages, self.donations, self.paid_out])?;
        Exact::whole(self.redeemed).times(reward_cost)?.plus(Exact::whole(plain))
    }
}

fn sum(parts: &[i128]) -> Checked<i128> {
    parts.iter().try_fold(0_i128, |sum, part| sum.checked_add(*part)).ok_or(Overflow)
}

/// Makes the rows of the accounts of a run of one scenario.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    pub program: &'a Program,
    /// The first instant after the window.
    pub end: Instant,
}

impl Each for Rows<'_> {
    type Row = AccountRow;
    type Kept = Vec<AccountRow>;

    fn row(&self, _: usize, own: &Totals) -> AccountRow {
        of_totals(self.program, own)
    }

    fn keep(&self, _: &Part, rows: &[&[AccountRow]]) -> Vec<AccountRow> {
        rows.first().map_or_else(Vec::new, |rows| rows.to_vec())
    }
}

fn of_totals(program: &Program, own: &Totals) -> AccountRow {
    let gifts = |worth: fn(&crate::program::Gift) -> i64| {
        let each = program.gifts.iter().zip(&own.gifts);
        each.fold(0_i128, |sum, (gift, pieces)| sum.saturating_add(i128::from(worth(gift)).saturating_mul(i128::from(*pieces))))
    };
    let rung = |ladder: &Vec<crate::engine::totals::TierTotals>| {
        ladder.iter().position(|tier| tier.members > 0).and_then(|at| u8::try_from(at).ok())
    };
    AccountRow {
        member: own.members > 0,
        rungs: own.tiers.iter().map(rung).collect(),
        balances: own.wallets.iter().map(|wallet| (wallet.balance, wallet.pending)).collect(),
        got: Got {
            discounts: own.discounts,
            free_shipping: own.free_shipping,
            redeemed: own.wallets.iter().fold(0_i128, |sum, wallet| sum.saturating_add(wallet.redeemed_value)),
            vouchers: own.vouchers_used_value,
            gifts: gifts(|gift| gift.worth),
            gifts_cost: gifts(|gift| gift.costs),
            messages: own.message_cost,
            donations: own.donations,
            paid_out: own.money_given(program),
        },
        ..AccountRow::default()
    }
}

impl Rows<'_> {
    /// With what the account bought, as recorded.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn with_purchases(&self, part: &Part, account: &Account, mut row: AccountRow) -> Checked<AccountRow> {
        let place = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        let range = place(account.purchases.start)..place(account.purchases.end);
        let (at, amounts) = (part.purchases.at.get(range.clone()), part.purchases.amount.get(range));
        let mut spend = 0_i128;
        for (at, amount) in at.unwrap_or_default().iter().zip(amounts.unwrap_or_default()).filter(|(at, _)| **at < self.end) {
            row.last = Some(self.program.zone.local(*at).date());
            row.purchases = row.purchases.saturating_add(1);
            spend = spend.checked_add(i128::from(*amount)).ok_or(Overflow)?;
        }
        let back = refunded(part, account, self.end)?;
        row.spend = spend.checked_sub(back).and_then(|net| i64::try_from(net).ok()).ok_or(Overflow)?;
        row.id.clone_from(&account.id);
        Ok(row)
    }
}
