//! Built-in facts: one row each, shared by the reader, `check`, the docs and the engine.

use super::Type;

/// What a sentence may ask about a purchase, an item or a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fact {
    Amount,
    NetAmount,
    Tax,
    Shipping,
    /// The amount without shipping.
    Goods,
    /// The same after discounts.
    NetGoods,
    ItemCount,
    ProductCount,
    Channel,
    Store,
    Payment,
    Partner,
    Coupon,
    PurchaseNumber,
    TimeOfDay,
    Weekday,
    Date,
    Price,
    Quantity,
    Category,
    Brand,
    Product,
    ItemDiscount,
    /// Of the main ladder; `tier of "Flyers"` is [`super::Expr::TierOf`].
    Tier,
    Age,
    Birthday,
    Joined,
    DaysSinceJoining,
    DaysSinceLastPurchase,
    Referred,
    PaidWithPoints,
    PaidWithVoucher,
}

/// Whom a fact is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum About {
    Purchase,
    Item,
    Customer,
}

/// A row of [`FACTS`].
#[derive(Clone, Copy, Debug)]
pub struct FactInfo {
    pub fact: Fact,
    /// As written, in lower case, one blank between words.
    pub words: &'static str,
    pub about: About,
    pub kind: Type,
    /// For the reference: what it is.
    pub meaning: &'static str,
}

const fn row(fact: Fact, words: &'static str, about: About, kind: Type, meaning: &'static str) -> FactInfo {
    FactInfo { fact, words, about, kind, meaning }
}

use About::{Customer, Item, Purchase};

/// All facts.
pub const FACTS: &[FactInfo] = &[
    row(Fact::Amount, "amount", Purchase, Type::Money, "what the purchase cost as recorded, tax and shipping included"),
    row(Fact::NetAmount, "net amount", Purchase, Type::Money, "the amount after discounts, before points pay for it"),
    row(Fact::Tax, "tax", Purchase, Type::Money, "the tax within the amount"),
    row(Fact::Shipping, "shipping", Purchase, Type::Money, "the shipping within the amount"),
    row(Fact::Goods, "amount of goods", Purchase, Type::Money, "the amount without shipping"),
    row(Fact::NetGoods, "net amount of goods", Purchase, Type::Money, "what the goods cost after discounts, before points pay for it"),
    row(Fact::ItemCount, "item count", Purchase, Type::Number, "how many units the purchase has"),
    row(Fact::ProductCount, "product count", Purchase, Type::Number, "how many different products the purchase has"),
    row(Fact::Channel, "channel", Purchase, Type::Text, "where it was made: app, web, shop …"),
    row(Fact::Store, "store", Purchase, Type::Text, "the store"),
    row(Fact::Payment, "payment", Purchase, Type::Text, "how it was paid"),
    row(Fact::Partner, "partner", Purchase, Type::Text, "the partner it was made at"),
    row(Fact::Coupon, "coupon", Purchase, Type::Text, "the coupon shown"),
    row(Fact::PurchaseNumber, "purchase number", Purchase, Type::Number, "which of the customer's purchases this is, from 1"),
    row(Fact::TimeOfDay, "time of day", Purchase, Type::Time, "the local time"),
    row(Fact::Weekday, "weekday", Purchase, Type::Weekday, "the local day of the week"),
    row(Fact::Date, "date", Purchase, Type::Date, "the local date"),
    row(Fact::PaidWithPoints, "paid with points", Purchase, Type::YesNo, "whether units of a wallet paid for a part of it"),
    row(Fact::PaidWithVoucher, "paid with a voucher", Purchase, Type::YesNo, "whether a voucher was used on it"),
    row(Fact::Price, "price", Item, Type::Money, "the price of one unit"),
    row(Fact::Quantity, "quantity", Item, Type::Number, "how many units the line has"),
    row(Fact::Category, "category", Item, Type::Text, "the category of the product"),
    row(Fact::Brand, "brand", Item, Type::Text, "the brand of the product"),
    row(Fact::Product, "product", Item, Type::Text, "the product"),
    row(Fact::ItemDiscount, "item discount", Item, Type::Money, "what discounts took off this line"),
    row(Fact::Tier, "tier", Customer, Type::Tier, "the tier when the purchase begins"),
    row(Fact::Age, "age", Customer, Type::Number, "full years since birth"),
    row(Fact::Birthday, "birthday", Customer, Type::Date, "the date of birth"),
    row(Fact::Joined, "joined", Customer, Type::Date, "the day of joining"),
    row(Fact::DaysSinceJoining, "days since joining", Customer, Type::Days, "full local days since joining"),
    row(Fact::DaysSinceLastPurchase, "days since last purchase", Customer, Type::Days, "local days since the purchase before"),
    row(Fact::Referred, "referred", Customer, Type::YesNo, "whether another customer referred this one"),
];

/// What a fact of a purchase or an item tells apart, as several: `stores`.
#[must_use]
pub fn plural(fact: Fact) -> &'static str {
    match fact {
        Fact::Partner => "partners",
        Fact::Product => "products",
        Fact::Category => "categories",
        Fact::Brand => "brands",
        _ => "stores",
    }
}

/// The row of a fact.
#[must_use]
pub fn fact_info(fact: Fact) -> Option<&'static FactInfo> {
    FACTS.iter().find(|info| info.fact == fact)
}
