//! Ladders of tiers.

use crate::engine::Recorder;
use crate::engine::account::Account;
use crate::engine::account::measures;
use crate::engine::day::calendar::{self, Periods};
use crate::engine::ledger::{Kind, Source, Unit};
use crate::engine::purchase::{Award, Given, Outcome};
use crate::program::{self, DropPolicy, Keep, LadderId, MeasureId, MeasureKind, TierId, Trigger, Window};
use crate::value::{Checked, Date, DateTime};

/// A time a rung's threshold was met by an event, kept where returns may undo it.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Met {
    pub rung: u8,
    /// The rung whose threshold was met: a higher one where this was only passed on the way up.
    by: u8,
    pub at: DateTime,
    /// Which loss of the rung came after, counted from 1; 0 while it is held.
    lost: usize,
    /// The purchase that met it, if one did.
    purchase: Option<u32>,
    /// Purchases made by then, and what each measure had noted.
    bought: u32,
    known: Vec<usize>,
    /// Until when it kept the rung.
    pub keep: Option<Date>,
    /// What reaching it granted, if it was reached then.
    pub granted: Vec<(Award, u32, Option<u32>)>,
    /// What limits counted of it.
    pub limits: Vec<(usize, i64)>,
    /// When that was: earlier than `at` where this time stands in for one that was undone.
    granted_at: DateTime,
}

/// The ladder of one account.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Ladder {
    pub held: u8,
    /// By rung: the midnight from which its keep period no longer runs.
    pub keep: Vec<Option<Date>>,
    /// The midnight of the next review; `None` where none can change anything.
    pub review: Option<Date>,
    /// The midnight at which a drop put off by grace comes.
    pub grace: Option<Date>,
    pub met: Vec<Met>,
    /// Whether its measure can fall without a return.
    falls: bool,
}

impl Ladder {
    pub fn new(ladder: &program::Ladder) -> Self {
        Self { keep: vec![None; ladder.rungs.len()], ..Self::default() }
    }

    /// A rung is lost: what met it until now no longer holds it.
    fn end_era(&mut self, rung: u8) {
        let era = 1 + self.met.iter().filter(|met| met.rung == rung).map(|met| met.lost).max().unwrap_or(0);
        self.met.iter_mut().filter(|met| met.rung == rung && met.lost == 0).for_each(|met| met.lost = era);
    }

    pub fn clear(&mut self) {
        self.held = 0;
        self.keep.fill(None);
        self.review = None;
        self.grace = None;
        self.met.clear();
    }
}

