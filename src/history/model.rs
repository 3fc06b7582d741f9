//! Purchase histories as the engine reads them: columns, grouped by account, in the order of events.
//!
//! Readers fill a [`History`]; nothing in it depends on threads, chunks, file or row order. Money is in minor units.

use super::Accounting;
use super::keys::{Key, KeyRef, ix};
use crate::program::AttributeOf;
use crate::value::{Date, Decimal, Instant};
use std::ops::Range;

/// Code of a text in [`Texts`]; [`NO_TEXT`] where the data has none.
pub type TextCode = u32;
/// Between the coupons of one purchase that carries several.
pub const SEVERAL: char = '\u{1f}';

/// A missing text.
pub const NO_TEXT: TextCode = u32::MAX;

/// A whole history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Every text value of every column, each once.
    pub texts: Texts,
    /// Attributes that some file or record has, by whose they are and name (lower case). `AttributeColumn` in
    /// [`Customers`], [`Purchases`] and [`Items`] stand in the same order as those of their kind here.
    pub customer_attributes: Vec<String>,
    pub purchase_attributes: Vec<String>,
    pub item_attributes: Vec<String>,
    /// Wallets for which the history records what paid (`paid WALLET`), lower case; columns of [`Purchases::paid`].
    pub paid_wallets: Vec<String>,
    /// Disjoint sets of accounts; an account is whole within one part.
    pub parts: Vec<Part>,
    /// Purchases without a customer: they count in revenue only.
    pub anonymous: Vec<AnonymousPurchase>,
    /// Answers to surveys, for NPS: account-independent, by customer then time.
    pub surveys: Vec<Survey>,
    /// From where to where they go.
    pub scale: Scale,
    /// Every row of every file, by what became of it.
    pub accounting: Accounting,
    /// The first and the last local day on which something happens.
    pub days: Option<(Date, Date)>,
    /// The day at whose beginning accounts stand as [`Part::openings`] say. What lies before is looked at by measures only.
    pub opening: Option<Date>,
    /// Sentences that the report must show: floats converted, texts that look like one another …
    pub notes: Vec<String>,
}

/// A purchase that nobody can be credited with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnonymousPurchase {
    pub at: Instant,
    pub amount: i64,
    /// What of it was returned.
    pub returned: i64,
}

/// An answer to a survey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey {
    pub customer: String,
    pub at: Instant,
    /// As given; `report` decides what is a valid score.
    pub score: Decimal,
}

/// The scale of a survey's answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scale {
    /// Nothing is said: 1 to 10, as long as no answer is 0.
    #[default]
    Unsaid,
    OneToTen,
    ZeroToTen,
}

/// A dictionary of texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    pub list: Vec<String>,
}

impl Texts {
    /// The text of a code; empty for [`NO_TEXT`].
    #[must_use]
    pub fn get(&self, code: TextCode) -> &str {
        usize::try_from(code).ok().and_then(|at| self.list.get(at)).map_or("", String::as_str)
    }
}

/// Some of the accounts with all that happened to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// By id, bytewise.
    pub accounts: Vec<Account>,
    pub customers: Customers,
    pub purchases: Purchases,
    pub items: Items,
    /// Everything that is not a purchase, by account, in order.
    pub moments: Vec<Moment>,
    /// What accounts hold when the books are opened, by account, in order.
    pub openings: Vec<Opening>,
}

/// One account: a customer, or a household with `account by customer.ATTRIBUTE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The customer's id, or the household's.
    pub id: String,
    /// Its members in [`Part::customers`], by id, bytewise.
    pub customers: Range<u32>,
    /// Its purchases in [`Part::purchases`], in order.
    pub purchases: Range<u32>,
    /// Its other events in [`Part::moments`], in order.
    pub moments: Range<u32>,
    /// What it holds at first, in [`Part::openings`].
    pub openings: Range<u32>,
}

/// Customers as columns; those of an account stand together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Customers {
    pub id: Vec<String>,
    pub joined: Vec<Option<Date>>,
    pub born: Vec<Option<Date>>,
    /// The id of the customer who referred this one.
    pub referred_by: Vec<Option<String>>,
    pub attributes: Vec<Vec<TextCode>>,
}

