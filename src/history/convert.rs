//! Texts of data become values. Nothing is guessed: a text is exactly of the form, or the row is rejected with a reason.

use super::keys::NONE;
use super::reason;
use super::values::{self, Moment, Numbers, Times};
use super::zones;
use crate::value::{Date, DateTime, Decimal, Zone};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A value, or the reason why there is none.
pub(super) type Converted<T> = Result<T, &'static str>;

/// How a column writes numbers and times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Style<'a> {
    pub numbers: Numbers,
    pub times: Times,
    /// The program's.
    pub currency: &'a str,
    /// Whether amounts are counted in the smallest unit.
    pub cents: bool,
}

impl Style<'_> {
    /// A number with a point.
    fn number<'a>(self, text: &'a str) -> Converted<Cow<'a, str>> {
        match self.numbers {
            Numbers::Plain | Numbers::Look => Ok(Cow::Borrowed(text)),
            Numbers::Point => values::number(text, false, self.currency),
            Numbers::Comma => values::number(text, true, self.currency),
        }
    }

    /// An exact number; one that nobody wrote has a point.
    pub fn decimal(self, text: &str, written: bool) -> Converted<Decimal> {
        match decimal(text) {
            Ok(value) if !written => Ok(value),
            Err(_) if !written => values::number(text, false, self.currency).and_then(|text| decimal(&text)),
            _ => self.number(text).and_then(|text| decimal(&text)),
        }
    }

    /// A price in major units.
    pub fn of_units(self, price: Decimal, decimals: u8) -> Decimal {
        if self.cents { Decimal::new(price.mantissa, price.scale.saturating_add(decimals)) } else { price }
    }

    /// An exact amount in minor units; what is left of float noise is no part of it, and counted.
    pub fn money(self, text: &str, decimals: u8, written: bool, noise: &mut u64) -> Converted<i64> {
        let exact = match self.numbers {
            // Three decimals are thousands to many.
            Numbers::Plain if written && decimals >= 3 && has_three_behind(text) => return Err(reason::DECIMALS),
            Numbers::Plain if written => money(text.as_bytes(), decimals),
            _ if written => self.number(text).and_then(|text| money(text.as_bytes(), decimals)),
            _ => money_of_number(text, decimals),
        };
        match exact {
            Err(reason::DECIMALS | reason::NOT_A_NUMBER | reason::TOO_LARGE) if !written || self.numbers != Numbers::Plain => {
                let near = self.decimal(text, written).ok().and_then(|value| nearly(value, decimals));
                *noise += u64::from(near.is_some());
                near.map_or(exact, Ok)
            }
            _ => exact,
        }
    }

    /// The instant of a written time.
    pub fn instant(self, text: &str, clock: &mut Clock<'_>) -> Converted<i64> {
        if !matches!(self.times, Times::Epoch(_) | Times::Serial)
            && let result @ (Ok(_) | Err(reason::FINE_TIME)) = instant(text.as_bytes(), clock)
        {
            return result;
        }
        if matches!(self.times, Times::Plain | Times::Look) {
            return Err(reason::NOT_A_TIME);
        }
        Ok(match values::moment(text, self.times)? {
            Moment::Local(local) => clock.instant(local),
            Moment::Instant(instant) => instant,
            Moment::In(local, zone) => clock.instant_in(local, zone)?,
        })
    }

    /// A written day.
    pub fn date(self, text: &str) -> Converted<Date> {
        if matches!(self.times, Times::Plain | Times::Look) {
            return date(text);
        }
        match date(text) {
            Ok(date) => Ok(date),
            Err(reason) => match values::moment(text, self.times) {
                Ok(Moment::Local(micros) | Moment::Instant(micros) | Moment::In(micros, _)) => Ok(DateTime(micros).date()),
                Err(_) => Err(reason),
            },
        }
    }
}

/// Three digits behind a point may be thousands.
pub(super) fn has_three_behind(text: &str) -> bool {
    text.split_once('.').is_some_and(|(_, part)| part.len() == 3)
}

