//! The way from a file to a program that can run.

use super::exit::{Done, Stop};
use super::load::Loader;
use super::prices;
use crate::check;
use crate::diagnostic::{Problems, render};
use crate::examples;
use crate::history::{
    self, HistoryError,
    model::{History, Needs},
};
use crate::program::Program;
use crate::report;
use crate::source::Sources;
use crate::syntax::ast::{Ast, StatementKind};
use crate::syntax::{self, LoadError};
use crate::value::Date;
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
        problems.extend(prices::fill(program, &mut loader));
        problems.extend(report::check_expectations(program));
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

    /// Runs the examples: how many hold, and what is wrong with the others. `None` if the program cannot run.
    pub(super) fn run_examples(&self) -> Option<(usize, Problems)> {
        let program = self.program.as_ref()?;
        let ran = examples::run(&self.ast, program, &self.sources);
        Some((ran.held, ran.problems))
    }
}

/// How a command wants its history.
pub(super) struct Wanted {
    /// The columns that it looks at.
    pub needs: Needs,
    /// `--allow-outside`.
    pub outside: bool,
    pub threads: usize,
}

/// Reads a history.
pub(super) fn history(path: &Path, program: &Program, wanted: &Wanted) -> Done<history::Read> {
    let account_by = program.account_by.and_then(|id| program.attributes.get(id.index())).map(|attribute| attribute.name.as_str());
    let options = history::Options {
        currency: &program.currency.code,
        decimals: program.currency.decimals,
        zone: &program.zone,
        round_money: program.round_money,
        account_by,
        needs: &wanted.needs,
        everything: false,
        outside: wanted.outside,
        threads: wanted.threads,
    };
    history::read(path, &options).map_err(|error| Stop::Data(foreign(path, &error)))
}

/// What is wrong with a history; of a layout that is not known, the mapping that would read it too.
fn foreign(path: &Path, error: &HistoryError) -> String {
    let told = render::visible(&error.to_string());
    if !error.message.starts_with("there is no column") || !path.exists() || history::is_mapping(path) {
        return told;
    }
    let Ok(proposal) = history::propose(&[path.to_owned()], None, &|path| path.display().to_string()) else { return told };
    let named = render::visible(&path.display().to_string());
    let mapping = super::read::lines(proposal.mapping.trim_end());
    format!("{told}\n\n`loyalty-dsl read {named} --out mapping.yaml` writes this mapping for it:\n\n{mapping}")
}

/// Refuses days that leave nothing to simulate.
pub(super) fn check_days(history: &History, program: &Program, start: Option<Date>, as_of: Option<Date>) -> Done<()> {
    let Some((first, last)) = history.days else { return Ok(()) };
    let day = report::write::format::day;
    let wrong = |text: String| Err(Stop::Usage(text));
    if let Some(close) = as_of.filter(|close| *close < first) {
        return wrong(format!("--as-of {close} lies before the history, which begins on {}: nothing has happened by then.", day(first)));
    }
    let Some(start) = start else { return Ok(()) };
    if let Some(close) = as_of.filter(|close| *close < start) {
        return wrong(format!("--start {start} lies after --as-of {close}: the program would not run on any day."));
    }
    if start > last && as_of.is_none() {
        return wrong(format!(
            "--start {start} lies after the history, which ends on {}: the program would not run on any day.",
            day(last)
        ));
    }
    match program.ends.filter(|ends| *ends < start) {
        Some(ends) => wrong(format!("--start {start} lies after the program's own end, {}: it would not run on any day.", day(ends))),
        None => Ok(()),
    }
}

/// Says which rows were not used; with `strict` that is a failure. Where a `report` says the same in full, the counts
/// are enough.
pub(super) fn say_rejected(history: &History, strict: bool, report: bool, say: impl Fn(&str)) -> Done<()> {
    let accounting = &history.accounting;
    let rows = accounting.total();
    if rows.rejected == 0 && rows.duplicate == 0 {
        return Ok(());
    }
    let mut text = format!("Rows: {} read = {} used + {} duplicate + {} rejected", rows.read, rows.used, rows.duplicate, rows.rejected);
    let fatal = rows.used == 0 && rows.read > 0 || strict && accounting.faults() > 0;
    if fatal || !report {
        for line in self::report::rejected(accounting) {
            text.push_str("\n  ");
            text.push_str(&render::visible(&line));
        }
    }
    if rows.used == 0 && rows.read > 0 {
        return Err(Stop::Data(format!("{text}\nNothing is left to simulate.")));
    }
    if strict && accounting.faults() > 0 {
        return Err(Stop::Data(format!("{text}\nStopped because of --strict.")));
    }
    say(&text);
    Ok(())
}
