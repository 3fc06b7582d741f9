//! What effects give.

use crate::program::{AccessId, DrawId, GiftId, TierId, WalletId};

/// What something given is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    Discount,
    Price,
    FreeShipping,
    Earn(WalletId),
    Multiply(WalletId),
    Grant(WalletId),
    Gift(GiftId),
    Voucher,
    Entries(DrawId),
    Access(AccessId),
    MoveTo(TierId),
    /// A balance set to what the effect says; the entry says by how much it changed.
    Set(WalletId),
    Message,
    Donation,
}