/// The amount that a number is but for less than a thousandth of the smallest unit.
fn nearly(value: Decimal, decimals: u8) -> Option<i64> {
    let digits = value.scale.checked_sub(decimals).filter(|digits| *digits > 0)?;
    let Some(unit) = 10_i128.checked_pow(u32::from(digits)) else { return (value.mantissa.abs() < 10_i128.pow(35)).then_some(0) };
    let whole = value.mantissa.checked_add(unit / 2)?.checked_div_euclid(unit)?;
    let off = value.mantissa.checked_sub(whole.checked_mul(unit)?)?.checked_abs()?;
    (off.checked_mul(1000)? < unit).then(|| i64::try_from(whole).ok())?
}

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// Local times to instants; most of them lie between the same two clock changes as the one before.
#[derive(Clone, Debug)]
pub(super) struct Clock<'a> {
    zone: &'a Zone,
    from: i64,
    to: i64,
    offset: i64,
    /// Zones that times name.
    named: BTreeMap<String, Option<Zone>>,
}

impl<'a> Clock<'a> {
    pub fn new(zone: &'a Zone) -> Self {
        Self { zone, from: 0, to: 0, offset: 0, named: BTreeMap::new() }
    }

    /// The instant of a local time, both in microseconds.
    pub fn instant(&mut self, local: i64) -> i64 {
        if (self.from..self.to).contains(&local) {
            return local - self.offset;
        }
        if let Some((from, to, offset)) = self.zone.steady(DateTime(local)) {
            (self.from, self.to, self.offset) = (from.0, to.0, offset);
        }
        self.zone.instant(DateTime(local)).0
    }

    /// The instant of a local time in the zone of a name.
    fn instant_in(&mut self, local: i64, name: &str) -> Converted<i64> {
        if !self.named.contains_key(name) {
            self.named.insert(name.to_owned(), zones::find(name));
        }
        let zone = self.named.get(name).and_then(Option::as_ref).ok_or(reason::NO_SUCH_ZONE)?;
        Ok(zone.instant(DateTime(local)).0)
    }
}

fn two(bytes: &[u8], at: usize) -> Option<i64> {
    let tens = bytes.get(at)?.wrapping_sub(b'0');
    let ones = bytes.get(at + 1)?.wrapping_sub(b'0');
    (tens <= 9 && ones <= 9).then(|| i64::from(tens) * 10 + i64::from(ones))
}

/// Days since 1970-01-01 of a date that exists in the years 1 to 9999.
pub(super) fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=9999).contains(&year) || !(1..=longest).contains(&day) {
        return None;
    }
    // Years begin in March, so that the leap day is the last.
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

fn date_days(bytes: &[u8]) -> Option<i64> {
    if bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
        return None;
    }
    days(two(bytes, 0)? * 100 + two(bytes, 2)?, two(bytes, 5)?, two(bytes, 8)?)
}

/// `2024-12-24`, `2024-12-24T14:30[:00[.123456]][Z|+01:00]`, or a blank in place of the `T`.
pub(super) fn instant(text: &[u8], clock: &mut Clock<'_>) -> Converted<i64> {
    let day = date_days(text).ok_or(reason::NOT_A_TIME)? * DAY;
    if text.len() == 10 {
        return Ok(clock.instant(day));
    }
    let (micros, rest) = time(text)?;
    let local = day + micros;
    match rest {
        [] => Ok(clock.instant(local)),
        b"Z" | b"z" => Ok(local),
        _ => offset(rest).map(|offset| local - offset).ok_or(reason::NOT_A_TIME),
    }
}

fn time(text: &[u8]) -> Converted<(i64, &[u8])> {
    let bad = reason::NOT_A_TIME;
    let separated = matches!(text.get(10), Some(b'T' | b' ')) && text.get(13) == Some(&b':');
    let (hour, minute) = (two(text, 11).ok_or(bad)?, two(text, 14).ok_or(bad)?);
    if !separated || hour > 23 || minute > 59 {
        return Err(bad);
    }
    let mut micros = (hour * 3600 + minute * 60) * SECOND;
    let mut rest = text.get(16..).unwrap_or_default();
    if rest.first() == Some(&b':') {
        let second = two(rest, 1).filter(|second| *second < 60).ok_or(bad)?;
        micros += second * SECOND;
        rest = rest.get(3..).unwrap_or_default();
        if let Some((b'.', fraction)) = rest.split_first() {
            let digits = fraction.iter().take_while(|b| b.is_ascii_digit()).count();
            if digits == 0 {
                return Err(bad);
            }
            let mut unit = SECOND;
            for byte in fraction.iter().take(digits) {
                unit /= 10;
                if unit == 0 && *byte != b'0' {
                    return Err(reason::FINE_TIME);
                }
                micros += i64::from(byte - b'0') * unit;
            }
            rest = fraction.get(digits..).unwrap_or_default();
        }
    }
    Ok((micros, rest))
}

