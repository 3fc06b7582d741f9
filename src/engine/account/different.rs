//! What is counted once however often it comes: stores, products, categories, partners. Every time is kept, as a return may strike
//! one of them out, and a window that moves on leaves some behind.

use crate::engine::calendar::Periods;
use crate::engine::windows::is_inside;
use crate::history::model::TextCode;
use crate::program::Window;
use crate::value::DateTime;
use std::collections::{BTreeMap, BTreeSet};

/// When each of them came, and by which purchase.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Different(BTreeMap<TextCode, BTreeSet<(DateTime, u32)>>);

/// A time at which one of them came, and the purchase.
type Came = (DateTime, u32);

impl Different {
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Notes one of a purchase; whether it is not in the window of its moment already.
    pub fn note(&mut self, text: TextCode, (at, purchase): Came, window: Window, periods: Periods) -> bool {
        let times = self.0.entry(text).or_default();
        let is_new = !times.iter().rev().any(|(before, _)| is_same(window, *before, at, periods));
        times.insert((at, purchase));
        is_new
    }

    /// Strikes one out; whether it was there.
    pub fn forget(&mut self, text: TextCode, came: Came) -> bool {
        let Some(times) = self.0.get_mut(&text) else { return false };
        let was_there = times.remove(&came);
        if times.is_empty() {
            self.0.remove(&text);
        }
        was_there
    }

    /// The last time before one, and the first behind it.
    pub fn around(&self, text: TextCode, came: Came) -> (Option<Came>, Option<Came>) {
        let Some(times) = self.0.get(&text) else { return (None, None) };
        (times.range(..came).next_back().copied(), times.range((came.0, came.1.saturating_add(1))..).next().copied())
    }

    /// How many come in the window as it stands at `now`.
    pub fn count(&self, window: Window, now: DateTime, periods: Periods) -> i64 {
        let inside = |times: &&BTreeSet<Came>| times.iter().rev().any(|(at, _)| is_inside(window, *at, now, periods));
        i64::try_from(self.0.values().filter(inside).count()).unwrap_or(i64::MAX)
    }

    /// The same as it stood at `then`, with what was struck out since.
    pub fn as_of(&self, window: Window, then: DateTime, periods: Periods) -> i64 {
        let until = |times: &&BTreeSet<Came>| times.range(..=(then, u32::MAX)).rev().any(|(at, _)| is_inside(window, *at, then, periods));
        i64::try_from(self.0.values().filter(until).count()).unwrap_or(i64::MAX)
    }
}

/// Whether what came at `first` is still seen where what comes at `at` is.
pub(in crate::engine) fn is_same(window: Window, first: DateTime, at: DateTime, periods: Periods) -> bool {
    match window {
        Window::Previous(period) => periods.start(first.date(), period) == periods.start(at.date(), period),
        window => is_inside(window, first, at, periods),
    }
}
