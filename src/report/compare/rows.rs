//! What every account got and cost under every program: kept part by part, while the part is in hand for all of them.

use crate::engine::Each;
use crate::engine::totals::Totals;
use crate::history::model::{Account, Part};
use crate::program::Program;
use crate::report::metrics::refunded;
use crate::value::{Checked, Decimal, Instant, Overflow};

/// A customer who bought or got something, under every scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    pub id: String,
    pub purchases: u32,
    /// Recorded amounts less what was returned, minor units.
    pub spend: i64,
    /// By scenario.
    pub under: Vec<Got>,
}

/// What one scenario made of a customer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Got {
    /// What the customer received: discounts, price lists, free shipping, what units and vouchers paid, gifts at what they are
    /// worth. Minor units.
    pub value: i64,
    /// What that cost before fixed cost, in parts of minor units: see [`Rows::new`].
    pub cost: i128,
    /// The rung of the first ladder at the close; `None` without membership or ladder.
    pub tier: Option<u8>,
}

/// Makes the rows.
pub struct Rows<'a> {
    scenarios: Vec<&'a Program>,
    /// The first instant after the window.
    end: Instant,
    /// What a unit of reward value costs the firm: `mantissa` of the parts that a minor unit has.
    mantissa: i128,
    parts: i128,
}

impl<'a> Rows<'a> {
    /// Rows for these scenarios, for what happens before `end`. Costs count as many parts of a minor unit as `reward_cost` has
    /// decimals, so that they stay whole.
    ///
    /// # Errors
    /// [`Overflow`] if that is too fine.
    pub fn new(scenarios: Vec<&'a Program>, end: Instant, reward_cost: Decimal) -> Checked<Self> {
        let parts = 10_i128.checked_pow(u32::from(reward_cost.scale)).ok_or(Overflow)?;
        Ok(Self { scenarios, end, mantissa: reward_cost.mantissa, parts })
    }

    /// How many parts of a minor unit costs are counted in.
    #[must_use]
    pub fn parts(&self) -> i128 {
        self.parts
    }

    /// The same for one scenario.
    #[must_use]
    pub fn only(&self, program: &'a Program) -> Self {
        Self { scenarios: vec![program], ..*self }
    }

    fn got(&self, program: &Program, own: &Totals) -> Checked<Got> {
        let gifts = |of: fn(&crate::program::Gift) -> i64| {
            program.gifts.iter().zip(&own.gifts).try_fold(0_i128, |sum, (gift, pieces)| {
                let more = i128::from(of(gift)).checked_mul(i128::from(*pieces)).ok_or(Overflow)?;
                sum.checked_add(more).ok_or(Overflow)
            })
        };
        let redeemed = sum(own.wallets.iter().map(|wallet| wallet.redeemed_value))?;
        let taken = sum([own.discounts, own.free_shipping, own.vouchers_used_value])?;
        let paid_out = own.money_given(program);
        let value = sum([taken, redeemed, paid_out, gifts(|gift| gift.worth)?])?;
        let cost = sum([taken, gifts(|gift| gift.costs)?, own.message_cost, own.donations, paid_out])?;
        let cost = cost.checked_mul(self.parts).ok_or(Overflow)?;
        let cost = redeemed.checked_mul(self.mantissa).and_then(|part| cost.checked_add(part)).ok_or(Overflow)?;
        let held = own.tiers.first().and_then(|ladder| ladder.iter().position(|tier| tier.members > 0));
        Ok(Got { value: i64::try_from(value).map_err(|_| Overflow)?, cost, tier: held.and_then(|rung| u8::try_from(rung).ok()) })
    }

    fn customer(&self, part: &Part, account: &Account, under: Vec<Got>) -> Checked<Option<Customer>> {
        let bought = account.purchases.clone().filter_map(|index| usize::try_from(index).ok());
        let (mut purchases, mut spend) = (0_u32, 0_i64);
        for index in bought {
            if part.purchases.at.get(index).is_some_and(|at| *at < self.end) {
                purchases = purchases.checked_add(1).ok_or(Overflow)?;
                spend = spend.checked_add(part.purchases.amount.get(index).copied().unwrap_or(0)).ok_or(Overflow)?;
            }
        }
        let back = i64::try_from(refunded(part, account, self.end)?).map_err(|_| Overflow)?;
        let spend = spend.checked_sub(back).ok_or(Overflow)?;
        let told = purchases > 0 || under.is_empty() || under.iter().any(|got| (got.value, got.cost) != (0, 0));
        Ok(told.then(|| Customer { id: account.id.clone(), purchases, spend, under }))
    }
}

fn sum(amounts: impl IntoIterator<Item = i128>) -> Checked<i128> {
    amounts.into_iter().try_fold(0_i128, |sum, more| sum.checked_add(more).ok_or(Overflow))
}

impl Each for Rows<'_> {
    type Row = Checked<Got>;
    type Kept = Checked<Vec<Customer>>;

    fn row(&self, scenario: usize, own: &Totals) -> Checked<Got> {
        self.scenarios.get(scenario).map_or(Err(Overflow), |program| self.got(program, own))
    }

    fn keep(&self, part: &Part, rows: &[&[Checked<Got>]]) -> Checked<Vec<Customer>> {
        let mut customers = Vec::with_capacity(part.accounts.len());
        for (at, account) in part.accounts.iter().enumerate() {
            let under = rows.iter().map(|rows| rows.get(at).copied().unwrap_or(Err(Overflow))).collect::<Checked<_>>()?;
            customers.extend(self.customer(part, account, under)?);
        }
        Ok(customers)
    }
}
