//! Tables: rows by a threshold, by tier, by a word, and grids of two of these.

use super::infer::{Typed, compare};
use super::lower_effects::Gives;
use super::{Checker, Here, errors};
use crate::program::{About, CmpOp, Expr, Fact, Rate, Table, TableKey, TableRow, TextSet, Type, WalletId, fact_info};
use crate::span::Span;
use crate::syntax::ast::{self, ExprKind, Name, RowWhen};
use crate::value::{Exact, name_key};

/// What rows or columns with names go by, and the place of each of them.
struct Named {
    key: TableKey,
    /// In the order written; `None` where the name means nothing, which is reported.
    places: Vec<Option<usize>>,
    count: usize,
}

impl<'a> Checker<'a> {
    /// A table of rates.
    pub(crate) fn table(&mut self, table: &'a ast::Table, gives: Gives, span: Span) -> Option<Table> {
        let scoped = self.here.scoped || self.looks_at_items(table);
        let here = Here { table: true, scoped, ..self.here };
        self.within(here, |checker| checker.table_rows(table, gives, span))
    }

    fn table_rows(&mut self, table: &'a ast::Table, gives: Gives, span: Span) -> Option<Table> {
        let place = table.rows.iter().map(|row| row.span).reduce(Span::to).unwrap_or(span);
        // A table without rows was reported where it was read.
        if table.rows.is_empty() {
            return None;
        }
        if gives == Gives::Discount && self.looks_at_items(table) {
            self.report(errors::discount_by_item(self.key_text(&table.by), place));
            return None;
        }
        if let Some((across, columns)) = &table.across {
            return self.grid(table, (across, columns), gives, place);
        }
        if self.has_names(table) { self.named_table(table, gives, place) } else { self.value_table(table, gives, place) }
    }

    /// Whether rows begin with names, and not with thresholds.
    fn has_names(&self, table: &'a ast::Table) -> bool {
        match &table.by {
            ast::TableKey::Tier(_) => true,
            ast::TableKey::Value(key) => match &key.kind {
                ExprKind::Fact(fact) => fact_info(*fact).is_some_and(|info| info.kind == Type::Text),
                ExprKind::Attribute { .. } => table.rows.iter().any(|row| matches!(row.when, RowWhen::Tier(_))),
                _ => false,
            },
        }
    }

    fn looks_at_items(&self, table: &'a ast::Table) -> bool {
        let of_item = |key: &ast::TableKey| match key {
            ast::TableKey::Value(expr) => match &expr.kind {
                ExprKind::Fact(fact) => fact_info(*fact).is_some_and(|info| info.about == About::Item),
                ExprKind::Attribute { of, .. } => *of == ast::AttributeOf::Item,
                _ => false,
            },
            ast::TableKey::Tier(_) => false,
        };
        of_item(&table.by) || table.across.as_ref().is_some_and(|(key, _)| of_item(key))
    }

    fn key_text(&self, key: &'a ast::TableKey) -> &str {
        match key {
            ast::TableKey::Value(expr) => self.sources.text(expr.span),
            ast::TableKey::Tier(_) => "tier",
        }
    }

