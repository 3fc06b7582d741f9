//! What a failed example says.

use super::Did;
use crate::diagnostic::Diagnostic;
use crate::engine::ledger::{Entry, Kind, Source};
use crate::program::{Program, Trigger, WalletId, WalletKind};
use crate::source::Sources;
use crate::span::Span;
use crate::value::Decimal;

/// What an amount counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Money,
    Wallet(WalletId),
    Pieces,
}

/// What a step gave of what was expected.
pub(super) struct Found {
    pub unit: Unit,
    pub given: i64,
    pub entries: Vec<Entry>,
}

/// An amount in words: `0.50 EUR`, `20 beans`, `a discount of 0.50 EUR`.
pub(super) fn amount_of(program: &Program, unit: Unit, amount: Decimal, words: &str) -> String {
    let money = |amount: Decimal| {
        let decimals = program.currency.decimals;
        let fits = amount.to_scale(decimals).ok().flatten();
        let shown = fits.map_or(amount, |minor| Decimal::new(i128::from(minor), decimals));
        format!("{shown} {}", program.currency.code)
    };
    match unit {
        Unit::Money if words.is_empty() => money(amount),
        Unit::Money => format!("{words} of {}", money(amount)),
        Unit::Wallet(id) => {
            let wallet = program.wallets.get(id.index());
            let name = wallet.map_or("", |wallet| wallet.name.as_str());
            if wallet.is_some_and(|wallet| wallet.kind == WalletKind::Money) {
                format!("{} of {name}", money(amount))
            } else {
                // `1 bean`, `2 beans`
                let one = amount == Decimal::whole(1);
                let name = if one { name.strip_suffix('s').unwrap_or(name) } else { name };
                format!("{} {name}", amount.normal())
            }
        }
        Unit::Pieces if amount == Decimal::whole(1) => format!("1 {}", words.replace("gifts", "gift").replace("entries", "entry")),
        Unit::Pieces => format!("{} {words}", amount.normal()),
    }
}

fn units(program: &Program, unit: Unit, given: i64) -> String {
    let scale = match unit {
        Unit::Money => program.currency.decimals,
        Unit::Wallet(id) => program.wallets.get(id.index()).map_or(0, |wallet| wallet.scale),
        Unit::Pieces => 0,
    };
    amount_of(program, unit, Decimal::new(i128::from(given), scale), "").trim_end().to_owned()
}

/// `LOY0900`: something given differs.
pub(super) fn failed(program: &Program, sources: &Sources, span: Span, expected: &str, found: &Found, did: &Did) -> Diagnostic {
    let happened =
        if found.given == 0 { "there was none".to_owned() } else { format!("it was {}", units(program, found.unit, found.given)) };
    let mut problem = Diagnostic::error("LOY0900", format!("Expected {expected} here, but {happened}."), span, "");
    for entry in &found.entries {
        let amount = units(program, found.unit, entry.granted);
        problem = problem.note(format!("{} gave {amount}.", sentence(program, sources, entry.source)));
    }
    if found.entries.is_empty() {
        for note in did_not_fire(program, sources, found.unit) {
            problem = problem.note(note);
        }
        if let Some(note) = otherwise(program, sources, did) {
            problem = problem.note(note);
        }
    }
    problem
}

/// `LOY0900`: something was given that should not be.
pub(super) fn unwanted(program: &Program, sources: &Sources, span: Span, what: &str, found: &Found) -> Diagnostic {
    let mut problem = Diagnostic::error("LOY0900", format!("Expected no {what} here, but this step gave it."), span, "");
    for entry in &found.entries {
        problem = problem.note(format!("What happened: {}.", told(program, sources, entry)));
    }
    problem
}

/// `LOY0901`: a balance or tier differs.
pub(super) fn failed_state(program: &Program, sources: &Sources, span: Span, expected: &str, stands: &str, did: &Did) -> Diagnostic {
    let problem = Diagnostic::error("LOY0901", format!("Expected {expected} after this step, but it is {stands}."), span, "");
    match otherwise(program, sources, did) {
        Some(note) => problem.note(note),
        None => problem,
    }
}

