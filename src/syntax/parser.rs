//! Reading one text: each sentence by itself, with the misspelt words that can be mended mended.

use super::ast::{Ast, Statement};
use super::build::{Builder, Junk, Origin, Rewrite};
use super::grammar::{Grammar, Rule};
use super::own::Own;
use super::{errors, habits, meant, phrases, repair, scan, whole};
use crate::diagnostic::{Diagnostic, Problems};
use crate::source::Sources;
use crate::span::Span;
use pest::Parser;
use std::num::NonZeroUsize;
use std::sync::Once;

/// Steps of the grammar's machine for one sentence; a backstop far above what the limits on size allow.
const MAX_STEPS: usize = 400_000_000;
/// A longer sentence is not read again and again to find out what was meant.
const MAX_MEANT: usize = 2_000;
/// The most unreadable places reported for one sentence.
const MAX_REPORTS: usize = 5;
/// The most places of one text that are tried to be mended; the rest is only reported.
const MAX_MENDINGS: usize = 80;

/// What is said of the shape of a sentence: where words of it cannot be read, mostly a consequence.
const GUESSES: [&str; 7] = ["LOY0102", "LOY0105", "LOY0112", "LOY0113", "LOY0118", "LOY0401", "LOY0213"];

/// Reads one text. Every problem of the text is reported; the tree holds all that could be read.
#[must_use]
pub fn parse(sources: &Sources, file: u16) -> (Ast, Problems) {
    let (ast, problems, _) = parse_with(sources, file, None);
    (ast, problems)
}

/// Reads one text of a program whose currency may be known; gives the currency that is known then.
pub(super) fn parse_with(sources: &Sources, file: u16, currency: Option<String>) -> (Ast, Problems, Option<String>) {
    static LIMIT: Once = Once::new();
    LIMIT.call_once(|| pest::set_call_limit(NonZeroUsize::new(MAX_STEPS)));

    let mut problems = Problems::default();
    let text = sources.file(file).map_or("", |source| source.text.as_str());
    let mut ast = Ast::default();
    let chunks = scan::scan(text, file, &mut problems);
    let currency = chunks.iter().find_map(|chunk| program_currency(&chunk.text)).or(currency);
    let mut mendings = MAX_MENDINGS;
    let mut own = Own::default();
    chunks.iter().for_each(|chunk| own.add(&chunk.text));
    for chunk in &chunks {
        if chunk.unreadable {
            continue;
        }
        let edits = chunk.added.iter().map(|at| (*at, 1, 0)).collect();
        let origin = Origin { file, base: chunk.start, edits };
        let mut reader = Reader {
            text: chunk.text.clone(),
            written: &chunk.text,
            origin,
            currency: currency.as_deref(),
            own: &own,
            mendings,
            found: Vec::new(),
            mended: Vec::new(),
            read_as: Vec::new(),
        };
        let statement = reader.read(&chunk.open);
        problems.0.append(&mut reader.found);
        if statement.is_none() {
            ast.lost.extend(chunk.text.split_whitespace().next().map(str::to_lowercase));
        }
        ast.mended.append(&mut reader.read_as);
        mendings = reader.mendings;
        ast.statements.extend(statement);
    }
    problems.sort();
    (ast, problems, currency)
}

/// The currency that the text's program declares.
fn program_currency(text: &str) -> Option<String> {
    let mut words = text.split_whitespace();
    let head = words.next()?;
    if !head.eq_ignore_ascii_case("program") {
        return None;
    }
    let code = words.skip_while(|word| !word.eq_ignore_ascii_case("currency")).nth(1)?;
    let code = code.trim_matches(|c: char| !c.is_ascii_alphabetic()).to_uppercase();
    crate::value::currency(&code).map(|_| code)
}

/// Reads one sentence.
struct Reader<'a> {
    text: String,
    /// The sentence before anything was mended.
    written: &'a str,
    origin: Origin,
    currency: Option<&'a str>,
    own: &'a Own,
    /// How many more places may be tried to be mended.
    mendings: usize,
    found: Vec<Diagnostic>,
    /// Mended places of the text, with the line as a help gave it.
    mended: Vec<(usize, String)>,
    /// The same in the file, with what is read there.
    read_as: Vec<(Span, String)>,
}

