//! The tree of a `.loy` file: what was written, with places, before names and types mean anything.
//!
//! Equality ignores places. Numbers are exact decimals. Wherever a value may stand, an [`Expr`] stands, because a
//! parameter's name or a parenthesised calculation is allowed there too; `check` decides whether its type fits.
//!
//! `100 beans` is one [`Literal::Count`] wherever it stands. A `wallet` beside an amount repeats the name where the field
//! is not optional or says so (`Earn`, `Redeem`, `Reward`, `Exchange`); elsewhere it is `Some` only if the name stands
//! apart from the number: `5 EUR to cashback`, `(purchase.miles) miles`.

use crate::program::GainKind;
use crate::span::{Span, Spanned};
use crate::value::{Date, DateTime, Decimal, TimeOfDay};

/// A name as written; names compare without regard to case, see [`crate::value::name_key`].
pub type Name = Spanned<String>;

/// A whole program text, included files in place of their `include`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ast {
    /// In the order of the text.
    pub statements: Vec<Statement>,
    /// Places of the text that were read as something else, with the reader told so: further hints write it too.
    pub mended: Vec<(Span, String)>,
    /// The first words, in small letters, of sentences that could not be read at all: what they declare is missing.
    pub lost: Vec<String>,
}

/// One sentence that starts at the left margin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// From the first word to the last.
    pub span: Span,
    /// What it says.
    pub kind: StatementKind,
    /// Whether some of its words could not be read. That is reported; what can be read is here, and nothing should be
    /// concluded from what is missing.
    pub damaged: bool,
}

/// The kinds of statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatementKind {
    /// `program "Coffee Club" currency EUR …`
    Program(ProgramDecl),
    /// `points beans …`, `stamps drinks …`, `wallet cashback …`
    Wallet(WalletDecl),
    /// `tiers by spend …`
    Tiers(TiersDecl),
    /// `segment designers if …`
    Segment { name: Name, condition: Expr },
    /// `calendar "Black Friday" …`
    Calendar { name: Name, days: Vec<CalendarDays> },
    /// `gift "mug" costs 2 EUR worth 5 EUR only 500 in all`
    Gift { name: Name, costs: Option<Expr>, worth: Option<Expr>, only: Option<Expr> },
    /// `budget spring 10000 EUR per month for all rules`
    Budget { name: Name, amount: Expr, per: Option<Spanned<Period>>, for_all_rules: bool },
    /// `limit "Fun" at most 20 EUR per month`
    SharedLimit { name: Name, limit: Limit },
    /// `choice fuel one of "95", "diesel", at most once per month, at first "95", from next month on`
    Choice { name: Name, values: Vec<Name>, limit: Option<Limit>, first: Option<Name>, later: Option<Period> },
    /// `draw "Summer car" on 2025-08-31 gives 3 gift "weekend trip"`
    Draw { name: Name, date: Spanned<Date>, winners: Expr, gift: Name },
    /// `prices "Designers" from "designers.csv"`
    Prices { name: Name, file: Spanned<String> },
    /// `group promo best for customer`
    Group { name: Name, policy: GroupPolicy },
    /// `param base 2%`
    Param { name: Name, value: Expr },
    /// `rule "x" …` or bare clauses
    Rule(RuleDecl),
    /// `redeem beans …`, `redeem 100 beans for 1 EUR …`
    Redeem { amount: Option<Expr>, wallet: Name, value: Option<Expr>, clauses: Vec<Clause> },
    /// `redeem vouchers at 3 times value …`
    RedeemVouchers { times: Expr, clauses: Vec<Clause> },
    /// `reward "any drink" discount 100% for 500 beans …`; for free, nothing is paid.
    Reward { name: Option<Name>, effect: Box<Spanned<Effect>>, price: Option<(Expr, Name)>, clauses: Vec<Clause> },
    /// `exchange 12 drinks for gift "free drink" …`
    Exchange { amount: Expr, wallet: Name, effects: Vec<Spanned<Effect>>, clauses: Vec<Clause> },
    /// `expect redemption rate at least 40%`; words behind the value belong to the metric: `expect program cost at most
    /// 4% of revenue` is about `program cost of revenue`.
    Expect { metric: Spanned<String>, cmp: CmpOp, value: Expr },
    /// `expect worst case at most 15% of a purchase of at least 20 EUR, plus 5 EUR`
    ExpectWorst(WorstCase),
    /// `expect no gain from returns, splitting`; all kinds if none is named
    ExpectNoGain { from: Vec<Spanned<GainKind>> },
    /// `allow gain of 5 EUR from accounts`
    AllowGain { amount: Option<Expr>, from: Vec<Spanned<GainKind>> },
    /// `example "x" …`
    Example { name: Name, steps: Vec<Step> },
    /// `include "common.loy"`; replaced by the statements of the file where it can be read
    Include { path: Spanned<String> },
}

