//! Differences between two programs, account by account: sums with the interval that other customers like these would fall
//! into, bands of losing and winning.

use crate::value::{Checked, Exact, Overflow};

/// 1.96 in hundredths: 95 of 100 samples lie so many deviations around the mean.
const Z: i128 = 196;
/// Roots carry this many parts of one.
const FINE: i128 = 1_000;

/// A sum of differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum {
    pub sum: Exact,
    /// From where to where the sum of as many other customers like these would lie 95 times of 100; `None` below two customers.
    pub interval: Option<(Exact, Exact)>,
}

/// Adds up differences, each in `parts` of a unit: sum ± 1.96·√n·sd.
pub fn sum(differences: impl IntoIterator<Item = i128>, parts: i128) -> Checked<Sum> {
    let (mut n, mut sum, mut squares) = (0_i128, 0_i128, 0_i128);
    for each in differences {
        n = n.checked_add(1).ok_or(Overflow)?;
        sum = sum.checked_add(each).ok_or(Overflow)?;
        squares = each.checked_mul(each).and_then(|square| squares.checked_add(square)).ok_or(Overflow)?;
    }
    let middle = Exact::ratio(sum, parts)?;
    if n < 2 {
        return Ok(Sum { sum: middle, interval: None });
    }
    // n·variance = (n·Σd² − (Σd)²) / (n − 1)
    let spread = n.checked_mul(squares).and_then(|all| all.checked_sub(sum.checked_mul(sum)?)).ok_or(Overflow)?;
    let fine = FINE.checked_mul(FINE).and_then(|fine| spread.checked_mul(fine)).ok_or(Overflow)?;
    let root = u128::try_from(fine.checked_div(n.checked_sub(1).ok_or(Overflow)?).ok_or(Overflow)?).map_err(|_| Overflow)?.isqrt();
    let swing = i128::try_from(root).ok().and_then(|root| root.checked_mul(Z)).ok_or(Overflow)?;
    let below = parts.checked_mul(FINE).and_then(|below| below.checked_mul(100)).ok_or(Overflow)?;
    let swing = Exact::ratio(swing, below)?;
    Ok(Sum { sum: middle, interval: Some((middle.minus(swing)?, middle.plus(swing)?)) })
}

/// How a customer fares under another program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Band {
    /// Loses over a twentieth of what there was.
    LosesMore,
    Loses,
    Same,
    Gains,
    /// Gains over a twentieth of what there was.
    GainsMore,
}

impl Band {
    /// All bands, from the worst to the best.
    pub const ALL: [Self; 5] = [Self::LosesMore, Self::Loses, Self::Same, Self::Gains, Self::GainsMore];

    /// The band of a customer who received `before` and would receive `after`.
    #[must_use]
    pub fn of(before: i64, after: i64) -> Self {
        let change = i128::from(after) - i128::from(before);
        let over = change.abs() * 20 > i128::from(before).abs();
        match (change.signum(), over) {
            (0, _) => Self::Same,
            (-1, true) => Self::LosesMore,
            (-1, false) => Self::Loses,
            (_, true) => Self::GainsMore,
            (_, false) => Self::Gains,
        }
    }

    /// What programs call it.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::LosesMore => "lose_over_5",
            Self::Loses => "lose",
            Self::Same => "same",
            Self::Gains => "gain",
            Self::GainsMore => "gain_over_5",
        }
    }

    /// What people call it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::LosesMore => "lose >5%",
            Self::Loses => "lose ≤5%",
            Self::Same => "same",
            Self::Gains => "gain ≤5%",
            Self::GainsMore => "gain >5%",
        }
    }
}
