//! Which parts of the language this version does not evaluate yet. They stop a run at their place; none is skipped.

use crate::program::{Program, Trigger};
use crate::span::Span;

/// The places of a program that cannot be evaluated yet, each with the words for it.
#[must_use]
pub fn unsupported(program: &Program) -> Vec<(Span, &'static str)> {
    let by_purchase = |trigger: &Trigger| {
        matches!(
            trigger,
            Trigger::EachPurchase { .. }
                | Trigger::Nth { .. }
                | Trigger::EveryNth { .. }
                | Trigger::Range { .. }
                | Trigger::Spending { .. }
                | Trigger::Streak { .. }
        )
    };
    let exchanges = program.exchanges.iter().filter(|exchange| by_purchase(&exchange.rule.trigger));
    exchanges.map(|exchange| (exchange.rule.span, "an exchange that a purchase sets off")).collect()
}
