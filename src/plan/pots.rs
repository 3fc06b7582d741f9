//! Pots shared by all customers, as the program declares them: budgets, and series of which there are only so many.

use super::effects::{Does, Effects, Given};
use crate::program::{Period, Program, Rule};

/// What a pot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// Minor units.
    Money,
    /// Pieces of a gift, whichever rule gives them.
    Gift(usize),
    /// Pieces of one effect of one rule.
    Effect { rule: usize, effect: usize },
    /// How many times a rule gives; of several effects the first counts.
    Times(usize),
}

/// A pot as the program declares it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pot {
    pub holds: Holds,
    pub limit: i64,
    pub per: Option<Period>,
}

/// The pots of a program, and by rule which it draws on. Rules inside exchanges and rewards come after the others.
pub(crate) fn pots(program: &Program, rules: &[&Rule], effects: &[Effects<'_>]) -> (Vec<Pot>, Vec<Vec<usize>>) {
    let series = |holds: Holds, only: u64| Pot { holds, limit: i64::try_from(only).unwrap_or(i64::MAX), per: None };
    let mut pots: Vec<Pot> =
        program.budgets.iter().map(|budget| Pot { holds: Holds::Money, limit: budget.amount, per: budget.per }).collect();
    let gifts = program.gifts.iter().enumerate();
    pots.extend(gifts.filter_map(|(index, gift)| Some(series(Holds::Gift(index), gift.only?))));
    for (index, rule) in rules.iter().enumerate() {
        pots.extend(rule.only.map(|only| series(Holds::Times(index), only)));
        let own = effects.get(index).into_iter().flat_map(Effects::iter).enumerate();
        pots.extend(own.filter_map(|(effect, does)| Some(series(Holds::Effect { rule: index, effect }, does.only?))));
    }
    let draws = |index: usize, rule: &Rule, at: usize, pot: &Pot| match pot.holds {
        Holds::Money => program.budgets.get(at).is_some_and(|b| b.for_all_rules) || rule.budgets.iter().any(|id| id.index() == at),
        Holds::Gift(gift) => {
            let gives = |does: &Does<'_>| matches!(does.given, Given::Gift(id) if id.index() == gift);
            effects.get(index).is_some_and(|own| own.iter().any(gives))
        }
        Holds::Effect { rule: of, .. } | Holds::Times(of) => of == index,
    };
    let of_rule = |(index, rule): (usize, &&Rule)| {
        let all = pots.iter().enumerate();
        all.filter(|(at, pot)| draws(index, rule, *at, pot)).map(|(at, _)| at).collect()
    };
    let by_rule = rules.iter().enumerate().map(of_rule).collect();
    (pots, by_rule)
}
