//! Goals that hold for every history.

use crate::span::Span;
use crate::value::Exact;

/// `expect worst case at most 15% of a purchase of at least 20 EUR, plus 5 EUR`
#[derive(Clone, Debug)]
pub struct Ceiling {
    /// The sentence.
    pub text: String,
    /// The share of a purchase, or of what a customer spends in a year.
    pub rate: Exact,
    /// Minor units beside it.
    pub fixed: Exact,
    /// Purchases below this amount are not meant, minor units.
    pub least: i64,
    /// Of a customer and year; else of a purchase.
    pub year: bool,
    pub span: Span,
}

/// `expect no gain from returns`, `allow gain of 5 EUR from accounts`
#[derive(Clone, Debug)]
pub struct GainGoal {
    /// Whether a gain of these kinds is wanted; else none may be found.
    pub allowed: bool,
    /// The kinds; all if none is named.
    pub kinds: Vec<GainKind>,
    /// Up to which a gain is wanted, minor units; any without.
    pub amount: Option<i64>,
    pub span: Span,
}

impl GainGoal {
    /// Whether it speaks of a kind.
    #[must_use]
    pub fn is_about(&self, kind: GainKind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }
}

/// The ways in which something can be gained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GainKind {
    Returns,
    Splitting,
    Thresholds,
    Accounts,
    Tiers,
    Windows,
    Exchanges,
}

impl GainKind {
    /// All of them, in the order of the reference.
    pub const ALL: [Self; 7] =
        [Self::Returns, Self::Splitting, Self::Thresholds, Self::Accounts, Self::Tiers, Self::Windows, Self::Exchanges];

    /// As it is written.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Returns => "returns",
            Self::Splitting => "splitting",
            Self::Thresholds => "thresholds",
            Self::Accounts => "accounts",
            Self::Tiers => "tiers",
            Self::Windows => "windows",
            Self::Exchanges => "exchanges",
        }
    }
}
