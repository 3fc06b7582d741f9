//! What is given away as a function of the amount of a purchase: lines over stretches of whole minor units, all exact.

use crate::value::{Checked, Exact};

/// `rate × amount + fixed`, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    pub rate: Exact,
    pub fixed: Exact,
}

/// A line that holds from an amount up to where the next stretch begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Minor units; the first stretch begins at zero.
    pub from: i64,
    pub line: Line,
}

/// A bound for every amount from zero up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Curve(Vec<Stretch>);

pub(crate) const ZERO: Exact = Exact::whole(0);
pub(crate) const ONE: Exact = Exact::whole(1);

impl Line {
    pub(crate) const NOTHING: Self = Self { rate: ZERO, fixed: ZERO };

    /// A share of the amount.
    pub(crate) fn rate(rate: Exact) -> Self {
        Self { rate, fixed: ZERO }
    }

    /// The same for every amount.
    pub(crate) fn fixed(fixed: Exact) -> Self {
        Self { rate: ZERO, fixed }
    }

    pub(crate) fn at(self, amount: i64) -> Checked<Exact> {
        self.rate.times(Exact::whole(i128::from(amount)))?.plus(self.fixed)
    }

    pub(crate) fn plus(self, other: Self) -> Checked<Self> {
        Ok(Self { rate: self.rate.plus(other.rate)?, fixed: self.fixed.plus(other.fixed)? })
    }

    pub(crate) fn times(self, factor: Exact) -> Checked<Self> {
        Ok(Self { rate: self.rate.times(factor)?, fixed: self.fixed.times(factor)? })
    }
}

impl Curve {
    /// Nothing, whatever the amount.
    pub(crate) fn nothing() -> Self {
        Self::of(Line::NOTHING)
    }

    /// One line for all amounts.
    pub(crate) fn of(line: Line) -> Self {
        Self(vec![Stretch { from: 0, line }])
    }

    /// A line from one amount up to another, which is outside; nothing elsewhere.
    pub(crate) fn between(line: Line, from: i64, to: Option<i64>) -> Self {
        let from = from.max(0);
        let mut list = Vec::new();
        if from > 0 {
            list.push(Stretch { from: 0, line: Line::NOTHING });
        }
        if to.is_none_or(|to| to > from) {
            list.push(Stretch { from, line });
            list.extend(to.map(|to| Stretch { from: to, line: Line::NOTHING }));
        }
        Self(list)
    }

    /// The stretches, rising.
    #[must_use]
    pub fn stretches(&self) -> &[Stretch] {
        &self.0
    }

    /// Every stretch with the amount that ends it, which is outside.
    pub(crate) fn ranges(&self) -> impl Iterator<Item = (i64, Option<i64>, Line)> {
        let ends = self.0.iter().skip(1).map(|stretch| Some(stretch.from)).chain(std::iter::once(None));
        self.0.iter().zip(ends).map(|(stretch, end)| (stretch.from, end, stretch.line))
    }

    /// The line that holds for an amount.
    pub(crate) fn line_at(&self, amount: i64) -> Line {
        self.0.iter().rev().find(|stretch| stretch.from <= amount).map_or(Line::NOTHING, |stretch| stretch.line)
    }

    /// The bound for an amount.
    ///
    /// # Errors
    /// [`crate::value::Overflow`] where the integers do not suffice.
    pub fn at(&self, amount: i64) -> Checked<Exact> {
        self.line_at(amount).at(amount)
    }

    pub(crate) fn is_nothing(&self) -> bool {
        self.0.iter().all(|stretch| stretch.line == Line::NOTHING)
    }

    /// Whether it is one share of the amount on every stretch, with no sum beside.
    pub(crate) fn has_sums(&self) -> bool {
        self.0.iter().any(|stretch| stretch.line.fixed != ZERO)
    }

    fn pieces(&self, other: &Self) -> Vec<(i64, Option<i64>, Line, Line)> {
        let mut froms: Vec<i64> = self.0.iter().chain(&other.0).map(|stretch| stretch.from).collect();
        froms.sort_unstable();
        froms.dedup();
        let ends: Vec<Option<i64>> = froms.iter().skip(1).map(|from| Some(*from)).chain(std::iter::once(None)).collect();
        froms.into_iter().zip(ends).map(|(from, to)| (from, to, self.line_at(from), other.line_at(from))).collect()
    }

