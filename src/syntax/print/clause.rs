//! The clauses of a rule, in the order of the language reference.

use super::effect::{Place, whole};
use super::expr::{duration_words, listed, month, ordinal, period_word, plural, weekday, yearday};
use super::layout::{Break, Piece};
use super::names::{Kind, quoted};
use super::{Order, Printer};
use crate::span::Spanned;
use crate::syntax::ast::{
    AnchorDay, AroundDay, Audience, AudienceKind, Clause, ClauseKind, Effect, ExprKind, Lasting, Limit, LimitPeriod, LimitWhat, Literal,
    MonthDay, Period, Rates, Scope, TableKey, TierList, TimeClause, Trigger, WhichPurchase,
};

/// Where a clause of a rule stands among the others. Clauses of one place keep their order.
pub(super) fn rank(clause: &ClauseKind) -> u8 {
    match clause {
        ClauseKind::Trigger(_) => 0,
        ClauseKind::Effect(_) => 1,
        ClauseKind::Scope(Scope::Excluding(_)) => 3,
        ClauseKind::Scope(_) => 2,
        ClauseKind::IncludingShipping | ClauseKind::ForEvery { .. } => 3,
        ClauseKind::InSteps(_) | ClauseKind::WholePurchases => 11,
        ClauseKind::Audience(audience) => 4 + u8::from(audience.except),
        ClauseKind::Place(_) => 6,
        ClauseKind::Time(_) => 7,
        ClauseKind::Over(_) => 8,
        ClauseKind::If(_) => 9,
        ClauseKind::Unless(_) => 10,
        ClauseKind::Limit(_) => 11,
        ClauseKind::WithinLimit { .. } => 11,
        ClauseKind::WithinBudget(_) | ClauseKind::OnlyTimes(_) => 12,
        ClauseKind::OnNext(_) => 13,
        ClauseKind::For(_) | ClauseKind::AddedToWhatIsLeft => 14,
        ClauseKind::PendingFor(_) | ClauseKind::PendingUntil { .. } => 15,
        ClauseKind::ExpiringAfter(_) => 16,
        ClauseKind::Usable(_) => 17,
        ClauseKind::PaidAt { .. } => 18,
        ClauseKind::Priority(_) => 19,
        ClauseKind::Alone | ClauseKind::Exclusive => 20,
        ClauseKind::InGroup(_) => 21,
        ClauseKind::NotWith(_) => 22,
    }
}

/// The same behind a head such as `redeem beans`: a trigger that counts comes last, or it would take what follows for its own.
pub(super) fn rank_behind_head(clause: &ClauseKind) -> u8 {
    match clause {
        ClauseKind::Trigger(Trigger::Purchase { .. } | Trigger::Spending { .. } | Trigger::Streak { .. } | Trigger::Silence { .. }) => {
            u8::MAX
        }
        other => rank(other),
    }
}

/// How the clauses of a statement are written.
#[derive(Clone, Copy)]
pub(super) struct Manner {
    /// The indent of the rows of a table.
    pub rows: usize,
    /// Whether they are the terms of a `redeem`, a `reward` or an `exchange`.
    pub terms: bool,
}

