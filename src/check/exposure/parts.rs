//! The program's sentences taken apart: what each row of each effect gives away on a purchase at most.

use super::capped::times_at_once;
use super::clauses::{by_purchase, comparable, often, plain, start, takes_off, with_test};
use super::curve::{Curve, Line, ONE, ZERO};
use super::given::given;
use super::worth::{Worths, full};
use crate::check::infer::compare;
use crate::check::never::all_rules;
use crate::program::{
    CmpOp, Effect, Expr, Gate, Program, PurchaseFilter, Rate, Rates, Repeat, Rule, Table, TableKey, TierId, Trigger, WalletId, WalletKind,
};
use crate::span::Span;
use crate::value::{Checked, Exact};

/// What a part acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Discount,
    Earn(WalletId),
    /// What it adds for each unit earned.
    Multiply(WalletId, Exact),
    /// Granted at completion.
    Given,
}

/// One row of one effect.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// The rule with the row's own condition beside its tests; without words of a trigger that lie behind.
    pub rule: Rule,
    /// Its place among all sentences with effects.
    pub place: usize,
    pub kind: Kind,
    pub curve: Curve,
    /// The same without caps, where it is nothing but shares of the amount.
    pub share: Option<Curve>,
    /// What rounding may add.
    pub slack: Exact,
    /// Of steps of spending: the rate that they come to, and one firing.
    pub by_steps: Option<Line>,
    /// How often it can act in a year, where its trigger bounds that.
    pub often: Option<i64>,
    /// One of the things of which a firing draws one.
    pub drawn: bool,
}

/// Why there is no bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unbounded {
    /// It counts items, whatever they cost.
    PerItem(Span),
    /// What it gives stands in the data.
    Data(Span),
}

impl Unbounded {
    /// The sentence.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::PerItem(span) | Self::Data(span) => *span,
        }
    }
}

/// All parts, and what has no bound.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub list: Vec<Part>,
    pub unbounded: Vec<Unbounded>,
    /// Sentences that take off shipping, and those that set prices: told beside the bound.
    pub shipping: Vec<Span>,
    pub prices: Vec<Span>,
}

/// A rate as a line, or none because it counts items.
pub(super) enum Value {
    Line(Line),
    PerItem(Exact),
}

/// Takes sentences apart, one by one.
pub(super) struct Maker<'a> {
    pub program: &'a Program,
    pub worths: &'a Worths,
    out: Parts,
    /// Of the rule at hand.
    pub often: Option<i64>,
}

/// Takes a program apart.
pub(super) fn parts(program: &Program, worths: &Worths) -> Checked<Parts> {
    let mut maker = Maker { program, worths, out: Parts::default(), often: None };
    let rules = program.rules.len();
    for (place, rule) in all_rules(program).enumerate() {
        maker.rule(rule, place, place >= rules)?;
    }
    // The rows of a table are one sentence.
    maker.out.unbounded.dedup();
    Ok(maker.out)
}

