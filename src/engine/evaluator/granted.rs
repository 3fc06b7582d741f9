//! Firings by the time that passes, and what they gave.

use crate::engine::account::diary::Counts;
use crate::engine::calendar;
use crate::engine::evaluator::Account;
use crate::engine::listener::Listener;
use crate::engine::purchase::outcome::Outcome;
use crate::engine::state::kept::{Granted, Timed};
use crate::plan::triggers::Fires;
use crate::value::Checked;

impl<R: Listener> Account<'_, R> {
    /// Does something and says what it gave, where a return may ask for that.
    pub fn logged<T>(&mut self, work: impl FnOnce(&mut Self) -> Checked<T>) -> Checked<(T, Granted)> {
        if !self.journal {
            return Ok((work(self)?, Granted::default()));
        }
        let log = &self.s.log;
        let (awards, limits, entitlements, fired) = (log.awards.len(), log.limits.len(), log.entitlements.len(), log.fired.len());
        self.s.logs += 1;
        let result = work(self);
        self.s.logs -= 1;
        let log = &mut self.s.log;
        let granted = Granted {
            awards: log.awards.split_off(awards),
            limits: log.limits.split_off(limits),
            entitlements: log.entitlements.split_off(entitlements),
            fired: log.fired.split_off(fired),
            at: self.local,
            tick: self.s.tick,
        };
        Ok((result?, granted))
    }

    /// Fires a rule by the time that passes, and keeps what it was tested with.
    pub fn fire_by_time(&mut self, rule: usize) -> Checked<()> {
        let tested = rule < self.plan.program.rules.len();
        let facts = (self.journal && tested).then(|| Box::new(self.s.facts.clone()));
        let ((), granted) = self.logged(|account| account.fire(rule))?;
        if let Some(facts) = facts.filter(|_| !granted.is_empty()) {
            self.s.timed.push(Timed { rule, facts, granted, bought: self.s.bought, stale: false, never: false });
        }
        Ok(())
    }

    /// A silence has lasted long enough.
    pub fn end_silence(&mut self, rule: usize) -> Checked<()> {
        self.s.silence[rule].1 = true;
        if self.journal {
            self.s.silences[rule].push(self.today);
        }
        self.fire_by_time(rule)
    }

    /// Silences begin anew with a purchase that passes their filter.
    pub fn note_silence(&mut self, at: usize, index: u32, out: &Outcome) -> Checked<()> {
        for place in 0..self.plan.day_rules.len() {
            let rule = self.plan.day_rules[place];
            let Fires::Silence(span, filter) = self.plan.causes[rule].fires else { continue };
            let stage = crate::engine::purchase::stage::Stage::new(self.plan, self.part, &self.s.facts, at);
            if out.amount > 0 && stage.scene(&out.lines, out.net).purchase_passes(filter)? {
                let today = self.today;
                self.s.silence[rule] = (Some(today), false);
                if self.journal {
                    self.s.diary.note(Counts::Silence(rule), today, index);
                }
                self.lower_due(Some(calendar::last_day(today, span)));
            }
        }
        Ok(())
    }
}
