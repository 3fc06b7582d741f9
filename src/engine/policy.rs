//! What people redeem where the history does not say: "Assumptions" in docs/language.md.

use crate::assumptions::{Assumptions, Redemption, RedemptionRule};
use crate::engine::chance::{draw, is_below};
use crate::engine::facts::{Facts, Scene};
use crate::engine::purchase::redemption::Wish;
use crate::history::model::{MomentKind, Part};
use crate::plan::Plan;
use crate::plan::effects::{Does, Given, Gives};
use crate::program::{Rate, Rates, WalletId};
use crate::value::{Checked, Decimal, Exact};

/// The redemption assumptions of a run.
pub(in crate::engine) struct Policies<'a> {
    assumptions: &'a Assumptions,
    /// Wallets that some `redeem` sentence lets pay, in the order of those sentences.
    wallets: Vec<WalletId>,
    /// Rewards that are claimed by assumption, those that give most per unit first.
    catalogue: Vec<usize>,
}

impl<'a> Policies<'a> {
    pub fn new(plan: &Plan<'_>, assumptions: &'a Assumptions) -> Self {
        let mut wallets = Vec::new();
        for redeem in &plan.program.redeems {
            // What counts as money is paid where the history says so.
            let redeems = !plan.program.wallets[redeem.wallet.index()].as_money;
            if redeems && !wallets.contains(&redeem.wallet) {
                wallets.push(redeem.wallet);
            }
        }
        let catalogue = if assumptions.claims { catalogue(plan) } else { Vec::new() };
        Self { assumptions, wallets, catalogue }
    }

    /// Whether a customer uses vouchers on a purchase for which the history says nothing.
    pub fn uses_vouchers(&self, part: &Part, customer: u32, purchase: u32) -> bool {
        let share = self.assumptions.vouchers_used;
        if share == Decimal::whole(1) || share.is_zero() {
            return !share.is_zero();
        }
        let name = part.customers.id.get(usize::try_from(customer).unwrap_or(usize::MAX)).map_or("", String::as_str);
        is_below(draw(&format!("{}|{name}|{}|vouchers", self.assumptions.seed, purchase.saturating_add(1))), share)
    }

    /// Whether a customer collects the gifts that wait when making a purchase.
    pub fn collects_gifts(&self, part: &Part, customer: u32, purchase: u32) -> bool {
        let share = self.assumptions.gifts_collected;
        if share == Decimal::whole(1) || share.is_zero() {
            return !share.is_zero();
        }
        let name = part.customers.id.get(usize::try_from(customer).unwrap_or(usize::MAX)).map_or("", String::as_str);
        is_below(draw(&format!("{}|{name}|{}|gifts", self.assumptions.seed, purchase.saturating_add(1))), share)
    }

    /// Whether only what the history records is redeemed and used, as in worked examples.
    pub fn only_recorded(&self) -> bool {
        self.assumptions.redemption.iter().all(|rule| rule.mixture.iter().all(|(_, policy)| *policy == Redemption::AsRecorded))
    }

    /// What rules that draw give at an event, where a worked example says it.
    pub fn drawn_at(&self, account: &str, is_purchase: bool, index: u32) -> Vec<(usize, Option<usize>)> {
        if self.assumptions.drawings.is_empty() {
            return Vec::new();
        }
        self.assumptions.drawings.get(&(account.to_owned(), is_purchase, index)).cloned().unwrap_or_default()
    }

    /// The seed of every random choice.
    pub fn seed(&self) -> u64 {
        self.assumptions.seed
    }

    /// What pays for a purchase by assumption.
    pub fn wishes(
        &self,
        plan: &Plan<'_>,
        part: &Part,
        facts: &Facts,
        (customer, purchase): (u32, u32),
        left: &dyn Fn(WalletId, Decimal) -> Checked<i64>,
    ) -> Checked<Vec<Wish>> {
        let mut wishes = Vec::new();
        for &wallet in &self.wallets {
            let balance = facts.balances[wallet.index()];
            if balance <= 0 {
                continue;
            }
            let Some(rule) = self.rule(plan, part, facts, wallet)? else { continue };
            let name = part.customers.id.get(usize::try_from(customer).unwrap_or(usize::MAX)).map_or("", String::as_str);
            let policy = self.policy(rule, name);
            let redeems = match policy {
                Redemption::Never | Redemption::AsRecorded => false,
                Redemption::AsSoonAsPossible => true,
                Redemption::WhenBalanceReaches(units) => balance >= units,
                Redemption::ShareOfUnits(share) => !share.is_zero(),
                Redemption::WithProbability(p) => {
                    let text = format!("{}|{name}|{}", self.assumptions.seed, purchase.saturating_add(1));
                    is_below(draw(&text), p)
                }
            };
            if redeems {
                let share = match policy {
                    Redemption::ShareOfUnits(share) => Some((share, left(wallet, share)?)),
                    _ => None,
                };
                if share.is_none_or(|(_, left)| left > 0) {
                    wishes.push(Wish { wallet, units: None, share });
                }
            }
        }
        Ok(wishes)
    }

    /// Rewards that are claimed by assumption, in the order in which they are tried.
    pub fn catalogue(&self) -> &[usize] {
        &self.catalogue
    }

