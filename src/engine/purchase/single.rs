//! A purchase of one line, by a plan made once per run: most purchases of most histories are of this kind.
//!
//! It gives what [`crate::engine::purchase::compute`] gives and leaves out what the program never asks for. Debug builds
//! evaluate every such purchase both ways and compare.

use crate::engine::bind::{Bound, Quick};
use crate::engine::purchase::discounts;
use crate::engine::purchase::earning::{earning_base, without_tax};
use crate::engine::purchase::redemption::{self, Paying};
use crate::engine::purchase::reward::Reward;
use crate::engine::purchase::{Award, Given, Outcome, Stage};
use crate::program::{CmpOp, Effect, Expr, GroupPolicy, ItemFilter, MeasureKind, Rule, Scope, Trigger};
use crate::value::Checked;

/// The only line of such a purchase.
const LINE: &[usize] = &[0];

/// The rules of a program by stage, with what is known of them before any purchase.
#[derive(Debug)]
pub(in crate::engine) struct Plan<'a> {
    discounts: Vec<Step<'a>>,
    earns: Vec<Step<'a>>,
    multiplies: Vec<Step<'a>>,
    fed: Vec<(usize, Feeds)>,
    /// The ordinals at which a rule can fire at completion; `None` if any purchase can.
    ordinals: Option<Vec<Ordinals>>,
}

/// Numbers of purchases in a counter.
#[derive(Clone, Copy, Debug)]
struct Ordinals {
    counter: usize,
    from: i64,
    to: i64,
    every: i64,
}

/// What a rule does in a stage.
#[derive(Debug)]
struct Step<'a> {
    rule: usize,
    gate: Gate,
    /// Items it looks at, or (false) all others; all, if none.
    items: Option<(&'a ItemFilter, bool)>,
    /// What it earns, if each rate is of the quick kind.
    quick: Option<Vec<(usize, Given, Quick)>>,
    /// Its only discount, if its rate is.
    discount: Option<(usize, Quick)>,
}

/// When a rule acts.
#[derive(Clone, Copy, Debug)]
enum Gate {
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
enum Feeds {
    Base,
    Amount,
    One,
    /// Ask every time.
    Asks,
}

impl<'a> Plan<'a> {
    /// The plan of a program; `None` if one of its rules looks at more than the line and the account.
    pub fn new(bound: &Bound<'a>) -> Option<Self> {
        let program = bound.program;
        let plain = !bound.has_pots
            && !bound.singles_out_units
            && bound.price_rules.is_empty()
            && bound.top_rules.is_empty()
            && bound.conflicts.iter().all(Vec::is_empty)
            && program.groups.iter().all(|group| group.policy == GroupPolicy::All);
        let rules = bound.discount_rules.iter().chain(&bound.earn_rules).chain(&bound.multiply_rules);
        if !plain || rules.into_iter().any(|&rule| bound.rules[rule].group.is_some()) {
            return None;
        }
        let steps = |rules: &[usize]| -> Option<Vec<Step<'a>>> { rules.iter().map(|&rule| Step::new(bound, rule)).collect() };
        Some(Self {
            discounts: steps(&bound.discount_rules)?,
            earns: steps(&bound.earn_rules)?,
            multiplies: steps(&bound.multiply_rules)?,
            ordinals: bound.completion_rules.iter().map(|&rule| Ordinals::of(&bound.rules[rule].trigger)).collect(),
            fed: bound.purchase_measures.iter().map(|&measure| (measure, feeds(bound, measure))).collect(),
        })
    }

