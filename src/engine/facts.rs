//! What a rule may ask: the facts of a moment, and the evaluation of tests and calculations on them.

use crate::engine::award::Award;
use crate::engine::calendar;
use crate::engine::lines::Line;
use crate::engine::steps::Steps;
use crate::history::model::{NO_TEXT, Part, TextCode};
use crate::plan::Plan;
use crate::plan::triggers::Day;
use crate::program::{
    AttributeOf, CmpOp, Expr, Fact, ItemFilter, LadderId, Over, PurchaseFilter, QUANTITY, Test, TextSet, TierId, Type, UsableDay, When,
};
use crate::span::Span;
use crate::value::{Checked, Date, DateTime, Decimal, Exact, Instant, Overflow, TimeOfDay};
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// Everything about an account that a purchase's evaluation reads: stage 0. Kept for purchases that will be returned,
/// so that they can be evaluated again as at their own moment.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Facts {
    pub at: Instant,
    pub local: DateTime,
    pub date: Date,
    /// Within the program's life and a member.
    pub member: bool,
    /// Index into [`crate::history::model::Customers`].
    pub customer: u32,
    pub joined: Option<Date>,
    /// Rung held, by ladder.
    pub tiers: Vec<u8>,
    /// By measure, before this purchase.
    pub measures: Vec<i64>,
    /// What can be spent, by wallet.
    pub balances: Vec<i64>,
    /// What each limit's period has used.
    pub used: Vec<i64>,
    /// By rule: whether an entitlement lets it act.
    pub entitled: Vec<bool>,
    /// By rule: an ordinal already fired may not fire again.
    pub blocked: Vec<bool>,
    /// Vouchers handed over with this purchase.
    pub vouchers: Vec<crate::engine::account::vouchers::Presented>,
    /// Only one of them is handed over: the earliest to expire that may be used.
    pub one_voucher: bool,
    /// What each shared pot leaves.
    pub rooms: Vec<crate::engine::shared::Room>,
    /// By rule: steps of a spending trigger fired so far, and those taken back since.
    pub steps: Vec<(i64, Steps)>,
    /// Counted purchases before this one.
    pub purchases_before: i64,
    pub last_purchase: Option<Date>,
    /// Attributes set by events: column, customer, value.
    pub set: Vec<(usize, u32, TextCode)>,
    /// By rule that draws what it gives: firings before now. The seed of random choices, and whose account it is.
    pub drawn: Vec<i64>,
    /// What such rules give now, where a worked example says it.
    pub said: Vec<(usize, Option<usize>)>,
    pub seed: u64,
    pub account: String,
    /// Streaks: consecutive periods with a purchase up to the last one, its period's start, whether it fired. By rule.
    pub streaks: Vec<Streak>,
}

impl Facts {
    /// What calendar periods depend on.
    pub fn periods(&self, plan: &Plan<'_>) -> calendar::Periods {
        calendar::Periods { week_starts_sunday: plan.program.week_starts_sunday, joined: self.joined.unwrap_or(Date(0)) }
    }
}

/// A run of periods with a purchase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::engine) struct Streak {
    pub last_period: Option<Date>,
    pub length: u32,
    pub fired: bool,
}

/// A moment to evaluate at.
#[derive(Clone, Copy)]
pub(in crate::engine) struct Scene<'a> {
    pub plan: &'a Plan<'a>,
    pub part: &'a Part,
    pub facts: &'a Facts,
    /// Index into [`crate::history::model::Purchases`].
    pub purchase: Option<usize>,
    pub lines: &'a [Line],
    /// The item looked at.
    pub line: Option<&'a Line>,
    /// From stage 3 on.
    pub net_amount: i64,
    /// Behind stage 3: whether units of a wallet, and a voucher, paid.
    pub paid_with: (bool, bool),
    /// What other rules gave on this purchase before, for limits that they share.
    pub taken: &'a [Award],
}

/// A value; `Missing` where the data has none.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) enum Value<'p> {
    Missing,
    Number(Exact),
    Text(TextCode),
    Texts(&'p TextSet),
    Date(Date),
    Time(TimeOfDay),
    Weekday(u8),
    YesNo(bool),
    Tier(TierId),
}

