//! Values written out: numbers, money, durations, dates.

use super::{Builder, P, first, has, kid};
use crate::span::{Span, Spanned};
use crate::syntax::ast::{DurationLit, DurationUnit, Expr, ExprKind, Literal, Weekday, YearDay};
use crate::syntax::grammar::Rule;
use crate::syntax::{errors, scan};
use crate::value::{Date, DateTime, Decimal, TimeOfDay, currency};

const MONTHS: [&str; 12] =
    ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];
const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const ORDINALS: [&str; 10] = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];

fn index(list: &[&str], word: &str) -> Option<u8> {
    list.iter().position(|w| *w == word).and_then(|at| u8::try_from(at).ok())
}

impl Builder<'_> {
    /// `literal`
    pub fn literal(&mut self, pair: &P) -> Expr {
        let span = self.span(pair);
        let kind = first(pair).map_or(Literal::Number(Decimal::whole(0)), |inner| self.literal_kind(&inner, span));
        Expr { span, kind: ExprKind::Literal(kind) }
    }

    fn literal_kind(&mut self, inner: &P, span: Span) -> Literal {
        match inner.as_rule() {
            Rule::datetime => self.datetime(inner),
            Rule::iso_date | Rule::dotted_date | Rule::long_date => Literal::Date(self.date_of(inner)),
            Rule::time | Rule::ampm => Literal::Time(self.time_of(inner)),
            Rule::yearday => Literal::YearDay(self.yearday(inner)),
            Rule::percent => Literal::Percent(self.number_in(inner)),
            Rule::money => self.money(inner, span),
            Rule::duration => Literal::Duration(self.duration(inner)),
            Rule::count => self.count(inner, span),
            Rule::number => Literal::Number(self.number(inner)),
            Rule::weekday => Literal::Weekday(weekday(inner)),
            Rule::month => Literal::Month(month(inner)),
            _ => Literal::Text(self.name(inner).node),
        }
    }

    /// The number among the pieces of `pair`.
    pub fn number_in(&mut self, pair: &P) -> Decimal {
        let number = pair.clone().into_inner().flatten().find(|p| p.as_rule() == Rule::number);
        number.map_or(Decimal::whole(0), |p| self.number(&p))
    }

    /// `number`, also in spellings that are answered with the right one.
    pub fn number(&mut self, pair: &P) -> Decimal {
        let written = pair.as_str();
        let plain = plain_number(written);
        if plain != written.replace('_', "") {
            let span = self.span(pair);
            let line = self.rewritten(pair, &plain);
            self.report(errors::foreign_number(span, written, &plain, &line));
        }
        if plain.bytes().filter(u8::is_ascii_digit).count() > scan::MAX_DIGITS {
            let span = self.span(pair);
            self.broken(errors::too_many_digits(span));
            return Decimal::whole(0);
        }
        let Some(number) = Decimal::parse(&plain) else {
            let span = self.span(pair);
            self.broken(errors::too_many_digits(span));
            return Decimal::whole(0);
        };
        number
    }

    /// A whole number up to four thousand million.
    pub fn integer(&mut self, pair: &P) -> Spanned<u32> {
        let span = self.span(pair);
        // The digits written count: `1.000` is a thousand to some readers.
        let number = self.number_in(pair);
        let whole = (number.scale == 0).then(|| u32::try_from(number.mantissa).ok()).flatten();
        if whole.is_none() {
            self.broken(errors::not_whole(span, pair.as_str().trim()));
        }
        Spanned::new(whole.unwrap_or(1), span)
    }

    /// `3rd`, `third`
    pub fn ordinal(&mut self, pair: &P) -> Spanned<u32> {
        let span = self.span(pair);
        let text = pair.as_str().trim().to_lowercase();
        if let Some(at) = index(&ORDINALS, &text) {
            return Spanned::new(u32::from(at).saturating_add(1), span);
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let Ok(number) = digits.parse::<u32>() else {
            self.broken(errors::not_whole(span, &text));
            return Spanned::new(1, span);
        };
        let right = format!("{number}{}", ordinal_suffix(number));
        if !text.ends_with(ordinal_suffix(number)) {
            let line = self.rewritten(pair, &right);
            self.report(errors::ordinal(span, &text, &right, &line));
        }
        Spanned::new(number, span)
    }

    /// An ordinal or a plain number among the pieces of `pair`.
    pub fn position_in(&mut self, pair: &P) -> Spanned<u32> {
        if let Some(ordinal) = kid(pair, Rule::ordinal) {
            return self.ordinal(&ordinal);
        }
        match kid(pair, Rule::integer) {
            Some(integer) => self.integer(&integer),
            None => Spanned::new(1, self.span(pair)),
        }
    }

    /// `money`
    pub fn money(&mut self, pair: &P, span: Span) -> Literal {
        let amount = self.number_in(pair);
        let unit = pair.clone().into_inner().find(|p| matches!(p.as_rule(), Rule::code | Rule::symbol));
        let Some(unit) = unit else { return Literal::Number(amount) };
        let code = unit.as_str().trim();
        if unit.as_rule() == Rule::code && currency(code).is_none() && self.currency != Some(code) {
            return Literal::Count { amount, unit: Spanned::new(code.to_owned(), self.span(&unit)) };
        }
        if unit.as_rule() == Rule::code && pair.as_str().starts_with(code) {
            let line = self.rewritten(pair, &format!("{amount} {code}"));
            self.report(errors::code_first(span, &line));
        }
        Literal::Money { amount, currency: code.to_owned() }
    }

    fn count(&mut self, pair: &P, span: Span) -> Literal {
        let amount = self.number_in(pair);
        let Some(unit) = kid(pair, Rule::unit) else { return Literal::Number(amount) };
        let name = self.name(&unit);
        if let Some(code) = self.currency.filter(|code| code.eq_ignore_ascii_case(&name.node)) {
            let code = code.to_owned();
            let line = self.rewritten(pair, &format!("{amount} {code}"));
            self.report(errors::small_currency(span, &name.node, &code, &line));
            return Literal::Money { amount, currency: code };
        }
        Literal::Count { amount, unit: name }
    }

    /// `14 days`
    pub fn duration(&mut self, pair: &P) -> DurationLit {
        let span = self.span(pair);
        let number = self.number_in(pair);
        let whole = (number.scale == 0).then(|| u32::try_from(number.mantissa).ok()).flatten();
        if whole.is_none() {
            self.broken(errors::not_whole(span, pair.as_str().trim()));
        }
        let unit = kid(pair, Rule::time_unit).and_then(|unit| first(&unit)).map(|unit| unit.as_rule());
        let unit = match unit {
            Some(Rule::k_hour) => DurationUnit::Hours,
            Some(Rule::k_week) => DurationUnit::Weeks,
            Some(Rule::k_month) => DurationUnit::Months,
            Some(Rule::k_quarter) => DurationUnit::Quarters,
            Some(Rule::k_year) => DurationUnit::Years,
            _ => DurationUnit::Days,
        };
        DurationLit { count: whole.unwrap_or(1), unit }
    }

    /// The date among the pieces of `pair`.
    pub fn date_in(&mut self, pair: &P) -> Spanned<Date> {
        match kid(pair, Rule::date) {
            Some(date) => self.date(&date),
            None => Spanned::new(Date::default(), self.span(pair)),
        }
    }

    /// `date`
    pub fn date(&mut self, pair: &P) -> Spanned<Date> {
        let span = self.span(pair);
        let date = first(pair).map_or_else(Date::default, |inner| self.date_of(&inner));
        Spanned::new(date, span)
    }

    fn date_of(&mut self, pair: &P) -> Date {
        let text = pair.as_str().trim();
        let (year, month, day) = match pair.as_rule() {
            Rule::long_date => {
                let year = kid(pair, Rule::year).and_then(|p| p.as_str().parse().ok()).unwrap_or(1);
                let (month, day) = month_and_day(pair);
                (year, u32::from(month), day)
            }
            _ => {
                let parts: Vec<u32> = text.split(['-', '.', '/']).filter_map(|part| part.parse().ok()).collect();
                let [a, b, c] = <[u32; 3]>::try_from(parts).unwrap_or([1, 1, 1]);
                let month_first = a <= 31 && b <= 12 && text.contains('/') && slashes_say_month_first(self.text);
                if pair.as_rule() == Rule::dotted_date {
                    let span = self.span(pair);
                    let iso = |y: u32, m: u32, d: u32| self.rewritten(pair, &format!("{y:04}-{m:02}-{d:02}"));
                    let lines = match (a > 31, b > 12) {
                        (true, _) => vec![iso(a, b, c)],
                        (false, true) => vec![iso(c, a, b)],
                        (false, false) if month_first => vec![iso(c, a, b)],
                        (false, false) if a > 12 || a == b || text.contains('.') || slashes_say_day_first(self.text) => vec![iso(c, b, a)],
                        (false, false) => vec![iso(c, b, a), iso(c, a, b)],
                    };
                    self.report(errors::dotted_date(span, text, &lines));
                }
                if a > 31 || pair.as_rule() == Rule::iso_date {
                    (a, b, c)
                } else if b > 12 || month_first {
                    (c, a, b)
                } else {
                    (c, b, a)
                }
            }
        };
        self.real_date(pair, year, month, day)
    }

    /// The date; an impossible one is answered with the last day of its month.
    fn real_date(&mut self, pair: &P, year: u32, month: u32, day: u32) -> Date {
        let span = self.span(pair);
        let year = i32::try_from(year).unwrap_or(0);
        let small = |n: u32| u8::try_from(n).unwrap_or(u8::MAX);
        if let Some(date) = Date::from_ymd(year, small(month), small(day)) {
            return date;
        }
        let last = (28..=31).rev().find_map(|last| Date::from_ymd(year, small(month), last)).filter(|_| day > 28);
        let line = last.map(|last| self.rewritten(pair, &last.to_string()));
        self.report(errors::impossible_date(span, month, last, line));
        last.unwrap_or_else(|| Date::from_ymd(year.clamp(1, 9999), small(month).clamp(1, 12), 1).unwrap_or_default())
    }

    fn datetime(&mut self, pair: &P) -> Literal {
        let date = kid(pair, Rule::iso_date_only).map_or_else(Date::default, |p| self.date_text(&p));
        let time = kid(pair, Rule::time).map_or_else(TimeOfDay::default, |p| self.time_of(&p));
        Literal::DateTime(DateTime::new(date, time))
    }

    fn date_text(&mut self, pair: &P) -> Date {
        let parts: Vec<u32> = pair.as_str().split('-').filter_map(|part| part.parse().ok()).collect();
        let [year, month, day] = <[u32; 3]>::try_from(parts).unwrap_or([1, 1, 1]);
        self.real_date(pair, year, month, day)
    }

    /// `24 December`
    pub fn yearday(&mut self, pair: &P) -> YearDay {
        let (month, day) = month_and_day(pair);
        // 2024 has a 29 February.
        let exists = u8::try_from(day).ok().filter(|day| Date::from_ymd(2024, month, *day).is_some());
        let Some(day) = exists else {
            let span = self.span(pair);
            let last = (28..=31).rev().find(|last| Date::from_ymd(2024, month, *last).is_some()).unwrap_or(28);
            let written = pair.as_str().trim();
            let name: String = written.chars().filter(|c| !c.is_ascii_digit()).collect();
            let line = self.rewritten(pair, &format!("{last} {}", name.trim()));
            self.report(errors::impossible_yearday(span, written, &line));
            return YearDay { month, day: last };
        };
        YearDay { month, day }
    }

    /// `clock`: `14:00`, and `2pm` with an answer.
    pub fn clock(&mut self, pair: &P) -> Spanned<TimeOfDay> {
        let span = self.span(pair);
        let time = first(pair).map_or_else(TimeOfDay::default, |inner| self.time_of(&inner));
        Spanned::new(time, span)
    }

    fn time_of(&mut self, pair: &P) -> TimeOfDay {
        let text = pair.as_str().trim().to_lowercase();
        let span = self.span(pair);
        let digits = text.trim_end_matches(['a', 'p', 'm', ' ', '\u{a0}']);
        let parts: Vec<u32> = digits.split(':').filter_map(|part| part.trim().parse().ok()).collect();
        let part = |at: usize| parts.get(at).copied().unwrap_or(0);
        let hour = match (pair.as_rule(), text.ends_with("pm"), part(0)) {
            (Rule::ampm, true, 12) => 12,
            (Rule::ampm, true, hour) => hour.saturating_add(12),
            (Rule::ampm, false, 12) => 0,
            (_, _, hour) => hour,
        };
        let time = TimeOfDay::from_hms(hour, part(1), part(2));
        if pair.as_rule() == Rule::ampm {
            // The line to write for the first of them has the others mended too.
            let again = self.rewrites.borrow().iter().any(|rewrite| rewrite.right.contains(':'));
            let line = time.map(|time| self.rewritten(pair, &time.to_string()));
            if !again {
                self.report(errors::ampm(span, &text, line));
            }
        } else if time.is_none() {
            let line = text.starts_with("24:00").then(|| self.rewritten(pair, "00:00"));
            self.report(errors::impossible_time(span, &text, line));
        }
        time.unwrap_or_default()
    }
}

