//! Stage 3: what of a purchase is paid with points.

use crate::engine::facts::Scene;
use crate::engine::lines;
use crate::engine::lines::Line;
use crate::engine::purchase::outcome::{Outcome, Payment};
use crate::engine::purchase::reward;
use crate::engine::purchase::stage::Stage;
use crate::program::{LimitWhat, Redeem, WalletId};
use crate::value::{Checked, Decimal, Exact, Overflow};

/// How a purchase is paid beside money.
pub(in crate::engine) enum Paying<'a> {
    /// After a return: what stays of the payment that was made.
    Kept(&'a Kept),
    /// Wallets in order, and how much of each.
    Wishes(&'a [Wish]),
}

/// What was paid with points and vouchers, after a return.
#[derive(Debug)]
pub(in crate::engine) struct Kept {
    /// What lay on what stays of each line.
    pub parts: Vec<i64>,
    /// What of it vouchers had paid before discounts.
    pub vouched: Vec<i64>,
    /// What of it counts as money.
    pub as_money: Vec<i64>,
    /// What is still paid, before this return gives anything back.
    pub total: i64,
    /// What of it lay on what came back.
    pub due: i64,
    /// The net amount that was not given back before.
    pub net: i64,
}

impl Kept {
    /// What comes back of the payment, now that the net amount is `net`: never more than it fell by.
    pub fn back(&self, net: i64) -> i64 {
        self.due.min(self.fell(net))
    }

    /// What the net amount fell by.
    pub fn fell(&self, net: i64) -> i64 {
        self.net.saturating_sub(net).max(0)
    }

    /// Puts what stays on the lines: where it lay, and what a line cannot bear on the others.
    fn lay(&self, out: &mut Outcome) -> Checked<()> {
        let stays = self.total - self.back(out.net);
        let mut rest = stays;
        for (line, part) in out.lines.iter_mut().zip(&self.parts) {
            line.paid = (*part).min(line.cost).min(rest);
            rest -= line.paid;
        }
        let weights: Vec<i64> = out.lines.iter().map(left).collect();
        let mut parts = Vec::new();
        lines::share(rest.min(weights.iter().sum()), &weights, &mut parts)?;
        for (line, part) in out.lines.iter_mut().zip(parts) {
            line.paid += part.min(left(line));
        }
        for (line, part) in out.lines.iter_mut().zip(&self.as_money) {
            line.as_money = (*part).min(line.paid);
        }
        Ok(())
    }
}

/// A wallet that pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Wish {
    pub wallet: WalletId,
    /// Smallest units; `None` for as much as possible.
    pub units: Option<i64>,
    /// If a share of every lot is used, that share and what is left of it.
    pub share: Option<(Decimal, i64)>,
}

pub(in crate::engine) fn pay(stage: &Stage<'_>, paying: &Paying<'_>, out: &mut Outcome) -> Checked<()> {
    match paying {
        Paying::Kept(kept) => kept.lay(out)?,
        Paying::Wishes(wishes) => {
            for wish in *wishes {
                let balance = stage.facts.balances[wish.wallet.index()];
                if stage.facts.member && balance > 0 {
                    pay_with(stage, *wish, balance, out)?;
                } else if wish.units.is_some() {
                    refuse(*wish, out);
                }
            }
        }
    }
    Ok(())
}

/// Writes down a recorded payment that nothing allows.
fn refuse(wish: Wish, out: &mut Outcome) {
    let wanted = wish.units.unwrap_or(0);
    out.payments.push(Payment { redeem: usize::MAX, wallet: wish.wallet, wanted, units: 0, value: 0, parts: Vec::new(), share: None });
}

/// Units and value that one way of redeeming allows.
struct Offer {
    redeem: usize,
    units: i64,
    value: i64,
    lines: Vec<usize>,
    /// Minor units per smallest unit.
    per_unit: Exact,
}

fn pay_with(stage: &Stage<'_>, wish: Wish, balance: i64, out: &mut Outcome) -> Checked<()> {
    let most = wish.units.unwrap_or(i64::MAX).min(wish.share.map_or(i64::MAX, |(_, left)| left)).min(balance);
    let mut best: Option<Offer> = None;
    for index in 0..stage.plan.program.redeems.len() {
        let redeem = &stage.plan.program.redeems[index];
        if redeem.wallet != wish.wallet {
            continue;
        }
        if let Some(offer) = offer(stage, index, most, out)?
            && best.as_ref().is_none_or(|known| offer.per_unit > known.per_unit)
        {
            best = Some(offer);
        }
    }
    let Some(offer) = best else {
        if wish.units.is_some() {
            refuse(wish, out);
        }
        return Ok(());
    };
    let weights: Vec<i64> = offer.lines.iter().map(|at| left(&out.lines[*at])).collect();
    let mut parts = Vec::new();
    lines::share(offer.value, &weights, &mut parts)?;
    let mut by_line = vec![0; out.lines.len()];
    for (&at, part) in offer.lines.iter().zip(parts) {
        out.lines[at].paid += part;
        by_line[at] = part;
        if stage.plan.program.wallets[wish.wallet.index()].as_money {
            out.lines[at].as_money += part;
        }
    }
    let wanted = wish.units.unwrap_or(offer.units);
    let share = wish.share.map(|(share, _)| share);
    let Offer { redeem, units, value, .. } = offer;
    out.payments.push(Payment { redeem, wallet: wish.wallet, wanted, units, value, parts: by_line, share });
    Ok(())
}

