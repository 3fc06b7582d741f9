//! Metrics of money that need more than the program's cost: what is assumed about response, margin and customers.

use super::history_rows::months;
use super::program_rows::{COSTING, PAYING_BACK, break_even_at, cost_parts, owed_value};
use super::{Days, From, Inputs, On, Row};
use crate::engine::totals::Totals;
use crate::report::model::{Amount, Cell, Unit};
use crate::report::write::format::percent;
use crate::value::{Checked, Decimal, Exact, Overflow};

const RESPONDING: &[On] = &[On::Redeeming, On::Response];
const GAINING: &[On] = &[On::Redeeming, On::RewardCost, On::FixedCost, On::Margin, On::Response];

const fn row(
    id: &'static str,
    words: &'static [&'static str],
    unit: Unit,
    on: &'static [On],
    definition: &'static str,
    compute: fn(&Inputs, &Totals) -> Checked<Cell>,
) -> Row {
    Row { id, words, unit, from: From::Run, days: Days::Life, on, definition, compute }
}

/// The rows, in the order of reports.
pub(super) const ROWS: &[Row] = &[
    row(
        "program.accrued_cost",
        &["accrued cost of the program", "accrued program cost"],
        Unit::Money,
        COSTING,
        "accrued basis: program.cost + what of the balances and of what is pending will still be redeemed: their worth × the redemption \
         rate (of matured lots where there are any, else of the window) × reward cost; without reward cost for wallets that are paid out, \
         and nothing for one that counts as money, which costs all it is worth when it is granted",
        accrued,
    ),
    row(
        "discount.rate",
        &["effective discount rate"],
        Unit::Rate,
        RESPONDING,
        "(discounts + free shipping + what wallets and vouchers paid) / (revenue − refunds) of the purchases while the program runs",
        discount_rate,
    ),
    row("program.cost_per_member", &["cost per member"], Unit::Money, COSTING, "program.cost / members", |inputs, totals| {
        per(inputs, totals, i128::from(totals.members), "there are no members")
    }),
    row(
        "program.cost_per_purchase",
        &["cost per purchase"],
        Unit::Money,
        COSTING,
        "program.cost / purchases that members made as members",
        |inputs, totals| per(inputs, totals, i128::from(totals.member_purchases), "members made no purchase"),
    ),
    row(
        "response.sales",
        &["further sales"],
        Unit::Money,
        RESPONDING,
        "what the further purchases of the assumed response come to, less those whose place they take and less returns",
        |inputs, _| Ok(inputs.further_sales.map_or_else(|| Cell::missing(NO_RESPONSE), Cell::whole)),
    ),
    row(
        "program.profit",
        &["profit of the program", "program profit"],
        Unit::Money,
        GAINING,
        "response.sales × margin − program.cost",
        profit,
    ),
    row(
        "program.roi",
        &["return on investment", "roi"],
        Unit::Rate,
        GAINING,
        "(response.sales × margin − program.cost) / program.cost",
        |inputs, totals| of_cost(inputs, totals, |gain, cost| gain.minus(cost)?.divided_by(cost)),
    ),
    row(
        "program.benefit_cost",
        &["benefit per cost"],
        Unit::Number,
        GAINING,
        "response.sales × margin / program.cost",
        |inputs, totals| of_cost(inputs, totals, Exact::divided_by),
    ),
    row(
        "program.affordable_rate",
        &["affordable cost rate"],
        Unit::Rate,
        GAINING,
        "the highest rate of cost before fixed cost at which the assumed response pays for the program: (u × m − F/S) / (1 + u), with \
         u = response.sales / S, S = (revenue − refunds) of the purchases while the program runs, F fixed cost, m the margin",
        affordable,
    ),
    row(
        "acquisition.payback",
        &["months until a new customer pays back"],
        Unit::Number,
        PAYING_BACK,
        "assumed acquisition cost / (margin × average purchase × purchases per customer and month): a calculator on the history's averages",
        payback,
    ),
    row(
        "acquisition.against_retention",
        &["a new customer against one kept"],
        Unit::Number,
        PAYING_BACK,
        "assumed acquisition cost / (assumed retention cost of a year / retention.90d): how many kept customers one new one costs",
        against_retention,
    ),
    row(
        "retention.gain",
        &["what 5 points more of retention bring"],
        Unit::Money,
        PAYING_BACK,
        "5% of customers × what a customer spends in a year on average × margin: a calculator, not a forecast",
        retention_gain,
    ),
];