impl Printer<'_> {
    /// The pieces of clauses.
    pub fn clauses(&self, clauses: &[Clause], manner: Manner) -> Vec<Piece> {
        let mut sorted: Vec<&Clause> = clauses.iter().collect();
        // `pay out cashback at end of every month` begins with what is paid out.
        let pays_out = sorted.iter().any(|clause| matches!(clause.node, ClauseKind::Effect(Effect::PayOut(_))));
        let head = |clause: &ClauseKind| pays_out && matches!(clause, ClauseKind::Effect(_));
        match (self.order, manner.terms) {
            (Order::Table, false) => sorted.sort_by_key(|clause| (!head(&clause.node), rank(&clause.node))),
            (Order::Table, true) => sorted.sort_by_key(|clause| rank_behind_head(&clause.node)),
            (Order::Written, _) => {}
        }
        let last = sorted.iter().rposition(|clause| matches!(clause.node, ClauseKind::Effect(_)));
        let mut pieces: Vec<Piece> = Vec::new();
        let (mut before, mut in_grant, mut effects, mut behind_rows) = (None, false, 0_usize, false);
        for (index, clause) in sorted.iter().enumerate() {
            let lead = if behind_rows { Break::Line(2) } else { Break::Flow(2) };
            if let ClauseKind::Effect(effect) = &clause.node {
                let effect = Spanned::new(effect.clone(), clause.span);
                let place = if in_grant && self.can_stand_behind(&effect) { Place::Behind } else { Place::Alone };
                let joined = effects > 0 && !behind_rows;
                let and = if joined && last == Some(index) { "and " } else { "" };
                let words = self.effect(&effect, place);
                in_grant = place == Place::Behind || words.starts_with("grant ");
                let text = format!("{and}{words}");
                pieces.push(Piece { comma: joined && and.is_empty(), ..self.effect_piece(&effect, text, lead) });
                let rows = self.row_pieces(&effect, manner.rows);
                behind_rows = !rows.is_empty();
                pieces.extend(rows);
                effects = effects.saturating_add(1);
            } else {
                let text = self.clause(&clause.node, before, manner.terms);
                let comma = !text.starts_with("and ") && set_off(&clause.node, before, manner.terms);
                pieces.push(Piece { comma, ..self.piece(text, clause.span, lead) });
                behind_rows = false;
            }
            before = Some(&clause.node);
        }
        pieces
    }

    /// The piece of an effect; of a table, its head.
    fn effect_piece(&self, effect: &Spanned<Effect>, text: String, lead: Break) -> Piece {
        let piece = self.piece(text, effect.span, lead);
        let Some(table) = table(&effect.node) else { return piece };
        let key = match &table.by {
            TableKey::Value(key) => usize::try_from(key.span.end).ok(),
            TableKey::Tier(Some(name)) => usize::try_from(name.span.end).ok(),
            TableKey::Tier(None) => None,
        };
        Piece { end: key.unwrap_or(piece.start.saturating_add(1)).min(piece.end), ..piece }
    }

    fn row_pieces(&self, effect: &Spanned<Effect>, indent: usize) -> Vec<Piece> {
        let Some(table) = table(&effect.node) else { return Vec::new() };
        let rows = self.rows(table).into_iter().zip(&table.rows);
        rows.map(|(text, row)| self.piece(text, row.span, Break::Line(indent))).collect()
    }

    fn clause(&self, clause: &ClauseKind, before: Option<&ClauseKind>, terms: bool) -> String {
        match clause {
            ClauseKind::Trigger(trigger) => self.trigger(trigger),
            ClauseKind::Effect(effect) => self.effect(&Spanned::new(effect.clone(), crate::span::Span::default()), Place::Alone),
            ClauseKind::Scope(scope) => {
                let before = before.and_then(|before| if let ClauseKind::Scope(scope) = before { Some(scope) } else { None });
                self.next_scope(scope, before, "on")
            }
            ClauseKind::Audience(audience) => self.audience(audience),
            ClauseKind::Place(place) => self.place(place),
            ClauseKind::Time(time) => self.time(time),
            ClauseKind::Over(over) => self.over(over),
            ClauseKind::If(test) => format!("if {}", self.expr(test)),
            ClauseKind::Unless(test) => format!("unless {}", self.expr(test)),
            ClauseKind::Limit(limit) => self.limit(limit, terms),
            ClauseKind::OnlyTimes(times) => {
                let word = if super::effect::whole(times) == Some(1) { "time" } else { "times" };
                format!("only {} {word} in all", self.expr(times))
            }
            ClauseKind::WithinLimit { name, then, or_nothing } => {
                let then = then.as_ref().map_or_else(String::new, |rate| format!(", then {}", self.rate(rate)));
                format!("within limit {}{then}{}", quoted(&name.node), if *or_nothing { ", or nothing" } else { "" })
            }
            ClauseKind::WithinBudget(name) => format!("within budget {}", self.name(Kind::Budget, name)),
            ClauseKind::OnNext(count) if whole(count) == Some(1) => "on next purchase".to_owned(),
            ClauseKind::OnNext(count) => format!("on next {} purchases", self.expr(count)),
            ClauseKind::For(life) => self.life(life),
            ClauseKind::AddedToWhatIsLeft => "added to what is left".to_owned(),
            ClauseKind::PendingFor(length) => format!("pending for {}", self.value(length)),
            ClauseKind::PendingUntil { event, within } => self.pending_until(event, within.as_ref()),
            ClauseKind::ExpiringAfter(length) => format!("expiring after {}", self.value(length)),
            ClauseKind::Usable(around) => format!("usable {}", self.around(around)),
            ClauseKind::PaidAt { period, rounded_down_to } => {
                let rounded = rounded_down_to.as_ref().map_or_else(String::new, |step| format!(" rounded down to {}", self.value(step)));
                format!("paid at end of every {}{rounded}", period_word(*period))
            }
            ClauseKind::Priority(number) => format!("priority {}", self.expr(number)),
            ClauseKind::Alone => "alone".to_owned(),
            ClauseKind::Exclusive => "exclusive".to_owned(),
            ClauseKind::IncludingShipping => "including shipping".to_owned(),
            ClauseKind::InSteps(step) => format!("in steps of {}", self.value(step)),
            ClauseKind::WholePurchases => "for whole purchases only".to_owned(),
            ClauseKind::ForEvery { count, scope } => {
                let scope = scope.as_ref().map_or_else(String::new, |scope| format!(" of {}", self.scope(scope)));
                format!("for every {} items{scope}", count.node)
            }
            ClauseKind::InGroup(name) => format!("in group {}", self.name(Kind::Group, name)),
            ClauseKind::NotWith(name) => format!("not with {}", self.name(Kind::Rule, name)),
        }
    }

    /// How long something lasts.
    pub fn life(&self, life: &Lasting) -> String {
        match life {
            Lasting::For(length) => format!("for {}", self.lasting(length)),
            Lasting::ThatDay => "that day".to_owned(),
            Lasting::UntilEnd { next, period } => format!("until end of {}{}", if *next { "next " } else { "" }, period_word(*period)),
            Lasting::Until(date) => format!("until {date}"),
            Lasting::UntilNext(day) => format!("until next {}", yearday(*day)),
            Lasting::Days(from, to) => format!("from {from} to {to}"),
            Lasting::During(name) => format!("during {}", self.name(Kind::Calendar, name)),
        }
    }

    /// `pending until event "delivered" within 30 days`
    pub fn pending_until(&self, event: &crate::syntax::ast::Name, within: Option<&crate::syntax::ast::Expr>) -> String {
        let within = within.map_or_else(String::new, |within| format!(" within {}", self.value(within)));
        format!("pending until event {}{within}", self.name(Kind::Other, event))
    }

    fn trigger(&self, trigger: &Trigger) -> String {
        match trigger {
            Trigger::Purchase { after, which, narrow } => {
                let word = if *after { "after" } else { "on" };
                let which = match which {
                    WhichPurchase::Each if *after => "every purchase".to_owned(),
                    WhichPurchase::Each => "purchase".to_owned(),
                    WhichPurchase::Nth(n) => format!("{} purchase", ordinal(n.node)),
                    WhichPurchase::Every(n) => format!("every {} purchase", ordinal(n.node)),
                    WhichPurchase::Range(low, high) => format!("purchases {} to {}", low.node, high.node),
                };
                format!("{word} {which}{}", self.narrowing(narrow, "of", true))
            }
            Trigger::Spending { every, amount, narrow } => {
                let amount = self.value(amount);
                let what = if *every { format!("every {amount} spent") } else { format!("spending {amount}") };
                format!("after {what}{}", self.narrowing(narrow, "on", true))
            }
            Trigger::Streak { count, period, narrow } => {
                let periods = plural(whole(count).unwrap_or(2), period_word(*period));
                let (_, word) = periods.split_once(' ').unwrap_or(("", ""));
                format!("after purchases in {} consecutive {word}{}", self.expr(count), self.narrowing(narrow, "of", true))
            }
            Trigger::Birthday => "on birthday".to_owned(),
            Trigger::Anniversary => "on anniversary".to_owned(),
            Trigger::Date(date) => format!("on {date}"),
            Trigger::YearDay(day) => format!("on {}", yearday(*day)),
            Trigger::DayOfMonth(day) => month_day(*day),
            Trigger::AfterJoining(span) => format!("{} after joining", duration_words(*span)),
            Trigger::Signup => "on signup".to_owned(),
            Trigger::Referral(narrow) if *narrow == crate::syntax::ast::Narrowing::default() => "on referral".to_owned(),
            Trigger::Referral(narrow) => format!("on referral by a purchase{}", self.narrowing(narrow, "of", true)),
            Trigger::Event(name) => format!("on event {}", self.name(Kind::Other, name)),
            Trigger::Reaching(tier) => format!("on reaching tier {}", self.name(Kind::Tier, tier)),
            Trigger::Leaving(tier) => format!("on leaving tier {}", self.name(Kind::Tier, tier)),
            Trigger::Silence { span, narrow } => {
                format!("after {} without purchase{}", self.value(span), self.narrowing(narrow, "of", true))
            }
            Trigger::AtEnd(period) => format!("at end of every {}", period_word(*period)),
            Trigger::AtStart(period) => format!("at start of every {}", period_word(*period)),
        }
    }

    fn audience(&self, audience: &Audience) -> String {
        let any: Vec<String> = audience.any_of.iter().map(|one| self.audience_one(&one.node)).collect();
        let except = if audience.except { "except " } else { "" };
        format!("{except}for {}", any.join(" or "))
    }

    fn audience_one(&self, one: &AudienceKind) -> String {
        match one {
            AudienceKind::Everyone => "everyone".to_owned(),
            AudienceKind::Tiers(tiers) => format!("tier {}", self.tiers(tiers)),
            AudienceKind::Segments(names) => format!("segment {}", self.names(Kind::Segment, names)),
            AudienceKind::JoinedBefore(date) => format!("members joined before {date}"),
            AudienceKind::Referred => "referred customers".to_owned(),
            AudienceKind::AllOf(all) => {
                let all: Vec<String> = all.iter().map(|one| self.audience_one(&one.node)).collect();
                all.join(" and ")
            }
        }
    }

    /// `silver, gold`, `silver or above`
    pub fn tiers(&self, tiers: &TierList) -> String {
        let above = if tiers.or_above { " or above" } else { "" };
        format!("{}{above}", self.names(Kind::Tier, &tiers.names))
    }

    fn time(&self, time: &TimeClause) -> String {
        match time {
            TimeClause::Weekdays(days) if days.as_slice() == [5, 6] => "on weekends".to_owned(),
            TimeClause::Weekdays(days) if days.as_slice() == [0, 1, 2, 3, 4] => "on weekdays".to_owned(),
            TimeClause::Weekdays(days) => {
                let days: Vec<String> = days.iter().map(|day| format!("{}s", weekday(*day))).collect();
                format!("on {}", listed(&days))
            }
            TimeClause::WeekdayRange(from, to) => format!("on {} to {}", weekday(*from), weekday(*to)),
            TimeClause::Between(from, to) => format!("between {from} and {to}"),
            TimeClause::From(date) => format!("from {date}"),
            TimeClause::Until(date) => format!("until {date}"),
            TimeClause::FromTo(from, to) => format!("from {from} to {to}"),
            TimeClause::During(names) => format!("during {}", self.names(Kind::Calendar, names)),
            TimeClause::InMonths(months) => format!("in {}", months_words(months)),
            TimeClause::BirthdayMonth => "in birthday month".to_owned(),
            TimeClause::AnyOf(any) => {
                let any: Vec<String> = any.iter().map(|one| self.time(&one.node)).collect();
                let any: Vec<&str> = any.iter().map(|words| words.strip_prefix("in ").unwrap_or(words)).collect();
                format!("in {}", any.join(" or "))
            }
            TimeClause::Around(around) => self.around(around),
            TimeClause::OnDate(date) => format!("on {date}"),
            TimeClause::OnYearDay(day) => format!("on {}", yearday(*day)),
            TimeClause::OnDayOfMonth(day) => month_day(*day),
        }
    }

    fn around(&self, around: &AroundDay) -> String {
        let day = match &around.day {
            AnchorDay::Birthday => "birthday".to_owned(),
            AnchorDay::Anniversary => "anniversary".to_owned(),
            AnchorDay::Date(date) => date.to_string(),
            AnchorDay::YearDay(day) => yearday(*day),
        };
        let point = |days: i32| {
            let side = if days < 0 { "before" } else { "after" };
            format!("{} {side}", plural(i64::from(days.unsigned_abs()), "day"))
        };
        match (around.from, around.to) {
            (0, 0) => format!("from {day} to {day}"),
            (0, to) => format!("from {day} to {} {day}", point(to)),
            (from, 0) => format!("from {} to {day}", point(from)),
            (from, to) => format!("from {} to {} {day}", point(from), point(to)),
        }
    }

    /// A limit; `terms` of a payment say `up to`.
    pub fn limit(&self, limit: &Limit, terms: bool) -> String {
        let percent = |kind: &ExprKind| matches!(kind, ExprKind::Literal(Literal::Percent(_)));
        let (what, of) = match &limit.what {
            LimitWhat::Amount(amount) if terms && percent(&amount.kind) => (format!("up to {}", self.value(amount)), true),
            LimitWhat::Amount(amount) => (format!("at most {}", self.value(amount)), false),
            LimitWhat::Times(times) if whole(times) == Some(1) => ("once".to_owned(), false),
            LimitWhat::Times(times) => (format!("at most {} times", self.value(times)), false),
            LimitWhat::First(amount) => (format!("on the first {}", self.value(amount)), false),
            LimitWhat::AtLeast(amount) => (format!("at least {}", self.value(amount)), false),
        };
        let per = match &limit.per {
            LimitPeriod::Unsaid => String::new(),
            LimitPeriod::Purchase if of => " of purchase".to_owned(),
            LimitPeriod::Purchase => " per purchase".to_owned(),
            LimitPeriod::Calendar(Period::MembershipYear) => " per membership year".to_owned(),
            LimitPeriod::Calendar(period) => format!(" per {}", period_word(*period)),
            LimitPeriod::Rolling(length) => format!(" per {}", self.value(length)),
            LimitPeriod::Ever => " ever".to_owned(),
        };
        let then = limit.then.as_ref().map_or_else(String::new, |rate| format!(", then {}", self.rate(rate)));
        let nothing = if limit.or_nothing { ", or nothing" } else { "" };
        format!("{what}{per}{then}{nothing}")
    }
}

