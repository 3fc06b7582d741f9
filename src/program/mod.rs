//! The checked program: typed and resolved, with ids instead of names. `check` makes it, the engine runs it.
//!
//! Money is in minor units of the program's currency, points in the smallest step of their wallet (10^-`scale`), rates
//! are exact. Ids are indices into the lists of [`Program`]; every list is in the order of the text.

pub mod asks;
mod expr;
mod facts;
mod goals;
mod rule;
pub(crate) mod walk;
mod words;

pub use expr::{Attribute, AttributeOf, CmpOp, Expr, Measure, MeasureKind, PurchaseFilter, QUANTITY, TextSet, Type, Window};
pub use facts::{About, FACTS, Fact, FactInfo, fact_info, plural};
pub use goals::{Ceiling, GainGoal, GainKind};
pub use rule::{
    Effect, Entitlement, Gate, ItemFilter, Lasting, Life, Limit, LimitPeriod, LimitWhat, MonthDay, Over, PayOut, Rate, Rates, Repeat, Rule,
    Scope, Table, TableKey, TableRow, Test, TestKind, Trigger, Usable, UsableDay, When,
};
pub(crate) use words::counted;
pub use words::{measure_words, plain_words};

use crate::span::Span;
use crate::value::{Currency, Date, Rounding, Zone};

/// A whole program that can run.
#[derive(Clone, Debug)]
pub struct Program {
    /// `Coffee Club`
    pub name: String,
    /// Its currency.
    pub currency: Currency,
    /// Its zone: all dates, days and periods are local to it.
    pub zone: Zone,
    /// The first day, if said.
    pub starts: Option<Date>,
    /// The last day, included, if said.
    pub ends: Option<Date>,
    /// `count earlier purchases`
    pub count_earlier: bool,
    /// How customers become members.
    pub members: Members,
    /// What earning looks at.
    pub earn_on: EarnOn,
    /// How discounts combine.
    pub combine: Combine,
    /// `vouchers pay before discounts`: those over a sum come off before percentages are counted.
    pub vouchers_first: bool,
    /// `discounts never below item.floor`: what a unit costs at least.
    pub floor: Option<Expr>,
    /// `pay refunds to card`
    pub refunds_to: Option<WalletId>,
    /// `round money`
    pub round_money: Rounding,
    /// `tiers change with the purchase`
    pub tiers_with_purchase: bool,
    /// `tiers change at reviews`: only they raise and lower, returns and rules apart.
    pub tiers_at_reviews: bool,
    /// `returns …`
    pub returns: Returns,
    /// `week starts sunday`
    pub week_starts_sunday: bool,
    /// `account by customer.ATTRIBUTE`
    pub account_by: Option<AttributeId>,

    /// Attributes that the program asks for, each once.
    pub attributes: Vec<Attribute>,
    /// Texts that the program compares data with (categories, channels …), each once, as written.
    pub texts: Vec<String>,
    /// Measures that rules, tiers and tables ask for, equal ones once.
    pub measures: Vec<Measure>,
    /// Those by which customers join: they count what was bought before joining too, and go on counting.
    pub door_measures: Vec<MeasureId>,
    /// Wallets; `cashback` is among them if anything uses it.
    pub wallets: Vec<Wallet>,
    /// Ladders; the main one (unnamed) first if there is one.
    pub ladders: Vec<Ladder>,
    /// Audiences by condition.
    pub segments: Vec<Segment>,
    /// Named days.
    pub calendars: Vec<Calendar>,
    /// Gifts.
    pub gifts: Vec<Gift>,
    /// Shared pots.
    pub budgets: Vec<Budget>,
    /// What customers may choose.
    pub choices: Vec<Choice>,
    /// What steps of examples say is drawn, by where the step stands; `None` for nothing.
    pub drawings: Vec<(Span, Option<Effect>)>,
    /// Raffles.
    pub draws: Vec<Draw>,
    /// Price lists.
    pub price_lists: Vec<PriceList>,
    /// Groups of rules.
    pub groups: Vec<Group>,
    /// Things that can be granted as access, each name once.
    pub accesses: Vec<String>,
    /// Rules in the order of the text.
    pub rules: Vec<Rule>,
    /// Ways in which wallets pay.
    pub redeems: Vec<Redeem>,
    /// `redeem vouchers at … times value`
    pub voucher_values: Vec<VoucherValue>,
    /// The catalogue.
    pub rewards: Vec<Reward>,
    /// Exchanges.
    pub exchanges: Vec<Exchange>,
    /// Goals.
    pub expectations: Vec<Expectation>,
    /// Goals that hold for every history: what may be given away at most.
    pub ceilings: Vec<Ceiling>,
    /// What must not be gained, and what may be.
    pub gains: Vec<GainGoal>,
    /// Rules in the order in which stages run them: by priority (higher first), then as written.
    pub rule_order: Vec<RuleId>,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub struct $name(pub u16);