impl<R: Recorder> Account<'_, R> {
    /// Membership begins: everyone stands on the first rung.
    pub fn start_ladder(&mut self, index: usize) {
        self.s.ladders[index].clear();
        self.s.ladders[index].falls = self.can_fall(index);
    }

    fn can_fall(&self, index: usize) -> bool {
        let program = self.bound.program;
        let ladder = &program.ladders[index];
        let falls = |id: MeasureId| {
            let measure = &program.measures[id.index()];
            matches!(measure.window, Window::Last(_) | Window::In(_)) || matches!(measure.kind, program::MeasureKind::Balance(_))
        };
        ladder.drop != DropPolicy::Never
            && (falls(ladder.measure) || ladder.rungs.iter().any(|rung| rung.by_invitation || rung.or.is_some_and(|(id, _)| falls(id))))
    }

    fn measure_now(&mut self, id: MeasureId, now: DateTime) -> i64 {
        let periods = self.periods();
        let measure = &self.bound.program.measures[id.index()];
        match measure.kind {
            program::MeasureKind::Balance(wallet) => self.s.wallets[wallet.index()].balance,
            _ => self.s.measures[id.index()].value(measure.window, now, periods),
        }
    }

    fn meets(&mut self, index: usize, rung: usize, now: DateTime) -> bool {
        let ladder = &self.bound.program.ladders[index];
        let Some(row) = ladder.rungs.get(rung) else { return false };
        let first = row.from.is_some_and(|from| self.measure_now(ladder.measure, now) >= from);
        first || row.or.is_some_and(|(id, from)| self.measure_now(id, now) >= from)
    }

    /// Notes what ladders measure before an event, to know afterwards what the event raised.
    pub fn note_ladder_measures(&mut self) {
        let program = self.bound.program;
        let all = !self.returned.is_empty();
        for ladder in program.ladders.iter().filter(|ladder| all || ladder.keep != Keep::UntilReview) {
            for id in std::iter::once(ladder.measure).chain(ladder.rungs.iter().filter_map(|rung| rung.or.map(|(id, _)| id))) {
                self.s.before_event[id.index()] = self.measure_now(id, self.local);
            }
        }
    }

    /// Tests every ladder after an event, a purchase or another; or after a midnight, which renews nothing.
    pub fn test_tiers(&mut self, purchase: Option<u32>, by_event: bool) -> Checked<()> {
        if !self.is_active() {
            return Ok(());
        }
        for index in 0..self.s.ladders.len() {
            self.test_ladder(index, purchase, by_event)?;
        }
        Ok(())
    }

    fn test_ladder(&mut self, index: usize, purchase: Option<u32>, by_event: bool) -> Checked<()> {
        let ladder = &self.bound.program.ladders[index];
        let now = self.local;
        // Nobody asks what an event raised where nothing is renewed.
        let renews = ladder.keep != Keep::UntilReview || !self.returned.is_empty();
        let mut measures = std::iter::once(ladder.measure).chain(ladder.rungs.iter().filter_map(|rung| rung.or.map(|(id, _)| id)));
        let is_raised = by_event && renews && measures.any(|id| self.measure_now(id, now) > self.s.before_event[id.index()]);
        let held = usize::from(self.s.ladders[index].held);
        let (mut highest, mut is_renewed) = (held, false);
        let known_before = self.s.ladders[index].met.len();
        let value = self.measure_now(ladder.measure, now);
        // Rungs held already matter only where meeting them again renews them.
        let lowest = if is_raised { 1 } else { held + 1 };
        for (rung, row) in ladder.rungs.iter().enumerate().skip(lowest) {
            let first = row.from.is_some_and(|from| value >= from);
            if !first && row.or.is_none_or(|(id, from)| self.measure_now(id, now) < from) {
                continue;
            }
            let is_new = rung > held;
            highest = highest.max(rung);
            if is_new || is_raised {
                let keep = self.keep_until(index, now.date());
                self.s.ladders[index].keep[rung] = keep;
                is_renewed |= rung == held && keep.is_some();
                self.lower_due(keep);
                if !self.returned.is_empty() {
                    self.note_balances(now);
                    let known = self.s.measures.iter().map(|measure| measure.track.len()).collect();
                    let rung = u8::try_from(rung).unwrap_or(u8::MAX);
                    let met = Met {
                        rung,
                        by: rung,
                        at: now,
                        lost: 0,
                        purchase,
                        bought: self.s.bought,
                        known,
                        keep,
                        granted: Vec::new(),
                        limits: Vec::new(),
                        granted_at: now,
                    };
                    self.s.ladders[index].met.push(met);
                }
            }
        }
        if highest == held && self.s.ladders[index].grace.is_some() && self.meets(index, held, now) {
            // Met before the drop came: it does not come.
            self.s.ladders[index].grace = None;
            self.plan_review(index);
        }
        if highest > held {
            self.s.ladders[index].grace = None;
            self.note_passed(index, held, known_before);
            for rung in held + 1..=highest {
                self.reach(index, rung, purchase)?;
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

    /// Rungs passed on the way to one that was met stand and fall with it.
    fn note_passed(&mut self, index: usize, held: usize, known_before: usize) {
        let met = &mut self.s.ladders[index].met;
        let new = met.split_off(known_before.min(met.len()));
        let highest = new.iter().map(|met| usize::from(met.rung)).max().unwrap_or(held);
        for rung in held + 1..highest {
            let next = new.iter().filter(|met| usize::from(met.rung) >= rung).min_by_key(|met| met.rung);
            if let Some(next) = next.filter(|next| usize::from(next.rung) > rung) {
                met.push(Met { rung: u8::try_from(rung).unwrap_or(u8::MAX), by: next.rung, keep: None, ..next.clone() });
            }
        }
        met.extend(new);
    }

    /// The midnight from which a keep period that begins today no longer runs.
    fn keep_until(&self, index: usize, today: Date) -> Option<Date> {
        let periods = self.periods();
        let last = match self.bound.program.ladders[index].keep {
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

    fn reach(&mut self, index: usize, rung: usize, purchase: Option<u32>) -> Checked<()> {
        let tier = tier_id(index, rung);
        self.s.ladders[index].held = tier.rung;
        self.totals.tiers[index][rung].reached += 1;
        self.record(ladder_source(index), Kind::TierUp(tier), purchase, 1, 1, Unit::Count);
        let customer = self.s.facts.customer;
        let (mark, limits_mark) = (self.s.granted_log.len(), self.s.limits_log.len());
        self.s.log_grants = !self.returned.is_empty();
        self.fill_facts(customer);
        let result = self.fire_all(|trigger| *trigger == Trigger::Reaching(tier));
        self.s.log_grants = false;
        let granted = self.s.granted_log.split_off(mark);
        let limits = self.s.limits_log.split_off(limits_mark);
        let now = self.local;
        if let Some(met) = self.s.ladders[index].met.iter_mut().rev().find(|met| usize::from(met.rung) == rung && met.at == now) {
            met.granted = granted;
            met.limits = limits;
        }
        result
    }

    /// A worked example's customer holds a tier at first: it counts as reached now, and fires nothing.
    pub fn reach_given(&mut self, tier: TierId) {
        let index = tier.ladder.index();
        let today = self.today;
        let keep = self.keep_until(index, today);
        let state = &mut self.s.ladders[index];
        state.held = tier.rung;
        for rung in 1..=usize::from(tier.rung) {
            state.keep[rung] = keep;
        }
        self.plan_review(index);
    }

    /// Stage 0 with `tiers change with the purchase`: whether this purchase's base reaches a higher tier.
    pub fn tiers_at_stage_0(&mut self, out: &Outcome, purchase: u32) -> Checked<bool> {
        let before: Vec<u8> = self.s.ladders.iter().map(|l| l.held).collect();
        let (periods, now) = (self.periods(), self.local);
        let member = self.s.member;
        // The thresholds see the sums with this purchase; what it adds is added for good at completion.
        let windows: Vec<Window> = self.bound.program.measures.iter().map(|m| m.window).collect();
        let kept = self.s.measures.clone();
        for (index, (add, counts)) in out.adds.iter().enumerate() {
            if *counts {
                self.s.measures[index].add(windows[index], now, periods, *add, member)?;
                if !self.returned.is_empty() {
                    self.s.measures[index].note(now, Some(purchase), *add);
                }
            }
        }
        let tested = self.test_tiers(Some(purchase), true);
        self.s.measures = kept;
        tested?;
        Ok(self.s.ladders.iter().map(|l| l.held).ne(before))
    }

    /// The next midnight at which a ladder must be looked at.
    pub fn plan_review(&mut self, index: usize) {
        let periods = self.periods();
        let ladder = &self.bound.program.ladders[index];
        let state = &self.s.ladders[index];
        let today = self.today;
        let kept = state.keep.get(usize::from(state.held)).copied().flatten().filter(|end| *end > today);
        let review = if state.held == 0 || !state.falls {
            None
        } else {
            // Nothing can drop while the keep period of the tier held runs, and a drop put off comes when grace ends.
            state.grace.or(kept).or_else(|| Some(periods.next(today, ladder.review)))
        };
        self.s.ladders[index].review = review;
        self.lower_due(review);
        self.lower_due(self.s.ladders[index].grace);
    }

    /// Reviews a ladder at the midnight that begins `date`.
    pub fn review(&mut self, index: usize, date: Date) -> Checked<()> {
        let ladder = &self.bound.program.ladders[index];
        let before_midnight = DateTime(date.midnight().0 - 1);
        let held = usize::from(self.s.ladders[index].held);
        let mut found = 0;
        for rung in (1..=held).rev() {
            let runs = self.s.ladders[index].keep[rung].is_some_and(|end| end > date);
            if runs || self.meets(index, rung, before_midnight) {
                found = rung;
                break;
            }
        }
        if found >= held {
            self.s.ladders[index].grace = None;
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
        self.drop_to(index, held, target)?;
        self.plan_review(index);
        Ok(())
    }

    /// Goes down, rung by rung; `on leaving` fires for each.
    pub fn drop_to(&mut self, index: usize, held: usize, target: usize) -> Checked<()> {
        let customer = self.s.facts.customer;
        for rung in (target + 1..=held).rev() {
            let tier = tier_id(index, rung);
            self.s.ladders[index].held = tier.rung - 1;
            self.s.ladders[index].end_era(tier.rung);
            self.totals.tiers[index][rung].lost += 1;
            self.record(ladder_source(index), Kind::TierDown(tier), None, -1, -1, Unit::Count);
            self.lost_protection(tier)?;
            self.fill_facts(customer);
            self.fire_all(|trigger| *trigger == Trigger::Leaving(tier))?;
        }
        Ok(())
    }

    /// `move to tier`: counts as that tier's keep period.
    pub fn move_to(&mut self, tier: TierId, lasts: Option<program::CivilSpan>) -> Checked<()> {
        let index = tier.ladder.index();
        let (held, wanted) = (usize::from(self.s.ladders[index].held), usize::from(tier.rung));
        let today = self.today;
        let keep = match lasts {
            Some(span) => Some(calendar::last_day(today, span).plus_days(1)),
            None => self.keep_until(index, today).or_else(|| Some(self.periods().next(today, self.bound.program.ladders[index].review))),
        };
        self.s.ladders[index].keep[wanted] = keep;
        if wanted > held {
            for rung in held + 1..=wanted {
                self.reach(index, rung, None)?;
            }
        } else {
            self.drop_to(index, held, wanted)?;
        }
        self.plan_review(index);
        Ok(())
    }

    /// After a return: tiers and keep periods that would not have been reached without the returned part go at once.
    /// `gone` is the purchase, if it came back whole.
    pub fn undo_tiers(&mut self, gone: Option<u32>) -> Checked<()> {
        // What reaching a tier granted may have led to another.
        while self.undo_tiers_once(gone)? {}
        Ok(())
    }

    fn undo_tiers_once(&mut self, gone: Option<u32>) -> Checked<bool> {
        let periods = self.periods();
        let mut any = false;
        for index in 0..self.s.ladders.len() {
            let ladder = &self.bound.program.ladders[index];
            let mut met = std::mem::take(&mut self.s.ladders[index].met);
            let mut undone = Vec::new();
            // What reaching a rung granted must not hold that rung, or another, if the rung was not reached.
            let mut in_doubt = Vec::new();
            met.retain(|met| {
                let stays = (gone.is_none() || met.purchase != gone) && self.met_still(ladder, met, &in_doubt, periods);
                if stays {
                    // Reached without what came back, only later: from here on what reaching it granted counts.
                    in_doubt.retain(|lost: &Met| (lost.rung, lost.lost) != (met.rung, met.lost));
                } else {
                    if !met.granted.is_empty() {
                        in_doubt.push(met.clone());
                    }
                    undone.push(met.clone());
                }
                stays
            });
            any |= !undone.is_empty();
            for lost in undone.iter().filter(|met| met.lost == 0) {
                let latest = met.iter().rev().find(|m| m.rung == lost.rung && m.lost == 0).map(|m| m.keep);
                self.s.ladders[index].keep[usize::from(lost.rung)] = latest.flatten();
            }
            let still = |rung: u8| met.iter().any(|m| m.rung >= rung && m.lost == 0);
            let held = self.s.ladders[index].held;
            let mut target = held;
            while target > 0 && undone.iter().any(|m| m.rung == target && m.lost == 0) && !still(target) {
                target -= 1;
            }
            // What reaching a rung granted goes with the first time it was met, unless a later time stands in for it.
            for lost in undone {
                // A higher rung met later was reached by way of this one.
                let again = met.iter().position(|m| m.rung == lost.rung && m.lost == lost.lost);
                let higher = || met.iter().position(|m| m.rung > lost.rung && (m.lost, lost.lost) == (0, 0));
                match again.or_else(higher).and_then(|at| met.get_mut(at)) {
                    Some(_) if lost.granted.is_empty() && lost.limits.is_empty() => {}
                    Some(other) => {
                        other.granted_at = lost.granted_at;
                        other.granted.extend(lost.granted);
                        other.limits.extend(lost.limits);
                    }
                    None => {
                        for (slot, used) in lost.limits {
                            if let Some(window) = measures::limit_window(self.bound.limits[slot]) {
                                self.s.limits[slot].take_back(window, lost.granted_at, self.local, periods, used);
                            }
                        }
                        // It leaves windows, limits and budgets where it had been counted.
                        let before = self.s.granted_at.replace(lost.granted_at);
                        for (award, entry, lot) in lost.granted {
                            self.take_back_award(&award, award.reward.granted, entry, lot, None)?;
                        }
                        self.s.granted_at = before;
                    }
                }
            }
            self.s.ladders[index].met = met;
            if target < held {
                for rung in (usize::from(target) + 1..=usize::from(held)).rev() {
                    let tier = tier_id(index, rung);
                    self.s.ladders[index].held = tier.rung - 1;
                    self.totals.tiers[index][rung].reached = self.totals.tiers[index][rung].reached.saturating_sub(1);
                    self.record(ladder_source(index), Kind::TierDown(tier), None, -1, -1, Unit::Count);
                    self.never_protected(tier);
                    for rule in 0..self.bound.program.rules.len() {
                        if self.bound.rules[rule].trigger == Trigger::Reaching(tier) {
                            self.last_entitlement_ends(rule);
                        }
                    }
                }
            }
            self.plan_review(index);
        }
        Ok(any)
    }

    /// Ladders by balance: what it comes to is noted whenever a threshold is met, so that it can be asked for later.
    fn note_balances(&mut self, now: DateTime) {
        for (measure, sum) in self.bound.program.measures.iter().zip(&mut self.s.measures) {
            if let program::MeasureKind::Balance(wallet) = measure.kind {
                let noted: i64 = sum.track.iter().map(|note| note.amount).sum();
                sum.note(now, None, self.s.wallets[wallet.index()].balance - noted);
            }
        }
    }

    /// What balances would not have held without a part that came back.
    pub fn note_balance_without(&mut self, wallet: program::WalletId, less: i64, purchase: Option<u32>) {
        for (measure, sum) in self.bound.program.measures.iter().zip(&mut self.s.measures) {
            if measure.kind == program::MeasureKind::Balance(wallet) {
                sum.take_off(self.s.granted_at.unwrap_or(self.local), purchase, -less);
            }
        }
    }

    /// Whether a threshold would have been met then, also without what reaching the rungs `in_doubt` granted.
    fn met_still(&self, ladder: &program::Ladder, met: &Met, in_doubt: &[Met], periods: Periods) -> bool {
        let Some(row) = ladder.rungs.get(usize::from(met.by)) else { return false };
        let as_of = |id: MeasureId| {
            let measure = &self.bound.program.measures[id.index()];
            let known = met.known.get(id.index()).copied().unwrap_or(0);
            let sum = self.s.measures[id.index()].as_of(measure.window, met.at, known, met.bought, periods);
            let counts = |lost: &&Met| lost.granted_at < met.at && measures::is_inside(measure.window, lost.granted_at, met.at, periods);
            let granted = in_doubt.iter().filter(counts).flat_map(|lost| &lost.granted);
            let of_wallet = |wallet| matches!(measure.kind, MeasureKind::Earned(w) | MeasureKind::Balance(w) if w == wallet);
            let doubtful = |award: &Award| {
                if let Given::Grant(w) = award.given
                    && of_wallet(w)
                {
                    award.reward.granted
                } else {
                    0
                }
            };
            sum - granted.map(|(award, ..)| doubtful(award)).sum::<i64>()
        };
        row.from.is_some_and(|from| as_of(ladder.measure) >= from) || row.or.is_some_and(|(id, from)| as_of(id) >= from)
    }
}

fn tier_id(ladder: usize, rung: usize) -> TierId {
    TierId { ladder: LadderId(u16::try_from(ladder).unwrap_or(u16::MAX)), rung: u8::try_from(rung).unwrap_or(u8::MAX) }
}

fn ladder_source(index: usize) -> Source {
    Source::Ladder(u16::try_from(index).unwrap_or(u16::MAX))
}
