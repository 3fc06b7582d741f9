//! A [`Diagnostic`] with its sources, as miette knows diagnostics.
//!
//! miette has one text per diagnostic and no notes. Places in further files, and notes, are therefore related
//! diagnostics: the former with a text and labels, the latter with a message only.

use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::source::{SourceFile, Sources};
use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use std::fmt;

/// A whole problem.
#[derive(Debug)]
pub(super) struct Told<'a> {
    diagnostic: &'a Diagnostic,
    main: Related<'a>,
    related: Vec<Related<'a>>,
}

/// Places in one file, or a note.
#[derive(Debug)]
struct Related<'a> {
    message: &'a str,
    text: Option<Text<'a>>,
    labels: Vec<&'a Label>,
}

/// A file as miette reads it. [`SourceCode::read_span`] gives whole lines, and never fails for spans past the end.
#[derive(Debug)]
struct Text<'a>(&'a SourceFile);

impl<'a> Told<'a> {
    pub(super) fn new(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Self {
        let mut by_file: Vec<(u16, Vec<&Label>)> = Vec::new();
        for label in &diagnostic.labels {
            match by_file.iter_mut().find(|(file, _)| *file == label.span.file) {
                Some((_, labels)) => labels.push(label),
                None => by_file.push((label.span.file, vec![label])),
            }
        }
        let mut places = by_file.into_iter().map(|(file, labels)| Related { message: "", text: sources.file(file).map(Text), labels });
        let main = places.next().unwrap_or(Related { message: "", text: None, labels: Vec::new() });
        let notes = diagnostic.notes.iter().map(|message| Related { message, text: None, labels: Vec::new() });
        let related = places.chain(notes).collect();
        Self { diagnostic, main, related }
    }
}

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diagnostic.message)
    }
}

impl std::error::Error for Told<'_> {}

impl miette::Diagnostic for Told<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        Some(Box::new(self.diagnostic.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        let boxed = |help: &'b String| -> Box<dyn fmt::Display + 'b> { Box::new(help) };
        self.diagnostic.help.as_ref().map(boxed)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.main.source_code()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.main.labels()
    }

    fn related<'b>(&'b self) -> Option<Box<dyn Iterator<Item = &'b dyn miette::Diagnostic> + 'b>> {
        let each = |related: &'b Related<'_>| -> &'b dyn miette::Diagnostic { related };
        Some(Box::new(self.related.iter().map(each)))
    }
}

impl fmt::Display for Related<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)
    }
}

impl std::error::Error for Related<'_> {}

impl miette::Diagnostic for Related<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(miette::Severity::Advice)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        let text: &dyn SourceCode = self.text.as_ref()?;
        Some(text)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let labeled = |label: &&Label| {
            let range = label.span.range();
            LabeledSpan::new(Some(label.text.clone()).filter(|text| !text.is_empty()), range.start, range.len())
        };
        Some(Box::new(self.labels.iter().map(labeled)))
    }
}

impl SourceCode for Text<'_> {
    fn read_span<'b>(
        &'b self,
        span: &SourceSpan,
        _lines_before: usize,
        _lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'b> + 'b>, MietteError> {
        let text = &self.0.text;
        let first = span.offset().min(text.len());
        let last = span.offset().saturating_add(span.len()).clamp(first, text.len());
        let bytes = text.as_bytes();
        let start = bytes.get(..first).and_then(|before| memchr::memrchr(b'\n', before)).map_or(0, |at| at.saturating_add(1));
        // A span that ends with a line break ends on the line it breaks.
        let inside = last.max(first.saturating_add(1)).saturating_sub(1).min(text.len());
        let end = bytes.get(inside..).and_then(|after| memchr::memchr(b'\n', after)).map_or(text.len(), |at| inside.saturating_add(at));
        let line = self.0.line_column(start).line.saturating_sub(1);
        let data = bytes.get(start..end).unwrap_or_default();
        let lines = data.split(|b| *b == b'\n').count();
        let span = SourceSpan::from((start, data.len()));
        Ok(Box::new(MietteSpanContents::new_named(self.0.name.clone(), data, span, line, 0, lines)))
    }
}
