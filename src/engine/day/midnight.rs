//! What a local midnight does, in the order of "The order of things" in docs/language.md: only those with work are visited.

use crate::engine::calendar;
use crate::engine::evaluator::Account;
use crate::engine::evaluator::due::ends_at;
use crate::engine::listener::Listener;
use crate::plan::triggers::Fires;
use crate::program::MeasureKind;
use crate::value::{Checked, Date, DateTime};

impl<'a, R: Listener> Account<'a, R> {
    /// Processes every midnight with work up to the one that begins `to`.
    pub fn advance(&mut self, to: Date) -> Checked<()> {
        while let Some(due) = self.s.due {
            let next = self.s.day.map_or(due, |day| due.max(day.plus_days(1)));
            if next > to {
                break;
            }
            self.begin_midnight(next)?;
            self.end_midnight(next)?;
        }
        self.s.day = self.s.day.max(Some(to));
        Ok(())
    }

    /// The next midnight with work after `date`.
    fn plan(&mut self, date: Date) {
        self.lower_due(self.voucher_due());
        self.lower_due(self.right_due());
        self.lower_due(self.plan.history.opening.filter(|opening| *opening > date));
        self.plan_tops(date);
        self.plan_exchanges(date);
        for index in 0..self.s.wallets.len() {
            self.lower_due(self.s.wallets[index].due);
        }
        for index in 0..self.s.ladders.len() {
            self.lower_due(self.s.ladders[index].review);
            self.lower_due(self.s.ladders[index].grace);
            self.lower_due(self.window_moves(index, date));
        }
        if self.s.member {
            self.plan_days(date);
        } else if self.plan.joins_by_time {
            self.lower_due(Some(date.plus_days(1)));
        } else if let Some(start) = self.known_start().filter(|start| *start > date) {
            self.lower_due(Some(start));
        }
    }

    /// Notes the ends of periods whose top category is to be settled.
    fn plan_tops(&mut self, date: Date) {
        let periods = self.periods();
        for &rule in &self.plan.top_rules {
            if !self.s.tops[rule].is_empty()
                && let Some(period) = self.plan.top_period(rule)
            {
                self.lower_due(Some(periods.next(date, period)));
            }
        }
    }

    /// What a midnight does before draws are held.
    pub fn begin_midnight(&mut self, date: Date) -> Checked<()> {
        self.s.day = Some(date);
        self.s.due = None;
        (self.local, self.today) = (date.midnight(), date);
        self.note_ladder_measures();
        if self.plan.settles || self.plan.has_steps || self.journal {
            self.settle_day_before(date)?;
        } else if self.s.member {
            self.s.facts.customer = self.s.customer_of_day;
        }
        if !self.s.wishes.is_empty() {
            self.fulfil_wishes(date);
        }
        self.now = self.plan.program.zone.midnight(date);
        (self.local, self.today) = (date.midnight(), date);
        if self.plan.history.opening == Some(date) {
            self.open_books(date)?;
        }
        if !self.s.member && self.known_start() == Some(date) {
            let joined = self.joining_day().unwrap_or(date);
            // Those who had joined before the program started are members without a signup.
            self.join(joined, joined == date)?;
            self.grant_usable_now(date)?;
        }
        self.lapse(date)?;
        if self.plan.has_hours {
            self.end_hours()?;
        }
        self.activate(date)?;
        self.exchange_automatically()?;
        self.review_ladders(date, false)?;
        self.expire(date)?;
        self.carry_over(date);
        self.expire_vouchers(date);
        self.expire_rights(date)?;
        self.review_ladders(date, true)
    }

    /// What the new day brings, after the draws of its midnight.
    pub fn end_midnight(&mut self, date: Date) -> Checked<()> {
        if self.is_active() {
            self.fill_facts(self.s.customer_of_day);
            self.fire_days(date)?;
        }
        // What the midnight itself granted or made active raises ladders and renews tiers, like an event.
        self.test_tiers(None)?;
        self.exchange_automatically()?;
        self.join_by_condition()?;
        self.claim_by_assumption(self.s.customer_of_day, None)?;
        self.plan(date);
        Ok(())
    }

    /// Settlements are dated the day just over and see its last moment.
    pub fn settle_day_before(&mut self, date: Date) -> Checked<()> {
        if !self.s.member {
            return Ok(());
        }
        (self.local, self.today) = (DateTime(date.midnight().0 - 1_000_000), date.plus_days(-1));
        self.now = self.plan.program.zone.instant(self.local);
        self.fill_facts(self.s.customer_of_day);
        self.settle(date)
    }

    /// `paid at end of …`, then `at end of every …`, for periods that end with the day before `date`.
    fn settle(&mut self, date: Date) -> Checked<()> {
        if !self.is_active() {
            return Ok(());
        }
        self.settle_tops(date)?;
        let periods = self.periods();
        for at in 0..self.plan.paid_rules.len() {
            let rule = self.plan.paid_rules[at];
            if let Some((period, step)) = self.plan.rules[rule].life.paid_at
                && (ends_at(periods, period, date) || self.ends_before(date))
            {
                self.pay_out(rule, step)?;
            }
        }
        for at in 0..self.plan.day_rules.len() {
            let rule = self.plan.day_rules[at];
            if let Fires::End(period) = self.plan.causes[rule].fires
                && ends_at(periods, period, date)
            {
                self.fire_by_time(rule)?;
            }
        }
        Ok(())
    }

    fn review_ladders(&mut self, date: Date, of_balance: bool) -> Checked<()> {
        if !self.s.member {
            return Ok(());
        }
        for index in 0..self.s.ladders.len() {
            let measure = self.plan.program.ladders[index].measure;
            let balance = matches!(self.plan.program.measures[measure.index()].kind, MeasureKind::Balance(_));
            if balance != of_balance {
                continue;
            }
            if self.s.ladders[index].review.is_some_and(|due| due <= date) {
                self.review(index, date)?;
            }
        }
        Ok(())
    }

    /// Days, starts of periods and silences, in file order.
    fn fire_days(&mut self, date: Date) -> Checked<()> {
        for at in 0..self.plan.day_rules.len() {
            let rule = self.plan.day_rules[at];
            match self.plan.causes[rule].fires {
                Fires::Day(day) if day.is_of_customer() => {
                    let shift = i64::from(self.plan.rules[rule].life.usable.map_or(0, |usable| usable.from));
                    for customer in self.customers() {
                        if calendar::is_on(day, date.plus_days(-shift), self.born(customer), self.s.joined) {
                            self.fill_facts(customer);
                            self.fire_by_time(rule)?;
                        }
                    }
                }
                Fires::End(_) => {}
                Fires::Silence(..) if self.due_day(rule, date) == date => self.end_silence(rule)?,
                _ if self.due_day(rule, date) == date => self.fire_by_time(rule)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// `paid at end of …`: one lot of what was earned since, rounded down to the step; the rest stays.
    fn pay_out(&mut self, rule: usize, step: Option<i64>) -> Checked<()> {
        let origin = self.plan.origin(rule);
        for wallet in 0..self.s.wallets.len() {
            let unpaid = self.s.unpaid[rule].get(wallet).copied().unwrap_or(0);
            let step = step.unwrap_or(1).max(1);
            let paid = unpaid.div_euclid(step) * step;
            if paid > 0 {
                self.s.unpaid[rule][wallet] -= paid;
                self.pay_lot(origin, wallet, paid)?;
            }
        }
        Ok(())
    }
}
