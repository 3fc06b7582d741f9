//! Amounts that do not fit their integers: what is said of them.
//!
//! Sums that grow are added with checks and give [`Overflow`]. Between them stand additions of a few terms that a hostile
//! history can overflow all the same; builds check those too, and what they find is said in the same words.

use crate::value::{Checked, Overflow};
use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

thread_local! {
    static COUNTING: Cell<bool> = const { Cell::new(false) };
    /// The rule under evaluation.
    static RULE: Cell<Option<usize>> = const { Cell::new(None) };
    /// Whether one event would have set it off too often.
    static TOO_OFTEN: Cell<bool> = const { Cell::new(false) };
}

/// How often one event may set off a rule whose firings are worked out one by one.
pub(in crate::engine) const MOST: i64 = 10_000;

/// Notes which rule is under evaluation; `None` when evaluation is over.
pub(in crate::engine) fn working_on(rule: Option<usize>) {
    RULE.set(rule);
}

/// Does a piece of work in which amounts may overflow.
pub(in crate::engine) fn counted<T>(work: impl FnOnce() -> Checked<T>) -> Checked<T> {
    COUNTING.set(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    COUNTING.set(false);
    match done {
        Ok(done) => done,
        Err(panic) if is_overflow(&*panic) => Err(Overflow),
        Err(panic) => resume_unwind(panic),
    }
}

/// Refuses to go through more firings of a rule one by one than an event may have.
pub(in crate::engine) fn bounded(rule: usize, times: i64) -> Checked<()> {
    if times <= MOST {
        return Ok(());
    }
    RULE.set(Some(rule));
    TOO_OFTEN.set(true);
    Err(Overflow)
}

/// Whether a panic is an overflow that [`run`](super::run) will say in its own words.
#[must_use]
pub fn is_expected(panic: &(dyn Any + Send)) -> bool {
    COUNTING.get() && is_overflow(panic)
}

fn is_overflow(panic: &(dyn Any + Send)) -> bool {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.is_some_and(|text| text.starts_with("attempt to ") && text.ends_with(" with overflow"))
}

/// A run that cannot be finished: the account, the purchase and the sentence at fault, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunError {
    /// One sentence or two.
    pub message: String,
}

/// The rule at fault, if one was under evaluation, and whether one event would have set it off too often.
pub(in crate::engine) fn fault() -> (Option<usize>, bool) {
    (RULE.take(), TOO_OFTEN.replace(false))
}

pub(in crate::engine) fn too_many() -> RunError {
    RunError { message: "The sums of this history are larger than this program can count.".to_owned() }
}
