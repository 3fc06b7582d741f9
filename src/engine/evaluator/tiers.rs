//! Ladders of tiers.

use crate::engine::account::counters::Turn;
use crate::engine::account::ladders::{Climb, Point};
use crate::engine::calendar;
use crate::engine::evaluator::Account;
use crate::engine::ledger::{Entry, Kind, Source, Unit};
use crate::engine::listener::Listener;
use crate::engine::purchase::outcome::Outcome;
use crate::plan::triggers::Moment;
use crate::program;
use crate::program::{DropPolicy, Keep, LadderId, MeasureId, MeasureKind, Pending, TierId, WalletId, Window};
use crate::value::{Checked, Date, DateTime};

impl<R: Listener> Account<'_, R> {
    /// Membership begins: everyone stands on the first rung.
    pub fn start_ladder(&mut self, index: usize) {
        self.s.ladders[index].clear();
        self.s.ladders[index].falls = self.can_fall(index);
        self.lower_due(self.window_moves(index, self.today));
        if self.journal {
            self.s.ladders[index].climb = Climb::new(&self.plan.program.ladders[index]);
        }
        if self.plan.program.tiers_at_reviews {
            self.plan_review(index);
        }
    }

    fn can_fall(&self, index: usize) -> bool {
        let program = self.plan.program;
        let ladder = &program.ladders[index];
        let falls = |id: MeasureId| {
            let measure = &program.measures[id.index()];
            let lapses = |wallet: WalletId| {
                let own = self.plan.rules.iter().filter_map(|rule| rule.life.pending.as_ref());
                let waits = |pending: &Pending| matches!(pending, Pending::Until { within: Some(_), .. });
                own.chain([&program.wallets[wallet.index()].pending]).any(waits)
            };
            match measure.kind {
                MeasureKind::Balance(_) => true,
                MeasureKind::Earned(wallet) if lapses(wallet) => true,
                _ => matches!(measure.window, Window::Last(_) | Window::In(_) | Window::Previous(_) | Window::SinceReaching(_)),
            }
        };
        // Also where nothing drops the count begins anew when the tier is renewed.
        (ladder.drop != DropPolicy::Never || self.counts_anew(index))
            && (falls(ladder.measure) || ladder.rungs.iter().any(|rung| rung.by_invitation || rung.or.is_some_and(|(id, _)| falls(id))))
    }

    pub fn measure_now(&mut self, id: MeasureId, now: DateTime) -> i64 {
        let periods = self.periods();
        let measure = &self.plan.program.measures[id.index()];
        if matches!(measure.kind, MeasureKind::Different(_)) {
            return self.s.different[id.index()].count(measure.window, now, periods);
        }
        // A review looks from the last moment before its midnight: the period that ends there has ended.
        let now = if matches!(measure.window, Window::Previous(_)) { DateTime(now.0 + 1) } else { now };
        match measure.kind {
            program::MeasureKind::Balance(wallet) => self.s.wallets[wallet.index()].balance,
            _ => self.s.measures[id.index()].value(measure.window, now, periods),
        }
    }

    pub fn meets(&mut self, index: usize, rung: usize, now: DateTime) -> bool {
        let ladder = &self.plan.program.ladders[index];
        let Some(row) = ladder.rungs.get(rung) else { return false };
        let first = row.from.is_some_and(|from| self.measure_now(ladder.measure, now) >= from);
        first || row.or.is_some_and(|(id, from)| self.measure_now(id, now) >= from)
    }

    /// The next midnight after `date` at which time alone may reach a tier: a window of a period before moves on, or a rolling
    /// one begins no later than at the midnight before and so widens.
    pub fn window_moves(&self, index: usize, date: Date) -> Option<Date> {
        let program = self.plan.program;
        let ladder = &program.ladders[index];
        let or = ladder.rungs.iter().filter_map(|rung| rung.or.map(|(id, _)| id));
        let windows = std::iter::once(ladder.measure).chain(or).map(|id| program.measures[id.index()].window);
        let next = |window| match window {
            Window::Last(span) => calendar::next_widening(date, span),
            Window::Previous(period) => Some(self.periods().next(date, period)),
            _ => None,
        };
        windows.filter_map(next).min()
    }

    /// Notes what ladders measure before an event, to know afterwards what the event raised.
    pub fn note_ladder_measures(&mut self) {
        let program = self.plan.program;
        let all = self.journal;
        for ladder in program.ladders.iter().filter(|ladder| all || ladder.keep != Keep::UntilReview) {
            for id in std::iter::once(ladder.measure).chain(ladder.rungs.iter().filter_map(|rung| rung.or.map(|(id, _)| id))) {
                self.s.before_event[id.index()] = self.measure_now(id, self.local);
            }
        }
    }

    /// Tests every ladder after an event, a purchase or another, or after the work of a midnight.
    pub fn test_tiers(&mut self, purchase: Option<u32>) -> Checked<()> {
        if !self.is_active() {
            return Ok(());
        }
        for index in 0..self.s.ladders.len() {
            self.test_ladder(index, purchase)?;
        }
        Ok(())
    }

    fn test_ladder(&mut self, index: usize, purchase: Option<u32>) -> Checked<()> {
        let ladder = &self.plan.program.ladders[index];
        let now = self.local;
        // Nobody asks what an event raised where nothing is renewed.
        let renews = ladder.keep != Keep::UntilReview || self.journal;
        let mut measures = std::iter::once(ladder.measure).chain(ladder.rungs.iter().filter_map(|rung| rung.or.map(|(id, _)| id)));
        let is_raised = renews && measures.any(|id| self.measure_now(id, now) > self.s.before_event[id.index()]);
        let held = usize::from(self.s.ladders[index].held);
        let (mut highest, mut is_renewed, mut is_met) = (held, false, false);
        let value = self.measure_now(ladder.measure, now);
        // Rungs held already matter only where meeting them again renews them.
        let lowest = if is_raised { 1 } else { held + 1 };
        let program = self.plan.program;
        let rungs = if program.tiers_at_reviews { held + 1 } else { ladder.rungs.len() };
        let counts_anew = self.counts_anew(index);
        for (rung, row) in ladder.rungs.iter().enumerate().take(rungs).skip(lowest) {
            if counts_anew && rung == held {
                // Its own threshold is asked when its period ends.
                continue;
            }
            let first = row.from.is_some_and(|from| value >= from);
            if !first && row.or.is_none_or(|(id, from)| self.measure_now(id, now) < from) {
                continue;
            }
            let is_new = rung > held;
            highest = highest.max(rung);
            if is_new || is_raised {
                let keep = self.keep_until(index, now.date());
                self.s.ladders[index].keep[rung] = keep;
                is_renewed |= !is_new && keep.is_some();
                self.lower_due(keep);
                is_met = true;
            }
        }
        if is_met && self.journal {
            self.note_point(index, purchase, now);
        }
        if highest == held && self.s.ladders[index].grace.is_some() && self.meets(index, held, now) {
            // Met before the drop came: it does not come.
            self.s.ladders[index].grace = None;
            self.plan_review(index);
        }
        if highest > held {
            self.s.ladders[index].grace = None;
            let place = self.s.ladders[index].climb.last_place();
            self.count_anew(index, Some(highest), now);
            for rung in held + 1..=highest {
                self.reach(index, rung, purchase, place)?;
            }
            // What reaching it granted may reach more at the test of the next midnight.
            self.lower_due(Some(self.today.plus_days(1)));
        }
        // The end of a keep period is a review, also of one that begins anew between reviews.
        if highest > held || is_renewed {
            self.plan_review(index);
        }
        Ok(())
    }

    /// Whether what the ladder goes by begins anew with each tier.
    pub fn counts_anew(&self, index: usize) -> bool {
        let program = self.plan.program;
        program.measures[program.ladders[index].measure.index()].window.is_since_reaching()
    }

    /// A tier is reached or renewed, or (none) dropped to: what counts since then begins anew, with what is carried of a surplus.
    pub fn count_anew(&mut self, index: usize, met: Option<usize>, until: DateTime) {
        let program = self.plan.program;
        let ladder = &program.ladders[index];
        let row = met.and_then(|rung| ladder.rungs.get(rung));
        let climb = &self.s.ladders[index].climb;
        let place = if row.is_some() { climb.last_place() } else { climb.points.len() * 2 };
        let early = self.s.at_stage_0;
        for (at, measure) in program.measures.iter().enumerate() {
            if !matches!(measure.window, Window::SinceReaching(of) if of.index() == index) {
                continue;
            }
            let own = row.and_then(|row| {
                let or = row.or.filter(|(id, _)| id.index() == at).map(|(_, from)| from);
                if ladder.measure.index() == at { row.from } else { or }
            });
            let over = own.unwrap_or(i64::MAX);
            self.s.measures[at].begin_anew(Turn { until, place, sum: 0, over, most: ladder.carry, early });
            // What is left of the day is a day since then.
            self.s.last_counted_day[at] = None;
        }
    }

    /// The midnight from which a keep period that begins today no longer runs.
    pub fn keep_until(&self, index: usize, today: Date) -> Option<Date> {
        self.kept_through(self.plan.program.ladders[index].keep, today)
    }

    fn kept_through(&self, keep: Keep, today: Date) -> Option<Date> {
        let periods = self.periods();
        let last = match keep {
            Keep::UntilReview => return None,
            Keep::For(span) => calendar::last_day(today, span),
            Keep::UntilEnd { next, period, plus } => {
                let mut end = periods.next(today, period);
                if next {
                    end = periods.next(end, period);
                }
                let last = end.plus_days(-1);
                plus.map_or(last, |plus| calendar::last_day(last, plus))
            }
        };
        Some(last.plus_days(1))
    }

    /// A rung is reached, by the test or the move at a place of its climb.
    fn reach(&mut self, index: usize, rung: usize, purchase: Option<u32>, place: usize) -> Checked<()> {
        let tier = tier_id(index, rung);
        self.s.ladders[index].held = tier.rung;
        self.totals.tiers[index][rung].reached += 1;
        self.write_entry(Entry { purchase, ..Entry::new(ladder_source(index), Kind::TierUp(tier), 1, Unit::Count) });
        if self.journal {
            self.s.ladders[index].climb.begin_era(tier.rung, place);
        }
        let customer = self.s.facts.customer;
        self.fill_facts(customer);
        let ((), granted) = self.logged(|account| account.fire_all(&Moment::Reaching(tier)))?;
        if let Some(era) = self.s.ladders[index].climb.open_era(tier.rung) {
            era.granted = granted;
        }
        Ok(())
    }

    /// A worked example's customer holds a tier at first: it counts as reached now, and fires nothing.
    pub fn reach_given(&mut self, tier: TierId) {
        let keep = self.keep_until(tier.ladder.index(), self.today);
        self.stand_on(tier, keep, self.today);
    }

    /// An account stands on a tier that nothing here led to, for as long as it is kept; nothing fires.
    pub fn stand_on(&mut self, tier: TierId, keep: Option<Date>, since: Date) {
        let index = tier.ladder.index();
        let journal = self.journal;
        let state = &mut self.s.ladders[index];
        state.held = tier.rung;
        let place = if journal { state.climb.note_hand(tier.rung, keep, since, true).0 } else { 0 };
        for rung in 1..=usize::from(tier.rung) {
            state.keep[rung] = keep;
            if journal {
                state.climb.begin_era(u8::try_from(rung).unwrap_or(u8::MAX), place);
            }
        }
        self.plan_review(index);
    }

    /// Stage 0 with `tiers change with the purchase`: whether this purchase's base reaches a higher tier.
    pub fn tiers_at_stage_0(&mut self, out: &Outcome, purchase: u32) -> Checked<bool> {
        let before: Vec<u8> = self.s.ladders.iter().map(|l| l.held).collect();
        let (periods, now) = (self.periods(), self.local);
        let member = self.s.member;
        // The thresholds see the sums with this purchase; what it adds is added for good at completion.
        for ((add, counts), (sum, (window, _))) in out.adds.iter().zip(self.s.measures.iter_mut().zip(&self.plan.windows)) {
            if *counts {
                sum.add(*window, now, periods, *add, member)?;
            }
        }
        for one in &out.different {
            let window = self.plan.program.measures[one.measure].window;
            self.s.different[one.measure].note(one.text, (now, purchase), window, periods);
        }
        self.s.at_stage_0 = true;
        let tested = self.test_tiers(Some(purchase));
        self.s.at_stage_0 = false;
        for one in &out.different {
            self.s.different[one.measure].forget(one.text, (now, purchase));
        }
        for ((add, counts), (sum, (window, _))) in out.adds.iter().zip(self.s.measures.iter_mut().zip(&self.plan.windows)) {
            if *counts {
                sum.take_off(*window, now, now, periods, if member || *window != Window::SinceJoining { *add } else { 0 });
            }
        }
        tested?;
        Ok(self.s.ladders.iter().map(|l| l.held).ne(before))
    }

    /// The next midnight at which a ladder must be looked at.
    pub fn plan_review(&mut self, index: usize) {
        let periods = self.periods();
        let ladder = &self.plan.program.ladders[index];
        let state = &self.s.ladders[index];
        let today = self.today;
        let ends = |rung: usize| state.keep.get(rung).copied().flatten().filter(|end| *end > today);
        let held = usize::from(state.held);
        let review = if self.plan.program.tiers_at_reviews {
            // Reviews raise too, whatever period runs.
            let ends = (1..=held).filter_map(ends).chain(state.grace).filter(|end| *end > today);
            ends.chain([periods.next(today, ladder.review)]).min()
        } else if held == 0 || !state.falls {
            None
        } else {
            // Nothing can drop while the keep period of the tier held runs, and a drop put off comes when grace ends. Else
            // the end of a lower tier's period is a review too.
            let next = || (1..held).filter_map(ends).chain([periods.next(today, ladder.review)]).min();
            state.grace.or_else(|| ends(held)).or_else(next)
        };
        self.s.ladders[index].review = review;
        self.lower_due(review);
        self.lower_due(self.s.ladders[index].grace);
    }

    /// Reviews a ladder at the midnight that begins `date`.
    pub fn review(&mut self, index: usize, date: Date) -> Checked<()> {
        let ladder = &self.plan.program.ladders[index];
        let before_midnight = DateTime(date.midnight().0 - 1);
        let held = usize::from(self.s.ladders[index].held);
        let highest = if self.plan.program.tiers_at_reviews { ladder.rungs.len() - 1 } else { held };
        let (mut found, mut renews) = (0, false);
        for rung in (1..=highest).rev() {
            let runs = rung <= held && self.s.ladders[index].keep[rung].is_some_and(|end| end > date);
            renews = rung == held && !runs && self.counts_anew(index);
            if runs || self.meets(index, rung, before_midnight) {
                found = rung;
                break;
            }
        }
        if found > held {
            self.s.ladders[index].grace = None;
            if self.journal {
                self.note_point(index, None, before_midnight);
            }
            let place = self.s.ladders[index].climb.last_place();
            self.count_anew(index, Some(found), before_midnight);
            for rung in held + 1..=found {
                let keep = self.keep_until(index, date);
                self.s.ladders[index].keep[rung] = keep;
                self.reach(index, rung, None, place)?;
            }
            self.plan_review(index);
            return Ok(());
        }
        if found == held {
            self.s.ladders[index].grace = None;
            if renews && held > 0 {
                // From this midnight on, and the count begins at zero.
                if self.journal {
                    self.note_point(index, None, date.midnight());
                }
                self.s.ladders[index].keep[held] = self.keep_until(index, date);
                self.count_anew(index, Some(held), before_midnight);
            }
            self.plan_review(index);
            return Ok(());
        }
        if let Some(grace) = ladder.grace {
            match self.s.ladders[index].grace {
                None => {
                    // Its first day is this one; the drop comes at the midnight after its last.
                    let end = calendar::last_day(date, grace).plus_days(1);
                    self.s.ladders[index].grace = Some(end);
                    self.s.ladders[index].review = Some(end);
                    self.lower_due(Some(end));
                    return Ok(());
                }
                Some(end) if end > date => return Ok(()),
                Some(_) => self.s.ladders[index].grace = None,
            }
        }
        let target = match ladder.drop {
            DropPolicy::ToQualifying => found,
            DropPolicy::OneLevel => held - 1,
            DropPolicy::Never => held,
        };
        if target < held {
            self.count_anew(index, None, before_midnight);
        }
        self.drop_to(index, held, target, date)?;
        self.land(index, held, target, date);
        self.plan_review(index);
        Ok(())
    }

    /// The level that one was dropped to is held for a while, where the program says so.
    pub fn land(&mut self, index: usize, held: usize, target: usize, on: Date) {
        let ladder = &self.plan.program.ladders[index];
        let landing = self.kept_through(ladder.landing, on);
        if ladder.drop == DropPolicy::OneLevel && target > 0 && target < held && landing.is_some() {
            let state = &mut self.s.ladders[index];
            state.keep[target] = state.keep[target].max(landing);
            state.climb.land(held, landing);
        }
    }

    /// Goes down, rung by rung; `on leaving` fires for each. What is made good after a return counts as dropped on an earlier day.
    pub fn drop_to(&mut self, index: usize, held: usize, target: usize, on: Date) -> Checked<()> {
        let customer = self.s.facts.customer;
        for rung in (target + 1..=held).rev() {
            let tier = tier_id(index, rung);
            self.s.ladders[index].held = tier.rung - 1;
            self.totals.tiers[index][rung].lost += 1;
            self.write_entry(Entry::new(ladder_source(index), Kind::TierDown(tier), -1, Unit::Count));
            self.lost_protection(tier)?;
            self.fill_facts(customer);
            let ((), left) = self.logged(|account| account.fire_all(&Moment::Leaving(tier)))?;
            self.s.ladders[index].climb.end_era(tier.rung, on, left);
        }
        Ok(())
    }

    /// `move to tier`: counts as that tier's keep period. Says which move it was.
    pub fn move_to(&mut self, tier: TierId, entitlement: program::Entitlement) -> Checked<Option<u32>> {
        let index = tier.ladder.index();
        let (held, wanted) = (usize::from(self.s.ladders[index].held), usize::from(tier.rung));
        let today = self.today;
        let runs = self.s.ladders[index].keep[wanted].filter(|end| *end > today);
        let keep = match entitlement.lasts {
            Some(program::Lasting::For(span)) if entitlement.added && runs.is_some() => {
                runs.map(|end| calendar::last_day(end.plus_days(-1), span).plus_days(1))
            }
            Some(_) => match self.lasts(entitlement.lasts) {
                Some((last, _)) => last.map(|last| last.plus_days(1)),
                None => return Ok(None),
            },
            None => self.keep_until(index, today).or_else(|| Some(self.periods().next(today, self.plan.program.ladders[index].review))),
        };
        // To renew never shortens.
        let keep = keep.max(runs);
        self.s.ladders[index].keep[wanted] = keep;
        // From here on it is found as at a review, whatever the ladder measures.
        self.s.ladders[index].falls |= self.plan.program.ladders[index].drop != DropPolicy::Never;
        let noted = self.journal.then(|| self.s.ladders[index].climb.note_hand(tier.rung, keep, today, false));
        let place = noted.map_or(0, |(place, _)| place);
        self.count_anew(index, None, self.local);
        if wanted > held {
            for rung in held + 1..=wanted {
                self.reach(index, rung, None, place)?;
            }
        } else {
            self.drop_to(index, held, wanted, today)?;
        }
        self.plan_review(index);
        Ok(noted.map(|(_, number)| number))
    }

    /// Notes that a test met a threshold, by what measures came to at `now`.
    pub fn note_point(&mut self, index: usize, purchase: Option<u32>, now: DateTime) {
        self.s.tick += 1;
        let measures: Vec<usize> = self.s.ladders[index].climb.heights.iter().map(|(measure, _)| *measure).collect();
        let values: Vec<i64> =
            measures.iter().map(|at| self.measure_now(program::MeasureId(u16::try_from(*at).unwrap_or(u16::MAX)), now)).collect();
        let raised = measures.iter().zip(&values).map(|(at, value)| value - self.s.before_event[*at]).collect();
        let point = Point { at: now, bought: self.s.bought, purchase, tick: self.s.tick, raised };
        let climb = &mut self.s.ladders[index].climb;
        for ((_, heights), value) in climb.heights.iter_mut().zip(values) {
            heights.push(value);
        }
        climb.points.push(point);
    }
}

pub(in crate::engine) fn tier_id(ladder: usize, rung: usize) -> TierId {
    TierId { ladder: LadderId(u16::try_from(ladder).unwrap_or(u16::MAX)), rung: u8::try_from(rung).unwrap_or(u8::MAX) }
}

pub(in crate::engine) fn ladder_source(index: usize) -> Source {
    Source::Ladder(u16::try_from(index).unwrap_or(u16::MAX))
}
