//! Periods, spans and days that recur, on the local calendar.

use crate::plan::triggers::Day;
use crate::program::{Calendar, CivilSpan, EndOf, ExpireAfter, ExpireAt, Expiry, MonthDay, Period, UsableDay, Wallet};
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

/// The next day after `date` that the month `span` earlier does not have: a window that reaches back so far begins no later
/// on it than on the day before.
pub(in crate::engine) fn next_widening(date: Date, span: CivilSpan) -> Option<Date> {
    let CivilSpan::Months(months) = span else { return None };
    let back = i32::try_from(months).ok()?;
    let (year, month, day) = date.ymd();
    // Months since the year 0. In whole years only February counts, at most eight years ahead; else some month of the next twelve.
    let now = year * 12 + i32::from(month) - 1;
    let (first, step, count) = if back % 12 == 0 { (year * 12 + 1, 12, 9) } else { (now, 1, 13) };
    (0..count).map(|n| first + n * step).filter(|ahead| *ahead >= now).find_map(|ahead| {
        // The days that the month has and the earlier one lacks.
        let (from, to) = (month_days(ahead.checked_sub(back)?) + 1, month_days(ahead));
        let from = if ahead == now { from.max(day + 1) } else { from };
        let month = u8::try_from(ahead.rem_euclid(12) + 1).ok()?;
        (from <= to).then(|| Date::from_ymd(ahead.div_euclid(12), month, from)).flatten()
    })
}

/// How many days a month has, counted from January of the year 0.
fn month_days(months: i32) -> u8 {
    let year = months.div_euclid(12);
    match months.rem_euclid(12) {
        1 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        1 => 28,
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}

/// The last day on which a lot can be used whose span starts on `from`, by the wallet's expiry.
pub(in crate::engine) fn expiry_last_day(expiry: Expiry, from: Date, periods: Periods) -> Option<Date> {
    match expiry {
        Expiry::Never => None,
        Expiry::After { span, at, .. } => {
            let last = last_day(from, span);
            Some(match at {
                None => last,
                Some(ExpireAt::End(end)) => end_of(last, end, periods),
                Some(ExpireAt::Next(month, day)) => {
                    let (year, ..) = last.ymd();
                    (year..=year + 1).filter_map(|year| in_year(year, month, day)).find(|day| *day >= last).unwrap_or(last)
                }
            })
        }
        Expiry::AtEnd { next, end, plus } => {
            let mut last = end_of(from, end, periods);
            if next {
                last = end_of(last.plus_days(1), end, periods);
            }
            Some(plus.map_or(last, |plus| last_day(last, plus)))
        }
    }
}

/// The midnight after the last day of the clock that runs from earning, where a wallet has two.
pub(in crate::engine) fn latest_end(wallet: &Wallet, earned: Date, periods: Periods) -> Option<Date> {
    let (span, Expiry::After { at, .. }) = (wallet.at_latest?, wallet.expiry) else { return None };
    let clock = Expiry::After { span, after: ExpireAfter::Earning, at };
    expiry_last_day(clock, earned, periods).map(|last| last.plus_days(1))
}

/// The last day of what holds `date`.
fn end_of(date: Date, end: EndOf, periods: Periods) -> Date {
    let next = match end {
        EndOf::Period(period) => periods.next(date, period),
        EndOf::HalfYear => first_of_month(date, 6).plus_months(6),
    };
    next.plus_days(-1)
}

/// A yearly day in a year; 29 February falls on the 28th in common years.
pub(in crate::engine) fn in_year(year: i32, month: u8, day: u8) -> Option<Date> {
    Date::from_ymd(year, month, day).or_else(|| (month == 2 && day == 29).then(|| Date::from_ymd(year, 2, 28)).flatten())
}

/// The next such day of a month on or after `date`.
fn next_day_of_month(date: Date, day: MonthDay) -> Option<Date> {
    let (year, month, _) = date.ymd();
    let first = Date::from_ymd(year, month, 1)?;
    // Of four months in a row one at least has a fifth weekday of a name.
    (0..=4).filter_map(|ahead| day.in_month(first.plus_months(ahead))).find(|day| *day >= date)
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

/// The unbroken run of a calendar's days that is under way on `date`, from that day on, or else the next one: its first and
/// last day.
pub(in crate::engine) fn run(calendar: &Calendar, date: Date) -> Option<(Date, Date)> {
    let (year, ..) = date.ymd();
    // 29 February comes back after eight years at most.
    let yearly = calendar.yearly.iter().flat_map(|&((month, day), _)| (year..=year + 8).filter_map(move |year| in_year(year, month, day)));
    let begins = calendar.dates.iter().map(|(from, _)| *from).chain(yearly).filter(|first| *first >= date);
    let first = if holds(calendar, date) { date } else { begins.min()? };
    let mut last = first;
    // A calendar may hold every day there is.
    while last < first.plus_days(40_000) && holds(calendar, last.plus_days(1)) {
        last = last.plus_days(1);
    }
    Some((first, last))
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
        UsableDay::YearDay(month, day) => Date::from_ymd(year, month, day),
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

/// Whether a day falls on `date`.
pub(in crate::engine) fn is_on(day: Day, date: Date, born: Option<Date>, joined: Option<Date>) -> bool {
    match day {
        Day::Of(day) => is_around(date, day, 0, 0, born, joined),
        Day::OfMonth(day) => day.in_month(date) == Some(date),
    }
}

/// The first date from `from` on that is `shift` days behind a day; those of months have no shift.
pub(in crate::engine) fn next(day: Day, from: Date, shift: i64, born: Option<Date>, joined: Option<Date>) -> Option<Date> {
    let (year, ..) = from.ymd();
    let mut years = match day {
        Day::OfMonth(day) => return next_day_of_month(from, day),
        Day::Of(UsableDay::Date(date)) => date.ymd().0..=date.ymd().0,
        Day::Of(_) => year - 1..=year + 9,
    };
    let Day::Of(day) = day else { return None };
    years.find_map(|year| Some(occurrence(day, year, born, joined)?.plus_days(shift)).filter(|date| *date >= from))
}
