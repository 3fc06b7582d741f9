//! What a run keeps only where everything is to be told: accounts one by one, flows by month, and runs at single ends of ranges.

use super::accounts::AccountRow;
use super::flows::{self, Costs, Months};
use super::lots::{self, OfWallet};
use super::passages::Passages;
use crate::engine::totals::Totals;
use crate::value::{Checked, Overflow};
use serde::{Deserialize, Serialize};

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deep {
    pub accounts: Vec<AccountRow>,
    #[serde(with = "super::pairs")]
    pub flows: Months,
    #[serde(with = "super::pairs")]
    pub costs: Costs,
    /// By wallet.
    pub lots: Vec<OfWallet>,
    pub passages: Passages,
    /// Members who are short of a rung by little.
    pub near: Vec<Near>,
    pub varied: Vec<Varied>,
    /// The sums without each rule, in the program's order; empty where nobody asked.
    pub left_out: Vec<Totals>,
}

/// Percents of a threshold from which on a member is near it.
pub const NEAR: [i128; 2] = [75, 90];

/// Members who hold a lower tier at the close and have come near to a rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Near {
    pub ladder: usize,
    pub rung: usize,
    /// By [`NEAR`].
    pub members: [u64; 2],
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
        self.accounts.sort_by(|a, b| a.id.as_bytes().cmp(b.id.as_bytes()));
        flows::merge(&mut self.flows, &other.flows);
        flows::merge_costs(&mut self.costs, &other.costs);
        lots::merge(&mut self.lots, &other.lots);
        self.passages.merge(&other.passages);
        for (mine, theirs) in self.near.iter_mut().zip(&other.near) {
            mine.members.iter_mut().zip(theirs.members).for_each(|(mine, theirs)| *mine = mine.saturating_add(theirs));
        }
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
