//! Completion: counters move, triggers fire, entitlements begin, grants are made.

use crate::engine::account::counters::Sum;
use crate::engine::account::diary::Counts;
use crate::engine::account::entitlements::Entitled;
use crate::engine::account::limits::limit_window;
use crate::engine::award::Award;
use crate::engine::evaluator::{Account, Origin};
use crate::engine::lasting;
use crate::engine::listener::Listener;
use crate::engine::purchase::outcome::{Outcome, times};
use crate::engine::purchase::pots;
use crate::engine::purchase::stage::next_streak;
use crate::engine::shared::ask_for;
use crate::engine::state::case::Case;
use crate::engine::steps::Steps;
use crate::plan::Given;
use crate::plan::triggers::{Fires, Moment, Streak};
use crate::program::{Lasting, MeasureKind, Window};
use crate::value::{Checked, Date, DateTime, Instant, Overflow};

impl<'a, R: Listener> Account<'a, R> {
    /// Counters and windows move.
    pub fn count_purchase(&mut self, out: &mut Outcome, index: u32) -> Checked<()> {
        let (periods, local, member) = (self.periods(), self.local, self.s.member);
        let today = local.date();
        let returns = self.journal;
        for (measure, ((add, counts), (window, days))) in out.adds.iter_mut().zip(&self.plan.windows).enumerate() {
            if !*counts {
                continue;
            }
            if *days {
                if returns {
                    self.s.diary.note(Counts::Day(measure), today, index);
                }
                if self.s.last_counted_day[measure] == Some(today) {
                    *add = 0;
                    continue;
                }
                self.s.last_counted_day[measure] = Some(today);
            }
            if matches!(self.plan.program.measures[measure].kind, MeasureKind::Different(_)) {
                *add = 0;
                continue;
            }
            let sum = &mut self.s.measures[measure];
            sum.add(*window, local, periods, *add, member)?;
            if returns {
                sum.past.push(local, *add);
            }
        }
        if self.plan.program.tiers_with_purchase {
            self.s.measures.iter_mut().for_each(Sum::settle_early);
        }
        for one in &mut out.different {
            let window = self.plan.program.measures[one.measure].window;
            if member || window != Window::SinceJoining {
                one.is_new = self.s.different[one.measure].note(one.text, (local, index), window, periods);
                out.adds[one.measure].0 += i64::from(one.is_new);
            }
        }
        self.s.counted_purchases += 1;
        self.s.last_purchase = Some(today);
        if returns {
            self.s.diary.note(Counts::Purchase, today, index);
        }
        Ok(())
    }

    /// Triggers fire: entitlements begin, grants are made.
    pub fn complete(&mut self, out: &Outcome, index: u32, at: usize, case: &mut Option<Box<Case>>) -> Checked<()> {
        for (rule, firing) in out.firings.iter().map(|f| (f.rule, f)) {
            self.note_firing(rule, &firing.steps, index);
            self.count_draws(rule, firing.times);
            if rule < self.plan.program.rules.len() {
                self.begin_entitlement(rule, Some(index));
            }
        }
        self.note_streaks(out, at, index);
        self.note_silence(at, index, out)?;
        self.post_grants(out, index, case)
    }

    pub fn post_grants(&mut self, out: &Outcome, index: u32, case: &mut Option<Box<Case>>) -> Checked<()> {
        let mut from = out.earned;
        for group in out.awards[out.earned..].chunk_by(|a, b| a.rule == b.rule) {
            let origin = self.plan.origin(group[0].rule);
            let mut gave = false;
            for (at, award) in (from..).zip(group) {
                let posted = self.post(origin, award, Some(index))?;
                gave |= award.gave();
                if let Some(case) = case {
                    case.posted(at, posted);
                }
            }
            from += group.len();
            // A draw of nothing is a draw, which limits count.
            let drawn = origin.rule.is_drawn();
            if gave || drawn {
                let rule = group[0].rule;
                let effects = self.plan.effects[rule].grants();
                // What its modifiers gave on this purchase is the first of these firings, unless it had waited for the purchase.
                let mut earlier = if self.plan.waits(rule) { &[] } else { self.earlier(out, out.earned, rule) };
                for firing in group.chunks(effects) {
                    let won = firing.iter().any(Award::gave);
                    if !won && !drawn {
                        continue;
                    }
                    let again = earlier.iter().any(|award| award.rule == rule && award.gave());
                    self.rule_totals(origin.source).fired += if won { times(firing) - u64::from(again) } else { 0 };
                    self.use_limits(origin, firing.iter(), earlier, case.as_deref_mut())?;
                    earlier = &[];
                }
            }
        }
        Ok(())
    }