/// Purchases as columns. A column that no purchase of the history has is empty; `get` on it gives nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purchases {
    /// The instant.
    pub at: Vec<Instant>,
    /// Steps of a worked example, which keep their order at one instant; empty where there are none.
    pub sequence: Vec<u64>,
    /// Recorded amount, zero or above.
    pub amount: Vec<i64>,
    pub tax: Vec<i64>,
    pub shipping: Vec<i64>,
    /// Ids as recorded; an empty text where a record has none.
    pub id: Ids,
    /// Index into [`Customers`]; empty if every account has one customer.
    pub customer: Vec<u32>,
    pub channel: Vec<TextCode>,
    pub store: Vec<TextCode>,
    pub payment: Vec<TextCode>,
    pub partner: Vec<TextCode>,
    pub coupon: Vec<TextCode>,
    /// Of a purchase without item lines.
    pub category: Vec<TextCode>,
    pub brand: Vec<TextCode>,
    pub product: Vec<TextCode>,
    pub attributes: Vec<Vec<TextCode>>,
    /// One column a wallet of [`History::paid_wallets`]: units paid, exact; `None` where nothing is recorded.
    pub paid: Vec<Vec<Option<Decimal>>>,
    /// Whether a voucher paid, where recorded.
    pub paid_voucher: Vec<Option<bool>>,
    /// `items_from[i]..items_from[i + 1]` are the lines of purchase `i` in [`Part::items`]; empty if no purchase has lines.
    pub items_from: Vec<u32>,
    /// Which of the account's recorded purchases each is, counted from 1, for random choices; empty where all are as recorded.
    pub drawn_as: Vec<u32>,
}

/// Item lines as columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Items {
    pub product: Vec<TextCode>,
    pub category: Vec<TextCode>,
    pub brand: Vec<TextCode>,
    /// Above zero.
    pub quantity: Vec<Decimal>,
    /// What one unit cost, in major units of money.
    pub price: Vec<Decimal>,
    /// The price that the data list, where that is not what a unit cost and returns are to be matched; else empty.
    pub listed: Vec<Decimal>,
    /// What the line cost: quantity times price, rounded once by `round money`, unless the data say another amount.
    pub amount: Vec<i64>,
    pub attributes: Vec<Vec<TextCode>>,
}

/// Ids of purchases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Ids {
    /// No record has an id.
    #[default]
    None,
    /// All are whole numbers without leading zeros: compared bytewise all the same.
    Numbers(Vec<i64>),
    /// `ends[i - 1]..ends[i]` of `bytes`.
    Texts { ends: Vec<u64>, bytes: Vec<u8> },
}

impl Ids {
    /// The id of a record; empty if it has none.
    #[must_use]
    pub fn get(&self, index: u32) -> std::borrow::Cow<'_, str> {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        match self {
            Self::None => "".into(),
            Self::Numbers(list) => list.get(index).map_or_else(|| "".into(), |n| n.to_string().into()),
            Self::Texts { ends, bytes } => {
                let end = ends.get(index).copied().unwrap_or(0);
                let start = index.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
                let range = usize::try_from(start).unwrap_or(0)..usize::try_from(end).unwrap_or(0);
                bytes.get(range).map_or_else(|| "".into(), String::from_utf8_lossy)
            }
        }
    }
}

/// The id of one record by itself. It compares as its text does, bytewise; a number is never written for that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Id(Key);

impl Ids {
    /// The id of a record by itself.
    #[must_use]
    pub fn own(&self, index: u32) -> Id {
        match self {
            Self::Numbers(list) => Id(list.get(ix(index)).map_or(Key::Missing, |number| Key::Int(*number))),
            _ => Id(KeyRef::parse(self.get(index).as_bytes()).own()),
        }
    }
}

impl Ord for Id {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.as_ref().compare(other.0.as_ref())
    }
}

impl PartialOrd for Id {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl serde::Serialize for Id {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&self.0.as_ref().text())
    }
}

