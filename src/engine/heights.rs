//! Numbers in a row of which whole runs are lowered at once, and sums over the past that can be lowered at their place.
//! Both answer in the logarithm of what they hold: what a return costs must not grow with the age of the account.

use crate::engine::calendar::Periods;
use crate::engine::{calendar, work};
use crate::program::Window;
use crate::value::{Date, DateTime};

/// Below every threshold.
const NONE: i64 = i64::MIN / 4;

/// Numbers in a row: a tree of the largest of each half, and what each half was lowered by as a whole.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Heights {
    len: usize,
    /// A power of two, at least `len`.
    size: usize,
    most: Vec<i64>,
    lowered: Vec<i64>,
}

impl Heights {
    pub fn push(&mut self, value: i64) {
        if self.len == self.size {
            self.grow();
        }
        let (mut node, mut above) = (self.size + self.len, 0);
        let leaf = node;
        while node > 1 {
            node /= 2;
            above += self.lowered[node];
        }
        self.most[leaf] = value + above;
        self.len += 1;
        self.mend(leaf);
    }

    fn grow(&mut self) {
        work::count(self.len);
        let known: Vec<i64> = (0..self.len).map(|at| self.get(at)).collect();
        self.size = (self.size * 2).max(4);
        self.most = vec![NONE; self.size * 2];
        self.lowered = vec![0; self.size * 2];
        self.most[self.size..self.size + known.len()].copy_from_slice(&known);
        for node in (1..self.size).rev() {
            self.most[node] = self.most[node * 2].max(self.most[node * 2 + 1]);
        }
    }

    fn mend(&mut self, leaf: usize) {
        let mut node = leaf / 2;
        while node > 0 {
            self.most[node] = self.most[node * 2].max(self.most[node * 2 + 1]) - self.lowered[node];
            node /= 2;
        }
    }

    fn get(&self, at: usize) -> i64 {
        let mut node = self.size + at;
        let mut value = self.most[node];
        while node > 1 {
            node /= 2;
            value -= self.lowered[node];
        }
        value
    }

    /// One of them no longer reaches anything.
    pub fn take_back(&mut self, at: usize) {
        let leaf = self.size + at;
        self.most[leaf] = NONE;
        self.mend(leaf);
    }

    /// Lowers those from `from` to before `to`.
    pub fn lower(&mut self, from: usize, to: usize, less: i64) {
        if from < to.min(self.len) && less != 0 {
            self.lower_in(1, (0, self.size), (from, to), less);
        }
    }

    fn lower_in(&mut self, node: usize, (left, right): (usize, usize), run: (usize, usize), less: i64) {
        work::count(1);
        if run.1 <= left || right <= run.0 {
            return;
        }
        if run.0 <= left && right <= run.1 {
            self.most[node] -= less;
            if right - left > 1 {
                self.lowered[node] += less;
            }
            return;
        }
        let middle = left.midpoint(right);
        self.lower_in(node * 2, (left, middle), run, less);
        self.lower_in(node * 2 + 1, (middle, right), run, less);
        self.most[node] = self.most[node * 2].max(self.most[node * 2 + 1]) - self.lowered[node];
    }

    /// The first of a run that reaches a threshold.
    pub fn first(&self, from: usize, to: usize, threshold: i64) -> Option<usize> {
        self.find((from, to), threshold, false)
    }

    /// The last of a run that reaches a threshold.
    pub fn last(&self, from: usize, to: usize, threshold: i64) -> Option<usize> {
        self.find((from, to), threshold, true)
    }

    fn find(&self, run: (usize, usize), threshold: i64, from_behind: bool) -> Option<usize> {
        let run = (run.0, run.1.min(self.len));
        if run.0 >= run.1 { None } else { self.find_in(1, (0, self.size), run, threshold, from_behind) }
    }

    fn find_in(&self, node: usize, (left, right): (usize, usize), run: (usize, usize), threshold: i64, from_behind: bool) -> Option<usize> {
        work::count(1);
        if run.1 <= left || right <= run.0 || self.most[node] < threshold {
            return None;
        }
        if right - left == 1 {
            return Some(left);
        }
        let middle = left.midpoint(right);
        let threshold = threshold.saturating_add(self.lowered[node]);
        let (first, second) = ((node * 2, (left, middle)), (node * 2 + 1, (middle, right)));
        let halves = if from_behind { [second, first] } else { [first, second] };
        halves.into_iter().find_map(|(child, range)| self.find_in(child, range, run, threshold, from_behind))
    }
}

/// What was added when, as a tree of partial sums.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Past {
    added: Vec<DateTime>,
    /// By place from 1: the sum of the places that its lowest bit spans.
    sums: Vec<i64>,
}

