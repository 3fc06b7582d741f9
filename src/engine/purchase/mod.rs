//! The stages of a purchase as a pure function: from facts and lines to everything the program gives on it.
//!
//! Nothing here changes an account. A return calls the same function again with fewer units and the facts of then.

pub(super) mod best;
pub(super) mod completion;
pub(super) mod discounts;
pub(super) mod earning;
pub(super) mod groups;
pub(super) mod hold;
pub(super) mod lines;
pub(super) mod prices;
pub(super) mod redemption;
pub(super) mod repeated;
pub(super) mod reward;
pub(super) mod scope;
pub(super) mod single;
pub(super) mod stack;
pub(super) mod steps;

use crate::engine::account::facts::{Facts, Scene};
use crate::engine::purchase::completion::{complete, is_grant};
use crate::engine::purchase::earning::{earn, feed, multiply};
use crate::engine::purchase::hold::{Held, hold};
use crate::engine::purchase::lines::Line;
use crate::engine::purchase::prices::{free_shipping, prices};
use crate::engine::purchase::redemption::{Paying, Payment};
use crate::engine::purchase::reward::Reward;
use crate::engine::purchase::scope::split_units;
use crate::engine::purchase::steps::Steps;
use crate::engine::world::pots;
use crate::history::model::Part;
use crate::plan::effects::At;
use crate::plan::triggers::{Fires, Numbers};
use crate::plan::{Given, Plan};
use crate::program::{Rule, Test, TestKind};
use crate::value::{Checked, Overflow};

/// Something a rule gives on a purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Award {
    pub rule: usize,
    pub effect: usize,
    pub given: Given,
    pub reward: Reward,
    /// What the rate was applied to.
    pub base: i64,
}

/// A part of a discount on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Share {
    pub award: usize,
    pub line: usize,
    pub amount: i64,
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
    /// Rules that a pot denied after they had given at an earlier stage, and whether to evaluate again without them.
    pub denied: Vec<usize>,
    pub again: bool,
    /// Money vouchers that paid.
    pub vouchers: Vec<crate::engine::account::vouchers::Used>,
    /// What it adds to the categories of rules on a period's top category.
    pub tops: crate::engine::day::top::Added,
    /// By shared pot: what this purchase takes, and whether it closed it.
    pub pots: Vec<(i64, bool)>,
    /// Where in `awards` discounts end, and where earning ends; what follows are grants.
    pub discounted: usize,
    pub earned: usize,
    pub(in crate::engine) indices: Vec<usize>,
    pub(in crate::engine) scratch: Vec<usize>,
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
            && self.tops == other.tops
            && self.vouchers == other.vouchers
    }

    /// Empties everything but the lines.
    pub fn begin(&mut self, stage: &Stage<'_>, amount: i64) {
        self.awards.clear();
        self.shares.clear();
        self.fixed.clear();
        self.payments.clear();
        self.firings.clear();
        self.pots.clear();
        self.denied.clear();
        self.vouchers.clear();
        self.tops.clear();
        self.again = false;
        (self.discounted, self.earned) = (0, 0);
        (self.amount, self.net) = (amount, amount);
        self.row_amount = stage.decided.map_or(amount, |before| before.row_amount);
        self.adds.clear();
        self.adds.resize(stage.plan.program.measures.len(), (0, false));
    }
}

/// What stays the same during a purchase.
#[derive(Clone, Copy)]
pub(in crate::engine) struct Stage<'a> {
    pub plan: &'a Plan<'a>,
    pub part: &'a Part,
    pub facts: &'a Facts,
    pub purchase: usize,
    /// After a return with `keep rewards if threshold is lost`: what was given before. Tests, rows and firings stay.
    pub decided: Option<&'a Outcome>,
    /// After a return: what was taken off before, and what of it stays where.
    pub held: Option<&'a Held>,
    /// Behind all discounts: what goods cost, which `over` of free shipping looks at.
    pub goods: Option<i64>,
}

impl<'a> Stage<'a> {
    /// A purchase as it is made.
    pub fn new(plan: &'a Plan<'a>, part: &'a Part, facts: &'a Facts, purchase: usize) -> Self {
        Self { plan, part, facts, purchase, decided: None, held: None, goods: None }
    }

    /// Whether a rule acted when it was first decided, as a modifier or with grants.
    pub fn acted(&self, rule: usize, with_grants: bool) -> Option<bool> {
        let acted = |award: &Award| award.rule == rule && is_grant(award.given) == with_grants;
        self.decided.map(|before| before.awards.iter().any(acted))
    }

    pub fn scene<'b>(&'b self, lines: &'b [Line], net_amount: i64) -> Scene<'b>
    where
        'a: 'b,
    {
        Scene { plan: self.plan, part: self.part, facts: self.facts, purchase: Some(self.purchase), lines, line: None, net_amount }
    }

    /// Whether a modifier acts on this purchase, its scope apart.
    pub fn acts(&self, rule_index: usize, lines: &[Line], net: i64) -> Checked<bool> {
        match self.acted(rule_index, false) {
            Some(acted) => Ok(acted),
            None if self.plan.acts_always[rule_index] => Ok(true),
            None if self.plan.has_pots && !pots::is_open(self.plan, &self.facts.rooms, rule_index) => Ok(false),
            None => Ok(self.acts_alone(rule_index, lines, net)? && !self.barred(rule_index, lines, net)?),
        }
    }

