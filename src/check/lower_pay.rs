//! How wallets pay: `redeem`, rewards of the catalogue, exchanges.

use super::lower_clauses::Clauses;
use super::lower_rule::Body;
use super::types::{decimal, power};
use super::{Checker, Here, errors};
use crate::program::{
    Exchange, Fact, ItemFilter, Limit, LimitWhat, Redeem, Reward, Scope, Trigger, Type, VoucherValue, WalletId, WalletKind,
};
use crate::span::Span;
use crate::syntax::ast::{self, Clause, ClauseKind, Literal, Name, Statement, StatementKind};
use crate::value::{Decimal, Exact, Rounding};

impl<'a> Checker<'a> {
    /// `redeem …`
    pub(crate) fn redeem(&mut self, statement: &'a Statement) {
        match &statement.kind {
            StatementKind::Redeem { amount, wallet, value, clauses } => {
                let values = (amount.as_ref(), value.as_ref());
                if let Some(redeem) = self.redeem_terms(values, wallet, clauses, statement) {
                    self.program.redeems.push(redeem);
                }
            }
            StatementKind::RedeemVouchers { times, clauses } => {
                let mut parts = Clauses::default();
                self.paying_clauses(&mut parts, None, clauses);
                let Some(known) = self.known(times, Some(Type::Number)) else { return };
                let factor = decimal(known.value).filter(|_| known.kind == Type::Number && known.value > Exact::whole(0));
                match factor {
                    Some(times) => {
                        let (tests, when) = (parts.tests, parts.when);
                        self.program.voucher_values.push(VoucherValue { times, tests, when, span: statement.span });
                    }
                    None => self.report(errors::factor(self.sources.text(times.span), times.span)),
                }
            }
            _ => {}
        }
    }

    /// A wallet that counts as money pays without a sentence that says so.
    pub(crate) fn money_pays(&mut self) {
        for (number, wallet) in (0..=u16::MAX).zip(&self.program.wallets) {
            let id = WalletId(number);
            if wallet.as_money && !self.program.redeems.iter().any(|redeem| redeem.wallet == id) {
                self.program.redeems.push(Redeem {
                    wallet: id,
                    step: None,
                    at_least: None,
                    whole: false,
                    limits: Vec::new(),
                    items: None,
                    tests: Vec::new(),
                    when: Vec::new(),
                    span: wallet.span,
                    label: self.sources.quote(wallet.span),
                });
            }
        }
    }

    /// `1 point for 0.005 EUR` cannot be paid; `2 points for 0.01 EUR` is the same rate in whole coins.
    fn payable_step(&self, amount: &ast::Expr, value: &ast::Expr, wallet: WalletId) -> Option<String> {
        let (ast::ExprKind::Literal(Literal::Count { amount: units, .. }), ast::ExprKind::Literal(Literal::Money { amount: money, .. })) =
            (&amount.kind, &value.kind)
        else {
            return None;
        };
        let (money, decimals) = (money.normal(), self.program.currency.decimals);
        let missing = money.scale.checked_sub(decimals).filter(|missing| *missing > 0)?;
        let parts = 10_i128.checked_pow(u32::from(missing))?;
        let times = parts.checked_div(super::types::gcd(money.mantissa, parts))?;
        let minor = money.mantissa.checked_mul(times)?.checked_div(parts)?;
        let units = Decimal::new(units.mantissa.checked_mul(times)?, units.scale);
        let money = self.money_words(i64::try_from(minor).ok()?);
        let span = amount.span.to(value.span);
        Some(self.rewritten(
            span,
            &format!(
                "{} for {money}",
                errors::counted(&units.to_string(), &super::lower_lists::quoted_if_needed(&self.wallet_name(wallet)))
            ),
        ))
    }

