//! Local days and clocks.

use chrono::{Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use loyalty_dsl::syntax::ast::{DurationLit, DurationUnit, Period};
use loyalty_dsl::value;

/// An instant (microseconds since 1970 in UTC) and what the local clock shows then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    pub instant: i64,
    pub local: NaiveDateTime,
}

/// The program's time zone.
#[derive(Clone)]
pub struct Zone(jiff::tz::TimeZone);

impl Zone {
    pub fn find(name: &str) -> Option<Self> {
        jiff::tz::TimeZone::get(name).ok().map(Self)
    }

    /// "A local time that a clock change skips moves forward; one that it repeats is the first."
    pub fn moment(&self, local: NaiveDateTime) -> Moment {
        let (date, time) = (local.date(), local.time());
        let small = |n: u32| i8::try_from(n).expect("a part of a date");
        let year = i16::try_from(date.year()).expect("a year");
        let civil = jiff::civil::date(year, small(date.month()), small(date.day()));
        let civil = civil.at(small(time.hour()), small(time.minute()), small(time.second()), 0);
        let found = self.0.to_ambiguous_zoned(civil).compatible().expect("a moment");
        let shown = found.datetime();
        let day = NaiveDate::from_ymd_opt(shown.year().into(), part(shown.month()), part(shown.day())).expect("a day");
        let time = day.and_hms_opt(part(shown.hour()), part(shown.minute()), part(shown.second())).expect("a time");
        Moment { instant: found.timestamp().as_microsecond(), local: time }
    }

    /// The moment at which a day begins.
    pub fn midnight(&self, day: NaiveDate) -> Moment {
        self.moment(day.and_time(NaiveTime::MIN))
    }
}

fn part(n: i8) -> u32 {
    u32::try_from(n).expect("a part of a date")
}

/// A day of the tree.
pub fn day(date: value::Date) -> NaiveDate {
    let (year, month, day) = date.ymd();
    NaiveDate::from_ymd_opt(year, month.into(), day.into()).expect("a day")
}

/// A time of the tree.
pub fn time(time: value::TimeOfDay) -> NaiveTime {
    let (hour, minute, second) = time.hms();
    NaiveTime::from_hms_opt(hour, minute, second).expect("a time")
}

/// The day some span later; "months that are too short end earlier".
pub fn later(day: NaiveDate, span: DurationLit) -> NaiveDate {
    let n = span.count;
    match span.unit {
        DurationUnit::Hours => panic!("no day is hours later"),
        DurationUnit::Days => day + Days::new(n.into()),
        DurationUnit::Weeks => day + Days::new(u64::from(n) * 7),
        DurationUnit::Months => day + Months::new(n),
        DurationUnit::Quarters => day + Months::new(n * 3),
        DurationUnit::Years => day + Months::new(n * 12),
    }
}

/// The same local time some span earlier.
pub fn earlier(now: NaiveDateTime, span: DurationLit) -> NaiveDateTime {
    let n = span.count;
    match span.unit {
        DurationUnit::Hours => now - chrono::TimeDelta::hours(n.into()),
        DurationUnit::Days => now - Days::new(n.into()),
        DurationUnit::Weeks => now - Days::new(u64::from(n) * 7),
        DurationUnit::Months => now - Months::new(n),
        DurationUnit::Quarters => now - Months::new(n * 3),
        DurationUnit::Years => now - Months::new(n * 12),
    }
}

/// The first day of the period that holds a day.
pub fn first_day(day: NaiveDate, period: Period, sunday: bool, joined: NaiveDate) -> NaiveDate {
    let month = |year: i32, month: u32| NaiveDate::from_ymd_opt(year, month, 1).expect("a day");
    match period {
        Period::Day => day,
        Period::Week => {
            let weekday = if sunday { day.weekday().num_days_from_sunday() } else { day.weekday().num_days_from_monday() };
            day - Days::new(weekday.into())
        }
        Period::Month => month(day.year(), day.month()),
        Period::Quarter => month(day.year(), (day.month() - 1) / 3 * 3 + 1),
        Period::Year => month(day.year(), 1),
        Period::MembershipYear => {
            // "From the joining day to the day before its anniversary", which is on 28 February in common years.
            let start = |years: u32| joined + Months::new(years * 12);
            let years = (0..200).take_while(|years| start(*years) <= day).last();
            years.map_or(joined, start)
        }
    }
}

/// The last day of the period that holds a day.
pub fn last_day(day: NaiveDate, period: Period, sunday: bool, joined: NaiveDate) -> NaiveDate {
    let first = first_day(day, period, sunday, joined);
    let mut last = first;
    while first_day(last + Days::new(1), period, sunday, joined) == first {
        last = last + Days::new(1);
    }
    last
}
