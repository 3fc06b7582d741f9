//! What people would do, which no history holds: "Assumptions" in docs/language.md.

mod parse;
mod redeem;
mod tree;

pub use parse::{Elsewhere, Read, parse, parse_among};

use crate::program::{Program, SegmentId, TierId, WalletId};
use crate::value::Decimal;
use std::collections::BTreeMap;

/// An assumptions file, resolved against a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumptions {
    /// Contribution margin of sales, as a fraction.
    pub margin: Option<LowBaseHigh>,
    /// What a unit of reward value costs the firm, as a fraction; 1 if not said.
    pub reward_cost: LowBaseHigh,
    /// Minor units per month.
    pub fixed_cost_per_month: Option<Range<i64>>,
    /// The first that fits an account's wallet and segment holds.
    pub redemption: Vec<RedemptionRule>,
    /// The same at the ends of a range, where one is given.
    pub redemption_ends: Option<(Vec<RedemptionRule>, Vec<RedemptionRule>)>,
    /// Share of vouchers that are used at the first chance; all if not said.
    pub vouchers_used: Decimal,
    /// Its ends, where a file says how many are used.
    pub vouchers_range: Option<LowBaseHigh>,
    /// Whether a file says so itself.
    pub vouchers_said: bool,
    /// Share of purchases at which a customer collects the gifts that wait; all if not said.
    pub gifts_collected: Decimal,
    /// Its ends, where a file says how many are collected.
    pub gifts_range: Option<LowBaseHigh>,
    /// Whether a file says so itself.
    pub gifts_said: bool,
    /// More purchases by members, as a fraction; the first that fits holds. Empty where nothing is said.
    pub response: Vec<Response>,
    /// Share of the further purchases that take the place of the customer's next one.
    pub pull_forward: LowBaseHigh,
    /// Minor units per new customer.
    pub acquisition_cost: Option<Range<i64>>,
    /// Minor units per customer and year.
    pub retention_cost: Option<Range<i64>>,
    /// A year, as a fraction.
    pub discount_rate: Option<LowBaseHigh>,
    /// Whether what is redeemed is claimed of the catalogue too, where the history records no claims.
    pub claims: bool,
    pub seed: u64,
    /// What rules that draw what they give give at an event of an account (whether it is a purchase, and which): rules and
    /// effects by their places. Only worked examples say it.
    pub drawings: BTreeMap<(String, bool, u32), Vec<(usize, Option<usize>)>>,
    /// Draws of the ranges; `None` where a file does not say.
    pub runs: Option<u32>,
}

/// A value with the ends of the range in which it is thought to lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range<T> {
    pub low: T,
    pub base: T,
    pub high: T,
}

/// A fraction with a range.
pub type LowBaseHigh = Range<Decimal>;

impl<T: Copy + PartialEq> Range<T> {
    /// A value that is sure.
    #[must_use]
    pub const fn sure(value: T) -> Self {
        Self { low: value, base: value, high: value }
    }

    /// Whether its ends differ.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.low != self.high
    }
}

/// Which end of the ranges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Low,
    Base,
    High,
}

impl<T: Copy> Range<T> {
    /// The value at an end.
    #[must_use]
    pub const fn at(&self, end: End) -> T {
        match end {
            End::Low => self.low,
            End::Base => self.base,
            End::High => self.high,
        }
    }
}

/// More purchases by some or all members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Response {
    pub who: Who,
    pub more: LowBaseHigh,
}

/// By whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Everyone,
    Tier(TierId),
    Segment(SegmentId),
}

/// When members redeem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedemptionRule {
    /// All wallets if `None`.
    pub wallet: Option<WalletId>,
    /// All accounts if `None`.
    pub segment: Option<SegmentId>,
    /// Shares that add up to 1; one entry unless it is a mixture.
    pub mixture: Vec<(Decimal, Redemption)>,
}

/// A redemption policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redemption {
    Never,
    AsSoonAsPossible,
    /// Smallest units of the wallet.
    WhenBalanceReaches(i64),
    /// A fraction, drawn per purchase with SHA-256.
    WithProbability(Decimal),
    /// What the history records, and nothing else.
    AsRecorded,
    /// This share of every lot, at the first chance; the rest never.
    ShareOfUnits(Decimal),
}

impl Assumptions {
    /// Everyone redeems by one policy; nothing else is assumed.
    #[must_use]
    pub fn redeeming(policy: Redemption) -> Self {
        let used = Decimal::whole(if matches!(policy, Redemption::Never | Redemption::AsRecorded) { 0 } else { 1 });
        Self {
            margin: None,
            reward_cost: Range::sure(Decimal::whole(1)),
            fixed_cost_per_month: None,
            redemption_ends: None,
            redemption: vec![RedemptionRule { wallet: None, segment: None, mixture: vec![(Decimal::whole(1), policy)] }],
            vouchers_used: used,
            vouchers_range: None,
            vouchers_said: false,
            gifts_collected: used,
            gifts_range: None,
            gifts_said: false,
            response: Vec::new(),
            pull_forward: LowBaseHigh::default(),
            acquisition_cost: None,
            retention_cost: None,
            discount_rate: None,
            claims: false,
            seed: 1,
            drawings: BTreeMap::new(),
            runs: None,
        }
    }
}

