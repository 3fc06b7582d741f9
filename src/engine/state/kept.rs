//! What an account keeps of what it was given: rights that wait, what firings beside a purchase gave, periods settled.

use crate::engine::award::Award;
use crate::engine::facts::Facts;
use crate::engine::lasting::Span;
use crate::engine::ledger::Source;
use crate::history::model::TextCode;
use crate::program::GiftId;
use crate::value::{Date, DateTime};

/// What one firing gave.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Granted {
    /// Awards with their entries and lots.
    pub awards: Vec<(Award, u32, Option<u32>)>,
    /// What limits counted.
    pub limits: Vec<(usize, i64)>,
    /// Entitlements begun: rule and number.
    pub entitlements: Vec<(usize, u32)>,
    /// Sentences that count as having given something.
    pub fired: Vec<(Source, u64)>,
    /// When, and how many tests of ladders came before.
    pub at: DateTime,
    pub tick: u64,
}

impl Granted {
    pub fn is_empty(&self) -> bool {
        self.awards.is_empty() && self.entitlements.is_empty() && self.limits.is_empty()
    }
}

/// A firing at the end of a period, on a day or after a silence, with the facts that it was tested with.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Timed {
    pub rule: usize,
    pub facts: Box<Facts>,
    pub granted: Granted,
    /// Purchases made by then.
    pub bought: u32,
    /// Whether a return changed what it was tested with.
    pub stale: bool,
    /// Whether it would not have come at all.
    pub never: bool,
}

/// A gift that waits to be collected.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Right {
    /// Counts the account's lots, vouchers and rights from 1.
    pub id: u32,
    pub gift: GiftId,
    pub award: Award,
    /// When it was granted, and the entry that says so.
    pub at: DateTime,
    pub entry: u32,
    pub span: Span,
    pub state: RightState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum RightState {
    Open,
    Collected,
    /// Not collected in time, or its grant was taken back.
    Over,
}

/// What became of a right whose grant is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum TakenRight {
    /// Nothing had been handed over yet.
    Waiting,
    /// It had lapsed, and what it drew went back then.
    Lapsed,
}

impl Right {
    /// Whether it can be collected on a day; hours that are over have ended it before.
    pub fn is_usable(&self, today: Date) -> bool {
        self.state == RightState::Open && self.span.first <= today && today <= self.span.last
    }
}

/// By category, in the order first bought: the base of a rule so far in its period.
pub(in crate::engine) type Categories = Vec<(TextCode, i64)>;

/// A period that is over: what was counted, and what that gave.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Settled {
    pub rule: usize,
    pub start: Date,
    /// The category that was chosen, which stays chosen, and its base.
    pub chosen: (TextCode, i64),
    pub facts: Box<Facts>,
    pub granted: Granted,
}