/// The month of a `month` piece, 1 to 12.
pub(super) fn month(pair: &P) -> u8 {
    index(&MONTHS, &pair.as_str().trim().to_lowercase()).unwrap_or(0).saturating_add(1)
}

/// The weekday of a `weekday` piece, 0 for Monday.
pub(super) fn weekday(pair: &P) -> Weekday {
    index(&WEEKDAYS, pair.as_str().trim().to_lowercase().trim_end_matches('s')).unwrap_or(0)
}

fn month_and_day(pair: &P) -> (u8, u32) {
    let month = kid(pair, Rule::month).map_or(1, |p| month(&p));
    let day = kid(pair, Rule::day_number).map_or(1, |p| {
        let digits: String = p.as_str().chars().filter(char::is_ascii_digit).collect();
        digits.parse().unwrap_or(0)
    });
    (month, day)
}

/// `st`, `nd`, `rd`, `th`
pub fn ordinal_suffix(number: u32) -> &'static str {
    match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    }
}

/// The number in the language's spelling: `1,000`, `1'000` and `1.000.000` lose their separators, `12,50` gets a point.
fn plain_number(written: &str) -> String {
    let text: String = written.chars().filter(|c| !matches!(c, '_' | '\'' | '’')).collect();
    match (text.rfind('.'), text.rfind(',')) {
        (Some(_), None) if text.matches('.').count() > 1 => text.replace('.', ""),
        (Some(point), Some(comma)) if point < comma => text.replace('.', "").replace(',', "."),
        (Some(_), Some(_)) => text.replace(',', ""),
        (None, Some(comma)) => {
            let behind = text.len().saturating_sub(comma).saturating_sub(1);
            if behind == 3 { text.replace(',', "") } else { text.replace(',', ".") }
        }
        _ => text,
    }
}

/// Whether a piece holds a sign before its number.
pub(super) fn is_negative(pair: &P) -> bool {
    has(pair, Rule::minus)
}

/// Another date of the sentence that says how `12/01/2025` is meant: in `12/24/2025` the month stands first.
fn slashes_say_month_first(text: &str) -> bool {
    slash_dates(text).any(|(first, second)| first <= 12 && second > 12)
}

fn slashes_say_day_first(text: &str) -> bool {
    slash_dates(text).any(|(first, second)| (13..=31).contains(&first) && second <= 12)
}

fn slash_dates(text: &str) -> impl Iterator<Item = (u32, u32)> + '_ {
    text.split(|c: char| !(c.is_ascii_digit() || c == '/')).filter_map(|word| {
        let mut parts = word.split('/').map(str::parse);
        let (first, second) = (parts.next()?.ok()?, parts.next()?.ok()?);
        parts.next().is_some().then_some((first, second))
    })
}
