//! The way from a program's text to a report, for whoever wants to go it: the command line, tests, editors, notebooks,
//! and machines that share a history among them.
//!
//! [`Session::load`] reads and checks, [`Session::read`] reads a history for what the program asks, [`Session::run`]
//! evaluates it to a [`Partial`], [`Session::report`] says what that means. Nothing here prints, and only
//! [`Session::read`] opens files: the data files that it is told to.
//!
//! ```
//! use loyalty_dsl::session::{NoFiles, Session};
//! use loyalty_dsl::source::SourceFile;
//!
//! let text = "program \"Tea\" currency EUR timezone UTC\npoints worth 0.01 EUR\nearn 1 point per 1 EUR\nredeem points\n";
//! let session = Session::load(SourceFile::new("tea.loy", "tea.loy".into(), text), &mut NoFiles, &[]);
//! assert!(session.program().is_some());
//! ```

mod across;
mod alone;
mod deep;
mod needs;
mod partial;
mod prices;
mod respond;
mod run;
mod segments;
mod several;
mod shard;
mod swept;
mod texts;

pub use across::Worlds;
pub use partial::{MergeError, Partial, Settings};
pub use run::{Progress, RunsOf, Seen};
pub use several::Several;
pub use shard::Shard;
pub use swept::Grid;
pub use texts::{Files, NoFiles, Texts};

use crate::assumptions::{self, Assumptions, Elsewhere};
use crate::check::{self, exposure::Exposure};
use crate::diagnostic::Problems;
use crate::examples::{self, Examples};
use crate::history::{self, HistoryError};
use crate::probe::{self, Probed};
use crate::program::Program;
use crate::report;
use crate::source::{SourceFile, Sources};
use crate::syntax::ast::{Ast, Statement, StatementKind};
use crate::syntax::{self, LoadError};
use crate::value::name_key;
use std::path::Path;

/// A program with everything that was found in it.
#[derive(Clone, Debug)]
pub struct Session {
    sources: Sources,
    ast: Ast,
    program: Option<Program>,
    problems: Problems,
    texts: Texts,
    /// `--set`s: parameters with the values that they have instead.
    params: Vec<(String, String)>,
    /// Names of the programs that it is run beside.
    elsewhere: Elsewhere,
}

impl Session {
    /// Reads and checks a program; `params` are parameters with other values than the text gives them.
    #[must_use]
    pub fn load(main: SourceFile, files: &mut dyn Files, params: &[(String, String)]) -> Self {
        let mut files = texts::Keeping::new(&main, files);
        let mut sources = Sources::default();
        sources.add(main);
        let mut include = |name: &str, from: u16| files.include(name, from).map_err(LoadError::Other);
        let (ast, mut problems) = syntax::parse_program(&mut sources, &mut include);
        let (mut program, found) = check::check(&ast, &sources, params);
        problems.extend(found);
        if let Some(program) = &mut program {
            problems.extend(prices::fill(program, &mut files));
            problems.extend(report::check_expectations(program));
        }
        problems.sort();
        let program = program.filter(|_| !problems.has_errors());
        Self { sources, ast, program, problems, texts: files.texts, params: params.to_vec(), elsewhere: Elsewhere::default() }
    }

    /// The checked program; `None` if there are errors.
    #[must_use]
    pub fn program(&self) -> Option<&Program> {
        self.program.as_ref()
    }

    /// What was found in the texts.
    #[must_use]
    pub fn problems(&self) -> &Problems {
        &self.problems
    }

    /// The tree of the texts.
    #[must_use]
    pub fn ast(&self) -> &Ast {
        &self.ast
    }

    /// The texts, to name places in.
    #[must_use]
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Everything that was read of the program.
    #[must_use]
    pub fn texts(&self) -> &Texts {
        &self.texts
    }

    /// The names of its parameters.
    #[must_use]
    pub fn parameters(&self) -> Vec<&str> {
        fn name(statement: &Statement) -> Option<&str> {
            match &statement.kind {
                StatementKind::Param { name, .. } => Some(name.node.as_str()),
                _ => None,
            }
        }
        self.ast.statements.iter().filter_map(name).collect()
    }

