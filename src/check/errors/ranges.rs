//! 033: more than can ever come, and what waits for what never happens.

use crate::diagnostic::Diagnostic;
use crate::program::CivilSpan;
use crate::span::Span;

/// `6 months`, `1 year`
pub(crate) fn span_words(span: CivilSpan) -> String {
    let (count, unit) = match span {
        CivilSpan::Hours(n) => (n, "hour"),
        CivilSpan::Days(n) => (n, "day"),
        CivilSpan::Months(n) if n.checked_rem(12) == Some(0) => (n.div_euclid(12), "year"),
        CivilSpan::Months(n) => (n, "month"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// `1 day`, `31 days`
pub(crate) fn days_words(days: i64) -> String {
    format!("{days} day{}", if days == 1 { "" } else { "s" })
}

/// A price, a threshold or a condition above everything that can come.
pub(crate) fn too_much(message: String, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0330", message, span, "asks for more").help("Ask for less, or let more be earned or kept for longer.")
}

pub(crate) fn least_above_most(what: &str, (asked, place): (&str, Span), (allowed, limit): (&str, Span)) -> Diagnostic {
    let message = format!("This {what} can never be made: it takes {asked} at once, but only {allowed} may be.");
    Diagnostic::error("LOY0331", message, place, format!("takes {asked}"))
        .and(limit, format!("allows {allowed}"))
        .help("Raise the limit, or ask for less at once.")
}

pub(crate) fn over_budget(budget: &str, (asked, rule): (&str, Span), (holds, place): (&str, Span)) -> Diagnostic {
    let message = format!("This reward can never be given: one costs {asked}, but \"{budget}\" holds {holds}.");
    Diagnostic::error("LOY0331", message, rule, format!("costs {asked} each time"))
        .and(place, format!("holds {holds}"))
        .help("Raise the budget, or give less at once.")
}

pub(crate) fn more_prizes_than_gifts(draw: &str, prizes: u32, gift: &str, only: u64, (place, series): (Span, Span)) -> Diagnostic {
    let message = format!("The draw \"{draw}\" gives {prizes} prizes, but there are only {only} of the gift \"{gift}\".");
    // Such a program runs: what the series no longer has is not drawn.
    Diagnostic::warning("LOY0331", message, place, format!("gives {prizes}"))
        .and(series, format!("only {only} in all"))
        .help(format!("Write: gives {only} gift, or raise the number of gifts."))
}

pub(crate) fn gone_before_usable(waits: &str, lives: &str, waiting: Span, life: Span) -> Diagnostic {
    let message = format!("This is gone before it can be used: it waits for {waits} and lives only for {lives}.");
    let problem = Diagnostic::error("LOY0332", message, waiting, format!("waits for {waits}"));
    let problem = if waiting.range() == life.range() { problem } else { problem.and(life, format!("lives for {lives}")) };
    problem.help("Let it wait for a shorter time, or live for longer.")
}

pub(crate) fn over_when_given(end: &str, first: &str, span: Span) -> Diagnostic {
    let message = format!("This is over before it can be given: it ends on {end}, and the rule begins on {first}.");
    Diagnostic::error("LOY0332", message, span, format!("begins on {first}"))
        .help("Let the rule begin earlier, or let what it gives last for longer.")
}

pub(crate) fn longer_than_program(what: &str, days: i64, span: Span) -> Diagnostic {
    let message = format!("{what} in a row cannot come: the program runs for {}.", days_words(days));
    Diagnostic::error("LOY0332", message, span, "longer than the program")
        .help("Ask for a shorter time, or let the program run for longer.")
}

/// A streak of more periods than the program touches.
pub(crate) fn streak_too_long(what: &str, runs: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0332", format!("{what} in a row cannot come: the program lives in {runs}."), span, "longer than the program")
        .help("Ask for a shorter time, or let the program run for longer.")
}

/// Entries that are given when their draw is over.
pub(crate) fn entries_too_late(draw: &str, (first, place): (&str, Span), (drawn, declared): (&str, Span)) -> Diagnostic {
    let message = format!("These entries come too late: \"{draw}\" is drawn at the start of {drawn}, and the first can come on {first}.");
    Diagnostic::error("LOY0333", message, place, format!("not before {first}"))
        .and(declared, format!("drawn on {drawn}"))
        .help("Give entries on days before the draw, or draw later.")
}

pub(crate) fn nobody_drops(tier: &str, rule: Span, ladder: Span) -> Diagnostic {
    let message = format!("This rule can never apply: tiers are never lost here, so nobody leaves \"{tier}\".");
    Diagnostic::error("LOY0333", message, rule, "waits for a drop")
        .and(ladder, "never drops")
        .help("Delete this rule, or let tiers be lost: take never drop away.")
}

pub(crate) fn draw_without_entries(draw: &str, code: &str, span: Span) -> Diagnostic {
    let message = format!("Nobody can win the draw \"{draw}\": no sentence gives an entry to it.");
    Diagnostic::error("LOY0333", message, span, "waits for entries")
        .help(format!("Write for example: earn 1 entry to \"{draw}\" per 50 {code}"))
}

pub(crate) fn feeds_itself(steps: &[String], spans: &[Span]) -> Diagnostic {
    let first = spans.first().copied().unwrap_or_default();
    let message = match steps {
        [one] => format!("This exchange pays for itself and would go on without end: {one}."),
        _ => format!("These exchanges pay for each other and would go on without end: {}.", steps.join(", ")),
    };
    let mut problem = Diagnostic::error("LOY0334", message, first, "begins again …");
    for span in spans.iter().skip(1) {
        problem = problem.and(*span, "… because of this");
    }
    problem.help("Give back less than is paid, or let customers claim it: write reward in place of exchange")
}
