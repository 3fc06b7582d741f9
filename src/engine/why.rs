//! What every rule decided on a purchase, as plain data. Nothing is worded here; `report` does that.

use crate::engine::ledger::{Kind, Unit};
use crate::program::{BudgetId, CmpOp, Expr, Over, Rate, RuleId, SegmentId, TierId};
use crate::value::{Date, Exact, TimeOfDay};

/// What every rule decided on a purchase.
#[derive(Clone, Debug, Default)]
pub struct Decided {
    /// Who bought: index into the customers of the part.
    pub customer: u32,
    /// As recorded, and after discounts.
    pub amount: i64,
    pub net: i64,
    /// Whether rules acted at all: a member's purchase within the program's life.
    pub active: bool,
    /// Whether the account had joined.
    pub joined: Option<Date>,
    /// What was given, in the order in which it was decided.
    pub gave: Vec<Gave>,
    /// Units and minor units by which wallets paid, by the `redeem` sentence.
    pub paid: Vec<(usize, i64, i64)>,
    /// By ladder: what its measure comes to with this purchase, where purchases feed it.
    pub ladders: Vec<Option<i64>>,
    /// Rules that could concern a purchase and gave nothing on this one, in file order.
    pub did_not: Vec<DidNot>,
}

/// Something that a rule gave.
#[derive(Clone, Debug)]
pub struct Gave {
    /// Rules inside exchanges and rewards have the ids behind the program's own.
    pub rule: RuleId,
    pub kind: Kind,
    pub unit: Unit,
    pub wanted: i64,
    pub granted: i64,
    /// What the rate was applied to, minor units; of a multiplier smallest units of its wallet.
    pub base: i64,
    /// The rate, or the shares of the base with their rates.
    pub rates: Vec<(Exact, Rate)>,
    /// By what a table chose the row.
    pub row: Option<Seen>,
    /// What the trigger counts, before this purchase and with it.
    pub count: Option<(i64, i64)>,
    /// What the rule's tests saw.
    pub seen: Vec<Leaf>,
    pub cut: Option<Cut>,
}

/// What made a reward smaller than its rate alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// A limit of the rule, and how much of it was used before.
    Limit { limit: usize, used: i64 },
    /// What was bought costs no more.
    Price,
}

/// A rule that gave nothing.
#[derive(Clone, Debug)]
pub struct DidNot {
    pub rule: RuleId,
    pub why: Why,
}

/// The first clause that failed, with what was seen.
#[derive(Clone, Debug)]
pub enum Why {
    /// The trigger asks for another number; `taken`: that number has fired before.
    Number { number: i64, taken: bool },
    /// The trigger does not look at such purchases.
    NotCounted(Miss),
    /// What a spending trigger adds up, with this purchase, and the next step; `None` if there is no other.
    Spent { so_far: i64, next: Option<i64> },
    /// The run of periods with this purchase; `fired`: it has fired.
    Streak { length: u32, fired: bool },
    /// What fires it has not happened.
    NotYet,
    /// This purchase fires it; it acts from the next one on.
    FromNext,
    /// What it gave lasted until a day.
    Ended(Date),
    /// What it gave is used up.
    UsedUp,
    /// Its day is another one; the account's or customer's own day, where known.
    Day(Option<Date>),
    /// A time clause, by its place in [`crate::program::Rule::when`], and what its date words look at.
    When { clause: usize, date: Date, time: TimeOfDay, own: Option<Date> },
    /// A test, by its place in [`crate::program::Rule::tests`].
    Test { test: usize, seen: Vec<Leaf> },
    /// No item of the purchase is in its scope.
    Scope,
    /// A rule beside which it does not stand.
    NotWith(RuleId),
    /// A limit that leaves no room: its place, what was used before, and what the rule wanted.
    Limit { limit: usize, used: i64, wanted: i64 },
    /// Other discounts on the same items are worth more: what this would have taken off, and theirs.
    Beaten { wanted: i64, by: Vec<(RuleId, i64)> },
    /// Its group chose another rule.
    Group(Option<RuleId>),
    /// A price list has no lower price.
    NoLowerPrice,
    /// Nothing is shipped for money.
    NoShipping,
    /// Nothing was earned that could be multiplied.
    NothingToMultiply,
    /// A budget that it draws on is closed.
    Budget(BudgetId),
    /// All pieces of its series are given out.
    Series,
    /// The rate gives nothing on this base.
    Nothing { base: i64, rates: Vec<(Exact, Rate)>, row: Option<Seen> },
}

/// Why a counting trigger does not look at a purchase.
#[derive(Clone, Debug)]
pub enum Miss {
    Over {
        over: Over,
        amount: i64,
    },
    Place(Vec<Leaf>),
    Items,
    /// Nothing was paid.
    Empty,
}

/// A comparison that decided, or a plain yes or no.
#[derive(Clone, Debug)]
pub struct Leaf {
    pub left: Seen,
    pub op: Option<CmpOp>,
    pub right: Option<Seen>,
    /// Whether it held.
    pub held: bool,
    /// The segment whose condition it belongs to.
    pub segment: Option<SegmentId>,
    /// Of a tier: what its ladder's measure stood at.
    pub standing: Option<i64>,
}

/// A term and its value at that moment.
#[derive(Clone, Debug)]
pub struct Seen {
    pub what: Expr,
    pub value: Known,
}

/// A value without the program's or the history's codes.
#[derive(Clone, Debug, PartialEq)]
pub enum Known {
    Missing,
    Number(Exact),
    Text(String),
    Date(Date),
    Time(TimeOfDay),
    Weekday(u8),
    YesNo(bool),
    Tier(TierId),
}
