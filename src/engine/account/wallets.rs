//! Wallets as lots: what was granted, when it can be used, in which order it is spent.

use crate::engine::ledger::Left;
use crate::engine::work;
use crate::program::{SpendOrder, WalletId};
use crate::value::{Checked, Date, DateTime, Decimal, Exact, Instant, Overflow};
use std::collections::VecDeque;

/// A grant to a wallet and what is left of it.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Lot {
    /// Counts the account's lots from 1.
    pub id: u32,
    pub granted: i64,
    pub left: i64,
    pub earned: Date,
    /// When it was earned, to the second.
    pub at: DateTime,
    /// When it became usable, if it is.
    pub usable: DateTime,
    /// The rule that made it, for confirmations.
    pub rule: Option<usize>,
    /// The purchase it was made for, counted from the account's first.
    pub purchase: Option<u32>,
    /// The `seq` of its ledger entry.
    pub entry: u32,
    /// The midnight from which it can no longer be used.
    pub expires: Option<Date>,
    /// Of two clocks the midnight of the one that runs from earning: whatever the customer does, it ends by then.
    pub latest: Option<Date>,
    /// Where hours count: the instant at which it is over, on the day before `expires`.
    pub until: Option<Instant>,
    /// Its rule gave it its own expiry, which neither activity nor tiers move.
    pub own_terms: bool,
    pub state: LotState,
    /// What expired unused or was never confirmed: not owed when the grant is taken back.
    pub lapsed: i64,
    /// What of that was never confirmed, and so never earned.
    pub unconfirmed: i64,
    /// What was spent of it, and what of that came back since as a lot of its own.
    pub spent: i64,
    pub restored: i64,
    /// What of it was taken back.
    pub taken: i64,
    /// Where one lot stands for several whose lives may part when they are used up: each of them.
    pub grown: VecDeque<Grown>,
    /// Used up, its life stays as it stood then, whatever moves that of the others: where something has since.
    pub ended: Option<Option<Date>>,
    /// The lot from which its units were spent, if they came back as this one.
    pub came_from: Option<u32>,
    /// A tier keeps it alive beyond its time.
    pub kept: bool,
    /// All that was ever granted in it, what had been granted in the wallet before, and what was spent of it: for assumptions
    /// that a share of every lot is used.
    pub given: i64,
    pub before: i64,
    pub used: i64,
}

/// A grant inside a lot that stands for several.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Grown {
    granted: i64,
    left: i64,
    spent: i64,
}

impl Lot {
    /// A lot as it is made, on the terms of its wallet, usable at once.
    pub fn new(id: u32, granted: i64, at: DateTime) -> Self {
        Self {
            id,
            granted,
            left: granted,
            earned: at.date(),
            at,
            usable: at,
            rule: None,
            purchase: None,
            entry: 0,
            expires: None,
            latest: None,
            until: None,
            own_terms: false,
            state: LotState::Active,
            lapsed: 0,
            unconfirmed: 0,
            spent: 0,
            restored: 0,
            taken: 0,
            grown: VecDeque::new(),
            ended: None,
            came_from: None,
            kept: false,
            given: granted,
            before: 0,
            used: 0,
        }
    }

    /// What may still be spent of it if this share of every lot is: floor(share × all so far) − floor(share × all before).
    fn room(&self, share: Decimal) -> Checked<i64> {
        let part = |units: i64| -> Checked<i128> { Ok(Exact::try_from(share)?.times(Exact::whole(i128::from(units)))?.floor()) };
        let most = if self.came_from.is_some() {
            i128::from(self.given)
        } else {
            part(self.before.checked_add(self.given).ok_or(Overflow)?)? - part(self.before)?
        };
        let room = (most - i128::from(self.used)).clamp(0, i128::from(self.left.max(0)));
        i64::try_from(room).map_err(|_| Overflow)
    }

    /// Its life ends with that of the others that follow the customer.
    pub fn follow(&mut self, end: Option<Date>) {
        if self.left > 0 {
            self.ended = None;
        } else {
            self.ended.get_or_insert(self.expires);
        }
        (self.expires, self.kept) = (self.earlier(end), false);
    }

    /// Of two clocks the earlier ends it.
    pub fn earlier(&self, end: Option<Date>) -> Option<Date> {
        end.into_iter().chain(self.latest).min()
    }

    /// The end of its life as reports count it: as it stands, or as it stood when the lot was used up.
    fn lived_until(&self) -> Option<Date> {
        match self.ended {
            Some(ended) if self.left == 0 => ended,
            _ if self.kept && self.left > 0 => None,
            _ => self.expires,
        }
    }

