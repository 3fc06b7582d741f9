//! Several programs over one history, evaluated in one pass.

use super::partial::{Partial, Ran, Settings};
use super::run::{RunsOf, engine_options, too_large};
use super::{Progress, Reading, Session, needs};
use crate::assumptions::{Assumptions, Elsewhere};
use crate::engine::totals::Totals;
use crate::engine::{self, RunError, Scenario};
use crate::history::{self, HistoryError, model::History, model::Needs};
use crate::program::Program;
use crate::report::compare::{self, Compared, Comparison, Contender, Customer, Got, Rows};
use crate::report::metrics::behaviour::Behaviour;
use crate::report::{self, About, Observed, Whole};
use crate::value::{Checked, Decimal};
use std::collections::BTreeMap;
use std::path::Path;

/// Programs that can be compared: they share currency, time zone and accounts.
#[derive(Clone, Debug)]
pub struct Several {
    all: Vec<(String, Session)>,
}

impl Several {
    /// Takes checked programs, each with what tells it from the others.
    ///
    /// # Errors
    /// Why these cannot be compared, in a sentence.
    pub fn new(mut all: Vec<(String, Session)>) -> Result<Self, String> {
        let mut programs = all.iter().filter_map(|(label, session)| session.program().map(|program| (label, program)));
        if let Some((first_label, first)) = programs.next() {
            for (label, program) in programs {
                let differ = |what: &str, one: &str, other: &str| {
                    Err(format!(
                        "{first_label} has the {what} {one} and {label} has {other}: only programs with the same {what} can be compared."
                    ))
                };
                if first.currency != program.currency {
                    return differ("currency", &first.currency.code, &program.currency.code);
                }
                if first.zone.name() != program.zone.name() {
                    return differ("time zone", first.zone.name(), program.zone.name());
                }
                if accounts(first) != accounts(program) {
                    let by = |program: &Program| accounts(program).map_or_else(|| "customer".to_owned(), |name| format!("customer.{name}"));
                    return Err(format!(
                        "{first_label} keeps accounts by {} and {label} by {}: only programs with the same accounts can be compared.",
                        by(first),
                        by(program)
                    ));
                }
            }
        }
        let mut elsewhere = Elsewhere::default();
        all.iter().filter_map(|(_, session)| session.program()).for_each(|program| elsewhere.add(program));
        all.iter_mut().for_each(|(_, session)| session.elsewhere = elsewhere.clone());
        Ok(Self { all })
    }

    /// The programs, each with what tells it from the others.
    pub fn sessions(&self) -> impl Iterator<Item = (&str, &Session)> {
        self.all.iter().map(|(label, session)| (label.as_str(), session))
    }

    fn first(&self) -> Option<&Session> {
        self.all.first().map(|(_, session)| session)
    }

    /// The checked programs.
    ///
    /// # Errors
    /// [`RunError`] if one has errors.
    pub fn programs(&self) -> Result<Vec<&Program>, RunError> {
        self.all.iter().map(|(_, session)| session.checked()).collect()
    }

    /// Reads a history with the columns that any of the programs asks for.
    ///
    /// # Errors
    /// Like [`Session::read`].
    pub fn read(&self, path: &Path, reading: &Reading) -> Result<history::Read, HistoryError> {
        let mut all = Needs::default();
        for program in self.all.iter().filter_map(|(_, session)| session.program()) {
            let own = needs::of(program, reading.ids);
            all.columns.extend(own.columns);
            all.attributes.extend(own.attributes);
            all.items |= own.items;
            all.ids |= own.ids;
            all.opens.add(own.opens);
        }
        match self.first() {
            Some(session) => session.read_for(path, reading, all),
            None => Err(HistoryError { file: path.display().to_string(), row: None, message: "there is no program".to_owned() }),
        }
    }

