//! An account under evaluation: what its concerns have to do with one another.

pub(super) mod choices;
pub(super) mod claims;
pub(super) mod credit;
pub(super) mod due;
pub(super) mod exchanges;
pub(super) mod fire;
pub(super) mod granted;
pub(super) mod joining;
pub(super) mod lapses;
pub(super) mod now;
pub(super) mod post;
pub(super) mod rights;
pub(super) mod spend;
pub(super) mod tiers;
pub(super) mod too_large;
pub(super) mod tops;
pub(super) mod vouchers;

use crate::engine::calendar::Periods;
use crate::engine::facts::Scene;
use crate::engine::ledger::{Entry, Source};
use crate::engine::listener::Listener;
use crate::engine::policy::Policies;
use crate::engine::shared::Shared;
use crate::engine::state::State;
use crate::engine::totals::Totals;
use crate::history::model::{Account as HistoryAccount, Part};
use crate::plan::Plan;
use crate::program::{Rule, RuleId};
use crate::value::{Date, DateTime, Instant};

/// An account under evaluation.
pub(in crate::engine) struct Account<'a, R: Listener> {
    pub plan: &'a Plan<'a>,
    pub part: &'a Part,
    pub history: &'a HistoryAccount,
    pub policies: &'a Policies<'a>,
    pub s: &'a mut State,
    pub totals: &'a mut Totals,
    pub shared: &'a mut Shared,
    pub listener: &'a mut R,
    /// The midnight that follows the last day of the books.
    pub close: Date,
    /// Its instant.
    pub close_at: Instant,
    /// Purchases of the account that are returned later, rising.
    pub returned: &'a [u32],
    /// Whether something here is kept for what comes back: of these purchases, or of a friend's.
    pub journal: bool,
    /// What is being worked on, for errors: a sentence of the program.
    pub at_rule: Option<Source>,
    /// Now.
    pub now: Instant,
    pub local: DateTime,
    /// The date of `local`.
    pub today: Date,
}

impl<'a, R: Listener> Account<'a, R> {
    pub fn periods(&self) -> Periods {
        Periods { week_starts_sunday: self.plan.program.week_starts_sunday, joined: self.s.joined.unwrap_or(Date(0)) }
    }

    /// Whether a date lies in the program's life.
    pub fn in_life(&self, date: Date) -> bool {
        let program = self.plan.program;
        program.starts.is_none_or(|first| first <= date) && program.ends.is_none_or(|last| date <= last)
    }

    /// Whether rules act now.
    pub fn is_active(&self) -> bool {
        self.s.member && self.in_life(self.today)
    }

    /// A scene without a purchase.
    pub fn scene(&self) -> Scene<'_> {
        Scene {
            plan: self.plan,
            part: self.part,
            facts: &self.s.facts,
            purchase: None,
            lines: &[],
            line: None,
            net_amount: 0,
            paid_with: (false, false),
            taken: &[],
        }
    }

    /// Writes an entry, if anyone reads them, and counts it.
    #[inline]
    pub fn write_entry(&mut self, entry: Entry) -> u32 {
        self.s.seq += 1;
        if R::ON {
            self.listener.entry(Entry { seq: self.s.seq, at: self.now, ..entry });
        }
        self.s.seq
    }
}

/// Where an award comes from.
#[derive(Clone, Copy)]
pub(in crate::engine) struct Origin<'a> {
    pub source: Source,
    pub rule: &'a Rule,
    /// The first of its limits.
    pub limits: usize,
}

impl<'a> Plan<'a> {
    /// A rule, or one inside an exchange or a reward, as the origin of awards.
    pub(in crate::engine) fn origin(&self, rule: usize) -> Origin<'a> {
        let small = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
        let (rules, exchanges) = (self.program.rules.len(), self.program.exchanges.len());
        let source = match rule.checked_sub(rules) {
            None => Source::Rule(RuleId(small(rule))),
            Some(at) if at < exchanges => Source::Exchange(small(at)),
            Some(at) => Source::Reward(small(at - exchanges)),
        };
        Origin { source, rule: self.rules[rule], limits: self.rule_limits[rule] }
    }
}

/// What moves the expiry of wallets that follow the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Activity {
    Purchase,
    Event,
    Spending,
    Earning,
}
