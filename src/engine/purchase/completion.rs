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
use crate::plan::effects::{At, Does, Gives};
use crate::plan::triggers::{self, Fires, Streak};
use crate::program::{GroupPolicy, Rule};
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
    let once = |steps| Ok(Some(Firing { rule: rule_index, steps, times: 1 }));
    match scene.plan.causes[rule_index].fires {
        Fires::Purchase(filter) if scene.purchase_passes(filter)? => once(Steps::default()),
        Fires::Number(numbers) if stage.is_number(rule_index, numbers, &scene)? => {
            once(Steps::one(stage.facts.measures[numbers.counter.index()] + 1))
        }
        Fires::Steps(triggers::Steps { measure, amount, each }) => {
            let (add, counts) = out.adds[measure.index()];
            if !counts || amount <= 0 {
                return Ok(None);
            }
            let after = stage.facts.measures[measure.index()].checked_add(add).ok_or(Overflow)?;
            let reached = after.div_euclid(amount);
            let reached = if each { reached } else { reached.min(1) };
            let (high, holes) = &stage.facts.steps[rule_index];
            let mut steps = holes.up_to(reached);
            steps.append(high.saturating_add(1), reached);
            let times = steps.count()?;
            Ok((times > 0).then_some(Firing { rule: rule_index, steps, times }))
        }
        Fires::Streak(Streak { count, period, filter }) if scene.purchase_passes(filter)? => {
            let next = crate::engine::account::measures::next_streak(stage, rule_index, period);
            if next.length == count && !next.fired { once(Steps::default()) } else { Ok(None) }
        }
        Fires::Purchase(_) | Fires::Number(_) | Fires::Streak(_) => Ok(None),
        Fires::Never | Fires::Day(_) | Fires::Start(_) | Fires::End(_) | Fires::Silence(..) | Fires::Moment(_) => Ok(None),
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
        already / scene.plan.effects[index].grants()
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
    for (effect, does) in scene.plan.effects[index].at(At::Completion) {
        let count = |n: i64| Reward { wanted: n, granted: n, counts: n, ..Reward::default() };
        let reward = match (does.gives, does.given) {
            (Gives::Amount(amount), given) => {
                let Value::Number(n) = scene.value(amount)? else { continue };
                match given.credited() {
                    None => count(i64::try_from(n.floor()).map_err(|_| Overflow)?),
                    Some(wallet) => {
                        let units = n.times(Exact::whole(reward::unit(scene.plan.program, wallet)))?;
                        let wanted = reward::round_reward(scene.plan.program, Currency::Wallet(wallet), units)?;
                        let before: i64 = awards.iter().filter(|a| a.rule == index && a.effect == effect).map(|a| a.reward.counts).sum();
                        let mut reward = reward::cap_grant(scene, rule, Currency::Wallet(wallet), wanted + before, first_limit)?;
                        reward.wanted = wanted;
                        reward.granted = (reward.granted - before).clamp(0, wanted.max(0));
                        reward.counts = reward.granted;
                        reward
                    }
                }
            }
            (Gives::Voucher(..), _) => count(does.face().unwrap_or(1)),
            (Gives::Fixed(amount), _) => count(amount),
            (Gives::Balance(_), _) => count(1),
            (Gives::Rates(_) | Gives::Factor(_) | Gives::Prices(_) | Gives::Shipping | Gives::Entries { .. }, _) => continue,
        };
        let reward = if is_over(scene, does) { Reward { wanted: reward.wanted, ..Reward::default() } } else { reward };
        awards.push(Award { rule: index, effect, given: does.given, reward, base: 0 });
    }
    Ok(())
}

/// What would be over when it is given is not given, and uses nothing up.
fn is_over(scene: &Scene<'_>, does: &Does<'_>) -> bool {
    let facts = scene.facts;
    let span = |life| lasting::span(scene.plan, life, facts.at, facts.date, facts.periods(scene.plan));
    does.valid.is_some_and(|life| span(life).is_none())
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
