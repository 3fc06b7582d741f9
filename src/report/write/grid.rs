//! Tables of text: names of columns above, cells below, on at most the columns of the page.

use super::layout::{Align, Page, WIDTH, wrapped};
use crate::diagnostic::render::columns;

/// What stands between two cells.
const BETWEEN: usize = 3;
/// What stands before the first.
const INDENT: usize = 2;
/// A column of words is not made narrower.
const LEAST: usize = 14;

/// Rows of which the first names the columns. Where they are too wide for the page, names break between words, and then the
/// widest columns of words do.
pub(super) fn grid(aligns: &[Align], rows: &[Vec<String>], page: &mut Page) {
    let Some((head, body)) = rows.split_first() else { return };
    let natural: Vec<usize> = (0..aligns.len()).map(|at| widest(rows, at)).collect();
    if total(&natural) <= WIDTH {
        page.rows(aligns, rows);
        return;
    }
    let longest = |text: &String| text.split(' ').map(columns).max().unwrap_or(0);
    let floors: Vec<usize> = (0..aligns.len()).map(|at| widest(body, at).max(head.get(at).map_or(0, longest))).collect();
    let mut widths = natural;
    while total(&widths) > WIDTH {
        let slack = widths.iter_mut().zip(&floors).filter(|(width, floor)| **width > **floor);
        let Some((width, _)) = slack.max_by_key(|(width, floor)| width.saturating_sub(**floor)) else { break };
        *width = width.saturating_sub(1);
    }
    while total(&widths) > WIDTH {
        let words = widths.iter_mut().zip(aligns).filter(|(width, align)| **align == Align::Left && **width > LEAST);
        let Some((width, _)) = words.max_by_key(|(width, _)| **width) else { break };
        *width = width.saturating_sub(1);
    }
    for (at, row) in rows.iter().enumerate() {
        broken(row, aligns, &widths, at == 0, page);
    }
}

fn widest(rows: &[Vec<String>], at: usize) -> usize {
    rows.iter().filter_map(|row| row.get(at)).map(|cell| columns(cell)).max().unwrap_or(0)
}

fn total(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>().saturating_add(widths.len().saturating_sub(1).saturating_mul(BETWEEN)).saturating_add(INDENT)
}

/// A row on as many lines as its cells need; names of columns stand on the last of them, cells begin on the first.
fn broken(row: &[String], aligns: &[Align], widths: &[usize], head: bool, page: &mut Page) {
    let cell = |((cell, align), width): ((&String, &Align), &usize)| {
        if head || *align == Align::Left { wrapped(cell, "", "", *width) } else { vec![cell.clone()] }
    };
    let cells: Vec<Vec<String>> = row.iter().zip(aligns).zip(widths).map(cell).collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    for at in 0..height {
        let mut line = " ".repeat(INDENT);
        for (index, ((cell, align), width)) in cells.iter().zip(aligns).zip(widths).enumerate() {
            let above = if head { height.saturating_sub(cell.len()) } else { 0 };
            let text = at.checked_sub(above).and_then(|at| cell.get(at)).map_or("", String::as_str);
            let pad = " ".repeat(width.saturating_sub(columns(text)));
            let gap = if index == 0 { String::new() } else { " ".repeat(BETWEEN) };
            line.push_str(&match align {
                Align::Right => format!("{gap}{pad}{text}"),
                Align::Left => format!("{gap}{text}{pad}"),
            });
        }
        page.line(&line);
    }
}
