//! `simulate`: what a program would have cost and done on a history.

use super::exit::{Done, Exit, Stop};
use super::ledger::{self, LedgerFile};
use super::reporting::{self, Form, ReportArgs};
use super::stages::{self, Assumed, Loaded};
use super::whole::Whole;
use super::{Global, apart, load, output};
use crate::assumptions::Scenarios;
use crate::diagnostic::render;
use crate::engine::RunError;
use crate::history;
use crate::program::Program;
use crate::report::write::{self, CustomersTable};
use crate::session::{Partial, Reading, Session, Settings, Shard, Worlds};
use crate::value::{Date, Exact};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Options of `simulate`.
#[derive(Clone, Debug, Args)]
pub(super) struct SimulateArgs {
    /// The program
    #[arg(value_name = "FILE")]
    program: PathBuf,
    /// Purchases: a mapping (YAML), a data file (CSV, Parquet, JSON, XLSX …), a folder, or -; by default the file of the program's name in data/ beside it
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// Let the history's mapping name files outside its own folder
    #[arg(long)]
    allow_outside: bool,
    /// What people would do: a YAML file with margin, redemption and the like
    #[arg(long, value_name = "FILE")]
    assume: Option<PathBuf>,
    #[command(flatten)]
    output: ReportArgs,
    /// Also write every ledger entry, to a file that ends in .csv, .jsonl or .parquet
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// Also run the program without each of its rules, to see what each costs by itself
    #[arg(long)]
    leave_one_out: bool,
    /// Also write one row for every account, to a file that ends in .csv, .jsonl or .parquet
    #[arg(long, value_name = "FILE")]
    customers: Option<PathBuf>,
    /// Threads; by default, or with 0, as many as there are processor cores
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, value_parser = threads)]
    threads: usize,
    /// The seed of random choices, in place of that of the assumptions
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = seed)]
    seed: Option<u64>,
    /// As if the program had started on this day
    #[arg(long, value_name = "DATE", value_parser = date)]
    start: Option<Date>,
    /// Close the books at the end of this day; by default the last day in the history
    #[arg(long, value_name = "DATE", value_parser = date)]
    as_of: Option<Date>,
    /// Give a parameter of the program another value
    #[arg(long, value_name = "PARAM=VALUE", value_parser = setting)]
    set: Vec<(String, String)>,
    /// Stop if any row of the history cannot be used
    #[arg(long)]
    strict: bool,
    /// Stop if more of the rows cannot be used, such as 1%
    #[arg(long, value_name = "SHARE", value_parser = stages::Share::parse)]
    max_rejected: Option<stages::Share>,
    /// Also write the report as a page with pictures
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// Limit the memory
    #[arg(long, value_name = "SIZE", hide = true)]
    memory: Option<String>,
    /// Simulate a part of the customers only, such as 1/4
    #[arg(long, value_name = "I/N", value_parser = shard)]
    shard: Option<Shard>,
    /// What merge wrote about the other parts, where customers share something
    #[arg(long, value_name = "FILE", requires = "shard")]
    world: Option<PathBuf>,
    /// Write the result to a file for merge, in place of the report
    #[arg(long, value_name = "FILE")]
    partial: Option<PathBuf>,
}

/// No machine has more cores; each thread takes memory for its stack.
const THREADS: usize = 1024;

pub(super) fn threads(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|count| *count <= THREADS).ok_or_else(|| format!("threads are a whole number up to {THREADS}, such as 8"))
}

pub(super) fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "a seed is a whole number, such as 42".to_owned())
}

pub(super) fn date(text: &str) -> Result<Date, String> {
    Date::parse(text).ok_or_else(|| "a date looks like 2025-12-24".to_owned())
}

pub(super) fn setting(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a parameter is set like base=3%")?;
    let (name, value) = (name.trim(), value.trim());
    if name.is_empty() || value.is_empty() {
        Err("a parameter is set like base=3%".to_owned())
    } else {
        Ok((name.to_owned(), value.to_owned()))
    }
}