impl<'a> Scene<'a> {
    /// Whether a test or condition holds; missing counts as not.
    pub fn holds(&self, expr: &'a Expr) -> Checked<bool> {
        Ok(match expr {
            Expr::YesNo(yes) => *yes,
            Expr::Not(inner) => !self.holds(inner)?,
            Expr::And(all) => {
                for one in all {
                    if !self.holds(one)? {
                        return Ok(false);
                    }
                }
                true
            }
            Expr::Or(any) => {
                for one in any {
                    if self.holds(one)? {
                        return Ok(true);
                    }
                }
                false
            }
            Expr::Compare { left, op, right } => self.compare(left, *op, right)?,
            Expr::InSegment(id) => match self.plan.program.segments.get(id.index()) {
                Some(segment) => self.holds(&segment.condition)?,
                None => false,
            },
            Expr::BasketHas(filter) => {
                for line in self.lines.iter().filter(|line| !line.shipping && line.recorded > 0) {
                    if self.passes(line, filter)? {
                        return Ok(true);
                    }
                }
                false
            }
            other => matches!(self.value(other)?, Value::YesNo(true)),
        })
    }

    /// Whether a test of the amount holds of another one.
    pub fn holds_of(&self, expr: &'a Expr, amount: i64) -> Checked<bool> {
        match expr {
            Expr::Compare { op, right, .. } => self.compares(Value::Number(Exact::whole(i128::from(amount))), *op, self.value(right)?),
            other => self.holds(other),
        }
    }

    fn compare(&self, left: &'a Expr, op: CmpOp, right: &'a Expr) -> Checked<bool> {
        self.compares(self.value(left)?, op, self.value(right)?)
    }

    fn compares(&self, left: Value<'a>, op: CmpOp, right: Value<'a>) -> Checked<bool> {
        let order = match (left, right) {
            (Value::Missing, _) | (_, Value::Missing) => return Ok(false),
            (Value::Text(code), Value::Texts(texts)) | (Value::Texts(texts), Value::Text(code)) => {
                let same = self.plan.is_text(code, texts);
                return Ok(if op == CmpOp::IsNot { !same } else { op == CmpOp::Is && same });
            }
            (Value::Texts(a), Value::Texts(b)) => {
                let same = a.iter().any(|text| b.contains(text));
                return Ok(if op == CmpOp::IsNot { !same } else { op == CmpOp::Is && same });
            }
            (Value::Text(a), Value::Text(b)) => a.cmp(&b),
            (Value::Number(a), Value::Number(b)) => a.cmp(&b),
            (Value::Date(a), Value::Date(b)) => a.cmp(&b),
            (Value::Time(a), Value::Time(b)) => a.cmp(&b),
            (Value::Weekday(a), Value::Weekday(b)) => a.cmp(&b),
            (Value::YesNo(a), Value::YesNo(b)) => a.cmp(&b),
            (Value::Tier(a), Value::Tier(b)) if a.ladder == b.ladder => a.rung.cmp(&b.rung),
            _ => return Ok(false),
        };
        Ok(op.holds(order))
    }

