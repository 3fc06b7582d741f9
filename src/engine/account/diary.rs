//! What counts through which purchases, kept where returns may strike some of them out. What stands is always the fold
//! over the marks that are left: never what a mark replaced.

use crate::value::Date;
use std::collections::BTreeSet;

/// What a purchase counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    /// What puts off the expiry of a wallet.
    Activity(usize),
}

/// Days with the purchases that make them count; [`Diary::NOBODY`] for what no purchase does.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Diary(BTreeSet<(Counts, Date, u32)>);

impl Diary {
    /// Stands for an event, which never comes back.
    pub const NOBODY: u32 = u32::MAX;

    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn note(&mut self, what: Counts, day: Date, purchase: u32) {
        self.0.insert((what, day, purchase));
    }

    /// A day no longer counts through a purchase; whether it did.
    pub fn take_back(&mut self, what: Counts, day: Date, purchase: u32) -> bool {
        self.0.remove(&(what, day, purchase))
    }

    /// The first purchase through which a day counts.
    pub fn by(&self, what: Counts, day: Date) -> Option<u32> {
        self.0.range((what, day, 0)..=(what, day, u32::MAX)).next().map(|(_, _, by)| *by)
    }

    /// The last day that counts.
    pub fn last(&self, what: Counts) -> Option<Date> {
        self.days(what).next()
    }

    /// The last day that counts before a day, and the first one behind it.
    pub fn around(&self, what: Counts, day: Date) -> (Option<Date>, Option<Date>) {
        let before = self.0.range((what, Date::MIN, 0)..(what, day, 0)).next_back();
        let behind = self.0.range((what, day.plus_days(1), 0)..=(what, Date::MAX, u32::MAX)).next();
        (before.map(|(_, day, _)| *day), behind.map(|(_, day, _)| *day))
    }

    /// The days that count, latest first; a day may come more than once.
    pub fn days(&self, what: Counts) -> impl Iterator<Item = Date> + '_ {
        self.0.range((what, Date::MIN, 0)..=(what, Date::MAX, u32::MAX)).rev().map(|(_, day, _)| *day)
    }
}