    /// Evaluates all programs and says how they differ.
    ///
    /// # Errors
    /// [`RunError`] where an amount does not fit, or where `progress` says to stop.
    pub fn compare(&self, history: &History, settings: &Settings, progress: &mut dyn Progress) -> Result<Comparison, RunError> {
        let stopped = || RunError { message: "Stopped.".to_owned() };
        let programs = self.programs()?;
        let mut opened = settings.clone();
        for program in &programs {
            opened = settings.opened(program, history)?;
        }
        let settings = &opened;
        let reads = self.all.iter().map(|(_, session)| session.assumed(settings)).collect::<Result<Vec<_>, _>>()?;
        // By program: what each of its runs assumes, in the order of the reports.
        let mut ends: Vec<(usize, Assumptions)> = Vec::new();
        for (at, (_, session)) in self.all.iter().enumerate() {
            ends.extend(session.ends(settings)?.into_iter().map(|assumed| (at, assumed)));
        }
        let scenarios: Vec<Scenario<'_>> =
            ends.iter().filter_map(|(at, assumptions)| programs.get(*at).map(|program| Scenario { program, assumptions })).collect();
        let options = engine_options(settings);
        if !progress.step("Simulating") {
            return Err(stopped());
        }
        let rows = self.rows(history, settings, &scenarios)?;
        let mut done = self.evaluate(history, &ends, &scenarios, &options, &rows, settings)?;
        if !progress.step("Adding up") {
            return Err(stopped());
        }
        let mut partials = Vec::new();
        let mut known: Option<Observed> = None;
        let mut places: Vec<Vec<usize>> = Vec::new();
        for (at, ((label, session), program)) in self.all.iter().zip(&programs).enumerate() {
            // What is seen of the history itself is the same for all programs of the same days.
            let observed = match known.as_ref().filter(|_| self.same_days()) {
                Some(known) => {
                    let lacking = report::lacking(program, history, Some(&session.sources));
                    Observed { whole: Whole { lacking, ..known.whole.clone() }, ..known.clone() }
                }
                None => {
                    let whole = Whole::of(program, Some(&session.sources), history, settings.as_of);
                    Observed::of(whole, program, history, settings.as_of, settings.start).map_err(|_| too_large())?
                }
            };
            known.get_or_insert_with(|| observed.clone());
            let own: Vec<usize> = ends.iter().enumerate().filter(|(_, (of, _))| *of == at).map(|(run, _)| run).collect();
            let totals = own.iter().filter_map(|run| done.totals.get_mut(*run).map(std::mem::take)).collect();
            let sales = own.iter().filter_map(|run| done.further.get(*run).copied()).collect();
            let runs = RunsOf::of(totals).ok_or_else(stopped)?;
            partials.push((
                label,
                session,
                Partial::new(session, settings.clone(), (None, 0), observed, Ran { runs, further_sales: sales, deep: None, across: None }),
            ));
            // Runs are made low, high, base and told low, base, high.
            places.push(if let [low, high, base] = own.as_slice() { vec![*low, *base, *high] } else { own });
        }
        let texts: Vec<(String, String, Vec<String>)> =
            partials.iter().map(|(_, session, _)| (session.texts.main().name, session.texts.sha256(), session.remarks(settings))).collect();
        let mut contenders = Vec::new();
        for (((label, session, partial), (file, sha256, remarks)), (read, runs)) in
            partials.iter().zip(&texts).zip(reads.iter().zip(&places))
        {
            let about = About {
                program: session.checked()?,
                sources: Some(&session.sources),
                file,
                sha256,
                observed: &partial.observed,
                history_file: &settings.history,
                assumptions: read.as_ref().map(|read| &read.assumptions),
                runs: partial.runs.borrowed(),
                full: settings.full,
                deep: None,
                further_sales: partial.further_sales(),
                remarks,
            };
            let report = session.figures(partial)?;
            contenders.push(Contender { label: (*label).clone(), about, report, runs: runs.clone(), sentences: session.sentences() });
        }
        let segments = self.first_segments(history, &ends, &options, settings)?;
        let behaviours: Vec<&Behaviour> = partials.iter().map(|(_, _, partial)| &partial.observed.behaviour).collect();
        let alone = if settings.leave_one_out { self.alone(history, &behaviours, settings, &options)? } else { Vec::new() };
        let compared = Compared { contenders, customers: done.customers, parts: rows.parts(), segments, alone };
        compare::build(compared).map_err(|_| too_large())?.ok_or_else(stopped)
    }

