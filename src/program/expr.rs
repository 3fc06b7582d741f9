//! Typed calculations and tests.

use super::{Fact, ItemFilter, LadderId, MeasureId, Over, Period, SegmentId, TextId, TierId, WalletId};
use crate::program::AttributeId;
use crate::value::{Date, Exact, Rounding, TimeOfDay};

/// Types of values. Money is a number of minor units, percent a fraction (5% = 0.05), points full units of a wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    Money,
    Number,
    Percent,
    Points(WalletId),
    /// A number of days.
    Days,
    Date,
    Time,
    Weekday,
    Text,
    YesNo,
    /// Of the main ladder or a named one.
    Tier,
}

/// A typed expression. Evaluation never fails for want of types: `check` saw to that.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Expr {
    /// Money (minor units), number, percent, points, days: by the static type.
    Number(Exact),
    /// Texts that count as equal; more than one only in `is one of`.
    Texts(TextSet),
    Date(Date),
    Time(TimeOfDay),
    /// 0 for Monday.
    Weekday(u8),
    YesNo(bool),
    Tier(TierId),

    Fact(Fact),
    /// The tier held on a ladder, as a rung.
    TierOf(LadderId),
    Measure(MeasureId),
    /// The text of a data field read as the type asked for; a text that does not read so counts as missing.
    Attribute {
        of: AttributeOf,
        attribute: AttributeId,
        as_type: Type,
    },
    InSegment(SegmentId),
    /// Units of items that match.
    QuantityOf(ItemFilter),
    /// Recorded money on items that match.
    AmountOf(ItemFilter),
    /// What discounts leave of it.
    NetAmountOf(ItemFilter),
    BasketHas(ItemFilter),

    Not(Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    /// Both sides of one type. False if either is missing.
    Compare {
        left: Box<Expr>,
        op: CmpOp,
        right: Box<Expr>,
    },

    Add(Box<Expr>, Box<Expr>),
    Subtract(Box<Expr>, Box<Expr>),
    Multiply(Box<Expr>, Box<Expr>),
    Divide(Box<Expr>, Box<Expr>),
    Negate(Box<Expr>),
    Min(Vec<Expr>),
    Max(Vec<Expr>),
    /// A table: the value of the first test that holds, else `otherwise`, else nothing that is known.
    Choose {
        rows: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
    },
    /// To a multiple of a step above zero.
    Round {
        mode: Rounding,
        value: Box<Expr>,
        step: Exact,
    },
}

impl Expr {
    /// Whether it is a fact of single items.
    #[must_use]
    pub fn is_of_item(&self) -> bool {
        match self {
            Self::Fact(fact) => super::fact_info(*fact).is_some_and(|info| info.about == super::About::Item),
            Self::Attribute { of, .. } => *of == AttributeOf::Item,
            _ => false,
        }
    }
}

/// Text constants: a data text matches if it equals any of them without regard to case.
pub type TextSet = Vec<TextId>;

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CmpOp {
    Is,
    IsNot,
    Over,
    Under,
    AtLeast,
    AtMost,
}

impl CmpOp {
    /// Whether it holds of two values in this order.
    #[must_use]
    pub fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Is => order.is_eq(),
            Self::IsNot => order.is_ne(),
            Self::Over => order.is_gt(),
            Self::Under => order.is_lt(),
            Self::AtLeast => order.is_ge(),
            Self::AtMost => order.is_le(),
        }
    }
}

/// Whose attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttributeOf {
    Customer,
    Purchase,
    Item,
}

/// A data field that is not a standard one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Attribute {
    pub of: AttributeOf,
    /// As written; columns are matched without regard to case.
    pub name: String,
}

/// A measure: what is added up, over which purchases, in which window.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Measure {
    pub kind: MeasureKind,
    pub filter: PurchaseFilter,
    pub window: Window,
}

/// What a measure adds up. Money is in minor units; wallet amounts in the wallet's smallest units.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MeasureKind {
    Spend,
    GrossSpend,
    Purchases,
    Items,
    /// Quantities sold, fractions included, in millionths.
    Quantity,
    DaysWithPurchase,
    /// Stores, products and the like, each counted once: by the fact that tells them apart.
    Different(super::Fact),
    Earned(WalletId),
    /// What has left pending, in the period in which it did.
    Confirmed(WalletId),
    Spent(WalletId),
    /// Events of a name.
    Events(String),
    Referrals,
    /// The wallet's balance now; no filter, no window.
    Balance(WalletId),
}

/// The parts of a unit in which quantities are added up.
pub const QUANTITY: i64 = 1_000_000;

/// Which purchases, and which part of them, a measure or a counting trigger looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PurchaseFilter {
    /// Money counts on these items only; purchases without any do not count.
    pub items: Option<ItemFilter>,
    /// All must hold of the purchase: places.
    pub places: Vec<Expr>,
    /// All must hold of the recorded amount.
    pub over: Vec<Over>,
}

impl Window {
    /// Whether it begins anew with a tier.
    #[must_use]
    pub fn is_since_reaching(self) -> bool {
        matches!(self, Self::SinceReaching(_))
    }
}

impl PurchaseFilter {
    /// Whether every purchase passes whole.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.items.is_none() && self.places.is_empty() && self.over.is_empty()
    }
}

/// Windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Window {
    /// Nothing written: since joining, or everything that counts with `count earlier purchases`.
    Unsaid,
    /// Rolling: later than the same local date-time a span ago.
    Last(super::CivilSpan),
    /// The calendar period that holds the moment.
    In(Period),
    /// The one before it.
    Previous(Period),
    /// From the moment at which the tier held was reached, renewed or dropped to.
    SinceReaching(super::LadderId),
    SinceJoining,
    Ever,
}
