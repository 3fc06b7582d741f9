//! 02: names.

use super::counted;
use crate::diagnostic::{Code, Diagnostic};
use crate::span::Span;

/// A name that nothing is called.
pub(crate) fn unknown(kind: &str, name: &str, list: &str, help: Option<String>, span: Span) -> Diagnostic {
    let (code, sample): (Code, String) = match kind {
        "tier" => ("LOY0201", format!("{name} from 1000 EUR")),
        "wallet" if name.eq_ignore_ascii_case("points") => ("LOY0203", "points worth 0.01 EUR".to_owned()),
        "wallet" => ("LOY0203", format!("points {name}")),
        "segment" => ("LOY0204", format!("segment {name} if …")),
        "gift" => ("LOY0205", format!("gift \"{name}\" costs 2 EUR")),
        "draw" => ("LOY0206", format!("draw \"{name}\" on 2025-12-31 gives 1 gift \"…\"")),
        "calendar" => ("LOY0207", format!("calendar \"{name}\" 2025-12-24 to 2025-12-26")),
        "budget" => ("LOY0208", format!("budget {name} 1000 EUR per month")),
        "limit" => ("LOY0221", format!("limit \"{name}\" at most 20 EUR per month")),
        "price list" => ("LOY0209", format!("prices \"{name}\" from \"prices.csv\"")),
        "group" => ("LOY0210", format!("group {name} best for customer")),
        _ => ("LOY0211", format!("rule \"{name}\" …")),
    };
    let mut names: Vec<&str> = Vec::new();
    for name in list.split(", ").filter(|name| !name.is_empty()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let list = names;
    let label = if list.is_empty() { format!("no {kind}s here yet") } else { format!("{kind}s here: {}", list.join(", ")) };
    let problem = Diagnostic::error(code, format!("There is no {kind} called \"{name}\"."), span, label);
    match help {
        Some(fixed) => problem.help(format!("Write: {fixed}")),
        None if kind == "calendar" && is_month(name) => {
            problem.help(format!("A month needs no calendar. Write: in {}", name.to_lowercase()))
        }
        None if kind == "tier" && list.is_empty() => {
            problem.help("Declare the tiers first: tiers by spend in last 12 months, and below it a row for each.")
        }
        None if kind == "tier" => problem.help("Write a row for it under tiers by …, or use one of its tiers."),
        None if list.is_empty() => problem.help(format!("Declare it first: {sample}")),
        // Any word behind a number is read as a unit; few of them are meant as a wallet of their own.
        None if kind == "wallet" => problem.help(format!("Write for example: {}", counted("100", list.first().unwrap_or(&"points")))),
        None => problem.help(format!("Use one of those, or declare it: {sample}")),
    }
}

fn is_month(name: &str) -> bool {
    const MONTHS: [&str; 12] =
        ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];
    MONTHS.iter().any(|month| month.eq_ignore_ascii_case(name))
}

/// Two names that a reader cannot tell apart.
pub(crate) fn look_alike((second, second_span): (&str, Span), (first, first_span): (&str, Span)) -> Diagnostic {
    let message = format!("\"{second}\" and \"{first}\" look alike, but are two names.");
    let differs = second.chars().zip(first.chars()).find(|(a, b)| a != b).map(|(letter, _)| letter);
    let label = differs.map_or_else(String::new, |letter| format!("\"{letter}\" is U+{:04X}", u32::from(letter)));
    Diagnostic::warning("LOY0512", message, second_span, label)
        .and(first_span, "looks the same")
        .help("Rename one of them, or type both in the same alphabet if one was meant.")
}

/// One name declared twice.
pub(crate) fn duplicate(kinds: &str, name: &str, second: Span, first: Span) -> Diagnostic {
    let message = if kinds == "ladders" && name == "tiers" {
        "There are two ladders of tiers without a name.".to_owned()
    } else {
        format!("Two {kinds} are called \"{name}\".")
    };
    let help = match kinds {
        "ladders" => "Give the second a name: tiers \"Flyers\" by …",
        "tiers" => "Tier names are unique across ladders: rename one of them.",
        "wallets" => {
            "If the second says more about the same wallet, indent it below the first and leave its name out; else rename or delete one."
        }
        _ => "Rename one of them, or delete it.",
    };
    Diagnostic::error("LOY0202", message, second, "here again").and(first, "first here").help(help)
}

