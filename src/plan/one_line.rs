//! What is known of purchases of one line before any is made: most purchases of most histories are of this kind.

use super::effects::At;
use super::rates::Quick;
use super::triggers::{Fires, Numbers};
use super::{Given, Plan};
use crate::program::{Combine, Expr, GroupPolicy, ItemFilter, MeasureKind, Rule, Scope};

/// The rules of a program by stage, with what is known of them before any purchase.
#[derive(Debug)]
pub(crate) struct OneLine<'a> {
    pub discounts: Vec<Step<'a>>,
    /// Of several discounts the best one acts.
    pub best: bool,
    pub earns: Vec<Step<'a>>,
    pub multiplies: Vec<Step<'a>>,
    pub fed: Vec<(usize, Feeds)>,
    /// The numbers at which a rule can fire at completion; `None` if any purchase can.
    pub numbers: Option<Vec<Numbers>>,
}

/// What a rule does in a stage.
#[derive(Debug)]
pub(crate) struct Step<'a> {
    pub rule: usize,
    pub gate: Gate,
    /// Items it looks at, or (false) all others; all, if none.
    pub items: Option<(&'a ItemFilter, bool)>,
    /// What it earns, if each rate is of the quick kind.
    pub quick: Option<Vec<(usize, Given, Quick)>>,
    /// Its only discount, if its rate is.
    pub discount: Option<(usize, Quick)>,
}

/// When a rule acts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Gate {
    Always,
    /// While its entitlement lasts.
    Entitled,
    /// On rungs of a ladder, one bit each.
    Rungs {
        ladder: usize,
        mask: u64,
    },
    /// Ask every time.
    Asks,
}

/// What a purchase adds to a measure.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Feeds {
    Base,
    Amount,
    One,
    /// Ask every time.
    Asks,
}

impl<'a> OneLine<'a> {
    /// The plan of a program; `None` if one of its rules looks at more than the line and the account.
    pub fn new(plan: &Plan<'a>) -> Option<Self> {
        let program = plan.program;
        let plain = !plan.singles_out_units
            && plan.price_rules.is_empty()
            && plan.shipping_rules.is_empty()
            && plan.top_rules.is_empty()
            && !plan.asks_reduced
            && !program.vouchers_first
            && program.floor.is_none()
            && !plan.rules.iter().any(|rule| rule.exclusive)
            && plan.conflicts.iter().all(Vec::is_empty)
            && program.groups.iter().all(|group| group.policy == GroupPolicy::All);
        let rules = plan.discount_rules.iter().chain(&plan.earn_rules).chain(&plan.multiply_rules);
        if !plain || rules.into_iter().any(|&rule| plan.rules[rule].group.is_some()) {
            return None;
        }
        let steps = |list: usize, rules: &[usize]| -> Option<Vec<Step<'a>>> {
            let sifted = |place| plan.sieves[list].as_ref().is_some_and(|sieve| sieve.decides(place));
            let step = |(place, rule): (usize, &usize)| Step::new(plan, *rule, sifted(place));
            rules.iter().enumerate().map(step).collect()
        };
        Some(Self {
            discounts: steps(0, &plan.discount_rules)?,
            best: program.combine == Combine::Best,
            earns: steps(1, &plan.earn_rules)?,
            multiplies: steps(2, &plan.multiply_rules)?,
            numbers: plan.completion_rules.iter().map(|&rule| numbers(plan, rule)).collect(),
            fed: plan.purchase_measures.iter().map(|&measure| (measure, feeds(plan, measure))).collect(),
        })
    }
}

impl<'a> Step<'a> {
    fn new(plan: &Plan<'a>, rule_index: usize, sifted: bool) -> Option<Self> {
        let rule: &'a Rule = plan.rules[rule_index];
        let items = match &rule.scope {
            None => None,
            Some(Scope::Items(filter)) => Some((filter, true)),
            Some(Scope::Excluding(filter)) => Some((filter, false)),
            Some(Scope::Shipping | Scope::Cheapest(_) | Scope::EveryNth(..) | Scope::Groups(..) | Scope::TopCategory(..)) => return None,
        };
        let rate = |effect: usize, given| plan.quick[rule_index][effect].map(|rate| (effect, given, rate));
        let quick = plan.effects[rule_index].at(At::Earning).map(|(effect, does)| rate(effect, does.given)).collect();
        let mut discounts = plan.effects[rule_index].at(At::Discounts);
        let discount = match (discounts.next(), discounts.next()) {
            (Some(_), _) if plan.per_item[rule_index] => return None,
            (Some((effect, _)), None) => plan.quick[rule_index][effect].map(|rate| (effect, rate)),
            (Some(_), Some(_)) => return None,
            _ => None,
        };
        Some(Self { rule: rule_index, gate: if sifted { Gate::Always } else { Gate::of(plan, rule_index) }, items, quick, discount })
    }
}

fn numbers(plan: &Plan<'_>, rule: usize) -> Option<Numbers> {
    if let Fires::Number(numbers) = plan.causes[rule].fires { Some(numbers) } else { None }
}

impl Gate {
    fn of(plan: &Plan<'_>, rule_index: usize) -> Self {
        let rule = plan.rules[rule_index];
        if !rule.when.is_empty() || plan.rule_pots.get(rule_index).is_some_and(|pots| !pots.is_empty()) {
            return Self::Asks;
        }
        let cause = &plan.causes[rule_index];
        let each = cause.is_every_purchase() && !cause.entitles;
        match rule.tests.as_slice() {
            [] if each => Self::Always,
            [] if cause.entitles => Self::Entitled,
            [test] if each => rungs(plan, &test.expr).unwrap_or(Self::Asks),
            _ => Self::Asks,
        }
    }
}

/// The rungs on which `for tier …` holds.
fn rungs(plan: &Plan<'_>, expr: &Expr) -> Option<Gate> {
    let Expr::Compare { left, op, right } = expr else { return None };
    let (Expr::TierOf(id), Expr::Tier(tier)) = (&**left, &**right) else { return None };
    let ladder = plan.program.ladders.get(id.index()).filter(|ladder| *id == tier.ladder && ladder.rungs.len() <= 64)?;
    let holds = |rung: u8| op.holds(rung.cmp(&tier.rung));
    let rungs = (0..64_u8).take(ladder.rungs.len()).filter(|rung| holds(*rung));
    Some(Gate::Rungs { ladder: id.index(), mask: rungs.fold(0, |mask, rung| mask | 1 << rung) })
}

fn feeds(plan: &Plan<'_>, measure: usize) -> Feeds {
    let measure = &plan.program.measures[measure];
    match measure.kind {
        _ if !measure.filter.is_all() => Feeds::Asks,
        MeasureKind::Spend => Feeds::Base,
        MeasureKind::GrossSpend => Feeds::Amount,
        MeasureKind::Purchases | MeasureKind::DaysWithPurchase => Feeds::One,
        _ => Feeds::Asks,
    }
}
