//! Limits: in which window each counts.

use crate::program::{Limit, LimitPeriod, Window};

/// The window in which a limit counts; `None` for one that looks at a single purchase.
pub(in crate::engine) fn limit_window(limit: &Limit) -> Option<Window> {
    match limit.per {
        LimitPeriod::Purchase => None,
        LimitPeriod::Calendar(period) => Some(Window::In(period)),
        LimitPeriod::Rolling(span) => Some(Window::Last(span)),
        LimitPeriod::Ever => Some(Window::Ever),
    }
}
