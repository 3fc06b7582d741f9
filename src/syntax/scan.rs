//! What can be said of a text before reading it: its limits, characters that do not belong, and where sentences begin.

use super::{errors, names};
use crate::diagnostic::Problems;
use crate::span::Span;

/// The largest file in bytes.
pub const MAX_FILE: usize = 4 * 1024 * 1024;
/// The longest line in characters.
pub const MAX_COLUMNS: usize = 1024;
/// The most lines of a file.
pub const MAX_LINES: usize = 100_000;
/// The most statements of a program.
pub const MAX_STATEMENTS: usize = 10_000;
/// How deep parentheses and calculations may nest.
pub const MAX_NESTING: usize = 64;
/// The longest bare name in bytes.
pub const MAX_NAME: usize = 128;
/// The most digits of a number.
pub const MAX_DIGITS: usize = 38;

/// One sentence, its comments blanked so that positions stay.
#[derive(Debug)]
pub(super) struct Chunk {
    /// Where it begins in the file.
    pub start: usize,
    /// Its text with blanks in place of comments, without blanks at the end.
    pub text: String,
    /// Whether something in it makes reading pointless; it has been reported.
    pub unreadable: bool,
    /// Starts of the parentheses that are not closed, in [`Self::text`].
    pub open: Vec<usize>,
    /// Where quotes were put in, in [`Self::text`].
    pub added: Vec<usize>,
}

impl Chunk {
    fn add(&mut self, line: &str, unreadable: bool, added: Option<usize>) {
        self.added.extend(added.map(|at| self.text.len().saturating_add(at)));
        self.text.push_str(line);
        self.unreadable |= unreadable;
    }
}

/// Cuts a text at its left margin.
pub(super) fn scan(text: &str, file: u16, problems: &mut Problems) -> Vec<Chunk> {
    let mut chunks: Vec<Chunk> = Vec::new();
    if text.len() > MAX_FILE {
        problems.push(errors::file_too_large(Span::new(file, 0, 0)));
        return chunks;
    }
    let mut at = 0_usize;
    for (count, line) in text.split_inclusive('\n').enumerate() {
        let start = at;
        at = at.saturating_add(line.len());
        if count >= MAX_LINES {
            problems.push(errors::too_many_lines(Span::new(file, start, start)));
            break;
        }
        let mut scan = Line { file, start, problems, unreadable: false, added: None };
        let masked = scan.mask(line);
        let (unreadable, added) = (scan.unreadable, scan.added);
        let blank = masked.trim().is_empty();
        let margin = masked.chars().next().is_some_and(|c| !c.is_whitespace());
        if margin {
            if chunks.len() >= MAX_STATEMENTS {
                problems.push(errors::too_many_statements(Span::new(file, start, start)));
                break;
            }
            chunks.push(Chunk { start, text: String::new(), unreadable: false, open: Vec::new(), added: Vec::new() });
        } else if !blank && chunks.is_empty() {
            let indent = masked.len().saturating_sub(masked.trim_start().len());
            let end = start.saturating_add(masked.trim_end().len());
            problems.push(errors::indented_start(Span::new(file, start, start.saturating_add(indent)), masked.trim()));
            let first = start.saturating_add(indent);
            chunks.push(Chunk { start: first.min(end), text: String::new(), unreadable: false, open: Vec::new(), added: Vec::new() });
            if let Some(chunk) = chunks.last_mut() {
                chunk.add(masked.trim_start(), unreadable, added.map(|at| at.saturating_sub(indent)));
            }
            continue;
        }
        if let Some(chunk) = chunks.last_mut() {
            chunk.add(&masked, unreadable, added);
        }
    }
    for chunk in &mut chunks {
        let length = chunk.text.trim_end().len();
        chunk.text.truncate(length);
        check_nesting(chunk, file, problems);
    }
    chunks
}

struct Line<'a> {
    file: u16,
    start: usize,
    problems: &'a mut Problems,
    unreadable: bool,
    /// Where a quote was closed, in the masked line.
    added: Option<usize>,
}

