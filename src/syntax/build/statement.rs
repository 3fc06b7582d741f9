//! Statements other than the program, wallets, ladders and examples.

use super::effect::unit_of;
use super::expr::{compare_op, period_in};
use super::{Builder, P, first, has, kid};
use crate::program::GainKind;
use crate::span::{Span, Spanned};
use crate::syntax::ast::{
    CalendarDays, Clause, ClauseKind, CmpOp, Effect, Expr, ExprKind, GroupPolicy, Literal, Name, RuleDecl, Statement, StatementKind,
    WorstCase, WorstOf,
};
use crate::syntax::errors;
use crate::syntax::grammar::Rule;
use crate::syntax::names;
use crate::value::{Date, Decimal};

impl Builder<'_> {
    /// The statement that the grammar found.
    pub fn statement(&mut self, pair: &P) -> Option<Statement> {
        let inner = pair.clone().into_inner().find(|p| p.as_rule() != Rule::EOI)?;
        let span = self.span(&inner);
        let kind = self.statement_kind(&inner, span)?;
        let damaged = self.damaged || !self.junk.is_empty();
        Some(Statement { span, kind, damaged })
    }

    fn statement_kind(&mut self, pair: &P, span: Span) -> Option<StatementKind> {
        Some(match pair.as_rule() {
            Rule::program => self.program(pair),
            Rule::wallet => self.wallet(pair),
            Rule::tiers => self.tiers(pair),
            Rule::segment => {
                let condition = self.part(pair, Rule::segment_if, Rule::segment_if);
                let condition = condition.map(|p| self.condition_in(&p)).or_else(|| self.lacks(pair, "if …", "tier is gold"))?;
                StatementKind::Segment { name: self.name_in(pair), condition }
            }
            Rule::calendar => StatementKind::Calendar { name: self.name_in(pair), days: self.calendar(pair) },
            Rule::gift => self.gift(pair),
            Rule::budget => self.budget(pair),
            Rule::shared_limit => self.shared_limit(pair)?,
            Rule::choice => self.choice(pair),
            Rule::draw => self.draw(pair),
            Rule::prices => {
                let from = self.part(pair, Rule::prices_from, Rule::prices_from);
                let file = from.map(|p| self.name_in(&p)).unwrap_or_else(|| {
                    self.broken(errors::prices_without_file(span));
                    Spanned::new(String::new(), span)
                });
                StatementKind::Prices { name: self.name_in(pair), file }
            }
            Rule::group => self.group(pair),
            Rule::param => self.param(pair),
            Rule::named_rule | Rule::bare_rule => StatementKind::Rule(self.rule(pair, span)),
            Rule::redeem_vouchers => StatementKind::RedeemVouchers { times: self.value_in(pair), clauses: self.clauses_behind(pair) },
            Rule::redeem => self.redeem(pair),
            Rule::reward => self.reward(pair)?,
            Rule::exchange => self.exchange(pair),
            Rule::goal => self.goal(pair),
            Rule::goal_worst => self.worst(pair),
            Rule::goal_gain => {
                self.junk_in(pair, Rule::goal_gain);
                StatementKind::ExpectNoGain { from: self.gains(pair) }
            }
            Rule::allow_gain => {
                self.junk_in(pair, Rule::allow_gain);
                let amount = kid(pair, Rule::gain_of).map(|p| self.value_in(&p));
                StatementKind::AllowGain { amount, from: self.gains(pair) }
            }
            Rule::example => self.example(pair),
            Rule::include => {
                self.junk_in(pair, Rule::include);
                StatementKind::Include { path: self.name_in(pair) }
            }
            _ => return None,
        })
    }

    /// Remembers the unreadable words of a short statement and gives its part by a rule.
    fn part<'i>(&mut self, pair: &P<'i>, rule: Rule, probe: Rule) -> Option<P<'i>> {
        self.junk_in(pair, probe);
        kid(pair, rule)
    }

    fn junk_in(&mut self, pair: &P, probe: Rule) {
        let mut before = None;
        for piece in pair.clone().into_inner() {
            match piece.as_rule() {
                Rule::junk => self.junk(&piece, probe, before),
                Rule::name | Rule::param_name => {}
                _ => before = Some(piece.as_span().start()),
            }
        }
    }

    /// A statement without a part that it must have; silent where an unreadable word explains it.
    fn lacks(&mut self, pair: &P, part: &str, sample: &str) -> Option<Expr> {
        if self.junk.is_empty() {
            let span = self.span(pair);
            let name = pair.clone().into_inner().find(|p| matches!(p.as_rule(), Rule::name | Rule::param_name));
            let end = name.map_or(pair.as_span().end(), |name| name.as_span().end());
            let head = self.text.get(pair.as_span().start()..end).unwrap_or("").trim().to_owned();
            self.broken(errors::part_missing(span, &head, part, sample));
        }
        Some(self.nothing(pair))
    }

    /// The clauses behind the head of a statement.
    fn clauses_behind(&mut self, pair: &P) -> Vec<Clause> {
        let effects = pair.clone().into_inner().filter(|p| super::clause::is_effect(p.as_rule()));
        let behind = kid(pair, Rule::clauses).into_iter().flat_map(P::into_inner);
        self.clauses(effects.chain(behind))
    }

    fn rule(&mut self, pair: &P, span: Span) -> RuleDecl {
        let name = (pair.as_rule() == Rule::named_rule).then(|| self.name_in(pair));
        let clauses = self.clauses_behind(pair);
        let effect = clauses.iter().any(|c| matches!(c.node, ClauseKind::Effect(_)));
        if !effect && self.junk.is_empty() && !self.damaged {
            self.broken(errors::rule_without_effect(span, name.is_some()));
        }
        RuleDecl { name, clauses }
    }

    fn calendar(&mut self, pair: &P) -> Vec<CalendarDays> {
        self.junk_in(pair, Rule::probe_days);
        let days: Vec<P> = pair.clone().into_inner().filter(|p| p.as_rule() == Rule::days).collect();
        if days.is_empty() {
            self.lacks(pair, "its days", "2025-11-28 to 2025-12-01");
        }
        days.iter().filter_map(|days| first(days)).map(|days| self.calendar_days(&days)).collect()
    }

    fn calendar_days(&mut self, pair: &P) -> CalendarDays {
        let span = self.span(pair);
        if pair.as_rule() == Rule::day_dates {
            let dates: Vec<Spanned<Date>> = super::kids(pair, Rule::date).map(|date| self.date(&date)).collect();
            let from = dates.first().cloned().unwrap_or(Spanned::new(Date::default(), span));
            let to = dates.get(1).cloned().unwrap_or_else(|| from.clone());
            return CalendarDays::Dates { from, to };
        }
        if pair.as_rule() == Rule::day_yearly {
            let line = self.rewritten(pair, &format!("every year {}", pair.as_str().trim()));
            self.report(errors::every_year(span, &line));
        }
        let days: Vec<_> = super::kids(pair, Rule::yearday).collect();
        let mut days = days.iter().map(|day| Spanned::new(self.yearday(day), self.span(day)));
        let first = days.next();
        let second = days.next();
        let from = first.unwrap_or(Spanned::new(crate::syntax::ast::YearDay { month: 1, day: 1 }, span));
        let to = second.unwrap_or_else(|| from.clone());
        CalendarDays::Yearly { from, to }
    }

    fn gift(&mut self, pair: &P) -> StatementKind {
        self.junk_in(pair, Rule::probe_gift);
        let costs = kid(pair, Rule::costs).map(|p| self.value_in(&p));
        let worth = kid(pair, Rule::worth).map(|p| self.value_in(&p));
        for value in [&costs, &worth].into_iter().flatten() {
            self.money_wanted(value);
        }
        let only = self.only(pair);
        StatementKind::Gift { name: self.name_in(pair), costs, worth, only }
    }

    /// `worth 5` is answered: 5 of what?
    pub fn money_wanted(&mut self, value: &Expr) {
        if let ExprKind::Literal(Literal::Number(number)) = value.kind {
            let unit = self.currency.unwrap_or("EUR").to_owned();
            self.broken(errors::of_what_unit(value.span, number, &unit));
        }
    }

    fn budget(&mut self, pair: &P) -> StatementKind {
        self.junk_in(pair, Rule::probe_budget);
        let amount = kid(pair, Rule::budget_amount).map(|p| self.value_in(&p));
        let amount = amount.or_else(|| self.lacks(pair, "its sum", "10000 EUR per month")).unwrap_or_else(|| self.nothing(pair));
        let per = kid(pair, Rule::budget_per).map(|p| Spanned::new(period_in(&p), self.span(&p)));
        let for_all_rules = has(pair, Rule::for_all_rules);
        StatementKind::Budget { name: self.name_in(pair), amount, per, for_all_rules }
    }

    /// `limit "Choice" on the first 2500 USD per quarter`, `limit "Fun" at most 20 EUR per month`
    fn shared_limit(&mut self, pair: &P) -> Option<StatementKind> {
        self.junk_in(pair, Rule::shared_limit);
        let name = kid(pair, Rule::quoted_name).map(|name| self.name_in(&name))?;
        let limit = match kid(pair, Rule::on_first) {
            Some(first) => {
                let amount = self.value_in(&first);
                Some(self.limit_with(crate::syntax::ast::LimitWhat::First(amount), &first))
            }
            None => kid(pair, Rule::at_most_words).and_then(|words| self.limit(&words)),
        };
        if limit.is_none() {
            self.lacks(pair, "what it limits", "at most 20 EUR per month");
        }
        Some(StatementKind::SharedLimit { name, limit: limit? })
    }

    /// `choice fuel one of "95", "diesel", at most once per month`
    fn choice(&mut self, pair: &P) -> StatementKind {
        self.junk_in(pair, Rule::choice);
        let values =
            kid(pair, Rule::names).map_or_else(Vec::new, |names| super::kids(&names, Rule::name).map(|name| self.name(&name)).collect());
        let limit = kid(pair, Rule::choice_limit);
        let limit = limit.and_then(|limit| [Rule::once, Rule::at_once, Rule::at_most_words].into_iter().find_map(|rule| kid(&limit, rule)));
        let limit = limit.and_then(|words| self.limit(&words));
        let at_first = kid(pair, Rule::choice_first).map(|words| self.name_in(&words));
        let later = kid(pair, Rule::choice_later).map(|words| period_in(&words));
        StatementKind::Choice { name: self.name_in(pair), values, limit, first: at_first, later }
    }

    fn draw(&mut self, pair: &P) -> StatementKind {
        self.junk_in(pair, Rule::probe_draw);
        let span = self.span(pair);
        let (on, gives) = (kid(pair, Rule::draw_on), kid(pair, Rule::draw_gives));
        if on.is_none() || gives.is_none() {
            self.lacks(pair, "its day and its prize", "on 2025-08-31 gives 3 gift \"weekend trip\"");
        }
        let date = on.map_or(Spanned::new(Date::default(), span), |on| self.date_in(&on));
        let one = Expr { span, kind: ExprKind::Literal(Literal::Number(Decimal::whole(1))) };
        let winners = gives.as_ref().map_or(one.clone(), |gives| {
            let count = gives.clone().into_inner().find(|p| !matches!(p.as_rule(), Rule::k_gives));
            match count {
                Some(p) if p.as_rule() == Rule::number => self.whole(gives),
                Some(p) if p.as_rule() == Rule::paren => self.paren(&p),
                Some(p) if p.as_rule() == Rule::reference => Expr { span: self.span(&p), kind: ExprKind::Name(self.name(&p).node) },
                _ => one,
            }
        });
        let gift = gives.map_or(Spanned::new(String::new(), span), |gives| self.name_in(&gives));
        StatementKind::Draw { name: self.name_in(pair), date, winners, gift }
    }

    fn group(&mut self, pair: &P) -> StatementKind {
        let policy = match self.part(pair, Rule::policy, Rule::policy) {
            Some(p) if has(&p, Rule::k_store) => GroupPolicy::BestForStore,
            Some(p) if has(&p, Rule::k_best) => {
                if !has(&p, Rule::k_customer) {
                    let span = self.span(&p);
                    self.report(errors::best_for_whom(span));
                }
                GroupPolicy::BestForCustomer
            }
            Some(p) if has(&p, Rule::k_first) => GroupPolicy::First,
            Some(_) => GroupPolicy::All,
            None => {
                self.lacks(pair, "how its rules combine", "best for customer");
                GroupPolicy::BestForCustomer
            }
        };
        StatementKind::Group { name: self.name_in(pair), policy }
    }

    fn param(&mut self, pair: &P) -> StatementKind {
        let value = self.part(pair, Rule::param_value, Rule::param_value);
        let value = value.map(|p| self.expr_in(&p)).or_else(|| self.lacks(pair, "its value", "2%"));
        let name = kid(pair, Rule::param_name).map_or(Spanned::new(String::new(), self.span(pair)), |p| self.name(&p));
        if names::is_reserved(&name.node) || names::is_fact(&name.node) {
            self.report(errors::reserved_param(name.span, &name.node));
        }
        StatementKind::Param { name, value: value.unwrap_or_else(|| self.nothing(pair)) }
    }

    fn redeem(&mut self, pair: &P) -> StatementKind {
        let clauses = self.clauses_behind(pair);
        let Some(step) = kid(pair, Rule::redeem_amount) else {
            return StatementKind::Redeem { amount: None, wallet: self.name_in(pair), value: None, clauses };
        };
        let (amount, wallet) = self.counted(&step);
        let value = self.value_in(&step);
        self.money_wanted(&value);
        StatementKind::Redeem { amount: Some(amount), wallet, value: Some(value), clauses }
    }

    /// The `N WALLET` among the pieces of `pair`.
    fn counted(&mut self, pair: &P) -> (Expr, Name) {
        let (amount, apart) = self.amount_in(pair);
        let of = kid(pair, Rule::name).map(|name| self.name(&name));
        let wallet = of.or(apart).or_else(|| unit_of(&amount)).unwrap_or_else(|| {
            let money = matches!(amount.kind, ExprKind::Literal(Literal::Money { .. }));
            if money {
                return Spanned::new("cashback".to_owned(), amount.span);
            }
            self.broken(errors::of_which_wallet(amount.span));
            Spanned::new(String::new(), amount.span)
        });
        (amount, wallet)
    }

    fn reward(&mut self, pair: &P) -> Option<StatementKind> {
        let name = kid(pair, Rule::quoted_name).map(|name| self.name_in(&name));
        let price = kid(pair, Rule::reward_price)?;
        let price = if has(&price, Rule::k_free) { None } else { Some(self.counted(&price)) };
        let mut effects = self.reward_effects(pair);
        if let Some(second) = effects.get(1) {
            let span = second.span;
            self.report(errors::one_reward(span));
        }
        effects.truncate(1);
        let effect = effects.pop()?;
        let around = [Rule::quoted_name, Rule::reward_price, Rule::clauses];
        let before = pair.clone().into_inner().skip_while(|p| !super::clause::is_effect(p.as_rule())).skip(1);
        let before = before.filter(|p| !around.contains(&p.as_rule()) && names::keyword(p.as_rule()).is_none());
        let behind = kid(pair, Rule::clauses).into_iter().flat_map(P::into_inner);
        let clauses = self.clauses(before.chain(behind));
        Some(StatementKind::Reward { name, effect: Box::new(effect), price, clauses })
    }

    fn reward_effects(&mut self, pair: &P) -> Vec<Spanned<Effect>> {
        let effect = pair.clone().into_inner().find(|p| super::clause::is_effect(p.as_rule()));
        effect.map(|effect| self.effects(&effect)).unwrap_or_default()
    }

    fn exchange(&mut self, pair: &P) -> StatementKind {
        let (amount, wallet) = self.counted(pair);
        let mut effects = Vec::new();
        let mut clauses = Vec::new();
        for clause in self.clauses_behind(pair) {
            match clause.node {
                ClauseKind::Effect(effect) => effects.push(Spanned::new(effect, clause.span)),
                node => clauses.push(Spanned::new(node, clause.span)),
            }
        }
        StatementKind::Exchange { amount, wallet, effects, clauses }
    }

    fn worst(&mut self, pair: &P) -> StatementKind {
        self.junk_in(pair, Rule::goal_worst);
        let of = kid(pair, Rule::worst_of);
        let purchase = of.as_ref().and_then(|of| kid(of, Rule::worst_purchase));
        let least = purchase.as_ref().filter(|purchase| has(purchase, Rule::value)).map(|purchase| self.value_in(purchase));
        let of = if purchase.is_some() { Some(WorstOf::Purchase) } else { of.map(|_| WorstOf::Spend) };
        StatementKind::ExpectWorst(WorstCase {
            most: self.value_in(pair),
            plus: kid(pair, Rule::worst_plus).map(|plus| self.value_in(&plus)),
            least,
            year: has(pair, Rule::worst_year) || of == Some(WorstOf::Spend),
            of,
        })
    }

    fn gains(&mut self, pair: &P) -> Vec<Spanned<GainKind>> {
        let from = kid(pair, Rule::gain_from);
        let kinds = from.into_iter().flat_map(P::into_inner).filter(|p| p.as_rule() == Rule::gain_kind);
        kinds.filter_map(|p| Some(Spanned::new(gain_kind(&p)?, self.span(&p)))).collect()
    }

    fn goal(&mut self, pair: &P) -> StatementKind {
        self.junk_in(pair, Rule::goal);
        let metric = kid(pair, Rule::goal_metric);
        let mut metric = metric.map_or(Spanned::new(String::new(), self.span(pair)), |metric| match kid(&metric, Rule::quoted) {
            Some(quoted) => self.name(&quoted),
            None => Spanned::new(words(&metric), self.span(&metric)),
        });
        if let Some(tail) = kid(pair, Rule::goal_tail) {
            metric.node = format!("{} {}", metric.node, words(&tail));
        }
        let cmp = kid(pair, Rule::goal_compare).and_then(|p| compare_op(&p)).unwrap_or(CmpOp::Is);
        StatementKind::Expect { metric, cmp, value: self.value_in(pair) }
    }
}

fn gain_kind(pair: &P) -> Option<GainKind> {
    Some(match first(pair)?.as_rule() {
        Rule::k_return => GainKind::Returns,
        Rule::k_splitting => GainKind::Splitting,
        Rule::k_threshold => GainKind::Thresholds,
        Rule::k_account => GainKind::Accounts,
        Rule::k_tier => GainKind::Tiers,
        Rule::k_windows => GainKind::Windows,
        Rule::k_exchange => GainKind::Exchanges,
        _ => return None,
    })
}

/// The words of a piece with one blank between.
fn words(pair: &P) -> String {
    pair.as_str().split_whitespace().collect::<Vec<_>>().join(" ")
}