    fn joined(list: Vec<Stretch>) -> Self {
        let mut out: Vec<Stretch> = Vec::with_capacity(list.len());
        for stretch in list {
            match out.last() {
                Some(last) if last.line == stretch.line => {}
                Some(last) if last.from == stretch.from => {
                    out.pop();
                    out.push(stretch);
                }
                _ => out.push(stretch),
            }
        }
        Self(out)
    }

    pub(crate) fn plus(&self, other: &Self) -> Checked<Self> {
        let pieces = self.pieces(other).into_iter();
        let list = pieces.map(|(from, _, a, b)| Ok(Stretch { from, line: a.plus(b)? }));
        Ok(Self::joined(list.collect::<Checked<Vec<_>>>()?))
    }

    pub(crate) fn times(&self, factor: Exact) -> Checked<Self> {
        let list = self.0.iter().map(|stretch| Ok(Stretch { from: stretch.from, line: stretch.line.times(factor)? }));
        Ok(Self::joined(list.collect::<Checked<Vec<_>>>()?))
    }

    pub(crate) fn max(&self, other: &Self) -> Checked<Self> {
        self.choose(other, true)
    }

    pub(crate) fn min(&self, other: &Self) -> Checked<Self> {
        self.choose(other, false)
    }

    /// The larger (or smaller) of two for every amount; lines are cut where they cross.
    fn choose(&self, other: &Self, larger: bool) -> Checked<Self> {
        let mut list = Vec::new();
        for (from, to, a, b) in self.pieces(other) {
            let first = better(a.at(from)?, b.at(from)?, (a, b), larger);
            list.push(Stretch { from, line: if first { a } else { b } });
            if a.rate == b.rate {
                continue;
            }
            let crossing = b.fixed.minus(a.fixed)?.divided_by(a.rate.minus(b.rate)?)?.floor();
            let Ok(next) = i64::try_from(crossing.saturating_add(1)) else { continue };
            if next > from && to.is_none_or(|to| next < to) {
                let first = better(a.at(next)?, b.at(next)?, (a, b), larger);
                list.push(Stretch { from: next, line: if first { a } else { b } });
            }
        }
        Ok(Self::joined(list))
    }

    /// At most a sum.
    pub(crate) fn capped(&self, most: Exact) -> Checked<Self> {
        self.min(&Self::of(Line::fixed(most)))
    }

    /// The most for this amount or any smaller one.
    pub(crate) fn rising(&self) -> Checked<Self> {
        let mut out = Self::nothing();
        for (from, to, line) in self.ranges() {
            out = out.max(&Self::between(line, from, to))?;
            let Some(to) = to else { break };
            let top = line.at(from)?.max(line.at(to.saturating_sub(1))?);
            out = out.max(&Self::between(Line::fixed(top), to, None))?;
        }
        Ok(out)
    }

    /// What `self` takes off, and what `rest` gives on what is left then; their sum where that is not certain to be enough.
    /// `by_whole`: what is given on the rest is chosen by the whole amount, not by what is left.
    pub(crate) fn then(&self, rest: &Self, by_whole: bool) -> Checked<Self> {
        let mut list = Vec::new();
        for (from, _, taken, given) in self.pieces(rest) {
            let sum = taken.plus(given)?;
            let certain = by_whole && given.fixed >= ZERO || rest.below(given, from)?;
            let line = if given.rate <= ONE && certain {
                let kept = ONE.minus(given.rate)?;
                taken.times(kept)?.plus(given)?
            } else {
                sum
            };
            list.push(Stretch { from, line });
        }
        Ok(Self::joined(list))
    }