/// What one pass over the sentence gave.
struct Pass {
    statement: Option<Statement>,
    problems: Problems,
    runs: Vec<Run>,
    rewrites: Vec<Rewrite>,
}

/// Unreadable words that stand together.
pub(super) struct Run {
    pub words: Vec<Junk>,
}

impl Run {
    /// Where it begins in the text being read.
    pub fn start(&self) -> usize {
        self.words.first().map_or(0, |word| word.start)
    }
}

impl Reader<'_> {
    fn read(&mut self, open: &[usize]) -> Option<Statement> {
        let mut pass = self.pass()?;
        if let Some(setting) = habits::setting_at_margin(&self.text).filter(|_| !pass.runs.is_empty()) {
            let words = self.text.get(..setting.length).unwrap_or("");
            let end = self.origin.position(setting.length);
            let span = Span::new(self.origin.file, self.origin.position(0), end);
            self.found.push(errors::setting_at_margin(span, words, setting.of));
            return None;
        }
        if !pass.runs.is_empty() && self.text.len() <= MAX_MEANT {
            let place = |start, end| Span::new(self.origin.file, self.origin.position(start), self.origin.position(end));
            let code = self.currency.unwrap_or("EUR");
            if let Some(problem) = whole::explain(&self.text, self.own, place, |line| reads(line, code)) {
                self.found.push(problem);
                return None;
            }
        }
        let mut reported: Vec<Diagnostic> = Vec::new();
        let mut at = 0;
        let unclosed = open.first().copied();
        while let Some(fix) = self.meant(&pass, unclosed.is_some() || reported.len() >= MAX_REPORTS) {
            reported.push(self.apply(&fix));
            pass = self.pass()?;
        }
        if !pass.runs.is_empty() && unclosed.is_none() && self.text.len() <= MAX_MEANT {
            let place = |start, end| Span::new(self.origin.file, self.origin.position(start), self.origin.position(end));
            if let Some(problem) = meant::explain(&self.text, pass.runs.first().map_or(0, Run::start), self.own, place, self.currency) {
                self.found.push(problem);
                self.own.in_own_words(&mut self.found, &self.text, self.currency);
                return None;
            }
        }
        if let Some(open) = unclosed {
            let place = self.origin.position(open);
            reported.push(errors::open_parenthesis(Span::new(self.origin.file, place, place.saturating_add(1))));
        }
        while let Some(run) = pass.runs.get(at) {
            // What follows an open parenthesis cannot be read for that reason.
            if reported.len() >= MAX_REPORTS || unclosed.is_some() {
                break;
            }
            let mut probe = repair::Probe::unasked(run);
            if let Some(left) = self.mendings.checked_sub(1) {
                self.mendings = left;
                probe = repair::probe(&self.text, run);
                if let Some(fix) = repair::mend(&self.text, run, &probe) {
                    reported.push(self.apply(&fix));
                    pass = self.pass()?;
                    continue;
                }
            }
            reported.push(repair::explain(&self.text, &self.origin, run, &probe));
            at += 1;
        }
        if let Some(end) = repair::dangling(&self.text) {
            let last = repair::word_at(&self.text, end);
            let place = Span::new(self.origin.file, self.origin.position(end), self.origin.position(end.saturating_add(last.len())));
            reported.push(errors::stops_early(place, last, None));
        }
        self.found.append(&mut pass.problems.0);
        self.found.append(&mut reported);
        self.join_helps(&pass.rewrites);
        self.say_once();
        self.own.in_own_words(&mut self.found, &self.text, self.currency);
        pass.statement
    }

    /// Everyday words for a whole sentence of the language, if more can be read then.
    fn meant(&mut self, pass: &Pass, enough: bool) -> Option<repair::Fix> {
        if enough || self.text.len() > MAX_MEANT {
            return None;
        }
        let read = pass.runs.is_empty();
        let whole = phrases::rewrites(&self.text, self.own, read);
        let rewrites = if read { Vec::new() } else { meant::rewrites(&self.text, self.own) };
        if whole.is_empty() && rewrites.is_empty() || self.mendings == 0 {
            return None;
        }
        let left = if read { 1 } else { repair::unread(&self.text)? };
        // A phrase after which everything can be read goes first; one that helps a little comes last.
        let known = whole.iter().map(|rewrite| (rewrite, 1)).chain(rewrites.iter().map(|rewrite| (rewrite, left)));
        for ((start, wrong, right), below) in known.chain(whole.iter().map(|rewrite| (rewrite, left))) {
            self.mendings = self.mendings.checked_sub(1)?;
            let mut text = self.text.clone();
            text.replace_range(*start..start.saturating_add(wrong.len()), right);
            if repair::unread(&text).is_some_and(|unread| unread < below) {
                return Some(repair::Fix { start: *start, wrong: wrong.clone(), right: right.clone(), habit: true });
            }
        }
        None
    }

    /// Every help shows its line with all mistakes of the line mended; a line that could not be read even then is no help.
    fn join_helps(&mut self, rewrites: &[Rewrite]) {
        if self.text.len() > MAX_MEANT || rewrites.is_empty() && self.mended.is_empty() {
            return;
        }
        let mut text = self.text.clone();
        // From the last to the first, so that places before stay; of two readings of one place neither is taken.
        let clashes = |a: &Rewrite| rewrites.iter().any(|b| a.start < b.end && b.start < a.end && a.right != b.right);
        let mut plain: Vec<&Rewrite> = rewrites.iter().filter(|rewrite| !clashes(rewrite)).collect();
        plain.sort_by_key(|rewrite| std::cmp::Reverse(rewrite.start));
        plain.dedup_by_key(|rewrite| rewrite.start);
        for rewrite in &plain {
            if text.is_char_boundary(rewrite.start) && text.is_char_boundary(rewrite.end) {
                text.replace_range(rewrite.start..rewrite.end, &rewrite.right);
            }
        }
        let place = |at| self.origin.position(at);
        self.read_as.extend(plain.iter().map(|r| (Span::new(self.origin.file, place(r.start), place(r.end)), r.right.clone())));
        let moved = |at: usize| {
            plain
                .iter()
                .filter(|rewrite| rewrite.end <= at)
                .fold(at, |at, rewrite| at.saturating_add(rewrite.right.len()).saturating_sub(rewrite.end.saturating_sub(rewrite.start)))
        };
        let unread = repair::unread_places(&text);
        let mended = self.mended.iter().map(|(at, line)| (*at, line));
        for (at, old) in mended.chain(plain.iter().map(|rewrite| (rewrite.start, &rewrite.line))) {
            let line = repair::line_around(&text, moved(at));
            let range = repair::line_range(&text, moved(at));
            let readable = !unread.iter().any(|at| range.contains(at));
            let wanted = format!("Write: {old}");
            for problem in self.found.iter_mut().filter(|problem| problem.help.as_ref() == Some(&wanted)) {
                problem.help = readable.then(|| format!("Write: {line}"));
            }
        }
    }

    /// One mistake, one message: what the same line to type corrects is said once, and words that cannot be read explain what is
    /// missing beside them.
    fn say_once(&mut self) {
        self.found.sort_by_key(|problem| problem.span().start);
        let line = |problem: &Diagnostic| {
            let start = problem.span().range().start.saturating_sub(self.origin.base);
            let letter = (0..=start.min(self.written.len())).rev().find(|at| self.written.is_char_boundary(*at));
            repair::line_range(self.written, letter.unwrap_or(0)).start
        };
        let mut kept: Vec<Diagnostic> = Vec::new();
        for problem in std::mem::take(&mut self.found) {
            let same = kept.iter_mut().find(|other| {
                other.code == problem.code
                    && problem.code != "LOY0102"
                    && problem.help.as_ref().is_some_and(|help| help.starts_with("Write: "))
                    && other.help == problem.help
            });
            if let Some(other) = same {
                other.labels.extend(problem.labels);
                continue;
            }
            kept.push(problem);
        }
        let lost: Vec<usize> = kept.iter().filter(|problem| problem.code == "LOY0101" && problem.help.is_none()).map(line).collect();
        let mut told: Vec<usize> = Vec::new();
        kept.retain(|problem| {
            let at = line(problem);
            let shape = problem.help.is_none() || GUESSES.contains(&problem.code);
            if !shape || !lost.contains(&at) {
                return true;
            }
            let first = !told.contains(&at);
            told.push(at);
            first
        });
        self.found = kept;
    }

    /// Mends the text and says so.
    fn apply(&mut self, fix: &repair::Fix) -> Diagnostic {
        let end = fix.start.saturating_add(fix.wrong.len());
        let place = |at| self.origin.position(at);
        let shown = if fix.wrong.is_empty() { repair::word_at(&self.text, fix.start).len() } else { fix.wrong.trim_end().len() };
        let span = Span::new(self.origin.file, place(fix.start), place(fix.start.saturating_add(shown)));
        self.read_as.push((Span::new(self.origin.file, place(fix.start), place(end)), fix.right.clone()));
        self.text.replace_range(fix.start..end, &fix.right);
        for (at, _) in self.mended.iter_mut().filter(|(at, _)| *at > fix.start) {
            *at = at.saturating_add(fix.right.len()).saturating_sub(fix.wrong.len());
        }
        self.origin.edit(fix.start, fix.right.len(), fix.wrong.len());
        let line = repair::line_around(&self.text, fix.start);
        self.mended.push((fix.start, line.clone()));
        if fix.right == format!("\"{}\"", fix.wrong) {
            return errors::without_quotes(span, &line);
        }
        let asks = fix.wrong.is_empty() && matches!(fix.right.trim(), "event" | "category");
        if asks && repair::follows_on(&self.text, fix.start) {
            let named = fix.start.saturating_add(fix.right.len());
            return errors::on_what(span, repair::word_at(&self.text, named));
        }
        if fix.wrong.is_empty() {
            return errors::missing_word(span, fix.right.trim(), &line);
        }
        if fix.habit {
            return errors::in_other_words(span, &fix.wrong, &fix.right, &line);
        }
        errors::misspelt(span, &fix.wrong, &fix.right, line)
    }

    fn pass(&mut self) -> Option<Pass> {
        let Ok(mut pairs) = Grammar::parse(Rule::eof_statement, &self.text) else {
            let start = self.origin.base;
            let end = start.saturating_add(self.text.lines().next().map_or(0, str::len));
            self.found.push(errors::too_long(Span::new(self.origin.file, start, end)));
            return None;
        };
        let mut builder = Builder::new(&self.text, &self.origin, self.currency, self.own);
        let statement = pairs.next().and_then(|whole| builder.statement(&whole));
        let runs = runs(&self.text, std::mem::take(&mut builder.junk));
        Some(Pass { statement, problems: builder.problems, runs, rewrites: builder.rewrites.into_inner() })
    }
}

/// Whether a sentence can be read as it stands.
#[must_use]
pub fn reads(sentence: &str, currency: &str) -> bool {
    let sources = Sources::single("", sentence);
    parse_with(&sources, 0, Some(currency.to_owned())).1.0.is_empty()
}

/// Groups words that stand together on one line.
fn runs(text: &str, mut junk: Vec<Junk>) -> Vec<Run> {
    junk.sort_by_key(|word| word.start);
    let mut runs: Vec<Run> = Vec::new();
    for word in junk {
        let joins = runs.last().and_then(|run| run.words.last()).is_some_and(|last| {
            text.get(last.end..word.start)
                .is_some_and(|gap| !gap.contains('\n') && gap.chars().all(|c| c.is_whitespace() || c == ',' || c == ';'))
        });
        match runs.last_mut() {
            Some(run) if joins => run.words.push(word),
            _ => runs.push(Run { words: vec![word] }),
        }
    }
    runs
}
