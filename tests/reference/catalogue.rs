//! The catalogue: rewards that are claimed, and exchanges that happen by themselves.

use super::account::{Account, Kind, What};
use super::calendar::Moment;
use super::number::Ratio;
use super::purchase::Bought;
use super::reading::{Role, key};
use super::{Outside, Read, Slip};
use loyalty_dsl::syntax::ast::Trigger;

impl<'a> Account<'a> {
    /// "A claim that the balance or a clause does not allow is refused whole."
    pub fn claim(&mut self, at: Moment, reward: &str) -> Read<()> {
        let program = self.program;
        let wanted = key(reward);
        let named = |number: &usize| matches!(&program.rules[*number].role, Role::Reward { name, .. } if *name == wanted);
        let Some(number) = (0..program.rules.len()).find(named) else { return Ok(()) };
        self.swap(number, at, None)?;
        Ok(())
    }

    /// "Automatic, as often as the balance holds N."
    pub fn exchanges(&mut self, at: Moment) -> Read<()> {
        let program = self.program;
        for number in program.order_of(|role| matches!(role, Role::Exchange { .. })) {
            if program.rules[number].trigger.is_none() {
                self.exchange(number, at, None)?;
            }
        }
        Ok(())
    }

    /// Those that the purchase just made sets off.
    pub fn exchanges_set_off(&mut self, at: Moment) -> Read<()> {
        let program = self.program;
        for number in program.order_of(|role| matches!(role, Role::Exchange { .. })) {
            if matches!(program.rules[number].trigger, Some(Trigger::Purchase { .. } | Trigger::Spending { .. } | Trigger::Streak { .. })) {
                return Err(Outside("an exchange that a purchase sets off"));
            }
        }
        let _ = at;
        Ok(())
    }

    pub fn exchange(&mut self, number: usize, at: Moment, bought: Option<&Bought>) -> Read<()> {
        if self.joined.is_none() {
            return Ok(());
        }
        // "The exchange is not made again while that is unused."
        while !self.waits(number, at)? && self.swap(number, at, bought)? && self.program.slip != Slip::ExchangesOnce {}
        Ok(())
    }

    /// Whether what was exchanged for still waits for a purchase.
    fn waits(&self, number: usize, at: Moment) -> Read<bool> {
        Ok(self.program.rules[number].modifies()? && self.is_entitled(number, at)?)
    }

    /// Gives units for the effects of a sentence, whole or not at all.
    fn swap(&mut self, number: usize, at: Moment, bought: Option<&Bought>) -> Read<bool> {
        let program = self.program;
        let rule = &program.rules[number];
        let (wallet, units, least) = match &rule.role {
            Role::Exchange { wallet, units, least } => (*wallet, *units, *least),
            Role::Reward { wallet, units, .. } => {
                let more = Ratio::whole(i128::from(self.program.slip == Slip::ClaimsNeedMore));
                (*wallet, *units, *units + more)
            }
            Role::Rule => return Err(Outside("a role")),
        };
        if units != Ratio::ZERO && self.balance(wallet, at.local.date()) < least {
            return Ok(false);
        }
        let modifies = rule.modifies()?;
        if modifies && matches!(rule.role, Role::Reward { .. }) && self.waits(number, at)? {
            return Err(Outside("a claim of what waits already"));
        }
        if !self.passes(rule, at, bought)? || !self.may_fire(number, rule, at)? {
            return Ok(false);
        }
        self.firings += 1;
        let gives = if modifies { Vec::new() } else { self.gives(number, at)? };
        // "A limit with less room than the whole effect refuses it and keeps the balance."
        if gives.iter().any(|one| one.granted < one.wanted) || !self.charge(number, at, &gives)? {
            return Ok(false);
        }
        if units != Ratio::ZERO {
            self.spend(at, wallet, units);
            let last = self.entries.last_mut().expect("an entry");
            (last.kind, last.rule) = (Kind::Exchange, Some(number));
            (last.counts, last.earned) = (Ratio::ZERO, Ratio::ZERO);
        }
        self.give(number, at, None, &gives)?;
        if modifies {
            self.fire(number, at, None, None, 0);
        }
        let _ = What::Nothing;
        Ok(true)
    }
}
