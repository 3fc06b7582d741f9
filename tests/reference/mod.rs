//! A second, naive interpreter of the language: slow, obvious, and written from docs/language.md alone.
//!
//! It shares only the syntax tree with the engine. Nothing is cached: every count, sum and room in a limit is taken anew from
//! what was written down so far. What it does not know it says to be [`Outside`].

mod account;
mod calendar;
mod catalogue;
mod chances;
mod clauses;
mod days;
mod discounts;
mod earning;
mod ladders;
mod limits;
mod lots;
mod number;
mod partial;
mod pots;
mod purchase;
mod reading;
mod returns;
mod together;
mod vouchers;

pub use account::{Book, Kind, What};
pub use number::Ratio;
pub use reading::key;
pub use together::run;

use chrono::{NaiveDate, NaiveDateTime};

/// Something that the reference does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outside(pub &'static str);

/// What can be followed, or not.
pub type Read<T> = Result<T, Outside>;

/// Wrong readings that a test plants to see that they are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slip {
    None,
    /// A limit leaves room for one more.
    RoomForOneMore,
    /// A tier's threshold is not included.
    ThresholdExclusive,
    /// `half up` rounds to even.
    HalfEven,
    /// Lots live a day longer.
    ExpireLate,
    /// `or nothing` cuts.
    OrNothingCuts,
    /// `over` includes its amount.
    OverIncludes,
    /// `until` excludes its day.
    UntilExcludes,
    /// `on next purchase` lasts for one more.
    NextOneMore,
    /// `double … on category` doubles all.
    DoubleIgnoresScope,
    /// Pending points can be spent a day early.
    ActiveEarly,
    /// What points paid earns.
    RedeemedEarns,
    /// A rolling window includes its first moment.
    WindowIncludes,
    /// A whole return leaves the room in limits as it was.
    ReturnsKeepRoom,
    /// Fixed sums come on top of percentages.
    SumsOnTop,
    /// A silence takes a day more.
    SilenceLate,
    /// A streak takes a period more.
    StreakLonger,
    /// What does not fit a budget does not close it.
    BudgetStaysOpen,
    /// A voucher can be used a day longer.
    VoucherLate,
    /// An account may win twice in a draw.
    WinsTwice,
    /// Birthdays of 29 February fall on 1 March in common years.
    LeapDayInMarch,
    /// `on the 31st of every month` leaves shorter months out.
    ShortMonthsSkipped,
    /// An exchange is made once where the balance holds more.
    ExchangesOnce,
    /// A claim needs one unit more than it takes.
    ClaimsNeedMore,
    /// Vouchers pay in the order in which they were granted last.
    LatestVoucherFirst,
    /// A whole return leaves the entitlements that the purchase gave.
    EntitlementsStay,
    /// What a referral grants to the friend is forgotten.
    FriendForgotten,
    /// Meeting a threshold again does not begin its `keep` anew.
    KeepNotRenewed,
    /// Grace ends a day early.
    GraceShort,
    /// `at end of every …` is dated the new day.
    EndsInNewDay,
    /// What is taken back does not return to its budget.
    BudgetForgetsReturns,
}

/// An account, of one customer or of a household, and what happened.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Story {
    pub id: String,
    pub members: Vec<Member>,
    pub happened: Vec<Happened>,
    /// The last day of the books.
    pub until: NaiveDate,
}

/// A customer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Member {
    pub id: String,
    pub joined: Option<NaiveDate>,
    pub born: Option<NaiveDate>,
    /// The customer who referred this one.
    pub referred_by: Option<String>,
}

impl Story {
    /// "It joined with its first member."
    pub fn joined(&self) -> Option<NaiveDate> {
        self.members.iter().filter_map(|member| member.joined).min()
    }
}

/// At a local time; of two at one instant the kinds of 6.1 and then the ids decide.
#[derive(Clone, Debug, PartialEq)]
pub struct Happened {
    pub at: NaiveDateTime,
    pub id: String,
    /// Which member acts.
    pub who: usize,
    pub what: Happening,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Happening {
    Signup,
    /// `claim NAME` among them.
    Event(String),
    Purchase(Receipt),
    /// Of the purchase with this id.
    Return(String, Part),
}

/// What comes back of a purchase.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// All that is left of it.
    Rest,
    /// Cents.
    Amount(i64),
    /// Units of a product.
    Units(String, i64),
}

/// A purchase as recorded; money in cents.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Receipt {
    pub items: Vec<Item>,
    /// Of a purchase without items.
    pub amount: i64,
    pub shipping: i64,
    pub tax: i64,
    pub channel: Option<String>,
    pub store: Option<String>,
    pub category: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Item {
    pub product: String,
    pub category: String,
    pub brand: String,
    pub quantity: i64,
    pub price: i64,
}