        impl $name {
            /// The place in the list.
            #[must_use]
            pub fn index(self) -> usize {
                usize::from(self.0)
            }
        }
    )*};
}

ids! {
    /// A wallet.
    WalletId;
    /// A ladder of tiers.
    LadderId;
    /// A segment.
    SegmentId;
    /// A calendar.
    CalendarId;
    /// A gift.
    GiftId;
    /// A budget.
    BudgetId;
    /// A draw.
    DrawId;
    /// A price list.
    PriceListId;
    /// A group of rules.
    GroupId;
    /// An access.
    AccessId;
    /// A rule.
    RuleId;
    /// A measure.
    MeasureId;
    /// An attribute.
    AttributeId;
}

/// A text constant: a segment may list more of them than other things have names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TextId(pub u32);

impl TextId {
    /// The place in the list.
    #[must_use]
    pub fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// A rung of a ladder; rung 0 is everyone's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct TierId {
    pub ladder: LadderId,
    pub rung: u8,
}

/// How customers become members.
#[derive(Clone, Debug, PartialEq)]
pub enum Members {
    Automatically,
    BySignup,
    /// Minor units, inclusive.
    AfterSpending(i64),
    AfterPurchases(u32),
    If(Expr),
}

/// The base of earning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EarnOn {
    pub after_discounts: bool,
    pub excluding_tax: bool,
    pub excluding_shipping: bool,
    /// `including redeemed part`
    pub including_redeemed: bool,
}

/// How discounts combine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combine {
    Best,
    Adding,
    Compounding,
}

/// What returns do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Returns {
    pub shortfall: Shortfall,
    pub restore: Restore,
    pub keep_rewards: bool,
}

/// Where a take-back exceeds the balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortfall {
    MayGoNegative,
    StopAtZero,
    DeductFromRefund,
}

/// What happens to points that paid for what is returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restore {
    OriginalExpiry,
    NewExpiry,
    No,
}

/// What a wallet counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WalletKind {
    /// Units of 10^-`scale`, of which each full one has `worth`.
    Points,
    /// Whole units without money value.
    Stamps,
    /// Minor units of money.
    Money,
}

/// A wallet.
#[derive(Clone, Debug)]
pub struct Wallet {
    /// As declared: `beans`.
    pub name: String,
    pub kind: WalletKind,
    /// What one full unit is worth, in minor units, exact; `None` without `worth`. A money wallet is worth itself.
    pub worth: Option<crate::value::Decimal>,
    /// Decimals of the smallest step: 0 for whole points, the currency's decimals for money.
    pub scale: u8,
    /// Amounts are multiples of this many smallest units (`round down to 0.5` at scale 1: 5).
    pub step: i64,
    pub round: Rounding,
    pub expiry: Expiry,
    /// Of two clocks the one that runs from earning: no lot lives longer.
    pub at_latest: Option<CivilSpan>,
    /// Which purchases put off an expiry after the last one.
    pub activity: PurchaseFilter,
    /// `never expire for tier gold or above`
    pub never_expire_for: Vec<TierId>,
    pub pending: Pending,
    pub spend: SpendOrder,
    /// What balance and pending come to at most, in smallest units.
    pub hold: Option<i64>,
    /// Other words for it, in grammatical numbers: `балла`, `баллов`.
    pub forms: Vec<String>,
    /// It counts towards tiers and is neither owed nor spent.
    pub levels_only: bool,
    /// What it pays is paid: it earns like money and is no redemption.
    pub as_money: bool,
    /// What is carried at most into each such period; the rest lapses.
    pub carry: Option<(i64, Period)>,
    pub span: Span,
}

/// When lots expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    Never,
    /// A span after something, moved on to the end of a period if said.
    After {
        span: CivilSpan,
        after: ExpireAfter,
        at: Option<ExpireAt>,
    },
    /// At the end of the period (`next`: of the one after) in which the lot was earned.
    AtEnd {
        next: bool,
        end: EndOf,
        plus: Option<CivilSpan>,
    },
}

