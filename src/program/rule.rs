//! Rules and their clauses.

use super::{
    AccessId, BudgetId, CalendarId, CivilSpan, DrawId, Expr, GiftId, GroupId, LadderId, MeasureId, Period, PriceListId, PurchaseFilter,
    RuleId, TextSet, TierId, WalletId,
};
use crate::span::Span;
use crate::value::{Date, Decimal, TimeOfDay};

/// A rule.
#[derive(Clone, Debug)]
pub struct Rule {
    pub id: RuleId,
    /// Where its sentence stands.
    pub span: Span,
    /// `rule "Happy hour"`
    pub name: Option<String>,
    /// The sentence on one line: how reports quote the rule.
    pub label: String,
    /// Which statement of the program it is, from 1: its id in reports if it has no name.
    pub statement: u32,
    pub trigger: Trigger,
    /// In the order written; granted or denied together.
    pub effects: Vec<Effect>,
    /// Of which effects one firing gives one alone, and when which; none where all are given.
    pub gates: Vec<Gate>,
    /// All must hold; in the order written. Times are in `when`.
    pub tests: Vec<Test>,
    /// All must hold.
    pub when: Vec<(When, Span)>,
    /// A `between` that runs past midnight: date words belong to the day it starts. The end of that range.
    pub past_midnight_until: Option<TimeOfDay>,
    pub scope: Option<Scope>,
    pub limits: Vec<Limit>,
    pub budgets: Vec<BudgetId>,
    /// How many times it gives over all customers.
    pub only: Option<u64>,
    /// How often it gives on one purchase, where that is counted.
    pub repeat: Option<Repeat>,
    pub entitlement: Entitlement,
    pub life: Life,
    /// Higher first.
    pub priority: i64,
    pub alone: bool,
    /// Where it applies no other discount does.
    pub exclusive: bool,
    /// `including shipping`: a discount falls on shipping too, as the last line.
    pub including_shipping: bool,
    pub group: Option<GroupId>,
    pub not_with: Vec<RuleId>,
}

/// When a rule fires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// Nothing does: a reward, an automatic exchange.
    None,
    /// `on purchase`, with what stands behind it.
    EachPurchase {
        filter: PurchaseFilter,
    },
    /// `on 3rd purchase …`: the ordinal is that of the purchase in `counter`.
    Nth {
        after: bool,
        n: u32,
        counter: MeasureId,
    },
    /// `on every 10th purchase …`
    EveryNth {
        after: bool,
        n: u32,
        counter: MeasureId,
    },
    /// `on purchases 2 to 5`
    Range {
        from: u32,
        to: u32,
        counter: MeasureId,
    },
    /// `after spending 500 EUR …` in minor units, `after every 100 EUR spent …` (`every`)
    Spending {
        every: bool,
        amount: i64,
        measure: MeasureId,
    },
    /// `after purchases in 3 consecutive months`
    Streak {
        count: u32,
        period: Period,
        filter: PurchaseFilter,
    },
    Birthday,
    Anniversary,
    Date(Date),
    /// Month and day.
    YearDay(u8, u8),
    DayOfMonth(MonthDay),
    /// `30 days after joining`
    AfterJoining(CivilSpan),
    Signup,
    /// By the friend's first purchase that passes.
    Referral(PurchaseFilter),
    Event(String),
    Reaching(TierId),
    Leaving(TierId),
    /// `after 60 days without purchase`
    Silence {
        span: CivilSpan,
        filter: PurchaseFilter,
    },
    AtEnd(Period),
    AtStart(Period),
}

impl Trigger {
    /// Whether time alone sets it off: a date, a recurring day, a period, a silence.
    #[must_use]
    pub fn is_by_time(&self) -> bool {
        matches!(
            self,
            Self::Birthday
                | Self::Anniversary
                | Self::Date(_)
                | Self::YearDay(..)
                | Self::DayOfMonth(_)
                | Self::AfterJoining(_)
                | Self::Silence { .. }
                | Self::AtEnd(_)
                | Self::AtStart(_)
        )
    }

