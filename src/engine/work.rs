//! Counts the steps of what could grow with the age of an account: tests hold that they do not grow faster than its events.

use std::cell::Cell;

thread_local! {
    static STEPS: Cell<u64> = const { Cell::new(0) };
}

/// Some steps were done on this thread.
pub(in crate::engine) fn count(steps: usize) {
    STEPS.with(|known| known.set(known.get().wrapping_add(u64::try_from(steps).unwrap_or(u64::MAX))));
}

/// The steps that returns took on this thread so far.
#[must_use]
pub fn steps() -> u64 {
    STEPS.with(Cell::get)
}
