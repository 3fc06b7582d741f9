//! Lines of at most 100 columns: headings with a label at the right, aligned rows, wrapped sentences.

use crate::diagnostic::render::{columns, visible};

/// Columns of the page.
pub(super) const WIDTH: usize = 100;
/// Columns kept free at the right of a sentence with a label.
const LABEL: usize = 12;
/// Columns between two cells.
const GAP: usize = 3;

/// A page that grows line by line.
#[derive(Default)]
pub(super) struct Page {
    text: String,
    /// Sentences with their labels, before they were wrapped.
    pub said: Vec<(String, String)>,
}

/// How a column is aligned.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

impl Page {
    pub(super) fn finish(self) -> String {
        self.text
    }

    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// A line with a label at the right end; what does not fit beside the label goes on below, indented alike.
    pub(super) fn heading(&mut self, text: &str, label: &str) {
        let indent: String = text.chars().take_while(|c| *c == ' ').collect();
        let room = if label.is_empty() { WIDTH } else { WIDTH.saturating_sub(columns(label).saturating_add(1)) };
        for (at, line) in wrapped(text.trim_start_matches(' '), &indent, &indent, room).into_iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            let gap = WIDTH.saturating_sub(columns(&line).saturating_add(columns(label))).max(1);
            self.line(&format!("{line}{:gap$}{label}", ""));
        }
    }

    pub(super) fn line(&mut self, text: &str) {
        self.text.push_str(text.trim_end());
        self.text.push('\n');
    }

    /// A sentence, wrapped; the label stands at the right end of its first line.
    pub(super) fn sentence(&mut self, text: &str, label: &str) {
        self.said.push((text.to_owned(), label.to_owned()));
        let room = if label.is_empty() { WIDTH } else { WIDTH.saturating_sub(LABEL.max(columns(label).saturating_add(2))) };
        for (index, line) in wrapped(text, "  ", "  ", room).into_iter().enumerate() {
            if index == 0 && !label.is_empty() { self.heading(&line, label) } else { self.line(&line) }
        }
    }

    /// A point of a list.
    pub(super) fn point(&mut self, sign: &str, text: &str) {
        let first = format!("  {sign} ");
        let next = " ".repeat(columns(&first));
        wrapped(text, &first, &next, WIDTH).iter().for_each(|line| self.line(line));
    }

    /// Rows of cells in aligned columns. The last column is wrapped if it must be.
    pub(super) fn rows(&mut self, aligns: &[Align], rows: &[Vec<String>]) {
        let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| columns(cell)).max().unwrap_or(0);
        let widths: Vec<usize> = (0..aligns.len()).map(width).collect();
        for row in rows {
            let mut line = "  ".to_owned();
            for (index, ((cell, width), align)) in row.iter().zip(&widths).zip(aligns).enumerate() {
                let pad = " ".repeat(width.saturating_sub(columns(cell)));
                let gap = if index == 0 { "" } else { "   " };
                debug_assert!(gap.len() <= GAP, "the gap between cells");
                let last = index.saturating_add(1) == row.len();
                match align {
                    Align::Right => line.push_str(&format!("{gap}{pad}{cell}")),
                    Align::Left if last => {
                        let indent = format!("{line}{gap}");
                        let next = " ".repeat(columns(&indent));
                        let lines = wrapped(cell, &indent, &next, WIDTH);
                        line.clear();
                        let mut lines = lines.into_iter().peekable();
                        while let Some(one) = lines.next() {
                            if lines.peek().is_some() { self.line(&one) } else { line = one }
                        }
                    }
                    Align::Left => line.push_str(&format!("{gap}{cell}{pad}")),
                }
            }
            self.line(&line);
        }
    }
}

/// A text on lines of at most `width` columns, broken between words.
pub(super) fn wrapped(text: &str, first: &str, next: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = first.to_owned();
    let mut empty = true;
    for word in text.split(' ') {
        let needed = columns(word).saturating_add(usize::from(!empty));
        if !empty && columns(&line).saturating_add(needed) > width {
            lines.push(std::mem::replace(&mut line, next.to_owned()));
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    lines.push(line);
    lines
}

/// A text in at most `width` columns, cut with `…`, with nothing hidden in it.
pub(super) fn short(text: &str, width: usize) -> String {
    let text = visible(text);
    if columns(&text) <= width {
        return text;
    }
    let mut cut = String::new();
    for c in text.chars() {
        if columns(&cut).saturating_add(3) > width {
            break;
        }
        cut.push(c);
    }
    cut.trim_end().to_owned() + "…"
}
