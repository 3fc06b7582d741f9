//! Worked examples, run on the engine: a failure becomes a diagnostic at its line.
//!
//! Kept apart from `check`, which knows no engine.

mod errors;
mod judge;
mod steps;

pub(crate) use judge::wallet;
pub(crate) use steps::literal;

use crate::assumptions::{Assumptions, Redemption};
use crate::diagnostic::{Diagnostic, Problems};
use crate::engine::ledger::{Entry, Kind, Source, Unit};
use crate::engine::story::Chapter;
use crate::engine::why::Decided;
use crate::engine::{self, EventRef, Listener, View};
use crate::history::model::History;
use crate::program::{LadderId, Program, RuleId, TierId, WalletId};
use crate::report::story::{Asked, story};
use crate::source::Sources;
use crate::span::Span;
use crate::syntax::ast::{Ast, Name, StatementKind, Step};
use crate::value::DateTime;
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
    /// What midnights on the way to it did.
    passed: Vec<Entry>,
    /// Of a purchase: what every rule decided.
    decided: Option<Decided>,
    /// Why rules gave nothing, in words; asked for only where an expectation fails.
    reasons: Vec<(RuleId, String)>,
    /// Why no rule acted at all.
    idle: Option<String>,
    /// What can be spent, by wallet.
    balances: Vec<i64>,
    tiers: Vec<TierId>,
    /// Of a purchase: what the customer pays for it in money.
    paid: Option<i64>,
    /// By wallet: what a sentence of the program did to it last, at this step or before, and what its own terms did since.
    moved: Vec<Vec<Entry>>,
}

/// What is left of a purchase's amount after discounts, vouchers and what units paid.
fn paid(history: &History, (part, account): Who, index: u32, entries: &[Entry]) -> Option<i64> {
    let part = history.parts.get(part)?;
    let at = part.accounts.get(account)?.purchases.start.checked_add(index)?;
    let amount = part.purchases.amount.get(usize::try_from(at).ok()?).copied()?;
    let off = |entry: &Entry| match entry.kind {
        Kind::Discount | Kind::Price | Kind::FreeShipping => entry.granted,
        Kind::VoucherUsed | Kind::Spend => entry.money,
        _ => 0,
    };
    entries.iter().map(off).try_fold(amount, i64::checked_sub)
}

/// An account by its part and place in the history.
type Who = (usize, usize);

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

/// An example that was run: its history, and what each event did.
struct Played {
    script: steps::Script,
    did: BTreeMap<(String, bool, u32), (Who, Did)>,
}

/// Runs the steps of an example; the problem, if they cannot be.
fn play(ast: &Ast, program: &Program, name: &Name, steps: &[Step]) -> Result<Played, Box<Diagnostic>> {
    let script = steps::Script::new(ast, program, name, steps);
    if let Some((step, why)) = &script.impossible {
        return Err(Box::new(errors::impossible(steps.get(*step).map_or(name.span, |step| step.span), why)));
    }
    // In examples only what a step says is redeemed.
    let said = script.places.iter().zip(&script.drawings).filter(|(_, drawings)| !drawings.is_empty());
    let drawings = said.filter_map(|(place, drawings)| place.clone().map(|place| (place, drawings.clone()))).collect();
    let assumptions = Assumptions { drawings, ..Assumptions::redeeming(Redemption::AsRecorded) };
    let mut did: BTreeMap<(String, bool, u32), (Who, Did)> = BTreeMap::new();
    let accounts = |part: usize, account: usize| {
        let found = script.history.parts.get(part).and_then(|part| part.accounts.get(account));
        found.map_or_else(String::new, |account| account.id.clone())
    };
    let listener =
        |_: usize, _: usize| Watching { program, now: Did::default(), done: Vec::new(), moved: vec![Vec::new(); program.wallets.len()] };
    let keep = |part: usize, account: usize, listener: Watching<'_>| {
        let id = accounts(part, account);
        for (event, what) in listener.done {
            let (is_purchase, index) = match event {
                EventRef::Purchase(index) => (true, index),
                EventRef::Moment(index) => (false, index),
            };
            did.insert((id.clone(), is_purchase, index), ((part, account), what));
        }
    };
    if let Err(error) = engine::listen(program, &script.history, &assumptions, script.close, listener, keep) {
        // Who has no name in the example is called so by the engine.
        let said = error.message.replace(": customer customer,", ": the customer,");
        return Err(Box::new(errors::impossible(name.span, &said)));
    }
    for ((_, is_purchase, index), ((part, account), did)) in &mut did {
        if *is_purchase {
            did.paid = paid(&script.history, (*part, *account), *index, &did.entries);
        }
    }
    Ok(Played { script, did })
}

/// An example with what its steps did, for those who retell it.
#[derive(Clone, Debug)]
pub struct Told<'a> {
    pub name: &'a Name,
    pub span: Span,
    pub steps: &'a [Step],
    /// One a step.
    pub outcomes: Vec<Outcome>,
}

