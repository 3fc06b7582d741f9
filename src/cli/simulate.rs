//! `simulate`: what a program would have cost and done on a history.

use super::exit::{Done, Exit, Stop};
use super::ledger::{self, LedgerFile};
use super::stages::{self, Loaded};
use super::{Format, Global, apart, needs, output};
use crate::assumptions::{self, Assumptions, Scenarios};
use crate::diagnostic::render;
use crate::engine::{self, totals::Totals};
use crate::history::{self, model::History};
use crate::program::Program;
use crate::report::{self, About, Observed, Report, Runs, Whole, write};
use crate::value::Date;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
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
    /// How to write the report: text, json, yaml or csv
    #[arg(long, value_name = "FORMAT", hide_possible_values = true)]
    format: Option<Format>,
    /// Also write every ledger entry, to a file that ends in .csv, .jsonl or .parquet
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
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
    /// Only these metrics, by id or words
    #[arg(long, value_name = "ID", num_args = 1.., value_delimiter = ',')]
    metric: Vec<String>,
    /// Write the report as a page
    #[arg(long, value_name = "FILE", hide = true)]
    report: Option<PathBuf>,
    /// Limit the memory
    #[arg(long, value_name = "SIZE", hide = true)]
    memory: Option<String>,
    /// Simulate a part of the accounts
    #[arg(long, value_name = "I/N", hide = true)]
    shard: Option<String>,
    /// Write partial results
    #[arg(long, value_name = "FILE", hide = true)]
    partial: Option<PathBuf>,
}

/// No machine has more cores; each thread takes memory for its stack.
const THREADS: usize = 1024;

fn threads(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|count| *count <= THREADS).ok_or_else(|| format!("threads are a whole number up to {THREADS}, such as 8"))
}

fn seed(text: &str) -> Result<u64, String> {
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

/// The formats of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    Json,
    Yaml,
    Csv,
}

/// Runs the command.
pub(super) fn run(args: &SimulateArgs, global: &Global) -> Done {
    let form = form(args, global)?;
    // A name that cannot be written to should not cost a run.
    args.ledger.as_deref().map(ledger::form).transpose()?;
    let loaded = stages::load(&args.program, &args.set)?;
    complain(&loaded, global);
    let Some(program) = &loaded.program else { return Ok(Exit::Failed) };
    let ids = metric_ids(args, program)?;
    let read = assume(args.assume.as_deref(), program)?;
    if let Some(read) = &read {
        read.warnings.iter().for_each(|warning| global.say(&render::visible(warning)));
    }
    let threads = rayon::ThreadPoolBuilder::new().num_threads(args.threads).stack_size(super::STACK).build();
    let threads = threads.map_err(|error| Stop::Data(format!("The system gave no threads to work on: {error}.")))?;
    let mut report = threads.install(|| simulate(args, global, &loaded, program, read.as_ref()))?;
    if !ids.is_empty() {
        report.metrics.retain(|metric| ids.contains(&metric.id));
    }
    output::result(&match form {
        Form::Text if ids.is_empty() => write::text(&report),
        Form::Text => write::metrics(&report, &ids),
        Form::Json => write::json(&report).map_err(Stop::Data)?,
        Form::Yaml => write::yaml(&report).map_err(Stop::Data)?,
        Form::Csv => write::csv(&report),
    })?;
    if report.goals_met() {
        return Ok(Exit::Fine);
    }
    for missed in report.expectations.iter().filter(|expected| !expected.held) {
        output::complain(&format!("Not met: {}", render::visible(&missed.text)));
    }
    Ok(Exit::Failed)
}

fn form(args: &SimulateArgs, global: &Global) -> Done<Form> {
    let unsupported = [
        (args.report.is_some(), "--report"),
        (args.memory.is_some(), "--memory"),
        (args.shard.is_some(), "--shard"),
        (args.partial.is_some(), "--partial"),
    ];
    if let Some((_, option)) = unsupported.iter().find(|(given, _)| *given) {
        return Err(Stop::Usage(format!("{option} is not supported yet.")));
    }
    match args.format.or(global.format) {
        None | Some(Format::Text | Format::Human) => Ok(Form::Text),
        Some(Format::Json) => Ok(Form::Json),
        Some(Format::Yaml) => Ok(Form::Yaml),
        Some(Format::Csv) => Ok(Form::Csv),
        Some(Format::Short | Format::Sarif | Format::Github) => {
            Err(Stop::Usage("simulate writes --format text, json, yaml or csv.".to_owned()))
        }
    }
}

/// The program's problems, on standard error.
fn complain(loaded: &Loaded, global: &Global) {
    let failed = loaded.program.is_none();
    if loaded.problems.0.is_empty() || global.quiet && !failed {
        return;
    }
    let colour = global.colour(&std::io::stderr());
    output::complain(&render::human(&loaded.problems, &loaded.sources, colour));
    if failed {
        output::complain("The program has errors, so nothing was simulated.");
    }
}

fn metric_ids(args: &SimulateArgs, program: &Program) -> Done<Vec<String>> {
    let resolve = |words: &String| {
        report::resolve_metric(words, program).map(|named| named.id).map_err(|unknown| {
            let hint = unknown.suggestion.map_or_else(
                || " docs/metrics.md lists them, and so does --format csv.".to_owned(),
                |near| format!(" Did you mean {near}?"),
            );
            Stop::Usage(format!("There is no metric called \"{}\".{hint}", render::visible(words)))
        })
    };
    args.metric.iter().map(resolve).collect()
}

