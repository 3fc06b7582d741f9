//! How numbers are written.

use crate::report::model::{Amount, Unit};
use crate::value::{Checked, Currency, Date, Decimal, Exact, Overflow, Rounding};

/// Decimals of rates and means for programs.
const PLACES: u8 = 10;

/// A value that cannot be written with the digits there are.
const TOO_LARGE: &str = "too large";

fn pow10(exponent: u8) -> Checked<i128> {
    10_i128.checked_pow(u32::from(exponent)).ok_or(Overflow)
}

/// Rounded half up to `places` decimals, all of them written.
#[must_use]
pub fn fixed(value: Exact, places: u8) -> String {
    let digits = pow10(places).and_then(|unit| {
        // Whole parts first, so that large values with large denominators fit.
        let whole = value.floor();
        let part = value.minus(Exact::whole(whole))?.times(Exact::whole(unit))?;
        // Rounding half up means away from zero: below zero, a half goes down.
        let mode = if value.numerator() < 0 { down_at_half(part)? } else { part.round(Rounding::HalfUp)? };
        whole.checked_mul(unit).and_then(|whole| whole.checked_add(mode)).ok_or(Overflow)
    });
    digits.map_or_else(|_| TOO_LARGE.to_owned(), |mantissa| Decimal::new(mantissa, places).to_string())
}

fn down_at_half(part: Exact) -> Checked<i128> {
    let floor = part.floor();
    let above_half = part.minus(Exact::whole(floor))? > Exact::ratio(1, 2)?;
    floor.checked_add(i128::from(above_half)).ok_or(Overflow)
}

/// Rounded half up to at most `places` decimals, without zeros at the end.
#[must_use]
pub fn plain(value: Exact, places: u8) -> String {
    let text = fixed(value, places);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Minor units as major ones.
///
/// # Errors
/// [`Overflow`].
pub fn major(minor: Exact, currency: &Currency) -> Checked<Exact> {
    minor.divided_by(Exact::whole(pow10(currency.decimals)?))
}

/// A value for programs: exact where it has an end, else to ten places.
#[must_use]
pub fn machine(value: Exact, unit: &Unit, currency: &Currency) -> String {
    let scaled = |scale: u8| {
        if value.denominator() == 1 {
            return Decimal::new(value.numerator(), scale).to_string();
        }
        pow10(scale).and_then(|unit| value.divided_by(Exact::whole(unit))).map_or_else(|_| TOO_LARGE.to_owned(), |full| fixed(full, PLACES))
    };
    match unit {
        Unit::Money => scaled(currency.decimals),
        Unit::Units { scale, .. } => scaled(*scale),
        Unit::Count | Unit::Days => plain(value, PLACES),
        Unit::Rate | Unit::Number => fixed(value, PLACES),
    }
}

/// An amount behind a rate, for programs.
#[must_use]
pub fn machine_amount(amount: Amount, currency: &Currency) -> String {
    match amount {
        Amount::Count(n) => n.to_string(),
        Amount::Money(minor) => Decimal::new(minor, currency.decimals).to_string(),
        Amount::Units(units, scale) => Decimal::new(units, scale).to_string(),
    }
}

/// Thousands apart: `244,091.94`.
#[must_use]
pub fn thousands(number: &str) -> String {
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |digits| ("-", digits));
    let (whole, fraction) = digits.find('.').map_or((digits, ""), |at| digits.split_at(at));
    let mut grouped = String::with_capacity(number.len().saturating_add(number.len() / 3));
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && whole.len().saturating_sub(index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}{fraction}")
}

/// A whole number for people.
#[must_use]
pub fn count(n: impl Into<i128>) -> String {
    thousands(&n.into().to_string())
}

/// Minor units for people: `244,091.94 USD`. A mean is rounded half up.
#[must_use]
pub fn money(minor: Exact, currency: &Currency) -> String {
    human(minor, &Unit::Money, currency)
}

/// Smallest units of a wallet for people, without their name.
#[must_use]
pub fn units(units: Exact, scale: u8) -> String {
    let full = pow10(scale).and_then(|unit| units.divided_by(Exact::whole(unit)));
    thousands(&full.map_or_else(|_| TOO_LARGE.to_owned(), |full| fixed(full, scale)))
}

/// A fraction as a percentage with one decimal, two where it is below one percent.
#[must_use]
pub fn percent(rate: Exact) -> String {
    let Ok(hundred) = rate.times(Exact::whole(100)) else { return TOO_LARGE.to_owned() };
    let small = hundred < Exact::whole(1) && hundred > Exact::whole(-1) && hundred.numerator() != 0;
    let text = fixed(hundred, if small { 2 } else { 1 });
    let text = text.strip_suffix(".0").unwrap_or(&text);
    format!("{}%", thousands(text))
}

/// A figure for people, and what it counts: written once where there are two ends.
fn parts(value: Exact, unit: &Unit, currency: &Currency) -> (String, String) {
    match unit {
        Unit::Money => {
            let full = major(value, currency).map_or_else(|_| TOO_LARGE.to_owned(), |full| fixed(full, currency.decimals));
            (thousands(&full), format!(" {}", currency.code))
        }
        Unit::Rate => (percent(value).trim_end_matches('%').to_owned(), "%".to_owned()),
        Unit::Count | Unit::Number => (thousands(&plain(value, 2)), String::new()),
        Unit::Days => (thousands(&plain(value, 1)), if value == Exact::whole(1) { " day" } else { " days" }.to_owned()),
        Unit::Units { name, scale } => (units(value, *scale), format!(" {name}")),
    }
}

/// A figure for people.
#[must_use]
pub fn human(value: Exact, unit: &Unit, currency: &Currency) -> String {
    let (number, what) = parts(value, unit, currency);
    number + &what
}

/// Two figures for people: `5,208.94–6,435.24 USD`, with `–` or a word between.
#[must_use]
pub fn span(low: Exact, high: Exact, between: &str, unit: &Unit, currency: &Currency) -> String {
    let ((low, _), (high, what)) = (parts(low, unit, currency), parts(high, unit, currency));
    // `1.4% and 4.1%`, but `47–51%`.
    let each = if *unit == Unit::Rate && between != "–" { "%" } else { "" };
    if low == high { format!("{high}{what}") } else { format!("{low}{each}{between}{high}{what}") }
}

/// `1 Jan 1997`
#[must_use]
pub fn day(date: Date) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (year, month, day) = date.ymd();
    let name = MONTHS.get(usize::from(month).saturating_sub(1)).copied().unwrap_or("");
    format!("{day} {name} {year}")
}