    /// The value of an expression.
    pub fn value(&self, expr: &'a Expr) -> Checked<Value<'a>> {
        Ok(match expr {
            Expr::Number(n) => Value::Number(*n),
            Expr::Texts(texts) => Value::Texts(texts),
            Expr::Date(date) => Value::Date(*date),
            Expr::Time(time) => Value::Time(*time),
            Expr::Weekday(day) => Value::Weekday(*day),
            Expr::Tier(tier) => Value::Tier(*tier),
            Expr::Fact(fact) => self.fact(*fact)?,
            Expr::TierOf(ladder) => self.tier(*ladder),
            Expr::Measure(id) => {
                let raw = self.facts.measures.get(id.index()).copied().unwrap_or(0);
                Value::Number(self.measure_units(id.index(), raw))
            }
            Expr::Attribute { of, attribute, as_type } => self.attribute(*of, *attribute, *as_type),
            Expr::QuantityOf(filter) => {
                let mut sum = Exact::whole(0);
                for line in self.lines.iter().filter(|line| !line.shipping) {
                    if self.passes(line, filter)? {
                        sum = sum.plus(Exact::try_from(line.quantity)?)?;
                    }
                }
                Value::Number(sum)
            }
            Expr::AmountOf(filter) | Expr::NetAmountOf(filter) => {
                let net = matches!(expr, Expr::NetAmountOf(_));
                let mut sum = 0_i128;
                for line in self.lines.iter().filter(|line| !line.shipping) {
                    if self.passes(line, filter)? {
                        sum += i128::from(if net { line.cost } else { line.recorded });
                    }
                }
                Value::Number(Exact::whole(sum))
            }
            Expr::Add(a, b) => self.calculate(a, b, Exact::plus)?,
            Expr::Subtract(a, b) => self.calculate(a, b, Exact::minus)?,
            Expr::Multiply(a, b) => self.calculate(a, b, Exact::times)?,
            Expr::Divide(a, b) => match self.value(b)? {
                // Dividing by a fact that is zero gives nothing to compare with.
                Value::Number(n) if n == Exact::whole(0) => Value::Missing,
                _ => self.calculate(a, b, Exact::divided_by)?,
            },
            Expr::Negate(a) => match self.value(a)? {
                Value::Number(n) => Value::Number(n.negative()?),
                _ => Value::Missing,
            },
            Expr::Min(list) => self.extreme(list, Ordering::Less)?,
            Expr::Max(list) => self.extreme(list, Ordering::Greater)?,
            Expr::Choose { rows, otherwise } => {
                for (test, value) in rows {
                    if self.holds(test)? {
                        return self.value(value);
                    }
                }
                match otherwise {
                    Some(value) => self.value(value)?,
                    None => Value::Missing,
                }
            }
            Expr::Round { mode, value, step } => match self.value(value)? {
                Value::Number(n) => Value::Number(Exact::whole(n.divided_by(*step)?.round(*mode)?).times(*step)?),
                _ => Value::Missing,
            },
            yes_no => Value::YesNo(self.holds(yes_no)?),
        })
    }

    /// A measure in the units of expressions: full units of a wallet, else as it is.
    fn measure_units(&self, measure: usize, raw: i64) -> Exact {
        use crate::program::MeasureKind::{Balance, Confirmed, Earned, Quantity, Spent};
        match self.plan.program.measures.get(measure).map(|m| &m.kind) {
            Some(Earned(wallet) | Confirmed(wallet) | Spent(wallet) | Balance(wallet)) => self.plan.full_units(*wallet, raw),
            Some(Quantity) => Exact::ratio(i128::from(raw), i128::from(QUANTITY)).unwrap_or(Exact::whole(i128::from(raw))),
            _ => Exact::whole(i128::from(raw)),
        }
    }

    fn calculate(&self, a: &'a Expr, b: &'a Expr, op: fn(Exact, Exact) -> Checked<Exact>) -> Checked<Value<'a>> {
        Ok(match (self.value(a)?, self.value(b)?) {
            (Value::Number(a), Value::Number(b)) => Value::Number(op(a, b)?),
            _ => Value::Missing,
        })
    }

    fn extreme(&self, list: &'a [Expr], wanted: Ordering) -> Checked<Value<'a>> {
        let mut best: Option<Exact> = None;
        for one in list {
            let Value::Number(n) = self.value(one)? else { return Ok(Value::Missing) };
            if best.is_none_or(|b| n.cmp(&b) == wanted) {
                best = Some(n);
            }
        }
        Ok(best.map_or(Value::Missing, Value::Number))
    }

    fn tier(&self, ladder: LadderId) -> Value<'a> {
        self.facts.tiers.get(ladder.index()).map_or(Value::Missing, |rung| Value::Tier(TierId { ladder, rung: *rung }))
    }

