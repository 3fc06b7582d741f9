//! Time zones: the rules of a bundled database compiled into one table per zone.

use super::date::DAY_MICROS;
use super::{Date, DateTime, Instant};
use jiff::tz::TimeZone;

/// A zone as a table of its changes between the years 1900 and 2100.
#[derive(Clone, Debug)]
pub struct Zone {
    name: String,
    /// Instants (microseconds) from which an offset holds, rising; the first is the beginning of time.
    starts: Vec<i64>,
    /// Offsets from UTC in microseconds, one for each start.
    offsets: Vec<i64>,
}

/// The names of all zones, for suggestions.
#[must_use]
pub fn zone_names() -> Vec<String> {
    jiff::tz::db().available().map(|name| name.as_str().to_owned()).collect()
}

impl Zone {
    /// The zone of an IANA name, if the bundled database has it. The machine's own settings are never read.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        let rules = jiff::tz::db().get(name).ok()?;
        let first = jiff::Timestamp::from_second(-2_208_988_800).ok()?; // 1900-01-01
        let last = jiff::Timestamp::from_second(4_102_444_800).ok()?; // 2100-01-01
        let mut starts = vec![i64::MIN];
        let mut offsets = vec![micros(rules.to_offset(first).seconds())];
        for change in rules.following(first).take_while(|change| change.timestamp() < last) {
            let offset = micros(change.offset().seconds());
            if offsets.last() != Some(&offset) {
                starts.push(change.timestamp().as_microsecond());
                offsets.push(offset);
            }
        }
        Some(Self { name: rules_name(&rules, name), starts, offsets })
    }

    /// A zone without clock changes, for tests and for data that says UTC.
    #[must_use]
    pub fn utc() -> Self {
        Self { name: "UTC".to_owned(), starts: vec![i64::MIN], offsets: vec![0] }
    }

    /// The IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn index_at(&self, instant: i64) -> usize {
        self.starts.partition_point(|start| *start <= instant).saturating_sub(1)
    }

    fn offset(&self, index: usize) -> i64 {
        self.offsets.get(index).copied().unwrap_or(0)
    }

    /// What the local clock shows at `instant`.
    #[must_use]
    pub fn local(&self, instant: Instant) -> DateTime {
        DateTime(instant.0.saturating_add(self.offset(self.index_at(instant.0))))
    }

    /// The instant of a local time: one that a clock change skips moves forward by what was skipped, one that it
    /// repeats means the first.
    #[must_use]
    pub fn instant(&self, local: DateTime) -> Instant {
        let guess = self.index_at(local.0.saturating_sub(DAY_MICROS));
        // The earliest offset under which the local time exists; changes lie more than a day apart.
        for index in guess..self.starts.len().min(guess.saturating_add(3)) {
            let instant = local.0.saturating_sub(self.offset(index));
            let begins = self.starts.get(index).copied().unwrap_or(i64::MIN);
            let ends = self.starts.get(index.saturating_add(1)).copied().unwrap_or(i64::MAX);
            if instant < begins {
                // Skipped: the offset before the change carries it forward.
                return Instant(local.0.saturating_sub(self.offset(index.saturating_sub(1))));
            }
            if instant < ends {
                return Instant(instant);
            }
        }
        Instant(local.0.saturating_sub(self.offset(guess)))
    }

    /// Local times around `local` that all have the same offset from UTC (microseconds): from, to (not included), offset.
    /// Nothing within a day of a clock change is among them, so that none is skipped or repeated.
    #[must_use]
    pub fn steady(&self, local: DateTime) -> Option<(DateTime, DateTime, i64)> {
        let index = self.index_at(local.0.saturating_sub(DAY_MICROS));
        let begins = self.starts.get(index).copied().unwrap_or(i64::MIN);
        let ends = self.starts.get(index.saturating_add(1)).copied().unwrap_or(i64::MAX);
        let from = begins.saturating_add(DAY_MICROS.saturating_mul(2));
        let to = ends.saturating_sub(DAY_MICROS.saturating_mul(2));
        (from..to).contains(&local.0).then(|| (DateTime(from), DateTime(to), self.offset(index)))
    }

    /// The instant at which a local day begins.
    #[must_use]
    pub fn midnight(&self, date: Date) -> Instant {
        self.instant(date.midnight())
    }
}

/// Reads local times of instants that mostly rise: between two changes of the clock it only adds.
#[derive(Clone, Debug)]
pub struct ZoneCursor<'a> {
    zone: &'a Zone,
    /// The instants `from..to` have this offset.
    from: i64,
    to: i64,
    offset: i64,
}

impl<'a> ZoneCursor<'a> {
    /// A cursor that has seen nothing yet.
    #[must_use]
    pub fn new(zone: &'a Zone) -> Self {
        Self { zone, from: 0, to: 0, offset: 0 }
    }

    /// What the local clock shows at `instant`, as [`Zone::local`].
    pub fn local(&mut self, instant: Instant) -> DateTime {
        if !(self.from..self.to).contains(&instant.0) {
            let index = self.zone.index_at(instant.0);
            self.from = self.zone.starts.get(index).copied().unwrap_or(i64::MIN);
            self.to = self.zone.starts.get(index.saturating_add(1)).copied().unwrap_or(i64::MAX);
            self.offset = self.zone.offset(index);
        }
        DateTime(instant.0.saturating_add(self.offset))
    }
}

fn micros(seconds: i32) -> i64 {
    i64::from(seconds).saturating_mul(1_000_000)
}

fn rules_name(rules: &TimeZone, asked: &str) -> String {
    rules.iana_name().unwrap_or(asked).to_owned()
}
