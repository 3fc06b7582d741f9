//! The program's sentences taken apart: what each row of each effect gives away on a purchase at most.

use super::curve::{Curve, Line, ONE, ZERO};
use super::worth::{Worths, brought, full};
use super::year::YEAR;
use crate::check::held::how_often;
use crate::check::lints::granted_units;
use crate::check::lower_rule::becomes_entitlement;
use crate::check::never::all_rules;
use crate::check::types::fold;
use crate::check::{conflict, infer::compare};
use crate::program::{
    CmpOp, Effect, Expr, Fact, Limit, LimitWhat, MeasureKind, Program, PurchaseFilter, Rate, Rates, Repeat, Rule, Table, TableKey, Test,
    TestKind, TierId, Trigger, WalletId, WalletKind,
};
use crate::span::Span;
use crate::value::{Checked, Exact, Rounding};

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
enum Value {
    Line(Line),
    PerItem(Exact),
}

struct Maker<'a> {
    program: &'a Program,
    worths: &'a Worths,
    out: Parts,
    /// Of the rule at hand.
    often: Option<i64>,
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
        for effect in &rule.effects {
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
    fn value(&self, kind: Kind, rate: &Rate) -> Checked<Value> {
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

    /// What the caps alone let through on one purchase.
    fn cap_alone(&self, rule: &Rule, effect: &Effect) -> Checked<Option<Curve>> {
        let mut least: Option<Exact> = None;
        for limit in rule.limits.iter().filter(|limit| limit.then.is_none()) {
            if let Some(most) = room(self.program, self.worths, limit, effect)? {
                least = Some(least.map_or(most, |known| known.min(most)));
            }
        }
        Ok(least.map(|most| Curve::of(Line::fixed(most))))
    }

    /// Caps and amounts applied.
    fn finished(&self, mut rule: Rule, place: usize, kind: Kind, mut curve: Curve, share: Option<Curve>, effect: &Effect) -> Checked<Part> {
        if !matches!(kind, Kind::Multiply(..)) {
            for limit in &rule.limits {
                curve = self.limited(&curve, limit, effect)?;
            }
        }
        let (low, high) = amounts(self.program, &mut rule);
        let curve = curve.within(low, high);
        let share = share.map(|share| share.within(low, high));
        let slack = self.slack(kind, effect)?;
        Ok(Part { rule, place, kind, curve, share, slack, by_steps: None, often: self.often })
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

/// How often an effect can act in a year, where the trigger bounds that.
fn often(program: &Program, rule: &Rule, effect: &Effect) -> Option<i64> {
    let times = how_often(program, rule, YEAR);
    let times = if !effect.is_modifier() || !becomes_entitlement(&rule.trigger) && counts(&rule.trigger) {
        times
    } else {
        let uses = rule.entitlement.uses.filter(|_| becomes_entitlement(&rule.trigger))?;
        times?.checked_mul(i64::from(uses))
    };
    let series = rule.only.and_then(|only| i64::try_from(only).ok());
    times.into_iter().chain(series).min()
}

/// Whether a purchase sets it off.
pub(crate) fn by_purchase(trigger: &Trigger) -> bool {
    matches!(
        trigger,
        Trigger::EachPurchase { .. }
            | Trigger::Nth { .. }
            | Trigger::EveryNth { .. }
            | Trigger::Range { .. }
            | Trigger::Spending { .. }
            | Trigger::Streak { .. }
    )
}

fn counts(trigger: &Trigger) -> bool {
    matches!(trigger, Trigger::Nth { .. } | Trigger::Range { .. })
}

/// Whether discounts of any kind may stand between the recorded amount and the net one.
pub(super) fn takes_off(program: &Program) -> bool {
    all_rules(program).flat_map(|rule| &rule.effects).any(|effect| {
        matches!(
            effect,
            Effect::Discount(_)
                | Effect::PriceList(_)
                | Effect::Price(_)
                | Effect::FreeShipping
                | Effect::Voucher { value: Rate::Percent(_), .. }
        )
    })
}

/// A key whose values are written in tests as in rows.
fn comparable(program: &Program, key: &Expr) -> bool {
    match key {
        Expr::Measure(id) => program.measures.get(id.index()).is_some_and(|measure| {
            !matches!(measure.kind, MeasureKind::Earned(_) | MeasureKind::Confirmed(_) | MeasureKind::Spent(_) | MeasureKind::Balance(_))
        }),
        _ => true,
    }
}

fn start(threshold: i64, exclusive: bool) -> i64 {
    if exclusive { threshold.saturating_add(1) } else { threshold }
}

fn with_test(mut rule: Rule, expr: Expr) -> Rule {
    rule.tests.push(Test { kind: TestKind::If, expr, span: rule.span });
    rule
}

/// The rule as it looks at the purchase that it acts on. What was bought may be used by anybody at any time.
fn plain(rule: &Rule, bought: bool, modifier: bool) -> Rule {
    let mut rule = rule.clone();
    if bought {
        rule.tests.clear();
        rule.when.clear();
        rule.trigger = Trigger::EachPurchase { filter: PurchaseFilter::default() };
        return rule;
    }
    if modifier && becomes_entitlement(&rule.trigger) {
        // Words with the trigger were tested when it fired.
        if !matches!(rule.trigger, Trigger::Nth { after: true, .. }) {
            rule.trigger = Trigger::EachPurchase { filter: PurchaseFilter::default() };
        }
        return rule;
    }
    match &mut rule.trigger {
        // A grant is made on that very purchase.
        Trigger::Nth { after, .. } | Trigger::EveryNth { after, .. } if !modifier => *after = false,
        _ => {}
    }
    rule
}

/// The amounts that a rule's own words let through; words of its trigger join its tests.
fn amounts(program: &Program, rule: &mut Rule) -> (i64, Option<i64>) {
    let counter = match &rule.trigger {
        Trigger::EachPurchase { filter } | Trigger::Streak { filter, .. } => Some(filter.clone()),
        Trigger::Nth { after: false, counter, .. } | Trigger::EveryNth { counter, .. } | Trigger::Range { counter, .. } => {
            program.measures.get(counter.index()).map(|measure| measure.filter.clone())
        }
        _ => None,
    };
    let (mut low, mut high) = (0_i64, None::<i64>);
    if let Some(filter) = counter {
        for over in &filter.over {
            low = low.max(start(over.amount, !over.inclusive));
        }
        let span = rule.span;
        rule.tests.extend(filter.places.into_iter().map(|expr| Test { kind: TestKind::Place, expr, span }));
    }
    let tests: Vec<(&Expr, Span)> = rule.tests.iter().map(|test| (&test.expr, test.span)).collect();
    for (of, least, most, _) in conflict::bounds(program, &tests, 0) {
        if !matches!(of, Expr::Fact(Fact::Amount)) {
            continue;
        }
        if let Some((value, outside)) = least {
            let floor = i64::try_from(value.floor()).unwrap_or(i64::MAX);
            let whole = value.denominator() == 1;
            low = low.max(if whole && !outside { floor } else { floor.saturating_add(1) });
        }
        if let Some((value, outside)) = most {
            let floor = i64::try_from(value.floor()).unwrap_or(i64::MAX);
            let end = if value.denominator() == 1 && outside { floor } else { floor.saturating_add(1) };
            high = Some(high.map_or(end, |known: i64| known.min(end)));
        }
    }
    (low, high)
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
fn times_at_once(limits: &[Limit]) -> Option<u32> {
    let times = limits.iter().filter(|limit| limit.then.is_none()).filter_map(|limit| match limit.what {
        LimitWhat::Times(times) => Some(times),
        _ => None,
    });
    times.min()
}

/// What one firing gives, as a function of the purchase's amount; `None` without a bound.
pub(super) fn given(program: &Program, worths: &Worths, effect: &Effect) -> Checked<Option<Curve>> {
    match effect {
        Effect::Grant { wallet, amount, .. } | Effect::GrantFriend { wallet, amount, .. } => {
            if let Some(units) = granted_units(program, *wallet, amount) {
                let value = worths.of(*wallet, full(program, *wallet, units)?)?;
                return Ok(Some(Curve::of(Line::fixed(value.max(ZERO)))));
            }
            let each = worths.of(*wallet, ONE)?;
            if each == ZERO {
                return Ok(Some(Curve::nothing()));
            }
            Ok(match most_of(amount)? {
                Some(curve) => Some(curve.times(each)?),
                None => None,
            })
        }
        Effect::Set { wallet, amount } => {
            let value = worths.of(*wallet, full(program, *wallet, *amount)?)?;
            Ok(Some(Curve::of(Line::fixed(value.max(ZERO)))))
        }
        other => Ok(Some(Curve::of(Line::fixed(brought(program, other, worths.voucher_factor())?)))),
    }
}

/// The most that a calculation comes to, where it is made of the amount and numbers.
fn most_of(expr: &Expr) -> Checked<Option<Curve>> {
    if let Some(value) = fold(expr) {
        return Ok(Some(Curve::of(Line::fixed(value.max(ZERO)))));
    }
    Ok(match expr {
        Expr::Fact(Fact::Amount | Fact::NetAmount) => Some(Curve::of(Line::rate(ONE))),
        Expr::Add(a, b) => match (most_of(a)?, most_of(b)?) {
            (Some(a), Some(b)) => Some(a.plus(&b)?),
            _ => None,
        },
        Expr::Subtract(a, b) if fold(b).is_some_and(|less| less >= ZERO) => most_of(a)?,
        Expr::Choose { rows, otherwise } => {
            let mut most = Curve::nothing();
            for value in rows.iter().map(|(_, value)| value).chain(otherwise.as_deref()) {
                let Some(curve) = most_of(value)? else { return Ok(None) };
                most = most.max(&curve)?;
            }
            Some(most)
        }
        Expr::Max(list) => {
            let mut most = Curve::nothing();
            for one in list {
                let Some(curve) = most_of(one)? else { return Ok(None) };
                most = most.max(&curve)?;
            }
            Some(most)
        }
        Expr::Multiply(a, b) => match (fold(a), fold(b)) {
            (Some(factor), None) if factor >= ZERO => scaled(b, factor)?,
            (None, Some(factor)) if factor >= ZERO => scaled(a, factor)?,
            _ => None,
        },
        Expr::Divide(a, b) => match fold(b) {
            Some(by) if by > ZERO => scaled(a, ONE.divided_by(by)?)?,
            _ => None,
        },
        Expr::Round { value, step, .. } => match most_of(value)? {
            Some(curve) => Some(curve.plus(&Curve::of(Line::fixed(*step)))?),
            None => None,
        },
        Expr::Min(list) => {
            let mut least: Option<Curve> = None;
            for one in list {
                if let Some(curve) = most_of(one)? {
                    least = Some(match least {
                        Some(known) => known.min(&curve)?,
                        None => curve,
                    });
                }
            }
            least
        }
        _ => None,
    })
}

fn scaled(expr: &Expr, factor: Exact) -> Checked<Option<Curve>> {
    Ok(match most_of(expr)? {
        Some(curve) => Some(curve.times(factor)?),
        None => None,
    })
}
