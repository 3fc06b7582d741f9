//! Conditions that ask for more than can ever come: every fact and measure has a range.

use super::conflict::{Bound, bounds};
use super::held::{Most, Over, balance, given, most_days, period_days};
use super::never::all_rules;
use super::{Checker, errors};
use crate::diagnostic::Diagnostic;
use crate::program::{CivilSpan, Expr, Fact, MeasureKind, Program, WalletId, Window};
use crate::span::Span;
use crate::value::Exact;

/// What bounds a value.
pub(crate) enum Range {
    /// From a number up.
    From(i64, String),
    /// Up to a number.
    UpTo(i64, String),
    /// Up to what a wallet can hold, or be given.
    Units(WalletId, Most),
}

/// Reports conditions that no value in range can meet.
pub(crate) fn check(checker: &mut Checker<'_>) {
    let program = &checker.program;
    let mut found: Vec<Diagnostic> = Vec::new();
    for rule in all_rules(program) {
        let tests: Vec<(&Expr, Span)> = rule.tests.iter().map(|test| (&test.expr, test.span)).collect();
        found.extend(first_beyond(checker, "rule", &tests));
    }
    for redeem in &program.redeems {
        let tests: Vec<(&Expr, Span)> = redeem.tests.iter().map(|test| (&test.expr, test.span)).collect();
        found.extend(first_beyond(checker, "payment", &tests));
    }
    for segment in &program.segments {
        found.extend(first_beyond(checker, "segment", &[(&segment.condition, segment.span)]));
    }
    for problem in found {
        checker.report(problem);
    }
}

fn first_beyond(checker: &Checker<'_>, what: &str, tests: &[(&Expr, Span)]) -> Option<Diagnostic> {
    // What a segment asks for is told at the segment.
    let own = bounds(&checker.program, tests, 8);
    own.into_iter().find_map(|(of, low, high, span)| beyond(checker, what, of, (low, high), span))
}

fn beyond(checker: &Checker<'_>, what: &str, of: &Expr, (low, high): (Bound, Bound), span: Span) -> Option<Diagnostic> {
    let above = |most: i64| {
        let most = Exact::whole(i128::from(most));
        low.is_some_and(|(low, outside)| low > most || low == most && outside)
    };
    match range(checker, of)? {
        Range::From(least, why) => {
            let least = Exact::whole(i128::from(least));
            let below = high.is_some_and(|(high, outside)| high < least || high == least && outside);
            below.then(|| errors::never_alone(what, span, &why))
        }
        Range::UpTo(most, why) => above(most).then(|| errors::never_alone(what, span, &why)),
        Range::Units(wallet, most) => above(most.units).then(|| checker.beyond_units(what, span, wallet, &most)),
    }
}

/// The range of a fact or a measure, with the reason in words.
pub(crate) fn range(checker: &Checker<'_>, of: &Expr) -> Option<Range> {
    let program = &checker.program;
    match of {
        Expr::Fact(Fact::Age) => Some(Range::UpTo(130, "nobody is that old".to_owned())),
        Expr::Fact(Fact::PurchaseNumber) => Some(Range::From(1, "purchases are counted from 1".to_owned())),
        Expr::Fact(Fact::DaysSinceLastPurchase) if !program.count_earlier => {
            let days = life_days(program)?;
            let (starts, ends) = program.starts.zip(program.ends)?;
            Some(Range::UpTo(days.saturating_sub(1), format!("the program runs for {days} days, from {starts} to {ends}")))
        }
        Expr::Measure(id) => {
            let measure = program.measures.get(id.index())?;
            match measure.kind {
                MeasureKind::DaysWithPurchase => days_of(measure.window).map(|(days, why)| Range::UpTo(days, why)),
                MeasureKind::Balance(wallet) => units(balance(program, wallet)?, wallet, program),
                MeasureKind::Earned(wallet) => units(given(program, wallet, measure.window)?, wallet, program),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Conditions about a wallet are in its full units, or in minor units of money.
fn units(most: Most, wallet: WalletId, program: &Program) -> Option<Range> {
    let scale = program.wallets.get(wallet.index()).map(|wallet| wallet.scale)?;
    let money = program.wallets.get(wallet.index())?.kind == crate::program::WalletKind::Money;
    // Fractions of points are rare; where they exist the bound is not told here.
    (money || scale == 0).then_some(Range::Units(wallet, most))
}

/// How many days the program runs, where it says so.
pub(crate) fn life_days(program: &Program) -> Option<i64> {
    let (starts, ends) = program.starts.zip(program.ends)?;
    Some(i64::from(ends.0).saturating_sub(i64::from(starts.0)).saturating_add(1))
}

/// How many days a window can hold.
pub(crate) fn days_of(window: Window) -> Option<(i64, String)> {
    match window {
        Window::In(period) | Window::Previous(period) => {
            let days = period_days(period);
            Some((days, format!("a {} has {}", period.word(), errors::days_words(days))))
        }
        // The first and the last day of a rolling window are both in it, in part.
        Window::Last(CivilSpan::Hours(n)) => Some((i64::from(n).div_euclid(24).saturating_add(2), format!("{n} hours touch fewer days"))),
        Window::Last(span) => {
            let days = most_days(span).saturating_add(1);
            Some((days, format!("{} have at most {}", errors::span_words(span), errors::days_words(days))))
        }
        Window::Unsaid | Window::SinceJoining | Window::SinceReaching(_) | Window::Ever => None,
    }
}

impl Checker<'_> {
    /// More units than can ever be there.
    pub(crate) fn beyond_units(&self, what: &str, span: Span, wallet: WalletId, most: &Most) -> Diagnostic {
        let name = self.wallet_name(wallet);
        let units = self.units_words(most.units, wallet);
        let message = format!("This {what} can never apply: there are never more than {units}.");
        self.with_most(errors::too_much(message, span), &name, most, wallet)
    }

    /// The place that bounds a wallet, with its number, and how long it adds up.
    pub(crate) fn with_most(&self, problem: Diagnostic, name: &str, most: &Most, wallet: WalletId) -> Diagnostic {
        if most.emptied {
            return problem.and(most.by, format!("takes the {name} away before there are more"));
        }
        let that = self.units_words(most.of_that, wallet);
        if self.program.wallets.get(wallet.index()).is_some_and(|of| of.hold == Some(most.units) && of.span == most.by) {
            return problem.and(most.by, format!("holds at most {that}"));
        }
        let time = match most.lives {
            None => "ever".to_owned(),
            Some(Over::Span(span, None)) => format!("in {}", errors::span_words(span)),
            Some(Over::Span(span, Some(period))) => {
                format!("in {} and the rest of a {}", errors::span_words(span), period.word())
            }
            Some(Over::Periods(1, period)) => format!("in a {}", period.word()),
            Some(Over::Periods(n, period)) => format!("in {n} {}s", period.word()),
            Some(Over::Always) => "ever".to_owned(),
        };
        problem.and(most.by, format!("lets at most {that} through {time}"))
    }
}
