//! Rules that can never apply and tiers that nobody can reach.

use super::conflict::{conflict, measures_wallet, no_moment};
use super::held::always_made;
use super::infer::compare;
use super::{Checker, errors};
use crate::program::{
    CmpOp, Effect, Exchange, Expr, Fact, Measure, MeasureKind, Program, Rule, Rung, Test, Trigger, WalletId, WalletKind, When, Window,
};
use crate::span::Span;
use crate::value::Exact;

/// The same as conditions on the facts `weekday`, `time of day` and `date`, as far as they can be said so.
fn as_tests(when: &When) -> Vec<Expr> {
    let test = |fact, op, value| compare(Expr::Fact(fact), op, value);
    match when {
        When::Weekdays(bits) => {
            let out = (0..7_u8).filter(|day| bits & 1_u8.checked_shl(u32::from(*day)).unwrap_or(0) == 0);
            out.map(|day| test(Fact::Weekday, CmpOp::IsNot, Expr::Weekday(day))).collect()
        }
        When::Between(from, to) if from < to => {
            vec![test(Fact::TimeOfDay, CmpOp::AtLeast, Expr::Time(*from)), test(Fact::TimeOfDay, CmpOp::Under, Expr::Time(*to))]
        }
        When::From(date) => vec![test(Fact::Date, CmpOp::AtLeast, Expr::Date(*date))],
        When::Until(date) => vec![test(Fact::Date, CmpOp::AtMost, Expr::Date(*date))],
        When::OnDate(date) => vec![test(Fact::Date, CmpOp::Is, Expr::Date(*date))],
        _ => Vec::new(),
    }
}

/// What only the whole program shows.
pub(crate) fn check(checker: &mut Checker<'_>) {
    if checker.unlowered == 0 && !checker.problems.has_errors() {
        checker.tiers_nobody_reaches();
        checker.budgets_without_worth();
    }
}

/// The day that a trigger names, as a restriction.
pub(crate) fn trigger_day(trigger: &Trigger) -> Option<When> {
    match trigger {
        Trigger::Date(date) => Some(When::OnDate(*date)),
        Trigger::YearDay(month, day) => Some(When::OnYearDay(*month, *day)),
        Trigger::DayOfMonth(day) => Some(When::OnDayOfMonth(*day)),
        _ => None,
    }
}

