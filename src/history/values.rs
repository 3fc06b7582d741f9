//! Numbers and times as people write them. How a column writes them is decided from all its values ([`super::evidence`]);
//! here they are read as decided.

use super::convert::{Converted, days};
use super::watch::CODES;
use super::{reason, zones};
use std::borrow::Cow;

/// How a column writes its numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Numbers {
    /// `1234.50`, and nothing else: what most files have, read fast.
    #[default]
    Plain,
    /// Values are looked at, not read.
    Look,
    Point,
    Comma,
}

/// How a column writes its times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Times {
    /// `2024-12-24T14:30:00`
    #[default]
    Plain,
    Look,
    /// Days, with the order of day and month if one is known.
    Days(Option<Order>),
    Epoch(Unit),
    /// Days since the end of 1899, as spreadsheets count them.
    Serial,
}

/// Which of day and month comes first where the year does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Order {
    DayFirst,
    MonthFirst,
}

/// What a count since 1970 counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unit {
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

impl Unit {
    pub fn words(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Milliseconds => "milliseconds",
            Self::Microseconds => "microseconds",
            Self::Nanoseconds => "nanoseconds",
        }
    }
}

/// Signs and words of currencies, with the currencies that they may mean.
const SIGNS: [(&str, &[&str]); 46] = [
    ("c$", &["CAD"]),
    ("ca$", &["CAD"]),
    ("a$", &["AUD"]),
    ("au$", &["AUD"]),
    ("s$", &["SGD"]),
    ("hk$", &["HKD"]),
    ("nt$", &["TWD"]),
    ("mx$", &["MXN"]),
    ("rs", &["INR", "PKR", "LKR"]),
    ("rs.", &["INR", "PKR", "LKR"]),
    ("rp", &["IDR"]),
    ("rm", &["MYR"]),
    ("rmb", &["CNY"]),
    ("tl", &["TRY"]),
    ("lei", &["RON"]),
    ("лв", &["BGN"]),
    ("лв.", &["BGN"]),
    ("грн", &["UAH"]),
    ("грн.", &["UAH"]),
    ("тг", &["KZT"]),
    ("฿", &["THB"]),
    ("₫", &["VND"]),
    ("$", &["USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "TWD"]),
    ("us$", &["USD"]),
    ("€", &["EUR"]),
    ("£", &["GBP"]),
    ("¥", &["JPY", "CNY"]),
    ("￥", &["CNY", "JPY"]),
    ("元", &["CNY"]),
    ("円", &["JPY"]),
    ("₽", &["RUB"]),
    ("руб", &["RUB"]),
    ("руб.", &["RUB"]),
    ("р.", &["RUB"]),
    ("₴", &["UAH"]),
    ("₸", &["KZT"]),
    ("₹", &["INR"]),
    ("₩", &["KRW"]),
    ("₺", &["TRY"]),
    ("zł", &["PLN"]),
    ("kč", &["CZK"]),
    ("ft", &["HUF"]),
    ("kr", &["SEK", "NOK", "DKK", "ISK"]),
    ("kr.", &["DKK", "SEK", "NOK", "ISK"]),
    ("fr.", &["CHF"]),
    ("r$", &["BRL"]),
];

/// Whether a text is a sign or code of the currency; nothing where it is none of any.
pub(super) fn is_currency(text: &str, currency: &str) -> Option<bool> {
    let lower = text.to_lowercase();
    if let Some((_, codes)) = SIGNS.iter().find(|(sign, _)| *sign == lower) {
        return Some(codes.contains(&currency));
    }
    let code = text.len() == 3 && text.bytes().all(|b| b.is_ascii_alphabetic());
    code.then(|| text.eq_ignore_ascii_case(currency))
}

fn is_blank(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '\u{a0}' | '\u{202f}' | '\u{2009}' | '\u{feff}')
}

/// A number taken apart: below zero or not, its digits with separators, and what stands around them.
struct Parts<'a> {
    negative: bool,
    core: &'a str,
    around: Vec<&'a str>,
}

