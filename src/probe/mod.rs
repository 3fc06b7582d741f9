//! Histories made from a program's own text, run on the engine: a purchase that reaches the bound, ways to gain, and sentences
//! that do nothing.
//!
//! `story` is a made history, as an example and as something to run; `scene` builds the purchase that satisfies a sentence;
//! `tally` counts what a run gave; `witness`, `abuse` and `alive` look. The number of runs is fixed, never a clock.

mod abuse;
mod alive;
mod plainly;
mod remedy;
mod scene;
mod story;
mod tally;
mod witness;

pub use witness::Witness;

use crate::check::exposure::Exposure;
use crate::diagnostic::{Diagnostic, Problems};
use crate::engine::EventRef;
use crate::engine::ledger::{Kind, Unit};
use crate::program::Program;
use crate::source::Sources;
use crate::syntax::ast::{Ast, StatementKind, StepKind};
use story::{Story, What, money, units};
use tally::Run;

/// Made histories that a plain `check` runs at most.
const PLAIN: u32 = 20_000;

/// A checked program with its text.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub ast: &'a Ast,
    pub program: &'a Program,
    pub sources: &'a Sources,
    pub exposure: &'a Exposure,
    /// What plain reasoning found.
    pub problems: &'a Problems,
    /// A hundred times as many histories.
    pub thorough: bool,
}

impl Asked<'_> {
    /// Attributes that the program's own examples set by an event: those that customers set themselves.
    fn sets(&self) -> Vec<String> {
        let examples = self.ast.statements.iter().filter_map(|statement| match &statement.kind {
            StatementKind::Example { steps, .. } => Some(steps),
            _ => None,
        });
        let events = examples.flatten().filter_map(|step| match &step.kind {
            StepKind::Event { name, .. } => name.node.strip_prefix("set ").map(crate::value::name_key),
            _ => None,
        });
        events.collect()
    }
}

/// What made histories showed.
#[derive(Clone, Debug, Default)]
pub struct Probed {
    pub witness: Option<Witness>,
    /// Gains, goals about them, sentences that do nothing.
    pub problems: Problems,
    /// What every account gets without buying anything, in sentences.
    pub given: Vec<String>,
    /// What can be used and given back, and what the terms plainly say though it can be made more of, in sentences.
    pub borrowed: Vec<String>,
    /// Gains that were found and that the program allows.
    pub allowed: usize,
    /// How many histories were run.
    pub tried: u32,
}

/// The histories that may still be run.
pub(crate) struct Steps {
    left: u32,
    taken: u32,
}

impl Steps {
    /// Whether one more may be run.
    fn take(&mut self) -> bool {
        let may = self.left > 0;
        self.left = self.left.saturating_sub(1);
        self.taken = self.taken.saturating_add(u32::from(may));
        may
    }
}

/// Looks with made histories.
#[must_use]
pub fn probe(asked: &Asked<'_>) -> Probed {
    let mut steps = Steps { left: if asked.thorough { PLAIN.saturating_mul(100) } else { PLAIN }, taken: 0 };
    let mut out = Probed { witness: witness::witness(asked.program, asked.exposure, &mut steps), ..Probed::default() };
    let found = abuse::search(asked, &mut steps);
    out.problems.0.extend(found.problems);
    out.given = found.given;
    out.borrowed = found.borrowed;
    out.allowed = found.allowed;
    let idle: Vec<Diagnostic> = alive::idle(asked, &mut steps);
    out.problems.0.extend(idle);
    out.problems.sort();
    out.tried = steps.taken;
    out
}

