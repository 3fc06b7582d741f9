//! Metrics of what the program did with the history.

use super::history_rows::months;
use super::{Days, From, Inputs, On, Row};
use crate::engine::totals::{RuleTotals, Totals, WalletTotals};
use crate::program::{Effect, Program, Rule, WalletId, WalletKind};
use crate::report::model::{Amount, Cell, Unit};
use crate::report::write::format::percent;
use crate::value::{Checked, Decimal, Exact, Overflow, Rounding};

const fn row(
    id: &'static str,
    words: &'static [&'static str],
    unit: Unit,
    on: &'static [On],
    definition: &'static str,
    compute: fn(&Inputs, &Totals) -> Checked<Cell>,
) -> Row {
    Row { id, words, unit, from: From::Run, days: Days::Whole, on, definition, compute }
}

/// A rate over the part of the window in which the program runs.
const fn of_life(
    id: &'static str,
    words: &'static [&'static str],
    on: &'static [On],
    definition: &'static str,
    compute: fn(&Inputs, &Totals) -> Checked<Cell>,
) -> Row {
    Row { id, words, unit: Unit::Rate, from: From::Run, days: Days::Life, on, definition, compute }
}

pub(super) const REDEEMING: &[On] = &[On::Redeeming];
pub(super) const COSTING: &[On] = &[On::Redeeming, On::RewardCost, On::FixedCost];
pub(super) const PAYING_BACK: &[On] = &[On::Redeeming, On::RewardCost, On::FixedCost, On::Margin];

/// The rows, in the order of reports.
pub(super) const ROWS: &[Row] = &[
    Row {
        id: "members",
        words: &["members"],
        unit: Unit::Count,
        from: From::Run,
        days: Days::End,
        // Nothing can be redeemed before joining.
        on: &[],
        definition: "accounts that are members",
        compute: |_, totals| Ok(Cell::whole(i128::from(totals.members))),
    },
    row(
        "discount.granted",
        &["discounts", "discounts granted"],
        Unit::Money,
        REDEEMING,
        "money off by discounts and price lists, less what returns took back",
        |_, totals| Ok(Cell::whole(totals.discounts)),
    ),
    row("free_shipping.granted", &["free shipping"], Unit::Money, REDEEMING, "shipping not charged", |_, totals| {
        Ok(Cell::whole(totals.free_shipping))
    }),
    row("gifts.granted", &["gifts", "gifts granted"], Unit::Count, REDEEMING, "gifts and prizes, less those taken back", |_, totals| {
        Ok(Cell::whole(totals.gifts.iter().map(|n| i128::from(*n)).sum()))
    }),
    row("gifts.cost", &["cost of gifts"], Unit::Money, REDEEMING, "what those gifts cost the firm", |inputs, totals| {
        Ok(Cell::whole(gifts_cost(inputs.program, totals)?))
    }),
    row("vouchers.granted", &["vouchers", "vouchers granted"], Unit::Count, REDEEMING, "vouchers, less those taken back", |_, totals| {
        Ok(Cell::whole(i128::from(totals.vouchers)))
    }),
    row("vouchers.used", &["vouchers used"], Unit::Count, REDEEMING, "vouchers that paid for a purchase", |_, totals| {
        Ok(Cell::whole(i128::from(totals.vouchers_used)))
    }),
    row("messages.sent", &["messages", "messages sent"], Unit::Count, REDEEMING, "messages sent", |_, totals| {
        Ok(Cell::whole(i128::from(totals.messages)))
    }),
    row("messages.cost", &["cost of messages"], Unit::Money, REDEEMING, "what those messages cost", |_, totals| {
        Ok(Cell::whole(totals.message_cost))
    }),
    row("donations", &["donations"], Unit::Money, REDEEMING, "money given away to others", |_, totals| Ok(Cell::whole(totals.donations))),
    row("paid_out", &["paid out", "pay-outs"], Unit::Money, REDEEMING, "what left wallets as money", |inputs, totals| {
        Ok(Cell::whole(totals.money_given(inputs.program)))
    }),
    row(
        "redemption_rate",
        &["redemption rate"],
        Unit::Rate,
        REDEEMING,
        "units spent / units issued in the whole window, each at what it is worth, over all wallets whose units are worth money; \
         of the only wallet if there is one",
        redemption_rate,
    ),
    row(
        "program.cost",
        &["program cost", "cost of the program", "cost of program"],
        Unit::Money,
        COSTING,
        "redeemed basis: discounts + free shipping + redeemed value × reward cost + gifts and prizes at cost + value of vouchers used + \
         messages + donations + pay-outs + fixed cost where assumed, for the months in which the program runs",
        cost,
    ),
    of_life(
        "program.cost_rate",
        &["program cost rate", "cost rate"],
        COSTING,
        "program.cost / what was sold and not returned while the program runs: (revenue − refunds) of these days' purchases",
        cost_rate,
    ),
    of_life(
        "break_even_uplift",
        &["break-even uplift", "break even uplift"],
        PAYING_BACK,
        "by how much sales have to rise for the program to pay for itself: (c + F/S) / (m − c), with c the cost before fixed cost / S, \
         F fixed cost, S = (revenue − refunds) of the purchases while the program runs, m the margin",
        break_even,
    ),
];

