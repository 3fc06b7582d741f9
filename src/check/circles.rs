//! Exchanges whose result pays for themselves, alone or in a circle: they would go on without end.

use super::lints::granted_units;
use super::{Checker, errors};
use crate::program::{Effect, Exchange, Program, WalletId};
use crate::value::Exact;

/// Longer circles are not looked for.
const MAX_LENGTH: usize = 12;
/// More ways than this are not tried.
const MAX_STEPS: usize = 100_000;

/// An exchange turns one wallet into another: how much of the second comes of one of the first.
struct Way {
    exchange: usize,
    from: WalletId,
    to: WalletId,
    rate: Exact,
}

/// Reports each circle once, at the exchange that closes it.
pub(crate) fn check(checker: &mut Checker<'_>) {
    let program = &checker.program;
    let ways = ways(program);
    let mut steps = 0_usize;
    let mut found: Vec<Vec<usize>> = Vec::new();
    for start in &ways {
        if start.rate < Exact::whole(1) && ways.len() == 1 {
            continue;
        }
        let mut path = vec![start];
        circle(&ways, start.from, start.rate, &mut path, &mut steps, &mut found);
    }
    let mut told: Vec<Vec<usize>> = Vec::new();
    let mut problems = Vec::new();
    for exchanges in found {
        let mut key = exchanges.clone();
        key.sort_unstable();
        if told.contains(&key) {
            continue;
        }
        told.push(key);
        problems.push(checker.circle_words(&exchanges));
    }
    for problem in problems {
        checker.report(problem);
    }
}

/// What automatic exchanges without any bound turn into what.
fn ways(program: &Program) -> Vec<Way> {
    let mut ways: Vec<Way> = Vec::new();
    let pot = program.budgets.iter().any(|budget| budget.for_all_rules);
    for (at, exchange) in program.exchanges.iter().enumerate() {
        let rule = &exchange.rule;
        if pot || !rule.limits.is_empty() || !rule.budgets.is_empty() || rule.only.is_some() {
            continue;
        }
        for effect in &rule.effects {
            let Effect::Grant { wallet, amount, .. } = effect else { continue };
            let Some(units) = granted_units(program, *wallet, amount) else { continue };
            let Ok(rate) = Exact::ratio(i128::from(units), i128::from(exchange.price.max(1))) else { continue };
            let known = ways.iter_mut().find(|way| way.exchange == at && way.to == *wallet);
            match known {
                Some(way) => way.rate = way.rate.plus(rate).unwrap_or(way.rate),
                None => ways.push(Way { exchange: at, from: exchange.wallet, to: *wallet, rate }),
            }
        }
    }
    ways
}

/// Goes on from the end of a path until it comes back to its start with as much as it began with, or more.
fn circle<'w>(ways: &'w [Way], home: WalletId, rate: Exact, path: &mut Vec<&'w Way>, steps: &mut usize, found: &mut Vec<Vec<usize>>) {
    *steps = steps.saturating_add(1);
    let Some(last) = path.last() else { return };
    if last.to == home {
        if rate >= Exact::whole(1) {
            found.push(path.iter().map(|way| way.exchange).collect());
        }
        return;
    }
    if path.len() >= MAX_LENGTH || *steps > MAX_STEPS {
        return;
    }
    let at = last.to;
    for way in ways.iter().filter(|way| way.from == at) {
        if path.iter().any(|known| known.from == at) {
            continue;
        }
        let Ok(rate) = rate.times(way.rate) else { continue };
        path.push(way);
        circle(ways, home, rate, path, steps, found);
        path.pop();
    }
}

impl Checker<'_> {
    fn circle_words(&self, exchanges: &[usize]) -> crate::diagnostic::Diagnostic {
        let of = |at: &usize| self.program.exchanges.get(*at);
        let steps: Vec<String> = exchanges.iter().filter_map(of).map(|exchange| self.exchange_words(exchange)).collect();
        let spans: Vec<_> = exchanges.iter().filter_map(of).map(|exchange| exchange.rule.span).collect();
        errors::feeds_itself(&steps, &spans)
    }

    fn exchange_words(&self, exchange: &Exchange) -> String {
        let gives = exchange.rule.effects.iter().filter_map(|effect| match effect {
            Effect::Grant { wallet, amount, .. } => Some(self.units_words(granted_units(&self.program, *wallet, amount)?, *wallet)),
            _ => None,
        });
        format!("{} become {}", self.units_words(exchange.price, exchange.wallet), gives.collect::<Vec<_>>().join(" and "))
    }
}
