//! Numbers that fire, as runs: a purchase of millions crosses millions of steps at once.

use crate::value::{Checked, Overflow};

/// Whole numbers as runs from first to last, rising and apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::engine) struct Steps(Vec<(i64, i64)>);

impl Steps {
    /// One number.
    pub fn one(n: i64) -> Self {
        Self(vec![(n, n)])
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn count(&self) -> Checked<i64> {
        self.0.iter().try_fold(0_i64, |sum, (from, to)| to.checked_sub(*from)?.checked_add(1)?.checked_add(sum)).ok_or(Overflow)
    }

    pub fn last(&self) -> Option<i64> {
        self.0.last().map(|(_, to)| *to)
    }

    pub fn contains(&self, n: i64) -> bool {
        self.0.iter().any(|(from, to)| (*from..=*to).contains(&n))
    }

    /// Adds the numbers from one to another, all above those that are there.
    pub fn append(&mut self, from: i64, to: i64) {
        match self.0.last_mut() {
            _ if from > to => {}
            Some((_, end)) if end.checked_add(1) == Some(from) => *end = to,
            _ => self.0.push((from, to)),
        }
    }

    /// Those up to a number.
    pub fn up_to(&self, most: i64) -> Self {
        let runs = self.0.iter().filter(|(from, _)| *from <= most);
        Self(runs.map(|(from, to)| (*from, most.min(*to))).collect())
    }

    /// Those that another does not have.
    pub fn without(&self, other: &Self) -> Self {
        let mut out = Self::default();
        for &(from, to) in &self.0 {
            let mut next = from;
            for &(first, last) in other.0.iter().filter(|(first, last)| *first <= to && *last >= from) {
                out.append(next, first.saturating_sub(1));
                next = next.max(last.saturating_add(1));
            }
            out.append(next, to);
        }
        out
    }

    /// Those of either.
    pub fn with(&self, other: &Self) -> Self {
        let mut all = [self.0.as_slice(), other.0.as_slice()].concat();
        all.sort_unstable();
        let mut out: Vec<(i64, i64)> = Vec::with_capacity(all.len());
        for (from, to) in all {
            match out.last_mut() {
                Some((_, end)) if end.saturating_add(1) >= from => *end = (*end).max(to),
                _ => out.push((from, to)),
            }
        }
        Self(out)
    }
}