/// The cost of a program, whole minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::report) struct CostParts {
    pub discounts: i128,
    pub free_shipping: i128,
    pub redeemed: i128,
    pub gifts: i128,
    pub vouchers: i128,
    pub messages: i128,
    pub donations: i128,
    pub paid_out: i128,
    pub fixed: i128,
}

impl CostParts {
    /// All that grows with sales.
    pub(in crate::report) fn variable(self) -> Checked<i128> {
        [self.discounts, self.free_shipping, self.redeemed, self.gifts, self.vouchers, self.messages, self.donations, self.paid_out]
            .into_iter()
            .try_fold(0_i128, |sum, part| sum.checked_add(part).ok_or(Overflow))
    }

    /// All of it.
    pub(in crate::report) fn total(self) -> Checked<i128> {
        self.variable()?.checked_add(self.fixed).ok_or(Overflow)
    }
}

/// Each part is rounded once, half up.
pub(in crate::report) fn cost_parts(inputs: &Inputs, totals: &Totals) -> Checked<CostParts> {
    let redeemed = totals.wallets.iter().try_fold(0_i128, |sum, wallet| sum.checked_add(wallet.redeemed_value).ok_or(Overflow))?;
    let redeemed = Exact::whole(redeemed).times(Exact::try_from(inputs.reward_cost())?)?;
    let per_month = inputs.assumptions.and_then(|assumptions| assumptions.fixed_cost_per_month).map_or(0, |cost| cost.at(inputs.cost_end));
    let fixed = Exact::whole(i128::from(per_month)).times(months(inputs.behaviour.life.length())?)?;
    Ok(CostParts {
        discounts: totals.discounts,
        free_shipping: totals.free_shipping,
        redeemed: redeemed.round(Rounding::HalfUp)?,
        gifts: gifts_cost(inputs.program, totals)?,
        vouchers: totals.vouchers_used_value,
        messages: totals.message_cost,
        donations: totals.donations,
        paid_out: totals.money_given(inputs.program),
        fixed: fixed.round(Rounding::HalfUp)?,
    })
}

fn gifts_cost(program: &Program, totals: &Totals) -> Checked<i128> {
    program.gifts.iter().zip(&totals.gifts).try_fold(0_i128, |sum, (gift, pieces)| {
        let cost = i128::from(gift.costs).checked_mul(i128::from(*pieces)).ok_or(Overflow)?;
        sum.checked_add(cost).ok_or(Overflow)
    })
}

fn cost(inputs: &Inputs, totals: &Totals) -> Checked<Cell> {
    cost_parts(inputs, totals)?.total().map(Cell::whole)
}

/// Why there is nothing to divide by.
fn no_sales(inputs: &Inputs) -> &'static str {
    if inputs.behaviour.life.days.is_some() || inputs.behaviour.days.is_none() {
        "nothing was sold in this window"
    } else {
        "the program runs on no day of this window"
    }
}

fn cost_rate(inputs: &Inputs, totals: &Totals) -> Checked<Cell> {
    let (cost, sales) = (cost_parts(inputs, totals)?.total()?, inputs.behaviour.life.net_sales()?);
    let cell = Cell { numerator: Some(Amount::Money(cost)), denominator: Some(Amount::Money(sales)), ..Cell::default() };
    if sales <= 0 {
        return Ok(Cell { reason: Some(no_sales(inputs).to_owned()), ..cell });
    }
    Ok(Cell { value: Some(Exact::ratio(cost, sales)?), ..cell })
}

