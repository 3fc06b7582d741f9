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
    /// Where the count began anew with a tier, oldest first; `total` is what came since.
    turns: Vec<Turn>,
    /// Everything added, kept only where returns may ask for sums of the past.
    pub past: Past,
}

/// A count that ended when a tier was reached, renewed or dropped to.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Turn {
    pub until: DateTime,
    /// The place in the ladder's past.
    pub place: usize,
    /// What it had come to.
    pub sum: i64,
    /// The threshold that it had met, beyond which a surplus goes over, and how much of it at most.
    pub over: i64,
    pub most: i64,
    /// It ended when a purchase began, whose own amount still belongs to it.
    pub early: bool,
}

impl Turn {
    /// What went over into the next count.
    fn carried(&self) -> i64 {
        self.sum.saturating_sub(self.over).clamp(0, self.most.max(0))
    }
}

impl Sum {
    /// The count begins anew.
    pub fn begin_anew(&mut self, turn: Turn) {
        let turn = Turn { sum: self.total, ..turn };
        self.total = turn.carried();
        self.turns.push(turn);
    }

    /// What a purchase adds from now on belongs to the count that began with it.
    pub fn settle_early(&mut self) {
        if let Some(turn) = self.turns.last_mut() {
            turn.early = false;
        }
    }

    /// A count never began anew there; says by how much what came behind is higher now, and where the next one begins.
    pub fn take_back_turn(&mut self, place: usize) -> Option<(i64, Option<usize>)> {
        let at = self.turns.iter().rposition(|turn| turn.place == place)?;
        let gone = self.turns.remove(at);
        let more = gone.sum - gone.carried();
        let next = self.turns.get(at).map(|turn| turn.place);
        self.less_in(at, more.saturating_neg());
        Some((more, next))
    }

    /// What a count that ended at a moment had come to.
    pub fn ended_at(&self, at: DateTime) -> Option<i64> {
        self.turns.iter().find(|turn| turn.until == at).map(|turn| turn.sum)
    }

    /// Where counts ended, latest first.
    pub fn ends(&self) -> Vec<usize> {
        self.turns.iter().rev().map(|turn| turn.place).collect()
    }

    /// Where the count to which something added at `at` belongs ended, if it did.
    pub fn end_behind(&self, at: DateTime) -> Option<usize> {
        self.turns.iter().find(|turn| turn.until >= at).map(|turn| turn.place)
    }

    /// Whether what was added at `at` is still seen at `then`.
    pub fn sees(&self, at: DateTime, then: DateTime) -> bool {
        !self.turns.iter().any(|turn| turn.until >= at && turn.until < then)
    }

    /// The sum as it stood at `at`, with what was taken off since.
    pub fn as_of(&self, window: Window, at: DateTime, periods: Periods) -> i64 {
        if !window.is_since_reaching() {
            return self.past.as_of(window, at, periods);
        }
        match self.turns.iter().rev().find(|turn| turn.until < at) {
            Some(turn) => self.past.between(turn.until, at) + turn.carried(),
            None => self.past.as_of(Window::Ever, at, periods),
        }
    }

    /// Takes off one of the counts, and off what went over from it; the count of now stands behind the others.
    fn less_in(&mut self, at: usize, less: i64) {
        let mut less = less;
        for turn in self.turns.iter_mut().skip(at) {
            let before = turn.carried();
            turn.sum -= less;
            less = before - turn.carried();
        }
        self.total -= less;
    }

    pub fn clear(&mut self) {
        self.turns.clear();
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
            Window::Unsaid | Window::Ever | Window::SinceReaching(_) => self.total,
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
                // A review at the midnight of 1 March looks from 28 February, and so back to 29 January.
                while self.outside > 0 && self.rolling.front().is_some_and(|(at, _)| at.date().plus_days(4) < edge.date()) {
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
            Window::SinceReaching(_) => match self.turns.last() {
                Some(turn) if turn.early && turn.until == now => self.less_in(self.turns.len() - 1, amount.saturating_neg()),
                _ => self.total = self.total.checked_add(amount).ok_or(Overflow)?,
            },
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
            Window::SinceReaching(_) => {
                let ended = self.turns.iter().position(|turn| turn.until >= at);
                self.less_in(ended.unwrap_or(self.turns.len()), amount);
            }
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