    /// Whether a purchase fires it, so that there is one to look at.
    pub fn is_purchase(&self) -> bool {
        matches!(
            self,
            Self::EachPurchase { .. }
                | Self::Nth { .. }
                | Self::EveryNth { .. }
                | Self::Range { .. }
                | Self::Spending { .. }
                | Self::Streak { .. }
        )
    }
}

/// What lets one of several effects act that exclude one another.
#[derive(Clone, Debug, PartialEq)]
pub enum Gate {
    /// A row of a table: its test, those of the rows before it apart.
    Row { effect: usize, test: Expr },
    /// A draw between 0 and 1 that falls from one place up to another.
    Drawn { effect: usize, from: Decimal, to: Decimal },
}

impl Gate {
    /// The effect that it lets act.
    #[must_use]
    pub fn effect(&self) -> usize {
        match self {
            Self::Row { effect, .. } | Self::Drawn { effect, .. } => *effect,
        }
    }
}

impl Rule {
    /// What lets an effect act, if not every firing does.
    #[must_use]
    pub fn gate(&self, effect: usize) -> Option<&Gate> {
        self.gates.iter().find(|gate| gate.effect() == effect)
    }

    /// Which of its effects is this one, if it draws it: `Some(None)` where nothing may be drawn, and is.
    #[must_use]
    pub fn place_drawn(&self, what: Option<&Effect>) -> Option<Option<usize>> {
        if !self.is_drawn() {
            return None;
        }
        match what {
            Some(what) => self.effects.iter().position(|effect| effect.gives_same(what)).map(Some),
            None => {
                let mut end = Decimal::whole(0);
                for gate in &self.gates {
                    let Gate::Drawn { from, to, .. } = gate else { continue };
                    if *from != end {
                        return Some(None);
                    }
                    end = *to;
                }
                (end != Decimal::whole(1)).then_some(None)
            }
        }
    }

    /// Whether each firing draws what it gives.
    #[must_use]
    pub fn is_drawn(&self) -> bool {
        matches!(self.gates.first(), Some(Gate::Drawn { .. }))
    }
}

/// What a rule does.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Percent or money off.
    Discount(Rates),
    /// Earning in proportion to the purchase.
    Earn {
        wallet: WalletId,
        rates: Rates,
    },
    /// `double beans`: the factor, above zero.
    Multiply {
        wallet: WalletId,
        factor: Decimal,
    },
    PriceList(PriceListId),
    /// `price 2 EUR`: of a unit of the items in scope, minor units.
    Price(i64),
    FreeShipping,
    /// An amount in full units (money: minor units), made once each time the rule fires.
    Grant {
        wallet: WalletId,
        amount: Expr,
        valid: Option<Lasting>,
    },
    /// The same to the friend.
    GrantFriend {
        wallet: WalletId,
        amount: Expr,
        valid: Option<Lasting>,
    },
    Gift {
        gift: GiftId,
        only: Option<u64>,
        /// With a life it is a right until it is collected.
        valid: Option<Lasting>,
    },
    Voucher {
        value: Rate,
        valid: Option<Lasting>,
        filter: PurchaseFilter,
    },
    Entries {
        draw: DrawId,
        count: Expr,
    },
    /// `earn 1 entry to "Summer car" per 50 EUR`: entries and minor units.
    EarnEntries {
        draw: DrawId,
        count: u32,
        per: i64,
    },
    Access {
        access: AccessId,
        only: Option<u64>,
        valid: Option<Lasting>,
    },
    MoveTo(TierId),
    /// The balance becomes so many smallest units.
    Set {
        wallet: WalletId,
        amount: i64,
    },
    /// The cost in minor units.
    Notify {
        text: String,
        costs: i64,
    },
    /// Minor units that the customer pays for it.
    Charge(i64),
    /// The balance leaves as money: whole, or in full steps.
    PayOut(PayOut),
    /// Minor units.
    Donate {
        amount: i64,
        to: String,
    },
}