/// What an expiry counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpireAfter {
    Earning,
    LastActivity,
    LastPurchase,
    LastEarning,
    /// Becoming usable: at once, or on leaving pending.
    Usable,
}

/// What ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndOf {
    Period(Period),
    HalfYear,
}

/// To which day an expiry moves on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpireAt {
    End(EndOf),
    /// Month and day; the day itself if the span ends on it.
    Next(u8, u8),
}

/// When lots become usable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pending {
    No,
    For(CivilSpan),
    Until { event: String, within: Option<CivilSpan> },
}

/// The order in which lots are spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpendOrder {
    EarliestExpiry,
    Oldest,
    Newest,
}

/// A span on the calendar. Hours count exactly; the others by days and months with clamping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CivilSpan {
    Hours(u32),
    Days(u32),
    Months(u32),
}

/// Calendar periods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Period {
    Day,
    Week,
    Month,
    Quarter,
    Year,
    MembershipYear,
}

impl Period {
    /// `day`, `week` …
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
            Self::MembershipYear => "membership year",
        }
    }
}

/// A ladder of tiers.
#[derive(Clone, Debug)]
pub struct Ladder {
    /// `None` for the main ladder.
    pub name: Option<String>,
    /// What the first threshold of a rung tests.
    pub measure: MeasureId,
    /// Lowest first.
    pub rungs: Vec<Rung>,
    pub keep: Keep,
    pub review: Period,
    pub drop: DropPolicy,
    /// How long the tier that one level was dropped to is held; [`Keep::UntilReview`]: not beyond the next review.
    pub landing: Keep,
    pub grace: Option<CivilSpan>,
    /// What of a count that begins anew with the tier goes over into it at most.
    pub carry: i64,
    pub span: Span,
}

/// A tier.
#[derive(Clone, Debug)]
pub struct Rung {
    pub name: String,
    /// Minor units or units of the measure, inclusive; `None` for the first row and those by invitation only.
    pub from: Option<i64>,
    /// A second threshold with its own measure.
    pub or: Option<(MeasureId, i64)>,
    pub by_invitation: bool,
    pub span: Span,
}

/// How long a reached tier is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Until the next review.
    UntilReview,
    For(CivilSpan),
    UntilEnd {
        next: bool,
        period: Period,
        plus: Option<CivilSpan>,
    },
}

/// What a review does to a tier that is no longer held by right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropPolicy {
    ToQualifying,
    OneLevel,
    Never,
}

/// A named audience.
#[derive(Clone, Debug)]
pub struct Segment {
    pub name: String,
    pub condition: Expr,
    pub span: Span,
}

/// Named days.
#[derive(Clone, Debug)]
pub struct Calendar {
    pub name: String,
    /// Both ends included.
    pub dates: Vec<(Date, Date)>,
    /// `(month, day)` to `(month, day)`, both included; may wrap around the new year.
    pub yearly: Vec<((u8, u8), (u8, u8))>,
    pub span: Span,
}

/// A gift.
#[derive(Clone, Debug)]
pub struct Gift {
    pub name: String,
    /// What it costs the firm, minor units.
    pub costs: i64,
    /// What it is worth to the customer, minor units; its cost if not said.
    pub worth: i64,
    /// `only 500 in all`
    pub only: Option<u64>,
    pub span: Span,
}

/// A shared pot.
#[derive(Clone, Debug)]
pub struct Budget {
    pub name: String,
    /// Minor units.
    pub amount: i64,
    pub per: Option<Period>,
    pub for_all_rules: bool,
    pub span: Span,
}

/// Something that a customer chooses by events `set NAME`.
#[derive(Clone, Debug)]
pub struct Choice {
    pub attribute: AttributeId,
    pub values: Vec<TextId>,
    /// How often it may be changed.
    pub limit: Option<Limit>,
    /// What holds before anything is chosen.
    pub first: Option<TextId>,
    /// A change holds from the beginning of the next such period.
    pub later: Option<Period>,
    pub span: Span,
}

/// A raffle.
#[derive(Clone, Debug)]
pub struct Draw {
    pub name: String,
    pub date: Date,
    pub winners: u32,
    pub gift: GiftId,
    pub span: Span,
}

