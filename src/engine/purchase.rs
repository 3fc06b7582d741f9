//! The stages of a purchase as a pure function: from facts and lines to everything the program gives on it.
//!
//! Nothing here changes an account. A return calls the same function again with fewer units and the facts of then.

use super::bind::Bound;
use super::facts::{Facts, Scene, Value};
use super::lines::{self, Line};
use super::redemption::{Paying, Payment};
use super::reward::{self, Base, Currency, Reward};
use super::{calendar, discounts, pots};
use crate::history::model::Part;
use crate::program::{
    AccessId, DrawId, Effect, GiftId, GroupPolicy, ItemFilter, MeasureKind, Rate, Rule, Scope, TierId, Trigger, UsableDay, WalletId,
};
use crate::value::{Checked, Decimal, Exact, Overflow};

/// What something given is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Given {
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
    Message,
    Donation,
}

/// Something a rule gives on a purchase.
#[derive(Clone, Copy, Debug)]
pub(super) struct Award {
    pub rule: usize,
    pub effect: usize,
    pub given: Given,
    pub reward: Reward,
    /// What the rate was applied to.
    pub base: i64,
}

/// A part of a discount on a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    pub award: usize,
    pub line: usize,
    pub amount: i64,
}

/// A trigger that fires at completion.
#[derive(Clone, Debug)]
pub(super) struct Firing {
    pub rule: usize,
    /// Ordinals or steps that fire; 1 for other triggers.
    pub steps: Vec<i64>,
    pub times: u32,
}

/// Everything the program gives on a purchase.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
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
    pub payments: Vec<Payment>,
    pub firings: Vec<Firing>,
    /// By measure: what the purchase adds to it, and whether it counts for it.
    pub adds: Vec<(i64, bool)>,
    /// Rules that a pot denied after they had given at an earlier stage, and whether to evaluate again without them.
    pub denied: Vec<usize>,
    pub again: bool,
    /// Money vouchers that paid.
    pub vouchers: Vec<super::vouchers::Used>,
    /// What it adds to the categories of rules on a period's top category.
    pub tops: super::top::Added,
    /// By shared pot: what this purchase takes, and whether it closed it.
    pub pots: Vec<(i64, bool)>,
    pub(super) indices: Vec<usize>,
    pub(super) scratch: Vec<usize>,
}

/// What stays the same during a purchase.
#[derive(Clone, Copy)]
pub(super) struct Stage<'a> {
    pub bound: &'a Bound<'a>,
    pub part: &'a Part,
    pub facts: &'a Facts,
    pub purchase: usize,
    /// After a return with `keep rewards if threshold is lost`: what was given before. Tests, rows and firings stay.
    pub decided: Option<&'a Outcome>,
}

impl<'a> Stage<'a> {
    /// Whether a rule acted when it was first decided, as a modifier or with grants.
    fn acted(&self, rule: usize, with_grants: bool) -> Option<bool> {
        let acted = |award: &Award| award.rule == rule && is_grant(award.given) == with_grants;
        self.decided.map(|before| before.awards.iter().any(acted))
    }

    pub fn scene<'b>(&'b self, lines: &'b [Line], net_amount: i64) -> Scene<'b>
    where
        'a: 'b,
    {
        Scene { bound: self.bound, part: self.part, facts: self.facts, purchase: Some(self.purchase), lines, line: None, net_amount }
    }

    /// Whether a modifier acts on this purchase, its scope apart.
    pub fn acts(&self, rule_index: usize, lines: &[Line], net: i64) -> Checked<bool> {
        match self.acted(rule_index, false) {
            Some(acted) => Ok(acted),
            None if self.bound.acts_always[rule_index] => Ok(true),
            None if self.bound.has_pots && !pots::is_open(self.bound, &self.facts.rooms, rule_index) => Ok(false),
            None => Ok(self.acts_alone(rule_index, lines, net)? && !self.barred(rule_index, lines, net)?),
        }
    }

