//! Running a program over a history under what is assumed.

use super::across::{Across, Worlds};
use super::partial::{Partial, Ran, Settings};
use super::{Session, Shard, reseed, shard, texts};
use crate::assumptions::{Assumptions, Read, Scenarios};
use crate::check::exposure;
use crate::engine::ledger::Sink;
use crate::engine::totals::Totals;
use crate::engine::{self, RunError, Scenario, World};
use crate::history::model::History;
use crate::program::Program;
use crate::report::metrics::behaviour::Behaviour;
use crate::report::{self, About, Observed, Report, Runs, Whole};
use crate::value::Decimal;
use serde::{Deserialize, Serialize};

/// Hears what is going on; answering `false` stops the run.
pub trait Progress {
    /// A step begins.
    fn step(&mut self, what: &str) -> bool;
}

impl<F: FnMut(&str) -> bool> Progress for F {
    fn step(&mut self, what: &str) -> bool {
        self(what)
    }
}

/// The sums of one run, or of the two ends of an envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunsOf {
    /// By the assumptions, or without any need of one.
    One(Box<Totals>),
    /// Nobody redeems, and everybody as soon as possible.
    Envelope { never: Box<Totals>, soon: Box<Totals> },
    /// At the ends and in the middle of the ranges that are assumed.
    Ranges { low: Box<Totals>, base: Box<Totals>, high: Box<Totals> },
}

impl RunsOf {
    /// As the report takes them.
    #[must_use]
    pub fn borrowed(&self) -> Runs<'_> {
        match self {
            Self::One(totals) => Runs::One(totals),
            Self::Envelope { never, soon } => Runs::Envelope { never, soon },
            Self::Ranges { low, base, high } => Runs::Ranges { low, base, high },
        }
    }

    pub(super) fn of(mut totals: Vec<Totals>) -> Option<Self> {
        let last = Box::new(totals.pop()?);
        Some(match (totals.pop().map(Box::new), totals.pop().map(Box::new)) {
            (None, _) => Self::One(last),
            (Some(never), None) => Self::Envelope { never, soon: last },
            (Some(high), Some(low)) => Self::Ranges { low, base: last, high },
        })
    }
}

/// A history that was looked at as a whole, and the part of its accounts that is left in it.
#[derive(Clone, Debug)]
pub struct Seen {
    whole: Whole,
    shard: Option<Shard>,
    /// Tells histories apart; not worked out where nothing is to be merged.
    data: u64,
    worlds: Option<Worlds>,
}

impl Seen {
    /// Within what `merge` made of an earlier round, where customers share something.
    #[must_use]
    pub fn within(self, worlds: Option<Worlds>) -> Self {
        Self { worlds, ..self }
    }
}

impl Session {
    /// Looks at a whole history, then leaves the accounts of a shard in it, if one is given.
    ///
    /// # Errors
    /// [`RunError`] where a part of the customers cannot be evaluated by itself.
    pub fn see(&self, history: &mut History, settings: &Settings, shard: Option<Shard>) -> Result<Seen, RunError> {
        let program = self.checked()?;
        let whole = Whole::of(program, Some(&self.sources), history, settings.as_of);
        let data = shard.map_or(0, |_| shard::fingerprint(history));
        if let Some(shard) = shard {
            shard.keep(history);
        }
        Ok(Seen { whole, shard, data, worlds: None })
    }

    pub(super) fn checked(&self) -> Result<&Program, RunError> {
        self.program().ok_or_else(|| RunError { message: "The program has errors.".to_owned() })
    }

