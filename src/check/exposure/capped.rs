//! Limits, minimums and roundings: what they leave of what a sentence gives on one purchase.

use super::clauses::amounts;
use super::curve::{Curve, Line, ONE, ZERO};
use super::parts::{Kind, Maker, Part, Value};
use super::worth::{Worths, full};
use crate::program::{Effect, Limit, LimitWhat, Program, Rate, Rates, Rule, WalletKind};
use crate::value::{Checked, Exact, Rounding};

impl Maker<'_> {
    /// What the caps alone let through on one purchase.
    pub(super) fn cap_alone(&self, rule: &Rule, effect: &Effect) -> Checked<Option<Curve>> {
        let mut least: Option<Exact> = None;
        for limit in rule.limits.iter().filter(|limit| limit.then.is_none()) {
            if let Some(most) = room(self.program, self.worths, limit, effect)? {
                least = Some(least.map_or(most, |known| known.min(most)));
            }
        }
        Ok(least.map(|most| Curve::of(Line::fixed(most))))
    }

    /// Caps and amounts applied.
    pub(super) fn finished(
        &self,
        mut rule: Rule,
        place: usize,
        kind: Kind,
        mut curve: Curve,
        share: Option<Curve>,
        effect: &Effect,
    ) -> Checked<Part> {
        if !matches!(kind, Kind::Multiply(..)) {
            for limit in &rule.limits {
                curve = self.limited(&curve, limit, effect)?;
            }
        }
        let (low, high) = amounts(self.program, &mut rule);
        let curve = curve.within(low, high);
        let share = share.map(|share| share.within(low, high));
        let slack = self.slack(kind, effect)?;
        let drawn = kind == Kind::Given && rule.is_drawn();
        Ok(Part { rule, place, kind, curve, share, slack, by_steps: None, often: self.often, drawn })
    }

    fn limited(&self, curve: &Curve, limit: &Limit, effect: &Effect) -> Checked<Curve> {
        let after = match &limit.then {
            None => ZERO,
            Some(rate) => {
                let kind = if let Effect::Earn { wallet, .. } = effect { Kind::Earn(*wallet) } else { Kind::Discount };
                match self.value(kind, rate)? {
                    Value::Line(line) => line.rate,
                    Value::PerItem(_) => return Ok(curve.clone()),
                }
            }
        };
        let steepest = curve.stretches().iter().map(|stretch| stretch.line.rate).max().unwrap_or(ZERO);
        if let LimitWhat::First(money) = limit.what {
            if !matches!(effect, Effect::Discount(_) | Effect::Earn { .. }) {
                return Ok(curve.clone());
            }
            let most = Exact::whole(i128::from(money));
            let mut out = Curve::nothing();
            for (from, to, line) in curve.ranges() {
                // Of what lies above, only the rate behind `then`.
                let above = Line { rate: after, fixed: line.rate.minus(after)?.max(ZERO).times(most)?.plus(line.fixed)? };
                let own = Curve::of(line);
                let piece = if after >= line.rate { own.max(&Curve::of(above))? } else { own.min(&Curve::of(above))? };
                out = out.plus(&piece.within(from, to))?;
            }
            return Ok(out);
        }
        let Some(most) = room(self.program, self.worths, limit, effect)? else {
            return match (limit.what, effect) {
                (LimitWhat::Percent(share), Effect::Discount(_) | Effect::Earn { .. }) if limit.then.is_none() => {
                    curve.min(&Curve::of(Line::rate(self.share_value(share, effect)?)))
                }
                _ => Ok(curve.clone()),
            };
        };
        if limit.then.is_none() {
            return curve.capped(most);
        }
        if steepest == ZERO || after >= steepest || curve.has_sums() {
            let more = Curve::of(Line { rate: after, fixed: most });
            return if after > ZERO && after >= steepest { curve.max(&Curve::of(Line::rate(after))) } else { curve.min(&more) };
        }
        let base = most.divided_by(steepest)?;
        curve.min(&Curve::of(Line { rate: after, fixed: most.minus(after.times(base)?)? }))
    }

    fn share_value(&self, share: crate::value::Decimal, effect: &Effect) -> Checked<Exact> {
        match effect {
            Effect::Earn { wallet, .. } => match self.value(Kind::Earn(*wallet), &Rate::Percent(share))? {
                Value::Line(line) => Ok(line.rate),
                Value::PerItem(_) => Ok(ONE),
            },
            _ => Exact::try_from(share),
        }
    }

    /// What one rounding may add.
    fn slack(&self, kind: Kind, effect: &Effect) -> Checked<Exact> {
        let by = |mode: Rounding| match mode {
            Rounding::Down => Ok(ZERO),
            Rounding::HalfUp | Rounding::HalfEven => Exact::ratio(1, 2),
            Rounding::Up => Ok(ONE),
        };
        let fixed = matches!(effect, Effect::Discount(Rates::One(Rate::Fixed(_))) | Effect::Earn { rates: Rates::One(Rate::Fixed(_)), .. });
        match kind {
            Kind::Discount if !fixed => by(self.program.round_money),
            Kind::Earn(wallet) | Kind::Multiply(wallet, _) if !fixed => {
                let Some(of) = self.program.wallets.get(wallet.index()) else { return Ok(ZERO) };
                let step = self.worths.of(wallet, full(self.program, wallet, of.step)?)?;
                // The base is rounded by itself where tax is left out of it.
                by(of.round)?.times(step)
            }
            _ => Ok(ZERO),
        }
    }
}

/// What a limit lets one purchase have, in money.
pub(super) fn room(program: &Program, worths: &Worths, limit: &Limit, effect: &Effect) -> Checked<Option<Exact>> {
    let wallet = match effect {
        Effect::Earn { wallet, .. }
        | Effect::Multiply { wallet, .. }
        | Effect::Grant { wallet, .. }
        | Effect::GrantFriend { wallet, .. } => Some(*wallet),
        _ => None,
    };
    match (limit.what, wallet) {
        (LimitWhat::Units(of, units), Some(wallet)) if of == wallet => Ok(Some(worths.of(wallet, full(program, wallet, units)?)?)),
        (LimitWhat::Money(money), Some(wallet)) => {
            let of = program.wallets.get(wallet.index());
            let money = Exact::whole(i128::from(money));
            match of.map(|of| (of.kind, of.worth)) {
                Some((WalletKind::Money, _)) => Ok(Some(worths.of(wallet, money)?)),
                Some((_, Some(worth))) => Ok(Some(worths.of(wallet, money.divided_by(Exact::try_from(worth)?)?)?)),
                _ => Ok(None),
            }
        }
        (LimitWhat::Money(money), None) if matches!(effect, Effect::Discount(_)) => Ok(Some(Exact::whole(i128::from(money)))),
        _ => Ok(None),
    }
}

/// How many firings the limits let through at once.
pub(super) fn times_at_once(limits: &[Limit]) -> Option<u32> {
    let times = limits.iter().filter(|limit| limit.then.is_none()).filter_map(|limit| match limit.what {
        LimitWhat::Times(times) => Some(times),
        _ => None,
    });
    times.min()
}