impl Effect {
    /// Whether it is the same thing, however long it lasts.
    #[must_use]
    pub fn gives_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Grant { wallet: a, amount: x, .. }, Self::Grant { wallet: b, amount: y, .. }) => a == b && x == y,
            (Self::Gift { gift: a, .. }, Self::Gift { gift: b, .. }) => a == b,
            (Self::Voucher { value: a, .. }, Self::Voucher { value: b, .. }) => a == b,
            (Self::Access { access: a, .. }, Self::Access { access: b, .. }) => a == b,
            _ => self == other,
        }
    }

    /// Whether it needs a purchase to act on (4, "Modifiers and grants").
    #[must_use]
    pub fn is_modifier(&self) -> bool {
        matches!(
            self,
            Self::Discount(_)
                | Self::Earn { .. }
                | Self::Multiply { .. }
                | Self::PriceList(_)
                | Self::Price(_)
                | Self::FreeShipping
                | Self::EarnEntries { .. }
        )
    }
}

/// How a wallet is paid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayOut {
    pub wallet: WalletId,
    /// What the balance must hold, in smallest units of the wallet.
    pub least_units: i64,
    /// What it must come to, and the step in which it leaves, in minor units.
    pub least: i64,
    pub step: i64,
}

/// A grant made as often as a purchase holds so much.
#[derive(Clone, Debug, PartialEq)]
pub enum Repeat {
    /// Full amounts of what it earns on, in minor units.
    Money(i64),
    /// Units of items.
    Items(u32, Option<ItemFilter>),
}

/// One rate or a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Rates {
    One(Rate),
    Table(Table),
}

impl Rates {
    /// Every rate that it may come to.
    pub fn all(&self) -> impl Iterator<Item = &Rate> {
        let (one, table) = match self {
            Self::One(rate) => (Some(rate), None),
            Self::Table(table) => (Some(&table.otherwise), Some(table)),
        };
        one.into_iter().chain(table.into_iter().flat_map(|table| table.rows.iter().map(|row| &row.rate)))
    }
}

/// A rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// A fraction of the base: 5% is 0.05. For a points wallet, of the value, converted by `worth`.
    Percent(Decimal),
    /// A fixed sum: minor units for discounts and money wallets, smallest units for points.
    Fixed(i64),
    /// `amount` full units of the wallet (money wallet: minor units) per `per` minor units; by full steps unless
    /// `in_proportion`.
    Per { amount: Decimal, per: i64, in_proportion: bool },
    /// The same, full steps counted unit by unit of the items.
    PerEachItem { amount: Decimal, per: i64 },
    /// `amount` full units of the wallet (money wallet: minor units) per unit of the items.
    PerItem { amount: Decimal },
    /// The same per so much of the items' quantity, fractions included: `per 1 litre`.
    PerQuantity { amount: Decimal, per: Decimal, in_proportion: bool },
    /// Nothing: a tier without a row, a value below the first row.
    Nothing,
}

/// A table.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    pub key: TableKey,
    pub each_slice: bool,
    /// Rising by threshold; for a tier table one row a rung in order of rungs, [`Rate::Nothing`] where none is written; for
    /// one by words a row a word. A grid has all cells of its first row, then those of the next.
    pub rows: Vec<TableRow>,
    /// `else`: where no row fits, a missing fact included.
    pub otherwise: Rate,
    pub span: Span,
}

/// What chooses the row.
#[derive(Clone, Debug, PartialEq)]
pub enum TableKey {
    /// `by amount`: `amount` for discounts and rules that hold one, else `net amount`
    Amount,
    /// A fact or a measure, taken before the purchase.
    Value(Expr),
    Tier(LadderId),
    /// A text fact; the texts of each row.
    Words(Expr, Vec<TextSet>),
    /// Down the side and across, and how many columns there are.
    Grid(Box<TableKey>, Box<TableKey>, usize),
}

