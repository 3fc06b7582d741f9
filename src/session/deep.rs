//! What is kept only where everything is to be told.

use super::run::{engine_options, too_large};
use super::{Session, Settings, reseed};
use crate::assumptions::Assumptions;
use crate::engine::totals::Totals;
use crate::engine::{self, RunError, Scenario};
use crate::history::model::History;
use crate::program::{Program, When};
use crate::report::accounts::Rows;
use crate::report::deep::{Deep, Varied};
use crate::report::flows::Flows;

impl Session {
    /// Accounts and flows of the run that the ledger is about, and runs at single ends of what is assumed.
    pub(super) fn deep(&self, history: &History, base: &Assumptions, settings: &Settings) -> Result<Deep, RunError> {
        let program = self.checked()?;
        let options = engine_options(settings);
        let other = self.responded(history, base, &options)?;
        let last = settings.as_of.or(history.days.map(|(_, last)| last)).unwrap_or_default();
        let rows = Rows { program, end: program.zone.midnight(last.plus_days(1)) };
        let mut flows = Flows::new(program);
        let scenario = [Scenario { program, assumptions: base }];
        let (_, kept) = engine::run_each(other.as_ref().unwrap_or(history), &scenario, &options, Some(&mut flows), &rows)?;
        let mut accounts = Vec::new();
        for (part, mine) in history.parts.iter().zip(kept) {
            for (account, row) in part.accounts.iter().zip(mine) {
                accounts.push(rows.with_purchases(part, account, row).map_err(|_| too_large())?);
            }
        }
        accounts.sort_by(|a, b| a.id.as_bytes().cmp(b.id.as_bytes()));
        let replayed = other.as_ref().unwrap_or(history);
        let left_out = if settings.leave_one_out { self.left_out(replayed, base, &options)? } else { Vec::new() };
        let (months, costs) = (flows.months, flows.costs);
        Ok(Deep { accounts, flows: months, costs, varied: self.varied(history, settings, &options)?, left_out })
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