fn break_even(inputs: &Inputs, totals: &Totals) -> Checked<Cell> {
    let Some(margin) = inputs.assumptions.and_then(|assumptions| assumptions.margin) else {
        return Ok(Cell::missing("needs `margin` in an assumptions file (--assume)"));
    };
    if inputs.behaviour.life.net_sales()? <= 0 {
        return Ok(Cell::missing(no_sales(inputs)));
    }
    let margin = margin.at(inputs.margin_end);
    let mut cell = match break_even_at(inputs, totals, margin)? {
        Some(uplift) => Cell::known(uplift),
        None => Cell::missing("cannot pay back at any uplift: the margin is not above the cost"),
    };
    cell.detail = Some(format!("at a margin of {}", percent(Exact::try_from(margin)?)));
    Ok(cell)
}

/// By how much sales have to rise at a margin; `None` where no rise suffices or nothing was sold.
pub(in crate::report) fn break_even_at(inputs: &Inputs, totals: &Totals, margin: Decimal) -> Checked<Option<Exact>> {
    let (parts, sales) = (cost_parts(inputs, totals)?, inputs.behaviour.life.net_sales()?);
    let left = Exact::try_from(margin)?.times(Exact::whole(sales))?.minus(Exact::whole(parts.variable()?))?;
    if left.numerator() <= 0 || sales <= 0 {
        return Ok(None);
    }
    Exact::whole(parts.total()?).divided_by(left).map(Some)
}

/// What balances and pending units of all wallets are worth in money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) struct Owed {
    /// At worth.
    pub face: Exact,
    /// At worth, of what will be redeemed at the rates seen so far.
    pub expected: Exact,
    /// What that will cost the firm: units that pay for purchases cost what a unit of reward value does, money that is paid out
    /// is money, and units that count as money cost all they are worth when they are granted.
    pub cost: Exact,
}

/// What is owed at the end. A wallet's rate is that of its matured lots where there are any, else that of the window.
pub(in crate::report) fn owed_value(inputs: &Inputs, totals: &Totals) -> Checked<Owed> {
    let reward_cost = Exact::try_from(inputs.reward_cost())?;
    let mut owed = Owed { face: Exact::whole(0), expected: Exact::whole(0), cost: Exact::whole(0) };
    for (id, wallet) in wallet_ids(inputs.program).zip(&totals.wallets) {
        let Some(worth) = face_value(inputs.program, id)? else { continue };
        let units = wallet.balance.max(0).checked_add(wallet.pending).ok_or(Overflow)?;
        let face = worth.times(Exact::whole(units))?;
        let scale = inputs.program.wallets.get(id.index()).map_or(0, |wallet| wallet.scale);
        let rate = match matured_rate(wallet, scale)?.value {
            Some(rate) => Some(rate),
            None => wallet_rate(wallet, scale)?.value,
        };
        owed.face = owed.face.plus(face)?;
        let expected = face.times(rate.unwrap_or(Exact::whole(0)))?;
        owed.expected = owed.expected.plus(expected)?;
        let as_money = inputs.program.wallets.get(id.index()).is_some_and(|wallet| wallet.as_money);
        owed.cost = match (as_money, inputs.program.is_paid_out(id)) {
            (true, _) => owed.cost,
            (false, true) => owed.cost.plus(expected)?,
            (false, false) => owed.cost.plus(expected.times(reward_cost)?)?,
        };
    }
    Ok(owed)
}

/// What one smallest unit of a wallet is worth in minor units; `None` if it is not worth money.
fn worth(program: &Program, wallet: WalletId) -> Checked<Option<Exact>> {
    let Some(wallet) = program.wallets.get(wallet.index()) else { return Ok(None) };
    match (wallet.kind, wallet.worth) {
        (WalletKind::Money, _) => Ok(Some(Exact::whole(1))),
        (WalletKind::Stamps, _) | (WalletKind::Points, None) => Ok(None),
        (WalletKind::Points, Some(worth)) => {
            let unit = 10_i128.checked_pow(u32::from(wallet.scale)).ok_or(Overflow)?;
            Exact::try_from(worth)?.divided_by(Exact::whole(unit)).map(Some)
        }
    }
}

/// What one smallest unit of a wallet is worth in minor units: by `worth`, else by what `redeem` pays for it at best.
pub(in crate::report) fn face_value(program: &Program, wallet: WalletId) -> Checked<Option<Exact>> {
    if let Some(worth) = worth(program, wallet)? {
        return Ok(Some(worth));
    }
    let steps = program.redeems.iter().filter(|redeem| redeem.wallet == wallet).filter_map(|redeem| redeem.step);
    let values = steps.map(|(units, money)| Exact::ratio(i128::from(money), i128::from(units))).collect::<Checked<Vec<_>>>()?;
    Ok(values.into_iter().max())
}

fn wallet_ids(program: &Program) -> impl Iterator<Item = WalletId> {
    (0..program.wallets.len()).map(|index| WalletId(u16::try_from(index).unwrap_or(u16::MAX)))
}

