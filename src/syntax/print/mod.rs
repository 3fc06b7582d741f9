//! From the tree back to text: the one way to write a program. `fmt` is [`format`].
//!
//! A sentence is printed in pieces that know where they stood, so that comments and blank lines stay with what they are
//! about. Every printed sentence is read again: if it does not say what was written, it is printed in the order written,
//! and if that does not help it stays as it is.

mod clause;
mod comments;
mod effect;
mod example;
mod expr;
mod layout;
mod names;
mod statement;

use super::ast::{Ast, Clause, Name, Statement, StatementKind};
use super::parser;
use crate::diagnostic::Problems;
use crate::source::{SourceFile, Sources};
use crate::span::Span;
use crate::value::{Currency, currency};
use comments::{Comment, blank_above, comments, dress};
use layout::{Break, Dressed, Page, Piece};
use names::{Declared, Kind, can_be_bare, quoted, written_quoted};

/// The canonical text of a tree, without comments and blank lines. What its places point to tells which names stand in
/// quotes and the like; a tree without texts has sensible ones.
#[must_use]
pub fn print(ast: &Ast, sources: &Sources) -> String {
    let declared = Declared::of(ast, sources);
    let printer = Printer { sources, declared: &declared, currency: declared_currency(ast), recase: true, order: Order::Table };
    let mut page = Page::default();
    for statement in &ast.statements {
        let plain = |piece| Dressed { piece, before: Vec::new(), after: None, blank: false };
        let pieces: Vec<Dressed> = printer.statement(statement).into_iter().map(plain).collect();
        page.sentence(&pieces);
    }
    page.finish()
}

/// The canonical text of each sentence of a tree, its lines with ` · ` between them.
#[must_use]
pub fn sentences(ast: &Ast, sources: &Sources) -> Vec<String> {
    let declared = Declared::of(ast, sources);
    let printer = Printer { sources, declared: &declared, currency: declared_currency(ast), recase: true, order: Order::Table };
    let told = |statement: &Statement| {
        let mut page = Page::default();
        let plain = |piece| Dressed { piece, before: Vec::new(), after: None, blank: false };
        page.sentence(&printer.statement(statement).into_iter().map(plain).collect::<Vec<_>>());
        page.finish().lines().map(str::trim).collect::<Vec<_>>().join(" · ")
    };
    ast.statements.iter().map(told).collect()
}

/// The canonical text of a file. Comments and groups of lines stay, and the text means what it meant.
///
/// # Errors
/// The problems of a file that has errors: what cannot be read cannot be written either.
pub fn format(sources: &Sources, file: u16) -> Result<String, Problems> {
    let (ast, problems, code) = parser::parse_with(sources, file, None);
    if problems.has_errors() {
        return Err(problems);
    }
    let text = sources.file(file).map_or("", |source| source.text.as_str());
    let declared = Declared::of(&ast, sources);
    let printer = Printer { sources, declared: &declared, currency: declared_currency(&ast), recase: true, order: Order::Table };
    let formatter = Formatter { printer, text, code };
    Ok(formatter.file(&ast, &comments(text)))
}

/// The order of the clauses of a rule.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    /// Of the table in the language reference.
    Table,
    /// As written.
    Written,
}

/// Writes sentences.
struct Printer<'a> {
    sources: &'a Sources,
    declared: &'a Declared,
    /// The program's currency, if it is known.
    currency: Option<Currency>,
    /// Whether names get the letters of their declaration, and symbols of the currency its code.
    recase: bool,
    order: Order,
}

impl Printer<'_> {
    /// A piece that stood at a place.
    fn piece(&self, text: String, span: Span, lead: Break) -> Piece {
        let place = span.range();
        Piece { text, lead, comma: false, start: place.start, end: place.end }
    }

    /// A name: as declared, or as written if it is not declared.
    fn name(&self, kind: Kind, name: &Name) -> String {
        let found = self.declared.spelling(kind, &name.node);
        let as_written = || written_quoted(self.sources, name.span).unwrap_or(!can_be_bare(&name.node));
        let (letters, in_quotes) = match found {
            Some((letters, in_quotes)) => (if self.recase { letters } else { name.node.clone() }, in_quotes),
            None => (name.node.clone(), as_written()),
        };
        let bare = !in_quotes && (can_be_bare(&letters) || !as_written());
        if bare { letters } else { quoted(&letters) }
    }

    /// Names with commas between them.
    fn names(&self, kind: Kind, names: &[Name]) -> String {
        expr::listed(&names.iter().map(|name| self.name(kind, name)).collect::<Vec<_>>())
    }

    /// Whether a name was written in quotes, or must be.
    fn in_quotes(&self, name: &Name) -> bool {
        written_quoted(self.sources, name.span).unwrap_or(!can_be_bare(&name.node))
    }

    /// Whether the text of a place begins with a word.
    fn begins_with(&self, span: Span, word: &str) -> bool {
        self.sources.text(span).get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
    }

    /// Whether anything but blanks was written between two places.
    fn has_word_between(&self, first: Span, second: Span) -> bool {
        let between = self.sources.text(Span { start: first.end, end: second.start.max(first.end), ..first });
        between.lines().any(|line| line.trim_start().starts_with(char::is_alphabetic))
    }

    /// The part of a place before the first of others.
    fn before(&self, whole: Span, others: impl Iterator<Item = Span>) -> Span {
        let end = others.map(|span| span.start).min().unwrap_or(whole.end).clamp(whole.start, whole.end);
        self.words_of(Span { end, ..whole })
    }

    /// A place without what stands behind its last word; comments are no words.
    fn words_of(&self, span: Span) -> Span {
        let text = self.sources.text(span);
        let (mut last, mut at) = (0_usize, 0_usize);
        for line in text.split_inclusive('\n') {
            let comment = comments(line).first().map_or(line.len(), |comment| comment.at);
            let words = line.get(..comment).unwrap_or("").trim_end_matches([' ', '\t', '\r', '\n', ',']);
            if !words.trim().is_empty() {
                last = at.saturating_add(words.len());
            }
            at = at.saturating_add(line.len());
        }
        let end = span.start.saturating_add(u32::try_from(last).unwrap_or(0)).min(span.end);
        Span { end, ..span }
    }
}