    fn redeem_terms(
        &mut self,
        (amount, value): (Option<&'a ast::Expr>, Option<&'a ast::Expr>),
        name: &'a Name,
        clauses: &'a [Clause],
        statement: &'a Statement,
    ) -> Option<Redeem> {
        let wallet = self.wallet(name);
        let mut parts = Clauses::default();
        let at_least = self.paying_clauses(&mut parts, wallet, clauses);
        let wallet = wallet?;
        if let Some(owed) = self.program.wallets.get(wallet.index()).filter(|wallet| wallet.levels_only) {
            let (name, declared) = (owed.name.clone(), owed.span);
            self.report(errors::levels_do_not_pay(&name, statement.span, declared));
            return None;
        }
        let (declared, worth, kind) = self.program.wallets.get(wallet.index()).map(|w| (w.span, w.worth, w.kind))?;
        if worth.is_none() && value.is_none() && !statement.damaged {
            let quantity = amount
                .map_or("100".to_owned(), |amount| self.sources.text(amount.span).split_whitespace().next().unwrap_or("100").to_owned());
            let name = self.wallet_name(wallet);
            // A worth that cannot stand is told where it is said.
            if self.worth_setting(&name).is_some() {
                return None;
            }
            let code = self.program.currency.code.clone();
            let stamps = kind == WalletKind::Stamps;
            self.report(errors::redeem_without_worth(&name, &quantity, stamps, &code, statement.span, declared));
            return None;
        }
        let step = match (amount, value) {
            (None, None) => match clauses.iter().find_map(|c| if let ClauseKind::InSteps(step) = &c.node { Some(step) } else { None }) {
                None => None,
                Some(step) if self.is_money_wallet(wallet) => Some(self.some_money(step)).map(|step| step.map(|step| (step, step)))?,
                Some(step) => {
                    let units = self.named_units(step, wallet)?;
                    Some((units, self.worth_of_units(units, wallet)?))
                }
            },
            (Some(amount), Some(value)) => {
                if let Some(line) = self.payable_step(amount, value, wallet) {
                    self.report(errors::step_below_a_coin(self.sources.text(value.span), &self.program.currency.code, &line, value.span));
                    return None;
                }
                let (units, value) = (self.named_units(amount, wallet), self.some_money(value));
                Some((units?, value?))
            }
            (Some(amount), None) => {
                let units = self.named_units(amount, wallet)?;
                Some((units, self.worth_of_units(units, wallet)?))
            }
            (None, Some(value)) => {
                self.report(errors::for_without_amount(&self.wallet_name(wallet), &self.program.currency.code, value.span));
                return None;
            }
        };
        self.never_applies("payment", &parts.tests, &parts.when, (&Trigger::None, statement.span));
        let label = self.sources.quote(statement.span);
        let items = match parts.scope {
            Some(Scope::Items(filter)) => Some(filter),
            Some(Scope::Excluding(filter)) => Some(ItemFilter::Not(Box::new(filter))),
            _ => None,
        };
        Some(Redeem {
            wallet,
            step,
            at_least,
            whole: clauses.iter().any(|clause| clause.node == ClauseKind::WholePurchases),
            limits: parts.limits,
            items,
            tests: parts.tests,
            when: parts.when,
            span: statement.span,
            label,
        })
    }

    /// What whole units of a wallet are worth in minor units, rounded down.
    fn worth_of_units(&self, units: i64, wallet: WalletId) -> Option<i64> {
        let wallet = self.program.wallets.get(wallet.index())?;
        let worth = Exact::try_from(wallet.worth?).ok()?;
        let full = Exact::whole(i128::from(units)).divided_by(power(wallet.scale)).ok()?;
        let minor = full.times(worth).ok()?.round(Rounding::Down).ok()?;
        i64::try_from(minor).ok()
    }

