//! How long what is given lasts, and from when it can be used.

use crate::engine::calendar;
use crate::engine::calendar::Periods;
use crate::plan::Plan;
use crate::program::{CivilSpan, Lasting, Period};
use crate::value::{Date, Instant};

/// When something can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Span {
    /// From the midnight that begins this day.
    pub first: Date,
    /// The last day.
    pub last: Date,
    /// Where hours count: over at this instant, on the last day.
    pub until: Option<Instant>,
}

/// When what is given now, on `today`, can be used; `None` if that is over already, or never comes.
pub(in crate::engine) fn span(plan: &Plan<'_>, lasting: Lasting, now: Instant, today: Date, periods: Periods) -> Option<Span> {
    let through = |last: Date| (last >= today).then_some(Span { first: today, last, until: None });
    match lasting {
        Lasting::For(CivilSpan::Hours(hours)) => {
            let until = Instant(now.0 + i64::from(hours) * 3_600_000_000);
            // The end is not included.
            let last = plan.program.zone.local(Instant(until.0 - 1)).date();
            Some(Span { first: today, last: last.max(today), until: Some(until) })
        }
        Lasting::For(span) => through(calendar::last_day(today, span)),
        Lasting::ThatDay => through(today),
        Lasting::UntilEnd { next, period } => through(end_of(today, next, period, periods)),
        Lasting::Until(last) => through(last),
        Lasting::UntilNext(month, day) => {
            let (year, ..) = today.ymd();
            through([year, year + 1].into_iter().filter_map(|year| calendar::in_year(year, month, day)).find(|day| *day > today)?)
        }
        Lasting::Days(first, last) => (last >= today).then_some(Span { first: first.max(today), last, until: None }),
        Lasting::During(id) => {
            let (first, last) = calendar::run(plan.program.calendars.get(id.index())?, today)?;
            Some(Span { first, last, until: None })
        }
    }
}

/// The last day of the period that holds `today`, or of the one after it.
fn end_of(today: Date, next: bool, period: Period, periods: Periods) -> Date {
    let end = periods.next(today, period);
    if next { periods.next(end, period) } else { end }.plus_days(-1)
}