const fn lowest_bit(place: usize) -> usize {
    place & place.wrapping_neg()
}

impl Past {
    pub fn clear(&mut self) {
        self.added.clear();
        self.sums.clear();
    }

    pub fn push(&mut self, at: DateTime, amount: i64) {
        self.added.push(at);
        let place = self.added.len();
        let (mut sum, mut before) = (amount, place - 1);
        while before > place - lowest_bit(place) {
            sum += self.sums[before - 1];
            before -= lowest_bit(before);
        }
        self.sums.push(sum);
    }

    /// Takes off what had been added at `at`.
    pub fn lower(&mut self, at: DateTime, less: i64) {
        let Some(found) = find(self.added.len(), at, |place| self.added[place]) else { return };
        let mut place = found + 1;
        while place <= self.sums.len() {
            self.sums[place - 1] -= less;
            place += lowest_bit(place);
        }
    }

    /// When something was added first on a day.
    pub fn first_on(&self, day: Date) -> Option<DateTime> {
        let place = self.added.partition_point(|added| added.date() < day);
        self.added.get(place).copied().filter(|added| added.date() == day)
    }

    /// What was added behind one moment and up to another.
    pub fn between(&self, from: DateTime, to: DateTime) -> i64 {
        let place = |at: DateTime| self.added.partition_point(|added| *added <= at);
        self.before(place(to)) - self.before(place(from))
    }

    fn before(&self, mut count: usize) -> i64 {
        let mut sum = 0;
        while count > 0 {
            sum += self.sums[count - 1];
            count -= lowest_bit(count);
        }
        sum
    }

    /// The sum in a window as it stood at `at`, with what was taken off since.
    pub fn as_of(&self, window: Window, at: DateTime, periods: Periods) -> i64 {
        let mut to = self.added.partition_point(|added| *added <= at);
        let from = match window {
            Window::Unsaid | Window::Ever | Window::SinceJoining | Window::SinceReaching(_) => 0,
            Window::In(period) => {
                let start = periods.start(at.date(), period).midnight();
                self.added.partition_point(|added| *added < start)
            }
            Window::Previous(period) => {
                // A review looks from the last moment before its midnight.
                let now = periods.start(DateTime(at.0 + 1).date(), period);
                let start = periods.start(now.plus_days(-1), period).midnight();
                to = self.added.partition_point(|added| *added < now.midnight());
                self.added.partition_point(|added| *added < start)
            }
            Window::Last(span) => {
                let edge = calendar::earlier(at, span);
                self.added.partition_point(|added| *added <= edge)
            }
        };
        self.before(to) - self.before(from.min(to))
    }
}

/// Where in a row of rising moments `at` stands first. The clock of autumn goes back an hour: there neighbours are asked.
pub(in crate::engine) fn find(len: usize, at: DateTime, moment: impl Fn(usize) -> DateTime) -> Option<usize> {
    let (mut low, mut high) = (0, len);
    while low < high {
        let middle = low.midpoint(high);
        if moment(middle) < at {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if low < len && moment(low) == at {
        return Some(low);
    }
    let day = 86_400_000_000;
    work::count(len);
    let before = (0..low).rev().take_while(|place| moment(*place).0 + day > at.0);
    let after = (low..len).take_while(|place| moment(*place).0 < at.0 + day);
    before.chain(after).find(|place| moment(*place) == at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against a plain list.
    #[test]
    fn heights_are_lowered_and_found() {
        let (mut heights, mut list) = (Heights::default(), Vec::new());
        let mut seed = 7_u64;
        let mut draw = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..3000 {
            let (at, span) = (usize::try_from(draw(80)).unwrap_or(0), usize::try_from(draw(40)).unwrap_or(0));
            let amount = i64::try_from(draw(100)).unwrap_or(0);
            match draw(4) {
                0 => {
                    heights.push(amount);
                    list.push(amount);
                }
                1 => {
                    heights.lower(at, at + span, amount / 5);
                    list.iter_mut().skip(at).take(span).for_each(|value| *value -= amount / 5);
                }
                2 if at < list.len() && amount < 10 => {
                    heights.take_back(at);
                    list[at] = NONE;
                }
                _ => {
                    let reaches = |place: &usize| list[*place] >= amount - 50;
                    let run = at.min(list.len())..(at + span).min(list.len());
                    assert_eq!(heights.first(at, at + span, amount - 50), run.clone().find(reaches));
                    assert_eq!(heights.last(at, at + span, amount - 50), run.rev().find(reaches));
                }
            }
        }
        assert!(list.len() > 500);
    }
}
