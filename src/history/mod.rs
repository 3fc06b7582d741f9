//! From files to a [`model::History`].
pub mod model;
/// stub
#[derive(Clone, Debug, Default)]
pub struct Accounting;
