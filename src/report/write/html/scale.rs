//! From exact figures to places in whole numbers.

use crate::value::{Checked, Exact, Overflow, Rounding};

/// From which figure to which a scale goes, and where its lines stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scale {
    pub low: Exact,
    pub high: Exact,
    pub ticks: Vec<Exact>,
}

impl Scale {
    /// A scale for these figures with about so many lines at round figures; zero belongs to it where `zero`.
    ///
    /// # Errors
    /// [`Overflow`] where the figures are too large, or there are none.
    pub fn of(values: impl IntoIterator<Item = Exact>, lines: i128, zero: bool) -> Checked<Self> {
        let mut values = values.into_iter();
        let first = values.next().ok_or(Overflow)?;
        let start = if zero { Exact::whole(0) } else { first };
        let (low, high) = std::iter::once(first).chain(values).fold((start, start), |(low, high), value| (low.min(value), high.max(value)));
        let high = if low == high { low.plus(Exact::whole(1))? } else { high };
        let step = round_step(high.minus(low)?.divided_by(Exact::whole(lines.max(1)))?)?;
        let first = Exact::whole(low.divided_by(step)?.floor());
        let last = high.divided_by(step)?.negative()?.floor().checked_neg().ok_or(Overflow)?;
        let count = last.checked_sub(first.floor()).ok_or(Overflow)?;
        let ticks = (0..=count).map(|at| first.plus(Exact::whole(at))?.times(step)).collect::<Checked<Vec<_>>>()?;
        match (ticks.first().copied(), ticks.last().copied()) {
            (Some(low), Some(high)) => Ok(Self { low, high, ticks }),
            _ => Err(Overflow),
        }
    }

    /// The place of a figure between `from`, the low end, and `to`.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn place(&self, value: Exact, from: i32, to: i32) -> Checked<i32> {
        let share = value.minus(self.low)?.divided_by(self.high.minus(self.low)?)?;
        let length = Exact::whole(i128::from(to) - i128::from(from));
        let at = share.times(length)?.round(Rounding::HalfUp)?;
        i32::try_from(i128::from(from) + at).map_err(|_| Overflow)
    }
}

/// The smallest of 1, 2, 5, 10, 20 … and their tenths that is not below.
fn round_step(wanted: Exact) -> Checked<Exact> {
    let mut step = Exact::whole(1);
    for _ in 0..18 {
        if step <= wanted {
            break;
        }
        step = step.divided_by(Exact::whole(10))?;
    }
    while step.times(Exact::whole(10))? <= wanted {
        step = step.times(Exact::whole(10))?;
    }
    for factor in [1, 2, 5, 10] {
        let rounder = step.times(Exact::whole(factor))?;
        if rounder >= wanted {
            return Ok(rounder);
        }
    }
    Ok(step)
}
