//! 03: declarations that cannot stand.

use crate::diagnostic::Diagnostic;
use crate::span::Span;

pub(crate) fn no_program(span: Span) -> Diagnostic {
    Diagnostic::error("LOY0301", "The program has no name, currency and timezone yet.", span, "before this")
        .help("Write at the top: program \"My Club\" currency EUR timezone Europe/Berlin")
}

pub(crate) fn second_program(second: Span, first: Span) -> Diagnostic {
    Diagnostic::error("LOY0302", "The program is declared twice, and once is enough.", second, "the second")
        .and(first, "the first")
        .help("Keep one of them and move the settings of the other under it.")
}

pub(crate) fn no_currency(name: &str, span: Span) -> Diagnostic {
    let message = format!("The program \"{name}\" does not say its currency.");
    Diagnostic::error("LOY0303", message, span, "no currency").help("Add the line: currency EUR")
}

pub(crate) fn no_timezone(name: &str, span: Span) -> Diagnostic {
    let message = format!("The program \"{name}\" does not say its timezone, so nobody knows when a day begins.");
    Diagnostic::error("LOY0304", message, span, "no timezone").help("Add the line: timezone Europe/Berlin")
}

pub(crate) fn unknown_currency(code: &str, near: Option<String>, span: Span) -> Diagnostic {
    let problem = Diagnostic::error("LOY0305", format!("There is no currency with the code \"{code}\"."), span, "not a currency code");
    match near {
        Some(near) => problem.help(format!("Write: currency {near}")),
        None => problem.help("Write the three letters of the currency: EUR, USD, GBP …"),
    }
}

pub(crate) fn unknown_timezone(name: &str, near: Option<&str>, span: Span) -> Diagnostic {
    let problem = Diagnostic::error("LOY0306", format!("There is no timezone called \"{name}\"."), span, "not a timezone");
    match near {
        Some(near) => problem.help(format!("Write: timezone {near}")),
        None => problem.help("Write the continent and a large city: timezone Europe/Berlin"),
    }
}

pub(crate) fn said_twice(what: &str, second: Span, first: Span) -> Diagnostic {
    Diagnostic::error("LOY0307", format!("\"{what}\" is said twice here."), second, "said again")
        .and(first, "said first")
        .help("Keep the one you mean and delete the other.")
}

pub(crate) fn unknown_language(version: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0308", format!("There is no version {version} of the language."), span, "unknown version")
        .help("Write: language 1")
}

/// Two dates in the wrong order.
pub(crate) fn dates_backwards(
    what: &str,
    (first, from, from_span): (&str, &str, Span),
    (second, to, to_span): (&str, &str, Span),
) -> Diagnostic {
    let message = format!("The dates of {what} are in the wrong order: {from} is after {to}.");
    Diagnostic::error("LOY0309", message, from_span, format!("{first} here …"))
        .and(to_span, format!("… but {second} before that"))
        .help(format!("Swap them: {to} comes before {from}."))
}

/// A range whose end comes before its start.
pub(crate) fn range_backwards(from: &str, from_span: Span, to: &str, to_span: Span) -> Diagnostic {
    let message = format!("Nothing is between {from} and {to}: the end comes before the start.");
    let problem = if from_span.range() == to_span.range() {
        Diagnostic::error("LOY0309", message, from_span, "ends before it starts")
    } else {
        Diagnostic::error("LOY0309", message, from_span, "starts here").and(to_span, "ends before that")
    };
    problem.help(format!("Swap them: {to} comes before {from}."))
}

pub(crate) fn offsets_backwards(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0309", format!("\"{text}\" ends before it starts."), span, "no day is in it")
        .help("Write the earlier day first: from 3 days before to 3 days after birthday")
}

pub(crate) fn empty_hours(time: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0309", format!("The time from {time} to {time} has no minute in it."), span, "starts and ends at once")
        .help("Write two different times, or leave them out for the whole day.")
}

/// A tier that starts higher than the next.
pub(crate) fn not_rising((lower, lower_span): (&str, Span), (higher, higher_span): (&str, Span), equal: bool) -> Diagnostic {
    let message = if equal {
        format!("\"{lower}\" and \"{higher}\" start at the same threshold, so nobody could stay in \"{lower}\".")
    } else {
        format!("\"{lower}\" starts higher than \"{higher}\", so nobody could reach it.")
    };
    let (first, second) = if equal {
        (format!("{lower} needs as much …"), format!("… as {higher}"))
    } else {
        (format!("{lower} needs more …"), format!("… than {higher}"))
    };
    Diagnostic::error("LOY0310", message, lower_span, first)
        .and(higher_span, second)
        .help("Write the tiers from the lowest to the highest threshold.")
}

