//! The table of effects: what each gives, at which stage, and for how long. Nobody else asks which effect a rule has.
//!
//! [`Does::of`] is one match without a wildcard: a new effect does not compile before it has its row. What giving and taking
//! back mean for each [`Given`] stands in two matches without one, in the engine's `post` and `take_back_award`.

use crate::program::{
    AccessId, DrawId, Effect, Expr, GiftId, Lasting, PayOut, PriceListId, PurchaseFilter, Rate, Rates, Rule, TierId, WalletId,
};
use crate::value::Decimal;

/// What something given is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Given {
    Discount,
    Price,
    FreeShipping,
    Earn(WalletId),
    Multiply(WalletId),
    Grant(WalletId),
    Gift(GiftId),
    Voucher,
    Entries(DrawId),
    Access(AccessId),
    MoveTo(TierId),
    /// A balance set to what the effect says; the entry says by how much it changed.
    Set(WalletId),
    Message,
    Donation,
    Charge,
    PayOut(WalletId),
}

impl Given {
    /// The wallet that it adds to, as reward or by a multiplier.
    pub fn credited(self) -> Option<WalletId> {
        match self {
            Self::Earn(wallet) | Self::Multiply(wallet) | Self::Grant(wallet) => Some(wallet),
            Self::Discount | Self::Price | Self::FreeShipping | Self::Gift(_) | Self::Voucher | Self::Entries(_) => None,
            Self::Access(_) | Self::MoveTo(_) | Self::Set(_) | Self::Message | Self::Donation | Self::Charge | Self::PayOut(_) => None,
        }
    }

    /// Whether it stays when its purchase comes back: what was sent or given away.
    pub fn stays(self) -> bool {
        matches!(self, Self::Message | Self::Donation)
    }

    /// Whether it lowers what a purchase costs.
    pub fn is_money_off(self) -> bool {
        matches!(self, Self::Discount | Self::Price | Self::FreeShipping)
    }
}

/// The stage of a purchase at which an effect acts, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum At {
    Prices,
    Discounts,
    /// Behind all discounts.
    Shipping,
    Earning,
    Multiplying,
    /// Grants, which need no purchase.
    Completion,
}

