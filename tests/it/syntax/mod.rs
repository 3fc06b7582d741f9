//! From text to tree.

use loyalty_dsl::diagnostic::{Diagnostic, Problems};
use loyalty_dsl::source::Sources;
use loyalty_dsl::span::Span;
use loyalty_dsl::syntax::ast::Ast;
use loyalty_dsl::syntax::parse;

mod hostile;
mod messages;
mod samples;
mod trees;

/// Reads one text.
fn read(text: &str) -> (Ast, Problems) {
    parse(&Sources::single("test.loy", text), 0)
}

/// A diagnostic in a few lines: code, message, places, what to write.
fn shown(text: &str, diagnostic: &Diagnostic) -> String {
    let sources = Sources::single("test.loy", text);
    let place = |span: Span| {
        let at = sources.place(span);
        format!("{}:{}", at.line, at.column)
    };
    let mut out = format!("{} {}\n", diagnostic.code, diagnostic.message);
    for label in &diagnostic.labels {
        out += &format!("  {} [{}] {}\n", place(label.span), sources.text(label.span), label.text);
    }
    for note in &diagnostic.notes {
        out += &format!("  = {note}\n");
    }
    if let Some(help) = &diagnostic.help {
        out += &format!("  > {help}\n");
    }
    out
}

/// All problems of a text.
fn problems(text: &str) -> String {
    read(text).1.0.iter().map(|d| shown(text, d)).collect()
}
