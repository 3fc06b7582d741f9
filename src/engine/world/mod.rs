//! What looks across accounts: budgets, series, draws and referrals.

mod draws;
pub(super) mod rounds;
pub(super) mod solo;
pub(super) mod together;
pub(super) mod worlds;
