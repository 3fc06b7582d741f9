//! Running sums over windows: measures and what limits have used.

use crate::engine::calendar;
use crate::engine::calendar::Periods;
use crate::engine::heights::{Past, find};
use crate::engine::windows::previous;
use crate::program::{CivilSpan, Window};
use crate::value::{Checked, Date, DateTime, Overflow};
use std::collections::VecDeque;

/// A sum in a window that moves forward with time.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Sum {
    total: i64,
    since_joining: i64,
    /// First day of the calendar period that `in_period` belongs to.
    period: Option<Date>,
    in_period: i64,
    /// The period before with anything in it, and its sum.
    earlier: (Option<Date>, i64),
    /// What lies in the rolling window, oldest first, behind `outside` that have left it but may come back.
    rolling: VecDeque<(DateTime, i64)>,
    outside: usize,
    in_window: i64,
    /// A day, and the day on which the rolling window begins on it.
    edge: Option<(Date, Date)>,
    /// Everything added, kept only where returns may ask for sums of the past.
    pub past: Past,
}

impl Sum {
    pub fn clear(&mut self) {
        self.total = 0;
        self.since_joining = 0;
        self.period = None;
        self.in_period = 0;
        self.earlier = (None, 0);
        self.rolling.clear();
        self.outside = 0;
        self.in_window = 0;
        self.past.clear();
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
            Window::Previous(period) => {
                let wanted = Some(previous(now.date(), period, periods));
                let sums = [(self.period, self.in_period), self.earlier];
                sums.into_iter().find(|(period, _)| *period == wanted).map_or(0, |(_, sum)| sum)
            }
            Window::Last(span) => {
                let edge = self.edge(now, span);
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

    /// Where the rolling window begins; what is looked at on one day is reckoned once.
    fn edge(&mut self, now: DateTime, span: CivilSpan) -> DateTime {
        if matches!(span, CivilSpan::Hours(_)) {
            return calendar::earlier(now, span);
        }
        let today = now.date();
        let first = match self.edge {
            Some((day, first)) if day == today => first,
            _ => calendar::earlier(today.midnight(), span).date(),
        };
        self.edge = Some((today, first));
        DateTime(now.0 - today.midnight().0 + first.midnight().0)
    }

    pub fn add(&mut self, window: Window, now: DateTime, periods: Periods, amount: i64, member: bool) -> Checked<()> {
        match window {
            Window::Unsaid | Window::Ever => self.total = self.total.checked_add(amount).ok_or(Overflow)?,
            Window::SinceJoining if member => self.since_joining = self.since_joining.checked_add(amount).ok_or(Overflow)?,
            Window::SinceJoining => {}
            Window::In(period) | Window::Previous(period) => {
                let start = periods.start(now.date(), period);
                if self.period != Some(start) {
                    self.earlier = (self.period, self.in_period);
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

    /// When something was added on a day, where that is kept.
    pub fn place_on(&self, day: Date) -> Option<DateTime> {
        self.past.first_on(day)
    }

    /// Takes off what was added on trial at `at`.
    pub fn take_off(&mut self, window: Window, at: DateTime, now: DateTime, periods: Periods, amount: i64) {
        match window {
            Window::Last(_) if self.rolling.back().is_some_and(|(added, known)| (*added, *known) == (at, amount)) => {
                self.rolling.pop_back();
                self.in_window -= amount;
            }
            _ => self.lower(window, at, now, periods, amount),
        }
    }

    /// Takes back part of what was added at `at`: it leaves the period in which it was added, and the past.
    pub fn take_back(&mut self, window: Window, at: DateTime, now: DateTime, periods: Periods, amount: i64) {
        self.past.lower(at, amount);
        self.lower(window, at, now, periods, amount);
    }

    fn lower(&mut self, window: Window, at: DateTime, now: DateTime, periods: Periods, amount: i64) {
        match window {
            Window::Unsaid | Window::Ever => self.total -= amount,
            Window::SinceJoining => self.since_joining -= amount,
            Window::In(period) | Window::Previous(period) => {
                let start = Some(periods.start(at.date(), period));
                if self.period == start {
                    self.in_period -= amount;
                } else if self.earlier.0 == start {
                    self.earlier.1 -= amount;
                }
            }
            Window::Last(_) => {
                self.value(window, now, periods);
                if let Some(place) = find(self.rolling.len(), at, |place| self.rolling[place].0) {
                    self.rolling[place].1 -= amount;
                    if place >= self.outside {
                        self.in_window -= amount;
                    }
                }
            }
        }
    }
}
