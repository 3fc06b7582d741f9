//! The texts of a program: its main file and the files it includes.

use crate::span::Span;
use std::path::PathBuf;

/// One text with the starts of its lines.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// The name to show: the path as the user gave it.
    pub name: String,
    /// Where it was read from, for paths relative to it.
    pub path: PathBuf,
    /// The text, without a leading BOM.
    pub text: String,
    /// Whether a BOM stood before it.
    pub marked: bool,
    lines: Vec<usize>,
}

/// All texts of one program; [`Span::file`] is an index into them.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

/// A place for people: line and column count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineColumn {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl SourceFile {
    /// A text under a name; a byte order mark at its start is dropped.
    #[must_use]
    pub fn new(name: impl Into<String>, path: PathBuf, text: impl Into<String>) -> Self {
        let text = text.into();
        let bare = text.strip_prefix('\u{feff}').map(str::to_owned);
        let (marked, text) = (bare.is_some(), bare.unwrap_or(text));
        let lines = std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1)).collect();
        Self { name: name.into(), path, text, marked, lines }
    }

    /// The line and column of a byte position; past the end it is the end.
    #[must_use]
    pub fn line_column(&self, position: usize) -> LineColumn {
        let position = position.min(self.text.len());
        let line = self.lines.partition_point(|start| *start <= position).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or(0);
        let column = self.text.get(start..position).map_or(0, |text| text.chars().count()) + 1;
        LineColumn { line, column }
    }

    /// The text of a line counted from 1, without its line break.
    #[must_use]
    pub fn line(&self, line: usize) -> &str {
        let start = self.lines.get(line.wrapping_sub(1)).copied().unwrap_or(self.text.len());
        let end = self.lines.get(line).copied().unwrap_or(self.text.len());
        self.text.get(start..end).unwrap_or("").trim_end_matches(['\n', '\r'])
    }
}

impl Sources {
    /// A program in one text.
    #[must_use]
    pub fn single(name: &str, text: &str) -> Self {
        let mut sources = Self::default();
        sources.add(SourceFile::new(name, PathBuf::from(name), text));
        sources
    }

    /// Adds a file and returns its index.
    pub fn add(&mut self, file: SourceFile) -> u16 {
        let index = u16::try_from(self.files.len()).unwrap_or(u16::MAX);
        self.files.push(file);
        index
    }

    /// The file of an index.
    #[must_use]
    pub fn file(&self, index: u16) -> Option<&SourceFile> {
        self.files.get(usize::from(index))
    }

    /// All files, the main one first.
    #[must_use]
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// The text of a span; empty where there is none.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file).and_then(|file| file.text.get(span.range())).unwrap_or("")
    }

    /// Where a span starts.
    #[must_use]
    pub fn place(&self, span: Span) -> LineColumn {
        let start = span.range().start;
        self.file(span.file).map_or(LineColumn { line: 1, column: 1 }, |file| file.line_column(start))
    }

    /// `line 12`, with the file where it is an included one.
    #[must_use]
    pub fn line_of(&self, span: Span) -> String {
        let line = self.place(span).line;
        match self.file(span.file).filter(|_| span.file > 0) {
            Some(file) => format!("{}, line {line}", file.name),
            None => format!("line {line}"),
        }
    }

    /// The sentence of a span on one line: comments dropped, blanks folded. This is how reports quote a rule.
    #[must_use]
    pub fn quote(&self, span: Span) -> String {
        let without_comments = self.text(span).lines().map(|line| {
            let mut quoted = false;
            let end = line.char_indices().find_map(|(at, c)| {
                quoted ^= c == '"';
                (c == '#' && !quoted).then_some(at)
            });
            line.get(..end.unwrap_or(line.len())).unwrap_or(line)
        });
        let words: Vec<&str> = without_comments.flat_map(str::split_whitespace).collect();
        words.join(" ")
    }
}
