//! Runs a program over a history, account by account.
//!
//! [`run`] gives the sums of a run and, if asked for, every ledger entry. It needs no names and no files: the history
//! says what happened, the assumptions say what people would redeem. The rooms and their order: ARCHITECTURE.md.

#![expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "indices are ids that `check` resolved or positions of the same columns; amounts are added with checks where they \
              accumulate, everything else counts days and positions, and release builds keep overflow checks"
)]

mod account;
mod award;
mod calendar;
mod chance;
mod day;
mod evaluator;
mod events;
mod facts;
mod heights;
mod lasting;
pub mod ledger;
mod lines;
mod listener;
mod overflow;
mod policy;
mod purchase;
mod reasons;
mod returns;
mod run;
mod shared;
mod state;
mod steps;
pub mod story;
pub mod totals;
pub mod why;
mod windows;
#[doc(hidden)]
pub mod work;
mod world;

pub use chance::{drawn, is_drawn};
pub use listener::{EventRef, Listener, View};
pub use overflow::{RunError, is_expected};
pub use run::{Each, Options, Scenario, listen, looks_across, next_worlds, run, run_all, run_each, run_within};
pub use world::worlds::{Heard, World};

/// The last day on which what was given on `from` can be used by the expiry of a wallet; `None` if it never ends. Membership
/// years begin on that day.
#[must_use]
pub fn last_usable_day(
    program: &crate::program::Program,
    expiry: crate::program::Expiry,
    from: crate::value::Date,
) -> Option<crate::value::Date> {
    let periods = calendar::Periods { week_starts_sunday: program.week_starts_sunday, joined: from };
    calendar::expiry_last_day(expiry, from, periods)
}

/// The day that lies a span after another.
#[must_use]
pub fn day_after(from: crate::value::Date, span: crate::program::CivilSpan) -> crate::value::Date {
    calendar::last_day(from, span)
}
