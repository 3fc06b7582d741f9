//! When accounts joined, earned and redeemed for the first time, and which tier they held at the turn of each year: from the entries
//! of a ledger.

use crate::engine::ledger::{Entry, Kind, Sink};
use crate::program::Program;
use crate::value::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What an account did for the first time: joined, earned, redeemed.
pub const FIRSTS: usize = 3;

/// Where an account stood on a ladder at the end of two days: 0 without membership, else the rung counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Move {
    pub ladder: u16,
    /// The first of the two days.
    pub since: Date,
    pub until: Date,
    pub from: u8,
    pub to: u8,
}

/// All of it, over accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passages {
    /// By month.
    #[serde(with = "super::pairs")]
    pub firsts: BTreeMap<(i32, u8), [u64; FIRSTS]>,
    /// Accounts by how they moved between days.
    #[serde(with = "super::pairs")]
    pub moves: BTreeMap<Move, u64>,
}

impl Passages {
    /// Adds what other accounts did.
    pub fn merge(&mut self, other: &Self) {
        for (month, counts) in &other.firsts {
            let mine = self.firsts.entry(*month).or_default();
            mine.iter_mut().zip(counts).for_each(|(mine, theirs)| *mine = mine.saturating_add(*theirs));
        }
        for (step, accounts) in &other.moves {
            let mine = self.moves.entry(*step).or_default();
            *mine = mine.saturating_add(*accounts);
        }
    }
}

/// The spans between whose ends moves are told: every calendar year of the window, and from a year before its last day (from its
/// middle, where it is shorter) to that.
#[must_use]
pub fn spans(first: Date, last: Date) -> Vec<(Date, Date)> {
    let mut spans = Vec::new();
    let mut since = first.plus_days(-1);
    for year in first.ymd().0..=last.ymd().0 {
        let until = Date::from_ymd(year, 12, 31).unwrap_or(last).min(last);
        spans.push((since, until));
        since = until;
    }
    spans.push((before(first, last), last));
    spans
}

/// A year before the last day, or the middle where the window is shorter.
fn before(first: Date, last: Date) -> Date {
    let year = last.plus_days(-365);
    if year >= first { year } else { first.plus_days(i64::from(last.0).saturating_sub(i64::from(first.0)) / 2) }
}

/// Follows accounts.
pub struct Follower<'a> {
    program: &'a Program,
    spans: Vec<(Date, Date)>,
    /// The days at whose end it matters where an account stands, rising.
    days: Vec<Date>,
    pub passages: Passages,
}

impl<'a> Follower<'a> {
    /// Nothing yet; `first` and `last` are the days of the window.
    #[must_use]
    pub fn new(program: &'a Program, first: Date, last: Date) -> Self {
        let mut spans = spans(first, last);
        // The last year may be the one before the last day.
        spans.dedup();
        let mut days: Vec<Date> = spans.iter().flat_map(|(since, until)| [*since, *until]).collect();
        days.sort_unstable();
        days.dedup();
        Self { program, spans, days, passages: Passages::default() }
    }

    fn step(&self, stands: &mut [u8], kind: Kind) {
        match kind {
            Kind::Join => stands.iter_mut().for_each(|rung| *rung = (*rung).max(1)),
            Kind::Leave => stands.fill(0),
            Kind::TierUp(tier) | Kind::OpeningTier(tier) | Kind::TierDown(tier) => {
                if let Some(rung) = stands.get_mut(tier.ladder.index()) {
                    *rung = if matches!(kind, Kind::TierDown(_)) { tier.rung } else { tier.rung.saturating_add(1) };
                }
            }
            _ => {}
        }
    }
}

/// Which of the things that are done for the first time it is.
fn first_of(entry: &Entry) -> Option<usize> {
    match entry.kind {
        Kind::Join => Some(0),
        Kind::Earn | Kind::Multiply | Kind::Grant if entry.granted > 0 => Some(1),
        Kind::Spend | Kind::Exchange | Kind::PayOut | Kind::VoucherUsed | Kind::GiftCollected(_) => Some(2),
        _ => None,
    }
}

impl Sink for Follower<'_> {
    fn account(&mut self, _: usize, _: usize, entries: &[Entry]) {
        let mut stands = vec![0_u8; self.program.ladders.len()];
        let mut at_days: Vec<Vec<u8>> = Vec::with_capacity(self.days.len());
        let mut done = [false; FIRSTS];
        for entry in entries {
            let day = self.program.zone.local(entry.at).date();
            while self.days.get(at_days.len()).is_some_and(|known| *known < day) {
                at_days.push(stands.clone());
            }
            self.step(&mut stands, entry.kind);
            if let Some(what) = first_of(entry)
                && let Some(done) = done.get_mut(what).filter(|done| !**done)
            {
                *done = true;
                let (year, month, _) = day.ymd();
                if let Some(count) = self.passages.firsts.entry((year, month)).or_default().get_mut(what) {
                    *count = count.saturating_add(1);
                }
            }
        }
        at_days.resize(self.days.len(), stands);
        let at = |day: Date, ladder: usize| {
            let place = self.days.binary_search(&day).ok()?;
            at_days.get(place)?.get(ladder).copied()
        };
        for (since, until) in &self.spans {
            for (ladder, number) in (0..self.program.ladders.len()).zip(0_u16..) {
                let (from, to) = (at(*since, ladder).unwrap_or(0), at(*until, ladder).unwrap_or(0));
                if (from, to) != (0, 0) {
                    let step = Move { ladder: number, since: *since, until: *until, from, to };
                    let count = self.passages.moves.entry(step).or_default();
                    *count = count.saturating_add(1);
                }
            }
        }
    }
}
