//! The clauses of rules, rewards, exchanges and redemptions, other than triggers and effects.

use super::conflict::no_item;
use super::infer::compare;
use super::lower_rule::{Body, is_early, over_test};
use super::values::period;
use super::{Checker, errors};
use crate::program::{
    BudgetId, CmpOp, Effect, Entitlement, Expr, Fact, GroupId, ItemFilter, Life, Limit, Pending, Rate, Repeat, RuleId, Scope, Test,
    TestKind, Type, When,
};
use crate::span::Span;
use crate::syntax::ast::{self, Audience, AudienceKind, Clause, ClauseKind};
use crate::value::TimeOfDay;

/// The lowered clauses of one body.
#[derive(Debug, Default)]
pub(crate) struct Clauses {
    pub tests: Vec<Test>,
    pub when: Vec<(When, Span)>,
    pub past_midnight_until: Option<TimeOfDay>,
    pub scope: Option<Scope>,
    pub limits: Vec<Limit>,
    pub budgets: Vec<BudgetId>,
    pub only: Option<u64>,
    pub repeat: Option<(Repeat, Span)>,
    pub entitlement: Entitlement,
    pub life: Life,
    pub priority: i64,
    pub alone: bool,
    pub exclusive: bool,
    /// Whether nothing is given but free shipping.
    pub ships_only: bool,
    pub including_shipping: bool,
    pub group: Option<GroupId>,
    pub not_with: Vec<RuleId>,
}

