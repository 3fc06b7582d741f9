//! Stage 4: what a purchase earns, and what it adds to measures.

use crate::engine::award::{Award, Reward};
use crate::engine::facts::Scene;
use crate::engine::lines::Line;
use crate::engine::purchase::outcome::{Counted, Outcome};
use crate::engine::purchase::reward::{Base, Chosen, Currency};
use crate::engine::purchase::stage::{Stage, table_amount};
use crate::engine::purchase::{groups, reward};
use crate::history::model::{NO_TEXT, TextCode};
use crate::plan::Given;
use crate::plan::effects::{At, Does, Gives};
use crate::program::{Expr, Fact, GroupPolicy, MeasureKind, QUANTITY, Rate, Rates, Table, WalletId};
use crate::value::{Checked, Decimal, Exact, Overflow, div_round};

/// An earning rule that acts on the purchase, and the lines it earns on.
pub(in crate::engine) struct Earner {
    rule: usize,
    lines: Vec<usize>,
}

/// Stage 4: earning in proportion to the purchase.
pub(in crate::engine) fn earn(stage: &Stage<'_>, out: &mut Outcome) -> Checked<()> {
    let mut earners = Vec::new();
    let mut places = std::mem::take(&mut out.places);
    stage.concerned(At::Earning, &out.lines, out.net, &mut places)?;
    for rule in places.iter().map(|place| stage.plan.earn_rules[*place]) {
        if !stage.acts(rule, &out.lines, out.net)? {
            continue;
        }
        let mut lines = std::mem::take(&mut out.indices);
        stage.scope(stage.plan.rules[rule].scope.as_ref(), &out.lines, &mut lines)?;
        if earners.is_empty() && stage.plan.rules[rule].group.is_none() {
            earn_on(stage, out, rule, &lines)?;
        } else {
            // Behind a group's first rule all wait, to keep their order.
            earners.push(Earner { rule, lines: lines.clone() });
        }
        out.indices = lines;
    }
    out.places = places;
    choose_earners(stage, out, &mut earners)?;
    for earner in earners {
        earn_on(stage, out, earner.rule, &earner.lines)?;
    }
    Ok(())
}

/// What one rule earns on some lines.
pub(in crate::engine) fn earn_on(stage: &Stage<'_>, out: &mut Outcome, rule_index: usize, lines: &[usize]) -> Checked<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let base = base_of(stage, &out.lines, lines, table_amount(stage, rule_index, out), stage.plan.per_item[rule_index])?;
    for (effect, does) in stage.plan.effects[rule_index].at(At::Earning) {
        let reward = match (does.gives, does.given.credited()) {
            (Gives::Rates(rates), Some(wallet)) => {
                let quick = stage.plan.quick[rule_index][effect].and_then(|quick| quick.give(base.money));
                match quick {
                    Some(units) => Reward::plain(units, base.money),
                    None => earned(stage, out, rule_index, rates, wallet, (lines, base))?,
                }
            }
            (Gives::Entries { count, per }, _) => {
                let rate = Chosen::One(Rate::Per { amount: Decimal::whole(count.into()), per, in_proportion: false });
                let scene = Scene { taken: &out.awards, ..stage.scene(&out.lines, out.net) };
                let (rule, limits) = (stage.plan.rules[rule_index], stage.plan.rule_limits[rule_index]);
                reward::reward_of(&scene, rule, &rate, Currency::Entries, base, limits)?
            }
            _ => continue,
        };
        if reward.wanted > 0 || reward.granted > 0 {
            out.awards.push(Award { rule: rule_index, effect, given: does.given, reward, base: base.money });
        }
    }
    Ok(())
}

