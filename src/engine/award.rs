//! Something that a rule gives, and how much of it.

use crate::plan::Given;

/// Something a rule gives on a purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(in crate::engine) struct Award {
    pub rule: usize,
    pub effect: usize,
    pub given: Given,
    pub reward: Reward,
    /// What the rate was applied to.
    pub base: i64,
}

impl Award {
    /// Whether it gave something. A message may cost nothing.
    pub fn gave(&self) -> bool {
        self.reward.granted != 0 || self.given == Given::Message && !self.reward.capped
    }

    /// Whether it counts towards `at most N times`.
    pub fn is_counted(&self) -> bool {
        self.gave() && !self.reward.only_then
    }
}

/// An amount and how it came about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(in crate::engine) struct Reward {
    /// By the rule's own rate, without caps.
    pub wanted: i64,
    /// After caps.
    pub granted: i64,
    /// What of `granted` counts towards the rule's caps: all but what `then` gave.
    pub counts: i64,
    /// What of the base counts towards `on the first M`.
    pub first: i64,
    /// Whether a cap refused or cut it.
    pub capped: bool,
    /// Only `then` gave something, for `at most N times`.
    pub only_then: bool,
    /// Alike firings of one moment stand together: how many more than one.
    pub more: i64,
}

impl Reward {
    /// How many firings it stands for.
    pub fn times(&self) -> i64 {
        self.more.saturating_add(1)
    }

    /// An amount that no cap touches.
    pub fn plain(amount: i64, base: i64) -> Self {
        Self { wanted: amount, granted: amount, counts: amount, first: base, ..Self::default() }
    }
}