    /// Its sentences in one form, with the parameters as they are set; examples and the program's name left out.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let given = |name: &str| self.params.iter().find(|(param, _)| name_key(param) == name_key(name));
        let told = syntax::sentences(&self.ast, &self.sources);
        let sentence = |(statement, text): (&Statement, String)| match &statement.kind {
            StatementKind::Example { .. } => None,
            StatementKind::Param { name, .. } => Some(given(&name.node).map_or(text, |(_, value)| format!("param {} {value}", name.node))),
            StatementKind::Program(program) => {
                Some(text.replacen(&format!("\"{}\"", program.name.node), "", 1).replace("program  ", "program "))
            }
            _ => Some(text),
        };
        self.ast.statements.iter().zip(told).filter_map(sentence).collect()
    }

    /// How many examples are written.
    #[must_use]
    pub fn examples(&self) -> usize {
        self.ast.statements.iter().filter(|statement| matches!(statement.kind, StatementKind::Example { .. })).count()
    }

    /// Runs the examples; `None` if the program has errors.
    #[must_use]
    pub fn run_examples(&self) -> Option<Examples> {
        Some(examples::run(&self.ast, self.program.as_ref()?, &self.sources))
    }

    /// Looks with made histories, apart from everything that checking alone shows; `None` if the program has errors.
    #[must_use]
    pub fn probe(&self, exposure: &Exposure, thorough: bool) -> Option<Probed> {
        let program = self.program.as_ref()?;
        Some(probe::probe(&probe::Asked { ast: &self.ast, program, sources: &self.sources, exposure, problems: &self.problems, thorough }))
    }

    /// Reads a history with the columns that this program asks for.
    ///
    /// # Errors
    /// [`HistoryError`] says which file is at fault and why.
    pub fn read(&self, path: &Path, reading: &Reading) -> Result<history::Read, HistoryError> {
        let needs = self.program.as_ref().map(|program| needs::of(program, reading.ids)).unwrap_or_default();
        self.read_for(path, reading, needs)
    }

    /// Reads a history with these columns, as this program understands its amounts, times and accounts.
    fn read_for(&self, path: &Path, reading: &Reading, mut needs: history::model::Needs) -> Result<history::Read, HistoryError> {
        let program = self.program.as_ref().ok_or_else(|| HistoryError {
            file: path.display().to_string(),
            row: None,
            message: "the program has errors, so nothing is read for it".to_owned(),
        })?;
        if reading.told {
            needs.columns.extend(["channel", "store", "partner"]);
            needs.attributes.insert((0, "name".to_owned()));
        }
        let account_by = program.account_by.and_then(|id| program.attributes.get(id.index())).map(|attribute| attribute.name.as_str());
        let options = history::Options {
            currency: &program.currency.code,
            decimals: program.currency.decimals,
            zone: &program.zone,
            round_money: program.round_money,
            account_by,
            needs: &needs,
            everything: false,
            outside: reading.outside,
            threads: reading.threads,
        };
        history::read(path, &options)
    }

    /// Reads what people are assumed to do.
    ///
    /// # Errors
    /// Everything that is wrong with the text, one sentence each.
    pub fn assume(&self, text: &str) -> Result<assumptions::Read, Vec<String>> {
        self.program.as_ref().map_or_else(|| Err(Vec::new()), |program| assumptions::parse_among(text, program, &self.elsewhere))
    }
}

/// How a history is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reading {
    /// Whether purchases are to be named: in a ledger, in stories.
    pub ids: bool,
    /// Whether stories are to be told: names of customers, and where they bought.
    pub told: bool,
    /// Whether a mapping may name files outside its own folder.
    pub outside: bool,
    /// Threads; 0 for as many as there are cores.
    pub threads: usize,
}

/// The same seed for every run.
fn reseed(assumed: &Assumptions, seed: Option<u64>) -> Assumptions {
    Assumptions { seed: seed.unwrap_or(assumed.seed), ..assumed.clone() }
}
