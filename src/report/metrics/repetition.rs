//! How long customers take to come back, and whether they do: counts by days, from which every figure about time follows.
//!
//! Several purchases on one day are one visit here. A gap that the end of the window cuts off is no gap: it is kept apart, and
//! Kaplan and Meier's estimate uses both.

use super::statistics;
use crate::report::clv::Pattern;
use crate::value::{Checked, Date, Exact, Overflow};
use serde::{Deserialize, Serialize};

/// A next purchase within so many days counts as going on.
pub(in crate::report) const WITHIN: usize = 90;
/// Steps from the n-th purchase to the next that are told.
const STEPS: usize = 10;

/// Sums over customers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repetition {
    /// What first purchases came to; those of customers who came back.
    pub first_sales: i128,
    pub first_sales_of_repeaters: i128,
    /// By number of purchases, from two on: customers, and what all but their first purchases came to.
    pub repeats: std::collections::BTreeMap<u32, (u64, i128)>,
    /// Days between the first and the last purchase, of all customers.
    pub span_days: u64,
    /// Days from the first purchase to the window's end, both included.
    pub tenure_days: u64,
    /// By days: gaps between two visits that follow one another, and those that the end cut off.
    pub gaps: Times,
    /// From the first visit to the second, from the second to the third, and so on.
    pub steps: Vec<Step>,
    /// Each customer as models of buying see it, rising.
    pub patterns: Vec<Pattern>,
}

/// Numbers of gaps, by their length in days.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// Those that ended with a visit.
    pub ended: Vec<u64>,
    /// Those that were still open at the window's end.
    pub open: Vec<u64>,
}

/// From the n-th visit to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Customers with n visits, and those of them with one more.
    pub reached: u64,
    pub went_on: u64,
    /// Those whose n-th visit lies at least 90 days before the end, and those of them who came again within 90 days.
    pub matured: u64,
    pub matured_on: u64,
    /// Gaps up to 90 days; longer ones are open at 91.
    pub times: Times,
}

/// A customer on the way through the window.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Walk {
    first: Option<(Date, i64)>,
    last: Option<Date>,
    visits: usize,
    pattern: Pattern,
}

/// The days that are looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub from: Date,
    pub to: Date,
}

impl Window {
    /// Days of the window, both ends included, and of its first half.
    pub(super) fn halves(self) -> (u32, u32) {
        let all = u32::try_from(days(self.from, self.to)).unwrap_or(u32::MAX).saturating_add(1);
        (all, all.div_ceil(2))
    }
}

fn days(from: Date, to: Date) -> usize {
    usize::try_from(i64::from(to.0).saturating_sub(i64::from(from.0))).unwrap_or(0)
}

fn bump(counts: &mut Vec<u64>, at: usize) {
    if counts.len() <= at {
        counts.resize(at.saturating_add(1), 0);
    }
    if let Some(count) = counts.get_mut(at) {
        *count = count.saturating_add(1);
    }
}

fn merge(mine: &mut Vec<u64>, theirs: &[u64]) {
    if mine.len() < theirs.len() {
        mine.resize(theirs.len(), 0);
    }
    mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine = mine.saturating_add(*theirs));
}

impl Walk {
    /// Another purchase of the customer.
    pub(super) fn purchase(&mut self, day: Date, amount: i64, window: Window, sum: &mut Repetition) {
        let to = window.to;
        self.first.get_or_insert((day, amount));
        self.note(day, amount, window);
        if self.last == Some(day) {
            return;
        }
        if let Some(last) = self.last {
            let gap = days(last, day);
            bump(&mut sum.gaps.ended, gap);
            if let Some(step) = sum.step(self.visits) {
                step.went_on = step.went_on.saturating_add(1);
                if gap <= WITHIN {
                    bump(&mut step.times.ended, gap);
                    step.matured_on = step.matured_on.saturating_add(u64::from(days(last, to) >= WITHIN));
                } else {
                    bump(&mut step.times.open, WITHIN.saturating_add(1));
                }
            }
        }
        self.last = Some(day);
        self.visits = self.visits.saturating_add(1);
        if let Some(step) = sum.step(self.visits) {
            step.reached = step.reached.saturating_add(1);
            step.matured = step.matured.saturating_add(u64::from(days(day, to) >= WITHIN));
        }
    }

    /// What models of buying see of a purchase: whether its day is a new one, and what it came to.
    fn note(&mut self, day: Date, amount: i64, window: Window) {
        let at = |day: Date| u32::try_from(days(window.from, day)).unwrap_or(u32::MAX);
        let (pattern, now) = (&mut self.pattern, at(day));
        let Some(last) = self.last else {
            (pattern.first, pattern.last, pattern.early_last) = (now, now, now);
            return;
        };
        if now == pattern.first {
            return;
        }
        let early = now < window.halves().1;
        if last != day {
            pattern.repeats = pattern.repeats.saturating_add(1);
            pattern.last = now;
            if early {
                pattern.early = pattern.early.saturating_add(1);
                pattern.early_last = now;
            }
        }
        pattern.spent = pattern.spent.saturating_add(amount);
        if early {
            pattern.early_spent = pattern.early_spent.saturating_add(amount);
        }
    }