    fn fact(&self, fact: Fact) -> Checked<Value<'a>> {
        let whole = |n: i64| Value::Number(Exact::whole(i128::from(n)));
        let text = |code: TextCode| if code == NO_TEXT { Value::Missing } else { Value::Text(code) };
        let purchases = &self.part.purchases;
        let column = |list: &[TextCode]| self.purchase.and_then(|at| list.get(at)).map_or(Value::Missing, |code| text(*code));
        let customer = usize::try_from(self.facts.customer).unwrap_or(usize::MAX);
        let born = self.born();
        Ok(match fact {
            Fact::Amount if self.purchase.is_some() => {
                whole(self.lines.iter().try_fold(0_i64, |sum, l| sum.checked_add(l.recorded)).ok_or(Overflow)?)
            }
            Fact::NetAmount if self.purchase.is_some() => whole(self.net_amount),
            Fact::Tax if self.purchase.is_some() => whole(self.lines.iter().map(|l| l.tax).sum()),
            Fact::Shipping if self.purchase.is_some() => whole(self.lines.iter().filter(|l| l.shipping).map(|l| l.recorded).sum()),
            Fact::Goods if self.purchase.is_some() => {
                let goods = self.lines.iter().filter(|l| !l.shipping);
                whole(goods.map(|l| l.recorded).try_fold(0_i64, i64::checked_add).ok_or(Overflow)?)
            }
            Fact::NetGoods if self.purchase.is_some() => {
                let goods = self.lines.iter().filter(|l| !l.shipping);
                whole(goods.map(|l| l.cost).try_fold(0_i64, i64::checked_add).ok_or(Overflow)?)
            }
            Fact::ItemCount if self.purchase.is_some() => {
                let mut sum = 0_i64;
                for line in self.lines.iter().filter(|l| !l.shipping) {
                    sum = sum.checked_add(line.units()?).ok_or(Overflow)?;
                }
                whole(sum)
            }
            Fact::ProductCount if self.purchase.is_some() => {
                let bought = self.lines.iter().filter(|l| !l.shipping && l.recorded > 0 && l.product != NO_TEXT);
                let products: BTreeSet<TextCode> = bought.map(|l| l.product).collect();
                // Where no product is known, neither is how many there are.
                match i64::try_from(products.len()) {
                    Ok(count) if count > 0 => whole(count),
                    _ => Value::Missing,
                }
            }
            Fact::PurchaseNumber if self.purchase.is_some() => whole(self.facts.purchases_before + 1),
            Fact::TimeOfDay => Value::Time(self.facts.local.time()),
            Fact::Weekday => Value::Weekday(self.facts.date.weekday()),
            Fact::Date => Value::Date(self.facts.date),
            Fact::Channel => column(&purchases.channel),
            Fact::Store => column(&purchases.store),
            Fact::Payment => column(&purchases.payment),
            Fact::Partner => column(&purchases.partner),
            Fact::Coupon => column(&purchases.coupon),
            Fact::Category => self.line.map_or(Value::Missing, |l| text(l.category)),
            Fact::Brand => self.line.map_or(Value::Missing, |l| text(l.brand)),
            Fact::Product => self.line.map_or(Value::Missing, |l| text(l.product)),
            Fact::Quantity => self.line.map_or(Ok(Value::Missing), |line| self.quantity(line))?,
            Fact::Price => match self.line {
                Some(line) => Value::Number(line.unit_price(self.part, self.plan.program.currency.decimals)?),
                None => Value::Missing,
            },
            Fact::ItemDiscount => self.line.map_or(Value::Missing, |l| whole(l.discount)),
            Fact::PaidWithPoints if self.purchase.is_some() => Value::YesNo(self.paid_with.0),
            Fact::PaidWithVoucher if self.purchase.is_some() => Value::YesNo(self.paid_with.1),
            Fact::Tier => self.tier(LadderId(0)),
            Fact::Age => born.map_or(Value::Missing, |born| whole(i64::from(years_between(born, self.facts.date)))),
            Fact::Birthday => born.map_or(Value::Missing, Value::Date),
            Fact::Joined => self.facts.joined.map_or(Value::Missing, Value::Date),
            Fact::DaysSinceJoining => self.facts.joined.map_or(Value::Missing, |d| whole(i64::from(self.facts.date.0 - d.0))),
            Fact::DaysSinceLastPurchase => self.facts.last_purchase.map_or(Value::Missing, |d| whole(i64::from(self.facts.date.0 - d.0))),
            Fact::Referred => Value::YesNo(self.part.customers.referred_by.get(customer).is_some_and(Option::is_some)),
            _ => Value::Missing,
        })
    }

    /// When who buys was born, if that is known.
    pub fn born(&self) -> Option<Date> {
        self.part.customers.born.get(usize::try_from(self.facts.customer).ok()?).copied().flatten()
    }

    /// Whether a day is today.
    pub fn is_day(&self, day: Day) -> bool {
        calendar::is_on(day, self.facts.date, self.born(), self.facts.joined)
    }

    /// The units of a line, also where each stands by itself.
    fn quantity(&self, line: &Line) -> Checked<Value<'a>> {
        let mut sum = Exact::try_from(line.quantity)?;
        if self.plan.singles_out_units && line.item.is_some() {
            sum = Exact::whole(0);
            for unit in self.lines.iter().filter(|unit| unit.item == line.item) {
                sum = sum.plus(Exact::try_from(unit.quantity)?)?;
            }
        }
        Ok(Value::Number(sum))
    }

    fn attribute(&self, of: AttributeOf, id: crate::program::AttributeId, as_type: Type) -> Value<'a> {
        let Some(column) = self.plan.attribute(id) else { return self.set_only(of, id, as_type) };
        let customer = usize::try_from(self.facts.customer).unwrap_or(usize::MAX);
        let code = match of {
            AttributeOf::Customer => {
                let set = self.facts.set.iter().find(|(c, who, _)| *c == column && *who == self.facts.customer);
                let recorded = || self.part.customers.attributes.get(column).and_then(|list| list.get(customer)).copied();
                set.map(|(_, _, code)| *code).or_else(recorded)
            }
            AttributeOf::Purchase => {
                self.part.purchases.attributes.get(column).and_then(|list| self.purchase.and_then(|at| list.get(at))).copied()
            }
            AttributeOf::Item => {
                let item = self.line.and_then(|line| line.item);
                self.part.items.attributes.get(column).and_then(|list| item.and_then(|at| list.get(at))).copied()
            }
        };
        match code.filter(|code| *code != NO_TEXT) {
            Some(code) => self.read_as(code, as_type),
            None if of == AttributeOf::Customer => self.chosen_at_first(id),
            None => Value::Missing,
        }
    }

    /// What holds before a customer has chosen anything.
    fn chosen_at_first(&self, id: crate::program::AttributeId) -> Value<'a> {
        self.plan.chosen_at_first.get(id.index()).and_then(Option::as_ref).map_or(Value::Missing, Value::Texts)
    }

    /// An attribute that no column has, but that an event may have set: those stand behind the columns.
    fn set_only(&self, of: AttributeOf, id: crate::program::AttributeId, as_type: Type) -> Value<'a> {
        let behind = self.plan.history.customer_attributes.len() + id.index();
        let set = self.facts.set.iter().find(|(c, who, _)| *c == behind && *who == self.facts.customer);
        match set {
            Some((_, _, code)) if of == AttributeOf::Customer => self.read_as(*code, as_type),
            None if of == AttributeOf::Customer => self.chosen_at_first(id),
            _ => Value::Missing,
        }
    }

    fn read_as(&self, code: TextCode, as_type: Type) -> Value<'a> {
        if code == NO_TEXT {
            return Value::Missing;
        }
        let text = self.plan.history.texts.get(code);
        let number = || Decimal::parse(text).and_then(|d| Exact::try_from(d).ok());
        match as_type {
            Type::Text => Value::Text(code),
            Type::Date => Date::parse(text).map_or(Value::Missing, Value::Date),
            Type::YesNo => match text.to_ascii_lowercase().as_str() {
                "yes" | "true" | "1" => Value::YesNo(true),
                "no" | "false" | "0" => Value::YesNo(false),
                _ => Value::Missing,
            },
            Type::Money => {
                // `8 EUR` in an example.
                let text = text.strip_suffix(self.plan.program.currency.code.as_str()).map_or(text, str::trim_end);
                let number = || Decimal::parse(text).and_then(|d| Exact::try_from(d).ok());
                let unit = Exact::whole(10_i128.pow(u32::from(self.plan.program.currency.decimals)));
                number().and_then(|n| n.times(unit).ok()).map_or(Value::Missing, Value::Number)
            }
            Type::Percent => {
                let plain = text.strip_suffix('%').and_then(|t| Decimal::parse(t.trim_end()));
                let fraction = plain.and_then(|d| Exact::try_from(d).ok()?.divided_by(Exact::whole(100)).ok());
                fraction.or_else(number).map_or(Value::Missing, Value::Number)
            }
            _ => number().map_or(Value::Missing, Value::Number),
        }
    }

    /// Whether an item passes a filter.
    pub fn passes(&self, line: &'a Line, filter: &'a ItemFilter) -> Checked<bool> {
        Ok(match filter {
            ItemFilter::Category(texts) => self.plan.is_text(line.category, texts),
            ItemFilter::Brand(texts) => self.plan.is_text(line.brand, texts),
            ItemFilter::Product(texts) => self.plan.is_text(line.product, texts),
            ItemFilter::NotReduced => !line.reduced,
            ItemFilter::If(expr) => Scene { line: Some(line), ..*self }.holds(expr)?,
            ItemFilter::Not(inner) => !self.passes(line, inner)?,
            ItemFilter::All(all) => {
                for one in all {
                    if !self.passes(line, one)? {
                        return Ok(false);
                    }
                }
                true
            }
        })
    }

    /// Whether the purchase counts for a filter of a measure or counting trigger; items and all.
    pub fn purchase_passes(&self, filter: &'a PurchaseFilter) -> Checked<bool> {
        if filter.is_all() {
            return Ok(true);
        }
        let sum = |goods: bool| {
            let lines = self.lines.iter().filter(|line| !(goods && line.shipping));
            lines.map(|line| line.recorded).try_fold(0_i64, i64::checked_add).ok_or(Overflow)
        };
        let (amount, goods) = (sum(false)?, sum(true)?);
        if !filter.over.iter().all(|over| passes_over(*over, if over.of_goods { goods } else { amount })) {
            return Ok(false);
        }
        for place in &filter.places {
            if !self.holds(place)? {
                return Ok(false);
            }
        }
        let Some(items) = &filter.items else { return Ok(true) };
        for line in self.lines.iter().filter(|line| !line.shipping && line.recorded > 0) {
            if self.passes(line, items)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The first test that fails, if one does.
    pub fn failed_test(&self, tests: &'a [Test]) -> Checked<Option<&'a Test>> {
        for test in tests {
            if !self.holds(&test.expr)? {
                return Ok(Some(test));
            }
        }
        Ok(None)
    }

    /// The first time clause that does not hold. `past_midnight_until`: date words belong to the day before until then.
    pub fn failed_when(&self, when: &[(When, Span)], past_midnight_until: Option<TimeOfDay>) -> Option<Span> {
        if when.is_empty() {
            return None;
        }
        let time = self.facts.local.time();
        let date = match past_midnight_until {
            Some(until) if time < until => self.facts.date.plus_days(-1),
            _ => self.facts.date,
        };
        when.iter().find(|(when, _)| !self.is_when(when, date, time)).map(|(_, span)| *span)
    }

    fn is_when(&self, when: &When, date: Date, time: TimeOfDay) -> bool {
        let born = self.born();
        let joined = self.facts.joined;
        let around = |day, from, to| calendar::is_around(date, day, from, to, born, joined);
        match when {
            When::Weekdays(mask) => mask >> date.weekday() & 1 == 1,
            When::Between(from, to) if from < to => *from <= time && time < *to,
            When::Between(from, to) => *from <= time || time < *to,
            When::From(first) => *first <= date,
            When::Until(last) => date <= *last,
            When::During(id) => self.plan.program.calendars.get(id.index()).is_some_and(|c| calendar::holds(c, date)),
            When::Months(mask) => mask >> date.ymd().1 & 1 == 1,
            When::BirthdayMonth => born.is_some_and(|born| born.ymd().1 == date.ymd().1),
            When::AroundBirthday { from, to } => around(UsableDay::Birthday, *from, *to),
            When::AroundAnniversary { from, to } => around(UsableDay::Anniversary, *from, *to),
            When::AroundYearDay { month, day, from, to } => around(UsableDay::YearDay(*month, *day), *from, *to),
            When::AroundDate { date, from, to } => around(UsableDay::Date(*date), *from, *to),
            When::OnDate(day) => *day == date,
            When::OnYearDay(month, day) => around(UsableDay::YearDay(*month, *day), 0, 0),
            When::OnDayOfMonth(day) => day.in_month(date) == Some(date),
            When::Birthday => around(UsableDay::Birthday, 0, 0),
            When::Anniversary => around(UsableDay::Anniversary, 0, 0),
            When::AnyOf(any) => any.iter().any(|one| self.is_when(one, date, time)),
        }
    }
}

/// Whether an amount passes `over` or `of at least`.
pub(in crate::engine) fn passes_over(over: Over, amount: i64) -> bool {
    if over.inclusive { amount >= over.amount } else { amount > over.amount }
}

fn years_between(born: Date, today: Date) -> i32 {
    let (year, ..) = today.ymd();
    let (born_year, month, day) = born.ymd();
    let had_it = calendar::in_year(year, month, day).is_some_and(|birthday| birthday <= today);
    year - born_year - i32::from(!had_it)
}
