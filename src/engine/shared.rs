//! What accounts share, as it stands: pots, entries in draws, and what one account sets off in another.

use crate::engine::calendar::Periods;
use crate::plan::Plan;
use crate::plan::pots::Pot;
use crate::value::Date;
use std::cell::Cell;
use std::collections::BTreeMap;

/// What became of a pot in one of its periods.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::engine) struct Slot {
    pub period: Option<Date>,
    pub used: i64,
    /// The most that would have been used if all that was asked for had been given.
    pub peak: i64,
    /// The first grant that did not fit closed it for the rest of its period.
    pub closed: bool,
}

/// What a pot holds when a step begins.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) enum Left {
    /// More than the step can ask for.
    All,
    Some(i64),
    Closed,
}

impl Slot {
    pub fn at(pot: &Pot, period: Option<Date>, left: Left) -> Self {
        let used = match left {
            Left::All => pot.limit - i64::MAX / 4,
            Left::Some(left) => pot.limit - left,
            Left::Closed => pot.limit,
        };
        Self { period, used, peak: used, closed: matches!(left, Left::Closed) }
    }
}

thread_local! {
    /// Pots that a rule under evaluation asked for, one bit each; the last bit stands for all from the 64th on.
    static ASKED: Cell<u64> = const { Cell::new(0) };
}

fn bit(pot: usize) -> u64 {
    1 << pot.min(63)
}

/// A step begins.
pub(in crate::engine) fn forget_asked() {
    ASKED.set(0);
}

/// Whether what a step did may depend on a pot.
pub(in crate::engine) fn was_asked(pot: usize) -> bool {
    ASKED.get() & bit(pot) != 0
}

/// A rule's pots are looked at.
pub(in crate::engine) fn ask_for(pots: &[usize]) {
    if !pots.is_empty() {
        ASKED.set(pots.iter().fold(ASKED.get(), |all, pot| all | bit(*pot)));
    }
}

/// What became of a pot so far. At a midnight some accounts settle the day just over while others have begun the new one,
/// so that the last period is kept beside this one.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::engine) struct PotState {
    now: Slot,
    before: Slot,
}

impl PotState {
    pub fn of(now: Slot, before: Slot) -> Self {
        Self { now, before }
    }

    pub fn slots(self) -> [Slot; 2] {
        [self.now, self.before]
    }

    /// Notes that so much was asked for at once.
    pub fn ask(&mut self, pot: &Pot, date: Date, periods: Periods, wanted: i64) {
        if let Some(slot) = self.slot(pot, date, periods) {
            slot.peak = slot.peak.max(slot.used.saturating_add(wanted));
        }
    }

    /// The period that holds `date`, unless it is long over.
    fn slot(&mut self, pot: &Pot, date: Date, periods: Periods) -> Option<&mut Slot> {
        let period = pot.per.map(|per| periods.start(date, per));
        if period > self.now.period {
            self.before = std::mem::replace(&mut self.now, Slot { period, ..Slot::default() });
        }
        [&mut self.now, &mut self.before].into_iter().find(|slot| slot.period == period)
    }

    /// What is left on a day.
    pub fn room(&mut self, pot: &Pot, date: Date, periods: Periods) -> Room {
        self.slot(pot, date, periods)
            .map_or(Room { left: 0, closed: true }, |slot| Room { left: pot.limit - slot.used, closed: slot.closed })
    }

    /// Takes from it on a day, or (negative) gives back; a closed pot stays closed.
    pub fn take(&mut self, pot: &Pot, date: Date, periods: Periods, amount: i64) {
        if let Some(slot) = self.slot(pot, date, periods) {
            slot.used += amount;
        }
    }

    /// Closes it for the rest of its period.
    pub fn close(&mut self, pot: &Pot, date: Date, periods: Periods) {
        if let Some(slot) = self.slot(pot, date, periods) {
            slot.closed = true;
        }
    }
}

/// What a rule may still take from a pot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::engine) struct Room {
    pub left: i64,
    pub closed: bool,
}

/// Whether a rule takes part: none of its pots is closed.
#[inline]
pub(in crate::engine) fn is_open(plan: &Plan<'_>, rooms: &[Room], rule: usize) -> bool {
    plan.rule_pots.get(rule).is_none_or(|pots| {
        ask_for(pots);
        pots.iter().all(|pot| !rooms[*pot].closed)
    })
}

/// What accounts share.
#[derive(Debug, Default)]
pub(in crate::engine) struct Shared {
    pub pots: Vec<PotState>,
    /// By draw and account: entries not taken back.
    pub entries: Vec<BTreeMap<usize, i64>>,
    /// What one account sets off in another.
    pub outbox: Vec<Message>,
    /// The account under evaluation, in the order of ids.
    pub account: usize,
}

/// Something for another account.
#[derive(Clone, Debug)]
pub(in crate::engine) enum Message {
    /// A referred customer made a first purchase as a member.
    Referral { referrer: String, friend: usize, purchase: u32 },
    /// That purchase was wholly returned.
    TakenBack { friend: usize, purchase: u32 },
}
