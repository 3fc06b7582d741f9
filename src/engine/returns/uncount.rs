//! Returns: what no longer counts, and what no longer fired.

use crate::engine::Recorder;
use crate::engine::account::Account;
use crate::engine::account::diary::Counts;
use crate::engine::account::facts::Streak;
use crate::engine::purchase::{Award, Outcome};
use crate::engine::returns::Record;
use crate::engine::world::shared::Message;
use crate::program::{LimitWhat, MeasureKind, Period, Trigger, Window};
use crate::value::{Checked, DateTime};

impl<'a, R: Recorder> Account<'a, R> {
    /// A purchase wholly returned is nobody's last purchase, ends no silence and makes no streak.
    pub fn strike_out(&mut self, purchase: u32) {
        if self.s.diary.strike(Counts::Purchase, purchase).is_some() {
            self.s.last_purchase = self.s.diary.days(Counts::Purchase).first().copied();
        }
        for rule in 0..self.bound.rules.len() {
            match &self.bound.rules[rule].trigger {
                Trigger::Silence { span, .. } if self.s.diary.strike(Counts::Silence(rule), purchase).is_some() => {
                    let last = self.s.diary.days(Counts::Silence(rule)).first().copied();
                    self.s.silence[rule] = (last, false);
                    let due = last.or(self.s.joined).map(|since| crate::engine::day::calendar::last_day(since, *span));
                    self.lower_due(due.filter(|day| *day > self.today));
                }
                Trigger::Streak { period, .. } => {
                    self.s.diary.strike(Counts::Fired(rule), purchase);
                    if self.s.diary.strike(Counts::Streak(rule), purchase).is_some() {
                        self.recount_streak(rule, *period);
                    }
                }
                _ => {}
            }
        }
    }

    /// The streak as it stands without what was struck out.
    pub fn recount_streak(&mut self, rule: usize, period: Period) {
        let periods = self.periods();
        let days = self.s.diary.days(Counts::Streak(rule));
        let mut streak = Streak { last_period: days.first().copied(), length: u32::from(!days.is_empty()), fired: false };
        let mut first = streak.last_period;
        for (later, earlier) in days.iter().zip(days.iter().skip(1)) {
            if periods.next(*earlier, period) != *later {
                break;
            }
            streak.length += 1;
            first = Some(*earlier);
        }
        streak.fired = self.s.diary.days(Counts::Fired(rule)).first().copied() >= first && first.is_some();
        self.s.streaks[rule] = streak;
    }

    /// Measures and counters lose what the returned part added.
    pub fn uncount(&mut self, record: &Record, old: &Outcome, new: &Outcome) -> Checked<()> {
        if !record.counted {
            return Ok(());
        }
        let periods = self.periods();
        let at = self.bound.program.zone.local(record.moment);
        for (index, (before, counted)) in old.adds.iter().enumerate() {
            let (after, counts) = new.adds.get(index).copied().unwrap_or_default();
            if self.bound.program.measures[index].kind == MeasureKind::DaysWithPurchase {
                if *counted && !counts {
                    self.uncount_day(index, record, at);
                }
                continue;
            }
            if !counted || *before == after {
                continue;
            }
            let window = self.bound.program.measures[index].window;
            let (less, now) = (before - after, self.local);
            self.s.measures[index].take_back(window, at, now, periods, less);
            self.s.measures[index].take_off(at, Some(record.purchase), -less);
        }
        if old.amount > 0 && new.amount == 0 && self.bound.has_referral {
            self.shared.outbox.push(Message::Undone { friend: self.shared.account, purchase: record.purchase });
        }
        if old.amount > 0 && new.amount == 0 {
            self.s.counted_purchases -= 1;
            if record.facts.member
                && let Some(count) = self.s.member_purchases.get_mut(&record.facts.customer)
            {
                *count = count.saturating_sub(1);
            }
        }
        Ok(())
    }

    /// A day counts no longer, unless another purchase makes it count.
    pub fn uncount_day(&mut self, measure: usize, record: &Record, at: DateTime) {
        let Some(day) = self.s.diary.strike(Counts::Day(measure), record.purchase) else { return };
        self.s.measures[measure].take_off(at, Some(record.purchase), -1);
        if let Some(other) = self.s.diary.by(Counts::Day(measure), day) {
            self.s.measures[measure].take_off(at, Some(other), 1);
            return;
        }
        if self.s.last_counted_day[measure] == Some(day) {
            self.s.last_counted_day[measure] = None;
        }
        let (window, now, periods) = (self.bound.program.measures[measure].window, self.local, self.periods());
        self.s.measures[measure].take_back(window, at, now, periods, 1);
    }

