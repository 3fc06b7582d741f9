//! Stage 5: which triggers a purchase sets off, and what their grants are.

use crate::engine::account::facts::{Scene, Value};
use crate::engine::day::lasting;
use crate::engine::purchase::earning::award_value;
use crate::engine::purchase::groups;
use crate::engine::purchase::repeated;
use crate::engine::purchase::reward::{self, Currency, Reward};
use crate::engine::purchase::steps::Steps;
use crate::engine::purchase::{Award, Firing, Outcome, Stage};
use crate::engine::too_large;
use crate::engine::world::pots;
use crate::plan::Given;
use crate::program::{Effect, GroupPolicy, Rate, Rule, Trigger};
use crate::value::{Checked, Exact, Overflow};

/// Stage 5: which triggers fire, and what their grants are.
pub(in crate::engine) fn complete(stage: &Stage<'_>, out: &mut Outcome) -> Checked<()> {
    let first = out.awards.len();
    for &rule_index in &stage.plan.completion_rules {
        let Some(mut firing) = fires(stage, out, rule_index)? else { continue };
        let rule = &stage.plan.rules[rule_index];
        let mut reached = std::mem::take(&mut out.scratch);
        let scene = stage.scene(&out.lines, out.net);
        let granted = match stage.acted(rule_index, true) {
            Some(acted) => acted,
            None => {
                scene.failed_when(&rule.when, rule.past_midnight_until).is_none()
                    && scene.failed_test(&rule.tests)?.is_none()
                    && !stage.barred(rule_index, &out.lines, out.net)?
                    && pots::is_open(stage.plan, &stage.facts.rooms, rule_index)
            }
        };
        stage.scope(rule.scope.as_ref(), &out.lines, &mut reached)?;
        let in_scope = !reached.is_empty();
        out.scratch = reached;
        if rule_index >= stage.plan.program.rules.len() {
            // An exchange is made at stage 7, if its clauses allow it now.
            firing.times = i64::from(granted && in_scope);
        } else if granted && in_scope {
            let mut awards = std::mem::take(&mut out.awards);
            let scene = stage.scene(&out.lines, out.net);
            repeated::grants(
                &scene,
                stage.plan.rules[rule_index],
                rule_index,
                stage.plan.rule_limits[rule_index],
                firing.times,
                &mut awards,
            )?;
            out.awards = awards;
        }
        out.firings.push(firing);
    }
    choose_grants(stage, out, first)
}

pub(in crate::engine) fn fires(stage: &Stage<'_>, out: &Outcome, rule_index: usize) -> Checked<Option<Firing>> {
    if let Some(before) = stage.decided {
        return Ok(before.firings.iter().find(|firing| firing.rule == rule_index).cloned());
    }
    let scene = stage.scene(&out.lines, out.net);
    let rule = &scene.plan.rules[rule_index];
    let once = |steps| Ok(Some(Firing { rule: rule_index, steps, times: 1 }));
    match &rule.trigger {
        Trigger::EachPurchase { filter } if scene.purchase_passes(filter)? => once(Steps::default()),
        Trigger::Nth { counter, .. } | Trigger::EveryNth { counter, .. } | Trigger::Range { counter, .. } => {
            if stage.is_ordinal(rule_index, &scene)? { once(Steps::one(stage.facts.measures[counter.index()] + 1)) } else { Ok(None) }
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
            let mut steps = holes.up_to(reached);
            steps.append(high.saturating_add(1), reached);
            let times = steps.count()?;
            Ok((times > 0).then_some(Firing { rule: rule_index, steps, times }))
        }
        Trigger::Streak { count, period, filter } if scene.purchase_passes(filter)? => {
            let next = crate::engine::account::measures::next_streak(stage, rule_index, *period);
            if next.length == *count && !next.fired { once(Steps::default()) } else { Ok(None) }
        }
        _ => Ok(None),
    }
}

