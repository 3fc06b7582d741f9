//! From the pieces of a sentence to lines.

use super::comments::Comment;

/// The widest line, where a sentence can be broken at all.
pub(super) const WIDTH: usize = 100;
/// What separates a comment or an expectation from the words before it.
const GAP: usize = 3;
/// Stands in the text of a piece where a blank may become a line break.
pub(super) const SOFT: char = '\u{1}';

/// How a piece stands to the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Break {
    /// On the same line if it fits, else on a new one with this indent.
    Flow(usize),
    /// On a line of its own with this indent.
    Line(usize),
    /// At a column of the same line if all that follows, of this width, fits, else on a new line.
    Column { column: usize, width: usize },
}

/// A few words that stay together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub text: String,
    pub lead: Break,
    /// Whether a comma separates it from the piece before it.
    pub comma: bool,
    /// Where it stood in the text.
    pub start: usize,
    pub end: usize,
}

impl Piece {
    /// Whether it shares its line with others.
    pub fn flows(&self) -> bool {
        !matches!(self.lead, Break::Line(_))
    }

    /// How wide it is on one line.
    pub fn width(&self) -> usize {
        self.text.chars().count()
    }
}

/// A piece with its comments.
#[derive(Clone, Debug)]
pub(super) struct Dressed {
    pub piece: Piece,
    /// On lines of their own above it.
    pub before: Vec<Comment>,
    /// Behind it.
    pub after: Option<String>,
    /// Whether a blank line stood above it.
    pub blank: bool,
}

/// The lines written so far.
#[derive(Debug, Default)]
pub(super) struct Page {
    lines: Vec<String>,
    line: String,
}

impl Page {
    /// The text, each line with its end.
    pub fn finish(mut self) -> String {
        self.end_line();
        while self.lines.last().is_some_and(String::is_empty) {
            self.lines.pop();
        }
        self.lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
    }

    /// Ends the line that is being written.
    pub fn end_line(&mut self) {
        if !self.line.is_empty() {
            let line = std::mem::take(&mut self.line);
            self.lines.push(line.trim_end().to_owned());
        }
    }

    /// One blank line, unless there is one or nothing stands above it.
    pub fn blank(&mut self) {
        self.end_line();
        if self.lines.last().is_some_and(|line| !line.is_empty()) {
            self.lines.push(String::new());
        }
    }

    /// A whole line.
    pub fn whole(&mut self, indent: usize, text: &str) {
        self.end_line();
        self.lines.push(format!("{:indent$}{text}", "").trim_end().to_owned());
    }

    /// A sentence.
    pub fn sentence(&mut self, pieces: &[Dressed]) {
        self.end_line();
        let mut broken = true;
        for (index, one) in pieces.iter().enumerate() {
            let comma = pieces.get(index.saturating_add(1)).is_some_and(|next| next.piece.comma);
            let indent = match one.piece.lead {
                Break::Flow(indent) | Break::Line(indent) => indent,
                Break::Column { .. } => 4,
            };
            broken |= !one.piece.flows() || !one.before.is_empty();
            if broken {
                self.end_line();
            }
            for comment in &one.before {
                if comment.blank {
                    self.blank();
                }
                self.whole(indent, &comment.text);
            }
            if index > 0 && one.blank && (!one.piece.flows() || !one.before.is_empty()) {
                self.blank();
            }
            // Nothing else stands on the last line of what takes several.
            broken = self.put(&one.piece, indent, comma) || one.after.is_some();
            if let Some(comment) = &one.after {
                self.line.extend(std::iter::repeat_n(' ', GAP));
                self.line.push_str(comment);
            }
        }
        self.end_line();
    }

    /// A piece, on the line being written if it fits; gives whether it takes several lines.
    fn put(&mut self, piece: &Piece, indent: usize, comma: bool) -> bool {
        let here = self.line.chars().count();
        let width = piece.width().saturating_add(usize::from(comma));
        if here > 0 {
            let gap = match piece.lead {
                Break::Column { column, width } => column_gap(here, column, width),
                _ => Some(1).filter(|gap| here.saturating_add(*gap).saturating_add(width) <= WIDTH),
            };
            match gap {
                Some(gap) => self.line.extend(std::iter::repeat_n(' ', gap)),
                None => self.end_line(),
            }
        }
        if self.line.is_empty() {
            self.line = " ".repeat(indent);
        }
        let fits = self.line.chars().count().saturating_add(width) <= WIDTH;
        for (index, part) in piece.text.split(SOFT).enumerate() {
            let room = self.line.chars().count().saturating_add(part.chars().count()).saturating_add(2) <= WIDTH;
            if index > 0 && (fits || room) {
                self.line.push(' ');
            } else if index > 0 {
                self.end_line();
                self.line = " ".repeat(indent.saturating_add(2));
            }
            self.line.push_str(part);
        }
        if comma {
            self.line.push(',');
        }
        !fits && piece.text.contains(SOFT)
    }
}

/// How far to go to a column, or just behind what is there, for something of a width; `None` if neither fits.
fn column_gap(here: usize, column: usize, width: usize) -> Option<usize> {
    let aligned = column.saturating_sub(here);
    let fits = |gap: usize| here.saturating_add(gap).saturating_add(width) <= WIDTH;
    [aligned, GAP].into_iter().find(|gap| *gap >= GAP && fits(*gap))
}

/// The column of what is to stand behind lines of these widths, each with what follows it.
pub(super) fn column(lines: impl Iterator<Item = (usize, usize)>) -> usize {
    let fitting = lines.filter(|(width, rest)| width.saturating_add(GAP).saturating_add(*rest) <= WIDTH);
    fitting.map(|(width, _)| width.saturating_add(GAP)).max().unwrap_or(0)
}
