//! What was returned, in terms of recorded amounts.

use crate::history::model::{Account, MomentKind, Part, Returned};
use crate::value::{Checked, Exact, Instant, Overflow, Rounding};
use std::collections::BTreeMap;

/// What is already returned of a purchase.
#[derive(Default)]
struct Before {
    amount: i64,
    /// Units by line.
    items: BTreeMap<u32, Exact>,
}

/// Recorded amounts returned, minor units.
#[derive(Clone, Copy, Default)]
pub(super) struct Refunds {
    pub all: i128,
    /// Those of purchases at moments that count.
    pub counted: i128,
}

/// What an account returned before `end`; `counts` says which purchases are counted apart.
pub(super) fn of(part: &Part, account: &Account, end: Instant, counts: impl Fn(Instant) -> bool) -> Checked<Refunds> {
    let mut sum = Refunds::default();
    let mut before: BTreeMap<u32, Before> = BTreeMap::new();
    for index in account.moments.clone() {
        let Some(moment) = usize::try_from(index).ok().and_then(|at| part.moments.get(at)) else { continue };
        let MomentKind::Return(parts) = &moment.kind else { continue };
        if moment.at >= end {
            break;
        }
        for returned in parts {
            let purchase = account.purchases.start.saturating_add(returned.purchase);
            let amount = one(part, purchase, &returned.what, before.entry(purchase).or_default())?;
            sum.all = sum.all.checked_add(i128::from(amount)).ok_or(Overflow)?;
            let bought = usize::try_from(purchase).ok().and_then(|at| part.purchases.at.get(at));
            if bought.is_some_and(|at| counts(*at)) {
                sum.counted = sum.counted.checked_add(i128::from(amount)).ok_or(Overflow)?;
            }
        }
    }
    Ok(sum)
}

/// What an account returned before `end`, recorded amounts.
///
/// # Errors
/// [`Overflow`].
pub(in crate::report) fn refunded(part: &Part, account: &Account, end: Instant) -> Checked<i128> {
    of(part, account, end, |_| false).map(|refunds| refunds.all)
}

/// The amount of one return; what is left of the purchase is the most it can be.
fn one(part: &Part, purchase: u32, what: &Returned, before: &mut Before) -> Checked<i64> {
    let index = usize::try_from(purchase).unwrap_or(usize::MAX);
    let left = part.purchases.amount.get(index).copied().unwrap_or(0).checked_sub(before.amount).ok_or(Overflow)?;
    let amount = match what {
        Returned::Rest => left,
        Returned::Amount(amount) => *amount,
        Returned::Items(lines) => {
            let mut sum = 0_i64;
            for (line, quantity) in lines {
                let more = line_amount(part, index, *line, Exact::try_from(*quantity)?, before)?;
                sum = sum.checked_add(more).ok_or(Overflow)?;
            }
            sum
        }
    };
    let amount = amount.clamp(0, left.max(0));
    before.amount = before.amount.checked_add(amount).ok_or(Overflow)?;
    Ok(amount)
}

/// The part of a line's amount that further returned units make up: the shares of all returns so far, rounded once, less
/// those before.
fn line_amount(part: &Part, purchase: usize, line: u32, quantity: Exact, before: &mut Before) -> Checked<i64> {
    let first = part.purchases.items_from.get(purchase).copied().unwrap_or(0);
    let index = usize::try_from(first.saturating_add(line)).unwrap_or(usize::MAX);
    let (Some(amount), Some(units)) = (part.items.amount.get(index), part.items.quantity.get(index)) else { return Ok(0) };
    let share = |returned: Exact| -> Checked<i64> {
        let exact = Exact::whole(i128::from(*amount)).times(returned)?.divided_by(Exact::try_from(*units)?)?;
        i64::try_from(exact.round(Rounding::HalfUp)?).map_err(|_| Overflow)
    };
    let so_far = before.items.get(&line).copied().unwrap_or(Exact::whole(0));
    let now = so_far.plus(quantity)?;
    before.items.insert(line, now);
    share(now)?.checked_sub(share(so_far)?).ok_or(Overflow)
}