    /// Evaluates the history. The ledger, if anyone wants it, is that of the run by the assumptions; without any, of
    /// everybody redeeming as soon as possible.
    ///
    /// # Errors
    /// [`RunError`] where an amount does not fit, or where `progress` says to stop.
    pub fn run(
        &self,
        history: &History,
        settings: &Settings,
        seen: Seen,
        ledger: Option<&mut dyn Sink>,
        progress: &mut dyn Progress,
    ) -> Result<Partial, RunError> {
        let stopped = || RunError { message: "Stopped.".to_owned() };
        let program = self.checked()?;
        let settings = &settings.opened(program, history)?;
        let ends = self.ends(settings)?;
        let options = engine_options(settings);
        if !progress.step("Simulating") {
            return Err(stopped());
        }
        let apart = seen.shard.is_some() && engine::looks_across(program);
        let (totals, further_sales, across) = if apart {
            self.evaluate_part(history, &ends, &options, ledger, seen.worlds)?
        } else {
            let (totals, sales) = self.evaluate(history, &ends, &options, settings, ledger)?;
            (totals, sales, None)
        };
        let deep = match ends.last() {
            Some(base) if settings.full && !apart => Some(self.deep(history, base, settings)?),
            _ => None,
        };
        if !progress.step("Adding up") {
            return Err(stopped());
        }
        let observed = Observed::of(seen.whole, program, history, settings.as_of, settings.start).map_err(|_| too_large())?;
        let runs = RunsOf::of(totals).ok_or_else(stopped)?;
        Ok(Partial::new(self, settings.clone(), (seen.shard, seen.data), observed, Ran { runs, further_sales, deep, across }))
    }

    /// What each run assumes; the ledger is that of the last.
    pub(super) fn ends(&self, settings: &Settings) -> Result<Vec<Assumptions>, RunError> {
        let read = self.assumed(settings)?;
        let seeded = |assumed: &Assumptions| reseed(assumed, settings.seed);
        Ok(match Scenarios::of(read.as_ref(), self.checked()?) {
            Scenarios::One(assumed) => vec![seeded(&assumed)],
            Scenarios::Envelope { never, soon } => vec![seeded(&never), seeded(&soon)],
            Scenarios::Ranges { low, base, high } => vec![seeded(&low), seeded(&high), seeded(&base)],
        })
    }

    /// What a unit of reward value costs the firm in the run that the ledger is about.
    ///
    /// # Errors
    /// [`RunError`] if the program cannot be run.
    pub fn ledger_reward_cost(&self, settings: &Settings) -> Result<Decimal, RunError> {
        Ok(self.ends(settings)?.last().map_or(Decimal::whole(1), |assumed| assumed.reward_cost.base))
    }

    /// The history that the ledger is about, where a response that is assumed makes another of it.
    ///
    /// # Errors
    /// [`RunError`] if the program cannot be run.
    pub fn replayed(&self, history: &History, settings: &Settings) -> Result<Option<History>, RunError> {
        let ends = self.ends(settings)?;
        ends.last().map_or(Ok(None), |assumed| self.responded(history, assumed, &engine_options(settings)))
    }

    /// The sums of each run, and what further purchases came to in it: all runs in one pass unless a response gives each a
    /// history of its own.
    pub(super) fn evaluate(
        &self,
        history: &History,
        ends: &[Assumptions],
        options: &engine::Options,
        settings: &Settings,
        mut ledger: Option<&mut dyn Sink>,
    ) -> Result<(Vec<Totals>, Vec<i128>), RunError> {
        let program = self.checked()?;
        if ends.iter().all(|assumed| assumed.response.is_empty()) {
            let scenarios: Vec<Scenario<'_>> = ends.iter().map(|assumptions| Scenario { program, assumptions }).collect();
            return Ok((engine::run_all(history, &scenarios, options, ledger)?, Vec::new()));
        }
        let sold = |history: &History| self.sold(history, settings);
        let before = sold(history)?;
        let (mut totals, mut sales) = (Vec::new(), Vec::new());
        for (at, assumed) in ends.iter().enumerate() {
            let other = self.responded(history, assumed, options)?;
            let replayed = other.as_ref().unwrap_or(history);
            let ledger = ledger.as_mut().filter(|_| at.saturating_add(1) == ends.len());
            let ledger = ledger.map(|sink| -> &mut dyn Sink { &mut **sink });
            totals.push(engine::run(program, replayed, assumed, options, ledger)?);
            sales.push(sold(replayed)?.checked_sub(before).ok_or_else(too_large)?);
        }
        Ok((totals, sales))
    }