/// What rates give on lines with this base.
fn earned(
    stage: &Stage<'_>,
    out: &Outcome,
    rule_index: usize,
    rates: &Rates,
    wallet: WalletId,
    (lines, base): (&[usize], Base),
) -> Checked<Reward> {
    let scene = Scene { taken: &out.awards, ..stage.scene(&out.lines, out.net) };
    let chosen = match rates {
        Rates::Table(table) if table.key.exprs().into_iter().any(Expr::is_of_item) => item_rows(stage, out, table, lines)?,
        rates => reward::choose(&scene, rates, base)?,
    };
    let base = match chosen {
        Chosen::One(Rate::PerEachItem { per, .. }) => Base { full: full_by_unit(stage, out, lines, per)?, ..base },
        _ => base,
    };
    let rule = stage.plan.rules[rule_index];
    reward::reward_of(&scene, rule, &chosen, Currency::Wallet(wallet), base, stage.plan.rule_limits[rule_index])
}

/// The rows of a table by a word of items, each with its own items.
fn item_rows(stage: &Stage<'_>, out: &Outcome, table: &Table, lines: &[usize]) -> Checked<Chosen> {
    let scene = stage.scene(&out.lines, out.net);
    // Behind the rows stands what no row is for.
    let mut own: Vec<Vec<usize>> = vec![Vec::new(); table.rows.len() + 1];
    for &at in lines {
        let of_line = Scene { line: Some(&out.lines[at]), ..scene };
        let row = reward::place(&of_line, &table.key)?.unwrap_or(table.rows.len());
        own[row].push(at);
    }
    let rates = table.rows.iter().map(|row| row.rate).chain([table.otherwise]);
    let mut rows = Vec::new();
    for (lines, rate) in own.iter().zip(rates).filter(|(lines, rate)| !lines.is_empty() && *rate != Rate::Nothing) {
        let base = base_of(stage, &out.lines, lines, 0, true)?;
        let full = if let Rate::PerEachItem { per, .. } = rate { full_by_unit(stage, out, lines, per)? } else { 0 };
        rows.push((Base { full, ..base }.whole(), rate));
    }
    Ok(Chosen::Rows(rows))
}

/// Full amounts counted unit by unit: 4.99 twice is 4 and 4.
fn full_by_unit(stage: &Stage<'_>, out: &Outcome, lines: &[usize], per: i64) -> Checked<i64> {
    let mut full = 0_i64;
    for line in lines.iter().map(|at| &out.lines[*at]) {
        let units = if line.shipping { 1 } else { line.units()?.max(1) };
        let each = without_tax(stage, earning_base(stage, line))? / units;
        let steps = each.checked_div(per).unwrap_or(0).checked_mul(units).ok_or(Overflow)?;
        full = full.checked_add(steps).ok_or(Overflow)?;
    }
    Ok(full)
}

/// What of a line earning and `spend` count, the tax in it included.
pub(in crate::engine) fn earning_base(stage: &Stage<'_>, line: &Line) -> i64 {
    let on = stage.plan.program.earn_on;
    if line.shipping && on.excluding_shipping {
        return 0;
    }
    let base = if on.after_discounts { line.cost } else { line.recorded };
    let base = if on.including_redeemed { base } else { base - (line.paid - line.as_money) };
    base.max(0)
}

/// A base without its tax, where the program leaves it out: the receipt as recorded says the share, rounded once.
pub(in crate::engine) fn without_tax(stage: &Stage<'_>, base: i64) -> Checked<i64> {
    if !stage.plan.program.earn_on.excluding_tax {
        return Ok(base);
    }
    let recorded = |column: &[i64]| i128::from(column.get(stage.purchase).copied().unwrap_or(0));
    let (amount, tax) = (recorded(&stage.part.purchases.amount), recorded(&stage.part.purchases.tax));
    if amount <= 0 {
        return Ok(0);
    }
    let product = i128::from(base).checked_mul((amount - tax).max(0)).ok_or(Overflow)?;
    i64::try_from(div_round(product, amount, stage.plan.program.round_money)?).map_err(|_| Overflow)
}