    pub fn note_firing(&mut self, rule: usize, steps: &Steps, purchase: u32) {
        match self.plan.causes[rule].fires {
            Fires::Number(numbers) if self.journal => {
                let window = self.plan.program.measures[numbers.counter.index()].window;
                let key = match window {
                    crate::program::Window::In(period) => self.periods().start(self.today, period),
                    _ => Date::MIN,
                };
                self.s.ordinals[rule].push((key, steps.clone(), purchase));
            }
            Fires::Steps(_) => {
                if self.journal {
                    self.s.ordinals[rule].push((Date::MIN, steps.clone(), purchase));
                }
                let (high, holes) = &mut self.s.steps[rule];
                *holes = holes.without(steps);
                *high = steps.last().map_or(*high, |last| last.max(*high));
            }
            _ => {}
        }
    }

    /// Firing again renews an entitlement, never doubles it.
    pub fn begin_entitlement(&mut self, rule: usize, purchase: Option<u32>) {
        let sentence = &self.plan.rules[rule];
        if self.plan.causes[rule].entitles && self.plan.effects[rule].modify() {
            let Some((last_day, until)) = self.lasts(sentence.entitlement.lasts) else { return };
            if self.journal && self.s.entitled[rule].active {
                self.s.renewed.push((rule, self.s.entitled[rule]));
            }
            self.s.entitlements += 1;
            self.s.entitled[rule] = Entitled {
                active: true,
                last_day,
                until,
                uses_left: sentence.entitlement.uses,
                purchase,
                number: self.s.entitlements,
                used: 0,
            };
            if self.s.logs > 0 {
                self.s.log.entitlements.push((rule, self.s.entitlements));
            }
        }
    }

    /// The last day of what begins now, and the instant of its end where hours count; `None` if that is over already.
    pub fn lasts(&self, lasting: Option<Lasting>) -> Option<(Option<Date>, Option<Instant>)> {
        let Some(lasting) = lasting else { return Some((None, None)) };
        let span = lasting::span(self.plan, lasting, self.now, self.today, self.periods())?;
        Some((Some(span.last), span.until))
    }

    pub fn note_streaks(&mut self, out: &Outcome, at: usize, index: u32) {
        if !self.plan.has_steps {
            return;
        }
        for rule in 0..self.plan.rules.len() {
            let Fires::Streak(Streak { period, filter, .. }) = self.plan.causes[rule].fires else { continue };
            let stage = crate::engine::purchase::stage::Stage::new(self.plan, self.part, &self.s.facts, at);
            if out.amount > 0 && stage.scene(&out.lines, out.net).purchase_passes(filter).unwrap_or(false) {
                let mut next = next_streak(&stage, rule, period);
                let fires = out.firings.iter().any(|f| f.rule == rule);
                next.fired |= fires;
                self.s.streaks[rule] = next;
                if let Some(period) = next.last_period.filter(|_| self.journal) {
                    self.s.diary.note(Counts::Streak(rule), period, index);
                    if fires {
                        self.s.diary.note(Counts::Fired(rule), period, index);
                    }
                }
            }
        }
    }

    /// Fires a rule outside a purchase: its entitlement begins, its grants are made.
    pub fn fire(&mut self, rule: usize) -> Checked<()> {
        if let Some(exchange) = rule.checked_sub(self.plan.program.rules.len()) {
            // Exchanges with a trigger are made as often as the balance holds them when it fires.
            return self.exchange(exchange, None);
        }
        self.begin_entitlement(rule, None);
        let Some(awards) = self.awards_of(rule)? else { return Ok(()) };
        self.post_all(self.plan.origin(rule), &awards, None)?;
        Ok(())
    }

    /// What a rule grants outside a purchase; `None` if a clause or a pot does not allow it.
    pub fn awards_of(&mut self, rule: usize) -> Checked<Option<Vec<Award>>> {
        // What earlier sentences of the same moment gave or took lies in the balance that leaves.
        for does in self.plan.effects[rule].iter() {
            if let Given::PayOut(wallet) = does.given {
                self.s.facts.balances[wallet.index()] = self.s.wallets[wallet.index()].balance;
            }
        }
        let Some(awards) = self.grants_now(rule)? else { return Ok(None) };
        self.count_draws(rule, 1);
        Ok(self.charge_pots(rule, &awards)?.then_some(awards))
    }

    /// Firings of a rule that draws what it gives are counted once its clauses hold, whatever limits and budgets then say.
    pub fn count_draws(&mut self, rule: usize, times: i64) {
        if self.plan.draws_what_it_gives && self.plan.rules[rule].is_drawn() {
            self.s.drawn[rule] = self.s.drawn[rule].saturating_add(times);
        }
    }