    /// The sums of a part of customers who share something, within what is known of the others.
    fn evaluate_part(
        &self,
        history: &History,
        ends: &[Assumptions],
        options: &engine::Options,
        ledger: Option<&mut dyn Sink>,
        worlds: Option<Worlds>,
    ) -> Result<(Vec<Totals>, Vec<i128>, Option<Across>), RunError> {
        let program = self.checked()?;
        if ends.iter().any(|assumed| !assumed.response.is_empty()) {
            let message = "With a response among the assumptions, customers who share something (a budget, a series, a draw or \
                           referrals) are run together: leave out --shard.";
            return Err(RunError { message: message.to_owned() });
        }
        let mut worlds = worlds.unwrap_or_default().worlds;
        worlds.resize_with(ends.len(), World::default);
        let scenarios: Vec<Scenario<'_>> = ends.iter().map(|assumptions| Scenario { program, assumptions }).collect();
        let (totals, heard) = engine::run_within(history, &scenarios, options, ledger, &worlds)?;
        let last = options.as_of.or(history.days.map(|(_, last)| last)).unwrap_or_default();
        Ok((totals, Vec::new(), Some(Across { last, worlds, heard })))
    }

    /// What was sold and not returned while the program runs, minor units.
    pub(super) fn sold(&self, history: &History, settings: &Settings) -> Result<i128, RunError> {
        let program = self.checked()?;
        let life = (settings.start.or(program.starts), program.ends);
        let behaviour = Behaviour::of(history, &program.zone, settings.as_of, life).map_err(|_| too_large())?;
        behaviour.life.net_sales().map_err(|_| too_large())
    }

    pub(super) fn assumed(&self, settings: &Settings) -> Result<Option<Read>, RunError> {
        let read = settings.assumptions.as_deref().map(|text| self.assume(text)).transpose();
        read.map_err(|errors| RunError { message: errors.join("\n") })
    }

    /// What a run, or what the runs of all shards together, mean; beside it the most that the text lets the program give away.
    ///
    /// # Errors
    /// [`RunError`] where sums do not fit.
    pub fn report(&self, partial: &Partial) -> Result<Report, RunError> {
        let mut report = self.figures(partial)?;
        let program = self.checked()?;
        let worst = exposure::exposure(program);
        report.program.worst_case = worst.map(|worst| exposure::answer(program, &self.sources, &worst));
        Ok(report)
    }

    /// What a run means, without looking at the text again.
    ///
    /// # Errors
    /// [`RunError`] where sums do not fit.
    pub(super) fn figures(&self, partial: &Partial) -> Result<Report, RunError> {
        let program = self.checked()?;
        let settings = &partial.settings;
        let read = self.assumed(settings)?;
        let name = self.texts.main().name;
        let about = About {
            program,
            sources: Some(&self.sources),
            file: &name,
            sha256: &self.texts.sha256(),
            observed: &partial.observed,
            history_file: &settings.history,
            assumptions: read.as_ref().map(|read| &read.assumptions),
            runs: partial.runs.borrowed(),
            full: settings.full,
            deep: partial.deep.as_ref(),
            further_sales: partial.further_sales(),
            remarks: &self.remarks(settings),
        };
        let mut report = report::build(&about).map_err(|_| too_large())?;
        report.assumptions_sha256 = settings.assumptions.as_deref().map(|text| texts::sha256(text.as_bytes()));
        Ok(report)
    }

    /// What a unit of reward value costs the firm, by what was assumed for a run.
    #[must_use]
    pub fn reward_cost(&self, partial: &Partial) -> Decimal {
        let read = self.assumed(&partial.settings).ok().flatten();
        read.map_or(Decimal::whole(1), |read| read.assumptions.reward_cost.base)
    }

    /// What is different from the program as it is written.
    pub(super) fn remarks(&self, settings: &Settings) -> Vec<String> {
        let day = report::write::format::day;
        let start = settings.start.map(|date| match settings.opening {
            Some(_) => format!("The books open on {} with what members held then; what lies before is only looked back at.", day(date)),
            None => format!("Simulated as if the program had started on {}.", day(date)),
        });
        let params = self.params.iter().map(|(name, value)| format!("Simulated with {name} {value} in place of what the program says."));
        start.into_iter().chain(params).collect()
    }
}

pub(super) fn engine_options(settings: &Settings) -> engine::Options {
    engine::Options { as_of: settings.as_of, start: settings.start, threads: settings.threads, because: false }
}

pub(super) fn too_large() -> RunError {
    RunError { message: "The sums of the history are too large to be kept exactly.".to_owned() }
}