/// Whether a comma sets a clause off: limits, what ends a test, and what is excluded in terms.
fn set_off(clause: &ClauseKind, before: Option<&ClauseKind>, terms: bool) -> bool {
    let behind_test = matches!(before, Some(ClauseKind::If(_) | ClauseKind::Unless(_)));
    let limit = matches!(clause, ClauseKind::Limit(limit) if !matches!(limit.what, LimitWhat::First(_)));
    behind_test || limit || terms && matches!(clause, ClauseKind::Scope(Scope::Excluding(_)))
}

/// The table of an effect.
fn table(effect: &Effect) -> Option<&crate::syntax::ast::Table> {
    match effect {
        Effect::Discount(Rates::Table(table))
        | Effect::Earn { rates: Rates::Table(table), .. }
        | Effect::GrantTable { table, .. }
        | Effect::VoucherTable { table, .. } => Some(table),
        _ => None,
    }
}

fn month_day(day: MonthDay) -> String {
    match day {
        MonthDay::Day(day) => format!("on the {} of every month", ordinal(day)),
        MonthDay::Weekday { nth: 0, weekday: day } => format!("on the last {} of every month", weekday(day)),
        MonthDay::Weekday { nth, weekday: day } => format!("on the {} {} of every month", ordinal(nth), weekday(day)),
    }
}

fn months_words(months: &[u8]) -> String {
    let words: Vec<String> = months.iter().map(|number| month(*number).to_lowercase()).collect();
    listed(&words)
}
