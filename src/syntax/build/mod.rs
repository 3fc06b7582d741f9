//! From what the grammar found to the tree: one `build_…` or method per rule. The grammar is permissive; what it only
//! took in order to answer it is reported here, and a sensible node is built all the same.

mod clause;
mod effect;
mod example;
mod expr;
mod literal;
mod program;
mod statement;

pub(super) use literal::ordinal_suffix;

use super::ast::{Expr, ExprKind, Literal, Name};
use super::grammar::Rule;
use super::own::Own;
use super::repair::line_around;
use super::{errors, scan};
use crate::diagnostic::{Diagnostic, Problems};
use crate::span::{Span, Spanned};
use crate::value::Decimal;
use pest::iterators::Pair;
use std::cell::RefCell;

/// A piece of the sentence.
pub(super) type P<'i> = Pair<'i, Rule>;

/// From positions in the text being read, which may have been repaired, to positions in the file.
#[derive(Clone, Debug, Default)]
pub(super) struct Origin {
    /// The file.
    pub file: u16,
    /// Where the sentence begins in it.
    pub base: usize,
    /// Repairs: where in the text, the length there, the length in the file.
    pub edits: Vec<(usize, usize, usize)>,
}

impl Origin {
    /// The position in the file.
    pub fn position(&self, at: usize) -> usize {
        let (mut added, mut removed) = (0_usize, 0_usize);
        for (start, new, old) in &self.edits {
            if at >= start.saturating_add(*new) {
                added = added.saturating_add(*old);
                removed = removed.saturating_add(*new);
            } else if at > *start {
                return self.base.saturating_add(start.saturating_add(added).saturating_sub(removed));
            }
        }
        self.base.saturating_add(at.saturating_add(added).saturating_sub(removed))
    }

    /// Remembers that `new` bytes at `at` stand for `old` bytes of the file.
    pub fn edit(&mut self, at: usize, new: usize, old: usize) {
        for (start, _, _) in &mut self.edits {
            if *start > at {
                *start = start.saturating_add(new).saturating_sub(old);
            }
        }
        self.edits.push((at, new, old));
        self.edits.sort_unstable();
    }
}

/// A word that could not be read.
#[derive(Clone, Debug)]
pub(super) struct Junk {
    /// In the text being read.
    pub start: usize,
    /// The byte after it.
    pub end: usize,
    /// What to ask the grammar, and from where, to learn what was expected.
    pub probe: Rule,
    /// Start of the piece before it, if there is one.
    pub before: Option<usize>,
    /// What to say if it is not a misspelt word.
    pub known: Option<Diagnostic>,
}

/// Builds one statement.
pub(super) struct Builder<'a> {
    pub text: &'a str,
    pub origin: &'a Origin,
    pub problems: Problems,
    pub junk: Vec<Junk>,
    pub damaged: bool,
    /// The program's currency, where it is known, to answer `5 eur`.
    pub currency: Option<&'a str>,
    /// The names that the text declares.
    pub own: &'a Own,
    /// What was written differently in a help.
    pub rewrites: RefCell<Vec<Rewrite>>,
    depth: usize,
}

/// A piece of the text with something else in its place, and the line as a help gave it.
#[derive(Clone, Debug)]
pub(super) struct Rewrite {
    pub start: usize,
    pub end: usize,
    pub right: String,
    pub line: String,
}

impl<'a> Builder<'a> {
    pub fn new(text: &'a str, origin: &'a Origin, currency: Option<&'a str>, own: &'a Own) -> Self {
        Self {
            text,
            origin,
            problems: Problems::default(),
            junk: Vec::new(),
            damaged: false,
            currency,
            own,
            rewrites: RefCell::default(),
            depth: 0,
        }
    }

    /// The place of a piece, without the blanks that the grammar takes behind it.
    pub fn span(&self, pair: &P) -> Span {
        let span = pair.as_span();
        self.place(span.start(), span.end())
    }

    /// The place of a range of the text, without blanks at its end.
    pub fn place(&self, start: usize, end: usize) -> Span {
        let text = self.text.get(start..end).unwrap_or("");
        let lead = text.len().saturating_sub(text.trim_start().len());
        let end = start.saturating_add(text.trim_end().len());
        let start = if end > start { start.saturating_add(lead) } else { start };
        Span::new(self.origin.file, self.origin.position(start), self.origin.position(end))
    }

