//! What the engine writes down: one entry for everything that changes a wallet, a price, a tier or a right.

use crate::program::{AccessId, DrawId, GiftId, Program, RuleId, TierId, WalletId};
use crate::value::{Date, Instant};

/// Which sentence of the program made an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// A rule.
    Rule(RuleId),
    /// A `redeem` sentence, by its place in [`crate::program::Program::redeems`].
    Redeem(u16),
    /// A `reward` sentence.
    Reward(u16),
    /// An `exchange` sentence.
    Exchange(u16),
    /// The terms of a wallet: expiry, confirmation.
    Wallet(WalletId),
    /// A ladder of tiers.
    Ladder(u16),
    /// A `draw` sentence.
    Draw(DrawId),
    /// The history itself: what an example's customer holds at the start.
    Given,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Money off a purchase.
    Discount,
    /// Money off by a price list.
    Price,
    /// Shipping not charged.
    FreeShipping,
    /// Earned in proportion to a purchase.
    Earn,
    /// Added by a multiplier.
    Multiply,
    /// Granted at once.
    Grant,
    Gift(GiftId),
    /// A gift with a life that was collected, and one that was not in time.
    GiftCollected(GiftId),
    GiftExpired(GiftId),
    Voucher,
    /// A voucher that paid.
    VoucherUsed,
    /// A voucher that is open again, because what it paid for was returned.
    VoucherRestored,
    /// A voucher not used in time.
    VoucherExpired,
    Entries(DrawId),
    /// A prize of a draw.
    Prize(DrawId, GiftId),
    Access(AccessId),
    Message,
    Donation,
    /// What the customer pays the program.
    Fee,
    /// Units of a wallet that paid for a purchase.
    Spend,
    /// Units given for a reward or an exchange.
    Exchange,
    /// Units that left as money.
    PayOut,
    Expire,
    /// Taken back after a return, or unconfirmed in time.
    TakeBack,
    /// Given back because what they paid for was returned.
    Restore,
    /// What a wallet owed and the refund bore; what a used voucher owes, and what later refunds bear of that; a balance set.
    Adjust,
    /// Pending units that became usable; changes no sum.
    Activate,
    /// A tier reached, and one lost.
    TierUp(TierId),
    TierDown(TierId),
    /// Money paid back for what was returned.
    Refund,
    /// A claim or a recorded payment that the terms do not allow.
    Refused,
    /// Units, or a tier, that an account held when the books were opened.
    Opening,
    OpeningTier(TierId),
    /// Membership begins.
    Join,
    /// What opened a closed program came back: there was no membership.
    Leave,
}

impl Kind {
    /// The word in the ledger's column `kind`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Discount => "discount",
            Self::Price => "price",
            Self::FreeShipping => "free shipping",
            Self::Earn => "earn",
            Self::Multiply => "multiply",
            Self::Grant => "grant",
            Self::Gift(_) => "gift",
            Self::GiftCollected(_) => "gift collected",
            Self::GiftExpired(_) => "gift expired",
            Self::Voucher => "voucher",
            Self::VoucherUsed => "voucher used",
            Self::VoucherRestored => "voucher restored",
            Self::VoucherExpired => "voucher expired",
            Self::Entries(_) => "entries",
            Self::Prize(..) => "prize",
            Self::Access(_) => "access",
            Self::Message => "message",
            Self::Donation => "donation",
            Self::Fee => "fee",
            Self::Spend => "spend",
            Self::Exchange => "exchange",
            Self::PayOut => "pay out",
            Self::Expire => "expire",
            Self::TakeBack => "take back",
            Self::Restore => "restore",
            Self::Adjust => "adjust",
            Self::Activate => "activate",
            Self::TierUp(_) => "tier up",
            Self::TierDown(_) => "tier down",
            Self::Refund => "refund",
            Self::Refused => "refused",
            Self::Opening | Self::OpeningTier(_) => "opening",
            Self::Join => "join",
            Self::Leave => "leave",
        }
    }
}

/// What an amount counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Minor units of the program's currency.
    Money,
    /// Smallest units of a wallet.
    Wallet(WalletId),
    /// Pieces: gifts, entries, tiers, percentage vouchers.
    Count,
}

