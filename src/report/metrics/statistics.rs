//! Intervals and concentration on integers: roots of scaled integers in place of binary floats.

use crate::value::{Checked, Exact, Overflow};

/// Roots and normal quantiles carry this many parts of one.
const SCALE: i128 = 1_000_000_000_000;
/// The 97.5% point of the normal distribution, and its square.
const Z: i128 = 1_959_963_984_540;
const Z_SQUARED: i128 = 3_841_458_820_694;

/// The root of a number above zero, both scaled by [`SCALE`].
fn root(scaled: i128) -> Checked<i128> {
    let wide = scaled.checked_mul(SCALE).and_then(|wide| u128::try_from(wide).ok()).ok_or(Overflow)?;
    i128::try_from(wide.isqrt()).map_err(|_| Overflow)
}

/// The whole part of a root.
pub(in crate::report) fn root_of(n: u128) -> Checked<i128> {
    i128::try_from(n.isqrt()).map_err(|_| Overflow)
}

/// Wilson's interval for `k` of `n` at 95%.
pub(super) fn wilson(k: i128, n: i128) -> Checked<(Exact, Exact)> {
    let times = |a: i128, b: i128| a.checked_mul(b).ok_or(Overflow);
    let spread = times(times(4, k)?, n.checked_sub(k).ok_or(Overflow)?)?;
    let spread = times(spread, SCALE)?.checked_div(n).ok_or(Overflow)?.checked_add(Z_SQUARED).ok_or(Overflow)?;
    let swing = times(Z, root(spread)?)?.checked_div(SCALE).ok_or(Overflow)?;
    let middle = times(times(2, k)?, SCALE)?.checked_add(Z_SQUARED).ok_or(Overflow)?;
    let below = times(2, times(n, SCALE)?.checked_add(Z_SQUARED).ok_or(Overflow)?)?;
    let low = Exact::ratio(middle.checked_sub(swing).ok_or(Overflow)?.max(0), below)?;
    let high = Exact::ratio(middle.checked_add(swing).ok_or(Overflow)?, below)?;
    Ok((low, high.min(Exact::whole(1))))
}

/// The normal interval at 95% for 100 (`plus` − `minus`) / `n`; `None` where all answers are alike and it would say
/// that there is no doubt.
pub(super) fn score_interval(plus: i128, minus: i128, n: i128) -> Checked<Option<(Exact, Exact)>> {
    let times = |a: i128, b: i128| a.checked_mul(b).ok_or(Overflow);
    let difference = plus.checked_sub(minus).ok_or(Overflow)?;
    let sum = plus.checked_add(minus).ok_or(Overflow)?;
    // Variance × n³; the mean's variance is that over n³.
    let variance = times(sum, n)?.checked_sub(times(difference, difference)?).ok_or(Overflow)?;
    if variance == 0 {
        return Ok(None);
    }
    let of_mean = times(variance, SCALE)?.checked_div(times(times(n, n)?, n)?).ok_or(Overflow)?;
    let swing = Exact::ratio(times(Z, root(of_mean)?)?.checked_div(SCALE).ok_or(Overflow)?, SCALE)?;
    let swing = swing.times(Exact::whole(100))?;
    let middle = Exact::ratio(times(100, difference)?, n)?;
    let low = middle.minus(swing)?.max(Exact::whole(-100));
    Ok(Some((low, middle.plus(swing)?.min(Exact::whole(100)))))
}

/// Gini's coefficient of amounts in rising order, none below zero; `None` if they are all zero.
pub(super) fn gini(rising: &[i64]) -> Checked<Option<Exact>> {
    let n = i128::try_from(rising.len()).map_err(|_| Overflow)?;
    let (mut sum, mut weighted, mut weight) = (0_i128, 0_i128, n.checked_neg().ok_or(Overflow)?.checked_add(1).ok_or(Overflow)?);
    for amount in rising {
        let amount = i128::from(*amount);
        sum = sum.checked_add(amount).ok_or(Overflow)?;
        weighted = weight.checked_mul(amount).and_then(|more| weighted.checked_add(more)).ok_or(Overflow)?;
        weight = weight.checked_add(2).ok_or(Overflow)?;
    }
    if sum == 0 {
        return Ok(None);
    }
    Exact::ratio(weighted, n.checked_mul(sum).ok_or(Overflow)?).map(Some)
}

/// The sum of the largest `percent` of 100 amounts, at least one, in rising order.
pub(super) fn top(rising: &[i64], percent: usize) -> Checked<i128> {
    let count = rising.len().checked_mul(percent).ok_or(Overflow)?.div_ceil(100);
    rising.iter().rev().take(count).try_fold(0_i128, |sum, amount| sum.checked_add(i128::from(*amount)).ok_or(Overflow))
}

/// The share of times that had ended by each length at which one did, were none cut off: `ended` and `open` are numbers by
/// length, those of one length end before they are cut off. Rounded to twelve decimals at every step.
pub(super) fn kaplan_meier(ended: &[u64], open: &[u64], all: u64) -> Checked<Vec<(usize, Exact)>> {
    let (mut left, mut at_risk) = (SCALE, i128::from(all));
    let mut curve = Vec::new();
    for (length, count) in ended.iter().enumerate() {
        let count = i128::from(*count);
        if count > 0 {
            let stay = at_risk.checked_sub(count).ok_or(Overflow)?;
            left = left.checked_mul(stay).and_then(|product| product.checked_add(at_risk / 2)).ok_or(Overflow)?;
            left = left.checked_div(at_risk).ok_or(Overflow)?;
            curve.push((length, Exact::ratio(SCALE.checked_sub(left).ok_or(Overflow)?, SCALE)?));
        }
        let cut = i128::from(open.get(length).copied().unwrap_or(0));
        at_risk = at_risk.checked_sub(count).and_then(|risk| risk.checked_sub(cut)).ok_or(Overflow)?;
    }
    Ok(curve)
}