/// One word for two kinds of things.
pub(crate) fn two_meanings(name: &str, (kind, span): (&str, Span), (other, other_span): (&str, Span)) -> Diagnostic {
    let message = format!("\"{name}\" is both a {other} and a {kind}, so a condition could mean either.");
    Diagnostic::error("LOY0216", message, span, format!("a {kind}")).and(other_span, format!("a {other}")).help("Rename one of them.")
}

/// `--set` of a parameter that is not there.
pub(crate) fn unknown_param(name: &str, known: &[&str]) -> Diagnostic {
    let label = if known.is_empty() { "no parameters here".to_owned() } else { format!("parameters here: {}", known.join(", ")) };
    let problem = Diagnostic::error("LOY0212", format!("There is no parameter called \"{name}\" to set."), Span::default(), label);
    match crate::diagnostic::nearest(name, known.iter().copied()) {
        Some(near) => problem.help(format!("Write: --set {near}=…")),
        None => problem.help(format!("Declare it in the program: param {name} 2%")),
    }
}

/// A bare word that means nothing here.
pub(crate) fn unknown_word(word: &str, help: Option<String>, span: Span) -> Diagnostic {
    let message = format!("\"{word}\" is no fact, parameter, tier or segment.");
    let problem = Diagnostic::error("LOY0213", message, span, "unknown word");
    match help {
        Some(fixed) => problem.help(format!("Write: {fixed}")),
        None => problem.help(format!("For a field of your data write customer.{word} or purchase.{word}.")),
    }
}

/// The name of a gift without the word `gift`.
pub(crate) fn is_a_gift(word: &str, line: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0213", format!("\"{word}\" is a gift, and gifts are given with the word gift."), span, "which gift?")
        .help(format!("Write: {line}"))
}

/// A declared name where its kind must stand before it.
pub(crate) fn name_without_kind(word: &str, kind: &str, line: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0213", format!("\"{word}\" is {kind}; by itself it says nothing here."), span, kind.to_owned())
        .help(format!("Write: {line}"))
}

/// `earn 1 point per litre`
pub(crate) fn per_what(word: &str, item: &str, money: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0213", format!("A reward per \"{word}\" needs the items that are measured so."), span, "of what?")
        .help(format!("Write: {item} — or: {money}"))
}

/// Something that an example cannot expect.
pub(crate) fn no_such_expectation(word: &str, help: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0203", format!("\"{word}\" is nothing that an example can expect."), span, "no wallet is called so")
        .note(
            "It can expect a discount, an amount of a wallet, a balance, a gift, a voucher, a tier, entries, access, free shipping, \
             a message or a refund.",
        )
        .help(format!("Write: {help}"))
}

/// `tier of "x"` or `by tier` without such a ladder.
pub(crate) fn unknown_ladder(name: Option<&str>, known: &[&str], span: Span) -> Diagnostic {
    let message = match name {
        Some(name) => format!("There are no tiers called \"{name}\"."),
        None if known.is_empty() => "There are no tiers in this program.".to_owned(),
        None => "There are several ladders of tiers, and none of them is the main one.".to_owned(),
    };
    let help = match (known.first(), name) {
        (Some(first), _) => format!("Write: tier of \"{first}\""),
        (None, Some(_)) => "Write tier alone: there is one ladder.".to_owned(),
        (None, None) => "Declare them first: tiers by spend in last 12 months".to_owned(),
    };
    let label = if known.is_empty() { String::new() } else { format!("ladders here: {}", known.join(", ")) };
    Diagnostic::error("LOY0214", message, span, label).help(help)
}

