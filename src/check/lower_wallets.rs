//! Wallets.

use super::infer::rounding;
use super::types::{decimal, whole};
use super::values::period;
use super::{Checker, Here, errors};
use crate::program::{
    EndOf, ExpireAfter, ExpireAt, Expiry, Pending, PurchaseFilter, SpendOrder, TierId, Type, Wallet, WalletId, WalletKind,
};
use crate::span::{Span, Spanned};
use crate::syntax::ast::{self, Ast, RoundMode, StatementKind, TierList, WalletDecl, WalletSetting};
use crate::value::{Currency, Decimal, Exact, Rounding};

/// A wallet in money that nothing is said about.
pub(crate) fn money_wallet(name: &str, currency: &Currency, round: Rounding, span: Span) -> Wallet {
    let unit = 10_i64.checked_pow(u32::from(currency.decimals)).unwrap_or(1);
    Wallet {
        name: name.to_owned(),
        kind: WalletKind::Money,
        worth: Some(Decimal::whole(unit)),
        scale: currency.decimals,
        step: 1,
        round,
        expiry: Expiry::Never,
        at_latest: None,
        activity: PurchaseFilter::default(),
        never_expire_for: Vec::new(),
        pending: Pending::No,
        spend: SpendOrder::EarliestExpiry,
        hold: None,
        forms: Vec::new(),
        levels_only: false,
        as_money: false,
        carry: None,
        span,
    }
}

impl<'a> Checker<'a> {
    /// All wallets: first as they are by default, so that a setting of one may name another, then their settings.
    pub(crate) fn wallets(&mut self, ast: &'a Ast) {
        let mut decls = Vec::new();
        for statement in &ast.statements {
            if let StatementKind::Wallet(decl) = &statement.kind {
                decls.push(decl);
                self.wallet_decls.push(decl);
                let name = match (&decl.name, decl.kind) {
                    (Some(name), _) => name.node.as_str(),
                    (None, ast::WalletKind::Points) => "points",
                    (None, ast::WalletKind::Stamps) => "stamps",
                    (None, ast::WalletKind::Money) => "cashback",
                };
                let forms = decl.forms.iter().map(|(_, form)| form.node.clone()).collect();
                let plain = money_wallet(name, &self.program.currency, self.program.round_money, statement.span);
                let plain = Wallet { forms, ..plain };
                self.program.wallets.push(match decl.kind {
                    ast::WalletKind::Money => plain,
                    ast::WalletKind::Points => Wallet { kind: WalletKind::Points, worth: None, scale: 0, round: Rounding::Down, ..plain },
                    ast::WalletKind::Stamps => Wallet { kind: WalletKind::Stamps, worth: None, scale: 0, round: Rounding::Down, ..plain },
                });
            }
        }
        for (at, decl) in decls.into_iter().enumerate() {
            let Some(mut wallet) = self.program.wallets.get(at).cloned() else { continue };
            self.wallet_settings(&mut wallet, decl);
            if let Some(place) = self.program.wallets.get_mut(at) {
                *place = wallet;
            }
        }
    }

    fn wallet_settings(&mut self, wallet: &mut Wallet, decl: &'a WalletDecl) {
        for (at, setting) in decl.settings.iter().enumerate() {
            let group = setting_group(&setting.node);
            if let Some(earlier) = decl.settings.iter().take(at).find(|other| setting_group(&other.node) == group) {
                self.report(errors::said_twice(group, setting.span, earlier.span));
            }
            self.wallet_setting(wallet, setting);
        }
    }

