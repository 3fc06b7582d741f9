//! What tells the contents of two histories apart: the same for every order of rows, every file format and every way in which
//! customers are taken together.

use super::model::{Account, History, MomentKind, Part};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;
use std::fmt;

/// The sum, modulo 2^256, of the SHA-256 of every customer's purchases and returns and of every purchase without a customer:
/// sums of parts add up to that of the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest([u64; 4]);

impl Digest {
    /// Of all that a history holds.
    #[must_use]
    pub fn of(history: &History) -> Self {
        let parts = history.parts.par_iter().map(of_part).reduce(Self::default, Self::plus);
        history.anonymous.iter().fold(parts, |sum, purchase| {
            let mut one = sha2::Sha256::new_with_prefix(b"nobody\0");
            one.update(purchase.at.0.to_be_bytes());
            one.update(purchase.amount.to_be_bytes());
            sum.plus(Self::from(one))
        })
    }

    /// That of both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let mut sum = [0_u64; 4];
        let mut carry = false;
        // The last word is the lowest.
        for ((sum, a), b) in sum.iter_mut().zip(self.0).zip(other.0).rev() {
            let (once, over) = a.overflowing_add(b);
            let (twice, again) = once.overflowing_add(u64::from(carry));
            *sum = twice;
            carry = over || again;
        }
        Self(sum)
    }
}

impl From<sha2::Sha256> for Digest {
    fn from(hasher: sha2::Sha256) -> Self {
        let bytes = hasher.finalize();
        let mut words = [0_u64; 4];
        for (word, eight) in words.iter_mut().zip(bytes.chunks_exact(8)) {
            *word = eight.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
        }
        Self(words)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|word| write!(f, "{word:016x}"))
    }
}

fn of_part(part: &Part) -> Digest {
    part.accounts.iter().fold(Digest::default(), |sum, account| sum.plus(of_account(part, account)))
}

/// One for each customer of the account, together: what happened to him, in the order of its instants, then amounts.
fn of_account(part: &Part, account: &Account) -> Digest {
    let place = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    // Customer, instant, 0 for a purchase with its amount, 1 for a return.
    let mut all: Vec<(u32, i64, u8, i64)> = Vec::new();
    for at in place(account.purchases.start)..place(account.purchases.end) {
        let (Some(when), Some(amount)) = (part.purchases.at.get(at), part.purchases.amount.get(at)) else { continue };
        all.push((part.purchases.customer.get(at).copied().unwrap_or(account.customers.start), when.0, 0, *amount));
    }
    let moments = part.moments.get(place(account.moments.start)..place(account.moments.end)).unwrap_or_default();
    let returns = moments.iter().filter(|moment| matches!(moment.kind, MomentKind::Return(_)));
    all.extend(returns.map(|moment| (moment.customer, moment.at.0, 1, 0)));
    all.sort_unstable();
    let of_customer = |rows: &[(u32, i64, u8, i64)]| {
        let customer = rows.first().and_then(|(customer, ..)| part.customers.id.get(place(*customer)));
        let mut one = sha2::Sha256::new();
        one.update(customer.unwrap_or(&account.id));
        for (_, at, kind, amount) in rows {
            one.update([0, *kind]);
            one.update(at.to_be_bytes());
            one.update(amount.to_be_bytes());
        }
        Digest::from(one)
    };
    all.chunk_by(|one, other| one.0 == other.0).map(of_customer).fold(Digest::default(), Digest::plus)
}
