//! Exact fractions, and the one place where they are rounded.

use std::cmp::Ordering;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};

/// A fraction in lowest terms; what is below the line is above zero.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Ratio {
    above: i128,
    below: i128,
}

/// How a fraction becomes a whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    HalfUp,
    HalfEven,
    Down,
    Up,
}

fn divisor(a: i128, b: i128) -> i128 {
    if b == 0 { a.abs().max(1) } else { divisor(b, a % b) }
}

impl Ratio {
    pub const ZERO: Self = Self { above: 0, below: 1 };

    pub fn new(above: i128, below: i128) -> Self {
        assert!(below != 0, "nothing is divided by zero");
        let common = divisor(above, below) * below.signum();
        Self { above: above / common, below: below / common }
    }

    pub fn whole(n: i128) -> Self {
        Self { above: n, below: 1 }
    }

    /// The largest whole number that is not above it.
    pub fn floor(self) -> i128 {
        self.above.div_euclid(self.below)
    }

    /// "Every reward is rounded once": to a whole multiple of a step.
    pub fn rounded(self, mode: Mode, step: Self) -> Self {
        let steps = self / step;
        let (down, rest) = (steps.floor(), steps - Self::whole(steps.floor()));
        let half = Self::new(1, 2);
        let up = match mode {
            Mode::Down => false,
            Mode::Up => rest > Self::ZERO,
            Mode::HalfUp => rest >= half,
            Mode::HalfEven => rest > half || rest == half && down % 2 != 0,
        };
        Self::whole(down + i128::from(up)) * step
    }

    pub fn positive(self) -> bool {
        self > Self::ZERO
    }
}

impl Default for Ratio {
    fn default() -> Self {
        Self::ZERO
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ratio {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.above * other.below).cmp(&(other.above * self.below))
    }
}

impl Add for Ratio {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::new(self.above * other.below + other.above * self.below, self.below * other.below)
    }
}

impl Neg for Ratio {
    type Output = Self;
    fn neg(self) -> Self {
        Self { above: -self.above, ..self }
    }
}

impl Sub for Ratio {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for Ratio {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self::new(self.above * other.above, self.below * other.below)
    }
}

impl Div for Ratio {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        Self::new(self.above * other.below, self.below * other.above)
    }
}

impl AddAssign for Ratio {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Ratio {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl std::iter::Sum for Ratio {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::ZERO, |sum, one| sum + one)
    }
}

impl std::fmt::Debug for Ratio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.below == 1 { write!(f, "{}", self.above) } else { write!(f, "{}/{}", self.above, self.below) }
    }
}

/// Shares of a sum in proportion to weights: "by the largest-remainder method, ties to the earlier line, so the parts always
/// sum to the whole".
pub fn shares(sum: Ratio, weights: &[Ratio]) -> Vec<Ratio> {
    let total: Ratio = weights.iter().copied().sum();
    if !total.positive() {
        return vec![Ratio::ZERO; weights.len()];
    }
    let exact: Vec<Ratio> = weights.iter().map(|weight| sum * *weight / total).collect();
    let mut parts: Vec<Ratio> = exact.iter().map(|part| Ratio::whole(part.floor())).collect();
    let mut missing = sum - parts.iter().copied().sum();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|line| std::cmp::Reverse(exact[*line] - parts[*line]));
    for line in order {
        if missing.positive() {
            parts[line] += Ratio::whole(1);
            missing -= Ratio::whole(1);
        }
    }
    parts
}