impl TableKey {
    /// Every calculation that it asks for.
    pub fn exprs(&self) -> Vec<&Expr> {
        match self {
            Self::Amount | Self::Tier(_) => Vec::new(),
            Self::Value(expr) | Self::Words(expr, _) => vec![expr],
            Self::Grid(side, across, _) => side.exprs().into_iter().chain(across.exprs()).collect(),
        }
    }
}

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub struct TableRow {
    /// In the units of the key: minor units, counts, smallest units of a wallet. Ignored for tiers.
    pub threshold: i64,
    /// `over`: the threshold itself is not included.
    pub exclusive: bool,
    pub rate: Rate,
    pub span: Span,
}

/// A condition that must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    pub kind: TestKind,
    pub expr: Expr,
    pub span: Span,
}

/// Which clause a test came from, for `why`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestKind {
    Audience,
    Except,
    Place,
    Over,
    If,
    Unless,
}

/// `over X`, `of at least X`; minor units of the whole purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Over {
    pub inclusive: bool,
    pub amount: i64,
    /// Without shipping.
    pub of_goods: bool,
}

/// A day of every month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MonthDay {
    /// The last one in shorter months.
    Day(u8),
    /// The 1st to 5th weekday so called, or (0) the last one. No fifth one, no day.
    Weekday { nth: u8, weekday: u8 },
}

impl MonthDay {
    /// The day in the month that holds a date, if that month has it.
    #[must_use]
    pub fn in_month(self, date: Date) -> Option<Date> {
        let (year, month, _) = date.ymd();
        let first = Date::from_ymd(year, month, 1)?;
        let last = first.plus_months(1).plus_days(-1);
        match self {
            Self::Day(day) => Some(Date::from_ymd(year, month, day).unwrap_or(last)),
            Self::Weekday { nth: 0, weekday } => {
                let back = i64::from(last.weekday()).saturating_sub(i64::from(weekday)).rem_euclid(7);
                Some(last.plus_days(back.saturating_neg()))
            }
            Self::Weekday { nth, weekday } => {
                let ahead = i64::from(weekday).saturating_sub(i64::from(first.weekday())).rem_euclid(7);
                let weeks = i64::from(nth).saturating_sub(1).saturating_mul(7);
                Some(first.plus_days(ahead.saturating_add(weeks))).filter(|day| *day <= last)
            }
        }
    }
}

/// When a rule holds.
#[derive(Clone, Debug, PartialEq)]
pub enum When {
    /// Bit 0 is Monday.
    Weekdays(u8),
    /// The end is not included; `from >= to` goes past midnight.
    Between(TimeOfDay, TimeOfDay),
    From(Date),
    Until(Date),
    During(CalendarId),
    /// Bit 1 is January.
    Months(u16),
    BirthdayMonth,
    AroundBirthday {
        from: i32,
        to: i32,
    },
    AroundAnniversary {
        from: i32,
        to: i32,
    },
    AroundYearDay {
        month: u8,
        day: u8,
        from: i32,
        to: i32,
    },
    AroundDate {
        date: Date,
        from: i32,
        to: i32,
    },
    OnDate(Date),
    OnYearDay(u8, u8),
    OnDayOfMonth(MonthDay),
    Birthday,
    Anniversary,
    AnyOf(Vec<When>),
}

/// Which items a rule looks at.
#[derive(Clone, Debug, PartialEq)]
pub enum Scope {
    /// Only these.
    Items(ItemFilter),
    /// One unit: the cheapest of those that pass the filter.
    Cheapest(Option<ItemFilter>),
    /// Every n-th unit, dearest first.
    EveryNth(u32, Option<ItemFilter>),
    /// The units of full groups of so many, dearest first.
    Groups(u32, Option<ItemFilter>),
    Shipping,
    /// Settled at the period's end.
    TopCategory(Period, Option<ItemFilter>),
    /// All items but these, and shipping: `excluding …` leaves shipping in.
    Excluding(ItemFilter),
}

