//! Parameters: constants of the text, which `--set name=value` can replace.

use super::scope::Scope;
use super::types::fold;
use super::{Checker, Here, errors};
use crate::diagnostic::Problems;
use crate::span::{Span, Spanned};
use crate::syntax::ast::{DurationLit, DurationUnit, Expr, ExprKind, Literal};
use crate::value::{Date, Decimal, name_key};

/// The values given from outside, by the key of their names.
pub(crate) fn replacements(scope: &Scope<'_>, params: &[(String, String)], problems: &mut Problems) -> Vec<(String, Expr)> {
    let mut found = Vec::new();
    for (name, text) in params {
        let Some(param) = scope.param_place(name).and_then(|at| scope.params.get(at)) else {
            let known: Vec<&str> = scope.params.iter().map(|p| p.name.node.as_str()).collect();
            problems.push(errors::unknown_param(name, &known));
            continue;
        };
        let span = param.value.span;
        match literal(text.trim(), span) {
            Some(kind) => found.push((name_key(name), Expr { span, kind: ExprKind::Literal(kind) })),
            None => problems.push(errors::unreadable_value(name, text, span)),
        }
    }
    found
}

/// The replacement of a parameter; the last one given counts.
pub(crate) fn replacement<'r>(replaced: &'r [(String, Expr)], name: &str) -> Option<&'r Expr> {
    let key = name_key(name);
    replaced.iter().rev().find(|(known, _)| *known == key).map(|(_, value)| value)
}

/// `3%`, `5 EUR`, `€5`, `2`, `100 beans`, `30 days`, `2025-12-24`, `"text"`.
fn literal(text: &str, span: Span) -> Option<Literal> {
    if let Some(date) = Date::parse(text) {
        return Some(Literal::Date(date));
    }
    if let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return Some(Literal::Text(inner.replace("\"\"", "\"")));
    }
    let number_at = text.find(|c: char| c.is_ascii_digit() || c == '-')?;
    let (before, rest) = text.split_at(number_at);
    let length = rest.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '_' | '-'))).unwrap_or(rest.len());
    let (number, unit) = rest.split_at(length);
    let amount = Decimal::parse(&number.replace('_', ""))?;
    let unit = unit.trim();
    match (before.trim(), unit) {
        ("", "") => Some(Literal::Number(amount)),
        ("", "%" | "percent") => Some(Literal::Percent(amount)),
        ("", unit) => Some(with_unit(amount, unit, span)),
        (symbol, "") => Some(Literal::Money { amount, currency: symbol.to_owned() }),
        _ => None,
    }
}

fn with_unit(amount: Decimal, unit: &str, span: Span) -> Literal {
    let count = amount.to_scale(0).ok().flatten().and_then(|n| u32::try_from(n).ok());
    let span_unit = match name_key(unit).trim_end_matches('s') {
        "hour" => Some(DurationUnit::Hours),
        "day" => Some(DurationUnit::Days),
        "week" => Some(DurationUnit::Weeks),
        "month" => Some(DurationUnit::Months),
        "quarter" => Some(DurationUnit::Quarters),
        "year" => Some(DurationUnit::Years),
        _ => None,
    };
    if let (Some(count), Some(unit)) = (count, span_unit) {
        return Literal::Duration(DurationLit { count, unit });
    }
    let is_code = unit.len() == 3 && unit.bytes().all(|b| b.is_ascii_uppercase());
    if is_code || !unit.chars().any(char::is_alphanumeric) {
        return Literal::Money { amount, currency: unit.to_owned() };
    }
    Literal::Count { amount, unit: Spanned::new(unit.trim_matches('"').to_owned(), span) }
}

impl Checker<'_> {
    /// Looks at every parameter's value once, so that a mistake in an unused one is found too.
    pub(crate) fn check_params(&mut self) {
        for param in self.scope.params.clone() {
            if matches!(param.value.kind, ExprKind::Literal(Literal::Duration(_) | Literal::YearDay(_) | Literal::DateTime(_))) {
                continue;
            }
            let here = Here { exact_money: true, ..Here::default() };
            let found = self.within(here, |checker| checker.infer(param.value, None));
            let Some(found) = found else { continue };
            let calculates = matches!(
                found.kind,
                crate::program::Type::Money
                    | crate::program::Type::Number
                    | crate::program::Type::Percent
                    | crate::program::Type::Points(_)
                    | crate::program::Type::Days
            );
            if calculates && fold(&found.expr).is_none() {
                self.report(errors::must_be_fixed(param.value.span));
            }
        }
    }
}
