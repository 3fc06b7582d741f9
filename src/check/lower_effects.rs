//! Effects, rates and tables.

use super::infer::Typed;
use super::types::{decimal, fold};
use super::values::Known;
use super::{Checker, Here, errors};
use crate::diagnostic::Diagnostic;
use crate::program::{Effect, Expr, Gate, Lasting, PayOut, Rate, Rates, Type, WalletId, WalletKind};
use crate::span::{Span, Spanned};
use crate::syntax::ast::{self, ExprKind, Name};
use crate::value::{Decimal, Exact};

/// Words for the hundredth part of a currency.
pub(crate) const CENTS: [&str; 7] = ["cent", "cents", "ct", "cts", "pence", "penny", "pennies"];

/// What lets an effect act, as it is read.
enum Opens {
    Row(Expr),
    Drawn(Decimal, Decimal),
}

impl Opens {
    fn at(self, effect: usize) -> Gate {
        match self {
            Self::Row(test) => Gate::Row { effect, test },
            Self::Drawn(from, to) => Gate::Drawn { effect, from, to },
        }
    }
}

fn amount_of(rate: &ast::Rate) -> Span {
    match rate {
        ast::Rate::Value(amount) | ast::Rate::Per { amount, .. } | ast::Rate::PerItem { amount } => amount.span,
    }
}

/// What a rate gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gives {
    Discount,
    Wallet(WalletId),
}