    /// A cap has room again for what was taken back, in the period of the purchase.
    pub fn give_back_limit(&mut self, record: &mut Record, old: &Award, new: Option<&Award>) {
        let periods = self.periods();
        let at = self.bound.program.zone.local(record.moment);
        let first = self.bound.rule_limits[old.rule];
        let kept = new.map(|a| a.reward).unwrap_or_default();
        for (slot, used) in &mut record.limits {
            let Some(limit) = slot.checked_sub(first).and_then(|offset| self.bound.rules[old.rule].limits.get(offset)) else { continue };
            let Some(window) = crate::engine::account::measures::limit_window(limit) else { continue };
            let less = match limit.what {
                LimitWhat::Times(_) if kept.granted == 0 => 1,
                LimitWhat::Times(_) => 0,
                LimitWhat::First(_) => old.reward.first - kept.first,
                _ => old.reward.counts - kept.counts,
            };
            let less = less.clamp(0, *used);
            *used -= less;
            self.s.limits[*slot].take_back(window, at, self.local, periods, less);
        }
    }

    /// Triggers that would not have fired are as if they never had; entitlements of a whole return end.
    pub fn unfire(&mut self, record: &Record, old: &Outcome, new: &Outcome) {
        for firing in &old.firings {
            let still = new.firings.iter().find(|f| f.rule == firing.rule);
            let gone: Vec<i64> = firing.steps.iter().copied().filter(|s| still.is_none_or(|f| !f.steps.contains(s))).collect();
            if still.is_some() && gone.is_empty() {
                continue;
            }
            match &self.bound.rules[firing.rule].trigger {
                Trigger::Spending { measure, .. } => {
                    let periods = self.periods();
                    let at = self.bound.program.zone.local(record.moment).date();
                    let over = match self.bound.program.measures[measure.index()].window {
                        Window::In(period) => self.s.step_period[firing.rule] != Some(periods.start(at, period)),
                        _ => false,
                    };
                    let fired = &mut self.s.ordinals[firing.rule];
                    fired.retain(|(_, step, purchase)| !(*purchase == record.purchase && gone.contains(step)));
                    // In a period that is over nothing can fire again, nor what a rolling window let fire once more since.
                    if !over {
                        let again = |step: &i64| fired.iter().any(|(_, fired, by)| fired == step && *by > record.purchase);
                        let (_, holes) = &mut self.s.steps[firing.rule];
                        holes.extend(gone.iter().copied().filter(|step| !again(step)));
                        holes.sort_unstable();
                    }
                }
                Trigger::Streak { .. } => {
                    self.s.streaks[firing.rule].fired = false;
                    self.s.diary.strike(Counts::Fired(firing.rule), record.purchase);
                }
                _ => self.s.ordinals[firing.rule].retain(|(_, n, purchase)| !(*purchase == record.purchase && gone.contains(n))),
            }
            if still.is_none() {
                self.end_entitlement(firing.rule, record.purchase);
            }
        }
        if new.amount == 0 {
            for &(rule, number) in &record.used_entitlements {
                // Where it was renewed since, the use is the old one's: it counts again once the renewal is taken back.
                let renewed = self.s.renewed.iter_mut().filter(|(of, _)| *of == rule).map(|(_, before)| before);
                let used = renewed.chain([&mut self.s.entitled[rule]]).find(|entitled| entitled.number == number);
                if let Some(left) = used.and_then(|entitled| entitled.uses_left.as_mut()) {
                    *left += 1;
                }
            }
        }
    }

    /// The entitlement that a purchase gave ends; one that it renewed goes on.
    pub fn end_entitlement(&mut self, rule: usize, purchase: u32) {
        self.s.renewed.retain(|(of, before)| !(*of == rule && before.purchase == Some(purchase)));
        if self.s.entitled[rule].purchase == Some(purchase) {
            self.last_entitlement_ends(rule);
        }
    }

    /// The latest entitlement of a rule ends; one that it renewed goes on.
    pub fn last_entitlement_ends(&mut self, rule: usize) {
        let before = self.s.renewed.iter().rposition(|(of, _)| *of == rule);
        self.s.entitled[rule] = before.map_or_else(Default::default, |at| self.s.renewed.remove(at).1);
    }
}
