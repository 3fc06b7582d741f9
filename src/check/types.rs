//! Kinds of values in plain words, and calculations whose result is known from the text.

use super::Checker;
use crate::program::{Expr, Fact, Type, fact_info};
use crate::value::{Decimal, Exact};

impl Checker<'_> {
    /// `money`, `beans`, `a number` …
    pub(crate) fn kind_words(&self, kind: Type) -> String {
        match kind {
            Type::Money => "money",
            Type::Number => "a number",
            Type::Percent => "a percentage",
            Type::Points(id) => return format!("an amount of {}", self.wallet_name(id)),
            Type::Days => "a number of days",
            Type::Date => "a date",
            Type::Time => "a time of day",
            Type::Weekday => "a day of the week",
            Type::Text => "a word",
            Type::YesNo => "yes or no",
            Type::Tier => "a tier",
        }
        .to_owned()
    }

    /// What to type for a kind: `50 EUR`, `100 beans`, `5%`.
    pub(crate) fn sample(&self, kind: Type, number: &str) -> String {
        match kind {
            Type::Money => format!("{number} {}", self.program.currency.code),
            Type::Number => number.to_owned(),
            Type::Percent => format!("{number}%"),
            Type::Points(id) => super::errors::counted(number, &self.wallet_name(id)),
            Type::Days => format!("{number} days"),
            Type::Date => "2025-12-24".to_owned(),
            Type::Time => "14:00".to_owned(),
            Type::Weekday => "monday".to_owned(),
            Type::Text => "\"cakes\"".to_owned(),
            Type::YesNo => "yes".to_owned(),
            Type::Tier => self.scope.tiers.0.last().map_or("gold".to_owned(), |tier| tier.name.clone()),
        }
    }

    /// `12.50 EUR`
    pub(crate) fn money_words(&self, minor: i64) -> String {
        let amount = Decimal::new(i128::from(minor), self.program.currency.decimals);
        let amount = if amount.normal().scale == 0 { amount.normal() } else { amount };
        format!("{amount} {}", self.program.currency.code)
    }
}

/// The words of a fact.
pub(crate) fn fact_words(fact: Fact) -> &'static str {
    fact_info(fact).map_or("", |info| info.words)
}

/// The value of a calculation that depends on nothing.
pub(crate) fn fold(expr: &Expr) -> Option<Exact> {
    let pair = |left: &Expr, right: &Expr| Some((fold(left)?, fold(right)?));
    let all = |list: &[Expr]| list.iter().map(fold).collect::<Option<Vec<Exact>>>();
    match expr {
        Expr::Number(value) => Some(*value),
        Expr::Add(left, right) => pair(left, right).and_then(|(a, b)| a.plus(b).ok()),
        Expr::Subtract(left, right) => pair(left, right).and_then(|(a, b)| a.minus(b).ok()),
        Expr::Multiply(left, right) => pair(left, right).and_then(|(a, b)| a.times(b).ok()),
        Expr::Divide(left, right) => pair(left, right).and_then(|(a, b)| a.divided_by(b).ok()),
        Expr::Negate(inner) => fold(inner).and_then(|value| value.negative().ok()),
        Expr::Min(list) => all(list)?.into_iter().min(),
        Expr::Max(list) => all(list)?.into_iter().max(),
        Expr::Round { mode, value, step } => {
            let steps = fold(value)?.divided_by(*step).ok()?.round(*mode).ok()?;
            Exact::whole(steps).times(*step).ok()
        }
        _ => None,
    }
}

/// A fraction as a decimal, where it ends.
pub(crate) fn decimal(value: Exact) -> Option<Decimal> {
    let (mut scale, mut rest) = (0_u8, value.denominator());
    let mut mantissa = value.numerator();
    while rest > 1 {
        if scale >= 30 {
            return None;
        }
        mantissa = mantissa.checked_mul(10)?;
        scale = scale.saturating_add(1);
        let divisor = gcd(mantissa, rest);
        mantissa = mantissa.checked_div(divisor)?;
        rest = rest.checked_div(divisor)?;
    }
    Some(Decimal::new(mantissa, scale))
}

pub(super) fn gcd(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a.checked_rem(b).unwrap_or(0));
    }
    i128::try_from(a).unwrap_or(1).max(1)
}

/// A value as people write it: `0.5`, `100`.
pub(crate) fn number_words(value: Exact) -> String {
    decimal(value).map_or_else(|| format!("{}/{}", value.numerator(), value.denominator()), |d| d.normal().to_string())
}

/// The whole number that a value is.
pub(crate) fn whole(value: Exact) -> Option<i64> {
    (value.denominator() == 1).then(|| i64::try_from(value.numerator()).ok()).flatten()
}

/// 10 to the power of `scale`.
pub(crate) fn power(scale: u8) -> Exact {
    let power = 10_i128.checked_pow(u32::from(scale.min(38)));
    Exact::whole(power.unwrap_or(i128::MAX))
}