    /// Evaluates a purchase whose line stands in `out.lines` as recorded; false, with nothing done, if it is of another kind.
    pub fn compute(&self, stage: &Stage<'_>, paying: &Paying<'_>, out: &mut Outcome) -> Checked<bool> {
        let [line] = out.lines.as_slice() else { return Ok(false) };
        let amount = line.recorded;
        if line.shipping || amount <= 0 || !stage.facts.member || !stage.facts.vouchers.is_empty() || stage.decided.is_some() {
            return Ok(false);
        }
        let mut acting = None;
        for step in &self.discounts {
            if step.acts(stage, out, amount)? {
                if acting.is_some() {
                    // They have to be compared.
                    return Ok(false);
                }
                acting = Some(step);
            }
        }
        out.begin(stage, amount);
        if let Some(step) = acting
            && step.looks_at_line(stage, out)?
        {
            step.discount(stage, out)?;
        }
        out.discounted = out.awards.len();
        out.net = out.lines[0].cost;
        out.row_net = out.net;
        redemption::pay(stage, paying, out)?;
        for step in &self.earns {
            if step.acts(stage, out, out.net)? && step.looks_at_line(stage, out)? {
                step.earn(stage, out)?;
            }
        }
        let earned = out.awards.len();
        for step in &self.multiplies {
            if step.acts(stage, out, out.net)? && step.looks_at_line(stage, out)? {
                crate::engine::purchase::earning::multiply_by(stage, out, step.rule, earned, LINE)?;
            }
        }
        out.earned = out.awards.len();
        for &(measure, feeds) in &self.fed {
            let add = match feeds {
                Feeds::Base => without_tax(stage, earning_base(stage, &out.lines[0]))?,
                Feeds::Amount => amount,
                Feeds::One => 1,
                Feeds::Asks => {
                    crate::engine::purchase::earning::feed(stage, out, measure)?;
                    continue;
                }
            };
            out.adds[measure] = (add, true);
        }
        let fits = |all: &Vec<Ordinals>| all.iter().any(|ordinals| ordinals.fit(stage));
        if self.ordinals.as_ref().is_none_or(fits) {
            crate::engine::purchase::completion::complete(stage, out)?;
        }
        Ok(true)
    }
}

impl<'a> Step<'a> {
    fn new(bound: &Bound<'a>, rule_index: usize) -> Option<Self> {
        let rule: &'a Rule = bound.rules[rule_index];
        let items = match &rule.scope {
            None => None,
            Some(Scope::Items(filter)) => Some((filter, true)),
            Some(Scope::Excluding(filter)) => Some((filter, false)),
            Some(Scope::Shipping | Scope::Cheapest(_) | Scope::EveryNth(..) | Scope::TopCategory(..)) => return None,
        };
        let earned = rule.effects.iter().enumerate().filter(|(_, kind)| matches!(kind, Effect::Earn { .. } | Effect::EarnEntries { .. }));
        let rate = |(effect, kind): (usize, &Effect)| match kind {
            Effect::Earn { wallet, .. } => bound.quick[rule_index][effect].map(|rate| (effect, Given::Earn(*wallet), rate)),
            _ => None,
        };
        let quick = earned.map(rate).collect();
        let mut discounts = rule.effects.iter().enumerate().filter(|(_, kind)| matches!(kind, Effect::Discount(_)));
        let discount = match (discounts.next(), discounts.next()) {
            (Some(_), _) if bound.per_item[rule_index] => return None,
            (Some((effect, _)), None) => bound.quick[rule_index][effect].map(|rate| (effect, rate)),
            (Some(_), Some(_)) => return None,
            _ => None,
        };
        Some(Self { rule: rule_index, gate: Gate::of(bound, rule_index), items, quick, discount })
    }

    fn acts(&self, stage: &Stage<'_>, out: &Outcome, net: i64) -> Checked<bool> {
        match self.gate {
            Gate::Always => Ok(true),
            Gate::Entitled => Ok(stage.facts.entitled[self.rule]),
            Gate::Rungs { ladder, mask } => Ok(mask >> stage.facts.tiers[ladder] & 1 == 1),
            Gate::Asks => stage.acts(self.rule, &out.lines, net),
        }
    }

    fn looks_at_line(&self, stage: &Stage<'_>, out: &Outcome) -> Checked<bool> {
        let Some((filter, inside)) = self.items else { return Ok(true) };
        let passes = match filter {
            // What is asked of a line alone needs nothing around it.
            ItemFilter::Category(texts) => stage.bound.is_text(out.lines[0].category, texts),
            ItemFilter::Brand(texts) => stage.bound.is_text(out.lines[0].brand, texts),
            ItemFilter::Product(texts) => stage.bound.is_text(out.lines[0].product, texts),
            other => stage.scene(&out.lines, 0).passes(&out.lines[0], other)?,
        };
        Ok(passes == inside)
    }