/// `25 flights` where nothing is counted so.
pub(crate) fn unknown_unit(unit: &str, fits: &[String], help: Option<String>, span: Span) -> Diagnostic {
    let message = format!("Nothing here is counted in \"{unit}\".");
    let problem = Diagnostic::error("LOY0215", message, span, format!("what fits: {}", fits.join(", ")));
    match help {
        Some(fixed) => problem.help(format!("Write: {fixed}")),
        None => problem.help(format!("Declare a wallet of that name: points {unit}")),
    }
}

/// `customer.card is null`
pub(crate) fn no_value(word: &str, help: &str, span: Span) -> Diagnostic {
    let quotes = if word == "\"\"" { String::new() } else { format!(" If your data hold the word \"{word}\", write it in quotes.") };
    let message = format!("What the data do not say equals nothing, so no comparison with {word} ever holds.{quotes}");
    Diagnostic::error("LOY0213", message, span, "no value").help(format!("Write: {help}"))
}

/// `5 euros`
pub(crate) fn currency_in_words(word: &str, code: &str, fixed: String, span: Span) -> Diagnostic {
    let message = format!("Amounts of money are written with the code of the currency, {code}, not with \"{word}\".");
    Diagnostic::error("LOY0215", message, span, format!("{code}?")).help(format!("Write: {fixed}"))
}

/// A segment that is defined by itself.
pub(crate) fn circular_segment(name: &str, span: Span, other: Option<(&str, Span)>) -> Diagnostic {
    match other {
        None => Diagnostic::error("LOY0217", format!("The segment \"{name}\" is defined by itself."), span, "asks for itself"),
        Some((other, other_span)) => {
            let message = format!("The segments \"{name}\" and \"{other}\" are defined by each other.");
            Diagnostic::error("LOY0217", message, span, format!("leads to {other}")).and(other_span, format!("leads back to {name}"))
        }
    }
    .help("Say in one of them what it means without the other.")
}

/// A parameter that is defined by itself.
pub(crate) fn circular_param(name: &str, span: Span, declared: Span) -> Diagnostic {
    Diagnostic::error("LOY0217", format!("The parameter \"{name}\" is defined by itself."), span, "asks for itself")
        .and(declared, "declared here")
        .help(format!("Give it a value: param {name} 2%"))
}

/// A `called` name that no purchase of the example has.
pub(crate) fn unknown_purchase(name: &str, known: &[&str], fixed: Option<String>, span: Span) -> Diagnostic {
    let message = format!("No purchase before this step is called \"{name}\".");
    let label = if known.is_empty() { "no purchase has a name yet".to_owned() } else { format!("called so far: {}", known.join(", ")) };
    let problem = Diagnostic::error("LOY0218", message, span, label);
    match fixed {
        Some(fixed) => problem.help(format!("Write: {fixed}")),
        None => problem.help(format!("Give the purchase its name: purchase 10 EUR on 2025-01-01 called {name}")),
    }
}

/// A claim that no reward answers.
pub(crate) fn unknown_reward(name: &str, known: &[&str], span: Span) -> Diagnostic {
    let label = if known.is_empty() { "no rewards here yet".to_owned() } else { format!("rewards here: {}", known.join(", ")) };
    let problem = Diagnostic::error("LOY0219", format!("There is no reward called \"{name}\"."), span, label);
    match crate::diagnostic::nearest(name, known.iter().copied()) {
        Some(near) => problem.help(format!("Write: claim \"{near}\"")),
        None => problem.help(format!("Declare it first: reward gift \"{name}\" for 500 points")),
    }
}

/// An access that no rule grants.
pub(crate) fn unknown_access(name: &str, known: &[&str], span: Span) -> Diagnostic {
    let label = if known.is_empty() { "no rule grants access".to_owned() } else { format!("granted here: {}", known.join(", ")) };
    let problem = Diagnostic::error("LOY0220", format!("No rule grants access to \"{name}\"."), span, label);
    match crate::diagnostic::nearest(name, known.iter().copied()) {
        Some(near) => problem.help(format!("Write: access \"{near}\"")),
        None => problem.help(format!("Write a rule that does: on signup grant access \"{name}\"")),
    }
}
