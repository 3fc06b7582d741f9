//! The one rounding.

use super::{Checked, Overflow};

/// How an exact value becomes an integer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// To the nearest, halves away from zero.
    #[default]
    HalfUp,
    /// To the nearest, halves to the even neighbour.
    HalfEven,
    /// Towards zero.
    Down,
    /// Away from zero.
    Up,
}

/// `numerator / denominator` rounded once.
///
/// # Errors
/// [`Overflow`] for a denominator of zero or below, or a result outside `i128`.
pub fn div_round(numerator: i128, denominator: i128, mode: Rounding) -> Checked<i128> {
    if denominator <= 0 {
        return Err(Overflow);
    }
    // Dividing 128-bit integers is several times slower than 64-bit ones, and nearly every amount fits the latter.
    if let (Ok(n), Ok(d)) = (i64::try_from(numerator), i64::try_from(denominator)) {
        return div_round_64(n, d, mode).map(i128::from);
    }
    let quotient = numerator.checked_div(denominator).ok_or(Overflow)?;
    let rest = numerator.checked_rem(denominator).ok_or(Overflow)?.unsigned_abs();
    let rest_to_next = denominator.unsigned_abs().checked_sub(rest).ok_or(Overflow)?;
    let away = match mode {
        Rounding::Down => false,
        Rounding::Up => rest > 0,
        Rounding::HalfUp => rest > 0 && rest >= rest_to_next,
        Rounding::HalfEven => rest > 0 && (rest > rest_to_next || rest == rest_to_next && quotient & 1 == 1),
    };
    if !away {
        return Ok(quotient);
    }
    quotient.checked_add(numerator.signum()).ok_or(Overflow)
}

fn div_round_64(numerator: i64, denominator: i64, mode: Rounding) -> Checked<i64> {
    let quotient = numerator.checked_div(denominator).ok_or(Overflow)?;
    let rest = numerator.checked_rem(denominator).ok_or(Overflow)?.unsigned_abs();
    let rest_to_next = denominator.unsigned_abs().checked_sub(rest).ok_or(Overflow)?;
    let away = match mode {
        Rounding::Down => false,
        Rounding::Up => rest > 0,
        Rounding::HalfUp => rest > 0 && rest >= rest_to_next,
        Rounding::HalfEven => rest > 0 && (rest > rest_to_next || rest == rest_to_next && quotient & 1 == 1),
    };
    if !away {
        return Ok(quotient);
    }
    quotient.checked_add(numerator.signum()).ok_or(Overflow)
}
