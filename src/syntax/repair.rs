//! Unreadable words: what was probably meant. A misspelt keyword is mended only if more can be read afterwards.

use super::build::{Junk, Origin};
use super::errors;
use super::grammar::{Grammar, Rule};
use super::habits;
use super::names;
use super::parser::Run;
use crate::diagnostic::Diagnostic;
use crate::span::Span;
use pest::Parser;
use pest::error::{ErrorVariant, InputLocation};

/// Where more words than this cannot be read together, no single word explains it.
const MAX_UNREAD: usize = 40;

/// How far the reading came, and what would have continued it.
pub(super) struct Probe {
    /// In the text being read.
    pub at: usize,
    /// What was expected there.
    pub expected: Vec<Rule>,
}

impl Probe {
    /// Where the run begins, expecting nothing in particular.
    pub fn unasked(run: &Run) -> Self {
        Self { at: run.start(), expected: Vec::new() }
    }
}

/// A word to replace.
pub(super) struct Fix {
    pub start: usize,
    pub wrong: String,
    pub right: String,
    /// Whether these are other words for the same thing, not a misspelt word.
    pub habit: bool,
}

/// Asks the grammar how far it comes from the piece before the run.
pub(super) fn probe(text: &str, run: &Run) -> Probe {
    let start = run.start();
    let Some(word) = run.words.first() else { return Probe { at: start, expected: Vec::new() } };
    let first = match word.probe {
        Rule::probe_clause => Rule::probe_first,
        Rule::probe_setting => Rule::setting,
        Rule::probe_wallet => Rule::wallet_setting,
        Rule::probe_tier => Rule::tier_setting,
        Rule::probe_example => Rule::example_item,
        rule => rule,
    };
    let whole = furthest(text, word.before.unwrap_or(start), word.probe);
    let alone = furthest(text, start, first);
    // What follows the piece before it, unless the words by themselves can be read further.
    match (whole, alone) {
        (Some(whole), Some(alone)) if whole.at >= alone.at && whole.at >= start => whole,
        (_, Some(alone)) => alone,
        (Some(whole), None) => whole,
        (None, None) => Probe { at: start, expected: Vec::new() },
    }
}

fn furthest(text: &str, from: usize, rule: Rule) -> Option<Probe> {
    let error = Grammar::parse(rule, text.get(from..)?).err()?;
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => from.saturating_add(at),
    };
    let ErrorVariant::ParsingError { positives, .. } = error.variant else { return None };
    Some(Probe { at, expected: positives })
}

/// The word at a position: letters, digits and what they hold together, else one character.
pub(super) fn word_at(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or("");
    let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-'))).unwrap_or(rest.len());
    if end > 0 {
        return rest.get(..end).unwrap_or("").trim_end_matches('-');
    }
    let quoted = rest.strip_prefix('"').and_then(|inside| inside.find(['"', '\n']));
    if let Some(close) = quoted {
        return rest.get(..close.saturating_add(2)).unwrap_or("").trim_end();
    }
    rest.chars().next().and_then(|c| rest.get(..c.len_utf8())).unwrap_or("")
}