impl Checker<'_> {
    /// Reports clauses that rule each other out.
    pub(crate) fn never_applies(&mut self, what: &str, tests: &[Test], when: &[(When, Span)], (trigger, place): (&Trigger, Span)) {
        let day = trigger_day(trigger).map(|day| (day, place));
        // Days, hours and counts as conditions, beside those that are written as such.
        let mut implied: Vec<(Expr, Span)> = self.counted(trigger).into_iter().map(|test| (test, place)).collect();
        // The day words of a night that runs past midnight are those of its first day.
        let night = when.iter().any(|(when, _)| matches!(when, When::Between(from, to) if from >= to));
        if !tests.is_empty() && !night {
            implied.extend(when.iter().chain(&day).flat_map(|(when, span)| as_tests(when).into_iter().map(|test| (test, *span))));
        }
        let exprs: Vec<(&Expr, Span)> =
            tests.iter().map(|test| (&test.expr, test.span)).chain(implied.iter().map(|(test, span)| (test, *span))).collect();
        if let Some((first, second)) = conflict(&self.program, &exprs) {
            let problem = self.clash(what, first, second, false);
            self.report(problem);
            return;
        }
        let whens: Vec<(&When, Span)> =
            day.iter().map(|(when, span)| (when, *span)).chain(when.iter().map(|(when, span)| (when, *span))).collect();
        if let Some((first, second)) = no_moment(&self.program, &whens, None, None) {
            let problem = self.backwards(&whens, first, second).unwrap_or_else(|| self.clash(what, first, second, false));
            self.report(problem);
            return;
        }
        let (starts, ends) = (self.program.starts, self.program.ends);
        if (starts.is_some() || ends.is_some())
            && let Some((_, span)) = no_moment(&self.program, &whens, starts, ends)
        {
            let life = match (starts, ends) {
                (Some(starts), Some(ends)) => format!("the program runs from {starts} to {ends}"),
                (Some(starts), None) => format!("the program starts on {starts}"),
                (None, ends) => format!("the program ends on {}", ends.unwrap_or_default()),
            };
            self.report(errors::outside_program("on these days", &life, span));
        }
    }

    /// What a counting trigger says of its count before the purchase, and of the purchase's number.
    fn counted(&self, trigger: &Trigger) -> Vec<Expr> {
        let (counter, least, most) = match trigger {
            Trigger::Nth { after: false, n, counter } => (*counter, *n, Some(*n)),
            Trigger::EveryNth { after: false, n, counter } => (*counter, *n, None),
            Trigger::Range { from, to, counter } => (*counter, *from, Some(*to)),
            _ => return Vec::new(),
        };
        let between = |of: &Expr, less: i128| {
            let bound = |op, n: u32| compare(of.clone(), op, Expr::Number(Exact::whole(i128::from(n).saturating_sub(less))));
            std::iter::once(bound(CmpOp::AtLeast, least)).chain(most.map(|most| bound(CmpOp::AtMost, most))).collect::<Vec<_>>()
        };
        let mut tests = between(&Expr::Measure(counter), 1);
        let measure = self.program.measures.get(counter.index());
        let every = measure.is_some_and(|m| m.kind == MeasureKind::Purchases && m.window == Window::Unsaid && m.filter.is_all());
        if every {
            tests.extend(between(&Expr::Fact(Fact::PurchaseNumber), 0));
        }
        tests
    }

    /// The problem of two clauses that rule each other out, in the order of the text.
    pub(crate) fn clash(&self, what: &str, first: Span, second: Span, items: bool) -> crate::diagnostic::Diagnostic {
        if first.range() == second.range() {
            let why = if items { "no item is like this" } else { "this condition rules itself out" };
            return errors::never_alone(what, first, why);
        }
        let (first, second) = if second.range().start < first.range().start { (second, first) } else { (first, second) };
        errors::never(what, (self.sources.text(first), first), (self.sources.text(second), second), items)
    }

    /// `from` behind `until` is a slip of dates rather than two conditions.
    fn backwards(&self, whens: &[(&When, Span)], first: Span, second: Span) -> Option<crate::diagnostic::Diagnostic> {
        let at = |place: Span, wanted: fn(&When) -> bool| {
            whens.iter().find(|(when, span)| span.range() == place.range() && wanted(when)).map(|(when, span)| (*when, *span))
        };
        let from = |when: &When| matches!(when, When::From(_));
        let until = |when: &When| matches!(when, When::Until(_));
        let pair = at(first, from).zip(at(second, until)).or_else(|| at(second, from).zip(at(first, until)))?;
        let ((When::From(start), from_span), (When::Until(end), until_span)) = pair else { return None };
        let (start, end) = (start.to_string(), end.to_string());
        Some(errors::dates_backwards("this rule", ("starts", &start, from_span), ("ends", &end, until_span)))
    }

    fn tiers_nobody_reaches(&mut self) {
        let program = &self.program;
        let mut problems = Vec::new();
        for (number, ladder) in (0..=u16::MAX).zip(&program.ladders) {
            let wallet = program.measures.get(ladder.measure.index()).and_then(|measure| measures_wallet(&measure.kind));
            for (rung_number, rung) in (0..=u8::MAX).zip(&ladder.rungs).skip(1) {
                let tier = crate::program::TierId { ladder: crate::program::LadderId(number), rung: rung_number };
                let moved = all_rules(program).flat_map(|rule| &rule.effects).any(|effect| *effect == Effect::MoveTo(tier));
                if moved {
                    continue;
                }
                if rung.by_invitation {
                    problems.push(errors::nobody_invited(&rung.name, rung.span));
                    continue;
                }
                let dead = wallet.filter(|wallet| rung.or.is_none() && !is_given(program, *wallet));
                if let Some(wallet) = dead.and_then(|wallet| program.wallets.get(wallet.index())) {
                    problems.push(errors::nothing_counts(&rung.name, &wallet.name, rung.span));
                    break;
                }
                let measure = program.measures.get(ladder.measure.index());
                if let Some(exchange) = measure.and_then(|measure| emptying(program, measure, rung)) {
                    let price = self.units_words(exchange.price, exchange.wallet);
                    problems.push(errors::exchange_before_tier(&rung.name, &price, rung.span, exchange.rule.span));
                }
            }
        }
        for problem in problems {
            self.report(problem);
        }
    }

    /// `100 beans`, `1 EUR`
    pub(crate) fn units_words(&self, units: i64, wallet: WalletId) -> String {
        let Some(wallet) = self.program.wallets.get(wallet.index()) else { return units.to_string() };
        if wallet.kind == WalletKind::Money {
            return self.money_words(units);
        }
        let amount = crate::value::Decimal::new(i128::from(units), wallet.scale).normal();
        format!("{amount} {}", wallet.name)
    }

    /// A wallet without worth takes no money from a budget.
    fn budgets_without_worth(&mut self) {
        let program = &self.program;
        let mut problems = Vec::new();
        for rule in all_rules(program) {
            // A budget for all rules is about those that cost money; only one that a rule names must be able to pay.
            let Some(budget) = rule.budgets.iter().find_map(|id| program.budgets.get(id.index())) else { continue };
            for effect in &rule.effects {
                let wallet = match effect {
                    Effect::Grant { wallet, .. } | Effect::GrantFriend { wallet, .. } | Effect::Earn { wallet, .. } => *wallet,
                    _ => continue,
                };
                if let Some(wallet) = program.wallets.get(wallet.index()).filter(|wallet| wallet.worth.is_none()) {
                    problems.push(errors::budget_without_worth(wallet, &budget.name, &program.currency.code, rule.span));
                }
            }
        }
        for problem in problems {
            self.report(problem);
        }
    }
}

/// Rules, and those inside rewards and exchanges.
pub(crate) fn all_rules(program: &Program) -> impl Iterator<Item = &Rule> {
    let rewards = program.rewards.iter().map(|reward| &*reward.rule);
    program.rules.iter().chain(rewards).chain(program.exchanges.iter().map(|exchange| &*exchange.rule))
}

/// Whether anything puts units into a wallet.
pub(crate) fn is_given(program: &Program, wallet: WalletId) -> bool {
    all_rules(program).flat_map(|rule| &rule.effects).any(|effect| match effect {
        Effect::Earn { wallet: to, .. } | Effect::Grant { wallet: to, .. } | Effect::GrantFriend { wallet: to, .. } => *to == wallet,
        _ => false,
    })
}

/// An unconditional exchange that never lets a balance grow to the threshold of a tier.
fn emptying<'p>(program: &'p Program, measure: &Measure, rung: &Rung) -> Option<&'p Exchange> {
    let MeasureKind::Balance(wallet) = measure.kind else { return None };
    let from = rung.from.filter(|_| rung.or.is_none())?;
    program.exchanges.iter().find(|exchange| exchange.wallet == wallet && from > exchange.price && always_made(program, exchange))
}
