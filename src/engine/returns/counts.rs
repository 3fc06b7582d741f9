//! Returns: what no longer counts, and what no longer fired.

use crate::engine::account::diary::Counts;
use crate::engine::account::different::is_same;
use crate::engine::calendar::last_day;
use crate::engine::evaluator::Account;
use crate::engine::ledger::{Entry, Kind, Source, Unit};
use crate::engine::listener::Listener;
use crate::engine::purchase::outcome::{Counted, Outcome};
use crate::engine::shared::Message;
use crate::engine::state::ANY;
use crate::engine::state::case::Case;
use crate::engine::state::kept::Granted;
use crate::engine::{facts, steps};
use crate::plan::triggers::{Fires, Steps, Streak};
use crate::program::{CivilSpan, MeasureKind, Period, Window};
use crate::value::{Checked, Date, DateTime};

impl<'a, R: Listener> Account<'a, R> {
    /// A purchase wholly returned is nobody's last purchase, puts nothing off, ends no silence and makes no streak.
    pub fn take_back_marks(&mut self, case: &Case) {
        let (purchase, day, periods) = (case.purchase, self.plan.program.zone.local(case.moment).date(), self.periods());
        if self.s.diary.take_back(Counts::Purchase, day, purchase) {
            self.s.last_purchase = self.s.diary.last(Counts::Purchase);
            self.take_back_from_timed(purchase, day);
        }
        for wallet in 0..self.s.wallets.len() {
            if self.s.diary.take_back(Counts::Activity(wallet), day, purchase) {
                self.follow_anew(wallet);
            }
        }
        for rule in 0..self.plan.rules.len() {
            match self.plan.causes[rule].fires {
                Fires::Silence(span, _) if self.s.diary.take_back(Counts::Silence(rule), day, purchase) => {
                    self.join_silences(rule, span, day);
                    let last = self.s.diary.last(Counts::Silence(rule));
                    let due = last.or(self.s.joined).map(|since| last_day(since, span));
                    // One silence fires once: also where it was longer than it seemed, and had its day before that purchase.
                    let past = |due: Date| due <= day && last.is_none_or(|last| last < day);
                    let fired = due.is_some_and(|due| past(due) || self.s.silences[rule].iter().any(|day| *day >= due));
                    self.s.silence[rule] = (last, fired);
                    match due {
                        _ if fired => {}
                        Some(due) if due <= self.today => self.s.overdue.push(rule),
                        due => self.lower_due(due),
                    }
                }
                Fires::Streak(Streak { period, .. }) => {
                    let start = periods.start(day, period);
                    self.s.diary.take_back(Counts::Fired(rule), start, purchase);
                    if self.s.diary.take_back(Counts::Streak(rule), start, purchase) {
                        self.recount_streak(rule, period);
                    }
                }
                _ => {}
            }
        }
    }

    /// The silence before a purchase that never was and the one behind it are one. If its day came before that purchase, what
    /// the second gave was never due.
    fn join_silences(&mut self, rule: usize, span: CivilSpan, day: Date) {
        let s = &mut *self.s;
        let (before, next) = s.diary.around(Counts::Silence(rule), day);
        let due = before.or(s.joined).map(|since| last_day(since, span));
        if due.is_none_or(|due| due > day) || s.diary.by(Counts::Silence(rule), day).is_some() {
            return;
        }
        let of_second = |fired: Date| fired > day && next.is_none_or(|next| fired <= next);
        s.silences[rule].retain(|fired| !of_second(*fired));
        for known in s.timed.iter_mut().filter(|known| known.rule == rule && of_second(known.granted.at.date())) {
            (known.stale, known.never) = (true, true);
        }
    }

    /// What went back to an earlier end is overdue, and falls due now.
    pub fn fall_due(&mut self) -> Checked<()> {
        self.tiers_fall_due()?;
        self.expire(self.today)?;
        for rule in std::mem::take(&mut self.s.overdue) {
            if self.is_active() {
                self.fill_facts(self.s.customer_of_day);
                self.end_silence(rule)?;
            }
        }
        Ok(())
    }

    /// The purchase that opened a closed program came back whole: who does not fulfil the condition without it never was
    /// a member, and `on signup` granted nothing.
    pub fn take_back_membership(&mut self, purchase: u32) -> Checked<()> {
        if !self.s.member || self.s.door.is_none_or(|door| door != purchase && door != ANY) {
            return Ok(());
        }
        if self.door_is_open()? {
            self.s.door = Some(ANY);
            return Ok(());
        }
        let signup = std::mem::take(&mut self.s.signup);
        self.take_back_granted(&signup)?;
        self.take_back_timed()?;
        self.s.ladders.iter_mut().for_each(|ladder| ladder.climb.forget());
        self.settle_fallen(None)?;
        self.write_entry(Entry::new(Source::Given, Kind::Leave, 0, Unit::Count));
        (self.s.member, self.s.joined, self.s.door) = (false, None, None);
        Ok(())
    }