const NO_MARGIN: &str = "needs `margin` in an assumptions file (--assume)";
const NO_RESPONSE: &str =
    "not identified: a history cannot show what the program changes; needs `response` in an assumptions file (--assume)";
const NO_SALES: &str = "nothing was sold while the program runs";

fn margin(inputs: &Inputs) -> Option<Decimal> {
    inputs.assumptions?.margin.map(|margin| margin.at(inputs.margin_end))
}

/// Why there is no profit to speak of: without a response there is only what it would have to be.
fn unidentified(inputs: &Inputs, totals: &Totals) -> Checked<Cell> {
    let Some(margin) = margin(inputs) else {
        let response = inputs.further_sales.is_some();
        return Ok(Cell::missing(if response { NO_MARGIN.to_owned() } else { format!("{NO_RESPONSE}, and `margin`") }));
    };
    Ok(Cell::missing(match break_even_at(inputs, totals, margin)? {
        Some(uplift) => {
            format!("not identified: a history cannot show what the program changes; needs an uplift of at least {}", percent(uplift))
        }
        None => "not identified, and it cannot pay back at any uplift: the margin is not above the cost".to_owned(),
    }))
}

/// Margin of the further sales, and the cost; nothing where one of them is not known.
fn gain(inputs: &Inputs, totals: &Totals) -> Checked<Option<(Exact, Exact)>> {
    let (Some(further), Some(margin)) = (inputs.further_sales, margin(inputs)) else { return Ok(None) };
    let gain = Exact::whole(further).times(Exact::try_from(margin)?)?;
    Ok(Some((gain, Exact::whole(cost_parts(inputs, totals)?.total()?))))
}

fn profit(inputs: &Inputs, totals: &Totals) -> Checked<Cell> {
    match gain(inputs, totals)? {
        Some((gain, cost)) => Ok(Cell::whole(gain.minus(cost)?.round(crate::value::Rounding::HalfUp)?)),
        None => unidentified(inputs, totals),
    }
}

fn of_cost(inputs: &Inputs, totals: &Totals, of: fn(Exact, Exact) -> Checked<Exact>) -> Checked<Cell> {
    match gain(inputs, totals)? {
        Some((_, cost)) if cost.numerator() <= 0 => Ok(Cell::missing("the program costs nothing")),
        Some((gain, cost)) => of(gain, cost).map(Cell::known),
        None => unidentified(inputs, totals),
    }
}

fn affordable(inputs: &Inputs, totals: &Totals) -> Checked<Cell> {
    let Some(further) = inputs.further_sales else { return Ok(Cell::missing(NO_RESPONSE)) };
    let (Some(margin), sales) = (margin(inputs), inputs.behaviour.life.net_sales()?) else { return Ok(Cell::missing(NO_MARGIN)) };
    if sales <= 0 {
        return Ok(Cell::missing(NO_SALES));
    }
    let fixed = Exact::ratio(cost_parts(inputs, totals)?.fixed, sales)?;
    let uplift = Exact::ratio(further, sales)?;
    let above = uplift.times(Exact::try_from(margin)?)?.minus(fixed)?;
    above.divided_by(uplift.plus(Exact::whole(1))?).map(Cell::known)
}

