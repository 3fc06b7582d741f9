//! What a run keeps only where everything is to be told: accounts one by one, flows by month, and runs at single ends of ranges.

use super::accounts::AccountRow;
use super::flows::{self, Costs, Months};
use crate::engine::totals::Totals;
use crate::value::{Checked, Overflow};
use serde::{Deserialize, Serialize};

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deep {
    pub accounts: Vec<AccountRow>,
    pub flows: Months,
    pub costs: Costs,
    pub varied: Vec<Varied>,
    /// The sums without each rule, in the program's order; empty where nobody asked.
    pub left_out: Vec<Totals>,
}

/// Two runs in which one thing that is assumed stands at an end of its range and everything else at its base.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Varied {
    /// As the assumptions file calls it.
    pub name: String,
    /// The sums at the low and at the high end, with what further purchases came to.
    pub ends: [(Totals, Option<i128>); 2],
}

impl Deep {
    /// Adds what other accounts did.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn merge(&mut self, other: &Self) -> Checked<()> {
        self.accounts.extend(other.accounts.iter().cloned());
        flows::merge(&mut self.flows, &other.flows);
        flows::merge_costs(&mut self.costs, &other.costs);
        for (mine, theirs) in self.left_out.iter_mut().zip(&other.left_out) {
            mine.merge(theirs)?;
        }
        for (mine, theirs) in self.varied.iter_mut().zip(&other.varied) {
            for (mine, theirs) in mine.ends.iter_mut().zip(&theirs.ends) {
                mine.0.merge(&theirs.0)?;
                if let (Some(mine), Some(theirs)) = (&mut mine.1, theirs.1) {
                    *mine = mine.checked_add(theirs).ok_or(Overflow)?;
                }
            }
        }
        Ok(())
    }
}
