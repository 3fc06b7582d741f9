//! Stage 1, first half: price lists. Behind all discounts: free shipping.

use crate::engine::award::{Award, Reward};
use crate::engine::facts::{Scene, Value};
use crate::engine::lines::Line;
use crate::engine::purchase::outcome::{Outcome, Share};
use crate::engine::purchase::stage::Stage;
use crate::plan::Given;
use crate::plan::effects::{At, Gives};
use crate::value::{Checked, Exact, Overflow};

/// Stage 1, first half: price lists never raise a price.
pub(in crate::engine) fn prices(stage: &Stage<'_>, out: &mut Outcome) -> Checked<()> {
    for &rule_index in &stage.plan.price_rules {
        for (effect, does) in stage.plan.effects[rule_index].at(At::Prices) {
            if stage.acts(rule_index, &out.lines, out.amount)? {
                price(stage, rule_index, effect, does.gives, out)?;
            }
        }
    }
    Ok(())
}

/// What no discount goes under, where the data says so: the price of a unit times the units.
pub(in crate::engine) fn floors(stage: &Stage<'_>, out: &mut Outcome) -> Checked<()> {
    let Some(floor) = &stage.plan.program.floor else { return Ok(()) };
    for at in 0..out.lines.len() {
        let scene = stage.scene(&out.lines, out.net);
        let line = &out.lines[at];
        let at_line = Scene { line: Some(line), ..scene };
        let least = match at_line.value(floor)? {
            Value::Number(price) if !line.shipping => {
                price.times(Exact::try_from(line.quantity)?)?.round(stage.plan.program.round_money)?
            }
            _ => 0,
        };
        out.lines[at].floor = i64::try_from(least).map_err(|_| Overflow)?.max(0);
    }
    Ok(())
}

/// Free shipping takes what discounts left of shipping; its `over` looks at what goods cost after all of them.
pub(in crate::engine) fn free_shipping(stage: &Stage<'_>, out: &mut Outcome) -> Checked<()> {
    let goods = out.lines.iter().filter(|line| !line.shipping).map(|line| line.cost).sum();
    let stage = &Stage { goods: Some(goods), ..*stage };
    for &rule_index in &stage.plan.shipping_rules {
        for (effect, _) in stage.plan.effects[rule_index].at(At::Shipping) {
            if !stage.acts(rule_index, &out.lines, out.amount)? {
                continue;
            }
            let left: i64 = out.lines.iter().filter(|line| line.shipping).map(|line| line.cost).sum();
            let off = stage.ceilings.map_or(left, |ceilings| ceilings.most(rule_index, effect, Given::FreeShipping).min(left));
            if off > 0 {
                let mut rest = off;
                for line in out.lines.iter_mut().filter(|line| line.shipping) {
                    let part = rest.min(line.cost);
                    line.cost -= part;
                    rest -= part;
                }
                push_award(out, rule_index, effect, Given::FreeShipping, off, off, off);
            }
        }
    }
    Ok(())
}

/// The price of a unit of a line by a list, or the one price of all that the rule looks at.
fn unit_price(stage: &Stage<'_>, gives: Gives<'_>, line: &Line) -> Option<i64> {
    match gives {
        Gives::Price(price) => (!line.shipping).then_some(price),
        Gives::Prices(list) => {
            let list = stage.plan.program.price_lists.get(list.index())?;
            let product = stage.plan.history.texts.get(line.product);
            let found = list.prices.binary_search_by(|(known, _)| known.as_str().cmp(product)).ok()?;
            list.prices.get(found).map(|(_, price)| *price)
        }
        _ => None,
    }
}

fn price(stage: &Stage<'_>, rule_index: usize, effect: usize, gives: Gives<'_>, out: &mut Outcome) -> Checked<()> {
    let rule = &stage.plan.rules[rule_index];
    let mut indices = std::mem::take(&mut out.indices);
    stage.scope(rule.scope.as_ref(), &out.lines, &mut indices)?;
    let (award, mut off) = (out.awards.len(), 0_i64);
    // After a return it takes no more off than before.
    let most = stage.ceilings.map_or(i64::MAX, |ceilings| ceilings.most(rule_index, effect, Given::Price));
    for &at in &indices {
        let line = &mut out.lines[at];
        let Some(unit) = unit_price(stage, gives, line) else { continue };
        let price = Exact::whole(i128::from(unit)).times(Exact::try_from(line.quantity)?)?.round(stage.plan.program.round_money)?;
        let price = i64::try_from(price).map_err(|_| Overflow)?;
        let amount = (line.cost - price).min(most - off);
        if amount > 0 {
            off += amount;
            out.shares.push(Share { award, line: at, amount });
            line.cost -= amount;
            line.reduced = true;
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
