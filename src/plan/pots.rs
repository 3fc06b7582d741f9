//! Pots shared by all customers, as the program declares them: budgets, and series of which there are only so many.

use crate::program::{Effect, Period, Program, Rule};

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
pub(crate) fn pots(program: &Program) -> (Vec<Pot>, Vec<Vec<usize>>) {
    let mut pots: Vec<Pot> =
        program.budgets.iter().map(|budget| Pot { holds: Holds::Money, limit: budget.amount, per: budget.per }).collect();
    for (index, gift) in program.gifts.iter().enumerate() {
        if let Some(only) = gift.only {
            pots.push(Pot { holds: Holds::Gift(index), limit: i64::try_from(only).unwrap_or(i64::MAX), per: None });
        }
    }
    let inner = program.exchanges.iter().map(|e| &*e.rule).chain(program.rewards.iter().map(|r| &*r.rule));
    let all: Vec<&Rule> = program.rules.iter().chain(inner).collect();
    for rule in &all {
        if let Some(only) = rule.only {
            pots.push(Pot { holds: Holds::Times(rule.id.index()), limit: i64::try_from(only).unwrap_or(i64::MAX), per: None });
        }
        for (effect, kind) in rule.effects.iter().enumerate() {
            if let Effect::Gift { only: Some(only), .. } | Effect::Access { only: Some(only), .. } = kind {
                let holds = Holds::Effect { rule: rule.id.index(), effect };
                pots.push(Pot { holds, limit: i64::try_from(*only).unwrap_or(i64::MAX), per: None });
            }
        }
    }
    let mut by_rule = vec![Vec::new(); all.iter().map(|rule| rule.id.index() + 1).max().unwrap_or(0)];
    for rule in all {
        let draws = |(at, pot): &(usize, &Pot)| match pot.holds {
            Holds::Money => program.budgets.get(*at).is_some_and(|b| b.for_all_rules) || rule.budgets.iter().any(|id| id.index() == *at),
            Holds::Gift(gift) => rule.effects.iter().any(|e| matches!(e, Effect::Gift { gift: id, .. } if id.index() == gift)),
            Holds::Effect { rule: index, .. } | Holds::Times(index) => index == rule.id.index(),
        };
        by_rule[rule.id.index()] = pots.iter().enumerate().filter(draws).map(|(at, _)| at).collect();
    }
    (pots, by_rule)
}