    fn wallet_setting(&mut self, wallet: &mut Wallet, setting: &'a Spanned<WalletSetting>) {
        match &setting.node {
            WalletSetting::Worth(value) => self.worth(wallet, value, setting.span),
            WalletSetting::ExpireAfter { span, after, narrow, or, at } => {
                // Of two clocks the one that follows the customer moves lots, and the other is the most that any lives.
                let (span, after, narrow) = match or {
                    None => (span, after, narrow),
                    Some(or) => {
                        let [first, second] = [*after, or.after].map(follows_customer);
                        if first == second || *after == ast::ExpireAfter::Usable || or.after == ast::ExpireAfter::Usable {
                            self.report(errors::clocks_alike(self.sources.text(setting.span), setting.span));
                            return;
                        }
                        let (fixed, moved) =
                            if first { (&or.span, (span, after, narrow)) } else { (span, (&or.span, &or.after, &or.narrow)) };
                        wallet.at_latest = self.span_of_time(fixed);
                        moved
                    }
                };
                if let Some(window) = &narrow.window {
                    self.report(errors::stray_window(self.sources.text(window.span), window.span));
                }
                wallet.activity = self.filter(narrow).unwrap_or_default();
                let at = match at {
                    None => None,
                    Some(ast::ExpireAt::End(end)) => Some(ExpireAt::End(end_of(*end))),
                    Some(ast::ExpireAt::Next(day)) => self.year_day(*day, setting.span).map(|(month, day)| ExpireAt::Next(month, day)),
                };
                if let Some(span) = self.span_of_time(span) {
                    let after = match after {
                        ast::ExpireAfter::Earning => ExpireAfter::Earning,
                        ast::ExpireAfter::LastActivity => ExpireAfter::LastActivity,
                        ast::ExpireAfter::LastPurchase => ExpireAfter::LastPurchase,
                        ast::ExpireAfter::LastEarning => ExpireAfter::LastEarning,
                        ast::ExpireAfter::Usable => ExpireAfter::Usable,
                    };
                    wallet.expiry = Expiry::After { span, after, at };
                }
            }
            WalletSetting::ExpireAtEnd { next, end, plus } => {
                let plus = plus.as_ref().and_then(|plus| self.span_of_time(plus));
                wallet.expiry = Expiry::AtEnd { next: *next, end: end_of(*end), plus };
            }
            WalletSetting::NeverExpire => wallet.expiry = Expiry::Never,
            WalletSetting::NeverExpireFor(tiers) => wallet.never_expire_for = self.tier_ids(tiers),
            WalletSetting::PendingFor(span) => {
                if let Some(span) = self.span_of_time(span) {
                    wallet.pending = Pending::For(span);
                }
            }
            WalletSetting::PendingUntil { event, within } => {
                if let Some(pending) = self.pending_until(event, within.as_ref()) {
                    wallet.pending = pending;
                }
            }
            WalletSetting::ForLevelsOnly => {
                wallet.levels_only = true;
                if let Some(worth) = self.worth_setting(&wallet.name) {
                    self.report(errors::levels_have_no_worth(&wallet.name, worth, setting.span));
                }
            }
            WalletSetting::CountsAsMoney => {
                if wallet.kind != WalletKind::Money {
                    self.report(errors::counts_as_money(&wallet.name, self.sources.text(setting.span), setting.span));
                } else if let Some(other) = self.program.wallets.iter().find(|other| other.as_money) {
                    let other = other.span;
                    self.report(errors::money_twice(&wallet.name, setting.span, other));
                } else {
                    wallet.as_money = true;
                }
            }
            WalletSetting::HoldAtMost(amount) => wallet.hold = self.own_units(wallet, amount),
            WalletSetting::CarryAtMost { amount, period: of } => {
                wallet.carry = self.own_units(wallet, amount).map(|units| (units, period(*of)));
            }
            WalletSetting::Round { mode, step } => self.wallet_rounding(wallet, *mode, step.as_ref(), setting.span),
            WalletSetting::Spend(order) => {
                wallet.spend = match order {
                    ast::SpendOrder::EarliestExpiry => SpendOrder::EarliestExpiry,
                    ast::SpendOrder::Oldest => SpendOrder::Oldest,
                    ast::SpendOrder::Newest => SpendOrder::Newest,
                };
            }
        }
    }

    /// `pending until event "delivered" within 30 days`
    pub(crate) fn pending_until(&mut self, event: &'a ast::Name, within: Option<&'a ast::Expr>) -> Option<Pending> {
        let within = match within {
            Some(span) => Some(self.span_of_time(span)?),
            None => None,
        };
        Some(Pending::Until { event: event.node.clone(), within })
    }

    /// `worth 0.005 EUR`: exact, with more decimals than the currency if wanted.
    fn worth(&mut self, wallet: &mut Wallet, value: &'a ast::Expr, span: Span) {
        if wallet.kind != WalletKind::Points {
            let name = wallet.name.clone();
            self.report(errors::worth_of(&name, wallet.kind == WalletKind::Money, span));
            return;
        }
        let here = Here { exact_money: true, ..self.here };
        let Some(known) = self.within(here, |checker| checker.known(value, Some(Type::Money))) else { return };
        if known.kind != Type::Money {
            let sample = format!("0.01 {}", self.program.currency.code);
            let (text, line) = (self.sources.text(value.span), self.rewritten(value.span, &sample));
            let problem = errors::misfit(text, &self.kind_words(known.kind), "money", &line, value.span);
            self.report(problem);
            return;
        }
        if known.value <= Exact::whole(0) {
            self.report(errors::nothing(self.sources.text(value.span), value.span));
            return;
        }
        wallet.worth = decimal(known.value);
        if wallet.worth.is_none() {
            self.report(errors::too_large(value.span));
        }
    }