fn accrued(inputs: &Inputs, totals: &Totals) -> Checked<Cell> {
    let owed = owed_value(inputs, totals)?;
    let cost = cost_parts(inputs, totals)?.total()?;
    let expected = owed.cost.round(crate::value::Rounding::HalfUp)?;
    Ok(Cell::whole(cost.checked_add(expected).ok_or(Overflow)?))
}

fn discount_rate(inputs: &Inputs, totals: &Totals) -> Checked<Cell> {
    let parts = cost_parts(inputs, totals)?;
    let paid = totals.wallets.iter().try_fold(0_i128, |sum, wallet| sum.checked_add(wallet.redeemed_value)).ok_or(Overflow)?;
    let all = [parts.discounts, parts.free_shipping, paid, parts.vouchers];
    let off = all.into_iter().try_fold(0_i128, i128::checked_add).ok_or(Overflow)?;
    super::history_rows::share(Amount::Money(off), Amount::Money(inputs.behaviour.life.net_sales()?), NO_SALES)
}

fn per(inputs: &Inputs, totals: &Totals, count: i128, nothing: &str) -> Checked<Cell> {
    super::history_rows::share(Amount::Money(cost_parts(inputs, totals)?.total()?), Amount::Count(count), nothing)
}

/// What a customer spends in a month on average.
fn monthly(inputs: &Inputs) -> Checked<Option<Exact>> {
    let b = inputs.behaviour;
    if b.customers == 0 || b.sales <= 0 {
        return Ok(None);
    }
    Exact::ratio(b.sales, b.customers.into())?.divided_by(months(b.length())?).map(Some)
}

fn payback(inputs: &Inputs, _: &Totals) -> Checked<Cell> {
    let Some(cost) = inputs.assumptions.and_then(|assumptions| assumptions.acquisition_cost) else {
        return Ok(Cell::missing("needs `acquisition cost` in an assumptions file (--assume)"));
    };
    let Some(margin) = margin(inputs) else { return Ok(Cell::missing(NO_MARGIN)) };
    let Some(monthly) = monthly(inputs)? else { return Ok(Cell::missing("nothing was spent in this window")) };
    let each = monthly.times(Exact::try_from(margin)?)?;
    if each.numerator() <= 0 {
        return Ok(Cell::missing("at a margin of nothing no customer pays back"));
    }
    Exact::whole(i128::from(cost.at(inputs.cost_end))).divided_by(each).map(Cell::known)
}

fn against_retention(inputs: &Inputs, _: &Totals) -> Checked<Cell> {
    let assumed = |of: fn(&crate::assumptions::Assumptions) -> Option<crate::assumptions::Range<i64>>| {
        inputs.assumptions.and_then(of).map(|range| i128::from(range.base))
    };
    let (Some(acquisition), Some(retention)) = (assumed(|a| a.acquisition_cost), assumed(|a| a.retention_cost)) else {
        return Ok(Cell::missing("needs `acquisition cost` and `retention cost` in an assumptions file (--assume)"));
    };
    let b = inputs.behaviour;
    if b.kept_90 == 0 || retention == 0 {
        return Ok(Cell::missing(if retention == 0 { "keeping a customer costs nothing" } else { "nobody came back in the last 90 days" }));
    }
    let kept = Exact::ratio(b.kept_90.into(), b.before_last_90.into())?;
    let each = Exact::whole(retention).divided_by(kept)?;
    Exact::whole(acquisition).divided_by(each).map(Cell::known)
}

fn retention_gain(inputs: &Inputs, _: &Totals) -> Checked<Cell> {
    let Some(margin) = margin(inputs) else { return Ok(Cell::missing(NO_MARGIN)) };
    let Some(monthly) = monthly(inputs)? else { return Ok(Cell::missing("nothing was spent in this window")) };
    let more = Exact::ratio(i128::from(inputs.behaviour.customers), 20)?;
    let value = monthly.times(Exact::whole(12))?.times(more)?.times(Exact::try_from(margin)?)?;
    Ok(Cell { numerator: None, ..Cell::whole(value.round(crate::value::Rounding::HalfUp)?) })
}