impl Assumptions {
    /// Whether anything that a run depends on has a range.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let open = |range: Option<LowBaseHigh>| range.is_some_and(|range| range.is_open());
        self.redemption_ends.is_some()
            || open(self.vouchers_range)
            || open(self.gifts_range)
            || self.response.iter().any(|response| response.more.is_open())
            || !self.response.is_empty() && self.pull_forward.is_open()
    }

    /// For everything that a run depends on and that has a range: its name in a file, and what runs assume in which it alone
    /// stands at the low and at the high end.
    #[must_use]
    pub fn varied(&self) -> Vec<(&'static str, [Self; 2])> {
        let base = self.at(End::Base);
        let vary = |change: &dyn Fn(&mut Self, &Self)| {
            [End::Low, End::High].map(|end| {
                let mut one = base.clone();
                change(&mut one, &self.at(end));
                one
            })
        };
        let open = |range: Option<LowBaseHigh>| range.is_some_and(|range| range.is_open());
        let mut all = Vec::new();
        if self.redemption_ends.is_some() {
            all.push(("redemption", vary(&|one, end| one.redemption.clone_from(&end.redemption))));
        }
        if open(self.vouchers_range) {
            all.push(("vouchers used", vary(&|one, end| one.vouchers_used = end.vouchers_used)));
        }
        if open(self.gifts_range) {
            all.push(("gifts collected", vary(&|one, end| one.gifts_collected = end.gifts_collected)));
        }
        if self.response.iter().any(|response| response.more.is_open()) {
            all.push(("response", vary(&|one, end| one.response.clone_from(&end.response))));
        }
        if !self.response.is_empty() && self.pull_forward.is_open() {
            all.push(("pull forward", vary(&|one, end| one.pull_forward = end.pull_forward)));
        }
        all
    }

    /// What a run at an end of the ranges assumes.
    #[must_use]
    pub fn at(&self, end: End) -> Self {
        let mut assumed = self.clone();
        match (end, &self.redemption_ends) {
            (End::Low, Some((low, _))) => assumed.redemption.clone_from(low),
            (End::High, Some((_, high))) => assumed.redemption.clone_from(high),
            _ => {}
        }
        if let Some(range) = self.vouchers_range {
            assumed.vouchers_used = range.at(end);
        }
        if let Some(range) = self.gifts_range {
            assumed.gifts_collected = range.at(end);
        }
        for response in &mut assumed.response {
            response.more = Range::sure(response.more.at(end));
        }
        assumed.pull_forward = Range::sure(self.pull_forward.at(end));
        assumed
    }
}

/// The runs that a program needs under what is assumed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scenarios {
    /// Everything that matters is assumed, or nothing depends on it.
    One(Box<Assumptions>),
    /// Nothing says when members redeem: nobody does, or everybody as soon as possible.
    Envelope { never: Box<Assumptions>, soon: Box<Assumptions> },
    /// What is assumed has ranges.
    Ranges { low: Box<Assumptions>, base: Box<Assumptions>, high: Box<Assumptions> },
}

impl Scenarios {
    /// The runs for a file, or for none.
    #[must_use]
    pub fn of(read: Option<&Read>, program: &Program) -> Self {
        let end = |policy: Redemption| {
            let open = Assumptions { claims: true, ..Assumptions::redeeming(policy) };
            match read {
                None => open,
                Some(read) => Assumptions {
                    redemption: open.redemption,
                    claims: true,
                    vouchers_used: if read.assumptions.vouchers_said { read.assumptions.vouchers_used } else { open.vouchers_used },
                    gifts_collected: if read.assumptions.gifts_said { read.assumptions.gifts_collected } else { open.gifts_collected },
                    ..read.assumptions.at(End::Base)
                },
            }
        };
        let said = |assumptions: &Assumptions| {
            if assumptions.is_open() {
                let at = |end: End| Box::new(assumptions.at(end));
                Self::Ranges { low: at(End::Low), base: at(End::Base), high: at(End::High) }
            } else {
                Self::One(Box::new(assumptions.clone()))
            }
        };
        if let Some(read) = read.filter(|read| !read.assumptions.redemption.is_empty()) {
            return said(&Assumptions { claims: true, ..read.assumptions.clone() });
        }
        let vouchers_open = !read.is_some_and(|read| read.assumptions.vouchers_said) && program.grants_vouchers();
        let gifts_open = !read.is_some_and(|read| read.assumptions.gifts_said) && program.lets_collect();
        let pays = !program.redeems.is_empty() || !program.rewards.is_empty();
        if !pays && !vouchers_open && !gifts_open {
            let all = Assumptions {
                redemption: Assumptions::redeeming(Redemption::AsSoonAsPossible).redemption,
                ..end(Redemption::AsSoonAsPossible)
            };
            return read.map_or_else(
                || Self::One(Box::new(all.clone())),
                |read| said(&Assumptions { redemption: all.redemption.clone(), ..read.assumptions.clone() }),
            );
        }
        Self::Envelope { never: Box::new(end(Redemption::Never)), soon: Box::new(end(Redemption::AsSoonAsPossible)) }
    }
}
