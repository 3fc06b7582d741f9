//! 05: what can run, but was hardly meant.

use crate::diagnostic::Diagnostic;
use crate::span::Span;

pub(crate) fn discounts_meet(first: Span, second: Span, more: usize) -> Diagnostic {
    let message = "These two discounts can meet on one purchase, and nothing says how they combine.";
    let problem = Diagnostic::warning("LOY0501", message, first, "").and(second, "");
    let problem = problem.note("Where they meet, the better of the two counts now.");
    let problem = match more {
        0 => problem,
        1 => problem.note("One more pair of discounts can meet in this program."),
        n => problem.note(format!("{n} more pairs of discounts can meet in this program.")),
    };
    problem.help("To confirm, write in the program: discounts combine by best (or: by adding, by compounding)")
}

pub(crate) fn wallet_without_use(name: &str, money: bool, currency: &str, span: Span) -> Diagnostic {
    let message = format!("Customers can earn {name}, but nothing can be done with them.");
    let help = if money {
        format!("Write: redeem {name}")
    } else {
        format!("Write for example: redeem 100 {name} for 1 {currency}, or: reward gift \"mug\" for 500 {name}")
    };
    Diagnostic::warning("LOY0502", message, span, "earned, never used").help(help)
}

pub(crate) fn cap_cannot_bind(limit: Span, why: &str, reason: Option<Span>) -> Diagnostic {
    let problem = Diagnostic::warning("LOY0503", format!("This limit can never make a difference: {why}."), limit, "never reached");
    let problem = match reason {
        Some(span) if span.range() != limit.range() => problem.and(span, "stays below it"),
        _ => problem,
    };
    problem.help("Delete it, or change the amount.")
}

pub(crate) fn shadowed((what, rule): (&str, Span), by: Span, why: &str, help: &str) -> Diagnostic {
    Diagnostic::warning("LOY0504", format!("This {what} can never make a difference: {why}."), rule, "never the one that counts")
        .and(by, "always at least as good")
        .help(help)
}

pub(crate) fn gap_in_rows(from: &str, over: &str, row: Span, table: bool) -> Diagnostic {
    let message = if table {
        format!("\"from {from}\" is a roundabout way to say over {over}.")
    } else {
        format!("\"from {from}\" asks for one step more than {over}; a threshold itself is included.")
    };
    let help = if table { format!("Write: over {over}") } else { format!("Write: from {over}") };
    Diagnostic::warning("LOY0505", message, row, "one step above a round amount").help(help)
}

pub(crate) fn tier_without_row(tiers: &[String], none: &str, table: Span) -> Diagnostic {
    let (verb, it) = if tiers.len() == 1 { ("has", "it gets") } else { ("have", "they get") };
    let names: Vec<String> = tiers.iter().map(|name| format!("\"{name}\"")).collect();
    let list = match names.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        names => names.join(", "),
    };
    Diagnostic::warning("LOY0506", format!("{list} {verb} no row in this table, so {it} nothing."), table, "rows by tier")
        .help(format!("Add a row for it; if nothing is meant: {} {none}", tiers.first().map_or("gold", String::as_str)))
}

pub(crate) fn unbounded(what: &str, span: Span, (trigger, purchases): (&str, bool)) -> Diagnostic {
    Diagnostic::warning("LOY0507", format!("Nothing limits how much this rule gives away: {what} {trigger}."), span, "no limit").help(
        if purchases {
            "Add a limit: once per month, at most 3 times per year, or: over 20 EUR"
        } else {
            "Add a limit: once per month, or at most 3 times per year"
        },
    )
}

pub(crate) fn over_hundred_together(percent: &str, first: Span, second: Span) -> Diagnostic {
    Diagnostic::warning("LOY0508", format!("Added up, the discounts that can meet on one purchase reach {percent}."), first, "this one …")
        .and(second, "… and this one, among others that add to it")
        .help("Write lower rates, or in the program: discounts combine by best")
}

pub(crate) fn gift_without_cost(name: &str, span: Span) -> Diagnostic {
    Diagnostic::warning("LOY0509", format!("The gift \"{name}\" does not say what it costs, so it counts as free."), span, "costs nothing?")
        .help(format!("Write: gift \"{name}\" costs 2 EUR"))
}

pub(crate) fn no_expiry(name: &str, span: Span) -> Diagnostic {
    Diagnostic::warning("LOY0510", format!("Nothing makes {name} expire, so what is owed to customers only grows."), span, "no expiry")
        .help("Write under it: expire 12 months after earning, or to confirm: never expire")
}

pub(crate) fn day_into_the_next(span: Span) -> Diagnostic {
    let message = "\"for 1 day\" reaches into the next day: it holds on the day it begins and on the day after.";
    Diagnostic::warning("LOY0530", message.to_owned(), span, "two days of the calendar")
        .help("Write: that day — or for just as long: for 24 hours")
}

pub(crate) fn worthless_refund(name: &str, wallet: Span, has_worth: bool) -> Diagnostic {
    let message = format!("Nothing says what {name} are worth, so returns cannot deduct them from the refund: they are owed, below zero.");
    let found = Diagnostic::warning("LOY0531", message, wallet, "without worth");
    if has_worth {
        found.help("Write under it: worth 0.01 EUR")
    } else {
        found.help("Leave it so if that is meant, or write in the program: returns may go negative")
    }
}

pub(crate) fn short_months(day: &str, span: Span, yearly: bool) -> Diagnostic {
    let message = if yearly {
        format!("{day} comes only in leap years.")
    } else {
        format!("Not every month has a {day}; in a shorter one its last day is meant.")
    };
    let help = if yearly {
        "Write 28 February or 1 March if every year is meant."
    } else {
        "To be the same day everywhere, write a day up to the 28th, or: at end of every month"
    };
    Diagnostic::warning("LOY0511", message, span, "not in every one").help(help)
}