/// A price list. `cli` reads the file and fills in the prices before a run.
#[derive(Clone, Debug)]
pub struct PriceList {
    pub name: String,
    pub file: String,
    /// Product and price in minor units, by product bytewise.
    pub prices: Vec<(String, i64)>,
    pub span: Span,
}

/// How the rules of a group combine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupPolicy {
    BestForCustomer,
    BestForStore,
    First,
    All,
}

/// A group of rules.
#[derive(Clone, Debug)]
pub struct Group {
    pub name: String,
    pub policy: GroupPolicy,
    pub span: Span,
}

/// Terms on which a wallet pays.
#[derive(Clone, Debug)]
pub struct Redeem {
    pub wallet: WalletId,
    /// `redeem 100 beans for 1 EUR`: units of the wallet and minor units. `None`: each unit pays its worth.
    pub step: Option<(i64, i64)>,
    /// `at least 500 beans`, units of the wallet.
    pub at_least: Option<i64>,
    /// It pays all of what it may pay, or nothing.
    pub whole: bool,
    /// `up to 50% of purchase`, `at most 20 EUR per month`; amounts in money or in units of the wallet.
    pub limits: Vec<Limit>,
    /// Items that it may pay; all if `None`.
    pub items: Option<ItemFilter>,
    pub tests: Vec<Test>,
    pub when: Vec<(When, Span)>,
    pub span: Span,
    pub label: String,
}

/// `redeem vouchers at 3 times value …`
#[derive(Clone, Debug)]
pub struct VoucherValue {
    pub times: crate::value::Decimal,
    pub tests: Vec<Test>,
    pub when: Vec<(When, Span)>,
    pub span: Span,
}

/// A reward of the catalogue.
#[derive(Clone, Debug)]
pub struct Reward {
    /// What a claim names: the gift, the partner, the words of the effect.
    pub name: String,
    pub wallet: WalletId,
    /// Units of the wallet; 0 for free, whatever the wallet.
    pub price: i64,
    /// The effect with its clauses, as a rule that nothing triggers.
    pub rule: Box<Rule>,
}

/// An exchange.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub wallet: WalletId,
    /// Units of the wallet.
    pub price: i64,
    /// What the balance must hold for it, at least the price.
    pub at_least: i64,
    /// The effects with their clauses; its trigger is `None` for an automatic exchange.
    pub rule: Box<Rule>,
}

/// A goal.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// The sentence.
    pub text: String,
    /// The words or id as written; `report` knows which metric they name.
    pub metric: String,
    pub metric_span: Span,
    pub cmp: CmpOp,
    /// Money in major units, a rate as a fraction (`40%` is 0.4), a count as it is.
    pub value: crate::value::Exact,
    /// The unit of `value`.
    pub kind: Type,
    pub span: Span,
}

impl Program {
    /// Whether any sentence grants vouchers.
    #[must_use]
    pub fn grants_vouchers(&self) -> bool {
        let inner = self.exchanges.iter().map(|exchange| &*exchange.rule).chain(self.rewards.iter().map(|reward| &*reward.rule));
        let mut effects = self.rules.iter().chain(inner).flat_map(|rule| &rule.effects);
        effects.any(|effect| matches!(effect, Effect::Voucher { .. }))
    }

    /// Whether some sentence lets a wallet leave as money.
    #[must_use]
    pub fn is_paid_out(&self, wallet: WalletId) -> bool {
        let mut effects = self.rules.iter().flat_map(|rule| &rule.effects);
        effects.any(|effect| matches!(effect, Effect::PayOut(how) if how.wallet == wallet))
    }

    /// Whether any sentence grants a gift that has to be collected in time.
    #[must_use]
    pub fn lets_collect(&self) -> bool {
        let inner = self.exchanges.iter().map(|exchange| &*exchange.rule).chain(self.rewards.iter().map(|reward| &*reward.rule));
        let waits = |rule: &Rule| {
            let gift =
                |effect: &Effect| matches!(effect, Effect::Gift { valid, .. } if valid.is_some() || rule.life.expiring_after.is_some());
            rule.effects.iter().any(gift)
        };
        self.rules.iter().chain(inner).any(waits)
    }

    /// The tier's name.
    #[must_use]
    pub fn tier_name(&self, tier: TierId) -> &str {
        let rung = self.ladders.get(tier.ladder.index()).and_then(|ladder| ladder.rungs.get(usize::from(tier.rung)));
        rung.map_or("", |rung| &rung.name)
    }
}
