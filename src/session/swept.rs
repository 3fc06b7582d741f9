//! One program with other values of its parameters, evaluated in one pass.

use super::partial::{Partial, Ran, Settings};
use super::run::{RunsOf, engine_options, too_large};
use super::{Progress, Session};
use crate::assumptions::Assumptions;
use crate::engine::totals::Totals;
use crate::engine::{self, RunError, Scenario};
use crate::history::model::{Account, History};
use crate::report::compare::Findings;
use crate::report::sweep::{self, Point, Swept, Varied};
use crate::report::{Observed, Whole};
use crate::value::Checked;
use sha2::{Digest, Sha256};

/// One customer in so many is held out.
const HELD_OUT: u64 = 5;

/// A program at every point of a grid.
#[derive(Clone, Debug)]
pub struct Grid {
    varied: Vec<Varied>,
    points: Vec<(Vec<usize>, Session)>,
}

/// The accounts of a history, part by part.
type Accounts = Vec<Vec<Account>>;

impl Grid {
    /// The first point of it, for whatever is the same at all of them.
    #[must_use]
    pub fn first(&self) -> Option<&Session> {
        self.points.first().map(|(_, session)| session)
    }

    /// A grid of sessions, each with the places of its values.
    #[must_use]
    pub fn new(varied: Vec<Varied>, points: Vec<(Vec<usize>, Session)>) -> Self {
        Self { varied, points }
    }

    /// Evaluates every point and says what they come to.
    ///
    /// # Errors
    /// [`RunError`] where an amount does not fit, or where `progress` says to stop.
    pub fn sweep(
        &self,
        mut history: History,
        settings: &Settings,
        metrics: &[String],
        progress: &mut dyn Progress,
    ) -> Result<Findings, RunError> {
        let stopped = || RunError { message: "Stopped.".to_owned() };
        if !progress.step("Simulating") {
            return Err(stopped());
        }
        let first = self.first().ok_or_else(stopped)?.checked()?;
        let settings = &settings.opened(first, &history)?;
        let ends = self.ends(settings)?;
        let across = self.points.iter().any(|(_, session)| session.program().is_some_and(engine::looks_across));
        let wholes = Whole::of(first, None, &history, settings.as_of);
        // What no customer did belongs to the whole alone.
        let (anonymous, surveys) = (std::mem::take(&mut history.anonymous), std::mem::take(&mut history.surveys));
        let (chosen, held) = if across { (take(&mut history), None) } else { apart(&mut history, settings.seed.unwrap_or(1)) };
        let all = chosen.iter().flatten().count() + held.iter().flatten().flatten().count();
        let out = held.as_ref().map(|held| held.iter().flatten().count());
        let look = |history: &History| Observed::of(wholes.clone(), first, history, settings.as_of, settings.start);
        let mut sets = Vec::new();
        for accounts in std::iter::once(chosen).chain(held) {
            put(&mut history, accounts);
            sets.push((self.evaluate(&history, &ends, settings)?, look(&history).map_err(|_| too_large())?));
            take(&mut history);
        }
        (history.anonymous, history.surveys) = (anonymous, surveys);
        let nobody = look(&history).map_err(|_| too_large())?;
        if !progress.step("Adding up") {
            return Err(stopped());
        }
        let mut points = Vec::new();
        for (at, (places, session)) in self.points.iter().enumerate() {
            let own: Vec<usize> = ends.iter().enumerate().filter(|(_, (of, _))| *of == at).map(|(run, _)| run).collect();
            let pick = |(done, observed): &(Evaluated, Observed)| part(session, settings, &own, done, observed.clone()).ok_or_else(stopped);
            let parts = sets.iter().map(pick).collect::<Result<Vec<_>, _>>()?;
            let apart = match parts.as_slice() {
                [chosen, held] => Some((session.figures(chosen)?, session.figures(held)?)),
                _ => None,
            };
            let whole = whole(session, settings, &sets, &own, nobody.clone()).map_err(|_| too_large())?.ok_or_else(stopped)?;
            points.push(Point { at: places.clone(), whole: session.figures(&whole)?, apart });
        }
        let held = out.and_then(|out| Some((u64::try_from(out).ok()?, u64::try_from(all).ok()?)));
        let swept = Swept { varied: &self.varied, points, metrics: metrics.to_vec(), held };
        sweep::build(&swept).ok_or_else(stopped)
    }