    /// The streak as it stands without what was struck out.
    pub fn recount_streak(&mut self, rule: usize, period: Period) {
        let periods = self.periods();
        let mut days = self.s.diary.days(Counts::Streak(rule));
        let mut first = days.next();
        let mut streak = facts::Streak { last_period: first, length: u32::from(first.is_some()), fired: false };
        for earlier in days {
            if Some(earlier) == first {
                continue;
            }
            if Some(periods.next(earlier, period)) != first {
                break;
            }
            streak.length += 1;
            first = Some(earlier);
        }
        streak.fired = self.s.diary.last(Counts::Fired(rule)) >= first && first.is_some();
        self.s.streaks[rule] = streak;
    }

    /// Measures and counters lose what the returned part added.
    pub fn take_back_counts(&mut self, case: &Case, old: &Outcome, new: &Outcome) -> Checked<()> {
        if case.knocks {
            self.s.before.0 -= old.amount - new.amount;
            self.s.before.1 -= u32::from(old.amount > 0 && new.amount == 0);
        }
        if !case.counted {
            return Ok(());
        }
        let at = self.plan.program.zone.local(case.moment);
        for (index, (before, counted)) in old.adds.iter().enumerate() {
            let (after, counts) = new.adds.get(index).copied().unwrap_or_default();
            if matches!(self.plan.program.measures[index].kind, MeasureKind::Different(_)) {
                continue;
            }
            if self.plan.program.measures[index].kind == MeasureKind::DaysWithPurchase {
                if *counted && !counts {
                    self.take_back_day(index, case, at);
                }
                continue;
            }
            if !counted || *before == after {
                continue;
            }
            self.lower_measure(index, at, Some(case.purchase), before - after);
        }
        for gone in &old.different {
            let stays = new.different.iter().any(|one| (one.measure, one.text) == (gone.measure, gone.text));
            if !stays || new.amount == 0 {
                self.take_back_different(gone, (at, case.purchase));
            }
        }
        if old.amount > 0 && new.amount == 0 && self.plan.has_referral {
            self.shared.outbox.push(Message::TakenBack { friend: self.shared.account, purchase: case.purchase });
        }
        if old.amount > 0 && new.amount == 0 {
            self.s.counted_purchases -= 1;
            if case.facts.member
                && self.is_waited_for(case.at, old)?
                && let Some(count) = self.s.member_purchases.get_mut(&case.facts.customer)
            {
                *count = count.saturating_sub(1);
            }
        }
        Ok(())
    }

    /// A day counts no longer, unless another purchase makes it count.
    pub fn take_back_day(&mut self, measure: usize, case: &Case, at: DateTime) {
        let day = at.date();
        if !self.s.diary.take_back(Counts::Day(measure), day, case.purchase) {
            return;
        }
        if let Some(other) = self.s.diary.by(Counts::Day(measure), day) {
            self.lower_points(measure, at, Some(case.purchase), 1);
            self.lower_points(measure, self.place_of(Some(other)), Some(other), -1);
            return;
        }
        if self.s.last_counted_day[measure] == Some(day) {
            self.s.last_counted_day[measure] = None;
        }
        // It had been counted by the first of its day, whichever is left last.
        let counted = self.s.measures[measure].place_on(day).unwrap_or(at);
        self.lower_measure(measure, counted, Some(case.purchase), 1);
    }

    /// A store, product or the like counts no longer by a purchase: where another brought it too, that makes it count.
    fn take_back_different(&mut self, gone: &Counted, (at, purchase): (DateTime, u32)) {
        let (measure, periods) = (gone.measure, self.periods());
        if !self.s.different[measure].forget(gone.text, (at, purchase)) {
            return;
        }
        let window = self.plan.program.measures[measure].window;
        let (before, behind) = self.s.different[measure].around(gone.text, (at, purchase));
        let before = before.filter(|(before, _)| is_same(window, *before, at, periods));
        let mut stays = Vec::new();
        stays.extend(before.map(|(before, _)| (before, purchase, -1)));
        if let Some((next, by)) = behind {
            stays.extend(is_same(window, at, next, periods).then_some((at, by, -1)));
            stays.extend(before.filter(|(before, _)| is_same(window, *before, next, periods)).map(|(before, _)| (before, by, 1)));
        }
        for (at, by, less) in stays.into_iter().chain([(at, purchase, 1)]) {
            self.lower_points(measure, at, Some(by), less);
            self.lower_timed(measure, Some(by), at, less);
        }
    }