/// The most that may be given away, for every history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorstCase {
    /// A share, or a sum.
    pub most: Expr,
    pub plus: Option<Expr>,
    /// `of a purchase of at least 20 EUR`
    pub least: Option<Expr>,
    /// `of spend … per customer and year`; else of a purchase.
    pub year: bool,
    /// What the share is of, as far as it is said.
    pub of: Option<WorstOf>,
}

/// What a share is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorstOf {
    Purchase,
    Spend,
}

/// `program` and its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramDecl {
    /// The program's name.
    pub name: Name,
    /// In the order written.
    pub settings: Vec<Spanned<Setting>>,
}

/// Settings of `program`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    Currency(String),
    Timezone(String),
    Language(Expr),
    Starts(Date),
    Ends(Date),
    CountEarlierPurchases,
    Members(Members),
    EarnOn {
        after_discounts: Option<bool>,
        excluding_tax: bool,
        excluding_shipping: bool,
        including_redeemed: bool,
    },
    DiscountsCombine(Combine),
    RoundMoney(RoundMode),
    TiersChange(TiersChange),
    Returns(ReturnsSetting),
    WeekStarts {
        sunday: bool,
    },
    /// `pay refunds to card`
    PayRefundsTo(Name),
    /// `vouchers pay before discounts`
    VouchersPayFirst,
    /// `discounts never below item.floor`
    NeverBelow(Expr),
    /// `None`: by customer; else by `customer.ATTRIBUTE`
    AccountBy(Option<String>),
}

/// How customers become members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Members {
    Automatically,
    BySignup,
    AfterSpending(Expr),
    AfterPurchases(Expr),
    If(Expr),
}

/// `discounts combine by …`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Combine {
    Best,
    Adding,
    Compounding,
}

/// Rounding modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RoundMode {
    HalfUp,
    HalfEven,
    Down,
    Up,
}

/// One choice of `returns …`; several may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReturnsSetting {
    MayGoNegative,
    StopAtZero,
    DeductFromRefund,
    RestoreOriginalExpiry,
    RestoreNewExpiry,
    DoNotRestore,
    KeepRewards,
}

/// The three statements that declare a wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WalletKind {
    Points,
    Stamps,
    Money,
}

/// A wallet and its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalletDecl {
    pub kind: WalletKind,
    /// `None` for `points` and `stamps` without a name.
    pub name: Option<Name>,
    /// `(1 балл, 2 балла, 5 баллов)`: numbers, and the name's form with each.
    pub forms: Vec<(Decimal, Name)>,
    pub settings: Vec<Spanned<WalletSetting>>,
}