    /// The customer has no more purchases; all of them were `count` and came to `spent`.
    pub(super) fn end(self, count: u32, spent: i64, to: Date, sum: &mut Repetition) -> Checked<()> {
        let (Some((first, amount)), Some(last)) = (self.first, self.last) else { return Ok(()) };
        sum.patterns.push(self.pattern);
        let open = days(last, to);
        bump(&mut sum.gaps.open, open);
        if let Some(step) = sum.step(self.visits) {
            bump(&mut step.times.open, open.min(WITHIN.saturating_add(1)));
        }
        let add = |sum: &mut u64, days: usize| *sum = sum.saturating_add(u64::try_from(days).unwrap_or(u64::MAX));
        add(&mut sum.span_days, days(first, last));
        add(&mut sum.tenure_days, days(first, to).saturating_add(1));
        sum.first_sales = sum.first_sales.checked_add(i128::from(amount)).ok_or(Overflow)?;
        if count > 1 {
            sum.first_sales_of_repeaters = sum.first_sales_of_repeaters.checked_add(i128::from(amount)).ok_or(Overflow)?;
            let entry = sum.repeats.entry(count).or_default();
            let more = spent.checked_sub(amount).ok_or(Overflow)?;
            *entry = (entry.0.saturating_add(1), entry.1.checked_add(i128::from(more)).ok_or(Overflow)?);
        }
        Ok(())
    }
}

impl Repetition {
    /// The step from the n-th visit on.
    fn step(&mut self, n: usize) -> Option<&mut Step> {
        if self.steps.is_empty() {
            self.steps.resize(STEPS, Step::default());
        }
        self.steps.get_mut(n.checked_sub(1)?)
    }

    /// Adds other customers.
    pub(super) fn merge(&mut self, other: &Self) -> Checked<()> {
        self.first_sales = self.first_sales.checked_add(other.first_sales).ok_or(Overflow)?;
        self.first_sales_of_repeaters = self.first_sales_of_repeaters.checked_add(other.first_sales_of_repeaters).ok_or(Overflow)?;
        for (count, (customers, sales)) in &other.repeats {
            let entry = self.repeats.entry(*count).or_default();
            *entry = (entry.0.saturating_add(*customers), entry.1.checked_add(*sales).ok_or(Overflow)?);
        }
        self.span_days = self.span_days.saturating_add(other.span_days);
        self.tenure_days = self.tenure_days.saturating_add(other.tenure_days);
        self.gaps.merge(&other.gaps);
        self.patterns.extend_from_slice(&other.patterns);
        if self.steps.len() < other.steps.len() {
            self.steps.resize(other.steps.len(), Step::default());
        }
        for (mine, theirs) in self.steps.iter_mut().zip(&other.steps) {
            mine.reached = mine.reached.saturating_add(theirs.reached);
            mine.went_on = mine.went_on.saturating_add(theirs.went_on);
            mine.matured = mine.matured.saturating_add(theirs.matured);
            mine.matured_on = mine.matured_on.saturating_add(theirs.matured_on);
            mine.times.merge(&theirs.times);
        }
        Ok(())
    }
}

impl Times {
    fn merge(&mut self, other: &Self) {
        merge(&mut self.ended, &other.ended);
        merge(&mut self.open, &other.open);
    }

    /// How many gaps ended.
    pub(in crate::report) fn count(&self) -> u64 {
        self.ended.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The mean length of those that ended.
    pub(in crate::report) fn mean(&self) -> Checked<Option<Exact>> {
        let days = self.ended.iter().enumerate().try_fold(0_i128, |sum, (days, count)| {
            let days = i128::try_from(days).ok()?.checked_mul(i128::from(*count))?;
            sum.checked_add(days)
        });
        let count = self.count();
        if count == 0 { Ok(None) } else { Exact::ratio(days.ok_or(Overflow)?, i128::from(count)).map(Some) }
    }

    /// The length that `percent` of 100 of those that ended do not pass, by nearest rank.
    pub(in crate::report) fn rank(&self, percent: u64) -> Option<usize> {
        let rank = self.count().saturating_mul(percent).div_ceil(100).max(1);
        let mut seen = 0_u64;
        self.ended.iter().position(|count| {
            seen = seen.saturating_add(*count);
            seen >= rank
        })
    }

    /// Kaplan and Meier: for every day on which a gap ended, the share that has ended by then if none had been cut off.
    pub(in crate::report) fn came_back(&self) -> Checked<Vec<(usize, Exact)>> {
        let all = |counts: &[u64]| counts.iter().fold(0_u64, |sum, count| sum.saturating_add(*count));
        statistics::kaplan_meier(&self.ended, &self.open, all(&self.ended).saturating_add(all(&self.open)))
    }
}
