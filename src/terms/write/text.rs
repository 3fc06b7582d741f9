//! Plain text of at most 80 columns, for letters and terminals.

use super::super::language::Lang;
use super::super::model::{Document, Table};
use super::{letter, line, titled};
use crate::diagnostic::render::columns;
use crate::source::Sources;

const WIDTH: usize = 80;

/// The terms as plain text; with `lines`, each sentence says where it comes from.
#[must_use]
pub fn text(document: &Document, sources: &Sources, lines: bool) -> String {
    let mut out = format!("{}\n", document.title);
    for (at, section) in document.sections.iter().enumerate() {
        let number = at.saturating_add(1);
        out.push_str(&format!("\n{number}. {}\n", section.heading));
        for (at, clause) in section.clauses.iter().enumerate() {
            let chinese = document.lang == Lang::Zh;
            let title = clause.title.as_ref().map_or_else(String::new, |title| titled(title, document.lang));
            let source = |sentence| if lines { line(sentence, sources, document.lang) } else { String::new() };
            let lead = format!("{title}{}{}", clause.lead.text, source(&clause.lead));
            out.push('\n');
            wrapped(&mut out, &format!("{number}.{} ", at.saturating_add(1)), 6, &lead, chinese);
            for (at, detail) in clause.details.iter().enumerate() {
                wrapped(&mut out, &format!("      {}) ", letter(at)), 10, &format!("{}{}", detail.text, source(detail)), chinese);
            }
            if let Some(table) = &clause.table {
                tabled(&mut out, table);
            }
        }
    }
    out
}

/// Text behind a mark, broken at blanks (or between Chinese characters) and indented.
fn wrapped(out: &mut String, mark: &str, indent: usize, text: &str, chinese: bool) {
    let mut column = columns(mark).max(indent);
    out.push_str(mark);
    out.push_str(&" ".repeat(indent.saturating_sub(columns(mark))));
    let mut first = true;
    for word in pieces(text, chinese) {
        let bare = word.trim_end_matches(' ');
        if !first && column.saturating_add(columns(bare)) > WIDTH {
            while out.ends_with(' ') {
                out.pop();
            }
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            column = indent;
        }
        out.push_str(word);
        column = column.saturating_add(columns(word));
        first = false;
    }
    while out.ends_with(' ') {
        out.pop();
    }
    out.push('\n');
}

/// The parts between which a line may break: words with the blank behind them, single Chinese characters with the marks
/// behind them.
fn pieces(text: &str, chinese: bool) -> Vec<&str> {
    let wide = |c: char| ('\u{2e80}'..'\u{a000}').contains(&c) || ('\u{ff00}'..'\u{ff61}').contains(&c) || "“”、。".contains(c);
    let (opens, closes) = (|c: char| "（“《【[".contains(c), |c: char| "，。；：、）”》】！？]".contains(c));
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let after_blank = before == ' ' && c != ' ';
        // Between wide characters, but not behind an opening mark, before a closing one, or within a word of letters.
        let between = chinese && (wide(before) || wide(c)) && !opens(before) && !closes(c) && c != ' ';
        let breaks = after_blank || between;
        if at > start && breaks {
            pieces.extend(text.get(start..at));
            start = at;
        }
        before = c;
    }
    pieces.extend(text.get(start..).filter(|rest| !rest.is_empty()));
    pieces
}

fn tabled(out: &mut String, table: &Table) {
    out.push('\n');
    for row in &table.rows {
        for (head, cell) in table.head.iter().zip(row) {
            out.push_str(&format!("      {head}: {cell}\n"));
        }
        out.push('\n');
    }
    out.pop();
}