impl Maker<'_> {
    fn rule(&mut self, rule: &Rule, place: usize, bought: bool) -> Checked<()> {
        for (at, effect) in rule.effects.iter().enumerate() {
            // The row of a table is one more test, so that no two of them meet.
            let gated = match rule.gate(at) {
                Some(Gate::Row { test, .. }) => with_test(rule.clone(), test.clone()),
                Some(Gate::Drawn { .. }) | None => rule.clone(),
            };
            let rule = &gated;
            self.often = if bought { None } else { often(self.program, rule, effect) };
            match effect {
                Effect::PriceList(_) | Effect::Price(_) => self.out.prices.push(rule.span),
                Effect::FreeShipping => self.out.shipping.push(rule.span),
                // A sum that units bought counted as what the units are worth.
                Effect::Discount(Rates::One(Rate::Fixed(_))) if bought => {}
                Effect::Discount(rates) => self.rates(rule, place, Kind::Discount, rates, bought)?,
                Effect::Earn { wallet, rates } => self.rates(rule, place, Kind::Earn(*wallet), rates, bought)?,
                Effect::Multiply { wallet, factor } => {
                    let more = Exact::try_from(*factor)?.minus(ONE)?.max(ZERO);
                    let curve = Curve::of(Line::rate(ONE));
                    let plain = plain(rule, bought, true);
                    let part = self.finished(plain, place, Kind::Multiply(*wallet, more), curve, None, effect)?;
                    self.out.list.push(part);
                }
                Effect::Voucher { value: Rate::Percent(rate), filter, .. } => {
                    // It counts where it is used, whoever granted it.
                    let mut plain = plain(rule, true, true);
                    plain.trigger = Trigger::EachPurchase { filter: PurchaseFilter { items: None, ..filter.clone() } };
                    plain.scope = filter.items.clone().map(crate::program::Scope::Items);
                    plain.limits.clear();
                    let line = Curve::of(Line::rate(Exact::try_from(*rate)?));
                    let mut part = self.finished(plain, place, Kind::Discount, line.clone(), Some(line), effect)?;
                    part.rule.limits.clone_from(&rule.limits);
                    self.out.list.push(part);
                }
                _ if bought || !by_purchase(&rule.trigger) => {}
                _ => self.grant(rule, place, effect)?,
            }
        }
        Ok(())
    }

    fn rates(&mut self, rule: &Rule, place: usize, kind: Kind, rates: &Rates, bought: bool) -> Checked<()> {
        let plain = plain(rule, bought, true);
        let effect = rule.effects.iter().find(|effect| matches!(effect, Effect::Discount(r) | Effect::Earn { rates: r, .. } if r == rates));
        let Some(effect) = effect else { return Ok(()) };
        match rates {
            Rates::One(rate) => self.row(plain, place, kind, rate, effect),
            Rates::Table(table) => self.table(&plain, place, kind, table, effect),
        }
    }

    fn row(&mut self, rule: Rule, place: usize, kind: Kind, rate: &Rate, effect: &Effect) -> Checked<()> {
        match self.value(kind, rate)? {
            Value::Line(line) if line == Line::NOTHING => Ok(()),
            Value::Line(line) => {
                let curve = Curve::of(line);
                let share = (line.fixed == ZERO).then(|| curve.clone());
                let part = self.finished(rule, place, kind, curve, share, effect)?;
                self.out.list.push(part);
                Ok(())
            }
            Value::PerItem(each) => self.per_item(rule, place, kind, each, effect),
        }
    }

    /// A discount on a unit is never above its price; what else counts items is bounded by its caps alone.
    fn per_item(&mut self, rule: Rule, place: usize, kind: Kind, each: Exact, effect: &Effect) -> Checked<()> {
        if each == ZERO {
            return Ok(());
        }
        let most = if kind == Kind::Discount { Some(Curve::of(Line::rate(ONE))) } else { self.cap_alone(&rule, effect)? };
        match most {
            Some(curve) => {
                let share = (kind == Kind::Discount).then(|| curve.clone());
                let part = self.finished(rule, place, kind, curve, share, effect)?;
                self.out.list.push(part);
            }
            None => self.out.unbounded.push(Unbounded::PerItem(rule.span)),
        }
        Ok(())
    }

    fn table(&mut self, rule: &Rule, place: usize, kind: Kind, table: &Table, effect: &Effect) -> Checked<()> {
        match &table.key {
            TableKey::Tier(ladder) => {
                for (rung, row) in (0..=u8::MAX).zip(&table.rows) {
                    let tier = TierId { ladder: *ladder, rung };
                    let expr = compare(Expr::TierOf(*ladder), CmpOp::Is, Expr::Tier(tier));
                    self.row(with_test(rule.clone(), expr), place, kind, &row.rate, effect)?;
                }
                Ok(())
            }
            TableKey::Amount => self.by_amount(rule, place, kind, table, effect),
            TableKey::Value(_) if table.each_slice => {
                let mut best: Option<Line> = None;
                for row in &table.rows {
                    match self.value(kind, &row.rate)? {
                        Value::Line(line) if best.is_none_or(|known| line.rate > known.rate) => best = Some(line),
                        Value::Line(_) => {}
                        Value::PerItem(each) => return self.per_item(rule.clone(), place, kind, each, effect),
                    }
                }
                let curve = Curve::of(best.unwrap_or(Line::NOTHING));
                let part = self.finished(rule.clone(), place, kind, curve.clone(), Some(curve), effect)?;
                self.out.list.push(part);
                Ok(())
            }
            TableKey::Value(key) => {
                let next = table.rows.iter().skip(1).map(Some).chain(std::iter::once(None));
                for (row, next) in table.rows.iter().zip(next) {
                    let mut own = rule.clone();
                    if comparable(self.program, key) {
                        let number = |n: i64| Expr::Number(Exact::whole(i128::from(n)));
                        let op = if row.exclusive { CmpOp::Over } else { CmpOp::AtLeast };
                        own = with_test(own, compare(key.clone(), op, number(row.threshold)));
                        if let Some(next) = next {
                            let op = if next.exclusive { CmpOp::AtMost } else { CmpOp::Under };
                            own = with_test(own, compare(key.clone(), op, number(next.threshold)));
                        }
                    }
                    self.row(own, place, kind, &row.rate, effect)?;
                }
                self.row(rule.clone(), place, kind, &table.otherwise, effect)
            }
            TableKey::Words(..) | TableKey::Grid(..) => self.largest_row(rule, place, kind, table, effect),
        }
    }

    /// What the best of the rows gives, at every amount: which of them it is stands in the data.
    fn largest_row(&mut self, rule: &Rule, place: usize, kind: Kind, table: &Table, effect: &Effect) -> Checked<()> {
        // By a word of items every row may give its sum, each for its own items.
        let by_item = table.key.exprs().into_iter().any(Expr::is_of_item);
        let (mut best, mut sums) = (Curve::nothing(), ZERO);
        for rate in table.rows.iter().map(|row| &row.rate).chain([&table.otherwise]) {
            match self.value(kind, rate)? {
                Value::Line(line) if by_item => {
                    best = best.max(&Curve::of(Line::rate(line.rate)))?;
                    sums = sums.plus(line.fixed)?;
                }
                Value::Line(line) => best = best.max(&Curve::of(line))?,
                Value::PerItem(each) => return self.per_item(rule.clone(), place, kind, each, effect),
            }
        }
        let best = best.plus(&Curve::of(Line::fixed(sums)))?;
        if best.is_nothing() {
            return Ok(());
        }
        let share = (!best.has_sums()).then(|| best.clone());
        let part = self.finished(rule.clone(), place, kind, best, share, effect)?;
        self.out.list.push(part);
        Ok(())
    }

    fn by_amount(&mut self, rule: &Rule, place: usize, kind: Kind, table: &Table, effect: &Effect) -> Checked<()> {
        let mut curve = Curve::nothing();
        let mut below = Line::NOTHING;
        let mut steepest = ZERO;
        let ends = table.rows.iter().skip(1).map(|row| Some(start(row.threshold, row.exclusive))).chain(std::iter::once(None));
        for (row, end) in table.rows.iter().zip(ends) {
            let Value::Line(line) = self.value(kind, &row.rate)? else {
                let Value::PerItem(each) = self.value(kind, &row.rate)? else { return Ok(()) };
                return self.per_item(rule.clone(), place, kind, each, effect);
            };
            let from = start(row.threshold, row.exclusive);
            steepest = steepest.max(line.rate);
            let line = if table.each_slice {
                // What the slices below gave, and this one's rate from its threshold on.
                let cut = Exact::whole(i128::from(row.threshold));
                let so_far = below.rate.times(cut)?.plus(below.fixed)?;
                Line { rate: line.rate, fixed: so_far.minus(line.rate.times(cut)?)?.plus(line.fixed)? }
            } else {
                line
            };
            below = line;
            curve = curve.plus(&Curve::between(line, from, end))?;
        }
        // Whether what discounts leave lies in a lower row is not known beforehand.
        if kind != Kind::Discount && takes_off(self.program) {
            curve = curve.rising()?;
        }
        if curve.is_nothing() {
            return Ok(());
        }
        let share = if table.each_slice { Some(Curve::of(Line::rate(steepest))) } else { (!curve.has_sums()).then(|| curve.clone()) };
        let part = self.finished(rule.clone(), place, kind, curve, share, effect)?;
        self.out.list.push(part);
        Ok(())
    }

    /// What a rate comes to in money.
    pub(super) fn value(&self, kind: Kind, rate: &Rate) -> Checked<Value> {
        let Kind::Earn(wallet) = kind else {
            return Ok(match rate {
                Rate::Percent(share) => Value::Line(Line::rate(Exact::try_from(*share)?)),
                Rate::Fixed(sum) => Value::Line(Line::fixed(Exact::whole(i128::from(*sum)))),
                Rate::Per { amount, per, .. } => {
                    Value::Line(Line::rate(Exact::try_from(*amount)?.divided_by(Exact::whole(i128::from(*per)))?))
                }
                Rate::PerEachItem { amount, per } => {
                    Value::Line(Line::rate(Exact::try_from(*amount)?.divided_by(Exact::whole(i128::from(*per)))?))
                }
                Rate::PerItem { amount } => Value::PerItem(Exact::try_from(*amount)?),
                Rate::PerQuantity { amount, per, .. } => Value::PerItem(Exact::try_from(*amount)?.divided_by(Exact::try_from(*per)?)?),
                Rate::Nothing => Value::Line(Line::NOTHING),
            });
        };
        let of = self.program.wallets.get(wallet.index());
        Ok(match rate {
            Rate::Percent(share) => {
                let share = Exact::try_from(*share)?;
                let money = of.is_none_or(|of| of.kind == WalletKind::Money);
                let worth = of.and_then(|of| of.worth).filter(|_| !money);
                let units = worth.map_or(Ok(share), |worth| share.divided_by(Exact::try_from(worth)?))?;
                Value::Line(Line::rate(self.worths.of(wallet, units)?))
            }
            Rate::Fixed(units) => Value::Line(Line::fixed(self.worths.of(wallet, full(self.program, wallet, *units)?)?)),
            Rate::Per { amount, per, .. } | Rate::PerEachItem { amount, per } => {
                let units = Exact::try_from(*amount)?.divided_by(Exact::whole(i128::from(*per)))?;
                Value::Line(Line::rate(self.worths.of(wallet, units)?))
            }
            Rate::PerItem { amount } => Value::PerItem(self.worths.of(wallet, Exact::try_from(*amount)?)?),
            Rate::PerQuantity { amount, per, .. } => {
                let units = Exact::try_from(*amount)?.divided_by(Exact::try_from(*per)?)?;
                Value::PerItem(self.worths.of(wallet, units)?)
            }
            Rate::Nothing => Value::Line(Line::NOTHING),
        })
    }

    /// A grant that a purchase sets off.
    fn grant(&mut self, rule: &Rule, place: usize, effect: &Effect) -> Checked<()> {
        let plain = plain(rule, false, false);
        let once = match given(self.program, self.worths, effect)? {
            Some(curve) if curve.is_nothing() => return Ok(()),
            Some(curve) => curve,
            None => match self.cap_alone(&plain, effect)? {
                Some(curve) => curve,
                None => {
                    self.out.unbounded.push(Unbounded::Data(rule.span));
                    return Ok(());
                }
            },
        };
        let mut steps = None;
        let mut curve = once.clone();
        match (&rule.repeat, once.most()?) {
            (None, _) => {}
            (Some(Repeat::Money(per)), Some(each)) if *per > 0 => {
                curve = Curve::of(Line::rate(each.divided_by(Exact::whole(i128::from(*per)))?));
            }
            (Some(_), _) => match self.cap_alone(&plain, effect)? {
                Some(most) => curve = most,
                None => {
                    self.out.unbounded.push(Unbounded::PerItem(rule.span));
                    return Ok(());
                }
            },
        }
        if let Trigger::Spending { every: true, amount, .. } = &rule.trigger
            && let Some(each) = once.most()?
            && *amount > 0
        {
            // A step is a rate, and one firing of what earlier purchases had begun.
            let line = Line { rate: each.divided_by(Exact::whole(i128::from(*amount)))?, fixed: each };
            curve = Curve::of(line);
            if let Some(times) = times_at_once(&rule.limits) {
                curve = curve.capped(each.times(Exact::whole(i128::from(times)))?)?;
            }
            steps = Some(line);
        }
        let mut part = self.finished(plain, place, Kind::Given, curve, None, effect)?;
        part.by_steps = steps;
        self.out.list.push(part);
        Ok(())
    }
}
