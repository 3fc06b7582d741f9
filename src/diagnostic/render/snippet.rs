//! Lines of a text with underlines.

use super::escape::{columns, show};
use super::handler::Paint;
use std::fmt::{self, Write};

/// Columns of the screen that a drawing may use.
pub(super) const WIDTH: usize = 100;
/// Stops of tabs.
const TAB: usize = 4;
/// A mark over more lines than this shows its first lines and its last.
const LINES_OF_A_MARK: usize = 3;

/// A line of the text with what is said about it.
#[derive(Debug)]
pub(super) struct Line {
    /// Counted from 1.
    pub number: usize,
    pub text: String,
    /// By place.
    pub marks: Vec<Mark>,
}

/// An underline: bytes `from..to` of the line, and what is said behind it.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub from: usize,
    pub to: usize,
    pub text: String,
}

/// Adds a mark over the lines `text`, the first of which has the number `first`; `from..to` are bytes of `text`.
pub(super) fn add(lines: &mut Vec<Line>, first: usize, text: &str, from: usize, to: usize, said: &str) {
    let mut pieces = Vec::new();
    let mut start = 0_usize;
    for (index, line) in text.split('\n').enumerate() {
        let end = start.saturating_add(line.len());
        let line = line.trim_end_matches('\r');
        let indent = line.len().saturating_sub(line.trim_start().len());
        let mut piece =
            Mark { from: from.saturating_sub(start), to: to.saturating_sub(start).min(line.trim_end().len()), text: String::new() };
        if index > 0 && piece.from == 0 {
            piece.from = indent;
        }
        // Only a mark that begins here may be empty: it points at what is missing.
        if from <= end && (piece.from < piece.to || pieces.is_empty()) {
            pieces.push((first.saturating_add(index), line, piece));
        }
        start = end.saturating_add(1);
    }
    let hidden = pieces.len().checked_sub(LINES_OF_A_MARK).filter(|hidden| *hidden > 0).unwrap_or(0);
    pieces.drain(
        LINES_OF_A_MARK.saturating_sub(1).min(pieces.len())..LINES_OF_A_MARK.saturating_sub(1).min(pieces.len()).saturating_add(hidden),
    );
    if let Some((_, _, last)) = pieces.last_mut() {
        said.clone_into(&mut last.text);
    }
    for (number, line, mark) in pieces {
        match lines.iter_mut().find(|line| line.number == number) {
            Some(line) => line.marks.push(mark),
            None => lines.push(Line { number, text: line.to_owned(), marks: vec![mark] }),
        }
    }
    lines.sort_by_key(|line| line.number);
    lines.iter_mut().for_each(|line| line.marks.sort_by_key(|mark| mark.from));
}

/// Draws the lines behind their numbers.
pub(super) fn draw(lines: &[Line], paint: Paint, out: &mut dyn Write) -> fmt::Result {
    let digits = lines.last().map_or(1, |line| line.number.to_string().len());
    let room = WIDTH.saturating_sub(digits.saturating_add(5));
    for line in lines {
        let cells = Cells::new(&line.text);
        let bar = paint.dim("│");
        let number = paint.dim(&format!("{:>digits$}", line.number));
        // A line that must be cut is shown once for each mark, cut around it.
        if cells.total() > room {
            for mark in &line.marks {
                let cut = cells.cut(mark, room);
                writeln!(out, "  {number} {bar} {}", cut.text)?;
                underline(mark, &cut, digits, room, paint, out)?;
            }
            continue;
        }
        let whole = cells.cut(&Mark { from: 0, to: 0, text: String::new() }, room);
        writeln!(out, "  {number} {bar} {}", whole.text.trim_end())?;
        for mark in line.marks.iter().filter(|mark| !says_nothing(mark, &line.text)) {
            underline(mark, &cells.cut(mark, room), digits, room, paint, out)?;
        }
    }
    Ok(())
}

