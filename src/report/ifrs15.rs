//! Points as a material right, as IFRS 15 has it: the price of goods is shared between the goods and the points that come with
//! them, and the points' share becomes revenue as they are redeemed. A management estimate, no accounting advice.

use crate::value::{Checked, Exact, Overflow, Rounding};

/// A price shared in proportion to stand-alone prices; both parts sum to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allocation {
    pub goods: i128,
    pub points: i128,
}

/// Shares a price between goods and points, rounded half up to whole units.
///
/// # Errors
/// [`Overflow`], and for stand-alone prices that sum to nothing.
pub fn allocate(price: i128, goods: Exact, points: Exact) -> Checked<Allocation> {
    let all = goods.plus(points)?;
    let points = Exact::whole(price).times(points)?.divided_by(all)?.round(Rounding::HalfUp)?;
    Ok(Allocation { goods: price.checked_sub(points).ok_or(Overflow)?, points })
}

/// The revenue of a period from what was allocated to points: by the points redeemed so far over all that are expected to be
/// redeemed, rounded half up, less what was recognised before.
///
/// # Errors
/// [`Overflow`], and where no redemption is expected.
pub fn recognised(allocated: i128, redeemed: Exact, expected: Exact, before: i128) -> Checked<i128> {
    let share = redeemed.divided_by(expected)?.min(Exact::whole(1));
    let so_far = Exact::whole(allocated).times(share)?.round(Rounding::HalfUp)?;
    so_far.checked_sub(before).ok_or(Overflow)
}
