//! Exact fractions, for calculations inside expressions.

use super::decimal::pow10;
use super::{Checked, Decimal, Overflow, Rounding, div_round};
use std::cmp::Ordering;

/// `numerator / denominator` in lowest terms, the denominator above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Exact {
    numerator: i128,
    denominator: i128,
}

impl Exact {
    /// A whole number.
    #[must_use]
    pub const fn whole(n: i128) -> Self {
        Self { numerator: n, denominator: 1 }
    }

    /// `numerator / denominator`.
    ///
    /// # Errors
    /// [`Overflow`] for a denominator of zero or where the integers do not suffice.
    pub fn ratio(numerator: i128, denominator: i128) -> Checked<Self> {
        if denominator == 0 {
            return Err(Overflow);
        }
        if denominator == 1 {
            return Ok(Self::whole(numerator));
        }
        if let (Ok(n), Ok(d)) = (i64::try_from(numerator), u32::try_from(denominator)) {
            let divisor = gcd_64(n.unsigned_abs(), u64::from(d)).min(u64::from(d));
            let divisor = i64::try_from(divisor).map_err(|_| Overflow)?;
            return Ok(Self { numerator: i128::from(n / divisor), denominator: i128::from(i64::from(d) / divisor) });
        }
        let sign = denominator.signum();
        let divisor = gcd(numerator.unsigned_abs(), denominator.unsigned_abs());
        let divisor = i128::try_from(divisor).map_err(|_| Overflow)?.checked_mul(sign).ok_or(Overflow)?;
        Ok(Self {
            numerator: numerator.checked_div(divisor).ok_or(Overflow)?,
            denominator: denominator.checked_div(divisor).ok_or(Overflow)?,
        })
    }

    /// The numerator in lowest terms.
    #[must_use]
    pub const fn numerator(self) -> i128 {
        self.numerator
    }

    /// The denominator in lowest terms, above zero.
    #[must_use]
    pub const fn denominator(self) -> i128 {
        self.denominator
    }

    /// The sum.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn plus(self, other: Self) -> Checked<Self> {
        if self.denominator == 1 && other.denominator == 1 {
            return self.numerator.checked_add(other.numerator).map(Self::whole).ok_or(Overflow);
        }
        let left = self.numerator.checked_mul(other.denominator).ok_or(Overflow)?;
        let right = other.numerator.checked_mul(self.denominator).ok_or(Overflow)?;
        let denominator = self.denominator.checked_mul(other.denominator).ok_or(Overflow)?;
        Self::ratio(left.checked_add(right).ok_or(Overflow)?, denominator)
    }

    /// The negative.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn negative(self) -> Checked<Self> {
        Ok(Self { numerator: self.numerator.checked_neg().ok_or(Overflow)?, ..self })
    }

    /// The difference.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn minus(self, other: Self) -> Checked<Self> {
        self.plus(other.negative()?)
    }

    /// The product.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn times(self, other: Self) -> Checked<Self> {
        let numerator = self.numerator.checked_mul(other.numerator).ok_or(Overflow)?;
        Self::ratio(numerator, self.denominator.checked_mul(other.denominator).ok_or(Overflow)?)
    }

    /// The quotient; dividing by zero is an [`Overflow`].
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn divided_by(self, other: Self) -> Checked<Self> {
        let numerator = self.numerator.checked_mul(other.denominator).ok_or(Overflow)?;
        Self::ratio(numerator, self.denominator.checked_mul(other.numerator).ok_or(Overflow)?)
    }

    /// The nearest integer by `mode`.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn round(self, mode: Rounding) -> Checked<i128> {
        div_round(self.numerator, self.denominator, mode)
    }

    /// The integer part for values of zero and above; towards negative infinity below.
    #[must_use]
    pub fn floor(self) -> i128 {
        self.numerator.div_euclid(self.denominator)
    }
}

impl TryFrom<Decimal> for Exact {
    type Error = Overflow;

    fn try_from(d: Decimal) -> Checked<Self> {
        let d = d.normal();
        Self::ratio(d.mantissa, pow10(d.scale)?)
    }
}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Exact {
    /// Exact for all values: integer parts first, then the reciprocals of what is left.
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut a, mut b, mut flip) = (*self, *other, false);
        loop {
            let (whole_a, whole_b) = (a.floor(), b.floor());
            let order = if whole_a == whole_b {
                let rest_a = a.numerator.rem_euclid(a.denominator);
                let rest_b = b.numerator.rem_euclid(b.denominator);
                match (rest_a, rest_b) {
                    (0, 0) => Ordering::Equal,
                    (0, _) => Ordering::Less,
                    (_, 0) => Ordering::Greater,
                    _ => {
                        a = Self { numerator: a.denominator, denominator: rest_a };
                        b = Self { numerator: b.denominator, denominator: rest_b };
                        flip = !flip;
                        continue;
                    }
                }
            } else {
                whole_a.cmp(&whole_b)
            };
            return if flip { order.reverse() } else { order };
        }
    }
}

fn gcd_64(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}