pub(super) fn shard(text: &str) -> Result<Shard, String> {
    let parsed = text.split_once('/').and_then(|(index, of)| Shard::new(index.parse().ok()?, of.parse().ok()?));
    parsed.ok_or_else(|| "a part of the customers is named like 1/4, the first of four".to_owned())
}

/// Runs the command.
pub(super) fn run(args: &SimulateArgs, global: &Global) -> Done {
    let form = args.output.form(global)?;
    refuse(args)?;
    let loaded = stages::load(&args.program, &args.set)?;
    let Some(program) = loaded.program(global, "The program has errors, so nothing was simulated.") else { return Ok(Exit::Failed) };
    let ids = args.output.ids(program)?;
    let assumed = stages::assume(args.assume.as_deref(), &loaded.session, global)?;
    let threads = rayon::ThreadPoolBuilder::new().num_threads(args.threads).stack_size(super::STACK).build();
    let threads = threads.map_err(|error| Stop::Data(format!("The system gave no threads to work on: {error}.")))?;
    let shown = form == Form::Text && ids.is_empty() && args.partial.is_none();
    let partial = threads.install(|| simulate(args, global, &loaded, program, assumed, shown))?;
    if let Some(path) = &args.partial {
        let text = partial.encode().map_err(Stop::Data)?;
        let mut file = Whole::begin(path)?;
        file.write_all(text.as_bytes()).map_err(|error| output::cannot_write(path, &error))?;
        file.finish()?;
        return Ok(Exit::Fine);
    }
    if let Some(path) = &args.customers {
        customers(path, &partial, &loaded.session, program)?;
    }
    let report = loaded.session.report(&partial).map_err(failed)?;
    if let Some(path) = &args.report {
        let text = loaded.session.texts().main().text;
        super::compare::whole(path, &write::html::report_page(&report, Some(&text)).map_err(Stop::Data)?)?;
    }
    reporting::write(report, &args.output, &ids, form)
}

/// Refuses what could not end well before anything is read: a name that cannot be written to should not cost a run.
fn refuse(args: &SimulateArgs) -> Done<()> {
    if args.memory.is_some() {
        return Err(Stop::Usage("--memory is not supported yet.".to_owned()));
    }
    if args.report.is_some() && args.partial.is_some() {
        return Err(Stop::Usage("--report is written by merge, from all parts of the result.".to_owned()));
    }
    if args.shard.is_some() && args.partial.is_none() {
        return Err(Stop::Usage(
            "--shard makes a part of a result: name a file for it with --partial, and bring the parts together with merge.".to_owned(),
        ));
    }
    args.ledger.iter().chain(&args.customers).try_for_each(|path| ledger::form(path).map(|_| ()))
}

/// Writes one row for every account.
fn customers(path: &Path, partial: &Partial, session: &Session, program: &Program) -> Done<()> {
    let too_large = |_| Stop::Data("The sums of an account are too large to be kept exactly.".to_owned());
    let reward_cost = Exact::try_from(session.reward_cost(partial)).map_err(too_large)?;
    let table = CustomersTable::new(program, partial.accounts(), reward_cost).map_err(too_large)?;
    let whole = Whole::begin(path)?;
    table.write(ledger::form(path)?, whole).map_err(|error| output::cannot_write(path, &error))?.finish()
}

pub(super) fn failed(error: RunError) -> Stop {
    Stop::Data(render::visible(&error.message))
}

