//! Lots as the ledger tells of them: what is left at the close and when it ends, and at what age units were spent.

use crate::engine::ledger::{Entry, Kind, Left, Sink, Unit};
use crate::program::{Program, WalletId};
use crate::value::{Checked, Date, Exact, Overflow, Rounding};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Days after the close in which what ends soon is told.
pub const SOON: [i64; 3] = [30, 60, 90];

/// The lots of a wallet over all accounts, in its smallest units.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfWallet {
    /// What is left at the close, by the last day on which it can be used; [`Date::MAX`] where there is none.
    pub ends: BTreeMap<Date, i128>,
    /// What accounts owe.
    pub owed: i128,
    /// What is left, by its age in days.
    pub ages: BTreeMap<u32, i128>,
    /// Of lots whose last day lies before the end, without those held at an opening, whose first life nobody saw: what was issued in them, and what of that was spent, by age.
    pub matured: i128,
    pub spent: BTreeMap<u32, i128>,
    /// Accounts with units that end within each of [`SOON`].
    pub soon: [u64; 3],
}

impl OfWallet {
    fn merge(&mut self, other: &Self) {
        for (mine, theirs) in [(&mut self.ages, &other.ages), (&mut self.spent, &other.spent)] {
            theirs.iter().for_each(|(key, units)| add(mine, *key, *units));
        }
        other.ends.iter().for_each(|(key, units)| add(&mut self.ends, *key, *units));
        self.owed = self.owed.saturating_add(other.owed);
        self.matured = self.matured.saturating_add(other.matured);
        for (mine, theirs) in self.soon.iter_mut().zip(other.soon) {
            *mine = mine.saturating_add(theirs);
        }
    }

    /// What was spent of lots whose time is over.
    #[must_use]
    pub fn spent_in_all(&self) -> i128 {
        self.spent.values().fold(0, |sum, units| sum.saturating_add(*units))
    }

    /// The same up to an age.
    #[must_use]
    pub fn spent_by(&self, age: u32) -> i128 {
        self.spent.range(..=age).fold(0, |sum, (_, units)| sum.saturating_add(*units))
    }

    /// What of the units that are left will still be spent, by their age: of as many as had survived so long in lots whose time
    /// is over, as many were spent later. `None` without such lots.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn still_to_be_spent(&self) -> Checked<Option<Exact>> {
        /// Parts of a smallest unit in which sums are kept.
        const PARTS: i128 = 1_000_000;
        if self.matured <= 0 {
            return Ok(None);
        }
        let all = self.spent_in_all();
        let mut sum = 0_i128;
        for (age, units) in &self.ages {
            let by_then = self.spent_by(*age);
            let (later, survived) = (all.saturating_sub(by_then), self.matured.saturating_sub(by_then));
            if later > 0 && survived > 0 {
                let part = Exact::whole(units.checked_mul(PARTS).ok_or(Overflow)?).times(Exact::ratio(later, survived)?)?;
                sum = sum.checked_add(part.round(Rounding::HalfUp)?).ok_or(Overflow)?;
            }
        }
        Exact::ratio(sum, PARTS).map(Some)
    }
}

fn add<K: Ord>(map: &mut BTreeMap<K, i128>, key: K, units: i128) {
    let sum = map.entry(key).or_default();
    *sum = sum.saturating_add(units);
}

/// Adds other accounts' lots.
pub fn merge(mine: &mut Vec<OfWallet>, theirs: &[OfWallet]) {
    mine.resize(mine.len().max(theirs.len()), OfWallet::default());
    mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| mine.merge(theirs));
}

/// A lot of the account at hand.
struct Lot {
    wallet: WalletId,
    day: Date,
    purchase: Option<u32>,
    granted: i64,
    /// Units by the age at which they were spent.
    spent: Vec<(u32, i64)>,
    /// The last day on which it can be used, as it stands or as it stood when it was used up.
    last: Option<Date>,
}

/// Adds up the lots of accounts.
pub struct Lots<'a> {
    program: &'a Program,
    /// The last day of the books.
    close: Date,
    pub wallets: Vec<OfWallet>,
    /// By part and account: the next last day of anything left.
    pub next: BTreeMap<(usize, usize), Date>,
    lots: BTreeMap<u32, Lot>,
    /// By the number of the entry that spent: the lot, and the place in what was spent of it.
    spends: BTreeMap<u32, (u32, usize)>,
    /// The lot that was made, by the number of the entry that granted it.
    grants: BTreeMap<u32, u32>,
}

impl<'a> Lots<'a> {
    /// Nothing yet.
    #[must_use]
    pub fn new(program: &'a Program, close: Date) -> Self {
        let wallets = vec![OfWallet::default(); program.wallets.len()];
        Self { program, close, wallets, next: BTreeMap::new(), lots: BTreeMap::new(), spends: BTreeMap::new(), grants: BTreeMap::new() }
    }

