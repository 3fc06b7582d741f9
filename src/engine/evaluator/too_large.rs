//! What is said of an amount that does not fit its integer.

use crate::engine::evaluator::Account;
use crate::engine::ledger::Source;
use crate::engine::listener::Listener;
use crate::engine::overflow;
use crate::engine::overflow::RunError;
use crate::program::Program;

impl<R: Listener> Account<'_, R> {
    /// Names the rule, the customer and the purchase at which an amount did not fit.
    pub fn too_large(&self) -> RunError {
        let (rule, too_often) = overflow::fault();
        let source = rule.map(|rule| self.plan.origin(rule).source).or(self.at_rule);
        let by = source.and_then(|source| sentence(self.plan.program, source));
        let number = self.s.next_purchase;
        let index = self.history.purchases.start.saturating_add(number).saturating_sub(1);
        let bought = usize::try_from(index).ok().and_then(|at| self.part.purchases.at.get(at));
        let purchase = if number > 0 && bought == Some(&self.now) {
            let id = self.part.purchases.id.get(index);
            if id.is_empty() { format!(", purchase #{number}") } else { format!(", purchase {id}") }
        } else {
            String::new()
        };
        let place = format!("customer {}{purchase}, {}", self.history.id, self.local);
        let message = match (too_often, by) {
            (true, Some(by)) => format!(
                "One event sets off \"{by}\" more than {} times, each to be worked out by itself: {place}. Look at the amounts \
                 around this moment, or limit the rule.",
                overflow::MOST
            ),
            (_, Some(by)) => format!("An amount is too large to count by \"{by}\": {place}. Look at the amounts around this moment."),
            (_, None) => format!("An amount is too large to count: {place}. Look at the amounts around this moment."),
        };
        RunError { message }
    }
}

fn sentence(program: &Program, source: Source) -> Option<&str> {
    let at = usize::from;
    match source {
        Source::Rule(id) => program.rules.get(id.index()).map(|rule| rule.label.as_str()),
        Source::Redeem(index) => program.redeems.get(at(index)).map(|redeem| redeem.label.as_str()),
        Source::Reward(index) => program.rewards.get(at(index)).map(|reward| reward.rule.label.as_str()),
        Source::Exchange(index) => program.exchanges.get(at(index)).map(|exchange| exchange.rule.label.as_str()),
        Source::Wallet(_) | Source::Ladder(_) | Source::Draw(_) | Source::Given => None,
    }
}