impl Line<'_> {
    /// The line with its comment blanked; what does not belong is reported and blanked too.
    fn mask(&mut self, line: &str) -> String {
        if line.len() > MAX_COLUMNS && line.trim_end().chars().count() > MAX_COLUMNS {
            let from = line.char_indices().nth(MAX_COLUMNS).map_or(0, |(at, _)| at);
            self.problems.push(errors::line_too_long(self.span(from, from)));
            self.unreadable = true;
        }
        let mut masked = String::with_capacity(line.len());
        let mut quote: Option<usize> = None;
        let mut comment = false;
        let mut reported = false;
        let mut wide = false;
        for (at, c) in line.char_indices() {
            let ends = c == '\n' || c == '\r';
            let harmless = quote.is_some() && is_joiner(c);
            if (is_hidden(c) && !harmless) || (c.is_control() && !ends && c != '\t') {
                if !reported {
                    self.problems.push(errors::hidden_character(self.span(at, at.saturating_add(c.len_utf8())), c));
                    reported = true;
                }
                masked.extend(std::iter::repeat_n(' ', c.len_utf8()));
                continue;
            }
            if comment && !ends {
                masked.extend(std::iter::repeat_n(' ', c.len_utf8()));
                continue;
            }
            if c == '\u{3000}' && quote.is_none() {
                masked.push_str("   ");
                continue;
            }
            if quote.is_none() && is_foreign_comment(line, at) {
                if !reported {
                    self.problems.push(errors::foreign_comment(self.span(at, at.saturating_add(2)), line));
                    reported = true;
                }
                comment = true;
                masked.push(' ');
                continue;
            }
            if let Some(plain) = plain_sign(c).filter(|_| quote.is_none() || wide && matches!(c, '」' | '』')) {
                if !reported {
                    self.problems.push(errors::wide_sign(self.span(at, at.saturating_add(c.len_utf8())), c, line));
                    reported = true;
                }
                let blanks = std::iter::repeat_n(' ', c.len_utf8().saturating_sub(1));
                // What is in quotes stays without blanks at its ends.
                if matches!(c, '「' | '『') {
                    masked.extend(blanks);
                    quote = Some(at.saturating_add(2));
                    wide = true;
                    masked.push(plain);
                } else {
                    if plain == '"' {
                        quote = None;
                        wide = false;
                    }
                    masked.push(plain);
                    masked.extend(blanks);
                }
                continue;
            }
            if c == '"' {
                quote = if quote.is_some() { None } else { Some(at) };
            } else if c == '#' && quote.is_none() {
                comment = true;
                masked.push(' ');
                continue;
            }
            masked.push(c);
        }
        if let Some(at) = quote {
            // A wide sign was masked by blanks and a plain one.
            let began = if wide { at.saturating_sub(2) } else { at };
            self.close(&mut masked, at, began);
        }
        self.mixed_scripts(&masked);
        masked
    }

    /// Closes a quote before the first word of the language in it, which is where it was probably meant to end.
    fn close(&mut self, masked: &mut String, at: usize, began: usize) {
        let end = masked.trim_end().len();
        let inside = masked.get(at.saturating_add(1)..end).unwrap_or("");
        let mut close = end;
        let mut from = 0_usize;
        for (count, word) in inside.split_inclusive(' ').enumerate() {
            if count > 0 && names::is_reserved(word.trim_end()) {
                close = at.saturating_add(1).saturating_add(inside.get(..from).unwrap_or("").trim_end().len());
                break;
            }
            from = from.saturating_add(word.len());
        }
        let span = self.span(began, end);
        masked.insert(close, '"');
        self.problems.push(errors::open_quote(span, masked.trim()));
        self.added = Some(close);
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, self.start.saturating_add(start), self.start.saturating_add(end))
    }

    /// `сashback` with a Cyrillic first letter looks right and is not.
    fn mixed_scripts(&mut self, masked: &str) {
        if masked.is_ascii() {
            return;
        }
        let mut at = 0;
        for word in masked.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')) {
            let latin = word.chars().any(|c| c.is_ascii_alphabetic());
            let other = word.chars().find(|c| matches!(*c, '\u{370}'..='\u{3ff}' | '\u{400}'..='\u{52f}'));
            if let (true, Some(other)) = (latin, other) {
                let span = self.span(at, at.saturating_add(word.len()));
                self.problems.push(errors::mixed_scripts(span, word, other));
            }
            let next = at.saturating_add(word.len());
            at = next.saturating_add(masked.get(next..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8));
        }
    }
}

/// Bidirectional controls and letters without width: the text would not say what it shows.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{61c}' | '\u{feff}')
}

/// Whether a comment of another language begins: `//` or `--` behind a blank.
fn is_foreign_comment(line: &str, at: usize) -> bool {
    let (before, rest) = line.split_at_checked(at).unwrap_or(("", ""));
    (rest.starts_with("//") || rest.starts_with("--")) && before.chars().next_back().is_none_or(char::is_whitespace)
}

/// The sign that a wide one of East Asian keyboards stands for.
pub(super) fn plain_sign(c: char) -> Option<char> {
    Some(match c {
        '，' | '、' => ',',
        '：' => ':',
        '；' => ';',
        '％' => '%',
        '（' => '(',
        '）' => ')',
        '。' => ' ',
        '「' | '」' | '『' | '』' => '"',
        _ => return None,
    })
}

/// Letters without width that some scripts and emoji need inside texts.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

fn check_nesting(chunk: &mut Chunk, file: u16, problems: &mut Problems) {
    let (mut open, mut quoted) = (Vec::new(), false);
    for (at, byte) in chunk.text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' => quoted = false,
            b'(' if !quoted => open.push(at),
            b')' if !quoted => drop(open.pop()),
            _ => {}
        }
        if open.len() > MAX_NESTING {
            let at = chunk.start.saturating_add(at);
            problems.push(errors::too_deep(Span::new(file, at, at.saturating_add(1))));
            chunk.unreadable = true;
            return;
        }
    }
    chunk.open = open;
}