/// A misspelt keyword in the run, if mending it lets more be read.
pub(super) fn mend(text: &str, run: &Run, probe: &Probe) -> Option<Fix> {
    // Only the lines around the run are read again and again.
    let part = Part::around(text, run);
    let left = part.unread(text).filter(|left| *left <= MAX_UNREAD)?;
    let mut candidates = habits::candidates(text, run);
    let habitual = candidates.len();
    let here = word_at(text, probe.at);
    let expected: Vec<&str> = probe.expected.iter().filter_map(|rule| names::keyword(*rule)).collect();
    for word in near(here, expected.iter().copied()) {
        candidates.push((probe.at, here.to_owned(), word));
    }
    for junk in run.words.iter().take(4) {
        let word = word_at(text, junk.start);
        for right in near(word, names::keywords()) {
            candidates.push((junk.start, word.to_owned(), right));
        }
        for (inner, word) in words_within(text, junk) {
            for right in near(word, names::keywords()) {
                candidates.push((inner, word.to_owned(), right));
            }
        }
        candidates.extend(joined(text, junk.start, word));
    }
    // A misspelt word may have been taken for a name.
    if let Some(before) = run.words.first().and_then(|word| word.before) {
        for (at, word) in words_between(text, before, run.start()) {
            for right in near(word, names::keywords()).into_iter().take(1) {
                candidates.push((at, word.to_owned(), right));
            }
        }
    }
    candidates.truncate(habitual.saturating_add(16));
    candidates.extend(missing(probe));
    if text.get(run.start()..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
        candidates.push((run.start(), String::new(), "grant ".to_owned()));
    }
    let better = |(index, (start, wrong, right)): (usize, (usize, String, String))| {
        let unread = part.mended(text, start, &wrong, &right)?;
        // A word is put where nothing stood only if everything can be read then, or to ask what a name behind `on` is.
        let asks = matches!(right.trim(), "category" | "event") && follows_on(text, start);
        if wrong.is_empty() && unread > 0 && !asks {
            return None;
        }
        (unread < left).then_some((unread, Fix { start, wrong, right, habit: index < habitual }))
    };
    let mut best: Option<(usize, Fix)> = None;
    for found in candidates.into_iter().enumerate().filter_map(better) {
        if best.as_ref().is_none_or(|(unread, _)| found.0 < *unread) {
            best = Some(found);
        }
    }
    best.map(|(_, fix)| fix)
}

/// Whether the word before a place is `on`.
pub(super) fn follows_on(text: &str, at: usize) -> bool {
    text.get(..at).unwrap_or("").split_whitespace().next_back().is_some_and(|word| word.eq_ignore_ascii_case("on"))
}

/// Words that are easily left out, each with the place where it would continue the sentence.
fn missing(probe: &Probe) -> Vec<(usize, String, String)> {
    const SMALL: [&str; 18] = [
        "on", "for", "if", "from", "grant", "by", "to", "with", "in", "of", "per", "is", "at", "tier", "category", "event", "after",
        "until",
    ];
    let mut words: Vec<&str> = probe
        .expected
        .iter()
        .filter_map(|rule| match rule {
            Rule::goal_compare => Some("at least"),
            Rule::compare => Some("is"),
            rule => names::keyword(*rule).filter(|word| SMALL.contains(word)),
        })
        .collect();
    words.sort_unstable_by_key(|word| SMALL.iter().position(|small| small == word));
    words.dedup();
    words.into_iter().take(12).map(|word| (probe.at, String::new(), format!("{word} "))).collect()
}

/// The bare words of a range, at most six, last first.
fn words_between(text: &str, from: usize, to: usize) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut at = from;
    for piece in text.get(from..to).unwrap_or("").split_inclusive(char::is_whitespace) {
        let word = word_at(text, at);
        if !piece.trim().is_empty() && word.starts_with(char::is_alphabetic) {
            words.push((at, word));
        }
        at = at.saturating_add(piece.len());
    }
    words.reverse();
    words.truncate(6);
    words
}

/// Where the sentence ends in `and` or `or`, to which something must come.
pub(super) fn dangling(text: &str) -> Option<usize> {
    let last = text.split_whitespace().next_back()?;
    let end = text.trim_end().len();
    (last.eq_ignore_ascii_case("and") || last.eq_ignore_ascii_case("or")).then(|| end.saturating_sub(last.len()))
}

/// The further words of a phrase that is understood but doubtful.
fn words_within<'a>(text: &'a str, junk: &Junk) -> Vec<(usize, &'a str)> {
    if junk.known.is_none() {
        return Vec::new();
    }
    let phrase = text.get(junk.start..junk.end).unwrap_or("");
    let mut words = Vec::new();
    let mut at = junk.start;
    for piece in phrase.split_inclusive(char::is_whitespace).take(3) {
        if at > junk.start && !piece.trim().is_empty() {
            words.push((at, word_at(text, at)));
        }
        at = at.saturating_add(piece.len());
    }
    words
}