    /// Evaluates every scenario: all in one pass, unless a response gives each a history of its own.
    fn evaluate(
        &self,
        history: &History,
        ends: &[(usize, Assumptions)],
        scenarios: &[Scenario<'_>],
        options: &engine::Options,
        rows: &Rows<'_>,
        settings: &Settings,
    ) -> Result<Evaluated, RunError> {
        let joined = |parts: Vec<Checked<Vec<Customer>>>| -> Result<Vec<Customer>, RunError> {
            let parts = parts.into_iter().collect::<Checked<Vec<_>>>().map_err(|_| too_large())?;
            Ok(parts.into_iter().flatten().collect())
        };
        if ends.iter().all(|(_, assumed)| assumed.response.is_empty()) {
            let (totals, parts) = engine::run_each(history, scenarios, options, None, rows)?;
            return Ok(Evaluated { totals, customers: joined(parts)?, further: Vec::new() });
        }
        let (_, parts) = engine::run_each(history, &[], options, None, rows)?;
        let mut customers: BTreeMap<String, Customer> =
            joined(parts)?.into_iter().map(|customer| (customer.id.clone(), customer)).collect();
        let (mut totals, mut further) = (Vec::new(), Vec::new());
        for ((at, assumed), scenario) in ends.iter().zip(scenarios) {
            let (_, session) = self.all.get(*at).ok_or_else(too_large)?;
            let life = (settings.start.or(scenario.program.starts), scenario.program.ends);
            let sold = |history: &History| -> Result<i128, RunError> {
                let behaviour = Behaviour::of(history, &scenario.program.zone, settings.as_of, life).map_err(|_| too_large())?;
                behaviour.life.net_sales().map_err(|_| too_large())
            };
            let other = session.responded(history, assumed, options)?;
            let replayed = other.as_ref().unwrap_or(history);
            let one = rows.only(scenario.program);
            let (mut sums, parts) = engine::run_each(replayed, std::slice::from_ref(scenario), options, None, &one)?;
            totals.extend(sums.pop());
            further.push(sold(replayed)?.checked_sub(sold(history)?).ok_or_else(too_large)?);
            let places = totals.len();
            for got in joined(parts)? {
                if let Some(customer) = customers.get_mut(&got.id) {
                    customer.under.extend(got.under);
                }
            }
            customers.values_mut().for_each(|customer| customer.under.resize(places, Got::default()));
        }
        Ok(Evaluated { totals, customers: customers.into_values().collect(), further })
    }

    /// The segments of the first program, and which of them hold for each account at the close.
    fn first_segments(
        &self,
        history: &History,
        ends: &[(usize, Assumptions)],
        options: &engine::Options,
        settings: &Settings,
    ) -> Result<(Vec<String>, BTreeMap<String, Vec<u16>>), RunError> {
        let (Some(first), Some((_, base))) = (self.first(), ends.iter().rfind(|(of, _)| *of == 0)) else { return Ok(Default::default()) };
        let last = settings.as_of.or(history.days.map(|(_, last)| last)).unwrap_or_default();
        if first.checked()?.segments.is_empty() {
            return Ok(Default::default());
        }
        let standing = first.standing(history, base, last, (options, false))?;
        let id = |(part, account): (usize, usize)| history.parts.get(part)?.accounts.get(account).map(|account| account.id.clone());
        let names = first.checked()?.segments.iter().map(|segment| segment.name.clone()).collect();
        Ok((names, standing.all_segments().filter_map(|(at, segments)| Some((id(at)?, segments))).collect()))
    }

    /// Whether all programs run on the same days, so that what is observed is the same for all.
    fn same_days(&self) -> bool {
        let days: Vec<_> =
            self.all.iter().filter_map(|(_, session)| session.program()).map(|program| (program.starts, program.ends)).collect();
        days.windows(2).all(|pair| matches!(pair, [a, b] if a == b))
    }

    fn rows<'a>(&self, history: &History, settings: &Settings, scenarios: &[Scenario<'a>]) -> Result<Rows<'a>, RunError> {
        let last = settings.as_of.or(history.days.map(|(_, last)| last)).unwrap_or_default();
        let zone = scenarios.first().map(|scenario| &scenario.program.zone);
        let end = zone.map(|zone| zone.midnight(last.plus_days(1))).unwrap_or_default();
        let reward_cost = scenarios.first().map_or(Decimal::whole(1), |scenario| scenario.assumptions.reward_cost.base);
        Rows::new(scenarios.iter().map(|scenario| scenario.program).collect(), end, reward_cost).map_err(|_| too_large())
    }
}

/// What all runs came to.
struct Evaluated {
    totals: Vec<Totals>,
    customers: Vec<Customer>,
    /// What further purchases came to, by run; empty where no response is assumed.
    further: Vec<i128>,
}

/// By which attribute of customers accounts are kept; `None`: by customer.
fn accounts(program: &Program) -> Option<&str> {
    program.account_by.and_then(|id| program.attributes.get(id.index())).map(|attribute| attribute.name.as_str())
}
