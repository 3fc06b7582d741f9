//! A rule that one purchase sets off many times: what all its firings give together, without going through them.

use crate::engine::award::{Award, Reward};
use crate::engine::facts::Scene;
use crate::engine::overflow;
use crate::engine::purchase::grants::grants_of;
use crate::engine::purchase::reward;
use crate::engine::purchase::reward::Currency;
use crate::plan::effects::{At, Does, Gives};
use crate::plan::{Given, Plan};
use crate::program::{Expr, Gate, Limit, LimitWhat, Rule, WalletId};
use crate::value::{Checked, Overflow};

/// What a rule's grants give when it fires `times` times at one moment. Uses no more of a limit than `facts` leaves.
pub(in crate::engine) fn grants<'a>(
    scene: &Scene<'a>,
    rule: &'a Rule,
    index: usize,
    first_limit: usize,
    times: i64,
    awards: &mut Vec<Award>,
) -> Checked<()> {
    if times > 1 && stand_together(scene.plan, rule, index) {
        return together(scene, rule, index, first_limit, times, awards);
    }
    overflow::bounded(index, times)?;
    for _ in 0..times {
        grants_of(scene, rule, index, first_limit, awards)?;
    }
    Ok(())
}

/// How often all effects of a rule give everything that they want, of the firings that `awards` stand for.
pub(in crate::engine) fn times_whole(awards: &[Award]) -> i64 {
    let whole = |effect: usize| {
        let own = awards.iter().filter(|award| award.effect == effect && award.reward.granted >= award.reward.wanted);
        own.map(|award| award.reward.times()).sum()
    };
    awards.iter().map(|award| whole(award.effect)).min().unwrap_or(0)
}

/// Whether firings are alike: a voucher is one thing each, a pot decides about each firing, and with several effects each
/// firing keeps its own within limits of amounts.
pub(in crate::engine) fn stand_together(plan: &Plan<'_>, rule: &Rule, index: usize) -> bool {
    let effects = &plan.effects[index];
    rule.limits.iter().all(|limit| limit.shared.is_none())
        && !rule.is_drawn()
        && effects.at(At::Completion).all(|(_, does)| does.voucher().is_none())
        && plan.rule_pots.get(index).is_none_or(Vec::is_empty)
        && (rule.effects.len() == 1 || rule.limits.iter().all(is_of_times))
}

fn is_of_times(limit: &Limit) -> bool {
    matches!(limit.what, LimitWhat::Times(_))
}

fn together<'a>(scene: &Scene<'a>, rule: &'a Rule, index: usize, first_limit: usize, times: i64, awards: &mut Vec<Award>) -> Checked<()> {
    let used = |at: usize| scene.facts.used.get(first_limit + at).copied().unwrap_or(0);
    let rooms = rule.limits.iter().enumerate().filter_map(|(at, limit)| match limit.what {
        LimitWhat::Times(most) => Some(i64::from(most).saturating_sub(used(at))),
        _ => None,
    });
    let times = rooms.fold(times, i64::min);
    if times <= 0 {
        return Ok(());
    }
    let from = awards.len();
    grants_of(scene, rule, index, first_limit, awards)?;
    let first = awards.split_off(from);
    for award in first {
        match award.given {
            Given::Grant(wallet) if !rule.limits.iter().all(is_of_times) => within(scene, rule, first_limit, wallet, award, times, awards)?,
            _ => awards.push(Award { reward: repeat(award.reward, times)?, ..award }),
        }
    }
    Ok(())
}

/// The same reward as often as said, as one.
pub(in crate::engine) fn repeat(one: Reward, times: i64) -> Checked<Reward> {
    let all = |amount: i64| amount.checked_mul(times).ok_or(Overflow);
    Ok(Reward { wanted: all(one.wanted)?, granted: all(one.granted)?, counts: all(one.counts)?, more: times.saturating_sub(1), ..one })
}

/// Grants within limits of amounts: first those that fit whole, then the one that is cut, then those refused.
fn within<'a>(
    scene: &Scene<'a>,
    rule: &'a Rule,
    first_limit: usize,
    wallet: WalletId,
    award: Award,
    times: i64,
    awards: &mut Vec<Award>,
) -> Checked<()> {
    let wanted = award.reward.wanted;
    let capped = |count: i64| match wanted.checked_mul(count) {
        Some(sum) => reward::cap_grant(scene, rule, Currency::Wallet(wallet), sum, first_limit, (0, &[])).map(|reward| (reward, Some(sum))),
        None => reward::cap_grant(scene, rule, Currency::Wallet(wallet), i64::MAX, first_limit, (0, &[])).map(|reward| (reward, None)),
    };
    let fits = |count: i64| capped(count).map(|(reward, sum)| sum == Some(reward.granted));
    // The most firings that fit whole; `over` is known not to, or is beyond all.
    let (mut whole, mut over) = (0_i64, times.saturating_add(1));
    while whole.saturating_add(1) < over {
        let middle = whole + (over - whole) / 2;
        if fits(middle)? {
            whole = middle;
        } else {
            over = middle;
        }
    }
    let plain = Reward { wanted, granted: wanted, counts: wanted, ..Reward::default() };
    let mut push = |reward: Reward| awards.push(Award { reward, ..award });
    if whole > 0 {
        push(repeat(plain, whole)?);
    }
    let mut left = times - whole;
    if left > 0 {
        let (reward, _) = capped(whole + 1)?;
        let granted = (reward.granted - wanted.saturating_mul(whole)).clamp(0, wanted.max(0));
        if granted > 0 {
            push(Reward { granted, counts: granted, capped: true, ..plain });
            left -= 1;
        }
    }
    if left > 0 {
        push(Reward { granted: 0, counts: 0, capped: true, ..repeat(plain, left)? });
    }
    Ok(())
}

/// Whether what a rule tests and grants stays the same while it fires again and again: nothing that firing changes is asked.
pub(in crate::engine) fn is_steady(plan: &Plan<'_>, index: usize) -> bool {
    let moves = |does: &Does<'_>| does.is_modifier() || matches!(does.given, Given::MoveTo(_));
    let asks = |does: &Does<'_>| matches!(does.gives, Gives::Amount(amount) if asks_measures(amount));
    let effects = &plan.effects[index];
    let rule = plan.rules[index];
    let row_asks = |gate: &Gate| matches!(gate, Gate::Row { test, .. } if asks_measures(test));
    !effects.iter().any(|does| moves(does) || asks(does))
        && !rule.tests.iter().any(|test| asks_measures(&test.expr))
        && !rule.gates.iter().any(row_asks)
}

fn asks_measures(expr: &Expr) -> bool {
    match expr {
        Expr::Measure(_) | Expr::InSegment(_) => true,
        Expr::Not(inner) | Expr::Negate(inner) | Expr::Round { value: inner, .. } => asks_measures(inner),
        Expr::And(all) | Expr::Or(all) | Expr::Min(all) | Expr::Max(all) => all.iter().any(asks_measures),
        Expr::Choose { rows, otherwise } => {
            rows.iter().any(|(test, value)| asks_measures(test) || asks_measures(value)) || otherwise.as_deref().is_some_and(asks_measures)
        }
        Expr::Compare { left, right, .. } => asks_measures(left) || asks_measures(right),
        Expr::Add(left, right) | Expr::Subtract(left, right) | Expr::Multiply(left, right) | Expr::Divide(left, right) => {
            asks_measures(left) || asks_measures(right)
        }
        _ => false,
    }
}