pub(in crate::engine) fn base_of(stage: &Stage<'_>, lines: &[Line], indices: &[usize], amount: i64, count_units: bool) -> Checked<Base> {
    let (mut money, mut units, mut quantity) = (0_i64, 0_i64, Exact::whole(0));
    for &at in indices {
        let line = &lines[at];
        money = money.checked_add(earning_base(stage, line)).ok_or(Overflow)?;
        if count_units && !line.shipping {
            units = units.checked_add(line.units()?).ok_or(Overflow)?;
            quantity = quantity.plus(Exact::try_from(line.quantity)?)?;
        }
    }
    Ok(Base { units: Exact::whole(i128::from(units)), quantity, ..Base::of(without_tax(stage, money)?, amount) })
}

/// A group chooses per item among its earning rates, then per purchase between what those give together and each of its sums,
/// by what they give there after caps.
pub(in crate::engine) fn choose_earners(stage: &Stage<'_>, out: &mut Outcome, earners: &mut [Earner]) -> Checked<()> {
    let program = stage.plan.program;
    for (index, group) in program.groups.iter().enumerate().filter(|(_, group)| group.policy != GroupPolicy::All) {
        let inside = |at: &usize| program.rules[earners[*at].rule].group.is_some_and(|g| g.index() == index);
        let members: Vec<usize> = (0..earners.len()).filter(inside).collect();
        if members.len() < 2 {
            continue;
        }
        let mut sums = Vec::new();
        for &at in &members {
            sums.push(earns_sum(stage, out, &earners[at])?);
        }
        let rates: Vec<usize> = members.iter().zip(&sums).filter(|(_, is_sum)| !**is_sum).map(|(at, _)| *at).collect();
        choose_per_item(group.policy, stage, out, earners, &rates)?;
        // The rates stand where the first of them stands.
        let mut values: Vec<(usize, Exact)> = Vec::new();
        for (&at, &is_sum) in members.iter().zip(&sums) {
            let value = earner_value(stage, out, &earners[at])?.0;
            if value <= Exact::whole(0) {
                continue;
            }
            match values.iter_mut().find(|(first, _)| !is_sum && rates.contains(first)) {
                Some((_, sum)) => *sum = sum.plus(value)?,
                None => values.push((at, value)),
            }
        }
        let Some((chosen, _)) = groups::pick(group.policy, &values) else { continue };
        let by_rates = rates.contains(&chosen);
        for &at in members.iter().filter(|at| **at != chosen && !(by_rates && rates.contains(at))) {
            earners[at].lines.clear();
        }
    }
    Ok(())
}

