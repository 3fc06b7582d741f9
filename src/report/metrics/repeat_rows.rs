//! Metrics of coming back: counted in the history, by days and by first and later purchases.

use super::history_rows::months;
use super::{Days, From, Inputs, Row};
use crate::engine::totals::Totals;
use crate::report::metrics::repetition::{Step, WITHIN};
use crate::report::model::{Amount, Cell, Unit};
use crate::value::{Checked, Exact, Overflow};

const fn row(
    id: &'static str,
    words: &'static [&'static str],
    unit: Unit,
    definition: &'static str,
    compute: fn(&Inputs, &Totals) -> Checked<Cell>,
) -> Row {
    Row { id, words, unit, from: From::History, days: Days::Whole, on: &[], definition, compute }
}

const NOBODY_AGAIN: &str = "nobody bought twice in this window";
const NOBODY: &str = "nobody bought anything in this window";

/// The rows, in the order of reports.
pub(super) const ROWS: &[Row] = &[
    row(
        "participation.purchases",
        &["share of purchases with a customer"],
        Unit::Rate,
        "purchases that name a customer / all",
        |inputs, _| {
            let b = inputs.behaviour;
            let all = i128::from(b.purchases).checked_add(i128::from(b.anonymous)).ok_or(Overflow)?;
            share(Amount::Count(b.purchases.into()), Amount::Count(all), NOBODY)
        },
    ),
    row(
        "participation.sales",
        &["share of sales with a customer"],
        Unit::Rate,
        "recorded amounts of purchases that name a customer / revenue",
        |inputs, _| share(Amount::Money(inputs.behaviour.sales), Amount::Money(inputs.behaviour.revenue()?), NOBODY),
    ),
    row("purchases.per_customer", &["purchases per customer"], Unit::Number, "purchases / customers", |inputs, _| {
        let b = inputs.behaviour;
        share(Amount::Count(b.purchases.into()), Amount::Count(b.customers.into()), NOBODY)
    }),
    row(
        "frequency.tenure",
        &["purchase frequency by tenure"],
        Unit::Number,
        "purchases / the sum of customers' months from their first purchase to the window's end, both days included; a month being \
         30.4375 days",
        by_tenure,
    ),
    row(
        "clv.tcf.repeaters",
        &["customer lifetime value of repeaters"],
        Unit::Money,
        "t × c × f, variant B: of customers with two purchases or more, t the mean time from the first to the last, f = Σ(n − 1) / Σ of \
         these times, c the average purchase of all; the end cuts t off, and those who bought once are left out: history, neither \
         profit nor a forecast",
        of_repeaters,
    ),
    row(
        "repeat.share",
        &["share of repeat purchases"],
        Unit::Rate,
        "recorded amounts of all purchases but customers' first / those of all purchases that name a customer",
        |inputs, _| {
            let (sales, first) = (inputs.behaviour.sales, inputs.behaviour.repetition.first_sales);
            share(Amount::Money(sales.checked_sub(first).ok_or(Overflow)?), Amount::Money(sales), "nothing was spent in this window")
        },
    ),
    row(
        "repeat.ticket",
        &["repeat purchase against first purchase"],
        Unit::Rate,
        "average repeat purchase / average first purchase − 1, over all customers: whoever comes back may spend more from the start",
        repeat_ticket,
    ),
    row(
        "repeat.ticket.same",
        &["repeat purchase against first purchase of the same customers"],
        Unit::Rate,
        "average repeat purchase / average first purchase − 1, of customers with two purchases or more, pooled: frequent ones weigh more",
        same_customers,
    ),
    row(
        "repeat.ticket.own",
        &["customers' own repeat purchase against their first"],
        Unit::Rate,
        "mean of the customers' own average repeat purchases / mean of their first purchases − 1, of customers with two purchases or more",
        own_means,
    ),
    row("gap.mean", &["average gap"], Unit::Days, "mean of the gaps seen between days with a purchase, in days", |inputs, _| {
        Ok(inputs.behaviour.repetition.gaps.mean()?.map_or_else(|| Cell::missing(NOBODY_AGAIN), Cell::known))
    }),
    gap_row(
        "gap.median",
        &["median gap"],
        "the gap in days that half of the gaps seen do not pass; gaps cut off by the end are left out, so \
         it is too short on the whole",
        |inputs, _| gap(inputs, 50),
    ),
    gap_row("gap.p80", &["80% of gaps"], "the gap in days that 80% of the gaps seen do not pass, by nearest rank", |inputs, _| {
        gap(inputs, 80)
    }),
    gap_row("gap.p90", &["90% of gaps"], "the gap in days that 90% of the gaps seen do not pass, by nearest rank", |inputs, _| {
        gap(inputs, 90)
    }),
    gap_row(
        "return.median",
        &["median time to come back"],
        "the days after a purchase by which half have come back, by Kaplan and Meier over all gaps, those cut off by the end included",
        |inputs, _| back(inputs, 50),
    ),
    gap_row("return.p80", &["time until 80% come back"], "the days by which 80% have come back, as return.median", |inputs, _| {
        back(inputs, 80)
    }),
    gap_row("return.p90", &["time until 90% come back"], "the days by which 90% have come back, as return.median", |inputs, _| {
        back(inputs, 90)
    }),
    row(
        "next.1",
        &["second purchase within 90 days"],
        Unit::Rate,
        "of the customers whose first day with a purchase lies at least 90 days before the end, those who bought on another day within 90 days",
        |inputs, _| went_on(inputs, 0),
    ),
    row(
        "next.2",
        &["third purchase within 90 days"],
        Unit::Rate,
        "the same from the second day with a purchase to the third; a climb from step to step is what differing customers show anyway",
        |inputs, _| went_on(inputs, 1),
    ),
    row(
        "next.3",
        &["fourth purchase within 90 days"],
        Unit::Rate,
        "the same from the third day with a purchase to the fourth",
        |inputs, _| went_on(inputs, 2),
    ),
];

