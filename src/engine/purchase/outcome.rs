//! Everything a program gives on a purchase, as plain data.

use crate::engine::award::Award;
use crate::engine::lines::Line;
use crate::engine::steps::Steps;
use crate::history::model::TextCode;
use crate::plan::effects::Does;
use crate::plan::{Given, Plan};
use crate::program::WalletId;

/// A part of a discount on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Share {
    pub award: usize,
    pub line: usize,
    pub amount: i64,
}

/// A store, product or the like of a purchase, where each is counted once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Counted {
    pub measure: usize,
    pub text: TextCode,
    /// Whether it was not counted yet.
    pub is_new: bool,
}

/// A trigger that fires at completion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Firing {
    pub rule: usize,
    /// Ordinals or steps that fire; none for other triggers.
    pub steps: Steps,
    pub times: i64,
}

/// Everything the program gives on a purchase.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Outcome {
    pub lines: Vec<Line>,
    /// As recorded, less what was returned.
    pub amount: i64,
    /// After price lists, discounts and free shipping.
    pub net: i64,
    /// The same two as rows of tables by amount look at them.
    pub row_amount: i64,
    pub row_net: i64,
    pub awards: Vec<Award>,
    pub shares: Vec<Share>,
    /// Awards that keep their parts on what stays after a return: sums, and what a cap cut.
    pub fixed: Vec<usize>,
    pub payments: Vec<Payment>,
    pub firings: Vec<Firing>,
    /// By measure: what the purchase adds to it, and whether it counts for it.
    pub adds: Vec<(i64, bool)>,
    /// Of measures of what is counted once: what the purchase has of it.
    pub different: Vec<Counted>,
    /// Rules that a pot denied after they had given at an earlier stage, each with the pots that had no room, and whether to
    /// evaluate again without them.
    pub denied: Vec<(usize, usize)>,
    pub again: bool,
    /// Money vouchers that paid.
    pub vouchers: Vec<crate::engine::purchase::outcome::Used>,
    /// By line: what vouchers paid before discounts; empty where they pay behind them.
    pub vouched: Vec<i64>,
    /// Whether units of a wallet, and a voucher, paid when it was made.
    pub paid_with: (bool, bool),
    /// What it adds to the categories of rules on a period's top category.
    pub tops: crate::engine::purchase::outcome::Added,
    /// By shared pot: what this purchase takes, and whether it closed it.
    pub pots: Vec<Drawn>,
    /// Where in `awards` discounts end, and where earning ends; what follows are grants.
    pub discounted: usize,
    pub earned: usize,
    pub(in crate::engine) indices: Vec<usize>,
    pub(in crate::engine) scratch: Vec<usize>,
    pub(in crate::engine) places: Vec<usize>,
}

impl Outcome {
    /// Whether two evaluations gave the same.
    pub fn is_same(&self, other: &Self) -> bool {
        let sums = |o: &Self| (o.amount, o.net, o.row_amount, o.row_net, o.discounted, o.earned);
        sums(self) == sums(other)
            && self.lines == other.lines
            && self.awards == other.awards
            && self.shares == other.shares
            && self.payments == other.payments
            && self.firings == other.firings
            && self.adds == other.adds
            && self.different == other.different
            && self.tops == other.tops
            && self.vouchers == other.vouchers
    }
}

/// A payment that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Payment {
    /// Into [`crate::program::Program::redeems`].
    pub redeem: usize,
    pub wallet: WalletId,
    /// Smallest units asked for and taken, and what they paid in minor units.
    pub wanted: i64,
    pub units: i64,
    pub value: i64,
    /// What of it lay on each line.
    pub parts: Vec<i64>,
    /// The share of every lot that is used at most, where one is assumed.
    pub share: Option<crate::value::Decimal>,
}

/// A money voucher that paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Used {
    pub id: u32,
    /// What it paid, minor units; what exceeds the purchase is lost.
    pub value: i64,
}

/// How many firings awards stand for that were made together.
pub(in crate::engine) fn times(awards: &[Award]) -> u64 {
    awards.iter().map(|award| u64::try_from(award.reward.times()).unwrap_or(1)).max().unwrap_or(1)
}

/// How many firings of a rule gave something, of those that awards were made by: by the effect of which most did.
pub(in crate::engine) fn firings<'b>(awards: impl Iterator<Item = &'b Award> + Clone, rule: usize, counts: fn(&Award) -> bool) -> i64 {
    let given = awards.filter(|award| award.rule == rule && counts(award));
    let of_effect = |effect: usize| given.clone().filter(|award| award.effect == effect).map(|award| award.reward.times()).sum();
    given.clone().map(|award| of_effect(award.effect)).max().unwrap_or(0)
}

/// What a rule used of a limit of its base: all of its effects are rewarded on the same money.
pub(in crate::engine) fn first<'b>(awards: impl Iterator<Item = &'b Award> + Clone, rule: usize) -> i64 {
    let own = awards.filter(|award| award.rule == rule);
    let of_effect = |effect: usize| own.clone().filter(|award| award.effect == effect).map(|award| award.reward.first).sum();
    own.clone().map(|award| of_effect(award.effect)).max().unwrap_or(0)
}

impl Outcome {
    /// What had been sent and given away before a return stays so, and uses what it used.
    pub fn keep_sent(&mut self, before: &Self) {
        self.awards.retain(|award| !award.given.stays());
        self.awards.extend(before.awards.iter().filter(|award| award.given.stays()));
    }

    /// What is counted once was new, or was not, when the purchase was made.
    pub fn count_as(&mut self, before: &Self) {
        for one in &mut self.different {
            let was_new = |known: &Counted| (known.measure, known.text) == (one.measure, one.text) && known.is_new;
            one.is_new = before.different.iter().any(was_new);
            if let Some((add, _)) = self.adds.get_mut(one.measure) {
                *add += i64::from(one.is_new);
            }
        }
    }

    /// How often a rule counts as having given something. What it gives at several stages of a purchase is one firing; only
    /// what waited for this purchase is another than what the purchase sets off.
    pub fn times(&self, plan: &Plan<'_>, rule: usize, counts: fn(&Award) -> bool) -> i64 {
        let (modifiers, grants) = self.awards.split_at(self.earned.min(self.awards.len()));
        let acted = i64::from(modifiers.iter().any(|award| award.rule == rule && counts(award)));
        let fired = firings(grants.iter(), rule, counts);
        if plan.waits(rule) { acted.saturating_add(fired) } else { acted.max(fired) }
    }
}

/// What a purchase adds: rule, category, base.
pub(in crate::engine) type Added = Vec<(usize, TextCode, i64)>;

/// Whether an award was a grant and not a modifier; entries in proportion to a purchase are a modifier's.
pub(in crate::engine) fn is_grant(plan: &Plan<'_>, award: &Award) -> bool {
    let needs_purchase = matches!(award.given, Given::Discount | Given::Price | Given::FreeShipping | Given::Earn(_) | Given::Multiply(_));
    !needs_purchase && !plan.effect(award.rule, award.effect).is_some_and(Does::is_modifier)
}

/// What a purchase takes from a pot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::engine) struct Drawn {
    pub used: i64,
    /// The most that it asked for at once.
    pub peak: i64,
    /// It did not fit.
    pub closes: bool,
}