/// `cash back` for `cashback`.
fn joined(text: &str, start: usize, word: &str) -> Option<(usize, String, String)> {
    let end = start.checked_add(word.len())?;
    let rest = text.get(end..)?;
    let gap = rest.len().checked_sub(rest.trim_start_matches([' ', '-']).len())?;
    let next = word_at(text, end.checked_add(gap)?);
    let together = format!("{word}{next}").to_lowercase();
    let known = !next.is_empty() && gap > 0 && names::keywords().any(|keyword| keyword == together);
    let until = end.checked_add(gap)?.checked_add(next.len())?;
    known.then(|| (start, text.get(start..until).unwrap_or("").to_owned(), together))
}

/// Keywords that a word may stand for, nearest first.
fn near<'a>(word: &str, keywords: impl Iterator<Item = &'a str>) -> Vec<String> {
    let word = word.to_lowercase();
    if word.chars().count() < 2 || !word.chars().all(char::is_alphabetic) || names::is_keyword(&word) {
        return Vec::new();
    }
    let letters = word.chars().count();
    let mut found: Vec<(usize, &str)> = keywords
        .filter(|keyword| keyword.len().abs_diff(letters).saturating_mul(3) <= letters.max(keyword.len()))
        .map(|keyword| (strsim::damerau_levenshtein(&word, keyword), keyword))
        .filter(|(distance, keyword)| {
            let letters = word.chars().count().max(keyword.chars().count());
            *distance > 0 && distance.saturating_mul(3) <= letters
        })
        .collect();
    // Of words equally far away, the one that shares more letters in the same order.
    let alike = |keyword: &str| strsim::jaro_winkler(&word, keyword);
    found.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(alike(b.1).total_cmp(&alike(a.1))).then(a.1.cmp(b.1)));
    found.dedup();
    found.into_iter().take(3).map(|(_, keyword)| keyword.to_owned()).collect()
}

/// How many words of a sentence cannot be read.
pub(super) fn unread(text: &str) -> Option<usize> {
    Part { start: 0, end: text.len(), rule: Rule::eof_statement }.unread(text)
}

/// Where words of a sentence cannot be read.
pub(super) fn unread_places(text: &str) -> Vec<usize> {
    let Ok(pairs) = Grammar::parse(Rule::eof_statement, text) else { return vec![0] };
    let unread = pairs.flatten().filter(|p| matches!(p.as_rule(), Rule::junk | Rule::for_bare | Rule::under | Rule::before_rows));
    unread.map(|p| p.as_span().start()).collect()
}

/// The lines around a run and the rule that reads them.
struct Part {
    start: usize,
    end: usize,
    rule: Rule,
}

impl Part {
    fn around(text: &str, run: &Run) -> Self {
        let Some(word) = run.words.first() else { return Self { start: 0, end: text.len(), rule: Rule::eof_statement } };
        let rule = match word.probe {
            Rule::probe_clause => Rule::part_clauses,
            Rule::probe_setting => Rule::part_setting,
            Rule::probe_wallet => Rule::part_wallet,
            Rule::probe_tier => Rule::part_tiers,
            Rule::probe_days => Rule::part_days,
            Rule::probe_gift => Rule::part_gift,
            Rule::probe_budget => Rule::part_budget,
            Rule::probe_draw => Rule::part_draw,
            Rule::probe_example => Rule::part_example,
            _ => Rule::eof_statement,
        };
        let last = run.words.last().map_or(word.end, |word| word.end);
        let end = text.get(last..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| last.saturating_add(at));
        let start = if rule == Rule::eof_statement { 0 } else { word.before.unwrap_or(word.start) };
        Self { start, end, rule }
    }