    /// Whether a rule that it does not stand together with acts; one that is itself barred, or finds no item of its
    /// scope, does not.
    fn barred(&self, rule_index: usize, lines: &[Line], net: i64) -> Checked<bool> {
        for &other in &self.bound.conflicts[rule_index] {
            if self.acts(other, lines, net)? && self.reaches(other, lines)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn reaches(&self, rule_index: usize, lines: &[Line]) -> Checked<bool> {
        let mut inside = Vec::new();
        self.scope(self.bound.rules[rule_index].scope.as_ref(), lines, &mut inside)?;
        Ok(!inside.is_empty())
    }

    fn acts_alone(&self, rule_index: usize, lines: &[Line], net: i64) -> Checked<bool> {
        let rule: &Rule = self.bound.rules[rule_index];
        let scene = self.scene(lines, net);
        let fires = match &rule.trigger {
            Trigger::EachPurchase { filter } => scene.purchase_passes(filter)?,
            Trigger::Nth { after: false, .. } | Trigger::EveryNth { after: false, .. } | Trigger::Range { .. } => {
                self.is_ordinal(rule_index, &scene)?
            }
            Trigger::Birthday | Trigger::Anniversary | Trigger::Date(_) | Trigger::YearDay(..) | Trigger::DayOfMonth(_) => {
                self.is_day(&rule.trigger)
            }
            _ => self.facts.entitled[rule_index],
        };
        Ok(fires
            && (rule.when.is_empty() || scene.failed_when(&rule.when, rule.past_midnight_until).is_none())
            && (rule.tests.is_empty() || scene.failed_test(&rule.tests)?.is_none()))
    }

    /// Whether this purchase has a number that the trigger asks for.
    fn is_ordinal<'b>(&'b self, rule_index: usize, scene: &Scene<'b>) -> Checked<bool> {
        let trigger = &self.bound.rules[rule_index].trigger;
        let (Trigger::Nth { counter, .. } | Trigger::EveryNth { counter, .. } | Trigger::Range { counter, .. }) = trigger else {
            return Ok(false);
        };
        let measure = &self.bound.program.measures[counter.index()];
        if self.facts.blocked[rule_index] || !scene.lines.iter().any(|l| l.recorded > 0) {
            return Ok(false);
        }
        let number = self.facts.measures[counter.index()] + 1;
        let fits = match trigger {
            Trigger::Nth { n, .. } => number == i64::from(*n),
            Trigger::EveryNth { n, .. } => number % i64::from(*n) == 0,
            Trigger::Range { from, to, .. } => i64::from(*from) <= number && number <= i64::from(*to),
            _ => false,
        };
        Ok(fits && scene.purchase_passes(&measure.filter)?)
    }

    fn is_day(&self, trigger: &Trigger) -> bool {
        let customer = usize::try_from(self.facts.customer).unwrap_or(usize::MAX);
        let born = self.part.customers.born.get(customer).copied().flatten();
        let around = |day| calendar::is_around(self.facts.date, day, 0, 0, born, self.facts.joined);
        match trigger {
            Trigger::Birthday => around(UsableDay::Birthday),
            Trigger::Anniversary => around(UsableDay::Anniversary),
            Trigger::Date(date) => *date == self.facts.date,
            Trigger::YearDay(month, day) => around(UsableDay::YearDay(*month, *day)),
            Trigger::DayOfMonth(day) => calendar::day_of_month(self.facts.date, *day) == self.facts.date,
            _ => false,
        }
    }

    /// The lines a rule looks at.
    pub fn scope(&self, scope: Option<&Scope>, lines: &[Line], out: &mut Vec<usize>) -> Checked<()> {
        out.clear();
        let Some(scope) = scope else {
            out.extend(0..lines.len());
            return Ok(());
        };
        let scene = Scene {
            bound: self.bound,
            part: self.part,
            facts: self.facts,
            purchase: Some(self.purchase),
            lines,
            line: None,
            net_amount: 0,
        };
        for (at, line) in lines.iter().enumerate() {
            let here = !line.shipping && line.recorded > 0;
            let inside = match scope {
                Scope::Items(filter) => here && scene.passes(line, filter)?,
                Scope::Excluding(filter) => line.shipping || here && !scene.passes(line, filter)?,
                Scope::Shipping => line.shipping,
                Scope::Cheapest(_) | Scope::EveryNth(..) => false,
                Scope::TopCategory(..) => false,
            };
            if inside {
                out.push(at);
            }
        }
        match scope {
            Scope::Cheapest(filter) => self.single_out(None, filter.as_ref(), lines, out),
            Scope::EveryNth(n, filter) => self.single_out(Some(*n), filter.as_ref(), lines, out),
            _ => Ok(()),
        }
    }

    /// Units singled out: every n-th counted from the dearest, or the cheapest one. Lines are already single units.
    fn single_out(&self, every: Option<u32>, filter: Option<&ItemFilter>, lines: &[Line], out: &mut Vec<usize>) -> Checked<()> {
        let scene = Scene {
            bound: self.bound,
            part: self.part,
            facts: self.facts,
            purchase: Some(self.purchase),
            lines,
            line: None,
            net_amount: 0,
        };
        let mut units = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            if !line.shipping && line.recorded > 0 && filter.map_or(Ok(true), |f| scene.passes(line, f))? {
                units.push((line.unit_price(self.part, self.bound.program.currency.decimals)?, at));
            }
        }
        units.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        match every {
            Some(n) => {
                let n = usize::try_from(n).unwrap_or(usize::MAX).max(1);
                out.extend(units.iter().skip(n - 1).step_by(n).map(|(_, at)| *at));
            }
            None => {
                let cheapest = units.iter().min_by(|a, b| a.0.cmp(&b.0).then(a.1.cmp(&b.1)));
                out.extend(cheapest.map(|(_, at)| *at));
            }
        }
        out.sort_unstable();
        Ok(())
    }
}

