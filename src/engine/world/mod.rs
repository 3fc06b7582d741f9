//! What looks across accounts: budgets, series, draws and referrals.

pub(super) mod together;
