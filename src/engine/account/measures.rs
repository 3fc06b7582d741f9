//! Running sums over windows: measures and what limits have used.

use crate::engine::account::facts::Streak;
use crate::engine::day::calendar::{self, Periods};
use crate::engine::purchase::Stage;
use crate::program::{Limit, LimitPeriod, Period, Window};
use crate::value::{Checked, Date, DateTime, Overflow};
use std::collections::VecDeque;

/// What was added once, or taken off what a purchase had added.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Note {
    added: DateTime,
    /// The purchase that added it, if one did.
    purchase: Option<u32>,
    pub amount: i64,
    takes_off: bool,
}

/// A sum in a window that moves forward with time.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Sum {
    total: i64,
    since_joining: i64,
    /// First day of the calendar period that `in_period` belongs to.
    period: Option<Date>,
    in_period: i64,
    /// What lies in the rolling window, oldest first, behind `outside` that have left it but may come back.
    rolling: VecDeque<(DateTime, i64)>,
    outside: usize,
    in_window: i64,
    /// Everything added, kept only where returns will ask for sums of the past.
    pub track: Vec<Note>,
}

impl Sum {
    pub fn clear(&mut self) {
        self.total = 0;
        self.since_joining = 0;
        self.period = None;
        self.in_period = 0;
        self.rolling.clear();
        self.outside = 0;
        self.in_window = 0;
        self.track.clear();
    }

    /// The sum as of `now`, which never goes back.
    pub fn value(&mut self, window: Window, now: DateTime, periods: Periods) -> i64 {
        match window {
            Window::Unsaid | Window::Ever => self.total,
            Window::SinceJoining => self.since_joining,
            Window::In(period) => {
                if self.period == Some(periods.start(now.date(), period)) {
                    self.in_period
                } else {
                    0
                }
            }
            Window::Last(span) => {
                let edge = calendar::earlier(now, span);
                while let Some((_, amount)) = self.rolling.get(self.outside).filter(|(at, _)| *at <= edge) {
                    self.in_window -= amount;
                    self.outside += 1;
                }
                // A month before the 28th, 29th, 30th and 31st of March is the end of February: there the edge goes back,
                // by a day at most.
                while let Some((_, amount)) =
                    self.outside.checked_sub(1).and_then(|last| self.rolling.get(last)).filter(|(at, _)| *at > edge)
                {
                    self.in_window += amount;
                    self.outside -= 1;
                }
                while self.outside > 0 && self.rolling.front().is_some_and(|(at, _)| at.date().plus_days(2) < edge.date()) {
                    self.rolling.pop_front();
                    self.outside -= 1;
                }
                self.in_window
            }
        }
    }

    pub fn add(&mut self, window: Window, now: DateTime, periods: Periods, amount: i64, member: bool) -> Checked<()> {
        match window {
            Window::Unsaid | Window::Ever => self.total = self.total.checked_add(amount).ok_or(Overflow)?,
            Window::SinceJoining if member => self.since_joining = self.since_joining.checked_add(amount).ok_or(Overflow)?,
            Window::SinceJoining => {}
            Window::In(period) => {
                let start = periods.start(now.date(), period);
                if self.period != Some(start) {
                    self.period = Some(start);
                    self.in_period = 0;
                }
                self.in_period = self.in_period.checked_add(amount).ok_or(Overflow)?;
            }
            Window::Last(_) => {
                self.rolling.push_back((now, amount));
                self.in_window = self.in_window.checked_add(amount).ok_or(Overflow)?;
            }
        }
        Ok(())
    }

    /// Takes back part of what was added at `at`: it leaves the period in which it was added.
    pub fn take_back(&mut self, window: Window, at: DateTime, now: DateTime, periods: Periods, amount: i64) {
        match window {
            Window::Unsaid | Window::Ever => self.total -= amount,
            Window::SinceJoining => self.since_joining -= amount,
            Window::In(period) => {
                if self.period == Some(periods.start(at.date(), period)) {
                    self.in_period -= amount;
                }
            }
            Window::Last(_) => {
                self.value(window, now, periods);
                if let Some((place, entry)) = self.rolling.iter_mut().enumerate().find(|(_, (added, _))| *added == at) {
                    entry.1 -= amount;
                    if place >= self.outside {
                        self.in_window -= amount;
                    }
                }
            }
        }
    }

    /// The sum as it stood at `at`, when `known` notes were taken and `bought` purchases were made, with what returns
    /// took off them since. Tracked only.
    pub fn as_of(&self, window: Window, at: DateTime, known: usize, bought: u32, periods: Periods) -> i64 {
        // What came off a purchase counts if the purchase had been made, what came off anything else if that had been added.
        let made = |note: &Note| note.purchase.map_or(note.added <= at, |purchase| purchase < bought);
        let counts = |place: usize, note: &Note| place < known || note.takes_off && made(note);
        self.track
            .iter()
            .enumerate()
            .filter(|(place, note)| counts(*place, note) && is_inside(window, note.added, at, periods))
            .map(|(_, note)| note.amount)
            .sum()
    }

    /// Notes for [`Sum::as_of`] what was added, by a purchase or by something else.
    pub fn note(&mut self, added: DateTime, purchase: Option<u32>, amount: i64) {
        self.track.push(Note { added, purchase, amount, takes_off: false });
    }

    /// Notes what a return changed of what had been added.
    pub fn take_off(&mut self, added: DateTime, purchase: Option<u32>, amount: i64) {
        self.track.push(Note { added, purchase, amount, takes_off: true });
    }
}

/// Whether what was added then lies in a window as it stands at `at`.
pub(in crate::engine) fn is_inside(window: Window, added: DateTime, at: DateTime, periods: Periods) -> bool {
    match window {
        Window::Unsaid | Window::Ever | Window::SinceJoining => true,
        Window::In(period) => periods.start(added.date(), period) == periods.start(at.date(), period),
        Window::Last(span) => added > calendar::earlier(at, span),
    }
}

/// The window in which a limit counts; `None` for one that looks at a single purchase.
pub(in crate::engine) fn limit_window(limit: &Limit) -> Option<Window> {
    match limit.per {
        LimitPeriod::Purchase => None,
        LimitPeriod::Calendar(period) => Some(Window::In(period)),
        LimitPeriod::Rolling(span) => Some(Window::Last(span)),
        LimitPeriod::Ever => Some(Window::Ever),
    }
}

/// The run of periods that ends with this purchase.
pub(in crate::engine) fn next_streak(stage: &Stage<'_>, rule: usize, period: Period) -> Streak {
    let periods = stage.facts.periods(stage.bound);
    let known = stage.facts.streaks.get(rule).copied().unwrap_or_default();
    let start = periods.start(stage.facts.date, period);
    match known.last_period {
        Some(last) if last == start => known,
        Some(last) if periods.next(last, period) == start => Streak { last_period: Some(start), length: known.length + 1, ..known },
        _ => Streak { last_period: Some(start), length: 1, fired: false },
    }
}
