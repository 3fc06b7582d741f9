//! What flows through the wallets, by month: from the entries of a ledger.

use crate::engine::ledger::{Entry, Kind, Sink, Unit};
use crate::program::Program;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Smallest units of a wallet within a month: opening + issued + adjusted − used − expired − taken back = closing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// What members held when the books were opened.
    #[serde(default)]
    pub opened: i128,
    pub issued: i128,
    pub adjusted: i128,
    pub used: i128,
    pub expired: i128,
    pub taken_back: i128,
}

impl Flow {
    /// What it adds to what is outstanding.
    #[must_use]
    pub fn net(&self) -> i128 {
        let came = self.opened.saturating_add(self.issued).saturating_add(self.adjusted);
        came.saturating_sub(self.used).saturating_sub(self.expired).saturating_sub(self.taken_back)
    }

    /// Both.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            opened: self.opened.saturating_add(other.opened),
            issued: self.issued.saturating_add(other.issued),
            adjusted: self.adjusted.saturating_add(other.adjusted),
            used: self.used.saturating_add(other.used),
            expired: self.expired.saturating_add(other.expired),
            taken_back: self.taken_back.saturating_add(other.taken_back),
        }
    }
}

/// By year and month, by wallet.
pub type Months = BTreeMap<(i32, u8), Vec<Flow>>;

/// What was given away, in minor units: what is known in money at once, and what units paid, before it is multiplied with what
/// a unit of reward value costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    pub plain: i128,
    pub redeemed: i128,
}

impl Cost {
    fn plus(self, other: Self) -> Self {
        Self { plain: self.plain.saturating_add(other.plain), redeemed: self.redeemed.saturating_add(other.redeemed) }
    }
}

/// By year and month.
pub type Costs = BTreeMap<(i32, u8), Cost>;

/// Adds up the entries of accounts.
#[derive(Clone, Debug)]
pub struct Flows<'a> {
    program: &'a Program,
    pub months: Months,
    pub costs: Costs,
}

impl<'a> Flows<'a> {
    /// Nothing yet.
    #[must_use]
    pub fn new(program: &'a Program) -> Self {
        Self { program, months: Months::new(), costs: Costs::new() }
    }
}

/// Adds what other accounts cost.
pub fn merge_costs(mine: &mut Costs, theirs: &Costs) {
    for (month, cost) in theirs {
        let row = mine.entry(*month).or_default();
        *row = row.plus(*cost);
    }
}

/// Adds other accounts' months.
pub fn merge(mine: &mut Months, theirs: &Months) {
    for (month, flows) in theirs {
        let row = mine.entry(*month).or_default();
        row.resize(row.len().max(flows.len()), Flow::default());
        row.iter_mut().zip(flows).for_each(|(mine, theirs)| *mine = mine.plus(theirs));
    }
}

impl Sink for Flows<'_> {
    fn account(&mut self, _: usize, _: usize, entries: &[Entry]) {
        for entry in entries {
            let (year, month, _) = self.program.zone.local(entry.at).date().ymd();
            let (plain, redeemed) = entry.cost(self.program);
            if (plain, redeemed) != (0, 0) {
                let row = self.costs.entry((year, month)).or_default();
                *row = row.plus(Cost { plain, redeemed });
            }
            let Unit::Wallet(wallet) = entry.unit else { continue };
            let row = self.months.entry((year, month)).or_default();
            row.resize(self.program.wallets.len(), Flow::default());
            let Some(flow) = row.get_mut(wallet.index()) else { continue };
            let units = i128::from(entry.granted);
            let (slot, units) = match entry.kind {
                // A multiplier below one takes from what was earned.
                Kind::Earn | Kind::Multiply | Kind::Grant if units < 0 => (&mut flow.taken_back, units.saturating_neg()),
                Kind::Earn | Kind::Multiply | Kind::Grant => (&mut flow.issued, units),
                Kind::Opening => (&mut flow.opened, units),
                Kind::Adjust => (&mut flow.adjusted, units),
                // What came back was not spent; what leaves as money is used.
                Kind::Spend | Kind::Exchange | Kind::PayOut | Kind::Restore => (&mut flow.used, units.saturating_neg()),
                Kind::Expire => (&mut flow.expired, units.saturating_neg()),
                Kind::TakeBack => (&mut flow.taken_back, units.saturating_neg()),
                _ => continue,
            };
            *slot = slot.saturating_add(units);
        }
    }
}
