//! Draws: who wins among all entries not taken back.

use crate::engine::chance;
use crate::engine::events::Turn;
use crate::engine::overflow::RunError;
use crate::engine::world::worlds::Told;
use crate::plan::Plan;
use crate::program::DrawId;
use crate::value::Date;

/// Every entry is drawn by itself: so many an account may have.
const ENTRIES: i64 = 10_000_000;

/// A draw that was held: its winners by their accounts, the best first, as if its gift had no end.
pub(super) struct Held {
    pub id: DrawId,
    pub date: Date,
    pub turn: Turn,
    pub winners: Vec<String>,
}

/// The best of an account's tickets in a draw: nobody wins twice. An error says that there are too many.
pub(super) fn best(seed: u64, draw: &str, account: &str, count: i64) -> Result<Option<[u8; 32]>, RunError> {
    if count > ENTRIES {
        let message = format!("Customer {account} has {count} entries in the draw \"{draw}\"; at most {ENTRIES} can be drawn.");
        return Err(RunError { message });
    }
    Ok((1..=count).map(|number| chance::digest(&format!("{seed}|{draw}|{account}|{number}"))).min())
}

/// All draws before the books close, in their order.
pub(super) fn winners(plan: &Plan<'_>, seed: u64, close: Date, told: &[Told<'_>]) -> Result<Vec<Held>, RunError> {
    let mut held = Vec::new();
    for (index, draw) in plan.program.draws.iter().enumerate().filter(|(_, draw)| draw.date < close) {
        let mut tickets = Vec::new();
        for one in told {
            let count = one.trace.entries.get(index).copied().unwrap_or(0);
            tickets.extend(best(seed, &draw.name, one.account, count)?.map(|best| (best, one.account)));
        }
        tickets.sort_unstable();
        tickets.truncate(usize::try_from(draw.winners).unwrap_or(usize::MAX));
        held.push(Held {
            id: DrawId(u16::try_from(index).unwrap_or(u16::MAX)),
            date: draw.date,
            turn: Turn::of_draw(plan.program.zone.midnight(draw.date)),
            winners: tickets.into_iter().map(|(_, account)| account.to_owned()).collect(),
        });
    }
    held.sort_by_key(|draw| draw.date);
    Ok(held)
}