fn redemption_rate(inputs: &Inputs, totals: &Totals) -> Checked<Cell> {
    if let ([wallet], false) = (totals.wallets.as_slice(), inputs.program.wallets.iter().any(|wallet| wallet.as_money)) {
        let scale = inputs.program.wallets.first().map_or(0, |wallet| wallet.scale);
        return wallet_rate(wallet, scale);
    }
    let (mut issued, mut spent) = (Exact::whole(0), Exact::whole(0));
    let is_money = |id: WalletId| inputs.program.wallets.get(id.index()).is_some_and(|wallet| wallet.as_money);
    for (id, wallet) in wallet_ids(inputs.program).zip(&totals.wallets).filter(|(id, _)| !is_money(*id)) {
        if let Some(worth) = worth(inputs.program, id)? {
            issued = issued.plus(worth.times(Exact::whole(kept(wallet)))?)?;
            spent = spent.plus(worth.times(Exact::whole(wallet.spent))?)?;
        }
    }
    if issued.numerator() <= 0 {
        return Ok(Cell::missing("nothing that is worth money was issued"));
    }
    Ok(Cell::known(spent.divided_by(issued)?))
}

/// What was held at first or issued, and not taken back.
pub(in crate::report) fn kept(wallet: &WalletTotals) -> i128 {
    wallet.opening.saturating_add(wallet.issued).saturating_sub(wallet.taken_back)
}

/// Spent / issued of a wallet.
pub(super) fn wallet_rate(wallet: &WalletTotals, scale: u8) -> Checked<Cell> {
    rate_of(wallet.spent, kept(wallet), scale, "nothing was issued")
}

/// The same of the lots whose last day lies before the end.
pub(super) fn matured_rate(wallet: &WalletTotals, scale: u8) -> Checked<Cell> {
    rate_of(wallet.matured_spent, wallet.matured_issued, scale, "no lot has had the time to expire")
}

fn rate_of(spent: i128, issued: i128, scale: u8, nothing: &str) -> Checked<Cell> {
    let cell = Cell { numerator: Some(Amount::Units(spent, scale)), denominator: Some(Amount::Units(issued, scale)), ..Cell::default() };
    if issued <= 0 {
        return Ok(Cell { reason: Some(nothing.to_owned()), ..cell });
    }
    Ok(Cell { value: Some(Exact::ratio(spent, issued)?), ..cell })
}

/// What a sentence grants: one kind of thing, or several, which only money can add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum RuleUnit {
    /// Money off.
    Discount,
    Wallet(WalletId),
    /// Pieces.
    Gifts,
    /// Discounts, cost of gifts, messages and donations, and units at what they are worth.
    Value,
}

/// The unit in which a sentence's grants are counted; its effects decide, not what it happened to give.
pub(in crate::report) fn rule_unit(rule: &Rule) -> RuleUnit {
    let unit = |effect: &Effect| match effect {
        Effect::Discount(_) | Effect::PriceList(_) | Effect::Price(_) | Effect::FreeShipping => RuleUnit::Discount,
        Effect::Earn { wallet, .. }
        | Effect::Multiply { wallet, .. }
        | Effect::Grant { wallet, .. }
        | Effect::GrantFriend { wallet, .. } => RuleUnit::Wallet(*wallet),
        Effect::Gift { .. } => RuleUnit::Gifts,
        _ => RuleUnit::Value,
    };
    let mut units = rule.effects.iter().map(unit);
    let first = units.next().unwrap_or(RuleUnit::Value);
    if units.all(|unit| unit == first) { first } else { RuleUnit::Value }
}

/// What a sentence granted, in its unit.
pub(super) fn rule_granted(program: &Program, unit: RuleUnit, totals: &RuleTotals) -> Checked<Cell> {
    Ok(match unit {
        RuleUnit::Discount => Cell::whole(totals.discount),
        RuleUnit::Gifts => Cell::whole(i128::from(totals.gifts)),
        RuleUnit::Wallet(wallet) => Cell::whole(totals.wallets.get(wallet.index()).copied().unwrap_or(0)),
        RuleUnit::Value => {
            let mut sum = Exact::whole(totals.discount.checked_add(totals.cost).ok_or(Overflow)?);
            for (id, units) in wallet_ids(program).zip(&totals.wallets) {
                if let Some(worth) = worth(program, id)? {
                    sum = sum.plus(worth.times(Exact::whole(*units))?)?;
                }
            }
            Cell::whole(sum.round(Rounding::HalfUp)?)
        }
    })
}