/// Settings of a wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WalletSetting {
    Worth(Expr),
    /// `expire 12 months after earning, at end of quarter`
    ExpireAfter {
        span: Expr,
        after: ExpireAfter,
        /// Behind `last purchase`: which purchases.
        narrow: Narrowing,
        /// `or 6 months after last activity`: the earlier of two clocks.
        or: Option<Box<OtherClock>>,
        at: Option<ExpireAt>,
    },
    /// `expire at end of next year plus 1 month`
    ExpireAtEnd {
        next: bool,
        end: EndOf,
        plus: Option<Expr>,
    },
    NeverExpire,
    /// `never expire for tier gold or above`
    NeverExpireFor(TierList),
    PendingFor(Expr),
    PendingUntil {
        event: Name,
        within: Option<Expr>,
    },
    Round {
        mode: RoundMode,
        step: Option<Expr>,
    },
    Spend(SpendOrder),
    /// `for levels only`
    ForLevelsOnly,
    /// `counts as money`
    CountsAsMoney,
    /// `hold at most 300`
    HoldAtMost(Expr),
    /// `carry at most 300 into every year`
    CarryAtMost {
        amount: Expr,
        period: Period,
    },
}

/// The second of two clocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherClock {
    pub span: Expr,
    pub after: ExpireAfter,
    pub narrow: Narrowing,
}

/// What an expiry counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExpireAfter {
    Earning,
    LastActivity,
    LastPurchase,
    LastEarning,
    /// `after becoming usable`
    Usable,
}

/// What ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndOf {
    Period(Period),
    HalfYear,
}

/// To which day an expiry moves on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExpireAt {
    /// `at end of quarter`
    End(EndOf),
    /// `at next 30 September`
    Next(YearDay),
}

/// `spend … first`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SpendOrder {
    EarliestExpiry,
    Oldest,
    Newest,
}

/// When tiers go up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TiersChange {
    AfterPurchase,
    WithPurchase,
    AtReviews,
}

/// A ladder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TiersDecl {
    /// `None` for the main ladder.
    pub name: Option<Name>,
    pub measure: Measure,
    /// `tiers "Club"`: nothing is measured, and all rows above the first are by invitation.
    pub by_invitation: bool,
    /// In the order written.
    pub rows: Vec<TierRow>,
    pub settings: Vec<Spanned<TierSetting>>,
}

/// How long the tier dropped to is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Landing {
    /// `for 12 months`
    For(Expr),
    /// `until end of next year`
    UntilEnd { next: bool, period: Period },
}

/// `gold from 1000 EUR or 25 purchases`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TierRow {
    pub span: Span,
    pub name: Name,
    pub from: Option<Expr>,
    /// A second threshold; its unit says which measure it is of (`purchases`, a wallet's name, money).
    pub or: Option<Expr>,
    pub by_invitation: bool,
}

/// Settings of a ladder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TierSetting {
    KeepFor(Expr),
    KeepUntilEnd {
        next: bool,
        period: Period,
        plus: Option<Expr>,
    },
    Review(Period),
    DropToQualifying,
    /// Held then for a while, if said.
    DropOneLevel(Option<Landing>),
    NeverDrop,
    /// `carrying at most 300`
    Carrying(Expr),
    Grace(Expr),
}

/// Calendar periods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Period {
    Day,
    Week,
    Month,
    Quarter,
    Year,
    MembershipYear,
}

/// One line of a `calendar`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CalendarDays {
    /// `2025-11-28` or `2025-11-28 to 2025-12-01`, both ends included
    Dates { from: Spanned<Date>, to: Spanned<Date> },
    /// `every year 24 December` or `every year 24 December to 26 December`
    Yearly { from: Spanned<YearDay>, to: Spanned<YearDay> },
}

/// A day of every year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct YearDay {
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31; 29 February is allowed.
    pub day: u8,
}

/// How the rules of a group combine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GroupPolicy {
    BestForCustomer,
    BestForStore,
    First,
    All,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleDecl {
    pub name: Option<Name>,
    /// Effects and other clauses in the order written.
    pub clauses: Vec<Clause>,
}

/// One clause and its place.
pub type Clause = Spanned<ClauseKind>;

