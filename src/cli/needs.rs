//! What a program looks at in a history: readers leave the other columns undecoded.

use crate::history::model::Needs;
use crate::program::{
    Effect, Expr, Fact, ItemFilter, MeasureKind, Members, Program, PurchaseFilter, Rates, Rule, Scope, TableKey, Test, Trigger, Type,
    fact_info,
};
use std::collections::BTreeSet;

/// The needs of a program; `ids` if purchases are to be named in a ledger.
pub(super) fn of(program: &Program, ids: bool) -> Needs {
    // Tax and shipping change what item lines add up to, whatever the rules ask for.
    let mut columns = Columns(BTreeSet::from(["tax", "shipping"]));
    columns.program(program);
    let attributes = program.attributes.iter().map(|attribute| (Needs::owner(attribute.of), attribute.name.to_lowercase())).collect();
    Needs { columns: columns.0, attributes, items: true, ids }
}

struct Columns(BTreeSet<&'static str>);

impl Columns {
    fn program(&mut self, program: &Program) {
        if let Members::If(expr) = &program.members {
            self.expr(expr);
        }
        for measure in &program.measures {
            self.purchases(&measure.filter);
            match &measure.kind {
                MeasureKind::Spend
                | MeasureKind::GrossSpend
                | MeasureKind::Purchases
                | MeasureKind::Items
                | MeasureKind::DaysWithPurchase
                | MeasureKind::Earned(_)
                | MeasureKind::Spent(_)
                | MeasureKind::Events(_)
                | MeasureKind::Referrals
                | MeasureKind::Balance(_) => {}
            }
        }
        program.segments.iter().for_each(|segment| self.expr(&segment.condition));
        program.rules.iter().for_each(|rule| self.rule(rule));
        program.exchanges.iter().for_each(|exchange| self.rule(&exchange.rule));
        program.rewards.iter().for_each(|reward| self.rule(&reward.rule));
        for redeem in &program.redeems {
            redeem.items.iter().for_each(|filter| self.items(filter));
            self.tests(&redeem.tests);
        }
        program.voucher_values.iter().for_each(|voucher| self.tests(&voucher.tests));
        if !program.price_lists.is_empty() {
            self.0.insert("product");
        }
    }

    fn rule(&mut self, rule: &Rule) {
        self.tests(&rule.tests);
        match &rule.trigger {
            Trigger::EachPurchase { filter } | Trigger::Streak { filter, .. } | Trigger::Silence { filter, .. } => self.purchases(filter),
            // The counters of the others are measures of the program.
            _ => {}
        }
        match &rule.scope {
            Some(Scope::Items(filter) | Scope::Excluding(filter)) => self.items(filter),
            Some(Scope::Cheapest(filter) | Scope::EveryNth(_, filter)) => filter.iter().for_each(|filter| self.items(filter)),
            Some(Scope::TopCategory(_, filter)) => {
                self.0.insert("category");
                filter.iter().for_each(|filter| self.items(filter));
            }
            Some(Scope::Shipping) | None => {}
        }
        rule.effects.iter().for_each(|effect| self.effect(effect));
    }

    fn effect(&mut self, effect: &Effect) {
        match effect {
            Effect::Discount(rates) | Effect::Earn { rates, .. } => {
                if let Rates::Table(table) = rates
                    && let TableKey::Value(expr) = &table.key
                {
                    self.expr(expr);
                }
            }
            Effect::Grant { amount, .. } | Effect::GrantFriend { amount, .. } | Effect::Entries { count: amount, .. } => self.expr(amount),
            Effect::Voucher { filter, .. } => self.purchases(filter),
            Effect::Multiply { .. }
            | Effect::PriceList(_)
            | Effect::FreeShipping
            | Effect::Gift { .. }
            | Effect::EarnEntries { .. }
            | Effect::Access { .. }
            | Effect::MoveTo(_)
            | Effect::Notify { .. }
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
            ItemFilter::Category(_) => drop(self.0.insert("category")),
            ItemFilter::Brand(_) => drop(self.0.insert("brand")),
            ItemFilter::Product(_) => drop(self.0.insert("product")),
            ItemFilter::If(expr) => self.expr(expr),
            ItemFilter::Not(filter) => self.items(filter),
            ItemFilter::All(filters) => filters.iter().for_each(|filter| self.items(filter)),
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Fact(fact) => self.fact(*fact),
            Expr::QuantityOf(filter) | Expr::AmountOf(filter) | Expr::BasketHas(filter) => self.items(filter),
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
            Expr::Number(_)
            | Expr::Texts(_)
            | Expr::Date(_)
            | Expr::Time(_)
            | Expr::Weekday(_)
            | Expr::YesNo(_)
            | Expr::Tier(_)
            | Expr::TierOf(_)
            | Expr::Measure(_)
            | Expr::Attribute { .. }
            | Expr::InSegment(_) => {}
        }
    }

    /// Facts that are texts stand in columns of their names.
    fn fact(&mut self, fact: Fact) {
        let column = match fact {
            Fact::ProductCount => Some("product"),
            _ => fact_info(fact).filter(|info| info.kind == Type::Text).map(|info| info.words),
        };
        self.0.extend(column);
    }
}
