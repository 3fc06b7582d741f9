//! What a midnight does.

pub(super) mod midnight;
mod opening;