/// The clauses of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "a tree is built once, and its largest clause is its commonest")]
pub enum ClauseKind {
    Trigger(Trigger),
    Effect(Effect),
    Scope(Scope),
    Audience(Audience),
    Place(Place),
    Time(TimeClause),
    /// `over 50 EUR`, `of at least 50 EUR`
    Over(Over),
    If(Expr),
    Unless(Expr),
    Limit(Limit),
    WithinBudget(Name),
    /// `within limit "Fun", then 1%`
    WithinLimit {
        name: Name,
        then: Option<Box<Rate>>,
        or_nothing: bool,
    },
    /// `only 500 times in all`: over all customers.
    OnlyTimes(Expr),
    /// `on next purchase` (1), `on next 3 purchases`
    OnNext(Expr),
    /// `for 30 days`
    For(Lasting),
    /// `added to what is left`, of a tier
    AddedToWhatIsLeft,
    PendingFor(Expr),
    PendingUntil {
        event: Name,
        within: Option<Expr>,
    },
    ExpiringAfter(Expr),
    /// `usable from 3 days before to 3 days after birthday`
    Usable(AroundDay),
    /// `paid at end of every quarter rounded down to 0.50 EUR`
    PaidAt {
        period: Period,
        rounded_down_to: Option<Expr>,
    },
    /// `including shipping`
    IncludingShipping,
    /// `in steps of 1 EUR`, in `redeem` only
    InSteps(Expr),
    /// `for whole purchases only`, in `redeem` only
    WholePurchases,
    /// `for every 3 items of category "x"`: once for so many
    ForEvery {
        count: Spanned<u32>,
        scope: Option<Scope>,
    },

    Priority(Expr),
    Alone,
    /// No other discount where it applies.
    Exclusive,
    InGroup(Name),
    NotWith(Name),
}

/// `3 days before … 3 days after birthday`; offsets in days, negative before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AroundDay {
    pub from: i32,
    pub to: i32,
    pub day: AnchorDay,
}

/// The days that recur for each customer or year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnchorDay {
    Birthday,
    Anniversary,
    Date(Date),
    YearDay(YearDay),
}

/// Triggers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// All that count purchases. `after`: it begins with `after` and not with `on`.
    Purchase {
        after: bool,
        which: WhichPurchase,
        narrow: Narrowing,
    },
    /// `after spending 500 EUR`, `after every 100 EUR spent` (`every`)
    Spending {
        every: bool,
        amount: Expr,
        narrow: Narrowing,
    },
    /// `after purchases in 3 consecutive months`
    Streak {
        count: Expr,
        period: Period,
        narrow: Narrowing,
    },
    Birthday,
    Anniversary,
    Date(Date),
    YearDay(YearDay),
    /// `on the 1st of every month`, `on the 3rd monday of every month`
    DayOfMonth(MonthDay),
    /// `30 days after joining`
    AfterJoining(DurationLit),
    Signup,
    /// `on referral`, `on referral by a purchase of at least 50 EUR`
    Referral(Narrowing),
    Event(Name),
    Reaching(Name),
    Leaving(Name),
    /// `after 60 days without purchase`
    Silence {
        span: Expr,
        narrow: Narrowing,
    },
    AtEnd(Period),
    AtStart(Period),
}

/// Which purchases a counting trigger means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhichPurchase {
    /// `on purchase`, `on every purchase`
    Each,
    /// `3rd purchase`
    Nth(Spanned<u32>),
    /// `every 10th purchase`
    Every(Spanned<u32>),
    /// `purchases 2 to 5`
    Range(Spanned<u32>, Spanned<u32>),
}

/// Words directly behind a counting trigger or a measure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Narrowing {
    pub scopes: Vec<Spanned<Scope>>,
    pub places: Vec<Spanned<Place>>,
    pub over: Vec<Spanned<Over>>,
    pub window: Option<Spanned<Window>>,
}

/// Windows of measures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Window {
    /// `in last 12 months`
    Last(Box<Expr>),
    /// `in this month`, `in a month`, `in membership year`
    In(Period),
    /// `in previous month`
    Previous(Period),
    /// `since reaching the tier`
    SinceReaching,
    SinceJoining,
    Ever,
}

