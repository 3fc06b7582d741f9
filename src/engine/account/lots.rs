//! Wallets as lots: what was granted, when it can be used, in which order it is spent.

use crate::engine::work;
use crate::program::SpendOrder;
use crate::value::{Checked, Date, Overflow};

/// A grant to a wallet and what is left of it.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Lot {
    /// Counts the account's lots from 1.
    pub id: u32,
    pub granted: i64,
    pub left: i64,
    pub earned: Date,
    /// The rule that made it, for confirmations.
    pub rule: Option<usize>,
    /// The purchase it was made for, counted from the account's first.
    pub purchase: Option<u32>,
    /// The `seq` of its ledger entry.
    pub entry: u32,
    /// The midnight from which it can no longer be used.
    pub expires: Option<Date>,
    /// Its rule gave it its own expiry, which neither activity nor tiers move.
    pub own_terms: bool,
    pub state: LotState,
    /// What expired unused or was never confirmed: not owed when the grant is taken back.
    pub lapsed: i64,
    /// Whether its span ends before the books close.
    pub matures: bool,
    /// The lot from which its units were spent, if they came back as this one.
    pub came_from: Option<u32>,
    /// A tier keeps it alive beyond its time.
    pub kept: bool,
}

/// Whether a lot can be spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum LotState {
    Active,
    /// Until the midnight that begins this day.
    PendingUntil(Date),
    /// Until an event confirms it; unconfirmed it lapses at this midnight.
    Unconfirmed(Option<Date>),
}

/// The lots of one wallet of one account.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Wallet {
    /// By time of earning.
    pub lots: Vec<Lot>,
    /// Before this one nothing is left in any lot.
    pub live: usize,
    /// What the wallet owes: taken back beyond what was there.
    pub debt: i64,
    /// What can be spent, less what is owed.
    pub balance: i64,
    pub pending: i64,
    /// The next midnight at which a lot expires, lapses or becomes active; may be early, never late.
    pub due: Option<Date>,
    /// Expiry of lots that follow activity.
    pub common_expiry: Option<Date>,
    /// Whether some lot could not be spent at once, or ends before an earlier one.
    pub mixed: bool,
}

/// A piece of a lot.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Piece {
    pub lot: u32,
    /// The lot that its units were granted in, also where they had been spent and came back since.
    pub first: u32,
    /// The `seq` of the entry that spent it.
    pub entry: u32,
    pub units: i64,
    pub expires: Option<Date>,
    pub matures: bool,
}

impl Wallet {
    pub fn clear(&mut self) {
        self.lots.clear();
        self.live = 0;
        self.debt = 0;
        self.balance = 0;
        self.pending = 0;
        self.due = None;
        self.common_expiry = None;
        self.mixed = false;
    }

    /// Notes that something happens at a midnight.
    pub fn lower_due(&mut self, date: Option<Date>) {
        if let Some(date) = date {
            self.due = Some(self.due.map_or(date, |due| due.min(date)));
        }
    }

    /// Adds a lot; what is owed is filled first.
    pub fn push(&mut self, mut lot: Lot) -> Checked<()> {
        let end = |lot: &Lot| lot.expires.unwrap_or(Date::MAX);
        self.mixed |= lot.state != LotState::Active || self.lots.last().is_some_and(|last| end(last) > end(&lot));
        self.lower_due(lot.expires);
        match lot.state {
            LotState::Active => {
                self.balance = self.balance.checked_add(lot.left).ok_or(Overflow)?;
                let fill = self.debt.min(lot.left);
                self.debt -= fill;
                lot.left -= fill;
            }
            LotState::PendingUntil(date) => {
                self.lower_due(Some(date));
                self.pending = self.pending.checked_add(lot.left).ok_or(Overflow)?;
            }
            LotState::Unconfirmed(lapse) => {
                self.lower_due(lapse);
                self.pending = self.pending.checked_add(lot.left).ok_or(Overflow)?;
            }
        }
        self.lots.push(lot);
        Ok(())
    }

