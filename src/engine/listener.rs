//! Who hears what the engine does to an account.

use crate::engine::ledger::{Entry, Left};
use crate::engine::why::Decided;
use crate::program::{Program, WalletId};

/// Which event of an account, counted from its first of that kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventRef {
    /// A purchase.
    Purchase(u32),
    /// Something else.
    Moment(u32),
}

/// An account as it stands.
pub(in crate::engine) trait Standing {
    fn balance(&self, wallet: WalletId) -> i64;
    fn rung(&self, ladder: usize) -> u8;
    fn is_member(&self) -> bool;
}

/// How an account stands after an event, for worked examples and stories.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub(in crate::engine) standing: &'a dyn Standing,
    pub(in crate::engine) program: &'a Program,
}

impl View<'_> {
    /// What can be spent of a wallet, in its smallest units.
    #[must_use]
    pub fn balance(&self, wallet: WalletId) -> i64 {
        self.standing.balance(wallet)
    }

    /// The rung held, by ladder.
    #[must_use]
    pub fn rung(&self, ladder: usize) -> u8 {
        self.standing.rung(ladder)
    }

    /// Whether the account is a member.
    #[must_use]
    pub fn is_member(&self) -> bool {
        self.standing.is_member()
    }

    /// The program.
    #[must_use]
    pub fn program(&self) -> &Program {
        self.program
    }
}

/// Who listens to an account's evaluation. Costs nothing where `ON` is false.
pub trait Listener {
    /// Whether entries are made at all.
    const ON: bool;
    /// Whether they say why.
    const WHY: bool = false;

    /// Takes an entry.
    fn entry(&mut self, entry: Entry);

    /// Whether to say for each purchase what every rule decided.
    fn asks(&self) -> bool {
        false
    }

    /// Takes what the rules decided on a purchase, before it is posted; only where [`Listener::WHY`] and it asks.
    fn decided(&mut self, what: Decided) {
        let _ = what;
    }

    /// An event begins; the midnights before it are done.
    fn before(&mut self, event: EventRef) {
        let _ = event;
    }

    /// What an event set off in other accounts has come back to this one: it belongs to that event.
    fn settled(&mut self, view: View<'_>) {
        let _ = view;
    }

    /// An event is done.
    fn after(&mut self, event: EventRef, view: View<'_>) {
        let _ = (event, view);
    }

    /// The books close with these units left.
    fn left(&mut self, left: Left) {
        let _ = left;
    }
}

/// Nobody listens.
pub(in crate::engine) struct Nobody;

impl Listener for Nobody {
    const ON: bool = false;

    fn entry(&mut self, _: Entry) {}
}

/// Keeps an account's entries for a sink, and what is left when the books close.
#[derive(Default)]
pub(in crate::engine) struct Entries(pub Vec<Entry>, pub Vec<Left>);

impl Listener for Entries {
    const ON: bool = true;
    const WHY: bool = true;

    fn entry(&mut self, entry: Entry) {
        self.0.push(entry);
    }

    fn left(&mut self, left: Left) {
        self.1.push(left);
    }
}
