//! What the clauses of a sentence ask of a purchase: how often it can act, on which amounts, under which tests.

use super::year::YEAR;
use crate::check::conflict;
use crate::check::held::how_often;
use crate::check::lower_rule::becomes_entitlement;
use crate::check::never::all_rules;
use crate::program::{Effect, Expr, Fact, MeasureKind, Program, PurchaseFilter, Rate, Rule, Test, TestKind, Trigger};
use crate::span::Span;

/// How often an effect can act in a year, where the trigger bounds that.
pub(super) fn often(program: &Program, rule: &Rule, effect: &Effect) -> Option<i64> {
    let times = how_often(program, rule, YEAR);
    let times = if !effect.is_modifier() || !becomes_entitlement(&rule.trigger) && counts(&rule.trigger) {
        times
    } else {
        let uses = rule.entitlement.uses.filter(|_| becomes_entitlement(&rule.trigger))?;
        times?.checked_mul(i64::from(uses))
    };
    let series = rule.only.and_then(|only| i64::try_from(only).ok());
    times.into_iter().chain(series).min()
}

/// Whether a purchase sets it off.
pub(crate) fn by_purchase(trigger: &Trigger) -> bool {
    matches!(
        trigger,
        Trigger::EachPurchase { .. }
            | Trigger::Nth { .. }
            | Trigger::EveryNth { .. }
            | Trigger::Range { .. }
            | Trigger::Spending { .. }
            | Trigger::Streak { .. }
    )
}

fn counts(trigger: &Trigger) -> bool {
    matches!(trigger, Trigger::Nth { .. } | Trigger::Range { .. })
}

/// Whether discounts of any kind may stand between the recorded amount and the net one.
pub(super) fn takes_off(program: &Program) -> bool {
    all_rules(program).flat_map(|rule| &rule.effects).any(|effect| {
        matches!(
            effect,
            Effect::Discount(_)
                | Effect::PriceList(_)
                | Effect::Price(_)
                | Effect::FreeShipping
                | Effect::Voucher { value: Rate::Percent(_), .. }
        )
    })
}

/// A key whose values are written in tests as in rows.
pub(super) fn comparable(program: &Program, key: &Expr) -> bool {
    match key {
        Expr::Measure(id) => program.measures.get(id.index()).is_some_and(|measure| {
            !matches!(measure.kind, MeasureKind::Earned(_) | MeasureKind::Confirmed(_) | MeasureKind::Spent(_) | MeasureKind::Balance(_))
        }),
        _ => true,
    }
}

pub(super) fn start(threshold: i64, exclusive: bool) -> i64 {
    if exclusive { threshold.saturating_add(1) } else { threshold }
}

pub(super) fn with_test(mut rule: Rule, expr: Expr) -> Rule {
    rule.tests.push(Test { kind: TestKind::If, expr, span: rule.span });
    rule
}

/// The rule as it looks at the purchase that it acts on. What was bought may be used by anybody at any time.
pub(super) fn plain(rule: &Rule, bought: bool, modifier: bool) -> Rule {
    let mut rule = rule.clone();
    if bought {
        rule.tests.clear();
        rule.when.clear();
        rule.trigger = Trigger::EachPurchase { filter: PurchaseFilter::default() };
        return rule;
    }
    if modifier && becomes_entitlement(&rule.trigger) {
        // Words with the trigger were tested when it fired.
        if !matches!(rule.trigger, Trigger::Nth { after: true, .. }) {
            rule.trigger = Trigger::EachPurchase { filter: PurchaseFilter::default() };
        }
        return rule;
    }
    match &mut rule.trigger {
        // A grant is made on that very purchase.
        Trigger::Nth { after, .. } | Trigger::EveryNth { after, .. } if !modifier => *after = false,
        _ => {}
    }
    rule
}

/// The amounts that a rule's own words let through; words of its trigger join its tests.
pub(super) fn amounts(program: &Program, rule: &mut Rule) -> (i64, Option<i64>) {
    let counter = match &rule.trigger {
        Trigger::EachPurchase { filter } | Trigger::Streak { filter, .. } => Some(filter.clone()),
        Trigger::Nth { after: false, counter, .. } | Trigger::EveryNth { counter, .. } | Trigger::Range { counter, .. } => {
            program.measures.get(counter.index()).map(|measure| measure.filter.clone())
        }
        _ => None,
    };
    let (mut low, mut high) = (0_i64, None::<i64>);
    if let Some(filter) = counter {
        for over in &filter.over {
            low = low.max(start(over.amount, !over.inclusive));
        }
        let span = rule.span;
        rule.tests.extend(filter.places.into_iter().map(|expr| Test { kind: TestKind::Place, expr, span }));
    }
    let tests: Vec<(&Expr, Span)> = rule.tests.iter().map(|test| (&test.expr, test.span)).collect();
    for (of, least, most, _) in conflict::bounds(program, &tests, 0) {
        if !matches!(of, Expr::Fact(Fact::Amount)) {
            continue;
        }
        if let Some((value, outside)) = least {
            let floor = i64::try_from(value.floor()).unwrap_or(i64::MAX);
            let whole = value.denominator() == 1;
            low = low.max(if whole && !outside { floor } else { floor.saturating_add(1) });
        }
        if let Some((value, outside)) = most {
            let floor = i64::try_from(value.floor()).unwrap_or(i64::MAX);
            let end = if value.denominator() == 1 && outside { floor } else { floor.saturating_add(1) };
            high = Some(high.map_or(end, |known: i64| known.min(end)));
        }
    }
    (low, high)
}
