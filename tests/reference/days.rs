//! What days bring: birthdays, dates, the beginnings and ends of periods, silences; and runs of periods with purchases.

use super::account::{Account, is_day};
use super::calendar::{Moment, day as of_tree, first_day, later};
use super::purchase::Bought;
use super::reading::Role;
use super::{Outside, Read, Slip};
use chrono::{Datelike, Days, NaiveDate, NaiveTime};
use loyalty_dsl::syntax::ast::{MonthDay, Narrowing, Period, Trigger};

/// "29 February birthdays and anniversaries fall on 28 February in common years."
fn is_yearly(day: NaiveDate, month: u32, of_month: u32, slip: Slip) -> bool {
    if slip == Slip::LeapDayInMarch && (month, of_month) == (2, 29) && !day.leap_year() {
        return (day.month(), day.day()) == (3, 1);
    }
    let moved = (month, of_month) == (2, 29) && !day.leap_year() && (day.month(), day.day()) == (2, 28);
    moved || (day.month(), day.day()) == (month, of_month)
}

impl Account<'_> {
    /// Whether a trigger's day is this one, and how often (once for each member of a household).
    pub fn is_its_day(&self, trigger: &Trigger, day: NaiveDate) -> usize {
        let once = usize::from;
        match trigger {
            Trigger::Birthday => {
                let born = self.story.members.iter().filter_map(|member| member.born);
                born.filter(|born| is_yearly(day, born.month(), born.day(), self.program.slip) && *born < day).count()
            }
            Trigger::Anniversary => {
                let joined = self.joined.map(|joined| joined.local.date());
                once(
                    joined.is_some_and(|joined| {
                        joined.year() < day.year() && is_yearly(day, joined.month(), joined.day(), self.program.slip)
                    }),
                )
            }
            Trigger::Date(date) => once(of_tree(*date) == day),
            // Only birthdays and anniversaries move.
            Trigger::YearDay(date) => once((day.month(), day.day()) == (date.month.into(), date.day.into())),
            // "`on the 31st of every month` means the last day of a shorter one."
            Trigger::DayOfMonth(MonthDay::Day(number)) => {
                let last = (day + Days::new(1)).day() == 1 && self.program.slip != Slip::ShortMonthsSkipped;
                once(day.day() == *number || last && day.day() < *number)
            }
            _ => 0,
        }
    }

    /// `at end of every …`: "dated the day just over and see its last moment".
    pub fn ends(&mut self, day: NaiveDate) -> Read<()> {
        let Some(joined) = self.joined.map(|joined| joined.local.date()) else { return Ok(()) };
        let last = (day - Days::new(1)).and_time(NaiveTime::from_hms_opt(23, 59, 59).expect("a time"));
        let sunday = self.program.sunday;
        let begins = |period: Period| first_day(day, period, sunday, joined) == day;
        let at = if self.program.slip == Slip::EndsInNewDay { self.program.zone.midnight(day) } else { self.program.zone.moment(last) };
        self.moment(at, &|trigger| matches!(trigger, Trigger::AtEnd(period) if begins(*period)))
    }

    /// "`at start of every …`, days and silences; each in file order."
    pub fn days(&mut self, day: NaiveDate, at: Moment) -> Read<()> {
        let Some(joined) = self.joined.map(|joined| joined.local.date()) else { return Ok(()) };
        let program = self.program;
        for number in program.order_of(|role| !matches!(role, Role::Reward { .. })) {
            let rule = &program.rules[number];
            let Some(trigger) = rule.trigger else { continue };
            let times = match trigger {
                Trigger::AtStart(period) => usize::from(first_day(day, *period, program.sunday, joined) == day),
                Trigger::Silence { span, narrow } => usize::from(self.is_silent(number, program.span(span)?, narrow, day)?),
                trigger if is_day(trigger) => self.is_its_day(trigger, day),
                _ => 0,
            };
            for _ in 0..times {
                match rule.role {
                    Role::Exchange { .. } => self.exchange(number, at, None)?,
                    _ if !rule.modifies()? && self.passes(rule, at, None)? => {
                        self.grant(number, at, None)?;
                    }
                    _ if !rule.modifies()? => {}
                    _ if rule.entitles()? => self.fire(number, at, None, None, 0),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// "Fires when the day 60 days after the last purchase (or joining) begins, once per silence."
    fn is_silent(&self, rule: usize, span: loyalty_dsl::syntax::ast::DurationLit, narrow: &Narrowing, day: NaiveDate) -> Read<bool> {
        if self.bought.iter().any(|bought| bought.returned || bought.back) {
            return Err(Outside("a silence after a return"));
        }
        let mut since = self.joined.ok_or(Outside("no member"))?.local.date();
        for bought in self.bought.iter().filter(|bought| bought.counts) {
            if self.narrowed(narrow, bought)? {
                since = since.max(bought.at.local.date());
            }
        }
        let late = Days::new(u64::from(self.program.slip == Slip::SilenceLate));
        let _ = rule;
        Ok(later(since, span) + late == day)
    }

    /// "One unbroken run of periods is one streak and fires once, when it reaches N": whether this purchase is the first of the
    /// period that makes it so.
    pub fn is_streak(&self, rule: usize, count: i128, period: Period, narrow: &Narrowing, now: &Bought) -> Read<bool> {
        if !self.narrowed(narrow, now)? {
            return Ok(false);
        }
        if self.bought.iter().any(|bought| bought.returned || bought.back) {
            return Err(Outside("a streak after a return"));
        }
        let joined = self.joined.ok_or(Outside("no member"))?.local.date();
        let first = |day: NaiveDate| first_day(day, period, self.program.sunday, joined);
        let mut with: Vec<NaiveDate> = Vec::new();
        for bought in self.bought.iter().filter(|bought| bought.counts) {
            if self.narrowed(narrow, bought)? {
                with.push(first(bought.at.local.date()));
            }
        }
        let now = first(now.at.local.date());
        let _ = rule;
        if with.contains(&now) {
            return Ok(false);
        }
        let (mut run, mut start) = (1, now);
        loop {
            start = first(start - Days::new(1));
            if !with.contains(&start) {
                break;
            }
            run += 1;
        }
        let more = i128::from(self.program.slip == Slip::StreakLonger);
        Ok(run == count + more)
    }
}
