//! Gifts, calendars, budgets, draws, price lists, groups, segments, goals.

use super::conflict::conflict;
use super::infer::cmp_op;
use super::types::power;
use super::values::{Known, period};
use super::walk;
use super::{Checker, Here, errors};
use crate::program::{
    AccessId, AttributeOf, Budget, BudgetId, Calendar, CalendarId, Choice, Draw, DrawId, Expectation, Expr, Fact, Gift, GiftId, Group,
    GroupId, GroupPolicy, Period, PriceList, PriceListId, Segment, SegmentId, Type,
};
use crate::span::{Span, Spanned};
use crate::syntax::ast::{self, Ast, CalendarDays, Name, Statement, StatementKind, YearDay};
use crate::value::name_key;

impl<'a> Checker<'a> {
    fn choice_decl(
        &mut self,
        name: &'a Name,
        values: &'a [Name],
        limit: Option<&'a ast::Limit>,
        (first, later): (Option<&'a Name>, Option<ast::Period>),
        span: Span,
    ) -> Option<Choice> {
        if values.len() < 2 {
            self.report(errors::choice_of_one(&name.node, span));
        }
        for (at, value) in values.iter().enumerate() {
            if let Some(before) = values.iter().take(at).find(|before| name_key(&before.node) == name_key(&value.node)) {
                self.report(errors::row_twice(&value.node, value.span, before.span));
            }
        }
        if let Some(first) = first.filter(|first| !values.iter().any(|value| name_key(&value.node) == name_key(&first.node))) {
            let list: Vec<String> = values.iter().map(|value| format!("\"{}\"", value.node)).collect();
            self.report(errors::first_not_chosen(&first.node, &list.join(", "), first.span));
        }
        let limit = match limit {
            None => None,
            Some(limit) if matches!(limit.what, ast::LimitWhat::Times(_)) && limit.then.is_none() && !limit.or_nothing => {
                self.limit(limit, span, &[], (super::lower_rule::Body::Rule, false))
            }
            Some(_) => {
                self.report(errors::choice_how_often(self.sources.text(span), span));
                None
            }
        };
        let attribute = self.intern_attribute(AttributeOf::Customer, &name.node);
        if self.program.choices.iter().any(|known| known.attribute == attribute) {
            self.report(errors::chosen_twice(&name.node, span));
        }
        let values = self.texts(values);
        let first = first.map(|first| self.intern_text(&first.node));
        Some(Choice { attribute, values, limit, first, later: later.map(period), span })
    }

    /// Declarations that rules refer to.
    pub(crate) fn lists(&mut self, ast: &'a Ast) {
        for statement in &ast.statements {
            let span = statement.span;
            match &statement.kind {
                StatementKind::Gift { name, costs, worth, only } => {
                    let gift = self.gift_decl(name, [costs, worth, only].map(Option::as_ref), span);
                    self.program.gifts.push(gift);
                }
                StatementKind::Calendar { name, days } => {
                    let calendar = self.calendar_decl(name, days, span);
                    self.program.calendars.push(calendar);
                }
                StatementKind::Budget { name, amount, per, for_all_rules } => {
                    let amount = self.some_money(amount).unwrap_or(0);
                    if let Some(per) = per.as_ref().filter(|per| period(per.node) == Period::MembershipYear) {
                        let line = self.rewritten(per.span, "per year");
                        self.report(errors::budget_of_members(&name.node, per.span, &line));
                    }
                    let per = per.as_ref().map(|per| period(per.node));
                    let name = name.node.clone();
                    self.program.budgets.push(Budget { name, amount, per, for_all_rules: *for_all_rules, span });
                }
                StatementKind::Choice { name, values, limit, first, later } => {
                    let choice = self.choice_decl(name, values, limit.as_ref(), (first.as_ref(), *later), span);
                    self.program.choices.extend(choice);
                }
                StatementKind::Prices { name, file } => {
                    let list = PriceList { name: name.node.clone(), file: file.node.clone(), prices: Vec::new(), span };
                    self.program.price_lists.push(list);
                }
                StatementKind::Group { name, policy } => {
                    let policy = match policy {
                        ast::GroupPolicy::BestForCustomer => GroupPolicy::BestForCustomer,
                        ast::GroupPolicy::BestForStore => GroupPolicy::BestForStore,
                        ast::GroupPolicy::First => GroupPolicy::First,
                        ast::GroupPolicy::All => GroupPolicy::All,
                    };
                    self.program.groups.push(Group { name: name.node.clone(), policy, span });
                }
                _ => {}
            }
        }
        for statement in &ast.statements {
            self.draw_decl(statement);
        }
    }

    /// What a gift costs is money of the shop; what customers pay for it stands in the catalogue.
    fn gift_cost(&mut self, name: &Name, costs: &'a ast::Expr) -> Option<i64> {
        if let ast::ExprKind::Literal(ast::Literal::Count { unit, .. }) = &costs.kind
            && let Some(wallet) = self.wallet_quietly(&unit.node)
        {
            let gift = quoted_if_needed(&name.node);
            let line = self.rewritten(costs.span, &format!("2 {}", self.program.currency.code));
            let (words, wallet) = (self.sources.text(costs.span), self.wallet_name(wallet));
            self.report(errors::gift_for_points(&wallet, &line, &format!("reward gift {gift} for {words}"), costs.span));
            return None;
        }
        self.money(costs)
    }

    fn gift_decl(&mut self, name: &'a Name, values: [Option<&'a ast::Expr>; 3], span: Span) -> Gift {
        let [costs, worth, only] = values;
        let costs = costs.and_then(|costs| self.gift_cost(name, costs)).unwrap_or(0);
        let worth = worth.and_then(|worth| self.money(worth)).unwrap_or(costs);
        let only = only.and_then(|only| self.series(only));
        Gift { name: name.node.clone(), costs, worth, only, span }
    }

