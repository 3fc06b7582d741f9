//! Runs programs over a history, account by account.

use crate::assumptions::Assumptions;
use crate::engine::ledger::Sink;
use crate::engine::listener::{Entries, Listener, Nobody};
use crate::engine::overflow::{RunError, too_many};
use crate::engine::policy::Policies;
use crate::engine::state::State;
use crate::engine::totals::Totals;
use crate::engine::world::rounds;
use crate::engine::world::solo::run_account;
use crate::engine::world::together::run_together;
use crate::engine::world::worlds::{Heard, Told, Trace, World};
use crate::history::model::{History, Part};
use crate::plan::Plan;
use crate::program::Program;
use crate::value::Date;
use rayon::prelude::*;
use std::sync::Mutex;

/// What a run needs beside the program and the history.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Close the books at the end of this day; `None`: the last day of the history.
    pub as_of: Option<Date>,
    /// As if the program had started then.
    pub start: Option<Date>,
    /// Threads; 0 for as many as there are cores.
    pub threads: usize,
    /// Whether entries carry [`ledger::Because`].
    pub because: bool,
}

/// Keeps a row of each account, made of the sums of that account alone, and brings together those of a part: the rows of all
/// scenarios are at hand then.
pub trait Each: Sync {
    /// What is kept of an account under one scenario until its part is done.
    type Row: Send + Sync;
    /// What is kept of a part.
    type Kept: Send;
    /// Whether anything is kept at all.
    const ON: bool = true;

    /// The row of an account whose books are closed.
    fn row(&self, scenario: usize, own: &Totals) -> Self::Row;

    /// What is kept of a part: by scenario, the rows of its accounts in their order.
    fn keep(&self, part: &Part, rows: &[&[Self::Row]]) -> Self::Kept;
}

/// Nobody compares accounts.
struct Unasked;

impl Each for Unasked {
    type Row = ();
    type Kept = ();
    const ON: bool = false;

    fn row(&self, _: usize, _: &Totals) {}

    fn keep(&self, _: &Part, _: &[&[()]]) {}
}

/// A program under what people are assumed to do.
#[derive(Clone, Copy, Debug)]
pub struct Scenario<'a> {
    pub program: &'a Program,
    pub assumptions: &'a Assumptions,
}

/// Whether customers of a program share something, so that they cannot be evaluated apart.
#[must_use]
pub fn looks_across(program: &Program) -> bool {
    crate::plan::looks_across(program)
}

/// Runs `program` over `history`.
///
/// # Errors
/// [`RunError`] where an amount does not fit its integer; the message names the rule and the event.
pub fn run(
    program: &Program,
    history: &History,
    assumptions: &Assumptions,
    options: &Options,
    sink: Option<&mut dyn Sink>,
) -> Result<Totals, RunError> {
    let mut all = run_all(history, &[Scenario { program, assumptions }], options, sink)?;
    all.pop().ok_or_else(|| RunError { message: "Nothing was run.".to_owned() })
}