    /// Where a wallet says what it is worth.
    pub(crate) fn worth_setting(&self, name: &str) -> Option<Span> {
        let decl = self.wallet_decls.iter().find(|decl| decl.name.as_ref().is_some_and(|known| known.node == name))?;
        decl.settings.iter().find(|setting| matches!(setting.node, WalletSetting::Worth(_))).map(|setting| setting.span)
    }

    /// An amount in units of the wallet whose setting says it.
    fn own_units(&mut self, wallet: &Wallet, amount: &'a ast::Expr) -> Option<i64> {
        let at = self.program.wallets.iter().position(|other| other.name == wallet.name)?;
        let id = WalletId(u16::try_from(at).ok()?);
        // A step that `round` says stands in the wallet as it is read so far.
        if let Some(place) = self.program.wallets.get_mut(at) {
            (place.scale, place.step) = (wallet.scale, wallet.step);
        }
        self.units_or_number(amount, id)
    }

    fn wallet_rounding(&mut self, wallet: &mut Wallet, mode: RoundMode, step: Option<&'a ast::Expr>, span: Span) {
        wallet.round = rounding(mode);
        let Some(step) = step else { return };
        if wallet.kind == WalletKind::Money {
            if let Some(step) = self.some_money(step) {
                wallet.step = step;
            }
            return;
        }
        let Some(known) = self.known(step, None) else { return };
        let own_unit = matches!(known.kind, Type::Points(id)
            if self.program.wallets.get(id.index()).is_some_and(|other| other.name == wallet.name));
        if known.kind != Type::Number && !own_unit {
            let problem = self.misfit(Type::Number, known.kind, step.span);
            self.report(problem);
            return;
        }
        let found = decimal(known.value).map(Decimal::normal).filter(|step| *step > Decimal::whole(0) && step.scale <= 9);
        let units = found.and_then(|step| i64::try_from(step.mantissa).ok());
        match (found, units) {
            (Some(step), Some(units)) if wallet.kind == WalletKind::Points || whole(known.value).is_some() => {
                wallet.scale = step.scale;
                wallet.step = units;
            }
            (Some(_), _) if wallet.kind == WalletKind::Stamps => {
                let name = wallet.name.clone();
                self.report(errors::fraction_of(&name, self.sources.text(step.span), true, None, step.span));
            }
            _ => self.report(errors::nothing(self.sources.text(span), span)),
        }
    }

    /// The tiers of a list, all that it means: `silver or above` names silver, gold …
    pub(crate) fn tier_ids(&mut self, list: &'a TierList) -> Vec<TierId> {
        let mut found = Vec::new();
        for (at, name) in list.names.iter().enumerate() {
            let Some(tier) = self.tier(&name.node, name.span) else { continue };
            found.push(tier);
            if list.or_above && at.saturating_add(1) == list.names.len() {
                let above = self.scope.tier_ids.iter().filter(|other| other.ladder == tier.ladder && other.rung > tier.rung);
                found.extend(above);
            }
        }
        found.dedup();
        found
    }
}

/// Whether a clock begins anew with what the customer does.
fn follows_customer(after: ast::ExpireAfter) -> bool {
    !matches!(after, ast::ExpireAfter::Earning | ast::ExpireAfter::Usable)
}

fn end_of(end: ast::EndOf) -> EndOf {
    match end {
        ast::EndOf::Period(of) => EndOf::Period(period(of)),
        ast::EndOf::HalfYear => EndOf::HalfYear,
    }
}

fn setting_group(setting: &WalletSetting) -> &'static str {
    match setting {
        WalletSetting::Worth(_) => "worth",
        WalletSetting::ExpireAfter { .. } | WalletSetting::ExpireAtEnd { .. } | WalletSetting::NeverExpire => "when it expires",
        WalletSetting::NeverExpireFor(_) => "never expire for",
        WalletSetting::PendingFor(_) | WalletSetting::PendingUntil { .. } => "how long it is pending",
        WalletSetting::ForLevelsOnly => "for levels only",
        WalletSetting::CountsAsMoney => "counts as money",
        WalletSetting::HoldAtMost(_) => "hold at most",
        WalletSetting::CarryAtMost { .. } => "carry at most",
        WalletSetting::Round { .. } => "round",
        WalletSetting::Spend(_) => "spend",
    }
}
