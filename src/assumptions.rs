//! What people would do, which no history holds: "Assumptions" in docs/language.md.

mod parse;
mod tree;

pub use parse::{Read, parse};

use crate::program::{Program, SegmentId, WalletId};
use crate::value::Decimal;

/// An assumptions file, resolved against a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumptions {
    /// Contribution margin of sales, as a fraction.
    pub margin: Option<LowBaseHigh>,
    /// What a unit of reward value costs the firm, as a fraction; 1 if not said.
    pub reward_cost: Decimal,
    /// Minor units per month.
    pub fixed_cost_per_month: Option<i64>,
    /// The first that fits an account's wallet and segment holds.
    pub redemption: Vec<RedemptionRule>,
    /// Share of vouchers that are used at the first chance; all if not said.
    pub vouchers_used: Decimal,
    /// Whether a file says so itself.
    pub vouchers_said: bool,
    /// Share of purchases at which a customer collects the gifts that wait; all if not said.
    pub gifts_collected: Decimal,
    /// Whether a file says so itself.
    pub gifts_said: bool,
    /// More purchases by members, as a fraction.
    pub response: LowBaseHigh,
    pub seed: u64,
    pub runs: u32,
}

/// A value with a range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LowBaseHigh {
    pub low: Decimal,
    pub base: Decimal,
    pub high: Decimal,
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
}

impl Assumptions {
    /// Everyone redeems by one policy; nothing else is assumed.
    #[must_use]
    pub fn redeeming(policy: Redemption) -> Self {
        let used = Decimal::whole(if matches!(policy, Redemption::Never | Redemption::AsRecorded) { 0 } else { 1 });
        Self {
            margin: None,
            reward_cost: Decimal::whole(1),
            fixed_cost_per_month: None,
            redemption: vec![RedemptionRule { wallet: None, segment: None, mixture: vec![(Decimal::whole(1), policy)] }],
            vouchers_used: used,
            vouchers_said: false,
            gifts_collected: used,
            gifts_said: false,
            response: LowBaseHigh::default(),
            seed: 1,
            runs: 1,
        }
    }
}

/// The runs that a program needs under what is assumed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scenarios {
    /// Everything that matters is assumed, or nothing depends on it.
    One(Box<Assumptions>),
    /// Nothing says when members redeem: nobody does, or everybody as soon as possible.
    Envelope { never: Box<Assumptions>, soon: Box<Assumptions> },
}

impl Scenarios {
    /// The runs for a file, or for none.
    #[must_use]
    pub fn of(read: Option<&Read>, program: &Program) -> Self {
        let end = |policy: Redemption| {
            let open = Assumptions::redeeming(policy);
            match read {
                None => open,
                Some(read) => Assumptions {
                    redemption: open.redemption,
                    vouchers_used: if read.assumptions.vouchers_said { read.assumptions.vouchers_used } else { open.vouchers_used },
                    gifts_collected: if read.assumptions.gifts_said { read.assumptions.gifts_collected } else { open.gifts_collected },
                    ..read.assumptions.clone()
                },
            }
        };
        if let Some(read) = read.filter(|read| !read.assumptions.redemption.is_empty()) {
            return Self::One(Box::new(read.assumptions.clone()));
        }
        let vouchers_open = !read.is_some_and(|read| read.assumptions.vouchers_said) && program.grants_vouchers();
        let gifts_open = !read.is_some_and(|read| read.assumptions.gifts_said) && program.lets_collect();
        if program.redeems.is_empty() && !vouchers_open && !gifts_open {
            return Self::One(Box::new(end(Redemption::AsSoonAsPossible)));
        }
        Self::Envelope { never: Box::new(end(Redemption::Never)), soon: Box::new(end(Redemption::AsSoonAsPossible)) }
    }
}
