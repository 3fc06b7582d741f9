//! Membership: who may join, when it begins, and what opens the door of a closed program.

use crate::engine::evaluator::Account;
use crate::engine::ledger::{Entry, Kind, Source, Unit};
use crate::engine::listener::Listener;
use crate::engine::purchase::outcome::Outcome;
use crate::plan::triggers::Moment;
use crate::program::{MeasureKind, Members, Window};
use crate::value::{Checked, Date, Overflow};

impl<R: Listener> Account<'_, R> {
    /// `members join if …`: asked after every event and the work of every midnight; membership begins there. Says whether it did.
    pub fn join_by_condition(&mut self) -> Checked<bool> {
        let Members::If(condition) = &self.plan.program.members else { return Ok(false) };
        if self.s.member || !self.may_join_on(self.today) {
            return Ok(false);
        }
        self.fill_facts(self.s.customer_of_day);
        if self.scene().holds(condition)? {
            self.join(self.today, true)?;
            return Ok(true);
        }
        if self.plan.joins_by_time {
            self.lower_due(Some(self.today.plus_days(1)));
        }
        Ok(false)
    }

    /// Membership begins.
    pub fn join(&mut self, joined: Date, with_signup: bool) -> Checked<()> {
        let program = self.plan.program;
        self.s.member = true;
        self.s.joined = Some(joined);
        let closed = matches!(program.members, Members::AfterSpending(_) | Members::AfterPurchases(_) | Members::If(_));
        if closed && !program.count_earlier {
            // What opened the door counts for nothing else, but what happened in a window did happen in it.
            for (at, ((sum, seen), measure)) in self.s.measures.iter_mut().zip(&mut self.s.different).zip(&program.measures).enumerate() {
                let of_the_door = program.door_measures.iter().any(|door| door.index() == at);
                let stays = of_the_door
                    || matches!(measure.kind, MeasureKind::Events(_) | MeasureKind::Referrals) && measure.window != Window::Unsaid;
                if !stays {
                    sum.clear();
                    seen.clear();
                }
            }
            self.s.counted_purchases = 0;
            self.s.last_counted_day.fill(None);
        }
        self.write_entry(Entry::new(Source::Given, Kind::Join, 0, Unit::Count));
        for index in 0..self.s.ladders.len() {
            self.start_ladder(index);
        }
        self.plan_days(self.today);
        if with_signup && self.in_life(self.today) {
            let customer = self.history.customers.start;
            self.fill_facts(customer);
            let ((), granted) = self.logged(|account| account.fire_all(&Moment::Signup))?;
            self.s.signup = granted;
        }
        Ok(())
    }

    /// Whether a day lies before the books are opened.
    pub fn is_past(&self, date: Date) -> bool {
        self.plan.history.opening.is_some_and(|opening| date < opening)
    }

    /// Whether membership can begin on a day: while the program runs, and before its books were opened.
    pub fn may_join_on(&self, date: Date) -> bool {
        self.in_life(date) || self.is_past(date)
    }

    /// A purchase from before the opening: it gives nothing, but later ones follow it.
    pub fn remember(&mut self, out: &Outcome, index: u32, at: usize) -> Checked<()> {
        if !self.s.member || out.amount <= 0 {
            return Ok(());
        }
        self.touch_by_purchase(index, at, out)?;
        self.note_streaks(out, at, index);
        self.note_silence(at, index, out)?;
        if self.plan.has_referral && self.is_waited_for(at, out)? {
            *self.s.member_purchases.entry(self.s.facts.customer).or_default() += 1;
        }
        Ok(())
    }

    /// Someone whose joining day is known joins on that day, and nobody joins outside the program's life.
    pub fn may_join_by_purchase(&self) -> bool {
        self.may_join_on(self.today) && self.joining_day().is_none()
    }

    /// The day the account joined by the history: that of its first member.
    pub fn joining_day(&self) -> Option<Date> {
        let customers = self.history.customers.clone();
        customers.filter_map(|c| self.part.customers.joined.get(usize::try_from(c).ok()?).copied().flatten()).min()
    }

    /// Whether purchases before membership are measured because they may open the door.
    pub fn opens_door(&self) -> bool {
        !self.s.member && matches!(self.plan.program.members, Members::If(_))
    }

    /// Counts a purchase for the door of a closed program; whether it does.
    pub fn note_knock(&mut self, out: &Outcome) -> Checked<bool> {
        let closed = matches!(self.plan.program.members, Members::AfterSpending(_) | Members::AfterPurchases(_) | Members::If(_));
        if !closed || self.s.member && !self.journal || !self.may_join_on(self.today) && !self.plan.program.count_earlier {
            return Ok(false);
        }
        self.s.before.0 = self.s.before.0.checked_add(out.amount).ok_or(Overflow)?;
        self.s.before.1 += 1;
        Ok(true)
    }

    /// A purchase of a non-member: it may fulfil what a closed program asks for.
    pub fn knock(&mut self, index: u32) -> Checked<()> {
        let is_condition = matches!(self.plan.program.members, Members::If(_));
        if !self.s.member && !is_condition && self.door_is_open()? && self.may_join_on(self.today) {
            self.join(self.today, true)?;
            self.s.door = Some(index);
        }
        Ok(())
    }

    /// Whether what a closed program asks for is fulfilled.
    pub fn door_is_open(&mut self) -> Checked<bool> {
        match &self.plan.program.members {
            Members::AfterSpending(amount) => Ok(self.s.before.0 >= *amount),
            Members::AfterPurchases(count) => Ok(self.s.before.1 >= *count),
            Members::If(expr) => {
                let customer = self.s.facts.customer;
                self.fill_facts(customer);
                self.scene().holds(expr)
            }
            Members::Automatically | Members::BySignup => Ok(false),
        }
    }

    /// The midnight at which someone becomes a member whose joining day the history knows.
    pub fn known_start(&self) -> Option<Date> {
        let open = matches!(self.plan.program.members, Members::Automatically | Members::BySignup);
        let joined = self.joining_day().filter(|_| open)?;
        let first = self.plan.program.starts.filter(|_| !self.is_past(joined));
        let start = first.map_or(joined, |first| first.max(joined));
        self.may_join_on(start).then_some(start)
    }

    /// On joining: grants whose usable days hold the joining day are made at once.
    pub fn grant_usable_now(&mut self, date: Date) -> Checked<()> {
        for at in 0..self.plan.day_rules.len() {
            let rule = self.plan.day_rules[at];
            let Some(usable) = self.plan.rules[rule].life.usable else { continue };
            if let Some((first, _)) = self.usable_days(usable, date)
                && first < date
            {
                let customer = self.s.customer_of_day;
                self.fill_facts(customer);
                self.fire_by_time(rule)?;
            }
        }
        Ok(())
    }
}