    /// Grows by another grant on the same terms. `apart` where these terms may change before it is used up.
    pub fn grow(&mut self, granted: i64, apart: bool) -> Checked<()> {
        if apart {
            if self.grown.is_empty() {
                self.grown.push_back(Grown { granted: self.granted, left: self.left, spent: self.spent });
            }
            self.grown.push_back(Grown { granted, left: granted, spent: 0 });
        }
        self.granted = self.granted.checked_add(granted).ok_or(Overflow)?;
        self.given = self.given.checked_add(granted).ok_or(Overflow)?;
        self.left = self.left.checked_add(granted).ok_or(Overflow)?;
        Ok(())
    }
}

/// Whether a lot can be spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum LotState {
    Active,
    /// Until the midnight that begins this day.
    PendingUntil(Date),
    /// Until this instant.
    PendingForHours(Instant),
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
    /// The midnight that follows the last day of the books, and what was granted in lots that are used up and had lived
    /// their life by then, with what of it was spent.
    pub close: Date,
    matured: (i64, i64),
    /// All that was granted before the last lot, what came back apart.
    pub given: i64,
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
        self.matured = (0, 0);
        self.given = 0;
    }

    /// Notes that something happens at a midnight.
    pub fn lower_due(&mut self, date: Option<Date>) {
        if let Some(date) = date {
            self.due = Some(self.due.map_or(date, |due| due.min(date)));
        }
    }

    /// Adds a lot; what is owed is filled first.
    pub fn push(&mut self, mut lot: Lot) -> Checked<()> {
        if lot.came_from.is_none() {
            lot.before = self.granted_so_far()?;
            self.given = lot.before;
        }
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
            LotState::PendingForHours(_) => self.pending = self.pending.checked_add(lot.left).ok_or(Overflow)?,
            LotState::Unconfirmed(lapse) => {
                self.lower_due(lapse);
                self.pending = self.pending.checked_add(lot.left).ok_or(Overflow)?;
            }
        }
        self.lots.push(lot);
        Ok(())
    }

    /// All that was ever granted, what came back apart.
    fn granted_so_far(&self) -> Checked<i64> {
        let last = self.lots.iter().rev().find(|lot| lot.came_from.is_none());
        let of_last = last.map_or(Ok(0), |last| last.before.checked_add(last.given).ok_or(Overflow))?;
        Ok(of_last.max(self.given))
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
        // What came back was not spent.
        self.lots[place].spent -= units;
        self.lots[place].used -= units;
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

    /// Spends `units` from active lots, as [`Wallet::take`] does.
    pub fn spend(&mut self, units: i64, order: SpendOrder, pieces: &mut Vec<Piece>) {
        self.draw(units, order, pieces, true);
    }

    /// What may be spent now if this share of every lot is.
    pub fn share_left(&self, share: Decimal) -> Checked<i64> {
        let active = self.lots.iter().filter(|lot| lot.left > 0 && lot.state == LotState::Active);
        active.map(|lot| lot.room(share)).sum()
    }

    /// Spends `units`, of every lot at most what is left of its share, in spending order.
    pub fn spend_share(&mut self, units: i64, share: Decimal, order: SpendOrder, pieces: &mut Vec<Piece>) -> Checked<()> {
        let mut usable: Vec<usize> =
            (0..self.lots.len()).filter(|at| self.lots[*at].left > 0 && self.lots[*at].state == LotState::Active).collect();
        match order {
            SpendOrder::EarliestExpiry => usable.sort_by_key(|at| (self.lots[*at].expires.unwrap_or(Date::MAX), *at)),
            SpendOrder::Oldest => usable.sort_by_key(|at| (self.lots[*at].earned, *at)),
            SpendOrder::Newest => usable.sort_by_key(|at| std::cmp::Reverse((self.lots[*at].earned, *at))),
        }
        let mut missing = units;
        for at in usable {
            let piece = missing.min(self.lots[at].room(share)?);
            if piece <= 0 {
                continue;
            }
            let lot = &mut self.lots[at];
            lot.left -= piece;
            missing -= piece;
            pieces.push(Piece { lot: lot.id, first: lot.came_from.unwrap_or(lot.id), entry: 0, units: piece, expires: lot.expires });
            self.note_used(at, piece, order, true);
        }
        self.skip_spent();
        self.balance -= units - missing;
        Ok(())
    }

    /// Of a lot that stands for several, the oldest are used first, or the newest.
    fn note_used(&mut self, at: usize, units: i64, order: SpendOrder, spent: bool) {
        if spent {
            self.lots[at].spent += units;
            self.lots[at].used += units;
        }
        let mut missing = units;
        let newest = order == SpendOrder::Newest;
        loop {
            let grown = &mut self.lots[at].grown;
            let Some(part) = (if newest { grown.back_mut() } else { grown.front_mut() }) else { break };
            let piece = missing.min(part.left);
            (part.left, missing) = (part.left - piece, missing - piece);
            part.spent += if spent { piece } else { 0 };
            if part.left > 0 {
                break;
            }
            let ended = *part;
            if newest {
                grown.pop_back()
            } else {
                grown.pop_front()
            };
            self.end(at, ended);
        }
    }

    /// Takes from the newest of what a lot stands for, unspent.
    pub fn shorten(&mut self, at: usize, units: i64) {
        self.lots[at].left -= units;
        if let Some(part) = self.lots[at].grown.back_mut() {
            part.left -= units;
            if part.left <= 0 {
                let ended = *part;
                self.lots[at].grown.pop_back();
                self.end(at, ended);
            }
        }
    }

    /// One of those that a lot stands for is used up: its life stays as it is now.
    fn end(&mut self, at: usize, ended: Grown) {
        let lot = &mut self.lots[at];
        lot.granted -= ended.granted;
        lot.spent -= ended.spent;
        let expires = lot.expires;
        self.count_matured(expires, ended.granted, ended.spent);
    }

    /// Counts what was granted, and what of it was spent, if its life is over when the books close.
    fn count_matured(&mut self, expires: Option<Date>, granted: i64, spent: i64) {
        if expires.is_some_and(|end| end <= self.close) {
            self.matured = (self.matured.0.saturating_add(granted), self.matured.1.saturating_add(spent));
        }
    }

    /// What was granted in lots whose life is over when the books close, and what of it was spent: of a lot that is used up
    /// as that life stood then. What came back is counted in the lot it came back as.
    pub fn matured(&mut self) -> (i64, i64) {
        let counted = |lot: &Lot| {
            let granted = lot.granted - lot.restored - lot.taken;
            (lot.lived_until(), granted, (lot.spent - lot.restored).min(granted))
        };
        let lots: Vec<_> = self.lots.iter().map(counted).collect();
        for (expires, granted, spent) in lots {
            self.count_matured(expires, granted, spent);
        }
        self.matured
    }

    /// What is left lot by lot, then what is no lot yet, then what is owed: in all the balance and what is pending.
    pub fn left(&self, wallet: WalletId) -> Vec<Left> {
        let none = Left { wallet, lot: None, earned: self.close.plus_days(-1), units: 0, last: None, pending: false };
        let of_lot = |lot: &Lot| Left {
            lot: Some(lot.id),
            earned: lot.earned,
            units: lot.left,
            last: lot.lived_until().map(|end| end.plus_days(-1)),
            pending: lot.state != LotState::Active,
            ..none
        };
        let mut all: Vec<Left> = self.lots.iter().filter(|lot| lot.left > 0).map(of_lot).collect();
        let waiting = self.pending - all.iter().filter(|left| left.pending).map(|left| left.units).sum::<i64>();
        let rest = [Left { units: waiting, pending: true, ..none }, Left { units: -self.debt, ..none }];
        all.extend(rest.into_iter().filter(|left| left.units != 0));
        all
    }

    /// Takes `units` from active lots in spending order, at most what they hold. Says from where.
    pub fn take(&mut self, units: i64, order: SpendOrder, pieces: &mut Vec<Piece>) -> i64 {
        self.draw(units, order, pieces, false)
    }

    fn draw(&mut self, units: i64, order: SpendOrder, pieces: &mut Vec<Piece>, spent: bool) -> i64 {
        let mut missing = units;
        self.skip_spent();
        while missing > 0 {
            let Some(index) = self.next_to_spend(order) else { break };
            let lot = &mut self.lots[index];
            let piece = missing.min(lot.left);
            lot.left -= piece;
            missing -= piece;
            pieces.push(Piece { lot: lot.id, first: lot.came_from.unwrap_or(lot.id), entry: 0, units: piece, expires: lot.expires });
            self.note_used(index, piece, order, spent);
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
        self.given = self.granted_so_far().unwrap_or(self.given);
        for at in 0..self.lots.len() {
            let lot = &self.lots[at];
            if lot.left == 0 {
                let (expires, granted, spent) = (lot.lived_until(), lot.granted, lot.spent);
                self.count_matured(expires, granted, spent);
            }
        }
        self.lots.retain(|lot| lot.left > 0);
        self.live = 0;
    }
}