/// `LOY0902`: a step cannot happen.
pub(super) fn impossible(span: Span, why: &str) -> Diagnostic {
    Diagnostic::error("LOY0902", format!("This step of the example cannot happen: {}.", why.trim_end_matches('.')), span, "")
}

/// The sentence of an entry with its line.
fn sentence(program: &Program, sources: &Sources, source: Source) -> String {
    let (label, span) = match source {
        Source::Rule(id) => match program.rules.get(id.index()) {
            Some(rule) => (rule.label.as_str(), rule.span),
            None => return "A rule".to_owned(),
        },
        Source::Redeem(at) => match program.redeems.get(usize::from(at)) {
            Some(redeem) => (redeem.label.as_str(), redeem.span),
            None => return "A redemption".to_owned(),
        },
        Source::Exchange(at) => match program.exchanges.get(usize::from(at)) {
            Some(exchange) => (exchange.rule.label.as_str(), exchange.rule.span),
            None => return "An exchange".to_owned(),
        },
        Source::Reward(at) => match program.rewards.get(usize::from(at)) {
            Some(reward) => (reward.rule.label.as_str(), reward.rule.span),
            None => return "A reward".to_owned(),
        },
        Source::Wallet(id) => return program.wallets.get(id.index()).map_or_else(String::new, |w| format!("The terms of {}", w.name)),
        Source::Ladder(_) => return "The tiers".to_owned(),
        Source::Draw(_) => return "A draw".to_owned(),
        Source::Given => return "The history".to_owned(),
    };
    format!("\"{label}\" (line {})", sources.place(span).line)
}

/// Rules that give such a thing, and what they wait for.
fn did_not_fire(program: &Program, sources: &Sources, unit: Unit) -> Vec<String> {
    use crate::program::Effect;
    let gives = |effect: &Effect| match (effect, unit) {
        (Effect::Discount(_), Unit::Money) | (Effect::Gift { .. }, Unit::Pieces) => true,
        (Effect::Earn { wallet, .. } | Effect::Grant { wallet, .. } | Effect::Multiply { wallet, .. }, Unit::Wallet(id)) => *wallet == id,
        _ => false,
    };
    let rules = program.rules.iter().filter(|rule| rule.effects.iter().any(gives));
    rules
        .take(3)
        .map(|rule| {
            let sentence = sentence(program, sources, Source::Rule(rule.id));
            let modifies = rule.effects.iter().any(Effect::is_modifier);
            match &rule.trigger {
                Trigger::Nth { after: true, n, .. } if modifies => {
                    format!("{sentence} begins with the purchase after number {n}: it acts from purchase {} on.", n.saturating_add(1))
                }
                Trigger::Nth { n, .. } => format!("{sentence} acts on purchase number {n} only."),
                _ => format!("{sentence} did not give anything here."),
            }
        })
        .collect()
}

/// What the step did otherwise, in order.
fn otherwise(program: &Program, sources: &Sources, did: &Did) -> Option<String> {
    let told: Vec<String> = did.entries.iter().filter(|e| e.granted != 0).take(6).map(|e| told(program, sources, e)).collect();
    (!told.is_empty()).then(|| format!("What happened in this step: {}.", told.join("; ")))
}

fn told(program: &Program, sources: &Sources, entry: &Entry) -> String {
    use crate::engine::ledger::Unit as Counts;
    let amount = match entry.unit {
        Counts::Money => units(program, Unit::Money, entry.granted),
        Counts::Wallet(id) => units(program, Unit::Wallet(id), entry.granted),
        Counts::Count => String::new(),
    };
    let what = match entry.kind {
        Kind::TierUp(tier) => format!("tier {} reached", program.tier_name(tier)),
        Kind::TierDown(tier) => format!("tier {} lost", program.tier_name(tier)),
        Kind::Gift(gift) => program.gifts.get(gift.index()).map_or_else(String::new, |gift| format!("gift \"{}\"", gift.name)),
        Kind::Join => return "membership began".to_owned(),
        kind => kind.word().to_owned(),
    };
    let by = sentence(program, sources, entry.source);
    [what, amount, format!("by {by}")].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}
