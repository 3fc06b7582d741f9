//! What all customers share: budgets and series.

use super::account::{Account, Entry, Gives, Kind, What};
use super::calendar::{Moment, first_day};
use super::number::Ratio;
use super::reading::{Program, key};
use super::{Read, Slip};
use chrono::NaiveDate;
use loyalty_dsl::syntax::ast::{Effect, Period};
use std::collections::BTreeSet;

/// Which of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pot {
    /// By its place.
    Budget(usize),
    /// Pieces of a gift.
    Gift(String),
    /// Pieces of one effect of a rule.
    Effect(usize, usize),
    /// How many times a rule gives.
    Times(usize),
}

/// What was taken so far, in which period, and what is closed.
#[derive(Clone, Debug, Default)]
pub struct Pots {
    drawn: Vec<(Pot, Option<NaiveDate>, Ratio)>,
    closed: BTreeSet<(Pot, Option<NaiveDate>)>,
}

impl Pots {
    fn used(&self, pot: &Pot, period: Option<NaiveDate>) -> Ratio {
        self.drawn.iter().filter(|drawn| drawn.0 == *pot && drawn.1 == period).map(|drawn| drawn.2).sum()
    }
}

/// A budget.
pub struct Budget {
    pub name: String,
    pub amount: Ratio,
    pub per: Option<Period>,
    pub for_all: bool,
}

impl Program<'_> {
    /// The pots of a rule, and what each holds.
    fn pots_of(&self, number: usize) -> Vec<(Pot, Ratio, Option<Period>)> {
        let rule = &self.rules[number];
        let mut pots = Vec::new();
        for (place, budget) in self.budgets.iter().enumerate() {
            if budget.for_all || rule.budgets.contains(&budget.name) {
                pots.push((Pot::Budget(place), budget.amount, budget.per));
            }
        }
        if let Some(only) = rule.only {
            pots.push((Pot::Times(number), only, None));
        }
        for (place, effect) in rule.effects.iter().enumerate() {
            if let Effect::Gift { name, .. } = effect
                && let Some(only) = self.gift(&key(&name.node)).and_then(|gift| gift.only)
            {
                let pot = (Pot::Gift(key(&name.node)), only, None);
                if !pots.contains(&pot) {
                    pots.push(pot);
                }
            }
            if let Effect::Gift { only: Some(only), .. } | Effect::Access { only: Some(only), .. } = effect
                && let Ok(only) = self.number(only)
            {
                pots.push((Pot::Effect(number, place), only, None));
            }
        }
        pots
    }

    /// "A grant draws points at `worth`, money, a gift at `costs`, a message at its cost, a voucher at face value."
    fn takes(&self, pot: &Pot, place: usize, kind: Kind, what: &What, granted: Ratio) -> Ratio {
        match (pot, what) {
            (Pot::Budget(_), What::Wallet(name)) => {
                let wallet = self.wallets.iter().find(|wallet| wallet.name == *name);
                granted * wallet.and_then(|wallet| wallet.worth).unwrap_or(Ratio::whole(1))
            }
            (Pot::Budget(_), What::Money) => granted,
            (Pot::Budget(_), What::Thing(name)) if kind == Kind::Gift => self.gift(name).map_or(Ratio::ZERO, |gift| gift.costs * granted),
            (Pot::Budget(_), _) => Ratio::ZERO,
            (Pot::Gift(gift), What::Thing(name)) if gift == name => granted,
            (Pot::Gift(_), _) => Ratio::ZERO,
            (Pot::Effect(_, of), _) => {
                if *of == place {
                    granted
                } else {
                    Ratio::ZERO
                }
            }
            (Pot::Times(_), _) => {
                if place == 0 && granted != Ratio::ZERO {
                    Ratio::new(granted.floor().signum(), 1)
                } else {
                    Ratio::ZERO
                }
            }
        }
    }
}

impl<'a> Account<'a> {
    fn pot_period(&self, per: Option<Period>, at: Moment) -> Option<NaiveDate> {
        let day = at.local.date();
        let joined = self.joined.map_or(day, |joined| joined.local.date());
        per.map(|per| first_day(day, per, self.program.sunday, joined))
    }

    /// "A rule whose budget is closed takes no part."
    pub fn is_open(&self, number: usize, at: Moment) -> bool {
        let pots = self.pots.borrow();
        self.program.pots_of(number).into_iter().all(|(pot, _, per)| !pots.closed.contains(&(pot, self.pot_period(per, at))))
    }

    /// "The effects of one rule are granted or denied together … The first that does not fit is denied and closes the budget for
    /// the rest of its period."
    pub fn charge(&mut self, number: usize, at: Moment, gives: &[Gives<'a>]) -> Read<bool> {
        let all: Vec<(usize, Kind, What, Ratio)> = gives.iter().map(|one| (one.place, one.kind, one.what.clone(), one.granted)).collect();
        self.charge_for(number, at, &all)
    }

    pub fn charge_for(&mut self, number: usize, at: Moment, gives: &[(usize, Kind, What, Ratio)]) -> Read<bool> {
        let mut fits = true;
        let mut taken = Vec::new();
        let mut pots = self.pots.borrow_mut();
        for (pot, holds, per) in self.program.pots_of(number) {
            let period = self.pot_period(per, at);
            let wants: Ratio =
                gives.iter().map(|(place, kind, what, granted)| self.program.takes(&pot, *place, *kind, what, *granted)).sum();
            if pots.closed.contains(&(pot.clone(), period)) {
                fits = false;
            } else if wants > holds - pots.used(&pot, period) {
                if self.program.slip != Slip::BudgetStaysOpen {
                    pots.closed.insert((pot.clone(), period));
                }
                fits = false;
            }
            taken.push((pot, period, wants));
        }
        if fits {
            pots.drawn.extend(taken);
        }
        Ok(fits)
    }

    /// "What is taken back returns to the budget, but a closed one stays closed."
    pub fn give_back(&mut self, entry: &Entry, back: Ratio) {
        let Some(number) = entry.rule else { return };
        if self.program.slip == Slip::BudgetForgetsReturns {
            return;
        }
        let mut pots = self.pots.borrow_mut();
        for (pot, _, per) in self.program.pots_of(number) {
            let period = self.pot_period(per, entry.made);
            let back = self.program.takes(&pot, entry.place, entry.kind, &entry.what, -back);
            pots.drawn.push((pot, period, back));
        }
    }

    /// A prize of a series is one of its pieces: "what the series no longer has is not drawn".
    pub fn draws_prize(&mut self, gift: &str, only: Option<Ratio>) -> bool {
        let Some(only) = only else { return true };
        let mut pots = self.pots.borrow_mut();
        let pot = Pot::Gift(gift.to_owned());
        if pots.closed.contains(&(pot.clone(), None)) || pots.used(&pot, None) >= only {
            pots.closed.insert((pot, None));
            return false;
        }
        pots.drawn.push((pot, None, Ratio::whole(1)));
        true
    }
}
