//! Which parts of the language this version does not evaluate yet. They stop a run at their place; none is skipped.

use crate::program::{Effect, Program, Rule, Scope};
use crate::span::Span;

/// The places of a program that cannot be evaluated yet, each with the words for it.
#[must_use]
pub fn unsupported(program: &Program) -> Vec<(Span, &'static str)> {
    let mut found = Vec::new();
    found.extend(program.voucher_values.iter().map(|voucher| (voucher.span, "vouchers")));
    for rule in &program.rules {
        rule_parts(rule, &mut found);
    }
    for exchange in &program.exchanges {
        rule_parts(&exchange.rule, &mut found);
        if exchange.rule.effects.iter().any(Effect::is_modifier) {
            found.push((exchange.rule.span, "an exchange for a discount or an earning rate"));
        }
        if exchange.rule.trigger != crate::program::Trigger::None {
            found.push((exchange.rule.span, "an exchange at a moment of its own"));
        }
    }
    for reward in &program.rewards {
        rule_parts(&reward.rule, &mut found);
        if reward.rule.effects.iter().any(Effect::is_modifier) {
            found.push((reward.rule.span, "a reward that is a discount or an earning rate"));
        }
    }
    found
}

fn rule_parts(rule: &Rule, found: &mut Vec<(Span, &'static str)>) {
    for effect in &rule.effects {
        let words = match effect {
            Effect::Voucher { .. } => "a voucher",
            _ => continue,
        };
        found.push((rule.span, words));
    }
    if matches!(rule.scope, Some(Scope::TopCategory(..))) {
        found.push((rule.span, "the top category of a period"));
    }
}
