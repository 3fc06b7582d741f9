//! Effects, rates and tables.

use super::Printer;
use super::expr::listed;
use super::names::{Kind, quoted};
use crate::span::{Span, Spanned};
use crate::syntax::ast::{Chance, Effect, Expr, ExprKind, Lasting, Literal, Name, Narrowing, Rate, Rates, RowWhen, Table, TableKey};
use crate::value::{Decimal, name_key};

/// Where an effect stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A clause of its own.
    Alone,
    /// Behind another one of the same `grant`.
    Behind,
    /// What is exchanged, or the reward: not a sentence but a thing.
    Thing,
}

impl Printer<'_> {
    /// An effect. Of a table only its head, unless it is a thing, which has no lines of its own.
    pub fn effect(&self, effect: &Spanned<Effect>, place: Place) -> String {
        let grant = if place == Place::Alone { "grant " } else { "" };
        match &effect.node {
            Effect::Discount(rates) => self.discount(rates, effect.span, place),
            Effect::Earn { wallet, rates } => self.earn(wallet.as_ref(), rates, place),
            Effect::Grant { amount, wallet, valid } => {
                format!("{grant}{}{}", self.granted(amount, wallet.as_ref()), self.valid(valid.as_ref()))
            }
            Effect::GrantTable { wallet, table } => format!("{grant}{} {}", self.name(Kind::Wallet, wallet), self.table(table, place)),
            Effect::GrantFriend { amount, wallet, valid } => {
                format!("{grant}friend {}{}", self.granted(amount, wallet.as_ref()), self.valid(valid.as_ref()))
            }
            Effect::Multiply { wallet, factor } => {
                let wallet = self.name(Kind::Wallet, wallet);
                match whole(factor) {
                    Some(2) => format!("double {wallet}"),
                    Some(3) => format!("triple {wallet}"),
                    _ => format!("multiply {wallet} by {}", self.value(factor)),
                }
            }
            Effect::Gift { name, only, valid } => {
                format!("{grant}gift {}{}{}", self.name(Kind::Gift, name), self.only(only.as_ref()), self.valid(valid.as_ref()))
            }
            Effect::Voucher { amount, per, valid, narrow } => {
                let per = per.as_ref().map_or_else(String::new, |per| format!(" per {}", self.value(per)));
                format!("{grant}voucher {}{per}{}", self.value(amount), self.voucher_life(valid.as_ref(), narrow))
            }
            Effect::VoucherTable { table, valid, narrow } => {
                let valid = self.voucher_life(valid.as_ref(), narrow);
                format!("{grant}voucher by {}{valid}{}", self.table_key(&table.by), self.rows_of_thing(table, place))
            }
            Effect::OneOf(chances) => {
                let chance = |chance: &Chance| {
                    let what = chance.what.as_ref().map_or_else(|| "nothing".to_owned(), |what| self.effect(what, Place::Behind));
                    format!("{what} {}%", chance.weight.node)
                };
                format!("{grant}one of: {}", chances.iter().map(chance).collect::<Vec<_>>().join(", "))
            }
            Effect::Entries { count, draw, per } => {
                let verb = if per.is_some() && place != Place::Thing { "earn " } else { grant };
                let entry = if whole(count) == Some(1) { "entry" } else { "entries" };
                let per = per.as_ref().map_or_else(String::new, |per| format!(" per {}", self.value(per)));
                format!("{verb}{} {entry} to {}{per}", self.value(count), self.name(Kind::Draw, draw))
            }
            Effect::Access { name, only, valid } => {
                format!("{grant}access {}{}{}", self.name(Kind::Other, name), self.only(only.as_ref()), self.valid(valid.as_ref()))
            }
            Effect::FreeShipping if self.begins_with(effect.span, "grant") => format!("{grant}free shipping"),
            Effect::FreeShipping => "free shipping".to_owned(),
            Effect::PriceFrom { name } => format!("price from {}", self.name(Kind::Prices, name)),
            Effect::Price(price) => format!("price {}", self.value(price)),
            Effect::Set { wallet, amount } => format!("set {} to {}", self.name(Kind::Wallet, wallet), self.value(amount)),
            Effect::MoveTo { tier } => format!("move to tier {}", self.name(Kind::Tier, tier)),
            Effect::Notify { text, costs } => {
                let costs = costs.as_ref().map_or_else(String::new, |costs| format!(" costs {}", self.value(costs)));
                format!("notify {}{costs}", quoted(&text.node))
            }
            Effect::PayOut(wallet) => format!("pay out {}", self.name(Kind::Wallet, wallet)),
            Effect::Charge(amount) => format!("charge {}", self.value(amount)),
            Effect::Donate { amount, to } => format!("donate {} to {}", self.value(amount), self.name(Kind::Other, to)),
        }
    }

    /// Whether an effect may stand behind others of one `grant`.
    pub fn can_stand_behind(&self, effect: &Spanned<Effect>) -> bool {
        match &effect.node {
            Effect::Grant { amount, .. } => matches!(amount.kind, ExprKind::Literal(_)) || self.value(amount).starts_with('('),
            Effect::Entries { per, .. } => per.is_none(),
            Effect::Gift { .. } | Effect::Voucher { .. } | Effect::Access { .. } | Effect::GrantFriend { .. } => true,
            Effect::Discount(Rates::One(Rate::Value(_))) => !self.begins_with(effect.span, "discount"),
            _ => false,
        }
    }

    /// How long and on which purchases a voucher can be used.
    fn voucher_life(&self, valid: Option<&Spanned<Lasting>>, narrow: &Narrowing) -> String {
        let mut words = valid.map_or_else(String::new, |life| format!(" {}", self.life(&life.node)));
        if *narrow != Narrowing::default() {
            words = format!("{words} on purchases{}", self.narrowing(narrow, "of", true));
        }
        if words.is_empty() { words } else { format!(" valid{words}") }
    }

    fn valid(&self, valid: Option<&Spanned<Lasting>>) -> String {
        valid.map_or_else(String::new, |life| format!(" valid {}", self.life(&life.node)))
    }

    fn only(&self, only: Option<&Expr>) -> String {
        only.map_or_else(String::new, |only| format!(" only {} in all", self.value(only)))
    }

    /// A length of time where parentheses must stand around all but the plain ones.
    pub fn lasting(&self, length: &Expr) -> String {
        match length.kind {
            ExprKind::Literal(Literal::Duration(_)) => self.expr(length),
            _ => format!("({})", self.expr(length)),
        }
    }

    fn discount(&self, rates: &Rates, span: Span, place: Place) -> String {
        let rate = match rates {
            Rates::Table(table) => return format!("discount {}", self.table(table, place)),
            Rates::One(rate) => rate,
        };
        if let Rate::Per { amount, per, .. } = rate {
            return format!("{} off per {}", self.value(amount), self.value(per));
        }
        let Rate::Value(value) = rate else { return format!("discount {}", self.rate(rate)) };
        let words = self.value(value);
        let money = matches!(value.kind, ExprKind::Literal(Literal::Money { .. }));
        match place {
            Place::Alone if self.begins_with(span, "grant") => format!("grant {words} discount"),
            Place::Alone if !money => format!("discount {words}"),
            _ if money => format!("{words} off"),
            _ => format!("{words} discount"),
        }
    }

    fn earn(&self, wallet: Option<&Name>, rates: &Rates, place: Place) -> String {
        let Some(wallet) = wallet else {
            return match rates {
                Rates::Table(table) => format!("cashback {}", self.table(table, place)),
                Rates::One(rate) => format!("cashback {}", self.rate(rate)),
            };
        };
        let name = self.name(Kind::Wallet, wallet);
        let (amount, rest) = match rates {
            Rates::Table(table) => {
                let word = if shares(table) { "as " } else { "" };
                let per = table.rows.first().filter(|_| table.per_first).map_or_else(String::new, |row| self.rate_tail(&row.rate));
                return format!("earn {word}{name}{per} {}", self.table(table, place));
            }
            Rates::One(Rate::Value(value)) => return format!("earn {} as {name}", self.value(value)),
            Rates::One(rate @ (Rate::Per { amount, .. } | Rate::PerItem { amount })) => (amount, self.rate_tail(rate)),
        };
        let words = self.value(amount);
        match &amount.kind {
            ExprKind::Literal(Literal::Count { unit, .. }) if unit == wallet => format!("earn {words}{rest}"),
            ExprKind::Literal(_) => format!("earn {words} as {name}{rest}"),
            _ => format!("earn {words} {name}{rest}"),
        }
    }

    /// `100 beans`, `5 EUR to cashback`, `(purchase.miles) miles`
    pub fn granted(&self, amount: &Expr, wallet: Option<&Name>) -> String {
        self.amount(amount, wallet, "to")
    }

    /// An amount and a wallet that stands apart from it: behind it, or behind a word.
    pub fn amount(&self, amount: &Expr, wallet: Option<&Name>, word: &str) -> String {
        let words = self.value(amount);
        let Some(wallet) = wallet else { return words };
        let name = self.name(Kind::Wallet, wallet);
        let number = matches!(amount.kind, ExprKind::Literal(Literal::Number(_)));
        let literal = matches!(amount.kind, ExprKind::Literal(_));
        if number && !self.has_word_between(amount.span, wallet.span) {
            format!("({words}) {name}")
        } else if literal || name_key(&wallet.node) == "cashback" || self.has_word_between(amount.span, wallet.span) {
            format!("{words} {word} {name}")
        } else {
            format!("{words} {name}")
        }
    }

    /// A rate.
    pub fn rate(&self, rate: &Rate) -> String {
        match rate {
            Rate::Value(amount) | Rate::Per { amount, .. } | Rate::PerItem { amount } => {
                format!("{}{}", self.value(amount), self.rate_tail(rate))
            }
        }
    }

    /// What stands behind the amount of a rate: ` per 1 EUR, in proportion`.
    fn rate_tail(&self, rate: &Rate) -> String {
        match rate {
            Rate::Value(_) => String::new(),
            Rate::Per { per, in_proportion, of_each_item, .. } => {
                let how = match (in_proportion, of_each_item) {
                    (_, true) => " of each item",
                    (true, false) => ", in proportion",
                    (false, false) => "",
                };
                format!(" per {}{how}", self.value(per))
            }
            Rate::PerItem { .. } => " per item".to_owned(),
        }
    }

    /// The head of a table, and its rows where it has no lines of its own.
    fn table(&self, table: &Table, place: Place) -> String {
        let mut key = self.table_key(&table.by);
        if let Some((across, columns)) = &table.across {
            let columns: Vec<String> = columns.iter().map(|column| self.row_name(across, column)).collect();
            key = format!("{key} and {} {}", self.table_key(across), columns.join(" "));
        }
        let slices = if table.each_slice { ", each slice at its own rate" } else { "" };
        format!("by {key}{slices}{}", self.rows_of_thing(table, place))
    }

    /// The rows of a table that has no lines of its own.
    fn rows_of_thing(&self, table: &Table, place: Place) -> String {
        let rows = if place == Place::Thing { self.rows(table) } else { Vec::new() };
        if rows.is_empty() { String::new() } else { format!(" {}", listed(&rows)) }
    }

    fn table_key(&self, key: &TableKey) -> String {
        match key {
            TableKey::Tier(None) => "tier".to_owned(),
            TableKey::Tier(Some(ladder)) => format!("tier of {}", self.name(Kind::Ladder, ladder)),
            TableKey::Value(key) => match key.kind {
                ExprKind::Fact(_)
                | ExprKind::Measure(_)
                | ExprKind::Attribute { .. }
                | ExprKind::AmountOf(_)
                | ExprKind::NetAmountOf(_)
                | ExprKind::QuantityOf(_)
                | ExprKind::Name(_) => self.expr(key),
                _ => format!("({})", self.expr(key)),
            },
        }
    }

    /// The name of a row or column: a tier's, or a word of the data.
    fn row_name(&self, key: &TableKey, name: &Name) -> String {
        if matches!(key, TableKey::Tier(_)) { self.name(Kind::Tier, name) } else { quoted(&name.node) }
    }

    /// The rows of a table.
    pub fn rows(&self, table: &Table) -> Vec<String> {
        let row = |row: &crate::syntax::ast::TableRow| {
            let (when, bare) = match &row.when {
                RowWhen::From(value) => (format!("from {}", self.value(value)), is_number(value)),
                RowWhen::Over(value) => (format!("over {}", self.value(value)), is_number(value)),
                RowWhen::Tier(name) => (self.row_name(&table.by, name), false),
                RowWhen::Else => ("else".to_owned(), false),
            };
            let cell = |rate: &Rate| match rate {
                Rate::Per { amount, .. } | Rate::PerItem { amount } if table.per_first => self.value(amount),
                rate => self.rate(rate),
            };
            let cells: Vec<String> = std::iter::once(&row.rate).chain(&row.more).map(cell).collect();
            let rate = cells.join("  ");
            // A word behind a bare number would be its unit.
            let colon = if bare && rate.starts_with(char::is_alphabetic) { ":" } else { "" };
            format!("{when}{colon} {rate}")
        };
        table.rows.iter().map(row).collect()
    }
}

/// Whether all rates of a table are shares or sums, which a wallet takes `as` its own.
fn shares(table: &Table) -> bool {
    let kind = |rate: &Rate| match rate {
        Rate::Value(value) => match &value.kind {
            ExprKind::Literal(Literal::Percent(_) | Literal::Money { .. }) => Some(true),
            ExprKind::Literal(_) => None,
            _ => Some(false),
        },
        _ => None,
    };
    let kinds: Option<Vec<bool>> = table.rows.iter().map(|row| kind(&row.rate)).collect();
    kinds.is_some_and(|kinds| kinds.contains(&true))
}

fn is_number(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal(Literal::Number(_)))
}

/// The whole number that an expression writes out.
pub(super) fn whole(expr: &Expr) -> Option<i64> {
    let ExprKind::Literal(Literal::Number(number)) = expr.kind else { return None };
    let Decimal { mantissa, scale } = number.normal();
    if scale == 0 { i64::try_from(mantissa).ok() } else { None }
}
