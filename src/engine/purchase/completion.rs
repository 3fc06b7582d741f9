//! Stage 5: which triggers a purchase sets off, and what their grants are.

use crate::engine::award::Award;
use crate::engine::purchase::earning::{award_value, base_of};
use crate::engine::purchase::outcome::{Firing, Outcome};
use crate::engine::purchase::stage::{Stage, next_streak};
use crate::engine::purchase::{groups, repeated};
use crate::engine::shared::is_open;
use crate::engine::steps::Steps;
use crate::plan::triggers;
use crate::plan::triggers::{Fires, Streak};
use crate::program::{GroupPolicy, Repeat, Rule};
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
                    && is_open(stage.plan, &stage.facts.rooms, rule_index)
            }
        };
        stage.scope(rule.scope.as_ref(), &out.lines, &mut reached)?;
        let in_scope = !reached.is_empty();
        out.scratch = reached;
        if rule_index >= stage.plan.program.rules.len() {
            // An exchange is made at stage 7, if its clauses allow it now.
            firing.times = i64::from(granted && in_scope);
        } else if !(granted && in_scope) && rule.is_drawn() {
            // Draws are counted by the firings whose clauses hold.
            firing.times = 0;
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
        Fires::Purchase(filter) if scene.purchase_passes(filter)? => match &stage.plan.rules[rule_index].repeat {
            None => once(Steps::default()),
            Some(repeat) => {
                let times = times_of(stage, out, stage.plan.rules[rule_index], repeat)?;
                Ok((times > 0).then_some(Firing { rule: rule_index, steps: Steps::default(), times }))
            }
        },
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
            let next = next_streak(stage, rule_index, period);
            if next.length == count && !next.fired { once(Steps::default()) } else { Ok(None) }
        }
        Fires::Purchase(_) | Fires::Number(_) | Fires::Streak(_) => Ok(None),
        Fires::Never | Fires::Day(_) | Fires::Start(_) | Fires::End(_) | Fires::Joined(_) | Fires::Silence(..) | Fires::Moment(_) => {
            Ok(None)
        }
    }
}

/// How often a purchase holds what a rule is granted for.
fn times_of(stage: &Stage<'_>, out: &Outcome, rule: &Rule, repeat: &Repeat) -> Checked<i64> {
    let mut lines = Vec::new();
    stage.scope(rule.scope.as_ref(), &out.lines, &mut lines)?;
    match repeat {
        Repeat::Money(per) => {
            let base = base_of(stage, &out.lines, &lines, 0, false)?;
            Ok(base.money.checked_div(*per).unwrap_or(0))
        }
        Repeat::Items(count, filter) => {
            let scene = stage.scene(&out.lines, out.net);
            let mut units = 0_i64;
            for line in lines.iter().map(|at| &out.lines[*at]).filter(|line| !line.shipping && line.recorded > 0) {
                if filter.as_ref().map_or(Ok(true), |filter| scene.passes(line, filter))? {
                    units = units.checked_add(line.units()?).ok_or(Overflow)?;
                }
            }
            Ok(units.checked_div(i64::from(*count)).unwrap_or(0))
        }
    }
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