    /// The same, whatever pots hold.
    pub fn grants_now(&self, rule: usize) -> Checked<Option<Vec<Award>>> {
        let origin = self.plan.origin(rule);
        let scene = self.scene();
        let holds = scene.failed_when(&origin.rule.when, origin.rule.past_midnight_until).is_none()
            && scene.failed_test(&origin.rule.tests)?.is_none();
        if !holds {
            return Ok(None);
        }
        let mut awards = Vec::new();
        crate::engine::purchase::grants::grants(&scene, rule, origin.limits, &mut awards)?;
        self.cut_to_held(&mut awards);
        Ok(Some(awards))
    }

    /// Takes awards from the pots that their rule draws on: all or nothing. What does not fit closes its pot.
    pub fn charge_pots(&mut self, rule: usize, awards: &[Award]) -> Checked<bool> {
        let (periods, date) = (self.periods(), self.today);
        let Some(pots) = self.plan.rule_pots.get(rule) else { return Ok(true) };
        ask_for(pots);
        let mut wanted = Vec::with_capacity(pots.len());
        let mut fits = true;
        for &pot in pots {
            let mut sum = 0_i64;
            for award in awards {
                let drawn = pots::draw(self.plan, &self.plan.pots[pot], award, award.reward.granted)?;
                sum = sum.checked_add(drawn).ok_or(Overflow)?;
            }
            let room = self.shared.pots[pot].room(&self.plan.pots[pot], date, periods);
            if !room.closed {
                self.shared.pots[pot].ask(&self.plan.pots[pot], date, periods, sum);
            }
            if room.closed {
                fits = false;
            } else if sum > room.left {
                self.shared.pots[pot].close(&self.plan.pots[pot], date, periods);
                fits = false;
            }
            wanted.push((pot, sum));
        }
        if fits {
            for (pot, sum) in wanted {
                self.shared.pots[pot].take(&self.plan.pots[pot], date, periods, sum);
            }
        }
        Ok(fits)
    }

    /// Posts the awards of one firing.
    pub fn post_all(&mut self, origin: Origin<'_>, awards: &[Award], purchase: Option<u32>) -> Checked<Vec<(u32, Option<u32>)>> {
        let mut posted = Vec::with_capacity(awards.len());
        for award in awards {
            posted.push(self.post(origin, award, purchase)?);
        }
        let gave = awards.iter().any(Award::gave);
        if gave || origin.rule.is_drawn() {
            let times = if gave { times(awards) } else { 0 };
            self.rule_totals(origin.source).fired += times;
            if self.s.logs > 0 {
                self.s.log.fired.push((origin.source, times));
            }
            self.use_limits(origin, awards.iter(), &[], None)?;
            // Later rules of the same moment see what is left of shared limits.
            let periods = self.periods();
            let own = origin.limits..origin.limits + origin.rule.limits.len();
            for (index, limit) in own.clone().zip(&self.plan.limits[own]) {
                let Some(window) = limit_window(limit) else { continue };
                let alone = [index];
                let together = self.plan.shared_limits.iter().find(|places| places.contains(&index)).map_or(&alone[..], Vec::as_slice);
                let mut sum = 0_i64;
                for at in together {
                    sum = sum.saturating_add(self.s.limits[*at].value(window, self.local, periods));
                }
                together.iter().for_each(|at| self.s.facts.used[*at] = sum);
            }
        }
        Ok(posted)
    }

    /// One more customer whom this one referred.
    pub fn count_referral(&mut self) -> Checked<()> {
        for measure in 0..self.plan.program.measures.len() {
            if self.plan.program.measures[measure].kind == MeasureKind::Referrals {
                self.add_measure(measure, 1)?;
            }
        }
        Ok(())
    }

    /// Fires every rule that something sets off, in file order, on the facts as they were filled.
    pub fn fire_all(&mut self, moment: &Moment) -> Checked<()> {
        self.plan.fired_by(moment).try_for_each(|rule| self.fire(rule))
    }

    /// What is taken back returns to the pots it came from, in the period of its purchase.
    pub fn take_back_drawn(&mut self, award: &Award, less: i64, purchase: Option<u32>) -> Checked<()> {
        let periods = self.periods();
        let date = self.place_of(purchase).date();
        let Some(pots) = self.plan.rule_pots.get(award.rule) else { return Ok(()) };
        for &index in pots {
            let pot = &self.plan.pots[index];
            let drawn = pots::draw(self.plan, pot, award, less)?;
            self.shared.pots[index].take(pot, date, periods, -drawn);
        }
        Ok(())
    }

    /// When what is taken back was granted: at its purchase, or when it says so.
    pub fn place_of(&self, purchase: Option<u32>) -> DateTime {
        let at = purchase.and_then(|purchase| self.history.purchases.start.checked_add(purchase));
        let at = at.and_then(|at| self.part.purchases.at.get(usize::try_from(at).ok()?).copied());
        at.map_or(self.s.granted_at.map_or(self.local, |(at, _)| at), |moment| self.plan.program.zone.local(moment))
    }
}
