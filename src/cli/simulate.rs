//! `simulate`: what a program would have cost and done on a history.

use super::exit::{Done, Exit, Stop};
use super::ledger::{self, LedgerFile};
use super::progress::Progress;
use super::reporting::{self, Form, ReportArgs};
use super::running::{self, RunArgs, failed};
use super::stages::{self, Assumed, Loaded};
use super::whole::{self, Whole};
use super::{Global, apart, load, output};
use crate::assumptions::Scenarios;
use crate::history;
use crate::program::Program;
use crate::report::write::{self, CustomersTable};
use crate::session::{Partial, Session, Settings, Shard, Worlds};
use crate::value::Exact;
use clap::Args;
use std::path::{Path, PathBuf};

/// Options of `simulate`.
#[derive(Clone, Debug, Args)]
pub(super) struct SimulateArgs {
    /// The program
    #[arg(value_name = "FILE")]
    program: PathBuf,
    #[command(flatten)]
    run: RunArgs,
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
    /// Limit the memory
    #[arg(long, value_name = "SIZE", hide = true)]
    memory: Option<String>,
    /// Simulate a part of the customers only, such as 1/4
    #[arg(long, value_name = "I/N", value_parser = running::shard)]
    shard: Option<Shard>,
    /// What merge wrote about the other parts, where customers share something
    #[arg(long, value_name = "FILE", requires = "shard")]
    world: Option<PathBuf>,
    /// Write the result to a file for merge, in place of the report
    #[arg(long, value_name = "FILE")]
    partial: Option<PathBuf>,
}

/// Runs the command.
pub(super) fn run(args: &SimulateArgs, global: &Global) -> Done {
    let form = args.output.form(global)?;
    refuse(args)?;
    let loaded = stages::load(&args.program, &args.run.set)?;
    let Some(program) = loaded.program(global, "The program has errors, so nothing was simulated.") else { return Ok(Exit::Failed) };
    let ids = args.output.ids(program)?;
    let assumed = stages::assume(args.run.assume.as_deref(), &loaded.session, global)?;
    let shown = form == Form::Text && ids.is_empty() && args.partial.is_none();
    let partial = args.run.on_threads(|| simulate(args, global, &loaded, program, assumed, shown))?;
    if let Some(path) = &args.partial {
        let text = partial.encode().map_err(Stop::Data)?;
        whole::write(path, &text)?;
        return Ok(Exit::Fine);
    }
    if let Some(path) = &args.customers {
        customers(path, &partial, &loaded.session, program)?;
    }
    let report = loaded.session.report(&partial).map_err(failed)?;
    if let Some(path) = &args.run.report {
        let text = loaded.session.texts().main().text;
        whole::write(path, &write::html::report_page(&report, Some(&text)).map_err(Stop::Data)?)?;
    }
    reporting::write(report, &args.output, &ids, form)
}

/// Refuses what could not end well before anything is read: a name that cannot be written to should not cost a run.
fn refuse(args: &SimulateArgs) -> Done<()> {
    if args.memory.is_some() {
        return Err(Stop::Usage("--memory is not supported yet.".to_owned()));
    }
    if args.run.report.is_some() && args.partial.is_some() {
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

/// Reads the history and runs the program over it.
fn simulate(
    args: &SimulateArgs,
    global: &Global,
    loaded: &Loaded,
    program: &Program,
    assumed: Option<Assumed>,
    shown: bool,
) -> Done<Partial> {
    let path = running::history_path(args.run.history.as_deref(), &args.program, global)?;
    let progress = Progress::begin(global);
    progress.step(&format!("Reading {}", output::shown(&path)));
    let history::Read { mut history, files } = loaded.history(&path, &args.run.reading(args.ledger.is_some()))?;
    let inputs: Vec<PathBuf> = loaded.loader.all().cloned().chain(args.run.assume.clone()).chain(args.world.clone()).chain(files).collect();
    let ledger = args.ledger.as_deref().map(|path| ("--ledger", path));
    let partial = args.partial.as_deref().map(|path| ("--partial", path));
    let customers = args.customers.as_deref().map(|path| ("--customers", path));
    let report = args.run.report.as_deref().map(|path| ("--report", path));
    apart::check(&ledger.into_iter().chain(partial).chain(customers).chain(report).collect::<Vec<_>>(), &inputs)?;
    stages::say_rejected(&history, &program.currency, args.run.limit(), shown, |text| progress.say(text, global))?;
    stages::check_days(&history, program, args.run.start, args.run.as_of)?;
    let read = assumed.as_ref().map(|assumed| &assumed.read);
    if args.ledger.is_some() && matches!(Scenarios::of(read, program), Scenarios::Envelope { .. }) {
        progress.say("Nothing says when members redeem: the ledger is that of everybody redeeming as soon as possible.", global);
    }
    let settings = Settings {
        full: args.output.full() || args.customers.is_some() || args.run.report.is_some() || args.leave_one_out,
        leave_one_out: args.leave_one_out,
        ..args.run.settings(&path, assumed.map(|assumed| assumed.text))
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