/// A figure in days.
const fn gap_row(
    id: &'static str,
    words: &'static [&'static str],
    definition: &'static str,
    compute: fn(&Inputs, &Totals) -> Checked<Cell>,
) -> Row {
    row(id, words, Unit::Days, definition, compute)
}

fn share(above: Amount, below: Amount, nothing: &str) -> Checked<Cell> {
    super::history_rows::share(above, below, nothing)
}

fn by_tenure(inputs: &Inputs, _: &Totals) -> Checked<Cell> {
    let b = inputs.behaviour;
    if b.customers == 0 {
        return Ok(Cell::missing(NOBODY));
    }
    let months = months(i128::from(b.repetition.tenure_days))?;
    Ok(Cell { numerator: Some(Amount::Count(b.purchases.into())), ..Cell::known(Exact::whole(b.purchases.into()).divided_by(months)?) })
}

fn of_repeaters(inputs: &Inputs, _: &Totals) -> Checked<Cell> {
    let b = inputs.behaviour;
    let more = i128::from(b.purchases).checked_sub(i128::from(b.customers)).ok_or(Overflow)?;
    if b.again == 0 {
        return Ok(Cell::missing(NOBODY_AGAIN));
    }
    // t × f is the mean number of repeat purchases: the days cancel.
    let each = Exact::ratio(more, b.again.into())?;
    let value = Exact::ratio(b.sales, b.purchases.into())?.times(each)?;
    let once = Exact::ratio(i128::from(b.customers.saturating_sub(b.again)), b.customers.into())?;
    let detail = format!("leaves out the {} of customers who bought once", crate::report::write::format::percent(once));
    Ok(Cell { detail: Some(detail), ..Cell::known(value) })
}

/// One average against another, less one.
fn against(later: (i128, i128), first: (i128, i128)) -> Checked<Cell> {
    if later.1 == 0 || first.0 <= 0 || first.1 == 0 {
        return Ok(Cell::missing(if later.1 == 0 { NOBODY_AGAIN } else { "nothing was spent on first purchases" }));
    }
    let (later, first) = (Exact::ratio(later.0, later.1)?, Exact::ratio(first.0, first.1)?);
    later.divided_by(first)?.minus(Exact::whole(1)).map(Cell::known)
}

fn repeat_ticket(inputs: &Inputs, _: &Totals) -> Checked<Cell> {
    let (b, first) = (inputs.behaviour, inputs.behaviour.repetition.first_sales);
    let (customers, purchases) = (i128::from(b.customers), i128::from(b.purchases));
    against((b.sales.checked_sub(first).ok_or(Overflow)?, purchases.checked_sub(customers).ok_or(Overflow)?), (first, customers))
}

fn same_customers(inputs: &Inputs, _: &Totals) -> Checked<Cell> {
    let (b, r) = (inputs.behaviour, &inputs.behaviour.repetition);
    let more = i128::from(b.purchases).checked_sub(i128::from(b.customers)).ok_or(Overflow)?;
    let sales = r.repeats.values().try_fold(0_i128, |sum, (_, sales)| sum.checked_add(*sales)).ok_or(Overflow)?;
    against((sales, more), (r.first_sales_of_repeaters, b.again.into()))
}

/// The sum of customers' own means, to a millionth of a minor unit.
fn own_means(inputs: &Inputs, _: &Totals) -> Checked<Cell> {
    const PARTS: i128 = 1_000_000;
    let r = &inputs.behaviour.repetition;
    let mut sum = 0_i128;
    for (count, (_, sales)) in &r.repeats {
        let mean = Exact::ratio(sales.checked_mul(PARTS).ok_or(Overflow)?, i128::from(count.saturating_sub(1)))?;
        sum = sum.checked_add(mean.round(crate::value::Rounding::HalfUp)?).ok_or(Overflow)?;
    }
    let again = i128::from(inputs.behaviour.again);
    against((sum, again.checked_mul(PARTS).ok_or(Overflow)?), (r.first_sales_of_repeaters, again))
}

fn gap(inputs: &Inputs, percent: u64) -> Checked<Cell> {
    let days = inputs.behaviour.repetition.gaps.rank(percent).and_then(|days| i128::try_from(days).ok());
    Ok(days.map_or_else(|| Cell::missing(NOBODY_AGAIN), Cell::whole))
}

fn back(inputs: &Inputs, percent: i128) -> Checked<Cell> {
    let curve = inputs.behaviour.repetition.gaps.came_back()?;
    let wanted = Exact::ratio(percent, 100)?;
    let found = curve.iter().find(|(_, share)| *share >= wanted).and_then(|(days, _)| i128::try_from(*days).ok());
    Ok(match (found, curve.last()) {
        (Some(days), _) => Cell::whole(days),
        (None, Some((_, most))) => {
            let most = crate::report::write::format::percent(*most);
            Cell::missing(format!("never reached: by the longest time seen {most} have come back"))
        }
        (None, None) => Cell::missing(NOBODY_AGAIN),
    })
}

fn went_on(inputs: &Inputs, step: usize) -> Checked<Cell> {
    let none = Step::default();
    let step = inputs.behaviour.repetition.steps.get(step).unwrap_or(&none);
    let nothing = format!("no such day with a purchase lies {WITHIN} days before the end");
    super::history_rows::proportion(step.matured_on, step.matured, &nothing)
}