    /// What named rows or columns go by.
    fn named(&mut self, key: &'a ast::TableKey, names: &[&'a Name], span: Span) -> Option<Named> {
        match key {
            ast::TableKey::Tier(name) => {
                let ladder = self.ladder_called(name.as_ref(), name.as_ref().map_or(span, |name| name.span))?;
                let count = self.scope.tier_ids.iter().filter(|tier| tier.ladder == ladder).count();
                let mut places = Vec::new();
                for name in names {
                    let tier = self.tier(&name.node, name.span);
                    if tier.is_some_and(|tier| tier.ladder != ladder) {
                        self.report(errors::row_of_other_ladder(&name.node, name.span));
                    }
                    places.push(tier.filter(|tier| tier.ladder == ladder).map(|tier| usize::from(tier.rung)));
                }
                Some(Named { key: TableKey::Tier(ladder), places, count })
            }
            ast::TableKey::Value(expr) => {
                // Rows by a word of items look at each item.
                let here = Here { items: true, ..self.here };
                let Typed { expr: key, kind } = self.within(here, |checker| checker.infer(expr, Some(Type::Text)))?;
                if kind != Type::Text {
                    let words = self.kind_words(kind);
                    self.report(errors::no_rows_by(&words, expr.span));
                    return None;
                }
                let words: Vec<TextSet> = names.iter().map(|name| vec![self.intern_text(&name.node)]).collect();
                let places = (0..names.len()).map(Some).collect();
                Some(Named { key: TableKey::Words(key, words), places, count: names.len() })
            }
        }
    }

    /// No name stands twice.
    fn names_differ(&mut self, names: &[&'a Name]) {
        for (at, name) in names.iter().enumerate() {
            let before = names.iter().take(at).find(|other| name_key(&other.node) == name_key(&name.node));
            if let Some(first) = before {
                self.report(errors::row_twice(&name.node, name.span, first.span));
            }
        }
    }

    fn named_table(&mut self, table: &'a ast::Table, gives: Gives, span: Span) -> Option<Table> {
        if table.each_slice {
            self.report(errors::slices_by_tier(span));
        }
        let before = self.problems.errors();
        let names: Vec<&'a Name> = table.rows.iter().filter_map(row_name).collect();
        self.names_differ(&names);
        let named = self.named(&table.by, &names, span)?;
        let otherwise = self.otherwise(table, gives, &table.by);
        let nothing = TableRow { threshold: 0, exclusive: false, rate: otherwise, span };
        let mut rows = vec![nothing; named.count];
        let mut places = named.places.into_iter();
        for row in &table.rows {
            match &row.when {
                RowWhen::Else => continue,
                RowWhen::Tier(_) => {}
                RowWhen::From(_) | RowWhen::Over(_) => {
                    let text = self.sources.text(row.span);
                    let problem = match &table.by {
                        ast::TableKey::Tier(_) => errors::row_needs_tier(text, row.span),
                        by => errors::row_needs_word(self.key_text(by), text, row.span),
                    };
                    self.report(problem);
                    continue;
                }
            }
            let rate = self.cell(&row.rate, gives, &table.by);
            if let (Some(Some(at)), Some(rate)) = (places.next(), rate)
                && let Some(place) = rows.get_mut(at)
            {
                *place = TableRow { rate, span: row.span, ..*place };
            }
        }
        (self.problems.errors() == before).then_some(Table { key: named.key, each_slice: false, rows, otherwise, span })
    }

    fn grid(
        &mut self,
        table: &'a ast::Table,
        (across, columns): (&'a ast::TableKey, &'a [Name]),
        gives: Gives,
        span: Span,
    ) -> Option<Table> {
        let before = self.problems.errors();
        let names: Vec<&'a Name> = table.rows.iter().filter_map(row_name).collect();
        let across_names: Vec<&'a Name> = columns.iter().collect();
        self.names_differ(&names);
        self.names_differ(&across_names);
        let side = self.named(&table.by, &names, span);
        let top = self.named(across, &across_names, span);
        let (side, top) = (side?, top?);
        let nothing = TableRow { threshold: 0, exclusive: false, rate: Rate::Nothing, span };
        let mut rows = vec![nothing; side.count.saturating_mul(top.count)];
        let mut places = side.places.into_iter();
        for row in &table.rows {
            if row_name(row).is_none() {
                self.report(errors::grid_without_else(row.span));
                continue;
            }
            let at = places.next().flatten();
            for (rate, column) in std::iter::once(&row.rate).chain(&row.more).zip(&top.places) {
                let rate = self.cell(rate, gives, &table.by);
                if let (Some(at), Some(column), Some(rate)) = (at, column, rate)
                    && let Some(place) = rows.get_mut(at.saturating_mul(top.count).saturating_add(*column))
                {
                    *place = TableRow { rate, span: row.span, ..*place };
                }
            }
        }
        let key = TableKey::Grid(Box::new(side.key), Box::new(top.key), top.count);
        (self.problems.errors() == before).then_some(Table { key, each_slice: false, rows, otherwise: Rate::Nothing, span })
    }

    /// A rate in a row of names. By a word of the purchase a bare number is so many units; else it may be meant per money.
    fn cell(&mut self, rate: &'a ast::Rate, gives: Gives, by: &'a ast::TableKey) -> Option<Rate> {
        let purchase = match by {
            ast::TableKey::Value(expr) => match &expr.kind {
                ExprKind::Fact(fact) => fact_info(*fact).is_some_and(|info| info.about != About::Item),
                ExprKind::Attribute { of, .. } => *of != ast::AttributeOf::Item,
                _ => false,
            },
            ast::TableKey::Tier(_) => false,
        };
        if let (ast::Rate::Value(value), Gives::Wallet(wallet)) = (rate, gives)
            && purchase
            && matches!(self.wallet_type(wallet), Type::Points(_))
            && matches!(&self.peel(value).kind, ExprKind::Literal(ast::Literal::Number(_)))
        {
            return self.units_or_number(value, wallet).map(Rate::Fixed);
        }
        self.rate(rate, gives)
    }

    /// The rate of `else`.
    fn otherwise(&mut self, table: &'a ast::Table, gives: Gives, by: &'a ast::TableKey) -> Rate {
        let mut rows = table.rows.iter().filter(|row| row.when == RowWhen::Else);
        let Some(row) = rows.next() else { return Rate::Nothing };
        if let Some(second) = rows.next() {
            self.report(errors::row_twice("else", second.span, row.span));
        }
        self.cell(&row.rate, gives, by).unwrap_or(Rate::Nothing)
    }

    fn value_table(&mut self, table: &'a ast::Table, gives: Gives, span: Span) -> Option<Table> {
        let ast::TableKey::Value(key) = &table.by else { return None };
        let Typed { expr, kind } = self.infer(key, Some(Type::Number))?;
        if !matches!(kind, Type::Money | Type::Number | Type::Days | Type::Points(_)) {
            let words = self.kind_words(kind);
            self.report(errors::no_rows_by(&words, key.span));
            return None;
        }
        let mut rows: Vec<TableRow> = Vec::new();
        let mut complete = true;
        for row in &table.rows {
            let (threshold, exclusive) = match &row.when {
                RowWhen::From(expr) => (self.threshold(expr, kind), false),
                RowWhen::Over(expr) => (self.threshold(expr, kind), true),
                RowWhen::Else => continue,
                RowWhen::Tier(name) => {
                    self.report(errors::row_needs_threshold(&name.node, self.sources.text(key.span), row.span));
                    (None, false)
                }
            };
            // Beside a number of the data a bare number is so many units; else it may be meant per money.
            let rate = if matches!(key.kind, ExprKind::Attribute { .. }) {
                self.cell(&row.rate, gives, &table.by)
            } else {
                self.rate(&row.rate, gives)
            };
            let (Some(threshold), Some(rate)) = (threshold, rate) else {
                complete = false;
                continue;
            };
            if let Some(last) = rows.last()
                && (last.threshold, last.exclusive) >= (threshold, exclusive)
            {
                self.report(errors::rows_not_rising(last.span, row.span));
            }
            if table.each_slice && matches!(rate, Rate::PerEachItem { .. }) {
                self.report(errors::slices_of_each_item(row.span));
            }
            rows.push(TableRow { threshold, exclusive, rate, span: row.span });
        }
        let key = if expr == Expr::Fact(Fact::Amount) { TableKey::Amount } else { TableKey::Value(expr) };
        let otherwise = self.otherwise(table, gives, &table.by);
        complete.then_some(Table { key, each_slice: table.each_slice, rows, otherwise, span })
    }

    /// `grant beans by tier …`: the amount that the row says when the rule fires.
    pub(crate) fn granted_by_table(&mut self, table: &'a ast::Table, wallet: WalletId, span: Span) -> Option<Expr> {
        let here = Here { table: true, ..self.here };
        let lowered = self.within(here, |checker| checker.granted_rows(table, wallet, span))?;
        if let Expr::Choose { rows, .. } = &lowered
            && rows.iter().all(|(_, value)| *value == Expr::Number(Exact::whole(0)))
        {
            self.report(errors::nothing(self.sources.text(span), span));
            return None;
        }
        Some(lowered)
    }

    /// Whether grants can go by a table; what forbids it is reported.
    fn grants_by(&mut self, table: &'a ast::Table, span: Span) -> Option<()> {
        if table.rows.is_empty() {
            return None;
        }
        if table.across.is_some() || table.each_slice || self.looks_at_items(table) {
            self.report(errors::grant_by_grid(span));
            return None;
        }
        let names: Vec<&'a Name> = table.rows.iter().filter_map(row_name).collect();
        self.names_differ(&names);
        Some(())
    }

    fn granted_rows(&mut self, table: &'a ast::Table, wallet: WalletId, span: Span) -> Option<Expr> {
        self.grants_by(table, span)?;
        let mut rows = Vec::new();
        let mut otherwise = None;
        for row in &table.rows {
            let value = self.granted_amount(&row.rate, wallet);
            if row.when == RowWhen::Else {
                otherwise = value.map(Box::new);
                continue;
            }
            let test = self.row_test(table, &row.when, row.span);
            rows.push((test?, value?));
        }
        // The highest threshold that is reached decides.
        if !self.has_names(table) {
            rows.reverse();
        }
        Some(Expr::Choose { rows, otherwise })
    }

    /// The rates of a table with what must hold for each: its own test, and none of those before it.
    pub(crate) fn rows_with_tests(&mut self, table: &'a ast::Table, span: Span) -> Option<Vec<(&'a ast::Rate, Expr)>> {
        self.grants_by(table, span)?;
        let mut rows = Vec::new();
        for row in table.rows.iter().filter(|row| row.when != RowWhen::Else) {
            let test = self.row_test(table, &row.when, row.span);
            rows.push((&row.rate, test?));
        }
        // The highest threshold that is reached decides.
        if !self.has_names(table) {
            rows.reverse();
        }
        let mut before: Vec<Expr> = Vec::new();
        let mut all = Vec::new();
        for (rate, test) in rows {
            let mut own = vec![test.clone()];
            // Of names no two hold at once, but for several coupons.
            own.extend(before.iter().map(|test| Expr::Not(Box::new(test.clone()))));
            before.push(test.clone());
            all.push((rate, if own.len() > 1 { Expr::And(own) } else { test }));
        }
        let otherwise = table.rows.iter().find(|row| row.when == RowWhen::Else);
        all.extend(otherwise.map(|row| (&row.rate, Expr::And(before.iter().map(|test| Expr::Not(Box::new(test.clone()))).collect()))));
        Some(all)
    }

    fn granted_amount(&mut self, rate: &'a ast::Rate, wallet: WalletId) -> Option<Expr> {
        let ast::Rate::Value(value) = rate else {
            self.report(errors::grant_per(self.span_of(rate)));
            return None;
        };
        let smallest = self.units_or_number(value, wallet)?;
        let scale = self.program.wallets.get(wallet.index()).filter(|_| !self.is_money_wallet(wallet)).map_or(0, |wallet| wallet.scale);
        Exact::whole(i128::from(smallest)).divided_by(super::types::power(scale)).ok().map(Expr::Number)
    }

    fn span_of(&self, rate: &'a ast::Rate) -> Span {
        match rate {
            ast::Rate::Value(amount) | ast::Rate::Per { amount, .. } | ast::Rate::PerItem { amount } => amount.span,
        }
    }

    /// Whether a row holds.
    fn row_test(&mut self, table: &'a ast::Table, when: &'a RowWhen, span: Span) -> Option<Expr> {
        match (&table.by, when) {
            (ast::TableKey::Tier(ladder), RowWhen::Tier(name)) => {
                let ladder = self.ladder_called(ladder.as_ref(), span)?;
                let tier = self.tier(&name.node, name.span)?;
                if tier.ladder != ladder {
                    self.report(errors::row_of_other_ladder(&name.node, name.span));
                    return None;
                }
                Some(compare(Expr::TierOf(ladder), CmpOp::Is, Expr::Tier(tier)))
            }
            (ast::TableKey::Tier(_), _) => {
                self.report(errors::row_needs_tier(self.sources.text(span), span));
                None
            }
            (ast::TableKey::Value(key), RowWhen::Tier(name)) => {
                let Typed { expr, kind } = self.infer(key, Some(Type::Text))?;
                if kind != Type::Text {
                    self.report(errors::row_needs_threshold(&name.node, self.sources.text(key.span), span));
                    return None;
                }
                let text = self.intern_text(&name.node);
                Some(compare(expr, CmpOp::Is, Expr::Texts(vec![text])))
            }
            (ast::TableKey::Value(key), RowWhen::From(from) | RowWhen::Over(from)) => {
                let Typed { expr, kind } = self.infer(key, Some(Type::Number))?;
                let threshold = self.known(from, Some(kind))?;
                if threshold.kind != kind && !(kind == Type::Days && threshold.kind == Type::Number) {
                    let problem = self.misfit(kind, threshold.kind, from.span);
                    self.report(problem);
                    return None;
                }
                let op = if matches!(when, RowWhen::Over(_)) { CmpOp::Over } else { CmpOp::AtLeast };
                Some(compare(expr, op, Expr::Number(threshold.value)))
            }
            (_, RowWhen::Else) => None,
        }
    }
}

fn row_name(row: &ast::TableRow) -> Option<&Name> {
    match &row.when {
        RowWhen::Tier(name) => Some(name),
        RowWhen::From(_) | RowWhen::Over(_) | RowWhen::Else => None,
    }
}
