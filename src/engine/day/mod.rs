//! What a midnight does, and the calendar behind it.

pub(super) mod calendar;
pub(super) mod lasting;
pub(super) mod midnight;
pub(super) mod top;
