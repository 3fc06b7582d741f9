//! Values that must be known from the text: rates, thresholds, limits, spans.

use super::types::{fold, whole};
use super::{Checker, errors};
use crate::program::{CivilSpan, Period, Type, WalletId, WalletKind};
use crate::span::Span;
use crate::syntax::ast::{self, DurationUnit, ExprKind, Literal};
use crate::value::{Exact, name_key};

/// A value known from the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub value: Exact,
    pub kind: Type,
    pub span: Span,
}

impl<'a> Checker<'a> {
    /// What a parameter's name stands for; anything else stands for itself.
    pub(crate) fn peel(&self, expr: &'a ast::Expr) -> &'a ast::Expr {
        let mut expr = expr;
        for _ in 0..16 {
            let ExprKind::Name(name) = &expr.kind else { break };
            let Some(param) = self.scope.param(name) else { break };
            expr = param.value;
        }
        expr
    }

    /// A calculation without facts.
    pub(crate) fn known(&mut self, expr: &'a ast::Expr, want: Option<Type>) -> Option<Known> {
        let typed = self.infer(expr, want)?;
        let Some(value) = fold(&typed.expr) else {
            let problem = match typed.kind {
                Type::Money | Type::Number | Type::Percent | Type::Points(_) | Type::Days => errors::must_be_fixed(expr.span),
                kind => self.misfit(want.unwrap_or(Type::Number), kind, expr.span),
            };
            self.report(problem);
            return None;
        };
        Some(Known { value, kind: typed.kind, span: expr.span })
    }

    /// Money in minor units, zero or above.
    pub(crate) fn money(&mut self, expr: &'a ast::Expr) -> Option<i64> {
        let known = self.known(expr, Some(Type::Money))?;
        if known.kind != Type::Money {
            let problem = self.misfit(Type::Money, known.kind, expr.span);
            self.report(problem);
            return None;
        }
        self.whole_amount(known)
    }

    /// Money above zero.
    pub(crate) fn some_money(&mut self, expr: &'a ast::Expr) -> Option<i64> {
        let amount = self.money(expr)?;
        self.above_zero(amount, expr.span)
    }

    fn above_zero(&mut self, amount: i64, span: Span) -> Option<i64> {
        if amount > 0 {
            return Some(amount);
        }
        let words = self.sources.text(span).to_owned();
        self.report(errors::nothing(&words, span));
        None
    }

    /// A known amount as a whole number of its units, zero or above.
    pub(crate) fn whole_amount(&mut self, known: Known) -> Option<i64> {
        if known.value < Exact::whole(0) {
            self.report(errors::below_zero(known.span));
            return None;
        }
        let found = whole(known.value);
        if found.is_none() {
            let problem = match (known.value.denominator(), known.kind) {
                (1, _) => errors::too_large(known.span),
                (_, Type::Money) => errors::part_of_coin(&self.program.currency.code, self.program.currency.decimals, known.span),
                _ => errors::not_whole(known.span),
            };
            self.report(problem);
        }
        found
    }

    /// A count of things; the unit may repeat what is counted (`3 purchases`).
    pub(crate) fn count(&mut self, expr: &'a ast::Expr) -> Option<i64> {
        let known = self.known(expr, Some(Type::Number))?;
        if known.kind != Type::Number {
            let problem = self.misfit(Type::Number, known.kind, expr.span);
            self.report(problem);
            return None;
        }
        self.whole_amount(known)
    }

    /// A count of one or more that fits 32 bits.
    pub(crate) fn some_count(&mut self, expr: &'a ast::Expr) -> Option<u32> {
        let count = self.count(expr)?;
        let count = self.above_zero(count, expr.span)?;
        let small = u32::try_from(count).ok();
        if small.is_none() {
            self.report(errors::too_large(expr.span));
        }
        small
    }

    /// A span of time.
    pub(crate) fn span_of_time(&mut self, expr: &'a ast::Expr) -> Option<CivilSpan> {
        let plain = self.peel(expr);
        let ExprKind::Literal(Literal::Duration(duration)) = &plain.kind else {
            let problem = match &plain.kind {
                ExprKind::Literal(Literal::Number(n)) => errors::bare_number(&n.to_string(), &[format!("{n} days")], expr.span),
                ExprKind::Name(word) if word.is_empty() => return None,
                ExprKind::Name(word) => self.unknown_word(word, expr.span),
                _ => errors::not_a_span(self.sources.text(expr.span), expr.span),
            };
            self.report(problem);
            return None;
        };
        self.duration(*duration, expr.span)
    }

    /// A span of time written out.
    pub(crate) fn duration(&mut self, duration: ast::DurationLit, place: Span) -> Option<CivilSpan> {
        if duration.count == 0 {
            self.report(errors::nothing(self.sources.text(place), place));
            return None;
        }
        let found = match duration.unit {
            DurationUnit::Hours => Some(CivilSpan::Hours(duration.count)),
            DurationUnit::Days => Some(CivilSpan::Days(duration.count)),
            DurationUnit::Weeks => duration.count.checked_mul(7).map(CivilSpan::Days),
            DurationUnit::Months => Some(CivilSpan::Months(duration.count)),
            DurationUnit::Quarters => duration.count.checked_mul(3).map(CivilSpan::Months),
            DurationUnit::Years => duration.count.checked_mul(12).map(CivilSpan::Months),
        };
        // Beyond a thousand years a span is a slip of the finger, and date arithmetic would only clamp it.
        let limit = |span: &CivilSpan| match span {
            CivilSpan::Hours(n) => *n <= 8_766_000,
            CivilSpan::Days(n) => *n <= 365_250,
            CivilSpan::Months(n) => *n <= 12_000,
        };
        let found = found.filter(limit);
        if found.is_none() {
            self.report(errors::too_large(place));
        }
        found
    }

    /// An amount of a wallet in its smallest units, zero or above: `100 beans`, for money wallets `5 EUR`.
    pub(crate) fn units(&mut self, expr: &'a ast::Expr, wallet: WalletId) -> Option<i64> {
        let known = self.known(expr, Some(self.wallet_type(wallet)))?;
        self.known_units(known, wallet)
    }

    /// The same of a value at hand.
    pub(crate) fn known_units(&mut self, known: Known, wallet: WalletId) -> Option<i64> {
        let kind = self.wallet_type(wallet);
        let (scale, step, name, stamps) =
            self.program.wallets.get(wallet.index()).map(|w| (w.scale, w.step, w.name.clone(), w.kind == WalletKind::Stamps))?;
        if known.kind != kind {
            let problem = self.misfit(kind, known.kind, known.span);
            self.report(problem);
            return None;
        }
        if kind == Type::Money {
            return self.whole_amount(known);
        }
        if known.value < Exact::whole(0) {
            self.report(errors::below_zero(known.span));
            return None;
        }
        let smallest = known.value.times(super::types::power(scale)).ok();
        let Some(units) = smallest.and_then(whole).filter(|units| units.checked_rem(step) == Some(0)) else {
            self.report(errors::fraction_of(&name, self.sources.text(known.span), stamps, None, known.span));
            return None;
        };
        Some(units)
    }

    /// An amount of a wallet above zero.
    pub(crate) fn some_units(&mut self, expr: &'a ast::Expr, wallet: WalletId) -> Option<i64> {
        let units = self.units(expr, wallet)?;
        self.above_zero(units, expr.span)
    }

    /// The kind of amounts of a wallet.
    pub(crate) fn wallet_type(&self, wallet: WalletId) -> Type {
        match self.program.wallets.get(wallet.index()).map(|w| w.kind) {
            Some(WalletKind::Money) => Type::Money,
            _ => Type::Points(wallet),
        }
    }

    /// The written unit of a count, where it is one: `25 flights`.
    pub(crate) fn unit_of(&self, expr: &'a ast::Expr) -> Option<&'a ast::Name> {
        match &self.peel(expr).kind {
            ExprKind::Literal(Literal::Count { unit, .. }) => Some(unit),
            _ => None,
        }
    }
}

/// Words that count things and are no wallets.
pub(crate) const COUNTED: [&str; 9] = ["purchase", "item", "day", "event", "referral", "time", "unit", "piece", "entry"];

/// Whether a unit is one of the words for things that are counted.
pub(crate) fn counts_things(unit: &str) -> bool {
    let unit = name_key(unit);
    let unit = if unit == "entries" { "entry" } else { unit.strip_suffix('s').unwrap_or(&unit) };
    COUNTED.contains(&unit)
}

/// The same period in the program.
pub(crate) fn period(period: ast::Period) -> Period {
    match period {
        ast::Period::Day => Period::Day,
        ast::Period::Week => Period::Week,
        ast::Period::Month => Period::Month,
        ast::Period::Quarter => Period::Quarter,
        ast::Period::Year => Period::Year,
        ast::Period::MembershipYear => Period::MembershipYear,
    }
}