    fn discount(&self, stage: &Stage<'_>, out: &mut Outcome) -> Checked<()> {
        let base = out.lines[0].cost;
        let Some((effect, amount)) = self.discount.and_then(|(effect, rate)| Some((effect, rate.give(base)?))) else {
            return discounts::single(stage, out, self.rule, LINE);
        };
        if amount > 0 { discounts::take(out, (self.rule, effect), Reward::plain(amount, base), LINE, &[base], false) } else { Ok(()) }
    }

    fn earn(&self, stage: &Stage<'_>, out: &mut Outcome) -> Checked<()> {
        let Some(quick) = &self.quick else { return crate::engine::purchase::earning::earn_on(stage, out, self.rule, LINE) };
        let base = without_tax(stage, earning_base(stage, &out.lines[0]))?;
        let first = out.awards.len();
        for &(effect, given, rate) in quick {
            let Some(units) = rate.give(base) else {
                out.awards.truncate(first);
                return crate::engine::purchase::earning::earn_on(stage, out, self.rule, LINE);
            };
            if units > 0 {
                out.awards.push(Award { rule: self.rule, effect, given, reward: Reward::plain(units, base), base });
            }
        }
        Ok(())
    }
}

impl Ordinals {
    fn of(trigger: &Trigger) -> Option<Self> {
        let (counter, from, to, every) = match trigger {
            Trigger::Nth { n, counter, .. } => (counter, *n, *n, 1),
            Trigger::EveryNth { n, counter, .. } => (counter, *n, u32::MAX, *n),
            Trigger::Range { from, to, counter } => (counter, *from, *to, 1),
            _ => return None,
        };
        Some(Self { counter: counter.index(), from: i64::from(from), to: i64::from(to), every: i64::from(every) })
    }

    fn fit(self, stage: &Stage<'_>) -> bool {
        let number = stage.facts.measures[self.counter] + 1;
        self.from <= number && number <= self.to && number % self.every == 0
    }
}

impl Gate {
    fn of(bound: &Bound<'_>, rule_index: usize) -> Self {
        let rule = bound.rules[rule_index];
        if !rule.when.is_empty() {
            return Self::Asks;
        }
        let each = matches!(&rule.trigger, Trigger::EachPurchase { filter } if filter.is_all());
        let entitles =
            matches!(rule.trigger, Trigger::Nth { after: true, .. } | Trigger::EveryNth { after: true, .. } | Trigger::Spending { .. });
        match rule.tests.as_slice() {
            [] if each => Self::Always,
            [] if entitles => Self::Entitled,
            [test] if each => rungs(bound, &test.expr).unwrap_or(Self::Asks),
            _ => Self::Asks,
        }
    }
}

/// The rungs on which `for tier …` holds.
fn rungs(bound: &Bound<'_>, expr: &Expr) -> Option<Gate> {
    let Expr::Compare { left, op, right } = expr else { return None };
    let (Expr::TierOf(id), Expr::Tier(tier)) = (&**left, &**right) else { return None };
    let ladder = bound.program.ladders.get(id.index()).filter(|ladder| *id == tier.ladder && ladder.rungs.len() <= 64)?;
    let holds = |rung: u8| match op {
        CmpOp::Is => rung == tier.rung,
        CmpOp::IsNot => rung != tier.rung,
        CmpOp::Over => rung > tier.rung,
        CmpOp::Under => rung < tier.rung,
        CmpOp::AtLeast => rung >= tier.rung,
        CmpOp::AtMost => rung <= tier.rung,
    };
    let rungs = (0..64_u8).take(ladder.rungs.len()).filter(|rung| holds(*rung));
    Some(Gate::Rungs { ladder: id.index(), mask: rungs.fold(0, |mask, rung| mask | 1 << rung) })
}

fn feeds(bound: &Bound<'_>, measure: usize) -> Feeds {
    let measure = &bound.program.measures[measure];
    match measure.kind {
        _ if !measure.filter.is_all() => Feeds::Asks,
        MeasureKind::Spend => Feeds::Base,
        MeasureKind::GrossSpend => Feeds::Amount,
        MeasureKind::Purchases | MeasureKind::DaysWithPurchase => Feeds::One,
        _ => Feeds::Asks,
    }
}
