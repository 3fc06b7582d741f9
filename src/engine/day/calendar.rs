//! Periods, spans and days that recur, on the local calendar.

use crate::program::{Calendar, CivilSpan, Expiry, Period, UsableDay};
use crate::value::{Date, DateTime};

/// What periods depend on beside the date.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Periods {
    pub week_starts_sunday: bool,
    /// The joining day, for membership years.
    pub joined: Date,
}

impl Periods {
    /// The first day of the period that holds `date`.
    pub fn start(self, date: Date, period: Period) -> Date {
        match period {
            Period::Day => date,
            Period::Week => {
                let since_monday = i64::from(date.weekday());
                let back = if self.week_starts_sunday { (since_monday + 1) % 7 } else { since_monday };
                date.plus_days(-back)
            }
            Period::Month => first_of_month(date, 1),
            Period::Quarter => first_of_month(date, 3),
            Period::Year => first_of_month(date, 12),
            Period::MembershipYear => {
                let (year, ..) = date.ymd();
                let (joined_year, ..) = self.joined.ymd();
                let in_year = self.joined.plus_months((year - joined_year) * 12);
                if in_year <= date { in_year } else { self.joined.plus_months((year - joined_year - 1) * 12) }
            }
        }
    }

    /// The first day of the period after the one that holds `date`.
    pub fn next(self, date: Date, period: Period) -> Date {
        let start = self.start(date, period);
        match period {
            Period::Day => start.plus_days(1),
            Period::Week => start.plus_days(7),
            Period::Month => start.plus_months(1),
            Period::Quarter => start.plus_months(3),
            Period::Year => start.plus_months(12),
            Period::MembershipYear => {
                // From the joining day, so that 29 February comes back in leap years.
                let (year, ..) = start.ymd();
                let (joined_year, ..) = self.joined.ymd();
                self.joined.plus_months((year - joined_year + 1) * 12)
            }
        }
    }
}

fn first_of_month(date: Date, months: u8) -> Date {
    let (_, month, day) = date.ymd();
    date.plus_days(1 - i64::from(day)).plus_months(-i32::from((month - 1) % months))
}

/// The last day of a span whose first day is `date`: the day `span` after it. Hours count as the days they end on.
pub(in crate::engine) fn last_day(date: Date, span: CivilSpan) -> Date {
    match span {
        CivilSpan::Hours(hours) => date.plus_days(i64::from(hours / 24)),
        CivilSpan::Days(days) => date.plus_days(i64::from(days)),
        CivilSpan::Months(months) => date.plus_months(i32::try_from(months).unwrap_or(i32::MAX)),
    }
}

/// The same local date-time a span earlier.
pub(in crate::engine) fn earlier(at: DateTime, span: CivilSpan) -> DateTime {
    match span {
        CivilSpan::Hours(hours) => DateTime(at.0 - i64::from(hours) * 3_600_000_000),
        CivilSpan::Days(days) => at.plus_days(-i64::from(days)),
        CivilSpan::Months(months) => at.plus_months(-i32::try_from(months).unwrap_or(i32::MAX)),
    }
}

/// The last day on which a lot can be used whose span starts on `from`, by the wallet's expiry.
pub(in crate::engine) fn expiry_last_day(expiry: Expiry, from: Date, periods: Periods) -> Option<Date> {
    match expiry {
        Expiry::Never => None,
        Expiry::After { span, at_end_of, .. } => {
            let last = last_day(from, span);
            Some(at_end_of.map_or(last, |period| periods.next(last, period).plus_days(-1)))
        }
        Expiry::AtEnd { next, period } => {
            let mut end = periods.next(from, period);
            if next {
                end = periods.next(end, period);
            }
            Some(end.plus_days(-1))
        }
    }
}

/// A yearly day in a year; 29 February falls on the 28th in common years.
pub(in crate::engine) fn in_year(year: i32, month: u8, day: u8) -> Option<Date> {
    Date::from_ymd(year, month, day).or_else(|| (month == 2 && day == 29).then(|| Date::from_ymd(year, 2, 28)).flatten())
}

/// The `day` of the month that holds `date`; the last day of a shorter month.
pub(in crate::engine) fn day_of_month(date: Date, day: u8) -> Date {
    let (year, month, _) = date.ymd();
    let first = Date::from_ymd(year, month, 1).unwrap_or(date);
    Date::from_ymd(year, month, day).unwrap_or_else(|| first.plus_months(1).plus_days(-1))
}

/// The next `day` of a month on or after `date`.
pub(in crate::engine) fn next_day_of_month(date: Date, day: u8) -> Date {
    let here = day_of_month(date, day);
    if here >= date {
        return here;
    }
    let (year, month, _) = date.ymd();
    day_of_month(Date::from_ymd(year, month, 1).unwrap_or(date).plus_months(1), day)
}

/// Whether a named calendar holds a date.
pub(in crate::engine) fn holds(calendar: &Calendar, date: Date) -> bool {
    if calendar.dates.iter().any(|(from, to)| *from <= date && date <= *to) {
        return true;
    }
    let (year, ..) = date.ymd();
    calendar.yearly.iter().any(|&((from_month, from_day), (to_month, to_day))| {
        // A range that wraps around the new year may have begun in the year before.
        [year - 1, year].into_iter().any(|first| {
            let last = if (to_month, to_day) < (from_month, from_day) { first + 1 } else { first };
            let (Some(from), Some(to)) = (in_year(first, from_month, from_day), in_year(last, to_month, to_day)) else { return false };
            from <= date && date <= to
        })
    })
}

/// The occurrence of a recurring day in `year`, or the date itself; `None` where it has none (no birthday known, or
/// an anniversary of the joining year).
pub(in crate::engine) fn occurrence(day: UsableDay, year: i32, born: Option<Date>, joined: Option<Date>) -> Option<Date> {
    match day {
        UsableDay::Birthday => {
            let (born_year, month, day) = born?.ymd();
            (year >= born_year).then(|| in_year(year, month, day)).flatten()
        }
        UsableDay::Anniversary => {
            let (joined_year, month, day) = joined?.ymd();
            (year > joined_year).then(|| in_year(year, month, day)).flatten()
        }
        UsableDay::Date(date) => (date.ymd().0 == year).then_some(date),
        UsableDay::YearDay(month, day) => in_year(year, month, day),
    }
}

/// Whether `date` lies within `from..=to` days of an occurrence of `day`.
pub(in crate::engine) fn is_around(date: Date, day: UsableDay, from: i32, to: i32, born: Option<Date>, joined: Option<Date>) -> bool {
    let (year, ..) = date.ymd();
    [year - 1, year, year + 1]
        .into_iter()
        .filter_map(|year| occurrence(day, year, born, joined))
        .any(|found| found.plus_days(i64::from(from)) <= date && date <= found.plus_days(i64::from(to)))
}