/// What the histories showed, as lines behind the bound.
#[must_use]
pub fn sentences(program: &Program, probed: &Probed) -> Vec<String> {
    let mut out = Vec::new();
    out.extend(probed.witness.as_ref().map(|witness| {
        let amount = money(program, witness.amount);
        let given = crate::check::exposure::said_money(program, witness.given);
        if witness.reaches() {
            format!("  Reached by a purchase of {amount}, which gives away {given}.")
        } else {
            format!("  Not shown to be reached: the most found is {given} on a purchase of {amount}.")
        }
    }));
    out.extend(probed.given.iter().chain(&probed.borrowed).cloned());
    let other = if probed.borrowed.is_empty() { "" } else { "other " };
    let gains = probed.problems.0.iter().filter(|problem| matches!(problem.code, "LOY0721" | "LOY0722")).count();
    out.push(match gains {
        0 if probed.allowed == 1 => format!("  The one way to gain that was found in {} made histories is allowed.", probed.tried),
        0 if probed.allowed > 1 => {
            format!("  The {} ways to gain that were found in {} made histories are allowed.", probed.allowed, probed.tried)
        }
        0 => format!("  No {other}way to gain was found in {} made histories.", probed.tried),
        1 => format!("  One way to gain was found in {} made histories.", probed.tried),
        n => format!("  {n} ways to gain were found in {} made histories.", probed.tried),
    });
    out
}

/// Only the witness of the bound.
#[must_use]
pub fn witnessed(program: &Program, exposure: &Exposure) -> Option<Witness> {
    witness::witness(program, exposure, &mut Steps { left: PLAIN, taken: 0 })
}

/// What can be expected of each deed of a story, as its run showed it; empty where nothing is worth saying.
fn expected(program: &Program, story: &Story, run: &Run) -> Vec<String> {
    let mut purchases = vec![0_u32; story.people.len()];
    let mut moments: Vec<u32> =
        story.people.iter().map(|person| u32::from(!(person.tiers.is_empty() && person.holding.is_empty()))).collect();
    let mut out = Vec::new();
    for deed in &story.deeds {
        let counts = if matches!(deed.what, What::Buy(_)) { purchases.get_mut(deed.who) } else { moments.get_mut(deed.who) };
        let Some(count) = counts else { continue };
        let event = if matches!(deed.what, What::Buy(_)) { EventRef::Purchase(*count) } else { EventRef::Moment(*count) };
        *count = count.saturating_add(1);
        let entries = run.told.get(deed.who).into_iter().flat_map(|told| told.events.iter().filter(|(of, _)| *of == Some(event)));
        let entries: Vec<_> = entries.flat_map(|(_, entries)| entries).collect();
        let sum = |wanted: &dyn Fn(Kind) -> bool| entries.iter().filter(|entry| wanted(entry.kind)).map(|entry| entry.granted).sum::<i64>();
        let mut said = Vec::new();
        let off = sum(&|kind| matches!(kind, Kind::Discount | Kind::Price));
        if off > 0 {
            said.push(format!("discount {}", money(program, off)));
        }
        let refund = sum(&|kind| kind == Kind::Refund);
        if refund > 0 {
            said.push(format!("refund {}", money(program, refund)));
        }
        for at in 0..program.wallets.len() {
            let Ok(id) = u16::try_from(at) else { continue };
            let wallet = crate::program::WalletId(id);
            let earned: i64 = entries
                .iter()
                .filter(|entry| {
                    entry.unit == Unit::Wallet(wallet) && matches!(entry.kind, Kind::Earn | Kind::Multiply | Kind::Grant | Kind::TakeBack)
                })
                .map(|entry| entry.granted)
                .sum();
            if earned > 0 {
                said.push(units_earned(program, wallet, earned));
            }
        }
        for (at, gift) in program.gifts.iter().enumerate() {
            let given = sum(&|kind| matches!(kind, Kind::Gift(id) if id.index() == at));
            if given > 0 {
                said.push(format!("gift \"{}\"", gift.name));
            }
        }
        out.push(said.join(", "));
    }
    out
}

/// `20 beans`, `cashback 1 EUR`
fn units_earned(program: &Program, wallet: crate::program::WalletId, amount: i64) -> String {
    let of = program.wallets.get(wallet.index());
    match of {
        Some(of) if of.kind == crate::program::WalletKind::Money => {
            format!("\"{}\" {}", of.name, money(program, amount)).replace('"', if of.name.contains(' ') { "\"" } else { "" })
        }
        _ => units(program, wallet, amount),
    }
}