    /// Whether a rule that it does not stand together with acts; one that is itself barred, or finds no item of its
    /// scope, does not.
    pub fn barred(&self, rule_index: usize, lines: &[Line], net: i64) -> Checked<bool> {
        for &other in &self.plan.conflicts[rule_index] {
            if self.acts(other, lines, net)? && self.reaches(other, lines)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn reaches(&self, rule_index: usize, lines: &[Line]) -> Checked<bool> {
        let mut inside = Vec::new();
        self.scope(self.plan.rules[rule_index].scope.as_ref(), lines, &mut inside)?;
        Ok(!inside.is_empty())
    }

    fn acts_alone(&self, rule_index: usize, lines: &[Line], net: i64) -> Checked<bool> {
        let rule: &Rule = self.plan.rules[rule_index];
        let scene = self.scene(lines, net);
        let cause = &self.plan.causes[rule_index];
        let fires = match &cause.fires {
            _ if cause.entitles => self.facts.entitled[rule_index],
            Fires::Purchase(filter) => scene.purchase_passes(filter)?,
            Fires::Number(numbers) => self.is_number(rule_index, *numbers, &scene)?,
            Fires::Day(day) => scene.is_day(*day),
            Fires::Never | Fires::Steps(_) | Fires::Streak(_) | Fires::Start(_) | Fires::End(_) => false,
            Fires::Silence(..) | Fires::Moment(_) => false,
        };
        Ok(fires
            && (rule.when.is_empty() || scene.failed_when(&rule.when, rule.past_midnight_until).is_none())
            && (rule.tests.is_empty() || self.failed_test(rule, &scene)?.is_none()))
    }

    /// The first test of a rule that fails.
    pub fn failed_test<'b>(&self, rule: &'b Rule, scene: &Scene<'b>) -> Checked<Option<&'b Test>> {
        let goods = self.goods.filter(|_| self.plan.effects[rule.id.index()].act_at(At::Shipping));
        for test in &rule.tests {
            let holds = match goods {
                Some(goods) if test.kind == TestKind::Over => scene.holds_of(&test.expr, goods)?,
                _ => scene.holds(&test.expr)?,
            };
            if !holds {
                return Ok(Some(test));
            }
        }
        Ok(None)
    }

    /// Whether this purchase has one of the numbers.
    pub fn is_number<'b>(&'b self, rule_index: usize, numbers: Numbers, scene: &Scene<'b>) -> Checked<bool> {
        let number = self.facts.measures[numbers.counter.index()] + 1;
        if !numbers.hold(number) || self.facts.blocked[rule_index] || !scene.lines.iter().any(|l| l.recorded > 0) {
            return Ok(false);
        }
        scene.purchase_passes(&self.plan.program.measures[numbers.counter.index()].filter)
    }
}

/// Sums of the recorded amounts.
fn total(lines: &[Line], of: fn(&Line) -> i64) -> Checked<i64> {
    lines.iter().try_fold(0_i64, |sum, line| sum.checked_add(of(line))).ok_or(Overflow)
}

/// Evaluates a purchase whose lines stand in `out.lines` as recorded (less what was returned).
/// After a return `before` is what it gave until then: no reward, and no item's part of a discount, may rise.
pub(in crate::engine) fn compute(stage: &Stage<'_>, paying: &Paying<'_>, before: Option<&Outcome>, out: &mut Outcome) -> Checked<()> {
    let recorded = (before.is_none() && !stage.plan.pots.is_empty()).then(|| out.lines.clone());
    out.denied.clear();
    compute_once(stage, paying, before, out)?;
    while let (true, Some(lines)) = (out.again, &recorded) {
        // A pot denied a rule late that had given early: its effects stand together.
        out.lines.clone_from(lines);
        compute_once(stage, paying, before, out)?;
    }
    Ok(())
}

fn compute_once(stage: &Stage<'_>, paying: &Paying<'_>, before: Option<&Outcome>, out: &mut Outcome) -> Checked<()> {
    let denied = std::mem::take(&mut out.denied);
    out.begin(stage, total(&out.lines, |l| l.recorded)?);
    out.denied = denied;
    let active = stage.facts.member && out.amount > 0;
    if active {
        if stage.plan.singles_out_units {
            split_units(&mut out.lines)?;
        }
        prices(stage, out)?;
        discounts::apply(stage, out)?;
        free_shipping(stage, out)?;
        if before.is_none() && stage.plan.has_pots {
            pots::charge(stage, out, 0)?;
        }
    }
    out.discounted = out.awards.len();
    out.net = total(&out.lines, |l| l.cost)?;
    out.row_net = stage.decided.map_or(out.net, |before| before.row_net);
    if active && before.is_none() {
        crate::engine::account::vouchers::pay(stage, out)?;
    }
    crate::engine::purchase::redemption::pay(stage, paying, out)?;
    if active {
        let first = out.awards.len();
        earn(stage, out)?;
        match before {
            Some(before) => hold(before, out),
            None if stage.plan.has_pots => pots::charge(stage, out, first)?,
            None => {}
        }
        let first = out.awards.len();
        multiply(stage, out)?;
        if before.is_none() && stage.plan.has_pots {
            pots::charge(stage, out, first)?;
        }
    }
    out.earned = out.awards.len();
    if out.amount > 0 {
        for &index in &stage.plan.purchase_measures {
            feed(stage, out, index)?;
        }
    }
    if active {
        crate::engine::day::top::add(stage, out)?;
    }
    if active {
        let first = out.awards.len();
        complete(stage, out)?;
        if before.is_none() && stage.plan.has_pots {
            pots::charge(stage, out, first)?;
        }
        if let Some(before) = before {
            out.firings.retain(|f| before.firings.iter().any(|b| b.rule == f.rule));
        }
    }
    if let Some(before) = before {
        hold(before, out);
    }
    Ok(())
}