fn offset(text: &[u8]) -> Option<i64> {
    let (sign, digits) = match text.split_first()? {
        (b'+', rest) => (1, rest),
        (b'-', rest) => (-1, rest),
        _ => return None,
    };
    let hours = two(digits, 0)?;
    let minutes = match (digits.len(), digits.get(2)) {
        (2, _) => 0,
        (4, _) => two(digits, 2)?,
        (5, Some(b':')) => two(digits, 3)?,
        _ => return None,
    };
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60) * SECOND)
}

/// A date, or the date of a date-time.
pub(super) fn date(text: &str) -> Converted<Date> {
    let day = if text.len() > 10 { text.get(..10).filter(|_| time(text.as_bytes()).is_ok()) } else { Some(text) };
    day.and_then(Date::parse).ok_or(reason::NOT_A_DATE)
}

/// An exact amount in minor units; negative ones too. Written decimals count, zeros among them: `1.250` may well be meant
/// as one thousand two hundred and fifty.
pub(super) fn money(text: &[u8], decimals: u8) -> Converted<i64> {
    let (negative, digits) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        _ => (false, text),
    };
    // Whole part and fraction of common lengths without 128-bit arithmetic.
    if digits.len() > 16 {
        return long_money(text, decimals);
    }
    let mut value = 0_i64;
    let mut point = None;
    for (at, byte) in digits.iter().enumerate() {
        if *byte == b'.' && point.is_none() && at > 0 {
            point = Some(at);
            continue;
        }
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return Err(reason::NOT_A_NUMBER);
        }
        value = value * 10 + i64::from(digit);
    }
    let scale = point.map_or(0, |at| digits.len() - at - 1);
    if digits.is_empty() || point.is_some() && scale == 0 {
        return Err(reason::NOT_A_NUMBER);
    }
    let decimals_wanted = usize::from(decimals);
    if scale > decimals_wanted {
        return Err(reason::DECIMALS);
    }
    for _ in scale..decimals_wanted {
        value = value.checked_mul(10).ok_or(reason::TOO_LARGE)?;
    }
    Ok(if negative { -value } else { value })
}

fn long_money(text: &[u8], decimals: u8) -> Converted<i64> {
    let value = decimal(std::str::from_utf8(text).unwrap_or_default())?;
    if value.scale > decimals { Err(reason::DECIMALS) } else { exact_money(value, decimals) }
}

/// The amount of a number that was never written: zeros at the end of its text mean nothing.
pub(super) fn money_of_number(text: &str, decimals: u8) -> Converted<i64> {
    let short = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
    money(short.as_bytes(), decimals)
}

/// A decimal as an exact number of minor units.
pub(super) fn exact_money(value: Decimal, decimals: u8) -> Converted<i64> {
    match value.to_scale(decimals) {
        Ok(Some(NONE)) | Err(_) => Err(reason::TOO_LARGE),
        Ok(Some(minor)) => Ok(minor),
        Ok(None) => Err(reason::DECIMALS),
    }
}

/// An exact number.
pub(super) fn decimal(text: &str) -> Converted<Decimal> {
    Decimal::parse(text).ok_or_else(|| {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let plain = digits.split_once('.').map_or_else(
            || !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()),
            |(whole, part)| !whole.is_empty() && !part.is_empty() && whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit()),
        );
        if plain { reason::TOO_LARGE } else { reason::NOT_A_NUMBER }
    })
}

/// `yes`, `true`, `1` and their opposites.
pub(super) fn yes_no(text: &str) -> Converted<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "1" | "y" => Ok(true),
        "no" | "false" | "0" | "n" => Ok(false),
        _ => Err(reason::NOT_YES_NO),
    }
}
