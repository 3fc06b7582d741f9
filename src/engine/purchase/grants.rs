//! What the grants of a rule give when it fires.

use crate::engine::award::{Award, Reward};
use crate::engine::facts::{Scene, Value};
use crate::engine::purchase::outcome::is_grant;
use crate::engine::purchase::reward;
use crate::engine::purchase::reward::Currency;
use crate::engine::{chance, lasting, overflow};
use crate::plan::effects::{At, Does, Gives};
use crate::program::{Gate, PayOut, Rule};
use crate::value::{Checked, Exact, Overflow};

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
    overflow::working_on(Some(index));
    // Looked through only where firings are counted: they may be many.
    let times = || {
        let already = awards.iter().filter(|a| a.rule == index && is_grant(scene.plan, a)).count();
        already / scene.plan.effects[index].grants()
    };
    let firings = rule.limits.iter().enumerate().all(|(at, limit)| match limit.what {
        crate::program::LimitWhat::Times(most) => {
            let used = reward::used_at(scene, rule, first_limit, at, awards.as_slice()).unwrap_or(i64::MAX);
            used.saturating_add(i64::try_from(times()).unwrap_or(i64::MAX)) < i64::from(most)
        }
        _ => true,
    });
    if !firings {
        return Ok(());
    }
    for (effect, does) in scene.plan.effects[index].at(At::Completion) {
        if !opens(scene, rule, index, effect, awards)? {
            // Another of its effects is given.
            awards.push(Award { rule: index, effect, given: does.given, reward: Reward::default(), base: 0 });
            continue;
        }
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
                        let mut reward =
                            reward::cap_grant(scene, rule, Currency::Wallet(wallet), wanted + before, first_limit, (effect, awards))?;
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
            (Gives::Money(how), _) => count(money_of(scene, how)?),
            (Gives::Rates(_) | Gives::Factor(_) | Gives::Prices(_) | Gives::Price(_) | Gives::Shipping | Gives::Entries { .. }, _) => {
                continue;
            }
        };
        let reward = if is_over(scene, does) { Reward { wanted: reward.wanted, ..Reward::default() } } else { reward };
        awards.push(Award { rule: index, effect, given: does.given, reward, base: 0 });
    }
    Ok(())
}

/// What a balance comes to if it is paid out: rounded down to the minor unit, and to full steps.
fn money_of(scene: &Scene<'_>, how: PayOut) -> Checked<i64> {
    let units = scene.facts.balances[how.wallet.index()];
    if units <= 0 || units < how.least_units {
        return Ok(0);
    }
    let money = reward::to_money(scene.plan.program, how.wallet, units)?.floor();
    let money = i64::try_from(money).map_err(|_| Overflow)?;
    let step = how.step.max(1);
    let money = money - money.rem_euclid(step);
    Ok(if money < how.least { 0 } else { money })
}

/// Whether an effect is the one, of several that exclude one another, that this firing gives.
fn opens<'a>(scene: &Scene<'a>, rule: &'a Rule, index: usize, effect: usize, awards: &[Award]) -> Checked<bool> {
    match rule.gate(effect) {
        None => Ok(true),
        Some(Gate::Row { test, .. }) => scene.holds(test),
        Some(Gate::Drawn { from, to, .. }) => {
            if let Some((_, said)) = scene.facts.said.iter().find(|(rule, _)| *rule == index) {
                return Ok(*said == Some(effect));
            }
            // All effects of a firing stand in a row of awards: the same draw for each of them.
            let already = awards.iter().filter(|award| award.rule == index).count() / rule.effects.len().max(1);
            let firing = scene.facts.drawn.get(index).copied().unwrap_or(0) + i64::try_from(already).map_err(|_| Overflow)? + 1;
            let place = scene.plan.draw_places.get(index).copied().unwrap_or(0);
            let text = format!("{}|{place}|{}|{firing}", scene.facts.seed, scene.facts.account);
            Ok(chance::is_drawn(&text, *to) && !chance::is_drawn(&text, *from))
        }
    }
}

/// What would be over when it is given is not given, and uses nothing up.
fn is_over(scene: &Scene<'_>, does: &Does<'_>) -> bool {
    let facts = scene.facts;
    let span = |life| lasting::span(scene.plan, life, facts.at, facts.date, facts.periods(scene.plan));
    does.valid.is_some_and(|life| span(life).is_none())
}