/// Whether what it earns is a sum, whatever the items cost.
fn earns_sum(stage: &Stage<'_>, out: &Outcome, earner: &Earner) -> Checked<bool> {
    let base = base_of(stage, &out.lines, &earner.lines, table_amount(stage, earner.rule, out), false)?;
    let scene = stage.scene(&out.lines, out.net);
    for rates in stage.plan.effects[earner.rule].at(At::Earning).filter_map(|(_, does)| does.rates()) {
        if matches!(reward::choose(&scene, rates, base)?, Chosen::One(Rate::Fixed(_))) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn choose_per_item(policy: GroupPolicy, stage: &Stage<'_>, out: &mut Outcome, earners: &mut [Earner], rates: &[usize]) -> Checked<()> {
    // By earner: what a minor unit of its base is worth.
    let mut worth = Vec::new();
    for &at in rates {
        let (value, base) = earner_value(stage, out, &earners[at])?;
        worth.push((at, value.divided_by(Exact::whole(i128::from(base.max(1))))?));
    }
    for line in 0..out.lines.len() {
        let base = Exact::whole(i128::from(without_tax(stage, earning_base(stage, &out.lines[line]))?));
        let mut values = Vec::new();
        for (at, rate) in worth.iter().filter(|(at, _)| earners[*at].lines.contains(&line)) {
            let value = rate.times(base)?;
            if value > Exact::whole(0) {
                values.push((*at, value));
            }
        }
        let Some((chosen, _)) = groups::pick(policy, &values) else { continue };
        for at in rates.iter().filter(|at| **at != chosen) {
            earners[*at].lines.retain(|l| *l != line);
        }
    }
    Ok(())
}

/// What a rule earns on its lines is worth, and its base. After a return it counts with at most what it gave before.
fn earner_value(stage: &Stage<'_>, out: &mut Outcome, earner: &Earner) -> Checked<(Exact, i64)> {
    let first = out.awards.len();
    earn_on(stage, out, earner.rule, &earner.lines)?;
    let mut value = Exact::whole(0);
    for award in &out.awards[first..] {
        value = value.plus(award_value(stage, award)?)?;
    }
    let base = out.awards.get(first).map_or(0, |award| award.base);
    out.awards.truncate(first);
    Ok((value, base))
}

/// What an award is worth to the customer; units count as themselves where a wallet has no worth.
pub(in crate::engine) fn award_value(stage: &Stage<'_>, award: &Award) -> Checked<Exact> {
    let program = stage.plan.program;
    let most = stage.ceilings.map_or(i64::MAX, |ceilings| ceilings.most(award.rule, award.effect, award.given));
    let granted = award.reward.granted.min(most);
    match award.given {
        Given::Earn(wallet) | Given::Grant(wallet) | Given::Multiply(wallet) => {
            let worth = reward::to_money(program, wallet, granted)?;
            Ok(if worth == Exact::whole(0) { Exact::whole(i128::from(granted)) } else { worth })
        }
        Given::Gift(gift) if granted > 0 => Ok(Exact::whole(i128::from(program.gifts[gift.index()].worth))),
        _ => Ok(Exact::whole(i128::from(granted))),
    }
}

/// Stage 4, second half: multipliers add to what earning rules of their wallet gave.
pub(in crate::engine) fn multiply(stage: &Stage<'_>, out: &mut Outcome) -> Checked<()> {
    let earned = out.awards.len();
    let mut places = std::mem::take(&mut out.places);
    stage.concerned(At::Multiplying, &out.lines, out.net, &mut places)?;
    for rule_index in places.iter().map(|place| stage.plan.multiply_rules[*place]) {
        if stage.acts(rule_index, &out.lines, out.net)? {
            let mut own = std::mem::take(&mut out.indices);
            stage.scope(stage.plan.rules[rule_index].scope.as_ref(), &out.lines, &mut own)?;
            multiply_by(stage, out, rule_index, earned, &own)?;
            out.indices = own;
        }
    }
    out.places = places;
    Ok(())
}

/// What one multiplier adds on its own lines to the first `earned` awards.
pub(in crate::engine) fn multiply_by(stage: &Stage<'_>, out: &mut Outcome, rule_index: usize, earned: usize, own: &[usize]) -> Checked<()> {
    let rule = &stage.plan.rules[rule_index];
    for (effect, does) in stage.plan.effects[rule_index].at(At::Multiplying).filter(|_| !own.is_empty()) {
        let (Given::Multiply(wallet), Gives::Factor(factor)) = (does.given, does.gives) else { continue };
        let mut base = 0_i64;
        for at in 0..earned {
            let award = out.awards[at];
            if award.given == Given::Earn(wallet) {
                let on_scope = if own.len() == out.lines.len() { award.reward.granted } else { on_scope(stage, out, &award, own)? };
                base = base.checked_add(on_scope.min(award.reward.granted)).ok_or(Overflow)?;
            }
        }
        let more = Exact::try_from(factor)?.minus(Exact::whole(1))?;
        let exact = more.times(Exact::whole(i128::from(base)))?;
        let wanted = reward::round_reward(stage.plan.program, Currency::Wallet(wallet), exact)?;
        if wanted != 0 {
            let scene = stage.scene(&out.lines, out.net);
            let limits = stage.plan.rule_limits[rule_index];
            let reward = if wanted > 0 {
                reward::cap_grant(&scene, rule, Currency::Wallet(wallet), wanted, limits, (effect, &out.awards))?
            } else {
                Reward { wanted, granted: wanted, ..Reward::default() }
            };
            out.awards.push(Award { rule: rule_index, effect, given: does.given, reward, base });
        }
    }
    Ok(())
}

/// What an earning rule would have given on the items of a multiplier's scope alone.
pub(in crate::engine) fn on_scope(stage: &Stage<'_>, out: &mut Outcome, award: &Award, scope: &[usize]) -> Checked<i64> {
    let rule = stage.plan.rules[award.rule];
    let rates = stage.plan.effect(award.rule, award.effect).and_then(Does::rates);
    let (Some(rates), Some(wallet)) = (rates, award.given.credited()) else { return Ok(0) };
    let mut both = Vec::new();
    stage.scope(rule.scope.as_ref(), &out.lines, &mut both)?;
    both.retain(|at| scope.contains(at));
    if both.is_empty() {
        return Ok(0);
    }
    let base = base_of(stage, &out.lines, &both, table_amount(stage, award.rule, out), stage.plan.per_item[award.rule])?;
    Ok(earned(stage, out, award.rule, rates, wallet, (&both, base))?.granted)
}

/// What the purchase adds to a measure.
pub(in crate::engine) fn feed(stage: &Stage<'_>, out: &mut Outcome, index: usize) -> Checked<()> {
    let scene = stage.scene(&out.lines, out.net);
    let measure = &scene.plan.program.measures[index];
    if !scene.purchase_passes(&measure.filter)? {
        return Ok(());
    }
    if let MeasureKind::Different(fact) = measure.kind {
        return tell_apart(stage, out, index, fact);
    }
    let mut sum = 0_i64;
    for line in &out.lines {
        let inside = match &measure.filter.items {
            Some(filter) => !line.shipping && line.recorded > 0 && scene.passes(line, filter)?,
            None => true,
        };
        if !inside {
            continue;
        }
        let add = match measure.kind {
            MeasureKind::Spend => earning_base(stage, line),
            MeasureKind::GrossSpend => line.recorded,
            MeasureKind::Items if !line.shipping => line.units()?,
            MeasureKind::Quantity if !line.shipping => {
                let parts = Exact::try_from(line.quantity)?.times(Exact::whole(i128::from(QUANTITY)))?.floor();
                i64::try_from(parts).map_err(|_| Overflow)?
            }
            _ => 0,
        };
        sum = sum.checked_add(add).ok_or(Overflow)?;
    }
    let add = match measure.kind {
        MeasureKind::Purchases | MeasureKind::DaysWithPurchase => 1,
        MeasureKind::Spend => without_tax(stage, sum)?,
        _ => sum,
    };
    out.adds[index] = (add, true);
    Ok(())
}

/// What a purchase has of something that is counted once.
fn tell_apart(stage: &Stage<'_>, out: &mut Outcome, index: usize, fact: Fact) -> Checked<()> {
    let scene = stage.scene(&out.lines, out.net);
    let filter = &scene.plan.program.measures[index].filter;
    let purchases = &stage.part.purchases;
    let word = |list: &[TextCode]| list.get(stage.purchase).copied().unwrap_or(NO_TEXT);
    let mut found = Vec::new();
    match fact {
        Fact::Store => found.push(word(&purchases.store)),
        Fact::Partner => found.push(word(&purchases.partner)),
        _ => {
            for line in out.lines.iter().filter(|line| !line.shipping && line.recorded > 0) {
                if filter.items.as_ref().map_or(Ok(true), |filter| scene.passes(line, filter))? {
                    found.push(match fact {
                        Fact::Product => line.product,
                        Fact::Brand => line.brand,
                        _ => line.category,
                    });
                }
            }
        }
    }
    found.retain(|text| *text != NO_TEXT);
    found.sort_unstable();
    found.dedup();
    out.adds[index] = (0, true);
    out.different.extend(found.into_iter().map(|text| Counted { measure: index, text, is_new: false }));
    Ok(())
}
