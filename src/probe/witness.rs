//! A history that comes close to the bound of a purchase.

use super::scene::{Builder, Choice};
use super::story::{Story, money};
use super::tally::{Purse, Run, run};
use super::{Steps, expected};
use crate::check::exposure::{Exposure, PerPurchase};
use crate::engine::EventRef;
use crate::program::{Program, Rule};
use crate::value::Exact;

/// How close a made history came.
#[derive(Clone, Debug)]
pub struct Witness {
    /// The purchase's amount, in minor units.
    pub amount: i64,
    /// What it gave away, and what the figures that are printed let it have.
    pub given: Exact,
    pub bound: Exact,
    /// The example.
    pub text: String,
}

impl Witness {
    /// Whether it comes to 95% of the bound.
    #[must_use]
    pub fn reaches(&self) -> bool {
        let twenty = |value: Exact, times: i128| value.times(Exact::whole(times)).unwrap_or(Exact::whole(0));
        twenty(self.given, 20) >= twenty(self.bound, 19)
    }
}

/// Looks for the purchase that gives away most of what the bound lets it.
pub(super) fn witness(program: &Program, exposure: &Exposure, steps: &mut Steps) -> Option<Witness> {
    let Ok(bound) = &exposure.purchase else { return None };
    let purse = Purse { program, worths: &exposure.worths };
    let rules: Vec<&Rule> = bound.makers.iter().collect();
    let mut best: Option<(Exact, Witness, Story)> = None;
    for choice in 0..3 {
        let builder = Builder { program, choice: Choice(choice) };
        let wants = builder.wants(&rules);
        let Some(scene) = builder.scene(&wants) else { continue };
        for amount in amounts(program, bound, wants.least) {
            let story = scene.story(amount);
            if !steps.take() {
                break;
            }
            let Some(run) = run(program, &story) else { continue };
            let Some(witness) = seen(&purse, bound, &run, amount.saturating_add(scene.buy.shipping)) else { continue };
            let share = witness.given.divided_by(witness.bound).ok()?;
            // Of those that come as close the smallest amount.
            if best.as_ref().is_none_or(|(known, ..)| share > *known) {
                best = Some((share, witness, story));
            }
        }
        if best.as_ref().is_some_and(|(_, witness, _)| witness.reaches()) {
            break;
        }
    }
    let (_, mut witness, story) = best?;
    let run = run(program, &story)?;
    let title = format!("what a purchase of {} gives away", money(program, witness.amount));
    witness.text = story.text(program, &title, &expected(program, &story, &run));
    Some(witness)
}

fn seen(purse: &Purse<'_>, bound: &PerPurchase, run: &Run, amount: i64) -> Option<Witness> {
    let told = run.told.first()?;
    let last = told.events.iter().filter_map(|(event, _)| match event {
        Some(EventRef::Purchase(at)) => Some(*at),
        _ => None,
    });
    let given = purse.given_on(told, last.max()?).ok()?;
    let bound = bound.said(amount).ok().filter(|bound| *bound > Exact::whole(0))?;
    Some(Witness { amount, given, bound, text: String::new() })
}

/// The ends of the stretches, and round amounts in them.
fn amounts(program: &Program, bound: &PerPurchase, least: i64) -> Vec<i64> {
    let unit = 10_i64.checked_pow(u32::from(program.currency.decimals)).unwrap_or(1);
    let mut out: Vec<i64> = [10, 100, 200, 1000, 10_000].iter().map(|n| unit.saturating_mul(*n)).collect();
    let stretches = bound.curve.stretches();
    for stretch in stretches {
        let up = stretch.from.saturating_add(unit).checked_div(unit).unwrap_or(0).saturating_mul(unit);
        out.extend([stretch.from, stretch.from.saturating_sub(1), up]);
    }
    // Where what grows comes to its cap.
    let full = bound.most.and_then(|most| most.divided_by(bound.pair.rate).ok()).and_then(|full| i64::try_from(full.floor()).ok());
    out.extend(full.into_iter().flat_map(|full| [full, full.saturating_add(1)]));
    out.extend([least, least.saturating_add(unit)]);
    out.retain(|amount| *amount > 0 && *amount >= least);
    out.sort_unstable();
    out.dedup();
    out.truncate(60);
    out
}