pub(crate) fn threshold_of_nothing(name: &str, span: Span) -> Diagnostic {
    let message = format!("\"{name}\" starts at zero, so nobody would stay in the tier below it.");
    Diagnostic::error("LOY0310", message, span, "everyone has this much").help("Write a threshold above zero, or delete the row below.")
}

pub(crate) fn first_row_has_threshold(name: &str, row: Span, from: Span) -> Diagnostic {
    let message = format!("\"{name}\" is the first tier, where everyone starts, so it takes no threshold.");
    Diagnostic::error("LOY0311", message, from, "a threshold on the first row")
        .and(row, "the first tier")
        .help(format!("Write: {name} alone, or put a tier for those below it in front."))
}

pub(crate) fn first_row_by_invitation(name: &str, row: Span) -> Diagnostic {
    let message = format!("\"{name}\" is the first tier, where everyone starts, so it cannot be by invitation.");
    Diagnostic::error("LOY0311", message, row, "the first tier").help("Put a tier for everyone in front of it.")
}

pub(crate) fn row_without_threshold(name: &str, row: Span, first: Span) -> Diagnostic {
    let message = format!("\"{name}\" does not say from where it starts; only the first tier may leave that out.");
    Diagnostic::error("LOY0311", message, row, "no threshold")
        .and(first, "everyone starts here")
        .help(format!("Write: {name} from 1000 EUR, or: {name} by invitation"))
}

pub(crate) fn invited_and_threshold(name: &str, row: Span, from: Span) -> Diagnostic {
    let message = format!("\"{name}\" is by invitation and has a threshold; it is reached by one or the other.");
    Diagnostic::error("LOY0311", message, from, "a threshold").and(row, "by invitation").help("Delete one of them.")
}

pub(crate) fn threshold_of_a_club(club: &str, name: &str, from: Span) -> Diagnostic {
    let message = format!("\"{club}\" measures nothing, so \"{name}\" cannot begin from an amount.");
    Diagnostic::error("LOY0311", message, from, "a threshold of what?")
        .help(format!("Delete it, or say what is measured: tiers \"{club}\" by spend in last 12 months"))
}

pub(crate) fn short_ladder(rows: usize, span: Span) -> Diagnostic {
    let message = if rows == 0 { "This ladder has no tiers." } else { "This ladder has one tier, so there is nothing to reach." };
    Diagnostic::error("LOY0312", message, span, "needs two rows or more")
        .help("Write a row for everyone's start and one for each tier above: silver from 300 EUR")
}

pub(crate) fn review_period(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0323", format!("Tiers cannot be reviewed by \"{text}\"."), span, "not a review period")
        .help("Write: review every day, month, quarter or year")
}

pub(crate) fn no_such_day(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0313", format!("No year has the day \"{}\".", super::short(text)), span, "no such day")
        .help("Write a day that exists: 30 April, the last day of the month …")
}

pub(crate) fn no_such_day_of_month(day: u32, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0313", format!("No month has a day {day}."), span, "no such day")
        .help("Write a day from 1st to 31st; in a shorter month the 31st means its last day.")
}

pub(crate) fn outside_program(what: &str, reason: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0315", format!("Nothing can happen {what}: {reason}."), span, "outside the program's life")
        .help("Change this date, or the dates under program.")
}

/// A tier that only invitations reach, and nothing invites.
pub(crate) fn nobody_invited(name: &str, span: Span) -> Diagnostic {
    let message = format!("Nobody can reach \"{name}\": it is by invitation, and no rule moves anyone to it.");
    Diagnostic::error("LOY0319", message, span, "by invitation")
        .help(format!("Write a rule: on event \"invited\" move to tier {}", crate::check::lower_lists::quoted_if_needed(name)))
}

/// A tier measured in something that nothing gives.
pub(crate) fn nothing_counts(tier: &str, wallet: &str, span: Span) -> Diagnostic {
    let message = format!("Nobody can reach \"{tier}\": nothing in this program gives {wallet}.");
    Diagnostic::error("LOY0319", message, span, format!("asks for {wallet}"))
        .help(format!("Write a rule that gives them: earn {} per 1 EUR", super::counted("1", wallet)))
}

/// An exchange that empties a balance before it reaches a tier.
pub(crate) fn exchange_before_tier(tier: &str, price: &str, row: Span, exchange: Span) -> Diagnostic {
    let message = format!("Nobody can reach \"{tier}\": as soon as {price} are there, the exchange takes them.");
    Diagnostic::error("LOY0318", message, row, "needs a larger balance …")
        .and(exchange, "… than this exchange ever leaves")
        .help("Measure the tier by what is earned instead of the balance, or let customers choose: reward … instead of exchange …")
}
