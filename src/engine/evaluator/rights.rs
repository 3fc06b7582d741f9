//! Gifts with a life: a right until they are collected.

use crate::engine::award::Award;
use crate::engine::evaluator::{Account, Activity, Origin};
use crate::engine::lasting;
use crate::engine::ledger::{Entry, Kind, Source, Unit};
use crate::engine::listener::Listener;
use crate::engine::state::kept::{Right, RightState, TakenRight};
use crate::plan::effects::Effects;
use crate::plan::{Given, Plan};
use crate::program::{GiftId, Lasting};
use crate::value::{Checked, Date, name_key};

/// How long a gift waits; `None` if it is handed over at once.
fn life(plan: &Plan<'_>, rule: usize, effect: usize) -> Option<Lasting> {
    let does = plan.effect(rule, effect).filter(|does| matches!(does.given, Given::Gift(_)))?;
    does.valid.or(plan.rules[rule].life.expiring_after.map(Lasting::For))
}

impl Plan<'_> {
    /// The gift of a name, if some sentence grants it with a life.
    pub(in crate::engine) fn gift_to_collect(&self, name: &str) -> Option<GiftId> {
        let key = name_key(name);
        let waits = |(rule, effects): (usize, &Effects<'_>)| {
            effects.iter().enumerate().find_map(|(effect, does)| {
                let Given::Gift(gift) = does.given else { return None };
                let same = name_key(&self.program.gifts[gift.index()].name) == key;
                (same && life(self, rule, effect).is_some()).then_some(gift)
            })
        };
        self.effects.iter().enumerate().find_map(waits)
    }
}

impl<R: Listener> Account<'_, R> {
    /// Keeps a gift that has a life; `None` if it has none. It costs nothing before it is collected.
    pub fn keep_right(&mut self, origin: Origin<'_>, award: &Award, gift: GiftId, purchase: Option<u32>) -> Option<(u32, Option<u32>)> {
        let lasting = life(self.plan, award.rule, award.effect)?;
        if award.reward.granted == 0 {
            return Some((self.write(origin, award, Kind::Gift(gift), purchase, Unit::Count, None), None));
        }
        let span = lasting::span(self.plan, lasting, self.now, self.today, self.periods())?;
        self.s.last_lot += 1;
        let id = self.s.last_lot;
        let entry = self.write(origin, award, Kind::Gift(gift), purchase, Unit::Count, Some((id, Some(span.last.plus_days(1)))));
        self.s.rights.push(Right { id, gift, award: *award, at: self.local, entry, span, state: RightState::Open });
        self.lower_due(Some(span.last.plus_days(1)));
        Some((entry, Some(id)))
    }

    /// A customer collects a gift: of several rights the one that ends first; without one it is refused.
    pub fn collect(&mut self, gift: GiftId, customer: u32) {
        self.s.customer_of_day = customer;
        if self.is_active() {
            self.touch_activity(Activity::Event, None);
        }
        let today = self.today;
        let usable = |right: &&Right| right.gift == gift && right.is_usable(today);
        let found = self.s.rights.iter().filter(usable).min_by_key(|right| (right.span.last, right.span.until, right.id));
        let Some(id) = found.map(|right| right.id) else {
            self.totals.refused += 1;
            self.write_entry(Entry { wanted: 1, ..Entry::new(Source::Given, Kind::Refused, 0, Unit::Count) });
            return;
        };
        self.hand_over(id);
    }

    /// By assumption a customer collects all that waits when buying.
    pub fn collect_by_assumption(&mut self, customer: u32, purchase: u32) {
        if self.s.rights.is_empty() || !self.is_active() || !self.policies.collects_gifts(self.part, customer, purchase) {
            return;
        }
        let today = self.today;
        let waiting: Vec<u32> = self.s.rights.iter().filter(|right| right.is_usable(today)).map(|right| right.id).collect();
        waiting.into_iter().for_each(|id| self.hand_over(id));
    }

    fn hand_over(&mut self, id: u32) {
        let Some(at) = self.s.rights.iter().position(|right| right.id == id) else { return };
        self.s.rights[at].state = RightState::Collected;
        let (gift, rule) = (self.s.rights[at].gift, self.s.rights[at].award.rule);
        let cost = self.plan.program.gifts[gift.index()].costs;
        self.totals.gifts[gift.index()] += 1;
        let totals = self.rule_totals(self.plan.origin(rule).source);
        totals.gifts += 1;
        totals.cost += i128::from(cost);
        self.write_right(at, Kind::GiftCollected(gift), 1);
    }

    /// Rights whose time is over; what they drew from budgets and series goes back.
    pub fn expire_rights(&mut self, date: Date) -> Checked<()> {
        for at in 0..self.s.rights.len() {
            let right = &self.s.rights[at];
            let by_hour = right.span.until.is_some_and(|until| until <= self.now);
            if right.state != RightState::Open || right.span.last >= date && !by_hour {
                continue;
            }
            let (award, granted_at, gift) = (right.award, right.at, right.gift);
            self.s.rights[at].state = RightState::Over;
            let before = self.s.granted_at.replace((granted_at, self.s.tick));
            let refilled = self.take_back_drawn(&award, award.reward.granted, None);
            self.s.granted_at = before;
            refilled?;
            self.write_right(at, Kind::GiftExpired(gift), 0);
        }
        Ok(())
    }

    /// The grant of a right is taken back; `None` if it had been collected, or was none.
    pub fn take_back_right(&mut self, id: Option<u32>) -> Option<TakenRight> {
        let right = self.s.rights.iter_mut().find(|right| Some(right.id) == id)?;
        match right.state {
            RightState::Open => {
                right.state = RightState::Over;
                Some(TakenRight::Waiting)
            }
            RightState::Over => Some(TakenRight::Lapsed),
            RightState::Collected => None,
        }
    }

    /// The next midnight at which a right ends.
    pub fn right_due(&self) -> Option<Date> {
        let open = self.s.rights.iter().filter(|right| right.state == RightState::Open);
        open.map(|right| right.span.last.plus_days(1)).min()
    }

    fn write_right(&mut self, at: usize, kind: Kind, granted: i64) {
        let right = &self.s.rights[at];
        let (lot, expires, reverses) = (Some(right.id), Some(right.span.last), Some(right.entry));
        let source = self.plan.origin(right.award.rule).source;
        self.write_entry(Entry { lot, expires, reverses, ..Entry::new(source, kind, granted, Unit::Count) });
    }
}