    /// `only 500 in all`
    pub(crate) fn series(&mut self, only: &'a ast::Expr) -> Option<u64> {
        self.some_count(only).map(u64::from)
    }

    fn draw_decl(&mut self, statement: &'a Statement) {
        let StatementKind::Draw { name, date, winners, gift } = &statement.kind else { return };
        let winners = self.some_count(winners).unwrap_or(1);
        let gift = self.gift(gift).unwrap_or(GiftId(0));
        self.date_in_program(date.node, date.span, &format!("in the draw \"{}\"", name.node));
        let draw = Draw { name: name.node.clone(), date: date.node, winners, gift, span: statement.span };
        self.program.draws.push(draw);
    }

    fn calendar_decl(&mut self, name: &'a Name, days: &'a [CalendarDays], span: Span) -> Calendar {
        let mut calendar = Calendar { name: name.node.clone(), dates: Vec::new(), yearly: Vec::new(), span };
        for line in days {
            match line {
                CalendarDays::Dates { from, to } => {
                    if from.node > to.node {
                        let what = format!("the calendar \"{}\"", name.node);
                        let (start, end) = (from.node.to_string(), to.node.to_string());
                        self.report(errors::dates_backwards(&what, ("starts", &start, from.span), ("ends", &end, to.span)));
                    }
                    // Swapped dates are told here, not again by the rules that ask for them.
                    calendar.dates.push((from.node.min(to.node), from.node.max(to.node)));
                }
                CalendarDays::Yearly { from, to } => {
                    let ends = (self.year_day(from.node, from.span), self.year_day(to.node, to.span));
                    if let (Some(from), Some(to)) = ends {
                        calendar.yearly.push((from, to));
                    }
                }
            }
        }
        calendar
    }

    /// A day of every year, if it exists in some.
    pub(crate) fn year_day(&mut self, day: YearDay, span: Span) -> Option<(u8, u8)> {
        if day.day > 0 && crate::value::Date::from_ymd(2024, day.month, day.day).is_some() {
            return Some((day.month, day.day));
        }
        self.report(errors::no_such_day(self.sources.text(span), span));
        None
    }