    /// How many words of the part cannot be read.
    fn unread(&self, text: &str) -> Option<usize> {
        self.count(text.get(self.start..self.end)?)
    }

    fn count(&self, part: &str) -> Option<usize> {
        let pairs = Grammar::parse(self.rule, part).ok()?;
        Some(pairs.flatten().filter(|p| matches!(p.as_rule(), Rule::junk | Rule::for_bare | Rule::under)).count())
    }

    /// The same with a word replaced.
    fn mended(&self, text: &str, start: usize, wrong: &str, right: &str) -> Option<usize> {
        let end = start.checked_add(wrong.len())?;
        if start < self.start || end > self.end || text.get(start..end) != Some(wrong) {
            return None;
        }
        let mut part = text.get(self.start..start)?.to_owned();
        part.push_str(right);
        part.push_str(text.get(end..self.end)?);
        self.count(&part)
    }
}

/// The range of the line around a position.
pub(super) fn line_range(text: &str, at: usize) -> std::ops::Range<usize> {
    let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |at| at.saturating_add(1));
    let end = text.get(at..).and_then(|after| after.find('\n')).map_or(text.len(), |end| at.saturating_add(end));
    start..end
}

/// The line around a position, folded; the whole sentence where it is one line.
pub(super) fn line_around(text: &str, at: usize) -> String {
    let line = text.get(line_range(text, at)).unwrap_or("");
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What to say of words that no spelling explains.
pub(super) fn explain(text: &str, origin: &Origin, run: &Run, probe: &Probe) -> Diagnostic {
    if let Some(known) = run.words.iter().find_map(|word| word.known.clone()) {
        return known;
    }
    let place = |start: usize, end: usize| Span::new(origin.file, origin.position(start), origin.position(end));
    let start = run.start();
    let expected = names::expectation(&probe.expected);
    let lead = text.get(start..probe.at).unwrap_or("").trim();
    // An unknown word may have been taken for a name; what would follow a name says nothing then.
    let unknown = word_at(text, start);
    if let Some(problem) = except_what(text, run, place) {
        return problem;
    }
    if let Some(problem) = expected_what(text, probe.at, place) {
        return problem;
    }
    let first = run.words.first().is_some_and(|word| word.probe == Rule::probe_statement) && start == 0;
    if first && probe.at == start && unknown.starts_with(char::is_alphabetic) {
        return errors::no_such_start(place(start, start.saturating_add(unknown.len())), unknown);
    }
    if unknown.starts_with(char::is_alphabetic) {
        let span = place(start, start.saturating_add(unknown.len()));
        let below = run.words.first().filter(|_| begins_its_line(text, start)).and_then(|word| settings_of(word.probe));
        match below {
            Some((of, known)) if !first && probe.at <= start => return errors::no_setting(span, unknown, of, known),
            _ if names::is_keyword(&unknown.to_lowercase()) => {}
            _ if first => return errors::no_such_start(span, unknown),
            _ => return errors::does_not_fit(span, unknown, None),
        }
    }
    // A value by itself could always be followed by `off`; that is no help.
    let follows = |rule: &Rule| matches!(rule, Rule::k_off | Rule::k_discount | Rule::k_cashback | Rule::k_entry);
    let value_alone = probe.expected.contains(&Rule::k_off) && probe.expected.iter().all(follows);
    if value_alone && !lead.is_empty() {
        let span = place(start, start.saturating_add(lead.len()));
        return errors::does_not_fit(span, lead, None);
    }
    if probe.at >= text.trim_end().len() {
        let end = text.trim_end().len();
        if let Some(day) = habits::day_at_end(text) {
            return errors::of_which_year(place(day, end), text.get(day..end).unwrap_or(""), &line_around(text, day));
        }
        let last = text.get(..end).and_then(|t| t.split_whitespace().next_back()).unwrap_or("");
        let from = end.saturating_sub(last.len());
        return errors::stops_early(place(from, end), last, expected.as_deref());
    }
    let here = word_at(text, probe.at);
    let span = place(probe.at, probe.at.saturating_add(here.len()));
    if names::wants_name(&probe.expected) && names::is_reserved(here) {
        let mut line = text.get(line_range(text, probe.at)).unwrap_or("").to_owned();
        let at = probe.at.saturating_sub(line_range(text, probe.at).start);
        line.replace_range(at..at.saturating_add(here.len()), &format!("\"{here}\""));
        return errors::reserved_name(span, here, &line.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    if here == "." && probe.at.saturating_add(1) >= text.trim_end().len() {
        return errors::full_stop(span, line_around(text, probe.at).trim_end_matches('.'));
    }
    match (lead.is_empty(), expected) {
        (false, Some(expected)) => errors::needed_here(span, last_words(lead), here, &expected),
        (_, expected) => errors::does_not_fit(span, here, expected.as_deref()),
    }
}

fn begins_its_line(text: &str, at: usize) -> bool {
    text.get(line_range(text, at).start..at).is_some_and(|before| before.trim().is_empty())
}

/// What the settings that can be written at a place say something about, and which there are.
fn settings_of(rule: Rule) -> Option<(&'static str, &'static str)> {
    match rule {
        Rule::probe_setting => Some((
            "the program",
            "currency, timezone, starts, ends, members join, earn on amount, discounts combine, round money, tiers change, returns, \
             week starts and account by",
        )),
        Rule::probe_wallet => {
            Some(("points and wallets", "worth, expire, pending for, round, hold at most, carry at most and spend oldest first"))
        }
        _ => None,
    }
}

/// `except tobacco`, `expires after 31.12.`
fn except_what(text: &str, run: &Run, place: impl Fn(usize, usize) -> Span) -> Option<Diagnostic> {
    let start = run.start();
    let head = word_at(text, start);
    let rest = text.get(start..)?.lines().next()?;
    if head.eq_ignore_ascii_case("except") || head.eq_ignore_ascii_case("but") {
        let last = rest.split_whitespace().find(|word| !["except", "but", "not", "on", "for"].contains(&word.to_lowercase().as_str()))?;
        let end = start.saturating_add(rest.find(last)?).saturating_add(last.len());
        let name = last.trim_matches([',', '"', '.']);
        let line = line_around(text, start).replacen(text.get(start..end)?, &format!("excluding category \"{name}\""), 1);
        // Behind `on purchases` it would say which purchases count, not on what they earn.
        let line = line.replacen("on purchases excluding", "excluding", 1).replacen("on all purchases excluding", "excluding", 1);
        // Where it is not known what stands before, only the piece is sure.
        let sure = unread_places(&line).is_empty() && !line.to_lowercase().contains(" on event ");
        let line = if sure { line } else { format!("excluding category \"{name}\"") };
        return Some(errors::except_what(place(start, end), name, &line));
    }
    None
}

/// `expect amount 19 EUR`: what is left to pay is not expected, but what is taken off.
fn expected_what(text: &str, at: usize, place: impl Fn(usize, usize) -> Span) -> Option<Diagnostic> {
    let word = word_at(text, at);
    let expected = text.get(..at)?.split_whitespace().next_back().is_some_and(|before| before.eq_ignore_ascii_case("expect"));
    let left = ["amount", "total", "price", "pays", "pay", "payment"].contains(&word.to_lowercase().as_str());
    (expected && left).then(|| errors::expect_what_is_left(place(at, at.saturating_add(word.len())), word))
}

/// The last three words.
fn last_words(text: &str) -> &str {
    let mut starts: Vec<usize> = text.split_whitespace().map(|word| offset(text, word)).collect();
    let from = starts.split_off(starts.len().saturating_sub(3)).first().copied().unwrap_or(0);
    text.get(from..).unwrap_or(text)
}

fn offset(text: &str, part: &str) -> usize {
    part.as_ptr().addr().saturating_sub(text.as_ptr().addr())
}
