//! What an account holds, by concern. None of them knows another; the evaluator ties them.

pub(super) mod counters;
pub(super) mod diary;
pub(super) mod different;
pub(super) mod entitlements;
pub(super) mod ladders;
pub(super) mod limits;
pub(super) mod vouchers;
pub(super) mod wallets;
