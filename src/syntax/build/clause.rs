//! The clauses of a rule, effects apart.

use super::expr::{period, period_in};
use super::literal::{is_negative, month, weekday};
use super::{Builder, P, first, has, kid, kids};
use crate::span::{Span, Spanned};
use crate::syntax::ast::{
    AnchorDay, AroundDay, Audience, AudienceKind, Clause, ClauseKind, Expr, ExprKind, Lasting, Limit, LimitPeriod, LimitWhat, Literal,
    MonthDay, Period, Scope, TierList, TimeClause, Trigger, Weekday, WhichPurchase,
};
use crate::syntax::errors;
use crate::syntax::grammar::Rule;
use crate::value::Decimal;

/// What stands between two effects may not be a clause.
#[derive(Default)]
struct Order {
    effect: Option<Span>,
    between: Option<Span>,
    reported: bool,
}

impl Builder<'_> {
    /// All clauses and effects of a statement, in the order written.
    pub fn clauses<'i>(&mut self, pieces: impl Iterator<Item = P<'i>>) -> Vec<Clause> {
        let mut clauses: Vec<Clause> = Vec::new();
        let mut before = None;
        for piece in pieces {
            if piece.as_rule() == Rule::junk {
                let probe = if before.is_some() { Rule::probe_clause } else { Rule::probe_statement };
                self.junk(&piece, probe, before);
                continue;
            }
            let start = piece.as_span().start();
            self.clause(&piece, before, &mut clauses);
            before = Some(start);
        }
        self.check_order(&clauses);
        self.settle_days(&mut clauses);
        clauses
    }

    fn check_order(&mut self, clauses: &[Clause]) {
        let mut order = Order::default();
        for clause in clauses {
            match (&clause.node, order.effect, order.between) {
                (ClauseKind::Effect(_), Some(_), Some(between)) if !order.reported => {
                    order.reported = true;
                    self.report(errors::clause_between_effects(between, clause.span));
                }
                (ClauseKind::Effect(_), _, _) => order.effect = Some(clause.span),
                (_, Some(_), None) => order.between = Some(clause.span),
                _ => {}
            }
        }
    }

    /// A day is the trigger if the rule has no other, else a restriction to that day. Two triggers cannot stand.
    fn settle_days(&mut self, clauses: &mut Vec<Clause>) {
        let is_day =
            |kind: &ClauseKind| matches!(kind, ClauseKind::Trigger(Trigger::Date(_) | Trigger::YearDay(_) | Trigger::DayOfMonth(_)));
        let other = |kind: &ClauseKind| matches!(kind, ClauseKind::Trigger(_)) && !is_day(kind);
        let mut trigger = clauses.iter().find(|c| other(&c.node)).map(|c| c.span);
        let has_other = trigger.is_some();
        let mut seen_day = false;
        for clause in clauses.iter_mut() {
            let keep = !has_other && !seen_day;
            let day = match &clause.node {
                ClauseKind::Trigger(Trigger::Date(date)) => TimeClause::OnDate(*date),
                ClauseKind::Trigger(Trigger::YearDay(day)) => TimeClause::OnYearDay(*day),
                ClauseKind::Trigger(Trigger::DayOfMonth(day)) => TimeClause::OnDayOfMonth(*day),
                _ => continue,
            };
            seen_day = true;
            if !keep {
                clause.node = ClauseKind::Time(day);
            }
        }
        // A birthday beside a purchase or an event restricts it to that day; beside anything else, or of two such days, one is
        // too many.
        let birthday = |kind: &ClauseKind| matches!(kind, ClauseKind::Trigger(Trigger::Birthday | Trigger::Anniversary));
        let by_itself = |kind: &ClauseKind| {
            !matches!(
                kind,
                ClauseKind::Trigger(
                    Trigger::Purchase { .. }
                        | Trigger::Spending { .. }
                        | Trigger::Streak { .. }
                        | Trigger::Event(_)
                        | Trigger::Birthday
                        | Trigger::Anniversary
                )
            )
        };
        let alone = clauses.iter().any(|clause| other(&clause.node) && by_itself(&clause.node));
        let mut kept = Vec::with_capacity(clauses.len());
        let (mut seen_birthday, mut seen_other) = (false, false);
        for clause in clauses.drain(..) {
            let seen = if birthday(&clause.node) && !alone { &mut seen_birthday } else { &mut seen_other };
            if other(&clause.node) && std::mem::replace(seen, true) {
                if let Some(trigger) = trigger.take() {
                    self.broken(errors::two_triggers(trigger, clause.span));
                }
                continue;
            }
            kept.push(clause);
        }
        *clauses = kept;
    }

    fn clause(&mut self, piece: &P, before: Option<usize>, to: &mut Vec<Clause>) {
        let span = self.span(piece);
        let kind = match piece.as_rule() {
            Rule::on_clause => self.on_clause(piece, span),
            Rule::after_clause => self.after_clause(piece).map(ClauseKind::Trigger),
            Rule::at_clause => self.at_clause(piece),
            Rule::for_clause => self.for_clause(piece, span, before),
            Rule::except_clause => kid(piece, Rule::audience).map(|a| ClauseKind::Audience(self.audience(&a, true))),
            Rule::place => Some(ClauseKind::Place(self.where_made(piece))),
            Rule::excluding => {
                let scopes = self.excluding(piece);
                to.extend(scopes.into_iter().map(|s| Spanned::new(ClauseKind::Scope(s.node), s.span)));
                None
            }
            Rule::over | Rule::of_at_least => {
                let over = self.over(piece);
                match self.missing_is(to.last_mut(), over.inclusive, &over.amount, piece) {
                    true => None,
                    false => Some(ClauseKind::Over(over)),
                }
            }
            Rule::under => {
                self.under(piece, span, before);
                None
            }
            Rule::if_clause => Some(ClauseKind::If(self.condition_in(piece))),
            Rule::unless => Some(ClauseKind::Unless(self.condition_in(piece))),
            Rule::stray_window => {
                self.broken(errors::stray_window(span, piece.as_str().trim()));
                None
            }
            Rule::stray_then => {
                self.stray_then(piece, to);
                None
            }
            Rule::expiring if has(piece, Rule::expiring_day) => {
                let date = kid(piece, Rule::expiring_day).map_or(String::new(), |day| self.date_in(&day).node.to_string());
                let line = self.rewritten(piece, &format!("valid until {date}"));
                self.broken(errors::expiring_on(span, &line));
                None
            }
            Rule::lasts => self.life(piece).map(|life| ClauseKind::For(life.node)),
            Rule::in_clause | Rule::between | Rule::from_clause | Rule::until | Rule::during => self.time(piece),
            Rule::once | Rule::at_most | Rule::up_to => self.limit(piece).map(ClauseKind::Limit),
            rule if is_effect(rule) => {
                let effects = self.effects(piece);
                to.extend(effects.into_iter().map(|e| Spanned::new(ClauseKind::Effect(e.node), e.span)));
                for word in table_words(piece) {
                    self.clause(&word, before, to);
                }
                None
            }
            _ => self.other_clause(piece),
        };
        to.extend(kind.map(|kind| Spanned::new(kind, span)));
    }

    fn other_clause(&mut self, piece: &P) -> Option<ClauseKind> {
        Some(match piece.as_rule() {
            Rule::within_budget => ClauseKind::WithinBudget(self.name_in(piece)),
            Rule::within_limit => {
                let then = kid(piece, Rule::then).and_then(|then| kid(&then, Rule::rate)).map(|rate| Box::new(self.rate(&rate, true)));
                ClauseKind::WithinLimit { name: self.name_in(piece), then, or_nothing: has(piece, Rule::or_nothing) }
            }
            Rule::only_times => ClauseKind::OnlyTimes(kid(piece, Rule::limit_times).map(|times| self.times(&times))?),
            Rule::pending_for => ClauseKind::PendingFor(self.value_in(piece)),
            Rule::pending_until => {
                let within = kid(piece, Rule::value).map(|value| self.value(&value));
                ClauseKind::PendingUntil { event: self.name_in(piece), within }
            }
            Rule::expiring => ClauseKind::ExpiringAfter(self.value_in(piece)),
            Rule::usable => ClauseKind::Usable(kid(piece, Rule::around).and_then(|around| self.around(&around))?),
            Rule::paid_at => {
                let at = kid(piece, Rule::at_phrase).map_or(Period::Month, |at| period_in(&at));
                let rounded_down_to = kid(piece, Rule::rounded).map(|rounded| self.value_in(&rounded));
                ClauseKind::PaidAt { period: at, rounded_down_to }
            }
            Rule::priority => {
                let signed = kid(piece, Rule::signed)?;
                let number = self.number_in(&signed);
                let mantissa = if is_negative(&signed) { number.mantissa.saturating_neg() } else { number.mantissa };
                let number = Literal::Number(Decimal::new(mantissa, number.scale));
                ClauseKind::Priority(Expr { span: self.span(&signed), kind: ExprKind::Literal(number) })
            }
            Rule::alone => ClauseKind::Alone,
            Rule::exclusive => ClauseKind::Exclusive,
            Rule::added => ClauseKind::AddedToWhatIsLeft,
            Rule::including => ClauseKind::IncludingShipping,
            Rule::in_steps => ClauseKind::InSteps(self.value_in(piece)),
            Rule::whole_only => ClauseKind::WholePurchases,
            Rule::for_every => {
                let count = kid(piece, Rule::integer).map(|n| self.integer(&n))?;
                ClauseKind::ForEvery { count, scope: has(piece, Rule::scope_names).then(|| self.scope_in(piece)) }
            }
            Rule::after_joining => ClauseKind::Trigger(Trigger::AfterJoining(kid(piece, Rule::duration).map(|d| self.duration(&d))?)),
            Rule::in_group => ClauseKind::InGroup(self.name_in(piece)),
            Rule::not_with => ClauseKind::NotWith(self.name_in(piece)),
            _ => return None,
        })
    }

    /// `then 1%` apart from its limit: the line with it behind the last limit that has none.
    fn stray_then(&mut self, piece: &P, clauses: &[Clause]) {
        let text = piece.as_str().trim().trim_start_matches(',').trim().to_owned();
        let limit = clauses.iter().rev().find(|clause| matches!(&clause.node, ClauseKind::Limit(limit) if limit.then.is_none()));
        let span = self.span(piece);
        let line = limit.and_then(|limit| {
            let end = usize::try_from(limit.span.end).ok()?.checked_sub(self.origin.base)?;
            let start = piece.as_span().start();
            let (head, between) = (self.text.get(..end)?, self.text.get(end..start)?);
            let behind = self.text.get(piece.as_span().end()..)?;
            let words = format!("{}, {text} {} {}", head.trim_end(), between.trim().trim_end_matches(',').trim_end(), behind.trim());
            Some(words.split_whitespace().collect::<Vec<_>>().join(" "))
        });
        self.broken(errors::stray_then(span, &text, line));
    }

    /// `if spend over 50 EUR` means `if spend is over 50 EUR`.
    fn missing_is(&mut self, last: Option<&mut Clause>, inclusive: bool, amount: &Expr, piece: &P) -> bool {
        use crate::syntax::ast::CmpOp;
        let Some(Spanned { node: ClauseKind::If(expr) | ClauseKind::Unless(expr), span: whole }) = last else {
            return false;
        };
        let value = match &expr.kind {
            ExprKind::Fact(fact) => *fact != crate::program::Fact::Referred,
            ExprKind::Measure(_)
            | ExprKind::QuantityOf(_)
            | ExprKind::AmountOf(_)
            | ExprKind::NetAmountOf(_)
            | ExprKind::Attribute { .. } => true,
            _ => false,
        };
        if !value {
            return false;
        }
        let span = self.span(piece);
        let line = self.rewritten(piece, &format!("is {}", piece.as_str().trim().trim_start_matches("of ")));
        self.report(errors::missing_is(span, if inclusive { "is at least" } else { "is over" }, &line));
        let op = if inclusive { CmpOp::AtLeast } else { CmpOp::Over };
        let left = Box::new(expr.clone());
        *whole = whole.to(span);
        *expr = Expr { span: expr.span.to(span), kind: ExprKind::Compare { left, op, right: Box::new(amount.clone()) } };
        true
    }

    fn under(&mut self, piece: &P, span: Span, before: Option<usize>) {
        let value = kid(piece, Rule::value).map_or("", |value| value.as_str().trim_end()).to_owned();
        let word = piece.as_str().split_whitespace().next().unwrap_or("under").to_lowercase();
        let right = if word == "above" { format!("over {value}") } else { format!("if amount is under {value}") };
        let line = self.rewritten(piece, &right);
        self.doubtful(piece, Rule::probe_clause, before, errors::under(span, &format!("{word} {value}"), &line));
    }

    fn on_clause(&mut self, piece: &P, span: Span) -> Option<ClauseKind> {
        let what = piece.clone().into_inner().find(|p| p.as_rule() != Rule::k_on)?;
        Some(match what.as_rule() {
            Rule::on_next => {
                let count = match kid(&what, Rule::integer) {
                    Some(n) => self.whole(&n),
                    None => self.one(&what),
                };
                ClauseKind::OnNext(count)
            }
            Rule::on_first => {
                let amount = self.value_in(&what);
                self.check_first(&amount, span);
                ClauseKind::Limit(self.limit_with(LimitWhat::First(amount), &what))
            }
            Rule::on_purchase => {
                let which = self.which(&what, false);
                let narrow = kid(&what, Rule::narrowing).map(|n| self.narrowing(&n)).unwrap_or_default();
                ClauseKind::Trigger(Trigger::Purchase { after: false, which, narrow })
            }
            Rule::on_every_item => ClauseKind::Scope(Scope::EveryNthItem(self.position_in(&what))),
            Rule::on_cheapest => ClauseKind::Scope(Scope::CheapestItem),
            Rule::on_unreduced => ClauseKind::Scope(Scope::NotReduced),
            Rule::on_top => ClauseKind::Scope(Scope::TopCategory(period_in(&what))),
            Rule::scope_names | Rule::items_if => ClauseKind::Scope(self.scope(&what)),
            Rule::scope_of_whom => {
                let kind = kid(&what, Rule::scope_kind).map_or("category", |kind| kind.as_str().trim());
                let whose = kid(&what, Rule::attribute).map_or(String::new(), |of| of.as_str().trim().to_owned());
                let line = self.rewritten(&what, &format!("items if {kind} is {whose}"));
                self.broken(errors::scope_by_attribute(span, &line));
                return None;
            }
            Rule::on_shipping => ClauseKind::Scope(Scope::Shipping),
            Rule::weekday_range | Rule::weekday_list => ClauseKind::Time(weekdays(&what)),
            _ => ClauseKind::Trigger(self.on_day_or_moment(&what)),
        })
    }

    fn on_day_or_moment(&mut self, what: &P) -> Trigger {
        if let Some(time) = kid(what, Rule::stray_time) {
            let clock = kid(&time, Rule::clock).map_or("", |clock| clock.as_str().trim()).to_owned();
            let line = self.rewritten(&time, "");
            self.report(errors::day_at_a_time(self.span(&time), &clock, &line));
        }
        match what.as_rule() {
            Rule::on_anniversary => Trigger::Anniversary,
            Rule::on_day_of_month => {
                let last = has(what, Rule::k_last);
                Trigger::DayOfMonth(MonthDay::Day(if last { 31 } else { self.position_in(what).node }))
            }
            Rule::on_weekday_of_month => {
                let nth = if has(what, Rule::k_last) { 0 } else { self.position_in(what).node };
                Trigger::DayOfMonth(MonthDay::Weekday { nth, weekday: kid(what, Rule::weekday).map_or(0, |day| weekday(&day)) })
            }
            Rule::on_date => Trigger::Date(self.date_in(what).node),
            Rule::on_yearday => match kid(what, Rule::yearday) {
                Some(day) => Trigger::YearDay(self.yearday(&day)),
                None => Trigger::Birthday,
            },
            Rule::on_signup => Trigger::Signup,
            Rule::on_referral => {
                let by = kid(what, Rule::referral_by).and_then(|by| kid(&by, Rule::narrowing));
                Trigger::Referral(by.map(|narrow| self.narrowing(&narrow)).unwrap_or_default())
            }
            Rule::on_event => Trigger::Event(self.name_in(what)),
            Rule::on_reaching => Trigger::Reaching(self.name_in(what)),
            Rule::on_leaving => Trigger::Leaving(self.name_in(what)),
            _ => Trigger::Birthday,
        }
    }

    /// `on first 3 purchases` is answered: that is a range of purchases.
    fn check_first(&mut self, amount: &Expr, span: Span) {
        if let ExprKind::Literal(Literal::Count { amount, unit }) = &amount.kind
            && unit.node.to_lowercase().trim_end_matches('s') == "purchase"
        {
            self.broken(errors::first_purchases(span, *amount));
        }
    }

    fn which(&mut self, pair: &P, after: bool) -> WhichPurchase {
        let rules = [Rule::which_every, Rule::which_nth, Rule::which_range, Rule::which_each];
        let Some(which) = pair.clone().into_inner().find(|p| rules.contains(&p.as_rule())) else {
            return WhichPurchase::Each;
        };
        match which.as_rule() {
            Rule::which_every => WhichPurchase::Every(self.position_in(&which)),
            Rule::which_nth => {
                let position = self.position_in(&which);
                if !after && has(&which, Rule::integer) {
                    self.report(errors::ordinal_missing(position.span, position.node));
                }
                WhichPurchase::Nth(position)
            }
            Rule::which_range => {
                let mut ends = kids(&which, Rule::integer);
                let low = ends.next().map(|n| self.integer(&n));
                let high = ends.next().map(|n| self.integer(&n));
                match (low, high) {
                    (Some(low), Some(high)) => WhichPurchase::Range(low, high),
                    _ => WhichPurchase::Each,
                }
            }
            _ => WhichPurchase::Each,
        }
    }

    /// The number 1, unwritten.
    fn one(&self, pair: &P) -> Expr {
        Expr { span: self.span(pair), kind: ExprKind::Literal(Literal::Number(Decimal::whole(1))) }
    }

    /// A number without a unit.
    pub fn whole(&mut self, pair: &P) -> Expr {
        let span = self.span(pair);
        Expr { span, kind: ExprKind::Literal(Literal::Number(self.number_in(pair))) }
    }

    fn after_clause(&mut self, piece: &P) -> Option<Trigger> {
        let what = piece.clone().into_inner().find(|p| p.as_rule() != Rule::k_after)?;
        let narrow = kid(&what, Rule::narrowing).map(|n| self.narrowing(&n)).unwrap_or_default();
        Some(match what.as_rule() {
            Rule::after_spending => Trigger::Spending { every: false, amount: self.value_in(&what), narrow },
            Rule::after_spent => {
                let every = has(&what, Rule::k_every) || has(&what, Rule::k_each);
                Trigger::Spending { every, amount: self.value_in(&what), narrow }
            }
            Rule::after_streak => {
                let count = match kid(&what, Rule::integer) {
                    Some(n) => self.whole(&n),
                    None => self.one(&what),
                };
                Trigger::Streak { count, period: period_in(&what), narrow }
            }
            Rule::after_silence => Trigger::Silence { span: self.value_in(&what), narrow },
            _ => Trigger::Purchase { after: true, which: self.which(&what, true), narrow },
        })
    }

    fn at_clause(&mut self, piece: &P) -> Option<ClauseKind> {
        let what = piece.clone().into_inner().find(|p| p.as_rule() != Rule::k_at)?;
        Some(match what.as_rule() {
            Rule::at_end => ClauseKind::Trigger(Trigger::AtEnd(period_in(&what))),
            Rule::at_start => ClauseKind::Trigger(Trigger::AtStart(period_in(&what))),
            Rule::at_least_words => {
                let amount = match kid(&what, Rule::limit_amount) {
                    Some(a) => self.value_in(&a),
                    None => self.nothing(&what),
                };
                ClauseKind::Limit(self.limit_with(LimitWhat::AtLeast(amount), &what))
            }
            _ => ClauseKind::Limit(self.limit(&what)?),
        })
    }

    /// `at most …`, `up to …`, `once`
    pub fn limit(&mut self, pair: &P) -> Option<Limit> {
        if matches!(pair.as_rule(), Rule::once | Rule::at_once) {
            let times = i64::from(has(pair, Rule::k_twice)).saturating_add(1);
            let word = pair.clone().into_inner().find(|p| p.as_rule() != Rule::k_most)?;
            let times = Expr { span: self.span(&word), kind: ExprKind::Literal(Literal::Number(Decimal::whole(times))) };
            return Some(self.limit_with(LimitWhat::Times(times), pair));
        }
        let amount = kid(pair, Rule::limit_amount)?;
        let what = match kid(&amount, Rule::limit_times) {
            Some(times) => LimitWhat::Times(self.times(&times)),
            None => {
                let value = self.value_in(&amount);
                if let ExprKind::Literal(Literal::Number(number)) = value.kind {
                    self.report(errors::bare_limit(value.span, number, self.currency));
                }
                LimitWhat::Amount(value)
            }
        };
        Some(self.limit_with(what, pair))
    }

    /// The number of `3 times`.
    fn times(&mut self, times: &P) -> Expr {
        match first(times) {
            Some(n) if n.as_rule() == Rule::integer => self.whole(&n),
            Some(n) if n.as_rule() == Rule::paren => self.paren(&n),
            Some(n) => Expr { span: self.span(&n), kind: ExprKind::Name(self.name(&n).node) },
            None => self.one(times),
        }
    }

    /// A limit with its period and what follows it.
    pub fn limit_with(&mut self, what: LimitWhat, pair: &P) -> Limit {
        let Some(tail) = kid(pair, Rule::limit_tail) else {
            return Limit { what, per: LimitPeriod::Unsaid, then: None, or_nothing: false };
        };
        let mut per = if has(&tail, Rule::of_purchase) { LimitPeriod::Purchase } else { LimitPeriod::Unsaid };
        if let Some(said) = kid(&tail, Rule::per) {
            per = self.limit_period(&said);
        }
        let then = kid(&tail, Rule::then).and_then(|then| kid(&then, Rule::rate));
        let then = then.map(|rate| Box::new(self.rate(&rate, true)));
        Limit { what, per, then, or_nothing: has(&tail, Rule::or_nothing) }
    }

    fn limit_period(&mut self, pair: &P) -> LimitPeriod {
        if has(pair, Rule::k_purchase) {
            return LimitPeriod::Purchase;
        }
        if let Some(rolling) = kid(pair, Rule::per_rolling) {
            return LimitPeriod::Rolling(self.value_in(&rolling));
        }
        match kid(pair, Rule::period) {
            Some(said) => LimitPeriod::Calendar(period(&said)),
            None => LimitPeriod::Ever,
        }
    }

    fn for_clause(&mut self, piece: &P, span: Span, before: Option<usize>) -> Option<ClauseKind> {
        let what = piece.clone().into_inner().find(|p| p.as_rule() != Rule::k_for)?;
        match what.as_rule() {
            Rule::audience => Some(ClauseKind::Audience(self.audience(&what, false))),
            Rule::for_duration => {
                let lasting = self.lasting(&what);
                Some(ClauseKind::For(Lasting::For(lasting)))
            }
            Rule::for_purchases => {
                let over = what.clone().into_inner().find(|p| matches!(p.as_rule(), Rule::over | Rule::of_at_least))?;
                let right = over.as_str().trim().to_owned();
                self.report(errors::for_purchases(span, &self.rewritten(piece, &right)));
                Some(ClauseKind::Over(self.over(&over)))
            }
            _ => {
                let names = self.names_in(&what);
                let names: Vec<&str> = names.iter().map(|name| name.node.as_str()).collect();
                self.doubtful(
                    piece,
                    Rule::probe_clause,
                    before,
                    errors::for_whom(span, &names.join(", "), self.own.tiers.last().map(String::as_str)),
                );
                None
            }
        }
    }

    /// How long something lasts, as the first piece of `pair` says.
    pub fn life(&mut self, pair: &P) -> Option<Spanned<Lasting>> {
        let inner = first(pair)?;
        let life = match inner.as_rule() {
            Rule::life_for => Lasting::For(self.lasting(&inner)),
            Rule::life_that_day => Lasting::ThatDay,
            Rule::life_until_end => Lasting::UntilEnd { next: has(&inner, Rule::k_next), period: period_in(&inner) },
            Rule::life_until_next => Lasting::UntilNext(self.yearday(&kid(&inner, Rule::yearday)?)),
            Rule::life_until => Lasting::Until(self.date_in(&inner).node),
            Rule::life_days => {
                let days: Vec<_> = kids(&inner, Rule::date).map(|p| self.date(&p).node).collect();
                let [from, to] = days.as_slice() else { return None };
                Lasting::Days(*from, *to)
            }
            _ => Lasting::During(self.name_in(&inner)),
        };
        Some(Spanned::new(life, self.span(&inner)))
    }

    /// The life behind `valid`. Something must stand there.
    pub fn valid(&mut self, piece: &P) -> Option<Spanned<Lasting>> {
        let valid = kid(piece, Rule::valid_life).or_else(|| kid(piece, Rule::valid))?;
        let life = kid(&valid, Rule::lasting).and_then(|lasting| self.life(&lasting));
        if life.is_none() && !has(&valid, Rule::valid_on) {
            self.broken(errors::valid_how_long(self.span(&valid)));
        }
        life
    }

    /// The length of time among the pieces of `pair`.
    pub fn lasting(&mut self, pair: &P) -> Expr {
        if let Some(duration) = kid(pair, Rule::duration) {
            let span = self.span(&duration);
            return Expr { span, kind: ExprKind::Literal(Literal::Duration(self.duration(&duration))) };
        }
        match kid(pair, Rule::paren) {
            Some(paren) => self.paren(&paren),
            None => self.nothing(pair),
        }
    }

    /// `audience`
    pub fn audience(&mut self, pair: &P, except: bool) -> Audience {
        let any_of = kids(pair, Rule::audience_all).map(|all| self.audience_all(&all)).collect();
        Audience { except, any_of }
    }

    fn audience_all(&mut self, pair: &P) -> Spanned<AudienceKind> {
        let span = self.span(pair);
        let rules = [Rule::a_tier, Rule::a_segment, Rule::a_joined, Rule::a_referred, Rule::a_everyone];
        let pieces = pair.clone().into_inner().filter(|p| rules.contains(&p.as_rule()));
        let mut all: Vec<Spanned<AudienceKind>> = pieces.map(|p| self.audience_one(&p)).collect();
        match (all.pop(), all.is_empty()) {
            (Some(only), true) => only,
            (Some(last), false) => {
                all.push(last);
                Spanned::new(AudienceKind::AllOf(all), span)
            }
            (None, _) => Spanned::new(AudienceKind::Everyone, span),
        }
    }

    fn audience_one(&mut self, pair: &P) -> Spanned<AudienceKind> {
        let kind = match pair.as_rule() {
            Rule::a_tier => AudienceKind::Tiers(self.tier_list(pair)),
            Rule::a_segment => AudienceKind::Segments(self.names_in(pair)),
            Rule::a_joined => AudienceKind::JoinedBefore(self.date_in(pair).node),
            Rule::a_referred => AudienceKind::Referred,
            _ => AudienceKind::Everyone,
        };
        Spanned::new(kind, self.span(pair))
    }

    /// The `tier_names` among the pieces of `pair`.
    pub fn tier_list(&mut self, pair: &P) -> TierList {
        let Some(list) = kid(pair, Rule::tier_names) else {
            return TierList { names: Vec::new(), or_above: false };
        };
        let names = kids(&list, Rule::name).map(|name| self.name(&name)).collect();
        TierList { names, or_above: has(&list, Rule::or_above) }
    }

    fn time(&mut self, piece: &P) -> Option<ClauseKind> {
        let time = match piece.as_rule() {
            Rule::until => TimeClause::Until(self.date_in(piece).node),
            Rule::during => TimeClause::During(self.names_in(piece)),
            Rule::between => self.time_range(piece)?,
            Rule::in_clause => self.months(&kid(piece, Rule::in_months)?),
            _ => {
                let what = piece.clone().into_inner().find(|p| p.as_rule() != Rule::k_from)?;
                match what.as_rule() {
                    Rule::around => TimeClause::Around(self.around(&what)?),
                    Rule::from_times | Rule::from_dates => self.time_range(&what)?,
                    Rule::from_weekdays => weekdays(&what),
                    Rule::from_yeardays => {
                        let span = self.span(piece);
                        let days = what.as_str().trim().to_owned();
                        self.broken(errors::yearly_range(span, &days));
                        return None;
                    }
                    _ => TimeClause::From(self.date_in(&what).node),
                }
            }
        };
        Some(ClauseKind::Time(time))
    }

    /// `14:00 and 16:00`, `2025-01-01 to 2025-02-01`
    fn time_range(&mut self, pair: &P) -> Option<TimeClause> {
        let clocks: Vec<_> = kids(pair, Rule::clock).map(|p| self.clock(&p).node).collect();
        if let [from, to] = clocks.as_slice() {
            return Some(TimeClause::Between(*from, *to));
        }
        let dates: Vec<_> = kids(pair, Rule::date).map(|p| self.date(&p).node).collect();
        match dates.as_slice() {
            [from, to] => Some(TimeClause::FromTo(*from, *to)),
            _ => None,
        }
    }

    /// `december`, `march, june`, `december or birthday month`
    fn months(&mut self, pair: &P) -> TimeClause {
        let (mut months, mut birthday) = (Vec::new(), None);
        let mut place: Option<Span> = None;
        for piece in kids(pair, Rule::month_any) {
            let span = self.span(&piece);
            if has(&piece, Rule::k_birthday) {
                birthday = Some(span);
                continue;
            }
            place = Some(place.map_or(span, |place| place.to(span)));
            let ends: Vec<u8> = kids(&piece, Rule::month).map(|p| month(&p)).collect();
            match ends.as_slice() {
                [from, to] if from <= to => months.extend(*from..=*to),
                [from, to] => months.extend((*from..=12).chain(1..=*to)),
                ends => months.extend_from_slice(ends),
            }
        }
        let mut unique: Vec<u8> = Vec::new();
        months.retain(|m| {
            !unique.contains(m) && {
                unique.push(*m);
                true
            }
        });
        match (birthday, place) {
            (None, _) => TimeClause::InMonths(months),
            (Some(_), None) => TimeClause::BirthdayMonth,
            (Some(birthday), Some(place)) => TimeClause::AnyOf(vec![
                Spanned::new(TimeClause::InMonths(months), place),
                Spanned::new(TimeClause::BirthdayMonth, birthday),
            ]),
        }
    }

    /// `3 days before to 3 days after birthday`
    fn around(&mut self, pair: &P) -> Option<AroundDay> {
        let mut day = kid(pair, Rule::anchor).map(|a| self.anchor(&a));
        let mut offsets = Vec::new();
        for point in kids(pair, Rule::around_point) {
            if let Some(anchor) = kid(&point, Rule::anchor) {
                let anchor = self.anchor(&anchor);
                if day.as_ref().is_some_and(|day| *day != anchor) {
                    let span = self.span(pair);
                    self.broken(errors::two_anchors(span));
                    return None;
                }
                day = Some(anchor);
            }
            let days = kid(&point, Rule::integer).map_or(0, |n| self.integer(&n).node);
            let days = i32::try_from(days).unwrap_or(i32::MAX);
            offsets.push(if has(&point, Rule::k_before) { days.saturating_neg() } else { days });
        }
        let (Some(day), [from, to]) = (day, offsets.as_slice()) else {
            let span = self.span(pair);
            self.broken(errors::around_what(span, pair.as_str().trim()));
            return None;
        };
        Some(AroundDay { from: *from, to: *to, day })
    }

    fn anchor(&mut self, pair: &P) -> AnchorDay {
        if let Some(date) = kid(pair, Rule::date) {
            return AnchorDay::Date(self.date(&date).node);
        }
        if let Some(day) = kid(pair, Rule::yearday) {
            return AnchorDay::YearDay(self.yearday(&day));
        }
        if has(pair, Rule::k_anniversary) { AnchorDay::Anniversary } else { AnchorDay::Birthday }
    }
}