/// An underline under the whole line, with nothing to say, only repeats the line.
fn says_nothing(mark: &Mark, line: &str) -> bool {
    let indent = line.len().saturating_sub(line.trim_start().len());
    mark.text.is_empty() && mark.from <= indent && mark.to >= line.trim_end().len() && mark.to > mark.from
}

fn underline(mark: &Mark, cut: &Cut, digits: usize, room: usize, paint: Paint, out: &mut dyn Write) -> fmt::Result {
    let bar = paint.dim("│");
    let tildes = "~".repeat(cut.length.max(1));
    let from = cut.from;
    write!(out, "  {:digits$} {bar} {:from$}{}", "", "", paint.mark(&tildes))?;
    if mark.text.is_empty() {
        return writeln!(out);
    }
    let needed = columns(&mark.text);
    let end = from.saturating_add(tildes.len()).saturating_add(1);
    if end.saturating_add(needed) <= room || needed > room {
        return writeln!(out, " {}", paint.mark(&mark.text));
    }
    // Too long to stand behind: below, as far right as it fits.
    let from = from.min(room.saturating_sub(needed));
    writeln!(out)?;
    writeln!(out, "  {:digits$} {bar} {:from$}{}", "", "", paint.mark(&mark.text))
}

/// The characters of a line as they are shown.
struct Cells {
    /// First byte in the line, first column, what is shown.
    cells: Vec<(usize, usize, String)>,
    total: usize,
    bytes: usize,
}

/// A line cut to fit, with the columns of a mark in it.
struct Cut {
    text: String,
    from: usize,
    length: usize,
}

impl Cells {
    fn new(line: &str) -> Self {
        let mut total = 0_usize;
        let mut cells = Vec::with_capacity(line.len());
        for (at, c) in line.char_indices() {
            let mut shown = String::new();
            if c == '\t' {
                shown = " ".repeat(TAB.saturating_sub(total % TAB));
            } else {
                show(c, &mut shown);
            }
            let width = columns(&shown);
            cells.push((at, total, shown));
            total = total.saturating_add(width);
        }
        Self { cells, total, bytes: line.len() }
    }

    fn total(&self) -> usize {
        self.total
    }

    /// The column at which a byte is shown; the end for bytes past it.
    fn column(&self, byte: usize) -> usize {
        if byte >= self.bytes {
            return self.total;
        }
        let after = self.cells.partition_point(|(at, _, _)| *at <= byte);
        after.checked_sub(1).and_then(|index| self.cells.get(index)).map_or(0, |(_, column, _)| *column)
    }

    /// The part of the line around a mark that fits.
    fn cut(&self, mark: &Mark, room: usize) -> Cut {
        let from = self.column(mark.from);
        let to = self.column(mark.to).max(from.saturating_add(1));
        if self.total <= room {
            let text = self.cells.iter().map(|(_, _, shown)| shown.as_str()).collect();
            return Cut { text, from, length: to.saturating_sub(from) };
        }
        // A third of the room before the mark, and two columns for the signs that something is left out.
        let inner = room.saturating_sub(2);
        let start = from.saturating_sub(inner / 3).min(self.total.saturating_sub(inner));
        let end = start.saturating_add(inner);
        let inside = |column: usize, shown: &str| column >= start && column.saturating_add(columns(shown)) <= end;
        let mut first = None;
        let mut text = String::new();
        for (_, column, shown) in self.cells.iter().filter(|(_, column, shown)| inside(*column, shown)) {
            first.get_or_insert(*column);
            text.push_str(shown);
        }
        let first = first.unwrap_or(start);
        let before = if first > 0 { "…" } else { "" };
        let after = if end < self.total { "…" } else { "" };
        let shift = before.chars().count();
        let from = from.saturating_sub(first).saturating_add(shift);
        let to = to.min(end).saturating_sub(first).saturating_add(shift);
        Cut { text: format!("{before}{text}{after}"), from, length: to.saturating_sub(from) }
    }
}