/// Reads the history and runs the program over it.
fn simulate(
    args: &SimulateArgs,
    global: &Global,
    loaded: &Loaded,
    program: &Program,
    assumed: Option<Assumed>,
    shown: bool,
) -> Done<Partial> {
    let path = history_path(args.history.as_deref(), &args.program, global)?;
    let progress = Progress::begin(global);
    progress.step(&format!("Reading {}", output::shown(&path)));
    let reading = Reading { ids: args.ledger.is_some(), told: false, outside: args.allow_outside, threads: args.threads };
    let history::Read { mut history, files } = loaded.history(&path, &reading)?;
    let inputs: Vec<PathBuf> = loaded.loader.all().cloned().chain(args.assume.clone()).chain(args.world.clone()).chain(files).collect();
    let ledger = args.ledger.as_deref().map(|path| ("--ledger", path));
    let partial = args.partial.as_deref().map(|path| ("--partial", path));
    let customers = args.customers.as_deref().map(|path| ("--customers", path));
    let report = args.report.as_deref().map(|path| ("--report", path));
    apart::check(&ledger.into_iter().chain(partial).chain(customers).chain(report).collect::<Vec<_>>(), &inputs)?;
    let limit = stages::Limit { strict: args.strict, rejected: args.max_rejected };
    stages::say_rejected(&history, &program.currency, limit, shown, |text| progress.say(text, global))?;
    stages::check_days(&history, program, args.start, args.as_of)?;
    let read = assumed.as_ref().map(|assumed| &assumed.read);
    if args.ledger.is_some() && matches!(Scenarios::of(read, program), Scenarios::Envelope { .. }) {
        progress.say("Nothing says when members redeem: the ledger is that of everybody redeeming as soon as possible.", global);
    }
    let settings = Settings {
        history: output::shown(&path),
        assumptions: assumed.map(|assumed| assumed.text),
        as_of: args.as_of,
        start: args.start,
        opening: None,
        seed: args.seed,
        full: args.output.full() || args.customers.is_some() || args.report.is_some() || args.leave_one_out,
        leave_one_out: args.leave_one_out,
        threads: args.threads,
    };
    let session = &loaded.session;
    let worlds = args.world.as_deref().map(world).transpose()?;
    let seen = session.see(&mut history, &settings, args.shard).map_err(failed)?.within(worlds);
    let mut step = |what: &str| {
        progress.step(what);
        true
    };
    let Some(path) = args.ledger.as_deref() else {
        return session.run(&history, &settings, seen, None, &mut step).map_err(failed);
    };
    let replayed = session.replayed(&history, &settings).map_err(failed)?;
    let mut ledger =
        LedgerFile::begin(path, program, replayed.as_ref().unwrap_or(&history), session.ledger_reward_cost(&settings).map_err(failed)?)?;
    let partial = session.run(&history, &settings, seen, Some(&mut ledger), &mut step).map_err(failed)?;
    progress.step("Writing the ledger");
    ledger.finish()?;
    Ok(partial)
}

/// Reads what `merge` wrote about the other parts.
fn world(path: &Path) -> Done<Worlds> {
    let failed = |why: String| Stop::Data(format!("{}: {why}.", output::shown(path)));
    Worlds::decode(&load::read_large(path).map_err(failed)?).map_err(failed)
}

/// The history that is named, or the file of the program's name in `data/` beside it.
pub(super) fn history_path(history: Option<&Path>, program: &Path, global: &Global) -> Done<PathBuf> {
    if let Some(path) = history {
        return Ok(path.to_owned());
    }
    let folder = program.parent().unwrap_or(Path::new("")).join("data");
    let stem = program.file_stem().unwrap_or_default().to_string_lossy();
    let file = |extension: &str| folder.join(format!("{stem}.{extension}"));
    let found = ["yaml", "yml", "csv", "parquet"].into_iter().map(file).find(|path| path.is_file());
    let Some(path) = found else {
        let looked = file("yaml");
        return Err(Stop::Usage(format!(
            "Which purchases? Name a file with --history, or keep one at {} (or .csv, .parquet).",
            output::shown(&looked)
        )));
    };
    global.say(&format!("History: {}", output::shown(&path)));
    Ok(path)
}

/// A line on a terminal that says what is going on.
pub(super) struct Progress(Option<ProgressBar>);

impl Progress {
    pub(super) fn begin(global: &Global) -> Self {
        if global.quiet || !std::io::stderr().is_terminal() {
            return Self(None);
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(Some(bar))
    }

    pub(super) fn step(&self, what: &str) {
        if let Some(bar) = &self.0 {
            bar.set_message(what.to_owned());
        }
    }

    pub(super) fn say(&self, text: &str, global: &Global) {
        match &self.0 {
            Some(bar) => bar.suspend(|| global.say(text)),
            None => global.say(text),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