    /// Triggers that would not have fired are as if they never had; entitlements of a whole return end.
    pub fn take_back_firings(&mut self, case: &Case, old: &Outcome, new: &Outcome) {
        for firing in &old.firings {
            let still = new.firings.iter().find(|f| f.rule == firing.rule);
            let gone = still.map_or_else(|| firing.steps.clone(), |still| firing.steps.without(&still.steps));
            if still.is_some() && gone.is_empty() {
                continue;
            }
            match self.plan.causes[firing.rule].fires {
                Fires::Steps(Steps { measure, .. }) => {
                    let periods = self.periods();
                    let at = self.plan.program.zone.local(case.moment).date();
                    let over = match self.plan.program.measures[measure.index()].window {
                        Window::In(period) => self.s.step_period[firing.rule] != Some(periods.start(at, period)),
                        _ => false,
                    };
                    self.take_back_numbers(firing.rule, case.purchase, &gone);
                    let later = self.s.ordinals[firing.rule].iter().filter(|(.., by)| *by > case.purchase);
                    let again = later.fold(steps::Steps::default(), |all, (_, steps, _)| all.with(steps));
                    // In a period that is over nothing can fire again, nor what a rolling window let fire once more since.
                    if !over {
                        let (_, holes) = &mut self.s.steps[firing.rule];
                        *holes = holes.with(&gone.without(&again));
                    }
                }
                Fires::Streak(Streak { period, .. }) => {
                    self.s.streaks[firing.rule].fired = false;
                    let day = self.plan.program.zone.local(case.moment).date();
                    self.s.diary.take_back(Counts::Fired(firing.rule), self.periods().start(day, period), case.purchase);
                }
                _ => self.take_back_numbers(firing.rule, case.purchase, &gone),
            }
            if still.is_none() {
                self.end_entitlement(firing.rule, case.purchase);
            }
        }
        if new.amount == 0 {
            for &(rule, number) in &case.used_entitlements {
                // Where a renewal was taken back since, its uses are those of what it had renewed.
                let known = self.s.renewed.iter_mut().filter(|(of, _)| *of == rule).map(|(_, before)| before);
                let used = known.chain([&mut self.s.entitled[rule]]).filter(|known| known.active && known.number <= number);
                if let Some(entitled) = used.max_by_key(|known| known.number) {
                    entitled.used = entitled.used.saturating_sub(1);
                    if let Some(left) = entitled.uses_left.as_mut() {
                        *left += 1;
                    }
                }
            }
        }
    }

    fn take_back_numbers(&mut self, rule: usize, purchase: u32, gone: &steps::Steps) {
        let fired = &mut self.s.ordinals[rule];
        for (_, steps, _) in fired.iter_mut().filter(|(.., by)| *by == purchase) {
            *steps = steps.without(gone);
        }
        fired.retain(|(_, steps, _)| !steps.is_empty());
    }

    /// The entitlement that a purchase gave ends; one that it renewed goes on.
    fn end_entitlement(&mut self, rule: usize, purchase: u32) {
        let known = self.s.renewed.iter().filter(|(of, _)| *of == rule).map(|(_, before)| before).chain([&self.s.entitled[rule]]);
        let given: Vec<u32> = known.filter(|known| known.active && known.purchase == Some(purchase)).map(|known| known.number).collect();
        for number in given {
            self.take_back_entitlement(rule, number);
        }
    }

    /// An entitlement never began; what was used of it was used of the one that it renewed.
    pub fn take_back_entitlement(&mut self, rule: usize, number: u32) {
        let place = self.s.renewed.iter().position(|(of, known)| *of == rule && known.number == number);
        let gone = match place {
            Some(place) => self.s.renewed.remove(place).1,
            None if self.s.entitled[rule].active && self.s.entitled[rule].number == number => {
                let before = self.s.renewed.iter().rposition(|(of, _)| *of == rule);
                let before = before.map_or_else(Default::default, |at| self.s.renewed.remove(at).1);
                std::mem::replace(&mut self.s.entitled[rule], before)
            }
            None => return,
        };
        let known = self.s.renewed.iter_mut().filter(|(of, _)| *of == rule).map(|(_, before)| before);
        let before = known.chain([&mut self.s.entitled[rule]]).filter(|known| known.active && known.number < number);
        if let Some(before) = before.max_by_key(|known| known.number) {
            before.used += gone.used;
            before.uses_left = before.uses_left.map(|left| left.saturating_sub(gone.used));
        }
    }

    /// A referral that was counted never was one.
    pub fn take_back_referral(&mut self, granted: &Granted) {
        let before = self.s.granted_at.replace((granted.at, granted.tick));
        for measure in 0..self.plan.program.measures.len() {
            if self.plan.program.measures[measure].kind == MeasureKind::Referrals {
                self.lower_measure(measure, granted.at, None, 1);
            }
        }
        self.s.granted_at = before;
    }
}