fn parts(text: &str) -> Option<Parts<'_>> {
    let text = text.trim_matches(is_blank);
    let quoted = text.strip_prefix("=\"").and_then(|text| text.strip_suffix('"'));
    let text = quoted.or_else(|| text.strip_prefix('\'')).unwrap_or(text);
    let from = text.find(|c: char| c.is_ascii_digit())?;
    let from = if text.get(..from)?.ends_with(['.', ',']) { from - 1 } else { from };
    let to = text.rfind(|c: char| c.is_ascii_digit())? + 1;
    let core = text.get(from..to)?;
    let mut negative = false;
    let mut around = Vec::new();
    for (side, first) in [(text.get(..from)?, true), (text.get(to..)?, false)] {
        let mut side = side.trim_matches(is_blank);
        // 12,- is twelve.
        let even = [",-", ",–", ",—", ".-", ".–", ".—"].iter().find_map(|dash| side.strip_prefix(dash)).filter(|_| !first);
        if let Some(rest) = even {
            side = rest.trim_matches(is_blank);
        } else if let Some(rest) = side.strip_prefix(['-', '−', '–']).or_else(|| side.strip_suffix(['-', '−', '–'])) {
            negative = !negative;
            side = rest.trim_matches(is_blank);
        } else if first {
            side = side.strip_prefix('+').unwrap_or(side).trim_matches(is_blank);
        }
        if !side.is_empty() {
            around.push(side);
        }
    }
    // (12.50) is below zero; a currency may stand inside or outside.
    if around.iter().any(|side| side.contains('(')) && around.iter().any(|side| side.contains(')')) {
        negative = !negative;
        around = around.iter().flat_map(|side| side.split(['(', ')'])).map(|side| side.trim_matches(is_blank)).collect();
        around.retain(|side| !side.is_empty());
    }
    Some(Parts { negative, core, around })
}

/// What a written number says about the sign that divides whole and part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Divides {
    Point,
    Comma,
    /// One sign with three digits behind it: either.
    Either,
    Nothing,
    NotANumber,
}

/// Looks at a written number.
pub(super) fn divides(text: &str) -> Divides {
    let Some(parts) = parts(text) else { return Divides::NotANumber };
    let core = parts.core.split_once(['e', 'E']).map_or(parts.core, |(mantissa, _)| mantissa);
    if !core.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '\'' | '’') || is_blank(c)) {
        return Divides::NotANumber;
    }
    let (points, commas) = (core.matches('.').count(), core.matches(',').count());
    let decided = |point: bool| if point { Divides::Point } else { Divides::Comma };
    match (points, commas) {
        (0, 0) => Divides::Nothing,
        (1, 1) | (1, 2..) | (2.., 1) => match (core.rfind('.'), core.rfind(',')) {
            (Some(point), Some(comma)) => {
                let last = point > comma;
                // The sign that stands last stands once.
                if if last { points == 1 } else { commas == 1 } { decided(last) } else { Divides::NotANumber }
            }
            _ => Divides::NotANumber,
        },
        (2.., 0) if in_groups(core.split('.')) => Divides::Comma,
        (0, 2..) if in_groups(core.split(',')) => Divides::Point,
        (2.., 0) | (0, 2..) => Divides::NotANumber,
        (2.., 2..) => Divides::NotANumber,
        (one, _) => {
            let (whole, part) = core.split_once(['.', ',']).unwrap_or((core, ""));
            let grouped = core.contains(|c| is_blank(c) || matches!(c, '\'' | '’'));
            let thousands = part.len() == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0') && !grouped;
            if thousands { Divides::Either } else { decided(one == 1) }
        }
    }
}

