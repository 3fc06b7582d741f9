//! Amounts that do not fit their integers: what is said of them.
//!
//! Sums that grow are added with checks and give [`Overflow`]. Between them stand additions of a few terms that a hostile
//! history can overflow all the same; builds check those too, and what they find is said in the same words.

use super::Recorder;
use super::RunError;
use super::account::Account;
use super::ledger::Source;
use crate::program::Program;
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

impl<R: Recorder> Account<'_, R> {
    /// Names the rule, the customer and the purchase at which an amount did not fit.
    pub fn too_large(&self) -> RunError {
        let source = RULE.take().map(|rule| self.plan.origin(rule).source).or(self.at_rule);
        let too_often = TOO_OFTEN.replace(false);
        let by = source.and_then(|source| sentence(self.plan.program, source));
        let number = self.s.next_purchase;
        let index = self.history.purchases.start.saturating_add(number).saturating_sub(1);
        let bought = usize::try_from(index).ok().and_then(|at| self.part.purchases.at.get(at));
        let purchase = if number > 0 && bought == Some(&self.now) {
            let id = self.part.purchases.id.get(index);
            if id.is_empty() { format!(", purchase #{number}") } else { format!(", purchase {id}") }
        } else {
            String::new()
        };
        let place = format!("customer {}{purchase}, {}", self.history.id, self.local);
        let message = match (too_often, by) {
            (true, Some(by)) => format!(
                "One event sets off \"{by}\" more than {MOST} times, each to be worked out by itself: {place}. Look at the amounts \
                 around this moment, or limit the rule."
            ),
            (_, Some(by)) => format!("An amount is too large to count by \"{by}\": {place}. Look at the amounts around this moment."),
            (_, None) => format!("An amount is too large to count: {place}. Look at the amounts around this moment."),
        };
        RunError { message }
    }
}

fn sentence(program: &Program, source: Source) -> Option<&str> {
    let at = usize::from;
    match source {
        Source::Rule(id) => program.rules.get(id.index()).map(|rule| rule.label.as_str()),
        Source::Redeem(index) => program.redeems.get(at(index)).map(|redeem| redeem.label.as_str()),
        Source::Reward(index) => program.rewards.get(at(index)).map(|reward| reward.rule.label.as_str()),
        Source::Exchange(index) => program.exchanges.get(at(index)).map(|exchange| exchange.rule.label.as_str()),
        Source::Wallet(_) | Source::Ladder(_) | Source::Draw(_) | Source::Given => None,
    }
}