impl<'a> Checker<'a> {
    /// All effects of a sentence, with what lets some of them act alone; and whether all could be read.
    pub(crate) fn effects(&mut self, written: &[(&'a ast::Effect, Span)]) -> (Vec<(Effect, Span)>, Vec<Gate>, bool) {
        let (mut effects, mut gates, mut complete) = (Vec::new(), Vec::new(), true);
        for (effect, span) in written {
            let alone = match effect {
                ast::Effect::VoucherTable { table, valid, narrow } => self.vouchers_by_table(table, valid.as_ref(), narrow, *span),
                ast::Effect::OneOf(chances) => self.one_of_things(chances, *span),
                other => {
                    let read = self.effect(other, *span);
                    complete &= read.is_some();
                    effects.extend(read.map(|effect| (effect, *span)));
                    continue;
                }
            };
            if written.len() > 1 {
                self.report(errors::alone_in_its_sentence(self.sources.text(*span), *span));
            }
            complete &= alone.is_some();
            for (effect, make) in alone.unwrap_or_default() {
                gates.extend(make.map(|make| make.at(effects.len())));
                effects.push((effect, *span));
            }
        }
        (effects, gates, complete)
    }

    /// `grant voucher by tier …`: a voucher a row, of which the one is given whose row holds.
    fn vouchers_by_table(
        &mut self,
        table: &'a ast::Table,
        valid: Option<&'a Spanned<ast::Lasting>>,
        narrow: &'a ast::Narrowing,
        span: Span,
    ) -> Option<Vec<(Effect, Option<Opens>)>> {
        let rows = self.rows_with_tests(table, span)?;
        let mut made = Vec::new();
        for (rate, test) in rows {
            let ast::Rate::Value(amount) = rate else {
                self.report(errors::grant_per(amount_of(rate)));
                return None;
            };
            let effect = self.voucher(amount, valid, narrow)?;
            made.push((effect, Some(Opens::Row(test))));
        }
        Some(made)
    }

    /// `grant one of: 10 beans 70%, gift mug 5%, nothing 25%`
    fn one_of_things(&mut self, chances: &'a [ast::Chance], span: Span) -> Option<Vec<(Effect, Option<Opens>)>> {
        let mut made = Vec::new();
        let (mut sum, all) = (Exact::whole(0), Exact::whole(100));
        let mut complete = true;
        for chance in chances {
            let to = Exact::try_from(chance.weight.node).and_then(|weight| sum.plus(weight)).ok();
            let Some(to) = to.filter(|to| *to > sum) else {
                self.report(errors::nothing(self.sources.text(chance.weight.span), chance.weight.span));
                return None;
            };
            let share = |percent: Exact| percent.divided_by(all).ok().and_then(decimal);
            if let Some(what) = &chance.what {
                match (self.effect(&what.node, what.span), share(sum), share(to)) {
                    (Some(effect), Some(from), Some(to)) => made.push((effect, Some(Opens::Drawn(from, to)))),
                    _ => complete = false,
                }
            }
            sum = to;
        }
        if sum != all {
            self.report(errors::chances_of_all(&super::types::number_words(sum), span));
            return None;
        }
        complete.then_some(made)
    }

    /// An effect.
    pub(crate) fn effect(&mut self, effect: &'a ast::Effect, span: Span) -> Option<Effect> {
        use ast::Effect as E;
        Some(match effect {
            E::Discount(rates) => Effect::Discount(self.rates(rates, Gives::Discount, span)?),
            E::Earn { wallet, rates } => {
                if let ast::Rates::One(ast::Rate::Per { amount, .. } | ast::Rate::PerItem { amount } | ast::Rate::Value(amount)) = rates {
                    self.unit_exists(amount)?;
                }
                let wallet = match wallet {
                    Some(name) => self.wallet(name)?,
                    None => self.cashback(span),
                };
                Effect::Earn { wallet, rates: self.rates(rates, Gives::Wallet(wallet), span)? }
            }
            E::Grant { amount, wallet, valid } => {
                let valid = self.optional_life(valid.as_ref());
                let (wallet, amount) = self.grant(amount, wallet.as_ref(), span)?;
                Effect::Grant { wallet, amount, valid: valid? }
            }
            E::GrantTable { wallet, table } => {
                let wallet = self.wallet(wallet)?;
                Effect::Grant { wallet, amount: self.granted_by_table(table, wallet, span)?, valid: None }
            }
            E::GrantFriend { amount, wallet, valid } => {
                let valid = self.optional_life(valid.as_ref());
                let (wallet, amount) = self.grant(amount, wallet.as_ref(), span)?;
                Effect::GrantFriend { wallet, amount, valid: valid? }
            }
            E::Multiply { wallet, factor } => self.multiply(wallet, factor)?,
            E::Gift { name, only, valid } => {
                let (only, valid) = (self.optional_series(only.as_ref()), self.optional_life(valid.as_ref()));
                Effect::Gift { gift: self.gift(name)?, only: only?, valid: valid? }
            }
            E::Voucher { amount, valid, narrow, .. } => self.voucher(amount, valid.as_ref(), narrow)?,
            // They are several effects, of which one is given.
            E::VoucherTable { .. } | E::OneOf(_) => return None,
            E::Entries { count, draw, per } => self.entries(count, draw, per.as_ref())?,
            E::Access { name, only, valid } => {
                let (only, valid) = (self.optional_series(only.as_ref())?, self.optional_life(valid.as_ref())?);
                Effect::Access { access: self.access(&name.node), only, valid }
            }
            E::FreeShipping => Effect::FreeShipping,
            E::PriceFrom { name } => Effect::PriceList(self.price_list(name)?),
            E::Price(price) => {
                if !self.here.scoped {
                    self.report(errors::price_of_what(self.sources.text(span), span));
                    return None;
                }
                Effect::Price(self.money(price)?)
            }
            E::Set { wallet, amount } => {
                let wallet = self.wallet(wallet)?;
                Effect::Set { wallet, amount: self.units_or_number(amount, wallet)? }
            }
            E::MoveTo { tier } => Effect::MoveTo(self.tier(&tier.node, tier.span)?),
            E::Notify { text, costs } => {
                let costs = match costs {
                    Some(costs) => self.money(costs)?,
                    None => 0,
                };
                Effect::Notify { text: text.node.clone(), costs }
            }
            E::PayOut(name) => {
                let wallet = self.wallet(name)?;
                let of = self.program.wallets.get(wallet.index())?;
                if of.worth.is_none() || of.levels_only {
                    self.report(errors::not_paid_out(&of.name.clone(), name.span, of.span));
                    return None;
                }
                Effect::PayOut(PayOut { wallet, least_units: 0, least: 0, step: 1 })
            }
            E::Charge(amount) => Effect::Charge(self.some_money(amount)?),
            E::Donate { amount, to } => Effect::Donate { amount: self.some_money(amount)?, to: to.node.clone() },
        })
    }

    fn optional_series(&mut self, only: Option<&'a ast::Expr>) -> Option<Option<u64>> {
        match only {
            None => Some(None),
            Some(only) => self.series(only).map(Some),
        }
    }

    /// One rate or a table.
    pub(crate) fn rates(&mut self, rates: &'a ast::Rates, gives: Gives, span: Span) -> Option<Rates> {
        match rates {
            ast::Rates::One(rate) => Some(Rates::One(self.rate(rate, gives)?)),
            ast::Rates::Table(table) => Some(Rates::Table(self.table(table, gives, span)?)),
        }
    }

    /// A rate in the form of what it gives.
    pub(crate) fn rate(&mut self, rate: &'a ast::Rate, gives: Gives) -> Option<Rate> {
        match rate {
            ast::Rate::Value(value) => self.plain_rate(value, gives),
            ast::Rate::Per { amount, per, in_proportion, of_each_item } => {
                if *of_each_item && gives == Gives::Discount {
                    self.report(errors::each_item_of_discount(amount.span));
                    return None;
                }
                let amount = self.full_units(amount, gives);
                if let Some(per) = self.quantity_unit(per)? {
                    return Some(Rate::PerQuantity { amount: amount?, per, in_proportion: *in_proportion });
                }
                let per = self.some_money(per);
                Some(match of_each_item {
                    true => Rate::PerEachItem { amount: amount?, per: per? },
                    false => Rate::Per { amount: amount?, per: per?, in_proportion: *in_proportion },
                })
            }
            ast::Rate::PerItem { amount } => Some(Rate::PerItem { amount: self.full_units(amount, gives)? }),
        }
    }

    /// `per litre`, `per 10 litres`: so much of the items in scope, where the word is none of the program. Nothing for money.
    #[expect(clippy::option_option, reason = "money is not a mistake")]
    fn quantity_unit(&mut self, per: &'a ast::Expr) -> Option<Option<Decimal>> {
        let (word, number) = match &per.kind {
            ExprKind::Name(word) => (word.as_str(), Decimal::whole(1)),
            ExprKind::Literal(ast::Literal::Count { amount, unit }) => (unit.node.as_str(), *amount),
            _ => return Some(None),
        };
        let money = CENTS.contains(&word.to_lowercase().as_str()) || super::words::is_currency_in_words(word);
        let known = self.scope.param(word).is_some() || self.wallet_quietly(word).is_some() || super::values::counts_things(word);
        if word.is_empty() || known || money {
            return Some(None);
        }
        if !self.here.scoped {
            let fuel = ["lit", "gal", "лит"].iter().any(|unit| word.to_lowercase().starts_with(unit));
            let category = if fuel { "fuel" } else { "fruit" };
            let of = self.rewritten(per.span, &format!("{} on category \"{category}\"", self.sources.text(per.span)));
            let money = self.rewritten(per.span, &format!("1 {}", self.program.currency.code));
            self.report(errors::per_what(word, &of, &money, per.span));
            return None;
        }
        if number.mantissa <= 0 {
            self.report(errors::nothing(self.sources.text(per.span), per.span));
            return None;
        }
        Some(Some(number.normal()))
    }

    fn plain_rate(&mut self, value: &'a ast::Expr, gives: Gives) -> Option<Rate> {
        let known = self.known(value, None)?;
        // A parameter may be set to nothing to see what the rule is worth; a rate written as 0% has no use.
        let written = matches!(value.kind, ExprKind::Literal(_)) && !self.here.table;
        match (known.kind, gives) {
            (Type::Percent, _) if written && known.value == Exact::whole(0) => {
                self.report(errors::nothing(self.sources.text(value.span), value.span));
                None
            }
            (Type::Percent, _) => self.percent_rate(known, gives).map(Rate::Percent),
            (Type::Money, Gives::Discount) => self.whole_amount(known).map(Rate::Fixed),
            (Type::Money, Gives::Wallet(wallet)) if self.is_money_wallet(wallet) => self.whole_amount(known).map(Rate::Fixed),
            (Type::Points(of), Gives::Wallet(wallet)) if of == wallet => self.known_units(known, wallet).map(Rate::Fixed),
            (Type::Number, _) => {
                let text = super::types::number_words(known.value);
                let samples = self.rate_samples(&text, gives);
                self.report(errors::bare_number(&text, &samples, value.span));
                None
            }
            (kind, gives) => {
                let (kind, samples) = (self.kind_words(kind), self.rate_samples("5", gives));
                self.report(errors::wrong_rate(self.sources.text(value.span), &kind, &samples, value.span));
                None
            }
        }
    }

    /// Ways to write a number as a rate: `2%`, `2 EUR`, `2 beans`.
    fn rate_samples(&self, number: &str, gives: Gives) -> Vec<String> {
        let code = &self.program.currency.code;
        let percent = format!("{number}%");
        match gives {
            Gives::Discount => vec![percent, format!("{number} {code}")],
            Gives::Wallet(wallet) if self.is_money_wallet(wallet) => vec![percent, format!("{number} {code}")],
            Gives::Wallet(wallet) => {
                let name = self.wallet_name(wallet);
                let worth = self.program.wallets.get(wallet.index()).is_some_and(|wallet| wallet.worth.is_some());
                let some = errors::counted(number, &name);
                let mut samples = vec![format!("{some} per 1 {code}"), some];
                if worth {
                    samples.insert(0, percent);
                }
                samples
            }
        }
    }

    fn percent_rate(&mut self, known: Known, gives: Gives) -> Option<Decimal> {
        if known.value < Exact::whole(0) {
            self.report(errors::below_zero(known.span));
            return None;
        }
        if gives == Gives::Discount && known.value > Exact::whole(1) {
            self.report(errors::over_hundred(self.sources.text(known.span), known.span));
            return None;
        }
        if let Gives::Wallet(wallet) = gives {
            let (name, kind, worth) = self.program.wallets.get(wallet.index()).map(|w| (w.name.clone(), w.kind, w.worth.is_some()))?;
            if !worth {
                let code = self.program.currency.code.clone();
                let stamps = kind == WalletKind::Stamps;
                let declared = self.program.wallets.get(wallet.index()).map(|w| w.span)?;
                self.report(errors::percent_without_worth(&name, stamps, &code, known.span, declared));
                return None;
            }
        }
        let found = decimal(known.value);
        if found.is_none() {
            self.report(errors::must_be_fixed(known.span));
        }
        found
    }

    /// An amount of what a rate gives, in full units (money in minor units), above zero.
    fn full_units(&mut self, amount: &'a ast::Expr, gives: Gives) -> Option<Decimal> {
        self.unit_exists(amount)?;
        let here = Here { rate: true, ..self.here };
        let known = self.within(here, |checker| checker.known(amount, None))?;
        let wanted = match gives {
            Gives::Discount => Type::Money,
            Gives::Wallet(wallet) => self.wallet_type(wallet),
        };
        let fits = known.kind == wanted || known.kind == Type::Number && matches!(wanted, Type::Points(_));
        if !fits {
            let number = super::types::number_words(known.value);
            let problem = if known.kind == Type::Number {
                errors::bare_number(&number, &[self.sample(wanted, &number)], amount.span)
            } else {
                self.misfit(wanted, known.kind, amount.span)
            };
            self.report(problem);
            return None;
        }
        if known.value < Exact::whole(0) || known.value == Exact::whole(0) && !self.here.table {
            self.report(errors::nothing(self.sources.text(amount.span), amount.span));
            return None;
        }
        let found = decimal(known.value);
        if found.is_none() {
            self.report(errors::must_be_fixed(amount.span));
        }
        found
    }

    /// `200 baens` where an amount of a wallet stands: the unit is a wallet's name, or nothing.
    pub(crate) fn unit_exists(&mut self, amount: &'a ast::Expr) -> Option<()> {
        let Some(unit) = self.unit_of(amount) else { return Some(()) };
        if self.wallet_quietly(&unit.node).is_some() || super::values::counts_things(&unit.node) {
            return Some(());
        }
        let number = match &self.peel(amount).kind {
            ExprKind::Literal(ast::Literal::Count { amount, .. }) => *amount,
            _ => Decimal::whole(1),
        };
        let problem = self.unknown_amount(number, unit, amount.span);
        self.report(problem);
        None
    }

    /// `5 cents`, `3 loaves`, `5 Punkt`: an amount of something that is no wallet.
    fn unknown_amount(&self, number: Decimal, unit: &Name, span: Span) -> Diagnostic {
        if self.sources.text(unit.span) != unit.node {
            return self.unknown_wallet(&unit.node, unit.span);
        }
        let word = unit.node.to_lowercase();
        let code = &self.program.currency.code;
        let small = CENTS.contains(&word.as_str()) && self.program.currency.decimals == 2;
        if (small || super::words::is_currency_in_words(&word)) && self.currency_known {
            let scale = if small { number.scale.saturating_add(2) } else { number.scale };
            let money = format!("{} {code}", Decimal::new(number.mantissa, scale));
            let line = self.rewritten(span, &money);
            let line = if line.ends_with(&format!("grant {money}")) { format!("{line} to cashback") } else { line };
            return errors::currency_in_words(&unit.node, code, line, unit.span);
        }
        if let Some(gift) = self.gift_meant(&unit.node) {
            return errors::is_a_gift(&unit.node, &self.rewritten(span, &gift), span);
        }
        let problem = self.unknown_wallet(&unit.node, unit.span);
        match self.unit_wallets().first() {
            Some(wallet) if problem.help.as_ref().is_some_and(|help| help.contains("for example")) => {
                let some = errors::counted(&number.to_string(), wallet);
                problem.help(format!("Write for example: {}", self.rewritten(span, &some)))
            }
            _ => problem,
        }
    }

    /// `gift "free coffee"` for a word that is the name of a gift, or the only one that holds it.
    pub(crate) fn gift_meant(&self, word: &str) -> Option<String> {
        let gifts = &self.scope.gifts;
        let key = crate::value::name_key(word);
        // `loaves`, `cherries`
        let one = key.strip_suffix("ves").map(|stem| format!("{stem}f")).or_else(|| key.strip_suffix("ies").map(|stem| format!("{stem}y")));
        let key = one.unwrap_or(key);
        let holds = |name: &str| crate::value::name_key(name).split(' ').any(|part| crate::value::same_but_for_number(part, &key));
        let mut holding = gifts.0.iter().filter(|gift| holds(&gift.name));
        let only = match (holding.next(), holding.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        };
        let gift = gifts.find(&key).and_then(|at| gifts.0.get(at)).or(only)?;
        Some(format!("gift {}", super::lower_lists::quoted_if_needed(&gift.name)))
    }

    fn grant(&mut self, amount: &'a ast::Expr, wallet: Option<&'a Name>, span: Span) -> Option<(WalletId, Expr)> {
        let named = match wallet {
            Some(name) => Some(self.wallet(name)?),
            None => None,
        };
        self.unit_exists(amount)?;
        // A number with a unit names its wallet itself; a calculation takes the kind of the wallet behind it.
        let want = named.map(|wallet| self.wallet_type(wallet));
        let literal_number = matches!(&self.peel(amount).kind, ExprKind::Literal(ast::Literal::Number(_)));
        let Typed { expr, kind } = self.infer(amount, if literal_number { None } else { want })?;
        let wallet = match (named, kind) {
            (Some(wallet), _) => wallet,
            (None, Type::Points(wallet)) => wallet,
            (None, _) => {
                let problem = self.grant_of_what(amount, &fold(&expr), kind, span);
                self.report(problem);
                return None;
            }
        };
        let wanted = self.wallet_type(wallet);
        let number_of_units = kind == Type::Number && matches!(wanted, Type::Points(_));
        if kind != wanted && !number_of_units {
            let problem = match (fold(&expr), kind) {
                (Some(value), Type::Number) => {
                    let number = super::types::number_words(value);
                    errors::bare_number(&number, &[self.sample(wanted, &number)], amount.span)
                }
                _ => self.misfit(wanted, kind, amount.span),
            };
            self.report(problem);
            return None;
        }
        if let Some(value) = fold(&expr) {
            let known = Known { value, kind: wanted, span: amount.span };
            let units = self.known_units(known, wallet)?;
            if units == 0 {
                self.report(errors::nothing(self.sources.text(amount.span), amount.span));
                return None;
            }
        }
        Some((wallet, expr))
    }

    /// `grant 5 EUR`, `reward 5%`: the line with what is missing, never another kind of sentence.
    fn grant_of_what(&self, amount: &'a ast::Expr, value: &Option<Exact>, kind: Type, span: Span) -> Diagnostic {
        let text = self.sources.text(amount.span).to_owned();
        match kind {
            Type::Money => {
                let minor = value.and_then(super::types::whole);
                let money = minor.map_or_else(|| text.clone(), |minor| self.money_words(minor));
                errors::grant_into_which(&text, &self.rewritten(amount.span, &format!("{money} to cashback")), span)
            }
            Type::Percent => {
                let discount = self.rewritten(amount.span, &format!("{text} discount"));
                let cashback = self.rewritten(amount.span, &format!("cashback {text}"));
                let as_cashback = cashback.contains("grant cashback").then(|| cashback.replace("grant cashback", "cashback"));
                let lines: Vec<String> = std::iter::once(discount).chain(as_cashback).collect();
                errors::grant_of_what(&text, &lines, span)
            }
            _ => {
                let wallets = self.unit_wallets();
                let samples: Vec<String> = wallets.iter().map(|name| errors::counted(&text, name)).collect();
                errors::bare_number(&text, if samples.is_empty() { std::slice::from_ref(&text) } else { &samples }, amount.span)
            }
        }
    }

    fn multiply(&mut self, wallet: &'a Name, factor: &'a ast::Expr) -> Option<Effect> {
        let wallet = self.wallet(wallet);
        let known = self.known(factor, None)?;
        if !matches!(known.kind, Type::Number | Type::Percent) {
            let problem = self.misfit(Type::Number, known.kind, factor.span);
            self.report(problem);
            return None;
        }
        if known.value <= Exact::whole(0) {
            self.report(errors::factor(self.sources.text(factor.span), factor.span));
            return None;
        }
        let Some(factor) = decimal(known.value) else {
            self.report(errors::must_be_fixed(factor.span));
            return None;
        };
        Some(Effect::Multiply { wallet: wallet?, factor })
    }

    /// The life of what is granted: nothing where none is written, `None` where it cannot be read.
    #[expect(clippy::option_option, reason = "what is not written is not a mistake")]
    fn optional_life(&mut self, valid: Option<&'a Spanned<ast::Lasting>>) -> Option<Option<Lasting>> {
        match valid {
            None => Some(None),
            Some(life) => self.life(&life.node, life.span).map(Some),
        }
    }

    fn voucher(&mut self, amount: &'a ast::Expr, valid: Option<&'a Spanned<ast::Lasting>>, narrow: &'a ast::Narrowing) -> Option<Effect> {
        let value = self.plain_rate(amount, Gives::Discount);
        let valid = self.optional_life(valid)?;
        if let Some(window) = &narrow.window {
            self.report(errors::stray_window(self.sources.text(window.span), window.span));
        }
        Some(Effect::Voucher { value: value?, valid, filter: self.filter(narrow)? })
    }

    fn entries(&mut self, count: &'a ast::Expr, draw: &'a Name, per: Option<&'a ast::Expr>) -> Option<Effect> {
        let draw = self.draw(draw);
        match per {
            Some(per) => {
                let per = self.some_money(per);
                let count = self.some_count(count);
                Some(Effect::EarnEntries { draw: draw?, count: count?, per: per? })
            }
            None => {
                let Typed { expr, kind } = self.infer(count, Some(Type::Number))?;
                if kind != Type::Number {
                    let problem = self.misfit(Type::Number, kind, count.span);
                    self.report(problem);
                    return None;
                }
                if let Some(value) = fold(&expr) {
                    let known = Known { value, kind, span: count.span };
                    let whole = self.whole_amount(known)?;
                    if whole == 0 {
                        self.report(errors::nothing(self.sources.text(count.span), count.span));
                        return None;
                    }
                }
                Some(Effect::Entries { draw: draw?, count: expr })
            }
        }
    }
}
