//! Windows of measures: what lies in them.

use crate::engine::calendar;
use crate::engine::calendar::Periods;
use crate::program::{Period, Window};
use crate::value::{Date, DateTime};

/// The first day of the period before the one that holds `date`.
pub(in crate::engine) fn previous(date: Date, period: Period, periods: Periods) -> Date {
    periods.start(periods.start(date, period).plus_days(-1), period)
}

/// Whether what was added then lies in a window as it stands at `at`.
pub(in crate::engine) fn is_inside(window: Window, added: DateTime, at: DateTime, periods: Periods) -> bool {
    match window {
        Window::Unsaid | Window::Ever | Window::SinceJoining | Window::SinceReaching(_) => true,
        Window::In(period) => periods.start(added.date(), period) == periods.start(at.date(), period),
        // A review looks from the last moment before its midnight.
        Window::Previous(period) => periods.start(added.date(), period) == previous(DateTime(at.0 + 1).date(), period, periods),
        Window::Last(span) => added > calendar::earlier(at, span),
    }
}
