//! When something is due: the next midnight with work, and the days of rules.

use crate::engine::calendar;
use crate::engine::evaluator::Account;
use crate::engine::listener::Listener;
use crate::plan::triggers::Fires;
use crate::program::{LimitPeriod, Period, Usable};
use crate::value::Date;

impl<R: Listener> Account<'_, R> {
    /// Notes that a midnight has work.
    pub fn lower_due(&mut self, date: Option<Date>) {
        if let Some(date) = date {
            self.s.due = Some(self.s.due.map_or(date, |due| due.min(date)));
        }
    }

    /// Notes the midnight at which an exchange that the balance holds, and something else forbids, may be made after all.
    pub fn plan_exchanges(&mut self, date: Date) {
        for (index, exchange) in self.plan.program.exchanges.iter().enumerate() {
            let held = self.s.wallets[exchange.wallet.index()].balance;
            let rule = self.plan.program.rules.len() + index;
            if matches!(self.plan.causes[rule].fires, Fires::Never) && exchange.price > 0 && held >= exchange.price {
                self.lower_due(self.may_change(rule, date));
            }
        }
    }

    /// The first midnight after `date` at which what its clauses, limits and budgets allow may be another thing.
    fn may_change(&self, rule: usize, date: Date) -> Option<Date> {
        let sentence = self.plan.rules[rule];
        let tomorrow = date.plus_days(1);
        let waits = sentence.effects.iter().any(crate::program::Effect::is_modifier);
        if waits || !sentence.when.is_empty() || !sentence.tests.is_empty() {
            return Some(tomorrow);
        }
        let periods = self.periods();
        let limits = sentence.limits.iter().filter_map(|limit| match limit.per {
            LimitPeriod::Calendar(period) => Some(periods.next(date, period)),
            LimitPeriod::Rolling(_) => Some(tomorrow),
            LimitPeriod::Purchase | LimitPeriod::Ever => None,
        });
        let pots = self.plan.rule_pots[rule].iter().filter_map(|pot| self.plan.pots[*pot].per);
        limits.chain(pots.map(|period| periods.next(date, period))).min()
    }

    /// Notes the next day on which each rule of days fires.
    pub fn plan_days(&mut self, after: Date) {
        for at in 0..self.plan.day_rules.len() {
            let next = self.due_day(self.plan.day_rules[at], after.plus_days(1));
            self.lower_due(Some(next).filter(|day| *day < Date::LATEST));
        }
        if self.plan.settles {
            let over = self.plan.program.ends.map(|last| last.plus_days(1));
            self.lower_due(over.filter(|day| *day > after));
        }
        for wallet in &self.plan.program.wallets {
            self.lower_due(wallet.carry.map(|(_, period)| self.periods().next(after, period)));
        }
        for &rule in &self.plan.paid_rules {
            if let Some((period, _)) = self.plan.rules[rule].life.paid_at {
                let next = self.periods().next(after, period);
                self.lower_due(Some(next));
            }
        }
    }

    /// The first day from `from` on whose midnight fires a rule, the end of days if none. Looked for anew only when it has
    /// passed, or what it depends on has changed.
    pub fn due_day(&mut self, rule: usize, from: Date) -> Date {
        let by = (self.s.silence[rule], self.s.joined);
        let (due, since, known) = self.s.day_due[rule];
        if (since..=due).contains(&from) && known == by {
            return due;
        }
        let next = self.next_day(rule, from).unwrap_or(Date::LATEST);
        self.s.day_due[rule] = (next, from, by);
        next
    }

    /// The first day from `from` on whose midnight fires a rule.
    fn next_day(&self, rule: usize, from: Date) -> Option<Date> {
        let shift = i64::from(self.plan.rules[rule].life.usable.map_or(0, |usable| usable.from));
        let periods = self.periods();
        let next = |day, born| calendar::next(day, from, shift, born, self.s.joined);
        match self.plan.causes[rule].fires {
            Fires::Day(day) if day.is_of_customer() => self.customers().filter_map(|c| next(day, self.born(c))).min(),
            Fires::Day(day) => next(day, None),
            Fires::Start(period) | Fires::End(period) => {
                Some(if periods.start(from, period) == from { from } else { periods.next(from, period) })
            }
            Fires::Joined(span) => self.s.joined.map(|joined| calendar::last_day(joined, span)).filter(|day| *day >= from),
            Fires::Silence(span, _) => {
                let (last, fired) = self.s.silence[rule];
                let since = last.or(self.s.joined)?;
                Some(calendar::last_day(since, span)).filter(|day| !fired && *day >= from)
            }
            Fires::Never | Fires::Purchase(_) | Fires::Number(_) | Fires::Steps(_) | Fires::Streak(_) | Fires::Moment(_) => None,
        }
    }

    pub fn customers(&self) -> std::ops::Range<u32> {
        self.history.customers.clone()
    }

    pub fn born(&self, customer: u32) -> Option<Date> {
        self.part.customers.born.get(usize::try_from(customer).ok()?).copied().flatten()
    }

    /// The first and the last day of `usable …` that hold `date`.
    pub fn usable_days(&self, usable: Usable, date: Date) -> Option<(Date, Date)> {
        let (year, ..) = date.ymd();
        let customers = self.customers();
        let days = customers.flat_map(|c| {
            let born = self.born(c);
            (year - 1..=year + 1).filter_map(move |year| calendar::occurrence(usable.day, year, born, self.s.joined))
        });
        let ranges = days.map(|day| (day.plus_days(i64::from(usable.from)), day.plus_days(i64::from(usable.to))));
        ranges.into_iter().find(|(first, last)| *first <= date && date <= *last)
    }

    /// Whether the program ends with the day before `date`: what is open is settled then, for no period ends any more.
    pub fn ends_before(&self, date: Date) -> bool {
        self.plan.program.ends.is_some_and(|last| last.plus_days(1) == date)
    }
}

/// Whether the last day of a period is settled at this midnight.
pub(in crate::engine) fn ends_at(periods: calendar::Periods, period: Period, midnight: Date) -> bool {
    periods.start(midnight, period) == midnight
}