/// Sums of the recorded amounts.
fn total(lines: &[Line], of: fn(&Line) -> i64) -> Checked<i64> {
    lines.iter().try_fold(0_i64, |sum, line| sum.checked_add(of(line))).ok_or(Overflow)
}

/// Evaluates a purchase whose lines stand in `out.lines` as recorded (less what was returned).
/// After a return `before` is what it gave until then: no reward, and no item's part of a discount, may rise.
pub(super) fn compute(stage: &Stage<'_>, paying: &Paying<'_>, before: Option<&Outcome>, out: &mut Outcome) -> Checked<()> {
    out.denied.clear();
    let recorded = (before.is_none() && !stage.bound.pots.is_empty()).then(|| out.lines.clone());
    compute_once(stage, paying, before, out)?;
    while let (true, Some(lines)) = (out.again, &recorded) {
        // A pot denied a rule late that had given early: its effects stand together.
        out.lines.clone_from(lines);
        compute_once(stage, paying, before, out)?;
    }
    Ok(())
}

fn compute_once(stage: &Stage<'_>, paying: &Paying<'_>, before: Option<&Outcome>, out: &mut Outcome) -> Checked<()> {
    out.awards.clear();
    out.shares.clear();
    out.payments.clear();
    out.vouchers.clear();
    out.tops.clear();
    out.firings.clear();
    out.adds.clear();
    out.pots.clear();
    out.again = false;
    out.amount = total(&out.lines, |l| l.recorded)?;
    out.net = out.amount;
    out.row_amount = stage.decided.map_or(out.amount, |before| before.row_amount);
    let program = stage.bound.program;
    out.adds.resize(program.measures.len(), (0, false));
    let active = stage.facts.member && out.amount > 0;
    if active {
        if stage.bound.singles_out_units {
            split_units(&mut out.lines)?;
        }
        prices(stage, out)?;
        discounts::apply(stage, out)?;
        match before {
            Some(before) => hold_discounts(before, out),
            None if stage.bound.has_pots => pots::charge(stage, out, 0)?,
            None => {}
        }
    }
    out.net = total(&out.lines, |l| l.cost)?;
    out.row_net = stage.decided.map_or(out.net, |before| before.row_net);
    if active && before.is_none() {
        super::vouchers::pay(stage, out)?;
    }
    super::redemption::pay(stage, paying, out)?;
    if active {
        let first = out.awards.len();
        earn(stage, out)?;
        match before {
            Some(before) => hold(before, out),
            None if stage.bound.has_pots => pots::charge(stage, out, first)?,
            None => {}
        }
        let first = out.awards.len();
        multiply(stage, out)?;
        if before.is_none() && stage.bound.has_pots {
            pots::charge(stage, out, first)?;
        }
    }
    if out.amount > 0 {
        measure(stage, out)?;
    }
    if active {
        super::top::add(stage, out)?;
    }
    if active {
        let first = out.awards.len();
        complete(stage, out)?;
        if before.is_none() && stage.bound.has_pots {
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

/// No item's part of a discount may exceed what it was.
fn hold_discounts(before: &Outcome, out: &mut Outcome) {
    let same_lines = before.lines.len() == out.lines.len();
    for index in 0..out.awards.len() {
        let award = out.awards[index];
        let was = |line: Option<usize>| -> i64 {
            let same = |share: &&Share| {
                let old = &before.awards[share.award];
                (old.rule, old.effect, old.given) == (award.rule, award.effect, award.given) && line.is_none_or(|at| share.line == at)
            };
            before.shares.iter().filter(same).map(|share| share.amount).sum()
        };
        let mut room = was(None);
        let mut granted = 0;
        for share in out.shares.iter_mut().filter(|share| share.award == index) {
            let most = if same_lines { was(Some(share.line)).min(room) } else { room };
            let kept = share.amount.min(most);
            let line = &mut out.lines[share.line];
            line.cost += share.amount - kept;
            if award.given == Given::Discount {
                line.discount -= share.amount - kept;
            }
            share.amount = kept;
            room -= kept;
            granted += kept;
        }
        if award.given != Given::FreeShipping {
            let reward = &mut out.awards[index].reward;
            reward.granted = granted;
            reward.counts = reward.counts.min(granted);
        }
    }
}

/// No rule's reward may exceed what it was.
fn hold(before: &Outcome, out: &mut Outcome) {
    for index in 0..out.awards.len() {
        let award = out.awards[index];
        let same = |other: &&Award| (other.rule, other.effect, other.given) == (award.rule, award.effect, award.given);
        let nth = out.awards[..index].iter().filter(same).count();
        let was = before.awards.iter().filter(same).nth(nth).map_or(0, |old| old.reward.granted);
        let reward = &mut out.awards[index].reward;
        if was >= 0 && reward.granted > was {
            reward.granted = was;
            reward.counts = reward.counts.min(was);
        }
    }
}

/// Makes every unit a line of its own, for rules that single units out.
fn split_units(lines: &mut Vec<Line>) -> Checked<()> {
    let mut out = Vec::with_capacity(lines.len());
    for line in lines.drain(..) {
        let count = line.quantity.to_scale(0)?.filter(|n| (2..=10_000).contains(n));
        let Some(count) = count.filter(|_| !line.shipping) else {
            out.push(line);
            continue;
        };
        let weights = vec![1_i64; usize::try_from(count).unwrap_or(1)];
        let (mut amounts, mut taxes) = (Vec::new(), Vec::new());
        lines::share(line.recorded, &weights, &mut amounts)?;
        lines::share(line.tax, &weights, &mut taxes)?;
        for (recorded, tax) in amounts.into_iter().zip(taxes) {
            out.push(Line { quantity: Decimal::whole(1), recorded, tax, cost: recorded, ..line.clone() });
        }
    }
    *lines = out;
    Ok(())
}

/// Stage 1, first half: price lists never raise a price; free shipping.
fn prices(stage: &Stage<'_>, out: &mut Outcome) -> Checked<()> {
    for &rule_index in &stage.bound.price_rules {
        if !stage.acts(rule_index, &out.lines, out.amount)? {
            continue;
        }
        let rule = &stage.bound.rules[rule_index];
        for (effect, kind) in rule.effects.iter().enumerate() {
            match kind {
                Effect::FreeShipping => {
                    let off: i64 = out.lines.iter().filter(|l| l.shipping).map(|l| l.cost).sum();
                    if off > 0 {
                        out.lines.iter_mut().filter(|l| l.shipping).for_each(|l| l.cost = 0);
                        push_award(out, rule_index, effect, Given::FreeShipping, off, off, off);
                    }
                }
                Effect::PriceList(list) => price_list(stage, rule_index, effect, list.index(), out)?,
                _ => {}
            }
        }
    }
    Ok(())
}

fn price_list(stage: &Stage<'_>, rule_index: usize, effect: usize, list: usize, out: &mut Outcome) -> Checked<()> {
    let rule = &stage.bound.rules[rule_index];
    let Some(list) = stage.bound.program.price_lists.get(list) else { return Ok(()) };
    let mut indices = std::mem::take(&mut out.indices);
    stage.scope(rule.scope.as_ref(), &out.lines, &mut indices)?;
    let (award, mut off) = (out.awards.len(), 0_i64);
    for &at in &indices {
        let line = &mut out.lines[at];
        let product = stage.bound.history.texts.get(line.product);
        let Ok(found) = list.prices.binary_search_by(|(known, _)| known.as_str().cmp(product)) else { continue };
        let unit = Exact::whole(i128::from(list.prices[found].1));
        let price = unit.times(Exact::try_from(line.quantity)?)?.round(stage.bound.program.round_money)?;
        let price = i64::try_from(price).map_err(|_| Overflow)?;
        if price < line.cost {
            off += line.cost - price;
            out.shares.push(Share { award, line: at, amount: line.cost - price });
            line.cost = price;
        }
    }
    out.indices = indices;
    if off > 0 {
        push_award(out, rule_index, effect, Given::Price, off, off, off);
    }
    Ok(())
}

fn push_award(out: &mut Outcome, rule: usize, effect: usize, given: Given, wanted: i64, granted: i64, base: i64) {
    let reward = Reward { wanted, granted, counts: granted, ..Reward::default() };
    out.awards.push(Award { rule, effect, given, reward, base });
}

/// What of a line earning and `spend` count.
pub(super) fn earning_base(stage: &Stage<'_>, line: &Line) -> Checked<i64> {
    let program = stage.bound.program;
    let on = program.earn_on;
    if line.shipping && on.excluding_shipping {
        return Ok(0);
    }
    let mut base = if on.after_discounts { line.cost } else { line.recorded };
    if on.excluding_tax {
        let tax = if on.after_discounts { line.tax_left(program.round_money)? } else { line.tax };
        base -= tax;
    }
    if !on.including_redeemed {
        base -= line.paid;
    }
    Ok(base.max(0))
}

fn base_of(stage: &Stage<'_>, lines: &[Line], indices: &[usize], amount: i64, count_units: bool) -> Checked<Base> {
    let mut money = 0_i64;
    let mut units = Decimal::whole(0);
    for &at in indices {
        let line = &lines[at];
        money = money.checked_add(earning_base(stage, line)?).ok_or(Overflow)?;
        if count_units && !line.shipping {
            units = add_units(units, line.quantity)?;
        }
    }
    Ok(Base { money, units, amount })
}

pub(super) fn add_units(a: Decimal, b: Decimal) -> Checked<Decimal> {
    if a.scale == b.scale {
        return Ok(Decimal::new(a.mantissa.checked_add(b.mantissa).ok_or(Overflow)?, a.scale));
    }
    let scale = a.scale.max(b.scale);
    let widen = |d: Decimal| d.mantissa.checked_mul(10_i128.checked_pow(u32::from(scale - d.scale))?);
    let sum = widen(a).zip(widen(b)).and_then(|(a, b)| a.checked_add(b)).ok_or(Overflow)?;
    Ok(Decimal::new(sum, scale))
}

/// Which amount a table `by amount` looks at in this rule.
pub(super) fn table_amount(rule: &Rule, out: &Outcome) -> i64 {
    let holds_discount = rule.effects.iter().any(|e| matches!(e, Effect::Discount(_)));
    if holds_discount { out.row_amount } else { out.row_net }
}

/// An earning rule that acts on the purchase, and the lines it earns on.
struct Earner {
    rule: usize,
    lines: Vec<usize>,
}

/// Stage 4: earning in proportion to the purchase.
fn earn(stage: &Stage<'_>, out: &mut Outcome) -> Checked<()> {
    let mut earners = Vec::new();
    for &rule in &stage.bound.earn_rules {
        if !stage.acts(rule, &out.lines, out.net)? {
            continue;
        }
        let mut lines = std::mem::take(&mut out.indices);
        stage.scope(stage.bound.rules[rule].scope.as_ref(), &out.lines, &mut lines)?;
        if earners.is_empty() && stage.bound.rules[rule].group.is_none() {
            earn_on(stage, out, rule, &lines)?;
        } else {
            // Behind a group's first rule all wait, to keep their order.
            earners.push(Earner { rule, lines: lines.clone() });
        }
        out.indices = lines;
    }
    choose_earners(stage, out, &mut earners)?;
    for earner in earners {
        earn_on(stage, out, earner.rule, &earner.lines)?;
    }
    Ok(())
}

/// What one rule earns on some lines.
fn earn_on(stage: &Stage<'_>, out: &mut Outcome, rule_index: usize, lines: &[usize]) -> Checked<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let rule = &stage.bound.rules[rule_index];
    let base = base_of(stage, &out.lines, lines, table_amount(rule, out), stage.bound.per_item[rule_index])?;
    for (effect, kind) in rule.effects.iter().enumerate() {
        let (given, reward) = match kind {
            Effect::Earn { wallet, rates } => {
                let quick = stage.bound.quick[rule_index][effect].and_then(|quick| quick.give(base.money));
                let reward = match quick {
                    Some(units) => Reward::plain(units, base.money),
                    None => {
                        let scene = stage.scene(&out.lines, out.net);
                        let limits = stage.bound.rule_limits[rule_index];
                        reward::reward(&scene, rule, rates, Currency::Wallet(*wallet), base, limits)?
                    }
                };
                (Given::Earn(*wallet), reward)
            }
            Effect::EarnEntries { draw, count, per } => {
                let entries = base.money.checked_div(*per).unwrap_or(0).saturating_mul(i64::from(*count));
                (Given::Entries(*draw), Reward { wanted: entries, granted: entries, counts: entries, ..Reward::default() })
            }
            _ => continue,
        };
        if reward.wanted > 0 || reward.granted > 0 {
            out.awards.push(Award { rule: rule_index, effect, given, reward, base: base.money });
        }
    }
    Ok(())
}

/// A group chooses per item between its earning rules, by what they give there after caps.
fn choose_earners(stage: &Stage<'_>, out: &mut Outcome, earners: &mut [Earner]) -> Checked<()> {
    let program = stage.bound.program;
    for (index, group) in program.groups.iter().enumerate() {
        let inside = |earner: &Earner| program.rules[earner.rule].group.is_some_and(|g| g.index() == index);
        if group.policy == GroupPolicy::All || earners.iter().filter(|e| inside(e)).count() < 2 {
            continue;
        }
        // By earner: what a minor unit of its base is worth.
        let mut rates = Vec::new();
        for earner in earners.iter() {
            let first = out.awards.len();
            if inside(earner) {
                earn_on(stage, out, earner.rule, &earner.lines)?;
            }
            let mut value = Exact::whole(0);
            for award in &out.awards[first..] {
                value = value.plus(award_value(stage, award)?)?;
            }
            let base = out.awards.get(first).map_or(0, |award| award.base);
            out.awards.truncate(first);
            rates.push(value.divided_by(Exact::whole(i128::from(base.max(1))))?);
        }
        for line in 0..out.lines.len() {
            let base = Exact::whole(i128::from(earning_base(stage, &out.lines[line])?));
            let mut values = Vec::new();
            for (at, _) in earners.iter().enumerate().filter(|(_, e)| inside(e) && e.lines.contains(&line)) {
                let value = rates[at].times(base)?;
                if value > Exact::whole(0) {
                    values.push((at, value));
                }
            }
            let Some((chosen, _)) = discounts::pick(group.policy, &values) else { continue };
            for (at, earner) in earners.iter_mut().enumerate() {
                if at != chosen && inside(earner) {
                    earner.lines.retain(|l| *l != line);
                }
            }
        }
    }
    Ok(())
}

/// Of a group's grants on one purchase only those of the chosen rule stay.
fn choose_grants(stage: &Stage<'_>, out: &mut Outcome, first: usize) -> Checked<()> {
    let program = stage.bound.program;
    for (index, group) in program.groups.iter().enumerate().filter(|(_, group)| group.policy != GroupPolicy::All) {
        let inside = |award: &Award| program.rules[award.rule].group.is_some_and(|g| g.index() == index);
        let mut values: Vec<(usize, Exact)> = Vec::new();
        for award in out.awards[first..].iter().filter(|award| inside(award)) {
            let value = award_value(stage, award)?;
            match values.iter_mut().find(|(rule, _)| *rule == award.rule) {
                Some((_, sum)) => *sum = sum.plus(value)?,
                None => values.push((award.rule, value)),
            }
        }
        values.retain(|(_, value)| *value > Exact::whole(0));
        if let Some((chosen, _)) = discounts::pick(group.policy, &values) {
            let mut at = 0;
            out.awards.retain(|award| {
                at += 1;
                at <= first || !inside(award) || award.rule == chosen
            });
        }
    }
    Ok(())
}

/// What an award is worth to the customer; units count as themselves where a wallet has no worth.
fn award_value(stage: &Stage<'_>, award: &Award) -> Checked<Exact> {
    let program = stage.bound.program;
    match award.given {
        Given::Earn(wallet) | Given::Grant(wallet) | Given::Multiply(wallet) => {
            let worth = reward::to_money(program, wallet, award.reward.granted)?;
            Ok(if worth == Exact::whole(0) { Exact::whole(i128::from(award.reward.granted)) } else { worth })
        }
        Given::Gift(gift) => Ok(Exact::whole(i128::from(program.gifts[gift.index()].worth))),
        _ => Ok(Exact::whole(i128::from(award.reward.granted))),
    }
}

/// Stage 4, second half: multipliers add to what earning rules of their wallet gave.
fn multiply(stage: &Stage<'_>, out: &mut Outcome) -> Checked<()> {
    let earned = out.awards.len();
    for &rule_index in &stage.bound.multiply_rules {
        if !stage.acts(rule_index, &out.lines, out.net)? {
            continue;
        }
        let rule = &stage.bound.rules[rule_index];
        let mut own = std::mem::take(&mut out.indices);
        stage.scope(rule.scope.as_ref(), &out.lines, &mut own)?;
        for (effect, kind) in rule.effects.iter().enumerate().filter(|_| !own.is_empty()) {
            let Effect::Multiply { wallet, factor } = kind else { continue };
            let mut base = 0_i64;
            for at in 0..earned {
                let award = out.awards[at];
                if award.given == Given::Earn(*wallet) {
                    let on_scope = if own.len() == out.lines.len() { award.reward.granted } else { on_scope(stage, out, &award, &own)? };
                    base = base.checked_add(on_scope.min(award.reward.granted)).ok_or(Overflow)?;
                }
            }
            let more = Exact::try_from(*factor)?.minus(Exact::whole(1))?;
            let exact = more.times(Exact::whole(i128::from(base)))?;
            let wanted = reward::round_reward(stage.bound.program, Currency::Wallet(*wallet), exact)?;
            if wanted != 0 {
                let scene = stage.scene(&out.lines, out.net);
                let limits = stage.bound.rule_limits[rule_index];
                let reward = if wanted > 0 {
                    reward::cap_grant(&scene, rule, Currency::Wallet(*wallet), wanted, limits)?
                } else {
                    Reward { wanted, granted: wanted, ..Reward::default() }
                };
                out.awards.push(Award { rule: rule_index, effect, given: Given::Multiply(*wallet), reward, base });
            }
        }
        out.indices = own;
    }
    Ok(())
}

/// What an earning rule would have given on the items of a multiplier's scope alone.
fn on_scope(stage: &Stage<'_>, out: &mut Outcome, award: &Award, scope: &[usize]) -> Checked<i64> {
    let scene = stage.scene(&out.lines, out.net);
    let rule = &scene.bound.rules[award.rule];
    let Effect::Earn { wallet, rates } = &rule.effects[award.effect] else { return Ok(0) };
    let mut both = Vec::new();
    stage.scope(rule.scope.as_ref(), &out.lines, &mut both)?;
    both.retain(|at| scope.contains(at));
    if both.is_empty() {
        return Ok(0);
    }
    let base = base_of(stage, &out.lines, &both, table_amount(rule, out), stage.bound.per_item[award.rule])?;
    Ok(reward::reward(&scene, rule, rates, Currency::Wallet(*wallet), base, stage.bound.rule_limits[award.rule])?.granted)
}

/// What the purchase adds to every measure.
fn measure(stage: &Stage<'_>, out: &mut Outcome) -> Checked<()> {
    for &index in &stage.bound.purchase_measures {
        let scene = stage.scene(&out.lines, out.net);
        let measure = &scene.bound.program.measures[index];
        if !scene.purchase_passes(&measure.filter)? {
            continue;
        }
        let mut sum = 0_i64;
        let mut units = Decimal::whole(0);
        for line in &out.lines {
            let inside = match &measure.filter.items {
                Some(filter) => !line.shipping && line.recorded > 0 && scene.passes(line, filter)?,
                None => true,
            };
            if !inside {
                continue;
            }
            let add = match measure.kind {
                MeasureKind::Spend => earning_base(stage, line)?,
                MeasureKind::GrossSpend => line.recorded,
                MeasureKind::Items if !line.shipping => {
                    units = add_units(units, line.quantity)?;
                    0
                }
                _ => 0,
            };
            sum = sum.checked_add(add).ok_or(Overflow)?;
        }
        let add = match measure.kind {
            MeasureKind::Items => units.rounded_to_scale(0, crate::value::Rounding::Down)?,
            MeasureKind::Purchases | MeasureKind::DaysWithPurchase => 1,
            _ => sum,
        };
        out.adds[index] = (add, true);
    }
    Ok(())
}

/// Stage 5: which triggers fire, and what their grants are.
fn complete(stage: &Stage<'_>, out: &mut Outcome) -> Checked<()> {
    let first = out.awards.len();
    for &rule_index in &stage.bound.completion_rules {
        let Some(firing) = fires(stage, out, rule_index)? else { continue };
        let rule = &stage.bound.rules[rule_index];
        let mut reached = std::mem::take(&mut out.scratch);
        let scene = stage.scene(&out.lines, out.net);
        let granted = match stage.acted(rule_index, true) {
            Some(acted) => acted,
            None => {
                scene.failed_when(&rule.when, rule.past_midnight_until).is_none()
                    && scene.failed_test(&rule.tests)?.is_none()
                    && !stage.barred(rule_index, &out.lines, out.net)?
                    && pots::is_open(stage.bound, &stage.facts.rooms, rule_index)
            }
        };
        stage.scope(rule.scope.as_ref(), &out.lines, &mut reached)?;
        let in_scope = !reached.is_empty();
        out.scratch = reached;
        if granted && in_scope {
            let mut awards = std::mem::take(&mut out.awards);
            for _ in 0..firing.times {
                grants(&stage.scene(&out.lines, out.net), rule_index, stage.bound.rule_limits[rule_index], &mut awards)?;
            }
            out.awards = awards;
        }
        out.firings.push(firing);
    }
    choose_grants(stage, out, first)
}

fn fires(stage: &Stage<'_>, out: &Outcome, rule_index: usize) -> Checked<Option<Firing>> {
    if let Some(before) = stage.decided {
        return Ok(before.firings.iter().find(|firing| firing.rule == rule_index).cloned());
    }
    let scene = stage.scene(&out.lines, out.net);
    let rule = &scene.bound.rules[rule_index];
    let once = |steps| Ok(Some(Firing { rule: rule_index, steps, times: 1 }));
    match &rule.trigger {
        Trigger::EachPurchase { filter } if scene.purchase_passes(filter)? => once(Vec::new()),
        Trigger::Nth { counter, .. } | Trigger::EveryNth { counter, .. } | Trigger::Range { counter, .. } => {
            if stage.is_ordinal(rule_index, &scene)? { once(vec![stage.facts.measures[counter.index()] + 1]) } else { Ok(None) }
        }
        Trigger::Spending { every, amount, measure } => {
            let (add, counts) = out.adds[measure.index()];
            if !counts || *amount <= 0 {
                return Ok(None);
            }
            let after = stage.facts.measures[measure.index()].checked_add(add).ok_or(Overflow)?;
            let reached = after.div_euclid(*amount);
            let reached = if *every { reached } else { reached.min(1) };
            let (high, holes) = &stage.facts.steps[rule_index];
            let mut steps: Vec<i64> = holes.iter().copied().filter(|hole| *hole <= reached).collect();
            steps.extend(high + 1..=reached);
            let times = u32::try_from(steps.len()).map_err(|_| Overflow)?;
            Ok((times > 0).then_some(Firing { rule: rule_index, steps, times }))
        }
        Trigger::Streak { count, period, filter } if scene.purchase_passes(filter)? => {
            let next = super::measures::next_streak(stage, rule_index, *period);
            if next.length == *count && !next.fired { once(Vec::new()) } else { Ok(None) }
        }
        _ => Ok(None),
    }
}

/// What a rule's grants give when it fires once. Uses no more of a limit than `facts` and the awards so far leave.
pub(super) fn grants<'a>(scene: &Scene<'a>, rule_index: usize, first_limit: usize, awards: &mut Vec<Award>) -> Checked<()> {
    let rule = &scene.bound.rules[rule_index];
    grants_of(scene, rule, rule_index, first_limit, awards)
}

/// The same for the rule inside an exchange or a reward; `index` marks its awards.
pub(super) fn grants_of<'a>(scene: &Scene<'a>, rule: &'a Rule, index: usize, first_limit: usize, awards: &mut Vec<Award>) -> Checked<()> {
    let already = awards.iter().filter(|a| a.rule == index && is_grant(a.given)).count();
    let times = already / rule.effects.iter().filter(|e| !e.is_modifier()).count().max(1);
    let firings = rule.limits.iter().enumerate().all(|(at, limit)| match limit.what {
        crate::program::LimitWhat::Times(most) => {
            let used = scene.facts.used.get(first_limit + at).copied().unwrap_or(0);
            used + i64::try_from(times).unwrap_or(i64::MAX) < i64::from(most)
        }
        _ => true,
    });
    if !firings {
        return Ok(());
    }
    for (effect, kind) in rule.effects.iter().enumerate() {
        let count = |n: i64| Reward { wanted: n, granted: n, counts: n, ..Reward::default() };
        let (given, reward) = match kind {
            Effect::Grant { wallet, amount } | Effect::GrantFriend { wallet, amount } => {
                let Value::Number(n) = scene.value(amount)? else { continue };
                let units = n.times(Exact::whole(reward::unit(scene.bound.program, *wallet)))?;
                let wanted = reward::round_reward(scene.bound.program, Currency::Wallet(*wallet), units)?;
                let before: i64 = awards.iter().filter(|a| a.rule == index && a.effect == effect).map(|a| a.reward.counts).sum();
                let mut reward = reward::cap_grant(scene, rule, Currency::Wallet(*wallet), wanted + before, first_limit)?;
                reward.wanted = wanted;
                reward.granted = (reward.granted - before).clamp(0, wanted.max(0));
                reward.counts = reward.granted;
                (Given::Grant(*wallet), reward)
            }
            Effect::Gift { gift, .. } => (Given::Gift(*gift), count(1)),
            Effect::Voucher { value, .. } => {
                let amount = if let Rate::Fixed(amount) = value { *amount } else { 1 };
                (Given::Voucher, count(amount))
            }
            Effect::Entries { draw, count: entries } => {
                let Value::Number(n) = scene.value(entries)? else { continue };
                (Given::Entries(*draw), count(i64::try_from(n.floor()).map_err(|_| Overflow)?))
            }
            Effect::Access { access, .. } => (Given::Access(*access), count(1)),
            Effect::MoveTo(tier) => (Given::MoveTo(*tier), count(1)),
            Effect::Notify { costs, .. } => (Given::Message, count(*costs)),
            Effect::Donate { amount, .. } => (Given::Donation, count(*amount)),
            _ => continue,
        };
        awards.push(Award { rule: index, effect, given, reward, base: 0 });
    }
    Ok(())
}

/// Whether an award was a grant and not a modifier.
pub(super) fn is_grant(given: Given) -> bool {
    !matches!(given, Given::Discount | Given::Price | Given::FreeShipping | Given::Earn(_) | Given::Multiply(_))
}