    /// Segments. A condition may name segments that are declared later, but not lead back to its own.
    pub(crate) fn segments(&mut self, ast: &'a Ast) {
        for statement in &ast.statements {
            if let StatementKind::Segment { name, condition } = &statement.kind {
                let condition = self.within(Here::default(), |checker| checker.condition(condition));
                // What could not be read says nothing about whom it holds for.
                let condition = condition.unwrap_or(Expr::And(Vec::new()));
                self.program.segments.push(Segment { name: name.node.clone(), condition, span: statement.span });
            }
        }
        self.circular_segments();
        self.empty_segments();
    }

    /// Segments that nobody can be in; told once, and not again where they are used.
    fn empty_segments(&mut self) {
        let program = &self.program;
        let empty = program.segments.iter().enumerate().filter_map(|(at, segment)| {
            conflict(program, &[(&segment.condition, segment.span)])?;
            Some((at, errors::never_alone("segment", segment.span, "its conditions rule each other out")))
        });
        let empty: Vec<_> = empty.collect();
        for (at, problem) in empty {
            self.report(problem);
            if let Some(segment) = self.program.segments.get_mut(at) {
                segment.condition = Expr::And(Vec::new());
            }
        }
    }

    fn circular_segments(&mut self) {
        let (mut problems, mut circular) = (Vec::new(), Vec::new());
        for (at, segment) in (0..=u16::MAX).zip(&self.program.segments) {
            let mut reached: Vec<SegmentId> = Vec::new();
            let mut open = walk::segments(&segment.condition);
            while let Some(next) = open.pop() {
                if !reached.contains(&next) {
                    reached.push(next);
                    open.extend(self.program.segments.get(next.index()).iter().flat_map(|s| walk::segments(&s.condition)));
                }
            }
            if reached.contains(&SegmentId(at)) {
                circular.push(SegmentId(at));
            }
            // A circle is reported once, at its first segment.
            if reached.contains(&SegmentId(at)) && reached.iter().all(|id| id.0 >= at) {
                let others = reached.iter().filter(|id| id.0 != at).filter_map(|id| self.program.segments.get(id.index()));
                problems.push(errors::circular_segment(&segment.name, segment.span, others.map(|s| (s.name.as_str(), s.span)).next()));
            }
        }
        for problem in problems {
            self.report(problem);
        }
        // The circle is the mistake; what follows from it is none.
        for id in circular {
            if let Some(segment) = self.program.segments.get_mut(id.index()) {
                segment.condition = Expr::And(Vec::new());
            }
        }
    }

