//! What a midnight does.

pub(super) mod midnight;
pub(super) mod top;