    /// The line of a piece, with something else in its place: what to write.
    pub fn rewritten(&self, pair: &P, right: &str) -> String {
        let start = pair.as_span().start();
        let end = start.saturating_add(pair.as_str().trim_end().len());
        let mut text = self.text.to_owned();
        if text.is_char_boundary(start) && text.is_char_boundary(end) {
            text.replace_range(start..end, right);
        }
        let line = line_around(&text, start);
        self.rewrites.borrow_mut().push(Rewrite { start, end, right: right.to_owned(), line: line.clone() });
        line
    }

    /// An error that leaves the sentence incomplete.
    pub fn broken(&mut self, diagnostic: Diagnostic) {
        self.damaged = true;
        self.problems.push(diagnostic);
    }

    /// Reports a mistake whose meaning is clear.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.problems.push(diagnostic);
    }

    /// Remembers a word that could not be read.
    pub fn junk(&mut self, pair: &P, probe: Rule, before: Option<usize>) {
        let span = pair.as_span();
        self.junk.push(Junk { start: span.start(), end: span.end(), probe, before, known: None });
    }

    /// Remembers a phrase that is understood but wrong, unless a misspelt word explains it better.
    pub fn doubtful(&mut self, pair: &P, probe: Rule, before: Option<usize>, known: Diagnostic) {
        let span = pair.as_span();
        let end = span.start().saturating_add(span.as_str().trim_end().len());
        self.junk.push(Junk { start: span.start(), end, probe, before, known: Some(known) });
    }

    /// A name, without its quotes.
    pub fn name(&mut self, pair: &P) -> Name {
        let span = self.span(pair);
        let text = pair.as_str().trim_end();
        let quoted = text.starts_with(['"', '“', '„', '”', '«']);
        if quoted {
            return Spanned::new(self.quoted(text, span), span);
        }
        if text.len() > scan::MAX_NAME {
            self.broken(errors::name_too_long(span));
        }
        Spanned::new(text.to_owned(), span)
    }

    /// The name among the pieces of `pair`.
    pub fn name_in(&mut self, pair: &P) -> Name {
        match kid(pair, Rule::name) {
            Some(name) => self.name(&name),
            None => Spanned::new(String::new(), self.span(pair)),
        }
    }

    /// All names among the pieces of `pair`.
    pub fn names_in(&mut self, pair: &P) -> Vec<Name> {
        let list = kid(pair, Rule::names).unwrap_or_else(|| pair.clone());
        list.into_inner().filter(|p| p.as_rule() == Rule::name).map(|p| self.name(&p)).collect()
    }

    fn quoted(&mut self, text: &str, span: Span) -> String {
        let Some(inside) = text.strip_prefix('"') else {
            let inside = text.trim_matches(['“', '„', '”', '«', '»']).to_owned();
            let line = self.text.replace(text, &format!("\"{inside}\""));
            let at = line.find(&format!("\"{inside}\"")).unwrap_or(0);
            self.report(errors::curly_quotes(span, &line_around(&line, at)));
            return inside;
        };
        let inside = inside.strip_suffix('"').unwrap_or(inside);
        inside.replace("\"\"", "\"")
    }

    /// A quoted or bare word, whatever it is.
    pub fn any_text(&mut self, pair: &P) -> Name {
        self.name(pair)
    }

    /// The expression that stands where nothing could be read.
    pub fn nothing(&self, pair: &P) -> Expr {
        Expr { span: self.span(pair), kind: ExprKind::Literal(Literal::Number(Decimal::whole(0))) }
    }
}

/// The first piece of `pair` by a rule.
pub(super) fn kid<'i>(pair: &P<'i>, rule: Rule) -> Option<P<'i>> {
    pair.clone().into_inner().find(|p| p.as_rule() == rule)
}

/// All pieces of `pair` by a rule.
pub(super) fn kids<'i>(pair: &P<'i>, rule: Rule) -> impl Iterator<Item = P<'i>> + use<'i> {
    pair.clone().into_inner().filter(move |p| p.as_rule() == rule)
}

/// Whether a rule is among the pieces of `pair`.
pub(super) fn has(pair: &P, rule: Rule) -> bool {
    pair.clone().into_inner().any(|p| p.as_rule() == rule)
}

/// The first piece of `pair`.
pub(super) fn first<'i>(pair: &P<'i>) -> Option<P<'i>> {
    pair.clone().into_inner().next()
}
