//! What a program gives away at most: goals about it, and round trips that gain.

use crate::diagnostic::Diagnostic;
use crate::span::Span;

pub(crate) fn ceiling_of_what(code: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LOY0711", "The most that may be given away is a share and a sum.", span, "neither, or the same again")
        .help(format!("Write: expect worst case at most 15% of a purchase, plus 5 {code}"))
}

pub(crate) fn ceiling_of_two(span: Span) -> Diagnostic {
    Diagnostic::error("LOY0711", "This goal is about a purchase and about a year at once.", span, "one of the two")
        .help("Write of a purchase, or of spend, per customer and year.")
}

/// A goal that the bound does not keep, with the sentences at fault.
pub(crate) fn above_ceiling(message: String, goal: Span, at_fault: &[(Span, String)]) -> Diagnostic {
    let mut problem = Diagnostic::error("LOY0712", message, goal, "more can be given away");
    for (span, words) in at_fault {
        problem = problem.and(*span, words.clone());
    }
    problem.help("Set a limit on these sentences, such as at most 5% of purchase or at most 10 times per year; or raise the goal.")
}

pub(crate) fn pump(steps: &str, spans: &[Span]) -> Diagnostic {
    let message = format!("Going round these sentences makes more out of nothing: {steps}.");
    let first = spans.first().copied().unwrap_or_default();
    let mut problem = Diagnostic::error("LOY0713", message, first, "from here …");
    for span in spans.iter().skip(1) {
        problem = problem.and(*span, "… on to here");
    }
    problem.help("Give less on the way back, or leave one of these sentences out.")
}