/// The clauses that stand inside an effect, around what its table goes by.
fn table_words<'i>(piece: &P<'i>) -> Vec<P<'i>> {
    let inside = [Rule::grant_table, Rule::earn_table, Rule::earn_as_table, Rule::rates, Rule::table];
    let mut found = Vec::new();
    for part in piece.clone().into_inner() {
        match part.as_rule() {
            Rule::table_words | Rule::row_words => found.extend(part.into_inner()),
            rule if inside.contains(&rule) => found.extend(table_words(&part)),
            _ => {}
        }
    }
    found
}

fn weekdays(pair: &P) -> TimeClause {
    let mut days: Vec<Weekday> = Vec::new();
    for piece in pair.clone().into_inner() {
        match piece.as_rule() {
            Rule::weekday => days.push(weekday(&piece)),
            Rule::k_weekends => days.extend([5, 6]),
            Rule::k_weekdays => days.extend([0, 1, 2, 3, 4]),
            _ => {}
        }
    }
    if pair.as_rule() != Rule::weekday_list
        && let [from, to] = days.as_slice()
    {
        return TimeClause::WeekdayRange(*from, *to);
    }
    let mut unique = Vec::new();
    days.retain(|day| {
        !unique.contains(day) && {
            unique.push(*day);
            true
        }
    });
    TimeClause::Weekdays(days)
}

/// Whether a piece is an effect.
pub(super) fn is_effect(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::grant
            | Rule::discount
            | Rule::earn
            | Rule::cashback
            | Rule::multiply
            | Rule::multiple
            | Rule::free_shipping
            | Rule::price_from
            | Rule::price_of
            | Rule::grant_table
            | Rule::voucher_table
            | Rule::pay_out
            | Rule::one_of_things
            | Rule::charge
            | Rule::move_to
            | Rule::set_to
            | Rule::notify
            | Rule::donate
            | Rule::value_effect
            | Rule::gift_item
            | Rule::voucher_item
            | Rule::access_item
            | Rule::entries_item
            | Rule::friend_item
            | Rule::plain_grant
            | Rule::number_grant
            | Rule::grant_discount
            | Rule::grant_cashback
    )
}
