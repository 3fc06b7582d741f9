//! Metrics that are counted in the history.

use super::{Days, From, Inputs, Row, Types, statistics};
use crate::engine::totals::Totals;
use crate::report::model::{Amount, Cell, Unit};
use crate::report::write::format::{self, major, plain};
use crate::value::{Checked, Exact, Overflow};

const fn row(
    id: &'static str,
    words: &'static [&'static str],
    unit: Unit,
    days: Days,
    definition: &'static str,
    compute: fn(&Inputs, &Totals) -> Checked<Cell>,
) -> Row {
    Row { id, words, unit, from: From::History, days, on: &[], definition, compute }
}

const NOBODY: &str = "nobody bought anything in this window";

/// The rows, in the order of reports.
pub(super) const ROWS: &[Row] = &[
    row("customers", &["customers"], Unit::Count, Days::Whole, "customers with at least one purchase record", customers),
    row(
        "purchases",
        &["purchases"],
        Unit::Count,
        Days::Whole,
        "purchase records that name a customer, amounts of zero included",
        purchases,
    ),
    row(
        "revenue",
        &["revenue", "sales"],
        Unit::Money,
        Days::Whole,
        "recorded amounts of all purchases, before returns and before this program's discounts",
        revenue,
    ),
    row("refunds", &["refunds", "returns"], Unit::Money, Days::Whole, "recorded amounts of what was returned", refunds),
    row(
        "ticket.average",
        &["average purchase", "average ticket", "average receipt"],
        Unit::Money,
        Days::Whole,
        "recorded amounts of purchases that name a customer / their number",
        average,
    ),
    row(
        "ticket.median",
        &["median purchase", "median ticket"],
        Unit::Money,
        Days::Whole,
        "the recorded amount with as many purchases below it as above; the mean of the middle two",
        median,
    ),
    row(
        "rcr.order",
        &["repeat customer rate", "rcr", "returning customers"],
        Unit::Rate,
        Days::Whole,
        "customers with two purchase records or more / customers with one or more; interval: Wilson, 95%",
        again,
    ),
    row(
        "rcr.day",
        &["repeat customer rate by day", "rcr by day"],
        Unit::Rate,
        Days::Whole,
        "customers who bought on two local days or more / customers; interval: Wilson, 95%",
        again_another_day,
    ),
    row(
        "frequency.window",
        &["purchase frequency", "purchases per customer and month"],
        Unit::Number,
        Days::Whole,
        "purchases / customers / months of the window, a month being 30.4375 days",
        frequency,
    ),
    row(
        "clv.tcf",
        &["customer lifetime value", "clv"],
        Unit::Money,
        Days::Whole,
        "t × c × f, variant A: the window's months × average purchase × purchases per customer and month, which is revenue per \
         customer in this window: history, neither profit nor a forecast",
        lifetime,
    ),
    row(
        "loyal.customers",
        &["loyal customers"],
        Unit::Count,
        Days::Whole,
        "customers with more purchases than the mean of all customers in this window",
        loyal,
    ),
    row(
        "loyal.sales",
        &["share of loyal customers"],
        Unit::Rate,
        Days::Whole,
        "recorded amounts of loyal customers (loyal.customers) / those of all customers",
        loyal_sales,
    ),
    row(
        "retention.90d",
        &["retention", "retention rate"],
        Unit::Rate,
        Days::Last180,
        "of the customers who bought 180 to 91 days before the window's end, those who bought in its last 90 days",
        retention,
    ),
    row(
        "sales.gini",
        &["gini of sales"],
        Unit::Rate,
        Days::Whole,
        "Gini's coefficient of what customers spent: 0 all the same, 1 all by one customer",
        gini,
    ),
    row("sales.top10", &["share of top 10%"], Unit::Rate, Days::Whole, "what the tenth of customers who spent most spent / all", top_10),
    row("sales.top20", &["share of top 20%"], Unit::Rate, Days::Whole, "what the fifth of customers who spent most spent / all", top_20),
    row(
        "nps",
        &["net promoter score", "nps"],
        Unit::Number,
        Days::Whole,
        "100 × (customers who answered 9 or 10 − those who answered at most 6) / all who answered; each customer's latest \
         answer on the scale of the mapping, 1 to 10 or 0 to 10; interval: normal, 95%",
        nps,
    ),
    row(
        "loyalty.true",
        &["true loyalty"],
        Unit::Rate,
        Days::Whole,
        "promoters (9 or 10) with more purchases than the mean of all customers / customers with an answer",
        |inputs, _| loyalty(inputs, |types| types.loyal),
    ),
    row(
        "loyalty.latent",
        &["latent loyalty"],
        Unit::Rate,
        Days::Whole,
        "promoters without more purchases than the mean of all customers / customers with an answer",
        |inputs, _| loyalty(inputs, |types| types.latent),
    ),
    row(
        "loyalty.forced",
        &["forced loyalty", "spurious loyalty"],
        Unit::Rate,
        Days::Whole,
        "customers with more purchases than the mean of all who are no promoters / customers with an answer",
        |inputs, _| loyalty(inputs, |types| types.forced),
    ),
    row("loyalty.none", &["no loyalty"], Unit::Rate, Days::Whole, "customers with neither / customers with an answer", |inputs, _| {
        loyalty(inputs, |types| types.none)
    }),
];