    /// Whether a line bounds all amounts below one too.
    fn below(&self, line: Line, amount: i64) -> Checked<bool> {
        for (from, to, other) in self.ranges().take_while(|(from, ..)| *from <= amount) {
            let last = to.map_or(amount, |to| to.saturating_sub(1)).min(amount);
            if other.at(from)? > line.at(from)? || other.at(last)? > line.at(last)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The largest share of any amount that is given away; `None` where a sum falls on purchases however small.
    pub(crate) fn largest_share(&self) -> Checked<Option<Exact>> {
        let mut most = ZERO;
        for (from, to, line) in self.ranges() {
            most = most.max(line.rate);
            if line.fixed > ZERO {
                // A purchase of nothing is none, and one of a single minor unit is as good as none.
                if from <= 1 {
                    return Ok(None);
                }
                most = most.max(line.rate.plus(line.fixed.divided_by(Exact::whole(i128::from(from)))?)?);
            }
            if let Some(last) = to.map(|to| to.saturating_sub(1)).filter(|last| line.fixed < ZERO && *last > 0) {
                most = most.max(line.rate.plus(line.fixed.divided_by(Exact::whole(i128::from(last)))?)?);
            }
        }
        Ok(Some(most))
    }

    /// The largest rate of any stretch, and the least sum with which that rate bounds every amount.
    pub(crate) fn pair(&self) -> Checked<Line> {
        let rate = self.0.iter().map(|stretch| stretch.line.rate).max().unwrap_or(ZERO).max(ZERO);
        self.beside(rate, 0)
    }

    /// The least sum with which a rate bounds every amount from `least` up, as a line; the rate must be no less than the last one.
    pub(crate) fn beside(&self, rate: Exact, least: i64) -> Checked<Line> {
        let mut fixed = ZERO;
        for (from, to, line) in self.ranges() {
            if to.is_some_and(|to| to <= least) {
                continue;
            }
            let last = to.map(|to| to.saturating_sub(1));
            for amount in std::iter::once(from.max(least)).chain(last) {
                let amount_rate = rate.times(Exact::whole(i128::from(amount)))?;
                fixed = fixed.max(line.at(amount)?.minus(amount_rate)?);
            }
        }
        Ok(Line { rate, fixed })
    }

    /// What it comes to at most, if it does not grow without end.
    pub(crate) fn most(&self) -> Checked<Option<Exact>> {
        if self.0.last().is_some_and(|stretch| stretch.line.rate > ZERO) {
            return Ok(None);
        }
        Ok(Some(self.beside(ZERO, 0)?.fixed))
    }

    /// Nothing outside a range of amounts; the end is outside.
    pub(crate) fn within(&self, low: i64, high: Option<i64>) -> Self {
        let mut list = Vec::new();
        if low > 0 {
            list.push(Stretch { from: 0, line: Line::NOTHING });
        }
        for (from, to, line) in self.ranges() {
            let from = from.max(low);
            if to.is_none_or(|to| to > from) && high.is_none_or(|high| high > from) {
                list.push(Stretch { from, line });
            }
        }
        if let Some(high) = high {
            list.push(Stretch { from: high.max(0), line: Line::NOTHING });
        }
        Self::joined(list)
    }
}

/// Whether the first of two is to be taken: by value, then by where it goes.
fn better(a: Exact, b: Exact, lines: (Line, Line), larger: bool) -> bool {
    if a != b {
        return (a > b) == larger;
    }
    (lines.0.rate >= lines.1.rate) == larger
}

#[cfg(test)]
mod tests {
    use super::{Curve, Line, ONE, ZERO};
    use crate::value::{Checked, Exact};

    fn part(n: i128, d: i128) -> Exact {
        Exact::ratio(n, d).unwrap_or(ZERO)
    }

    /// Every operation agrees, amount by amount, with the same on numbers.
    #[test]
    fn curves_are_functions() -> Checked<()> {
        let tenth = Curve::of(Line::rate(part(1, 10)));
        let step = Curve::between(Line { rate: part(1, 3), fixed: part(7, 2) }, 13, Some(40));
        let sum = Curve::between(Line::fixed(Exact::whole(5)), 20, None);
        let curves = [Curve::nothing(), tenth.capped(Exact::whole(3))?, tenth, step, sum];
        for a in &curves {
            for b in &curves {
                let (plus, larger, smaller) = (a.plus(b)?, a.max(b)?, a.min(b)?);
                for amount in 0..100 {
                    let (x, y) = (a.at(amount)?, b.at(amount)?);
                    assert_eq!(plus.at(amount)?, x.plus(y)?);
                    assert_eq!(larger.at(amount)?, x.max(y), "{a:?} {b:?} at {amount}");
                    assert_eq!(smaller.at(amount)?, x.min(y), "{a:?} {b:?} at {amount}");
                }
                let before = a.min(&Curve::of(Line::rate(ONE)))?;
                let then = before.then(&b.rising()?, false)?;
                for amount in 0..100 {
                    for left in 0..=amount {
                        if Exact::whole(i128::from(amount - left)) <= before.at(amount)? {
                            let both = Exact::whole(i128::from(amount - left)).plus(b.at(left)?)?;
                            assert!(both <= then.at(amount)?, "{a:?} then {b:?} at {amount}, {left} left");
                        }
                    }
                }
            }
            let rising = a.rising()?;
            let mut most = ZERO;
            for amount in 0..100 {
                most = most.max(a.at(amount)?);
                assert!(rising.at(amount)? == most, "{a:?} at {amount}");
                assert!(a.within(10, Some(30)).at(amount)? == if (10..30).contains(&amount) { a.at(amount)? } else { ZERO });
            }
        }
        Ok(())
    }
}