    /// Whether units of a wallet are given for a reward now, and of every lot which share at most.
    pub fn claim(
        &self,
        plan: &Plan<'_>,
        part: &Part,
        facts: &Facts,
        (customer, purchase): (u32, Option<u32>),
        wallet: WalletId,
    ) -> Checked<Option<Option<Decimal>>> {
        let Some(rule) = self.rule(plan, part, facts, wallet)? else { return Ok(None) };
        let name = part.customers.id.get(usize::try_from(customer).unwrap_or(usize::MAX)).map_or("", String::as_str);
        let claims = match self.policy(rule, name) {
            Redemption::Never | Redemption::AsRecorded => false,
            Redemption::AsSoonAsPossible => true,
            Redemption::WhenBalanceReaches(units) => facts.balances[wallet.index()] >= units,
            Redemption::WithProbability(p) => purchase
                .is_some_and(|purchase| is_below(draw(&format!("{}|{name}|{}", self.assumptions.seed, purchase.saturating_add(1))), p)),
            Redemption::ShareOfUnits(share) => return Ok(Some(Some(share))),
        };
        Ok(claims.then_some(None))
    }

    fn rule(&self, plan: &Plan<'_>, part: &Part, facts: &Facts, wallet: WalletId) -> Checked<Option<&RedemptionRule>> {
        let scene =
            Scene { plan, part, facts, purchase: None, lines: &[], line: None, net_amount: 0, paid_with: (false, false), taken: &[] };
        for rule in &self.assumptions.redemption {
            if rule.wallet.is_some_and(|w| w != wallet) {
                continue;
            }
            let fits = match rule.segment.and_then(|id| plan.program.segments.get(id.index())) {
                Some(segment) => scene.holds(&segment.condition)?,
                None => true,
            };
            if fits {
                return Ok(Some(rule));
            }
        }
        Ok(None)
    }

    /// Of a mixture, each customer follows one policy, drawn by name.
    fn policy(&self, rule: &RedemptionRule, customer: &str) -> Redemption {
        if let [(_, only)] = rule.mixture.as_slice() {
            return *only;
        }
        let at = draw(&format!("{}|{customer}|redemption", self.assumptions.seed));
        let mut sum = Decimal::whole(0);
        for (share, policy) in &rule.mixture {
            sum = crate::engine::lines::add_units(sum, *share).unwrap_or(sum);
            if is_below(at, sum) {
                return *policy;
            }
        }
        rule.mixture.last().map_or(Redemption::Never, |(_, policy)| *policy)
    }
}

/// The rewards of a program by what they give per unit, ties in file order; none where the history records claims.
fn catalogue(plan: &Plan<'_>) -> Vec<usize> {
    let claimed = |part: &Part| part.moments.iter().any(|moment| matches!(moment.kind, MomentKind::Claim(_)));
    let program = plan.program;
    if program.rewards.is_empty() || plan.history.parts.iter().any(claimed) {
        return Vec::new();
    }
    let amounts = || plan.history.parts.iter().flat_map(|part| &part.purchases.amount);
    let (sum, count) = amounts().fold((0_i128, 0_i128), |(sum, count), amount| (sum + i128::from(*amount), count + 1));
    let mean = Exact::ratio(sum, count.max(1)).unwrap_or(Exact::whole(0));
    let nothing = Exact::whole(0);
    let rated = |rate: Rate| match rate {
        Rate::Fixed(minor) => Ok(Exact::whole(i128::from(minor))),
        Rate::Percent(rate) => mean.times(Exact::try_from(rate)?),
        _ => Ok(nothing),
    };
    let value = |does: &Does<'_>| -> Checked<Exact> {
        match (does.given, does.gives, does.rates(), does.voucher()) {
            (Given::Gift(gift), ..) => Ok(Exact::whole(i128::from(program.gifts.get(gift.index()).map_or(0, |gift| gift.costs)))),
            (Given::Voucher, _, _, Some((rate, _))) => rated(rate),
            (Given::Discount, _, Some(Rates::One(rate)), _) => rated(*rate),
            (Given::Message | Given::Donation, Gives::Fixed(minor), ..) => Ok(Exact::whole(i128::from(minor))),
            _ => Ok(nothing),
        }
    };
    let first = program.rules.len() + program.exchanges.len();
    let per_unit = |index: &usize| -> Option<Exact> {
        let reward = program.rewards.get(*index)?;
        let all = plan.effects.get(first + index)?.iter().try_fold(nothing, |all, does| all.plus(value(does)?));
        // What costs nothing gives most.
        if reward.price <= 0 { None } else { all.ok()?.divided_by(Exact::whole(i128::from(reward.price))).ok() }
    };
    let mut order: Vec<usize> = (0..program.rewards.len()).collect();
    order.sort_by(|a, b| match (per_unit(a), per_unit(b)) {
        (Some(a), Some(b)) => b.cmp(&a),
        (None, Some(_)) => std::cmp::Ordering::Less,
        (Some(_), None) => std::cmp::Ordering::Greater,
        (None, None) => std::cmp::Ordering::Equal,
    });
    order
}