/// Which items a rule looks at. Names in one scope widen it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    Category(Vec<Name>),
    Brand(Vec<Name>),
    Product(Vec<Name>),
    ItemsIf(Box<Expr>),
    CheapestItem,
    /// `on items not yet reduced`
    NotReduced,
    EveryNthItem(Spanned<u32>),
    Shipping,
    TopCategory(Period),
    /// `excluding category "x"`: one of the first three or `ItemsIf`
    Excluding(Box<Scope>),
}

/// `for …` and `except for …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience {
    pub except: bool,
    /// Any of these (`or`, commas).
    pub any_of: Vec<Spanned<AudienceKind>>,
}

/// Whom a rule is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AudienceKind {
    Everyone,
    Tiers(TierList),
    Segments(Vec<Name>),
    JoinedBefore(Date),
    Referred,
    /// `for tier gold and segment staff`
    AllOf(Vec<Spanned<AudienceKind>>),
}

/// `gold`, `silver, gold`, `silver or above`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TierList {
    pub names: Vec<Name>,
    pub or_above: bool,
}

/// Where and how a purchase was made. Names widen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Via(Vec<Name>),
    InStore(Vec<Name>),
    PaidBy(Vec<Name>),
    AtPartner(Vec<Name>),
    WithCoupon(Vec<Name>),
}

/// Weekdays from 0 (Monday) to 6 (Sunday).
pub type Weekday = u8;

/// When.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimeClause {
    /// Listed weekdays, each once (`weekends` = 5, 6)
    Weekdays(Vec<Weekday>),
    /// `monday to friday`, may wrap
    WeekdayRange(Weekday, Weekday),
    /// The end is not included; `from > to` goes past midnight.
    Between(TimeOfDay, TimeOfDay),
    From(Date),
    Until(Date),
    FromTo(Date, Date),
    During(Vec<Name>),
    /// Months 1 to 12
    InMonths(Vec<u8>),
    BirthdayMonth,
    /// `in december or birthday month`
    AnyOf(Vec<Spanned<TimeClause>>),
    /// `from 3 days before to 3 days after birthday`
    Around(AroundDay),
    /// `on 24 December`, `on 2025-12-24`, `on the 1st of every month` beside another trigger
    OnDate(Date),
    OnYearDay(YearDay),
    OnDayOfMonth(MonthDay),
}

/// A day of every month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MonthDay {
    /// 31 for the last one.
    Day(u32),
    /// The 1st to 4th, the 5th where there is one, or (0) the last one.
    Weekday { nth: u32, weekday: Weekday },
}

/// `over X` (exclusive), `of at least X` (inclusive).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Over {
    pub inclusive: bool,
    pub amount: Expr,
    /// `of goods`: without shipping
    pub of_goods: bool,
    /// `after discounts`
    pub after_discounts: bool,
}

/// How long something lasts, or when it can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lasting {
    /// `for 30 days`, `for 2 hours`
    For(Expr),
    ThatDay,
    /// `until end of next month`
    UntilEnd {
        next: bool,
        period: Period,
    },
    /// `until 2025-11-20`
    Until(Date),
    /// `until next 30 September`
    UntilNext(YearDay),
    /// `from 2025-11-11 to 2025-11-20`
    Days(Date, Date),
    /// `during "Black Friday"`
    During(Name),
}

/// What a limit limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    pub what: LimitWhat,
    pub per: LimitPeriod,
    /// `then 1%`
    pub then: Option<Box<Rate>>,
    /// `or nothing`
    pub or_nothing: bool,
}

/// What a limit counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LimitWhat {
    /// `at most 20 EUR`, `at most 500 beans`; in `redeem` also `up to 50%`
    Amount(Expr),
    /// `at most 3 times`; `once` is 1
    Times(Expr),
    /// `on the first 500 EUR`
    First(Expr),
    /// `at least 500 beans`, in `redeem` only
    AtLeast(Expr),
}

