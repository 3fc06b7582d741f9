//! Effects, rates and tables.

use super::clause::is_effect;
use super::expr::fact;
use super::{Builder, P, first, has, kid, kids};
use crate::span::{Span, Spanned};
use crate::syntax::ast::{
    Chance, Effect, Expr, ExprKind, Literal, Measure, MeasureKind, Name, Narrowing, Rate, Rates, RowWhen, Table, TableKey, TableRow,
};
use crate::syntax::errors;
use crate::syntax::grammar::Rule;
use crate::value::Decimal;

impl Builder<'_> {
    /// The effects of one piece: `grant` may hold several.
    pub fn effects(&mut self, piece: &P) -> Vec<Spanned<Effect>> {
        let span = self.span(piece);
        if piece.as_rule() != Rule::grant {
            return self.effect(piece, span).map(|effect| Spanned::new(effect, span)).into_iter().collect();
        }
        let items: Vec<P> = piece.clone().into_inner().filter(|p| is_effect(p.as_rule())).collect();
        let mut effects = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let own = self.span(item);
            let whole = if at == 0 { span_from(span, own) } else { own };
            effects.extend(self.effect(item, whole).map(|effect| Spanned::new(effect, whole)));
        }
        effects
    }

    fn effect(&mut self, piece: &P, span: Span) -> Option<Effect> {
        Some(match piece.as_rule() {
            Rule::discount | Rule::grant_discount => Effect::Discount(self.rates_or_value(piece)),
            Rule::cashback => Effect::Earn { wallet: None, rates: self.rates_or_value(piece) },
            Rule::value_effect if !has(piece, Rule::k_cashback) => Effect::Discount(self.rates_or_value(piece)),
            Rule::value_effect | Rule::grant_cashback => {
                let value = kid(piece, Rule::value).map_or("", |p| p.as_str().trim_end()).to_owned();
                let line = self.rewritten(piece, &format!("cashback {value}"));
                self.report(errors::write_cashback(span, &line));
                Effect::Earn { wallet: None, rates: self.rates_or_value(piece) }
            }
            Rule::earn => return self.earn(piece, span),
            Rule::multiply => Effect::Multiply { wallet: self.name_in(piece), factor: self.value_in(piece) },
            Rule::multiple => {
                let word = first(piece)?;
                let factor = if word.as_rule() == Rule::k_triple { 3 } else { 2 };
                let factor = ExprKind::Literal(Literal::Number(Decimal::whole(factor)));
                let factor = Expr { span: self.span(&word), kind: factor };
                Effect::Multiply { wallet: self.name_in(piece), factor }
            }
            Rule::free_shipping => Effect::FreeShipping,
            Rule::price_from => Effect::PriceFrom { name: self.name_in(piece) },
            Rule::price_of => {
                let price = self.value_in(piece);
                self.money_wanted(&price);
                Effect::Price(price)
            }
            Rule::charge => {
                let amount = self.value_in(piece);
                self.money_wanted(&amount);
                Effect::Charge(amount)
            }
            Rule::grant_table => {
                let table = kid(piece, Rule::table)?;
                Effect::GrantTable { wallet: self.name_in(piece), table: self.table(&table, false) }
            }
            Rule::one_of_things => Effect::OneOf(kids(piece, Rule::chance).filter_map(|chance| self.chance(&chance)).collect()),
            Rule::voucher_table => {
                let valid = self.valid(piece);
                let narrow = kid(piece, Rule::valid).and_then(|v| kid(&v, Rule::valid_on)).and_then(|on| kid(&on, Rule::narrowing));
                let narrow = narrow.map(|n| self.narrowing(&n)).unwrap_or_default();
                Effect::VoucherTable { table: self.table(piece, true), valid, narrow }
            }
            Rule::set_to => Effect::Set { wallet: self.name_in(piece), amount: self.value_in(piece) },
            Rule::pay_out => Effect::PayOut(self.name_in(piece)),
            Rule::move_to => Effect::MoveTo { tier: self.name_in(piece) },
            Rule::notify => {
                let costs = kid(piece, Rule::value).map(|value| self.value(&value));
                Effect::Notify { text: self.name_in(piece), costs }
            }
            Rule::donate => {
                let amount = self.value_in(piece);
                self.want_unit(&amount, "EUR");
                Effect::Donate { amount, to: self.name_in(piece) }
            }
            _ => return self.grant_item(piece),
        })
    }

    fn grant_item(&mut self, piece: &P) -> Option<Effect> {
        Some(match piece.as_rule() {
            Rule::gift_item => {
                let only = self.only(piece);
                let valid = self.valid(piece);
                Effect::Gift { name: self.name_in(piece), only, valid }
            }
            Rule::access_item => {
                let only = self.only(piece);
                let valid = self.valid(piece);
                Effect::Access { name: self.name_in(piece), only, valid }
            }
            Rule::voucher_item => {
                let amount = self.value_in(piece);
                let amount = self.with_unit(amount);
                let per = kid(piece, Rule::per_money).map(|per| self.value_in(&per));
                let valid = self.valid(piece);
                let narrow = kid(piece, Rule::valid).and_then(|v| kid(&v, Rule::valid_on)).and_then(|on| kid(&on, Rule::narrowing));
                let narrow = narrow.map(|n| self.narrowing(&n)).unwrap_or_default();
                Effect::Voucher { amount, per, valid, narrow }
            }
            Rule::entries_item | Rule::earn_entries => {
                let count = self.entry_count(piece);
                let per = kid(piece, Rule::entries_per).map(|per| self.per_value(&per));
                Effect::Entries { count, draw: self.name_in(piece), per }
            }
            Rule::friend_item | Rule::plain_grant | Rule::number_grant => {
                let (amount, apart) = self.amount_in(piece);
                let to = kid(piece, Rule::to_wallet).map(|to| self.name_in(&to));
                self.want_unit_unless(&amount, apart.is_some() || to.is_some());
                let wallet = to.or(apart);
                let valid = self.valid(piece);
                if piece.as_rule() == Rule::friend_item {
                    Effect::GrantFriend { amount, wallet, valid }
                } else {
                    Effect::Grant { amount, wallet, valid }
                }
            }
            _ => return None,
        })
    }

    /// What is drawn at a step of an example; none for nothing.
    pub fn drawn_thing(&mut self, piece: &P) -> Option<Spanned<Effect>> {
        let what = piece.clone().into_inner().find(|p| is_effect(p.as_rule()))?;
        let span = self.span(&what);
        self.effect(&what, span).map(|effect| Spanned::new(effect, span))
    }

    /// `gift mug 5%`, `nothing 30%`
    fn chance(&mut self, piece: &P) -> Option<Chance> {
        let weight = kid(piece, Rule::weight)?;
        let percent = kid(&weight, Rule::percent).map(|percent| self.number_in(&percent))?;
        let weight = Spanned::new(percent, self.span(&weight));
        let what = piece.clone().into_inner().find(|p| is_effect(p.as_rule()));
        let what = what.and_then(|what| {
            let span = self.span(&what);
            self.effect(&what, span).map(|effect| Box::new(Spanned::new(effect, span)))
        });
        Some(Chance { what, weight })
    }

    /// `only 500 in all`
    pub fn only(&mut self, piece: &P) -> Option<Expr> {
        let only = kid(piece, Rule::only)?;
        let span = kid(&only, Rule::number).map(|number| self.span(&number));
        let count = self.whole(&only);
        Some(Expr { span: span.unwrap_or(count.span), ..count })
    }

    /// The count before `entry`, one for `an entry`.
    fn entry_count(&mut self, piece: &P) -> Expr {
        let Some(count) = kid(piece, Rule::entry_count) else { return self.nothing(piece) };
        match first(&count) {
            Some(p) if p.as_rule() == Rule::paren => self.paren(&p),
            Some(p) if p.as_rule() == Rule::reference => Expr { span: self.span(&p), kind: ExprKind::Name(self.name(&p).node) },
            Some(p) if p.as_rule() == Rule::number => self.whole(&count),
            _ => Expr { span: self.span(&count), kind: ExprKind::Literal(Literal::Number(Decimal::whole(1))) },
        }
    }

    fn earn(&mut self, piece: &P, span: Span) -> Option<Effect> {
        let form = piece.clone().into_inner().find(|p| p.as_rule() != Rule::k_earn)?;
        Some(match form.as_rule() {
            Rule::earn_entries => return self.grant_item(&form),
            Rule::earn_as_table | Rule::earn_table => {
                let table = kid(&form, Rule::table)?;
                let percent = form.as_rule() == Rule::earn_as_table;
                let mut table = self.table(&table, percent);
                if let Some(tail) = kid(&form, Rule::rate_tail) {
                    self.per_all(&mut table, &tail);
                }
                Effect::Earn { wallet: Some(self.name_in(&form)), rates: Rates::Table(table) }
            }
            Rule::earn_as => {
                let value = self.value_in(&form);
                let value = self.with_unit(value);
                let rate = match kid(&form, Rule::rate_tail) {
                    Some(tail) => self.rate_tail(value, &tail),
                    None => Rate::Value(value),
                };
                Effect::Earn { wallet: Some(self.name_in(&form)), rates: Rates::One(rate) }
            }
            _ => return self.earn_rate(&form, span),
        })
    }

    fn earn_rate(&mut self, form: &P, span: Span) -> Option<Effect> {
        let (amount, apart) = self.amount_in(form);
        let written = kid(form, Rule::amount).map_or("", |p| p.as_str().trim_end()).to_owned();
        if has(form, Rule::k_cashback) {
            let line = self.rewritten(form, &format!("cashback {written}")).replace("earn cashback", "cashback");
            self.report(errors::write_cashback(span, &line));
            return Some(Effect::Earn { wallet: None, rates: Rates::One(Rate::Value(amount)) });
        }
        let wallet = apart.or_else(|| unit_of(&amount));
        let Some(tail) = kid(form, Rule::rate_tail) else {
            if matches!(amount.kind, ExprKind::Literal(Literal::Percent(_))) {
                self.broken(errors::earn_as_what(span, &written));
            } else {
                self.report(errors::earn_per_what(span, &written));
            }
            return Some(Effect::Grant { amount, wallet: None, valid: None });
        };
        if has(&tail, Rule::per_purchase) {
            self.report(errors::earn_per_purchase(span, &written));
            return Some(Effect::Grant { amount, wallet: None, valid: None });
        }
        if wallet.is_none() {
            let bare = matches!(amount.kind, ExprKind::Literal(Literal::Number(_)));
            if bare {
                self.broken(errors::earn_of_what(amount.span, &written));
            }
        }
        // Money per money goes to the wallet that needs no name: cashback.
        let rates = Rates::One(self.rate_tail(amount, &tail));
        Some(Effect::Earn { wallet, rates })
    }

    fn rate_tail(&mut self, amount: Expr, tail: &P) -> Rate {
        if has(tail, Rule::per_item) {
            return Rate::PerItem { amount };
        }
        let Some(per) = kid(tail, Rule::per_amount) else { return Rate::Value(amount) };
        let in_proportion = has(&per, Rule::in_proportion);
        let of_each_item = has(&per, Rule::of_each_item);
        Rate::Per { amount, per: self.per_value(&per), in_proportion, of_each_item }
    }

    /// `earn points per 1 EUR by …`: what stands before the table is said of every bare number in it.
    fn per_all(&mut self, table: &mut Table, tail: &P) {
        table.per_first = true;
        for rate in table.rows.iter_mut().flat_map(|row| std::iter::once(&mut row.rate).chain(&mut row.more)) {
            if let Rate::Value(amount) = rate {
                *rate = self.rate_tail(amount.clone(), tail);
            }
        }
    }

    /// `per 1 EUR`, and `per EUR` for one.
    fn per_value(&mut self, pair: &P) -> Expr {
        match kid(pair, Rule::code_alone) {
            Some(code) => {
                let currency = code.as_str().trim().to_owned();
                let literal = Literal::Money { amount: Decimal::whole(1), currency };
                Expr { span: self.span(&code), kind: ExprKind::Literal(literal) }
            }
            None => match kid(pair, Rule::word) {
                Some(word) => Expr { span: self.span(&word), kind: ExprKind::Name(word.as_str().trim().to_owned()) },
                None => self.value_in(pair),
            },
        }
    }

    fn rates_or_value(&mut self, pair: &P) -> Rates {
        let rates = kid(pair, Rule::rates);
        match rates.and_then(|rates| rates.into_inner().find(|p| p.as_rule() != Rule::table_words)) {
            Some(p) if p.as_rule() == Rule::table => Rates::Table(self.table(&p, true)),
            Some(p) => Rates::One(self.rate(&p, true)),
            None => {
                let value = self.value_in(pair);
                let amount = self.with_unit(value);
                // `10 EUR off each item`
                if let Some(per) = kid(pair, Rule::off_per) {
                    return Rates::One(Rate::Per { amount, per: self.per_value(&per), in_proportion: true, of_each_item: false });
                }
                let each = has(pair, Rule::off_each);
                Rates::One(if each { Rate::PerItem { amount } } else { Rate::Value(amount) })
            }
        }
    }

    /// `rate`; where `unit` is set a bare number is not enough.
    pub fn rate(&mut self, pair: &P, unit: bool) -> Rate {
        let value = self.value_in(pair);
        match kid(pair, Rule::rate_tail) {
            Some(tail) => self.rate_tail(value, &tail),
            None if unit => Rate::Value(self.with_unit(value)),
            None => Rate::Value(value),
        }
    }

    /// A bare number where a share or a sum must stand is reported and taken for a share.
    fn with_unit(&mut self, value: Expr) -> Expr {
        let ExprKind::Literal(Literal::Number(number)) = value.kind else { return value };
        self.report(errors::of_what(value.span, number, self.currency));
        Expr { span: value.span, kind: ExprKind::Literal(Literal::Percent(number)) }
    }

    fn want_unit(&mut self, value: &Expr, unit: &str) {
        if let ExprKind::Literal(Literal::Number(number)) = value.kind {
            let unit = self.currency.unwrap_or(unit).to_owned();
            self.broken(errors::of_what_unit(value.span, number, &unit));
        }
    }

    fn want_unit_unless(&mut self, value: &Expr, named: bool) {
        if !named {
            self.want_unit(value, "points");
        }
    }

    fn table(&mut self, pair: &P, unit: bool) -> Table {
        let mut keys = kids(pair, Rule::table_key);
        let (by, across) = (keys.next(), keys.next());
        let by = match by {
            Some(key) => self.table_key(&key),
            None => TableKey::Value(self.nothing(pair)),
        };
        if let (Some(across), Some(grid)) = (across, kid(pair, Rule::grid)) {
            return self.grid(by, &across, &grid, unit);
        }
        let rows: Vec<TableRow> = kid(pair, Rule::rows)
            .map(|rows| kids(&rows, Rule::row))
            .map_or_else(Vec::new, |rows| rows.filter_map(|row| self.row(&row, unit)).collect());
        if let Some(between) = kid(pair, Rule::rows).and_then(|rows| kid(&rows, Rule::before_rows)) {
            let by = pair.as_str().split_once(between.as_str()).map_or("", |(by, _)| by).trim().to_owned();
            self.report(errors::before_rows(self.span(&between), between.as_str().trim(), &by));
        }
        if rows.is_empty() {
            let span = self.span(pair);
            self.broken(errors::table_without_rows(span, matches!(by, TableKey::Tier(_))));
        }
        Table { by, across: None, per_first: false, each_slice: has(pair, Rule::each_slice), rows }
    }

    fn grid(&mut self, by: TableKey, across: &P, pair: &P, unit: bool) -> Table {
        let across = self.table_key(across);
        let columns: Vec<Name> = kid(pair, Rule::grid_columns).map_or_else(Vec::new, |columns| self.names_among(&columns));
        let mut rows = Vec::new();
        for row in kids(pair, Rule::grid_row) {
            let span = self.span(&row);
            let when = if has(&row, Rule::k_else) { RowWhen::Else } else { RowWhen::Tier(self.name_in(&row)) };
            let cells: Vec<Rate> =
                kids(&row, Rule::grid_cell).filter_map(|cell| kid(&cell, Rule::rate)).map(|rate| self.rate(&rate, unit)).collect();
            if cells.len() != columns.len() {
                self.broken(errors::grid_row(span, cells.len(), columns.len()));
            }
            let mut cells = cells.into_iter();
            if let Some(rate) = cells.next() {
                rows.push(TableRow { span, when, rate, more: cells.collect() });
            }
        }
        Table { by, across: Some((across, columns)), per_first: false, each_slice: false, rows }
    }

    fn names_among(&mut self, pair: &P) -> Vec<Name> {
        kids(pair, Rule::name).map(|name| self.name(&name)).collect()
    }

    fn table_key(&mut self, pair: &P) -> TableKey {
        let span = self.span(pair);
        let Some(inner) = first(pair) else { return TableKey::Value(self.nothing(pair)) };
        let kind = match inner.as_rule() {
            Rule::key_tier => return TableKey::Tier(kid(&inner, Rule::name).map(|name| self.name(&name))),
            Rule::key_measure => self.key_measure(&inner),
            Rule::attribute => self.attribute(&inner),
            Rule::paren => return TableKey::Value(self.paren(&inner)),
            _ => match fact(&inner) {
                Some(fact) => ExprKind::Fact(fact),
                None => ExprKind::Name(inner.as_str().trim().to_owned()),
            },
        };
        TableKey::Value(Expr { span, kind })
    }

    fn key_measure(&mut self, pair: &P) -> ExprKind {
        match first(pair) {
            Some(p) if p.as_rule() == Rule::amount_of && has(&p, Rule::amount_after) => ExprKind::NetAmountOf(self.scope_in(&p)),
            Some(p) if p.as_rule() == Rule::amount_of => ExprKind::AmountOf(self.scope_in(&p)),
            Some(p) if p.as_rule() == Rule::quantity_of => ExprKind::QuantityOf(self.scope_in(&p)),
            Some(p) if p.as_rule() == Rule::balance => {
                let kind = MeasureKind::Balance(self.name_in(&p));
                ExprKind::Measure(Box::new(Measure { span: self.span(&p), kind, narrow: Narrowing::default() }))
            }
            _ => ExprKind::Measure(Box::new(self.measure(pair))),
        }
    }

    fn row(&mut self, pair: &P, unit: bool) -> Option<TableRow> {
        let span = self.span(pair);
        let inner = first(pair)?;
        let when = if inner.as_rule() == Rule::row_tier {
            RowWhen::Tier(self.name_in(&inner))
        } else if inner.as_rule() == Rule::row_else {
            RowWhen::Else
        } else {
            let threshold = self.value_in(&inner);
            if has(&inner, Rule::k_over) { RowWhen::Over(threshold) } else { RowWhen::From(threshold) }
        };
        let rate = kid(&inner, Rule::rate).map(|rate| self.rate(&rate, unit))?;
        Some(TableRow { span, when, rate, more: Vec::new() })
    }
}

/// From the start of `whole` to the end of `part`.
fn span_from(whole: Span, part: Span) -> Span {
    Span { end: part.end, ..whole }
}

/// The name behind a number: the wallet of `1 bean`.
pub(super) fn unit_of(expr: &Expr) -> Option<Name> {
    match &expr.kind {
        ExprKind::Literal(Literal::Count { unit, .. }) => Some(unit.clone()),
        _ => None,
    }
}
