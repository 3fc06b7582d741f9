//! Exact decimals as people write them.

use super::{Checked, Overflow, Rounding, div_round};
use std::cmp::Ordering;
use std::fmt;

/// `mantissa / 10^scale`, at most 38 digits. Equality and order are by value: `1.50 = 1.5`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Decimal {
    /// All digits, with the sign.
    pub mantissa: i128,
    /// Digits after the point, at most 37.
    pub scale: u8,
}

const MAX_SCALE: usize = 37;

/// 10 to the power of `exponent`, up to 38.
pub(crate) fn pow10(exponent: u8) -> Checked<i128> {
    const SMALL: [i64; 10] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000];
    match SMALL.get(usize::from(exponent)) {
        Some(power) => Ok(i128::from(*power)),
        None => 10_i128.checked_pow(u32::from(exponent)).ok_or(Overflow),
    }
}

impl Decimal {
    /// `mantissa / 10^scale`.
    #[must_use]
    pub const fn new(mantissa: i128, scale: u8) -> Self {
        Self { mantissa, scale }
    }

    /// A whole number.
    #[must_use]
    #[expect(clippy::as_conversions, reason = "it only widens, and `From` cannot be called in a constant")]
    pub const fn whole(n: i64) -> Self {
        Self { mantissa: n as i128, scale: 0 }
    }

    /// Reads `-?[0-9]+(\.[0-9]+)?` and nothing else: no exponent, no separators, no spaces.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        if whole.is_empty() || fraction.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
            return None;
        }
        let fraction = if digits.contains('.') { fraction } else { "" };
        if fraction.len() > MAX_SCALE {
            return None;
        }
        let mut mantissa = 0_i128;
        for byte in whole.bytes().chain(fraction.bytes()) {
            let digit = i128::from(byte.checked_sub(b'0')?);
            mantissa = mantissa.checked_mul(10)?.checked_add(digit)?;
        }
        let mantissa = if negative { mantissa.checked_neg()? } else { mantissa };
        Some(Self { mantissa, scale: u8::try_from(fraction.len()).ok()? })
    }

    /// The same value without trailing zeros after the point.
    #[must_use]
    pub fn normal(self) -> Self {
        let Self { mut mantissa, mut scale } = self;
        // Remainders of 128-bit integers are slow, and nearly every value fits 64 bits.
        if let Ok(mut short) = i64::try_from(mantissa) {
            while scale > 0 && short % 10 == 0 {
                short /= 10;
                scale -= 1;
            }
            return Self { mantissa: i128::from(short), scale };
        }
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        Self { mantissa, scale }
    }

    /// The integer number of units of `10^-scale`, if the value is a whole number of them.
    ///
    /// # Errors
    /// [`Overflow`] if it does not fit; `Ok(None)` if there are more decimals than `scale`.
    pub fn to_scale(self, scale: u8) -> Checked<Option<i64>> {
        let short = self.normal();
        let Some(up) = scale.checked_sub(short.scale) else { return Ok(None) };
        let value = short.mantissa.checked_mul(pow10(up)?).ok_or(Overflow)?;
        i64::try_from(value).map(Some).map_err(|_| Overflow)
    }

    /// The number of units of `10^-scale`, rounded once.
    ///
    /// # Errors
    /// [`Overflow`] if it does not fit.
    pub fn rounded_to_scale(self, scale: u8, mode: Rounding) -> Checked<i64> {
        if let Some(exact) = self.to_scale(scale)? {
            return Ok(exact);
        }
        let down = self.scale.checked_sub(scale).ok_or(Overflow)?;
        let value = div_round(self.mantissa, pow10(down)?, mode)?;
        i64::try_from(value).map_err(|_| Overflow)
    }

    /// The exact product.
    ///
    /// # Errors
    /// [`Overflow`] past 38 digits.
    pub fn times(self, other: Self) -> Checked<Self> {
        let (a, b) = (self.normal(), other.normal());
        let mantissa = a.mantissa.checked_mul(b.mantissa).ok_or(Overflow)?;
        let scale = a.scale.checked_add(b.scale).filter(|s| usize::from(*s) <= MAX_SCALE).ok_or(Overflow)?;
        Ok(Self { mantissa, scale })
    }

    /// Whether the value is zero.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.mantissa == 0
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl std::hash::Hash for Decimal {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        let short = self.normal();
        short.mantissa.hash(state);
        short.scale.hash(state);
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let (a, b) = (self.normal(), other.normal());
        if a.scale == b.scale {
            return a.mantissa.cmp(&b.mantissa);
        }
        // Whole parts first; fractions, being below one, then fit when widened to a common scale.
        let split = |d: Self| {
            let unit = pow10(d.scale).unwrap_or(i128::MAX);
            (d.mantissa.div_euclid(unit), d.mantissa.rem_euclid(unit))
        };
        let ((whole_a, part_a), (whole_b, part_b)) = (split(a), split(b));
        let widen = |part: i128, scale: u8| {
            let missing = a.scale.max(b.scale).saturating_sub(scale);
            part.saturating_mul(pow10(missing).unwrap_or(i128::MAX))
        };
        whole_a.cmp(&whole_b).then_with(|| widen(part_a, a.scale).cmp(&widen(part_b, b.scale)))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let digits = self.mantissa.unsigned_abs().to_string();
        let scale = usize::from(self.scale);
        if scale == 0 {
            return write!(f, "{sign}{digits}");
        }
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = padded.split_at(padded.len() - scale);
        write!(f, "{sign}{whole}.{fraction}")
    }
}