fn left(line: &Line) -> i64 {
    line.cost - line.paid
}

/// The largest payment one `redeem` sentence allows, if it allows any.
fn offer(stage: &Stage<'_>, index: usize, most: i64, out: &Outcome) -> Checked<Option<Offer>> {
    let redeem = &stage.plan.program.redeems[index];
    let scene = stage.scene(&out.lines, out.net);
    if scene.failed_test(&redeem.tests)?.is_some() || scene.failed_when(&redeem.when, None).is_some() {
        return Ok(None);
    }
    let mut items = Vec::new();
    for (at, line) in out.lines.iter().enumerate() {
        // `excluding …` leaves shipping in; a positive scope leaves it out.
        let inside = match &redeem.items {
            None => true,
            Some(filter @ crate::program::ItemFilter::Not(_)) => line.shipping || scene.passes(line, filter)?,
            Some(filter) => !line.shipping && scene.passes(line, filter)?,
        };
        if inside && left(line) > 0 {
            items.push(at);
        }
    }
    let net: i64 = items.iter().map(|at| out.lines[*at].cost).sum();
    let payable: i64 = items.iter().map(|at| left(&out.lines[*at])).sum();
    let Some((units, value)) = most_within(stage, index, redeem, &scene, most, net, payable)? else { return Ok(None) };
    let per_unit = per_unit(stage, redeem)?;
    Ok(Some(Offer { redeem: index, units, value, lines: items, per_unit }))
}

/// Minor units per smallest unit of the wallet.
fn per_unit(stage: &Stage<'_>, redeem: &Redeem) -> Checked<Exact> {
    match redeem.step {
        Some((units, money)) => Exact::ratio(i128::from(money), i128::from(units.max(1))),
        None => reward::to_money(stage.plan.program, redeem.wallet, 1),
    }
}

fn most_within(
    stage: &Stage<'_>,
    index: usize,
    redeem: &Redeem,
    scene: &Scene<'_>,
    most: i64,
    net: i64,
    payable: i64,
) -> Checked<Option<(i64, i64)>> {
    let per_unit = per_unit(stage, redeem)?;
    if per_unit <= Exact::whole(0) {
        return Ok(None);
    }
    let (mut units, mut value) = (most, payable);
    for (at, limit) in redeem.limits.iter().enumerate() {
        let used = scene.facts.used.get(stage.plan.redeem_limits[index] + at).copied().unwrap_or(0);
        match limit.what {
            LimitWhat::Money(room) => value = value.min(room.saturating_sub(used)),
            LimitWhat::Units(_, room) => units = units.min(room.saturating_sub(used)),
            LimitWhat::Percent(percent) => value = value.min(share_of(percent, net)?),
            LimitWhat::Times(times) if used >= i64::from(times) => return Ok(None),
            LimitWhat::Times(_) | LimitWhat::First(_) | LimitWhat::FirstQuantity(_) => {}
        }
    }
    if units <= 0 || value <= 0 {
        return Ok(None);
    }
    let (units, value) = match redeem.step {
        Some((step, money)) => {
            let steps = (units / step.max(1)).min(value / money.max(1));
            (steps.checked_mul(step).ok_or(Overflow)?, steps.checked_mul(money).ok_or(Overflow)?)
        }
        None => {
            let within = Exact::whole(i128::from(value)).divided_by(per_unit)?.floor();
            let step = stage.plan.program.wallets[redeem.wallet.index()].step.max(1);
            let units = units.min(i64::try_from(within).unwrap_or(i64::MAX)) / step * step;
            let value = per_unit.times(Exact::whole(i128::from(units)))?.floor();
            (units, i64::try_from(value).map_err(|_| Overflow)?)
        }
    };
    let whole = !redeem.whole || value >= payable;
    Ok((units > 0 && value > 0 && whole && units >= redeem.at_least.unwrap_or(0)).then_some((units, value)))
}

/// A percentage of an amount, rounded down.
fn share_of(percent: Decimal, amount: i64) -> Checked<i64> {
    let part = Exact::try_from(percent)?.times(Exact::whole(i128::from(amount)))?.floor();
    i64::try_from(part).map_err(|_| Overflow)
}
