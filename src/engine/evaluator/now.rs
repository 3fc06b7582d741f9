//! The facts of now: stage 0.

use crate::engine::account::limits::limit_window;
use crate::engine::calendar::Periods;
use crate::engine::evaluator::Account;
use crate::engine::listener::Listener;
use crate::engine::state::State;
use crate::plan::Plan;
use crate::plan::triggers::{Fires, Numbers, Steps};
use crate::program::{MeasureKind, Window};
use crate::value::Date;

impl<'a, R: Listener> Account<'a, R> {
    /// The facts of now, stage 0. `customer` is who buys or acts.
    pub fn fill_facts(&mut self, customer: u32) {
        let plan = self.plan;
        let program = plan.program;
        let periods = self.periods();
        let (now, local, today) = (self.now, self.local, self.today);
        let member = self.is_active();
        let s = &mut *self.s;
        let facts = &mut s.facts;
        facts.at = now;
        facts.local = local;
        facts.date = today;
        facts.member = member;
        facts.customer = customer;
        facts.joined = s.joined;
        facts.last_purchase = s.last_purchase;
        facts.purchases_before = s.counted_purchases;
        for (rung, ladder) in facts.tiers.iter_mut().zip(&s.ladders) {
            *rung = ladder.held;
        }
        for (balance, wallet) in facts.balances.iter_mut().zip(&s.wallets) {
            *balance = wallet.balance;
        }
        for (((value, measure), sum), seen) in facts.measures.iter_mut().zip(&program.measures).zip(&mut s.measures).zip(&s.different) {
            *value = match measure.kind {
                MeasureKind::Balance(wallet) => s.wallets[wallet.index()].balance,
                MeasureKind::Different(_) => seen.count(measure.window, local, periods),
                _ => sum.value(measure.window, local, periods),
            };
        }
        for (index, limit) in plan.limits.iter().enumerate() {
            facts.used[index] = limit_window(limit).map_or(0, |window| s.limits[index].value(window, local, periods));
        }
        for together in &plan.shared_limits {
            let sum = together.iter().map(|at| facts.used[*at]).fold(0_i64, i64::saturating_add);
            together.iter().for_each(|at| facts.used[*at] = sum);
        }
        let date = facts.date;
        for &rule in &plan.entitled_rules {
            facts.entitled[rule] = s.entitled[rule].holds(now, date);
        }
        if facts.set.len() != s.set.len() || facts.set != s.set {
            facts.set.clone_from(&s.set);
        }
        for ((room, state), pot) in facts.rooms.iter_mut().zip(&mut self.shared.pots).zip(&plan.pots) {
            *room = state.room(pot, date, periods);
        }
        if plan.has_steps {
            Self::fill_steps(plan, s, periods);
        }
        if plan.draws_what_it_gives {
            let facts = &mut s.facts;
            facts.drawn.clone_from(&s.drawn);
            facts.seed = self.policies.seed();
            if facts.account != self.history.id {
                facts.account.clone_from(&self.history.id);
            }
        }
        if self.journal {
            self.block_ordinals();
        }
    }

    /// Steps of spending triggers: a new calendar period starts anew; a rolling window also once it has been below.
    pub fn fill_steps(plan: &Plan<'_>, s: &mut State, periods: Periods) {
        let facts = &mut s.facts;
        for (index, cause) in plan.causes.iter().enumerate() {
            if let Fires::Steps(Steps { amount, measure, .. }) = cause.fires {
                match plan.program.measures[measure.index()].window {
                    Window::In(period) => {
                        let start = periods.start(facts.date, period);
                        if s.step_period[index] != Some(start) {
                            s.step_period[index] = Some(start);
                            s.steps[index] = (0, Default::default());
                        }
                    }
                    Window::Last(_) => {
                        let below = facts.measures[measure.index()].div_euclid(amount.max(1));
                        let (high, holes) = &mut s.steps[index];
                        *high = (*high).min(below);
                        *holes = holes.up_to(below);
                    }
                    _ => {}
                }
                facts.steps[index].clone_from(&s.steps[index]);
            }
        }
        facts.streaks.clone_from(&s.streaks);
    }

    /// Ordinals that fired and were not taken back do not fire again, even if returns lowered the count since.
    pub fn block_ordinals(&mut self) {
        let periods = self.periods();
        let s = &mut *self.s;
        for (index, cause) in self.plan.causes.iter().enumerate() {
            let Fires::Number(Numbers { counter, .. }) = cause.fires else { continue };
            let number = s.facts.measures[counter.index()] + 1;
            let window = self.plan.program.measures[counter.index()].window;
            let key = match window {
                Window::In(period) => periods.start(s.facts.date, period),
                _ => Date::MIN,
            };
            let rolling = matches!(window, Window::Last(_));
            s.facts.blocked[index] = !rolling && s.ordinals[index].iter().any(|(k, steps, _)| *k == key && steps.contains(number));
        }
    }
}