/// Groups of three digits behind the first; of two before the last three, as in India: `12,34,567`.
fn in_groups<'a>(groups: impl Iterator<Item = &'a str>) -> bool {
    let groups: Vec<&str> = groups.skip(1).collect();
    let Some((last, others)) = groups.split_last() else { return true };
    last.len() == 3 && (others.iter().all(|group| group.len() == 3) || others.iter().all(|group| group.len() == 2))
}

/// Whether a text is a number, perhaps with a sign or code of a currency.
pub(super) fn is_number(text: &str) -> bool {
    let around = |side: &&str| SIGNS.iter().any(|(sign, _)| *sign == side.to_lowercase()) || CODES.contains(side);
    divides(text) != Divides::NotANumber && parts(text).is_some_and(|parts| parts.around.iter().all(around))
}

/// A written number as `-1234.50`.
pub(super) fn number<'a>(text: &'a str, comma: bool, currency: &str) -> Converted<Cow<'a, str>> {
    let parts = parts(text).ok_or(reason::NOT_A_NUMBER)?;
    for side in &parts.around {
        match is_currency(side, currency) {
            Some(true) => {}
            Some(false) => return Err(reason::OTHER_CURRENCY),
            None => return Err(reason::NOT_A_NUMBER),
        }
    }
    let (mantissa, exponent) = match parts.core.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| reason::NOT_A_NUMBER)?),
        None => (parts.core, 0),
    };
    let (divider, thousands) = if comma { (',', '.') } else { ('.', ',') };
    let (whole, part) = mantissa.split_once(divider).unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let mut groups = whole.split(|c| c == thousands || matches!(c, '\'' | '’') || is_blank(c));
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    let fits = rest.is_empty() || (1..=3).contains(&first.len()) && in_groups(std::iter::once(first).chain(rest.iter().copied()));
    if !fits || !digits(first) || !digits(part) || !rest.iter().all(|group| digits(group)) || first.is_empty() && part.is_empty() {
        return Err(reason::NOT_A_NUMBER);
    }
    let whole = format!("{first}{}", rest.concat());
    let (whole, part) = shift(whole, part.to_owned(), exponent)?;
    let part = part.trim_end_matches('0');
    let whole = if whole.is_empty() { "0" } else { &whole };
    let sign = if parts.negative { "-" } else { "" };
    Ok(Cow::Owned(if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }))
}

/// Moves the point.
fn shift(mut whole: String, mut part: String, exponent: i32) -> Converted<(String, String)> {
    if exponent.unsigned_abs() > 30 {
        return Err(reason::TOO_LARGE);
    }
    for _ in 0..exponent {
        whole.push(if part.is_empty() { '0' } else { part.remove(0) });
    }
    for _ in exponent..0 {
        part.insert(0, whole.pop().unwrap_or('0'));
    }
    let short = whole.trim_start_matches('0').to_owned();
    Ok((short, part))
}

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// Months in English, German, Russian, French, Spanish, Italian, Portuguese and Polish, by the letters they begin with.
const MONTHS: [(&str, i64); 60] = [
    ("ene", 1),
    ("gen", 1),
    ("sty", 1),
    ("fév", 2),
    ("fev", 2),
    ("lut", 2),
    ("avr", 4),
    ("abr", 4),
    ("kwi", 4),
    ("mag", 5),
    ("maj", 5),
    ("juin", 6),
    ("giu", 6),
    ("cze", 6),
    ("juil", 7),
    ("lug", 7),
    ("lip", 7),
    ("aoû", 8),
    ("aou", 8),
    ("ago", 8),
    ("sie", 8),
    ("wrz", 9),
    ("set", 9),
    ("out", 10),
    ("ott", 10),
    ("paź", 10),
    ("déc", 12),
    ("dic", 12),
    ("jan", 1),
    ("jän", 1),
    ("янв", 1),
    ("feb", 2),
    ("фев", 2),
    ("mar", 3),
    ("mär", 3),
    ("mrz", 3),
    ("мар", 3),
    ("apr", 4),
    ("апр", 4),
    ("may", 5),
    ("mai", 5),
    ("май", 5),
    ("мая", 5),
    ("jun", 6),
    ("июн", 6),
    ("jul", 7),
    ("июл", 7),
    ("aug", 8),
    ("авг", 8),
    ("sep", 9),
    ("сен", 9),
    ("oct", 10),
    ("okt", 10),
    ("окт", 10),
    ("nov", 11),
    ("ноя", 11),
    ("dec", 12),
    ("dez", 12),
    ("дек", 12),
    ("sept", 9),
];

