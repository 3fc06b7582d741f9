//! What accounts share, as it stands: pots, entries in draws, and what one account sets off in another.

use crate::engine::calendar::Periods;
use crate::plan::Plan;
use crate::plan::pots::Pot;
use crate::value::Date;
use std::collections::BTreeMap;

/// What became of a pot in one of its periods.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    period: Option<Date>,
    used: i64,
    /// The first grant that did not fit closed it for the rest of its period.
    closed: bool,
}

/// What became of a pot so far. At a midnight some accounts settle the day just over while others have begun the new one,
/// so that the last period is kept beside this one.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::engine) struct PotState {
    now: Slot,
    before: Slot,
}

impl PotState {
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
    plan.rule_pots.get(rule).is_none_or(|pots| pots.iter().all(|pot| !rooms[*pot].closed))
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