fn count(n: u64) -> Amount {
    Amount::Count(i128::from(n))
}

pub(super) fn share(numerator: Amount, denominator: Amount, nothing: &str) -> Checked<Cell> {
    let number = |amount: Amount| match amount {
        Amount::Count(n) | Amount::Money(n) | Amount::Units(n, _) => n,
    };
    let below = number(denominator);
    let parts = Cell { numerator: Some(numerator), denominator: Some(denominator), ..Cell::default() };
    if below <= 0 {
        return Ok(Cell { reason: Some(nothing.to_owned()), ..parts });
    }
    Ok(Cell { value: Some(Exact::ratio(number(numerator), below)?), ..parts })
}

pub(super) fn proportion(k: u64, n: u64, nothing: &str) -> Checked<Cell> {
    let mut cell = share(count(k), count(n), nothing)?;
    if n > 0 {
        cell.interval = Some(statistics::wilson(i128::from(k), i128::from(n))?);
    }
    Ok(cell)
}

fn customers(inputs: &Inputs, _: &Totals) -> Checked<Cell> {
    Ok(Cell::whole(i128::from(inputs.behaviour.customers)))
}

fn purchases(inputs: &Inputs, _: &Totals) -> Checked<Cell> {
    let unnamed = inputs.behaviour.anonymous;
    let detail = (unnamed > 0).then(|| format!("{} without a customer", format::count(i128::from(unnamed))));
    Ok(Cell { detail, ..Cell::whole(i128::from(inputs.behaviour.purchases)) })
}

fn revenue(inputs: &Inputs, _: &Totals) -> Checked<Cell> {
    inputs.behaviour.revenue().map(Cell::whole)
}

fn refunds(inputs: &Inputs, _: &Totals) -> Checked<Cell> {
    Ok(Cell::whole(inputs.behaviour.refunds))
}

fn average(inputs: &Inputs, _: &Totals) -> Checked<Cell> {
    share(Amount::Money(inputs.behaviour.sales), count(inputs.behaviour.purchases), NOBODY)
}

fn median(inputs: &Inputs, _: &Totals) -> Checked<Cell> {
    match inputs.behaviour.middle() {
        Some((low, high)) => Exact::ratio(i128::from(low).saturating_add(i128::from(high)), 2).map(Cell::known),
        None => Ok(Cell::missing(NOBODY)),
    }
}

fn again(inputs: &Inputs, _: &Totals) -> Checked<Cell> {
    proportion(inputs.behaviour.again, inputs.behaviour.customers, NOBODY)
}

fn again_another_day(inputs: &Inputs, _: &Totals) -> Checked<Cell> {
    proportion(inputs.behaviour.again_another_day, inputs.behaviour.customers, NOBODY)
}

/// Months of 30.4375 days each.
pub(in crate::report) fn months(days: i128) -> Checked<Exact> {
    Exact::ratio(days.checked_mul(10_000).ok_or(Overflow)?, 304_375)
}

fn frequency(inputs: &Inputs, _: &Totals) -> Checked<Cell> {
    let behaviour = inputs.behaviour;
    let mut cell = share(count(behaviour.purchases), count(behaviour.customers), NOBODY)?;
    if let Some(each) = cell.value {
        let months = months(behaviour.length())?;
        cell.value = Some(each.divided_by(months)?);
        // A rate by month of a shorter window is drawn out.
        cell.detail = Some(match behaviour.length() {
            1 => "as if the one day went on for a month".to_owned(),
            days if months < Exact::whole(1) => format!("as if these {days} days went on for a month"),
            _ => format!("in {} months", plain(months, 1)),
        });
    }
    Ok(cell)
}