/// Reads the assumptions, if there is a file of them.
pub(super) fn assume(path: Option<&Path>, program: &Program) -> Done<Option<assumptions::Read>> {
    let Some(path) = path else { return Ok(None) };
    let text = super::load::read(path).map_err(|why| Stop::Data(format!("{}: {why}.", output::shown(path))))?;
    let read = assumptions::parse(&text, program).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(|error| format!("{}: {}", output::shown(path), render::visible(error))).collect();
        Stop::Data(lines.join("\n"))
    })?;
    Ok(Some(read))
}

/// Reads the history, runs the program over it, and makes the report.
fn simulate(args: &SimulateArgs, global: &Global, loaded: &Loaded, program: &Program, read: Option<&assumptions::Read>) -> Done<Report> {
    let path = history_path(args.history.as_deref(), &args.program, global)?;
    let progress = Progress::begin(global);
    progress.step(&format!("Reading {}", output::shown(&path)));
    let needs = needs::of(program, args.ledger.is_some());
    let wanted = stages::Wanted { needs, outside: args.allow_outside, threads: args.threads };
    let history::Read { history, files } = stages::history(&path, program, &wanted)?;
    let inputs: Vec<PathBuf> = loaded.loader.all().cloned().chain(args.assume.clone()).chain(files).collect();
    let outputs = args.ledger.as_deref().map(|path| ("--ledger", path));
    apart::check(&Vec::from_iter(outputs), &inputs)?;
    let shown = matches!(form(args, global)?, Form::Text) && args.metric.is_empty();
    stages::say_rejected(&history, args.strict, shown, |text| progress.say(text, global))?;
    stages::check_days(&history, program, args.start, args.as_of)?;
    let ledger = args.ledger.as_deref().map(|path| LedgerFile::begin(path, program, &history)).transpose()?;
    let with_ledger = ledger.is_some();
    let runner = Runner { args, program, history: &history, progress: &progress };
    let mut scenarios = Scenarios::of(read, program);
    if let Some(seed) = args.seed {
        reseed(&mut scenarios, seed);
    }
    let done = match &scenarios {
        Scenarios::One(assumed) => (runner.run(assumed, ledger)?, None),
        Scenarios::Envelope { never, soon } => {
            if with_ledger {
                progress.say("Nothing says when members redeem: the ledger is that of everybody redeeming as soon as possible.", global);
            }
            if program.redeems.is_empty() && !program.grants_vouchers() {
                // Nothing can be redeemed: both ends are one run.
                let both = runner.run(soon, ledger)?;
                (both.clone(), Some(both))
            } else {
                let low = runner.run(never, None)?;
                (runner.run(soon, ledger)?, Some(low))
            }
        }
    };
    progress.step("Adding up");
    let runs = match &done {
        (totals, None) => Runs::One(totals),
        (soon, Some(never)) => Runs::Envelope { never, soon },
    };
    let too_large = |_| Stop::Data("The sums of the history are too large to be kept exactly.".to_owned());
    let whole = Whole::of(program, Some(&loaded.sources), &history, args.as_of);
    let observed = Observed::of(whole, program, &history, args.as_of, args.start).map_err(too_large)?;
    let about = About {
        program,
        sources: Some(&loaded.sources),
        file: &output::shown(&args.program),
        sha256: &loaded.loader.sha256,
        observed: &observed,
        history_file: &output::shown(&path),
        assumptions: read.map(|read| &read.assumptions),
        runs,
        remarks: &remarks(args),
    };
    report::build(&about).map_err(too_large)
}

/// What is different from the program as it is written.
fn remarks(args: &SimulateArgs) -> Vec<String> {
    let day = write::format::day;
    let start = args.start.map(|date| format!("Simulated as if the program had started on {}.", day(date)));
    let settings = args.set.iter().map(|(name, value)| format!("Simulated with {name} {value} in place of what the program says."));
    start.into_iter().chain(settings).collect()
}

fn reseed(scenarios: &mut Scenarios, seed: u64) {
    match scenarios {
        Scenarios::One(assumed) => assumed.seed = seed,
        Scenarios::Envelope { never, soon } => {
            never.seed = seed;
            soon.seed = seed;
        }
    }
}

struct Runner<'a> {
    args: &'a SimulateArgs,
    program: &'a Program,
    history: &'a History,
    progress: &'a Progress,
}

impl Runner<'_> {
    fn run(&self, assumed: &Assumptions, ledger: Option<LedgerFile>) -> Done<Totals> {
        self.progress.step("Simulating");
        let options = engine::Options { as_of: self.args.as_of, start: self.args.start, threads: self.args.threads, because: false };
        let failed = |error: engine::RunError| Stop::Data(render::visible(&error.message));
        let Some(mut ledger) = ledger else {
            return engine::run(self.program, self.history, assumed, &options, None).map_err(failed);
        };
        let totals = engine::run(self.program, self.history, assumed, &options, Some(&mut ledger)).map_err(failed)?;
        self.progress.step("Writing the ledger");
        ledger.finish()?;
        Ok(totals)
    }
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
    fn begin(global: &Global) -> Self {
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

    fn step(&self, what: &str) {
        if let Some(bar) = &self.0 {
            bar.set_message(what.to_owned());
        }
    }

    fn say(&self, text: &str, global: &Global) {
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