impl<'de> serde::Deserialize<'de> for Id {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Ok(Self(KeyRef::parse(text.as_bytes()).own()))
    }
}

/// Something that happens to an account beside purchases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    pub at: Instant,
    /// The step of a worked example that it is, before kind and id among what happens at one instant; else 0.
    pub sequence: u64,
    /// Index into [`Customers`].
    pub customer: u32,
    /// How many purchases of the account come before it in the order of events (counted from the account's first).
    pub after_purchases: u32,
    pub kind: MomentKind,
}

/// The kinds of moments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MomentKind {
    /// An event `signup`.
    Signup,
    /// `claim mug`: the reward's name.
    Claim(String),
    /// `collect drink`: the gift's name, and the event's as written, where no such gift waits to be collected.
    Collect { gift: String, name: String },
    /// `set choice` with a value: the attribute of that name has it from now on.
    Set { attribute: String, value: TextCode },
    /// Any other event, which may name a purchase of the account (counted from the account's first).
    Event { name: String, of: Option<u32>, value: TextCode },
    /// What a worked example's customer holds at first: wallets with full units (money: major units), and tiers.
    Given { holding: Vec<(String, Decimal)>, tiers: Vec<String> },
    /// Nothing happens, but someone looks: a `wait` of a worked example.
    Look,
    /// The same, and what midnights did on the way belongs to it.
    Wait,
    /// A return, already matched with purchases of the account and checked against what is left of them.
    Return(Vec<ReturnPart>),
}

/// What is returned of one purchase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnPart {
    /// Which purchase of the account, counted from its first.
    pub purchase: u32,
    pub what: Returned,
}

/// How much is returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Returned {
    /// All that is left.
    Rest,
    /// In terms of the recorded amount, minor units.
    Amount(i64),
    /// Units of item lines (counted from the purchase's first).
    Items(Vec<(u32, Decimal)>),
}

/// What an account holds when the books are opened. Names are those of the program, as [`Opens`] has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Units of a wallet, its smallest; below zero they are owed.
    Lot { wallet: String, units: i64, earned: Option<Date>, expires: Option<Date> },
    /// A tier, held since and kept until these days.
    Tier { name: String, since: Option<Date>, until: Option<Date> },
    /// What a measure has come to, in its smallest units.
    Count { measure: String, value: i64 },
}

/// What opening balances may name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opens {
    pub wallets: Vec<Opened>,
    pub tiers: Vec<Opened>,
    pub measures: Vec<Opened>,
}

/// A wallet, a tier or a measure of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Opened {
    /// In the program's words.
    pub name: String,
    /// Digits behind the point.
    pub decimals: u8,
    /// Whether a sum alone does not say what it is: what lies in a rolling window leaves it piece by piece.
    pub is_rolling: bool,
}

impl Opens {
    /// Adds what another program has.
    pub fn add(&mut self, other: Self) {
        for (mine, theirs) in [(&mut self.wallets, other.wallets), (&mut self.tiers, other.tiers), (&mut self.measures, other.measures)] {
            mine.extend(theirs);
            mine.sort();
            mine.dedup_by(|one, another| one.name == another.name);
        }
    }
}

/// Whose attributes a program needs; what a reader must decode.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// `tax`, `shipping`, `channel`, `store`, `payment`, `partner`, `coupon`, `category`, `brand`, `product`: standard
    /// columns that the program looks at. Columns outside may be left undecoded.
    pub columns: std::collections::BTreeSet<&'static str>,
    /// Attributes by whose they are, lower case.
    pub attributes: std::collections::BTreeSet<(u8, String)>,
    /// Whether item lines matter to the program (else only their sums do).
    pub items: bool,
    /// Purchase ids are always needed for order and duplicates; their texts only for a ledger.
    pub ids: bool,
    /// What the program has that accounts may hold at first.
    pub opens: Opens,
}

impl Needs {
    /// The key of [`Needs::attributes`].
    #[must_use]
    pub fn owner(of: AttributeOf) -> u8 {
        match of {
            AttributeOf::Customer => 0,
            AttributeOf::Purchase => 1,
            AttributeOf::Item => 2,
        }
    }
}