    /// An amount of the wallet that the sentence names; the number may stand alone before the name.
    /// Units of a wallet, none included; a bare number counts its points.
    pub(crate) fn units_or_number(&mut self, amount: &'a ast::Expr, wallet: WalletId) -> Option<i64> {
        self.unit_exists(amount)?;
        let known = self.known(amount, None)?;
        let kind = self.wallet_type(wallet);
        let bare = known.kind == Type::Number && matches!(kind, Type::Points(_));
        self.known_units(if bare { super::values::Known { kind, ..known } } else { known }, wallet)
    }

    fn named_units(&mut self, amount: &'a ast::Expr, wallet: WalletId) -> Option<i64> {
        self.unit_exists(amount)?;
        let known = self.known(amount, None)?;
        let kind = self.wallet_type(wallet);
        if known.kind == Type::Number && matches!(kind, Type::Points(_)) {
            let known = super::values::Known { kind, ..known };
            let units = self.known_units(known, wallet)?;
            if units == 0 {
                self.report(errors::nothing(self.sources.text(amount.span), amount.span));
            }
            return (units > 0).then_some(units);
        }
        self.some_units(amount, wallet)
    }

    /// Clauses of `redeem`; gives the least amount of one payment.
    fn paying_clauses(&mut self, parts: &mut Clauses, wallet: Option<WalletId>, clauses: &'a [Clause]) -> Option<i64> {
        let mut at_least = None;
        let mut scopes: Vec<(&'a ast::Scope, Span)> = Vec::new();
        for clause in clauses {
            let span = clause.span;
            match &clause.node {
                ClauseKind::Scope(
                    scope @ (ast::Scope::Category(_)
                    | ast::Scope::Brand(_)
                    | ast::Scope::Product(_)
                    | ast::Scope::ItemsIf(_)
                    | ast::Scope::Excluding(_)),
                ) => scopes.push((scope, span)),
                ClauseKind::Limit(limit) => match (&limit.what, wallet) {
                    (ast::LimitWhat::AtLeast(amount), Some(wallet)) => at_least = self.named_units(amount, wallet),
                    (_, Some(wallet)) => parts.limits.extend(self.paying_limit(limit, wallet, span)),
                    (_, None) => {}
                },
                ClauseKind::Audience(_)
                | ClauseKind::Place(_)
                | ClauseKind::Time(_)
                | ClauseKind::Over(_)
                | ClauseKind::If(_)
                | ClauseKind::Unless(_) => self.clause(parts, &clause.node, Fact::NetAmount, span),
                ClauseKind::Trigger(
                    ast::Trigger::Date(_)
                    | ast::Trigger::YearDay(_)
                    | ast::Trigger::DayOfMonth(_)
                    | ast::Trigger::Birthday
                    | ast::Trigger::Anniversary,
                ) => {
                    self.paying_day(parts, &clause.node, span);
                }
                ClauseKind::InSteps(_) | ClauseKind::WholePurchases => {}
                _ => self.report(errors::not_in_redeem(self.sources.text(span), span)),
            }
        }
        parts.scope = self.scopes(&scopes);
        at_least
    }

    fn paying_day(&mut self, parts: &mut Clauses, clause: &'a ClauseKind, span: Span) {
        if let ClauseKind::Trigger(trigger) = clause
            && let Some(when) = self.day_when(trigger, span)
        {
            parts.when.push((when, span));
        }
    }

    fn paying_limit(&mut self, limit: &'a ast::Limit, wallet: WalletId, span: Span) -> Option<Limit> {
        if limit.then.is_some() || limit.or_nothing {
            self.report(errors::not_in_redeem(self.sources.text(span), span));
            return None;
        }
        let what = match &limit.what {
            ast::LimitWhat::Amount(amount) => self.limited_amount(amount, &[], false)?,
            ast::LimitWhat::Times(times) => LimitWhat::Times(self.some_count(times)?),
            ast::LimitWhat::First(_) | ast::LimitWhat::AtLeast(_) => {
                self.report(errors::not_in_redeem(self.sources.text(span), span));
                return None;
            }
        };
        if let LimitWhat::Units(other, _) = what
            && other != wallet
        {
            let name = self.wallet_name(wallet);
            self.report(errors::limit_of_other_unit(self.sources.text(span), &[format!("500 {name}")], span, span));
            return None;
        }
        let per = self.limit_period(&limit.per, what, span, true)?;
        Some(Limit { what, per, then: None, or_nothing: false, shared: None, span })
    }

    /// `reward …` and `exchange …`; whether it could be lowered.
    pub(crate) fn reward_or_exchange(&mut self, statement: &'a Statement, number: u32, id: u16) -> bool {
        match &statement.kind {
            StatementKind::Reward { name, effect, price, clauses } => {
                let effects = [(&effect.node, effect.span)];
                let rule = self.body(Body::Reward, None, &effects, clauses, (statement, number, id));
                let price = match price {
                    Some((amount, wallet)) => self.price(amount, wallet),
                    None => Some((WalletId(u16::MAX), 0)),
                };
                let (Some(rule), Some((wallet, price))) = (rule, price) else { return false };
                if price == 0 && rule.limits.is_empty() && rule.only.is_none() && rule.budgets.is_empty() {
                    let line = self.rewritten(statement.span, &format!("{}, once per month", self.sources.quote(statement.span)));
                    self.report(errors::free_reward_without_limit(&line, statement.span));
                    return false;
                }
                if let Some(owed) = self.program.wallets.get(wallet.index()).filter(|wallet| wallet.levels_only) {
                    let (name, declared) = (owed.name.clone(), owed.span);
                    self.report(errors::levels_do_not_pay(&name, statement.span, declared));
                }
                let called = name.as_ref().map(|name| name.node.clone());
                let name = called.unwrap_or_else(|| match &effect.node {
                    ast::Effect::Gift { name, .. } | ast::Effect::Access { name, .. } => name.node.clone(),
                    ast::Effect::Donate { to, .. } => to.node.clone(),
                    _ => self.sources.quote(effect.span),
                });
                let key = crate::value::name_key(&name);
                if let Some(first) = self.program.rewards.iter().find(|other| crate::value::name_key(&other.name) == key) {
                    let problem = errors::rewards_alike(&name, statement.span, first.rule.span);
                    self.report(problem);
                }
                self.program.rewards.push(Reward { name, wallet, price, rule: Box::new(rule) });
                true
            }
            StatementKind::Exchange { amount, wallet, effects, clauses } => {
                let effects: Vec<(&'a ast::Effect, Span)> = effects.iter().map(|effect| (&effect.node, effect.span)).collect();
                let rule = self.body(Body::Exchange, None, &effects, clauses, (statement, number, id));
                let price = self.price(amount, wallet);
                let at_least = self.exchange_least(clauses, price);
                let (Some(rule), Some((wallet, price)), Some(at_least)) = (rule, price, at_least) else { return false };
                self.program.exchanges.push(Exchange { wallet, price, at_least, rule: Box::new(rule) });
                true
            }
            _ => false,
        }
    }

    /// `at least 150 beans`: what must be there before the first exchange.
    fn exchange_least(&mut self, clauses: &'a [Clause], price: Option<(WalletId, i64)>) -> Option<i64> {
        let (wallet, price) = price?;
        let least = clauses.iter().find_map(|clause| match &clause.node {
            ClauseKind::Limit(ast::Limit { what: ast::LimitWhat::AtLeast(amount), .. }) => Some(amount),
            _ => None,
        });
        match least {
            Some(amount) => self.named_units(amount, wallet).map(|least| least.max(price)),
            None => Some(price),
        }
    }

    fn price(&mut self, amount: &'a ast::Expr, wallet: &'a Name) -> Option<(WalletId, i64)> {
        let wallet = self.within(Here::default(), |checker| checker.wallet(wallet))?;
        Some((wallet, self.named_units(amount, wallet)?))
    }
}
