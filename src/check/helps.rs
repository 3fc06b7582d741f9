//! A line that is offered to be typed must be readable in its sentence; if it is not, it is left out.

use crate::diagnostic::Problems;
use crate::source::Sources;
use crate::span::Span;
use crate::syntax::reads;
use crate::value::{Currency, sample_in};
use std::ops::Range;

/// So many lines are tried at most: every one is read again.
const MAX_TRIED: usize = 60;

/// Longer sentences are not.
const MAX_LENGTH: usize = 2_000;

/// Between two lines of which either may be meant.
const OR: &str = " — or: ";

/// Says samples in the program's currency; a program that itself speaks of euros is quoted, perhaps.
pub(super) fn in_own_currency(problems: &mut Problems, sources: &Sources, own: &Currency) {
    for problem in &mut problems.0 {
        let span = problem.labels.first().map(|label| label.span).unwrap_or_default();
        let line = sources.file(span.file).and_then(|file| file.text.get(line_of(&file.text, span.range().start)));
        if own.code != "EUR" && !line.is_some_and(|line| line.contains("EUR")) {
            problem.notes.iter_mut().chain(&mut problem.help).for_each(|text| *text = sample_in(text, own));
        }
    }
}

/// Takes lines out of the helps that could not be read where they belong.
pub(super) fn keep_readable(problems: &mut Problems, sources: &Sources, mended: &[(Span, String)], currency: &str) {
    let mut tried = 0_usize;
    for problem in &mut problems.0 {
        let Some((lead, lines)) = problem.help.as_ref().and_then(|help| help.split_once(": ")) else { continue };
        if !matches!(lead, "Write" | "Write for example") {
            continue;
        }
        let span = problem.labels.first().map(|label| label.span).unwrap_or_default();
        let Some(file) = sources.file(span.file) else { continue };
        let line = line_of(&file.text, span.range().start);
        let first = file.text.get(line.clone()).and_then(|line| line.split_whitespace().next()).unwrap_or("");
        let readable = |new: &&str| {
            // Only what begins like the line replaces it; anything else is a piece or another sentence.
            if first.is_empty() || new.split_whitespace().next() != Some(first) {
                return true;
            }
            let sentence = sentence_with(&file.text, line.clone(), new, mended, span.file);
            tried = tried.saturating_add(1);
            tried > MAX_TRIED || sentence.len() > MAX_LENGTH || reads(&sentence, currency)
        };
        let kept: Vec<&str> = lines.split(OR).filter(readable).collect();
        let help = (!kept.is_empty()).then(|| format!("{lead}: {}", kept.join(OR)));
        problem.help = help;
    }
}

/// The range of the line around a place, without its end.
pub(super) fn line_of(text: &str, at: usize) -> Range<usize> {
    let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |at| at.saturating_add(1));
    let end = text.get(at..).and_then(|after| after.find('\n')).map_or(text.len(), |end| at.saturating_add(end));
    start..end
}

/// The sentence around a line, with another line in its place and the rest as it was read.
fn sentence_with(text: &str, line: Range<usize>, new: &str, mended: &[(Span, String)], file: u16) -> String {
    let before = as_read(text, 0..line.start, mended, file);
    let after = as_read(text, line.end..text.len(), mended, file);
    let indented = |line: &str| line.trim().is_empty() || line.starts_with([' ', '\t', '#']);
    let old = text.get(line).unwrap_or("");
    let mut head: Vec<&str> = Vec::new();
    if indented(old) {
        for line in before.lines().rev() {
            head.push(line);
            if !indented(line) {
                break;
            }
        }
    }
    head.reverse();
    let margin = old.get(..old.len().saturating_sub(old.trim_start().len())).unwrap_or("");
    let new = format!("{margin}{new}");
    let after = after.lines().skip(1).take_while(|line| indented(line));
    let lines: Vec<&str> = head.into_iter().chain(std::iter::once(new.as_str())).chain(after).collect();
    lines.join("\n")
}

/// A part of a text with the places that were read otherwise.
pub(super) fn as_read(text: &str, part: Range<usize>, mended: &[(Span, String)], file: u16) -> String {
    let mut read = text.get(part.clone()).unwrap_or("").to_owned();
    let mut places: Vec<&(Span, String)> = mended
        .iter()
        .filter(|(place, _)| place.file == file && part.start <= place.range().start && place.range().end <= part.end)
        .collect();
    // From the last to the first, so that places before stay.
    places.sort_by_key(|(place, _)| std::cmp::Reverse(place.start));
    for (place, right) in places {
        let range = place.range().start.saturating_sub(part.start)..place.range().end.saturating_sub(part.start);
        if read.is_char_boundary(range.start) && read.is_char_boundary(range.end) {
            read.replace_range(range, right);
        }
    }
    read
}
