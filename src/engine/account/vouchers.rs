//! Vouchers of an account: which can be used, and in which order.

use crate::value::{Date, Instant};
use std::collections::{BTreeMap, BTreeSet};

/// A voucher of one account.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Voucher {
    /// Counts the account's lots and vouchers from 1.
    pub id: u32,
    pub rule: usize,
    pub effect: usize,
    /// Minor units; 0 for a percentage.
    pub face: i64,
    /// The day from which it can be used.
    pub from: Date,
    /// The midnight from which it cannot be used, and the instant where hours count.
    pub expires: Option<Date>,
    pub until: Option<Instant>,
    pub open: bool,
    /// Its grant was taken back.
    pub canceled: bool,
    /// Where it was used: the entry that says so, and what it took off.
    pub used: Option<(u32, i64)>,
    pub entry: u32,
}

/// The vouchers of an account, by id; ids rise.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Vouchers {
    pub all: Vec<Voucher>,
    /// Those that can be used, by the effect that granted them: the earliest to expire first, then by id. Nobody goes through
    /// the others again.
    pub open: BTreeMap<(usize, usize), BTreeSet<(Date, u32)>>,
}

impl Vouchers {
    pub fn clear(&mut self) {
        self.all.clear();
        self.open.clear();
    }

    pub fn push(&mut self, voucher: Voucher) {
        self.all.push(voucher);
        self.reopen(self.all.len() - 1);
    }

    pub fn place(&self, id: u32) -> Option<usize> {
        self.all.binary_search_by_key(&id, |voucher| voucher.id).ok()
    }

    pub fn reopen(&mut self, place: usize) {
        let voucher = &mut self.all[place];
        voucher.open = true;
        self.open.entry((voucher.rule, voucher.effect)).or_default().insert((voucher.expires.unwrap_or(Date::LATEST), voucher.id));
    }

    pub fn close(&mut self, place: usize) {
        let voucher = &mut self.all[place];
        voucher.open = false;
        if let Some(open) = self.open.get_mut(&(voucher.rule, voucher.effect)) {
            open.remove(&(voucher.expires.unwrap_or(Date::LATEST), voucher.id));
        }
    }

    /// Those that a purchase can use: of each effect as many as cover it, of percentages one. In the order of use.
    pub fn presentable(&self, (now, today): (Instant, Date), cover: i64, least: impl Fn(i64) -> i64) -> Vec<Presented> {
        let mut chosen: Vec<(Date, Presented)> = Vec::new();
        for (&(rule, effect), open) in &self.open {
            let mut covered = 0_i64;
            for &(end, id) in open.iter().skip_while(|(end, _)| *end <= today) {
                let Some(place) = self.place(id) else { continue };
                let Voucher { face, from, until, .. } = self.all[place];
                if from > today || until.is_some_and(|until| until <= now) {
                    continue;
                }
                chosen.push((end, Presented { id, rule, effect, face }));
                covered = covered.saturating_add(least(face));
                if face == 0 || covered >= cover {
                    break;
                }
            }
        }
        chosen.sort_by_key(|(end, presented)| (*end, presented.id));
        chosen.into_iter().map(|(_, presented)| presented).collect()
    }
}

/// A voucher that a customer hands over with a purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Presented {
    pub id: u32,
    pub rule: usize,
    pub effect: usize,
    pub face: i64,
}
