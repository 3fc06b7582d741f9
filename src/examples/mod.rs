//! Worked examples, run on the engine: a failure becomes a diagnostic at its line.
//!
//! Kept apart from `check`, which knows no engine.

mod errors;
mod judge;
mod steps;

use crate::assumptions::{Assumptions, Redemption};
use crate::diagnostic::Problems;
use crate::engine::ledger::{Entry, Kind, Source, Unit};
use crate::engine::{self, EventRef, Recorder, View};
use crate::program::{LadderId, Program, TierId, WalletId};
use crate::source::Sources;
use crate::syntax::ast::{Ast, Name, StatementKind, Step};
use std::collections::BTreeMap;

/// What came of a program's examples.
#[derive(Clone, Debug, Default)]
pub struct Examples {
    /// How many hold.
    pub held: usize,
    /// How many are written.
    pub total: usize,
    /// What the others expected and what happened.
    pub problems: Problems,
}

/// What a step did to its account, and how the account stood then.
#[derive(Clone, Debug, Default)]
struct Did {
    entries: Vec<Entry>,
    /// What can be spent, by wallet.
    balances: Vec<i64>,
    tiers: Vec<TierId>,
    /// By wallet: what a sentence of the program did to it last, at this step or before, and what its own terms did since.
    moved: Vec<Vec<Entry>>,
}

/// Runs every example of a checked program.
#[must_use]
pub fn run(ast: &Ast, program: &Program, sources: &Sources) -> Examples {
    let mut out = Examples::default();
    for statement in &ast.statements {
        let StatementKind::Example { name, steps } = &statement.kind else { continue };
        out.total += 1;
        let mut problems = Problems::default();
        example(ast, program, sources, name, steps, &mut problems);
        if problems.0.is_empty() {
            out.held += 1;
        }
        out.problems.extend(problems);
    }
    out
}

fn example(ast: &Ast, program: &Program, sources: &Sources, name: &Name, steps: &[Step], problems: &mut Problems) {
    let script = steps::Script::new(ast, program, name, steps);
    if let Some((step, why)) = &script.impossible {
        problems.push(errors::impossible(steps.get(*step).map_or(name.span, |step| step.span), why));
        return;
    }
    // In examples only what a step says is redeemed.
    let assumptions = Assumptions::redeeming(Redemption::AsRecorded);
    let mut did: BTreeMap<(String, bool, u32), Did> = BTreeMap::new();
    let accounts = |part: usize, account: usize| {
        let found = script.history.parts.get(part).and_then(|part| part.accounts.get(account));
        found.map_or_else(String::new, |account| account.id.clone())
    };
    let listener =
        |_: usize, _: usize| Listener { program, now: Vec::new(), done: Vec::new(), moved: vec![Vec::new(); program.wallets.len()] };
    let keep = |part: usize, account: usize, listener: Listener<'_>| {
        let id = accounts(part, account);
        for (event, what) in listener.done {
            let (is_purchase, index) = match event {
                EventRef::Purchase(index) => (true, index),
                EventRef::Moment(index) => (false, index),
            };
            did.insert((id.clone(), is_purchase, index), what);
        }
    };
    if let Err(error) = engine::listen(program, &script.history, &assumptions, script.close, listener, keep) {
        problems.push(errors::impossible(name.span, &error.message));
        return;
    }
    let nothing = Did::default();
    for (step, place) in steps.iter().zip(&script.places) {
        let what = place.as_ref().and_then(|place| did.get(place)).unwrap_or(&nothing);
        for expectation in &step.expects {
            if let Some(problem) = judge::judge(ast, program, sources, what, expectation) {
                problems.push(problem);
            }
        }
    }
}

/// Keeps what each event did, apart from the midnights passed on the way.
struct Listener<'a> {
    program: &'a Program,
    now: Vec<Entry>,
    done: Vec<(EventRef, Did)>,
    moved: Vec<Vec<Entry>>,
}

impl Recorder for Listener<'_> {
    const ON: bool = true;
    const WHY: bool = true;

    fn entry(&mut self, entry: Entry) {
        if let Unit::Wallet(id) = entry.unit
            && (entry.granted != 0 || entry.kind == Kind::Activate)
            && let Some(moved) = self.moved.get_mut(id.index())
        {
            // The last of the sentences stays, with the last of the terms after it.
            let by_sentence = !matches!(entry.source, Source::Wallet(_) | Source::Given);
            moved.truncate(usize::from(!by_sentence));
            moved.push(entry.clone());
        }
        self.now.push(entry);
    }

    fn before(&mut self, _: EventRef) {
        // The work of midnights on the way belongs to no step.
        self.now.clear();
    }

    fn settled(&mut self, view: View<'_>) {
        if let Some((event, mut did)) = self.done.pop() {
            did.entries.append(&mut self.now);
            self.now = did.entries;
            self.after(event, view);
        }
    }

    fn after(&mut self, event: EventRef, view: View<'_>) {
        let wallets = 0..u16::try_from(self.program.wallets.len()).unwrap_or(u16::MAX);
        let ladders = self.program.ladders.iter().enumerate();
        let did = Did {
            entries: std::mem::take(&mut self.now),
            balances: wallets.map(|wallet| view.balance(WalletId(wallet))).collect(),
            moved: self.moved.clone(),
            tiers: ladders.map(|(at, _)| TierId { ladder: LadderId(u16::try_from(at).unwrap_or(u16::MAX)), rung: view.rung(at) }).collect(),
        };
        self.done.push((event, did));
    }
}