/// The period of a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LimitPeriod {
    /// Not written: a percentage of `purchase`, `once` ever, otherwise to be asked for by `check`.
    Unsaid,
    Purchase,
    Calendar(Period),
    /// `per 30 days`
    Rolling(Expr),
    Ever,
}

/// Effects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// `discount 5%`, `10 EUR off`, `discount base`
    Discount(Rates),
    /// Every way to earn in a wallet in proportion to a purchase: `earn 1 bean per 1 EUR`, `earn 5% as beans`,
    /// `earn 2 beans per item`, `earn beans by tier …`, `cashback 2%`. `wallet` is `None` for `cashback`.
    Earn {
        wallet: Option<Name>,
        rates: Rates,
    },
    /// `grant 100 beans`, `grant 5 EUR to cashback`, `grant (purchase.miles) miles`
    Grant {
        amount: Expr,
        wallet: Option<Name>,
        /// `valid for 30 days`
        valid: Option<Spanned<Lasting>>,
    },
    /// `grant beans by tier …`
    GrantTable {
        wallet: Name,
        table: Table,
    },
    /// `grant friend 200 beans`
    GrantFriend {
        amount: Expr,
        wallet: Option<Name>,
        valid: Option<Spanned<Lasting>>,
    },
    /// `double beans`, `multiply beans by 1.5`
    Multiply {
        wallet: Name,
        factor: Expr,
    },
    /// `grant gift "x" [only 500 in all]`
    Gift {
        name: Name,
        only: Option<Expr>,
        valid: Option<Spanned<Lasting>>,
    },
    /// `grant voucher 10 EUR per 50 EUR valid for 30 days on purchases over 50 EUR`
    Voucher {
        amount: Expr,
        /// One for every full amount of the purchase.
        per: Option<Expr>,
        valid: Option<Spanned<Lasting>>,
        narrow: Narrowing,
    },
    /// `grant voucher by tier valid for 30 days …`
    VoucherTable {
        table: Table,
        valid: Option<Spanned<Lasting>>,
        narrow: Narrowing,
    },
    /// `grant one of: 10 beans 70%, nothing 30%`
    OneOf(Vec<Chance>),
    /// `grant 1 entry to "Summer car"`, `earn 1 entry to "Summer car" per 50 EUR`
    Entries {
        count: Expr,
        draw: Name,
        per: Option<Expr>,
    },
    Access {
        name: Name,
        only: Option<Expr>,
        valid: Option<Spanned<Lasting>>,
    },
    FreeShipping,
    PriceFrom {
        name: Name,
    },
    /// `price 2 EUR on product "A"`
    Price(Expr),
    MoveTo {
        tier: Name,
    },
    /// `set xp to 0`
    Set {
        wallet: Name,
        amount: Expr,
    },
    Notify {
        text: Spanned<String>,
        costs: Option<Expr>,
    },
    Donate {
        amount: Expr,
        to: Name,
    },
    /// `charge 39.99 EUR`
    Charge(Expr),
    /// `pay out cashback`
    PayOut(Name),
}

/// One of the things of which a draw gives one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chance {
    /// Nothing, if it gives nothing.
    pub what: Option<Box<Spanned<Effect>>>,
    /// A share of all draws, in percent.
    pub weight: Spanned<Decimal>,
}

/// One rate, or a table of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rates {
    One(Rate),
    Table(Table),
}

/// A rate in the form of its effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rate {
    /// `5%`, `5 EUR`, `100 beans`, a parameter
    Value(Expr),
    /// `2 per 1 EUR [, in proportion]`, `2 per 1 EUR of each item`, `2 per 1 litre`
    Per { amount: Expr, per: Expr, in_proportion: bool, of_each_item: bool },
    /// `2 per item`
    PerItem { amount: Expr },
}

/// A table of rates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub by: TableKey,
    /// What goes across in a grid, and its columns.
    pub across: Option<(TableKey, Vec<Name>)>,
    /// `earn points per 1 EUR by …`: what the rates are per stands before the table.
    pub per_first: bool,
    pub each_slice: bool,
    pub rows: Vec<TableRow>,
}