fn lifetime(inputs: &Inputs, totals: &Totals) -> Checked<Cell> {
    let behaviour = inputs.behaviour;
    let mut cell = share(Amount::Money(behaviour.sales), count(behaviour.customers), NOBODY)?;
    if let (Some(_), Some(f), Some(c)) = (cell.value, frequency(inputs, totals)?.value, average(inputs, totals)?.value) {
        let cost = major(c, &inputs.program.currency)?;
        let code = &inputs.program.currency.code;
        let (t, c, f) = (plain(months(behaviour.length())?, 4), plain(cost, 4), plain(f, 6));
        cell.detail = Some(format!("t = {t} months, c = {c} {code}, f = {f} purchases a month"));
    }
    Ok(cell)
}

/// Loyal customers and what they spent.
fn loyal_sums(inputs: &Inputs) -> Checked<(u64, i128)> {
    let behaviour = inputs.behaviour;
    let above = |count: u32| u64::from(count).checked_mul(behaviour.customers).ok_or(Overflow).map(|product| product > behaviour.purchases);
    let mut sum = (0_u64, 0_i128);
    for (count, (customers, sales)) in &behaviour.by_count {
        if above(*count)? {
            sum = (sum.0.saturating_add(*customers), sum.1.checked_add(*sales).ok_or(Overflow)?);
        }
    }
    Ok(sum)
}

fn loyal(inputs: &Inputs, _: &Totals) -> Checked<Cell> {
    let (customers, _) = loyal_sums(inputs)?;
    Ok(Cell {
        numerator: Some(count(customers)),
        denominator: Some(count(inputs.behaviour.customers)),
        ..Cell::whole(i128::from(customers))
    })
}

fn loyal_sales(inputs: &Inputs, _: &Totals) -> Checked<Cell> {
    let (_, sales) = loyal_sums(inputs)?;
    share(Amount::Money(sales), Amount::Money(inputs.behaviour.sales), "nothing was spent in this window")
}

fn retention(inputs: &Inputs, _: &Totals) -> Checked<Cell> {
    let behaviour = inputs.behaviour;
    proportion(behaviour.kept_90, behaviour.before_last_90, "nobody bought 180 to 91 days before the window's end")
}

fn gini(inputs: &Inputs, _: &Totals) -> Checked<Cell> {
    Ok(statistics::gini(&inputs.behaviour.spend)?.map_or_else(|| Cell::missing("nothing was spent in this window"), Cell::known))
}

fn top(inputs: &Inputs, percent: usize) -> Checked<Cell> {
    let most = statistics::top(&inputs.behaviour.spend, percent)?;
    share(Amount::Money(most), Amount::Money(inputs.behaviour.sales), "nothing was spent in this window")
}

fn top_10(inputs: &Inputs, _: &Totals) -> Checked<Cell> {
    top(inputs, 10)
}

fn top_20(inputs: &Inputs, _: &Totals) -> Checked<Cell> {
    top(inputs, 20)
}

/// Answers that are not on the scale.
fn beside(invalid: u64) -> String {
    match invalid {
        0 => String::new(),
        1 => "; 1 answer is not on the scale and does not count".to_owned(),
        several => format!("; {several} answers are not on the scale and do not count"),
    }
}

fn loyalty(inputs: &Inputs, of: fn(&Types) -> u64) -> Checked<Cell> {
    let types = inputs.answers.types;
    if inputs.answers.unclear > 0 {
        return Ok(Cell::missing(UNCLEAR));
    }
    let all = types.loyal.saturating_add(types.latent).saturating_add(types.forced).saturating_add(types.none);
    share(count(of(&types)), count(all), NO_ANSWERS)
}

const UNCLEAR: &str = "some answers are 0: say in the mapping which scale it is, surveys: { scale: 0 to 10 }";
const NO_ANSWERS: &str = "the history holds no answers to a survey";

fn nps(inputs: &Inputs, _: &Totals) -> Checked<Cell> {
    let answers = inputs.answers;
    let all = answers.promoters.saturating_add(answers.passives).saturating_add(answers.detractors);
    if answers.unclear > 0 {
        return Ok(Cell::missing(UNCLEAR));
    }
    if all == 0 {
        return Ok(Cell::missing(NO_ANSWERS));
    }
    let (plus, minus, all) = (i128::from(answers.promoters), i128::from(answers.detractors), i128::from(all));
    let difference = plus.checked_sub(minus).ok_or(Overflow)?;
    Ok(Cell {
        value: Some(Exact::ratio(difference.checked_mul(100).ok_or(Overflow)?, all)?),
        numerator: Some(Amount::Count(difference)),
        denominator: Some(Amount::Count(all)),
        interval: statistics::score_interval(plus, minus, all)?,
        detail: Some(format!("{plus} promoters, {} passives, {minus} detractors{}", answers.passives, beside(answers.invalid))),
        ..Cell::default()
    })
}