impl<'a> Checker<'a> {
    /// The clauses of a rule, a reward or an exchange. `lone` is the place of a date that became the trigger.
    pub(crate) fn clauses(
        &mut self,
        (body, complete): (Body, bool),
        clauses: &'a [Clause],
        effects: &[(Effect, Span)],
        lone: Option<Span>,
    ) -> Clauses {
        let mut parts = Clauses::default();
        let early = clauses.iter().any(|clause| matches!(&clause.node, ClauseKind::Effect(effect) if is_early(effect)));
        let over = if early { Fact::Amount } else { Fact::NetAmount };
        // Free shipping looks at goods after all discounts, whatever words say so.
        parts.ships_only = !effects.is_empty() && effects.iter().all(|(effect, _)| matches!(effect, Effect::FreeShipping));
        let mut scopes: Vec<(&'a ast::Scope, Span)> = Vec::new();
        let pays_out = effects.iter().any(|(effect, _)| matches!(effect, Effect::PayOut(_)));
        for clause in clauses {
            let span = clause.span;
            match &clause.node {
                // Said of the balance, see `pay_out_terms`.
                ClauseKind::Limit(ast::Limit { what: ast::LimitWhat::AtLeast(_), .. }) | ClauseKind::InSteps(_) if pays_out => {}
                ClauseKind::Scope(scope) => scopes.push((scope, span)),
                ClauseKind::Time(_) if lone.is_some_and(|lone| lone.range() == span.range()) => {}
                ClauseKind::Effect(ast::Effect::Voucher { per: Some(per), .. }) => {
                    parts.repeat = self.some_money(per).map(|per| (Repeat::Money(per), span));
                    if effects.len() > 1 {
                        self.report(errors::voucher_per_alone(per.span));
                    }
                }
                ClauseKind::Limit(limit) => {
                    if let Some(limit) = self.limit(limit, span, effects, (body, complete)) {
                        parts.limits.push(limit);
                    }
                }
                ClauseKind::WithinLimit { name, then, or_nothing } => {
                    let words = (name, then.as_deref(), *or_nothing);
                    parts.limits.extend(self.within_limit(words, span, effects, (body, complete)));
                }
                other => self.clause(&mut parts, other, over, span),
            }
        }
        parts.scope = self.scopes(&scopes);
        self.life_touches_something(&parts.life, clauses, effects);
        self.shipping_is_discounted(&parts, clauses, effects);
        parts
    }

    /// `at least 10 EUR`, `in steps of 5 EUR` behind `pay out`.
    pub(crate) fn pay_out_terms(&mut self, effects: &mut [(Effect, Span)], clauses: &'a [Clause]) {
        let Some((Effect::PayOut(how), _)) = effects.iter_mut().find(|(effect, _)| matches!(effect, Effect::PayOut(_))) else { return };
        for clause in clauses {
            match &clause.node {
                ClauseKind::Limit(ast::Limit { what: ast::LimitWhat::AtLeast(amount), .. }) => {
                    let of_wallet = matches!(self.infer(amount, None).map(|typed| typed.kind), Some(Type::Points(of)) if of == how.wallet);
                    if of_wallet {
                        how.least_units = self.some_units(amount, how.wallet).unwrap_or(0);
                    } else {
                        how.least = self.some_money(amount).unwrap_or(0);
                    }
                }
                ClauseKind::InSteps(step) => how.step = self.some_money(step).unwrap_or(1),
                _ => {}
            }
        }
    }

    /// A clause that means the same wherever it stands.
    pub(crate) fn clause(&mut self, parts: &mut Clauses, clause: &'a ClauseKind, over: Fact, span: Span) {
        match clause {
            ClauseKind::Audience(audience) => parts.tests.extend(self.audience(audience, span)),
            ClauseKind::Place(place) => {
                parts.tests.push(Test { kind: TestKind::Place, expr: self.place(place), span });
            }
            ClauseKind::Time(time) => self.time(parts, time, span),
            ClauseKind::Over(words) => {
                if let Some(test) = self.over_clause(words, over, parts.ships_only, span) {
                    parts.tests.push(test);
                }
            }
            ClauseKind::If(condition) => {
                if let Some(expr) = self.condition(condition) {
                    parts.tests.push(Test { kind: TestKind::If, expr, span });
                }
            }
            ClauseKind::Unless(condition) => {
                if let Some(expr) = self.condition(condition) {
                    parts.tests.push(Test { kind: TestKind::Unless, expr: Expr::Not(Box::new(expr)), span });
                }
            }
            ClauseKind::WithinBudget(name) => parts.budgets.extend(self.budget(name)),
            ClauseKind::OnlyTimes(times) => parts.only = self.series(times),
            ClauseKind::OnNext(count) => parts.entitlement.uses = self.some_count(count),
            ClauseKind::AddedToWhatIsLeft => parts.entitlement.added = true,
            ClauseKind::For(life) => parts.entitlement.lasts = self.life(life, span),
            ClauseKind::PendingFor(time) => parts.life.pending = self.span_of_time(time).map(Pending::For),
            ClauseKind::PendingUntil { event, within } => parts.life.pending = self.pending_until(event, within.as_ref()),
            ClauseKind::ExpiringAfter(time) => parts.life.expiring_after = self.span_of_time(time),
            ClauseKind::Usable(around) => parts.life.usable = self.usable(around, span),
            ClauseKind::PaidAt { period: of, rounded_down_to } => {
                // The step is in the unit of what the rule earns; `clauses` turns it into smallest units.
                let step = rounded_down_to.as_ref().and_then(|step| self.paid_step(step));
                parts.life.paid_at = Some((period(*of), step));
            }
            ClauseKind::Priority(number) => {
                if let Some(known) = self.known(number, Some(Type::Number)) {
                    match super::types::whole(known.value).filter(|_| known.kind == Type::Number) {
                        Some(priority) => parts.priority = priority,
                        None => self.report(errors::not_whole(number.span)),
                    }
                }
            }
            ClauseKind::ForEvery { count, scope } => {
                if count.node == 0 {
                    self.report(errors::ordinal_zero(self.sources.text(count.span), count.span));
                }
                let filter = scope.as_ref().map(|scope| self.item_filter(scope, span));
                if let (Some(Some(_)) | None, 1..) = (&filter, count.node) {
                    parts.repeat = Some((Repeat::Items(count.node, filter.flatten()), span));
                }
            }
            ClauseKind::InSteps(_) | ClauseKind::WholePurchases => {
                self.report(errors::only_in_redeem(self.sources.text(span), span));
            }
            ClauseKind::Alone => parts.alone = true,
            ClauseKind::Exclusive => parts.exclusive = true,
            ClauseKind::IncludingShipping => parts.including_shipping = true,
            ClauseKind::InGroup(name) => parts.group = self.group(name),
            ClauseKind::NotWith(name) => parts.not_with.extend(self.rule_called(name)),
            ClauseKind::Trigger(_)
            | ClauseKind::Effect(_)
            | ClauseKind::Scope(_)
            | ClauseKind::Limit(_)
            | ClauseKind::WithinLimit { .. } => {}
        }
    }

    /// `over 50 EUR of goods`; what is left after discounts is not known before them.
    fn over_clause(&mut self, over: &'a ast::Over, whole: Fact, ships_only: bool, span: Span) -> Option<Test> {
        let amount = self.money(&over.amount)?;
        if over.after_discounts && whole == Fact::Amount && !ships_only {
            self.report(errors::after_discounts_of_discount(span));
            return None;
        }
        let test = over_test(whole, over.inclusive, amount, span);
        let goods = if whole == Fact::NetAmount { Fact::NetGoods } else { Fact::Goods };
        Some(if over.of_goods { over_test(goods, over.inclusive, amount, span) } else { test })
    }

    fn rule_called(&mut self, name: &'a ast::Name) -> Option<RuleId> {
        let found = self.scope.rules.find(&name.node);
        if found.is_none() {
            let named = super::scope::Names::new(self.scope.rules.0.iter().filter(|r| !r.name.is_empty()).cloned());
            let help = named.nearest(&name.node).map(|near| self.rewritten(name.span, &format!("\"{near}\"")));
            self.report(errors::unknown("rule", &name.node, &named.list(), help, name.span));
        }
        found.and_then(|at| u16::try_from(at).ok()).map(RuleId)
    }

    fn audience(&mut self, audience: &'a Audience, span: Span) -> Option<Test> {
        let parts: Vec<Option<Expr>> = audience.any_of.iter().map(|kind| self.audience_test(&kind.node)).collect();
        let mut parts = parts.into_iter().collect::<Option<Vec<Expr>>>()?;
        let everyone = parts.contains(&Expr::YesNo(true));
        if everyone {
            if audience.except {
                self.report(errors::except_everyone(self.sources.text(span), span));
            }
            return None;
        }
        let any = if parts.len() > 1 { Expr::Or(parts) } else { parts.pop()? };
        Some(if audience.except {
            Test { kind: TestKind::Except, expr: Expr::Not(Box::new(any)), span }
        } else {
            Test { kind: TestKind::Audience, expr: any, span }
        })
    }

    fn audience_test(&mut self, kind: &'a AudienceKind) -> Option<Expr> {
        match kind {
            AudienceKind::Everyone => Some(Expr::YesNo(true)),
            AudienceKind::Tiers(list) => {
                let mut any = Vec::new();
                let last = list.names.len().saturating_sub(1);
                for (at, name) in list.names.iter().enumerate() {
                    let tier = self.tier(&name.node, name.span)?;
                    let op = if list.or_above && at == last { CmpOp::AtLeast } else { CmpOp::Is };
                    any.push(compare(Expr::TierOf(tier.ladder), op, Expr::Tier(tier)));
                }
                if any.len() > 1 { Some(Expr::Or(any)) } else { any.pop() }
            }
            AudienceKind::Segments(names) => {
                let found: Vec<Option<Expr>> = names.iter().map(|name| self.segment(&name.node, name.span).map(Expr::InSegment)).collect();
                let mut any = found.into_iter().collect::<Option<Vec<Expr>>>()?;
                if any.len() > 1 { Some(Expr::Or(any)) } else { any.pop() }
            }
            AudienceKind::JoinedBefore(date) => Some(compare(Expr::Fact(Fact::Joined), CmpOp::Under, Expr::Date(*date))),
            AudienceKind::Referred => Some(Expr::Fact(Fact::Referred)),
            AudienceKind::AllOf(list) => {
                let all: Vec<Option<Expr>> = list.iter().map(|kind| self.audience_test(&kind.node)).collect();
                Some(Expr::And(all.into_iter().collect::<Option<Vec<Expr>>>()?))
            }
        }
    }

    /// `rounded down to 0.50 EUR`, in smallest units of the wallet whose unit it is in.
    fn paid_step(&mut self, step: &'a ast::Expr) -> Option<i64> {
        let known = self.known(step, None)?;
        match known.kind {
            Type::Money => self.some_money(step),
            Type::Points(wallet) => self.some_units(step, wallet),
            kind => {
                let text = self.sources.text(step.span).to_owned();
                let problem = if kind == Type::Number {
                    let mut samples = vec![self.sample(Type::Money, &text)];
                    samples.extend(self.unit_wallets().into_iter().map(|name| format!("{text} {name}")));
                    errors::bare_number(&text, &samples, step.span)
                } else {
                    self.misfit(Type::Money, kind, step.span)
                };
                self.report(problem);
                None
            }
        }
    }

    /// Scopes narrow each other.
    pub(crate) fn scopes(&mut self, scopes: &[(&'a ast::Scope, Span)]) -> Option<Scope> {
        let mut special: Option<(&'a ast::Scope, Span)> = None;
        let (mut filters, mut excluded) = (Vec::new(), Vec::new());
        for (scope, span) in scopes {
            match scope {
                ast::Scope::CheapestItem | ast::Scope::EveryNthItem(_) | ast::Scope::Shipping | ast::Scope::TopCategory(_) => {
                    if let Some((_, first)) = special {
                        self.report(errors::two_scopes((self.sources.text(first), first), (self.sources.text(*span), *span)));
                    }
                    special = Some((scope, *span));
                }
                ast::Scope::NotReduced => filters.push(ItemFilter::NotReduced),
                ast::Scope::Excluding(inner) => excluded.extend(self.item_filter(inner, *span)),
                other => filters.extend(self.item_filter(other, *span)),
            }
        }
        let no_positive = filters.is_empty();
        self.scopes_leave_items(scopes, &filters, &excluded);
        let negated = |filter: &ItemFilter| ItemFilter::Not(Box::new(filter.clone()));
        filters.extend(excluded.iter().map(negated));
        let all = |mut filters: Vec<ItemFilter>| if filters.len() > 1 { Some(ItemFilter::All(filters)) } else { filters.pop() };
        let Some((scope, span)) = special else {
            if no_positive && !excluded.is_empty() {
                // Several exclusions: an item that any of them names is out, shipping stays in.
                return match all(excluded.clone())? {
                    ItemFilter::All(_) => {
                        let kept = all(excluded.iter().map(negated).collect())?;
                        Some(Scope::Excluding(ItemFilter::Not(Box::new(kept))))
                    }
                    one => Some(Scope::Excluding(one)),
                };
            }
            return all(filters).map(Scope::Items);
        };
        let filter = all(filters);
        match scope {
            ast::Scope::CheapestItem => Some(Scope::Cheapest(filter)),
            ast::Scope::EveryNthItem(n) if n.node == 0 => {
                self.report(errors::ordinal_zero(self.sources.text(n.span), n.span));
                None
            }
            ast::Scope::EveryNthItem(n) => Some(Scope::EveryNth(n.node, filter)),
            ast::Scope::TopCategory(of) => Some(Scope::TopCategory(period(*of), filter)),
            _ => {
                let plain = |other: &ast::Scope| {
                    !matches!(
                        other,
                        ast::Scope::CheapestItem | ast::Scope::EveryNthItem(_) | ast::Scope::TopCategory(_) | ast::Scope::Shipping
                    )
                };
                if let Some((_, other)) = scopes.iter().find(|(other, _)| plain(other)) {
                    self.report(errors::two_scopes((self.sources.text(span), span), (self.sources.text(*other), *other)));
                }
                Some(Scope::Shipping)
            }
        }
    }

    fn scopes_leave_items(&mut self, scopes: &[(&'a ast::Scope, Span)], filters: &[ItemFilter], excluded: &[ItemFilter]) {
        let negated: Vec<ItemFilter> = excluded.iter().map(|filter| ItemFilter::Not(Box::new(filter.clone()))).collect();
        let all: Vec<&ItemFilter> = filters.iter().chain(&negated).collect();
        if filters.is_empty() || !no_item(&self.program, &all) {
            return;
        }
        if let (Some((_, first)), Some((_, last))) = (scopes.first(), scopes.last()) {
            let problem = self.clash("rule", *first, *last, true);
            self.report(problem);
        }
    }

    /// Waiting, expiry and payment days are of what lies in wallets.
    /// `including shipping` goes with a discount, or a percentage voucher, of the whole purchase.
    fn shipping_is_discounted(&mut self, parts: &Clauses, clauses: &'a [Clause], effects: &[(Effect, Span)]) {
        if !parts.including_shipping || effects.is_empty() {
            return;
        }
        let discounts = |effect: &Effect| match effect {
            Effect::Discount(_) => true,
            Effect::Voucher { value, .. } => matches!(value, Rate::Percent(_)),
            _ => false,
        };
        let whole = matches!(parts.scope, None | Some(Scope::Excluding(_)));
        if !whole || !effects.iter().any(|(effect, _)| discounts(effect)) {
            for clause in clauses.iter().filter(|clause| matches!(clause.node, ClauseKind::IncludingShipping)) {
                self.report(errors::shipping_not_included(clause.span));
            }
        }
    }

    fn life_touches_something(&mut self, life: &Life, clauses: &'a [Clause], effects: &[(Effect, Span)]) {
        if *life == Life::default() || effects.is_empty() {
            return;
        }
        let lasting = |effect: &Effect| {
            matches!(
                effect,
                Effect::Earn { .. }
                    | Effect::Multiply { .. }
                    | Effect::Grant { .. }
                    | Effect::GrantFriend { .. }
                    | Effect::Voucher { .. }
                    | Effect::Gift { .. }
                    | Effect::Entries { .. }
                    | Effect::EarnEntries { .. }
            )
        };
        if effects.iter().any(|(effect, _)| lasting(effect)) {
            return;
        }
        for clause in clauses {
            if matches!(
                clause.node,
                ClauseKind::PendingFor(_)
                    | ClauseKind::PendingUntil { .. }
                    | ClauseKind::ExpiringAfter(_)
                    | ClauseKind::Usable(_)
                    | ClauseKind::PaidAt { .. }
            ) {
                self.report(errors::life_of_nothing(self.sources.text(clause.span), clause.span));
            }
        }
    }
}
