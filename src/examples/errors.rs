//! What a failed example says.

use super::Did;
use crate::diagnostic::Diagnostic;
use crate::engine::ledger::{Entry, Kind, Source};
use crate::program::{Program, RuleId, Trigger, WalletId, WalletKind};
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
    /// What midnights on the way to the step gave of it.
    pub passed: Vec<Entry>,
    /// Rules that give such a thing, when they do.
    pub rules: Vec<RuleId>,
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

/// What a sentence did, and with how much: what leaves a balance as money is paid out.
fn gave(program: &Program, unit: Unit, entry: &Entry) -> (&'static str, String) {
    match entry.kind {
        Kind::PayOut => ("paid out", units(program, unit, entry.granted.saturating_neg())),
        _ => ("gave", units(program, unit, entry.granted)),
    }
}

/// `LOY0900`: something given differs.
pub(super) fn failed(program: &Program, sources: &Sources, span: Span, expected: &str, found: &Found, did: &Did) -> Diagnostic {
    let happened =
        if found.given == 0 { "there was none".to_owned() } else { format!("it was {}", units(program, found.unit, found.given)) };
    let mut problem = Diagnostic::error("LOY0900", format!("Expected {expected} here, but {happened}."), span, "");
    // What is paid back after a return is no sentence's, but follows from what the sentences took back.
    let by_sentence = |entry: &&Entry| entry.source != Source::Given;
    for entry in found.entries.iter().filter(by_sentence) {
        let (gave, amount) = gave(program, found.unit, entry);
        problem = problem.note(format!("{} {gave} {amount}.", capital(&sentence(program, sources, entry.source))));
    }
    // What a midnight gave belongs to no step but one that waits for it.
    for entry in found.passed.iter().filter(by_sentence).take(2) {
        let (gave, amount) = gave(program, found.unit, entry);
        let date = program.zone.local(entry.at).date();
        let sentence = capital(&sentence(program, sources, entry.source));
        problem = problem.note(format!("{sentence} {gave} {amount} when {date} began, before this step."));
        let paid_out = if entry.kind == Kind::PayOut { "paid out " } else { "" };
        problem = problem.help(format!("Write before this step: wait until {date}   expect {paid_out}{amount}"));
    }
    let waited = found.passed.iter().any(|entry| by_sentence(&entry));
    if !waited && !found.entries.iter().any(|entry| by_sentence(&entry)) {
        for note in did_not_fire(program, sources, &found.rules, did) {
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
    let mut problem = Diagnostic::error("LOY0901", format!("Expected {expected} after this step, but it is {stands}."), span, "");
    if let Some(note) = &did.idle {
        problem = problem.note(note.clone());
    }
    match otherwise(program, sources, did) {
        Some(note) => problem.note(note),
        None => problem,
    }
}

/// `LOY0900`: the customer pays something else.
pub(super) fn failed_payment(
    program: &Program,
    sources: &Sources,
    span: Span,
    (expected, pays): (&str, Option<&str>),
    did: &Did,
) -> Diagnostic {
    let but = pays.map_or_else(|| "this step is no purchase".to_owned(), |pays| format!("{pays} are left to pay"));
    let mut problem = Diagnostic::error("LOY0900", format!("Expected that {expected} are paid here, but {but}."), span, "");
    let off = |entry: &&crate::engine::ledger::Entry| {
        matches!(entry.kind, Kind::Discount | Kind::Price | Kind::FreeShipping | Kind::VoucherUsed | Kind::Spend)
    };
    for entry in did.entries.iter().filter(off) {
        problem = problem.note(format!("What happened: {}.", told(program, sources, entry)));
    }
    problem
}

/// `LOY0901`: a balance differs. The step may have left it alone; then what moved it last is at fault.
pub(super) fn failed_balance(
    program: &Program,
    sources: &Sources,
    span: Span,
    (expected, stands): (&str, &str),
    wallet: WalletId,
    did: &Did,
) -> Diagnostic {
    let mut problem = failed_state(program, sources, span, &format!("a balance of {expected}"), stands, did);
    let name = program.wallets.get(wallet.index()).map_or("", |wallet| wallet.name.as_str());
    let moved = did.moved.get(wallet.index()).map_or(&[][..], Vec::as_slice);
    if !moved.iter().any(|entry| is_sentence(entry.source)) {
        problem = problem.note(format!("No rule has moved {name} of this customer up to here."));
    }
    // What this step did stands above, but for what moves nothing new.
    for entry in moved.iter().filter(|entry| entry.granted == 0 || !did.entries.contains(entry)) {
        let date = program.zone.local(entry.at).date();
        let when = if is_sentence(entry.source) { "What a rule did last to" } else { "Since then, to" };
        problem = problem.note(format!("{when} {name}: {} on {date}.", told(program, sources, entry)));
    }
    problem
}

/// Whether a sentence of the program made it, not the terms of a wallet or the history.
fn is_sentence(source: Source) -> bool {
    !matches!(source, Source::Wallet(_) | Source::Given)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
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
            None => return "a rule".to_owned(),
        },
        Source::Redeem(at) => match program.redeems.get(usize::from(at)) {
            Some(redeem) => (redeem.label.as_str(), redeem.span),
            None => return "a redemption".to_owned(),
        },
        Source::Exchange(at) => match program.exchanges.get(usize::from(at)) {
            Some(exchange) => (exchange.rule.label.as_str(), exchange.rule.span),
            None => return "an exchange".to_owned(),
        },
        Source::Reward(at) => match program.rewards.get(usize::from(at)) {
            Some(reward) => (reward.rule.label.as_str(), reward.rule.span),
            None => return "a reward".to_owned(),
        },
        Source::Wallet(id) => return program.wallets.get(id.index()).map_or_else(String::new, |w| format!("the terms of {}", w.name)),
        Source::Ladder(_) => return "the tiers".to_owned(),
        Source::Draw(id) => match program.draws.get(id.index()) {
            Some(draw) => return format!("the draw \"{}\" (line {})", draw.name, sources.place(draw.span).line),
            None => return "a draw".to_owned(),
        },
        Source::Given => return "the history".to_owned(),
    };
    format!("\"{label}\" (line {})", sources.place(span).line)
}