/// What a step did.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub at: DateTime,
    pub entries: Vec<Entry>,
    /// What can be spent then, by wallet.
    pub balances: Vec<i64>,
    /// The tiers held then, by ladder.
    pub tiers: Vec<TierId>,
}

/// Every example of a checked program that can be run.
#[must_use]
pub fn told<'a>(ast: &'a Ast, program: &Program) -> Vec<Told<'a>> {
    let examples = ast.statements.iter().filter_map(|statement| match &statement.kind {
        StatementKind::Example { name, steps } => Some((statement.span, name, steps)),
        _ => None,
    });
    let mut all = Vec::new();
    for (span, name, steps) in examples {
        let Ok(Played { script, did }) = play(ast, program, name, steps) else { continue };
        let outcome = |(place, at): (&Option<(String, bool, u32)>, &DateTime)| {
            let found = place.as_ref().and_then(|place| did.get(place)).map(|(_, did)| did.clone()).unwrap_or_default();
            Outcome { at: *at, entries: found.entries, balances: found.balances, tiers: found.tiers }
        };
        all.push(Told { name, span, steps, outcomes: script.places.iter().zip(&script.times).map(outcome).collect() });
    }
    all
}

fn example(ast: &Ast, program: &Program, sources: &Sources, name: &Name, steps: &[Step], problems: &mut Problems) {
    let Played { script, did } = match play(ast, program, name, steps) {
        Ok(played) => played,
        Err(problem) => {
            problems.push(*problem);
            return;
        }
    };
    let nothing = ((0, 0), Did::default());
    for (step, place) in steps.iter().zip(&script.places) {
        let (who, what) = place.as_ref().and_then(|place| did.get(place)).unwrap_or(&nothing);
        let fails = |what: &Did, expectation| judge::judge(ast, program, sources, what, expectation);
        if step.expects.iter().all(|expectation| fails(what, expectation).is_none()) {
            continue;
        }
        let purchase = place.as_ref().and_then(|(_, is_purchase, index)| is_purchase.then_some(*index));
        let mut what = what.clone();
        if let Some(purchase) = purchase {
            why(program, sources, &script.history, (*who, purchase), &mut what);
        }
        problems.0.extend(step.expects.iter().filter_map(|expectation| fails(&what, expectation)));
    }
}

/// Why rules gave nothing on a purchase, in the words of `why`.
fn why(program: &Program, sources: &Sources, history: &History, ((part, account), purchase): (Who, u32), did: &mut Did) {
    let chapters = [Chapter { event: Some(EventRef::Purchase(purchase)), decided: did.decided.clone(), ..Chapter::default() }];
    let told = story(&Asked { program, sources, history, part, account, chapters: &chapters, purchase: Some(purchase) });
    let Some(moment) = told.moments.into_iter().next() else { return };
    let rules = did.decided.iter().flat_map(|decided| &decided.did_not).map(|one| one.rule);
    // A customer without a name is called so.
    let unnamed = told.customer == "customer";
    let called = |text: String| if unnamed && text.starts_with("customer ") { format!("the {text}") } else { text };
    did.reasons = rules.zip(moment.did_not_fire.into_iter().map(|one| called(one.why))).collect();
    did.idle = moment.note.map(|note| if unnamed { note.replace(": customer ", ": the customer ") } else { note });
}

/// Keeps what each event did, apart from the midnights passed on the way.
struct Watching<'a> {
    program: &'a Program,
    now: Did,
    done: Vec<(EventRef, Did)>,
    moved: Vec<Vec<Entry>>,
}

impl Listener for Watching<'_> {
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
        self.now.entries.push(entry);
    }

    fn asks(&self) -> bool {
        true
    }

    fn decided(&mut self, what: Decided) {
        self.now.decided = Some(what);
    }

    fn before(&mut self, _: EventRef) {
        // The work of midnights on the way belongs to no step.
        self.now = Did { passed: std::mem::take(&mut self.now.entries), ..Did::default() };
    }

    fn settled(&mut self, view: View<'_>) {
        if let Some((event, mut did)) = self.done.pop() {
            did.entries.append(&mut self.now.entries);
            self.now = did;
            self.after(event, view);
        }
    }

    fn after(&mut self, event: EventRef, view: View<'_>) {
        let wallets = 0..u16::try_from(self.program.wallets.len()).unwrap_or(u16::MAX);
        let ladders = self.program.ladders.iter().enumerate();
        let did = Did {
            balances: wallets.map(|wallet| view.balance(WalletId(wallet))).collect(),
            moved: self.moved.clone(),
            tiers: ladders.map(|(at, _)| TierId { ladder: LadderId(u16::try_from(at).unwrap_or(u16::MAX)), rung: view.rung(at) }).collect(),
            ..std::mem::take(&mut self.now)
        };
        self.done.push((event, did));
    }
}
