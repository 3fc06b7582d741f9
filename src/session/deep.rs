//! What is kept only where everything is to be told.

use super::run::{engine_options, too_large};
use super::segments::Standing;
use super::{Session, Settings, reseed};
use crate::assumptions::Assumptions;
use crate::engine::ledger::{Entry, Left, Sink};
use crate::engine::totals::Totals;
use crate::engine::{self, RunError, Scenario};
use crate::history::model::History;
use crate::program::{Program, When};
use crate::report::accounts::{AccountRow, Rows};
use crate::report::deep::{Deep, Near, Varied};
use crate::report::flows::Flows;
use crate::report::lots::Lots;
use crate::report::passages::Follower;

/// All that listens to the entries of the run that is told.
struct Heard<'a> {
    flows: Flows<'a>,
    lots: Lots<'a>,
    follower: Follower<'a>,
}

impl Sink for Heard<'_> {
    fn account(&mut self, part: usize, account: usize, entries: &[Entry]) {
        self.flows.account(part, account, entries);
        self.lots.account(part, account, entries);
        self.follower.account(part, account, entries);
    }

    fn left(&mut self, part: usize, account: usize, left: &[Left]) {
        self.lots.left(part, account, left);
    }
}

/// A row for every rung that could be asked about.
fn near_rows(program: &Program, standing: &Standing) -> Vec<Near> {
    let rungs = program.ladders.iter().enumerate().flat_map(|(ladder, of)| (0..of.rungs.len()).map(move |rung| (ladder, rung)));
    let asked = rungs.filter(|(ladder, rung)| standing.asked_near(*ladder, *rung));
    asked.map(|(ladder, rung)| Near { ladder, rung, members: [0; 2] }).collect()
}

/// Counts a member who holds a lower tier than it has come near to.
fn note_near(rows: &mut [Near], account: &AccountRow, near: &[(usize, usize, usize)]) {
    for (ladder, rung, share) in near {
        let below = account.rungs.get(*ladder).copied().flatten().is_some_and(|held| usize::from(held) < *rung);
        let row = rows.iter_mut().find(|row| (row.ladder, row.rung) == (*ladder, *rung)).filter(|_| below);
        if let Some(count) = row.and_then(|row| row.members.get_mut(*share)) {
            *count = count.saturating_add(1);
        }
    }
}

impl Session {
    /// Accounts and flows of the run that the ledger is about, and runs at single ends of what is assumed.
    pub(super) fn deep(&self, history: &History, base: &Assumptions, settings: &Settings) -> Result<Deep, RunError> {
        let program = self.checked()?;
        let options = engine_options(settings);
        let other = self.responded(history, base, &options)?;
        let last = settings.as_of.or(history.days.map(|(_, last)| last)).unwrap_or_default();
        let rows = Rows { program, end: program.zone.midnight(last.plus_days(1)) };
        let first = history.days.map_or(last, |(first, _)| first);
        let mut heard =
            Heard { flows: Flows::new(program), lots: Lots::new(program, last), follower: Follower::new(program, first.min(last), last) };
        let scenario = [Scenario { program, assumptions: base }];
        let (_, kept) = engine::run_each(other.as_ref().unwrap_or(history), &scenario, &options, Some(&mut heard), &rows)?;
        let Heard { flows, lots, follower } = heard;
        let standing = self.standing(other.as_ref().unwrap_or(history), base, last, (&options, true))?;
        let mut near = near_rows(program, &standing);
        let mut accounts = Vec::new();
        for (at, (part, mine)) in history.parts.iter().zip(kept).enumerate() {
            for (place, (account, mut row)) in part.accounts.iter().zip(mine).enumerate() {
                row.next_end = lots.next.get(&(at, place)).copied();
                row.segments = standing.segments((at, place));
                note_near(&mut near, &row, &standing.near((at, place)));
                accounts.push(rows.with_purchases(part, account, row).map_err(|_| too_large())?);
            }
        }
        accounts.sort_by(|a, b| a.id.as_bytes().cmp(b.id.as_bytes()));
        let replayed = other.as_ref().unwrap_or(history);
        let left_out = if settings.leave_one_out { self.left_out(replayed, base, &options)? } else { Vec::new() };
        let varied = self.varied(history, settings, &options)?;
        let (passages, lots) = (follower.passages, lots.wallets);
        Ok(Deep { accounts, flows: flows.months, costs: flows.costs, lots, passages, near, varied, left_out })
    }

    /// The sums of the run without each rule: all in one pass.
    fn left_out(&self, history: &History, base: &Assumptions, options: &engine::Options) -> Result<Vec<Totals>, RunError> {
        let whole = self.checked()?;
        let without = |at: usize| {
            let mut program = whole.clone();
            if let Some(rule) = program.rules.get_mut(at) {
                // On no day of the week.
                rule.when.push((When::Weekdays(0), rule.span));
            }
            program
        };
        let programs: Vec<Program> = (0..whole.rules.len()).map(without).collect();
        let scenarios: Vec<Scenario<'_>> = programs.iter().map(|program| Scenario { program, assumptions: base }).collect();
        if scenarios.is_empty() { Ok(Vec::new()) } else { engine::run_all(history, &scenarios, options, None) }
    }

    fn varied(&self, history: &History, settings: &Settings, options: &engine::Options) -> Result<Vec<Varied>, RunError> {
        let program = self.checked()?;
        let Some(read) = self.assumed(settings)? else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        for (name, ends) in read.assumptions.varied() {
            let [low, high] = ends.map(|assumed| -> Result<_, RunError> {
                let assumed = reseed(&assumed, settings.seed);
                let other = self.responded(history, &assumed, options)?;
                let totals = engine::run(program, other.as_ref().unwrap_or(history), &assumed, options, None)?;
                let further = if assumed.response.is_empty() {
                    None
                } else {
                    let sold = |history: &History| self.sold(history, settings);
                    let more = other.as_ref().map_or(Ok(0), |other| sold(other)?.checked_sub(sold(history)?).ok_or_else(too_large))?;
                    Some(more)
                };
                Ok((totals, further))
            });
            all.push(Varied { name: name.to_owned(), ends: [low?, high?] });
        }
        Ok(all)
    }
}
