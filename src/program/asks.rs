//! What a program asks of its data: readers leave other columns undecoded, and reports say what a history does not hold.

use super::{
    AttributeId, Effect, Expr, Fact, Gate, ItemFilter, MeasureId, MeasureKind, Members, Program, PurchaseFilter, Rates, Rule, Scope,
    SegmentId, Test, Trigger, Type, When, fact_info,
};
use crate::span::Span;
use std::collections::BTreeSet;

/// Something that data may hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ask {
    /// A standard text column of purchases or their lines.
    Column(&'static str),
    Attribute(AttributeId),
    /// Dates of birth.
    Born,
    /// Who referred whom.
    Referrals,
    /// Events of a name.
    Event(String),
}

/// The standard columns that a program looks at.
#[must_use]
pub fn columns(program: &Program) -> BTreeSet<&'static str> {
    let mut asks = Asks::new(program);
    asks.program();
    let columns = asks.found.into_iter().filter_map(|ask| if let Ask::Column(name) = ask { Some(name) } else { None });
    columns.collect()
}

/// What each sentence that gives something or lets pay asks for, and where it stands.
#[must_use]
pub fn by_sentence(program: &Program) -> Vec<(Span, BTreeSet<Ask>)> {
    let mut all = Vec::new();
    let mut of = |span: Span, ask: &dyn Fn(&mut Asks)| {
        let mut asks = Asks::new(program);
        ask(&mut asks);
        all.push((span, asks.found));
    };
    let inner = program.exchanges.iter().map(|exchange| &*exchange.rule).chain(program.rewards.iter().map(|reward| &*reward.rule));
    program.rules.iter().chain(inner).for_each(|rule| of(rule.span, &|asks| asks.rule(rule)));
    program.redeems.iter().for_each(|redeem| of(redeem.span, &|asks| asks.redeem(redeem)));
    all
}

struct Asks<'a> {
    program: &'a Program,
    found: BTreeSet<Ask>,
    /// Looked at already.
    segments: BTreeSet<SegmentId>,
    measures: BTreeSet<MeasureId>,
}

impl<'a> Asks<'a> {
    fn new(program: &'a Program) -> Self {
        Self { program, found: BTreeSet::new(), segments: BTreeSet::new(), measures: BTreeSet::new() }
    }

    fn ask(&mut self, ask: Ask) {
        self.found.insert(ask);
    }

    fn column(&mut self, name: &'static str) {
        self.ask(Ask::Column(name));
    }

    fn program(&mut self) {
        let program = self.program;
        if let Members::If(expr) = &program.members {
            self.expr(expr);
        }
        (0..program.measures.len()).for_each(|index| self.measure(MeasureId(u16::try_from(index).unwrap_or(u16::MAX))));
        program.wallets.iter().for_each(|wallet| self.purchases(&wallet.activity));
        program.segments.iter().for_each(|segment| self.expr(&segment.condition));
        program.rules.iter().for_each(|rule| self.rule(rule));
        program.exchanges.iter().for_each(|exchange| self.rule(&exchange.rule));
        program.rewards.iter().for_each(|reward| self.rule(&reward.rule));
        program.redeems.iter().for_each(|redeem| self.redeem(redeem));
        program.voucher_values.iter().for_each(|voucher| self.tests(&voucher.tests));
        program.floor.iter().for_each(|floor| self.expr(floor));
        if !program.price_lists.is_empty() {
            self.column("product");
        }
    }

    fn redeem(&mut self, redeem: &super::Redeem) {
        redeem.items.iter().for_each(|filter| self.items(filter));
        self.tests(&redeem.tests);
    }

    fn measure(&mut self, id: MeasureId) {
        let Some(measure) = self.program.measures.get(id.index()).filter(|_| self.measures.insert(id)) else { return };
        self.purchases(&measure.filter);
        match &measure.kind {
            MeasureKind::Events(name) => self.ask(Ask::Event(name.clone())),
            MeasureKind::Referrals => self.ask(Ask::Referrals),
            MeasureKind::Different(fact) => self.fact(*fact),
            MeasureKind::Spend
            | MeasureKind::GrossSpend
            | MeasureKind::Purchases
            | MeasureKind::Items
            | MeasureKind::Quantity
            | MeasureKind::DaysWithPurchase
            | MeasureKind::Earned(_)
            | MeasureKind::Confirmed(_)
            | MeasureKind::Spent(_)
            | MeasureKind::Balance(_) => {}
        }
    }

    fn when(&mut self, when: &When) {
        match when {
            When::Birthday | When::BirthdayMonth | When::AroundBirthday { .. } => self.ask(Ask::Born),
            When::AnyOf(all) => all.iter().for_each(|one| self.when(one)),
            _ => {}
        }
    }