    fn entry(&mut self, entry: &Entry, wallet: WalletId) {
        let day = self.program.zone.local(entry.at).date();
        // What is taken back lessens the lot that was granted, whichever it was drawn from.
        let granted_in = entry.reverses.and_then(|seq| self.grants.get(&seq)).copied().filter(|_| entry.kind == Kind::TakeBack);
        let Some(id) = granted_in.or(entry.lot) else {
            if entry.granted < 0 && matches!(entry.kind, Kind::Multiply | Kind::Earn | Kind::Grant) {
                self.shorten(wallet, entry.purchase, entry.granted.saturating_neg());
            }
            return;
        };
        let units = entry.granted;
        let made = |granted: i64| Lot { wallet, day, purchase: entry.purchase, granted, spent: Vec::new(), last: entry.expires };
        match entry.kind {
            Kind::Earn | Kind::Multiply | Kind::Grant | Kind::Adjust if units > 0 => {
                let lot = self.lots.entry(id).or_insert_with(|| made(0));
                lot.granted = lot.granted.saturating_add(units);
                self.grants.insert(entry.seq, id);
            }
            Kind::Spend | Kind::Exchange | Kind::PayOut => {
                if let Some(lot) = self.lots.get_mut(&id) {
                    lot.last = entry.expires;
                    self.spends.insert(entry.seq, (id, lot.spent.len()));
                    lot.spent.push((between(lot.day, day), units.saturating_neg()));
                }
            }
            Kind::Restore => {
                let of = entry.reverses.and_then(|seq| self.spends.get(&seq)).copied();
                if let Some((first, place)) = of
                    && let Some(lot) = self.lots.get_mut(&first)
                {
                    if let Some((_, spent)) = lot.spent.get_mut(place) {
                        *spent = spent.saturating_sub(units);
                    }
                    if first == id {
                        lot.last = entry.expires;
                    } else {
                        lot.granted = lot.granted.saturating_sub(units);
                        self.lots.insert(id, made(units));
                    }
                }
            }
            Kind::Expire => {
                if let Some(lot) = self.lots.get_mut(&id) {
                    lot.last = Some(day.plus_days(-1));
                }
            }
            Kind::TakeBack | Kind::Adjust => {
                if let Some(lot) = self.lots.get_mut(&id) {
                    lot.granted = lot.granted.saturating_add(units);
                }
            }
            // What is paid at the end of a period becomes a lot then.
            Kind::Activate => {
                let lot = self.lots.entry(id).or_insert_with(|| made(units));
                lot.last = entry.expires.or(lot.last);
            }
            _ => {}
        }
    }

    /// A multiplier below one takes from what the same purchase earned, the newest first.
    fn shorten(&mut self, wallet: WalletId, purchase: Option<u32>, units: i64) {
        let mut missing = units;
        for lot in self.lots.values_mut().rev().filter(|lot| lot.wallet == wallet && lot.purchase == purchase) {
            let piece = missing.min(lot.granted);
            lot.granted = lot.granted.saturating_sub(piece);
            missing = missing.saturating_sub(piece);
        }
    }

    /// Counts a lot whose time is over: what was taken back of it after it was spent counts as neither.
    fn over(&mut self, lot: &Lot) {
        let Some(wallet) = self.wallets.get_mut(lot.wallet.index()) else { return };
        wallet.matured = wallet.matured.saturating_add(i128::from(lot.granted));
        let mut room = lot.granted;
        for (age, units) in &lot.spent {
            let units = (*units).min(room);
            room = room.saturating_sub(units);
            if units != 0 {
                add(&mut wallet.spent, *age, i128::from(units));
            }
        }
    }
}

/// Whole days from one day to another.
fn between(from: Date, to: Date) -> u32 {
    u32::try_from(i64::from(to.0).saturating_sub(i64::from(from.0))).unwrap_or(0)
}

impl Sink for Lots<'_> {
    fn account(&mut self, _: usize, _: usize, entries: &[Entry]) {
        self.lots.clear();
        self.spends.clear();
        self.grants.clear();
        for entry in entries {
            if let Unit::Wallet(wallet) = entry.unit {
                self.entry(entry, wallet);
            }
        }
    }

    fn left(&mut self, part: usize, account: usize, left: &[Left]) {
        let mut soon = vec![[false; 3]; self.wallets.len()];
        for each in left {
            let Some(wallet) = self.wallets.get_mut(each.wallet.index()) else { continue };
            let units = i128::from(each.units);
            if units < 0 {
                wallet.owed = wallet.owed.saturating_add(units);
                continue;
            }
            add(&mut wallet.ends, each.last.unwrap_or(Date::MAX), units);
            add(&mut wallet.ages, between(each.earned, self.close), units);
            if let Some(lot) = each.lot.and_then(|id| self.lots.get_mut(&id)) {
                lot.last = each.last;
            }
            if let Some(last) = each.last {
                let next = self.next.entry((part, account)).or_insert(last);
                *next = last.min(*next);
                for (within, is_soon) in SOON.into_iter().zip(soon.get_mut(each.wallet.index()).into_iter().flatten()) {
                    *is_soon |= last <= self.close.plus_days(within);
                }
            }
        }
        for (wallet, soon) in self.wallets.iter_mut().zip(soon) {
            for (sum, is_soon) in wallet.soon.iter_mut().zip(soon) {
                *sum = sum.saturating_add(u64::from(is_soon));
            }
        }
        for lot in std::mem::take(&mut self.lots).into_values() {
            if lot.last.is_some_and(|last| last <= self.close) {
                self.over(&lot);
            }
        }
    }
}
