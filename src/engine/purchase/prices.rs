//! Stage 1, first half: price lists and free shipping.

use crate::engine::purchase::reward::Reward;
use crate::engine::purchase::{Award, Given, Outcome, Share, Stage};
use crate::program::Effect;
use crate::value::{Checked, Exact, Overflow};

/// Stage 1, first half: price lists never raise a price; free shipping.
pub(in crate::engine) fn prices(stage: &Stage<'_>, out: &mut Outcome) -> Checked<()> {
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

pub(in crate::engine) fn price_list(stage: &Stage<'_>, rule_index: usize, effect: usize, list: usize, out: &mut Outcome) -> Checked<()> {
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

pub(in crate::engine) fn push_award(out: &mut Outcome, rule: usize, effect: usize, given: Given, wanted: i64, granted: i64, base: i64) {
    let reward = Reward { wanted, granted, counts: granted, ..Reward::default() };
    out.awards.push(Award { rule, effect, given, reward, base });
}