/// How much an effect gives.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Gives<'p> {
    /// In proportion to the purchase.
    Rates(&'p Rates),
    /// Of what was earned.
    Factor(Decimal),
    /// The prices of a list.
    Prices(PriceListId),
    /// One price of a unit, minor units.
    Price(i64),
    /// What shipping costs.
    Shipping,
    /// Entries per minor units.
    Entries { count: u32, per: i64 },
    /// What an expression comes to at the moment, in full units.
    Amount(&'p Expr),
    /// So much.
    Fixed(i64),
    /// Whatever the balance lacks of so many smallest units.
    Balance(i64),
    /// What the balance comes to in money.
    Money(PayOut),
    /// Something to be handed over with a purchase that passes.
    Voucher(Rate, &'p PurchaseFilter),
}

/// An effect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Does<'p> {
    pub at: At,
    pub given: Given,
    pub gives: Gives<'p>,
    /// How long what it gives can be used, where the effect says so.
    pub valid: Option<Lasting>,
    /// How many of it there are over all customers.
    pub only: Option<u64>,
    /// Whether the friend gets it.
    pub to_friend: bool,
}

impl<'p> Does<'p> {
    /// The row of an effect.
    pub fn of(effect: &'p Effect) -> Self {
        let row = |at, given, gives| Self { at, given, gives, valid: None, only: None, to_friend: false };
        let grant = |given, gives| row(At::Completion, given, gives);
        match effect {
            Effect::Discount(rates) => row(At::Discounts, Given::Discount, Gives::Rates(rates)),
            Effect::PriceList(list) => row(At::Prices, Given::Price, Gives::Prices(*list)),
            Effect::Price(price) => row(At::Prices, Given::Price, Gives::Price(*price)),
            Effect::FreeShipping => row(At::Shipping, Given::FreeShipping, Gives::Shipping),
            Effect::Earn { wallet, rates } => row(At::Earning, Given::Earn(*wallet), Gives::Rates(rates)),
            Effect::EarnEntries { draw, count, per } => {
                row(At::Earning, Given::Entries(*draw), Gives::Entries { count: *count, per: *per })
            }
            Effect::Multiply { wallet, factor } => row(At::Multiplying, Given::Multiply(*wallet), Gives::Factor(*factor)),
            Effect::Grant { wallet, amount, valid } => Self { valid: *valid, ..grant(Given::Grant(*wallet), Gives::Amount(amount)) },
            Effect::GrantFriend { wallet, amount, valid } => {
                Self { valid: *valid, to_friend: true, ..grant(Given::Grant(*wallet), Gives::Amount(amount)) }
            }
            Effect::Gift { gift, only, valid } => Self { valid: *valid, only: *only, ..grant(Given::Gift(*gift), Gives::Fixed(1)) },
            Effect::Voucher { value, valid, filter } => Self { valid: *valid, ..grant(Given::Voucher, Gives::Voucher(*value, filter)) },
            Effect::Entries { draw, count } => grant(Given::Entries(*draw), Gives::Amount(count)),
            Effect::Access { access, only, valid } => Self { valid: *valid, only: *only, ..grant(Given::Access(*access), Gives::Fixed(1)) },
            Effect::MoveTo(tier) => grant(Given::MoveTo(*tier), Gives::Fixed(1)),
            Effect::Set { wallet, amount } => grant(Given::Set(*wallet), Gives::Balance(*amount)),
            Effect::Notify { costs, .. } => grant(Given::Message, Gives::Fixed(*costs)),
            Effect::Charge(amount) => grant(Given::Charge, Gives::Fixed(*amount)),
            Effect::PayOut(how) => grant(Given::PayOut(how.wallet), Gives::Money(*how)),
            Effect::Donate { amount, .. } => grant(Given::Donation, Gives::Fixed(*amount)),
        }
    }

    /// Whether it needs a purchase to act on; else it is made once each time its rule fires.
    pub fn is_modifier(&self) -> bool {
        self.at < At::Completion
    }

    /// Its rates, if it gives in proportion.
    pub fn rates(&self) -> Option<&'p Rates> {
        if let Gives::Rates(rates) = self.gives { Some(rates) } else { None }
    }

    /// Its voucher: the value, and the purchases that it is for.
    pub fn voucher(&self) -> Option<(Rate, &'p PurchaseFilter)> {
        if let Gives::Voucher(value, filter) = self.gives { Some((value, filter)) } else { None }
    }

    /// The minor units of a voucher over a sum, else nothing.
    pub fn face(&self) -> Option<i64> {
        if let Gives::Voucher(Rate::Fixed(face), _) = self.gives { Some(face) } else { None }
    }
}

/// The rows of a rule, in the order written.
#[derive(Clone, Debug)]
pub(crate) struct Effects<'p>(Vec<Does<'p>>);

impl<'p> Effects<'p> {
    pub fn of(rule: &'p Rule) -> Self {
        Self(rule.effects.iter().map(Does::of).collect())
    }

    pub fn get(&self, at: usize) -> Option<&Does<'p>> {
        self.0.get(at)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Does<'p>> {
        self.0.iter()
    }

    /// Those of a stage, with their places.
    pub fn at(&self, at: At) -> impl Iterator<Item = (usize, &Does<'p>)> {
        self.0.iter().enumerate().filter(move |(_, does)| does.at == at)
    }

    pub fn act_at(&self, at: At) -> bool {
        self.at(at).next().is_some()
    }

    pub fn modify(&self) -> bool {
        self.0.iter().any(Does::is_modifier)
    }

    /// How many grants one firing makes; 1 for a rule without any.
    pub fn grants(&self) -> usize {
        self.at(At::Completion).count().max(1)
    }
}
