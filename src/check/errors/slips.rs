//! 0513 and on: what can run and was hardly meant.

use crate::diagnostic::Diagnostic;
use crate::span::Span;

pub(crate) fn twice(first: Span, second: Span) -> Diagnostic {
    Diagnostic::warning("LOY0513", "This sentence says the same as an earlier one.", second, "the second time")
        .and(first, "the first time")
        .help("Delete one of them.")
}

pub(crate) fn less_for_more(more: (&str, Span), less: (&str, Span), table: bool) -> Diagnostic {
    let message = if table {
        format!("Who reaches more gets less: {} here, {} before.", more.0, less.0)
    } else {
        format!("The higher tier gets less: {} here, {} in the tier below.", more.0, less.0)
    };
    Diagnostic::warning("LOY0514", message, more.1, format!("{} …", more.0))
        .and(less.1, format!("… and {} before", less.0))
        .help("Swap the two values, if the second is meant to be the better one.")
}

/// Two ranges of days that share a day, or leave one out.
pub(crate) fn days_touch((day, shared): (&str, bool), first: Span, second: Span) -> Diagnostic {
    let message =
        if shared { format!("Both of these hold on {day}.") } else { format!("Neither of these holds on {day}, the day between them.") };
    let (last, start) = if shared {
        ("ends with this day …", "… and begins with it")
    } else {
        ("ends the day before …", "… and begins the day after")
    };
    let help = if shared {
        "Let the second begin one day later, if the day was meant to count once."
    } else {
        "Let the second begin one day earlier, if no day was meant to be left out."
    };
    Diagnostic::warning("LOY0515", message, second, start).and(first, last).help(help)
}

pub(crate) fn unused(kind: &str, name: &str, help: &str, span: Span) -> Diagnostic {
    Diagnostic::warning("LOY0516", format!("Nothing uses the {kind} \"{name}\"."), span, "never asked for").help(help.to_owned())
}

pub(crate) fn two_values((pays, redeem): (&str, Span), (worth, wallet): (&str, Span)) -> Diagnostic {
    let message = format!("They are worth {worth} in one sentence and pay {pays} in another.");
    Diagnostic::warning("LOY0517", message, redeem, format!("pay {pays}"))
        .and(wallet, format!("worth {worth}"))
        .help("Let both say the same; reports count with what they are worth.")
}

pub(crate) fn dear_gift(name: &str, costs: &str, worth: &str, span: Span) -> Diagnostic {
    let message = format!("The gift \"{name}\" costs {costs} and is worth only {worth} to a customer.");
    Diagnostic::warning("LOY0518", message, span, "costs more than it is worth")
        .help(format!("If the two are swapped, write: gift \"{name}\" costs {worth} worth {costs}"))
}

/// A sum nearly as large as the least purchase that gets it.
pub(crate) fn nearly_all(sum: &str, least: &str, span: Span) -> Diagnostic {
    let message = format!("{sum} off a purchase of {least} leaves next to nothing to pay.");
    Diagnostic::warning("LOY0519", message, span, "nearly the whole purchase").help("Ask for a larger purchase, or take less off.")
}

/// A rate of everything.
pub(crate) fn everything_back(share: &str, span: Span) -> Diagnostic {
    let message = format!("This gives {share} of what is paid back.");
    Diagnostic::warning("LOY0519", message, span, "all of it").help("Write a lower rate, or a limit: at most 20 EUR per month")
}

/// `grace 2 months` under `never drop`.
pub(crate) fn idle_setting(words: &str, why: &str, span: Span, by: Span) -> Diagnostic {
    Diagnostic::warning("LOY0521", format!("\"{words}\" never acts: {why}."), span, "never acts")
        .and(by, "because of this")
        .help("Delete one of the two.")
}

pub(crate) fn always_true(text: &str, why: &str, help: &str, span: Span) -> Diagnostic {
    Diagnostic::warning("LOY0520", format!("\"{}\" leaves nobody out: {why}.", super::short(text)), span, "always true")
        .help(help.to_owned())
}