/// Writes a file.
struct Formatter<'a> {
    printer: Printer<'a>,
    text: &'a str,
    /// The code of the program's currency, as the reader knows it.
    code: Option<String>,
}

impl Formatter<'_> {
    fn file(mut self, ast: &Ast, comments: &[Comment]) -> String {
        let mut page = Page::default();
        let mut comments = comments.iter().peekable();
        for (index, statement) in ast.statements.iter().enumerate() {
            let place = statement.span.range();
            while let Some(comment) = comments.next_if(|comment| comment.at < place.start) {
                between(&mut page, comment, index > 0);
            }
            let end = place.end;
            let inside =
                |comment: &&Comment| comment.at < end || !comment.alone && !self.text.get(end..comment.at).unwrap_or("").contains('\n');
            let mut own = Vec::new();
            while let Some(comment) = comments.next_if(inside) {
                own.push(comment.clone());
            }
            if blank_above(self.text, place.start) {
                page.blank();
            }
            self.statement(&mut page, statement, &own);
        }
        for comment in comments {
            between(&mut page, comment, !ast.statements.is_empty());
        }
        page.finish()
    }

    fn statement(&mut self, page: &mut Page, statement: &Statement, own: &[Comment]) {
        for order in [Order::Table, Order::Written] {
            self.printer.order = order;
            self.printer.recase = false;
            if self.says_the_same(statement, own) {
                self.printer.recase = true;
                let (pieces, rest) = dress(self.printer.statement(statement), own, self.text);
                page.sentence(&pieces);
                rest.iter().for_each(|comment| page.whole(2, &comment.text));
                return;
            }
        }
        self.verbatim(page, statement, own);
    }

    /// Whether the printed sentence is read as what was written.
    fn says_the_same(&self, statement: &Statement, own: &[Comment]) -> bool {
        let (pieces, _) = dress(self.printer.statement(statement), own, self.text);
        let mut page = Page::default();
        page.sentence(&pieces);
        let mut sources = Sources::default();
        let file = sources.add(SourceFile::new("", std::path::PathBuf::new(), page.finish()));
        let (ast, problems, _) = parser::parse_with(&sources, file, self.code.clone());
        let same = |read: &Statement| in_order(read.kind.clone()) == in_order(statement.kind.clone());
        !problems.has_errors() && matches!(ast.statements.as_slice(), [read] if same(read))
    }

    /// The lines of a sentence as they are.
    fn verbatim(&self, page: &mut Page, statement: &Statement, own: &[Comment]) {
        let place = statement.span.range();
        let end = own.last().map_or(place.end, |comment| comment.at.saturating_add(comment.text.len()).max(place.end));
        let lines = self.text.get(place.start..end).unwrap_or("").lines();
        lines.for_each(|line| page.whole(0, line.trim_end()));
    }
}

/// A comment between two statements.
fn between(page: &mut Page, comment: &Comment, behind_statement: bool) {
    if comment.blank {
        page.blank();
    }
    page.whole(if comment.indented && behind_statement { 2 } else { 0 }, &comment.text);
}

/// The statement with its clauses in the order of the table: their order does not matter to what it says.
fn in_order(mut kind: StatementKind) -> StatementKind {
    let sort = |clauses: &mut Vec<Clause>| clauses.sort_by_key(|clause| clause::rank(&clause.node));
    match &mut kind {
        StatementKind::Rule(rule) => sort(&mut rule.clauses),
        StatementKind::Redeem { clauses, .. }
        | StatementKind::RedeemVouchers { clauses, .. }
        | StatementKind::Reward { clauses, .. }
        | StatementKind::Exchange { clauses, .. } => sort(clauses),
        _ => {}
    }
    kind
}

/// The currency that a program declares.
fn declared_currency(ast: &Ast) -> Option<Currency> {
    ast.statements.iter().find_map(|statement| match &statement.kind {
        StatementKind::Program(program) => program.settings.iter().find_map(|setting| match &setting.node {
            super::ast::Setting::Currency(code) => currency(code),
            _ => None,
        }),
        _ => None,
    })
}
