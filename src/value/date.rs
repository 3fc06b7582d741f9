//! Civil dates and times, and instants.

use chrono::{Datelike, Months, NaiveDate};
use std::fmt;

/// A civil date, as days since 1970-01-01.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Date(pub i32);

/// A time of day, as seconds since local midnight, below 86,400.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct TimeOfDay(pub u32);

/// A civil date and time, as microseconds since 1970-01-01 00:00 on the local clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct DateTime(pub i64);

/// A moment, as microseconds since 1970-01-01 00:00 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Instant(pub i64);

/// Microseconds of a day on the clock.
pub(crate) const DAY_MICROS: i64 = 86_400_000_000;

impl Date {
    /// The earliest date that data may hold.
    pub const MIN: Self = Self(-719_162); // 0001-01-01
    /// The latest date that data may hold.
    pub const MAX: Self = Self(2_932_896); // 9999-12-31

    /// How far dates go on that are reckoned from those: expiries, the day after the last, the year before the first.
    pub(crate) const EARLIEST: Self = Self(Self::MIN.0 - 400_000);
    pub(crate) const LATEST: Self = Self(Self::MAX.0 + 4_000_000);

    /// The date of a year, month and day, if it exists between the years 1 and 9999.
    #[must_use]
    pub fn from_ymd(year: i32, month: u8, day: u8) -> Option<Self> {
        if !(1..=9999).contains(&year) {
            return None;
        }
        NaiveDate::from_ymd_opt(year, u32::from(month), u32::from(day)).map(Self::from_chrono)
    }

    /// Year, month (1–12) and day (1–31).
    #[must_use]
    pub fn ymd(self) -> (i32, u8, u8) {
        let date = self.chrono();
        (date.year(), u8::try_from(date.month()).unwrap_or(1), u8::try_from(date.day()).unwrap_or(1))
    }

    fn chrono(self) -> NaiveDate {
        NaiveDate::from_epoch_days(self.0.clamp(Self::EARLIEST.0, Self::LATEST.0)).unwrap_or(NaiveDate::MIN)
    }

    fn from_chrono(date: NaiveDate) -> Self {
        Self(date.to_epoch_days())
    }

    /// Days later (earlier when negative), as far as dates go.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        let sum = i64::from(self.0).saturating_add(days).clamp(i64::from(Self::EARLIEST.0), i64::from(Self::LATEST.0));
        Self(i32::try_from(sum).unwrap_or(Self::LATEST.0))
    }

    /// Months later (earlier when negative); a day that the month lacks becomes its last day.
    #[must_use]
    pub fn plus_months(self, months: i32) -> Self {
        let date = self.chrono();
        let count = Months::new(months.unsigned_abs());
        let moved = if months < 0 { date.checked_sub_months(count) } else { date.checked_add_months(count) };
        let limit = if months < 0 { Self::EARLIEST } else { Self::LATEST };
        moved.map_or(limit, Self::from_chrono).clamp(Self::EARLIEST, Self::LATEST)
    }

    /// 0 for Monday to 6 for Sunday.
    #[must_use]
    pub fn weekday(self) -> u8 {
        // 1970-01-01 was a Thursday.
        u8::try_from((i64::from(self.0) + 3).rem_euclid(7)).unwrap_or(0)
    }

    /// The local midnight that begins the day.
    #[must_use]
    pub fn midnight(self) -> DateTime {
        DateTime(i64::from(self.0) * DAY_MICROS)
    }

    /// Reads `2025-12-24` and nothing else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
            return None;
        }
        let number = |from: usize, to: usize| digits(bytes.get(from..to)?);
        let year = i32::try_from(number(0, 4)?).ok()?;
        Self::from_ymd(year, u8::try_from(number(5, 7)?).ok()?, u8::try_from(number(8, 10)?).ok()?)
    }
}

/// The number that ASCII digits spell, and `None` for anything else.
fn digits(bytes: &[u8]) -> Option<u32> {
    bytes.iter().try_fold(0_u32, |sum, b| {
        let digit = b.checked_sub(b'0').filter(|d| *d <= 9)?;
        sum.checked_mul(10)?.checked_add(u32::from(digit))
    })
}

impl TimeOfDay {
    /// The time of an hour (0–23), minute and second, if it exists.
    #[must_use]
    pub fn from_hms(hour: u32, minute: u32, second: u32) -> Option<Self> {
        (hour < 24 && minute < 60 && second < 60).then(|| Self(hour * 3600 + minute * 60 + second))
    }

    /// Hour, minute and second.
    #[must_use]
    pub fn hms(self) -> (u32, u32, u32) {
        (self.0 / 3600, self.0 / 60 % 60, self.0 % 60)
    }
}

impl DateTime {
    /// The date on the local clock.
    #[must_use]
    pub fn date(self) -> Date {
        Date(i32::try_from(self.0.div_euclid(DAY_MICROS)).unwrap_or(Date::LATEST.0))
    }

    /// The time on the local clock, without its fraction of a second.
    #[must_use]
    pub fn time(self) -> TimeOfDay {
        TimeOfDay(u32::try_from(self.0.rem_euclid(DAY_MICROS) / 1_000_000).unwrap_or(0))
    }

    /// A date and a time.
    #[must_use]
    pub fn new(date: Date, time: TimeOfDay) -> Self {
        Self(date.midnight().0 + i64::from(time.0) * 1_000_000)
    }

    /// Months later or earlier at the same time of day, with the clamping of [`Date::plus_months`].
    #[must_use]
    pub fn plus_months(self, months: i32) -> Self {
        let date = self.date();
        Self(self.0 - date.midnight().0 + date.plus_months(months).midnight().0)
    }

    /// Days later or earlier at the same time of day.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        let date = self.date();
        Self(self.0 - date.midnight().0 + date.plus_days(days).midnight().0)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hour, minute, second) = self.hms();
        write!(f, "{hour:02}:{minute:02}")?;
        if second > 0 { write!(f, ":{second:02}") } else { Ok(()) }
    }
}

impl fmt::Display for DateTime {
    /// `2025-12-24T14:30:00`, with a fraction only where there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hour, minute, second) = self.time().hms();
        write!(f, "{}T{hour:02}:{minute:02}:{second:02}", self.date())?;
        match self.0.rem_euclid(1_000_000) {
            0 => Ok(()),
            micros => write!(f, "{}", format!(".{micros:06}").trim_end_matches('0')),
        }
    }
}