/// A written day, before day and month are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    Known {
        year: i64,
        month: i64,
        day: i64,
    },
    /// Two numbers and a year; `points` where points divide them, `short` where any may be the year.
    Two {
        first: i64,
        second: i64,
        year: i64,
        points: bool,
        short: bool,
    },
}

/// What a written time says about its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    Nothing,
    Order(Order),
    /// Day and month could be either.
    Either,
    /// The same, written with points: in that form the day stands first.
    Points,
    Epoch(Unit),
    /// A number that may count days as spreadsheets do.
    Serial,
    NotATime,
}

/// The local time that spreadsheets count as days since the end of 1899, to the second: `45731.4375`.
pub(super) fn serial(text: &str) -> Option<i64> {
    let (whole, part) = text.trim_matches(is_blank).split_once(['.', ',']).unwrap_or((text.trim_matches(is_blank), ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.len() != 5 || !digits(whole) || !digits(part) || part.len() > 15 {
        return None;
    }
    let day = whole.parse::<i64>().ok().filter(|day| (20_000..=80_000).contains(day))?;
    let one = 10_i128.pow(u32::try_from(part.len()).ok()?);
    let seconds = (part.parse::<i128>().unwrap_or(0) * 86_400 * 2 + one).div_euclid(2 * one);
    Some((days(1899, 12, 30)? + day) * DAY + i64::try_from(seconds).ok()? * SECOND)
}

/// The unit of a count since 1970, by its magnitude: each covers the years 1973 to 5138 in seconds, and not the next.
fn epoch(text: &str) -> Option<(i64, Unit)> {
    let digits = text.split_once('.').filter(|(_, part)| !part.is_empty() && part.bytes().all(|b| b == b'0')).map_or(text, |(n, _)| n);
    if !(9..=19).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let unit = match digits.len() {
        9..=11 => Unit::Seconds,
        12..=14 => Unit::Milliseconds,
        15..=17 => Unit::Microseconds,
        _ => Unit::Nanoseconds,
    };
    Some((digits.parse().ok()?, unit))
}

/// Looks at a written time.
pub(super) fn says(text: &str) -> Says {
    let text = text.trim_matches(is_blank);
    if compact(text).is_none()
        && let Some((_, unit)) = epoch(text)
    {
        return Says::Epoch(unit);
    }
    if serial(text).is_some() {
        return Says::Serial;
    }
    let Some((written, rest)) = day(text) else { return Says::NotATime };
    if time(rest).is_none() {
        return Says::NotATime;
    }
    match written {
        Written::Known { year, month, day } => days(year, month, day).map_or(Says::NotATime, |_| Says::Nothing),
        // 24-01-02 may well begin with the year.
        Written::Two { short: true, .. } => Says::Either,
        Written::Two { first, second, year, points, .. } => {
            let (day_first, month_first) = (days(year, second, first).is_some(), days(year, first, second).is_some());
            match (day_first, month_first) {
                (false, false) => Says::NotATime,
                (true, false) => Says::Order(Order::DayFirst),
                (false, true) => Says::Order(Order::MonthFirst),
                (true, true) if first == second => Says::Nothing,
                (true, true) => {
                    if points {
                        Says::Points
                    } else {
                        Says::Either
                    }
                }
            }
        }
    }
}

/// A local time in microseconds, or an instant where the text has an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment<'a> {
    Local(i64),
    Instant(i64),
    /// A local time, and the name of its zone.
    In(i64, &'a str),
}

/// What a time says of its zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tail<'a> {
    Nothing,
    Offset(i64),
    Named(&'a str),
}

/// Reads a written time in the way that its column has.
pub(super) fn moment(text: &str, times: Times) -> Converted<Moment<'_>> {
    let bad = reason::NOT_A_TIME;
    let text = text.trim_matches(is_blank);
    if let Times::Epoch(unit) = times {
        let (count, own) = epoch(text).filter(|(_, own)| *own == unit).ok_or(bad)?;
        let micros = match own {
            Unit::Seconds => count.checked_mul(SECOND).ok_or(bad)?,
            Unit::Milliseconds => count.checked_mul(1_000).ok_or(bad)?,
            Unit::Microseconds => count,
            Unit::Nanoseconds if count % 1_000 != 0 => return Err(reason::FINE_TIME),
            Unit::Nanoseconds => count / 1_000,
        };
        return Ok(Moment::Instant(micros));
    }
    if times == Times::Serial {
        return serial(text).map(Moment::Local).ok_or(bad);
    }
    let order = if let Times::Days(order) = times { order } else { None };
    let (written, rest) = day(text).ok_or(bad)?;
    let date = match (written, order) {
        (Written::Known { year, month, day }, _) => days(year, month, day),
        (Written::Two { first, second, year, .. }, Some(Order::MonthFirst)) => days(year, first, second),
        (Written::Two { first, second, year, .. }, Some(Order::DayFirst)) => days(year, second, first),
        (Written::Two { first, second, year, short: true, .. }, None) => days(2000 + first, second, year - 2000),
        (Written::Two { first, second, year, .. }, None) => days(year, second, first).filter(|_| first == second),
    };
    let (micros, tail) = time(rest).ok_or(bad)?;
    let local = date.ok_or(bad)? * DAY + micros;
    Ok(match tail {
        Tail::Nothing => Moment::Local(local),
        Tail::Offset(offset) => Moment::Instant(local - offset),
        Tail::Named(zone) => Moment::In(local, zone),
    })
}

/// `20250131`, `20250131143000`
fn compact(text: &str) -> Option<(Written, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if !(digits == 8 || (digits == 14 || digits == 12) && text.len() == digits) || !text.starts_with(['1', '2']) {
        return None;
    }
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    if !(1900..=2200).contains(&year) {
        return None;
    }
    days(year, month, day)?;
    Some((Written::Known { year, month, day }, text.get(8..)?))
}

/// The day that a text begins with, and what follows it.
fn day(text: &str) -> Option<(Written, &str)> {
    if let Some(found) = compact(text) {
        return Some(found);
    }
    let text = weekday(text);
    let mut rest = text;
    let mut pieces: Vec<(&str, char)> = Vec::new();
    while pieces.len() < 3 {
        // 14 de enero de 2025
        for word in ["de ", "of ", "del "] {
            rest = rest.strip_prefix(word).unwrap_or(rest);
        }
        let letters = rest.starts_with(char::is_alphabetic);
        let end = rest.find(|c: char| if letters { !c.is_alphabetic() } else { !c.is_ascii_digit() }).unwrap_or(rest.len());
        let piece = rest.get(..end).filter(|piece| !piece.is_empty())?;
        rest = rest.get(end..)?;
        // January 14th
        let ordinal = ["st", "nd", "rd", "th"].iter().find_map(|word| rest.strip_prefix(word)).filter(|_| !letters);
        rest = ordinal.filter(|rest| !rest.starts_with(char::is_alphanumeric)).unwrap_or(rest);
        let divider = rest.chars().next().unwrap_or(' ');
        pieces.push((piece, divider));
        if pieces.len() < 3 {
            let after = rest.trim_start_matches(|c: char| matches!(c, '.' | '/' | '-' | ',' | '年' | '月') || is_blank(c));
            if after.len() == rest.len() {
                return None;
            }
            rest = after;
        }
    }
    let rest = rest.strip_prefix('日').or_else(|| rest.strip_prefix('.')).or_else(|| rest.strip_prefix(" г.")).unwrap_or(rest);
    let [(a, divider), (b, _), (c, _)] = pieces.as_slice() else { return None };
    let number = |piece: &str| piece.parse::<i64>().ok().filter(|_| piece.len() <= 4);
    let year = |piece: &str| match piece.len() {
        2 => number(piece).map(|short| 2000 + short),
        4 => number(piece),
        _ => None,
    };
    let small = |piece: &str| number(piece).filter(|_| piece.len() <= 2);
    let written = match (month(a), month(b)) {
        (Some(month), _) => Written::Known { year: year(c)?, month, day: small(b)? },
        (_, Some(month)) if a.len() == 4 => Written::Known { year: year(a)?, month, day: small(c)? },
        (_, Some(month)) => Written::Known { year: year(c)?, month, day: small(a)? },
        _ if a.len() == 4 => Written::Known { year: year(a)?, month: small(b)?, day: small(c)? },
        _ => Written::Two {
            first: small(a)?,
            second: small(b)?,
            year: year(c)?,
            points: *divider == '.',
            short: *divider == '-' && c.len() == 2,
        },
    };
    Some((written, rest))
}

fn month(piece: &str) -> Option<i64> {
    let lower = piece.to_lowercase();
    let letters = lower.chars().count();
    (letters >= 3).then(|| MONTHS.iter().find(|(name, _)| lower.starts_with(name)).map(|(_, month)| *month))?
}

/// Leaves out `Mon, `.
fn weekday(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphabetic()).unwrap_or(0);
    let (word, rest) = text.split_at(end);
    if word.is_empty() || month(word).is_some() { text } else { rest.trim_start_matches(|c: char| matches!(c, ',' | '.') || is_blank(c)) }
}

