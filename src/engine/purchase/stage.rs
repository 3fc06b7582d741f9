//! A purchase under evaluation: which rules act on it.

use crate::engine::award::Award;
use crate::engine::facts::{Facts, Scene, Streak};
use crate::engine::lines::Line;
use crate::engine::purchase::ceilings::Ceilings;
use crate::engine::purchase::outcome::{Outcome, is_grant};
use crate::engine::shared::is_open;
use crate::history::model::{NO_TEXT, Part, TextCode};
use crate::plan::Plan;
use crate::plan::effects::At;
use crate::plan::sieve::Row;
use crate::plan::triggers::{Fires, Numbers};
use crate::program::{Period, Rule, Test, TestKind};
use crate::value::Checked;

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
    pub ceilings: Option<&'a Ceilings>,
    /// Behind all discounts: what goods cost, which `over` of free shipping looks at.
    pub goods: Option<i64>,
    /// Behind stage 3: whether units of a wallet, and a voucher, paid.
    pub paid_with: (bool, bool),
}

impl<'a> Stage<'a> {
    /// A purchase as it is made.
    pub fn new(plan: &'a Plan<'a>, part: &'a Part, facts: &'a Facts, purchase: usize) -> Self {
        Self { plan, part, facts, purchase, decided: None, ceilings: None, goods: None, paid_with: (false, false) }
    }

    /// Whether a rule acted when it was first decided, as a modifier or with grants.
    pub fn acted(&self, rule: usize, with_grants: bool) -> Option<bool> {
        let acted = |award: &Award| award.rule == rule && is_grant(self.plan, award) == with_grants;
        self.decided.map(|before| before.awards.iter().any(acted))
    }

    pub fn scene<'b>(&'b self, lines: &'b [Line], net_amount: i64) -> Scene<'b>
    where
        'a: 'b,
    {
        Scene {
            plan: self.plan,
            part: self.part,
            facts: self.facts,
            purchase: Some(self.purchase),
            lines,
            line: None,
            net_amount,
            paid_with: self.paid_with,
            taken: &[],
        }
    }

    /// The places, in the list of its stage, of the rules that may act on these lines; all where that cannot be said faster.
    pub fn concerned(&self, at: At, lines: &[Line], net: i64, found: &mut Vec<usize>) -> Checked<()> {
        let (rules, sieve) = match at {
            At::Discounts => (&self.plan.discount_rules, &self.plan.sieves[0]),
            At::Earning => (&self.plan.earn_rules, &self.plan.sieves[1]),
            _ => (&self.plan.multiply_rules, &self.plan.sieves[2]),
        };
        found.clear();
        let Some(sieve) = sieve.as_ref().filter(|_| self.decided.is_none()) else {
            found.extend(0..rules.len());
            return Ok(());
        };
        let purchases = &self.part.purchases;
        let word = |list: &[TextCode]| list.get(self.purchase).copied().unwrap_or(NO_TEXT);
        let (mut amounts, mut shipping) = ([0, 0, net, 0], 0);
        for line in lines {
            amounts[0] = i64::saturating_add(amounts[0], line.recorded);
            if line.shipping {
                shipping = i64::saturating_add(shipping, line.recorded);
            } else {
                amounts[3] = i64::saturating_add(amounts[3], line.cost);
            }
        }
        amounts[1] = amounts[0].saturating_sub(shipping);
        let row = Row {
            amounts,
            tiers: &self.facts.tiers,
            weekday: self.facts.date.weekday(),
            words: [word(&purchases.channel), word(&purchases.store), word(&purchases.payment), word(&purchases.partner)],
        };
        sieve.select(&row, lines.iter().map(|line| [line.category, line.brand, line.product]), found);
        if cfg!(debug_assertions) {
            for (place, rule) in rules.iter().enumerate().filter(|(place, _)| !found.contains(place)) {
                debug_assert!(!(self.acts(*rule, lines, net)? && self.reaches(*rule, lines)?), "the sieve drops rule {place}");
            }
        }
        Ok(())
    }

    /// Whether a modifier acts on this purchase, its scope apart.
    pub fn acts(&self, rule_index: usize, lines: &[Line], net: i64) -> Checked<bool> {
        match self.acted(rule_index, false) {
            Some(acted) => Ok(acted),
            None if self.plan.acts_always[rule_index] => Ok(true),
            None if self.plan.has_pots && !is_open(self.plan, &self.facts.rooms, rule_index) => Ok(false),
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
            Fires::Joined(_) | Fires::Silence(..) | Fires::Moment(_) => false,
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
        if !numbers.contain(number) || self.facts.blocked[rule_index] || !scene.lines.iter().any(|l| l.recorded > 0) {
            return Ok(false);
        }
        scene.purchase_passes(&self.plan.program.measures[numbers.counter.index()].filter)
    }

    /// Empties an outcome but for its lines.
    pub fn begin(&self, out: &mut Outcome, amount: i64) {
        out.awards.clear();
        out.shares.clear();
        out.fixed.clear();
        out.payments.clear();
        out.firings.clear();
        out.pots.clear();
        out.denied.clear();
        out.vouchers.clear();
        out.tops.clear();
        out.again = false;
        (out.discounted, out.earned) = (0, 0);
        (out.amount, out.net) = (amount, amount);
        out.row_amount = self.decided.map_or(amount, |before| before.row_amount);
        out.different.clear();
        out.vouched.clear();
        out.adds.clear();
        out.adds.resize(self.plan.program.measures.len(), (0, false));
    }
}

/// The run of periods that ends with this purchase.
pub(in crate::engine) fn next_streak(stage: &Stage<'_>, rule: usize, period: Period) -> Streak {
    let periods = stage.facts.periods(stage.plan);
    let known = stage.facts.streaks.get(rule).copied().unwrap_or_default();
    let start = periods.start(stage.facts.date, period);
    match known.last_period {
        Some(last) if last == start => known,
        Some(last) if periods.next(last, period) == start => Streak { last_period: Some(start), length: known.length + 1, ..known },
        _ => Streak { last_period: Some(start), length: 1, fired: false },
    }
}

/// Which amount a table `by amount` looks at in this rule.
pub(in crate::engine) fn table_amount(stage: &Stage<'_>, rule: usize, out: &Outcome) -> i64 {
    if stage.plan.effects[rule].act_at(At::Discounts) { out.row_amount } else { out.row_net }
}