impl Scope {
    /// Whether it looks at items that are not yet reduced.
    #[must_use]
    pub fn asks_reduced(&self) -> bool {
        match self {
            Self::Items(filter) | Self::Excluding(filter) => filter.asks_reduced(),
            Self::Cheapest(filter) | Self::EveryNth(_, filter) | Self::Groups(_, filter) | Self::TopCategory(_, filter) => {
                filter.as_ref().is_some_and(ItemFilter::asks_reduced)
            }
            Self::Shipping => false,
        }
    }
}

impl ItemFilter {
    /// Whether it asks what price lists and item discounts took off.
    #[must_use]
    pub fn asks_reduced(&self) -> bool {
        match self {
            Self::NotReduced => true,
            Self::Not(inner) => inner.asks_reduced(),
            Self::All(all) => all.iter().any(Self::asks_reduced),
            Self::Category(_) | Self::Brand(_) | Self::Product(_) | Self::If(_) => false,
        }
    }
}

/// A test of one item. Shipping is no item.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ItemFilter {
    Category(TextSet),
    Brand(TextSet),
    Product(TextSet),
    If(Box<Expr>),
    /// No price list and no item discount has taken anything off it.
    NotReduced,
    Not(Box<ItemFilter>),
    All(Vec<ItemFilter>),
}

/// A limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    pub what: LimitWhat,
    pub per: LimitPeriod,
    pub then: Option<Rate>,
    pub or_nothing: bool,
    /// Which of the program's limits over several rules it is.
    pub shared: Option<u16>,
    pub span: Span,
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LimitWhat {
    /// Minor units of discounts, money wallets and gifts' worth.
    Money(i64),
    /// Smallest units of a wallet.
    Units(WalletId, i64),
    /// A fraction of the purchase (of what a redemption may pay): `up to 50% of purchase`.
    Percent(Decimal),
    /// Firings.
    Times(u32),
    /// Minor units of the base.
    First(i64),
    /// Parts of the base's quantity: `on the first 80 litres`, see [`super::QUANTITY`].
    FirstQuantity(i64),
}

/// The period of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitPeriod {
    Purchase,
    Calendar(Period),
    Rolling(CivilSpan),
    Ever,
}

/// How long and how often what a rule gave can be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Entitlement {
    /// `on next 3 purchases`
    pub uses: Option<u32>,
    /// `for 30 days`, `that day`
    pub lasts: Option<Lasting>,
    /// `added to what is left`: the span of a tier goes on the end of the one that runs.
    pub added: bool,
}

/// How long something lasts, or when it can be used. Counted from the moment it is given; last days are included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasting {
    /// `for 30 days`; hours are elapsed time.
    For(CivilSpan),
    ThatDay,
    UntilEnd {
        next: bool,
        period: Period,
    },
    Until(Date),
    /// Month and day: the first one after the day of granting.
    UntilNext(u8, u8),
    Days(Date, Date),
    /// The unbroken run of the calendar's days under way, else the next.
    During(CalendarId),
}

/// The life of what a rule grants, where it differs from its wallet's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Life {
    pub pending: Option<super::Pending>,
    /// `expiring after 30 days`
    pub expiring_after: Option<CivilSpan>,
    /// `usable from 3 days before to 3 days after birthday`: an `Around…` of [`When`].
    pub usable: Option<Usable>,
    /// `paid at end of every quarter`, and the step to which it is rounded down in smallest units of the wallet.
    pub paid_at: Option<(Period, Option<i64>)>,
}

impl Life {
    /// Whether it is its wallet's.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.pending.is_none() && self.expiring_after.is_none() && self.usable.is_none() && self.paid_at.is_none()
    }
}

/// Days around one that recurs; offsets in days, negative before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usable {
    pub from: i32,
    pub to: i32,
    pub day: UsableDay,
}

/// The day that [`Usable`] is around.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsableDay {
    Birthday,
    Anniversary,
    Date(Date),
    YearDay(u8, u8),
}