/// The time of day that a text is, in microseconds, and its zone.
fn time(text: &str) -> Option<(i64, Tail<'_>)> {
    let text = text.trim_matches(is_blank);
    let text = text.strip_prefix(['T', 't', ',']).unwrap_or(text).trim_matches(is_blank);
    if text.is_empty() {
        return Some((0, Tail::Nothing));
    }
    if text.len() >= 4 && text.bytes().all(|b| b.is_ascii_digit()) {
        let number = |from: usize, to: usize| text.get(from..to).map_or(Some(0), |digits| digits.parse::<i64>().ok());
        return clock(number(0, 2)?, number(2, 4)?, number(4, 6)?, None).map(|micros| (micros, Tail::Nothing));
    }
    let half = |word: &&str| Some((Some(matches!(*word, "下午" | "오후")), text.strip_prefix(*word)?));
    let (front, text) = ["上午", "下午", "오전", "오후"].iter().find_map(half).unwrap_or((None, text));
    let text = text.trim_start_matches(is_blank);
    let text = text.strip_suffix("Uhr").or_else(|| text.strip_suffix("uhr")).unwrap_or(text);
    let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.' | ',' | '时' | '分' | '秒' | 'h'))).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    // 14.30.05, where nothing else divides.
    let pointed = !digits.contains([':', '时', 'h'])
        && digits.split('.').enumerate().all(|(at, field)| field.len() == 2 || at == 0 && field.len() == 1);
    let divider = |c: char| matches!(c, ':' | '时' | '分' | 'h') || pointed && c == '.';
    let mut fields = digits.trim_end_matches(['.', ',', '秒', '分', 'h']).split(divider);
    let whole = |field: &str| field.parse::<i64>().ok().filter(|_| field.len() <= 2);
    let (hour, minute) = (whole(fields.next()?)?, whole(fields.next().unwrap_or("0"))?);
    let seconds = fields.next().unwrap_or("0");
    if fields.next().is_some() {
        return None;
    }
    let (second, part) = seconds.split_once(['.', ',']).unwrap_or((seconds, ""));
    if part.len() > 9 || !part.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let micros = format!("{part:0<9}").get(..6)?.parse::<i64>().ok()?;
    let rest = rest.trim_matches(is_blank);
    let lower = rest.to_lowercase();
    let (late, rest) = [("a.m.", false), ("p.m.", true), ("am", false), ("pm", true)]
        .iter()
        .find(|(word, _)| lower.strip_prefix(word).is_some_and(|rest| !rest.starts_with(char::is_alphabetic)))
        .map_or((front, rest), |(word, late)| (Some(*late), rest.get(word.len()..).unwrap_or_default()));
    let tail = tail(rest.trim_matches(is_blank))?;
    // A lone hour is no time of day, unless it says which half.
    if !(digits.contains([':', '时', 'h']) || pointed && digits.contains('.') || late.is_some()) {
        return None;
    }
    Some((clock(hour, minute, whole(second)?, late)? + micros, tail))
}