/// One line of the ledger. The sum of `granted` over a wallet's entries is its balance with what is pending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Counts the account's entries from 1.
    pub seq: u32,
    pub at: Instant,
    /// Which purchase of the account, counted from its first.
    pub purchase: Option<u32>,
    pub source: Source,
    pub kind: Kind,
    /// What the rule alone would have given, before caps, budgets and combination; signed like `granted`.
    pub wanted: i64,
    /// What it gave: above zero adds to a wallet or is money off; below zero takes away.
    pub granted: i64,
    pub unit: Unit,
    /// The lot that was made or drawn from, counted per account from 1.
    pub lot: Option<u32>,
    /// The last day on which the lot or voucher can be used.
    pub expires: Option<Date>,
    /// The `seq` of the entry that this one takes back, wholly or in part.
    pub reverses: Option<u32>,
    /// How many firings of one moment it stands for.
    pub count: i64,
    /// In minor units: what units or a voucher that paid took off; below zero where they come back, or where the grant of a
    /// voucher that was used is taken back.
    pub money: i64,
    /// Which effect of its sentence it is of, in the order written.
    pub effect: usize,
    /// The base and the rate, for `why`; kept only where asked for.
    pub because: Option<Box<Because>>,
}

impl Entry {
    /// An entry that gives what was wanted; whoever writes it says when, and which it is.
    pub(in crate::engine) fn new(source: Source, kind: Kind, granted: i64, unit: Unit) -> Self {
        Self {
            seq: 0,
            at: Instant(0),
            purchase: None,
            source,
            kind,
            wanted: granted,
            granted,
            unit,
            lot: None,
            expires: None,
            reverses: None,
            count: 1,
            money: 0,
            effect: 0,
            because: None,
        }
    }

    /// What it costs the firm, minor units: what does not depend on what a unit of reward value costs, and what does.
    #[must_use]
    pub fn cost(&self, program: &Program) -> (i128, i128) {
        let (granted, money) = (i128::from(self.granted), i128::from(self.money));
        match self.kind {
            Kind::Discount | Kind::Price | Kind::FreeShipping | Kind::Message | Kind::Donation => (granted, 0),
            Kind::VoucherUsed | Kind::VoucherRestored | Kind::Voucher | Kind::PayOut => (money, 0),
            Kind::Spend | Kind::Restore => (0, money),
            // What is granted to a wallet that counts as money is given away at once.
            Kind::Earn | Kind::Grant | Kind::Multiply | Kind::TakeBack if self.is_money(program) => (granted, 0),
            _ => (self.handed_over().map_or(0, |gift| program.gifts.get(gift.index()).map_or(0, |gift| gift.costs.into())) * granted, 0),
        }
    }

    fn is_money(&self, program: &Program) -> bool {
        matches!(self.unit, Unit::Wallet(id) if program.wallets.get(id.index()).is_some_and(|wallet| wallet.as_money))
    }

    /// What it is worth to the customer, minor units.
    #[must_use]
    pub fn value(&self, program: &Program) -> i128 {
        match self.kind {
            Kind::Message | Kind::Donation => 0,
            _ => match self.handed_over() {
                Some(gift) => program.gifts.get(gift.index()).map_or(0, |gift| gift.worth.into()) * i128::from(self.granted),
                None => {
                    let (plain, redeemed) = self.cost(program);
                    plain + redeemed
                }
            },
        }
    }

    /// The gift that changes hands; one that waits to be collected does not yet.
    fn handed_over(&self) -> Option<GiftId> {
        match self.kind {
            Kind::Gift(gift) if self.lot.is_none() => Some(gift),
            Kind::GiftCollected(gift) | Kind::Prize(_, gift) => Some(gift),
            _ => None,
        }
    }
}

/// Units that are left in a wallet when the books close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    pub wallet: WalletId,
    /// The lot, as entries name it; none for what is no lot yet, and for what the account owes.
    pub lot: Option<u32>,
    /// When it was earned.
    pub earned: Date,
    /// Below zero where the account owes them.
    pub units: i64,
    /// The last day on which they can be used, as it stands; none without one, or while a tier keeps them.
    pub last: Option<Date>,
    /// Whether they cannot be spent yet.
    pub pending: bool,
}

/// How an amount came about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Because {
    /// What the rate was applied to, minor units.
    pub base: Option<i64>,
    /// The rate in words: `5%`, `1 per 1 EUR`.
    pub rate: String,
    /// What cut it or took its place, in words.
    pub cut: Option<String>,
    /// Facts that decided, as (name, value).
    pub facts: Vec<(String, String)>,
}

/// Where entries go, account by account; within an account in order.
pub trait Sink: Send {
    /// Takes the entries of an account. `part` and `account` are indices into the history.
    fn account(&mut self, part: usize, account: usize, entries: &[Entry]);

    /// Takes what is left in its wallets when the books close; comes after its entries.
    fn left(&mut self, part: usize, account: usize, left: &[Left]) {
        let _ = (part, account, left);
    }
}
