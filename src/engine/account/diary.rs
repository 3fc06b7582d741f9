//! What counts through which purchases, kept where returns may strike some of them out.

use crate::value::Date;

/// What a purchase counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Counts {
    /// The last purchase.
    Purchase,
    /// A measure of distinct days.
    Day(usize),
    /// The end of a rule's silence.
    Silence(usize),
    /// A period of a rule's streak, by its first day.
    Streak(usize),
    /// The firing of a streak, by the first day of its last period.
    Fired(usize),
}

/// Days with the purchases that make them count.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Diary(Vec<(Counts, Date, u32)>);

impl Diary {
    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn note(&mut self, what: Counts, day: Date, purchase: u32) {
        self.0.push((what, day, purchase));
    }

    /// The purchase no longer counts; the day that it did.
    pub fn strike(&mut self, what: Counts, purchase: u32) -> Option<Date> {
        let at = self.0.iter().position(|(known, _, by)| *known == what && *by == purchase)?;
        Some(self.0.remove(at).1)
    }

    /// The first purchase through which a day counts.
    pub fn by(&self, what: Counts, day: Date) -> Option<u32> {
        self.0.iter().find(|(known, on, _)| *known == what && *on == day).map(|(_, _, by)| *by)
    }

    /// The days that count, latest first, each once.
    pub fn days(&self, what: Counts) -> Vec<Date> {
        let mut days: Vec<Date> = self.0.iter().filter(|(known, ..)| *known == what).map(|(_, day, _)| *day).collect();
        days.sort_unstable_by(|a, b| b.cmp(a));
        days.dedup();
        days
    }
}