    /// What a segment asks for that is not known before discounts: `net amount`, if it does.
    pub(crate) fn late_segment(&self, id: SegmentId) -> Option<&'static str> {
        let (mut open, mut seen) = (vec![id], Vec::new());
        while let Some(next) = open.pop() {
            if seen.contains(&next) {
                continue;
            }
            seen.push(next);
            let Some(segment) = self.program.segments.get(next.index()) else { continue };
            let late = [Fact::NetAmount, Fact::NetGoods, Fact::ItemDiscount, Fact::PaidWithPoints, Fact::PaidWithVoucher]
                .into_iter()
                .find(|fact| walk::asks_for(&segment.condition, *fact));
            if let Some(fact) = late {
                return Some(super::types::fact_words(fact));
            }
            open.extend(walk::segments(&segment.condition));
        }
        None
    }

    /// `expect redemption rate at least 40%`
    pub(crate) fn expectation(&mut self, metric: &'a Spanned<String>, cmp: ast::CmpOp, value: &'a ast::Expr, span: Span) {
        let Some(Known { value, kind, .. }) = self.known(value, None) else { return };
        let value = if kind == Type::Money {
            let Ok(major) = value.divided_by(power(self.program.currency.decimals)) else { return };
            major
        } else {
            value
        };
        let text = self.sources.quote(span);
        let (metric, metric_span) = (metric.node.clone(), metric.span);
        self.program.expectations.push(Expectation { text, metric, metric_span, cmp: cmp_op(cmp), value, kind, span });
    }

    fn position(&mut self, kind: &str, name: &Name, found: Option<usize>) -> Option<u16> {
        if found.is_none() && !name.node.is_empty() {
            let problem = self.unknown(kind, &name.node, name.span);
            self.report(problem);
        }
        found.and_then(|at| u16::try_from(at).ok())
    }

    /// The gift of a name.
    pub(crate) fn gift(&mut self, name: &Name) -> Option<GiftId> {
        let found = self.scope.gifts.find(&name.node);
        self.position("gift", name, found).map(GiftId)
    }

    /// The draw of a name.
    pub(crate) fn draw(&mut self, name: &Name) -> Option<DrawId> {
        let found = self.scope.draws.find(&name.node);
        self.position("draw", name, found).map(DrawId)
    }

    /// The calendar of a name.
    pub(crate) fn calendar(&mut self, name: &Name) -> Option<CalendarId> {
        let found = self.scope.calendars.find(&name.node);
        self.position("calendar", name, found).map(CalendarId)
    }

    /// The budget of a name.
    pub(crate) fn budget(&mut self, name: &Name) -> Option<BudgetId> {
        let found = self.scope.budgets.find(&name.node);
        self.position("budget", name, found).map(BudgetId)
    }

    /// The limit of several rules of a name.
    pub(crate) fn shared_limit(&mut self, name: &Name) -> Option<u16> {
        let found = self.scope.limits.find(&name.node);
        self.position("limit", name, found)
    }

    /// The price list of a name.
    pub(crate) fn price_list(&mut self, name: &Name) -> Option<PriceListId> {
        let found = self.scope.price_lists.find(&name.node);
        self.position("price list", name, found).map(PriceListId)
    }

    /// The group of a name.
    pub(crate) fn group(&mut self, name: &Name) -> Option<GroupId> {
        let found = self.scope.groups.find(&name.node);
        self.position("group", name, found).map(GroupId)
    }

    /// The access of a name; it exists as soon as a rule grants it.
    pub(crate) fn access(&mut self, name: &str) -> AccessId {
        let key = name_key(name);
        let list = &mut self.program.accesses;
        let at = list.iter().position(|known| name_key(known) == key).unwrap_or_else(|| {
            list.push(name.to_owned());
            list.len().saturating_sub(1)
        });
        AccessId(u16::try_from(at).unwrap_or(u16::MAX))
    }

    /// The problem of a name that nothing is called.
    pub(crate) fn unknown(&self, kind: &str, name: &str, span: Span) -> crate::diagnostic::Diagnostic {
        let scope = &self.scope;
        let names = match kind {
            "tier" => &scope.tiers,
            "segment" => &scope.segments,
            "gift" => &scope.gifts,
            "draw" => &scope.draws,
            "calendar" => &scope.calendars,
            "budget" => &scope.budgets,
            "limit" => &scope.limits,
            "price list" => &scope.price_lists,
            "group" => &scope.groups,
            _ => &scope.rules,
        };
        let help = names.nearest(name).filter(|near| !near.is_empty()).map(|near| self.rewritten(span, &quoted_if_needed(near)));
        errors::unknown(kind, name, &names.list(), help, span)
    }

    /// The problem of a wallet that nothing declares.
    pub(crate) fn unknown_wallet(&self, name: &str, span: Span) -> crate::diagnostic::Diagnostic {
        let wallets = &self.program.wallets;
        let near = crate::diagnostic::nearest(name, wallets.iter().map(|w| w.name.as_str()));
        let help = near.map(|near| self.rewritten(span, &quoted_if_needed(near)));
        let list: Vec<&str> = wallets.iter().map(|w| w.name.as_str()).collect();
        errors::unknown("wallet", name, &list.join(", "), help, span)
    }
}

/// A name as it is written in a sentence.
pub(crate) fn quoted_if_needed(name: &str) -> String {
    let bare = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-')) && name.chars().next().is_some_and(char::is_alphabetic);
    if bare { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}
