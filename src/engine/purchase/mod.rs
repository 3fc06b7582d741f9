//! The stages of a purchase as a pure function: from facts and lines to everything the program gives on it.
//!
//! Nothing here changes an account. A return calls the same function again with fewer units and the facts of then.

pub(super) mod best;
pub(super) mod candidate;
pub(super) mod ceilings;
pub(super) mod completion;
pub(super) mod discounts;
pub(super) mod earning;
pub(super) mod grants;
pub(super) mod groups;
pub(super) mod outcome;
pub(super) mod pots;
pub(super) mod prices;
pub(super) mod redemption;
pub(super) mod repeated;
pub(super) mod reward;
pub(super) mod scope;
pub(super) mod single;
pub(super) mod stack;
pub(super) mod stage;
pub(super) mod tops;
pub(super) mod vouchers;

use crate::engine::award::Award;
use crate::engine::lines::Line;
use crate::engine::purchase::ceilings::lower_to;
use crate::engine::purchase::completion::complete;
use crate::engine::purchase::earning::{earn, feed, multiply};
use crate::engine::purchase::outcome::{Outcome, Payment};
use crate::engine::purchase::prices::{floors, free_shipping, prices};
use crate::engine::purchase::redemption::Paying;
use crate::engine::purchase::scope::split_units;
use crate::engine::purchase::stage::Stage;
use crate::value::{Checked, Overflow};

/// Sums of the recorded amounts.
fn total(lines: &[Line], of: fn(&Line) -> i64) -> Checked<i64> {
    lines.iter().try_fold(0_i64, |sum, line| sum.checked_add(of(line))).ok_or(Overflow)
}

/// Evaluates a purchase whose lines stand in `out.lines` as recorded (less what was returned).
/// After a return `before` is what it gave until then: no reward, and no item's part of a discount, may rise.
pub(in crate::engine) fn compute(stage: &Stage<'_>, paying: &Paying<'_>, before: Option<&Outcome>, out: &mut Outcome) -> Checked<()> {
    let recorded = (before.is_none() && !stage.plan.pots.is_empty()).then(|| out.lines.clone());
    out.denied.clear();
    compute_once(stage, paying, before, out)?;
    while let (true, Some(lines)) = (out.again, &recorded) {
        // A pot denied a rule late that had given early: its effects stand together.
        out.lines.clone_from(lines);
        compute_once(stage, paying, before, out)?;
    }
    Ok(())
}

/// Whether units of a wallet paid, and whether a voucher did: over a sum, or by a share taken off.
pub(super) fn paid_with(stage: &Stage<'_>, out: &Outcome) -> (bool, bool) {
    let share = |award: &Award| award.reward.granted > 0 && crate::engine::purchase::vouchers::is_vouchers(stage, award);
    let units = |payment: &Payment| payment.units > 0 && !stage.plan.program.wallets[payment.wallet.index()].as_money;
    (out.payments.iter().any(units), !out.vouchers.is_empty() || out.awards.iter().any(share))
}

fn compute_once(stage: &Stage<'_>, paying: &Paying<'_>, before: Option<&Outcome>, out: &mut Outcome) -> Checked<()> {
    let denied = std::mem::take(&mut out.denied);
    stage.begin(out, total(&out.lines, |l| l.recorded)?);
    out.denied = denied;
    let active = stage.facts.member && out.amount > 0;
    if active {
        if stage.plan.singles_out_units {
            split_units(&mut out.lines)?;
        }
        prices(stage, out)?;
        floors(stage, out)?;
        if stage.plan.program.vouchers_first {
            vouchers::pay_first(stage, paying, out)?;
        }
        discounts::apply(stage, out)?;
        if stage.plan.asks_reduced {
            discounts::mark_reduced(stage, out);
        }
        vouchers::cost_again(out, false);
        free_shipping(stage, out)?;
        vouchers::cost_again(out, true);
        if before.is_none() && stage.plan.has_pots {
            pots::charge(stage, out, 0)?;
        }
    }
    out.discounted = out.awards.len();
    out.net = total(&out.lines, |l| l.cost)?;
    out.row_net = stage.decided.map_or(out.net, |before| before.row_net);
    if active && before.is_none() && !stage.plan.program.vouchers_first {
        vouchers::pay(stage, out)?;
    }
    crate::engine::purchase::redemption::pay(stage, paying, out)?;
    // What comes back changes nothing about how it was paid.
    out.paid_with = before.map_or_else(|| paid_with(stage, out), |before| before.paid_with);
    let stage = &Stage { paid_with: out.paid_with, ..*stage };
    if active {
        let first = out.awards.len();
        earn(stage, out)?;
        match before {
            Some(before) => lower_to(before, out),
            None if stage.plan.has_pots => pots::charge(stage, out, first)?,
            None => {}
        }
        let first = out.awards.len();
        multiply(stage, out)?;
        if before.is_none() && stage.plan.has_pots {
            pots::charge(stage, out, first)?;
        }
    }
    out.earned = out.awards.len();
    if out.amount > 0 {
        for &index in &stage.plan.purchase_measures {
            feed(stage, out, index)?;
        }
    }
    if active {
        crate::engine::purchase::tops::add(stage, out)?;
    }
    if active {
        let first = out.awards.len();
        complete(stage, out)?;
        if before.is_none() && stage.plan.has_pots {
            pots::charge(stage, out, first)?;
        }
        if let Some(before) = before {
            out.firings.retain(|f| before.firings.iter().any(|b| b.rule == f.rule));
        }
    }
    if let Some(before) = before {
        lower_to(before, out);
    }
    Ok(())
}