/// What a rule's grants give when it fires once. Uses no more of a limit than `facts` and the awards so far leave.
pub(in crate::engine) fn grants<'a>(scene: &Scene<'a>, rule_index: usize, first_limit: usize, awards: &mut Vec<Award>) -> Checked<()> {
    let rule = &scene.plan.rules[rule_index];
    grants_of(scene, rule, rule_index, first_limit, awards)
}

/// The same for the rule inside an exchange or a reward; `index` marks its awards.
pub(in crate::engine) fn grants_of<'a>(
    scene: &Scene<'a>,
    rule: &'a Rule,
    index: usize,
    first_limit: usize,
    awards: &mut Vec<Award>,
) -> Checked<()> {
    too_large::working_on(Some(index));
    // Looked through only where firings are counted: they may be many.
    let times = || {
        let already = awards.iter().filter(|a| a.rule == index && is_grant(a.given)).count();
        already / rule.effects.iter().filter(|e| !e.is_modifier()).count().max(1)
    };
    let firings = rule.limits.iter().enumerate().all(|(at, limit)| match limit.what {
        crate::program::LimitWhat::Times(most) => {
            let used = scene.facts.used.get(first_limit + at).copied().unwrap_or(0);
            used + i64::try_from(times()).unwrap_or(i64::MAX) < i64::from(most)
        }
        _ => true,
    });
    if !firings {
        return Ok(());
    }
    for (effect, kind) in rule.effects.iter().enumerate() {
        let count = |n: i64| Reward { wanted: n, granted: n, counts: n, ..Reward::default() };
        let (given, reward) = match kind {
            Effect::Grant { wallet, amount, .. } | Effect::GrantFriend { wallet, amount, .. } => {
                let Value::Number(n) = scene.value(amount)? else { continue };
                let units = n.times(Exact::whole(reward::unit(scene.plan.program, *wallet)))?;
                let wanted = reward::round_reward(scene.plan.program, Currency::Wallet(*wallet), units)?;
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
            Effect::Set { wallet, .. } => (Given::Set(*wallet), count(1)),
            Effect::MoveTo(tier) => (Given::MoveTo(*tier), count(1)),
            Effect::Notify { costs, .. } => (Given::Message, count(*costs)),
            Effect::Donate { amount, .. } => (Given::Donation, count(*amount)),
            _ => continue,
        };
        let reward = if is_over(scene, kind) { Reward { wanted: reward.wanted, ..Reward::default() } } else { reward };
        awards.push(Award { rule: index, effect, given, reward, base: 0 });
    }
    Ok(())
}

/// What would be over when it is given is not given, and uses nothing up.
fn is_over(scene: &Scene<'_>, effect: &Effect) -> bool {
    let (Effect::Grant { valid, .. }
    | Effect::GrantFriend { valid, .. }
    | Effect::Gift { valid, .. }
    | Effect::Voucher { valid, .. }
    | Effect::Access { valid, .. }) = effect
    else {
        return false;
    };
    let facts = scene.facts;
    valid.is_some_and(|life| lasting::span(scene.plan, life, facts.at, facts.date, facts.periods(scene.plan)).is_none())
}

/// Of a group's grants on one purchase only those of the chosen rule stay.
pub(in crate::engine) fn choose_grants(stage: &Stage<'_>, out: &mut Outcome, first: usize) -> Checked<()> {
    let program = stage.plan.program;
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
        if let Some((chosen, _)) = groups::pick(group.policy, &values) {
            let mut at = 0;
            out.awards.retain(|award| {
                at += 1;
                at <= first || !inside(award) || award.rule == chosen
            });
        }
    }
    Ok(())
}

/// Whether an award was a grant and not a modifier.
pub(in crate::engine) fn is_grant(given: Given) -> bool {
    !matches!(given, Given::Discount | Given::Price | Given::FreeShipping | Given::Earn(_) | Given::Multiply(_))
}
