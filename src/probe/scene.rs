//! The builder: given sentences, a customer and a purchase that satisfy their clauses one by one, with what must come before.

use super::story::{Buy, Deed, Person, Story, What};
use crate::check::exposure::{by_purchase, meets_day};
use crate::program::{
    AttributeOf, CmpOp, Effect, Expr, Fact, ItemFilter, LadderId, MeasureId, MeasureKind, Members, Program, PurchaseFilter, Rate, Rule,
    Scope, TierId, Trigger, When, Window,
};
use crate::value::{Date, DateTime, Exact, TimeOfDay};
use std::collections::BTreeMap;

/// What sentences ask of a purchase and its customer.
#[derive(Clone, Debug, Default)]
pub(super) struct Wants {
    whens: Vec<When>,
    /// By column: texts that one of must be, and those that it must not be.
    allowed: BTreeMap<&'static str, Vec<Vec<String>>>,
    forbidden: BTreeMap<&'static str, Vec<String>>,
    /// Columns whose text is an attribute of the customer.
    same: Vec<(&'static str, String)>,
    person: Vec<(String, String)>,
    purchase: Vec<(String, String)>,
    /// By ladder: the rungs that may be held.
    rungs: BTreeMap<u16, Vec<bool>>,
    /// Purchases before this one, and what each must be at least.
    pub earlier: u32,
    pub earlier_least: i64,
    /// Spent before this one.
    pub spent: i64,
    /// Purchases in so many periods before, these days apart.
    streak: Vec<i64>,
    events: Vec<String>,
    signup: bool,
    referred: bool,
    days_joined: Option<i64>,
    silent: Option<i64>,
    age: Option<i64>,
    /// The least amount, as far as words of triggers say it, and the largest.
    pub least: i64,
    pub most: Option<i64>,
    /// Clauses that the day must not meet.
    avoid: Vec<When>,
    voucher: bool,
    claims: Vec<(String, crate::program::WalletId, i64)>,
    holding: Vec<(crate::program::WalletId, i64)>,
    birthday: bool,
    anniversary: bool,
    shipping: bool,
    /// Something is asked for that the builder does not understand.
    pub unknown: bool,
}

impl Wants {
    /// Whether a silence is all that lies before the purchase: whoever was away did nothing for it.
    pub fn waits_only(&self) -> bool {
        self.silent.is_some() && self.earlier == 0 && self.spent == 0 && self.streak.is_empty() && self.events.is_empty()
    }
}

/// Something that a sentence asks for.
enum Clause<'a> {
    Test(&'a Expr),
    When(&'a When),
    Scope(&'a Scope),
    Items(&'a ItemFilter),
    /// An amount that must be reached.
    Below(i64),
}

/// How alternatives are chosen.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Choice(pub usize);

/// A purchase with everything that must come before it.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub person: Person,
    /// Deeds before the purchase, in order.
    pub before: Vec<(DateTime, What)>,
    pub at: DateTime,
    pub buy: Buy,
}

impl Scene {
    /// The story that ends with the purchase.
    pub fn story(&self, amount: i64) -> Story {
        let mut deeds: Vec<Deed> = self.before.iter().map(|(at, what)| Deed { who: 0, at: *at, what: what.clone() }).collect();
        deeds.push(Deed { who: 0, at: self.at, what: What::Buy(Buy { amount, ..self.buy.clone() }) });
        Story { people: vec![self.person.clone()], deeds }
    }
}

/// The builder for a program.
pub(super) struct Builder<'a> {
    pub program: &'a Program,
    pub choice: Choice,
}

impl<'a> Builder<'a> {
    /// What rules ask for, together.
    pub fn wants(&self, rules: &[&'a Rule]) -> Wants {
        let mut wants = Wants::default();
        match &self.program.members {
            Members::BySignup => wants.signup = true,
            Members::AfterSpending(amount) => wants.spent = wants.spent.max(*amount),
            Members::AfterPurchases(n) => wants.earlier = wants.earlier.max(*n),
            Members::If(expr) => self.test(expr, false, &mut wants, 0),
            Members::Automatically => {}
        }
        for rule in rules {
            self.rule(rule, &mut wants);
        }
        wants
    }

    fn rule(&self, rule: &'a Rule, wants: &mut Wants) {
        for test in &rule.tests {
            self.test(&test.expr, false, wants, 0);
        }
        wants.whens.extend(rule.when.iter().map(|(when, _)| when.clone()));
        if let Some(scope) = &rule.scope {
            self.scope(scope, wants);
        }
        self.trigger(&rule.trigger, wants);
        // An entitlement comes from what its sentence waits for.
        let origin = self.program.rules.get(rule.id.index()).filter(|origin| origin.id == rule.id);
        match origin {
            Some(origin) if origin.trigger != rule.trigger => self.origin(&origin.trigger, wants),
            None => self.bought(rule, wants),
            _ => {}
        }
        if rule.effects.iter().any(|effect| matches!(effect, Effect::Voucher { value: Rate::Percent(_), .. }))
            && !by_purchase(&rule.trigger)
            || origin.is_some_and(|origin| {
                origin.trigger != rule.trigger
                    && origin.effects.iter().any(|effect| matches!(effect, Effect::Voucher { value: Rate::Percent(_), .. }))
            })
        {
            wants.voucher = true;
        }
    }

    /// What is bought with units first: a reward is claimed.
    fn bought(&self, rule: &Rule, wants: &mut Wants) {
        if let Some(reward) = self.program.rewards.iter().find(|reward| reward.rule.id == rule.id) {
            wants.holding.push((reward.wallet, reward.price));
            wants.claims.push((reward.name.clone(), reward.wallet, reward.price));
        }
        if let Some(exchange) = self.program.exchanges.iter().find(|exchange| exchange.rule.id == rule.id) {
            wants.holding.push((exchange.wallet, exchange.price));
        }
    }

    /// What sets a sentence off before it acts on later purchases.
    fn origin(&self, trigger: &'a Trigger, wants: &mut Wants) {
        match trigger {
            Trigger::Nth { n, counter, .. } | Trigger::EveryNth { n, counter, .. } => self.counted(*counter, *n, wants),
            Trigger::Range { from, counter, .. } => self.counted(*counter, *from, wants),
            Trigger::Spending { amount, .. } => wants.spent = wants.spent.max(*amount),
            Trigger::Streak { count, period, .. } => self.streak(*count, *period, wants, 1),
            Trigger::Event(name) => wants.events.push(name.clone()),
            Trigger::Signup => wants.signup = true,
            Trigger::Reaching(tier) => match self.threshold(*tier) {
                Some((MeasureKind::Spend | MeasureKind::GrossSpend, amount)) => wants.spent = wants.spent.max(amount),
                Some((MeasureKind::Purchases, n)) => wants.earlier = wants.earlier.max(u32::try_from(n).unwrap_or(0)),
                _ => wants.unknown = true,
            },
            Trigger::Silence { span, .. } => wants.silent = Some(days(*span)),
            Trigger::EachPurchase { .. } => wants.earlier = wants.earlier.max(1),
            _ => wants.unknown = true,
        }
    }

    /// What a tier asks for.
    pub fn threshold(&self, tier: TierId) -> Option<(&'a MeasureKind, i64)> {
        let ladder = self.program.ladders.get(tier.ladder.index())?;
        let from = ladder.rungs.get(usize::from(tier.rung))?.from?;
        Some((&self.program.measures.get(ladder.measure.index())?.kind, from))
    }

    /// Asks for the purchases that reach the tiers wanted in place of holding them; whether there are any.
    pub fn reach(&self, wants: &mut Wants) -> bool {
        let mut reached = false;
        for (ladder, rungs) in std::mem::take(&mut wants.rungs) {
            let lowest = rungs.iter().position(|held| *held).and_then(|rung| u8::try_from(rung).ok()).unwrap_or(0);
            let tier = TierId { ladder: LadderId(ladder), rung: lowest };
            match self.threshold(tier).filter(|_| lowest > 0) {
                Some((MeasureKind::Spend | MeasureKind::GrossSpend, amount)) => wants.spent = wants.spent.max(amount),
                Some((MeasureKind::Purchases, n)) => wants.earlier = wants.earlier.max(u32::try_from(n).unwrap_or(u32::MAX)),
                _ => {
                    wants.rungs.insert(ladder, rungs);
                    continue;
                }
            }
            reached = true;
        }
        reached
    }

    fn trigger(&self, trigger: &'a Trigger, wants: &mut Wants) {
        match trigger {
            Trigger::EachPurchase { filter } | Trigger::Referral(filter) => self.filter(filter, wants),
            Trigger::Nth { after, n, counter } => {
                self.counter_filter(*counter, wants);
                self.counted(*counter, if *after { *n } else { n.saturating_sub(1) }, wants);
            }
            Trigger::EveryNth { after, n, counter } => {
                self.counter_filter(*counter, wants);
                self.counted(*counter, if *after { *n } else { n.saturating_sub(1) }, wants);
            }
            Trigger::Range { from, counter, .. } => {
                self.counter_filter(*counter, wants);
                self.counted(*counter, from.saturating_sub(1), wants);
            }
            Trigger::Streak { count, period, filter } => {
                self.filter(filter, wants);
                self.streak(*count, *period, wants, 0);
            }
            Trigger::Spending { measure, .. } => self.counter_filter(*measure, wants),
            Trigger::Birthday => wants.whens.push(When::Birthday),
            Trigger::Anniversary => wants.whens.push(When::Anniversary),
            Trigger::Date(date) => wants.whens.push(When::OnDate(*date)),
            Trigger::YearDay(month, day) => wants.whens.push(When::OnYearDay(*month, *day)),
            Trigger::DayOfMonth(day) => wants.whens.push(When::OnDayOfMonth(*day)),
            _ => {}
        }
    }

    fn streak(&self, count: u32, period: crate::program::Period, wants: &mut Wants, more: i64) {
        use crate::program::Period;
        let step = match period {
            Period::Day => 1,
            Period::Week => 7,
            Period::Month => 30,
            Period::Quarter => 91,
            Period::Year | Period::MembershipYear => 365,
        };
        let from = i64::from(count).saturating_sub(1).saturating_add(more);
        wants.streak = (1..=from).rev().map(|n| n.saturating_mul(step)).collect();
    }

    fn counted(&self, counter: MeasureId, n: u32, wants: &mut Wants) {
        wants.earlier = wants.earlier.max(n);
        let over = self.program.measures.get(counter.index()).into_iter().flat_map(|measure| &measure.filter.over);
        for over in over {
            wants.earlier_least = wants.earlier_least.max(over.amount.saturating_add(i64::from(!over.inclusive)));
        }
    }

    fn counter_filter(&self, counter: MeasureId, wants: &mut Wants) {
        if let Some(measure) = self.program.measures.get(counter.index()) {
            self.filter(&measure.filter, wants);
        }
    }

    fn filter(&self, filter: &'a PurchaseFilter, wants: &mut Wants) {
        if let Some(items) = &filter.items {
            self.items(items, false, wants, 0);
        }
        for place in &filter.places {
            self.test(place, false, wants, 0);
        }
        for over in &filter.over {
            wants.least = wants.least.max(over.amount.saturating_add(i64::from(!over.inclusive)));
        }
    }

    fn scope(&self, scope: &'a Scope, wants: &mut Wants) {
        match scope {
            Scope::Items(filter)
            | Scope::Cheapest(Some(filter))
            | Scope::EveryNth(_, Some(filter))
            | Scope::Groups(_, Some(filter))
            | Scope::TopCategory(_, Some(filter)) => {
                self.items(filter, false, wants, 0);
            }
            Scope::Excluding(filter) => self.items(filter, true, wants, 0),
            Scope::Shipping => wants.shipping = true,
            Scope::TopCategory(_, None) => {
                wants.allowed.entry("category").or_default();
            }
            Scope::Cheapest(None) | Scope::EveryNth(_, None) | Scope::Groups(_, None) => {}
        }
    }

    fn texts(&self, set: &[crate::program::TextId]) -> Vec<String> {
        set.iter().filter_map(|id| self.program.texts.get(id.index())).cloned().collect()
    }

    fn words(&self, column: &'static str, set: &[crate::program::TextId], negated: bool, wants: &mut Wants) {
        let texts = self.texts(set);
        if negated {
            wants.forbidden.entry(column).or_default().extend(texts);
        } else {
            wants.allowed.entry(column).or_default().push(texts);
        }
    }

    fn items(&self, filter: &'a ItemFilter, negated: bool, wants: &mut Wants, depth: u8) {
        match filter {
            ItemFilter::Category(set) => self.words("category", set, negated, wants),
            ItemFilter::Brand(set) => self.words("brand", set, negated, wants),
            ItemFilter::Product(set) => self.words("product", set, negated, wants),
            ItemFilter::If(expr) => self.test(expr, negated, wants, depth),
            // Invented items come without reductions.
            ItemFilter::NotReduced => {}
            ItemFilter::Not(inner) => self.items(inner, !negated, wants, depth.saturating_add(1)),
            ItemFilter::All(list) => {
                // Of a denied list one part fails.
                let some =
                    if negated { list.get(self.choice.0.checked_rem(list.len().max(1)).unwrap_or(0)..).unwrap_or(&[]) } else { list };
                let count = if negated { 1 } else { list.len() };
                for part in some.iter().take(count) {
                    self.items(part, negated, wants, depth.saturating_add(1));
                }
            }
        }
    }

    pub fn test(&self, expr: &'a Expr, negated: bool, wants: &mut Wants, depth: u8) {
        if depth > 16 {
            return;
        }
        let next = depth.saturating_add(1);
        match expr {
            Expr::Not(inner) => self.test(inner, !negated, wants, next),
            Expr::And(list) | Expr::Or(list) => {
                if matches!(expr, Expr::And(_)) != negated {
                    list.iter().for_each(|part| self.test(part, negated, wants, next));
                } else if let Some(one) = list.get(self.choice.0.checked_rem(list.len().max(1)).unwrap_or(0)) {
                    self.test(one, negated, wants, next);
                }
            }
            Expr::InSegment(id) => {
                if let Some(segment) = self.program.segments.get(id.index()) {
                    self.test(&segment.condition, negated, wants, next);
                }
            }
            Expr::BasketHas(filter) => self.items(filter, negated, wants, next),
            Expr::Fact(Fact::Referred) => wants.referred |= !negated,
            Expr::YesNo(_) => {}
            Expr::Compare { left, op, right } => self.compare(left, *op, right, negated, wants),
            _ => wants.unknown |= !negated,
        }
    }

    fn compare(&self, left: &'a Expr, op: CmpOp, right: &'a Expr, negated: bool, wants: &mut Wants) {
        let holds = (op == CmpOp::IsNot) == negated;
        match (left, right) {
            (Expr::Fact(fact), Expr::Texts(set)) if column(*fact).is_some() => {
                self.words(column(*fact).unwrap_or(""), set, !holds, wants);
            }
            (Expr::Fact(fact), Expr::Attribute { of: AttributeOf::Customer, attribute, .. }) if column(*fact).is_some() => {
                let name = self.program.attributes.get(attribute.index()).map(|attribute| attribute.name.clone());
                match (name, holds) {
                    (Some(name), true) => wants.same.push((column(*fact).unwrap_or(""), name)),
                    (Some(name), false) => wants.person.push((name, "something else".to_owned())),
                    _ => {}
                }
            }
            // Which of the two stands first says nothing.
            (Expr::Attribute { of: AttributeOf::Customer, .. }, Expr::Fact(fact)) if column(*fact).is_some() => {
                self.compare(right, op, left, negated, wants);
            }
            (Expr::Attribute { of, attribute, .. }, value) => self.attribute(*of, attribute.index(), (op, value), negated, wants),
            (Expr::TierOf(ladder), Expr::Tier(tier)) => self.tier(*ladder, op, tier.rung, negated, wants),
            (Expr::Fact(Fact::Weekday), Expr::Weekday(day)) => {
                let bit = 1_u8.checked_shl(u32::from(*day)).unwrap_or(0);
                wants.whens.push(When::Weekdays(if holds { bit } else { !bit & 0x7f }));
            }
            (Expr::Fact(Fact::Date), Expr::Date(date)) => wants.whens.push(match (op, negated) {
                (CmpOp::AtLeast | CmpOp::Over, false) | (CmpOp::Under | CmpOp::AtMost, true) => When::From(date.plus_days(1)),
                (CmpOp::Is, false) => When::OnDate(*date),
                _ => When::Until(date.plus_days(-1)),
            }),
            (Expr::Fact(Fact::Joined), Expr::Date(date)) => {
                let before = matches!((op, negated), (CmpOp::Under | CmpOp::AtMost, false) | (CmpOp::AtLeast | CmpOp::Over, true));
                wants.whens.push(When::From(*date));
                wants.days_joined = Some(if before { -i64::from(date.0).saturating_sub(1) } else { 0 });
            }
            (of, value) => self.number(of, op, value, negated, wants),
        }
    }

    fn attribute(&self, of: AttributeOf, at: usize, (op, value): (CmpOp, &Expr), negated: bool, wants: &mut Wants) {
        let Some(name) = self.program.attributes.get(at).map(|attribute| attribute.name.clone()) else { return };
        let holds = (op == CmpOp::IsNot) == negated;
        let text = match value {
            Expr::Texts(set) if holds => self.texts(set).into_iter().nth(self.choice.0.min(set.len().saturating_sub(1))),
            Expr::Texts(_) => Some("something else".to_owned()),
            Expr::YesNo(yes) => Some(if *yes == holds { "yes" } else { "no" }.to_owned()),
            Expr::Date(date) => Some(date.to_string()),
            other => crate::check::exposure::folded(other).and_then(|number| {
                let less = matches!((op, negated), (CmpOp::Under, false) | (CmpOp::AtLeast, true));
                let more = matches!((op, negated), (CmpOp::Over, false) | (CmpOp::AtMost, true));
                let whole = i64::try_from(number.floor()).ok()?;
                Some(whole.saturating_add(i64::from(more)).saturating_sub(i64::from(less)).to_string())
            }),
        };
        match (text, of) {
            (Some(text), AttributeOf::Customer) => wants.person.push((name, text)),
            (Some(text), AttributeOf::Purchase) => wants.purchase.push((name, text)),
            _ => wants.unknown = true,
        }
    }

    fn tier(&self, ladder: LadderId, op: CmpOp, wanted: u8, negated: bool, wants: &mut Wants) {
        let Some(rungs) = self.program.ladders.get(ladder.index()).map(|ladder| ladder.rungs.len()) else { return };
        let own = wants.rungs.entry(ladder.0).or_insert_with(|| vec![true; rungs]);
        for (rung, held) in (0_u8..).zip(own) {
            let holds = match op {
                CmpOp::Is => rung == wanted,
                CmpOp::IsNot => rung != wanted,
                CmpOp::Over => rung > wanted,
                CmpOp::Under => rung < wanted,
                CmpOp::AtLeast => rung >= wanted,
                CmpOp::AtMost => rung <= wanted,
            };
            *held &= holds != negated;
        }
    }

    fn number(&self, of: &Expr, op: CmpOp, value: &Expr, negated: bool, wants: &mut Wants) {
        let Some(value) = crate::check::exposure::folded(value) else {
            wants.unknown = true;
            return;
        };
        let least = match (op, negated) {
            (CmpOp::AtLeast | CmpOp::Is, false) | (CmpOp::Under, true) => Some(round_up(value)),
            (CmpOp::Over, false) | (CmpOp::AtMost, true) => i64::try_from(value.floor()).ok().map(|floor| floor.saturating_add(1)),
            _ => None,
        };
        let most = match (op, negated) {
            (CmpOp::Under, false) | (CmpOp::AtLeast, true) => Some(round_up(value).saturating_sub(1)),
            (CmpOp::AtMost, false) | (CmpOp::Over, true) => i64::try_from(value.floor()).ok(),
            _ => None,
        };
        match of {
            Expr::Fact(Fact::Amount | Fact::NetAmount) => {
                wants.least = wants.least.max(least.unwrap_or(0));
                wants.most = wants.most.into_iter().chain(most).min();
            }
            Expr::AmountOf(filter) => {
                self.items_owned(filter, wants);
                wants.least = wants.least.max(least.unwrap_or(0));
            }
            Expr::Fact(Fact::PurchaseNumber) => {
                wants.earlier = wants.earlier.max(least.and_then(|n| u32::try_from(n.saturating_sub(1)).ok()).unwrap_or(0));
            }
            Expr::Fact(Fact::DaysSinceJoining) => wants.days_joined = least.or(most.map(|_| 0)),
            Expr::Fact(Fact::DaysSinceLastPurchase) => wants.silent = least.or(Some(0)),
            Expr::Fact(Fact::Age) => wants.age = least.or(most),
            Expr::Fact(Fact::Shipping) => wants.shipping |= least.is_some_and(|least| least > 0),
            Expr::Fact(Fact::Price | Fact::ItemDiscount | Fact::Quantity | Fact::ItemCount | Fact::ProductCount) => {}
            Expr::QuantityOf(filter) => self.items_owned(filter, wants),
            Expr::Measure(id) => self.measured(*id, least.unwrap_or(0), wants),
            _ => wants.unknown |= least.is_some(),
        }
    }

    fn items_owned(&self, filter: &ItemFilter, wants: &mut Wants) {
        match filter {
            ItemFilter::Category(set) => self.words("category", set, false, wants),
            ItemFilter::Brand(set) => self.words("brand", set, false, wants),
            ItemFilter::Product(set) => self.words("product", set, false, wants),
            _ => {}
        }
    }

    fn measured(&self, id: MeasureId, least: i64, wants: &mut Wants) {
        let Some(measure) = self.program.measures.get(id.index()) else { return };
        if least <= 0 {
            return;
        }
        match &measure.kind {
            MeasureKind::Spend | MeasureKind::GrossSpend => wants.spent = wants.spent.max(least),
            MeasureKind::Purchases | MeasureKind::DaysWithPurchase | MeasureKind::Items => {
                wants.earlier = wants.earlier.max(u32::try_from(least).unwrap_or(u32::MAX));
            }
            MeasureKind::Events(name) => (0..least.min(5)).for_each(|_| wants.events.push(name.clone())),
            MeasureKind::Balance(wallet) => wants.holding.push((*wallet, least)),
            _ => wants.unknown = true,
        }
        if matches!(measure.window, Window::Previous(_) | Window::SinceReaching(_)) {
            wants.unknown = true;
        }
    }

    /// Denies a clause of a sentence, by its place among them; whether there is one.
    pub fn avoid(&self, rule: &'a Rule, nth: usize, wants: &mut Wants) -> bool {
        let filter = match &rule.trigger {
            Trigger::EachPurchase { filter } | Trigger::Streak { filter, .. } => Some(filter),
            Trigger::Nth { counter, .. }
            | Trigger::EveryNth { counter, .. }
            | Trigger::Range { counter, .. }
            | Trigger::Spending { measure: counter, .. } => self.program.measures.get(counter.index()).map(|measure| &measure.filter),
            _ => None,
        };
        let tests = rule.tests.iter().map(|test| Clause::Test(&test.expr)).chain(rule.when.iter().map(|(when, _)| Clause::When(when)));
        let words = filter.into_iter().flat_map(|filter| {
            let places = filter.places.iter().map(Clause::Test);
            places
                .chain(filter.items.as_ref().map(Clause::Items))
                .chain(
                    filter.over.iter().map(|over| Clause::Below(if over.inclusive { over.amount } else { over.amount.saturating_add(1) })),
                )
                .collect::<Vec<_>>()
        });
        let Some(clause) = tests.chain(rule.scope.as_ref().map(Clause::Scope)).chain(words).nth(nth) else { return false };
        match clause {
            Clause::Test(expr) => self.test(expr, true, wants, 0),
            Clause::Items(items) | Clause::Scope(Scope::Items(items)) => self.items(items, true, wants, 0),
            Clause::Scope(Scope::Excluding(items)) => self.items(items, false, wants, 0),
            Clause::Below(amount) => wants.most = wants.most.into_iter().chain([amount.saturating_sub(1)]).min(),
            // Nobody has a birthday unless a sentence asks for it.
            Clause::When(When::Birthday | When::BirthdayMonth | When::AroundBirthday { .. }) => {}
            Clause::When(
                when @ (When::Weekdays(_)
                | When::From(_)
                | When::Until(_)
                | When::During(_)
                | When::Months(_)
                | When::OnDate(_)
                | When::OnYearDay(..)
                | When::OnDayOfMonth(_)),
            ) => wants.avoid.push(when.clone()),
            Clause::When(_) | Clause::Scope(_) => wants.unknown = true,
        }
        true
    }

    /// A customer and a purchase that have what is wanted; `None` where the builder finds none.
    pub fn scene(&self, wants: &Wants) -> Option<Scene> {
        let mut wants = wants.clone();
        if wants.earlier > 400 {
            return None;
        }
        for when in wants.whens.clone() {
            match when {
                When::Birthday | When::BirthdayMonth | When::AroundBirthday { .. } => wants.birthday = true,
                When::Anniversary | When::AroundAnniversary { .. } => wants.anniversary = true,
                When::AnyOf(list) if list.iter().any(|one| matches!(one, When::BirthdayMonth | When::Birthday)) => wants.birthday = true,
                _ => {}
            }
        }
        let day = self.day(&wants)?;
        let time = wants.whens.iter().find_map(|when| if let When::Between(from, _) = when { Some(*from) } else { None });
        let at = DateTime::new(day, time.unwrap_or(TimeOfDay(0)));
        let mut buy = Buy::default();
        for column in ["category", "brand", "product", "channel", "store", "payment", "partner", "coupon"] {
            if let Some(text) = self.text_for(&wants, column)? {
                buy.words.push((column, text));
            }
        }
        let mut person = Person { name: "ann", attributes: wants.person.clone(), holding: wants.holding.clone(), ..Person::default() };
        for (column, attribute) in &wants.same {
            let text = buy.words.iter().find(|(known, _)| known == column).map(|(_, text)| text.clone());
            person.attributes.retain(|(name, _)| name != attribute);
            person.attributes.push((attribute.clone(), text?));
        }
        person.attributes.sort();
        person.attributes.dedup_by(|a, b| a.0 == b.0);
        buy.attributes.clone_from(&wants.purchase);
        if wants.shipping {
            buy.shipping = 500;
        }
        if wants.birthday {
            let (_, month, of) = day.ymd();
            let years = wants.age.unwrap_or(35);
            let year = day.ymd().0.saturating_sub(i32::try_from(years).unwrap_or(35));
            person.born = Date::from_ymd(year, month, of).or_else(|| Date::from_ymd(year, month, 28));
        } else if let Some(age) = wants.age {
            let (year, month, of) = day.ymd();
            person.born = Date::from_ymd(year.saturating_sub(i32::try_from(age).unwrap_or(35)), month, of.min(28));
        }
        for (ladder, rungs) in &wants.rungs {
            // The second choice is the lowest that may be.
            let rung = if self.choice.0 == 1 { rungs.iter().position(|held| *held) } else { rungs.iter().rposition(|held| *held) }?;
            if rung > 0 {
                person.tiers.push(TierId { ladder: LadderId(*ladder), rung: u8::try_from(rung).ok()? });
            }
        }
        person.joined = self.joined(&wants, day);
        buy.voucher = wants.voucher;
        let before = self.before(&wants, &buy, at);
        Some(Scene { person, before, at, buy })
    }

    fn joined(&self, wants: &Wants, day: Date) -> Option<Date> {
        match wants.days_joined {
            // A date is kept as its number below zero.
            Some(days) if days < 0 => Some(Date(i32::try_from(days.saturating_neg().saturating_sub(1)).unwrap_or(0))),
            Some(days) => Some(day.plus_days(days.saturating_neg())),
            None if wants.anniversary => Some(day.plus_months(-12)),
            None if wants.silent.is_some() || !wants.streak.is_empty() || wants.birthday => Some(day.plus_days(-400)),
            None => None,
        }
    }

    fn before(&self, wants: &Wants, buy: &Buy, at: DateTime) -> Vec<(DateTime, What)> {
        let mut out: Vec<(DateTime, What)> = Vec::new();
        let day = at.date();
        let early = DateTime::new(day.plus_days(wants.silent.map_or(0, i64::saturating_neg)), TimeOfDay(0));
        let usual = Buy { amount: wants.earlier_least.max(100), voucher: false, ..buy.clone() };
        for ago in &wants.streak {
            out.push((
                day.plus_days(ago.saturating_neg()).midnight(),
                What::Buy(Buy { amount: usual.amount.max(wants.least), ..usual.clone() }),
            ));
        }
        if wants.signup {
            out.push((early, What::Signup));
        }
        let mut left = wants.spent;
        for _ in 0..wants.earlier {
            let amount = if left > 0 { left.max(usual.amount) } else { usual.amount };
            left = 0;
            out.push((early, What::Buy(Buy { amount, ..usual.clone() })));
        }
        if left > 0 {
            out.push((early, What::Buy(Buy { amount: left, ..usual.clone() })));
        } else if wants.silent.is_some_and(|days| days > 0) && wants.earlier == 0 {
            out.push((early, What::Buy(usual)));
        }
        for name in &wants.events {
            out.push((day.midnight(), What::Event { name: name.clone(), value: String::new() }));
        }
        for (name, ..) in &wants.claims {
            out.push((day.midnight(), What::Claim(name.clone())));
        }
        out.sort_by_key(|(at, _)| *at);
        out
    }

    /// A day on which everything may be; near the beginning of 2025 if the program says nothing else.
    fn day(&self, wants: &Wants) -> Option<Date> {
        let usual = Date::from_ymd(2025, 3, 3)?;
        let starts = self.program.starts.unwrap_or(usual);
        let base = if self.program.ends.is_some_and(|ends| ends < usual) { starts } else { usual.max(starts) };
        let room = i64::try_from(wants.streak.len()).unwrap_or(0).saturating_mul(31).saturating_add(wants.silent.unwrap_or(0)).min(400);
        let base = if self.program.starts.is_some() { base.plus_days(room) } else { base };
        let lives = |day: Date| self.program.starts.is_none_or(|starts| day >= starts) && self.program.ends.is_none_or(|ends| day <= ends);
        let holds = |day: Date| {
            lives(day)
                && wants.whens.iter().all(|when| meets_day(self.program, when, day))
                && !wants.avoid.iter().any(|when| meets_day(self.program, when, day))
        };
        let ahead = (0..1500).map(|n| base.plus_days(n)).find(|day| holds(*day));
        ahead
            .or_else(|| (1..9000).map(|n| base.plus_days(-n)).find(|day| holds(*day)))
            .or_else(|| (1500..9000).map(|n| base.plus_days(n)).find(|day| holds(*day)))
    }

    /// The text of a column: `Some(None)` where none is asked for, `None` where none can be.
    fn text_for(&self, wants: &Wants, column: &'static str) -> Option<Option<String>> {
        let forbidden = wants.forbidden.get(column);
        let free = |text: &String| !forbidden.is_some_and(|list| list.iter().any(|other| other.eq_ignore_ascii_case(text)));
        let Some(sets) = wants.allowed.get(column) else {
            let asked = wants.same.iter().any(|(known, _)| *known == column);
            return Some(
                (asked || forbidden.is_some() && self.choice.0 > 0 && matches!(column, "category" | "brand" | "product"))
                    .then(|| "other things".to_owned()),
            );
        };
        let Some((first, rest)) = sets.split_first() else { return Some(Some("goods".to_owned())) };
        let fits: Vec<&String> = first.iter().filter(|text| free(text) && rest.iter().all(|set| set.contains(text))).collect();
        let at = self.choice.0.min(fits.len().saturating_sub(1));
        fits.get(at).map(|text| Some((*text).clone()))
    }
}

fn column(fact: Fact) -> Option<&'static str> {
    Some(match fact {
        Fact::Channel => "channel",
        Fact::Store => "store",
        Fact::Payment => "payment",
        Fact::Partner => "partner",
        Fact::Coupon => "coupon",
        Fact::Category => "category",
        Fact::Brand => "brand",
        Fact::Product => "product",
        _ => return None,
    })
}

fn round_up(value: Exact) -> i64 {
    let floor = i64::try_from(value.floor()).unwrap_or(i64::MAX);
    if value.denominator() == 1 { floor } else { floor.saturating_add(1) }
}

fn days(span: crate::program::CivilSpan) -> i64 {
    match span {
        crate::program::CivilSpan::Hours(n) => i64::from(n).div_euclid(24).saturating_add(1),
        crate::program::CivilSpan::Days(n) => i64::from(n),
        crate::program::CivilSpan::Months(n) => i64::from(n).saturating_mul(31),
    }
}
