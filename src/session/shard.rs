//! A part of the accounts, for one of several machines.

use crate::history::model::History;

/// The `index`-th of `of` ranges of account ids, counted from 1. Ranges are of about equal numbers of accounts and follow
/// one another bytewise, so that files sorted by account join end to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: u32,
    of: u32,
}

impl Shard {
    /// `None` unless `1 <= index <= of`.
    #[must_use]
    pub fn new(index: u32, of: u32) -> Option<Self> {
        (1..=of).contains(&index).then_some(Self { index, of })
    }

    /// Which one, counted from 1.
    #[must_use]
    pub fn index(self) -> u32 {
        self.index
    }

    /// Of how many.
    #[must_use]
    pub fn of(self) -> u32 {
        self.of
    }

    /// Leaves this shard's accounts in the history. Purchases without a customer and answers to surveys go with the first.
    pub(super) fn keep(self, history: &mut History) {
        let mut ids: Vec<String> = history.parts.iter().flat_map(|part| &part.accounts).map(|account| account.id.clone()).collect();
        ids.sort_unstable();
        let cut = |shard: u32| ids.len().saturating_mul(usize::try_from(shard).unwrap_or(0)) / usize::try_from(self.of).unwrap_or(1).max(1);
        let from = ids.get(cut(self.index.saturating_sub(1)));
        let until = ids.get(cut(self.index));
        for part in &mut history.parts {
            part.accounts.retain(|account| from.is_some_and(|from| *from <= account.id) && until.is_none_or(|until| account.id < *until));
        }
        if self.index > 1 {
            history.anonymous.clear();
            history.surveys.clear();
        }
    }
}

/// A number that tells histories apart: of every account its id, and when it bought for how much. It depends on neither
/// the order of accounts nor on how they are dealt to parts.
pub(super) fn fingerprint(history: &History) -> u64 {
    let parts = history.parts.iter().flat_map(|part| part.accounts.iter().map(move |account| (part, account)));
    parts.fold(0_u64, |sum, (part, account)| {
        let mut hash = Fnv::default();
        hash.bytes(account.id.as_bytes());
        for purchase in account.purchases.clone() {
            let at = usize::try_from(purchase).unwrap_or(usize::MAX);
            hash.bytes(&part.purchases.at.get(at).map_or(0, |at| at.0).to_le_bytes());
            hash.bytes(&part.purchases.amount.get(at).copied().unwrap_or(0).to_le_bytes());
        }
        hash.bytes(&account.moments.len().to_le_bytes());
        for opening in account.openings.clone().filter_map(|at| part.openings.get(usize::try_from(at).ok()?)) {
            hash.bytes(format!("{opening:?}").as_bytes());
        }
        sum.wrapping_add(hash.0)
    })
}

/// Fowler, Noll and Vo's hash, form 1a with 64 bits: the same on every machine.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}
