//! When rules hold: days, hours, dates.

use super::lower_clauses::Clauses;
use super::values::period;
use super::{Checker, errors};
use crate::program::{Lasting, Usable, UsableDay, When};
use crate::span::Span;
use crate::syntax::ast::{self, AnchorDay, AroundDay, TimeClause};
use crate::value::Date;

impl<'a> Checker<'a> {
    /// A clause of time.
    pub(crate) fn time(&mut self, parts: &mut Clauses, time: &'a TimeClause, span: Span) {
        match time {
            TimeClause::FromTo(from, to) => {
                self.in_order(*from, *to, span);
                self.range_in_program(Some(*from), Some(*to), span);
                parts.when.push((When::From(*from), span));
                parts.when.push((When::Until(*to), span));
            }
            TimeClause::Between(from, to) => {
                if from == to {
                    self.report(errors::empty_hours(&from.to_string(), span));
                } else if from > to {
                    parts.past_midnight_until = Some(*to);
                }
                parts.when.push((When::Between(*from, *to), span));
            }
            other => {
                match other {
                    TimeClause::From(date) => self.range_in_program(Some(*date), None, span),
                    TimeClause::Until(date) => self.range_in_program(None, Some(*date), span),
                    TimeClause::OnDate(date) => self.date_in_program(*date, span, "on this date"),
                    _ => {}
                }
                if let Some(when) = self.when(other, span) {
                    parts.when.push((when, span));
                }
            }
        }
    }

    fn in_order(&mut self, from: Date, to: Date, span: Span) {
        if from > to {
            let (from, to) = (from.to_string(), to.to_string());
            self.report(errors::range_backwards(&from, span, &to, span));
        }
    }

    /// How long something lasts, or when it can be used.
    pub(crate) fn life(&mut self, life: &'a ast::Lasting, span: Span) -> Option<Lasting> {
        Some(match life {
            ast::Lasting::For(time) => Lasting::For(self.span_of_time(time)?),
            ast::Lasting::ThatDay => Lasting::ThatDay,
            ast::Lasting::UntilEnd { next, period: of } => Lasting::UntilEnd { next: *next, period: period(*of) },
            ast::Lasting::Until(date) => Lasting::Until(*date),
            ast::Lasting::UntilNext(day) => self.year_day(*day, span).map(|(month, day)| Lasting::UntilNext(month, day))?,
            ast::Lasting::Days(from, to) => {
                self.in_order(*from, *to, span);
                Lasting::Days(*from, *to)
            }
            ast::Lasting::During(name) => Lasting::During(self.calendar(name)?),
        })
    }

    fn when(&mut self, time: &'a TimeClause, span: Span) -> Option<When> {
        let bit = |day: u8| 1_u8.checked_shl(u32::from(day)).unwrap_or(0);
        Some(match time {
            TimeClause::Weekdays(days) => When::Weekdays(days.iter().fold(0, |bits, day| bits | bit(*day))),
            TimeClause::WeekdayRange(from, to) => {
                let days = to.saturating_add(7).saturating_sub(*from).checked_rem(7).unwrap_or(0);
                let bits = (0..=days).map(|step| bit(from.saturating_add(step) % 7)).fold(0, |bits, day| bits | day);
                When::Weekdays(bits)
            }
            TimeClause::Between(from, to) => When::Between(*from, *to),
            TimeClause::From(date) => When::From(*date),
            TimeClause::Until(date) => When::Until(*date),
            TimeClause::FromTo(from, to) => {
                // Inside `or` two ends must stay together.
                self.in_order(*from, *to, span);
                When::AroundDate { date: *from, from: 0, to: to.0.saturating_sub(from.0) }
            }
            TimeClause::During(names) => {
                let found: Vec<_> = names.iter().map(|name| self.calendar(name).map(When::During)).collect();
                let mut any = found.into_iter().collect::<Option<Vec<When>>>()?;
                if any.len() > 1 { When::AnyOf(any) } else { any.pop()? }
            }
            TimeClause::InMonths(months) => {
                When::Months(months.iter().fold(0, |bits, month| bits | 1_u16.checked_shl(u32::from(*month)).unwrap_or(0)))
            }
            TimeClause::BirthdayMonth => When::BirthdayMonth,
            TimeClause::AnyOf(list) => {
                let found: Vec<Option<When>> = list.iter().map(|time| self.when(&time.node, time.span)).collect();
                When::AnyOf(found.into_iter().collect::<Option<Vec<When>>>()?)
            }
            TimeClause::Around(around) => self.around(around, span)?,
            TimeClause::OnDate(date) => When::OnDate(*date),
            TimeClause::OnYearDay(day) => self.year_day(*day, span).map(|(month, day)| When::OnYearDay(month, day))?,
            TimeClause::OnDayOfMonth(day) => When::OnDayOfMonth(self.month_day(*day, span)?),
        })
    }

    pub(crate) fn around(&mut self, around: &'a AroundDay, span: Span) -> Option<When> {
        let (from, to) = self.offsets(around, span)?;
        Some(match &around.day {
            AnchorDay::Birthday => When::AroundBirthday { from, to },
            AnchorDay::Anniversary => When::AroundAnniversary { from, to },
            AnchorDay::Date(date) => When::AroundDate { date: *date, from, to },
            AnchorDay::YearDay(day) => {
                let (month, day) = self.year_day(*day, span)?;
                When::AroundYearDay { month, day, from, to }
            }
        })
    }

    fn offsets(&mut self, around: &AroundDay, span: Span) -> Option<(i32, i32)> {
        if around.from > around.to {
            self.report(errors::offsets_backwards(self.sources.text(span), span));
            return None;
        }
        Some((around.from, around.to))
    }

    pub(crate) fn usable(&mut self, around: &'a AroundDay, span: Span) -> Option<Usable> {
        let (from, to) = self.offsets(around, span)?;
        let day = match &around.day {
            AnchorDay::Birthday => UsableDay::Birthday,
            AnchorDay::Anniversary => UsableDay::Anniversary,
            AnchorDay::Date(date) => UsableDay::Date(*date),
            AnchorDay::YearDay(day) => self.year_day(*day, span).map(|(month, day)| UsableDay::YearDay(month, day))?,
        };
        Some(Usable { from, to, day })
    }

    /// A date inside the life of the program.
    pub(crate) fn date_in_program(&mut self, date: Date, span: Span, what: &str) {
        let (starts, ends) = (self.program.starts, self.program.ends);
        let before = starts.filter(|starts| date < *starts).map(|starts| format!("the program starts on {starts}"));
        let after = ends.filter(|ends| date > *ends).map(|ends| format!("the program ends on {ends}"));
        if let Some(reason) = before.or(after) {
            self.report(errors::outside_program(what, &reason, span));
        }
    }

    /// A range that meets the life of the program.
    fn range_in_program(&mut self, from: Option<Date>, to: Option<Date>, span: Span) {
        let late = from.zip(self.program.ends).filter(|(from, ends)| from > ends);
        let early = to.zip(self.program.starts).filter(|(to, starts)| to < starts);
        let reason = match (late, early) {
            (Some((_, ends)), _) => format!("the program ends on {ends}"),
            (None, Some((_, starts))) => format!("the program starts on {starts}"),
            (None, None) => return,
        };
        self.report(errors::outside_program("at this time", &reason, span));
    }
}
