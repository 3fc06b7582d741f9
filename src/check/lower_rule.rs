//! Rules: the trigger, what it gives, and all other clauses.

use super::errors;
use super::infer::compare;
use super::lower_clauses::Clauses;
use super::values::period;
use super::{Checker, Here};
use crate::program::{
    About, CmpOp, Effect, Expr, Fact, ItemFilter, Lasting, Measure, MeasureKind, MonthDay, Rate, Rates, Repeat, Rule, RuleId, Scope, Test,
    TestKind, Trigger, When, fact_info,
};
use crate::span::{Span, Spanned};
use crate::syntax::ast::{self, Clause, ClauseKind, Narrowing, RuleDecl, Statement, WhichPurchase};
use crate::value::Decimal;

/// What a body of clauses belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    Rule,
    Reward,
    Exchange,
}

impl<'a> Checker<'a> {
    /// A rule.
    pub(crate) fn rule(&mut self, decl: &'a RuleDecl, statement: &'a Statement, number: u32, id: u16) -> Option<Rule> {
        let effects: Vec<(&'a ast::Effect, Span)> = decl
            .clauses
            .iter()
            .filter_map(|clause| match &clause.node {
                ClauseKind::Effect(effect) => Some((effect, clause.span)),
                _ => None,
            })
            .collect();
        let name = decl.name.as_ref().map(|name| name.node.clone());
        self.body(Body::Rule, name, &effects, &decl.clauses, (statement, number, id))
    }

    /// Effects and clauses of a rule, a reward or an exchange.
    pub(crate) fn body(
        &mut self,
        body: Body,
        name: Option<String>,
        effects: &[(&'a ast::Effect, Span)],
        clauses: &'a [Clause],
        (statement, number, id): (&'a Statement, u32, u16),
    ) -> Option<Rule> {
        let before = self.problems.errors();
        if effects.is_empty() && !statement.damaged {
            self.report(errors::no_effect(statement.span));
        }
        // Discounts, price lists and free shipping run before the net amount is known.
        let early = effects.iter().find(|(effect, _)| is_early(effect)).map(|(_, span)| *span);
        let scoped = clauses.iter().any(|clause| matches!(&clause.node, ClauseKind::Scope(scope) if *scope != ast::Scope::Shipping));
        let here = Here { early, scoped, ..Here::default() };
        self.within(here, |checker| {
            let (trigger, trigger_span, days) = checker.trigger(body, clauses, effects, statement);
            let lone = matches!(trigger, Some(Trigger::Date(_) | Trigger::YearDay(..) | Trigger::DayOfMonth(_))).then_some(trigger_span);
            let (mut lowered, gates, complete) = checker.effects(effects);
            checker.pay_out_terms(&mut lowered, clauses);
            let parts = checker.clauses((body, complete), clauses, &lowered, lone);
            let rule = checker.assemble((trigger?, days), lowered, parts, name, (statement, number, id));
            let mut rule = Rule { gates, ..rule };
            off_in_groups(&mut rule);
            checker.fits_together(body, &rule, trigger_span, clauses, effects);
            if checker.problems.errors() == before {
                let what = match body {
                    Body::Rule => "rule",
                    Body::Reward => "reward",
                    Body::Exchange => "exchange",
                };
                checker.never_applies(what, &rule.tests, &rule.when, (&rule.trigger, trigger_span));
            }
            (complete && checker.problems.errors() == before).then_some(rule)
        })
    }

    fn assemble(
        &mut self,
        (trigger, days): (Trigger, Vec<(When, Span)>),
        effects: Vec<(Effect, Span)>,
        parts: Clauses,
        name: Option<String>,
        (statement, number, id): (&'a Statement, u32, u16),
    ) -> Rule {
        let mut when = days;
        when.extend(parts.when);
        Rule {
            id: RuleId(id),
            span: statement.span,
            name,
            label: self.sources.quote(statement.span),
            statement: number,
            trigger,
            effects: effects.into_iter().map(|(effect, _)| effect).collect(),
            gates: Vec::new(),
            tests: parts.tests,
            when,
            past_midnight_until: parts.past_midnight_until,
            scope: parts.scope,
            limits: parts.limits,
            budgets: parts.budgets,
            only: parts.only,
            repeat: parts.repeat.map(|(repeat, _)| repeat),
            entitlement: parts.entitlement,
            life: parts.life,
            priority: parts.priority,
            alone: parts.alone,
            exclusive: parts.exclusive,
            including_shipping: parts.including_shipping,
            group: parts.group,
            not_with: parts.not_with,
        }
    }

    /// The trigger; day words beside another trigger become restrictions.
    fn trigger(
        &mut self,
        body: Body,
        clauses: &'a [Clause],
        effects: &[(&'a ast::Effect, Span)],
        statement: &Statement,
    ) -> (Option<Trigger>, Span, Vec<(When, Span)>) {
        let mut main: Option<(&'a ast::Trigger, Span)> = None;
        let mut days: Vec<(&'a ast::Trigger, Span)> = Vec::new();
        for clause in clauses {
            let ClauseKind::Trigger(trigger) = &clause.node else { continue };
            match (is_day(trigger), main) {
                (true, _) => days.push((trigger, clause.span)),
                (false, None) => main = Some((trigger, clause.span)),
                (false, Some((_, first))) => self.report(errors::two_triggers(first, clause.span)),
            }
        }
        // A date that the reader took for a restriction is the trigger if the rule has no other.
        let lone_date = clauses.iter().find_map(|clause| match &clause.node {
            ClauseKind::Time(time) if main.is_none() && days.is_empty() && body == Body::Rule && is_date(time) => Some((time, clause.span)),
            _ => None,
        });
        if main.is_none() && !days.is_empty() {
            main = Some(days.remove(0));
        }
        let restrictions = days.into_iter().filter_map(|(day, span)| Some((self.day_when(day, span)?, span))).collect();
        let lowered = match (main, lone_date) {
            (Some((trigger, span)), _) => (self.lower_trigger(trigger, span), span),
            (None, Some((time, span))) => {
                let day = match time {
                    ast::TimeClause::OnDate(date) => self.checked_day(Trigger::Date(*date), span),
                    ast::TimeClause::OnYearDay(day) => self.checked_day(Trigger::YearDay(day.month, day.day), span),
                    ast::TimeClause::OnDayOfMonth(day) => self.month_day(*day, span).map(Trigger::DayOfMonth),
                    _ => None,
                };
                (day, span)
            }
            (None, None) if body == Body::Rule => {
                let span = effects.first().map_or(statement.span, |(_, span)| *span);
                (Some(Trigger::EachPurchase { filter: crate::program::PurchaseFilter::default() }), span)
            }
            (None, None) => (Some(Trigger::None), statement.span),
        };
        (lowered.0, lowered.1, restrictions)
    }

    pub(crate) fn day_when(&mut self, day: &ast::Trigger, span: Span) -> Option<When> {
        match day {
            ast::Trigger::Birthday => Some(When::Birthday),
            ast::Trigger::Anniversary => Some(When::Anniversary),
            ast::Trigger::Date(date) => Some(When::OnDate(*date)),
            ast::Trigger::YearDay(day) => self.year_day(*day, span).map(|(month, day)| When::OnYearDay(month, day)),
            ast::Trigger::DayOfMonth(day) => self.month_day(*day, span).map(When::OnDayOfMonth),
            _ => None,
        }
    }

    fn checked_day(&mut self, trigger: Trigger, span: Span) -> Option<Trigger> {
        match trigger {
            Trigger::YearDay(month, day) => self.year_day(ast::YearDay { month, day }, span).map(|_| trigger),
            Trigger::Date(date) => {
                self.date_in_program(date, span, "on this date");
                Some(trigger)
            }
            other => Some(other),
        }
    }

    /// A day of the month, 1 to 31, or one of its weekdays.
    pub(crate) fn month_day(&mut self, day: ast::MonthDay, span: Span) -> Option<MonthDay> {
        let (number, most) = match day {
            ast::MonthDay::Day(day) => (day, 31),
            ast::MonthDay::Weekday { nth, .. } => (nth, 5),
        };
        let found = u8::try_from(number).ok().filter(|number| *number <= most);
        match (day, found) {
            (ast::MonthDay::Weekday { weekday, .. }, Some(nth)) => Some(MonthDay::Weekday { nth, weekday }),
            (ast::MonthDay::Day(_), Some(day)) if day > 0 => Some(MonthDay::Day(day)),
            _ => {
                self.report(errors::no_such_day_of_month(number, span));
                None
            }
        }
    }

    fn lower_trigger(&mut self, trigger: &'a ast::Trigger, span: Span) -> Option<Trigger> {
        use ast::Trigger as T;
        Some(match trigger {
            T::Purchase { after, which, narrow } => return self.purchase_trigger(*after, which, narrow, span),
            T::Spending { every, amount, narrow } => {
                let amount = self.some_money(amount);
                let measure = self.counter(MeasureKind::Spend, narrow)?;
                Trigger::Spending { every: *every, amount: amount?, measure }
            }
            T::Streak { count, period: of, narrow } => {
                let count = self.some_count(count);
                self.no_window(narrow);
                Trigger::Streak { count: count?, period: period(*of), filter: self.filter(narrow)? }
            }
            T::Silence { span: time, narrow } => {
                let time = self.span_of_time(time);
                self.no_window(narrow);
                Trigger::Silence { span: time?, filter: self.filter(narrow)? }
            }
            T::Birthday => Trigger::Birthday,
            T::Anniversary => Trigger::Anniversary,
            T::Date(date) => return self.checked_day(Trigger::Date(*date), span),
            T::YearDay(day) => return self.checked_day(Trigger::YearDay(day.month, day.day), span),
            T::DayOfMonth(day) => Trigger::DayOfMonth(self.month_day(*day, span)?),
            T::AfterJoining(time) => Trigger::AfterJoining(self.duration(*time, span)?),
            T::Signup => Trigger::Signup,
            T::Referral(narrow) => {
                self.no_window(narrow);
                let filter = self.filter(narrow)?;
                let before = self.program.rules.iter().find_map(|rule| match &rule.trigger {
                    Trigger::Referral(known) if *known != filter => Some(rule.span),
                    _ => None,
                });
                if let Some(first) = before {
                    self.report(errors::referrals_differ(self.sources.text(span), span, first));
                    return None;
                }
                Trigger::Referral(filter)
            }
            T::Event(name) => Trigger::Event(name.node.clone()),
            T::Reaching(name) => {
                let tier = self.tier(&name.node, name.span)?;
                if tier.rung == 0 {
                    self.report(errors::start_tier(&name.node, true, name.span));
                    return None;
                }
                Trigger::Reaching(tier)
            }
            T::Leaving(name) => {
                let tier = self.tier(&name.node, name.span)?;
                if tier.rung == 0 {
                    self.report(errors::start_tier(&name.node, false, name.span));
                    return None;
                }
                Trigger::Leaving(tier)
            }
            T::AtEnd(of) => Trigger::AtEnd(period(*of)),
            T::AtStart(of) => Trigger::AtStart(period(*of)),
        })
    }

    fn no_window(&mut self, narrow: &'a Narrowing) {
        if let Some(window) = &narrow.window {
            self.report(errors::stray_window(self.sources.text(window.span), window.span));
        }
    }

    fn counter(&mut self, kind: MeasureKind, narrow: &'a Narrowing) -> Option<crate::program::MeasureId> {
        let filter = self.filter(narrow);
        if let Some(Spanned { node: ast::Window::Previous(_) | ast::Window::SinceReaching, span }) = narrow.window {
            // What is over cannot reach a number now, and what begins anew reaches it again.
            self.report(errors::stray_window(self.sources.text(span), span));
            return None;
        }
        let window = self.narrow_window(narrow);
        Some(self.intern_measure(Measure { kind, filter: filter?, window: window? }))
    }

    fn purchase_trigger(&mut self, after: bool, which: &'a WhichPurchase, narrow: &'a Narrowing, span: Span) -> Option<Trigger> {
        let ordinal = |checker: &mut Self, n: &Spanned<u32>| {
            if n.node == 0 {
                checker.report(errors::ordinal_zero(checker.sources.text(n.span), n.span));
            }
            (n.node > 0).then_some(n.node)
        };
        match which {
            WhichPurchase::Each if !after => {
                self.no_window(narrow);
                Some(Trigger::EachPurchase { filter: self.filter(narrow)? })
            }
            // `after every purchase`: what it gives waits for the next one.
            WhichPurchase::Each => {
                let counter = self.counter(MeasureKind::Purchases, narrow)?;
                Some(Trigger::EveryNth { after, n: 1, counter })
            }
            WhichPurchase::Nth(n) => {
                let n = ordinal(self, n);
                let counter = self.counter(MeasureKind::Purchases, narrow)?;
                Some(Trigger::Nth { after, n: n?, counter })
            }
            WhichPurchase::Every(n) => {
                let n = ordinal(self, n);
                let counter = self.counter(MeasureKind::Purchases, narrow)?;
                Some(Trigger::EveryNth { after, n: n?, counter })
            }
            WhichPurchase::Range(from, to) => {
                let (first, last) = (ordinal(self, from), ordinal(self, to));
                let counter = self.counter(MeasureKind::Purchases, narrow)?;
                if from.node > to.node {
                    let (first, last) = (from.node.to_string(), to.node.to_string());
                    self.report(errors::range_backwards(&first, from.span, &last, to.span));
                    return None;
                }
                if after {
                    self.report(errors::after_range(self.sources.text(span), span));
                    return None;
                }
                Some(Trigger::Range { from: first?, to: last?, counter })
            }
        }
    }

    /// `for every 3 items` counts in each purchase, and is said of grants.
    fn repeats_on_purchases(&mut self, rule: &Rule, clauses: &'a [Clause]) {
        let fits = matches!(rule.trigger, Trigger::EachPurchase { .. }) && !rule.effects.iter().any(Effect::is_modifier);
        let repeats =
            |kind: &ClauseKind| matches!(kind, ClauseKind::ForEvery { .. } | ClauseKind::Effect(ast::Effect::Voucher { per: Some(_), .. }));
        let place = clauses.iter().find(|clause| repeats(&clause.node));
        if let Some(clause) = place.filter(|_| !fits) {
            self.report(errors::repeats_on_purchases(self.sources.text(clause.span), clause.span));
        }
    }

    /// What must hold between the parts of one rule.
    fn fits_together(&mut self, body: Body, rule: &Rule, trigger_span: Span, clauses: &'a [Clause], effects: &[(&'a ast::Effect, Span)]) {
        let any_modifier = rule.effects.iter().any(Effect::is_modifier);
        let becomes_entitlement = becomes_entitlement(&rule.trigger) || body != Body::Rule;
        if any_modifier && body == Body::Rule {
            self.entitlement_has_an_end(rule, trigger_span, effects);
        }
        if rule.repeat.is_some() {
            self.repeats_on_purchases(rule, clauses);
        }
        if !rule.effects.is_empty() && !any_modifier {
            self.purchase_words_without_purchase(body, rule, trigger_span, clauses);
        }
        for clause in clauses {
            match &clause.node {
                ClauseKind::OnNext(_) if !any_modifier && !rule.effects.is_empty() => {
                    self.report(errors::next_purchase_of_grant(self.sources.text(clause.span), clause.span));
                }
                ClauseKind::OnNext(_) if !becomes_entitlement => {
                    let quote = self.sources.quote(rule.span);
                    // Which purchase comes before is not known; after every one would be for good.
                    let counted = |rest: &&str| rest.starts_with(|c: char| c.is_ascii_digit()) || rest.starts_with("every ");
                    let help = match quote.strip_prefix("on ").filter(counted) {
                        Some(rest) => format!("Write: after {rest}"),
                        None if quote.starts_with("on ") || quote.starts_with("rule ") => {
                            "Write after instead of on, such as: after 1st purchase".to_owned()
                        }
                        None => format!("Write for example: after 1st purchase {quote}"),
                    };
                    let words = self.sources.text(clause.span);
                    self.report(errors::next_purchase_without_after(words, clause.span, trigger_span, help));
                }
                ClauseKind::AddedToWhatIsLeft
                    if !matches!(rule.entitlement.lasts, Some(Lasting::For(_)))
                        || !rule.effects.iter().any(|effect| matches!(effect, Effect::MoveTo(_))) =>
                {
                    self.report(errors::added_to_nothing(self.sources.text(clause.span), clause.span));
                }
                ClauseKind::For(_) if applies_at_once(rule) && body == Body::Rule => {
                    self.report(errors::for_span_at_once(self.sources.text(clause.span), clause.span));
                }
                ClauseKind::For(_) if only_lots(&rule.effects) => {
                    self.report(errors::for_span_of_grant(self.sources.text(clause.span), clause.span));
                }
                _ => {}
            }
        }
        let by_purchase = rule.trigger == Trigger::None || rule.trigger.is_purchase();
        if by_purchase && let Some((_, span)) = effects.iter().find(|(effect, _)| matches!(effect, ast::Effect::PayOut(_))) {
            let line = format!("{} at end of every month", self.sources.quote(rule.span));
            let said = clauses.iter().any(|clause| matches!(clause.node, ClauseKind::Trigger(_)));
            self.report(errors::pay_out_when(self.sources.text(*span), &line, said, *span));
        }
        let is_fired = clauses.iter().any(|clause| matches!(clause.node, ClauseKind::Trigger(_)));
        for (_, span) in effects.iter().filter(|(effect, _)| matches!(effect, ast::Effect::Set { .. }) && !is_fired && body == Body::Rule) {
            self.report(errors::set_without_trigger(self.sources.text(*span), *span));
        }
        if !matches!(rule.trigger, Trigger::Referral(_)) {
            for (_, span) in effects.iter().filter(|(effect, _)| matches!(effect, ast::Effect::GrantFriend { .. })) {
                self.report(errors::friend_without_referral(*span));
            }
        }
    }

    fn entitlement_has_an_end(&mut self, rule: &Rule, trigger_span: Span, effects: &[(&'a ast::Effect, Span)]) {
        let endless = rule.entitlement.uses.is_none() && rule.entitlement.lasts.is_none();
        if !endless || !repeats(&rule.trigger) {
            return;
        }
        let effect = effects.iter().map(|(_, span)| *span).next().unwrap_or(trigger_span);
        let quote = self.sources.quote(rule.span);
        self.report(errors::endless_entitlement(self.sources.text(trigger_span), trigger_span, effect, &quote));
    }

    /// A grant that no purchase sets off has none to look at.
    fn purchase_words_without_purchase(&mut self, body: Body, rule: &Rule, trigger_span: Span, clauses: &[Clause]) {
        if body != Body::Rule || rule.trigger.is_purchase() {
            return;
        }
        let voucher = rule.effects.iter().any(|effect| matches!(effect, Effect::Voucher { .. }));
        let scope = clauses.iter().filter(|clause| matches!(clause.node, ClauseKind::Scope(_))).map(|clause| clause.span);
        let tests = rule.tests.iter().filter(|test| needs_purchase(test)).map(|test| test.span);
        for span in tests.chain(scope) {
            let words = self.sources.text(span);
            let goods = words.strip_prefix("on ").filter(|_| voucher).map(|what| format!("on purchases of {what}"));
            let problem = match goods {
                Some(goods) => errors::voucher_for_what(span, &self.rewritten(span, &goods)),
                None => errors::no_purchase_here(words, span, trigger_span, self.with_a_purchase(rule, trigger_span, words)),
            };
            self.report(problem);
        }
    }

    /// What is said of a trigger that no purchase fires, and the sentence that looks at a purchase.
    fn with_a_purchase(&self, rule: &Rule, trigger: Span, words: &str) -> (&'static str, Option<(&'static str, String)>) {
        let quote = self.sources.quote(rule.span);
        let label = if rule.trigger.is_by_time() { "given when this day or time comes" } else { "given when this happens" };
        let help = match rule.trigger {
            Trigger::Date(_) | Trigger::YearDay(..) | Trigger::DayOfMonth(_) if !quote.contains('"') => {
                Some(("To reward the purchases of that day, write", format!("on purchase {quote}")))
            }
            Trigger::Signup => Some(("To reward the first purchase, write", self.rewritten(trigger, "on 1st purchase"))),
            Trigger::Referral(_) => {
                let line = self.rewritten(trigger, &format!("on referral by a purchase {words}"));
                line.rfind(&format!(" {words}")).map(|at| {
                    let (before, after) = line.split_at(at);
                    (
                        "Of the friend's purchase it is said so",
                        format!("{before}{}", after.get(words.len().saturating_add(1)..).unwrap_or("")),
                    )
                })
            }
            _ => None,
        };
        (label, help)
    }
}

/// `10 EUR off for every 2 items of category "x"`: a sum for every full group, on the units of those groups.
fn off_in_groups(rule: &mut Rule) {
    let (Some(Repeat::Items(count, filter)), [Effect::Discount(Rates::One(Rate::Fixed(sum)))]) = (&rule.repeat, rule.effects.as_slice())
    else {
        return;
    };
    let own = match &rule.scope {
        None => None,
        Some(Scope::Items(own)) => Some(own.clone()),
        Some(Scope::Excluding(out)) => Some(ItemFilter::Not(Box::new(out.clone()))),
        Some(_) => return,
    };
    let filter = match (own, filter.clone()) {
        (Some(own), Some(filter)) => Some(ItemFilter::All(vec![own, filter])),
        (own, filter) => own.or(filter),
    };
    let (amount, per) = (Decimal::whole(*sum), Decimal::whole(i64::from(*count)));
    rule.scope = Some(Scope::Groups(*count, filter));
    rule.effects = vec![Effect::Discount(Rates::One(Rate::PerQuantity { amount, per, in_proportion: false }))];
    rule.repeat = None;
}

/// Whether a test cannot hold without a purchase.
fn needs_purchase(test: &Test) -> bool {
    match test.kind {
        TestKind::Place | TestKind::Over => true,
        TestKind::If => asks_purchase(&test.expr),
        _ => false,
    }
}

fn asks_purchase(expr: &Expr) -> bool {
    match expr {
        Expr::And(list) => list.iter().any(asks_purchase),
        Expr::Or(list) => !list.is_empty() && list.iter().all(asks_purchase),
        Expr::Compare { left, right, .. } => [left, right].into_iter().any(|side| {
            match &**side {
                // The clock goes on without a purchase.
                Expr::Fact(Fact::TimeOfDay | Fact::Weekday | Fact::Date) => false,
                Expr::Fact(fact) => fact_info(*fact).is_some_and(|info| info.about == About::Purchase),
                other => matches!(other, Expr::QuantityOf(_) | Expr::AmountOf(_) | Expr::NetAmountOf(_)),
            }
        }),
        Expr::BasketHas(_) => true,
        _ => false,
    }
}

/// Whether an effect runs before the net amount of the purchase is known.
pub(crate) fn is_early(effect: &ast::Effect) -> bool {
    matches!(effect, ast::Effect::Discount(_) | ast::Effect::PriceFrom { .. } | ast::Effect::Price(_) | ast::Effect::FreeShipping)
}

/// Whether modifiers of a rule wait for later purchases.
pub(crate) fn becomes_entitlement(trigger: &Trigger) -> bool {
    match trigger {
        Trigger::EachPurchase { .. } | Trigger::Range { .. } => false,
        Trigger::Nth { after, .. } | Trigger::EveryNth { after, .. } => *after,
        Trigger::Birthday | Trigger::Anniversary | Trigger::Date(_) | Trigger::YearDay(..) | Trigger::DayOfMonth(_) => false,
        _ => true,
    }
}

/// Whether a trigger that starts entitlements does so again and again. A threshold or streak that can be reached anew is
/// one that a customer keeps what it gave; a counter that goes on without end is hardly meant so.
fn repeats(trigger: &Trigger) -> bool {
    match trigger {
        Trigger::EveryNth { after, .. } => *after,
        Trigger::Spending { every, .. } => *every,
        Trigger::Silence { .. } | Trigger::AtEnd(_) | Trigger::AtStart(_) => true,
        _ => false,
    }
}

/// Whether a rule only changes the purchase that fires it, so that nothing lasts.
fn applies_at_once(rule: &Rule) -> bool {
    let purchase = match &rule.trigger {
        Trigger::EachPurchase { .. } | Trigger::Range { .. } => true,
        Trigger::Nth { after, .. } | Trigger::EveryNth { after, .. } => !after,
        _ => false,
    };
    purchase && !rule.effects.is_empty() && rule.effects.iter().all(Effect::is_modifier)
}

/// Whether all that a rule gives are units in wallets.
fn only_lots(effects: &[Effect]) -> bool {
    !effects.is_empty() && effects.iter().all(|effect| matches!(effect, Effect::Grant { .. } | Effect::GrantFriend { .. }))
}

fn is_day(trigger: &ast::Trigger) -> bool {
    matches!(
        trigger,
        ast::Trigger::Birthday | ast::Trigger::Anniversary | ast::Trigger::Date(_) | ast::Trigger::YearDay(_) | ast::Trigger::DayOfMonth(_)
    )
}

fn is_date(time: &ast::TimeClause) -> bool {
    matches!(time, ast::TimeClause::OnDate(_) | ast::TimeClause::OnYearDay(_) | ast::TimeClause::OnDayOfMonth(_))
}

/// A test of the amount: `over 50 EUR`.
pub(crate) fn over_test(fact: Fact, inclusive: bool, amount: i64, span: Span) -> Test {
    let op = if inclusive { CmpOp::AtLeast } else { CmpOp::Over };
    let amount = Expr::Number(crate::value::Exact::whole(i128::from(amount)));
    Test { kind: TestKind::Over, expr: compare(Expr::Fact(fact), op, amount), span }
}