    /// What each run assumes, with the point that it belongs to.
    fn ends(&self, settings: &Settings) -> Result<Vec<(usize, Assumptions)>, RunError> {
        let mut ends = Vec::new();
        for (at, (_, session)) in self.points.iter().enumerate() {
            ends.extend(session.ends(settings)?.into_iter().map(|assumed| (at, assumed)));
        }
        Ok(ends)
    }

    /// Runs every point: all in one pass, unless a response gives each a history of its own.
    fn evaluate(&self, history: &History, ends: &[(usize, Assumptions)], settings: &Settings) -> Result<Evaluated, RunError> {
        let options = engine_options(settings);
        if ends.iter().all(|(_, assumed)| assumed.response.is_empty()) {
            let scenario = |(at, assumptions): &'_ (usize, Assumptions)| (*at, assumptions.clone());
            let owned: Vec<(usize, Assumptions)> = ends.iter().map(scenario).collect();
            let scenarios: Vec<Scenario<'_>> = owned
                .iter()
                .filter_map(|(at, assumptions)| {
                    let program = self.points.get(*at).and_then(|(_, session)| session.program())?;
                    Some(Scenario { program, assumptions })
                })
                .collect();
            return Ok((engine::run_all(history, &scenarios, &options, None)?, Vec::new()));
        }
        let (mut totals, mut further) = (Vec::new(), Vec::new());
        for (at, (_, session)) in self.points.iter().enumerate() {
            let own: Vec<Assumptions> = ends.iter().filter(|(of, _)| *of == at).map(|(_, assumed)| assumed.clone()).collect();
            let (sums, sales) = session.evaluate(history, &own, &options, settings, None)?;
            totals.extend(sums);
            further.extend(sales);
        }
        Ok((totals, further))
    }
}

/// The sums of all runs, and what further purchases came to in each where a response is assumed.
type Evaluated = (Vec<Totals>, Vec<i128>);

/// What the runs of a point came to on some of the customers.
fn part(session: &Session, settings: &Settings, own: &[usize], done: &Evaluated, observed: Observed) -> Option<Partial> {
    let totals = own.iter().filter_map(|run| done.0.get(*run).cloned()).collect();
    let sales = own.iter().filter_map(|run| done.1.get(*run).copied()).collect();
    let ran = Ran { runs: RunsOf::of(totals)?, further_sales: sales, deep: None, across: None };
    Some(Partial::new(session, settings.clone(), (None, 0), observed, ran))
}

/// The same on all of them.
fn whole(
    session: &Session,
    settings: &Settings,
    sets: &[(Evaluated, Observed)],
    own: &[usize],
    nobody: Observed,
) -> Checked<Option<Partial>> {
    let mut sum: Evaluated = (Vec::new(), Vec::new());
    let mut seen: Option<Observed> = None;
    for ((totals, sales), observed) in sets {
        if sum.0.is_empty() {
            sum = (totals.clone(), sales.clone());
        } else {
            for (mine, theirs) in sum.0.iter_mut().zip(totals) {
                mine.merge(theirs)?;
            }
            for (mine, theirs) in sum.1.iter_mut().zip(sales) {
                *mine = mine.checked_add(*theirs).ok_or(crate::value::Overflow)?;
            }
        }
        seen = Some(match seen {
            None => observed.clone(),
            Some(before) => before.merge(observed.clone())?,
        });
    }
    let Some(seen) = seen else { return Ok(None) };
    Ok(part(session, settings, own, &sum, seen.merge(nobody)?))
}

fn take(history: &mut History) -> Accounts {
    history.parts.iter_mut().map(|part| std::mem::take(&mut part.accounts)).collect()
}

fn put(history: &mut History, accounts: Accounts) {
    for (part, accounts) in history.parts.iter_mut().zip(accounts) {
        part.accounts = accounts;
    }
}

/// Takes all accounts out of a history: those that choose, and those held out. Which is which follows from id and seed alone.
fn apart(history: &mut History, seed: u64) -> (Accounts, Option<Accounts>) {
    let is_held = |account: &Account| {
        let digest = Sha256::digest(format!("{seed}|{}|held out", account.id).as_bytes());
        let first = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        first < u64::MAX / HELD_OUT
    };
    let (mut chosen, mut held) = (Vec::new(), Vec::new());
    for accounts in take(history) {
        let (out, rest): (Vec<Account>, Vec<Account>) = accounts.into_iter().partition(is_held);
        chosen.push(rest);
        held.push(out);
    }
    (chosen, Some(held))
}