fn clock(hour: i64, minute: i64, second: i64, late: Option<bool>) -> Option<i64> {
    let hour = match late {
        Some(late) => (1..=12).contains(&hour).then_some(hour % 12 + if late { 12 } else { 0 })?,
        None => hour,
    };
    // 24:00 is the midnight that ends a day.
    if (hour, minute, second, late) == (24, 0, 0, None) {
        return Some(DAY);
    }
    ((0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second))
        .then_some((hour * 3600 + minute * 60 + second) * SECOND)
}

/// `+01:00`, `-0500`, `Z`, `UTC`, `EST`, `Europe/Berlin`, `+01:00[Europe/Berlin]`.
fn tail(text: &str) -> Option<Tail<'_>> {
    if text.is_empty() {
        return Some(Tail::Nothing);
    }
    // Behind an offset the name in brackets says nothing more.
    let (text, name) = text.strip_suffix(']').and_then(|text| text.split_once('[')).unwrap_or((text, ""));
    let text = text.trim_matches(is_blank);
    if text.is_empty() {
        return Some(Tail::Named(name));
    }
    // `+0000 UTC`, `GMT+0100 (Central European Standard Time)`
    if let Some((front, name)) = text.split_once(' ')
        && front.contains(['+', '-'])
        && front.ends_with(|c: char| c.is_ascii_digit())
        && name.starts_with(|c: char| c.is_alphabetic() || c == '(')
    {
        return tail(front);
    }
    if let Some(minutes) = zones::offset(text) {
        return Some(Tail::Offset(minutes * 60 * SECOND));
    }
    let bare = ["GMT", "UTC", "(GMT", "(UTC"].iter().find_map(|word| text.strip_prefix(word)).unwrap_or(text);
    let sign = match bare.chars().next()? {
        '+' => 1,
        '-' | '−' => -1,
        _ => return text.starts_with(char::is_alphabetic).then_some(Tail::Named(text)),
    };
    // `(GMT-05:00) Eastern Time (US & Canada)`
    if let Some((_, name)) = bare.split_once(") ") {
        return Some(Tail::Named(name.trim_matches(is_blank)));
    }
    let bare = bare.trim_end_matches(')');
    let digits: String = bare.chars().filter(char::is_ascii_digit).collect();
    if !bare.chars().skip(1).all(|c| c.is_ascii_digit() || c == ':') {
        return None;
    }
    let (hours, minutes) = match digits.len() {
        1 | 2 => (digits.parse::<i64>().ok()?, 0),
        4 => (digits.get(..2)?.parse().ok()?, digits.get(2..)?.parse::<i64>().ok()?),
        _ => return None,
    };
    (hours < 24 && minutes < 60).then_some(Tail::Offset(sign * (hours * 3600 + minutes * 60) * SECOND))
}
