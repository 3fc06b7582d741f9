//! Markdown.

use super::super::language::Lang;
use super::super::model::{Clause, Document, Sentence, Table};
use super::{line, titled};
use crate::source::Sources;

/// The terms as Markdown; with `lines`, each sentence says where it comes from.
#[must_use]
pub fn markdown(document: &Document, sources: &Sources, lines: bool) -> String {
    let source = |sentence: &Sentence| if lines { escaped(&line(sentence, sources, document.lang)) } else { String::new() };
    let mut out = format!("# {}\n", escaped(&document.title));
    for (at, section) in document.sections.iter().enumerate() {
        let number = at.saturating_add(1);
        out.push_str(&format!("\n## {number}. {}\n", escaped(&section.heading)));
        for (at, clause) in section.clauses.iter().enumerate() {
            one(&mut out, &format!("{number}.{}", at.saturating_add(1)), clause, document.lang, &source);
        }
    }
    out
}

fn one(out: &mut String, number: &str, clause: &Clause, lang: Lang, source: &impl Fn(&Sentence) -> String) {
    let title = clause.title.as_ref().map_or_else(String::new, |title| format!("**{}** ", escaped(titled(title, lang).trim_end())));
    out.push_str(&format!("\n**{number}** {title}{}{}\n", escaped(&clause.lead.text), source(&clause.lead)));
    if !clause.details.is_empty() {
        out.push('\n');
    }
    for detail in &clause.details {
        out.push_str(&format!("- {}{}\n", escaped(&detail.text), source(detail)));
    }
    if let Some(table) = &clause.table {
        out.push('\n');
        tabled(out, table);
    }
}

fn tabled(out: &mut String, table: &Table) {
    let row = |cells: &[String]| format!("| {} |\n", cells.iter().map(|cell| escaped(cell)).collect::<Vec<_>>().join(" | "));
    out.push_str(&row(&table.head));
    out.push_str(&format!("|{}\n", "---|".repeat(table.head.len())));
    for cells in &table.rows {
        out.push_str(&row(cells));
    }
}

/// Text that means itself: whatever Markdown or HTML would act on is escaped.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let starts = at == 0 && matches!(c, '-' | '+' | '=' | '~');
        // A number with a full stop at the start would be a list.
        let lists = matches!(c, '.' | ')') && at > 0 && text.get(..at).is_some_and(|before| before.bytes().all(|b| b.is_ascii_digit()));
        if starts
            || lists
            || matches!(c, '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' | '!' | '$' | '@')
        {
            out.push('\\');
        }
        // A bare address would become a link.
        if c == ':' && text.get(at..).is_some_and(|rest| rest.starts_with("://")) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