    fn rule(&mut self, rule: &Rule) {
        self.tests(&rule.tests);
        match &rule.trigger {
            Trigger::EachPurchase { filter } | Trigger::Streak { filter, .. } | Trigger::Silence { filter, .. } => self.purchases(filter),
            Trigger::Nth { counter, .. } | Trigger::EveryNth { counter, .. } | Trigger::Range { counter, .. } => self.measure(*counter),
            Trigger::Spending { measure, .. } => self.measure(*measure),
            Trigger::Birthday => self.ask(Ask::Born),
            Trigger::Referral(filter) => {
                self.ask(Ask::Referrals);
                self.purchases(filter);
            }
            Trigger::Event(name) => self.ask(Ask::Event(name.clone())),
            _ => {}
        }
        rule.when.iter().for_each(|(when, _)| self.when(when));
        match &rule.scope {
            Some(Scope::Items(filter) | Scope::Excluding(filter)) => self.items(filter),
            Some(Scope::Cheapest(filter) | Scope::EveryNth(_, filter) | Scope::Groups(_, filter)) => {
                filter.iter().for_each(|filter| self.items(filter))
            }
            Some(Scope::TopCategory(_, filter)) => {
                self.column("category");
                filter.iter().for_each(|filter| self.items(filter));
            }
            Some(Scope::Shipping) | None => {}
        }
        rule.effects.iter().for_each(|effect| self.effect(effect));
        for gate in &rule.gates {
            if let Gate::Row { test, .. } = gate {
                self.expr(test);
            }
        }
    }

    fn effect(&mut self, effect: &Effect) {
        match effect {
            Effect::Discount(rates) | Effect::Earn { rates, .. } => {
                if let Rates::Table(table) = rates {
                    table.key.exprs().into_iter().for_each(|expr| self.expr(expr));
                }
            }
            Effect::Grant { amount, .. } | Effect::GrantFriend { amount, .. } | Effect::Entries { count: amount, .. } => self.expr(amount),
            Effect::Voucher { filter, .. } => self.purchases(filter),
            Effect::Multiply { .. }
            | Effect::PriceList(_)
            | Effect::Price(_)
            | Effect::FreeShipping
            | Effect::Gift { .. }
            | Effect::EarnEntries { .. }
            | Effect::Access { .. }
            | Effect::MoveTo(_)
            | Effect::Set { .. }
            | Effect::Notify { .. }
            | Effect::Charge(_)
            | Effect::PayOut(_)
            | Effect::Donate { .. } => {}
        }
    }

    fn tests(&mut self, tests: &[Test]) {
        tests.iter().for_each(|test| self.expr(&test.expr));
    }

    fn purchases(&mut self, filter: &PurchaseFilter) {
        filter.items.iter().for_each(|filter| self.items(filter));
        filter.places.iter().for_each(|place| self.expr(place));
    }

    fn items(&mut self, filter: &ItemFilter) {
        match filter {
            ItemFilter::Category(_) => self.column("category"),
            ItemFilter::Brand(_) => self.column("brand"),
            ItemFilter::Product(_) => self.column("product"),
            ItemFilter::If(expr) => self.expr(expr),
            ItemFilter::NotReduced => {}
            ItemFilter::Not(filter) => self.items(filter),
            ItemFilter::All(filters) => filters.iter().for_each(|filter| self.items(filter)),
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Fact(fact) => self.fact(*fact),
            Expr::QuantityOf(filter) | Expr::AmountOf(filter) | Expr::NetAmountOf(filter) | Expr::BasketHas(filter) => self.items(filter),
            Expr::Not(inner) | Expr::Negate(inner) | Expr::Round { value: inner, .. } => self.expr(inner),
            Expr::And(all) | Expr::Or(all) | Expr::Min(all) | Expr::Max(all) => all.iter().for_each(|inner| self.expr(inner)),
            Expr::Compare { left, right, .. }
            | Expr::Add(left, right)
            | Expr::Subtract(left, right)
            | Expr::Multiply(left, right)
            | Expr::Divide(left, right) => {
                self.expr(left);
                self.expr(right);
            }
            Expr::Choose { rows, otherwise } => {
                rows.iter().for_each(|(test, value)| {
                    self.expr(test);
                    self.expr(value);
                });
                otherwise.iter().for_each(|value| self.expr(value));
            }
            Expr::Number(_)
            | Expr::Texts(_)
            | Expr::Date(_)
            | Expr::Time(_)
            | Expr::Weekday(_)
            | Expr::YesNo(_)
            | Expr::Tier(_)
            | Expr::TierOf(_) => {}
            Expr::Measure(id) => self.measure(*id),
            Expr::Attribute { attribute, .. } => self.ask(Ask::Attribute(*attribute)),
            Expr::InSegment(id) => {
                if let Some(segment) = self.program.segments.get(id.index()).filter(|_| self.segments.insert(*id)) {
                    self.expr(&segment.condition);
                }
            }
        }
    }

    /// Facts that are texts stand in columns of their names.
    fn fact(&mut self, fact: Fact) {
        let column = match fact {
            Fact::Age | Fact::Birthday => return self.ask(Ask::Born),
            Fact::Referred => return self.ask(Ask::Referrals),
            Fact::ProductCount => "product",
            _ => match fact_info(fact) {
                Some(info) if info.kind == Type::Text => info.words,
                _ => return,
            },
        };
        self.column(column);
    }
}