    /// Where a lot stands; ids rise.
    pub fn place(&self, id: u32) -> Option<usize> {
        self.lots.binary_search_by_key(&id, |lot| lot.id).ok()
    }

    /// The lots made on a day; days rise.
    pub fn made_on(&self, day: Date) -> (usize, usize) {
        (self.lots.partition_point(|lot| lot.earned < day), self.lots.partition_point(|lot| lot.earned <= day))
    }

    /// A lot, with those in which its units lie since they came back with a new expiry.
    pub fn lots_of(&self, id: Option<u32>, came_back_anew: bool) -> Vec<usize> {
        let Some(id) = id else { return Vec::new() };
        let mut places: Vec<usize> = self.place(id).into_iter().collect();
        if came_back_anew {
            places.extend(self.lots.iter().enumerate().filter(|(_, lot)| lot.came_from == Some(id)).map(|(place, _)| place));
        }
        places
    }

    /// Units come back into the lot from which they were spent; what is owed is filled first.
    pub fn refill(&mut self, place: usize, units: i64) -> Checked<()> {
        self.balance = self.balance.checked_add(units).ok_or(Overflow)?;
        let fill = self.debt.min(units);
        self.debt -= fill;
        self.lots[place].left = self.lots[place].left.checked_add(units - fill).ok_or(Overflow)?;
        self.live = self.live.min(place);
        let expires = self.lots[place].expires;
        self.lower_due(expires);
        Ok(())
    }

    /// Makes a pending lot active.
    pub fn activate(&mut self, index: usize) -> Checked<()> {
        let lot = &mut self.lots[index];
        if lot.state == LotState::Active {
            return Ok(());
        }
        lot.state = LotState::Active;
        self.pending -= lot.left;
        self.balance = self.balance.checked_add(lot.left).ok_or(Overflow)?;
        let fill = self.debt.min(lot.left);
        self.debt -= fill;
        lot.left -= fill;
        Ok(())
    }

    /// Takes `units` from active lots in spending order, at most what they hold. Says from where.
    pub fn take(&mut self, units: i64, order: SpendOrder, pieces: &mut Vec<Piece>) -> i64 {
        let mut missing = units;
        self.skip_spent();
        while missing > 0 {
            let Some(index) = self.next_to_spend(order) else { break };
            let lot = &mut self.lots[index];
            let piece = missing.min(lot.left);
            lot.left -= piece;
            missing -= piece;
            pieces.push(Piece {
                lot: lot.id,
                first: lot.came_from.unwrap_or(lot.id),
                entry: 0,
                units: piece,
                expires: lot.expires,
                matures: lot.matures,
            });
        }
        self.balance -= units - missing;
        units - missing
    }

    fn next_to_spend(&self, order: SpendOrder) -> Option<usize> {
        if !self.mixed && order != SpendOrder::Newest {
            // Lots stand in spending order.
            let found = self.lots.iter().skip(self.live).position(|lot| lot.left > 0)?;
            work::count(found);
            return Some(self.live + found);
        }
        work::count(self.lots.len() - self.live);
        let usable = self.lots.iter().enumerate().skip(self.live).filter(|(_, lot)| lot.left > 0 && lot.state == LotState::Active);
        let found = match order {
            SpendOrder::EarliestExpiry => usable.min_by_key(|(index, lot)| (lot.expires.unwrap_or(Date::MAX), *index)),
            SpendOrder::Oldest => usable.min_by_key(|(index, lot)| (lot.earned, *index)),
            SpendOrder::Newest => usable.max_by_key(|(index, lot)| (lot.earned, *index)),
        };
        found.map(|(index, _)| index)
    }

    /// Moves past lots in which nothing is left.
    pub fn skip_spent(&mut self) {
        let before = self.live;
        while self.lots.get(self.live).is_some_and(|lot| lot.left == 0) {
            self.live += 1;
        }
        work::count(self.live - before);
    }

    /// Drops lots that nothing will ask for again.
    pub fn tidy(&mut self) {
        self.lots.retain(|lot| lot.left > 0);
        self.live = 0;
    }
}
