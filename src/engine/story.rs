//! The story of one account as plain data: what happened event by event. Nothing is worded here; `report` does that.

use crate::assumptions::Assumptions;
use crate::engine::ledger::Entry;
use crate::engine::listener::{EventRef, Listener, View};
use crate::engine::overflow::RunError;
use crate::engine::run::listen;
use crate::engine::why::Decided;
use crate::history::model::History;
use crate::plan::Plan;
use crate::program::Program;
use crate::value::Date;

/// What happened at one event, or at the midnights before one.
#[derive(Clone, Debug, Default)]
pub struct Chapter {
    /// The event; `None` for midnights.
    pub event: Option<EventRef>,
    /// What it wrote into the ledger, in order.
    pub entries: Vec<Entry>,
    /// Of a purchase: what the rules decided.
    pub decided: Option<Decided>,
    /// What can be spent afterwards, by wallet; empty for midnights.
    pub balances: Vec<i64>,
    /// The rung held afterwards, by ladder; empty for midnights.
    pub rungs: Vec<u8>,
}

/// The story of one account, by its part and place in the history.
///
/// # Errors
/// Like [`crate::engine::run::run`].
pub fn story(
    program: &Program,
    history: &History,
    assumptions: &Assumptions,
    close: Date,
    who: (usize, usize),
) -> Result<Vec<Chapter>, RunError> {
    let mut chapters = Vec::new();
    let teller = |part: usize, account: usize| Teller { asks: (part, account) == who, ..Teller::default() };
    let done = |part: usize, account: usize, teller: Teller| {
        if (part, account) == who {
            chapters = teller.chapters();
        }
    };
    listen(program, history, assumptions, close, teller, done)?;
    Ok(chapters)
}

/// Leaves one account in a history whose program looks at no other: its story is the same, and quickly told.
pub fn leave_alone(program: &Program, history: &mut History, who: (usize, usize)) -> (usize, usize) {
    if who.0 >= history.parts.len() || Plan::new(program, history).looks_across() {
        return who;
    }
    let mut part = history.parts.swap_remove(who.0);
    history.parts.clear();
    part.accounts.truncate(who.1.saturating_add(1));
    part.accounts.drain(..who.1.min(part.accounts.len()));
    history.parts.push(part);
    (0, 0)
}

/// Writes down one account's story.
#[derive(Default)]
struct Teller {
    asks: bool,
    done: Vec<Chapter>,
    now: Chapter,
}

impl Teller {
    fn turn(&mut self, next: Option<EventRef>) {
        let chapter = std::mem::replace(&mut self.now, Chapter { event: next, ..Chapter::default() });
        if chapter.event.is_some() || !chapter.entries.is_empty() {
            self.done.push(chapter);
        }
    }

    fn chapters(mut self) -> Vec<Chapter> {
        self.turn(None);
        self.done
    }
}

impl Listener for Teller {
    const ON: bool = true;
    const WHY: bool = true;

    fn entry(&mut self, entry: Entry) {
        if self.asks {
            self.now.entries.push(entry);
        }
    }

    fn asks(&self) -> bool {
        self.asks
    }

    fn decided(&mut self, what: Decided) {
        self.now.decided = Some(what);
    }

    fn before(&mut self, event: EventRef) {
        if self.asks {
            self.turn(Some(event));
        }
    }

    fn after(&mut self, event: EventRef, view: View<'_>) {
        if self.asks {
            debug_assert_eq!(self.now.event, Some(event), "an event ends that has begun");
            let wallets = 0..u16::try_from(view.program().wallets.len()).unwrap_or(u16::MAX);
            self.now.balances = wallets.map(|id| view.balance(crate::program::WalletId(id))).collect();
            self.now.rungs = (0..view.program().ladders.len()).map(|ladder| view.rung(ladder)).collect();
            self.turn(None);
        }
    }
}
