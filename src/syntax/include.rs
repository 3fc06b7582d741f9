//! A program of several files: the statements of an included file stand in place of its `include`.

use super::ast::{Ast, Statement, StatementKind};
use super::{errors, parser, scan};
use crate::diagnostic::Problems;
use crate::source::{SourceFile, Sources};
use crate::span::Span;
use std::path::PathBuf;

/// The most files that a program may include.
pub const MAX_FILES: usize = 256;
/// How deep includes may nest.
pub const MAX_DEPTH: usize = 16;

/// Why an included file cannot be had. Only the caller touches files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// There is no such file.
    NotFound,
    /// It lies outside the folder of the main file.
    OutsideFolder,
    /// It is a folder, a device or the like.
    NotRegularFile,
    /// It is larger than a program may be.
    TooLarge,
    /// It is not UTF-8 text.
    NotUtf8,
    /// Anything else, in words.
    Other(String),
}

/// Asked for the file of an `include`: the path as written and the file that says so.
pub type Load<'a> = dyn FnMut(&str, u16) -> Result<SourceFile, LoadError> + 'a;

/// Reads a program: the main file, which is the first of `sources`, and all that it includes.
pub fn parse_program(sources: &mut Sources, load: &mut Load<'_>) -> (Ast, Problems) {
    let mut reader = Includes {
        sources,
        load,
        problems: Problems::default(),
        open: Vec::new(),
        count: 0,
        currency: None,
        seen: Vec::new(),
        ast: Ast::default(),
    };
    reader.read(0);
    let Includes { mut ast, mut problems, .. } = reader;
    if let Some(first) = ast.statements.get(scan::MAX_STATEMENTS) {
        problems.push(errors::too_many_statements(Span { end: first.span.start, ..first.span }));
        ast.statements.truncate(scan::MAX_STATEMENTS);
    }
    problems.sort();
    (ast, problems)
}

struct Includes<'a, 'b> {
    sources: &'a mut Sources,
    load: &'a mut Load<'b>,
    problems: Problems,
    /// The files being read, outermost first, with the place of the `include` that asked for them.
    open: Vec<(PathBuf, u16)>,
    count: usize,
    /// The program's currency, once its sentence was read.
    currency: Option<String>,
    /// Files that were read; a second `include` of one adds nothing.
    seen: Vec<PathBuf>,
    ast: Ast,
}

impl Includes<'_, '_> {
    fn read(&mut self, file: u16) {
        let path = self.sources.file(file).map(|source| source.path.clone()).unwrap_or_default();
        let (ast, problems, currency) = parser::parse_with(self.sources, file, self.currency.take());
        self.currency = currency;
        self.problems.extend(problems);
        self.open.push((path, file));
        self.ast.mended.extend(ast.mended);
        self.ast.lost.extend(ast.lost);
        for statement in ast.statements {
            match &statement.kind {
                StatementKind::Include { path } => {
                    let (written, span) = (path.node.clone(), path.span);
                    self.include(&written, span, file, statement);
                }
                _ => self.ast.statements.push(statement),
            }
            if self.ast.statements.len() > scan::MAX_STATEMENTS {
                break;
            }
        }
        self.open.pop();
    }

    fn include(&mut self, written: &str, span: Span, from: u16, statement: Statement) {
        if written.is_empty() {
            self.ast.statements.push(statement);
            return;
        }
        if self.count >= MAX_FILES {
            self.problems.push(errors::too_many_files(span));
            return;
        }
        if self.open.len() > MAX_DEPTH {
            self.problems.push(errors::includes_too_deep(span));
            return;
        }
        self.count = self.count.saturating_add(1);
        let source = match (self.load)(written, from) {
            Ok(source) => source,
            Err(error) => {
                self.problems.push(errors::cannot_load(span, written, &error));
                self.ast.statements.push(statement);
                return;
            }
        };
        if let Some(at) = self.open.iter().position(|(path, _)| *path == source.path) {
            let chain: Vec<&str> = self.open.iter().skip(at).map(|(_, file)| self.name(*file)).collect();
            self.problems.push(errors::include_cycle(span, &chain, &source.name));
            return;
        }
        if self.seen.contains(&source.path) {
            return;
        }
        self.seen.push(source.path.clone());
        let file = self.sources.add(source);
        self.read(file);
    }

    fn name(&self, file: u16) -> &str {
        self.sources.file(file).map_or("", |source| source.name.as_str())
    }
}
