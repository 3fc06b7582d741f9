//! Ladders of tiers.

use super::infer::Typed;
use super::values::period;
use super::{Checker, errors};
use crate::program::{
    DropPolicy, Keep, Ladder, LadderId, Measure, MeasureId, MeasureKind, Period, PurchaseFilter, QUANTITY, Rung, Type, WalletId,
    WalletKind, Window,
};
use crate::span::Span;
use crate::syntax::ast::{self, TierRow, TierSetting, TiersDecl};
use crate::value::{Decimal, name_key};

impl<'a> Checker<'a> {
    /// All ladders, the main one first.
    pub(crate) fn ladders(&mut self) {
        let ladders: Vec<(&'a TiersDecl, Span)> = self.scope.ladders.iter().copied().zip(self.scope.ladder_spans.iter().copied()).collect();
        for (decl, span) in ladders {
            let ladder = self.ladder(decl, span);
            self.program.ladders.push(ladder);
        }
    }

    fn ladder(&mut self, decl: &'a TiersDecl, span: Span) -> Ladder {
        self.ladder_here = u16::try_from(self.program.ladders.len()).ok().map(LadderId);
        let measure = if decl.by_invitation { Some(self.nothing_measured()) } else { self.measure(&decl.measure) };
        self.ladder_kind = measure.map(|(_, kind)| kind);
        if decl.rows.len() < 2 {
            self.report(errors::short_ladder(decl.rows.len(), span));
        }
        if decl.rows.len() > usize::from(u8::MAX) {
            self.report(errors::too_large(span));
        }
        let mut rungs: Vec<Rung> = decl.rows.iter().map(|row| self.rung(row, measure.filter(|_| !decl.by_invitation))).collect();
        if decl.by_invitation {
            self.only_invitations(decl);
            for rung in rungs.iter_mut().skip(1) {
                (rung.from, rung.or, rung.by_invitation) = (None, None, true);
            }
        }
        self.first_and_later_rows(decl);
        self.thresholds_rise(decl, &rungs);
        let mut ladder = Ladder {
            name: decl.name.as_ref().map(|name| name.node.clone()),
            measure: measure.map_or(MeasureId(0), |(id, _)| id),
            rungs,
            keep: Keep::UntilReview,
            review: Period::Month,
            drop: DropPolicy::ToQualifying,
            landing: Keep::UntilReview,
            grace: None,
            carry: 0,
            span,
        };
        for (at, setting) in decl.settings.iter().enumerate() {
            let group = setting_group(&setting.node);
            if let Some(earlier) = decl.settings.iter().take(at).find(|other| setting_group(&other.node) == group) {
                self.report(errors::said_twice(group, setting.span, earlier.span));
            }
            self.tier_setting(&mut ladder, &setting.node, setting.span);
        }
        self.ladder_here = None;
        ladder
    }

    fn tier_setting(&mut self, ladder: &mut Ladder, setting: &'a TierSetting, span: Span) {
        match setting {
            TierSetting::KeepFor(time) => {
                if let Some(time) = self.span_of_time(time) {
                    ladder.keep = Keep::For(time);
                }
            }
            TierSetting::KeepUntilEnd { next, period: of, plus } => {
                let plus = plus.as_ref().and_then(|plus| self.span_of_time(plus));
                ladder.keep = Keep::UntilEnd { next: *next, period: period(*of), plus };
            }
            TierSetting::Review(ast::Period::Week | ast::Period::MembershipYear) => {
                self.report(errors::review_period(self.sources.text(span), span));
            }
            TierSetting::Review(of) => ladder.review = period(*of),
            TierSetting::DropToQualifying => ladder.drop = DropPolicy::ToQualifying,
            TierSetting::DropOneLevel(landing) => {
                ladder.drop = DropPolicy::OneLevel;
                ladder.landing = match landing {
                    None => Keep::UntilReview,
                    Some(ast::Landing::For(time)) => self.span_of_time(time).map_or(Keep::UntilReview, Keep::For),
                    Some(ast::Landing::UntilEnd { next, period: of }) => Keep::UntilEnd { next: *next, period: period(*of), plus: None },
                };
            }
            TierSetting::NeverDrop => ladder.drop = DropPolicy::Never,
            TierSetting::Carrying(most) => {
                let measure = self.program.measures.get(ladder.measure.index()).filter(|measure| measure.window.is_since_reaching());
                if measure.is_none() {
                    self.report(errors::carries_nothing(self.sources.text(span), span));
                    return;
                }
                let kind = self.ladder_kind.unwrap_or(Type::Number);
                let most = match kind {
                    Type::Points(wallet) => self.units_or_number(most, wallet),
                    _ if self.measures_quantity(ladder.measure) => self.quantity(most),
                    _ => self.threshold(most, kind),
                };
                ladder.carry = most.unwrap_or(0);
            }
            TierSetting::Grace(time) => ladder.grace = self.span_of_time(time),
        }
    }

    fn rung(&mut self, row: &'a TierRow, measure: Option<(MeasureId, Type)>) -> Rung {
        let from = match (&row.from, measure) {
            (Some(from), Some((id, _))) if self.measures_quantity(id) => self.quantity(from),
            (Some(from), Some((_, kind))) => self.threshold(from, kind),
            _ => None,
        };
        let or = match (&row.or, measure) {
            (Some(or), Some((id, _))) => self.second_threshold(or, id),
            _ => None,
        };
        Rung { name: row.name.node.clone(), from, or, by_invitation: row.by_invitation, span: row.span }
    }

    fn measures_quantity(&self, id: MeasureId) -> bool {
        self.program.measures.get(id.index()).is_some_and(|measure| measure.kind == MeasureKind::Quantity)
    }

    /// A quantity in the parts in which they are added up: `from 100`, `from 62.5`, `from 100 litres`.
    fn quantity(&mut self, expr: &'a ast::Expr) -> Option<i64> {
        let number = match &self.peel(expr).kind {
            ast::ExprKind::Literal(ast::Literal::Count { amount, .. }) => crate::value::Exact::try_from(*amount).ok(),
            _ => {
                let known = self.known(expr, Some(Type::Number))?;
                (known.kind == Type::Number).then_some(known.value)
            }
        };
        let parts = number.and_then(|number| number.times(crate::value::Exact::whole(i128::from(QUANTITY))).ok());
        let parts = parts.and_then(super::types::whole).filter(|parts| *parts > 0);
        if parts.is_none() {
            self.report(errors::nothing(self.sources.text(expr.span), expr.span));
        }
        parts
    }

    /// A threshold in units of what it is compared with.
    pub(crate) fn threshold(&mut self, expr: &'a ast::Expr, kind: Type) -> Option<i64> {
        match kind {
            Type::Money => self.money(expr),
            Type::Points(wallet) => self.units(expr, wallet),
            Type::Days | Type::Number => {
                let known = self.known(expr, Some(kind))?;
                if matches!(known.kind, Type::Days | Type::Number) {
                    return self.whole_amount(known);
                }
                let problem = self.misfit(kind, known.kind, expr.span);
                self.report(problem);
                None
            }
            _ => {
                let words = self.kind_words(kind);
                self.report(errors::no_rows_by(&words, expr.span));
                None
            }
        }
    }

    /// `or 25 purchases`: the unit says what is measured, in the window of the first threshold.
    fn second_threshold(&mut self, expr: &'a ast::Expr, first: MeasureId) -> Option<(MeasureId, i64)> {
        let window = self.program.measures.get(first.index()).map_or(Window::Unsaid, |measure| measure.window);
        let (kind, threshold) = match self.unit_of(expr) {
            Some(unit) if self.wallet_quietly(&unit.node).is_none() => {
                let word = name_key(&unit.node);
                let kind = match word.trim_end_matches('s') {
                    "purchase" => MeasureKind::Purchases,
                    "item" => MeasureKind::Items,
                    "referral" => MeasureKind::Referrals,
                    _ => {
                        let amount = self.sources.text(expr.span).split_whitespace().next().unwrap_or("").to_owned();
                        let problem = self.unknown_unit(unit, &amount);
                        self.report(problem);
                        return None;
                    }
                };
                (kind, self.count(expr)?)
            }
            _ => {
                let Typed { kind, .. } = self.infer(expr, None)?;
                match kind {
                    Type::Money => (MeasureKind::Spend, self.money(expr)?),
                    Type::Points(wallet) => (MeasureKind::Earned(wallet), self.units(expr, wallet)?),
                    Type::Days => (MeasureKind::DaysWithPurchase, self.threshold(expr, Type::Days)?),
                    _ => {
                        let text = self.sources.text(expr.span).to_owned();
                        self.report(errors::bare_number(&text, &self.second_samples(&text), expr.span));
                        return None;
                    }
                }
            }
        };
        let measure = self.intern_measure(Measure { kind, filter: PurchaseFilter::default(), window });
        Some((measure, threshold))
    }

    fn second_samples(&self, number: &str) -> Vec<String> {
        let mut samples = vec![format!("{number} purchases"), format!("{number} {}", self.program.currency.code)];
        samples.extend(self.unit_wallets().into_iter().map(|name| format!("{number} {name}")));
        samples
    }

    /// Names of the wallets that are counted in units of their own.
    pub(crate) fn unit_wallets(&self) -> Vec<String> {
        self.program.wallets.iter().filter(|w| w.kind != WalletKind::Money).map(|w| w.name.clone()).collect()
    }

    /// The problem of `25 flights` where nothing is called so.
    pub(crate) fn unknown_unit(&self, unit: &ast::Name, amount: &str) -> crate::diagnostic::Diagnostic {
        let mut fits = vec!["purchases".to_owned(), "items".to_owned(), "days".to_owned(), self.program.currency.code.clone()];
        for name in self.unit_wallets() {
            if !fits.contains(&name) {
                fits.push(name);
            }
        }
        let code = &self.program.currency.code;
        // The number before the word is written anew with it.
        let before = self.sources.file(unit.span.file).and_then(|file| file.text.get(..unit.span.range().start)).unwrap_or("");
        let number = before.trim_end().strip_suffix(amount).map(str::len);
        let place = number.map_or(unit.span, |start| Span::new(unit.span.file, start, unit.span.range().end));
        let whole = |new: String| self.rewritten(place, &new);
        if super::words::is_currency_in_words(&unit.node) && self.currency_known {
            return errors::currency_in_words(&unit.node, code, whole(format!("{amount} {code}")), unit.span);
        }
        if super::lower_effects::CENTS.contains(&unit.node.to_lowercase().as_str())
            && let Some(number) = Decimal::parse(amount).filter(|_| self.currency_known && self.program.currency.decimals == 2)
        {
            let money = Decimal::new(number.mantissa, number.scale.saturating_add(2));
            return errors::currency_in_words(&unit.node, code, whole(format!("{money} {code}")), unit.span);
        }
        if let Some(share) = share_in_words(&unit.node, amount) {
            return errors::unknown_unit(&unit.node, &fits, Some(whole(share)), unit.span);
        }
        let near = crate::diagnostic::nearest(&unit.node, fits.iter().map(String::as_str));
        let help = near.map(|near| {
            let text = self.sources.text(unit.span);
            // Where the place of the unit is that of the whole value, the number stands in it.
            let new = if text == unit.node { near.to_owned() } else { format!("{amount} {near}") };
            self.rewritten(unit.span, &new)
        });
        errors::unknown_unit(&unit.node, &fits, help, unit.span)
    }

    /// A ladder without a measure has thresholds of nothing: nobody reaches a tier by it.
    fn nothing_measured(&mut self) -> (MeasureId, Type) {
        let measure = Measure { kind: MeasureKind::Purchases, filter: PurchaseFilter::default(), window: Window::Ever };
        (self.intern_measure(measure), Type::Number)
    }

    fn only_invitations(&mut self, decl: &'a TiersDecl) {
        for row in decl.rows.iter().skip(1) {
            if let (Some(from), Some(name)) = (&row.from, &decl.name) {
                self.report(errors::threshold_of_a_club(&name.node, &row.name.node, from.span));
            }
        }
    }

    fn first_and_later_rows(&mut self, decl: &'a TiersDecl) {
        let mut rows = decl.rows.iter();
        if let Some(first) = rows.next() {
            if let Some(from) = first.from.as_ref().or(first.or.as_ref()) {
                self.report(errors::first_row_has_threshold(&first.name.node, first.span, from.span));
            } else if first.by_invitation {
                self.report(errors::first_row_by_invitation(&first.name.node, first.span));
            }
        }
        for row in rows {
            match (&row.from, row.by_invitation) {
                (None, false) if !decl.by_invitation => {
                    let first = decl.rows.first().map_or(row.span, |row| row.span);
                    self.report(errors::row_without_threshold(&row.name.node, row.span, first));
                }
                (Some(from), true) => self.report(errors::invited_and_threshold(&row.name.node, row.span, from.span)),
                _ => {}
            }
        }
    }

    fn thresholds_rise(&mut self, decl: &'a TiersDecl, rungs: &[Rung]) {
        let mut before: Option<(&str, i64, Span)> = None;
        let mut second_before: Option<(&str, MeasureId, i64, Span)> = None;
        for (row, rung) in decl.rows.iter().zip(rungs) {
            if let (Some(from), Some(expr)) = (rung.from, &row.from) {
                if let Some((name, lower, span)) = before.filter(|(_, lower, _)| *lower >= from) {
                    self.report(errors::not_rising((name, span), (&row.name.node, expr.span), lower == from));
                } else if from == 0 {
                    self.report(errors::threshold_of_nothing(&row.name.node, expr.span));
                }
                before = Some((&row.name.node, from, expr.span));
            }
            if let (Some((measure, from)), Some(expr)) = (rung.or, &row.or) {
                let lower = second_before.filter(|(_, other, lower, _)| *other == measure && *lower >= from);
                if let Some((name, _, lower, span)) = lower {
                    self.report(errors::not_rising((name, span), (&row.name.node, expr.span), lower == from));
                }
                second_before = Some((&row.name.node, measure, from, expr.span));
            }
        }
    }

    /// What a wallet's unit is called in messages.
    pub(crate) fn is_money_wallet(&self, wallet: WalletId) -> bool {
        self.program.wallets.get(wallet.index()).is_some_and(|wallet| wallet.kind == WalletKind::Money)
    }
}

fn setting_group(setting: &TierSetting) -> &'static str {
    match setting {
        TierSetting::KeepFor(_) | TierSetting::KeepUntilEnd { .. } => "keep",
        TierSetting::Review(_) => "review",
        TierSetting::DropToQualifying | TierSetting::DropOneLevel(_) | TierSetting::NeverDrop => "drop",
        TierSetting::Carrying(_) => "carrying",
        TierSetting::Grace(_) => "grace",
    }
}

/// `10 Prozent`, and what `8.5折`, `85折` take off: the customer pays 85%.
fn share_in_words(unit: &str, amount: &str) -> Option<String> {
    let word = unit.to_lowercase();
    if ["percent", "prozent", "процент", "pourcent", "pct"].iter().any(|share| word.starts_with(share)) {
        return Some(format!("{amount}%"));
    }
    let tenths = Decimal::parse(amount).filter(|paid| word == "折" && paid.mantissa > 0)?;
    let paid =
        if tenths.scale == 0 && tenths.mantissa >= 10 { tenths } else { Decimal::new(tenths.mantissa.checked_mul(10)?, tenths.scale) };
    let whole = 10_i128.checked_pow(paid.scale.into()).and_then(|one| one.checked_mul(100))?;
    let off = Decimal::new(whole.checked_sub(paid.mantissa).filter(|off| *off > 0)?, paid.scale).normal();
    Some(format!("{off}%"))
}
