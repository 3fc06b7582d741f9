//! What a program gives in all: budgets, prizes, series.

use super::curve::ZERO;
use crate::program::{Period, Program};
use crate::span::Span;
use crate::value::{Checked, Exact};

/// What the program gives in all.
#[derive(Clone, Debug)]
pub struct Whole {
    /// The budgets that bind everything but draws and points without worth: where, how much, each period.
    pub budgets: Vec<(Span, i64, Option<Period>)>,
    /// Prizes of draws, all of them, in minor units.
    pub prizes: Exact,
}

pub(super) fn whole(program: &Program) -> Checked<Whole> {
    let mut out = Whole { budgets: Vec::new(), prizes: ZERO };
    for budget in program.budgets.iter().filter(|budget| budget.for_all_rules) {
        out.budgets.push((budget.span, budget.amount, budget.per));
    }
    let mut prizes = ZERO;
    for draw in &program.draws {
        let Some(gift) = program.gifts.get(draw.gift.index()) else { continue };
        let winners = gift.only.map_or(u64::from(draw.winners), |only| only.min(u64::from(draw.winners)));
        prizes = prizes.plus(Exact::whole(i128::from(gift.costs)).times(Exact::whole(i128::from(winners)))?)?;
    }
    out.prizes = prizes;
    Ok(out)
}
