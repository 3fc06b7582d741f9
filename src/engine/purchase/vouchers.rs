//! Vouchers handed over with a purchase: which lines they may be used on, and what those over a sum pay.

use crate::engine::account::vouchers::Presented;
use crate::engine::award::Award;
use crate::engine::facts::passes_over;
use crate::engine::lines;
use crate::engine::purchase::outcome::{Outcome, Used};
use crate::engine::purchase::redemption::Paying;
use crate::engine::purchase::stage::Stage;
use crate::plan::Given;
use crate::plan::effects::Does;
use crate::value::{Checked, Exact, Overflow};

/// Stage 3, before redemption: money vouchers pay whole, the earliest to expire first.
pub(in crate::engine) fn pay(stage: &Stage<'_>, out: &mut Outcome) -> Checked<()> {
    out.vouchers.clear();
    let one = stage.facts.one_voucher;
    if one && out.awards.iter().any(|award| is_vouchers(stage, award) && award.reward.granted > 0) {
        return Ok(());
    }
    for presented in &stage.facts.vouchers {
        if presented.face == 0 {
            if one && stage.plan.program.vouchers_first && !payable(stage, out, presented, out.amount)?.is_empty() {
                // The one that is handed over is a percentage.
                break;
            }
            continue;
        }
        let payable = payable(stage, out, presented, out.net)?;
        let left: i64 = payable.iter().map(|at| out.lines[*at].cost - out.lines[*at].paid).sum();
        if left <= 0 {
            continue;
        }
        let value = i64::try_from(face(stage, out, presented)?.round(stage.plan.program.round_money)?).map_err(|_| Overflow)?.min(left);
        let weights: Vec<i64> = payable.iter().map(|at| out.lines[*at].cost - out.lines[*at].paid).collect();
        let mut parts = Vec::new();
        lines::share(value, &weights, &mut parts)?;
        for (&at, part) in payable.iter().zip(parts) {
            out.lines[at].paid += part;
        }
        out.vouchers.push(Used { id: presented.id, value });
        if one {
            break;
        }
    }
    Ok(())
}

/// `vouchers pay before discounts`: what they pay counts as costing nothing while discounts are counted. After a return what
/// stays of it does.
pub(in crate::engine) fn pay_first(stage: &Stage<'_>, paying: &Paying<'_>, out: &mut Outcome) -> Checked<()> {
    match paying {
        Paying::Kept(kept) => out.vouched.clone_from(&kept.vouched),
        Paying::Wishes(_) => {
            out.net = out.lines.iter().try_fold(0_i64, |sum, line| sum.checked_add(line.cost)).ok_or(Overflow)?;
            pay(stage, out)?;
            out.net = out.amount;
            out.vouched = out.lines.iter().map(|line| line.paid).collect();
        }
    }
    for (line, vouched) in out.lines.iter_mut().zip(&mut out.vouched) {
        *vouched = (*vouched).min(line.cost);
        line.cost -= *vouched;
        line.floor = (line.floor - *vouched).max(0);
    }
    Ok(())
}

/// What vouchers paid costs again: behind discounts, and of shipping behind free shipping.
pub(in crate::engine) fn cost_again(out: &mut Outcome, shipping: bool) {
    for (line, vouched) in out.lines.iter_mut().zip(&out.vouched).filter(|(line, _)| line.shipping == shipping) {
        line.cost += vouched;
    }
}

/// Whether an award is what a percentage voucher took off.
pub(super) fn is_vouchers(stage: &Stage<'_>, award: &Award) -> bool {
    award.given == Given::Discount && stage.plan.effect(award.rule, award.effect).and_then(Does::voucher).is_some()
}

/// The face value, raised where a sentence says so.
fn face(stage: &Stage<'_>, out: &Outcome, presented: &Presented) -> Checked<Exact> {
    let mut value = Exact::whole(i128::from(presented.face));
    let scene = stage.scene(&out.lines, out.net);
    for raised in &stage.plan.program.voucher_values {
        if scene.failed_test(&raised.tests)?.is_none() && scene.failed_when(&raised.when, None).is_none() {
            value = value.times(Exact::try_from(raised.times)?)?;
            break;
        }
    }
    Ok(value)
}

/// The lines a voucher may be used on; none if its conditions do not hold of `amount`.
pub(in crate::engine) fn payable(stage: &Stage<'_>, out: &Outcome, presented: &Presented, amount: i64) -> Checked<Vec<usize>> {
    let Some((_, filter)) = stage.plan.effect(presented.rule, presented.effect).and_then(Does::voucher) else {
        return Ok(Vec::new());
    };
    let scene = stage.scene(&out.lines, out.net);
    if !filter.over.iter().all(|over| passes_over(*over, amount)) {
        return Ok(Vec::new());
    }
    for place in &filter.places {
        if !scene.holds(place)? {
            return Ok(Vec::new());
        }
    }
    let mut found = Vec::new();
    for (at, line) in out.lines.iter().enumerate() {
        let inside = match &filter.items {
            None => true,
            Some(items) => !line.shipping && scene.passes(line, items)?,
        };
        if inside && line.cost > 0 {
            found.push(at);
        }
    }
    Ok(found)
}
