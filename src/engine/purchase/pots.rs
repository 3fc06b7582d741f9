//! What a purchase draws from pots, and what they deny it.

use crate::engine::award::Award;
use crate::engine::purchase::outcome::{Drawn, Outcome};
use crate::engine::purchase::reward;
use crate::engine::purchase::stage::Stage;
use crate::plan::effects::Does;
use crate::plan::pots::{Holds, Pot};
use crate::plan::{Given, Plan};
use crate::value::{Checked, Overflow, Rounding};

/// What an award takes from a pot: money at the wallet's worth, what gifts and messages cost; pieces from a series.
pub(in crate::engine) fn draw(plan: &Plan<'_>, pot: &Pot, award: &Award, granted: i64) -> Checked<i64> {
    let program = plan.program;
    match pot.holds {
        Holds::Money => match award.given {
            // A percentage draws when it is used.
            Given::Voucher if plan.effect(award.rule, award.effect).and_then(Does::face).is_none() => Ok(0),
            Given::Discount | Given::Price | Given::FreeShipping | Given::Voucher | Given::Message | Given::Donation => Ok(granted),
            // What a multiplier below one takes away was drawn by the rule that earned it, if by any.
            Given::Multiply(_) if granted < 0 => Ok(0),
            Given::Earn(wallet) | Given::Multiply(wallet) | Given::Grant(wallet) => {
                i64::try_from(reward::to_money(program, wallet, granted)?.round(Rounding::Up)?).map_err(|_| Overflow)
            }
            Given::Gift(gift) => program.gifts[gift.index()].costs.checked_mul(granted).ok_or(Overflow),
            Given::Access(_) | Given::Entries(_) | Given::MoveTo(_) | Given::Set(_) | Given::Charge | Given::PayOut(_) => Ok(0),
        },
        Holds::Gift(index) => Ok(if matches!(award.given, Given::Gift(id) if id.index() == index) { granted } else { 0 }),
        // What is taken back in parts frees its place with the last of them.
        Holds::Times(rule) => {
            let whole = award.gave() && granted == award.reward.granted;
            let counts = award.effect == 0 || !plan.rules[rule].gates.is_empty();
            Ok(i64::from(award.rule == rule && counts && whole))
        }
        Holds::Effect { rule, effect } => Ok(if award.rule == rule && award.effect == effect { granted } else { 0 }),
    }
}

/// Denies what does not fit the pots, firing by firing, whole; the first that does not fit closes its pot. What a denied
/// discount took off goes back on the lines. Where a rule is denied that already gave at an earlier stage, `out.denied`
/// says so, and the purchase has to be evaluated again without it.
#[inline]
pub(in crate::engine) fn charge(stage: &Stage<'_>, out: &mut Outcome, first: usize) -> Checked<()> {
    if stage.plan.pots.is_empty() || out.awards.len() == first { Ok(()) } else { charge_all(stage, out, first) }
}

fn charge_all(stage: &Stage<'_>, out: &mut Outcome, first: usize) -> Checked<()> {
    out.pots.resize(stage.plan.pots.len(), Drawn::default());
    let mut from = first;
    while from < out.awards.len() {
        let rule = out.awards[from].rule;
        let mut to = from + 1;
        while to < out.awards.len() && out.awards[to].rule == rule && out.awards[to].effect > out.awards[to - 1].effect {
            to += 1;
        }
        let lacking = lacking(stage, out, rule, from..to)?;
        if lacking.is_empty() {
            for &pot in &stage.plan.rule_pots[rule] {
                for at in from..to {
                    let award = out.awards[at];
                    out.pots[pot].used += draw(stage.plan, &stage.plan.pots[pot], &award, award.reward.granted)?;
                }
            }
        } else {
            for at in from..to {
                deny(out, at);
            }
            let gave = |award: &Award| award.rule == rule && award.reward.granted != 0 && modifies(stage, award);
            if !out.denied.iter().any(|(denied, _)| *denied == rule) && out.awards[..from].iter().any(gave) {
                out.denied.extend(lacking.into_iter().map(|pot| (rule, pot)));
                out.again = true;
                return Ok(());
            }
        }
        from = to;
    }
    Ok(())
}

/// Whether an award is a modifier's: all of them stand together with the grants of their rule.
fn modifies(stage: &Stage<'_>, award: &Award) -> bool {
    stage.plan.effect(award.rule, award.effect).is_some_and(Does::is_modifier)
}

/// The pots that have no room for what a rule gives: those close, the others stay open.
fn lacking(stage: &Stage<'_>, out: &mut Outcome, rule: usize, awards: std::ops::Range<usize>) -> Checked<Vec<usize>> {
    let mut lacking = Vec::new();
    for &pot in &stage.plan.rule_pots[rule] {
        let mut wanted = 0_i64;
        for award in &out.awards[awards.clone()] {
            wanted = wanted.checked_add(draw(stage.plan, &stage.plan.pots[pot], award, award.reward.granted)?).ok_or(Overflow)?;
        }
        let room = stage.facts.rooms[pot];
        let denied = out.denied.contains(&(rule, pot));
        let drawn = &mut out.pots[pot];
        if room.closed || drawn.closes {
            lacking.push(pot);
            continue;
        }
        drawn.peak = drawn.peak.max(drawn.used.saturating_add(wanted));
        if wanted > room.left - drawn.used || denied {
            drawn.closes = true;
            lacking.push(pot);
        }
    }
    Ok(lacking)
}

fn deny(out: &mut Outcome, at: usize) {
    for share in out.shares.iter_mut().filter(|share| share.award == at) {
        let line = &mut out.lines[share.line];
        line.cost += share.amount;
        if out.awards[at].given == Given::Discount {
            line.discount -= share.amount;
        }
        share.amount = 0;
    }
    if out.awards[at].given == Given::FreeShipping {
        out.lines.iter_mut().filter(|line| line.shipping).for_each(|line| line.cost = line.recorded);
    }
    let reward = &mut out.awards[at].reward;
    (reward.granted, reward.counts, reward.first, reward.capped) = (0, 0, 0, true);
}
