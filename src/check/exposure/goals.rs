//! Goals about the bound, and round trips that gain.

use super::curve::{Curve, Line};
use super::words::{Say, percent};
use super::{Exposure, Pump, exposure};
use crate::check::errors;
use crate::diagnostic::Diagnostic;
use crate::program::{Ceiling, Program, WalletKind};
use crate::source::Sources;
use crate::span::Span;
use crate::value::{Checked, Exact};

/// What is wrong with a program's exposure: goals that do not hold, and money pumps.
#[must_use]
pub fn check_goals(program: &Program, sources: &Sources) -> Vec<Diagnostic> {
    // Without goals only what can be bought with units may gain.
    if program.ceilings.is_empty() && program.rewards.is_empty() && program.exchanges.is_empty() {
        return Vec::new();
    }
    let Some(exposure) = exposure(program) else { return Vec::new() };
    let say = Say { program, sources };
    let mut out: Vec<Diagnostic> = exposure.pump.iter().map(|pump| round_trip(program, pump)).collect();
    if out.is_empty() {
        out.extend(program.ceilings.iter().filter_map(|goal| missed(&say, &exposure, goal)));
    }
    out
}

fn round_trip(program: &Program, pump: &Pump) -> Diagnostic {
    let steps: Vec<String> = pump
        .steps
        .iter()
        .map(|(wallet, units)| {
            let name = program.wallets.get(wallet.index()).map_or("", |wallet| wallet.name.as_str());
            let number = crate::check::types::number_words(*units);
            match program.wallets.get(wallet.index()).filter(|wallet| wallet.kind == WalletKind::Money) {
                Some(_) => format!("{number} {} of {name}", program.currency.code),
                None => errors::counted(&number, name),
            }
        })
        .collect();
    errors::pump(&steps.join(" become "), &pump.spans)
}

fn missed(say: &Say<'_>, exposure: &Exposure, goal: &Ceiling) -> Option<Diagnostic> {
    let allowed = Line { rate: goal.rate, fixed: goal.fixed };
    if goal.year {
        let Some(curve) = &exposure.year.curve else {
            let faults =
                exposure.year.without.iter().take(3).map(|(span, _)| (*span, "has no limit in a year".to_owned())).collect::<Vec<_>>();
            let message = "This goal does not hold: per customer and year there is no bound.".to_owned();
            return Some(errors::above_ceiling(message, goal.span, &faults));
        };
        let found = above(curve, allowed, 0).ok()??;
        let message = format!(
            "This goal does not hold: a customer who spends {} in a year may get {}, more than {}.",
            say.money(Exact::whole(i128::from(found.0))),
            say.money(found.1),
            say.money(found.2)
        );
        return Some(errors::above_ceiling(message, goal.span, &faults(exposure)));
    }
    match &exposure.purchase {
        Err(reasons) => {
            let faults: Vec<(Span, String)> = reasons.iter().take(3).map(|reason| (reason.span(), "has no bound".to_owned())).collect();
            let message = "This goal does not hold: for a purchase there is no bound.".to_owned();
            Some(errors::above_ceiling(message, goal.span, &faults))
        }
        Ok(bound) => {
            let found = above(&bound.curve, allowed, goal.least).ok()??;
            let share = found.1.divided_by(Exact::whole(i128::from(found.0.max(1)))).map(percent).unwrap_or_default();
            let message = format!(
                "This goal does not hold: a purchase of {} may be given {}, which is {share} of it, and not {} at most.",
                say.money(Exact::whole(i128::from(found.0))),
                say.money(found.1),
                say.money(found.2)
            );
            Some(errors::above_ceiling(message, goal.span, &faults(exposure)))
        }
    }
}

fn faults(exposure: &Exposure) -> Vec<(Span, String)> {
    let spans = exposure.purchase.as_ref().map(|bound| bound.spans.clone()).unwrap_or_default();
    spans.into_iter().take(4).map(|span| (span, "has a part in it".to_owned())).collect()
}

/// The amount at which a curve lies furthest above a line, with what is given and what is allowed there.
fn above(curve: &Curve, allowed: Line, least: i64) -> Checked<Option<(i64, Exact, Exact)>> {
    let mut worst: Option<(Exact, (i64, Exact, Exact))> = None;
    for (from, to, line) in curve.ranges() {
        if to.is_some_and(|to| to <= least) {
            continue;
        }
        let first = from.max(least).max(1);
        let mut amounts = vec![first, to.map_or(first, |to| to.saturating_sub(1)).max(first)];
        if to.is_none() && line.rate > allowed.rate {
            // Where it grows without end, the first amount above the line and a round one.
            let beyond = allowed.fixed.minus(line.fixed)?.divided_by(line.rate.minus(allowed.rate)?)?;
            amounts.push(i64::try_from(beyond.floor().saturating_add(1)).unwrap_or(i64::MAX).max(first).max(10_000));
        }
        for amount in amounts {
            let (given, most) = (line.at(amount)?, allowed.at(amount)?);
            let excess = given.minus(most)?;
            if given > most && worst.is_none_or(|(known, _)| excess > known) {
                worst = Some((excess, (amount, given, most)));
            }
        }
    }
    Ok(worst.map(|(_, found)| found))
}