/// Runs several scenarios over `history` in one pass: each part is evaluated for all of them while it is at hand. The sums
/// stand in the order of the scenarios; the entries are those of the last.
///
/// # Errors
/// Like [`run`].
pub fn run_all(
    history: &History,
    scenarios: &[Scenario<'_>],
    options: &Options,
    sink: Option<&mut dyn Sink>,
) -> Result<Vec<Totals>, RunError> {
    run_each(history, scenarios, options, sink, &Unasked).map(|(totals, _)| totals)
}

/// Like [`run_all`], and `each` keeps a row of every account under every scenario: whoever compares accounts needs them side by
/// side, part by part.
///
/// # Errors
/// Like [`run`].
pub fn run_each<E: Each>(
    history: &History,
    scenarios: &[Scenario<'_>],
    options: &Options,
    sink: Option<&mut dyn Sink>,
    each: &E,
) -> Result<(Vec<Totals>, Vec<E::Kept>), RunError> {
    run_parts(history, scenarios, options, sink, each, None).map(|done| (done.totals, done.kept))
}

/// Runs some of the accounts of a history whose customers share something, within what is known of the world so far: by
/// scenario. Says what they ask of it and set off in it.
///
/// # Errors
/// Like [`run`].
pub fn run_within(
    history: &History,
    scenarios: &[Scenario<'_>],
    options: &Options,
    sink: Option<&mut dyn Sink>,
    worlds: &[World],
) -> Result<(Vec<Totals>, Vec<Vec<Heard>>), RunError> {
    run_parts(history, scenarios, options, sink, &Unasked, Some(worlds)).map(|done| (done.totals, done.heard))
}

/// The worlds that all accounts together make, by what each of them said in the last ones. Where they are the same, nothing
/// moves any more. `last` is the last day of the books.
///
/// # Errors
/// Like [`run`].
pub fn next_worlds(scenarios: &[Scenario<'_>], options: &Options, last: Date, heard: &[Vec<Heard>]) -> Result<Vec<World>, RunError> {
    let nothing = History::default();
    let next = |(scenario, heard): (&Scenario<'_>, &Vec<Heard>)| {
        let program = started(scenario.program, None, options);
        let told: Vec<Told<'_>> = heard.iter().map(Told::heard).collect();
        rounds::world(&Plan::new(&program, &nothing), scenario.assumptions.seed, last.plus_days(1), &told)
    };
    scenarios.iter().zip(heard).map(next).collect()
}

/// As if the program had started on another day, if one is said or its books are opened then.
fn started(program: &Program, opening: Option<Date>, options: &Options) -> Program {
    Program { starts: opening.or(options.start).or(program.starts), ..program.clone() }
}

/// What runs over one part give: by scenario the sums and what was heard, and what is kept.
type OfPart<K> = (Vec<Totals>, Vec<Vec<Heard>>, K);

/// What runs over some parts give.
struct Done<K> {
    totals: Vec<Totals>,
    kept: Vec<K>,
    /// By scenario, where somebody wants to know it.
    heard: Vec<Vec<Heard>>,
}

fn run_parts<E: Each>(
    history: &History,
    scenarios: &[Scenario<'_>],
    options: &Options,
    mut sink: Option<&mut dyn Sink>,
    each: &E,
    given: Option<&[World]>,
) -> Result<Done<E::Kept>, RunError> {
    let last = options.as_of.or(history.days.map(|(_, last)| last)).unwrap_or_default();
    let close = last.plus_days(1);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build();
    let pool = pool.map_err(|_| RunError { message: "The machine gave no threads to run on.".to_owned() })?;
    let programs: Vec<Program> = scenarios.iter().map(|scenario| started(scenario.program, history.opening, options)).collect();
    let plans: Vec<Plan<'_>> = programs.iter().map(|program| Plan::new(program, history)).collect();
    let runs: Vec<(&Plan<'_>, Policies<'_>)> =
        plans.iter().zip(scenarios).map(|(plan, scenario)| (plan, Policies::new(plan, scenario.assumptions))).collect();
    // What customers share is looked for first; then they are evaluated like those that share nothing.
    let settle = |(plan, policies): &(&Plan<'_>, Policies<'_>)| {
        if plan.looks_across() { rounds::settle(plan, policies, close) } else { Some(World::default()) }
    };
    let worlds: Vec<Option<World>> = match given {
        Some(given) => (0..runs.len()).map(|at| Some(given.get(at).cloned().unwrap_or_default())).collect(),
        None => pool.install(|| runs.iter().map(settle).collect()),
    };
    let of_last = runs.len().saturating_sub(1);
    let mut totals: Vec<Totals> = programs.iter().map(Totals::new).collect();
    // Rows of the scenarios whose accounts are evaluated together: by scenario, then by part.
    let mut together: Vec<Vec<Vec<E::Row>>> = runs.iter().map(|_| Vec::new()).collect();
    for (at, (plan, policies)) in runs.iter().enumerate().filter(|(at, _)| worlds[*at].is_none()) {
        let mut rows: Vec<Vec<Option<E::Row>>> = history.parts.iter().map(|part| part.accounts.iter().map(|_| None).collect()).collect();
        let mut keep = |part: usize, account: usize, own: &Totals| rows[part][account] = Some(each.row(at, own));
        let keep: Option<&mut dyn FnMut(usize, usize, &Totals)> = if E::ON { Some(&mut keep) } else { None };
        totals[at] = match sink.as_mut().filter(|_| at == of_last) {
            None => run_together(plan, policies, close, |_, _| Nobody, |_, _, _| {}, keep)?,
            Some(sink) => {
                let done = |part: usize, account: usize, Entries(entries, left): Entries| {
                    sink.account(part, account, &entries);
                    sink.left(part, account, &left);
                };
                run_together(plan, policies, close, |_, _| Entries::default(), done, keep)?
            }
        };
        together[at] = rows.into_iter().map(|part| part.into_iter().flatten().collect()).collect();
    }
    let apart: Vec<usize> = (0..runs.len()).filter(|at| worlds[*at].is_some()).collect();
    let sink = sink.filter(|_| apart.contains(&of_last)).map(Mutex::new);
    let results: Vec<Result<OfPart<E::Kept>, RunError>> = pool.install(|| {
        // One part at a time: whole runs of parts would leave a thread idle at the end.
        let parts = history.parts.par_iter().enumerate().with_max_len(1);
        let evaluate = |(index, part): (usize, &Part)| {
            let run = |at: &usize| {
                let (plan, policies) = &runs[*at];
                let row = |own: &Totals| each.row(*at, own);
                let world = worlds[*at].as_ref().filter(|_| plan.looks_across());
                let mut heard = Vec::new();
                let hears = given.map(|_| &mut heard);
                let sink = sink.as_ref().filter(|_| *at == of_last);
                let (sums, rows) = run_part((plan, policies, world), index, close, sink, E::ON.then_some(&row), hears)?;
                Ok((sums, (rows, heard)))
            };
            let done: Vec<(Totals, (Vec<E::Row>, Vec<Heard>))> = apart.iter().map(run).collect::<Result<_, RunError>>()?;
            let (sums, mine): (Vec<Totals>, Vec<(Vec<E::Row>, Vec<Heard>)>) = done.into_iter().unzip();
            let (mine, heard): (Vec<Vec<E::Row>>, Vec<Vec<Heard>>) = mine.into_iter().unzip();
            let mut mine = mine.iter();
            let theirs = |at: usize| together[at].get(index).map_or(&[][..], Vec::as_slice);
            let rows: Vec<&[E::Row]> = (0..runs.len())
                .map(|at| if worlds[at].is_none() { theirs(at) } else { mine.next().map_or(&[][..], Vec::as_slice) })
                .collect();
            Ok((sums, heard, each.keep(part, &rows)))
        };
        parts.map(evaluate).collect()
    });
    let mut done = Done { totals, kept: Vec::with_capacity(results.len()), heard: vec![Vec::new(); runs.len()] };
    for result in results {
        let (sums, heard, part) = result?;
        for ((at, more), heard) in apart.iter().zip(sums).zip(heard) {
            done.totals[*at].merge(&more).map_err(|_| too_many())?;
            done.heard[*at].extend(heard);
        }
        done.kept.push(part);
    }
    Ok(done)
}

/// Runs the accounts of a part; with `row`, each account's sums are added up by themselves first.
fn run_part<T>(
    (plan, policies, world): (&Plan<'_>, &Policies<'_>, Option<&World>),
    index: usize,
    close: Date,
    sink: Option<&Mutex<&mut dyn Sink>>,
    row: Option<&dyn Fn(&Totals) -> T>,
    mut heard: Option<&mut Vec<Heard>>,
) -> Result<(Totals, Vec<T>), RunError> {
    let Some(part) = plan.history.parts.get(index) else { return Ok((Totals::new(plan.program), Vec::new())) };
    let mut totals = Totals::new(plan.program);
    let mut own = row.map(|_| totals.clone());
    let mut rows = Vec::with_capacity(row.map_or(0, |_| part.accounts.len()));
    let mut state = State::new(plan);
    let mut entries = Entries::default();
    for account in 0..part.accounts.len() {
        let sums = own.as_mut().unwrap_or(&mut totals);
        let (place, mut trace) = ((index, account), Trace::default());
        let world = world.map(|world| (world, &mut trace));
        match sink {
            None => run_account(plan, policies, place, close, (&mut state, sums), &mut Nobody, world)?,
            Some(sink) => {
                entries.0.clear();
                entries.1.clear();
                run_account(plan, policies, place, close, (&mut state, sums), &mut entries, world)?;
                if let Ok(mut sink) = sink.lock() {
                    sink.account(index, account, &entries.0);
                    sink.left(index, account, &entries.1);
                }
            }
        }
        if let Some(heard) = &mut heard {
            heard.extend(Heard::of(plan, part, &part.accounts[account], trace));
        }
        if let (Some(own), Some(row)) = (&mut own, row) {
            rows.push(row(own));
            totals.merge(own).map_err(|_| too_many())?;
            own.clear();
        }
    }
    Ok((totals, rows))
}

/// Runs a small history with someone listening to every account: for worked examples and stories.
///
/// # Errors
/// Like [`run`].
pub fn listen<R: Listener>(
    program: &Program,
    history: &History,
    assumptions: &Assumptions,
    close: Date,
    mut listener: impl FnMut(usize, usize) -> R,
    mut done: impl FnMut(usize, usize, R),
) -> Result<Totals, RunError> {
    let program = &started(program, history.opening, &Options::default());
    let plan = &Plan::new(program, history);
    let policies = &Policies::new(plan, assumptions);
    if plan.looks_across() {
        return run_together(plan, policies, close, listener, done, None);
    }
    let mut totals = Totals::new(program);
    let mut state = State::new(plan);
    for (index, part) in history.parts.iter().enumerate() {
        for account in 0..part.accounts.len() {
            let mut listener = listener(index, account);
            run_account(plan, policies, (index, account), close, (&mut state, &mut totals), &mut listener, None)?;
            done(index, account, listener);
        }
    }
    Ok(totals)
}