/// What chooses the row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableKey {
    /// `by amount`, `by spend ever`: a fact or a measure
    Value(Expr),
    /// `by tier`, `by tier of "Flyers"`
    Tier(Option<Name>),
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableRow {
    pub span: Span,
    pub when: RowWhen,
    pub rate: Rate,
    /// Behind the first column of a grid.
    pub more: Vec<Rate>,
}

/// What a row of a table asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowWhen {
    /// `from 50 EUR`
    From(Expr),
    /// `over 50 EUR`
    Over(Expr),
    /// `gold`, and in tables by a word that word
    Tier(Name),
    /// `else`: no other row
    Else,
}

/// A calculation or test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expr {
    pub span: Span,
    pub kind: ExprKind,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExprKind {
    Literal(Literal),
    /// A bare word that may be a parameter, a tier, a segment, a text … Quoted text is [`Literal::Text`], which may
    /// name those too.
    Name(String),
    Fact(Fact),
    /// `tier of "Flyers"`
    TierOf(Name),
    Measure(Box<Measure>),
    /// `customer.profession`, `purchase.miles`, `item.size`
    Attribute {
        of: AttributeOf,
        name: Name,
    },
    /// `event "x" happened [WINDOW]`
    EventHappened {
        name: Name,
        window: Option<Spanned<Window>>,
    },
    /// `basket has product "x"`
    BasketHas(Scope),
    /// `quantity of category "x"`
    QuantityOf(Scope),
    /// `amount of category "x"`
    AmountOf(Scope),
    /// `amount of category "x" after discounts`
    NetAmountOf(Scope),
    Not(Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Compare {
        left: Box<Expr>,
        op: CmpOp,
        right: Box<Expr>,
    },
    /// `is one of A, B`; `negated` for `is not one of`
    OneOf {
        left: Box<Expr>,
        any_of: Vec<Expr>,
        negated: bool,
    },
    Between {
        left: Box<Expr>,
        low: Box<Expr>,
        high: Box<Expr>,
    },
    Arithmetic {
        left: Box<Expr>,
        op: ArithOp,
        right: Box<Expr>,
    },
    Negate(Box<Expr>),
    Min(Vec<Expr>),
    Max(Vec<Expr>),
    /// `round down X to STEP`
    Round {
        mode: RoundMode,
        value: Box<Expr>,
        step: Option<Box<Expr>>,
    },
}

/// Values written out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    Number(Decimal),
    Percent(Decimal),
    /// The code as written (`EUR`) or the symbol (`€`).
    Money {
        amount: Decimal,
        currency: String,
    },
    /// `100 beans`, `3 purchases`, `25 flights`: a number with a word
    Count {
        amount: Decimal,
        unit: Name,
    },
    Duration(DurationLit),
    Text(String),
    Date(Date),
    DateTime(DateTime),
    YearDay(YearDay),
    Time(TimeOfDay),
    Weekday(Weekday),
    Month(u8),
    YesNo(bool),
}

/// `14 days`, `6 hours`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DurationLit {
    pub count: u32,
    pub unit: DurationUnit,
}

/// Units of durations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DurationUnit {
    Hours,
    Days,
    Weeks,
    Months,
    Quarters,
    Years,
}

/// Whose attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttributeOf {
    Customer,
    Purchase,
    Item,
}

/// Built-in facts; the table of their names and types is [`crate::program::FACTS`].
pub use crate::program::Fact;

/// A measure with its scope and window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    pub span: Span,
    pub kind: MeasureKind,
    pub narrow: Narrowing,
}

/// What a measure adds up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MeasureKind {
    Spend,
    GrossSpend,
    Purchases,
    Items,
    /// `quantity of category "fuel"` in a window: litres, kilograms, fractions included.
    Quantity,
    DaysWithPurchase,
    /// `different stores`: by the fact that tells them apart
    Different(Fact),
    /// `beans earned`
    Earned(Name),
    /// `beans confirmed`: what has left pending.
    Confirmed(Name),
    /// `beans spent`
    Spent(Name),
    /// `events "review"`
    Events(Name),
    Referrals,
    /// `balance of beans`; takes no scope or window
    Balance(Name),
}

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

/// Arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArithOp {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// A step of an example, with the expectations that follow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub span: Span,
    pub kind: StepKind,
    /// `on DATE`
    pub date: Option<Spanned<Date>>,
    /// `at TIME`
    pub time: Option<Spanned<TimeOfDay>>,
    /// `drawing 50 beans`: what rules that give one of several things give; `None` for nothing.
    pub drawing: Vec<Spanned<Option<Spanned<Effect>>>>,
    pub expects: Vec<Spanned<Expectation>>,
}

/// What happens in a step.
#[expect(clippy::large_enum_variant, reason = "examples are few, and most steps are purchases, the largest kind")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepKind {
    Customer {
        name: Option<Name>,
        joined: Option<Spanned<Date>>,
        born: Option<Spanned<Date>>,
        attributes: Vec<(Name, Spanned<String>)>,
        tiers: Vec<Name>,
        holding: Vec<(Expr, Option<Name>)>,
        referred_by: Option<Name>,
    },
    Purchase(StepPurchase),
    Return {
        of: Name,
        what: ReturnWhat,
    },
    Event {
        name: Name,
        of: Option<Name>,
        value: Option<Spanned<String>>,
    },
    Claim {
        reward: Name,
    },
    Collect {
        gift: Name,
    },
    Signup,
    Wait,
}

/// A purchase of an example.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepPurchase {
    pub amount: Option<Expr>,
    pub called: Option<Name>,
    pub places: Vec<Spanned<Place>>,
    /// `of category "x"`, `of brand`, `of product`: (kind, value)
    pub scopes: Vec<Spanned<Scope>>,
    pub tax: Option<Expr>,
    pub shipping: Option<Expr>,
    pub attributes: Vec<(Name, Spanned<String>)>,
    /// `paying with 100 beans`, `paying with 5 EUR of cashback`
    pub paying: Vec<(Expr, Option<Name>)>,
    pub paying_voucher: bool,
    pub items: Vec<StepItem>,
}

/// An item line of a purchase of an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepItem {
    pub span: Span,
    pub product: Name,
    pub quantity: Expr,
    pub price: Expr,
    pub category: Option<Name>,
    pub brand: Option<Name>,
    pub attributes: Vec<(Name, Spanned<String>)>,
}

/// What is returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReturnWhat {
    /// All that is left of it
    Rest,
    Amount(Expr),
    Items {
        quantity: Expr,
        product: Name,
    },
}

/// What a step should have done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    Discount(Expr),
    NoDiscount,
    /// `expect 20 beans`, `expect -10 beans`, `expect cashback 1 EUR`, `expect 2 gifts`
    Earned {
        amount: Expr,
        wallet: Option<Name>,
    },
    Gifts(Expr),
    Gift(Name),
    NoGift,
    Voucher(Expr),
    NoVoucher,
    Entries {
        count: Expr,
        draw: Name,
    },
    Tier(Name),
    /// `expect balance 40 beans`, `expect balance 1 EUR of cashback`
    Balance {
        amount: Expr,
        wallet: Option<Name>,
    },
    /// `expect no beans`, `expect no cashback`
    Nothing(Name),
    /// `expect no access`, `expect no access to "x"`, and so on.
    NoAccess(Option<Name>),
    NoMessage(Option<Name>),
    NoEntries(Option<Name>),
    NoFreeShipping,
    /// `expect access "x"`, `expect free shipping`
    Access(Name),
    FreeShipping,
    /// `expect message "x"`
    Notified(Spanned<String>),
    /// `expect fees 39.99 EUR`
    Fees(Expr),
    /// `expect paid 33.20 EUR`
    Paid(Expr),
    /// `expect paid out 10 EUR`
    PaidOut(Expr),
    /// `expect refund 4.50 EUR` after a return
    Refund(Expr),
}