/// Rules that give such a thing, and what they wait for.
fn did_not_fire(program: &Program, sources: &Sources, rules: &[RuleId], did: &Did) -> Vec<String> {
    use crate::program::Effect;
    if let Some(note) = &did.idle {
        return vec![note.clone()];
    }
    let rules = rules.iter().filter_map(|id| program.rules.get(id.index()));
    rules
        .take(3)
        .map(|rule| {
            let sentence = sentence(program, sources, Source::Rule(rule.id));
            let modifies = rule.effects.iter().any(Effect::is_modifier);
            match &rule.trigger {
                Trigger::Nth { after: true, n, .. } if modifies => {
                    format!("{sentence} begins with the purchase after number {n}: it acts from purchase {} on.", n.saturating_add(1))
                }
                Trigger::Birthday | Trigger::Anniversary | Trigger::Date(_) | Trigger::YearDay(..) if !modifies => {
                    format!("{sentence} acts when its day begins, not on a purchase: wait until that day.")
                }
                _ => match (did.reasons.iter().find(|(id, _)| *id == rule.id), &rule.trigger) {
                    (Some((_, why)), _) => format!("{sentence} gave nothing: {}.", why.trim_end_matches('.')),
                    (None, Trigger::Nth { n, .. }) => format!("{sentence} acts on purchase number {n} only."),
                    (None, _) => format!("{sentence} did not give anything here."),
                },
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
    let amount = if entry.kind == Kind::Activate { String::new() } else { amount };
    let what = match entry.kind {
        Kind::TierUp(tier) => format!("tier {} reached", program.tier_name(tier)),
        Kind::TierDown(tier) => format!("tier {} lost", program.tier_name(tier)),
        Kind::Gift(gift) => program.gifts.get(gift.index()).map_or_else(String::new, |gift| format!("gift \"{}\"", gift.name)),
        Kind::GiftExpired(gift) => {
            program.gifts.get(gift.index()).map_or_else(String::new, |gift| format!("gift \"{}\" not collected in time", gift.name))
        }
        Kind::Activate => "what was pending became usable".to_owned(),
        Kind::Join => return "membership began".to_owned(),
        kind => kind.word().to_owned(),
    };
    let by = sentence(program, sources, entry.source);
    [what, amount, format!("by {by}")].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}
